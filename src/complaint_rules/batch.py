"""Batch: a table of complaints in, a table of outcomes out, each row as `decide` would answer it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from random import Random
from typing import Any

from complaint_rules.calendar_data import load_calendar
from complaint_rules.compile import CompiledRuleset
from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.library import known_deadlines, known_decisions, under
from complaint_rules.words import Lang, suggest

BLOCK_ROWS = 1 << 16
# What is said of a decision or a time limit besides its value, as far as its kind has it.
NOTES = ("status", "rules", "unmet", "ask", "unset", "provisional")
_ABSENT = "deciding columns needs numpy and pyarrow: pip install 'complaint-rules[batch]'"


def decide_columns(
    rules: CompiledRuleset,
    table: Any,
    *,
    parameters: Mapping[str, Any] | None = None,
    assumptions: bool | None = None,
    only: Collection[str] | None = None,
    due: Collection[str] = (),
    calendar: str | Path | None = None,
    strict: bool = False,
    keep: Collection[str] = (),
    notes: Collection[str] = NOTES,
    lang: Lang = "en",
    recheck: int = 4,
    seed: int = 0,
    rows: int = BLOCK_ROWS,
) -> Any:
    """Return an Arrow table with what the ruleset says about each row of a table; see docs/batch.md.

    `table` is an Arrow table, record batch or reader, a pandas or Polars data frame, or a dict of columns; a column is
    a fact by its name, a null is a missing fact, and `keep` names columns that are no facts and are handed through.
    `notes` says which columns a decision or a time limit has besides its values.
    `only`, `parameters` and `assumptions` are those of `decide`; `due` names the deadlines wanted, `calendar` and
    `strict` are those of `due`. A row with a wrong value gets no answer and its reason in the column `problems`.
    Of every block of `rows` some rows (`recheck`, chosen by `seed`) are decided singly as well and compared.

    Raises:
        FactsError: unknown columns, decisions, deadlines or parameters, or something that is no table.
        RulesetError: the calendar cannot be read.
        ModuleNotFoundError: numpy or pyarrow is not installed.
        UnequalError: a row that was decided singly as well came out differently, which is a bug here.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - optional, and slow to load

        from complaint_rules.column_recheck import recheck as recheck_row  # noqa: PLC0415
        from complaint_rules.column_tables import batches_of  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise _absent(error) from None
    schema, batches = batches_of(table, rows)
    plan = plan_columns(
        rules, schema, parameters=parameters, assumptions=assumptions, only=only, due=due, calendar=calendar,
        strict=strict, keep=keep, notes=notes, lang=lang,
    )  # fmt: skip
    chance, made = Random(seed), []  # noqa: S311 - a sample, not a secret
    for batch in batches:
        made.append(plan.run(batch))
        for row in chance.sample(range(batch.num_rows), min(recheck, batch.num_rows)):
            recheck_row(plan, batch, made[-1], row)
    return pa.Table.from_batches(made, plan.schema)


def plan_columns(
    rules: CompiledRuleset,
    schema: Any,
    *,
    parameters: Mapping[str, Any] | None = None,
    assumptions: bool | None = None,
    only: Collection[str] | None = None,
    due: Collection[str] = (),
    calendar: str | Path | None = None,
    strict: bool = False,
    keep: Collection[str] = (),
    notes: Collection[str] = NOTES,
    lang: Lang = "en",
) -> Any:
    """Return the `ColumnPlan` for columns of an Arrow schema: made once, its `run` takes one record batch after another.

    Raises:
        FactsError: unknown columns, decisions, deadlines or parameters.
        RulesetError: the calendar cannot be read.
        ModuleNotFoundError: numpy or pyarrow is not installed.
    """
    try:
        from complaint_rules.column_plan import ColumnPlan, Wanted  # noqa: PLC0415 - opened when columns are decided
        from complaint_rules.column_tables import check_names  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise _absent(error) from None
    set_ = rules if parameters is None and assumptions is None else under(rules, parameters, assumptions=assumptions)
    ruleset = set_.ruleset
    known_decisions(ruleset, only or ())
    known_deadlines(ruleset, due)
    _known_notes(notes)
    _known_columns(ruleset.inputs, schema.names, keep)
    used = load_calendar(calendar or str(ruleset.calendar)) if due else None
    decisions = None if only is None else frozenset(only)
    deadlines = tuple(n for n in ruleset.deadlines if n in due)
    plan = ColumnPlan(set_, schema, Wanted(decisions, deadlines, used, strict, tuple(keep), tuple(notes), lang))
    check_names(plan.schema.names)
    return plan


def _known_columns(inputs: Collection[str], names: Collection[str], keep: Collection[str]) -> None:
    """Refuse columns that are neither facts nor to be kept, and columns to be kept that are not there."""
    unknown = [n for n in names if n not in inputs and n not in keep] + [n for n in keep if n not in names]
    if unknown:
        words = [{"name": n, "suggestion": suggest(n, inputs)} for n in unknown]
        raise FactsError([Diagnostic("CR301", args=w, where=str(w["name"])) for w in words])


def _known_notes(notes: Collection[str]) -> None:
    unknown = [n for n in notes if n not in NOTES]
    if unknown:
        words = [{"value": n, "expected": " / ".join(NOTES), "suggestion": suggest(n, NOTES)} for n in unknown]
        raise FactsError([Diagnostic("CR302", args=w, where="notes") for w in words])


def _absent(error: ModuleNotFoundError) -> ModuleNotFoundError:
    """Return the error of a package that is not installed, with what to do about it."""
    return ModuleNotFoundError(_ABSENT, name=error.name) if error.name in ("numpy", "pyarrow") else error
