"""Worktime: a calendar, and how much working time lies between two instants or which instant comes after so much.

What an instant is to a calendar is defined in `timetable`. A calendar covers the days whose exceptions have been
published; outside them the weekly pattern is used, and every result that rests on such a day says `provisional`.
Nothing is clipped to the days that are covered, and zone rules are taken as the time zone database has them.

Laws, exact to the microsecond, for instants a, b, c and durations x, y from zero up:

- elapsed(a, b) + elapsed(b, c) = elapsed(a, c), and elapsed(b, a) = -elapsed(a, b);
- elapsed(a, add(a, x)) = x, and no earlier instant has it; elapsed(subtract(a, x), a) = x, and no later one has it;
- add(add(a, x), y) = add(a, x + y); a later start or a longer duration never gives an earlier end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Generic, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from complaint_rules.timetable import (
    EPOCH,
    EPOCH_DAY,
    MICROSECOND,
    NO_TIME,
    Hours,
    Timetable,
    first_shown,
    shown_by,
    timetable,
)

T = TypeVar("T")
Week = tuple[tuple[Hours, ...], ...]

# Years outside these are refused, so that no date in a file can make a calendar of millions of days.
FIRST_YEAR, LAST_YEAR = 1900, 2199
_REACH = date(FIRST_YEAR, 1, 1).toordinal(), date(LAST_YEAR, 12, 31).toordinal()
_NEVER = 10**9
_FAR = timedelta(10**7)
_new = tuple.__new__


class OutOfReachError(ValueError):
    """A time before 1900 or after 2199, or working time that a calendar does not have by then."""


class ProvisionalError(ValueError):
    """A certain answer was asked for, and there is only one from days that are not published yet."""


class Reckoned(NamedTuple, Generic[T]):
    """A result, and whether it rests on days that the calendar does not cover."""

    value: T
    provisional: bool = False

    @property
    def sure(self) -> T | None:
        """The value, or None where it is provisional: undetermined."""
        return None if self.provisional else self.value

    def required(self) -> T:
        """Return the value.

        Raises:
            ProvisionalError: the value is provisional.
        """
        if self.provisional:
            raise ProvisionalError(f"`{self.value}` rests on days that the calendar does not cover")
        return self.value


def _reckoned(value: T, provisional: bool) -> Reckoned[T]:
    """Return a result; the constructor of the class does the same in twice the time."""
    return _new(Reckoned, (value, provisional))


@dataclass(frozen=True, slots=True)
class DayException:
    """A day that differs from its weekday: no hours for a closed day; why, on whose word, and since when known."""

    day: date
    hours: tuple[Hours, ...]
    name: str = ""
    source: str = ""
    published: date | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """The days whose exceptions are published, both ends included; None is without end."""

    first: date | None = None
    last: date | None = None

    def common(self, other: Coverage) -> Coverage:
        """Return what both cover."""
        firsts = [d for d in (self.first, other.first) if d]
        lasts = [d for d in (self.last, other.last) if d]
        return Coverage(max(firsts, default=None), min(lasts, default=None))


NO_DAYS = Coverage(date(LAST_YEAR, 12, 31), date(FIRST_YEAR, 1, 1))


@dataclass(frozen=True, slots=True)
class Calendar:
    """Hours of a week, Monday first, in a zone; the days that differ; the days for which that is all there is to say."""

    zone: str
    week: Week
    exceptions: tuple[DayException, ...] = ()
    coverage: Coverage = Coverage()
    made: _Made = field(init=False, compare=False, repr=False)  # what follows from the fields, made once

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError(f"a week has 7 days, this one has {len(self.week)}")
        object.__setattr__(self, "made", _make(self))

    def __reduce__(self) -> tuple[type[Calendar], tuple[str, Week, tuple[DayException, ...], Coverage]]:
        return Calendar, (self.zone, self.week, self.exceptions, self.coverage)

    def elapsed(self, start: datetime, end: datetime) -> Reckoned[timedelta]:
        """Return the working time from one aware instant to another; negative if the second is earlier."""
        a, b = since(start), since(end)
        table = self.reaching(a, b) if a <= b else self.reaching(b, a)
        return _reckoned(table.worked(b) - table.worked(a), self.doubtful(a, b))

    def add(self, start: datetime, worked: timedelta) -> Reckoned[datetime]:
        """Return the first instant, not before the start, by which that much working time has passed.

        Raises:
            OutOfReachError: the calendar does not have that much.
        """
        at = since(start)
        end = self.reach_forward(at, _natural(worked))
        return _reckoned(self.instant(end), self.doubtful(at, end))

    def subtract(self, end: datetime, worked: timedelta) -> Reckoned[datetime]:
        """Return the last instant, not after the end, from which that much working time passes until the end.

        Raises:
            OutOfReachError: the calendar does not have that much.
        """
        at = since(end)
        start = self.reach_back(at, _natural(worked))
        return _reckoned(self.instant(start), self.doubtful(start, at))

    def is_working(self, at: datetime) -> Reckoned[bool]:
        """Return whether work goes on at an instant; an interval has its start and not its end."""
        moment = since(at)
        return _reckoned(
            self.reaching(moment, moment).opening(moment) == moment, self.doubtful(moment, moment + MICROSECOND)
        )

    def next_open(self, at: datetime) -> Reckoned[datetime]:
        """Return the first working instant from an instant on.

        Raises:
            OutOfReachError: there is none.
        """
        moment = since(at)
        table = self.reaching(moment, moment)
        while (opening := table.opening(moment)) is None:
            table = self._wider(table, forward=True)
        return _reckoned(self.instant(opening), self.doubtful(moment, opening + MICROSECOND))

    def end_of_day(self, day: date) -> datetime:
        """Return the instant at which the local clock first shows the midnight after a day."""
        midnights, next_day = self.made.midnights, day.toordinal() + 1
        if next_day not in midnights:
            midnights[next_day] = self.instant(first_shown(self.made.zone, next_day) * MICROSECOND)
        return midnights[next_day]

    def hours_on(self, day: date) -> tuple[Hours, ...]:
        """Return the hours that begin on a day."""
        return tuple(self.made.hours_of(day.toordinal()))

    def exception_on(self, day: date) -> DayException | None:
        """Return why a day differs from its weekday, if it does."""
        return self.made.exceptions.get(day.toordinal())

    def is_working_day(self, day: date) -> Reckoned[bool]:
        """Return whether hours begin on a day."""
        return _reckoned(bool(self.hours_on(day)), self.unsure(day.toordinal(), day.toordinal()))

    def working_days_between(self, start: date, end: date) -> Reckoned[int]:
        """Return the number of working days after one day up to and with another; negative if that is earlier."""
        a, b = start.toordinal(), end.toordinal()
        low, high = (a, b) if a <= b else (b, a)
        table = self.with_days(low, high)
        return _reckoned(table.rank(b) - table.rank(a), low != high and self.unsure(low + 1, high))

    def add_working_days(self, day: date, days: int) -> Reckoned[date]:
        """Return the n-th working day after a day (the day itself does not count), before it for n below zero.

        Zero days after a day is that day, working or not; `working_day_from` moves on from a day of rest.

        Raises:
            OutOfReachError: the calendar does not have that many.
        """
        at = day.toordinal()
        if days == 0:
            return _reckoned(date.fromordinal(at), False)
        made = self.made
        found = (made.table and made.table.nth_day(at, days)) or self._nth_date(at, days)
        low, high = (at + 1, found.toordinal()) if days > 0 else (found.toordinal(), at - 1)
        return _reckoned(found, low < made.first_covered or high > made.last_covered)

    def working_day_from(self, day: date) -> Reckoned[date]:
        """Return the day itself if it is a working day, else the next one."""
        found = self._nth_date(day.toordinal() - 1, 1)
        return _reckoned(found, self.unsure(day.toordinal(), found.toordinal()))

    def nth_working_day(self, year: int, month: int, n: int) -> Reckoned[date | None]:
        """Return the n-th working day of a month, counted from its end for n below zero; None if it has fewer."""
        first = date(year, month, 1).toordinal()
        last = date(year + month // 12, month % 12 + 1, 1).toordinal() - 1
        table = self.with_days(first, last)
        low, high = table.rank(first - 1), table.rank(last)
        at = low + n - 1 if n > 0 else high + n
        if n == 0 or not low <= at < high:
            return _reckoned(None, self.unsure(first, last))
        found = table.days[at]
        return _reckoned(
            found, self.unsure(first, found.toordinal()) if n > 0 else self.unsure(found.toordinal(), last)
        )

    # What the vector functions share with the methods above; instants are times since 1970 UTC, days are ordinals.

    def doubtful(self, start: timedelta, end: timedelta) -> bool:
        """Return whether a stretch of time has days that are not covered in it."""
        made = self.made
        if start <= end:
            return start != end and (start < made.covered_from or end > made.covered_to)
        return end < made.covered_from or start > made.covered_to

    def reaching(self, low: timedelta, high: timedelta) -> Timetable:
        """Return a timetable that has two instants in it."""
        table = self.made.table
        if table and table.low <= low and high < table.high:
            return table
        return self.with_days(low.days + EPOCH_DAY, high.days + EPOCH_DAY)

    def with_days(self, first: int, last: int) -> Timetable:
        """Return a timetable that has two days in it; it grows by decades."""
        table = self.made.table
        if table and table.first_day <= first and last <= table.last_day:
            return table
        years = [_year(first), _year(last)]
        if table:
            years += [_year(table.first_day), _year(table.last_day)]
        if min(years) < FIRST_YEAR or max(years) > LAST_YEAR:
            raise OutOfReachError(f"calendars reach from {FIRST_YEAR} to {LAST_YEAR}")
        start, end = date(min(years) // 10 * 10, 1, 1), date(max(years) // 10 * 10 + 9, 12, 31)
        wider = timetable(self.made.zone, self.made.hours_of, start.toordinal(), end.toordinal())
        self.made.table = wider
        return wider

    def reach_forward(self, at: timedelta, worked: timedelta) -> timedelta:
        """Return the first instant from one on by which so much is worked."""
        if worked == NO_TIME:
            return at
        table = self.reaching(at, at)
        while (total := table.worked(at) + worked) > table.before[-1]:
            table = self._wider(table, forward=True)
        return table.first_at(total)

    def reach_back(self, at: timedelta, worked: timedelta) -> timedelta:
        """Return the last instant up to one from which so much is worked."""
        if worked == NO_TIME:
            return at
        table = self.reaching(at, at)
        while (left := table.worked(at) - worked) < NO_TIME:
            table = self._wider(table, forward=False)
        return table.last_at(left)

    def nth_day(self, day: int, n: int) -> int:
        """Return the n-th working day after a day, or before it for n below zero; zero days after a day is that day."""
        return self._nth_date(day, n).toordinal() if n else day

    def _nth_date(self, day: int, n: int) -> date:
        table = self.with_days(day, day)
        while (found := table.nth_day(day, n)) is None:
            table = self._wider(table, forward=n > 0)
        return found

    def _wider(self, table: Timetable, *, forward: bool) -> Timetable:
        """Return a timetable twice as long, as far as calendars reach."""
        first, last = table.first_day, table.last_day
        further = last - first
        if forward:
            return self.with_days(first, max(last + 1, min(last + further, _REACH[1])))
        return self.with_days(min(first - 1, max(first - further, _REACH[0])), last)

    def unsure(self, first: int, last: int) -> bool:
        """Return whether days from one to another are not all covered."""
        return first < self.made.first_covered or last > self.made.last_covered

    def instant(self, at: timedelta) -> datetime:
        """Return an instant with the offset that its zone has then, as a fixed one.

        With the zone itself, adding to it would be clock arithmetic, and in a repeated hour it would equal no instant.
        """
        table = self.made.table
        return table.shown(at) if table and table.low <= at < table.high else shown_by(self.made.zone, at)


@dataclass(slots=True)
class _Made:
    """A calendar's zone, exceptions by day, covered days and instants, and the timetable made so far."""

    zone: ZoneInfo
    week: Week
    exceptions: Mapping[int, DayException]
    first_covered: int
    last_covered: int
    covered_from: timedelta
    covered_to: timedelta
    table: Timetable | None = None
    midnights: dict[int, datetime] = field(default_factory=dict)  # the first instant of each day asked for

    def hours_of(self, day: int) -> Sequence[Hours]:
        """Return the hours that begin on a day."""
        found = self.exceptions.get(day)
        return self.week[(day - 1) % 7] if found is None else found.hours


def _make(calendar: Calendar) -> _Made:
    zone = ZoneInfo(calendar.zone)
    exceptions = {e.day.toordinal(): e for e in calendar.exceptions}
    first, last = calendar.coverage.first, calendar.coverage.last
    low = first_shown(zone, first.toordinal()) * MICROSECOND + _past_midnight(calendar) if first else -_FAR
    high = first_shown(zone, last.toordinal() + 1) * MICROSECOND if last else _FAR
    days = first.toordinal() if first else -_NEVER, last.toordinal() if last else _NEVER
    return _Made(zone, calendar.week, exceptions, *days, low, high)


def _past_midnight(calendar: Calendar) -> timedelta:
    """Return how much of the first covered day may be hours of the day before, which is not covered."""
    days = (*calendar.week, *(e.hours for e in calendar.exceptions))
    return timedelta(0, max((h.end - 86_400 for hours in days for h in hours if h.end > 86_400), default=0))


def _year(day: int) -> int:
    return date.fromordinal(min(max(day, 1), date.max.toordinal())).year


def since(at: datetime) -> timedelta:
    """Return an aware instant as the time since 1970 UTC."""
    if at.tzinfo is None:
        raise ValueError(f"`{at}` says no offset from UTC")
    found = at - EPOCH
    return found if type(found) is timedelta else timedelta(found.days, found.seconds, found.microseconds)


def _natural(worked: timedelta) -> timedelta:
    if worked < NO_TIME:
        raise ValueError(f"`{worked}` is negative; use `subtract` for `add` and the other way round")
    return worked if type(worked) is timedelta else worked // MICROSECOND * MICROSECOND
