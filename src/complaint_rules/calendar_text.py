"""Calendar text: one more item at the end of a list in a YAML file, whose comments and layout stay."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from complaint_rules.parts import whole
from complaint_rules.source import Document, Path

Entry = Mapping[str, str | Sequence[str]]
_BARE = re.compile(r"\w[\w-]*(?::\w[\w-]*)*\Z")


def flow(entry: Entry) -> str:
    """Return a mapping on one line, in braces."""
    said = (
        f"{k}: {scalar(v) if isinstance(v, str) else '[' + ', '.join(map(scalar, v)) + ']'}" for k, v in entry.items()
    )
    return "{" + ", ".join(said) + "}"


def scalar(text: str) -> str:
    """Return a text as YAML, in quotes where it could be read as something else."""
    return text if _BARE.match(text) else json.dumps(text, ensure_ascii=False)


def appended(document: Document, key: str, block: Sequence[str], brief: str) -> str:
    """Return the text with one more item at the end of a list, which is begun where there is none.

    The item is given as lines, and on one line for a list in brackets.
    """
    text, part = document.text, whole(document)
    root, newline = document.values[()], "\r\n" if "\r\n" in document.text else "\n"
    if key not in part:
        if text[root.start] == "{":
            return _into_flow(document, (), f"{key}: [{brief}]")
        lead = newline + " " * (root.column - 1)
        ended = text.removesuffix("\n").removesuffix("\r")
        return f"{ended}{lead}{key}:{_item(block, lead + '  ')}{newline}"
    listed = document.values[key,]
    if text[listed.start] == "[":
        return _into_flow(document, (key,), brief)
    end = _line_end(text, _last_word(document, (key, len(part.plain[key]) - 1)))
    return text[:end] + _item(block, newline + " " * (listed.column - 1)) + text[end:]


def _item(lines: Sequence[str], lead: str) -> str:
    return "".join(f"{lead}{'  ' if n else '- '}{line}" for n, line in enumerate(lines))


def _into_flow(document: Document, path: Path, item: str) -> str:
    """Return the text with one more item in brackets, on a line of its own where the last one has that."""
    text, span = document.text, document.values[path]
    inside = [s for p, s in document.values.items() if len(p) == len(path) + 1 and p[: len(path)] == path]
    if not inside:
        return text[: span.start + 1] + item + text[span.start + 1 :]
    last = inside[-1]
    line, end = text.rfind("\n", 0, last.start) + 1, _line_end(text, last.end)
    if line <= span.start or text[line : last.start].strip() or end >= span.end:
        return f"{text[: last.end]}, {item}{text[last.end :]}"
    comma = re.match(r"[ ]*,", text[last.end : end])
    first, then = ("", ",") if comma else (",", "")
    lead = "\n" + text[line : last.start]
    return f"{text[: last.end]}{first}{text[last.end : end]}{lead}{item}{then}{text[end:]}"


def _last_word(document: Document, path: Path) -> int:
    """Return where the last word of an item ends."""
    inside = [s.end for p, s in document.values.items() if p[: len(path)] == path and p != path]
    span = document.values[path]
    return span.end if document.text[span.start] in "{[" else max(inside, default=span.end)


def _line_end(text: str, at: int) -> int:
    """Return where the line of a word ends, before its line break."""
    found = text.find("\n", at - 1 if text[at - 1] == "\n" else at)
    end = len(text) if found < 0 else found
    return end - 1 if text[end - 1] == "\r" else end
