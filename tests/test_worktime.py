"""Working time: the laws, the oracles, and the cases where others fail."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from complaint_rules.timetable import DAY, MICROSECOND, Hours, spans
from complaint_rules.worktime import (
    Calendar,
    Coverage,
    DayException,
    OutOfReachError,
    ProvisionalError,
    Reckoned,
    since,
)
from worktime_checks import check_cover, check_laws, check_ticks, check_walk, hours

OFFICE = (hours([("09:00", "12:00"), ("13:00", "17:30")]),) * 5 + ((), ())
NIGHT = (hours([("22:00", "06:00")]),) * 5 + ((), ())
ROUND = (hours([("00:00", "24:00")]),) * 7


def at(text, zone="Asia/Shanghai", fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


@pytest.mark.parametrize("seed", range(4))
def test_ticking_minute_by_minute_gives_the_same(seed):
    rng = Random(seed)
    assert sum(check_ticks(rng) for _ in range(25)) > 100


@pytest.mark.parametrize("seed", range(4))
def test_walking_day_by_day_gives_the_same(seed):
    rng = Random(seed)
    assert sum(check_walk(rng) for _ in range(12)) > 300


@pytest.mark.parametrize("seed", range(4))
def test_the_laws_hold_to_the_microsecond(seed):
    rng = Random(seed)
    assert sum(check_laws(rng) for _ in range(12)) > 900


@pytest.mark.parametrize("seed", range(4))
def test_what_is_not_provisional_cannot_change(seed):
    rng = Random(seed)
    assert sum(check_cover(rng) for _ in range(12)) > 700


def test_lunch_is_not_worked_and_an_interval_has_its_start_and_not_its_end():
    calendar = Calendar("Asia/Shanghai", OFFICE)

    assert calendar.elapsed(at("2025-03-03T11:00"), at("2025-03-03T14:00")).value == timedelta(hours=2)
    assert calendar.is_working(at("2025-03-03T09:00")).value
    assert not calendar.is_working(at("2025-03-03T12:00")).value


def test_time_that_ends_with_the_day_ends_that_day_and_not_the_next_morning():
    calendar = Calendar("Asia/Shanghai", OFFICE)
    day = timedelta(hours=7.5)

    assert calendar.add(at("2025-03-07T09:00"), day).value == at("2025-03-07T17:30")
    assert calendar.subtract(at("2025-03-10T17:30"), day).value == at("2025-03-10T09:00")
    assert calendar.next_open(at("2025-03-07T17:30")).value == at("2025-03-10T09:00")


def test_a_calendar_round_the_clock_does_not_close_at_midnight():
    calendar = Calendar("Europe/Berlin", ROUND)
    start = at("2025-03-29T12:00", "Europe/Berlin")

    assert calendar.add(start, timedelta(hours=24)).value == start.astimezone(UTC) + timedelta(hours=24)


def test_a_skipped_hour_is_not_worked_and_a_repeated_one_is_worked_twice():
    early = (hours([("00:00", "04:00")]),) * 7
    calendar = Calendar("Europe/Berlin", early)

    for day, worked in (("2025-03-29", 4), ("2025-03-30", 3), ("2025-10-26", 5)):
        start, end = at(f"{day}T00:00", "Europe/Berlin"), at(f"{day}T23:00", "Europe/Berlin")
        assert calendar.elapsed(start, end).value == timedelta(hours=worked)


def test_hours_that_begin_or_end_in_a_change_of_the_clock_follow_what_the_clock_shows():
    inside = Calendar("Europe/Berlin", (hours([("02:15", "02:45")]),) * 7)
    spring, autumn = at("2025-03-30T00:00", "Europe/Berlin"), at("2025-10-26T00:00", "Europe/Berlin")

    assert inside.elapsed(spring, spring.replace(hour=23)).value == timedelta(0)
    assert inside.elapsed(autumn, autumn.replace(hour=23)).value == timedelta(hours=1)
    assert inside.is_working(at("2025-10-26T02:30", "Europe/Berlin", fold=1)).value


def test_a_night_shift_belongs_to_the_day_on_which_it_begins():
    friday = DayException(date(2025, 3, 7), (), "closed")
    calendar = Calendar("Asia/Shanghai", NIGHT, (friday,))

    assert calendar.is_working(at("2025-03-07T05:00")).value  # Thursday's
    assert not calendar.is_working(at("2025-03-08T05:00")).value
    assert calendar.exception_on(date(2025, 3, 7)) == friday
    assert calendar.exception_on(date(2025, 3, 6)) is None


def test_a_change_of_the_clock_at_the_very_end_of_a_stretch_begins_no_new_one():
    berlin, change = ZoneInfo("Europe/Berlin"), at("2025-03-30T03:00", "Europe/Berlin")
    end = since(change) // MICROSECOND

    assert list(spans(berlin, end - 2 * DAY - 5, end)) == [(end - 2 * DAY - 5, end, 3_600_000_000)]
    assert [s[0] for s in spans(berlin, end - 5, end + 5)] == [end - 5, end]


def test_an_instant_is_shown_alike_within_the_timetable_and_outside_of_it():
    days = [date(2025, 3, 29), date(2025, 3, 30), date(2025, 10, 25), date(2025, 10, 26), date(2029, 12, 31)]
    fresh, used = Calendar("Europe/Berlin", ROUND), Calendar("Europe/Berlin", ROUND)
    used.is_working(at("2025-06-01T00:00", "Europe/Berlin"))

    assert [repr(used.end_of_day(d)) for d in days] == [repr(fresh.end_of_day(d)) for d in days]
    assert used.end_of_day(days[1]).utcoffset() == timedelta(hours=2)
    assert Calendar("America/Lima", ROUND).end_of_day(date(2199, 12, 31)).year == 2200


def test_days_at_the_ends_of_what_is_laid_out_are_counted_on():
    calendar = Calendar("UTC", ROUND)
    assert calendar.working_days_between(date(2020, 1, 1), date(2029, 12, 31)).value == 3652
    assert calendar.add_working_days(date(2029, 12, 31), 1).value == date(2030, 1, 1)
    assert calendar.add_working_days(date(2020, 1, 1), -1).value == date(2019, 12, 31)
    assert calendar.add_working_days(date(2019, 12, 31), 1).value == date(2020, 1, 1)
    with pytest.raises(OutOfReachError):
        calendar.add_working_days(date(2200, 1, 1), -1)


def test_a_day_that_the_zone_never_had_has_no_time():
    calendar = Calendar("Pacific/Apia", ROUND)
    start, end = at("2011-12-29T00:00", "Pacific/Apia"), at("2011-12-31T00:00", "Pacific/Apia")

    assert calendar.elapsed(start, end).value == timedelta(hours=24)
    assert calendar.end_of_day(date(2011, 12, 29)) == end


def test_nothing_is_clipped_beyond_coverage_and_everything_there_is_provisional():
    calendar = Calendar("Asia/Shanghai", OFFICE, (), Coverage(date(2024, 1, 1), date(2024, 12, 31)))
    beyond = calendar.add(at("2024-12-31T16:30"), timedelta(hours=2))

    assert beyond == Reckoned(at("2025-01-01T10:00"), provisional=True)
    assert beyond.sure is None
    with pytest.raises(ProvisionalError, match="does not cover"):
        beyond.required()
    assert calendar.add(at("2024-12-31T16:30"), timedelta(hours=1)).required() == at("2024-12-31T17:30")
    assert calendar.add(at("2031-05-06T09:00"), timedelta(hours=1)).value == at("2031-05-06T10:00")
    assert calendar.elapsed(at("2031-05-06T09:00"), at("2031-05-06T09:00")).sure == timedelta(0)


def test_the_first_covered_morning_may_belong_to_a_night_that_is_not_covered():
    once = DayException(date(2023, 6, 1), NIGHT[0])

    for calendar in (
        Calendar("Asia/Shanghai", NIGHT, (), Coverage(date(2024, 1, 2))),
        Calendar("Asia/Shanghai", OFFICE, (once,), Coverage(date(2024, 1, 2))),
    ):
        assert calendar.is_working(at("2024-01-02T05:00")).provisional
        assert not calendar.is_working(at("2024-01-02T06:00")).provisional


def test_the_day_itself_does_not_count():
    calendar = Calendar("Asia/Shanghai", OFFICE)

    assert calendar.add_working_days(date(2025, 3, 7), 1).value == date(2025, 3, 10)
    assert calendar.add_working_days(date(2025, 3, 8), 1).value == date(2025, 3, 10)
    assert calendar.add_working_days(date(2025, 3, 8), 0).value == date(2025, 3, 8)
    assert calendar.add_working_days(date(2025, 3, 8), -1).value == date(2025, 3, 7)
    assert calendar.working_day_from(date(2025, 3, 8)).value == date(2025, 3, 10)
    assert calendar.working_days_between(date(2025, 3, 7), date(2025, 3, 10)).value == 1


def test_a_month_is_counted_from_either_end():
    calendar = Calendar("Asia/Shanghai", OFFICE, (), Coverage(None, date(2025, 3, 20)))

    assert calendar.nth_working_day(2025, 3, 1) == Reckoned(date(2025, 3, 3))
    assert calendar.nth_working_day(2025, 12, -1) == Reckoned(date(2025, 12, 31), provisional=True)
    assert calendar.nth_working_day(2025, 2, 21) == Reckoned(None)
    assert calendar.nth_working_day(2025, 3, 0) == Reckoned(None, provisional=True)


def test_what_cannot_be_is_refused_at_once():
    calendar, never = Calendar("Asia/Shanghai", OFFICE), Calendar("Asia/Shanghai", ((),) * 7)
    now = at("2025-03-07T09:00")

    for impossible in (
        lambda: never.next_open(now),
        lambda: never.add(now, timedelta(seconds=1)),
        lambda: never.subtract(now, timedelta(seconds=1)),
        lambda: never.add_working_days(date(2025, 3, 7), -1),
        lambda: calendar.add(now, timedelta(days=90_000)),
        lambda: calendar.elapsed(now, datetime(9999, 12, 31, tzinfo=UTC)),
        lambda: calendar.is_working_day(date(1, 1, 1)) and calendar.working_days_between(date(1, 1, 1), date.max),
    ):
        with pytest.raises(OutOfReachError):
            impossible()
    with pytest.raises(ValueError, match="no offset"):
        calendar.next_open(datetime(2025, 3, 7))  # noqa: DTZ001 - that is the point
    with pytest.raises(ValueError, match="negative"):
        calendar.add(now, timedelta(seconds=-1))
    with pytest.raises(ValueError, match="7 days"):
        Calendar("Asia/Shanghai", ((),))
    for start, end in ((3600, 3600), (-1, 5), (0, 86_401), (86_400, 90_000)):
        with pytest.raises(ValueError, match="no hours"):
            Hours(start, end)


def test_an_answer_keeps_its_offset_so_that_adding_to_it_and_comparing_it_are_exact():
    calendar = Calendar("America/New_York", ROUND)
    start = datetime(2024, 11, 3, 5, 30, tzinfo=UTC)
    repeated = calendar.add(start, timedelta(hours=1)).value

    assert repeated == start + timedelta(hours=1)
    assert repeated.isoformat() == "2024-11-03T01:30:00-05:00"
    assert repeated + timedelta(hours=1) == start + timedelta(hours=2)


def test_a_calendar_is_a_value():
    calendar = Calendar("Asia/Shanghai", NIGHT, (DayException(date(2025, 3, 7), ()),))
    calendar.next_open(at("2025-03-07T09:00"))

    assert pickle.loads(pickle.dumps(calendar)) == calendar
    assert hash(calendar) == hash(pickle.loads(pickle.dumps(calendar)))
    assert str(NIGHT[0][0]) == "22:00-06:00"
    assert str(Hours(3661, 86_400)) == "01:01:01-24:00"
