"""Words: labels in two languages, and the nearest known name to a misspelt one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

Lang = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Label:
    """What people read for a name: Chinese and English."""

    zh: str
    en: str

    def in_lang(self, lang: Lang) -> str:
        return self.zh if lang == "zh" else self.en


def label_of_id(name: str, *, zh: str | None = None, en: str | None = None) -> Label:
    """Return the label of an id; what is not given is the id with spaces."""
    spaced = name.replace("_", " ")
    return Label(zh=zh or spaced, en=en or spaced)


def suggest(name: str, names: Iterable[str]) -> str | None:
    """Return the known name that `name` was probably meant to be.

    Full-width letters and signs, which Chinese input methods produce, count as their ASCII twins.
    """
    plain = unicodedata.normalize("NFKC", name).strip().strip("“”‘’\"'")
    known = list(names)
    if plain in known:
        return plain
    lowered = {k.lower(): k for k in known}
    found = get_close_matches(plain[:80].lower(), list(lowered), n=1, cutoff=0.6)
    return lowered[found[0]] if found else None
