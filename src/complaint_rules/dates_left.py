"""Dates left: the days on which what should be in force is not, and the rows that never come into force."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from complaint_rules.diagnostics import Diagnostic, Severity
from complaint_rules.overlay import LISTS
from complaint_rules.source import Document, Path, Plain
from complaint_rules.words import Label

_DAY = timedelta(days=1)
_FIRST, _LAST = date.min, date.max


def dates_left(document: Document) -> Iterator[Diagnostic]:
    """Yield the gaps between rows of one rule, the steps of parameters that begin late, and what never comes into force.

    The document has been read as versions before, so that its dates are dates.
    """
    root = _entries(document.root)
    start, end = _period(root.get("effective", {}))
    for name, parameter in _entries(root.get("parameters", {})).items():
        steps = _entries(parameter).get("dated")
        if isinstance(steps, list) and steps:
            yield from _steps(document, name, [_period(s)[0] for s in steps], (start, end))
    for name, decision in _entries(root.get("decisions", {})).items():
        for key in LISTS:
            rows = _entries(decision).get(key)
            if isinstance(rows, list):
                yield from _rows(document, ("decisions", name, key), rows, (start, end))


def _entries(plain: Plain) -> dict[str, Plain]:
    return plain if isinstance(plain, dict) else {}


def _period(plain: Plain) -> tuple[date, date]:
    entry = _entries(plain)
    start, end = entry.get("from"), entry.get("to")
    return (
        date.fromisoformat(start) if isinstance(start, str) else _FIRST,
        date.fromisoformat(end) if isinstance(end, str) else _LAST,
    )


def _steps(document: Document, name: str, starts: list[date], force: tuple[date, date]) -> Iterator[Diagnostic]:
    path: Path = ("parameters", name, "dated")
    if _FIRST < force[0] < starts[0] <= force[1]:
        yield _left(document, ("parameters", name), name, force[0], starts[0] - _DAY)
    for at, (step, after) in enumerate(zip(starts, [*starts[1:], None], strict=True)):
        if step > force[1] or (after is not None and after <= force[0]):
            yield _never(document, (*path, at), name)


def _rows(document: Document, path: Path, rows: list[Plain], force: tuple[date, date]) -> Iterator[Diagnostic]:
    periods: dict[str, list[tuple[date, date, int]]] = {}
    for at, row in enumerate(rows):
        start, end = _period(row)
        name = f"{path[1]}.{_entries(row).get('id')}"
        periods.setdefault(name, []).append((start, end, at))
        if start > force[1] or end < force[0]:
            yield _never(document, (*path, at), name)
    for name, parts in periods.items():
        parts.sort()
        for (_, end, _), (start, _, at) in pairwise(parts):
            if end < start:
                first, last = max(end + _DAY, force[0]), min(start - _DAY, force[1])
                if first <= last:
                    yield _left(document, (*path, at), name, first, last)


def _left(document: Document, path: Path, name: str, first: date, last: date) -> Diagnostic:
    words = {"name": name, "first": first, "last": last}
    return Diagnostic("CR229", document.span(path, of_key=True), words, severity=Severity.WARNING)


def _never(document: Document, path: Path, name: str) -> Diagnostic:
    reason = Label("所写的日期都在规则集施行期之外", "its days lie outside those on which the ruleset is in force")
    return Diagnostic("CR230", document.span(path), {"name": name, "reason": reason}, severity=Severity.WARNING)
