"""complaint_rules: what organisations promise about complaints, as rulesets that can be run, asked and checked."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from complaint_rules.answers import Decided, DecisionResult, NotRegulated, Trace, Undetermined
    from complaint_rules.audit_run import AuditRun, audit
    from complaint_rules.batch import decide_columns
    from complaint_rules.changes import Changes
    from complaint_rules.changes_words import changes_json, changes_text
    from complaint_rules.comparing import diff
    from complaint_rules.compile import CompiledRuleset
    from complaint_rules.contrast import WhyNot, why_not
    from complaint_rules.contrast_words import explain_why_not
    from complaint_rules.deadlines import DueAnswer, NotDue, OpenDue
    from complaint_rules.diagnostics import (
        ComplaintRulesError,
        Diagnostic,
        FactsError,
        NoDecisionError,
        RulesetError,
        Severity,
        Span,
    )
    from complaint_rules.domains import NOT_REGULATED
    from complaint_rules.facts import facts_schema
    from complaint_rules.library import check_text, decide, due, load, load_text, replay, reports_due
    from complaint_rules.monitor import Escalation, Monitor, Retraction
    from complaint_rules.prose import explain
    from complaint_rules.replayed import Replay
    from complaint_rules.reporting import OpenReport, ReportDue
    from complaint_rules.words import Label

__version__ = "0.1.0"

_ROOMS = {
    "audit_run": ("AuditRun", "audit"),
    "batch": ("decide_columns",),
    "changes": ("Changes",),
    "changes_words": ("changes_json", "changes_text"),
    "comparing": ("diff",),
    "compile": ("CompiledRuleset",),
    "contrast": ("WhyNot", "why_not"),
    "contrast_words": ("explain_why_not",),
    "deadlines": ("DueAnswer", "NotDue", "OpenDue"),
    "answers": ("Decided", "DecisionResult", "NotRegulated", "Trace", "Undetermined"),
    "diagnostics": (
        "ComplaintRulesError", "Diagnostic", "FactsError", "NoDecisionError", "RulesetError", "Severity", "Span",
    ),
    "domains": ("NOT_REGULATED",),
    "monitor": ("Escalation", "Monitor", "Retraction"),
    "prose": ("explain",),
    "facts": ("facts_schema",),
    "library": ("check_text", "decide", "due", "load", "load_text", "replay", "reports_due"),
    "replayed": ("Replay",),
    "reporting": ("OpenReport", "ReportDue"),
    "words": ("Label",),
}  # fmt: skip
_HOME = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = ["NOT_REGULATED", "AuditRun", "Changes", "CompiledRuleset", "ComplaintRulesError", "Decided", "DecisionResult", "Diagnostic", "DueAnswer", "Escalation", "FactsError", "Label", "Monitor", "NoDecisionError", "NotDue", "NotRegulated", "OpenDue", "OpenReport", "Replay", "ReportDue", "Retraction", "RulesetError", "Severity", "Span", "Trace", "Undetermined", "WhyNot", "audit", "changes_json", "changes_text", "check_text", "decide", "decide_columns", "diff", "due", "explain", "explain_why_not", "facts_schema", "load", "load_text", "replay", "reports_due", "why_not"]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Open the room that owns a name when the name is first asked for."""
    if name in _HOME:
        value = getattr(import_module(f"complaint_rules.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'complaint_rules' has no attribute {name!r}")
