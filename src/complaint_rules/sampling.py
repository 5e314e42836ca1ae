"""Sampling: facts and histories drawn from a ruleset: both sides of its bounds, its listed values, its events and steps.

Everything is drawn from one `random.Random`, so that a seed, or a tool that shrinks one, says it all again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from complaint_rules.compile import CompiledRuleset, ExpressionStep, inlined
from complaint_rules.course import FACTS
from complaint_rules.domains import (
    Enumeration,
    Members,
    Ordered,
    ParameterRef,
    Test,
    Truth,
    Within,
    on_grid,
)
from complaint_rules.ruleset import ChecklistDecision, Input, TableDecision, When
from complaint_rules.trees import Apply, Constant, Logic, Node

# The smallest difference that people make, where a type has no step of its own.
_STEP: Mapping[str, Any] = {
    "integer": 1, "decimal": Decimal("0.01"), "money": Decimal("0.01"),
    "date": timedelta(days=1), "datetime": timedelta(seconds=1), "duration": timedelta(minutes=1),
}  # fmt: skip
_UNLISTED = "something_else"
_TEXTS = ("A", "B", "C")
_GAPS = tuple(timedelta(minutes=m) for m in (0, 1, 29, 60, 60 * 4, 60 * 24, 60 * 24 * 2, 60 * 24 * 9))
_SHORT, _LONG = timedelta(hours=1), timedelta(days=40)
_OPTIONAL_KNOWN = 0.7
_INSTANT = datetime.fromisoformat("2024-03-06T10:00:00+08:00")
_APART = tuple(
    timedelta(seconds=s) * sign
    for sign in (1, -1)
    for s in (0, 1, 1800, 3600, 12 * 3600, 12 * 3600 + 1, 86400, 2 * 86400 + 1, 8 * 86400, 31 * 86400, 70 * 86400)
)


@dataclass(frozen=True)
class Sampler:
    """Draws from one compiled ruleset; what it tells apart is found once."""

    rules: CompiledRuleset

    @cached_property
    def tests(self) -> Mapping[str, Sequence[Test]]:
        """Every test of each name, in the rules, items and invariants; bounds that are parameters are put in."""
        found: dict[str, list[Test]] = {}
        for when in self._conditions():
            for name, test in when.items():
                found.setdefault(name, []).append(placed(test, self.rules.parameters))
        return found

    def _conditions(self) -> Iterator[When]:
        ruleset = self.rules.ruleset
        for name in ruleset.order:
            match inlined(ruleset, name):
                case TableDecision(rules=rows):
                    yield from (w for r in rows for w in r.when)
                case ChecklistDecision(items=items):
                    yield from (w for i in items for w in (*i.when, *i.needs))
        for invariant in ruleset.invariants.values():
            yield from (*invariant.kept, *invariant.broken)
        for trigger in ruleset.triggers.values():
            yield from trigger.where

    @cached_property
    def said(self) -> Mapping[str, frozenset[Any]]:
        """For each name that a formula reads, the constants and settings beside it, and the bounds that its value meets."""
        found: dict[str, set[Any]] = {}
        for step in self.rules.steps:
            if isinstance(step, ExpressionStep):
                formula = step.decision.formula
                beside = {self.rules.parameters.get(n) for n in formula.names} | set(_constants(formula.root))
                beside |= {b for t in self.tests.get(step.name, ()) for b in _bounds(t)}
                for name in formula.names:
                    found.setdefault(name, set()).update(beside - {None})
        return {n: frozenset(v) for n, v in found.items()}

    @cached_property
    def points(self) -> Mapping[str, tuple[Any, ...]]:
        """The values of each fact that are worth a try: listed ones; each bound, and what lies next to it on both sides."""
        return {name: tuple(self._points(given)) for name, given in self.rules.ruleset.inputs.items()}

    def _points(self, given: Input) -> Sequence[Any]:
        domain = given.type.domain
        match domain:
            case Truth():
                return (True, False)
            case Enumeration(values, open=is_open):
                return (*values, *([_UNLISTED] if is_open else []))
            case Members(values):
                named = {m for t in self.tests.get(given.name, ()) for m in getattr(t, "members", frozenset)()}
                return tuple(values or sorted(m for m in named if isinstance(m, str))) or _TEXTS
            case Ordered():
                return tuple(self._around(given.name, domain))
        return _TEXTS

    def _around(self, name: str, domain: Ordered) -> Iterator[Any]:
        bounds = {b for t in self.tests.get(name, ()) for b in _bounds(t)}
        bounds |= {c for c in self.said.get(name, ()) if _fits(c, domain)}
        bounds |= {b for b in (domain.minimum, domain.maximum) if b is not None}
        step = domain.step or _STEP[domain.kind]
        near = {v for b in bounds for v in _beside(b, step)}
        if domain.kind in ("date", "datetime") or not near:
            near |= set(_somewhere(domain))
        yield from sorted(v for v in near if _admits(domain, v))

    def settings_of(self, name: str) -> tuple[Any, ...]:
        """Return the values of a parameter that are worth a try."""
        domain = self.rules.ruleset.parameters[name].type.domain
        match domain:
            case Truth():
                return (True, False)
            case Enumeration(values):
                return values
            case Ordered():
                set_to = self.rules.parameters.get(name)
                step = domain.step or _STEP[domain.kind]
                ends = [b for b in (domain.minimum, domain.maximum) if b is not None]
                near = [*_somewhere(domain), *ends] if set_to is None else _beside(set_to, step)
                return tuple(v for v in near if _admits(domain, v))
            case Members(values, open=is_open):
                listed = frozenset(values if values is not None else _TEXTS)
                return (frozenset(), listed, *([frozenset([_UNLISTED])] if is_open or values is None else []))
        return _TEXTS

    # --- facts ---------------------------------------------------------------------------------------

    def value(self, rng: Random, name: str, *, edge: bool = False) -> Any:
        """Return a value of a fact: at a bound or next to it, and unless that is all that is wanted elsewhere now and then."""
        given, points = self.rules.ruleset.inputs[name], self.points[name]
        match given.type.domain:
            case Members(open=is_open):
                most = rng.choice((0, 1, 1, 2, len(points)))
                chosen = set(rng.sample(points, min(most, len(points))))
                return frozenset(chosen | ({_UNLISTED} if is_open and rng.random() < 0.1 else set()))
            case Ordered() as domain if not edge and rng.random() < 0.2:
                return _inside(rng, domain, points)
        return rng.choice(points)

    def facts(self, rng: Random, *, known: float = 1.0, edge: bool = False) -> dict[str, Any]:
        """Return valid facts; each is given with the chance `known`, an optional one is absent now and then."""
        found = {}
        for name, given in self.rules.ruleset.inputs.items():
            if rng.random() < known * (_OPTIONAL_KNOWN if given.optional else 1.0):
                found[name] = self.value(rng, name, edge=edge)
        return found

    # --- histories -----------------------------------------------------------------------------------

    @cached_property
    def _folded(self) -> frozenset[str]:
        return frozenset(n for n, i in self.rules.ruleset.inputs.items() if i.fold)

    @cached_property
    def _starts(self) -> tuple[str, ...]:
        """The events with which time limits begin."""
        ruleset = self.rules.ruleset
        folds = [
            ruleset.inputs[d.reckoning["start"]].fold
            for d in ruleset.deadlines.values()
            if d.reckoning.get("start") in ruleset.inputs
        ]
        return tuple(dict.fromkeys(e for f in folds if f for e in f.events if e in ruleset.events))

    def first_facts(self, rng: Random, *, known: float = 1.0) -> dict[str, Any]:
        """Return facts as a complaint has them before anything happens: without those that follow from its events."""
        return {n: v for n, v in self.facts(rng, known=known).items() if n not in self._folded}

    def history(self, rng: Random, *, most: int = 8) -> tuple[list[dict[str, Any]], datetime]:
        """Return what happened to a complaint, as entries of a log in order, and an instant after all of it."""
        at = self._first_instant(rng)
        state = self.rules.ruleset.process.start if self.rules.ruleset.process else None
        log: list[dict[str, Any]] = []
        for number in range(rng.randint(1, most)):
            event = self._event(rng, state, first=number == 0)
            if event is None:
                break
            entry, state = self._entry(rng, event, state, at)
            log.append(entry)
            at += rng.choice(_GAPS)
        return log, at + rng.choice((*_GAPS, _SHORT, _LONG))

    def _first_instant(self, rng: Random) -> datetime:
        day = datetime(2024, 3, 4, tzinfo=ZoneInfo(self.rules.ruleset.time_zone)).date() + timedelta(rng.randrange(28))
        clock = rng.choice((time(9), time(10, 30), time(15), time(17, 59), time(23, 59)))
        return datetime.combine(day, clock, ZoneInfo(self.rules.ruleset.time_zone))

    def _event(self, rng: Random, state: str | None, *, first: bool) -> str | None:
        events = tuple(self.rules.ruleset.events)
        if not events:
            return None
        if first and self._starts and rng.random() < 0.6:
            return rng.choice(self._starts)
        process = self.rules.ruleset.process
        apt = [s.event for s in process.steps.values() if not s.from_ or state in s.from_] if process else []
        return rng.choice(apt) if apt and rng.random() < 0.8 else rng.choice(events)

    def _entry(self, rng: Random, event: str, state: str | None, at: datetime) -> tuple[dict[str, Any], str | None]:
        ruleset = self.rules.ruleset
        entry: dict[str, Any] = {"event": event, "at": at}
        carried = [n for n in (ruleset.events[event].carries if event != FACTS else ()) if n not in self._folded]
        if carried:
            entry["facts"] = {n: self.value(rng, n) for n in carried}
        process = ruleset.process
        steps = [s for s in process.steps.values() if s.event == event] if process else []
        apt = [s for s in steps if not s.from_ or state in s.from_] or steps
        step = rng.choice(apt) if apt else None
        if process and process.roles:
            entry["by"] = rng.choice(step.by if step and step.by else tuple(process.roles))
        return entry, (step.to if step and step.to else state)


def placed(test: Test, settings: Mapping[str, Any]) -> Test:
    """Return a test with the parameters that are set put in; an interval whose bound is not set is left out."""
    if not isinstance(test, Within):
        return test

    def bound(b: Any) -> Any:
        return settings[b.name] if isinstance(b, ParameterRef) else b

    kept = (
        i for i in test.intervals if all(not isinstance(b, ParameterRef) or b.name in settings for b in (i.low, i.high))
    )
    return replace(test, intervals=tuple(replace(i, low=bound(i.low), high=bound(i.high)) for i in kept))


def _bounds(test: Test) -> Iterator[Any]:
    for interval in test.intervals if isinstance(test, Within) else ():
        yield from (b for b in (interval.low, interval.high) if b is not None)


def _constants(node: Node) -> Iterator[Any]:
    match node:
        case Constant(value=value) if not isinstance(value, (bool, str)):
            yield value
        case Logic(left=left, right=right):
            yield from (*_constants(left), *_constants(right))
        case Apply(parts=parts):
            yield from (c for p in parts for c in _constants(p))


def _beside(bound: Any, step: Any) -> Iterator[Any]:
    yield bound
    for sign in (-1, 1):
        try:
            yield bound + step * sign
        except OverflowError:
            continue


def _fits(value: Any, domain: Ordered) -> bool:
    kinds = {
        "integer": int, "decimal": Decimal, "money": Decimal, "duration": timedelta, "datetime": datetime,
    }  # fmt: skip
    wanted = kinds.get(domain.kind)
    return wanted is not None and isinstance(value, wanted) and not isinstance(value, bool)


def _admits(domain: Ordered, value: Any) -> bool:
    low, high = domain.minimum, domain.maximum
    return (low is None or low <= value) and (high is None or value <= high) and on_grid(value, domain)


def _somewhere(domain: Ordered) -> Iterator[Any]:
    """Yield values of a line on which nothing is said: of times some that lie minutes, hours, days and weeks apart."""
    if domain.kind == "datetime":
        yield from (_INSTANT + gap for gap in _APART)
    elif domain.kind == "date":
        yield from dict.fromkeys((_INSTANT + gap).date() for gap in _APART)
    else:
        origin: Mapping[str, Any] = {"integer": 0, "decimal": Decimal(0), "money": Decimal(0), "duration": timedelta(0)}
        yield from _beside(origin[domain.kind], domain.step or _STEP[domain.kind])


def _inside(rng: Random, domain: Ordered, points: Sequence[Any]) -> Any:
    """Return a value some steps away from one that is worth a try."""
    step = domain.step or _STEP[domain.kind]
    for _ in range(5):
        try:
            value = rng.choice(points) + step * rng.choice((-1000, -30, -7, 7, 30, 1000))
        except OverflowError:
            continue
        if _admits(domain, value):
            return value
    return rng.choice(points)
