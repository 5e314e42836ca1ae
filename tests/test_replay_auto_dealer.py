"""The car dealer over time: worked cases and whole lives, with the lost tables filled by figures of the cases or the overlay."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from complaint_rules import Replay, load, replay
from complaint_rules.compile import CompiledRuleset

OVERLAY = Path(__file__).parents[1] / "rulesets" / "overlays" / "auto_dealer.example.yaml"
AS_WRITTEN = load("auto_dealer")
TRIED = load("auto_dealer", overlays=[OVERLAY])
# The tables of the cases auto-g12 and auto-g27.
TABLES = {
    "closure_limit.general": "PT48H", "closure_limit.medium": "PT72H", "closure_limit.strong": "PT120H",
    "standard_not_closed.general": 100, "standard_not_closed.medium": 200, "standard_not_closed.strong": 500,
    "monthly_multiplier": 2,
}  # fmt: skip
CASES = load("auto_dealer", parameters=TABLES)

MEDIUM = {
    "customer_grounds": [], "dissatisfaction": "high", "rights_loss": "none", "deficiency": "none", "claim": "no_claim",
    "quickly_removable": False, "departments_needed": 1, "topic": "service_duties",
}  # fmt: skip
IRRATIONAL = {
    **MEDIUM,
    "customer_grounds": ["policy_misunderstanding"],
    "dissatisfaction": "low",
    "departments_needed": 2,
}
JUDGED = {"classified_by": "customer_service_center", "category": "示例分类标准", "matter_stage": "after_sale"}
FORM = {
    "form_medium": "electronic", "form_issued_by": "customer_service_center", "complaints_on_form": 1,
    "recipient_named": "示例接收人", "department": "service_station",
}  # fmt: skip
SOLVED = {"problem_solved": True, "need_met": False, "customer_satisfied": True}
CANNOT = {"hindrance": "objective", "closing_prospect": "unable"}
BY = {
    "received": "center", "classified": "center", "transferred": "center", "called_back": "center",
    "closure_confirmed": "center", "closure_refused": "center", "closure_approved": "leader", "approval_refused": "leader",
    "suspension_approved": "specialist", "suspension_refused": "specialist", "follow_up_chosen": "specialist",
}  # fmt: skip
TICK = timedelta(microseconds=1)

Entry = dict[str, Any]
Happened = tuple[str, str] | tuple[str, str, Mapping[str, Any]]


def at(text: str) -> datetime:
    """Return an instant of 2024 in Shanghai: `03-14 09:00` or `03-14 09:00:01`."""
    return datetime.fromisoformat(f"2024-{text.replace(' ', 'T')}+08:00")


def log(*happened: Happened) -> list[Entry]:
    """Return entries by those whose steps they are: (time, event) or (time, event, facts)."""
    return [
        {
            "id": f"e{i}", "event": h[1], "at": at(h[0]).isoformat(), "by": BY.get(h[1], "handling_department"),
            "facts": dict(h[2]) if len(h) > 2 else {},
        }
        for i, h in enumerate(happened, 1)
    ]  # fmt: skip


def begun(day: str, facts: Mapping[str, Any] = MEDIUM, form: Mapping[str, Any] = FORM) -> list[Happened]:
    """Return how every complaint begins: received at 9, judged at once, handed over and signed for within the limit."""
    return [
        (f"{day} 09:00", "received"), (f"{day} 09:10", "classified", {**facts, **JUDGED}),
        (f"{day} 09:40", "transferred", form), (f"{day} 10:00", "signed"),
    ]  # fmt: skip


def closing(applied: str, called: str, confirmed: str, approved: str) -> list[Happened]:
    """Return how a complaint is closed."""
    return [
        (applied, "closure_applied"),
        (called, "called_back"),
        (confirmed, "closure_confirmed"),
        (approved, "closure_approved"),
    ]


def lived(events: Iterable[Entry], now: str, rules: CompiledRuleset = TRIED, **facts: Any) -> Replay:
    return replay(rules, facts, list(events), now=at(now))


def milestones(found: Replay, name: str) -> list[tuple[datetime, Any]]:
    return [(e.at, e.value) for e in found.journal if e.kind == "milestone" and e.name == name]


def broken(found: Replay) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(v.event, v.kind, v.missing) for v in found.violations]


def allowed(found: Replay) -> dict[str, tuple[str, ...]]:
    return {s.step: s.roles for s in found.steps if s.status == "allowed"}


def run(found: Replay, deadline: str) -> Any:
    made = found.obligations[deadline].run
    assert made
    return made


# --- worked cases ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("applied", "closure_type", "status", "breached_at"),
    [
        ("03-14 09:00:00", "first_closure", "met", None),
        ("03-14 09:00:01", "second_closure", "met_late", at("03-14 09:00") + TICK),
    ],
)
def test_auto_g12_closure_exactly_at_the_limit(
    applied: str, closure_type: str, status: str, breached_at: datetime | None
) -> None:
    closed = closing(applied, "03-14 15:00", "03-14 15:30", "03-15 10:00")
    found = lived(log(("03-11 09:00", "received"), *closed), "03-20 00:00", CASES, **MEDIUM)

    assert found.obligations["closure"].status == status
    assert run(found, "closure").due == at("03-14 09:00")
    assert run(found, "closure").met_at == at(applied)
    assert run(found, "closure").breached_at == breached_at
    assert found.result["closure_type"] == closure_type


def test_auto_g14_twelve_hours_over_night_and_weekend() -> None:
    events = log(("03-14 09:00", "received"), ("03-15 20:00", "closure_applied"))

    assert run(lived(events, "03-15 20:00", CASES, **MEDIUM), "callback").due == at("03-16 08:00")
    assert lived(events, "03-16 08:00", CASES, **MEDIUM).obligations["callback"].status == "running"
    late = replay(CASES, MEDIUM, events, now=at("03-16 08:00") + TICK)
    assert late.obligations["callback"].status == "overdue"
    assert late.obligations["callback"].owner == "center"
    assert late.obligations["callback"].rests_on["callback_clock_start"] == "closure_application_received_at"


def test_auto_g14_the_other_reading_counts_from_the_reply() -> None:
    rules = load("auto_dealer", parameters={**TABLES, "callback_clock_start": "result_reply_received_at"})
    events = log(("03-14 09:00", "received"), ("03-15 18:30", "result_replied"), ("03-15 20:00", "closure_applied"))

    assert run(lived(events, "03-15 21:00", rules, **MEDIUM), "callback").due == at("03-16 06:30")


def test_auto_g22_no_suspension_is_applied_for_and_the_limit_expires() -> None:
    events = log(("03-11 09:00", "received"), ("03-11 10:00", "signed"))
    before = lived(events, "03-14 09:00", CASES, **MEDIUM, **CANNOT)
    after = lived(events, "03-14 10:00", CASES, **MEDIUM, **CANNOT)

    assert (before.result["not_closed"], before.result["level_after"]) == (False, "medium")
    assert (after.result["not_closed"], after.result["level_after"]) == (True, "strong")
    assert after.result["irrational_class"] == "not_irrational"
    assert after.obligations["closure"].status == "overdue"
    assert after.obligations["closure"].owner == "service_station"


def test_auto_g24_an_unsatisfied_customer_stands_in_the_way_of_the_application() -> None:
    told = {"problem_solved": True, "need_met": False, "customer_satisfied": False}
    replied: list[Happened] = [*begun("03-11"), ("03-12 10:00", "handled", told), ("03-12 11:00", "result_replied")]
    found = lived(log(*replied), "03-12 12:00")
    step = next(s for s in found.steps if s.step == "apply")

    assert found.result["may_apply_closure"] is False
    assert (step.status, step.missing) == ("blocked", ("customer_satisfied",))
    tried = lived(log(*replied, ("03-12 13:00", "closure_applied")), "03-12 14:00")
    assert broken(tried) == [("closure_applied", "condition", ("customer_satisfied",))]


def test_auto_g25_a_met_need_is_enough_to_apply() -> None:
    told = {"problem_solved": False, "need_met": True, "customer_satisfied": True}
    events = log(*begun("03-11"), ("03-12 10:00", "handled", told), ("03-12 11:00", "result_replied"))
    found = lived(events, "03-12 12:00")

    assert found.result["may_apply_closure"] is True
    assert allowed(found)["apply"] == ("handling_department",)


def test_auto_g27_monthly_fines_after_the_upgrade() -> None:
    closed = closing("05-10 12:00", "05-10 18:00", "05-10 18:10", "05-11 09:00")
    found = lived(log(("03-01 09:00", "received"), *closed), "12-31 00:00", CASES, **MEDIUM)
    fines = milestones(found, "closure.fine")

    assert run(found, "closure").due == at("03-04 09:00")
    assert milestones(found, "closure.upgrade") == [(at("03-04 09:00") + TICK, "strong")]
    assert milestones(found, "closure.first_penalty") == [(at("03-04 09:00") + TICK, 200)]
    assert fines == [(at("04-04 09:00") + TICK, 1000), (at("05-04 09:00") + TICK, 1000)]
    assert sum(v for _, v in fines) == 2000
    assert found.result["level_after"] == "strong"
    assert found.result["closure_type"] == "second_closure"
    assert found.obligations["closure"].status == "met_late"
    assert {e.to for e in found.journal if e.name == "closure.fine"} == {"executing_department"}


def test_auto_g27_the_count_of_months_goes_with_the_fines() -> None:
    events = log(("03-01 09:00", "received"))
    exactly = lived(events, "04-04 09:00", CASES, **MEDIUM)
    exceeded = replay(CASES, MEDIUM, events, now=at("04-04 09:00") + TICK)

    assert exactly.result["penalty_documents"] == {"penalty_notice"}
    assert exactly.next is not None
    assert (exactly.next.at, exactly.next.names) == (at("04-04 09:00") + TICK, ("closure.fine",))
    assert exceeded.result["penalty_documents"] == {"penalty_notice", "fine_notice"}


def test_auto_g27_without_the_multiplier_the_fine_comes_and_its_amount_does_not() -> None:
    rules = load("auto_dealer", parameters={"closure_limit.medium": "PT72H"})
    found = lived(log(("03-01 09:00", "received")), "04-05 00:00", rules, **MEDIUM)

    assert milestones(found, "closure.fine") == [(at("04-04 09:00") + TICK, None)]
    assert "monthly_multiplier" in found.result.unset


def test_auto_g31_without_the_table_the_closure_limit_is_undetermined() -> None:
    found = lived(log(("03-11 09:00", "received")), "03-20 00:00", AS_WRITTEN, **MEDIUM)
    closure = found.obligations["closure"]

    assert (closure.status, closure.unset) == ("undetermined", ("closure_limit.medium",))
    assert run(found, "closure").due is None
    assert not [e for e in found.journal if e.kind == "breached"]


def test_auto_g38_every_step_has_its_time() -> None:
    asked = [
        "received",
        "classified",
        "transferred",
        "signed",
        "first_reply",
        "closure_application",
        "callback",
        "approval",
    ]
    found = lived(log(*FIRST_CLOSURE), "04-01 00:00", recorded_times=[], recording_medium="dedicated_software")
    written = [
        "received", "classified", "transferred", "signed", "replied", "closure_applied", "called_back", "closure_approved",
    ]  # fmt: skip

    unmet = [i for i, s in found.result.decisions["times_recorded"].trace.items.items() if s == "unmet"]
    assert unmet == asked
    assert set(written) <= {e.name for e in found.journal if e.kind == "event"}
    recorded = lived(log(*FIRST_CLOSURE), "04-01 00:00", recorded_times=asked, recording_medium="dedicated_software")
    assert recorded.result["times_recorded"] is True


# --- whole lives ------------------------------------------------------------------------------------------------

FIRST_CLOSURE: Sequence[Happened] = [
    *begun("03-11"),
    ("03-11 14:00", "handled", {"communication": "direct", "service_provided": "necessary"}),
    ("03-11 17:00", "replied"),
    ("03-12 15:00", "handled", SOLVED),
    ("03-12 16:00", "result_replied"),
    *closing("03-12 16:10", "03-13 04:10", "03-13 09:00", "03-13 17:00"),
]


def test_from_reception_to_first_closure() -> None:
    found = lived(log(*FIRST_CLOSURE), "12-31 00:00")

    assert found.state == "closed"
    assert broken(found) == []
    assert {n: o.status for n, o in found.obligations.items()} == {
        "classification": "met", "transfer": "met", "first_reply": "met", "closure": "met", "callback": "met",
    }  # fmt: skip
    assert {n: run(found, n).due for n in ("transfer", "first_reply", "closure", "callback")} == {
        "transfer": at("03-11 11:00"), "first_reply": at("03-11 18:00"), "closure": at("03-14 09:00"), "callback": at("03-13 04:10"),
    }  # fmt: skip
    assert found.result["closure_type"] == "first_closure"
    assert found.result["reply_in_order"] is True
    assert (found.steps, found.blocks, found.next) == ((), (), None)


def test_what_is_owed_before_it_is_judged() -> None:
    found = lived(log(("03-11 09:00", "received")), "03-11 09:05")

    assert found.obligations["classification"].status == "running"
    assert found.obligations["classification"].promptly
    assert found.obligations["transfer"].status == "undetermined"
    assert "dissatisfaction" in found.obligations["transfer"].ask
    assert found.obligations["first_reply"].status == "waiting"
    assert found.obligations["callback"].status == "waiting"
    assert [s.missing for s in found.blocks] == [("state",)]


def test_a_late_signature_and_a_reply_to_the_customer_only() -> None:
    events: list[Happened] = [
        *begun("03-11")[:3],
        ("03-11 12:00", "signed"),
        ("03-11 13:00", "replied_to_customer_only"),
    ]
    found = lived(log(*events, ("03-11 20:30", "replied")), "03-11 20:10")
    late = lived(log(*events, ("03-11 20:30", "replied")), "03-11 21:00")

    assert found.obligations["transfer"].status == "met_late"
    assert run(found, "transfer").breached_at == at("03-11 11:00") + TICK
    assert found.obligations["first_reply"].status == "overdue"
    assert run(found, "first_reply").owner == "service_station"
    assert late.obligations["first_reply"].status == "met_late"


REFUSED: Sequence[Happened] = [
    *begun("03-11"),
    ("03-11 15:00", "replied"),
    ("03-13 10:00", "result_replied", SOLVED),
    ("03-14 08:00", "closure_applied"),
    ("03-14 11:00", "called_back", {"customer_satisfied": False}),
    ("03-14 12:00", "closure_refused"),
    ("03-20 10:00", "handled", {"customer_satisfied": True}),
    ("03-20 11:00", "result_replied"),
    *closing("03-20 12:00", "03-20 14:00", "03-20 15:00", "03-21 09:00"),
]


def test_a_refused_application_did_not_stop_the_clock() -> None:
    standing = lived(log(*REFUSED), "03-14 11:59")
    returned = lived(log(*REFUSED), "03-14 12:00")

    assert (standing.state, standing.obligations["closure"].status) == ("confirming", "met")
    assert standing.result["level_after"] == "medium"
    assert (returned.state, returned.obligations["closure"].status) == ("handling", "overdue")
    assert run(returned, "closure").breached_at == at("03-14 12:00")
    assert returned.result["level_after"] == "strong"
    assert [e.kind for e in returned.journal if e.name == "closure"] == ["started", "met", "unmet", "breached"]


def test_a_refused_application_is_followed_by_a_second_closure() -> None:
    found = lived(log(*REFUSED), "12-31 00:00")

    assert (found.state, broken(found)) == ("closed", [])
    assert found.result["closure_type"] == "second_closure"
    assert found.obligations["closure"].status == "met_late"
    assert [r.outcome for r in found.obligations["callback"].runs] == ["met", "met"]
    assert milestones(found, "closure.first_penalty") == [(at("03-14 12:00"), 200)]
    assert milestones(found, "closure.fine") == []


def test_the_other_reading_lets_a_refused_application_stop_the_clock() -> None:
    rules = load("auto_dealer", overlays=[OVERLAY], parameters={"rejected_application_stops_clock": True})

    assert lived(log(*REFUSED[:9]), "03-20 00:00", rules).obligations["closure"].status == "met"


def test_a_refusal_before_expiry_upgrades_at_once_on_the_other_reading() -> None:
    rules = load(
        "auto_dealer", overlays=[OVERLAY], parameters={"reject_before_deadline": "deemed_not_closed_immediately"}
    )
    events: list[Happened] = [
        *begun("03-11"), ("03-12 10:00", "result_replied", SOLVED), ("03-12 11:00", "closure_applied"),
        ("03-12 12:00", "called_back"), ("03-12 13:00", "closure_refused"), ("03-13 10:00", "closure_applied"),
    ]  # fmt: skip
    found = lived(log(*events), "03-13 11:00", rules)

    assert found.result["level_after"] == "strong"
    assert found.obligations["closure"].status == "met"
    assert [(e.at, e.was, e.now) for e in found.journal if e.name == "level_after"] == [
        (at("03-12 13:00"), "medium", "strong")
    ]
    assert lived(log(*events), "03-13 11:00").result["level_after"] == "medium"


SUSPENDED: Sequence[Happened] = [
    *begun("03-11"),
    ("03-11 16:00", "replied"),
    ("03-14 08:30", "suspension_applied", CANNOT),
    ("03-15 10:00", "suspension_approved", {"chosen_mode": "watch"}),
    ("04-02 09:00", "tracked"),
    ("05-06 10:00", "handled", SOLVED),
    ("05-06 11:00", "result_replied"),
    *closing("05-06 12:00", "05-06 13:00", "05-06 14:00", "05-07 09:00"),
]


def test_a_suspension_in_time_excuses_the_limit_until_it_is_examined() -> None:
    pending = lived(log(*SUSPENDED), "03-14 12:00")
    granted = lived(log(*SUSPENDED), "05-01 00:00")

    assert (pending.state, pending.obligations["closure"].status) == ("examining", "excused")
    assert pending.result["irrational_class"] == "not_irrational"
    assert (granted.state, granted.obligations["closure"].status) == ("followed", "excused")
    assert granted.result["irrational_class"] == "second_irrational"
    assert granted.result["follow_up_mode"] == "watch"
    assert granted.result["level_after"] == "medium"
    assert broken(granted) == []
    assert not [e for e in granted.journal if e.kind in ("breached", "milestone")]


def test_a_suspended_complaint_is_closed_in_the_end() -> None:
    found = lived(log(*SUSPENDED), "12-31 00:00")

    assert (found.state, broken(found)) == ("closed", [])
    assert found.obligations["closure"].status == "met"


def test_a_suspension_refused_after_the_limit_is_a_breach_at_the_refusal() -> None:
    events: list[Happened] = [*SUSPENDED[:6], ("03-15 10:00", "suspension_refused")]
    found = lived(log(*events), "03-16 00:00")

    assert (found.state, found.obligations["closure"].status) == ("handling", "overdue")
    assert run(found, "closure").breached_at == at("03-15 10:00")
    assert found.result["level_after"] == "strong"


def test_a_pending_suspension_does_not_help_on_the_other_reading() -> None:
    rules = load("auto_dealer", overlays=[OVERLAY], parameters={"suspension_pending_counts": False})
    found = lived(log(*SUSPENDED[:6]), "03-14 12:00", rules)

    assert run(found, "closure").breached_at == at("03-14 09:00") + TICK


def test_a_suspension_after_expiry_comes_too_late() -> None:
    events: list[Happened] = [
        *begun("03-11"), ("03-14 09:00:01", "suspension_applied", CANNOT),
        ("03-15 10:00", "suspension_approved", {"chosen_mode": "watch"}),
    ]  # fmt: skip
    found = lived(log(*events), "03-16 00:00")

    assert broken(found) == [
        ("suspension_applied", "condition", ("suspension_may_be_applied_for",)),
        ("suspension_approved", "condition", ("not_too_late",)),
    ]
    assert found.result["not_closed"] is True
    assert found.result["irrational_class"] == "not_irrational"
    assert found.obligations["closure"].status == "overdue"


def test_auto_g23_irrational_at_first_is_followed_by_the_manager() -> None:
    chosen = {"chosen_mode": "monitor", "reason_on_form": "误解保修政策"}
    start = begun("03-11", IRRATIONAL, FORM)
    events = log(start[0], start[1], ("03-11 09:20", "follow_up_chosen", chosen), *start[2:])
    tracked = {"id": "t", "event": "tracked", "at": at("03-20 09:00").isoformat(), "by": "department_manager"}
    found = lived([*events, tracked], "09-01 00:00")

    assert (found.state, broken(found)) == ("followed", [])
    assert found.obligations["closure"].status == "not_due"
    assert found.result["follow_up_mode"] == "monitor"
    assert found.result["follow_up_decided_by"] == "aftersales_specialist"
    assert found.result["follow_up"]["by"] == "executing_department_manager"
    assert allowed(found)["track_by_manager"] == ("department_manager",)
    assert "track_by_department" not in allowed(found)


def test_the_reason_must_be_on_the_form_of_an_irrational_complaint() -> None:
    found = lived(log(*begun("03-11", IRRATIONAL, {**FORM, "reason_on_form": None})), "03-12 00:00")

    assert broken(found) == [("transferred", "condition", ("reason_noted",))]


def test_a_leader_who_does_not_approve_sends_it_back_to_the_centre() -> None:
    events: list[Happened] = [*FIRST_CLOSURE[:-1], ("03-13 17:00", "approval_refused")]
    found = lived(log(*events), "03-14 00:00")

    assert (found.state, found.result["closed"]) == ("confirming", False)
    assert set(allowed(found)) == {"call_back", "confirm", "refuse"}
    again: list[Happened] = [*events, ("03-14 09:00", "closure_confirmed"), ("03-14 10:00", "closure_approved")]
    assert (lived(log(*again), "03-15 00:00").state, broken(lived(log(*again), "03-15 00:00"))) == ("closed", [])


def test_only_the_centre_confirms_and_only_after_its_call() -> None:
    events = log(*FIRST_CLOSURE[:-3], ("03-12 18:00", "closure_confirmed"))
    events[-1]["by"] = "handling_department"
    by_center = log(*FIRST_CLOSURE[:-3], ("03-12 18:00", "closure_confirmed"))

    assert broken(lived(events, "03-12 19:00"))[0][:2] == ("closure_confirmed", "role")
    assert broken(lived(by_center, "03-12 19:00")) == [("closure_confirmed", "condition", ("called_back",))]


def test_as_written_the_transfer_waits_for_the_table_of_recipients() -> None:
    found = lived(log(*begun("03-11")), "03-12 00:00", AS_WRITTEN)

    assert [(v.event, v.kind) for v in found.violations] == [("transferred", "undetermined")]
    assert found.obligations["transfer"].unset == ("transfer_limit.medium",)


@pytest.mark.parametrize("reading", ["calendar_month", "thirty_days"])
def test_a_month_is_counted_as_the_reading_says(reading: str) -> None:
    rules = load("auto_dealer", overlays=[OVERLAY], parameters={"month_counting": reading})
    found = lived(log(*begun("01-28")), "03-31 10:00", rules)  # due on 01-31 at 9
    days = {"calendar_month": ["02-29", "03-31"], "thirty_days": ["03-01", "03-31"]}[reading]
    name = {"calendar_month": "closure.fine", "thirty_days": "closure.fine_of_thirty_days"}[reading]

    assert milestones(found, name) == [(at(f"{d} 09:00") + TICK, 1000) for d in days]


def test_the_penalty_notice_is_issued_at_expiry_on_the_other_reading() -> None:
    rules = load("auto_dealer", overlays=[OVERLAY], parameters={"penalty_notice_rhythm": "also_at_expiry"})

    assert milestones(lived(log(*begun("03-11")), "03-15 00:00", rules), "closure.notice") == [
        (at("03-14 09:00") + TICK, 500)
    ]


def test_the_level_of_the_first_penalty_is_a_reading() -> None:
    rules = load("auto_dealer", overlays=[OVERLAY], parameters={"first_penalty_level": "level_after_upgrade"})

    assert [v for _, v in milestones(lived(log(*begun("03-11")), "03-15 00:00", rules), "closure.first_penalty")] == [
        500
    ]


def test_an_application_known_later_revises_the_breach() -> None:
    events = log(*FIRST_CLOSURE[:-3])
    assert events[-1]["event"] == "closure_applied"
    events[-1]["recorded_at"] = at("03-14 12:00").isoformat()
    before = lived(events, "03-14 11:00")
    after = lived(events, "03-14 12:00")

    assert before.obligations["closure"].status == "overdue"
    assert after.obligations["closure"].status == "met"
    assert [(r.deadline, r.was, r.now) for r in after.revised if r.deadline == "closure"] == [
        ("closure", "overdue", "met")
    ]


@pytest.mark.parametrize("life", [FIRST_CLOSURE, REFUSED, SUSPENDED], ids=["first_closure", "refused", "suspended"])
def test_the_order_of_the_log_does_not_matter(life: Sequence[Happened]) -> None:
    events = log(*life)
    told = lived(events, "12-31 00:00").to_json()
    rng = random.Random(7)
    for _ in range(3):
        rng.shuffle(events)
        assert lived(events, "12-31 00:00").to_json() == told
