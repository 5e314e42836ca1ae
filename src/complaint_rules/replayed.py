"""Replayed: what a complaint's life has come to at an instant: obligations, journal, violations and what is next."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple

from complaint_rules.answers import DecisionResult
from complaint_rules.values import to_json
from complaint_rules.words import Label

Status = Literal[
    "undetermined", "not_due", "lapsed", "waiting", "running", "paused", "excused", "overdue", "met", "met_late"
]
Outcome = Literal["running", "paused", "excused", "overdue", "met", "met_late", "lapsed", "restarted"]
Kind = Literal[
    "event", "state", "decision", "started", "restarted", "lapsed", "paused", "resumed", "met", "unmet", "breached",
    "milestone",
]  # fmt: skip


class Run(NamedTuple):
    """A clock from one start on: the due instant as it was last reckoned, and what became of it.

    `due` is None where it was promised without a number, while it is paused, and where it is not known.
    `owner` is who had to keep it: at the breach where there was one, else as it is now. `provisional`: the due
    instant rests on days that the calendar does not cover.
    """

    number: int
    start: datetime
    due: datetime | None
    last_day: date | None  # the day with which it ends at 24:00
    outcome: Outcome
    met_at: datetime | None
    breached_at: datetime | None
    ended_at: datetime | None
    pauses: tuple[tuple[datetime, datetime | None], ...]
    owner: Any
    provisional: bool = False

    @property
    def shown(self) -> str:
        """The due instant as people write it: a limit in days ends at 24:00."""
        if self.due is None:
            return ""
        return f"{self.last_day.isoformat()} 24:00" if self.last_day else self.due.isoformat(" ", "minutes")


class Obligation(NamedTuple):
    """What a time limit comes to: `runs` has the current one last; `ask` and `unset` say what is not known.

    `used` and `left` are time as the limit counts it: working time for hours of business and working days.
    """

    name: str
    label: Label
    status: Status
    owner: Any
    promptly: bool
    runs: tuple[Run, ...]
    used: timedelta | None
    left: timedelta | None
    ask: tuple[str, ...]
    unset: tuple[str, ...]
    rests_on: Mapping[str, Any]
    because: tuple[str, ...]

    @property
    def run(self) -> Run | None:
        """The current run."""
        return self.runs[-1] if self.runs else None

    @property
    def breaches(self) -> tuple[Run, ...]:
        """The runs that were breached."""
        return tuple(r for r in self.runs if r.breached_at)


class Entry(NamedTuple):
    """Something that happened: `name` is an event, a state, a decision, a deadline, or `deadline.milestone`.

    `nth` counts a repeated milestone from 0; `was` and `now` are the values of a decision or state before and after;
    `value` is what a milestone comes to; `id` is the event of the log.
    """

    at: datetime
    kind: Kind
    name: str
    label: Label
    id: str | None = None
    run: int | None = None
    nth: int | None = None
    by: Any = None
    to: Any = None
    value: Any = None
    was: Any = None
    now: Any = None
    because: tuple[str, ...] = ()


class Violation(NamedTuple):
    """An event that no step allowed: from this state (`state`), to this role (`role`), or on this condition.

    `missing` are the items of a checklist that were not met, `ask` the facts that would tell.
    """

    at: datetime
    event: str
    id: str | None
    kind: Literal["state", "role", "role_not_given", "condition", "undetermined"]
    step: str
    missing: tuple[str, ...]
    ask: tuple[str, ...]
    because: tuple[str, ...]


class NextStep(NamedTuple):
    """A step from the present state: who may take it, and whether, and what is missing or must be asked."""

    step: str
    label: Label
    event: str
    roles: tuple[str, ...]
    to: str | None
    status: Literal["allowed", "blocked", "undetermined"]
    missing: tuple[str, ...]
    ask: tuple[str, ...]
    because: tuple[str, ...]


class Next(NamedTuple):
    """The next instant at which a clock changes something: `deadline.breached` or `deadline.milestone`."""

    at: datetime
    names: tuple[str, ...]


class Revision(NamedTuple):
    """A verdict that what became known only `at` an instant has changed; None is no verdict."""

    at: datetime
    deadline: str
    run: int
    was: Outcome | None
    now: Outcome | None


@dataclass(frozen=True, slots=True)
class Replay:
    """A complaint's life up to `now`; `state` is None where the ruleset has no process."""

    now: datetime
    state: str | None
    result: DecisionResult
    obligations: Mapping[str, Obligation]
    journal: tuple[Entry, ...]
    violations: tuple[Violation, ...]
    steps: tuple[NextStep, ...]
    blocks: tuple[NextStep, ...]
    next: Next | None
    revised: tuple[Revision, ...]
    ahead: tuple[str, ...]
    unknown_yet: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the whole life as JSON-serialisable data."""
        return {
            "now": self.now.isoformat(),
            "state": self.state,
            "obligations": {n: _obligation(o) for n, o in self.obligations.items()},
            "journal": [_plain(e) for e in self.journal],
            "violations": [_plain(v) for v in self.violations],
            "steps": [_plain(s) for s in self.steps],
            "blocks": [_plain(s) for s in self.blocks],
            "next": _plain(self.next) if self.next else None,
            "revised": [_plain(r) for r in self.revised],
            "ahead": list(self.ahead),
            "unknown_yet": list(self.unknown_yet),
            "result": self.result.to_dict(),
        }

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2)


_ALWAYS = {"at", "kind", "name", "status", "missing", "ask", "because", "step", "event", "roles"}


def _plain(made: Any) -> dict[str, Any]:
    """Return what a record says, without what it says nothing of."""
    fields = {n: getattr(made, n) for n in made._fields}
    return {n: _value(v) for n, v in fields.items() if n in _ALWAYS or v is not None}


def _value(value: Any) -> Any:
    if isinstance(value, Label):
        return {"zh": value.zh, "en": value.en}
    return value.isoformat() if isinstance(value, datetime) else to_json(value)


def _obligation(made: Obligation) -> dict[str, Any]:
    said = {n: _value(getattr(made, n)) for n in made._fields if n not in ("name", "runs")}
    return {**said, "runs": [{**_run(r), "shown": r.shown} for r in made.runs]}


def _run(made: Run) -> dict[str, Any]:
    pauses = [[a.isoformat(), b and b.isoformat()] for a, b in made.pauses]
    return {**{n: _value(getattr(made, n)) for n in made._fields if n != "pauses"}, "pauses": pauses}
