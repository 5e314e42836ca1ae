"""Contrast: why a decision did not say something else, and the fewest columns to change so that it does.

The columns of a table are taken as independent, as `check` takes them. What the change comes to for the whole
complaint is then decided again, and each change says whether it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import islice, product
from operator import and_, or_
from typing import Any, Literal

from complaint_rules.answers import Answer, Decided, NotRegulated, Undetermined
from complaint_rules.compile import (
    ChecklistStep,
    CompiledRuleset,
    ExpressionStep,
    Step,
    TableStep,
    given,
    references,
    tables_of,
    under,
)
from complaint_rules.deciding import decide, in_force, plan_of, settle_all, standing
from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.domains import (
    ABSENT,
    NOT_REGULATED,
    OTHER,
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
from complaint_rules.nearest import (
    GATHERING,
    Cells,
    End,
    Goal,
    Question,
    Walk,
    Widened,
    alike,
    bits_of,
    by_order,
    everywhere,
    for_rule,
    is_met,
    is_open,
    only,
    options_of,
    settling,
    statuses_of,
)
from complaint_rules.regions import Budget, BudgetSpentError, cells
from complaint_rules.render import joined, test_words, value_words
from complaint_rules.ruleset import (
    ChecklistDecision,
    Item,
    Rule,
    Ruleset,
    TableDecision,
    Type,
    When,
)
from complaint_rules.settle import public
from complaint_rules.tables import Aggregate, Column, HitPolicy, Table, Value
from complaint_rules.values import BadValueError, from_text, to_json
from complaint_rules.words import Label, Lang, suggest

Status = Literal["given", "lost", "undetermined"]
Search = Literal["found", "none", "unknown: budget", "not searched"]
Kind = Literal["fact", "decision", "setting"]


STEPS = 60_000
_LANGS: tuple[Lang, Lang] = ("zh", "en")
SET_WORDS = ((0b10, Label("包括“{}”", "includes {}")), (0b01, Label("不包括“{}”", "does not include {}")))
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
    return None if is_open(value) else to_json(value)


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
    read = read_facts(rules.ruleset, facts)
    versions, by = in_force(rules, read), rules.ruleset.effective.by
    if len(versions) > 1:
        answer = decide(rules, read, only=[decision]).decisions[decision]
        return WhyNot(decision, name_of(wanted), "undetermined", answer, ask=(by,) if by else ())
    rules = versions[0]
    view = _View.of(rules, read, decision)
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
        known = standing(plan, facts)
        return cls(rules, facts, {s.name: s for s, _ in plan.steps}, known.values, known.answers)

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
    for number in sorted(_givers(step, wanted)):
        rule = step.decision.rules[number]
        if rule.id in trace.rules:
            continue
        failed = _failed(view, tables, number, rule.when, rule.cells)
        beaten = trace.rules if failed == () else ()
        yield LosingRule(rule.id, failed or (), beaten, rule.because or step.decision.because)


def _givers(step: TableStep, wanted: _Wanted) -> frozenset[int]:
    """Return the rules that would give what is wanted; where outputs are added or counted, none does alone."""
    decision = step.decision
    if wanted.rule is not None:
        return frozenset(i for i, r in enumerate(decision.rules) if r.id == wanted.rule)
    if decision.policy is HitPolicy.COLLECT and decision.aggregate in (Aggregate.SUM, Aggregate.COUNT):
        return frozenset()
    union = decision.policy is HitPolicy.COLLECT and decision.aggregate is Aggregate.UNION
    outputs = [given(r, step.parameters) for r in decision.rules]
    return frozenset(
        i for i, then in enumerate(outputs)
        if wanted.is_said_by(_own(decision, then)) or (union and _is_part(then[0], wanted))
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
    if is_open(value) or any(True for _ in references(test)):
        return False
    at = [a.cell_of(value) for a in column.axes]
    return not any(all(b >> c & 1 for b, c in zip(box, at, strict=True)) for box in boxes_of(test, column.axes))


def _asked(ruleset: Ruleset, column: str, alternatives: Sequence[When]) -> Label:
    tests = dict.fromkeys(w[column] for w in alternatives if column in w)
    type_ = ruleset.type_of(column)
    return Label(*(joined((test_words(t, type_, ruleset, lang) for t in tests), lang, "or") for lang in _LANGS))


def _may_admit(table: Table, column: Column, values: Mapping[str, Any]) -> int:
    """Return the boxes that admit the column's value, or for an unknown one some value that it can have."""
    options = options_of(table, column, values[column.name])
    return reduce(and_, (reduce(or_, o) for o in options), table.every_box)


# --- the nearest change ---------------------------------------------------------------------------------


# --- what a table should come to ------------------------------------------------------------------------


def _goal(step: TableStep | ChecklistStep, wanted: _Wanted) -> Goal:
    if isinstance(step, ChecklistStep):
        return _checklist_goal(step.decision, wanted)
    decision = step.decision
    needed = _givers(step, wanted)
    if wanted.rule is not None:
        (rule,) = needed
        simplify, is_loose = for_rule(decision.policy, rule), decision.policy in GATHERING
        return Goal(alike(lambda table, mask: rule in table.hit(mask).rules), simplify, needed, is_loose)

    def holds(table: Table, mask: int) -> bool:
        return wanted.is_said_by(public(table.hit(mask).value, decision))

    otherwise = NOT_REGULATED if decision.default is None else public(decision.default, decision)
    if _adds_up(decision, wanted) or wanted.is_said_by(otherwise):
        return Goal(alike(holds), by_order(decision.policy))
    one_is_enough = decision.gives_list or decision.aggregate is Aggregate.UNION
    return Goal(alike(holds), only(needed) if one_is_enough else by_order(decision.policy), needed, one_is_enough)


def _adds_up(decision: TableDecision, wanted: _Wanted) -> bool:
    """Report whether several rules together can give what none of them gives alone."""
    if decision.policy is not HitPolicy.COLLECT:
        return False
    whole_set = any(isinstance(v, frozenset) for v in (wanted.values or {}).values())
    return decision.aggregate in (Aggregate.SUM, Aggregate.COUNT) or (
        decision.aggregate is Aggregate.UNION and whole_set
    )


def _checklist_goal(decision: ChecklistDecision, wanted: _Wanted) -> Goal:
    if wanted.rule is not None:
        return _item_goal(decision, [i.id for i in decision.items].index(wanted.rule))
    said = everywhere(lambda table, mask: wanted.is_said_by(is_met(decision, table, mask)))
    return Goal(said, settling(decision))


def _item_goal(decision: ChecklistDecision, item: int) -> Goal:
    """Return the goal that an item counts as met: of those that are all needed, wherever it applies."""
    name = decision.items[item].id

    def holds(ends: Sequence[End]) -> bool:
        statuses = {statuses_of(decision, *e)[name] for e in ends}
        return "met" in statuses and statuses <= ({"met", "not_needed"} if decision.all_needed else {"met"})

    return Goal(holds, bits_of(2 * item, 2 * item + 1))


def _question(view: _View, step: TableStep | ChecklistStep, goal: Goal, budget: Budget) -> Question:
    table_step = _table_step(step)
    ways = tables_of(table_step, view.values)
    if ways is None:
        raise BudgetSpentError
    return Question(view.values, table_step, ways, goal, budget)


def _with_nearest(said: WhyNot, view: _View, step: TableStep | ChecklistStep, wanted: _Wanted) -> WhyNot:
    budget = Budget(STEPS)
    try:
        question = _question(view, step, _goal(step, wanted), budget)
        found = question.nearest()
    except BudgetSpentError:
        return replace(said, search="unknown: budget")
    said = replace(said, untried=question.untried, unset=question.step.unset if question.untried else ())
    nearest = sorted((_contrast(view, question, wanted, step, taken) for taken in found), key=_order)
    return replace(said, nearest=tuple(nearest), search="found" if nearest else "none")


def _contrast(view: _View, question: Question, wanted: _Wanted, step: Step, taken: Cells) -> Contrast:
    """Return the change in words; of the ways to bring it about the first that holds when decided again."""
    ways = islice(_changes(view, question, taken, _CHAINED), _WAYS)
    tried: list[Contrast] = []
    for changes in ways:
        tried.append(_again(view, step, wanted, changes))
        if tried[-1].holds:
            return tried[-1]
    return min(tried, key=lambda c: (not c.ask, c.holds is None))


def _order(contrast: Contrast) -> tuple[int, int, bool]:
    """Facts come before decisions, decisions before settings; what holds comes before what does not."""
    kinds = [c.kind for c in contrast.changes]
    return kinds.count("setting"), kinds.count("decision"), not contrast.holds


# --- changes in words -----------------------------------------------------------------------------------


def _changes(view: _View, question: Question, taken: Cells, deeper: int) -> Iterator[tuple[Change, ...]]:
    """Yield the changes, once for each way in which the decisions among the columns can come about."""
    names = {name for name, _, _ in taken}
    columns = [c for c in question.movable if c.name in names]
    # INVARIANT: the search went over these columns within as many steps, so the worlds can be counted again.
    widened = Walk.over(replace(question, budget=Budget(STEPS)), columns).widened(taken)
    yield from product(*(_ways_to(view, c, taken, widened, deeper) for c in columns))


def _ways_to(view: _View, column: Column, taken: Cells, widened: Widened, deeper: int) -> Iterator[Change]:
    name = column.name
    bits = [widened[name, at] for of, at, _ in taken if of == name]
    example = _example(view.ruleset, column, [cell for of, _, cell in taken if of == name], view.values[name])
    words = Label(*(cell_words(view.ruleset, column, bits, example, lang) for lang in _LANGS))
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


def cell_words(ruleset: Ruleset, column: Column, bits: Sequence[int], example: Any, lang: Lang) -> str:
    """Return all that the column may change to."""
    type_ = ruleset.type_of(column.name)
    if isinstance(example, Sign):
        return value_words(example, type_, lang)
    axis, may_be = column.axes[0], bits[0]
    match axis:
        case ValueAxis():
            return joined((value_words(axis.witness(c), type_, lang) for c in cells(may_be)), lang, "or")
        case LineAxis():
            return test_words(Within(tuple(stretches(axis, may_be))), type_, ruleset, lang)
        case MemberAxis() | SignAxis():
            pairs = [(a.member, b) for a, b in zip(column.axes, bits, strict=True) if isinstance(a, MemberAxis)]
            members = [(words, frozenset(m for m, b in pairs if b == only)) for only, words in SET_WORDS]
            said = (words.in_lang(lang).format(value_words(m, type_, lang)) for words, m in members if m)
            return joined(said, lang, "semicolon")


def stretches(axis: LineAxis, bits: int) -> Iterator[Interval]:
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
        found = [c for taken in question.nearest() for c in islice(_changes(view, question, taken, deeper), _WAYS)]
    except BudgetSpentError:
        return []
    return sorted(found, key=lambda c: _order(Contrast(c, None)))[:_WAYS]


def _accepting(step: TableStep | ChecklistStep, output: str, accepts: Callable[[Any], bool]) -> Goal:
    if isinstance(step, ChecklistStep):
        checklist = step.decision
        return Goal(everywhere(lambda table, mask: accepts(is_met(checklist, table, mask))), settling(checklist))
    at = list(step.decision.outputs).index(output) if output else 0

    def holds(table: Table, mask: int) -> bool:
        value: Value = table.hit(mask).value
        return accepts(value if isinstance(value, Sign) else value[at])

    return Goal(everywhere(holds), by_order(step.decision.policy))


# --- deciding again -------------------------------------------------------------------------------------


def _again(view: _View, step: Step, wanted: _Wanted, changes: tuple[Change, ...]) -> Contrast:
    """Return the changes with what the whole complaint, changed so, then comes to."""
    leaves = list(_leaves(changes))
    if any(c.kind == "decision" for c in leaves):
        return Contrast(changes, None)
    facts = {**view.facts, **{c.column: c.example for c in leaves if c.kind == "fact"}}
    known = {n: v for n, v in facts.items() if v is not ABSENT}
    settings = {c.column: c.example for c in leaves if c.kind == "setting"}
    rules = under(view.rules, settings) if settings else view.rules
    answer = settle_all(rules, known, only=[step.name])[step.name]
    return Contrast(changes, wanted.is_met_by(answer), answer.ask if isinstance(answer, Undetermined) else ())


def _leaves(changes: Iterable[Change]) -> Iterator[Change]:
    for change in changes:
        if change.through:
            yield from _leaves(change.through)
        else:
            yield change
