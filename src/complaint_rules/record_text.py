"""Record text: a file of comma-separated records cut into blocks of whole records, and each block read.

A quote opens a field only at its beginning, and a record ends at a line break outside quotes. What cannot be a record
(a quote that is never closed, too many or too few fields, bytes of another encoding) costs that record and no other.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from complaint_rules.diagnostics import Diagnostic
from complaint_rules.words import Label

MOST_RECORD = 1 << 20
_QUOTE, _LINE, _RETURN = 0x22, 0x0A, 0x0D
_SAMPLE = 1000
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Block:
    """Whole records: where they stand in the file, which rows they are, and whether some are malformed."""

    start: int
    end: int
    first: int
    rows: int
    odd: bool


@dataclass(frozen=True, slots=True)
class Malformed:
    """A record that cannot be read: its place in the block, its text as far as it is text, and why."""

    at: int
    text: str
    why: Diagnostic


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the records are written."""

    encoding: str
    delimiter: str
    names: tuple[str, ...]


def find_blocks(file: BinaryIO, delimiter: str, *, chunk: int, note: Callable[[bytes], object]) -> Iterator[Block]:
    """Yield the blocks of a file from where it stands; each piece that was read is handed to `note`."""
    held, start, first = b"", file.tell(), 0
    while True:
        fresh = file.read(chunk)
        note(fresh)
        held += fresh
        ends, odd = _ends(held, delimiter, last=not fresh)
        if ends.size:
            size = int(ends[-1])
            rows = int((~_blank(held, ends)).sum())
            yield Block(start, start + size, first, rows, odd)
            held, start, first = held[size:], start + size, first + rows
        if not fresh:
            return


def _ends(data: bytes, delimiter: str, *, last: bool) -> tuple[Any, bool]:
    """Return where the records end, and whether they had to be found one by one."""
    held = np.frombuffer(data, np.uint8)
    lines = np.flatnonzero(held == _LINE)
    quotes = np.flatnonzero(held == _QUOTE)
    if quotes.size:
        opening = quotes[0::2]
        before = held[np.maximum(opening, 1) - 1]
        fresh = (opening == 0) | (before == ord(delimiter)) | (before == _LINE)
        closed = np.concatenate(([-2], quotes[1::2]))[: opening.size]
        if not (fresh | (closed == opening - 1)).all() or (last and quotes.size % 2):
            return _slow_ends(data, delimiter, last=last), True
        lines = lines[np.searchsorted(quotes, lines) % 2 == 0]
    ends = lines + 1
    if last and data and (not ends.size or ends[-1] < len(data)):
        ends = np.append(ends, len(data))
    if np.diff(ends, prepend=0, append=len(data)).max(initial=0) > MOST_RECORD:
        return _slow_ends(data, delimiter, last=last), True
    return ends, False


def _slow_ends(data: bytes, delimiter: str, *, last: bool) -> Any:
    return np.array([end for _, end, _ in _one_by_one(data, delimiter, last=last)], np.int64)


def _blank(data: bytes, ends: Any) -> Any:
    """Return which records are empty lines."""
    starts = np.concatenate(([0], ends[:-1]))
    held, size = np.frombuffer(data, np.uint8), ends - starts
    first = held[np.minimum(starts, max(len(held) - 1, 0))]
    return ((size == 1) & (first == _LINE)) | ((size <= 2) & (first == _RETURN))


def _record(delimiter: str) -> re.Pattern[bytes]:
    d = re.escape(delimiter).encode()
    one = rb'(?:"[^"]*+(?:""[^"]*+)*+"[^' + d + rb'\n]*+|[^"' + d + rb"\n][^" + d + rb"\n]*+|)"
    return re.compile(one + rb"(?:" + d + one + rb")*+(?:\n|\Z)")


def _one_by_one(data: bytes, delimiter: str, *, last: bool) -> Iterator[tuple[int, int, bool]]:
    """Yield where each record starts and ends, and whether a quote in it is never closed."""
    pattern, at = _record(delimiter), 0
    while at < len(data):
        found = pattern.match(data, at)
        whole = found is not None and found.end() - at <= MOST_RECORD and (last or data[found.end() - 1] == _LINE)
        if found is not None and whole:
            yield at, found.end(), False
            at = found.end()
            continue
        if not last and len(data) - at <= MOST_RECORD:
            return
        line = data.find(b"\n", at)
        if line < 0 and not last:
            return
        end = len(data) if line < 0 else line + 1
        yield at, end, True
        at = end


@dataclass
class Guess:
    """What the encoding of some bytes seems to be, by the first lines that are not plain ASCII."""

    lines: list[bytes] = field(default_factory=list)
    rest: bytes = b""

    def take(self, piece: bytes) -> None:
        if len(self.lines) < _SAMPLE and not (piece.isascii() and self.rest.isascii()):
            *lines, self.rest = (self.rest[-MOST_RECORD:] + piece).split(b"\n")
            self.lines += [x for x in lines if not x.isascii()][: _SAMPLE - len(self.lines)]
        else:
            self.rest = piece[piece.rfind(b"\n") + 1 :]

    @property
    def encoding(self) -> str:
        lines = self.lines or [self.rest]
        likely = [sum(_decodes(x, e) for x in lines) for e in ("utf-8", "gb18030")]
        return "gb18030" if likely[1] > likely[0] and likely[0] * 2 < len(lines) else "utf-8"


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def header(line: bytes, encoding: str, delimiter: str | None) -> tuple[tuple[str, ...], str]:
    """Return the names of the columns, and the delimiter between them.

    Raises:
        UnicodeDecodeError: they are not written in this encoding.
    """
    text = line.removeprefix(BOM).decode(encoding).strip("\r\n")
    used = delimiter or max(",\t;", key=text.count)
    return tuple(n.strip() for n in next(csv.reader([text], delimiter=used), [])), used


def read_block(data: bytes, block: Block, dialect: Dialect, columns: Sequence[str]) -> tuple[Any, Any, list[Malformed]]:
    """Return the rows of a block that can be read, as an Arrow batch of text columns, their places, and the others."""
    lone = data.count(b"\r") != data.count(b"\r\n")
    found = None if block.odd or lone else _fast(data, block, dialect, columns)
    return found or _slow(data, dialect, columns)


def _fast(
    data: bytes, block: Block, dialect: Dialect, columns: Sequence[str]
) -> tuple[Any, Any, list[Malformed]] | None:
    """Return what the quick reader makes of a block; None where it may be mistaken."""
    bad: list[Malformed] = []

    def skipped(row: Any) -> str:
        bad.append(Malformed(row.number - 1, row.text, _fields(row.actual_columns, row.expected_columns)))
        return "skip"

    try:
        text = data.decode(dialect.encoding).encode()
        table = pacsv.read_csv(
            pa.py_buffer(text),
            read_options=pacsv.ReadOptions(
                column_names=list(dialect.names), use_threads=False, block_size=max(len(text) + 1, 16)
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=dialect.delimiter, newlines_in_values=True, invalid_row_handler=skipped
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(dialect.names, pa.string()), include_columns=list(columns) or None,
                strings_can_be_null=False,
            ),
        )  # fmt: skip
    except (UnicodeDecodeError, pa.ArrowException):
        return None
    if table.num_rows + len(bad) != block.rows:
        return None
    at = np.delete(np.arange(block.rows), [b.at for b in bad])
    return _batch(table.select(list(columns))), at, bad


def _batch(table: Any) -> Any:
    parts = [c.combine_chunks() for c in table.columns]
    arrays = [p if isinstance(p, pa.Array) else pa.concat_arrays(p.chunks) for p in parts]
    return pa.RecordBatch.from_arrays(arrays, table.column_names)


def _slow(data: bytes, dialect: Dialect, columns: Sequence[str]) -> tuple[Any, Any, list[Malformed]]:
    """Read a block record by record."""
    good: list[list[str]] = []
    places: list[int] = []
    bad: list[Malformed] = []
    at = 0
    for start, end, unclosed in _one_by_one(data, dialect.delimiter, last=True):
        record = data[start:end]
        if not record.strip(b"\r\n"):
            continue
        fields = _UNCLOSED if unclosed else _read_record(record, dialect)
        if isinstance(fields, Diagnostic):
            bad.append(Malformed(at, record.decode(dialect.encoding, "backslashreplace").rstrip("\r\n"), fields))
        else:
            good.append(fields)
            places.append(at)
        at += 1
    wanted = {n: dialect.names.index(n) for n in columns}
    arrays = {n: pa.array([r[i] for r in good], pa.string()) for n, i in wanted.items()}
    table = pa.table(arrays) if arrays else pa.table({})
    return _batch(table), np.array(places, np.int64), bad


def _read_record(record: bytes, dialect: Dialect) -> list[str] | Diagnostic:
    try:
        text = record.decode(dialect.encoding)
    except UnicodeDecodeError as error:
        words = {"problem": Label(f"第 {error.start + 1} 个字节起不是 {dialect.encoding} 文字",
                                  f"from byte {error.start + 1} on it is not {dialect.encoding} text")}  # fmt: skip
        return Diagnostic("CR541", args=words)
    try:
        fields = next(csv.reader([text.rstrip("\r\n")], delimiter=dialect.delimiter), [])
    except csv.Error as error:
        return Diagnostic("CR541", args={"problem": str(error)})
    return fields if len(fields) == len(dialect.names) else _fields(len(fields), len(dialect.names))


def _fields(found: int, expected: int) -> Diagnostic:
    problem = Label(f"有 {found} 个字段，应为 {expected} 个", f"it has {found} fields instead of {expected}")
    return Diagnostic("CR541", args={"problem": problem})


_UNCLOSED = Diagnostic(
    "CR541", args={"problem": Label("有一个引号没有闭合", "a quote in it is never closed")}
)  # fmt: skip
