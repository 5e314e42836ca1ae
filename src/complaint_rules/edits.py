"""Edits: which rules, items, decisions, parameters and facts are written otherwise in another ruleset, and what can follow from that."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from complaint_rules.compile import CompiledRuleset, inlined, read_by
from complaint_rules.ruleset import ChecklistDecision, ExpressionDecision, TableDecision


@dataclass(frozen=True, slots=True)
class Edits:
    """What was edited: rules and items by decision; decisions in another way; parameters and facts."""

    rules: Mapping[str, frozenset[str]]
    decisions: frozenset[str]
    names: frozenset[str]
    reads: Mapping[str, frozenset[str]]  # decision -> all decisions that it uses, directly or not
    rests_on: Mapping[str, frozenset[str]]  # decision -> all parameters and facts that it uses

    def causes(self, decision: str, rules: Collection[str]) -> tuple[str, ...]:
        """Return the edits for which a row is decided otherwise, these being the rules that decide it before or after."""
        own = [f"{decision}.{r}" for r in sorted(self.rules.get(decision, frozenset()) & set(rules))]
        if own or decision in self.decisions:
            return tuple(own or [decision])
        return tuple(self._through(decision)) or tuple(f"{decision}.{r}" for r in sorted(self.rules.get(decision, ())))

    def _through(self, decision: str) -> Iterator[str]:
        yield from sorted(self.names & self.rests_on[decision])
        for name in sorted(self.reads[decision]):
            yield from (f"{name}.{r}" for r in sorted(self.rules.get(name, ())))
            if name in self.decisions:
                yield name


def edits_between(old: CompiledRuleset, new: CompiledRuleset) -> Edits:
    """Return what is written otherwise in the newest version of another ruleset."""
    both = [n for n in new.ruleset.order if n in old.ruleset.decisions]
    pairs = {n: (inlined(old.ruleset, n), inlined(new.ruleset, n)) for n in both}
    rules = {n: frozenset(_edited(_rows(a), _rows(b))) for n, (a, b) in pairs.items()}
    otherwise = frozenset(n for n, (a, b) in pairs.items() if _frame(a) != _frame(b))
    names = {*old.parameters, *new.parameters}
    names = {n for n in names if old.parameters.get(n) != new.parameters.get(n)}
    names |= {n for n in {**old.ruleset.inputs, **new.ruleset.inputs} if _fact(old, n) != _fact(new, n)}
    one, other = (_uses(r, r.ruleset.decisions) for r in (old, new))
    first, second = (_uses(r, {*r.ruleset.inputs, *r.ruleset.parameters}) for r in (old, new))
    return Edits(
        {n: r for n, r in rules.items() if r}, otherwise, frozenset(names),
        {n: one.get(n, frozenset()) | other.get(n, frozenset()) for n in both},
        {n: first[n] | second[n] for n in both},
    )  # fmt: skip


def _rows(decision: Any) -> dict[str, Any]:
    """Return what each rule or item says, without where it stands."""
    match decision:
        case TableDecision():
            return {r.id: (r.when, r.then) for r in decision.rules}
        case ChecklistDecision():
            return {i.id: (i.when, i.needs) for i in decision.items}
        case _:
            return {}


def _edited(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    yield from (n for n in {**old, **new} if old.get(n) != new.get(n))


def _frame(decision: Any) -> Any:
    """Return what a decision says besides its rules; the order of these counts where the first decides."""
    match decision:
        case TableDecision():
            outputs = {n: t.domain for n, t in decision.outputs.items()}
            order = [r.id for r in decision.rules] if decision.policy.value in {"first", "rule_order"} else []
            return decision.policy, decision.aggregate, decision.default, outputs, order, decision.refer_to
        case ExpressionDecision():
            return decision.formula.root, decision.type.domain, decision.step, decision.rounding
        case ChecklistDecision():
            return decision.all_needed, decision.ordered
        case _:
            return decision


def _fact(rules: CompiledRuleset, name: str) -> Any:
    fact = rules.ruleset.inputs.get(name)
    return None if fact is None else (fact.type.domain, fact.optional)


def _uses(rules: CompiledRuleset, meant: Collection[str]) -> dict[str, frozenset[str]]:
    """Return for each decision which of these names it uses, itself or through others."""
    found: dict[str, frozenset[str]] = {}
    for step in rules.steps:
        read = {n if n in meant else n.partition(".")[0] for n in read_by(step)}
        through = (found[n.partition(".")[0]] for n in read_by(step) if n.partition(".")[0] in found)
        found[step.name] = frozenset(read & set(meant)).union(*through)
    return found
