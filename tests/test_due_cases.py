"""Worked cases about due dates: bank, food, retail and web services. A limit in days ends at the 24:00 of its last day."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import pytest

from complaint_rules import load
from complaint_rules.compile import CompiledRuleset
from complaint_rules.deadlines import AnyDue, DueAnswer, NotDue, OpenDue
from complaint_rules.library import due

ORDINARY = {"customer_tier": "ordinary"}
COMPLEX = {
    "involves_accounting": True, "needs_third_party": False, "needs_long_time": True,
    "long_handling_certified_by": "unit_head", "ticket_sent_to_system": True,
}  # fmt: skip
HOTLINE = {"channel": "hotline_4001692008"}


class Case(NamedTuple):
    """A case's facts and what they come to: `days` tells each day, its number or why it is not counted."""

    id: str
    ruleset: str
    deadline: str
    facts: Mapping[str, Any]
    shown: str
    days: str = ""
    owner: str | None = None


CASES = [
    Case(
        "bank-g02", "bank", "reply",
        {**ORDINARY, "base_urgency": "medium", "opinion_accepted_at": "2024-03-08T16:45:00+08:00"},
        "2024-03-13 24:00", "03-08 start, 03-09 weekend, 03-10 weekend, 03-11 1, 03-12 2, 03-13 3",
    ),
    Case(
        "bank-g09", "bank", "reply",
        {**ORDINARY, "base_urgency": "low", "opinion_accepted_at": "2025-09-30T15:00:00+08:00"},
        "2025-10-14 24:00",
        "09-30 start, 10-01 国庆节, 10-02 国庆节, 10-03 国庆节, 10-04 国庆节, 10-05 国庆节, 10-06 中秋节, 10-07 国庆节, "
        "10-08 国庆节, 10-09 1, 10-10 2, 10-11 3, 10-12 weekend, 10-13 4, 10-14 5",
    ),
    Case(
        "bank-g11", "bank", "reply", {"base_urgency": "high", "opinion_accepted_at": "2024-03-05T10:20:00+08:00"},
        "2024-03-07 24:00", "03-05 start, 03-06 1, 03-07 2",
    ),
    Case(
        "bank-g16", "bank", "reply",
        {**ORDINARY, **COMPLEX, "base_urgency": "medium", "opinion_accepted_at": "2024-03-08T09:00:00+08:00"},
        "2024-03-13 24:00", "03-08 start, 03-09 weekend, 03-10 weekend, 03-11 1, 03-12 2, 03-13 3",
        "handling_departments",
    ),
    Case(
        "bank-g16", "bank", "progress",
        {**ORDINARY, **COMPLEX, "base_urgency": "medium", "opinion_accepted_at": "2024-03-08T09:00:00+08:00"},
        "2024-03-13 24:00", "03-08 start, 03-09 weekend, 03-10 weekend, 03-11 1, 03-12 2, 03-13 3",
        "handling_departments",
    ),
    Case(
        "bank-g40", "bank", "reply",
        {**ORDINARY, "base_urgency": "medium", "opinion_accepted_at": "2024-03-11T09:00:00+08:00"},
        "2024-03-14 24:00", "03-11 start, 03-12 1, 03-13 2, 03-14 3",
    ),
    Case(
        "bank-g50 T1", "bank", "reply", {"base_urgency": "high", "opinion_accepted_at": "2024-04-29T09:00:00+08:00"},
        "2024-05-06 24:00",
        "04-29 start, 04-30 1, 05-01 劳动节, 05-02 劳动节, 05-03 劳动节, 05-04 劳动节, 05-05 劳动节, 05-06 2",
    ),
    Case(
        "bank-g50 T2", "bank", "reply",
        {**ORDINARY, "base_urgency": "medium", "opinion_accepted_at": "2024-05-08T11:00:00+08:00"},
        "2024-05-11 24:00", "05-08 start, 05-09 1, 05-10 2, 05-11 3",
    ),
    Case(
        "bank-g56 T1", "bank", "reply", {"base_urgency": "high", "opinion_accepted_at": "2024-03-07T23:59:00+08:00"},
        "2024-03-11 24:00", "03-07 start, 03-08 1, 03-09 weekend, 03-10 weekend, 03-11 2",
    ),
    Case(
        "bank-g56 T2", "bank", "reply", {"base_urgency": "high", "opinion_accepted_at": "2024-03-08T00:00:00+08:00"},
        "2024-03-12 24:00", "03-08 start, 03-09 weekend, 03-10 weekend, 03-11 1, 03-12 2",
    ),
    Case(
        "food-g01", "food", "transfer",
        {"received_by": "qc_dept", "transfer_approved": True, "transfer_approved_at": "2024-05-06T09:00:00+08:00"},
        "2024-05-06 10:00+08:00", "", "qc_dept",
    ),
    Case(
        "food-g02", "food", "transfer",
        {"transfer_approved": True, "transfer_approved_at": "2024-05-06T09:00:00+08:00"}, "2024-05-06 10:00+08:00",
    ),
    Case(
        "food-g04", "food", "transfer",
        {"channel": "phone", "transfer_approved": True, "transfer_approved_at": "2024-05-06T11:00:00+08:00"},
        "2024-05-06 12:00+08:00",
    ),
    Case(
        "retail-g02", "retail_food", "feedback", {**HOTLINE, "call_received_at": "2024-05-06T10:00:00+08:00"},
        "2024-05-06 10:30+08:00", "", "sales_admin_dept",
    ),
    *(
        Case(
            "retail-g24", "retail_food", deadline,
            {"complaint_accepted_at": "2024-09-27T15:00:00+08:00", "customer_answer": "open"}, "2024-10-08 24:00",
            "09-27 start, 09-28 weekend, 09-29 1, 09-30 2, 10-01 国庆节, 10-02 国庆节, 10-03 国庆节, 10-04 国庆节, "
            "10-05 国庆节, 10-06 国庆节, 10-07 国庆节, 10-08 3",
            owner,
        )
        for deadline, owner in (("three_workdays", None), ("progress_report", "salesperson"))
    ),
    Case(
        "retail-g33", "retail_food", "feedback", {**HOTLINE, "call_received_at": "2024-05-09T10:00:00+08:00"},
        "2024-05-09 10:30+08:00", "", "sales_admin_dept",
    ),
    *(
        Case(
            "retail-g33", "retail_food", deadline,
            {"complaint_accepted_at": "2024-05-09T10:00:00+08:00", "customer_answer": "refused"}, "2024-05-13 24:00",
            "05-09 start, 05-10 1, 05-11 2, 05-12 weekend, 05-13 3", owner,
        )
        for deadline, owner in (("three_workdays", None), ("progress_report", "salesperson"))
    ),
    Case(
        "retail-g33", "retail_food", "result_feedback",
        {"executed": True, "satisfaction": "satisfied", "satisfied_at": "2024-05-14T11:00:00+08:00"},
        "2024-05-14 24:00", "05-14 start", "salesperson",
    ),
    Case(
        "retail-g33", "retail_food", "follow_up",
        {
            "handling_form_received": True, "form_received_at": "2024-05-14T17:00:00+08:00",
            "customer_answer": "agreed", "executed": True, "effect_confirmed": False,
        },
        "2024-05-21 24:00", "05-14 start, 05-15 1, 05-16 2, 05-17 3, 05-18 4, 05-19 5, 05-20 6, 05-21 7",
        "sales_admin_dept",
    ),
]  # fmt: skip


def days(answer: DueAnswer) -> str:
    return ", ".join(f"{s.day.isoformat()[5:]} {s.why or s.count}" for s in answer.due.steps)


@cache
def as_shipped(ruleset: str) -> CompiledRuleset:
    return load(ruleset)


def answer_of(
    ruleset: str, deadline: str, facts: Mapping[str, Any], parameters: Mapping[str, Any] | None = None
) -> AnyDue:
    rules = load(ruleset, parameters=parameters) if parameters else as_shipped(ruleset)
    return due(rules, facts, only=[deadline])[deadline]


@pytest.mark.parametrize("case", CASES, ids=[f"{c.id} {c.deadline}" for c in CASES])
def test_a_worked_case_is_due_when_it_says(case: Case) -> None:
    found = answer_of(case.ruleset, case.deadline, case.facts)

    assert isinstance(found, DueAnswer)
    assert str(found.due) == case.shown
    assert days(found) == case.days
    assert found.owner == case.owner
    assert not found.due.provisional


def test_bank_g14_without_urgency_no_limit_is_reckoned() -> None:
    found = answer_of("bank", "reply", {**ORDINARY, "opinion_accepted_at": "2024-03-05T10:20:00+08:00"})

    assert found == OpenDue(("base_urgency",), (), found.because)


def test_retail_g32_calling_back_at_once_has_no_instant_until_an_organisation_sets_one() -> None:
    facts = {"feedback_from": "sales_admin_dept", "feedback_received_at": "2024-05-06T10:20:00+08:00"}
    found = answer_of("retail_food", "callback", facts)
    own = answer_of("retail_food", "callback", facts, {"immediate_limit": 15})

    assert found == OpenDue((), ("immediate_limit",), ("retail-5.2.2-callback",))
    assert isinstance(own, DueAnswer)
    assert (str(own.due), own.owner) == ("2024-05-06 10:35+08:00", "salesperson")


def test_the_web_procedure_has_no_number_for_accepting() -> None:
    facts = {"complaint_received_at": "2024-05-06T10:20:00+08:00"}
    found = answer_of("web_services", "acceptance", facts)
    own = answer_of("web_services", "acceptance", facts, {"acceptance_hours": 2})

    assert found == OpenDue((), ("acceptance_hours",), ("web-3.1-1-accept",))
    assert isinstance(own, DueAnswer)
    assert (str(own.due), own.owner) == ("2024-05-06 12:20+08:00", "customer_service_dept")


# --- the other readings ----------------------------------------------------------------------------

MEDIUM = {**ORDINARY, "base_urgency": "medium", "opinion_accepted_at": "2024-03-08T16:45:00+08:00"}
SATURDAY = {"executed": True, "satisfaction": "satisfied", "satisfied_at": "2024-05-18T11:00:00+08:00"}
FORM = {"handling_form_received": True, "form_received_at": "2024-05-14T17:00:00+08:00"}
UNFINISHED = {"complaint_accepted_at": "2024-05-09T10:00:00+08:00", "customer_answer": "open"}
FRIDAY_CALL = {**HOTLINE, "call_received_at": "2024-05-17T17:10:00+08:00"}
FRIDAY_APPROVAL = {"transfer_approved": True, "transfer_approved_at": "2024-05-17T17:00:00+08:00"}


@pytest.mark.parametrize(
    ("ruleset", "deadline", "facts", "parameters", "shown"),
    [
        ("bank", "reply", MEDIUM, {"first_day_counted": "same_day"}, "2024-03-12 24:00"),
        ("bank", "reply", MEDIUM, {"last_day_ends": "end_of_business"}, "2024-03-13 17:30+08:00"),
        ("bank", "reply", MEDIUM, {"last_day_ends": "same_time"}, "2024-03-13 16:45+08:00"),
        (
            "bank", "reply", {**MEDIUM, "ticket_sent_at": "2024-03-11T09:00:00+08:00"},
            {"reply_clock_start": "ticket_sent_at"}, "2024-03-14 24:00",
        ),
        ("food", "transfer", FRIDAY_APPROVAL, {}, "2024-05-17 18:00+08:00"),
        ("food", "transfer", FRIDAY_APPROVAL, {"hour_counting": "business_hour"}, "2024-05-20 09:30+08:00"),
        ("retail_food", "feedback", FRIDAY_CALL, {}, "2024-05-17 17:40+08:00"),
        ("retail_food", "feedback", FRIDAY_CALL, {"hour_counting": "business_hour"}, "2024-05-20 09:10+08:00"),
        (
            "retail_food", "feedback", {**FRIDAY_CALL, "registered_at": "2024-05-17T17:20:00+08:00"},
            {"feedback_clock_start": "registered_at"}, "2024-05-17 17:50+08:00",
        ),
        ("retail_food", "progress_report", UNFINISHED, {"progress_days": 4}, "2024-05-14 24:00"),
        (
            "retail_food", "progress_report", {**UNFINISHED, "feedback_received_at": "2024-05-10T08:00:00+08:00"},
            {"three_workday_start": "feedback_received_at"}, "2024-05-14 24:00",
        ),
        ("retail_food", "result_feedback", SATURDAY, {}, "2024-05-18 24:00"),
        ("retail_food", "result_feedback", SATURDAY, {"same_day_off": "next_working_day"}, "2024-05-20 24:00"),
        ("retail_food", "follow_up", FORM, {"one_week": "working_day"}, "2024-05-21 24:00"),
    ],
)  # fmt: skip
def test_another_reading_is_due_at_another_time(
    ruleset: str, deadline: str, facts: Mapping[str, Any], parameters: Mapping[str, Any], shown: str
) -> None:
    found = answer_of(ruleset, deadline, facts, parameters)

    assert isinstance(found, DueAnswer)
    assert str(found.due) == shown
    assert set(parameters) <= set(found.rests_on)


@pytest.mark.parametrize(
    ("ruleset", "deadline", "facts"),
    [
        ("bank", "progress", {"involves_accounting": False, "needs_third_party": False}),
        ("bank", "handling", COMPLEX),
        ("food", "transfer", {"transfer_approved": False}),
        ("retail_food", "feedback", {"channel": "in_store"}),
        ("retail_food", "callback", {"feedback_from": "nobody"}),
        ("retail_food", "result_feedback", {"satisfaction": "dissatisfied"}),
        ("retail_food", "follow_up", {"handling_form_received": False}),
    ],
)
def test_a_limit_that_does_not_apply_is_not_due(ruleset: str, deadline: str, facts: Mapping[str, Any]) -> None:
    found = answer_of(ruleset, deadline, facts)

    assert isinstance(found, NotDue)
    assert not found.applies


def test_a_unit_must_finish_within_the_reply_limit() -> None:
    plain = {**MEDIUM, "ticket_sent_to_system": True, "involves_accounting": False, "needs_third_party": False}
    found = answer_of("bank", "handling", plain)

    assert isinstance(found, DueAnswer)
    assert (str(found.due), found.owner) == ("2024-03-13 24:00", "responsible_unit")
