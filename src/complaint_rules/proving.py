"""Proving: an invariant holds in every case, or a case in which it does not; by splitting cases only where it matters.

With no fact known the answers say what is still possible. Where that settles the invariant, it is proved for all cases at once;
where not, the fact that is asked for is split into the cells that any table tells apart, and each part is looked at by
itself. A number that a formula reads has more values than cells: such a fact is tried at the ends of its cells, and the
result is then a case that breaks the invariant, or `unproved`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, product
from typing import Any, Literal

from complaint_rules.answers import Decided, Missing, Undetermined
from complaint_rules.calendar_data import load_calendar
from complaint_rules.compile import CompiledRuleset, ExpressionStep, Step, compile_ruleset, read_by, references, step_of
from complaint_rules.deadline import Terms
from complaint_rules.deciding import Standing, plan_of, standing
from complaint_rules.diagnostics import Diagnostic, Severity
from complaint_rules.domains import (
    ABSENT,
    OTHER,
    Enumeration,
    Interval,
    LineAxis,
    MemberAxis,
    Members,
    ParameterRef,
    Sign,
    Test,
    Truth,
    Within,
    axes_for,
)
from complaint_rules.invariant import Invariant, Monotone, Scale
from complaint_rules.limits import DEFAULT_LIMITS, Limits
from complaint_rules.proving_time import Ends, Limit
from complaint_rules.regions import Budget, BudgetSpentError
from complaint_rules.ruleset import Rule, Ruleset, TableDecision, Type
from complaint_rules.settle import Settler, settler
from complaint_rules.tables import Aggregate, HitPolicy
from complaint_rules.values import to_json
from complaint_rules.words import Label

Status = Literal["proved", "refuted", "unproved", "unknown: budget"]
_CASES = 4_000  # so many parts of the cases are looked at
_ENDS = 400_000  # so many ends of time limits are compared
_MOST_MEMBERS = 10  # sets of so many members are tried whole
_VIOLATED = "invariant:violated"


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of an invariant: `facts` break it (two cases where it is about two); `why` keeps it from being proved."""

    invariant: Invariant
    status: Status
    facts: tuple[Mapping[str, Any], ...] = ()
    why: tuple[str, ...] = ()


def prove(rules: CompiledRuleset, invariant: Invariant, cases: int = _CASES) -> Proof:
    """Return whether an invariant holds in every case, under the settings of a ruleset."""
    search = _Search(rules, invariant, Budget(cases))
    try:
        go = search.pair if invariant.monotone else search.two_limits if invariant.no_later else search.single
        found = go({})
    except BudgetSpentError:
        return Proof(invariant, "unknown: budget", why=tuple(search.why))
    if found is not None:
        return Proof(invariant, "refuted", found)
    return Proof(invariant, "unproved" if search.why else "proved", why=tuple(search.why))


def prove_all(ruleset: Ruleset, limits: Limits = DEFAULT_LIMITS) -> tuple[Proof, ...]:
    """Return what becomes of each invariant of a ruleset under its own settings."""
    if not ruleset.invariants:
        return ()
    rules = compile_ruleset(ruleset, limits=limits)
    return tuple(prove(rules, i) for i in ruleset.invariants.values())


def unproved(ruleset: Ruleset, limits: Limits = DEFAULT_LIMITS) -> list[Diagnostic]:
    """Return a finding for each invariant that does not hold, or that could not be proved."""
    return [d for p in prove_all(ruleset, limits) for d in _finding(p)]


def _finding(proof: Proof) -> Iterator[Diagnostic]:
    name, span = proof.invariant.name, proof.invariant.span
    match proof.status:
        case "refuted":
            cases = [", ".join(f"{n}: {_plain(v)}" for n, v in facts.items()) for facts in proof.facts]
            yield Diagnostic("CR208", span, {"name": name, "example": " → ".join(cases)})
        case "unproved":
            reason = Label(f"取决于 {', '.join(proof.why)}", f"it depends on {', '.join(proof.why)}")
            yield Diagnostic("CR209", span, {"name": name, "reason": reason}, severity=Severity.WARNING)
        case "unknown: budget":
            reason = Label("情形太多", "there are too many cases")
            yield Diagnostic("CR209", span, {"name": name, "reason": reason}, severity=Severity.WARNING)


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return f"[{', '.join(sorted(str(to_json(v)) for v in value))}]"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else to_json(value)


@dataclass
class _Search:
    """Splits the cases of one invariant."""

    rules: CompiledRuleset
    invariant: Invariant
    budget: Budget
    why: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ruleset = self.rules.ruleset
        self.ends = _ends_of(self.invariant, self.rules)
        heads = {n.partition(".")[0] for n in (self.ends.reads if self.ends else self.invariant.reads)}
        self.plan = plan_of(self.rules, heads & ruleset.decisions.keys())
        self.own = _violation(self.invariant, self.rules)
        steps = [s for s, _ in self.plan.steps]
        self.by_formula = {n for s in steps if isinstance(s, ExpressionStep) for n in read_by(s)}
        self.tests = tests_of([*steps, *([self.own[0]] if self.own else [])], self.rules)

    def known(self, facts: Mapping[str, Any]) -> Standing:
        """Return what is known of a part of the cases; an optional fact is open until it is said to be absent."""
        self.budget.spend()
        optional = {n: Missing(ask=(n,)) for n, i in self.rules.ruleset.inputs.items() if i.optional}
        return standing(self.plan, {**optional, **facts})

    # --- one case ------------------------------------------------------------------------------------

    def single(self, facts: Mapping[str, Any]) -> tuple[Mapping[str, Any]] | None:
        """Return a case that breaks the invariant, None where there is none in this part."""
        assert self.own  # noqa: S101 - an invariant about one case has a table
        state = self.known(facts)
        answer, _ = self.own[1](state.values, state.answers)
        match answer:
            case Decided(value):
                return ({n: v for n, v in facts.items() if v is not ABSENT},) if value else None
            case Undetermined(possible, ask, unset):
                if possible is not None and True not in possible:
                    return None
                found: tuple[Mapping[str, Any]] | None = self.split(facts, ask, unset, self.single)
                return found
        return None

    def split(self, facts: Mapping[str, Any], ask: Sequence[str], unset: Sequence[str], go: Any) -> Any:
        """Look at each part of a fact that is asked for."""
        name = next((n for n in ask if n not in facts), None)
        if name is None:
            self.why |= dict.fromkeys(unset or ("…",))
            return None
        if name in self.by_formula and not _is_listed(self.rules.ruleset.inputs[name].type):
            self.why |= {name: None}
        for value in self.values_of(name):
            found = go({**facts, name: value})
            if found is not None:
                return found
        return None

    # --- two cases -----------------------------------------------------------------------------------

    def pair(self, facts: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
        """Return two cases that differ in the raised fact alone and break the invariant, None where there are none."""
        monotone = self.invariant.monotone
        assert monotone  # noqa: S101 - asked only of these
        raised = monotone.raised
        if raised.name in self.by_formula and not _is_listed(self.rules.ruleset.inputs[raised.name].type):
            self.why |= {raised.name: None}
        steps = raised.through or [v for v in self.values_of(raised.name) if not isinstance(v, Sign)]
        for low, high in pairwise(steps):
            found = self.one_step(facts, monotone, low, high)
            if found is not None:
                return found
        return None

    def one_step(
        self, facts: Mapping[str, Any], monotone: Monotone, low: Any, high: Any
    ) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
        name = monotone.raised.name
        both = [{**facts, name: v} for v in (low, high)]
        answers = [self.known(f) for f in both]
        if self.ends is not None:
            return self.one_step_later(
                facts, both, [self.ends.owed(self.ends.deadlines[0], a.values) for a in answers], (low, high)
            )
        values = [_ranks(a.values[monotone.result.name], monotone.result) for a in answers]
        if any(v == () for v in values):
            return None
        if None not in values:
            before, after = (v for v in values if v is not None)
            if _keeps(before, after, never_up=monotone.never_up):
                return None
            if len(before) == len(after) == 1:
                return both[0], both[1]
        open_ = [v for a in answers if isinstance(v := a.values[monotone.result.name], (Missing, Undetermined))]
        ask = [n for v in open_ for n in v.ask if n != name]
        return self.split(  # type: ignore[no-any-return]
            facts, ask, [n for v in open_ for n in v.unset], lambda more: self.one_step(more, monotone, low, high)
        )  # fmt: skip

    def one_step_later(
        self,
        facts: Mapping[str, Any],
        both: Sequence[Mapping[str, Any]],
        limits: Sequence[Limit],
        step: tuple[Any, Any],
    ) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
        """Return two cases, with an instant from which the second one's limit ends later."""
        ends, monotone = self.ends, self.invariant.monotone
        assert ends is not None  # noqa: S101 - asked only of these
        assert monotone is not None  # noqa: S101
        if None in limits:
            return None
        before, after = limits
        if isinstance(before, Terms) and isinstance(after, Terms):
            start = ends.later(before, after)
            return None if start is None else ({**both[0], **ends.begin(start)}, {**both[1], **ends.begin(start)})
        ask, unset = _waits(limits)
        ask = [n for n in ask if n != monotone.raised.name]
        return self.split(facts, ask, unset, lambda more: self.one_step(more, monotone, *step))  # type: ignore[no-any-return]

    def two_limits(self, facts: Mapping[str, Any]) -> tuple[Mapping[str, Any]] | None:
        """Return a case, and an instant, from which the limit that must end first ends later."""
        ends = self.ends
        assert ends is not None  # noqa: S101 - asked only of these
        values = self.known(facts).values
        after, before = (ends.limit(d, values) for d in ends.deadlines)
        if before is None or after is None:
            return None
        if isinstance(before, Terms) and isinstance(after, Terms):
            start = ends.later(before, after)
            return None if start is None else ({**facts, **ends.begin(start)},)
        found: tuple[Mapping[str, Any]] | None = self.split(facts, *_waits((before, after)), self.two_limits)
        return found

    # --- the values of a fact --------------------------------------------------------------------------

    def values_of(self, name: str) -> list[Any]:
        """Return a value of each cell that some table tells apart; of numbers also the ends of the cells."""
        given = self.rules.ruleset.inputs[name]
        sign = ABSENT if given.optional else None
        if name in self.by_formula and isinstance(given.type.domain, Enumeration):
            listed: list[Any] = [*given.type.domain.values, *([OTHER] if given.type.domain.open else [])]
            return [*listed, *([ABSENT] if sign else [])]
        axes = axes_for(given.type.domain, self.tests.get(name, []), sign)
        if isinstance(given.type.domain, Members):
            named = given.type.domain.values if name in self.by_formula else None
            members: tuple[Any, ...] = named or tuple(a.member for a in axes if isinstance(a, MemberAxis))
            chosen = (
                product((0, 1), repeat=len(members))
                if len(members) <= _MOST_MEMBERS
                else ((0,) * len(members), (1,) * len(members))
            )
            every = [frozenset(m for m, c in zip(members, p, strict=True) if c) for p in chosen]
            return [*every, *([ABSENT] if sign else [])]
        if isinstance(axes[0], LineAxis) and name in self.by_formula:
            ends = [e for e in (getattr(given.type.domain, k) for k in ("minimum", "maximum")) if e is not None]
            return list(dict.fromkeys([*(v for cell in axes[0].cells for v in _ends(cell, axes[0])), *ends]))
        return [axes[0].witness(c) for c in range(axes[0].size)]


def _ends(cell: Interval | Sign, axis: LineAxis) -> Iterator[Any]:
    """Yield values of a cell of a line: its ends where they belong to it, and one inside."""
    if isinstance(cell, Sign):
        yield cell
        return
    yield axis.witness(axis.cells.index(cell))
    if cell.low is not None and not cell.low_open:
        yield cell.low
    if cell.high is not None and not cell.high_open:
        yield cell.high


def _is_listed(type_: Type) -> bool:
    """Report whether trying the values of a type tries all there are."""
    match type_.domain:
        case Truth() | Enumeration(open=False):
            return True
        case Members(tuple() as values, open=False):
            return len(values) <= _MOST_MEMBERS
    return False


def _ranks(value: Any, scale: Scale) -> tuple[Any, ...] | None:
    """Return where a result may lie on its scale; () where it is silent, None where that is not known."""
    if isinstance(value, Undetermined):
        if value.possible is None or (value.silent and not value.possible):
            return None
        inside = [v for v in value.possible if not isinstance(v, Sign)]
        return None if any(isinstance(v, Mapping) for v in inside) else tuple(_rank(v, scale) for v in inside) or None
    if isinstance(value, Missing):
        return None
    return () if isinstance(value, Sign) or value is None else (_rank(value, scale),)


def _rank(value: Any, scale: Scale) -> Any:
    """Return where a value lies; what the scale leaves out lies below all of it."""
    if not scale.through:
        return value
    return scale.through.index(value) if value in scale.through else -1


def _keeps(before: Sequence[Any], after: Sequence[Any], *, never_up: bool) -> bool:
    """Report whether whatever it was before, it has not gone up after, or not down."""
    return bool(max(after) <= min(before) if never_up else min(after) >= max(before))


def _waits(limits: Iterable[Limit]) -> tuple[list[str], list[str]]:
    """Return what is to be asked, and set, before limits are known."""
    open_ = [v for v in limits if isinstance(v, (Missing, Undetermined))]
    return [n for v in open_ for n in v.ask], [n for v in open_ for n in v.unset]


def _ends_of(invariant: Invariant, rules: CompiledRuleset) -> Ends | None:
    """Return what compares the ends of the time limits that an invariant speaks of."""
    monotone, no_later = invariant.monotone, invariant.no_later
    if no_later is not None:
        names = (no_later.deadline, no_later.than)
    elif monotone is not None and monotone.is_deadline:
        names = (monotone.result.name,) * 2
    else:
        return None
    one, two = (rules.ruleset.deadlines[n] for n in names)
    return Ends(rules, (one, two), load_calendar(rules.ruleset.calendar or "cn-office"), Budget(_ENDS))


def _violation(invariant: Invariant, rules: CompiledRuleset) -> tuple[Step, Settler] | None:
    """Return the table that says whether an invariant about one case is broken."""
    if invariant.monotone or invariant.no_later:
        return None
    rows = [(invariant.kept, False), (invariant.broken, True)]
    made = tuple(
        Rule(f"r{n}", None, when, (said,), (), {}, invariant.span) for n, (when, said) in enumerate(rows) if when
    )
    table = TableDecision(
        _VIOLATED, invariant.label, (), invariant.span, invariant.reads, {"": Type(Truth())}, made, HitPolicy.FIRST,
        Aggregate.LIST, (False,), None,
    )  # fmt: skip
    step = step_of(table, rules.ruleset, rules.parameters, rules.limits)
    return step, settler(step)


def tests_of(steps: Iterable[Step], rules: CompiledRuleset) -> Mapping[str, list[Test]]:
    """Return every test of each column in these steps, bounds that are set put in."""
    found: dict[str, list[Test]] = {}
    for step in steps:
        decision = getattr(step, "whole", step).decision
        for rule in decision.rules if isinstance(decision, TableDecision) else ():
            for when in rule.when:
                for name, test in when.items():
                    if not any(True for _ in references(test)):
                        found.setdefault(name, []).append(test)
                    elif all(n in rules.parameters for n in references(test)):
                        found.setdefault(name, []).append(_placed(test, rules.parameters))
    return found


def _placed(test: Test, settings: Mapping[str, Any]) -> Test:
    assert isinstance(test, Within)  # noqa: S101 - only bounds name parameters

    def bound(b: Any) -> Any:
        return settings[b.name] if isinstance(b, ParameterRef) else b

    intervals = tuple(replace(i, low=bound(i.low), high=bound(i.high)) for i in test.intervals)
    return replace(test, intervals=intervals)
