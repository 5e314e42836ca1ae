"""Comparing parts: what two rulesets name, declare and promise besides their tables, part by part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from complaint_rules.changes import Level, PartChange
from complaint_rules.course import Deadline, Milestone, Process, Step
from complaint_rules.domains import Enumeration, Members, Ordered
from complaint_rules.report import Report
from complaint_rules.ruleset import (
    ExpressionDecision,
    Input,
    InvocationDecision,
    Parameter,
    Ruleset,
    TableDecision,
    Type,
)
from complaint_rules.trigger import Trigger

# What may differ without an answer, an instant or a permission being another.
_WORDING = frozenset({"label", "title", "because", "reason", "labels", "options", "cells", "refer_to"})
_OF_NO_MATTER = frozenset({"span", "name", "id"})
_WHOLE = ("title", "time_zone", "calendar", "effective")


def changed_parts(old: Ruleset, new: Ruleset) -> tuple[PartChange, ...]:
    """Return what differs in everything but what decides: inputs, parameters, events, deadlines, triggers, reports and the process."""
    return tuple(_changed(old, new))


def _changed(old: Ruleset, new: Ruleset) -> Iterator[PartChange]:
    yield from _fields("ruleset", new.id, old, new, _WHOLE)
    for section in ("inputs", "parameters", "events", "deadlines", "triggers", "reports"):
        yield from _named(section, getattr(old, section), getattr(new, section))
    # What is intended decides nothing.
    yield from (replace(p, level=Level.PATCH) for p in _named("invariants", old.invariants, new.invariants))
    empty = Process({}, {}, {})
    for section in ("roles", "states", "steps"):
        one, two = (getattr(r.process or empty, section) for r in (old, new))
        yield from _named(section, one, two)


def changed_words(name: str, old: Any, new: Any) -> Iterator[PartChange]:
    """Yield what differs in a decision besides rules and items: its words, its formula, or what it invokes."""
    if type(old) is not type(new):
        yield PartChange("decisions", name, "changed", "kind", _kind(old), _kind(new))
        return
    keys = {ExpressionDecision: ("formula", "type", "step", "rounding"), InvocationDecision: ("invoke", "renamed")}
    yield from _fields("decisions", name, old, new, ("label", "because", *keys.get(type(old), ())))
    if isinstance(old, TableDecision) and old.refer_to and new.refer_to:
        yield from _fields("decisions", name, old, new, ("refer_to",))


def _kind(decision: Any) -> str:
    return type(decision).__name__.removesuffix("Decision").lower()


def _named(section: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[PartChange]:
    for name in dict.fromkeys((*old, *new)):
        if name not in new:
            yield PartChange(section, name, "removed", level=Level.MAJOR)
        elif name not in old:
            yield PartChange(section, name, "added", level=_level_of_more(section, new[name], old))
        else:
            yield from _within(section, name, old[name], new[name])


def _level_of_more(section: str, made: Any, old: Mapping[str, Any]) -> Level:
    """Return how much something new weighs: a step binds an event that was free before."""
    free = isinstance(made, Step) and all(s.event != made.event for s in old.values())
    return Level.MAJOR if section == "steps" and free else Level.MINOR


def _within(section: str, name: str, old: Any, new: Any) -> Iterator[PartChange]:
    """Yield what differs in one part that both have."""
    match old, new:
        case Deadline(), Deadline():
            yield from _fields(section, name, old, new, leaving=("milestones", "reckoning"))
            yield from _terms(section, name, old.reckoning, new.reckoning)
            yield from _named(section, *({f"{name}.{m.name}": m for m in d.milestones} for d in (old, new)))
        case Input(), Input():
            yield from _types(section, name, old.type, new.type)
            yield from _fields(section, name, old, new, leaving=("type",))
        case Parameter(), Parameter():
            yield from _types(section, name, old.type, new.type)
            yield from _fields(section, name, old, new, leaving=("type",))
        case Trigger(), Trigger():
            yield from _fields(section, name, old, new, leaving=("where", "cells"))
            if old.where != new.where:
                yield PartChange(section, name, "changed", "where", old.cells, new.cells)
        case Report(), Report():
            yield from _fields(section, name, old, new, leaving=("parties",))
            if any(old.parties[p] != new.parties[p] for p in old.parties.keys() & new.parties.keys()):
                yield PartChange(section, name, "wording", "parties", old.parties, new.parties, Level.PATCH)
        case Milestone() | Step(), _:
            yield from _fields(section, name, old, new)
        case _ if hasattr(old, "__dataclass_fields__") and not hasattr(old, "zh"):
            yield from _fields(section, name, old, new)
        case _ if old != new:  # the label of a role
            yield PartChange(section, name, "wording", "label", old, new, Level.PATCH)


def _terms(section: str, name: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[PartChange]:
    for key in dict.fromkeys((*old, *new)):
        if old.get(key) != new.get(key):
            yield PartChange(section, name, "changed", key, old.get(key), new.get(key))


def _types(section: str, name: str, old: Type, new: Type) -> Iterator[PartChange]:
    if old.domain != new.domain:
        level = Level.MINOR if _is_wider(old.domain, new.domain) else Level.MAJOR
        yield PartChange(section, name, "changed", "values", old.domain, new.domain, level)
    yield from _fields(section, name, old, new, leaving=("domain",))


def _is_wider(old: Any, new: Any) -> bool:
    """Report whether everything of one domain is in the other."""
    match old, new:
        case (Enumeration(a, open=x), Enumeration(b, open=y)) | (Members(a, open=x), Members(b, open=y)):
            return b is None or (a is not None and set(a) <= set(b) and x <= y)
        case Ordered(kind, low, high, step), Ordered(other, lower, higher, finer):
            inside = (lower is None or (low is not None and lower <= low)) and (
                higher is None or (high is not None and high <= higher)
            )
            return kind == other and inside and finer in (None, step)
    return False


def _fields(
    section: str, name: str, old: Any, new: Any, keys: tuple[str, ...] = (), *, leaving: tuple[str, ...] = ()
) -> Iterator[PartChange]:
    """Yield the fields in which two records differ."""
    for key in keys or [f.name for f in fields(old) if f.name not in _OF_NO_MATTER and f.name not in leaving]:
        one, two = getattr(old, key), getattr(new, key)
        if one == two:
            continue
        wording = key in _WORDING
        level = Level.PATCH if wording else _level_of(old, key, one, two)
        yield PartChange(section, name, "wording" if wording else "changed", key.rstrip("_"), one, two, level)


def _level_of(old: Any, key: str, one: Any, two: Any) -> Level:
    """Return how much a changed field weighs."""
    match old, key:
        case Parameter(), "kind":
            return Level.PATCH  # what it is worth is said by its value
        case Parameter(), "value" if one is None:
            return Level.MINOR
        case Report(), "parts" if one.keys() == two.keys():
            return Level.PATCH
        case _, "carries":
            return Level.MINOR if set(one) <= set(two) else Level.MAJOR
    return Level.MAJOR
