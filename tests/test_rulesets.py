"""The shipped rulesets: each loads, is free of findings, is shown by its examples, and traces its clauses."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import sizes
from complaint_rules.answers import Decided
from complaint_rules.check import check
from complaint_rules.clauses import clause_map, clauses_path, read_clauses
from complaint_rules.example_file import examples_path, read_examples
from complaint_rules.examples import Outcome, run_examples
from complaint_rules.library import find_ruleset, load, names, read_ruleset
from complaint_rules.mutate import Effort, mutate, sampled
from complaint_rules.ruleset import ChecklistDecision, Ruleset, TableDecision

NAMES = names()


@cache
def outcomes(name: str) -> list[Outcome]:
    rules = load(name)
    return run_examples(rules, read_examples(examples_path(find_ruleset(name)), rules.ruleset))


def rule_ids(ruleset: Ruleset) -> set[tuple[str, str]]:
    tables = [d for d in ruleset.decisions.values() if isinstance(d, TableDecision)]
    return {(d.name, r.id) for d in tables for r in d.rules}


def item_ids(ruleset: Ruleset) -> set[tuple[str, str]]:
    lists = [d for d in ruleset.decisions.values() if isinstance(d, ChecklistDecision)]
    return {(d.name, i.id) for d in lists for i in d.items}


def test_all_rulesets_are_shipped() -> None:
    assert set(NAMES) >= {
        "after_sales", "auto_dealer", "bank", "dairy", "food", "handbook", "insurance", "manufacturer", "postal", "property",
        "retail_food", "supermarket", "telecom", "vanke", "web_services",
    }  # fmt: skip


# What can be proved: what an example could notice of it does not hang on which lives are tried.
PROVED = (
    "rule_dropped",
    "rules_swapped",
    "policy_changed",
    "output_changed",
    "bound_moved",
    "bound_opened",
    "parameter_moved",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_slip_that_can_show_is_noticed_by_an_example(name: str) -> None:
    rules = load(name)
    examples = read_examples(examples_path(find_ruleset(name)), rules.ruleset)
    drawn = sampled(rules, PROVED, sizes.of(12, 100_000), seed=2020)
    verdicts = mutate(rules, examples, tried=drawn, effort=Effort(cases=300, lives=0)).verdicts

    assert [v.mutant.id for v in verdicts if v.status == "surviving"] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_ruleset_has_no_finding(name: str) -> None:
    assert [d.render() for d in check(read_ruleset(name))] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_example_holds(name: str) -> None:
    failed = [f"{o.example.span} {o.example.name}: {f.render()}" for o in outcomes(name) for f in o.failures]

    assert failed == []


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_decides_in_an_example(name: str) -> None:
    hit = {
        (decision, rule)
        for o in outcomes(name)
        for decision, answer in o.result.decisions.items()
        if isinstance(answer, Decided)
        for rule in answer.trace.rules
    }

    assert rule_ids(read_ruleset(name)) - hit == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_item_of_a_checklist_is_unmet_in_an_example(name: str) -> None:
    unmet = {
        (decision, item)
        for o in outcomes(name)
        for decision, answer in o.result.decisions.items()
        for item, status in answer.trace.items.items()
        if status == "unmet"
    }

    assert item_ids(read_ruleset(name)) - unmet == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_clause_is_encoded_or_conduct(name: str) -> None:
    found = clause_map(read_ruleset(name), read_clauses(clauses_path(find_ruleset(name))))

    assert found.missing == ()
    assert found.not_in_index == ()
    assert found.uncited == ()


@pytest.mark.parametrize("name", NAMES)
def test_an_example_that_shows_a_worked_case_expects_what_it_asserts(name: str) -> None:
    for o in outcomes(name):
        life = (*o.example.life.obligations, *o.example.life.happened) if o.example.life else ()
        expected = {n.partition(".")[0] for n in (*o.example.expect, *o.example.rules, *o.example.due, *life)}
        shown = {n.partition(".")[0] for n in o.example.asserts.values()}
        assert shown <= expected, o.example.name


@pytest.mark.parametrize("name", NAMES)
def test_examples_have_names_of_their_own(name: str) -> None:
    rules = read_ruleset(name)
    found = Counter(e.name for e in read_examples(examples_path(find_ruleset(name)), rules))

    assert [n for n, times in found.items() if times > 1] == []


def test_the_sources_stand_beside_the_rulesets() -> None:
    for name in NAMES:
        path = find_ruleset(name)
        assert Path(clauses_path(path)).is_file()
        assert Path(examples_path(path)).is_file()
