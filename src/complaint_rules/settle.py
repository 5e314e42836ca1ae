"""Settle: one step's answer from the values it reads: tables, expressions and checklists."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal, localcontext
from functools import reduce
from operator import and_, getitem
from types import MappingProxyType
from typing import Any

from complaint_rules.answers import Answer, Decided, Missing, NotRegulated, Settled, Trace, Undetermined
from complaint_rules.compile import ChecklistStep, ExpressionStep, Step, TableStep, Way, picker, tables_of
from complaint_rules.domains import EXACT, NOT_REGULATED, Ordered, Sign, Truth
from complaint_rules.formula import unknown_names
from complaint_rules.memory import Memory
from complaint_rules.ruleset import ExpressionDecision, TableDecision
from complaint_rules.tables import Column, Hit, Table, UnknownValueError, Value, reachable
from complaint_rules.trees import UNKNOWN, OpenOperandError
from complaint_rules.words import Label

# What a step answers to the values known so far and the answers before it.
Settler = Callable[[Mapping[str, Any], Mapping[str, Answer]], Settled]

_POSSIBLE = 64
_ROUNDING = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "up": ROUND_UP, "down": ROUND_DOWN}


def settler(step: Step) -> Settler:
    """Return the function that settles a step; it remembers what it worked out."""
    match step:
        case TableStep():
            return _table_settler(step)
        case ExpressionStep():
            return _expression_settler(step)
        case ChecklistStep():
            return _checklist_settler(step)


def _by_values(names: Sequence[str], work: Callable[[Mapping[str, Any]], Settled]) -> Settler:
    """Return the settler that works from the values of these names, and remembers by them."""
    pick = picker(names)
    memory: Memory[tuple[Any, ...], Settled] = Memory(lambda key: work(dict(zip(names, key, strict=True))))
    return lambda values, _: memory[pick(values)]


def _by_boxes(table: Table, work: Callable[[int], Settled], opened: Settler) -> Settler:
    """Return the settler that works from the boxes that match, where every value that counts is known."""
    memory = Memory(work)
    names = [c.name for c in table.columns if table.tells_apart(c)]
    admitting = [table.admitting[n] for n in names]
    if not names:
        return lambda *_: memory[table.every_box]
    name, first, pick = names[0], admitting[0], picker(names)

    def settle_one(values: Mapping[str, Any], answers: Mapping[str, Answer]) -> Settled:
        try:
            return memory[first[values[name]]]
        except UnknownValueError:
            return opened(values, answers)

    def settle(values: Mapping[str, Any], answers: Mapping[str, Answer]) -> Settled:
        try:
            return memory[reduce(and_, map(getitem, admitting, pick(values)))]
        except UnknownValueError:
            return opened(values, answers)

    return settle if len(names) > 1 else settle_one


def of_boxes(step: TableStep | ChecklistStep) -> tuple[Table, Callable[[int], Settled]]:
    """Return the step's table, where no bound is unset, and what it settles when exactly these boxes match."""
    if isinstance(step, ChecklistStep):
        table = step.whole.only_table
        return table, lambda boxes: _known_checklist(step, table, boxes)
    table = step.only_table
    finals: Memory[Hit, Settled] = Memory(lambda hit: _final(step, hit.value, hit.rules))
    return table, lambda boxes: finals[table.hit(boxes)]


# --- tables ----------------------------------------------------------------------------------------


def _table_settler(step: TableStep) -> Settler:
    opened = _by_values(step.decision.inputs, lambda values: _table(step, values))
    return opened if step.unset else _by_boxes(*of_boxes(step), opened)


def _table(step: TableStep, values: Mapping[str, Any]) -> Settled:
    ways = tables_of(step, values)
    if ways is not None and len(ways) == 1 and not any(_is_unknown(values[c]) for c in step.decision.inputs):
        table = ways[0][1]
        hit = table.hit(_known_mask(table, values, table.columns))
        return _final(step, hit.value, hit.rules)
    return _open_table(step, values, ways)


def _is_unknown(value: Any) -> bool:
    return isinstance(value, (Missing, Undetermined))


def _known_mask(table: Table, values: Mapping[str, Any], columns: Iterable[Column]) -> int:
    mask = table.every_box
    for column in columns:
        mask &= table.admitting[column.name][values[column.name]]
    return mask


def _open_table(step: TableStep, values: Mapping[str, Any], ways: tuple[Way, ...] | None) -> Settled:
    outcomes: dict[Value, None] = {}
    matched: set[tuple[int, ...]] = set()
    waits: dict[str, None] = {}
    complete = ways is not None
    for way, table in ways or ():
        found = _Open.of(table, {**values, **way}, step.limits.completions)
        complete = complete and found.complete
        for mask in found.found:
            hit = table.hit(mask)
            outcomes[hit.value] = None
            matched.add(hit.rules)
        waits |= dict.fromkeys(found.mattering())
    possible = sorted({r for rules in matched for r in rules})
    if complete and len(outcomes) == 1:
        (value,) = outcomes
        sure = tuple(r for r in possible if all(r in rules for rules in matched))
        return _final(step, value, sure, tuple(r for r in possible if r not in sure))
    unset = step.unset if ways is None or len(ways) > 1 else ()
    holes = _holes(outcomes)
    complete = complete and not holes
    if ways is None:
        waits |= dict.fromkeys(c for c in step.decision.inputs if _is_unknown(values[c]))
    return _undetermined(step, outcomes if complete else None, possible, [*(values[c] for c in waits), *holes], unset)


@dataclass(frozen=True)
class _Open:
    """A table under known values, with the masks that each unknown column could still give."""

    table: Table
    start: int
    columns: Mapping[str, tuple[frozenset[int], ...]]
    limit: int
    found: frozenset[int]
    complete: bool

    @classmethod
    def of(cls, table: Table, values: Mapping[str, Any], limit: int) -> _Open:
        known = [c for c in table.columns if not _is_unknown(values[c.name])]
        start = _known_mask(table, values, known)
        columns = {c.name: _options(table, c, values[c.name], start) for c in table.columns if c not in known}
        found, complete = reachable(start, (o for axes in columns.values() for o in axes), limit)
        return cls(table, start, columns, limit, frozenset(found), complete)

    def mattering(self) -> list[str]:
        """Return the columns that alone can change the answer, for some values of the others."""
        return [n for n, axes in self.columns.items() if self._matters(n, axes)]

    def _matters(self, name: str, axes: tuple[frozenset[int], ...]) -> bool:
        if not self.complete or not axes:
            return bool(axes)
        choices = reachable(self.start, axes, self.limit)[0]
        others = (o for n, options in self.columns.items() if n != name for o in options)
        masks = reachable(self.start, others, self.limit)[0]
        return any(len({self.table.hit(m & o).value for o in choices}) > 1 for m in masks)


def _options(table: Table, column: Column, value: Any, start: int) -> tuple[frozenset[int], ...]:
    """Return, for each axis on which an unknown value makes a difference to `start`, the masks it can give."""
    if value.possible is None:
        axes = table.masks_of_any(column, silent=value.silent)
    else:
        axes = [{table.admitting[column.name][v] for v in value.possible}]
    alive = [frozenset(m & start for m in options) for options in axes]
    return tuple(a for a in alive if a != {start})


def _final(step: TableStep, value: Value, rules: tuple[int, ...], possible: tuple[int, ...] = ()) -> Settled:
    """Return a settled value; `possible` rules are those that may have given it too."""
    decision = step.decision
    holes = _holes((value,))
    if holes:
        return _undetermined(step, None, (*rules, *possible), holes, ())
    trace = _trace(step, [decision.rules[r].id for r in rules], [decision.rules[r].id for r in possible])
    names = step.hands_on
    if value is NOT_REGULATED:
        return NotRegulated(decision.refer_to, trace), dict.fromkeys(names, NOT_REGULATED)
    shown = public(value, decision)
    if len(names) == 1:
        return Decided(shown, trace), {names[0]: shown}
    return Decided(shown, trace), dict(zip(names, value, strict=True))  # type: ignore[arg-type]  # not a Sign here


def public(value: Value, decision: TableDecision) -> Any:
    """Return a table's value as callers see it: bare for one output, a read-only mapping for several."""
    if isinstance(value, Sign):
        return value
    several = len(decision.outputs) > 1
    if not several:
        return value[0]
    if decision.gives_list:
        return tuple(MappingProxyType(dict(zip(decision.outputs, v, strict=True))) for v in value[0])
    return MappingProxyType(dict(zip(decision.outputs, value, strict=True)))


def _holes(values: Iterable[Value]) -> list[Missing]:
    """Return the outputs that are parameters which nobody has set."""
    return [v for value in values if not isinstance(value, Sign) for v in value if isinstance(v, Missing)]


def _trace(step: TableStep, rules: Sequence[str], possible: Sequence[str] = ()) -> Trace:
    decision = step.decision
    named = {r.id: r for r in decision.rules if r.id in rules or r.id in possible}
    because = dict.fromkeys(c for r in (rules or possible) for c in named[r].because) or dict.fromkeys(decision.because)
    read = step.reads
    return Trace(
        decision.name, "table", tuple(rules), tuple(possible), {r: d.cells for r, d in named.items()}, tuple(because),
        tuple(n for n in read if n in step.ruleset.parameters), tuple(n for n in read if n not in step.ruleset.parameters),
        origins={r: str(d.span) for r, d in named.items() if d.span.file != step.ruleset.document.file},
    )  # fmt: skip


def _undetermined(
    step: TableStep, outcomes: Iterable[Value] | None, rules: Sequence[int], waits: Sequence[Any], unset: Sequence[str]
) -> Settled:
    decision = step.decision
    trace = _trace(step, (), [decision.rules[r].id for r in rules])
    values = None if outcomes is None else list(outcomes)
    if values is not None and len(values) > _POSSIBLE:
        values = None
    ask = tuple(dict.fromkeys(n for w in waits for n in w.ask))
    more = tuple(dict.fromkeys([n for w in waits for n in w.unset] + list(unset)))
    names = step.hands_on
    shown = None if values is None else tuple(public(v, decision) for v in values)
    silent = NOT_REGULATED in values if values is not None else decision.refer_to is not None
    answer = Undetermined(shown, ask, more, trace, silent)
    if len(names) == 1:
        return answer, {names[0]: answer}
    exports: dict[str, Any] = {}
    for at, name in enumerate(names):
        parts = None if values is None else tuple(dict.fromkeys(v if isinstance(v, Sign) else v[at] for v in values))
        one_left = parts is not None and len(parts) == 1
        exports[name] = parts[0] if parts and one_left else Undetermined(parts, ask, more, trace, silent)
    return answer, exports


# --- expressions -------------------------------------------------------------------------------------


def _expression_settler(step: ExpressionStep) -> Settler:
    exact, decided, name = step.decision.formula.exact, decided_number(step), step.name
    # What is open is one answer for equal operands, so that what rests on it is remembered as well.
    opened = _by_values(step.decision.formula.names, lambda values: _expression(step, values, {}))

    def settle(values: Mapping[str, Any], answers: Mapping[str, Answer]) -> Settled:
        try:
            answer, value = decided(exact(values))
        except (OpenOperandError, ArithmeticError):
            found = opened(values, answers)
            return _expression(step, values, answers) if isinstance(found[0], NotRegulated) else found
        return answer, {name: value}

    return settle


def trace_of(step: ExpressionStep) -> Trace:
    """Return why an expression says what it says: all that it reads."""
    return Trace(step.name, "expression", because=step.decision.because, used=step.decision.formula.names)


def decided_number(step: ExpressionStep) -> Callable[[Any], tuple[Answer, Any]]:
    """Return the function from what the formula came to, exactly, to the answer and its value."""
    rounded, trace = _rounder(step.decision), trace_of(step)

    def decided(exact: Any) -> tuple[Answer, Any]:
        value = rounded(exact)
        return Decided(value, trace), value

    return decided


def _expression(step: ExpressionStep, values: Mapping[str, Any], answers: Mapping[str, Answer]) -> Settled:
    decision, trace = step.decision, trace_of(step)
    value = decision.formula.run(values)
    if value is NOT_REGULATED:
        return NotRegulated(_referral(decision.formula.names, answers), trace), {step.name: NOT_REGULATED}
    may_be_silent = [v for v in map(values.__getitem__, decision.formula.names) if _is_unknown(v) and v.silent]
    if value is UNKNOWN or may_be_silent:
        return _open_expression(step, value, values, trace)
    rounded = _rounder(decision)(value)
    return Decided(rounded, trace), {step.name: rounded}


def _rounder(decision: ExpressionDecision) -> Callable[[Any], Any]:
    """Return what brings an exact value into the decision's type and onto its grid."""
    domain, step, rounding = decision.type.domain, decision.step, _ROUNDING.get(decision.rounding)
    number = int if isinstance(domain, Ordered) and domain.kind == "integer" else Decimal
    if not isinstance(domain, Ordered) or domain.kind not in ("integer", "decimal", "money"):
        return lambda value: value
    if step is None:
        return number

    def rounded(value: Any) -> Any:
        with localcontext(EXACT):
            return number((Decimal(value) / step).to_integral_value(rounding=rounding) * step)

    return rounded


def _open_expression(step: ExpressionStep, value: Any, values: Mapping[str, Any], trace: Trace) -> Settled:
    """Answer where an operand that matters is unknown, or may turn out not to be regulated."""
    operands = {n: values[n] for n in step.decision.formula.names}
    silent = any(_is_unknown(v) and v.silent for v in operands.values())
    silent = silent or step.decision.formula.may_divide_by_zero(values)
    names = dict.fromkeys(unknown_names(step.decision.formula, values.__getitem__)) if value is UNKNOWN else {}
    names |= dict.fromkeys(n for n, v in operands.items() if _is_unknown(v) and v.silent)
    ask = dict.fromkeys(a for n in names for a in (operands[n].ask if _is_unknown(operands[n]) else (n,)))
    unset = dict.fromkeys(a for n in names if _is_unknown(operands[n]) for a in operands[n].unset)
    decision = step.decision
    found: tuple[Any, ...] | None = None
    if value is not UNKNOWN:
        found = (_rounder(decision)(value),)
    elif isinstance(decision.type.domain, Truth):
        found = (True, False)
    possible = (*found, NOT_REGULATED) if found and silent else found
    answer = Undetermined(possible, tuple(ask), tuple(unset), trace, silent)
    return answer, {step.name: answer}


def _referral(names: Iterable[str], answers: Mapping[str, Answer]) -> Label | None:
    """Return whom the first silent operand refers to."""
    operands = (answers.get(n.partition(".")[0]) for n in names)
    return next((a.refer_to for a in operands if isinstance(a, NotRegulated)), None)


# --- checklists --------------------------------------------------------------------------------------


def _checklist_settler(step: ChecklistStep) -> Settler:
    opened = _by_values(step.decision.inputs, lambda values: _checklist(step, values))
    return opened if step.whole.unset else _by_boxes(*of_boxes(step), opened)


def _known_checklist(step: ChecklistStep, table: Table, boxes: int) -> Settled:
    held: frozenset[tuple[str, str]] = frozenset(table.outputs[r] for r in table.matching(boxes))
    parts = {i.id: [p for p in ("needs", "when") if (i.id, p) in held] for i in step.decision.items}
    return _concluded(step, {i: _item_status(p) for i, p in parts.items()}, ())


def _checklist(step: ChecklistStep, values: Mapping[str, Any]) -> Settled:
    decision = step.decision
    statuses: dict[str, str] = {}
    waits: list[Undetermined] = []
    for item, table in zip(decision.items, step.items, strict=True):
        answer, _ = _table(table, values)
        statuses[item.id] = _status(answer, all_needed=decision.all_needed)
        if statuses[item.id] == "open" and isinstance(answer, Undetermined):
            waits.append(answer)
    return _concluded(step, statuses, waits)


def _concluded(step: ChecklistStep, statuses: Mapping[str, str], waits: Sequence[Undetermined]) -> Settled:
    """Return the checklist's answer from the status of each item, and the items that wait."""
    decision = step.decision
    because = tuple(dict.fromkeys(c for i in decision.items if statuses[i.id] in ("unmet", "open") for c in i.because))
    later = [i.id for i in decision.items if statuses[i.id] in ("unmet", "open")]
    trace = Trace(
        step.name, "checklist", because=because or decision.because, used=decision.inputs, items=statuses,
        next=later[0] if decision.ordered and later else None,
    )  # fmt: skip
    value = _all(statuses.values()) if decision.all_needed else _any(statuses.values())
    if value is not None:
        return Decided(value, trace), {step.name: value}
    ask = tuple(dict.fromkeys(n for w in waits for n in w.ask))
    unset = tuple(dict.fromkeys(n for w in waits for n in w.unset))
    open_answer = Undetermined((True, False), ask, unset, trace)
    return open_answer, {step.name: open_answer}


def _status(answer: Answer, *, all_needed: bool) -> str:
    if isinstance(answer, Decided):
        return _item_status(answer.value)
    if isinstance(answer, Undetermined) and answer.possible is not None:
        found = {_item_status(v) for v in answer.possible}
        if len(found) == 1:
            return found.pop()
        if all_needed and "unmet" not in found:
            return "met"
        if not all_needed and "met" not in found:
            return "unmet"
    return "open"


def _item_status(held: Collection[str]) -> str:
    if "when" not in held:
        return "not_needed"
    return "met" if "needs" in held else "unmet"


def _all(statuses: Collection[str]) -> bool | None:
    return False if "unmet" in statuses else None if "open" in statuses else True


def _any(statuses: Collection[str]) -> bool | None:
    return True if "met" in statuses else None if "open" in statuses else False
