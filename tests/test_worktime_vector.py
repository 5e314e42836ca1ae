"""What is asked of a column is answered as it is one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

np = pytest.importorskip("numpy", reason="numpy is not installed")

from complaint_rules import worktime_vector as vector
from complaint_rules.timetable import EPOCH
from complaint_rules.worktime import Calendar, Coverage, OutOfReachError
from reference_worktime import random_calendar
from worktime_checks import built, some_day, some_instant

NAIVE_EPOCH = EPOCH.replace(tzinfo=None)


def column(instants):
    return np.array([(t.astimezone(UTC).replace(tzinfo=None)) for t in instants], "datetime64[us]")


def check_vector(rng: Random, rows: int = 60) -> int:
    """Hold each column function against its scalar twin."""
    first = some_day(rng)
    low, high = (rng.choice([None, first + timedelta(days=d)]) for d in (5, 24))
    covered = Coverage(low, high)
    calendar = built(random_calendar(rng, first, 30), covered)
    a, b = ([some_instant(rng, first, 30) for _ in range(rows)] for _ in range(2))
    x = [timedelta(microseconds=rng.randrange(3) * rng.randrange(10**11)) for _ in range(rows)]
    n = [rng.randrange(-9, 9) for _ in range(rows)]
    days, others = [t.date() for t in a], [t.date() for t in b]
    durations = np.array(x, "timedelta64[us]")
    dates, ends = np.array(days, "datetime64[D]"), np.array(others, "datetime64[D]")
    pairs = (
        (vector.elapsed(calendar, column(a), column(b)), [calendar.elapsed(s, e) for s, e in zip(a, b)], lambda v: v),
        (vector.add(calendar, column(a), durations), [calendar.add(s, d) for s, d in zip(a, x)], naive),
        (vector.subtract(calendar, column(a), durations), [calendar.subtract(s, d) for s, d in zip(a, x)], naive),
        (vector.working_days_between(calendar, dates, ends),
         [calendar.working_days_between(s, e) for s, e in zip(days, others)], lambda v: v),
        (vector.add_working_days(calendar, dates, np.array(n)),
         [calendar.add_working_days(d, k) for d, k in zip(days, n)], lambda v: v),
    )  # fmt: skip
    for (values, doubtful), scalar, plain in pairs:
        assert values.tolist() == [plain(r.value) for r in scalar], calendar
        assert doubtful.tolist() == [r.provisional for r in scalar], calendar
    return 5 * rows


def naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)


@pytest.mark.parametrize("seed", range(3))
def test_a_column_is_answered_as_one_by_one(seed):
    rng = Random(seed)
    assert sum(check_vector(rng) for _ in range(8)) == 2400


def test_a_column_may_have_no_rows_and_one_value_goes_with_all():
    calendar = built(random_calendar(Random(1), date(2025, 1, 1), 5))
    none, no_days = column([]), np.array([], "datetime64[D]")
    no_time = np.array([], "timedelta64[us]")

    for values, doubtful in (
        vector.elapsed(calendar, none, none),
        vector.add(calendar, none, no_time),
        vector.subtract(calendar, none, no_time),
        vector.working_days_between(calendar, no_days, no_days),
        vector.add_working_days(calendar, no_days, np.array([], int)),
    ):
        assert values.shape == doubtful.shape == (0,)
    start = column([datetime(2025, 1, 2, tzinfo=UTC), datetime(2025, 1, 3, tzinfo=UTC)])
    assert vector.add(calendar, start, np.timedelta64(1, "h"))[0].shape == (2,)


def test_a_column_longer_than_a_block_is_answered_like_its_pieces(monkeypatch):
    monkeypatch.setattr(vector, "_ROWS", 7)
    assert check_vector(Random(4), rows=40) == 200


def test_a_calendar_without_work_has_columns_of_nothing():
    never = Calendar("Asia/Shanghai", ((),) * 7)
    start = column([datetime(2025, 1, 2, tzinfo=UTC)])

    assert vector.elapsed(never, start, start + np.timedelta64(9, "D"))[0].tolist() == [timedelta(0)]
    assert vector.add(never, start, np.timedelta64(0, "s"))[0].tolist() == start.tolist()
    assert vector.subtract(never, start, np.timedelta64(0, "s"))[0].tolist() == start.tolist()
    day = start.astype("datetime64[D]")
    assert vector.add_working_days(never, day, np.array([0]))[0].tolist() == day.tolist()


def test_missing_times_wrong_columns_and_negative_durations_are_refused():
    calendar = built(random_calendar(Random(1), date(2025, 1, 1), 5))
    start = column([datetime(2025, 1, 2, tzinfo=UTC)])

    with pytest.raises(OutOfReachError, match="missing"):
        vector.elapsed(calendar, np.array(["NaT"], "datetime64[us]"), start)
    with pytest.raises(TypeError, match="datetime64"):
        vector.elapsed(calendar, np.array([1.5]), start)
    with pytest.raises(TypeError, match=r"datetime64\[D\]"):
        vector.working_days_between(calendar, start, start)
    with pytest.raises(ValueError, match="negative"):
        vector.add(calendar, start, np.timedelta64(-1, "s"))
    with pytest.raises(OutOfReachError):
        vector.elapsed(calendar, start, start + np.timedelta64(200_000, "D"))
