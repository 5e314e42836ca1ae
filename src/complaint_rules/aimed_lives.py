"""Aimed lives: complaints over time that come to a certain step or clock, its condition holding or not."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from complaint_rules.compile import CompiledRuleset
from complaint_rules.course import Deadline, Fold, Process, Step
from complaint_rules.diagnostics import Span
from complaint_rules.domains import NOT_REGULATED, Is, OneOf
from complaint_rules.example_writing import real_value
from complaint_rules.invariant import Invariant
from complaint_rules.log import Happening
from complaint_rules.mutant import Change
from complaint_rules.proving import prove
from complaint_rules.random_lives import BEGINNINGS, ALife
from complaint_rules.ruleset import When
from complaint_rules.words import Label
from complaint_rules.worktime import since

_CASES = 200
_NOWHERE, _LABEL = Span("", 1, 1), Label("", "")
_MINUTES = timedelta(minutes=10)
_LONG = timedelta(days=200)
_DAYS = (timedelta(0), timedelta(days=2), timedelta(days=30))
# An event, and by whom.
Told = tuple[str, str | None]


class Ground(NamedTuple):
    """What makes a condition hold, or not: first facts, and events from which the other facts follow."""

    given: Mapping[str, Any]
    events: tuple[str, ...]


def aimed_lives(rules: CompiledRuleset, change: Change) -> Iterator[ALife]:
    """Yield lives that come to what is changed."""
    match change.section:
        case "process" if rules.ruleset.process is not None:
            yield from _at_step(rules, rules.ruleset.process, rules.ruleset.process.steps[change.part])
        case "deadlines":
            yield from _at_clock(rules, rules.ruleset.deadlines[change.name])
        case "inputs":
            yield from _at_fold(rules, change)
        case "process" | "decisions" | "parameters" | "triggers":
            return


def grounds(rules: CompiledRuleset, name: str | None) -> list[Ground]:
    """Return what makes a condition yes, and what makes it no, after nothing at all."""
    wanted = () if name is None else (True, False)
    found = [ground(rules, ({name: OneOf(frozenset({w}))},)) for w in wanted if name is not None]
    return [Ground({}, ()), *(g for g in found if g is not None)]


def decided(rules: CompiledRuleset, name: str) -> Ground | None:
    """Return what makes a decision say anything."""
    return ground(rules, ({name: Is(NOT_REGULATED, negated=True)},))


def ground(rules: CompiledRuleset, cells: tuple[When, ...]) -> Ground | None:
    """Return what makes one of these alternatives hold; None where none was found."""
    proof = prove(rules, Invariant("aim", _LABEL, (), _NOWHERE, broken=cells), _CASES)
    return _ground(rules, proof.facts[0]) if proof.status == "refuted" else None


def _ground(rules: CompiledRuleset, facts: Mapping[str, Any]) -> Ground:
    inputs = rules.ruleset.inputs
    given = {n: real_value(v, inputs[n].type.domain) for n, v in facts.items() if inputs[n].fold is None}
    followed = ((f, v) for n, v in facts.items() if (f := inputs[n].fold))
    return Ground(given, tuple(e for f, v in followed for e in _bringing(f, v) if e in rules.ruleset.events))


def _bringing(fold: Fold, value: Any) -> Sequence[str]:
    """Return events from which a fact comes to have a value."""
    match fold.kind:
        case "happened":
            return fold.events[:1] if value else ()
        case "count":
            return fold.events[:1] * min(int(value), 20)
        case "latest":
            return [e for e, v in fold.values.items() if v == value][:1]
        case "first" | "last":
            return fold.events[:1]


# --- lives ----------------------------------------------------------------------------------------------


def _life(rules: CompiledRuleset, given: Mapping[str, Any], told: Sequence[Told], begin: str, gap: timedelta) -> ALife:
    at = datetime.fromisoformat(begin).replace(tzinfo=ZoneInfo(rules.ruleset.time_zone))
    log: list[Happening] = []
    for event, by in told:
        log.append(Happening(event, since(at), since(at), None, by, {}, None))
        at += gap
    return ALife(given, tuple(log), (), at + _LONG)


def _by(process: Process | None, event: str) -> str | None:
    roles = (r for s in process.steps.values() if s.event == event for r in s.by) if process else ()
    return next(iter(roles), None)


def _at_step(rules: CompiledRuleset, process: Process, step: Step) -> Iterator[ALife]:
    known = rules.ruleset.events
    roles = [*step.by, next((r for r in process.roles if r not in step.by), None)]
    conditions = grounds(rules, step.when)
    own = [(step.event, r) for r in roles] if step.event in known else [("", None)]
    for from_, ground in product(step.from_, conditions):
        path = _path(process, from_, known)
        prelude = [(e, _by(process, e)) for e in ground.events]
        for before in ([*prelude, *path], [*path, *prelude]) if prelude else (path,):
            for last in own:
                told = [*before, *([last] if last[0] else [])]
                yield _life(rules, ground.given, told, BEGINNINGS[-1], _MINUTES)


def _path(process: Process, goal: str, known: Mapping[str, Any]) -> list[Told]:
    """Return the fewest events that lead to a state; none where it is the first or cannot be reached."""
    paths: dict[str, list[Told]] = {process.start: []}
    waiting = deque([process.start])
    while waiting and goal not in paths:
        state = waiting.popleft()
        for step in process.steps.values():
            if state in step.from_ and step.to is not None and step.to not in paths and step.event in known:
                paths[step.to] = [*paths[state], (step.event, step.by[0] if step.by else None)]
                waiting.append(step.to)
    return paths.get(goal, [])


def _at_clock(rules: CompiledRuleset, deadline: Deadline) -> Iterator[ALife]:
    ruleset = rules.ruleset
    begun = list(_starting(rules, deadline))
    owed = _owed(rules, deadline)
    applies = [g for g in grounds(rules, deadline.when) if deadline.when is None or g.given or g.events]
    applies = applies or [Ground({}, ())]
    for own, by, begin in product(applies[:2], owed, BEGINNINGS):
        told = [(e, _by(ruleset.process, e)) for e in dict.fromkeys((*own.events, *by.events, *begun))]
        yield _life(rules, {**own.given, **by.given}, told, begin, _MINUTES)
    later = [c for c in (deadline.met_when, deadline.pause_while, deadline.excused_when) if c]
    later += [m.when for m in deadline.milestones if m.when]
    said = [Ground({}, ()), *(g for c in dict.fromkeys(later) for g in grounds(rules, c)[1:])]
    for own, more, by, gap in product(applies, said, owed, _DAYS):
        first = [*dict.fromkeys((*own.events, *by.events, *begun))]
        events = [*first, *(e for e in more.events if e not in first), *(begun if gap else [])]
        told = [(e, _by(ruleset.process, e)) for e in events]
        yield _life(rules, {**more.given, **own.given, **by.given}, told, BEGINNINGS[-1], gap or _MINUTES)


def _owed(rules: CompiledRuleset, deadline: Deadline) -> list[Ground]:
    """Return facts on which it is known how much time there is."""
    within = str(deadline.within)
    found = decided(rules, within) if within in rules.ruleset.decisions else None
    return [found or Ground({}, ())]


def _at_fold(rules: CompiledRuleset, change: Change) -> Iterator[ALife]:
    """Yield lives of the events of a fact, as it is and as it is changed, once and twice, in either order."""
    ruleset = rules.ruleset
    folds = [f for r in (ruleset, change.made_in(ruleset)) if (f := r.inputs[change.name].fold)]
    events = [e for e in dict.fromkeys(e for f in folds for e in f.read) if e in ruleset.events]
    pairs = [(e,) for e in events] + [(a, b) for a in events for b in events]
    readers = [
        d
        for d in ruleset.deadlines.values()
        if change.name in (*d.reckoning.values(), d.met_when, d.pause_while, d.when)
    ]
    lead: list[list[str]] = [[], *(list(_starting(rules, d)) for d in readers)]
    for chosen, before, gap in product(pairs, lead, _DAYS):
        told = [(e, _by(ruleset.process, e)) for e in (*before, *chosen)]
        for given in [{}, *(g.given for d in readers for g in grounds(rules, d.when)[1:2])]:
            yield _life(rules, given, told, BEGINNINGS[-1], gap or _MINUTES)


def _starting(rules: CompiledRuleset, deadline: Deadline) -> Iterator[str]:
    start = rules.ruleset.inputs.get(deadline.reckoning["start"])
    yield from (e for e in (start.fold.events[:1] if start and start.fold else ()) if e in rules.ruleset.events)
