"""Record texts: numbers, days, times and amounts as people write them, read whole columns at once; what is none is marked."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from complaint_rules.coded import Flags, Whole
from complaint_rules.column_buffers import flags_in, nulls_in, numbers_in, wrapped
from complaint_rules.column_numbers import numbers_of
from complaint_rules.domains import Ordered
from complaint_rules.record_mapping import NumberForm

INSTANT, DAY, SPAN = pa.timestamp("us", "UTC"), pa.date32(), pa.duration("us")
DIGITS = 38
_WORDS, _SECOND = pa.string(), 1_000_000
# What was read of a column, and which rows could not be.
Made = tuple[Any, Flags | None]


def example_of(form: NumberForm, places: int) -> str:
    cents = f"{form.point}{'50000000000000000000'[:places]}" if places else ""
    return f"{form.before}1{form.thousands}234{cents}{form.after}"


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


def either(one: Flags | None, other: Flags | None) -> Flags | None:
    return other if one is None else one if other is None else one | other


def integers_in(array: Any, form: NumberForm) -> Made:
    text, wrong = _plain(array, form, "")
    short = pc.less_equal(pc.utf8_length(text), 18)
    long = _wrong(short)
    if long is not None:
        text = pc.if_else(short, text, pa.scalar(None, _WORDS))
    return text.cast(pa.int64()), either(wrong, long)


def decimals_in(array: Any, form: NumberForm, places: int) -> Made:
    """Return decimals of so many places; zeros beyond them are nothing, other digits are wrong."""
    point = re.escape(form.point)
    kept = rf"{point}\d{{1,{places}}}0*" if places else rf"{point}0+"
    text, wrong = _plain(array, form, rf"(?:{kept})?")
    if pc.any(pc.match_substring_regex(text, rf"\.\d{{{places + 1}}}")).as_py():
        text = pc.replace_substring_regex(text, rf"(\.\d{{{places}}})0+$", r"\1")
        text = text if places else pc.replace_substring(text, ".", "")
    return text.cast(pa.decimal128(DIGITS, places)), wrong


def spans_in(array: Any, form: NumberForm, seconds: int) -> Made:
    """Return amounts of a unit as durations."""
    short = pc.less(pc.utf8_length(array), 12)
    long = _wrong(short)
    found, wrong = decimals_in(array if long is None else pc.if_else(short, array, pa.scalar(None, _WORDS)), form, 6)
    numbers = numbers_of(found, Ordered("decimal"))
    assert numbers is not None  # noqa: S101 - so few digits fit
    beyond = np.abs(numbers.whole) > (2**63 - 1) // seconds
    whole = np.where(beyond, 0, numbers.whole) * seconds
    return wrapped(whole, SPAN, nulls_in(found)), either(either(wrong, long), beyond if beyond.any() else None)


# --- days and instants --------------------------------------------------------------------------------------


def _field(parts: Any, name: str, rows: int) -> Whole:
    """Return a part of the texts as a number; 0 where it is not written."""
    if name not in parts:
        return np.zeros(rows, np.int64)
    text = parts[name]
    if name == "f":
        text = pc.utf8_slice_codeunits(pc.binary_join_element_wise(text, "000000", ""), 0, 6)
    filled = pc.if_else(pc.equal(text, ""), "0", text).fill_null("0")
    found: Whole = numbers_in(filled.cast(pa.int64()))
    return found


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


def days_in(array: Any, form: str) -> Made:
    nulls = nulls_in(array)
    parts, wrong = _parts(array, form)
    days, odd = _day_numbers(parts, len(array))
    wrong = _given(either(wrong, odd | _clock(parts, len(array))[1]), nulls)
    return wrapped(days.astype(np.int32), DAY, either(wrong, nulls)), wrong


def _given(wrong: Flags | None, nulls: Flags | None) -> Flags | None:
    """Return the wrong rows among those that have a value; None where none is."""
    found = wrong if wrong is None or nulls is None else wrong & ~nulls
    return found if found is not None and found.any() else None


def _clock(parts: Any, rows: int) -> tuple[Whole, Flags]:
    hour, minute, second = (_field(parts, n, rows) for n in "HMS")
    return (hour * 60 + minute) * 60 + second, (hour > 23) | (minute > 59) | (second > 59)


def instants_in(array: Any, form: str, zone: str | None) -> Made:
    nulls, rows = nulls_in(array), len(array)
    parts, wrong = _parts(array, form)
    days, odd = _day_numbers(parts, rows)
    seconds, late = _clock(parts, rows)
    local = (days * 86400 + seconds) * _SECOND + _field(parts, "f", rows)
    wrong = _given(either(either(wrong, odd), late), nulls)
    nothing = either(wrong, nulls)
    if "z" not in parts:
        return in_zone(local, nothing, zone, wrong)
    offset, bare, beyond = _offsets(parts["z"], rows)
    here, unclear = in_zone(local, either(nothing, ~bare) if not bare.all() else nothing, zone, None)
    away = wrapped(local - offset * _SECOND, INSTANT, either(nothing, bare | beyond))
    return pc.coalesce(here, away), either(wrong, _given(either(unclear, beyond), nothing))


def _offsets(text: Any, rows: int) -> tuple[Whole, Flags, Flags]:
    """Return offsets in seconds, which rows have none, and which have none of this world."""
    filled = text.fill_null("")
    found = pc.extract_regex(filled, r"^(?P<s>[+-])(?P<h>\d{2}):(?P<m>\d{2})$")
    parts = {f.name: pc.struct_field(found, f.name) for f in found.type}
    hours, minutes = (_field(parts, n, rows) for n in "hm")
    back = flags_in(pc.equal(parts["s"].fill_null("+"), "-")) if rows else np.zeros(0, np.bool_)
    bare = flags_in(pc.equal(filled, "")) if rows else np.zeros(0, np.bool_)
    return np.where(back, -1, 1) * (hours * 60 + minutes) * 60, bare, (hours > 23) | (minutes > 59)


def in_zone(local: Whole, nulls: Flags | None, zone: str | None, wrong: Flags | None) -> Made:
    """Return local times as instants; those that a zone does not have, or has twice, are wrong."""
    if zone is None:
        everything = np.ones(local.shape, np.bool_)
        return wrapped(local, INSTANT, everything), _given(either(wrong, everything), nulls)
    naive = wrapped(local, pa.timestamp("us"), nulls)
    try:
        return pc.assume_timezone(naive, zone).cast(INSTANT), wrong
    except pa.ArrowInvalid:
        early = pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="earliest")
        late = pc.assume_timezone(naive, zone, ambiguous="latest", nonexistent="latest")
        clear = pc.equal(early, late)
        return pc.if_else(clear, early, pa.scalar(None, early.type)).cast(INSTANT), either(wrong, _wrong(clear))
