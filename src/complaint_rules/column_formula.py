"""Column formula: a formula over whole columns of exact numbers, for the rows where every step of it is proved exact."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from complaint_rules.coded import NUMBER, Column, Flags, Grid, Numbers, Values, Whole
from complaint_rules.column_numbers import FIRST_INSTANT, LAST_INSTANT
from complaint_rules.compile import ExpressionStep
from complaint_rules.domains import Ordered, OrderedKind, Sign, Truth
from complaint_rules.kinds import ARITHMETIC, COMPARE, kind_of
from complaint_rules.trees import NUMBERS, Apply, Constant, Logic, Name, Node, same

_LIMIT = 1 << 62
MOST_PLACES = 38
_DAY = 86_400_000_000
_COMPARING: Mapping[Callable[..., Any], str] = {function: sign for sign, function in COMPARE.items()}
_UFUNCS: Mapping[str, Any] = {
    "=": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
}  # fmt: skip
# The sums and differences of times that are whole microseconds again; those of dates and durations are not among them.
_TIMED = {
    ("duration", "+", "duration"), ("duration", "-", "duration"), ("datetime", "-", "datetime"), ("date", "-", "date"),
    ("datetime", "+", "duration"), ("datetime", "-", "duration"), ("duration", "+", "datetime"),
}  # fmt: skip


class UnprovedError(Exception):
    """Some number may not fit into 64 bits, so that the rows are to be worked out one by one."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Whole numbers in so many decimal places (times in days or microseconds), none further from 0 than `most`."""

    whole: Whole
    kind: str
    scale: int
    most: int


@dataclass(frozen=True, slots=True)
class Worked:
    """What a formula came to: numbers or truths, and the rows where it is sure; None is all of them."""

    found: Numbers | Flags
    sure: Flags | None


def can_be_worked(step: ExpressionStep, constants: Mapping[str, Any], varying: frozenset[str]) -> bool:
    """Return whether a formula is made of what can be worked out by columns, and reads a number that varies by row."""
    formula = step.decision.formula
    moving = [n for n in formula.names if n in varying]
    known = all(not _is_open(constants[n]) for n in formula.names if n not in varying)
    numeric = any(isinstance(formula.types[n].domain, Ordered) for n in moving)
    result = step.decision.type.domain
    wanted = isinstance(result, (Truth, Ordered)) and (step.decision.step is None or _rounds_well(step))
    return known and numeric and wanted and _is_workable(formula.root, root=True)


def _is_open(value: Any) -> bool:
    return isinstance(value, Sign) or bool(getattr(value, "is_unknown", False))


def _rounds_well(step: ExpressionStep) -> bool:
    """Return whether what is rounded to a step of the decision is a value of it."""
    whole = isinstance(step.decision.type.domain, Ordered) and step.decision.type.domain.kind == "integer"
    return not whole or Fraction(step.decision.step or 1).denominator == 1


def _is_workable(node: Node, *, root: bool = False) -> bool:
    match node:
        case Constant(type_, value, _) | Name(type_, value, _):
            return isinstance(type_.domain, (Truth, Ordered))
        case Logic(_, _, left, right):
            return _is_workable(left) and _is_workable(right)
        case Apply(_, function, parts):
            return _is_known(function, parts, root=root) and all(map(_is_workable, parts))


def _is_known(function: Callable[..., Any], parts: tuple[Node, ...], *, root: bool) -> bool:
    kinds = [kind_of(p.type) for p in parts]
    if function is operator.not_ or function is same or function in _COMPARING:
        return function is operator.not_ or all(kinds)
    if function in (min, max):
        return all(kinds)
    sign = ARITHMETIC.get(function)
    if sign == "neg":
        return True
    if sign is None or (sign == "/" and not root):
        return False
    return all(k in NUMBERS for k in kinds) or (kinds[0], sign, kinds[1]) in _TIMED


@dataclass
class Working:
    """A formula that can be worked out by columns; what it remembers is how the listed values of a name are numbers."""

    step: ExpressionStep
    constants: Mapping[str, Any]
    listed: dict[str, tuple[int, int, Whole, Flags]] = field(default_factory=dict)

    def run(self, columns: Mapping[str, Column], rows: int) -> Worked | None:
        """Return what the formula comes to; None where nothing is proved."""
        run = _Run(self, columns, rows)
        try:
            found = run.result()
        except UnprovedError:
            return None
        return Worked(found, run.sure)

    def numbers_listed(self, name: str, values: Values) -> tuple[int, int, Whole, Flags]:
        """Return how many values of a name are listed, their scale, the whole numbers, and which are numbers at all."""
        found = self.listed.get(name)
        if found is None or found[0] < len(values):
            found = self.listed[name] = (len(values), *_as_numbers(values))
        return found


def _as_numbers(values: Values) -> tuple[int, Whole, Flags]:
    scale = max((_scale(v) for v in values.held), default=0)
    grids = [_grid_of(v, scale) for v in values.held]
    whole = [None if g is None else g.whole(v) for g, v in zip(grids, values.held, strict=True)]
    return scale, np.array([w or 0 for w in whole], np.int64), np.array([w is not None for w in whole])


def _scale(value: Any) -> int:
    if not isinstance(value, Decimal):
        return 0
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _grid_of(value: Any, scale: int) -> Grid | None:
    kind: OrderedKind
    match value:
        case bool():
            return None
        case int() | Decimal() | Fraction():
            kind = "decimal"
        case datetime():
            kind = "datetime"
        case date():
            kind = "date"
        case timedelta():
            kind = "duration"
        case _:
            return None
    return Grid(kind, scale if kind == "decimal" else 0)


class _Run:
    """One formula over some rows; `sure` says where every operand is known and nothing went wrong."""

    def __init__(self, working: Working, columns: Mapping[str, Column], rows: int) -> None:
        self.working, self.columns, self.rows = working, columns, rows
        self.sure: Flags | None = None

    def doubt(self, where: Flags) -> None:
        """Note the rows that are not sure."""
        if where.any():
            known = np.broadcast_to(~where, (self.rows,))
            self.sure = known if self.sure is None else self.sure & known

    def result(self) -> Numbers | Flags:
        decision = self.working.step.decision
        root = decision.formula.root
        if isinstance(decision.type.domain, Truth):
            return np.broadcast_to(self.truth(root), (self.rows,))
        assert isinstance(decision.type.domain, Ordered)  # noqa: S101 - asked by `can_be_worked`
        kind = decision.type.domain.kind
        if kind not in NUMBERS:
            return Numbers(self._spread(self.number(root).whole), Grid(kind))
        over, under = self._fraction(root)
        if decision.step is None:
            if over.scale > MOST_PLACES:
                raise UnprovedError
            return Numbers(self._spread(over.whole), Grid(kind, over.scale))
        whole, scale = self._rounded(over, under, Fraction(decision.step), decision.rounding)
        return Numbers(self._spread(whole), Grid(kind, 0 if kind == "integer" else scale))

    def _spread(self, whole: Whole) -> Whole:
        return np.ascontiguousarray(np.broadcast_to(whole, (self.rows,)))

    # --- truths ------------------------------------------------------------------------------------------

    def truth(self, node: Node) -> Flags:
        match node:
            case Constant(_, value, _):
                return np.array(bool(value))
            case Name(_, name, _):
                return self._truths(name)
            case Logic(_, decisive, left, right):
                one, other = self.truth(left), self.truth(right)
                return one | other if decisive else one & other
            case Apply(_, function, (part,)) if function is operator.not_:
                return ~self.truth(part)
            case Apply(_, function, (left, right)):
                a, b = _aligned(self.number(left), self.number(right))
                found: Flags = _UFUNCS[_COMPARING[function]](a.whole, b.whole)
                return found
        raise UnprovedError

    def _truths(self, name: str) -> Flags:
        if name not in self.columns:
            return np.array(bool(self.working.constants[name]))
        column = self.columns[name]
        known = np.array([1 if v is True else 0 if v is False else -1 for v in column.values.held])
        found = known.take(column.codes)
        self.doubt(found < 0)
        truths: Flags = found == 1
        return truths

    # --- numbers -----------------------------------------------------------------------------------------

    def number(self, node: Node) -> _Part:
        match node:
            case Constant(_, value, _):
                return _constant(value)
            case Name(_, name, _):
                return self._named(name) if name in self.columns else _constant(self.working.constants[name])
            case Apply(_, function, parts):
                return self._applied(function, [self.number(p) for p in parts])
        raise UnprovedError

    def _named(self, name: str) -> _Part:
        column = self.columns[name]
        if column.numbers is not None:
            if column.codes.any():
                self.doubt(column.codes != NUMBER)
            grid = column.numbers.grid
            return _part(column.numbers.whole, grid.kind, grid.scale)
        _, scale, whole, is_number = self.working.numbers_listed(name, column.values)
        if not is_number[1:].all():
            self.doubt(~is_number.take(column.codes))
        domain = self.working.step.decision.formula.types[name].domain
        kind = domain.kind if isinstance(domain, Ordered) else ""
        return _Part(whole.take(column.codes), kind, scale, int(np.abs(whole).max()))

    def _applied(self, function: Callable[..., Any], parts: list[_Part]) -> _Part:
        if function is same:
            return parts[0]
        if function in (min, max):
            return _least_or_greatest(np.minimum if function is min else np.maximum, parts)
        sign = ARITHMETIC[function]
        if sign == "neg":
            (part,) = parts
            return _Part(-part.whole, part.kind, part.scale, part.most)
        one, other = parts
        if sign == "*":
            return _Part(
                one.whole * other.whole, "decimal", one.scale + other.scale, _proved(one.most * other.most)
            )
        return self._summed(one, other, subtract=sign == "-")

    def _summed(self, one: _Part, other: _Part, *, subtract: bool) -> _Part:
        kind = one.kind
        if one.kind == other.kind == "date":
            one, other, kind = _times(one, _DAY), _times(other, _DAY), "duration"
        elif "datetime" in (one.kind, other.kind):
            kind = "duration" if one.kind == other.kind else "datetime"
        a, b = _aligned(one, other)
        most = _proved(a.most + b.most)
        whole = a.whole - b.whole if subtract else a.whole + b.whole
        if kind == "datetime":
            self.doubt((whole < FIRST_INSTANT) | (whole > LAST_INSTANT))
        return _Part(whole, kind, a.scale, most)

    def _fraction(self, node: Node) -> tuple[_Part, _Part]:
        """Return what is divided by what at the root."""
        if isinstance(node, Apply) and ARITHMETIC.get(node.function) == "/":
            over, under = (self.number(p) for p in node.parts)
            self.doubt(np.equal(under.whole, 0))
            return over, under
        return self.number(node), _constant(1)

    def _rounded(self, over: _Part, under: _Part, step: Fraction, mode: str) -> tuple[Whole, int]:
        """Return how many steps a fraction is, rounded, as a number of its own scale."""
        # (over / 10**a) / (under / 10**b) / (n / d) = over * 10**b * d / (under * 10**a * n)
        shared = Fraction(10**under.scale * step.denominator, 10**over.scale * step.numerator)
        top, bottom = _times(over, shared.numerator), _times(under, shared.denominator)
        _proved(2 * bottom.most)
        steps = _divided(top.whole, np.where(bottom.whole == 0, 1, bottom.whole), mode)
        scale = _scale(self.working.step.decision.step)
        factor = int(step * 10**scale)
        _proved(top.most * factor)
        return steps * factor, scale


def _divided(top: Whole, bottom: Whole, mode: str) -> Whole:
    """Return a quotient rounded to a whole number."""
    quotient, rest = np.divmod(np.abs(top), np.abs(bottom))
    match mode:
        case "up":
            quotient += rest > 0
        case "half_up":
            quotient += 2 * rest >= np.abs(bottom)
        case "half_even":
            quotient += (2 * rest > np.abs(bottom)) | ((2 * rest == np.abs(bottom)) & (quotient % 2 == 1))
    found: Whole = np.where((top < 0) == (bottom < 0), quotient, -quotient)
    return found


def _constant(value: Any) -> _Part:
    if isinstance(value, Fraction):
        scale = next((s for s in range(19) if 10**s % value.denominator == 0), None)
        if scale is None:
            raise UnprovedError
    else:
        scale = _scale(value)
    grid = _grid_of(value, scale)
    whole = None if grid is None else grid.whole(value)
    if grid is None or whole is None:
        raise UnprovedError
    return _Part(np.array(whole), grid.kind, grid.scale, _proved(abs(whole)))


def _part(whole: Whole, kind: str, scale: int) -> _Part:
    if not whole.size:
        return _Part(whole, kind, scale, 0)
    return _Part(whole, kind, scale, _proved(max(-int(whole.min()), int(whole.max()))))


def _times(part: _Part, factor: int) -> _Part:
    if factor == 1:
        return part
    if factor >= _LIMIT:
        raise UnprovedError
    return _Part(part.whole * factor, part.kind, part.scale, _proved(part.most * factor))


def _aligned(one: _Part, other: _Part) -> tuple[_Part, _Part]:
    """Return two numbers in the same decimal places."""
    scale = max(one.scale, other.scale)
    a, b = (_times(p, 10 ** (scale - p.scale)) for p in (one, other))
    return _Part(a.whole, a.kind, scale, a.most), _Part(b.whole, b.kind, scale, b.most)


def _least_or_greatest(function: Any, parts: list[_Part]) -> _Part:
    found = parts[0]
    for part in parts[1:]:
        a, b = _aligned(found, part)
        found = _Part(function(a.whole, b.whole), a.kind, a.scale, max(a.most, b.most))
    return found


def _proved(most: int) -> int:
    """Return the bound of a number if it is small enough.

    Raises:
        UnprovedError: it is not.
    """
    if most >= _LIMIT:
        raise UnprovedError
    return most


