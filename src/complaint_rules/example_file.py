"""Example file: the worked complaints beside a ruleset as they are read, each name and value held against it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from complaint_rules.compile import inlined
from complaint_rules.diagnostics import Diagnostic, RulesetError, Span
from complaint_rules.domains import (
    Domain,
    ListOf,
    Members,
)
from complaint_rules.example_life import LIFE_KEYS, ExampleLife, LifeReader
from complaint_rules.example_many import MANY_KEYS, ExampleOfMany, read_many
from complaint_rules.limits import DEFAULT_LIMITS, Limits
from complaint_rules.ruleset import ChecklistDecision, Ruleset, TableDecision, Type
from complaint_rules.source import Document, Plain, read
from complaint_rules.source import Path as Place
from complaint_rules.values import BadValueError, from_json, from_text
from complaint_rules.words import Label, suggest

_FILE_KEYS = ("ruleset", "examples")
_KEYS = ("name", "case", "given", "parameters", "expect", "rules", "due", "asserts", *LIFE_KEYS, *MANY_KEYS)
_NEEDED_OF_MANY = ("name", "complaints", "now", "escalations")
_KEYS_OF_MANY = ("case", "parameters", *_NEEDED_OF_MANY)
_NOT_DUE = ("not_due", "undetermined")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d\Z", re.ASCII)
_CHECKLIST_KEYS = ("met", "unmet", "open", "next")
Status = Literal["decided", "undetermined", "not_regulated", "any"]


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an example expects of one decision; None and empty parts are not compared.

    `waits` are all facts and parameters that must be asked; `lists` are a checklist's items by status.
    """

    status: Status
    value: Any = None
    waits: frozenset[str] | None = None
    lists: Mapping[str, frozenset[str]] = field(default_factory=dict)
    next: str | None = None
    parties: Mapping[str, str | None] | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """One complaint: its facts, the settings of parameters, and what the ruleset must say."""

    name: str
    case: str | None
    given: Mapping[str, Any]
    parameters: Mapping[str, Any]
    expect: Mapping[str, Expectation]
    rules: Mapping[str, tuple[str, ...]]
    asserts: Mapping[str, str]
    span: Span
    due: Mapping[str, str] = field(default_factory=dict)  # deadline -> when it ends, as it is shown
    life: ExampleLife | None = None
    many: ExampleOfMany | None = None  # complaints that count together


def examples_path(ruleset_path: Path) -> Path:
    """Return where the examples of a ruleset file stand."""
    return ruleset_path.with_name(f"{ruleset_path.stem}.examples.yaml")


def read_examples(path: Path, ruleset: Ruleset, limits: Limits = DEFAULT_LIMITS) -> tuple[Example, ...]:
    """Return the examples of a file, held against the ruleset.

    Raises:
        RulesetError: with every unknown name and unusable value, each located.
    """
    return parse_examples(path.read_bytes(), str(path), ruleset, limits)


def parse_examples(content: bytes, file: str, ruleset: Ruleset, limits: Limits = DEFAULT_LIMITS) -> tuple[Example, ...]:
    """Return the examples that the content of a file says, held against the ruleset.

    Raises:
        RulesetError: with every unknown name and unusable value, each located.
    """
    reader = _Reader(read(content, file, limits), ruleset, [])
    examples = tuple(reader.file())
    if reader.problems:
        raise RulesetError(reader.problems[: limits.errors])
    return examples


@dataclass(frozen=True, slots=True)
class _Reader:
    """The document being read, and the problems found on the way."""

    document: Document
    ruleset: Ruleset
    problems: list[Diagnostic]

    def problem(self, code: str, place: Place, *, of_key: bool = False, **args: object) -> None:
        self.problems.append(Diagnostic(code, self.document.span(place, of_key=of_key), args))

    def mapping(self, plain: Plain, place: Place) -> Mapping[str, Plain]:
        """Return a mapping, or an empty one and a problem."""
        if isinstance(plain, dict):
            return plain
        self.problem("CR006", place, value=plain, expected="name: value")
        return {}

    def known_keys(self, plain: Mapping[str, Plain], known: Sequence[str], needed: Sequence[str], place: Place) -> None:
        for key in plain:
            if key not in known:
                self.problem("CR004", (*place, key), of_key=True, key=key, suggestion=suggest(key, known))
        for key in needed:
            if key not in plain:
                self.problem("CR005", place, key=key)

    def file(self) -> Iterator[Example]:
        root = self.mapping(self.document.root, ())
        self.known_keys(root, _FILE_KEYS, _FILE_KEYS, ())
        if root.get("ruleset", self.ruleset.id) != self.ruleset.id:
            self.problem("CR101", ("ruleset",), name=root["ruleset"], suggestion=self.ruleset.id)
        examples = root.get("examples", [])
        if not isinstance(examples, list):
            self.problem("CR006", ("examples",), value=examples, expected="- name: …")
            return
        for at, plain in enumerate(examples):
            yield self.example(self.mapping(plain, ("examples", at)), ("examples", at))

    def example(self, plain: Mapping[str, Plain], place: Place) -> Example:
        is_of_many = any(k in plain for k in MANY_KEYS)
        is_life = any(k in plain for k in LIFE_KEYS) and not is_of_many
        needed = ("name",) if is_life else ("name", "given") if "due" in plain else ("name", "given", "expect")
        self.known_keys(plain, _KEYS_OF_MANY if is_of_many else _KEYS, _NEEDED_OF_MANY if is_of_many else needed, place)
        reader = LifeReader(self.ruleset, self.problem, self.value)
        life, many = reader.read(plain, place) if is_life else None, read_many(reader, plain, place)
        shown = (
            {n.partition(".")[0]: n for n in (*life.obligations, *life.happened, "state", "violations")} if life else {}
        )
        parts = {
            k: self.mapping(plain.get(k, {}), (*place, k))
            for k in ("given", "parameters", "expect", "rules", "due", "asserts")
        }
        if is_life:
            self.check_first(parts["given"], (*place, "given"))
        expect = dict(self.expectations(parts["expect"], (*place, "expect")))
        case = plain.get("case")
        return Example(
            str(plain.get("name", "")), None if case is None else str(case),
            dict(self.facts(parts["given"], (*place, "given"))),
            dict(self.settings(parts["parameters"], (*place, "parameters"))),
            expect, dict(self.rules(parts["rules"], (*place, "rules"))),
            dict(self.asserts(parts["asserts"], {**expect, **parts["due"], **shown}, (*place, "asserts"))),
            self.document.span(place), dict(self.due(parts["due"], (*place, "due"))), life, many,
        )  # fmt: skip

    def facts(self, plain: Mapping[str, Plain], place: Place) -> Iterator[tuple[str, Any]]:
        for name, part in plain.items():
            fact = self.ruleset.inputs.get(name)
            if fact is None:
                self.unknown(name, self.ruleset.inputs, (*place, name))
            elif part != "unknown":
                yield name, self.value(part, fact.type, (*place, name))

    def check_first(self, plain: Mapping[str, Plain], place: Place) -> None:
        """What follows from the log of a life is not given with it."""
        for name, part in plain.items():
            fact = self.ruleset.inputs.get(name)
            if fact and fact.fold and part != "unknown":
                self.problem("CR315", (*place, name), of_key=True, name=name, events=fact.fold.events)

    def settings(self, plain: Mapping[str, Plain], place: Place) -> Iterator[tuple[str, Any]]:
        for name, part in plain.items():
            parameter = self.ruleset.parameters.get(name)
            if parameter is None:
                self.unknown(name, self.ruleset.parameters, (*place, name))
            else:
                yield name, None if part == "unset" else self.value(part, parameter.type, (*place, name))

    def rules(self, plain: Mapping[str, Plain], place: Place) -> Iterator[tuple[str, tuple[str, ...]]]:
        for name, part in plain.items():
            if not self.is_decision(name, (*place, name)):
                continue
            decision = inlined(self.ruleset, name)
            known = [r.id for r in decision.rules] if isinstance(decision, TableDecision) else []
            ids = tuple(part) if isinstance(part, list) else (part,)
            for rule in ids:
                if rule not in known:
                    self.unknown(str(rule), known, (*place, name), of_key=False)
            yield name, ids

    def due(self, plain: Mapping[str, Plain], place: Place) -> Iterator[tuple[str, str]]:
        for name, part in plain.items():
            if name not in self.ruleset.deadlines:
                self.unknown(name, self.ruleset.deadlines, (*place, name))
            elif not isinstance(part, str) or not (part in _NOT_DUE or _INSTANT.match(part)):
                expected = "2024-03-13 24:00 / 2024-03-13 17:30 / not_due / undetermined"
                self.problem("CR103", (*place, name), value=part, expected=expected)
            yield name, str(part)

    def asserts(
        self, plain: Mapping[str, Plain], expect: Mapping[str, object], place: Place
    ) -> Iterator[tuple[str, str]]:
        for key, part in plain.items():
            name = str(part)
            if name.partition(".")[0] not in expect:
                self.unknown(name, expect, (*place, key), of_key=False)
            yield key, name

    def unknown(self, name: str, known: Any, place: Place, *, of_key: bool = True) -> None:
        self.problem("CR101", place, of_key=of_key, name=name, suggestion=suggest(name, known))

    def is_decision(self, name: str, place: Place) -> bool:
        if name in self.ruleset.decisions:
            return True
        problem = Label(f"没有名为 `{name}` 的判定", f"there is no decision `{name}`")
        self.problem("CR401", place, of_key=True, problem=problem, suggestion=suggest(name, self.ruleset.decisions))
        return False

    # --- values ---

    def value(self, plain: Plain, type_: Type, place: Place) -> Any:
        try:
            return _value(plain, type_.domain)
        except BadValueError as error:
            self.problems.append(Diagnostic(error.code, self.document.span(place), error.args_of))
            return None

    def expectations(self, plain: Mapping[str, Plain], place: Place) -> Iterator[tuple[str, Expectation]]:
        for name, part in plain.items():
            if self.is_decision(name, (*place, name)):
                yield name, self.expectation(name, part, (*place, name))

    def expectation(self, name: str, plain: Plain, place: Place) -> Expectation:
        match plain:
            case "undetermined":
                return Expectation("undetermined")
            case "not_regulated":
                return Expectation("not_regulated")
            case {"undetermined": list(names), **rest} if not rest:
                return Expectation("undetermined", waits=frozenset(self.waits(names, (*place, "undetermined"))))
            case dict() if isinstance(inlined(self.ruleset, name), ChecklistDecision):
                return self.checklist(name, plain, place)
            case _:
                parties: dict[str, str | None] = {}
                value = self.decided(name, self.without_parties(name, plain, place, parties), place)
                return Expectation("decided", value, parties=parties or None)

    def without_parties(self, name: str, plain: Plain, place: Place, parties: dict[str, str | None]) -> Plain:
        """Return the value of `{value: …, parties: …}`, in an output too, and note the parties."""
        match plain:
            case {"value": value, "parties": dict(named), **rest} if not rest:
                known = {p for t in self.ruleset.outputs[name].values() for p in t.of}
                for party, fact in named.items():
                    if party not in known:
                        self.unknown(party, known, (*place, "parties", party))
                    parties[party] = None if fact == "unknown" else str(fact)
                return value
            case dict():
                return {k: self.without_parties(name, v, (*place, k), parties) for k, v in plain.items()}
            case _:
                return plain

    def waits(self, names: Sequence[Plain], place: Place) -> Iterator[str]:
        known = [*self.ruleset.inputs, *self.ruleset.parameters]
        for at, name in enumerate(names):
            if name not in known:
                self.unknown(str(name), known, (*place, at), of_key=False)
            yield str(name)

    def checklist(self, name: str, plain: Mapping[str, Plain], place: Place) -> Expectation:
        self.known_keys(plain, _CHECKLIST_KEYS, (), place)
        lists = {k: frozenset(self.items(name, plain[k], (*place, k))) for k in ("unmet", "open") if k in plain}
        met = plain.get("met")
        following = next(self.items(name, [plain["next"]], (*place, "next")), None) if "next" in plain else None
        if met in (None, "undetermined"):
            return Expectation("any" if met is None else "undetermined", lists=lists, next=following)
        return Expectation("decided", self.decided(name, met, (*place, "met")), lists=lists, next=following)

    def items(self, name: str, plain: Plain, place: Place) -> Iterator[str]:
        decision = inlined(self.ruleset, name)
        known = [i.id for i in decision.items] if isinstance(decision, ChecklistDecision) else []
        for item in plain if isinstance(plain, list) else [plain]:
            if item not in known:
                self.unknown(str(item), known, place, of_key=False)
            yield str(item)

    def decided(self, name: str, plain: Plain, place: Place) -> Any:
        decision = inlined(self.ruleset, name)
        outputs = decision.outputs if isinstance(decision, TableDecision) else self.ruleset.outputs[name]
        if len(outputs) == 1:
            return self.value(plain, next(iter(self.ruleset.outputs[name].values())), place)
        if isinstance(plain, list):
            return tuple(self.outputs(p, outputs, (*place, at)) for at, p in enumerate(plain))
        return self.outputs(plain, outputs, place)

    def outputs(self, plain: Plain, outputs: Mapping[str, Type], place: Place) -> Mapping[str, Any]:
        parts = self.mapping(plain, place)
        self.known_keys(parts, tuple(outputs), tuple(outputs), place)
        return {o: self.value(p, outputs[o], (*place, o)) for o, p in parts.items() if o in outputs}


def _value(plain: Plain, domain: Domain) -> Any:
    """Return the value that the plain text or list of a file means."""
    if isinstance(domain, ListOf) and isinstance(plain, list):
        return tuple(_value(p, domain.of) for p in plain)
    if isinstance(domain, Members) and isinstance(plain, list):
        return from_json(plain, domain)
    if isinstance(plain, str) and not isinstance(domain, (ListOf, Members)):
        return from_text(plain, domain)
    expected = "[a, b]" if isinstance(domain, (ListOf, Members)) else "a"
    raise BadValueError("CR103", value=plain, expected=expected)
