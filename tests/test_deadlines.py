"""Deadlines: the terms of the field, each reading explicit, and a due instant that explains itself day by day."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from random import Random

import pytest

from complaint_rules import FactsError, RulesetError, load_text
from complaint_rules.calendar_data import load_calendar
from complaint_rules.deadline import Terms, due
from complaint_rules.library import due as due_of

CHINA = timezone(timedelta(hours=8))
OFFICE = load_calendar("cn-office")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("terms", "start", "shown"),
    [
        (Terms(3, "working_day"), "2024-03-08T10:00", "2024-03-13 24:00"),
        (Terms(5, "working_day"), "2025-09-30T10:00", "2025-10-14 24:00"),  # a holiday and a Saturday that is worked
        (Terms(3, "working_day", day_one="same_day"), "2024-03-08T10:00", "2024-03-12 24:00"),
        (Terms(0, "working_day"), "2024-03-08T10:00", "2024-03-08 24:00"),
        (Terms(7, "calendar_day"), "2024-03-04T10:00", "2024-03-11 24:00"),
        (Terms(7, "calendar_day", end_roll="next_working_day"), "2024-04-27T10:00", "2024-05-06 24:00"),
        (Terms(7, "calendar_day", end_roll="previous_working_day"), "2024-04-27T10:00", "2024-04-30 24:00"),
        (Terms(1, "week"), "2024-03-04T10:00", "2024-03-11 24:00"),
        (Terms(1, "month"), "2024-01-31T10:00", "2024-02-29 24:00"),
        (Terms(13, "month"), "2023-12-31T10:00", "2025-01-31 24:00"),
        (Terms(72, "hour"), "2024-03-11T09:00", "2024-03-14 09:00+08:00"),
        (Terms(30, "minute"), "2024-03-11T23:45", "2024-03-12 00:15+08:00"),
        (Terms(4, "business_hour"), "2024-03-08T16:30", "2024-03-11 12:00+08:00"),
        (Terms(1, "working_day", due_at="same_time"), "2024-03-08T10:00", "2024-03-11 10:00+08:00"),
        (Terms(1, "working_day", due_at="end_of_business"), "2024-03-08T10:00", "2024-03-11 17:30+08:00"),
        (Terms(1, "working_day", start_roll="next_working_day"), "2024-03-09T10:00", "2024-03-12 24:00"),
    ],
)
def test_a_limit_ends_where_its_terms_say(terms: Terms, start: str, shown: str) -> None:
    assert str(due(terms, at(start), OFFICE)) == shown


def test_each_day_is_counted_or_has_a_reason() -> None:
    steps = due(Terms(2, "working_day"), at("2024-04-29T16:00"), OFFICE).steps

    assert [(s.day.isoformat()[5:], s.count, s.why) for s in steps] == [
        ("04-29", None, "start"), ("04-30", 1, ""), *((f"05-0{d}", None, "劳动节") for d in range(1, 6)), ("05-06", 2, ""),
    ]  # fmt: skip


def test_days_beyond_the_calendar_are_provisional_and_never_clipped() -> None:
    found = due(Terms(5, "working_day"), at("2031-09-30T10:00"), OFFICE)

    assert found.provisional
    assert str(found) == "2031-10-07 24:00"
    assert not due(Terms(5, "calendar_day"), at("2031-09-30T10:00"), OFFICE).provisional


def worked(day: date) -> bool:
    return bool(OFFICE.is_working_day(day).value)


def test_a_limit_in_working_days_is_what_walking_day_by_day_gives() -> None:
    rng = Random(4)
    for _ in range(2000):
        start = datetime(2023, 1, 1, rng.randrange(24), rng.randrange(60), tzinfo=CHINA) + timedelta(
            rng.randrange(1200)
        )
        amount, same_day = rng.randint(1, 30), rng.random() < 0.5
        found = due(Terms(amount, "working_day", "same_day" if same_day else "next_day"), start, OFFICE)
        day, left = start.date() - timedelta(days=same_day), amount
        while left:
            day += timedelta(days=1)
            left -= worked(day)

        assert found.last_day == day
        assert found.instant == datetime(day.year, day.month, day.day, tzinfo=CHINA) + timedelta(days=1)
        assert sum(s.count is not None for s in found.steps) == amount


def test_more_time_is_never_due_earlier() -> None:
    rng = Random(5)
    for _ in range(300):
        start = datetime(2024, 1, 1, 9, tzinfo=CHINA) + timedelta(hours=rng.randrange(20_000))
        for unit in ("minute", "hour", "business_hour", "working_day", "calendar_day", "week", "month"):
            amount = rng.randint(1, 20)
            assert (
                due(Terms(amount, unit), start, OFFICE).instant <= due(Terms(amount + 1, unit), start, OFFICE).instant
            )


# --- in a ruleset ----------------------------------------------------------------------------------

TEXT = """
language: 1
ruleset: page
version: 1.0.0
title: 示例
calendar: cn-office
parameters:
  counted_from: {reading: received, options: {received: 收到, confirmed: 确认}, reason: open}
  few: {type: integer, unset: true, reason: no number}
inputs:
  received: {type: datetime}
  confirmed: {type: datetime}
  urgent: {type: boolean}
decisions:
  days:
    inputs: [urgent]
    output: {type: integer, unit: day}
    rules: [{id: soon, when: {urgent: yes}, then: 2, because: c1}, {id: later, when: {urgent: no}, then: 5, because: c1}]
  complex: {expression: not urgent, because: c2}
deadlines:
  reply: {label: 答复, start: counted_from, within: days, unit: working_day, because: c1}
  study: {when: complex, start: received, within: few, unit: month, because: c2}
"""
RULES = load_text(TEXT)
GIVEN = {"received": "2024-04-29T16:00:00+08:00", "urgent": True}


def test_a_deadline_reads_facts_decisions_and_readings() -> None:
    found = due_of(RULES, GIVEN)

    assert str(found["reply"].due) == "2024-05-06 24:00"
    assert found["reply"].rests_on == {"counted_from": "received"}
    assert (found["reply"].terms.amount, found["reply"].terms.unit) == (2, "working_day")
    assert found["study"].status == "not_due"


def test_a_reading_selects_the_start() -> None:
    rules = load_text(TEXT, parameters={"counted_from": "confirmed"})

    assert due_of(rules, GIVEN)["reply"].ask == ("confirmed",)
    assert str(due_of(rules, {**GIVEN, "confirmed": "2024-05-08T09:00:00+08:00"})["reply"].due) == "2024-05-10 24:00"


def test_a_duration_is_a_limit_too() -> None:
    text = TEXT.replace("few: {type: integer, unset: true,", "few: {type: duration, assumed: PT36H,")
    rules = load_text(text.replace("unit: month", "unit: hour"))

    assert str(due_of(rules, {**GIVEN, "urgent": False})["study"].due) == "2024-05-01 04:00+08:00"


def test_what_is_missing_is_named() -> None:
    found = due_of(RULES, {"received": GIVEN["received"]})

    assert found["reply"].ask == ("urgent",)
    assert due_of(RULES, {**GIVEN, "urgent": False})["study"].unset == ("few",)


def test_a_limit_below_zero_is_refused() -> None:
    text = TEXT.replace("few: {type: integer, unset: true,", "few: {type: integer, assumed: -3,")

    with pytest.raises(FactsError, match="CR304"):
        due_of(load_text(text), {**GIVEN, "urgent": False})


def test_a_strict_calendar_leaves_open_what_it_does_not_cover() -> None:
    far = {"received": "2031-04-29T16:00:00+08:00", "urgent": True}

    assert due_of(RULES, far)["reply"].due.provisional
    assert due_of(RULES, far, strict=True)["reply"].beyond_calendar


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("unit: working_day", "unit: workday", "CR103"),
        ("start: counted_from", "start: recieved", "CR101"),
        ("start: received", "start: urgent", "CR103"),
        ("within: days", "within: day", "CR101"),
        ("within: days", "within: -5", "CR103"),
        ("within: days", "within: urgent", "CR103"),
        ("calendar: cn-office", "calendar: cn_office", "CR101"),
        ("calendar: cn-office", "calendar: cn-office\ntime_zone: Asia/Beijing", "CR103"),
        ("when: complex", "when: complexx", "CR101"),
        ("calendar: cn-office\n", "", "CR005"),
        ("unit: month,", "unit: month, profile: us,", "CR103"),
        ("unit: month,", "unit: month, day_one: counted_from,", "CR114"),
    ],
)
def test_wrong_deadlines_are_refused_where_they_stand(old: str, new: str, code: str) -> None:
    with pytest.raises(RulesetError, match=code):
        load_text(TEXT.replace(old, new))
