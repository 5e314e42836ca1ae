"""Source: YAML text as plain data (mappings, lists, text) and the place where each part stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from complaint_rules.diagnostics import Diagnostic, RulesetError, Span
from complaint_rules.limits import DEFAULT_LIMITS, Limits
from complaint_rules.words import label_of_id

Path = tuple[str | int, ...]
# What a document holds: mappings with text keys, lists, and text.
Plain = Any

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# Characters that an editor does not show, or shows as another one.
_HIDDEN = {
    "\u2028": "U+2028 line separator", "\u2029": "U+2029 paragraph separator",
    "\u00a0": "U+00A0 non-breaking space", "\u3000": "U+3000 full-width space", "\u200b": "U+200B zero-width space",
    "\ufeff": "U+FEFF byte order mark",
    **{chr(c): f"U+{c:04X} text direction control" for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F)},
}  # fmt: skip
_INDENT = re.compile(r"^[ ]*([\t\u3000\u00a0])")
_WIDE_COLON = re.compile(r"^[\s\-]*([A-Za-z_][\w.]*)(：)")
_HIDDEN_ANYWHERE = re.compile(
    "[" + "".join(c for c in _HIDDEN if c not in "\u3000\u00a0") + "\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\ud800-\udfff]"
)


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain data, and the span of each key and value by path."""

    file: str
    root: Plain
    text: str
    values: Mapping[Path, Span]
    keys: Mapping[Path, Span]
    overlays: tuple[str, ...] = ()  # what was laid over it, the last on top

    def span(self, path: Path, *, of_key: bool = False) -> Span:
        """Return where the nearest written part of the path stands."""
        for length in range(len(path), -1, -1):
            places = self.keys if of_key and path[:length] in self.keys else self.values
            if path[:length] in places:
                return places[path[:length]]
        return Span(self.file, 1, 1)


def read(content: bytes | str, file: str, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Return the document, or raise every problem of its text at once.

    Raises:
        RulesetError: the text is not the strict YAML of docs/language.md.
    """
    text = _decode(content, file, limits)
    problems = list(_odd_characters(text, file))
    builder = _Builder(file, limits, problems)
    if not any(p.code == "CR009" and p.args.get("fatal") for p in problems):
        builder.build(text)
    if problems:
        raise RulesetError(sorted(problems[: limits.errors], key=lambda d: d.span.start if d.span else 0))
    return Document(file, builder.root, text, builder.values, builder.keys)


def _decode(content: bytes | str, file: str, limits: Limits) -> str:
    size = len(content)
    if size > limits.bytes:
        raise RulesetError([_limit(Span(file, 1, 1), label_of_id("size", zh="大小", en="size"), limits.bytes)])
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        line = before.count("\n") + 1
        column = len(before) - before.rfind("\n")
        guess = "GB18030 (GBK)" if _decodes(content, "gb18030") else "not UTF-8"
        raise RulesetError([Diagnostic("CR003", Span(file, line, column), {"guess": guess})]) from None


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _odd_characters(text: str, file: str) -> Iterator[Diagnostic]:
    start = 0
    for number, line in enumerate(text.split("\n"), start=1):
        for match, shown in _odd_in(line):
            column = match.start(match.lastindex or 0) + 1
            span = Span(file, number, column, start + column - 1, start + column)
            yield Diagnostic("CR009", span, {"character": shown, "fatal": shown != "：（U+FF1A）"})
        start += len(line) + 1


def _odd_in(line: str) -> Iterator[tuple[re.Match[str], str]]:
    if found := _INDENT.search(line):
        char = found.group(1)
        yield found, _HIDDEN.get(char, "tab")
    if found := _WIDE_COLON.search(line):
        yield found, "：（U+FF1A）"
    for hidden in _HIDDEN_ANYWHERE.finditer(line.removesuffix("\r")):
        char = hidden.group()
        yield hidden, _HIDDEN.get(char, f"U+{ord(char):04X} control character")


def _limit(span: Span, what: object, most: int) -> Diagnostic:
    return Diagnostic("CR008", span, {"what": what, "most": most})


@dataclass
class _Open:
    """A mapping or list that is being read."""

    path: Path
    value: dict[str, Plain] | list[Plain]
    span: Span
    key: str | None = None
    skipping: bool = False


@dataclass
class _Builder:
    """Puts YAML events together; iterative, so that depth costs no stack."""

    file: str
    limits: Limits
    problems: list[Diagnostic]
    root: Plain = ""
    values: dict[Path, Span] = field(default_factory=dict)
    keys: dict[Path, Span] = field(default_factory=dict)
    open: list[_Open] = field(default_factory=list)
    nodes: int = 0
    documents: int = 0

    def build(self, text: str) -> None:
        try:
            for event in yaml.parse(text, Loader=_Loader):
                if not self._take(event):
                    return
        except yaml.YAMLError as error:
            self.problems.append(self._syntax(error, text))
            return
        if self.documents == 0 or self.root == "":
            self.problems.append(Diagnostic("CR010", Span(self.file, 1, 1)))

    def _take(self, event: Any) -> bool:
        """Take one event; False ends the reading."""
        span = self._span(event)
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    self.problems.append(Diagnostic("CR011", span))
                    return False
            case yaml.AliasEvent():
                self.problems.append(Diagnostic("CR007", span, {"what": f"*{event.anchor}"}))
                self._put("", span)
            case yaml.ScalarEvent():
                self._refuse_decoration(event, span)
                return self._scalar(event.value, span)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._refuse_decoration(event, span)
                return self._begin({} if isinstance(event, yaml.MappingStartEvent) else [], span)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._end(span)
        return self._within_nodes(span)

    def _within_nodes(self, span: Span) -> bool:
        self.nodes += 1
        if self.nodes > self.limits.nodes:
            self.problems.append(
                _limit(span, label_of_id("nodes", zh="节点数", en="number of values"), self.limits.nodes)
            )
            return False
        return len(self.problems) < self.limits.errors

    def _refuse_decoration(self, event: Any, span: Span) -> None:
        if event.anchor:
            self.problems.append(Diagnostic("CR007", span, {"what": f"&{event.anchor}"}))
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            self.problems.append(Diagnostic("CR007", span, {"what": tag}))

    def _scalar(self, text: str, span: Span) -> bool:
        if len(text) > self.limits.scalar:
            self.problems.append(
                _limit(span, label_of_id("text", zh="文字长度", en="length of a text"), self.limits.scalar)
            )
            text = ""
        top = self.open[-1] if self.open else None
        if top and isinstance(top.value, dict) and top.key is None:
            self._key(top, text, span)
        else:
            self._put(text, span)
        return self._within_nodes(span)

    def _key(self, top: _Open, key: str, span: Span) -> None:
        assert isinstance(top.value, dict)  # noqa: S101 - narrowed by the caller
        path = (*top.path, key)
        top.key = key
        top.skipping = key in top.value
        if top.skipping:
            first = self.keys[path].line
            self.problems.append(Diagnostic("CR002", span, {"key": key, "first": first}))
        elif key == "<<":
            self.problems.append(Diagnostic("CR007", span, {"what": "<<"}))
        else:
            self.keys[path] = span

    def _begin(self, value: dict[str, Plain] | list[Plain], span: Span) -> bool:
        top = self.open[-1] if self.open else None
        if top and isinstance(top.value, dict) and top.key is None:
            self.problems.append(Diagnostic("CR011", span))
            return False
        if len(self.open) >= self.limits.depth:
            self.problems.append(_limit(span, label_of_id("depth", zh="嵌套层数", en="depth"), self.limits.depth))
            return False
        path = self._next_path()
        self.open.append(_Open(path, value, span))
        return self._within_nodes(span)

    def _next_path(self) -> Path:
        if not self.open:
            return ()
        top = self.open[-1]
        if isinstance(top.value, dict):
            return (*top.path, top.key or "")
        return (*top.path, len(top.value))

    def _end(self, span: Span) -> None:
        done = self.open.pop()
        self._put(done.value, Span(self.file, done.span.line, done.span.column, done.span.start, span.end))

    def _put(self, value: Plain, span: Span) -> None:
        if not self.open:
            self.root = value
            self.values[()] = span
            return
        top = self.open[-1]
        path = self._next_path()
        if isinstance(top.value, dict):
            if not top.skipping:
                top.value[top.key or ""] = value
                self.values[path] = span
            top.key = None
        else:
            top.value.append(value)
            self.values[path] = span

    def _span(self, event: Any) -> Span:
        mark, end = event.start_mark, event.end_mark
        return Span(self.file, mark.line + 1, mark.column + 1, mark.index, end.index)

    def _syntax(self, error: yaml.YAMLError, text: str) -> Diagnostic:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        if mark and mark.index >= len(text) and mark.line and text[-1:] not in "\r\n":
            # libyaml ends the last line itself, and then stands on one that the file does not have.
            span = Span(self.file, mark.line, len(text) - text.rfind("\n"), len(text), len(text))
        elif mark:
            span = Span(self.file, mark.line + 1, mark.column + 1, mark.index, mark.index)
        else:
            span = Span(self.file, 1, 1)
        return Diagnostic("CR001", span, {"problem": problem})
