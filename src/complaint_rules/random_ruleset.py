"""Random ruleset: a small one as YAML text, whose tables cut their inputs into cells so that one rule holds in each."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

_MOST_COLUMNS = 3


@dataclass
class _Made:
    """What there is so far: columns by name, each with the cells into which it can be cut."""

    inputs: dict[str, Any] = field(default_factory=dict)
    decisions: dict[str, Any] = field(default_factory=dict)
    cells: dict[str, list[Any]] = field(default_factory=dict)


def ruleset_text(rng: Random) -> str:
    """Return a ruleset that `check` finds nothing wrong with, save that a table may leave a column unused."""
    made = _Made()
    for number in range(rng.randint(2, 5)):
        _add_input(rng, made, f"fact_{number}")
    for number in range(rng.randint(1, 4)):
        _add_table(rng, made, f"decision_{number}")
    used = {c for d in made.decisions.values() for c in d["inputs"]}
    whole = {
        "language": "1", "ruleset": "random", "version": "1.0.0", "title": {"zh": "随机规则", "en": "random rules"},
        "inputs": {n: i for n, i in made.inputs.items() if n in used}, "decisions": made.decisions,
    }  # fmt: skip
    return json.dumps(whole, ensure_ascii=False, indent=1)


def _add_input(rng: Random, made: _Made, name: str) -> None:
    label = {"zh": f"事实{name[-1]}", "en": f"fact {name[-1]}"}
    match rng.choice(("boolean", "values", "integer", "money")):
        case "boolean":
            made.inputs[name] = {"label": label, "type": "boolean"}
            made.cells[name] = ["yes", "no"]
        case "values":
            values = [f"{name}_{letter}" for letter in "abcd"[: rng.randint(2, 4)]]
            made.inputs[name] = {"label": label, "values": values}
            made.cells[name] = list(values)
        case kind:
            low, high = sorted(rng.sample(range(1, 20), 2))
            made.inputs[name] = {"label": label, "type": kind, "minimum": "0"}
            made.inputs[name] |= {"currency": "CNY"} if kind == "money" else {}
            made.cells[name] = [f"< {low}", f"[{low}..{high})", f">= {high}"]


def _add_table(rng: Random, made: _Made, name: str) -> None:
    columns = rng.sample(list(made.cells), min(len(made.cells), rng.randint(1, _MOST_COLUMNS)))
    values = [f"{name}_{letter}" for letter in "xyz"[: rng.randint(2, 3)]]
    rows = _cut(rng, made, columns)
    rules = [
        {"id": f"r{n}", "when": row, "then": rng.choice(values), "because": [f"clause-{name[-1]}"]}
        for n, row in enumerate(rows)
    ]
    given = list(dict.fromkeys(r["then"] for r in rules))
    made.decisions[name] = {
        "label": {"zh": f"结论{name[-1]}", "en": f"decision {name[-1]}"},
        "inputs": columns, "output": {"values": given}, "rules": rules,
    }  # fmt: skip
    made.cells[name] = given


def _cut(rng: Random, made: _Made, columns: list[str]) -> list[dict[str, Any]]:
    """Return rows of which exactly one holds for each case; the first column is always cut."""
    rows: list[dict[str, Any]] = [{}]
    for at, column in enumerate(columns):
        cut = []
        for row in rows:
            parted = at == 0 or rng.random() < 0.6
            cut += [{**row, column: cell} for cell in made.cells[column]] if parted else [row]
        rows = cut
    return rows
