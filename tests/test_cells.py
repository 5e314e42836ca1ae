"""Laws and cases of cells: what is accepted means what a literal reading says."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference_cells as reference
from complaint_rules.diagnostics import Diagnostic
from complaint_rules.domains import (
    ABSENT,
    NOT_REGULATED,
    OTHER,
    Anything,
    Contains,
    Domain,
    Enumeration,
    Interval,
    Is,
    Members,
    OneOf,
    Ordered,
    ParameterRef,
    Sign,
    Test,
    Text,
    Truth,
    Within,
)
from complaint_rules.unary import parse_cell, show_cell
from complaint_rules.values import BadValueError

WHOLE = Ordered("integer", 0, 12)
LIST = Enumeration(("hotline", "email", "fax"))
OPEN = Enumeration(("hotline", "email"), open=True)
SET = Members(("sour", "mouldy"))
OPEN_SET = Members(("sour", "mouldy"), open=True)
PARAMETERS: dict[str, Domain] = {
    "low": Ordered("integer", 0, 5),
    "high": Ordered("integer"),
    "rate": Ordered("decimal"),
    "lead": Ordered("duration"),
    "strict": Truth(),
}
SETTINGS = {"low": 3, "high": 8}


def cell(plain: Any, domain: Domain, sign: Sign | None = None) -> Test:
    return parse_cell(plain, domain, sign=sign, parameters=PARAMETERS)


def refusal(plain: Any, domain: Domain, sign: Sign | None = None) -> BadValueError:
    with pytest.raises(BadValueError) as caught:
        cell(plain, domain, sign)
    Diagnostic(caught.value.code, args=caught.value.args_of).render("zh")
    return caught.value


def holds(test: Test, value: Any, listed: tuple[str, ...] = ()) -> bool:
    """Read a test literally."""
    match test:
        case Anything():
            return True
        case Is(sign, negated):
            return (value is sign) != negated
        case _ if isinstance(value, Sign):
            return False
        case OneOf(values, negated):
            known = value if isinstance(value, bool) or value in listed else OTHER
            return (known in values) != negated
        case Within(intervals, negated):
            return any(inside(value, i) for i in intervals) != negated
        case Contains(any_of, all_of, none_of):
            has = {m if m in listed else OTHER for m in value}
            return (not any_of or bool(has & any_of)) and has >= all_of and not has & none_of
    raise TypeError(test)


def inside(value: Any, interval: Interval) -> bool:
    low, high = (SETTINGS[b.name] if isinstance(b, ParameterRef) else b for b in (interval.low, interval.high))
    above = low is None or (value > low if interval.low_open else value >= low)
    return above and (high is None or (value < high if interval.high_open else value <= high))


# --- laws -------------------------------------------------------------------------------------------

BOUNDS = st.sampled_from([*map(str, range(-1, 14)), "low", "high"])
RANGES = st.one_of(
    BOUNDS,
    st.builds("{} {}".format, st.sampled_from([">", ">=", "<", "<="]), BOUNDS),
    st.builds("{}{}..{}{}".format, st.sampled_from("[("), BOUNDS, BOUNDS, st.sampled_from("])")),
)
NUMBER_CELLS = st.one_of(
    RANGES,
    st.lists(RANGES, min_size=1, max_size=3),
    st.builds(lambda parts: f"not({', '.join(parts)})", st.lists(RANGES, min_size=1, max_size=3)),
    st.sampled_from(["-", "unknown", "known"]),
)


@given(NUMBER_CELLS, st.sampled_from([*range(13), ABSENT]))
def test_a_number_cell_means_what_it_says(plain: Any, value: Any) -> None:
    try:
        test = cell(plain, WHOLE, ABSENT)
    except BadValueError as error:
        assert error.code == "CR116"
        return
    given_ = reference.UNKNOWN if value is ABSENT else value

    assert holds(test, value) == reference.matches(plain, given_, reference.Type("integer"), SETTINGS)


NAMES = st.sampled_from(["hotline", "email", "other"])
LIST_CELLS = st.one_of(
    NAMES,
    st.lists(NAMES, min_size=1),
    st.builds(lambda parts: f"not({','.join(parts)})", st.lists(NAMES, min_size=1)),
    st.sampled_from(["-", "regulated", "not_regulated"]),
)


@given(LIST_CELLS, st.sampled_from(["hotline", "email", "pigeon", NOT_REGULATED]))
def test_a_list_cell_means_what_it_says(plain: Any, value: Any) -> None:
    test = cell(plain, OPEN, NOT_REGULATED)
    type_ = reference.Type("enumeration", OPEN.values, open=True)
    given_ = reference.NOT_REGULATED if value is NOT_REGULATED else value

    assert holds(test, value, OPEN.values) == reference.matches(plain, given_, type_, {})


MEMBERS = st.sampled_from(["sour", "mouldy", "other"])
SET_CELLS = st.one_of(
    st.sampled_from(["-", "empty"]),
    st.dictionaries(st.sampled_from(["any_of", "all_of", "none_of"]), st.lists(MEMBERS, min_size=1), min_size=1),
    st.builds(lambda m: {"has": m}, MEMBERS),
)


@given(SET_CELLS, st.frozensets(st.sampled_from(["sour", "mouldy", "wet", "dry"])))
def test_a_set_cell_means_what_it_says(plain: Any, value: frozenset[str]) -> None:
    test = cell(plain, OPEN_SET)
    type_ = reference.Type("set", ("sour", "mouldy"), open=True)

    assert holds(test, value, ("sour", "mouldy")) == reference.matches(plain, value, type_, {})


ANY_PLAIN = st.recursive(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(["not(", "> ", "[1..", "-", "other", "empty", "has", "，"]),
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["has", "any_of", "x"]), inner, max_size=2)
    ),
    max_leaves=5,
)


@given(
    ANY_PLAIN,
    st.sampled_from([WHOLE, LIST, OPEN, SET, OPEN_SET, Members(None), Text(), Truth(), Ordered("duration")]),
)
def test_any_cell_is_a_test_or_a_refusal(plain: Any, domain: Domain) -> None:
    try:
        cell(plain, domain)
    except BadValueError as error:
        finding = Diagnostic(error.code, args=error.args_of)
        assert finding.message("en") and finding.message("zh")
        assert not finding.args.get("suggestion") or "?" not in finding.help("en")[:-1]
    assert "\n" not in show_cell(plain)


# --- cases ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plain", "domain", "sign", "expected"),
    [
        ("-", Text(), None, Anything()),
        ("hotline", LIST, None, OneOf(frozenset({"hotline"}))),
        (["hotline", "email"], LIST, None, OneOf(frozenset({"hotline", "email"}))),
        ("not(hotline, email)", LIST, None, OneOf(frozenset({"hotline", "email"}), negated=True)),
        ("other", OPEN, None, OneOf(frozenset({OTHER}))),
        ("other", Enumeration(("other",)), None, OneOf(frozenset({"other"}))),
        ("yes", Truth(), None, OneOf(frozenset({True}))),
        ("否", Truth(), None, OneOf(frozenset({False}))),
        ("20", WHOLE, None, Within((Interval(20, 20),))),
        (">= low", WHOLE, None, Within((Interval(low=ParameterRef("low")),))),
        (">=20", WHOLE, None, Within((Interval(low=20),))),
        ("(1..5]", WHOLE, None, Within((Interval(1, 5, low_open=True),))),
        (
            "[low..high)",
            WHOLE,
            None,
            Within((Interval(ParameterRef("low"), ParameterRef("high"), high_open=True),)),
        ),
        (["1", "> 3"], WHOLE, None, Within((Interval(1, 1), Interval(low=3, low_open=True)))),
        ("not(3, [5..6])", WHOLE, None, Within((Interval(3, 3), Interval(5, 6)), negated=True)),
        (
            "> low",
            Ordered("decimal"),
            None,
            Within((Interval(low=ParameterRef("low"), low_open=True),)),
        ),
        (
            "> 0.05",
            Ordered("decimal", step=Decimal("0.1")),
            None,
            Within((Interval(Decimal("0.05"), low_open=True),)),
        ),
        (
            "[2024-05-01..2024-05-31]",
            Ordered("date"),
            None,
            Within((Interval(date(2024, 5, 1), date(2024, 5, 31)),)),
        ),
        ("<= P2D", Ordered("duration"), None, Within((Interval(high=timedelta(2)),))),
        ("unknown", WHOLE, ABSENT, Is(ABSENT)),
        ("known", Text(), ABSENT, Is(ABSENT, negated=True)),
        ("regulated", SET, NOT_REGULATED, Is(NOT_REGULATED, negated=True)),
        ("empty", SET, None, Contains(none_of=frozenset({"sour", "mouldy"}))),
        ("empty", OPEN_SET, None, Contains(none_of=frozenset({"sour", "mouldy", OTHER}))),
        (
            {"has": "sour", "none_of": ["other"]},
            OPEN_SET,
            None,
            Contains(frozenset(), frozenset({"sour"}), frozenset({OTHER})),
        ),
        ({"any_of": "sour"}, SET, None, Contains(any_of=frozenset({"sour"}))),
    ],
)
def test_cell(plain: Any, domain: Domain, sign: Sign | None, expected: Test) -> None:
    assert cell(plain, domain, sign) == expected


@pytest.mark.parametrize(
    ("plain", "domain", "code", "suggestion"),
    [
        ("", LIST, "CR104", None),
        ([], LIST, "CR104", None),
        ("not()", LIST, "CR104", None),
        ([["hotline"]], LIST, "CR104", None),
        (["hotline", "-"], LIST, "CR105", None),
        (["hotline", "unknown"], LIST, "CR105", None),
        (["hotline", "not(email)"], LIST, "CR105", None),
        ("hotlin", LIST, "CR303", "hotline"),
        ("ｆax", LIST, "CR303", "fax"),
        ("other", LIST, "CR303", None),
        ("pigeon", OPEN, "CR303", None),
        ("hotline, email", LIST, "CR303", "[hotline, email]"),
        ("not（hotline，email）", LIST, "CR303", "not(hotline,email)"),
        ("maybe", Truth(), "CR103", None),
        ("＞ 20", WHOLE, "CR104", "> 20"),
        ("≥20", WHOLE, "CR104", ">=20"),
        ("[1..5）", WHOLE, "CR104", "[1..5)"),
        ("1..5", WHOLE, "CR104", "[1..5]"),
        ("= 5", WHOLE, "CR104", "5"),
        ("!= 5", WHOLE, "CR104", "not(5)"),
        ("2.5", WHOLE, "CR103", None),
        ("> batch", WHOLE, "CR101", None),
        ("> hihg", WHOLE, "CR101", "high"),
        ("> rate", WHOLE, "CR105", None),
        ("> strict", WHOLE, "CR105", None),
        ("> low", Ordered("money"), "CR105", None),
        ("[5..1]", WHOLE, "CR116", None),
        ("(5..5]", WHOLE, "CR116", None),
        ("unknown", WHOLE, "CR105", None),
        ("not_regulated", WHOLE, "CR105", None),
        ("sour", SET, "CR105", "{has: sour}"),
        (["sour", "mouldy"], SET, "CR105", "{any_of: [sour, mouldy]}"),
        ("not(sour)", SET, "CR105", "{none_of: [sour]}"),
        ({"hass": "sour"}, SET, "CR004", "has"),
        ({"has": "sower"}, SET, "CR303", "sour"),
        ({"has": "other"}, SET, "CR303", None),
        ({"any_of": []}, SET, "CR104", None),
        ({}, SET, "CR104", None),
        ({"any_of": [["sour"]]}, SET, "CR104", None),
        ({"any_of": ["hotline"]}, LIST, "CR105", None),
        ({"has": "x"}, Members(None), "CR105", None),
        ("empty", Members(None), "CR105", None),
        ("wuxi", Text(), "CR105", None),
        (["wuxi"], Text(), "CR105", None),
    ],
)
def test_refusal(plain: Any, domain: Domain, code: str, suggestion: str | None) -> None:
    found = refusal(plain, domain)

    assert (found.code, found.args_of.get("suggestion")) == (code, suggestion)


def test_a_cell_is_shown_as_written() -> None:
    assert show_cell({"any_of": ["a", "b"], "has": "c"}) == "{any_of: [a, b], has: c}"
    assert show_cell(["1", "> 3"]) == "[1, > 3]"
    assert show_cell(" > 3 ") == "> 3"
