"""Deadlines: what a ruleset's time limits come to for one complaint: due when, by whose hand, reckoned how."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from complaint_rules.answers import Decided, DecisionResult, NotRegulated, Undetermined
from complaint_rules.compile import CompiledRuleset
from complaint_rules.course import PROMPTLY, Deadline
from complaint_rules.deadline import Due, Terms, due
from complaint_rules.deciding import decide_in, in_force
from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.loading import deadline_reads
from complaint_rules.ruleset import ParameterKind
from complaint_rules.values import to_json
from complaint_rules.worktime import FIRST_YEAR, LAST_YEAR, Calendar, OutOfReachError


@dataclass(frozen=True, slots=True)
class DueAnswer:
    """A time limit that runs: `due` and its arithmetic by these terms, and what the readings it rests on say.

    `owner` is who must keep it; None where none is named, or where that is not decided.
    """

    due: Due
    start: datetime
    terms: Terms
    owner: Any
    rests_on: Mapping[str, Any]
    because: tuple[str, ...]
    status: ClassVar[str] = "due"


@dataclass(frozen=True, slots=True)
class NotDue:
    """No time limit runs: it does not apply (`applies` False), or the procedure names none."""

    applies: bool
    because: tuple[str, ...]
    status: ClassVar[str] = "not_due"


@dataclass(frozen=True, slots=True)
class Promptly:
    """It is owed at once: the procedure gives no number, so there is no instant at which it is late."""

    owner: Any
    because: tuple[str, ...]
    status: ClassVar[str] = "promptly"


@dataclass(frozen=True, slots=True)
class OpenDue:
    """What is not known could change it: the facts to `ask`, the parameters `unset`, or the calendar's `coverage`."""

    ask: tuple[str, ...]
    unset: tuple[str, ...]
    because: tuple[str, ...]
    beyond_calendar: bool = False
    status: ClassVar[str] = "undetermined"


@dataclass(frozen=True, slots=True)
class Agreed:
    """A time limit that runs: by which terms and from when."""

    terms: Terms
    start: datetime


AnyDue = DueAnswer | Promptly | NotDue | OpenDue


def due_json(answer: AnyDue) -> dict[str, Any]:
    """Return the answer as JSON-serialisable data."""
    said: dict[str, Any] = {"status": answer.status, "because": list(answer.because)}
    match answer:
        case DueAnswer(found, start, terms, owner, rests_on):
            said |= {
                "due": found.instant.isoformat(), "shown": str(found), "start": start.isoformat(), "owner": to_json(owner),
                "terms": asdict(terms), "provisional": found.provisional,
                "rests_on": to_json(rests_on), "steps": steps_json(found),
            }  # fmt: skip
        case Promptly(owner):
            said |= {"owner": to_json(owner)}
        case NotDue(applies):
            said |= {"applies": applies}
        case OpenDue(ask, unset, _, beyond):
            said |= {"ask": list(ask), "unset": list(unset), "beyond_calendar": beyond}
    return said


def steps_json(found: Due) -> list[dict[str, Any]]:
    """Return the arithmetic of a due instant as JSON-serialisable data."""
    return [{"day": s.day.isoformat(), "count": s.count, **({"why": s.why} if s.why else {})} for s in found.steps]


def number_of(amount: Any, unit: str, deadline: Deadline) -> int | float:
    """Return how many of the unit; a duration is divided by it, a day being 24 hours.

    Raises:
        FactsError: it is less than none.
    """
    if isinstance(amount, timedelta):
        one = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "business_hour": timedelta(hours=1)}
        number = amount / one.get(unit, timedelta(days=7 if unit == "week" else 1))
    else:
        number = int(amount) if amount == int(amount) else float(amount)
    if number < 0:
        words = {"value": to_json(amount), "low": 0, "high": "…"}
        raise FactsError([Diagnostic("CR304", args=words, where=f"deadlines.{deadline.name}.within")])
    return number


def out_of_reach(deadline: Deadline) -> FactsError:
    """Return what is to be said where a deadline leads beyond all calendars."""
    words = {"name": deadline.name, "first": FIRST_YEAR, "last": LAST_YEAR}
    return FactsError([Diagnostic("CR319", args=words, where=f"deadlines.{deadline.name}")])


def due_dates(
    rules: CompiledRuleset,
    facts: Mapping[str, Any],
    calendar: Calendar,
    *,
    only: Collection[str] | None = None,
    strict: bool = False,
) -> dict[str, AnyDue]:
    """Return what each of the ruleset's deadlines comes to, from facts that were validated.

    With `strict` a due instant that rests on days which the calendar does not cover is undetermined.
    """
    wanted = [n for n in rules.ruleset.deadlines if only is None or n in only]
    versions = [_due_in(v, facts, calendar, wanted) for v in in_force(rules, facts)]
    found = {n: _agreed([v[n] for v in versions], rules.ruleset.effective.by) for n in wanted}
    return {n: strictly(a) if strict else a for n, a in found.items()}


def _due_in(
    version: CompiledRuleset, facts: Mapping[str, Any], calendar: Calendar, wanted: Iterable[str]
) -> dict[str, AnyDue]:
    ruleset = version.ruleset
    deadlines = [ruleset.deadlines[n] for n in wanted]
    read = {n.partition(".")[0] for d in deadlines for n in deadline_reads(ruleset, d)}
    result = decide_in(version, facts, read & ruleset.decisions.keys())
    return {d.name: _Reader(version, result, d).answer(calendar) for d in deadlines}


def agreed_on(
    version: CompiledRuleset, result: DecisionResult, deadline: Deadline
) -> Agreed | Promptly | NotDue | OpenDue:
    """Return from when one deadline runs by which terms, from what this version decided, or why it does not."""
    return _Reader(version, result, deadline).agreed()


def _agreed(answers: Sequence[AnyDue], by: str | None) -> AnyDue:
    """Return what all versions say; where they differ, the day of the complaint is to be asked."""
    newest = answers[-1]
    if all(a == newest for a in answers):
        return newest
    still = [a for a in answers if isinstance(a, OpenDue)]
    ask = dict.fromkeys((*((by,) if by else ()), *(n for a in still for n in a.ask)))
    return OpenDue(tuple(ask), tuple(dict.fromkeys(n for a in still for n in a.unset)), newest.because)


def strictly(answer: AnyDue) -> AnyDue:
    """Return the answer, undetermined where it rests on days which the calendar does not cover."""
    if isinstance(answer, DueAnswer) and answer.due.provisional:
        return OpenDue((), (), answer.because, beyond_calendar=True)
    return answer


@dataclass
class _Reader:
    """One deadline of one complaint: what it reads, and what of that is not known."""

    rules: CompiledRuleset
    result: DecisionResult
    deadline: Deadline

    def __post_init__(self) -> None:
        self.ask: list[str] = []
        self.unset: list[str] = []
        self.silent = False

    def answer(self, calendar: Calendar) -> AnyDue:
        agreed = self.agreed()
        if not isinstance(agreed, Agreed):
            return agreed
        owner = self.owner()
        try:
            found = due(agreed.terms, agreed.start, calendar)
        except (OutOfReachError, OverflowError):
            raise out_of_reach(self.deadline) from None
        held = rests_on(self.rules, self.deadline)
        return DueAnswer(found, agreed.start, agreed.terms, owner, held, self.deadline.because)

    def agreed(self) -> Agreed | Promptly | NotDue | OpenDue:
        """Return from when the limit runs by which terms, or why it does not."""
        because = self.deadline.because
        if self.deadline.when is not None:
            applies = self.value(self.deadline.when)
            if applies is False:
                return NotDue(applies=False, because=because)
        if self.deadline.within == PROMPTLY:
            return self.open() or Promptly(self.owner(), because)
        amount = self.value(self.deadline.within) if isinstance(self.deadline.within, str) else self.deadline.within
        terms = {k: self.term(v) for k, v in self.deadline.reckoning.items()}
        start = self.value(terms["start"]) if terms["start"] else None
        if (left := self.open()) or start is None:
            return left or OpenDue((), (), because)
        reckoned = {k: v for k, v in terms.items() if k != "start"}
        return Agreed(Terms(number_of(amount, reckoned["unit"], self.deadline), **reckoned), start)

    def open(self) -> NotDue | OpenDue | None:
        """Return what is to be said where something that was read is not known, or the procedure is silent."""
        because = self.deadline.because
        if self.silent:
            return NotDue(applies=True, because=because)
        if self.ask or self.unset:
            return OpenDue(tuple(dict.fromkeys(self.ask)), tuple(dict.fromkeys(self.unset)), because)
        return None

    def value(self, name: str) -> Any:
        """Return the value of a fact, parameter or decision; note what is missing."""
        ruleset = self.rules.ruleset
        if name in ruleset.inputs:
            if name not in self.result.facts:
                self.ask.append(name)
            return self.result.facts.get(name)
        if name in ruleset.parameters:
            if name not in self.rules.parameters:
                self.unset.append(name)
            return self.rules.parameters.get(name)
        decision, _, output = name.partition(".")
        match self.result.decisions[decision]:
            case Decided(value):
                return value[output] if output else value
            case Undetermined(_, ask, unset):
                self.ask += ask
                self.unset += unset
            case NotRegulated():
                self.silent = True
        return None

    def term(self, text: str) -> Any:
        """Return a term: a word, or what the parameter of that name chooses."""
        return self.value(text) if text in self.rules.ruleset.parameters else text

    def owner(self) -> Any:
        """Return who must keep it, as far as that is known."""
        name = self.deadline.owner
        if name is None:
            return None
        if self.rules.ruleset.is_role(name):
            return name
        asked, unset, silent = list(self.ask), list(self.unset), self.silent
        found = self.value(name)
        self.ask, self.unset, self.silent = asked, unset, silent
        return found


def rests_on(rules: CompiledRuleset, deadline: Deadline) -> dict[str, Any]:
    """Return what the readings and assumptions say on which a deadline rests."""
    ruleset = rules.ruleset
    names = deadline_reads(ruleset, deadline)
    through = {p for n in names for p in rules.reads.get(n.partition(".")[0], ())}
    soft = {n for n, p in ruleset.parameters.items() if p.kind in (ParameterKind.READING, ParameterKind.ASSUMED)}
    held = (n for n in ruleset.parameters if n in soft and (n in names or n in through))
    return {n: rules.parameters[n] for n in held if n in rules.parameters}
