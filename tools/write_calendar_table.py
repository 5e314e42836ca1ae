"""Write the table of tricky instants into docs/calendars.md: what we say, and what other libraries say.

    pip install businesstimedelta numpy pandas && python tools/write_calendar_table.py

The others are given all they can be given: weekdays, both intervals of the day, and China's closed days. None of them
has a word for a make-up day.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from complaint_rules.calendar_data import load_calendar
from complaint_rules.timetable import Hours
from complaint_rules.worktime import Calendar

PAGE = Path(__file__).parents[1] / "docs" / "calendars.md"
OFFICE = load_calendar("cn-office")
NIGHTS = Calendar("Europe/Berlin", ((Hours(0, 6 * 3600),),) * 7)
CLOSED = {e.day for e in OFFICE.exceptions if not e.hours}

# Why it is tricky, calendar, received (local), working hours allowed.
CHINA = (
    ("the Sunday after is worked (make-up for New Year 2026)", "2025-12-31T16:30", 8),
    ("Saturday 14 February is worked, then nine days are not", "2026-02-13T16:00", 4),
    ("the Sunday before the Spring Festival of 2025 is worked", "2025-01-24T16:30", 8),
    ("9 February 2024, New Year's Eve, was a working day", "2024-02-08T16:00", 4),
    ("Sunday 28 April 2024 is worked before the Labour Day holiday", "2024-04-26T17:00", 4),
    ("Sunday 29 September 2024 is worked before National Day", "2024-09-27T16:30", 12),
    ("National Day 2025 is eight days, the Saturday after is worked", "2025-09-30T16:00", 24),
    ("National Day 2026, the Saturday after is worked", "2026-09-30T16:30", 20),
    ("received in the lunch break", "2026-03-02T12:20", 4),
    ("ends with the day, not the next morning", "2026-03-06T13:30", 4),
    ("beyond the last notice", "2026-12-28T16:30", 12),
)
GERMANY = (
    ("the night in which an hour is skipped", "2025-03-30T00:00", 6),
    ("the night in which an hour is repeated", "2025-10-26T00:00", 6),
)


def local(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def ours(calendar: Calendar, received: str, hours: int) -> str:
    found = calendar.add(local(received, calendar.zone), timedelta(hours=hours))
    return f"{found.value:%a %Y-%m-%d %H:%M}" + (" (provisional)" if found.provisional else "")


def pandas_says(received: str, hours: int) -> str:
    import pandas as pd  # noqa: PLC0415 - only the page needs it

    unit = pd.offsets.CustomBusinessHour(start=["09:00", "13:00"], end=["12:00", "17:30"], holidays=sorted(CLOSED))
    return f"{pd.Timestamp(received) + hours * unit:%a %Y-%m-%d %H:%M}"


def businesstimedelta_says(received: str, hours: int) -> str:
    import businesstimedelta as b  # noqa: PLC0415 - only the page needs it

    week = [0, 1, 2, 3, 4]
    rules = b.Rules(
        [
            b.WorkDayRule(start_time=time(9), end_time=time(17, 30), working_days=week),
            b.LunchTimeRule(start_time=time(12), end_time=time(13), working_days=week),
            b.HolidayRule(CLOSED | {date(2027, 1, 2)}),  # it crashes after the last holiday that it knows
        ]
    )
    return f"{datetime.fromisoformat(received) + b.BusinessTimeDelta(rules, hours=hours):%a %Y-%m-%d %H:%M}"


def china() -> list[str]:
    lines = ["| received | hours | why it is tricky | ours | businesstimedelta | pandas |", "|---|---|---|---|---|---|"]
    for why, received, hours in CHINA:
        said = ours(OFFICE, received, hours)
        others = (businesstimedelta_says(received, hours), pandas_says(received, hours))
        cells = [said, *(o if o in said else f"{o} ✗" for o in others)]
        lines.append(f"| {received.replace('T', ' ')} | {hours} | {why} | {' | '.join(cells)} |")
    return lines


def germany() -> list[str]:
    lines = [
        "| received in Berlin | hours | why it is tricky | ours | `received + timedelta` |",
        "|---|---|---|---|---|",
    ]
    for why, received, hours in GERMANY:
        clock = f"{local(received, 'Europe/Berlin') + timedelta(hours=hours):%a %Y-%m-%d %H:%M}"
        cells = [ours(NIGHTS, received, hours), f"{clock} ✗"]
        lines.append(f"| {received.replace('T', ' ')} | {hours} | {why} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    text = PAGE.read_text("utf-8")
    block = "\n".join(["<!-- table -->", *china(), "", *germany(), "<!-- end -->"])
    PAGE.write_text(re.sub(r"<!-- table -->.*<!-- end -->", lambda _: block, text, flags=re.DOTALL), "utf-8")


if __name__ == "__main__":
    main()
