"""The fenced blocks of a Markdown page, in order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Fence:
    """One block: its language, the words after it (`yaml school.yaml`), its text and first line."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int


def fences(text: str) -> list[Fence]:
    """Return every fenced block of the text."""
    found = []
    for match in _FENCE.finditer(text):
        language, *words = match["info"].split() or [""]
        line = text.count("\n", 0, match.start("text")) + 1
        found.append(Fence(language, tuple(words), match["text"], line))
    return found


def sections(page: Path, level: str = "## ") -> dict[str, str]:
    """Return the page's sections by their heading."""
    parts = re.split(rf"^{level}", page.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {part.split("\n", 1)[0].strip(): part.split("\n", 1)[1] for part in parts}
