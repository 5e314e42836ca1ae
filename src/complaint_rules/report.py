"""Report: who reports what to whom, on which stretch of days, and by when in the one that follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

from complaint_rules.calendar_days import DAY_KEYS
from complaint_rules.deadline import Roll
from complaint_rules.diagnostics import Span
from complaint_rules.words import Label

Every = Literal["week", "month", "quarter", "half_year", "year"]
Counted = Literal["day", "working_day", "weekday"]

EVERY: tuple[Every, ...] = get_args(Every)
# The due day that is the last of its month.
LAST = "last"
# How many days the longest period has.
LONGEST: Mapping[Every, int] = {"week": 7, "month": 31, "quarter": 92, "half_year": 184, "year": 366}
# The last day that every month has with which a period begins: February, April, January or July.
ALWAYS_THERE: Mapping[Every, int] = {"month": 28, "quarter": 30, "half_year": 31, "year": 31}

_MONTHS: Mapping[Every, int] = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of days that is reported on, both ends included."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Report:
    """A duty to report; `due` is a number, a word or the name of a parameter, and counted from the period's end.

    `by` and `to` are roles or listed values, `parties` their words. `nil_return` says whether it is owed when there is
    nothing to report; None where the text does not say.
    """

    name: str
    label: Label
    by: str
    to: tuple[str, ...]
    every: Every
    counted: Counted
    due: int | str
    end_roll: str
    parts: Mapping[str, Label]
    nil_return: bool | None
    because: tuple[str, ...]
    span: Span
    parties: Mapping[str, Label]

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters that are its terms; a word of the language goes before a parameter of that name."""
        words = {"day": (LAST,), "working_day": (), "weekday": DAY_KEYS}[self.counted]
        due = () if isinstance(self.due, int) or self.due in words else (self.due,)
        return (*due, *(() if self.end_roll in get_args(Roll) else (self.end_roll,)))


def period_of(every: Every, day: date) -> Period:
    """Return the period in which a day lies; weeks begin on Monday."""
    if every == "week":
        start = day - day.weekday() * _DAY
        return Period(start, start + 6 * _DAY)
    months = _MONTHS[every]
    first = (day.year * 12 + day.month - 1) // months * months
    return Period(_month(first), _month(first + months) - _DAY)


def following(every: Every, period: Period) -> Period:
    """Return the period after one."""
    return period_of(every, period.end + _DAY)


def previous(every: Every, period: Period) -> Period:
    """Return the period before one."""
    return period_of(every, period.start - _DAY)


def _month(number: int) -> date:
    year, month = divmod(number, 12)
    return date(year, month + 1, 1)
