"""Examples: YAML cases that an officer can read, run against a ruleset, failures explained cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from complaint_rules.compile import CompiledRuleset, compile_ruleset
from complaint_rules.deciding import Answer, Decided, DecisionResult, Trace, Undetermined, decide
from complaint_rules.diagnostics import Diagnostic, RulesetError, Span
from complaint_rules.domains import Domain, Enumeration, ListOf, Members, Text
from complaint_rules.facts import read_facts
from complaint_rules.ruleset import ChecklistDecision, Ruleset, TableDecision
from complaint_rules.source import Document, read
from complaint_rules.source import Path as Place
from complaint_rules.values import BadValueError, from_text, to_json
from complaint_rules.words import Lang, suggest

_KEYS = ("name", "case", "given", "parameters", "expect", "rules", "asserts")
_WORDS = ("undetermined", "not_regulated")


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one decision must answer; `parts` holds what was written of each aspect, as values."""

    decision: str
    status: str
    parts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """One case: facts, settings, what must come out, and which rules must have decided."""

    name: str
    case: str
    given: Mapping[str, Any]
    parameters: Mapping[str, Any]
    expect: tuple[Expectation, ...]
    rules: Mapping[str, tuple[str, ...]]
    asserts: Mapping[str, str]
    span: Span


@dataclass(frozen=True, slots=True)
class Failure:
    """A decision that did not come out as an example says."""

    decision: str
    aspect: str
    expected: Any
    got: Any
    because: tuple[str, ...] = ()

    def render(self, lang: Lang = "en") -> str:
        """Return the failure in words, with the cells that did not match below it."""
        words = ("expected", "got") if lang == "en" else ("应为", "实为")
        aspect = f" ({self.aspect})" if self.aspect else ""
        head = f"{self.decision}{aspect}: {words[0]} {_shown(self.expected)}, {words[1]} {_shown(self.got)}"
        return "\n".join([head, *(f"    {line}" for line in self.because)])


@dataclass(frozen=True, slots=True)
class Outcome:
    """An example, what was decided, and where it differs."""

    example: Example
    result: DecisionResult
    failures: tuple[Failure, ...]


def examples_path(ruleset_path: Path) -> Path:
    """Return where the examples of a ruleset file stand."""
    return ruleset_path.with_name(f"{ruleset_path.stem}.examples.yaml")


def read_examples(path: Path, ruleset: Ruleset) -> tuple[Example, ...]:
    """Return the examples of a file, values read by the ruleset's types.

    Raises:
        RulesetError: with every wrong name and value, located.
    """
    document = read(path.read_bytes(), path.name)
    root = document.root if isinstance(document.root, dict) else {}
    entries = root.get("examples")
    reader = _Reader(document, ruleset, [])
    if not isinstance(entries, list):
        raise RulesetError([Diagnostic("CR005", document.span(()), {"key": "examples"})])
    found = tuple(reader.example(e, ("examples", i)) for i, e in enumerate(entries))
    if reader.problems:
        raise RulesetError(reader.problems)
    return found


@dataclass(frozen=True)
class _Reader:
    document: Document
    ruleset: Ruleset
    problems: list[Diagnostic]

    def problem(self, code: str, path: Place, *, of_key: bool = False, **args: object) -> None:
        self.problems.append(Diagnostic(code, self.document.span(path, of_key=of_key), args))

    def example(self, entry: Any, path: Place) -> Example:
        if not isinstance(entry, dict):
            self.problem("CR006", path, value=str(entry), expected="name: …")
            entry = {}
        for key in entry:
            if key not in _KEYS:
                self.problem("CR004", (*path, key), of_key=True, key=key, known=_KEYS, suggestion=suggest(key, _KEYS))
        for key in ("name", "expect"):
            if key not in entry:
                self.problem("CR005", path, key=key)
        return Example(
            str(entry.get("name", "")), str(entry.get("case", "")),
            self.values(entry.get("given"), self.ruleset.inputs, (*path, "given")),
            self.values(entry.get("parameters"), self.ruleset.parameters, (*path, "parameters")),
            self.expectations(self.mapping(entry.get("expect"), (*path, "expect")), (*path, "expect")),
            self.rules(self.mapping(entry.get("rules"), (*path, "rules")), (*path, "rules")),
            self.mapping(entry.get("asserts"), (*path, "asserts")), self.document.span(path),
        )  # fmt: skip

    def mapping(self, plain: Any, path: Place) -> dict[str, Any]:
        if plain in (None, ""):
            return {}
        if not isinstance(plain, dict):
            self.problem("CR006", path, value=str(plain), expected="key: value")
            return {}
        return plain

    def values(self, plain: Any, known: Mapping[str, Any], path: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, raw in self.mapping(plain, path).items():
            if name not in known:
                self.problem("CR101", (*path, name), of_key=True, name=name, suggestion=suggest(name, known))
            else:
                found[name] = self.value(raw, known[name].type.domain, (*path, name))
        return found

    def value(self, plain: Any, domain: Domain, path: Place) -> Any:
        try:
            return value_of(plain, domain)
        except BadValueError as error:
            self.problems.append(Diagnostic(error.code, self.document.span(path), error.args_of))
            return None

    def expectations(self, plain: Mapping[str, Any], path: Place) -> tuple[Expectation, ...]:
        found = []
        for name, said in plain.items():
            if name not in self.ruleset.decisions:
                known = self.ruleset.decisions
                self.problem("CR101", (*path, name), of_key=True, name=name, suggestion=suggest(name, known))
            else:
                found.append(self.expectation(name, said, (*path, name)))
        return tuple(found)

    def expectation(self, name: str, said: Any, path: Place) -> Expectation:
        if isinstance(said, str) and said in _WORDS:
            return Expectation(name, said, {})
        if isinstance(said, dict) and set(said) == {"undetermined"}:
            return Expectation(name, "undetermined", {"ask": frozenset(_list(said["undetermined"]))})
        if isinstance(self.ruleset.decisions[name], ChecklistDecision) or self.is_checklist(said):
            return self.checklist(name, said, path)
        if isinstance(said, dict) and "value" in said:
            parties = self.mapping(said.get("parties"), (*path, "parties"))
            return Expectation(name, "decided", {"value": self.output(name, said["value"], path), "parties": parties})
        return Expectation(name, "decided", {"value": self.output(name, said, path)})

    def is_checklist(self, said: Any) -> bool:
        return isinstance(said, dict) and "met" in said

    def checklist(self, name: str, said: Any, path: Place) -> Expectation:
        parts = dict(said) if isinstance(said, dict) else {"met": said}
        domain = self.ruleset.outputs[name][""].domain
        lists = {k: frozenset(_list(parts[k])) for k in ("unmet", "open") if k in parts}
        met = {"value": self.value(parts["met"], domain, path)} if "met" in parts and parts["met"] not in _WORDS else {}
        status = parts["met"] if parts.get("met") in _WORDS else "decided" if met else ""
        following = {"next": None if parts["next"] in ("none", "") else parts["next"]} if "next" in parts else {}
        return Expectation(name, status, {**met, **lists, **following})

    def output(self, name: str, said: Any, path: Place) -> Any:
        types = self.ruleset.outputs[name]
        if "" in types:
            return self.value(said, types[""].domain, path)
        given = self.mapping(said, path)
        for output in given:
            if output not in types:
                self.problem("CR110", (*path, output), of_key=True, output=output, rule=name, suggestion=suggest(output, types))
        return {o: self.value(_bare(v), types[o].domain, (*path, o)) for o, v in given.items() if o in types}

    def rules(self, plain: Mapping[str, Any], path: Place) -> dict[str, tuple[str, ...]]:
        for name in plain:
            if name not in self.ruleset.decisions:
                known = self.ruleset.decisions
                self.problem("CR101", (*path, name), of_key=True, name=name, suggestion=suggest(name, known))
        return {n: tuple(_list(r)) for n, r in plain.items()}


def _bare(said: Any) -> Any:
    return said["value"] if isinstance(said, dict) and "value" in said else said


def _list(plain: Any) -> list[str]:
    return [plain] if isinstance(plain, str) else list(plain)


def value_of(plain: Any, domain: Domain) -> Any:
    """Return the value that YAML text (or a list of it) means.

    Raises:
        BadValueError: the domain has no such value.
    """
    if isinstance(domain, (Members, ListOf)):
        if not isinstance(plain, list):
            raise BadValueError("CR103", value=str(plain), expected="[a, b]")
        one = domain.of if isinstance(domain, ListOf) else _member_domain(domain)
        values = [value_of(p, one) for p in plain]
        return tuple(values) if isinstance(domain, ListOf) else frozenset(values)
    if not isinstance(plain, str):
        raise BadValueError("CR103", value=str(plain), expected="text")
    return from_text(plain, domain)


def _member_domain(domain: Members) -> Domain:
    return Text() if domain.values is None else Enumeration(domain.values, domain.open)


def run_examples(rules: CompiledRuleset, examples: Sequence[Example]) -> list[Outcome]:
    """Decide each example and compare."""
    return [_run(rules, e) for e in examples]


def _run(rules: CompiledRuleset, example: Example) -> Outcome:
    if example.parameters:
        rules = compile_ruleset(rules.ruleset, parameters=example.parameters, limits=rules.limits)
    result = decide(rules, read_facts(rules.ruleset, example.given))
    failures = [f for e in example.expect for f in _differences(e, result, rules.ruleset)]
    failures += [f for n, r in example.rules.items() for f in _other_rules(n, r, result, rules.ruleset)]
    return Outcome(example, result, tuple(failures))


def _differences(expected: Expectation, result: DecisionResult, ruleset: Ruleset) -> Iterator[Failure]:
    answer = result.decisions[expected.decision]
    if expected.status and answer.status != expected.status:
        wanted = expected.parts.get("value", expected.status)
        yield Failure(expected.decision, "", wanted, _said(answer), _why(expected, result, ruleset))
        return
    for aspect, wanted in expected.parts.items():
        got = _aspect(aspect, answer, result.parties.get(expected.decision, {}), wanted)
        if got != wanted:
            aspect_name = "" if aspect == "value" else aspect
            yield Failure(expected.decision, aspect_name, wanted, got, _why(expected, result, ruleset))


def _aspect(aspect: str, answer: Answer, parties: Mapping[str, str | None], wanted: Any) -> Any:
    match aspect:
        case "value" if isinstance(answer, Decided):
            whole = answer.value
            return {o: whole[o] for o in wanted} if isinstance(wanted, dict) and isinstance(whole, Mapping) else whole
        case "ask" if isinstance(answer, Undetermined):
            return frozenset((*answer.ask, *answer.unset))
        case "parties":
            return {p: parties.get(p) or "unknown" for p in wanted}
        case "unmet" | "open":
            return frozenset(i for i, s in answer.trace.items.items() if s == aspect)
        case "next":
            return answer.trace.next
        case _:
            return None


def _said(answer: Answer) -> Any:
    if isinstance(answer, Undetermined):
        return f"undetermined {[*answer.ask, *answer.unset]}"
    return answer.value if isinstance(answer, Decided) else answer.status


def _why(expected: Expectation, result: DecisionResult, ruleset: Ruleset) -> tuple[str, ...]:
    """Return the rules that decided, and the cells that kept the rules with the expected output out."""
    trace = result.decisions[expected.decision].trace
    lines = [f"decided by `{r}`: {_cells(trace, r)}" for r in trace.rules]
    decision = ruleset.decisions[expected.decision]
    if isinstance(decision, TableDecision) and "value" in expected.parts:
        wanted = expected.parts["value"]
        for rule in decision.rules:
            if len(rule.then) == 1 and rule.then[0] == wanted and rule.id not in trace.rules:
                lines += [f"not `{rule.id}`: {c}: {t}, given {_given(c, result)}" for c, t in rule.cells.items()]
    return tuple(lines)


def _cells(trace: Trace, rule: str) -> str:
    return ", ".join(f"{c}: {t}" for c, t in trace.cells.get(rule, {}).items()) or "-"


def _given(name: str, result: DecisionResult) -> str:
    if name in result.facts:
        return _shown(result.facts[name])
    decision = result.decisions.get(name.partition(".")[0])
    return _shown(_said(decision)) if decision else "-"


def _other_rules(name: str, wanted: tuple[str, ...], result: DecisionResult, ruleset: Ruleset) -> Iterator[Failure]:
    got = result.decisions[name].trace.rules
    if set(got) != set(wanted):
        yield Failure(name, "rules", list(wanted), list(got))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, frozenset):
        return f"[{', '.join(sorted(map(str, value)))}]"
    return str(to_json(value)) if not isinstance(value, (list, dict)) else str(value)
