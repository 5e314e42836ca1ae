"""How far a limit and its milestones reach, slow and obvious: day by day, and from one running interval to the next.

Nothing here is shared with the library. Calendars are as in `reference_worktime`; a target is how much time there is
and by which terms; pauses are closed intervals, in their order.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from reference_worktime import hours_of, instant, minutes, walked_days

TICK, DAY, NONE = timedelta(microseconds=1), timedelta(days=1), timedelta(0)
EVER = datetime(2150, 1, 1, tzinfo=UTC)
SPANS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "business_hour": timedelta(hours=1)}


def working(calendar, low, high):
    """Yield the working intervals between two instants, day by day."""
    zone = ZoneInfo(calendar["zone"])
    day = low.astimezone(zone).date() - DAY
    while instant(zone, day, 0) < high:
        for opening, closing in sorted(hours_of(calendar, day)):
            s, e = minutes(opening), minutes(closing)
            start = max(low, instant(zone, day, s))
            end = min(high, instant(zone, day, e if e > s else e + 24 * 60))
            if start < end:
                yield start, end
        day += DAY


def running(calendar, begin, pauses, *, is_worked):
    """Yield the intervals after an instant in which the clock runs."""
    begin = begin.astimezone(UTC)
    for low, high in zip([begin, *(u for _, u in pauses)], [*(f for f, _ in pauses), EVER]):
        low = max(low, begin)
        if low < high:
            yield from working(calendar, low, high) if is_worked else [(low, high)]


def freed(at, pauses):
    """Return an instant, or the end of the pause in which it lies."""
    for low, high in pauses:
        at = high.astimezone(UTC) if low <= at < high else at
    return at


def used_up(begin, intervals, amount):
    """Return the first instant at which so much time has run."""
    if amount <= NONE:
        return begin
    for low, high in intervals:
        if high - low >= amount:
            return low + amount
        amount -= high - low
    raise ValueError(amount)


def worked_before(calendar, end, amount):
    """Return the last instant from which so much time is worked until another."""
    low = end
    for start, stop in reversed(list(working(calendar, end - 60 * DAY, end))):
        if amount <= NONE:
            return low
        low = max(start, stop - amount)
        amount -= stop - low
    return low if amount <= NONE else end - 60 * DAY


def months_after(day, months):
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def rolled(calendar, day, roll, is_paused=lambda _: False):
    if roll == "none" or hours_of(calendar, day):
        return day
    while not hours_of(calendar, day) or (roll == "next_working_day" and is_paused(day)):
        day += DAY if roll == "next_working_day" else -DAY
    return day


def end_of(day, target, begin, calendar):
    """Return the instant with which a limit ends whose last day this is, and whether that is its 24:00."""
    zone = ZoneInfo(calendar["zone"])
    if target["due_at"] == "same_time":
        return datetime.combine(day, begin.time(), zone).astimezone(UTC), False
    ends = [24 * 60]
    if target["due_at"] == "end_of_business" and hours_of(calendar, day):
        spans = [(minutes(s), minutes(e)) for s, e in hours_of(calendar, day)]
        ends = [e if e > s else e + 24 * 60 for s, e in spans]
    return instant(zone, day, max(ends)), max(ends) == 24 * 60


@dataclass(frozen=True)
class Due:
    """When a limit ends: the instant, its last day, and whether it ends with that day (24:00)."""

    at: datetime
    day: date
    is_midnight: bool

    @property
    def breach(self):
        return self.at if self.is_midnight else self.at + TICK


def due_of(target, start, pauses, calendar):
    """Walk from the start to the due instant; no pause is open."""
    zone, amount, unit = ZoneInfo(calendar["zone"]), target["amount"], target["unit"]
    begin = start.astimezone(zone)
    first = rolled(calendar, begin.date(), target["start_roll"])
    if first != begin.date():
        begin = datetime.combine(first, time(), zone)
    if unit in SPANS:
        span = amount if isinstance(amount, timedelta) else amount * SPANS[unit]
        intervals = running(calendar, begin, pauses, is_worked=unit == "business_hour")
        at = freed(used_up(begin, intervals, span), pauses).astimezone(zone)
        return Due(at.astimezone(UTC), at.date(), is_midnight=False)
    if isinstance(amount, timedelta):
        amount = int(amount / (7 * DAY if unit == "week" else DAY))

    def is_paused(day):
        end, is_midnight = end_of(day, target, begin, calendar)
        kept = end - TICK if is_midnight else end
        return any(low <= kept < high for low, high in pauses)

    def counts(day):
        return (unit != "working_day" or bool(hours_of(calendar, day))) and not is_paused(day)

    wanted = {"week": 7 * amount, "month": (months_after(first, amount) - first).days}.get(unit, amount)
    day = first
    if wanted == 0:
        wanted = int(is_paused(first))
    elif target["day_one"] == "same_day" and unit != "month":
        day -= DAY
    while wanted:
        day += DAY
        wanted -= counts(day)
    day = rolled(calendar, day, target["end_roll"], is_paused)
    at, is_midnight = end_of(day, target, begin, calendar)
    return Due(at, day, is_midnight)


def moved(due, amount, unit, calendar):
    """Return the instant that lies an amount of a unit after a due instant, or before it."""
    zone = ZoneInfo(calendar["zone"])
    if unit == "business_hour":
        if amount < 0:
            return worked_before(calendar, due.at, -amount * SPANS[unit])
        return used_up(due.at, working(calendar, due.at, EVER), amount * SPANS[unit])
    if unit in SPANS:
        return due.at + amount * SPANS[unit]
    day = {
        "working_day": lambda: walked_days(calendar, due.day, amount),
        "calendar_day": lambda: due.day + amount * DAY,
        "week": lambda: due.day + 7 * amount * DAY,
        "month": lambda: months_after(due.day, amount),
    }[unit]()
    at = due.at.astimezone(zone)
    return datetime.combine(day + (at.date() - due.day), at.time(), zone).astimezone(UTC)


def milestone_at(milestone, count, run, pauses, calendar):
    """Return where a milestone lies, of a repeated one the time after so many others."""
    due, unit = run["due"], milestone.get("unit")
    if "at" in milestone:
        is_worked = run["target"]["unit"] in ("business_hour", "working_day")
        pieces = [(a, min(b, due.at)) for a, b in running(calendar, run["start"], [*pauses, (due.at, EVER)], is_worked=is_worked) if a < due.at]  # fmt: skip
        share = sum((b - a for a, b in pieces), NONE) // TICK * Decimal(milestone["at"].rstrip("%")) / 100
        return freed(used_up(run["start"], pieces, int(share) * TICK), pauses)
    if "before_due" in milestone:
        return moved(due, -int(milestone["before_due"]), unit, calendar)
    amount = int(milestone["after_due"]) + count * int(milestone.get("every", 0))
    return moved(due, amount, unit, calendar) + (NONE if due.is_midnight else TICK)
