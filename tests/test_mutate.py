"""Mutate: a changed rule is noticed by the example that tells of it, of a moment or of a whole life."""

from __future__ import annotations

from pathlib import Path

import pytest

from complaint_rules import load_text
from complaint_rules.example_file import read_examples
from complaint_rules.mutate import survivors

RULES = load_text("""
language: 1
ruleset: page
version: 1.0.0
title: {zh: 示例, en: example}
time_zone: Asia/Shanghai
events: {urged: {label: 催办, carries: []}}
inputs:
  urgings: {type: integer, minimum: 0, from: {count: urged}}
decisions:
  tone:
    inputs: [urgings]
    output: {values: [calm, firm, stern]}
    rules:
      - {id: stern, when: {urgings: "> 2"}, then: stern, because: [c]}
      - {id: firm, when: {urgings: 2}, then: firm, because: [c]}
      - {id: calm, when: {urgings: "< 2"}, then: calm, because: [c]}
""")
LIFE = """
ruleset: page
examples:
  - name: 催办两次
    given: {}
    events: [{at: 2024-03-01 09:00, event: urged}, {at: 2024-03-02 09:00, event: urged}]
    now: 2024-03-03 00:00
    expect: {tone: firm}
  - name: 催办一次
    given: {}
    events: [{at: 2024-03-01 09:00, event: urged}]
    now: 2024-03-03 00:00
"""


@pytest.mark.parametrize(
    ("told", "left"), [("    expect: {tone: calm}\n", {"stern"}), ("    expect: {}\n", {"stern", "calm"})]
)
def test_a_life_notices_a_change_of_what_is_decided_in_the_end(tmp_path: Path, told: str, left: set[str]) -> None:
    path = tmp_path / "page.examples.yaml"
    path.write_text(LIFE + told, "utf-8")
    found = survivors(RULES, read_examples(path, RULES.ruleset))

    assert {m.rule for m in found if m.change.en != "removed"} == left
