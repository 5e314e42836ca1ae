"""Column formula: a formula over whole columns of exact numbers, for the rows where every step of it is proved exact."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from complaint_rules.coded import NUMBER, Column, Flags, Grid, Numbers, Values, Whole
from complaint_rules.column_exact import (
    Part,
    UnprovedError,
    aligned,
    constant,
    divided,
    grid_of,
    least_or_greatest,
    part_of,
    places_of,
    proved,
    times,
)
from complaint_rules.column_numbers import FIRST_INSTANT, LAST_INSTANT
from complaint_rules.compile import ExpressionStep
from complaint_rules.domains import Ordered, Sign, Truth
from complaint_rules.kinds import ARITHMETIC, COMPARE, kind_of
from complaint_rules.trees import NUMBERS, Apply, Constant, Logic, Name, Node, same

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
        case Constant(type_, _, _) | Name(type_, _, _):
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
    scale = max((places_of(v) for v in values.held), default=0)
    grids = [grid_of(v, scale) for v in values.held]
    whole = [None if g is None else g.whole(v) for g, v in zip(grids, values.held, strict=True)]
    return scale, np.array([w or 0 for w in whole], np.int64), np.array([w is not None for w in whole])


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
                a, b = aligned(self.number(left), self.number(right))
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

    def number(self, node: Node) -> Part:
        match node:
            case Constant(_, value, _):
                return constant(value)
            case Name(_, name, _):
                return self._named(name) if name in self.columns else constant(self.working.constants[name])
            case Apply(_, function, parts):
                return self._applied(function, [self.number(p) for p in parts])
        raise UnprovedError

    def _named(self, name: str) -> Part:
        column = self.columns[name]
        if column.numbers is not None:
            if column.codes.any():
                self.doubt(column.codes != NUMBER)
            grid = column.numbers.grid
            return part_of(column.numbers.whole, grid.kind, grid.scale)
        _, scale, whole, is_number = self.working.numbers_listed(name, column.values)
        if not is_number[1:].all():
            self.doubt(~is_number.take(column.codes))
        domain = self.working.step.decision.formula.types[name].domain
        kind = domain.kind if isinstance(domain, Ordered) else ""
        return Part(whole.take(column.codes), kind, scale, int(np.abs(whole).max()))

    def _applied(self, function: Callable[..., Any], parts: list[Part]) -> Part:
        if function is same:
            return parts[0]
        if function in (min, max):
            return least_or_greatest(np.minimum if function is min else np.maximum, parts)
        sign = ARITHMETIC[function]
        if sign == "neg":
            (part,) = parts
            return Part(-part.whole, part.kind, part.scale, part.most)
        one, other = parts
        if sign == "*":
            return Part(one.whole * other.whole, "decimal", one.scale + other.scale, proved(one.most * other.most))
        return self._summed(one, other, subtract=sign == "-")

    def _summed(self, one: Part, other: Part, *, subtract: bool) -> Part:
        kind = one.kind
        if one.kind == other.kind == "date":
            one, other, kind = times(one, _DAY), times(other, _DAY), "duration"
        elif "datetime" in (one.kind, other.kind):
            kind = "duration" if one.kind == other.kind else "datetime"
        a, b = aligned(one, other)
        most = proved(a.most + b.most)
        whole = a.whole - b.whole if subtract else a.whole + b.whole
        if kind == "datetime":
            self.doubt((whole < FIRST_INSTANT) | (whole > LAST_INSTANT))
        return Part(whole, kind, a.scale, most)

    def _fraction(self, node: Node) -> tuple[Part, Part]:
        """Return what is divided by what at the root."""
        if isinstance(node, Apply) and ARITHMETIC.get(node.function) == "/":
            over, under = (self.number(p) for p in node.parts)
            self.doubt(np.equal(under.whole, 0))
            return over, under
        return self.number(node), constant(1)

    def _rounded(self, over: Part, under: Part, step: Fraction, mode: str) -> tuple[Whole, int]:
        """Return how many steps a fraction is, rounded, as a number of its own scale."""
        # (over / 10**a) / (under / 10**b) / (n / d) = over * 10**b * d / (under * 10**a * n)
        shared = Fraction(10**under.scale * step.denominator, 10**over.scale * step.numerator)
        top, bottom = times(over, shared.numerator), times(under, shared.denominator)
        proved(2 * bottom.most)
        steps = divided(top.whole, np.where(bottom.whole == 0, 1, bottom.whole), mode)
        scale = places_of(self.working.step.decision.step)
        factor = int(step * 10**scale)
        proved(top.most * factor)
        return steps * factor, scale
