"""The car dealer's ruleset: with the example overlay its lost tables are filled and a complaint has figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from complaint_rules import decide
from complaint_rules.check import check
from complaint_rules.deadlines import due_json
from complaint_rules.library import due, load, read_ruleset
from complaint_rules.ruleset import ParameterKind

OVERLAY = Path(__file__).parents[1] / "rulesets" / "overlays" / "auto_dealer.example.yaml"
AS_WRITTEN = load("auto_dealer")
TRIED = load("auto_dealer", overlays=[OVERLAY])
# A medium complaint about another matter, closed 70 days late.
COMPLAINT = {
    "customer_type": "owner",
    "addressed_to": ["company"],
    "dissatisfied_with": ["product_sold"],
    "rights_harm": "none",
    "seeks": ["compensation"],
    "dissatisfaction": "high",
    "rights_loss": "none",
    "deficiency": "none",
    "quickly_removable": False,
    "departments_needed": 1,
    "claim": "not_judged",
    "claimed_amount": 9999,
    "customer_grounds": [],
    "category": "示例分类标准",
    "topic": "other_matters",
    "matter_stage": "after_sale",
    "department": "general_affairs_dept",
    "duty": "judging",
    "classified_by": "customer_service_center",
    "form_medium": "electronic",
    "form_issued_by": "customer_service_center",
    "complaints_on_form": 1,
    "recipient_named": "示例接收人",
    "reason_on_form": None,
    "chosen_mode": "not_chosen",
    "communication": "direct",
    "service_provided": "necessary",
    "replied_to": "customer_service_center",
    "customer_satisfied": True,
    "received_at": "2024-03-01T09:00:00+08:00",
    "signed_at": "2024-03-01T11:00:00+08:00",
    "first_reply_at": "2024-03-01T19:00:00+08:00",
    "closure_application_received_at": "2024-05-10T12:00:00+08:00",
    "result_reply_received_at": "2024-05-10T12:00:00+08:00",
    "called_back_at": "2024-05-10T18:00:00+08:00",
    "called_back_since_application": True,
    "called_back_since_reply": True,
    "suspension_applied_at": None,
    "has_been_classified": True,
    "has_been_signed": True,
    "has_replied": True,
    "application_once_refused": False,
    "closure_confirmed_at": "2024-05-10T18:00:00+08:00",
    "closure_limit_expired": True,
    "months_exceeded": 2,
    "problem_solved": True,
    "need_met": True,
    "result_stated": True,
    "closure_application": "confirmed",
    "leader_decision": "approved",
    "hindrance": "none",
    "closing_prospect": "can_close",
    "suspension_application": "not_made",
    "specialist_decision": "pending",
    "recorded_times": ["received"],
    "recording_medium": "dedicated_software",
    "assessed_unit": "executing_department",
    "report": "weekly_report",
    "complaints_of_week": 20,
    "closed_complaints": 20,
    "first_irrational_count": 2,
    "second_irrational_count": 1,
    "watched_count": 2,
    "monitored_count": 1,
    "complaints_in_category": 5,
    "report_contents": [],
    "assessments_to_execute": 1,
    "assessments_with_amount": 1,
    "circular_signed_by": "general_manager",
}
FOUND = {
    "level": "medium",
    "executing_department": "general_affairs_dept",
    "recipient_is_right": True,
    "transfer_in_order": True,
    "transfer_in_time": True,
    "first_reply_in_time": True,
    "application_in_time": False,
    "closure_type": "second_closure",
    "level_after": "strong",
    "first_amount_not_closed": 200,
    "first_amount_closed": 20,
    "notice_amount": 500,
    "monthly_fine": 1000,
    "amount_by_standard": 100,
    "closure_approved_by": "示例审批领导",
}


def unset_parameters(name: str) -> set[str]:
    """Return the parameters on which a decision about the complaint waits, as the source is written."""
    return set(decide(AS_WRITTEN, COMPLAINT, only=[name]).unset)


def test_every_fact_of_the_complaint_is_given() -> None:
    assert set(COMPLAINT) == set(AS_WRITTEN.ruleset.inputs)


def test_the_overlay_fills_what_the_source_left_out() -> None:
    left_out = {n for n, p in AS_WRITTEN.ruleset.parameters.items() if p.kind is ParameterKind.UNSET}
    filled = {n: TRIED.ruleset.parameters[n] for n in left_out}

    assert left_out
    assert {p.kind for p in filled.values()} == {ParameterKind.ASSUMED}
    assert all(p.reason and "非原文" in p.reason.in_lang("zh") for p in filled.values())
    assert not [n for n, p in TRIED.ruleset.parameters.items() if p.kind is ParameterKind.UNSET]


def test_the_overlay_has_no_finding() -> None:
    assert [d.render() for d in check(read_ruleset("auto_dealer", overlays=[OVERLAY]))] == []


def test_with_the_overlay_a_complete_complaint_has_figures() -> None:
    found = decide(TRIED, COMPLAINT)

    assert found.unset == ()
    # No suspension was applied for, so there is no time of it to compare.
    assert [n for n, a in found.decisions.items() if a.status == "undetermined"] == ["suspension_within_limit"]
    assert {n: found[n] for n in FOUND} == FOUND


@pytest.mark.parametrize(
    ("name", "unset"),
    [
        ("high_claim", {"high_claim_amount"}),
        ("category_by_standard", {"classification_standard"}),
        ("executing_department", {"department_for_other_matters"}),
        ("recipient_is_right", {"recipient_table_entry"}),
        ("closure_approved_by", {"closure_approver"}),
        ("provider_assessed_by", {"provider_assessment_executor"}),
        ("transfer_in_time", {"transfer_limit.medium"}),
        ("first_reply_in_time", {"reply_limit.medium"}),
        ("application_in_time", {"closure_limit.medium"}),
        ("closure_type", {"closure_limit.medium"}),
        ("amount_by_standard", {"assessment_amount"}),
        ("complaint_rate", {"complaint_rate_base"}),
    ],
)
def test_as_written_it_waits_for_the_lost_tables(name: str, unset: set[str]) -> None:
    assert unset_parameters(name) == unset


def test_as_written_a_fine_waits_for_its_multiplier() -> None:
    assert {"monthly_multiplier", "closure_limit.medium"} <= unset_parameters("monthly_fine")


def test_without_assumptions_the_overlay_says_nothing() -> None:
    assert decide(TRIED, COMPLAINT, assumptions=False).unset == decide(AS_WRITTEN, COMPLAINT).unset


def callback(facts: dict[str, str], **readings: str) -> dict[str, Any]:
    """Return what the call-back's limit comes to, as data."""
    return due_json(due(load("auto_dealer", parameters=readings), facts)["callback"])


def test_the_call_back_is_due_twelve_hours_on_over_night_and_weekend() -> None:
    """Case auto-g14."""
    found = callback({"closure_application_received_at": "2024-03-15T20:00:00+08:00"})

    assert found["due"] == "2024-03-16T08:00:00+08:00"
    assert found["rests_on"] == {"callback_clock_start": "closure_application_received_at"}


def test_the_other_reading_counts_the_call_back_from_the_reply() -> None:
    applied = {"closure_application_received_at": "2024-03-15T20:00:00+08:00"}
    replied = {"result_reply_received_at": "2024-03-15T21:30:00+08:00"}
    reading = "result_reply_received_at"

    assert callback(applied, callback_clock_start=reading)["ask"] == ["result_reply_received_at"]
    assert callback(applied | replied, callback_clock_start=reading)["due"] == "2024-03-16T09:30:00+08:00"


def test_with_the_overlay_each_limit_of_the_level_has_an_end() -> None:
    found = {n: due_json(a) for n, a in due(TRIED, COMPLAINT).items()}

    assert {n: a.get("due", a["status"]) for n, a in found.items()} == {
        "classification": "promptly",
        "transfer": "2024-03-01T11:00:00+08:00",
        "first_reply": "2024-03-01T19:00:00+08:00",
        "closure": "2024-03-04T09:00:00+08:00",
        "callback": "2024-05-11T00:00:00+08:00",
    }
    assert "transfer_limit.medium" in found["transfer"]["rests_on"]


def test_as_written_the_limit_of_the_level_is_missing() -> None:
    assert due_json(due(AS_WRITTEN, COMPLAINT)["transfer"])["unset"] == ["transfer_limit.medium"]
