"""Handed: the values that each decision, and each fact that follows from the log, can hand on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from complaint_rules.compile import inlined
from complaint_rules.course import FACTS, Deadline, Fold
from complaint_rules.domains import ABSENT, NOT_REGULATED, ParameterRef
from complaint_rules.limits import Limits
from complaint_rules.loading import names_read
from complaint_rules.occurring import Analysed, Occurring, analysed, occurring, wins_somewhere
from complaint_rules.regions import Budget, BudgetSpentError, uncovered
from complaint_rules.ruleset import Ruleset, TableDecision
from complaint_rules.tables import HitPolicy

_ONE_RULE = (HitPolicy.UNIQUE, HitPolicy.ANY, HitPolicy.FIRST, HitPolicy.PRIORITY)

# Name of a column -> all values it can receive; a name that is not here can be anything of its type.
Received = Mapping[str, tuple[Any, ...]]


class Tables:
    """The tables of a ruleset, each made once, for each way in which its unset bounds can lie."""

    def __init__(self, ruleset: Ruleset, limits: Limits) -> None:
        self.ruleset = ruleset
        self.limits = limits
        self.made: dict[str, list[Analysed]] = {}
        self.too_large: set[str] = set()  # decisions of which it could not be said what they hand on

    def decision(self, name: str) -> TableDecision | None:
        """Return a decision that is a table, or another one's table over other facts."""
        decision = inlined(self.ruleset, name)
        return decision if isinstance(decision, TableDecision) else None

    def of(self, decision: TableDecision) -> list[Analysed]:
        """Return its tables; none where there are too many ways."""
        if decision.name not in self.made:
            self.made[decision.name] = analysed(self.ruleset, decision, self.limits)
        return self.made[decision.name]

    def parts(self, decision: TableDecision, received: Received) -> list[Occurring]:
        """Return what of its tables can occur."""
        return [occurring(t, received) for t in self.of(decision)]


def handed_on(tables: Tables, facts: Received) -> dict[str, tuple[Any, ...]]:
    """Return what decisions that are read can hand on, where these facts have these values only.

    The columns of a table are taken as independent. A decision of which nothing is claimed (a formula, a checklist, a
    list, a table that is too large) is not there.
    """
    ruleset = tables.ruleset
    read = {n.partition(".")[0] for d in ruleset.decisions.values() for n in names_read(d)}
    read |= {n.partition(".")[0] for n in _asked_of_the_log(ruleset)}
    known = dict(facts)
    for name in (n for n in ruleset.order if n in read):
        decision = tables.decision(name)
        if decision is not None and decision.policy in _ONE_RULE:
            try:
                known |= _given(tables, decision, known)
            except BudgetSpentError:
                tables.too_large.add(name)
    return known


def _asked_of_the_log(ruleset: Ruleset) -> Iterator[str]:
    for deadline in ruleset.deadlines.values():
        yield from (n for n in (deadline.when, deadline.met_when) if n)
        yield from (m.when for m in deadline.milestones if m.when)
    yield from (s.when for s in (ruleset.process.steps.values() if ruleset.process else ()) if s.when)


def _given(tables: Tables, decision: TableDecision, received: Received) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield what each output of a table in which one rule decides can be."""
    parts = tables.parts(decision, received)
    budget = Budget(tables.limits.analysis_steps)
    if not parts:
        return
    giving = [r for r in range(len(decision.rules)) if any(wins_somewhere(p, r, budget) for p in parts)]
    rows: list[Sequence[Any]] = [decision.rules[r].then for r in giving]
    leaves_gap = any(True for p in parts for _ in islice(uncovered(p.boxes, p.space, budget), 1))
    if leaves_gap and decision.default is not None:
        rows.append(decision.default)
    elif leaves_gap and decision.refer_to is not None:
        rows.append([NOT_REGULATED] * len(decision.outputs))
    for at, output in enumerate(decision.outputs):
        values = [row[at] for row in rows]
        if not any(isinstance(v, ParameterRef) for v in values):
            yield f"{decision.name}.{output}" if output else decision.name, tuple(dict.fromkeys(values))


# --- what the log can bring about ---------------------------------------------------------------------


def possible_events(tables: Tables) -> tuple[set[str], dict[str, tuple[Any, ...]]]:
    """Return every event that can ever happen, and what the facts and decisions can be that follow from them.

    The events of the file can always be told. Those of a deadline happen only where it can run, be met, or reach a
    milestone; the least set is looked for, so that two limits cannot vouch for one another.
    """
    ruleset = tables.ruleset
    events = {*ruleset.events, FACTS}
    while True:
        known = handed_on(tables, dict(_followed(ruleset, events)))
        more = {e for d in ruleset.deadlines.values() for e in _made(ruleset, d, known, events)} - events
        if not more:
            return events, known
        events |= more


def _followed(ruleset: Ruleset, events: Collection[str]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the facts of which the log can bring some values only."""
    for name, given in ruleset.inputs.items():
        if given.fold is not None:
            values = _brought(given.fold, events, optional=given.optional)
            if values is not None:
                yield name, values


def _brought(fold: Fold, events: Collection[str], *, optional: bool) -> tuple[Any, ...] | None:
    """Return all that a fact can be; None where that is anything, or where it is not known."""
    happening = [e for e in fold.events if e in events]
    match fold.kind:
        case "latest":
            return tuple(dict.fromkeys([fold.initially, *(fold.values[e] for e in happening)]))
        case "happened":
            return (False, True) if happening else (False,)
        case "count":
            return None if happening else (0,)
        case "first" | "last":
            return (ABSENT,) if optional and not happening else None


def _made(ruleset: Ruleset, deadline: Deadline, known: Received, events: Collection[str]) -> Iterator[str]:
    """Yield the events of a deadline that can happen."""
    if not can_run(ruleset, deadline, known, events):
        return
    yield f"{deadline.name}.breached"
    if deadline.met_when is not None and can_be_true(known, deadline.met_when):
        yield f"{deadline.name}.met"
    for milestone in deadline.milestones:
        if milestone.when is None or can_be_true(known, milestone.when):
            yield f"{deadline.name}.{milestone.name}"


def can_be_true(known: Received, name: str) -> bool:
    """Report whether a condition can ever hold."""
    return name not in known or True in known[name]


def can_run(ruleset: Ruleset, deadline: Deadline, known: Received, events: Collection[str]) -> bool:
    """Report whether a time limit can ever begin: its condition can hold, and its start can have happened."""
    start = deadline.reckoning["start"]
    starts = [start] if start not in ruleset.parameters else list(map(str, ruleset.parameters[start].options))
    begins = any(_can_happen(ruleset, s, events) for s in starts)
    return begins and (deadline.when is None or can_be_true(known, deadline.when))


def _can_happen(ruleset: Ruleset, start: str, events: Collection[str]) -> bool:
    fold = ruleset.inputs[start].fold if start in ruleset.inputs else None
    return fold is None or any(e in events for e in fold.events)
