"""Column cells: what a step can tell apart in columns, and the distinct combinations of it, each settled once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, floor, prod
from typing import Any

import numpy as np

from complaint_rules.coded import NUMBER, Codes, Column, Grid, Rows, Whole, below, content
from complaint_rules.domains import LineAxis
from complaint_rules.tables import Table

# A direct lookup may have so many places; beyond it the distinct combinations are found by sorting.
_MOST_PLACES = 1 << 20
_MOST_KEY = 1 << 62
_FEW = 32
# What gives the numbers of some rows.
Settle = Callable[[Rows], Sequence[int]]


@dataclass
class Cells:
    """What one step can tell apart of one name: the cell of each value met, and of each stretch of a line."""

    name: str
    table: Table | None  # None: every value is a cell of its own
    numbers: dict[Hashable, int] = field(default_factory=dict)
    of_code: list[int] = field(default_factory=lambda: [0])
    lookup: Codes = field(default_factory=lambda: np.zeros(1, np.int32))
    lines: dict[Grid, tuple[list[int], Codes]] = field(default_factory=dict)

    @property
    def room(self) -> int:
        """A size that the number of cells has not outgrown, the same for a while."""
        return 1 << len(self.numbers).bit_length()

    def of(self, column: Column) -> Codes:
        """Return the cell of each row."""
        if self.table is None:
            column = column.listed()
        if len(self.of_code) < len(column.values):
            self.of_code += [self._cell(self._met(v)) for v in column.values.held[len(self.of_code) :]]
            self.lookup = np.array(self.of_code, np.int32)
        if column.numbers is None:
            return self.lookup.take(column.codes)
        found = self._on_line(column.numbers.whole, column.numbers.grid)
        return np.where(column.codes == NUMBER, found, self.lookup.take(column.codes)) if column.codes.any() else found

    def _met(self, value: Any) -> Hashable:
        """Return what the step sees of a value: the boxes that admit it, or what is unknown about it."""
        if self.table is None or getattr(value, "is_unknown", False):
            return content(value)
        return self.table.admitting[self.name][value]

    def _cell(self, met: Hashable) -> int:
        return self.numbers.setdefault(met, len(self.numbers))

    def _on_line(self, whole: Whole, grid: Grid) -> Codes:
        """Return the cell of each number, by the points that cut its line."""
        if grid not in self.lines:
            self.lines[grid] = self._line(grid)
        bounds, cells = self.lines[grid]
        if not bounds:
            return np.full(whole.shape, cells[0])
        found: Codes = cells.take(_passed(whole, bounds))
        return found

    def _line(self, grid: Grid) -> tuple[list[int], Codes]:
        """Return the least whole numbers of all cells but the first one, and the cells, in the order of the line."""
        table = self.table
        assert table is not None  # noqa: S101 - else numbers are listed
        column = next(c for c in table.columns if c.name == self.name)
        (axis,) = column.axes
        assert isinstance(axis, LineAxis)  # noqa: S101 - numbers lie on lines
        masks = table.masks[column.first_axis]
        points = [grid.exact(p) for p in axis.points]
        starts = [least for p in points for least in (ceil(p), floor(p) + 1)]
        first, *rest = (self._cell(masks[c]) for c in axis.raw_to_cell)
        bounds, cells = list[int](), [first]
        for start, cell in zip(starts, rest, strict=True):
            if bounds and bounds[-1] == start:  # no whole number lies in the cell before
                bounds.pop()
                cells.pop()
            if cell != cells[-1]:
                bounds.append(start)
                cells.append(cell)
        return bounds, np.array(cells, np.int32)


def _passed(whole: Whole, bounds: Sequence[int]) -> Any:
    """Return how many of some bounds, from the least up, each number has reached."""
    if len(bounds) > _FEW and bounds[0] > -_MOST_KEY and bounds[-1] < _MOST_KEY:
        return np.searchsorted(np.array(bounds), whole, "right")
    first, *rest = (np.logical_not(below(whole, b)).view(np.int8) for b in bounds)
    for reached in rest:
        first += reached
    return first


class Combinations:
    """The combinations of cells of some names, and the number that each was given when it was first met."""

    def __init__(self, cells: Sequence[Cells]) -> None:
        self.cells = cells
        self.known: dict[tuple[int, ...], int] = {}
        self.rooms: tuple[int, ...] = ()
        self.places = np.empty(0, np.int32)

    def numbers(self, columns: Mapping[str, Column], rows: int, settle: Settle) -> Codes:
        """Return each row's number; `settle` gives those of rows whose combinations were not met before."""
        if not self.cells:
            if rows and () not in self.known:
                (self.known[()],) = settle(np.zeros(1, np.intp))
            return np.full(rows, self.known.get((), 0), np.int32)
        cells = [c.of(columns[c.name]) for c in self.cells]
        rooms = tuple(c.room for c in self.cells)
        if prod(rooms) > _MOST_PLACES:
            return self._sorted(cells, rooms, settle)
        if rooms != self.rooms:
            self.rooms, self.places = rooms, np.full(prod(rooms), -1, np.int32)
        key = _keys(cells, rooms)
        found = self.places.take(key)
        if rows and found.min() < 0:
            new = np.flatnonzero(found < 0)
            fresh, at = np.unique(key[new], return_index=True)
            self.places[fresh] = self._numbered(cells, new[at], settle)
            found = self.places.take(key)
        return found

    def _sorted(self, cells: Sequence[Codes], rooms: Sequence[int], settle: Settle) -> Codes:
        key, size = cells[0].astype(np.int64), rooms[0]
        for codes, room in zip(cells[1:], rooms[1:], strict=True):
            if size * room >= _MOST_KEY:
                met, key = np.unique(key, return_inverse=True)
                size = len(met)
            key, size = key * room + codes, size * room
        _, at, places = np.unique(key, return_index=True, return_inverse=True)
        return self._numbered(cells, at, settle).take(places)

    def _numbered(self, cells: Sequence[Codes], rows: Rows, settle: Settle) -> Codes:
        """Return the numbers of rows that differ in some cell."""
        combinations = list(zip(*(c[rows].tolist() for c in cells), strict=True))
        new = [i for i, combination in enumerate(combinations) if combination not in self.known]
        if new:
            self.known.update(zip([combinations[i] for i in new], settle(rows[new]), strict=True))
        return np.fromiter(map(self.known.__getitem__, combinations), np.int32, len(rows))

    @property
    def kept(self) -> int:
        """How much is remembered."""
        return len(self.known) + sum(len(c.of_code) for c in self.cells)


def _keys(cells: Sequence[Codes], rooms: Sequence[int]) -> Codes:
    """Return one number for each combination of cells."""
    key = cells[0]
    for codes, room in zip(cells[1:], rooms[1:], strict=True):
        key = key * np.int32(room) + codes
    return key
