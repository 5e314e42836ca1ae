"""Format: a ruleset's text in its usual layout; only white space changes, never a word, its order or its quotes."""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import yaml

from complaint_rules.diagnostics import RulesetError
from complaint_rules.source import read

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COMMENT = re.compile(r"#[^\n]*")
_STEP = 2
_IN_FLOW = -1  # no column


@dataclass(frozen=True, slots=True)
class _Token:
    """A word or sign of YAML and where it stands, lines and columns from 0; block starts and ends have no width."""

    kind: str
    start: int
    end: int
    line: int
    column: int
    last: int
    literal: bool = False

    @property
    def is_seen(self) -> bool:
        return self.start < self.end and self.kind not in ("StreamStart", "StreamEnd")


def format_text(text: str) -> str:
    """Return the text formatted; it says the same, with the same comments, and formatting it again changes nothing.

    Raises:
        RulesetError: the text is not the strict YAML of docs/language.md.
    """
    root = read(text, "<text>").root
    comments = Counter(_comments(_plain_line_ends(text)))
    for step in _STEPS:
        changed = step(text)
        if changed != text and _says(changed, root, comments):
            text = changed
    return text


def _says(text: str, root: Any, comments: Counter[str]) -> bool:
    try:
        return bool(read(text, "<text>").root == root) and Counter(_comments(text)) == comments
    except RulesetError:
        return False


def _scanned(text: str) -> list[_Token]:
    found = []
    for token in yaml.scan(text, Loader=_Loader):
        start, end = token.start_mark, token.end_mark
        kind = type(token).__name__.removesuffix("Token")
        last = end.line - (end.column == 0 and end.line > start.line)
        literal = kind == "Scalar" and text[start.index : start.index + 1] in ("|", ">")
        found.append(_Token(kind, start.index, end.index, start.line, start.column, last, literal))
    return found


def _gaps(text: str) -> Iterator[tuple[_Token | None, _Token | None, int, int]]:
    """Yield what lies between two tokens: white space and comments."""
    tokens: list[_Token | None] = [None, *(t for t in _scanned(text) if t.is_seen), None]
    for before, after in pairwise(tokens):
        yield before, after, before.end if before else 0, after.start if after else len(text)


def _comments(text: str) -> Iterator[str]:
    for _, _, start, end in _gaps(text):
        yield from (m.group().rstrip() for m in _COMMENT.finditer(text, start, end))


# --- spaces -----------------------------------------------------------------------------------------


def _plain_line_ends(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _spaced(text: str) -> str:
    """Return the text with one space where one belongs, none where none does, and no trailing ones."""
    parts: list[str] = []
    for before, after, start, end in _gaps(text):
        opens = start == 0 or text[start - 1] == "\n"
        gap = text[start:end]
        if not after:
            gap = gap.rstrip()
            gap += "\n" * (bool(gap) or not opens)
        parts.append(_lines(gap, opens) if "\n" in gap or opens or not after else _between(before, after, gap))
        parts.append(text[after.start : after.end] if after else "")
    return "".join(parts)


def _lines(gap: str, opens: bool) -> str:
    """Return a gap over a line's end; the last part is the indentation of what follows."""
    first, *rest = gap.split("\n")
    if not opens:
        said = first.strip()
        first = f" {said}" if said else ""
    elif rest:
        first = first.rstrip()
    return "\n".join([first, *(line.rstrip() for line in rest[:-1]), *rest[-1:]])


def _between(before: _Token | None, after: _Token, gap: str) -> str:
    kind = before.kind if before else ""
    if kind in ("FlowMappingStart", "FlowSequenceStart") or after.kind in (
        "FlowMappingEnd",
        "FlowSequenceEnd",
        "FlowEntry",
        "Value",
    ):
        return "" if kind != "Value" else " " * bool(gap)
    return " " if kind in ("FlowEntry", "Value") else gap


# --- indentation ------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Block:
    """A block mapping or list: the column where it stands and the one where it belongs."""

    old: int
    new: int
    is_list: bool = False
    indentless: bool = False


@dataclass(slots=True)
class _Layout:
    """Where the lines of a text belong, and the gaps after dashes."""

    text: str
    blocks: list[_Block] = field(default_factory=list)
    depth: int = 0
    shift: int = 0
    new: dict[int, int] = field(default_factory=dict)  # line -> column of its first character
    inner: dict[int, tuple[int, int]] = field(default_factory=dict)  # line inside a value -> shift, least column
    dashes: list[tuple[int, int]] = field(default_factory=list)
    columns: dict[int, dict[int, int]] = field(default_factory=dict)  # line -> old columns of open blocks -> new

    def place(self) -> None:
        before: _Token | None = None
        for token in _scanned(self.text):
            self._open_or_close(token)
            if not token.is_seen:
                continue
            is_first = before is None or before.last < token.line
            if before and before.kind == "BlockEntry" and not is_first:
                self.dashes.append((before.end, token.start))
            self._take(token, is_first=is_first)
            before = token

    def _open_or_close(self, token: _Token) -> None:
        top = self.blocks[-1] if self.blocks else None
        match token.kind:
            case "BlockMappingStart" | "BlockSequenceStart":
                new = top.new + _STEP if top else 0
                self.blocks.append(_Block(token.column, new, token.kind == "BlockSequenceStart"))
            case "BlockEntry" if top and not top.is_list:
                self.blocks.append(_Block(token.column, top.new + _STEP, is_list=True, indentless=True))
            case "Key" | "BlockEnd" if top and top.indentless and not self.depth:
                self.blocks.pop()
                if token.kind == "BlockEnd":
                    self.blocks.pop()
            case "BlockEnd":
                self.blocks.pop()

    def _take(self, token: _Token, *, is_first: bool) -> None:
        top = self.blocks[-1] if self.blocks else _Block(0, 0)
        if self.depth and is_first:
            self.inner[token.line] = (self.shift, 0)
        elif is_first:
            starts = token.kind in ("BlockEntry", "Key", "Value") or token.column == top.old
            self.new[token.line] = top.new if starts else top.new + _STEP
        if not self.depth:
            self.shift = self.new[token.line] - token.column if is_first else top.new - top.old
        for line in range(token.line + 1, token.last + 1):
            self.inner[line] = (top.new - top.old, 0) if token.literal else (self.shift, top.new + _STEP)
        self.depth += token.kind in ("FlowMappingStart", "FlowSequenceStart")
        self.depth -= token.kind in ("FlowMappingEnd", "FlowSequenceEnd")
        self.columns[token.line] = {b.old: b.new for b in self.blocks} | ({_IN_FLOW: self.shift} if self.depth else {})


def _indented(text: str) -> str:
    """Return the text with two spaces a level, and one after a dash."""
    layout = _Layout(text)
    layout.place()
    for start, end in reversed(layout.dashes):
        text = f"{text[:start]} {text[end:]}"
    lines = text.split("\n")
    return "\n".join(_placed(line, at, layout) for at, line in enumerate(lines))


def _placed(line: str, at: int, layout: _Layout) -> str:
    said = line.lstrip(" ")
    old = len(line) - len(said)
    if at in layout.new:
        return " " * layout.new[at] + said
    if at in layout.inner:
        shift, least = layout.inner[at]
        return " " * max(old + shift, least) + said if line else line
    return " " * _comment_column(old, at, layout) + said if said else said


def _comment_column(old: int, at: int, layout: _Layout) -> int:
    """Return where a comment of its own line belongs: with the block whose column it has, else with what follows."""
    lines = list(layout.columns)
    place = bisect(lines, at)
    above = layout.columns[lines[place - 1]] if place else {}
    if _IN_FLOW in above:
        return max(old + above[_IN_FLOW], 0)
    if place == len(lines):
        return above.get(old, 0)
    below = lines[place]
    return (above | layout.columns[below]).get(old, layout.new[below])


# --- blank lines ------------------------------------------------------------------------------------


def _aired(text: str) -> str:
    """Return the text with at most one blank line anywhere, and one between decisions of several lines."""
    tokens = [t for t in _scanned(text) if t.is_seen]
    kept = {n for t in tokens for n in range(t.line + 1, t.last + 1)}  # lines inside a value
    said = sorted({n for t in tokens for n in range(t.line, t.last + 1)})
    wanted = set(_ends_of_decisions(text, said))
    lines = text.removesuffix("\n").split("\n")
    aired: list[str] = []
    for at, line in enumerate(lines):
        if line or at in kept or (aired and aired[-1]):
            aired.append(line)
        if at in wanted and lines[at + 1]:
            aired.append("")
    while not aired[-1] and len(lines) - 1 not in kept:
        aired.pop()
    return "\n".join(aired) + "\n"


def _ends_of_decisions(text: str, said: Sequence[int]) -> Iterator[int]:
    """Yield the last line of each decision but the last, if it or the next has several lines, and no air follows."""
    lines = text.split("\n")
    keys = read(text, "<text>").keys
    starts = [span.line - 1 for path, span in keys.items() if path[:1] == ("decisions",) and len(path) == 2]
    after = [span.line - 1 for path, span in keys.items() if len(path) == 1]
    stop = min((n for n in after if starts and n > starts[-1]), default=len(lines))
    ends = [max(n for n in said if n < later) for later in [*starts[1:], stop]] if starts else []
    tall = [start < end for start, end in zip(starts, ends, strict=True)]
    for end, later, pair in zip(ends, starts[1:], pairwise(tall), strict=False):
        if any(pair) and all(lines[end + 1 : later]):
            yield end


_STEPS: tuple[Callable[[str], str], ...] = (_plain_line_ends, _spaced, _indented, _aired)
