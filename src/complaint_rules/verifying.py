"""Verifying: whether the folder of a run still says what its records and its ruleset come to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from complaint_rules.column_buffers import numbers_in
from complaint_rules.column_recheck import UnequalError, recheck
from complaint_rules.diagnostics import ComplaintRulesError, Diagnostic, FactsError
from complaint_rules.record_files import Part, Records, hash_of, read_part
from complaint_rules.record_mapping import ROW
from complaint_rules.simulated import Tally, tally_from, tally_of, together
from complaint_rules.simulating import Asked, Decider, part_path, quarantine_path
from complaint_rules.simulation import INPUTS, QUARANTINE, RUN, WHERE, Job
from complaint_rules.words import Label

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it holds, and what it is."""

    holds: bool
    what: Label


def verify(
    folder: str | Path, *, records: str | Path | None = None, sample: int = 100, seed: int = 0
) -> Iterator[Finding]:
    """Yield what holds and what does not: the hashes, the counts, and some rows decided singly against the records.

    `records` is where their file is now, by default where it was.

    Raises:
        FactsError: there is no evidence in the folder, or it cannot be read.
    """
    place = Path(folder)
    evidence = _evidence(place)
    sound = True
    for finding in (*_inputs(place, evidence), *_parts(place, evidence)):
        sound &= finding.holds
        yield finding
    where = Path(records or _was_at(place))
    if not where.is_file():
        yield Finding(False, Label(f"找不到记录文件 {where}", f"the file of records {where} is not there"))
        return
    same = hash_of(where) == evidence["records"]["sha256"]
    yield Finding(same, Label(f"记录文件 {where.name} {_zh(same)}", f"the file of records {where.name} {_en(same)}"))
    if sound and same:
        yield from _decided_again(place, evidence, where, sample, seed)


def _was_at(folder: Path) -> str:
    """Return where the records were; nowhere, if nobody knows."""
    try:
        return str(json.loads((folder / INPUTS / WHERE).read_text("utf-8"))["records"])
    except (OSError, ValueError, KeyError, TypeError):
        return "?"


def _zh(holds: bool) -> str:
    return "未有改动" if holds else "已有改动"


def _en(holds: bool) -> str:
    return "is what it was" if holds else "has changed"


def _evidence(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / RUN).read_text("utf-8"))
        return {k: found[k] for k in (*found, "parts", "counts", "records", "ruleset", "tallies", "parameters")}
    except FileNotFoundError:
        problem: Label | str = Label(f"没有 {RUN}；模拟尚未完成", f"it has no {RUN}; the run has not come to its end")
    except (OSError, ValueError, KeyError, TypeError) as error:
        problem = Label(f"{RUN} 无法读取：{error}", f"{RUN} cannot be read: {error}")
    raise FactsError([Diagnostic("CR545", args={"folder": folder, "problem": problem}, where=str(folder))])


def _inputs(folder: Path, evidence: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield whether the copies of ruleset and mapping are what they were."""
    files = [*evidence["ruleset"]["files"], *([evidence["mapping"]] if evidence["mapping"] else [])]
    for file in files:
        holds = _is(folder / INPUTS / file["file"], file["sha256"])
        yield Finding(holds, Label(f"{INPUTS}/{file['file']} {_zh(holds)}", f"{INPUTS}/{file['file']} {_en(holds)}"))


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and hash_of(path) == sha256


def _parts(folder: Path, evidence: Mapping[str, Any]) -> Iterator[Finding]:
    parts, counts = evidence["parts"], evidence["counts"]
    held = [(folder / "parts" / f["file"], f["sha256"]) for p in parts for f in (p, p["quarantine"]) if f]
    if evidence["quarantine"]:
        held.append((folder / QUARANTINE, evidence["quarantine"]["sha256"]))
    changed = [p.name for p, sha in held if not _is(p, sha)]
    yield _all(
        len(held), changed, Label("个结果和隔离文件未有改动", "files of outcomes and quarantine are what they were")
    )
    there = {p.name for p in (folder / "parts").glob("*.parquet")}
    strange = sorted(there - {p.name for p, _ in held})
    if strange:
        yield Finding(
            False, Label(f"多出文件：{_some(strange)}", f"there are files that nobody wrote: {_some(strange)}")
        )
    names = ("rows", "decided", "undetermined", "quarantined")
    adds = all(sum(p[n] for p in parts) == counts[n] for n in names)
    adds = adds and counts["rows"] == sum(counts[n] for n in names[1:]) == evidence["records"]["rows"]
    told = f"{counts['rows']:,} = {counts['decided']:,} + {counts['undetermined']:,} + {counts['quarantined']:,}"
    yield Finding(adds, Label(f"行数相符：{told}" if adds else f"行数不符：{told}", f"the rows add up: {told}" if adds else f"the rows do not add up: {told}"))  # fmt: skip
    if not changed:
        yield from _contents(folder, evidence)


def _all(number: int, wrong: Sequence[str], what: Label) -> Finding:
    if not wrong:
        return Finding(True, Label(f"{number} {what.zh}", f"{number} {what.en}"))
    return Finding(False, Label(f"已有改动：{_some(wrong)}", f"changed or gone: {_some(wrong)}"))


def _some(names: Sequence[str]) -> str:
    return ", ".join([*names[:_NAMED], *(["…"] if len(names) > _NAMED else [])])


def _contents(folder: Path, evidence: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield whether each row is in the outcomes or in the quarantine, once, and whether the tallies are right."""
    first, odd = 0, []
    # Of texts that are too many only some are counted, which ones depends on how they were met.
    counted = {n: t for n, t in evidence["tallies"].items() if "others" not in t}
    tallies: dict[str, Tally] = {}
    for part in evidence["parts"]:
        number, rows = part["part"], part["rows"]
        seen = [np.zeros(0, np.int64)]
        with pq.ParquetFile(part_path(folder, number)) as file:
            for batch in file.iter_batches():
                seen.append(numbers_in(batch.column(0)))
                tallies = together([tallies, tally_of(_coded(batch.select(list(counted))))])
        if part["quarantine"]:
            refused = pq.read_table(quarantine_path(folder, number), columns=[ROW]).column(0).to_pylist()
            seen.append(np.unique(np.array(refused, np.int64)))
        if not np.array_equal(np.sort(np.concatenate(seen)), np.arange(first + 1, first + 1 + rows)):
            odd.append(part["file"])
        first += rows
    yield _all(
        first, odd, Label("行各在结果或隔离中恰好一次", "rows are in the outcomes or in the quarantine, each once")
    )
    same = {n: t.to_json() for n, t in tallies.items()} == {n: tally_from(t).to_json() for n, t in counted.items()}
    yield Finding(same, Label("各项统计" + ("相符" if same else "不符"), "the counts of values " + ("are right" if same else "are wrong")))  # fmt: skip


def _coded(batch: Any) -> Any:
    """Return a batch with texts as a run has them."""
    columns = [c.dictionary_encode() if pa.types.is_string(c.type) else c for c in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


# --- some rows once more ----------------------------------------------------------------------------------------


def job_of(folder: Path, evidence: Mapping[str, Any], records: Path) -> Job:
    """Return the job that a run's evidence tells, with the copies of its ruleset and mapping."""
    inputs, said, dialect = folder / INPUTS, evidence["parameters"], evidence["records"]
    files = [str(inputs / f["file"]) for f in evidence["ruleset"]["files"]]
    laid = len(said["overlays"])
    at = None if said["at"] is None else date.fromisoformat(said["at"])
    only = None if said["only"] is None else tuple(said["only"])
    return Job(
        files[-1 - laid], str(records), tuple(files[len(files) - laid :]), at, said["set"], said["assumptions"],
        None if evidence["mapping"] is None else str(inputs / evidence["mapping"]["file"]),
        dialect["encoding"], dialect["delimiter"], tuple(said["keep"]), said["part_rows"],
        Asked(only, tuple(said["due"]), said["strict"], said["lang"], 0),
    )  # fmt: skip


def _decided_again(folder: Path, evidence: Mapping[str, Any], where: Path, sample: int, seed: int) -> Iterator[Finding]:
    job = job_of(folder, evidence, where)
    try:
        rules = job.rules()
        records, mapping = job.opened(rules)
        decider = Decider(rules, records, mapping, job.asked)
    except ComplaintRulesError as error:
        yield Finding(
            False, Label(f"无法重新判定：{error.render('zh')}", f"it cannot be decided again: {error.render('en')}")
        )
        return
    same = rules.ruleset.content_hash == evidence["ruleset"]["content_hash"]
    yield Finding(same, Label(f"规则集内容 {_zh(same)}", f"the content of the ruleset {_en(same)}"))
    chosen = Random(seed).sample(range(1, records.rows + 1), min(sample, records.rows))  # noqa: S311 - a sample
    wrong = [line for part in records.parts for line in _differing(folder, decider, records, part, chosen)]
    if wrong:
        yield from (Finding(False, line) for line in wrong[:_NAMED])
    else:
        yield Finding(True, Label(f"随机抽取的 {len(chosen)} 行逐条重新判定，结果相同（种子 {seed}）",
                                  f"{len(chosen)} rows drawn at random (seed {seed}) and decided singly come out the same"))  # fmt: skip


def _differing(folder: Path, decider: Decider, records: Records, part: Part, chosen: Sequence[int]) -> Iterator[Label]:
    """Yield what differs in the chosen rows of a part."""
    wanted = {r for r in chosen if part.first < r <= part.first + part.rows}
    if not wanted:
        return
    table = pq.read_table(part_path(folder, part.number))
    places = {row: at for at, row in enumerate(table.column(0).to_pylist()) if row in wanted}
    for piece in read_part(records, part, decider.facts.columns):
        here = [r for r in piece.rows.tolist() if r in wanted]
        malformed = [r for r, _ in piece.malformed if r in wanted]
        if not here and not malformed:
            continue
        facts, _ = decider.facts.make(piece)
        rows = {r: i for i, r in enumerate(facts.column(0).to_pylist())}
        for row in (*here, *malformed):
            said = None if row not in places else table.slice(places[row], 1).combine_chunks().to_batches()[0]
            yield from _held_against(decider, row, None if row not in rows else facts.slice(rows[row], 1), said)


def _held_against(decider: Decider, row: int, facts: Any, said: Any) -> Iterator[Label]:
    """Yield what differs between a row's outcomes in the folder and what it gets singly."""
    refused = facts is None or decider.refuses(facts)
    if refused != (said is None):
        yield Label(
            f"第 {row} 行应{'' if refused else '不'}在隔离中",
            f"row {row} should {'' if refused else 'not '}be quarantined",
        )
    elif said is not None:
        try:
            recheck(decider.plan, facts, said, 0)
        except UnequalError as error:
            yield Label(f"第 {row} 行结果不同：{error}", f"row {row} comes out differently: {error}")
