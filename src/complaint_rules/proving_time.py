"""Proving over time: that a time limit never ends later as a fact goes up, whatever the instant at which it begins.

Cases are split as in `proving` until the terms of both limits are known. Two limits that are reckoned alike need no calendar:
the smaller amount never ends later. Otherwise every instant is tried at which either end can jump or turn, in the last years
that the calendar covers: days and working hours begin and end on a grid, and between two points of it both ends move evenly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from math import gcd
from typing import Any
from zoneinfo import ZoneInfo

from complaint_rules.answers import Missing, Undetermined
from complaint_rules.compile import CompiledRuleset
from complaint_rules.course import PROMPTLY, Deadline
from complaint_rules.deadline import SPANS, Terms, due
from complaint_rules.deadlines import number_of
from complaint_rules.domains import Sign
from complaint_rules.regions import Budget
from complaint_rules.worktime import Calendar

_YEARS = 2
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_MOMENT = timedelta(microseconds=1)
_UNKNOWN_COVER = date(2024, 1, 1)
# What a case makes of a limit: its terms, why they are not known, or None where nothing is owed.
Limit = Terms | Missing | Undetermined | None


@dataclass
class Ends:
    """Compares the ends of a time limit with those of the same one in another case, or of another one, over a calendar."""

    rules: CompiledRuleset
    deadlines: tuple[Deadline, Deadline]
    calendar: Calendar
    budget: Budget
    known: dict[tuple[Terms, Terms], datetime | None] = field(default_factory=dict)

    @property
    def reads(self) -> tuple[str, ...]:
        """The decisions and facts that say whether they are owed, and how much time there is."""
        named = (n for d in self.deadlines for n in (d.when, d.within if isinstance(d.within, str) else None))
        return tuple(n for n in named if n and n != PROMPTLY)

    def begin(self, start: datetime) -> dict[str, datetime]:
        """Return the facts with which both begin at an instant."""
        return {d.reckoning["start"]: start for d in self.deadlines}

    def owed(self, deadline: Deadline, values: Mapping[str, Any]) -> Limit:
        """Return what is owed in a case of which these values are known."""
        when = values[deadline.when] if deadline.when else True
        if isinstance(when, (Missing, Undetermined)):
            return when
        return self.limit(deadline, values) if when is True else None

    def limit(self, deadline: Deadline, values: Mapping[str, Any]) -> Limit:
        """Return the terms of a limit, owed or not."""
        if deadline.within == PROMPTLY:
            return None
        amount = values[deadline.within] if isinstance(deadline.within, str) else deadline.within
        terms = {k: self._term(v) for k, v in deadline.reckoning.items() if k != "start"}
        unset = tuple(deadline.reckoning[k] for k, v in terms.items() if v is None)
        if isinstance(amount, (Missing, Undetermined)):
            return amount
        if unset:
            return Missing(unset=unset)
        return None if isinstance(amount, Sign) else Terms(number_of(amount, terms["unit"], deadline), **terms)

    def _term(self, text: str) -> Any:
        return self.rules.parameters.get(text) if text in self.rules.ruleset.parameters else text

    def later(self, before: Terms, after: Terms) -> datetime | None:
        """Return an instant from which the second limit ends after the first; None where there is none."""
        if replace(before, amount=after.amount) == after and after.amount <= before.amount:
            return None
        pair = (before, after)
        if pair not in self.known:
            self.known[pair] = next((s for s in self.instants(pair) if self._ends_later(s, *pair)), None)
        return self.known[pair]

    def _ends_later(self, start: datetime, before: Terms, after: Terms) -> bool:
        self.budget.spend()
        return due(after, start, self.calendar).instant > due(before, start, self.calendar).instant

    def instants(self, limits: Sequence[Terms]) -> Iterator[datetime]:
        """Yield each instant at which an end can jump or turn, and the last moment before it."""
        last = self.calendar.coverage.last or _UNKNOWN_COVER.replace(year=_UNKNOWN_COVER.year + _YEARS)
        first = max(last.replace(day=1, year=last.year - _YEARS), self.calendar.coverage.first or date.min)
        step = self._grid(limits, first, last)
        zone = ZoneInfo(self.calendar.zone)
        for number in range((last - first).days - max(_reach(t) for t in limits)):
            at = datetime.combine(first + number * _DAY, time(), zone)
            for part in range(_DAY // step):
                yield at + part * step
                yield at + (part + 1) * step - _MOMENT

    def _grid(self, limits: Sequence[Terms], first: date, last: date) -> timedelta:
        """Return the longest step on which midnights and, where hours of work are counted, these and all amounts lie."""
        if all(t.unit != "business_hour" for t in limits):
            return _DAY
        days = ((first + n * _DAY) for n in range((last - first).days))
        ends = {e for day in days for h in self.calendar.hours_on(day) for e in (h.start, h.end)}
        amounts = {t.amount * SPANS[t.unit] for t in limits if t.unit in SPANS}
        return gcd(_DAY // _SECOND, *ends, *(a // _SECOND for a in amounts)) * _SECOND


def _reach(terms: Terms) -> int:
    """Return how many days a limit may take at most, so that all of it lies within what is covered."""
    days = {"minute": 1, "hour": 1, "business_hour": 1, "working_day": 3, "calendar_day": 1, "week": 7, "month": 31}
    return int(terms.amount * days[terms.unit]) + 20
