"""Decide: facts in; for each decision a value, what is still to be asked, or that the procedure is silent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal, localcontext
from types import MappingProxyType
from typing import Any, ClassVar

from complaint_rules.compile import (
    ChecklistStep,
    CompiledRuleset,
    ExpressionStep,
    TableStep,
    Way,
    tables_of,
)
from complaint_rules.diagnostics import Diagnostic, NoDecisionError
from complaint_rules.domains import ABSENT, EXACT, NOT_REGULATED, Ordered, Sign, Truth
from complaint_rules.formula import UNKNOWN, unknown_names
from complaint_rules.ruleset import ParameterKind, TableDecision, Type
from complaint_rules.tables import Column, Table, Value, reachable
from complaint_rules.values import to_json
from complaint_rules.words import Label

_MEMO = 20_000
_POSSIBLE = 64
_ROUNDING = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "up": ROUND_UP, "down": ROUND_DOWN}


@dataclass(frozen=True, slots=True)
class Trace:
    """Why: the rules that decided (or still may), their cells and clauses, and what was read."""

    decision: str
    kind: str
    rules: tuple[str, ...] = ()
    possible_rules: tuple[str, ...] = ()
    cells: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    because: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    items: Mapping[str, str] = field(default_factory=dict)
    next: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Missing:
    """A fact that was not given, or a parameter that is not set: it could have any value."""

    ask: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    possible: None = None
    silent: ClassVar[bool] = False
    is_unknown: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Decided:
    """The procedure's answer, and why."""

    value: Any
    trace: Trace
    status: ClassVar[str] = "decided"


@dataclass(frozen=True, slots=True, eq=False)
class Undetermined:
    """What is not known could change the answer: the facts to `ask`, the parameters `unset`.

    `possible` are the answers still open, or None where they were not counted; `silent` says that
    the procedure may also turn out not to regulate it.
    """

    possible: tuple[Any, ...] | None
    ask: tuple[str, ...]
    unset: tuple[str, ...]
    trace: Trace
    silent: bool = False
    status: ClassVar[str] = "undetermined"
    is_unknown: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class NotRegulated:
    """All is known and the procedure is silent; `refer_to` is whom to ask."""

    refer_to: Label | None
    trace: Trace
    status: ClassVar[str] = "not_regulated"


Answer = Decided | Undetermined | NotRegulated
# An answer and the values that it hands to later decisions, by name.
Settled = tuple[Answer, tuple[tuple[str, Any], ...]]


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """What a ruleset says about some facts: one answer a decision, and what they rest on."""

    ruleset: str
    version: str
    content_hash: str
    facts: Mapping[str, Any]
    decisions: Mapping[str, Answer]
    ask: tuple[str, ...]
    unset: tuple[str, ...]
    rests_on: tuple[str, ...]
    parties: Mapping[str, Mapping[str, str | None]]

    def __getitem__(self, decision: str) -> Any:
        """Return the value of a decided decision.

        Raises:
            NoDecisionError: it is undetermined, not regulated, or was not asked for.
        """
        answer = self.decisions.get(decision)
        if isinstance(answer, Decided):
            return answer.value
        status = answer.status if answer else "unknown decision"
        raise NoDecisionError([Diagnostic("CR311", args={"decision": decision, "status": status})])

    def to_dict(self) -> dict[str, Any]:
        """Return the whole result as JSON-serialisable data; decimals and dates are text."""
        return {
            "ruleset": self.ruleset,
            "version": self.version,
            "content_hash": self.content_hash,
            "facts": to_json(self.facts),
            "decisions": {n: _answer_json(a) for n, a in self.decisions.items()},
            "ask": list(self.ask),
            "unset": list(self.unset),
            "rests_on": list(self.rests_on),
            "parties": to_json(self.parties),
        }

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2)


def _answer_json(answer: Answer) -> dict[str, Any]:
    trace = answer.trace
    why = {
        "kind": trace.kind, "rules": list(trace.rules), "possible_rules": list(trace.possible_rules),
        "cells": {r: dict(c) for r, c in trace.cells.items()}, "because": list(trace.because),
        "parameters": list(trace.parameters), "used": list(trace.used), "items": dict(trace.items), "next": trace.next,
    }  # fmt: skip
    match answer:
        case Decided(value):
            said: dict[str, Any] = {"value": to_json(value)}
        case Undetermined(possible, ask, unset):
            said = {"possible": None if possible is None else to_json(possible), "ask": list(ask), "unset": list(unset)}
        case NotRegulated(refer_to):
            said = {"refer_to": None if refer_to is None else {"zh": refer_to.zh, "en": refer_to.en}}
    return {"status": answer.status, **said, "trace": {k: v for k, v in why.items() if v}}


def decide(rules: CompiledRuleset, facts: Mapping[str, Any], *, only: Collection[str] | None = None) -> DecisionResult:
    """Return what the ruleset says about facts that were validated; `only` names the decisions wanted."""
    settled = settle_all(rules, facts)
    wanted = {n: settled[n] for n in rules.ruleset.decisions if only is None or n in only}
    ask, unset = _questions(wanted.values(), rules)
    return DecisionResult(
        rules.ruleset.id, rules.ruleset.version, rules.ruleset.content_hash, MappingProxyType(dict(facts)),
        MappingProxyType(wanted), ask, unset, _rests_on(wanted, rules), _parties(wanted, rules, facts),
    )  # fmt: skip


def settle_all(rules: CompiledRuleset, facts: Mapping[str, Any]) -> dict[str, Answer]:
    """Return every decision's answer, nothing else: the bare path."""
    values = {**_blank(rules), **facts}
    answers: dict[str, Answer] = {}
    for step in rules.steps:
        if isinstance(step, ExpressionStep):
            answer, exports = _expression(step, values, answers)
        else:
            key = step.pick(values)
            found = step.memo.get(key)
            if found is None:
                found = _table(step, values) if isinstance(step, TableStep) else _checklist(step, values)
                if len(step.memo) >= _MEMO:
                    step.memo.clear()
                step.memo[key] = found
            answer, exports = found
        values.update(exports)
        answers[step.name] = answer
    return answers


_BLANKS: dict[int, tuple[CompiledRuleset, dict[str, Any]]] = {}


def _blank(rules: CompiledRuleset) -> dict[str, Any]:
    """Return the values before any fact is known: parameters, and a Missing for each of the rest."""
    kept = _BLANKS.get(id(rules))
    if kept is None or kept[0] is not rules:
        if len(_BLANKS) > 64:
            _BLANKS.clear()
        made: dict[str, Any] = {n: ABSENT if i.optional else Missing(ask=(n,)) for n, i in rules.ruleset.inputs.items()}
        made |= {n: rules.parameters.get(n, Missing(unset=(n,))) for n in rules.ruleset.parameters}
        kept = _BLANKS[id(rules)] = (rules, made)
    return kept[1]


# --- tables ----------------------------------------------------------------------------------------


def _table(step: TableStep, values: Mapping[str, Any]) -> Settled:
    unknown = [c for c in step.decision.inputs if _is_unknown(values[c])]
    ways = tables_of(step, values)
    if ways is not None and len(ways) == 1 and not unknown:
        table = ways[0][1]
        hit = table.hit(_known_mask(table, values, table.columns))
        found: Settled | None = step.settled.get((hit.value, hit.rules))
        if found is None:
            found = step.settled[hit.value, hit.rules] = _final(step, hit.value, hit.rules)
        return found
    return _open_table(step, values, ways)


def _is_unknown(value: Any) -> bool:
    return isinstance(value, (Missing, Undetermined))


def _known_mask(table: Table, values: Mapping[str, Any], columns: Iterable[Column]) -> int:
    mask = table.every_box
    for column in columns:
        mask &= table.mask_of(column, values[column.name])
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
    if ways is None:
        waits |= dict.fromkeys(c for c in step.decision.inputs if _is_unknown(values[c]))
    return _undetermined(step, outcomes if complete else None, possible, [values[c] for c in waits], unset)


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
        axes = [{table.mask_of(column, v) for v in value.possible}]
    alive = [frozenset(m & start for m in options) for options in axes]
    return tuple(a for a in alive if a != {start})


def _final(step: TableStep, value: Value, rules: tuple[int, ...], possible: tuple[int, ...] = ()) -> Settled:
    """Return a settled value; `possible` rules are those that may have given it too."""
    decision = step.decision
    trace = _trace(step, [decision.rules[r].id for r in rules], [decision.rules[r].id for r in possible])
    names = _names(decision)
    if value is NOT_REGULATED:
        return NotRegulated(decision.refer_to, trace), tuple((n, NOT_REGULATED) for n in names)
    shown = public(value, decision)
    if len(names) == 1:
        return Decided(shown, trace), ((names[0], shown),)
    return Decided(shown, trace), tuple(zip(names, value, strict=True))  # type: ignore[arg-type]  # not a Sign here


def _names(decision: TableDecision) -> tuple[str, ...]:
    if _in_list(decision):
        return (decision.name,)
    return tuple(f"{decision.name}.{o}" if o else decision.name for o in decision.outputs)


def _in_list(decision: TableDecision) -> bool:
    return decision.policy.value in ("rule_order", "output_order") or (
        decision.policy.value == "collect" and decision.aggregate.value == "list"
    )


def public(value: Value, decision: TableDecision) -> Any:
    """Return a table's value as callers see it: bare for one output, a read-only mapping for several."""
    if isinstance(value, Sign):
        return value
    several = len(decision.outputs) > 1
    if not several:
        return value[0]
    if _in_list(decision):
        return tuple(MappingProxyType(dict(zip(decision.outputs, v, strict=True))) for v in value[0])
    return MappingProxyType(dict(zip(decision.outputs, value, strict=True)))


def _trace(step: TableStep, rules: Sequence[str], possible: Sequence[str] = ()) -> Trace:
    decision = step.decision
    named = {r.id: r for r in decision.rules if r.id in rules or r.id in possible}
    because = dict.fromkeys(c for r in (rules or possible) for c in named[r].because) or dict.fromkeys(decision.because)
    read = step.reads
    return Trace(
        decision.name, "table", tuple(rules), tuple(possible), {r: d.cells for r, d in named.items()}, tuple(because),
        tuple(n for n in read if n in step.ruleset.parameters), tuple(n for n in read if n not in step.ruleset.parameters),
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
    names = _names(decision)
    shown = None if values is None else tuple(public(v, decision) for v in values)
    silent = NOT_REGULATED in values if values is not None else decision.refer_to is not None
    answer = Undetermined(shown, ask, more, trace, silent)
    if len(names) == 1:
        return answer, ((names[0], answer),)
    exports = []
    for at, name in enumerate(names):
        parts = None if values is None else tuple(dict.fromkeys(v if isinstance(v, Sign) else v[at] for v in values))
        exports.append(
            (name, Undetermined(parts, ask, more, trace, silent) if parts is None or len(parts) > 1 else parts[0])
        )
    return answer, tuple(exports)


# --- expressions -------------------------------------------------------------------------------------


def _expression(step: ExpressionStep, values: Mapping[str, Any], answers: Mapping[str, Answer]) -> Settled:
    decision = step.decision
    value = decision.formula.run(values)
    trace = Trace(decision.name, "expression", because=decision.because, used=decision.formula.names)
    if value is NOT_REGULATED:
        return NotRegulated(_referral(decision.formula.names, answers), trace), ((step.name, NOT_REGULATED),)
    may_be_silent = [v for v in map(values.__getitem__, decision.formula.names) if _is_unknown(v) and v.silent]
    if value is UNKNOWN or may_be_silent:
        return _open_expression(step, value, values, trace)
    rounded = _rounded(value, decision.step, decision.rounding, decision.type)
    return Decided(rounded, trace), ((step.name, rounded),)


def _rounded(value: Any, step: Decimal | None, mode: str, type_: Type) -> Any:
    if isinstance(type_.domain, Ordered) and type_.domain.kind in ("decimal", "money") and isinstance(value, int):
        value = Decimal(value)
    if step is None:
        return value
    with localcontext(EXACT):
        whole = (Decimal(value) / step).to_integral_value(rounding=_ROUNDING[mode]) * step
    return int(whole) if isinstance(type_.domain, Ordered) and type_.domain.kind == "integer" else whole


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
        found = (_rounded(value, decision.step, decision.rounding, decision.type),)
    elif isinstance(decision.type.domain, Truth):
        found = (True, False)
    possible = (*found, NOT_REGULATED) if found and silent else found
    answer = Undetermined(possible, tuple(ask), tuple(unset), trace, silent)
    return answer, ((step.name, answer),)


def _referral(names: Iterable[str], answers: Mapping[str, Answer]) -> Label | None:
    """Return whom the first silent operand refers to."""
    operands = (answers.get(n.partition(".")[0]) for n in names)
    return next((a.refer_to for a in operands if isinstance(a, NotRegulated)), None)


# --- checklists --------------------------------------------------------------------------------------


def _checklist(step: ChecklistStep, values: Mapping[str, Any]) -> Settled:
    decision = step.decision
    statuses: dict[str, str] = {}
    waits: list[Undetermined] = []
    for item, table in zip(decision.items, step.items, strict=True):
        answer, _ = _table(table, values)
        statuses[item.id] = _status(answer, all_needed=decision.all_needed)
        if statuses[item.id] == "open" and isinstance(answer, Undetermined):
            waits.append(answer)
    because = tuple(dict.fromkeys(c for i in decision.items if statuses[i.id] in ("unmet", "open") for c in i.because))
    later = [i.id for i in decision.items if statuses[i.id] in ("unmet", "open")]
    trace = Trace(
        step.name, "checklist", because=because or decision.because, used=decision.inputs, items=statuses,
        next=later[0] if decision.ordered and later else None,
    )  # fmt: skip
    value = _all(statuses.values()) if decision.all_needed else _any(statuses.values())
    if value is not None:
        return Decided(value, trace), ((step.name, value),)
    ask = tuple(dict.fromkeys(n for w in waits for n in w.ask))
    unset = tuple(dict.fromkeys(n for w in waits for n in w.unset))
    open_answer = Undetermined((True, False), ask, unset, trace)
    return open_answer, ((step.name, open_answer),)


def _status(answer: Answer, *, all_needed: bool) -> str:
    if isinstance(answer, Decided):
        return _item_status(answer.value)
    if isinstance(answer, Undetermined) and answer.possible is not None:
        found = {_item_status(v) for v in answer.possible}
        if all_needed and "unmet" not in found:
            return "met"
        if not all_needed and "met" not in found:
            return "unmet"
    return "open"


def _item_status(held: tuple[str, ...]) -> str:
    if "when" not in held:
        return "not_needed"
    return "met" if "needs" in held else "unmet"


def _all(statuses: Collection[str]) -> bool | None:
    return False if "unmet" in statuses else None if "open" in statuses else True


def _any(statuses: Collection[str]) -> bool | None:
    return True if "met" in statuses else None if "open" in statuses else False


# --- what a result says besides the answers ------------------------------------------------------------


def _questions(answers: Iterable[Answer], rules: CompiledRuleset) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the facts to ask, those that most undetermined decisions wait for first, and unset parameters."""
    open_answers = [a for a in answers if isinstance(a, Undetermined)]
    facts = Counter(n for a in open_answers for n in a.ask)
    order = {n: i for i, n in enumerate(rules.ruleset.inputs)}
    unset = dict.fromkeys(n for a in open_answers for n in a.unset)
    return tuple(sorted(facts, key=lambda n: (-facts[n], order[n]))), tuple(unset)


def _rests_on(wanted: Iterable[str], rules: CompiledRuleset) -> tuple[str, ...]:
    read = {p for n in wanted for p in rules.reads[n]}
    soft = (ParameterKind.READING, ParameterKind.ASSUMED)
    return tuple(
        n for n, p in rules.ruleset.parameters.items()
        if n in read and n in rules.parameters and (p.kind in soft or n in rules.overrides)
    )  # fmt: skip


def _parties(
    wanted: Mapping[str, Answer], rules: CompiledRuleset, facts: Mapping[str, Any]
) -> dict[str, dict[str, str | None]]:
    found: dict[str, dict[str, str | None]] = {}
    for name, answer in wanted.items():
        if isinstance(answer, Decided):
            for output, type_ in rules.ruleset.outputs[name].items():
                value = answer.value[output] if output else answer.value
                for party in _members(value):
                    if party in type_.of:
                        found.setdefault(name, {})[party] = _fact(facts.get(type_.of[party]))
    return found


def _members(value: Any) -> Iterable[Any]:
    return value if isinstance(value, (frozenset, tuple)) else (value,)


def _fact(value: Any) -> str | None:
    return None if value is None or isinstance(value, Sign) else str(to_json(value))
