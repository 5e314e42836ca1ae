"""Dates: every day has one version, the version of a day is what was in force, and an unknown day is asked for."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from complaint_rules import (
    FactsError,
    RulesetError,
    decide,
    due,
    explain,
    explain_why_not,
    load,
    load_text,
    why_not,
)
from complaint_rules.dated import versions
from complaint_rules.example_file import read_examples
from complaint_rules.examples import run_examples
from complaint_rules.interview import begin
from complaint_rules.source import Document, read

TEXT = """
language: 1
ruleset: page
version: 1.0.0
title: 示例
effective: {from: 2020-01-01, to: 2029-12-31, by: received}
parameters:
  limit:
    type: integer
    dated:
      - {from: 2020-01-01, value: 3, because: c1}
      - {from: 2024-07-01, value: 5, because: c2}
inputs:
  received: {type: date}
  n: {type: integer, minimum: 0, maximum: 9}
decisions:
  grade:
    inputs: [n]
    output: {values: {A: 甲, B: 乙, C: 丙}}
    hit_policy: first
    rules:
      - {id: low, when: {n: "< limit"}, then: A, because: c1}
      - {id: middle, from: 2026-01-01, when: {n: "< 8"}, then: B, because: c3}
      - {id: high, then: C, because: c2}
"""
RULES = load_text(TEXT)


@pytest.mark.parametrize(
    ("day", "n", "grade"),
    [
        ("2020-01-01", 2, "A"),
        ("2024-06-30", 4, "C"),
        ("2024-07-01", 4, "A"),
        ("2025-12-31", 6, "C"),
        ("2026-01-01", 6, "B"),
    ],
)
def test_the_day_of_the_complaint_chooses_the_version(day: str, n: int, grade: str) -> None:
    assert decide(RULES, {"received": day, "n": n})["grade"] == grade
    assert decide(RULES, {"n": n}, at=date.fromisoformat(day))["grade"] == grade


def test_a_day_may_be_text_and_what_is_none_is_refused() -> None:
    assert decide(RULES, {"n": 4}, at="2024-06-30")["grade"] == "C"
    with pytest.raises(FactsError, match="CR302"):
        decide(RULES, {"n": 4}, at="30.6.2024")


def test_a_result_says_which_days_its_version_was_in_force() -> None:
    found = decide(RULES, {"received": "2025-01-01", "n": 1}).to_dict()

    assert found["effective"] == {"from": "2024-07-01", "to": "2025-12-31"}


def test_where_versions_agree_the_day_does_not_matter() -> None:
    assert decide(RULES, {"n": 2})["grade"] == "A"
    assert decide(RULES, {"n": 9})["grade"] == "C"


def test_where_versions_differ_the_day_is_asked_for() -> None:
    answer = decide(RULES, {"n": 4}).decisions["grade"]

    assert answer.status == "undetermined"
    assert answer.ask == ("received",)
    assert set(answer.possible) == {"A", "C"}


def test_a_day_outside_is_refused() -> None:
    with pytest.raises(FactsError, match="in force from 2020-01-01 to 2029-12-31"):
        decide(RULES, {"received": "2031-01-01", "n": 1})


def test_a_gap_that_only_one_version_has_is_found() -> None:
    with pytest.raises(RulesetError, match="CR201"):
        load_text(TEXT.replace("id: high, then", "id: high, to: 2027-12-31, then"))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("2024-07-01, value", "2019-07-01, value", "CR103"),
        ("2024-07-01, value", "soon, value", "CR103"),
        ("to: 2029-12-31", "to: 2019-12-31", "CR116"),
        (", by: received", "", "CR005"),
        ("by: received", "by: n", "CR103"),
        ("by: received", "by: receivd", "CR101"),
        ("    dated:\n", "    value: 3\n    dated:\n", "CR113"),
    ],
)
def test_wrong_dates_are_refused_where_they_stand(old: str, new: str, code: str) -> None:
    with pytest.raises(RulesetError, match=code):
        load_text(TEXT.replace(old, new))


# --- every reader speaks in the version of the complaint's day ------------------------------------

TIMED = (
    TEXT.replace("inputs:\n", "calendar: cn-office\ninputs:\n")
    + """
deadlines:
  reply: {start: at, within: limit, unit: calendar_day, because: c1}
"""
).replace("  n: {", "  at: {type: datetime, optional: yes}\n  n: {")
DATED = load_text(TIMED)
BEFORE, AFTER = "2024-06-30", "2024-07-01"


def test_why_not_speaks_in_the_version_of_the_day() -> None:
    before = why_not(DATED, {"received": BEFORE, "n": 4}, "grade", "A")

    assert (before.status, before.losing[0].rule) == ("lost", "low")
    assert "low" in explain_why_not(before, DATED)
    assert why_not(DATED, {"received": AFTER, "n": 4}, "grade", "A").status == "given"
    assert why_not(DATED, {"n": 4}, "grade", "A").ask == ("received",)


def test_a_deadline_is_that_of_the_day_and_asks_for_it() -> None:
    facts = {"n": 4, "at": "2024-07-10T09:00:00+08:00"}

    assert str(due(DATED, {**facts, "received": BEFORE})["reply"].due) == "2024-07-13 24:00"
    assert str(due(DATED, {**facts, "received": AFTER})["reply"].due) == "2024-07-15 24:00"
    assert due(DATED, facts)["reply"].ask == ("received",)


def test_an_interview_asks_for_the_day_first_and_goes_on_in_its_version() -> None:
    start = begin(DATED, {"n": 4}, only=["grade"])
    assert start.question is not None
    assert start.question.name == "received"
    assert start.answered(BEFORE).result["grade"] == "C"
    assert start.answered(AFTER).result["grade"] == "A"
    assert start.skipped().result.decisions["grade"].status == "undetermined"
    with pytest.raises(FactsError, match="CR313"):
        start.answered("2019-01-01")


def test_an_explanation_has_the_words_of_its_version() -> None:
    text = TEXT.replace("then: A, because: c1", "to: 2024-06-30, then: A, because: c1").replace(
        "- {id: middle",
        "- {id: later, from: 2024-07-01, when: {n: '< limit'}, then: A, because: c1}\n      - {id: middle",
    )
    rules = load_text(text)
    result = decide(rules, {"received": "2024-01-01", "n": 1})

    assert "low" in explain(result, rules, "zh", references={})
    assert "low" not in explain(decide(rules, {"received": AFTER, "n": 1}), rules, "zh", references={})


def test_examples_are_decided_in_the_version_of_their_day(tmp_path: Path) -> None:
    examples = tmp_path / "page.examples.yaml"
    examples.write_text(
        f"ruleset: page\nexamples:\n  - {{name: 前, given: {{received: {BEFORE}, n: 4}}, expect: {{grade: C}}}}\n"
        f"  - {{name: 后, given: {{received: {AFTER}, n: 4}}, expect: {{grade: A}}}}\n",
        "utf-8",
    )
    outcomes = run_examples(RULES, read_examples(examples, RULES.ruleset))

    assert [o.failures for o in outcomes] == [(), ()]


def test_other_settings_hold_in_every_version() -> None:
    found = decide(RULES, {"received": BEFORE, "n": 4}, parameters={"limit": 6})

    assert found["grade"] == "A"


def test_a_version_that_was_asked_for_is_taken_whatever_the_day(tmp_path: Path) -> None:
    page = tmp_path / "page.yaml"
    page.write_text(TEXT, "utf-8")
    rules = load(page, at=BEFORE)

    assert decide(rules, {"received": AFTER, "n": 4})["grade"] == "C"


# --- laws ----------------------------------------------------------------------------------------

FIRST = date(2024, 1, 1)


def some_day(rng: Random) -> date:
    return FIRST + timedelta(rng.randint(0, 40))


def random_dated(rng: Random) -> Document:
    """Return a document with dated parameters and rules; some have no period of their own."""
    steps = [{"value": rng.choice("123")}]
    steps += [{"from": d.isoformat(), "value": rng.choice("123")} for d in sorted({some_day(rng) for _ in range(3)})]
    rules = []
    for i in range(rng.randint(1, 4)):
        start, end = sorted((some_day(rng), some_day(rng)))
        ends = {"from": start.isoformat()} if rng.random() < 0.6 else {}
        rules.append({"id": f"r{i}", **ends, **({"to": end.isoformat()} if rng.random() < 0.6 else {})})
    tree: dict[str, Any] = {
        "effective": {"from": FIRST.isoformat()} if rng.random() < 0.5 else {},
        "parameters": {"p": {"type": "integer", "dated": steps[rng.random() < 0.5 :]}},
        "decisions": {"d": {"rules": rules}},
    }
    return read(yaml.safe_dump(tree, sort_keys=False), "page.yaml")


def in_force(tree: dict[str, Any], day: date) -> dict[str, Any]:
    """Return what holds on a day, by going through every date."""
    text = day.isoformat()
    begun = [s for s in tree["parameters"]["p"]["dated"] if s.get("from", "") <= text]
    rules = [r["id"] for r in tree["decisions"]["d"]["rules"] if r.get("from", "") <= text <= r.get("to", "9999")]
    return {"p": begun[-1]["value"] if begun else None, "rules": rules}


def test_every_day_has_one_version_and_it_holds_what_is_in_force() -> None:
    for seed in range(300):
        document = random_dated(Random(seed))
        found = versions(document)

        assert all(a.end is not None and a.end + timedelta(1) == b.start for a, b in pairwise(found)), seed
        for day in (FIRST + timedelta(n) for n in range(45)):
            (version,) = [v for v in found if (v.start is None or v.start <= day) and (v.end is None or day <= v.end)]
            root = version.document.root
            rules = [r["id"] for r in root["decisions"]["d"]["rules"]]
            held = {"p": root["parameters"]["p"].get("value"), "rules": rules}
            assert held == in_force(document.root, day), (seed, day)


def test_no_version_has_dates() -> None:
    for seed in range(300):
        found = versions(random_dated(Random(seed)))

        assert not any("'from'" in str(v.document.root["decisions"]) for v in found), seed
