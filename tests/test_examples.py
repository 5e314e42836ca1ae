"""Examples: read with every mistake located, run, and explained cell by cell where they fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from complaint_rules import RulesetError, load_text
from complaint_rules.example_file import read_examples
from complaint_rules.examples import Outcome, run_examples, unreached_rules

TEXT = """
language: 1
ruleset: page
version: 1.0.0
title: {zh: 示例, en: example}
time_zone: Asia/Shanghai
parameters:
  limit: {type: integer, value: 5, because: [c]}
  open_limit: {type: integer, minimum: 1, unset: true, reason: {zh: 未定, en: not said}}
inputs:
  n: {type: integer, minimum: 0, maximum: 9}
  product: {type: text}
  shown: {type: boolean}
  paid: {type: boolean}
  marks: {type: set, values: [red, blue]}
decisions:
  grade:
    inputs: [n, marks]
    hit_policy: priority
    output: {values: [A, B]}
    rules:
      - {id: low, when: {n: "< limit"}, then: A, because: [c]}
      - {id: marked, when: {n: ">= limit", marks: {has: red}}, then: A, because: [c]}
      - {id: high, when: {n: ">= limit"}, then: B, because: [c]}
  who:
    inputs: [n]
    outputs:
      team: {values: {team_of: {zh: 班组, en: team, of: product}, office: {zh: 办公室, en: office}}}
      days: {type: integer}
    rules:
      - {id: team, when: {n: "< 3"}, then: {team: team_of, days: 2}, because: [c]}
    refer_to: {zh: 经理, en: manager}
  over: {inputs: [n], output: {type: boolean}, rules: [{id: yes_over, when: {n: "> open_limit"}, then: yes, because: [c]}], default: no}
  all:
    inputs: [n]
    hit_policy: rule_order
    outputs: {day: {type: date}, share: {type: decimal}}
    rules:
      - {id: leap_day, when: {n: "not(< 5)"}, then: {day: 2024-02-29, share: 0.5}, because: [c]}
      - {id: day_after, when: {n: "[6..8]"}, then: {day: 2024-03-01, share: 1}, because: [c]}
    default: []
  ready:
    ordered: true
    needs_all:
      - {id: show, needs: {shown: yes}, because: c}
      - {id: pay, needs: {paid: yes}, because: c}
"""
RULES = load_text(TEXT)
HEAD = "ruleset: page\nexamples:\n"


def read(folder: Path, text: str) -> list[Outcome]:
    path = folder / "page.examples.yaml"
    path.write_text(HEAD + text, "utf-8")
    return run_examples(RULES, read_examples(path, RULES.ruleset))


PASSING = [
    "given: {n: 3}, expect: {grade: A}, rules: {grade: low}",
    "given: {n: 7, marks: [red, blue]}, expect: {grade: A}, rules: {grade: [marked]}",
    "given: {n: 7}, expect: {grade: undetermined}",
    "given: {n: 7}, expect: {grade: {undetermined: [marks]}}",
    "given: {}, expect: {grade: {undetermined: [n, marks]}, over: {undetermined: [n, open_limit]}}",
    "given: {n: 7}, expect: {who: not_regulated}",
    "given: {n: 1}, expect: {who: {team: team_of, days: 2}}",
    "given: {n: 1}, expect: {who: {team: {value: team_of, parties: {team_of: unknown}}, days: 2}}",
    "given: {n: 1, product: tofu}, expect: {who: {team: {value: team_of, parties: {team_of: tofu}}, days: 2}}",
    "given: {n: 7}, parameters: {open_limit: 6}, expect: {over: yes}",
    "given: {n: 7}, parameters: {limit: 8}, expect: {grade: A}, rules: {grade: low}",
    "given: {shown: yes, paid: no}, expect: {ready: {met: no, unmet: [pay], open: [], next: pay}}",
    "given: {shown: yes}, expect: {ready: {met: undetermined, open: [pay]}}",
    "given: {shown: yes, paid: yes}, expect: {ready: yes}, asserts: {x: ready}",
    "given: {n: unknown, marks: [red]}, expect: {grade: A}",
    "given: {n: 7}, expect: {all: [{day: 2024-02-29, share: 0.50}, {day: 2024-03-01, share: 1}]}",
    "given: {n: 1}, expect: {all: []}",
]


@pytest.mark.parametrize("line", PASSING)
def test_what_the_ruleset_says_passes(line: str, tmp_path: Path) -> None:
    (outcome,) = read(tmp_path, f"  - {{name: x, {line}}}\n")

    assert outcome.render() == outcome.render("zh") == f"{tmp_path / 'page.examples.yaml'}:3:5: x"
    assert outcome.passed


FAILING = [
    ("given: {n: 7, marks: [blue]}, expect: {grade: A}", "expected A, got B (`high`)"),
    (
        "given: {n: 7, marks: [blue]}, expect: {grade: B}, rules: {grade: marked}",
        "expected rule [marked], got rule [high]",
    ),
    ("given: {n: 7}, expect: {grade: B}", "expected B, got undetermined [marks]"),
    ("given: {n: 7}, expect: {grade: {undetermined: [n]}}", "expected undetermined [n], got undetermined [marks]"),
    ("given: {n: 3}, expect: {grade: not_regulated}", "expected not_regulated, got A (`low`)"),
    ("given: {n: 1}, expect: {who: {team: office, days: 2}}", "expected {team: office, days: 2}"),
    (
        "given: {n: 1}, expect: {who: {team: {value: team_of, parties: {team_of: tofu}}, days: 2}}",
        "parties {team_of: tofu}",
    ),
    (
        "given: {shown: yes, paid: no}, expect: {ready: {met: no, unmet: [show]}}",
        "expected unmet [show], got unmet [pay]",
    ),
    ("given: {shown: yes, paid: no}, expect: {ready: {next: show}}", "expected next show, got next pay"),
    ("given: {n: 7}, expect: {who: {team: office, days: 2}}", "expected {team: office, days: 2}, got not_regulated"),
    ("given: {n: 5}, expect: {all: []}", "expected [], got [{day: 2024-02-29, share: 0.5}] (`leap_day`)"),
]


@pytest.mark.parametrize(("line", "said"), FAILING)
def test_what_differs_is_said(line: str, said: str, tmp_path: Path) -> None:
    (outcome,) = read(tmp_path, f"  - {{name: x, {line}}}\n")

    assert not outcome.passed
    assert said in outcome.render()


def test_a_failure_names_the_cells_of_the_expected_rule(tmp_path: Path) -> None:
    (outcome,) = read(
        tmp_path, "  - {name: x, given: {n: 3, marks: [blue]}, expect: {grade: A}, rules: {grade: marked}}\n"
    )

    assert tuple(r.en for r in outcome.failures[0].reasons) == (
        "rule `marked` needs n: >= limit; here it is 3",
        "rule `marked` needs marks: {has: red}; here it is [blue]",
    )


BAD = [
    ("given: {n: 1}, expect: {e: A}", "CR401"),
    ("given: {m: 1}, expect: {grade: A}", "CR101"),
    ("given: {n: x}, expect: {grade: A}", "CR103"),
    ("given: {n: 12}, expect: {grade: A}", "CR304"),
    ("given: {marks: red}, expect: {grade: A}", "CR103"),
    ("given: {n: 1}, expect: {grade: C}", "CR303"),
    ("given: {n: 1}, expect: {grade: {undetermined: [m]}}", "CR101"),
    ("given: {n: 1}, expect: {grade: A}, rules: {grade: lo}", "CR101"),
    ("given: {n: 1}, expect: {grade: A}, rules: {grad: low}", "CR401"),
    ("given: {n: 1}, expect: {who: {team: office}}", "CR005"),
    ("given: {n: 1}, expect: {ready: {unmet: [x]}}", "CR101"),
    ("given: {n: 1}, parameters: {limti: 1}, expect: {grade: A}", "CR101"),
    ("given: {n: 1}, expect: {grade: A}, asserts: {x: ready}", "CR101"),
    ("given: {n: 1}, expects: {grade: A}", "CR004"),
    ("given: [n], expect: {grade: A}", "CR006"),
]


@pytest.mark.parametrize(("line", "code"), BAD)
def test_a_mistake_is_located(line: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(RulesetError) as caught:
        read(tmp_path, f"  - {{name: x, {line}}}\n")

    assert code in {d.code for d in caught.value.diagnostics}
    assert all(d.span and d.span.line == 3 and d.message() and d.message("zh") for d in caught.value.diagnostics)


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(RulesetError) as caught:
        read(tmp_path, "".join(f"  - {{name: x, {line}}}\n" for line, _ in BAD))

    assert {d.span.line for d in caught.value.diagnostics if d.span} == set(range(3, 3 + len(BAD)))


@pytest.mark.parametrize(
    ("text", "code"),
    [("ruleset: pages\nexamples: []", "CR101"), ("ruleset: page\nexamples: {name: x}", "CR006"), ("[]", "CR006")],
)
def test_a_file_of_examples_names_its_ruleset_and_lists_them(text: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / "page.examples.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(RulesetError) as caught:
        read_examples(path, RULES.ruleset)

    assert code in {d.code for d in caught.value.diagnostics}


def test_rules_that_no_example_reaches_are_found(tmp_path: Path) -> None:
    outcomes = read(tmp_path, "  - {name: x, given: {n: 1}, expect: {grade: A}}\n")

    assert unreached_rules(RULES.ruleset, outcomes) == (
        "grade.marked",
        "grade.high",
        "over.yes_over",
        "all.leap_day",
        "all.day_after",
    )
