"""Testing: Hypothesis strategies of a ruleset's complaints and histories, and of whole rulesets, for the tests of its users.

    from hypothesis import given
    from complaint_rules import decide, load
    from complaint_rules.testing import facts

    RULES = load("food")

    @given(facts(RULES))
    def test_somebody_is_always_responsible(complaint):
        assert decide(RULES, complaint).decisions["responsible"].value

Needs the package `hypothesis`.
"""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any, NamedTuple

try:
    from hypothesis import strategies as st
except ImportError as error:  # pragma: no cover - said to those who have not installed it
    raise ImportError("complaint_rules.testing needs hypothesis: pip install hypothesis") from error

from complaint_rules.aiming import Aim, Case
from complaint_rules.compile import CompiledRuleset
from complaint_rules.random_ruleset import ruleset_text
from complaint_rules.sampling import Sampler

__all__ = ["Case", "History", "boundary_facts", "cases", "facts", "histories", "partial_facts", "rulesets"]


class History(NamedTuple):
    """A complaint's first facts, what happened to it in order, and an instant after that: what `replay` takes."""

    facts: dict[str, Any]
    events: list[dict[str, Any]]
    now: datetime


def _random() -> st.SearchStrategy[Random]:
    # A seed, not `st.randoms`: a large ruleset draws hundreds of numbers, more than Hypothesis likes for one example.
    return st.integers(0, 2**64 - 1).map(Random)


def facts(rules: CompiledRuleset) -> st.SearchStrategy[dict[str, Any]]:
    """Return valid facts of complaints, every required one given; most lead to a rule drawn at random."""
    aim = Aim(Sampler(rules))
    return _random().map(lambda rng: aim.standing(rng).facts)


def partial_facts(rules: CompiledRuleset) -> st.SearchStrategy[dict[str, Any]]:
    """Return valid facts of complaints of which only some are known."""
    aim = Aim(Sampler(rules))
    return _random().map(lambda rng: aim.standing(rng, known=rng.random()).facts)


def boundary_facts(rules: CompiledRuleset) -> st.SearchStrategy[dict[str, Any]]:
    """Return valid facts whose numbers and times are bounds of some rule, or next to one."""
    sampler = Sampler(rules)
    return _random().map(lambda rng: sampler.facts(rng, edge=True))


def cases(rules: CompiledRuleset) -> st.SearchStrategy[Case]:
    """Return facts with settings of parameters, so that rules of other readings are reached as well.

    `under(rules, case.parameters)`, of `complaint_rules.library`, is the ruleset of a case.
    """
    aim = Aim(Sampler(rules))
    return _random().map(aim.case)


def histories(rules: CompiledRuleset, *, most: int = 8) -> st.SearchStrategy[History]:
    """Return what can happen to complaints: up to `most` events, mostly in the order of the process."""
    sampler = Sampler(rules)

    def history(rng: Random) -> History:
        first = sampler.first_facts(rng, known=rng.choice((0.6, 1.0, 1.0)))
        return History(first, *sampler.history(rng, most=most))

    return _random().map(history)


def rulesets() -> st.SearchStrategy[str]:
    """Return small rulesets as YAML text: tables without gaps or overlaps that rest on one another."""
    return _random().map(ruleset_text)
