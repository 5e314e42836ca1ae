"""Distinguishing many: complaints whose triggers a changed ruleset pulls otherwise, as few as can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from complaint_rules.aimed_lives import decided, ground
from complaint_rules.compile import CompiledRuleset
from complaint_rules.course import FACTS
from complaint_rules.diagnostics import FactsError
from complaint_rules.example_many import ExampleOfMany, escalated
from complaint_rules.example_writing import plain_facts, plain_time, plain_value
from complaint_rules.mutant import Change
from complaint_rules.noticing import changed
from complaint_rules.random_lives import Lives
from complaint_rules.source import Plain
from complaint_rules.trigger import Trigger

_TRIES = 120
_MOST = 6  # complaints
_BEGIN = "2024-03-11 09:00"
_MINUTE, _LONG = timedelta(minutes=1), timedelta(days=120)


@dataclass(frozen=True)
class Crowd:
    """Makes complaints that count together; `settings` are those of its ruleset that differ from what is written."""

    rules: CompiledRuleset
    lives: Lives
    settings: Mapping[str, Any]

    def example(self, change: Change, seed: int) -> dict[str, Plain] | None:
        """Return an example, without its name, that the changed ruleset fails; None where none was found."""
        other, rng = changed(self.rules, change).rules, Random(seed)  # noqa: S311 - a draw, not a secret
        trigger = self.rules.ruleset.triggers[change.name]
        aim = self._aim(trigger)
        tried = (self._made(trigger, aim, rng) for _ in range(_TRIES))
        found = next((m for m in tried if self._difference(m, other)), None)
        return None if found is None else self._as_example(self._shortened(found, other), other)

    def _difference(self, many: ExampleOfMany, other: CompiledRuleset) -> dict[str, dict[str, str]]:
        """Return what is escalated before the change and otherwise after it."""
        try:
            one, two = escalated(self.rules, many), escalated(other, many)
        except FactsError:
            return {}
        parts = {n: {k: v for k, v in said.items() if two[n][k] != v} for n, said in one.items()}
        return {n: said for n, said in parts.items() if said}

    # --- complaints -----------------------------------------------------------------------------------------

    def _aim(self, trigger: Trigger) -> Mapping[str, Any]:
        """Return facts on which what it counts by is decided, and its condition holds."""
        names = [n for n in (*trigger.counted, *trigger.columns) if n in self.rules.ruleset.decisions]
        found = [decided(self.rules, n) for n in names] + [ground(self.rules, trigger.where) if trigger.where else None]
        return {n: v for g in found if g is not None for n, v in g.given.items()}

    def _made(self, trigger: Trigger, aim: Mapping[str, Any], rng: Random) -> ExampleOfMany:
        """Return complaints that mostly agree in what the trigger counts by."""
        begin = datetime.fromisoformat(_BEGIN).replace(tzinfo=ZoneInfo(self.rules.ruleset.time_zone))
        counted = [n for n in (*trigger.counted, *trigger.columns) if n in self.lives.pool]
        shared = {n: rng.choice(self.lives.pool[n]) for n in counted}
        base = {**rng.choice(self.lives.facts), **rng.choice(self.lives.facts)}
        base |= aim if rng.random() < 0.8 else {}
        entries: list[Mapping[str, Any]] = []
        at = begin
        for number in range(rng.randint(1, _MOST)):
            facts = {**base, **shared}
            for name in (*counted, *aim):
                if rng.random() < 0.15 and name in self.lives.pool:
                    facts[name] = rng.choice(self.lives.pool[name])
            entries += self._told(f"C{number + 1}", facts, trigger, at, rng)
            at += rng.choice(self._gaps(trigger))
        return ExampleOfMany(tuple(entries), at + rng.choice((_MINUTE, _LONG)), {})

    def _gaps(self, trigger: Trigger) -> Sequence[timedelta]:
        within = self.rules.parameters.get(trigger.within) if isinstance(trigger.within, str) else trigger.within
        usual = (timedelta(0), _MINUTE, timedelta(days=1))
        edges = (within, within - _MINUTE, within + _MINUTE, within / 2) if isinstance(within, timedelta) else ()
        return (*usual, *edges, *([trigger.spacing, trigger.spacing - _MINUTE] if trigger.spacing else []))

    def _told(
        self, complaint: str, facts: Mapping[str, Any], trigger: Trigger, at: datetime, rng: Random
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the facts of a complaint, and the events by which it counts, or from which a clock makes them."""
        ruleset = self.rules.ruleset
        yield {"complaint": complaint, "at": at, "event": FACTS, "facts": dict(facts)}
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            at += _MINUTE
            event = rng.choice(trigger.of)
            deadline = ruleset.deadlines.get(event.partition(".")[0])
            start = ruleset.inputs.get(deadline.reckoning["start"]) if deadline else None
            begun = start.fold.events[0] if start and start.fold else event
            if begun in ruleset.events:
                yield {"complaint": complaint, "at": at, "event": begun}

    # --- as few as can be -----------------------------------------------------------------------------------

    def _shortened(self, many: ExampleOfMany, other: CompiledRuleset) -> ExampleOfMany:
        for at in reversed(range(len(many.entries))):
            fewer = replace(many, entries=(*many.entries[:at], *many.entries[at + 1 :]))
            many = fewer if self._difference(fewer, other) else many
        for at, entry in enumerate(many.entries):
            for name in entry.get("facts", {}):
                facts = {n: v for n, v in many.entries[at]["facts"].items() if n != name}
                less = {**many.entries[at], "facts": facts}
                fewer = replace(many, entries=(*many.entries[:at], less, *many.entries[at + 1 :]))
                many = fewer if self._difference(fewer, other) else many
        return many

    def _as_example(self, many: ExampleOfMany, other: CompiledRuleset) -> dict[str, Plain]:
        ruleset = self.rules.ruleset
        told: list[Plain] = []
        for entry in many.entries:
            plain: dict[str, Plain] = {"complaint": entry["complaint"], "at": plain_time(ruleset, entry["at"])}
            plain["event"] = entry["event"]
            told.append(plain | ({"facts": plain_facts(ruleset, entry["facts"])} if entry.get("facts") else {}))
        parts = self._difference(many, other)
        # Whom it told last says nothing more where it did not fire as often.
        said: dict[str, Plain] = {n: f["times"] if "times" in f else dict(f) for n, f in parts.items()}
        return {
            "parameters": {n: plain_value(v) for n, v in self.settings.items()},
            "complaints": told, "now": plain_time(ruleset, many.now), "escalations": said,
        }  # fmt: skip
