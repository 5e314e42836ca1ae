"""Load: a document as a ruleset: names resolved, values and cells read, every error located."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from typing import Any

from complaint_rules.deadline import PROFILES, TERMS
from complaint_rules.diagnostics import Diagnostic, RulesetError, Severity
from complaint_rules.domains import (
    ABSENT,
    NOT_REGULATED,
    Domain,
    Enumeration,
    Interval,
    ListOf,
    Members,
    Ordered,
    ParameterRef,
    Sign,
    Test,
    Text,
    Truth,
    value_in,
)
from complaint_rules.formula import parse_formula
from complaint_rules.kinds import FormulaError
from complaint_rules.limits import DEFAULT_LIMITS, Limits
from complaint_rules.model import (
    AnyDecisionDoc,
    ChecklistDoc,
    DeadlineDoc,
    ExpressionDoc,
    InputDoc,
    InvocationDoc,
    ItemDoc,
    LabelDoc,
    ParameterDoc,
    RuleDoc,
    RulesetDoc,
    TableDoc,
    TypeDoc,
    check_shape,
)
from complaint_rules.ruleset import (
    ChecklistDecision,
    Deadline,
    Decision,
    Effective,
    ExpressionDecision,
    Input,
    InvocationDecision,
    Item,
    Parameter,
    ParameterKind,
    Rule,
    Ruleset,
    TableDecision,
    Type,
    When,
)
from complaint_rules.source import Document, Path
from complaint_rules.tables import Aggregate, HitPolicy
from complaint_rules.trees import FormulaType
from complaint_rules.unary import parse_cell, show_cell
from complaint_rules.values import YES, BadValueError, from_text
from complaint_rules.words import Label, label_of_id, suggest

_ID = re.compile(r"[a-z][a-z0-9_]*\Z", re.ASCII)
_VALUE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*\Z", re.ASCII)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_KINDS = ("integer", "decimal", "money", "date", "datetime", "duration")
_TYPES = ("set", "boolean", "text", *_KINDS)
_KEYS_OF = {
    "enumeration": ("values", "open"),
    "set": ("values", "of", "open"),
    "numbers": ("minimum", "maximum", "step", "unit", "currency"),
}
_RESERVED = frozenset({"unknown", "known", "other", "not_regulated", "regulated", "undetermined", "empty"})
_CONSTANT = ("value", "reading", "assumed", "unset")


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


def _label(name: str, doc: LabelDoc | None) -> Label:
    return label_of_id(name, zh=doc.zh if doc else None, en=doc.en if doc else None)


def _maybe_label(doc: LabelDoc | None) -> Label | None:
    return Label(doc.zh or doc.en, doc.en or doc.zh) if doc else None


@dataclass
class _Loader:
    """The names read so far, and the problems found on the way."""

    document: Document
    doc: RulesetDoc
    limits: Limits
    clauses: Collection[str] | None
    problems: list[Diagnostic]
    period: tuple[date | None, date | None]
    types: dict[str, Type] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    inputs: dict[str, Input] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    outputs: dict[str, Mapping[str, Type]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    maps: dict[str, dict[str, str]] = field(default_factory=dict)  # name -> cell -> parameter of that cell
    order: tuple[str, ...] = ()

    def load(self) -> Ruleset:
        doc = self.doc
        if doc.language != "1":
            self._problem("CR103", ("language",), value=doc.language, expected="1")
        self._check_id(doc.ruleset, ("ruleset",))
        self._check_names()
        for name, type_doc in doc.types.items():
            self.types[name] = self._type(type_doc, ("types", name))
        for name, input_doc in doc.inputs.items():
            self.inputs[name] = self._input(name, input_doc)
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

    def _ruleset(self) -> Ruleset:
        doc = self.doc
        title = _label(doc.ruleset, doc.title)
        return Ruleset(
            doc.ruleset, doc.version, title, doc.time_zone, content_hash(self.document.root),
            self.parameters, self.inputs, {n: self.decisions[n] for n in (*self.maps, *doc.decisions) if n in self.decisions},
            self.order, self.outputs, frozenset(self.silent), self.document, Effective(*self.period, self._by()),
            doc.calendar, {n: self._deadline(n, d) for n, d in doc.deadlines.items()},
        )  # fmt: skip

    def _deadline(self, name: str, doc: DeadlineDoc) -> Deadline:
        path: Path = ("deadlines", name)
        self._check_id(name, path, of_key=True)
        terms = dict(PROFILES.get(doc.profile, {}))
        if not terms:
            known = tuple(PROFILES)
            self._problem("CR103", (*path, "profile"), value=doc.profile, expected=", ".join(known))
        terms |= {k: v for k in TERMS if (v := getattr(doc, k)) is not None}
        for key, text in terms.items():
            if key in doc.model_fields_set:
                self._check_term(key, text, (*path, key))
        self._check_start(doc.start, (*path, "start"))
        for key in ("when", "owner"):
            self._check_name(getattr(doc, key), (*path, key))
        within: int | str = doc.within
        if doc.within.isdecimal():
            within = int(doc.within)
        else:
            self._check_name(doc.within, (*path, "within"))
        return Deadline(
            name, _label(name, doc.label), {**terms, "start": doc.start}, within, doc.when, doc.owner,
            self._cited(doc.because, path), self.document.span(path, of_key=True),
        )  # fmt: skip

    def _check_term(self, key: str, text: str, path: Path) -> None:
        """A term is one of its words, or a parameter all of whose options are."""
        known = TERMS[key]
        parameter = self.parameters.get(text)
        if text in known:
            return
        if parameter is None:
            names = (*known, *self.parameters)
            self._problem("CR103", path, value=text, expected=", ".join(known), suggestion=suggest(text, names))
        elif not set(map(str, parameter.options)) <= set(known):
            self._problem("CR114", path, value=text, options=known)

    def _check_start(self, name: str, path: Path) -> None:
        parameter = self.parameters.get(name)
        for fact in (name,) if parameter is None else tuple(map(str, parameter.options)):
            given = self.inputs.get(fact)
            if given is None:
                self._problem("CR101", path, name=fact, suggestion=suggest(fact, (*self.inputs, *self.parameters)))
            elif not isinstance(given.type.domain, Ordered) or given.type.domain.kind != "datetime":
                self._problem("CR103", path, value=fact, expected="datetime")

    def _check_name(self, name: str | None, path: Path) -> None:
        if name is not None and name not in self._scope():
            self._problem("CR101", path, name=name, suggestion=suggest(name, self._scope()))

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

    # --- problems ---------------------------------------------------------------------------

    def _problem(self, code: str, path: Path, *, of_key: bool = False, **args: object) -> None:
        self.problems.append(Diagnostic(code, self.document.span(path, of_key=of_key), args))

    def _bad_value(self, error: BadValueError, path: Path) -> None:
        self.problems.append(Diagnostic(error.code, self.document.span(path), error.args_of))

    def _check_id(self, name: str, path: Path, *, of_key: bool = False) -> None:
        if not _ID.match(name) or name in _RESERVED or len(name) > self.limits.id_length:
            self._problem("CR112", path, of_key=of_key, id=name)

    def _check_names(self) -> None:
        seen: set[str] = set()
        for section in ("types", "parameters", "inputs", "decisions"):
            for name in getattr(self.doc, section):
                self._check_id(name, (section, name), of_key=True)
                if name in seen and section != "types":
                    self._problem("CR102", (section, name), of_key=True, name=name)
                if section != "types":
                    seen.add(name)

    def _cited(self, because: Iterable[str], path: Path) -> tuple[str, ...]:
        cited = tuple(because)
        for at, clause in enumerate(cited):
            if self.clauses is not None and clause not in self.clauses:
                where: Path = (*path, "because", at)
                self._problem("CR109", where, clause=clause, suggestion=suggest(clause, self.clauses))
        return cited

    # --- types, inputs, parameters -----------------------------------------------------------

    def _type(self, doc: TypeDoc, path: Path) -> Type:
        self._check_keys(doc, path)
        if doc.type == "set":
            return self._set_type(doc, path)
        if doc.type in self.types:
            return self.types[doc.type]
        if doc.values is not None and doc.type in (None, "enumeration"):
            self._check_values(doc, path)
            return self._labelled(Enumeration(tuple(doc.values), doc.open), doc)
        if doc.type in _KINDS:
            return Type(self._ordered(doc, path), unit=doc.unit, currency=doc.currency)
        if doc.type == "boolean":
            return Type(Truth())
        if doc.type != "text":
            known = (*_TYPES, *self.types)
            self._problem(
                "CR103",
                (*path, "type"),
                value=doc.type or "",
                expected=", ".join(known),
                suggestion=suggest(doc.type or "", known),
            )
        return Type(Text(), unit=doc.unit)

    def _check_keys(self, doc: TypeDoc, path: Path) -> None:
        """Refuse the keys that this kind of type would not read."""
        kind = "numbers" if doc.type in _KINDS else doc.type or "enumeration"
        known = ("type", *_KEYS_OF.get(kind, ()))
        for key in ("values", "of", "open", "minimum", "maximum", "step"):
            if key in doc.model_fields_set and key not in known:
                self._problem("CR004", (*path, key), of_key=True, key=key, known=known)

    def _check_values(self, doc: TypeDoc, path: Path) -> None:
        for value in doc.values or ():
            if not _VALUE_ID.match(value) or value in _RESERVED:
                self._problem("CR112", (*path, "values", value), of_key=True, id=value)
        if not doc.values:
            self._problem("CR005", path, key="values")

    def _labelled(self, domain: Domain, doc: TypeDoc) -> Type:
        values = doc.values or {}
        labels = {v: _label(v, d) for v, d in values.items()}
        return Type(domain, labels, doc.unit, of={v: d.of for v, d in values.items() if d.of})

    def _set_type(self, doc: TypeDoc, path: Path) -> Type:
        if doc.values is not None:
            self._check_values(doc, path)
            return self._labelled(Members(tuple(doc.values), doc.open), doc)
        if doc.of == "text":
            return Type(Members(None, open=True))
        base = self.types.get(doc.of or "")
        if base and isinstance(base.domain, Enumeration):
            return replace(base, domain=Members(base.domain.values, base.domain.open))
        self._problem("CR101", (*path, "of"), name=doc.of or "", suggestion=suggest(doc.of or "", self.types))
        return Type(Members(None, open=True))

    def _ordered(self, doc: TypeDoc, path: Path) -> Ordered:
        kind: Any = doc.type
        free = Ordered(kind)
        found: dict[str, Any] = {}
        for key in ("minimum", "maximum", "step"):
            text = getattr(doc, key)
            if text is not None:
                step_kind: Any = "duration" if key == "step" and kind in ("date", "datetime") else kind
                found[key] = self._value(text, Ordered(step_kind), (*path, key))
        low, high, step = found.get("minimum"), found.get("maximum"), found.get("step")
        if step is not None and not step > step - step:
            self._problem("CR103", (*path, "step"), value=doc.step, expected="> 0")
            step = None
        default_step = {"integer": 1, "money": Decimal("0.01")}.get(kind)
        domain = Ordered(kind, low, high, step if step is not None else default_step)
        if value_in(Interval(), domain) is None:
            self._problem("CR116", path, low=doc.minimum, high=doc.maximum)
            return free
        return domain

    def _value(self, plain: Any, domain: Domain, path: Path) -> Any:
        """Return the value that a scalar (or, for sets and lists, a list) means; None where it is none."""
        try:
            if isinstance(domain, (Members, ListOf)):
                return self._many(plain, domain, path)
            if not isinstance(plain, str):
                raise BadValueError("CR103", value="{…}", expected="text")  # noqa: TRY301 - told like any bad value
            return from_text(plain, domain)
        except BadValueError as error:
            self._bad_value(error, path)
            return None

    def _many(self, plain: Any, domain: Members | ListOf, path: Path) -> Any:
        if not isinstance(plain, list):
            raise BadValueError("CR103", value=plain if isinstance(plain, str) else "{…}", expected="[a, b]")
        one = (
            domain.of
            if isinstance(domain, ListOf)
            else Text()
            if domain.values is None
            else Enumeration(domain.values, domain.open)
        )
        values = [self._value(p, one, (*path, i)) for i, p in enumerate(plain)]
        return tuple(values) if isinstance(domain, ListOf) else frozenset(v for v in values if v is not None)

    def _input(self, name: str, doc: InputDoc) -> Input:
        path: Path = ("inputs", name)
        type_ = self._type(doc, path)
        if doc.optional and isinstance(type_.domain, Members):
            self._problem("CR118", (*path, "optional"), name=name)
        return Input(name, _label(name, doc.label), type_, doc.optional, self.document.span(path, of_key=True))

    def _check_parties(self) -> None:
        for section in ("types", "inputs"):
            for name, doc in getattr(self.doc, section).items():
                self._check_of(doc, (section, name))

    def _check_of(self, doc: TypeDoc, path: Path) -> None:
        for value, label in (doc.values or {}).items():
            if label.of and label.of not in self.inputs:
                where: Path = (*path, "values", value, "of")
                self._problem("CR101", where, name=label.of, suggestion=suggest(label.of, self.inputs))

    def _parameter(self, name: str, doc: ParameterDoc, path: Path) -> Parameter:
        given = [k for k in _CONSTANT if getattr(doc, k) is not None]
        if len(given) != 1:
            self._problem("CR113", path, of_key=True, parameter=name)
        kind = ParameterKind(given[0]) if given else ParameterKind.UNSET
        type_ = self._parameter_type(doc, path)
        plain = None if kind is ParameterKind.UNSET else getattr(doc, kind.value)
        value = None if plain is None else self._value(plain, type_.domain, (*path, kind.value))
        options = self._options(doc, type_, path)
        if kind is ParameterKind.READING and value is not None and value not in options:
            known = tuple(doc.options or ())
            self._problem(
                "CR114", (*path, "reading"), value=plain, options=known, suggestion=suggest(str(plain), known)
            )
        return Parameter(
            name, _label(name, doc.label), type_, kind, value, options, _maybe_label(doc.reason),
            self._cited(doc.because, path), self.document.span(path, of_key=True),
        )  # fmt: skip

    # --- parameters with a value for each cell of a column --------------------------------------

    def _map(self, name: str, doc: ParameterDoc) -> None:
        """Make a parameter of each cell; the table that chooses between them comes with the decisions."""
        path: Path = ("parameters", name)
        kind = next((k for k in ("value", "assumed") if isinstance(getattr(doc, k), dict)), None)
        self.maps[name] = {}
        if kind is None or any(getattr(doc, k) is not None for k in _CONSTANT if k != kind):
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
        self.decisions[name] = TableDecision(
            name, _label(name, doc.label), self._cited(doc.because, path), self.document.span(path, of_key=True), (by,),
            types, rules, HitPolicy.UNIQUE, Aggregate.LIST, None, None,
        )  # fmt: skip

    def _map_rule(self, by: str, cell: str, parameter: Parameter, path: Path) -> Rule:
        when = self._cells({by: cell}, None, path)
        then = (ParameterRef(parameter.name),)
        return Rule(cell, None, (when,), then, parameter.because, {by: cell}, parameter.span)

    def _parameter_type(self, doc: ParameterDoc, path: Path) -> Type:
        if doc.type is None and doc.values is None and doc.options:
            if all(o in YES for o in doc.options):
                return Type(Truth())
            return Type(Enumeration(tuple(doc.options)), {v: _label(v, d) for v, d in doc.options.items()})
        return self._type(doc, path)

    def _options(self, doc: ParameterDoc, type_: Type, path: Path) -> dict[Any, Label]:
        return {
            self._value(o, type_.domain, (*path, "options", o)): _label(o, d) for o, d in (doc.options or {}).items()
        }

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
            "label": _label(name, doc.label),
            "because": self._cited(doc.because, path),
            "span": self.document.span(path, of_key=True),
        }

    # --- names and cells ---------------------------------------------------------------------

    def _column(self, name: str, path: Path) -> tuple[Domain, Sign | None] | None:
        """Return the domain and sign of a name in scope; say so where it is none."""
        if name in self.inputs:
            return self.inputs[name].type.domain, ABSENT if self.inputs[name].optional else None
        if name in self.parameters:
            return self.parameters[name].type.domain, None
        decision, _, output = name.partition(".")
        if decision in self.outputs and output in self.outputs[decision]:
            return self.outputs[decision][output].domain, NOT_REGULATED if decision in self.silent else None
        if decision not in (*self.doc.decisions, *self.maps) or decision in self.outputs:
            self._problem("CR101", path, name=name, suggestion=suggest(name, self._scope()))
        return None

    def _scope(self) -> list[str]:
        dotted = [f"{d}.{o}" if o else d for d, outputs in self.outputs.items() for o in outputs]
        return [*self.inputs, *self.parameters, *dotted]

    def _when(
        self, alternatives: Iterable[Mapping[str, Any]], columns: Collection[str] | None, path: Path
    ) -> tuple[When, ...]:
        return tuple(self._cells(when, columns, self._alternative(path, i)) for i, when in enumerate(alternatives)) or (
            {},
        )

    def _alternative(self, path: Path, at: int) -> Path:
        return (*path, at) if (*path, at) in self.document.values else path

    def _cells(self, when: Mapping[str, Any], columns: Collection[str] | None, path: Path) -> When:
        tests: dict[str, Test] = {}
        for name, cell in when.items():
            where: Path = (*path, name)
            if columns is not None and name not in columns:
                self._problem("CR101", where, of_key=True, name=name, suggestion=suggest(name, columns))
                continue
            found = self._column(name, where)
            if found is None:
                continue
            try:
                bounds = {n: p.type.domain for n, p in self.parameters.items()}
                tests[name] = parse_cell(cell, found[0], sign=found[1], parameters=bounds)
            except BadValueError as error:
                self._bad_value(error, where)
        return tests

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
            aggregate=aggregate, default=default, refer_to=_maybe_label(doc.refer_to),
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
            doc.id, _maybe_label(doc.label), self._when(doc.when, table.inputs, (*path, "when")), then,
            self._cited(doc.because, path), _shown(doc.when), self.document.span(path),
        )  # fmt: skip

    def _then(self, plain: Any, types: Mapping[str, Type], path: Path, rule: str) -> tuple[Any, ...]:
        if "" in types:
            return (self._value(plain, types[""].domain, path),)
        given = plain if isinstance(plain, dict) else {}
        for output in [*(o for o in types if o not in given), *(o for o in given if o not in types)]:
            self._problem(
                "CR110", path, output=output, rule=rule, suggestion=suggest(output, types) if output in given else None
            )
        return tuple(self._value(given[o], t.domain, (*path, o)) if o in given else None for o, t in types.items())

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
            doc.id, _maybe_label(doc.label), self._when(doc.when, None, (*path, "when")), self._when(doc.needs, None, (*path, "needs")),
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
    named = (*deadline.reckoning.values(), str(deadline.within), deadline.when or "", deadline.owner or "")
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
