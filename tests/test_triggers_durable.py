"""durable-rules as a second opinion: on what it can express it says what the native matcher says."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from fractions import Fraction

import pytest

import sizes
from complaint_rules import correlate_durable, load_text
from complaint_rules.correlate import Correlation, Occurrence, Terms
from complaint_rules.correlate_durable import DifferenceError, Durable, Shape, expressible, rule_of
from complaint_rules.library import names
from complaint_rules.monitor import Monitor
from complaint_rules.watching import terms_of
from complaint_rules.words import Label
from reference_triggers import DESK
from test_triggers import (
    HOUR,
    RULES,
    START,
    a_history,
    a_trigger,
    counting,
    plain,
    portions,
    received,
    some_entries,
    some_terms,
    standing,
)
from test_triggers_rulesets import ill, rules, ticket

installed = pytest.mark.skipif(
    not correlate_durable.is_installed(),
    reason="durable-rules is not installed: pip install 'complaint-rules[durable]'",
)


def compared(chance: random.Random, judge: Durable) -> int:
    """Compare one random history of a trigger that can be expressed; return how often it fired."""
    terms = some_terms(chance) | {"share": False, "spacing": None}
    terms["kind"] = "count" if terms["kind"] == "sum" else terms["kind"]
    terms["threshold"] = Fraction(chance.randint(1, 4))
    trigger = a_trigger(chance, terms)
    native, asked = (Correlation(Terms(trigger, terms["threshold"], terms["within"]), j) for j in (None, judge))
    history = [counting(e, terms["kind"], share=False) for e in a_history(chance, terms)]
    while history:
        come = [history.pop() for _ in range(min(len(history), chance.randint(1, 5)))]
        for each in (native, asked):
            each.change([], come)
    assert standing(native) == standing(asked)
    return len(standing(native))


@installed
def test_durable_is_native_on_what_it_can_express() -> None:
    judge, chance = Durable(shadow=False), random.Random(11)
    try:
        fired = sum(compared(chance, judge) for _ in range(sizes.of(30, 2_000)))
    finally:
        judge.close()

    assert fired > 10
    assert judge.asked > 150
    assert judge.deaths == []


@installed
def test_the_desk_is_watched_by_both_and_they_agree() -> None:
    chance = random.Random(12)
    shadow = Monitor(RULES, correlation="shadow")
    native = Monitor(RULES)
    try:
        for n in range(sizes.of(3, 200)):
            entries = [{**e, "complaint": f"{n}{e['complaint']}"} for e in some_entries(chance)]
            for come, now in portions(chance, entries):
                later = now + HOUR * 100 * n
                assert shadow.feed(map(plain, come), now=later) == native.feed(map(plain, come), now=later)
        assert shadow._judge is not None
        assert shadow._judge.asked > 25
    finally:
        shadow.close()


@installed
def test_the_rulesets_are_watched_by_both_and_they_agree() -> None:
    told = {
        "bank": [
            t for n, day in enumerate(("07", "16", "23")) for t in ticket(n, f"2024-05-{day}T09:00", "medium", "x")
        ],
        "food": [ill(1, "A"), ill(2, "B"), ill(3, "A")],
    }
    for name, lines in told.items():
        entries = [{"complaint": c, "event": e, "at": f"{at}+08:00", "facts": f} for c, at, e, f in lines]
        monitor = Monitor(rules(name), correlation="shadow")
        try:
            signals = monitor.feed(entries, now=datetime.fromisoformat("2024-06-01T00:00+08:00"))
            assert monitor._judge is not None
            assert monitor._judge.asked > 0
            assert signals == Monitor(rules(name)).feed(entries, now=datetime.fromisoformat("2024-06-01T00:00+08:00"))
        finally:
            monitor.close()


@installed
def test_where_the_process_dies_the_native_answer_is_taken_and_a_new_one_started() -> None:
    monitor, alone = Monitor(RULES, correlation="durable"), Monitor(RULES)
    try:
        for hour, who in enumerate("xyzw"):
            come = [received(f"c{hour}", hour, unit="a", customer=who)]
            assert monitor.feed(come, now=START + HOUR * 9) == alone.feed(come, now=START + HOUR * 9)
            judge = monitor._judge
            assert judge is not None
            assert judge._worker is not None
            judge._worker.kill()
            judge._worker.wait()
        assert set(judge.deaths) == {-9}
    finally:
        monitor.close()


def test_a_shadow_that_differs_is_an_error() -> None:
    class Wrong(Durable):
        def _ask(self, _shape: Shape, _members: object) -> bool:
            return True

    judge = Wrong(shadow=True)
    terms = Terms(RULES.ruleset.triggers["late"], Fraction(2), None)
    with pytest.raises(DifferenceError):
        judge(terms, [Occurrence(timedelta(0), "c", 0, "e", "k")])


def test_where_durable_rules_is_missing_the_monitor_says_so_and_is_native(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("complaint_rules.monitor.is_installed", lambda: False)
    with pytest.warns(UserWarning, match="durable-rules is not installed"):
        monitor = Monitor(RULES, correlation="durable")

    assert monitor.feed([received(c, n, unit="a", customer=c) for n, c in enumerate("xyz")], now=START + HOUR * 3)


def test_what_cannot_be_expressed_is_said_with_the_reason() -> None:
    terms, _ = terms_of(load_text(DESK))
    found = {n: expressible(t) for n, t in terms.items()}

    assert {n: f.en for n, f in found.items() if isinstance(f, Label)} == {
        "spoilt": "it cannot say `sum`", "again": "it cannot say `spacing`",
    }  # fmt: skip
    assert found["people"] == Shape(3, 6 * 3600 * 1_000_000, distinct=True)
    assert isinstance(expressible(Terms(terms["people"].trigger, Fraction(5), None)), Label)


@pytest.mark.parametrize("ruleset", names())
def test_every_trigger_of_the_rulesets_says_whether_it_can_be_expressed(ruleset: str) -> None:
    terms, _ = terms_of(rules(ruleset))

    assert all(isinstance(expressible(t), Shape) == (t.trigger.sum is None) for t in terms.values())


def test_a_join_says_its_last_clause_twice_and_static_clauses_last() -> None:
    legs = [next(iter(leg.values()))["$and"] for leg in rule_of(Shape(3, 5, distinct=True))["all"]]

    for leg in legs[1:]:
        static = next(i for i, clause in enumerate(leg) if "k" in clause)
        assert leg[static - 1] == leg[static - 2]
        assert {"$ex": {"v": 1}} in leg[static:]
