"""An answer in words: each kind of decision says its answer, its reasons, its clauses and what it waits for."""

from __future__ import annotations

from typing import Any

import pytest

from complaint_rules import decide, load_text
from complaint_rules.prose import explain
from complaint_rules.render import table_rows

RULES = load_text(
    """
language: 1
ruleset: parcels
version: 1.0.0
title: {zh: 示例, en: example}
time_zone: Asia/Shanghai
parameters:
  days: {type: integer, assumed: 3, reason: {zh: 未写, en: not written}}
  open_days: {type: integer, unset: true, reason: {zh: 未定, en: not said}}
inputs:
  n: {type: integer, minimum: 0, maximum: 9}
  m: {type: integer, minimum: 0, maximum: 9}
  product: {type: text}
  waited: {type: duration}
  form: {type: boolean}
  marks: {type: set, values: {red: {zh: 红, en: red}, blue: {zh: 蓝, en: blue}}}
decisions:
  who:
    inputs: [n]
    outputs:
      team: {values: {team_of: {zh: 班组, en: team, of: product}, office: {zh: 办公室, en: office}}}
      days: {type: integer}
    rules:
      - {id: few, when: {n: "< 3"}, then: {team: team_of, days: 2}, because: [c]}
      - {id: some, when: {n: "[3..5]"}, then: {team: office, days: 9}, because: [c]}
    refer_to: {zh: 经理, en: manager}
  double: {expression: n + n, output: {type: integer}, because: c}
  double_of_m: {invoke: double, with: {n: m}}
  third: {expression: n / 3, output: {type: decimal}, rounding: {step: 0.01, mode: half_up}, because: c}
  marked:
    inputs: [marks, double, waited]
    output: {type: boolean}
    hit_policy: first
    rules:
      - {id: red_only, when: {marks: {has: red, none_of: [blue]}}, then: yes, because: [c]}
      - {id: late, when: {double: "> 9", waited: "> P1D"}, then: yes, because: [c]}
    default: no
  either:
    inputs: [n]
    output: {type: boolean}
    rules:
      - {id: little, when: {n: "< 5"}, then: yes, because: [c]}
      - {id: much, when: {n: ">= 5"}, then: yes, because: [c]}
  over: {inputs: [n], output: {type: boolean}, rules: [{id: above, when: {n: "> open_days"}, then: yes}], default: no}
  ready:
    ordered: true
    needs_all:
      - {id: form_filled, label: {zh: 填表, en: the form}, needs: {form: yes}, because: c}
      - {id: few_parcels, when: {form: yes}, needs: {n: "<= days"}, because: c}
"""
)


def said(decision: str, lang: Any = "en", **facts: Any) -> str:
    return explain(decide(RULES, facts), RULES, lang, only=[decision])


@pytest.mark.parametrize(
    ("decision", "facts", "words"),
    [
        ("who", {"n": 1}, ["few"]),
        ("who", {"n": 1, "product": "tofu"}, ["tofu"]),
        ("who", {"n": 4}, ["office", "9"]),
        ("who", {"n": 7}, ["manager"]),
        ("who", {}, ["few, some"]),
        ("double", {"n": 4}, ["8", "n + n"]),
        ("double_of_m", {"m": 3}, ["6"]),
        ("third", {"n": 2}, ["0.67"]),
        ("marked", {"marks": ["red"]}, ["yes", "red_only"]),
        ("marked", {"marks": [], "n": 5, "waited": "PT36H"}, ["late", "double = 10"]),
        ("marked", {"marks": [], "n": 0}, ["no"]),
        ("over", {"n": 3}, ["open days"]),
        ("ready", {"form": True, "n": 3}, ["yes", "the form", "few parcels", "not written"]),
        ("ready", {"form": False}, ["no", "the form"]),
        ("ready", {}, ["form"]),
    ],
)
def test_an_explanation_says_the_answer_and_what_it_rests_on(decision: str, facts: Any, words: list[str]) -> None:
    text = said(decision, **facts)

    assert [w for w in words if w not in text] == [], text
    assert said(decision, "zh", **facts) != text


def test_what_all_rules_say_alike_is_not_said_to_follow_from_none() -> None:
    text = said("either")

    assert "Rules that may still apply: little, much." in text
    assert "No rule applies" not in text


def test_a_sheet_of_a_table_has_a_row_a_rule_with_its_conditions_results_and_clauses() -> None:
    columns, rows = table_rows(RULES.ruleset, "who", "en")

    assert columns == ("rule", "n", "team", "days", "because")
    assert [r[0] for r in rows] == ["few", "some"]
    assert rows[0][1:] == ("< 3", "team (product)", "2", "c")


def test_an_invocation_is_shown_as_what_it_invokes_in_its_own_names() -> None:
    assert table_rows(RULES.ruleset, "double_of_m", "en")[1] == (("m + m", "c"),)


def test_a_checklist_is_shown_item_by_item() -> None:
    _, rows = table_rows(RULES.ruleset, "ready", "en")

    assert [r[0] for r in rows] == ["form_filled the form", "few_parcels"]
    assert rows[1][1:] == ("form: yes", "n: ≤ days", "c")
