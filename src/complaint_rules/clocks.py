"""Clocks: one time limit over a complaint's life: from the facts at an instant to its state, runs, pauses and milestones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from complaint_rules.answers import Missing, Undetermined
from complaint_rules.compile import CompiledRuleset
from complaint_rules.course import PROMPTLY, Deadline, Milestone
from complaint_rules.deadline import Terms
from complaint_rules.deadlines import number_of, out_of_reach, rests_on
from complaint_rules.domains import ABSENT, Sign
from complaint_rules.loading import deadline_reads
from complaint_rules.replayed import Kind, Outcome, Status
from complaint_rules.running import Clock, DueInstant, shifted
from complaint_rules.worktime import Calendar, OutOfReachError, since

BEGINNING, NEVER = timedelta.min, timedelta.max
_EVER = 10**9
# Outcomes that a new start leaves as they are.
_SETTLED = frozenset({"met", "met_late", "overdue", "excused"})


# Enters what became of a run without an event: what, when, which run, of which deadline.
Note = Callable[[Kind, timedelta, "Course", str], None]


class Unknown(NamedTuple):
    """What keeps a clock from being judged."""

    ask: tuple[str, ...]
    unset: tuple[str, ...]


@dataclass(slots=True)
class Course:
    """One run as it goes on: where it began, by which terms, and what has become of it."""

    number: int
    start: timedelta
    given: timedelta  # the start fact by which it began; with `restart` it began later
    terms: Terms | None = None  # None: promptly, or not known yet
    due: DueInstant | None = None  # as it was last reckoned
    moved: bool = False  # whether a pause has ended since
    met_at: timedelta | None = None
    breached_at: timedelta | None = None
    ended_at: timedelta | None = None
    outcome: Outcome = "running"
    owner: Any = None
    passed: dict[str, int] = field(default_factory=dict)  # milestone -> how many of it have passed
    marks: dict[tuple[str, int], timedelta] = field(
        default_factory=dict
    )  # (milestone, which) -> when, as it is due now
    marked: DueInstant | None = None  # the due instant by which they were reckoned


class ClockPlan:
    """A deadline as a clock reads it, worked out once: the names it rests on, and those that choose its terms.

    `reads` are all names, `judged_by` those that can change its state.
    """

    def __init__(self, deadline: Deadline, rules: CompiledRuleset) -> None:
        ruleset, parameters = rules.ruleset, rules.parameters
        self.deadline = deadline
        self.rests_on = rests_on(rules, deadline)
        self.reads = frozenset(deadline_reads(ruleset, deadline))
        conditions = (deadline.when, deadline.met_when, deadline.pause_while, deadline.excused_when, deadline.within)
        self.judged_by = self.reads & {str(n) for n in (*conditions, *deadline.reckoning.values())}
        named = {k: v for k, v in deadline.reckoning.items() if k != "start"}
        self.chosen = {k: v for k, v in named.items() if v in ruleset.parameters}
        self.words = {k: v for k, v in named.items() if k not in self.chosen}
        start = deadline.reckoning["start"]
        self.start = str(parameters.get(start, start)) if start in ruleset.parameters else start
        self.judged_by |= {self.start}
        self._terms: dict[tuple[Any, ...], Terms] = {}
        said = not self.chosen and isinstance(deadline.within, int)
        self.fixed = self.terms(deadline.within, ()) if said else None
        fact = ruleset.inputs.get(self.start)
        self.start_follows = bool(fact and fact.fold)
        self.early = tuple(m for m in deadline.milestones if m.offset != "after_due")
        self.late = tuple(m for m in deadline.milestones if m.offset == "after_due")

    def terms(self, amount: Any, chosen: tuple[Any, ...]) -> Terms:
        """Return the terms where this is the amount, and these the values of the chosen words."""
        key = (amount, chosen)
        found = self._terms.get(key)
        if found is None:
            words: dict[str, Any] = {**self.words, **dict(zip(self.chosen, chosen, strict=True))}
            number = number_of(amount, words["unit"], self.deadline)
            found = self._terms[key] = Terms(number, **words)
        return found


class Ticking:
    """A clock at an instant: `status` follows from the facts; `look` makes at most one event at a time."""

    __slots__ = (
        "_given", "calendar", "deadline", "note", "paused_since", "plan", "runs", "spells", "status", "unknown", "values",
        "wake",
    )  # fmt: skip

    def __init__(self, plan: ClockPlan, calendar: Calendar, values: Mapping[str, Any], note: Note) -> None:
        self.plan = plan
        self.deadline = plan.deadline
        self.calendar = calendar
        self.values = values
        self.note = note
        self.status: Status = "waiting"
        self.unknown = Unknown((), ())
        self.runs: list[Course] = []
        self.spells: list[tuple[timedelta, timedelta]] = []
        self.paused_since: timedelta | None = None
        self.wake = NEVER  # the next instant at which it changes by itself
        self._given: tuple[Any, timedelta] = (None, BEGINNING)  # the start fact last read, and its instant

    # --- what the facts say ------------------------------------------------------------------------

    def look(self, at: timedelta) -> str | None:
        """Bring the clock to what the facts are now; return the event that this makes, if any."""
        try:
            event = self._look(at)
            self.wake = self._wake()
        except (OutOfReachError, OverflowError):
            raise out_of_reach(self.deadline) from None
        return event

    def _look(self, at: timedelta) -> str | None:
        deadline = self.deadline
        applies = deadline.when is None or self._yes(deadline.when)
        pausing = deadline.pause_while is not None and self._yes(deadline.pause_while)
        if pausing is not (self.paused_since is not None):
            self._follow(pausing, at)
        if applies is False:
            return self._lapse(at)
        start: Any = self.values.get(self.plan.start)
        if self.plan.start_follows and (isinstance(start, (Missing, Sign))):
            self.status = "waiting"
            return None
        if isinstance(applies, Unknown) or _is_open(start):
            unknown = _open(start, self.plan.start) if _is_open(start) else None
            return self._undetermined(applies, unknown, self._terms())
        given = self._instant_of(start)
        if deadline.repeat and self._begins_again(given, at):
            return self._meet(self.runs[-1], pausing, at)
        return self._judge(given, pausing, at)

    def _instant_of(self, start: Any) -> timedelta:
        """Return the instant of the start fact, reckoned once."""
        if self._given[0] is not start:
            self._given = start, since(start)
        return self._given[1]

    def _judge(self, start: timedelta, pausing: bool | Unknown, at: timedelta) -> str | None:
        """Judge the run from this start."""
        run = self._run(start, at)
        terms, met_when = self._terms(), self.deadline.met_when
        met = met_when is not None and self._yes(met_when)
        if isinstance(terms, Unknown) or isinstance(met, Unknown) or isinstance(pausing, Unknown):
            return self._undetermined(terms, met, pausing)
        if met and run.met_at is not None:
            self.status = run.outcome = "met_late" if run.breached_at is not None else "met"
            return None
        run = self._by_terms(run, terms, at)
        if met:
            return self._meet(run, pausing, at)
        if run.met_at is not None:
            self._unmeet(run, at)
        return self._by_time(run, at)

    def _meet(self, run: Course, pausing: bool | Unknown, at: timedelta) -> str:
        self.status = run.outcome = "met_late" if run.breached_at is not None else "met"
        run.met_at = max(at, run.start) if at == BEGINNING else at
        run.due = None if pausing is not False and run.breached_at is None else self._due(run)
        return f"{self.deadline.name}.met"

    def _unmeet(self, run: Course, at: timedelta) -> None:
        run.met_at = run.due = None
        self.note("unmet", at, run, self.deadline.name)

    def _by_time(self, run: Course, at: timedelta) -> str | None:
        """Judge a run that is not met by how late it is."""
        if run.breached_at is not None:
            run.due = self._due(run)
            return self._be(run, "overdue")
        if self.paused_since is not None:
            run.due = None
            return self._be(run, "paused")
        run.due = self._due(run)
        if run.due is None or run.due.passed > at:
            return self._be(run, "running")
        excused_when = self.deadline.excused_when
        excused = excused_when is not None and self._yes(excused_when)
        if isinstance(excused, Unknown):
            return self._undetermined(excused)
        if excused:
            return self._be(run, "excused")
        run.breached_at = at
        run.owner = self._value(self.deadline.owner)
        self._be(run, "overdue")
        return f"{self.deadline.name}.breached"

    def _be(self, run: Course, status: Any) -> str | None:
        self.status = run.outcome = status
        return None

    def _lapse(self, at: timedelta) -> str | None:
        run = self.runs[-1] if self.runs else None
        if run and self.status != "lapsed":
            if run.outcome not in _SETTLED:
                run.outcome = "lapsed"
            self.note("lapsed", at, run, self.deadline.name)
        self.status = "lapsed" if run else "not_due"
        return None

    def _undetermined(self, *found: Any) -> str | None:
        unknown = [u for u in found if isinstance(u, Unknown)]
        self.unknown = Unknown(
            tuple(dict.fromkeys(n for u in unknown for n in u.ask)), tuple(dict.fromkeys(n for u in unknown for n in u.unset))
        )  # fmt: skip
        self.status = "undetermined"
        return None

    # --- runs --------------------------------------------------------------------------------------

    def _begins_again(self, start: timedelta, at: timedelta) -> bool:
        """Let a new start end the run before it; return whether it is met by that."""
        run = self.runs[-1] if self.runs else None
        if run is None or run.given == start or run.ended_at is not None:
            return False
        run.ended_at = at
        return run.met_at is None

    def _run(self, start: timedelta, at: timedelta) -> Course:
        """Return the run that is on, after beginning another where the start has changed."""
        run = self.runs[-1] if self.runs else None
        if run is None or run.given != start:
            return self._begin(start, start, at)
        return run

    def _by_terms(self, run: Course, terms: Terms | None, at: timedelta) -> Course:
        """Return the run under the terms that hold now, or another where they restart it."""
        if run.terms is terms or run.terms == terms:
            return run
        if run.terms is None or self.deadline.retarget == "from_start":
            run.terms, run.due = terms, None
        elif self.deadline.retarget == "restart":
            run = self._begin(at, run.given, at)
            run.terms = terms
        return run

    def _begin(self, start: timedelta, given: timedelta, at: timedelta) -> Course:
        before = self.runs[-1] if self.runs else None
        run = Course(len(self.runs), start, given, owner=self._value(self.deadline.owner))
        self.runs.append(run)
        if before is None:
            self.note("started", at, run, self.deadline.name)
            return run
        before.ended_at = at
        if before.outcome not in _SETTLED:
            before.outcome = "restarted"
        self.note("restarted", at, run, self.deadline.name)
        return run

    # --- pauses and due instants ---------------------------------------------------------------------

    def _follow(self, pausing: bool | Unknown, at: timedelta) -> None:
        """Keep the spells in which `pause_while` was yes."""
        run = self.runs[-1] if self.runs else None
        if pausing is True and self.paused_since is None:
            self.paused_since = at
            if run and run.outcome == "running":
                self.note("paused", at, run, self.deadline.name)
        elif pausing is not True and self.paused_since is not None:
            self.spells.append((self.paused_since, at))
            self.paused_since = None
            if run and run.breached_at is None and run.met_at is None:
                run.moved = True
            if run and run.outcome == "paused":
                self.note("resumed", at, run, self.deadline.name)

    def pauses_of(self, run: Course) -> list[tuple[timedelta, timedelta]]:
        """Return the spells that have ended and lie in a run, until it was breached: what is overdue is not paused."""
        if not self.spells:
            return []
        end = NEVER if run.breached_at is None else run.breached_at
        return [(max(a, run.start), min(b, end)) for a, b in self.spells if b > run.start and a < end]

    def spells_of(self, run: Course) -> list[tuple[timedelta, timedelta | None]]:
        """Return the pauses of a run, as far as it went; the last may go on."""
        if not self.spells and self.paused_since is None:
            return []
        end = NEVER if run.ended_at is None else run.ended_at
        found: list[tuple[timedelta, timedelta | None]] = [(a, min(b, end)) for a, b in self.pauses_of(run) if a < end]
        if self.paused_since is not None and self.paused_since < end and run.breached_at is None:
            found.append((max(self.paused_since, run.start), None))
        return found

    def coming(self) -> list[str]:
        """Return the events that it makes at its next instant, if nothing happens before."""
        run = self.runs[-1]
        found = [f"{self.deadline.name}.{m.name}" for m, i in self._ahead(run) if i == self.wake]
        late = self.status == "running" and run.due is not None and run.due.passed == self.wake
        return [f"{self.deadline.name}.breached", *found] if late else found

    def clock_of(self, run: Course) -> Clock | None:
        """Return the run's clock; None where it was promised without a number."""
        return Clock(run.terms, run.start, self.calendar) if run.terms else None

    def _due(self, run: Course) -> DueInstant | None:
        if (run.due is None or run.moved) and run.terms is not None:
            run.moved = False
            return Clock(run.terms, run.start, self.calendar).due(self.pauses_of(run))
        return run.due

    # --- what is still to come -----------------------------------------------------------------------

    def _wake(self) -> timedelta:
        run = self.runs[-1] if self.runs else None
        if run is None or self.status not in ("running", "overdue") or run.due is None:
            return NEVER
        instants = [i for _, i in self._ahead(run)]
        if self.status == "running":
            instants.append(run.due.passed)
        return min(instants, default=NEVER)

    def _ahead(self, run: Course) -> list[tuple[Milestone, timedelta]]:
        """Return the milestones that may still happen in this state, each with its next instant."""
        assert run.due  # noqa: S101 - asked only where it has one
        due = run.due
        milestones = self.plan.early if self.status == "running" else self.plan.late
        if not milestones:
            return []
        if run.marked is not due:
            run.marked, run.marks = due, {}
        left = ((m, run.passed.get(m.name, 0)) for m in milestones)
        return [(m, self._mark(m, k, run, due)) for m, k in left if k < _most(m)]

    def _mark(self, milestone: Milestone, k: int, run: Course, due: DueInstant) -> timedelta:
        """Return when a milestone lies, reckoned once for this due instant."""
        found = run.marks.get((milestone.name, k))
        if found is None:
            found = run.marks[milestone.name, k] = self._instant(milestone, k, run, due)
        return found

    def _instant(self, milestone: Milestone, k: int, run: Course, due: DueInstant) -> timedelta:
        unit: Any = milestone.unit
        match milestone.offset:
            case "at":
                clock = self.clock_of(run)
                assert clock  # noqa: S101 - what has a due instant has terms
                return clock.share(milestone.amount, due.at, self.pauses_of(run))
            case "before_due":
                return shifted(due, -milestone.amount, unit, self.calendar) if milestone.amount else due.at
            case "after_due":
                return shifted(due, milestone.amount + k * (milestone.every or 0), unit, self.calendar)

    def milestone(self, at: timedelta) -> tuple[Milestone, int] | None:
        """Return the next milestone whose instant has come, and which of its kind it is; it has then passed."""
        run = self.runs[-1] if self.runs else None
        if run is None or run.due is None or self.status not in ("running", "overdue"):
            return None
        for found, instant in self._ahead(run):
            if instant <= at:
                k = run.passed.get(found.name, 0)
                run.passed[found.name] = k + 1
                return found, k
        return None

    # --- reading facts -------------------------------------------------------------------------------

    def _yes(self, name: str) -> bool | Unknown:
        """Return whether a name says yes; what keeps it from saying so."""
        value = self.values.get(name)
        if value is True or value is False:
            return value
        return value is True if value is ABSENT or not _is_open(value) else _open(value, name)

    def _terms(self) -> Terms | Unknown | None:
        if self.plan.fixed is not None:
            return self.plan.fixed
        within, chosen = self.deadline.within, self.plan.chosen
        if within == PROMPTLY:
            return None
        values = tuple(self.values.get(n) for n in chosen.values())
        amount = self.values.get(within) if isinstance(within, str) else within
        if _is_open(amount) or any(map(_is_open, values)):
            named = zip((amount, *values), (str(within), *chosen.values()), strict=True)
            return _joined([_open(v, n) for v, n in named if _is_open(v)])
        return self.plan.terms(amount, values)

    def _value(self, name: str | None) -> Any:
        """Return what a name says, None where that is not known; a role is itself."""
        if name is None:
            return None
        value = self.values.get(name, name)
        return None if isinstance(value, (Missing, Undetermined, Sign)) else value


def _most(milestone: Milestone) -> int:
    if milestone.times is not None:
        return milestone.times
    return _EVER if milestone.every else 1


def _is_open(value: Any) -> bool:
    """Return whether a value is not known, or the procedure is silent about it."""
    return isinstance(value, (Missing, Undetermined, Sign)) or value is None


def _open(value: Any, name: str) -> Unknown:
    if isinstance(value, (Missing, Undetermined)):
        return Unknown(value.ask, value.unset)
    return Unknown((name,), ()) if value is not None else Unknown((), ())


def _joined(found: list[Unknown]) -> Unknown:
    return Unknown(tuple(n for u in found for n in u.ask), tuple(n for u in found for n in u.unset))
