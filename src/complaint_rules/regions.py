"""Regions: boxes over axes of cells; what they leave uncovered, where two of them meet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# A box is one bitset of cells an axis: the product of those cell sets.
Box = tuple[int, ...]


class BudgetSpentError(Exception):
    """An analysis took more steps than it was given; its answer is unknown."""


@dataclass
class Budget:
    """Steps an analysis may still take."""

    steps: int

    def spend(self, n: int = 1) -> None:
        self.steps -= n
        if self.steps < 0:
            raise BudgetSpentError


def full(sizes: Sequence[int]) -> Box:
    """Return the box of everything."""
    return tuple((1 << s) - 1 for s in sizes)


def intersect(a: Box, b: Box) -> Box | None:
    """Return the common part of two boxes, or None where they do not meet."""
    common = tuple(x & y for x, y in zip(a, b, strict=True))
    return common if all(common) else None


def masks(sizes: Sequence[int], boxes: Sequence[Box]) -> tuple[tuple[int, ...], ...]:
    """Return, for each cell of each axis, the bitset of boxes that contain it."""
    return tuple(_masks_on([box[axis] for box in boxes], size) for axis, size in enumerate(sizes))


def _masks_on(sides: Sequence[int], size: int) -> tuple[int, ...]:
    """Return the bitset of boxes for each cell of one axis; boxes with the same side there go together."""
    found = [0] * size
    for side, same in alike(sides).items():
        for cell in cells(side):
            found[cell] |= same
    return tuple(found)


def alike(sides: Sequence[int]) -> dict[int, int]:
    """Return the bitset of boxes that have each of these sides."""
    found: dict[int, list[int]] = {}
    for box, side in enumerate(sides):
        found.setdefault(side, []).append(box)
    return {side: sum(1 << b for b in same) for side, same in found.items()}


def cells(bits: int) -> Iterator[int]:
    """Yield the cells of a bitset, lowest first."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def uncovered(boxes: Sequence[Box], within: Box, budget: Budget) -> Iterator[Box]:
    """Yield disjoint boxes whose union is the part of `within` that no box covers.

    The walk goes axis by axis; cells that the boxes still alive cannot tell apart go together,
    and a state (axis, boxes alive) known to be covered is not walked again.
    """
    alive_boxes = [b for b in (intersect(box, within) for box in boxes) if b is not None]
    order = _useful_axes(alive_boxes, within)
    tables = [_cell_masks(alive_boxes, axis, within[axis]) for axis in order]
    free_after = _free_after(alive_boxes, within, order)
    covered: set[tuple[int, int]] = set()

    def walk(at: int, alive: int, path: tuple[int, ...]) -> Iterator[Box]:
        budget.spend()
        if not alive:
            yield _at(within, order, path)
            return
        if alive & free_after[at] or (at, alive) in covered:
            return
        found = False
        groups: dict[int, int] = {}
        for bit, mask in tables[at]:
            groups[alive & mask] = groups.get(alive & mask, 0) | bit
        for rest, bits in sorted(groups.items()):
            for gap in walk(at + 1, rest, (*path, bits)):
                found = True
                yield gap
        if not found:
            covered.add((at, alive))

    yield from walk(0, (1 << len(alive_boxes)) - 1, ())


def _useful_axes(boxes: Sequence[Box], within: Box) -> list[int]:
    """Return the axes on which some box is narrower than `within`, most often narrowed first."""
    narrowed = [sum(box[axis] != within[axis] for box in boxes) for axis in range(len(within))]
    return sorted((a for a in range(len(within)) if narrowed[a]), key=lambda a: -narrowed[a])


def _cell_masks(boxes: Sequence[Box], axis: int, bits: int) -> list[tuple[int, int]]:
    return [(1 << cell, sum(1 << b for b, box in enumerate(boxes) if box[axis] >> cell & 1)) for cell in cells(bits)]


def _free_after(boxes: Sequence[Box], within: Box, order: Sequence[int]) -> list[int]:
    free = [(1 << len(boxes)) - 1]
    for axis in reversed(order):
        free.append(free[-1] & sum(1 << b for b, box in enumerate(boxes) if box[axis] == within[axis]))
    return free[::-1]


def _at(within: Box, order: Sequence[int], path: Sequence[int]) -> Box:
    chosen = dict(zip(order, path, strict=False))
    return tuple(chosen.get(axis, bits) for axis, bits in enumerate(within))


def meeting(boxes: Sequence[Box], sizes: Sequence[int], budget: Budget) -> Iterator[tuple[int, int, Box]]:
    """Yield every pair of boxes that meet, and the box in which they do."""
    tables = masks(sizes, boxes)
    for first, box in enumerate(boxes):
        later = ~((1 << first + 1) - 1) & ((1 << len(boxes)) - 1)
        for axis, bits in enumerate(box):
            budget.spend()
            touched = 0
            for cell in cells(bits):
                touched |= tables[axis][cell]
            later &= touched
            if not later:
                break
        for second in cells(later):
            common = intersect(box, boxes[second])
            if common is not None:
                yield first, second, common


def first_cells(box: Box) -> tuple[int, ...]:
    """Return one point of the box: its lowest cell on each axis."""
    return tuple((b & -b).bit_length() - 1 for b in box)
