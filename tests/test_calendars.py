"""Calendar files: China's days held against two packages, what was known when, variants, and what is refused."""

from __future__ import annotations

import importlib.util
import sys
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from complaint_rules.calendar_data import load_calendar, read_calendar, shipped_calendars, with_exceptions
from complaint_rules.diagnostics import RulesetError
from complaint_rules.source import read
from complaint_rules.worktime import Calendar, Coverage, DayException, OutOfReachError
from fences import fences
from worktime_checks import hours

DAY = timedelta(days=1)
EVERY_DAY = [date(2004, 1, 1) + i * DAY for i in range((date(2026, 12, 31) - date(2004, 1, 1)).days + 1)]
SHANGHAI = ZoneInfo("Asia/Shanghai")
# Days on which a package differs from the notices, and what the notice says.
CHINESECALENDAR_WRONG = {date(2005, 12, 31): "国办发明电〔2005〕35号：12月31日（星期六）上班"}
HOLIDAYS_WRONG: dict[date, str] = {}


def calendar(text: str, **ways) -> Calendar:
    return read_calendar(read(text, "calendar.yaml"), **ways)


def imported(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


def codes(text: str) -> list[str]:
    with pytest.raises(RulesetError) as caught:
        calendar(text)
    assert all(d.span and d.message() and d.message("zh") for d in caught.value.diagnostics)
    return [f"{d.span.line} {d.code}" for d in caught.value.diagnostics if d.span]


def test_china_is_as_chinesecalendar_has_it_save_for_one_day_that_its_notice_settles():
    known = pytest.importorskip("chinese_calendar", reason="chinesecalendar is not installed")
    ours = load_calendar("cn-office")
    differing = {d for d in EVERY_DAY if known.is_workday(d) != ours.is_working_day(d).value}

    assert differing == set(CHINESECALENDAR_WRONG)
    assert {d for d in EVERY_DAY if ours.is_working_day(d).provisional} == set(EVERY_DAY[-3:])


def test_china_is_as_the_package_holidays_has_it():
    holidays = pytest.importorskip("holidays", reason="holidays is not installed")
    theirs = holidays.country_holidays("CN", years=range(2003, 2028))
    ours = load_calendar("cn-office")

    assert {d for d in EVERY_DAY if theirs.is_working_day(d) != ours.is_working_day(d).value} == set(HOLIDAYS_WRONG)


def test_the_file_is_what_the_tool_writes(tmp_path, monkeypatch):
    pytest.importorskip("chinese_calendar", reason="chinesecalendar is not installed")
    tool = imported(Path(__file__).parents[1] / "tools" / "make_cn_calendar.py")
    written = tool.OUT.read_text("utf-8")
    monkeypatch.setattr(tool, "OUT", tmp_path / "cn.yaml")
    tool.main()

    assert tool.OUT.read_text("utf-8") == written


def test_the_notices_cover_year_after_year_without_a_gap():
    path = Path(__file__).parents[1] / "src" / "complaint_rules" / "calendars" / "cn.yaml"
    covers = [n["covers"] for n in read(path.read_bytes(), str(path)).root["notices"] if "covers" in n]
    pairs = [(date.fromisoformat(a["to"]), date.fromisoformat(b["from"])) for a, b in pairwise(covers)]

    assert len(covers) == 23
    assert all(start - end == DAY for end, start in pairs)


def test_each_day_says_why_and_since_when():
    day = load_calendar("cn-office").exception_on(date(2026, 2, 14))

    assert (day.name, day.published) == ("春节", date(2025, 11, 4))
    assert day.source == "国务院办公厅关于2026年部分节假日安排的通知 国办发明电〔2025〕7号"
    assert day.hours == hours([("09:00", "12:00"), ("13:00", "17:30")])


@pytest.mark.parametrize(
    ("known_at", "day", "working", "provisional"),
    [
        ("2019-03-21", "2019-05-02", True, False),  # Labour Day 2019 was one day
        ("2019-03-22", "2019-05-02", False, False),  # until it became four
        ("2019-03-22", "2019-05-05", True, False),
        ("2020-01-25", "2020-01-31", True, False),  # Spring Festival 2020, before and after it was prolonged
        ("2020-01-26", "2020-01-31", False, False),
        ("2020-01-25", "2020-02-01", True, False),
        ("2020-01-26", "2020-02-01", False, False),
        ("2015-05-12", "2015-09-03", True, False),
        ("2015-05-13", "2015-09-03", False, False),
        ("2018-12-05", "2018-12-29", False, True),  # the last days of December belong to the next notice
        ("2018-12-06", "2018-12-29", True, False),
        ("2025-11-03", "2026-02-17", True, True),
        ("2025-11-04", "2026-02-17", False, False),
        ("2003-12-31", "2004-01-02", True, True),
    ],
)
def test_a_calendar_is_as_it_was_known(known_at, day, working, provisional):
    said = load_calendar("cn-office", known_at=date.fromisoformat(known_at)).is_working_day(date.fromisoformat(day))

    assert (said.value, said.provisional) == (working, provisional)


def test_one_may_rest_on_make_up_days_and_have_other_hours():
    office, resting = load_calendar("cn-office"), load_calendar("cn-office", make_up_days="rest")
    week = (*(hours([("08:30", "12:00"), ("13:30", "17:30")]),) * 5, hours([("09:00", "12:00")]), ())
    own = load_calendar("cn-office", week=week)
    made_up, saturday = date(2026, 2, 14), date(2026, 3, 7)

    assert [c.is_working_day(made_up).value for c in (office, resting, own)] == [True, False, True]
    assert own.hours_on(made_up) == week[0]
    assert own.hours_on(saturday) == week[5]
    assert not resting.is_working_day(date(2026, 2, 17)).value


def test_the_shipped_calendars_differ_as_their_names_say():
    friday = datetime(2026, 2, 13, 17, 0, tzinfo=SHANGHAI)  # the Saturday after is worked, then nine days are not
    due = {name: load_calendar(name).add(friday, timedelta(hours=24)).value.isoformat() for name in shipped_calendars()}

    assert due == {
        "cn-24h": "2026-02-14T17:00:00+08:00",
        "cn-calendar-days": "2026-02-14T17:00:00+08:00",
        "cn-office": "2026-02-26T10:00:00+08:00",
        "cn-working-days": "2026-02-14T17:00:00+08:00",
        "us-calendar-days": "2026-02-14T04:00:00-05:00",
    }
    assert not load_calendar("cn-24h").is_working_day(date(2100, 1, 1)).provisional


def test_a_file_says_its_own_days_hours_and_coverage(tmp_path):
    text = """
title: {zh: 门店, en: Shop}
zone: Asia/Shanghai
holidays: cn
make_up_days: rest
week: {mon-fri: [09:00-12:00, 13:00-18:00], sat: [20:00-02:00]}
days:
  - {on: 2026-05-06, is: closed, name: 盘点, published: 2026-04-01}
  - {from: 2026-10-01, to: 2026-10-02, is: working, hours: [10:00-14:00]}
  - {on: 2026-10-03, is: working, like: sat}
covers: {to: 2026-10-31}
"""
    path = tmp_path / "shop.yaml"
    path.write_text(text, "utf-8")
    shop = load_calendar(path)

    assert shop.coverage == Coverage(date(2004, 1, 1), date(2026, 10, 31))
    assert [str(h) for h in shop.hours_on(date(2026, 10, 2))] == ["10:00-14:00"]
    assert [str(h) for h in shop.hours_on(date(2026, 10, 3))] == ["20:00-02:00"]
    assert shop.exception_on(date(2026, 5, 6)).name == "盘点"
    assert load_calendar(path, known_at=date(2026, 3, 1)).exception_on(date(2026, 5, 6)) is None
    later = with_exceptions(shop, [DayException(date(2026, 5, 6), hours([("09:00", "10:00")]))])
    assert later.is_working_day(date(2026, 5, 6)).value


def test_everything_wrong_in_a_file_is_said_at_once_and_where():
    text = """zone: Europe/Berlim
holidays: cnn
make_up_days: rests
wek: {}
week: {mon-fry: [08:00-12:00], tue: [08:00-12:00, 11:00-17:00], mon-wed: [9-17], sat: [09:00-25:00, 10:00-10:00], sun: x}
days:
  - {on: 2024-12-34, is: working, hours: [08:00-12:00], name: [half]}
  - {from: 2024-01-01, is: close}
  - {from: 2024-01-05, to: 2024-01-01, is: closed, hours: []}
  - {from: 2024-01-01, to: 2026-01-01, is: closed}
  - {on: 2024-03-01, is: closed}
  - {on: 2024-03-01, is: working}
  - closed
covers: {from: 2024-02-01, to: 2024-01-01}
"""
    assert sorted(codes(text), key=lambda c: (int(c.split()[0]), c)) == [
        "1 CR103", "2 CR103", "3 CR103", "4 CR004", "5 CR004", "5 CR102", *["5 CR103"] * 5, "7 CR103", "7 CR103",
        "8 CR005", "8 CR103", "9 CR004", "9 CR116", "10 CR008", "12 CR005", "12 CR102", "13 CR006", "14 CR116",
    ]  # fmt: skip


def test_a_make_up_day_has_hours_and_so_has_a_working_day():
    shop = "zone: Asia/Shanghai\nholidays: cn\nweek: {tue-sun: [09:00-18:00]}\n"

    assert codes(shop) == ["3 CR005"]
    assert codes(shop + "make_up_like: mon\n") == ["4 CR103"]
    assert calendar(shop + "make_up_like: sun\n").is_working_day(date(2026, 2, 14)).value
    assert not calendar(shop + "make_up_days: rest\n").is_working_day(date(2026, 2, 16)).value
    assert codes("zone: UTC\nweek: {}\ndays: [{on: 2026-05-06, is: working}]\n") == ["3 CR005"]
    assert codes("zone: UTC\nweek: {}\ndays: [{on: 2026-05-06, is: working, hours: []}]\n") == ["3 CR005"]
    assert calendar("zone: Asia/Shanghai\nholidays: cn\nweek: {}\n").exceptions == ()


def test_a_file_needs_a_zone_and_a_week_and_lists_are_lists():
    assert codes("title: x\n") == ["1 CR005", "1 CR005"]
    assert codes("zone: UTC\nweek: [x]\ndays: x\n") == ["2 CR103", "3 CR103"]
    assert codes("zone: UTC\nweek: {fri-mon: []}\n") == ["2 CR004"]
    with pytest.raises(RulesetError, match="did you mean `cn-office`"):
        load_calendar("cn_office")


COUNTRY = (
    "zone: {zone}\nholidays: {{country: {country}, from: 2024-01-01, to: {to}}}\nweek: {{mon-fri: [08:00-17:00]}}\n"
)


def test_other_countries_come_from_the_package_holidays():
    pytest.importorskip("holidays", reason="holidays is not installed")
    bavaria = calendar(COUNTRY.format(zone="Europe/Berlin", country="DE, subdivision: BY", to="2027-12-31"))
    hungary = calendar(COUNTRY.format(zone="Europe/Budapest", country="HU", to="2025-12-31"))

    assert not bavaria.is_working_day(date(2025, 1, 6)).value
    assert bavaria.exception_on(date(2025, 1, 6)).source.startswith("holidays ")
    assert bavaria.is_working_day(date(2028, 1, 6)).provisional
    assert hungary.is_working_day(date(2024, 8, 3)).value


def test_what_the_package_estimates_is_not_covered():
    pytest.importorskip("holidays", reason="holidays is not installed")
    turkey = calendar(COUNTRY.format(zone="Europe/Istanbul", country="TR", to="2060-12-31"))

    assert turkey.coverage.last < date(2060, 1, 1)
    assert turkey.is_working_day(turkey.coverage.last + DAY).provisional


def test_unknown_countries_are_refused_and_china_has_its_own_file():
    pytest.importorskip("holidays", reason="holidays is not installed")

    assert codes(COUNTRY.format(zone="UTC", country="XX", to="2025-12-31")) == ["2 CR103"]
    assert codes(COUNTRY.format(zone="UTC", country="DE, subdivision: ZZ", to="2025-12-31")) == ["2 CR103"]
    assert codes(COUNTRY.format(zone="UTC", country="CN", to="2025-12-31")) == ["2 CR103"]
    assert codes("zone: UTC\nholidays: {country: DE}\nweek: {}\n") == ["2 CR005", "2 CR005"]


def test_without_the_package_one_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(ModuleNotFoundError, match="calendars"):
        calendar(COUNTRY.format(zone="UTC", country="DE", to="2025-12-31"))


def test_a_date_out_of_reach_is_refused():
    with pytest.raises(OutOfReachError):
        load_calendar("cn-office").add_working_days(date(2199, 12, 31), 3)


def test_the_page_on_calendars_shows_a_file_that_loads_and_our_answers_as_they_are():
    root = Path(__file__).parents[1]
    page = (root / "docs" / "calendars.md").read_text("utf-8")
    tool = imported(root / "tools" / "write_calendar_table.py")
    example = next(f.text for f in fences(page) if f.language == "yaml")

    assert calendar(example).is_working_day(date(2026, 10, 1)).value
    for why, received, hours_allowed in tool.CHINA:
        assert f"| {why} | {tool.ours(tool.OFFICE, received, hours_allowed)} |" in page
    for why, received, hours_allowed in tool.GERMANY:
        assert f"| {why} | {tool.ours(tool.NIGHTS, received, hours_allowed)} |" in page
