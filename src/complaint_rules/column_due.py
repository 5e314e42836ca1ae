"""Column due: one time limit over many rows, reckoned once for all starts that the limit cannot tell apart."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import numpy as np

from complaint_rules.answers import Answer, Decided, DecisionResult, Missing, Trace
from complaint_rules.coded import NUMBER, Codes, Column, Grid, Numbers, Rows, Values, Whole
from complaint_rules.column_cells import Cells, Combinations
from complaint_rules.column_settling import Block
from complaint_rules.compile import CompiledRuleset
from complaint_rules.course import PROMPTLY, Deadline
from complaint_rules.deadline import Terms
from complaint_rules.deadlines import Agreed, DueAnswer, NotDue, OpenDue, Promptly, agreed_on, due_dates, out_of_reach
from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.domains import Sign
from complaint_rules.running import Clock
from complaint_rules.timetable import EPOCH, MICROSECOND
from complaint_rules.worktime import Calendar, OutOfReachError, since

_DAY = 86_400_000_000
_START, _TERMS = "start", "terms"
_IN_DAYS = ("working_day", "calendar_day", "week", "month")
_VARIES = np.iinfo(np.int64).min
_UNKNOWN = _VARIES + 1
_PROBES = 24
_NO_TRACE = Trace("", "expression")


def due_reads(deadline: Deadline) -> tuple[str, ...]:
    """Return the names that a limit reads besides its start."""
    within = (deadline.within,) if isinstance(deadline.within, str) and deadline.within != PROMPTLY else ()
    return (*((deadline.when,) if deadline.when else ()), *within)


@dataclass(frozen=True, slots=True)
class RefusedDue:
    """A limit that cannot be reckoned, and why."""

    problems: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class ReckonedDue:
    """When a limit ends, and whether that rests on days which the calendar does not cover."""

    instant: datetime
    provisional: bool
    status: ClassVar[str] = DueAnswer.status


Reckoned = ReckonedDue | Promptly | NotDue | OpenDue | RefusedDue


class LocalDays:
    """The day that a zone's clock shows at an instant, by the offset that holds all through a day of UTC."""

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)
        self.first = 0
        self.offsets = np.empty(0, np.int64)  # of each day of UTC from `first` on, in microseconds

    def of(self, instants: Whole) -> Whole:
        """Return the local day of each instant, in days since 1970."""
        if not instants.size:
            return instants
        days = instants // _DAY
        self._reach(int(days.min()), int(days.max()))
        places = days - self.first
        offsets = self.offsets.take(places)
        new = np.flatnonzero(offsets == _UNKNOWN)
        if new.size:
            for place in np.unique(places[new]).tolist():
                self.offsets[place] = self._offset(place + self.first)
            offsets = self.offsets.take(places)
        odd = np.flatnonzero(offsets == _VARIES)
        offsets[odd] = 0
        found: Whole = (instants + offsets) // _DAY
        found[odd] = [self._one(i) for i in instants[odd].tolist()]
        return found

    def _reach(self, low: int, high: int) -> None:
        """Make room for days from one to another; there are 3,652,059 at most, from year 1 to 9999."""
        end = self.first + len(self.offsets)
        if not len(self.offsets) or low < self.first or high >= end:
            first, last = (min(low, self.first), max(high, end - 1)) if len(self.offsets) else (low, high)
            wider = np.full(last - first + 1, _UNKNOWN)
            wider[self.first - first : self.first - first + len(self.offsets)] = self.offsets
            self.first, self.offsets = first, wider

    def _one(self, instant: int) -> int:
        shown = (EPOCH + instant * MICROSECOND).astimezone(self.zone)
        return shown.toordinal() - EPOCH.toordinal()

    def _offset(self, day: int) -> int:
        """Return the offset of a day of UTC in microseconds, or that it varies; no zone changes twice in an hour."""
        try:
            hours = [EPOCH + timedelta(days=day, hours=h) for h in range(_PROBES)]
            ends = [*hours, hours[-1] + timedelta(hours=1) - MICROSECOND]
            met = {t.astimezone(self.zone).utcoffset() for t in ends}
        except OverflowError:
            return _VARIES
        return (met.pop() or timedelta()) // MICROSECOND if len(met) == 1 else _VARIES


class DueSettling:
    """A deadline of one version, and what it came to so far."""

    def __init__(self, rules: CompiledRuleset, deadline: Deadline, calendar: Calendar, varying: frozenset[str]) -> None:
        # Who must keep it makes no difference to when it is due.
        self.rules, self.deadline, self.calendar = rules, replace(deadline, owner=None), calendar
        terms = {k: rules.parameters.get(v, v) for k, v in deadline.reckoning.items()}
        self.start = str(terms["start"] or "")
        self.by_day = terms["unit"] in _IN_DAYS and terms["due_at"] in ("end_of_day", "end_of_business")
        self.days, self.day_values = LocalDays(calendar.zone), Values()
        reads = due_reads(deadline)
        self.moving = [n for n in dict.fromkeys((*reads, self.start)) if n in varying]
        told = [_START if n == self.start else n for n in self.moving]
        self.agreements = Combinations([Cells(n, None) for n in told])
        self.agreed: list[Terms | Reckoned] = []
        self.terms, self.known = Values(), Values()
        self.combinations = Combinations([Cells(_TERMS, None), Cells(_START, None)])
        self.answers: list[Reckoned] = []
        self.numbers: dict[Hashable, int] = {}

    def run(self, block: Block) -> Codes:
        """Return the number of each row's due answer: first the terms that are agreed on, then when that is."""
        if self.start not in self.moving:
            agreed = self.agreements.numbers(block.columns, block.rows, lambda rows: self._agree(block, rows))
            return np.array([self._number(a) for a in self.agreed], np.int32).take(agreed) if block.rows else agreed
        start = block.columns[self.start]
        whole, codes = _as_instants(start)
        columns = {**block.columns, _START: self._marked(start, codes)}
        agreed = self.agreements.numbers(columns, block.rows, lambda rows: self._agree(block, rows))
        starts = {_TERMS: Column(agreed + 1, self.terms), _START: self._start(start, whole, codes)}
        return self.combinations.numbers(starts, block.rows, lambda rows: self._reckon(agreed, start, rows))

    def _marked(self, start: Column, codes: Codes) -> Column:
        """Return of each start only whether it is known, or what else it is."""
        return Column(self._kept_unknown(start, codes, self.known, self.known.code_of(True)).take(codes), self.known)

    def _kept_unknown(self, start: Column, codes: Codes, values: Values, known: int) -> Codes:
        """Return, for each code that occurs, that of the same value among others, and `known` for all instants."""
        lookup = np.full(len(start.values), known, np.int32)
        for code in np.unique(codes).tolist() if codes.any() else ():
            lookup[code] = values.code_of(start.values.held[code]) if code != NUMBER else known
        return lookup

    def _start(self, start: Column, whole: Whole, codes: Codes) -> Column:
        """Return what the limit can tell apart of its start: the local day, if the time of day makes no difference."""
        if not self.by_day:
            return start
        unknown = self._kept_unknown(start, codes, self.day_values, NUMBER)
        return Column(unknown.take(codes), self.day_values, Numbers(self.days.of(whole), Grid("date")))

    def _agree(self, block: Block, rows: Rows) -> list[int]:
        """Return the numbers of the terms that hold for some rows, or of why none do."""
        values = {n: block.columns[n].values_at(rows) for n in self.moving}
        decisions = {n.partition(".")[0] for n in self.moving} & self.rules.ruleset.decisions.keys()
        answers = {d: block.answers_at(d, rows) for d in decisions}
        first = len(self.agreed)
        for at in range(len(rows)):
            told = {d: held[at] for d, held in answers.items()}
            agreed = self._agreed({n: held[at] for n, held in values.items()}, told)
            self.agreed.append(agreed.terms if isinstance(agreed, Agreed) else agreed)
            self.terms.code_of(len(self.agreed) - 1)
        return list(range(first, len(self.agreed)))

    def _agreed(
        self, values: Mapping[str, Any], told: Mapping[str, Answer | None]
    ) -> Agreed | Promptly | NotDue | OpenDue | RefusedDue:
        ruleset = self.rules.ruleset
        facts = {n: v for n, v in values.items() if n in ruleset.inputs and not isinstance(v, (Missing, Sign))}
        # A number that was worked out has no answer of its own.
        answers = {d: Decided(values[d], _NO_TRACE) if a is None else a for d, a in told.items()}
        result = DecisionResult(
            ruleset.id, ruleset.version, ruleset.content_hash, facts, MappingProxyType(answers), (), (), (), {}
        )
        try:
            return agreed_on(self.rules, result, self.deadline)
        except FactsError as error:
            return RefusedDue(error.diagnostics)

    def _reckon(self, agreed: Codes, start: Column, rows: Rows) -> list[int]:
        numbers, starts = agreed[rows].tolist(), start.values_at(rows)
        return [self._number(self._reckoned(self.agreed[n], s)) for n, s in zip(numbers, starts, strict=True)]

    def _reckoned(self, agreed: Terms | Reckoned, start: Any) -> Reckoned:
        if not isinstance(agreed, Terms):
            return agreed
        try:
            found = Clock(agreed, since(start), self.calendar).due()
        except (OutOfReachError, OverflowError):
            return RefusedDue(out_of_reach(self.deadline).diagnostics)
        return ReckonedDue(EPOCH + found.at, found.provisional)

    def _number(self, answer: Any) -> int:
        """Return the number of an answer; equal ones share it."""
        key = _said(answer)
        found = self.numbers.get(key)
        if found is None:
            found = self.numbers[key] = len(self.answers)
            self.answers.append(answer)
        return found

    def single(self, rules: CompiledRuleset, facts: Mapping[str, Any]) -> Reckoned:
        """Return what the limit comes to for one complaint, in whichever version is in force."""
        name = self.deadline.name
        try:
            found = due_dates(rules, facts, self.calendar, only=[name])[name]
        except FactsError as error:
            return RefusedDue(error.diagnostics)
        return ReckonedDue(found.due.instant, found.due.provisional) if isinstance(found, DueAnswer) else found

    @property
    def kept(self) -> int:
        """How much is remembered."""
        return self.agreements.kept + self.combinations.kept + len(self.answers)


def _as_instants(column: Column) -> tuple[Whole, Codes]:
    """Return a number for each instant of a column, and the code of what is no instant."""
    if column.numbers is not None:
        return column.numbers.whole, column.codes
    grid = Grid("datetime")
    whole = [grid.whole(v) if isinstance(v, datetime) else None for v in column.values.held]
    known = np.array([w is not None for w in whole]).take(column.codes)
    numbers = np.array([w or 0 for w in whole], np.int64).take(column.codes)
    return numbers, np.where(known, NUMBER, column.codes).astype(np.int32)


def _said(answer: Reckoned) -> Hashable:
    match answer:
        case ReckonedDue(instant, provisional):
            return ReckonedDue, instant.astimezone(UTC), provisional
        case OpenDue(ask, unset):
            return OpenDue, ask, unset, answer.beyond_calendar
        case RefusedDue(problems):
            return RefusedDue, tuple(d.render() for d in problems)
        case Promptly() | NotDue():
            return answer.status
