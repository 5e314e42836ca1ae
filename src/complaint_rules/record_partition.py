"""Record partition: rows that no rule of two rulesets can tell apart share a number, given when such a row is first met."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from complaint_rules.coded import Codes, Column, Rows, Whole
from complaint_rules.column_cells import Cells, Combinations
from complaint_rules.column_plan import ColumnPlan
from complaint_rules.domains import Ordered, Text

_MOST_KEY = 1 << 62
_MOST_KNOWN = 200_000


def told_by_cells(plans: Sequence[ColumnPlan]) -> frozenset[str]:
    """Return the decisions that both rulesets make from cells alone, not from the very numbers and times that are given."""
    return frozenset.intersection(*(_told_by_cells(p, plans) for p in plans))


def _told_by_cells(plan: ColumnPlan, plans: Sequence[ColumnPlan]) -> frozenset[str]:
    ruleset = plan.rules.ruleset
    if len(plan.versions) > 1 and ruleset.effective.by in plan.facts:
        return frozenset()
    differing = {n for n in plan.facts if len({repr(_fact(p, n)) for p in plans}) > 1}
    found: set[str] = set()
    for settling in plan.versions[-1].settlings:
        above = {n for n in settling.before if n in ruleset.decisions}
        facts = [c for c in settling.combinations.cells if c.name in plan.facts]
        by_value = any(c.table is None and isinstance(_domain(plan, c.name), (Ordered, Text)) for c in facts)
        if above <= found and settling.working is None and not by_value and differing.isdisjoint(c.name for c in facts):
            found.add(settling.step.name)
    return frozenset(found)


def _fact(plan: ColumnPlan, name: str) -> Any:
    """Return what a fact may be in a ruleset, and whether it may be absent."""
    fact = plan.rules.ruleset.inputs.get(name)
    return None if fact is None else (fact.type.domain, fact.optional)


def _domain(plan: ColumnPlan, name: str) -> Any:
    fact = plan.rules.ruleset.inputs.get(name)
    return None if fact is None else fact.type.domain


@dataclass
class _FactCells:
    """What the tables of both rulesets can tell apart of one fact, as one number."""

    combinations: Combinations
    met: int = 0

    def of(self, columns: Mapping[str, Column], rows: int) -> Codes:
        return self.combinations.numbers(columns, rows, self._next)

    def _next(self, rows: Rows) -> Sequence[int]:
        self.met += len(rows)
        return range(self.met - len(rows), self.met)


@dataclass
class Partition:
    """The numbers of combinations of cells; past a bound they are forgotten, and given anew."""

    facts: Mapping[str, _FactCells]
    known: dict[tuple[int, ...], int] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        return len(self.known) > _MOST_KNOWN

    def numbers(self, columns: Mapping[str, Column], rows: int) -> tuple[Codes, Rows]:
        """Return each row's number, and the rows whose number is new, in the order of these numbers."""
        cells = [f.of(columns, rows) for f in self.facts.values()]
        places, first = _distinct(cells, [f.met for f in self.facts.values()], rows)
        numbers, fresh = np.empty(len(first), np.int32), []
        combinations = zip(*(c[first].tolist() for c in cells), strict=True) if cells else ((),) * len(first)
        for at, combination in enumerate(combinations):
            number = self.known.get(combination)
            if number is None:
                number = self.known[combination] = len(self.known)
                fresh.append(int(first[at]))
            numbers[at] = number
        return numbers.take(places), np.array(fresh, np.intp)


def _distinct(cells: Sequence[Codes], rooms: Sequence[int], rows: int) -> tuple[Rows, Rows]:
    """Return the place of each row's combination among the distinct ones, and the first row of each."""
    key: Whole = np.zeros(rows, np.int64)
    size = 1
    for codes, room in zip(cells, rooms, strict=True):
        if size * max(room, 1) >= _MOST_KEY:
            met, key = np.unique(key, return_inverse=True)
            size = len(met)
        key, size = key * max(room, 1) + codes, size * max(room, 1)
    _, first, places = np.unique(key, return_index=True, return_inverse=True)
    return places, first


def partition_of(plans: Iterable[ColumnPlan], decisions: Collection[str]) -> Partition:
    """Return the joint partition of rows by what these decisions of all plans can tell apart."""
    cells: dict[str, list[Cells]] = {}
    for plan in plans:
        for name, table in _cells(plan, decisions):
            cells.setdefault(name, []).append(Cells(name, table))
    return Partition({n: _FactCells(Combinations(c)) for n, c in cells.items()})


def _cells(plan: ColumnPlan, decisions: Collection[str]) -> Iterator[tuple[str, Any]]:
    for settling in plan.versions[-1].settlings:
        if settling.step.name in decisions:
            yield from ((c.name, c.table) for c in settling.combinations.cells if c.name in plan.facts)
