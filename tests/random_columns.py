"""Random columns: facts of a ruleset as rows for `decide`, and the same as Arrow columns of any type that can hold them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pyarrow as pa

from complaint_rules.domains import Enumeration, Members, Ordered, ParameterRef, Text, Truth, Within
from complaint_rules.ruleset import TableDecision

START = datetime(2024, 1, 1, tzinfo=UTC)
TEXTS = ("t1", "t2", "质检部", "")
WRONG = "没有这个值"


def points(rules: Any) -> dict[str, list[Any]]:
    """Return the bounds with which each input is compared in some rule."""
    found: dict[str, list[Any]] = {n: [] for n in rules.ruleset.inputs}
    for decision in rules.ruleset.decisions.values():
        rows = decision.rules if isinstance(decision, TableDecision) else ()
        for name, test in ((n, t) for r in rows for w in r.when for n, t in w.items() if n in found):
            for interval in test.intervals if isinstance(test, Within) else ():
                ends = (interval.low, interval.high)
                values = [rules.parameters.get(b.name) if isinstance(b, ParameterRef) else b for b in ends]
                found[name] += [v for v in values if v is not None]
    return found


def some_value(rng: Random, domain: Any, bounds: list[Any]) -> Any:
    """Return a value that the domain holds, often one at a bound."""
    match domain:
        case Truth():
            return rng.random() < 0.5
        case Enumeration(values, open=is_open):
            return rng.choice((*values, "unlisted") if is_open else values)
        case Members(values, open=is_open):
            names = (*(values or TEXTS), *(("unlisted",) if is_open else ()))
            return rng.sample(names, rng.choice((0, 1, 1, 2, min(3, len(names)))) if len(names) > 2 else 1)
        case Text():
            return rng.choice(TEXTS)
        case Ordered():
            return some_number(rng, domain, bounds)


def some_number(rng: Random, domain: Ordered, bounds: list[Any]) -> Any:
    step = {"integer": 1, "date": timedelta(1), "datetime": timedelta(microseconds=1)}.get(domain.kind)
    step = step or domain.step or {"duration": timedelta(minutes=1)}.get(domain.kind) or Decimal("0.001")
    if bounds and rng.random() < 0.7:
        value = rng.choice(bounds) + rng.choice((-1, 0, 0, 1)) * step
    else:
        value = {
            "integer": lambda: rng.choice((0, 1, 2, 3, 5, 40, rng.randint(0, 10**6))),
            "decimal": lambda: rng.randint(0, 10**4) * step,
            "money": lambda: rng.choice((0, 1, rng.randint(0, 10**7))) * Decimal("0.01"),
            "date": lambda: date(2024, 1, 1) + timedelta(rng.randint(0, 40)),
            "datetime": lambda: START + timedelta(hours=rng.randint(0, 900), seconds=rng.choice((0, 1, 3599))),
            "duration": lambda: timedelta(minutes=rng.randint(0, 10**4)),
        }[domain.kind]()
    return value if domain.kind in ("integer", "date", "datetime", "duration") else Decimal(value)


def wrong_value(rng: Random, domain: Any) -> Any:
    """Return a value that the domain may not hold, of a type that fits into its column."""
    match domain:
        case Truth():
            return None
        case Members():
            return [WRONG]
        case Ordered("integer"):
            return rng.choice((-(10**9), 10**18))
        case Ordered("decimal" | "money"):
            return rng.choice((Decimal("-1000000.01"), Decimal("0.0001"), Decimal("99999999999.99")))
        case Ordered("date"):
            return date(9999, 12, 31)
        case Ordered("datetime"):
            return datetime(9999, 12, 31, 23, tzinfo=UTC)
        case Ordered():
            return timedelta(-1)
        case _:
            return WRONG


def array_of(rng: Random, domain: Any, values: list[Any]) -> tuple[list[Any], Any]:
    """Return the raw facts of a column and an Arrow array that holds them, of some type."""
    made = rng.choice(list(_arrays(domain, values)))
    if made is None:
        return values, pa.nulls(len(values))
    return made


def _arrays(domain: Any, values: list[Any]) -> Any:
    match domain:
        case Truth():
            plain = pa.array(values, pa.bool_())
            yield values, plain
            yield values, plain.dictionary_encode()
            yield [v if v is None else int(v) for v in values], plain.cast(pa.int8())
        case Enumeration() | Text():
            plain = pa.array(values, pa.string())
            yield values, plain
            yield values, plain.cast(pa.large_string())
            yield values, plain.cast(pa.string_view())
            yield values, plain.dictionary_encode()
            yield values, pa.array(values, pa.dictionary(pa.uint8(), pa.large_string()))
            yield values, pa.array(values + values[::-1], pa.dictionary(pa.int16(), pa.string())).slice(0, len(values))
        case Members():
            for member in (pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())):
                yield values, pa.array(values, pa.list_(member))
            yield values, pa.array(values, pa.large_list(pa.string()))
        case Ordered("integer"):
            yield values, pa.array(values, pa.int64())
            yield values, pa.array(values, pa.int64()).dictionary_encode()
            floats = [v if v is None else float(v) for v in values]
            yield floats, pa.array(floats, pa.float64())
        case Ordered("decimal" | "money"):
            yield values, pa.array(values, pa.decimal128(30, 4))
            yield values, pa.array(values, pa.decimal256(60, 6))
            texts = [None if v is None else format(v, "f") for v in values]
            yield texts, pa.array(texts, pa.string())
        case Ordered("date"):
            yield values, pa.array(values, pa.date32())
            yield values, pa.array(values, pa.date64())
            texts = [None if v is None else v.isoformat() for v in values]
            yield texts, pa.array(texts, pa.string())
        case Ordered("datetime"):
            yield values, pa.array(values, pa.timestamp("us", "UTC"))
            yield values, pa.array(values, pa.timestamp("us", "Asia/Shanghai"))
            yield values, pa.array(values, pa.timestamp("us", "+05:30")).dictionary_encode()
            texts = [None if v is None else v.isoformat() for v in values]
            yield texts, pa.array(texts, pa.large_string())
            naive = [None if v is None else v.replace(tzinfo=None) for v in values]
            yield naive, pa.array(naive, pa.timestamp("us"))
        case Ordered():
            yield values, pa.array(values, pa.duration("us"))


def some_table(rng: Random, rules: Any, rows: int) -> tuple[list[dict[str, Any]], pa.Table]:
    """Return facts row by row, without those that are missing, and a table of them."""
    known = points(rules)
    missing, wrong = rng.choice((0.0, 0.05, 0.3, 0.9)), rng.choice((0.0, 0.0, 0.002))
    columns, facts = {}, [{} for _ in range(rows)]
    for name, fact in rules.ruleset.inputs.items():
        domain = fact.type.domain
        few = [some_value(rng, domain, known[name]) for _ in range(rng.choice((1, 2, 6)))]
        drawn = [
            None if rng.random() < missing else wrong_value(rng, domain) if rng.random() < wrong else rng.choice(few)
            for _ in range(rows)
        ]
        if columns and rng.random() < 0.1:
            continue
        # A column that no row can use is drawn rarely, so that rows have answers.
        raws, array = array_of(rng, domain, drawn)
        if any(type(r) in (float, int) and type(d) is not type(r) for r, d in zip(raws, drawn)) and rng.random() < 0.98:
            raws, array = next(iter(_arrays(domain, drawn)))
        if getattr(array.type, "tz", 0) is None and rng.random() < 0.95:
            raws, array = next(iter(_arrays(domain, drawn)))
        columns[name] = array
        for row, raw in zip(facts, raws):
            if raw is not None:
                row[name] = raw
    return facts, pa.table(columns)


def cut(rng: Random, table: pa.Table) -> pa.Table:
    """Return the same rows in chunks that are slices of something longer."""
    longer = pa.concat_tables([table.slice(0, 3), table, table.slice(1, 2)]).combine_chunks()
    start, end = min(3, table.num_rows), table.num_rows
    at = sorted(rng.randint(0, end) for _ in range(3))
    pieces = [longer.slice(start + a, b - a) for a, b in zip([0, *at], [*at, end])]
    return pa.concat_tables(pieces)


def said(result: Any, outputs: Any) -> dict[str, Any]:
    """Return what a single result says, in the words of the columns."""
    found: dict[str, Any] = {}
    for name, answer in result.decisions.items():
        kind = answer.trace.kind
        found[f"{name}.status_" if "status" in outputs[name] else f"{name}.status"] = answer.status
        if answer.status == "decided":
            several = hasattr(answer.value, "items")
            found |= {f"{name}.{o}": v for o, v in answer.value.items()} if several else {name: answer.value}
        if kind == "table":
            found[f"{name}.rules"] = ", ".join(answer.trace.rules) or None
        if kind == "checklist":
            found[f"{name}.unmet"] = ", ".join(i for i, s in answer.trace.items.items() if s == "unmet") or None
        for words in ("ask", "unset"):
            found[f"{name}.{words}"] = ", ".join(getattr(answer, words, ())) or None
    return found


def comparable(value: Any) -> Any:
    """Return a value as the columns have it: sets sorted, instants in UTC."""
    if isinstance(value, frozenset | set):
        return sorted(value)
    if isinstance(value, tuple | list):
        return [comparable(v) for v in value]
    if hasattr(value, "items"):
        return {k: comparable(v) for k, v in value.items()}
    return value.astimezone(UTC) if isinstance(value, datetime) else value
