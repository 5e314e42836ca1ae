"""Clauses: the index of what a source says, and where each clause is encoded, conduct only, or missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from complaint_rules.diagnostics import Diagnostic, RulesetError
from complaint_rules.ruleset import ChecklistDecision, Decision, Item, Rule, Ruleset, TableDecision
from complaint_rules.source import Document, read
from complaint_rules.words import Label, suggest


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a source: its reference, what it says, and whether it is advice to staff only."""

    id: str
    at: str
    says: Label
    conduct: bool


@dataclass(frozen=True, slots=True)
class ClauseMap:
    """Each clause as encoded (where), conduct, or missing; and the rules that cite none."""

    encoded: Mapping[str, tuple[str, ...]]
    conduct: tuple[str, ...]
    missing: tuple[str, ...]
    uncited: tuple[str, ...]
    not_in_index: tuple[str, ...]


def clauses_path(ruleset_path: Path) -> Path:
    """Return where the clause index of a ruleset file stands."""
    return ruleset_path.with_name(f"{ruleset_path.stem}.clauses.yaml")


def read_clauses(path: Path) -> dict[str, Clause]:
    """Return the clauses of an index file by id.

    Raises:
        RulesetError: it is not a clause index; every problem located.
    """
    document = read(path.read_bytes(), str(path))
    root = document.root if isinstance(document.root, dict) else {}
    entries = root.get("clauses")
    if not isinstance(entries, dict):
        raise RulesetError([Diagnostic("CR005", document.span(()), {"key": "clauses"})])
    problems = [
        Diagnostic("CR004", document.span((k,), of_key=True), {"key": k, "suggestion": suggest(k, _FILE_KEYS)})
        for k in root
        if k not in _FILE_KEYS
    ]
    found = {i: _clause(i, e, document, problems) for i, e in entries.items()}
    if problems:
        raise RulesetError(problems)
    return found


def _clause(name: str, entry: Any, document: Document, problems: list[Diagnostic]) -> Clause:
    fields = entry if isinstance(entry, dict) else {}
    path = ("clauses", name)
    problems += [
        Diagnostic("CR005", document.span(path, of_key=True), {"key": key})
        for key in ("at", "says")
        if key not in fields
    ]
    known = ("at", "says", "conduct")
    problems += [
        Diagnostic("CR004", document.span((*path, k), of_key=True), {"key": k, "known": known})
        for k in fields
        if k not in known
    ]
    wrong = {k: v for k, v in fields.items() if k in known and not _fits(k, v)}
    problems += [
        Diagnostic("CR006", document.span((*path, k)), {"value": v, "expected": _EXPECTED[k]}) for k, v in wrong.items()
    ]
    says = fields.get("says", "")
    label = Label(says.get("zh", ""), says.get("en", "")) if isinstance(says, dict) else Label(says, says)
    return Clause(name, str(fields.get("at", "")), label, fields.get("conduct") in ("yes", "true"))


_FILE_KEYS = ("ruleset", "clauses")
_EXPECTED = {"at": "a", "says": "{zh: …, en: …}", "conduct": "yes / no"}


def _fits(key: str, plain: Any) -> bool:
    if key == "conduct":
        return plain in ("yes", "true", "no", "false")
    if key == "says" and isinstance(plain, dict):
        return plain.keys() <= {"zh", "en"} and all(isinstance(v, str) for v in plain.values())
    return isinstance(plain, str)


def clause_map(ruleset: Ruleset, index: Mapping[str, Clause]) -> ClauseMap:
    """Return where each clause of the index is encoded, and what cites nothing."""
    places: dict[str, list[str]] = {}
    uncited: list[str] = []
    for place, because in _places(ruleset):
        for clause in because:
            places.setdefault(clause, []).append(place)
        if not because and place.startswith("decisions.") and place.count(".") == 2:
            uncited.append(place)
    encoded = {i: tuple(places[i]) for i in index if i in places}
    left = [i for i in index if i not in places]
    return ClauseMap(
        encoded,
        tuple(i for i in left if index[i].conduct),
        tuple(i for i in left if not index[i].conduct),
        tuple(uncited),
        tuple(i for i in places if i not in index),
    )


def _places(ruleset: Ruleset) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, parameter in ruleset.parameters.items():
        yield f"parameters.{name}", parameter.because
    for name, deadline in ruleset.deadlines.items():
        yield f"deadlines.{name}", deadline.because
        for milestone in deadline.milestones:
            yield f"deadlines.{name}.milestones.{milestone.name}", milestone.because or deadline.because
    for trigger in ruleset.triggers.values():
        yield f"triggers.{trigger.name}", trigger.because
    for report in ruleset.reports.values():
        yield f"reports.{report.name}", report.because
    for step in ruleset.process.steps.values() if ruleset.process else ():
        yield f"process.steps.{step.name}", step.because
    for name, decision in ruleset.decisions.items():
        yield f"decisions.{name}", decision.because
        for part in _parts(decision):
            yield f"decisions.{name}.{part.id}", part.because or decision.because


def _parts(decision: Decision) -> tuple[Rule | Item, ...]:
    match decision:
        case TableDecision(rules=rules):
            return rules
        case ChecklistDecision(items=items):
            return items
        case _:
            return ()


def ledger_ids(directory: Path, ruleset: str) -> dict[str, bool]:
    """Return the clause ids of an outside list `DIRECTORY/RULESET.yaml`, and which are conduct only.

    Raises:
        RulesetError: the file is missing or no such list.
    """
    path = directory / f"{ruleset}.yaml"
    if not path.is_file():
        raise RulesetError([Diagnostic("CR309", args={"name": str(path)})])
    root = read(path.read_bytes(), str(path)).root
    entries = root.get("clauses", []) if isinstance(root, dict) else []
    return {str(e["id"]): e.get("kind") == ["conduct"] for e in entries if isinstance(e, dict) and "id" in e}
