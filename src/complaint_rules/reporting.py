"""Reporting: which reports fall due in a stretch of days, on what period, and until which instant they may be sent."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from itertools import product
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from complaint_rules.calendar_days import DAY_KEYS
from complaint_rules.compile import CompiledRuleset
from complaint_rules.deadline import Due, Roll, Terms, Unit, due
from complaint_rules.deadlines import steps_json
from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.domains import Enumeration, Ordered
from complaint_rules.report import LAST, Period, Report, following, period_of, previous
from complaint_rules.ruleset import ParameterKind
from complaint_rules.values import to_json
from complaint_rules.worktime import FIRST_YEAR, LAST_YEAR, Calendar, OutOfReachError

# Periods on both sides of these are still within what calendars reach.
FIRST_DAY, LAST_DAY = date(FIRST_YEAR + 2, 1, 1), date(LAST_YEAR - 2, 12, 31)
_NOON = time(12)


@dataclass(frozen=True, slots=True)
class ReportDue:
    """A report that falls due: on which period, and by when; `rests_on` is what readings and assumptions say of that."""

    report: Report
    period: Period
    due: Due
    rests_on: Mapping[str, Any]
    status: ClassVar[str] = "due"


@dataclass(frozen=True, slots=True)
class OpenReport:
    """A report that is owed, by when is not known: parameters are `unset`, or the calendar does not reach so far."""

    report: Report
    period: Period
    unset: tuple[str, ...]
    beyond_calendar: bool = False
    status: ClassVar[str] = "undetermined"


AnyReport = ReportDue | OpenReport


def report_json(answer: AnyReport) -> dict[str, Any]:
    """Return the answer as JSON-serialisable data."""
    report, period = answer.report, answer.period
    said: dict[str, Any] = {
        "report": report.name, "status": answer.status, "from": to_json(period.start), "to": to_json(period.end),
        "by": report.by, "recipients": list(report.to), "parts": list(report.parts), "nil_return": report.nil_return,
        "because": list(report.because),
    }  # fmt: skip
    match answer:
        case ReportDue(due=found, rests_on=rests_on):
            return said | {
                "due": found.instant.isoformat(), "shown": str(found), "provisional": found.provisional,
                "rests_on": to_json(rests_on), "steps": steps_json(found),
            }  # fmt: skip
        case OpenReport(unset=unset, beyond_calendar=beyond):
            return said | {"unset": list(unset), "beyond_calendar": beyond}


def due_reports(
    rules: CompiledRuleset,
    calendar: Calendar,
    since: date,
    until: date,
    *,
    only: Collection[str] | None = None,
    strict: bool = False,
) -> tuple[AnyReport, ...]:
    """Return the reports whose last day is one of these, both included, the earliest first.

    Each version of the ruleset speaks of the periods that end while it is in force. Where the last day is not known,
    the report is open if it could be one of these; such reports stand at the end.
    """
    found: list[AnyReport] = []
    for version in (rules,) if rules.pinned else (*rules.earlier, rules):
        for report in version.ruleset.reports.values():
            if only is None or report.name in only:
                reckoner = _Reckoner(version, report, calendar)
                found += (r for r in reckoner.between(since, until) if _is_owed(version, r.period))
    dated = sorted((r for r in found if isinstance(r, ReportDue)), key=lambda r: (r.due.last_day, r.period.end))
    still_open = sorted((r for r in found if isinstance(r, OpenReport)), key=lambda r: r.period.end)
    return (*(_strict(r) if strict else r for r in dated), *still_open)


def _is_owed(version: CompiledRuleset, period: Period) -> bool:
    return version.pinned or version.ruleset.effective.holds_on(period.end)


def _strict(answer: ReportDue) -> AnyReport:
    return OpenReport(answer.report, answer.period, (), beyond_calendar=True) if answer.due.provisional else answer


@dataclass(frozen=True, slots=True)
class _Reckoner:
    """One report of one version, and the days by which it is reckoned."""

    rules: CompiledRuleset
    report: Report
    calendar: Calendar

    def between(self, since: date, until: date) -> Iterator[AnyReport]:
        """Yield what falls due, or could, on one of these days, the latest period first."""
        try:
            yield from self._between(since, until)
        except (OutOfReachError, OverflowError):
            words = {"name": self.report.name, "first": FIRST_YEAR, "last": LAST_YEAR}
            raise FactsError([Diagnostic("CR319", args=words, where=f"reports.{self.report.name}")]) from None

    def _between(self, since: date, until: date) -> Iterator[AnyReport]:
        # INVARIANT: a later period is never due earlier, so those due in a stretch of days follow one another.
        every = self.report.every
        period = period_of(every, until)
        while self.possible(period)[0].last_day <= until:
            period = following(every, period)
        while (dues := self.possible(period := previous(every, period)))[-1].last_day >= since:
            if dues[0].last_day <= until:
                yield self.answer(period, dues)

    def answer(self, period: Period, dues: Sequence[Due]) -> AnyReport:
        """Return on which day it is due, if that is one day whatever is not known."""
        if dues[0].last_day == dues[-1].last_day:
            return ReportDue(self.report, period, dues[0], self.rests_on())
        return OpenReport(self.report, period, self.unset())

    def possible(self, period: Period) -> list[Due]:
        """Return the first and the last day on which it can be due, and some between, in order."""
        terms = product(self.terms(self.report.due), self.terms(self.report.end_roll))
        dues = (self.due_of(period, term, roll) for term, roll in terms)
        return sorted(dues, key=lambda d: (d.last_day, not d.provisional))

    def terms(self, term: int | str) -> Sequence[Any]:
        """Return a number or word, or what the parameter of that name says; of one that is unset all that it could say.

        A larger number is never due earlier, so of numbers the ends will do.
        """
        if term not in self.report.parameters:
            return (term,)
        name = str(term)
        if name in self.rules.parameters:
            return (self.rules.parameters[name],)
        match self.rules.ruleset.parameters[name].type.domain:
            case Enumeration(values):
                return values
            case Ordered(minimum=low, maximum=high):
                return (low, high)
            case other:
                raise AssertionError(other)

    def due_of(self, period: Period, term: Any, roll: Roll) -> Due:
        """Return the due instant as that of a limit which begins with the last day of the period."""
        end = datetime.combine(period.end, _NOON, ZoneInfo(self.calendar.zone))
        unit: Unit = "working_day" if self.report.counted == "working_day" else "calendar_day"
        found = due(Terms(self.days(period, term), unit, end_roll=roll), end, self.calendar)
        # With the zone itself, a midnight that the clock shows twice would equal no instant.
        return replace(found, instant=self.calendar.end_of_day(found.last_day))

    def days(self, period: Period, term: Any) -> int:
        """Return how many days after the period it is due, of a month at most those that it has."""
        match self.report.counted:
            case "working_day":
                return int(term)
            case "weekday":
                return DAY_KEYS.index(term) + 1
            case "day":
                first = following(self.report.every, period).start
                in_month = monthrange(first.year, first.month)[1]
                return in_month if term == LAST else min(int(term), in_month)

    def unset(self) -> tuple[str, ...]:
        return tuple(n for n in self.report.parameters if n not in self.rules.parameters)

    def rests_on(self) -> Mapping[str, Any]:
        soft = (ParameterKind.READING, ParameterKind.ASSUMED)
        kinds = {n: self.rules.ruleset.parameters[n].kind for n in self.report.parameters}
        return {n: self.rules.parameters[n] for n, kind in kinds.items() if kind in soft and n in self.rules.parameters}
