"""Deadline: from terms (how much time, in which unit, counted how) and a start to the due instant, day by day."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from complaint_rules.worktime import Calendar

Unit = Literal["minute", "hour", "business_hour", "working_day", "calendar_day", "week", "month"]
DayOne = Literal["next_day", "same_day"]
DueAt = Literal["end_of_day", "end_of_business", "same_time"]
Roll = Literal["none", "next_working_day", "previous_working_day"]
Pauses = Sequence[tuple[datetime, datetime]]

_DAY = timedelta(days=1)
_MOMENT = timedelta(microseconds=1)
SPANS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "business_hour": timedelta(hours=1)}


@dataclass(frozen=True, slots=True)
class Terms:
    """How a deadline is reckoned. `amount` is a whole number of days, weeks or months; of hours also a part.

    `day_one`: whether the day of the start counts. `due_at`: where in the last day it ends. `start_roll`: where a
    start outside working days is taken to be; `end_roll`: where a last day outside working days is moved.
    """

    amount: float
    unit: Unit
    day_one: DayOne = "next_day"
    due_at: DueAt = "end_of_day"
    start_roll: Roll = "none"
    end_roll: Roll = "none"


TERMS: dict[str, tuple[str, ...]] = {
    "unit": get_args(Unit), "day_one": get_args(DayOne), "due_at": get_args(DueAt), "start_roll": get_args(Roll),
    "end_roll": get_args(Roll),
}  # fmt: skip

# What a named profile says of the terms that are not said. The start day is left out, a limit in days ends with its
# last day; where that is a day off, it ends with the next working day (Civil Code of China, articles 201 to 203).
PROFILES: dict[str, dict[str, str]] = {
    "plain": {"day_one": "next_day", "due_at": "end_of_day", "start_roll": "none", "end_roll": "none"},
    "cn-civil-code": {
        "day_one": "next_day", "due_at": "end_of_day", "start_roll": "none", "end_roll": "next_working_day",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DayStep:
    """What became of one day: `count` is its number, None where it is not counted, and `why` not."""

    day: date
    count: int | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """A due instant, the arithmetic of its days, and whether the calendar covers them all.

    A limit in days holds before the midnight that ends its last day: `instant` is that midnight, `last_day` the day.
    """

    instant: datetime
    last_day: date
    steps: tuple[DayStep, ...]
    provisional: bool

    @property
    def at_end_of_day(self) -> bool:
        """Whether it ends with its last day, shown as 24:00."""
        return at_midnight(self.instant, self.last_day)

    def __str__(self) -> str:
        return f"{self.last_day.isoformat()} 24:00" if self.at_end_of_day else self.instant.isoformat(" ", "minutes")


def at_midnight(instant: datetime, last_day: date) -> bool:
    """Return whether a local instant is the midnight that ends a day."""
    return instant.date() == last_day + _DAY and instant.time() == time()


def due(terms: Terms, start: datetime, calendar: Calendar, pauses: Pauses = ()) -> Due:
    """Return when the time is up that begins at an aware instant and stands still in the pauses.

    Pauses are in order and end. A day is not counted if the clock is paused at the last moment of it at which the limit
    could be kept: just before its 24:00, or at the time of day with which the limit ends.
    """
    zone = ZoneInfo(calendar.zone)
    begin = rolled_start(start.astimezone(zone), terms.start_roll, calendar)
    match terms.unit:
        case "minute" | "hour" | "business_hour":
            return _in_hours(terms, begin, calendar, pauses)
    counting = _Counting(terms, begin, calendar, pauses)
    steps = tuple(counting.days())
    last = next(s.day for s in reversed(steps) if s.count is not None)
    rolled = tuple(counting.rolled_end(last))
    last = rolled[-1].day if rolled else last
    looked_up = terms.unit == "working_day" or terms.end_roll != "none" or terms.due_at == "end_of_business"
    provisional = looked_up and any(calendar.is_working_day(s.day).provisional for s in (*steps, *rolled))
    return Due(ending(terms, begin, last, calendar), last, (*steps, *rolled), provisional)


def _in_hours(terms: Terms, begin: datetime, calendar: Calendar, pauses: Pauses) -> Due:
    """Run on between the pauses until the hours are used up."""
    left, at, unsure = terms.amount * SPANS[terms.unit], begin.astimezone(UTC), False
    for start, end in pauses:
        reached, unsure = _reached(terms.unit, at, left, calendar, unsure)
        if reached < start:
            break
        if end > at:
            before = max(start, at)
            left -= calendar.elapsed(at, before).value if terms.unit == "business_hour" else before - at
            at = end.astimezone(UTC)
    reached, unsure = _reached(terms.unit, at, left, calendar, unsure)
    shown = reached.astimezone(begin.tzinfo)
    return Due(shown, shown.date(), (), unsure)


def _reached(unit: Unit, at: datetime, left: timedelta, calendar: Calendar, unsure: bool) -> tuple[datetime, bool]:
    if unit != "business_hour":
        # Across a change of the clocks the time that passes counts, not what they show.
        return at + left, False
    found = calendar.add(at, left)
    return found.value.astimezone(UTC), unsure or found.provisional


def rolled_start(start: datetime, roll: Roll, calendar: Calendar) -> datetime:
    """Return where a local start outside working days is taken to be."""
    if roll == "none" or calendar.is_working_day(start.date()).value:
        return start
    days = 0 if roll == "next_working_day" else -1
    day = (
        calendar.working_day_from(start.date()).value
        if days == 0
        else calendar.add_working_days(start.date(), -1).value
    )
    return datetime.combine(day, time(), start.tzinfo)


@dataclass(frozen=True, slots=True)
class _Counting:
    """The days of one limit, counted or not and why."""

    terms: Terms
    begin: datetime
    calendar: Calendar
    pauses: Pauses

    def days(self) -> Iterator[DayStep]:
        """Yield every day from the start to the last that counts."""
        first, amount = self.begin.date(), int(self.terms.amount)
        if self.terms.unit == "month" and amount:
            yield DayStep(first, None, "start")
            yield from self._months(months_after(first, amount), amount)
            return
        wanted, counted = amount * (7 if self.terms.unit == "week" else 1), 0
        day = first
        if self.terms.day_one == "next_day" or wanted == 0:
            yield from self._start(day, wanted)
            day += _DAY
            counted -= wanted == 0 and self.paused(first)
        while counted < wanted:
            why = self.why_not(day)
            counted += not why
            yield DayStep(day, None if why else counted, why)
            day += _DAY

    def _start(self, day: date, wanted: int) -> Iterator[DayStep]:
        paused = wanted == 0 and self.paused(day)
        yield DayStep(day, 0 if wanted == 0 and not paused else None, "paused" if paused else "start")

    def _months(self, day: date, amount: int) -> Iterator[DayStep]:
        """Yield the day that ends the months, and as many more as the clock was paused on until then."""
        at, left = self.begin.date() + _DAY, 0
        while at <= day or left:
            left += self.paused(at) - (at > day)
            yield from [DayStep(at, None, "paused")] if self.paused(at) else ()
            at += _DAY
        yield DayStep(max(day, at - _DAY), amount)

    def why_not(self, day: date) -> str:
        """Return why a day is not counted, or an empty text."""
        off = _day_off(day, self.calendar) if self.terms.unit == "working_day" else ""
        return off or ("paused" if self.paused(day) else "")

    def paused(self, day: date) -> bool:
        """Return whether the clock is paused at the last moment of a day at which the limit could be kept."""
        if not self.pauses:
            return False
        end = ending(self.terms, self.begin, day, self.calendar)
        kept = end - _MOMENT if at_midnight(end, day) else end
        return any(start <= kept < stop for start, stop in self.pauses)

    def rolled_end(self, last: date) -> Iterator[DayStep]:
        """Yield the days over which the last day moves, if it is no working day."""
        roll = self.terms.end_roll
        if roll == "none" or not _day_off(last, self.calendar):
            return
        forward = roll == "next_working_day"
        day, step = last, _DAY if forward else -_DAY
        while why := _day_off(day, self.calendar) or ("paused" if forward and self.paused(day) else ""):
            yield DayStep(day, None, why)
            day += step
        yield DayStep(day, None, "moved")


def _day_off(day: date, calendar: Calendar) -> str:
    """Return why a day is no working day, or an empty text."""
    if calendar.is_working_day(day).value:
        return ""
    found = calendar.exception_on(day)
    return (found.name if found else "") or "weekend"


def months_after(day: date, months: int) -> date:
    """Return the same day some months later; the last of the month where it is too short."""
    at = day.year * 12 + day.month - 1 + months
    year, month = divmod(at, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def ending(terms: Terms, begin: datetime, last: date, calendar: Calendar) -> datetime:
    """Return the instant with which a limit ends whose last day this is."""
    match terms.due_at:
        case "end_of_day":
            return calendar.end_of_day(last).astimezone(begin.tzinfo)
        case "same_time":
            return datetime.combine(last, begin.timetz().replace(tzinfo=None), begin.tzinfo)
        case "end_of_business":
            hours = calendar.hours_on(last)
            end = max((h.end for h in hours), default=24 * 3600)
            return datetime.combine(last, time(), begin.tzinfo) + timedelta(seconds=end)
