"""Reports: each is due when walking day by day says so, what is not known leaves it open, and every error is located."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import reference_reports as reference
import sizes
from complaint_rules import (
    FactsError,
    OpenReport,
    ReportDue,
    RulesetError,
    check_text,
    diff,
    load,
    load_text,
    reports_due,
)
from complaint_rules.changes import Level
from complaint_rules.clauses import clause_map
from complaint_rules.cli import main
from complaint_rules.compile import CompiledRuleset
from complaint_rules.library import names
from complaint_rules.overlay import join
from complaint_rules.reporting import AnyReport, due_reports
from complaint_rules.source import read
from complaint_rules.worktime import Coverage
from worktime_checks import built

PAGE = """
language: 1
ruleset: page
version: 1.0.0
title: 示例
time_zone: Asia/Shanghai
calendar: cn-office
types:
  party: {values: {centre: {zh: 客服中心, en: complaint centre}, store: {zh: 门店, en: store}, leaders: {zh: 公司领导, en: leaders}}}
parameters:
  day: {type: integer, minimum: 1, maximum: 31, unset: true, reason: 没有日期}
  count: {type: integer, minimum: 1, maximum: 7, unset: true, reason: 没有日数}
  weekday: {values: [mon, wed, sun], unset: true, reason: 没有星期}
  roll: {values: [none, next_working_day, previous_working_day], unset: true, reason: 没有说明}
  off: {reading: none, options: {none: 仍为当日, next_working_day: 顺延}, reason: 没有说明}
  word: {type: text, unset: true, reason: 没有说明}
inputs:
  urgent: {type: boolean}
decisions:
  slow: {expression: not urgent, because: c}
reports:
  r: {REPORT}
"""
GOOD = "by: centre, to: [leaders], every: month, due: {day: 5}, because: c"
EVERY = ("week", "month", "quarter", "half_year", "year")
ROLLS = ("none", "next_working_day", "previous_working_day")


def page(report: str) -> str:
    return PAGE.replace("REPORT", report)


def owed(every: str, counted: str, term: Any, roll: str = "none") -> str:
    return page(f"by: centre, to: [leaders], every: {every}, due: {{{counted}: {term}}}, end_roll: {roll}, because: c")


@cache
def loaded(text: str) -> CompiledRuleset:
    return load_text(text)


def found(text: str, since: str, until: str, **more: Any) -> tuple[AnyReport, ...]:
    return reports_due(loaded(text), since, until, **more)


def days(text: str, since: str, until: str, **more: Any) -> list[str]:
    """Return until when each report may be sent."""
    return [str(r.due) for r in found(text, since, until, **more) if isinstance(r, ReportDue)]


# --- laws ----------------------------------------------------------------------------------------------

BEGIN = date(2023, 1, 1)
SOME_DAY = st.integers(0, 900).map(lambda n: BEGIN + timedelta(days=n))
OPEN_HOURS = [("09:00", "17:00")]


@st.composite
def calendars(draw: Any) -> dict[str, Any]:
    """A week with at least one working day, days that differ, and a zone; some clocks change at midnight."""
    zone = draw(st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/Havana"]))
    worked = draw(st.lists(st.booleans(), min_size=7, max_size=7).filter(any))
    differing = draw(st.dictionaries(SOME_DAY, st.booleans(), max_size=8))
    # A long holiday, as around the Spring Festival, moves a day out of its period.
    off, long = draw(SOME_DAY), draw(st.integers(0, 40))
    differing = {off + timedelta(days=n): False for n in range(long)} | differing
    return {
        "zone": zone, "zone_info": ZoneInfo(zone), "week": [OPEN_HOURS if w else [] for w in worked],
        "days": {d: OPEN_HOURS if w else [] for d, w in differing.items()},
    }  # fmt: skip


@st.composite
def duties(draw: Any) -> tuple[str, str, Any, str]:
    every = draw(st.sampled_from(EVERY))
    terms = {"day": st.integers(1, 31), "weekday": st.sampled_from(reference.NAMES), "working_day": st.integers(1, 7)}
    counted = draw(st.sampled_from(["weekday" if every == "week" else "day", "working_day"]))
    return every, counted, draw(terms[counted]), draw(st.sampled_from(ROLLS))


WINDOW = st.tuples(SOME_DAY, st.integers(0, 200)).map(lambda w: (w[0], w[0] + timedelta(days=w[1])))
COVERED = st.tuples(st.none() | SOME_DAY, st.none() | SOME_DAY)
OFTEN = settings(max_examples=sizes.of(90, 3000), deadline=None)
WORKED: dict[str, Any] = {
    "zone": "Asia/Shanghai", "zone_info": ZoneInfo("Asia/Shanghai"), "week": [OPEN_HOURS] * 5 + [[], []],
    "days": {date(2024, 9, 30) + timedelta(days=n): [] for n in range(8)},
}  # fmt: skip


# The clocks of Havana show the midnight after this Saturday twice.
TWICE = {**WORKED, "zone": "America/Havana", "zone_info": ZoneInfo("America/Havana")}


@OFTEN
@given(calendars(), duties(), COVERED, WINDOW)
@example(WORKED, ("month", "day", 1, "previous_working_day"), (None, None), (date(2024, 9, 27), date(2024, 9, 27)))
@example(WORKED, ("month", "day", 31, "none"), (None, None), (date(2024, 2, 29), date(2024, 3, 31)))
@example(TWICE, ("week", "weekday", "sat", "none"), (None, None), (date(2023, 11, 4), date(2023, 11, 4)))
@example(WORKED, ("week", "working_day", 1, "none"), (None, None), (date(2024, 10, 1), date(2024, 10, 8)))
def test_reports_fall_due_where_walking_day_by_day_leads(
    calendar: dict[str, Any], duty: tuple[str, str, Any, str], covered: tuple[Any, Any], window: tuple[date, date]
) -> None:
    rules = loaded(owed(*duty))
    answers = due_reports(rules, built(calendar, Coverage(*covered)), *window)

    assert [
        (a.period.start, a.period.end, a.due.last_day, a.due.instant, a.due.provisional)
        for a in answers
        if isinstance(a, ReportDue)
    ] == reference.reports(calendar, *duty, covered, *window)
    assert all(isinstance(a, ReportDue) for a in answers)


@OFTEN
@given(calendars(), duties(), COVERED, WINDOW)
def test_a_strict_answer_never_rests_on_days_that_are_not_covered(
    calendar: dict[str, Any], duty: tuple[str, str, Any, str], covered: tuple[Any, Any], window: tuple[date, date]
) -> None:
    rules, days_of = loaded(owed(*duty)), built(calendar, Coverage(*covered))
    told = due_reports(rules, days_of, *window)
    sure = due_reports(rules, days_of, *window, strict=True)

    assert [(a.period, isinstance(a, OpenReport) and a.beyond_calendar) for a in sure] == [
        (a.period, isinstance(a, ReportDue) and a.due.provisional) for a in told
    ]


TERMS = {"day": range(1, 32), "count": range(1, 8), "weekday": ("mon", "wed", "sun")}


@settings(max_examples=sizes.of(24, 500), deadline=None)
@given(
    calendars(),
    st.sampled_from(EVERY).flatmap(
        lambda e: st.tuples(
            st.just(e),
            st.sampled_from([("weekday", "weekday") if e == "week" else ("day", "day"), ("working_day", "count")]),
        )
    ),
    st.sampled_from([*ROLLS, "roll"]),
    WINDOW,
)
def test_what_is_open_allows_for_every_setting_and_what_is_decided_holds_under_each(
    calendar: dict[str, Any], duty: tuple[str, tuple[str, str]], roll: str, window: tuple[date, date]
) -> None:
    every, (counted, parameter) = duty
    days_of, unset = built(calendar), loaded(owed(every, counted, parameter, roll))
    rolls = ROLLS if roll == "roll" else (roll,)
    each = [
        {a.period: a.due.last_day for a in due_reports(loaded(owed(every, counted, t, r)), days_of, *window)}  # type: ignore[union-attr]
        for t in TERMS[parameter]
        for r in rolls
    ]
    answers = due_reports(unset, days_of, *window)
    decided = {a.period: a.due.last_day for a in answers if isinstance(a, ReportDue)}
    still_open = {a.period for a in answers if isinstance(a, OpenReport)}

    assert {p for one in each for p in one} <= decided.keys() | still_open
    assert all(one[period] == day for one in each for period, day in decided.items())
    assert all(
        len({one.get(period) for one in each}) > 1 or not any(period in one for one in each) for period in still_open
    )


# --- what clauses say ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("duty", "since", "until", "last"),
    [
        # by the 3rd of the following month, in the National Day holiday too
        (("month", "day", 3), "2026-10-01", "2026-10-31", ["2026-10-03 24:00"]),
        (("month", "day", 3, "next_working_day"), "2026-10-01", "2026-10-31", ["2026-10-08 24:00"]),
        # the first working day of each month
        (("month", "working_day", 1), "2026-02-01", "2026-03-31", ["2026-02-02 24:00", "2026-03-02 24:00"]),
        (("month", "working_day", 1), "2026-05-01", "2026-05-31", ["2026-05-06 24:00"]),
        # by the 3rd of the first month of the following quarter
        (("quarter", "day", 3), "2026-01-01", "2026-12-31", [f"2026-{m}-03 24:00" for m in ("01", "04", "07", "10")]),
        # the first working day of the following quarter
        (("quarter", "working_day", 1), "2026-09-01", "2026-12-31", ["2026-10-08 24:00"]),
        # each Friday, also where it is a holiday
        (("week", "weekday", "fri"), "2026-10-01", "2026-10-09", ["2026-10-02 24:00", "2026-10-09 24:00"]),
        (("week", "weekday", "fri", "previous_working_day"), "2026-09-20", "2026-10-04", ["2026-09-24 24:00", "2026-09-30 24:00"]),
        (("half_year", "day", "last"), "2026-01-01", "2026-12-31", ["2026-01-31 24:00", "2026-07-31 24:00"]),
        (("month", "day", "last"), "2024-02-01", "2024-04-30", ["2024-02-29 24:00", "2024-03-31 24:00", "2024-04-30 24:00"]),
        (("year", "day", 31), "2026-01-31", "2026-01-31", ["2026-01-31 24:00"]),
        (("year", "day", 31), "2026-02-01", "2027-01-30", []),
    ],
)  # fmt: skip
def test_a_clause_has_its_last_days(duty: tuple[Any, ...], since: str, until: str, last: list[str]) -> None:
    assert days(owed(*duty), since, until) == last


# What each shipped procedure owes in October 2026, after what its organisation has settled; the rest owe nothing periodic.
SHIPPED: list[tuple[str, dict[str, Any], list[str], list[str]]] = [
    ("after_sales", {}, [], ["monthly_feedback monthly_feedback_due"]),
    ("after_sales", {"monthly_feedback_due": 31}, ["monthly_feedback 2026-10-31 24:00"], []),
    ("auto_dealer", {}, [f"{r} 2026-10-{d:02} 24:00" for d in (2, 9, 16, 23, 30) for r in ("weekly_report", "penalty_circular")], []),
    ("auto_dealer", {"friday_off": "previous_working_day"}, [f"{r} 2026-10-{d:02} 24:00" for d in (9, 16, 23, 30) for r in ("weekly_report", "penalty_circular")], []),
    ("auto_dealer", {"friday_off": "next_working_day"}, [f"{r} 2026-10-{d:02} 24:00" for d in (8, 9, 16, 23, 30) for r in ("weekly_report", "penalty_circular")], []),
    ("bank", {}, [], ["monthly_report monthly_report_due_day"]),
    ("bank", {"monthly_report_due_day": 10}, ["monthly_report 2026-10-10 24:00"], []),
    ("handbook", {}, [], ["monthly_summary summary_due_day", "quarterly_summary summary_due_day"]),
    ("handbook", {"summary_due_day": 15}, ["monthly_summary 2026-10-15 24:00", "quarterly_summary 2026-10-15 24:00"], []),
    ("insurance", {}, ["overtime_list 2026-10-08 24:00"], ["analysis other_reports_day", "special_table other_reports_day"]),
    ("insurance", {"other_reports_day": 5}, ["analysis 2026-10-05 24:00", "special_table 2026-10-05 24:00", "overtime_list 2026-10-08 24:00"], []),
    ("retail_food", {}, [], ["market_complaint_rate complaint_rate_day", *["weekly_statistics weekly_report_day"] * 5]),
    ("retail_food", {"weekly_report_day": "mon", "complaint_rate_day": 3}, ["market_complaint_rate 2026-10-03 24:00", *(f"weekly_statistics 2026-10-{d:02} 24:00" for d in (5, 12, 19, 26))], []),
    ("vanke", {}, [], ["quarterly_analysis quarterly_due_day"]),
    ("vanke", {"quarterly_due_day": 20}, ["quarterly_analysis 2026-10-20 24:00"], []),
    *((name, {}, [], []) for name in ("cfpb", "dairy", "food", "manufacturer", "postal", "property", "supermarket", "telecom", "web_services")),
]  # fmt: skip


@pytest.mark.parametrize(("ruleset", "parameters", "last", "still_open"), SHIPPED)
def test_the_shipped_procedures_have_their_reports(
    ruleset: str, parameters: dict[str, Any], last: list[str], still_open: list[str]
) -> None:
    answers = reports_due(load(ruleset, parameters=parameters), "2026-10-01", "2026-10-31")

    assert [f"{a.report.name} {a.due}" for a in answers if isinstance(a, ReportDue)] == last
    assert sorted(f"{a.report.name} {', '.join(a.unset)}" for a in answers if isinstance(a, OpenReport)) == still_open


def test_the_table_has_every_shipped_procedure() -> None:
    assert {row[0] for row in SHIPPED} == set(names())


@pytest.mark.parametrize(
    ("ruleset", "report", "by", "to", "nil_return"),
    [
        ("after_sales", "monthly_feedback", "csc", ("general_manager", "relevant_departments"), None),
        ("handbook", "monthly_summary", "operations", (), None),
        ("handbook", "quarterly_summary", "operations", (), None),
        ("insurance", "analysis", "branch", (), None),
        ("insurance", "special_table", "branch", (), None),
        ("insurance", "overtime_list", "branch", (), True),
        (
            "retail_food", "weekly_statistics", "sales_admin_dept",
            ("general_manager", "qc_dept", "marketing_director", "technical_director", "sales_manager"), None,
        ),
        ("retail_food", "market_complaint_rate", "qc_dept", (), None),
        ("vanke", "quarterly_analysis", "csc", ("group_coordination_centre",), None),
    ],
)  # fmt: skip
def test_the_shipped_reports_are_owed_by_and_to_whom_the_text_names(
    ruleset: str, report: str, by: str, to: tuple[str, ...], nil_return: bool | None
) -> None:
    found = load(ruleset).ruleset.reports[report]

    assert (found.by, found.to, found.nil_return) == (by, to, nil_return)


def test_a_report_says_on_what_by_whom_to_whom_and_why() -> None:
    text = page(
        "label: {zh: 清单, en: list}, by: centre, to: [leaders, store], every: quarter, due: {working_day: 1}, "
        "parts: {causes: 原因, successes: {zh: 成功, en: successes}}, nil_return: yes, because: [c, d]"
    )
    (answer,) = found(text, "2026-10-08", "2026-10-08")
    assert isinstance(answer, ReportDue)
    report = answer.report

    assert (answer.period.start, answer.period.end) == (date(2026, 7, 1), date(2026, 9, 30))
    assert answer.due.instant == datetime(2026, 10, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert (report.by, report.to, report.because, report.nil_return) == (
        "centre",
        ("leaders", "store"),
        ("c", "d"),
        True,
    )
    assert [label.en for label in report.parts.values()] == ["causes", "successes"]
    assert [s.why for s in answer.due.steps] == ["start", *["国庆节"] * 7, ""]


def test_the_last_day_counts_until_the_midnight_of_the_rulesets_zone_where_no_calendar_is_needed() -> None:
    text = owed("month", "day", 5).replace("calendar: cn-office\n", "").replace("Asia/Shanghai", "America/New_York")
    (answer,) = found(text, "2026-11-01", "2026-11-30")
    assert isinstance(answer, ReportDue)

    assert answer.due.instant.isoformat() == "2026-11-06T00:00:00-05:00"
    assert not answer.due.provisional


def test_the_earliest_comes_first_and_what_is_open_last() -> None:
    text = page(GOOD) + (
        "  a: {by: centre, to: [], every: month, due: {day: day}, because: c}\n"
        "  b: {by: centre, to: [], every: week, due: {weekday: mon}, because: c}\n"
    )
    answers = found(text, "2026-06-01", "2026-06-08")

    assert [a.report.name for a in answers] == ["b", "r", "b", "a"]
    assert [a.report.name for a in found(text, "2026-06-01", "2026-06-08", only=["a"])] == ["a"]


def test_an_unset_day_is_named_and_may_be_set() -> None:
    text = owed("month", "day", "day")
    (answer,) = found(text, "2026-06-01", "2026-06-30")

    assert isinstance(answer, OpenReport)
    assert answer.unset == ("day",)
    assert (answer.period.start, answer.period.end) == (date(2026, 5, 1), date(2026, 5, 31))
    told = reports_due(load_text(text, parameters={"day": 9}), "2026-06-01", "2026-06-30")
    assert [str(a.due) for a in told if isinstance(a, ReportDue)] == ["2026-06-09 24:00"]


def test_a_reading_chooses_how_a_day_off_is_moved_and_is_named() -> None:
    text = owed("week", "weekday", "fri", "off")
    (answer,) = found(text, "2026-10-02", "2026-10-08")
    moved = reports_due(load_text(text, parameters={"off": "next_working_day"}), "2026-10-02", "2026-10-08")

    assert isinstance(answer, ReportDue)
    assert (str(answer.due), answer.rests_on) == ("2026-10-02 24:00", {"off": "none"})
    assert [str(a.due) for a in moved if isinstance(a, ReportDue)] == ["2026-10-08 24:00"]


def test_a_word_of_the_language_goes_before_a_parameter_of_that_name() -> None:
    text = owed("month", "day", "last").replace("  day: {", "  last: {")

    assert days(text, "2026-06-01", "2026-06-30") == ["2026-06-30 24:00"]


def test_beyond_the_calendar_a_due_day_is_provisional_or_open() -> None:
    text = owed("month", "working_day", 1)
    (answer,) = found(text, "2031-10-01", "2031-10-31")
    (strict,) = found(text, "2031-10-01", "2031-10-31", strict=True)

    assert isinstance(answer, ReportDue)
    assert answer.due.provisional
    assert isinstance(strict, OpenReport)
    assert (strict.beyond_calendar, strict.unset) == (True, ())


def test_a_day_that_an_unset_parameter_cannot_move_is_as_provisional_as_the_parameter_leaves_it() -> None:
    (answer,) = found(owed("month", "day", 1, "roll"), "2031-10-01", "2031-10-01")

    assert isinstance(answer, ReportDue)
    assert answer.due.provisional


def test_another_calendar_takes_the_place_of_the_rulesets(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("title: 自定\nzone: Asia/Shanghai\nweek: {sun: [09:00-12:00]}\n", "utf-8")

    assert days(owed("month", "working_day", 1), "2026-10-01", "2026-10-31", calendar=own) == ["2026-10-04 24:00"]


# --- versions ------------------------------------------------------------------------------------------

DATED = page(GOOD.replace("day: 5", "day: due_day")).replace(
    "parameters:\n",
    """effective: {from: 2024-03-15, to: 2024-08-31, by: on}
parameters:
  due_day:
    type: integer
    minimum: 1
    maximum: 31
    dated:
      - {from: 2024-03-15, value: 5, because: c}
      - {from: 2024-06-01, value: 20, because: c}
""",
).replace("inputs:\n", "inputs:\n  on: {type: date}\n")  # fmt: skip


def test_the_version_in_force_on_the_last_day_of_the_period_says_when_it_is_due() -> None:
    rules = load_text(DATED)
    answers = reports_due(rules, "2023-01-01", "2025-12-31")

    assert [str(a.due) for a in answers if isinstance(a, ReportDue)] == [
        "2024-04-05 24:00", "2024-05-05 24:00", "2024-06-05 24:00",
        "2024-07-20 24:00", "2024-08-20 24:00", "2024-09-20 24:00",
    ]  # fmt: skip


def test_a_version_that_is_meant_speaks_of_every_period(tmp_path: Path) -> None:
    file = tmp_path / "page.yaml"
    file.write_text(DATED, "utf-8")
    answers = reports_due(load(file, at="2024-07-01"), "2024-04-01", "2024-04-30")

    assert [str(a.due) for a in answers if isinstance(a, ReportDue)] == ["2024-04-20 24:00"]


# --- what is wrong -------------------------------------------------------------------------------------

LINE = PAGE.splitlines().index("  r: {REPORT}") + 1


@pytest.mark.parametrize(
    ("was", "now", "code", "shown"),
    [
        ("every: month", "every: monht", "CR103", "did you mean `month`"),
        ("by: centre", "by: center", "CR101", "did you mean `centre`"),
        ("to: [leaders]", "to: [leaders, stores]", "CR101", "did you mean `store`"),
        ("to: [leaders], ", "", "CR005", "`to`"),
        ("due: {day: 5}", "due: {}", "CR119", "working_day"),
        ("due: {day: 5}", "due: {day: 5, working_day: 3}", "CR119", "working_day"),
        ("due: {day: 5}", "due: {weekday: fri}", "CR004", "weekday"),
        ("every: month", "every: week", "CR004", "day"),
        ("day: 5", "day: 32", "CR103", "1 … 31"),
        ("day: 5", "day: 0", "CR103", "1 … 31"),
        ("day: 5", f"day: {'9' * 5000}", "CR103", "1 … 31"),
        ("day: 5", "day: lst", "CR103", "did you mean `last`"),
        ("day: 5", "day: word", "CR103", "minimum: 1, maximum: 31"),
        ("day: 5", "working_day: last", "CR103", "1 … 31"),
        ("every: month, due: {day: 5}", "every: week, due: {working_day: 8}", "CR103", "1 … 7"),
        ("every: month, due: {day: 5}", "every: week, due: {working_day: day}", "CR103", "maximum: 7"),
        ("every: month, due: {day: 5}", "every: week, due: {weekday: friday}", "CR103", "did you mean `fri`"),
        ("every: month, due: {day: 5}", "every: week, due: {weekday: off}", "CR114", "`sun`"),
        ("because", "end_roll: next, because", "CR103", "previous_working_day"),
        ("because", "end_roll: '', because", "CR103", "previous_working_day"),
        ("because", "end_roll: weekday, because", "CR114", "`previous_working_day`"),
        ("because", "parts: {Causes: 原因}, because", "CR112", "Causes"),
        ("because", "nil_return: perhaps, because", "CR006", "yes / no"),
        ("because", "pages: 3, because", "CR004", "pages"),
        (", because: c", "", "CR117", "`r` cites no clause"),
        ("day: 5", "day: 29", "CR210", "29"),
    ],
)
def test_an_error_stands_at_its_place(was: str, now: str, code: str, shown: str) -> None:
    (finding,) = (d for d in check_text(page(GOOD.replace(was, now))) if d.code != "CR206")

    assert finding.code == code
    assert shown in finding.render()
    assert finding.span is not None
    assert finding.span.line == LINE


@pytest.mark.parametrize(
    ("duty", "warned"),
    [
        (("month", "day", 28), False), (("month", "day", 29), True), (("quarter", "day", 30), False),
        (("quarter", "day", 31), True), (("half_year", "day", 31), False), (("year", "day", 31), False),
        (("month", "day", "last"), False), (("month", "working_day", 29), False), (("month", "day", "assumed_day"), True),
    ],
)  # fmt: skip
def test_a_day_that_some_month_lacks_is_noted(duty: tuple[Any, ...], warned: bool) -> None:
    text = owed(*duty).replace(
        "inputs:", "  assumed_day: {type: integer, minimum: 1, maximum: 31, assumed: 30, reason: 假定}\ninputs:"
    )

    assert ("CR210" in [d.code for d in check_text(text)]) is warned


@pytest.mark.parametrize(
    "terms", ["due: {working_day: 1}", "due: {day: 5}, end_roll: next_working_day", "due: {day: 5}, end_roll: off"]
)
def test_what_asks_for_working_days_needs_a_calendar(terms: str) -> None:
    text = page(GOOD.replace("due: {day: 5}", terms)).replace("calendar: cn-office\n", "")

    assert [d.code for d in check_text(text) if d.severity.value == "error"] == ["CR005"]


def test_an_unknown_calendar_is_refused() -> None:
    with pytest.raises(RulesetError, match="CR101"):
        load_text(page(GOOD).replace("cn-office", "cn-offce"))


def test_a_parameter_that_only_a_report_reads_is_used() -> None:
    unused = {str(d.args["name"]) for d in check_text(owed("month", "day", "day", "roll")) if d.code == "CR206"}

    assert unused == {"count", "weekday", "off", "word"}


def test_a_role_of_the_process_may_owe_a_report() -> None:
    process = "process: {roles: {desk: {zh: 前台, en: front desk}}, states: {open: 处理中}, steps: {}}\n"
    rules = load_text(page(GOOD.replace("by: centre", "by: desk")) + process)

    assert rules.ruleset.reports["r"].parties["desk"].en == "front desk"


@pytest.mark.parametrize(
    ("since", "until", "more", "code"),
    [
        ("2026-13-01", "2026-12-31", {}, "CR302"),
        ("2026-02-01", "2026-01-31", {}, "CR304"),
        ("1066-01-01", "2026-01-31", {}, "CR304"),
        ("2026-01-01", "9999-12-31", {}, "CR304"),
        ("2026-01-01", "2026-12-31", {"only": ["s"]}, "CR322"),
    ],
)
def test_what_is_asked_wrongly_is_refused(since: str, until: str, more: dict[str, Any], code: str) -> None:
    with pytest.raises(FactsError) as caught:
        found(page(GOOD), since, until, **more)

    assert [d.code for d in caught.value.diagnostics] == [code]


def test_the_first_and_the_last_day_that_can_be_asked_for_have_their_reports() -> None:
    assert days(owed("year", "day", 1), "1902-01-01", "1902-01-01") == ["1902-01-01 24:00"]
    assert days(owed("week", "weekday", "tue"), "2197-12-31", "2197-12-31") == []
    assert days(owed("week", "weekday", "sun"), "2197-12-31", "2197-12-31") == ["2197-12-31 24:00"]


# --- beside the rest of the language -------------------------------------------------------------------


def test_a_report_cites_clauses() -> None:
    assert clause_map(loaded(page(GOOD)).ruleset, {}).not_in_index == ("c",)
    assert "reports.r" in clause_map(loaded(page(GOOD)).ruleset, {"c": None}).encoded["c"]  # type: ignore[dict-item]


def test_reports_are_joined_by_name() -> None:
    above = read("language: 1\noverlay: branch\nextends: page\nreports: {r: {due: {day: 8}}}\n", "branch.yaml")
    joined = join(read(page(GOOD), "page.yaml"), above)

    assert joined.root["reports"]["r"]["due"] == {"day": "8"}
    assert joined.root["reports"]["r"]["by"] == "centre"


@pytest.mark.parametrize(
    ("was", "now", "key", "level"),
    [
        ("day: 5", "day: 8", "due", Level.MAJOR),
        ("day: 5", "working_day: 5", "counted", Level.MAJOR),
        ("[leaders]", "[leaders, store]", "to", Level.MAJOR),
        ("because: c", "because: d", "because", Level.PATCH),
        ("because", "nil_return: yes, because", "nil_return", Level.MAJOR),
        ("because", "parts: {a: 甲}, because", "parts", Level.MAJOR),
    ],
)
def test_a_changed_report_is_a_difference(was: str, now: str, key: str, level: Level) -> None:
    changes = diff(loaded(page(GOOD)), loaded(page(GOOD.replace(was, now))))

    assert (key, level) in [(p.key, p.level) for p in changes.parts if (p.section, p.name) == ("reports", "r")]
    assert changes.level is level


def test_other_words_for_a_part_or_a_party_are_wording() -> None:
    text = page(GOOD.replace("because", "parts: {a: 甲}, because"))
    worded = load_text(text.replace("甲", "乙").replace("en: leaders", "en: the board"))

    found = [(p.section, p.key, p.level) for p in diff(loaded(text), worded).parts]
    assert found == [("reports", "parts", Level.PATCH), ("reports", "parties", Level.PATCH)]


def test_a_report_that_comes_or_goes_is_a_difference() -> None:
    fewer = load_text(page(GOOD).split("reports:")[0])

    assert [(p.kind, p.level) for p in diff(fewer, loaded(page(GOOD))).parts] == [("added", Level.MINOR)]
    assert [(p.kind, p.level) for p in diff(loaded(page(GOOD)), fewer).parts] == [("removed", Level.MAJOR)]


# --- the command ---------------------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(argv)
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.fixture
def _page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = page(
        "label: {zh: 月报, en: monthly list}, by: centre, to: [leaders, store], every: month, due: {day: 3}, end_roll: next_working_day, "
        "parts: {causes: {zh: 原因, en: causes}}, nil_return: yes, because: c"
    )
    Path("page.yaml").write_text(
        text + "  open: {by: store, to: [], every: month, due: {day: day}, nil_return: no, because: c}\n", "utf-8"
    )
    Path("none.yaml").write_text(page(GOOD).split("reports:")[0], "utf-8")


OCTOBER = ("--since", "2026-10-01", "--until", "2026-10-31")


@pytest.mark.usefixtures("_page")
def test_the_command_lists_what_is_due_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "reports", "page.yaml", *OCTOBER, "--lang", "zh")

    assert code == 1
    assert out.splitlines() == [
        "2026-10-08 24:00：r 月报（2026-09-01 至 2026-09-30）",
        "    2026-10-03 六 – 2026-10-07 三  不计: 国庆节",
        "    2026-10-08 四  顺延至",
        "    客服中心 → 公司领导、门店 · 无事项也须报送 · c",
        "    内容: 原因",
        "未定：open open（2026-09-01 至 2026-09-30）",
        "    待查明 day",
        "    门店 → 未写明报给谁 · 无事项可不报送 · c",
    ]


@pytest.mark.usefixtures("_page")
def test_the_command_lists_what_is_due_in_english(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "reports", "page.yaml", *OCTOBER, "--param", "day=9")

    assert code == 0
    assert "2026-10-08 24:00: r monthly list (2026-09-01 to 2026-09-30)" in out
    assert "complaint centre → leaders, store · owed also where there is nothing to report · c" in out
    assert "2026-10-09 24:00: open" in out


@pytest.mark.usefixtures("_page")
def test_the_command_speaks_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "reports", "page.yaml", *OCTOBER, "--json")
    due, still_open = json.loads(out)

    assert code == 1
    assert (due["due"], due["shown"]) == ("2026-10-09T00:00:00+08:00", "2026-10-08 24:00")
    assert (due["from"], due["to"], due["recipients"]) == ("2026-09-01", "2026-09-30", ["leaders", "store"])
    assert (still_open["status"], still_open["unset"], still_open["beyond_calendar"]) == (
        "undetermined",
        ["day"],
        False,
    )


@pytest.mark.usefixtures("_page")
def test_beyond_the_calendar_the_command_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ("reports", "page.yaml", "--since", "2031-10-01", "--until", "2031-10-31", "--only", "r", "--lang", "zh")

    assert "日历尚未公布到此，暂定" in run(capsys, *argv)[1]
    code, out, _ = run(capsys, *argv, "--strict-calendar")
    assert code == 1
    assert "待查明 日历尚未公布到此" in out


@pytest.mark.usefixtures("_page")
def test_a_ruleset_without_reports_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "reports", "none.yaml", *OCTOBER, "--lang", "zh")

    assert (code, out) == (1, "")
    assert "`page` 没有报告（reports）" in err


@pytest.mark.usefixtures("_page")
def test_a_wrong_day_is_named_by_its_option(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "reports", "page.yaml", "--since", "yesterday", "--until", "2026-10-31")

    assert code == 2
    assert err.startswith("--since: error[CR302]")
