"""When reports fall due, slow and obvious: every day is looked at, and from the last of a period one walks on.

Nothing here is shared with the library. Calendars are as in `reference_worktime`; `covered` are the first and the last day
whose exceptions are known, None without end.
"""

from __future__ import annotations

from datetime import timedelta

from reference_worktime import hours_of, instant

DAY = timedelta(days=1)
NAMES = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
# Longer than a year and the year after it, with holidays around.
FAR = 800
PERIODS = {
    "week": lambda d: d.isocalendar()[:2],
    "month": lambda d: (d.year, d.month),
    "quarter": lambda d: (d.year, d.month in (1, 2, 3), d.month in (4, 5, 6), d.month in (7, 8, 9)),
    "half_year": lambda d: (d.year, d.month < 7),
    "year": lambda d: d.year,
}


def periods(every, since, until):
    """Yield each period whose last day is one of these."""
    of, day = PERIODS[every], since
    while day <= until:
        if of(day) != of(day + DAY):
            start = day
            while of(start - DAY) == of(day):
                start -= DAY
            yield start, day
        day += DAY


def looked_at(calendar, counted, term, roll, end):
    """Walk from the last day of a period to the one on which the report is due; return that and what had to be looked up."""
    day, seen = end, [end]
    match counted:
        case "day":
            steps = 0
            while steps == 0 or (steps != term and (day + DAY).month == (end + DAY).month):
                day, steps = day + DAY, steps + 1
                seen.append(day)
        case "weekday":
            while day == end or NAMES[day.weekday()] != term:
                day += DAY
                seen.append(day)
        case "working_day":
            left = term
            while left:
                day += DAY
                seen.append(day)
                left -= bool(hours_of(calendar, day))
    if roll != "none":
        while not hours_of(calendar, day):
            day += DAY if roll == "next_working_day" else -DAY
            seen.append(day)
    return day, seen if counted == "working_day" or roll != "none" else []


def reports(calendar, every, counted, term, roll, covered, since, until):
    """Return (first day, last day, due day, instant, whether provisional) of each report due on one of these days."""
    found = []
    first, last = covered
    for start, end in periods(every, since - FAR * DAY, until + FAR * DAY):
        day, seen = looked_at(calendar, counted, term, roll, end)
        unsure = any((first and d < first) or (last and d > last) for d in seen)
        if since <= day <= until:
            found.append((start, end, day, instant(calendar["zone_info"], day + DAY, 0), unsure))
    return sorted(found, key=lambda f: f[2])
