"""Examples that are generated hold, show what is said of them, and what is proved never to be shown is not."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sizes
from complaint_rules import load, load_text
from complaint_rules.cli import main
from complaint_rules.coverage import coverage, shown_by
from complaint_rules.example_file import parse_examples
from complaint_rules.example_writing import file_of
from complaint_rules.examples import run_examples, settings_of
from complaint_rules.generating import Effort, generate
from complaint_rules.random_ruleset import ruleset_text

TEXT = """
language: 1
ruleset: desk
version: 1.0.0
title: {zh: 服务台, en: service desk}
calendar: cn-office
parameters:
  counts: {reading: both, options: {both: 都算, one: 算一个}, reason: {zh: 未说, en: open}}
events: {received: 收到, answered: 答复}
inputs:
  urgent: {label: {zh: 紧急, en: urgent}, type: boolean}
  amount: {label: {zh: 金额, en: amount}, type: integer, minimum: 0}
  received_at: {label: {zh: 收到时间, en: received at}, type: datetime, from: {first: received}}
  answered: {label: {zh: 已答复, en: answered}, type: boolean, from: {happened: answered}}
decisions:
  level:
    hit_policy: first
    inputs: [urgent, amount]
    output: {values: {high: 高, low: 低}}
    rules:
      - {id: urgent, when: {urgent: yes}, then: high, because: c}
      - {id: large, when: {amount: ">= 500"}, then: high, because: c}
      - {id: rest, then: low, because: c}
  told:
    inputs: [level, counts]
    output: {type: boolean}
    rules:
      - {id: both, when: {level: high, counts: both}, then: yes, because: c}
      - {id: one, when: {level: high, counts: one}, then: no, because: c}
      - {id: low, when: {level: low}, then: no, because: c}
  contradiction:
    inputs: [level, urgent]
    output: {type: boolean}
    rules: [{id: never, when: {level: low, urgent: yes}, then: yes, because: c}]
    default: no
deadlines:
  answer: {label: {zh: 答复, en: answer}, start: received_at, within: 2, unit: working_day, met_when: answered, because: c}
"""


def test_all_that_can_be_shown_is_shown_and_the_rest_is_proved() -> None:
    rules = load_text(TEXT)
    found = generate(rules, (), Effort(lives=60))
    examples = parse_examples(file_of("desk", found.examples).encode(), "", rules.ruleset)
    assert all(o.passed for o in run_examples(rules, examples))
    assert found.left == ()
    assert {(o.name, o.part, o.what) for o in found.never} >= {("contradiction", "never", "decides")}
    assert set(coverage(rules, examples).missing) == set(found.never)
    assert len(examples) < len(found.shown)


def test_only_what_is_missing_is_generated() -> None:
    rules = load_text(TEXT)
    first = generate(rules, (), Effort(lives=60))
    examples = parse_examples(file_of("desk", first.examples).encode(), "", rules.ruleset)
    again = generate(rules, examples, Effort(lives=60))
    assert again.examples == ()
    assert set(again.never) == set(first.never)


def test_the_command_writes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "desk.yaml"
    file.write_text(TEXT, "utf-8")
    assert main(["generate", str(file), "--write", "--lives", "60", "--lang", "zh"]) == 0
    said = capsys.readouterr().out
    assert "项已证明" in said
    assert "contradiction.never" in said
    assert main(["test", str(file)]) == 0
    assert "0 failed" in capsys.readouterr().out
    assert main(["generate", str(file), "--lives", "60", "--json"]) == 0
    assert '"examples": []' in capsys.readouterr().out


@settings(max_examples=sizes.of(3, 200), deadline=None)
@given(st.integers(0, 2**32))
def test_what_is_proved_never_to_be_shown_is_shown_by_no_complaint(seed: int) -> None:
    rules = load_text(ruleset_text(Random(seed)))
    found = generate(rules, (), Effort(draws=1, lives=0))
    examples = parse_examples(file_of(rules.ruleset.id, found.examples).encode(), "", rules.ruleset)
    assert all(o.passed for o in run_examples(rules, examples))
    shown = {o for example, under in settings_of(rules, examples) for o in shown_by(example, under)}
    assert set(found.shown) <= shown
    values = {n: points(rules, n) for n in rules.ruleset.inputs}
    for chosen in list(product(*values.values()))[:300]:
        case = examples[0].__class__("", None, dict(zip(values, chosen, strict=True)), {}, {}, {}, {}, None)  # type: ignore[arg-type]
        assert not set(found.never) & set(shown_by(case, rules))


def points(rules, name):
    from complaint_rules.sampling import Sampler

    return Sampler(rules).points[name]


def test_a_shipped_ruleset_gets_examples_for_what_it_lacks() -> None:
    rules = load("property")
    found = generate(rules, (), Effort(draws=2, lives=40, cases=50))
    examples = parse_examples(file_of("property", found.examples).encode(), "", rules.ruleset)
    assert all(o.passed for o in run_examples(rules, examples))
    assert len(found.shown) > 80
