"""A comparison of two rulesets names exactly the cases in which their answers part."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from itertools import product
from random import Random

import pytest

import library
from complaint_rules import decide
from complaint_rules.answers import Decided, NotRegulated
from complaint_rules.changes import Level
from complaint_rules.comparing import diff
from complaint_rules.comparing_tables import Side, _joint_step, _Pair
from complaint_rules.compile import inlined, tables_of
from complaint_rules.domains import ABSENT, NOT_REGULATED
from complaint_rules.joint import volume
from complaint_rules.regions import Budget
from complaint_rules.ruleset import ChecklistDecision, TableDecision
from random_rulesets import choices, random_facts, random_ruleset, to_yaml
from sizes import of

PAIRS = of(20, 3_000)
FACTS = 25
MOST_POINTS = 3_000


def edits(rng: Random, tree) -> None:
    """Change a ruleset here and there: rules leave, change places, say or ask something else."""
    tables = [d for d in tree["decisions"].values() if "rules" in d]
    for _ in range(rng.randint(1, 3)):
        if not tables:
            return
        rows = rng.choice(tables)["rules"]
        one, two = rng.choice(rows), rng.choice(rows)
        match rng.randrange(6):
            case 0 if len(rows) > 1:
                rows.remove(one)
            case 1:
                one["then"] = deepcopy(two["then"])
            case 2 if "when" in two:
                one["when"] = deepcopy(two["when"])
            case 3 if "when" in one and isinstance(one["when"], dict) and one["when"]:
                del one["when"][rng.choice(sorted(one["when"]))]
            case 4:
                rows.sort(key=lambda _: rng.random())
            case _:
                parameters = [
                    p for p in tree.get("parameters", {}).values() if "value" in p and p.get("type") == "integer"
                ]
                for parameter in parameters[:1]:
                    parameter["value"] = str(int(parameter["value"]) + 1)


def pairs(seed: int) -> Iterator:
    """Yield random rulesets, each with an edited copy, and facts."""
    rng = Random(seed)
    found = 0
    while found < PAIRS:
        tree = random_ruleset(rng)
        other = deepcopy(tree)
        edits(rng, other)
        try:
            old, new = library.load(to_yaml(tree)), library.load(to_yaml(other))
        except library.complaint_rules.RulesetError:
            continue
        if old is not None and new is not None:
            found += 1
            yield rng, tree, old, new


def value_of(name, facts, result, ruleset):
    """Return what a column holds; None where that is not known."""
    if name in ruleset.inputs:
        return facts.get(name, ABSENT if ruleset.inputs[name].optional else None)
    head, _, output = name.partition(".")
    match result.decisions.get(head):
        case Decided(value):
            return value[output] if output else value
        case NotRegulated():
            return NOT_REGULATED
    return None


def cells_of(column, value):
    return [axis.cell_of(value) for axis in column.axes]


def holds(box, columns, values):
    """Report whether a point lies in a box."""
    point = [c for column, value in zip(columns, values, strict=True) for c in cells_of(column, value)]
    return all(bits >> cell & 1 for bits, cell in zip(box, point, strict=True))


def said(answer):
    match answer:
        case Decided(value):
            return library.exact(library.frozen(value))
        case NotRegulated(refer_to):
            return ("silent", refer_to is None)
    return None


@pytest.mark.parametrize("seed", range(2))
def test_answers_part_exactly_in_the_regions(seed):
    seen = differing = 0
    for rng, tree, old, new in pairs(seed):
        changes = diff(old, new)
        known = choices(tree)
        for _ in range(FACTS):
            facts = random_facts(rng, tree, known)
            try:
                one, two = decide(old, facts), decide(new, facts)
            except library.complaint_rules.FactsError:
                continue
            for name in new.ruleset.order:
                found = changes.decision(name)
                if not isinstance(inlined(new.ruleset, name), (TableDecision, ChecklistDecision)):
                    continue
                if found is not None and (found.supposing or found.search != "exact"):
                    continue
                columns = found.columns if found else ()
                names = [c.name for c in columns] or list(inlined(new.ruleset, name).inputs)
                values = [[value_of(n, facts, r, s.ruleset) for n in names] for r, s in ((one, old), (two, new))]
                answers = said(one.decisions[name]), said(two.decisions[name])
                if None in answers or values[0] != values[1] or any(v is None for v in values[0]):
                    continue
                inside = any(holds(r.box, columns, values[0]) for r in found.regions) if found else False
                assert (answers[0] != answers[1]) is inside, (seed, name, facts, answers)
                seen += 1
                differing += inside
    assert seen > PAIRS
    assert differing > PAIRS // 10


def tables(old, new, name):
    """Return the pairs of tables that a comparison walks, as it made them."""
    sides = [Side.of(r, inlined(r.ruleset, name)) for r in (old, new)]
    found = tables_of(_joint_step(*sides), {})
    return [_Pair(*sides, t, way) for way, t in found or ()]


def by_points(pair):
    """Return how many points of cells of the joint space the two sides answer differently, trying each."""
    ranges = [[c for c in range(size) if pair.space[axis] >> c & 1] for axis, size in enumerate(pair.table.sizes)]
    wanted = 0
    for point in product(*ranges):
        matching = [
            b for b, box in enumerate(pair.boxes) if all(bits >> c & 1 for bits, c in zip(box, point, strict=True))
        ]
        wanted += pair.verdict(sum(1 << b for b in matching)) is not None
    return wanted


@pytest.mark.parametrize("seed", range(10, 12))
def test_the_regions_hold_as_many_points_as_trying_each_finds(seed):
    tried = 0
    for _, _, old, new in pairs(seed):
        for name in new.ruleset.order:
            if name not in old.ruleset.decisions or not isinstance(
                inlined(new.ruleset, name), (TableDecision, ChecklistDecision)
            ):
                continue
            for pair in tables(old, new, name)[:4]:
                points = 1
                for bits in pair.space:
                    points *= bits.bit_count()
                if points > MOST_POINTS:
                    continue
                regions = pair.regions(Budget(10**6))
                assert volume(r.box for r in regions) == by_points(pair), (seed, name)
                tried += bool(regions)
    assert tried > PAIRS // 10


def test_a_ruleset_does_not_differ_from_itself_and_differences_mirror():
    for _, _, old, new in pairs(20):
        assert diff(old, old).level is Level.NONE
        one, two = diff(old, new), diff(new, old)
        assert {d.name for d in one.decisions} == {d.name for d in two.decisions}
        for decision in one.decisions:
            mirrored = two.decision(decision.name)
            if decision.search == "exact" and not decision.supposing:
                assert volume(r.box for r in decision.regions) == volume(r.box for r in mirrored.regions) or (
                    decision.columns != mirrored.columns
                )
                assert {(r.old, r.new) for r in decision.regions} == {(r.new, r.old) for r in mirrored.regions}


def test_every_example_of_a_region_lies_in_it_and_in_no_other():
    for _, _, old, new in pairs(30):
        for decision in diff(old, new).decisions:
            for region in decision.regions:
                values = [frozenset(v) if isinstance(v, tuple) else v for v in region.example.values()]
                assert [r for r in decision.regions if holds(r.box, decision.columns, values)] == [region]
