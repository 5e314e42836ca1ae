"""Working time, slow and obvious: tick by tick, and day by day.

Nothing here is shared with the library: calendars are plain dicts

    {"zone": "Asia/Shanghai", "week": [[("09:00", "12:00"), …], …], "days": {date: [("09:00", "12:00")]}}

with the end `24:00` for midnight, and an end before its start for the next morning.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


def minutes(text):
    hours, rest = text.split(":")
    return int(hours) * 60 + int(rest)


def hours_of(calendar, day):
    if day in calendar["days"]:
        return calendar["days"][day]
    return calendar["week"][day.weekday()]


def shown_is_working(calendar, shown):
    """Say whether what the clock on the wall shows is a working time."""
    at = shown.hour * 60 + shown.minute
    for start, end in hours_of(calendar, shown.date()):
        s, e = minutes(start), minutes(end)
        if s <= at < (e if e > s else 24 * 60):
            return True
    for start, end in hours_of(calendar, shown.date() - timedelta(days=1)):
        s, e = minutes(start), minutes(end)
        if e < s and at < e:
            return True
    return False


def works(calendar, at):
    return shown_is_working(calendar, at.astimezone(ZoneInfo(calendar["zone"])))


def ticked(calendar, start, end):
    """Count the working minutes from one whole minute to another, one by one."""
    at, count = start.astimezone(UTC), 0
    while at < end:
        count += works(calendar, at)
        at += MINUTE
    return count * MINUTE


def ticked_add(calendar, start, worked):
    """Tick on until so many minutes are worked."""
    at, left = start.astimezone(UTC), worked
    while left > timedelta(0):
        left -= MINUTE * works(calendar, at)
        at += MINUTE
    return at


def ticked_subtract(calendar, end, worked):
    at, left = end.astimezone(UTC), worked
    while left > timedelta(0):
        at -= MINUTE
        left -= MINUTE * works(calendar, at)
    return at


def walked(calendar, start, end):
    """Sum up the working time day by day: whole hours by the clock, each piece between two changes of the clock.

    It is only asked of zones whose changes lie outside the hours, where the clock on the wall can be trusted.
    """
    zone, total = ZoneInfo(calendar["zone"]), timedelta(0)
    day = start.astimezone(zone).date() - timedelta(days=2)
    while day <= end.astimezone(zone).date() + timedelta(days=1):
        for opening, closing in hours_of(calendar, day):
            s, e = minutes(opening), minutes(closing)
            low = instant(zone, day, s)
            high = instant(zone, day, e if e > s else e + 24 * 60)
            low, high = max(low, start.astimezone(UTC)), min(high, end.astimezone(UTC))
            if low < high:
                total += high - low
        day += timedelta(days=1)
    return total


def instant(zone, day, at):
    shown = datetime.combine(day, time()) + timedelta(minutes=at)
    return shown.replace(tzinfo=zone).astimezone(UTC)


def walked_days(calendar, day, n):
    """Walk to the n-th working day after a day, or before it."""
    step = timedelta(days=1 if n > 0 else -1)
    left = abs(n)
    while left:
        day += step
        left -= bool(hours_of(calendar, day))
    return day


def counted_days(calendar, start, end):
    days = (start + timedelta(days=i) for i in range(1, (end - start).days + 1))
    return sum(bool(hours_of(calendar, d)) for d in days)


ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York")
OFFICE = [[("09:00", "12:00"), ("13:00", "17:30")]] * 5 + [[], []]
PATTERNS = (
    OFFICE,
    [[("00:00", "24:00")]] * 7,
    [[("00:00", "24:00")]] * 5 + [[], []],
    [[("22:00", "06:00")]] * 5 + [[], []],
    [[("08:00", "12:00")], [("08:30", "12:15"), ("13:15", "18:45"), ("20:00", "24:00")], [], [("00:00", "02:30")],
     [("01:30", "02:30"), ("02:45", "03:15")], [("09:00", "13:00")], [("00:30", "04:00"), ("23:30", "03:00")]],
)  # fmt: skip


BY_DAY = ([], [], [("09:00", "13:00")], [("07:15", "11:45"), ("12:30", "20:00")])
BY_NIGHT = (*BY_DAY, [("10:00", "11:00"), ("22:30", "01:30")])


def random_calendar(rng: Random, first: date, days: int, patterns=PATTERNS, special=BY_NIGHT):
    """Return a calendar with exceptions strewn over the days, and a bit beyond."""
    week = rng.choice(patterns)
    found = {}
    for _ in range(rng.randrange(days // 4 + 2)):
        day = first + timedelta(days=rng.randrange(-3, days + 3))
        found[day] = rng.choice([*special, week[0]])
    return {"zone": rng.choice(ZONES), "week": week, "days": found}
