"""Life cell: one text of a column as the value that it stands for, as `record_columns` reads whole columns of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from complaint_rules.domains import Domain, Enumeration, Members, Ordered, Truth
from complaint_rules.record_mapping import UNITS, FactSource, NumberForm, pattern_of
from complaint_rules.values import YES

_CUT = re.compile(r"[,;，；、|]")
_TIME_OF_DAY = re.compile(r"[T :]")


class NoValueError(ValueError):
    """A text that stands for nothing; the message shows how it should be written."""


def says(source: FactSource, text: str) -> str | None:
    """Return a text without blanks around it, None where it says nothing."""
    plain = text.strip()
    return None if plain in source.missing and plain not in source.values else plain


def raw_of(source: FactSource, text: str, domain: Domain, names: Mapping[str, str], zone: ZoneInfo) -> Any:
    """Return the JSON or Python value that a text stands for; `names` has values by their labels, `zone` is that of local times.

    Raises:
        NoValueError: it is not written as this source is.
    """
    if text in source.values and not isinstance(domain, Members):
        return source.values[text]
    match domain:
        case Truth():
            return YES.get(text, text)
        case Members():
            return _members(source, text, names)
        case Ordered("integer"):
            plain = number(text, source.number)
            return int(plain) if re.fullmatch(r"[+-]?\d{1,40}", plain) else plain
        case Ordered("decimal" | "money"):
            return _trimmed(number(text, source.number), domain)
        case Ordered("date"):
            return instant(source, text, zone).date().isoformat()
        case Ordered("datetime"):
            return instant(source, text, zone).isoformat()
        case Ordered():
            return text if source.unit is None else _span(number(text, source.number), source.unit)
        case Enumeration():
            return names.get(text, text)
        case _:
            return text


def _members(source: FactSource, text: str, names: Mapping[str, str]) -> list[str]:
    """Return the members of a set: a text that stands for some, or several in a row."""
    cut = re.compile(f"[{re.escape(source.separator)}]") if source.separator else _CUT
    parts = [text] if text in source.values or text in names else [p.strip() for p in cut.split(text)]
    return [m for p in parts if p for m in source.values.get(p, (names.get(p, p),))]


@lru_cache(64)
def _pattern_of_numbers(form: NumberForm) -> re.Pattern[str]:
    sign = r"(?P<a>[+-]?)"
    before, after = re.escape(form.before), re.escape(form.after)
    start = rf"(?:{sign}(?:{before})?|{before}(?P<b>[+-]?))" if form.before else sign
    whole = rf"\d+|\d{{1,3}}(?:{re.escape(form.thousands)}\d{{3}})+" if form.thousands else r"\d+"
    return re.compile(rf"{start}(?P<w>{whole})(?:{re.escape(form.point)}(?P<f>\d+))?(?:{after})?", re.ASCII)


def number(text: str, form: NumberForm) -> str:
    """Return a number in plain digits; one that is not written in this form stays as it is."""
    found = _pattern_of_numbers(form).fullmatch(text)
    if found is None:
        return text
    parts = found.groupdict()
    signed = (parts["a"] or parts.get("b") or "").replace("+", "")
    digits = parts["w"].replace(form.thousands, "") if form.thousands else parts["w"]
    return signed + digits + (f".{parts['f']}" if parts["f"] else "")


def _trimmed(plain: str, domain: Ordered) -> str:
    """Return a decimal without zeros beyond its step, which are nothing."""
    step = getattr(domain, "step", None)
    places = 0 if step is None else max(-step.normalize().as_tuple().exponent, 0)
    head, point, tail = plain.partition(".")
    if step is None or not point or not tail.isdecimal() or len(tail) <= places:
        return plain
    kept = tail[:places] + tail[places:].rstrip("0")
    return f"{head}.{kept}" if kept else head


def _span(plain: str, unit: str) -> timedelta | str:
    """Return an amount of a unit as a duration, exact to the microsecond."""
    try:
        return timedelta(microseconds=int(Decimal(plain) * UNITS[unit] * 1_000_000))
    except (InvalidOperation, ValueError, OverflowError):
        return plain


def instant(source: FactSource, text: str, zone: ZoneInfo) -> datetime:
    """Return an instant, local where it has no offset, and midnight where it is a day.

    Raises:
        NoValueError: it is none, or a local time that does not exist.
    """
    expected = source.format or "2024-05-06 / 2024-05-06T09:00"
    try:
        found = _parsed(source.format, text)
    except ValueError:
        raise NoValueError(expected) from None
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(source.zone) if source.zone else zone)


@lru_cache(64)
def _pattern_of_days(form: str) -> re.Pattern[str]:
    return re.compile(pattern_of(form), re.ASCII)


def _parsed(form: str | None, text: str) -> datetime:
    if form is None:
        return datetime.fromisoformat(text)
    found = _pattern_of_days(form).match(text)
    if found is None:
        raise ValueError(text)
    at = {k: int(v) for k, v in found.groupdict().items()}
    return datetime(at["Y"], at["m"], at["d"], at.get("H", 0), at.get("M", 0), at.get("S", 0))  # noqa: DTZ001 - local until said


def is_day(source: FactSource, text: str) -> bool:
    """Return whether a text names a day, and no time of it."""
    return "%H" not in source.format if source.format else not _TIME_OF_DAY.search(text.strip())
