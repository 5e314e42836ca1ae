"""Column settling: one step over many rows, each distinct combination of cells settled as for one complaint."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from complaint_rules.answers import Answer, Decided, NotRegulated, Undetermined
from complaint_rules.coded import NUMBER, Codes, Column, Numbers, Rows, Values, content
from complaint_rules.column_cells import Cells, Combinations
from complaint_rules.column_formula import Worked, Working, can_be_worked
from complaint_rules.compile import ChecklistStep, ExpressionStep, Step
from complaint_rules.settle import Settler, decided_number
from complaint_rules.tables import Table


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The number of each row's answer, and the columns that the step hands on."""

    answers: Codes
    columns: Mapping[str, Column]


@dataclass
class Block:
    """Some rows: the columns by name, and what was answered so far, by decision."""

    rows: int
    columns: dict[str, Column]
    answered: dict[str, tuple[Settling, Codes]]

    def answers_at(self, decision: str, rows: Rows) -> list[Answer | None]:
        """Return a decision's answers in some rows; None for a number that was worked out."""
        settling, numbers = self.answered[decision]
        return [settling.answers[n] for n in numbers[rows].tolist()]

    def take(self, rows: Rows) -> Block:
        """Return the block of some of the rows."""
        columns = {n: c.take(rows) for n, c in self.columns.items()}
        return Block(len(rows), columns, {n: (s, a[rows]) for n, (s, a) in self.answered.items()})


class Settling:
    """A step, the names that vary by row, and the answers that it gave so far."""

    def __init__(
        self, step: Step, settle: Settler, blank: Mapping[str, Any], reads: Sequence[str], varying: frozenset[str]
    ) -> None:
        self.step, self.settle = step, settle
        self.varying = [n for n in reads if n in varying]
        self.constant = {n: blank[n] for n in reads if n not in varying}
        # Only an expression reads answers: to say whom a silent operand refers to.
        sources = (n.partition(".")[0] for n in reads) if isinstance(step, ExpressionStep) else ()
        self.before = tuple(dict.fromkeys(sources))
        self.combinations = Combinations([Cells(n, t) for n, t in _told_apart(step, self.varying)])
        self.exports = {n: Values() for n in step.hands_on}
        self.answers: list[Answer | None] = [None]  # number 0 is an exact number, see `Column`
        self.numbers: dict[Hashable, int] = {}
        self.met: dict[int, tuple[Answer, int]] = {}
        self.handed: dict[str, list[int]] = {n: [NUMBER] for n in step.hands_on}
        workable = isinstance(step, ExpressionStep) and can_be_worked(step, blank, varying)
        self.working = Working(step, blank) if workable and isinstance(step, ExpressionStep) else None

    def run(self, block: Block) -> Outcomes:
        """Return the answer of each row."""
        worked = self.working.run(block.columns, block.rows) if self.working else None
        return self._settled(block) if worked is None else self._worked(block, worked)

    def _settled(self, block: Block) -> Outcomes:
        numbers = self.combinations.numbers(block.columns, block.rows, lambda rows: self._settle(block, rows))
        columns = {n: Column(np.array(self.handed[n], np.int32).take(numbers), v) for n, v in self.exports.items()}
        return Outcomes(numbers, columns)

    def _settle(self, block: Block, rows: Rows) -> list[int]:
        """Settle some rows, one by one."""
        given = [block.columns[n].values_at(rows) for n in self.varying]
        before = {d: block.answers_at(d, rows) for d in self.before if d in block.answered}
        found: list[int] = []
        for at in range(len(rows)):
            values = {**self.constant, **{n: held[at] for n, held in zip(self.varying, given, strict=True)}}
            answers = {d: a for d, held in before.items() if (a := held[at]) is not None}
            found.append(self.number_of(*self.settle(values, answers)))
        return found

    def _worked(self, block: Block, worked: Worked) -> Outcomes:
        """Return what was worked out, and in the rows where it is not sure what is settled there."""
        numbers, codes, found = self._certain(worked, block.rows)
        name = self.step.name
        if worked.sure is not None:
            rows = np.flatnonzero(~worked.sure)
            settled = self._settled(block.take(rows))
            numbers[rows], codes[rows] = settled.answers, settled.columns[name].codes
        return Outcomes(numbers, {name: Column(codes, self.exports[name], found)})

    def _certain(self, worked: Worked, rows: int) -> tuple[Codes, Codes, Numbers | None]:
        if isinstance(worked.found, Numbers):
            return np.zeros(rows, np.int32), np.zeros(rows, np.int32), worked.found
        truths = [self._truth(False), self._truth(True)]
        numbers = np.where(worked.found, truths[1], truths[0]).astype(np.int32)
        return numbers, np.array(self.handed[self.step.name], np.int32).take(numbers), None

    def _truth(self, value: bool) -> int:
        assert isinstance(self.step, ExpressionStep)  # noqa: S101 - nothing else is worked out
        answer, held = decided_number(self.step)(value)
        return self.number_of(answer, {self.step.name: held})

    def number_of(self, answer: Answer, exports: Mapping[str, Any]) -> int:
        """Return the number of an answer; equal ones share it."""
        met = self.met.get(id(answer))
        if met is not None:
            return met[1]
        handed = {n: v.code_of(exports[n]) for n, v in self.exports.items()}
        key = (_said(answer), tuple(handed.values()))
        found = self.numbers.get(key)
        if found is None:
            found = self.numbers[key] = len(self.answers)
            self.answers.append(answer)
            for name, code in handed.items():
                self.handed[name].append(code)
        self.met[id(answer)] = answer, found  # kept with its answer, so that the id stays its own
        return found

    @property
    def kept(self) -> int:
        """How much is remembered."""
        return self.combinations.kept + len(self.answers) + len(self.met)


def _told_apart(step: Step, varying: Sequence[str]) -> list[tuple[str, Table | None]]:
    """Return the names that make a difference, each with the table that cuts it into cells, if one does."""
    if isinstance(step, ExpressionStep):
        return [(n, None) for n in varying]
    whole = step.whole if isinstance(step, ChecklistStep) else step
    if whole.unset:
        # Where a bound is unset, what is asked depends on the very values that are compared with it.
        return [(n, None) for n in varying]
    table = whole.only_table
    apart = {c.name for c in table.columns if table.tells_apart(c)}
    return [(n, table) for n in varying if n in apart]


def _said(answer: Answer) -> Hashable:
    """Return what a column can tell of an answer."""
    trace = answer.trace
    why = (trace.rules, tuple(trace.items.items()))
    match answer:
        case Decided(value):
            return Decided, content(value), why
        case Undetermined(_, ask, unset):
            return Undetermined, ask, unset, why
        case NotRegulated(refer_to):
            return NotRegulated, refer_to, why
