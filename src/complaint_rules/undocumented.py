"""Undocumented: the parts of a ruleset that have no words for people, or name no clause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from complaint_rules.diagnostics import Diagnostic, Severity
from complaint_rules.ruleset import ChecklistDecision, InvocationDecision, ParameterKind, Ruleset, TableDecision
from complaint_rules.source import Path, Plain

# The sections whose entries people read by their label.
_SECTIONS: tuple[Path, ...] = (
    ("parameters",), ("inputs",), ("decisions",), ("deadlines",), ("events",), ("process", "steps"), ("triggers",),
    ("reports",), ("invariants",),
)  # fmt: skip


def unlabelled(ruleset: Ruleset) -> Iterator[Diagnostic]:
    """Yield the entries without words in Chinese; where English ones are missing, the id is read as such."""
    for section in _SECTIONS:
        entries = _at(ruleset.document.root, section)
        for name, entry in entries.items() if isinstance(entries, Mapping) else ():
            heard = _at(ruleset.document.root, ("events", _event(name, entry))) if section[-1] == "steps" else ""
            if not _is_labelled(entry, in_short=section == ("events",)) and not _is_labelled(heard, in_short=True):
                yield _note("CR233", ruleset, (*section, name), name)


def _at(root: Plain, path: Path) -> Plain:
    for key in path:
        root = root.get(str(key), "") if isinstance(root, dict) else ""
    return root


def _event(step: str, entry: Plain) -> str:
    """Return the event of a step, whose words are the step's where it has none."""
    return str(entry.get("event", step)) if isinstance(entry, dict) else step


def _is_labelled(entry: Plain, *, in_short: bool) -> bool:
    label = entry.get("label") if isinstance(entry, dict) else entry if in_short else None
    return bool(label.get("zh") if isinstance(label, dict) else label)


def uncited(ruleset: Ruleset) -> Iterator[Diagnostic]:
    """Yield the parts that name no clause, other than rules, triggers and reports, which have their own finding.

    A parameter whose number is assumed or not set, and a reading, say their reason instead; what asks another decision cites
    what that does.
    """
    for name, decision in ruleset.decisions.items():
        items = decision.items if isinstance(decision, ChecklistDecision) else ()
        is_cited = decision.because or (items and all(i.because for i in items))
        if not is_cited and not isinstance(decision, (TableDecision, InvocationDecision)):
            yield _note("CR234", ruleset, ("decisions", name), name)
    for name, parameter in ruleset.parameters.items():
        if parameter.kind is ParameterKind.VALUE and not parameter.because:
            section, _, cell = name.partition(".")
            path: Path = ("parameters", section, "value", cell) if cell else ("parameters", name)
            yield _note("CR234", ruleset, path, name)
    for name, deadline in ruleset.deadlines.items():
        if not deadline.because:
            yield _note("CR234", ruleset, ("deadlines", name), name)
    for name, step in ruleset.process.steps.items() if ruleset.process else ():
        if not step.because:
            yield _note("CR234", ruleset, ("process", "steps", name), name)


def _note(code: str, ruleset: Ruleset, path: Path, name: str) -> Diagnostic:
    return Diagnostic(code, ruleset.document.span(path, of_key=True), {"name": name}, severity=Severity.NOTE)
