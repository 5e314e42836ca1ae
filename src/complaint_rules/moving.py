"""Moving: which past complaints another ruleset decides otherwise, from what to what, for how much money, and by which edit.

Rows that no rule of either ruleset can tell apart are counted, and decided once by each. Only what is reckoned from the
very numbers of a row is decided row by row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from complaint_rules.batch import plan_columns
from complaint_rules.coded import Codes, Column, Flags
from complaint_rules.column_buffers import flags_in, numbers_in, wrapped
from complaint_rules.column_plan import PROBLEMS, ColumnPlan
from complaint_rules.column_reading import FactReader
from complaint_rules.compile import CompiledRuleset
from complaint_rules.domains import Ordered
from complaint_rules.edits import Edits, edits_between
from complaint_rules.moves import Move, MoveCounter
from complaint_rules.record_facts import FactColumns
from complaint_rules.record_files import Records, read_part
from complaint_rules.record_mapping import RecordMapping
from complaint_rules.record_partition import Partition, partition_of, told_by_cells

NOTES = ("status", "rules")
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two rulesets make of the same records."""

    old: CompiledRuleset
    new: CompiledRuleset
    edits: Edits
    rows: int
    refused: int  # by one of the two, or by both
    moved: int  # rows of which some decision moved
    decisions: tuple[str, ...]
    by_cells: frozenset[str]
    combinations: int
    moves: tuple[Move, ...]
    totals: Mapping[str, Counter[str]]  # column -> how many rows have which slice

    def by_cause(self) -> dict[str, tuple[int, Decimal]]:
        """Return for each edit how many answers moved, and how much more money is paid for them."""
        found: dict[str, tuple[int, Decimal]] = {}
        for move in self.moves:
            more = sum((after - before for before, after in move.money.values()), Decimal(0))
            for cause in move.causes:
                rows, money = found.get(cause, (0, Decimal(0)))
                found[cause] = rows + move.rows, money + more
        return dict(sorted(found.items(), key=lambda item: -item[1][0]))


def compare_records(
    old: CompiledRuleset,
    new: CompiledRuleset,
    records: Records,
    mapping: RecordMapping,
    *,
    only: Collection[str] | None = None,
    by: Sequence[str] = (),
    progress: Progress | None = None,
) -> Comparison:
    """Return what moves between two rulesets over the rows of a file; `by` are columns by whose texts it is counted.

    Raises:
        FactsError, RulesetError: the records or the mapping cannot be used.
    """
    both = [n for n in new.ruleset.decisions if n in old.ruleset.decisions and (only is None or n in only)]
    comparer = _Comparer((old, new), [_columns_of(r, records, mapping, by) for r in (old, new)], both, by)
    for part in records.parts:
        for piece in read_part(records, part, comparer.columns):
            comparer.take(piece)
            if progress:
                progress(comparer.rows, records.rows)
    return comparer.result()


class _Comparer:
    """Both rulesets over the pieces of the records."""

    def __init__(
        self, rules: Sequence[CompiledRuleset], facts: Sequence[FactColumns], both: Sequence[str], by: Sequence[str]
    ) -> None:
        self.old, self.new = rules
        self.decisions, self.facts, self.by = both, facts, by
        self.edits = edits_between(*rules)
        self.columns = tuple(dict.fromkeys(c for f in self.facts for c in f.columns))
        whole = [self._plan(r, f, both) for r, f in zip(rules, facts, strict=True)]
        self.by_cells = told_by_cells(whole) & set(both)
        rest = [n for n in both if n not in self.by_cells]
        self.cell_plans = [self._plan(r, f, self.by_cells) for r, f in zip(rules, facts, strict=True)]
        self.row_plans = [self._plan(r, f, rest) for r, f in zip(rules, facts, strict=True)] if rest else []
        self.readers = [_readers(p) for p in whole]
        self.counters = {
            n: MoveCounter(
                n, self.edits, _money(self.old, self.new, n), by_cells=n in self.by_cells, values=_values(rules, n)
            )
            for n in both
        }
        self.rows = self.refused = self.moved = self.combinations = 0
        self.totals: dict[str, Counter[str]] = {c: Counter() for c in by}
        self._begin()

    def _plan(self, rules: CompiledRuleset, facts: FactColumns, only: Collection[str]) -> ColumnPlan:
        plan: ColumnPlan = plan_columns(
            rules, _only_facts(facts), only=[n for n in rules.ruleset.decisions if n in only], notes=NOTES
        )
        return plan

    def _begin(self) -> None:
        self.partition: Partition = partition_of(self.cell_plans, told_by_cells(self.cell_plans))
        self.found: dict[str, Codes] = {n: np.empty(0, np.int32) for n in self.by_cells}

    def take(self, piece: Any) -> None:
        """Count the rows of a piece."""
        self.rows += len(piece.rows) + len(piece.malformed)
        batches = [f.make(piece)[0] for f in self.facts]
        rows = [numbers_in(b.column(0)) for b in batches]
        common, *at = np.intersect1d(rows[0], rows[1], assume_unique=True, return_indices=True)
        batches = [_taken(b, places) for b, places in zip(batches, at, strict=True)]
        facts = [b.select(_only_facts(f).names) for b, f in zip(batches, self.facts, strict=True)]
        columns, wrong = _read(facts, self.readers)
        made: list[Any] = [p.run(b) for p, b in zip(self.row_plans, facts, strict=False)]
        for outcome in made:
            wrong |= flags_in(outcome.column(PROBLEMS).is_valid()) if len(wrong) else wrong
        if wrong.any():
            right = np.flatnonzero(~wrong)
            common, columns = common[right], {n: c.take(right) for n, c in columns.items()}
            batches, facts, made = ([_taken(b, right) for b in each] for each in (batches, facts, made))
        self.refused += len(piece.rows) + len(piece.malformed) - len(common)
        if len(common):
            self._counted(batches[1], facts, columns, made, common)

    def _counted(
        self, batch: Any, facts: Sequence[Any], columns: Mapping[str, Column], made: Sequence[Any], rows: Any
    ) -> None:
        slices = [(c, batch.column(batch.schema.get_field_index(_slice(c)))) for c in self.by]
        texts = [(c, *_sliced(array)) for c, array in slices]
        for name, codes, words in texts:
            counts = np.bincount(codes, minlength=len(words)).tolist()
            self.totals[name].update({w: n for w, n in zip(words, counts, strict=True) if n})
        some = np.zeros(len(rows), np.bool_)
        for name, ids in (*self._by_cells(facts, columns, len(rows)), *self._by_rows(made)):
            if ids.any():
                some |= ids > 0
                self.counters[name].count(ids, rows, texts)
        self.moved += int(some.sum())

    def _by_cells(self, facts: Sequence[Any], columns: Mapping[str, Column], rows: int) -> Iterator[tuple[str, Codes]]:
        """Yield how each decision moves, every combination of cells decided once by both rulesets."""
        if not self.by_cells:
            return
        if self.partition.is_full:
            self._begin()
        numbers, fresh = self.partition.numbers(columns, rows)
        if fresh.size:
            self.combinations += len(fresh)
            made = [p.run(_taken(b, fresh)) for p, b in zip(self.cell_plans, facts, strict=True)]
            for name in self.by_cells:
                ids = self.counters[name].ids(*made)
                self.found[name] = np.concatenate((self.found[name], ids))
        for name in self.by_cells:
            if self.found[name].any():
                yield name, self.found[name].take(numbers)

    def _by_rows(self, made: Sequence[Any]) -> Iterator[tuple[str, Codes]]:
        """Yield how each decision moves that takes its numbers from the row."""
        for name in self.decisions if made else ():
            if name not in self.by_cells:
                counter = self.counters[name]
                ids = counter.ids(*made)
                counter.add_money(ids, *made)
                yield name, ids

    def result(self) -> Comparison:
        moves = sorted((m for c in self.counters.values() for m in c.finished()), key=lambda m: -m.rows)
        return Comparison(
            self.old, self.new, self.edits, self.rows, self.refused, self.moved, tuple(self.decisions), self.by_cells,
            self.combinations, tuple(moves), self.totals,
        )  # fmt: skip


def _columns_of(rules: CompiledRuleset, records: Records, mapping: RecordMapping, by: Sequence[str]) -> FactColumns:
    facts = {n: s for n, s in mapping.facts.items() if n in rules.ruleset.inputs}
    return FactColumns(replace(mapping, facts=facts, keep={_slice(c): c for c in by}, spans={}), records, rules.ruleset)


def _slice(column: str) -> str:
    return f"by {column}"


def _only_facts(facts: FactColumns) -> Any:
    return pa.schema([f for f in facts.schema if f.name in facts.readings])


def _readers(plan: ColumnPlan) -> dict[str, FactReader]:
    return {n: FactReader(n, r.domain, r.blank) for n, r in plan.readers.items()}


def _read(facts: Sequence[Any], readers: Sequence[Mapping[str, FactReader]]) -> tuple[dict[str, Column], Flags]:
    """Return the columns of facts, and which rows have a value that either ruleset refuses."""
    columns: dict[str, Column] = {}
    wrong = np.zeros(facts[0].num_rows, np.bool_)
    for batch, each in zip(facts, readers, strict=True):
        for name, reader in each.items():
            if name in columns and reader.domain == readers[0][name].domain:
                continue
            read = reader.read(batch.column(batch.schema.get_field_index(name)))
            columns.setdefault(name, read.column)
            wrong[read.wrong] = True
    return columns, wrong


def _taken(batch: Any, rows: Any) -> Any:
    return batch.take(wrapped(np.asarray(rows, np.int64), pa.int64()))


def _sliced(array: Any) -> tuple[Codes, list[str]]:
    coded = array.cast(pa.string()).dictionary_encode(null_encoding="encode")
    return numbers_in(coded.indices), ["" if t is None else t for t in coded.dictionary.to_pylist()]


def _values(rules: Sequence[CompiledRuleset], decision: str) -> list[str]:
    """Return the columns of a decision's values, in either ruleset."""
    return [f"{decision}.{o}" if o else decision for r in rules for o in r.ruleset.outputs[decision]]


def _money(old: CompiledRuleset, new: CompiledRuleset, decision: str) -> list[str]:
    """Return the columns of a decision that are amounts of money in both rulesets."""
    found = []
    for output, type_ in new.ruleset.outputs[decision].items():
        before = old.ruleset.outputs[decision].get(output)
        kinds = [t.domain.kind for t in (type_, before) if t is not None and isinstance(t.domain, Ordered)]
        if kinds == ["money", "money"]:
            found.append(f"{decision}.{output}" if output else decision)
    return found
