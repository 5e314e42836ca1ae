"""The handbook as the procedure that an organisation starts from: a school's overlay says only what differs."""

from __future__ import annotations

from pathlib import Path

from complaint_rules import load
from complaint_rules.check import check
from complaint_rules.example_file import examples_path, read_examples
from complaint_rules.examples import run_examples
from complaint_rules.library import read_ruleset

SCHOOL = Path(__file__).parents[1] / "rulesets" / "overlays" / "handbook.school.yaml"


def test_the_school_has_no_finding() -> None:
    assert [d.render() for d in check(read_ruleset(SCHOOL))] == []


def test_the_examples_of_the_school_hold() -> None:
    rules = load(SCHOOL)
    outcomes = run_examples(rules, read_examples(examples_path(SCHOOL), rules.ruleset))

    assert outcomes
    assert [f"{o.example.name}: {f.render()}" for o in outcomes for f in o.failures] == []
