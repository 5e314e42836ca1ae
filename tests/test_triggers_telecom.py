"""Telecom: the same customer with the same matter again, over all complaint files, and what that complaint learns of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from complaint_rules import load
from complaint_rules.library import replay
from complaint_rules.monitor import Escalation, Monitor

ORDINARY = {"severity": "ordinary", "escalation_trend": False, "frontline_can_handle": True}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def received(complaint: str, when: str, customer: str, matter: str) -> dict[str, Any]:
    facts = {"customer": customer, "matter": matter}
    return {"complaint": complaint, "event": "complaint_received", "at": f"{when}+08:00", "facts": facts}


def found(told: list[dict[str, Any]], **settings: Any) -> list[Escalation]:
    signals = Monitor(load("telecom", parameters=settings)).feed(told, now=at("2024-06-01T00:00"))
    return [s for s in signals if isinstance(s, Escalation)]


TOLD = [
    received("c1", "2024-03-04T09:00", "张", "话费"),
    received("c2", "2024-03-05T09:00", "张", "信号"),
    received("c3", "2024-03-06T09:00", "李", "话费"),
    received("c4", "2024-05-07T09:00", "张", "话费"),
    received("c5", "2024-05-08T09:00", "张", "话费"),
]


def test_the_second_complaint_on_a_matter_and_each_further_one_go_up_a_level() -> None:
    signals = found(TOLD)

    assert [(s.trigger, s.complaint, s.to, s.measure) for s in signals] == [
        ("repeated_complaint", "c4", "next_level", 2),
        ("repeated_complaint", "c5", "next_level", 3),
    ]
    assert {*signals[0].rests_on} == {"repeat_threshold", "trend_scope"}


def test_another_number_of_times_may_be_set() -> None:
    assert [s.complaint for s in found(TOLD, repeat_threshold=3)] == ["c5"]


def test_where_the_trend_qualifies_repeats_too_one_without_a_trend_does_not_count() -> None:
    def judged(complaint: str, when: str, trend: bool) -> dict[str, Any]:
        return {"complaint": complaint, "event": "facts", "at": f"{when}+08:00", "facts": {"escalation_trend": trend}}

    without = [judged(c, "2024-01-01T09:00", False) for c in ("c1", "c2", "c3", "c4")]
    told = [*without, judged("c1", "2024-01-02T09:00", True), judged("c5", "2024-01-02T09:00", True), *TOLD]

    assert [s.complaint for s in found(told, trend_scope="repeats_too")] == ["c5"]


def test_what_a_complaint_learns_takes_it_up_a_level() -> None:
    rules = load("telecom")
    (escalation, _) = found(TOLD)
    log = [{k: v for k, v in TOLD[3].items() if k != "complaint"}]
    after = replay(rules, ORDINARY, [*log, *(e for _, e in escalation.raised)], now=at("2024-05-07T10:00"))
    before = replay(rules, ORDINARY, log, now=at("2024-05-07T10:00"))

    assert [c for c, _ in escalation.raised] == ["c4"]
    assert [r.result.decisions["escalation"].value for r in (before, after)] == ["none", "next_level"]
