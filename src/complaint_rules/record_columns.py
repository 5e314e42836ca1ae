"""Record columns: texts of records, or values of other types, as Arrow columns of facts; what cannot be read is marked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from complaint_rules.coded import Flags, Whole
from complaint_rules.column_buffers import flags_in, nulls_in, numbers_in, wrapped
from complaint_rules.column_numbers import numbers_of
from complaint_rules.domains import Domain, Enumeration, ListOf, Members, Ordered, Text, Truth
from complaint_rules.record_mapping import PLAIN_NUMBER, UNITS, FactSource, NumberForm, pattern_of
from complaint_rules.values import YES

INSTANT, DAY, SPAN = pa.timestamp("us", "UTC"), pa.date32(), pa.duration("us")
_LISTED, _WORDS = pa.dictionary(pa.int32(), pa.string()), pa.string()
_SETS = pa.list_(pa.string())
_DIGITS, _PLACES, _MOST_MET = 38, 6, 100_000
_SECOND = 1_000_000
_ISO_DAY = r"^(?P<Y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})$"
_ISO = (
    r"^(?P<Y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})[T ](?P<H>\d{2}):(?P<M>\d{2})"
    r"(?::(?P<S>\d{2})(?:\.(?P<f>\d{1,6}))?)?(?P<z>Z|[+-]\d{2}:\d{2})?$"
)
# What was read of a column, and which rows could not be.
Made = tuple[Any, Flags | None]


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
            return Reading(pa.int64(), lambda a: _integers(a, source.number), _shown(source.number, 0))
        case Ordered("decimal" | "money"):
            places = _places_of(source, domain)
            kind = pa.decimal128(_DIGITS, places)
            return Reading(kind, lambda a: _decimals(a, source.number, places), _shown(source.number, places))
        case Ordered("date"):
            form = _ISO_DAY if source.format is None else pattern_of(source.format)
            return Reading(DAY, lambda a: _days(a, form), source.format or "2024-05-06")
        case Ordered("datetime"):
            form = _ISO if source.format is None else pattern_of(source.format)
            example = "2024-05-06T09:00:00" + ("" if source.zone else "+08:00")
            return Reading(INSTANT, lambda a: _instants(a, form, source.zone), source.format or example)
        case Ordered():
            if source.unit is None:
                return Reading(_LISTED, _Translation({}, _LISTED, lambda t: t).make)
            seconds = UNITS[source.unit]
            return Reading(SPAN, lambda a: _spans(a, source.number, seconds), _shown(source.number, 2))
        case ListOf():
            return Reading(_WORDS, lambda array: (array, None))


def _places_of(source: FactSource, domain: Domain) -> int:
    """Return how many decimal places a column has: those of the mapping, of the fact's step, or six."""
    step = domain.step if isinstance(domain, Ordered) else None
    fine = 0 if step is None else max(-step.normalize().as_tuple().exponent, 0)
    return source.places if source.places is not None else fine if step is not None else _PLACES


def _shown(form: NumberForm, places: int) -> str:
    cents = f"{form.point}{'50000000000000000000'[:places]}" if places else ""
    return f"{form.before}1{form.thousands}234{cents}{form.after}"


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


# --- numbers ------------------------------------------------------------------------------------------------


def _plain(array: Any, form: NumberForm, tail: str) -> Made:
    """Return numbers in plain digits, null where they are not written so."""
    lead, before, after = r"[+-]?", re.escape(form.before), re.escape(form.after)
    start = rf"(?:{lead}(?:{before})?|{before}{lead})" if form.before else lead
    whole = r"\d{1,30}"
    if form.thousands:
        whole = rf"(?:\d{{1,30}}|\d{{1,3}}(?:{re.escape(form.thousands)}\d{{3}}){{1,9}})"
    matches = pc.match_substring_regex(array, f"^{start}{whole}{tail}(?:{after})?$")
    wrong = _wrong(matches)
    if wrong is not None:
        array = pc.if_else(matches, array, pa.scalar(None, _WORDS))
    for mark in (form.before, form.after, form.thousands, "+"):
        if mark:
            array = pc.replace_substring(array, mark, "")
    return (array if form.point == "." else pc.replace_substring(array, form.point, ".")), wrong


def _wrong(matches: Any) -> Flags | None:
    """Return which rows are false, null being right; None where none is."""
    held = matches.fill_null(True)
    flags = ~flags_in(held) if len(held) else np.zeros(0, np.bool_)
    return flags if flags.any() else None


def _either(one: Flags | None, other: Flags | None) -> Flags | None:
    return other if one is None else one if other is None else one | other


def _integers(array: Any, form: NumberForm) -> Made:
    text, wrong = _plain(array, form, "")
    short = pc.less_equal(pc.utf8_length(text), 18)
    long = _wrong(short)
    if long is not None:
        text = pc.if_else(short, text, pa.scalar(None, _WORDS))
    return text.cast(pa.int64()), _either(wrong, long)


def _decimals(array: Any, form: NumberForm, places: int) -> Made:
    """Return decimals of so many places; zeros beyond them are nothing, other digits are wrong."""
    point = re.escape(form.point)
    kept = rf"{point}\d{{1,{places}}}0*" if places else rf"{point}0+"
    text, wrong = _plain(array, form, rf"(?:{kept})?")
    if pc.any(pc.match_substring_regex(text, rf"\.\d{{{places + 1}}}")).as_py():
        text = pc.replace_substring_regex(text, rf"(\.\d{{{places}}})0+$", r"\1")
        text = text if places else pc.replace_substring(text, ".", "")
    return text.cast(pa.decimal128(_DIGITS, places)), wrong


def _spans(array: Any, form: NumberForm, seconds: int) -> Made:
    """Return amounts of a unit as durations."""
    short = pc.less(pc.utf8_length(array), 12)
    long = _wrong(short)
    found, wrong = _decimals(array if long is None else pc.if_else(short, array, pa.scalar(None, _WORDS)), form, 6)
    numbers = numbers_of(found, Ordered("decimal"))
    assert numbers is not None  # noqa: S101 - so few digits fit
    return wrapped(numbers.whole * seconds, SPAN, nulls_in(found)), _either(wrong, long)


# --- days and instants --------------------------------------------------------------------------------------


def _field(parts: Any, name: str, rows: int) -> Whole:
    """Return a part of the texts as a number; 0 where it is not written."""
    if name not in parts:
        return np.zeros(rows, np.int64)
    text = parts[name]
    if name == "f":
        text = pc.utf8_slice_codeunits(pc.binary_join_element_wise(text, "000000", ""), 0, 6)
    filled = pc.if_else(pc.equal(text, ""), "0", text).fill_null("0")
    return numbers_in(filled.cast(pa.int64()))


def _parts(array: Any, form: str) -> tuple[Any, Flags | None]:
    found = pc.extract_regex(array, form)
    wrong = _wrong(pc.or_(pc.is_valid(found), pc.is_null(array)))
    return {f.name: pc.struct_field(found, f.name) for f in found.type}, wrong


def _day_numbers(parts: Any, rows: int) -> tuple[Whole, Flags]:
    """Return days since 1970, and which of them are in no calendar."""
    year, month, day = (_field(parts, n, rows) for n in "Ymd")
    months = (year - 1970) * 12 + np.clip(month, 1, 12) - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    after = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    wrong = (month < 1) | (month > 12) | (day < 1) | (day > after - first) | (year < 1)
    return first + day - 1, wrong


def _days(array: Any, form: str) -> Made:
    nulls = nulls_in(array)
    parts, wrong = _parts(array, form)
    days, odd = _day_numbers(parts, len(array))
    wrong = _given(_either(wrong, odd | _clock(parts, len(array))[1]), nulls)
    return wrapped(days.astype(np.int32), DAY, _either(wrong, nulls)), wrong


def _given(wrong: Flags | None, nulls: Flags | None) -> Flags | None:
    """Return the wrong rows among those that have a value; None where none is."""
    found = wrong if wrong is None or nulls is None else wrong & ~nulls
    return found if found is not None and found.any() else None


def _clock(parts: Any, rows: int) -> tuple[Whole, Flags]:
    hour, minute, second = (_field(parts, n, rows) for n in "HMS")
    return (hour * 60 + minute) * 60 + second, (hour > 23) | (minute > 59) | (second > 59)


def _instants(array: Any, form: str, zone: str | None) -> Made:
    nulls, rows = nulls_in(array), len(array)
    parts, wrong = _parts(array, form)
    days, odd = _day_numbers(parts, rows)
    seconds, late = _clock(parts, rows)
    local = (days * 86400 + seconds) * _SECOND + _field(parts, "f", rows)
    wrong = _given(_either(_either(wrong, odd), late), nulls)
    nothing = _either(wrong, nulls)
    if "z" not in parts:
        return _in_zone(local, nothing, zone, wrong)
    offset, bare, beyond = _offsets(parts["z"], rows)
    here, unclear = _in_zone(local, _either(nothing, ~bare) if not bare.all() else nothing, zone, None)
    away = wrapped(local - offset * _SECOND, INSTANT, _either(nothing, bare | beyond))
    return pc.coalesce(here, away), _either(wrong, _given(_either(unclear, beyond), nothing))


def _offsets(text: Any, rows: int) -> tuple[Whole, Flags, Flags]:
    """Return offsets in seconds, which rows have none, and which have none of this world."""
    filled = text.fill_null("")
    found = pc.extract_regex(filled, r"^(?P<s>[+-])(?P<h>\d{2}):(?P<m>\d{2})$")
    parts = {f.name: pc.struct_field(found, f.name) for f in found.type}
    hours, minutes = (_field(parts, n, rows) for n in "hm")
    back = flags_in(pc.equal(parts["s"].fill_null("+"), "-")) if rows else np.zeros(0, np.bool_)
    bare = flags_in(pc.equal(filled, "")) if rows else np.zeros(0, np.bool_)
    return np.where(back, -1, 1) * (hours * 60 + minutes) * 60, bare, (hours > 23) | (minutes > 59)


def _in_zone(local: Whole, nulls: Flags | None, zone: str | None, wrong: Flags | None) -> Made:
    """Return local times as instants; those that a zone does not have, or has twice, are wrong."""
    if zone is None:
        everything = np.ones(local.shape, np.bool_)
        return wrapped(local, INSTANT, everything), _given(_either(wrong, everything), nulls)
    naive = wrapped(local, pa.timestamp("us"), nulls)
    try:
        return pc.assume_timezone(naive, zone).cast(INSTANT), wrong
    except pa.ArrowInvalid:
        early = pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="earliest")
        late = pc.assume_timezone(naive, zone, ambiguous="latest", nonexistent="latest")
        clear = pc.equal(early, late)
        return pc.if_else(clear, early, pa.scalar(None, early.type)).cast(INSTANT), _either(wrong, _wrong(clear))


# --- columns that have a type already -------------------------------------------------------------------------


def _of_values(source: FactSource, domain: Domain, kind: Any) -> Reading:
    match domain:
        case Ordered("integer" | "decimal" | "money") if pa.types.is_floating(kind):
            if source.places is None and domain.kind != "integer":
                raise UnfitColumnError("places")
            places = source.places or 0
            whole, exact = domain.kind == "integer", pa.decimal128(_DIGITS, places)
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
            return Reading(SPAN, lambda a: _spans(a.cast(_WORDS), PLAIN_NUMBER, UNITS[source.unit or "second"]))
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
    return _in_zone(numbers_in(local.cast(pa.int64())).copy(), nulls, zone, None)


def _of_floats(array: Any, places: int, exact: Any, *, whole: bool) -> Made:
    """Return the decimals that floats stand for; one that stands for none of so many places is wrong."""
    nulls = nulls_in(array)
    held = np.asarray(array.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False))
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.rint(held * 10.0**places)
        wrong = ~(np.abs(scaled) < 2.0**53) | (scaled / 10.0**places != held)
    low = np.where(wrong, 0, scaled).astype(np.int64)
    wrong_or_none = wrong if wrong.any() else None
    nothing = _either(wrong_or_none, nulls)
    if whole:
        return wrapped(low // 10**places, pa.int64(), nothing), wrong_or_none
    return wrapped(np.stack((low, low >> 63), axis=1), exact, nothing), wrong_or_none
