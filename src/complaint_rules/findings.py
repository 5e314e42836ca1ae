"""Findings: what an audit says of one complaint: each time limit judged, each recorded outcome compared, what was amiss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from complaint_rules.deadline import Due

Kind = Literal[
    "late", "verdict", "class", "department", "compensation", "approval", "closing", "order", "escalation"
]  # fmt: skip
KINDS: tuple[Kind, ...] = (
    "late", "verdict", "class", "department", "compensation", "approval", "closing", "order", "escalation",
)  # fmt: skip
# What became of a time limit: kept or missed, still running, not owed, or nobody recorded what would tell.
Judged = Literal["kept", "missed", "running", "excused", "not_owed", "not_recorded", "undetermined"]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How a due instant was reckoned: from when, how much of which unit, its days, and the pauses left out.

    `by_day`: of the start only the day is recorded.
    """

    start: datetime
    amount: float | None
    unit: str
    due: Due | None
    shown: str
    pauses: tuple[tuple[datetime, datetime | None], ...] = ()
    by_day: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was done otherwise than is owed, or not done.

    `name` is the deadline, decision, step or milestone; `done` and `owed` are values of it, held against one another by `compare`. `late` is the time that
    passed since the due instant, `worked` how much of that the calendar counts; None where nobody recorded when. Where only
    the day is recorded on which it `happened` (`by_day`), they reach to the end of that day.
    """

    kind: Kind
    name: str
    complaint: str
    row: int
    sha256: str
    owner: Any = None
    party: str = ""
    done: Any = None
    owed: Any = None
    text: str = ""
    compare: str = "equal"
    due: datetime | None = None
    happened: datetime | None = None
    by_day: bool = False
    still_open: bool = False
    late: timedelta | None = None
    worked: timedelta | None = None
    arithmetic: Arithmetic | None = None
    because: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    rests_on: tuple[str, ...] = ()
    event_rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of one time limit of a complaint, from when it ran, for whom, and how long it took."""

    deadline: str
    judged: Judged
    start: datetime | None = None
    owner: Any = None
    party: str = ""
    took: timedelta | None = None
    late: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A recorded outcome beside what is owed; `agrees` is None where it could not be decided."""

    decision: str
    text: str
    done: Any
    owed: Any
    agrees: bool | None


@dataclass(frozen=True, slots=True)
class Audited:
    """All that an audit says of one complaint: `rules` are those that decided, by decision; None where none could."""

    complaint: str
    row: int
    groups: Mapping[str, str]
    judgements: tuple[Judgement, ...]
    comparisons: tuple[Comparison, ...]
    findings: tuple[Finding, ...]
    rules: Mapping[str, tuple[str, ...] | None]
    unjudged_steps: int = 0
