"""Column buffers: Arrow arrays of whole numbers and flags as numpy arrays and back, without a copy where that can be.

`to_numpy` and `pyarrow.array` would load pandas wherever that is installed, which takes longer than many rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from complaint_rules.coded import Flags

_WIDTHS = {8: "1", 16: "2", 32: "4", 64: "8"}
# Bytes are copied whatever they mean: 16 of them as a complex number, which is the fastest.
_TAKEN = {32: np.int32, 64: np.int64, 128: np.complex128}


def numbers_in(array: Any) -> Any:
    """Return the whole numbers of an array of fixed width; what stands under a null is not defined."""
    if not len(array):
        return np.empty(0, np.int64)
    kind = "u" if pa.types.is_unsigned_integer(array.type) else "i"
    held = np.frombuffer(array.buffers()[1], f"{kind}{_WIDTHS[array.type.bit_width]}")
    return held[array.offset : array.offset + len(array)]


def flags_in(array: Any) -> Flags:
    """Return the truths of an array; what stands under a null is not defined."""
    return _bits(array.buffers()[1], array)


def nulls_in(array: Any) -> Flags | None:
    """Return which rows are null; None where none is."""
    if not array.null_count:
        return None
    held = array.buffers()[0]
    return np.ones(len(array), np.bool_) if held is None else ~_bits(held, array)


def _bits(held: Any, array: Any) -> Flags:
    first, skipped = divmod(array.offset, 8)
    parts = np.frombuffer(held, np.uint8)[first:] if held.size else np.empty(0, np.uint8)
    return np.unpackbits(parts, count=skipped + len(array), bitorder="little")[skipped:].view(np.bool_)


def wrapped(values: Any, kind: Any, nulls: Flags | None = None) -> Any:
    """Return numbers, whole or pairs of halves, as an Arrow array of `kind`."""
    held = np.ascontiguousarray(values)
    valid = None if nulls is None else packed(~nulls)
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(held)])


class Gathered:
    """An Arrow array from which rows are taken again and again, the last of it null."""

    def __init__(self, array: Any) -> None:
        self.array = array
        words = pa.types.is_dictionary(array.type)
        self.held = _held(array.indices if words else array)
        nulls = nulls_in(array.indices if words else array)
        self.nulls = np.zeros(len(array), np.bool_) if nulls is None else nulls
        self.has_null = bool(self.nulls[:-1].any())

    def take(self, at: Any, *, some_null: bool) -> Any:
        """Return the rows at these places; `some_null` says that the last one is among them."""
        array = self.array
        if self.held is None:
            return pc.take(array, wrapped(at, pa.int32()), boundscheck=False)
        nulls = self.nulls.take(at) if some_null or self.has_null else None
        if pa.types.is_dictionary(array.type):
            return pa.DictionaryArray.from_arrays(wrapped(self.held.take(at), pa.int32(), nulls), array.dictionary)
        return wrapped(self.held.take(at), array.type, nulls)


def _held(array: Any) -> Any:
    """Return the values of an array of fixed width; None for any other."""
    width = 0 if pa.types.is_nested(array.type) or pa.types.is_boolean(array.type) else array.type.bit_width
    if width not in _TAKEN:
        return None
    return np.frombuffer(array.buffers()[1], _TAKEN[width])[array.offset : array.offset + len(array)]


def packed(flags: Flags) -> Any:
    """Return flags as Arrow keeps them, eight in a byte."""
    return pa.py_buffer(np.packbits(flags, bitorder="little"))


def flags_array(flags: Flags) -> Any:
    """Return flags as an Arrow array."""
    return pa.Array.from_buffers(pa.bool_(), len(flags), [None, packed(flags)])
