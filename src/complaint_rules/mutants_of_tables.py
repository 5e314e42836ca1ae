"""Mutants of tables: slips in decision tables and checklists: rules, their order, cells, outputs, hit policies, items."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from complaint_rules.domains import Domain, Enumeration, ParameterRef, Test, Truth
from complaint_rules.mutant import (
    DROPPED,
    Change,
    became,
    cell_words,
    cells_of,
    lost,
    moved_bounds,
    near,
    opened_bounds,
    other_members,
    with_part,
    without,
)
from complaint_rules.ruleset import ChecklistDecision, Item, Rule, Ruleset, TableDecision, When
from complaint_rules.tables import Aggregate, HitPolicy
from complaint_rules.words import Label

_NEEDLESS = Label("不再有要求", "needs nothing")
_NO_WHEN = Label("不论何时都适用", "applies always")
_SWAPPED = Label("与下一条规则对调", "swapped with the next rule")
_IN_ORDER = (HitPolicy.FIRST, HitPolicy.RULE_ORDER)
# What else a hit policy, or an aggregate, is easily mistaken for that answers with the same type.
_POLICIES: dict[HitPolicy, tuple[HitPolicy, ...]] = {
    HitPolicy.UNIQUE: (),
    HitPolicy.ANY: (),
    HitPolicy.FIRST: (HitPolicy.PRIORITY,),
    HitPolicy.PRIORITY: (HitPolicy.FIRST,),
    HitPolicy.COLLECT: (),
    HitPolicy.RULE_ORDER: (HitPolicy.OUTPUT_ORDER,),
    HitPolicy.OUTPUT_ORDER: (HitPolicy.RULE_ORDER,),
}
_AGGREGATES: dict[Aggregate, tuple[Aggregate, ...]] = {
    Aggregate.LIST: (),
    Aggregate.UNION: (),
    Aggregate.SUM: (Aggregate.MAX,),
    Aggregate.MIN: (Aggregate.MAX,),
    Aggregate.MAX: (Aggregate.MIN, Aggregate.SUM),
    Aggregate.COUNT: (),
}


def _tables(ruleset: Ruleset) -> Iterator[TableDecision]:
    yield from (d for d in ruleset.decisions.values() if isinstance(d, TableDecision))


def _checklists(ruleset: Ruleset) -> Iterator[ChecklistDecision]:
    yield from (d for d in ruleset.decisions.values() if isinstance(d, ChecklistDecision))


def _with_rules(table: TableDecision, part: str, how: Label, rules: tuple[Rule, ...]) -> Change:
    return Change("decisions", table.name, part, how, replace(table, rules=rules))


def _with_item(checklist: ChecklistDecision, at: int, how: Label, item: Item) -> Change:
    return _with_items(checklist, item.id, how, with_part(checklist.items, at, item))


def _with_items(checklist: ChecklistDecision, part: str, how: Label, items: tuple[Item, ...]) -> Change:
    read = {n for i in items for when in (*i.when, *i.needs) for n in when}
    inputs = tuple(n for n in checklist.inputs if n in read)
    return Change("decisions", checklist.name, part, how, replace(checklist, items=items, inputs=inputs))


# --- rules ----------------------------------------------------------------------------------------------


def rules_dropped(ruleset: Ruleset) -> Iterator[Change]:
    """Each rule left out."""
    for table in _tables(ruleset):
        for at, rule in enumerate(table.rules):
            yield _with_rules(table, rule.id, DROPPED, without(table.rules, at))


def rules_swapped(ruleset: Ruleset) -> Iterator[Change]:
    """Each rule and the next, where the order of rules decides or shows."""
    for table in _tables(ruleset):
        in_order = table.policy in _IN_ORDER or (table.gives_list and table.policy is HitPolicy.COLLECT)
        for at in range(len(table.rules) - 1) if in_order else ():
            one, two = table.rules[at : at + 2]
            if one.then != two.then:
                yield _with_rules(table, one.id, _SWAPPED, (*table.rules[:at], two, one, *table.rules[at + 2 :]))


def policies_changed(ruleset: Ruleset) -> Iterator[Change]:
    """Each hit policy, or aggregate, taken for another that answers with the same type."""
    for table in _tables(ruleset):
        ordered = any(isinstance(t.domain, (Enumeration, Truth)) for t in table.outputs.values())
        for policy in _POLICIES[table.policy]:
            if ordered or policy not in (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER):
                yield Change(
                    "decisions", table.name, "", became("hit_policy", policy.value), replace(table, policy=policy)
                )
        for aggregate in _AGGREGATES[table.aggregate] if table.policy is HitPolicy.COLLECT else ():
            changed = replace(table, aggregate=aggregate)
            yield Change("decisions", table.name, "", became("aggregate", aggregate.value), changed)


# --- outputs --------------------------------------------------------------------------------------------


def outputs_changed(ruleset: Ruleset) -> Iterator[Change]:
    """Each output of each rule, and of the default, changed to its neighbour."""
    for table in _tables(ruleset):
        if table.aggregate is Aggregate.COUNT and table.policy is HitPolicy.COLLECT:
            continue
        for at, rule in enumerate(table.rules):
            for how, then in _other_outputs(table, rule.then):
                yield _with_rules(table, rule.id, how, with_part(table.rules, at, replace(rule, then=then)))
        if table.default is not None and not table.gives_list:
            for how, then in _other_outputs(table, table.default):
                yield Change("decisions", table.name, "default", how, replace(table, default=then))


def _other_outputs(table: TableDecision, then: tuple[Any, ...]) -> Iterator[tuple[Label, tuple[Any, ...]]]:
    for place, (output, type_) in enumerate(table.outputs.items()):
        given = [r.then[place] for r in table.rules if r.then]

        def rare(member: Any, given: list[Any] = given) -> int:
            return sum(member in other for other in given if isinstance(other, frozenset))

        for other in near(then[place] if then else None, type_.domain, rare=rare):
            yield became(output or "then", other), with_part(then, place, other)


# --- cells ----------------------------------------------------------------------------------------------

# All that a cell may be mistaken for; None is a cell left out.
Slips = Callable[[Test, Domain], Iterator[Test | None]]


def bounds_moved(ruleset: Ruleset) -> Iterator[Change]:
    """Each bound of a cell a step up and down."""
    return _cells(ruleset, moved_bounds)


def bounds_opened(ruleset: Ruleset) -> Iterator[Change]:
    """Each bound of a cell taken in or left out, where that is not the same as a step."""
    return _cells(ruleset, opened_bounds)


def values_changed(ruleset: Ruleset) -> Iterator[Change]:
    """Each value or member of a cell left out, one more, or the only one taken for its neighbour."""
    return _cells(ruleset, other_members)


def cells_dropped(ruleset: Ruleset) -> Iterator[Change]:
    """Each condition of a rule or item left out."""
    return _cells(ruleset, _nothing)


def _nothing(_test: Test, _domain: Domain) -> Iterator[Test | None]:
    yield None


def _cells(ruleset: Ruleset, slips: Slips) -> Iterator[Change]:
    for table in _tables(ruleset):
        for at, rule in enumerate(table.rules):
            for said, when in _other_cells(ruleset, rule.when, slips):
                yield _with_rules(table, rule.id, said, with_part(table.rules, at, replace(rule, when=when)))
    for checklist in _checklists(ruleset):
        for at, item in enumerate(checklist.items):
            for key in ("when", "needs"):
                whens: tuple[When, ...] = getattr(item, key)
                for said, when in _other_cells(ruleset, whens, slips):
                    # What an item no longer needs or waits for is an operator of its own.
                    if any(when):
                        made = replace(item, when=when) if key == "when" else replace(item, needs=when)
                        yield _with_item(checklist, at, _of(key, said), made)


def _other_cells(ruleset: Ruleset, whens: tuple[When, ...], slips: Slips) -> Iterator[tuple[Label, tuple[When, ...]]]:
    for cell in cells_of(whens):
        for other in slips(cell.test, ruleset.column(cell.column)[0]):
            said = lost(cell.said) if other is None else became(cell.said, cell_words(other))
            yield said, cell.replaced(other)


def _of(key: str, said: Label) -> Label:
    return Label(f"{key} {said.zh}", f"{key} {said.en}")


# --- checklists -----------------------------------------------------------------------------------------


def items_dropped(ruleset: Ruleset) -> Iterator[Change]:
    """Each item of a checklist left out."""
    for checklist in _checklists(ruleset):
        for at, item in enumerate(checklist.items):
            yield _with_items(checklist, item.id, DROPPED, without(checklist.items, at))


def items_loosened(ruleset: Ruleset) -> Iterator[Change]:
    """Each item that needs nothing any more, or that applies always; and all of a list taken for any."""
    for checklist in _checklists(ruleset):
        for at, item in enumerate(checklist.items):
            yield _with_item(checklist, at, _NEEDLESS, replace(item, needs=({},), cells={}))
            if any(item.when):
                yield _with_item(checklist, at, _NO_WHEN, replace(item, when=({},)))
        if len(checklist.items) > 1:
            other = replace(checklist, all_needed=not checklist.all_needed)
            said = "needs_all" if other.all_needed else "needs_any"
            yield Change("decisions", checklist.name, "", became(checklist.name, said), other)


def parameters_moved(ruleset: Ruleset) -> Iterator[Change]:
    """Each number, time or listed value of a parameter changed to its neighbour, and each reading to the next."""
    for parameter in ruleset.parameters.values():
        options = tuple(parameter.options)
        value: Any = parameter.value
        others = [o for o in options if o != value][:1] if options else list(near(value, parameter.type.domain))
        for other in others if not isinstance(value, ParameterRef) else ():
            yield Change("parameters", parameter.name, "", became("value", other), replace(parameter, value=other))
