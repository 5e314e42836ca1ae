"""Domains: the values of one input, cut into cells that no rule can tell apart."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Context, Decimal, localcontext
from enum import Enum
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

OrderedKind = Literal["integer", "decimal", "money", "date", "datetime", "duration"]

# Wide enough that no sum, product or remainder of admitted numbers is ever rounded.
EXACT = Context(prec=200)

# A value that can be ordered: int, Decimal, date, datetime or timedelta, one kind a domain.
Point = Any


class Sign(Enum):
    """Answers that are not values: no fact (optional), an unlisted value, a silent procedure."""

    ABSENT = "unknown"
    OTHER = "other"
    NOT_REGULATED = "not_regulated"

    def __repr__(self) -> str:
        return self.name


ABSENT, OTHER, NOT_REGULATED = Sign.ABSENT, Sign.OTHER, Sign.NOT_REGULATED


@dataclass(frozen=True, slots=True)
class Enumeration:
    """A list of values, first = gravest; `open` lists accept a value they do not name."""

    values: tuple[str, ...]
    open: bool = False


@dataclass(frozen=True, slots=True)
class Truth:
    """Yes or no."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """Numbers, money, dates or durations, perhaps bounded and on a grid of `step` from zero."""

    kind: OrderedKind
    minimum: Point | None = None
    maximum: Point | None = None
    step: Point | None = None


@dataclass(frozen=True, slots=True)
class Members:
    """Sets of listed values, one yes/no dimension a member; `values` None holds free text."""

    values: tuple[str, ...] | None
    open: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """Free text: an id that rules compare but do not list."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of values of one domain, in an order that means something; outputs only."""

    of: Enumeration | Truth | Ordered | Members | Text


Domain = Enumeration | Truth | Ordered | Members | Text | ListOf


# --- tests: what a cell of a rule says about a value -------------------------------------------


@dataclass(frozen=True, slots=True)
class Anything:
    """The cell `-`."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these values (or, negated, any known other one)."""

    values: frozenset[object]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class ParameterRef:
    """A bound that names a parameter."""

    name: str


@dataclass(frozen=True, slots=True)
class Interval:
    """Values between two bounds; None is no bound."""

    low: Point | None = None
    high: Point | None = None
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True, slots=True)
class Within:
    """Values in one of the intervals (or, negated, any known value in none)."""

    intervals: tuple[Interval, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Is:
    """The sign itself (`unknown`, `not_regulated`) or, negated, any value (`known`, `regulated`)."""

    sign: Sign
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Contains:
    """A set that has any of, all of and none of these members."""

    any_of: frozenset[object] = frozenset()
    all_of: frozenset[object] = frozenset()
    none_of: frozenset[object] = frozenset()

    def members(self) -> frozenset[object]:
        return self.any_of | self.all_of | self.none_of


Test = Anything | OneOf | Within | Is | Contains


# --- cells: the parts of a domain that a set of tests can tell apart ---------------------------


@dataclass(frozen=True)
class ValueAxis:
    """One cell a value, and one for each sign that can occur."""

    values: tuple[object, ...]

    @cached_property
    def index(self) -> dict[object, int]:
        return {v: i for i, v in enumerate(self.values)}

    @property
    def size(self) -> int:
        return len(self.values)

    def cell_of(self, value: object) -> int:
        found = self.index.get(value)
        return self.index[OTHER] if found is None else found

    def accepts(self, test: Test) -> int:
        """Return the cells that the test matches, as a bitset."""
        match test:
            case Anything():
                return (1 << self.size) - 1
            case OneOf(values, negated):
                return self._bits(lambda v: v not in (ABSENT, NOT_REGULATED) and ((v in values) != negated))
            case Is(sign, negated):
                return self._bits(lambda v: (v is sign) != negated)
            case _:
                raise TypeError(test)

    def _bits(self, holds: Any) -> int:
        return sum(1 << i for i, v in enumerate(self.values) if holds(v))

    def witness(self, cell: int) -> object:
        return self.values[cell]


@dataclass(frozen=True)
class LineAxis:
    """Points and the open stretches between them, without stretches that hold no value."""

    domain: Ordered
    points: tuple[Point, ...]
    sign: Sign | None = None

    @cached_property
    def cells(self) -> tuple[Interval | Sign, ...]:
        ends: list[Point | None] = [None, *self.points, None]
        parts: list[Interval | Sign] = []
        for low, high in pairwise(ends):
            parts.append(Interval(low, high, low_open=True, high_open=True))
            if high is not None:
                parts.append(Interval(high, high))
        kept = [p for p in parts if isinstance(p, Interval) and value_in(p, self.domain) is not None]
        return (*kept, *([self.sign] if self.sign else []))

    @cached_property
    def raw_to_cell(self) -> tuple[int, ...]:
        places = {c: i for i, c in enumerate(self.cells)}
        ends: list[Point | None] = [None, *self.points, None]
        raw: list[int] = []
        for low, high in pairwise(ends):
            raw.append(places.get(Interval(low, high, low_open=True, high_open=True), -1))
            if high is not None:
                raw.append(places.get(Interval(high, high), -1))
        return tuple(raw)

    @property
    def size(self) -> int:
        return len(self.cells)

    def cell_of(self, value: Point) -> int:
        if isinstance(value, Sign):
            return self.size - 1
        at = bisect_left(self.points, value)
        on_point = at < len(self.points) and self.points[at] == value
        return self.raw_to_cell[2 * at + 1 if on_point else 2 * at]

    def accepts(self, test: Test) -> int:
        """Return the cells that the test matches, as a bitset."""
        bits = 0
        for i, cell in enumerate(self.cells):
            if _line_holds(test, cell):
                bits |= 1 << i
        return bits

    def witness(self, cell: int) -> object:
        part = self.cells[cell]
        return part if isinstance(part, Sign) else value_in(part, self.domain)


@dataclass(frozen=True)
class MemberAxis:
    """Cell 0: the set lacks the member; cell 1: it has it."""

    member: object
    listed: frozenset[str] = frozenset()
    size = 2

    def cell_of(self, value: Any) -> int:
        if isinstance(value, Sign):
            return 0
        if self.member is OTHER:
            return int(any(v not in self.listed for v in value))
        return int(self.member in value)

    def witness(self, cell: int) -> object:
        return bool(cell)


@dataclass(frozen=True)
class SignAxis:
    """A set-valued decision that may be silent: cell 0 decided, cell 1 the sign."""

    sign: Sign
    size = 2

    def cell_of(self, value: object) -> int:
        return int(value is self.sign)

    def witness(self, cell: int) -> object:
        return self.sign if cell else None


Axis = ValueAxis | LineAxis | MemberAxis | SignAxis


def axes_for(domain: Domain, tests: Iterable[Test], sign: Sign | None) -> tuple[Axis, ...]:
    """Cut a domain into the cells that these tests can tell apart.

    `sign` is the answer without a value that can occur here: ABSENT or NOT_REGULATED.
    """
    extra = (sign,) if sign else ()
    match domain:
        case Enumeration(values, open=is_open):
            return (ValueAxis((*values, *((OTHER,) if is_open else ()), *extra)),)
        case Truth():
            return (ValueAxis((True, False, *extra)),)
        case Ordered():
            points = sorted({p for t in tests for p in _points(t)})
            return (LineAxis(domain, tuple(points), sign),)
        case Members(values, open=_):
            named = {m for t in tests if isinstance(t, Contains) for m in t.members()}
            order = [*(values or sorted(m for m in named if isinstance(m, str))), OTHER]
            listed = frozenset(values or ())
            members = tuple(MemberAxis(m, listed) for m in order if m in named)
            return (*members, *((SignAxis(sign),) if sign else ()))
        case Text():
            return (ValueAxis((OTHER, *extra)),)
        case ListOf():
            return (ValueAxis((OTHER, *extra)),)


def boxes_of(test: Test, axes: Sequence[Axis]) -> list[tuple[int, ...]]:
    """Return the test as boxes over the axes of its domain: one bitset of cells an axis."""
    if len(axes) == 1 and isinstance(axes[0], (ValueAxis, LineAxis)):
        return [(axes[0].accepts(test),)]
    free = tuple((1 << a.size) - 1 for a in axes)
    match test:
        case Anything():
            return [free]
        case Is(_, negated):
            want = 0b01 if negated else 0b10
            return [tuple(want if isinstance(a, SignAxis) else f for a, f in zip(axes, free, strict=True))]
        case Contains(any_of, all_of, none_of):
            base = [_member_bits(a, all_of, none_of, f) for a, f in zip(axes, free, strict=True)]
            if not any_of:
                return [tuple(base)] if all(base) else []
            chosen = [i for i, a in enumerate(axes) if isinstance(a, MemberAxis) and a.member in any_of]
            boxes = [tuple(b & 0b10 if i == at else b for i, b in enumerate(base)) for at in chosen]
            return [b for b in boxes if all(b)]
        case _:
            raise TypeError(test)


def _member_bits(axis: Axis, all_of: frozenset[object], none_of: frozenset[object], free: int) -> int:
    if isinstance(axis, SignAxis):
        return 0b01
    if not isinstance(axis, MemberAxis):
        return free
    bits = free
    if axis.member in all_of:
        bits &= 0b10
    if axis.member in none_of:
        bits &= 0b01
    return bits


def _points(test: Test) -> Iterable[Point]:
    if isinstance(test, Within):
        for interval in test.intervals:
            yield from (b for b in (interval.low, interval.high) if b is not None)


def _line_holds(test: Test, cell: Interval | Sign) -> bool:
    match test:
        case Anything():
            return True
        case Is(sign, negated):
            return (cell is sign) != negated
        case Within(intervals, negated):
            return isinstance(cell, Interval) and any(_inside(cell, i) for i in intervals) != negated
        case _:
            raise TypeError(test)


def _inside(cell: Interval, interval: Interval) -> bool:
    # INVARIANT: every bound of `interval` is a point of the axis, so a cell is inside or outside whole.
    if interval.low is not None:
        if cell.low is None or cell.low < interval.low:
            return False
        if cell.low == interval.low and not cell.low_open and interval.low_open:
            return False
    if interval.high is not None:
        if cell.high is None or cell.high > interval.high:
            return False
        if cell.high == interval.high and not cell.high_open and interval.high_open:
            return False
    return True


# --- values inside an interval -------------------------------------------------------------------

_UNIT: dict[str, Point] = {
    "integer": 1, "decimal": Decimal(1), "money": Decimal(1),
    "date": timedelta(days=1), "datetime": timedelta(seconds=1), "duration": timedelta(minutes=1),
}  # fmt: skip
_ORIGIN: dict[str, Point] = {
    "integer": 0, "decimal": Decimal(0), "money": Decimal(0),
    "date": date(2024, 1, 1), "datetime": None, "duration": timedelta(0),
}  # fmt: skip


def value_in(interval: Interval, domain: Ordered) -> Point | None:
    """Return a value of the domain inside the interval, or None where there is none."""
    with localcontext(EXACT):
        return _value_in(interval, domain)


def _value_in(interval: Interval, domain: Ordered) -> Point | None:
    low, low_open = _tighter(interval.low, domain.minimum, open_=interval.low_open, want_max=True)
    high, high_open = _tighter(interval.high, domain.maximum, open_=interval.high_open, want_max=False)
    if low is not None and high is not None and (low > high or (low == high and (low_open or high_open))):
        return None
    step = domain.step or (timedelta(days=1) if domain.kind == "date" else None)
    if step is None:
        return _between(domain.kind, low, high, low_open, high_open)
    return _on_grid(domain.kind, step, low, high, low_open, high_open)


def _tighter(a: Point | None, b: Point | None, *, open_: bool, want_max: bool) -> tuple[Point | None, bool]:
    if b is None or (a is not None and (a == b or (a > b) == want_max)):
        return a, open_
    return b, False


def _between(kind: str, low: Point | None, high: Point | None, low_open: bool, high_open: bool) -> Point | None:
    unit = _UNIT[kind]
    if low is not None and not low_open:
        return low
    if high is not None and not high_open:
        return high
    if low is not None and high is not None:
        middle = low + (high - low) / 2
        return middle if low < middle < high else None
    if low is not None:
        return _shift(low, unit)
    if high is not None:
        return _shift(high, -unit)
    return _ORIGIN[kind] if kind != "datetime" else datetime.fromisoformat("2024-01-01T00:00:00+08:00")


def _shift(value: Point, by: Point) -> Point | None:
    try:
        return value + by
    except OverflowError:
        return None


def _on_grid(  # noqa: PLR0917 - the two ends of one stretch
    kind: str, step: Point, low: Point | None, high: Point | None, low_open: bool, high_open: bool
) -> Point | None:
    # INVARIANT: `//` cuts towards zero for Decimal and down for the rest, so one step mends either.
    origin = _ORIGIN[kind]
    if low is not None:
        first = origin + ((low - origin) // step) * step
        if first < low or (first == low and low_open):
            first = _shift(first, step)
        inside = first is not None and (high is None or first < high or (first == high and not high_open))
        return first if inside else None
    if high is not None:
        last = origin + ((high - origin) // step) * step
        return _shift(last, -step) if last > high or (last == high and high_open) else last
    return origin


def on_grid(value: Point, domain: Ordered) -> bool:
    """Report whether the value lies on the domain's grid of steps."""
    if domain.step is None:
        return True
    with localcontext(EXACT):
        return not (value - _ORIGIN[domain.kind]) % domain.step
