"""Calendar days: the hours, weeks and dated days of a calendar file, each problem at its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from complaint_rules.diagnostics import Diagnostic
from complaint_rules.parts import Part
from complaint_rules.timetable import Hours
from complaint_rules.words import Label, suggest
from complaint_rules.worktime import FIRST_YEAR, LAST_YEAR, Coverage, DayException, Week

DAY_KEYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_ENTRY = ("on", "from", "to", "is", "name", "hours", "like", "source", "published")
_HOURS = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)\Z", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_KINDS = ("closed", "working")
_LONGEST = 366
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Origin:
    """On whose word days differ, and since when that is known."""

    source: str = ""
    published: date | None = None


def merged(*groups: Iterable[DayException]) -> tuple[DayException, ...]:
    """Return the days in order; of two that speak of one day, the later given."""
    found = {e.day: e for group in groups for e in group}
    return tuple(found[day] for day in sorted(found))


@dataclass
class CalendarReader:
    """Reads pieces of calendar files, and notes what is wrong with them."""

    problems: list[Diagnostic] = field(default_factory=list)

    def keys(self, part: Part, known: Sequence[str], needed: Sequence[str] = ()) -> None:
        """Note unknown and missing keys of a mapping."""
        if not isinstance(part.plain, dict):
            expected = "{" + ", ".join(f"{k}: …" for k in needed or known[:2]) + "}"
            self.problems.append(Diagnostic("CR006", part.span(), {"value": part.plain, "expected": expected}))
            return
        for key in part.keys:
            if key not in known:
                words = {"key": key, "suggestion": suggest(key, known)}
                self.problems.append(Diagnostic("CR004", part.document.span((*part.path, key), of_key=True), words))
        for key in needed:
            if key not in part:
                self.problems.append(Diagnostic("CR005", part.span(of_key=True), {"key": key}))

    def bad(self, part: Part, key: str | int, expected: str, suggestion: str | None = None) -> None:
        """Note a value that is none of those expected."""
        words = {"value": part[key].plain, "expected": expected, "suggestion": suggestion}
        self.problems.append(Diagnostic("CR103", part[key].span(), words))

    def choice(self, part: Part, key: str, known: Sequence[str]) -> str | None:
        if key not in part or part.plain[key] in known:
            return str(part.plain[key]) if key in part else None
        self.bad(part, key, " / ".join(known), suggest(str(part.plain[key]), known))
        return None

    def text(self, part: Part, key: str) -> str:
        if key not in part or isinstance(part.plain[key], str):
            return part.plain[key] if key in part else ""
        self.bad(part, key, "text")
        return ""

    def day(self, part: Part, key: str) -> date | None:
        if key not in part:
            return None
        try:
            found = date.fromisoformat(part.plain[key]) if _DATE.match(part.plain[key]) else None
        except (ValueError, TypeError):
            found = None
        if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
            self.bad(part, key, "2024-05-06")
            return None
        return found

    def week(self, part: Part) -> Week:
        """Return the hours of each weekday; one that is not named has none."""
        found: dict[str, tuple[Hours, ...]] = {}
        for key in part["week"].keys if "week" in part else ():
            hours = self.hours(part["week"], key)
            for name in self._weekdays(part["week"], key):
                if name in found:
                    words = {"name": name}
                    self.problems.append(Diagnostic("CR102", part["week"][key].span(of_key=True), words))
                found[name] = hours
        if "week" in part and not isinstance(part.plain["week"], dict):
            self.bad(part, "week", "{mon-fri: [09:00-12:00, 13:00-17:30]}")
        return tuple(found.get(name, ()) for name in DAY_KEYS)

    def _weekdays(self, week: Part, key: str) -> Sequence[str]:
        first, _, last = key.partition("-")
        if first in DAY_KEYS and (last or first) in DAY_KEYS:
            names = DAY_KEYS[DAY_KEYS.index(first) : DAY_KEYS.index(last or first) + 1]
            if names:
                return names
        words = {"key": key, "suggestion": suggest(key, (*DAY_KEYS, "mon-fri", "mon-sun"))}
        self.problems.append(Diagnostic("CR004", week[key].span(of_key=True), words))
        return ()

    def hours(self, part: Part, key: str) -> tuple[Hours, ...]:
        """Return a list such as [09:00-12:00, 13:00-17:30]; 22:00-06:00 ends on the next day."""
        if not isinstance(part.plain[key], list):
            self.bad(part, key, "[09:00-12:00, 13:00-17:30]")
            return ()
        found: list[Hours] = []
        for at in range(len(part.plain[key])):
            one = _hours(part.plain[key][at])
            if one is None:
                self.bad(part[key], at, "09:00-17:30")
            elif found and one.start < found[-1].end:
                self.bad(part[key], at, f"≥ {str(found[-1]).partition('-')[2]}")
            else:
                found.append(one)
        return tuple(found)

    def coverage(self, part: Part, needed: Sequence[str] = ()) -> Coverage:
        """Return the days from one to another that a piece is all there is to say about."""
        if "covers" not in part:
            return Coverage()
        self.keys(part["covers"], ("from", "to"), needed)
        first, last = self.day(part["covers"], "from"), self.day(part["covers"], "to")
        if first and last and first > last:
            self._backwards(part["covers"], first, last)
        return Coverage(first, last)

    def days(self, part: Part, week: Week, like: str, origin: Origin) -> tuple[DayException, ...]:
        """Return the days that a list `days` says differ, in order."""
        found: dict[date, DayException] = {}
        if "days" in part and not isinstance(part.plain["days"], list):
            self.bad(part, "days", "[{on: 2024-05-06, is: closed}]")
        for entry in part["days"].entries if "days" in part else ():
            self.keys(entry, _DAY_ENTRY, ("is",))
            for one in self._entry(entry, week, like, origin) if isinstance(entry.plain, dict) else ():
                if one.day in found:
                    self.problems.append(Diagnostic("CR102", entry.span(), {"name": one.day}))
                found[one.day] = one
        return merged(found.values())

    def _entry(self, entry: Part, week: Week, like: str, origin: Origin) -> Iterator[DayException]:
        first = self.day(entry, "on") or self.day(entry, "from")
        last = self.day(entry, "to") or first
        kind = self.choice(entry, "is", _KINDS)
        hours = self._hours_of(entry, kind, week, self.choice(entry, "like", DAY_KEYS) or like)
        if ("on" in entry) == ("from" in entry) or ("from" in entry) != ("to" in entry):
            self.problems.append(Diagnostic("CR005", entry.span(), {"key": "on / from, to"}))
        name, source = self.text(entry, "name"), self.text(entry, "source") or origin.source
        published = self.day(entry, "published") or origin.published
        if not first or not last or kind is None:
            return
        if first > last:
            self._backwards(entry, first, last)
        if (last - first).days >= _LONGEST:
            words = {"what": Label("天数", "days"), "most": _LONGEST}
            self.problems.append(Diagnostic("CR008", entry.span(), words))
            return
        for offset in range((last - first).days + 1):
            yield DayException(first + offset * _DAY, hours, name, source, published)

    def _hours_of(self, entry: Part, kind: str | None, week: Week, like: str) -> tuple[Hours, ...]:
        own = self.hours(entry, "hours") if "hours" in entry else None
        if kind == "closed":
            for key in ("hours", "like"):
                if key in entry:
                    self.problems.append(Diagnostic("CR004", entry[key].span(of_key=True), {"key": key}))
            return ()
        found = week[DAY_KEYS.index(like)] if own is None else own
        if kind == "working" and not found and not (own is not None and entry.plain["hours"]):
            self.problems.append(Diagnostic("CR005", entry.span(), {"key": "hours"}))
        return found

    def _backwards(self, part: Part, first: date, last: date) -> None:
        self.problems.append(Diagnostic("CR116", part.span(), {"low": first, "high": last}))


def _hours(text: object) -> Hours | None:
    found = _HOURS.match(text) if isinstance(text, str) else None
    if not found:
        return None
    start_hour, start_minute, end_hour, end_minute = (int(n) for n in found.groups())
    start, end = start_hour * 3600 + start_minute * 60, end_hour * 3600 + end_minute * 60
    if start_minute > 59 or end_minute > 59 or start >= 86_400 or end > 86_400 or start == end:
        return None
    return Hours(start, end if end > start else end + 86_400)
