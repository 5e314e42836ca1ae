"""Generating: a small set of examples that shows what the ones at hand do not, and a proof of what none can show.

Complaints and lives are drawn towards each thing that is missing; what none of them shows is searched for as a case against
an invariant, which finds one or proves that there is none. Of all of them a few are kept: each time the one that shows most.
An example says what the ruleset says today: somebody must look whether that is what was meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from complaint_rules.aiming import Aim, Case
from complaint_rules.compile import CompiledRuleset, under
from complaint_rules.coverage import Obligation, coverage, shown_by
from complaint_rules.deciding import decide_in, in_force
from complaint_rules.diagnostics import ComplaintRulesError, Span
from complaint_rules.domains import ABSENT, OTHER, Members
from complaint_rules.example_file import Example, parse_examples
from complaint_rules.example_life import ExampleLife, counted_as, facts_in_the_end, lived, said_of
from complaint_rules.example_names import title
from complaint_rules.example_writing import (
    example_text,
    file_of,
    plain_answer,
    plain_event,
    plain_facts,
    plain_time,
    plain_value,
)
from complaint_rules.facts import read_facts, read_parameters
from complaint_rules.invariant import Invariant
from complaint_rules.log import read_log
from complaint_rules.proving import prove
from complaint_rules.ruleset import ChecklistDecision, TableDecision, When
from complaint_rules.sampling import Sampler
from complaint_rules.source import Plain
from complaint_rules.tables import HitPolicy
from complaint_rules.words import Label

_NOWHERE = Span("", 1, 1)
_LABEL = Label("要表现的", "what is to be shown")
_OF_TIME = ("event", "limit", "milestone")
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is tried: draws towards each thing, lives, cases of a proof."""

    draws: int = 3
    lives: int = 300
    cases: int = 400
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Generated:
    """Examples as they stand in a file, and what of the missing they show; `never` is proved, `left` was not found."""

    examples: tuple[str, ...]
    shown: tuple[Obligation, ...]
    never: tuple[Obligation, ...]
    left: tuple[Obligation, ...]


@dataclass
class _Pool:
    """The examples that were made, with those of the wanted things that each shows."""

    rules: CompiledRuleset
    wanted: frozenset[Obligation]
    made: list[tuple[Example, frozenset[Obligation]]] = field(default_factory=list)
    met: set[Obligation] = field(default_factory=set)

    def add(self, example: Example, rules: CompiledRuleset | None) -> None:
        """Take an example if it shows something that is wanted."""
        try:
            shown = frozenset(shown_by(example, rules or self.rules)) & self.wanted
        except ComplaintRulesError:
            return
        if shown - self.met or any(len(shown) > len(s) for _, s in self.made if s <= shown):
            self.made.append((example, shown))
            self.met |= shown

    def fewest(self) -> Iterator[tuple[Example, frozenset[Obligation]]]:
        """Yield a few of the examples that show all: each time the one that shows most of what is left."""
        left = set(self.met)
        while left:
            example, shown = max(self.made, key=lambda made: (len(made[1] & left), -len(made[0].given)))
            yield example, frozenset(shown & left)
            left -= shown

    def shortened(self, aim: Aim, example: Example, shown: frozenset[Obligation]) -> Example:
        """Return an example without the facts that it can do without, and still shows the same."""
        rules = aim.under(example.parameters)
        for fact in example.given if rules else ():
            fewer = replace(example, given={n: v for n, v in example.given.items() if n != fact})
            try:
                enough = shown <= frozenset(shown_by(fewer, rules or self.rules))
            except ComplaintRulesError:
                continue
            example = fewer if enough else example
        return example


def generate(
    rules: CompiledRuleset, examples: Sequence[Example] = (), effort: Effort = Effort(), tell: Tell | None = None
) -> Generated:
    """Return examples for what the given ones do not show of a ruleset."""
    missing = coverage(rules, examples).missing
    pool = _Pool(rules, frozenset(missing))
    aim, rng = Aim(Sampler(rules)), Random(effort.seed)  # noqa: S311 - examples, not secrets
    for number, thing in enumerate(missing):
        if tell is not None:
            tell(number, len(missing))
        for _ in range(effort.draws if thing.kind not in _OF_TIME and thing not in pool.met else 0):
            case = _towards(aim, rng, thing)
            made = aim.under(case.parameters)
            if made is not None:
                pool.add(_example(case), made)
    if any(o.kind in _OF_TIME for o in missing):
        _lives(pool, aim, rng, effort.lives)
    never, left = _searched(pool, [o for o in missing if o not in pool.met], effort)
    used = {e.name for e in examples}
    kept = [(pool.shortened(aim, example, shown), shown) for example, shown in pool.fewest()]
    texts = tuple(_text(rules, example, shown, used) for example, shown in kept)
    return Generated(texts, tuple(o for o in missing if o in pool.met), tuple(never), tuple(left))


# --- making them -----------------------------------------------------------------------------------------


def _towards(aim: Aim, rng: Random, thing: Obligation) -> Case:
    """Return a case drawn towards what it should show."""
    whens = _whens(aim.sampler.rules, thing)
    if whens is None:
        return aim.case(rng)
    kept, broken = whens
    return aim.wishing(rng, broken, kept)


def _example(case: Case, life: ExampleLife | None = None) -> Example:
    return Example("", None, case.facts, case.parameters, {}, {}, {}, _NOWHERE, life=life)


def _lives(pool: _Pool, aim: Aim, rng: Random, most: int) -> None:
    """Add lives by chance: first facts that lead somewhere, and events mostly in the order of the process."""
    sampler, ruleset = aim.sampler, pool.rules.ruleset
    folded = {n for n, i in ruleset.inputs.items() if i.fold}
    for _ in range(most):
        case = aim.case(rng)
        rules = aim.under(case.parameters)
        log, now = sampler.history(rng)
        first = {n: v for n, v in case.facts.items() if n not in folded}
        if rules is not None:
            events = tuple(read_log(rules.ruleset, log))
            pool.add(_example(case._replace(facts=first), ExampleLife(events, (), now, {}, None, {}, None)), rules)


def _searched(pool: _Pool, things: Iterable[Obligation], effort: Effort) -> tuple[list[Obligation], list[Obligation]]:
    """Search for a case of each thing; return what is proved to have none, and what was not found."""
    never: list[Obligation] = []
    left: list[Obligation] = []
    for thing in things:
        whens = _whens(pool.rules, thing)
        if thing in pool.met:
            continue
        if whens is None:
            left.append(thing)
            continue
        kept, broken = whens
        proof = prove(pool.rules, Invariant("shown", _LABEL, (), _NOWHERE, kept, broken), effort.cases)
        if proof.facts:
            pool.add(_example(Case(_whole(pool.rules, proof.facts[0]), {})), None)
        if thing not in pool.met:
            (never if proof.status == "proved" else left).append(thing)
    return never, left


def _whole(rules: CompiledRuleset, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a case with the rest that a complaint has, the plainest value of each."""
    sampler = Sampler(rules)
    rest = {n: sampler.points[n] for n, i in rules.ruleset.inputs.items() if n not in facts and not i.optional}
    sets = {n for n in rest if isinstance(rules.ruleset.inputs[n].type.domain, Members)}
    plain = {n: frozenset() if n in sets else p[0] for n, p in rest.items()}
    known = {n: "something_else" if v is OTHER else v for n, v in facts.items() if v is not ABSENT}
    return {**plain, **{n: _listed(v) for n, v in known.items()}}


def _listed(value: Any) -> Any:
    if isinstance(value, frozenset):
        return frozenset("something_else" if v is OTHER else v for v in value)
    return value


def _whens(rules: CompiledRuleset, thing: Obligation) -> tuple[tuple[When, ...], tuple[When, ...]] | None:
    """Return what must not hold and what must, for a thing to be shown; None where that is not said by cells."""
    match rules.ruleset.decisions.get(thing.name):
        case TableDecision() as table if thing.kind == "rule":
            at = next(n for n, r in enumerate(table.rules) if r.id == thing.part)
            stronger = table.rules[:at] if table.policy is HitPolicy.FIRST else ()
            return tuple(w for r in stronger for w in r.when), table.rules[at].when or ({},)
        case TableDecision() as table if thing.kind == "cell":
            when = next(r for r in table.rules if r.id == thing.part).when
            without = tuple({n: t for n, t in w.items() if n != thing.column} for w in when if thing.column in w)
            return when, without
        case TableDecision() as table if thing.kind == "silence":
            return tuple(w for r in table.rules for w in r.when), ({},)
        case ChecklistDecision() as checklist:
            item = next(i for i in checklist.items if i.id == thing.part)
            if thing.what == "not needed":
                return item.when, ({},)
            if thing.what == "unmet":
                return item.needs, item.when or ({},)
            both = tuple({**w, **n} for w in item.when or ({},) for n in item.needs or ({},))
            return (), both
    return None


# --- writing them ----------------------------------------------------------------------------------------


def _text(rules: CompiledRuleset, example: Example, shown: Iterable[Obligation], used: set[str]) -> str:
    """Return an example as it stands in a file, expecting what the ruleset says of that for which it was made."""
    ruleset = rules.ruleset
    settled = under(rules, read_parameters(ruleset, example.parameters)) if example.parameters else rules
    tree: dict[str, Plain] = {"given": plain_facts(ruleset, read_facts(ruleset, example.given))}
    tree["parameters"] = {n: plain_value(v, ruleset.parameters[n].type.domain) for n, v in example.parameters.items()}
    tree |= _of_life(settled, example, shown) if example.life else _of_facts(settled, example, shown)
    (read,) = parse_examples(file_of(ruleset.id, [example_text({"name": "?", **tree})]).encode(), "", ruleset)
    name = title(ruleset, read, used)
    used.add(name)
    return example_text({"name": name, **tree})


def _of_facts(rules: CompiledRuleset, example: Example, shown: Iterable[Obligation]) -> dict[str, Plain]:
    version = in_force(rules, example.given)[-1]
    answers = decide_in(version, example.given).decisions
    names = [n for n in rules.ruleset.order if n in {o.name for o in shown}]
    said = {n: "undetermined" if (plain := plain_answer(answers[n])) is None else plain for n in names}
    decided = {o.name for o in shown if o.kind == "rule"}
    ruled = {n: list(answers[n].trace.rules) for n in names if n in decided and n in said}
    return {"expect": said, "rules": {n: r if len(r) != 1 else r[0] for n, r in ruled.items()}}


def _of_life(rules: CompiledRuleset, example: Example, shown: Iterable[Obligation]) -> dict[str, Plain]:
    life = example.life
    assert life is not None  # noqa: S101 - asked only of these
    ruleset, told = rules.ruleset, lived(rules, example.given, life)
    counted = Counter(counted_as(e) for e in told.journal)
    limits = {o.name for o in shown if o.kind == "limit"}
    names = [
        f"{o.name}.{o.part}" if o.kind == "milestone" else o.name for o in shown if o.kind in ("event", "milestone")
    ]
    obligations: dict[str, Plain] = {
        n: {k: v for k, v in said_of(told.obligations[n]).items() if k in ("status", "due")} for n in sorted(limits)
    }
    facts = facts_in_the_end(rules, example.given, life)
    of_facts = _of_facts(rules, Example("", None, facts, {}, {}, {}, {}, _NOWHERE), shown)
    return {
        "events": [plain_event(ruleset, h) for h in life.events], "now": plain_time(ruleset, life.now),
        "obligations": obligations, "happened": {n: str(counted[n]) for n in sorted(names)}, **of_facts,
    }  # fmt: skip
