"""Running: the instants of a clock that may be paused, reckoned at once: its due instant, a share, an amount around it.

`deadline.due` walks day by day and says why; this gives the same instant from the calendar's running totals. Instants are
times since 1970 UTC, days are ordinals, pauses are in order and end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from complaint_rules.deadline import SPANS, Terms, Unit, at_midnight, ending, months_after, rolled_start
from complaint_rules.timetable import EPOCH, MICROSECOND
from complaint_rules.worktime import Calendar, since

Spells = Sequence[tuple[timedelta, timedelta]]
_NO_TIME = timedelta(0)


class DueInstant(NamedTuple):
    """When a limit ends: `last_day` is the day with which it ends at 24:00, None where it holds at its instant."""

    at: timedelta
    last_day: int | None
    provisional: bool

    @property
    def passed(self) -> timedelta:
        """The first instant at which it has passed."""
        return self.at if self.last_day is not None else self.at + MICROSECOND


class Clock(NamedTuple):
    """The terms of one run over a calendar, from an instant on."""

    terms: Terms
    start: timedelta
    calendar: Calendar

    def due(self, pauses: Spells = ()) -> DueInstant:
        """Return the instant at which the time is up."""
        terms = self.terms
        if terms.unit in SPANS:
            at = self.start if terms.start_roll == "none" else since(self.begin())
            end = self._after(at, _much(terms), pauses, worked=terms.unit == "business_hour")
            return DueInstant(end, None, terms.unit == "business_hour" and self.calendar.doubtful(at, end))
        return self._in_days(self.begin(), pauses)

    def begin(self) -> datetime:
        """Return the local instant from which it is reckoned."""
        return rolled_start(local(self.start, self.calendar), self.terms.start_roll, self.calendar)

    @property
    def in_worktime(self) -> bool:
        """Whether its time is working time."""
        return self.terms.unit in ("business_hour", "working_day")

    def used(self, until: timedelta, pauses: Spells) -> timedelta:
        """Return the time from its start until an instant, the pauses left out."""
        if not pauses:
            return self._passed(self.start, max(self.start, until), self.in_worktime)
        measure = self._measure(min(self.start, until), until)
        stops = ((max(a, self.start), min(b, until)) for a, b in pauses)
        paused = sum((measure(b) - measure(a) for a, b in stops if a < b), _NO_TIME)
        return max(_NO_TIME, measure(until) - measure(self.start)) - paused

    def share(self, percent: int, due: timedelta, pauses: Spells) -> timedelta:
        """Return the instant by which a share of the time until it is due has been used."""
        return self._after(self.start, self.used(due, pauses) * percent // 100, pauses, worked=self.in_worktime)

    def _measure(self, low: timedelta, high: timedelta) -> Callable[[timedelta], timedelta]:
        return self.calendar.reaching(low, high).worked if self.in_worktime else _itself

    def _after(self, at: timedelta, much: timedelta, pauses: Spells, *, worked: bool) -> timedelta:
        """Return the first instant by which so much time has passed between the pauses."""
        left = much
        for start, stop in pauses:
            if self._reached(at, left, worked) < start:
                break
            if stop > at:
                left -= self._passed(at, max(start, at), worked)
                at = stop
        return self._reached(at, left, worked)

    def _reached(self, at: timedelta, left: timedelta, worked: bool) -> timedelta:
        return self.calendar.reach_forward(at, left) if worked else at + left

    def _passed(self, start: timedelta, end: timedelta, worked: bool) -> timedelta:
        if not worked:
            return end - start
        table = self.calendar.reaching(start, end)
        return table.worked(end) - table.worked(start)

    # --- in days -----------------------------------------------------------------------------------

    def _in_days(self, begin: datetime, pauses: Spells) -> DueInstant:
        days = _Days(self.terms, begin, self.calendar, pauses)
        first = begin.toordinal()
        last = days.rolled(days.last())
        end = ending(self.terms, begin, date.fromordinal(last), self.calendar)
        unsure = days.looked_up and self.calendar.unsure(first, last)
        return DueInstant(since(end), last if at_midnight(end, date.fromordinal(last)) else None, unsure)


class _Days(NamedTuple):
    """A limit in days: which count, and which the pauses take out."""

    terms: Terms
    begin: datetime
    calendar: Calendar
    pauses: Spells

    @property
    def looked_up(self) -> bool:
        """Whether the calendar says which days count."""
        terms = self.terms
        return terms.unit == "working_day" or terms.end_roll != "none" or terms.due_at == "end_of_business"

    def last(self) -> int:
        """Return the last day that counts."""
        first, amount = self.begin.toordinal(), int(self.terms.amount)
        if amount == 0:
            return self._free(first, working=self.terms.unit == "working_day")
        if self.terms.unit == "month":
            end = months_after(self.begin.date(), amount).toordinal()
            return self._moved(end, first + 1, 0, lambda n: end + n)
        wanted = amount * (7 if self.terms.unit == "week" else 1)
        before = first if self.terms.day_one == "next_day" else first - 1
        return self._moved(self._nth(before, wanted), before + 1, wanted, lambda n: self._nth(before, n))

    def _nth(self, day: int, n: int) -> int:
        """Return the n-th day after one of those that the unit counts."""
        return self.calendar.nth_day(day, n) if self.terms.unit == "working_day" else day + n

    def _moved(self, last: int, first: int, wanted: int, nth: Callable[[int], int]) -> int:
        """Return the last day when the days that the pauses take out are counted later."""
        for start, stop in self.pauses:
            if start > self._kept(last):
                break
            low, high = self._taken(start, stop, first)
            wanted += self._count(low, high)
            last = nth(wanted)
        return last

    def _taken(self, start: timedelta, stop: timedelta, first: int) -> tuple[int, int]:
        """Return the days, from one to another, at whose last moment a pause is on."""
        low, high = local(start, self.calendar).toordinal(), local(stop, self.calendar).toordinal()
        low += start > self._kept(low)
        high -= stop <= self._kept(high)
        return max(low, first), high

    def _count(self, low: int, high: int) -> int:
        if low > high:
            return 0
        if self.terms.unit != "working_day":
            return high - low + 1
        table = self.calendar.with_days(low - 1, high)
        return table.rank(high) - table.rank(low - 1)

    def _kept(self, day: int) -> timedelta:
        """Return the last instant of a day at which a limit that ends with it is kept."""
        on = date.fromordinal(day)
        end = ending(self.terms, self.begin, on, self.calendar)
        return since(end) - MICROSECOND if at_midnight(end, on) else since(end)

    def rolled(self, last: int) -> int:
        """Return where the last day moves, if it is no working day."""
        roll = self.terms.end_roll
        if roll == "none" or self._works(last):
            return last
        if roll == "previous_working_day":
            return self.calendar.nth_day(last, -1)
        return self._free(self.calendar.nth_day(last, 1), working=True)

    def _free(self, day: int, *, working: bool) -> int:
        """Return the first day from one on at whose last moment no pause is on."""
        while any(a <= self._kept(day) < b for a, b in self.pauses):
            day = self.calendar.nth_day(day, 1) if working else day + 1
        return day

    def _works(self, day: int) -> bool:
        return bool(self.calendar.hours_on(date.fromordinal(day)))


def shifted(due: DueInstant, amount: int, unit: Unit, calendar: Calendar) -> timedelta:
    """Return the instant an amount after a due one, or before it for one below zero; where that has passed, if after."""
    after = amount >= 0
    if unit in SPANS:
        much = abs(amount) * SPANS[unit]
        if unit != "business_hour":
            return (due.passed if after else due.at) + (much if after else -much)
        found = calendar.reach_forward(due.at, much) if after else calendar.reach_back(due.at, much)
        return found + MICROSECOND if after and due.last_day is None else found
    last = due.last_day if due.last_day is not None else local(due.at, calendar).toordinal()
    day = date.fromordinal(last)
    moved = _moved_day(day, amount, unit, calendar)
    if due.last_day is not None:
        return since(calendar.end_of_day(moved))
    shown = local(due.at, calendar)
    found = since(datetime.combine(moved, shown.time(), calendar.made.zone))
    return found + MICROSECOND if after else found


def _moved_day(day: date, amount: int, unit: Unit, calendar: Calendar) -> date:
    match unit:
        case "month":
            return months_after(day, amount)
        case "working_day":
            return date.fromordinal(calendar.nth_day(day.toordinal(), amount))
    return day + timedelta(days=amount * (7 if unit == "week" else 1))


def local(at: timedelta, calendar: Calendar) -> datetime:
    """Return an instant as the calendar's clock shows it."""
    return (EPOCH + at).astimezone(calendar.made.zone)


def _much(terms: Terms) -> timedelta:
    return terms.amount * SPANS[terms.unit]


def _itself(at: timedelta) -> timedelta:
    return at
