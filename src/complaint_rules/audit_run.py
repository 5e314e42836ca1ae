"""Audit run: files of records and events in; every complaint audited or quarantined, the findings written, the figures out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from complaint_rules.audit_across import Across
from complaint_rules.audit_files import FindingRows, Outlet
from complaint_rules.audit_tally import Tally
from complaint_rules.auditing import Auditor
from complaint_rules.calendar_data import load_calendar
from complaint_rules.compile import CompiledRuleset
from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.findings import Audited
from complaint_rules.library import replay
from complaint_rules.life_mapping import LifeMapping, LogColumns, plain_mapping, read_mapping
from complaint_rules.life_rows import (
    XES_AT,
    XES_BY,
    XES_COMPLAINT,
    XES_EVENT,
    Row,
    Table,
    file_hash,
    need_columns,
    open_table,
)
from complaint_rules.life_shelf import Shelf, without_record
from complaint_rules.life_told import Telling
from complaint_rules.record_mapping import FactSource
from complaint_rules.ruleset import Ruleset
from complaint_rules.worktime import Calendar


@dataclass(frozen=True, slots=True)
class Source:
    """A file that an audit rests on."""

    what: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class AuditRun:
    """What an audit came to: its figures, what it rests on, and the folder with every finding.

    `not_observable` are the limits that the records cannot show to be met; `alone` are the facts that count over related
    complaints, and were counted from each complaint alone.
    """

    ruleset: Ruleset
    mapping: LifeMapping
    now: datetime
    tally: Tally
    sources: tuple[Source, ...]
    folder: Path
    not_observable: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def findings(self) -> Path:
        """The file with every finding, one JSON object a line."""
        return self.folder / "findings.jsonl"


def audit(
    rules: CompiledRuleset,
    records: str | Path,
    *,
    out: str | Path,
    events: str | Path | None = None,
    mapping: str | Path | None = None,
    now: datetime | None = None,
    calendar: str | Path | None = None,
) -> AuditRun:
    """Hold complaints that are over against a ruleset: every row of `records` is replayed up to `now` and compared.

    `records` and `events` are files (CSV, Parquet, XES); `mapping` says which column is what (docs/audit.md). The findings,
    and the rows that could not be read, are written into the folder `out`.

    Raises:
        RulesetError: the mapping or the calendar cannot be read.
        FactsError: a file or a column is not there, or nobody says up to which instant.
    """
    ruleset = rules.ruleset
    path = Path(records)
    found = read_mapping(Path(mapping), ruleset) if mapping else None
    table = open_table(path, **({"encoding": found.encoding, "delimiter": found.delimiter} if found else {}))  # type: ignore[arg-type]  # both texts
    used = found or plain_mapping(ruleset, table.columns)
    need_columns(table, used.columns)
    until = now or used.as_of
    if until is None:
        raise FactsError([Diagnostic("CR005", args={"key": "as_of"}, where=used.file or "now")])
    reckoned = calendar or ruleset.calendar
    days = load_calendar(reckoned) if reckoned else Calendar(ruleset.time_zone, ((),) * 7)
    with ExitStack() as stack:
        outlet = stack.enter_context(Outlet(Path(out)))
        shelf = Shelf(Path(stack.enter_context(TemporaryDirectory())) / "shelf.db")
        stack.callback(shelf.close)
        run = _Run(rules, used, shelf, outlet, until, calendar)
        logged = run.take_log(Path(events)) if events else frozenset[str]()
        auditor = Auditor(rules, used, days, now=until, logged=logged)
        run.take_records(table, auditor)
    sources = (("records", path), ("events", events), ("mapping", mapping))
    read = tuple(Source(w, str(p), file_hash(Path(p))) for w, p in sources if p)
    silent = tuple(n for n in ruleset.deadlines if n not in auditor.observable and n not in used.deadlines)
    alone = tuple(n for n, i in ruleset.inputs.items() if i.fold and i.fold.across)
    return AuditRun(ruleset, used, until, run.tally, read, Path(out), silent, alone, rules.parameters)


@dataclass(slots=True)
class _Run:
    """The files as they are gone through."""

    rules: CompiledRuleset
    mapping: LifeMapping
    shelf: Shelf
    outlet: Outlet
    now: datetime
    calendar: str | Path | None
    tally: Tally = field(default_factory=Tally)
    log_file: str = ""
    across: Across | None = None
    telling: Telling = field(init=False)
    rows: FindingRows = field(init=False)

    def __post_init__(self) -> None:
        self.telling = Telling(self.rules.ruleset, self.mapping)
        self.rows = FindingRows(self.rules.ruleset)
        if self.mapping.watched:
            self.across = Across(self.rules, self.mapping.watched)

    def take_log(self, path: Path) -> frozenset[str]:
        """Put the entries of a log by; return which events it has at all."""
        table = open_table(path, encoding=self.mapping.encoding, delimiter=self.mapping.delimiter)
        log = self.mapping.log or _usual(path)
        need_columns(table, log.columns)
        self.log_file = table.file
        events: set[str] = set()
        for row in table.rows:
            self.tally.events_read += 1
            try:
                entry = self.telling.entry(row, log)
            except FactsError as error:
                self.tally.events_quarantined += 1
                self.outlet.quarantined(table.file, row, error.diagnostics)
                continue
            if entry.event is None and entry.milestone is None:
                self.tally.events_unused += 1
                self.tally.unknown_activities[entry.entry["event"]] += 1
                continue
            events |= {entry.event} if entry.event else set()
            self.shelf.put(entry)
        self.shelf.ready()
        return frozenset(events)

    def take_records(self, table: Table, auditor: Auditor) -> None:
        """Audit every row, or quarantine it; at the end, the entries of complaints that never came."""
        for row in table.rows:
            self.tally.read += 1
            try:
                self.count(self.audited(row, auditor))
            except FactsError as error:
                self.tally.quarantined += 1
                self.outlet.quarantined(table.file, row, error.diagnostics)
        for finding in self.across.findings(self.shelf.place, now=self.now) if self.across else ():
            self.outlet.finding(self.rows.row(self.tally.total + 1, finding))
            self.tally.add_across(finding)
        put = self.tally.events_read - self.tally.events_quarantined - self.tally.events_unused
        stray = 0
        for entry in self.shelf.unclaimed():
            stray += 1
            self.outlet.quarantined(self.log_file, Row(entry.row, dict(_texts(entry.entry))), [without_record(entry)])
        self.tally.events_quarantined += stray
        self.tally.events_taken = put - stray

    def audited(self, row: Row, auditor: Auditor) -> Audited:
        complaint = self.telling.complaint_of(row)
        told = self.telling.told(row, self.shelf.claim(complaint, row.number, row.sha256))
        lived = replay(self.rules, told.facts, told.events, now=self.now, calendar=self.calendar)
        found = auditor.audit(told, lived)
        if self.across:
            self.across.add(told, now=self.now)
        return found

    def count(self, one: Audited) -> None:
        for number, finding in enumerate(one.findings, start=self.tally.total + 1):
            self.outlet.finding(self.rows.row(number, finding))
        self.tally.add(one)


def _usual(path: Path) -> LogColumns:
    """Return the columns of a log of which no mapping speaks."""
    if path.suffix.lower() == ".xes":
        return LogColumns(XES_COMPLAINT, XES_EVENT, FactSource("at", XES_AT), by=XES_BY)
    return LogColumns("complaint", "event", FactSource("at", "at"))


def _texts(entry: object) -> Iterable[tuple[str, str]]:
    pairs: Iterator[tuple[str, object]] = iter(entry.items()) if isinstance(entry, dict) else iter(())
    return ((k, str(v)) for k, v in pairs)
