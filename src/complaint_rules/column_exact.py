"""Column exact: columns of numbers in decimal places, worked with only where no result can leave 64 bits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from complaint_rules.coded import Grid, Whole
from complaint_rules.domains import OrderedKind

_LIMIT = 1 << 62


class UnprovedError(Exception):
    """Some number may not fit into 64 bits, so that the rows are to be worked out one by one."""


@dataclass(frozen=True, slots=True)
class Part:
    """Whole numbers in so many decimal places (times in days or microseconds), none further from 0 than `most`."""

    whole: Whole
    kind: str
    scale: int
    most: int


def places_of(value: Any) -> int:
    if not isinstance(value, Decimal):
        return 0
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def grid_of(value: Any, scale: int) -> Grid | None:
    kind: OrderedKind
    match value:
        case bool():
            return None
        case int() | Decimal() | Fraction():
            kind = "decimal"
        case datetime():
            kind = "datetime"
        case date():
            kind = "date"
        case timedelta():
            kind = "duration"
        case _:
            return None
    return Grid(kind, scale if kind == "decimal" else 0)


def divided(top: Whole, bottom: Whole, mode: str) -> Whole:
    """Return a quotient rounded to a whole number."""
    quotient, rest = np.divmod(np.abs(top), np.abs(bottom))
    match mode:
        case "up":
            quotient += rest > 0
        case "half_up":
            quotient += 2 * rest >= np.abs(bottom)
        case "half_even":
            quotient += (2 * rest > np.abs(bottom)) | ((2 * rest == np.abs(bottom)) & (quotient % 2 == 1))
    found: Whole = np.where((top < 0) == (bottom < 0), quotient, -quotient)
    return found


def constant(value: Any) -> Part:
    """Return a value as a column of one number.

    Raises:
        UnprovedError: it has no such number.
    """
    if isinstance(value, Fraction):
        scale = next((s for s in range(19) if 10**s % value.denominator == 0), None)
        if scale is None:
            raise UnprovedError
    else:
        scale = places_of(value)
    grid = grid_of(value, scale)
    whole = None if grid is None else grid.whole(value)
    if grid is None or whole is None:
        raise UnprovedError
    return Part(np.array(whole), grid.kind, grid.scale, proved(abs(whole)))


def part_of(whole: Whole, kind: str, scale: int) -> Part:
    if not whole.size:
        return Part(whole, kind, scale, 0)
    return Part(whole, kind, scale, proved(max(-int(whole.min()), int(whole.max()))))


def times(part: Part, factor: int) -> Part:
    if factor == 1:
        return part
    if factor >= _LIMIT:
        raise UnprovedError
    return Part(part.whole * factor, part.kind, part.scale, proved(part.most * factor))


def aligned(one: Part, other: Part) -> tuple[Part, Part]:
    """Return two numbers in the same decimal places."""
    scale = max(one.scale, other.scale)
    a, b = (times(p, 10 ** (scale - p.scale)) for p in (one, other))
    return Part(a.whole, a.kind, scale, a.most), Part(b.whole, b.kind, scale, b.most)


def least_or_greatest(function: Any, parts: list[Part]) -> Part:
    found = parts[0]
    for part in parts[1:]:
        a, b = aligned(found, part)
        found = Part(function(a.whole, b.whole), a.kind, a.scale, max(a.most, b.most))
    return found


def proved(most: int) -> int:
    """Return the bound of a number if it is small enough.

    Raises:
        UnprovedError: it is not.
    """
    if most >= _LIMIT:
        raise UnprovedError
    return most
