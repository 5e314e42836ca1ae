"""Record mapping: which column of the records is which fact, and how what stands there is to be read."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from complaint_rules.diagnostics import Diagnostic, RulesetError, Span
from complaint_rules.domains import Domain, Enumeration, Members, Ordered, Text, Truth
from complaint_rules.limits import DEFAULT_LIMITS, Limits
from complaint_rules.parts import Part, whole
from complaint_rules.ruleset import Ruleset
from complaint_rules.source import read
from complaint_rules.values import BadValueError, from_json, from_text
from complaint_rules.words import Label, suggest

ROW = "row_number"
_OURS = (ROW, "problems", "due")
# What an audit reads besides: the mapping of whole lives (`life_mapping`).
LIFE_KEYS = ("as_of", "events", "log", "deadlines", "decisions", "milestones", "triggers", "parties", "groups")
_KEYS = ("mapping", "records", "missing", "keep", "facts")
_RECORD_KEYS = ("encoding", "delimiter")
_FACT_KEYS = ("column", "constant", "values", "missing", "number", "places", "format", "zone", "separator", "unit")
_EXAMPLE = re.compile(r"(\D*?)1([,.' ’]?)234([.,])(\d+)(\D*)\Z")
_WHOLE = re.compile(r"(\D*?)1([,.' ’]?)234(\D*)\Z")
_DIRECTIVES: Mapping[str, str] = {
    "%Y": r"(?P<Y>\d{4})", "%m": r"(?P<m>\d{1,2})", "%d": r"(?P<d>\d{1,2})", "%H": r"(?P<H>\d{1,2})",
    "%M": r"(?P<M>\d{1,2})", "%S": r"(?P<S>\d{1,2})",
}  # fmt: skip
UNITS: Mapping[str, int] = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
MOST_PLACES = 18


@dataclass(frozen=True, slots=True)
class NumberForm:
    """How a number is written, by the example of 1234.50: what stands around it, between thousands, and its point."""

    before: str = ""
    thousands: str = ""
    point: str = "."
    after: str = ""


PLAIN_NUMBER = NumberForm()


@dataclass(frozen=True, slots=True)
class FactSource:
    """Where a fact comes from: a column, or always the same; and how its texts are read."""

    fact: str
    column: str | None
    span: Span | None = None
    constant: Any = None
    values: Mapping[str, Any] = field(default_factory=dict)
    missing: frozenset[str] = frozenset({""})
    number: NumberForm = PLAIN_NUMBER
    places: int | None = None
    format: str | None = None
    zone: str | None = None
    separator: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class RecordMapping:
    """How records become facts; `keep` are columns handed through, by the name that they then have."""

    facts: Mapping[str, FactSource]
    keep: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    delimiter: str | None = None
    spans: Mapping[str, Span] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read, each once."""
        used = (*(s.column for s in self.facts.values() if s.column is not None), *self.keep.values())
        return tuple(dict.fromkeys(used))


def pattern_of(form: str) -> str:
    """Return the pattern of a way to write days and times, `%Y-%m-%d %H:%M`."""
    parts = re.split(r"(%.)", form)
    return "^" + "".join(_DIRECTIVES[p] if p in _DIRECTIVES else re.escape(p) for p in parts) + "$"


def plain_mapping(ruleset: Ruleset, names: Sequence[str]) -> RecordMapping:
    """Return the mapping of columns that have the names of facts."""
    return RecordMapping({n: FactSource(n, n) for n in ruleset.inputs if n in names})


def with_kept(mapping: RecordMapping, ruleset: Ruleset, keep: Sequence[str]) -> RecordMapping:
    """Return a mapping that also hands these columns through.

    Raises:
        RulesetError: something else has such a name already.
    """
    wrong = [n for n in keep if n in mapping.keep or is_taken(n, ruleset)]
    if wrong:
        problem = Label(
            "这个名称已有他用，请在对应文件中另取名称", "something else has that name: give it another one in a mapping"
        )
        raise RulesetError(
            [Diagnostic("CR543", args={"name": n, "problem": problem}, where=f"--keep {n}") for n in wrong]
        )
    return replace(mapping, keep={**mapping.keep, **{n: n for n in keep}})


def is_taken(name: str, ruleset: Ruleset) -> bool:
    """Return whether a fact, a decision or the outcomes themselves have a name already."""
    return name.partition(".")[0] in {*ruleset.inputs, *ruleset.decisions, *_OURS}


def read_mapping(path: str | Path, ruleset: Ruleset, limits: Limits = DEFAULT_LIMITS) -> RecordMapping:
    """Return the mapping in a file, every name and value held against the ruleset.

    Raises:
        RulesetError: with everything that is wrong, each by its place.
    """
    found = Path(path)
    if not found.is_file():
        raise RulesetError([Diagnostic("CR309", args={"name": str(path)})])
    reader = _Reader(ruleset, [])
    mapping = reader.mapping(whole(read(found.read_bytes(), str(found), limits)))
    if reader.problems:
        raise RulesetError(reader.problems[: limits.errors])
    return mapping


def read_source(
    name: str, part: Part, domain: Domain, *, ruleset: Ruleset, problems: list[Diagnostic], missing: frozenset[str]
) -> FactSource:
    """Return where something comes from that has values of a domain, as under `facts`; note what is wrong."""
    return _Reader(ruleset, problems).source(name, part, domain, missing)


def missing_columns(mapping: RecordMapping, names: Collection[str]) -> list[Diagnostic]:
    """Return what the mapping names and the records do not have."""
    wanted = [(s.column, s.span) for s in mapping.facts.values() if s.column is not None]
    wanted += [(c, mapping.spans.get(n)) for n, c in mapping.keep.items()]
    return [
        Diagnostic("CR542", span, {"name": c, "columns": tuple(names), "suggestion": suggest(c, names)})
        for c, span in wanted if c not in names
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Reader:
    """The ruleset that is meant, and the problems found on the way."""

    ruleset: Ruleset
    problems: list[Diagnostic]

    def say(self, code: str, part: Part, *, of_key: bool = False, **words: object) -> None:
        self.problems.append(Diagnostic(code, part.span(of_key=of_key), words))

    def unusable(self, part: Part, zh: str, en: str) -> None:
        name = str(part.path[-1]) if part.path else ""
        self.say("CR543", part, name=name, problem=Label(zh, en))

    def keys(self, part: Part, known: Sequence[str]) -> None:
        if not isinstance(part.plain, dict):
            self.say("CR006", part, value=part.plain, expected="name: value")
        for key in part.keys:
            if key not in known:
                self.say("CR004", part[key], of_key=True, key=key, suggestion=suggest(key, known))

    def text(self, part: Part | None) -> str | None:
        if part is None or isinstance(part.plain, str):
            return None if part is None else part.plain
        self.say("CR006", part, value=part.plain, expected="text")
        return None

    def mapping(self, part: Part) -> RecordMapping:
        self.keys(part, (*_KEYS, *LIFE_KEYS))
        for key in ("mapping", "facts"):
            if key not in part:
                self.say("CR005", part, key=key)
        meant = self.text(part.get("mapping"))
        if meant is not None and meant != self.ruleset.id:
            self.say("CR101", part["mapping"], name=meant, suggestion=self.ruleset.id)
        records = part.get("records")
        if records is not None:
            self.keys(records, (*_RECORD_KEYS, "complaint"))
        given = [self.text(records.get(k)) if records is not None else None for k in _RECORD_KEYS]
        missing = self.missing(part.get("missing"), frozenset({""}))
        keep, spans = self.keep(part.get("keep"))
        return RecordMapping(dict(self.facts(part.get("facts"), missing)), keep, given[0], given[1], spans)

    def missing(self, part: Part | None, others: frozenset[str]) -> frozenset[str]:
        if part is None:
            return others
        if not isinstance(part.plain, list) or not all(isinstance(x, str) for x in part.plain):
            self.say("CR006", part, value=part.plain, expected="[a, b]")
            return others
        return frozenset(x.strip() for x in part.plain) | {""}

    def keep(self, part: Part | None) -> tuple[dict[str, str], dict[str, Span]]:
        if part is None:
            return {}, {}
        if isinstance(part.plain, dict):
            found = [(name, part[name]) for name in part.keys]
        else:
            found = [(str(p.plain), p) for p in part.entries]
            if not isinstance(part.plain, list):
                self.say("CR006", part, value=part.plain, expected="[a, b]")
        for name, at in found:
            if is_taken(name, self.ruleset):
                self.unusable(at, f"`{name}` 已有他用，请写成 新名称: 列名",
                              f"`{name}` is the name of something else: write another name: column")  # fmt: skip
        columns = {name: self.text(at) or "" for name, at in found}
        return columns, {name: at.span() for name, at in found}

    def facts(self, part: Part | None, missing: frozenset[str]) -> Sequence[tuple[str, FactSource]]:
        if part is None:
            return ()
        if not isinstance(part.plain, dict):
            self.say("CR006", part, value=part.plain, expected="name: value")
        found: list[tuple[str, FactSource]] = []
        for name in part.keys:
            if name not in self.ruleset.inputs:
                self.say("CR301", part[name], of_key=True, name=name, suggestion=suggest(name, self.ruleset.inputs))
            else:
                found.append((name, self.fact(name, part[name], missing)))
        return found

    def fact(self, name: str, part: Part, missing: frozenset[str]) -> FactSource:
        return self.source(name, part, self.ruleset.inputs[name].type.domain, missing)

    def source(self, name: str, part: Part, domain: Domain, missing: frozenset[str]) -> FactSource:
        """Return where something comes from that has values of a domain."""
        if isinstance(part.plain, str):
            return FactSource(name, part.plain, part.span(), missing=missing)
        self.keys(part, _FACT_KEYS)
        if ("column" in part) == ("constant" in part):
            self.unusable(part, "应写出 column 或 constant 之一", "either `column` or `constant` must stand here")
        column = part.get("column")
        span = part.span() if column is None else column.span()
        source = FactSource(name, self.text(column), span, missing=self.missing(part.get("missing"), missing))
        if "constant" in part:
            return replace(source, constant=self.constant(part["constant"], domain))
        return self.read_as(replace(source, values=self.values(part.get("values"), domain)), part, domain)

    def read_as(self, source: FactSource, part: Part, domain: Domain) -> FactSource:
        """Return the source with how numbers, days, times and lists are written."""
        kind = domain.kind if isinstance(domain, Ordered) else ""
        fitting: Mapping[str, bool] = {
            "number": kind in ("integer", "decimal", "money", "duration"),
            "places": kind in ("integer", "decimal", "money"),
            "format": kind in ("date", "datetime"),
            "zone": kind in ("date", "datetime"),
            "separator": isinstance(domain, Members),
            "unit": kind == "duration",
        }
        for key, fits in fitting.items():
            if key in part and not fits:
                self.unusable(part[key], f"`{key}` 不适用于这种事实", f"`{key}` does not fit this kind of fact")
        return replace(
            source, number=self.number(part.get("number")), places=self.places(part.get("places")),
            format=self.format(part.get("format"), kind), zone=self.zone(part.get("zone")),
            separator=self.text(part.get("separator")), unit=self.unit(part.get("unit")),
        )  # fmt: skip

    def constant(self, part: Part, domain: Domain) -> Any:
        plain = part.plain
        try:
            if isinstance(domain, Members):
                return sorted(from_json(plain, domain))
            return from_text(plain, domain) if isinstance(plain, str) else from_json(plain, domain)
        except BadValueError as error:
            self.problems.append(Diagnostic(error.code, part.span(), error.args_of))
            return None

    def values(self, part: Part | None, domain: Domain) -> Mapping[str, Any]:
        if part is None:
            return MappingProxyType({})
        if not isinstance(domain, (Enumeration, Truth, Members, Text)):
            self.unusable(part, "`values` 只用于选项、是否和集合", "`values` is for listed values, yes or no, and sets")
            return MappingProxyType({})
        self.keys(part, part.keys)
        return {k.strip(): self.value(part[k], domain) for k in part.keys}

    def value(self, part: Part, domain: Domain) -> Any:
        """Return what a text of the records stands for; of a set, some members."""
        if isinstance(domain, Members):
            members = [part.plain] if isinstance(part.plain, str) else part.plain
            return tuple(self.constant(Part(part.document, part.path, members), domain) or ())
        return self.constant(part, domain)

    def number(self, part: Part | None) -> NumberForm:
        text = self.text(part)
        if part is None or text is None:
            return PLAIN_NUMBER
        found = _EXAMPLE.match(text)
        if found and found[2] != found[3]:
            return NumberForm(found[1], found[2], found[3], found[5])
        if whole_ := _WHOLE.match(text):
            return NumberForm(whole_[1], whole_[2], "," if whole_[2] == "." else ".", whole_[3])
        self.unusable(part, "请按 1,234.50 的样子写出数 1234.50", "write the number 1234.50 as it stands there, like `1,234.50`")  # fmt: skip
        return PLAIN_NUMBER

    def places(self, part: Part | None) -> int | None:
        text = self.text(part)
        if part is None or text is None:
            return None
        if text.isdecimal() and len(text) <= 2 and int(text) <= MOST_PLACES:
            return int(text)
        self.say("CR006", part, value=text, expected=f"0 – {MOST_PLACES}")
        return None

    def format(self, part: Part | None, kind: str) -> str | None:
        text = self.text(part)
        if part is None or text is None:
            return None
        used = re.findall(r"%.?", text)
        needed = ("%Y", "%m", "%d") if kind == "date" else ("%Y", "%m", "%d", "%H")
        unknown = [d for d in used if d not in _DIRECTIVES] + [d for d in set(used) if used.count(d) > 1]
        absent = [d for d in needed if d not in used]
        if unknown or absent:
            self.unusable(part, f"格式只能各用一次 {' '.join(_DIRECTIVES)}，并须有 {' '.join(needed)}",
                          f"a format has each of {' '.join(_DIRECTIVES)} at most once, and needs {' '.join(needed)}")  # fmt: skip
            return None
        return text

    def zone(self, part: Part | None) -> str | None:
        text = self.text(part)
        if part is None or text is None:
            return None
        try:
            return ZoneInfo(text).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.say("CR006", part, value=text, expected=self.ruleset.time_zone)
            return None

    def unit(self, part: Part | None) -> str | None:
        text = self.text(part)
        if part is not None and text is not None and text not in UNITS:
            self.say("CR006", part, value=text, expected=" / ".join(UNITS))
        return text if text in UNITS else None
