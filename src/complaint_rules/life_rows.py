"""Records reading: the rows of a CSV, Parquet or XES file one after the other, each with its number, none lost."""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError, XMLPullParser

from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.words import Label, suggest

_BLOCK = 1 << 16
_BATCH = 4_096
_LONGEST_CELL = 131_072
_PARQUET = "Parquet needs the package pyarrow: pip install 'complaint-rules[batch]'"
# What the columns of a log in XES are called here.
XES_COMPLAINT, XES_EVENT, XES_AT, XES_BY = "case:concept:name", "concept:name", "time:timestamp", "org:resource"


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it stands in a file: its number as a spreadsheet shows it, its cells, or what is wrong with it."""

    number: int
    cells: Mapping[str, str]
    problem: Diagnostic | None = None

    @property
    def sha256(self) -> str:
        """The hash of the cells, in the order of the file."""
        said = "\x1e".join(f"{k}\x1f{v}" for k, v in self.cells.items())
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Table:
    """A file of rows: the names of its columns, and the rows as they come."""

    file: str
    columns: tuple[str, ...]
    rows: Iterator[Row]


def open_table(path: Path, *, encoding: str | None = None, delimiter: str = ",") -> Table:
    """Return a file of rows by its name: `.parquet`, `.xes`, or else CSV in UTF-8 or GB18030.

    Raises:
        FactsError: it is not there, or is none.
    """
    if not path.is_file():
        raise FactsError([Diagnostic("CR309", args={"name": str(path)})])
    match path.suffix.lower():
        case ".parquet":
            return _parquet(path)
        case ".xes":
            return _xes(path)
        case _:
            return _csv(path, encoding or encoding_of(path), delimiter)


def need_columns(table: Table, wanted: Iterable[str]) -> None:
    """Refuse names of columns that a file does not have.

    Raises:
        FactsError: with every one.
    """
    missing = [n for n in wanted if n not in table.columns]
    if missing:
        words = [{"name": n, "file": table.file, "suggestion": suggest(n, table.columns)} for n in missing]
        raise FactsError([Diagnostic("CR571", args=w, where=table.file) for w in words])


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unreadable(path: Path, zh: str, en: str) -> FactsError:
    return FactsError([Diagnostic("CR570", args={"problem": Label(zh, en)}, where=str(path))])


def encoding_of(path: Path) -> str:
    """Return how a text file is encoded: UTF-8 where all of it is, else GB18030.

    Raises:
        FactsError: it is neither.
    """
    for name in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(name)()
        with suppress(UnicodeDecodeError), path.open("rb") as file:
            for block in chain(iter(lambda: file.read(_BLOCK), b""), (b"",)):
                decoder.decode(block, final=not block)
            return name
    raise unreadable(path, "既不是 UTF-8 也不是 GB18030 文本", "it is neither UTF-8 nor GB18030 text")


def _csv(path: Path, encoding: str, delimiter: str) -> Table:
    rows = _csv_rows(path, "utf-8-sig" if encoding == "utf-8" else encoding, delimiter)
    head = next(rows, None)
    if head is None:
        raise unreadable(path, "文件是空的", "it is empty")
    if isinstance(head, csv.Error):
        raise unreadable(path, f"表头无法读取（{head}）", f"the header cannot be read ({head})")
    columns = tuple(c.strip() for c in head)
    double = next((c for i, c in enumerate(columns) if c in columns[:i]), None)
    if double is not None:
        raise unreadable(path, f"列名 `{double}` 出现两次", f"the column `{double}` occurs twice")
    return Table(str(path), columns, _numbered(rows, columns))


def _csv_rows(path: Path, encoding: str, delimiter: str) -> Iterator[list[str] | csv.Error]:
    csv.field_size_limit(_LONGEST_CELL)
    with path.open(encoding=encoding, newline="", errors="surrogateescape") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        while True:
            try:
                yield next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield csv.Error(f"{error}, line {reader.line_num}")


def _numbered(rows: Iterator[list[str] | csv.Error], columns: tuple[str, ...]) -> Iterator[Row]:
    for number, row in enumerate(rows, start=2):
        if isinstance(row, csv.Error):
            yield Row(number, {}, _wrong_row(f"CSV: {row}", f"CSV: {row}"))
        elif row:
            yield _row(number, row, columns)


def _row(number: int, row: list[str], columns: tuple[str, ...]) -> Row:
    cells = dict(zip(columns, row, strict=False))
    if len(row) != len(columns):
        cells |= {f"+{i}": c for i, c in enumerate(row[len(columns) :], start=1)}
        had = Label(
            f"有 {len(row)} 格，表头有 {len(columns)} 列", f"it has {len(row)} cells, the header {len(columns)}"
        )
        return Row(number, cells, Diagnostic("CR572", args={"problem": had}))
    if not _is_text("".join(row)):
        return Row(number, cells, _wrong_row("有不能解读的字符", "it has characters that cannot be read"))
    return Row(number, cells)


def _is_text(cells: str) -> bool:
    """Return whether every byte was read as a character of the encoding."""
    try:
        cells.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in cells


def _wrong_row(zh: str, en: str) -> Diagnostic:
    return Diagnostic("CR572", args={"problem": Label(zh, en)})


def _parquet(path: Path) -> Table:
    try:
        import pyarrow as pa  # noqa: PLC0415 - only who reads Parquet needs it
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(_PARQUET, name=error.name) from None
    try:
        file = pq.ParquetFile(path)
    except pa.ArrowException as error:
        first = str(error).split("\n", maxsplit=1)[0]
        raise unreadable(path, f"不是 Parquet 文件（{first}）", f"it is no Parquet file ({first})") from None
    return Table(str(path), tuple(file.schema_arrow.names), _parquet_rows(file))


def _parquet_rows(file: Any) -> Iterator[Row]:
    number = 1
    for batch in file.iter_batches(batch_size=_BATCH):
        for row in batch.to_pylist():
            number += 1
            yield Row(number, {k: _text(v) for k, v in row.items()})


def _text(value: Any) -> str:
    """Return a value of a typed file as a text file would have it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime() | date():
            return value.isoformat()
        case list():
            return ",".join(map(_text, value))
        case bytes():
            return value.decode("utf-8", "replace")
        case _:
            return str(value)


# --- XES, the XML of event logs (IEEE 1849): a log has traces, a trace has events, each with attributes -----------


def _xes(path: Path) -> Table:
    rows = _xes_rows(path)
    first = next(rows, None)
    if first is None:
        raise unreadable(path, "其中没有事件", "there is no event in it")
    # An attribute may occur for the first time anywhere, so every name is allowed: what is absent is an empty cell.
    return Table(str(path), _Names(first.cells), chain((first,), rows))


class _Names(tuple[str, ...]):
    """The columns of a log in XES, which may have any attribute."""

    __slots__ = ()

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)


def _xes_rows(path: Path) -> Iterator[Row]:
    parser: XMLPullParser[Any] = XMLPullParser(("start", "end"))
    number = 1
    trace: dict[str, str] = {}
    stack: list[str] = []
    for happening, element in _xml(path, parser):
        tag = element.tag.rpartition("}")[2]
        if happening == "start":
            stack.append(tag)
            trace = {} if tag == "trace" else trace
            continue
        stack.pop()
        if tag == "event":
            number += 1
            yield Row(number, {**trace, **dict(_attributes(element))})
            element.clear()
        elif stack[-1:] == ["trace"] and "key" in element.attrib:
            trace[f"case:{element.attrib['key']}"] = element.attrib.get("value", "")
        elif tag == "trace":
            element.clear()


def _attributes(event: Any) -> Iterator[tuple[str, str]]:
    yield from ((a.attrib["key"], a.attrib.get("value", "")) for a in event if "key" in a.attrib)


def _xml(path: Path, parser: XMLPullParser[Any]) -> Iterator[tuple[str, Any]]:
    """Yield what the parser sees; entities, which could grow without end, are refused before it sees them."""
    tail = b""
    with path.open("rb") as file:
        try:
            while block := file.read(_BLOCK):
                if b"<!DOCTYPE" in tail + block or b"<!ENTITY" in tail + block:
                    raise unreadable(path, "XML 中不允许 DOCTYPE", "a DOCTYPE is not allowed in it")
                tail = block[-16:]
                parser.feed(block)
                seen: Iterator[Any] = parser.read_events()
                yield from seen
        except ParseError as error:
            raise unreadable(path, f"不是 XES（{error}）", f"it is no XES ({error})") from None
