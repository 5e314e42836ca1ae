"""Column tables: whatever holds columns (Arrow, pandas, Polars, a dict) as Arrow record batches of few rows each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.values import shown
from complaint_rules.words import Label


def batches_of(columns: Any, rows: int) -> tuple[Any, Iterator[Any]]:
    """Return the schema of some columns, and their rows in record batches of at most so many.

    Raises:
        FactsError: they are no columns, or two have the same name.
    """
    try:
        schema, found = _stream(columns)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise unusable(Label(str(error), str(error))) from error
    check_names(schema.names)
    return schema, (part for batch in found for part in _parts(batch, rows))


def check_names(names: Sequence[str]) -> None:
    """Refuse columns of the same name.

    Raises:
        FactsError: there are some.
    """
    twice = ", ".join(f"`{n}`" for n, times in Counter(names).items() if times > 1)
    if twice:
        raise unusable(Label(f"列 {twice} 出现多次", f"there is more than one column {twice}"))


def _stream(columns: Any) -> tuple[Any, Iterable[Any]]:
    match columns:
        case pa.Table():
            whole = columns.combine_chunks() if _is_chopped(columns) else columns
            return columns.schema, whole.to_batches()
        case pa.RecordBatch():
            return columns.schema, [columns]
        case pa.RecordBatchReader():
            return columns.schema, columns
        case Mapping():
            return _stream(pa.table(dict(columns)))
    if hasattr(columns, "__arrow_c_stream__"):
        return _stream(pa.RecordBatchReader.from_stream(columns))
    if hasattr(columns, "__arrow_c_array__"):
        return _stream(pa.record_batch(columns))
    raise unusable(Label(f"{shown(columns)} 不是表格", f"{shown(columns)} is no table"))


def _is_chopped(table: Any) -> bool:
    """Return whether a table has chunks of few rows."""
    return any(c.num_chunks > 8 and c.num_chunks * 4096 > len(c) for c in table.columns)


def _parts(batch: Any, rows: int) -> Iterator[Any]:
    yield from (batch.slice(at, rows) for at in range(0, batch.num_rows, rows))


def unusable(problem: Label) -> FactsError:
    """Return what is to be said where columns cannot be used at all."""
    return FactsError([Diagnostic("CR331", args={"problem": problem})])
