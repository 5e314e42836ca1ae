"""Calendar countries: the days of China and of other countries, as the packages know them that may be installed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from importlib.metadata import version

# The last days of December belong to the next year's notice: 2007-12-29 and 2018-12-29 became working days.
_FIRST_OF_NEXT = (12, 29)
_FULL_NAMES = {"清明": "清明节", "端午": "端午节", "中秋": "中秋节"}


class UnknownCountryError(ValueError):
    """A country or subdivision that the package does not have."""


@dataclass(frozen=True, slots=True)
class CountryDays:
    """The days off and the make-up working days with their names, and the first year of which not all is known."""

    source: str
    closed: tuple[tuple[date, str], ...]
    working: tuple[tuple[date, str], ...]
    estimated_from: int | None


def country_days(country: str, subdivision: str | None, first: int, last: int) -> CountryDays:
    """Return the public holidays of the years from one to another; half holidays are not among them.

    Raises:
        ModuleNotFoundError: the package is not installed.
        UnknownCountryError: it does not have the country or the subdivision.
    """
    try:
        import holidays  # noqa: PLC0415 - optional, and 60 ms that only calendars of other countries pay
    except ModuleNotFoundError:
        raise _absent("public holidays of other countries", "holidays") from None
    years = range(first, last + 1)
    try:
        found = holidays.country_holidays(country, subdiv=subdivision, years=years)
        english = holidays.country_holidays(country, subdiv=subdivision, years=years, language="en_US")
    except NotImplementedError as error:
        raise UnknownCountryError(str(error)) from None
    guessed = [day.year for day, name in english.items() if "estimated" in name]
    working = tuple(sorted((d, "") for d in getattr(found, "weekend_workdays", ()) if d.year in years))
    closed = tuple(sorted((d, n) for d, n in found.items() if d.year in years))
    return CountryDays(f"holidays {version('holidays')}", closed, working, min(guessed, default=None))


def notice_year(day: date) -> int:
    """Return the year whose notice speaks of a day in China."""
    return day.year + ((day.month, day.day) >= _FIRST_OF_NEXT)


def china_days(first: int, last: int) -> CountryDays:
    """Return the days of China's notices for the years from one to another.

    Raises:
        ModuleNotFoundError: the package is not installed.
    """
    try:
        from chinese_calendar.constants import Holiday, holidays, workdays  # type: ignore[import-untyped]  # noqa: PLC0415
    except ModuleNotFoundError:
        raise _absent("China's days of a further year", "chinesecalendar") from None
    years = range(first, last + 1)
    names = {h.value: _FULL_NAMES.get(h.chinese, h.chinese) for h in Holiday}
    closed, working = (
        tuple(sorted((d, names[h]) for d, h in days.items() if notice_year(d) in years))
        for days in (holidays, workdays)
    )
    unknown = (year for year in years if date(year, 10, 1) not in holidays)
    return CountryDays(f"chinesecalendar {version('chinesecalendar')}", closed, working, next(unknown, None))


def _absent(what: str, package: str) -> ModuleNotFoundError:
    advice = f"{what} need the package `{package}`: pip install 'complaint-rules[calendars]'"
    return ModuleNotFoundError(advice, name=package)
