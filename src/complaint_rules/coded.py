"""Coded: a column of values as small whole numbers, equal values sharing one, with exact numbers beside them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complaint_rules.answers import Missing, Undetermined
from complaint_rules.domains import EXACT, OrderedKind
from complaint_rules.timetable import EPOCH, EPOCH_DAY, MICROSECOND

Codes = NDArray[np.int32]
Whole = NDArray[np.int64]
Rows = NDArray[np.intp]
Flags = NDArray[np.bool_]

# The code of a row whose value is the exact number that stands beside.
NUMBER = 0
LEAST, MOST = -(2**63), 2**63 - 1
_NARROW = 1 << 12
_SPECIAL = (Mapping, tuple, Missing, Undetermined)


def content(value: Any) -> Hashable:
    """Return what makes a value the same as another: its kind and what is in it (`True`, `1` and `1.00` are three)."""
    if not isinstance(value, _SPECIAL):
        return value.__class__, value
    match value:
        case Missing(ask, unset):
            return Missing, ask, unset
        case Undetermined(possible, ask, unset, _, silent):
            left = None if possible is None else tuple(map(content, possible))
            return Undetermined, left, ask, unset, silent
        case Mapping():
            return Mapping, tuple((k, content(v)) for k, v in value.items())
        case _:
            return tuple, tuple(map(content, value))


class Values:
    """Values numbered from one up, each once; number 0 is that of the exact numbers beside them."""

    __slots__ = ("codes", "held", "listed")

    def __init__(self) -> None:
        self.held: list[Any] = [None]
        self.codes: dict[Hashable, int] = {}
        self.listed: dict[Grid, dict[int, int]] = {}  # the numbers that have a code

    def __len__(self) -> int:
        return len(self.held)

    def code_of(self, value: Any) -> int:
        key = content(value)
        found = self.codes.get(key)
        if found is None:
            found = self.codes[key] = len(self.held)
            self.held.append(value)
        return found

    def codes_of(self, whole: Whole, grid: Grid) -> Codes:
        """Return the codes of distinct numbers on a grid."""
        known = self.listed.setdefault(grid, {})
        for number in whole.tolist():
            if number not in known:
                known[number] = self.code_of(grid.value(number))
        return np.fromiter(map(known.__getitem__, whole.tolist()), np.int32, whole.size)


@dataclass(frozen=True, slots=True)
class Grid:
    """What a whole number stands for: so many days, microseconds, or units in a decimal place."""

    kind: OrderedKind
    scale: int = 0

    def value(self, whole: int) -> Any:
        """Return the value that a whole number stands for."""
        match self.kind:
            case "integer":
                return whole
            case "decimal" | "money":
                return Decimal(whole).scaleb(-self.scale, EXACT)
            case "date":
                return date.fromordinal(whole + EPOCH_DAY)
            case "datetime":
                return EPOCH + whole * MICROSECOND
            case "duration":
                return whole * MICROSECOND

    def exact(self, value: Any) -> Fraction:
        """Return where a value lies on the grid, perhaps between two whole numbers."""
        found: int | Fraction
        match self.kind:
            case "date":
                found = value.toordinal() - EPOCH_DAY
            case "datetime":
                found = (value - EPOCH) // MICROSECOND
            case "duration":
                found = value // MICROSECOND
            case "integer" | "decimal" | "money":
                found = Fraction(value) * 10**self.scale
        return Fraction(found)

    def whole(self, value: Any) -> int | None:
        """Return the whole number that stands for a value; None where there is none of 64 bits."""
        found = self.exact(value)
        return int(found) if found.denominator == 1 and LEAST < found <= MOST else None


@dataclass(frozen=True, slots=True)
class Numbers:
    """Exact numbers of one kind, as whole numbers on a grid."""

    whole: Whole
    grid: Grid


@dataclass(frozen=True, slots=True)
class Column:
    """The values of one name in some rows: a code each, and the number where the code is `NUMBER`."""

    codes: Codes
    values: Values
    numbers: Numbers | None = None

    def values_at(self, rows: Rows) -> list[Any]:
        """Return the values in some rows."""
        held, codes = self.values.held, self.codes[rows].tolist()
        if self.numbers is None:
            return [held[c] for c in codes]
        value, whole = self.numbers.grid.value, self.numbers.whole[rows].tolist()
        return [held[c] if c != NUMBER else value(w) for c, w in zip(codes, whole, strict=True)]

    def take(self, rows: Rows) -> Column:
        numbers = self.numbers and Numbers(self.numbers.whole[rows], self.numbers.grid)
        return Column(self.codes[rows], self.values, numbers)

    def listed(self) -> Column:
        """Return the same column with a code for each number, too."""
        if self.numbers is None:
            return self
        whole, grid = self.numbers.whole, self.numbers.grid
        if not self.codes.any():
            found, places = distinct(whole)
            return Column(self.values.codes_of(found, grid).take(places), self.values)
        at = np.flatnonzero(self.codes == NUMBER)
        found, places = distinct(whole[at])
        codes = self.codes.copy()
        codes[at] = self.values.codes_of(found, grid)[places]
        return Column(codes, self.values)


def below(whole: Whole, bound: int) -> Flags:
    """Return which whole numbers are less than a bound, however large that is."""
    if abs(bound) > MOST:
        return np.full(whole.shape, bound > 0)
    found: Flags = whole < bound
    return found


def distinct(whole: Whole) -> tuple[Whole, Rows]:
    """Return the distinct numbers in order, and the place of each row's among them."""
    if not whole.size:
        return whole, np.empty(0, np.intp)
    least = int(whole.min())
    width = int(whole.max()) - least + 1
    if width > 4 * whole.size + _NARROW:
        found, places = np.unique(whole, return_inverse=True)
        return found, places
    present = np.zeros(width, np.bool_)
    present[whole - least] = True
    found = np.flatnonzero(present)
    places = np.cumsum(present) - 1
    return found + least, places.take(whole - least)
