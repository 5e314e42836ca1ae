"""Column due writing: what a time limit came to as Arrow columns: when, the status, and what is still to be asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from complaint_rules.coded import Codes, Flags
from complaint_rules.column_buffers import Gathered
from complaint_rules.column_due import Reckoned, ReckonedDue, RefusedDue
from complaint_rules.column_writing import WORDS, array_of_list
from complaint_rules.deadlines import OpenDue
from complaint_rules.diagnostics import Diagnostic


@dataclass
class DueWriter:
    """The columns of one deadline; `kept` are those of the answers met so far, a null row last."""

    deadline: str
    zone: str
    strict: bool
    notes: Collection[str]
    held: list[list[Any]] = field(default_factory=list)  # of each column, for each answer met
    kept: list[Gathered] = field(default_factory=list)
    refused: dict[int, tuple[Diagnostic, ...]] = field(default_factory=dict)
    met: int = 0

    def anew(self) -> DueWriter:
        """Return a writer of the same columns that has met no answers."""
        return DueWriter(self.deadline, self.zone, self.strict, self.notes)

    @property
    def fields(self) -> list[tuple[str, Any]]:
        """The columns in order."""
        name = f"due.{self.deadline}"
        return [(f"{name}{ending}", kind) for ending, (kind, _) in self._columns().items()]

    def _columns(self) -> dict[str, tuple[Any, Callable[[Reckoned], Any]]]:
        found: dict[str, tuple[Any, Callable[[Reckoned], Any]]] = {
            "": (pa.timestamp("us", self.zone), lambda a: a.instant if isinstance(a, ReckonedDue) else None),
            ".status": (WORDS, lambda a: None if isinstance(a, RefusedDue) else a.status),
            ".provisional": (pa.bool_(), lambda a: a.provisional if isinstance(a, ReckonedDue) else None),
            ".ask": (WORDS, lambda a: _listed(a.ask) if isinstance(a, OpenDue) else None),
            ".unset": (WORDS, lambda a: _listed(a.unset) if isinstance(a, OpenDue) else None),
        }
        return {ending: column for ending, column in found.items() if not ending or ending[1:] in self.notes}

    def said(self, answer: Reckoned) -> Iterator[tuple[str, Any]]:
        """Yield each column's name and what stands in it for an answer."""
        shown = self._strictly(answer)
        yield from ((f"due.{self.deadline}{ending}", pick(shown)) for ending, (_, pick) in self._columns().items())

    def write(self, answers: Sequence[Reckoned], at: Codes, refused: Flags | None) -> list[Any]:
        """Return the columns of rows that have the answers of these numbers; nothing is said in the refused rows."""
        if self.met < len(answers) or not self.kept:
            self._keep(answers)
        places = at if refused is None else np.where(refused, np.int32(self.met), at)
        return [column.take(places, some_null=refused is not None) for column in self.kept]

    def refused_rows(self, at: Codes) -> dict[int, tuple[Diagnostic, ...]]:
        """Return the rows whose limit cannot be reckoned, and why."""
        return {int(row): found for n, found in self.refused.items() for row in np.flatnonzero(at == n)}

    def _keep(self, answers: Sequence[Reckoned]) -> None:
        """Note what the columns say of answers that were not met before."""
        columns = self._columns().values()
        self.held = self.held or [[] for _ in columns]
        new = [self._strictly(a) for a in answers[self.met :]]
        self.refused |= {n: a.problems for n, a in enumerate(new, self.met) if isinstance(a, RefusedDue)}
        self.met = len(answers)
        for said, (_, pick) in zip(self.held, columns, strict=True):
            said.extend(map(pick, new))
        kinds = (kind for kind, _ in columns)
        self.kept = [Gathered(array_of_list([*t, None], k)) for t, k in zip(self.held, kinds, strict=True)]

    def _strictly(self, answer: Reckoned) -> Reckoned:
        """Return the answer, undetermined where it rests on days which the calendar does not cover, if that is asked."""
        if self.strict and isinstance(answer, ReckonedDue) and answer.provisional:
            return OpenDue((), (), (), beyond_calendar=True)
        return answer


def _listed(names: Iterable[str]) -> str | None:
    return ", ".join(names) or None
