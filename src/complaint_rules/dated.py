"""Dated: a ruleset whose parameters and rules change over time, as the versions that were in force one after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from complaint_rules.diagnostics import RulesetError
from complaint_rules.overlay import KINDS, LISTS
from complaint_rules.parts import Copier, Part, whole
from complaint_rules.source import Document, Path
from complaint_rules.words import Label

_DAY = timedelta(days=1)
_MOST = 64


@dataclass(frozen=True, slots=True)
class Version:
    """What was in force from one day to another, both included; None is without end."""

    start: date | None
    end: date | None
    document: Document


def versions(document: Document) -> list[Version]:
    """Return the versions of a document in the order of time; one that nothing dates has one version.

    Raises:
        RulesetError: a date is no date, or the dates of one parameter do not go up.
    """
    reader = _Reader()
    root = whole(document)
    start, end = reader.period(root.get("effective"))
    cuts = sorted({d for d in reader.cuts(root) if (not start or d > start) and (not end or d <= end)})
    if len(cuts) >= _MOST:
        reader.problem("CR008", root, "effective", what=Label("版本数", "versions"), most=_MOST)
    if reader.problems:
        raise RulesetError(reader.problems)
    starts = [start, *cuts]
    ends = [*(d - _DAY for d in cuts), end]
    return [Version(s, e, _as_of(document, s)) for s, e in zip(starts, ends, strict=True)]


class _Reader(Copier):
    """Reads dates, and notes those that are none."""

    def day(self, part: Part, key: str) -> date | None:
        if key not in part:
            return None
        try:
            return date.fromisoformat(part[key].plain)
        except (ValueError, TypeError):
            self.problem("CR103", part, key, value=part[key].plain, expected="2024-05-06")
            return None

    def period(self, part: Part | None) -> tuple[date | None, date | None]:
        if part is None:
            return None, None
        start, end = self.day(part, "from"), self.day(part, "to")
        if start and end and start > end:
            self.problem("CR116", part, "to", low=part["from"].plain, high=part["to"].plain)
        return start, end

    def cuts(self, root: Part) -> Iterator[date]:
        """Yield each first day on which something differs from the day before."""
        for entry in _named(root, "parameters"):
            yield from self._steps(entry)
        for decision in _named(root, "decisions"):
            for rule in (r for key in LISTS if key in decision for r in decision[key].entries):
                start, end = self.period(rule)
                yield from (d for d in (start, end + _DAY if end and end < date.max else None) if d)

    def _steps(self, parameter: Part) -> Iterator[date]:
        if "dated" not in parameter:
            return
        if any(kind in parameter for kind in KINDS):
            self.problem("CR113", parameter, "dated", parameter=parameter.path[-1])
        last: date | None = None
        for at, step in enumerate(parameter["dated"].entries):
            start = self.day(step, "from")
            if at and (start is None or (last and start <= last)):
                self.problem("CR103", step, "from", value=start or "", expected=f"> {last or ''}")
            last = start or last
            if start:
                yield start


def _named(root: Part, section: str) -> list[Part]:
    return [root[section][n] for n in root[section].keys] if section in root else []


def _as_of(document: Document, day: date | None) -> Document:
    """Return the document as it was in force on a day (None: before every date), without its dates."""
    taker = _Taker(day or date.min)
    root = taker.take(whole(document), ())
    return Document(document.file, root, document.text, taker.values, taker.keys, document.overlays)


class _Taker(Copier):
    """Copies what is in force on a day."""

    def __init__(self, day: date) -> None:
        super().__init__()
        self.reader = _Reader()
        self.on = day

    def take(self, part: Part, at: Path) -> Any:
        match part.path:
            case ("decisions", _, key) if key in LISTS:
                return self._list(part, at)
            case ("parameters", _) if "dated" in part:
                return self._parameter(part, at)
        return super().take(part, at)

    def _list(self, part: Part, at: Path) -> Any:
        if not isinstance(part.plain, list):
            return super().take(part, at)
        self.mark(part, at)
        kept = [r for r in part.entries if self._holds(r)]
        return [self._undated(r, (*at, i)) for i, r in enumerate(kept)]

    def _holds(self, rule: Part) -> bool:
        start, end = self.reader.period(rule)
        return (start is None or start <= self.on) and (end is None or self.on <= end)

    def _undated(self, part: Part, at: Path) -> Any:
        if not isinstance(part.plain, dict):
            return super().take(part, at)
        self.mark(part, at)
        return {k: super(_Taker, self).take(part[k], (*at, k)) for k in part.keys if k not in ("from", "to")}

    def _parameter(self, part: Part, at: Path) -> Any:
        """Return the parameter with the keys of its last step so far; before the first it is unset."""
        self.mark(part, at)
        plain = {k: super(_Taker, self).take(part[k], (*at, k)) for k in part.keys if k != "dated"}
        starts = [(self.reader.day(s, "from") or date.min, s) for s in part["dated"].entries]
        begun = [s for start, s in starts if start <= self.on]
        if not begun:
            self.values[*at, "unset"] = part["dated"].span()
            return {**plain, "unset": "yes"}
        return plain | {k: super(_Taker, self).take(begun[-1][k], (*at, k)) for k in begun[-1].keys if k != "from"}
