"""Mutate: what is said of a slip is so: noticed by an example, of no effect, or shown by an example that notices it."""

from __future__ import annotations

import json
from functools import cache
from itertools import islice, product
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import sizes
from complaint_rules import RulesetError, load_text
from complaint_rules.check import check
from complaint_rules.compile import CompiledRuleset, compile_ruleset, under
from complaint_rules.deciding import decide
from complaint_rules.diagnostics import Severity
from complaint_rules.example_file import Example, parse_examples
from complaint_rules.example_writing import example_text, file_of, plain_answer, plain_facts, with_more
from complaint_rules.examples import run_examples
from complaint_rules.facts import read_facts
from complaint_rules.mutant import Mutant
from complaint_rules.mutate import Effort, Verdict, mutate, sampled
from complaint_rules.mutate_words import mutation_json, mutation_lines
from complaint_rules.mutations import OPERATORS, mutants
from complaint_rules.noticing import changed, fails
from complaint_rules.ruleset import ExpressionDecision
from random_rulesets import choices, random_facts, random_ruleset, random_table, to_yaml

PAGE = """
language: 1
ruleset: page
version: 1.0.0
title: {zh: 示例, en: example}
time_zone: Asia/Shanghai
calendar: cn-office
types: {party: {values: [clerk, head, nobody]}}
parameters:
  several: {type: integer, value: 3, because: c}
  slow: {reading: no, options: {no: 快, yes: 慢}, reason: open}
events:
  called: {label: 来电, carries: [channel]}
  urged: 催办
  held: 暂停
  resumed: 恢复
  answered: 答复
inputs:
  channel: {values: [phone, letter, visit], open: true}
  defects: {type: set, values: [dent, crack, stain]}
  amount: {type: money, currency: CNY, minimum: 0, maximum: 500}
  called_at: {type: datetime, from: {first: called}}
  urgings: {type: integer, minimum: 0, from: {count: urged, since: [answered]}}
  answered: {type: boolean, from: {happened: answered, until: [urged]}}
  held: {type: boolean, from: {latest: {yes: [held], no: [resumed]}, initially: no}}
decisions:
  tone:
    hit_policy: first
    inputs: [urgings, amount]
    output: {values: [stern, firm, calm]}
    rules:
      - {id: often, when: {urgings: ">= several"}, then: stern, because: c}
      - {id: large, when: {amount: "> 100"}, then: firm, because: c}
      - {id: rest, then: calm, because: c}
  who:
    inputs: [channel, tone]
    output: {type: party}
    rules:
      - {id: letters, when: {channel: [letter, visit], tone: calm}, then: clerk, because: c}
      - {id: angry, when: {tone: not(calm)}, then: head, because: c}
    default: nobody
  refund:
    hit_policy: collect
    aggregate: sum
    inputs: [defects]
    output: {type: money, currency: CNY}
    rules:
      - {id: dented, when: {defects: {has: dent}}, then: 10, because: c}
      - {id: broken, when: {defects: {any_of: [crack, dent]}}, then: 50, because: c}
    default: 0
  may_close:
    needs_all:
      - {id: was_answered, needs: {answered: yes}, because: c}
      - {id: small, when: {channel: letter}, needs: {amount: "<= 400"}, because: c}
  days:
    inputs: [tone, slow]
    output: {type: integer}
    rules:
      - {id: soon, when: {tone: [stern, firm]}, then: 1, because: c}
      - {id: later, when: {tone: calm, slow: no}, then: 3, because: c}
      - {id: slowly, when: {tone: calm, slow: yes}, then: 5, because: c}
deadlines:
  answer:
    start: called_at
    within: days
    unit: working_day
    met_when: answered
    pause_while: held
    owner: clerk
    because: c
    milestones: {urge: {before_due: 1, unit: working_day, because: c}}
  receipt: {start: called_at, within: 2, unit: hour, met_when: answered, because: c}
process:
  roles: {clerk: 职员, head: 主任}
  states: {begun: 已收, talking: 处理中, done: {zh: 办结, final: yes}}
  steps:
    call: {event: called, from: begun, to: talking, by: clerk, because: c}
    close: {event: answered, from: [begun, talking], to: done, by: [clerk, head], when: may_close, because: c}
triggers:
  many: {of: called, by: [channel], reaches: 3, within: P7D, to: head, because: c}
"""
RULES = load_text(PAGE)
LOW = Effort(cases=400, lives=60)


def found(rules: CompiledRuleset, examples: tuple[Example, ...], only: tuple[str, ...] = ()) -> list[Verdict]:
    return list(mutate(rules, examples, tried=sampled(rules, only, None, 0), effort=LOW).verdicts)


@cache
def of_nothing() -> tuple[Verdict, ...]:
    """What becomes of all slips of the page where there are no examples."""
    return tuple(found(RULES, ()))


def read(rules: CompiledRuleset, *texts: str) -> tuple[Example, ...]:
    return parse_examples(file_of(rules.ruleset.id, texts).encode(), "page.examples.yaml", rules.ruleset)


# --- the operators --------------------------------------------------------------------------------------


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda o: o.name)
def test_every_slip_makes_the_ruleset_another_one(operator: Any) -> None:
    made = [c.made_in(RULES.ruleset) for c in operator.changes(RULES.ruleset)]

    assert all(m != RULES.ruleset for m in made)
    assert made or operator.name in ("policy_changed", "convention_changed")


def test_no_two_slips_of_a_part_are_the_same() -> None:
    made = [(m.change.section, m.change.name, m.change.changed) for m in mutants(RULES.ruleset)]

    assert all(one not in made[:at] for at, one in enumerate(made))


def places(only: str) -> set[str]:
    return {f"{m.change.place}: {m.change.how.en}" for m in mutants(RULES.ruleset, (only,))}


def test_slips_are_those_that_people_make() -> None:
    assert 'tone.large: amount: "> 100.01"' in places("bound_moved")
    assert 'tone.often: urgings: "> several"' in places("bound_opened")
    assert 'who.letters: channel: "visit"' in places("value_changed")
    assert 'who.letters: channel: "letter, phone, visit"' in places("value_changed")
    assert 'refund.broken: defects: "any_of: [dent]"' in places("value_changed")
    assert "tone.often: swapped with the next rule" in places("rules_swapped")
    assert 'refund: aggregate: "max"' in places("policy_changed")
    assert 'may_close: may_close: "needs_any"' in places("item_loosened")
    assert {"several: value: 4", "several: value: 2", "slow: value: true"} == places("parameter_moved")
    assert {"receipt: within: 3", "receipt: within: 1"} == places("limit_moved")
    assert {'answer: unit: "calendar_day"', 'receipt: unit: "business_hour"'} == places("unit_changed")
    assert 'answer: day_one: "same_day"' in places("convention_changed")
    assert "answer: pause_while dropped" in places("clock_changed")
    assert "answer.urge: amount: 2" in places("milestone_moved")
    assert "urgings: since answered dropped" in places("event_dropped")
    assert 'called_at: from: "last"' in places("event_mistaken")
    assert "process.close: by head dropped" in places("step_changed")
    assert 'many: within: "P8D"' in places("threshold_moved")


def test_a_draw_is_the_same_for_the_same_seed() -> None:
    every = list(mutants(RULES.ruleset))
    drawn = sampled(RULES, (), 20, seed=7)

    assert drawn == sampled(RULES, (), 20, seed=7) != sampled(RULES, (), 20, seed=8)
    assert [m for m in every if m in drawn] == drawn
    assert sampled(RULES, (), 10_000, seed=7) == every


# --- what becomes of them -------------------------------------------------------------------------------


def test_what_is_left_without_examples_is_shown_by_examples_that_notice_it() -> None:
    verdicts = of_nothing()
    shown = [v for v in verdicts if v.status == "surviving"]

    assert len(shown) > 0.8 * sum(v.status not in ("refused", "equivalent") for v in verdicts)
    assert {v.status for v in verdicts} >= {"surviving", "refused"}
    for verdict in shown:
        assert_shows(RULES, verdict)


def assert_shows(rules: CompiledRuleset, verdict: Verdict) -> None:
    """An example holds as things are, and pasting it makes the slip noticed."""
    (example,) = read(rules, verdict.example)
    settled = under(rules, example.parameters) if example.parameters else rules

    assert run_examples(rules, [example])[0].passed, verdict.example
    if example.parameters:
        assert fails(changed(settled, verdict.mutant.change).rules, example), (verdict.mutant.id, verdict.example)
    else:
        assert not run_examples(made_anew(rules, verdict.mutant), [example])[0].passed, (
            verdict.mutant.id,
            verdict.example,
        )


def test_what_was_missing_and_is_pasted_leaves_nothing_to_be_missed() -> None:
    missing = tuple(dict.fromkeys(v.example for v in of_nothing() if v.example))
    again = found(RULES, read(RULES, *missing))

    assert [v.mutant.id for v in again if v.status == "surviving"] == []
    assert {v.status for v in again if v.mutant.operator in ("rule_dropped", "output_changed")} <= {"killed", "refused"}


def test_a_slip_that_a_proof_finds_without_effect_is_not_asked_of_the_examples() -> None:
    text = PAGE.replace("{id: rest, then: calm", '{id: rest, when: {urgings: "< 900"}, then: calm').replace(
        "    output: {values: [stern, firm, calm]}", "    default: calm\n    output: {values: [stern, firm, calm]}"
    )
    verdicts = found(load_text(text), (), ("rule_dropped", "bound_moved"))
    by_place = {f"{v.mutant.change.place} {v.mutant.change.how.en}": v.status for v in verdicts}

    assert by_place["tone.rest dropped"] == "equivalent"
    assert by_place['tone.rest urgings: "< 901"'] == "equivalent"
    assert by_place["tone.large dropped"] == "surviving"


def test_a_spent_budget_is_said_and_not_a_hang() -> None:
    names = [f"f{n}" for n in range(12)]
    inputs = "\n".join(f"  {n}: {{type: boolean}}" for n in names)
    # That none is yes though every one is never happens; to know it, the facts must be split.
    text = f"""
language: 1
ruleset: page
version: 1.0.0
title: 示例
inputs:
{inputs}
decisions:
  some: {{expression: "{" or ".join(names)}", output: {{type: boolean}}, because: c}}
  every: {{expression: "{" and ".join(names)}", output: {{type: boolean}}, because: c}}
  odd:
    hit_policy: first
    inputs: [some, every]
    output: {{values: [a, b]}}
    rules:
      - {{id: one, when: {{some: no, every: yes}}, then: a, because: c}}
      - {{id: two, then: b, because: c}}
"""
    rules = load_text(text)
    tried = [m for m in mutants(rules.ruleset, ("rule_dropped",)) if m.change.part == "one"]
    spent = mutate(rules, (), tried=tried, effort=Effort(cases=1, lives=1))
    whole = mutate(rules, (), tried=tried, effort=Effort(cases=4_000, lives=1))

    assert [v.status for v in spent.verdicts] == ["unknown: budget"]
    assert [v.status for v in whole.verdicts] == ["equivalent"]


LIFE = """  - name: {name}
    given: {{}}
    events: [{{at: 2024-03-01 09:00, event: urged}}, {{at: 2024-03-02 09:00, event: urged}}]
    now: 2024-03-03 00:00
    expect: {{may_close: no, who: {who}}}
"""


def test_a_life_notices_a_change_of_what_is_decided_in_the_end() -> None:
    told = LIFE.format(name="催办两次", who="undetermined")
    verdicts = {v.mutant.id: v for v in found(RULES, read(RULES, told), ("item_dropped", "event_dropped"))}

    assert verdicts["item_dropped may_close.was_answered: dropped"].by == "催办两次"
    assert verdicts["item_dropped may_close.small: dropped"].status == "surviving"


def test_the_report_counts_every_slip_once() -> None:
    mutation = mutate(RULES, (), tried=sampled(RULES, (), 40, 1), effort=LOW)
    said = mutation_json(mutation, "en")
    lines = list(mutation_lines(mutation, "zh"))

    assert said["tried"] == 40 == sum(said["counts"].values())
    assert sum(o["made"] for o in said["operators"].values()) == 40
    assert json.loads(json.dumps(said))["left"]
    assert any("合计" in line for line in lines) and any("缺少的示例" in line for line in lines)


# --- writing --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("deep", ["", "  ", "    "])
def test_more_examples_stand_as_deep_as_the_others_and_nothing_else_changes(deep: str) -> None:
    text = f"# mine\nruleset: page\nexamples:\n{deep}- name: 一\n{deep}  given: {{amount: 1}}   # small\n{deep}  expect: {{refund: 0}}"
    more = with_more(text, "page", ["  - name: 二\n    given: {amount: 2}\n    expect: {refund: 0}\n"])

    assert more.startswith(text)
    assert [e.name for e in parse_examples(more.encode(), "x", RULES.ruleset)] == ["一", "二"]


# --- laws, on random rulesets ---------------------------------------------------------------------------

POINTS = 300  # of the grid of all facts


def small(seed: int) -> tuple[CompiledRuleset, list[dict[str, Any]]] | None:
    """Return a small random ruleset and a grid of its facts, at and beside every bound; None where it has faults."""
    rng = Random(seed)
    tree = random_table(rng) if seed % 2 else random_ruleset(rng)
    try:
        rules = load_text(to_yaml(tree))
    except RulesetError:
        return None
    known = choices(tree)
    grid = list(
        islice(
            (dict(zip(tree["inputs"], p, strict=True)) for p in product(*(known[n] for n in tree["inputs"]))), 20_000
        )
    )
    some = rng.sample(grid, min(len(grid), POINTS)) + [random_facts(rng, tree, known) for _ in range(20)]
    return rules, [dict(read_facts(rules.ruleset, facts)) for facts in some]


def made_anew(rules: CompiledRuleset, mutant: Mutant) -> CompiledRuleset:
    """Return the changed ruleset, compiled from nothing: what mutate shares or works out again has no part in it."""
    return compile_ruleset(mutant.change.made_in(rules.ruleset))


def said(rules: CompiledRuleset, name: str, facts: dict[str, Any]) -> Any:
    return plain_answer(decide(rules, facts, only={name}).decisions[name])


def examples_on(rules: CompiledRuleset, grid: list[dict[str, Any]], rng: Random) -> tuple[Example, ...]:
    """Return a few examples that expect what is decided."""
    return tuple(
        e for n, facts in enumerate(rng.sample(grid, min(len(grid), 4))) for e in example_on(rules, str(n), facts)
    )


def example_on(rules: CompiledRuleset, name: str, facts: dict[str, Any]) -> tuple[Example, ...]:
    """Return an example of facts; none where nothing is decided, or where a file has no words for a fact."""
    formulas = {n for n, d in rules.ruleset.decisions.items() if isinstance(d, ExpressionDecision)}
    answers = {n: plain_answer(a) for n, a in decide(rules, facts).decisions.items() if n not in formulas}
    expect = {n: a for n, a in answers.items() if a is not None}
    text = example_text({"name": name, "given": plain_facts(rules.ruleset, facts), "expect": expect})
    try:
        return read(rules, text) if expect else ()
    except RulesetError:
        return ()


@settings(max_examples=sizes.of(6, 400), deadline=None, derandomize=True)
@given(st.integers(0, 1_000_000))
def test_what_is_said_of_a_slip_is_so(seed: int) -> None:
    made = small(seed)
    assume(made is not None)
    assert made is not None
    rules, grid = made
    rng = Random(seed)
    examples = examples_on(rules, grid, rng)
    by_name = {e.name: e for e in examples}

    for verdict in mutate(rules, examples, tried=sampled(rules, (), 40, seed), effort=LOW).verdicts:
        mutant = verdict.mutant
        match verdict.status:
            case "killed":
                assert fails(made_anew(rules, mutant), by_name[verdict.by]), mutant.id
            case "surviving":
                assert_shows(rules, verdict)
            case "equivalent" if mutant.change.section == "decisions":
                other = made_anew(rules, mutant)
                for facts in grid:
                    assert said(rules, mutant.change.name, facts) == said(other, mutant.change.name, facts), (
                        mutant.id,
                        facts,
                    )
            case "refused":
                found = [d for d in check(mutant.change.made_in(rules.ruleset)) if d.severity is Severity.ERROR]
                assert found, mutant.id
