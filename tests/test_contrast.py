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
import sizes
from complaint_rules import FactsError, load, load_text, nearest
from complaint_rules.contrast import why_not
from complaint_rules.contrast_words import explain_why_not
from complaint_rules.deciding import settle_all
from complaint_rules.domains import ABSENT
from complaint_rules.facts import read_facts
from complaint_rules.regions import cells

CHUNKS, TABLES, MOST_POINTS = 10, sizes.of(4, 16), 1_500


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
    return (
        library.exact(value) == library.exact(type(value)(text))
        if not hasattr(value, "year")
        else (value.isoformat() == text)
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


@pytest.mark.parametrize("kind", ["table", "checklist"])
def test_the_goal_holds_everywhere_in_the_box_named(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Any, Any]] = []
    widened = nearest.Walk.widened

    def watched(walk: Any, taken: Any) -> Any:
        seen.append((walk, widened(walk, taken)))
        return seen[-1][1]

    monkeypatch.setattr(nearest.Walk, "widened", watched)
    for seed in range(sizes.of(25, 100)):
        rng = Random(seed)
        ruleset = one_decision(rng, kind)
        rules, (_, start) = library.load(to_yaml(ruleset)), space_of(rng, ruleset)
        for wanted in dict.fromkeys(wanted_of(ruleset["decisions"]["d"])) if rules else ():
            why_not(rules, given(start), "d", wanted)
    assert seen
    rng = Random(0)
    for walk, box in seen:
        for _ in range(5):
            ends = {n: (walk.question.tables[t], m) for n, (t, m) in enumerate(walk.worlds)}
            for (_, at), bits in box.items():
                cell = rng.choice(list(cells(bits)))
                ends = {n: (t, m & t.masks[at][cell]) for n, (t, m) in ends.items()}

            assert walk.question.goal.holds(list(ends.values()))


# --- cases an officer can check ----------------------------------------------------------------------

FOOD = load("food")
LIGHT = {
    "defect": ["light_weight"],
    "product_category": "dried_tofu",
    "health_harm": "none",
    "stage": "consumption",
    "cause": "something_else",
    "people_same_symptom": 0,
}


def test_a_light_pack_is_grade_a_only_with_harm_or_another_defect() -> None:
    said = why_not(FOOD, LIGHT, "compensation_grade", "A")
    harm, defect = said.nearest

    assert said.status == "lost"
    assert [c.column for c in harm.changes] == ["health_harm"]
    assert [(c.kind, c.example) for c in harm.changes] == [("fact", "harmed")]
    assert [(c.kind, c.column, c.example) for c in defect.changes] == [("decision", "grade_by_9", "A")]
    assert [t.column for c in defect.changes for t in c.through] == ["defect"]
    assert harm.holds
    assert defect.holds


def test_people_read_why_in_chinese() -> None:
    text = explain_why_not(why_not(FOOD, LIGHT, "compensation_grade", "A"), FOOD, "zh")

    assert text.startswith("赔偿等级：C类。为何不是“A类”？\n")
    assert "- 规则 harm_makes_a 未满足：健康伤害须为“有”，现为“无”（依据：food-9.2.1-a" in text
    assert text.endswith("- 健康伤害改为“有”\n- 9.1等级改为“A类”（办法：不良现象包括“异物杂质”）")


def test_people_read_why_in_english() -> None:
    text = explain_why_not(why_not(FOOD, LIGHT, "grade_by_9", "foreign_matter"), FOOD, "en")

    assert text.startswith("grade by 9.1: C. Why not rule foreign_matter?\n")
    assert "- rule foreign_matter did not match: defect would have to be" in text
    assert "\n- defect includes foreign matter" in text


def test_a_rule_that_matched_says_which_rule_won() -> None:
    said = why_not(FOOD, {**LIGHT, "defect": ["light_weight", "mouldy"]}, "grade_by_9", "light_or_broken")

    assert [(r.rule, r.failed, r.beaten_by) for r in said.losing] == [("light_or_broken", (), ("fermented_or_mouldy",))]
    assert [c.example for n in said.nearest for c in n.changes] == [frozenset({"light_weight"})]
    assert "满足，但以 fermented_or_mouldy 为准" in explain_why_not(said, FOOD, "zh")


def test_what_is_asked_for_may_have_been_given() -> None:
    said = why_not(FOOD, LIGHT, "compensation_grade", "C")

    assert (said.status, said.search, said.nearest) == ("given", "not searched", ())
    assert "正是所问的“C类”" in explain_why_not(said, FOOD, "zh")


def test_an_open_decision_says_what_to_ask() -> None:
    said = why_not(FOOD, {}, "compensation_grade", "A")

    assert said.status == "undetermined"
    assert "health_harm" in said.ask
    assert "Ask first: " in explain_why_not(said, FOOD, "en")


def test_an_expression_says_only_its_operands() -> None:
    said = why_not(FOOD, {**LIGHT, "defective_packs": 3}, "gift_packs", "30")

    assert (said.status, said.search) == ("lost", "not searched")
    assert said.operands == {"gift_ratio": 1, "counted_per_pack": 1, "defective_packs": 3}
    assert "不良包数 = 3" in explain_why_not(said, FOOD, "zh")


PAGE = """
language: 1
ruleset: page
version: 1.0.0
title: {zh: 示例, en: example}
time_zone: Asia/Shanghai
parameters:
  strict: {reading: yes, options: {yes: 从严, no: 从宽}, reason: {zh: 两种读法, en: two readings}}
  few: {type: integer, unset: true, reason: {zh: 未定, en: open}}
inputs:
  amount: {type: money, currency: CNY, minimum: 0.00}
  channel: {values: [hotline, shop]}
  of_other: {values: [hotline, shop]}
  form: {type: boolean}
  boxes: {type: integer, minimum: 0}
decisions:
  level:
    hit_policy: first
    inputs: [strict, amount, channel]
    output: {values: [high, low]}
    rules:
      - {id: large, when: {strict: yes, amount: "> 500"}, then: high, because: [c]}
      - {id: shop, when: {channel: shop}, then: low, because: [c]}
      - {id: lenient, when: {strict: no}, then: high, because: [c]}
    default: low
  level_of_other: {invoke: level, with: {channel: of_other}}
  amounts: {inputs: [boxes, form], output: {values: [few, many]}, rules: [{id: few, when: {boxes: "<= few"}, then: few},
    {id: form, when: {form: yes, boxes: "> few"}, then: many}], default: many}
  valid:
    needs_all:
      - {id: form_filled, needs: {form: yes}, because: [c]}
      - {id: by_phone, when: {channel: hotline}, needs: {amount: "> 100"}, because: [c]}
"""
RULES = load_text(PAGE)
SMALL = {"amount": "50.00", "channel": "hotline", "of_other": "hotline", "form": False, "boxes": 3}


def test_facts_come_before_settings_and_no_constant_is_changed() -> None:
    said = why_not(RULES, SMALL, "level", "high")

    assert [[(c.column, c.kind) for c in n.changes] for n in said.nearest] == [
        [("amount", "fact")],
        [("strict", "setting")],
    ]
    assert [n.changes[0].words.en for n in said.nearest] == ["> 500 CNY", "no"]
    assert all(n.holds for n in said.nearest)
    assert "strict改为“否”（属于设定）" in explain_why_not(said, RULES, "zh")


def test_an_invocation_speaks_of_its_own_facts() -> None:
    said = why_not(RULES, SMALL, "level_of_other", "shop")

    assert [c.column for n in said.nearest for c in n.changes] == ["of_other"]


def test_a_checklist_says_which_items_are_unmet_and_what_meets_them() -> None:
    said = why_not(RULES, SMALL, "valid", "yes")

    assert [(r.rule, [f.column for f in r.failed]) for r in said.losing] == [
        ("form_filled", ["form"]),
        ("by_phone", ["amount"]),
    ]
    assert [{c.column for c in n.changes} for n in said.nearest] == [{"form", "channel"}, {"form", "amount"}]
    assert all(n.holds for n in said.nearest)


def test_a_column_bounded_by_an_unset_parameter_is_not_tried() -> None:
    settled = why_not(load_text(PAGE, parameters={"few": 2}), SMALL, "amounts", "few")
    unset = why_not(RULES, SMALL, "amounts", "few")

    assert [c.words.en for n in settled.nearest for c in n.changes] == ["≤ 2"]
    assert unset.status == "undetermined"
    assert unset.unset == ("few",)


@pytest.mark.parametrize(
    ("decision", "wanted", "code", "suggestion"),
    [
        ("levle", "high", "CR308", "level"),
        ("level", "hihg", "CR312", "high"),
        ("valid", "form_fild", "CR312", "form_filled"),
    ],
)
def test_what_could_never_be_said_is_an_error_with_the_nearest_name(
    decision: str, wanted: str, code: str, suggestion: str
) -> None:
    with pytest.raises(FactsError) as caught:
        why_not(RULES, SMALL, decision, wanted)
    (found,) = caught.value.diagnostics

    assert (found.code, found.args["suggestion"]) == (code, suggestion)


def test_too_many_combinations_are_said_to_be_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("complaint_rules.contrast.STEPS", 1)
    said = why_not(RULES, SMALL, "level", "high")

    assert (said.search, said.nearest) == ("unknown: budget", ())
    assert "组合过多" in explain_why_not(said, RULES, "zh")
