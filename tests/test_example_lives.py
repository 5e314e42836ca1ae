"""Examples that tell a life: times as people write them, every difference said, every mistake at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from complaint_rules import RulesetError, load_text
from complaint_rules.example_file import read_examples
from complaint_rules.examples import Outcome, run_examples

TEXT = """
language: 1
ruleset: page
version: 1.0.0
title: 示例
calendar: cn-office
events: {called: {label: 来电, carries: [level]}, answered: 答复, closed: 关闭}
inputs:
  level: {values: [low, high]}
  called_at: {type: datetime, from: {first: called}}
  answered: {type: boolean, from: {happened: answered}}
decisions:
  days:
    inputs: [level]
    output: {type: integer}
    rules:
      - {id: low, when: {level: low}, then: 3}
      - {id: high, when: {level: high}, then: 1}
deadlines:
  answer:
    start: called_at
    within: days
    unit: working_day
    met_when: answered
    milestones: {urge: {after_due: 0}}
process:
  states: {open: 处理中, done: {zh: 办结, final: yes}}
  steps: {close: {event: closed, from: open, to: done, when: answered}}
"""
CALLED = "{at: 2024-03-08 16:45, event: called, facts: {level: low}}"


def read(folder: Path, body: str) -> list[Outcome]:
    file = folder / "page.examples.yaml"
    file.write_text(f"ruleset: page\nexamples:\n{body}", "utf-8")
    rules = load_text(TEXT)
    return run_examples(rules, read_examples(file, rules.ruleset))


def life(folder: Path, rest: str, events: str = CALLED) -> list[Outcome]:
    return read(folder, f"  - {{name: x, events: [{events}], {rest}}}\n")


@pytest.mark.parametrize(
    "rest",
    [
        "now: 2024-03-13 23:59:59, obligations: {answer: running}, happened: {answer.breached: 0}",
        "now: 2024-03-13 24:00, obligations: {answer: overdue}, happened: {answer.breached: 1, answer.urge: 1}",
        "now: 2024-03-14T00:00, obligations: {answer: {due: 2024-03-13 24:00, breached: 2024-03-14 00:00}}",
        "now: '2024-03-13T16:00:00+00:00', obligations: {answer: {status: overdue, met: no, runs: 1}}",
        "now: 2024-02-29 24:00, obligations: {answer: waiting}, state: open, violations: []",
        "now: 2024-03-09 09:00, expect: {days: 3}",
    ],
)
def test_a_life_as_it_was_passes(rest: str, tmp_path: Path) -> None:
    (outcome,) = life(tmp_path, rest)

    assert outcome.passed, outcome.render()


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("now: 2024-03-13 24:00, obligations: {answer: running}", "expected status running, got status overdue"),
        ("now: 2024-03-13 24:00, obligations: {answer: {due: 2024-03-14 24:00}}", "got due 2024-03-13 24:00"),
        ("now: 2024-03-13 24:00, happened: {called: 2}", "expected happened 2, got happened 1"),
        ("now: 2024-03-13 24:00, state: done", "expected done, got open"),
        ("now: 2024-03-13 24:00, violations: [closed]", "expected [closed], got []"),
        ("now: 2024-03-13 24:00, expect: {days: 1}", "expected 1, got 3"),
    ],
)
def test_what_differs_is_said(rest: str, said: str, tmp_path: Path) -> None:
    (outcome,) = life(tmp_path, rest)

    assert not outcome.passed
    assert said in outcome.render()


NOW = "now: 2024-03-13 24:00"
BAD = [
    ("now: 2024-02-30 09:00", CALLED, "CR103"),
    ("now: 2023-02-29 24:00", CALLED, "CR103"),
    ("now: 2024-03-13 24:30", CALLED, "CR103"),
    ("now: 9999-12-31 24:00", CALLED, "CR103"),
    ("now: 2024-03-13T25:00", CALLED, "CR103"),
    ("now: soon", CALLED, "CR103"),
    ("state: open", CALLED, "CR005"),
    (f"{NOW}, state: dnoe", CALLED, "CR101"),
    (f"{NOW}, obligations: {{anser: met}}", CALLED, "CR101"),
    (f"{NOW}, obligations: {{answer: late}}", CALLED, "CR103"),
    (f"{NOW}, obligations: {{answer: {{state: met}}}}", CALLED, "CR004"),
    (f"{NOW}, happened: {{caled: 1}}", CALLED, "CR101"),
    (f"{NOW}, happened: {{called: often}}", CALLED, "CR103"),
    (NOW, "{at: 2024-03-08 16:45, event: caled}", "CR314"),
    (NOW, "{at: 2024-13-08 16:45, event: called}", "CR103"),
    (NOW, "{at: 2024-03-08 16:45, event: called, facts: {level: middle}}", "CR303"),
    (NOW, "{at: 2024-03-08 16:45, event: answered, facts: {level: low}}", "CR316"),
    (NOW, "{event: called}", "CR005"),
    (f"{NOW}, given: {{answered: yes}}", CALLED, "CR315"),
    (f"{NOW}, given: {{called_at: 2024-03-08T16:45:00+08:00}}", CALLED, "CR315"),
    (NOW, "called", "CR302"),
]


@pytest.mark.parametrize(("rest", "events", "code"), BAD)
def test_a_mistake_is_located(rest: str, events: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(RulesetError) as caught:
        life(tmp_path, rest, events)

    assert code in {d.code for d in caught.value.diagnostics}
    assert all(d.span and d.span.line == 3 and d.message() and d.message("zh") for d in caught.value.diagnostics)
