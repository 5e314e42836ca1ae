"""Examples that tell of several complaints: how often a trigger has fired, and every mistake at its place."""

from __future__ import annotations

import pytest

from complaint_rules import RulesetError, load_text
from complaint_rules.example_file import parse_examples
from complaint_rules.examples import run_examples

RULES = load_text("""
language: 1
ruleset: page
version: 1.0.0
title: 示例
events: {called: {label: 来电, carries: [unit]}}
inputs: {unit: {values: [north, south]}}
decisions:
  who: {inputs: [unit], output: {values: [a, b]}, rules: [{id: all, then: a, because: c}]}
process: {roles: {head: 主任}, states: {open: 处理中}, steps: {call: {event: called, from: open}}}
triggers:
  again: {of: called, by: [unit], reaches: 2, within: P2D, to: head, because: c}
""")
TWO = """
      - {complaint: A, at: 2024-03-01 09:00, event: called, facts: {unit: north}}
      - {complaint: B, at: 2024-03-02 09:00, event: called, facts: {unit: north}}"""


def run(rest: str, told: str = TWO) -> list[str]:
    text = f"ruleset: page\nexamples:\n  - name: x\n    complaints:{told}\n    {rest}\n"
    (outcome,) = run_examples(RULES, parse_examples(text.encode(), "page.examples.yaml", RULES.ruleset))
    return [f.render() for f in outcome.failures]


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("now: 2024-03-03 00:00, escalations: {again: 1}", []),
        ("now: 2024-03-03 00:00, escalations: {again: {times: 1, to: head}}", []),
        ("now: 2024-03-01 10:00, escalations: {again: 0}", []),
        ("now: 2024-03-03 00:00, escalations: {again: 2}", ["`again`: expected times 2, got times 1"]),
        ("now: 2024-03-03 00:00, escalations: {again: {to: clerk}}", ["`again`: expected to clerk, got to head"]),
    ],
)
def test_a_trigger_has_fired_as_often_as_is_expected(rest: str, said: list[str]) -> None:
    assert run(rest.replace(", escalations", "\n    escalations")) == said


@pytest.mark.parametrize(
    ("rest", "told", "found"),
    [
        ("now: 2024-03-03 00:00", TWO, "CR005"),
        ("now: 2024-03-03 00:00, escalations: {agin: 1}", TWO, "CR101"),
        ("now: 2024-03-03 00:00, escalations: {again: often}", TWO, "CR103"),
        ("now: 2024-03-03 00:00, escalations: {again: {often: 1}}", TWO, "CR004"),
        ("now: 2024-03-03 00:00, escalations: {again: 1}, given: {unit: north}", TWO, "CR004"),
        ("now: 2024-03-03 00:00, escalations: {again: 1}", " here", "CR006"),
        ("now: 2024-03-03 00:00, escalations: {again: 1}", " [here]", "CR006"),
        ("now: 2024-03-03 00:00, escalations: {again: 1}", " [{at: 2024-03-01 09:00, event: called}]", "CR005"),
        ("now: 2024-03-03 00:00, escalations: {again: 1}", " [{complaint: A, at: 2024-03-01 09:00, event: cald}]", "CR314"),
    ],
)  # fmt: skip
def test_a_mistake_stands_at_its_place(rest: str, told: str, found: str) -> None:
    with pytest.raises(RulesetError) as error:
        run(rest.replace(", escalations", "\n    escalations").replace(", given", "\n    given"), told)

    assert found in {d.code for d in error.value.diagnostics}
    assert all(d.span is not None for d in error.value.diagnostics)
