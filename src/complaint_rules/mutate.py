"""Mutate: each rule of a ruleset changed a little, and the changes that no example notices."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from complaint_rules.answers import Answer, DecisionResult, NotRegulated, Settled, Undetermined
from complaint_rules.compile import CompiledRuleset, Step, TableStep, step_of
from complaint_rules.deciding import Standing, decide_in, in_force, plan_of, resting_on, standing, with_answers
from complaint_rules.domains import Domain, Enumeration, ListOf, Members, Ordered, ParameterRef, Text, Truth
from complaint_rules.example_file import Example
from complaint_rules.example_life import facts_in_the_end
from complaint_rules.examples import compared, settings_of
from complaint_rules.ruleset import ChecklistDecision, Item, Rule, TableDecision
from complaint_rules.settle import Settler, settler
from complaint_rules.tables import Aggregate, reachable
from complaint_rules.values import to_json
from complaint_rules.words import Label

_MOST = 50_000
_REMOVED = Label("删去", "removed")
_NEEDLESS = Label("不再有要求", "needs nothing")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One decision with one rule (or item) changed: `change` says how."""

    decision: str
    rule: str
    change: Label
    changed: TableDecision | ChecklistDecision


def mutants(rules: CompiledRuleset) -> Iterator[Mutant]:
    """Yield, for each rule and item, the ruleset without it, and with each of its outputs or demands changed."""
    for decision in rules.ruleset.decisions.values():
        match decision:
            case TableDecision() as table:
                yield from _of_table(table)
            case ChecklistDecision() as checklist:
                yield from _of_checklist(checklist)


def _of_table(table: TableDecision) -> Iterator[Mutant]:
    for at, rule in enumerate(table.rules):
        yield Mutant(table.name, rule.id, _REMOVED, replace(table, rules=_without(table.rules, at)))
        if table.aggregate is Aggregate.COUNT:
            continue
        for place, (output, type_) in enumerate(table.outputs.items()):
            given = [r.then[place] for r in table.rules if r.then]
            for other in _others(rule.then[place] if rule.then else None, type_.domain, given):
                changed = replace(rule, then=(*rule.then[:place], other, *rule.then[place + 1 :]))
                written = json.dumps(to_json(other), ensure_ascii=False)
                said = Label(f"{output or 'then'} 改为 {written}", f"{output or 'then'}: {written}")
                yield Mutant(table.name, rule.id, said, replace(table, rules=_with(table.rules, at, changed)))


def _of_checklist(checklist: ChecklistDecision) -> Iterator[Mutant]:
    for at, item in enumerate(checklist.items):
        yield Mutant(checklist.name, item.id, _REMOVED, replace(checklist, items=_without(checklist.items, at)))
        always: Item = replace(item, needs=({},), cells={})
        yield Mutant(checklist.name, item.id, _NEEDLESS, replace(checklist, items=_with(checklist.items, at, always)))


def _without(parts: tuple[Any, ...], at: int) -> tuple[Any, ...]:
    return (*parts[:at], *parts[at + 1 :])


def _with(parts: tuple[Any, ...], at: int, part: Rule | Item) -> tuple[Any, ...]:
    return (*parts[:at], part, *parts[at + 1 :])


def _others(value: Any, domain: Domain, given: Sequence[Any]) -> Iterator[Any]:
    """Yield a value of the domain besides this one, if there is one to be had; `given` are those of all rules."""
    match domain:
        case _ if value is None or isinstance(value, ParameterRef):
            return
        case Truth():
            yield not value
        case Enumeration(values):
            yield from [v for v in values if v != value][:1]
        case Members(values) if values:
            # The member that fewest rules give: another rule that matches too would hide the change.
            yield frozenset(value) ^ {min(values, key=lambda v: sum(v in other for other in given))}
        case Ordered(step=step) as ordered:
            unit = step if step is not None else 1
            if isinstance(value, (int, float)) or ordered.kind in ("decimal", "money"):
                yield value + unit
        case Text() | ListOf() | Members():
            return


@dataclass(frozen=True, slots=True)
class _Seen:
    """An example as the unchanged ruleset sees it."""

    example: Example
    rules: CompiledRuleset
    known: Standing
    result: DecisionResult

    def under(self, step: Step, settled: Settled) -> DecisionResult:
        """Return the result where one step says something else: only what rests on it is settled again."""
        answer, exports = settled
        later = resting_on(exports, plan_of(self.rules, None).steps)
        changed = Standing(self.known.values, {**self.known.answers, step.name: answer}).after(later, exports)
        return with_answers(self.result, self.rules, changed.answers)


def survivors(
    rules: CompiledRuleset, examples: Sequence[Example], tried: Iterable[Mutant] | None = None
) -> list[Mutant]:
    """Return those of the mutants, of all by default, under which every example passes though some answer differs."""
    pairs = settings_of(rules, examples)
    told = [(example, under, _facts(example, under)) for example, under in pairs]
    seen = [_seen(example, under, facts) for example, under, facts in told if in_force(under, facts)[-1] is under]
    left = (m for m in (mutants(rules) if tried is None else tried) if not _is_noticed(m, seen))
    return [m for m in left if not _is_equivalent(m, rules)]


def _facts(example: Example, rules: CompiledRuleset) -> Mapping[str, Any]:
    """Return the facts that an example decides on: of a life those to which it has come under the unchanged rules."""
    return facts_in_the_end(rules, example.given, example.life) if example.life else example.given


def _seen(example: Example, rules: CompiledRuleset, facts: Mapping[str, Any]) -> _Seen:
    return _Seen(example, rules, standing(plan_of(rules, None), facts), decide_in(rules, facts))


def _is_noticed(mutant: Mutant, seen: Sequence[_Seen]) -> bool:
    made: dict[int, tuple[Step, Settler]] = {}
    for one in seen:
        if id(one.rules) not in made:
            made[id(one.rules)] = _changed(mutant, one.rules)
        step, settle = made[id(one.rules)]
        settled = settle(one.known.values, one.known.answers)
        if _may_be_silent(settled[0]) and mutant.decision not in one.rules.ruleset.silent:
            return True  # a gap that `check` refuses
        differs = repr(settled[0]) != repr(one.known.answers[mutant.decision])
        if differs and any(compared(one.under(step, settled), one.example)):
            return True
    return False


def _may_be_silent(answer: Answer) -> bool:
    return isinstance(answer, NotRegulated) or (isinstance(answer, Undetermined) and answer.silent)


def _is_equivalent(mutant: Mutant, rules: CompiledRuleset) -> bool:
    """Report whether a changed output shows nowhere: where it is given, the rules that match too say it anyway."""
    old = step_of(rules.ruleset.decisions[mutant.decision], rules.ruleset, rules.parameters, rules.limits)
    new = _changed(mutant, rules)[0]
    if not (isinstance(old, TableStep) and isinstance(new, TableStep)) or old.unset or mutant.change is _REMOVED:
        return False
    one, other = old.only_table, new.only_table
    options = (o for c in one.columns for o in one.masks_of_any(c, silent=True))
    masks, complete = reachable(one.every_box, options, _MOST)
    return complete and all(one.hit(m).value == other.hit(m).value for m in masks)


def _changed(mutant: Mutant, rules: CompiledRuleset) -> tuple[Step, Settler]:
    step = step_of(mutant.changed, rules.ruleset, rules.parameters, rules.limits)
    return step, settler(step)
