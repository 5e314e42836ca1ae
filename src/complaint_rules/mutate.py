"""Mutate: what becomes of every slip that a ruleset could have: noticed by an example, of no effect, or an example to add."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from random import Random
from typing import Any, Literal, get_args

from complaint_rules.compile import CompiledRuleset, under
from complaint_rules.diagnostics import FactsError, RulesetError
from complaint_rules.distinguishing import Parting, both, differs, fewest, other_readings, parting, worst
from complaint_rules.distinguishing_lives import Distinguisher, filled
from complaint_rules.distinguishing_many import Crowd
from complaint_rules.example_file import Example, parse_examples
from complaint_rules.example_names import title
from complaint_rules.example_writing import example_text, file_of, plain_facts, plain_value, real_value
from complaint_rules.mutant import Change, Mutant
from complaint_rules.mutations import OPERATORS, mutants
from complaint_rules.noticing import Changed, Noticing, RefusedError, Seen, changed, fails, of_course, seen_by
from complaint_rules.random_lives import Lives
from complaint_rules.source import Plain
from complaint_rules.words import Label

Status = Literal["killed", "refused", "equivalent", "unproved", "unknown: budget", "surviving"]
STATUSES: tuple[Status, ...] = get_args(Status)
_SEED = 20_200_101
_TRIES = 300  # so many facts are tried where nothing is proved
_BESIDE = 250  # and so many before a proof is tried
Tell = Callable[[int, int], None]

_LIFE = Label(
    "须有一段投诉经过，示例中没有，随机试过的也分不出", "a life that tells the two apart; none that was tried does"
)
_FACTS = Label(
    "须有能区分的事实；未能证明没有，取决于 {}", "facts that tell the two apart, or a proof; it depends on {}"
)
_MANY = Label(
    "须有几件投诉，随机试过的都分不出", "complaints that count together and tell the two apart; none that were tried do"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant: `by` is the example that noticed it, `example` one that would, `why` what a verdict needs."""

    mutant: Mutant
    status: Status
    by: str = ""
    example: str = ""
    why: Label | None = None


@dataclass(frozen=True, slots=True)
class Mutation:
    """What became of all mutants that were tried."""

    verdicts: tuple[Verdict, ...]

    @property
    def counts(self) -> Mapping[str, Mapping[Status, int]]:
        """For each operator with mutants how many came to what."""
        found: dict[str, Counter[Status]] = {}
        for verdict in self.verdicts:
            found.setdefault(verdict.mutant.operator, Counter())[verdict.status] += 1
        return {o.name: {s: found[o.name][s] for s in STATUSES} for o in OPERATORS if o.name in found}

    @property
    def left(self) -> tuple[Verdict, ...]:
        """The mutants that no example notices, though they may be noticed."""
        return tuple(v for v in self.verdicts if v.status in ("surviving", "unproved", "unknown: budget"))

    @property
    def examples(self) -> tuple[str, ...]:
        """The examples that are missing, each once."""
        return tuple(dict.fromkeys(v.example for v in self.verdicts if v.example))


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is tried before a verdict is left open: cases of a proof, and lives."""

    cases: int = 800
    lives: int = 200


def mutate(
    rules: CompiledRuleset,
    examples: Sequence[Example],
    *,
    tried: Sequence[Mutant] | None = None,
    effort: Effort = Effort(),
    tell: Tell | None = None,
) -> Mutation:
    """Return what becomes of mutants, of all of them by default; `tell` is told how many are done, of how many."""
    judge = _Judge(rules, examples, effort)
    asked = list(mutants(rules.ruleset)) if tried is None else tried
    verdicts: list[Verdict] = []
    for mutant in asked:
        verdicts.append(judge.verdict(mutant))
        if tell is not None:
            tell(len(verdicts), len(asked))
    return Mutation(tuple(verdicts))


def sampled(rules: CompiledRuleset, only: Collection[str], most: int | None, seed: int) -> list[Mutant]:
    """Return the mutants of these operators, all by default; of more than `most` so many by chance, in their order."""
    every = list(mutants(rules.ruleset, only))
    if most is None or most >= len(every):
        return every
    chosen = sorted(Random(seed).sample(range(len(every)), most))  # noqa: S311 - a draw, not a secret
    return [every[n] for n in chosen]


@dataclass
class _Judge:
    """A ruleset, its examples, and those that were found to be missing so far."""

    rules: CompiledRuleset
    examples: Sequence[Example]
    effort: Effort
    found: dict[str, str] = field(default_factory=dict)  # name -> text of an example that is missing

    def __post_init__(self) -> None:
        self.seen = seen_by(self.rules, self.examples)
        self.noticing = Noticing(self.rules, self.seen)
        self.missing: list[Seen] = []

    @cached_property
    def distinguishers(self) -> list[Distinguisher]:
        """Those who look for lives: under the settings as they are, and with every parameter set."""
        found = []
        for settings in ({}, filled(self.rules, self.seen)):
            rules = under(self.rules, settings) if settings else self.rules
            lives = Lives(rules, self.seen, Random(_SEED))  # noqa: S311 - a draw, not a secret
            found.append(Distinguisher(rules, lives, settings, self.effort.lives))
        return found if found[1].settings else found[:1]

    def verdict(self, mutant: Mutant) -> Verdict:
        """Return what becomes of a mutant."""
        change = mutant.change
        try:
            by = self.noticing.by(change)
            if by is not None:
                return Verdict(mutant, "killed", by.name)
            found = Noticing(self.rules, self.missing).by(change)
        except RefusedError:
            return Verdict(mutant, "refused", "check")
        if found is not None:
            return Verdict(mutant, "surviving", example=self.found[found.name])
        return self._unnoticed(mutant)

    def _unnoticed(self, mutant: Mutant) -> Verdict:
        change, other = mutant.change, changed(self.rules, mutant.change)
        if change.section == "triggers":
            return self._by_many(mutant)
        if change.section not in ("decisions", "parameters"):
            return self._by_life(mutant)
        parted = self._parted(change)
        if parted.status in ("open", "unknown: budget"):
            parted = self._tried(parted, other)
        if parted.status == "differs":
            return self._shown(mutant, parted, other)
        if change.section == "parameters" and change.name in of_course(self.rules):
            # A time limit may read it itself.
            return self._by_life(mutant)
        if parted.status == "equivalent":
            return Verdict(mutant, "equivalent")
        status: Status = "unproved" if parted.status == "open" else "unknown: budget"
        names = ", ".join(parted.why)
        return Verdict(mutant, status, why=Label(_FACTS.zh.format(names), _FACTS.en.format(names)))

    # --- facts --------------------------------------------------------------------------------------------

    def _parted(self, change: Change) -> Parting:
        """Return where a change shows: under the settings as they are, else with one reading taken otherwise."""
        found: list[Parting] = []
        for settings in ({}, *other_readings(self.rules, change)):
            rules = under(self.rules, settings) if settings else self.rules
            found.append(parting(rules, changed(rules, change), cases=self.effort.cases, at_hand=self._told_apart))
            if found[-1].status == "differs":
                return replace(found[-1], settings={**settings, **(found[-1].settings or {})})
            if found[0].status != "equivalent":
                return found[0]
        return worst(found)

    def _told_apart(self, rules: CompiledRuleset, other: Changed, name: str) -> Mapping[str, Any] | None:
        """Return the facts of an example, or some with one fact changed, that tell a decision apart; None where there are none."""
        about = [s for s in self.seen if name in s.rests_on]
        near = islice(self._beside(about), _BESIDE)
        return next((f for f in (*(s.facts for s in about), *near) if differs(rules, other, name, f)), None)

    def _beside(self, about: Sequence[Seen]) -> Iterator[Mapping[str, Any]]:
        """Yield the facts of examples with one fact changed, drawn by chance."""
        lives, rng = self.distinguishers[0].lives, Random(_SEED)  # noqa: S311 - a draw, not a secret
        varied = [(s, sorted(s.rests_on & lives.pool.keys())) for s in about]
        varied = [(s, names) for s, names in varied if names]
        while varied:
            seen, names = rng.choice(varied)
            name = rng.choice(names)
            yield {**seen.facts, name: rng.choice(lives.pool[name])}

    def _tried(self, parted: Parting, other: Changed) -> Parting:
        """Return facts that tell a decision apart, if some of those of the examples, mixed by chance, do."""
        lives, rng = self.distinguishers[0].lives, Random(_SEED)  # noqa: S311 - a draw, not a secret
        for _ in range(_TRIES):
            facts = {**rng.choice(lives.facts), **rng.choice(lives.facts)}
            for name in rng.sample(sorted(lives.pool), min(len(lives.pool), rng.randint(1, 8))):
                facts[name] = rng.choice(lives.pool[name])
            if differs(self.rules, other, parted.decision, facts):
                return Parting("differs", parted.decision, facts)
        return parted

    def _shown(self, mutant: Mutant, parted: Parting, other: Changed) -> Verdict:
        """Return the example of facts on which a decision differs."""
        ruleset, settings = self.rules.ruleset, dict(parted.settings or {})
        rules = under(self.rules, settings) if settings else self.rules
        other = changed(rules, mutant.change) if settings else other
        inputs = ruleset.inputs
        facts = {n: real_value(v, inputs[n].type.domain) for n, v in (parted.facts or {}).items()}
        facts = dict(fewest(rules, other, parted.decision, facts))
        try:
            before, _ = both(rules, other, parted.decision, facts)
        except RefusedError:
            return Verdict(mutant, "refused", "check")
        tree: dict[str, Plain] = {"given": plain_facts(ruleset, facts)}
        if settings:
            tree["parameters"] = {n: plain_value(v) for n, v in settings.items()}
        tree["expect"] = {parted.decision: before or ""}
        return self._delivered(mutant, tree) or self._open(mutant, parted.decision)

    def _open(self, mutant: Mutant, name: str) -> Verdict:
        return Verdict(mutant, "unproved", why=Label(_FACTS.zh.format(name), _FACTS.en.format(name)))

    # --- lives --------------------------------------------------------------------------------------------

    def _by_life(self, mutant: Mutant) -> Verdict:
        for distinguisher in self.distinguishers:
            tree = distinguisher.example(mutant.change)
            delivered = self._delivered(mutant, tree) if tree else None
            if delivered:
                return delivered
        return Verdict(mutant, "unproved", why=_LIFE)

    def _by_many(self, mutant: Mutant) -> Verdict:
        for at in self.distinguishers[::-1]:
            tree = Crowd(at.rules, at.lives, at.settings).example(mutant.change, _SEED)
            delivered = self._delivered(mutant, tree) if tree else None
            if delivered:
                return delivered
        return Verdict(mutant, "unproved", why=_MANY)

    # --- the example --------------------------------------------------------------------------------------

    def _delivered(self, mutant: Mutant, tree: Mapping[str, Any]) -> Verdict | None:
        """Return a survivor with its example; None where that does not do what it must: hold, and fail under the mutant."""
        example = self._working(mutant.change, tree)
        if example is None:
            return None
        for name in tree.get("parameters", {}):
            fewer = {**tree, "parameters": {n: v for n, v in tree["parameters"].items() if n != name}}
            without = self._working(mutant.change, fewer)
            example, tree = (without, fewer) if without else (example, tree)
        used = {e.name for e in self.examples} | self.found.keys()
        name = title(self.rules.ruleset, example, used)
        text = example_text({"name": name, **tree})
        self.found[name] = text
        self.missing += seen_by(self.rules, [replace(example, name=name)])
        return Verdict(mutant, "surviving", example=text)

    def _working(self, change: Change, tree: Mapping[str, Any]) -> Example | None:
        """Return an example as it is read, if it holds as things are and fails after a change."""
        ruleset, limits = self.rules.ruleset, self.rules.limits
        text = file_of(ruleset.id, [example_text({"name": "-", **tree})])
        try:
            (example,) = parse_examples(text.encode(), "<example>", ruleset, limits)
            rules = under(self.rules, example.parameters) if example.parameters else self.rules
            works = not fails(rules, example) and fails(changed(rules, change).rules, example)
        except (RulesetError, FactsError):
            return None
        return example if works else None
