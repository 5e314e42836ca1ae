"""Column numbers: an Arrow array of numbers, money or times as exact whole numbers of 64 bits, where that is proved."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, floor
from typing import Any

import numpy as np
import pyarrow as pa

from complaint_rules.coded import MOST, Flags, Grid, Numbers, Whole, below
from complaint_rules.column_buffers import nulls_in, numbers_in
from complaint_rules.domains import Ordered

_MOST_SCALE = 18
_PER_UNIT = {"s": 1_000_000, "ms": 1_000, "us": 1}
# The instants that Python has a form for, 0001 to 9999, in microseconds since 1970.
FIRST_INSTANT, LAST_INSTANT = -62_135_596_800_000_000, 253_402_300_799_999_999
FIRST_DAY, LAST_DAY = -719_162, 2_932_896


def numbers_of(array: Any, domain: Ordered) -> Numbers | None:
    """Return an array as whole numbers, 0 where it is null; None where its type is another, or it does not fit."""
    kind = array.type
    if domain.step is not None and domain.kind in ("date", "datetime", "duration"):
        return None
    match domain.kind:
        case "integer" if pa.types.is_integer(kind):
            return _made(_integers(array), Grid("integer"))
        case "decimal" | "money" if pa.types.is_integer(kind):
            return _made(_integers(array), Grid(domain.kind))
        case "decimal" | "money" if pa.types.is_decimal(kind) and 0 <= kind.scale <= _MOST_SCALE:
            return _made(_decimals(array), Grid(domain.kind, kind.scale))
        case "date" if pa.types.is_date32(kind):
            return _made(_within(_integers(array), FIRST_DAY, LAST_DAY), Grid("date"))
        case "datetime" if pa.types.is_timestamp(kind) and kind.tz is not None:
            return _made(_within(_in_microseconds(array), FIRST_INSTANT, LAST_INSTANT), Grid("datetime"))
        case "duration" if pa.types.is_duration(kind):
            return _made(_in_microseconds(array), Grid("duration"))
        case _:
            return None


def _made(whole: Whole | None, grid: Grid) -> Numbers | None:
    return None if whole is None else Numbers(whole, grid)


def _filled(array: Any) -> Any:
    """Return the integers of an array; what lies under a null is not defined, so it is made 0."""
    held, nulls = numbers_in(array), nulls_in(array)
    return held if nulls is None else np.where(nulls, held.dtype.type(0), held)


def _integers(array: Any) -> Whole | None:
    held = _filled(array)
    if held.dtype == np.uint64 and held.size and int(held.max()) > MOST:
        return None
    whole: Whole = held.astype(np.int64, copy=False)
    return whole


def _decimals(array: Any) -> Whole | None:
    """Return the digits of decimals of 128 bits, whose upper half must only repeat the sign."""
    if not pa.types.is_decimal128(array.type):
        try:
            array = array.cast(pa.decimal128(38, array.type.scale))
        except pa.ArrowInvalid:
            return None
    if not len(array):
        return np.empty(0, np.int64)
    halves = np.frombuffer(array.buffers()[1], np.int64).reshape(-1, 2)[array.offset : array.offset + len(array)]
    low, high, nulls = halves[:, 0], halves[:, 1], nulls_in(array)
    if nulls is not None:
        low, high = np.where(nulls, 0, low), np.where(nulls, 0, high)
    return np.ascontiguousarray(low) if np.array_equal(high, low >> 63) else None


def _in_microseconds(array: Any) -> Whole | None:
    found: Whole = _filled(array)
    if array.type.unit == "ns":
        whole: Whole = found // 1000
        return whole if np.array_equal(whole * 1000, found) else None
    factor = _PER_UNIT[array.type.unit]
    if factor == 1:
        return found
    most = MOST // factor
    return found * factor if _within(found, -most, most) is not None else None


def _within(whole: Whole | None, low: int, high: int) -> Whole | None:
    if whole is None or (whole.size and (int(whole.min()) < low or int(whole.max()) > high)):
        return None
    return whole


def outside(numbers: Numbers, domain: Ordered) -> Flags | None:
    """Return which numbers the domain does not hold; None where it holds all."""
    whole, grid = numbers.whole, numbers.grid
    if not whole.size:
        return None
    least, most, over = _limits(grid, domain)
    found: list[Flags] = []
    if least is not None and int(whole.min()) < least:
        found.append(below(whole, least))
    if most is not None and int(whole.max()) > most:
        found.append(~below(whole, most + 1))
    if over != 1:
        found.append(whole % over != 0 if over <= MOST else whole != 0)
    return np.logical_or.reduce(found) if found else None


@lru_cache(1024)
def _limits(grid: Grid, domain: Ordered) -> tuple[int | None, int | None, int]:
    """Return the least and the greatest whole number that a domain holds, and of what they must be multiples."""
    least = None if domain.minimum is None else ceil(grid.exact(domain.minimum))
    most = None if domain.maximum is None else floor(grid.exact(domain.maximum))
    # A step of n/d of the grid's unit, n and d without a common factor: w is a multiple of it where it is one of n.
    return least, most, 1 if domain.step is None else grid.exact(domain.step).numerator
