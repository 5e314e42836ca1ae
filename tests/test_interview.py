"""The laws of the interview: it ends, asks only what matters, and comes to what deciding comes to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from random_rulesets import choices, random_ruleset, to_yaml

complaint_rules = pytest.importorskip("complaint_rules")
import library
from complaint_rules import interview as asking
from complaint_rules.answers import Undetermined
from complaint_rules.interview import Interview, begin, run
from complaint_rules.values import to_json

CHUNKS, RULESETS, INTERVIEWS, COMPLETIONS = 10, 10, 3, 5
NO_TIME = timedelta(0)


def interviews(chunk: int, skips: float) -> Iterator[tuple[Random, Any, Any, Interview]]:
    """Yield random rulesets, the values to choose from, and the interview at its start."""
    for seed in range(chunk * RULESETS, (chunk + 1) * RULESETS):
        rng = Random(seed + int(1000 * skips))
        ruleset = random_ruleset(rng)
        rules, known = library.load(to_yaml(ruleset)), told(choices(ruleset))
        for _ in range(INTERVIEWS if rules else 0):
            names = list(rules.ruleset.decisions)
            only = rng.sample(names, rng.randint(1, len(names))) if rng.random() < 0.6 else None
            yield rng, ruleset, known, begin(rules, only=only)


def told(known: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Leave out what cannot be written in JSON: durations below zero."""
    return {n: [v for v in values if not (isinstance(v, timedelta) and v < NO_TIME)] for n, values in known.items()}


def waits_for(interview: Interview) -> set[str]:
    """Return the facts that the open wanted decisions wait for."""
    return {n for a in interview.result.decisions.values() if isinstance(a, Undetermined) for n in a.ask}


def stepped(rng: Random, interview: Interview, known: Any, skips: float) -> Interview:
    question = interview.question
    assert question is not None
    if rng.random() < skips:
        return interview.skipped()
    if question.optional and rng.random() < 0.4:
        return interview.answered(None)
    return interview.answered(as_json(rng.choice(known[question.name])))


def as_json(value: Any) -> Any:
    return list(value) if isinstance(value, frozenset) else to_json(value)


def held(rng: Random, interview: Interview, known: Any, skips: float = 0.0) -> tuple[Interview, list[str]]:
    """Hold an interview, and return its end and what was asked."""
    asked: list[str] = []
    while interview.question is not None:
        assert interview.question.name in waits_for(interview)
        assert interview.question.waiting >= 1
        asked.append(interview.question.name)
        interview = stepped(rng, interview, known, skips)
    return interview, asked


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_an_interview_asks_a_fact_once_and_comes_to_what_deciding_comes_to(chunk: int) -> None:
    for rng, ruleset, known, interview in interviews(chunk, 0.0):
        end, asked = held(rng, interview, known)
        at_once = complaint_rules.decide(end.rules, end.facts_json, only=end.wanted)
        said, meant = end.result.decisions, at_once.decisions

        assert len(asked) == len(set(asked)), to_yaml(ruleset)
        assert {n: library.translated(a) for n, a in said.items()} == {
            n: library.translated(a) for n, a in meant.items()
        }, (to_yaml(ruleset), end.facts_json, said)
        assert {n: library.exact(library.translated(a)) for n, a in said.items()} == {
            n: library.exact(library.translated(a)) for n, a in meant.items()
        }
        assert end.result.parties == at_once.parties
        assert end.result.unset == at_once.unset


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_at_the_end_only_what_nobody_knows_is_waited_for(chunk: int) -> None:
    for rng, ruleset, known, interview in interviews(chunk, 0.3):
        end, asked = held(rng, interview, known, skips=0.3)

        assert waits_for(end) <= end.unsure | end.absent, to_yaml(ruleset)
        assert len(asked) == len(set(asked)) == len(end.facts) + len(end.absent) + len(end.unsure)
        assert begin(end.rules, end.facts_json, only=end.wanted).facts_json == end.facts_json


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_fact_that_is_never_asked_cannot_change_a_wanted_answer(chunk: int) -> None:
    for rng, ruleset, known, interview in interviews(chunk, 0.2):
        end, _ = held(rng, interview, known, skips=0.2)
        before = {n: library.translated(a) for n, a in end.result.decisions.items()}
        rest = [n for n in end.rules.ruleset.inputs if end.may_ask(n)]
        for _ in range(COMPLETIONS):
            more = {n: as_json(rng.choice(known[n])) for n in rest if rng.random() < 0.8}
            facts = end.facts_json | dict.fromkeys(n for n in rest if end.rules.ruleset.inputs[n].optional) | more
            after = Interview(end.rules, end.wanted, **said(end, facts))

            assert {n: library.translated(a) for n, a in after.result.decisions.items()} == before, (
                to_yaml(ruleset),
                end.facts_json,
                facts,
            )


def said(end: Interview, facts: Any) -> dict[str, Any]:
    """Return these facts as an interview holds them, where the same facts are unsure."""
    read = begin(end.rules, facts, only=end.wanted)
    return {"facts": read.facts, "absent": read.absent, "unsure": end.unsure}
