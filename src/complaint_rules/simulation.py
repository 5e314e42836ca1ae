"""Simulation: all records decided part by part in several processes, and the folder that says what was done with what."""

from __future__ import annotations

import json
import os
import platform
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from complaint_rules.calendar_data import calendar_path
from complaint_rules.compile import CompiledRuleset
from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.library import load, ruleset_files
from complaint_rules.record_files import PART_ROWS, Part, Records, hash_of, open_records
from complaint_rules.record_mapping import ROW, RecordMapping, plain_mapping, read_mapping, with_kept
from complaint_rules.simulated import Tally, tally_from, together
from complaint_rules.simulating import REFUSED, Asked, Decider, decide_part, finished, quarantine_path
from complaint_rules.values import to_json
from complaint_rules.words import Label

RUN, QUARANTINE, INPUTS, WHERE = "run.json", "quarantine.csv", "inputs", "where.json"
_FORMAT = 1
_RISKY = ("=", "+", "-", "@", "\t", "\r")
# Called with how many rows are done, and how many there are.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done, as every process must know it."""

    ruleset: str
    records: str
    overlays: tuple[str, ...] = ()
    at: date | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    assumptions: bool = True
    mapping: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    keep: tuple[str, ...] = ()
    part_rows: int = PART_ROWS
    asked: Asked = field(default_factory=Asked)

    def rules(self) -> CompiledRuleset:
        return load(
            self.ruleset, parameters=self.parameters, assumptions=self.assumptions, overlays=self.overlays, at=self.at
        )

    def opened(self, rules: CompiledRuleset) -> tuple[Records, RecordMapping]:
        """Return the records, and the mapping of their columns."""
        read = None if self.mapping is None else read_mapping(self.mapping, rules.ruleset)
        encoding = self.encoding or (read.encoding if read else None)
        delimiter = self.delimiter or (read.delimiter if read else None)
        records = open_records(self.records, encoding=encoding, delimiter=delimiter, part_rows=self.part_rows)
        return records, self.mapped(rules, records)

    def mapped(self, rules: CompiledRuleset, records: Records) -> RecordMapping:
        """Return which of the records' columns are which facts, and which are kept."""
        if self.mapping is None:
            return with_kept(plain_mapping(rules.ruleset, records.schema.names), rules.ruleset, self.keep)
        return with_kept(read_mapping(self.mapping, rules.ruleset), rules.ruleset, self.keep)


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a run came to."""

    folder: Path
    rules: CompiledRuleset
    evidence: Mapping[str, Any]

    @property
    def sha256(self) -> str:
        """What identifies the evidence: whoever notes it down can tell later that nothing was changed."""
        return hash_of(self.folder / RUN)

    @property
    def counts(self) -> Mapping[str, int]:
        found: Mapping[str, int] = self.evidence["counts"]
        return found

    @property
    def tallies(self) -> dict[str, Tally]:
        return {n: tally_from(t) for n, t in self.evidence["tallies"].items()}


def simulate(
    job: Job, folder: str | Path, *, jobs: int = 1, resume: bool = False, progress: Progress | None = None
) -> Simulation:
    """Decide every row of the records, and leave in the folder the outcomes and what proves them.

    What a part comes to depends on its rows alone: however many processes share the parts, and however often the run
    was broken off and gone on with, the files in the folder are the same to the byte.

    Raises:
        FactsError: the records cannot be read, or the folder holds something else.
        RulesetError: the ruleset or the mapping cannot be used.
    """
    rules = job.rules()
    records, mapping = job.opened(rules)
    decider = Decider(rules, records, mapping, job.asked)
    target = Path(folder)
    identity = _identity(job, decider)
    _prepare(target, identity, job, resume=resume)
    done = {p.number: found for p in records.parts if (found := finished(target, p))}
    rows = sum(a["rows"] for a in done.values())
    if progress:
        progress(rows, records.rows)
    todo = [p for p in records.parts if p.number not in done]
    for account in _accounts(job, decider, todo, target, jobs):
        done[account["part"]] = account
        rows += account["rows"]
        if progress:
            progress(rows, records.rows)
    accounts = [done[p.number] for p in records.parts]
    return Simulation(target, rules, _finish(target, identity, records, accounts))


# --- what is being done, and with what ------------------------------------------------------------------------


def _identity(job: Job, decider: Decider) -> dict[str, Any]:
    """Return what makes this run the same as another."""
    ruleset, records, asked = decider.rules.ruleset, decider.records, job.asked
    files = ruleset_files(job.ruleset, job.overlays)
    dialect = records.dialect
    return {
        "format": _FORMAT,
        "ruleset": {
            "id": ruleset.id, "version": ruleset.version, "content_hash": ruleset.content_hash,
            "files": [{"file": p.name, "sha256": hash_of(p)} for p in files],
        },
        "calendar": _calendar(decider) if asked.due else None,
        "mapping": None if job.mapping is None else {"file": Path(job.mapping).name, "sha256": hash_of(Path(job.mapping))},
        "records": {
            "file": records.path.name, "sha256": records.sha256, "bytes": records.bytes, "rows": records.rows,
            "kind": records.kind, "encoding": dialect and dialect.encoding, "delimiter": dialect and dialect.delimiter,
            "columns": list(records.schema.names), "used": list(decider.facts.columns),
        },
        "parameters": {
            "set": {n: to_json(v) for n, v in job.parameters.items()}, "assumptions": job.assumptions,
            "at": None if job.at is None else job.at.isoformat(), "only": None if asked.only is None else list(asked.only),
            "due": list(asked.due), "strict": asked.strict, "lang": asked.lang, "keep": list(job.keep),
            "part_rows": job.part_rows, "overlays": [Path(o).name for o in job.overlays],
        },
        "versions": {
            "complaint_rules": version("complaint-rules") if _installed() else "unknown",
            "python": platform.python_version(), "pyarrow": pa.__version__, "numpy": version("numpy"),
        },
    }  # fmt: skip


def _installed() -> bool:
    try:
        version("complaint-rules")
    except ImportError:
        return False
    return True


def _calendar(decider: Decider) -> dict[str, str]:
    path = calendar_path(str(decider.rules.ruleset.calendar))
    return {"file": path.name, "sha256": hash_of(path)}


def _prepare(folder: Path, identity: Mapping[str, Any], job: Job, *, resume: bool) -> None:
    """Make the folder ready, or make sure that it holds this very run."""
    begun = folder / INPUTS / "begun.json"
    if begun.is_file():
        held = json.loads(begun.read_text("utf-8"))
        if not resume:
            raise _unfit(
                folder, Label("其中已有一次模拟；用 --resume 继续", "it holds a run already; go on with it by --resume")
            )
        different = sorted(k for k in identity if held.get(k) != json.loads(json.dumps(identity[k])))
        if different:
            names = ", ".join(different)
            raise _unfit(
                folder, Label(f"其中的模拟与本次不同：{names}", f"the run in it is another one: {names} differ")
            )
    elif folder.is_dir() and any(folder.iterdir()):
        raise _unfit(folder, Label("文件夹不是空的", "it is not empty"))
    (folder / "parts").mkdir(parents=True, exist_ok=True)
    (folder / INPUTS).mkdir(exist_ok=True)
    for left in [*(folder / "parts").glob("*.tmp"), *folder.glob("*.tmp")]:
        left.unlink(missing_ok=True)
    files = [*ruleset_files(job.ruleset, job.overlays), *([Path(job.mapping)] if job.mapping else [])]
    if len({p.name for p in files}) < len(files):
        raise _unfit(
            folder,
            Label("规则、叠加和对应文件须各有不同的文件名", "its rulesets, overlays and mapping need different names"),
        )
    for path in files:
        (folder / INPUTS / path.name).write_bytes(path.read_bytes())
    _write(folder / INPUTS / WHERE, {"records": str(Path(job.records).resolve())})
    _write(begun, identity)


def _unfit(folder: Path, problem: Label) -> FactsError:
    return FactsError([Diagnostic("CR544", args={"folder": folder, "problem": problem}, where=str(folder))])


def _write(path: Path, plain: Any) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    fresh.write_text(json.dumps(plain, ensure_ascii=False, indent=1) + "\n", "utf-8")
    fresh.replace(path)


# --- parts in several processes -------------------------------------------------------------------------------


def _accounts(job: Job, decider: Decider, todo: Sequence[Part], folder: Path, jobs: int) -> Iterator[Mapping[str, Any]]:
    if min(jobs, len(todo)) <= 1:
        yield from (decide_part(decider, p, folder) for p in todo)
        return
    # INVARIANT: processes are begun afresh, never forked: Arrow's threads do not survive a fork.
    with _pool(job, decider.records, folder, min(jobs, len(todo))) as pool:
        futures = [pool.submit(_decide_here, p) for p in todo]
        yield from (f.result() for f in as_completed(futures))


@contextmanager
def _pool(job: Job, records: Records, folder: Path, jobs: int) -> Iterator[ProcessPoolExecutor]:
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (job, records, str(folder)))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


_here: dict[str, Any] = {}


def _begin(job: Job, records: Records, folder: str) -> None:
    """Make a process ready; it ends with the one that began it, even if that one is killed."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    pa.set_cpu_count(1)
    rules = job.rules()
    _here.update(decider=Decider(rules, records, job.mapped(rules, records), job.asked), folder=Path(folder))


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _decide_here(part: Part) -> Mapping[str, Any]:
    return decide_part(_here["decider"], part, _here["folder"])


# --- the end --------------------------------------------------------------------------------------------------


def _finish(
    folder: Path, identity: Mapping[str, Any], records: Records, accounts: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any]:
    names = ("rows", "decided", "undetermined", "quarantined")
    counts = {n: sum(a[n] for a in accounts) for n in names}
    if counts["rows"] != records.rows:
        raise RuntimeError(f"an error of complaint_rules: {counts} of {records.rows} rows")
    tallies = together({n: tally_from(t) for n, t in a["tallies"].items()} for a in accounts)
    quarantined = _gather_quarantine(folder, accounts)
    evidence = {
        **identity,
        "counts": counts,
        "quarantine": quarantined,
        "reasons": _reasons(accounts),
        "parts": [{k: v for k, v in a.items() if k not in {"tallies", "reasons"}} for a in accounts],
        "tallies": {n: t.to_json() for n, t in tallies.items()},
    }
    _write(folder / RUN, evidence)
    found: Mapping[str, Any] = json.loads(json.dumps(evidence))
    return found


def _reasons(accounts: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """Return how often which column was refused by which code, the most frequent first."""
    found: Counter[tuple[str, str]] = Counter()
    for account in accounts:
        found.update({(column, code): n for column, code, n in account["reasons"]})
    return [[*why, n] for why, n in sorted(found.items(), key=lambda item: (-item[1], item[0]))]


def _gather_quarantine(folder: Path, accounts: Sequence[Mapping[str, Any]]) -> Mapping[str, str] | None:
    """Write all refused rows as one CSV file that a spreadsheet opens; the exact values are in the parts."""
    path = folder / QUARANTINE
    path.unlink(missing_ok=True)
    parts = [a["part"] for a in accounts if a["quarantine"] is not None]
    if not parts:
        return None
    fresh = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with fresh.open("wb") as sink:
        sink.write(b"\xef\xbb\xbf")
        with pacsv.CSVWriter(sink, REFUSED) as writer:
            for number in parts:
                writer.write_table(_harmless(pq.read_table(quarantine_path(folder, number), schema=REFUSED)))
    fresh.replace(path)
    return {"file": path.name, "sha256": hash_of(path)}


def _harmless(table: Any) -> Any:
    """Return the rows with an apostrophe before what a spreadsheet would take for a formula."""
    columns = [
        c
        if n == ROW
        else pa.chunked_array([[f"'{t}" if t.startswith(_RISKY) else t for t in c.to_pylist()]], pa.string())
        for n, c in zip(table.column_names, table.columns, strict=True)
    ]
    return pa.table(columns, schema=table.schema)
