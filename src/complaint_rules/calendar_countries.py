"""Calendar countries: public holidays of other countries, from the optional package `holidays`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from importlib.metadata import version


class UnknownCountryError(ValueError):
    """A country or subdivision that the package does not have."""


@dataclass(frozen=True, slots=True)
class CountryDays:
    """The days off with their names, the make-up working days, and the first year in which a day is estimated."""

    source: str
    closed: tuple[tuple[date, str], ...]
    working: tuple[date, ...]
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
        advice = (
            "public holidays of other countries need the extra `calendars`: pip install 'complaint-rules[calendars]'"
        )
        raise ModuleNotFoundError(advice, name="holidays") from None
    years = range(first, last + 1)
    try:
        found = holidays.country_holidays(country, subdiv=subdivision, years=years)
        english = holidays.country_holidays(country, subdiv=subdivision, years=years, language="en_US")
    except NotImplementedError as error:
        raise UnknownCountryError(str(error)) from None
    guessed = [day.year for day, name in english.items() if "estimated" in name]
    working = tuple(sorted(d for d in getattr(found, "weekend_workdays", ()) if d.year in years))
    closed = tuple(sorted((d, n) for d, n in found.items() if d.year in years))
    return CountryDays(f"holidays {version('holidays')}", closed, working, min(guessed, default=None))
