"""A cell alone is read as the whole column of it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import sizes
from complaint_rules.domains import Domain, Enumeration, Members, Ordered, Truth
from complaint_rules.life_cell import NoValueError, is_day, number, raw_of, says
from complaint_rules.record_mapping import FactSource, NumberForm
from complaint_rules.values import BadValueError, from_json

pa = pytest.importorskip("pyarrow")
from complaint_rules.record_columns import reading_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
DOMAINS: tuple[Domain, ...] = (
    Ordered("integer"), Ordered("money", step=Decimal("0.01")), Ordered("date"), Ordered("datetime"), Ordered("duration"),
    Enumeration(("a", "b")), Truth(), Members(("a", "b", "c")),
)  # fmt: skip
FORMS = (NumberForm(), NumberForm("¥", ",", "."), NumberForm("", ".", ",", " EUR"))
PIECES = st.sampled_from([
    "1", "12", "1,234", "1.234", ",50", ".50", "¥", " EUR", "-", "+", "2024", "-", "05", "06", "/", "6/5/2024", "2024-02-30", "2024-05-06",
    "T09:00", " 09:00", "Z", "+08:00", "a", "b", ",", "；", "|", "是", "no", "甲", "", " ", "x",
])  # fmt: skip
TEXTS = st.lists(PIECES, max_size=5).map("".join)


def source_of(domain: Domain, form: NumberForm, *, dated: bool) -> FactSource:
    kind = domain.kind if isinstance(domain, Ordered) else ""
    values: dict[str, Any] = {}
    if isinstance(domain, (Enumeration, Members)):
        values = {"甲": ("a", "b") if isinstance(domain, Members) else "a"}
    form_of = {"date": "%d/%m/%Y", "datetime": "%d/%m/%Y %H:%M"}.get(kind) if dated else None
    return FactSource(
        "f",
        "c",
        number=form,
        format=form_of,
        zone="Asia/Shanghai",
        values=values,
        unit="hour" if kind == "duration" else None,
    )


def alone(source: FactSource, text: str, domain: Domain) -> Any:
    """Return what a cell stands for, None where it says nothing or something wrong."""
    said = says(source, text)
    if said is None:
        return None
    try:
        return from_json(raw_of(source, said, domain, {}, SHANGHAI), domain)
    except (NoValueError, BadValueError):
        return None


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return frozenset(value) if isinstance(value, (list, frozenset)) else value


@settings(max_examples=sizes.of(90, 3_000), deadline=None)
@given(st.sampled_from(DOMAINS), st.sampled_from(FORMS), st.booleans(), TEXTS)
@example(Ordered("money", step=Decimal("0.01")), FORMS[1], False, "-¥1,234.500")
@example(Ordered("duration"), FORMS[0], False, "1.5")
@example(Ordered("datetime"), FORMS[0], True, "6/5/2024 09:00")
def test_what_a_column_reads_a_cell_alone_reads_alike(domain, form, dated, text):
    source = source_of(domain, form, dated=dated)
    column, wrong = reading_of(source, domain, pa.string()).make(pa.array([text]))
    whole = None if wrong is not None and wrong[0] else column[0].as_py()
    if whole is not None:
        try:
            expected = from_json(sorted(whole) if isinstance(whole, list) else whole, domain)
        except BadValueError:
            return

        assert plain(alone(source, text, domain)) == plain(expected)


@pytest.mark.parametrize(
    ("text", "form", "digits"),
    [
        ("1234.50", FORMS[0], "1234.50"), ("¥1,234.50", FORMS[1], "1234.50"), ("-¥1,234", FORMS[1], "-1234"),
        ("1.234,50 EUR", FORMS[2], "1234.50"), ("1,23", FORMS[1], "1,23"), ("x", FORMS[0], "x"), ("+3", FORMS[0], "3"),
    ],
)  # fmt: skip
def test_a_number_is_read_in_its_own_form_and_no_other(text, form, digits):
    assert number(text, form) == digits


def test_a_time_is_local_unless_it_says_otherwise():
    source = FactSource("f", "c")
    read = [
        raw_of(source, t, Ordered("datetime"), {}, SHANGHAI)
        for t in ("2024-05-06T09:00", "2024-05-06T09:00:00Z", "2024-05-06")
    ]

    assert read == ["2024-05-06T09:00:00+08:00", "2024-05-06T09:00:00+00:00", "2024-05-06T00:00:00+08:00"]
    assert [is_day(source, t) for t in ("2024-05-06", "2024-05-06 09:00")] == [True, False]
    assert (
        raw_of(FactSource("f", "c", format="%m/%d/%Y"), "7/29/2013", Ordered("date"), {}, SHANGHAI)
        == date(2013, 7, 29).isoformat()
    )
    assert from_json(
        raw_of(FactSource("f", "c", unit="day"), "1.5", Ordered("duration"), {}, SHANGHAI), Ordered("duration")
    ) == timedelta(hours=36)
