"""Examples: worked complaints beside a ruleset: run, compared with what they expect, and explained where they differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from complaint_rules.answers import Answer, Decided, DecisionResult, NotRegulated, Undetermined
from complaint_rules.calendar_data import load_calendar
from complaint_rules.compile import CompiledRuleset, given, inlined, under
from complaint_rules.deadline import Due
from complaint_rules.deadlines import DueAnswer, due_dates
from complaint_rules.deciding import decide, spoken_in
from complaint_rules.domains import (
    ABSENT,
    OTHER,
    Anything,
    Contains,
    Enumeration,
    Interval,
    Is,
    Members,
    OneOf,
    ParameterRef,
    Sign,
    Test,
    Text,
    Within,
)
from complaint_rules.example_file import Example, Expectation
from complaint_rules.example_life import differences, lived
from complaint_rules.example_many import differences_of_many
from complaint_rules.ruleset import Rule, Ruleset, TableDecision, When
from complaint_rules.values import to_json
from complaint_rules.words import Label, Lang


@dataclass(frozen=True, slots=True)
class Failure:
    """One difference: what was expected of a decision, what it says, and why the expected rule did not hold."""

    decision: str
    expected: str
    got: str
    reasons: tuple[Label, ...] = ()

    def render(self, lang: Lang = "en") -> str:
        """Return the difference in words, reasons on lines of their own."""
        sentence = "`{}`：应为 {}，实为 {}" if lang == "zh" else "`{}`: expected {}, got {}"
        return "\n    ".join(
            (sentence.format(self.decision, self.expected, self.got), *(r.in_lang(lang) for r in self.reasons))
        )


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
            {"decision": f.decision, "expected": f.expected, "got": f.got, "reasons": [r.en for r in f.reasons]}
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
    life = lived(rules, example.given, example.life) if example.life else None
    result = life.result if life else decide(rules, example.given)
    of_life = (Failure(*d) for d in differences(example.life, life)) if example.life and life else ()
    of_many = (Failure(*d) for d in differences_of_many(rules, example.many)) if example.many else ()
    failures = (*compared(result, example), *due_differences(rules, example), *of_life, *of_many)
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


def due_differences(rules: CompiledRuleset, example: Example) -> Iterator[Failure]:
    """Yield every deadline that ends at another time than an example expects."""
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
            return f"{_shown(value)} ({by})" if by else _shown(value)
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


def _reasons(name: str, example: Example, rules: CompiledRuleset, result: DecisionResult) -> Iterator[Label]:
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
            cell, value = rule.cells.get(column, test), values.get(column)
            shown = Label("未知", "not known") if value is None else Label(*[_shown(value)] * 2)
            yield Label(
                f"规则 `{rule.id}` 要求 {column}: {cell}；此处为 {shown.zh}",
                f"rule `{rule.id}` needs {column}: {cell}; here it is {shown.en}",
            )


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
