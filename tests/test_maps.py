"""Parameters with a value for each cell of a column: read, overridden, unset, and as the specification's table."""

from __future__ import annotations

import pytest

from complaint_rules import RulesetError, decide, load_text, why_not

TEXT = """
language: 1
ruleset: page
version: 1.0.0
title: 示例
parameters:
  limit: {type: integer, unit: day, by: level, value: {general: 3, medium: 5, serious: unset}, because: c1}
  share: {type: decimal, by: packs, assumed: {"< 10": 0.5, ">= 10": 0.25}, reason: ours}
inputs:
  level: {values: [serious, medium, general]}
  packs: {type: integer, minimum: 0}
decisions:
  long: {expression: limit > 4, because: c2}
  slow:
    inputs: [limit]
    output: {type: boolean}
    rules:
      - {id: slow, when: {limit: "> 4"}, then: yes, because: c2}
      - {id: quick, when: {limit: "<= 4"}, then: no, because: c2}
  gift: {expression: share * packs, because: c3}
"""
RULES = load_text(TEXT)


def test_the_cell_of_the_complaint_chooses_the_value() -> None:
    found = decide(RULES, {"level": "medium", "packs": 20})

    assert found["limit"] == 5
    assert found["long"] is found["slow"] is True
    assert str(found["gift"]) == "5.00"


def test_a_cell_that_nobody_has_set_leaves_open_only_what_depends_on_it() -> None:
    found = decide(RULES, {"level": "serious", "packs": 4})

    for name in ("limit", "long", "slow"):
        assert found.decisions[name].status == "undetermined"
        assert found.decisions[name].unset == ("limit.serious",)
    assert str(found["gift"]) == "2.0"


def test_each_cell_is_a_parameter_of_its_own() -> None:
    found = decide(RULES, {"level": "serious", "packs": 4}, parameters={"limit.serious": 7})

    assert found["limit"] == 7
    assert found["slow"] is True
    assert decide(RULES, {"level": "general", "packs": 4}, parameters={"limit.general": None}).unset == (
        "limit.general",
    )


def test_without_assumptions_an_assumed_map_is_unset() -> None:
    found = decide(RULES, {"level": "general", "packs": 4}, assumptions=False)

    assert found.unset == ("share.< 10",)


def test_an_unknown_cell_leaves_every_value_possible() -> None:
    answer = decide(RULES, {"packs": 1}, parameters={"limit.serious": 7}).decisions["limit"]

    assert set(answer.possible) == {3, 5, 7}
    assert answer.ask == ("level",)
    assert decide(RULES, {"packs": 1}).decisions["limit"].possible is None


def test_an_item_that_cannot_apply_is_not_needed_whatever_else_is_open() -> None:
    text = TEXT.replace(
        "decisions:",
        """decisions:
  done:
    needs_all: [{id: signed, when: {level: serious}, needs: {packs: ">= 1"}, because: c1}]""",
    )
    found = decide(load_text(text), {"level": "general"}).decisions["done"]

    assert found.value is True
    assert found.trace.items == {"signed": "not_needed"}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("medium: 5, ", "", "CR201"),
        ("medium: 5", "middle: 5", "CR303"),
        ("medium: 5", "medium: much", "CR103"),
        ("by: level", "by: levels", "CR101"),
        ("value: {general: 3, medium: 5, serious: unset}", "value: 3", "CR113"),
        ("value: {general: 3, medium: 5, serious: unset}", "unset: true", "CR113"),
        ("by: level", "by: slow", "CR108"),
    ],
)
def test_wrong_maps_are_refused(old: str, new: str, code: str) -> None:
    with pytest.raises(RulesetError, match=code):
        load_text(TEXT.replace(old, new))


def test_a_map_is_silent_where_its_column_is() -> None:
    text = """
language: 1
ruleset: page
version: 1.0.0
title: 示例
parameters:
  limit: {type: integer, by: level, value: {A: 3, B: unset}, because: c1}
inputs:
  n: {type: integer, minimum: 0, maximum: 9}
decisions:
  level:
    inputs: [n]
    output: {values: [A, B]}
    rules: [{id: a, when: {n: "< 3"}, then: A, because: c1}, {id: b, when: {n: "[3..5]"}, then: B, because: c1}]
    refer_to: 经理
"""
    rules = load_text(text)
    silent = decide(rules, {"n": 9}).decisions["limit"]

    assert decide(rules, {"n": 1})["limit"] == 3
    assert decide(rules, {"n": 4}).unset == ("limit.B",)
    assert silent.status == "not_regulated"
    assert silent.refer_to.zh == "经理"
    with pytest.raises(RulesetError, match="CR201"):
        load_text(text.replace("A: 3, B: unset", "A: 3"))


def test_why_not_knows_what_each_cell_gives() -> None:
    facts = {"level": "general", "packs": 2}
    said = why_not(RULES, facts, "limit", "5")

    assert [(r.rule, r.failed[0].column) for r in said.losing] == [("medium", "level")]
    assert [c.example for way in said.nearest for c in way.changes] == ["medium"]
    assert said.nearest[0].holds
    other = load_text(TEXT, parameters={"limit.serious": 9})
    assert [c.example for way in why_not(other, facts, "limit", "9").nearest for c in way.changes] == ["serious"]
