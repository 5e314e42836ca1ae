"""The specification is trusted: each of these small claims about it can be checked by eye."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
import yaml

from random_rulesets import (
    allows,
    choices,
    completed,
    random_facts,
    random_parameters,
    random_ruleset,
)
from reference import Answer, Case, Reading, decide, findings
from reference_cells import NOT_REGULATED, Value
from reference_formulas import rounded

INPUTS = """
inputs:
  channel: {values: [hotline, email, letter], open: true}
  defect: {type: set, values: [mouldy, sour, torn]}
  injury: {type: boolean}
  boxes: {type: integer, minimum: 0, maximum: 30}
  price: {type: money, currency: CNY, minimum: "0"}
  received: {type: date}
  reply: {values: [fair, poor], optional: true}
"""
SILENT = NOT_REGULATED


def rules(text: str) -> Any:
    """Read a ruleset; scalars stay text."""
    return yaml.load(INPUTS + text, Loader=yaml.BaseLoader)


def answer(text: str, decision: str = "d", /, **facts: Value) -> Answer:
    return decide(rules(text), facts)[decision]


def possible(*values: Value) -> Answer:
    return Answer("undetermined", possible=frozenset(values))


def table(cells: str, **facts: Value) -> Answer:
    """Decide a table of one rule, `{cells}` -> yes, with the default no."""
    return answer(
        f"decisions: {{d: {{output: {{type: boolean}}, default: no, "
        f"rules: [{{id: r, when: {{{cells}}}, then: yes}}]}}}}",
        **facts,
    )


NONE: frozenset[Any] = frozenset()
YES, NO = Answer("decided", value=True), Answer("decided", value=False)


# --- cells


def test_a_list_means_one_of_these() -> None:
    assert table("channel: [hotline, email]", channel="email") == YES
    assert table("channel: [hotline, email]", channel="letter") == NO


def test_not_means_any_known_other_value() -> None:
    assert table("reply: not(fair)", reply="poor") == YES
    assert table("reply: not(fair)") == NO
    assert table("channel: 'not(hotline, email)'", channel="a pigeon") == YES


def test_other_is_a_value_that_the_open_list_does_not_name() -> None:
    assert table("channel: other", channel="a pigeon") == YES
    assert table("channel: other", channel="email") == NO
    assert table("channel: [hotline, email, letter]") == possible(True, False)


def test_an_optional_fact_that_is_absent_is_known_to_be_unknown() -> None:
    assert table("reply: unknown") == YES
    assert table("reply: known") == NO
    assert table("reply: '-'") == YES


@pytest.mark.parametrize(
    ("cell", "inside"),
    [
        ("20", {20}),
        ("> 20", {21, 30}),
        (">= 20", {20, 21, 30}),
        ("< 5", {0, 4}),
        ("<= 5", {0, 4, 5}),
        ("[5..20)", {5, 6, 19}),
        ("(5..20]", {6, 19, 20}),
    ],
)
def test_a_number_is_compared_as_the_cell_says(cell: str, inside: set[int]) -> None:
    points = {0, 4, 5, 6, 19, 20, 21, 30}

    assert {n for n in points if table(f"boxes: '{cell}'", boxes=n) == YES} == inside


def test_money_and_dates_are_compared_exactly() -> None:
    assert table("price: '> 12.50'", price=Decimal("12.51")) == YES
    assert table("price: '> 12.50'", price=Decimal("12.5")) == NO
    assert table("received: '[2024-02-28..2024-02-29]'", received=date(2024, 2, 29)) == YES
    assert table("received: ['2024-03-01', '< 2024-01-01']", received=date(2024, 2, 29)) == NO


@pytest.mark.parametrize(
    ("cell", "matching"),
    [
        ("empty", [""]),
        ("{has: sour}", ["s", "ms", "st", "mst"]),
        ("{any_of: [mouldy, sour]}", ["m", "s", "ms", "mt", "st", "mst"]),
        ("{all_of: [mouldy, sour]}", ["ms", "mst"]),
        ("{none_of: [mouldy, sour]}", ["", "t"]),
        ("{has: mouldy, none_of: [torn]}", ["m", "ms"]),
    ],
)
def test_all_parts_of_a_set_cell_must_hold(cell: str, matching: list[str]) -> None:
    names = {"m": "mouldy", "s": "sour", "t": "torn"}
    subsets = ["", "m", "s", "t", "ms", "mt", "st", "mst"]

    hits = [s for s in subsets if table(f"defect: {cell}", defect=frozenset(names[c] for c in s)) == YES]
    assert hits == matching


# --- tables


GRADES = """
decisions:
  d:
    hit_policy: {policy}
    output: {{values: [A, B, C]}}
    rules:
      - {{id: few, when: {{boxes: "<= 20"}}, then: C}}
      - {{id: hurt, when: [{{injury: yes}}, {{defect: {{has: mouldy}}}}], then: A}}
      - {{id: sour, when: {{defect: {{has: sour}}}}, then: B}}
    {otherwise}
"""


def grade(policy: str, otherwise: str = "refer_to: company", /, **facts: Value) -> Answer:
    facts = {"boxes": 5, "injury": True, "defect": frozenset({"sour"})} | facts
    known = {name: value for name, value in facts.items() if value is not None}
    return answer(GRADES.format(policy=policy, otherwise=otherwise), **known)


@pytest.mark.parametrize(
    ("policy", "value"),
    [
        ("first", "C"),
        ("priority", "A"),
        ("collect", ("C", "A", "B")),
        ("rule_order", ("C", "A", "B")),
        ("output_order", ("A", "B", "C")),
    ],
)
def test_the_hit_policy_says_what_several_matching_rules_give(policy: str, value: Value) -> None:
    assert grade(policy) == Answer("decided", value)


@pytest.mark.parametrize(("aggregate", "value"), [("sum", 9), ("min", 2), ("max", 4), ("count", 3)])
def test_an_aggregate_makes_one_number_of_all_that_match(aggregate: str, value: int) -> None:
    text = f"""
decisions:
  d:
    hit_policy: collect
    aggregate: {aggregate}
    output: {{type: integer}}
    rules: [{{id: a, then: 3}}, {{id: b, then: 4}}, {{id: c, then: 2}}, {{id: e, when: {{injury: no}}, then: 9}}]
"""
    assert answer(text, injury=True) == Answer("decided", value)


def test_a_union_joins_the_sets_of_all_rules_that_match() -> None:
    text = """
decisions:
  d:
    hit_policy: collect
    aggregate: union
    output: {type: set, values: [shop, team, lab]}
    default: []
    rules:
      - {id: hurt, when: {injury: yes}, then: [team, lab]}
      - {id: many, when: {boxes: "> 5"}, then: [shop, team]}
"""
    assert answer(text, injury=True, boxes=6) == Answer("decided", frozenset({"shop", "team", "lab"}))
    assert answer(text, injury=False, boxes=5) == Answer("decided", frozenset())


def test_where_no_rule_matches_the_default_holds_or_the_text_is_silent() -> None:
    nothing = {"boxes": 25, "injury": False, "defect": frozenset()}

    assert grade("first", "default: B", **nothing) == Answer("decided", "B")
    assert grade("first", "refer_to: company", **nothing) == Answer("not_regulated")
    assert grade("collect", "default: []", **nothing) == Answer("decided", ())


def test_a_missing_fact_that_cannot_change_the_answer_is_not_asked_for() -> None:
    assert grade("priority", boxes=None, defect=None) == Answer("decided", "A")


def test_a_missing_fact_leaves_all_that_it_could_change() -> None:
    assert grade("priority", injury=None) == possible("A", "B")
    assert grade("first", boxes=None, injury=False) == possible("C", "B")
    assert grade("first", boxes=None, injury=False, defect=frozenset()) == possible("C", SILENT)


def test_several_outputs_are_one_answer_and_columns_of_their_own() -> None:
    text = """
decisions:
  d:
    outputs: {grade: {values: [A, B]}, ratio: {type: integer}}
    rules:
      - {id: hurt, when: {injury: yes}, then: {grade: A, ratio: 10}}
      - {id: not_hurt, when: {injury: no}, then: {grade: A, ratio: 5}}
  e:
    output: {type: boolean}
    default: no
    rules: [{id: grave, when: {d.grade: A}, then: yes}]
"""
    high, low = (("grade", "A"), ("ratio", 10)), (("grade", "A"), ("ratio", 5))

    assert answer(text, "d", injury=True) == Answer("decided", high)
    assert answer(text, "d") == possible(high, low)
    assert answer(text, "e") == YES


# --- decisions that use decisions


CHAIN = """
decisions:
  d:
    output: {values: [A, B, C]}
    refer_to: company
    rules:
      - {id: hurt, when: {injury: yes}, then: A}
      - {id: many, when: {injury: no, boxes: "> 20"}, then: B}
  e:
    output: {values: [stop, wait, go]}
    rules:
      - {id: grave, when: {d: [A, B]}, then: stop}
      - {id: slight, when: {d: C}, then: go}
      - {id: silent, when: {d: not_regulated}, then: wait}
  f: {expression: d = 'A' and injury, output: {type: boolean}}
"""


def test_an_undetermined_decision_is_passed_on_as_what_it_can_be() -> None:
    assert answer(CHAIN, "e", boxes=25) == Answer("decided", "stop")
    assert answer(CHAIN, "e", boxes=5) == possible("stop", "wait")


def test_a_silent_decision_is_a_column_that_matches_not_regulated() -> None:
    assert answer(CHAIN, "e", injury=False, boxes=5) == Answer("decided", "wait")


def test_columns_are_completed_independently_even_if_one_depends_on_the_other() -> None:
    text = """
decisions:
  d: {expression: not injury, output: {type: boolean}}
  e: {output: {type: boolean}, default: no, rules: [{id: r, when: {d: yes, injury: yes}, then: yes}]}
"""
    assert answer(text, "e") == possible(True, False)


# --- parameters


BOUND = """
parameters:
  few: {type: integer, unset: true, reason: no number}
  many: {type: integer, assumed: 20, reason: no number}
  strict: {reading: yes, options: {yes: 严, no: 宽}, reason: two meanings}
decisions:
  d:
    output: {values: [A, B, C]}
    rules:
      - {id: low, when: {boxes: "<= few"}, then: A}
      - {id: high, when: {boxes: "> few"}, then: A}
  e: {output: {type: boolean}, default: no, rules: [{id: r, when: {boxes: "> many"}, then: yes}]}
  f: {output: {type: boolean}, default: no, rules: [{id: r, when: {strict: yes}, then: yes}]}
"""


def test_an_unset_parameter_is_one_value_in_the_whole_table() -> None:
    assert answer(BOUND, "d", boxes=3) == Answer("decided", "A")
    assert answer(BOUND, "d") == Answer("decided", "A")


def test_an_unset_bound_may_lie_on_either_side_of_the_fact() -> None:
    text = BOUND.replace("then: A}\n  e", "then: B}\n  e")

    assert answer(text, "d", boxes=3) == possible("A", "B")
    assert decide(rules(text), {"boxes": 3}, {"few": 2})["d"] == Answer("decided", "B")


def test_assumptions_can_be_dropped_and_parameters_set() -> None:
    case, facts = rules(BOUND), {"boxes": 21}

    assert decide(case, facts)["e"] == YES
    assert decide(case, facts, assumptions=False)["e"] == possible(True, False)
    assert decide(case, facts, {"many": 30}, assumptions=False)["e"] == NO
    assert decide(case, facts, {"strict": False})["f"] == NO
    assert decide(case, facts)["f"] == YES


# --- expressions


def formula(text: str, output: str = "type: boolean", more: str = "", /, **facts: Value) -> Answer:
    return answer(f'decisions: {{d: {{expression: "{text}", output: {{{output}}}{more}}}}}', **facts)


def test_what_is_unknown_does_not_matter_where_the_rest_decides() -> None:
    assert formula("injury and boxes > 3", injury=False) == NO
    assert formula("injury or boxes > 3", boxes=4) == YES
    assert formula("injury and boxes > 3", injury=True) == possible(True, False)
    assert formula("not injury") == possible(True, False)


def test_an_absent_optional_fact_in_a_formula_is_undetermined() -> None:
    assert formula("reply = 'fair'") == possible(True, False)
    assert formula("reply != 'fair'", reply="poor") == YES


def test_numbers_are_exact_and_rounded_once() -> None:
    half_up = ", rounding: {step: 0.01, mode: half_up}"
    price = Decimal("0.10")

    assert formula("price * boxes", "type: money", price=price, boxes=3).value == Decimal("0.3")
    assert formula("price / 3 * 3", "type: money", half_up, price=price).value == price
    assert formula("max(boxes, 2) - 7", "type: integer", boxes=1).value == -5
    assert formula("boxes + 1", "type: integer") == Answer("undetermined")


@pytest.mark.parametrize(
    ("mode", "five_halves", "minus_seven_halves"),
    [("half_up", 3, -4), ("half_even", 2, -4), ("up", 3, -4), ("down", 2, -3)],
)
def test_rounding_up_goes_away_from_zero(mode: str, five_halves: int, minus_seven_halves: int) -> None:
    rounding = {"step": "1", "mode": mode}

    assert rounded(Fraction(5, 2), rounding) == five_halves
    assert rounded(Fraction(-7, 2), rounding) == minus_seven_halves


def test_a_quotient_by_zero_is_not_regulated_and_one_that_may_be_leaves_it_open() -> None:
    assert formula("boxes / boxes = 1", boxes=0) == Answer("not_regulated")
    assert formula("injury and 1 / boxes = 1", boxes=0, injury=False) == NO
    assert formula("1 / boxes = 1") == possible(True, False, SILENT)
    assert formula("boxes / 2 = 1") == possible(True, False)


def test_a_member_is_looked_for_in_a_set_or_in_a_list() -> None:
    assert formula("'sour' in defect", defect=frozenset({"sour"})) == YES
    assert formula("channel in ['email', 'letter']", channel="hotline") == NO


def test_a_silent_operand_makes_a_formula_silent_and_one_that_may_be_silent_leaves_it_open() -> None:
    assert answer(CHAIN, "f", injury=False, boxes=5) == Answer("not_regulated")
    assert answer(CHAIN, "f", injury=False) == possible(False, SILENT)


# --- checklists and invocations


CHECKS = """
decisions:
  d:
    {needs}:
      - {{id: named, needs: {{boxes: ">= 1"}}}}
      - {{id: form, when: {{channel: hotline}}, needs: {{injury: no}}}}
"""


def checks(needs: str, **facts: Value) -> Answer:
    return answer(CHECKS.format(needs=needs), **facts)


def test_all_items_that_apply_must_be_met() -> None:
    assert checks("needs_all", boxes=1, channel="email") == YES
    assert checks("needs_all", boxes=1, channel="hotline", injury=True) == NO
    assert checks("needs_all", boxes=0) == NO
    assert checks("needs_all", boxes=1) == possible(True, False)
    assert checks("needs_all", boxes=1, injury=False) == YES


def test_any_item_that_applies_is_enough_and_one_that_does_not_apply_is_none() -> None:
    assert checks("needs_any", boxes=1) == YES
    assert checks("needs_any", boxes=0, channel="email", injury=False) == NO
    assert checks("needs_any", boxes=0, injury=False) == possible(True, False)


def test_an_item_is_not_needed_met_unmet_or_some_of_these() -> None:
    case = Case(Reading(rules(CHECKS.format(needs="needs_all"))), {"injury": True}, {})
    tree = case.part("decisions")["d"]

    assert case.item_statuses(tree, {}) == {
        "named": {"met", "unmet"},
        "form": {"not_needed", "unmet"},
    }


def test_an_invocation_is_the_same_table_over_other_facts() -> None:
    text = """
parameters: {few: {type: integer, value: 3}, many: {type: integer, value: 20}}
decisions:
  d: {output: {type: boolean}, default: no, rules: [{id: r, when: {boxes: "> few"}, then: yes}]}
  e: {invoke: d, with: {boxes: crates}}
  f: {invoke: e, with: {few: many}}
  g: {expression: boxes + few, output: {type: integer}}
  h: {invoke: g, with: {boxes: crates}}
"""
    case = rules(text)
    case["inputs"]["crates"] = case["inputs"]["boxes"]
    answers = decide(case, {"boxes": 1, "crates": 5})

    assert [answers[d] for d in "def"] == [NO, YES, NO]
    assert [answers[d].value for d in "gh"] == [4, 8]


# --- what brute force finds in a table


def test_brute_force_finds_gaps_overlaps_hidden_and_unmatched_rules() -> None:
    text = """
decisions:
  d:
    output: {values: [A, B]}
    hit_policy: HIT
    rules:
      - {id: one, when: {boxes: "<= 20"}, then: A}
      - {id: two, when: {boxes: "[5..10]", injury: yes}, then: B}
      - {id: three, when: {boxes: "> 30"}, then: B}
"""
    unique = findings(rules(text.replace("HIT", "unique")), "d")
    first = findings(rules(text.replace("HIT", "first")), "d")
    complete = findings(rules(text.replace("HIT", "first").replace("<= 20", "<= 30")), "d")

    assert unique.overlaps == {frozenset({"one", "two"})}
    assert (unique.has_gap, unique.hidden, unique.unmatched) == (True, NONE, frozenset({"three"}))
    assert (first.overlaps, first.hidden) == (NONE, frozenset({"two"}))
    assert not complete.has_gap


def test_an_optional_column_has_a_gap_where_the_fact_is_absent() -> None:
    text = """
decisions:
  d: {output: {type: boolean}, rules: [{id: r, when: {reply: [fair, poor]}, then: yes}]}
"""
    assert findings(rules(text), "d").has_gap


def test_a_value_beyond_the_open_list_is_tried_too() -> None:
    text = """
decisions:
  d: {output: {type: boolean}, rules: [{id: r, when: {channel: [hotline, email, letter]}, then: yes}]}
"""
    assert findings(rules(text), "d").has_gap
    assert not findings(rules(text.replace("letter]", "letter, other]")), "d").has_gap


# --- the specification itself


@pytest.mark.parametrize("chunk", range(4))
def test_a_complete_complaint_gets_one_of_the_answers_that_the_incomplete_one_could_have(
    chunk: int,
) -> None:
    for seed in range(chunk * 20, chunk * 20 + 20):
        rng = Random(seed)
        ruleset = random_ruleset(rng)
        known = choices(ruleset)
        facts, parameters = (
            random_facts(rng, ruleset, known),
            random_parameters(rng, ruleset, known),
        )
        before = decide(ruleset, facts, parameters, assumptions=False)
        for _ in range(10):
            after = decide(ruleset, *completed(rng, ruleset, known, facts, parameters))
            assert [n for n in after if not allows(before[n], after[n])] == [], seed
