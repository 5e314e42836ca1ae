"""Timetable: when work goes on, as intervals of UTC with running totals, made from hours shown by a local clock.

One definition holds everywhere: an instant is working time exactly when the local clock shows, at that instant, a
time that lies in the hours of its day (or in hours of the day before that run past midnight). What the clock skips in
spring is never worked, since it is never shown; what it shows twice in autumn is worked twice.

All times are whole microseconds since 1970 UTC, so that sums are exact.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

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

    low: int
    high: int
    starts: Sequence[int]
    ends: Sequence[int]
    before: Sequence[int]  # one longer than starts: the last is the total
    days: Sequence[int]  # the proleptic ordinals of the working days
    columns: list[object] = field(default_factory=list, compare=False, repr=False)  # what `worktime_vector` keeps

    def worked(self, at: int) -> int:
        """Return the work from `low` to an instant."""
        i = bisect_right(self.starts, at) - 1
        return self.before[i] + min(at, self.ends[i]) - self.starts[i] if i >= 0 else 0

    def first_at(self, worked: int) -> int:
        """Return the first instant by which that much is worked; more than none, at most the total."""
        i = bisect_left(self.before, worked) - 1
        return self.starts[i] + worked - self.before[i]

    def last_at(self, worked: int) -> int:
        """Return the last instant by which no more is worked; less than the total."""
        i = bisect_right(self.before, worked) - 1
        return self.starts[i] + worked - self.before[i]

    def opening(self, at: int) -> int | None:
        """Return the first working instant from `at` on."""
        i = bisect_right(self.starts, at) - 1
        if i >= 0 and at < self.ends[i]:
            return at
        return self.starts[i + 1] if i + 1 < len(self.starts) else None


def timetable(zone: ZoneInfo, hours_of: Callable[[int], Sequence[Hours]], first: int, last: int) -> Timetable:
    """Return the timetable of the UTC days from ordinal `first` to `last`, where `hours_of` knows each local day."""
    low, high = (first - EPOCH_DAY) * DAY, (last + 1 - EPOCH_DAY) * DAY
    shown = list(_merged(_shown(hours_of, range(first - _MARGIN, last + _MARGIN + 1))))
    pairs = list(_merged(_resolved(shown, spans(zone, low, high))))
    starts, ends = [s for s, _ in pairs], [e for _, e in pairs]
    before = [0, *accumulate(e - s for s, e in pairs)]
    return Timetable(low, high, starts, ends, before, [d for d in range(first, last + 1) if hours_of(d)])


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
    moment = (EPOCH + timedelta(microseconds=at)).astimezone(zone)
    return moment.utcoffset() // timedelta(microseconds=1)  # type: ignore[operator]  # a zone always knows it


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
