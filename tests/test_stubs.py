"""Stubs: mypy takes them, takes right facts, refuses wrong ones; what is decided has the types that they say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from mypy import api
from pydantic import ConfigDict, TypeAdapter

import sizes
from complaint_rules import decide, load, load_text
from complaint_rules.answers import Decided, DecisionResult
from complaint_rules.example_file import examples_path, read_examples
from complaint_rules.library import find_ruleset, names, read_ruleset
from complaint_rules.stubs import stub
from fences import fences

PAGE = Path(__file__).parents[1] / "docs" / "diagnostics.md"
SHARED = next(f.text for f in fences(PAGE.read_text("utf-8")) if f.words == ("shared",))

AWKWARD = """\
language: 1
ruleset: odd_words
version: 1.0.0
title: '"QUOTES"说SLASH明'
inputs:
  date: {type: date}
  class: {type: set, values: [a, B]}
  from: {type: duration}
  more: {values: {x: '"甲"', y: 乙}, open: true}
  spoken: {type: text}
  share: {type: decimal, unit: '%'}
decisions:
  str:
    hit_policy: collect
    inputs: [class]
    outputs: {one: {type: integer}, two: {values: [p, q]}}
    rules:
      - {id: all, then: {one: 1, two: p}, because: c}
    default: []
  str_: {expression: "'a' in class", output: {type: boolean}, because: c}
  grades:
    inputs: [class]
    output: {type: set, of: text}
    rules:
      - {id: all, then: [x], because: c}
  later: {expression: share + 1, because: c}
""".replace("QUOTES", '""').replace("SLASH", "\\\\")


def types(text: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    text = text.replace("from typing import", "from typing_extensions import")  # pydantic asks for these
    exec(compile(text, "page_types.py", "exec", dont_inherit=True), made)
    return made


def decided(result: DecisionResult) -> dict[str, Any]:
    return {n: plain(a.value) for n, a in result.decisions.items() if isinstance(a, Decided)}


def plain(value: Any) -> Any:
    """Several outputs come in a mapping that is no dict, which a strict typed dict refuses."""
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    return dict(value) if isinstance(value, Mapping) else value


def said_by_mypy(folder: Path, use: str, text: str) -> str:
    (folder / "page_types.py").write_text(text, "utf-8")
    (folder / "use.py").write_text(f"from page_types import *\n\n{use}\n", "utf-8")
    said, _, _ = api.run([
        "--strict", "--follow-imports=silent", f"--cache-dir={folder.parent}", "--config-file=", "--no-error-summary",
        str(folder / "page_types.py"), str(folder / "use.py"),
    ])  # fmt: skip
    return said


@pytest.mark.parametrize("name", [*names(), "awkward"])
def test_mypy_takes_the_stub_of_every_ruleset(name: str, tmp_path: Path) -> None:
    ruleset = load_text(AWKWARD).ruleset if name == "awkward" else read_ruleset(name)

    assert said_by_mypy(tmp_path, "", stub(ruleset)) == ""


@pytest.mark.parametrize(
    ("use", "said"),
    [
        ('facts: PageFacts = {"n": 3, "amount": "12.50", "channel": "shop"}', ""),
        ('facts: PageFacts = {"n": None}', ""),
        ("def f(d: PageDecisions) -> bool: return d['e_mail']", ""),
        ("def f(d: PageDecisions) -> str: return d['d']", ""),
        ('facts: PageFacts = {"m": 3}', 'Extra key "m"'),
        ('facts: PageFacts = {"n": "three"}', "Incompatible types"),
        ('facts: PageFacts = {"amount": 12.5}', "Incompatible types"),
        ('facts: PageFacts = {"channel": "hotlien"}', "Incompatible types"),
        ("def f(d: PageDecisions) -> object: return d['e']", 'has no key "e"'),
        ("def f(d: PageDecisions) -> bool: return d['d'] == 'C'", "Non-overlapping equality"),
        ("import complaint_rules\nf: PageFacts = {'n': 1}\ncomplaint_rules.decide(complaint_rules.load('x'), f)", ""),
    ],
)
def test_mypy_takes_right_names_and_values_and_refuses_wrong_ones(use: str, said: str, tmp_path: Path) -> None:
    found = said_by_mypy(tmp_path, use, stub(load_text(SHARED).ruleset))

    assert said in found
    assert bool(said) == bool(found), found


@pytest.mark.parametrize("name", ["bank", "food"][: sizes.of(1, 2)])
def test_what_is_decided_has_the_types_of_the_stub(name: str) -> None:
    rules = load(name)
    made = types(stub(rules.ruleset))
    decisions = made[f"{name.title()}Decisions"]
    decisions.__pydantic_config__ = ConfigDict(strict=True, extra="forbid")
    adapter = TypeAdapter(decisions)
    for example in read_examples(examples_path(find_ruleset(name)), rules.ruleset):
        result = decide(rules, example.given, parameters=example.parameters)

        assert adapter.validate_python(decided(result)) == decided(result)


def test_a_list_of_several_outputs_is_a_tuple_of_typed_dicts() -> None:
    rules = load_text(AWKWARD)
    made = types(stub(rules.ruleset))
    result = decide(rules, {"class": ["a"], "share": 1})
    adapter = TypeAdapter(made["OddWordsDecisions"])

    assert set(decided(result)) == set(rules.ruleset.decisions)
    assert adapter.validate_python(decided(result)) == decided(result)


def test_words_stand_beside_their_keys() -> None:
    text = stub(load_text(SHARED).ruleset)

    assert '    """channel: hotline = 热线；shop = 门店"""' in text
    assert '    """amount (CNY)"""' in text
