"""Occurring: the parts of a decision table that can occur: the ways its bounds can lie, the values its columns receive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from complaint_rules.compile import TableStep, compile_ruleset, may_be_silent, references, step_of, tables_of
from complaint_rules.domains import NOT_REGULATED
from complaint_rules.limits import Limits
from complaint_rules.regions import Box, Budget, cells, intersect, uncovered
from complaint_rules.ruleset import Ruleset, TableDecision
from complaint_rules.tables import Column, HitPolicy, Table


@dataclass(frozen=True)
class Analysed:
    """A table for one way its unset bounds can lie, with its boxes cut to the space that can occur."""

    table: Table
    space: Box


def analysed(ruleset: Ruleset, decision: TableDecision, limits: Limits) -> list[Analysed]:
    """Return the table for each way its unset bounds can lie; nothing past the limit.

    A parameter that is a column could be anything, whatever it is set to; where it is a bound too, it is one
    value in both places.
    """
    env = compile_ruleset(ruleset, limits=limits).parameters if _has_bounds(decision) else {}
    free = {n: v for n, v in env.items() if n not in decision.inputs}
    step = step_of(decision, ruleset, free, limits)
    assert isinstance(step, TableStep)  # noqa: S101 - a table decision makes a table step
    return [_cut(ruleset, table, way) for way, table in tables_of(step, {}) or ()]


def _cut(ruleset: Ruleset, table: Table, way: Mapping[str, Any]) -> Analysed:
    space = tuple(bits for c in table.columns for bits in possible_cells(ruleset, c, way))
    cut = [(intersect(b, space), owner) for b, owner in zip(table.boxes, table.owner, strict=True)]
    kept = [(box, owner) for box, owner in cut if box is not None]
    boxes, owners = tuple(b for b, _ in kept), tuple(o for _, o in kept)
    return Analysed(replace(table, boxes=boxes, owner=owners), space)


def possible_cells(ruleset: Ruleset, column: Column, way: Mapping[str, Any]) -> Iterator[int]:
    """Yield, axis by axis, the cells of a column that can occur."""
    silent = may_be_silent(ruleset, column.name)
    for axis in column.axes:
        if column.name in way:
            yield 1 << axis.cell_of(way[column.name])
        else:
            yield sum(1 << c for c in range(axis.size) if silent or axis.witness(c) is not NOT_REGULATED)


def _has_bounds(decision: TableDecision) -> bool:
    return any(True for r in decision.rules for w in r.when for t in w.values() for _ in references(t))


def unmatched(decision: TableDecision, tables: Sequence[Analysed]) -> list[int]:
    return [r for r in range(len(decision.rules)) if not any(t.table.boxes_of_rule[r] for t in tables)]


def first_inside(column: Column, box: Box, values: Sequence[Any]) -> tuple[Any, ...] | None:
    """Return the first of the values that lies in the box, in a tuple; None where none does."""
    for value in values:
        at = enumerate(column.axes, start=column.first_axis)
        if all(box[number] >> axis.cell_of(value) & 1 for number, axis in at):
            return (value,)
    return None


def beats(table: Table, other: int, rule: int) -> bool:
    if table.policy is HitPolicy.FIRST:
        return other < rule
    return table.rank(other) < table.rank(rule)


@dataclass(frozen=True)
class Occurring:
    """A table's boxes where a column that is told what it receives has one axis, of a cell for each such value."""

    table: Table
    boxes: tuple[Box, ...]
    owner: tuple[int, ...]
    space: Box
    axes_of: Mapping[str, tuple[int, ...]]  # column -> its axes here
    told: Mapping[str, Sequence[Any]]  # column -> the values that it receives

    def in_table(self, box: Box) -> Box:
        """Return a box in the table's own axes; of a column that is told what it receives, the first value in it."""
        found: list[int] = []
        for column in self.table.columns:
            axes = self.axes_of[column.name]
            if column.name in self.told:
                first = next(cells(box[axes[0]]))
                found += _sides_of(column, self.told[column.name])[first]
            else:
                found += (box[a] for a in axes)
        return tuple(found)

    def boxes_of(self, rules: Iterable[int]) -> list[Box]:
        wanted = set(rules)
        return [b for b, r in zip(self.boxes, self.owner, strict=True) if r in wanted]


def occurring(analysed: Analysed, received: Mapping[str, Sequence[Any] | None]) -> Occurring:
    """Return what of a table can occur, where these are the values that its columns receive (None: any of the type)."""
    table = analysed.table
    told = {c.name: values for c in table.columns if (values := received.get(c.name)) is not None}
    sides = {c.name: _sides_of(c, told[c.name]) for c in table.columns if c.name in told}
    boxes: list[Box] = []
    owner: list[int] = []
    for box, rule in zip(table.boxes, table.owner, strict=True):
        cut = _projected(table, box, sides)
        if all(cut):
            boxes.append(cut)
            owner.append(rule)
    axes_of: dict[str, tuple[int, ...]] = {}
    first = 0
    for column in table.columns:
        width = 1 if column.name in told else len(column.axes)
        axes_of[column.name] = tuple(range(first, first + width))
        first += width
    return Occurring(table, tuple(boxes), tuple(owner), _projected(table, analysed.space, sides), axes_of, told)


def _sides_of(column: Column, values: Sequence[Any]) -> list[Box]:
    """Return the cell of each value on each axis of the column, as bits."""
    return [tuple(1 << axis.cell_of(value) for axis in column.axes) for value in values]


def _projected(table: Table, box: Box, sides: Mapping[str, Sequence[Box]]) -> Box:
    found: list[int] = []
    for column in table.columns:
        part = box[column.first_axis : column.first_axis + len(column.axes)]
        if column.name in sides:
            inside = (all(p & s for p, s in zip(part, side, strict=True)) for side in sides[column.name])
            found.append(sum(1 << at for at, is_in in enumerate(inside) if is_in))
        else:
            found += part
    return tuple(found)


def order_of(table: Table) -> list[int]:
    """Return the rules of a table in which one rule says what holds, strongest first."""
    rules = range(len(table.outputs))
    return sorted(rules, key=lambda r: (table.rank(r), r)) if table.policy is HitPolicy.PRIORITY else list(rules)


def wins_somewhere(part: Occurring, rule: int, budget: Budget) -> bool:
    """Report whether there is a case in which a rule is the one that says what holds, or one of those."""
    own = part.boxes_of([rule])
    match part.table.policy:
        case HitPolicy.FIRST | HitPolicy.PRIORITY:
            order = order_of(part.table)
            stronger = part.boxes_of(order[: order.index(rule)])
            return any(True for box in own for _ in islice(uncovered(stronger, box, budget), 1))
        case HitPolicy.UNIQUE | HitPolicy.ANY | HitPolicy.COLLECT | HitPolicy.RULE_ORDER | HitPolicy.OUTPUT_ORDER:
            return bool(own)
