"""Nearest: the smallest sets of columns that can make a table come to something else, and to which cells."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, reduce
from heapq import heappop, heappush
from itertools import combinations, count
from operator import and_, or_
from typing import Any

from complaint_rules.compile import TableStep, Way, references
from complaint_rules.domains import Axis, LineAxis, MemberAxis, Sign
from complaint_rules.memory import Memory
from complaint_rules.regions import Budget, BudgetSpentError, cells
from complaint_rules.ruleset import ChecklistDecision
from complaint_rules.tables import Column, HitPolicy, Table, reachable

# For each axis of the columns to change, the cell that it takes.
Cells = tuple[tuple[str, int, int], ...]  # column, number of the axis, cell
# For each axis of the columns to change, every cell that it may take.
Widened = Mapping[tuple[str, int], int]
# A table, and exactly the boxes of it that match.
End = tuple[Table, int]
# A table, the boxes left, those of them that are sure to match: the boxes that still count.
Simplify = Callable[[Table, int, int], int]
_NONE_NEEDED = -1
# Policies under which every rule that matches adds to the value.
GATHERING = (HitPolicy.COLLECT, HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER)


@dataclass(frozen=True, slots=True)
class Goal:
    """What a table should come to in all worlds together, and the rules of which one must match in each for it.

    `simplify` drops boxes without which the goal holds all the same, or fails all the same; where it `is_loose`
    the table's value may become another one.
    """

    holds: Callable[[Sequence[End]], bool]
    simplify: Simplify
    needed: frozenset[int] | None = None
    is_loose: bool = False


@dataclass(frozen=True)
class Question:
    """A table under known values, in every way its unset bounds can lie, and what it should come to."""

    values: Mapping[str, Any]
    step: TableStep
    ways: tuple[Way, ...]
    goal: Goal
    budget: Budget

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        return tuple(table for _, table in self.ways)

    @cached_property
    def untried(self) -> tuple[str, ...]:
        """The columns that an unset parameter bounds: no value of theirs is sure to be on one side of it."""
        unset = set(self.step.unset)
        tests = [(c, t) for r in self.step.decision.rules for when in r.when for c, t in when.items()]
        bounded = {c for c, t in tests if unset & set(references(t))}
        return tuple(c for c in self.step.decision.inputs if c in bounded | unset)

    @cached_property
    def movable(self) -> tuple[Column, ...]:
        columns = self.tables[0].columns
        told_apart = {c.name for t in self.tables for c in t.columns if t.tells_apart(c)}
        return tuple(c for c in columns if c.name in told_apart and c.name not in self.untried)

    def nearest(self) -> list[Cells]:
        """Return, for each of the smallest sets of columns that can flip the table, the cells that do it.

        Raises:
            BudgetSpentError: there are too many combinations to try.
        """
        for size in range(1, len(self.movable) + 1):
            sets = [s for s in self.sets_of(size) if self.may_flip({c.name for c in s})]
            found = [c for s in sets if (c := Walk.over(self, s).cheapest()) is not None]
            if found:
                return found
        return []

    def sets_of(self, size: int) -> Iterator[tuple[Column, ...]]:
        """Yield the sets of so many columns; where a box must match, those with every column that refuses it."""
        if self.goal.needed is None:
            yield from combinations(self.movable, size)
            return
        found: set[frozenset[int]] = set()
        for refusing in self.refusing:
            others = [n for n in range(len(self.movable)) if n not in refusing]
            if len(refusing) <= size:
                found |= {refusing | {*more} for more in combinations(others, size - len(refusing))}
                self.budget.spend(len(found))
        yield from (tuple(self.movable[n] for n in sorted(numbers)) for numbers in sorted(found, key=sorted))

    @cached_property
    def refusing(self) -> set[frozenset[int]]:
        """For each box that may meet the goal, the movable columns (by number) that cannot admit it as they are."""
        movable = {c.name: n for n, c in enumerate(self.movable)}
        found: set[frozenset[int]] = set()
        for possible, needed in zip(self.possible, self.needed, strict=True):
            admitted = {c: reduce(and_, (reduce(or_, o) for o in axes), needed) for c, axes in possible.items()}
            for box in cells(reduce(and_, (m for c, m in admitted.items() if c not in movable), needed)):
                found.add(frozenset(n for c, n in movable.items() if not admitted[c] >> box & 1))
        return found

    def may_flip(self, changed: Collection[str]) -> bool:
        """Report whether in no world a single unchanged column rules out every box that is needed."""
        if self.goal.needed is None:
            return True
        for possible, needed in zip(self.possible, self.needed, strict=True):
            kept = [o for c, axes in possible.items() if c not in changed for o in axes]
            self.budget.spend()
            alive = reduce(and_, (next(iter(o)) for o in kept if len(o) == 1), needed)
            if not all(alive & m for o in kept for m in o):
                return False
        return True

    @cached_property
    def needed(self) -> tuple[int, ...]:
        """For each table the boxes of which one must match for the goal."""
        if self.goal.needed is None:
            return (_NONE_NEEDED,) * len(self.tables)
        return tuple(reduce(or_, (t.boxes_of_rule[r] for r in self.goal.needed), 0) for t in self.tables)

    def worlds(self, changed: Collection[str]) -> list[tuple[int, int]]:
        """Return each way that what is not changed can be: the number of the table, and the boxes left."""
        found: list[tuple[int, int]] = []
        for number, table in enumerate(self.tables):
            kept = [c for c in table.columns if c.name not in changed]
            options = [o for c in kept for o in self.possible[number][c.name]]
            masks, complete = reachable(table.every_box, options, self.step.limits.completions)
            if not complete:
                raise BudgetSpentError
            found += [(number, m) for m in masks]
        self.budget.spend(len(found))
        return found

    @cached_property
    def possible(self) -> list[dict[str, list[set[int]]]]:
        return [
            {c.name: options_of(t, c, way.get(c.name, self.values[c.name])) for c in t.columns} for way, t in self.ways
        ]

    def admissible(self, column: Column, axis: Axis) -> Iterable[int]:
        """Return the cells that the column may take: of a reading, those of its options."""
        parameter = self.step.ruleset.parameters.get(column.name)
        if parameter is None or not parameter.options:
            return range(axis.size)
        return sorted({axis.cell_of(v) for v in parameter.options})


def options_of(table: Table, column: Column, value: Any) -> list[set[int]]:
    """Return the bitsets that the value can give: one for a known value, axis by axis for an unknown one."""
    if not is_open(value):
        return [{table.admitting[column.name][value]}]
    if value.possible is not None:
        return [{table.admitting[column.name][v] for v in value.possible}]
    return table.masks_of_any(column, silent=value.silent)


def is_open(value: Any) -> bool:
    return bool(getattr(value, "is_unknown", False))


# --- going through the axes ----------------------------------------------------------------------

# Where an axis stands: its column, its number in the table, the axis.
_Place = tuple[Column, int, Axis]
# The boxes left in each world.
_Masks = tuple[int, ...]


@dataclass(frozen=True)
class Walk:
    """The axes of some columns, gone through one by one, in all worlds at once.

    After each axis the boxes that no longer count are dropped, so that few states are left.
    """

    question: Question
    places: tuple[_Place, ...]
    worlds: tuple[tuple[int, int], ...]

    @classmethod
    def over(cls, question: Question, columns: Sequence[Column]) -> Walk:
        places = tuple((c, at, a) for c in columns for at, a in enumerate(c.axes, start=c.first_axis))
        return cls(question, places, tuple(question.worlds({c.name for c in columns})))

    @cached_property
    def sure(self) -> list[list[int]]:
        """For each number of axes gone through, and each table, the boxes that admit all of what is left."""
        found = [[t.every_box for t in self.question.tables]]
        for _, at, _ in reversed(self.places):
            found.append([reduce(and_, t.masks[at], b) for t, b in zip(self.question.tables, found[-1], strict=True)])
        return found[::-1]

    def simplified(self, masks: Iterable[int], gone: int) -> _Masks:
        if self.question.goal.is_loose and len(self.worlds) > 1:
            return tuple(masks)
        return tuple(self.kept[t, gone, mask] for (t, _), mask in zip(self.worlds, masks, strict=True))

    @cached_property
    def kept(self) -> Memory[tuple[int, int, int], int]:
        """The boxes that still count: by the table, how many axes are gone through, and the boxes left."""
        tables, sure, simplify = self.question.tables, self.sure, self.question.goal.simplify
        return Memory(lambda key: simplify(tables[key[0]], key[2], key[2] & sure[key[1]][key[0]]))

    @cached_property
    def start(self) -> _Masks:
        return self.simplified((m for _, m in self.worlds), 0)

    def can_hold(self, masks: _Masks) -> bool:
        needed = self.question.needed
        return all(needed[t] == _NONE_NEEDED or m & needed[t] for (t, _), m in zip(self.worlds, masks, strict=True))

    def holds(self, masks: _Masks) -> bool:
        tables = self.question.tables
        return self.question.goal.holds([(tables[t], m) for (t, _), m in zip(self.worlds, masks, strict=True)])

    def admitted(self, at: int, cell: int) -> _Masks:
        return tuple(self.question.tables[t].masks[at][cell] for t, _ in self.worlds)

    def cheapest(self) -> Cells | None:
        """Return the cells nearest to the present ones with which the goal holds in every world."""
        waiting: list[tuple[int, int, int, _Masks, Cells]] = [(0, 0, 0, self.start, ())]
        seen: set[tuple[int, _Masks]] = set()
        made = count()
        while waiting:
            cost, left, _, masks, taken = heappop(waiting)
            gone = -left
            if (gone, masks) in seen or not self.can_hold(masks):
                continue
            seen.add((gone, masks))
            if gone == len(self.places):
                if self.holds(masks):
                    return taken
                continue
            for admitted, cell, price in self.choices[gone]:
                self.question.budget.spend(len(masks))
                following = self.simplified(map(and_, masks, admitted), gone + 1)
                column, at, _ = self.places[gone]
                heappush(waiting, (cost + price, left - 1, next(made), following, (*taken, (column.name, at, cell))))
        return None

    @cached_property
    def choices(self) -> list[list[tuple[_Masks, int, int]]]:
        """For each axis what its cells admit, a cell that does, and how far it is from the present one."""
        return [self.choices_at(*place) for place in self.places]

    def choices_at(self, column: Column, at: int, axis: Axis) -> list[tuple[_Masks, int, int]]:
        value = self.question.values[column.name]
        found: dict[_Masks, tuple[int, int]] = {}
        for cell in self.question.admissible(column, axis):
            admitted, price = self.admitted(at, cell), _price(axis, cell, value)
            if admitted not in found or price < found[admitted][1]:
                found[admitted] = (cell, price)
        return [(admitted, cell, price) for admitted, (cell, price) in found.items()]

    def holds_within(self, box: Sequence[int]) -> bool:
        """Report whether the goal holds in every world wherever each axis lies in these of its cells."""
        states = {self.start}
        for gone, (bits, (_, at, _)) in enumerate(zip(box, self.places, strict=True), start=1):
            admitted = {self.admitted(at, c) for c in cells(bits)}
            states = {self.simplified(map(and_, m, a), gone) for m in states for a in admitted}
            self.question.budget.spend(len(states) * len(self.worlds))
            if not all(map(self.can_hold, states)):
                return False
        return all(map(self.holds, states))

    def widened(self, taken: Cells) -> Widened:
        """Return a box around the cells taken in which the goal holds everywhere, as far as the budget goes."""
        box = [1 << cell for _, _, cell in taken]
        with suppress(BudgetSpentError):
            self.free(box, [n for n in range(len(box)) if isinstance(self.places[n][2], MemberAxis)])
            for number in range(len(box)):
                self.widen(box, number)
        return {(column.name, at): bits for (column, at, _), bits in zip(self.places, box, strict=True)}

    def free(self, box: list[int], members: Sequence[int]) -> None:
        """Free all axes of members on which nothing rests: together if possible, else by halves."""
        tried = [0b11 if n in members else bits for n, bits in enumerate(box)]
        if not members or self.holds_within(tried):
            box[:] = tried
        elif len(members) > 1:
            self.free(box, members[: len(members) // 2])
            self.free(box, members[len(members) // 2 :])

    def widen(self, box: list[int], number: int) -> None:
        """Add to one axis each cell with which the goal still holds."""
        column, _, axis = self.places[number]
        others = [c for c in self.question.admissible(column, axis) if not box[number] >> c & 1]
        for cell in others if not isinstance(axis, MemberAxis) else ():
            tried = [*box[:number], 1 << cell, *box[number + 1 :]]
            if not isinstance(axis.witness(cell), Sign) and self.holds_within(tried):
                box[number] |= 1 << cell


def _price(axis: Axis, cell: int, value: Any) -> int:
    """Return how far a cell is from the value: steps on a line, else one; a sign is never preferred to a value."""
    if isinstance(axis, MemberAxis):
        return int(cell != (0 if is_open(value) else axis.cell_of(value)))
    witness = axis.witness(cell)
    extra = 2 * isinstance(witness, Sign)
    if is_open(value):
        return extra
    present = axis.cell_of(value)
    if isinstance(axis, LineAxis) and not isinstance(witness, Sign) and not isinstance(value, Sign):
        return abs(cell - present)
    return 0 if cell == present else 1 + extra


# --- what holds, and which boxes still count -----------------------------------------------------


def alike(holds: Callable[[Table, int], bool]) -> Callable[[Sequence[End]], bool]:
    """Return the claim that it holds in every world, and that all come to one value: the decision is decided."""
    return lambda ends: all(holds(*e) for e in ends) and len({table.hit(mask).value for table, mask in ends}) == 1


def everywhere(holds: Callable[[Table, int], bool]) -> Callable[[Sequence[End]], bool]:
    return lambda ends: all(holds(*e) for e in ends)


def for_rule(policy: HitPolicy, rule: int) -> Simplify:
    match policy:
        case HitPolicy.ANY | HitPolicy.COLLECT | HitPolicy.RULE_ORDER | HitPolicy.OUTPUT_ORDER:
            return only(frozenset((rule,)))
        case HitPolicy.UNIQUE | HitPolicy.FIRST:
            return by_order(policy)
        case HitPolicy.PRIORITY:
            return _for_peers(rule)


def _for_peers(rule: int) -> Simplify:
    """Keep the rule beside those that win, unless one is sure to win that says something else."""
    order, own = by_order(HitPolicy.PRIORITY), only(frozenset((rule,)))

    def simplify(table: Table, mask: int, sure: int) -> int:
        kept = order(table, mask, sure)
        lost = sure and table.outputs[rule] not in {table.outputs[r] for r in table.matching(kept)}
        return kept if lost else kept | own(table, mask, sure)

    return simplify


def bits_of(*rules: int) -> Simplify:
    return lambda table, mask, _: mask & reduce(or_, (table.boxes_of_rule[r] for r in rules))


def only(rules: frozenset[int]) -> Simplify:
    """Keep the boxes of these rules, of which one is enough: a sure one alone, if there is one."""

    def simplify(table: Table, mask: int, sure: int) -> int:
        of_rules = reduce(or_, (table.boxes_of_rule[r] for r in rules), 0)
        surely = sure & of_rules
        return surely & -surely or mask & of_rules

    return simplify


def by_order(policy: HitPolicy) -> Simplify:
    """Drop the boxes of rules that lose to one that is sure to match."""
    if policy in GATHERING:
        return lambda _, mask, __: mask

    order: list[int] = []

    def simplify(table: Table, mask: int, sure: int) -> int:
        # INVARIANT: wherever unset bounds lie, the outputs and so the order of the rules are the same.
        order[:] = order or _in_order(table, policy)
        kept = 0
        for rule in order:
            boxes = table.boxes_of_rule[rule]
            if sure & boxes:
                return kept | (sure & boxes & -(sure & boxes))
            kept |= mask & boxes
        return kept

    return simplify


def _in_order(table: Table, policy: HitPolicy) -> list[int]:
    """Return the rules, the winning one first."""
    numbers = range(len(table.outputs))
    return sorted(numbers, key=table.rank) if policy is HitPolicy.PRIORITY else list(numbers)


def settling(decision: ChecklistDecision) -> Simplify:
    """Drop the items that cannot change whether the list is met; keep one alone that settles it."""

    def simplify(table: Table, mask: int, sure: int) -> int:
        kept = 0
        for item in range(len(decision.items)):
            needs, when = table.boxes_of_rule[2 * item : 2 * item + 2]
            applies, settles = sure & when, not mask & needs if decision.all_needed else sure & needs
            idle = sure & needs if decision.all_needed else not mask & needs
            if applies and settles:
                return applies | (sure & needs)
            if mask & when and not idle:
                kept |= mask & (needs | when)
        return kept

    return simplify


def statuses_of(decision: ChecklistDecision, table: Table, mask: int) -> dict[str, str]:
    held = {table.outputs[r] for r in table.matching(mask)}
    met = {i.id: "met" if (i.id, "needs") in held else "unmet" for i in decision.items}
    return {i: status if (i, "when") in held else "not_needed" for i, status in met.items()}


def is_met(decision: ChecklistDecision, table: Table, mask: int) -> bool:
    statuses = statuses_of(decision, table, mask).values()
    return "unmet" not in statuses if decision.all_needed else "met" in statuses
