"""Distinguishing: the facts of a complaint on which a changed decision says something else, or a proof that there are none.

The regions in which a table and its changed twin part are exact, over the table's own columns. Whether a complaint can come
into one of them is asked as an invariant: that none ever does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from typing import Any, Literal

from complaint_rules.comparing_tables import Compared, Side, compare_tables
from complaint_rules.compile import CompiledRuleset, inlined, read_by, under
from complaint_rules.deciding import plan_of, standing
from complaint_rules.diagnostics import Span
from complaint_rules.domains import (
    Contains,
    Interval,
    Is,
    LineAxis,
    MemberAxis,
    OneOf,
    Sign,
    SignAxis,
    Test,
    ValueAxis,
    Within,
)
from complaint_rules.example_writing import plain_answer
from complaint_rules.invariant import Invariant
from complaint_rules.mutant import Change
from complaint_rules.noticing import Changed, RefusedError, again
from complaint_rules.proving import prove
from complaint_rules.regions import Box, Budget, cells
from complaint_rules.ruleset import ChecklistDecision, TableDecision, When
from complaint_rules.source import Plain
from complaint_rules.tables import Column
from complaint_rules.words import Label

Status = Literal["equivalent", "differs", "open", "unknown: budget"]
_REGIONS = 400  # so many alternatives of a condition are looked at
_LABEL = Label("两者不同之处", "where the two part")
_NOWHERE = Span("", 1, 1)


@dataclass(frozen=True, slots=True)
class Parting:
    """What became of the question where two rulesets part: `facts` under `settings` on which `decision` differs; else `why`."""

    status: Status
    decision: str = ""
    facts: Mapping[str, Any] | None = None
    settings: Mapping[str, Any] | None = None
    why: tuple[str, ...] = ()


# Facts at hand that tell a decision apart, if there are any.
AtHand = Callable[[CompiledRuleset, Changed, str], Mapping[str, Any] | None]


def parting(rules: CompiledRuleset, other: Changed, *, cases: int, at_hand: AtHand) -> Parting:
    """Return where a changed decision, or what reads a changed parameter, says something else."""
    readers = [s.name for s in rules.steps if s.name in other.steps or not other.values.keys().isdisjoint(read_by(s))]
    found: list[Parting] = []
    for name in readers:
        compared = _compared(rules, other.rules, name)
        found.append(
            compared
            if isinstance(compared, Parting)
            else _reached(rules, other, compared, name, cases=cases, at_hand=at_hand)
        )
        if found[-1].status == "differs":
            return found[-1]
    return worst(found)


def other_readings(rules: CompiledRuleset, change: Change) -> Iterator[Mapping[str, Any]]:
    """Yield settings in which one of the readings, on which what is changed rests, is another."""
    rests_on = rules.reads.get(change.name, frozenset()) - rules.overrides
    for name in sorted(rests_on - {change.name}):
        parameter = rules.ruleset.parameters[name]
        yield from ({name: option} for option in parameter.options if option != rules.parameters.get(name))


def worst(found: Iterable[Parting]) -> Parting:
    """Return what is least sure of several that differ nowhere."""
    order: tuple[Status, ...] = ("unknown: budget", "open", "equivalent")
    return min(found, key=lambda p: order.index(p.status), default=Parting("equivalent"))


def _compared(old: CompiledRuleset, new: CompiledRuleset, name: str) -> Parting | Compared:
    """Return the regions in which a decision parts; what is to be said where there are none, or where they are not known."""
    one, two = _side(old, name), _side(new, name)
    if one is None or two is None:
        return Parting("open", name, why=(name,))
    compared = compare_tables(one, two, Budget(old.limits.analysis_steps))
    if compared.search != "exact":
        return Parting("unknown: budget", name, why=(name,))
    return compared if compared.regions else Parting("equivalent", name)


def _side(rules: CompiledRuleset, name: str) -> Side | None:
    decision = inlined(rules.ruleset, name)
    return Side.of(rules, decision) if isinstance(decision, (TableDecision, ChecklistDecision)) else None


def _reached(
    old: CompiledRuleset, other: Changed, compared: Compared, name: str, *, cases: int, at_hand: AtHand
) -> Parting:
    """Return a complaint that comes into a region; that there is none where this is proved of all of them."""
    facts = at_hand(old, other, name)
    if facts is not None:
        return Parting("differs", name, facts)
    rules = under(old, compared.supposing) if compared.supposing else old
    whens = list(islice((w for r in compared.regions for w in whens_of(r.box, compared.columns)), _REGIONS + 1))
    proof = prove(rules, Invariant("parting", _LABEL, (), _NOWHERE, broken=tuple(whens[:_REGIONS])), cases)
    settings = dict(compared.supposing or {})
    match proof.status:
        case "refuted":
            return Parting("differs", name, proof.facts[0], settings)
        case "proved" if len(whens) <= _REGIONS and compared.ways[1] == 1:
            return Parting("equivalent", name)
        case "unproved":
            return Parting("open", name, why=proof.why)
        case "proved" | "unknown: budget":
            return Parting("unknown: budget", name, why=proof.why)


# --- facts that tell two rulesets apart -----------------------------------------------------------------


def both(
    rules: CompiledRuleset, other: Changed, name: str, facts: Mapping[str, Any]
) -> tuple[Plain | None, Plain | None]:
    """Return what a decision says of facts before and after a change, as an example expects it; None: nothing."""
    plan = plan_of(rules, {name})
    known = standing(plan, facts)
    answers = again(rules, [s for s, _ in plan.steps], known, other)
    return plain_answer(known.answers[name]), plain_answer(answers[name])


def differs(rules: CompiledRuleset, other: Changed, name: str, facts: Mapping[str, Any]) -> bool:
    """Report whether a decision is decided before a change, and otherwise, or not, after it."""
    try:
        before, after = both(rules, other, name, facts)
    except RefusedError:
        return False
    return before is not None and before != after


def fewest(rules: CompiledRuleset, other: Changed, name: str, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return as few of the facts as still tell two rulesets apart."""
    kept = dict(facts)
    for fact in facts:
        fewer = {n: v for n, v in kept.items() if n != fact}
        if differs(rules, other, name, fewer):
            kept = fewer
    return kept


# --- a region as the cells of a rule --------------------------------------------------------------------


def whens_of(box: Box, columns: Iterable[Column]) -> Iterator[When]:
    """Yield alternatives that together hold exactly in a box."""
    choices = [[(c.name, t) for t in _tests(c, box)] for c in columns]
    for chosen in product(*choices):
        yield {n: t for n, t in chosen if t is not None}


def _tests(column: Column, box: Box) -> list[Test | None]:
    """Return the tests of which one holds where a value of the column lies in the box; None holds always."""
    axes = [(a, box[at]) for at, a in enumerate(column.axes, start=column.first_axis)]
    if all(bits == (1 << axis.size) - 1 for axis, bits in axes):
        return [None]
    if isinstance(axes[0][0], (ValueAxis, LineAxis)):
        return list(_tests_on(*axes[0]))
    return list(_tests_of_set(axes))


def _tests_on(axis: Any, bits: int) -> Iterator[Test]:
    inside: list[Any] = [(axis.values if isinstance(axis, ValueAxis) else axis.cells)[c] for c in cells(bits)]
    signs = [v for v in inside if v in (Sign.ABSENT, Sign.NOT_REGULATED)]
    values = [v for v in inside if v not in signs]
    if values:
        stretches = tuple(v for v in values if isinstance(v, Interval))
        yield Within(stretches) if isinstance(axis, LineAxis) else OneOf(frozenset(values))
    yield from (Is(s) for s in signs)


def _tests_of_set(axes: Iterable[tuple[Any, int]]) -> Iterator[Test]:
    members = [(a.member, bits) for a, bits in axes if isinstance(a, MemberAxis)]
    sign = next(((a.sign, bits) for a, bits in axes if isinstance(a, SignAxis)), None)
    has = frozenset(m for m, bits in members if bits == 0b10)
    lacks = frozenset(m for m, bits in members if bits == 0b01)
    if sign is None or sign[1] & 0b01:
        yield Contains(all_of=has, none_of=lacks) if has or lacks else Is(sign[0], negated=True) if sign else Contains()
    if sign is not None and sign[1] & 0b10 and not has:
        yield Is(sign[0])
