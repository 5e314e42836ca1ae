"""Life mapping: which column is which fact, event, verdict or recorded outcome of a complaint's life, and of a log of events.

`docs/audit.md` describes the file; its `facts` are read as for a simulation (`record_mapping`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from complaint_rules.diagnostics import Diagnostic, RulesetError
from complaint_rules.domains import Domain, Enumeration, ListOf, Members, Ordered, Text, Truth
from complaint_rules.parts import Part, whole
from complaint_rules.record_mapping import LIFE_KEYS, FactSource, read_source
from complaint_rules.ruleset import Ruleset, Type
from complaint_rules.source import read
from complaint_rules.words import suggest

Verdict = Literal["kept", "missed", "open", "unsaid"]
Compare = Literal["equal", "at_most", "at_least", "only_if", "one_of"]
Kind = Literal["class", "department", "compensation", "approval", "closing"]
_KEYS = ("mapping", "records", "missing", "keep", "facts", *LIFE_KEYS)
_RECORDS = ("complaint", "encoding", "delimiter")
_TIME = ("column", "format", "zone", "missing")
_EVENT = ("at", "by", "by_column", "facts")
_LOG = ("complaint", "event", "at", "recorded_at", "id", "by", "roles", "facts", "events", "milestones", "triggers")
_ENCODINGS = ("utf-8", "gb18030")


@dataclass(frozen=True, slots=True)
class EventColumn:
    """An event that a column dates: `by` did it, or `by_column` says who."""

    event: str
    at: FactSource
    by: str | None = None
    by_column: FactSource | None = None
    facts: Mapping[str, FactSource] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LogColumns:
    """The columns of a log of events; `events`, `milestones` and `triggers` say what its activities stand for, `roles` who did them."""

    complaint: str
    event: str
    at: FactSource
    recorded_at: FactSource | None = None
    id: str | None = None
    by: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, FactSource] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)
    milestones: Mapping[str, str] = field(default_factory=dict)
    triggers: Mapping[str, str] = field(default_factory=dict)

    @property
    def raised(self) -> Mapping[str, str]:
        """The milestones and triggers for which activities stand."""
        return {**self.milestones, **self.triggers}

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the log that is read."""
        sources = (self.at, *([self.recorded_at] if self.recorded_at else ()), *self.facts.values())
        return tuple(n for n in (self.complaint, self.event, self.id, self.by, *(s.column for s in sources)) if n)


@dataclass(frozen=True, slots=True)
class VerdictColumn:
    """A column that says whether a time limit was kept: which texts mean which verdict, and what all `others` mean."""

    column: str
    verdicts: Mapping[str, Verdict]
    others: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """An outcome as it was recorded, to be held against a decision; `kind` is what it is called where they differ.

    `owner` is the role that answers for it.
    """

    decision: str
    source: FactSource
    kind: Kind = "class"
    compare: Compare = "equal"
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class LifeMapping:
    """What the columns of the records, and of a log of events, are to a ruleset."""

    file: str
    complaint: str | None = None
    encoding: str | None = None
    delimiter: str = ","
    as_of: datetime | None = None
    facts: Mapping[str, FactSource] = field(default_factory=dict)
    events: tuple[EventColumn, ...] = ()
    log: LogColumns | None = None
    deadlines: Mapping[str, tuple[VerdictColumn, ...]] = field(default_factory=dict)
    decisions: Mapping[str, Recorded] = field(default_factory=dict)
    milestones: Mapping[str, FactSource] = field(default_factory=dict)
    triggers: Mapping[str, FactSource] = field(default_factory=dict)
    parties: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()

    @property
    def watched(self) -> tuple[str, ...]:
        """The triggers of which it is recorded whether they were acted on."""
        return tuple(dict.fromkeys((*self.triggers, *(self.log.triggers.values() if self.log else ()))))

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the records that is read."""
        sources = [*self.facts.values(), *(r.source for r in self.decisions.values())]
        sources += [*self.milestones.values(), *self.triggers.values()]
        for event in self.events:
            sources += [event.at, *event.facts.values(), *([event.by_column] if event.by_column else [])]
        verdicts = (v.column for chain in self.deadlines.values() for v in chain)
        named = (self.complaint, *(s.column for s in sources), *verdicts, *self.parties.values(), *self.groups)
        return tuple(dict.fromkeys(n for n in named if n))


def read_mapping(path: Path, ruleset: Ruleset) -> LifeMapping:
    """Return a mapping file, held against the ruleset.

    Raises:
        RulesetError: with everything that is wrong with it, each located.
    """
    if not path.is_file():
        raise RulesetError([Diagnostic("CR309", args={"name": str(path)})])
    reader = _Reader(ruleset, [])
    found = reader.whole(whole(read(path.read_bytes(), str(path))), str(path))
    if reader.problems:
        raise RulesetError(reader.problems)
    return found


def plain_mapping(ruleset: Ruleset, columns: Sequence[str], file: str = "") -> LifeMapping:
    """Return the mapping that is meant without a file: columns named as facts are, and `complaint` for the id."""
    facts = {n: FactSource(n, n) for n in columns if n in ruleset.inputs and not ruleset.inputs[n].fold}
    return LifeMapping(file, "complaint" if "complaint" in columns else None, facts=facts)


def recorded_type(ruleset: Ruleset, name: str) -> Type:
    """Return the type of what is recorded of a decision (or of one of its outputs): a list that is decided is a set."""
    decision, _, output = name.partition(".")
    types = ruleset.outputs[decision]
    type_ = types[output] if output in types else next(iter(types.values()))
    inner = type_.domain.of if isinstance(type_.domain, ListOf) else None
    return replace(type_, domain=Members(inner.values, inner.open)) if isinstance(inner, Enumeration) else type_


def fits_domain(compare: Compare, domain: Domain) -> bool:
    """Return whether values of a domain can be compared so."""
    match compare:
        case "equal" | "one_of":
            return True
        case "at_most" | "at_least":
            return isinstance(domain, Ordered)
        case "only_if":
            return isinstance(domain, Truth)


@dataclass(frozen=True, slots=True)
class _Reader:
    """The ruleset that is meant, and the problems found on the way."""

    ruleset: Ruleset
    problems: list[Diagnostic]
    nothing: frozenset[str] = frozenset({""})

    def say(self, code: str, part: Part, *, of_key: bool = False, **words: object) -> None:
        self.problems.append(Diagnostic(code, part.span(of_key=of_key), words))

    def items(
        self, part: Part | None, known: Iterable[str] | None = None, needed: Sequence[str] = ()
    ) -> dict[str, Part]:
        """Return the parts of a mapping by key, of known keys only; note what is wrong with it."""
        if part is None:
            return {}
        if not isinstance(part.plain, dict):
            self.say("CR006", part, value=part.plain, expected="name: value")
            return {}
        names = list(part.keys if known is None else known)
        for key in (k for k in part.keys if k not in names):
            self.say("CR004", part[key], of_key=True, key=key, known=names, suggestion=suggest(key, names))
        for key in (k for k in needed if k not in part):
            self.say("CR005", part, key=key)
        return {k: part[k] for k in part.keys if k in names}

    def named(self, part: Part | None, known: Iterable[str]) -> dict[str, Part]:
        """Return the parts of a mapping whose keys are names of the ruleset."""
        names, found = list(known), self.items(part)
        for key in (k for k in found if k not in names):
            self.say("CR101", found[key], of_key=True, name=key, suggestion=suggest(key, names))
        return {k: v for k, v in found.items() if k in names}

    def text(self, part: Part | None) -> str:
        if part is None or isinstance(part.plain, str):
            return "" if part is None else part.plain
        self.say("CR006", part, value=part.plain, expected="text")
        return ""

    def maybe(self, part: Part | None) -> str | None:
        return None if part is None else self.text(part)

    def texts(self, part: Part | None) -> tuple[str, ...]:
        return () if part is None else tuple(map(self.text, part.entries if isinstance(part.plain, list) else [part]))

    def word(self, part: Part, known: Sequence[str]) -> Any:
        """Return one of the known words."""
        text = self.text(part)
        if text not in known:
            self.say("CR103", part, value=text, expected=" / ".join(known), suggestion=suggest(text, known))
        return text if text in known else known[0]

    def pairs(self, part: Part | None, known: Iterable[str] | None = None) -> dict[str, str]:
        """Return what texts stand for; where `known` says so, names of the ruleset."""
        found = {k: (p, self.text(p)) for k, p in self.items(part).items()}
        names = None if known is None else list(known)
        for at, name in found.values():
            if names is not None and name not in names:
                self.say("CR101", at, name=name, suggestion=suggest(name, names))
        return {k: name for k, (_, name) in found.items()}

    # --- the parts -----------------------------------------------------------------------------------

    def whole(self, root: Part, file: str) -> LifeMapping:
        parts, ruleset = self.items(root, _KEYS, ("mapping",)), self.ruleset
        if "mapping" in parts and parts["mapping"].plain != ruleset.id:
            self.say("CR103", parts["mapping"], value=parts["mapping"].plain, expected=ruleset.id)
        records = self.items(parts.get("records"), _RECORDS)
        made = list(self.made())
        reader = replace(self, nothing=frozenset({"", *self.texts(parts.get("missing"))}))
        return LifeMapping(
            file, self.maybe(records.get("complaint")),
            self.word(records["encoding"], _ENCODINGS) if "encoding" in records else None,
            self.delimiter(records.get("delimiter")), self.as_of(parts.get("as_of")),
            reader.facts(parts.get("facts"), ruleset.inputs),
            tuple(reader.event(n, p) for n, p in self.named(parts.get("events"), ruleset.events).items()),
            reader.log(parts["log"]) if "log" in parts else None,
            {n: self.verdicts(p) for n, p in self.named(parts.get("deadlines"), ruleset.deadlines).items()},
            {n: reader.recorded(n, p) for n, p in self.named(parts.get("decisions"), self.outputs()).items()},
            {n: reader.time(n, p) for n, p in self.named(parts.get("milestones"), made).items()},
            {n: reader.time(n, p) for n, p in self.named(parts.get("triggers"), ruleset.triggers).items()},
            self.pairs(parts.get("parties")), self.texts(parts.get("groups")),
        )  # fmt: skip

    def outputs(self) -> Iterator[str]:
        """Yield what can be decided: decisions, and the outputs of those that have several."""
        for name, types in self.ruleset.outputs.items():
            yield from ([name] if len(types) == 1 else [f"{name}.{o}" for o in types])

    def made(self) -> Iterator[str]:
        """Yield the milestones of all time limits."""
        yield from (f"{d.name}.{m.name}" for d in self.ruleset.deadlines.values() for m in d.milestones)

    def delimiter(self, part: Part | None) -> str:
        text = "," if part is None else self.text(part)
        found = "\t" if text == "tab" else text
        if part is not None and len(found) != 1:
            self.say("CR103", part, value=text, expected=", / ; / tab")
        return found if len(found) == 1 else ","

    def as_of(self, part: Part | None) -> datetime | None:
        if part is None:
            return None
        try:
            found = datetime.fromisoformat(self.text(part))
        except ValueError:
            self.say("CR103", part, value=part.plain, expected="2024-05-06T10:00")
            return None
        return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(self.ruleset.time_zone))

    def source(self, name: str, part: Part, domain: Domain) -> FactSource:
        return read_source(name, part, domain, ruleset=self.ruleset, problems=self.problems, missing=self.nothing)

    def time(self, name: str, part: Part) -> FactSource:
        """Return a column of instants or days: its name, or also how they are written."""
        if isinstance(part.plain, dict):
            self.items(part, _TIME, ("column",))
            days = "%H" not in str(part.plain.get("format", "%H"))
            return self.source(name, part, Ordered("date" if days else "datetime"))
        return FactSource(name, self.text(part), part.span(), missing=self.nothing)

    def facts(self, part: Part | None, known: Iterable[str]) -> dict[str, FactSource]:
        """Return columns by fact; what follows from the log cannot be given."""
        found, inputs = self.named(part, known), self.ruleset.inputs
        for name, at in found.items():
            fold = inputs[name].fold
            if fold:
                self.say("CR315", at, of_key=True, name=name, events=fold.events)
        return {n: self.source(n, p, inputs[n].type.domain) for n, p in found.items()}

    def event(self, name: str, part: Part) -> EventColumn:
        if isinstance(part.plain, str):
            return EventColumn(name, self.time(name, part))
        parts = self.items(part, _EVENT, ("at",))
        facts = self.facts(parts.get("facts"), self.ruleset.inputs)
        for fact in (f for f in facts if f not in self.ruleset.events[name].carries):
            self.say("CR316", parts["facts"][fact], of_key=True, event=name, name=fact)
        by = self.source(name, parts["by_column"], Text()) if "by_column" in parts else None
        at = self.time(name, parts["at"]) if "at" in parts else FactSource(name, "")
        return EventColumn(name, at, self.maybe(parts.get("by")), by, facts)

    def log(self, part: Part) -> LogColumns:
        parts = self.items(part, _LOG, ("complaint", "event", "at"))
        return LogColumns(
            self.text(parts.get("complaint")), self.text(parts.get("event")),
            self.time("at", parts["at"]) if "at" in parts else FactSource("at", ""),
            self.time("recorded_at", parts["recorded_at"]) if "recorded_at" in parts else None,
            self.maybe(parts.get("id")), self.maybe(parts.get("by")), self.pairs(parts.get("roles")),
            self.facts(parts.get("facts"), self.ruleset.inputs), self.pairs(parts.get("events"), self.ruleset.events),
            self.pairs(parts.get("milestones"), self.made()), self.pairs(parts.get("triggers"), self.ruleset.triggers),
        )  # fmt: skip

    def verdicts(self, part: Part) -> tuple[VerdictColumn, ...]:
        """Return the columns that say whether a limit was kept; the first that says anything counts."""
        return tuple(map(self.verdict, part.entries if isinstance(part.plain, list) else [part]))

    def verdict(self, part: Part) -> VerdictColumn:
        parts = self.items(part, ("column", "others", *get_args(Verdict)), ("column",))
        others = self.word(parts["others"], get_args(Verdict)) if "others" in parts else None
        said = {text: v for v in get_args(Verdict) for text in self.texts(parts.get(v))}
        return VerdictColumn(self.text(parts.get("column")), said, others)

    def recorded(self, name: str, part: Part) -> Recorded:
        """Return a recorded outcome: a source, and how it is held against the decision."""
        domain = recorded_type(self.ruleset, name).domain
        if not isinstance(part.plain, dict):
            return Recorded(name, self.source(name, part, domain))
        own = ("kind", "compare", "owner")
        kind: Kind = self.word(part["kind"], get_args(Kind)) if "kind" in part else "class"
        usual: Compare = "only_if" if kind == "closing" else "equal"
        compare: Compare = self.word(part["compare"], get_args(Compare)) if "compare" in part else usual
        fitting = [c for c in get_args(Compare) if fits_domain(c, domain)]
        if compare not in fitting:
            self.say("CR103", part.get("compare") or part["kind"], value=compare, expected=" / ".join(fitting))
        rest = Part(part.document, part.path, {k: v for k, v in part.plain.items() if k not in own})
        return Recorded(name, self.source(name, rest, domain), kind, compare, self.maybe(part.get("owner")))
