"""What is proved of the ends of time limits holds from every instant; what is refuted is shown by one."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sizes
from complaint_rules import check_text
from complaint_rules.calendar_data import load_calendar
from complaint_rules.deadline import Terms, due
from complaint_rules.library import load_text
from complaint_rules.proving import prove
from complaint_rules.proving_time import Ends
from complaint_rules.regions import Budget, BudgetSpentError

ZONE = ZoneInfo("Asia/Shanghai")
TEXT = """
language: 1
ruleset: desk
version: 1.0.0
title: {zh: 服务台, en: service desk}
calendar: cn-office
parameters:
  unsaid: {type: integer, minimum: 0, unset: true, reason: {zh: 未说, en: open}}
inputs:
  urgency: {label: {zh: 紧急程度, en: urgency}, values: {low: 低, middle: 中, high: 高}}
  vip: {label: {zh: 贵宾, en: VIP}, type: boolean}
  received: {label: {zh: 收到, en: received}, type: datetime}
  told: {label: {zh: 告知, en: told}, type: datetime}
decisions:
  days:
    inputs: [urgency, vip]
    output: {type: integer}
    rules:
      - {id: low, when: {urgency: low}, then: 6, because: c}
      - {id: middle, when: {urgency: middle, vip: no}, then: 3, because: c}
      - {id: middle_vip, when: {urgency: middle, vip: yes}, then: %s, because: c}
      - {id: high, when: {urgency: high}, then: 2, because: c}
  not_low: {expression: "urgency != 'low'", output: {type: boolean}, because: c}
deadlines:
  reply: {label: {zh: 答复, en: reply}, start: received, within: days, unit: working_day, because: c}
  some: {label: {zh: 另一, en: some}, when: not_low, start: received, within: days, unit: working_day, because: c}
  open: {label: {zh: 未定, en: open}, start: received, within: unsaid, unit: working_day, because: c}
  hours48: {label: {zh: 四十八小时, en: 48 h}, start: told, within: 48, unit: hour, because: c}
  hours60: {label: {zh: 六十小时, en: 60 h}, start: told, within: 60, unit: hour, because: c}
invariants:
  intended: {%s, because: c}
"""
SCALE = "{name: urgency, through: [low, middle, high]}"


def found(then: int, line: str) -> list[str]:
    text = TEXT % (then, line)
    return [d.message("en") for d in check_text(text) if d.code in ("CR208", "CR209")]


def test_more_urgent_is_never_due_later_where_the_tables_say_so() -> None:
    line = f"monotone: {{raise: {SCALE}, never_later: %s}}"
    assert found(2, line % "reply") == []
    (said,) = found(1, line % "reply")
    assert "vip: yes" in said
    assert "urgency: high" in said
    assert "received:" in said
    assert found(2, line % "some") == []
    (said,) = found(2, line % "open")
    assert "unsaid" in said


def test_one_limit_is_never_later_than_another_over_the_calendar() -> None:
    assert found(2, "no_later: {deadline: hours48, than: reply}") == []
    (said,) = found(2, "no_later: {deadline: hours60, than: reply}")
    assert "told:" in said
    (said,) = found(2, "no_later: {deadline: reply, than: hours60}")
    assert "urgency:" in said


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("no_later: {deadline: reply, than: nothing}", "CR101"),
        ("no_later: {deadline: reply}", "CR005"),
        (f"monotone: {{raise: {SCALE}, never_later: days}}", "CR101"),
        (f"monotone: {{raise: {SCALE}, never_later: reply, never_raises: days}}", "CR119"),
    ],
)
def test_a_mistake_is_located(line: str, code: str) -> None:
    diagnostics = check_text(TEXT % (2, line))
    assert [d.code for d in diagnostics if d.span and d.span.line == TEXT.count("\n")] == [code]


def test_a_search_that_is_too_long_says_so() -> None:
    rules = load_text(TEXT % (2, "no_later: {deadline: hours48, than: reply}"))
    assert prove(rules, rules.ruleset.invariants["intended"], cases=1).status == "unknown: budget"


@cache
def ends() -> Ends:
    rules = load_text(TEXT % (2, "no_later: {deadline: hours48, than: reply}"))
    one, two = rules.ruleset.deadlines["hours48"], rules.ruleset.deadlines["reply"]
    return Ends(rules, (one, two), load_calendar("cn-office"), Budget(100_000_000))


terms = st.builds(
    Terms,
    st.integers(0, 4),
    st.sampled_from(["working_day", "calendar_day", "hour", "business_hour"]),
    st.sampled_from(["same_day", "next_day"]),
    st.sampled_from(["end_of_day", "same_time", "end_of_business"]),
    st.sampled_from(["none", "next_working_day"]),
    st.sampled_from(["none", "next_working_day"]),
)
starts = st.integers(0, 600 * 24 * 60).map(lambda m: datetime(2025, 1, 1, tzinfo=ZONE) + timedelta(minutes=m))


@settings(max_examples=sizes.of(3, 150), deadline=None)
@given(terms, terms, st.lists(starts, min_size=30, max_size=30))
def test_no_instant_speaks_against_what_is_proved(before: Terms, after: Terms, tried: list[datetime]) -> None:
    calendar = load_calendar("cn-office")
    shown = ends().later(before, after)
    if shown is not None:
        assert due(after, shown, calendar).instant > due(before, shown, calendar).instant
        return
    for start in tried:
        assert due(after, start, calendar).instant <= due(before, start, calendar).instant


def test_a_budget_is_kept() -> None:
    few = Ends(ends().rules, ends().deadlines, load_calendar("cn-office"), Budget(3))
    with pytest.raises(BudgetSpentError):
        few.later(Terms(2, "working_day"), Terms(20, "hour"))
