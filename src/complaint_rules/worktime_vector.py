"""Worktime vector: the questions of `worktime`, asked of whole columns at once; a law holds the two equal.

Instants are `datetime64[us]` in UTC, days `datetime64[D]`, durations `timedelta64[us]`. Each function returns the
results and a column that says where they are provisional.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from complaint_rules.timetable import EPOCH_DAY, Timetable
from complaint_rules.worktime import Calendar, OutOfReachError

Column = NDArray[Any]
Answer = tuple[Column, NDArray[np.bool_]]


def elapsed(calendar: Calendar, start: Column, end: Column) -> Answer:
    """Return the working time from each start to its end, negative where the end is earlier."""
    a, b = _paired(_instants(start), _instants(end))
    if not a.size:
        return a.view("timedelta64[us]"), np.zeros(a.shape, bool)
    table = calendar.reaching(int(min(a.min(), b.min())), int(max(a.max(), b.max())))
    found = _worked(table, b) - _worked(table, a)
    return found.view("timedelta64[us]"), _doubtful(calendar, a, b)


def add(calendar: Calendar, start: Column, worked: Column) -> Answer:
    """Return for each start the first instant, not before it, by which that much working time has passed.

    Raises:
        OutOfReachError: the calendar does not have that much.
    """
    at, much = _paired(_instants(start), _durations(worked))
    if not at.size:
        return at.view("datetime64[us]"), np.zeros(at.shape, bool)
    last = calendar.reach_forward(int(at.max()), int(much.max()))
    table = calendar.reaching(int(at.min()), max(last, int(at.max())))
    before = np.asarray(table.before, np.int64)
    total = _worked(table, at) + much
    i = np.clip(np.searchsorted(before, total, "left") - 1, 0, max(len(table.starts) - 1, 0))
    starts = np.asarray(table.starts or [0], np.int64)
    end = np.where(much == 0, at, starts[i] + total - before[i])
    return end.view("datetime64[us]"), _doubtful(calendar, at, end)


def subtract(calendar: Calendar, end: Column, worked: Column) -> Answer:
    """Return for each end the last instant, not after it, from which that much working time passes until it.

    Raises:
        OutOfReachError: the calendar does not have that much.
    """
    at, much = _paired(_instants(end), _durations(worked))
    if not at.size:
        return at.view("datetime64[us]"), np.zeros(at.shape, bool)
    first = calendar.reach_back(int(at.min()), int(much.max()))
    table = calendar.reaching(min(first, int(at.min())), int(at.max()))
    before = np.asarray(table.before, np.int64)
    left = _worked(table, at) - much
    i = np.clip(np.searchsorted(before, left, "right") - 1, 0, max(len(table.starts) - 1, 0))
    starts = np.asarray(table.starts or [0], np.int64)
    start = np.where(much == 0, at, starts[i] + left - before[i])
    return start.view("datetime64[us]"), _doubtful(calendar, start, at)


def working_days_between(calendar: Calendar, start: Column, end: Column) -> Answer:
    """Return the number of working days after each start up to and with its end."""
    a, b = _paired(_days(start), _days(end))
    if not a.size:
        return a, np.zeros(a.shape, bool)
    table = calendar.with_days(int(min(a.min(), b.min())), int(max(a.max(), b.max())))
    days = np.asarray(table.days, np.int64)
    found = np.searchsorted(days, b, "right") - np.searchsorted(days, a, "right")
    return found.astype(np.int64), (a != b) & _unsure(calendar, np.minimum(a, b) + 1, np.maximum(a, b))


def add_working_days(calendar: Calendar, day: Column, days: Column) -> Answer:
    """Return the n-th working day after each day, before it for n below zero.

    Raises:
        OutOfReachError: the calendar does not have that many.
    """
    at, n = _paired(_days(day), np.asarray(days, np.int64))
    if not at.size:
        return at.view("datetime64[D]"), np.zeros(at.shape, bool)
    low = calendar.nth_day(int(at.min()), min(int(n.min()), 0))
    high = calendar.nth_day(int(at.max()), max(int(n.max()), 0))
    known = np.asarray(calendar.with_days(min(low, int(at.min())), max(high, int(at.max()))).days or [0], np.int64)
    ahead, back = np.searchsorted(known, at, "right") + n - 1, np.searchsorted(known, at, "left") + n
    i = np.clip(np.where(n > 0, ahead, back), 0, len(known) - 1)
    found = np.where(n == 0, at, known[i])
    doubtful = (n != 0) & _unsure(calendar, np.minimum(at + 1, found), np.maximum(at - 1, found))
    return (found - EPOCH_DAY).view("datetime64[D]"), doubtful


def _instants(column: Column) -> NDArray[np.int64]:
    return _whole(column, "datetime64[us]")


def _durations(column: Column) -> NDArray[np.int64]:
    found = _whole(column, "timedelta64[us]")
    if found.size and int(found.min()) < 0:
        raise ValueError("a duration is negative; use `subtract` for `add` and the other way round")
    return found


def _days(column: Column) -> NDArray[np.int64]:
    if np.asarray(column).dtype != np.dtype("datetime64[D]"):
        raise TypeError(f"a column of datetime64[D] is needed, not of {np.asarray(column).dtype}")
    return _whole(column, "datetime64[D]") + EPOCH_DAY


def _whole(column: Column, kind: str) -> NDArray[np.int64]:
    """Return a column of times as whole numbers; a missing one is the caller's to settle first."""
    found = np.asarray(column)
    if found.dtype.kind != kind[0].replace("d", "M").replace("t", "m"):
        raise TypeError(f"a column of {kind} is needed, not of {found.dtype}")
    if np.isnat(found).any():
        raise OutOfReachError("a missing time has no place in a calendar; leave such rows out first")
    return np.ascontiguousarray(found.astype(kind)).view(np.int64)


def _paired(one: NDArray[np.int64], other: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    a, b = np.broadcast_arrays(one, other)
    return np.ascontiguousarray(a), np.ascontiguousarray(b)


def _worked(table: Timetable, at: NDArray[np.int64]) -> NDArray[np.int64]:
    if not table.starts:
        return np.zeros(at.shape, np.int64)
    starts, ends, before = (np.asarray(c, np.int64) for c in (table.starts, table.ends, table.before))
    i = np.searchsorted(starts, at, "right") - 1
    inside = before[i] + np.minimum(at, ends[i]) - starts[i]
    return np.where(i >= 0, inside, 0)


def _doubtful(calendar: Calendar, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.bool_]:
    low, high = np.minimum(a, b), np.maximum(a, b)
    made = calendar.made
    found = (low < high) & ((low < made.covered_from) | (high > made.covered_to))
    return np.asarray(found, np.bool_)


def _unsure(calendar: Calendar, first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.bool_]:
    low, high = calendar.coverage.first, calendar.coverage.last
    found = np.zeros(first.shape, np.bool_)
    if low is not None:
        found |= first < low.toordinal()
    if high is not None:
        found |= last > high.toordinal()
    return found
