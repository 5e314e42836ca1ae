"""Write src/complaint_rules/calendars/cn.yaml: China's holidays and make-up days, notice by notice.

    pip install chinesecalendar && python tools/make_cn_calendar.py

The days are those of `chinesecalendar`; what it does not say is in the tables below: the number and date of each
notice, what a year's first notice said where a later one changed it, and a day that is missing. For a new year: upgrade `chinesecalendar`,
add the year's line to NOTICES, run this, and read the difference.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

from chinese_calendar.constants import Holiday, holidays, workdays

OUT = Path(__file__).parents[1] / "src" / "complaint_rules" / "calendars" / "cn.yaml"
DAY = timedelta(days=1)
# The last days of December belong to the next year's notice: 2007-12-29 and 2018-12-29 became working days.
FIRST_OF_NEXT = (12, 29)

# Year: number and day of issue of the General Office's notice, where we have seen them cited.
NOTICES: dict[int, tuple[str, str]] = {
    2004: ("", ""), 2005: ("", ""), 2006: ("国办发明电〔2005〕35号", "2005-12-16"), 2007: ("国办发明电〔2006〕49号", "2006-12-14"),
    2008: ("国办发明电〔2007〕52号", "2007-12-15"), 2009: ("国办发明电〔2008〕42号", "2008-12-04"),
    2010: ("国办发明电〔2009〕27号", "2009-12-08"), 2011: ("国办发明电〔2010〕40号", "2010-12-10"),
    2012: ("国办发明电〔2011〕45号", "2011-12-06"), 2013: ("国办发明电〔2012〕33号", "2012-12-08"),
    2014: ("国办发明电〔2013〕28号", "2013-12-11"), 2015: ("国办发明电〔2014〕28号", "2014-12-16"),
    2016: ("国办发明电〔2015〕18号", "2015-12-10"), 2017: ("国办发明电〔2016〕17号", "2016-12-01"),
    2018: ("国办发明电〔2017〕12号", "2017-11-30"), 2019: ("国办发明电〔2018〕15号", "2018-12-06"),
    2020: ("国办发明电〔2019〕16号", "2019-11-21"), 2021: ("国办发明电〔2020〕27号", "2020-11-25"),
    2022: ("国办发明电〔2021〕11号", "2021-10-25"), 2023: ("国办发明电〔2022〕16号", "2022-12-08"),
    2024: ("国办发明电〔2023〕7号", "2023-10-25"), 2025: ("国办发明电〔2024〕12号", "2024-11-12"),
    2026: ("国办发明电〔2025〕7号", "2025-11-04"),
}  # fmt: skip

# Later notices: title, number, day, the days they are about, and what the first notice had said of those days.
CHANGES: tuple[tuple[str, str, str, tuple[str, str], dict[str, bool]], ...] = (
    ("国务院关于中国人民抗日战争暨世界反法西斯战争胜利70周年纪念日调休放假的通知", "国发明电〔2015〕1号", "2015-05-13",
     ("2015-09-03", "2015-09-06"), {}),
    ("国务院办公厅关于调整2019年劳动节假期安排的通知", "国办发明电〔2019〕3号", "2019-03-22",
     ("2019-04-28", "2019-05-05"), {"2019-05-01": True}),
    ("国务院办公厅关于延长2020年春节假期的通知", "国办发明电〔2020〕1号", "2020-01-26",
     ("2020-01-31", "2020-02-02"), {"2020-01-31": False, "2020-02-01": False}),
)  # fmt: skip

# What the notices say and `chinesecalendar` 1.11 does not: `12月31日（星期六）上班` in the notice for 2006.
MISSING = {date(2005, 12, 31): (False, "元旦")}

NAMES = {h.value: h.chinese for h in Holiday} | {"Tomb-sweeping Day": "清明节", "Dragon Boat Festival": "端午节",
                                                 "Mid-autumn Festival": "中秋节"}  # fmt: skip


def year_of(day: date) -> int:
    """Return the year whose notice speaks of a day."""
    return day.year + ((day.month, day.day) >= FIRST_OF_NEXT)


def now(day: date) -> tuple[bool, str] | None:
    """Return whether a day is closed and for which holiday, if it is in the data."""
    if day in MISSING:
        return MISSING[day]
    if day in holidays:
        return True, NAMES[holidays[day]]
    return (False, NAMES[workdays[day]]) if day in workdays else None


def first_said(day: date, changed: dict[date, bool | None]) -> tuple[bool, str] | None:
    """Return what the year's first notice said of a day."""
    if day not in changed:
        return now(day)
    closed = changed[day]
    name = (now(day) or (None, "春节"))[1]
    return None if closed is None else (closed, name)


def lines(days: dict[date, tuple[bool, str]]) -> list[str]:
    """Return the days of a notice, runs of the same kind as one line."""
    ordered = sorted(days)
    runs = groupby(enumerate(ordered), key=lambda p: (p[1] - p[0] * DAY, days[p[1]]))
    found = []
    for (_, (closed, name)), group in runs:
        run = [d for _, d in group]
        when = f"on: {run[0]}" if len(run) == 1 else f"from: {run[0]}, to: {run[-1]}"
        found.append(f"      - {{{when}, is: {'closed' if closed else 'working'}, name: {name}}}")
    return found


def main() -> None:
    span = [min(holidays) + i * DAY for i in range((max(holidays) - min(holidays)).days + 120)]
    changed: dict[date, bool | None] = {}
    for *_, (low, high), said in CHANGES:
        at = date.fromisoformat(low)
        while at <= date.fromisoformat(high):
            changed[at] = said.get(at.isoformat())
            at += DAY
    print(f"{len(span)} days, {len(changed)} changed")
    notices: list[tuple[str, list[str]]] = []
    for year, (number, day) in NOTICES.items():
        days = {d: s for d in span if year_of(d) == year and (s := first_said(d, changed))}
        low = date(year, 1, 1) if year == min(NOTICES) else date(year - 1, *FIRST_OF_NEXT)
        head = [
            f"  - title: 国务院办公厅关于{year}年部分节假日安排的通知",
            f"    covers: {{from: {low}, to: {year}-12-28}}",
        ]
        notices.append((day or str(low), [*head, *cited(number, day), "    days:", *lines(days)]))
    for title, number, day, (low, high), _ in CHANGES:
        days = {d: s for d in span if low <= d.isoformat() <= high and (s := now(d))}
        notices.append((day, [f"  - title: {title}", *cited(number, day), "    days:", *lines(days)]))
    text = [*HEAD, *(line for _, notice in sorted(notices) for line in notice)]
    OUT.write_text("\n".join(text) + "\n", "utf-8")


def cited(number: str, day: str) -> list[str]:
    return [*([f"    number: {number}"] if number else []), *([f"    published: {day}"] if day else [])]


HEAD = (
    "# China's statutory holidays and make-up working days (调休), notice by notice; a later notice changes an earlier one.",
    "# Written by tools/make_cn_calendar.py from the data of `chinesecalendar`; change the tool, not this file.",
    "# The last three days of December belong to the next year's notice, so a year is covered to 28 December.",
    "title: {zh: 中国法定节假日及调休, en: Statutory holidays and make-up working days of China}",
    "zone: Asia/Shanghai",
    "notices:",
)

if __name__ == "__main__":
    main()
