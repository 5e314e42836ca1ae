"""Comparing over past complaints: what moves is what moves when each row is decided by both rulesets singly."""

from __future__ import annotations

import json
import random
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed")

import sizes
from complaint_rules import decide, load_text
from complaint_rules.moving import Comparison, compare_records
from complaint_rules.record_files import open_records
from complaint_rules.record_mapping import read_mapping
from test_simulate import MAPPING, RULESET, as_csv, some_records

EDITS = (
    ("value: 1000.00", "value: 500.00"),
    ('repeats: ">= 3"', 'repeats: ">= 1"'),
    ("{id: mailed, when: {channel: mail}, then: general}", "{id: mailed, when: {channel: mail}, then: important}"),
    ('      - {id: dear, when: {amount: ">= large"}, then: important}\n', ""),
    ("amount * 2", "amount * 3"),
    ("at > at", "at >= at"),
    ("2025-01-01", "2024-09-01"),
    ("{urgent: 紧急, important: 重要, general: 一般}", "{important: 重要, urgent: 紧急, general: 一般}"),
    ("  hurt: {label: 受伤, type: boolean}", "  hurt: {label: 受伤, type: boolean, optional: true}"),
    ("minimum: 0.00", "minimum: 100.00"),
    ("values: {hotline: 热线, mail: 信件}", "values: {hotline: 热线, mail: 信件}, open: true"),
)  # fmt: skip


def edited(rng: random.Random) -> str:
    text = RULESET
    for before, after in rng.sample(EDITS, rng.randrange(1, 4)):
        text = text.replace(before, after)
    return text


def singly(rules: Any, facts: dict[str, Any]) -> Any:
    try:
        return decide(rules, facts)
    except ValueError:
        return None
    except Exception as error:
        if type(error).__name__ != "FactsError":
            raise
        return None


def said(result: Any, decision: str) -> tuple[Any, ...]:
    answer = result.decisions[decision]
    value = getattr(answer, "value", None)
    return answer.status, value, answer.trace.rules if answer.trace.kind == "table" else ()


def brute(old: Any, new: Any, facts: list[Any], decision: str) -> tuple[Counter[Any], dict[Any, list[Decimal]], int]:
    """Return how often what moves, with its money, and how many rows cannot be compared."""
    found: Counter[Any] = Counter()
    money: dict[Any, list[Decimal]] = {}
    refused = 0
    for one in facts:
        results = [None if one is None else singly(r, one) for r in (old, new)]
        if None in results:
            refused += 1
            continue
        before, after = (said(r, decision) for r in results)
        if before != after:
            key = (before, after) if decision != "paid" else (before[0], after[0])
            found[key] += 1
            held = money.setdefault(key, [Decimal(0), Decimal(0)])
            for at, side in enumerate((before, after)):
                held[at] += side[1] if isinstance(side[1], Decimal) else 0
    return found, money, refused


def counted(comparison: Comparison, decision: str) -> tuple[Counter[Any], dict[Any, list[Decimal]]]:
    found: Counter[Any] = Counter()
    money: dict[Any, list[Decimal]] = {}
    for move in comparison.moves:
        if move.decision != decision:
            continue
        sides = []
        for side in (move.old, move.new):
            rules = side.get(f"{decision}.rules")
            value: Any = side[decision]
            value = {"yes": True, "no": False}.get(value, value) if decision in {"recall", "wait"} else value
            sides.append((side[f"{decision}.status"], value, tuple(rules.split(", ")) if rules else ()))
        key = tuple(sides) if decision != "paid" else (sides[0][0], sides[1][0])
        found[key] += move.rows
        money[key] = move.money.get(decision, [Decimal(0), Decimal(0)])
    return found, money


@pytest.mark.parametrize("chunk", range(3))
def test_what_moves_is_what_moves_singly(tmp_path: Path, chunk: int) -> None:
    path = tmp_path / "r.csv"
    (tmp_path / "map.yaml").write_text(MAPPING, "utf-8")
    moved = 0
    for seed in range(chunk * 100, chunk * 100 + sizes.of(1, 60)):
        rng = random.Random(seed)
        records, facts = some_records(seed, 120)
        path.write_bytes(as_csv(records))
        old, new = load_text(RULESET), load_text(edited(rng))
        if rng.random() < 0.5:
            old, new = new, old
        opened = open_records(path, part_rows=rng.choice((1, 50, 1000)))
        found = compare_records(old, new, opened, read_mapping(tmp_path / "map.yaml", new.ruleset), by=["渠道"])
        for decision in new.ruleset.decisions:
            meant, money, refused = brute(old, new, facts, decision)
            told, amounts = counted(found, decision)

            assert told == meant, (seed, decision)
            assert found.refused == refused
            if decision == "paid":
                assert amounts == money
            moved += meant.total()
        for move in found.moves:
            assert sum(move.slices["渠道"].values()) == move.rows
            assert move.causes
        assert sum(found.totals["渠道"].values()) == found.rows - found.refused

    assert moved


def test_rows_that_no_rule_tells_apart_are_decided_once(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    (tmp_path / "map.yaml").write_text(MAPPING, "utf-8")
    path.write_bytes(as_csv(some_records(1, 2000)[0]))
    old, new = load_text(RULESET), load_text(RULESET.replace('repeats: ">= 3"', 'repeats: ">= 4"'))
    mapping = read_mapping(tmp_path / "map.yaml", new.ruleset)
    found = compare_records(old, new, open_records(path), mapping, only=["grade", "recall"])

    assert found.by_cells == {"grade", "recall"}
    assert found.combinations < 500
    assert {m.causes for m in found.moves} == {("grade.often",)}


def test_an_edit_is_named_also_where_it_works_through_another_decision(tmp_path: Path) -> None:
    text = (
        RULESET
        + "  fast: {inputs: [grade], output: {type: boolean}, rules: [\n    {id: u, when: {grade: urgent}, then: yes}], default: no}\n"
    )
    new = load_text(text.replace("when: {hurt: yes}, then: urgent", "when: {hurt: yes}, then: general"))
    path = tmp_path / "r.csv"
    (tmp_path / "map.yaml").write_text(MAPPING, "utf-8")
    path.write_bytes(as_csv(some_records(1, 60)[0]))
    found = compare_records(load_text(text), new, open_records(path), read_mapping(tmp_path / "map.yaml", new.ruleset))

    assert {m.causes for m in found.moves if m.decision == "fast"} == {("grade.hurt",)}
    assert set(found.by_cause()) == {"grade.hurt"}


def test_the_command_says_the_same_in_text_and_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from complaint_rules.cli import main

    for name, text in (("old", RULESET), ("new", RULESET.replace("amount * 2", "amount * 3")), ("map", MAPPING)):
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    path = tmp_path / "r.csv"
    path.write_bytes(as_csv(some_records(1, 50)[0], "gb18030"))
    call = [
        "compare",
        *(str(tmp_path / n) for n in ("old.yaml", "new.yaml", "r.csv")),
        "--mapping",
        str(tmp_path / "map.yaml"),
    ]

    assert main([*call, "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert [c["edit"] for c in data["causes"]] == ["paid"]
    assert main([*call, "--by", "渠道", "--lang", "zh"]) == 1
    out = capsys.readouterr().out
    assert f"paid: {data['moved']} 个结论" in out
    assert "按 渠道" in out
    assert main([*call, "--by", "渠"]) == 2
    assert "CR542" in capsys.readouterr().err
