"""Compile: a ruleset under one setting of its parameters, as steps in the order of what needs what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import islice, pairwise, product
from math import gcd, lcm
from operator import itemgetter
from typing import Any

from complaint_rules.answers import Missing
from complaint_rules.domains import (
    Domain,
    Interval,
    Ordered,
    ParameterRef,
    Sign,
    Test,
    Text,
    Within,
    value_in,
)
from complaint_rules.formula import rename
from complaint_rules.kinds import kind_of
from complaint_rules.limits import DEFAULT_LIMITS, Limits
from complaint_rules.ruleset import (
    ChecklistDecision,
    Decision,
    ExpressionDecision,
    InvocationDecision,
    Item,
    ParameterKind,
    Rule,
    Ruleset,
    TableDecision,
    When,
)
from complaint_rules.tables import Aggregate, HitPolicy, Table, build_table
from complaint_rules.trees import Apply, Name

Pick = Callable[[Mapping[str, Any]], Any]
# Values for the unset bounds of a table, and the table that they make.
Way = tuple[Mapping[str, Any], Table]


@dataclass(frozen=True)
class TableStep:
    """A decision table to settle; `tables` are made for the bounds that the parameters give."""

    decision: TableDecision
    ruleset: Ruleset
    parameters: Mapping[str, Any]
    limits: Limits
    unset: tuple[str, ...]
    made: dict[Any, tuple[Way, ...]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        return self.decision.name

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """Every name that the table reads, bounds and outputs that are parameters included."""
        return (*self.decision.inputs, *dict.fromkeys((*_bounds(self.decision), *_named_outputs(self.decision))))

    @cached_property
    def may_be_unset(self) -> bool:
        """Whether an output is a parameter that nobody has set."""
        return any(p not in self.parameters for p in _named_outputs(self.decision))

    @cached_property
    def bounded(self) -> tuple[str, ...]:
        """The columns whose values are compared with an unset bound, or are one."""
        tests = ((c, t) for r in self.decision.rules for w in r.when for c, t in w.items())
        found = {c for c, t in tests if any(p in self.unset for p in references(t))}
        return tuple(c for c in self.decision.inputs if c in found or c in self.unset)

    @cached_property
    def hands_on(self) -> tuple[str, ...]:
        """The names that later steps know its values by."""
        decision = self.decision
        if decision.gives_list:
            return (decision.name,)
        return tuple(f"{decision.name}.{o}" if o else decision.name for o in decision.outputs)

    @cached_property
    def only_table(self) -> Table:
        """The table, where no bound is unset."""
        return _table(self, self.parameters)


@dataclass(frozen=True)
class ExpressionStep:
    """A formula to work out."""

    decision: ExpressionDecision

    @property
    def name(self) -> str:
        return self.decision.name

    @property
    def hands_on(self) -> tuple[str, ...]:
        return (self.decision.name,)


@dataclass(frozen=True)
class ChecklistStep:
    """A checklist to go through: each item is a table that lists which of its `needs` and `when` hold."""

    decision: ChecklistDecision
    items: tuple[TableStep, ...]
    whole: TableStep  # all items at once, for values that are all known

    @property
    def name(self) -> str:
        return self.decision.name

    @property
    def hands_on(self) -> tuple[str, ...]:
        return (self.decision.name,)


Step = TableStep | ExpressionStep | ChecklistStep


@dataclass(frozen=True)
class CompiledRuleset:
    """A ruleset ready to decide. `parameters` holds what is set; `overrides` what the caller set."""

    ruleset: Ruleset
    parameters: Mapping[str, Any]
    overrides: frozenset[str]
    assumptions: bool
    steps: tuple[Step, ...]
    reads: Mapping[str, frozenset[str]]  # decision -> parameters it rests on, through all it uses
    limits: Limits = DEFAULT_LIMITS
    earlier: tuple[CompiledRuleset, ...] = ()  # the versions that were in force before, oldest first
    pinned: bool = False  # this version is meant, whatever the complaint's day
    # What was worked out once: plans by the decisions wanted, settlers by step, the same under other settings.
    plans: dict[Any, Any] = field(init=False, default_factory=dict, compare=False, repr=False)
    settlers: dict[str, Any] = field(init=False, default_factory=dict, compare=False, repr=False)
    settings: dict[Any, CompiledRuleset] = field(init=False, default_factory=dict, compare=False, repr=False)


def compile_ruleset(
    ruleset: Ruleset,
    *,
    parameters: Mapping[str, Any] | None = None,
    assumptions: bool = True,
    limits: Limits = DEFAULT_LIMITS,
    earlier: tuple[CompiledRuleset, ...] = (),
) -> CompiledRuleset:
    """Return the ruleset under these parameter values; without `assumptions` the assumed ones are unset."""
    env = _settings(ruleset, parameters or {}, assumptions=assumptions)
    steps = tuple(step_of(inlined(ruleset, n), ruleset, env, limits) for n in ruleset.order)
    overrides = frozenset(parameters or ())
    return CompiledRuleset(ruleset, env, overrides, assumptions, steps, _reads(ruleset, steps), limits, earlier)


def under(rules: CompiledRuleset, settings: Mapping[str, Any], *, assumptions: bool | None = None) -> CompiledRuleset:
    """Return the ruleset under other settings; what is not named stays as it was, and None unsets.

    Tables that the settings do not change are shared, with what was worked out from them.
    """
    kept = {n: rules.parameters.get(n) for n in rules.overrides} | dict(settings)
    assumed = rules.assumptions if assumptions is None else assumptions
    env = _settings(rules.ruleset, kept, assumptions=assumed)
    shared = _unchanged(rules, env)
    steps = tuple(
        shared.get(s.name) or step_of(inlined(rules.ruleset, s.name), rules.ruleset, env, rules.limits)
        for s in rules.steps
    )
    made = replace(
        rules, parameters=env, overrides=frozenset(kept), assumptions=assumed, steps=steps,
        earlier=tuple(under(e, settings, assumptions=assumptions) for e in rules.earlier),
    )  # fmt: skip
    made.settlers.update({n: s for n, s in rules.settlers.items() if n in shared})
    return made


def _settings(ruleset: Ruleset, overrides: Mapping[str, Any], *, assumptions: bool) -> dict[str, Any]:
    """Return the parameters that are set, and to what."""
    known = {
        n: p.value
        for n, p in ruleset.parameters.items()
        if p.value is not None and (assumptions or p.kind is not ParameterKind.ASSUMED)
    }
    return {n: v for n, v in {**known, **overrides}.items() if v is not None}


def _unchanged(rules: CompiledRuleset, env: Mapping[str, Any]) -> dict[str, Step]:
    """Return the steps whose tables are the same under other parameters: those that bound them did not change."""
    old, none = rules.parameters, object()
    return {s.name: s for s in rules.steps if all(old.get(p, none) == env.get(p, none) for p in _built_from(s))}


def _built_from(step: Step) -> set[str]:
    """Return the parameters that are bounds or outputs of a step's tables."""
    match step:
        case TableStep(decision=decision):
            return {*_bounds(decision), *_named_outputs(decision)}
        case ChecklistStep(whole=whole):
            return _built_from(whole)
        case ExpressionStep():
            return set()


def inlined(ruleset: Ruleset, name: str) -> TableDecision | ExpressionDecision | ChecklistDecision:
    """Return the decision; an invocation as a copy of its target over its own names."""
    decision = ruleset.decisions[name]
    if not isinstance(decision, InvocationDecision):
        return decision
    target = ruleset.decisions[decision.invoke]
    names = decision.renamed
    head: dict[str, Any] = {
        "name": name,
        "label": decision.label,
        "because": decision.because or target.because,
        "span": decision.span,
    }
    match target:
        case TableDecision():
            rules = tuple(_renamed_rule(r, names) for r in target.rules)
            return replace(target, **head, inputs=_renamed(target.inputs, names), rules=rules)
        case ExpressionDecision():
            return replace(target, **head, formula=rename(target.formula, names))
        case ChecklistDecision():
            items = tuple(_renamed_rule(i, names) for i in target.items)
            return replace(target, **head, inputs=_renamed(target.inputs, names), items=items)
        case InvocationDecision():
            raise AssertionError(name)


def _renamed(inputs: Sequence[str], names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(names.get(n, n) for n in inputs)


def _renamed_rule(rule: Any, names: Mapping[str, str]) -> Any:
    when = tuple({names.get(n, n): t for n, t in w.items()} for w in rule.when)
    cells = {names.get(n, n): c for n, c in rule.cells.items()}
    if isinstance(rule, Rule):
        return replace(rule, when=when, cells=cells)
    needs = tuple({names.get(n, n): t for n, t in w.items()} for w in rule.needs)
    return replace(rule, when=when, needs=needs, cells=cells)


def step_of(decision: Decision, ruleset: Ruleset, env: Mapping[str, Any], limits: Limits) -> Step:
    """Return the decision as a step under these parameter values."""
    match decision:
        case TableDecision():
            return _table_step(decision, ruleset, env, limits)
        case ExpressionDecision():
            return ExpressionStep(decision)
        case ChecklistDecision():
            items = tuple(_table_step(_item_table(i, decision), ruleset, env, limits) for i in decision.items)
            return ChecklistStep(decision, items, _table_step(all_items(decision), ruleset, env, limits))
        case InvocationDecision():
            raise AssertionError(decision.name)


def picker(names: Sequence[str]) -> Pick:
    """Return a function from values by name to the tuple of these names' values."""
    match names:
        case []:
            return lambda _: ()
        case [name]:
            return lambda values: (values[name],)
        case _:
            return itemgetter(*names)


def _table_step(decision: TableDecision, ruleset: Ruleset, env: Mapping[str, Any], limits: Limits) -> TableStep:
    unset = tuple(dict.fromkeys(p for p in _bounds(decision) if p not in env))
    return TableStep(decision, ruleset, env, limits, unset)


def _item_table(item: Item, checklist: ChecklistDecision) -> TableDecision:
    """Return the item as a table that lists which of `needs` and `when` hold."""
    columns = tuple(dict.fromkeys(n for when in (*item.when, *item.needs) for n in when))
    return _listing(f"{checklist.name}.{item.id}", checklist, columns, [_part(item, p, (p,)) for p in _PARTS])


_PARTS = ("needs", "when")


def all_items(checklist: ChecklistDecision) -> TableDecision:
    """Return the checklist as one table that lists which parts of which items hold."""
    rules = [_part(i, p, (i.id, p)) for i in checklist.items for p in _PARTS]
    return _listing(checklist.name, checklist, checklist.inputs, rules)


def _part(item: Item, part: str, output: tuple[str, ...]) -> Rule:
    when = item.needs if part == "needs" else item.when
    return Rule(part, None, when, output, item.because, item.cells, item.span)


def _listing(name: str, checklist: ChecklistDecision, columns: tuple[str, ...], rules: Sequence[Rule]) -> TableDecision:
    return TableDecision(
        name, checklist.label, checklist.because, checklist.span, columns, {}, tuple(rules),
        HitPolicy.COLLECT, Aggregate.LIST, ((),), None,
    )  # fmt: skip


def _bounds(decision: TableDecision) -> Iterator[str]:
    for rule in decision.rules:
        for when in rule.when:
            for test in when.values():
                yield from references(test)


def _named_outputs(decision: TableDecision) -> Iterator[str]:
    yield from (v.name for r in decision.rules for v in r.then if isinstance(v, ParameterRef))


def references(test: Test) -> Iterator[str]:
    """Yield the parameters that bound a test."""
    if isinstance(test, Within):
        for interval in test.intervals:
            yield from (b.name for b in (interval.low, interval.high) if isinstance(b, ParameterRef))


def tables_of(step: TableStep, values: Mapping[str, Any]) -> tuple[Way, ...] | None:
    """Return the step's table, one for each way its unset bounds can lie; None past the limit.

    The ways are those that the table's other bounds and the known `values` of its columns can tell apart.
    """
    met = {c: _points_of(values.get(c)) for c in step.bounded}
    key = tuple(met.values())
    if key not in step.made:
        most = step.limits.variants
        ways = list(islice(_ways(step, met), most + 1))
        if len(ways) > most:
            return None
        if len(step.made) >= most:
            step.made.clear()
        step.made[key] = tuple((way, _table(step, {**step.parameters, **way})) for way in ways)
    return step.made[key]


def _points_of(value: Any) -> tuple[Any, ...] | None:
    """Return all that a column can hold, without signs; None where it can be anything."""
    if value is None or (hasattr(value, "ask") and value.possible is None):
        return None
    held = value.possible if hasattr(value, "ask") else (value,)
    return tuple(v for v in held if not isinstance(v, Sign))


@dataclass(frozen=True)
class _Group:
    """Unset bounds that are compared with one another, or with what both are compared with.

    `marks` are the values they are compared with, `between` the columns that can be anything.
    """

    bounds: frozenset[str]
    marks: frozenset[Any]
    between: frozenset[Ordered] = frozenset()


def _ways(step: TableStep, met: Mapping[str, tuple[Any, ...] | None]) -> Iterator[Mapping[str, Any]]:
    groups = [list(islice(_placed_bounds(step, g), step.limits.variants + 1)) for g in _groups(step, met)]
    for parts in product(*groups):
        yield {name: value for part in parts for name, value in part.items()}


def _groups(step: TableStep, met: Mapping[str, tuple[Any, ...] | None]) -> list[_Group]:
    """Return the unset bounds in groups that can be placed without regard to one another."""
    groups = [_Group(frozenset({p}), frozenset(_ends(_ordered(step, p)))) for p in step.unset]
    for column, points in met.items():
        tests = [w[column] for r in step.decision.rules for w in r.when if column in w]
        bounds = {b for t in tests for b in references(t) if b in step.unset} | ({column} & {*step.unset})
        if points is not None:
            groups = [replace(g, marks=g.marks.union(points)) if g.bounds & bounds else g for g in groups]
            continue
        domain = _ordered(step, column)
        apart = [g for g in groups if not g.bounds & bounds]
        joined = [g for g in groups if g.bounds & bounds]
        marks = {*_ends(domain), *(p for t in tests for p in _set_bounds(t, step.parameters))}
        between = set() if column in step.unset else {domain}
        groups = [*apart, _Group(
            frozenset().union(*(g.bounds for g in joined)), frozenset(marks).union(*(g.marks for g in joined)),
            frozenset(between).union(*(g.between for g in joined)),
        )]  # fmt: skip
    return groups


def _ordered(step: TableStep, name: str) -> Ordered:
    domain = step.ruleset.column(name)[0]
    assert isinstance(domain, Ordered)  # noqa: S101 - bounds, and the columns they bound, are ordered
    return domain


def _ends(domain: Ordered) -> set[Any]:
    return {domain.minimum, domain.maximum} - {None}


def _set_bounds(test: Test, env: Mapping[str, Any]) -> Iterator[Any]:
    if isinstance(test, Within):
        for interval in test.intervals:
            for bound in (interval.low, interval.high):
                value = env.get(bound.name) if isinstance(bound, ParameterRef) else bound
                if value is not None:
                    yield value


def _placed_bounds(step: TableStep, group: _Group) -> Iterator[Mapping[str, Any]]:
    """Yield values for the bounds of a group, for every order in which they and its marks can lie.

    Where a stretch is wide enough, one place in it does for all: with room for every other bound,
    and for a value of each column between any two of them.
    """
    domains = {p: _ordered(step, p) for p in sorted(group.bounds)}
    steps = {s for d in (*domains.values(), *group.between) if (s := _step(d)) is not None}

    def place(left: Sequence[str], marks: frozenset[Any], chosen: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        if not left:
            yield chosen
            return
        room = 2 * len(left) - 1 if group.between else len(left) - 1
        for value in _candidates(domains[left[0]], marks, steps, room):
            yield from place(left[1:], marks | {value}, {**chosen, left[0]: value})

    return place(tuple(domains), group.marks, {})


def _step(domain: Ordered) -> Any:
    return timedelta(days=1) if domain.kind == "date" else domain.step


def _candidates(domain: Ordered, marks: Iterable[Any], steps: Iterable[Any], room: int) -> Iterator[Any]:
    """Yield the marks, and between any two of them values for all that these grids of `steps` can tell apart."""
    ends = [None, *sorted(marks), None]
    for low, high in pairwise(ends):
        stretch = Interval(low, high, low_open=True, high_open=True)
        yield from (_as_kind(v, domain) for v in _between(domain, stretch, sorted(steps), room))
        if high is not None and value_in(Interval(high, high), domain) is not None:
            yield _as_kind(high, domain)


def _as_kind(value: Any, domain: Ordered) -> Any:
    match domain.kind:
        case "integer":
            return int(value)
        case "decimal" | "money":
            return Decimal(value)
        case _:
            return value


def _between(domain: Ordered, stretch: Interval, steps: Sequence[Any], room: int) -> Iterator[Any]:
    if value_in(stretch, domain) is None:
        return
    if not steps:
        yield value_in(stretch, domain)
        return
    wide = list(islice(_on_grid(domain, stretch, _common_step(steps)), 2 * room + 1))
    if len(wide) > 2 * room:
        yield wide[room]
        return
    points = sorted({p for s in steps for p in _on_grid(domain, stretch, s)})
    for low, high in pairwise([stretch.low, *points, stretch.high]):
        gap = value_in(Interval(low, high, low_open=True, high_open=True), domain)
        if gap is not None:
            yield gap
        if high is not stretch.high and value_in(Interval(high, high), domain) is not None:
            yield high


def _on_grid(domain: Ordered, stretch: Interval, step: Any) -> Iterator[Any]:
    """Yield the values of the stretch on a grid, from an end that it has."""
    grid = replace(domain, step=step)
    value = value_in(stretch, grid)
    while value is not None:
        yield value
        up = stretch.low is not None
        rest = Interval(value, stretch.high) if up else Interval(stretch.low, value)
        value = value_in(replace(rest, low_open=True, high_open=True), grid)


def _common_step(steps: Sequence[Any]) -> Any:
    """Return the step of the widest grid whose points lie on all these grids."""
    if len(steps) == 1:
        return steps[0]
    parts = [Fraction(s) for s in steps]
    whole = lcm(*(p.numerator for p in parts))
    return Decimal(whole) / gcd(*(p.denominator for p in parts))


def _table(step: TableStep, env: Mapping[str, Any]) -> Table:
    decision, ruleset = step.decision, step.ruleset
    inputs = [(c, *ruleset.column(c)) for c in decision.inputs]
    column_domains = {c: d for c, d, _ in inputs}
    rules = [([_placed(w, column_domains, env) for w in r.when], given(r, env)) for r in decision.rules]
    domains = [t.domain for t in decision.outputs.values()] or [Text()]
    return build_table(
        inputs, rules, domains, policy=decision.policy, aggregate=decision.aggregate, default=decision.default
    )


def given(rule: Rule, env: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return a rule's outputs, those that name a parameter with its value."""
    return tuple(env.get(v.name, Missing(unset=(v.name,))) if isinstance(v, ParameterRef) else v for v in rule.then)


def _placed(when: When, domains: Mapping[str, Domain], env: Mapping[str, Any]) -> When:
    return {c: _with_bounds(t, domains[c], env) if isinstance(t, Within) else t for c, t in when.items()}


def _with_bounds(test: Within, domain: Domain, env: Mapping[str, Any]) -> Test:
    def bound(b: Any) -> Any:
        value = env[b.name] if isinstance(b, ParameterRef) else b
        decimal = isinstance(domain, Ordered) and domain.kind in ("decimal", "money") and isinstance(value, int)
        return Decimal(value) if decimal else value

    return replace(test, intervals=tuple(replace(i, low=bound(i.low), high=bound(i.high)) for i in test.intervals))


def _reads(ruleset: Ruleset, steps: Iterable[Step]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for step in steps:
        names = read_by(step)
        through = frozenset(p for n in names for p in found.get(n.partition(".")[0], ()))
        found[step.name] = through | {n for n in names if n in ruleset.parameters}
    return found


def read_by(step: Step) -> tuple[str, ...]:
    """Return every name that a step reads, bounds included."""
    match step:
        case TableStep():
            return step.reads
        case ExpressionStep(decision=expression):
            return expression.formula.names
        case ChecklistStep(items=items):
            return tuple(dict.fromkeys(n for i in items for n in read_by(i)))


def may_be_silent(ruleset: Ruleset, name: str) -> bool:
    """Report whether a column can be not regulated; the time between two moments always is a time."""
    source = name.partition(".")[0]
    decision = inlined(ruleset, source) if source in ruleset.silent else None
    if not isinstance(decision, ExpressionDecision):
        return source in ruleset.silent
    root = decision.formula.root
    parts = root.parts if isinstance(root, Apply) else (root,)
    is_plain = all(isinstance(p, Name) and kind_of(p.type) in ("date", "datetime") for p in parts)
    return not is_plain or any(may_be_silent(ruleset, n) for n in decision.formula.names)
