"""Redundant: the rules and the columns of a table that could be left out, and every answer stay what it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import Any

from complaint_rules.domains import ParameterRef
from complaint_rules.occurring import Occurring, order_of
from complaint_rules.regions import Box, Budget, cells, intersect, masks, uncovered
from complaint_rules.ruleset import TableDecision
from complaint_rules.tables import Aggregate, HitPolicy, Table

_TRIED = 12  # points looked at before anything is proved
_BOXES_A_STEP = 20  # so many boxes can be looked at on one axis in a step of a budget


def redundant_rules(decision: TableDecision, parts: Sequence[Occurring], budget: Budget) -> Iterator[int]:
    """Yield the rules without which other rules say the same in every case, whatever the unset bounds are.

    What only the default would say is not counted: a rule that says it by its own clause has its place.

    Raises:
        BudgetSpentError: there are too many cases.
    """
    if _shows_each(decision):
        return
    asked = [_Asked(decision, p, budget) for p in parts]
    matching = {r for p in parts for r in p.owner}
    for rule in sorted(matching):
        if not any(a.needs(rule) for a in asked) and all(_is_needless(decision, p, rule, budget) for p in parts):
            yield rule


def _shows_each(decision: TableDecision) -> bool:
    """Report whether every rule that matches shows in the answer."""
    match decision.policy:
        case HitPolicy.UNIQUE | HitPolicy.RULE_ORDER | HitPolicy.OUTPUT_ORDER:
            return True
        case HitPolicy.COLLECT:
            return decision.aggregate in (Aggregate.LIST, Aggregate.COUNT)
        case HitPolicy.ANY | HitPolicy.FIRST | HitPolicy.PRIORITY:
            return False


def _is_needless(decision: TableDecision, part: Occurring, rule: int, budget: Budget) -> bool:
    """Report whether, wherever the rule matches, other rules say without it what is said with it."""
    then = [r.then for r in decision.rules]
    others = [r for r in range(len(then)) if r != rule]
    match decision.policy:
        case HitPolicy.UNIQUE | HitPolicy.RULE_ORDER | HitPolicy.OUTPUT_ORDER:
            return False
        case HitPolicy.ANY:
            return _covers(part, [r for r in others if then[r] == then[rule]], rule, budget)
        case HitPolicy.FIRST | HitPolicy.PRIORITY:
            return _taken_over(part, then, rule, budget)
        case HitPolicy.COLLECT:
            return _is_joined(decision, part, rule, budget)


def _covers(part: Occurring, rules: Sequence[int], rule: int, budget: Budget) -> bool:
    """Report whether these rules match wherever another one does."""
    boxes = part.boxes_of(rules)
    return not any(_is_free(boxes, box, budget) for box in part.boxes_of([rule]))


def _is_free(boxes: Sequence[Box], within: Box, budget: Budget) -> bool:
    """Report whether some part of a box is in none of these."""
    budget.spend(1 + len(boxes) * len(within) // _BOXES_A_STEP)
    return any(True for _ in islice(uncovered(boxes, within, budget), 1))


def _taken_over(part: Occurring, then: Sequence[tuple[Any, ...]], rule: int, budget: Budget) -> bool:
    """Report whether, wherever the rule is the strongest, if anywhere, the next one says the same."""
    order = order_of(part.table)
    at = order.index(rule)
    same = [r for r in order[at + 1 :] if then[r] == then[rule]]
    if not _covers(part, [*order[:at], *same], rule, budget):
        return False
    above = order[:at]
    for other in order[at + 1 :]:
        if then[other] == then[rule]:
            above = [*above, other]
        else:
            stronger = part.boxes_of(above)
            met = (intersect(a, b) for a in part.boxes_of([rule]) for b in part.boxes_of([other]))
            if any(_is_free(stronger, box, budget) for box in met if box is not None):
                return False
    return True


def _is_joined(decision: TableDecision, part: Occurring, rule: int, budget: Budget) -> bool:
    """Report whether what the rule adds to the others' outputs is in them already."""
    firsts = [r.then[0] for r in decision.rules]
    own, others = firsts[rule], [r for r in range(len(firsts)) if r != rule]
    if any(isinstance(v, ParameterRef) for v in firsts):
        return False
    match decision.aggregate:
        case Aggregate.UNION:
            wanted = [[r for r in others if member in firsts[r]] for member in own] or [others]
            return all(_covers(part, rules, rule, budget) for rules in wanted)
        case Aggregate.MIN:
            return _covers(part, [r for r in others if firsts[r] <= own], rule, budget)
        case Aggregate.MAX:
            return _covers(part, [r for r in others if firsts[r] >= own], rule, budget)
        case Aggregate.SUM:
            return own == own - own and _covers(part, others, rule, budget)
        case Aggregate.LIST | Aggregate.COUNT:
            return False


# --- columns ------------------------------------------------------------------------------------------


def redundant_columns(decision: TableDecision, parts: Sequence[Occurring], budget: Budget) -> Iterator[str]:
    """Yield the columns on which no answer depends, whatever the unset bounds are.

    Raises:
        BudgetSpentError: there are too many cases.
    """
    asked = [_Asked(decision, p, budget) for p in parts]
    for column in decision.inputs:
        if all(a.is_needless(column) for a in asked):
            yield column


class _Asked:
    """A table asked which of its rules and columns it needs: some cases first, then a proof."""

    def __init__(self, decision: TableDecision, part: Occurring, budget: Budget) -> None:
        self.decision = decision
        self.part = part
        self.budget = budget
        self.table = _as_written(decision, part)
        self.sizes = [bits.bit_length() for bits in part.space]
        self.masks = masks(self.sizes, part.boxes)
        self.every = (1 << len(part.boxes)) - 1
        self.useful = [a for a in range(len(self.sizes)) if self._is_useful(a)]

    @cached_property
    def layers(self) -> tuple[list[list[int]], bool]:
        return _layers(self.decision, self.part)

    def needs(self, rule: int) -> bool:
        """Report whether one of some cases is answered differently without a rule; others may be where none of these is."""
        own = sum(1 << b for b, r in enumerate(self.part.owner) if r == rule)
        for box in self.part.boxes_of([rule])[:_TRIED]:
            alive = self._alone(box, self.useful)
            rest = alive & ~own
            if not rest or self.table.hit(rest).value != self.table.hit(alive).value:
                return True
        return False

    def _alone(self, box: Box, axes: Sequence[int]) -> int:
        """Return which boxes hold a case of this one in which few others do."""
        alive = self.every
        for axis in axes:
            alive &= min((self.masks[axis][c] for c in cells(box[axis])), key=lambda m: (m & alive).bit_count())
        self.budget.spend(1 + len(axes))
        return alive

    def is_needless(self, column: str) -> bool:
        """Report whether every case is answered alike whatever this column says.

        A column is the product of its axes, so that it matters only where one of them alone does.
        """
        return not any(self._matters(axis) for axis in self.part.axes_of[column])

    def _matters(self, axis: int) -> bool:
        within = {self.masks[axis][c] for c in cells(self.part.space[axis])}
        rest = [a for a in self.useful if a != axis]
        if len(within) < 2:
            return False
        if any(self._differs(alive, within) for alive in self._tried(axis, rest)):
            return True
        layers, exact = self.layers
        if not any(self._splits(rules, axis) for rules in layers):
            return False
        return exact or self._walk(rest, within)

    def _splits(self, rules: Sequence[int], axis: int) -> bool:
        """Report whether some rule of these matches is a matter of where on the axis a case lies."""
        boxes = self.part.boxes_of(rules)
        whole = self.part.space[axis]
        alike = {bits for box in boxes if (bits := box[axis]) != whole}
        for cell in _told_apart(alike, whole):
            there = [_over(b, axis, whole) for b in boxes if b[axis] >> cell & 1]
            elsewhere = (_over(b, axis, whole) for b in boxes if b[axis] & whole & ~(1 << cell))
            if any(_is_free(there, box, self.budget) for box in dict.fromkeys(elsewhere)):
                return True
        return False

    def _is_useful(self, axis: int) -> bool:
        return any(self.masks[axis][c] != self.every for c in cells(self.part.space[axis]))

    def _tried(self, axis: int, rest: Sequence[int]) -> Iterator[int]:
        """Yield the bitsets of some cases: for boxes that the axis narrows, one in which few others match."""
        narrow = (b for b in self.part.boxes if b[axis] != self.part.space[axis])
        yield from (self._alone(box, rest) for box in islice(narrow, _TRIED))

    def _differs(self, alive: int, within: set[int]) -> bool:
        self.budget.spend(1 + len(within) // _BOXES_A_STEP)
        return len({self.table.hit(alive & w).value for w in within}) > 1

    def _walk(self, rest: Sequence[int], within: set[int]) -> bool:
        """Report whether some case is answered differently for some values of the column."""
        seen: set[tuple[int, int]] = set()
        left = [(0, self.every)]
        while left:
            state = left.pop()
            if state in seen:
                continue
            seen.add(state)
            self.budget.spend(1 + len(self.part.boxes) // _BOXES_A_STEP)
            at, alive = state
            if len({alive & w for w in within}) == 1:
                continue
            if at == len(rest):
                if self._differs(alive, within):
                    return True
                continue
            axis = rest[at]
            left += [(at + 1, alive & m) for m in {self.masks[axis][c] for c in cells(self.part.space[axis])}]
        return False


def _over(box: Box, axis: int, bits: int) -> Box:
    return (*box[:axis], bits, *box[axis + 1 :])


def _told_apart(sides: Iterable[int], whole: int) -> list[int]:
    """Return one cell of each group that these sides cannot tell apart."""
    wanted = list(sides)
    groups = {tuple(s >> cell & 1 for s in wanted): cell for cell in cells(whole)}
    return list(groups.values())


def _layers(decision: TableDecision, part: Occurring) -> tuple[list[list[int]], bool]:
    """Return sets of rules, so that which of the sets match settles the answer; and whether it settles them in turn."""
    then = [r.then for r in decision.rules]
    everyone = list(range(len(then)))
    apart = decision.default not in then
    match decision.policy:
        case HitPolicy.UNIQUE | HitPolicy.ANY:
            return [everyone, *([r for r in everyone if then[r] == said] for said in dict.fromkeys(then))], apart
        case HitPolicy.FIRST | HitPolicy.PRIORITY:
            order = order_of(part.table)
            ends = [n for n in range(1, len(order)) if then[order[n - 1]] != then[order[n]]]
            return [order[:end] for end in [*ends, len(order)]], apart and len(ends) + 1 == len(set(then))
        case HitPolicy.RULE_ORDER | HitPolicy.OUTPUT_ORDER:
            return [[r] for r in everyone], False
        case HitPolicy.COLLECT:
            return _joined_layers(decision, everyone, part.table.outputs)


def _joined_layers(
    decision: TableDecision, everyone: list[int], outputs: Sequence[tuple[Any, ...]]
) -> tuple[list[list[int]], bool]:
    said = [o[0] for o in outputs]
    nothing = decision.default is None
    match decision.aggregate:
        case Aggregate.UNION:
            members = dict.fromkeys(m for r in everyone for m in said[r])
            return [everyone, *([r for r in everyone if m in said[r]] for m in members)], nothing
        case Aggregate.MIN:
            return [[r for r in everyone if said[r] <= most] for most in sorted(set(said))], nothing
        case Aggregate.MAX:
            return [[r for r in everyone if said[r] >= least] for least in sorted(set(said))], nothing
        case Aggregate.LIST | Aggregate.SUM | Aggregate.COUNT:
            return [[r] for r in everyone], False


def _as_written(decision: TableDecision, part: Occurring) -> Table:
    """Return the table over the boxes that can occur; an output that is a parameter is told from a value."""
    outputs = tuple(r.then for r in decision.rules)
    if decision.policy is HitPolicy.COLLECT and decision.aggregate not in (Aggregate.LIST, Aggregate.COUNT):
        outputs = part.table.outputs
    return replace(part.table, boxes=part.boxes, owner=part.owner, outputs=outputs)
