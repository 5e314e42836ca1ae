"""Auditing: one complaint replayed, and what was done held against what was owed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from complaint_rules.answers import Answer, Decided
from complaint_rules.compile import CompiledRuleset
from complaint_rules.course import Deadline
from complaint_rules.deadline import SPANS
from complaint_rules.deadline import due as reckon
from complaint_rules.deadlines import DueAnswer, due_dates
from complaint_rules.deciding import plan_of, resting_on
from complaint_rules.diagnostics import FactsError
from complaint_rules.findings import Arithmetic, Audited, Comparison, Finding, Judged, Judgement
from complaint_rules.life_mapping import LifeMapping, Recorded
from complaint_rules.life_told import Outcome, Told
from complaint_rules.replayed import Obligation, Replay, Run, Violation
from complaint_rules.ruleset import ParameterKind
from complaint_rules.worktime import Calendar, OutOfReachError

_NOTHING, _DAY = timedelta(0), timedelta(days=1)
_STANDING: Mapping[str, Judged] = {
    "running": "running", "paused": "running", "waiting": "not_owed", "not_due": "not_owed", "lapsed": "not_owed",
    "excused": "excused", "undetermined": "undetermined", "met": "kept", "met_late": "missed", "overdue": "missed",
    "restarted": "running",
}  # fmt: skip


class Auditor:
    """Holds complaints against one ruleset: what the records could show is worked out once."""

    def __init__(
        self,
        rules: CompiledRuleset,
        mapping: LifeMapping,
        calendar: Calendar,
        *,
        now: datetime,
        logged: Collection[str],
    ) -> None:
        self.rules = rules
        self.ruleset = rules.ruleset
        self.mapping = mapping
        self.calendar = calendar
        self.now = now
        self.seen = {e.event for e in mapping.events} | set(logged)
        self.observable = frozenset(d.name for d in self.ruleset.deadlines.values() if self._is_observable(d))
        soft = (ParameterKind.READING, ParameterKind.ASSUMED)
        self.soft = frozenset(n for n, p in self.ruleset.parameters.items() if p.kind in soft)
        process = self.ruleset.process
        self.closing = (
            {s.name for s in process.steps.values() if s.to and process.states[s.to].final} if process else set()
        )

    def _is_observable(self, deadline: Deadline) -> bool:
        """Return whether the records could show that a limit was met: what meets it rests on something they have."""
        if deadline.met_when is None:
            return False
        steps = plan_of(self.rules, None).steps
        for fact in self.ruleset.inputs.values():
            told = fact.name in self.mapping.facts if fact.fold is None else not self.seen.isdisjoint(fact.fold.events)
            touched = {fact.name}.union(*(s.hands_on for s, _ in resting_on({fact.name}, steps))) if told else ()
            if deadline.met_when in touched:
                return True
        return False

    def audit(self, told: Told, lived: Replay) -> Audited:
        """Return what is to be said of a complaint, whose life was replayed up to `now`."""
        findings: list[Finding] = []
        judgements = [j for o in lived.obligations.values() for j in self.judge(o, told, lived, findings)]
        compared = [
            self.compare(r, told.outcomes[n], told, lived, findings)
            for n, r in self.mapping.decisions.items()
            if n in told.outcomes
        ]
        unjudged = sum(1 for v in lived.violations if not self.violation(v, told, findings))
        self.escalations(told, lived, findings)
        rules = {n: a.trace.rules if isinstance(a, Decided) else None for n, a in lived.result.decisions.items()}
        return Audited(
            told.complaint, told.row, told.groups, tuple(judgements), tuple(compared), tuple(findings), rules, unjudged
        )

    # --- time limits -----------------------------------------------------------------------------------

    def judge(self, owed: Obligation, told: Told, lived: Replay, findings: list[Finding]) -> Iterator[Judgement]:
        """Yield what became of a limit, each of its runs; note where it was missed."""
        verdict = told.verdicts.get(owed.name)
        if owed.name in self.observable:
            runs = list(owed.runs)
            if not runs:
                yield Judgement(owed.name, _STANDING[owed.status], owner=owed.owner, party=self.party(owed.owner, told))
            for run in runs:
                yield self.judge_run(owed, run, told, lived, findings)
            self.check_verdict(owed, told, findings)
        elif verdict is None or verdict == "unsaid" or not owed.runs:
            standing = _STANDING[owed.status]
            judged: Judged = "not_recorded" if owed.runs or (owed.promptly and standing == "running") else standing
            yield Judgement(owed.name, judged, owner=owed.owner, party=self.party(owed.owner, told))
        else:
            yield self.judge_recorded(owed, told, lived, findings)

    def judge_run(self, owed: Obligation, run: Run, told: Told, lived: Replay, findings: list[Finding]) -> Judgement:
        judged = _STANDING[run.outcome] if run is not owed.runs[-1] or owed.status != "undetermined" else "undetermined"
        judged = "missed" if run.breached_at else judged
        judged = "not_recorded" if judged in ("kept", "missed") and self.is_too_coarse(owed, run, told) else judged
        took = run.met_at - run.start if run.met_at else None
        late = None
        if judged == "missed":
            finding = self.late(owed, run, told, lived, run.met_at)
            findings.append(finding)
            late = finding.late
        return Judgement(owed.name, judged, run.start, run.owner, self.party(run.owner, told), took, late)

    def is_too_coarse(self, owed: Obligation, run: Run, told: Told) -> bool:
        """Return whether a limit in hours began or was met on a day of which no time of day is recorded."""
        coarse = run.start in told.by_day or run.met_at in told.by_day
        return coarse and run.last_day is None and self.ruleset.deadlines[owed.name].reckoning["unit"] in SPANS

    def judge_recorded(self, owed: Obligation, told: Told, lived: Replay, findings: list[Finding]) -> Judgement:
        """Return what a column says of a limit, of which the records do not tell when it was met."""
        run, verdict = owed.runs[-1], told.verdicts[owed.name]
        judged: Judged = "kept" if verdict == "kept" else "missed" if verdict == "missed" else _STANDING[owed.status]
        late = None
        if judged == "missed":
            finding = self.late(owed, run, told, lived, None, verdict_only=verdict == "missed")
            findings.append(finding)
            late = finding.late
        return Judgement(owed.name, judged, run.start, run.owner, self.party(run.owner, told), None, late)

    def late(
        self, owed: Obligation, run: Run, told: Told, lived: Replay, met: datetime | None, *, verdict_only: bool = False
    ) -> Finding:
        """Return the finding that a limit was missed, and by how much where that is known."""
        by_day = met in told.by_day
        until = None if verdict_only else met or min(run.ended_at or self.now, self.now)
        until = datetime.combine(until.date() + _DAY, datetime.min.time(), until.tzinfo) if until and by_day else until
        late = until - run.due if until and run.due else None
        return Finding(
            "late", owed.name, told.complaint, told.row, told.sha256, run.owner, self.party(run.owner, told),
            due=run.due, happened=met, by_day=by_day, still_open=met is None and not verdict_only, late=late,
            worked=self.worked(run.due, until) if late is not None else None,
            arithmetic=self.arithmetic(owed.name, run, lived, by_day=run.start in told.by_day), because=owed.because,
            rests_on=tuple(n for n in owed.rests_on if n in self.soft), event_rows=tuple(sorted(set(told.rows_of.values()))),
        )  # fmt: skip

    def worked(self, due: datetime | None, until: datetime | None) -> timedelta | None:
        """Return how much of the time after a due instant the calendar counts."""
        if due is None or until is None or until < due:
            return _NOTHING
        with suppress(OutOfReachError, OverflowError):
            return self.calendar.elapsed(due, until).value
        return None

    def arithmetic(self, name: str, run: Run, lived: Replay, *, by_day: bool) -> Arithmetic:
        """Return how a due instant was reckoned; its days only where reckoning it anew gives the same instant."""
        bare = Arithmetic(run.start, None, "", None, run.shown, run.pauses, by_day)
        with suppress(FactsError, OutOfReachError, OverflowError):
            found = due_dates(self.rules, lived.result.facts, self.calendar, only=[name])[name]
            if isinstance(found, DueAnswer):
                ended = [(a, b) for a, b in run.pauses if b]
                again = reckon(found.terms, run.start, self.calendar, ended)
                if again.instant == run.due:
                    return Arithmetic(
                        run.start, found.terms.amount, found.terms.unit, again, run.shown, run.pauses, by_day
                    )
        return bare

    def check_verdict(self, owed: Obligation, told: Told, findings: list[Finding]) -> None:
        """Note where a column says of a limit what its events belie."""
        verdict = told.verdicts.get(owed.name)
        if verdict not in ("kept", "missed") or not owed.runs or owed.status == "undetermined":
            return
        breached = any(r.breached_at for r in owed.runs)
        if breached != (verdict == "missed"):
            run = owed.runs[-1]
            findings.append(Finding(
                "verdict", owed.name, told.complaint, told.row, told.sha256, run.owner, self.party(run.owner, told),
                done=verdict, owed="missed" if breached else "kept", due=run.due, happened=run.met_at, because=owed.because,
            ))  # fmt: skip

    # --- outcomes, steps, escalations ------------------------------------------------------------------

    def compare(
        self, recorded: Recorded, outcome: Outcome, told: Told, lived: Replay, findings: list[Finding]
    ) -> Comparison:
        """Return a recorded outcome beside what was owed; note where they differ."""
        decision, _, output = recorded.decision.partition(".")
        answer = lived.result.decisions.get(decision)
        if not isinstance(answer, Decided):
            return Comparison(recorded.decision, outcome.text, outcome.value, None, None)
        owed = answer.value[output] if output else answer.value
        agrees = fits(recorded, outcome.value, owed)
        if not agrees:
            findings.append(self.differs(recorded, outcome, owed, answer, told))
        return Comparison(recorded.decision, outcome.text, outcome.value, owed, agrees)

    def differs(self, recorded: Recorded, outcome: Outcome, owed: Any, answer: Answer, told: Told) -> Finding:
        trace = answer.trace
        return Finding(
            recorded.kind, recorded.decision, told.complaint, told.row, told.sha256, recorded.owner,
            self.party(recorded.owner, told), done=outcome.value, owed=owed, text=outcome.text, compare=recorded.compare, because=trace.because, rules=trace.rules,
            missing=tuple(i for i, s in trace.items.items() if s == "unmet"),
            rests_on=tuple(n for n in trace.parameters if n in self.soft),
        )  # fmt: skip

    def violation(self, found: Violation, told: Told, findings: list[Finding]) -> bool:
        """Note an event that was against the steps; return whether the records could tell."""
        if found.kind == "undetermined" or (found.kind == "role_not_given" and found.event not in told.by_known):
            return False
        closes = found.kind == "condition" and found.step in self.closing
        row = told.rows_of.get(found.id or "")
        roles = self.ruleset.process.steps[found.step].by if self.ruleset.process else ()
        owner = roles[0] if len(roles) == 1 else None
        findings.append(Finding(
            "closing" if closes else "order", found.step, told.complaint, told.row, told.sha256, owner, self.party(owner, told),
            text=found.kind, happened=found.at, by_day=found.at in told.by_day, because=found.because, missing=found.missing,
            event_rows=() if row is None else (row,),
        ))  # fmt: skip
        return True

    def escalations(self, told: Told, lived: Replay, findings: list[Finding]) -> None:
        """Note reminders and escalations that were owed, and were not raised, or only later."""
        for entry in lived.journal:
            if entry.kind != "milestone" or entry.name not in told.milestones or entry.nth not in (None, 0):
                continue
            raised = told.milestones[entry.name]
            if raised is not None and raised <= entry.at:
                continue
            findings.append(Finding(
                "escalation", entry.name, told.complaint, told.row, told.sha256, entry.by or entry.to,
                self.party(entry.by or entry.to, told), due=entry.at, happened=raised, still_open=raised is None,
                late=raised - entry.at if raised else self.now - entry.at,
                worked=self.worked(entry.at, raised or self.now), because=entry.because,
                event_rows=tuple(sorted(set(told.rows_of.values()))),
            ))  # fmt: skip

    # --- who -------------------------------------------------------------------------------------------

    def party(self, owner: Any, told: Told) -> str:
        """Return who an owner was in this complaint, where a column says so."""
        return told.parties.get(owner, "") if isinstance(owner, str) else ""


def fits(recorded: Recorded, done: Any, owed: Any) -> bool:
    """Return whether a recorded outcome is what was owed, in the way in which the two are compared."""
    match recorded.compare:
        case "equal":
            return bool(_set(done) == _set(owed) if _is_many(owed) else done == owed)
        case "one_of":
            return _set(done) <= _set(owed)
        case "only_if":
            return done is not True or owed is True
        case "at_most":
            return bool(done <= owed)
        case "at_least":
            return bool(done >= owed)


def _is_many(value: Any) -> bool:
    return isinstance(value, (frozenset, list, tuple))


def _set(value: Any) -> frozenset[Any]:
    many: Sequence[Any] | frozenset[Any] = value if _is_many(value) else (value,)
    return frozenset(many)
