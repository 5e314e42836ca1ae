"""Deadline: from terms (how much time, in which unit, counted how) and a start to the due instant, day by day."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from complaint_rules.worktime import Calendar

Unit = Literal["minute", "hour", "business_hour", "working_day", "calendar_day", "week", "month"]
DayOne = Literal["next_day", "same_day"]
DueAt = Literal["end_of_day", "end_of_business", "same_time"]
Roll = Literal["none", "next_working_day", "previous_working_day"]

_DAY = timedelta(days=1)
_SPANS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "business_hour": timedelta(hours=1)}


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
        return self.instant.date() == self.last_day + _DAY and self.instant.time() == time()

    def __str__(self) -> str:
        return f"{self.last_day.isoformat()} 24:00" if self.at_end_of_day else self.instant.isoformat(" ", "minutes")


def due(terms: Terms, start: datetime, calendar: Calendar) -> Due:
    """Return when the time is up that begins at an aware instant."""
    zone = ZoneInfo(calendar.zone)
    begin = _rolled_start(start.astimezone(zone), terms.start_roll, calendar)
    match terms.unit:
        case "minute" | "hour":
            # Across a change of the clocks the time that passes counts, not what they show.
            end = (begin.astimezone(UTC) + terms.amount * _SPANS[terms.unit]).astimezone(zone)
            return Due(end, end.date(), (), provisional=False)
        case "business_hour":
            found = calendar.add(begin, terms.amount * _SPANS["business_hour"])
            end = found.value.astimezone(zone)
            return Due(end, end.date(), (), found.provisional)
    steps = tuple(_days(terms, begin.date(), calendar))
    last = next(s.day for s in reversed(steps) if s.count is not None)
    rolled = tuple(_rolled_end(last, terms.end_roll, calendar))
    last = rolled[-1].day if rolled else last
    provisional = any(calendar.is_working_day(s.day).provisional for s in (*steps, *rolled)) and _looks_up(terms)
    return Due(_instant(terms, begin, last, calendar), last, (*steps, *rolled), provisional)


def _looks_up(terms: Terms) -> bool:
    return terms.unit == "working_day" or terms.end_roll != "none" or terms.due_at == "end_of_business"


def _rolled_start(start: datetime, roll: Roll, calendar: Calendar) -> datetime:
    if roll == "none" or calendar.is_working_day(start.date()).value:
        return start
    days = 0 if roll == "next_working_day" else -1
    day = (
        calendar.working_day_from(start.date()).value
        if days == 0
        else calendar.add_working_days(start.date(), -1).value
    )
    return datetime.combine(day, time(), start.tzinfo)


def _days(terms: Terms, first: date, calendar: Calendar) -> Iterator[DayStep]:
    """Yield every day from the start to the last that counts."""
    amount = int(terms.amount)
    if terms.unit == "month":
        yield DayStep(first, None, "start")
        yield DayStep(_months_after(first, amount), amount)
        return
    wanted, counted = amount * (7 if terms.unit == "week" else 1), 0
    day = first
    if terms.day_one == "next_day" or wanted == 0:
        yield DayStep(day, 0 if wanted == 0 else None, "start")
        day += _DAY
    while counted < wanted:
        why = _day_off(day, calendar) if terms.unit == "working_day" else ""
        counted += not why
        yield DayStep(day, None if why else counted, why)
        day += _DAY


def _day_off(day: date, calendar: Calendar) -> str:
    """Return why a day is no working day, or an empty text."""
    if calendar.is_working_day(day).value:
        return ""
    found = calendar.exception_on(day)
    return (found.name if found else "") or "weekend"


def _months_after(day: date, months: int) -> date:
    """Return the same day some months later; the last of the month where it is too short."""
    at = day.year * 12 + day.month - 1 + months
    year, month = divmod(at, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _rolled_end(last: date, roll: Roll, calendar: Calendar) -> Iterator[DayStep]:
    if roll == "none":
        return
    day, step = last, _DAY if roll == "next_working_day" else -_DAY
    while why := _day_off(day, calendar):
        yield DayStep(day, None, why)
        day += step
    if day != last:
        yield DayStep(day, None, "moved")


def _instant(terms: Terms, begin: datetime, last: date, calendar: Calendar) -> datetime:
    match terms.due_at:
        case "end_of_day":
            return calendar.end_of_day(last).astimezone(begin.tzinfo)
        case "same_time":
            return datetime.combine(last, begin.timetz().replace(tzinfo=None), begin.tzinfo)
        case "end_of_business":
            hours = calendar.hours_on(last)
            end = max((h.end for h in hours), default=24 * 3600)
            return datetime.combine(last, time(), begin.tzinfo) + timedelta(seconds=end)
