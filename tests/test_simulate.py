"""Past complaints: every row of a file is decided as it is singly, or says why not; a run that was killed goes on."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
import pyarrow.parquet as pq

import sizes
from complaint_rules import ComplaintRulesError, FactsError, decide, load
from complaint_rules.record_files import hash_of, open_records, read_part
from complaint_rules.record_mapping import read_mapping
from complaint_rules.simulating import Asked
from complaint_rules.simulation import Job, simulate
from complaint_rules.verifying import verify

RULESET = """
language: 1
ruleset: shop
version: 1.0.0
title: {zh: 门店投诉, en: shop complaints}
time_zone: Asia/Shanghai
parameters:
  large: {type: money, currency: CNY, value: 1000.00}
inputs:
  channel: {label: 渠道, values: {hotline: 热线, mail: 信件}}
  amount: {label: 金额, type: money, currency: CNY, minimum: 0.00}
  repeats: {label: 次数, type: integer, minimum: 0, optional: true}
  hurt: {label: 受伤, type: boolean}
  defects: {label: 缺陷, type: set, values: {mould: 发霉, smell: 异味}}
  since: {label: 发现日期, type: date}
  at: {label: 受理时间, type: datetime}
  product: {label: 品种, type: text}
decisions:
  grade:
    hit_policy: priority
    inputs: [channel, amount, repeats, hurt]
    output: {values: {urgent: 紧急, important: 重要, general: 一般}}
    rules:
      - {id: hurt, when: {hurt: yes}, then: urgent}
      - {id: dear, when: {amount: ">= large"}, then: important}
      - {id: often, when: {repeats: ">= 3"}, then: important}
      - {id: mailed, when: {channel: mail}, then: general}
    refer_to: 经理
  paid: {expression: amount * 2, output: {type: money, currency: CNY}}
  wait: {expression: at > at, output: {type: boolean}}
  recall: {inputs: [defects, since], output: {type: boolean}, rules: [
    {id: mould, when: {defects: {has: mould}, since: ">= 2025-01-01"}, then: yes}], default: no}
"""
MAPPING = """
mapping: shop
missing: [无]
keep: {ticket: 工单}
facts:
  channel: {column: 渠道, values: {电话: hotline, 来信: mail}}
  amount: {column: 金额, number: "1,234.50"}
  repeats: 次数
  hurt: {column: 受伤, values: {是: yes, 否: no}}
  defects: {column: 缺陷, separator: 、, values: {霉: mould, 臭: smell}}
  since: {column: 日期, format: "%Y/%m/%d"}
  at: {column: 时间, format: "%Y年%m月%d日 %H:%M", zone: Asia/Shanghai}
  product: {constant: 豆腐}
"""
HEAD = ["工单", "渠道", "金额", "次数", "受伤", "缺陷", "日期", "时间", "备注"]
SHANGHAI = ZoneInfo("Asia/Shanghai")


def write_rules(folder: Path) -> tuple[str, str]:
    (folder / "shop.yaml").write_text(RULESET, "utf-8")
    (folder / "map.yaml").write_text(MAPPING, "utf-8")
    return str(folder / "shop.yaml"), str(folder / "map.yaml")


def some_row(rng: random.Random, number: int) -> tuple[list[str], dict[str, Any] | None]:
    """Return a record and the facts that it tells, None where it cannot be read."""
    amount = Decimal(rng.randrange(0, 200_000)) / 100
    day, channel = (
        datetime(2024, 6, 1, tzinfo=SHANGHAI) + timedelta(minutes=rng.randrange(600_000)),
        rng.choice(("电话", "来信", "")),
    )
    hurt, defects = rng.choice(("是", "否", "无")), rng.sample(("霉", "臭"), rng.randrange(3))
    record = [
        f"T{number}", channel, rng.choice((f"{amount:,.2f}", f"{amount:.2f}")), rng.choice(("", "0", "3", " 5 ")), hurt,
        "、".join(defects), f"{day.year}/{day.month}/{day.day}", f"{day.year}年{day.month}月{day.day}日 {day:%H:%M}",
        rng.choice(("", 'er sagte "nein"', "两行\n备注", "a,b")),
    ]  # fmt: skip
    facts: dict[str, Any] = {
        "channel": {"电话": "hotline", "来信": "mail", "": None}[channel], "amount": amount,
        "repeats": int(record[3]) if record[3].strip() else None, "hurt": {"是": True, "否": False, "无": None}[hurt],
        "defects": [{"霉": "mould", "臭": "smell"}[d] for d in defects] or None, "since": day.date(),
        "at": day, "product": "豆腐",
    }  # fmt: skip
    if rng.random() < 0.1:
        at, bad = rng.choice(
            ((1, "微信"), (2, "1,23.00"), (2, "-1"), (2, "0.001"), (3, "x"), (4, "?"), (6, "2025/2/30"), (7, "昨天"))
        )
        record[at] = bad
        return record, None
    return record, facts


def some_records(seed: int, rows: int) -> tuple[list[list[str]], list[dict[str, Any] | None]]:
    rng = random.Random(seed)
    made = [some_row(rng, n) for n in range(rows)]
    return [r for r, _ in made], [f for _, f in made]


def as_csv(records: list[list[str]], encoding: str = "utf-8", end: str = "\r\n") -> bytes:
    held = io.StringIO()
    csv.writer(held, lineterminator=end).writerows([HEAD, *records])
    return held.getvalue().encode(encoding)


def outcomes(folder: Path) -> dict[int, dict[str, Any]]:
    tables = [pq.read_table(p).to_pylist() for p in sorted((folder / "parts").glob("part-*.parquet"))]
    return {row["row_number"]: row for rows in tables for row in rows}


def refused(folder: Path) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = {}
    for path in sorted((folder / "parts").glob("quarantine-*.parquet")):
        for row in pq.read_table(path).to_pylist():
            found.setdefault(row["row_number"], []).append((row["column"], row["value"]))
    return found


@pytest.mark.parametrize(
    ("kind", "encoding", "end"),
    [
        ("csv", "utf-8", "\n"),
        ("csv", "utf-8-sig", "\r\n"),
        ("csv", "gb18030", "\r\n"),
        ("parquet", "", ""),
        ("arrow", "", ""),
    ],
)
def test_each_row_is_decided_as_it_is_singly_or_says_why_not(
    tmp_path: Path, kind: str, encoding: str, end: str
) -> None:
    ruleset, mapping = write_rules(tmp_path)
    records, facts = some_records(7, sizes.of(80, 20_000))
    path = tmp_path / f"r.{kind}"
    if kind == "csv":
        path.write_bytes(as_csv(records, encoding, end))
    else:
        table = pa.table({n: [r[i] or None for r in records] for i, n in enumerate(HEAD)})
        if kind == "parquet":
            pq.write_table(table, path, row_group_size=70)
        else:
            with pa.ipc.new_file(path, table.schema) as writer:
                writer.write_table(table, max_chunksize=70)
    run = simulate(Job(ruleset, str(path), mapping=mapping, part_rows=100), tmp_path / "out")
    found, wrong, rules = outcomes(tmp_path / "out"), refused(tmp_path / "out"), load(ruleset)

    assert run.counts["rows"] == len(records) == len(found) + len(wrong)
    for number, (record, one) in enumerate(zip(records, facts, strict=True), start=1):
        assert (one is None) == (number in wrong), record
        if one is not None:
            row, result = found[number], decide(rules, one)
            assert row["ticket"] == record[0]
            for name, answer in result.decisions.items():
                assert row[f"{name}.status"] == answer.status
                assert row[name] == getattr(answer, "value", None), (name, one)
    assert run.counts["undetermined"] == sum(any(v == "undetermined" for v in r.values()) for r in found.values())
    assert sum(run.tallies["grade.status"].texts.values()) == len(found)
    assert run.tallies["paid"].total == sum(r["paid"] for r in found.values())


def held(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_run_that_is_killed_again_and_again_ends_as_one_that_was_not(tmp_path: Path) -> None:
    # The whole one is of one process, what is left of the other of two: that makes no difference either.
    ruleset, mapping = write_rules(tmp_path)
    path, rng = tmp_path / "r.csv", random.Random(3)
    records = some_records(2, sizes.of(1_000, 12_000))[0]
    path.write_bytes(as_csv(records))
    job = f"Job({ruleset!r}, {str(path)!r}, mapping={mapping!r}, part_rows=20)"
    program = f"import sys; from complaint_rules.simulation import *; __name__ == '__main__' and simulate({job}, sys.argv[1], jobs=int(sys.argv[2]), resume=True)"
    call = [sys.executable, "-c", program]
    whole = Job(ruleset, str(path), mapping=mapping, part_rows=20)
    simulate(whole, tmp_path / "whole")
    parts = len(list((tmp_path / "whole" / "parts").glob("*.json")))
    broken = tmp_path / "broken"
    killed = 0
    for _ in range(sizes.of(2, 50)):
        before = len(list((broken / "parts").glob("*.json"))) if broken.is_dir() else 0
        with subprocess.Popen([*call, str(broken), "1"], env=os.environ) as child:
            wanted = min(before + rng.randrange(1, 2 + parts // sizes.of(4, 60)), parts)
            while child.poll() is None and len(list((broken / "parts").glob("*.json"))) < wanted:
                time.sleep(rng.random() / 500)
            if child.poll() is None:
                child.send_signal(signal.SIGKILL)
                killed += 1
    for leftover in sorted((broken / "parts").glob("part-*.parquet"))[::3]:
        leftover.write_bytes(leftover.read_bytes()[:-7])
    simulate(whole, broken, jobs=2, resume=True)

    assert killed
    assert held(broken) == held(tmp_path / "whole")


def test_a_folder_is_gone_on_with_only_by_the_same_run(tmp_path: Path) -> None:
    ruleset, mapping = write_rules(tmp_path)
    path = tmp_path / "r.csv"
    path.write_bytes(as_csv(some_records(2, 20)[0]))
    job = Job(ruleset, str(path), mapping=mapping)
    simulate(job, tmp_path / "out")
    with pytest.raises(FactsError, match="CR544"):
        simulate(job, tmp_path / "out")
    simulate(job, tmp_path / "out", resume=True)
    path.write_bytes(as_csv(some_records(3, 20)[0]))

    with pytest.raises(FactsError, match="records differ"):
        simulate(job, tmp_path / "out", resume=True)


def corrupted(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    some = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 4)))
    some = rng.choice((some, b'"', b"\n", b"\r", b",", b"\x00", b"\xff"))
    match rng.randrange(4):
        case 0:
            return data[:at] + some + data[at:]
        case 1:
            return data[:at] + data[at + len(some) :]
        case 2:
            return data[:at] + some + data[at + len(some) :]
        case _:
            return data[:at]


@pytest.mark.parametrize("kind", ["csv", "gb18030", "parquet"])
def test_what_is_broken_costs_an_error_or_its_row_and_every_row_is_counted(tmp_path: Path, kind: str) -> None:
    ruleset, mapping = write_rules(tmp_path)
    records, _ = some_records(5, 40)
    encoding = "gb18030" if kind == "gb18030" else "utf-8"
    path = tmp_path / ("r.parquet" if kind == "parquet" else "r.csv")
    table = pa.table({n: [r[i] for r in records] for i, n in enumerate(HEAD)})
    if kind == "parquet":
        pq.write_table(table, path, write_page_checksum=True)
    else:
        path.write_bytes(as_csv(records, encoding))
    whole = path.read_bytes()
    right = simulate(Job(ruleset, str(path), mapping=mapping, encoding=encoding), tmp_path / "right")
    expected = {r["ticket"]: {**r, "row_number": 0} for r in outcomes(right.folder).values()}
    read = 0
    for seed in range(sizes.of(5, 334)):
        rng = random.Random(seed)
        path.write_bytes(broken := corrupted(whole, rng))
        out = tmp_path / f"out{seed}"
        try:
            run = simulate(Job(ruleset, str(path), mapping=mapping, encoding=encoding, asked=Asked(recheck=6)), out)
        except ComplaintRulesError:
            continue
        read += 1
        found, wrong, counts = outcomes(out), refused(out), run.counts
        assert (
            counts["rows"]
            == len(found) + len(wrong)
            == counts["decided"] + counts["undetermined"] + counts["quarantined"]
        )
        assert sorted([*found, *wrong]) == list(range(1, counts["rows"] + 1)), seed
        if kind == "parquet":
            assert counts["rows"] == len(records)
        same = {r["ticket"] for r in found.values() if expected.get(r["ticket"]) == {**r, "row_number": 0}}
        lost = len(expected) - len(same)
        if broken.count(b'"') == whole.count(b'"') and len(broken) >= len(whole) - 4:
            assert lost <= 3, seed

    assert read or kind == "parquet"


def test_what_is_wrong_with_a_mapping_is_said_where_it_stands(tmp_path: Path) -> None:
    ruleset, _ = write_rules(tmp_path)
    path = tmp_path / "bad.yaml"
    path.write_text(
        "mapping: shops\nkeep: [amount]\nfacts:\n  chanel: 渠道\n  channel: {column: 渠道, values: {电话: phone}}\n"
        '  amount: {column: 金额, number: "1.2"}\n  since: {column: 日期, format: "%d.%m"}\n'
        "  at: {column: 时间, zone: Asia/Peking}\n  hurt: {colum: 受伤}\n  repeats: {column: 次数, unit: day}\n",
        "utf-8",
    )
    with pytest.raises(ComplaintRulesError) as caught:
        read_mapping(path, load(ruleset).ruleset)
    found = {(d.code, d.span.line) for d in caught.value.diagnostics if d.span}

    assert found == {
        ("CR101", 1), ("CR543", 2), ("CR301", 4), ("CR303", 5), ("CR543", 6), ("CR543", 7), ("CR006", 8), ("CR004", 9),
        ("CR543", 9), ("CR543", 10),
    }  # fmt: skip


def test_columns_that_the_records_do_not_have_are_named(tmp_path: Path) -> None:
    ruleset, mapping = write_rules(tmp_path)
    (tmp_path / "r.csv").write_text("工单,渠道\nT1,电话\n", "utf-8")

    with pytest.raises(ComplaintRulesError) as caught:
        simulate(Job(ruleset, str(tmp_path / "r.csv"), mapping=mapping), tmp_path / "out")
    assert [d.code for d in caught.value.diagnostics] == ["CR542"] * 6


def test_a_record_is_a_record_however_the_file_is_cut(tmp_path: Path) -> None:
    records, _ = some_records(9, 300)
    path = tmp_path / "r.csv"
    rng = random.Random(4)
    for end in ("\n", "\r\n"):
        path.write_bytes(as_csv(records, "gb18030", end)[: -len(end)])
        for _ in range(sizes.of(5, 100)):
            opened = open_records(path, chunk=rng.randrange(1, 3000), part_rows=rng.randrange(1, 100))
            rows = [
                list(row)
                for part in opened.parts
                for piece in read_part(opened, part, HEAD, batch_rows=rng.randrange(1, 50))
                for row in zip(*(c.to_pylist() for c in piece.batch.columns), strict=True)
            ]
            assert rows == records


def test_the_commands_say_the_same_in_text_and_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from complaint_rules.cli import main

    ruleset, mapping = write_rules(tmp_path)
    path = tmp_path / "r.csv"
    path.write_bytes(as_csv(some_records(2, 50)[0], "gb18030"))
    call = ["simulate", ruleset, str(path), "--mapping", mapping, "--jobs", "1"]

    assert main([*call, "--out", str(tmp_path / "a"), "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["counts"]["rows"] == 50
    assert main([*call, "--out", str(tmp_path / "b"), "--lang", "zh"]) == 1
    said = capsys.readouterr().out
    assert f"隔离 {data['counts']['quarantined']}" in said
    assert "未使用的列: 备注" in said


def test_a_mapping_is_proposed_that_can_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from complaint_rules.cli import main

    ruleset, _ = write_rules(tmp_path)
    path, proposed = tmp_path / "r.csv", tmp_path / "proposed.yaml"
    path.write_text(
        '编号,投诉渠道,金额,次数,受伤,缺陷,发现日期,受理时间\n1,热线,"1,234.50",无,有,发霉、异味,2025/1/2,2025/1/2 10:00\n'
        '2,信件,"9.00",3,无,异味,2025/1/3,2025/1/3 9:30\n', "utf-8"
    )  # fmt: skip
    assert main(["simulate", ruleset, str(path), "--suggest-mapping"]) == 0
    proposed.write_text(capsys.readouterr().out, "utf-8")
    facts = read_mapping(proposed, load(ruleset).ruleset).facts

    assert {n: s.column for n, s in facts.items()} == {
        "channel": "投诉渠道", "amount": "金额", "repeats": "次数", "hurt": "受伤", "defects": "缺陷", "since": "发现日期",
        "at": "受理时间",
    }  # fmt: skip
    assert facts["channel"].values == {"热线": "hotline", "信件": "mail"}
    run = simulate(Job(ruleset, str(path), mapping=str(proposed)), tmp_path / "out")
    assert [r["grade"] for r in outcomes(run.folder).values()] == ["urgent", "important"]


def test_evidence_holds_and_says_where_it_does_not(tmp_path: Path) -> None:
    ruleset, mapping = write_rules(tmp_path)
    path, out = tmp_path / "r.csv", tmp_path / "out"
    path.write_bytes(as_csv(some_records(2, 200)[0]))
    run = simulate(Job(ruleset, str(path), mapping=mapping, part_rows=100), out)
    found = list(verify(out, sample=60, seed=1))

    assert all(f.holds for f in found), found
    assert "60 rows drawn at random (seed 1)" in found[-1].what.en
    for file in (*(out / "parts").glob("*.parquet"), out / "quarantine.csv", path, *(out / "inputs").glob("*.yaml")):
        whole = file.read_bytes()
        file.write_bytes(whole[:-1])
        wrong = [f for f in verify(out) if not f.holds]
        assert any(file.name in f.what.en for f in wrong), file
        file.write_bytes(whole)
    assert all(f.holds for f in verify(out))
    assert run.sha256


def test_a_forged_outcome_is_found_though_its_hashes_are_forged_too(tmp_path: Path) -> None:
    ruleset, mapping = write_rules(tmp_path)
    path, out = tmp_path / "r.csv", tmp_path / "out"
    path.write_bytes(as_csv(some_records(2, 60)[0]))
    simulate(Job(ruleset, str(path), mapping=mapping), out)
    part, told = out / "parts" / "part-00000.parquet", out / "run.json"
    table, evidence = pq.read_table(part), json.loads(told.read_text("utf-8"))
    paid = table.column("paid").to_pylist()
    paid[:2] = paid[1::-1]
    pq.write_table(
        table.set_column(table.schema.names.index("paid"), "paid", pa.array(paid, table.schema.field("paid").type)),
        part,
    )
    evidence["parts"][0]["sha256"] = hash_of(part)
    told.write_text(json.dumps(evidence), "utf-8")

    assert any("comes out differently" in f.what.en for f in verify(out, sample=60) if not f.holds)


def test_columns_that_have_types_are_read_as_what_they_mean(tmp_path: Path) -> None:
    ruleset, _ = write_rules(tmp_path)
    (tmp_path / "typed.yaml").write_text(
        "mapping: shop\nfacts:\n  amount: {column: a, places: 2}\n  at: {column: t, zone: Asia/Shanghai}\n"
        "  hurt: {column: h, values: {'1': yes, '0': no}}\n  since: {column: t}\n  repeats: n\n  defects: d\n",
        "utf-8",
    )
    at = datetime(2025, 1, 2, 3, 4, tzinfo=SHANGHAI).replace(tzinfo=None)
    table = pa.table({
        "a": pa.array([1200.5, 0.1, 1.005, None, float("nan")]), "t": pa.array([at, None, at, at, at], pa.timestamp("ms")),
        "h": pa.array([1, 0, 1, None, 1], pa.int8()), "n": pa.array([0, 3, 1, 2, 1], pa.uint8()),
        "d": pa.array([["mould"], [], None, ["smell"], []], pa.large_list(pa.string())),
    })  # fmt: skip
    pq.write_table(table, tmp_path / "r.parquet")
    run = simulate(Job(ruleset, str(tmp_path / "r.parquet"), mapping=str(tmp_path / "typed.yaml")), tmp_path / "out")
    found = outcomes(run.folder)

    assert refused(run.folder) == {3: [("a", "1.005")], 5: [("a", "nan")]}
    assert [found[n]["grade"] for n in (1, 2)] == ["urgent", "important"]
    assert [found[n]["paid"] for n in (1, 2, 4)] == [Decimal("2401.00"), Decimal("0.20"), None]
    assert [found[n]["recall"] for n in (1, 2, 4)] == [True, False, False]
    assert [found[n]["wait.status"] for n in (1, 2)] == ["decided", "undetermined"]


def test_what_a_typed_column_does_not_tell_must_be_said(tmp_path: Path) -> None:
    ruleset, _ = write_rules(tmp_path)
    table = pa.table({"amount": [1.5], "at": pa.array([0], pa.timestamp("s")), "hurt": [1]})
    pq.write_table(table, tmp_path / "r.parquet")

    with pytest.raises(ComplaintRulesError) as caught:
        simulate(Job(ruleset, str(tmp_path / "r.parquet")), tmp_path / "out")
    assert [(d.code, d.where) for d in caught.value.diagnostics] == [("CR543", n) for n in ("amount", "hurt", "at")]


def test_no_rows_are_a_run_too(tmp_path: Path) -> None:
    ruleset, mapping = write_rules(tmp_path)
    (tmp_path / "r.csv").write_bytes(as_csv([]))
    run = simulate(Job(ruleset, str(tmp_path / "r.csv"), mapping=mapping), tmp_path / "out")

    assert run.counts == {"rows": 0, "decided": 0, "undetermined": 0, "quarantined": 0}
    assert all(f.holds for f in verify(tmp_path / "out"))


def test_a_column_is_kept_under_a_name_of_its_own(tmp_path: Path) -> None:
    ruleset, mapping = write_rules(tmp_path)
    (tmp_path / "r.csv").write_bytes(as_csv(some_records(1, 5)[0]))
    job = Job(ruleset, str(tmp_path / "r.csv"), mapping=mapping, keep=("备注",))

    assert all("备注" in row for row in outcomes(simulate(job, tmp_path / "out").folder).values())
    (tmp_path / "s.csv").write_text("amount,grade\n1.00,x\n", "utf-8")
    with pytest.raises(ComplaintRulesError, match="CR543"):
        simulate(Job(ruleset, str(tmp_path / "s.csv"), keep=("grade",)), tmp_path / "other")


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("r.csv", b"a,b\n1,2\n", "CR543"),
        ("r.csv", b"", "CR540"),
        ("r.csv", b"a,a\n1,2\n", "CR540"),
        ("r.csv", b'a,"b\n1,2\n', "CR540"),
        ("r.csv", "a,b\n".encode("utf-16"), "CR540"),
        ("r.xlsx", b"", "CR540"),
        ("r.parquet", b"PAR1", "CR540"),
        ("r.arrow", b"ARROW1", "CR540"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    ruleset, _ = write_rules(tmp_path)
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ComplaintRulesError) as caught:
        simulate(Job(ruleset, str(tmp_path / name)), tmp_path / "out")
    assert [d.code for d in caught.value.diagnostics] == [code]
