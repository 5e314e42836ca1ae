"""Web services: the order of the steps, the negotiation, and duties without a number, over whole lives."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import pytest

from complaint_rules import load
from complaint_rules.compile import CompiledRuleset
from complaint_rules.library import replay
from complaint_rules.replayed import Replay

STAFF = "customer_service_dept"
CALM = {"calming_done": ["let_vent", "apologised", "customers_angle"]}
WORDS = {"closing_words": ["apology", "thanks_for_trust", "thanks_for_the_hint", "promise_to_improve"]}
STEPS = ["accept", "calm", "clarify", "start_procedure", "analyse", "propose", "negotiate", "implement", "thank"]
INTAKE = {
    "what_happened": "域名打不开", "how_it_happened": "服务被停", "why_dissatisfied": "未到期", "sales_representative": "王",
    "other_dissatisfaction": "无", "customer_reasonable": True, "solution_wanted": "恢复域名", "customer_age": "old",
}  # fmt: skip
Told = tuple[Any, ...]

# one solution is refused, two rounds of talks, the second is accepted; everything is recorded at the end
LIFE = [
    ("2024-05-06T09:00", "complaint_received", {"demands": ["feasible_change"]}),
    ("2024-05-06T09:10", "complaint_accepted", STAFF),
    ("2024-05-06T09:20", "customer_soothed", STAFF, CALM),
    ("2024-05-06T09:25", "intake_asked", STAFF, INTAKE),
    ("2024-05-06T09:30", "problem_clarified"),
    ("2024-05-06T09:40", "procedure_started", STAFF),
    ("2024-05-06T14:00", "cause_found", STAFF),
    ("2024-05-06T15:00", "opinion_asked", STAFF),
    ("2024-05-06T16:00", "solution_drawn_up", STAFF, {"solution_feasible": True}),
    ("2024-05-06T16:10", "solution_presented", STAFF),
    ("2024-05-07T09:00", "solution_refused"),
    ("2024-05-07T10:00", "negotiated", STAFF),
    ("2024-05-07T11:00", "negotiated", STAFF),
    ("2024-05-07T11:30", "solution_drawn_up", STAFF),
    ("2024-05-07T11:40", "solution_presented", STAFF),
    ("2024-05-07T14:00", "solution_accepted"),
    ("2024-05-08T09:00", "solution_implemented", STAFF),
    ("2024-05-08T09:30", "closing_words_said", STAFF, WORDS),
    ("2024-05-10T09:00", "customer_followed_up", STAFF),
    ("2024-05-10T09:30", "handling_recorded", STAFF, {"steps_recorded": STEPS}),
    ("2024-05-10T10:00", "complaint_finished", STAFF),
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def log_of(told: Iterable[Told]) -> list[dict[str, Any]]:
    """Each line is: when, what, by whom, which facts; the last two may be left out."""
    return [
        {"id": f"{i:02}", "at": f"{when}+08:00", "event": event, "by": next((x for x in rest if isinstance(x, str)), None),
         "facts": next((x for x in rest if isinstance(x, dict)), None)}
        for i, (when, event, *rest) in enumerate(told)
    ]  # fmt: skip


@cache
def rules(**parameters: Any) -> CompiledRuleset:
    return load("web_services", parameters=parameters)


def lived(told: Iterable[Told], now: str, facts: Mapping[str, Any] | None = None, **parameters: Any) -> Replay:
    return replay(rules(**parameters), facts or {}, log_of(told), now=at(now))


def wrong(found: Replay) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(v.event, v.kind, v.missing) for v in found.violations]


def without(*events: str) -> list[Told]:
    return [e for e in LIFE if e[1] not in events]


def test_a_complaint_from_its_receipt_to_the_follow_up() -> None:
    found = lived(LIFE, "2024-05-31T00:00")

    assert (found.state, found.violations, found.next) == ("finished", (), None)
    assert {n: o.status for n, o in found.obligations.items()} == {
        "prompt_acceptance": "met", "acceptance": "undetermined", "record": "met", "agreement": "met",
        "implementation": "met", "aftercare": "met",
    }  # fmt: skip
    assert [e.now for e in found.journal if e.kind == "state"] == [
        "received", "accepted", "calmed", "clarified", "started", "analysed", "proposed", "negotiating", "proposed", "agreed",
        "implemented", "finished",
    ]  # fmt: skip


def test_told_in_any_order_it_is_the_same_life() -> None:
    log = log_of(LIFE)
    told = replay(rules(), {}, log, now=at("2024-05-31T00:00")).to_json()
    for seed in range(5):
        shuffled = random.Random(seed).sample(log, len(log))
        assert replay(rules(), {}, shuffled, now=at("2024-05-31T00:00")).to_json() == told


def test_accepting_is_owed_at_once_and_never_late_until_an_organisation_sets_a_number() -> None:
    told = [("2024-05-06T09:00", "complaint_received"), ("2024-05-06T11:30", "complaint_accepted", STAFF)]
    before, found = lived(told, "2024-05-06T11:00"), lived(told, "2024-05-06T12:00")
    own = lived(told, "2024-05-06T12:00", acceptance_hours=2).obligations["acceptance"]

    owed = before.obligations["prompt_acceptance"]
    assert (owed.status, owed.promptly, owed.owner, owed.run.due) == ("running", True, STAFF, None)
    assert found.obligations["prompt_acceptance"].status == "met"
    assert found.obligations["acceptance"].unset == ("acceptance_hours",)
    assert (own.status, own.run.shown) == ("met_late", "2024-05-06 11:00+08:00")
    assert own.run.breached_at == at("2024-05-06T11:00:00.000001")


def test_accepting_in_time_by_the_organisations_own_number() -> None:
    told = [("2024-05-06T09:00", "complaint_received"), ("2024-05-06T11:00", "complaint_accepted", STAFF)]

    assert lived(told, "2024-05-06T12:00", acceptance_hours=2).obligations["acceptance"].status == "met"


def test_whoever_owns_complaints_owes_the_acceptance() -> None:
    told = [("2024-05-06T09:00", "complaint_received")]
    found = lived(told, "2024-05-06T11:00", complaint_owner="branch")

    assert found.obligations["prompt_acceptance"].owner == "branch"


@pytest.mark.parametrize(
    ("left_out", "violations"),
    [
        ("complaint_accepted", [("customer_soothed", "state", ())]),
        ("customer_soothed", [("problem_clarified", "state", ())]),
        ("problem_clarified", [("procedure_started", "state", ())]),
        ("procedure_started", [("cause_found", "state", ())]),
    ],
)
def test_no_step_may_be_left_out(left_out: str, violations: list[tuple[str, str, tuple[str, ...]]]) -> None:
    assert wrong(lived(without(left_out), "2024-05-06T16:30"))[:1] == violations


def test_a_customer_who_has_not_vented_is_not_calmed() -> None:
    told = [
        *LIFE[:2],
        ("2024-05-06T09:20", "customer_soothed", STAFF, {"calming_done": ["apologised", "customers_angle"]}),
    ]

    assert wrong(lived(told, "2024-05-06T09:30")) == [("customer_soothed", "condition", ("let_vent",))]


def test_gaps_in_what_is_known_stop_the_handling_only_by_one_reading() -> None:
    told = without("intake_asked")[:5]

    assert lived(told, "2024-05-06T10:00").violations == ()
    assert wrong(lived(told, "2024-05-06T10:00", intake_blocks=True)) == [
        ("procedure_started", "condition", ("handling_may_go_on",))
    ]


def test_a_solution_that_the_customer_was_not_told_cannot_be_accepted() -> None:
    told = [e for e in LIFE if e[:2] != ("2024-05-07T11:40", "solution_presented")]
    found = lived(told, "2024-05-07T15:00")

    assert wrong(found) == [("solution_accepted", "condition", ("told",))]


def test_a_solution_is_carried_out_only_after_the_customer_accepts() -> None:
    found = lived(without("solution_accepted"), "2024-05-08T09:10")

    assert wrong(found) == [("solution_implemented", "state", ())]


@pytest.mark.parametrize(
    ("now", "next_", "rounds"),
    [
        ("2024-05-06T16:05", "complete_proposal", 0),
        ("2024-05-06T17:00", "await_answer", 0),
        ("2024-05-07T09:30", "negotiate", 0),
        ("2024-05-07T11:10", "negotiate", 2),
        ("2024-05-07T11:45", "await_answer", 2),
        ("2024-05-07T14:30", "implement", 2),
    ],
)
def test_after_a_refusal_the_talks_go_on_until_there_is_agreement(now: str, next_: str, rounds: int) -> None:
    found = lived(LIFE, now)

    assert found.result.decisions["after_proposal"].value["next"] == next_
    assert len([e for e in found.journal if e.name == "negotiated"]) == rounds


def test_a_second_refusal_begins_the_duty_to_agree_anew() -> None:
    told = [*LIFE[:15], ("2024-05-07T13:00", "solution_refused"), *LIFE[11:15]]
    moved = [(w if i < 16 else w.replace("07T", "08T"), *rest) for i, (w, *rest) in enumerate(told)]
    agreement = lived(moved, "2024-05-09T00:00").obligations["agreement"]

    assert [r.outcome for r in agreement.runs] == ["restarted", "running"]
    assert agreement.run.start == at("2024-05-07T13:00")
    assert agreement.run.due is None


def test_talks_have_an_end_only_where_an_organisation_sets_one() -> None:
    shipped = lived(LIFE, "2024-05-07T11:10").result.decisions["rounds_used_up"]
    own = lived(LIFE, "2024-05-07T11:10", max_rounds=2).result.decisions["rounds_used_up"]

    assert shipped.unset == ("max_rounds",)
    assert own.value is True


def test_what_stands_in_the_way_of_finishing() -> None:
    told = without("customer_followed_up")
    before, found = lived(told, "2024-05-10T09:40"), lived(told, "2024-05-11T00:00")

    assert [(b.step, b.missing) for b in before.blocks] == [("finish", ("thank",))]
    assert before.result.decisions["aftercare_done"].trace.items["followed_up"] == "unmet"
    assert before.obligations["aftercare"].status == "running"
    assert wrong(found) == [("complaint_finished", "condition", ("thank",))]


def test_each_step_must_be_recorded() -> None:
    told = [*LIFE[:-2], ("2024-05-10T09:30", "handling_recorded", STAFF, {"steps_recorded": STEPS[:-1]})]
    found = lived(told, "2024-05-11T00:00")

    assert found.obligations["record"].status == "running"
    assert [i for i, s in found.result.decisions["record_complete"].trace.items.items() if s == "unmet"] == ["thank"]


def test_web_g14_a_malicious_demand_is_labelled_and_goes_the_same_way() -> None:
    facts = {
        "subjects": [], "promised_by": "nobody", "unrealisable_promises": 0, "website_state": "done", "paid": True,
        "call_back": "in_time", "customer_maintained": True, "bad_attitude_of": [], "calls_not_taken_by": [],
    }  # fmt: skip
    told = [("2024-05-06T09:00", "complaint_received", {"demands": ["refund", "template_colour_change"]}), *LIFE[1:12]]
    found = lived(told, "2024-05-07T12:00", facts)

    assert found.result.decisions["nature"].value == "malicious"
    assert found.result.decisions["effect_of_nature"].value["rejection"] == "never_automatic"
    assert (found.state, found.violations) == ("negotiating", ())
    assert {s.to for s in found.steps} == {None, "proposed", "agreed"}
