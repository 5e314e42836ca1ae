"""Untested: the facts of a ruleset that no example beside it gives, and the decisions of which one says the answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from complaint_rules.diagnostics import Diagnostic, Severity
from complaint_rules.limits import Limits
from complaint_rules.loading import deadline_reads, names_read
from complaint_rules.ruleset import Ruleset
from complaint_rules.source import Plain, read


@dataclass(frozen=True, slots=True)
class Shown:
    """What the examples of a file give, and tell of, and expect, by name."""

    given: frozenset[str]
    told: frozenset[str]
    expected: frozenset[str]


def shown_beside(path: Path, limits: Limits) -> Shown | None:
    """Return what the examples beside a ruleset file show; None without a file.

    What is wrong in it is for `test` to say; here a part of the wrong shape shows nothing.

    Raises:
        RulesetError: it is no YAML.
    """
    beside = path.with_name(f"{path.stem}.examples.yaml")
    if not beside.is_file():
        return None
    root = read(beside.read_bytes(), str(beside), limits).root
    examples = [_mapping(e) for e in _list(_mapping(root).get("examples"))]
    happened = [_mapping(h) for e in examples for key in ("events", "related") for h in _list(e.get(key))]
    given = {n for e in examples for n in _mapping(e.get("given"))} | {
        n for h in happened for n in _mapping(h.get("facts"))
    }
    expected = {n for e in examples for key in ("expect", "rules") for n in _mapping(e.get(key))}
    return Shown(frozenset(given), frozenset(str(h.get("event")) for h in happened), frozenset(expected))


def _mapping(plain: Plain | None) -> dict[str, Plain]:
    return plain if isinstance(plain, dict) else {}


def _list(plain: Plain | None) -> list[Plain]:
    return plain if isinstance(plain, list) else []


def never_shown(ruleset: Ruleset, shown: Shown | None) -> Iterator[Diagnostic]:
    """Yield the facts that decisions or time limits read and no example gives, nor follow from an event which one tells of.

    What a time limit makes happens by itself: a fact that follows from such an event is taken as shown. What only triggers read
    is shown by many complaints together, which no example tells.
    """
    if shown is None:
        return
    read_here = {n for d in ruleset.decisions.values() for n in names_read(d)}
    read_here |= {n for d in ruleset.deadlines.values() for n in deadline_reads(ruleset, d)}
    for name, fact in ruleset.inputs.items():
        heard = fact.fold.events if fact.fold else ()
        is_told = any(e in shown.told or "." in e for e in heard)
        if name in read_here and name not in shown.given and not is_told:
            span = ruleset.document.span(("inputs", name), of_key=True)
            yield Diagnostic("CR228", span, {"name": name}, severity=Severity.NOTE)
