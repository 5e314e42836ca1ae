"""Record facts: pieces of records as columns of facts that can be decided, and the rows of which that cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from complaint_rules.column_buffers import flags_array, wrapped
from complaint_rules.column_reading import raw_of
from complaint_rules.diagnostics import Diagnostic, RulesetError
from complaint_rules.record_columns import Reading, UnfitColumnError, reading_of
from complaint_rules.record_files import Piece, Records
from complaint_rules.record_mapping import ROW, RecordMapping, missing_columns
from complaint_rules.ruleset import Ruleset
from complaint_rules.values import shown
from complaint_rules.words import Label


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a row cannot be decided: the column where known, what stands there, and what is wrong with it."""

    row: int
    column: str
    value: str
    why: Diagnostic


class FactColumns:
    """Turns pieces of records into batches of facts; `schema` is that of the batches."""

    def __init__(self, mapping: RecordMapping, records: Records, ruleset: Ruleset) -> None:
        wrong = missing_columns(mapping, records.schema.names)
        if wrong:
            raise RulesetError(wrong)
        if not mapping.facts:
            words = {"name": records.path.name, "problem": _NO_FACTS}
            raise RulesetError([Diagnostic("CR543", args=words, where=str(records.path))])
        self.mapping, self.columns = mapping, mapping.columns
        self.readings = dict(_readings(mapping, records, ruleset))
        self.kept = list(mapping.keep)
        self.hidden = {n: c for n, c in self._sources() if c is not None}
        kept = [(n, records.schema.field(c).type) for n, c in mapping.keep.items()]
        self.schema = pa.schema([(ROW, pa.int64()), *kept, *((n, r.type) for n, r in self.readings.items())])

    def _sources(self) -> Iterator[tuple[str, str | None]]:
        return ((n, s.column) for n, s in self.mapping.facts.items())

    def make(self, piece: Piece) -> tuple[Any, list[Refused]]:
        """Return the facts of the rows that could be read, and what is wrong with the others."""
        refused = [Refused(row, "", m.text, m.why) for row, m in piece.malformed]
        rows, wrong = len(piece.rows), None
        arrays: list[Any] = [wrapped(np.asarray(piece.rows, np.int64), pa.int64())]
        arrays += [_column(piece.batch, c) for c in self.mapping.keep.values()]
        for name, reading in self.readings.items():
            array, flags = self._made(piece, name, reading, rows)
            arrays.append(array)
            if flags is not None:
                wrong = flags if wrong is None else wrong | flags
                refused += self._unreadable(piece, name, reading, np.flatnonzero(flags))
        batch = pa.RecordBatch.from_arrays(arrays, schema=self.schema)
        return (batch if wrong is None else batch.filter(flags_array(~wrong))), refused

    def _made(self, piece: Piece, name: str, reading: Reading, rows: int) -> tuple[Any, Any]:
        column = self.hidden.get(name)
        if column is None:
            return pa.repeat(pa.scalar(self.mapping.facts[name].constant, reading.type), rows), None
        return reading.make(_column(piece.batch, column))

    def _unreadable(self, piece: Piece, name: str, reading: Reading, rows: Iterable[int]) -> Iterator[Refused]:
        column = self.hidden[name]
        array = _column(piece.batch, column)
        for row in rows:
            value = shown(raw_of(array[int(row)]))
            why = Diagnostic("CR302", args={"value": value, "expected": reading.expected}, where=name)
            yield Refused(int(piece.rows[row]), column, value, why)


def _column(batch: Any, name: str) -> Any:
    return batch.column(batch.schema.get_field_index(name))


def _readings(mapping: RecordMapping, records: Records, ruleset: Ruleset) -> Iterator[tuple[str, Reading]]:
    problems: list[Diagnostic] = []
    for name, source in mapping.facts.items():
        domain = ruleset.inputs[name].type.domain
        kind = pa.string() if source.column is None else records.schema.field(source.column).type
        try:
            reading = reading_of(source, domain, kind)
        except UnfitColumnError as error:
            words = _UNFIT[str(error)]
            problems.append(Diagnostic("CR543", source.span, {"name": name, "problem": words}, where=name))
            continue
        if source.column is None:
            reading = Reading(_constant_type(source.constant), reading.make)
        yield name, reading
    if problems:
        raise RulesetError(problems)


def _constant_type(value: Any) -> Any:
    return pa.list_(pa.string()) if isinstance(value, (list, tuple)) else pa.scalar(value).type


_NO_FACTS = Label(
    "没有一列是事实；请用 --suggest-mapping 起草对应文件", "no column is a fact; begin with --suggest-mapping"
)
_UNFIT: Mapping[str, Label] = {
    "places": Label("该列为浮点数，请用 `places:` 写出小数位数", "the column has floats: say with `places:` how many decimals they have"),
    "zone": Label("该列的时间没有时区，请用 `zone:` 写出", "the times of the column need a `zone:`"),
    "unit": Label("请用 `unit:` 写出时长的单位", "say the unit of the durations with `unit:`"),
    "values": Label("请用 `values:` 写出哪些值是、哪些值否", "say with `values:` which values mean yes and no"),
}  # fmt: skip
