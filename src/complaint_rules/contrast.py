"""Contrast: why a decision did not say something else, and the fewest columns to change so that it does.

The columns of a table are taken as independent, as `check` takes them. What the change comes to for the whole
complaint is then decided again, and each change says whether it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from heapq import heappop, heappush
from itertools import combinations, count, islice, product
from operator import and_, or_
from typing import Any, Literal

from complaint_rules.answers import Answer, Decided, NotRegulated, Undetermined
from complaint_rules.compile import (
    ChecklistStep,
    CompiledRuleset,
    ExpressionStep,
    Step,
    TableStep,
    Way,
    compile_ruleset,
    inlined,
    references,
    tables_of,
)
from complaint_rules.deciding import plan_of, settle_all
from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.domains import (
    ABSENT,
    NOT_REGULATED,
    OTHER,
    Axis,
    Interval,
    LineAxis,
    MemberAxis,
    Members,
    Sign,
    SignAxis,
    Test,
    Truth,
    ValueAxis,
    Within,
    boxes_of,
)
from complaint_rules.facts import name_of, read_facts
from complaint_rules.memory import Memory
from complaint_rules.regions import Budget, BudgetSpentError, cells
from complaint_rules.render import answer_words, joined, name_words, test_words, value_words, word
from complaint_rules.ruleset import (
    ChecklistDecision,
    ExpressionDecision,
    Item,
    Rule,
    Ruleset,
    TableDecision,
    Type,
    When,
)
from complaint_rules.settle import public
from complaint_rules.tables import Aggregate, Column, HitPolicy, Table, Value, reachable
from complaint_rules.values import BadValueError, from_text, to_json
from complaint_rules.words import Label, Lang, suggest

Status = Literal["given", "lost", "undetermined"]
Search = Literal["found", "none", "unknown: budget", "not searched"]
Kind = Literal["fact", "decision", "setting"]

# Policies under which every rule that matches adds to the value.
_GATHERING = (HitPolicy.COLLECT, HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER)

STEPS = 60_000
_LANGS: tuple[Lang, Lang] = ("zh", "en")
_CHAINED = 2  # how many decisions deep a change is followed to the facts
_WAYS = 16  # how many ways to bring a change about are tried


@dataclass(frozen=True, slots=True)
class FailedCell:
    """A cell that did not admit its column's value: as it was written, and what it `asks` in words."""

    column: str
    cell: str
    value: Any
    asks: Label


@dataclass(frozen=True, slots=True)
class LosingRule:
    """A rule (or item) that would have given what is wanted: the cells that failed, or the rules that beat it."""

    rule: str
    failed: tuple[FailedCell, ...]
    beaten_by: tuple[str, ...]
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One column to change: `words` say to what, `example` is such a value, `through` how a decision gets there."""

    column: str
    kind: Kind
    was: Any
    example: Any
    words: Label
    through: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Contrast:
    """Changes that together flip the table; `holds` says whether deciding again agrees, None where it was not tried.

    `ask` are the facts that matter only after the change, and are not known.
    """

    changes: tuple[Change, ...]
    holds: bool | None
    ask: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a decision did not say what is wanted, and the nearest changes with which it would."""

    decision: str
    wanted: str
    status: Status
    answer: Answer
    losing: tuple[LosingRule, ...] = ()
    nearest: tuple[Contrast, ...] = ()
    search: Search = "not searched"
    ask: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()  # parameters that are not set, where they kept columns from being tried
    untried: tuple[str, ...] = ()
    operands: Mapping[str, Any] | None = None  # of an expression

    def to_dict(self) -> dict[str, Any]:
        """Return the whole of it as JSON-serialisable data; decimals and dates are text."""
        return {
            "decision": self.decision,
            "wanted": self.wanted,
            "status": self.status,
            "answer": _answer_json(self.answer),
            "losing": [_losing_json(r) for r in self.losing],
            "nearest": [_contrast_json(c) for c in self.nearest],
            "search": self.search,
            "ask": list(self.ask),
            "unset": list(self.unset),
            "untried": list(self.untried),
            "operands": None if self.operands is None else {n: _json(v) for n, v in self.operands.items()},
        }


def _answer_json(answer: Answer) -> dict[str, Any]:
    value = {"value": to_json(answer.value)} if isinstance(answer, Decided) else {}
    return {"status": answer.status, **value, "rules": list(answer.trace.rules)}


def _losing_json(rule: LosingRule) -> dict[str, Any]:
    failed = [
        {"column": f.column, "cell": f.cell, "value": _json(f.value), "asks": _label_json(f.asks)} for f in rule.failed
    ]
    return {"rule": rule.rule, "failed": failed, "beaten_by": list(rule.beaten_by), "because": list(rule.because)}


def _contrast_json(contrast: Contrast) -> dict[str, Any]:
    changes = [_change_json(c) for c in contrast.changes]
    return {"changes": changes, "holds": contrast.holds, "ask": list(contrast.ask)}


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "column": change.column, "kind": change.kind, "was": _json(change.was), "example": _json(change.example),
        "words": _label_json(change.words), "through": [_change_json(c) for c in change.through],
    }  # fmt: skip


def _label_json(label: Label) -> dict[str, str]:
    return {"zh": label.zh, "en": label.en}


def _json(value: Any) -> Any:
    return None if _is_open(value) else to_json(value)


def _is_open(value: Any) -> bool:
    return bool(getattr(value, "is_unknown", False))


# --- what is wanted --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A rule or item to decide, or a value: by output, as a member where the output is a set."""

    text: str
    rule: str | None = None
    values: Mapping[str, Any] | None = None
    silent: bool = False

    def is_said_by(self, value: Any) -> bool:
        """Report whether a public value is, or holds, the value wanted."""
        if value is NOT_REGULATED:
            return self.silent
        if isinstance(value, tuple):
            return any(self.is_said_by(v) for v in value)
        outputs = value if isinstance(value, Mapping) else {"": value}
        return any(o in outputs and _says(outputs[o], v) for o, v in (self.values or {}).items())

    def is_met_by(self, answer: Answer) -> bool:
        """Report whether an answer is what is wanted."""
        if self.rule is not None:
            return self.rule in answer.trace.rules or answer.trace.items.get(self.rule) == "met"
        match answer:
            case Decided(value):
                return self.is_said_by(value)
            case NotRegulated():
                return self.silent
            case Undetermined():
                return False


def _says(said: Any, wanted: Any) -> bool:
    if isinstance(said, frozenset) and not isinstance(wanted, frozenset):
        return wanted in said
    return bool(said == wanted)


def _wanted(step: Step, wanted: str, types: Mapping[str, Type]) -> _Wanted:
    """Return what a text means: a rule or item first, else a value of an output (`OUTPUT=VALUE` names it).

    Raises:
        FactsError: it is neither.
    """
    text = str(wanted).strip()
    decision = step.decision
    rules: Sequence[Rule | Item] = ()
    match decision:
        case TableDecision():
            rules, types = decision.rules, decision.outputs
        case ChecklistDecision():
            rules = decision.items
        case _:
            pass
    if any(r.id == text for r in rules):
        return _Wanted(text, rule=text)
    if text == "not_regulated" and not isinstance(decision, ChecklistDecision):
        return _Wanted(text, silent=True)
    values = dict(_values_of(text, types))
    if values:
        return _Wanted(text, values=values)
    listed = [v for t in types.values() for v in _listed(t)]
    known = (*(r.id for r in rules), *listed)
    words = {"wanted": name_of(wanted), "decision": step.name, "known": known, "suggestion": suggest(text, known)}
    raise FactsError([Diagnostic("CR312", args=words, where=step.name)])


def _listed(type_: Type) -> tuple[str, ...]:
    return ("yes", "no") if isinstance(type_.domain, Truth) else getattr(type_.domain, "values", None) or ()


def _values_of(text: str, types: Mapping[str, Type]) -> Iterator[tuple[str, Any]]:
    output, sign, rest = text.partition("=")
    named = {output.strip(): rest.strip()} if sign and output.strip() in types else dict.fromkeys(types, text)
    for name, plain in named.items():
        try:
            yield name, _read(plain, types[name])
        except BadValueError:
            continue


def _read(text: str, type_: Type) -> Any:
    """Return a value of the type; for a set the member, or with brackets the whole set."""
    if not isinstance(type_.domain, Members):
        return from_text(text, type_.domain)
    members = [p.strip() for p in text.strip("[]").split(",") if p.strip()]
    wrong = [m for m in members if type_.domain.values is not None and m not in type_.domain.values]
    if wrong and not type_.domain.open:
        raise BadValueError("CR303", value=wrong[0], known=type_.domain.values)
    if text.startswith("["):
        return frozenset(members)
    if len(members) != 1:
        raise BadValueError("CR103", value=text, expected="[a, b]")
    return members[0]


# --- the question -----------------------------------------------------------------------------------


def why_not(rules: CompiledRuleset, facts: Mapping[str, Any], decision: str, wanted: str) -> WhyNot:
    """Return why a decision did not give `wanted`, a rule's id or a value as written, and what would change it.

    Raises:
        FactsError: an unknown or wrong fact, an unknown decision, or no rule or value of the decision.
    """
    if decision not in rules.ruleset.decisions:
        name = name_of(decision)
        words = {"name": name, "suggestion": suggest(name, rules.ruleset.decisions)}
        raise FactsError([Diagnostic("CR308", args=words, where=name)])
    view = _View.of(rules, read_facts(rules.ruleset, facts), decision)
    step, answer = view.steps[decision], view.answers[decision]
    goal = _wanted(step, wanted, rules.ruleset.outputs[decision])
    said = WhyNot(decision, goal.text, "given", answer)
    if goal.is_met_by(answer):
        return said
    if isinstance(step, ExpressionStep):
        names = step.decision.formula.names
        said = replace(said, operands={n: view.values[n] for n in names})
    else:
        said = replace(said, losing=tuple(_losing(view, step, goal)))
    if isinstance(answer, Undetermined):
        return replace(said, status="undetermined", ask=answer.ask, unset=answer.unset)
    if isinstance(step, ExpressionStep):
        return replace(said, status="lost")
    return _with_nearest(replace(said, status="lost"), view, step, goal)


@dataclass(frozen=True)
class _View:
    """A complaint as one decision sees it: the values of all that it rests on, and the answers before it."""

    rules: CompiledRuleset
    facts: Mapping[str, Any]
    steps: Mapping[str, Step]
    values: Mapping[str, Any]
    answers: Mapping[str, Answer]

    @classmethod
    def of(cls, rules: CompiledRuleset, facts: Mapping[str, Any], decision: str) -> _View:
        plan = plan_of(rules, [decision])
        values = {**plan.blank, **facts}
        answers: dict[str, Answer] = {}
        for step, settle in plan.steps:
            answers[step.name], exports = settle(values, answers)
            values |= exports
        return cls(rules, facts, {s.name: s for s, _ in plan.steps}, values, answers)

    @property
    def ruleset(self) -> Ruleset:
        return self.rules.ruleset


def _table_step(step: TableStep | ChecklistStep) -> TableStep:
    return step.whole if isinstance(step, ChecklistStep) else step


# --- the rules that lost --------------------------------------------------------------------------------


def _losing(view: _View, step: TableStep | ChecklistStep, wanted: _Wanted) -> Iterator[LosingRule]:
    ways = tables_of(_table_step(step), view.values) or ()
    tables = [t for _, t in ways]
    if isinstance(step, ChecklistStep):
        yield from _lacking(view, step, wanted, tables)
        return
    trace = view.answers[step.name].trace
    for number in sorted(_givers(step.decision, wanted)):
        rule = step.decision.rules[number]
        if rule.id in trace.rules:
            continue
        failed = _failed(view, tables, number, rule.when, rule.cells)
        beaten = trace.rules if failed == () else ()
        yield LosingRule(rule.id, failed or (), beaten, rule.because or step.decision.because)


def _givers(decision: TableDecision, wanted: _Wanted) -> frozenset[int]:
    """Return the rules that would give what is wanted; where outputs are added or counted, none does alone."""
    if wanted.rule is not None:
        return frozenset(i for i, r in enumerate(decision.rules) if r.id == wanted.rule)
    if decision.policy is HitPolicy.COLLECT and decision.aggregate in (Aggregate.SUM, Aggregate.COUNT):
        return frozenset()
    union = decision.policy is HitPolicy.COLLECT and decision.aggregate is Aggregate.UNION
    return frozenset(
        i for i, r in enumerate(decision.rules)
        if wanted.is_said_by(_own(decision, r.then)) or (union and _is_part(r.then[0], wanted))
    )  # fmt: skip


def _own(decision: TableDecision, then: tuple[Any, ...]) -> Any:
    return dict(zip(decision.outputs, then, strict=True)) if len(decision.outputs) > 1 else then[0]


def _is_part(said: Any, wanted: _Wanted) -> bool:
    return any(isinstance(v, frozenset) and said and said <= v for v in (wanted.values or {}).values())


def _lacking(view: _View, step: ChecklistStep, wanted: _Wanted, tables: Sequence[Table]) -> Iterator[LosingRule]:
    """Yield the items that are not met, each with the cells of its `needs` (or of its `when`) that fail."""
    statuses = view.answers[step.name].trace.items
    looked_at = ("unmet", "open") if step.decision.all_needed else ("unmet", "open", "not_needed")
    wants_no = wanted.values is not None and wanted.values.get("") is False
    for number, item in enumerate(step.decision.items):
        asked = wanted.rule == item.id if wanted.rule else not wants_no and statuses[item.id] in looked_at
        if asked:
            # INVARIANT: the whole table has two rules an item, its `needs` and then its `when`.
            idle = statuses[item.id] == "not_needed"
            failed = _failed(view, tables, 2 * number + idle, item.when if idle else item.needs, item.cells) or ()
            yield LosingRule(item.id, failed, (), item.because or step.decision.because)


def _failed(
    view: _View, tables: Sequence[Table], rule: int, alternatives: Sequence[When], shown: Mapping[str, str]
) -> tuple[FailedCell, ...] | None:
    """Return the cells that fail in the alternative with the fewest; () if it may match, None if it never can."""
    boxes = [(t, cells(t.boxes_of_rule[rule])) for t in tables]
    failing = [[c for c in t.columns if not _may_admit(t, c, view.values) >> b & 1] for t, bs in boxes for b in bs]
    if not failing:
        return None
    columns = min(failing, key=len)
    closest = [w for w in alternatives if _fails_only(w, columns, tables[0], view.values)]
    return tuple(
        FailedCell(c.name, shown.get(c.name, "-"), view.values[c.name], _asked(view.ruleset, c.name, closest or alternatives))
        for c in columns
    )  # fmt: skip


def _fails_only(when: When, columns: Collection[Column], table: Table, values: Mapping[str, Any]) -> bool:
    """Report whether these columns of an alternative fail, and no other is known to."""
    failing = {c.name for c in table.columns if c.name in when and _refuses(when[c.name], c, values[c.name])}
    return {c.name for c in columns} <= when.keys() and failing <= {c.name for c in columns}


def _refuses(test: Test, column: Column, value: Any) -> bool:
    if _is_open(value) or any(True for _ in references(test)):
        return False
    at = [a.cell_of(value) for a in column.axes]
    return not any(all(b >> c & 1 for b, c in zip(box, at, strict=True)) for box in boxes_of(test, column.axes))


def _asked(ruleset: Ruleset, column: str, alternatives: Sequence[When]) -> Label:
    tests = dict.fromkeys(w[column] for w in alternatives if column in w)
    type_ = ruleset.type_of(column)
    return Label(*(joined((test_words(t, type_, ruleset, lang) for t in tests), lang, "or") for lang in _LANGS))


def _may_admit(table: Table, column: Column, values: Mapping[str, Any]) -> int:
    """Return the boxes that admit the column's value, or for an unknown one some value that it can have."""
    options = _options(table, column, values[column.name])
    return reduce(and_, (reduce(or_, o) for o in options), table.every_box)


def _options(table: Table, column: Column, value: Any) -> list[set[int]]:
    """Return the bitsets that the value can give: one for a known value, axis by axis for an unknown one."""
    if not _is_open(value):
        return [{table.admitting[column.name][value]}]
    if value.possible is not None:
        return [{table.admitting[column.name][v] for v in value.possible}]
    return table.masks_of_any(column, silent=value.silent)


# --- the nearest change ---------------------------------------------------------------------------------

# For each axis of the columns to change, the cell that it takes.
_Cells = tuple[tuple[str, int, int], ...]  # column, number of the axis, cell
# For each axis of the columns to change, every cell that it may take.
_Widened = Mapping[tuple[str, int], int]
# A table, and exactly the boxes of it that match.
_End = tuple[Table, int]
# A table, the boxes left, those of them that are sure to match: the boxes that still count.
_Simplify = Callable[[Table, int, int], int]
_NONE_NEEDED = -1


@dataclass(frozen=True, slots=True)
class _Goal:
    """What a table should come to in all worlds together, and the rules of which one must match in each for it.

    `simplify` drops boxes without which the goal holds all the same, or fails all the same; where it `is_loose`
    the table's value may become another one.
    """

    holds: Callable[[Sequence[_End]], bool]
    simplify: _Simplify
    needed: frozenset[int] | None = None
    is_loose: bool = False


@dataclass(frozen=True)
class _Question:
    """A table under known values, in every way its unset bounds can lie, and what it should come to."""

    view: _View
    step: TableStep
    ways: tuple[Way, ...]
    goal: _Goal
    budget: Budget

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        return tuple(table for _, table in self.ways)

    @cached_property
    def untried(self) -> tuple[str, ...]:
        """The columns that an unset parameter bounds: no value of theirs is sure to be on one side of it."""
        unset = set(self.step.unset)
        tests = [(c, t) for r in self.step.decision.rules for when in r.when for c, t in when.items()]
        bounded = {c for c, t in tests if unset & set(references(t))}
        return tuple(c for c in self.step.decision.inputs if c in bounded | unset)

    @cached_property
    def movable(self) -> tuple[Column, ...]:
        columns = self.tables[0].columns
        told_apart = {c.name for t in self.tables for c in t.columns if t.tells_apart(c)}
        return tuple(c for c in columns if c.name in told_apart and c.name not in self.untried)

    def nearest(self) -> list[_Cells]:
        """Return, for each of the smallest sets of columns that can flip the table, the cells that do it.

        Raises:
            BudgetSpentError: there are too many combinations to try.
        """
        for size in range(1, len(self.movable) + 1):
            sets = [s for s in self.sets_of(size) if self.may_flip({c.name for c in s})]
            found = [c for s in sets if (c := _Walk.over(self, s).cheapest()) is not None]
            if found:
                return found
        return []

    def sets_of(self, size: int) -> Iterator[tuple[Column, ...]]:
        """Yield the sets of so many columns; where a box must match, those with every column that refuses it."""
        if self.goal.needed is None:
            yield from combinations(self.movable, size)
            return
        found: set[frozenset[int]] = set()
        for refusing in self.refusing:
            others = [n for n in range(len(self.movable)) if n not in refusing]
            if len(refusing) <= size:
                found |= {refusing | {*more} for more in combinations(others, size - len(refusing))}
                self.budget.spend(len(found))
        yield from (tuple(self.movable[n] for n in sorted(numbers)) for numbers in sorted(found, key=sorted))

    @cached_property
    def refusing(self) -> set[frozenset[int]]:
        """For each box that may meet the goal, the movable columns (by number) that cannot admit it as they are."""
        movable = {c.name: n for n, c in enumerate(self.movable)}
        found: set[frozenset[int]] = set()
        for possible, needed in zip(self.possible, self.needed, strict=True):
            admitted = {c: reduce(and_, (reduce(or_, o) for o in axes), needed) for c, axes in possible.items()}
            for box in cells(reduce(and_, (m for c, m in admitted.items() if c not in movable), needed)):
                found.add(frozenset(n for c, n in movable.items() if not admitted[c] >> box & 1))
        return found

    def may_flip(self, changed: Collection[str]) -> bool:
        """Report whether in no world a single unchanged column rules out every box that is needed."""
        if self.goal.needed is None:
            return True
        for possible, needed in zip(self.possible, self.needed, strict=True):
            kept = [o for c, axes in possible.items() if c not in changed for o in axes]
            self.budget.spend()
            alive = reduce(and_, (next(iter(o)) for o in kept if len(o) == 1), needed)
            if not all(alive & m for o in kept for m in o):
                return False
        return True

    @cached_property
    def needed(self) -> tuple[int, ...]:
        """For each table the boxes of which one must match for the goal."""
        if self.goal.needed is None:
            return (_NONE_NEEDED,) * len(self.tables)
        return tuple(reduce(or_, (t.boxes_of_rule[r] for r in self.goal.needed), 0) for t in self.tables)

    def worlds(self, changed: Collection[str]) -> list[tuple[int, int]]:
        """Return each way that what is not changed can be: the number of the table, and the boxes left."""
        found: list[tuple[int, int]] = []
        for number, table in enumerate(self.tables):
            kept = [c for c in table.columns if c.name not in changed]
            options = [o for c in kept for o in self.possible[number][c.name]]
            masks, complete = reachable(table.every_box, options, self.view.rules.limits.completions)
            if not complete:
                raise BudgetSpentError
            found += [(number, m) for m in masks]
        self.budget.spend(len(found))
        return found

    @cached_property
    def possible(self) -> list[dict[str, list[set[int]]]]:
        return [
            {c.name: _options(t, c, way.get(c.name, self.view.values[c.name])) for c in t.columns}
            for way, t in self.ways
        ]

    def admissible(self, column: Column, axis: Axis) -> Iterable[int]:
        """Return the cells that the column may take: of a reading, those of its options."""
        parameter = self.view.ruleset.parameters.get(column.name)
        if parameter is None or not parameter.options:
            return range(axis.size)
        return sorted({axis.cell_of(v) for v in parameter.options})


# Where an axis stands: its column, its number in the table, the axis.
_Place = tuple[Column, int, Axis]
# The boxes left in each world.
_Masks = tuple[int, ...]


@dataclass(frozen=True)
class _Walk:
    """The axes of some columns, gone through one by one, in all worlds at once.

    After each axis the boxes that no longer count are dropped, so that few states are left.
    """

    question: _Question
    places: tuple[_Place, ...]
    worlds: tuple[tuple[int, int], ...]

    @classmethod
    def over(cls, question: _Question, columns: Sequence[Column]) -> _Walk:
        places = tuple((c, at, a) for c in columns for at, a in enumerate(c.axes, start=c.first_axis))
        return cls(question, places, tuple(question.worlds({c.name for c in columns})))

    @cached_property
    def sure(self) -> list[list[int]]:
        """For each number of axes gone through, and each table, the boxes that admit all of what is left."""
        found = [[t.every_box for t in self.question.tables]]
        for _, at, _ in reversed(self.places):
            found.append([reduce(and_, t.masks[at], b) for t, b in zip(self.question.tables, found[-1], strict=True)])
        return found[::-1]

    def simplified(self, masks: Iterable[int], gone: int) -> _Masks:
        if self.question.goal.is_loose and len(self.worlds) > 1:
            return tuple(masks)
        return tuple(self.kept[t, gone, mask] for (t, _), mask in zip(self.worlds, masks, strict=True))

    @cached_property
    def kept(self) -> Memory[tuple[int, int, int], int]:
        """The boxes that still count: by the table, how many axes are gone through, and the boxes left."""
        tables, sure, simplify = self.question.tables, self.sure, self.question.goal.simplify
        return Memory(lambda key: simplify(tables[key[0]], key[2], key[2] & sure[key[1]][key[0]]))

    @cached_property
    def start(self) -> _Masks:
        return self.simplified((m for _, m in self.worlds), 0)

    def can_hold(self, masks: _Masks) -> bool:
        needed = self.question.needed
        return all(needed[t] == _NONE_NEEDED or m & needed[t] for (t, _), m in zip(self.worlds, masks, strict=True))

    def holds(self, masks: _Masks) -> bool:
        tables = self.question.tables
        return self.question.goal.holds([(tables[t], m) for (t, _), m in zip(self.worlds, masks, strict=True)])

    def admitted(self, at: int, cell: int) -> _Masks:
        return tuple(self.question.tables[t].masks[at][cell] for t, _ in self.worlds)

    def cheapest(self) -> _Cells | None:
        """Return the cells nearest to the present ones with which the goal holds in every world."""
        waiting: list[tuple[int, int, int, _Masks, _Cells]] = [(0, 0, 0, self.start, ())]
        seen: set[tuple[int, _Masks]] = set()
        made = count()
        while waiting:
            cost, left, _, masks, taken = heappop(waiting)
            gone = -left
            if (gone, masks) in seen or not self.can_hold(masks):
                continue
            seen.add((gone, masks))
            if gone == len(self.places):
                if self.holds(masks):
                    return taken
                continue
            for admitted, cell, price in self.choices[gone]:
                self.question.budget.spend(len(masks))
                following = self.simplified(map(and_, masks, admitted), gone + 1)
                column, at, _ = self.places[gone]
                heappush(waiting, (cost + price, left - 1, next(made), following, (*taken, (column.name, at, cell))))
        return None

    @cached_property
    def choices(self) -> list[list[tuple[_Masks, int, int]]]:
        """For each axis what its cells admit, a cell that does, and how far it is from the present one."""
        return [self.choices_at(*place) for place in self.places]

    def choices_at(self, column: Column, at: int, axis: Axis) -> list[tuple[_Masks, int, int]]:
        value = self.question.view.values[column.name]
        found: dict[_Masks, tuple[int, int]] = {}
        for cell in self.question.admissible(column, axis):
            admitted, price = self.admitted(at, cell), _price(axis, cell, value)
            if admitted not in found or price < found[admitted][1]:
                found[admitted] = (cell, price)
        return [(admitted, cell, price) for admitted, (cell, price) in found.items()]

    def holds_within(self, box: Sequence[int]) -> bool:
        """Report whether the goal holds in every world wherever each axis lies in these of its cells."""
        states = {self.start}
        for gone, (bits, (_, at, _)) in enumerate(zip(box, self.places, strict=True), start=1):
            admitted = {self.admitted(at, c) for c in cells(bits)}
            states = {self.simplified(map(and_, m, a), gone) for m in states for a in admitted}
            self.question.budget.spend(len(states) * len(self.worlds))
            if not all(map(self.can_hold, states)):
                return False
        return all(map(self.holds, states))

    def widened(self, taken: _Cells) -> _Widened:
        """Return a box around the cells taken in which the goal holds everywhere, as far as the budget goes."""
        box = [1 << cell for _, _, cell in taken]
        with suppress(BudgetSpentError):
            self.free(box, [n for n in range(len(box)) if isinstance(self.places[n][2], MemberAxis)])
            for number in range(len(box)):
                self.widen(box, number)
        return {(column.name, at): bits for (column, at, _), bits in zip(self.places, box, strict=True)}

    def free(self, box: list[int], members: Sequence[int]) -> None:
        """Free all axes of members on which nothing rests: together if possible, else by halves."""
        tried = [0b11 if n in members else bits for n, bits in enumerate(box)]
        if not members or self.holds_within(tried):
            box[:] = tried
        elif len(members) > 1:
            self.free(box, members[: len(members) // 2])
            self.free(box, members[len(members) // 2 :])

    def widen(self, box: list[int], number: int) -> None:
        """Add to one axis each cell with which the goal still holds."""
        column, _, axis = self.places[number]
        others = [c for c in self.question.admissible(column, axis) if not box[number] >> c & 1]
        for cell in others if not isinstance(axis, MemberAxis) else ():
            tried = [*box[:number], 1 << cell, *box[number + 1 :]]
            if not isinstance(axis.witness(cell), Sign) and self.holds_within(tried):
                box[number] |= 1 << cell


def _price(axis: Axis, cell: int, value: Any) -> int:
    """Return how far a cell is from the value: steps on a line, else one; a sign is never preferred to a value."""
    if isinstance(axis, MemberAxis):
        return int(cell != (0 if _is_open(value) else axis.cell_of(value)))
    witness = axis.witness(cell)
    extra = 2 * isinstance(witness, Sign)
    if _is_open(value):
        return extra
    present = axis.cell_of(value)
    if isinstance(axis, LineAxis) and not isinstance(witness, Sign) and not isinstance(value, Sign):
        return abs(cell - present)
    return 0 if cell == present else 1 + extra


# --- what a table should come to ------------------------------------------------------------------------


def _goal(step: TableStep | ChecklistStep, wanted: _Wanted) -> _Goal:
    if isinstance(step, ChecklistStep):
        return _checklist_goal(step.decision, wanted)
    decision = step.decision
    needed = _givers(decision, wanted)
    if wanted.rule is not None:
        (rule,) = needed
        simplify, is_loose = _for_rule(decision.policy, rule), decision.policy in _GATHERING
        return _Goal(_alike(lambda table, mask: rule in table.hit(mask).rules), simplify, needed, is_loose)

    def holds(table: Table, mask: int) -> bool:
        return wanted.is_said_by(public(table.hit(mask).value, decision))

    otherwise = NOT_REGULATED if decision.default is None else public(decision.default, decision)
    if _adds_up(decision, wanted) or wanted.is_said_by(otherwise):
        return _Goal(_alike(holds), _by_order(decision.policy))
    one_is_enough = decision.gives_list or decision.aggregate is Aggregate.UNION
    return _Goal(_alike(holds), _only(needed) if one_is_enough else _by_order(decision.policy), needed, one_is_enough)


def _alike(holds: Callable[[Table, int], bool]) -> Callable[[Sequence[_End]], bool]:
    """Return the claim that it holds in every world, and that all come to one value: the decision is decided."""
    return lambda ends: all(holds(*e) for e in ends) and len({table.hit(mask).value for table, mask in ends}) == 1


def _everywhere(holds: Callable[[Table, int], bool]) -> Callable[[Sequence[_End]], bool]:
    return lambda ends: all(holds(*e) for e in ends)


def _adds_up(decision: TableDecision, wanted: _Wanted) -> bool:
    """Report whether several rules together can give what none of them gives alone."""
    if decision.policy is not HitPolicy.COLLECT:
        return False
    whole_set = any(isinstance(v, frozenset) for v in (wanted.values or {}).values())
    return decision.aggregate in (Aggregate.SUM, Aggregate.COUNT) or (
        decision.aggregate is Aggregate.UNION and whole_set
    )


def _checklist_goal(decision: ChecklistDecision, wanted: _Wanted) -> _Goal:
    if wanted.rule is not None:
        return _item_goal(decision, [i.id for i in decision.items].index(wanted.rule))
    said = _everywhere(lambda table, mask: wanted.is_said_by(_is_met(decision, table, mask)))
    return _Goal(said, _settling(decision))


def _item_goal(decision: ChecklistDecision, item: int) -> _Goal:
    """Return the goal that an item counts as met: of those that are all needed, wherever it applies."""
    name = decision.items[item].id

    def holds(ends: Sequence[_End]) -> bool:
        statuses = {_statuses(decision, *e)[name] for e in ends}
        return "met" in statuses and statuses <= ({"met", "not_needed"} if decision.all_needed else {"met"})

    return _Goal(holds, _bits_of(2 * item, 2 * item + 1))


def _for_rule(policy: HitPolicy, rule: int) -> _Simplify:
    match policy:
        case HitPolicy.ANY | HitPolicy.COLLECT | HitPolicy.RULE_ORDER | HitPolicy.OUTPUT_ORDER:
            return _only(frozenset((rule,)))
        case HitPolicy.UNIQUE | HitPolicy.FIRST:
            return _by_order(policy)
        case HitPolicy.PRIORITY:
            return _for_peers(rule)


def _for_peers(rule: int) -> _Simplify:
    """Keep the rule beside those that win, unless one is sure to win that says something else."""
    order, only = _by_order(HitPolicy.PRIORITY), _only(frozenset((rule,)))

    def simplify(table: Table, mask: int, sure: int) -> int:
        kept = order(table, mask, sure)
        lost = sure and table.outputs[rule] not in {table.outputs[r] for r in table.matching(kept)}
        return kept if lost else kept | only(table, mask, sure)

    return simplify


def _bits_of(*rules: int) -> _Simplify:
    return lambda table, mask, _: mask & reduce(or_, (table.boxes_of_rule[r] for r in rules))


def _only(rules: frozenset[int]) -> _Simplify:
    """Keep the boxes of these rules, of which one is enough: a sure one alone, if there is one."""

    def simplify(table: Table, mask: int, sure: int) -> int:
        of_rules = reduce(or_, (table.boxes_of_rule[r] for r in rules), 0)
        surely = sure & of_rules
        return surely & -surely or mask & of_rules

    return simplify


def _by_order(policy: HitPolicy) -> _Simplify:
    """Drop the boxes of rules that lose to one that is sure to match."""
    if policy in _GATHERING:
        return lambda _, mask, __: mask

    order: list[int] = []

    def simplify(table: Table, mask: int, sure: int) -> int:
        # INVARIANT: wherever unset bounds lie, the outputs and so the order of the rules are the same.
        order[:] = order or _in_order(table, policy)
        kept = 0
        for rule in order:
            boxes = table.boxes_of_rule[rule]
            if sure & boxes:
                return kept | (sure & boxes & -(sure & boxes))
            kept |= mask & boxes
        return kept

    return simplify


def _in_order(table: Table, policy: HitPolicy) -> list[int]:
    """Return the rules, the winning one first."""
    numbers = range(len(table.outputs))
    return sorted(numbers, key=table.rank) if policy is HitPolicy.PRIORITY else list(numbers)


def _settling(decision: ChecklistDecision) -> _Simplify:
    """Drop the items that cannot change whether the list is met; keep one alone that settles it."""

    def simplify(table: Table, mask: int, sure: int) -> int:
        kept = 0
        for item in range(len(decision.items)):
            needs, when = table.boxes_of_rule[2 * item : 2 * item + 2]
            applies, settles = sure & when, not mask & needs if decision.all_needed else sure & needs
            idle = sure & needs if decision.all_needed else not mask & needs
            if applies and settles:
                return applies | (sure & needs)
            if mask & when and not idle:
                kept |= mask & (needs | when)
        return kept

    return simplify


def _statuses(decision: ChecklistDecision, table: Table, mask: int) -> dict[str, str]:
    held = {table.outputs[r] for r in table.matching(mask)}
    met = {i.id: "met" if (i.id, "needs") in held else "unmet" for i in decision.items}
    return {i: status if (i, "when") in held else "not_needed" for i, status in met.items()}


def _is_met(decision: ChecklistDecision, table: Table, mask: int) -> bool:
    statuses = _statuses(decision, table, mask).values()
    return "unmet" not in statuses if decision.all_needed else "met" in statuses


def _question(view: _View, step: TableStep | ChecklistStep, goal: _Goal, budget: Budget) -> _Question:
    table_step = _table_step(step)
    ways = tables_of(table_step, view.values)
    if ways is None:
        raise BudgetSpentError
    return _Question(view, table_step, ways, goal, budget)


def _with_nearest(said: WhyNot, view: _View, step: TableStep | ChecklistStep, wanted: _Wanted) -> WhyNot:
    budget = Budget(STEPS)
    try:
        question = _question(view, step, _goal(step, wanted), budget)
        found = question.nearest()
    except BudgetSpentError:
        return replace(said, search="unknown: budget")
    said = replace(said, untried=question.untried, unset=question.step.unset if question.untried else ())
    nearest = sorted((_contrast(question, wanted, step, taken) for taken in found), key=_order)
    return replace(said, nearest=tuple(nearest), search="found" if nearest else "none")


def _contrast(question: _Question, wanted: _Wanted, step: Step, taken: _Cells) -> Contrast:
    """Return the change in words; of the ways to bring it about the first that holds when decided again."""
    ways = islice(_changes(question, taken, _CHAINED), _WAYS)
    tried: list[Contrast] = []
    for changes in ways:
        tried.append(_again(question.view, step, wanted, changes))
        if tried[-1].holds:
            return tried[-1]
    return min(tried, key=lambda c: (not c.ask, c.holds is None))


def _order(contrast: Contrast) -> tuple[int, int, bool]:
    """Facts come before decisions, decisions before settings; what holds comes before what does not."""
    kinds = [c.kind for c in contrast.changes]
    return kinds.count("setting"), kinds.count("decision"), not contrast.holds


# --- changes in words -----------------------------------------------------------------------------------


def _changes(question: _Question, taken: _Cells, deeper: int) -> Iterator[tuple[Change, ...]]:
    """Yield the changes, once for each way in which the decisions among the columns can come about."""
    names = {name for name, _, _ in taken}
    columns = [c for c in question.movable if c.name in names]
    # INVARIANT: the search went over these columns within as many steps, so the worlds can be counted again.
    widened = _Walk.over(replace(question, budget=Budget(STEPS)), columns).widened(taken)
    yield from product(*(_ways_to(question, c, taken, widened, deeper) for c in columns))


def _ways_to(question: _Question, column: Column, taken: _Cells, widened: _Widened, deeper: int) -> Iterator[Change]:
    view, name = question.view, column.name
    bits = [widened[name, at] for of, at, _ in taken if of == name]
    example = _example(view.ruleset, column, [cell for of, _, cell in taken if of == name], view.values[name])
    words = Label(*(_cell_words(view.ruleset, column, bits, example, lang) for lang in _LANGS))
    change = Change(name, _kind(view.ruleset, name), view.values[name], example, words)
    through = _through(view, column, bits, deeper - 1) if change.kind == "decision" and deeper else ()
    yield from [replace(change, through=t) for t in through] or [change]


def _kind(ruleset: Ruleset, name: str) -> Kind:
    return "fact" if name in ruleset.inputs else "setting" if name in ruleset.parameters else "decision"


def _example(ruleset: Ruleset, column: Column, chosen: Sequence[int], value: Any) -> Any:
    """Return a value with these cells; a set keeps its members that no cell speaks of."""
    axis, cell = column.axes[0], chosen[0]
    if isinstance(column.domain, Members):
        return _example_set(column, chosen, value)
    parameter = ruleset.parameters.get(column.name)
    if parameter and parameter.options:
        return next(v for v in parameter.options if axis.cell_of(v) == cell)
    witness = axis.witness(cell)
    return OTHER.value if witness is OTHER else witness


def _example_set(column: Column, chosen: Sequence[int], value: Any) -> Any:
    members = set(value) if isinstance(value, frozenset) else set()
    for axis, cell in zip(column.axes, chosen, strict=True):
        if isinstance(axis, SignAxis) and cell:
            return axis.sign
        if isinstance(axis, MemberAxis) and cell != axis.cell_of(members):
            found = {m for m in members if m not in axis.listed} if axis.member is OTHER else {axis.member}
            members = members - found if not cell else members | {OTHER.value if axis.member is OTHER else axis.member}
    return frozenset(members)


def _cell_words(ruleset: Ruleset, column: Column, bits: Sequence[int], example: Any, lang: Lang) -> str:
    """Return all that the column may change to."""
    type_ = ruleset.type_of(column.name)
    if isinstance(example, Sign):
        return value_words(example, type_, lang)
    axis, may_be = column.axes[0], bits[0]
    match axis:
        case ValueAxis():
            return joined((value_words(axis.witness(c), type_, lang) for c in cells(may_be)), lang, "or")
        case LineAxis():
            return test_words(Within(tuple(_stretches(axis, may_be))), type_, ruleset, lang)
        case MemberAxis() | SignAxis():
            pairs = [(a.member, b) for a, b in zip(column.axes, bits, strict=True) if isinstance(a, MemberAxis)]
            asked = {"with": 0b10, "without": 0b01}
            members = {word_: frozenset(m for m, b in pairs if b == only) for word_, only in asked.items()}
            said = (_SENTENCES[w].in_lang(lang).format(value_words(m, type_, lang)) for w, m in members.items() if m)
            return joined(said, lang, "semicolon")


def _stretches(axis: LineAxis, bits: int) -> Iterator[Interval]:
    """Yield the stretches of a line that the cells make, neighbours joined."""
    open_: Interval | None = None
    for number, cell in enumerate(axis.cells):
        if not bits >> number & 1 or isinstance(cell, Sign):
            if open_ is not None:
                yield open_
            open_ = None
        elif open_ is None:
            open_ = cell
        else:
            open_ = replace(open_, high=cell.high, high_open=cell.high_open)
    if open_ is not None:
        yield open_


def _through(view: _View, column: Column, bits: Sequence[int], deeper: int) -> list[tuple[Change, ...]]:
    """Return the nearest changes of the decision that a column holds with which it falls into these cells."""
    head, _, output = column.name.partition(".")
    step = view.steps[head]
    if isinstance(step, ExpressionStep):
        return []

    def accepts(value: Any) -> bool:
        return all(b >> a.cell_of(value) & 1 for a, b in zip(column.axes, bits, strict=True))

    try:
        question = _question(view, step, _accepting(step, output, accepts), Budget(STEPS // 4))
        found = [c for taken in question.nearest() for c in islice(_changes(question, taken, deeper), _WAYS)]
    except BudgetSpentError:
        return []
    return sorted(found, key=lambda c: _order(Contrast(c, None)))[:_WAYS]


def _accepting(step: TableStep | ChecklistStep, output: str, accepts: Callable[[Any], bool]) -> _Goal:
    if isinstance(step, ChecklistStep):
        checklist = step.decision
        return _Goal(_everywhere(lambda table, mask: accepts(_is_met(checklist, table, mask))), _settling(checklist))
    at = list(step.decision.outputs).index(output) if output else 0

    def holds(table: Table, mask: int) -> bool:
        value: Value = table.hit(mask).value
        return accepts(value if isinstance(value, Sign) else value[at])

    return _Goal(_everywhere(holds), _by_order(step.decision.policy))


# --- deciding again -------------------------------------------------------------------------------------


def _again(view: _View, step: Step, wanted: _Wanted, changes: tuple[Change, ...]) -> Contrast:
    """Return the changes with what the whole complaint, changed so, then comes to."""
    leaves = list(_leaves(changes))
    if any(c.kind == "decision" for c in leaves):
        return Contrast(changes, None)
    facts = {**view.facts, **{c.column: c.example for c in leaves if c.kind == "fact"}}
    given = {n: v for n, v in facts.items() if v is not ABSENT}
    rules = _under(view.rules, {c.column: c.example for c in leaves if c.kind == "setting"})
    answer = settle_all(rules, given, only=[step.name])[step.name]
    return Contrast(changes, wanted.is_met_by(answer), answer.ask if isinstance(answer, Undetermined) else ())


def _leaves(changes: Iterable[Change]) -> Iterator[Change]:
    for change in changes:
        if change.through:
            yield from _leaves(change.through)
        else:
            yield change


def _under(rules: CompiledRuleset, settings: Mapping[str, Any]) -> CompiledRuleset:
    if not settings:
        return rules
    kept = {n: rules.parameters.get(n) for n in rules.overrides}
    return compile_ruleset(
        rules.ruleset, parameters={**kept, **settings}, assumptions=rules.assumptions, limits=rules.limits
    )


# --- for people -----------------------------------------------------------------------------------------

_SHOWN = 6
_PLAIN = ("yes", "no", "not_regulated")
_SENTENCES: Mapping[str, Label] = {
    "given": Label("{0}：{1}，正是所问的“{2}”。", "{0}: {1}, which is what you asked for ({2})."),
    "lost": Label("{0}：{1}。为何不是“{2}”？", "{0}: {1}. Why not {2}?"),
    "undetermined": Label(
        "{0}：尚未确定，还不能说为何不是“{2}”。", "{0}: not decided yet, so nothing rules out {2} for good."
    ),
    "ask": Label("请先查明：{}。", "Ask first: {}."),
    "unset": Label("参数尚未确定：{}。", "Nobody has set: {}."),
    "rule": Label("规则 {}", "rule {}"),
    "failed": Label("- {} 未满足：{}{}。", "- {} did not match: {}{}."),
    "beaten": Label("- {} 满足，但以 {} 为准{}。", "- {} matched, but {} won{}."),
    "cell": Label("{}须为“{}”，现为“{}”", "{} would have to be {}, and is {}"),
    "never": Label("- {} 永远不会满足{}。", "- {} can never match{}."),
    "more": Label("- 另有 {} 条规则。", "- and {} more rules."),
    "clauses": Label("（依据：{}）", " ({})"),
    "nearest": Label("最近的改变（任取一项）：", "The nearest change, any one of these:"),
    "change": Label("{}改为“{}”", "{} becomes {}"),
    "set": Label("{}{}", "{} {}"),
    "found": Label("查明{}为“{}”", "{} is found to be {}"),
    "with": Label("包括“{}”", "includes {}"),
    "without": Label("不包括“{}”", "does not include {}"),
    "through": Label("{}（办法：{}）", "{} (by this: {})"),
    "setting": Label("{}（属于设定）", "{} (a setting)"),
    "doubt": Label("；整件重新判定后仍不是所问的", "; yet decided again as a whole, it still says something else"),
    "then ask": Label("；之后还须查明：{}", "; then ask: {}"),
    "none": Label("改动本判定所看的各项，都得不到所问的结论。", "No change of what this decision looks at gives it."),
    "none tried": Label("改动其余各项，都得不到所问的结论。", "No change of the rest of what it looks at gives it."),
    "budget": Label(
        "组合过多，没有算完：最近的改变未知。", "Too many combinations to try: the nearest change is unknown."
    ),
    "untried": Label("因参数未定，未尝试改动：{}。", "Not tried, for a parameter is not set: {}."),
    "operands": Label("由公式“{}”得出：{}。", "It follows from the formula {}: {}."),
}


def explain_why_not(said: WhyNot, rules: CompiledRuleset, lang: Lang = "zh") -> str:
    """Return in a few lines why a decision did not say what was wanted, and what would change it."""
    speaker = _Speaker(said, rules.ruleset, lang)
    return "\n".join(speaker.lines())


@dataclass(frozen=True)
class _Speaker:
    """What is said about one decision, in one language."""

    said: WhyNot
    ruleset: Ruleset
    lang: Lang

    def say(self, name: str, *parts: object) -> str:
        return _SENTENCES[name].in_lang(self.lang).format(*parts)

    def name(self, name: str) -> str:
        return name_words(self.ruleset, name, self.lang)

    def names(self, names: Iterable[str]) -> str:
        return joined(map(self.name, names), self.lang)

    def lines(self) -> Iterator[str]:
        said = self.said
        yield self.say(said.status, self.name(said.decision), self.answer(), self.wanted())
        if said.ask:
            yield self.say("ask", self.names(said.ask))
        if said.operands is not None:
            yield self.operands()
        yield from map(self.loser, said.losing[:_SHOWN])
        if len(said.losing) > _SHOWN:
            yield self.say("more", len(said.losing) - _SHOWN)
        yield from self.search()

    def search(self) -> Iterator[str]:
        if self.said.untried:
            yield self.say("untried", self.names(self.said.untried))
        if self.said.unset:
            yield self.say("unset", self.names(self.said.unset))
        match self.said.search:
            case "found":
                yield self.say("nearest")
                yield from (f"- {self.contrast(c)}" for c in self.said.nearest[:_SHOWN])
            case "none":
                yield self.say("none tried" if self.said.untried else "none")
            case "unknown: budget":
                yield self.say("budget")
            case "not searched":
                pass

    def answer(self) -> str:
        match self.said.answer:
            case Decided(value):
                return answer_words(self.ruleset, self.said.decision, value, self.lang)
            case NotRegulated():
                return answer_words(self.ruleset, self.said.decision, NOT_REGULATED, self.lang)
            case Undetermined():
                return ""

    def wanted(self) -> str:
        """Return what was asked for: a rule by its label, a value by its own."""
        rule = self.rules.get(self.said.wanted)
        if rule is not None:
            return self.say("rule", self.rule(rule.id))
        output, _, text = self.said.wanted.rpartition("=")
        found = (t.labels.get(text) for o, t in self.ruleset.outputs[self.said.decision].items() if output in ("", o))
        label = next(filter(None, found), None)
        return label.in_lang(self.lang) if label else word(text, self.lang) if text in _PLAIN else self.said.wanted

    @cached_property
    def rules(self) -> Mapping[str, Rule | Item]:
        match inlined(self.ruleset, self.said.decision):
            case TableDecision(rules=rules):
                return {r.id: r for r in rules}
            case ChecklistDecision(items=items):
                return {i.id: i for i in items}
            case _:
                return {}

    def rule(self, name: str) -> str:
        label = self.rules[name].label
        return f"{name} {label.in_lang(self.lang)}" if label else name

    def loser(self, loser: LosingRule) -> str:
        clauses = self.say("clauses", joined(loser.because, self.lang)) if loser.because else ""
        rule = self.say("rule", self.rule(loser.rule))
        if loser.beaten_by:
            return self.say("beaten", rule, joined(map(self.rule, loser.beaten_by), self.lang), clauses)
        cells_ = joined(map(self.cell, loser.failed), self.lang, "semicolon")
        return self.say("failed", rule, cells_, clauses) if loser.failed else self.say("never", rule, clauses)

    def cell(self, failed: FailedCell) -> str:
        asked = failed.asks.in_lang(self.lang)
        return self.say("cell", self.name(failed.column), asked, self.value(failed.column, failed.value))

    def value(self, name: str, value: Any) -> str:
        if _is_open(value):
            return value_words(ABSENT, self.ruleset.type_of(name), self.lang)
        return value_words(value, self.ruleset.type_of(name), self.lang)

    def contrast(self, contrast: Contrast) -> str:
        changes = joined(map(self.change, contrast.changes), self.lang, "semicolon")
        if contrast.ask:
            return changes + self.say("then ask", self.names(contrast.ask))
        return changes + (self.say("doubt") if contrast.holds is False else "")

    def change(self, change: Change) -> str:
        is_set = isinstance(change.example, frozenset)
        kind = "set" if is_set else "found" if _is_open(change.was) else "change"
        said = self.say(kind, self.name(change.column), change.words.in_lang(self.lang))
        if change.kind == "setting":
            return self.say("setting", said)
        through = joined(map(self.change, change.through), self.lang, "semicolon")
        return self.say("through", said, through) if change.through else said

    def operands(self) -> str:
        decision = inlined(self.ruleset, self.said.decision)
        formula = decision.formula.text if isinstance(decision, ExpressionDecision) else ""
        operands = (self.said.operands or {}).items()
        return self.say(
            "operands", formula, joined((f"{self.name(n)} = {self.value(n, v)}" for n, v in operands), self.lang)
        )
