"""Tables: rules as regions, one bitmap of matching rules for each cell of each input, and a hit policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import localcontext
from enum import Enum
from functools import cached_property, partial
from itertools import product
from typing import Any

from complaint_rules.domains import (
    EXACT,
    NOT_REGULATED,
    Axis,
    Domain,
    Enumeration,
    Sign,
    Test,
    Truth,
    axes_for,
    boxes_of,
)
from complaint_rules.memory import Memory
from complaint_rules.regions import Box, full, masks

# The value of a decision, hashable: one entry an output, or NOT_REGULATED.
Value = tuple[Any, ...] | Sign


class HitPolicy(Enum):
    """What a table answers when several rules match (DMN 1.3, 8.2.8)."""

    UNIQUE = "unique"
    ANY = "any"
    FIRST = "first"
    PRIORITY = "priority"
    COLLECT = "collect"
    RULE_ORDER = "rule_order"
    OUTPUT_ORDER = "output_order"


class Aggregate(Enum):
    """How `collect` joins the outputs of all rules that match."""

    LIST = "list"
    UNION = "union"
    SUM = "sum"
    MIN = "min"
    MAX = "max"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Column:
    """One input of a table, and the cells into which the table's rules cut it."""

    name: str
    domain: Domain
    axes: tuple[Axis, ...]
    first_axis: int


class UnknownValueError(Exception):
    """A value that is not known has no cell."""


@dataclass(frozen=True, slots=True)
class Hit:
    """What a table answers for one set of matching rules: the value and the rules that gave it."""

    value: Value
    rules: tuple[int, ...]


@dataclass(frozen=True)
class Table:
    """A compiled decision table: columns, boxes, the rule of each box, outputs and hit policy."""

    columns: tuple[Column, ...]
    boxes: tuple[Box, ...]
    owner: tuple[int, ...]
    outputs: tuple[tuple[Any, ...], ...]
    output_domains: tuple[Domain, ...]
    policy: HitPolicy = HitPolicy.UNIQUE
    aggregate: Aggregate = Aggregate.LIST
    default: Value | None = None

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        return tuple(a for c in self.columns for a in c.axes)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        return tuple(a.size for a in self.axes)

    @cached_property
    def space(self) -> Box:
        return full(self.sizes)

    @cached_property
    def masks(self) -> tuple[tuple[int, ...], ...]:
        return masks(self.sizes, self.boxes)

    @cached_property
    def every_box(self) -> int:
        return (1 << len(self.boxes)) - 1

    @cached_property
    def boxes_of_rule(self) -> tuple[int, ...]:
        found = [0] * len(self.outputs)
        for box, rule in enumerate(self.owner):
            found[rule] |= 1 << box
        return tuple(found)

    @cached_property
    def admitting(self) -> Mapping[str, Memory[object, int]]:
        """The boxes that admit each value of each column; an unknown one raises UnknownValueError."""
        return {c.name: Memory(partial(self._mask_of, c)) for c in self.columns}

    def _mask_of(self, column: Column, value: object) -> int:
        if getattr(value, "is_unknown", False):
            raise UnknownValueError
        mask = self.every_box
        for at, axis in enumerate(column.axes, start=column.first_axis):
            mask &= self.masks[at][axis.cell_of(value)]
        return mask

    def tells_apart(self, column: Column) -> bool:
        """Report whether some box admits only part of the column."""
        axes = range(column.first_axis, column.first_axis + len(column.axes))
        return any(mask != self.every_box for at in axes for mask in self.masks[at])

    def masks_of_any(self, column: Column, *, silent: bool) -> list[set[int]]:
        """Return, axis by axis, the bitsets that the values of this column can give, silence if it may be silent."""
        axes = enumerate(column.axes, start=column.first_axis)
        return [
            {m for c, m in enumerate(self.masks[at]) if silent or axis.witness(c) is not NOT_REGULATED}
            for at, axis in axes
        ]

    def matching(self, mask: int) -> tuple[int, ...]:
        """Return the rules with a box in the mask, in the order of the file."""
        return tuple(r for r, boxes in enumerate(self.boxes_of_rule) if boxes & mask)

    def hit(self, mask: int) -> Hit:
        """Return the answer where exactly these boxes match."""
        return self._hits[mask]

    @cached_property
    def _hits(self) -> Memory[int, Hit]:
        return Memory(lambda mask: self._answer(self.matching(mask)))

    def _answer(self, rules: tuple[int, ...]) -> Hit:
        if not rules:
            return Hit(NOT_REGULATED if self.default is None else self.default, ())
        match self.policy:
            case HitPolicy.UNIQUE | HitPolicy.FIRST:
                return Hit(self.outputs[rules[0]], rules[:1])
            case HitPolicy.ANY:
                return Hit(self.outputs[rules[0]], rules)
            case HitPolicy.PRIORITY:
                best = min(rules, key=self.rank)
                return Hit(self.outputs[best], tuple(r for r in rules if self.outputs[r] == self.outputs[best]))
            case HitPolicy.RULE_ORDER:
                return Hit((tuple(self._item(r) for r in rules),), rules)
            case HitPolicy.OUTPUT_ORDER:
                ordered = sorted(rules, key=self.rank)
                return Hit((tuple(self._item(r) for r in ordered),), tuple(ordered))
            case HitPolicy.COLLECT:
                return Hit((self._join([self.outputs[r] for r in rules]),), rules)

    def rank(self, rule: int) -> tuple[int, ...]:
        """Return the priority of a rule's output: its place in the outputs' value lists, lowest wins."""
        return tuple(_place(d, v) for d, v in zip(self.output_domains, self.outputs[rule], strict=True))

    def _item(self, rule: int) -> Any:
        return self.outputs[rule][0] if len(self.output_domains) == 1 else self.outputs[rule]

    def _join(self, outputs: Sequence[tuple[Any, ...]]) -> Any:
        firsts = [o[0] for o in outputs]
        match self.aggregate:
            case Aggregate.LIST:
                return tuple(firsts if len(self.output_domains) == 1 else outputs)
            case Aggregate.UNION:
                return frozenset().union(*firsts)
            case Aggregate.SUM:
                with localcontext(EXACT):
                    return sum(firsts[1:], start=firsts[0])
            case Aggregate.MIN:
                return min(firsts)
            case Aggregate.MAX:
                return max(firsts)
            case Aggregate.COUNT:
                return len(firsts)


def _place(domain: Domain, value: object) -> int:
    match domain:
        case Enumeration(values):
            return values.index(value) if value in values else len(values)
        case Truth():
            return int(not value)
        case _:
            return 0


def build_table(
    inputs: Sequence[tuple[str, Domain, Sign | None]],
    rules: Sequence[tuple[Sequence[Mapping[str, Test]], tuple[Any, ...]]],
    output_domains: Sequence[Domain],
    *,
    policy: HitPolicy = HitPolicy.UNIQUE,
    aggregate: Aggregate = Aggregate.LIST,
    default: Value | None = None,
) -> Table:
    """Cut the inputs into cells and make each rule a union of boxes.

    `inputs` are (name, domain, the sign that may stand in its place); a rule is its alternatives
    (column name to test; a column left out admits anything) and its outputs.
    """
    columns = _columns(inputs, rules)
    sides = {c.name: Memory(partial(_sides, c.axes)) for c in columns}
    boxes: list[Box] = []
    owner: list[int] = []
    for number, (alternatives, _) in enumerate(rules):
        for box in dict.fromkeys(b for when in alternatives for b in _boxes(columns, sides, when)):
            boxes.append(box)
            owner.append(number)
    outputs = tuple(out for _, out in rules)
    return Table(columns, tuple(boxes), tuple(owner), outputs, tuple(output_domains), policy, aggregate, default)


def _columns(
    inputs: Sequence[tuple[str, Domain, Sign | None]],
    rules: Sequence[tuple[Sequence[Mapping[str, Test]], tuple[Any, ...]]],
) -> tuple[Column, ...]:
    columns: list[Column] = []
    first_axis = 0
    for name, domain, sign in inputs:
        tests = [when[name] for alternatives, _ in rules for when in alternatives if name in when]
        axes = axes_for(domain, tests, sign)
        columns.append(Column(name, domain, axes, first_axis))
        first_axis += len(axes)
    return tuple(columns)


def _sides(axes: Sequence[Axis], test: Test | None) -> Sequence[Box]:
    """Return what a cell covers on its column's axes; without a cell everything."""
    return [full([a.size for a in axes])] if test is None else list(boxes_of(test, axes))


def _boxes(
    columns: Sequence[Column], sides: Mapping[str, Memory[Test | None, Sequence[Box]]], when: Mapping[str, Test]
) -> Iterator[Box]:
    choices = [sides[c.name][when.get(c.name)] for c in columns]
    for parts in product(*choices):
        box = tuple(bits for part in parts for bits in part)
        if all(box):
            yield box


def reachable(start: int, options: Iterable[AbstractSet[int]], limit: int) -> tuple[set[int], bool]:
    """Return the bitsets that some choice of one option each can give, and whether these are all.

    Past `limit` the set is a sample: everything in it is reachable, but it may miss some.
    """
    found, complete = {start}, True
    for choices in options:
        following = {m & o for m in found for o in choices}
        if len(following) > limit:
            complete = False
            following = set(sorted(following)[:: len(following) // limit + 1])
        found = following
    return found, complete
