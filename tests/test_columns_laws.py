"""The law of columns: each row says what `decide` and `due` say of the same facts, however the columns are made."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed")

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import complaint_rules
import library
import sizes
from complaint_rules.library import names
from random_columns import comparable, cut, said, some_table
from random_rulesets import random_ruleset, to_yaml

ROWS = 12
RULESETS = sizes.of(6, 200)
# Those with the most to tell; `make exam` takes all.
NAMES = sizes.of(["bank", "auto_dealer", "handbook"], list(names()))
LAW = settings(max_examples=sizes.of(2, 120), deadline=None, suppress_health_check=list(HealthCheck))


@cache
def loaded(name: str) -> Any:
    return complaint_rules.load(name)


def singly(rules: Any, facts: dict[str, Any], assumptions: bool) -> dict[str, Any] | None:
    """Return what a single complaint gets, or None where its facts are refused."""
    try:
        result = complaint_rules.decide(rules, facts, assumptions=assumptions)
    except complaint_rules.FactsError:
        return None
    return {n: comparable(v) for n, v in said(result, rules.ruleset.outputs).items()}


def rows_of(table: Any) -> list[dict[str, Any]]:
    return [{n: comparable(v) for n, v in row.items()} for row in table.to_pylist()]


@pytest.mark.parametrize("name", NAMES)
@LAW
@given(seed=st.integers(0, 2**32))
@example(seed=0)
def test_columns_are_decided_as_single_complaints_are(name: str, seed: int) -> None:
    check_rows(Random(seed), loaded(name))


@pytest.mark.parametrize("chunk", range(4))
def test_columns_of_random_rulesets_are_decided_as_single_complaints_are(chunk: int) -> None:
    tried = 0
    for seed in range(chunk * RULESETS, (chunk + 1) * RULESETS):
        rng = Random(seed)
        rules = library.load(to_yaml(random_ruleset(rng)))
        for _ in range(3 if rules else 0):
            check_rows(rng, rules)
            tried += 1

    assert tried > RULESETS


def check_rows(rng: Random, rules: Any) -> None:
    """Hold every column of a random table against what each row gets singly."""
    facts, table = some_table(rng, rules, ROWS)
    assumptions = rng.random() < 0.8
    blocks = rng.choice((5, 100))
    found = rows_of(complaint_rules.decide_columns(rules, table, assumptions=assumptions, recheck=0, rows=blocks))

    for row, one in zip(found, facts, strict=True):
        meant = singly(rules, one, assumptions)
        problems = row.pop("problems")
        assert (problems is not None) == (meant is None), (problems, one)
        different = {n: (v, (meant or {}).get(n)) for n, v in row.items() if v != (meant or {}).get(n)}
        assert not different, one


@pytest.mark.parametrize("name", NAMES)
@LAW
@given(seed=st.integers(0, 2**32))
def test_it_makes_no_difference_how_rows_are_cut_into_chunks_and_blocks(name: str, seed: int) -> None:
    rng, rules = Random(seed), loaded(name)
    _, table = some_table(rng, rules, ROWS)
    whole = complaint_rules.decide_columns(rules, table, recheck=0)
    parts = complaint_rules.decide_columns(rules, cut(rng, table), recheck=0, rows=rng.randint(1, 40))

    assert whole.schema == parts.schema
    assert whole.to_pylist() == parts.to_pylist()


@pytest.mark.parametrize("name", NAMES)
@LAW
@given(seed=st.integers(0, 2**32))
def test_time_limits_of_columns_end_when_those_of_single_complaints_do(name: str, seed: int) -> None:
    rng, rules = Random(seed), loaded(name)
    every, strict = sorted(rules.ruleset.deadlines), rng.random() < 0.3
    limits = rng.sample(every, min(len(every), 3))
    facts, table = some_table(rng, rules, ROWS)
    found = rows_of(complaint_rules.decide_columns(rules, table, only=(), due=limits, strict=strict, recheck=0))

    for row, one in zip(found, facts, strict=True):
        for limit in limits:
            meant = due_singly(rules, one, limit, strict)
            assert {e: row[f"due.{limit}{e}"] for e in DUE} == meant, (limit, one)
            assert meant[".status"] or row["problems"]


DUE = ("", ".status", ".provisional", ".ask", ".unset")


def due_singly(rules: Any, facts: dict[str, Any], limit: str, strict: bool) -> dict[str, Any]:
    """Return what `due` says of one limit, in the words of the columns; nothing where it refuses."""
    try:
        answer = complaint_rules.due(rules, facts, only=[limit], strict=strict)[limit]
    except complaint_rules.FactsError:
        return dict.fromkeys(DUE)
    runs = answer.status == "due"
    asked = {f".{w}": ", ".join(getattr(answer, w, ())) or None for w in ("ask", "unset")}
    instant, provisional = (comparable(answer.due.instant), answer.due.provisional) if runs else (None, None)
    return {"": instant, ".status": answer.status, ".provisional": provisional, **asked}
