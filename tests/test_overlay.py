"""Overlays: joining is associative, the empty one changes nothing, every part knows its place."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
import yaml

import sizes
from complaint_rules import RulesetError
from complaint_rules.overlay import join
from complaint_rules.source import Document, read

BASE = """
language: 1
ruleset: page
version: 1.0.0
title: 示例
parameters:
  limit: {type: integer, value: 5, because: [c1]}
inputs:
  n: {type: integer, minimum: 0, maximum: 9}
decisions:
  d:
    inputs: [n]
    output: {values: {A: 甲, B: 乙, C: 丙}}
    hit_policy: first
    rules:
      - {id: low, when: {n: "< limit"}, then: A, because: [c1]}
      - {id: high, then: B, because: [c2]}
"""


def over(text: str, name: str = "branch") -> Document:
    return read(f"language: 1\noverlay: {name}\nextends: page\n{text}", f"{name}.yaml")


def base() -> Document:
    return read(BASE, "page.yaml")


def test_the_empty_overlay_changes_nothing() -> None:
    assert join(base(), over("")).root == base().root


def test_a_parameter_keeps_its_type_and_changes_its_kind() -> None:
    joined = join(base(), over("parameters: {limit: {assumed: 3, reason: ours}}"))

    assert joined.root["parameters"]["limit"] == {
        "type": "integer",
        "assumed": "3",
        "because": ["c1"],
        "reason": "ours",
    }
    assert joined.span(("parameters", "limit", "assumed")).file == "branch.yaml"
    assert joined.span(("parameters", "limit", "type")).file == "page.yaml"


def test_rules_are_replaced_added_placed_and_removed_by_id() -> None:
    text = """
decisions:
  d:
    remove: [high]
    rules:
      - {id: low, then: C}
      - {id: zero, before: low, when: {n: 0}, then: B}
      - {id: rest, then: A}
"""
    rules = join(base(), over(text)).root["decisions"]["d"]["rules"]

    assert [r["id"] for r in rules] == ["zero", "low", "rest"]
    assert rules[1] == {"id": "low", "when": {"n": "< limit"}, "then": "C", "because": ["c1"]}
    assert "before" not in rules[0]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("remove: {decisions: [e]}", "CR101"),
        ("remove: {rules: [low]}", "CR004"),
        ("remove: [d]", "CR006"),
        ("decisions: {d: {remove: [lo]}}", "CR101"),
        ("decisions: {d: {rules: [{id: x, before: nowhere, then: A}]}}", "CR101"),
        ("decisions: {d: {rules: [{id: low, before: high, then: A}]}}", "CR004"),
    ],
)
def test_what_is_not_there_is_said_where_it_is_written(text: str, code: str) -> None:
    with pytest.raises(RulesetError) as caught:
        join(base(), over(text))

    (problem,) = caught.value.diagnostics
    assert problem.code == code
    assert problem.span is not None
    assert problem.span.file == "branch.yaml"


# --- laws ----------------------------------------------------------------------------------------


def random_overlay(rng: Random, name: str) -> Document:
    """Return an overlay that changes, adds and removes parameters, decisions and rules."""
    tree: dict[str, Any] = {"language": "1", "overlay": name, "extends": "page"}
    if rng.random() < 0.3:
        tree["remove"] = {rng.choice(["parameters", "decisions"]): [rng.choice("abc")]}
    for section in ("parameters", "decisions"):
        if rng.random() < 0.8:
            make = random_parameter if section == "parameters" else random_decision
            tree[section] = {n: make(rng) for n in rng.sample("abc", rng.randint(1, 3))}
    return read(yaml.safe_dump(tree, sort_keys=False), f"{name}.yaml")


def random_parameter(rng: Random) -> dict[str, Any]:
    kind = rng.choice(["value", "assumed", "unset"])
    keys = {"type": "integer", kind: rng.choice("123"), "reason": rng.choice("xy")}
    return {k: v for k, v in keys.items() if rng.random() < 0.8}


def random_decision(rng: Random) -> dict[str, Any]:
    found: dict[str, Any] = {"label": rng.choice("xy")} if rng.random() < 0.5 else {}
    if rng.random() < 0.3:
        found["remove"] = rng.sample("pqr", 1)
    if rng.random() < 0.8:
        found["rules"] = [random_rule(rng, i) for i in rng.sample("pqr", rng.randint(1, 3))]
    return found


def random_rule(rng: Random, name: str) -> dict[str, Any]:
    keys = {"then": rng.choice("AB"), "when": {"n": rng.choice("12")}, "before": rng.choice("pqr")}
    return {"id": name} | {k: v for k, v in keys.items() if rng.random() < (0.2 if k == "before" else 0.7)}


def random_base(rng: Random) -> Document:
    tree = {
        "language": "1",
        "ruleset": "page",
        "parameters": {n: random_parameter(rng) for n in "ab"},
        "decisions": {n: {"rules": [{"id": i, "then": "A"} for i in "pq"]} for n in "ab"},
    }
    return read(yaml.safe_dump(tree, sort_keys=False), "page.yaml")


def test_joining_is_associative_where_it_is_defined() -> None:
    defined = 0
    tried = sizes.of(150, 2000)
    for seed in range(tried):
        rng = Random(seed)
        a, b, c = random_base(rng), random_overlay(rng, "b"), random_overlay(rng, "c")
        try:
            one, two = join(join(a, b), c), join(a, join(b, c))
        except RulesetError:
            continue
        defined += 1
        assert one.root == two.root, (seed, one.root, two.root)
        assert json.dumps(one.root) == json.dumps(two.root), seed
        assert one.values == two.values, seed
        assert one.overlays == two.overlays == ("b", "c")
    assert defined > tried / 4


def test_every_part_of_a_joined_document_has_a_place() -> None:
    for seed in range(sizes.of(60, 300)):
        rng = Random(seed)
        try:
            joined = join(random_base(rng), random_overlay(rng, "b"))
        except RulesetError:
            continue
        assert set(paths(joined.root, ())) == set(joined.values), seed


def paths(plain: Any, at: tuple[str | int, ...]) -> Any:
    yield at
    items = plain.items() if isinstance(plain, dict) else enumerate(plain) if isinstance(plain, list) else ()
    for key, value in items:
        yield from paths(value, (*at, key))


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ("ruleset: branch\nextends: page", "CR004"),
        ("extends: page", "CR005"),
        ("overlay: 分公司\nextends: page", "CR112"),
    ],
)
def test_an_overlay_has_an_id_of_its_own(head: str, code: str) -> None:
    with pytest.raises(RulesetError, match=code):
        join(base(), read(head, "branch.yaml"))


def test_deadlines_are_joined_by_name() -> None:
    below = read(BASE + "deadlines: {reply: {start: at, within: 2, unit: working_day}}\n", "page.yaml")
    joined = join(below, over("deadlines: {reply: {unit: calendar_day}}"))

    assert joined.root["deadlines"] == {"reply": {"start": "at", "within": "2", "unit": "calendar_day"}}
