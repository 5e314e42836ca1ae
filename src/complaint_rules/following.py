"""Following: what rests on what over complaints' lives, the order of triggers, and the triggers that go in circles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from complaint_rules.course import Deadline, Fold
from complaint_rules.diagnostics import Diagnostic, Severity
from complaint_rules.domains import Enumeration, Truth
from complaint_rules.loading import deadline_reads, names_read
from complaint_rules.ruleset import Ruleset
from complaint_rules.trigger import Raises, Trigger
from complaint_rules.words import Label


def basis(ruleset: Ruleset, names: Iterable[str]) -> set[str]:
    """Return the facts, decisions, parameters, events and deadlines that these names or events rest on, themselves included."""
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += _below(ruleset, name)
    return found


def _below(ruleset: Ruleset, name: str) -> Iterator[str]:
    """Yield what a name or event rests on directly."""
    source, _, part = name.partition(".")
    if source in ruleset.deadlines and part:
        deadline = ruleset.deadlines[source]
        yield from deadline_reads(ruleset, with_milestones(deadline, (name,)))
    elif source in ruleset.decisions:
        yield from names_read(ruleset.decisions[source])
        yield from (source,) if part else ()
        invoked = getattr(ruleset.decisions[source], "invoke", None)
        yield from (invoked,) if invoked else ()
    elif name in ruleset.inputs:
        fold = ruleset.inputs[name].fold
        yield from (*fold.read, *fold.across) if fold else ()


def with_milestones(deadline: Deadline, events: Collection[str]) -> Deadline:
    """Return a deadline with only those milestones whose events are named."""
    kept = tuple(m for m in deadline.milestones if f"{deadline.name}.{m.name}" in events)
    return replace(deadline, milestones=kept)


def rests_upon(ruleset: Ruleset, trigger: Trigger) -> set[str]:
    """Return all that a trigger's events and what it reads of them rest on; the version in force is chosen by a fact too."""
    return basis(ruleset, (*trigger.of, *trigger.reads, trigger.to or "", ruleset.effective.by or ""))


def _brought_about(raises: Raises) -> set[str]:
    return {raises.event, *raises.facts}


def _edges(ruleset: Ruleset) -> dict[str, set[str]]:
    """Return for each trigger those that can bring about what it rests on."""
    upon = {n: rests_upon(ruleset, t) for n, t in ruleset.triggers.items()}
    raised = {n: _brought_about(t.raises) for n, t in ruleset.triggers.items() if t.raises}
    return {n: {o for o, made in raised.items() if not made.isdisjoint(upon[n])} for n in ruleset.triggers}


def in_order(ruleset: Ruleset) -> tuple[Trigger, ...]:
    """Return the triggers so that each comes after those that can bring about what it rests on.

    Raises:
        CycleError: they go in a circle; `check` finds that first.
    """
    return tuple(ruleset.triggers[n] for n in TopologicalSorter(_edges(ruleset)).static_order())


def check_triggers(ruleset: Ruleset) -> Iterator[Diagnostic]:
    """Yield what is wrong with the triggers as they work together, and those that can never fire."""
    try:
        in_order(ruleset)
    except CycleError as error:
        circle = tuple(reversed(error.args[1]))[:-1]
        yield Diagnostic("CR121", ruleset.triggers[circle[0]].span, {"names": circle})
    for trigger in ruleset.triggers.values():
        yield from _check_one(ruleset, trigger)


def _check_one(ruleset: Ruleset, trigger: Trigger) -> Iterator[Diagnostic]:
    folds = {n: _fold(ruleset, n) for n in rests_upon(ruleset, trigger)}
    across = tuple(sorted(n for n, fold in folds.items() if fold and fold.across))
    if across:
        yield Diagnostic("CR122", trigger.span, {"trigger": trigger.name, "names": across})
    if not trigger.because:
        yield Diagnostic("CR117", trigger.span, {"rule": trigger.name}, severity=Severity.WARNING)
    most = _most(ruleset, trigger)
    if most is not None and not isinstance(trigger.threshold, str) and _falls_short(most, trigger):
        reason = Label(f"最多只能达到 {most}", f"it can measure {most} at most")
        yield Diagnostic("CR207", trigger.span, {"trigger": trigger.name, "reason": reason}, severity=Severity.WARNING)


def _fold(ruleset: Ruleset, name: str) -> Fold | None:
    return ruleset.inputs[name].fold if name in ruleset.inputs else None


def _falls_short(most: int, trigger: Trigger) -> bool:
    assert not isinstance(trigger.threshold, str)  # noqa: S101 - asked by the caller
    return most <= trigger.threshold if trigger.beyond else most < trigger.threshold


def _most(ruleset: Ruleset, trigger: Trigger) -> int | None:
    """Return the most that a trigger can measure, where that is bounded: different values, or what fits in its window."""
    if trigger.sum is not None or trigger.share_of is not None:
        return None
    bounds: list[int] = []
    if trigger.distinct is not None:
        domain = ruleset.type_of(trigger.distinct).domain
        if isinstance(domain, Truth):
            bounds.append(2)
        elif isinstance(domain, Enumeration) and not domain.open:
            bounds.append(len(domain.values))
    if trigger.spacing is not None and trigger.within is not None and not isinstance(trigger.within, str):
        bounds.append(trigger.within // trigger.spacing + 1)
    return min(bounds, default=None)
