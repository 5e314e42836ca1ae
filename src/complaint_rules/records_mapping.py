"""Records mapping: which column of a file of complaints is which fact, event, verdict or recorded outcome of a ruleset.

`docs/audit.md` describes the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from complaint_rules.diagnostics import Diagnostic, RulesetError
from complaint_rules.ruleset import Ruleset
from complaint_rules.source import Document, Plain, read
from complaint_rules.source import Path as Place
from complaint_rules.words import suggest

Verdict = Literal["kept", "missed", "open", "unsaid"]
Compare = Literal["equal", "at_most", "at_least", "only_if", "one_of"]
Kind = Literal["class", "department", "compensation", "approval", "closing"]
_KEYS = (
    "mapping",
    "records",
    "as_of",
    "facts",
    "events",
    "log",
    "deadlines",
    "decisions",
    "milestones",
    "parties",
    "groups",
)
_RECORDS = ("complaint", "date_format", "encoding", "delimiter", "missing")
_EVENT = ("at", "by", "by_column", "facts")
_LOG = ("complaint", "event", "at", "recorded_at", "id", "by", "roles", "facts", "events", "milestones")
_ENCODINGS = ("utf-8", "gb18030")


@dataclass(frozen=True, slots=True)
class Cell:
    """A column, and what the texts in it stand for; without `values` they stand for themselves."""

    column: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Milestone:
    """An event that a column dates: `at` names the column, `by` who did it, or `by_column` the column that says so."""

    event: str
    at: str
    by: str | None = None
    by_column: Cell | None = None
    facts: Mapping[str, Cell] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LogColumns:
    """The columns of a log of events; `events` and `milestones` say what its activities stand for, `roles` who did them."""

    complaint: str
    event: str
    at: str
    recorded_at: str | None = None
    id: str | None = None
    by: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Cell] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)
    milestones: Mapping[str, str] = field(default_factory=dict)


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
    cell: Cell
    kind: Kind = "class"
    compare: Compare = "equal"
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class RecordsMapping:
    """What the columns of the records, and of a log of events, are to a ruleset."""

    file: str
    complaint: str | None = None
    date_format: str | None = None
    encoding: str | None = None
    delimiter: str = ","
    missing: tuple[str, ...] = ("",)
    as_of: datetime | None = None
    facts: Mapping[str, Cell] = field(default_factory=dict)
    events: tuple[Milestone, ...] = ()
    log: LogColumns | None = None
    deadlines: Mapping[str, tuple[VerdictColumn, ...]] = field(default_factory=dict)
    decisions: Mapping[str, Recorded] = field(default_factory=dict)
    milestones: Mapping[str, str] = field(default_factory=dict)
    parties: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the records that is read."""
        cells = [*self.facts.values(), *(r.cell for r in self.decisions.values())]
        for event in self.events:
            cells += [*event.facts.values(), *([event.by_column] if event.by_column else [])]
        verdicts = (v.column for chain in self.deadlines.values() for v in chain)
        named = (
            *([self.complaint] if self.complaint else ()),
            *(c.column for c in cells),
            *(e.at for e in self.events),
        )
        return tuple(
            dict.fromkeys((*named, *verdicts, *self.milestones.values(), *self.parties.values(), *self.groups))
        )


def read_mapping(path: Path, ruleset: Ruleset) -> RecordsMapping:
    """Return a mapping file, held against the ruleset.

    Raises:
        RulesetError: with everything that is wrong with it, each located.
    """
    if not path.is_file():
        raise RulesetError([Diagnostic("CR309", args={"name": str(path)})])
    reader = _Reader(read(path.read_bytes(), str(path)), ruleset, [])
    found = reader.whole()
    if reader.problems:
        raise RulesetError(reader.problems)
    return found


def plain_mapping(ruleset: Ruleset, columns: Sequence[str], file: str = "") -> RecordsMapping:
    """Return the mapping that is meant without a file: columns named as facts are, and `complaint` for the id."""
    facts = {n: Cell(n) for n in columns if n in ruleset.inputs and not ruleset.inputs[n].fold}
    return RecordsMapping(file, "complaint" if "complaint" in columns else None, facts=facts)


@dataclass(frozen=True, slots=True)
class _Reader:
    """The document being read, and the problems found on the way."""

    document: Document
    ruleset: Ruleset
    problems: list[Diagnostic]

    def problem(self, code: str, place: Place, *, of_key: bool = False, **words: object) -> None:
        self.problems.append(Diagnostic(code, self.document.span(place, of_key=of_key), words))

    def mapping(
        self, plain: Plain, place: Place, known: Iterable[str] | None, needed: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Return a mapping with known and needed keys only; or an empty one, and problems."""
        if not isinstance(plain, dict):
            self.problem("CR006", place, value=plain, expected="name: value")
            return {}
        names = list(plain if known is None else known)
        for key in plain:
            if key not in names:
                self.problem("CR004", (*place, key), of_key=True, key=key, known=names, suggestion=suggest(key, names))
        for key in needed:
            if key not in plain:
                self.problem("CR005", place, key=key)
        return {k: v for k, v in plain.items() if k in names}

    def named(self, plain: Plain, place: Place, known: Iterable[str]) -> dict[str, Any]:
        """Return a mapping whose keys are names of the ruleset."""
        names = list(known)
        found = self.mapping(plain, place, None)
        for key in found:
            if key not in names:
                self.problem("CR101", (*place, key), of_key=True, name=key, suggestion=suggest(key, names))
        return {k: v for k, v in found.items() if k in names}

    def text(self, plain: Plain, place: Place) -> str:
        if isinstance(plain, str):
            return plain
        self.problem("CR006", place, value=plain, expected="text")
        return ""

    def texts(self, plain: Plain, place: Place) -> tuple[str, ...]:
        if isinstance(plain, list):
            return tuple(self.text(p, (*place, i)) for i, p in enumerate(plain))
        return (self.text(plain, place),)

    def word(self, plain: Plain, place: Place, known: Sequence[str]) -> Any:
        """Return one of the known words."""
        text = self.text(plain, place)
        if text not in known:
            self.problem("CR103", place, value=text, expected=" / ".join(known), suggestion=suggest(text, known))
            return known[0]
        return text

    def pairs(self, plain: Plain, place: Place, known: Iterable[str] | None = None) -> dict[str, str]:
        """Return what texts stand for; where `known` says so, names of the ruleset."""
        found = {k: self.text(v, (*place, k)) for k, v in self.mapping(plain, place, None).items()}
        names = list(found.values() if known is None else known)
        for key, name in found.items():
            if name not in names:
                self.problem("CR101", (*place, key), name=name, suggestion=suggest(name, names))
        return found

    # --- the parts -----------------------------------------------------------------------------------

    def whole(self) -> RecordsMapping:
        root, ruleset = self.mapping(self.document.root, (), _KEYS, ("mapping",)), self.ruleset
        if "mapping" in root and root["mapping"] != ruleset.id:
            self.problem("CR103", ("mapping",), value=root["mapping"], expected=ruleset.id)
        records = self.mapping(root.get("records", {}), ("records",), _RECORDS)
        columns: dict[str, str] = {
            k: self.text(records[k], ("records", k)) for k in ("complaint", "date_format") if k in records
        }
        if "encoding" in records:
            columns["encoding"] = self.word(records["encoding"], ("records", "encoding"), _ENCODINGS)
        made = (f"{d.name}.{m.name}" for d in ruleset.deadlines.values() for m in d.milestones)
        at = {k: (k,) for k in _KEYS}
        return RecordsMapping(
            self.document.file, **columns,
            delimiter=self.delimiter(records),
            missing=("", *self.texts(records["missing"], ("records", "missing"))) if "missing" in records else ("",),
            as_of=self.instant(root["as_of"]) if "as_of" in root else None,
            facts=self.facts(root.get("facts", {}), at["facts"]),
            events=tuple(self.event(n, e) for n, e in self.named(root.get("events", {}), at["events"], ruleset.events).items()),
            log=self.log(root["log"]) if "log" in root else None,
            deadlines={n: self.verdicts(n, v) for n, v in self.named(root.get("deadlines", {}), at["deadlines"], ruleset.deadlines).items()},
            decisions={n: self.recorded(n, v) for n, v in self.named(root.get("decisions", {}), at["decisions"], self.outputs()).items()},
            milestones={n: self.text(v, ("milestones", n)) for n, v in self.named(root.get("milestones", {}), at["milestones"], made).items()},
            parties={n: self.text(v, ("parties", n)) for n, v in self.mapping(root.get("parties", {}), at["parties"], None).items()},
            groups=self.texts(root["groups"], at["groups"]) if "groups" in root else (),
        )  # fmt: skip

    def outputs(self) -> Iterator[str]:
        """Yield what can be decided: decisions, and the outputs of those that have several."""
        for name, types in self.ruleset.outputs.items():
            yield from ([name] if len(types) == 1 else [f"{name}.{o}" for o in types])

    def delimiter(self, records: Mapping[str, Plain]) -> str:
        found = self.text(records["delimiter"], ("records", "delimiter")) if "delimiter" in records else ","
        found = "\t" if found == "tab" else found
        if len(found) != 1:
            self.problem("CR103", ("records", "delimiter"), value=found, expected=", / ; / tab")
            return ","
        return found

    def instant(self, plain: Plain) -> datetime | None:
        try:
            found = datetime.fromisoformat(self.text(plain, ("as_of",)))
        except ValueError:
            self.problem("CR103", ("as_of",), value=plain, expected="2024-05-06T10:00")
            return None
        return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(self.ruleset.time_zone))

    def facts(self, plain: Plain, place: Place) -> dict[str, Cell]:
        """Return columns by fact; what follows from the log cannot be given."""
        found = self.named(plain, place, self.ruleset.inputs)
        for name in found:
            fold = self.ruleset.inputs[name].fold
            if fold:
                self.problem("CR315", (*place, name), of_key=True, name=name, events=fold.events)
        return {n: self.cell(v, (*place, n)) for n, v in found.items()}

    def cell(self, plain: Plain, place: Place) -> Cell:
        if isinstance(plain, str):
            return Cell(plain)
        return self.cell_of(self.mapping(plain, place, ("column", "values"), ("column",)), place)

    def cell_of(self, found: Mapping[str, Plain], place: Place) -> Cell:
        values = self.pairs(found.get("values", {}), (*place, "values"))
        return Cell(self.text(found.get("column", ""), (*place, "column")), values)

    def event(self, name: str, plain: Plain) -> Milestone:
        place = ("events", name)
        if isinstance(plain, str):
            return Milestone(name, plain)
        found = self.mapping(plain, place, _EVENT, ("at",))
        facts = self.facts(found.get("facts", {}), (*place, "facts"))
        for fact in facts:
            if fact not in self.ruleset.events[name].carries:
                self.problem("CR316", (*place, "facts", fact), of_key=True, event=name, name=fact)
        return Milestone(
            name, self.text(found.get("at", ""), (*place, "at")),
            self.text(found["by"], (*place, "by")) if "by" in found else None,
            self.cell(found["by_column"], (*place, "by_column")) if "by_column" in found else None, facts,
        )  # fmt: skip

    def log(self, plain: Plain) -> LogColumns:
        place, ruleset = ("log",), self.ruleset
        found = self.mapping(plain, place, _LOG, ("complaint", "event", "at"))
        texts = {
            k: self.text(found[k], (*place, k))
            for k in ("complaint", "event", "at", "recorded_at", "id", "by")
            if k in found
        }
        made = [f"{d.name}.{m.name}" for d in ruleset.deadlines.values() for m in d.milestones]
        return LogColumns(
            **{"complaint": "", "event": "", "at": "", **texts},
            roles=self.pairs(found.get("roles", {}), (*place, "roles")),
            facts=self.facts(found.get("facts", {}), (*place, "facts")),
            events=self.pairs(found.get("events", {}), (*place, "events"), ruleset.events),
            milestones=self.pairs(found.get("milestones", {}), (*place, "milestones"), made),
        )  # fmt: skip

    def verdicts(self, name: str, plain: Plain) -> tuple[VerdictColumn, ...]:
        """Return the columns that say whether a limit was kept; the first that says anything counts."""
        place: Place = ("deadlines", name)
        entries = plain if isinstance(plain, list) else [plain]
        return tuple(self.verdict(e, (*place, i) if isinstance(plain, list) else place) for i, e in enumerate(entries))

    def verdict(self, plain: Plain, place: Place) -> VerdictColumn:
        found = self.mapping(plain, place, ("column", "others", *get_args(Verdict)), ("column",))
        others = self.word(found["others"], (*place, "others"), get_args(Verdict)) if "others" in found else None
        said = {text: v for v in get_args(Verdict) if v in found for text in self.texts(found[v], (*place, v))}
        return VerdictColumn(self.text(found.get("column", ""), (*place, "column")), said, others)

    def recorded(self, name: str, plain: Plain) -> Recorded:
        place = ("decisions", name)
        if isinstance(plain, str):
            return Recorded(name, Cell(plain))
        found = self.mapping(plain, place, ("column", "values", "kind", "compare", "owner"), ("column",))
        kind: Kind = self.word(found["kind"], (*place, "kind"), get_args(Kind)) if "kind" in found else "class"
        by_kind: Compare = "only_if" if kind == "closing" else "equal"
        compare: Compare = (
            self.word(found["compare"], (*place, "compare"), get_args(Compare)) if "compare" in found else by_kind
        )
        owner = self.text(found["owner"], (*place, "owner")) if "owner" in found else None
        return Recorded(name, self.cell_of(found, place), kind, compare, owner)
