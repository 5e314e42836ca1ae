"""Simulating: a part of the records decided by a ruleset: its outcomes, its quarantine and its counts, each in a file."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from complaint_rules.batch import plan_columns
from complaint_rules.coded import Flags
from complaint_rules.column_buffers import flags_in, numbers_in
from complaint_rules.column_plan import PROBLEMS, ColumnPlan
from complaint_rules.column_reading import raw_of
from complaint_rules.column_recheck import recheck
from complaint_rules.column_writing import WORDS
from complaint_rules.compile import CompiledRuleset
from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.facts import wrong_value
from complaint_rules.library import decide
from complaint_rules.record_facts import FactColumns, Refused
from complaint_rules.record_files import Part, Records, hash_of, read_part
from complaint_rules.record_mapping import ROW, RecordMapping
from complaint_rules.simulated import Tally, noted, tally_of, together
from complaint_rules.values import shown
from complaint_rules.words import Lang

NOTES = ("status", "rules", "unmet", "ask", "unset")
REFUSED = pa.schema(
    [(ROW, pa.int64()), ("column", pa.string()), ("value", pa.string()), ("code", pa.string()), ("reason", pa.string())]
)
_UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the records, besides the ruleset."""

    only: tuple[str, ...] | None = None
    due: tuple[str, ...] = ()
    strict: bool = False
    lang: Lang = "en"
    recheck: int = 2


class Decider:
    """A ruleset over the records of one file: made once, it decides one piece after another."""

    def __init__(self, rules: CompiledRuleset, records: Records, mapping: RecordMapping, asked: Asked) -> None:
        self.rules, self.records, self.asked = rules, records, asked
        self.facts = FactColumns(mapping, records, rules.ruleset)
        self.plan: ColumnPlan = plan_columns(
            rules, self.facts.schema, only=asked.only, due=asked.due, strict=asked.strict,
            keep=[ROW, *self.facts.kept], notes=NOTES, lang=asked.lang,
        )  # fmt: skip
        decided = [f for f in self.plan.schema if f.name != PROBLEMS]
        self.schema = pa.schema([pa.field(f.name, pa.string() if f.type == WORDS else f.type) for f in decided])
        self.told = [n for n in self.schema.names if n != ROW and n not in self.facts.kept]
        names = set(self.told)
        self.statuses = [noted(rules.ruleset, d, "status") for d in rules.ruleset.decisions]
        self.statuses = [n for n in self.statuses if n in names]

    def run(self, batch: Any) -> tuple[Any, list[Refused]]:
        """Return the outcomes of facts, and the rows that have none."""
        made = self.plan.run(batch)
        for row in range(0, batch.num_rows, max(batch.num_rows // max(self.asked.recheck, 1), 1)):
            if self.asked.recheck:
                recheck(self.plan, batch, made, row)
        problems = made.column(PROBLEMS)
        kept = made.select(self.schema.names)
        if problems.null_count == len(problems):
            return kept, []
        bad = np.flatnonzero(flags_in(problems.is_valid()))
        refused = [r for row in bad.tolist() for r in self._why(batch, row, problems[row].as_py())]
        return kept.filter(problems.is_null()), refused

    def refuses(self, batch: Any) -> bool:
        """Return whether a single complaint with the facts of a batch's first row would be refused."""
        facts = {n: raw_of(batch.column(batch.schema.get_field_index(n))[0]) for n in self.plan.facts}
        try:
            decide(self.rules, facts, only=self.asked.only)
        except FactsError:
            return True
        return False

    def _why(self, batch: Any, row: int, said: str) -> Iterator[Refused]:
        """Yield what is wrong with a row, by its columns; what is wrong with it as a whole."""
        number, found = batch.column(0)[row].as_py(), False
        for name in self.plan.facts:
            raw = raw_of(batch.column(batch.schema.get_field_index(name))[row])
            for why in wrong_value(raw, self.rules.ruleset.inputs[name].type.domain, name) if raw is not None else ():
                found = True
                yield Refused(number, self.facts.hidden.get(name, name), shown(raw), why)
        if not found:
            yield Refused(number, "", "", Diagnostic("CR541", args={"problem": said}))


def _plain(batch: Any, schema: Any) -> Any:
    """Return a batch with plain texts, so that its bytes in a file follow from its rows alone."""
    nothing = pa.nulls(batch.num_rows, pa.string())
    arrays = [
        c if c.type != WORDS else nothing if c.null_count == len(c) else c.dictionary_decode() for c in batch.columns
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


@dataclass
class Counted:
    """What a part came to."""

    number: int
    rows: int = 0
    decided: int = 0
    undetermined: int = 0
    quarantined: int = 0
    tallies: dict[str, Tally] = field(default_factory=dict)

    def take(self, made: Any, statuses: Sequence[str], told: Sequence[str]) -> None:
        """Count some outcomes."""
        open_ = int(undetermined(made, statuses).sum())
        self.undetermined += open_
        self.decided += made.num_rows - open_
        self.tallies = together([self.tallies, tally_of(made.select(told))])


def undetermined(made: Any, statuses: Sequence[str]) -> Flags:
    """Return which rows have a decision that waits for something."""
    found = np.zeros(made.num_rows, np.bool_)
    for name in statuses:
        column = made.column(made.schema.get_field_index(name))
        waits = np.array([w == _UNDETERMINED for w in column.dictionary.to_pylist()], np.bool_)
        if waits.any():
            found |= waits.take(numbers_in(column.indices))
    return found


def decide_part(decider: Decider, part: Part, folder: Path) -> Mapping[str, Any]:
    """Decide a part and write its files; what is returned, and written last, says what they hold.

    INVARIANT: a file has its name only when it is whole, and the account of a part is the last of its files.
    """
    counted = Counted(part.number)
    refused: list[Refused] = []
    path, beside = part_path(folder, part.number), quarantine_path(folder, part.number)
    fresh = _fresh(path)
    with pq.ParquetWriter(fresh, decider.schema, compression="zstd") as writer:
        for piece in read_part(decider.records, part, decider.facts.columns):
            facts, unread = decider.facts.make(piece)
            made, undecided = decider.run(facts)
            refused += [*unread, *undecided]
            counted.rows += len(piece.rows) + len(piece.malformed)
            counted.take(made, decider.statuses, decider.told)
            if made.num_rows:
                writer.write_batch(_plain(made, decider.schema))
    counted.quarantined = len({r.row for r in refused})
    if counted.rows != part.rows or counted.rows != counted.decided + counted.undetermined + counted.quarantined:
        raise LostRowsError(part.number, counted)
    fresh.replace(path)
    _write_refused(refused, beside, decider.asked.lang)
    reasons = Counter((r.column, r.why.code) for r in refused)
    account = _account(counted, path, beside, [[*why, n] for why, n in sorted(reasons.items())])
    _write_whole(account_path(folder, part.number), json.dumps(account, ensure_ascii=False, indent=1))
    return account


class LostRowsError(RuntimeError):
    """Rows of a part are missing from what became of it: a bug of this library, never of the records."""

    def __init__(self, number: int, counted: Counted) -> None:
        super().__init__(f"an error of complaint_rules: part {number} does not add up: {counted}")


def part_path(folder: Path, number: int) -> Path:
    return folder / "parts" / f"part-{number:05d}.parquet"


def quarantine_path(folder: Path, number: int) -> Path:
    return folder / "parts" / f"quarantine-{number:05d}.parquet"


def account_path(folder: Path, number: int) -> Path:
    return folder / "parts" / f"part-{number:05d}.json"


def _fresh(path: Path) -> Path:
    return path.with_name(f"{path.name}.{os.getpid()}.tmp")


def _write_whole(path: Path, text: str) -> None:
    fresh = _fresh(path)
    fresh.write_text(text + "\n", "utf-8")
    fresh.replace(path)


def _write_refused(refused: Sequence[Refused], path: Path, lang: Lang) -> None:
    """Write what is wrong with the refused rows, by row; nothing where none is."""
    path.unlink(missing_ok=True)
    if not refused:
        return
    ordered = sorted(refused, key=lambda r: r.row)
    rows = [(r.row, r.column, r.value, r.why.code, r.why.message(lang)) for r in ordered]
    table = pa.table([list(c) for c in zip(*rows, strict=True)], schema=REFUSED)
    fresh = _fresh(path)
    pq.write_table(table, fresh, compression="zstd")
    fresh.replace(path)


def _account(counted: Counted, path: Path, beside: Path, reasons: list[list[Any]]) -> dict[str, Any]:
    quarantine = {"file": beside.name, "sha256": hash_of(beside)} if counted.quarantined else None
    return {
        "part": counted.number, "file": path.name, "sha256": hash_of(path), "quarantine": quarantine,
        "rows": counted.rows, "decided": counted.decided, "undetermined": counted.undetermined,
        "quarantined": counted.quarantined, "reasons": reasons, "tallies": {n: t.to_json() for n, t in counted.tallies.items()},
    }  # fmt: skip


def finished(folder: Path, part: Part) -> Mapping[str, Any] | None:
    """Return the account of a part whose files are there and are what it says; None where it is to be done."""
    try:
        account: Mapping[str, Any] = json.loads(account_path(folder, part.number).read_text("utf-8"))
        held = [(account["file"], account["sha256"])]
        if account["quarantine"] is not None:
            held.append((account["quarantine"]["file"], account["quarantine"]["sha256"]))
        whole = account["rows"] == part.rows and all(hash_of(folder / "parts" / f) == sha for f, sha in held)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return account if whole else None
