"""Calendar data: calendar files and the shipped calendars, read as calendars, as they were known on any day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from complaint_rules.calendar_countries import UnknownCountryError, country_days
from complaint_rules.calendar_days import DAY_KEYS, CalendarReader, Origin, merged
from complaint_rules.diagnostics import Diagnostic, RulesetError
from complaint_rules.limits import DEFAULT_LIMITS, Limits
from complaint_rules.parts import Part, whole
from complaint_rules.source import Document, read
from complaint_rules.words import suggest
from complaint_rules.worktime import NO_DAYS, Calendar, Coverage, DayException, Week

MakeUpDays = Literal["work", "rest"]
_KEYS = ("title", "note", "zone", "week", "holidays", "notices", "make_up_days", "make_up_like", "days", "covers")
_NOTICE_KEYS = ("title", "number", "published", "covers", "days")
_COUNTRY_KEYS = ("country", "subdivision", "from", "to")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Holidays:
    """The dated days of a country or organisation, and the days for which they are all there are."""

    days: tuple[DayException, ...]
    coverage: Coverage


@cache
def shipped_calendars() -> tuple[str, ...]:
    """Return the names of the calendars that come with the library."""
    return _named(with_week=True)


def load_calendar(
    name_or_path: str | FilePath,
    *,
    known_at: date | None = None,
    week: Week | None = None,
    make_up_days: MakeUpDays | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Calendar:
    """Return a shipped calendar by name, or the one in a file.

    With `known_at` it is the calendar as it was known on that day: what was published later is left out, and the
    days it speaks of are not covered. `week` and `make_up_days` take the place of what the file says.

    Raises:
        RulesetError: with every problem of the file.
    """
    if name_or_path in shipped_calendars() and known_at is None and week is None and make_up_days is None:
        return _shipped(str(name_or_path))
    path = calendar_path(name_or_path)
    document = read(path.read_bytes(), str(path), limits)
    return read_calendar(document, known_at=known_at, week=week, make_up_days=make_up_days)


def is_shipped(name_or_path: str | FilePath) -> bool:
    """Return whether a calendar is meant by name; a path ends in `.yaml`."""
    return not FilePath(name_or_path).suffix


def calendar_path(name_or_path: str | FilePath) -> FilePath:
    """Return the file of a calendar.

    Raises:
        RulesetError: no calendar of that name comes with the library.
    """
    if not is_shipped(name_or_path):
        return FilePath(name_or_path)
    if name_or_path not in shipped_calendars():
        raise RulesetError([_unknown(str(name_or_path), shipped_calendars())])
    return _folder() / f"{name_or_path}.yaml"


@cache
def _shipped(name: str) -> Calendar:
    """Return a calendar that comes with the library, read once."""
    path = calendar_path(name)
    return read_calendar(read(path.read_bytes(), str(path)))


def read_calendar(
    document: Document | Part,
    *,
    known_at: date | None = None,
    week: Week | None = None,
    make_up_days: MakeUpDays | None = None,
) -> Calendar:
    """Return the calendar that a document, or a part of one, describes; see `load_calendar`."""
    part = whole(document) if isinstance(document, Document) else document
    reader = CalendarReader()
    reader.keys(part, _KEYS, needed=("zone", "week"))
    found = reader.week(part)
    like = _like(reader, part, week or found)
    ways = _Ways(week or found, like, reader.choice(part, "make_up_days", get_args(MakeUpDays)) or "work", known_at)
    if make_up_days:
        ways = replace(ways, make_up_days=make_up_days)
    zone = _zone(reader, part)
    holidays = _dated(reader, part, ways)
    own = reader.days(part, ways.week, like, Origin())
    coverage = holidays.coverage.common(reader.coverage(part))
    if reader.problems:
        raise RulesetError(reader.problems)
    return Calendar(zone, ways.week, merged(holidays.days, _known(own, known_at)), coverage)


def read_holidays(document: Document) -> Holidays:
    """Return the dated days of a calendar file that are not the organisation's own, as if make-up days were worked.

    Raises:
        RulesetError: with every problem of the file.
    """
    reader, part = CalendarReader(), whole(document)
    week = read_calendar(document).week
    return _dated(reader, part, _Ways(week, _like(reader, part, week), "work", None))


def with_exceptions(calendar: Calendar, days: Iterable[DayException]) -> Calendar:
    """Return the calendar with more days that differ; a day given here takes the place of one given before."""
    return replace(calendar, exceptions=merged(calendar.exceptions, days))


def _folder() -> FilePath:
    return FilePath(str(files("complaint_rules"))) / "calendars"


def _named(*, with_week: bool) -> tuple[str, ...]:
    """Return the names of the files with hours of a week, or of those that have dated days alone."""
    return tuple(sorted(f.stem for f in _folder().glob("*.yaml") if (b"\nweek:" in f.read_bytes()) == with_week))


def _unknown(name: str, names: Iterable[str]) -> Diagnostic:
    return Diagnostic("CR101", None, {"name": name, "suggestion": suggest(name, names)}, where="calendar")


@dataclass(frozen=True, slots=True)
class _Ways:
    """How an organisation follows the holidays: its week, what it does on make-up days, and as known on which day."""

    week: Week
    like: str
    make_up_days: str
    known_at: date | None


def _like(reader: CalendarReader, part: Part, week: Week) -> str:
    """Return the weekday whose hours a make-up day has, which must have some."""
    named = reader.choice(part, "make_up_like", DAY_KEYS)
    worked = [day for day, hours in zip(DAY_KEYS, week, strict=True) if hours]
    like = named or "mon"
    if like in worked or not worked:
        return like
    if named:
        reader.bad(part, "make_up_like", " / ".join(worked))
    elif "holidays" in part and part.plain.get("make_up_days") != "rest":
        reader.problems.append(Diagnostic("CR005", part["week"].span(of_key=True), {"key": "make_up_like"}))
    return worked[0]


def _zone(reader: CalendarReader, part: Part) -> str:
    name = part.plain["zone"] if "zone" in part else "UTC"
    try:
        return ZoneInfo(str(name)).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    reader.bad(part, "zone", "Asia/Shanghai", suggest(str(name), available_timezones()))
    return "UTC"


def _dated(reader: CalendarReader, part: Part, ways: _Ways) -> Holidays:
    """Return the days that the library knows, and over them those of the notices that the file itself holds."""
    known = _holidays(reader, part, ways)
    if "notices" not in part or not any(ways.week):
        return known
    later = _of_notices(reader, part, ways)
    pieces = (known.coverage, later.coverage) if "holidays" in part else (later.coverage,)
    return Holidays(merged(known.days, later.days), _without_gap(pieces))


def _holidays(reader: CalendarReader, part: Part, ways: _Ways) -> Holidays:
    if "holidays" not in part:
        return Holidays((), Coverage())
    if isinstance(part.plain["holidays"], dict):
        return _of_country(reader, part["holidays"], ways)
    name = str(part.plain["holidays"])
    names = _named(with_week=False)
    if name not in names:
        reader.bad(part, "holidays", " / ".join(names), suggest(name, names))
    if name not in names or not any(ways.week):
        return Holidays((), Coverage())
    path = _folder() / f"{name}.yaml"
    table = whole(read(path.read_bytes(), str(path)))
    reader.keys(table, ("title", "zone", "notices"), needed=("notices",))
    return _of_notices(reader, table, ways)


def _of_notices(reader: CalendarReader, part: Part, ways: _Ways) -> Holidays:
    """Return the days of all notices that were known; a later notice goes before an earlier one."""
    groups, covered = [], list[Coverage]()
    if "notices" in part and not isinstance(part.plain["notices"], list):
        reader.bad(part, "notices", "[{title: …, days: […]}]")
    for notice in part["notices"].entries if "notices" in part else ():
        reader.keys(notice, _NOTICE_KEYS, needed=("title", "days"))
        if not isinstance(notice.plain, dict):
            continue
        coverage, published = reader.coverage(notice, needed=("from", "to")), reader.day(notice, "published")
        known_from = published or coverage.first
        if ways.known_at and known_from and known_from > ways.known_at:
            continue
        source = " ".join(t for t in (reader.text(notice, "title"), reader.text(notice, "number")) if t)
        days = reader.days(notice, ways.week, ways.like, Origin(source, published))
        groups.append(d for d in days if d.hours == () or ways.make_up_days == "work")
        covered.append(coverage)
    return Holidays(merged(*groups), _without_gap(covered))


def _without_gap(covered: Iterable[Coverage]) -> Coverage:
    """Return the days that are covered from the first one on until one is not; pieces without two ends count for none."""
    runs = sorted((c.first, c.last) for c in covered if c.first and c.last and c.first <= c.last)
    if not runs:
        return NO_DAYS
    first, last = runs[0]
    for start, end in runs[1:]:
        last = max(last, end) if start <= last + _DAY else last
    return Coverage(first, last)


def _of_country(reader: CalendarReader, part: Part, ways: _Ways) -> Holidays:
    """Return the days of another country; years from the first with an estimated day on are not covered."""
    reader.keys(part, _COUNTRY_KEYS, needed=("country", "from", "to"))
    first, last = reader.day(part, "from"), reader.day(part, "to")
    country, subdivision = reader.text(part, "country"), reader.text(part, "subdivision")
    if first is None or last is None or not country:
        return Holidays((), Coverage())
    if country == "CN":
        reader.bad(part, "country", "holidays: cn", "cn")
    try:
        known = country_days(country, subdivision or None, first.year, last.year)
    except UnknownCountryError:
        reader.bad(part, "subdivision" if subdivision else "country", "ISO 3166 (DE, BY)")
        return Holidays((), Coverage())
    if known.estimated_from is not None:
        last = min(last, date(known.estimated_from - 1, 12, 31))
    closed = (DayException(d, (), name, known.source) for d, name in known.closed)
    hours = ways.week[DAY_KEYS.index(ways.like)]
    working = known.working if ways.make_up_days == "work" else ()
    days = merged(closed, (DayException(d, hours, name, known.source) for d, name in working))
    return Holidays(days, Coverage(first, last))


def _known(days: Iterable[DayException], known_at: date | None) -> Iterable[DayException]:
    return (d for d in days if not (known_at and d.published and d.published > known_at))
