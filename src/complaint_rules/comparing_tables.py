"""Comparing tables: the exact regions in which one decision table, or checklist, says two things in two rulesets."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property, reduce
from operator import or_
from typing import Any

from complaint_rules.changes import Outcome, Region, Search, Unset
from complaint_rules.compile import CompiledRuleset, TableStep, all_items, references, tables_of
from complaint_rules.diagnostics import Span
from complaint_rules.domains import (
    ABSENT,
    NOT_REGULATED,
    Enumeration,
    MemberAxis,
    ParameterRef,
    Sign,
    SignAxis,
    Truth,
)
from complaint_rules.joint import Joint, masks_within
from complaint_rules.jointly import (
    NotComparableError,
    Place,
    cells_admitted,
    ends_of,
    joint_place,
    over_joint,
    place_of,
    settled_when,
)
from complaint_rules.memory import Memory
from complaint_rules.nearest import statuses_of
from complaint_rules.regions import Box, Budget, BudgetSpentError, first_cells, masks
from complaint_rules.ruleset import ChecklistDecision, Input, Rule, Ruleset, TableDecision, Type, When
from complaint_rules.tables import Aggregate, Column, HitPolicy, Table
from complaint_rules.words import Label

_FIRST = (HitPolicy.UNIQUE, HitPolicy.ANY, HitPolicy.FIRST)
_NOWHERE = Span("", 1, 1)
_NO_LABEL = Label("", "")
_RULES_SEEN = 500  # so many sets of matching rules of a region are looked at for the rules that decide in it
# What one side says where exactly these of its boxes match, and the ids of the rules that say it.
_Speech = tuple[Outcome, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Compared:
    """What comparing two tables found; `space` is what at least one side can meet."""

    search: Search
    columns: tuple[Column, ...] = ()
    space: Box = ()
    regions: tuple[Region, ...] = ()
    supposing: Mapping[str, Any] | None = None
    ways: tuple[int, int] = (0, 1)


@dataclass(frozen=True)
class Side:
    """A table, or a checklist as the table of its items, in one ruleset under its settings."""

    rules: CompiledRuleset
    decision: TableDecision
    checklist: ChecklistDecision | None = None

    @classmethod
    def of(cls, rules: CompiledRuleset, decision: TableDecision | ChecklistDecision) -> Side:
        if isinstance(decision, ChecklistDecision):
            return cls(rules, all_items(decision), decision)
        return cls(rules, decision)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns, without the parameters that are set: those are what they are set to."""
        return tuple(c for c in self.decision.inputs if c not in self.rules.parameters)

    @cached_property
    def whens(self) -> tuple[tuple[When, ...], ...]:
        """For each rule its alternatives that can match under the settings."""
        return tuple(
            tuple(s for w in r.when if (s := settled_when(w, self.rules, self.columns)) is not None)
            for r in self.decision.rules
        )

    @cached_property
    def given(self) -> tuple[tuple[Any, ...], ...]:
        """For each rule its outputs, those that are parameters as what they are set to."""
        settings = self.rules.parameters
        return tuple(
            tuple(settings.get(v.name, Unset(v.name)) if isinstance(v, ParameterRef) else v for v in r.then)
            for r in self.decision.rules
        )

    @property
    def policy(self) -> HitPolicy:
        return self.decision.policy

    @cached_property
    def frame(self) -> Hashable:
        """All but the rules that what matches is turned into an answer by."""
        if self.checklist:
            return ("checklist", self.checklist.all_needed)
        policy = HitPolicy.FIRST if self.policy in _FIRST else self.policy
        ranked = policy in (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER)
        domains = tuple(t.domain for t in self.decision.outputs.values()) if ranked else ()
        return (policy, self.decision.aggregate, tuple(self.decision.outputs), domains)

    @cached_property
    def order_matters(self) -> bool:
        """Whether the rules' order can change an answer; proved tables without one are known not to overlap."""
        match self.policy:
            case HitPolicy.UNIQUE | HitPolicy.ANY:
                return False
            case HitPolicy.COLLECT:
                return self.decision.aggregate is Aggregate.LIST and not self.checklist
            case HitPolicy.PRIORITY:
                return not all(isinstance(t.domain, (Enumeration, Truth)) for t in self.decision.outputs.values())
            case HitPolicy.FIRST | HitPolicy.RULE_ORDER | HitPolicy.OUTPUT_ORDER:
                return True

    @cached_property
    def otherwise(self) -> Outcome:
        """What it says where no rule matches."""
        if self.decision.default is not None:
            return self.outcome(self.decision.default)
        return Outcome("not_regulated" if self.decision.refer_to else "not_covered")

    def outcome(self, value: Sequence[Any]) -> Outcome:
        names = tuple(self.decision.outputs)
        holes = any(isinstance(v, Unset) for v in value)
        said: Any = value[0]
        if len(names) > 1 and self.decision.gives_list:
            said = tuple(tuple(zip(names, v, strict=True)) for v in said)
        elif len(names) > 1:
            said = tuple(zip(names, value, strict=True))
        return Outcome("open" if holes else "decided", said)

    def spoken(self, table: Table) -> Callable[[int], _Speech]:
        """Return what this side says where exactly these boxes of its table match."""
        ids = [r.id for r in self.decision.rules]

        def said(mask: int) -> _Speech:
            if self.checklist:
                return _checked(self.checklist, table, mask)
            hit = table.hit(mask)
            named = tuple(ids[r] for r in hit.rules)
            if not hit.rules or isinstance(hit.value, Sign):
                return self.otherwise, named
            return self.outcome(hit.value), named

        return said


def _checked(checklist: ChecklistDecision, table: Table, mask: int) -> _Speech:
    """Return whether the list is met, and the items that say so."""
    statuses = statuses_of(checklist, table, mask)
    met = "unmet" not in statuses.values() if checklist.all_needed else "met" in statuses.values()
    return Outcome("decided", met), tuple(i for i, s in statuses.items() if s == ("met" if met else "unmet"))


def compare_tables(old: Side, new: Side, budget: Budget) -> Compared:
    """Return where two tables say different things; exactly, or that the budget is spent."""
    try:
        step = _joint_step(old, new)
    except NotComparableError:
        return Compared("not comparable")
    ways = tables_of(step, {})
    if ways is None:
        return Compared("unknown: budget")
    try:
        found = [(way, pair, pair.regions(budget)) for way, t in ways for pair in [_Pair(old, new, t, way)]]
    except BudgetSpentError:
        return Compared("unknown: budget", ways[0][1].columns)
    differing = [f for f in found if f[2]]
    way, pair, regions = (differing or found)[0]
    supposing = way if differing and len(ways) > 1 else None
    return Compared("exact", pair.table.columns, pair.space, regions, supposing, (len(differing), len(ways)))


# --- one table of both ---------------------------------------------------------------------------------


def _joint_step(old: Side, new: Side) -> TableStep:
    """Return one table with the old rules, the new ones, and what cuts where the values of either side end."""
    columns = tuple(dict.fromkeys((*new.columns, *old.columns)))
    sides = (old, new)
    bounds = dict.fromkeys(
        p for s in sides for whens in s.whens for w in whens for t in w.values() for p in references(t)
    )
    places = {n: joint_place(old.rules.ruleset, new.rules.ruleset, n) for n in (*columns, *bounds)}
    rules = [
        _row(tuple(j for w in whens for j in over_joint(w, s.rules.ruleset, places)))
        for s in sides
        for whens in s.whens
    ]
    rules += [_row((_ends(s, columns),)) for s in sides]
    decision = replace(new.decision, inputs=columns, outputs={}, rules=tuple(rules), default=None, refer_to=None)
    ruleset = _holding(new.rules.ruleset, places)
    return TableStep(decision, ruleset, {}, new.rules.limits, tuple(bounds))


def _row(when: tuple[When, ...]) -> Rule:
    return Rule("", None, when, (), (), {}, _NOWHERE)


def _ends(side: Side, columns: Iterable[str]) -> When:
    ends = {c: ends_of(place_of(side.rules.ruleset, c)) for c in columns}
    return {c: t for c, t in ends.items() if t is not None}


def _holding(ruleset: Ruleset, places: Mapping[str, Place]) -> Ruleset:
    """Return a ruleset whose names hold what these places say."""
    silent = {n: p for n, p in places.items() if p.sign is NOT_REGULATED}
    inputs = {
        n: Input(n, _NO_LABEL, Type(p.domain), p.sign is ABSENT, _NOWHERE) for n, p in places.items() if n not in silent
    }
    outputs: dict[str, dict[str, Type]] = {}
    for name, place in silent.items():
        head, _, output = name.partition(".")
        outputs.setdefault(head, {})[output] = Type(place.domain)
    return replace(ruleset, inputs=inputs, parameters={}, outputs=outputs, silent=frozenset(outputs))


@dataclass(frozen=True)
class _Pair:
    """Two tables over the same columns, for one way their unset bounds can lie."""

    old: Side
    new: Side
    table: Table  # the boxes of the old rules, then those of the new ones
    way: Mapping[str, Any]

    @cached_property
    def counts(self) -> tuple[int, int]:
        """How many boxes the old rules have, and the new ones."""
        first, second = len(self.old.decision.rules), len(self.new.decision.rules)
        owners = self.table.owner
        return sum(r < first for r in owners), sum(first <= r < first + second for r in owners)

    @cached_property
    def spaces(self) -> tuple[Box, Box]:
        return self.space_of(self.old), self.space_of(self.new)

    def space_of(self, side: Side) -> Box:
        return tuple(bits for c in self.table.columns for bits in self.admitted(side, c))

    def admitted(self, side: Side, column: Column) -> Iterator[int]:
        if column.name in self.way:
            yield from (1 << a.cell_of(self.way[column.name]) for a in column.axes)
        else:
            yield from cells_admitted(place_of(side.rules.ruleset, column.name), column.axes)

    @cached_property
    def space(self) -> Box:
        return tuple(a | b for a, b in zip(*self.spaces, strict=True))

    @cached_property
    def boxes(self) -> tuple[Box, ...]:
        """The boxes of both sides' rules, and what each side can meet."""
        return (*self.table.boxes[: sum(self.counts)], *self.spaces)

    @cached_property
    def masks(self) -> tuple[tuple[int, ...], ...]:
        return masks(self.table.sizes, self.boxes)

    @property
    def every(self) -> int:
        return (1 << len(self.boxes)) - 1

    def table_of(self, side: Side, first_box: int, first_rule: int, boxes: int) -> Table:
        part = slice(first_box, first_box + boxes)
        owner = tuple(r - first_rule for r in self.table.owner[part])
        decision = side.decision
        return Table(
            self.table.columns, self.table.boxes[part], owner, side.given,
            tuple(t.domain for t in decision.outputs.values()), decision.policy, decision.aggregate, decision.default,
        )  # fmt: skip

    @cached_property
    def tables(self) -> tuple[Table, Table]:
        first, second = self.counts
        return (
            self.table_of(self.old, 0, 0, first),
            self.table_of(self.new, first, len(self.old.decision.rules), second),
        )

    @cached_property
    def speeches(self) -> tuple[Memory[int, _Speech], Memory[int, _Speech]]:
        one, two = self.tables
        return Memory(self.old.spoken(one)), Memory(self.new.spoken(two))

    def said(self, mask: int) -> tuple[_Speech, _Speech]:
        """Return what the sides say where exactly these boxes match."""
        first, second = self.counts
        old, new = self.speeches
        is_old, is_new = mask >> first + second & 1, mask >> first + second + 1 & 1
        return (
            old[mask & (1 << first) - 1] if is_old else _OUTSIDE,
            new[mask >> first & (1 << second) - 1] if is_new else _OUTSIDE,
        )

    def verdict(self, mask: int) -> Hashable | None:
        (old, _), (new, _) = self.said(mask)
        return None if _exact(old) == _exact(new) else (old, new)

    def regions(self, budget: Budget) -> tuple[Region, ...]:
        telling, common = self.telling
        joint = Joint(
            self.masks, self.space, self.verdict, self.every, telling,
            settling=None if _exact(self.old.otherwise) == _exact(self.new.otherwise) or self.old.checklist else common,
            frame=0b11 << sum(self.counts),
        )  # fmt: skip
        found = [(key, box) for key, boxes in joint.boxes(budget).items() for box in boxes]
        return tuple(self.region(key, box) for key, box in sorted(found, key=lambda f: f[1][::-1]))

    @cached_property
    def telling(self) -> tuple[int, int]:
        """The boxes of rules that only one side has, and of those that both have."""
        one, two = self.tables
        rows = [_rows(s, t) for s, t in ((self.old, one), (self.new, two))]
        first, second = self.counts
        if self.old.frame != self.new.frame:
            return (1 << first + second) - 1, 0
        pairs = _in_order(*rows) if self.old.order_matters or self.new.order_matters else _paired(*rows)
        same_old = reduce(or_, (one.boxes_of_rule[a] for a, _ in pairs), 0)
        same_new = reduce(or_, (two.boxes_of_rule[b] for _, b in pairs), 0)
        common = same_old | same_new << first
        return (1 << first + second) - 1 & ~common, common

    def region(self, key: Any, box: Box) -> Region:
        reached, complete = masks_within(self.masks, box, self.every, _RULES_SEEN)
        speeches = [self.said(m) for m in reached]
        old, new = (
            tuple(r.id for r in s.decision.rules if any(r.id in p[n][1] for p in speeches))
            if not s.checklist
            else tuple(i.id for i in s.checklist.items if any(i.id in p[n][1] for p in speeches))
            for n, s in enumerate((self.old, self.new))
        )
        point = first_cells(box)
        example = {c.name: value_at(c, point) for c in self.table.columns}
        return Region(box, key[0], key[1], old, new, complete, example)


_OUTSIDE: _Speech = (Outcome("outside"), ())


def _rows(side: Side, table: Table) -> list[Hashable]:
    """Return each rule as what it covers and says."""
    boxes: list[set[Box]] = [set() for _ in side.given]
    for box, rule in zip(table.boxes, table.owner, strict=True):
        boxes[rule].add(box)
    return [(frozenset(b), g) for b, g in zip(boxes, side.given, strict=True)]


def _in_order(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    found = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return [(m.a + n, m.b + n) for m in found for n in range(m.size)]


def _paired(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Return pairs of equal rows, each row in one pair at most."""
    waiting: dict[Hashable, list[int]] = {}
    for number, row in reversed(list(enumerate(old))):
        waiting.setdefault(row, []).append(number)
    return [(waiting[row].pop(), n) for n, row in enumerate(new) if waiting.get(row)]


def _exact(value: Any) -> Hashable:
    """Return a value that equals only what people would call the same: yes is not 1."""
    match value:
        case Outcome(said, inner):
            return (said, _exact(inner))
        case bool():
            return ("truth", value)
        case tuple():
            return tuple(map(_exact, value))
        case _:
            found: Hashable = value
            return found


def value_at(column: Column, point: Sequence[int]) -> Any:
    """Return a value of the column in these cells; a set as the tuple of its members."""
    chosen = [(a, point[at]) for at, a in enumerate(column.axes, start=column.first_axis)]
    if len(chosen) == 1 and not isinstance(chosen[0][0], (MemberAxis, SignAxis)):
        return chosen[0][0].witness(chosen[0][1])
    if any(isinstance(a, SignAxis) and c for a, c in chosen):
        return NOT_REGULATED
    return tuple(a.member for a, c in chosen if isinstance(a, MemberAxis) and c)
