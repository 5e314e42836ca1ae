"""Column reading: one Arrow array as the values of a fact, each row exactly as a single complaint would be read."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from complaint_rules.coded import Codes, Column, Numbers, Rows, Values, Whole
from complaint_rules.column_buffers import flags_in, nulls_in, numbers_in
from complaint_rules.column_numbers import numbers_of, outside
from complaint_rules.diagnostics import Diagnostic
from complaint_rules.domains import Domain, Members, Ordered
from complaint_rules.facts import wrong_value
from complaint_rules.timetable import MICROSECOND
from complaint_rules.values import from_json

_WRONG = -1
_MOST_MEMBERS = 62
_NAIVE_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a time without a zone is read as such, and refused
_IN_MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A value that Python has no form for; `shown` is what it looks like in Arrow."""

    shown: str

    def __repr__(self) -> str:
        return self.shown


def raw_of(scalar: Any) -> Any:
    """Return an Arrow scalar as the Python value that a single complaint would give; an instant in UTC."""
    if not scalar.is_valid:
        return None
    kind = scalar.type
    if pa.types.is_dictionary(kind):
        return raw_of(scalar.value)
    try:
        if pa.types.is_timestamp(kind):
            return _instant(scalar.value, kind)
        if pa.types.is_duration(kind):
            return timedelta(microseconds=_microseconds(scalar.value, kind.unit))
        return scalar.as_py()
    except (OverflowError, ValueError):
        return Unreadable(f"{getattr(scalar, 'value', scalar.type)} ({kind})")


def raw_at(array: Any, row: int) -> Any:
    """Return the raw value in a row of an array."""
    return raw_of(_plain(array)[row])


def _instant(value: int, kind: Any) -> datetime:
    found = _NAIVE_EPOCH + _microseconds(value, kind.unit) * MICROSECOND
    return found if kind.tz is None else found.replace(tzinfo=UTC)


def _microseconds(value: int, unit: str) -> int:
    if unit != "ns":
        return value * _IN_MICROSECONDS[unit]
    whole, rest = divmod(value, 1000)
    if rest:
        raise ValueError(value)
    return whole


@dataclass(frozen=True, slots=True)
class Read:
    """A fact's column, and the rows whose value the fact cannot have; these count as missing."""

    column: Column
    wrong: Rows


NO_ROWS: Rows = np.empty(0, np.intp)


@dataclass
class FactReader:
    """Reads one fact from arrays, and remembers the code of each value it has met."""

    name: str
    domain: Domain
    blank: Any
    values: Values = field(default_factory=Values)
    met: dict[Hashable, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.missing = self.values.code_of(self.blank)

    def read(self, array: Any) -> Read:
        """Return the rows of an array; nulls are missing facts."""
        plain = _plain(array)
        if isinstance(self.domain, Ordered):
            found = numbers_of(plain, self.domain)
            if found is not None:
                return self._numbers(plain, found, self.domain)
        if pa.types.is_dictionary(plain.type):
            return self._dictionary(plain)
        if isinstance(self.domain, Members) and pa.types.is_nested(plain.type):
            return self._sets(plain)
        if pa.types.is_nested(plain.type):
            return self._marked(self._one_by_one(plain))
        if pa.types.is_boolean(plain.type):
            return self._truths(plain)
        return self._dictionary(plain.dictionary_encode())

    @property
    def kept(self) -> int:
        """How much is remembered."""
        return len(self.met) + len(self.values)

    def wrong(self, array: Any, row: int) -> list[Diagnostic]:
        """Return what is wrong with the value of a row."""
        return wrong_value(raw_at(array, row), self.domain, self.name)

    def code(self, raw: Any) -> int:
        """Return the code of a raw value, or that it is wrong."""
        key = (raw.__class__, tuple(raw) if isinstance(raw, list) else raw)
        try:
            found = self.met.get(key)
        except TypeError:
            return self._new_code(raw)  # it has no hash, so it is no value either
        if found is None:
            found = self.met[key] = self._new_code(raw)
        return found

    def _new_code(self, raw: Any) -> int:
        if raw is None:
            return self.missing
        return _WRONG if wrong_value(raw, self.domain, self.name) else self.values.code_of(from_json(raw, self.domain))

    def _marked(self, codes: Codes) -> Read:
        """Return a column of codes, the wrong rows as missing."""
        wrong = np.flatnonzero(codes == _WRONG)
        if wrong.size:
            codes = codes.copy()
            codes[wrong] = self.missing
        return Read(Column(codes, self.values), wrong)

    def _numbers(self, array: Any, numbers: Numbers, domain: Ordered) -> Read:
        nulls = nulls_in(array)
        codes = np.zeros(len(array), np.int32) if nulls is None else np.where(nulls, self.missing, 0).astype(np.int32)
        wrong = NO_ROWS
        refused = outside(numbers, domain)
        if refused is not None:
            wrong = np.flatnonzero(refused if nulls is None else refused & ~nulls)
            codes[wrong] = self.missing
        return Read(Column(codes, self.values, numbers), wrong)

    def _dictionary(self, array: Any) -> Read:
        entries, nulls = array.dictionary, nulls_in(array.indices)
        places = numbers_in(array.indices)
        if nulls is not None or places.dtype == np.uint64:
            places = places.astype(np.int64)
        if nulls is not None:
            places[nulls] = len(entries)
        if len(entries) <= len(array):
            lookup = np.array([*map(self.code, _raws(entries)), self.missing], np.int32)
            return self._marked(lookup.take(places))
        # A slice of a column keeps the whole dictionary: only what occurs is read.
        used, places = np.unique(places, return_inverse=True)
        lookup = np.array([self.missing if i == len(entries) else self.code(raw_of(entries[i])) for i in used.tolist()])
        return self._marked(lookup.astype(np.int32).take(places) if used.size else np.empty(0, np.int32))

    def _truths(self, array: Any) -> Read:
        nulls, truths = nulls_in(array), flags_in(array).view(np.uint8)
        places = truths if nulls is None else np.where(nulls, np.uint8(2), truths)
        return self._marked(np.array([self.code(False), self.code(True), self.missing], np.int32).take(places))

    def _one_by_one(self, array: Any) -> Codes:
        return np.fromiter(map(self.code, _raws(array)), np.int32, len(array))

    def _sets(self, array: Any) -> Read:
        """Return a column of sets: each member is read once, and each combination of members."""
        if not _is_list(array.type) or pa.types.is_nested(array.values.type):
            return self._marked(self._one_by_one(array))
        flat = array.flatten()
        members = flat if pa.types.is_dictionary(flat.type) else flat.dictionary_encode()
        entries = len(members.dictionary)
        if entries > _MOST_MEMBERS or members.null_count or members.dictionary.null_count:
            return self._marked(self._one_by_one(array))
        single = [self.code([raw]) for raw in _raws(members.dictionary)]
        places = numbers_in(members.indices).astype(np.int64, copy=False)
        bits = _united(np.int64(1) << places, array)
        sets, at = np.unique(bits, return_inverse=True)
        lookup = np.array([self._united_code(s, single) for s in sets.tolist()], np.int32)
        codes = lookup.take(at) if sets.size else np.empty(0, np.int32)
        nulls = nulls_in(array)
        return self._marked(codes if nulls is None else np.where(nulls, self.missing, codes).astype(np.int32))

    def _united_code(self, bits: int, single: Sequence[int]) -> int:
        chosen = [c for i, c in enumerate(single) if bits >> i & 1]
        if _WRONG in chosen:
            return _WRONG
        return self.values.code_of(frozenset().union(*(self.values.held[c] for c in chosen)))


def _united(bits: Whole, array: Any) -> Whole:
    """Return for each list the union of its members' bits."""
    lengths = numbers_in(pc.list_value_length(array).fill_null(0)).astype(np.int64)
    found = np.zeros(len(array), np.int64)
    filled = np.flatnonzero(lengths)
    if filled.size:
        starts = np.concatenate(([0], np.cumsum(lengths[filled])[:-1]))
        found[filled] = np.bitwise_or.reduceat(bits, starts)
    return found


def _plain(array: Any) -> Any:
    """Return an array without extension type, runs, or chunks."""
    if isinstance(array, pa.ExtensionArray):
        return _plain(array.storage)
    if pa.types.is_run_end_encoded(array.type):
        return _plain(pc.run_end_decode(array))
    return array


def _is_list(kind: Any) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _raws(array: Any) -> Sequence[Any]:
    """Return the raw values of an array, in one go where that is safe."""
    kind = array.type
    safe: tuple[Callable[[Any], bool], ...] = (
        pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_boolean,
        pa.types.is_integer, pa.types.is_decimal,
    )  # fmt: skip
    inner = kind.value_type if _is_list(kind) else kind
    if any(is_safe(inner) for is_safe in safe):
        found: list[Any] = array.to_pylist()
        return found
    return [raw_of(s) for s in array]
