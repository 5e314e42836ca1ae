"""The laws of reviewing: what is called needless, contradictory or never received is so in every case, and nothing is missed."""

from __future__ import annotations

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


@pytest.mark.parametrize("part", range(4))
def test_what_is_found_is_what_trying_everything_finds(part: int) -> None:
    looked, seen = 0, set()
    for seed in range(part, sizes.of(60, 4000), 4):
        one = reviewed(seed)
        if one is None:
            continue
        text, ruleset, loaded = one
        tried = review(ruleset, loaded.order)
        expected = {f for f in tried.found if "rules" in ruleset["decisions"][f[1]]}
        looked += len(tried.looked_at)
        seen |= {code for code, _, _ in expected}

        assert found(text, tried.looked_at, ruleset) == expected, seed
    assert looked > 10
    assert seen >= {"CR221", "CR222"}


def test_what_is_handed_on_is_what_trying_everything_gives() -> None:
    compared = 0
    for seed in range(1000, 1000 + sizes.of(32, 3000)):
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
    assert compared > 10
