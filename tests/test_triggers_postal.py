"""Postal: several customers with one kind of problem in a short time, and what each of their complaints learns of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from complaint_rules import load
from complaint_rules.library import replay
from complaint_rules.monitor import Escalation, Monitor

CALM: dict[str, Any] = {
    "announced": [], "resorted_to": [], "wide_scope": False, "influence": [], "collective_petition": False,
    "key_account_level": "none", "customer_flags": [], "severe_dissatisfaction": False, "demands_immediate_answer": False,
    "item_kind": "ordinary", "incident": "delay", "situation_urgent": False,
}  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def received(complaint: str, when: str, customer: str, problem: str = "延误", **more: Any) -> dict[str, Any]:
    said = {"service_context": True, "about": "service", "expressions": ["dissatisfaction"]}
    facts = {"customer": customer, "problem": problem, "same_problem_customers": 1, **said, **more}
    return {"complaint": complaint, "event": "complaint_received", "at": f"{when}+08:00", "facts": facts}


def found(told: list[dict[str, Any]], **settings: Any) -> list[Escalation]:
    signals = Monitor(load("postal", parameters=settings)).feed(told, now=at("2024-03-31T00:00"))
    return [s for s in signals if isinstance(s, Escalation)]


THREE = [
    received("c1", "2024-03-04T09:00", "王"),
    received("c2", "2024-03-04T15:00", "李"),
    received("c3", "2024-03-05T09:00", "张"),
]


def test_three_customers_within_the_day_are_a_cluster_and_each_complaint_learns_of_it() -> None:
    (escalation,) = found(THREE)

    assert (escalation.trigger, escalation.to, escalation.measure) == ("same_problem", "access_department", 3)
    assert {*escalation.rests_on} == {"cluster_min_customers", "cluster_window", "cluster_makes_major"}
    assert [(c, e["facts"]) for c, e in escalation.raised] == [
        (c, {"same_problem_customers": 3}) for c in ("c1", "c2", "c3")
    ]


def test_what_a_complaint_learns_makes_it_major() -> None:
    (escalation,) = found(THREE)
    log = [{k: v for k, v in THREE[0].items() if k != "complaint"}]
    before = replay(load("postal"), CALM, log, now=at("2024-03-06T00:00"))
    log += [e for c, e in escalation.raised if c == "c1"]
    after = replay(load("postal"), CALM, log, now=at("2024-03-06T00:00"))

    assert [r.result.decisions["is_major_urgent"].value for r in (before, after)] == [False, True]
    assert after.result.decisions["major_conditions"].value == ("cluster",)


def test_one_minute_past_the_day_is_no_cluster() -> None:
    assert found([*THREE[:2], received("c3", "2024-03-05T09:01", "张")]) == []


def test_postal_g10_one_customer_three_times_is_no_cluster() -> None:
    assert found([received(f"c{n}", f"2024-03-04T1{n}:00", "王") for n in range(3)]) == []


def test_another_kind_of_problem_and_what_is_no_complaint_do_not_count() -> None:
    other = received("c3", "2024-03-05T09:00", "张", "破损")
    enquiry = received("c3", "2024-03-05T09:00", "张", expressions=[])

    assert found([*THREE[:2], other]) == found([*THREE[:2], enquiry]) == []


def test_the_fourth_customer_of_a_standing_cluster_learns_of_it_too() -> None:
    first, second = found([*THREE, received("c4", "2024-03-05T10:00", "赵")])

    assert [first.measure, second.measure] == [3, 3]  # the first complaint is then more than a day old
    assert [c for c, _ in second.raised] == ["c2", "c3", "c4"]


def test_by_another_reading_only_the_completing_complaint_becomes_major() -> None:
    (escalation,) = found(THREE, cluster_makes_major="the_completing_one")

    assert (escalation.trigger, [c for c, _ in escalation.raised]) == ("same_problem_last", ["c3"])


@pytest.mark.parametrize(("customers", "times"), [(2, 2), (4, 0)])
def test_the_number_of_customers_is_the_organisations_to_set(customers: int, times: int) -> None:
    assert len(found(THREE, cluster_min_customers=customers)) == times
