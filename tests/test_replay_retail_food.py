"""Retail: worked cases about time, and whole lives from the call to the end of the handling."""

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
from complaint_rules.replayed import Entry, Replay

CALL = {
    "complained_company": "our_company", "channel": "hotline_4001692008", "topic": "product_quality",
    "expression_of_customer": "claim",
}  # fmt: skip
IN_STORE = {**CALL, "channel": "in_store"}
GENERAL = {"judged_severity": "general", "customer_legal_claim": False}
MAJOR = {"judged_severity": "major", "customer_legal_claim": False}
TWO_FOR_ONE = {"offer": ["exchange"], "complained_units": 1, "replacement_units": 2, "compensation_amount": 0}
CASH = {"offer": ["apology"], "compensation_amount": 500}
Told = tuple[Any, ...]


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
    return load("retail_food", parameters=parameters)


def lived(told: Iterable[Told], now: str, facts: Mapping[str, Any] | None = None, **parameters: Any) -> Replay:
    return replay(rules(**parameters), facts or {}, log_of(told), now=at(now))


def entries(found: Replay, name: str) -> list[Entry]:
    return [e for e in found.journal if e.name == name]


def wrong(found: Replay) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(v.event, v.kind, v.missing) for v in found.violations]


def found_out(day: str, hour: int = 10) -> list[Told]:
    """What a salesperson does before drawing up a measure."""
    return [
        (f"{day}T{hour}:40", "customer_called_back", "salesperson"),
        (f"{day}T{hour}:45", "cause_found", "salesperson"),
        (f"{day}T{hour}:50", "facts_found", "salesperson"),
        (f"{day}T{hour}:55", "policy_consulted", "salesperson"),
    ]


def called(day: str, severity: Mapping[str, Any] = GENERAL) -> list[Told]:
    return [
        (f"{day}T10:00", "hotline_called", CALL),
        (f"{day}T10:05", "complaint_registered", "sales_admin_dept"),
        (f"{day}T10:08", "severity_judged", dict(severity)),
        (f"{day}T10:20", "fed_back_to_salesperson", "sales_admin_dept"),
        (f"{day}T10:25", "fed_back_to_qc", "sales_admin_dept"),
    ]


# --- worked cases -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fed_back", "status", "breached"),
    [("10:30:00", "met", None), ("10:30:01", "met_late", at("2024-05-06T10:30:00.000001"))],
)
def test_retail_g02_half_an_hour_holds_at_its_instant(fed_back: str, status: str, breached: datetime | None) -> None:
    told = [
        ("2024-05-06T10:00", "hotline_called", CALL),
        (f"2024-05-06T{fed_back}", "fed_back_to_qc", "sales_admin_dept"),
        (f"2024-05-06T{fed_back}", "fed_back_to_salesperson", "sales_admin_dept"),
    ]
    owed = lived(told, "2024-05-06T12:00").obligations["feedback"]

    assert (owed.status, owed.owner) == (status, "sales_admin_dept")
    assert (owed.run.shown, owed.run.breached_at) == ("2024-05-06 10:30+08:00", breached)
    assert owed.run.met_at == at(f"2024-05-06T{fed_back}")


def test_retail_g02_nobody_told_is_late_from_the_instant_after() -> None:
    told = [("2024-05-06T10:00", "hotline_called", CALL)]

    assert lived(told, "2024-05-06T10:30").obligations["feedback"].status == "running"
    assert lived(told, "2024-05-06T10:30:00.000001").obligations["feedback"].status == "overdue"


def test_a_product_complaint_is_not_fed_back_before_both_have_been_told() -> None:
    told = [
        ("2024-05-06T10:00", "hotline_called", CALL),
        ("2024-05-06T10:10", "fed_back_to_salesperson", "sales_admin_dept"),
    ]
    service = [("2024-05-06T10:00", "hotline_called", {**CALL, "topic": "service_attitude"}), told[1]]

    assert lived(told, "2024-05-06T10:31").obligations["feedback"].status == "overdue"
    assert (
        lived(told, "2024-05-06T10:31", feedback_routing="one_of_the_two").obligations["feedback"].status == "overdue"
    )
    assert lived(service, "2024-05-06T10:31").obligations["feedback"].status == "met"


def test_the_half_hour_may_begin_when_the_call_has_ended_and_run_by_office_hours() -> None:
    told = [("2024-05-17T17:10", "hotline_called", CALL), ("2024-05-17T17:25", "call_ended")]
    ended = lived(told, "2024-05-17T17:30", feedback_clock_start="call_ended_at").obligations["feedback"]
    by_hours = lived(told, "2024-05-18T12:00", hour_counting="business_hour").obligations["feedback"]
    talking = lived(told[:1], "2024-05-17T17:30", feedback_clock_start="call_ended_at").obligations["feedback"]

    assert ended.run.shown == "2024-05-17 17:55+08:00"
    assert (by_hours.status, by_hours.run.shown) == ("running", "2024-05-20 09:10+08:00")
    assert talking.status == "waiting"


def test_retail_g24_three_working_days_over_a_make_up_sunday_and_the_national_holiday() -> None:
    told = [("2024-09-27T15:00", "complained_orally", {**CALL, "channel": "oral"})]
    before = lived(told, "2024-10-08T23:59:59")
    found = lived(told, "2024-10-09T00:00")

    assert {before.obligations[n].status for n in ("three_workdays", "progress_report")} == {"running"}
    for name in ("three_workdays", "progress_report"):
        owed = found.obligations[name]
        assert (owed.status, owed.run.shown) == ("overdue", "2024-10-08 24:00")
        assert owed.run.breached_at == at("2024-10-09T00:00")
    (unfinished,) = entries(found, "three_workdays.unfinished")
    assert (unfinished.by, unfinished.to) == ("salesperson", "sales_admin_dept")
    assert found.result.decisions["progress_feedback"].value["to"] == "sales_admin_dept"


def test_retail_g24_by_another_reading_the_progress_is_due_on_the_day_after() -> None:
    told = [
        ("2024-09-27T15:00", "complained_orally", {**CALL, "channel": "oral"}),
        ("2024-10-09T11:00", "progress_reported", "salesperson"),
    ]
    owed = lived(told, "2024-10-10T00:00", progress_days=4).obligations["progress_report"]

    assert (owed.status, owed.run.shown) == ("met", "2024-10-09 24:00")
    assert lived(told, "2024-10-10T00:00").obligations["progress_report"].status == "met_late"


def test_by_another_reading_progress_is_owed_again_every_three_working_days() -> None:
    told = [
        ("2024-09-27T15:00", "complained_orally", {**CALL, "channel": "oral"}),
        ("2024-10-08T15:00", "progress_reported", "salesperson"),
        ("2024-10-10T15:00", "progress_reported", "salesperson"),
    ]
    once = lived(told, "2024-10-31T00:00").obligations["progress_again"]
    again = lived(told, "2024-10-31T00:00", progress_repeats=True).obligations["progress_again"]

    assert once.status == "not_due"
    assert [(r.outcome, r.shown) for r in again.runs] == [("met", "2024-10-11 24:00"), ("overdue", "2024-10-14 24:00")]


def test_a_service_complaint_is_handled_by_sales_administration() -> None:
    told = [
        ("2024-05-06T10:00", "hotline_called", {**CALL, "topic": "service_attitude"}),
        ("2024-05-06T10:05", "severity_judged", GENERAL),
        ("2024-05-06T10:10", "fed_back_to_salesperson", "sales_admin_dept"),
        *[(w, e, "sales_admin_dept") for w, e, _ in found_out("2024-05-06")],
        ("2024-05-06T13:00", "measure_drawn_up", "sales_admin_dept", {"offer": ["apology"], "compensation_amount": 0}),
        ("2024-05-06T13:10", "measure_agreed"),
        ("2024-05-06T13:20", "measure_executed", "sales_admin_dept"),
    ]
    found = lived(told, "2024-05-06T14:00")

    assert (found.state, found.violations) == ("executed", ())
    assert (found.obligations["execution"].status, found.obligations["execution"].owner) == ("met", "sales_admin_dept")


def test_retail_g32_the_call_back_is_owed_at_once_and_has_no_instant() -> None:
    told = [("2024-05-06T10:20", "fed_back_to_salesperson", "sales_admin_dept")]
    found = lived(told, "2024-06-30T00:00")
    at_once, numbered = found.obligations["prompt_callback"], found.obligations["callback"]

    assert found.result.decisions["callback"].value == {"required": True, "by": "salesperson", "when": "immediately"}
    assert (at_once.status, at_once.promptly, at_once.owner, at_once.run.due) == ("running", True, "salesperson", None)
    assert (numbered.status, numbered.ask, numbered.unset) == ("undetermined", (), ("immediate_limit",))


def test_retail_g32_an_organisation_may_set_its_own_limit() -> None:
    told = [
        ("2024-05-06T10:20", "fed_back_to_salesperson", "sales_admin_dept"),
        ("2024-05-06T10:40", "customer_called_back", "salesperson"),
    ]
    found = lived(told, "2024-05-06T11:00", immediate_limit=15)

    assert found.obligations["callback"].status == "met_late"
    assert found.obligations["callback"].run.shown == "2024-05-06 10:35+08:00"
    assert found.obligations["prompt_callback"].status == "met"


# retail-g33: a hotline complaint over a make-up Saturday
G33 = [
    ("2024-05-09T10:00", "hotline_called", CALL),
    ("2024-05-09T10:05", "severity_judged", GENERAL),
    ("2024-05-09T10:25", "fed_back_to_salesperson", "sales_admin_dept"),
    ("2024-05-09T10:25", "fed_back_to_qc", "sales_admin_dept"),
    *found_out("2024-05-09"),
    ("2024-05-09T14:00", "measure_drawn_up", "salesperson", {**TWO_FOR_ONE, "replacement_units": 1}),
    ("2024-05-09T15:00", "measure_refused"),
    ("2024-05-13T09:00", "measure_drawn_up", "salesperson", {"replacement_units": 4}),
    ("2024-05-13T10:00", "measure_refused"),
    ("2024-05-14T09:00", "measure_drawn_up", "salesperson", {"replacement_units": 8}),
    ("2024-05-14T10:30", "measure_agreed", {"written_document_necessary": False}),
    ("2024-05-14T10:45", "measure_executed", "salesperson"),
    ("2024-05-14T11:00", "customer_was_satisfied"),
    ("2024-05-14T17:00", "result_reported", "salesperson"),
    ("2024-05-14T17:00", "form_sent_in"),
]


def test_retail_g33_the_timeline() -> None:
    found = lived(G33, "2024-05-14T18:00")
    owed = found.obligations

    assert (owed["feedback"].status, owed["prompt_callback"].status) == ("met", "met")
    assert (owed["three_workdays"].run.shown, owed["three_workdays"].status) == ("2024-05-13 24:00", "overdue")
    assert (owed["progress_report"].run.shown, owed["progress_report"].status) == ("2024-05-13 24:00", "overdue")
    assert owed["progress_report"].run.breached_at == at("2024-05-14T00:00")
    assert (owed["result_feedback"].run.shown, owed["result_feedback"].status) == ("2024-05-14 24:00", "met")
    assert (owed["follow_up"].run.shown, owed["follow_up"].status) == ("2024-05-21 24:00", "running")
    assert (found.state, found.violations) == ("executed", ())
    assert found.next.at == at("2024-05-22T00:00")
    assert found.next.names == ("follow_up.breached",)


@pytest.mark.parametrize("now", ["2024-05-09T14:00", "2024-05-13T09:00", "2024-05-14T09:00"])
def test_retail_g33_each_offer_within_one_to_ten_is_the_salespersons_own(now: str) -> None:
    found = lived(G33, now)

    assert found.result.decisions["salesperson_authorised"].value is True
    assert found.result.decisions["next_step"].value == "consult_customer"


def test_retail_g33_each_refusal_asks_for_a_new_measure() -> None:
    found = lived(G33, "2024-05-13T12:00")

    assert found.result.decisions["next_step"].value == "new_measure"
    assert found.state == "negotiating"
    assert "draw_up" in {s.step for s in found.steps if s.status == "allowed"}


def test_retail_g33_told_in_any_order_it_is_the_same_life() -> None:
    log = log_of(G33)
    told = replay(rules(), {}, log, now=at("2024-05-30T00:00")).to_json()
    for seed in range(5):
        shuffled = random.Random(seed).sample(log, len(log))
        assert replay(rules(), {}, shuffled, now=at("2024-05-30T00:00")).to_json() == told


def test_retail_g33_the_result_fed_back_after_midnight_is_late() -> None:
    told = [e if e[1] != "result_reported" else ("2024-05-15T00:00", *e[1:]) for e in G33]
    owed = lived(told, "2024-05-15T09:00").obligations["result_feedback"]

    assert (owed.status, owed.run.breached_at) == ("met_late", at("2024-05-15T00:00"))


CASH_STAGES = [
    (0, ("consult_qc", "qc_confirmed", "production_notified")),
    (2, ("production_notified",)),
    (3, None),
]


@pytest.mark.parametrize(("confirmations", "missing"), CASH_STAGES)
def test_retail_g13_cash_waits_for_quality_control_and_production(
    confirmations: int, missing: tuple[str, ...] | None
) -> None:
    approvals = [
        ("2024-05-06T14:00", "qc_asked", "salesperson"),
        ("2024-05-06T14:30", "qc_confirmed", "qc_dept"),
        ("2024-05-06T14:40", "production_told", "qc_dept"),
    ]
    told = [
        *called("2024-05-06"),
        *found_out("2024-05-06"),
        ("2024-05-06T13:00", "measure_drawn_up", "salesperson", CASH),
        ("2024-05-06T13:30", "measure_agreed"),
        *approvals[:confirmations],
        ("2024-05-06T15:00", "measure_executed", "salesperson"),
    ]
    found = lived(told, "2024-05-06T16:00")

    assert wrong(found) == ([] if missing is None else [("measure_executed", "condition", missing)])
    assert found.result.decisions["money_handled_by"].value == "qc_dept"


def test_retail_g35_paying_without_a_word_to_quality_control_is_against_the_procedure() -> None:
    told = [
        *called("2024-05-06"),
        *found_out("2024-05-06"),
        ("2024-05-06T13:00", "measure_drawn_up", "salesperson", {**CASH, "compensation_amount": 200}),
        ("2024-05-06T13:05", "measure_agreed"),
        ("2024-05-06T13:05:30", "measure_executed", "salesperson"),
    ]
    missing = ("consult_qc", "qc_confirmed", "production_notified")

    assert wrong(lived(told, "2024-05-06T14:00")) == [("measure_executed", "condition", missing)]


# --- whole lives --------------------------------------------------------------------------------------


def end_of(day: str, hour: int = 16) -> list[Told]:
    return [
        (f"{day}T{hour}:00", "measure_executed", "salesperson", {"written_document_necessary": False}),
        (f"{day}T{hour}:10", "customer_consented"),
        (f"{day}T{hour}:15", "form_filled_in", "salesperson"),
        (f"{day}T{hour}:20", "customer_was_satisfied"),
        (f"{day}T{hour}:30", "form_sent_in"),
        (f"{day}T{hour}:40", "effect_checked", "salesperson"),
        (f"{day}T{hour}:50", "result_reported", "salesperson"),
    ]


def test_refused_by_quality_control_a_new_measure_needs_a_new_confirmation() -> None:
    """The measure goes back once; what was confirmed of the first does not hold for the second."""
    told = [
        *called("2024-05-06"),
        *found_out("2024-05-06"),
        ("2024-05-06T13:00", "measure_drawn_up", "salesperson", CASH),
        ("2024-05-06T13:10", "qc_asked", "salesperson"),
        ("2024-05-06T13:20", "measure_agreed"),
        ("2024-05-06T13:40", "qc_rejected", "qc_dept"),
        ("2024-05-07T09:00", "measure_drawn_up", "salesperson", {**CASH, "compensation_amount": 100}),
        ("2024-05-07T09:20", "measure_agreed"),
        ("2024-05-07T09:25", "production_told", "qc_dept"),
        ("2024-05-07T09:30", "qc_confirmed", "qc_dept"),
        ("2024-05-07T10:00", "qc_asked", "salesperson"),
        ("2024-05-07T10:30", "qc_confirmed", "qc_dept"),
        ("2024-05-07T10:40", "production_told", "qc_dept"),
        *end_of("2024-05-07", 11),
        ("2024-05-07T13:00", "compensation_document_signed"),
        ("2024-05-08T09:00", "document_delivered", "salesperson"),
        ("2024-05-08T10:00", "handling_closed", "sales_admin_dept"),
    ]
    found, unarchived = lived(told, "2024-05-08T12:00"), lived(told, "2024-05-07T14:00")

    assert wrong(found) == [
        ("production_told", "condition", ("qc_has_confirmed",)),
        ("qc_confirmed", "condition", ("qc_consulted",)),
    ]
    assert [(b.step, b.status, b.missing) for b in unarchived.blocks] == [("close", "blocked", ("handling_ended",))]
    assert unarchived.result.decisions["handling_ended"].trace.items["document_archived"] == "unmet"
    assert found.state == "closed"
    assert [r.outcome for r in found.obligations["execution"].runs] == ["restarted", "met"]
    assert found.obligations["three_workdays"].status == "met"
    assert found.obligations["progress_report"].status == "lapsed"


def test_in_a_store_the_clerk_is_refused_and_reports_to_the_salesperson() -> None:
    told = [
        ("2024-05-06T10:00", "complained_in_store", IN_STORE),
        ("2024-05-06T10:01", "severity_judged", GENERAL),
        ("2024-05-06T10:05", "store_calmed_customer", "store_clerk"),
        ("2024-05-06T10:10", "clerk_offered", "store_clerk", {**TWO_FOR_ONE, "replacement_units": 1}),
        ("2024-05-06T10:12", "clerk_offer_refused"),
        ("2024-05-06T10:20", "store_wrote_down", "store_clerk"),
        ("2024-05-06T10:30", "clerk_reported", "store_clerk"),
        *found_out("2024-05-06", 11),
        ("2024-05-06T13:00", "measure_drawn_up", "salesperson", TWO_FOR_ONE),
        ("2024-05-06T13:30", "measure_agreed"),
        *end_of("2024-05-06"),
        ("2024-05-06T18:00", "handling_closed", "sales_admin_dept"),
    ]
    reported, early = lived(told, "2024-05-06T10:30"), lived(told, "2024-05-06T10:25")
    found = lived(told, "2024-05-07T00:00")

    assert (early.obligations["clerk_report"].status, early.obligations["clerk_report"].owner) == (
        "running",
        "store_clerk",
    )
    assert reported.obligations["clerk_report"].status == "met"
    assert reported.obligations["calm_in_store"].status == "met"
    assert reported.obligations["prompt_callback"].status == "running"
    assert found.obligations["prompt_store_feedback"].status == "running"
    assert (found.obligations["store_feedback"].status, found.obligations["store_feedback"].unset) == (
        "undetermined",
        ("store_feedback_limit",),
    )
    assert found.obligations["feedback"].status == "not_due"
    assert (found.state, found.violations) == ("closed", ())


def test_a_clerk_may_not_offer_two_for_one() -> None:
    told = [
        ("2024-05-06T10:00", "complained_in_store", IN_STORE),
        ("2024-05-06T10:01", "severity_judged", GENERAL),
        ("2024-05-06T10:10", "clerk_offered", "store_clerk", TWO_FOR_ONE),
    ]

    assert wrong(lived(told, "2024-05-06T11:00")) == [("clerk_offered", "condition", ("clerk_authorised",))]


def test_a_complaint_that_turns_out_major_waits_for_the_general_manager() -> None:
    """The upgrade comes after the agreement: what the salesperson could do alone now waits for the general manager."""
    told = [
        *called("2024-05-06"),
        *found_out("2024-05-06"),
        ("2024-05-06T13:00", "measure_drawn_up", "salesperson", TWO_FOR_ONE),
        ("2024-05-06T13:30", "measure_agreed"),
        ("2024-05-06T14:00", "severity_judged", {**MAJOR, "customer_legal_claim": True}),
        ("2024-05-06T14:10", "measure_executed", "salesperson"),
        ("2024-05-06T14:20", "gm_approved", "general_manager"),
    ]
    later = [
        ("2024-05-06T14:30", "gm_informed", "salesperson"),
        ("2024-05-06T15:30", "complaint_summarised", "salesperson"),
        ("2024-05-07T09:00", "gm_approved", "general_manager"),
        *end_of("2024-05-07"),
    ]
    between = lived(told, "2024-05-06T14:25")
    found = lived([*told[:-2], *later], "2024-05-07T18:00")

    assert wrong(between) == [
        ("measure_executed", "condition", ("reported_to_gm", "gm_decided")),
        ("gm_approved", "state", ()),
    ]
    assert between.obligations["general_manager_report"].status == "running"
    assert between.obligations["general_manager_report"].run.start == at("2024-05-06T13:00")
    assert found.obligations["general_manager_report"].status == "met"
    assert found.violations == ()
    (close,) = [b for b in found.blocks if b.step == "close"]
    assert (close.status, close.missing) == ("blocked", ("legal_informed",))


def test_sales_administration_pursues_until_the_handling_has_ended() -> None:
    """One week from the form, and again and again until the end; each pursuit ends the one before."""
    told = [
        *called("2024-05-06"),
        *found_out("2024-05-06"),
        ("2024-05-06T13:00", "measure_drawn_up", "salesperson", TWO_FOR_ONE),
        ("2024-05-06T13:30", "measure_agreed"),
        ("2024-05-06T17:00", "form_sent_in"),
        ("2024-05-08T17:00", "progress_reported", "salesperson"),
        ("2024-05-13T09:00", "handling_pursued", "sales_admin_dept"),
        ("2024-05-20T09:00", "handling_pursued", "sales_admin_dept"),
        ("2024-05-20T10:00", "handling_pursued", "salesperson"),
        *[e for e in end_of("2024-05-21") if e[1] != "form_sent_in"],
        ("2024-05-22T09:00", "handling_closed", "sales_admin_dept"),
    ]
    found = lived(told, "2024-06-30T00:00")
    pursuit = found.obligations["pursuit_until_the_end"]

    assert found.obligations["follow_up"].status == "met"
    assert found.obligations["follow_up"].run.shown == "2024-05-13 24:00"
    assert [r.outcome for r in pursuit.runs] == ["met", "met", "met", "met"]
    assert pursuit.run.met_at == at("2024-05-21T16:50")
    assert found.obligations["progress_report"].status == "lapsed"
    assert found.obligations["three_workdays"].status == "met_late"
    assert wrong(found) == [("handling_pursued", "role", ())]
    assert found.state == "closed"
    assert found.next is None


def test_no_pursuit_within_the_week_is_a_breach_at_the_midnight() -> None:
    told = [*G33, ("2024-05-22T08:00", "handling_pursued", "sales_admin_dept")]
    owed = lived(told, "2024-05-23T00:00").obligations["follow_up"]

    assert (owed.status, owed.run.breached_at) == ("met_late", at("2024-05-22T00:00"))
    assert owed.run.owner == "sales_admin_dept"


def test_progress_reported_in_time_but_known_late_revises_the_verdict() -> None:
    told = log_of(called("2024-05-06"))
    late = {
        "id": "late", "at": "2024-05-09T15:00:00+08:00", "recorded_at": "2024-05-10T09:00:00+08:00",
        "event": "progress_reported", "by": "salesperson",
    }  # fmt: skip
    before, after = (replay(rules(), {}, [*told, late], now=at(f"2024-05-10T0{h}:00")) for h in (8, 9))

    assert before.obligations["progress_report"].status == "overdue"
    assert before.unknown_yet == ("late",)
    assert after.obligations["progress_report"].status == "met"
    assert [(r.deadline, r.was, r.now) for r in after.revised] == [("progress_report", "overdue", "met")]
