"""Examples: worked complaints beside a ruleset: read, run, and compared with what they expect."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from complaint_rules.answers import Answer, Decided, DecisionResult, NotRegulated, Undetermined
from complaint_rules.calendar_data import load_calendar
from complaint_rules.compile import CompiledRuleset, given, inlined, under
from complaint_rules.deadline import Due
from complaint_rules.deadlines import DueAnswer, due_dates
from complaint_rules.deciding import decide, spoken_in
from complaint_rules.diagnostics import Diagnostic, RulesetError, Span
from complaint_rules.domains import (
    ABSENT,
    OTHER,
    Anything,
    Contains,
    Domain,
    Enumeration,
    Interval,
    Is,
    ListOf,
    Members,
    OneOf,
    ParameterRef,
    Sign,
    Test,
    Text,
    Within,
)
from complaint_rules.limits import DEFAULT_LIMITS, Limits
from complaint_rules.ruleset import ChecklistDecision, Rule, Ruleset, TableDecision, Type, When
from complaint_rules.source import Document, Plain, read
from complaint_rules.source import Path as Place
from complaint_rules.values import BadValueError, from_json, from_text, to_json
from complaint_rules.words import Label, Lang, suggest

_FILE_KEYS = ("ruleset", "examples")
_KEYS = ("name", "case", "given", "parameters", "expect", "rules", "due", "asserts")
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


@dataclass(frozen=True, slots=True)
class Failure:
    """One difference: what was expected of a decision, what it says, and why the expected rule did not hold."""

    decision: str
    expected: str
    got: str
    reasons: tuple[str, ...] = ()

    def render(self, lang: Lang = "en") -> str:
        """Return the difference in words, reasons on lines of their own."""
        sentence = "`{}`：应为 {}，实为 {}" if lang == "zh" else "`{}`: expected {}, got {}"
        return "\n    ".join((sentence.format(self.decision, self.expected, self.got), *self.reasons))


@dataclass(frozen=True, slots=True)
class Outcome:
    """An example after it was run: the result, and every difference."""

    example: Example
    result: DecisionResult
    failures: tuple[Failure, ...]

    @property
    def passed(self) -> bool:
        return not self.failures

    def render(self, lang: Lang = "en") -> str:
        """Return the example with its differences."""
        head = f"{self.example.span}: {self.example.name}"
        return "\n  ".join((head, *(f.render(lang) for f in self.failures)))

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as JSON-serialisable data."""
        differences = [
            {"decision": f.decision, "expected": f.expected, "got": f.got, "reasons": list(f.reasons)}
            for f in self.failures
        ]
        span = self.example.span
        return {
            "name": self.example.name,
            "file": span.file,
            "line": span.line,
            "passed": self.passed,
            "failures": differences,
        }


def examples_path(ruleset_path: Path) -> Path:
    """Return where the examples of a ruleset file stand."""
    return ruleset_path.with_name(f"{ruleset_path.stem}.examples.yaml")


# --- reading -----------------------------------------------------------------------------------------


def read_examples(path: Path, ruleset: Ruleset, limits: Limits = DEFAULT_LIMITS) -> tuple[Example, ...]:
    """Return the examples of a file, held against the ruleset.

    Raises:
        RulesetError: with every unknown name and unusable value, each located.
    """
    document = read(path.read_bytes(), str(path), limits)
    reader = _Reader(document, ruleset, [])
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
        self.known_keys(plain, _KEYS, ("name", "given") if "due" in plain else ("name", "given", "expect"), place)
        parts = {
            k: self.mapping(plain.get(k, {}), (*place, k))
            for k in ("given", "parameters", "expect", "rules", "due", "asserts")
        }
        expect = dict(self.expectations(parts["expect"], (*place, "expect")))
        case = plain.get("case")
        return Example(
            str(plain.get("name", "")), None if case is None else str(case),
            dict(self.facts(parts["given"], (*place, "given"))),
            dict(self.settings(parts["parameters"], (*place, "parameters"))),
            expect, dict(self.rules(parts["rules"], (*place, "rules"))),
            dict(self.asserts(parts["asserts"], {**expect, **parts["due"]}, (*place, "asserts"))), self.document.span(place),
            dict(self.due(parts["due"], (*place, "due"))),
        )  # fmt: skip

    def facts(self, plain: Mapping[str, Plain], place: Place) -> Iterator[tuple[str, Any]]:
        for name, part in plain.items():
            fact = self.ruleset.inputs.get(name)
            if fact is None:
                self.unknown(name, self.ruleset.inputs, (*place, name))
            elif part != "unknown":
                yield name, self.value(part, fact.type, (*place, name))

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


# --- running -----------------------------------------------------------------------------------------


def run_examples(rules: CompiledRuleset, examples: Sequence[Example]) -> list[Outcome]:
    """Return every example with the result of its facts and the differences to what it expects."""
    return [_run(under, example) for example, under in settings_of(rules, examples)]


def settings_of(rules: CompiledRuleset, examples: Sequence[Example]) -> Iterator[tuple[Example, CompiledRuleset]]:
    """Yield each example with the ruleset under its parameters; equal settings share one."""
    compiled: dict[Any, CompiledRuleset] = {}
    for example in examples:
        key = tuple(sorted(example.parameters.items(), key=lambda item: item[0]))
        if key not in compiled:
            compiled[key] = under(rules, example.parameters) if example.parameters else rules
        yield example, compiled[key]


def compared(result: DecisionResult, example: Example) -> Iterator[Failure]:
    """Yield every difference between what an example expects and a result, without reasons."""
    for name, expected in example.expect.items():
        yield from _differences(name, expected, result)
    for name, ids in example.rules.items():
        yield from _wrong_rules(name, ids, result)


def _run(rules: CompiledRuleset, example: Example) -> Outcome:
    result = decide(rules, example.given)
    failures = (*compared(result, example), *_due_differences(rules, example))
    explained = (
        Failure(
            f.decision,
            f.expected,
            f.got,
            tuple(_reasons(f.decision, example, spoken_in(result, rules), result))
            if f.decision in result.decisions
            else (),
        )
        for f in failures
    )
    return Outcome(example, result, tuple(explained))


def _due_differences(rules: CompiledRuleset, example: Example) -> Iterator[Failure]:
    if not example.due:
        return
    found = due_dates(rules, example.given, load_calendar(str(rules.ruleset.calendar)), only=example.due)
    for name, expected in example.due.items():
        answer = found[name]
        shown = _shown_due(answer.due) if isinstance(answer, DueAnswer) else answer.status
        if shown != expected:
            yield Failure(name, f"due {expected}", f"due {shown}")


def _shown_due(due: Due) -> str:
    return str(due) if due.at_end_of_day else due.instant.strftime("%Y-%m-%d %H:%M")


def _differences(name: str, expected: Expectation, result: DecisionResult) -> Iterator[Failure]:
    answer = result.decisions[name]
    if not _agrees(answer, expected):
        yield Failure(name, _expected_words(expected), _answer_words(answer))
    for status, ids in expected.lists.items():
        found = frozenset(i for i, s in answer.trace.items.items() if s == status)
        if found != ids:
            yield Failure(name, f"{status} {_shown(ids)}", f"{status} {_shown(found)}")
    if expected.next is not None and answer.trace.next != expected.next:
        yield Failure(name, f"next {expected.next}", f"next {answer.trace.next}")
    if expected.parties is not None and dict(expected.parties) != dict(result.parties.get(name, {})):
        yield Failure(name, f"parties {_shown(expected.parties)}", f"parties {_shown(result.parties.get(name, {}))}")


def _agrees(answer: Answer, expected: Expectation) -> bool:
    if expected.status == "any":
        return True
    match answer:
        case Decided(value):
            return expected.status == "decided" and _same(value, expected.value)
        case Undetermined(ask=ask, unset=unset):
            waits = expected.waits
            return expected.status == "undetermined" and (waits is None or waits == {*ask, *unset})
        case NotRegulated():
            return expected.status == "not_regulated"


def _same(value: Any, expected: Any) -> bool:
    if isinstance(value, Mapping) and isinstance(expected, Mapping):
        return dict(value) == dict(expected)
    if isinstance(value, tuple) and isinstance(expected, tuple):
        return len(value) == len(expected) and all(map(_same, value, expected))
    return type(value) is type(expected) and bool(value == expected)


def _wrong_rules(name: str, ids: tuple[str, ...], result: DecisionResult) -> Iterator[Failure]:
    trace = result.decisions[name].trace
    if set(trace.rules) != set(ids):
        yield Failure(name, f"rule {_shown(ids)}", f"rule {_shown(trace.rules)}")


def _expected_words(expected: Expectation) -> str:
    if expected.waits is not None:
        return f"undetermined {_shown(expected.waits)}"
    return _shown(expected.value) if expected.status == "decided" else expected.status


def _answer_words(answer: Answer) -> str:
    match answer:
        case Decided(value, trace):
            by = ", ".join(f"`{r}`" for r in trace.rules)
            return f"{_shown(value)} by {by}" if by else _shown(value)
        case Undetermined(ask=ask, unset=unset):
            return f"undetermined {_shown(frozenset((*ask, *unset)))}"
        case NotRegulated():
            return "not_regulated"


def _shown(value: Any) -> str:
    """Return a value as an example would write it."""
    match value:
        case bool():
            return "yes" if value else "no"
        case Mapping():
            return "{" + ", ".join(f"{k}: {_shown(v)}" for k, v in value.items()) + "}"
        case frozenset() | tuple():
            parts = sorted(value) if isinstance(value, frozenset) else value
            return "[" + ", ".join(map(_shown, parts)) + "]"
        case None:
            return "unknown"
        case _:
            return str(to_json(value))


def unreached_rules(ruleset: Ruleset, outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    """Return the rules, as `decision.rule`, that decided in no example."""
    reached = {(n, r) for o in outcomes for n, a in o.result.decisions.items() for r in a.trace.rules}
    return tuple(
        f"{d.name}.{r.id}"
        for d in ruleset.decisions.values()
        if isinstance(d, TableDecision)
        for r in d.rules
        if (d.name, r.id) not in reached
    )


# --- why the expected rule did not decide ----------------------------------------------------------------


def _reasons(name: str, example: Example, rules: CompiledRuleset, result: DecisionResult) -> Iterator[str]:
    """Yield, cell by cell, why the rule that should have decided did not; else the nearest rule with that output."""
    decision = inlined(rules.ruleset, name)
    if not isinstance(decision, TableDecision):
        return
    values = _values(rules, result)
    named = [r for r in decision.rules if r.id in example.rules.get(name, ())] or _giving(
        decision, example.expect.get(name), rules.parameters
    )
    failing = sorted(((_failing(r, rules, values), r) for r in named), key=lambda pair: len(pair[0]))
    for cells, rule in failing[: len(example.rules.get(name, ())) or 1]:
        for column, test in cells:
            shown = _shown_value(values.get(column))
            yield f"rule `{rule.id}` needs {column}: {rule.cells.get(column, test)}; here it is {shown}"


def _giving(decision: TableDecision, expected: Expectation | None, parameters: Mapping[str, Any]) -> list[Rule]:
    if expected is None or expected.status != "decided":
        return []
    wanted = tuple(expected.value.values()) if isinstance(expected.value, Mapping) else (expected.value,)
    return [r for r in decision.rules if given(r, parameters) == wanted]


def _failing(rule: Rule, rules: CompiledRuleset, values: Mapping[str, Any]) -> list[tuple[str, Test]]:
    """Return the cells that do not hold, of the alternative that comes nearest."""
    alternatives: Sequence[When] = rule.when or ({},)
    found = [[(c, t) for c, t in w.items() if not _holds(t, values.get(c), c, rules)] for w in alternatives]
    return min(found, key=len)


def _values(rules: CompiledRuleset, result: DecisionResult) -> dict[str, Any]:
    values: dict[str, Any] = {n: ABSENT for n, i in rules.ruleset.inputs.items() if i.optional}
    values |= {**rules.parameters, **result.facts}
    for name, answer in result.decisions.items():
        if isinstance(answer, Decided) and isinstance(answer.value, Mapping):
            values |= {f"{name}.{o}": v for o, v in answer.value.items()}
        elif isinstance(answer, Decided):
            values[name] = answer.value
        elif isinstance(answer, NotRegulated):
            outputs = rules.ruleset.outputs[name]
            values |= {f"{name}.{o}" if o else name: Sign.NOT_REGULATED for o in outputs}
    return values


def _holds(test: Test, value: Any, column: str, rules: CompiledRuleset) -> bool:
    """Report whether a known value passes a cell; what is not known passes only `-`."""
    if isinstance(test, Anything):
        return True
    if isinstance(test, Is):
        return value is not None and (value is test.sign) != test.negated
    if value is None or isinstance(value, Sign):
        return False
    domain = rules.ruleset.column(column)[0]
    match test:
        case OneOf(values, negated):
            unlisted = isinstance(domain, (Enumeration, Text)) and value not in getattr(domain, "values", ())
            return ((OTHER if unlisted else value) in values) != negated
        case Within(intervals, negated):
            return any(_inside(value, i, rules.parameters) for i in intervals) != negated
        case Contains(any_of, all_of, none_of):
            members = value if not isinstance(domain, Members) else _with_other(value, domain)
            return (not any_of or bool(any_of & members)) and all_of <= members and not none_of & members


def _with_other(value: frozenset[str], domain: Members) -> frozenset[object]:
    return frozenset(value) | ({OTHER} if value - set(domain.values or ()) else frozenset())


def _inside(value: Any, interval: Interval, parameters: Mapping[str, Any]) -> bool:
    low, high = (parameters.get(b.name) if isinstance(b, ParameterRef) else b for b in (interval.low, interval.high))
    above = interval.low is None or (low is not None and (value > low or (value == low and not interval.low_open)))
    below = interval.high is None or (high is not None and (value < high or (value == high and not interval.high_open)))
    return above and below


def _shown_value(value: Any) -> str:
    return "not known" if value is None else _shown(value)
