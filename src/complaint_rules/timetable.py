"""Timetable: when work goes on, as intervals of UTC with running totals, made from hours shown by a local clock.

One definition holds everywhere: an instant is working time exactly when the local clock shows, at that instant, a
time that lies in the hours of its day (or in hours of the day before that run past midnight). What the clock skips in
spring is never worked, since it is never shown; what it shows twice in autumn is worked twice.

An instant is the time since 1970 UTC, and sums are exact: whole microseconds while a timetable is made, and in it a
`timedelta`, which is what the difference of two datetimes is.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import accumulate, compress
from zoneinfo import ZoneInfo

NO_TIME = timedelta(0)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
DAY = 86_400 * SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = EPOCH.toordinal()
# The margin that turns days of the local clock into days of UTC, whatever the zone, with hours past midnight.
_MARGIN = 3
_STEP = DAY


@dataclass(frozen=True, slots=True, order=True)
class Hours:
    """From one time of the local clock to another, in seconds after midnight; past 24:00 is the next morning."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= self.start + 86_400 or self.start >= 86_400:
            raise ValueError(f"no hours from second {self.start} to second {self.end} of a day")

    def __str__(self) -> str:
        return f"{_clock(self.start)}-{_clock(self.end if self.end <= 86_400 else self.end - 86_400)}"


def _clock(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    minutes, second = divmod(rest, 60)
    return f"{hours:02}:{minutes:02}" + (f":{second:02}" if second else "")


@dataclass(frozen=True, slots=True)
class Timetable:
    """What is worked from `low` to `high`: interval i runs from starts[i] to ends[i], after before[i] of work."""

    low: timedelta
    high: timedelta
    starts: Sequence[timedelta]
    ends: Sequence[timedelta]
    before: Sequence[timedelta]  # one longer than starts: the last is the total
    first_day: int  # days are proleptic ordinals
    last_day: int
    days: Sequence[date]  # the working days
    ranks: Sequence[int]  # ranks[i] is how many there are among the first i days
    offset_from: Sequence[timedelta]  # the instants from which the zone keeps an offset
    epochs: Sequence[datetime]  # what 1970 UTC is called with that offset
    columns: list[object] = field(default_factory=list, compare=False, repr=False)  # what `worktime_vector` keeps

    def worked(self, at: timedelta) -> timedelta:
        """Return the work from `low` to an instant."""
        i = bisect_right(self.starts, at) - 1
        if i < 0:
            return NO_TIME
        return self.before[i] + (at - self.starts[i]) if at < self.ends[i] else self.before[i + 1]

    def first_at(self, worked: timedelta) -> timedelta:
        """Return the first instant by which that much is worked; more than none, at most the total."""
        i = bisect_left(self.before, worked) - 1
        return self.starts[i] + worked - self.before[i]

    def last_at(self, worked: timedelta) -> timedelta:
        """Return the last instant by which no more is worked; less than the total."""
        i = bisect_right(self.before, worked) - 1
        return self.starts[i] + worked - self.before[i]

    def rank(self, day: int) -> int:
        """Return how many working days there are up to a day and with it."""
        return self.ranks[day - self.first_day + 1]

    def nth_day(self, day: int, n: int) -> date | None:
        """Return the n-th working day after a day, or before it for n below zero; None where they are not all here."""
        at = day - self.first_day
        try:
            rank = self.ranks[at + 1]
            i = rank + n - 1 if n > 0 else self.ranks[at] + n
            return self.days[i] if at >= 0 and i >= 0 else None
        except IndexError:
            return None

    def shown(self, at: timedelta) -> datetime:
        """Return an instant, from `low` on and before `high`, with the offset that the zone has then."""
        return self.epochs[bisect_right(self.offset_from, at) - 1] + at

    def opening(self, at: timedelta) -> timedelta | None:
        """Return the first working instant from `at` on."""
        i = bisect_right(self.starts, at) - 1
        if i >= 0 and at < self.ends[i]:
            return at
        return self.starts[i + 1] if i + 1 < len(self.starts) else None


def timetable(zone: ZoneInfo, hours_of: Callable[[int], Sequence[Hours]], first: int, last: int) -> Timetable:
    """Return the timetable of the UTC days from ordinal `first` to `last`, where `hours_of` knows each local day."""
    low, high = (first - EPOCH_DAY) * DAY, (last + 1 - EPOCH_DAY) * DAY
    shown = list(_merged(_shown(hours_of, range(first - _MARGIN, last + _MARGIN + 1))))
    offsets = list(spans(zone, low, high))
    pairs = list(_merged(_resolved(shown, offsets)))
    starts, ends = _kept(s for s, _ in pairs), _kept(e for _, e in pairs)
    before = _kept(accumulate((e - s for s, e in pairs), initial=0))
    worked = [bool(hours_of(d)) for d in range(first, last + 1)]
    days = [date.fromordinal(d) for d in compress(range(first, last + 1), worked)]
    return Timetable(
        low=low * MICROSECOND, high=high * MICROSECOND, starts=starts, ends=ends, before=before,
        first_day=first, last_day=last, days=days, ranks=[0, *accumulate(worked)],
        offset_from=_kept(start for start, *_ in offsets), epochs=[_epoch(offset) for *_, offset in offsets],
    )  # fmt: skip


def _kept(instants: Iterable[int]) -> list[timedelta]:
    return [at * MICROSECOND for at in instants]


def _epoch(offset: int) -> datetime:
    """Return what 1970 UTC is called with a fixed offset."""
    return EPOCH.astimezone(timezone(offset * MICROSECOND))


def shown_by(zone: ZoneInfo, at: timedelta) -> datetime:
    """Return any instant with the offset that a zone has then, as a fixed one."""
    return _epoch(_offset(zone, at // MICROSECOND)) + at


def first_shown(zone: ZoneInfo, day: int) -> int:
    """Return the first instant at which the local clock shows midnight of a day, or a later time."""
    wanted = (day - EPOCH_DAY) * DAY
    found = (max(low, wanted - offset) for low, high, offset in spans(zone, wanted - 2 * DAY, wanted + 3 * DAY)
             if wanted - offset < high)  # fmt: skip
    return next(found)


def spans(zone: ZoneInfo, low: int, high: int) -> Iterator[tuple[int, int, int]]:
    """Yield (start, end, offset) of each stretch of UTC in which the zone keeps one offset."""
    start, offset = low, _offset(zone, low)
    for probe in range(low, high, _STEP):
        reached = min(probe + _STEP, high)
        if (later := _offset(zone, reached)) != offset:
            change = _change(zone, probe, reached, offset)
            yield start, change, offset
            start, offset = change, later
    if start < high:
        yield start, high, offset


def _offset(zone: ZoneInfo, at: int) -> int:
    moment = (EPOCH + at * MICROSECOND).astimezone(zone)
    return moment.utcoffset() // MICROSECOND  # type: ignore[operator]  # a zone always knows it


def _change(zone: ZoneInfo, low: int, high: int, offset: int) -> int:
    """Return the whole second at which the zone leaves an offset that it has at `low` and not at `high`."""
    before, after = low // SECOND, -(-high // SECOND)
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if _offset(zone, middle * SECOND) == offset else (before, middle)
    return after * SECOND


def _shown(hours_of: Callable[[int], Sequence[Hours]], days: Iterable[int]) -> list[tuple[int, int]]:
    """Return the hours of each day on the line of what the local clock shows."""
    found = []
    for day in days:
        midnight = (day - EPOCH_DAY) * DAY
        found += [(midnight + h.start * SECOND, midnight + h.end * SECOND) for h in hours_of(day)]
    return sorted(found)


def _resolved(shown: Sequence[tuple[int, int]], zone: Iterable[tuple[int, int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the instants at which the clock shows hours; both in the order of time."""
    ends = [e for _, e in shown]
    for low, high, offset in zone:
        for i in range(bisect_right(ends, low + offset), len(shown)):
            start, end = shown[i]
            if start >= high + offset:
                break
            yield max(start - offset, low), min(end - offset, high)


def _merged(pairs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield sorted intervals with those that touch or overlap made one."""
    open_: tuple[int, int] | None = None
    for start, end in pairs:
        if open_ and start <= open_[1]:
            open_ = open_[0], max(open_[1], end)
            continue
        if open_:
            yield open_
        open_ = start, end
    if open_:
        yield open_
