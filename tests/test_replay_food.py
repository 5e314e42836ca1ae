"""Food: worked cases about time and order, and whole lives from the first call to closing."""

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

QUALITY = {"subject": "product_quality", "dissatisfied": True, "received_by": "qc_dept"}
WRITTEN = {**QUALITY, "channel": "written"}
PHONE = {**QUALITY, "channel": "phone", "special_circumstances": False}
URGENT = {**PHONE, "special_circumstances": True}
# what leads to the team alone
INSECT = {
    "defect": ["foreign_matter"], "foreign_matter_source": "insect", "package_opened": False, "stage": "consumption",
    "cause": "manufacturing", "people_same_symptom": 0,
}  # fmt: skip
# what leads to the team, the cooking staff, quality control and facility support
BATCH = {
    "defect": ["turned_red"], "stage": "consumption", "cause": "equipment", "affected_boxes": 21, "people_same_symptom": 0,
}  # fmt: skip
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
    return load("food", parameters=parameters)


def lived(told: Iterable[Told], now: str, facts: Mapping[str, Any] | None = None, **parameters: Any) -> Replay:
    return replay(rules(**parameters), facts or {}, log_of(told), now=at(now))


def wrong(found: Replay) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(v.event, v.kind, v.missing) for v in found.violations]


def statuses(found: Replay, *names: str) -> list[str]:
    return [found.obligations[n].status for n in names]


def approved(received: str, approval: str, facts: Mapping[str, Any]) -> list[Told]:
    """Received and recorded, the responsible department determined, and approved."""
    return [
        (received, "complaint_received", "qc_dept", dict(facts)),
        (received, "form_filled_in", "qc_dept"),
        (received, "form_approved_by_superior", "approver"),
        (received, "handling_begun", "qc_dept"),
        (received, "superior_informed", "qc_dept"),
        (approval, "department_determined", "qc_dept"),
        (approval, "transfer_was_approved", "approver"),
    ]


# --- worked cases -------------------------------------------------------------------------------------


def test_food_g01_the_form_reaches_the_team_within_the_hour() -> None:
    told = [
        *approved("2024-05-06T08:30", "2024-05-06T09:00", WRITTEN),
        ("2024-05-06T09:50", "form_to_production_team", "qc_dept"),
    ]
    found = lived(told, "2024-05-06T12:00", INSECT)
    owed = found.obligations["transfer"]

    assert (owed.status, owed.owner, owed.run.shown) == ("met", "qc_dept", "2024-05-06 10:00+08:00")
    assert owed.run.met_at == at("2024-05-06T09:50")
    assert found.violations == ()


@pytest.mark.parametrize(
    ("delivered", "status", "breached"),
    [("10:00:00", "met", None), ("10:00:01", "met_late", at("2024-05-06T10:00:00.000001"))],
)
def test_food_g02_the_hour_holds_at_its_instant(delivered: str, status: str, breached: datetime | None) -> None:
    told = [
        *approved("2024-05-06T08:30", "2024-05-06T09:00:00", WRITTEN),
        (f"2024-05-06T{delivered}", "form_to_production_team", "qc_dept"),
    ]
    owed = lived(told, "2024-05-06T12:00", INSECT).obligations["transfer"]

    assert (owed.status, owed.run.breached_at) == (status, breached)
    assert owed.run.shown == "2024-05-06 10:00+08:00"


def test_food_g04_the_hour_begins_with_the_approval_not_the_call() -> None:
    told = [
        *approved("2024-05-06T09:00", "2024-05-06T11:00", PHONE),
        ("2024-05-06T11:45", "form_to_production_team", "qc_dept"),
    ]
    before, found = lived(told, "2024-05-06T10:30", INSECT), lived(told, "2024-05-06T13:00", INSECT)

    assert before.obligations["transfer"].status == "not_due"
    owed = found.obligations["transfer"]
    assert (owed.status, owed.run.start, owed.run.shown) == ("met", at("2024-05-06T11:00"), "2024-05-06 12:00+08:00")


def test_the_hour_may_be_one_of_office_hours() -> None:
    told = approved("2024-05-17T16:00", "2024-05-17T17:00", WRITTEN)
    natural = lived(told, "2024-05-18T12:00", INSECT).obligations["transfer"]
    office = lived(told, "2024-05-18T12:00", INSECT, hour_counting="business_hour").obligations["transfer"]

    assert (natural.status, natural.run.breached_at) == ("overdue", at("2024-05-17T18:00:00.000001"))
    assert (office.status, office.run.shown) == ("running", "2024-05-20 09:30+08:00")


def test_the_form_must_reach_every_responsible_department() -> None:
    told = [
        *approved("2024-05-06T08:30", "2024-05-06T09:00", WRITTEN),
        ("2024-05-06T09:10", "form_to_production_team", "qc_dept"),
        ("2024-05-06T09:20", "form_to_cooking_staff", "qc_dept"),
        ("2024-05-06T09:30", "form_to_qc_dept", "qc_dept"),
        ("2024-05-06T10:05", "form_to_facility_support", "qc_dept"),
    ]
    early, found = lived(told, "2024-05-06T10:00", BATCH), lived(told, "2024-05-06T11:00", BATCH)

    assert early.obligations["transfer"].status == "running"
    assert early.result.decisions["transferred"].trace.items["facility_support"] == "unmet"
    assert found.obligations["transfer"].status == "met_late"


def test_where_no_row_fits_the_form_goes_to_whom_a_person_names() -> None:
    facts = {
        "defect": ["colour_difference"],
        "stage": "consumption",
        "cause": "manufacturing",
        "people_same_symptom": 0,
    }
    told = [
        *approved("2024-05-06T08:30", "2024-05-06T09:00", WRITTEN),
        ("2024-05-06T09:30", "form_to_department_by_hand", "qc_dept"),
    ]

    assert lived(told, "2024-05-06T11:00", facts).obligations["transfer"].status == "met"


def test_food_g60_handling_before_the_form_is_against_the_procedure() -> None:
    told = [
        ("2024-05-06T09:00", "complaint_received", "qc_dept", PHONE),
        ("2024-05-06T09:10", "handling_begun", "qc_dept"),
    ]
    found = lived(told, "2024-05-06T10:00")

    assert wrong(found) == [("handling_begun", "condition", ("form_filled", "form_approved"))]
    assert found.obligations["form_afterwards"].status == "not_due"


def test_food_g60_in_special_circumstances_the_form_is_owed_afterwards_without_a_limit() -> None:
    told = [
        ("2024-05-06T09:00", "complaint_received", "qc_dept", URGENT),
        ("2024-05-06T09:10", "handling_begun", "qc_dept"),
        ("2024-05-08T09:00", "form_filled_in", "qc_dept"),
    ]
    before, found = lived(told, "2024-05-07T09:00"), lived(told, "2024-05-09T00:00")

    assert before.violations == found.violations == ()
    assert before.result.decisions["form_duty"].value == "fill_in_afterwards"
    owed = before.obligations["form_afterwards"]
    assert (owed.status, owed.promptly, owed.owner, owed.run.due) == ("running", True, "qc_dept", None)
    assert found.obligations["form_afterwards"].run.met_at == at("2024-05-08T09:00")


def test_food_g61_an_authority_complains_and_the_sales_people_are_told_at_once() -> None:
    told = [
        ("2024-05-06T09:00", "complaint_received", {**WRITTEN, "source": "quality_bureau", "defect": ["mouldy"]}),
        ("2024-05-06T09:05", "sales_manager_told"),
        ("2024-05-06T09:20", "salesperson_told"),
    ]
    facts = {"bad_faith_extortion": False}
    half, found = lived(told, "2024-05-06T09:10", facts), lived(told, "2024-05-06T10:00", facts)

    assert (half.obligations["special_notice"].status, half.obligations["special_notice"].promptly) == ("running", True)
    assert half.result.decisions["sales_people_told"].trace.items["salesperson"] == "unmet"
    assert found.obligations["special_notice"].status == "met"
    assert found.obligations["general_manager_report"].ask == ("gm_report_necessary",)
    assert found.result.decisions["compensation_grade"].value == "A"


@pytest.mark.parametrize(
    ("necessary", "parameters", "status"),
    [(True, {}, "running"), (False, {}, "not_due"), (False, {"special_gm_criterion": "always"}, "running")],
)
def test_food_g61_the_general_manager_is_told_if_need_be(
    necessary: bool, parameters: dict[str, str], status: str
) -> None:
    told = [("2024-05-06T09:00", "complaint_received", {**WRITTEN, "source": "quality_bureau"})]
    facts = {"bad_faith_extortion": False, "gm_report_necessary": necessary}

    assert lived(told, "2024-05-06T09:30", facts, **parameters).obligations["general_manager_report"].status == status


def test_food_g65_every_complaint_is_owed_to_the_superior_at_no_instant() -> None:
    told = [("2024-05-06T09:00", "complaint_received", "qc_dept", {**WRITTEN, "defect": ["colour_difference"]})]
    found = lived(told, "2024-12-31T00:00")
    owed = found.obligations["superior_report"]

    assert (owed.status, owed.owner, owed.run.due, owed.run.shown) == ("running", "qc_dept", None, "")
    assert found.result.decisions["superior_report"].value == {"notify": "direct_superior", "time_limit": "none_stated"}


# --- whole lives --------------------------------------------------------------------------------------

# a phone call, the form sent back once, a solution that fails once, every follow-up, and closing
PLAIN = [
    ("2024-05-06T09:00", "complaint_received", "qc_dept", PHONE),
    ("2024-05-06T09:02", "customer_thanked"),
    ("2024-05-06T09:05", "information_judged", "qc_dept"),
    ("2024-05-06T09:06", "information_classified", "qc_dept"),
    ("2024-05-06T09:10", "form_filled_in", "qc_dept"),
    ("2024-05-06T09:20", "form_sent_back", "approver"),
    ("2024-05-06T09:30", "form_filled_in", "qc_dept"),
    ("2024-05-06T09:40", "form_approved_by_superior", "approver"),
    ("2024-05-06T09:41", "superior_informed", "qc_dept"),
    ("2024-05-06T09:45", "handling_begun", "qc_dept"),
    ("2024-05-06T10:00", "department_determined", "qc_dept"),
    ("2024-05-06T10:30", "transfer_was_approved", "approver"),
    ("2024-05-06T11:00", "form_to_production_team", "qc_dept"),
    ("2024-05-06T11:10", "cause_found"),
    ("2024-05-06T11:20", "emergency_measure_taken"),
    ("2024-05-06T14:00", "solution_found", {"health_harm": "none", "defective_packs": 2}),
    ("2024-05-06T14:10", "compensation_promised"),
    ("2024-05-06T15:00", "solution_failed"),
    ("2024-05-07T09:00", "solution_found"),
    ("2024-05-07T09:30", "fed_back_to_department", "qc_dept"),
    ("2024-05-07T10:00", "compensation_carried_out"),
    ("2024-05-07T16:00", "compensation_delivered"),
    ("2024-05-08T09:00", "prevention_drawn_up", "responsible_department"),
    ("2024-05-09T09:00", "department_pursued", "qc_dept"),
    ("2024-05-10T09:00", "result_followed", "qc_dept"),
    ("2024-05-10T09:10", "satisfaction_asked", "qc_dept"),
    ("2024-05-10T09:20", "satisfaction_written_down", "qc_dept"),
    ("2024-05-13T09:00", "prevention_carried_out", "responsible_department"),
    ("2024-05-13T10:00", "complaint_closed", "qc_dept"),
]


def test_a_complaint_from_the_call_to_closing() -> None:
    found = lived(PLAIN, "2024-05-31T00:00", INSECT)

    assert (found.state, found.violations, found.next) == ("closed", (), None)
    assert found.result.decisions["steps"].value is True
    assert (
        statuses(found, "transfer", "superior_report", "tracking", "satisfaction", "compensation_goods") == ["met"] * 5
    )
    assert [r.outcome for r in found.obligations["satisfaction"].runs] == ["restarted", "met"]
    assert [r.outcome for r in found.obligations["corrective_measures"].runs] == ["met", "met"]
    assert statuses(found, "special_notice", "form_afterwards") == ["undetermined", "not_due"]


@pytest.mark.parametrize(
    ("now", "state", "missing"),
    [
        ("2024-05-06T12:00", "handling", ("state", "result_tracked", "satisfaction_measured", "measurement_recorded", "corrective_measures")),
        ("2024-05-10T09:15", "solution_agreed", ("measurement_recorded", "corrective_measures")),
        ("2024-05-12T00:00", "solution_agreed", ("corrective_measures",)),
    ],
)  # fmt: skip
def test_what_stands_in_the_way_of_closing(now: str, state: str, missing: tuple[str, ...]) -> None:
    found = lived(PLAIN, now, INSECT)

    assert (found.state, [(b.step, b.missing) for b in found.blocks]) == (state, [("close", missing)])


def test_a_service_complaint_is_closed_without_the_measurement() -> None:
    told = [
        ("2024-05-06T09:00", "complaint_received", "marketing_dept", {**WRITTEN, "subject": "service_manner", "received_by": "marketing_dept"}),
        ("2024-05-06T09:10", "form_filled_in", "marketing_dept"),
        ("2024-05-06T09:20", "handling_begun", "marketing_dept"),
        ("2024-05-06T09:30", "cause_found"),
        ("2024-05-06T10:00", "solution_found"),
        ("2024-05-07T09:00", "result_followed", "qc_dept"),
        ("2024-05-07T10:00", "complaint_closed", "marketing_dept"),
    ]  # fmt: skip
    facts = {"defect": [], "stage": "consumption", "cause": "something_else", "people_same_symptom": 0}
    found = lived(told, "2024-05-08T00:00", facts)

    assert (found.state, found.violations) == ("closed", ())
    assert statuses(found, "corrective_measures", "satisfaction", "tracking") == ["not_due", "running", "met"]
    assert found.obligations["satisfaction"].owner == "qc_dept"


def test_told_in_any_order_it_is_the_same_life() -> None:
    log = log_of(PLAIN)
    told = replay(rules(), INSECT, log, now=at("2024-05-31T00:00")).to_json()
    for seed in range(5):
        shuffled = random.Random(seed).sample(log, len(log))
        assert replay(rules(), INSECT, shuffled, now=at("2024-05-31T00:00")).to_json() == told


def test_more_is_found_out_and_more_departments_must_have_the_form() -> None:
    """The upgrade: two people fell ill from one batch; determined and approved anew, the hour begins anew."""
    told = [
        *approved("2024-05-06T08:30", "2024-05-06T09:00", WRITTEN),
        ("2024-05-06T09:30", "form_to_production_team", "qc_dept"),
        ("2024-05-06T14:10", "department_determined", "qc_dept", {"people_same_symptom": 2}),
        ("2024-05-06T14:30", "transfer_was_approved", "approver"),
        ("2024-05-06T15:00", "form_to_cooking_staff", "qc_dept"),
        ("2024-05-06T16:00", "form_to_qc_dept", "qc_dept"),
    ]
    found = lived(told, "2024-05-06T18:00", INSECT)
    first, second = found.obligations["transfer"].runs

    assert (first.outcome, first.shown) == ("met", "2024-05-06 10:00+08:00")
    assert (second.outcome, second.shown) == ("met_late", "2024-05-06 15:30+08:00")
    assert [e.kind for e in found.journal if e.name == "transfer"] == [
        "started", "met", "lapsed", "restarted", "breached", "met",
    ]  # fmt: skip
    assert found.result.decisions["responsible_departments"].value == frozenset(
        {"production_team", "soymilk_cooking_staff", "qc_dept"}
    )


def test_an_approval_that_is_refused_sends_the_determination_back() -> None:
    told = [
        *approved("2024-05-06T08:30", "2024-05-06T09:00", WRITTEN)[:-1],
        ("2024-05-06T09:10", "transfer_was_refused", "approver"),
        ("2024-05-06T09:20", "transfer_was_approved", "approver"),
        ("2024-05-06T09:30", "department_determined", "qc_dept"),
        ("2024-05-06T09:40", "form_to_production_team", "qc_dept"),
        ("2024-05-06T09:50", "transfer_was_approved", "approver"),
        ("2024-05-06T10:00", "form_to_production_team", "marketing_dept"),
    ]

    assert wrong(lived(told, "2024-05-06T12:00", INSECT)) == [
        ("transfer_was_approved", "condition", ("responsible_dept_determined",)),
        ("form_to_production_team", "condition", ("approved",)),
    ]


def test_an_authority_comes_in_later_and_public_relations_come_too_late() -> None:
    """An ordinary complaint turns special; the report of the authority is out before anything was done."""
    told = [
        *approved("2024-05-06T08:30", "2024-05-06T09:00", {**WRITTEN, "source": "consumer", "addressed_to": "company"}),
        ("2024-05-06T09:30", "form_to_production_team", "qc_dept"),
        ("2024-05-20T09:00", "special_matter_arose", {"addressed_to": "consumer_association", "gm_report_necessary": True}),
        ("2024-05-20T09:05", "salesperson_told"),
        ("2024-05-20T09:10", "sales_manager_told"),
        ("2024-05-20T10:00", "general_manager_told"),
        ("2024-05-27T09:00", "authority_report_issued"),
        ("2024-05-28T09:00", "public_relations_done"),
    ]  # fmt: skip
    facts = {**INSECT, "bad_faith_extortion": False}
    before, found = lived(told, "2024-05-19T00:00", facts), lived(told, "2024-05-30T00:00", facts)

    assert statuses(before, "special_notice", "public_relations") == ["not_due", "not_due"]
    assert found.obligations["special_notice"].run.start == at("2024-05-20T09:00")
    assert statuses(found, "special_notice", "general_manager_report") == ["met", "met"]
    assert wrong(found) == [("public_relations_done", "condition", ("before_the_report",))]
    none = lived(told, "2024-05-30T00:00", facts, special_b_measures="none")
    assert none.obligations["special_notice"].status == "not_due"


def test_payment_waits_for_the_consent_of_the_company() -> None:
    facts = {**INSECT, "health_harm": "harmed", "judged_serious": True, "medical_exam_necessary": True}
    told = [
        *approved("2024-05-06T08:30", "2024-05-06T09:00", WRITTEN),
        ("2024-05-06T09:30", "form_to_production_team", "qc_dept"),
        ("2024-05-06T10:00", "cause_found"),
        ("2024-05-06T11:00", "consent_asked", "salesperson"),
        ("2024-05-06T12:00", "compensation_carried_out", "salesperson"),
        ("2024-05-06T13:00", "consent_given", "qc_dept"),
        ("2024-05-06T14:00", "consent_given", "company"),
        ("2024-05-06T15:00", "compensation_carried_out", "salesperson"),
    ]

    assert wrong(lived(told, "2024-05-06T18:00", facts)) == [
        ("compensation_carried_out", "condition", ("compensation_in_order",)),
        ("consent_given", "role", ()),
    ]
