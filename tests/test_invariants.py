"""An invariant that is proved is broken by no case, and one that is refuted by the case that is shown."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

import library
from complaint_rules import check_text, load_text
from complaint_rules.cli import main
from complaint_rules.proving import prove
from random_rulesets import choices, random_facts, random_ruleset, to_yaml
from reference import Reading, decide, settings_of
from reference_cells import NOT_REGULATED, UNKNOWN, matches, type_of
from sizes import of

RULESETS = of(40, 3_000)
FACTS = 30


def single_tables(tree):
    """Return the tables with one output of listed values or yes and no, each with the values it may have."""
    found = {}
    for name, decision in tree["decisions"].items():
        if "rules" in decision and "output" in decision and "aggregate" not in decision:
            said = sorted({r["then"] for r in decision["rules"] if isinstance(r["then"], str)})
            listed = isinstance(decision["output"], dict) and (
                "values" in decision["output"] or decision["output"].get("type") == "boolean"
            )
            if said and listed and decision.get("hit_policy", "unique") in ("unique", "any", "first", "priority"):
                found[name] = said
    return found


def cells_of(tree):
    """Return the cells over facts that the tables use, without those whose bounds nobody has set."""
    unset = [n for n, p in tree.get("parameters", {}).items() if "unset" in p]
    return [
        (column, cell)
        for decision in tree["decisions"].values() if "rules" in decision
        for rule in decision["rules"] if isinstance(rule.get("when"), dict)
        for column, cell in rule["when"].items() if column in tree["inputs"] and not any(n in str(cell) for n in unset)
    ]  # fmt: skip


def random_invariant(rng, tree):
    """Return an invariant about one case, as written; None where there is nothing to say one about."""
    tables, cells = single_tables(tree), cells_of(tree)
    if not tables:
        return None
    name = rng.choice(sorted(tables))
    one = {name: rng.choice(tables[name])}
    other = dict(rng.sample(cells, min(len(cells), rng.randint(0, 2))))
    match rng.randrange(3):
        case 0:
            return {"never": {**one, **other}}
        case 1 if other:
            return {"implies": {"if": other, "then": one}}
        case _:
            return {"implies": {"if": one, "then": other}} if other else {"never": one}


def holds(cells, values, tree, settings):
    """Report whether all cells hold, by the specification."""
    for name, cell in cells.items():
        written = tree["inputs"].get(name) or tree["decisions"][name]["output"]
        if not matches(cell, values[name], type_of(written, tree.get("types", {})), settings):
            return False
    return True


def is_broken(invariant, facts, tree, reading):
    """Report whether a complete case breaks an invariant, by the specification; None where it is not decided."""
    said = decide(reading, facts, {}, assumptions=True)
    values = {n: facts.get(n, UNKNOWN) for n in tree["inputs"]}
    for name, answer in said.items():
        if answer.status == "undetermined":
            values[name] = None
        else:
            values[name] = NOT_REGULATED if answer.status == "not_regulated" else answer.value
    read = invariant.get("never") or {**invariant["implies"]["if"], **invariant["implies"]["then"]}
    if any(values[n] is None for n in read):
        return None
    settings = settings_of(tree, {}, assumptions=True)
    if "never" in invariant:
        return holds(invariant["never"], values, tree, settings)
    parts = invariant["implies"]
    return holds(parts["if"], values, tree, settings) and not holds(parts["then"], values, tree, settings)


@pytest.mark.parametrize("seed", range(2))
def test_what_is_proved_no_case_breaks_and_what_is_refuted_the_case_shown_does(seed):
    rng, became, shown = Random(seed), Counter(), 0
    for _ in range(RULESETS):
        tree = random_ruleset(rng)
        every = {f"intended_{n}": i for n in range(5) if (i := random_invariant(rng, tree))}
        rules = library.load(to_yaml({**tree, "invariants": every}))
        if rules is None:
            continue
        reading, known = Reading(tree), choices(tree)
        for name, said in every.items():
            proof = prove(rules, rules.ruleset.invariants[name])
            became[proof.status] += 1
            if proof.status == "refuted":
                # Where a decision waits for a parameter alone, it may be that whatever it is breaks the invariant.
                broken = is_broken(said, complete(proof.facts[0], rng, tree, known), tree, reading)
                assert broken is not False, (said, proof)
                shown += broken is True
            if proof.status == "proved":
                for _ in range(FACTS):
                    assert not is_broken(said, random_facts(rng, tree, known), tree, reading), said
    assert became["proved"] > RULESETS // 6
    assert shown > RULESETS // 6


def complete(facts, rng, tree, known):
    """Return the facts of a case, with any values for what it leaves open; what is optional may be absent."""
    more = random_facts(rng, tree, known)
    return {**{n: v for n, v in more.items() if tree["inputs"][n].get("optional") != "true"}, **facts}


TEXT = """
language: 1
ruleset: page
version: 1.0.0
title: 示例
parameters:
  limit: {type: integer, value: 5, because: [c]}
  open_limit: {type: integer, minimum: 1, unset: true, reason: {zh: 未定, en: not said}}
inputs:
  n: {type: integer, minimum: 0, maximum: 99}
  level: {values: [low, middle, high]}
  vip: {type: boolean}
  author: {type: boolean}
  marks: {type: set, values: [red, blue]}
  note: {values: [short, long], optional: true}
decisions:
  days:
    inputs: [level, vip]
    output: {type: integer}
    rules:
      - {id: low, when: {level: low}, then: 5, because: [c]}
      - {id: middle, when: {level: middle, vip: no}, then: 3, because: [c]}
      - {id: middle_vip, when: {level: middle, vip: yes}, then: 2, because: [c]}
      - {id: high, when: {level: high}, then: 2, because: [c]}
  may_approve:
    inputs: [author, n]
    output: {type: boolean}
    rules:
      - {id: own, when: {author: yes}, then: no, because: [c]}
      - {id: big, when: {author: no, n: "> limit"}, then: no, because: [c]}
      - {id: small, when: {author: no, n: "<= limit"}, then: yes, because: [c]}
  many:
    inputs: [n]
    output: {type: boolean}
    rules:
      - {id: many, when: {n: ">= open_limit"}, then: yes, because: [c]}
      - {id: few, when: {n: "< open_limit"}, then: no, because: [c]}
  fine:
    inputs: [marks, note]
    output: {values: [none_due, small, large]}
    hit_policy: first
    rules:
      - {id: red, when: {marks: {has: red}}, then: large, because: [c]}
      - {id: long_note, when: {note: long}, then: small, because: [c]}
    default: none_due
  doubled: {expression: n * 2, output: {type: integer}, because: [c]}
  both: {expression: vip and author, output: {type: boolean}, because: [c]}
invariants:
"""
PROVED = [
    "{never: {author: yes, may_approve: yes}}",
    '{implies: {if: {n: "> limit"}, then: {may_approve: no}}}',
    '{always: [{days: ">= 2"}]}',
    "{at_least: {days: 2}}",
    "{at_most: {days: limit}, label: 至多}",
    "{implies: {if: {both: yes}, then: {may_approve: no}}}",
    "{implies: {if: {marks: {has: red}}, then: {fine: large}}}",
    "{implies: {if: {note: unknown, marks: {none_of: [red]}}, then: {fine: none_due}}}",
    "{monotone: {raise: {name: level, through: [low, middle, high]}, never_raises: days}}",
    "{monotone: {raise: n, never_raises: {name: fine, through: [none_due, small, large]}}}",
]
REFUTED = [
    ("{never: {may_approve: yes}}", "author: no, n: 0"),
    ("{always: {author: yes}}", "author: no"),
    ("{at_most: {days: 2}}", "level: low"),
    ("{at_least: {n: 0, days: 4}}", "level: middle"),
    ('{implies: {if: {vip: yes}, then: {days: "<= 2"}}}', "level: low"),
    ("{implies: {if: {note: unknown}, then: {fine: none_due}}}", "marks: [red]"),
    ("{monotone: {raise: {name: level, through: [low, middle, high]}, never_lowers: days}}", "level: low →"),
    ("{never: {doubled: 198}}", "n: 99"),
]
OPEN = [
    ("{never: {doubled: 10}}", "n"),
    ('{never: {doubled: "> 300"}}', "n"),
    ("{monotone: {raise: n, never_lowers: doubled}}", "n"),
    ("{never: {many: yes, n: 1}}", "open_limit"),
]


def found(line):
    return [d for d in check_text(f"{TEXT}  intended: {line}\n") if d.code in ("CR208", "CR209")]


@pytest.mark.parametrize("line", PROVED)
def test_what_holds_in_every_case_is_no_finding(line):
    assert found(line) == []


@pytest.mark.parametrize(("line", "example"), REFUTED)
def test_what_does_not_hold_is_shown_by_a_case(line, example):
    (finding,) = found(line)

    assert finding.code == "CR208"
    assert example in finding.message("en")
    assert finding.span.line == TEXT.count("\n") + 1


@pytest.mark.parametrize(("line", "depends"), OPEN)
def test_what_cannot_be_proved_is_never_said_to_hold(line, depends):
    (finding,) = found(line)

    assert finding.code == "CR209"
    assert depends in finding.message("en")


def test_a_search_that_is_too_long_says_so():
    rules = load_text(f"{TEXT}  intended: {PROVED[1]}\n")

    assert prove(rules, rules.ruleset.invariants["intended"], cases=3).status == "unknown: budget"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{never: {nobody: yes}}", "CR101"),
        ("{never: {vip: maybe}}", "CR103"),
        ("{never: {vip: yes}, always: {vip: yes}}", "CR119"),
        ("{because: c}", "CR119"),
        ("{at_most: {dayz: 3}}", "CR101"),
        ("{at_least: {days: level}}", "CR101"),
        ("{at_most: {may_approve: 3}}", "CR103"),
        ("{implies: {if: {vip: yes}}}", "CR005"),
        ("{monotone: {raise: n}}", "CR119"),
        ("{monotone: {raise: days, never_raises: n}}", "CR101"),
        ("{monotone: {raise: level, never_raises: days}}", "CR005"),
        ("{monotone: {raise: {name: level, through: [low, lower]}, never_raises: days}}", "CR103"),
        ("{monotone: {raise: n, never_raises: nothing}}", "CR101"),
        ("{monotone: {raise: marks, never_raises: days}}", "CR103"),
        ("{sometimes: {vip: yes}}", "CR004"),
    ],
)
def test_a_mistake_is_located(line, code):
    diagnostics = check_text(f"{TEXT}  intended: {line}\n")

    assert code in {d.code for d in diagnostics}
    assert all(d.span and d.span.line == TEXT.count("\n") + 1 for d in diagnostics if d.code == code)


def test_the_command_counts_invariants(tmp_path: Path, capsys):
    file = tmp_path / "page.yaml"
    file.write_text(f"{TEXT}  intended: {REFUTED[0][0]}\n", "utf-8")

    assert main(["check", str(file), "--lang", "zh"]) == 1
    said = capsys.readouterr().out
    assert "不变式 `intended` 不成立" in said
    assert "6 个判定，1 个不变式" in said
