"""Why not: the change named flips the outcome, no smaller one does, and people can read why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import product
from math import prod
from random import Random
from typing import Any

import pytest

from random_rulesets import Node, choices, random_builder, to_yaml

pytest.importorskip("complaint_rules")
import library
from complaint_rules import FactsError, load, load_text
from complaint_rules.contrast import why_not
from complaint_rules.deciding import settle_all
from complaint_rules.domains import ABSENT, Sign
from complaint_rules.facts import read_facts

CHUNKS, TABLES, MOST_POINTS = 20, 20, 4_000


def one_decision(rng: Random, kind: str) -> Node:
    """Return a ruleset of one table or checklist `d` over inputs only."""
    builder = random_builder(rng, rng.randint(1, 4))
    builder.ruleset["decisions"]["d"] = getattr(builder, f"make_{kind}")("d")
    return builder.ruleset


def wanted_of(tree: Node) -> Iterator[str]:
    """Yield everything that may be asked for: rules, items and values."""
    yield from (r["id"] for r in tree.get("rules", tree.get("needs_all", tree.get("needs_any", []))))
    outputs = {"": tree["output"]} if "output" in tree else tree.get("outputs", {})
    for rule in tree.get("rules", []):
        thens = rule["then"] if "outputs" in tree else {"": rule["then"]}
        for name, then in thens.items():
            text = f"[{', '.join(then)}]" if isinstance(then, list) else str(then)
            if text != "[]":
                yield f"{name}={text}" if name else text
    yield from ["yes", "no"] if not outputs else []


def space_of(rng: Random, ruleset: Node) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    """Return the values that each input may have, and a complaint; None is no fact."""
    known = choices(ruleset)
    space: dict[str, list[Any]] = {n: list(known[n]) for n in ruleset["inputs"]}
    missing = rng.choice([0.0, 0.0, 0.3])
    if "rules" not in ruleset["decisions"]["d"]:
        missing = 0.0  # which items of a list are met is not said alike for known and unknown facts
    start = {n: None if rng.random() < missing else rng.choice(values) for n, values in space.items()}
    for name, tree in ruleset["inputs"].items():
        if start[name] is None or "optional" in tree:
            space[name].append(None)
    return space, start


def given(point: Mapping[str, Any]) -> dict[str, Any]:
    return {n: v for n, v in point.items() if v is not None and v is not ABSENT}


def differing(point: Mapping[str, Any], start: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(n for n in point if point[n] != start[n])


def meets(answer: Any, wanted: str, tree: Node) -> bool:
    """Tell whether an answer is what is wanted, from the answer alone."""
    ids = {r["id"] for r in tree.get("rules", tree.get("needs_all", tree.get("needs_any", [])))}
    if wanted in ids:
        return wanted in answer.trace.rules or answer.trace.items.get(wanted) == "met"
    return answer.status == "decided" and any(says(v, wanted) for v in parts_of(answer.value))


def parts_of(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the values that an answer holds, each with its output."""
    if isinstance(value, tuple):
        for item in value:
            yield from parts_of(item)
    elif isinstance(value, Mapping):
        yield from value.items()
    else:
        yield "", value


def says(part: tuple[str, Any], wanted: str) -> bool:
    output, value = part
    name, _, text = wanted.rpartition("=")
    if name != output:
        return False
    if isinstance(value, bool):
        return ("yes" if value else "no") == text
    if isinstance(value, frozenset):
        return text.startswith("[") and value == {m.strip() for m in text.strip("[]").split(",")}
    return library.exact(value) == library.exact(type(value)(text)) if not hasattr(value, "year") else (
        value.isoformat() == text
    )


def nearest_by_trying(rules: Any, space: Any, start: Any, wanted: str, tree: Node) -> set[frozenset[str]]:
    """Return the smallest sets of inputs some change of which flips the answer."""
    found: set[frozenset[str]] = set()
    for values in product(*space.values()):
        point = dict(zip(space, values, strict=True))
        if meets(settle_all(rules, given(point))["d"], wanted, tree):
            found.add(differing(point, start))
    return {f for f in found if len(f) == min(map(len, found))}


def changed(start: Mapping[str, Any], contrast: Any) -> dict[str, Any]:
    return dict(start) | {c.column: c.example for c in contrast.changes}


@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("kind", ["table", "checklist"])
def test_the_change_named_flips_the_outcome_and_no_smaller_one_does(chunk: int, kind: str) -> None:
    asked = 0
    for seed in range(chunk * TABLES, (chunk + 1) * TABLES):
        rng = Random(seed)
        ruleset = one_decision(rng, kind)
        rules, tree = library.load(to_yaml(ruleset)), ruleset["decisions"]["d"]
        space, start = space_of(rng, ruleset)
        if rules is None or prod(map(len, space.values())) > MOST_POINTS:
            continue
        for wanted in dict.fromkeys(wanted_of(tree)):
            said = why_not(rules, given(start), "d", wanted)
            asked += 1
            answer, meant = said.answer, (to_yaml(ruleset), start, wanted, said)

            assert (said.status == "given") == meets(answer, wanted, tree), meant
            assert (said.status == "undetermined") == (answer.status == "undetermined" and said.status != "given")
            if said.status == "lost":
                smallest = nearest_by_trying(rules, space, start, wanted, tree)
                assert said.search == ("found" if smallest else "none"), meant
                assert {frozenset(c.column for c in n.changes) for n in said.nearest} == smallest, meant
                for near in said.nearest:
                    assert near.holds, meant
                    after = settle_all(rules, read_facts(rules.ruleset, given(changed(start, near))))["d"]
                    assert meets(after, wanted, tree), meant
            assert json.loads(json.dumps(said.to_dict())) == said.to_dict()
    assert asked
