"""Changes: what a comparison of two rulesets finds, and how much each finding weighs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Literal

from complaint_rules.regions import Box
from complaint_rules.ruleset import Ruleset
from complaint_rules.tables import Column

Said = Literal["decided", "not_regulated", "not_covered", "open", "outside"]
RuleKind = Literal["added", "removed", "renamed", "changed", "moved", "wording"]
PartKind = Literal["added", "removed", "changed", "wording"]
# How sure we are of what a decision's answers changed to.
Search = Literal["exact", "unknown: budget", "not comparable"]


class Level(IntEnum):
    """What a change means for those who rely on the ruleset."""

    NONE = 0  # nothing differs
    PATCH = 1  # wording, citations, labels: no answer differs
    MINOR = 2  # it only says more: where it was silent, open or did not apply
    MAJOR = 3  # what was decided before is decided otherwise, or something was taken away


@dataclass(frozen=True, slots=True)
class Unset:
    """The value of a parameter that nobody has set."""

    parameter: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one side says in a region; `value` is a tuple of (output, value) where there are several outputs.

    `open`: a parameter that nobody has set. `outside`: that side never meets such a complaint.
    """

    said: Said
    value: Any = None


@dataclass(frozen=True, slots=True)
class Region:
    """A box of a table's columns in which the two sides differ, and one point of it.

    `old_rules` and `new_rules` decide somewhere in it; `all_rules` says whether these are all that do.
    """

    box: Box
    old: Outcome
    new: Outcome
    old_rules: tuple[str, ...]
    new_rules: tuple[str, ...]
    all_rules: bool
    example: Mapping[str, Any]

    @property
    def level(self) -> Level:
        return Level.MAJOR if self.old.said == "decided" and self.new.said != "outside" else Level.MINOR


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule or item that came, went, or stands differently; an id is None on the side that has no such rule."""

    kind: RuleKind
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class PartChange:
    """A part of a ruleset that differs: where it stands, which key of it, and what it was and is."""

    section: str
    name: str
    kind: PartKind
    key: str = ""
    old: Any = None
    new: Any = None
    level: Level = Level.MAJOR


@dataclass(frozen=True, slots=True)
class DecisionChange:
    """What changed in one decision, over its own columns.

    `ways` are in how many of the ways in which its unset bounds can lie it differs, and of how many; the regions are
    those of the first such way, `supposing` these values. `space` is what at least one side can meet. `affects` are
    the decisions that rest on it, `limits` the deadlines.
    """

    name: str
    search: Search
    columns: tuple[Column, ...] = ()
    space: Box = ()
    regions: tuple[Region, ...] = ()
    rules: tuple[RuleChange, ...] = ()
    parts: tuple[PartChange, ...] = ()
    supposing: Mapping[str, Any] | None = None
    ways: tuple[int, int] = (0, 1)
    affects: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()

    @property
    def level(self) -> Level:
        unsure = Level.NONE if self.search == "exact" else Level.MAJOR
        # A rule that changed weighs what its answers do; by itself it is another citation.
        cited = Level.PATCH if self.rules else Level.NONE
        return max([unsure, cited, *(r.level for r in self.regions), *(p.level for p in self.parts)])

    def __bool__(self) -> bool:
        return self.level > Level.NONE


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between two rulesets; `joint` has the names and types of both, for words."""

    old: Ruleset
    new: Ruleset
    joint: Ruleset
    parts: tuple[PartChange, ...]
    decisions: tuple[DecisionChange, ...]

    @property
    def level(self) -> Level:
        """The least that the new version's number must go up by."""
        return max((x.level for x in self._all()), default=Level.NONE)

    def _all(self) -> Iterator[PartChange | DecisionChange]:
        yield from self.parts
        yield from self.decisions

    def __bool__(self) -> bool:
        return self.level > Level.NONE

    def decision(self, name: str) -> DecisionChange | None:
        """Return what changed in a decision; None where nothing did."""
        return next((d for d in self.decisions if d.name == name), None)


def levels(changes: Iterable[PartChange | DecisionChange]) -> Mapping[Level, int]:
    """Return how many changes there are of each level."""
    found = [c.level for c in changes]
    return {level: found.count(level) for level in (Level.MAJOR, Level.MINOR, Level.PATCH)}
