"""Running: what is reckoned at once is what the day-by-day walk says, whatever the pauses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from complaint_rules.calendar_data import load_calendar
from complaint_rules.deadline import TERMS, Terms, due
from complaint_rules.running import Clock, DueInstant, shifted
from complaint_rules.timetable import EPOCH, MICROSECOND, Hours
from complaint_rules.worktime import Calendar, since
from sizes import of

NONE = timedelta(0)
COUNT = of(400, 20_000)
OFFICE = load_calendar("cn-office")
NINE_TO_FIVE = ((Hours(9 * 3600, 17 * 3600),),) * 5 + ((), ())
CALENDARS = (OFFICE, Calendar("Europe/Berlin", NINE_TO_FIVE), Calendar("America/New_York", NINE_TO_FIVE))
BEGINS = (datetime(2024, 4, 24, tzinfo=UTC), datetime(2024, 3, 25, tzinfo=UTC), datetime(2024, 10, 29, tzinfo=UTC))


def instant(rng, base, days):
    """Return an instant on a coarse grid, so that midnights and the ends of business are met."""
    return base + timedelta(minutes=30 * rng.randrange(days * 48))


def random_terms(rng):
    unit = rng.choice(TERMS["unit"])
    most = {"minute": 3000, "hour": 100, "business_hour": 40, "week": 2, "month": 2}.get(unit, 8)
    return Terms(rng.randrange(most), unit, **{k: rng.choice(v) for k, v in TERMS.items() if k != "unit"})


def random_pauses(rng, start):
    ends = sorted({instant(rng, start, 14) for _ in range(2 * rng.randrange(4))})
    return tuple(zip(ends[::2], ends[1::2]))


def cases(seed, count):
    rng = Random(seed)
    for _ in range(count):
        at = rng.randrange(3)
        start = instant(rng, BEGINS[at], 12)
        yield random_terms(rng), start, CALENDARS[at], random_pauses(rng, start)


def unrolled(seed):
    return (c for c in cases(seed, COUNT) if c[0].end_roll != "previous_working_day")


@pytest.mark.parametrize("seed", range(5))
def test_the_due_instant_is_the_one_that_the_walk_reaches(seed):
    for terms, start, calendar, pauses in cases(seed, COUNT):
        walked = due(terms, start, calendar, pauses)
        found = Clock(terms, since(start), calendar).due([(since(a), since(b)) for a, b in pauses])

        said = terms, start, calendar.zone, pauses
        assert found.at == since(walked.instant), said
        assert (found.last_day is not None) == walked.at_end_of_day, said


def test_no_due_instant_lies_in_a_pause_that_began_before_it():
    """Only one that is rolled back to an earlier day can."""
    for terms, start, calendar, pauses in unrolled(99):
        spells = [(since(a), since(b)) for a, b in pauses]
        found = Clock(terms, since(start), calendar).due(spells)

        kept = found.passed - MICROSECOND
        assert not any(a <= kept < b for a, b in spells), (terms, start, pauses)


def test_the_share_of_a_limit_is_the_instant_by_which_so_much_is_used():
    for terms, start, calendar, pauses in unrolled(7):
        clock, at = Clock(terms, since(start), calendar), since(start)
        spells = [(since(a), since(b)) for a, b in pauses]
        end = clock.due(spells).at
        whole = clock.used(end, spells)
        half = clock.share(50, end, spells)

        assert not whole or at <= half <= end
        assert clock.used(half, spells) == whole // 2


CASES = [
    ("2 hours after an hour limit", DueInstant(NONE, None, False), 2, "hour", timedelta(hours=2, microseconds=1)),
    ("2 hours before an hour limit", DueInstant(NONE, None, False), -2, "hour", timedelta(hours=-2)),
]


@pytest.mark.parametrize(("due_at", "amount", "unit", "at"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_hours_around_a_due_instant(due_at, amount, unit, at):
    assert shifted(due_at, amount, unit, OFFICE) == at


@pytest.mark.parametrize(
    ("amount", "unit", "shown"),
    [
        (-1, "working_day", "2024-05-01T00:00"), (1, "working_day", "2024-05-08T00:00"), (1, "month", "2024-06-07T00:00"),
        (1, "week", "2024-05-14T00:00"), (-1, "calendar_day", "2024-05-06T00:00"), (2, "hour", "2024-05-07T02:00"),
    ],
)  # fmt: skip
def test_days_around_a_limit_that_ends_at_24_00_keep_its_24_00(amount, unit, shown):
    """The limit ends with Monday 2024-05-06, after the holiday from 1 to 5 May."""
    midnight = DueInstant(since(OFFICE.end_of_day(date(2024, 5, 6))), date(2024, 5, 6).toordinal(), False)
    found = EPOCH + shifted(midnight, amount, unit, OFFICE) + timedelta(hours=8)

    assert found.strftime("%Y-%m-%dT%H:%M") == shown
