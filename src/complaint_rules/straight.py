"""Straight: all steps as one generated function, for complaints of which every fact is known.

What it runs is what the settlers run: the boxes that match, found by one lookup a column. Generating the
function only spares the calls and dictionaries between the steps. Its text is made of numbered names and of
the quoted names of facts and decisions; values and functions are handed in, never written out.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from complaint_rules.answers import Answer, Decided, Missing, Settled
from complaint_rules.compile import ChecklistStep, ExpressionStep, Step, TableStep, read_by
from complaint_rules.domains import ABSENT, Sign, Truth
from complaint_rules.kinds import is_in
from complaint_rules.memory import Memory
from complaint_rules.ruleset import Ruleset
from complaint_rules.settle import Settler, decided_number, of_boxes, trace_of
from complaint_rules.tables import Table
from complaint_rules.trees import Apply, Constant, Logic, Name, Node, same

# Every answer by name, or None where a fact is missing.
Straight = Callable[[Mapping[str, Any]], dict[str, Answer] | None]

_SIGNS: Mapping[Callable[..., Any], str] = {
    operator.eq: "==", operator.ne: "!=", operator.lt: "<", operator.le: "<=", operator.gt: ">", operator.ge: ">=",
    is_in: "in",
}  # fmt: skip


def straight(steps: Sequence[tuple[Step, Settler]], ruleset: Ruleset, blank: Mapping[str, Any]) -> Straight:
    """Return the function that settles these steps in order."""
    writer = _Writer(ruleset, blank)
    for step, settler in steps:
        writer.step(step, settler)
    return writer.function([s.name for s, _ in steps])


class _Writer:
    """The function as it grows: its lines, the values handed in, and the variable that holds each name."""

    def __init__(self, ruleset: Ruleset, blank: Mapping[str, Any]) -> None:
        self.ruleset = ruleset
        self.blank = blank
        self.handed: dict[str, Any] = {"Sign": Sign, "ABSENT": ABSENT, "Fraction": Fraction}
        self.facts: list[str] = []
        self.lines: list[str] = []
        self.holds: dict[str, str] = {}
        self.answer_of: dict[str, str] = {}
        self.boxes: dict[Any, str] = {}
        self.open: set[str] = set()  # names that may hold something unknown, though every fact is known

    def hand(self, value: Any) -> str:
        name = f"c{len(self.handed)}"
        self.handed[name] = value
        return name

    def variable(self, name: str) -> str:
        """Return the variable that holds a fact, a parameter or what a decision handed on."""
        if name not in self.holds:
            self.holds[name] = f"v{len(self.holds)}"
            self._read(name)
        return self.holds[name]

    def _read(self, name: str) -> None:
        variable = self.holds[name]
        if name in self.ruleset.inputs:
            optional = self.ruleset.inputs[name].optional
            read = f"facts.get({name!r}, ABSENT)" if optional else f"facts[{name!r}]"
            self.facts.append(f"{variable} = {read}")
        else:
            self.facts.append(f"{variable} = {self.hand(self.blank[name])}")

    def step(self, step: Step, settler: Settler) -> None:
        names = read_by(step)
        if any(n in self.open or self._unset(n) for n in names):
            self._settled(step, settler, names)
            self.open |= set(step.hands_on)
        elif isinstance(step, ExpressionStep):
            self._expression(step, settler)
        else:
            self._by_boxes(step)
            if isinstance(step, TableStep) and step.may_be_unset:
                self.open |= set(step.hands_on)

    def _unset(self, name: str) -> bool:
        return name in self.ruleset.parameters and isinstance(self.blank[name], Missing)

    def _results(self, step: Step) -> str:
        """Return what the step's answer and values are assigned to."""
        answer = self.answer_of[step.name] = f"a{len(self.answer_of)}"
        names = step.hands_on
        for name in names:
            self.holds[name] = f"v{len(self.holds)}"
        held = ", ".join(self.holds[n] for n in names)
        return f"{answer}, ({held},)" if len(names) > 1 else f"{answer}, {held}"

    def _settled(self, step: Step, settler: Settler, names: Iterable[str]) -> None:
        """Write a call of the settler: what it reads may be unknown, absent or silent."""
        call = self._call(step, settler, names)
        self.lines.append(f"{self._results(step)} = {call}")

    def _call(self, step: Step, settler: Settler, names: Iterable[str]) -> str:
        return f"{self.hand(_called(step, settler))}({self._values(names)}, {self._answers(names)})"

    def _values(self, names: Iterable[str]) -> str:
        return "{" + ", ".join(f"{n!r}: {self.variable(n)}" for n in names) + "}"

    def _answers(self, names: Iterable[str]) -> str:
        decisions = dict.fromkeys(n.partition(".")[0] for n in names)
        return "{" + ", ".join(f"{d!r}: {self.answer_of[d]}" for d in decisions if d in self.answer_of) + "}"

    def _by_boxes(self, step: TableStep | ChecklistStep) -> None:
        table, settle = of_boxes(step)
        memory = self.hand(Memory(_in_order(step, settle)))
        boxes = self._matching(step, table)
        self.lines.append(f"{self._results(step)} = {memory}[{boxes}]")

    def _matching(self, step: TableStep | ChecklistStep, table: Table) -> str:
        """Return the variable of the boxes that match; tables with the same conditions share it."""
        conditions = _conditions(step)
        if conditions not in self.boxes:
            fixed, found = table.every_box, []
            for column in filter(table.tells_apart, table.columns):
                if column.name in self.ruleset.parameters:
                    fixed &= table.admitting[column.name][self.blank[column.name]]
                else:
                    found.append(f"{self.hand(table.admitting[column.name])}[{self.variable(column.name)}]")
            found += [] if found and fixed == table.every_box else [self.hand(fixed)]
            self.boxes[conditions] = f"b{len(self.boxes)}"
            self.lines.append(f"{self.boxes[conditions]} = {' & '.join(found)}")
        return self.boxes[conditions]

    def _expression(self, step: ExpressionStep, settler: Settler) -> None:
        """Write the formula; a sign among its operands, or a quotient by zero, goes to the settler."""
        formula = step.decision.formula
        if any(n in self.ruleset.inputs and self.ruleset.inputs[n].optional for n in formula.names):
            self.open.add(step.name)  # an absent operand leaves it open
        signs = " or ".join(f"{self.variable(n)}.__class__ is Sign" for n in formula.names if self._may_be_sign(n))
        known, call = self._known(step), self._call(step, settler, formula.names)
        results = self._results(step)
        usual = f"{results} = {call} if {signs} else {known}" if signs else f"{results} = {known}"
        self.lines += ["try:", f" {usual}", "except ArithmeticError:", f" {results} = {call}"]

    def _known(self, step: ExpressionStep) -> str:
        decision = step.decision
        text = self._formula(decision.formula.root)
        if isinstance(decision.type.domain, Truth):
            trace = trace_of(step)
            yes, no = (self.hand((Decided(v, trace), v)) for v in (True, False))
            return f"{yes} if {text} else {no}"
        finish = decision.formula.finish
        exact = text if finish is same else f"{self.hand(finish)}({text})"
        return f"{self.hand(decided_number(step))}({exact})"

    def _may_be_sign(self, name: str) -> bool:
        fact = self.ruleset.inputs.get(name)
        return fact.optional if fact else name not in self.ruleset.parameters

    def _formula(self, node: Node) -> str:
        match node:
            case Name(_, name, in_fractions):
                return f"Fraction({self.variable(name)})" if in_fractions else self.variable(name)
            case Constant(_, value, _):
                return self.hand(value)
            case Logic(_, decisive, left, right):
                return f"({self._formula(left)} {'or' if decisive else 'and'} {self._formula(right)})"
            case Apply(_, function, (left, right)) if function in _SIGNS:
                return f"({self._formula(left)} {_SIGNS[function]} {self._formula(right)})"
            case Apply(_, function, parts):
                return f"{self.hand(function)}({', '.join(map(self._formula, parts))})"

    def function(self, names: Iterable[str]) -> Straight:
        """Return the function written so far."""
        body = [
            "def run(facts):", " try:", *(f"  {line}" for line in self.facts or ["pass"]),
            " except KeyError:", "  return None", *(f" {line}" for line in self.lines),
            " return {" + ", ".join(f"{n!r}: {self.answer_of[n]}" for n in names) + "}",
        ]  # fmt: skip
        exec(compile("\n".join(body), "<complaint_rules.straight>", "exec"), self.handed)  # noqa: S102 - see above
        made: Straight = self.handed["run"]
        return made


def _called(step: Step, settler: Settler) -> Callable[..., tuple[Answer, Any]]:
    """Return the settler, its values in the order of their names instead of by name."""
    names = step.hands_on

    def call(values: Mapping[str, Any], answers: Mapping[str, Answer]) -> tuple[Answer, Any]:
        return _ordered(settler(values, answers), names)

    return call


def _in_order(step: Step, settle: Callable[[int], Settled]) -> Callable[[int], tuple[Answer, Any]]:
    names = step.hands_on
    return lambda boxes: _ordered(settle(boxes), names)


def _ordered(settled: Settled, names: Sequence[str]) -> tuple[Answer, Any]:
    answer, exports = settled
    return answer, exports[names[0]] if len(names) == 1 else tuple(exports[n] for n in names)


def _conditions(step: TableStep | ChecklistStep) -> Any:
    """Return what decides the boxes that match: the columns, and each rule's tests."""
    if isinstance(step, ChecklistStep):
        step = step.whole
    rules = tuple(tuple(frozenset(w.items()) for w in r.when) for r in step.decision.rules)
    return step.decision.inputs, rules
