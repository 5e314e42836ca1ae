"""Comparing: two rulesets, or one on two days; for every decision the exact regions in which they say two things."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from difflib import SequenceMatcher

from complaint_rules.changes import Changes, DecisionChange, Level, PartChange, RuleChange
from complaint_rules.comparing_parts import changed_parts, changed_words
from complaint_rules.comparing_tables import Compared, Side, compare_tables
from complaint_rules.compile import CompiledRuleset, inlined, read_by
from complaint_rules.jointly import joint_ruleset
from complaint_rules.limits import DEFAULT_LIMITS, Limits
from complaint_rules.loading import deadline_reads
from complaint_rules.regions import Budget
from complaint_rules.ruleset import ChecklistDecision, Decision, Item, Rule, Ruleset, TableDecision


def diff(old: CompiledRuleset, new: CompiledRuleset, limits: Limits = DEFAULT_LIMITS) -> Changes:
    """Return what differs between two rulesets under their settings.

    A decision is compared over its own columns: its regions are where it says something else of the same columns.
    What follows from a changed decision further down is named in `affected`.
    """
    names = dict.fromkeys((*new.ruleset.order, *old.ruleset.order))
    decisions = {n: d for n in names if (d := _decision(n, old, new, limits))}
    touched = _affected([n for n, d in decisions.items() if d.level > Level.PATCH], new)
    with_effects = (
        replace(d, affects=touched[n], limits=_limits({n, *touched[n]}, new.ruleset)) if n in touched else d
        for n, d in decisions.items()
    )
    return Changes(
        old.ruleset, new.ruleset, joint_ruleset(old.ruleset, new.ruleset),
        changed_parts(old.ruleset, new.ruleset), tuple(with_effects),
    )  # fmt: skip


def _decision(name: str, old: CompiledRuleset, new: CompiledRuleset, limits: Limits) -> DecisionChange | None:
    one, two = old.ruleset.decisions.get(name), new.ruleset.decisions.get(name)
    if one is None or two is None:
        part = PartChange("decisions", name, "removed")
        added = PartChange("decisions", name, "added", level=Level.MINOR)
        return DecisionChange(name, "exact", parts=(added if one is None else part,))
    parts = tuple(changed_words(name, one, two))
    sides = [_side(rules, name) for rules in (old, new)]
    if sides[0] is None or sides[1] is None:
        found = DecisionChange(name, "exact", parts=parts)
        return found or None
    compared = compare_tables(sides[0], sides[1], Budget(limits.analysis_steps))
    found = _with(compared, name, parts, tuple(_rules(one, two)))
    return found or None


def _side(rules: CompiledRuleset, name: str) -> Side | None:
    """Return a decision as a table of rules; None where it is a formula."""
    decision = inlined(rules.ruleset, name)
    return Side.of(rules, decision) if isinstance(decision, (TableDecision, ChecklistDecision)) else None


def _with(
    compared: Compared, name: str, parts: tuple[PartChange, ...], rules: tuple[RuleChange, ...]
) -> DecisionChange:
    return DecisionChange(
        name, compared.search, compared.columns, compared.space, compared.regions, rules, parts, compared.supposing, compared.ways
    )  # fmt: skip


def _affected(changed: Sequence[str], rules: CompiledRuleset) -> Mapping[str, tuple[str, ...]]:
    """Return for each changed decision those that rest on it, in order."""
    found: dict[str, tuple[str, ...]] = {}
    for name in changed:
        touched = {name}
        for step in rules.steps:
            if not touched.isdisjoint(n.partition(".")[0] for n in read_by(step)):
                touched.add(step.name)
        found[name] = tuple(s.name for s in rules.steps if s.name in touched - {name})
    return found


def _limits(changed: AbstractSet[str], ruleset: Ruleset) -> tuple[str, ...]:
    """Return the deadlines that read any of these decisions."""
    reads = {d.name: {n.partition(".")[0] for n in deadline_reads(ruleset, d)} for d in ruleset.deadlines.values()}
    return tuple(n for n, names in reads.items() if names & changed)


# --- rules and items -----------------------------------------------------------------------------------


def _rules(old: Decision, new: Decision) -> Iterator[RuleChange]:
    """Yield the rules, or items, that came, went, or stand differently."""
    one, two = _rows(old), _rows(new)
    gone, come = [n for n in one if n not in two], [n for n in two if n not in one]
    renamed: dict[str, str] = {}
    for before in gone:
        after = next((n for n in come if n not in renamed.values() and _says(two[n]) == _says(one[before])), None)
        if after is not None:
            renamed[before] = after
    yield from (RuleChange("renamed", a, b) for a, b in renamed.items())
    yield from (RuleChange("removed", n, None) for n in gone if n not in renamed)
    yield from (RuleChange("added", None, n) for n in come if n not in renamed.values())
    both = [n for n in one if n in two]
    for name in both:
        if _says(one[name]) != _says(two[name]):
            yield RuleChange("changed", name, name)
        elif _wording(one[name]) != _wording(two[name]):
            yield RuleChange("wording", name, name)
    yield from _moved(both, [n for n in two if n in one])


def _moved(old: Sequence[str], new: Sequence[str]) -> Iterator[RuleChange]:
    kept = {
        n
        for m in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
        for n in old[m.a : m.a + m.size]
    }
    yield from (RuleChange("moved", n, n) for n in new if n not in kept)


def _rows(decision: Decision) -> Mapping[str, Rule | Item]:
    match decision:
        case TableDecision(rules=rules):
            return {r.id: r for r in rules}
        case ChecklistDecision(items=items):
            return {i.id: i for i in items}
    return {}


def _says(row: Rule | Item) -> object:
    return (row.when, row.then) if isinstance(row, Rule) else (row.when, row.needs)


def _wording(row: Rule | Item) -> object:
    return row.label, row.because
