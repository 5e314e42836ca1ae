"""The laws of reviewing: what is called needless, contradictory or never received is so in every case, and nothing is missed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

import complaint_rules
import library
import sizes
from complaint_rules.handed import Tables, handed_on
from complaint_rules.library import check_text
from complaint_rules.limits import DEFAULT_LIMITS
from random_rulesets import Node, random_ruleset, to_yaml
from reference_cells import UNLISTED, matches, rows_of, type_of
from reference_reviews import review

BY_RULE = {"CR220", "CR221"}
CODES = {*BY_RULE, "CR222", "CR223"}


def found(text: str, tables: list[str], ruleset: Node) -> set[tuple[str, str, str]]:
    """Return what is found of these tables: the code, the table, and the rule or column."""
    said: set[tuple[str, str, str]] = set()
    for d in check_text(text):
        args: Any = d.args
        if d.code in CODES and args["decision"] in tables and "rules" in ruleset["decisions"].get(args["decision"], {}):
            said.add((d.code, args["decision"], args["column"] if d.code == "CR222" else args["rules"][-1]))
    return said


def reviewed(seed: int) -> tuple[str, Node, Any] | None:
    """Return a random ruleset that can be decided, its text and as it is loaded."""
    ruleset = random_ruleset(Random(seed))
    text = to_yaml(ruleset)
    try:
        return text, ruleset, complaint_rules.load_text(text).ruleset
    except complaint_rules.RulesetError:
        return None


def alike(ruleset: Node, name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the listed values of a fact that each cell treats alike, where none names one of them."""
    type_ = type_of(ruleset["inputs"][name], ruleset["types"])
    cells: list[Any] = []
    for tree in ruleset["decisions"].values():
        names = tree.get("with", {})
        asked = ruleset["decisions"][tree["invoke"]] if "invoke" in tree else tree
        if "expression" in asked and name in {names.get(w, w) for w in re.findall(r"\w+", asked["expression"])}:
            return
        parts = [r.get("when") for r in asked.get("rules", ())]
        parts += [
            i.get(k) for i in (*asked.get("needs_all", ()), *asked.get("needs_any", ())) for k in ("when", "needs")
        ]
        cells += [c for part in parts for row in rows_of(part) for n, c in row.items() if names.get(n, n) == name]
        if "rules" in asked and name in {names.get(n, n) for n in asked["inputs"]}:
            cells.append("-")
    if type_.kind != "enumeration" or not cells:
        return
    groups: dict[tuple[bool, ...], list[Any]] = {}
    for value in (*type_.values, *([UNLISTED] if type_.open else [])):
        groups.setdefault(tuple(matches(c, value, type_, {}) for c in cells), []).append(value)
    named = {w for c in cells for w in re.findall(r"\w+", str(c))}
    for group in groups.values():
        listed = tuple(v for v in group if v is not UNLISTED)
        if len(group) > 1 and listed and not named & set(listed):
            yield name, listed


@pytest.mark.parametrize("part", range(4))
def test_what_is_found_is_what_trying_everything_finds(part: int) -> None:
    looked, seen = 0, set()
    for seed in range(part, sizes.of(48, 4000), 4):
        one = reviewed(seed)
        if one is None:
            continue
        text, ruleset, loaded = one
        tried = review(ruleset, loaded.order)
        expected = {f for f in tried.found if "rules" in ruleset["decisions"][f[1]]}
        looked += len(tried.looked_at)
        seen |= {code for code, _, _ in expected}

        assert found(text, tried.looked_at, ruleset) == expected, seed
    assert looked > 5
    assert seen >= {"CR221", "CR222"}


def test_what_is_handed_on_is_what_trying_everything_gives() -> None:
    compared = 0
    for seed in range(1000, 1000 + sizes.of(24, 3000)):
        one = reviewed(seed)
        if one is None:
            continue
        _, ruleset, loaded = one
        known = handed_on(Tables(loaded, DEFAULT_LIMITS), {})
        tried = review(ruleset, loaded.order)
        for name, values in known.items():
            if name.split(".")[0] in tried.looked_at:
                compared += 1

                assert {library.frozen(v) for v in values} == tried.given[name], (seed, name)
    assert compared > 5


def test_values_alike_are_those_that_no_cell_tells_apart_or_names() -> None:
    compared = 0
    for seed in range(2000, 2000 + sizes.of(30, 3000)):
        one = reviewed(seed)
        if one is None:
            continue
        text, ruleset, loaded = one
        said = {(d.args["name"], d.args["values"]) for d in check_text(text, notes=True) if d.code == "CR225"}
        tried = {a for name in ruleset["inputs"] for a in alike(ruleset, name)}
        compared += len(tried)

        assert said == tried, seed
        assert loaded is not None
    assert compared > 1
