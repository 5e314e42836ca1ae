"""The shipped rulesets' triggers: worked cases over several complaints, each by the id of its case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import pytest

from complaint_rules import load
from complaint_rules.compile import CompiledRuleset
from complaint_rules.library import names, under
from complaint_rules.monitor import Escalation, Monitor
from complaint_rules.watching import terms_of

Told = tuple[str, str, str, dict[str, Any]]
ACCEPTED = {"opinion_type": "complaint", "customer_tier": "ordinary", "solvable_by_csr": False, "channel": "hotline"}


@cache
def rules(ruleset: str, *settings: tuple[str, Any]) -> CompiledRuleset:
    return under(rules(ruleset), dict(settings)) if settings else load(ruleset)


def said(ruleset: CompiledRuleset, told: Sequence[Told], *nows: str) -> list[tuple[str, str, str]]:
    """Return (trigger, key, when) of what is said, and check that another order of telling says the same."""
    entries = [
        {"complaint": c, "event": event, "id": str(i), "at": f"{at}+08:00", "facts": facts}
        for i, (c, at, event, facts) in enumerate(told)
    ]
    monitor, other = Monitor(ruleset), Monitor(ruleset)
    found = [s for now in nows for s in monitor.feed(entries, now=datetime.fromisoformat(f"{now}+08:00"))]
    last = datetime.fromisoformat(f"{nows[-1]}+08:00")
    again = [s for e in reversed(entries) for s in other.feed([e], now=last)]
    left = {s.id: s for s in again if isinstance(s, Escalation)}
    for signal in again:
        if not isinstance(signal, Escalation):
            left.pop(signal.id)

    assert all(isinstance(s, Escalation) for s in found)
    assert {s.id for s in found} == left.keys()
    return [
        (s.trigger, next(iter(s.key.values())), f"{s.at:%Y-%m-%d %H:%M}") for s in found if isinstance(s, Escalation)
    ]


def ticket(number: int, accepted: str, urgency: str, unit: str, answered: str | None = None) -> list[Told]:
    """A ticket that is sent to a unit at once, and answered some time or never."""
    sent: list[Told] = [
        (f"T{number}", accepted, "opinion_accepted", {**ACCEPTED, "base_urgency": urgency}),
        (
            f"T{number}",
            accepted,
            "ticket_sent",
            {"accountable_unit": unit, "holder_at_expiry": unit, "first_assigned": unit},
        ),
    ]
    return [*sent, *([(f"T{number}", answered, "solution_told_by_unit", {})] if answered else [])]


def criticisms(found: Sequence[tuple[str, str, str]]) -> list[tuple[str, str]]:
    return [(key, when) for trigger, key, when in found if trigger.startswith("criticism")]


def test_bank_g20_the_second_overdue_ticket_of_a_unit_is_criticised() -> None:
    told = [*ticket(1, "2024-05-07T09:00", "medium", "wuxi"), *ticket(2, "2024-05-16T09:00", "medium", "wuxi")]

    assert criticisms(said(rules("bank"), told, "2024-06-01T00:00")) == [("wuxi", "2024-05-22 00:00")]


def test_bank_g22_one_overdue_ticket_each_of_two_units_is_not() -> None:
    told = [*ticket(1, "2024-05-07T09:00", "medium", "wuxi"), *ticket(2, "2024-05-16T09:00", "medium", "suzhou")]

    assert criticisms(said(rules("bank"), told, "2024-06-01T00:00")) == []


def test_bank_g50_contacts_expiry_and_criticism_on_one_line_of_time() -> None:
    told = [
        *ticket(1, "2024-04-29T09:00", "high", "wuxi", "2024-05-08T10:00"),
        ("T1", "2024-04-30T10:00", "customer_contacted_again", {}),
        ("T1", "2024-04-30T16:00", "customer_contacted_again", {}),
        *ticket(2, "2024-05-08T11:00", "medium", "wuxi", "2024-05-14T09:00"),
    ]
    early = said(rules("bank"), told, "2024-05-11T23:59:59")
    late = said(rules("bank"), told, "2024-05-11T23:59:59", "2024-05-12T00:00")

    assert early == [("repeated_contacts", "T1", "2024-04-30 16:00")]
    assert late == [*early, ("criticism", "wuxi", "2024-05-12 00:00")]


@pytest.mark.parametrize(("rearm", "times"), [("every_further_event", 2), ("once", 1)])
def test_bank_g57_the_third_is_criticised_again_by_one_reading(rearm: str, times: int) -> None:
    told = [t for n, day in enumerate(("07", "16", "23")) for t in ticket(n, f"2024-05-{day}T09:00", "medium", "x")]
    found = criticisms(said(rules("bank", ("accountability_rearm", rearm)), told, "2024-06-01T00:00"))

    assert found == [("x", "2024-05-22 00:00"), ("x", "2024-05-29 00:00")][:times]


@pytest.mark.parametrize(("combined", "times"), [(True, 1), (False, 0)])
def test_bank_both_kinds_of_failure_add_up_by_one_reading(combined: bool, times: int) -> None:
    told: list[Told] = [
        *ticket(1, "2024-05-07T09:00", "medium", "x"),
        *ticket(2, "2024-05-16T09:00", "low", "x", "2024-05-17T09:00"),
        ("T2", "2024-05-20T10:00", "feedback_missing", {}),
    ]

    assert len(criticisms(said(rules("bank", ("repeat_kinds_combined", combined)), told, "2024-06-01T00:00"))) == times


def ill(number: int, batch: str, symptom: str = "diarrhoea") -> Told:
    facts = {"product": "firm_tofu", "batch_number": batch, "symptom": symptom, "boxes_in_complaint": 12}
    return f"c{number}", f"2024-05-0{number}T09:00", "complaint_received", facts


def test_food_g17_three_persons_of_three_batches_are_not_many() -> None:
    assert said(rules("food"), [ill(1, "A"), ill(2, "B"), ill(3, "C")], "2024-06-01T00:00") == []


def test_food_several_of_one_batch_are_and_each_complaint_learns_of_it() -> None:
    monitor = Monitor(rules("food"))
    entries = [
        {"complaint": c, "event": e, "at": f"{at}+08:00", "facts": facts}
        for c, at, e, facts in (ill(1, "A"), ill(2, "A", "rash"), ill(3, "A"))
    ]
    found = monitor.feed(entries, now=datetime.fromisoformat("2024-06-01T00:00+08:00"))

    assert [(s.trigger, s.to, s.rests_on) for s in found] == [("same_symptom", "qc_dept", ("multi_person_min",))]
    assert [(c, e["facts"]) for c, e in found[0].raised] == [(c, {"people_same_symptom": 2}) for c in ("c1", "c3")]


@pytest.mark.parametrize(
    ("scope", "times"), [("same_product_same_batch_same_cause_sum_of_boxes", 1), ("single_complaint", 0)]
)
def test_food_more_than_twenty_boxes_over_several_complaints_are_a_batch_by_one_reading(scope: str, times: int) -> None:
    told = [ill(1, "A", "x"), ill(2, "A", "y"), ill(3, "B", "z")]
    told += [(c, at.replace("T09", "T10"), "cause_found", {"cause": "equipment"}) for c, at, _, _ in told]
    found = said(rules("food", ("batch_scope", scope)), told, "2024-06-01T00:00")

    assert found == [("batch_affected", "firm_tofu", "2024-05-02 10:00")][:times]


def test_food_the_boxes_of_a_complaint_count_once_and_follow_a_corrected_cause() -> None:
    monitor = Monitor(rules("food"))
    told = [
        {"complaint": c, "event": e, "id": f"{c}{e}", "at": f"{at}+08:00", "facts": facts}
        for c, at, e, facts in (ill(1, "A", "x"), ill(2, "A", "y"))
    ]
    for complaint, hour in (("c1", 10), ("c1", 11), ("c2", 12)):
        told.append(
            {"complaint": complaint, "event": "cause_found", "id": f"{complaint}-{hour}", "at": f"2024-05-02T{hour}:00+08:00",
             "facts": {"cause": "equipment"}}
        )  # fmt: skip
    wrong = {
        **told[-1],
        "id": "better",
        "corrects": "c2-12",
        "recorded_at": "2024-05-03T09:00+08:00",
        "facts": {"cause": "transport"},
    }
    before = monitor.feed(told, now=datetime.fromisoformat("2024-05-02T13:00+08:00"))
    after = monitor.feed([wrong], now=datetime.fromisoformat("2024-05-03T10:00+08:00"))

    assert [(s.trigger, s.complaint, s.measure) for s in before if isinstance(s, Escalation)] == [
        ("batch_affected", "c2", 24)
    ]
    assert [(type(s).__name__, s.id) for s in after] == [("Retraction", before[0].id)]


def test_handbook_the_third_failure_and_each_further_one_bring_in_management() -> None:
    told: list[Told] = [
        ("c1", f"2024-05-0{day}T09:00:00", "revisit_supplement" if day == 2 else "revisit_dissatisfied", {})
        for day in (1, 2, 3, 4, 5)
    ]
    told.append(("c2", "2024-05-01T09:00:00", "revisit_dissatisfied", {}))
    counted = rules("handbook", ("supplementary_opinion_effect", "treat_as_dissatisfied"))
    twice = rules("handbook", ("max_attempts", 2))

    found = said(rules("handbook"), told, "2024-06-01T00:00")
    assert [(s[0], s[2]) for s in found] == [
        ("third_failure", "2024-05-04 09:00"),
        ("third_failure", "2024-05-05 09:00"),
    ]
    assert [s[2][:10] for s in said(counted, told, "2024-06-01T00:00")] == ["2024-05-03", "2024-05-04", "2024-05-05"]
    assert [s[2][:10] for s in said(twice, told, "2024-06-01T00:00")] == ["2024-05-03", "2024-05-04", "2024-05-05"]


@pytest.mark.parametrize("ruleset", names())
def test_every_trigger_speaks_both_languages_cites_a_clause_and_has_its_threshold_where_the_text_does(
    ruleset: str,
) -> None:
    loaded = rules(ruleset)
    triggers = loaded.ruleset.triggers.values()

    assert all(t.because and t.label.zh != t.label.en for t in triggers)
    assert terms_of(loaded)[1].keys() <= {"occurs_easily_by_number", "recurring_case"}


def test_retail_complaints_of_one_type_are_counted_once_number_and_period_are_set() -> None:
    about = {"channel": "hotline_4001692008", "topic": "product_quality"}
    told: list[Told] = [
        ("c1", "2024-05-06T09:00:00", "hotline_called", about),
        ("c2", "2024-05-07T09:00:00", "complained_in_store", {**about, "channel": "in_store"}),
        ("c3", "2024-05-08T09:00:00", "hotline_called", {**about, "topic": "service_quality"}),
        ("c4", "2024-05-09T09:00:00", "complained_orally", {**about, "channel": "oral"}),
        ("c5", "2024-06-20T09:00:00", "hotline_called", about),
    ]
    often = rules("retail_food", ("recurrence_threshold", 3), ("recurrence_window", "P30D"))

    assert [s[0] for s in said(often, told, "2024-07-01T00:00")] == ["occurs_easily_by_number"]
    assert said(rules("retail_food"), told, "2024-07-01T00:00") == []
    assert Monitor(rules("retail_food")).silent == {
        "occurs_easily_by_number": ("recurrence_threshold", "recurrence_window")
    }


def test_vanke_bulletins_about_one_problem_recur_once_their_number_is_set() -> None:
    told: list[Told] = [
        ("c1", "2024-05-06T09:00:00", "bulletin_received", {"problem": "leak"}),
        ("c2", "2024-05-07T09:00:00", "bulletin_received", {"problem": "noise"}),
        ("c3", "2024-06-20T09:00:00", "bulletin_received", {"problem": "leak"}),
    ]
    twice = said(rules("vanke", ("recurring_count", 2)), told, "2024-07-01T00:00")

    assert twice == [("recurring_case", "leak", "2024-06-20 09:00")]
    assert said(rules("vanke"), told, "2024-07-01T00:00") == []
    assert Monitor(rules("vanke")).silent == {"recurring_case": ("recurring_count",)}
