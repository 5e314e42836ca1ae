"""What users draw from a ruleset: valid, from both sides of every bound, to every rule, and whole rulesets."""

from __future__ import annotations

from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sizes
from complaint_rules import FactsError, decide, load, load_text, replay
from complaint_rules.aiming import Aim, Case
from complaint_rules.compile import CompiledRuleset
from complaint_rules.domains import LineAxis, Ordered, axes_for
from complaint_rules.facts import read_facts
from complaint_rules.library import names, under
from complaint_rules.sampling import Sampler
from complaint_rules.testing import boundary_facts, cases, facts, histories, partial_facts, rulesets

NAMES = names()
# The largest draw and decide for half a minute each; `make exam` takes all.
DRAWN = sizes.of(["property"], list(NAMES))
VALID = sizes.of(["auto_dealer", "telecom"], list(NAMES))
DRAWS = 1000


@cache
def rules_of(name: str) -> CompiledRuleset:
    return load(name)


@cache
def drawn(name: str) -> tuple[Case, ...]:
    aim = Aim(Sampler(rules_of(name)))
    rng = Random(name)
    return tuple(aim.case(rng) for _ in range(DRAWS))


@pytest.mark.parametrize("name", DRAWN)
def test_a_thousand_draws_lead_to_every_rule_and_item(name: str) -> None:
    rules = rules_of(name)
    left = set(Aim(Sampler(rules)).targets)
    for case in drawn(name):
        result = decide(under(rules, case.parameters), case.facts)
        for decision, answer in result.decisions.items():
            left -= {(decision, part) for part in (*answer.trace.rules, *answer.trace.items)}
    assert not left


@pytest.mark.parametrize("name", DRAWN)
def test_a_thousand_draws_lie_in_every_cell_of_every_number(name: str) -> None:
    """The cells on both sides of a bound, and the bound itself where a rule parts it from them."""
    rules = rules_of(name)
    sampler = Sampler(rules)
    for fact, given_ in rules.ruleset.inputs.items():
        if not isinstance(given_.type.domain, Ordered):
            continue
        axis = axes_for(given_.type.domain, sampler.tests.get(fact, ()), None)[0]
        assert isinstance(axis, LineAxis)
        met = {axis.cell_of(c.facts[fact]) for c in drawn(name) if fact in c.facts}
        assert met == set(range(axis.size)), fact


@pytest.mark.parametrize("name", VALID)
def test_what_is_drawn_is_valid(name: str) -> None:
    rules = rules_of(name)
    required = {n for n, i in rules.ruleset.inputs.items() if not i.optional}
    some = settings(max_examples=sizes.of(4, 200), deadline=None, database=None)

    @some
    @given(facts(rules) | boundary_facts(rules))
    def whole(drawn_facts) -> None:
        read_facts(rules.ruleset, drawn_facts)

    @some
    @given(boundary_facts(rules))
    def complete(drawn_facts) -> None:
        assert required <= drawn_facts.keys()

    @some
    @given(partial_facts(rules), cases(rules))
    def partial(drawn_facts, case) -> None:
        read_facts(rules.ruleset, drawn_facts)
        read_facts(under(rules, case.parameters).ruleset, case.facts)

    @some
    @given(histories(rules))
    def lived(history) -> None:
        try:
            replay(rules, history.facts, history.events, now=history.now)
        except FactsError as error:  # an amount that the facts make nonsense of is theirs to say
            assert {d.code for d in error.diagnostics} <= {"CR304", "CR313"}

    for law in (whole, complete, partial, lived):
        law()


def test_a_target_is_reached_through_the_decisions_above_it() -> None:
    rules = load_text(CHAIN)
    aim = Aim(Sampler(rules))
    for seed in range(20):
        case = aim.at(Random(seed), ("last", "both"))
        assert decide(under(rules, case.parameters), case.facts).decisions["last"].trace.rules == ("both",)


CHAIN = """
language: 1
ruleset: chain
version: 1.0.0
title: {zh: 链, en: chain}
parameters:
  long: {type: duration, value: P30D, because: c1}
  limit: {type: integer, unset: true, reason: {zh: 未定, en: open}}
inputs:
  number: {label: {zh: 数, en: number}, type: integer}
  kind: {label: {zh: 类, en: kind}, values: {a: 甲, b: 乙, c: 丙, d: 丁, e: 戊}}
  sent: {label: {zh: 发出, en: sent}, type: datetime}
  answered: {label: {zh: 答复, en: answered}, type: datetime}
decisions:
  large: {inputs: [number], output: {type: boolean}, rules: [{id: large, when: {number: ">= limit"}, then: yes, because: [c1]}], default: no}
  slow: {label: {zh: 慢, en: slow}, expression: answered - sent > long, output: {type: boolean}, because: [c1]}
  marked: {inputs: [kind], output: {type: boolean}, rules: [{id: marked, when: {kind: "not(a, b, c, d)"}, then: yes, because: [c1]}], default: no}
  all_of_it: {expression: large and slow and marked, output: {type: boolean}, because: [c1]}
  last:
    inputs: [all_of_it]
    output: {values: [x, y]}
    rules: [{id: both, when: {all_of_it: yes}, then: x, because: [c1]}, {id: else, when: {all_of_it: no}, then: y, because: [c1]}]
"""


@settings(max_examples=sizes.of(30, 1000), deadline=None)
@given(rulesets(), st.randoms(use_true_random=False))
def test_a_random_ruleset_decides_each_of_its_complaints(text: str, rng: Random) -> None:
    rules = load_text(text)
    result = decide(rules, Sampler(rules).facts(rng))
    assert all(len(a.trace.rules) == 1 for a in result.decisions.values())
