"""Facts: what a complaint may say, and what we answer to everything else."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaint_rules import FactsError, facts_schema, load_text
from complaint_rules.domains import Ordered
from complaint_rules.facts import facts_model, read_facts, read_parameters
from complaint_rules.values import BadValueError, from_json, from_text

TEXT = """
language: 1
ruleset: page
version: 1.0.0
title: {zh: 示例, en: example}
time_zone: Asia/Shanghai
parameters:
  many: {type: integer, minimum: 1, value: 3, because: c}
  seal: {reading: yes, options: {yes: 是, no: 否}, reason: {zh: 两种读法, en: two readings}}
  days: {type: integer, reading: 5, options: {5: 五日, 7: 七日}, reason: {zh: 两种读法, en: two readings}}
  extra: {type: set, of: text, assumed: [], reason: {zh: 未列, en: not listed}}
inputs:
  copy: {type: integer, minimum: 0, maximum: 9}
  boxes: {type: integer, step: 5}
  amount: {type: money, currency: CNY, minimum: 0.00}
  ratio: {type: decimal, step: 0.05}
  channel: {values: {hotline: 热线, shop: 门店}}
  place: {values: [north, south], open: true}
  defect: {type: set, values: [sour, mouldy]}
  also: {type: set, values: [sour, mouldy], open: true}
  names: {type: set, of: text}
  day: {type: date, minimum: 2020-01-01}
  at: {type: datetime}
  span: {type: duration, maximum: PT5H}
  harmed: {type: boolean}
  branch: {type: text}
decisions:
  d: {expression: "amount > 10.00 and channel = 'shop'", output: {type: boolean}, because: [c]}
"""
RULESET = load_text(TEXT).ruleset

GOOD = {
    "copy": 3, "boxes": 10, "amount": "12.50", "ratio": Decimal("0.15"), "channel": "shop", "place": "elsewhere",
    "defect": ["sour", "sour"], "also": ("pale",), "names": {"x"}, "day": "2024-05-06",
    "at": "2024-05-06T09:00:00+08:00", "span": "PT1H30M", "harmed": True, "branch": "Wuxi",
}  # fmt: skip

JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(max_size=8)
    | st.sampled_from(["sour", "shop", "12.50", "2024-05-06", "PT1H", "2024-05-06T09:00:00Z", 5, Decimal("0.10")]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


def problems(facts: Any) -> list[tuple[str, str]]:
    """Return the place and code of everything that is wrong."""
    with pytest.raises(FactsError) as caught:
        read_facts(RULESET, facts)
    return [(d.where, d.code) for d in caught.value.diagnostics]


def test_facts_become_values() -> None:
    facts = read_facts(RULESET, GOOD)

    assert list(facts) == list(GOOD)
    assert facts["amount"] == Decimal("12.50")
    assert facts["defect"] == frozenset({"sour"})
    assert facts["day"] == date(2024, 5, 6)
    assert facts["at"] == datetime.fromisoformat("2024-05-06T09:00:00+08:00")
    assert facts["span"] == timedelta(minutes=90)


def test_null_is_not_given() -> None:
    assert read_facts(RULESET, {"channel": None, "defect": None, "amount": None}) == {}


def test_everything_that_is_wrong_is_said_at_once_and_by_its_place() -> None:
    found = problems({
        "copy": "3", "boxes": 7, "amount": 12.5, "ratio": "0.12", "channel": "hotlien", "defect": ["sour", "zz", 1],
        "day": "2019-01-01", "at": datetime(2024, 1, 1), "span": "PT6H", "harmed": 1, "brnach": "x", "branch": 5,  # noqa: DTZ001 - that it has no offset is the point
    })  # fmt: skip

    assert found == [
        ("copy", "CR302"), ("boxes", "CR306"), ("amount", "CR305"), ("ratio", "CR306"), ("channel", "CR303"),
        ("defect[1]", "CR303"), ("defect[2]", "CR302"), ("day", "CR304"), ("at", "CR302"), ("span", "CR304"),
        ("harmed", "CR302"), ("brnach", "CR301"), ("branch", "CR302"),
    ]  # fmt: skip


def test_an_unknown_fact_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(FactsError) as caught:
        read_facts(RULESET, {"brnach": "x"})

    assert caught.value.diagnostics[0].help() == "did you mean `branch`?"


@pytest.mark.parametrize("facts", [["a"], "a", None, 3])
def test_facts_are_an_object(facts: Any) -> None:
    assert problems(facts) == [("", "CR310")]


@pytest.mark.parametrize("text", ["1E+999999", "NaN", "Infinity", "-1E-999999"])
def test_a_number_beyond_reason_is_refused(text: str) -> None:
    assert problems({"amount": Decimal(text), "ratio": Decimal(text)}) == [("amount", "CR302"), ("ratio", "CR302")]


@given(st.sampled_from(sorted(RULESET.inputs)), JSON_LIKE)
def test_the_generated_model_takes_what_the_types_take_and_nothing_else(name: str, raw: object) -> None:
    if raw is None:
        return
    try:
        value = from_json(raw, RULESET.inputs[name].type.domain)
    except BadValueError:
        assert problems({name: raw})
    else:
        read = read_facts(RULESET, {name: raw})[name]

        assert (type(read), read) == (type(value), value)


def test_the_schema_has_every_fact_and_no_other() -> None:
    schema = facts_schema(RULESET)

    assert list(schema["properties"]) == list(RULESET.inputs)
    assert schema["additionalProperties"] is False
    assert json.loads(json.dumps(schema)) == schema
    assert schema["properties"]["channel"]["anyOf"][0]["enum"] == ["hotline", "shop"]


def test_a_ruleset_has_one_model() -> None:
    assert facts_model(RULESET) is facts_model(load_text(TEXT).ruleset)


def test_parameters_are_read_like_facts() -> None:
    given_values = {"many": 5, "seal": False, "days": 7, "extra": ["x"]}

    assert read_parameters(RULESET, given_values) == {**given_values, "extra": frozenset({"x"})}
    assert read_parameters(RULESET, {"many": None}) == {"many": None}


def test_wrong_parameters_are_said_at_once() -> None:
    with pytest.raises(FactsError) as caught:
        read_parameters(RULESET, {"many": 0, "mnay": 1, "seal": "x", "days": 6, "extra": [1]})

    assert [(d.where, d.code) for d in caught.value.diagnostics] == [
        ("many", "CR304"), ("mnay", "CR307"), ("seal", "CR302"), ("days", "CR114"), ("extra[0]", "CR302"),
    ]  # fmt: skip


def test_a_set_of_a_closed_list_may_itself_be_open() -> None:
    text = TEXT.replace(
        "inputs:\n", "types: {way: {values: [phone, mail]}}\ninputs:\n  ways: {type: set, of: way, open: true}\n", 1
    )

    assert read_facts(load_text(text).ruleset, {"ways": ["phone", "pigeon"]})["ways"] == frozenset({"phone", "pigeon"})


@pytest.mark.parametrize("text", ["PT4294967296S", "PT4360363200S", "P9999999999W"])
def test_a_duration_with_a_number_beyond_32_bits_is_refused_and_not_cut_short(text):
    with pytest.raises(BadValueError):
        from_text(text, Ordered("duration"))

    assert from_text("PT4294967295S", Ordered("duration")) == timedelta(seconds=4294967295)
