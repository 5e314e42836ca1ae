"""Names: the types, inputs and parameters of a ruleset as they are read, and what is wrong with them, located."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from complaint_rules.diagnostics import Diagnostic
from complaint_rules.domains import (
    ABSENT,
    NOT_REGULATED,
    Domain,
    Enumeration,
    Interval,
    ListOf,
    Members,
    Ordered,
    Sign,
    Test,
    Text,
    Truth,
    value_in,
)
from complaint_rules.limits import Limits
from complaint_rules.model import InputDoc, ParameterDoc, RulesetDoc, TypeDoc
from complaint_rules.ruleset import (
    Decision,
    Input,
    Parameter,
    ParameterKind,
    Type,
    When,
)
from complaint_rules.shapes import LabelDoc
from complaint_rules.source import Document, Path
from complaint_rules.unary import parse_cell
from complaint_rules.values import YES, BadValueError, from_text
from complaint_rules.words import Label, label_of_id, suggest

_ID = re.compile(r"[a-z][a-z0-9_]*\Z", re.ASCII)
_VALUE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*\Z", re.ASCII)
_KINDS = ("integer", "decimal", "money", "date", "datetime", "duration")
_TYPES = ("set", "boolean", "text", *_KINDS)
_KEYS_OF = {
    "enumeration": ("values", "open"),
    "set": ("values", "of", "open"),
    "numbers": ("minimum", "maximum", "step", "unit", "currency"),
}
_RESERVED = frozenset({"unknown", "known", "other", "not_regulated", "regulated", "undetermined", "empty"})
KINDS_OF_PARAMETER = ("value", "reading", "assumed", "unset")


def label_for(name: str, doc: LabelDoc | None) -> Label:
    return label_of_id(name, zh=doc.zh if doc else None, en=doc.en if doc else None)


def maybe_label(doc: LabelDoc | None) -> Label | None:
    return Label(doc.zh or doc.en, doc.en or doc.zh) if doc else None


@dataclass
class Names:
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

    # --- problems ---------------------------------------------------------------------------

    def _problem(self, code: str, path: Path, *, of_key: bool = False, **args: object) -> None:
        self.problems.append(Diagnostic(code, self.document.span(path, of_key=of_key), args))

    def _bad_value(self, error: BadValueError, path: Path, labels: Mapping[str, Label] | None = None) -> None:
        """Note a value that is none; where it is the label of one, that one is suggested."""
        meant = next(
            (i for i, label in (labels or {}).items() if error.args_of.get("value") in (label.zh, label.en)), None
        )
        words = {**error.args_of, "suggestion": meant} if meant else error.args_of
        self.problems.append(Diagnostic(error.code, self.document.span(path), words))

    def _type_of(self, name: str) -> Type | None:
        """Return the type of a name in scope."""
        if name in self.inputs:
            return self.inputs[name].type
        if name in self.parameters:
            return self.parameters[name].type
        decision, _, output = name.partition(".")
        return self.outputs.get(decision, {}).get(output)

    def _check_id(self, name: str, path: Path, *, of_key: bool = False) -> None:
        if not self._is_taken(name, path, of_key=of_key) and (not _ID.match(name) or len(name) > self.limits.id_length):
            self._problem("CR112", path, of_key=of_key, id=name)

    def _is_taken(self, name: str, path: Path, *, of_key: bool) -> bool:
        """Report whether an id is a word of the language, and say so."""
        if name in _RESERVED:
            self._problem("CR123", path, of_key=of_key, id=name, words=tuple(sorted(_RESERVED)))
        return name in _RESERVED

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
            where: Path = (*path, "values", value)
            if not self._is_taken(value, where, of_key=True) and not _VALUE_ID.match(value):
                self._problem("CR112", where, of_key=True, id=value)
        if not doc.values:
            self._problem("CR005", path, key="values")

    def _labelled(self, domain: Domain, doc: TypeDoc) -> Type:
        values = doc.values or {}
        labels = {v: label_for(v, d) for v, d in values.items()}
        return Type(domain, labels, doc.unit, of={v: d.of for v, d in values.items() if d.of})

    def _set_type(self, doc: TypeDoc, path: Path) -> Type:
        if doc.values is not None:
            self._check_values(doc, path)
            return self._labelled(Members(tuple(doc.values), doc.open), doc)
        if doc.of == "text":
            return Type(Members(None, open=True))
        base = self.types.get(doc.of or "")
        if base and isinstance(base.domain, Enumeration):
            return replace(base, domain=Members(base.domain.values, base.domain.open or doc.open))
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

    def _value(self, plain: Any, domain: Domain, path: Path, labels: Mapping[str, Label] | None = None) -> Any:
        """Return the value that a scalar (or, for sets and lists, a list) means; None where it is none."""
        try:
            if isinstance(domain, (Members, ListOf)):
                return self._many(plain, domain, path)
            if not isinstance(plain, str):
                raise BadValueError("CR103", value="{…}", expected="text")  # noqa: TRY301 - told like any bad value
            return from_text(plain, domain)
        except BadValueError as error:
            self._bad_value(error, path, labels)
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
        return Input(name, label_for(name, doc.label), type_, doc.optional, self.document.span(path, of_key=True))

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
        given = [k for k in KINDS_OF_PARAMETER if getattr(doc, k) is not None]
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
            name, label_for(name, doc.label), type_, kind, value, options, maybe_label(doc.reason),
            self._cited(doc.because, path), self.document.span(path, of_key=True),
        )  # fmt: skip

    def _parameter_type(self, doc: ParameterDoc, path: Path) -> Type:
        if doc.type is None and doc.values is None and doc.options:
            if all(o in YES for o in doc.options):
                return Type(Truth())
            return Type(Enumeration(tuple(doc.options)), {v: label_for(v, d) for v, d in doc.options.items()})
        return self._type(doc, path)

    def _options(self, doc: ParameterDoc, type_: Type, path: Path) -> dict[Any, Label]:
        return {
            self._value(o, type_.domain, (*path, "options", o)): label_for(o, d) for o, d in (doc.options or {}).items()
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
                type_ = self._type_of(name)
                self._bad_value(error, where, type_.labels if type_ else None)
        return tests
