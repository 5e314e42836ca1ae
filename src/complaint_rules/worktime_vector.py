"""Worktime vector: the questions of `worktime`, asked of whole columns at once; a law holds the two equal.

Instants are `datetime64[us]` in UTC, days `datetime64[D]`, durations `timedelta64[us]`. Each function returns the
results and a column that says where they are provisional.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from complaint_rules.timetable import EPOCH_DAY, MICROSECOND, Timetable
from complaint_rules.worktime import Calendar, OutOfReachError

Column = NDArray[Any]
_ROWS = 1 << 16
_MISSING = np.iinfo(np.int64).min
Answer = tuple[Column, NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class _Columns:
    """A timetable as arrays; `ranks` says for each day how many working days there are up to it."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    before: NDArray[np.int64]
    first: int
    days: NDArray[np.int64]
    ranks: NDArray[np.int64]

    def worked(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the work up to each instant."""
        if not self.starts.size:
            return np.zeros(at.shape, np.int64)
        i = np.searchsorted(self.starts, at, "right") - 1
        return np.where(i >= 0, self.before[i] + np.minimum(at, self.ends[i]) - self.starts[i], 0)

    def at(self, worked: NDArray[np.int64], side: Literal["left", "right"]) -> NDArray[np.int64]:
        """Return the first or the last instant by which so much is worked, where there is one."""
        if not self.starts.size:
            return np.zeros(worked.shape, np.int64)
        i = np.clip(np.searchsorted(self.before, worked, side) - 1, 0, self.starts.size - 1)
        return self.starts[i] + worked - self.before[i]

    def after(self, at: NDArray[np.int64], n: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the n-th working day after each day, for n from one up."""
        return self.days.take(self.ranks.take(at - self.first) + (n - 1), mode="clip")

    def after_or_before(self, at: NDArray[np.int64], n: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the n-th working day after each day, before it for n below zero."""
        before = self.days.take(self.ranks.take(at - self.first - 1) + n, mode="clip")
        return np.where(n == 0, at, np.where(n > 0, self.after(at, n), before))


def _columns(table: Timetable) -> _Columns:
    if not table.columns:
        starts, ends, before = (
            np.array(c, "timedelta64[us]").view(np.int64) for c in (table.starts, table.ends, table.before)
        )
        days = np.array(table.days, "datetime64[D]").view(np.int64)
        ranks = np.array(table.ranks, np.int64)
        first = table.first_day - EPOCH_DAY - 1
        table.columns.append(_Columns(starts, ends, before, first, days, ranks))
    found = table.columns[0]
    assert isinstance(found, _Columns)  # noqa: S101 - nothing else is put there
    return found


def elapsed(calendar: Calendar, start: Column, end: Column) -> Answer:
    """Return the working time from each start to its end, negative where the end is earlier."""
    a, b = _paired(_instants(start), _instants(end))
    if not a.size:
        return a.view("timedelta64[us]"), np.zeros(a.shape, bool)
    low, high = _at(min(a.min(), b.min())), _at(max(a.max(), b.max()))
    known = _columns(calendar.reaching(low, high))
    found = _in_blocks(lambda x, y: known.worked(y) - known.worked(x), a, b)
    return found.view("timedelta64[us]"), _doubtful(calendar, a, b, calendar.doubtful(low, high))


def add(calendar: Calendar, start: Column, worked: Column) -> Answer:
    """Return for each start the first instant, not before it, by which that much working time has passed.

    Raises:
        OutOfReachError: the calendar does not have that much.
    """
    at, much = _paired(_instants(start), _durations(worked))
    if not at.size:
        return at.view("datetime64[us]"), np.zeros(at.shape, bool)
    first, last = _at(at.min()), calendar.reach_forward(_at(at.max()), _at(much.max()))
    known = _columns(calendar.reaching(first, last))
    end = _in_blocks(lambda x, y: np.where(y == 0, x, known.at(known.worked(x) + y, "left")), at, much)
    return end.view("datetime64[us]"), _doubtful(calendar, at, end, calendar.doubtful(first, last))


def subtract(calendar: Calendar, end: Column, worked: Column) -> Answer:
    """Return for each end the last instant, not after it, from which that much working time passes until it.

    Raises:
        OutOfReachError: the calendar does not have that much.
    """
    at, much = _paired(_instants(end), _durations(worked))
    if not at.size:
        return at.view("datetime64[us]"), np.zeros(at.shape, bool)
    first, last = calendar.reach_back(_at(at.min()), _at(much.max())), _at(at.max())
    known = _columns(calendar.reaching(first, last))
    start = _in_blocks(lambda x, y: np.where(y == 0, x, known.at(known.worked(x) - y, "right")), at, much)
    return start.view("datetime64[us]"), _doubtful(calendar, start, at, calendar.doubtful(first, last))


def working_days_between(calendar: Calendar, start: Column, end: Column) -> Answer:
    """Return the number of working days after each start up to and with its end."""
    a, b = _paired(_days(start), _days(end))
    if not a.size:
        return a, np.zeros(a.shape, bool)
    low, high = int(min(a.min(), b.min())), int(max(a.max(), b.max()))
    known = _columns(calendar.with_days(low + EPOCH_DAY, high + EPOCH_DAY))
    found = _in_blocks(lambda x, y: known.ranks.take(y - known.first) - known.ranks.take(x - known.first), a, b)
    if not calendar.unsure(low + EPOCH_DAY, high + EPOCH_DAY):
        return found, np.zeros(a.shape, bool)
    return found, (a != b) & _unsure(calendar, np.minimum(a, b) + 1, np.maximum(a, b))


def add_working_days(calendar: Calendar, day: Column, days: Column) -> Answer:
    """Return the n-th working day after each day, before it for n below zero.

    Raises:
        OutOfReachError: the calendar does not have that many.
    """
    at, n = _paired(_days(day), np.asarray(days, np.int64))
    if not at.size:
        return at.view("datetime64[D]"), np.zeros(at.shape, bool)
    first, last = int(at.min()) + EPOCH_DAY, int(at.max()) + EPOCH_DAY
    least = int(n.min())
    low = min(first, calendar.nth_day(first, min(least, 0)))
    high = max(last, calendar.nth_day(last, max(int(n.max()), 0)))
    known = _columns(calendar.with_days(low, high))
    found = _in_blocks(known.after if least > 0 else known.after_or_before, at, n) if known.days.size else at
    if not calendar.unsure(low, high):
        return found.view("datetime64[D]"), np.zeros(at.shape, bool)
    return found.view("datetime64[D]"), (n != 0) & _unsure(
        calendar, np.minimum(at + 1, found), np.maximum(at - 1, found)
    )


def _at(microseconds: np.int64) -> timedelta:
    return int(microseconds) * MICROSECOND


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
    return _whole(column, "datetime64[D]")


def _whole(column: Column, kind: str) -> NDArray[np.int64]:
    """Return a column of times as whole numbers; a missing one is the caller's to settle first."""
    found = np.asarray(column)
    if found.dtype.kind != kind[0].replace("d", "M").replace("t", "m"):
        raise TypeError(f"a column of {kind} is needed, not of {found.dtype}")
    whole = np.ascontiguousarray(found.astype(kind, copy=False)).view(np.int64)
    if whole.size and int(whole.min()) == _MISSING:
        raise OutOfReachError("a missing time has no place in a calendar; leave such rows out first")
    return whole


def _paired(one: NDArray[np.int64], other: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if one.shape == other.shape:
        return one, other
    a, b = np.broadcast_arrays(one, other)
    return np.ascontiguousarray(a), np.ascontiguousarray(b)


def _in_blocks(
    find: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.int64]],
    one: NDArray[np.int64],
    other: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return what is found for two columns, some rows at a time, so that what is made on the way stays in the cache."""
    found = np.empty(one.shape, np.int64)
    a, b, into = one.reshape(-1), other.reshape(-1), found.reshape(-1)
    for start in range(0, a.size, _ROWS):
        rows = slice(start, start + _ROWS)
        into[rows] = find(a[rows], b[rows])
    return found


def _doubtful(calendar: Calendar, a: NDArray[np.int64], b: NDArray[np.int64], at_all: bool) -> NDArray[np.bool_]:
    """Return which stretches have days in them that are not covered, if it can be so at all."""
    if not at_all:
        return np.zeros(a.shape, np.bool_)
    low, high = np.minimum(a, b), np.maximum(a, b)
    covered_from, covered_to = calendar.made.covered_from // MICROSECOND, calendar.made.covered_to // MICROSECOND
    found = (low < high) & ((low < covered_from) | (high > covered_to))
    return np.asarray(found, np.bool_)


def _unsure(calendar: Calendar, first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.bool_]:
    low, high = calendar.coverage.first, calendar.coverage.last
    found = np.zeros(first.shape, np.bool_)
    if low is not None:
        found |= first < low.toordinal() - EPOCH_DAY
    if high is not None:
        found |= last > high.toordinal() - EPOCH_DAY
    return found
