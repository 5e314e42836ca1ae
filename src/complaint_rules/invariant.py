"""Invariant: what a procedure intends in every case, whatever its tables say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from complaint_rules.diagnostics import Span
from complaint_rules.domains import Test
from complaint_rules.words import Label

# One alternative: all of these names pass their tests.
Cells = Mapping[str, Test]


@dataclass(frozen=True, slots=True)
class Scale:
    """A name whose values have an order: numbers as they are, listed values as `through` orders them, lowest first."""

    name: str
    through: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Monotone:
    """As the fact `raised` goes up and nothing else changes, `result` never goes up; or never down.

    With `is_deadline` the result is a time limit: it never ends later, whenever it begins.
    """

    raised: Scale
    result: Scale
    never_up: bool
    is_deadline: bool = False


@dataclass(frozen=True, slots=True)
class NoLater:
    """From whatever instant both begin, the time limit `deadline` never ends later than the one it is compared with."""

    deadline: str
    than: str


@dataclass(frozen=True, slots=True)
class Invariant:
    """`violated` says when it is broken: any of `broken` holds and none of `kept`.

    Or it is about two cases, `monotone`, or about two time limits, `no_later`.
    """

    name: str
    label: Label
    because: tuple[str, ...]
    span: Span
    kept: tuple[Cells, ...] = ()
    broken: tuple[Cells, ...] = ()
    monotone: Monotone | None = None
    no_later: NoLater | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """The names that it speaks of."""
        if self.monotone:
            return (self.monotone.raised.name, self.monotone.result.name)
        if self.no_later:
            return (self.no_later.deadline, self.no_later.than)
        return tuple(dict.fromkeys(n for cells in (*self.kept, *self.broken) for n in cells))
