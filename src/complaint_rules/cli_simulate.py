"""The commands about many past complaints: simulate, and what proves it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.library import known_decisions, load, read_ruleset
from complaint_rules.printed import FINDINGS, OK, print_json, print_lines
from complaint_rules.typed import AS_WRITTEN, Json, Laid, Language, RulesetName, settings_of
from complaint_rules.words import Label, Lang

_MADE = Label("{}：虚构投诉 {} 件（{}）", "{}: {} made-up complaints ({})")
_HAPPENED = Label("{}：虚构经过 {} 条", "{}: {} made-up events")
RecordsFile = Annotated[str, Parameter(help="CSV (UTF-8 or GB18030), Parquet or Arrow file with one complaint a row")]
MappingFile = Annotated[str | None, Parameter(help="YAML file that says which column is which fact")]
_AT_WORK, _COMPARED = Label("判定", "deciding"), Label("比较", "comparing")


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Read:
    """How the records are read."""

    mapping: MappingFile = None
    encoding: Annotated[str | None, Parameter(help="utf-8 or gb18030; by default it is found out")] = None
    delimiter: Annotated[str | None, Parameter(help="a comma, a semicolon or a tab; by default it is found out")] = None
    keep: Annotated[tuple[str, ...], Parameter(negative=(), help="a column to hand through")] = ()


AS_NAMED = Read()


@contextmanager
def packages() -> Iterator[None]:
    """Say which packages are needed where they are not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in {"numpy", "pyarrow"}:
            raise
        words = "reading records needs numpy and pyarrow: pip install 'complaint-rules[batch]'"
        raise ModuleNotFoundError(words, name=error.name) from None


def simulate(
    ruleset: RulesetName,
    records: RecordsFile,
    /,
    *,
    out: Annotated[Path | None, Parameter(help="the folder for outcomes, quarantine and evidence")] = None,
    jobs: Annotated[int | None, Parameter(help="so many processes; by default one a core")] = None,
    resume: Annotated[bool, Parameter(negative=(), help="go on with a run that was broken off")] = False,
    part_rows: Annotated[int, Parameter(help="how many rows a part has at least")] = 1 << 18,
    suggest_mapping: Annotated[
        bool, Parameter(negative=(), help="only print a mapping file to begin with, guessed from the records")
    ] = False,
    only: Annotated[tuple[str, ...], Parameter(negative=(), help="a decision that is wanted; all by default")] = (),
    due: Annotated[tuple[str, ...], Parameter(negative=(), help="a time limit that is wanted; none by default")] = (),
    strict_calendar: Annotated[
        bool, Parameter(negative=(), help="no limits beyond the days the calendar covers")
    ] = False,
    param: Annotated[tuple[str, ...], Parameter(negative=(), help="a parameter as name=value")] = (),
    no_assumptions: Annotated[bool, Parameter(negative=(), help="leave assumed parameters unset")] = False,
    read: Read = AS_NAMED,
    laid: Laid = AS_WRITTEN,
    lang: Language = "en",
    json: Json = False,
) -> int:
    """Decide all past complaints of a file: outcomes, bad rows and evidence go to a folder, a summary is printed."""
    if suggest_mapping:
        return _suggest(ruleset, records, read, laid, lang)
    with packages():
        from complaint_rules.progress import shown_progress  # noqa: PLC0415 - opened by long commands alone
        from complaint_rules.simulating import Asked  # noqa: PLC0415 - optional packages are opened late
        from complaint_rules.simulation import Job  # noqa: PLC0415
        from complaint_rules.simulation import simulate as run  # noqa: PLC0415
        from complaint_rules.simulation_words import simulation_json, simulation_lines  # noqa: PLC0415

    domains = {n: p.type.domain for n, p in laid.ruleset(ruleset).parameters.items()}
    job = Job(
        ruleset, records, tuple(str(o) for o in laid.overlay), laid.day, settings_of(param, domains, "CR307"),
        not no_assumptions, read.mapping, read.encoding, read.delimiter, read.keep, max(part_rows, 1),
        asked=Asked(only or None, due, strict_calendar, lang),
    )  # fmt: skip
    with shown_progress(_AT_WORK.in_lang(lang)) as advance:
        found = run(job, out or _beside(records), jobs=jobs or os.cpu_count() or 1, resume=resume, progress=advance)
    if json:
        print_json(simulation_json(found))
    else:
        print_lines(*simulation_lines(found, lang))
    return FINDINGS if found.counts["quarantined"] or found.counts["undetermined"] else OK


def verify(
    folder: Annotated[Path, Parameter(help="the folder of a run")],
    /,
    *,
    records: Annotated[str | None, Parameter(help="where the records are now; by default where they were")] = None,
    sample: Annotated[int, Parameter(help="how many rows are decided once more, singly")] = 100,
    seed: Annotated[int, Parameter(help="by which they are drawn")] = 0,
    lang: Language = "en",
    json: Json = False,
) -> int:
    """Check a run's evidence: hashes, counts, and some rows decided singly against the records."""
    with packages():
        from complaint_rules.verifying import verify as findings_of  # noqa: PLC0415 - optional packages are opened late

    found = list(findings_of(folder, records=records, sample=sample, seed=seed))
    if json:
        print_json([{"holds": f.holds, "what": f.what.in_lang(lang)} for f in found])
    else:
        print_lines(*(f"{'✓' if f.holds else '✗'} {f.what.in_lang(lang)}" for f in found))
    return OK if all(f.holds for f in found) else FINDINGS


def compare(
    old: RulesetName,
    new: RulesetName,
    records: RecordsFile,
    /,
    *,
    by: Annotated[
        tuple[str, ...], Parameter(negative=(), help="a column by whose texts rows are counted as well")
    ] = (),
    only: Annotated[tuple[str, ...], Parameter(negative=(), help="a decision that is wanted; all by default")] = (),
    read: Read = AS_NAMED,
    lang: Language = "en",
    json: Json = False,
) -> int:
    """Say which past complaints another ruleset decides otherwise, for how much money, and by which edit."""
    with packages():
        from complaint_rules.moving import compare_records  # noqa: PLC0415 - optional packages are opened late
        from complaint_rules.moving_words import comparison_json, comparison_lines, examples_of  # noqa: PLC0415
        from complaint_rules.progress import shown_progress  # noqa: PLC0415
        from complaint_rules.simulation import Job  # noqa: PLC0415

    rules = (load(old), load(new))
    job = Job(new, records, mapping=read.mapping, encoding=read.encoding, delimiter=read.delimiter, keep=read.keep)
    opened, mapping = job.opened(rules[1])
    absent = [Diagnostic("CR542", args={"name": c, "columns": tuple(opened.schema.names)}) for c in by if c not in opened.schema.names]  # fmt: skip
    if absent:
        raise FactsError(absent)
    known_decisions(rules[1].ruleset, only)
    with shown_progress(_COMPARED.in_lang(lang)) as advance:
        found = compare_records(*rules, opened, mapping, only=only or None, by=by, progress=advance)
    examples = examples_of(found, opened, mapping, lang)
    if json:
        print_json(comparison_json(found, examples))
    else:
        print_lines(*comparison_lines(found, examples, lang))
    return FINDINGS if found.moved or found.refused else OK


def synthesise(
    ruleset: RulesetName,
    /,
    *,
    out: Annotated[Path, Parameter(help="the file for the records, .parquet or .csv")],
    rows: Annotated[int, Parameter(help="how many complaints")] = 1000,
    seed: Annotated[int, Parameter(help="the same seed makes the same complaints")] = 0,
    known: Annotated[float, Parameter(help="the chance that a fact is given, 0 to 1")] = 0.95,
    encoding: Annotated[Literal["utf-8", "gb18030"], Parameter(help="of a CSV file")] = "utf-8",
    events: Annotated[
        Path | None, Parameter(help="a file for histories, one entry a line, as `watch` takes it")
    ] = None,
    histories: Annotated[int, Parameter(help="of how many complaints")] = 1000,
    laid: Laid = AS_WRITTEN,
    lang: Language = "en",
) -> int:
    """Make up complaints that reach the bounds and values of a ruleset; every one is labelled synthetic."""
    with packages():
        from complaint_rules.synthesising import Synthetic, write_histories, write_records  # noqa: PLC0415 - optional

    rules = load(ruleset, overlays=laid.overlay, at=laid.day)
    made = Synthetic(rules, max(rows, 0), abs(seed), known)
    write_records(made, out, encoding=encoding)
    print_lines(_MADE.in_lang(lang).format(out, f"{made.rows:,}", made.label))
    if events is not None:
        count = write_histories(made, events, histories)
        print_lines(_HAPPENED.in_lang(lang).format(events, f"{count:,}"))
    return OK


def _beside(records: str) -> Path:
    return Path(f"{Path(records).stem}.simulated")


def _suggest(ruleset: str, records: str, read: Read, laid: Laid, lang: Lang) -> int:
    with packages():
        from complaint_rules.mapping_proposal import proposed_mapping  # noqa: PLC0415 - optional packages
        from complaint_rules.record_files import open_records  # noqa: PLC0415

    meant = read_ruleset(ruleset, overlays=laid.overlay, at=laid.day)
    opened = open_records(records, encoding=read.encoding, delimiter=read.delimiter)
    print_lines(proposed_mapping(opened, meant, lang).removesuffix("\n"))
    return OK
