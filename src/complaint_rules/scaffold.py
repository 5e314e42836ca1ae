"""Scaffold: a new ruleset, begun as a copy of another one under its own id."""

from __future__ import annotations

import re
from itertools import pairwise

from complaint_rules.diagnostics import Diagnostic, RulesetError
from complaint_rules.source import Document, Path, read

_ID = re.compile(r"[a-z][a-z0-9_]*\Z", re.ASCII)
_FIRST: dict[Path, str] = {
    ("version",): "0.1.0",
    ("title",): "{zh: 待填写, en: to be written}",
}


def scaffold(text: str, name: str) -> str:
    """Return the text of a ruleset under a new id, with version 0.1.0 and a title that waits to be written.

    Raises:
        RulesetError: `name` is no id, or the text is not the strict YAML of docs/language.md.
    """
    if not _ID.match(name):
        raise RulesetError([Diagnostic("CR112", args={"id": name}, where="name")])
    document = read(text, name)
    wanted = {("ruleset",): name, **_FIRST}
    places = sorted((*_place(document, path), new) for path, new in wanted.items() if path in document.values)
    cuts = [(0, 0, ""), *places, (len(document.text), len(document.text), "")]
    return "".join(document.text[end:start] + new for (_, end, _), (start, _, new) in pairwise(cuts))


def _place(document: Document, path: Path) -> tuple[int, int]:
    """Return the offsets of a value; a block ends with the last word in it."""
    span = document.values[path]
    if document.text[span.end - 1] == "}":
        return span.start, span.end
    inside = [s.end for p, s in document.values.items() if p[: len(path)] == path and p != path]
    return span.start, max(inside, default=span.end)
