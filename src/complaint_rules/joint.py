"""Joint: what one partition of a space says in two ways, and the fewest disjoint boxes in which the two part."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_

from complaint_rules.regions import Box, Budget, cells

_BOXES_A_STEP = 50  # so many boxes can be looked at in one step of a budget
# What is said of a point where exactly these boxes match; None where there is nothing to say.
Verdict = Callable[[int], Hashable | None]


@dataclass(frozen=True)
class Joint:
    """A space, for each cell of each axis the bitset of boxes that contain it, and what is said of a bitset.

    Nothing is said where none of the `telling` boxes matches, as long as one of the `settling` ones does; the
    boxes of `frame` must all be seen to match, or not to, before that holds.
    """

    masks: Sequence[Sequence[int]]
    space: Box
    verdict: Verdict
    every: int
    telling: int
    settling: int | None = None  # None: nothing needs to match
    frame: int = 0

    def boxes(self, budget: Budget) -> dict[Hashable, list[Box]]:
        """Return, for each thing that is said, the disjoint boxes in which it is.

        Raises:
            BudgetSpentError: there are too many to walk.
        """
        walk = _Walk(self, budget)
        root = walk.node(0, self.every)
        found: dict[Hashable, list[Box]] = {}
        for said, box in walk.paths(root, 0, self.space):
            budget.spend()
            found.setdefault(said, []).append(box)
        return {said: merged(boxes) for said, boxes in found.items()}


@dataclass(frozen=True, slots=True, eq=False)
class _Leaf:
    said: Hashable


@dataclass(frozen=True, slots=True, eq=False)
class _Fork:
    """For each group of cells of an axis, what follows."""

    branches: tuple[tuple[int, _Node], ...]


# Equal nodes are one object; None is nothing to say.
_Node = _Leaf | _Fork


@dataclass
class _Walk:
    """Goes axis by axis; cells that the boxes still alive cannot tell apart go together."""

    joint: Joint
    budget: Budget
    seen: dict[tuple[int, int], _Node | None] = field(default_factory=dict)
    leaves: dict[Hashable, _Leaf] = field(default_factory=dict)
    forks: dict[tuple[tuple[int, int], ...], _Fork] = field(default_factory=dict)

    def __post_init__(self) -> None:
        joint = self.joint
        self.effort = 1 + joint.every.bit_length() // _BOXES_A_STEP
        self.order = sorted(self._useful(), key=self._told)
        self.groups = [_grouped(joint.masks[axis], joint.space[axis]) for axis in self.order]
        self.sure = [joint.every]
        for groups in reversed(self.groups):
            self.sure.append(reduce(and_, (mask for mask, _ in groups), self.sure[-1]))
        self.sure.reverse()

    def _useful(self) -> Iterator[int]:
        """Yield the axes on which some box is narrower than the space."""
        joint = self.joint
        for axis, bits in enumerate(joint.space):
            if any(joint.masks[axis][c] & joint.every != joint.every for c in cells(bits)):
                yield axis

    def _told(self, axis: int) -> tuple[int, int]:
        """Return how little the axis narrows the boxes that tell, then all boxes."""
        masks = [self.joint.masks[axis][c] for c in cells(self.joint.space[axis])]
        told = [(m & self.joint.telling).bit_count() for m in masks]
        return sum(told) * 1000 // (len(masks) or 1), sum(m.bit_count() for m in masks) // (len(masks) or 1)

    def node(self, at: int, alive: int) -> _Node | None:
        """Return what is said from here on."""
        if self._is_quiet(at, alive):
            return None
        if at == len(self.order):
            self.budget.spend(self.effort)
            said = self.joint.verdict(alive)
            return None if said is None else self.leaves.setdefault(said, _Leaf(said))
        key = (at, alive)
        if key not in self.seen:
            self.budget.spend(self.effort)
            self.seen[key] = self._branches(at, alive)
        return self.seen[key]

    def _is_quiet(self, at: int, alive: int) -> bool:
        joint, sure = self.joint, self.sure[at]
        if alive & joint.telling or (alive & joint.frame) & ~sure:
            return False
        return joint.settling is None or bool(alive & joint.settling & sure)

    def _branches(self, at: int, alive: int) -> _Node | None:
        rests: dict[int, int] = {}
        for mask, bits in self.groups[at]:
            rests[alive & mask] = rests.get(alive & mask, 0) | bits
        branches: dict[_Node, int] = {}
        for rest, bits in rests.items():
            child = self.node(at + 1, rest)
            if child is not None:
                branches[child] = branches.get(child, 0) | bits
        if not branches:
            return None
        key = tuple((bits, id(child)) for child, bits in branches.items())
        fork = _Fork(tuple((bits, child) for child, bits in branches.items()))
        return self.forks.setdefault(key, fork)

    def paths(self, node: _Node | None, at: int, box: Box) -> Iterator[tuple[Hashable, Box]]:
        match node:
            case _Leaf(said):
                yield said, box
            case _Fork(branches):
                axis = self.order[at]
                for bits, child in branches:
                    yield from self.paths(child, at + 1, (*box[:axis], bits, *box[axis + 1 :]))
            case None:
                return


def _grouped(masks: Sequence[int], bits: int) -> list[tuple[int, int]]:
    """Return the different masks of these cells, each with the cells that have it."""
    found: dict[int, int] = {}
    for cell in cells(bits):
        found[masks[cell]] = found.get(masks[cell], 0) | 1 << cell
    return list(found.items())


def merged(boxes: Sequence[Box]) -> list[Box]:
    """Return disjoint boxes as fewer ones with the same points, by joining those that differ on one axis only."""
    if len(boxes) < 2:
        return list(boxes)
    axes = range(len(boxes[0]))
    orders: Iterable[Sequence[int]] = (axes, axes[::-1])
    return min((_joined(boxes, order) for order in orders), key=len)


def _joined(boxes: Sequence[Box], order: Sequence[int]) -> list[Box]:
    current, before = list(boxes), len(boxes) + 1
    while len(current) < before:
        before = len(current)
        for axis in order:
            current = _joined_on(current, axis)
    return current


def _joined_on(boxes: Iterable[Box], axis: int) -> list[Box]:
    found: dict[Box, int] = {}
    for box in boxes:
        rest = (*box[:axis], *box[axis + 1 :])
        found[rest] = found.get(rest, 0) | box[axis]
    return [(*rest[:axis], bits, *rest[axis:]) for rest, bits in found.items()]


def volume(boxes: Iterable[Box]) -> int:
    """Return how many points of cells disjoint boxes hold."""
    return sum(reduce(lambda n, bits: n * bits.bit_count(), box, 1) for box in boxes)


def masks_within(masks: Sequence[Sequence[int]], box: Box, every: int, most: int) -> tuple[set[int], bool]:
    """Return the bitsets of boxes that match somewhere in a box, and whether these are all."""
    found, complete = {every}, True
    for axis, bits in enumerate(box):
        following = {m & masks[axis][c] for m in found for c in cells(bits)}
        if len(following) > most:
            following, complete = set(sorted(following)[:most]), False
        found = following
    return found, complete
