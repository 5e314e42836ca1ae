"""The specification: what a ruleset means, said in the slowest and plainest way.

The library compiles tables into cells, regions and bitmaps. This file does none of that, and
imports none of it: it reads the words of `docs/language.md` one by one and, where something is
not known, tries everything it could be. The compiled form must always give the same answers.
`reference_cells`, `reference_formulas` and `reference_policies` say what their words mean.

A ruleset is the nested dict, list and text of its YAML file. Facts are Python values.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, product
from types import MappingProxyType

from reference_cells import (
    NOT_REGULATED,
    STEPS,
    UNKNOWN,
    Tree,
    Type,
    Value,
    bounds,
    everything,
    matches,
    read,
    rows_of,
    type_of,
)
from reference_formulas import (
    NO_QUOTIENT,
    converted,
    divisors,
    evaluate,
    names_in,
    parse,
    rounded,
)
from reference_policies import outcome, output_value, rank

Names = Mapping[str, str]  # what an invocation replaces: the name in the table -> the name meant


@dataclass(frozen=True)
class Answer:
    """One decision: `possible` is what it could be, None for anything of its type."""

    status: str  # decided, undetermined, not_regulated
    value: Value = None
    possible: frozenset[Value] | None = None


# --- what is read once, for all complaints --------------------------------------------------------


class Sheet:
    """Rows of cells, and for each column the numbers or parameters that its cells speak of."""

    def __init__(self, rows: Sequence[Tree], numeric: Callable[[str], bool]) -> None:
        self.rows = rows
        self.every_row = frozenset(range(len(rows)))
        self.columns = sorted({column for row in rows for column in row})
        self.cells = {c: [(n, row[c]) for n, row in enumerate(rows) if row.get(c, "-") != "-"] for c in self.columns}
        self.words = {c: {w for _, cell in self.cells[c] for w in bounds(cell)} for c in self.columns if numeric(c)}
        self.matched: dict[Hashable, set[frozenset[int]]] = {}

    def matching(self, column: str, values: Iterable[Value], type_: Type, settings: Tree) -> set[frozenset[int]]:
        """Return, for each of the values, the rows whose cell in the column matches it."""
        cells = self.cells[column]
        rest = self.every_row - {n for n, _ in cells}
        return {rest.union([n for n, cell in cells if matches(cell, value, type_, settings)]) for value in values}


class Reading:
    """A ruleset whose parts are read once; it must not change any more."""

    def __init__(self, ruleset: Tree) -> None:
        self.ruleset = ruleset
        self.types: dict[str, Type] = {}
        self.sheets: dict[int, Sheet] = {}
        self.outcomes: dict[Hashable, Value] = {}

    def part(self, name: str) -> Tree:
        tree: Tree = self.ruleset.get(name) or {}
        return tree

    def type_of(self, name: str) -> Type:
        if name not in self.types:
            self.types[name] = self.find_type(name)
        return self.types[name]

    def find_type(self, name: str) -> Type:
        for place in ("inputs", "parameters"):
            if name in self.part(place):
                return type_of(self.part(place)[name], self.part("types"))
        name, _, output = name.partition(".")
        tree = self.part("decisions")[name]
        while "invoke" in tree:
            tree = self.part("decisions")[tree["invoke"]]
        if "output" not in tree and "outputs" not in tree:
            return Type("boolean")
        type_ = type_of(tree["outputs"][output] if output else tree["output"], self.part("types"))
        return replace(type_, minimum=0) if tree.get("aggregate") == "count" else type_

    def sheet(self, tree: Tree) -> Sheet:
        """Return the rows of a table, or of an item of a checklist: its `when`, then its `needs`."""
        if id(tree) not in self.sheets:
            parts = (
                [rule.get("when") for rule in tree["rules"]] if "rules" in tree else [tree.get("when"), tree["needs"]]
            )
            rows = [row for part in parts for row in rows_of(part)]
            self.sheets[id(tree)] = Sheet(rows, lambda column: self.type_of(column).kind in STEPS)
        return self.sheets[id(tree)]

    def outcome(self, tree: Tree, rules: Sequence[Tree]) -> Value:
        key = (id(tree), *(rule["id"] for rule in rules))
        if key not in self.outcomes:
            self.outcomes[key] = outcome(tree, rules, self.part("types"))
        return self.outcomes[key]


# --- one complaint ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outlook:
    """What a name can be: `values`, or anything of its type (None), and `also` these."""

    values: frozenset[Value] | None
    also: frozenset[Value] = frozenset()

    @property
    def is_known(self) -> bool:
        return self.values is not None and len(self.values) == 1


@dataclass
class Case:
    """A ruleset and what is known: facts, and the parameters that have a value."""

    reading: Reading
    facts: Mapping[str, Value]
    settings: Mapping[str, Value]
    is_analysis: bool = False  # an optional input may be absent, a decision anything of its type
    outlooks: dict[str, Outlook] = field(default_factory=dict)

    def part(self, name: str) -> Tree:
        return self.reading.part(name)

    def type_of(self, name: str) -> Type:
        return self.reading.type_of(name)

    def outlook(self, name: str) -> Outlook:
        if name not in self.outlooks:
            self.outlooks[name] = self.find_outlook(name)
        return self.outlooks[name]

    def find_outlook(self, name: str) -> Outlook:
        if name in self.facts or name in self.settings:
            return Outlook(frozenset({{**self.facts, **self.settings}[name]}))
        if name in self.part("parameters"):
            return Outlook(None)
        if name in self.part("inputs"):
            optional = self.part("inputs")[name].get("optional") == "true"
            if optional and not self.is_analysis:
                return Outlook(frozenset({UNKNOWN}))
            return Outlook(None, frozenset({UNKNOWN} if optional else ()))
        decision, _, output = name.partition(".")
        if self.is_analysis:
            return Outlook(None, frozenset({NOT_REGULATED} if self.may_be_silent(decision) else ()))
        if not output:
            return self.decide(self.part("decisions")[decision], {})
        possible = self.outlook(decision).values or frozenset()
        return Outlook(frozenset(v if v is NOT_REGULATED else dict(v)[output] for v in possible))

    def may_be_silent(self, name: str, names: Names = MappingProxyType({})) -> bool:
        """Tell whether the file lets a decision be not_regulated."""
        tree = self.part("decisions").get(names.get(name, name).split(".")[0], {})
        if "invoke" in tree:
            return self.may_be_silent(tree["invoke"], tree["with"])
        if "expression" in tree:
            operands = names_in(parse(tree["expression"]))
            return "/" in tree["expression"] or any(self.may_be_silent(n, names) for n in operands)
        return "refer_to" in tree

    def decide(self, tree: Tree, names: Names) -> Outlook:
        if "invoke" in tree:
            meant = {left: names.get(right, right) for left, right in tree["with"].items()}
            return self.decide(self.part("decisions")[tree["invoke"]], {**names, **meant})
        if "expression" in tree:
            return self.decide_expression(tree, names)
        if "rules" in tree:
            hits = self.matching_rules(tree, names)
            return Outlook(frozenset(self.reading.outcome(tree, rules) for rules in hits))
        return self.decide_checklist(tree, names)

    # --- tables: try everything

    def matching_rules(self, tree: Tree, names: Names) -> Iterator[list[Tree]]:
        """For each way to complete what is unknown: the rules that match, in their order."""
        owners = [rule["id"] for rule in tree["rules"] for _ in rows_of(rule.get("when"))]
        for matched in self.completions(self.reading.sheet(tree), names):
            ids = {owners[index] for index in matched}
            yield [rule for rule in tree["rules"] if rule["id"] in ids]

    def completions(self, sheet: Sheet, names: Names) -> set[frozenset[int]]:
        """For each way to complete what is unknown: the rows that match.

        An unset parameter is one value in the whole table; the columns are completed
        independently of one another.
        """
        used = {names.get(word, word) for words in (sheet.columns, *sheet.words.values()) for word in words}
        unset = sorted(used & set(self.part("parameters")) - set(self.settings))
        found: set[frozenset[int]] = set()
        for chosen in product(*(self.choices(p, sheet, names, room=2 * len(unset)) for p in unset)):
            known = {**self.settings, **dict(zip(unset, chosen, strict=True))}
            meant = known | {left: known[right] for left, right in names.items() if right in known}
            possible = {sheet.every_row}
            for column in sheet.columns:
                matched = self.matched(sheet, column, names, meant)
                possible = {before & now for before in possible for now in matched}
            found |= possible
        return found

    def matched(self, sheet: Sheet, column: str, names: Names, meant: Tree) -> set[frozenset[int]]:
        """Return, for each value that a column could have, the rows whose cells match it."""
        meaning = names.get(column, column)
        outlook = Outlook(frozenset({meant[meaning]})) if meaning in meant else self.outlook(meaning)
        key = (column, meaning, outlook.values, outlook.also, *map(meant.get, sheet.words.get(column, ())))
        if key not in sheet.matched:
            values, type_ = outlook.values, self.type_of(meaning)
            if values is None:
                marks = self.marks(column, sheet, names, meant)
                values = everything(type_, frozenset(marks)) | outlook.also
            sheet.matched[key] = sheet.matching(column, values, type_, meant)
        return sheet.matched[key]

    def marks(self, column: str, sheet: Sheet, names: Names, meant: Tree) -> set[Value]:
        """Return the values that a column could have for certain, and those that its cells speak of."""
        type_, outlook = self.type_of(names.get(column, column)), self.outlook(names.get(column, column))
        words = sheet.words.get(column, set())
        found = {meant[w] for w in words if w in meant}
        found |= {read(w, type_) for w in words if names.get(w, w) not in self.part("parameters")}
        found |= {type_.minimum, type_.maximum, *(outlook.values or ())}
        return found - {None, UNKNOWN, NOT_REGULATED}

    def choices(self, parameter: str, sheet: Sheet, names: Names, *, room: int) -> frozenset[Value]:
        """Return the values of an unset parameter that any column could tell apart.

        They have room for the other parameters, and for the values of the columns between them.
        """
        type_ = self.type_of(parameter)
        numeric = ("integer", "decimal", "money")
        marks: set[Value] = set()
        for column in sheet.words if type_.kind in STEPS else ():
            other = self.type_of(names.get(column, column))
            if other.kind in (numeric if type_.kind in numeric else [type_.kind]):
                found = self.marks(column, sheet, names, self.settings)
                marks |= found | (everything(other, frozenset(found), room) if type_.step != other.step else set())
        return everything(type_, frozenset(marks), room)

    # --- checklists: each item on its own

    def item_statuses(self, tree: Tree, names: Names) -> dict[str, set[str]]:
        """Return what each item could be: not_needed, met or unmet."""
        statuses = {}
        for item in tree.get("needs_all") or tree["needs_any"]:
            applying = len(rows_of(item.get("when")))
            statuses[item["id"]] = {
                "not_needed" if not applies else "met" if is_met else "unmet"
                for matched in self.completions(self.reading.sheet(item), names)
                for applies in [any(index < applying for index in matched)]
                for is_met in [any(index >= applying for index in matched)]
            }
        return statuses

    def decide_checklist(self, tree: Tree, names: Names) -> Outlook:
        needs_all = "needs_all" in tree
        enough = {"not_needed", "met"} if needs_all else {"met"}
        items = [{s in enough for s in found} for found in self.item_statuses(tree, names).values()]
        if {not needs_all} in items:  # one unmet item of all, or one met item of any, is decisive
            return Outlook(frozenset({not needs_all}))
        return Outlook(frozenset({True, False} if {True, False} in items else {needs_all}))

    # --- expressions: three values

    def decide_expression(self, tree: Tree, names: Names) -> Outlook:
        node = parse(tree["expression"])
        kind = type_of(tree["output"], self.part("types")).kind
        silence = frozenset({NOT_REGULATED})
        outlooks = {n: self.outlook(names.get(n, n)) for n in names_in(node)}
        if any(o.values == silence for o in outlooks.values()):
            return Outlook(silence)
        silent = frozenset({NOT_REGULATED} & {v for o in outlooks.values() for v in (o.values or set()) | o.also})
        known = {n: next(iter(o.values or ())) if o.is_known else UNKNOWN for n, o in outlooks.items()}
        value = evaluate(node, known)
        if value is NO_QUOTIENT:
            return Outlook(silence)
        if value is UNKNOWN:
            if {UNKNOWN, NO_QUOTIENT, 0} & divisors(node, known):
                silent = silence
            return Outlook(frozenset({True, False}) | silent if kind == "boolean" else None, silent)
        if "rounding" in tree:
            value = rounded(value, tree["rounding"])
        return Outlook(frozenset({converted(value, kind)}) | silent)


# --- the questions ------------------------------------------------------------------------------


def decide(
    ruleset: Tree | Reading,
    facts: Mapping[str, Value],
    parameters: Mapping[str, Value] | None = None,
    *,
    assumptions: bool = True,
) -> dict[str, Answer]:
    """Return the answer of every decision."""
    reading = ruleset if isinstance(ruleset, Reading) else Reading(ruleset)
    case = Case(reading, facts, settings_of(reading.ruleset, parameters or {}, assumptions=assumptions))
    return {name: answer(case.outlook(name)) for name in case.part("decisions")}


def answer(outlook: Outlook) -> Answer:
    if outlook.values is None or not outlook.is_known:
        return Answer("undetermined", possible=outlook.values)
    (value,) = outlook.values
    return Answer("not_regulated") if value is NOT_REGULATED else Answer("decided", value)


def settings_of(ruleset: Tree, parameters: Mapping[str, Value], *, assumptions: bool = True) -> dict[str, Value]:
    """Return the parameters that have a value: in the text, as read, assumed or given."""
    kinds = ("value", "reading", *(["assumed"] if assumptions else []))
    declared: Tree = ruleset.get("parameters") or {}
    return {
        name: parameters[name] if name in parameters else read(tree[kind], type_)
        for name, tree in declared.items()
        for type_ in [type_of(tree, ruleset.get("types") or {})]
        for kind in [next((k for k in kinds if k in tree), None)]
        if name in parameters or kind
    }


@dataclass(frozen=True)
class Findings:
    """What brute force over all its columns finds in one table."""

    has_gap: bool
    overlaps: frozenset[frozenset[str]]  # pairs of rules that must not both match, and do
    hidden: frozenset[str]  # rules that match somewhere and never decide there
    unmatched: frozenset[str]  # rules that match nowhere


def findings(ruleset: Tree, name: str, parameters: Mapping[str, Value] | None = None) -> Findings:
    """Try every point of a table, for its gaps, overlaps and needless rules.

    A parameter that is a column could be anything; one that is a bound is what it is set to.
    """
    tree, shared = ruleset["decisions"][name], ruleset.get("types") or {}
    settings = settings_of(ruleset, parameters or {}).items()
    known = {name: value for name, value in settings if name not in tree["inputs"]}
    case = Case(Reading(ruleset), {}, known, is_analysis=True)
    points = {tuple(rule["id"] for rule in rules) for rules in case.matching_rules(tree, {})}
    then = {rule["id"]: output_value(tree, rule["then"], shared) for rule in tree["rules"]}
    policy = tree.get("hit_policy", "unique")
    matched = {rule for point in points for rule in point}
    deciding = set(matched)
    if policy == "first":
        deciding = {point[0] for point in points if point}
    if policy == "priority":  # all of the gravest say what holds, so that none of them is hidden
        ranks = {rule: rank(tree, value, shared) for rule, value in then.items()}
        deciding = {r for p in points for r in p if ranks[r] == min(ranks[other] for other in p)}
    return Findings(
        has_gap=() in points and "default" not in tree and "refer_to" not in tree,
        overlaps=frozenset(
            frozenset(pair)
            for point in points
            for pair in combinations(point, 2)
            if policy == "unique" or (policy == "any" and then[pair[0]] != then[pair[1]])
        ),
        hidden=frozenset(matched - deciding),
        unmatched=frozenset(then) - matched,
    )
