"""Record files: past complaints in CSV, Parquet or Arrow, cut into parts that are read on their own, every row numbered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.record_text import (
    BOM,
    MOST_RECORD,
    Block,
    Dialect,
    Guess,
    Malformed,
    find_blocks,
    header,
    read_block,
)
from complaint_rules.words import Label

Kind = Literal["csv", "parquet", "arrow"]
PART_ROWS = 1 << 18
# Text is read in chunks; for small parts in small ones, so that a part ends near its size.
_CHUNK, _LEAST_CHUNK, _SHORT = 1 << 22, 1 << 12, 64
_BATCH = 1 << 16
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_ENDINGS: dict[str, Kind] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".pq": "parquet",
    ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows in a stretch of a file: blocks of text, or the numbers of row groups or batches."""

    number: int
    first: int
    rows: int
    blocks: tuple[Block, ...] = ()
    groups: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Records:
    """A file of past complaints: what its columns are, its parts, and what identifies it."""

    path: Path
    kind: Kind
    schema: Any
    parts: tuple[Part, ...]
    sha256: str
    bytes: int
    dialect: Dialect | None = None

    @property
    def rows(self) -> int:
        return sum(p.rows for p in self.parts)


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows that were read: their numbers in the file, from 1 on, and the records that could not be read."""

    rows: Any
    batch: Any
    malformed: tuple[tuple[int, Malformed], ...] = ()


def open_records(
    path: str | Path,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    part_rows: int = PART_ROWS,
    chunk: int | None = None,
) -> Records:
    """Return a file of records after one pass over it.

    Raises:
        FactsError: it is not there, or not what its name says.
    """
    piece = chunk or min(_CHUNK, max(part_rows * _SHORT, _LEAST_CHUNK))
    found = Path(path)
    if not found.is_file():
        raise unreadable(found, Label("没有这个文件", "there is no such file"))
    kind = _ENDINGS.get(found.suffix.lower())
    with _readable(found):
        match kind:
            case "csv":
                return _open_text(found, encoding, delimiter, part_rows, piece)
            case "parquet":
                return _open_parquet(found, part_rows)
            case "arrow":
                return _open_arrow(found, part_rows)
            case None:
                raise unreadable(found, Label("文件名应以 .csv、.parquet 或 .arrow 结尾", "its name ends neither in .csv nor .parquet nor .arrow"))  # fmt: skip


def unreadable(path: Path, problem: Label | str) -> FactsError:
    return FactsError([Diagnostic("CR540", args={"problem": problem}, where=str(path))])


@contextmanager
def _readable(path: Path, part: Part | None = None) -> Iterator[None]:
    """Say in our own words what Arrow finds wrong with a file."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        said = str(error).strip().split("\n", maxsplit=1)[0]
        if part is not None:
            first, last = part.first + 1, part.first + part.rows
            raise unreadable(path, Label(f"第 {first}–{last} 行：{said}", f"rows {first} to {last}: {said}")) from error
        raise unreadable(path, said) from error


def _open_text(path: Path, encoding: str | None, delimiter: str | None, part_rows: int, chunk: int) -> Records:
    digest, guess = hashlib.sha256(), Guess()
    with path.open("rb") as file:
        line = _first_line(path, file.readline(MOST_RECORD))
        used = delimiter or header(line, "latin-1", None)[1]
        if used not in {",", ";", "\t"}:
            raise unreadable(
                path, Label("分隔符只能是逗号、分号或制表符", "a delimiter is a comma, a semicolon or a tab")
            )
        digest.update(line)
        guess.take(line)

        def note(piece: bytes) -> None:
            digest.update(piece)
            guess.take(piece)

        blocks = [b for b in find_blocks(file, used, chunk=chunk, note=note) if b.rows]
    meant = encoding or ("utf-8" if line.startswith(BOM) else guess.encoding)
    try:
        names, _ = header(line, _spelt(path, meant), used)
    except UnicodeDecodeError:
        raise unreadable(
            path, Label(f"列名不是 {meant} 文字", f"the names of its columns are not {meant} text")
        ) from None
    _known_apart(path, names)
    schema = pa.schema([(n, pa.string()) for n in names])
    dialect = Dialect(_spelt(path, meant), used, names)
    return Records(
        path, "csv", schema, tuple(_grouped(blocks, part_rows)), digest.hexdigest(), path.stat().st_size, dialect
    )


def _first_line(path: Path, line: bytes) -> bytes:
    if line.startswith(_UTF16):
        raise unreadable(path, Label("UTF-16 编码，请另存为 UTF-8", "it is UTF-16; save it as UTF-8"))
    if not line.removeprefix(BOM).strip():
        raise unreadable(path, Label("没有列名所在的首行", "it has no first line with the names of the columns"))
    if line.count(b'"') % 2:
        raise unreadable(path, Label("首行的引号没有闭合", "a quote in its first line is never closed"))
    return line


def _spelt(path: Path, encoding: str) -> str:
    plain = encoding.lower().replace("_", "-")
    if plain in {"utf-8", "utf8", "utf-8-sig"}:
        return "utf-8"
    if plain in {"gb18030", "gbk", "gb2312"}:
        return "gb18030"
    raise unreadable(path, Label(f"不支持编码 {encoding}；可用 utf-8、gb18030", f"no such encoding {encoding}: utf-8 or gb18030"))  # fmt: skip


def _known_apart(path: Path, names: Sequence[str]) -> None:
    twice = [n for n in dict.fromkeys(names) if names.count(n) > 1]
    if twice:
        raise unreadable(
            path, Label(f"列名重复：{'、'.join(twice)}", f"two columns have the same name: {', '.join(twice)}")
        )


def _grouped(blocks: Sequence[Block], part_rows: int) -> Iterator[Part]:
    held: list[Block] = []
    number = 0
    for i, block in enumerate(blocks):
        held.append(block)
        rows = sum(b.rows for b in held)
        if rows >= part_rows or i + 1 == len(blocks):
            yield Part(number, held[0].first, rows, blocks=tuple(held))
            held, number = [], number + 1


def _open_parquet(path: Path, part_rows: int) -> Records:
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        schema, meta = file.schema_arrow, file.metadata
        sizes = [meta.row_group(i).num_rows for i in range(meta.num_row_groups)]
        if meta.num_rows != sum(sizes) or min(sizes, default=0) < 0:
            raise unreadable(path, Label("行数前后不符", "its counts of rows do not agree"))
    _known_apart(path, schema.names)
    return Records(path, "parquet", schema, tuple(_in_groups(sizes, part_rows)), hash_of(path), path.stat().st_size)


def _open_arrow(path: Path, part_rows: int) -> Records:
    with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as file:
        schema = file.schema
        sizes = [file.get_batch(i).num_rows for i in range(file.num_record_batches)]
    _known_apart(path, schema.names)
    return Records(path, "arrow", schema, tuple(_in_groups(sizes, part_rows)), hash_of(path), path.stat().st_size)


def _in_groups(sizes: Sequence[int], part_rows: int) -> Iterator[Part]:
    held: list[int] = []
    first = number = 0
    for i, _ in enumerate(sizes):
        held.append(i)
        rows = sum(sizes[j] for j in held)
        if rows and (rows >= part_rows or i + 1 == len(sizes)):
            yield Part(number, first, rows, groups=tuple(held))
            held, number, first = [], number + 1, first + rows


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_part(records: Records, part: Part, columns: Sequence[str], *, batch_rows: int = _BATCH) -> Iterator[Piece]:
    """Yield the rows of a part, with these columns, in pieces; every row is in one of them.

    Raises:
        FactsError: the file cannot be read, or is not what it was.
    """
    with _readable(records.path, part):
        match records.kind:
            case "csv":
                yield from _read_text(records, part, columns, batch_rows)
            case "parquet":
                with pq.ParquetFile(records.path, page_checksum_verification=True) as file:
                    batches = file.iter_batches(batch_rows, row_groups=list(part.groups), columns=list(columns))
                    yield from _numbered(records, part, batches)
            case "arrow":
                with pa.memory_map(str(records.path)) as source, pa.ipc.open_file(source) as file:
                    yield from _numbered(records, part, _batches(file, part, columns, batch_rows))


def _batches(file: Any, part: Part, columns: Sequence[str], batch_rows: int) -> Iterator[Any]:
    for number in part.groups:
        batch = file.get_batch(number)
        batch.validate(full=True)
        chosen = batch.select(list(columns))
        yield from (chosen.slice(at, batch_rows) for at in range(0, batch.num_rows, batch_rows))


def _numbered(records: Records, part: Part, batches: Any) -> Iterator[Piece]:
    at = part.first
    for batch in batches:
        batch.validate(full=True)
        yield Piece(np.arange(at + 1, at + 1 + batch.num_rows), batch)
        at += batch.num_rows
    if at != part.first + part.rows:
        raise unreadable(records.path, Label("行数前后不符", "its counts of rows do not agree"))


def _read_text(records: Records, part: Part, columns: Sequence[str], batch_rows: int) -> Iterator[Piece]:
    assert records.dialect is not None  # noqa: S101 - text has one
    with records.path.open("rb") as file:
        for block in part.blocks:
            file.seek(block.start)
            data = file.read(block.end - block.start)
            batch, at, bad = read_block(data, block, records.dialect, columns)
            if len(at) + len(bad) != block.rows:
                raise unreadable(records.path, Label("文件在读取时有改动", "it has changed while it was read"))
            numbers = at + (block.first + 1)
            malformed = tuple((block.first + 1 + m.at, m) for m in bad)
            for start in range(0, max(len(at), 1), batch_rows):
                told = malformed if start == 0 else ()
                yield Piece(numbers[start : start + batch_rows], batch.slice(start, batch_rows), told)
