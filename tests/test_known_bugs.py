"""What ticket systems are known to get wrong about time, each as a small life with the right answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from complaint_rules import load_text, replay
from random_replays import CALENDARS

RULESET = """
language: 1
ruleset: desk
version: 1.0.0
title: 服务台
time_zone: {zone}
calendar: {calendar}
events:
  received: {{label: 收到, carries: [priority]}}
  answered: 答复
  refused: 客户不接受
  reopened: 重新打开
  ordered: 等候配件
  arrived: 配件到货
  asked: 等候客户
  customer_replied: 客户回复
  called: 未接通
inputs:
  priority: {{values: {{low: 低, high: 高}}}}
  received_at: {{type: datetime, from: {{first: received}}}}
  opened_at: {{type: datetime, from: {{last: [received, reopened]}}}}
  answered: {{type: boolean, from: {{happened: answered, until: [refused, reopened]}}}}
  awaiting_parts: {{type: boolean, from: {{happened: ordered, until: arrived}}}}
  awaiting_customer: {{type: boolean, from: {{happened: asked, until: customer_replied}}}}
  calls: {{type: integer, minimum: 0, from: {{count: called, spacing: PT3H}}}}
decisions:
  waiting: {{expression: awaiting_parts or awaiting_customer}}
  tried: {{expression: calls >= 3}}
  limit:
    inputs: [priority]
    output: {{type: integer, minimum: 0}}
    rules:
      - {{id: high, when: {{priority: high}}, then: {high}, because: [desk-1]}}
      - {{id: low, when: {{priority: low}}, then: {low}, because: [desk-1]}}
deadlines:
  answer:
    start: {start}
    within: limit
    unit: {unit}
    met_when: answered
    pause_while: waiting
    {more}
    milestones:
      half: {{at: 50%}}
      chase: {{after_due: 1, unit: calendar_day, every: 1}}
"""
FILLED = {
    "zone": "Asia/Shanghai", "calendar": "cn-office", "high": 4, "low": 8, "start": "received_at", "unit": "business_hour",
    "more": "retarget: from_start",
}  # fmt: skip


class Bug(NamedTuple):
    """What others do, a log (time, event, what it brings), the instant asked about, and what must be true then."""

    others: str
    log: Sequence[tuple[Any, ...]]
    now: str
    due: str | None
    status: str
    other: Mapping[str, Any] = {}  # of the desk
    happened: Mapping[str, int] = {}


LOW = {"priority": "low"}
HIGH = {"priority": "high"}
DAYS = {"unit": "working_day"}
HOURS = {"unit": "hour"}

# 2024-05-06 is a Monday; the labour holiday ends on 5 May, Saturday 11 May is worked. Office hours are
# 09:00-12:00 and 13:00-17:30.
BUGS = {
    "pause_times_calendar": Bug(
        "subtract the whole weekend of a pause from working time",
        [("05-17 16:30", "received", LOW), ("05-17 17:00", "ordered"), ("05-20 09:30", "arrived")], "05-20 10:00",
        "2024-05-21 09:30", "running",
    ),
    "pause_lost_on_priority_change": Bug(
        "forget the pauses when the priority changes",
        [("05-06 09:00", "received", LOW), ("05-06 10:00", "ordered"), ("05-06 15:00", "arrived"),
         ("05-06 15:30", "facts", HIGH)], "05-06 16:00", "2024-05-07 09:30", "running",
    ),
    "round_the_clock_closes_at_midnight": Bug(
        "end a day that is open all day at 23:59 or skip a minute at midnight",
        [("05-06 22:00", "received", HIGH)], "05-07 01:00", "2024-05-07 02:00", "running", HOURS,
    ),
    "bounded_look_ahead": Bug(
        "give up after a year of days", [("05-06 09:00", "received", LOW)], "05-07 01:00", "2026-05-11 24:00", "running",
        {**DAYS, "low": 500},
    ),
    "lunch_break": Bug(
        "count the lunch break", [("05-06 11:30", "received", HIGH)], "05-06 13:00", "2024-05-06 16:30", "running",
    ),
    "one_interval_a_day": Bug(
        "know one interval a day and open at the first", [("05-06 12:20", "received", HIGH)], "05-06 13:00",
        "2024-05-06 17:00", "running",
    ),
    "make_up_saturday": Bug(
        "take every Saturday off", [("05-10 15:00", "received", LOW)], "05-11 09:00", "2024-05-11 24:00", "running",
        {**DAYS, "low": 1},
    ),
    "holiday": Bug(
        "work on a holiday in the middle of a week", [("04-30 10:00", "received", LOW)], "05-06 09:00",
        "2024-05-07 24:00", "running", {**DAYS, "low": 2},
    ),
    "calendar_not_published": Bug(
        "take what is not published as it is, silently", [("05-06 09:00", "received", LOW)], "05-07 01:00",
        "2029-01-22 24:00", "running", {**DAYS, "low": 1200},
    ),
    "share_of_elapsed_time": Bug(
        "remind at half of the time that passes, in the middle of a weekend", [("05-17 16:30", "received", LOW)],
        "05-19 12:00", "2024-05-20 17:00", "running", {}, {"answer.half": 0},
    ),
    "verdict_deleted": Bug(
        "delete a breach when the limit is reckoned anew",
        [("05-06 09:00", "received", HIGH), ("05-06 15:00", "facts", LOW)], "05-06 16:00", "2024-05-06 18:00", "overdue",
        {**HOURS, "high": 4, "low": 9},
    ),
    "breach_before_it_was_known": Bug(
        "date a breach back to before the priority was raised",
        [("05-06 09:00", "received", LOW), ("05-06 15:00", "facts", HIGH)], "05-06 16:00", "2024-05-06 13:00", "overdue",
        HOURS, {"answer.breached": 1},
    ),
    "summer_time": Bug(
        "add hours on the clock's face", [("03-30 20:00", "received", LOW)], "03-31 01:00", "2024-03-31 05:00", "running",
        {**HOURS, "zone": "Europe/Berlin", "calendar": "berlin.yaml"},
    ),
    "boundary_of_hours": Bug(
        "call the last instant late", [("05-06 09:00", "received", HIGH), ("05-06 13:00", "answered")], "05-06 14:00",
        "2024-05-06 13:00", "met", HOURS,
    ),
    "boundary_of_days": Bug(
        "call 24:00 in time", [("05-06 09:00", "received", LOW), ("05-08 00:00", "answered")], "05-08 01:00",
        "2024-05-07 24:00", "met_late", {**DAYS, "low": 1},
    ),
    "refused_answer_stopped_it": Bug(
        "stop the clock for good at the first answer",
        [("05-06 09:00", "received", HIGH), ("05-06 10:00", "answered"), ("05-06 12:00", "refused")], "05-06 13:30",
        "2024-05-06 13:00", "overdue", HOURS,
    ),
    "reopened_keeps_old_due": Bug(
        "leave the old due instant when a complaint is opened again",
        [("05-06 09:00", "received", HIGH), ("05-06 10:00", "answered"), ("05-07 09:00", "reopened")], "05-07 10:00",
        "2024-05-07 13:00", "running", {**HOURS, "start": "opened_at"},
    ),
    "pause_after_breach": Bug(
        "take a breach back by a pause that came later",
        [("05-06 09:00", "received", HIGH), ("05-06 13:30", "asked")], "05-06 14:00", "2024-05-06 13:00", "overdue", HOURS,
    ),
    "two_pauses_at_once": Bug(
        "count a time twice in which two things were waited for",
        [("05-06 09:00", "received", HIGH), ("05-06 10:00", "ordered"), ("05-06 11:00", "asked"), ("05-06 12:00", "arrived"),
         ("05-06 14:00", "customer_replied")], "05-06 15:00", "2024-05-06 17:00", "running", HOURS,
    ),
    "reminded_after_the_answer": Bug(
        "go on reminding after the answer",
        [("05-06 09:00", "received", HIGH), ("05-06 13:30", "answered")], "05-10 14:00", "2024-05-06 13:00", "met_late",
        HOURS, {"answer.half": 1, "answer.chase": 0},
    ),
    "received_on_a_day_off": Bug(
        "start to count on a day off", [("05-04 10:00", "received", HIGH)], "05-06 09:00", "2024-05-06 14:00", "running",
    ),
    "end_of_month": Bug(
        "go from 31 January to 2 March", [("01-31 10:00", "received", LOW)], "02-01 09:00", "2024-02-29 24:00", "running",
        {"unit": "month", "low": 1},
    ),
    "attempts_in_a_row": Bug(
        "excuse by three calls in a minute",
        [("05-06 09:00", "received", HIGH), ("05-06 10:00", "called"), ("05-06 10:01", "called"), ("05-06 10:02", "called")],
        "05-06 14:00", "2024-05-06 13:00", "overdue", {**HOURS, "more": "excused_when: tried"},
    ),
    "attempts_apart": Bug(
        "hold someone late who tried as often as was asked",
        [("05-06 09:00", "received", LOW), ("05-06 10:00", "called"), ("05-06 13:00", "called"), ("05-06 16:00", "called")],
        "05-06 18:00", "2024-05-06 17:00", "excused", {**HOURS, "more": "excused_when: tried"},
    ),
}  # fmt: skip


def at(text, zone):
    return datetime.fromisoformat(f"2024-{text}").replace(tzinfo=ZoneInfo(zone))


def entries(bug, zone):
    return [
        {"event": event, "at": at(when, zone).isoformat(), "id": str(i), **({"facts": facts[0]} if facts else {})}
        for i, (when, event, *facts) in enumerate(bug.log)
    ]


@pytest.fixture(autouse=True)
def berlin(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("berlin.yaml").write_text(CALENDARS["berlin.yaml"][1], "utf-8")


def lived(bug, log=None):
    filled = {**FILLED, **bug.other}
    rules = load_text(RULESET.format(**filled))
    zone = filled["zone"]
    return replay(rules, {}, entries(bug, zone) if log is None else log, now=at(bug.now, zone))


def due_of(found):
    run = found.obligations["answer"].run
    return run.shown if run.last_day else run.due.strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize("name", BUGS)
def test_what_others_get_wrong_is_right(name):
    bug = BUGS[name]
    found = lived(bug)
    counted = [e.name if e.kind == "milestone" else f"{e.name}.{e.kind}" for e in found.journal]

    assert due_of(found) == bug.due, bug.others
    assert found.obligations["answer"].status == bug.status, bug.others
    assert {n: counted.count(n) for n in bug.happened} == dict(bug.happened), bug.others


@pytest.mark.parametrize("name", BUGS)
def test_the_order_of_arrival_and_a_second_delivery_say_nothing(name):
    bug = BUGS[name]
    log = entries(bug, {**FILLED, **bug.other}["zone"])

    assert lived(bug, [*reversed(log), log[0]]).to_json() == lived(bug, log).to_json()


def test_a_late_correction_gives_a_new_verdict_beside_the_old_one():
    """The parts were ordered an hour earlier than was first said: known only after the breach."""
    log = entries(Bug("", [("05-06 09:00", "received", HIGH), ("05-06 12:00", "ordered"), ("05-06 12:30", "arrived")], "", None, ""),
                  "Asia/Shanghai")  # fmt: skip
    mended = {
        "event": "ordered", "at": "2024-05-06T10:00:00+08:00", "recorded_at": "2024-05-06T13:45:00+08:00", "corrects": "1",
        "id": "9",
    }  # fmt: skip
    bug = BUGS["pause_after_breach"]._replace(log=[], now="05-06 14:00", due=None)
    before, after = (lived(bug._replace(now=now), [*log, mended]) for now in ("05-06 13:40", "05-06 14:00"))

    assert [e.kind for e in before.journal if e.kind == "breached"] == ["breached"]
    assert after.obligations["answer"].status == "running"
    assert [(r.was, r.now) for r in after.revised] == [("overdue", None)]


def test_the_same_instant_may_be_told_in_any_zone():
    bug = BUGS["boundary_of_hours"]
    log = [
        {**e, "at": datetime.fromisoformat(e["at"]).astimezone(ZoneInfo("America/New_York")).isoformat()}
        for e in entries(bug, "Asia/Shanghai")
    ]

    assert lived(bug, log).to_json() == lived(bug).to_json()
