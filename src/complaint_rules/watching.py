"""Watching: a complaint's life as triggers see it: what counts, with the facts of its instant, and what cannot count yet."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from complaint_rules.clocks import NEVER
from complaint_rules.compile import CompiledRuleset, step_of
from complaint_rules.correlate import Occurrence, Terms
from complaint_rules.deciding import Standing, plan_of
from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.domains import Sign, Truth
from complaint_rules.folding import Seen
from complaint_rules.following import in_order, rests_upon, with_milestones
from complaint_rules.life import Life, LifePlan, plan_of_life
from complaint_rules.loading_trigger import where_name, where_table
from complaint_rules.log import Happening, known_at
from complaint_rules.replaying import Told, version_of_life
from complaint_rules.ruleset import Type
from complaint_rules.trigger import Trigger
from complaint_rules.values import to_json
from complaint_rules.worktime import Calendar


@dataclass(frozen=True, slots=True)
class Open:
    """An event that a trigger would count, if what is to be asked were known; `problem` says why a life cannot be told."""

    trigger: str
    complaint: str
    event: str
    at: datetime | None
    ask: tuple[str, ...]
    unset: tuple[str, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Watched:
    """What a complaint's life up to now counts, by trigger; what is open; and when it changes by itself (NEVER: not)."""

    counted: Mapping[str, tuple[Occurrence, ...]]
    open: tuple[Open, ...]
    wake: timedelta


def watchable(rules: CompiledRuleset) -> CompiledRuleset:
    """Return the part of a ruleset on which its triggers rest, with their conditions as decisions, in every version."""
    ruleset = rules.ruleset
    upon = {n for t in ruleset.triggers.values() for n in rests_upon(ruleset, t)}
    awaited = {n.partition(".")[0] for n in upon if "." in n}
    tables = [where_table(t) for t in ruleset.triggers.values() if t.where]
    names = [t.name for t in tables]
    part = replace(
        ruleset, process=None,
        deadlines={n: with_milestones(d, upon) for n, d in ruleset.deadlines.items() if n in awaited},
        decisions={**ruleset.decisions, **{t.name: t for t in tables}}, order=(*ruleset.order, *names),
        outputs={**ruleset.outputs, **{n: {"": Type(Truth())} for n in names}},
    )  # fmt: skip
    steps = tuple(step_of(t, part, rules.parameters, rules.limits) for t in tables)
    return replace(
        rules, ruleset=part, steps=(*rules.steps, *steps), earlier=tuple(map(watchable, rules.earlier)),
        reads={**rules.reads, **dict.fromkeys(names, frozenset())},
    )  # fmt: skip


def terms_of(rules: CompiledRuleset) -> tuple[dict[str, Terms], dict[str, tuple[str, ...]]]:
    """Return the triggers in order under the parameters, and those that are silent with the parameters that are not set."""
    found: dict[str, Terms] = {}
    silent: dict[str, tuple[str, ...]] = {}
    for trigger in in_order(rules.ruleset):
        unset = tuple(n for n in trigger.parameters if rules.parameters.get(n) is None)
        if unset:
            silent[trigger.name] = unset
        else:
            threshold, within = (_set_to(rules, n) for n in (trigger.threshold, trigger.within))
            found[trigger.name] = Terms(trigger, Fraction(threshold), within)
    return found, silent


def _set_to(rules: CompiledRuleset, value: Any) -> Any:
    return rules.parameters[value] if isinstance(value, str) else value


class WatchPlan(LifePlan):
    """A ruleset's course made ready for watching: which triggers listen to which event."""

    def __init__(self, rules: CompiledRuleset) -> None:
        super().__init__(rules)
        triggers = rules.ruleset.triggers.values()
        named = {n for t in triggers for n in (*t.counted, t.to or "")}
        read = {n for c in self.clocks for n in c.reads} | named | {where_name(t.name) for t in triggers}
        self.plan = plan_of(rules, {n.partition(".")[0] for n in read} & rules.ruleset.decisions.keys())
        self.heard: dict[str, list[Trigger]] = {}
        for trigger in triggers:
            for event in dict.fromkeys(trigger.of):
                self.heard.setdefault(event, []).append(trigger)
        self._begun: Standing | None = None

    def standing(self, facts: Mapping[str, Any]) -> Standing:
        """Return the beginning, the same for all: a watched life has no first facts."""
        if self._begun is None:
            self._begun = super().standing(facts)
        return self._begun


def _plan(rules: CompiledRuleset) -> WatchPlan:
    found: WatchPlan | None = rules.plans.get("watch")
    if found is None:
        found = rules.plans["watch"] = WatchPlan(rules)
    return found


class _Watch(Life):
    """A life that notes what counts."""

    def __init__(self, plan: WatchPlan, complaint: str, calendar: Calendar) -> None:
        super().__init__(plan, {}, calendar)
        self.heard = plan.heard
        self.complaint = complaint
        self.counted: dict[str, list[Occurrence]] = {}
        self.open: list[Open] = []
        self.nth: Counter[tuple[str, timedelta]] = Counter()

    def hear(self, seen: Seen) -> None:
        super().hear(seen)
        for trigger in self.heard.get(seen.event, ()):
            self.count(trigger, seen)

    def count(self, trigger: Trigger, seen: Seen) -> None:
        """Note an event for a trigger: as counted, as open, or, where the condition is no, not at all."""
        nth = self.nth[trigger.name, seen.at]
        self.nth[trigger.name, seen.at] += 1
        where = self.values[where_name(trigger.name)] if trigger.where else True
        if where is False:
            return
        values = {n: self.values.get(n) for n in trigger.counted}
        if any(isinstance(v, Sign) for v in values.values()):
            return
        unknown = [v for v in (where, *values.values()) if getattr(v, "is_unknown", False) or v is None]
        if unknown:
            ask, unset = (tuple(dict.fromkeys(n for v in unknown for n in getattr(v, s, ()))) for s in ("ask", "unset"))
            self.open.append(Open(trigger.name, self.complaint, seen.event, seen.when, ask, unset))
            return
        by = [self.complaint] if trigger.by is None else [_same(values[n]) for n in trigger.by]
        told = trigger.distinct or trigger.sum
        value = None if told is None else values[told]
        base = None if trigger.share_of is None else values[trigger.share_of]
        self.counted.setdefault(trigger.name, []).append(Occurrence(
            seen.at, self.complaint, nth, seen.event, json.dumps(by),
            None if value is None else Fraction(value) if trigger.sum else json.dumps(_same(value)),
            None if base is None else Fraction(base), to_json(self.say(trigger.to)),
        ))  # fmt: skip


def _same(value: Any) -> Any:
    """Return a value as JSON data that is the same for all that are equal."""
    match value:
        case Decimal():
            return format(value.normalize() + 0, "f")
        case datetime():
            return value.astimezone(UTC).isoformat()
        case _:
            return to_json(value)


def watch(
    rules: CompiledRuleset, complaint: str, log: Sequence[Happening], calendar: Calendar, now: timedelta
) -> Watched:
    """Return what the life of a complaint counts up to now, under the version of its day; `rules` are watchable."""
    ahead = min((t for h in log for t in (h.at, h.recorded_at) if t > now), default=NEVER)
    try:
        plan = _plan(version_of_life(rules, Told({}, log), now))
        life = _Watch(plan, complaint, calendar)
        life.live(known_at(log, now), (), now)
    except FactsError as error:
        problem = "; ".join(_said(d) for d in error.diagnostics)
        return Watched({}, (Open("", complaint, "", None, (), (), problem),), ahead)
    wake = min((c.wake for c in life.clocks), default=NEVER)
    return Watched({n: tuple(found) for n, found in life.counted.items()}, tuple(life.open), min(wake, ahead))


def _said(diagnostic: Diagnostic) -> str:
    return f"{diagnostic.code} {diagnostic.message('en')}"


def has_ended(rules: CompiledRuleset, log: Sequence[Happening], calendar: Calendar, now: timedelta) -> bool:
    """Return whether a complaint is in a final state; `rules` are whole."""
    process = rules.ruleset.process
    if process is None:
        return False
    try:
        version = version_of_life(rules, Told({}, log), now)
        life = Life(plan_of_life(version), {}, calendar)
        life.live(known_at(log, now), (), now)
    except FactsError:
        return False
    states = version.ruleset.process.states if version.ruleset.process else {}
    return life.state is not None and states[life.state].final
