"""Record columns: texts of records, or values of other types, as Arrow columns of facts; what cannot be read is marked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from complaint_rules.column_buffers import flags_in, nulls_in, numbers_in, wrapped
from complaint_rules.domains import Domain, Enumeration, ListOf, Members, Ordered, Text, Truth
from complaint_rules.record_mapping import PLAIN_NUMBER, UNITS, FactSource, pattern_of
from complaint_rules.record_texts import (
    DAY,
    DIGITS,
    INSTANT,
    SPAN,
    Made,
    days_in,
    decimals_in,
    either,
    example_of,
    in_zone,
    instants_in,
    integers_in,
    spans_in,
)
from complaint_rules.values import YES

_LISTED, _WORDS = pa.dictionary(pa.int32(), pa.string()), pa.string()
_SETS = pa.list_(pa.string())
_PLACES, _MOST_MET = 6, 100_000
_ISO_DAY = r"^(?P<Y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})$"
_ISO = (
    r"^(?P<Y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})[T ](?P<H>\d{2}):(?P<M>\d{2})"
    r"(?::(?P<S>\d{2})(?:\.(?P<f>\d{1,6}))?)?(?P<z>Z|[+-]\d{2}:\d{2})?$"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How one column becomes a fact: the type it then has, the function, and what it takes, in words."""

    type: Any
    make: Callable[[Any], Made]
    expected: str = ""


class UnfitColumnError(ValueError):
    """A column of a type from which a fact cannot be read without a word of the mapping; which is named."""


def reading_of(source: FactSource, domain: Domain, kind: Any) -> Reading:
    """Return how a column of an Arrow type is read as a fact.

    Raises:
        UnfitColumnError: the mapping must say more.
    """
    if _is_text(kind) or source.values:
        clean = _Cleaner(source.missing)
        found = _of_text(source, domain)
        return Reading(found.type, lambda array: found.make(clean(array)), found.expected)
    return _of_values(source, domain, kind)


def _is_text(kind: Any) -> bool:
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(f(inner) for f in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))


@dataclass(frozen=True, slots=True)
class _Cleaner:
    """Texts without blanks around them; those that mean nothing are null."""

    missing: frozenset[str]

    def __call__(self, array: Any) -> Any:
        text = pc.utf8_trim_whitespace(array.cast(_WORDS))
        nothing = pc.is_in(text, value_set=pa.array(sorted(self.missing), _WORDS))
        return pc.if_else(nothing, pa.scalar(None, _WORDS), text)


def _of_text(source: FactSource, domain: Domain) -> Reading:
    match domain:
        case Text() if not source.values:
            return Reading(_WORDS, lambda array: (array, None))
        case Enumeration() | Text():
            return Reading(_LISTED, _Translation(source.values, _LISTED, lambda t: t).make)
        case Truth():
            values = source.values or YES
            return Reading(pa.bool_(), _Translation(values, pa.bool_(), None).make, " / ".join(values))
        case Members():
            return Reading(_SETS, _Translation({}, _SETS, _splitter(source)).make)
        case Ordered("integer"):
            return Reading(pa.int64(), lambda a: integers_in(a, source.number), example_of(source.number, 0))
        case Ordered("decimal" | "money"):
            places = _places_of(source, domain)
            kind = pa.decimal128(DIGITS, places)
            return Reading(kind, lambda a: decimals_in(a, source.number, places), example_of(source.number, places))
        case Ordered("date"):
            form = _ISO_DAY if source.format is None else pattern_of(source.format)
            return Reading(DAY, lambda a: days_in(a, form), source.format or "2024-05-06")
        case Ordered("datetime"):
            form = _ISO if source.format is None else pattern_of(source.format)
            example = "2024-05-06T09:00:00" + ("" if source.zone else "+08:00")
            return Reading(INSTANT, lambda a: instants_in(a, form, source.zone), source.format or example)
        case Ordered():
            if source.unit is None:
                return Reading(_LISTED, _Translation({}, _LISTED, lambda t: t).make)
            seconds = UNITS[source.unit]
            return Reading(SPAN, lambda a: spans_in(a, source.number, seconds), example_of(source.number, 2))
        case ListOf():
            return Reading(_WORDS, lambda array: (array, None))


def _places_of(source: FactSource, domain: Domain) -> int:
    """Return how many decimal places a column has: those of the mapping, of the fact's step, or six."""
    step = domain.step if isinstance(domain, Ordered) else None
    fine = 0 if step is None else max(-step.normalize().as_tuple().exponent, 0)
    return source.places if source.places is not None else fine if step is not None else _PLACES


# --- listed values, yes or no, sets: each distinct text once ------------------------------------------------


@dataclass
class _Translation:
    """Texts and what they stand for, each worked out once; where `other` is None, what is not listed is wrong."""

    values: Mapping[str, Any]
    type: Any
    other: Callable[[str], Any] | None
    met: dict[str | None, Any] = field(default_factory=lambda: {None: None})

    def make(self, array: Any) -> Made:
        if len(self.met) > _MOST_MET:
            self.met = {None: None}
        coded = array.dictionary_encode()
        texts = coded.dictionary.to_pylist()
        found = [self.met[t] if t in self.met else self._new(t) for t in texts]
        wrong = None
        if self.other is None and any(t is not None and f is None for t, f in zip(texts, found, strict=True)):
            flags = pa.array([t is not None and f is None for t, f in zip(texts, found, strict=True)], pa.bool_())
            wrong = flags_in(flags.take(coded.indices).fill_null(False))
        return self._laid_out(found, coded.indices), wrong

    def _new(self, text: str) -> Any:
        found = self.values.get(text)
        if found is None and self.other is not None:
            found = self.other(text)
        self.met[text] = found
        return found

    def _laid_out(self, found: list[Any], indices: Any) -> Any:
        if self.type != _LISTED:
            return pa.array(found, self.type).take(indices)
        distinct = {v: i for i, v in enumerate(dict.fromkeys(v for v in found if v is not None))}
        places = pa.array([None if v is None else distinct[v] for v in found], pa.int32())
        return pa.DictionaryArray.from_arrays(places.take(indices), pa.array(list(distinct), _WORDS))


def _splitter(source: FactSource) -> Callable[[str], list[str]]:
    cut = re.compile(f"[{re.escape(source.separator)}]" if source.separator else r"[,;，；、|]")

    def split(text: str) -> list[str]:
        parts = [p.strip() for p in ([text] if text in source.values else cut.split(text))]
        return [m for p in parts if p for m in source.values.get(p, (p,))]

    return split


# --- columns that have a type already -------------------------------------------------------------------------


def _of_values(source: FactSource, domain: Domain, kind: Any) -> Reading:
    match domain:
        case Ordered("integer" | "decimal" | "money") if pa.types.is_floating(kind):
            if source.places is None and domain.kind != "integer":
                raise UnfitColumnError("places")
            places = source.places or 0
            whole, exact = domain.kind == "integer", pa.decimal128(DIGITS, places)
            return Reading(pa.int64() if whole else exact, lambda a: _of_floats(a, places, exact, whole=whole))
        case Ordered("date") if pa.types.is_timestamp(kind):
            if kind.tz is not None and source.zone is None:
                raise UnfitColumnError("zone")
            return Reading(DAY, lambda a: (_local(a, source.zone).cast(DAY, safe=False), None))
        case Ordered("datetime") if pa.types.is_timestamp(kind):
            if kind.tz is None and source.zone is None:
                raise UnfitColumnError("zone")
            return Reading(INSTANT, lambda a: _of_stamps(a, source.zone))
        case Ordered("duration") if not pa.types.is_duration(kind):
            if source.unit is None:
                raise UnfitColumnError("unit")
            return Reading(SPAN, lambda a: spans_in(a.cast(_WORDS), PLAIN_NUMBER, UNITS[source.unit or "second"]))
        case Truth() if not pa.types.is_boolean(kind):
            raise UnfitColumnError("values")
        case Enumeration() | Text():
            return Reading(_WORDS, lambda a: (a.cast(_WORDS), None))
        case _:
            return Reading(kind, lambda a: (a, None))


def _local(array: Any, zone: str | None) -> Any:
    return array if array.type.tz is None else pc.local_timestamp(array.cast(pa.timestamp(array.type.unit, zone)))


def _of_stamps(array: Any, zone: str | None) -> Made:
    if array.type.tz is not None:
        return array.cast(INSTANT), None
    local = array.cast(pa.timestamp("us"))
    nulls = nulls_in(local)
    return in_zone(numbers_in(local.cast(pa.int64())).copy(), nulls, zone, None)


def _of_floats(array: Any, places: int, exact: Any, *, whole: bool) -> Made:
    """Return the decimals that floats stand for; one that stands for none of so many places is wrong."""
    nulls = nulls_in(array)
    plain = array.cast(pa.float64()).fill_null(0.0)
    held = np.frombuffer(plain.buffers()[1], np.float64)[plain.offset :][: len(plain)] if len(plain) else np.zeros(0)
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.rint(held * 10.0**places)
        wrong = ~(np.abs(scaled) < 2.0**53) | (scaled / 10.0**places != held)
    low = np.where(wrong, 0, scaled).astype(np.int64)
    wrong_or_none = wrong if wrong.any() else None
    nothing = either(wrong_or_none, nulls)
    if whole:
        return wrapped(low // 10**places, pa.int64(), nothing), wrong_or_none
    return wrapped(np.stack((low, low >> 63), axis=1), exact, nothing), wrong_or_none
