"""What examples show is what they show when every cell is looked at one by one."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

import library
from complaint_rules import decide, load_text
from complaint_rules.cli import main
from complaint_rules.coverage import Obligation, coverage
from complaint_rules.diagnostics import Span
from complaint_rules.example_file import Example, read_examples
from random_rulesets import choices, random_facts, random_ruleset, to_yaml
from reference_cells import UNKNOWN, matches, rows_of, type_of
from sizes import of

RULESETS = of(25, 2_000)
FACTS = 15


def example(facts, number):
    return Example(f"x{number}", None, facts, {}, {}, {}, {}, Span("", 1, 1), {}, None)


def alone(tree, facts, settings):
    """Return the cells over facts alone that are all that keeps a rule from matching, by the specification."""
    types = {n: type_of(t, tree.get("types", {})) for n, t in tree["inputs"].items()}
    for name, decision in tree["decisions"].items():
        columns = decision.get("inputs", [])
        if "rules" not in decision or any(c not in types for c in columns):
            continue
        values = {c: facts.get(c, UNKNOWN) for c in columns}
        if any(v is UNKNOWN and tree["inputs"][c].get("optional") != "true" for c, v in values.items()):
            continue
        for rule in decision["rules"]:
            failing = [
                [c for c, cell in row.items() if not matches(cell, values[c], types[c], settings)]
                for row in rows_of(rule.get("when", {}))
            ]
            if all(failing):
                yield from ((name, rule["id"], one[0]) for one in failing if len(one) == 1)


def test_a_cell_fails_alone_where_the_specification_says_so():
    rng, found = Random(1), 0
    for _ in range(RULESETS):
        tree = random_ruleset(rng)
        rules = library.load(to_yaml(tree))
        if rules is None or any("unset" in p for p in tree.get("parameters", {}).values()):
            continue
        known = choices(tree)
        every = [random_facts(rng, tree, known) for _ in range(FACTS)]
        shown = coverage(rules, [example(f, n) for n, f in enumerate(every)])
        meant: dict[tuple[str, str, str], str] = {}
        for number, facts in enumerate(every):
            for cell in alone(tree, facts, rules.parameters):
                meant.setdefault(cell, f"x{number}")
        over_facts = {
            n
            for n, d in tree["decisions"].items()
            if "rules" in d and all(c in tree["inputs"] for c in d.get("inputs", []))
        }
        ours = {
            (o.name, o.part, o.column): by
            for o, by in shown.shown.items() if o.kind == "cell" and o.name in over_facts and by is not None
        }  # fmt: skip

        assert ours == meant
        found += len(meant)
    assert found > RULESETS


def test_a_rule_is_shown_by_the_first_example_in_which_it_decides():
    rng = Random(2)
    for _ in range(RULESETS):
        tree = random_ruleset(rng)
        rules = library.load(to_yaml(tree))
        if rules is None:
            continue
        known = choices(tree)
        every = [random_facts(rng, tree, known) for _ in range(FACTS)]
        shown = coverage(rules, [example(f, n) for n, f in enumerate(every)]).shown
        meant: dict[tuple[str, str], str] = {}
        for number, facts in enumerate(every):
            for name, answer in decide(rules, facts).decisions.items():
                for rule in answer.trace.rules:
                    meant.setdefault((name, rule), f"x{number}")

        assert {(o.name, o.part): by for o, by in shown.items() if o.kind == "rule" and by} == {
            k: v for k, v in meant.items() if Obligation("rule", *k, "decides") in shown
        }


TEXT = """
language: 1
ruleset: page
version: 1.0.0
title: 示例
calendar: cn-office
events: {called: {label: 来电, carries: [n]}, answered: 答复}
inputs:
  n: {label: 次数, type: integer, minimum: 0}
  paid: {type: boolean}
  called_at: {type: datetime, from: {first: called}}
  answered: {type: boolean, from: {happened: answered}}
decisions:
  grade:
    label: 等级
    inputs: [n]
    output: {values: [A, B]}
    rules:
      - {id: low, when: {n: "< 5"}, then: A}
      - {id: high, when: {n: ">= 5"}, then: B}
      - {id: never, when: {n: "< 0"}, then: B}
  ready:
    needs_all:
      - {id: paid, label: 已付, when: {n: "> 2"}, needs: {paid: yes}}
  always:
    inputs: [n]
    output: {type: boolean}
    rules: [{id: x, when: {n: ">= 0"}, then: yes}]
deadlines:
  answer: {label: 答复时限, start: called_at, within: 1, unit: hour, met_when: answered, milestones: {urge: {label: 催办, after_due: 0}}}
"""
TEXT = TEXT.replace('      - {id: never, when: {n: "< 0"}, then: B}\n', "")
EXAMPLES = """
ruleset: page
examples:
  - {name: 少, given: {n: 1}, expect: {grade: A}}
  - name: 一生
    events: [{at: 2024-05-06 09:00, event: called, facts: {n: 3}}, {at: 2024-05-06 09:30, event: answered}]
    now: 2024-05-06 12:00
    obligations: {answer: met}
"""


def read(tmp_path: Path):
    rules = load_text(TEXT)
    (tmp_path / "page.yaml").write_text(TEXT, "utf-8")
    (tmp_path / "page.examples.yaml").write_text(EXAMPLES, "utf-8")
    return rules, read_examples(tmp_path / "page.examples.yaml", rules.ruleset)


def test_what_is_missing_is_named_and_what_cannot_be_is_left_out(tmp_path: Path):
    found = coverage(*read(tmp_path))

    assert found.counts == {
        "rule": (2, 3),
        "cell": (1, 2),
        "item": (1, 3),
        "event": (2, 2),
        "limit": (1, 2),
        "milestone": (0, 1),
    }
    assert found.cannot == (Obligation("cell", "always", "x", "fails alone", "n"),)
    assert Obligation("rule", "grade", "high", "decides") in found.missing
    assert found.shown[Obligation("limit", "answer", "", "met")] == "一生"
    assert found.shown[Obligation("cell", "grade", "high", "fails alone", "n")] == "少"


@pytest.mark.parametrize(
    ("lang", "said"), [("zh", "grade.high：等级 从未决定结论"), ("en", "answer.urge: never happens")]
)
def test_the_command_lists_it(lang: str, said: str, tmp_path: Path, capsys):
    read(tmp_path)

    assert main(["coverage", str(tmp_path / "page.yaml"), "--lang", lang]) == 1
    assert said in capsys.readouterr().out
    assert main(["coverage", str(tmp_path / "page.yaml"), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["counts"]["rule"] == {"shown": 2, "of": 3}
