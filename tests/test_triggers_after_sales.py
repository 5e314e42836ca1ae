"""The triggers of `after_sales`: a share of a batch over several complaints, and a crisis event told at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from complaint_rules import load
from complaint_rules.library import under
from complaint_rules.monitor import Escalation, Monitor, Retraction

BATCH = {
    "batch_id": "B7",
    "problem_code": "leak",
    "product_problem": ["unusable"],
    "problem_appeared": "after_completion",
    "batch_units_installed": 200,
    "batch_units_produced": 400,
}


def entry(complaint: str, at: str, event: str, facts: dict[str, Any], **more: str) -> dict[str, Any]:
    return {"complaint": complaint, "event": event, "id": f"{complaint}-{event}", "at": f"{at}+08:00", "facts": facts, **more}  # fmt: skip


def faulty(complaint: str, day: int, units: int, cause: str = "production", **more: Any) -> list[dict[str, Any]]:
    """A complaint about so many units of a batch, and its cause."""
    facts = {**BATCH, "units_in_complaint": units, **more}
    return [
        entry(complaint, f"2024-05-{day:02}T09:00", "contact_received", facts),
        entry(complaint, f"2024-05-{day:02}T10:00", "cause_found", {"problem_cause": cause}),
    ]


def said(told: list[dict[str, Any]], **settings: Any) -> list[tuple[str, str, Any]]:
    rules = under(load("after_sales"), settings) if settings else load("after_sales")
    found = Monitor(rules).feed(told, now=datetime.fromisoformat("2024-06-30T00:00+08:00"))
    return [(s.trigger, s.complaint, s.measure) for s in found if isinstance(s, Escalation)]


def test_exactly_five_per_cent_of_a_batch_is_an_accident_and_one_unit_less_is_not() -> None:
    told = [*faulty("c1", 6, 4), *faulty("c2", 7, 5)]

    assert said(told) == []
    assert said([*told, *faulty("c3", 8, 1)]) == [("batch_of_installed", "c3", 10)]


@pytest.mark.parametrize(
    ("settings", "units", "trigger"),
    [
        ({"share_includes_bound": False}, 10, None),
        ({"share_includes_bound": False}, 11, "batch_of_installed_above"),
        ({"batch_denominator": "produced"}, 19, None),
        ({"batch_denominator": "produced"}, 20, "batch_of_produced"),
        ({"batch_denominator": "produced", "share_includes_bound": False}, 20, None),
        ({"batch_denominator": "produced", "share_includes_bound": False}, 21, "batch_of_produced_above"),
        ({"batch_min_units": 201}, 50, None),
        ({"batch_min_units": 200}, 10, "batch_of_installed"),
    ],
)
def test_each_reading_of_the_share_has_its_own_trigger(
    settings: dict[str, Any], units: int, trigger: str | None
) -> None:
    assert said(faulty("c1", 6, units), **settings) == ([(trigger, "c1", units)] if trigger else [])


@pytest.mark.parametrize(
    "other", [{"batch_id": "B8"}, {"problem_code": "crack"}, {"problem_appeared": "before_completion"}]
)
def test_another_batch_or_problem_or_time_does_not_count_with_it(other: dict[str, str]) -> None:
    assert said([*faulty("c1", 6, 9), *faulty("c2", 7, 9, **other)]) == []


@pytest.mark.parametrize(("cause", "times"), [("design", 1), ("installation", 0)])
def test_only_design_and_production_make_an_accident(cause: str, times: int) -> None:
    assert len(said(faulty("c1", 6, 10, cause))) == times


def test_each_complaint_of_the_batch_learns_of_it_and_a_corrected_cause_takes_it_back() -> None:
    monitor = Monitor(load("after_sales"))
    before = monitor.feed([*faulty("c1", 6, 9), *faulty("c2", 7, 9)], now=datetime.fromisoformat("2024-05-08T00:00+08:00"))  # fmt: skip
    wrong = entry("c2", "2024-05-07T10:00", "cause_found", {"problem_cause": "use"}, corrects="c2-cause_found")
    wrong |= {"id": "better", "recorded_at": "2024-05-09T09:00+08:00"}
    after = monitor.feed([wrong], now=datetime.fromisoformat("2024-05-10T00:00+08:00"))
    (found,) = [s for s in before if isinstance(s, Escalation)]

    assert (found.to, set(found.rests_on)) == ("csc", {"batch_denominator", "share_includes_bound"})
    assert [(c, e["facts"]) for c, e in found.raised] == [(c, {"affected_units": 18}) for c in ("c1", "c2")]
    assert [(type(s), s.id) for s in after] == [(Retraction, found.id)]


@pytest.mark.parametrize(("received_by", "times"), [("engineering", 1), ("csc", 0)])
def test_a_crisis_event_is_told_once_as_soon_as_it_is_one_unless_the_centre_has_it(
    received_by: str, times: int
) -> None:
    crisis = {
        "received_by": received_by,
        "service_problem": ["unsafe_repair"],
        "product_problem": [],
        "economic_loss": True,
        "claims_compensation": False,
        "reported_to": [],
    }
    told = [
        entry("c1", "2024-05-06T09:00", "contact_received", crisis),
        entry("c1", "2024-05-07T09:00", "situation_learned", {"reported_to": ["news_media"]}),
        {**entry("c1", "2024-05-08T09:00", "situation_learned", {"claims_compensation": True}), "id": "again"},
    ]

    assert said(told) == [("crisis_reported", "c1", 1)] * times
    assert said(told[:1]) == []
