"""The table of planted faults says what happens: every row is a fault of the seed, and a few are found by whom it says."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path

import pytest

import sizes

ROOT = Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("planted_faults", ROOT / "tools" / "planted_faults.py")
assert SPEC and SPEC.loader
planting = sys.modules["planted_faults"] = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(planting)

FAULTS = list(planting.faults())
PAGE = (ROOT / "docs" / "assurance.md").read_text("utf-8")
TABLE = PAGE.split(planting.BEGIN)[1].split(planting.END)[0]
ROWS = [r for r in TABLE.splitlines() if r.startswith("| ") and not r.startswith("| ruleset")]
AGAIN = "the rulesets have changed since: run `python tools/planted_faults.py --write`"


def test_the_table_has_the_faults_of_the_seed_and_counts_its_rows() -> None:
    assert len(FAULTS) >= 60
    assert [r.split(" | ")[:5] for r in ROWS] == [
        planting.row(f, planting.Found(True, None, None)).split(" | ")[:5] for f in FAULTS
    ], AGAIN
    assert TABLE.strip().startswith(planting.summary(ROWS).strip())


def test_every_kind_of_fault_is_planted_in_several_rulesets() -> None:
    planted = Counter(f.kind for f in FAULTS)

    assert set(planted) == set(planting.KINDS)
    assert min(planted.values()) >= 3


@pytest.mark.parametrize("at", range(3, len(FAULTS), sizes.of(19, 1)))
def test_a_fault_is_found_by_whom_the_table_says(at: int) -> None:
    assert planting.row(FAULTS[at], planting.found_by(FAULTS[at])) == ROWS[at], AGAIN
