"""Distinguishing lives: a complaint over time that a changed ruleset tells otherwise, as short as it can be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Any

from complaint_rules.aimed_lives import aimed_lives
from complaint_rules.answers import Answer
from complaint_rules.calendar_data import load_calendar
from complaint_rules.compile import CompiledRuleset, read_by
from complaint_rules.deciding import resting_on
from complaint_rules.diagnostics import FactsError
from complaint_rules.example_life import counted_as, said_of
from complaint_rules.example_writing import plain_answer, plain_event, plain_facts, plain_time, plain_value
from complaint_rules.loading import deadline_reads
from complaint_rules.mutant import Change
from complaint_rules.noticing import Changed, Seen, changed
from complaint_rules.random_lives import ALife, Lives, some_value
from complaint_rules.replayed import Replay
from complaint_rules.replaying import Told, replay_told
from complaint_rules.ruleset import Ruleset
from complaint_rules.source import Plain
from complaint_rules.worktime import Calendar

_SHARED = 200  # so many lives are made for all changes of a ruleset
_REACHED = 60  # so many of them are tried that come to what is changed
_AIMED = 100  # then so many that are made to come to it
_OWN = 30  # and so many more by chance
_LONGEST = 400  # entries of a journal
_MINUTE = timedelta(minutes=1)
# What a life has come to, by what an example can expect of it.
Telling = Mapping[tuple[str, ...], Any]


@dataclass(frozen=True, slots=True)
class _Lived:
    """A life, and what it touches."""

    life: ALife
    touches: frozenset[str]


@dataclass
class Distinguisher:
    """Looks for lives that tell two rulesets apart; those that it has made serve for every change."""

    rules: CompiledRuleset  # under the settings
    lives: Lives
    settings: Mapping[str, Any] = field(default_factory=dict)
    most: int = _SHARED
    # What the lives at hand come to. INVARIANT: these live as long as this does, so no other has the identity of one.
    known: dict[int, Telling] = field(default_factory=dict, init=False)

    @cached_property
    def calendar(self) -> Calendar:
        return load_calendar(self.rules.ruleset.calendar or "cn-office")

    @cached_property
    def shared(self) -> list[_Lived]:
        """Lives for all changes, those of the examples first."""
        made = [*self.lives.told, *self.lives.some(self.most)]
        return [lived for life in made if (lived := self._lived(life))]

    def decisions(self, change: Change) -> frozenset[str]:
        """The decisions that rest on a fact that follows from other events."""
        steps = [(s, _no_settler) for s in self.rules.steps]
        return frozenset(s.name for s, _ in resting_on([change.name] if change.section == "inputs" else [], steps))

    def example(self, change: Change) -> dict[str, Plain] | None:
        """Return an example, without its name, that the changed ruleset fails; None where no life was found."""
        pair = _Pair(self, changed(self.rules, change), self.decisions(change))
        life = next((x for x in self._candidates(change) if pair.difference(x)), None)
        return None if life is None else _as_example(self, _shortened(life, pair), pair)

    def _candidates(self, change: Change) -> Iterator[ALife]:
        """Yield lives that come to what is changed, those at hand first."""
        names = touched_by(self.rules.ruleset, change)
        yield from islice((x.life for x in self.shared if names & x.touches), _REACHED)
        yield from islice(aimed_lives(self.rules, change), _AIMED)
        yield from self.lives.some(_OWN, *_grounds(self.rules, names))

    def _lived(self, life: ALife) -> _Lived | None:
        replay = self.replay(self.rules, life, frozenset())
        if replay is None or len(replay.journal) > _LONGEST:
            return None
        clocks = {n for n, o in replay.obligations.items() if o.runs}
        steps = {h.event for h in life.events if h.event} | {e.name for e in replay.journal}
        touches = frozenset({*clocks, *steps, *(n.partition(".")[0] for n in steps)})
        self.known[id(life)] = self.telling(replay)
        return _Lived(life, touches)

    def replay(self, rules: CompiledRuleset, life: ALife, only: frozenset[str]) -> Replay | None:
        """Return what a life comes to; None where it cannot be told."""
        try:
            told = Told(life.given, life.events, life.related)
            return replay_told(rules, told, self.calendar, now=life.now, only=only)
        except FactsError:
            return None

    def telling(self, replay: Replay) -> Telling:
        """Return everything that an example could expect of a life, also what never happened."""
        made = [e for d in self.rules.ruleset.deadlines.values() for e in d.events]
        return _telling(replay, made)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A ruleset before and after a change, and the decisions that the change may reach."""

    of: Distinguisher
    other: Changed
    decisions: frozenset[str]

    def before(self, life: ALife) -> Telling | None:
        """Return what a life comes to before the change; without decisions it is remembered."""
        known = None if self.decisions else self.of.known.get(id(life))
        return known or self._told(self.of.rules, life)

    def _told(self, rules: CompiledRuleset, life: ALife) -> Telling | None:
        replay = self.of.replay(rules, life, self.decisions)
        return None if replay is None else self.of.telling(replay)

    def difference(self, life: ALife) -> list[tuple[str, ...]]:
        """Return what an example can expect of a life that the changed ruleset does not say."""
        one = self.before(life)
        two = None if one is None else self._told(self.other.rules, life)
        return [] if one is None or two is None else [k for k, v in one.items() if two.get(k) != v]

    def journals(self, life: ALife) -> list[set[tuple[datetime, str, str]]]:
        """Return what happened in a life, and when, before and after the change."""
        replays = [self.of.replay(r, life, frozenset()) for r in (self.of.rules, self.other.rules)]
        return [{(e.at, e.kind, e.name) for e in r.journal} if r else set() for r in replays]


# --- as short as it can be ------------------------------------------------------------------------------


def _shortened(life: ALife, pair: _Pair) -> ALife:
    life = next((x for x in _earlier(life, pair) if pair.difference(x)), life)
    for less in _without_each(life):
        shorter = less(life)
        if shorter != life and pair.difference(shorter):
            life = shorter
    return life


def _earlier(life: ALife, pair: _Pair) -> Iterator[ALife]:
    """Yield the life looked at when something first differs, and just after."""
    one, two = pair.journals(life)
    for at in sorted({at for at, _, _ in one ^ two})[:3]:
        minute = at.replace(second=0, microsecond=0)
        yield from (life._replace(now=now) for now in (minute, minute + _MINUTE) if now <= life.now)


def _as_example(of: Distinguisher, life: ALife, pair: _Pair) -> dict[str, Plain]:
    ruleset, told = of.rules.ruleset, pair.before(life) or {}
    found: dict[str, Any] = {"given": plain_facts(ruleset, life.given)}
    found["parameters"] = {n: plain_value(v) for n, v in of.settings.items()}
    found["events"] = [plain_event(ruleset, h) for h in life.events]
    found["related"] = [plain_event(ruleset, h) for h in life.related]
    found["now"] = plain_time(ruleset, life.now)
    for key in pair.difference(life):
        section, *rest = key
        if section in ("state", "violations"):
            found[section] = told[key]
        elif section == "obligations":
            found.setdefault(section, {}).setdefault(rest[0], {})[rest[1]] = told[key]
        elif told[key] is not None:
            found.setdefault(section, {})[rest[0]] = told[key]
    return found


def filled(rules: CompiledRuleset, seen: Iterable[Seen]) -> dict[str, Any]:
    """Return a value for each parameter that nobody has set: one that an example has, else one that it may have."""
    told = {n: v for s in seen for n, v in s.example.parameters.items() if v is not None}
    unset = (p for n, p in rules.ruleset.parameters.items() if n not in rules.parameters)
    found = {p.name: told.get(p.name, some_value(p.type.domain)) for p in unset}
    return {n: v for n, v in found.items() if v is not None}


def _no_settler(_values: Any, _answers: Any) -> Any:
    raise AssertionError


def _telling(replay: Replay, made: Iterable[str]) -> Telling:
    found: dict[tuple[str, ...], Any] = {}
    for name, owed in replay.obligations.items():
        found |= {("obligations", name, k): v for k, v in said_of(owed).items()}
    counted = Counter(counted_as(e) for e in replay.journal)
    found |= {("happened", n): str(counted.get(n, 0)) for n in dict.fromkeys((*made, *counted)) if n}
    if replay.state is not None:
        found["state",] = replay.state
        found["violations",] = [v.event for v in replay.violations]
    found |= {("expect", n): plain_answer(a) for n, a in replay.result.decisions.items() if _is_said(a)}
    return found


def _is_said(answer: Answer) -> bool:
    return plain_answer(answer) is not None


def _without_each(life: ALife) -> Iterator[Any]:
    """Yield ways to leave something out: an event, one of a related complaint, a fact."""
    for happening in reversed(life.events):
        yield lambda x, h=happening: x._replace(events=tuple(e for e in x.events if e is not h))
    for happening in life.related:
        yield lambda x, h=happening: x._replace(related=tuple(e for e in x.related if e is not h))
    for name in life.given:
        yield lambda x, n=name: x._replace(given={k: v for k, v in x.given.items() if k != n})


# --- what a change touches ------------------------------------------------------------------------------


def touched_by(ruleset: Ruleset, change: Change) -> frozenset[str]:
    """Return the clocks and events by which a life can come to what is changed."""
    match change.section:
        case "deadlines":
            return frozenset(
                {change.name, *_events_of(ruleset, deadline_reads(ruleset, ruleset.deadlines[change.name]))}
            )
        case "inputs":
            folds = [f for r in (ruleset, change.made_in(ruleset)) if (f := r.inputs[change.name].fold)]
            return frozenset(e for f in folds for e in f.read)
        case "process":
            step = ruleset.process.steps[change.part] if ruleset.process else None
            return frozenset({step.event, step.event.partition(".")[0]} if step else ())
        case "decisions" | "parameters" | "triggers":
            return frozenset({*ruleset.events, *ruleset.deadlines})


def _events_of(ruleset: Ruleset, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        fact = ruleset.inputs.get(name)
        if fact is not None and fact.fold:
            yield from fact.fold.read


def _grounds(rules: CompiledRuleset, names: Collection[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the events, and the facts, on which these clocks and events rest."""
    ruleset = rules.ruleset
    read = {n for d in names if d in ruleset.deadlines for n in deadline_reads(ruleset, ruleset.deadlines[d])}
    steps = ruleset.process.steps.values() if ruleset.process else ()
    read |= {s.when for s in steps if s.when and s.event in names}
    for step in reversed(rules.steps):
        if step.name in {n.partition(".")[0] for n in read}:
            read |= set(read_by(step))
    return frozenset({*names, *_events_of(ruleset, read)}), frozenset(n for n in read if n in ruleset.inputs)
