"""Mutant: a ruleset with one small change, and the neighbours of a value, a cell and a bound that a slip would write."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from complaint_rules.domains import (
    OTHER,
    Anything,
    Contains,
    Domain,
    Enumeration,
    Interval,
    Is,
    ListOf,
    Members,
    OneOf,
    Ordered,
    ParameterRef,
    Test,
    Text,
    Truth,
    Within,
    on_grid,
)
from complaint_rules.ruleset import Ruleset, When
from complaint_rules.values import to_json
from complaint_rules.words import Label

Section = Literal["decisions", "parameters", "inputs", "deadlines", "process", "triggers"]
DROPPED = Label("删去", "dropped")


@dataclass(frozen=True, slots=True)
class Change:
    """One part of a ruleset changed: `changed` stands in the place of the part `name` of its section, `how` says what differs.

    `part` is the rule, item, milestone or step in which it lies; of the section `process` the whole process is changed.
    """

    section: Section
    name: str
    part: str
    how: Label
    changed: Any

    @property
    def place(self) -> str:
        """Where it lies, as people write it."""
        return f"{self.name}.{self.part}" if self.part else self.name

    def made_in(self, ruleset: Ruleset) -> Ruleset:
        """Return the ruleset with this change."""
        place: dict[str, Any] = {self.section: self.changed}
        if self.section != "process":
            place = {self.section: {**getattr(ruleset, self.section), self.name: self.changed}}
        return replace(ruleset, **place)


@dataclass(frozen=True, slots=True)
class Operator:
    """A kind of slip: what it changes, and all its changes of a ruleset."""

    name: str
    label: Label
    changes: Callable[[Ruleset], Iterator[Change]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change, and the operator that made it."""

    operator: str
    change: Change

    @property
    def id(self) -> str:
        """What it is called in a list of all mutants."""
        return f"{self.operator} {self.change.place}: {self.change.how.en}"


# --- parts of a whole -------------------------------------------------------------------------------------


def without(parts: tuple[Any, ...], at: int) -> tuple[Any, ...]:
    return (*parts[:at], *parts[at + 1 :])


def with_part(parts: tuple[Any, ...], at: int, part: Any) -> tuple[Any, ...]:
    return (*parts[:at], part, *parts[at + 1 :])


def became(what: str, value: Any) -> Label:
    """Return the words for something that has become something else."""
    written = json.dumps(to_json(value), ensure_ascii=False)
    return Label(f"{what} 改为 {written}", f"{what}: {written}")


def lost(what: str) -> Label:
    return Label(f"{what} 删去", f"{what} dropped")


def following(value: Any, values: Sequence[Any]) -> Any | None:
    """Return the value that stands after this one in a list, of the last one the one before; None where it is alone."""
    if value not in values or len(values) < 2:
        return None
    at = values.index(value)
    return values[at + 1] if at + 1 < len(values) else values[at - 1]


# --- values ---------------------------------------------------------------------------------------------


def step_from(value: Any, domain: Ordered) -> Any:
    """Return one step of a domain; where it has none, one of the last digit with which a number is written."""
    if domain.step is not None:
        return domain.step
    match value:
        case Decimal():
            exponent = value.normalize().as_tuple().exponent
            return Decimal(1).scaleb(min(0, int(exponent)))
        case datetime():
            return timedelta(seconds=1)
        case date():
            return timedelta(days=1)
        case timedelta():
            whole = timedelta(days=1)
            return whole if value and not value % whole else timedelta(hours=1)
    return 1


def near(value: Any, domain: Domain, *, rare: Callable[[Any], int] = lambda _: 0) -> Iterator[Any]:
    """Yield the values beside one: a step up and down, the next of a list, a set with a member more or less.

    Of a set the member is changed that is `rare`: another rule that matches too would hide the change.
    """
    match domain:
        case _ if value is None or isinstance(value, ParameterRef):
            return
        case Truth():
            yield not value
        case Enumeration(values):
            other = following(value, values)
            yield from [other] if other is not None else []
        case Members(values) if values:
            yield frozenset(value) ^ {min(values, key=rare)}
        case Ordered():
            step = step_from(value, domain)
            yield from (v for v in (value + step, value - step) if _lies_in(v, domain))
        case Text() | ListOf() | Members():
            return


def _lies_in(value: Any, domain: Ordered) -> bool:
    low, high = domain.minimum, domain.maximum
    return (low is None or value >= low) and (high is None or value <= high) and on_grid(value, domain)


# --- cells ----------------------------------------------------------------------------------------------


def moved_bounds(test: Test, domain: Domain) -> Iterator[Test]:
    """Yield a cell with one of its bounds a step off."""
    if not isinstance(test, Within) or not isinstance(domain, Ordered):
        return
    for at, interval in enumerate(test.intervals):
        for moved in _moved(interval, domain):
            yield replace(test, intervals=with_part(test.intervals, at, moved))


def _moved(interval: Interval, domain: Ordered) -> Iterator[Interval]:
    low, high = interval.low, interval.high
    if low is not None and low == high:
        yield from (Interval(v, v) for v in near(low, domain))
        return
    for end, value in (("low", low), ("high", high)):
        for other in near(value, domain):
            moved = replace(interval, **{end: other})
            if _is_some(moved):
                yield moved


def _is_some(interval: Interval) -> bool:
    """Report whether an interval can hold a value; bounds that are parameters may."""
    low, high = interval.low, interval.high
    if low is None or high is None or isinstance(low, ParameterRef) or isinstance(high, ParameterRef):
        return True
    return bool(low < high or (low == high and not interval.low_open and not interval.high_open))


def opened_bounds(test: Test, domain: Domain) -> Iterator[Test]:
    """Yield a cell with one of its bounds left out where it belonged, or taken in where it did not.

    A bound on a grid of steps that is a number is left to `moved_bounds`: the next step says the same.
    """
    if not isinstance(test, Within) or not isinstance(domain, Ordered):
        return
    on_steps = domain.step is not None or domain.kind in ("integer", "date")
    for at, interval in enumerate(test.intervals):
        for end in ("low", "high"):
            bound = getattr(interval, end)
            if bound is None or interval.low == interval.high or (on_steps and not isinstance(bound, ParameterRef)):
                continue
            other = replace(interval, **{f"{end}_open": not getattr(interval, f"{end}_open")})
            if _is_some(other):
                yield replace(test, intervals=with_part(test.intervals, at, other))


def other_members(test: Test, domain: Domain) -> Iterator[Test]:
    """Yield a cell with one of its values left out, one more, or the only one changed."""
    match test:
        case OneOf(values, negated):
            known = _listed(domain)
            held = [v for v in known if v in values]
            if len(held) > 1 and len(held) == len(values):
                yield from (OneOf(values - {v}, negated) for v in held)
            more = next((v for v in known if v not in values and _is_beside(v, held, known)), None)
            if len(held) == 1 and more is not None:
                yield OneOf(frozenset({more}), negated)
            if more is not None and len(values) + 1 < len(known):
                yield OneOf(values | {more}, negated)
        case Contains():
            yield from _other_contents(test, domain)


def _listed(domain: Domain) -> tuple[Any, ...]:
    match domain:
        case Truth():
            return (True, False)
        case Enumeration(values, open=is_open):
            return (*values, *((OTHER,) if is_open else ()))
        case Members(values):
            return values or ()
    return ()


def _is_beside(value: Any, held: Sequence[Any], known: Sequence[Any]) -> bool:
    at = known.index(value)
    return any(abs(known.index(v) - at) == 1 for v in held)


def _other_contents(test: Contains, domain: Domain) -> Iterator[Test]:
    known = [m for m in _listed(domain) if m not in test.members()]
    for key in ("any_of", "all_of", "none_of"):
        members: frozenset[object] = getattr(test, key)
        for member in sorted(members, key=str):
            other = replace(test, **{key: members - {member}})
            if other.members() and (key != "any_of" or other.any_of):
                yield other
        if members and known:
            yield replace(test, **{key: members | {known[0]}})
    if len(test.members()) == 1 and known:
        key = next(k for k in ("any_of", "all_of", "none_of") if getattr(test, k))
        yield replace(test, **{key: frozenset(known[:1])})


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a rule or item, and the alternatives of which it is one."""

    column: str
    test: Test
    alternatives: tuple[When, ...]
    at: int

    @property
    def said(self) -> str:
        """What it is called: by its column, and its alternative where there are several."""
        return self.column if len(self.alternatives) == 1 else f"{self.column} ({self.at + 1})"

    def replaced(self, other: Test | None) -> tuple[When, ...]:
        """Return the alternatives with another cell in its place, or none."""
        kept = {c: t for c, t in self.alternatives[self.at].items() if c != self.column}
        made: When = kept if other is None else {**kept, self.column: other}
        return with_part(self.alternatives, self.at, made)


def cells_of(alternatives: tuple[When, ...]) -> Iterator[Cell]:
    """Yield each cell of a rule's alternatives."""
    for at, when in enumerate(alternatives):
        yield from (Cell(column, test, alternatives, at) for column, test in when.items())


def cell_words(test: Test | None) -> str:
    """Return a cell as a file would write it."""
    match test:
        case None | Anything():
            return "-"
        case OneOf(values, negated):
            said = _joined(values)
            return f"not({said})" if negated else said
        case Within(intervals, negated):
            said = ", ".join(map(_stretch, intervals))
            return f"not({said})" if negated else said
        case Is(sign, negated):
            return f"not({sign.value})" if negated else sign.value
        case Contains(any_of, all_of, none_of):
            parts = {"any_of": any_of, "all_of": all_of, "none_of": none_of}
            return ", ".join(f"{k}: [{_joined(v)}]" for k, v in parts.items() if v)


def _joined(values: frozenset[object]) -> str:
    return ", ".join(sorted({True: "yes", False: "no"}[v] if isinstance(v, bool) else str(to_json(v)) for v in values))


def _stretch(interval: Interval) -> str:
    low, high = (b.name if isinstance(b, ParameterRef) else to_json(b) for b in (interval.low, interval.high))
    if interval.low is not None and interval.low == interval.high:
        return str(low)
    if interval.low is None:
        return f"<{'' if interval.high_open else '='} {high}"
    if interval.high is None:
        return f">{'' if interval.low_open else '='} {low}"
    return f"{'(' if interval.low_open else '['}{low}..{high}{')' if interval.high_open else ']'}"
