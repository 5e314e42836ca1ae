"""Random questions to calendars, each answer held against the oracles or the laws; tests and the exam ask them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

from complaint_rules.timetable import Hours
from complaint_rules.worktime import Calendar, Coverage, DayException
from reference_worktime import (
    BY_DAY,
    OFFICE,
    PATTERNS,
    ZONES,
    counted_days,
    minutes,
    random_calendar,
    ticked,
    ticked_add,
    ticked_subtract,
    walked,
    walked_days,
    works,
)

ZERO = timedelta(0)
ALWAYS = Coverage()
# Days near which the clocks of Berlin and New York change, and some on which nothing happens.
CHANGES = tuple(
    date.fromisoformat(d)
    for d in ("2024-03-10", "2024-03-31", "2024-10-27", "2024-11-03", "2025-03-09", "2025-03-30", "2025-10-26")
)


def hours(pairs):
    found = []
    for start, end in pairs:
        s, e = minutes(start) * 60, minutes(end) * 60
        found.append(Hours(s, e if e > s else e + 86_400))
    return tuple(found)


def built(plain, coverage=ALWAYS) -> Calendar:
    days = tuple(DayException(d, hours(h)) for d, h in sorted(plain["days"].items()))
    return Calendar(plain["zone"], tuple(hours(h) for h in plain["week"]), days, coverage)


def some_day(rng: Random) -> date:
    near = rng.choice(CHANGES) + timedelta(days=rng.randrange(-3, 3))
    return near if rng.random() < 0.6 else date(2018, 1, 1) + timedelta(days=rng.randrange(4000))


def some_instant(rng: Random, day: date, days: int) -> datetime:
    """Return an instant of some days, often a round one, rarely one with microseconds."""
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=rng.randrange(days * 1440))
    match rng.randrange(10):
        case 0 | 1 | 2:
            return at.replace(minute=rng.choice([0, 30]))
        case 3:
            return at + timedelta(microseconds=rng.randrange(60_000_000))
    return at


def check_ticks(rng: Random) -> int:
    """Hold elapsed, add, subtract, is_working and next_open against counting minutes; return how many were asked."""
    first, days = some_day(rng), rng.randrange(1, 5)
    plain = random_calendar(rng, first, days)
    calendar = built(plain)
    a, b = sorted(some_instant(rng, first, days).replace(second=0, microsecond=0) for _ in range(2))
    count = ticked(plain, a, b)
    assert calendar.elapsed(a, b).value == count, (plain, a, b)
    assert calendar.elapsed(b, a).value == -count, (plain, a, b)
    assert calendar.is_working(a).value == works(plain, a), (plain, a)
    if count:
        part = timedelta(minutes=rng.randrange(1, count // timedelta(minutes=1) + 1))
        assert calendar.add(a, part).value == ticked_add(plain, a, part), (plain, a, part)
        assert calendar.subtract(b, part).value == ticked_subtract(plain, b, part), (plain, b, part)
        opening = calendar.next_open(a).value
        assert works(plain, opening) and not ticked(plain, a, opening), (plain, a)
    return 5


def check_walk(rng: Random) -> int:
    """Hold elapsed and the questions about days against walking from day to day."""
    first, days = some_day(rng), rng.randrange(1, 400)
    plain = random_calendar(rng, first, days, (OFFICE,), BY_DAY)
    calendar = built(plain)
    asked = 0
    for _ in range(8):
        a, b = sorted(some_instant(rng, first, days) for _ in range(2))
        assert calendar.elapsed(a, b).value == walked(plain, a, b), (plain, a, b)
        low, high = a.date(), b.date()
        assert calendar.working_days_between(low, high).value == counted_days(plain, low, high), (plain, low, high)
        assert calendar.working_days_between(high, low).value == -counted_days(plain, low, high), (plain, low, high)
        n = rng.choice([-20, -3, -2, -1, 0, 1, 2, 3, 5, 10, 15, 60])
        assert calendar.add_working_days(low, n).value == walked_days(plain, low, n), (plain, low, n)
        asked += 4
    return asked


def check_laws(rng: Random) -> int:
    """Hold the laws of `worktime` on instants, to the microsecond."""
    first, days = some_day(rng), rng.randrange(1, 60)
    calendar = built(random_calendar(rng, first, days))
    asked = 0
    for _ in range(10):
        a, b, c = (some_instant(rng, first, days) for _ in range(3))
        x, y = (timedelta(microseconds=rng.randrange(4) * rng.randrange(10**11)) for _ in range(2))
        place = (calendar, a, b, c, x, y)
        assert calendar.elapsed(a, b).value + calendar.elapsed(b, c).value == calendar.elapsed(a, c).value, place
        end, start = calendar.add(a, x).value, calendar.subtract(a, x).value
        assert calendar.elapsed(a, end).value == x == calendar.elapsed(start, a).value, place
        assert calendar.add(end, y).value == calendar.add(a, x + y).value, place
        assert calendar.subtract(start, y).value == calendar.subtract(a, x + y).value, place
        assert calendar.add(min(a, b), x).value <= calendar.add(max(a, b), x).value, place
        assert x == ZERO or calendar.elapsed(a, end - timedelta(microseconds=1)).value < x, place
        assert x == ZERO or calendar.elapsed(start + timedelta(microseconds=1), a).value < x, place
        day, n = a.date(), rng.randrange(-40, 40)
        later = calendar.add_working_days(day, n).value
        assert n < 0 or calendar.working_days_between(day, later).value == n, place
        asked += 8
    return asked


def check_cover(rng: Random) -> int:
    """Hold `provisional`: it is said exactly if days outside the coverage could change the answer's stretch."""
    first = some_day(rng)
    plain = random_calendar(rng, first, 20)
    covered = Coverage(first + timedelta(days=5), first + timedelta(days=14))
    calendar, other = built(plain, covered), built(_changed_outside(rng, plain, first), covered)
    for _ in range(8):
        a, b = some_instant(rng, first, 20), some_instant(rng, first, 20)
        x = timedelta(minutes=rng.randrange(600))
        for said, meant in (
            (calendar.elapsed(a, b), other.elapsed(a, b)),
            (calendar.add(a, x), other.add(a, x)),
            (calendar.subtract(a, x), other.subtract(a, x)),
            (calendar.is_working(a), other.is_working(a)),
            (calendar.next_open(a), other.next_open(a)),
            (calendar.working_days_between(a.date(), b.date()), other.working_days_between(a.date(), b.date())),
            (calendar.add_working_days(a.date(), 3), other.add_working_days(a.date(), 3)),
            (calendar.working_day_from(a.date()), other.working_day_from(a.date())),
        ):
            assert said.provisional or said == meant, (plain, a, b, x, said, meant)
    return 64


def _changed_outside(rng, plain, first):
    days = dict(plain["days"])
    for offset in (*range(-3, 5), *range(15, 24)):
        days[first + timedelta(days=offset)] = rng.choice([[], [("00:00", "24:00")], [("06:00", "07:00")]])
    return {**plain, "days": days}


__all__ = ["PATTERNS", "ZONES", "built", "check_cover", "check_laws", "check_ticks", "check_walk", "some_instant"]
