"""Made-up complaints: valid, labelled, the same for the same seed, and decided from a file as they are singly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed")
import pyarrow as pa
import pyarrow.parquet as pq

import sizes
from complaint_rules import load, replay
from complaint_rules.cli import main
from complaint_rules.library import names
from complaint_rules.simulation import Job, simulate
from complaint_rules.synthesising import METADATA, Synthetic, histories, write_records
from complaint_rules.verifying import verify

SHIPPED = sizes.of(["after_sales"], list(names()))


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("ending", sizes.of(["csv"], ["csv", "parquet"]))
def test_made_up_complaints_are_valid_and_decided_as_they_are_singly(tmp_path: Path, name: str, ending: str) -> None:
    path = tmp_path / f"r.{ending}"
    write_records(Synthetic(load(name), 60, 5), path, encoding="gb18030")
    run = simulate(Job(name, str(path), keep=("complaint",)), tmp_path / "out")
    found = list(verify(run.folder, sample=sizes.of(6, 60)))

    assert run.counts["quarantined"] == 0
    assert run.counts["rows"] == 60
    assert all(f.holds for f in found), found


def test_the_same_seed_makes_the_same_complaints_and_more_rows_only_add_to_them() -> None:
    rules = load("after_sales")
    few, many = (pa.Table.from_batches(Synthetic(rules, n, 3).batches()) for n in (50, 80))

    assert many.slice(0, 50).replace_schema_metadata() == few.replace_schema_metadata()
    assert pa.Table.from_batches(Synthetic(rules, 50, 4).batches()).column(5) != few.column(5)


def test_made_up_complaints_say_so(tmp_path: Path) -> None:
    path, told = tmp_path / "r.parquet", tmp_path / "e.jsonl"

    assert main(["synthesise", "after_sales", "--out", str(path), "--rows", "30", "--events", str(told)]) == 0
    table = pq.read_table(path)
    assert set(table.column("synthetic").to_pylist()) == {"synthetic: after_sales 1.0.0, seed 0"}
    assert json.loads(table.schema.metadata[METADATA])["synthetic"] is True
    assert all(i.startswith("synthetic-") for i in table.column("complaint").to_pylist())
    assert all(json.loads(line)["complaint"].startswith("synthetic-") for line in told.read_text("utf-8").splitlines())
    assert main(["synthesise", "after_sales", "--out", str(tmp_path / "r.txt")]) == 2


def test_bounds_are_met_and_missed(tmp_path: Path) -> None:
    path = tmp_path / "r.parquet"
    write_records(Synthetic(load("after_sales"), 500, 1), path)
    run = simulate(Job("after_sales", str(path)), tmp_path / "out")
    rules = run.rules.ruleset.decisions
    tables = [n for n, d in rules.items() if hasattr(d, "rules")]
    met = {(n, r) for n in tables for said in run.tallies[f"{n}.rules"].texts for r in said.split(", ")}
    every = {(n, r.id) for n in tables for r in rules[n].rules}

    assert len(met & every) > len(every) * 0.8


def test_histories_are_lives_that_can_be_lived_told_in_the_order_of_time() -> None:
    from datetime import datetime

    rules = load("after_sales")
    made = Synthetic(rules, 20, 2)
    told = list(histories(made, 20))
    lives: dict[str, list[dict[str, object]]] = {}
    for entry in told:
        lives.setdefault(entry["complaint"], []).append({k: v for k, v in entry.items() if k != "complaint"})
    now = datetime.fromisoformat("2024-06-01T00:00:00+08:00")
    lived = [replay(rules, {}, log, now=now) for log in lives.values()]

    assert told == list(histories(made, 20))
    assert [e["at"] for e in told] == sorted(e["at"] for e in told)
    assert any(o.status != "none" for life in lived for o in life.obligations.values() if o.run is not None)
