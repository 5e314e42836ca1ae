"""Course: what a ruleset says about a complaint's life: what can happen, what follows from it, limits and steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from complaint_rules.diagnostics import Span
from complaint_rules.words import Label

PROMPTLY = "promptly"
# The event that may bring any facts, and means nothing else.
FACTS = "facts"

FoldKind = Literal["first", "last", "happened", "count", "latest"]
Retarget = Literal["from_start", "keep", "restart"]
Offset = Literal["at", "before_due", "after_due"]


@dataclass(frozen=True, slots=True)
class EventKind:
    """What can happen to a complaint; `carries` are the facts that it may bring along."""

    name: str
    label: Label
    carries: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Fold:
    """How an input follows from the log; `values` has what each event makes of it, where it is the latest.

    `until` turns what happened back, `since` begins counting anew; events of related complaints count as well where
    they agree on the facts `across`.
    """

    kind: FoldKind
    events: tuple[str, ...]
    until: tuple[str, ...] = ()
    since: tuple[str, ...] = ()
    spacing: timedelta | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    initially: Any = None
    across: tuple[str, ...] = ()

    @property
    def read(self) -> tuple[str, ...]:
        """Every event that it listens to."""
        return (*self.events, *self.until, *self.since)


@dataclass(frozen=True, slots=True)
class Milestone:
    """Something due at an instant reckoned from a time limit: a share of it, or an amount before or after its end."""

    name: str
    label: Label
    offset: Offset
    amount: int  # of the unit, or hundredths of the time
    unit: str
    every: int | None
    times: int | None
    when: str | None
    value: str | None
    to: str | None
    by: str | None
    because: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Deadline:
    """A time limit: `reckoning` says of each term (start, unit, day_one, …) a word, or a parameter that chooses it.

    `within` is a whole number, the name of what says how much, or `promptly`; the conditions and `owner` are names, or None.
    """

    name: str
    label: Label
    reckoning: Mapping[str, str]
    within: int | str
    when: str | None
    owner: str | None
    because: tuple[str, ...]
    span: Span
    met_when: str | None = None
    pause_while: str | None = None
    excused_when: str | None = None
    retarget: Retarget = "from_start"
    repeat: bool = False
    milestones: tuple[Milestone, ...] = ()

    @property
    def events(self) -> Iterator[str]:
        """The events that it makes."""
        yield from (f"{self.name}.met", f"{self.name}.breached")
        yield from (f"{self.name}.{m.name}" for m in self.milestones)


@dataclass(frozen=True, slots=True)
class State:
    """Where a complaint can stand; nothing follows a final one."""

    name: str
    label: Label
    final: bool


@dataclass(frozen=True, slots=True)
class Step:
    """What may happen next: `event`, from these states, by these roles (none: anyone), when; it leads `to` a state."""

    name: str
    label: Label
    event: str
    from_: tuple[str, ...]
    to: str | None
    by: tuple[str, ...]
    when: str | None
    because: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Process:
    """The states of a complaint, the first one where it begins, and the steps between them."""

    roles: Mapping[str, Label]
    states: Mapping[str, State]
    steps: Mapping[str, Step]

    @property
    def start(self) -> str:
        return next(iter(self.states))
