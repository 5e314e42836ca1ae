"""Decide: facts in; for each decision a value, what is still to be asked, or that the procedure is silent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from complaint_rules.answers import Answer, Decided, DecisionResult, Missing, NotRegulated, Undetermined
from complaint_rules.compile import CompiledRuleset, Step, read_by
from complaint_rules.domains import ABSENT, NOT_REGULATED, Sign
from complaint_rules.ruleset import ALWAYS, ParameterKind, Ruleset, Type, version_of
from complaint_rules.settle import Settler, settler
from complaint_rules.straight import Straight, straight
from complaint_rules.values import to_json

Steps = Iterable[tuple[Step, Settler]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What deciding these decisions takes, worked out once."""

    blank: Mapping[str, Any]  # the values before any fact is known
    steps: tuple[tuple[Step, Settler], ...]  # everything that the wanted decisions need, in order
    straight: Straight
    wanted: tuple[str, ...]
    rests_on: tuple[str, ...]
    parties: tuple[tuple[str, str, Type], ...]  # decision, output, type: those that name parties


def decide(
    rules: CompiledRuleset, facts: Mapping[str, Any], *, only: Collection[str] | None = None, at: date | None = None
) -> DecisionResult:
    """Return what the ruleset says about facts that were validated; `only` names the decisions wanted.

    It speaks in the version in force `at` a day, by default the day of the fact it names. Where that is not known,
    what all versions say alike is decided, and for the rest the day is to be asked.
    """
    versions = in_force(rules, facts, at)
    return decide_in(versions[0], facts, only) if len(versions) == 1 else _decide_whenever(versions, facts, only)


def in_force(rules: CompiledRuleset, facts: Mapping[str, Any], at: date | None = None) -> tuple[CompiledRuleset, ...]:
    """Return the version in force on the complaint's day; all of them, oldest first, where that is not known.

    Raises:
        FactsError: none is in force on that day.
    """
    if rules.pinned or (not rules.earlier and rules.ruleset.effective == ALWAYS):
        return (rules,)
    versions = (*rules.earlier, rules)
    day = at or _day_of(rules.ruleset, facts)
    if day is None:
        return versions
    held = version_of([v.ruleset for v in versions], day)
    return tuple(v for v in versions if v.ruleset is held)


def spoken_in(result: DecisionResult, rules: CompiledRuleset) -> CompiledRuleset:
    """Return the version in which a result speaks."""
    return next((v for v in rules.earlier if v.ruleset.effective == result.effective), rules)


def _day_of(ruleset: Ruleset, facts: Mapping[str, Any]) -> date | None:
    """Return the day of the fact by which a version is chosen, in the ruleset's time zone."""
    value = facts.get(ruleset.effective.by or "")
    return value.astimezone(ZoneInfo(ruleset.time_zone)).date() if isinstance(value, datetime) else value


def decide_in(rules: CompiledRuleset, facts: Mapping[str, Any], only: Collection[str] | None = None) -> DecisionResult:
    """Return what this version says, whatever the complaint's day."""
    plan = plan_of(rules, only)
    settled = _settled(plan, facts)
    wanted = {n: settled[n] for n in plan.wanted}
    ask, unset = _questions(wanted.values(), rules.ruleset)
    return DecisionResult(
        rules.ruleset.id, rules.ruleset.version, rules.ruleset.content_hash, MappingProxyType(dict(facts)),
        MappingProxyType(wanted), ask, unset, plan.rests_on, _parties(plan, wanted, facts),
        rules.ruleset.document.overlays, rules.ruleset.effective,
    )  # fmt: skip


def with_answers(
    result: DecisionResult, rules: CompiledRuleset, answers: Mapping[str, Answer], only: Collection[str] | None = None
) -> DecisionResult:
    """Return a result of the wanted decisions, of all by default, with other answers in their place."""
    plan = plan_of(rules, only)
    ask, unset = _questions(answers.values(), rules.ruleset)
    parties = _parties(plan, answers, result.facts)
    return replace(result, decisions=MappingProxyType(dict(answers)), ask=ask, unset=unset, parties=parties)


def _decide_whenever(
    versions: Sequence[CompiledRuleset], facts: Mapping[str, Any], only: Collection[str] | None
) -> DecisionResult:
    """Return what all versions say alike; where they differ, the day of the complaint is to be asked."""
    results = [decide_in(v, facts, only) for v in versions]
    newest, by = results[-1], versions[-1].ruleset.effective.by
    decisions = {n: _agreed([r.decisions[n] for r in results], (by,) if by else ()) for n in newest.decisions}
    ask, unset = _questions(decisions.values(), versions[-1].ruleset)
    rests_on = dict.fromkeys(p for r in results for p in r.rests_on)
    return replace(newest, decisions=MappingProxyType(decisions), ask=ask, unset=unset, rests_on=tuple(rests_on))


def _agreed(answers: Sequence[Answer], by: tuple[str, ...]) -> Answer:
    newest = answers[-1]
    if len({_said(a) for a in answers}) == 1:
        return newest
    possible = [_possible(a) for a in answers]
    listed = None if None in possible else tuple(dict.fromkeys(v for p in possible for v in p or ()))
    still = [a for a in answers if isinstance(a, Undetermined)]
    ask = dict.fromkeys((*by, *(n for a in still for n in a.ask)))
    unset = dict.fromkeys(n for a in still for n in a.unset)
    silent = any(isinstance(a, NotRegulated) or (isinstance(a, Undetermined) and a.silent) for a in answers)
    return Undetermined(listed, tuple(ask), tuple(unset), newest.trace, silent)


def _said(answer: Answer) -> str:
    match answer:
        case Decided(value):
            return f"decided {value!r}"
        case NotRegulated(refer_to):
            return f"not regulated {refer_to!r}"
        case Undetermined(possible, ask, unset):
            return f"undetermined {possible!r} {ask!r} {unset!r}"


def _possible(answer: Answer) -> tuple[Any, ...] | None:
    match answer:
        case Decided(value):
            return (value,)
        case NotRegulated():
            return (NOT_REGULATED,)
        case Undetermined(possible):
            return possible


def settle_all(
    rules: CompiledRuleset, facts: Mapping[str, Any], *, only: Collection[str] | None = None
) -> dict[str, Answer]:
    """Return the answers of the wanted decisions and of all they need, nothing else: the bare path."""
    return _settled(plan_of(rules, only), facts)


def _settled(plan: Plan, facts: Mapping[str, Any]) -> dict[str, Answer]:
    found = plan.straight(facts)
    return dict(standing(plan, facts).answers) if found is None else found


@dataclass(frozen=True, slots=True)
class Standing:
    """The values of all names and the answers of the steps, as far as a complaint is known."""

    values: Mapping[str, Any]
    answers: Mapping[str, Answer]

    def after(self, steps: Steps, values: Mapping[str, Any] = MappingProxyType({})) -> Standing:
        """Return what these values change, where these steps are all that rest on them."""
        known, answers = {**self.values, **values}, dict(self.answers)
        for step, settle in steps:
            answers[step.name], exports = settle(known, answers)
            known |= exports
        return Standing(known, answers)

    def open(self, wanted: Iterable[str]) -> list[Undetermined]:
        """Return the wanted answers that are not decided yet."""
        found = (self.answers[n] for n in wanted)
        return [a for a in found if isinstance(a, Undetermined)]


def standing(plan: Plan, facts: Mapping[str, Any]) -> Standing:
    """Return all values and answers, step by step: what is not among the facts is unknown."""
    return Standing({**plan.blank, **facts}, {}).after(plan.steps)


def resting_on(names: Iterable[str], steps: Steps) -> list[tuple[Step, Settler]]:
    """Return the steps that read any of these names, or what such a step hands on, in order."""
    touched = set(names)
    found: list[tuple[Step, Settler]] = []
    for step, settle in steps:
        if not touched.isdisjoint(read_by(step)):
            found.append((step, settle))
            touched |= set(step.hands_on)
    return found


def plan_of(rules: CompiledRuleset, only: Collection[str] | None) -> Plan:
    key = None if only is None else frozenset(only)
    found: Plan | None = rules.plans.get(key)
    if found is None:
        wanted = tuple(n for n in rules.ruleset.decisions if key is None or n in key)
        blank = blank_of(rules)
        steps = tuple((s, settler_of(rules, s)) for s in _needed(rules.steps, wanted))
        found = rules.plans[key] = Plan(
            blank, steps, straight(steps, rules.ruleset, blank), wanted,
            _rests_on(wanted, rules), _naming(wanted, rules),
        )  # fmt: skip
    return found


def settler_of(rules: CompiledRuleset, step: Step) -> Settler:
    """Return the step's settler; all plans share it, and with it what it remembers."""
    found: Settler | None = rules.settlers.get(step.name)
    if found is None:
        found = rules.settlers[step.name] = settler(step)
    return found


def _needed(steps: Iterable[Step], wanted: Iterable[str]) -> list[Step]:
    """Return the steps that the wanted decisions rest on, in order."""
    names = set(wanted)
    found: list[Step] = []
    for step in reversed(tuple(steps)):
        if step.name in names:
            found.append(step)
            names |= {n.partition(".")[0] for n in read_by(step)}
    return found[::-1]


def blank_of(rules: CompiledRuleset) -> Mapping[str, Any]:
    """Return the values before any fact is known, the same for all plans: what is remembered of one serves the others."""
    found: Mapping[str, Any] | None = rules.plans.get("blank")
    if found is None:
        found = rules.plans["blank"] = _blank(rules)
    return found


def _blank(rules: CompiledRuleset) -> dict[str, Any]:
    """Return parameters, and a Missing for each of the rest."""
    made: dict[str, Any] = {n: ABSENT if i.optional else Missing(ask=(n,)) for n, i in rules.ruleset.inputs.items()}
    return made | {n: rules.parameters.get(n, Missing(unset=(n,))) for n in rules.ruleset.parameters}


# --- what a result says besides the answers ------------------------------------------------------------


def _questions(answers: Iterable[Answer], ruleset: Ruleset) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the facts to ask, those that most undetermined decisions wait for first, and unset parameters."""
    open_answers = [a for a in answers if type(a) is Undetermined]
    if not open_answers:
        return (), ()
    facts = Counter(n for a in open_answers for n in a.ask)
    order = {n: i for i, n in enumerate(ruleset.inputs)}
    unset = dict.fromkeys(n for a in open_answers for n in a.unset)
    return tuple(sorted(facts, key=lambda n: (-facts[n], order[n]))), tuple(unset)


def _rests_on(wanted: Iterable[str], rules: CompiledRuleset) -> tuple[str, ...]:
    read = {p for n in wanted for p in rules.reads[n]}
    soft = (ParameterKind.READING, ParameterKind.ASSUMED)
    return tuple(
        n for n, p in rules.ruleset.parameters.items()
        if n in read and n in rules.parameters and (p.kind in soft or n in rules.overrides)
    )  # fmt: skip


def _naming(wanted: Iterable[str], rules: CompiledRuleset) -> tuple[tuple[str, str, Type], ...]:
    return tuple((n, o, t) for n in wanted for o, t in rules.ruleset.outputs[n].items() if t.of)


def _parties(plan: Plan, answers: Mapping[str, Answer], facts: Mapping[str, Any]) -> dict[str, dict[str, str | None]]:
    found: dict[str, dict[str, str | None]] = {}
    for name, output, type_ in plan.parties:
        answer = answers[name]
        if isinstance(answer, Decided):
            value = answer.value[output] if output else answer.value
            for party in _members(value):
                if party in type_.of:
                    found.setdefault(name, {})[party] = _fact(facts.get(type_.of[party]))
    return found


def _members(value: Any) -> Iterable[Any]:
    return value if isinstance(value, (frozenset, tuple)) else (value,)


def _fact(value: Any) -> str | None:
    return None if value is None or isinstance(value, Sign) else str(to_json(value))
