"""Replaying: one complaint over time: the log in, what is owed, late, allowed and next out; nothing is kept between calls.

`docs/replay.md` says what happens at an instant, and in which order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from complaint_rules.answers import Missing
from complaint_rules.clocks import NEVER, Course, Ticking
from complaint_rules.compile import CompiledRuleset
from complaint_rules.course import PROMPTLY
from complaint_rules.deadlines import out_of_reach
from complaint_rules.deciding import decide_in, in_force
from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.life import Life, known, plan_of_life
from complaint_rules.log import Happening, known_at
from complaint_rules.replayed import Next, Obligation, Replay, Revision, Run
from complaint_rules.timetable import EPOCH, MICROSECOND
from complaint_rules.worktime import Calendar, OutOfReachError, since

_AT = attrgetter("at")


@dataclass(frozen=True, slots=True)
class Told:
    """All that was said of a complaint: its first facts, its log, and what happened to related ones."""

    facts: Mapping[str, Any]
    log: Sequence[Happening]
    related: Sequence[Happening] = ()

    def lived(self, version: CompiledRuleset, calendar: Calendar, now: timedelta) -> Life:
        """Return the complaint's life as it was known at an instant."""
        life, own, related = (
            Life(plan_of_life(version), self.facts, calendar),
            known_at(self.log, now),
            known_at(self.related, now),
        )
        both = sorted([*own, *related], key=lambda h: h.order) if related else own
        life.live(both, {id(h) for h in related}, now)
        return life

    @property
    def late(self) -> list[timedelta]:
        """The instants at which something became known that had happened before, or that changed what was known."""
        of_log = [h.recorded_at for h in self.log if h.at < h.recorded_at or h.stands_for is not None]
        return sorted({*of_log, *(h.recorded_at for h in self.related if h.at < h.recorded_at)})


def replay_told(
    rules: CompiledRuleset, told: Told, calendar: Calendar, *, now: datetime, only: Collection[str] | None = None
) -> Replay:
    """Return what a complaint's life has come to; `only` names the decisions wanted.

    Raises:
        FactsError: the version in force is not known.
    """
    at = since(now)
    version = version_of_life(rules, told, at)
    life = told.lived(version, calendar, at)
    return _Telling(life, at).whole(now, only, told, _revised(version, told, calendar, at))


def facts_at(rules: CompiledRuleset, told: Told, calendar: Calendar, *, now: datetime) -> dict[str, Any]:
    """Return the facts of a complaint as they are at an instant: those given, those it brought, and what followed."""
    at = since(now)
    return _facts(told.lived(version_of_life(rules, told, at), calendar, at))


def _facts(life: Life) -> dict[str, Any]:
    return {n: v for n, v in life.facts.items() if not isinstance(v, Missing)}


def version_of_life(rules: CompiledRuleset, told: Told, now: timedelta) -> CompiledRuleset:
    """Return the version in force on the complaint's day, which may be known only from the log."""
    by = rules.ruleset.effective.by
    if not rules.earlier or by is None:
        return in_force(rules, told.facts)[0]
    given, fold = dict(told.facts), rules.ruleset.inputs[by].fold
    for happening in known_at(told.log, now):
        given |= {n: v for n, v in happening.facts.items() if n == by}
        if fold and happening.event in fold.events and (fold.kind == "last" or by not in given):
            given[by] = EPOCH + happening.at
    found = in_force(rules, given)
    if len(found) > 1:
        raise FactsError([Diagnostic("CR005", args={"key": by}, where="facts")])
    return found[0]


def _revised(version: CompiledRuleset, told: Told, calendar: Calendar, now: timedelta) -> tuple[Revision, ...]:
    """Return the verdicts that changed when something became known after it had happened."""
    found: list[Revision] = []
    for at in (i for i in told.late if i <= now):
        before, after = (told.lived(version, calendar, i).verdicts() for i in (at - MICROSECOND, at))
        for name, run in sorted(before):
            was, is_now = before[name, run], after.get((name, run))
            if was != is_now:
                found.append(Revision(calendar.instant(at), name, run, was, is_now))
    return tuple(found)


# --- what there is to say ----------------------------------------------------------------------------------


class _Telling:
    """A life up to now, as it is told."""

    def __init__(self, life: Life, now: timedelta) -> None:
        self.life = life
        self.now = now

    def whole(self, now: datetime, only: Collection[str] | None, told: Told, revised: tuple[Revision, ...]) -> Replay:
        """Return everything that there is to say."""
        life, steps, state = self.life, self.life.plan.steps, self.life.state
        ahead = [h for h in told.log if h.at > self.now]
        late = [h for h in told.log if h.at <= self.now < h.recorded_at]
        heard = {h.id for h in told.log if h.id and h.recorded_at <= self.now} if late else ()
        return Replay(
            now, state, decide_in(life.plan.rules, _facts(life), only),
            MappingProxyType({c.deadline.name: self.owed(c) for c in life.clocks}),
            tuple(sorted(life.journal, key=_AT)), tuple(life.violations),
            steps.open_from(state, life.values, life.answers) if steps and state else (),
            steps.blocks(state, life.values, life.answers) if steps and state else (),
            self.next(), revised, _named(ahead), _named(h for h in late if h.id not in heard),
        )  # fmt: skip

    def next(self) -> Next | None:
        """Return the next instant at which a clock changes by itself."""
        soonest = self.life.soonest
        if soonest == NEVER:
            return None
        return Next(self.shown(soonest), tuple(n for c in self.life.clocks if c.wake == soonest for n in c.coming()))

    def owed(self, clock: Ticking) -> Obligation:
        """Return what a clock comes to."""
        deadline, run = clock.deadline, clock.runs[-1] if clock.runs else None
        owner = self.life.say(deadline.owner)
        ask, unset = clock.unknown if clock.status == "undetermined" else ((), ())
        try:
            used, left = self.times(clock, run) if run else (None, None)
        except (OutOfReachError, OverflowError):
            raise out_of_reach(deadline) from None
        return Obligation(
            deadline.name, deadline.label, clock.status, owner, deadline.within == PROMPTLY,
            tuple(self.run(clock, r, owner) for r in clock.runs), used, left, ask, unset,
            clock.plan.rests_on, deadline.because,
        )  # fmt: skip

    def times(self, clock: Ticking, run: Course) -> tuple[timedelta | None, timedelta | None]:
        """Return the time that a run has used, and what is left of it while it goes on."""
        reckoned = clock.clock_of(run)
        if reckoned is None:
            return None, None
        until = self.now if run.ended_at is None else run.ended_at
        until = max(run.start, until if run.met_at is None else run.met_at)
        spells = [(a, until if b is None else b) for a, b in clock.spells_of(run)]
        used = reckoned.used(until, spells)
        if clock.status != "running" or run.due is None:
            return used, None
        whole = reckoned.used(run.due.at, spells)
        return used, max(timedelta(0), whole - used)

    def run(self, clock: Ticking, run: Course, owner: Any) -> Run:
        """Return a run with its instants as the clock on the wall shows them."""
        due, maybe = run.due, self.maybe
        last = (self.shown(due.at) - timedelta(days=1)).date() if due and due.last_day is not None else None
        pauses = tuple((self.shown(a), maybe(b)) for a, b in clock.spells_of(run))
        return Run(
            run.number, self.shown(run.start), maybe(due.at if due else None), last, run.outcome, maybe(run.met_at),
            maybe(run.breached_at), maybe(run.ended_at), pauses, owner if run.breached_at is None else known(run.owner),
            due.provisional if due else False,
        )  # fmt: skip

    def shown(self, at: timedelta) -> datetime:
        return self.life.shown(at)

    def maybe(self, at: timedelta | None) -> datetime | None:
        return None if at is None else self.shown(at)


def _named(happenings: Iterable[Happening]) -> tuple[str, ...]:
    """Return what identifies events, in their order, copies once."""
    once = {h.id or id(h): h for h in sorted(happenings, key=lambda h: h.order)}
    return tuple(h.id or h.event or "" for h in once.values())
