"""Columns by example: exact money, every kind of table, and what is wrong with a row or a call."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")

import numpy as np

import sizes
from complaint_rules import FactsError, decide, decide_columns, load_text
from complaint_rules.batch import plan_columns
from complaint_rules.column_due import LocalDays
from complaint_rules.column_recheck import UnequalError, recheck
from random_columns import comparable, said

RULES = load_text(
    """
language: 1
ruleset: columns
version: 1.0.0
title: 列
time_zone: Europe/Berlin
effective: {by: received_on}
inputs:
  channel: {values: [hotline, email], open: true}
  received_on: {type: date}
  loss: {type: money, currency: CNY}
  parts: {type: integer}
  ratio: {type: decimal, maximum: 100}
  began: {type: datetime}
  ended: {type: datetime}
parameters:
  grave:
    type: money
    currency: CNY
    dated: [{from: 2020-01-01, value: 100}, {from: 2024-01-01, value: 250}]
decisions:
  level:
    hit_policy: first
    inputs: [channel, loss]
    output: {values: [high, low]}
    rules:
      - {id: dear, when: {loss: ">= grave"}, then: high}
      - {id: spoken, when: {channel: hotline}, then: high}
      - {id: rest, then: low}
  paid: {expression: loss * ratio, output: {type: money, currency: CNY}, rounding: {step: 0.01, mode: half_even}}
  up: {expression: loss * ratio, output: {type: money, currency: CNY}, rounding: {step: 0.05, mode: up}}
  down: {expression: -loss * ratio - 1, output: {type: money, currency: CNY}, rounding: {step: 0.1, mode: down}}
  each: {expression: loss / parts, output: {type: money, currency: CNY}, rounding: {step: 0.01, mode: half_up}}
  exact: {expression: "max(ratio * 2, ratio * ratio)", output: {type: decimal}}
  count: {expression: parts * parts * parts, output: {type: integer}}
  lasted: {expression: ended - began, output: {type: duration}}
  late: {expression: ended > began and loss * ratio >= 1, output: {type: boolean}}
  twice: {expression: ended + (ended - began), output: {type: datetime}}
""")  # fmt: skip


def some_row(rng: Random, *, huge: bool = True) -> dict[str, Any]:
    """Return facts with ties and negatives, and if they may be `huge`, numbers whose products leave 64 bits."""
    cents = rng.choice((0, 1, 5, 10, 15, 25000, 24999, rng.randint(-(10**7), 10**7), *(10**17, -(10**17)) * huge))
    row = {
        "channel": rng.choice(("hotline", "email", "fax")),
        "received_on": rng.choice(("2023-12-31", "2024-01-01", "2020-01-01", "2025-05-05")),
        "loss": Decimal(cents).scaleb(-2),
        "parts": rng.choice((0, 1, 3, -7, 8, *(10**6, 3 * 10**6, -(2**63)) * huge, rng.randint(-99, 99))),
        "ratio": Decimal(rng.choice((0, 5, 50, 125, 333, -50, 10_000, rng.randint(-999, 9999)))).scaleb(-3),
        "began": datetime.fromtimestamp(rng.randint(0, 2 * 10**9), UTC),
    }  # fmt: skip
    row["ended"] = rng.choice((row["began"], datetime(9999, 12, 31, 23, 59, tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC),
                               datetime.fromtimestamp(rng.randint(0, 2 * 10**9), UTC)))  # fmt: skip
    return {n: v for n, v in row.items() if rng.random() > 0.05}


def table_of(rows: list[dict[str, Any]]) -> Any:
    kinds = {
        "channel": pa.string(), "received_on": pa.string(), "loss": pa.decimal128(20, 2), "parts": pa.int64(),
        "ratio": pa.decimal128(12, 3), "began": pa.timestamp("us", "Europe/Berlin"), "ended": pa.timestamp("us", "UTC"),
    }  # fmt: skip
    return pa.table({n: pa.array([r.get(n) for r in rows], k) for n, k in kinds.items()})


@pytest.mark.parametrize("seed", range(sizes.of(4, 40)))
def test_money_ties_negatives_and_overflows_are_exact(seed: int) -> None:
    rng = Random(seed)
    rows = [some_row(rng, huge=seed % 2 == 1) for _ in range(120)]
    found = decide_columns(RULES, table_of(rows), recheck=50).to_pylist()

    for row, facts in zip(found, rows, strict=True):
        meant = {n: comparable(v) for n, v in said(decide(RULES, facts), RULES.ruleset.outputs).items()}
        problems = row.pop("problems") or ""
        unfit = {n for n in row if problems and f"{n}: error[CR304]" in problems}
        different = {n: (v, meant.get(n)) for n, v in row.items() if n not in unfit and comparable(v) != meant.get(n)}
        assert not different, facts
        assert all(row[n] is None for n in unfit)
        assert unfit <= {"count"}


def test_what_a_column_does_not_hold_is_said_and_not_cut_off() -> None:
    (row,) = decide_columns(RULES, {"parts": [3 * 10**6]}, only=["count"]).to_pylist()

    assert row["count"] is None
    assert row["count.status"] == "decided"
    assert "27000000000000000000" in row["problems"]


def test_each_row_speaks_in_the_version_in_force_on_its_day() -> None:
    table = {
        "received_on": ["2023-05-05", "2024-05-05", None, "2019-12-31"],
        "loss": [200, 200, 200, 200],
        "channel": ["email"] * 4,
    }
    found = decide_columns(RULES, table, only=["level"], recheck=4).to_pylist()

    assert [r["level"] for r in found] == ["high", "low", None, None]
    assert found[2]["level.ask"] == "received_on"
    assert found[3]["level.unset"] == "grave"


def test_a_day_on_which_no_version_is_in_force_refuses_its_row() -> None:
    text = RULES.ruleset.document.text.replace(
        "effective: {by: received_on}", "effective: {from: 2021-01-01, by: received_on}"
    )
    table = {"received_on": ["2020-12-31", "2021-01-01"], "parts": [2, 2]}
    found = decide_columns(load_text(text), table, only=["count"], recheck=2).to_pylist()

    assert [r["count"] for r in found] == [None, 8]
    assert [r["problems"] and "CR313" in r["problems"] for r in found] == [True, None]


@pytest.mark.parametrize("size", [pa.int8(), pa.uint32(), pa.uint64()])
def test_a_dictionary_may_have_any_indices_and_more_entries_than_there_are_rows(size: Any) -> None:
    words = pa.array(["hotline", None, "email", "fax", "letter", "hotline"])
    array = pa.DictionaryArray.from_arrays(pa.array([5, None, 2, 1, 4], size), words)
    table = pa.table({"channel": array, "loss": [1] * 5, "received_on": ["2024-05-06"] * 5})
    found = decide_columns(RULES, table, only=["level"]).slice(0, 4).to_pylist()

    assert [r["level"] for r in found] == ["high", None, "low", None]
    assert decide_columns(RULES, table.slice(4, 1), only=["level"]).column("level").to_pylist() == ["low"]


def test_values_under_nulls_do_not_count() -> None:
    garbage = np.array([7, -(2**62), 5], np.int64)
    valid = pa.py_buffer(np.packbits([1, 0, 1], bitorder="little"))
    array = pa.Array.from_buffers(pa.int64(), 3, [valid, pa.py_buffer(garbage)])
    found = decide_columns(RULES, pa.table({"parts": array}), only=["count"]).to_pylist()

    assert [r["count"] for r in found] == [343, None, 125]
    assert [r["count.ask"] for r in found] == [None, "parts", None]


def test_a_wrong_value_refuses_its_row_alone_and_says_why() -> None:
    table = pa.table({"ratio": ["1.5", "1e3", "100.01", None], "loss": pa.array([1, 2, 3, 4])})
    found = decide_columns(RULES, table, only=["paid"]).to_pylist()

    assert [r["paid"] for r in found] == [Decimal("1.50"), None, None, None]
    assert [r["paid.status"] for r in found] == ["decided", None, None, "undetermined"]
    assert [r["problems"] and r["problems"].split("]")[0] for r in found] == [
        None, "ratio: error[CR103", "ratio: error[CR304", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("column", "code"),
    [
        (pa.array([1.5]), "CR305"),
        (pa.array([datetime(2024, 5, 6)]), "CR302"),  # noqa: DTZ001
        (pa.array([2**63], pa.uint64()), "CR304"),
        (pa.array([{"a": 1}]), "CR302"),
        (pa.array([b"1"]), "CR302"),
        (pa.array([True]), "CR302"),
    ],
)
def test_a_column_of_a_wrong_type_is_refused_row_by_row(column: Any, code: str) -> None:
    (row,) = decide_columns(RULES, {"ratio": column}, only=["paid"], recheck=1).to_pylist()

    assert f"error[{code}]" in row["problems"]


def test_times_finer_than_microseconds_and_beyond_python_are_refused() -> None:
    fine = pa.array([1_000, 1_001, None], pa.timestamp("ns", "UTC"))
    far = pa.array([10**15, 5, None], pa.timestamp("s", "UTC"))
    for column in (fine, far):
        found = decide_columns(RULES, {"began": column, "ended": column}, only=["late"]).to_pylist()
        assert sorted(bool(r["problems"]) for r in found) == [False, False, True]


@pytest.mark.parametrize("kind", ["table", "batch", "reader", "dict", "pandas", "polars"])
def test_whatever_holds_columns_is_taken(kind: str) -> None:
    plain = {"channel": ["hotline", "email", None], "loss": [Decimal("1.00"), Decimal("99.50"), Decimal("500.00")],
             "received_on": ["2024-05-06"] * 3}  # fmt: skip
    table = pa.table(plain)
    match kind:
        case "table":
            given: Any = table
        case "batch":
            given = table.to_batches()[0]
        case "reader":
            given = table.to_reader(max_chunksize=1)
        case "dict":
            given = plain
        case _:
            frames = pytest.importorskip(kind)
            given = frames.DataFrame(plain)
    found = decide_columns(RULES, given, only=["level"]).to_pylist()

    assert [r["level"] for r in found] == ["high", "low", "high"]


def test_columns_that_are_no_facts_must_be_named_to_be_kept() -> None:
    table = {"number": ["a", "b"], "channel": ["hotline", "email"]}
    with pytest.raises(FactsError) as caught:
        decide_columns(RULES, table)
    kept = decide_columns(RULES, table, keep=["number"], only=["level"], notes=["status"])

    assert [d.code for d in caught.value.diagnostics] == ["CR301"]
    assert kept.schema.names == ["number", "level", "level.status", "problems"]
    assert kept.column("number").to_pylist() == ["a", "b"]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ({"only": ["lvel"]}, "CR308"),
        ({"due": ["x"]}, "CR308"),
        ({"keep": ["x"]}, "CR301"),
        ({"notes": ["rule"]}, "CR302"),
        ({"keep": ["level"], "table": {"level": ["a"]}}, "CR331"),
        ({"parameters": {"x": 1}}, "CR307"),
        ({"table": "channel"}, "CR331"),
        ({"table": {"channel": ["email"], "loss": [1, 2]}}, "CR331"),
        ({"table": pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["loss", "loss"])}, "CR331"),
    ],
)
def test_a_call_that_cannot_be_meant_is_refused(call: dict[str, Any], code: str) -> None:
    with pytest.raises(FactsError) as caught:
        decide_columns(RULES, call.pop("table", {"channel": ["email"]}), **call)

    assert [d.code for d in caught.value.diagnostics] == [code]


def test_no_rows_are_no_outcomes_of_the_same_schema() -> None:
    table = pa.table({"channel": pa.array([], pa.string())})
    assert decide_columns(RULES, table).num_rows == 0
    assert decide_columns(RULES, table).schema == decide_columns(RULES, {"channel": ["email"]}).schema


def test_a_row_that_was_decided_otherwise_is_an_error_of_ours() -> None:
    batch = pa.record_batch({"channel": ["hotline", "email"], "received_on": ["2024-05-06"] * 2, "loss": [1, 2]})
    plan = plan_columns(RULES, batch.schema, only=["level"])
    made = plan.run(batch)
    turned = made.take(pa.array([1, 0]))
    recheck(plan, batch, made, 0)

    with pytest.raises(UnequalError, match=r"`level` is 'low', singly 'high'"):
        recheck(plan, batch, turned, 0)


def test_what_is_remembered_may_be_forgotten_between_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = Random(5)
    table = table_of([some_row(rng) for _ in range(60)])
    kept = decide_columns(RULES, table)
    monkeypatch.setattr("complaint_rules.column_plan._KEPT", 10)

    assert decide_columns(RULES, table, rows=7).to_pylist() == kept.to_pylist()


@pytest.mark.parametrize(
    "zone", ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]
)
def test_the_local_day_of_an_instant_is_what_the_clock_shows(zone: str) -> None:
    rng = Random(3)
    days = LocalDays(zone)
    edges = [1_711_846_800, 1_729_990_800, 1_325_239_200, -2_177_453_143]
    seconds = [rng.choice(edges) + rng.randint(-90_000, 90_000) for _ in range(400)]
    instants = np.array([s * 1_000_000 for s in seconds])
    shown = [days._one(int(i)) for i in instants]

    assert days.of(instants).tolist() == shown


def test_without_pyarrow_the_error_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from complaint_rules import decide_columns, load\n"
        "decide_columns(load('web_services'), {})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.stderr.strip().endswith(
        "ModuleNotFoundError: deciding columns needs numpy and pyarrow: pip install 'complaint-rules[batch]'"
    )
