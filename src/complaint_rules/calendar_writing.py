"""Calendar writing: more dated days for a calendar file, of its own or from the packages that know them.

What is written is read again before it is returned: it must be the calendar of before with those days and no other
difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby

from complaint_rules.calendar_countries import CountryDays, china_days, country_days, notice_year
from complaint_rules.calendar_data import read_calendar, read_holidays
from complaint_rules.calendar_days import CalendarReader, Origin, merged
from complaint_rules.calendar_text import Entry, appended, flow, scalar
from complaint_rules.diagnostics import Diagnostic, FactsError, RulesetError
from complaint_rules.parts import Part, whole
from complaint_rules.source import Document, read
from complaint_rules.words import Label
from complaint_rules.worktime import LAST_YEAR, Calendar, Coverage, DayException

_DAY = timedelta(days=1)


# --- the organisation's own days -------------------------------------------------------------------


def with_entry(document: Document, entry: Entry, options: Mapping[str, str]) -> tuple[str, tuple[DayException, ...]]:
    """Return the text of a calendar file with one more entry under `days`, and the days of it.

    `options` says for each key of the entry what the user calls it.

    Raises:
        FactsError: the entry is none.
        RulesetError: the file is no calendar, or says something of such a day already.
    """
    added = _days_of(entry, options)
    before, taken = read_calendar(document), own_days(whole(document))
    twice = [Diagnostic("CR102", taken[d.day].span(), {"name": d.day}) for d in added if d.day in taken]
    if twice:
        raise RulesetError(twice)
    text = appended(document, "days", [flow(entry)], flow(entry))
    _prove(document, text, replace(before, exceptions=merged(before.exceptions, added)))
    return text, added


def own_days(part: Part) -> dict[date, Part]:
    """Return the days of which a calendar file, known to be right, speaks under `days`, and where."""
    found: dict[date, Part] = {}
    for entry in part["days"].entries if "days" in part else ():
        ends = [date.fromisoformat(entry.plain[k]) for k in ("on", "from", "to") if k in entry]
        found |= dict.fromkeys(_span(ends[0], ends[-1]), entry)
    return found


def _days_of(entry: Entry, options: Mapping[str, str]) -> tuple[DayException, ...]:
    """Return the days of an entry; what is wrong is said of the option that it came from."""
    for key, value in entry.items():
        try:
            read(flow({key: value}), options[key])
        except RulesetError as error:
            raise FactsError([replace(d, span=None, where=options[key]) for d in error.diagnostics]) from None
    document, reader = read(f"days: [{flow(entry)}]", ""), CalendarReader()
    found = reader.days(whole(document), ((),) * 7, "mon", Origin())
    if reader.problems:
        raise FactsError([replace(d, span=None, where=_option(document, d, options)) for d in reader.problems])
    return found


def _option(document: Document, problem: Diagnostic, options: Mapping[str, str]) -> str:
    at = problem.span.start if problem.span else 0
    spans = {key: document.span(("days", 0, key)) for key in options if ("days", 0, key) in document.values}
    days = ", ".join(options[key] for key in ("on", "from", "to") if key in spans)
    return next((options[key] for key, span in spans.items() if span.start <= at < span.end), days)


# --- the days that packages know -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """A day of which file and package say different things; the file's word stays."""

    day: date
    worked: bool
    package_works: bool
    name: str


@dataclass(frozen=True, slots=True)
class Update:
    """A calendar file's text with the days that a package adds, and whether there is more in it than before."""

    source: str
    text: str
    is_more: bool
    added: tuple[DayException, ...]
    kept: tuple[Kept, ...]
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class NothingKnown:
    """A package that does not know all days of a year."""

    source: str
    year: int


def updated(document: Document, year: int | None = None) -> Update | NothingKnown:
    """Return a calendar file with the dated days up to a year, by default the first that it does not cover.

    Raises:
        RulesetError: the file is no calendar, or does not say whose holidays it follows.
        ModuleNotFoundError: the package that knows them is not installed.
    """
    part, covered = whole(document), read_holidays(document).coverage
    if "holidays" not in part or covered.first is None or covered.last is None:
        key = "week" if "holidays" in part else "holidays"
        raise RulesetError([Diagnostic("CR005", part.span(), {"key": key})])
    of_china = isinstance(part.plain["holidays"], str)
    year_of = notice_year if of_china else _year
    first = year_of(covered.last + _DAY)
    last = first if year is None else year
    if not year_of(covered.first) <= last <= LAST_YEAR:
        words = {"value": last, "low": year_of(covered.first), "high": LAST_YEAR}
        raise FactsError([Diagnostic("CR304", args=words, where="--year")])
    asked = range(min(first, last), last + 1)
    known = _known(part["holidays"], asked)
    if (unknown := _unknown_year(known, asked)) is not None:
        return NothingKnown(known.source, unknown)
    text = document.text
    if first <= last:
        text = with_notices(document, known, range(first, last + 1)) if of_china else _with_end(document, last)
    return _update(document, text, known, lambda day: year_of(day) in asked)


def with_notices(document: Document, known: CountryDays, years: Iterable[int]) -> str:
    """Return the text with a notice for each year under `notices`, without days of which the file speaks already."""
    for year in years:
        holidays = read_holidays(document)
        taken = {d.day for d in holidays.days}
        kinds = {d: ("closed", name) for d, name in known.closed} | {d: ("working", name) for d, name in known.working}
        days = {d: said for d, said in kinds.items() if notice_year(d) == year and d not in taken}
        start = holidays.coverage.last + _DAY if holidays.coverage.last else date(year - 1, 12, 29)
        if notice_year(start) > year:
            continue  # a notice of the file's own goes on where an earlier one of these ended
        head = {"title": f"{year} 年节假日安排（据 {known.source}）"}
        covers = {"from": start.isoformat(), "to": date(year, 12, 28).isoformat()}
        entries = [flow(e) for e in _runs(days)]
        block = [
            f"title: {scalar(head['title'])}",
            f"covers: {flow(covers)}",
            "days:",
            *(f"  - {e}" for e in entries),
        ]
        brief = f"{flow(head)[:-1]}, covers: {flow(covers)}, days: [{', '.join(entries)}]}}"
        document = read(appended(document, "notices", block, brief), document.file)
    return document.text


def _update(document: Document, text: str, known: CountryDays, is_asked: Callable[[date], bool]) -> Update:
    before, after = read_calendar(document), read_calendar(read(text, document.file))
    if not set(before.exceptions) <= set(after.exceptions) or (before.zone, before.week) != (after.zone, after.week):
        raise RulesetError([_not_proven(document)])
    added = tuple(sorted(set(after.exceptions) - set(before.exceptions), key=lambda e: e.day))
    return Update(
        known.source, text, text != document.text, added, tuple(_kept(document, known, is_asked)), after.coverage
    )


def _kept(document: Document, known: CountryDays, is_asked: Callable[[date], bool]) -> Iterable[Kept]:
    """Yield the days on which a calendar, with make-up days worked, is not as the package has it."""
    calendar, holidays = read_calendar(document, make_up_days="work"), read_holidays(document)
    said = {**{d: (False, n) for d, n in known.closed}, **{d: (True, n) for d, n in known.working}}
    settled = {d.day: d for d in calendar.exceptions}
    low, high = holidays.coverage.first or date.max, holidays.coverage.last or date.min
    for day, (works, name) in sorted(said.items()):
        worked = calendar.is_working_day(day).value
        if worked != works and (day in settled or low <= day <= high):
            yield Kept(day, worked, works, name)
    for one in holidays.days:
        works = bool(calendar.week[one.day.weekday()])
        if is_asked(one.day) and one.day not in said and bool(one.hours) != works:
            yield Kept(one.day, bool(one.hours), works, one.name)


def _known(holidays: Part, years: range) -> CountryDays:
    if isinstance(holidays.plain, str):
        return china_days(years[0], years[-1])
    return country_days(holidays.plain["country"], holidays.plain.get("subdivision"), years[0], years[-1])


def _unknown_year(known: CountryDays, years: Sequence[int]) -> int | None:
    """Return the first year that a package does not know, or of which it only estimates a day."""
    has_days = {d.year for d, _ in known.closed}
    estimated = known.estimated_from
    return next((y for y in years if y not in has_days or (estimated is not None and y >= estimated)), None)


def _with_end(document: Document, year: int) -> str:
    span = document.values["holidays", "to"]
    return document.text[: span.start] + f"{year}-12-31" + document.text[span.end :]


def _runs(days: Mapping[date, tuple[str, str]]) -> Iterable[Entry]:
    """Yield the entries of days; those of the same kind and name one after another are one."""
    ordered = enumerate(sorted(days))
    for (_, (kind, name)), group in groupby(ordered, key=lambda p: (p[1] - p[0] * _DAY, days[p[1]])):
        run = [day for _, day in group]
        yield {**when(run[0], run[-1]), "is": kind, "name": name}


def when(first: date, last: date) -> dict[str, str]:
    """Return the keys of an entry that say which days it is about."""
    return {"on": str(first)} if first == last else {"from": str(first), "to": str(last)}


def _year(day: date) -> int:
    return day.year


def _span(first: date, last: date) -> Iterable[date]:
    return (first + n * _DAY for n in range((last - first).days + 1))


def _prove(document: Document, text: str, meant: Calendar) -> None:
    if read_calendar(read(text, document.file)) != meant:
        raise RulesetError([_not_proven(document)])


def _not_proven(document: Document) -> Diagnostic:
    problem = Label(
        "在此版式中无法加入，文件未改动", "nothing can be added in this layout, and the file was left alone"
    )
    return Diagnostic("CR001", document.span(()), {"problem": problem})
