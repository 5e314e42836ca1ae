"""Why not, of sets and of silence: what may be asked for, what comes nearest, and how it is said."""

from __future__ import annotations

from typing import Any

import pytest

from complaint_rules import FactsError, load_text
from complaint_rules.contrast import why_not
from complaint_rules.contrast_words import explain_why_not

RULES = load_text(
    """
language: 1
ruleset: gifts
version: 1.0.0
title: {zh: 示例, en: example}
inputs:
  defect: {type: set, values: {hair: {zh: 毛发, en: hair}, glass: {zh: 玻璃, en: glass}}, open: yes}
  packs: {type: integer, minimum: 0}
decisions:
  gifts:
    hit_policy: first
    inputs: [defect, packs]
    output: {type: set, values: [coupon, box, card]}
    rules:
      - {id: glass, when: {defect: {has: glass}}, then: [coupon, box], because: [c]}
      - {id: unlisted, when: {defect: {has: other}}, then: [box], because: [c]}
      - {id: many, when: {packs: "> 9"}, then: [card], because: [c]}
    refer_to: 主管
  level:
    hit_policy: first
    inputs: [packs]
    output: {type: integer}
    rules: [LEVELS]
    default: 0
""".replace("LEVELS", ", ".join(f"{{id: r{n}, when: {{packs: {n}}}, then: 1, because: [c]}}" for n in range(8)))
)


def nearest(wanted: str, decision: str = "gifts", **facts: Any) -> list[dict[str, Any]]:
    said = why_not(RULES, facts, decision, wanted)
    assert all(n.holds for n in said.nearest)
    return [{c.column: c.example for c in n.changes} for n in said.nearest]


def explained(wanted: str, decision: str = "gifts", **facts: Any) -> str:
    return explain_why_not(why_not(RULES, facts, decision, wanted), RULES, "en")


def test_a_decision_may_be_asked_to_be_silent() -> None:
    assert nearest("not_regulated", defect=["glass"], packs=1) == [{"defect": frozenset()}]
    assert why_not(RULES, {"defect": [], "packs": 1}, "gifts", "not_regulated").status == "given"
    assert "Why not not regulated?" in explained("not_regulated", defect=["glass"], packs=1)


def test_a_member_or_a_whole_set_may_be_asked_for() -> None:
    assert nearest("coupon", defect=[], packs=1) == [{"defect": {"glass"}}]
    assert why_not(RULES, {"defect": ["glass"], "packs": 1}, "gifts", "coupon").status == "given"
    assert why_not(RULES, {"defect": ["glass"], "packs": 1}, "gifts", "[box, coupon]").status == "given"
    assert why_not(RULES, {"defect": ["glass"], "packs": 1}, "gifts", "[box]").status == "lost"


def test_a_member_that_is_not_listed_is_added_to_those_that_stay() -> None:
    assert nearest("[box]", defect=["hair"], packs=1) == [{"defect": {"hair", "other"}}]
    assert "gifts: not regulated. Why not [box]?" in explained("[box]", defect=["hair"], packs=1)


def test_the_nearest_set_keeps_or_drops_members_that_are_not_listed() -> None:
    assert nearest("coupon", defect=["nail"], packs=1) == [{"defect": {"nail", "glass"}}]
    assert nearest("card", defect=["nail"], packs=10) == [{"defect": frozenset()}]


@pytest.mark.parametrize("wanted", ["coupom", "coupon, box", "[coupon, glas]"])
def test_a_value_that_can_never_be_given_is_refused(wanted: str) -> None:
    with pytest.raises(FactsError) as caught:
        why_not(RULES, {"defect": [], "packs": 1}, "gifts", wanted)

    assert [d.code for d in caught.value.diagnostics] == ["CR312"]
    assert "card" in caught.value.diagnostics[0].args["known"]


def test_many_losing_rules_are_counted() -> None:
    assert "- and 2 more rules." in explained("1", "level", packs=9)


def test_a_value_that_no_rule_gives_has_no_nearest_change() -> None:
    assert why_not(RULES, {"packs": 9}, "level", "2").search == "none"
    assert "No change of what this decision looks at gives it." in explained("2", "level", packs=9)
