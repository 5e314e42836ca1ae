"""Life: a complaint as it goes from one instant to the next: events become facts, clocks follow facts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from complaint_rules.answers import Answer, Decided
from complaint_rules.clocks import BEGINNING, NEVER, ClockPlan, Course, Ticking
from complaint_rules.compile import CompiledRuleset, Step
from complaint_rules.course import FACTS, Milestone
from complaint_rules.deciding import Standing, plan_of, resting_on, standing
from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.domains import Sign
from complaint_rules.folding import Folds, Seen
from complaint_rules.log import Happening
from complaint_rules.process import Steps
from complaint_rules.replayed import Entry, Violation
from complaint_rules.settle import Settler
from complaint_rules.words import Label
from complaint_rules.worktime import Calendar

_MOST_ENTRIES = 100_000
_VERDICTS = frozenset({"met", "met_late", "overdue", "excused"})
_FACTS = Label("补充事实", "facts")


class LifePlan:
    """A ruleset's course made ready: what its clocks read, what rests on which facts, who listens to which event."""

    def __init__(self, rules: CompiledRuleset) -> None:
        ruleset = rules.ruleset
        self.rules = rules
        self.clocks = tuple(ClockPlan(d, rules) for d in ruleset.deadlines.values())
        self.steps = Steps(ruleset.process) if ruleset.process else None
        conditions = (s.when for s in ruleset.process.steps.values()) if ruleset.process else ()
        read = {n for c in self.clocks for n in c.reads} | {n for n in conditions if n}
        self.plan = plan_of(rules, {n.partition(".")[0] for n in read} & ruleset.decisions.keys())
        self.folds = Folds(ruleset)
        self.labels = {n: e.label for n, e in ruleset.events.items()}
        self._resting: dict[frozenset[str], tuple[Sequence[tuple[Step, Settler]], frozenset[int]]] = {}

    def standing(self, facts: Mapping[str, Any]) -> Standing:
        """Return all values and answers at the beginning."""
        return standing(self.plan, facts)

    def resting(self, names: Iterable[str]) -> tuple[Sequence[tuple[Step, Settler]], frozenset[int]]:
        """Return the steps that must be taken again, and the clocks looked at, when these facts have changed."""
        key = frozenset(names)
        found = self._resting.get(key)
        if found is None:
            steps = resting_on(key, self.plan.steps)
            touched = key.union(*(step.hands_on for step, _ in steps))
            looking = frozenset(i for i, c in enumerate(self.clocks) if not touched.isdisjoint(c.judged_by))
            found = self._resting[key] = steps, looking
        return found


def plan_of_life(rules: CompiledRuleset) -> LifePlan:
    found: LifePlan | None = rules.plans.get("life")
    if found is None:
        found = rules.plans["life"] = LifePlan(rules)
    return found


# --- the life itself --------------------------------------------------------------------------------------


class Life:
    """A complaint as it goes from one instant to the next."""

    def __init__(self, plan: LifePlan, facts: Mapping[str, Any], calendar: Calendar) -> None:
        self.plan = plan
        self.calendar = calendar
        self.facts = {**facts, **plan.folds.known_at_first()}
        self.tallies = plan.folds.begin()
        begun = plan.standing(self.facts)
        self.values: dict[str, Any] = dict(begun.values)
        self.answers: dict[str, Answer] = dict(begun.answers)
        process = plan.rules.ruleset.process
        self.state = process.start if process else None
        self.journal: list[Entry] = []
        self.violations: list[Violation] = []
        self.clocks = [Ticking(c, calendar, self.values, self.note) for c in plan.clocks]
        self.stale = set(range(len(self.clocks)))
        self.wakes = [NEVER for _ in self.clocks]
        self.soonest = NEVER  # the next instant at which a clock changes by itself
        self._shown: dict[timedelta, datetime] = {}

    def live(self, log: Iterable[Happening], related: Collection[int], now: timedelta) -> None:
        """Go through the log, which is in order, and the instants of the clocks, up to now."""
        self.settle(BEGINNING)
        for happening in log:
            self.until(happening.at)
            if id(happening) in related:
                self.hear(Seen(happening.event or "", happening.at, self.shown(happening.at), happening.facts))
            else:
                self.happen(happening)
            self.settle(happening.at)
        self.until(now)

    def until(self, at: timedelta) -> None:
        """Let the clocks go on up to an instant, and do what they do at it."""
        while (soonest := self.soonest) <= at:
            self.stale.update(i for i, wake in enumerate(self.wakes) if wake <= soonest)
            self.settle(soonest)

    def settle(self, at: timedelta) -> None:
        """Let the clocks make their events until nothing changes any more at this instant, breaches before milestones."""
        while self.stale or self.soonest <= at:
            if self.stale:
                self.look(min(self.stale), at)
            else:
                self.pass_milestone(at)

    def look(self, i: int, at: timedelta) -> None:
        """Look at a clock, and let happen what it makes."""
        clock = self.clocks[i]
        event = clock.look(at)
        self.wakes[i] = clock.wake
        self.soonest = min(self.wakes)
        if event is None or not clock.deadline.repeat:  # one that repeats may have more to do
            self.stale.discard(i)
        if event is not None:
            self.made(event, clock, at)

    def pass_milestone(self, at: timedelta) -> None:
        """Let the first clock whose instant has come pass its milestone."""
        i = next(i for i, wake in enumerate(self.wakes) if wake <= at)
        self.stale.add(i)
        passing = self.clocks[i].milestone(at)
        if passing:
            self.reach(self.clocks[i], *passing, at)

    # --- what happens ------------------------------------------------------------------------------------

    def happen(self, happening: Happening) -> None:
        """An event of the log: it brings facts, others follow from it, and the process takes its step."""
        event = happening.event or ""
        when = self.shown(happening.at)
        label = _FACTS if event == FACTS else self.plan.labels[event]
        self.enter(Entry(when, "event", event, label, happening.id, by=happening.by))
        brought = {n: v for n, v in happening.facts.items() if self.values.get(n) != v}
        if brought:
            self.learn(brought, when)
        self.hear(Seen(event, happening.at, when))
        self.step(event, when, happening.id, happening.by, made=False)

    def made(self, event: str, clock: Ticking, at: timedelta) -> None:
        """A clock is met or breached."""
        kind: Any = event.rpartition(".")[2]
        run = clock.runs[-1]
        at = max(at, run.start) if at == BEGINNING else at
        when, deadline = self.shown(at), clock.deadline
        because = deadline.because if kind == "breached" else ()
        owner = known(run.owner) if kind == "breached" else None
        self.enter(Entry(when, kind, deadline.name, deadline.label, run=run.number, by=owner, because=because))
        self.hear(Seen(event, at, when))
        self.step(event, when, None, None, made=True)

    def reach(self, clock: Ticking, milestone: Milestone, k: int, at: timedelta) -> None:
        """A milestone comes; where its condition does not hold it passes silently."""
        if milestone.when is not None and self.values.get(milestone.when) is not True:
            return
        at = max(at, clock.runs[-1].start) if at == BEGINNING else at
        when, name = self.shown(at), f"{clock.deadline.name}.{milestone.name}"
        place = len(self.journal)
        self.hear(Seen(name, at, when))
        entry = Entry(
            when, "milestone", name, milestone.label, run=clock.runs[-1].number, nth=k if milestone.every else None,
            by=self.say(milestone.by), to=self.say(milestone.to), value=self.say(milestone.value), because=milestone.because,
        )  # fmt: skip
        self.enter(entry, place)
        self.step(name, when, None, None, made=True)

    def hear(self, seen: Seen) -> None:
        """Change the facts that follow from what has happened."""
        changed = self.plan.folds.change(self.tallies, seen, self.values)
        if changed:
            self.learn(changed, seen.when)

    def learn(self, changed: dict[str, Any], when: datetime) -> None:
        """Change facts, and decide again what rests on them."""
        self.facts |= changed
        self.values |= changed
        steps, looking = self.plan.resting(changed)
        for step, settle in steps:
            answer, exports = settle(self.values, self.answers)
            self.compare(step.name, answer, when)
            self.answers[step.name] = answer
            self.values |= exports
        self.stale |= looking
        again = self.plan.folds.regrouped(self.tallies, changed, self.values)
        if again:
            self.learn(again, when)

    def compare(self, name: str, answer: Answer, when: datetime) -> None:
        """Enter a decision that has changed."""
        before = self.answers[name]
        if isinstance(before, Decided) and isinstance(answer, Decided) and before.value != answer.value:
            label = self.plan.rules.ruleset.decisions[name].label
            because = answer.trace.because
            self.enter(Entry(when, "decision", name, label, was=before.value, now=answer.value, because=because))

    def step(self, event: str, when: datetime, id_: str | None, by: str | None, *, made: bool) -> None:
        """Let the process take the step of an event, and note what was wrong about it."""
        if self.plan.steps is None or self.state is None:
            return
        taken = self.plan.steps.taken(event, self.state, by, self.values, self.answers, made=made)
        if taken is None:
            return
        step, why, found = taken
        if why:
            self.violations.append(Violation(
                when, event, id_, why, step.name, found.missing, found.ask, step.because
            ))  # fmt: skip
        if step.to is not None and step.to != self.state:
            before, self.state = self.state, step.to
            state = self.plan.steps.process.states[step.to]
            self.enter(Entry(when, "state", step.to, state.label, id_, was=before, now=step.to, because=step.because))

    def note(self, kind: Any, at: timedelta, run: Course, name: str) -> None:
        """Enter what became of a clock without an event."""
        when = self.shown(max(at, run.start) if at == BEGINNING else at)
        deadline = self.plan.rules.ruleset.deadlines[name]
        self.enter(Entry(when, kind, name, deadline.label, run=run.number))

    def enter(self, entry: Entry, place: int | None = None) -> None:
        if place is None:
            self.journal.append(entry)
        else:
            self.journal.insert(place, entry)
        if len(self.journal) > _MOST_ENTRIES:
            raise FactsError([Diagnostic("CR008", args={"what": "journal", "most": _MOST_ENTRIES}, where="events")])

    def say(self, name: str | None) -> Any:
        """Return what a name says now; a role is itself."""
        return None if name is None else known(self.values.get(name, name))

    def shown(self, at: timedelta) -> datetime:
        """Return an instant as the calendar's clock shows it; much that happens at one asks for it."""
        found = self._shown.get(at)
        if found is None:
            found = self._shown[at] = self.calendar.instant(at)
        return found

    def verdicts(self) -> dict[tuple[str, int], Any]:
        """Return what became of each run that has been judged."""
        runs = ((c.deadline.name, r) for c in self.clocks for r in c.runs)
        return {(n, r.number): r.outcome for n, r in runs if r.outcome in _VERDICTS}


def known(value: Any) -> Any:
    """Return a value, None where it is not known or the procedure is silent."""
    return None if isinstance(value, Sign) or getattr(value, "is_unknown", False) else value
