"""Noticing: which example notices that a ruleset has been changed; only what rests on the change is decided again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from complaint_rules.answers import Answer, DecisionResult, NotRegulated, Undetermined
from complaint_rules.check import check_decision
from complaint_rules.compile import CompiledRuleset, Step, inlined, read_by, step_of, under
from complaint_rules.deciding import (
    Standing,
    blank_of,
    decide,
    decide_in,
    in_force,
    plan_of,
    settler_of,
    standing,
    with_answers,
)
from complaint_rules.diagnostics import FactsError, Severity
from complaint_rules.example_file import Example
from complaint_rules.example_life import differences, facts_in_the_end, lived
from complaint_rules.example_many import differences_of_many
from complaint_rules.examples import compared, due_differences, settings_of
from complaint_rules.following import check_triggers
from complaint_rules.life import plan_of_life
from complaint_rules.loading import deadline_reads
from complaint_rules.mutant import Change
from complaint_rules.ruleset import InvocationDecision, Ruleset
from complaint_rules.settle import Settler, settler


@dataclass(frozen=True)
class Changed:
    """A ruleset with a change, ready to decide: the steps that are other ones, and the parameters that are worth something else."""

    rules: CompiledRuleset
    steps: Mapping[str, Step]
    values: Mapping[str, Any]
    settlers: dict[str, Settler] = field(default_factory=dict)

    def settler(self, step: Step) -> Settler:
        """Return the settler of a step, as it is after the change."""
        name = step.name
        if name not in self.settlers:
            self.settlers[name] = settler(self.steps[name])
        return self.settlers[name]


def changed(rules: CompiledRuleset, change: Change) -> Changed:
    """Return a ruleset with a change; the tables that it does not touch are shared."""
    ruleset = change.made_in(rules.ruleset)
    if change.section == "parameters":
        return _with_parameter(rules, ruleset, change.name)
    steps: dict[str, Step] = {}
    if change.section == "decisions":
        names = (n for n in ruleset.order if n == change.name or _invokes(ruleset, n, change.name))
        steps = {n: step_of(inlined(ruleset, n), ruleset, rules.parameters, rules.limits) for n in names}
    return Changed(_sharing(rules, ruleset, steps), steps, {})


def _invokes(ruleset: Ruleset, name: str, target: str) -> bool:
    decision = ruleset.decisions[name]
    return isinstance(decision, InvocationDecision) and decision.invoke == target


def _sharing(rules: CompiledRuleset, ruleset: Ruleset, steps: Mapping[str, Step]) -> CompiledRuleset:
    made = replace(rules, ruleset=ruleset, steps=tuple(steps.get(s.name, s) for s in rules.steps))
    made.settlers.update({s.name: settler_of(rules, s) for s in rules.steps if s.name not in steps})
    made.plans["blank"] = blank_of(rules)
    return made


def _with_parameter(rules: CompiledRuleset, ruleset: Ruleset, name: str) -> Changed:
    if name in rules.overrides:
        return Changed(replace(rules, ruleset=ruleset), {}, {})
    value = ruleset.parameters[name].value
    made = replace(under(rules, {name: value}), ruleset=ruleset, overrides=rules.overrides)
    steps = {s.name: s for s, was in zip(made.steps, rules.steps, strict=True) if s is not was}
    made.settlers.update({n: s for n, s in rules.settlers.items() if n not in steps})
    return Changed(made, steps, {name: value})


# --- examples -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """An example as the unchanged ruleset sees it: `facts` are those on which it decides, of a life those in the end."""

    example: Example
    rules: CompiledRuleset
    facts: Mapping[str, Any]

    @cached_property
    def wanted(self) -> frozenset[str]:
        """The decisions of which it expects something."""
        return frozenset((*self.example.expect, *self.example.rules))

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """What it expects rests on these, in order."""
        return tuple(s for s, _ in plan_of(self.rules, self.wanted).steps)

    @cached_property
    def rests_on(self) -> frozenset[str]:
        """The decisions, facts and parameters on which what it expects rests."""
        return frozenset(n.partition(".")[0] for s in self.steps for n in read_by(s)) | self.wanted

    @cached_property
    def known(self) -> Standing:
        return standing(plan_of(self.rules, self.wanted), self.facts)

    @cached_property
    def result(self) -> DecisionResult:
        return decide_in(self.rules, self.facts, self.wanted)

    @property
    def tells_time(self) -> bool:
        """Whether it expects something of time limits, steps or events."""
        life = self.example.life
        said = life and (life.obligations or life.happened or life.state is not None or life.violations is not None)
        return bool(said or self.example.due or self.example.many)

    def hits(self, decision: str, part: str) -> bool:
        """Report whether a rule or item has a part in what a decision says here."""
        answer = self.known.answers.get(decision)
        return answer is not None and (part in answer.trace.rules or part in answer.trace.items)

    def under(self, other: Changed) -> DecisionResult | None:
        """Return what is decided after a change; None where nothing is decided otherwise.

        Raises:
            RefusedError: a decision is silent that is never to be.
        """
        answers = again(self.rules, self.steps, self.known, other)
        if answers == self.known.answers:
            return None
        return with_answers(self.result, self.rules, {n: answers[n] for n in self.result.decisions}, self.wanted)


def again(rules: CompiledRuleset, steps: Iterable[Step], known: Standing, other: Changed) -> dict[str, Answer]:
    """Return the answers after a change: only what is changed, or reads what has become another, is settled again.

    Raises:
        RefusedError: a decision is silent that is never to be.
    """
    values, answers = {**known.values, **other.values}, dict(known.answers)
    dirty = set(other.values)
    for step in steps:
        if step.name not in other.steps and dirty.isdisjoint(read_by(step)):
            continue
        settle = other.settler(step) if step.name in other.steps else settler_of(rules, step)
        answer, exports = settle(values, answers)
        if step.name in other.steps and _may_be_silent(answer) and step.name not in rules.ruleset.silent:
            raise RefusedError
        if repr(answer) != repr(answers[step.name]):
            answers[step.name] = answer
            dirty |= {n for n, v in exports.items() if repr(v) != repr(values[n])} | {step.name}
            values |= exports
    return answers


class RefusedError(Exception):
    """A changed ruleset that `check` refuses."""


def _may_be_silent(answer: Answer) -> bool:
    return isinstance(answer, NotRegulated) or (isinstance(answer, Undetermined) and answer.silent)


def seen_by(rules: CompiledRuleset, examples: Sequence[Example]) -> list[Seen]:
    """Return the examples as a ruleset sees them; those of another day than its version's are left out."""
    pairs = settings_of(rules, examples)
    told = [(e, u, facts_in_the_end(u, e.given, e.life) if e.life else e.given) for e, u in pairs]
    return [Seen(e, u, facts) for e, u, facts in told if in_force(u, facts)[-1] is u]


# --- noticing -------------------------------------------------------------------------------------------


@dataclass
class Noticing:
    """A ruleset and its examples, as they are before anything is changed."""

    rules: CompiledRuleset
    seen: Sequence[Seen]

    def by(self, change: Change) -> Example | None:
        """Return the first example that a change makes fail; None where there is none.

        Raises:
            RefusedError: the changed ruleset is one that `check` refuses.
        """
        made: dict[int, Changed] = {}
        likely = self.likely(change)

        def under_settings_of(one: Seen) -> Changed:
            return made.get(id(one.rules)) or made.setdefault(id(one.rules), changed(one.rules, change))

        found = next((s for s in likely if self.decides_otherwise(s, under_settings_of(s), change)), None)
        if found is None:
            if is_refused(self.rules, change):
                raise RefusedError
            found = next((s for s in likely if self.lives_otherwise(s, under_settings_of(s), change)), None)
        return found.example if found else None

    def likely(self, change: Change) -> list[Seen]:
        """Return the examples that a change can reach, those first that are about it."""
        name, part = change.name, change.part
        reached = [s for s in self.seen if name in s.rests_on or s.tells_time or s.example.life]
        if change.section == "decisions":
            return sorted(reached, key=lambda s: (not s.hits(name, part), name not in s.wanted))
        return sorted(reached, key=lambda s: not _names(s.example, name))

    def decides_otherwise(self, one: Seen, other: Changed, change: Change) -> bool:
        """Report whether an example sees a decision other than it expects, on the facts that it had."""
        if change.section not in ("decisions", "parameters") or change.name not in one.rests_on:
            return False
        result = one.under(other)
        return result is not None and any(compared(result, one.example))

    def lives_otherwise(self, one: Seen, other: Changed, change: Change) -> bool:
        """Report whether an example that tells of time sees something other than it expects."""
        if not (one.tells_time or (one.example.life and change.section == "inputs")):
            return False
        if change.section == "triggers" and not one.example.many:
            return False
        if change.section in ("decisions", "parameters") and change.name not in of_course(one.rules):
            return bool(one.example.many) and fails(other.rules, one.example)
        return fails(other.rules, one.example)


def is_refused(rules: CompiledRuleset, change: Change) -> bool:
    """Report whether `check` finds an error in what a change touches, so that nobody could use it."""
    ruleset = change.made_in(rules.ruleset)
    match change.section:
        case "decisions":
            names = [change.name]
        case "parameters":
            names = [s.name for s in rules.steps if change.name in read_by(s)]
        case "triggers":
            return any(d.severity is Severity.ERROR for d in check_triggers(ruleset))
        case "inputs" | "deadlines" | "process":
            return False
    found = (d for n in names for d in check_decision(ruleset, n, rules.limits))
    return any(d.severity is Severity.ERROR for d in found)


def of_course(rules: CompiledRuleset) -> frozenset[str]:
    """Return the decisions, facts and parameters that a life can rest on: its clocks, its steps, what a milestone says."""
    found: frozenset[str] | None = rules.plans.get("of course")
    if found is None:
        steps = [s for s, _ in plan_of_life(rules).plan.steps]
        read = {n for s in steps for n in read_by(s)} | {s.name for s in steps}
        read |= {n for d in rules.ruleset.deadlines.values() for n in deadline_reads(rules.ruleset, d)}
        found = rules.plans["of course"] = frozenset(n.partition(".")[0] for n in read) | read
    return found


def _names(example: Example, name: str) -> bool:
    life = example.life
    return name in example.due or bool(
        life and (name in life.obligations or any(h.startswith(name) for h in life.happened))
    )


def fails(rules: CompiledRuleset, example: Example) -> bool:
    """Report whether an example fails, or cannot be told, under a ruleset with the example's settings."""
    try:
        return any(True for _ in _failures(rules, example))
    except FactsError:
        return True


def _failures(rules: CompiledRuleset, example: Example) -> Iterator[object]:
    wanted = frozenset((*example.expect, *example.rules))
    if example.life:
        life = lived(rules, example.given, example.life, wanted)
        yield from differences(example.life, life)
        yield from compared(life.result, example)
    elif wanted:
        yield from compared(decide(rules, example.given, only=wanted), example)
    yield from due_differences(rules, example)
    if example.many:
        yield from differences_of_many(rules, example.many)
