"""Coverage: what a ruleset asks of its examples, and which example shows it: rules, cells, items, limits, milestones, events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal, NamedTuple

from complaint_rules.answers import DecisionResult, NotRegulated
from complaint_rules.compile import CompiledRuleset, TableStep, inlined, step_of, tables_of
from complaint_rules.course import PROMPTLY
from complaint_rules.deciding import decide_in, in_force, plan_of, standing
from complaint_rules.example_file import Example
from complaint_rules.example_life import facts_in_the_end, lived
from complaint_rules.examples import settings_of
from complaint_rules.nearest import is_open
from complaint_rules.regions import cells
from complaint_rules.replayed import Replay
from complaint_rules.ruleset import ChecklistDecision, Ruleset, TableDecision
from complaint_rules.tables import Table

Kind = Literal["rule", "cell", "item", "silence", "event", "limit", "milestone"]
What = Literal["decides", "fails alone", "met", "unmet", "not needed", "silent", "happens", "breached"]


class Obligation(NamedTuple):
    """Something that an example should show: of a decision or deadline `name`, its rule, item or milestone `part`.

    A cell is a rule's `part` and a `column`; it `fails alone` where every other cell of the rule holds.
    """

    kind: Kind
    name: str
    part: str
    what: What
    column: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """For each obligation the name of the first example that shows it, None where there is none.

    `cannot` are the cells that no value of their column fails.
    """

    shown: Mapping[Obligation, str | None]
    cannot: tuple[Obligation, ...]

    @property
    def missing(self) -> tuple[Obligation, ...]:
        return tuple(o for o, by in self.shown.items() if by is None)

    @property
    def counts(self) -> Mapping[Kind, tuple[int, int]]:
        """How many obligations of each kind are shown, and how many there are."""
        every = Counter(o.kind for o in self.shown)
        there = Counter(o.kind for o, by in self.shown.items() if by is not None)
        return {kind: (there[kind], n) for kind, n in every.items()}


def coverage(rules: CompiledRuleset, examples: Sequence[Example]) -> Coverage:
    """Return what the examples show of what the ruleset asks of them."""
    shown: dict[Obligation, str | None] = dict.fromkeys(_asked(rules))
    cannot = [o for o in shown if o.kind == "cell" and not _can_fail(rules, o)]
    for cell in cannot:
        del shown[cell]
    for example, under in settings_of(rules, examples):
        for obligation in shown_by(example, under):
            if shown.get(obligation, "") is None:
                shown[obligation] = example.name
    return Coverage(shown, tuple(cannot))


# --- what there is to show ------------------------------------------------------------------------------


def _asked(rules: CompiledRuleset) -> Iterator[Obligation]:
    ruleset = rules.ruleset
    for name in ruleset.order:
        match ruleset.decisions[name]:
            case TableDecision() as table:
                yield from _of_table(table)
            case ChecklistDecision(items=items):
                for item in items:
                    yield Obligation("item", name, item.id, "met")
                    yield Obligation("item", name, item.id, "unmet")
                    if any(item.when):
                        yield Obligation("item", name, item.id, "not needed")
    yield from _of_lives(ruleset)


def _of_table(table: TableDecision) -> Iterator[Obligation]:
    for rule in table.rules:
        yield Obligation("rule", table.name, rule.id, "decides")
        for column in dict.fromkeys(c for when in rule.when for c in when):
            yield Obligation("cell", table.name, rule.id, "fails alone", column)
    if table.refer_to is not None:
        yield Obligation("silence", table.name, "", "silent")


def _of_lives(ruleset: Ruleset) -> Iterator[Obligation]:
    for event in ruleset.events:
        yield Obligation("event", event, "", "happens")
    for deadline in ruleset.deadlines.values():
        if deadline.met_when is not None:
            yield Obligation("limit", deadline.name, "", "met")
        if deadline.within != PROMPTLY:
            yield Obligation("limit", deadline.name, "", "breached")
        for milestone in deadline.milestones:
            yield Obligation("milestone", deadline.name, milestone.name, "happens")


def _can_fail(rules: CompiledRuleset, cell: Obligation) -> bool:
    """Report whether some value of the column fails a rule's cell."""
    table = _own_table(rules, cell.name, {})
    if table is None:
        return True
    column = next(c for c in table.columns if c.name == cell.column)
    rule = next(n for n, r in enumerate(_decision(rules.ruleset, cell.name).rules) if r.id == cell.part)
    axes = range(column.first_axis, column.first_axis + len(column.axes))
    boxes = [table.boxes[b] for b in cells(table.boxes_of_rule[rule])]
    return any(any(box[a] != (1 << table.sizes[a]) - 1 for a in axes) for box in boxes)


def _decision(ruleset: Ruleset, name: str) -> TableDecision:
    found = inlined(ruleset, name)
    assert isinstance(found, TableDecision)  # noqa: S101 - only tables have cells
    return found


# --- what an example shows ------------------------------------------------------------------------------


def shown_by(example: Example, rules: CompiledRuleset) -> Iterator[Obligation]:
    """Yield what an example shows, under its settings."""
    life = lived(rules, example.given, example.life) if example.life else None
    facts = facts_in_the_end(rules, example.given, example.life) if example.life else example.given
    versions = in_force(rules, facts)
    if len(versions) == 1:
        yield from _decided(versions[0], facts, life.result if life else None)
    if life is not None:
        yield from _lived(life)


def _decided(rules: CompiledRuleset, facts: Mapping[str, Any], known: DecisionResult | None) -> Iterator[Obligation]:
    result = known or decide_in(rules, facts)
    values = standing(plan_of(rules, None), facts).values
    for name, answer in result.decisions.items():
        decision = rules.ruleset.decisions[name]
        if isinstance(decision, TableDecision):
            yield from (Obligation("rule", name, r, "decides") for r in answer.trace.rules)
            yield from _cells(rules, decision, values)
            if isinstance(answer, NotRegulated):
                yield Obligation("silence", name, "", "silent")
        elif isinstance(decision, ChecklistDecision):
            words: Mapping[str, What] = {"met": "met", "unmet": "unmet", "not_needed": "not needed"}
            yield from (Obligation("item", name, i, words[s]) for i, s in answer.trace.items.items() if s in words)


def _cells(rules: CompiledRuleset, decision: TableDecision, values: Mapping[str, Any]) -> Iterator[Obligation]:
    """Yield the cells that alone keep their rules from matching; nothing where a column is not known."""
    table = None if any(is_open(values[c]) for c in decision.inputs) else _own_table(rules, decision.name, values)
    if table is None:
        return
    admitted = {c.name: table.admitting[c.name][values[c.name]] for c in table.columns}
    matching = reduce(lambda a, b: a & b, admitted.values(), table.every_box)
    for rule, boxes in zip(decision.rules, table.boxes_of_rule, strict=True):
        if boxes & matching:
            continue
        for box in cells(boxes):
            failing = [n for n, mask in admitted.items() if not mask >> box & 1]
            if len(failing) == 1:
                yield Obligation("cell", decision.name, rule.id, "fails alone", failing[0])


def _own_table(rules: CompiledRuleset, name: str, values: Mapping[str, Any]) -> Table | None:
    """Return a decision's table under the settings; None where a bound is not set."""
    step = next((s for s in rules.steps if s.name == name), None)
    if not isinstance(step, TableStep):
        step = step_of(_decision(rules.ruleset, name), rules.ruleset, rules.parameters, rules.limits)
    ways = tables_of(step, values) if isinstance(step, TableStep) else None
    return ways[0][1] if ways and len(ways) == 1 else None


def _lived(life: Replay) -> Iterator[Obligation]:
    for entry in life.journal:
        match entry.kind:
            case "event":
                yield Obligation("event", entry.name, "", "happens")
            case "met":
                yield Obligation("limit", entry.name, "", "met")
            case "breached":
                yield Obligation("limit", entry.name, "", "breached")
            case "milestone":
                deadline, _, milestone = entry.name.partition(".")
                yield Obligation("milestone", deadline, milestone, "happens")
