"""Aiming: facts and settings that lead to one rule, worked back from its cells through the decisions above it.

Working back follows one way of many and does not undo what a stronger rule does, so an aim can miss: the caller looks at
what was decided. `proving` is the exact search; this one is cheap enough for every draw.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from random import Random
from typing import Any, NamedTuple

from complaint_rules.answers import Answer, Decided
from complaint_rules.compile import CompiledRuleset, inlined, read_by, references, under
from complaint_rules.deciding import decide_in, in_force, plan_of
from complaint_rules.diagnostics import ComplaintRulesError
from complaint_rules.domains import (
    ABSENT,
    Contains,
    Is,
    LineAxis,
    MemberAxis,
    Members,
    OneOf,
    ParameterRef,
    Test,
    ValueAxis,
    Within,
    axes_for,
    boxes_of,
)
from complaint_rules.regions import cells
from complaint_rules.ruleset import ChecklistDecision, ExpressionDecision, ParameterKind, Rule, TableDecision, When
from complaint_rules.sampling import Sampler, placed
from complaint_rules.tables import HitPolicy
from complaint_rules.trees import Logic, Name, Node

_TRIES, _MOST_TRIES, _FORMULA_TRIES = 6, 20, 40
_KEPT = 256
_OTHERWISE, _AVOIDED = (
    0.3,
    0.7,
)  # so often the default is aimed at, and what stronger rules ask for is kept out of the way
_AT_NOTHING, _AT_ONCE = 0.1, 2  # so many cases aim at nothing, the others at so many rules
_OTHERS, _SET = 0.1, 0.3  # so often settings are drawn that no rule asks for, and so many of them


class Case(NamedTuple):
    """Facts, and the settings of parameters under which they are looked at."""

    facts: dict[str, Any]
    parameters: dict[str, Any]


@dataclass
class _Wish:
    """What each fact and parameter should pass, as far as it was worked back."""

    facts: dict[str, list[Test]] = field(default_factory=dict)
    settings: dict[str, list[Test]] = field(default_factory=dict)
    tried: Case = field(default_factory=lambda: Case({}, {}))  # what made a formula say what was wanted


@dataclass(frozen=True)
class Aim:
    """Draws cases of a ruleset that lead to its rules."""

    sampler: Sampler
    _under: dict[Any, CompiledRuleset | None] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def targets(self) -> tuple[tuple[str, str], ...]:
        """Every rule and checklist item, by decision and id."""
        ruleset = self.sampler.rules.ruleset
        return tuple(
            (name, part.id)
            for name, decision in ruleset.decisions.items()
            if isinstance(decision, (TableDecision, ChecklistDecision))
            for part in (decision.rules if isinstance(decision, TableDecision) else decision.items)
        )

    def case(self, rng: Random, *, known: float = 1.0) -> Case:
        """Return a case: one that aims at a rule as often as not, and else anything."""
        if not self.targets or rng.random() < _AT_NOTHING:
            return Case(self.sampler.facts(rng, known=known), self.settings(rng, {}))
        case = self.at(rng, *(rng.choice(self.targets) for _ in range(_AT_ONCE)))
        return case._replace(facts={n: v for n, v in case.facts.items() if rng.random() < known})

    def standing(self, rng: Random, *, known: float = 1.0) -> Case:
        """Return a case under the settings as they stand: of one that needs others, the facts."""
        return self.case(rng, known=known)._replace(parameters={})

    def at(self, rng: Random, *targets: tuple[str, str]) -> Case:
        """Return a case that leads to rules or items, or after some tries to most of them."""
        best, most = Case({}, {}), -1
        for tried in range(_MOST_TRIES):
            case = self._try(rng, targets)
            reached = self._reached(case, targets)
            if reached > most:
                best, most = case, reached
            if most == len(targets) or (most and tried >= _TRIES):
                break
        return best

    def wishing(self, rng: Random, wanted: Sequence[When], unwanted: Sequence[When] = ()) -> Case:
        """Return a case in which one of some conditions may hold, and none of others."""
        wish = _Wish()
        self._want_all(rng, wish, _one(rng, wanted))
        self._fail(rng, wish, unwanted)
        return self._granted(rng, wish)

    def _try(self, rng: Random, targets: Sequence[tuple[str, str]]) -> Case:
        wish = _Wish()
        for decision, part in targets:
            match self.sampler.rules.ruleset.decisions[decision]:
                case TableDecision() as table:
                    self._want_rule(rng, wish, table, next(r for r in table.rules if r.id == part), 0)
                case ChecklistDecision(items=items):
                    item = next(i for i in items if i.id == part)
                    self._want_all(rng, wish, _one(rng, item.when))
                    if rng.random() < 0.5:
                        self._want_all(rng, wish, _one(rng, item.needs))
        return self._granted(rng, wish)

    def _granted(self, rng: Random, wish: _Wish) -> Case:
        """Return a case with what is wished for, and anything else by chance."""
        settings = {**self.settings(rng, wish.settings), **wish.tried.parameters}
        given = {**self.sampler.facts(rng), **wish.tried.facts}
        for name, tests in wish.facts.items():
            if name in wish.tried.facts:
                continue
            chosen = self._passing(rng, name, tests)
            if chosen is ABSENT:
                given.pop(name, None)
            elif chosen is not None:
                given[name] = chosen
        return Case(given, settings)

    def _reached(self, case: Case, targets: Sequence[tuple[str, str]]) -> int:
        """Return how many of the targets a case leads to."""
        answers = self._decided(case, {d for d, _ in targets})
        return sum(p in answers[d].trace.rules or p in answers[d].trace.items for d, p in targets if d in answers)

    # --- working back ----------------------------------------------------------------------------------

    def _want_all(self, rng: Random, wish: _Wish, when: When, depth: int = 0) -> None:
        for name, test in when.items():
            self._want(rng, wish, name, test, depth)

    def _want(self, rng: Random, wish: _Wish, name: str, test: Test, depth: int) -> None:
        ruleset = self.sampler.rules.ruleset
        self._set(rng, wish, references(test))
        test = placed(test, {**self.sampler.rules.parameters, **wish.tried.parameters})
        if name in ruleset.inputs:
            wish.facts.setdefault(name, []).append(test)
        elif name in ruleset.parameters:
            wish.settings.setdefault(name, []).append(test)
        elif depth < len(ruleset.decisions):
            self._want_decision(rng, wish, name, test, depth + 1)

    def _want_decision(self, rng: Random, wish: _Wish, name: str, test: Test, depth: int) -> None:
        source, _, output = name.partition(".")
        ruleset = self.sampler.rules.ruleset
        match inlined(ruleset, source):
            case TableDecision(policy=HitPolicy.COLLECT) as table if isinstance(test, Contains):
                self._want_members(rng, wish, table, test, depth)
            case TableDecision() as table:
                place = list(table.outputs).index(output)
                passing = [r for r in table.rules if self._says(table, r, place, name, test)]
                otherwise = table.default is not None and self._value_passes(name, test, table.default[place])
                if passing and not (otherwise and rng.random() < _OTHERWISE):
                    self._want_rule(rng, wish, table, rng.choice(passing), depth)
                elif otherwise:
                    self._fail_all(rng, wish, table.rules, depth)
            case ChecklistDecision(items=items, all_needed=all_needed):
                wanted = self._value_passes(name, test, value=True)
                parts = items if wanted == all_needed else [rng.choice(items)]
                for item in parts:
                    self._want_all(rng, wish, _one(rng, item.when), depth)
                    if wanted:
                        self._want_all(rng, wish, _one(rng, item.needs), depth)
            case ExpressionDecision(formula=formula) if isinstance(formula.root, Logic):
                self._want_truth(rng, wish, formula.root, self._value_passes(name, test, value=True), depth)
            case ExpressionDecision(formula=formula):
                self._want_formula(rng, wish, source, formula.names, test)

    def _set(self, rng: Random, wish: _Wish, names: Iterable[str]) -> None:
        """Set those parameters that are not."""
        for name in names:
            if name not in self.sampler.rules.parameters and self._choices(name):
                wish.tried.parameters.setdefault(name, rng.choice(self._choices(name)))

    def _want_members(self, rng: Random, wish: _Wish, table: TableDecision, test: Contains, depth: int) -> None:
        """Wish for rules that give the members asked for, and that those which give the others fail."""

        def giving(members: Collection[object]) -> list[Rule]:
            return [r for r in table.rules if r.then and isinstance(r.then[0], frozenset) and r.then[0] & set(members)]

        wanted = [*test.all_of, *([rng.choice(sorted(test.any_of, key=str))] if test.any_of else [])]
        for rules in filter(None, (giving([m]) for m in wanted)):
            self._want_all(rng, wish, _one(rng, rng.choice(rules).when), depth)
        self._fail_all(rng, wish, giving(test.none_of), depth)

    def _want_rule(self, rng: Random, wish: _Wish, table: TableDecision, rule: Rule, depth: int) -> None:
        self._want_all(rng, wish, _one(rng, rule.when), depth)
        self._set(rng, wish, (v.name for v in rule.then if isinstance(v, ParameterRef)))
        if table.policy is HitPolicy.FIRST and rng.random() < _AVOIDED:
            self._fail_all(rng, wish, table.rules[: table.rules.index(rule)], depth)

    def _fail_all(self, rng: Random, wish: _Wish, rules: Sequence[Rule], depth: int) -> None:
        self._fail(rng, wish, [w for r in rules for w in r.when], depth)

    def _fail(self, rng: Random, wish: _Wish, whens: Iterable[When], depth: int = 0) -> None:
        """Wish that one cell of each of these conditions fails."""
        for when in filter(None, whens):
            name = rng.choice(list(when))
            opposite = _opposite(rng, when[name])
            if opposite is not None:
                self._want(rng, wish, name, opposite, depth)

    def _want_truth(self, rng: Random, wish: _Wish, node: Node, wanted: bool, depth: int) -> None:
        """Work back through `and` and `or`: one part that decides, or else both."""
        match node:
            case Logic(decisive=decisive, left=left, right=right):
                for part in [rng.choice((left, right))] if wanted is decisive else (left, right):
                    self._want_truth(rng, wish, part, wanted, depth)
            case Name(name=name):
                self._want(rng, wish, name, OneOf(frozenset([wanted])), depth)

    def _want_formula(self, rng: Random, wish: _Wish, name: str, names: Sequence[str], test: Test) -> None:
        """Try values of all that a formula rests on until it says what is wanted."""
        rules = self.sampler.rules
        steps = [s for s, _ in plan_of(rules, [name]).steps]
        self._set(rng, wish, (n for n in names if n in rules.ruleset.parameters))
        read = sorted({n for s in steps for n in read_by(s) if n in rules.ruleset.inputs})
        beside = [n for n in names if n in rules.ruleset.parameters and rng.random() < 0.5]
        for _ in range(_FORMULA_TRIES):
            case = Case(
                {n: v for n in read if (v := self._drawn(rng, wish, n)) is not ABSENT}, dict(wish.tried.parameters)
            )
            for parameter in beside:
                choices = self._choices(parameter)
                case.parameters.update({parameter: rng.choice(choices)} if choices else {})
            answer = self._decided(case, [name]).get(name)
            if isinstance(answer, Decided) and self._value_passes(name, test, answer.value):
                wish.tried.facts.update(case.facts)
                wish.tried.parameters.update(case.parameters)
                return

    def _drawn(self, rng: Random, wish: _Wish, name: str) -> Any:
        """Return a value of a fact that passes what is wished of it so far."""
        if name in wish.tried.facts and rng.random() < 0.7:
            return wish.tried.facts[name]
        chosen = self._passing(rng, name, wish.facts[name]) if name in wish.facts else None
        return self.sampler.value(rng, name) if chosen is None else chosen

    def _decided(self, case: Case, names: Collection[str]) -> Mapping[str, Answer]:
        """Return what decisions come to in a case; nothing where the settings or the day cannot be used."""
        rules = self.under(case.parameters)
        versions = in_force(rules, case.facts) if rules else ()
        return decide_in(versions[0], case.facts, only=names).decisions if len(versions) == 1 else {}

    def under(self, parameters: Mapping[str, Any]) -> CompiledRuleset | None:
        """Return the ruleset with these settings; None where it cannot be used with them."""
        key = tuple(sorted(parameters.items(), key=lambda p: p[0]))
        if key not in self._under:
            if len(self._under) >= _KEPT:
                self._under.clear()
            try:
                self._under[key] = under(self.sampler.rules, parameters) if key else self.sampler.rules
            except ComplaintRulesError:
                self._under[key] = None
        return self._under[key]

    def _says(self, table: TableDecision, rule: Rule, place: int, name: str, test: Test) -> bool:
        if not rule.then:
            return False
        value = rule.then[place]
        if table.gives_list:
            return True
        return self._value_passes(name, test, value)

    def _value_passes(self, name: str, test: Test, value: Any) -> bool:
        """Report whether a value passes a test; what cannot be said beforehand does."""
        ruleset = self.sampler.rules.ruleset
        domain, sign = ruleset.column(name)
        test = placed(test, self.sampler.rules.parameters)
        try:
            axes = axes_for(domain, [test], sign)
            point = [a.cell_of(value) for a in axes]
        except (TypeError, KeyError):
            return True
        if isinstance(domain, Members) and isinstance(value, frozenset):
            return _some_overlap(test, axes, point)
        return any(all(b >> c & 1 for b, c in zip(box, point, strict=True)) for box in boxes_of(test, axes))

    def _passing(self, rng: Random, name: str, tests: Sequence[Test]) -> Any:
        """Return a value of a fact that passes all tests, ABSENT for none; None where no known value does."""
        given = self.sampler.rules.ruleset.inputs[name]
        set_tests = [placed(t, self.sampler.rules.parameters) for t in tests]
        if any(isinstance(t, Is) and not t.negated for t in set_tests):
            return ABSENT
        if isinstance(given.type.domain, Members):
            return _members(rng, set_tests, self.sampler.value(rng, name))
        axis = axes_for(given.type.domain, set_tests, ABSENT if given.optional else None)[0]
        assert isinstance(axis, (ValueAxis, LineAxis))  # noqa: S101 - only sets have others
        bits = (1 << axis.size) - 1
        for test in set_tests:
            bits &= axis.accepts(test)
        passing = [p for p in self.sampler.points[name] if bits >> axis.cell_of(p) & 1]
        if passing:
            return rng.choice(passing)
        inside = [w for c in cells(bits) if (w := axis.witness(c)) is not None]
        return rng.choice(inside) if inside else None

    # --- settings --------------------------------------------------------------------------------------

    def settings(self, rng: Random, wished: Mapping[str, Sequence[Test]]) -> dict[str, Any]:
        """Return settings of parameters: those wished for, and now and then some others."""
        return dict(self._settings(rng, wished, others=rng.random() < _OTHERS))

    def _settings(
        self, rng: Random, wished: Mapping[str, Sequence[Test]], *, others: bool
    ) -> Iterator[tuple[str, Any]]:
        standing = self.sampler.rules.parameters
        for name, parameter in self.sampler.rules.ruleset.parameters.items():
            tests = [placed(t, self.sampler.rules.parameters) for t in wished.get(name, ())]
            if not tests and (not others or parameter.kind is ParameterKind.VALUE or rng.random() >= _SET):
                continue
            if tests and name in standing and all(self._value_passes(name, t, standing[name]) for t in tests):
                continue
            passing = [c for c in self._choices(name) if all(self._value_passes(name, t, c) for t in tests)]
            if passing:
                yield name, rng.choice(passing)

    def _choices(self, name: str) -> tuple[Any, ...]:
        return tuple(self.sampler.rules.ruleset.parameters[name].options) or self.sampler.settings_of(name)


def _one(rng: Random, when: Sequence[When]) -> When:
    return rng.choice(when) if when else {}


def _opposite(rng: Random, test: Test) -> Test | None:
    """Return a test that passes only where this one fails; None where there is none to be had."""
    match test:
        case OneOf() | Within() | Is():
            return replace(test, negated=not test.negated)
        case Contains(any_of=any_of) if any_of:
            return Contains(none_of=any_of)
        case Contains(all_of=all_of) if all_of:
            return Contains(none_of=frozenset([rng.choice(sorted(all_of, key=str))]))
        case Contains(none_of=none_of) if none_of:
            return Contains(any_of=none_of)
    return None


def _some_overlap(test: Test, axes: Sequence[Any], point: Sequence[int]) -> bool:
    boxes = boxes_of(test, axes)
    return not boxes or any(
        any(b >> c & 1 for b, c, a in zip(box, point, axes, strict=True) if isinstance(a, MemberAxis)) for box in boxes
    )


def _members(rng: Random, tests: Sequence[Test], drawn: frozenset[Any]) -> frozenset[Any]:
    """Return the drawn set, with what the tests want put in and taken out."""
    found = set(drawn)
    for test in tests:
        if isinstance(test, OneOf):
            continue
        any_of = sorted(getattr(test, "any_of", ()), key=str)
        if any_of and not found & set(any_of):
            found.add(rng.choice(any_of))
        found |= set(getattr(test, "all_of", ()))
        found -= set(getattr(test, "none_of", ()))
    return frozenset(v for v in found if isinstance(v, str))


def aims(rules: CompiledRuleset) -> Aim:
    """Return what draws cases of a ruleset."""
    return Aim(Sampler(rules))
