"""The command audit: past complaints in a file held against a ruleset; findings, figures, and a report to read."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from complaint_rules.audit_run import audit as audit_records
from complaint_rules.audit_summary import summary_json, summary_lines, write_summary
from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.printed import FINDINGS, OK, print_json, print_lines
from complaint_rules.ruleset import Ruleset
from complaint_rules.typed import AS_WRITTEN, Case, Json, Laid, Language, RulesetName, loaded

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
    now: Annotated[str | None, Parameter(help="up to which instant, in place of the mapping's `as_of`")] = None,
    calendar: Annotated[str | None, Parameter(help="a shipped calendar or a file, in place of the ruleset's")] = None,
    param: Annotated[tuple[str, ...], Parameter(negative=(), help="a parameter as name=value")] = (),
    no_assumptions: Annotated[bool, Parameter(negative=(), help="leave assumed parameters unset")] = False,
    laid: Laid = AS_WRITTEN,
    lang: Language = "en",
    json: Json = False,
) -> int:
    """Hold past complaints against a ruleset: what was done beside what was owed."""
    rules = loaded(ruleset, Case(param=param, no_assumptions=no_assumptions), laid)
    until = None if now is None else _instant(now, rules.ruleset)
    run = audit_records(rules, records, out=out, events=events, mapping=mapping, now=until, calendar=calendar)
    write_summary(run)
    if json:
        print_json(summary_json(run))
    else:
        print_lines(*summary_lines(run, lang))
    return FINDINGS if run.tally.total or run.tally.quarantined else OK


def _instant(text: str, ruleset: Ruleset) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        words = {"value": text, "expected": "2024-05-06T10:00"}
        raise FactsError([Diagnostic("CR302", args=words, where="--now")]) from None
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(ruleset.time_zone))
