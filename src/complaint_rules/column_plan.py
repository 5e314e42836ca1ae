"""Column plan: a ruleset over columns of these types, worked out once and run on one block of rows after another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from complaint_rules.answers import Missing
from complaint_rules.coded import NUMBER, Codes, Column, Flags, Rows
from complaint_rules.column_buffers import wrapped
from complaint_rules.column_due import DueSettling, due_reads
from complaint_rules.column_due_writing import DueWriter
from complaint_rules.column_reading import FactReader
from complaint_rules.column_scales import scales_of
from complaint_rules.column_settling import Block, Settling
from complaint_rules.column_writing import WORDS, AnswerWriter, answer_writer, number_array
from complaint_rules.compile import CompiledRuleset, read_by
from complaint_rules.deciding import decide, in_force, plan_of
from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.domains import Sign
from complaint_rules.words import Lang
from complaint_rules.worktime import Calendar

PROBLEMS = "problems"
# What is remembered is forgotten past this many entries, so that memory does not grow with the rows.
_KEPT = 200_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of the columns: decisions, deadlines by a calendar, columns to keep, notes."""

    decisions: frozenset[str] | None = None
    deadlines: tuple[str, ...] = ()
    calendar: Calendar | None = None
    strict: bool = False
    keep: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    lang: Lang = "en"


class ColumnPlan:
    """Runs a ruleset over blocks with the columns of one Arrow schema; `schema` is that of what it returns."""

    def __init__(self, rules: CompiledRuleset, schema: Any, wanted: Wanted) -> None:
        self.rules, self.given, self.wanted = rules, schema, wanted
        self.facts = [n for n in schema.names if n in rules.ruleset.inputs]
        self._start_anew()
        self.schema = pa.schema([*(schema.field(n) for n in wanted.keep), *self.versions[-1].fields, (PROBLEMS, WORDS)])

    def _start_anew(self) -> None:
        types = {n: self.given.field(n).type for n in self.facts}
        rulesets = (*self.rules.earlier, self.rules)
        each = [scales_of(r, types) for r in rulesets]
        scales = {n: max(s.get(n, 0) for s in each) for n in each[-1]}
        blank = plan_of(self.rules, None).blank
        domains = {n: self.rules.ruleset.inputs[n].type.domain for n in self.facts}
        self.readers = {n: FactReader(n, d, blank[n]) for n, d in domains.items()}
        self.versions = [_Version(r, self.wanted, frozenset(self.facts), scales) for r in rulesets]

    def run(self, batch: Any) -> Any:
        """Return what the ruleset says of each row of a record batch, in the same order."""
        if sum(v.kept for v in self.versions) + sum(r.kept for r in self.readers.values()) > _KEPT:
            self._start_anew()
        problems = _Problems(self.wanted.lang)
        columns = self._read(batch, problems)
        made = self._by_version(batch, columns, problems)
        kept = [batch.column(n) for n in self.wanted.keep]
        return pa.RecordBatch.from_arrays([*kept, *made, problems.array(batch.num_rows)], schema=self.schema)

    def _read(self, batch: Any, problems: _Problems) -> dict[str, Column]:
        columns: dict[str, Column] = {}
        for name, reader in self.readers.items():
            array = batch.column(batch.schema.get_field_index(name))
            read = reader.read(array)
            columns[name] = read.column
            for row in read.wrong.tolist():
                problems.refuse(row, reader.wrong(array, row))
        return columns

    def _by_version(self, batch: Any, columns: Mapping[str, Column], problems: _Problems) -> list[Any]:
        """Return the columns of all rows, each row in the version in force on its day."""
        rows = batch.num_rows
        parts = list(self._parts(columns, rows, problems)) or [(self.versions[-1], np.arange(0))]
        if len(parts) == 1 and isinstance(parts[0][0], _Version):
            return parts[0][0].run(Block(rows, dict(columns), {}), problems, np.arange(rows))
        made: list[list[Any]] = []
        for version, at in parts:
            if isinstance(version, _Version):
                made.append(version.run(Block(len(at), {n: c.take(at) for n, c in columns.items()}, {}), problems, at))
            else:
                made.append(self._whenever(columns, at, problems))
        back = wrapped(np.argsort(np.concatenate([at for _, at in parts]), kind="stable"), pa.int64())
        return [pa.concat_arrays(_unified(column)).take(back) for column in zip(*made, strict=True)]

    def _parts(
        self, columns: Mapping[str, Column], rows: int, problems: _Problems
    ) -> Iterator[tuple[_Version | None, Rows]]:
        """Yield each version with its rows; None with those of which the day is not known."""
        by = self.rules.ruleset.effective.by
        column = columns[by].listed() if by is not None and by in columns else None
        versions = {id(v.rules): i for i, v in enumerate(self.versions)}
        if column is None:
            yield from self._all_alike(versions, rows)
            return
        chosen = np.full(len(column.values), -1)
        for code in np.unique(column.codes).tolist():
            value = column.values.held[code]
            day = {} if by is None or isinstance(value, (Missing, Sign)) else {by: value}
            try:
                found = in_force(self.rules, day)
            except FactsError as error:
                problems.refuse_all(np.flatnonzero(column.codes == code), error.diagnostics)
                found = (self.rules,)
            chosen[code] = versions[id(found[0])] if len(found) == 1 else -1
        at = chosen.take(column.codes)
        for version in np.unique(at).tolist():
            yield (None if version < 0 else self.versions[version]), np.flatnonzero(at == version)

    def _all_alike(self, versions: Mapping[int, int], rows: int) -> Iterator[tuple[_Version | None, Rows]]:
        found = in_force(self.rules, {})
        yield (self.versions[versions[id(found[0])]] if len(found) == 1 else None), np.arange(rows)

    def _whenever(self, columns: Mapping[str, Column], at: Rows, problems: _Problems) -> list[Any]:
        """Return what all versions say alike of rows whose day is not known, one by one."""
        values = {n: columns[n].values_at(at) for n in self.facts}
        rows = [{n: held[i] for n, held in values.items()} for i in range(len(at))]
        facts = [{n: v for n, v in row.items() if not isinstance(v, (Missing, Sign))} for row in rows]
        return self.versions[-1].run_singly(self.rules, facts, problems, at)


def _unified(arrays: Sequence[Any]) -> list[Any]:
    if arrays[0].type != WORDS:
        return list(arrays)
    return list(pa.chunked_array(arrays).unify_dictionaries().chunks)


@dataclass
class _Problems:
    """What is wrong, by row; of the refused ones nothing is said."""

    lang: Lang
    texts: dict[int, list[str]] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)

    def refuse(self, row: int, found: Iterable[Diagnostic]) -> None:
        self.refused.add(row)
        self.note(row, found)

    def refuse_all(self, rows: Rows, found: Sequence[Diagnostic]) -> None:
        for row in rows.tolist():
            if row not in self.refused:
                self.refuse(row, found)

    def note(self, row: int, found: Iterable[Diagnostic]) -> None:
        said = self.texts.setdefault(row, [])
        said += [t for t in (_line(d, self.lang) for d in found) if t not in said]

    def flags(self, rows: Rows) -> Flags | None:
        """Return which of some rows are refused; None where none is."""
        if not self.refused:
            return None
        return np.isin(rows, np.fromiter(self.refused, np.int64, len(self.refused)))

    def array(self, rows: int) -> Any:
        texts: list[str | None] = [None] * rows
        for row, said in self.texts.items():
            texts[row] = "; ".join(said)
        if not self.texts:
            nothing = pa.nulls(rows, pa.int32())
            return pa.DictionaryArray.from_arrays(nothing, pa.array([], pa.string()))
        return pa.array(texts, pa.string()).dictionary_encode()


def _line(diagnostic: Diagnostic, lang: Lang) -> str:
    return diagnostic.render(lang).split("\n", maxsplit=1)[0]


class _Version:
    """One version of the ruleset: its steps and deadlines in order, and the writers of what was asked."""

    def __init__(
        self, rules: CompiledRuleset, wanted: Wanted, given: frozenset[str], scales: Mapping[str, int]
    ) -> None:
        self.rules, self.wanted = rules, wanted
        deadlines = [rules.ruleset.deadlines[n] for n in wanted.deadlines]
        read = {n.partition(".")[0] for d in deadlines for n in due_reads(d)} & rules.ruleset.decisions.keys()
        asked = wanted.decisions
        plan = plan_of(rules, None if asked is None else asked | read)
        varying = given | {n for s, _ in plan.steps for n in s.hands_on}
        self.settlings = [Settling(s, settle, plan.blank, read_by(s), varying) for s, settle in plan.steps]
        self.writers = {
            n: answer_writer(rules.ruleset.decisions[n], rules.ruleset, scales, wanted.notes)
            for n in rules.ruleset.decisions
            if asked is None or n in asked
        }
        self.dues: list[tuple[DueSettling, DueWriter]] = []
        if wanted.calendar is not None:
            zone = wanted.calendar.zone
            self.dues = [
                (DueSettling(rules, d, wanted.calendar, varying), DueWriter(d.name, zone, wanted.strict, wanted.notes))
                for d in deadlines
            ]

    @property
    def fields(self) -> list[tuple[str, Any]]:
        decisions = [f for w in self.writers.values() for f in w.fields]
        return [*decisions, *(f for _, w in self.dues for f in w.fields)]

    @property
    def kept(self) -> int:
        return sum(s.kept for s in self.settlings) + sum(s.kept for s, _ in self.dues)

    def run(self, block: Block, problems: _Problems, rows: Rows) -> list[Any]:
        """Return the columns of a block; `rows` are their places among those of which problems are told."""
        for settling in self.settlings:
            outcomes = settling.run(block)
            block.columns.update(outcomes.columns)
            block.answered[settling.step.name] = settling, outcomes.answers
        refused = problems.flags(rows)
        made: list[Any] = []
        for name, writer in self.writers.items():
            settling, answers = block.answered[name]
            made += self._written(writer, settling, answers, block.columns.get(name), refused)
            for row, found in writer.unfit_rows(answers).items():
                if refused is None or not refused[row]:
                    problems.note(int(rows[row]), [found])
        for due, by in self.dues:
            numbers = due.run(block)
            made += by.write(due.answers, numbers, refused)
            for row, wrong in by.refused_rows(numbers).items():
                if refused is None or not refused[row]:
                    problems.note(int(rows[row]), wrong)
        return made

    def _written(
        self, writer: AnswerWriter, settling: Settling, answers: Codes, column: Column | None, refused: Flags | None
    ) -> list[Any]:
        made = writer.write(settling.answers, answers, refused)
        if column is not None and column.numbers is not None and (answers == NUMBER).any():
            made[0] = number_array(column, made[0], answers, refused, writer.values[0].type)
        return made

    def run_singly(
        self, rules: CompiledRuleset, facts: Sequence[Mapping[str, Any]], problems: _Problems, rows: Rows
    ) -> list[Any]:
        """Return the columns of rows that are decided one by one, in all versions."""
        refused, each = problems.flags(rows), np.arange(len(rows), dtype=np.int32)
        results = [decide(rules, f, only=self.wanted.decisions).decisions for f in facts]
        made: list[Any] = []
        for name, known in self.writers.items():
            writer = known.anew()
            made += writer.write([r[name] for r in results], each, refused)
            for row, found in writer.unfit_rows(each).items():
                problems.note(int(rows[row]), [found])
        for due, by in self.dues:
            answers = [due.single(rules, f) for f in facts]
            writing = by.anew()
            made += writing.write(answers, each, refused)
            for row, wrong in writing.refused_rows(each).items():
                problems.note(int(rows[row]), wrong)
        return made
