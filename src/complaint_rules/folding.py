"""Folding: the facts that follow from what has happened so far, kept up as one thing after another happens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from complaint_rules.answers import Missing
from complaint_rules.course import Fold
from complaint_rules.ruleset import Ruleset

_NOTHING_YET: Mapping[str, Any] = {"happened": False, "count": 0}


class Seen(NamedTuple):
    """An event as a fold sees it; one of a related complaint brings the facts by which it counts."""

    event: str
    at: timedelta
    when: datetime
    facts: Mapping[str, Any] | None = None


@dataclass(slots=True)
class _Tally:
    """What a fold has come to."""

    value: Any
    counted_at: timedelta | None = None
    seen: tuple[Seen, ...] = ()  # kept where related complaints count as well


class Folds:
    """All facts of a ruleset that follow from the log; `change` takes what happened and gives the facts it changed."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.folds = {n: i.fold for n, i in ruleset.inputs.items() if i.fold}
        self.listening: dict[str, list[str]] = {}
        self.across: dict[str, list[str]] = {}
        for name, fold in self.folds.items():
            for event in dict.fromkeys(fold.read):
                self.listening.setdefault(event, []).append(name)
            for fact in fold.across:
                self.across.setdefault(fact, []).append(name)
        self.at_first = {
            n: f.initially if f.kind == "latest" else _NOTHING_YET.get(f.kind) for n, f in self.folds.items()
        }

    def begin(self) -> dict[str, _Tally]:
        """Return what they come to before anything has happened."""
        return {n: _Tally(v) for n, v in self.at_first.items()}

    def known_at_first(self) -> dict[str, Any]:
        """Return the facts that are known before anything has happened."""
        return {n: v for n, v in self.at_first.items() if v is not None}

    def change(self, tallies: Mapping[str, _Tally], seen: Seen, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the facts that what happened changes."""
        changed: dict[str, Any] = {}
        for name in self.listening.get(seen.event, ()):
            fold, tally = self.folds[name], tallies[name]
            if fold.across:
                tally.seen += (seen,)
                value = _across(fold, tally.seen, values)
            elif seen.facts is None:
                value = _next(fold, tally, seen)
            else:
                continue
            if (value is not tally.value and value != tally.value) or isinstance(value, Missing):
                tally.value = changed[name] = value
        return changed

    def regrouped(
        self, tallies: Mapping[str, _Tally], names: Iterable[str], values: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the facts that change since these facts, by which related events count, have changed."""
        changed: dict[str, Any] = {}
        if not self.across:
            return changed
        for name in dict.fromkeys(f for n in names for f in self.across.get(n, ())):
            tally = tallies[name]
            value = _across(self.folds[name], tally.seen, values)
            if value != tally.value:
                tally.value = changed[name] = value
        return changed


def _next(fold: Fold, tally: _Tally, seen: Seen) -> Any:
    """Return a fold's value after one more event to which it listens."""
    match fold.kind:
        case "first":
            return seen.when if tally.value is None else tally.value
        case "last":
            return seen.when
        case "happened":
            return seen.event in fold.events
        case "latest":
            return fold.values[seen.event]
        case "count":
            return _counted(fold, tally, seen)


def _counted(fold: Fold, tally: _Tally, seen: Seen) -> int:
    """Return the count: begun anew where asked, and only what is far enough from the last counted one."""
    count: int = tally.value
    if seen.event in fold.since:
        count, tally.counted_at = 0, None
    if seen.event not in fold.events:
        return count
    last, spacing = tally.counted_at, fold.spacing
    if spacing is not None and last is not None and seen.at - last < spacing:
        return count
    tally.counted_at = seen.at
    return count + 1


def _across(fold: Fold, all_seen: Sequence[Seen], values: Mapping[str, Any]) -> Any:
    """Return a fold's value over its own events and those of related complaints that agree with the facts."""
    tally = _Tally(_NOTHING_YET[fold.kind])
    for seen in all_seen:
        agrees = seen.facts is None or _agrees(fold, seen.facts, values)
        if isinstance(agrees, Missing):
            return agrees
        if agrees:
            tally.value = _next(fold, tally, seen)
    return tally.value


def _agrees(fold: Fold, facts: Mapping[str, Any], values: Mapping[str, Any]) -> bool | Missing:
    """Return whether a related event agrees on every fact; what must be asked where that is not known."""
    open_ = [n for n in fold.across if isinstance(values[n], Missing)]
    if any(n not in facts or (n not in open_ and facts[n] != values[n]) for n in fold.across):
        return False
    return Missing(ask=tuple(open_)) if open_ else True
