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
    """As the fact `raised` goes up and nothing else changes, `result` never goes up; or never down."""

    raised: Scale
    result: Scale
    never_up: bool


@dataclass(frozen=True, slots=True)
class Invariant:
    """`violated` says when it is broken: any of `broken` holds and none of `kept`; or it is about two cases, `monotone`."""

    name: str
    label: Label
    because: tuple[str, ...]
    span: Span
    kept: tuple[Cells, ...] = ()
    broken: tuple[Cells, ...] = ()
    monotone: Monotone | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """The names that it speaks of."""
        if self.monotone:
            return (self.monotone.raised.name, self.monotone.result.name)
        return tuple(dict.fromkeys(n for cells in (*self.kept, *self.broken) for n in cells))
