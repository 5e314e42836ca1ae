"""The specification of values and cells: what a type holds, and what a cell matches."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from itertools import combinations
from typing import Any

Value = Any  # text, bool, int, Decimal, date, datetime, timedelta, frozenset, tuple, or a Special
Tree = Mapping[str, Any]  # a part of the file; every scalar in it is text


class Special(Enum):
    """What a column may hold that is no value of its type."""

    UNKNOWN = "unknown"  # an optional input that is absent
    NOT_REGULATED = "not_regulated"  # a decision whose text is silent


UNKNOWN, NOT_REGULATED = Special.UNKNOWN, Special.NOT_REGULATED
UNLISTED = "a value that the open list does not name"
SPECIAL_CELLS = {"unknown": UNKNOWN, "not_regulated": NOT_REGULATED}
YES = {"yes": True, "no": False}


@dataclass(frozen=True)
class Type:
    kind: str
    values: tuple[str, ...] = ()
    open: bool = False
    minimum: Value = None
    maximum: Value = None
    step: Value = None


STEPS: dict[str, Value] = {
    "integer": 1,
    "decimal": Decimal("0.000001"),
    "money": Decimal("0.01"),
    "date": timedelta(days=1),
    "datetime": timedelta(microseconds=1),
    "duration": timedelta(microseconds=1),
}
STARTS: dict[str, Value] = {
    "integer": 0,
    "decimal": Decimal(0),
    "money": Decimal(0),
    "date": date(2000, 1, 1),
    "datetime": datetime(2000, 1, 1, tzinfo=UTC),
    "duration": timedelta(0),
}


def type_of(tree: Tree, shared: Tree) -> Type:
    """Read what an input, parameter or output says of its type."""
    kind = tree.get("type", "enumeration")
    listed = shared.get(kind) or shared.get(tree.get("of", "")) or tree
    values = tuple(listed.get("values") or tree.get("options") or ())
    if kind in shared:
        kind = "enumeration"
    if kind == "enumeration" and set(values) == {"yes", "no"}:
        kind = "boolean"
    limits = {key: read(tree[key], Type(kind)) for key in ("minimum", "maximum") if key in tree}
    step = read(tree["step"], Type(kind)) if "step" in tree else STEPS.get(kind)
    return Type(kind, values, listed.get("open") == "true", step=step, **limits)


def read(written: Any, type_: Type) -> Value:
    """Read a value of the file."""
    if type_.kind == "set":
        return frozenset(written)
    return read_text(written, type_.kind)


@cache
def read_text(text: str, kind: str) -> Value:
    match kind:
        case "boolean":
            return YES[text]
        case "integer":
            return int(text)
        case "decimal" | "money":
            return Decimal(text)
        case "date":
            return date.fromisoformat(text)
        case "datetime":
            return datetime.fromisoformat(text)
        case "duration":
            found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", text)
            assert found, text
            days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
            return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return text


@cache
def everything(type_: Type, marks: frozenset[Value], margin: int = 1) -> frozenset[Value]:
    """Return all values of a small type; of a long one those at, beside and between the `marks`."""
    match type_.kind:
        case "boolean":
            return frozenset({True, False})
        case "text":
            return frozenset({"any text"})
        case "enumeration" | "set":
            values = [*type_.values, *([UNLISTED] if type_.open else [])]
            subsets = [frozenset(c) for n in range(len(values) + 1) for c in combinations(values, n)]
            return frozenset(subsets if type_.kind == "set" else values)
    low, high, step = type_.minimum, type_.maximum, type_.step
    if type_.kind == "integer" and low is not None and high is not None and high - low <= 50 * step:
        return frozenset(range(low, high + 1, step))
    start = STARTS[type_.kind] if low is None else low
    around = ({*marks, low, high} - {None}) or {start}
    steps = {int((m - start) // step) + n for m in around for n in range(-margin, margin + 1)}
    points = (start + n * step for n in steps)
    return frozenset(p for p in points if (low is None or low <= p) and (high is None or p <= high))


def matches(cell: Any, value: Value, type_: Type, settings: Mapping[str, Value]) -> bool:
    """Tell whether a cell matches; `settings` says what the parameters in its bounds are."""
    if isinstance(cell, list):
        return any(matches(part, value, type_, settings) for part in cell)
    if cell == "-":
        return True
    if cell in ("unknown", "not_regulated"):
        return value is SPECIAL_CELLS[cell]
    if value in (UNKNOWN, NOT_REGULATED):
        return False
    if cell in ("known", "regulated"):
        return True
    if type_.kind == "set":
        return not value if cell == "empty" else set_matches(cell, value, type_)
    if cell.startswith("not("):
        excluded = re.split(r"\s*,\s*", cell[4:-1].strip())
        return not matches(excluded, value, type_, settings)
    if type_.kind in STEPS:
        return number_matches(cell, value, type_, settings)
    if cell == "other" and type_.open:
        return value not in type_.values
    return bool(value == read(cell, type_))


def set_matches(cell: Tree, value: frozenset[str], type_: Type) -> bool:
    """Match a set; a member that the open list does not name counts as `other`."""
    members = {m if m in type_.values or not type_.open else "other" for m in value}
    asked = {test: [of] if isinstance(of, str) else of for test, of in cell.items()}
    return (
        members.issuperset(asked.get("has", []))
        and members.issuperset(asked.get("all_of", []))
        and ("any_of" not in asked or not members.isdisjoint(asked["any_of"]))
        and members.isdisjoint(asked.get("none_of", []))
    )


def number_matches(cell: str, value: Value, type_: Type, settings: Mapping[str, Value]) -> bool:
    words, holds = comparison(cell)
    return holds(value, *(settings[word] if word in settings else read(word, type_) for word in words))


@cache
def comparison(cell: str) -> tuple[list[str], Callable[..., bool]]:
    """Return the bounds in a cell, and how a value is compared with them."""
    words = bounds(cell)
    if ".." in cell:
        above = operator.ge if cell[0] == "[" else operator.gt
        below = operator.le if cell[-1] == "]" else operator.lt
        return words, lambda value, low, high: above(value, low) and below(value, high)
    sign = cell.removesuffix(words[0]).strip()
    return words, {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "": operator.eq}[sign]


def bounds(cell: Any) -> list[str]:
    """Return the literals and the parameters in a cell about numbers, dates or durations."""
    if isinstance(cell, list):
        return [bound for part in cell for bound in bounds(part)]
    return words_of(cell)


@cache
def words_of(cell: str) -> list[str]:
    words = re.split(r"\.\.|[\s<>=,\[\]()]+", cell)
    return [w for w in words if w not in {"", "-", "not", "known", "regulated", *SPECIAL_CELLS}]


def rows_of(when: Any) -> list[Tree]:
    """Read a `when`: a list of mappings means any of them, and none at all means always."""
    return list(when) if isinstance(when, list) else [when or {}]
