"""Audit files: findings and quarantined rows written one after the other, as CSV, JSON lines and Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from complaint_rules.audit_words import Speaker
from complaint_rules.diagnostics import Diagnostic
from complaint_rules.findings import Finding
from complaint_rules.life_rows import Row
from complaint_rules.ruleset import Ruleset
from complaint_rules.values import to_json

WHOLE = ("number", "row", "late_seconds", "worked_seconds")
COLUMNS = (
    "number", "kind", "kind_zh", "kind_en", "complaint", "row", "event_rows", "name", "label_zh", "label_en",
    "owner_zh", "owner_en", "recorded", "done", "owed", "due", "happened", "still_open", "late_seconds",
    "worked_seconds", "says_zh", "says_en", "arithmetic_zh", "arithmetic_en", "clauses", "rules", "missing",
    "rests_on", "row_sha256",
)  # fmt: skip
_QUARANTINE = ("file", "row", "code", "reason_zh", "reason_en", "cells")
_BATCH = 2_048
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


class FindingRows:
    """Findings as rows of plain values, in both languages."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.zh, self.en = Speaker(ruleset, "zh"), Speaker(ruleset, "en")

    def row(self, number: int, found: Finding) -> dict[str, Any]:
        zh, en, reckoned = self.zh, self.en, found.arithmetic
        return {
            "number": number, "kind": found.kind, "kind_zh": zh.kind(found.kind), "kind_en": en.kind(found.kind),
            "complaint": found.complaint, "row": found.row, "event_rows": " ".join(map(str, found.event_rows)),
            "name": found.name, "label_zh": zh.name(found.name), "label_en": en.name(found.name),
            "owner_zh": zh.owner(found.owner, found.party), "owner_en": en.owner(found.owner, found.party),
            "recorded": found.text, "done": _plain(found.done), "owed": _plain(found.owed),
            "due": zh.due_of(found), "happened": zh.stamp(found.happened, by_day=found.by_day) if found.happened else "",
            "still_open": "yes" if found.still_open else "no", "late_seconds": _seconds(found.late),
            "worked_seconds": _seconds(found.worked), "says_zh": zh.says(found), "says_en": en.says(found),
            "arithmetic_zh": zh.arithmetic(reckoned) if reckoned else "",
            "arithmetic_en": en.arithmetic(reckoned) if reckoned else "",
            "clauses": " ".join(found.because), "rules": " ".join(found.rules), "missing": " ".join(found.missing),
            "rests_on": " ".join(found.rests_on), "row_sha256": found.sha256,
        }  # fmt: skip


def _plain(value: Any) -> str:
    plain = to_json(value)
    if isinstance(plain, str):
        return plain
    return "" if plain is None else json.dumps(plain, ensure_ascii=False)


def _seconds(time: Any) -> int | None:
    return None if time is None else round(time.total_seconds())


class Outlet:
    """The files of a run: `findings.csv`, `.jsonl` and, where pyarrow is there, `.parquet`; and `quarantine.csv`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.stack = ExitStack()
        self.csv = _table(self._open("findings.csv", bom=True), COLUMNS)
        self.quarantine = _table(self._open("quarantine.csv", bom=True), _QUARANTINE)
        self.lines = self._open("findings.jsonl")
        self.parquet = _Parquet(folder / "findings.parquet")

    def _open(self, name: str, *, bom: bool = False) -> Any:
        encoding = "utf-8-sig" if bom else "utf-8"
        return self.stack.enter_context((self.folder / name).open("w", encoding=encoding, newline=""))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.parquet.close()
        self.stack.close()

    def finding(self, row: Mapping[str, Any]) -> None:
        """Write a finding."""
        self.csv.writerow({k: safe(v) if isinstance(v, str) else v for k, v in row.items()})
        self.lines.write(json.dumps(row, ensure_ascii=False) + "\n")
        self.parquet.add(row)

    def quarantined(self, file: str, row: Row, reasons: Iterable[Diagnostic]) -> None:
        """Write a row that could not be audited, whole, with what is wrong with it."""
        for reason in reasons:
            place = f"{reason.where}: " if reason.where else ""
            self.quarantine.writerow({
                "file": file, "row": row.number, "code": reason.code, "reason_zh": safe(place + reason.message("zh")),
                "reason_en": safe(place + reason.message("en")), "cells": json.dumps(row.cells, ensure_ascii=True),
            })  # fmt: skip


def _table(file: Any, columns: Iterable[str]) -> csv.DictWriter[str]:
    writer = csv.DictWriter(file, list(columns), lineterminator="\n")
    writer.writeheader()
    return writer


class _Parquet:
    """A Parquet file that grows by batches; nothing where pyarrow is not installed."""

    def __init__(self, path: Path) -> None:
        self.rows: list[Mapping[str, Any]] = []
        self.writer: Any = None
        path.unlink(missing_ok=True)  # of an earlier run, it would belie this one
        try:
            import pyarrow as pa  # noqa: PLC0415 - written where it is installed
            import pyarrow.parquet as pq  # noqa: PLC0415
        except ModuleNotFoundError:
            return
        self.schema = pa.schema([(c, pa.int64() if c in WHOLE else pa.string()) for c in COLUMNS])
        self.table = pa.Table
        self.writer = pq.ParquetWriter(path, self.schema)

    def add(self, row: Mapping[str, Any]) -> None:
        if self.writer is not None:
            self.rows.append(row)
            if len(self.rows) >= _BATCH:
                self.flush()

    def flush(self) -> None:
        if self.rows:
            self.writer.write_table(self.table.from_pylist(self.rows, schema=self.schema))
            self.rows.clear()

    def close(self) -> None:
        if self.writer is not None:
            self.flush()
            self.writer.close()


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the findings of a run again."""
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)
