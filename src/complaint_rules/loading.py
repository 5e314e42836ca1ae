"""Load: a document as a ruleset: names resolved, values and cells read, every error located."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from complaint_rules.course import Deadline
from complaint_rules.diagnostics import Diagnostic, RulesetError, Severity
from complaint_rules.domains import (
    Domain,
    Enumeration,
    ListOf,
    Members,
    Ordered,
    ParameterRef,
    Text,
    Truth,
)
from complaint_rules.formula import parse_formula
from complaint_rules.kinds import FormulaError
from complaint_rules.limits import DEFAULT_LIMITS, Limits
from complaint_rules.loading_accepted import AcceptedReader
from complaint_rules.model import (
    AnyDecisionDoc,
    ChecklistDoc,
    ExpressionDoc,
    InvocationDoc,
    ItemDoc,
    ParameterDoc,
    RuleDoc,
    TableDoc,
    TypeDoc,
    check_shape,
)
from complaint_rules.names import KINDS_OF_PARAMETER, label_for, maybe_label
from complaint_rules.ruleset import (
    ChecklistDecision,
    Decision,
    Effective,
    ExpressionDecision,
    InvocationDecision,
    Item,
    Parameter,
    Rule,
    Ruleset,
    TableDecision,
    Type,
)
from complaint_rules.source import Document, Path
from complaint_rules.tables import Aggregate, HitPolicy
from complaint_rules.trees import FormulaType
from complaint_rules.unary import show_cell
from complaint_rules.words import Label, suggest

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def load_ruleset(
    document: Document,
    limits: Limits = DEFAULT_LIMITS,
    clauses: Collection[str] | None = None,
    period: tuple[date | None, date | None] = (None, None),
) -> Ruleset:
    """Return the ruleset that a document says; `clauses`, where given, are the ids it may cite.

    `period` are the days on which this version is in force.

    Raises:
        RulesetError: with every problem found, in the order of the file.
    """
    doc, problems = check_shape(document)
    if doc is None:
        raise RulesetError(_in_order(problems, limits))
    loader = _Loader(document, doc, limits, clauses, problems, period)
    ruleset = loader.load()
    if any(p.severity is Severity.ERROR for p in loader.problems):
        raise RulesetError(_in_order(loader.problems, limits))
    return ruleset


def _in_order(problems: list[Diagnostic], limits: Limits) -> list[Diagnostic]:
    return sorted(problems, key=lambda d: (d.span.line, d.span.column) if d.span else (0, 0))[: limits.errors]


def content_hash(root: object) -> str:
    """Return the SHA-256 of what a document says; comments and layout do not count."""
    return hashlib.sha256(json.dumps(root, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


class _Loader(AcceptedReader):
    """Reads the decisions over the names, and puts the ruleset together."""

    def load(self) -> Ruleset:
        doc = self.doc
        if doc.language != "1":
            self._problem("CR103", ("language",), value=doc.language, expected="1")
        self._check_id(doc.ruleset, ("ruleset",))
        self._check_zone(doc.time_zone)
        self._check_names()
        for name, type_doc in doc.types.items():
            self.types[name] = self._type(type_doc, ("types", name))
        for name, input_doc in doc.inputs.items():
            fact = self._input(name, input_doc)
            self.inputs[name] = replace(fact, fold=self._fold(name, input_doc, fact.type.domain))
        for name, parameter_doc in doc.parameters.items():
            if parameter_doc.by is None:
                self.parameters[name] = self._parameter(name, parameter_doc, ("parameters", name))
            else:
                self._map(name, parameter_doc)
        self._check_parties()
        if doc.deadlines and doc.calendar is None:
            self._problem("CR005", ("deadlines",), of_key=True, key="calendar")
        self.order = self._sorted()
        for name in self.order:
            if name in self.maps:
                self._map_table(name, doc.parameters[name])
            else:
                self._decision(name, doc.decisions[name])
        return self._ruleset()

    def _check_zone(self, name: str) -> None:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            near = suggest(name, available_timezones()) or "Asia/Shanghai"
            self._problem("CR103", ("time_zone",), value=name, expected="Asia/Shanghai", suggestion=near)

    def _ruleset(self) -> Ruleset:
        doc = self.doc
        title = label_for(doc.ruleset, doc.title)
        return Ruleset(
            doc.ruleset, doc.version, title, doc.time_zone, content_hash(self.document.root),
            self.parameters, self.inputs, {n: self.decisions[n] for n in (*self.maps, *doc.decisions) if n in self.decisions},
            self.order, self.outputs, frozenset(self.silent), self.document, Effective(*self.period, self._by()),
            doc.calendar, {n: self._deadline(n, d) for n, d in doc.deadlines.items()}, self._events(),
            self._process(doc.process), {n: t for n, d in doc.triggers.items() if (t := self._trigger(n, d))},
            {n: i for n, d in doc.invariants.items() if (i := self._invariant(n, d))},
            {n: r for n, d in doc.reports.items() if (r := self._report(n, d))},
            tuple(self._accepted(at, d) for at, d in enumerate(doc.accepted)),
        )  # fmt: skip

    def _by(self) -> str | None:
        by = self.doc.effective.by if self.doc.effective else None
        fact = self.inputs.get(by or "")
        if by is None:
            return None
        if fact is None:
            self._problem("CR101", ("effective", "by"), name=by, suggestion=suggest(by, self.inputs))
        elif not isinstance(fact.type.domain, Ordered) or fact.type.domain.kind not in ("date", "datetime"):
            self._problem("CR103", ("effective", "by"), value=by, expected="date, datetime")
        return by

    # --- parameters with a value for each cell of a column --------------------------------------

    def _map(self, name: str, doc: ParameterDoc) -> None:
        """Make a parameter of each cell; the table that chooses between them comes with the decisions."""
        path: Path = ("parameters", name)
        kind = next((k for k in ("value", "assumed") if isinstance(getattr(doc, k), dict)), None)
        self.maps[name] = {}
        if kind is None or any(getattr(doc, k) is not None for k in KINDS_OF_PARAMETER if k != kind):
            self._problem("CR113", path, of_key=True, parameter=name)
            return
        for cell, plain in getattr(doc, kind).items():
            own = {"unset": True, kind: None} if plain == "unset" else {kind: plain}
            single = doc.model_copy(update={"by": None, "label": None, **own})
            self.maps[name][cell] = f"{name}.{cell}"
            self.parameters[f"{name}.{cell}"] = replace(
                self._parameter(f"{name}.{cell}", single, path),
                span=self.document.span((*path, kind, cell), of_key=True),
            )

    def _map_table(self, name: str, doc: ParameterDoc) -> None:
        path: Path = ("parameters", name)
        by = str(doc.by)
        self._column(by, (*path, "by"))
        kind = "value" if doc.value is not None else "assumed"
        rules = tuple(
            self._map_rule(by, cell, self.parameters[p], (*path, kind, cell)) for cell, p in self.maps[name].items()
        )
        types = {"": self._parameter_type(doc, path)}
        self.outputs[name] = types
        below = by.partition(".")[0]
        refer_to = getattr(self.decisions.get(below), "refer_to", None) if below in self.silent else None
        if below in self.silent:
            self.silent.add(name)
        self.decisions[name] = TableDecision(
            name, label_for(name, doc.label), self._cited(doc.because, path), self.document.span(path, of_key=True), (by,),
            types, rules, HitPolicy.UNIQUE, Aggregate.LIST, None, refer_to,
        )  # fmt: skip

    def _map_rule(self, by: str, cell: str, parameter: Parameter, path: Path) -> Rule:
        when = self._cells({by: cell}, None, path)
        then = (ParameterRef(parameter.name),)
        return Rule(cell, None, (when,), then, parameter.because, {by: cell}, parameter.span)

    # --- order of decisions ------------------------------------------------------------------

    def _sorted(self) -> tuple[str, ...]:
        names = {*self.doc.decisions, *self.maps}
        edges = {name: self._used(doc) & names for name, doc in self.doc.decisions.items()}
        edges |= {name: {str(self.doc.parameters[name].by).partition(".")[0]} & names for name in self.maps}
        try:
            return tuple(TopologicalSorter(edges).static_order())
        except CycleError as error:
            circle = tuple(error.args[1])
            section = "parameters" if circle[0] in self.maps else "decisions"
            self._problem("CR108", (section, circle[0]), of_key=True, names=circle)
            return ()

    def _used(self, doc: AnyDecisionDoc) -> set[str]:
        match doc:
            case TableDoc():
                names: Iterable[str] = doc.inputs
            case ExpressionDoc():
                names = _WORD.findall(doc.expression)
            case ChecklistDoc():
                names = [n for i in _items(doc) for when in (*i.when, *i.needs) for n in when]
            case InvocationDoc():
                names = [doc.invoke, *doc.with_.values()]
        return {n.partition(".")[0] for n in names}

    def _decision(self, name: str, doc: AnyDecisionDoc) -> None:
        before = len(self.problems)
        match doc:
            case TableDoc():
                self._table(name, doc)
            case ExpressionDoc():
                self._expression(name, doc)
            case ChecklistDoc():
                self._checklist(name, doc)
            case InvocationDoc():
                self._invocation(name, doc)
        if name not in self.outputs and len(self.problems) == before:
            raise AssertionError(name)

    def _head(self, name: str, doc: AnyDecisionDoc) -> dict[str, Any]:
        path: Path = ("decisions", name)
        return {
            "name": name,
            "label": label_for(name, doc.label),
            "because": self._cited(doc.because, path),
            "span": self.document.span(path, of_key=True),
        }

    # --- decision tables ---------------------------------------------------------------------

    def _table(self, name: str, doc: TableDoc) -> None:
        path: Path = ("decisions", name)
        policy, aggregate = self._policy(doc, path)
        item_types = self._outputs(doc, path)
        for at, column in enumerate(doc.inputs):
            self._column(column, (*path, "inputs", at))
            if column in doc.inputs[:at]:
                self._problem("CR102", (*path, "inputs", at), name=column)
        rules = tuple(self._rule(r, doc, item_types, (*path, "rules", i)) for i, r in enumerate(doc.rules))
        self._check_unique((r.id for r in doc.rules), (*path, "rules"))
        self._check_policy(policy, aggregate, item_types, path)
        self.outputs[name] = _joined(item_types, policy, aggregate)
        if doc.default is not None and doc.refer_to is not None:
            self._problem("CR111", (*path, "default"), of_key=True, decision=name)
        if doc.refer_to is not None:
            self.silent.add(name)
        default = (
            self._then(doc.default, self.outputs[name], (*path, "default"), "default")
            if doc.default is not None
            else None
        )
        self.decisions[name] = TableDecision(
            **self._head(name, doc), inputs=tuple(doc.inputs), outputs=item_types, rules=rules, policy=policy,
            aggregate=aggregate, default=default, refer_to=maybe_label(doc.refer_to),
        )  # fmt: skip

    def _policy(self, doc: TableDoc, path: Path) -> tuple[HitPolicy, Aggregate]:
        policy = self._choice(doc.hit_policy, HitPolicy, (*path, "hit_policy"), HitPolicy.UNIQUE)
        aggregate = self._choice(doc.aggregate or "list", Aggregate, (*path, "aggregate"), Aggregate.LIST)
        if doc.aggregate and policy is not HitPolicy.COLLECT:
            self._problem(
                "CR115",
                (*path, "aggregate"),
                policy=doc.hit_policy,
                problem=Label("`aggregate` 只用于 `collect`", "`aggregate` goes with `collect` only"),
            )
        return policy, aggregate

    def _choice(self, text: str, choices: Any, path: Path, fallback: Any) -> Any:
        known = [c.value for c in choices]
        if text in known:
            return choices(text)
        self._problem("CR103", path, value=text, expected=", ".join(known), suggestion=suggest(text, known))
        return fallback

    def _outputs(self, doc: TableDoc, path: Path) -> dict[str, Type]:
        if (doc.output is None) == (doc.outputs is None):
            self._problem("CR005", path, of_key=True, key="output")
        if doc.outputs is not None:
            for output in doc.outputs:
                self._check_id(output, (*path, "outputs", output), of_key=True)
            return {o: self._type(t, (*path, "outputs", o)) for o, t in doc.outputs.items()}
        return {"": self._type(doc.output or TypeDoc(type="text"), (*path, "output"))}

    def _check_policy(self, policy: HitPolicy, aggregate: Aggregate, types: Mapping[str, Type], path: Path) -> None:
        domains = [t.domain for t in types.values()]
        numbers = all(isinstance(d, Ordered) for d in domains)
        problem = None
        if policy in (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER) and not any(
            isinstance(d, (Enumeration, Truth)) for d in domains
        ):
            problem = Label("输出没有 `values` 的次序", "no output has an order of `values`")
        elif policy is HitPolicy.COLLECT and aggregate is not Aggregate.LIST and len(domains) > 1:
            problem = Label("只能有一个输出", "there must be one output")
        elif (
            policy is HitPolicy.COLLECT
            and aggregate is Aggregate.UNION
            and not all(isinstance(d, Members) for d in domains)
        ):
            problem = Label("`union` 的输出须为集合", "`union` joins outputs of `type: set`")
        elif policy is HitPolicy.COLLECT and aggregate in (Aggregate.SUM, Aggregate.MIN, Aggregate.MAX) and not numbers:
            problem = Label("输出须为数字、金额或时长", "the output must be a number, money or a duration")
        elif (
            policy is HitPolicy.COLLECT
            and aggregate is Aggregate.SUM
            and any(isinstance(d, Ordered) and d.kind in ("date", "datetime") for d in domains)
        ):
            problem = Label("日期不能相加", "dates have no sum")
        if problem:
            self._problem("CR115", (*path, "hit_policy"), policy=f"{policy.value}", problem=problem)

    def _rule(self, doc: RuleDoc, table: TableDoc, types: Mapping[str, Type], path: Path) -> Rule:
        self._check_id(doc.id, (*path, "id"))
        counted = table.hit_policy == "collect" and table.aggregate == "count"
        then = () if counted and doc.then is None else self._then(doc.then, types, (*path, "then"), doc.id)
        return Rule(
            doc.id, maybe_label(doc.label), self._when(doc.when, table.inputs, (*path, "when")), then,
            self._cited(doc.because, path), _shown(doc.when), self.document.span(path),
        )  # fmt: skip

    def _then(self, plain: Any, types: Mapping[str, Type], path: Path, rule: str) -> tuple[Any, ...]:
        if isinstance(plain, str) and plain in self.doc.parameters and plain not in types.get("", Type(Truth())).labels:
            self._problem("CR125", path, name=plain)
            return (None,) * len(types)
        if "" in types:
            return (self._value(plain, types[""].domain, path, types[""].labels),)
        given = plain if isinstance(plain, dict) else {}
        for output in [*(o for o in types if o not in given), *(o for o in given if o not in types)]:
            self._problem(
                "CR110", path, output=output, rule=rule, suggestion=suggest(output, types) if output in given else None
            )
        return tuple(
            self._value(given[o], t.domain, (*path, o), t.labels) if o in given else None for o, t in types.items()
        )

    def _check_unique(self, ids: Iterable[str], path: Path) -> None:
        seen: set[str] = set()
        for at, one in enumerate(ids):
            if one in seen:
                self._problem("CR102", (*path, at, "id"), name=one)
            seen.add(one)

    # --- expressions, checklists, invocations -------------------------------------------------

    def _expression(self, name: str, doc: ExpressionDoc) -> None:
        path: Path = ("decisions", name)
        declared = self._type(doc.output, (*path, "output")) if doc.output else None
        self.outputs[name] = {"": declared or Type(Text())}
        types = {n: FormulaType(t.domain, t.currency) for n, t in self._types_in_scope(name).items()}
        try:
            formula = parse_formula(doc.expression, types)
        except FormulaError as error:
            span = self.document.span((*path, "expression"))
            at = replace(span, column=span.column + error.column - 1)
            self.problems.append(Diagnostic(error.code, at, error.args_of))
            return
        computed = Type(formula.domain, currency=formula.currency)
        if declared and not _same_kind(declared.domain, computed.domain, rounded=doc.rounding is not None):
            self._problem(
                "CR107",
                (*path, "output"),
                problem=Label(
                    f"公式的结果是 {_kind_of(computed.domain)}", f"the formula gives {_kind_of(computed.domain)}"
                ),
            )
        if formula.needs_rounding and doc.rounding is None:
            self._problem("CR005", (*path, "expression"), key="rounding")
        step = self._rounding(doc, path)
        if (
            {n.partition(".")[0] for n in formula.names} & self.silent
            or "/" in formula.text
            or _may_overflow(computed.domain)
        ):
            self.silent.add(name)
        self.outputs[name] = {"": declared or computed}
        mode = doc.rounding.mode if doc.rounding else ""
        self.decisions[name] = ExpressionDecision(
            **self._head(name, doc), formula=formula, type=declared or computed, step=step, rounding=mode
        )

    def _types_in_scope(self, but: str) -> dict[str, Type]:
        found = {n: i.type for n, i in self.inputs.items()} | {n: p.type for n, p in self.parameters.items()}
        for decision, outputs in self.outputs.items():
            if decision != but:
                found |= {f"{decision}.{o}" if o else decision: t for o, t in outputs.items()}
        return found

    def _rounding(self, doc: ExpressionDoc, path: Path) -> Decimal | None:
        if doc.rounding is None:
            return None
        modes = ("half_up", "half_even", "up", "down")
        if doc.rounding.mode not in modes:
            where: Path = (*path, "rounding", "mode")
            self._problem(
                "CR103",
                where,
                value=doc.rounding.mode,
                expected=", ".join(modes),
                suggestion=suggest(doc.rounding.mode, modes),
            )
        step: Decimal | None = self._value(doc.rounding.step, Ordered("decimal"), (*path, "rounding", "step"))
        if step is not None and step <= 0:
            self._problem("CR103", (*path, "rounding", "step"), value=doc.rounding.step, expected="> 0")
            return None
        return step

    def _checklist(self, name: str, doc: ChecklistDoc) -> None:
        path: Path = ("decisions", name)
        key = "needs_all" if doc.needs_all is not None else "needs_any"
        if doc.needs_all is not None and doc.needs_any is not None:
            self._problem("CR004", (*path, "needs_any"), of_key=True, key="needs_any")
        items = tuple(self._item(i, (*path, key, at)) for at, i in enumerate(_items(doc)))
        self._check_unique((i.id for i in _items(doc)), (*path, key))
        inputs = dict.fromkeys(n for i in items for when in (*i.when, *i.needs) for n in when)
        self.outputs[name] = {"": Type(Truth())}
        self.decisions[name] = ChecklistDecision(
            **self._head(name, doc),
            items=items,
            all_needed=key == "needs_all",
            ordered=doc.ordered,
            inputs=tuple(inputs),
        )

    def _item(self, doc: ItemDoc, path: Path) -> Item:
        self._check_id(doc.id, (*path, "id"))
        return Item(
            doc.id, maybe_label(doc.label), self._when(doc.when, None, (*path, "when")), self._when(doc.needs, None, (*path, "needs")),
            self._cited(doc.because, path), _shown([*doc.when, *doc.needs]), self.document.span(path),
        )  # fmt: skip

    def _invocation(self, name: str, doc: InvocationDoc) -> None:
        path: Path = ("decisions", name)
        if doc.invoke not in self.doc.decisions:
            self._problem(
                "CR101", (*path, "invoke"), name=doc.invoke, suggestion=suggest(doc.invoke, self.doc.decisions)
            )
        target = self.decisions.get(doc.invoke)
        if target is None:
            return
        if isinstance(target, InvocationDecision):
            self._problem("CR103", (*path, "invoke"), value=doc.invoke, expected="table / expression / checklist")
            return
        self._check_renamed(doc, target, path)
        head = self._head(name, doc)
        self.outputs[name] = self.outputs[doc.invoke]
        if doc.invoke in self.silent or any(n.partition(".")[0] in self.silent for n in doc.with_.values()):
            self.silent.add(name)
        self.decisions[name] = InvocationDecision(**head, invoke=doc.invoke, renamed=dict(doc.with_))

    def _check_renamed(self, doc: InvocationDoc, target: Decision, path: Path) -> None:
        read = names_read(target)
        for name in (n for i, n in enumerate(read) if doc.with_.get(n, n) in [doc.with_.get(m, m) for m in read[:i]]):
            self._problem("CR102", (*path, "with"), name=doc.with_.get(name, name))
        for old, new in doc.with_.items():
            if old not in read:
                self._problem("CR101", (*path, "with", old), of_key=True, name=old, suggestion=suggest(old, read))
                continue
            was, now = self._column(old, (*path, "with", old)), self._column(new, (*path, "with", old))
            if was and now and was[0] != now[0]:
                self._problem(
                    "CR107",
                    (*path, "with", old),
                    problem=Label(f"`{old}` 与 `{new}` 类型不同", f"`{old}` and `{new}` have different types"),
                )


def names_read(decision: Decision) -> tuple[str, ...]:
    """Return the names that a decision reads itself: its columns or the names in its formula."""
    match decision:
        case TableDecision(inputs=inputs, rules=rules):
            return (*inputs, *(v.name for r in rules for v in r.then if isinstance(v, ParameterRef)))
        case ChecklistDecision(inputs=inputs):
            return inputs
        case ExpressionDecision(formula=formula):
            return formula.names
        case InvocationDecision(renamed=renamed):
            return tuple(renamed.values())


def deadline_reads(ruleset: Ruleset, deadline: Deadline) -> tuple[str, ...]:
    """Return the names that a deadline reads: facts, parameters and decisions."""
    conditions = (deadline.when, deadline.met_when, deadline.pause_while, deadline.excused_when, deadline.owner)
    marked = (n for m in deadline.milestones for n in (m.when, m.value, m.to, m.by))
    named = (*deadline.reckoning.values(), str(deadline.within), *(n for n in (*conditions, *marked) if n))
    chosen = ruleset.parameters.get(deadline.reckoning["start"])
    return tuple(dict.fromkeys((*named, *(map(str, chosen.options) if chosen else ()))))


def _items(doc: ChecklistDoc) -> list[ItemDoc]:
    return doc.needs_all if doc.needs_all is not None else doc.needs_any or []


def _shown(alternatives: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    shown: dict[str, list[str]] = {}
    for when in alternatives:
        for name, cell in when.items():
            shown.setdefault(name, []).append(show_cell(cell))
    return {name: " / ".join(dict.fromkeys(cells)) for name, cells in shown.items()}


def _joined(types: Mapping[str, Type], policy: HitPolicy, aggregate: Aggregate) -> dict[str, Type]:
    """Return the outputs' types after the hit policy has joined the rules' outputs."""
    in_list = policy in (HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER) or (
        policy is HitPolicy.COLLECT and aggregate is Aggregate.LIST
    )
    if in_list and len(types) == 1:
        (one,) = types.values()
        return {"": replace(one, domain=ListOf(one.domain))} if not isinstance(one.domain, ListOf) else {"": one}
    if in_list:
        return {"": Type(ListOf(Text()))}
    if policy is HitPolicy.COLLECT and aggregate is Aggregate.COUNT:
        return {"": Type(Ordered("integer", minimum=0, step=1))}
    if policy is HitPolicy.COLLECT and aggregate is Aggregate.SUM:
        return {
            o: replace(t, domain=replace(t.domain, minimum=None, maximum=None)) if isinstance(t.domain, Ordered) else t
            for o, t in types.items()
        }
    return dict(types)


def _same_kind(declared: Domain, computed: Domain, *, rounded: bool) -> bool:
    if isinstance(declared, Ordered) and isinstance(computed, Ordered):
        numbers = ("integer", "decimal", "money")
        fits = declared.kind in ("decimal", "money") or (declared.kind == "integer" and rounded)
        return declared.kind == computed.kind or (fits and computed.kind in numbers)
    return type(declared) is type(computed)


def _kind_of(domain: Domain) -> str:
    return domain.kind if isinstance(domain, Ordered) else type(domain).__name__.lower()


def _may_overflow(domain: Domain) -> bool:
    return isinstance(domain, Ordered) and domain.kind in ("date", "datetime", "duration")
