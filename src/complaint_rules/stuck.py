"""Stuck: the time limits that nothing can stop, and the milestones, triggers, steps and states that nothing can bring about."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from complaint_rules.course import Process
from complaint_rules.diagnostics import Diagnostic, Severity, Span
from complaint_rules.handed import Received, Tables, can_be_true, can_run, possible_events
from complaint_rules.ruleset import Ruleset
from complaint_rules.words import Label

_FOREVER = Label("没有 `met_when`", "it has no `met_when`")
_NO_START = Label(
    "不会有计时起点，或 `when` 永远不成立", "it has no start that can come about, or its `when` never holds"
)
_NO_EVENT = Label("所依据的事件都不会发生", "none of its events can happen")
_NO_WHEN = Label("`when` 永远不成立", "its `when` never holds")
_NOT_REACHED = Label("没有步骤能到达", "no step leads to it")


def stuck(tables: Tables) -> Iterator[Diagnostic]:
    """Yield what can never be met, begin or happen, whatever is told of a complaint.

    A ruleset without events tells no life: its limits are reckoned from facts, and nothing stops them.
    """
    ruleset = tables.ruleset
    if not ruleset.events:
        return
    events, known = possible_events(tables)
    yield from _limits(ruleset, events, known)
    yield from _happenings(ruleset, events, known)
    if ruleset.process is not None:
        yield from _steps(ruleset.process, events, known, ruleset)


def _limits(ruleset: Ruleset, events: AbstractSet[str], known: Received) -> Iterator[Diagnostic]:
    for name, deadline in ruleset.deadlines.items():
        if not can_run(ruleset, deadline, known, events):
            yield _never(name, _NO_START, deadline.span)
        elif deadline.met_when is None:
            yield _endless(name, _FOREVER, deadline.span)
        elif not can_be_true(known, deadline.met_when):
            words = f"`{deadline.met_when}`"
            yield _endless(name, Label(f"{words} 永远不成立", f"{words} never holds"), deadline.span)


def _happenings(ruleset: Ruleset, events: AbstractSet[str], known: Received) -> Iterator[Diagnostic]:
    """Yield the milestones of limits that run, and the triggers, that never come about."""
    for name, deadline in ruleset.deadlines.items():
        for milestone in deadline.milestones if can_run(ruleset, deadline, known, events) else ():
            if milestone.when is not None and not can_be_true(known, milestone.when):
                yield _never(f"{name}.{milestone.name}", _NO_WHEN, milestone.span)
    for trigger in ruleset.triggers.values():
        if not events & {*trigger.of}:
            words = {"trigger": trigger.name, "reason": _NO_EVENT}
            yield Diagnostic("CR207", trigger.span, words, severity=Severity.WARNING)


def _steps(process: Process, events: AbstractSet[str], known: Received, ruleset: Ruleset) -> Iterator[Diagnostic]:
    taken: list[tuple[tuple[str, ...], str | None]] = []
    for step in process.steps.values():
        if step.event not in events:
            yield _never(step.name, _NO_EVENT, step.span)
        elif step.when is not None and not can_be_true(known, step.when):
            yield _never(step.name, _NO_WHEN, step.span)
        else:
            taken.append((step.from_, step.to))
    reached = {process.start}
    while more := {to for from_, to in taken if to and (not from_ or reached & {*from_})} - reached:
        reached |= more
    for state in process.states:
        if state not in reached:
            yield _never(state, _NOT_REACHED, ruleset.document.span(("process", "states", state), of_key=True))


def _endless(name: str, reason: Label, span: Span) -> Diagnostic:
    return Diagnostic("CR231", span, {"deadline": name, "reason": reason}, severity=Severity.WARNING)


def _never(name: str, reason: Label, span: Span) -> Diagnostic:
    return Diagnostic("CR232", span, {"name": name, "reason": reason}, severity=Severity.WARNING)
