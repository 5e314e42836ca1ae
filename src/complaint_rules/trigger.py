"""Trigger: what is counted over many complaints, how much is too much, who is told, and what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from typing import Any, Literal

from complaint_rules.diagnostics import Span
from complaint_rules.domains import Test
from complaint_rules.words import Label

# The word that stands for the measure among the facts that a trigger raises.
MEASURED = "measured"

On = Literal["this", "new", "all"]


@dataclass(frozen=True, slots=True)
class Rearm:
    """When a trigger that has fired may fire again."""

    kind: Literal["never", "below", "every", "after"] = "below"
    every: int = 0
    after: timedelta = timedelta(0)

    @property
    def text(self) -> str:
        """As it is written."""
        return {"every": f"every {self.every}", "after": f"after {self.after}"}.get(self.kind, self.kind)


@dataclass(frozen=True, slots=True)
class Raises:
    """What a trigger brings about: an event with facts, on this complaint, on the newly counted ones, or on all."""

    event: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    on: On = "this"

    @property
    def text(self) -> str:
        """What it says, for people."""
        brought = ", ".join(f"{n}: {v}" for n, v in self.facts.items())
        return " ".join(filter(None, (self.event, brought and f"({brought})", f"→ {self.on}")))


@dataclass(frozen=True, slots=True)
class Trigger:
    """What is counted, with whom, how much is too much, and what then; a name stands for a fact, decision or parameter.

    `by` None counts each complaint by itself; `threshold` and `within` are values or names of parameters.
    """

    name: str
    label: Label
    of: tuple[str, ...]
    where: tuple[Mapping[str, Test], ...]
    by: tuple[str, ...] | None
    distinct: str | None
    sum: str | None
    threshold: Fraction | str
    beyond: bool  # more than the threshold, rather than at least
    share_of: str | None
    within: timedelta | str | None
    spacing: timedelta | None
    rearm: Rearm
    to: str | None
    raises: Raises | None
    because: tuple[str, ...]
    span: Span
    cells: tuple[str, ...] = ()  # the alternatives of `where` as they were written, for people

    @property
    def columns(self) -> tuple[str, ...]:
        """The names that `where` reads."""
        return tuple(dict.fromkeys(n for cells in self.where for n in cells))

    @property
    def counted(self) -> tuple[str, ...]:
        """The names that must be known of an event for it to count."""
        named = (*(self.by or ()), self.distinct, self.sum, self.share_of)
        return tuple(dict.fromkeys(n for n in named if n is not None))

    @property
    def parameters(self) -> Iterator[str]:
        """The parameters that are its threshold and window."""
        yield from (n for n in (self.threshold, self.within) if isinstance(n, str))

    @property
    def reads(self) -> tuple[str, ...]:
        """Every name that it reads."""
        return tuple(dict.fromkeys((*self.columns, *self.counted, *self.parameters)))
