"""Mutants of course: slips in what follows from events, in the steps of the process and in triggers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from complaint_rules.course import Fold, Process, Step
from complaint_rules.domains import Truth
from complaint_rules.mutant import DROPPED, Change, became, following, lost, without
from complaint_rules.ruleset import Input, Ruleset
from complaint_rules.trigger import Rearm, Trigger
from complaint_rules.words import Label

_NOT_ASKED = Label("任何人可为", "anyone may")


# --- folds ----------------------------------------------------------------------------------------------


def _folds(ruleset: Ruleset) -> Iterator[tuple[Input, Fold]]:
    yield from ((i, i.fold) for i in ruleset.inputs.values() if i.fold)


def _with_fold(fact: Input, how: Label, **keys: Any) -> Change:
    fold = replace(fact.fold, **keys)  # type: ignore[type-var] # asked only of facts that have one
    return Change("inputs", fact.name, "", how, replace(fact, fold=fold))


def events_dropped(ruleset: Ruleset) -> Iterator[Change]:
    """Each event left out from which a fact follows: what starts, stops, pauses or counts no longer does."""
    for fact, fold in _folds(ruleset):
        for key in ("events", "until", "since"):
            events: tuple[str, ...] = getattr(fold, key)
            for at, event in enumerate(events):
                if key != "events" or len(events) > 1:
                    yield _with_fold(fact, lost(f"{key} {event}"), **{key: without(events, at)})


def events_mistaken(ruleset: Ruleset) -> Iterator[Change]:
    """The first of an event taken for its last, the only event for the next one, what holds at first for the other."""
    events = tuple(ruleset.events)
    for fact, fold in _folds(ruleset):
        turned = {"first": "last", "last": "first"}.get(fold.kind)
        if turned is not None:
            yield _with_fold(fact, became("from", turned), kind=turned)
        other = following(fold.events[0], events) if len(fold.events) == 1 and fold.kind != "latest" else None
        if other is not None:
            yield _with_fold(fact, became("events", other), events=(other,))
        if fold.kind == "latest" and isinstance(fact.type.domain, Truth):
            yield _with_fold(fact, became("initially", not fold.initially), initially=not fold.initially)
        if fold.spacing is not None:
            hour = timedelta(hours=1)
            yield from (
                _with_fold(fact, became("spacing", s), spacing=s)
                for s in (fold.spacing + hour, fold.spacing - hour)
                if s
            )
        for at, name in enumerate(fold.across):
            yield _with_fold(fact, lost(f"across {name}"), across=without(fold.across, at))


# --- the process ----------------------------------------------------------------------------------------


def _with_steps(process: Process, step: str, how: Label, steps: dict[str, Step]) -> Change:
    return Change("process", "process", step, how, replace(process, steps=steps))


def steps_dropped(ruleset: Ruleset) -> Iterator[Change]:
    """Each step of the process left out."""
    process = ruleset.process
    for name in process.steps if process else ():
        assert process  # noqa: S101 - there are no steps without one
        yield _with_steps(process, name, DROPPED, {n: s for n, s in process.steps.items() if n != name})


def steps_changed(ruleset: Ruleset) -> Iterator[Change]:
    """Each step without its condition, from one state less, by one role less or by anyone, to the next state."""
    process = ruleset.process
    for name, step in process.steps.items() if process else ():
        assert process  # noqa: S101 - there are no steps without one
        for how, made in _other_steps(step, tuple(process.states)):
            yield _with_steps(process, name, how, {**process.steps, name: made})


def _other_steps(step: Step, states: tuple[str, ...]) -> Iterator[tuple[Label, Step]]:
    if step.when is not None:
        yield lost("when"), replace(step, when=None)
    if len(step.from_) > 1:
        for at, state in enumerate(step.from_):
            yield lost(f"from {state}"), replace(step, from_=without(step.from_, at))
    if len(step.by) > 1:
        for at, role in enumerate(step.by):
            yield lost(f"by {role}"), replace(step, by=without(step.by, at))
    elif step.by:
        yield _NOT_ASKED, replace(step, by=())
    other = following(step.to, states)
    if other is not None:
        yield became("to", other), replace(step, to=other)


# --- triggers -------------------------------------------------------------------------------------------


def _with_trigger(trigger: Trigger, how: Label, **keys: Any) -> Change:
    return Change("triggers", trigger.name, "", how, replace(trigger, **keys))


def triggers_dropped(ruleset: Ruleset) -> Iterator[Change]:
    """Each trigger that counts nothing any more."""
    for trigger in ruleset.triggers.values():
        yield _with_trigger(trigger, DROPPED, of=())


def thresholds_moved(ruleset: Ruleset) -> Iterator[Change]:
    """Each threshold that a trigger writes one more and one less, and its window one step longer and shorter."""
    for trigger in ruleset.triggers.values():
        threshold, within = trigger.threshold, trigger.within
        if not isinstance(threshold, str):
            step = 1 if threshold >= 1 else threshold / 10
            for value in (threshold + step, threshold - step):
                if value > 0:
                    yield _with_trigger(trigger, became("threshold", str(value)), threshold=value)
        else:
            yield _with_trigger(trigger, became("exceeds", not trigger.beyond), beyond=not trigger.beyond)
        if isinstance(within, timedelta):
            day = timedelta(days=1)
            step_of_time = day if not within % day else timedelta(hours=1)
            for time in (within + step_of_time, within - step_of_time):
                if time:
                    yield _with_trigger(trigger, became("within", time), within=time)


def counts_changed(ruleset: Ruleset) -> Iterator[Change]:
    """What a trigger counts: one event less, without its condition, by one name less; when it fires again; whom it tells."""
    roles = tuple(ruleset.process.roles) if ruleset.process else ()
    for trigger in ruleset.triggers.values():
        for at, event in enumerate(trigger.of) if len(trigger.of) > 1 else ():
            yield _with_trigger(trigger, lost(f"of {event}"), of=without(trigger.of, at))
        if trigger.where:
            yield _with_trigger(trigger, lost("where"), where=())
        by = trigger.by or ()
        for at, name in enumerate(by) if len(by) > 1 else ():
            yield _with_trigger(trigger, lost(f"by {name}"), by=without(by, at))
        if trigger.spacing is not None:
            yield _with_trigger(trigger, lost("spacing"), spacing=None)
        rearm = Rearm("never") if trigger.rearm.kind != "never" else Rearm("below")
        yield _with_trigger(trigger, became("rearm", rearm.text), rearm=rearm)
        to = following(trigger.to, roles)
        if to is not None:
            yield _with_trigger(trigger, became("to", to), to=to)
