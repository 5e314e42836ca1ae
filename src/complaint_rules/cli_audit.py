"""The command audit: past complaints in a file held against a ruleset; findings, figures, and a report to read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from complaint_rules.audit_page import write_page
from complaint_rules.audit_run import AuditRun
from complaint_rules.audit_run import audit as audit_records
from complaint_rules.audit_sheet import write_sheet
from complaint_rules.audit_summary import summary_json, summary_lines, write_summary
from complaint_rules.clauses import Clause
from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.library import clause_index
from complaint_rules.printed import FINDINGS, OK, print_json, print_lines
from complaint_rules.ruleset import Ruleset
from complaint_rules.typed import AS_WRITTEN, Case, Json, Laid, Language, RulesetName, loaded
from complaint_rules.words import Lang

RecordsFile = Annotated[Path, Parameter(help="file of complaints, one a row: CSV (UTF-8, GB18030) or Parquet")]
EventsFile = Annotated[Path | None, Parameter(help="log of events: CSV, Parquet or XES")]


def audit(
    ruleset: RulesetName,
    records: RecordsFile,
    events: EventsFile = None,
    /,
    *,
    out: Annotated[Path, Parameter(help="folder for the findings, the quarantined rows and the summary")],
    mapping: Annotated[Path | None, Parameter(help="file that says which column is what (docs/audit.md)")] = None,
    report: Annotated[Path | None, Parameter(help="write the report, one HTML page, and a workbook beside it")] = None,
    now: Annotated[str | None, Parameter(help="up to which instant, in place of the mapping's `as_of`")] = None,
    calendar: Annotated[str | None, Parameter(help="a shipped calendar or a file, in place of the ruleset's")] = None,
    param: Annotated[tuple[str, ...], Parameter(negative=(), help="a parameter as name=value")] = (),
    no_assumptions: Annotated[bool, Parameter(negative=(), help="leave assumed parameters unset")] = False,
    laid: Laid = AS_WRITTEN,
    lang: Language = "en",
    json: Json = False,
) -> int:
    """Hold past complaints against a ruleset: what was done beside what was owed."""
    if report and report.suffix.lower() not in (".html", ".htm"):
        raise FactsError([Diagnostic("CR302", args={"value": str(report), "expected": ".html"}, where="--report")])
    rules = loaded(ruleset, Case(param=param, no_assumptions=no_assumptions), laid)
    until = None if now is None else _instant(now, rules.ruleset)
    run = audit_records(rules, records, out=out, events=events, mapping=mapping, now=until, calendar=calendar)
    write_summary(run)
    written = _report(run, clause_index(ruleset, laid.overlay), report, lang) if report else ()
    if json:
        print_json(summary_json(run))
    else:
        print_lines(*summary_lines(run, lang), *(["", *map(str, written)] if written else ()))
    return FINDINGS if run.tally.total or run.tally.quarantined else OK


def _report(run: AuditRun, clauses: Mapping[str, Clause], path: Path, lang: Lang) -> tuple[Path, ...]:
    """Write the page, and the workbook beside it."""
    made = datetime.now(UTC)
    write_page(run, clauses, path, lang, made=made)
    write_sheet(run, path.with_suffix(".xlsx"), lang, made=made)
    return path, path.with_suffix(".xlsx")


def _instant(text: str, ruleset: Ruleset) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        words = {"value": text, "expected": "2024-05-06T10:00"}
        raise FactsError([Diagnostic("CR302", args=words, where="--now")]) from None
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(ruleset.time_zone))
