"""Synthesising: as many made-up complaints as wanted, drawn from a ruleset and a seed, each plainly labelled as made up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from complaint_rules.coded import MOST, Flags, Grid, Numbers, Whole
from complaint_rules.column_writing import array_of, type_of
from complaint_rules.compile import CompiledRuleset
from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.domains import Enumeration, Members, Ordered, Truth
from complaint_rules.ruleset import Ruleset
from complaint_rules.sampling import Sampler
from complaint_rules.values import to_json
from complaint_rules.words import Label

COMPLAINT, SYNTHETIC = "complaint", "synthetic"
METADATA = b"complaint_rules.synthetic"
_BLOCK = 1 << 15
_BETWEEN = 0.3  # so many of the numbers and times lie somewhere between the points that matter
_MEMBERS = 0.4
_UNITS: Mapping[str, int] = {
    "integer": 1,
    "decimal": 1,
    "money": 1,
    "date": 1,
    "datetime": 60_000_000,
    "duration": 60_000_000,
}


@dataclass(frozen=True, slots=True)
class Synthetic:
    """What is drawn: so many complaints from a ruleset by a seed, a fact being known with a chance."""

    rules: CompiledRuleset
    rows: int
    seed: int
    known: float = 0.95
    drawers: dict[str, _Drawer] = field(default_factory=dict)

    @property
    def label(self) -> str:
        ruleset = self.rules.ruleset
        return f"synthetic: {ruleset.id} {ruleset.version}, seed {self.seed}"

    @property
    def schema(self) -> Any:
        given = [(n, d.type) for n, d in self._all().items()]
        told = {"synthetic": True, "ruleset": self.rules.ruleset.content_hash, "seed": self.seed, "rows": self.rows}
        fields = [(COMPLAINT, pa.string()), (SYNTHETIC, pa.string()), *given]
        return pa.schema(fields, metadata={METADATA: json.dumps(told).encode()})

    def _all(self) -> dict[str, _Drawer]:
        if not self.drawers:
            points = Sampler(self.rules).points
            self.drawers.update({n: _drawer(self.rules.ruleset, n, points[n]) for n in self.rules.ruleset.inputs})
        return self.drawers

    def batches(self) -> Iterator[Any]:
        """Yield the complaints in blocks; a block follows from its number and the seed, whatever is drawn besides."""
        schema = self.schema
        for number, first in enumerate(range(0, self.rows, _BLOCK)):
            rows = min(_BLOCK, self.rows - first)
            ids = pa.array([id_of(first + i) for i in range(rows)])
            arrays = [ids, pa.repeat(self.label, rows)]
            for at, drawer in enumerate(self._all().values()):
                rng = np.random.default_rng((self.seed, number, at))
                # INVARIANT: always a whole block is drawn, so that the first rows do not change with their number.
                drawn = drawer.draw(rng, _BLOCK, rng.random(_BLOCK) >= self.known)
                arrays.append(drawn.slice(0, rows))
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def id_of(row: int) -> str:
    """Return the id of a made-up complaint, which says that it is one."""
    return f"synthetic-{row + 1:09d}"


@dataclass(frozen=True, slots=True)
class _Drawer:
    """How one fact is drawn."""

    type: Any
    points: Sequence[Any]
    grid: Grid | None = None
    unit: int = 1

    def draw(self, rng: np.random.Generator, rows: int, nulls: Flags) -> Any:
        if self.grid is not None:
            return array_of(Numbers(self._numbers(rng, rows), self.grid), nulls, self.type)
        if pa.types.is_list(self.type):
            return self._sets(rng, rows, nulls)
        places = pa.array(rng.integers(0, len(self.points), rows), pa.int64(), mask=nulls)
        return pa.array(self.points, self.type).take(places)

    def _numbers(self, rng: np.random.Generator, rows: int) -> Whole:
        """Return numbers at the points that matter, and some on the grid between the outermost."""
        held = np.array(self.points, np.int64)
        low, high = int(held.min()), int(held.max())
        between = low + rng.integers(0, max((high - low) // self.unit, 0) + 1, rows) * self.unit
        return np.where(rng.random(rows) < _BETWEEN, between, held[rng.integers(0, len(held), rows)])

    def _sets(self, rng: np.random.Generator, rows: int, nulls: Flags) -> Any:
        """Return sets, most with one member or a few."""
        chance = min(_MEMBERS, 1.5 / max(len(self.points), 1))
        chosen = rng.random((rows, len(self.points))) < chance
        chosen[nulls] = False
        offsets = np.concatenate(([0], np.cumsum(chosen.sum(axis=1)))).astype(np.int32)
        members = pa.array(self.points, pa.string()).take(pa.array(np.nonzero(chosen)[1]))
        return pa.ListArray.from_arrays(pa.array(offsets), members, mask=pa.array(nulls))


def _drawer(ruleset: Ruleset, name: str, points: Sequence[Any]) -> _Drawer:
    domain = ruleset.inputs[name].type.domain
    match domain:
        case Ordered(kind, step=step):
            given = [*points, *([step] if step is not None else [])]
            scale = max((_places(p) for p in given), default=0) if kind in {"decimal", "money"} else 0
            grid = Grid(kind, scale)
            held = [w for p in points if (w := grid.whole(p)) is not None and abs(w) < MOST // 4]
            # As text a duration is never negative.
            held = [w for w in held if w >= 0] if kind == "duration" else held
            unit = _UNITS[kind] if step is None else max(int(grid.exact(step)), 1)
            return _Drawer(type_of(domain, scale, ruleset.time_zone), held or [0], grid, unit)
        case Truth():
            return _Drawer(pa.bool_(), points)
        case Members():
            return _Drawer(pa.list_(pa.string()), points)
        case Enumeration():
            return _Drawer(pa.string(), points)
        case _:
            return _Drawer(pa.string(), points)


def _places(value: Decimal) -> int:
    return max(-int(value.normalize().as_tuple().exponent), 0)


# --- files ------------------------------------------------------------------------------------------------------


def write_records(made: Synthetic, path: Path, *, encoding: str = "utf-8") -> None:
    """Write the complaints as Parquet or CSV, as the name of the file says.

    Raises:
        FactsError: it says neither.
    """
    match path.suffix.lower():
        case ".parquet":
            with pq.ParquetWriter(path, made.schema, compression="zstd") as writer:
                for batch in made.batches():
                    writer.write_batch(batch)
        case ".csv":
            with path.open("wb") as sink:
                for number, batch in enumerate(made.batches()):
                    sink.write(_csv(batch, header=number == 0).decode().encode(encoding))
        case _:
            problem = Label("文件名应以 .parquet 或 .csv 结尾", "its name ends neither in .parquet nor .csv")
            raise FactsError([Diagnostic("CR540", args={"problem": problem}, where=str(path))])


def _csv(batch: Any, *, header: bool) -> bytes:
    columns = [_texts(c) for c in batch.columns]
    held = pa.BufferOutputStream()
    options = pacsv.WriteOptions(include_header=header, quoting_style="needed")
    pacsv.write_csv(pa.RecordBatch.from_arrays(columns, batch.schema.names), held, options)
    found: bytes = held.getvalue().to_pybytes()
    return found


def _texts(column: Any) -> Any:
    """Return a column as `simulate` reads it without a mapping."""
    kind = column.type
    if pa.types.is_list(kind):
        return pc.binary_join(column, ";")
    if pa.types.is_boolean(kind):
        return pc.if_else(column, "yes", "no")
    if pa.types.is_timestamp(kind):
        return pc.strftime(column.cast(pa.timestamp("us", "UTC")), format="%Y-%m-%dT%H:%M:%SZ")
    if pa.types.is_duration(kind):
        return pa.array([None if v is None else to_json(v) for v in column.to_pylist()], pa.string())
    return column


def histories(made: Synthetic, complaints: int) -> Iterator[Mapping[str, Any]]:
    """Yield what happened to the first complaints, in the order in which it happened, as `watch` and `replay` take it."""
    sampler = Sampler(made.rules)
    entries = []
    for row in range(min(complaints, made.rows)):
        log, _ = sampler.history(Random(f"{made.seed} {row}"))  # noqa: S311 - made up, not secret
        for number, entry in enumerate(log):
            facts = {n: to_json(v) for n, v in entry.get("facts", {}).items()}
            told = {k: v for k, v in entry.items() if k not in {"facts", "at"}}
            whole = {
                "complaint": id_of(row),
                **told,
                "at": entry["at"].isoformat(),
                **({"facts": facts} if facts else {}),
            }
            entries.append((entry["at"], row, number, whole))
    yield from (whole for *_, whole in sorted(entries, key=lambda e: e[:3]))


def write_histories(made: Synthetic, path: Path, complaints: int) -> int:
    """Write histories, one entry a line, and return how many entries there are."""
    lines = [json.dumps(entry, ensure_ascii=False) for entry in histories(made, complaints)]
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return len(lines)
