"""Correlate: when what has been counted with one key is enough, natively, exactly, and as one thing after the other comes.

`docs/triggers.md` says what counts and when a trigger fires.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from typing import Any

from complaint_rules.timetable import MICROSECOND
from complaint_rules.trigger import Trigger

Order = tuple[timedelta, str, int]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that counts: in which complaint, the how-manieth of it at its instant, with whom, and how much.

    `key` is JSON text; `value` is what is told apart or added up, `base` what a share is of, `to` who is told.
    """

    at: timedelta
    complaint: str
    nth: int
    event: str
    key: str
    value: str | Fraction | None = None
    base: Fraction | None = None
    to: Any = None

    @property
    def order(self) -> Order:
        return self.at, self.complaint, self.nth


def _order(occurrence: Occurrence) -> Order:
    return occurrence.order


@dataclass(frozen=True, slots=True)
class Terms:
    """A trigger under its parameters: how much is too much, and in how long."""

    trigger: Trigger
    threshold: Fraction
    within: timedelta | None

    def is_enough(self, measure: Fraction | int, base: Fraction | None) -> bool:
        """Return whether a measure reaches or exceeds the threshold, or that share of the base."""
        bound = self.threshold if base is None else self.threshold * base
        return measure > bound if self.trigger.beyond else measure >= bound


# Another way of asking whether it is enough; None where it cannot say.
Judge = Callable[[Terms, Sequence[Occurrence]], bool | None]


@dataclass(frozen=True, slots=True)
class Firing:
    """A trigger has fired: by which occurrence, what it measured, what counted that no earlier firing had, and what counts at all."""

    by: Occurrence
    measure: Fraction | int
    new: tuple[Occurrence, ...]
    all: tuple[str, ...]  # the complaints of everything that still counts, where something is raised on them


class Tally:
    """What has been counted with one key so far."""

    __slots__ = ("armed", "fired_at", "fresh", "last_at", "members", "more", "terms", "total", "values")

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.members: list[Occurrence] = []  # within the window
        self.total = Fraction(0)
        self.values: Counter[Any] = Counter()
        self.last_at: timedelta | None = None
        self.fired_at: timedelta | None = None
        self.armed = True
        self.more: Fraction | int = 0  # counted since it fired
        self.fresh = 0  # of the members, the last ones that no firing has had

    def copy(self) -> Tally:
        made = copy(self)
        made.members, made.values = list(self.members), Counter(self.values)
        return made

    @property
    def measure(self) -> Fraction | int:
        trigger = self.terms.trigger
        if trigger.sum is not None:
            return self.total
        return len(self.values) if trigger.distinct is not None else len(self.members)

    def take(self, occurrence: Occurrence, judge: Judge | None = None) -> Firing | None:
        """Count one more, the next in order; return the firing, if it fires."""
        trigger = self.terms.trigger
        spacing, last = trigger.spacing, self.last_at
        if spacing is not None and last is not None and occurrence.at - last < spacing:
            return None
        self._drop(occurrence.at)
        if not self.armed and trigger.rearm.kind in ("below", "every"):
            self.armed = not self._is_enough(occurrence.base, judge)
        self._add(occurrence)
        rearm = trigger.rearm
        waited = None if self.fired_at is None else occurrence.at - self.fired_at
        self.armed |= rearm.kind == "every" and self.more >= rearm.every
        self.armed |= rearm.kind == "after" and waited is not None and waited >= rearm.after
        return self._fire(occurrence) if self.armed and self._is_enough(occurrence.base, judge) else None

    def _drop(self, at: timedelta) -> None:
        """Let go what the window no longer reaches."""
        within, gone = self.terms.within, 0
        if within is None:
            return
        for member in self.members:
            if at - member.at <= within:
                break
            self._weigh(member, -1)
            gone += 1
        if gone:
            del self.members[:gone]
            self.fresh = min(self.fresh, len(self.members))

    def _add(self, occurrence: Occurrence) -> None:
        trigger = self.terms.trigger
        is_more = trigger.distinct is None or occurrence.value not in self.values
        value = occurrence.value
        self.more += value if isinstance(value, Fraction) and trigger.sum is not None else int(is_more)
        self.members.append(occurrence)
        self.fresh += 1
        self.last_at = occurrence.at
        self._weigh(occurrence, 1)

    def _weigh(self, occurrence: Occurrence, sign: int) -> None:
        value = occurrence.value
        if self.terms.trigger.distinct is not None:
            self.values[value] += sign
            if not self.values[value]:
                del self.values[value]
        elif isinstance(value, Fraction):
            self.total += sign * value

    def _is_enough(self, base: Fraction | None, judge: Judge | None) -> bool:
        said = judge(self.terms, self.members) if judge and self.members else None
        return self.terms.is_enough(self.measure, base) if said is None else said

    def _fire(self, by: Occurrence) -> Firing:
        members = tuple(self.members)
        raises = self.terms.trigger.raises
        everyone = tuple(dict.fromkeys(m.complaint for m in members)) if raises and raises.on == "all" else ()
        firing = Firing(by, self.measure, members[len(members) - self.fresh :], everyone)
        self.armed, self.fired_at, self.more, self.fresh = False, by.at, 0, 0
        return firing

    def is_blank_after(self, horizon: timedelta) -> bool:
        """Return whether, for whatever comes after the horizon, it is as if nothing had been counted."""
        trigger, within = self.terms.trigger, self.terms.within
        if trigger.spacing is not None and self.last_at is not None and horizon - self.last_at < trigger.spacing:
            return False
        if self.members and (within is None or horizon - self.members[-1].at < within):
            return False
        if self.armed:
            return True
        match trigger.rearm.kind:
            case "never":
                return False
            case "below" | "every":
                return trigger.share_of is None and not self.terms.is_enough(0, None)
            case "after":
                return self.fired_at is None or horizon - self.fired_at >= trigger.rearm.after


@dataclass(slots=True)
class Line:
    """All that counts with one key: what is settled, what is kept because it may still change, and what has fired."""

    terms: Terms
    settled: Tally | None = None  # None where nothing is
    kept: list[Occurrence] = field(default_factory=list)
    head: Tally = field(init=False)
    firings: list[Firing] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.head = self._begun()

    def _begun(self) -> Tally:
        return Tally(self.terms) if self.settled is None else self.settled.copy()

    def change(
        self, gone: Iterable[Occurrence], come: Iterable[Occurrence], judge: Judge | None
    ) -> tuple[list[Firing], list[Firing]]:
        """Take away and add what counts; return the firings that may be undone, and those that stand in their place.

        Afterwards `firings` are as if it had always been so.
        """
        lost, found = list(gone), sorted(come, key=_order)
        if not lost and found and (not self.kept or self.kept[-1].order < found[0].order):
            self.kept += found
            fired = list(_taken(self.head, found, judge))
            self.firings += fired
            return [], fired
        before = self.firings
        for occurrence in lost:
            del self.kept[bisect_left(self.kept, occurrence.order, key=_order)]
        for occurrence in found:
            insort(self.kept, occurrence, key=_order)
        self.head = self._begun()
        self.firings = list(_taken(self.head, self.kept, judge))
        return before, self.firings

    def is_blank_after(self, horizon: timedelta) -> bool:
        """Return whether nothing is kept, and nothing that is settled matters any more."""
        return not self.kept and (self.settled is None or self.settled.is_blank_after(horizon))

    def settle(self, horizon: timedelta) -> None:
        """Settle what happened up to the horizon; nothing about it changes any more."""
        place = bisect_left(self.kept, horizon + MICROSECOND, key=lambda o: o.at)
        if place:
            self.settled = self.settled or Tally(self.terms)
            for _ in _taken(self.settled, self.kept[:place], None):
                pass
            del self.kept[:place]
            self.firings = [f for f in self.firings if f.by.at > horizon]


def _taken(tally: Tally, occurrences: Iterable[Occurrence], judge: Judge | None) -> Iterator[Firing]:
    for occurrence in occurrences:
        firing = tally.take(occurrence, judge)
        if firing is not None:
            yield firing


class Correlation:
    """A trigger over all keys."""

    def __init__(self, terms: Terms, judge: Judge | None = None) -> None:
        self.terms = terms
        self.judge = judge
        self.lines: dict[str, Line] = {}

    def change(
        self, gone: Iterable[Occurrence], come: Iterable[Occurrence]
    ) -> dict[str, tuple[list[Firing], list[Firing]]]:
        """Take away and add what counts; return, for each key concerned, the firings that may be undone, and the new ones."""
        changed: dict[str, tuple[list[Occurrence], list[Occurrence]]] = {}
        for side, occurrences in enumerate((gone, come)):
            for occurrence in occurrences:
                changed.setdefault(occurrence.key, ([], []))[side].append(occurrence)
        found: dict[str, tuple[list[Firing], list[Firing]]] = {}
        for key, (lost, new) in changed.items():
            line = self.lines.get(key)
            if line is None:
                line = self.lines[key] = Line(self.terms)
            found[key] = line.change(lost, new, self.judge)
        return found

    def settle(self, horizon: timedelta) -> None:
        """Settle what happened up to the horizon, and forget the keys that are blank again."""
        for key, line in list(self.lines.items()):
            line.settle(horizon)
            if line.is_blank_after(horizon):
                del self.lines[key]

    # --- as data ---------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return what is settled, as JSON data; what is kept follows from the complaints."""
        return {k: tally_state(line.settled) for k, line in self.lines.items() if line.settled is not None}

    def resume(self, state: Mapping[str, Any]) -> None:
        """Take up what was settled."""
        self.lines = {k: Line(self.terms, tally_of(self.terms, plain)) for k, plain in state.items()}


def tally_state(tally: Tally) -> dict[str, Any]:
    """Return a tally as JSON data."""
    return {
        "members": [_plain(m) for m in tally.members],
        "last_at": _instant(tally.last_at),
        "fired_at": _instant(tally.fired_at),
        "armed": tally.armed,
        "more": str(tally.more),
        "fresh": tally.fresh,
    }


def tally_of(terms: Terms, plain: Mapping[str, Any]) -> Tally:
    """Return the tally that this data says."""
    tally = Tally(terms)
    for member in plain["members"]:
        tally._add(_occurrence(member))  # noqa: SLF001 - a tally from its own data
    tally.last_at, tally.fired_at = _since(plain["last_at"]), _since(plain["fired_at"])
    tally.armed, tally.more, tally.fresh = plain["armed"], Fraction(plain["more"]), plain["fresh"]
    return tally


def _plain(o: Occurrence) -> list[Any]:
    value = {"number": str(o.value)} if isinstance(o.value, Fraction) else o.value
    return [_instant(o.at), o.complaint, o.nth, o.event, o.key, value, None if o.base is None else str(o.base), o.to]


def _occurrence(plain: Sequence[Any]) -> Occurrence:
    at, complaint, nth, event, key, value, base, to = plain
    said = Fraction(value["number"]) if isinstance(value, dict) else value
    instant = timedelta(microseconds=at)
    return Occurrence(instant, complaint, nth, event, key, said, None if base is None else Fraction(base), to)


def _instant(at: timedelta | None) -> int | None:
    return None if at is None else at // MICROSECOND


def _since(plain: int | None) -> timedelta | None:
    return None if plain is None else timedelta(microseconds=plain)
