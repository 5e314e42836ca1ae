"""Trees: a formula as nodes of known kinds, and what it comes to, with operands known or not."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from operator import itemgetter
from typing import Any

from complaint_rules.domains import ABSENT, EXACT, NOT_REGULATED, Domain, Ordered, Truth

Run = Callable[[Mapping[str, Any]], Any]
_WIDEST_INTEGER = 10**200


class Unknown(Enum):
    """The value of a formula that still waits for an operand."""

    UNKNOWN = "unknown"

    @property
    def is_unknown(self) -> bool:
        return True


UNKNOWN = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True)
class FormulaType:
    """What a name in a formula holds."""

    domain: Domain
    currency: str = ""


class OpenOperandError(Exception):
    """An operand is unknown, absent or not regulated."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A value written in the formula."""

    type: FormulaType
    value: Any
    column: int = 0


@dataclass(frozen=True, slots=True)
class Name:
    """A value looked up by name."""

    type: FormulaType
    name: str
    in_fractions: bool


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of the values of its parts."""

    type: FormulaType
    function: Callable[..., Any]
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Logic:
    """`and` (decided by no) or `or` (decided by yes)."""

    type: FormulaType
    decisive: bool
    left: Node
    right: Node


Node = Constant | Name | Apply | Logic
NUMBERS = ("integer", "decimal", "money")
TRUTH = FormulaType(Truth())


# --- running ----------------------------------------------------------------------------------------


class Waits:
    """An unknown value, and the names of the operands it waits for."""

    __slots__ = ("names",)

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names


_KNOWN_TYPES = frozenset((int, bool, str, Decimal, date, datetime, timedelta, frozenset, tuple, Fraction))


def _is_open(value: Any) -> bool:
    if type(value) in _KNOWN_TYPES:
        return False
    return value is UNKNOWN or value is ABSENT or bool(getattr(value, "is_unknown", False))


def exact_run(names: tuple[str, ...], fast: Run, finish: Callable[[Any], Any]) -> Run:
    """Return the function of known operands; it raises OpenOperandError for any other."""
    known = _KNOWN_TYPES

    def run(values: Mapping[str, Any]) -> Any:
        for name in names:
            if type(values[name]) not in known:
                raise OpenOperandError
        return fast(values) if finish is same else finish(fast(values))

    return run


def total_run(exact: Run, waits: Run, finish: Callable[[Any], Any]) -> Run:
    """Return the function that tries the two-valued closure first, and else the three-valued one."""

    def run(values: Mapping[str, Any]) -> Any:
        try:
            return exact(values)
        except OpenOperandError:
            found = waits(values)
            return UNKNOWN if type(found) is Waits else found if found is NOT_REGULATED else finish(found)
        except ArithmeticError:
            # The procedure says nothing about a quotient by zero, or a date after the year 9999.
            return NOT_REGULATED

    return run


def guarded(run: Run, names: tuple[str, ...]) -> Run:
    """Return the function that lets a silent operand win over everything."""

    def guarded(values: Mapping[str, Any]) -> Any:
        for name in names:
            if values[name] is NOT_REGULATED:
                return NOT_REGULATED
        try:
            return run(values)
        except ArithmeticError:
            return NOT_REGULATED

    return guarded


def finisher(domain: Domain, *, in_fractions: bool) -> Callable[[Any], Any]:
    """Return what brings the exact result of the tree into the domain's kind of value."""
    if not isinstance(domain, Ordered) or domain.kind not in NUMBERS:
        return same
    if domain.kind == "integer":
        return _whole
    return _quotient if in_fractions else EXACT.plus


def same(value: Any) -> Any:
    return value


def _whole(value: Any) -> int:
    whole = int(value)
    if -_WIDEST_INTEGER < whole < _WIDEST_INTEGER:
        return whole
    raise OverflowError


def _quotient(value: Fraction) -> Decimal:
    return EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))


def closed_run(node: Node) -> Run:
    """Return the closure for known operands."""
    match node:
        case Constant(_, value, _):
            return lambda _: value
        case Name(_, name, in_fractions):
            return (lambda values: Fraction(values[name])) if in_fractions else itemgetter(name)
        case Logic(_, decisive, left, right):
            return _either(decisive, closed_run(left), closed_run(right))
        case Apply(_, function, (part,)):
            only = closed_run(part)
            return lambda values: function(only(values))
        case Apply(_, function, (left, right)):
            one, two = closed_run(left), closed_run(right)
            return lambda values: function(one(values), two(values))
        case Apply(_, function, parts):
            runs = [closed_run(p) for p in parts]
            return lambda values: function(*[r(values) for r in runs])


def _either(decisive: bool, left: Run, right: Run) -> Run:
    def run(values: Mapping[str, Any]) -> Any:
        try:
            if left(values) is decisive:
                return decisive
        except ArithmeticError:
            # A part without a value is as good as none where the other part decides.
            if right(values) is decisive:
                return decisive
            raise
        return right(values)

    return run


def open_run(node: Node) -> Run:
    """Return the closure for operands that may be unknown: Kleene's logic."""
    match node:
        case Name(_, name, _):
            known = closed_run(node)
            return lambda values: Waits((name,)) if _is_open(values[name]) else known(values)
        case Logic(_, decisive, left, right):
            return _open_either(decisive, open_run(left), open_run(right))
        case Apply(_, function, parts):
            return _open_apply(function, [open_run(p) for p in parts])
        case _:
            return closed_run(node)


def _open_either(decisive: bool, left: Run, right: Run) -> Run:
    def run(values: Mapping[str, Any]) -> Any:
        one, two = _outcome(left, values), _outcome(right, values)
        if one is decisive or two is decisive:
            return decisive
        if isinstance(one, Waits):
            return _join((one, two)) if isinstance(two, Waits) else one
        if isinstance(two, Waits):
            return two
        for failed in (one, two):
            if isinstance(failed, ArithmeticError):
                raise failed
        return not decisive

    return run


def _outcome(run: Run, values: Mapping[str, Any]) -> Any:
    try:
        return run(values)
    except ArithmeticError as error:
        return error


def _open_apply(function: Callable[..., Any], runs: Sequence[Run]) -> Run:
    def run(values: Mapping[str, Any]) -> Any:
        found = [r(values) for r in runs]
        waiting = [x for x in found if isinstance(x, Waits)]
        return _join(waiting) if waiting else function(*found)

    return run


def _join(waiting: Sequence[Waits]) -> Waits:
    if len(waiting) == 1:
        return waiting[0]
    return Waits(tuple(dict.fromkeys(n for w in waiting for n in w.names)))


def divisors_of(node: Node) -> Iterator[Node]:
    match node:
        case Apply(_, function, parts):
            if function is operator.truediv:
                yield parts[1]
            for part in parts:
                yield from divisors_of(part)
        case Logic(_, _, left, right):
            yield from divisors_of(left)
            yield from divisors_of(right)
        case _:
            return
