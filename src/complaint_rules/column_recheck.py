"""Column recheck: some rows of a block decided singly once more, and where the columns say anything else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from complaint_rules import deciding
from complaint_rules.column_due import RefusedDue
from complaint_rules.column_plan import PROBLEMS, ColumnPlan
from complaint_rules.column_reading import raw_at
from complaint_rules.column_writing import UnfitError
from complaint_rules.diagnostics import FactsError
from complaint_rules.facts import read_facts


class UnequalError(RuntimeError):
    """Columns and single complaints are decided differently: a bug of this library, never of the facts."""


def recheck(plan: ColumnPlan, batch: Any, made: Any, row: int) -> None:
    """Decide a row singly and hold it against what was made of its columns.

    Raises:
        UnequalError: they differ.
    """
    facts = {n: raw_at(batch.column(n), row) for n in plan.facts}
    different = [f"`{n}` is {b!r}, singly {a!r}" for n, a, b in _compared(plan, facts, made, row) if a != b]
    if different:
        raise UnequalError(f"an error of complaint_rules: row {row} of a block, {facts}: {'; '.join(different)}")


def _compared(plan: ColumnPlan, facts: Mapping[str, Any], made: Any, row: int) -> Iterator[tuple[str, Any, Any]]:
    """Yield each column's name, what a single complaint gets, and what the column says."""
    try:
        expected = dict(_expected(plan, read_facts(plan.rules.ruleset, facts)))
    except FactsError:
        expected = {PROBLEMS: True}
    for name in made.schema.names:
        if name in plan.wanted.keep:
            continue
        found = made.column(name)[row].as_py()
        if name == PROBLEMS:
            yield name, expected.get(name, False), found is not None
        else:
            yield name, expected.get(name), _comparable(found)


def _expected(plan: ColumnPlan, facts: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    newest, wanted = plan.versions[-1], plan.wanted
    result = deciding.decide(plan.rules, facts, only=wanted.decisions)
    problems = False
    for name, writer in newest.writers.items():
        answer = result.decisions[name]
        for values in writer.values if answer.status == "decided" else ():
            try:
                yield values.name, _comparable(values.fitting(answer.value))  # type: ignore[union-attr]  # decided
            except UnfitError:
                problems = True
        yield from ((n, note(answer)) for n, note in writer.note_columns.items())
    for due, by in newest.dues:
        answer_due = due.single(plan.rules, facts)
        problems = problems or isinstance(answer_due, RefusedDue)
        yield from ((n, _comparable(v)) for n, v in by.said(answer_due))
    yield PROBLEMS, problems


def _comparable(value: Any) -> Any:
    """Return a value so that equal instants are equal, whatever their offsets."""
    match value:
        case datetime():
            return value.astimezone(UTC)
        case list():
            return [_comparable(v) for v in value]
        case dict():
            return {k: _comparable(v) for k, v in value.items()}
        case _:
            return value
