"""The law of deciding: the compiled form gives the answers of the specification."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from random_rulesets import (
    allows,
    choices,
    completed,
    random_facts,
    random_parameters,
    random_ruleset,
    random_table,
    to_yaml,
)
from reference import decide, findings

pytest.importorskip("complaint_rules")
import library
import sizes

CHUNKS, RULESETS, COMPLAINTS, TABLES = 30, sizes.of(2, 10), 10, sizes.of(9, 40)
MOST_PAIRS = 10  # of overlapping rules are reported in one table


def pretty(ruleset: Any, *facts: Any) -> str:
    """Return what reproduces a difference."""
    return "\n".join([to_yaml(ruleset), *map(repr, facts)])


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_compiled_form_gives_the_answers_of_the_specification(chunk: int) -> None:
    for seed in range(chunk * RULESETS, (chunk + 1) * RULESETS):
        rng = Random(seed)
        ruleset = random_ruleset(rng)
        rules, known = library.load(to_yaml(ruleset)), choices(ruleset)
        for _ in range(COMPLAINTS if rules else 0):
            facts = random_facts(rng, ruleset, known)
            parameters = random_parameters(rng, ruleset, known)
            assumptions = rng.random() < 0.7
            said = library.answers(rules, facts, parameters, assumptions=assumptions)
            meant = decide(ruleset, facts, parameters, assumptions=assumptions)

            different = {
                name: (said[name], meant[name])
                for name in meant
                if library.exact(said[name]) != library.exact(meant[name])
            }
            assert not different, pretty(ruleset, seed, facts, parameters, assumptions, different)


def test_complete_complaints_get_the_same_answers_step_by_step() -> None:
    straight = 0
    for seed in range(CHUNKS * RULESETS):
        rng = Random(seed)
        ruleset = random_ruleset(rng)
        rules, known = library.load(to_yaml(ruleset)), choices(ruleset)
        for _ in range(COMPLAINTS if rules else 0):
            parameters = random_parameters(rng, ruleset, known)
            facts, *_ = completed(rng, ruleset, known, random_facts(rng, ruleset, known), parameters)
            one, other = library.both_paths(rules, facts)

            assert one in (None, other), pretty(ruleset, seed, facts)
            straight += one is not None
    assert straight > CHUNKS


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_an_answer_allows_for_every_way_to_complete_the_complaint(chunk: int) -> None:
    for seed in range(chunk * RULESETS, (chunk + 1) * RULESETS):
        rng = Random(seed)
        ruleset = random_ruleset(rng)
        rules, known = library.load(to_yaml(ruleset)), choices(ruleset)
        for _ in range(COMPLAINTS if rules else 0):
            facts = random_facts(rng, ruleset, known)
            parameters = random_parameters(rng, ruleset, known)
            before = library.answers(rules, facts, parameters, assumptions=False)
            complete = completed(rng, ruleset, known, facts, parameters)
            after = decide(ruleset, *complete)

            wrong = {n: (before[n], after[n]) for n in after if not allows(before[n], after[n])}
            assert not wrong, pretty(ruleset, seed, facts, parameters, complete, wrong)


def test_most_random_rulesets_can_be_loaded() -> None:
    loaded = [library.load(to_yaml(random_ruleset(Random(seed)))) for seed in range(sizes.of(30, 100))]

    assert sum(rules is not None for rules in loaded) > 0.6 * len(loaded)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_analysis_of_a_table_finds_what_trying_every_point_finds(chunk: int) -> None:
    for seed in range(chunk * TABLES, (chunk + 1) * TABLES):
        ruleset = random_table(Random(seed))
        brute, found = findings(ruleset, "d"), library.findings(to_yaml(ruleset))

        overlaps = {frozenset(rules) for code, rules in found if code == "CR202"}
        hidden, unmatched = (
            {rule for of, rules in found if of == code for rule in rules} for code in ("CR203", "CR204")
        )
        assert (("CR201", ()) in found) == brute.has_gap, pretty(ruleset, seed, found)
        assert overlaps <= brute.overlaps, pretty(ruleset, seed, found)
        assert len(overlaps) == min(len(brute.overlaps), MOST_PAIRS), pretty(ruleset, seed, found)
        assert hidden == brute.hidden, pretty(ruleset, seed, found, brute)
        assert unmatched == brute.unmatched, pretty(ruleset, seed, found, brute)
