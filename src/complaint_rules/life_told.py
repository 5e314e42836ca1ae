"""Records told: one row, and the events of a log that belong to it, as a complaint's facts, events and recorded outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.facts import wrong_value
from complaint_rules.life_cell import NoValueError, instant, is_day, raw_of, says
from complaint_rules.life_mapping import EventColumn, LifeMapping, LogColumns, Verdict, recorded_type
from complaint_rules.life_rows import Row
from complaint_rules.record_mapping import FactSource
from complaint_rules.ruleset import Ruleset, Type
from complaint_rules.values import from_json
from complaint_rules.words import Label, suggest

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was recorded of a decision: the value, and the text that stands in the column."""

    value: Any
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """A complaint as records tell it. `milestones` are the instants at which milestones and triggers were raised, None where not.

    `rows_of` has the row of each event by its id; `by_known` the events of which it is recorded who did them; `by_day` the
    instants of which only the day is recorded.
    """

    complaint: str
    row: int
    sha256: str
    facts: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...]
    verdicts: Mapping[str, Verdict]
    outcomes: Mapping[str, Outcome]
    milestones: Mapping[str, datetime | None]
    parties: Mapping[str, str]
    groups: Mapping[str, str]
    rows_of: Mapping[str, int] = field(default_factory=dict)
    by_known: frozenset[str] = frozenset()
    by_day: frozenset[datetime] = frozenset()


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A row of a log of events: an event of the ruleset, or a milestone or trigger that was raised."""

    complaint: str
    row: int
    event: str | None
    milestone: str | None
    entry: Mapping[str, Any]


class Telling:
    """Reads rows by a mapping; a row in which anything is wrong is refused with everything that is."""

    def __init__(self, ruleset: Ruleset, mapping: LifeMapping) -> None:
        self.ruleset = ruleset
        self.mapping = mapping
        self.zone = ZoneInfo(ruleset.time_zone)
        self.types = {n: recorded_type(ruleset, n) for n in mapping.decisions}
        self._names: dict[int, dict[str, str]] = {}  # by the source, which the mapping keeps

    def complaint_of(self, row: Row) -> str:
        """Return a row's complaint: what its column says, else the number of the row.

        Raises:
            FactsError: the row cannot be read, or its column says nothing.
        """
        if row.problem:
            raise FactsError([row.problem])
        if self.mapping.complaint is None:
            return str(row.number)
        found = row.cells[self.mapping.complaint].strip()
        if not found:
            raise FactsError([Diagnostic("CR572", args={"problem": Label("没有投诉编号", "it names no complaint")})])
        return found

    def told(self, row: Row, log: Iterable[LogEntry] = ()) -> Told:
        """Return the complaint of a row, and of the entries of the log about it.

        Raises:
            FactsError: with everything that is wrong with the row.
        """
        complaint, mapping, wrong = self.complaint_of(row), self.mapping, list[Diagnostic]()
        days: set[datetime] = set()
        own = list(self.own_events(row, wrong, days))
        heard = list(log)
        events = [*own, *({**e.entry, "id": e.entry.get("id", f"row {e.row}")} for e in heard if e.event)]
        rows = {e.entry.get("id", f"row {e.row}"): e.row for e in heard if e.event}
        raised = {n: self.instant(row, c, wrong) for n, c in {**mapping.milestones, **mapping.triggers}.items()}
        raised |= {n: None for n in (mapping.log.raised.values() if mapping.log else ()) if n not in raised}
        raised |= {e.milestone: datetime.fromisoformat(e.entry["at"]) for e in reversed(heard) if e.milestone}
        found = Told(
            complaint, row.number, row.sha256, dict(self.facts(row, mapping.facts, wrong)), tuple(events),
            dict(self.verdicts(row, wrong)), dict(self.outcomes(row, wrong)), raised,
            {r: row.cells[c].strip() for r, c in mapping.parties.items()}, {c: row.cells[c].strip() for c in mapping.groups},
            rows, frozenset(e["event"] for e in events if e.get("by")), frozenset(days),
        )  # fmt: skip
        if wrong:
            raise FactsError(wrong)
        return found

    # --- the row ---------------------------------------------------------------------------------------

    def facts(self, row: Row, sources: Mapping[str, FactSource], wrong: list[Diagnostic]) -> Iterator[tuple[str, Any]]:
        """Yield the facts that a row's cells give; what a cell leaves open is not given."""
        for name, source in sources.items():
            read = self.value(row, source, self.ruleset.inputs[name].type, wrong)
            if read is not None:
                yield name, read

    def value(self, row: Row, source: FactSource, type_: Type, wrong: list[Diagnostic]) -> Any:
        """Return the JSON value of a type for which a cell stands, None where it says nothing or something wrong."""
        if source.column is None:
            return source.constant
        text = says(source, row.cells.get(source.column, ""))
        if text is None:
            return None
        known = self.names_of(source, type_)
        try:
            plain = raw_of(source, text, type_.domain, known, self.zone)
        except NoValueError as error:
            wrong.append(Diagnostic("CR302", args={"value": text, "expected": str(error)}, where=source.column))
            return None
        problems = wrong_value(plain, type_.domain, source.column)
        wrong += [_in_words(d, text, source, known) for d in problems]
        return None if problems else plain

    def names_of(self, source: FactSource, type_: Type) -> Mapping[str, str]:
        """Return values by their labels in both languages."""
        found = self._names.get(id(source))
        if found is None:
            labels = type_.labels.items()
            found = self._names[id(source)] = {text: v for v, label in labels for text in (label.zh, label.en)}
        return found

    def instant(self, row: Row, source: FactSource, wrong: list[Diagnostic]) -> datetime | None:
        """Return the instant that a cell names, None where it says nothing or something wrong."""
        text = says(source, row.cells.get(source.column or "", ""))
        if text is None:
            return None
        try:
            return instant(source, text, self.zone)
        except NoValueError as error:
            words = {"value": text, "expected": str(error)}
            wrong.append(Diagnostic("CR302", args=words, where=source.column or ""))
            return None

    def own_events(self, row: Row, wrong: list[Diagnostic], days: set[datetime]) -> Iterator[dict[str, Any]]:
        """Yield the events that columns date. Days without a time of day keep the order of the mapping within the day."""
        for place, event in enumerate(self.mapping.events):
            at = self.instant(row, event.at, wrong)
            if at is not None:
                if is_day(event.at, row.cells[event.at.column or ""]):
                    at += place * _MOMENT
                    days.add(at)
                yield self.own_event(event, at, row, wrong)

    def own_event(self, event: EventColumn, at: datetime, row: Row, wrong: list[Diagnostic]) -> dict[str, Any]:
        by = event.by
        if event.by_column:
            text = says(event.by_column, row.cells[event.by_column.column or ""])
            by = None if text is None else event.by_column.values.get(text, text)
        brought = dict(self.facts(row, event.facts, wrong))
        made = {"event": event.event, "at": at.isoformat(), "by": by, "facts": brought or None}
        return {k: v for k, v in made.items() if v is not None}

    def verdicts(self, row: Row, wrong: list[Diagnostic]) -> Iterator[tuple[str, Verdict]]:
        """Yield what is recorded of each time limit; a text that says nothing of it is asked of the next column."""
        for name, chain in self.mapping.deadlines.items():
            texts = [(row.cells[v.column].strip(), v) for v in chain]
            found = next((said for t, v in texts if (said := v.verdicts.get(t, v.others))), None)
            last, column = texts[-1]
            if found is not None:
                yield name, found
            elif last:
                known = tuple(column.verdicts)
                words = {"column": column.column, "value": last, "known": known, "suggestion": suggest(last, known)}
                wrong.append(Diagnostic("CR573", args=words, where=column.column))

    def outcomes(self, row: Row, wrong: list[Diagnostic]) -> Iterator[tuple[str, Outcome]]:
        """Yield what was recorded of each decision."""
        for name, recorded in self.mapping.decisions.items():
            type_ = self.types[name]
            plain = self.value(row, recorded.source, type_, wrong)
            if plain is not None:
                text = row.cells.get(recorded.source.column or "", "").strip()
                yield name, Outcome(from_json(plain, type_.domain), text)

    # --- the log ---------------------------------------------------------------------------------------

    def entry(self, row: Row, log: LogColumns) -> LogEntry:
        """Return what a row of a log of events says; of an activity that means nothing to the ruleset, nothing.

        Raises:
            FactsError: with everything that is wrong with the row.
        """
        if row.problem:
            raise FactsError([row.problem])
        wrong: list[Diagnostic] = []
        cells = row.cells
        complaint, activity = cells.get(log.complaint, "").strip(), cells.get(log.event, "").strip()
        if not complaint or not activity:
            raise FactsError(
                [
                    Diagnostic(
                        "CR572", args={"problem": Label("没有投诉编号或事件", "it names no complaint or no event")}
                    )
                ]
            )
        milestone = log.raised.get(activity)
        event = log.events.get(activity, activity)
        event_or_none = event if milestone is None and event in self.ruleset.events else None
        times = {k: self.instant(row, c, wrong) for k, c in (("at", log.at), ("recorded_at", log.recorded_at)) if c}
        if times["at"] is None and not wrong:
            wrong.append(Diagnostic("CR005", args={"key": log.at.column}, where=log.at.column or ""))
        made: dict[str, Any] = {"event": event, **{k: v.isoformat() for k, v in times.items() if v}}
        carries = self.ruleset.events[event].carries if event_or_none else ()
        brought = {n: c for n, c in log.facts.items() if n in carries}
        facts = dict(self.facts(row, brought, wrong)) if event_or_none else {}
        who = cells.get(log.by, "").strip() if log.by else ""
        extra = {"by": log.roles.get(who, who), "id": cells.get(log.id, "").strip() if log.id else "", "facts": facts}
        if wrong:
            raise FactsError(wrong)
        return LogEntry(
            complaint, row.number, event_or_none, milestone, {**made, **{k: v for k, v in extra.items() if v}}
        )


def _in_words(problem: Diagnostic, text: str, source: FactSource, names: Mapping[str, str]) -> Diagnostic:
    """Return a problem in the words of the records, where these have words of their own."""
    known = (*source.values, *names)
    if not known:
        return problem
    words = {"column": source.column, "value": text, "known": known[:12], "suggestion": suggest(text, known)}
    return Diagnostic("CR573", args=words, where=source.column or "")
