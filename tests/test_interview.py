"""The laws of the interview: it ends, asks only what matters, and comes to what deciding comes to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from random import Random
from typing import Any

import pytest

from random_rulesets import choices, random_ruleset, to_yaml

complaint_rules = pytest.importorskip("complaint_rules")
import library
import sizes
from complaint_rules.answers import Undetermined
from complaint_rules.interview import Interview, begin, run, told
from complaint_rules.values import to_json

CHUNKS, RULESETS, INTERVIEWS, COMPLETIONS = 10, sizes.of(2, 10), 3, 5
NO_TIME = timedelta(0)


def interviews(chunk: int, skips: float) -> Iterator[tuple[Random, Any, Any, Interview]]:
    """Yield random rulesets, the values to choose from, and the interview at its start."""
    for seed in range(chunk * RULESETS, (chunk + 1) * RULESETS):
        rng = Random(seed + int(1000 * skips))
        ruleset = random_ruleset(rng)
        rules, known = library.load(to_yaml(ruleset)), writable(choices(ruleset))
        for _ in range(INTERVIEWS if rules else 0):
            names = list(rules.ruleset.decisions)
            only = rng.sample(names, rng.randint(1, len(names))) if rng.random() < 0.6 else None
            yield rng, ruleset, known, begin(rules, only=only)


def writable(known: dict[str, list[Any]]) -> dict[str, list[Any]]:
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


# --- in text -----------------------------------------------------------------------------------------


@cache
def loaded(ruleset: str) -> Any:
    return complaint_rules.load(ruleset)


def dialogue(ruleset: str, wanted: str, *lines: str, lang: Any = "zh") -> tuple[Interview, str]:
    """Return the end of an interview held with these lines, and what was written."""
    written: list[str] = []
    start = begin(loaded(ruleset), only=[wanted])
    return run(start, iter(lines).__next__, written.append, lang), "\n".join(written)


def test_one_answer_can_be_enough() -> None:
    end, written = dialogue("food", "compensation_grade", "有")

    assert end.question is None
    assert end.result["compensation_grade"] == "A"
    assert written.split("\n") == [
        "健康伤害（health_harm）",
        "  1 有 (harmed)",
        "  2 无 (none)",
        "  应答：编号、代码或名称；? 不知道",
    ]


def test_numbers_ids_and_labels_say_the_same() -> None:
    for line in ("2", "２", "mid_end", "中端", "MID_END", " 中端 "):
        end, _ = dialogue("bank", "reply_limit_days", "低级", line)

        assert end.facts_json == {"base_urgency": "low", "customer_tier": "mid_end"}
        assert end.result["reply_limit_days"] == 3


def test_several_members_stand_between_commas_and_none_is_an_empty_line() -> None:
    start, _ = dialogue("food", "compensation_grade", "无", "消费")
    assert start.question is not None
    assert start.question.name == "defect"
    for line, members in (
        ("发酵、4，封口不严", {"fermented", "spoiled", "seal_not_tight"}),
        ("4", {"spoiled"}),
        ("[spoiled, watery]", {"spoiled", "watery"}),
        ("", set()),
    ):
        assert told(start, line).facts["defect"] == members
    assert told(start, "4").result["compensation_grade"] == "A"


def test_a_refused_answer_is_asked_again() -> None:
    end, written = dialogue("bank", "reply_limit_days", "9", "低级", "也许", "", "中端")

    assert end.result["reply_limit_days"] == 3
    assert written.count("人工判定的紧急程度（base_urgency）") == 2
    assert "base_urgency: 错误[CR303]: `9` 不在取值范围内" in written
    assert "customer_tier: 错误[CR303]: `也许` 不在取值范围内" in written
    assert "customer_tier: 错误[CR302]: `null` 的类型不对" in written


def test_a_boolean_is_a_choice_of_two() -> None:
    for line, value in (("是", True), ("1", True), ("no", False), ("否", False), ("2", False)):
        end, written = dialogue("bank", "may_view", "也许", line)

        assert end.facts_json["delegation_recorded"] is value
        assert "delegation_recorded: 错误[CR303]: `也许` 不在取值范围内，可选：`是`, `否`" in written


def test_an_empty_line_says_that_there_is_no_optional_fact() -> None:
    end, written = dialogue("bank", "faq_complete", "如何挂失", "")

    assert end.facts_json == {"problem_summary": "如何挂失", "standard_answer": None}
    assert end.result["faq_complete"] is False
    assert "空行 没有" in written


def test_what_nobody_knows_is_not_asked_again_and_stays_open() -> None:
    end, written = dialogue("bank", "reply_limit_days", "？", "普通")

    assert end.question is None
    assert end.result.ask == ("base_urgency",)
    assert written.count("base_urgency") == 1


def test_the_end_of_the_lines_ends_the_interview_with_what_is_decided_so_far() -> None:
    end, _ = dialogue("bank", "reply_limit_days", "低级")

    assert end.facts_json == {"base_urgency": "low"}
    assert end.result.decisions["reply_limit_days"].status == "undetermined"


def test_an_interview_goes_on_from_the_facts_of_a_file() -> None:
    rules = loaded("bank")
    half = {"problem_summary": "如何挂失", "standard_answer": "致电 95559"}
    asked = begin(rules, half, only=["faq_complete"]).question

    assert asked is not None
    assert (asked.name, asked.optional, asked.waiting) == ("validity_period", True, 1)
    assert begin(rules, half | {"validity_period": None}, only=["faq_complete"]).result["faq_complete"] is False


def test_a_question_is_written_in_english_too() -> None:
    _, written = dialogue("bank", "faq_complete", lang="en")

    assert written.split("\n") == [
        "problem summary (problem_summary)",
        "  answer: text; ? not known; empty line: there is none",
    ]


def test_an_unknown_decision_and_an_answer_to_no_question_are_refused() -> None:
    rules = loaded("bank")
    with pytest.raises(complaint_rules.FactsError, match="CR308"):
        begin(rules, only=["faq_complet"])
    done = begin(rules, {"problem_summary": None}, only=["faq_complete"])

    assert done.question is None
    with pytest.raises(ValueError, match="nothing to ask"):
        done.answered("x")
