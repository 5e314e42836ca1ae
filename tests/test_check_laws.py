"""The laws of unset bounds: one value in the whole table, tried wherever a complaint can tell the difference."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import pytest

from random_rulesets import Node, choices, random_facts, random_ruleset, to_yaml
from reference import decide, findings

pytest.importorskip("complaint_rules")
import library
from complaint_rules import check_text

UNSET = {"unset": "true", "reason": "the text does not say"}
DAYS = {"type": "integer", "minimum": "0"}
GRID = {"type": "decimal", "minimum": "0", "maximum": "0.60", "step": "0.05"}


def table(inputs: Node, parameters: Node, rules: list[Node], **more: Any) -> Node:
    """Return a ruleset of one table `d`, whose rules say yes."""
    numbered = [{"id": f"r{n}", "when": when, "then": "yes"} for n, when in enumerate(rules)]
    decision = {"inputs": [*inputs, *more.pop("columns", ())], "output": {"type": "boolean"}, "rules": numbered, **more}
    head = {"language": "1", "ruleset": "law", "version": "1.0.0", "title": "law", "time_zone": "Asia/Shanghai"}
    return {**head, "types": {}, "parameters": parameters, "inputs": inputs, "decisions": {"d": decision}}


def found(ruleset: Node, code: str) -> set[str]:
    return {rule for of, rules in library.findings(to_yaml(ruleset)) if of == code for rule in rules or ("d",)}


def test_a_parameter_that_is_a_column_and_a_bound_is_one_value_in_both() -> None:
    sound = table({"days": DAYS}, {"limit": DAYS | UNSET}, [
        {"limit": "< 1", "days": ">= limit"}, {"limit": ">= 1"},
    ], columns=["limit"])  # fmt: skip
    assert not found(sound, "CR201")

    sound["decisions"]["d"]["rules"][0]["when"]["limit"] = "< 0"
    assert found(sound, "CR201") == {"d"}
    assert findings(sound, "d").has_gap


def test_a_rule_is_needless_only_if_it_is_needless_wherever_the_bound_lies() -> None:
    late = [{"days": ">= limit"}, {"days": ">= 4"}, {"days": "< 0"}]
    ruleset = table({"days": DAYS}, {"limit": DAYS | UNSET}, late, hit_policy="first", default="no")

    assert not found(ruleset, "CR203")
    assert found(ruleset, "CR204") == {"r2"}


def test_a_bound_may_lie_well_below_all_others() -> None:
    ruleset = table({"days": {"type": "date"}}, {"limit": {"type": "date"} | UNSET}, [
        {"days": "(limit..2024-02-26)"},
    ], default="no")  # fmt: skip

    assert not found(ruleset, "CR204")


def test_the_time_between_two_moments_is_never_silent() -> None:
    ruleset = table({"sent": {"type": "datetime"}}, {}, [{"age": "< PT1H"}, {"age": ">= PT1H"}], columns=["age"])
    ruleset["decisions"]["age"] = {"expression": "sent - sent", "output": {"type": "duration"}}
    assert not found(ruleset, "CR201")

    ruleset["inputs"]["spent"] = {"type": "duration"}
    ruleset["decisions"]["age"]["expression"] = "spent + spent"
    assert found(ruleset, "CR201") == {"d"}


@pytest.mark.parametrize(
    ("cell", "known", "possible"),
    [
        ("limit", {}, {True, False}),
        (["(0.05..0.20)", "limit"], {}, {True, False}),
        (["<= limit", ">= limit"], {}, {True}),
        (["< limit", "limit", "> limit"], {}, {True}),
        ("(limit..0.10]", {"share": "0.05"}, {True, False}),
        ("(limit..0.10]", {"share": "0.15"}, {False}),
        ("(limit..0.10]", {"share": "0"}, {True, False}),
    ],
)
def test_an_unset_bound_off_the_grid_of_its_column_is_tried_on_it_too(
    cell: Any, known: Node, possible: set[bool]
) -> None:
    ruleset = table({"share": GRID}, {"limit": {"type": "decimal"} | UNSET}, [{"share": cell}], default="no")
    facts = {name: Decimal(value) for name, value in known.items()}
    answer = library.answers(library.load(to_yaml(ruleset)), facts, {}, assumptions=True)["d"]

    assert (answer.possible or {answer.value}) == possible
    assert answer == decide(ruleset, facts)["d"]


def test_equality_with_a_column_between_two_literals_is_possible() -> None:
    """The bound must be tried on a value of the column strictly between 0.05 and 0.20."""
    ruleset = table({"share": GRID}, {"limit": {"type": "decimal"} | UNSET}, [
        {"share": "limit"}, {"share": "(0.05..0.20)"},
    ], hit_policy="collect", aggregate="count", default="0")  # fmt: skip
    ruleset["decisions"]["d"]["output"] = {"type": "integer"}
    for rule in ruleset["decisions"]["d"]["rules"]:
        rule["then"] = "1"
    answer = library.answers(library.load(to_yaml(ruleset)), {}, {}, assumptions=True)["d"]

    assert answer.possible == frozenset({0, 1, 2})
    assert answer == decide(ruleset, {})["d"]


def test_a_count_is_never_negative() -> None:
    ruleset = table({"days": DAYS}, {}, [{"number": "< 0"}, {"number": ">= 0"}], columns=["number"])
    count = {"hit_policy": "collect", "aggregate": "count", "output": {"type": "integer"}, "default": "0"}
    ruleset["decisions"]["number"] = {"inputs": ["days"], **count, "rules": [{"id": "r", "then": "1"}]}

    assert found(ruleset, "CR204") == {"r0"} == findings(ruleset, "d").unmatched


@pytest.mark.parametrize("seed", [1000264, 1000397, 1000446, 1000707, 1000796, 1001290])
def test_rulesets_that_once_differed_from_the_specification(seed: int) -> None:
    rng = Random(seed)
    ruleset = random_ruleset(rng)
    rules, known = library.load(to_yaml(ruleset)), choices(ruleset)
    for _ in range(20):
        facts = random_facts(rng, ruleset, known)
        said = library.answers(rules, facts, {}, assumptions=False)

        assert said == decide(ruleset, facts, {}, assumptions=False)


@pytest.mark.parametrize("seed", [88, 217, 4000959, 4002201])
def test_random_rulesets_that_had_false_needless_rules_load(seed: int) -> None:
    assert library.load(to_yaml(random_ruleset(Random(seed)))) is not None


@pytest.mark.parametrize("part", ["when", "needs"])
def test_a_parameter_that_bounds_an_item_of_a_checklist_is_used(part: str) -> None:
    ruleset = table({"days": DAYS}, {"limit": {"type": "integer", "value": "2", "because": "c"}}, [{"days": ">= 0"}])
    item = {"id": "i", "needs": {"days": ">= 0"}, "because": "c", part: {"days": ">= limit"}}
    ruleset["decisions"]["ready"] = {"needs_all": [item]}

    assert "CR206" not in {d.code for d in check_text(to_yaml(ruleset))}
