"""Domains: a value found in a stretch lies in it and on the grid, and one is found wherever there is one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from complaint_rules import check_text
from complaint_rules.domains import Interval, Ordered, on_grid, value_in

STEPS = st.sampled_from([None, Decimal("0.05"), Decimal(1), Decimal(5)])
ENDS = st.none() | st.decimals(min_value=-2, max_value=2, places=3)


def inside(value: Decimal, part: Interval) -> bool:
    low = part.low is None or value > part.low or (value == part.low and not part.low_open)
    high = part.high is None or value < part.high or (value == part.high and not part.high_open)
    return low and high


@given(ENDS, ENDS, st.booleans(), st.booleans(), STEPS, ENDS, ENDS)
@example(Decimal("0.250001"), Decimal("0.250001"), False, False, Decimal("0.05"), None, None)
@example(None, Decimal("-0.26"), False, False, Decimal("0.05"), None, None)
def test_a_value_is_found_in_a_stretch_exactly_where_there_is_one(
    low, high, low_open, high_open, step, minimum, maximum
):
    part = Interval(low, high, low_open=low_open, high_open=high_open)
    domain = Ordered("decimal", minimum, maximum, step)
    whole = Interval(minimum, maximum)

    found = value_in(part, domain)

    if found is not None:
        assert inside(found, part)
        assert inside(found, whole)
        assert on_grid(found, domain)
    elif step is not None:
        candidates = [step * n for n in range(-60, 61)]
        assert not any(inside(c, part) and inside(c, whole) for c in candidates)


@pytest.mark.parametrize("kind", ["integer", "decimal", "money", "date", "datetime", "duration"])
def test_every_ordered_domain_has_a_value(kind):
    assert value_in(Interval(), Ordered(kind)) is not None


@pytest.mark.parametrize("key", ["minimum: 0", "values: {a: 甲}", "open: yes"])
def test_a_key_that_a_type_would_not_read_is_an_error(key):
    kind = "boolean" if key != "open: yes" else "integer"
    text = f"""language: 1
ruleset: page
version: 1.0.0
title: 示例
inputs:
  x: {{type: {kind}, {key}}}
decisions:
  d: {{inputs: [x], output: {{values: [a]}}, rules: [{{id: always, then: a, because: c}}]}}
"""

    assert [(d.code, d.args["key"]) for d in check_text(text) if d.code == "CR004"] == [
        ("CR004", key.partition(":")[0])
    ]
