"""Jointly: two rulesets as one whose names hold what either of them admits, and what each admits of that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from itertools import product
from math import gcd, lcm
from operator import or_
from typing import Any

from complaint_rules.compile import CompiledRuleset, may_be_silent
from complaint_rules.domains import (
    ABSENT,
    NOT_REGULATED,
    OTHER,
    Axis,
    Contains,
    Domain,
    Enumeration,
    Interval,
    LineAxis,
    MemberAxis,
    Members,
    OneOf,
    Ordered,
    ParameterRef,
    Sign,
    SignAxis,
    Test,
    Within,
    axes_for,
    boxes_of,
)
from complaint_rules.ruleset import Input, Ruleset, Type, When


class NotComparableError(Exception):
    """A name means things in the two rulesets that cannot be laid side by side."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a name can hold on one side, and which sign may stand in its place."""

    domain: Domain
    sign: Sign | None


def place_of(ruleset: Ruleset, name: str) -> Place | None:
    """Return what a name can hold in a ruleset; None where it is not known."""
    head, _, output = name.partition(".")
    if name not in ruleset.inputs and name not in ruleset.parameters and output not in ruleset.outputs.get(head, ()):
        return None
    domain, sign = ruleset.column(name)
    if sign is NOT_REGULATED and not may_be_silent(ruleset, name):
        sign = None
    return Place(domain, sign)


def joint_ruleset(old: Ruleset, new: Ruleset) -> Ruleset:
    """Return a ruleset with the names, types and labels of both, for columns and words; its rules mean nothing."""
    inputs = {n: _joint_input(old.inputs.get(n), new.inputs.get(n)) for n in _both(new.inputs, old.inputs)}
    outputs = {
        d: {o: _joint_output(old, new, d, o) for o in _both(new.outputs.get(d, {}), old.outputs.get(d, {}))}
        for d in _both(new.outputs, old.outputs)
    }
    return replace(
        new, inputs=inputs, outputs=outputs, parameters={**old.parameters, **new.parameters},
        decisions={**old.decisions, **new.decisions}, silent=old.silent | new.silent,
    )  # fmt: skip


def _both(new: Iterable[str], old: Iterable[str]) -> dict[str, None]:
    return dict.fromkeys((*new, *old))


def _joint_input(old: Input | None, new: Input | None) -> Input:
    if old is None or new is None:
        found = new or old
        assert found is not None  # noqa: S101 - one of the two has it
        return found
    return replace(new, type=_joint_type(old.type, new.type), optional=old.optional or new.optional)


def _joint_output(old: Ruleset, new: Ruleset, decision: str, output: str) -> Type:
    one, two = old.outputs.get(decision, {}).get(output), new.outputs.get(decision, {}).get(output)
    if one is None or two is None:
        found = one or two
        assert found is not None  # noqa: S101 - one of the two has it
        return found
    return _joint_type(one, two)


def _joint_type(old: Type, new: Type) -> Type:
    domain = joint_domain(old.domain, new.domain) or new.domain
    return replace(new, domain=domain, labels={**old.labels, **new.labels}, of={**old.of, **new.of})


def joint_domain(old: Domain, new: Domain) -> Domain | None:
    """Return the domain of what either holds; None where the two have nothing in common."""
    match old, new:
        case Enumeration(a, open=x), Enumeration(b, open=y):
            return Enumeration(tuple(_both(b, a)), open=x or y)
        case Members(None), Members(None):
            return new
        case Members(tuple() as a, open=x), Members(tuple() as b, open=y):
            return Members(tuple(_both(b, a)), open=x or y)
        case Ordered(kind), Ordered(other) if kind == other:
            return _hull(old, new)
        case _:
            return new if type(old) is type(new) and old == new else None


def _hull(old: Ordered, new: Ordered) -> Ordered:
    """Return the range of both; where their steps differ, the points that are on both."""
    low = None if old.minimum is None or new.minimum is None else min(old.minimum, new.minimum)
    high = None if old.maximum is None or new.maximum is None else max(old.maximum, new.maximum)
    return Ordered(new.kind, low, high, _common_step(old.step, new.step))


def _common_step(one: Any, two: Any) -> Any:
    if one is None or two is None or one == two:
        return two if one is None else one
    if isinstance(one, timedelta):
        unit = timedelta(microseconds=1)
        return lcm(one // unit, two // unit) * unit
    parts = (Fraction(one), Fraction(two))
    whole, part = lcm(*(p.numerator for p in parts)), gcd(*(p.denominator for p in parts))
    return whole // part if isinstance(one, int) else Decimal(whole) / part


def joint_place(old: Ruleset, new: Ruleset, name: str) -> Place:
    """Return what either side can hold in a name.

    Raises:
        NotComparableError: it holds different kinds of things.
    """
    places = [p for p in (place_of(old, name), place_of(new, name)) if p is not None]
    domain = places[0].domain if len(places) == 1 else joint_domain(places[0].domain, places[1].domain)
    signs = {p.sign for p in places if p.sign is not None}
    if domain is None or len(signs) > 1:
        raise NotComparableError(name)
    return Place(domain, next(iter(signs), None))


# --- tests of one side over the joint domain --------------------------------------------------------


def settled_when(when: When, rules: CompiledRuleset, columns: Iterable[str]) -> When | None:
    """Return a condition with the parameters that are set put in; None where they rule it out.

    A parameter that is set is no column: it is what it is set to.
    """
    found: dict[str, Test] = {}
    for name, test in when.items():
        settled = _with_bounds(test, rules.parameters)
        if name in columns:
            found[name] = settled
        elif not _admits(settled, rules.ruleset.column(name)[0], rules.parameters[name]):
            return None
    return found


def _admits(test: Test, domain: Domain, value: Any) -> bool:
    axes = axes_for(domain, [test], None)
    point = [a.cell_of(value) for a in axes]
    return any(all(bits >> cell & 1 for bits, cell in zip(box, point, strict=True)) for box in boxes_of(test, axes))


def _with_bounds(test: Test, settings: Mapping[str, Any]) -> Test:
    if not isinstance(test, Within) or not any(
        isinstance(b, ParameterRef) for i in test.intervals for b in (i.low, i.high)
    ):
        return test

    def bound(b: Any) -> Any:
        return settings.get(b.name, b) if isinstance(b, ParameterRef) else b

    return replace(test, intervals=tuple(replace(i, low=bound(i.low), high=bound(i.high)) for i in test.intervals))


def over_joint(when: When, own: Ruleset, joint: Mapping[str, Place]) -> Iterator[When]:
    """Yield the conditions over the joint domains that together mean this one of one side."""
    choices = [[(n, t) for t in _translated(test, own.column(n)[0], joint[n].domain)] for n, test in when.items()]
    for parts in product(*choices):
        yield dict(parts)


def _translated(test: Test, own: Domain, joint: Domain) -> Iterator[Test]:
    """Yield tests that together mean the same: what one side does not list, the other one may."""
    more: frozenset[object] = frozenset()
    if isinstance(own, (Enumeration, Members)) and isinstance(joint, (Enumeration, Members)) and own.open:
        more = frozenset(joint.values or ()) - frozenset(own.values or ())
    match test:
        case OneOf(values, negated) if OTHER in values and more:
            yield OneOf(values | more, negated)
        case Contains(any_of, all_of, none_of) if more:
            any_of, none_of = (s | more if OTHER in s else s for s in (any_of, none_of))
            if OTHER not in all_of:
                yield Contains(any_of, all_of, none_of)
            else:
                for member in sorted(more | {OTHER}, key=str):
                    yield Contains(any_of, (all_of - {OTHER}) | {member}, none_of)
        case _:
            yield test


def ends_of(own: Place | None) -> Test | None:
    """Return a test that cuts where the values of one side end."""
    if own is None or not isinstance(own.domain, Ordered):
        return None
    low, high = own.domain.minimum, own.domain.maximum
    return None if low is None and high is None else Within((Interval(low, high),))


def cells_admitted(own: Place | None, axes: Iterable[Axis]) -> Iterator[int]:
    """Yield, axis by axis, the cells of a joint column that one side can be in; without the name, all of them."""
    for axis in axes:
        if own is None:
            yield (1 << axis.size) - 1
        else:
            yield reduce(or_, (1 << c for c in range(axis.size) if _admitted(own, axis, c)), 0)


def _admitted(own: Place, axis: Axis, cell: int) -> bool:
    domain, witness = own.domain, axis.witness(cell)
    match axis:
        case SignAxis(sign):
            return not cell or own.sign is sign
        case MemberAxis(member):
            return not cell or not isinstance(domain, Members) or domain.open or member in (domain.values or (member,))
        case _ if witness in (ABSENT, NOT_REGULATED):
            return own.sign is witness
        case LineAxis():
            return isinstance(domain, Ordered) and _in_range(witness, domain)
        case _ if isinstance(domain, Enumeration):
            return domain.open or witness in domain.values
        case _:
            return True


def _in_range(value: Any, domain: Ordered) -> bool:
    above = domain.minimum is None or domain.minimum <= value
    return above and (domain.maximum is None or value <= domain.maximum)
