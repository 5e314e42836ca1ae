"""Values: one text or JSON value as a value of a domain, or the reason why it is none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from complaint_rules.domains import (
    Domain,
    Enumeration,
    ListOf,
    Members,
    Ordered,
    Sign,
    Text,
    Truth,
    on_grid,
)
from complaint_rules.limits import DEFAULT_LIMITS
from complaint_rules.words import suggest

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?\Z", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d+\Z", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})\Z", re.ASCII)
_DURATION = re.compile(r"P(?=.)(\d+W)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?\Z", re.ASCII)
YES = {"yes": True, "true": True, "是": True, "no": False, "false": False, "否": False}


class BadValueError(ValueError):
    """A value that its domain does not hold: a code and the words for its sentence."""

    def __init__(self, code: str, **args: object) -> None:
        super().__init__(code)
        self.code = code
        self.args_of = args


def from_text(text: str, domain: Domain) -> Any:
    """Return the value that a text of a file means.

    Raises:
        BadValueError: the domain has no such value.
    """
    match domain:
        case Truth():
            if text not in YES:
                raise BadValueError("CR103", value=text, expected="yes / no", suggestion=suggest(text, YES))
            return YES[text]
        case Ordered():
            return checked(_ordered(text, domain), domain)
        case Members() | ListOf():
            raise BadValueError("CR103", value=text, expected="[a, b]")
        case Enumeration() | Text():
            return checked(text, domain)


def _ordered(text: str, domain: Ordered) -> Any:
    if len(text) > DEFAULT_LIMITS.number_length:
        raise BadValueError("CR103", value=text, expected=domain.kind)
    pattern, example = _FORMS[domain.kind]
    if not pattern.match(text):
        raise BadValueError(
            "CR103", value=text, expected=f"{domain.kind} ({example})", suggestion=_mended(text, pattern)
        )
    try:
        return _MAKERS[domain.kind](text)
    except (ValueError, OverflowError):
        raise BadValueError("CR103", value=text, expected=f"{domain.kind} ({example})") from None


def _mended(text: str, pattern: re.Pattern[str]) -> str | None:
    """Return the text as it was probably meant: full-width digits, thousands separators, spaces."""
    plain = suggest(text, [])
    for candidate in (re.sub(r"[\s,_]", "", text), _wide_to_plain(text), plain or ""):
        if candidate and candidate != text and pattern.match(candidate):
            return candidate
    return None


def _wide_to_plain(text: str) -> str:
    return "".join(chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else c for c in text)


def _datetime(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _duration(text: str) -> timedelta:
    import pendulum  # noqa: PLC0415 - 100 ms that only rulesets with durations pay

    # It reads each number into 32 bits, and says nothing where one does not fit.
    if any(int(n) >= 1 << 32 for n in re.findall(r"(\d+)(?:\.\d+)?[WDHMS]", text)):
        raise ValueError(text)
    parsed = pendulum.parse(text)
    if not isinstance(parsed, pendulum.Duration):
        raise ValueError(text)
    return timedelta(days=parsed.days, seconds=parsed.seconds, microseconds=parsed.microseconds)


_FORMS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "integer": (_INTEGER, "25"),
    "decimal": (_NUMBER, "0.05"),
    "money": (_NUMBER, "12.50"),
    "date": (_DATE, "2024-05-06"),
    "datetime": (_DATETIME, "2024-05-06T09:00:00+08:00"),
    "duration": (_DURATION, "PT1H30M"),
}
_MAKERS: Mapping[str, Any] = {
    "integer": int,
    "decimal": Decimal,
    "money": Decimal,
    "date": date.fromisoformat,
    "datetime": _datetime,
    "duration": _duration,
}
_PYTHON: Mapping[str, tuple[type, ...]] = {
    "integer": (int,),
    "decimal": (Decimal, int),
    "money": (Decimal, int),
    "date": (date,),
    "datetime": (datetime,),
    "duration": (timedelta,),
}


def from_json(raw: object, domain: Domain) -> Any:
    """Return the value that a JSON or Python value of a fact means.

    Floats are refused: 0.1 is not a tenth. Text is read as in a file.

    Raises:
        BadValueError: the domain has no such value.
    """
    if isinstance(domain, Ordered) and isinstance(raw, str) and domain.kind != "integer":
        return checked(_ordered(raw, domain), domain)
    match domain:
        case Truth():
            if isinstance(raw, bool):
                return raw
            raise BadValueError("CR302", value=shown(raw), expected="true / false")
        case Members():
            if isinstance(raw, str) or not isinstance(raw, (Sequence, frozenset, set)):
                raise BadValueError("CR302", value=shown(raw), expected="[a, b]")
            return frozenset(_member(m, domain) for m in raw)
        case Ordered():
            if isinstance(raw, float):
                raise BadValueError("CR305", value=raw)
            return checked(_native(raw, domain), domain)
        case ListOf():
            raise BadValueError("CR302", value=shown(raw), expected="-")
        case Enumeration() | Text():
            if not isinstance(raw, str):
                raise BadValueError("CR302", value=shown(raw), expected="text")
            return checked(raw, domain)


def _native(raw: object, domain: Ordered) -> Any:
    wrong = isinstance(raw, bool) or not isinstance(raw, _PYTHON[domain.kind])
    if wrong or (domain.kind == "date" and isinstance(raw, datetime)):
        raise BadValueError("CR302", value=shown(raw), expected=f"{domain.kind} ({_FORMS[domain.kind][1]})")
    if isinstance(raw, datetime) and raw.tzinfo is None:
        raise BadValueError("CR302", value=shown(raw), expected="datetime with an offset")
    # INVARIANT: Python refuses to write an integer of more than 4,300 digits, so its size is asked first.
    huge = isinstance(raw, int) and raw.bit_length() > 4 * DEFAULT_LIMITS.number_length
    if huge or (isinstance(raw, (int, Decimal)) and len(str(raw)) > DEFAULT_LIMITS.number_length):
        raise BadValueError("CR302", value=shown(raw), expected=f"{domain.kind} of at most 40 digits")
    if isinstance(raw, Decimal) and (not raw.is_finite() or abs(raw.adjusted()) > DEFAULT_LIMITS.number_length):
        raise BadValueError("CR302", value=shown(raw), expected=domain.kind)
    return Decimal(raw) if domain.kind in ("decimal", "money") and isinstance(raw, int) else raw


def _member(raw: object, domain: Members) -> str:
    if not isinstance(raw, str):
        raise BadValueError("CR302", value=shown(raw), expected="text")
    if domain.values is not None and not domain.open and raw not in domain.values:
        raise BadValueError("CR303", value=raw, known=domain.values, suggestion=suggest(raw, domain.values))
    return raw


def checked(value: Any, domain: Domain) -> Any:
    """Return the value if the domain holds it.

    Raises:
        BadValueError: it is not listed, out of range, or off the grid.
    """
    match domain:
        case Enumeration(values, open=is_open):
            if value not in values and not is_open:
                raise BadValueError("CR303", value=value, known=values, suggestion=suggest(value, values))
        case Ordered(_, minimum, maximum, step):
            if (minimum is not None and value < minimum) or (maximum is not None and value > maximum):
                raise BadValueError("CR304", value=to_json(value), low=_bound(minimum), high=_bound(maximum))
            if step is not None and not on_grid(value, domain):
                raise BadValueError("CR306", value=to_json(value), step=step)
        case _:
            pass
    return value


def _bound(value: object) -> object:
    return "…" if value is None else to_json(value)


def shown(raw: object) -> str:
    """Return a value, or the name of its type if Python cannot show it, for a sentence."""
    try:
        text = str(raw) if isinstance(raw, (str, Decimal, date)) else repr(raw)
    except Exception:  # noqa: BLE001 - too long, too deep, or an object of the caller's that raises whatever it likes
        text = type(raw).__name__
    return text if len(text) <= 60 else text[:57] + "…"


def to_json(value: object) -> Any:
    """Return the value as JSON data: decimals and dates as text, sets sorted."""
    match value:
        case bool() | int() | str() | None:
            return value
        case Decimal():
            return format(value, "f")
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return _iso_duration(value)
        case frozenset():
            return sorted(value)
        case tuple():
            return [to_json(v) for v in value]
        case Mapping():
            return {k: to_json(v) for k, v in value.items()}
        case Sign():
            return value.value
        case _:
            return str(value)


def _iso_duration(value: timedelta) -> str:
    sign = "-" if value < timedelta(0) else ""
    whole = abs(value)
    hours, rest = divmod(whole.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{whole.microseconds:06d}".rstrip("0").rstrip(".")
    day = f"{whole.days}D" if whole.days else ""
    parts = (
        f"{hours}H" * bool(hours) + f"{minutes}M" * bool(minutes) + f"{seconds}{fraction}S" * bool(seconds or fraction)
    )
    return f"{sign}P{day}" + (f"T{parts}" if parts else ("" if day else "T0S"))
