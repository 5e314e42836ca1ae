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
from complaint_rules.coded import NUMBER, Codes, Column, Grid, Numbers, Values, Whole
from complaint_rules.column_cells import Cells, Combinations
from complaint_rules.column_settling import Block
from complaint_rules.compile import CompiledRuleset
from complaint_rules.course import PROMPTLY, Deadline
from complaint_rules.deadlines import Agreed, DueAnswer, NotDue, OpenDue, Promptly, agreed_on, due_dates, out_of_reach
from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.domains import Sign
from complaint_rules.running import Clock
from complaint_rules.timetable import EPOCH, MICROSECOND
from complaint_rules.worktime import Calendar, OutOfReachError, since

_DAY = 86_400_000_000
_START = "start"
_IN_DAYS = ("working_day", "calendar_day", "week", "month")
_VARIES = np.iinfo(np.int64).min
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
        self.offsets: dict[int, int] = {}

    def of(self, instants: Whole) -> Whole:
        """Return the local day of each instant, in days since 1970."""
        if not instants.size:
            return instants
        days = instants // _DAY
        first = int(days.min())
        width = int(days.max()) - first + 1
        if width > 4 * instants.size + _PROBES * 1000:
            return np.fromiter(map(self._one, instants.tolist()), np.int64, instants.size)
        occurs = np.zeros(width, np.bool_)
        occurs[days - first] = True
        table = np.zeros(width, np.int64)
        for day in np.flatnonzero(occurs).tolist():
            table[day] = self._offset(day + first)
        offsets = table.take(days - first)
        odd = np.flatnonzero(offsets == _VARIES)
        offsets[odd] = 0
        found: Whole = (instants + offsets) // _DAY
        found[odd] = [self._one(i) for i in instants[odd].tolist()]
        return found

    def _one(self, instant: int) -> int:
        shown = (EPOCH + instant * MICROSECOND).astimezone(self.zone)
        return shown.toordinal() - EPOCH.toordinal()

    def _offset(self, day: int) -> int:
        """Return the offset of a day of UTC in microseconds, or that it varies; no zone changes twice in an hour."""
        if day not in self.offsets:
            try:
                hours = [EPOCH + timedelta(days=day, hours=h) for h in range(_PROBES)]
                ends = [*hours, hours[-1] + timedelta(hours=1) - MICROSECOND]
                met = {t.astimezone(self.zone).utcoffset() for t in ends}
                self.offsets[day] = (met.pop() or timedelta()) // MICROSECOND if len(met) == 1 else _VARIES
            except OverflowError:
                self.offsets[day] = _VARIES
        return self.offsets[day]


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
        self.combinations = Combinations([Cells(n, None) for n in told])
        self.answers: list[Reckoned] = []
        self.numbers: dict[Hashable, int] = {}

    def run(self, block: Block) -> Codes:
        """Return the number of each row's due answer."""
        columns: Mapping[str, Column] = block.columns
        if self.start in self.moving:
            columns = {**columns, _START: self._start(block.columns[self.start])}
        return self.combinations.numbers(columns, block.rows, lambda row: self._number(block, row))

    def _start(self, column: Column) -> Column:
        """Return what the limit can tell apart of its start: the local day, if the time of day makes no difference."""
        if not self.by_day:
            return column
        whole, codes = _as_instants(column)
        unknown = np.array([0, *(self.day_values.code_of(v) for v in column.values.held[1:])], np.int32)
        days = Numbers(self.days.of(whole), Grid("date"))
        return Column(unknown.take(codes), self.day_values, days)

    def _number(self, block: Block, row: int) -> int:
        answer = self._answer(block, row)
        key = _said(answer)
        found = self.numbers.get(key)
        if found is None:
            found = self.numbers[key] = len(self.answers)
            self.answers.append(answer)
        return found

    def _answer(self, block: Block, row: int) -> Reckoned:
        ruleset = self.rules.ruleset
        values = {n: block.columns[n].at(row) for n in self.moving}
        facts = {n: v for n, v in values.items() if n in ruleset.inputs and not isinstance(v, (Missing, Sign))}
        decisions = {n.partition(".")[0] for n in self.moving} & ruleset.decisions.keys()
        answers = {d: _answer_of(block, d, row, values) for d in decisions}
        result = DecisionResult(
            ruleset.id, ruleset.version, ruleset.content_hash, facts, MappingProxyType(answers), (), (), (), {}
        )
        try:
            agreed = agreed_on(self.rules, result, self.deadline)
            return self._reckoned(agreed) if isinstance(agreed, Agreed) else agreed
        except FactsError as error:
            return RefusedDue(error.diagnostics)

    def _reckoned(self, agreed: Agreed) -> ReckonedDue:
        try:
            found = Clock(agreed.terms, since(agreed.start), self.calendar).due()
            return ReckonedDue(EPOCH + found.at, found.provisional)
        except (OutOfReachError, OverflowError):
            raise out_of_reach(self.deadline) from None

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
        return self.combinations.kept + len(self.answers)


def _answer_of(block: Block, decision: str, row: int, values: Mapping[str, Any]) -> Answer:
    found = block.answer(decision, row)
    return Decided(values[decision], _NO_TRACE) if found is None else found


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
        case _:
            return type(answer)
