"""What differs between two rulesets is said by the part in which it stands, and weighs what it does to answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from complaint_rules import changes_json, changes_text, diff, load, load_text
from complaint_rules.changes import Level
from complaint_rules.changes_words import advised_version, is_enough
from complaint_rules.cli import main

TEXT = """
language: 1
ruleset: page
version: 1.2.3
title: {zh: 示例, en: example}
calendar: cn-office
parameters:
  limit: {type: integer, value: 5, because: [c]}
  open_limit: {type: integer, minimum: 1, unset: true, reason: {zh: 未定, en: not said}}
events: {called: {label: 来电, carries: [n]}, closed: 关闭, urged: 催办}
inputs:
  n: {label: {zh: 次数, en: times}, type: integer, minimum: 0, maximum: 9}
  kind: {label: {zh: 种类, en: kind}, values: {a: 甲, b: 乙}}
  marks: {type: set, values: {red: 红, blue: 蓝}}
  called_at: {type: datetime, from: {first: called}}
  shown: {type: boolean}
  paid: {type: boolean}
decisions:
  grade:
    label: {zh: 等级, en: grade}
    inputs: [n, kind]
    output: {values: {A: A类, B: B类}}
    rules:
      - {id: low, when: {n: "< limit"}, then: A, because: [c]}
      - {id: high, when: {n: ">= limit", kind: a}, then: B, because: [c]}
    refer_to: {zh: 经理, en: manager}
  many:
    inputs: [n]
    output: {type: boolean}
    rules:
      - {id: many, when: {n: ">= open_limit"}, then: yes}
      - {id: few, when: {n: "< open_limit"}, then: no}
  marked:
    inputs: [marks]
    outputs: {fine: {type: integer}, by: {values: {office: 办公室, shop: 门店}}}
    rules:
      - {id: red, when: {marks: {has: red}}, then: {fine: 1, by: office}}
      - {id: others, when: {marks: {none_of: [red]}}, then: {fine: 0, by: shop}}
  ready:
    needs_all:
      - {id: shown, needs: {shown: yes}}
      - {id: paid, when: {kind: a}, needs: {paid: yes}}
  doubled: {expression: n * 2, output: {type: integer}}
  follows:
    inputs: [grade]
    output: {type: integer}
    rules:
      - {id: a, when: {grade: A}, then: 1}
      - {id: b, when: {grade: B}, then: 2}
      - {id: silent, when: {grade: not_regulated}, then: 3}
deadlines:
  answer:
    label: {zh: 答复, en: answer}
    start: called_at
    within: follows
    unit: working_day
    milestones: {urge: {label: 催办, after_due: 0}}
process:
  roles: {clerk: 处理员}
  states: {open: 处理中, done: {zh: 办结, final: yes}}
  steps: {close: {event: closed, from: open, to: done, by: clerk, when: ready}}
"""


def changes_of(*pairs: tuple[str, str]):
    text = TEXT
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return diff(load_text(TEXT), load_text(text))


def test_nothing_differs():
    found = changes_of()

    assert not found
    assert (found.level, found.decisions, found.parts) == (Level.NONE, (), ())
    assert (advised_version(found), is_enough(found)) == ("1.2.3", True)
    assert "没有差别" in changes_text(found, "zh")


@pytest.mark.parametrize(
    ("old", "new", "level", "said"),
    [
        # wording
        ("{zh: 等级, en: grade}", "{zh: 级别, en: grade}", Level.PATCH, "label：等级 → 级别"),
        ("{zh: 示例, en: example}", "{zh: 样例, en: example}", Level.PATCH, "title：示例 → 样例"),
        ("then: A, because: [c]", "then: A, because: [c, d]", Level.PATCH, "规则 low：措辞"),
        ("id: low", "id: lower", Level.PATCH, "规则 low → lower：改名"),
        ("{zh: 经理, en: manager}", "{zh: 主管, en: manager}", Level.PATCH, "refer_to"),
        ("clerk: 处理员", "clerk: 经办人", Level.PATCH, "clerk label：处理员 → 经办人"),
        # answers
        (
            "kind: a}, then: B",
            "kind: a}, then: A",
            Level.MAJOR,
            "次数：≥ 5且≤ 9；种类：甲：B类 → A类（规则 high → high）",
        ),
        (
            "kind: a}, then: B",
            "kind: [a, b]}, then: B",
            Level.MINOR,
            "次数：≥ 5且≤ 9；种类：乙：未作规定 → B类（规则 无 → high）",
        ),
        ("value: 5", "value: 7", Level.MAJOR, "次数：≥ 5且< 7；种类：甲：B类 → A类"),
        ("value: 5", "value: 7", Level.MAJOR, "limit value：5 → 7"),
        (
            "{fine: 1, by: office}",
            "{fine: 3, by: office}",
            Level.MAJOR,
            "包括“红”：fine：1；by：办公室 → fine：3；by：办公室",
        ),
        ("when: {kind: a}, needs: {paid: yes}", "when: {kind: b}, needs: {paid: yes}", Level.MAJOR, "种类：甲"),
        ("minimum: 0, maximum: 9}", "minimum: 0, maximum: 19}", Level.MINOR, "n values：integer 0..9 → integer 0..19"),
        ("{a: 甲, b: 乙}", "{a: 甲}", Level.MAJOR, "kind values：[a, b] → [a]"),
        ("n * 2", "n * 3", Level.MAJOR, "formula：n * 2 → n * 3"),
        ("process:\n", "invariants: {i: {never: {paid: yes, n: 3}}}\nprocess:\n", Level.PATCH, "i 新增"),
        # lives
        ("unit: working_day", "unit: calendar_day", Level.MAJOR, "answer unit：working_day → calendar_day"),
        ("after_due: 0}", "after_due: 1}", Level.MAJOR, "answer.urge amount：0 → 1"),
        ("milestones: {urge:", "milestones: {late: {after_due: 2}, urge:", Level.MINOR, "answer.late 新增"),
        ("carries: [n]", "carries: [n, kind]", Level.MINOR, "called carries：n → n, kind"),
        ("by: clerk, when: ready", "by: clerk", Level.MAJOR, "close when：ready → 无"),
        ("steps: {close:", "steps: {urge: {event: urged, by: clerk}, close:", Level.MAJOR, "urge 新增"),
        ("steps: {close:", "steps: {close_too: {event: closed, from: done}, close:", Level.MINOR, "close_too 新增"),
        (
            "calendar: cn-office\n",
            "calendar: cn-office\ntime_zone: Asia/Tokyo\n",
            Level.MAJOR,
            "time_zone：Asia/Shanghai → Asia/Tokyo",
        ),
    ],
)
def test_a_change_weighs_what_it_does_and_is_said_where_it_stands(old, new, level, said):
    found = changes_of((old, new))

    assert found.level is level, changes_text(found, "zh")
    assert said in changes_text(found, "zh")
    assert json.loads(json.dumps(changes_json(found)))["level"] == level.name.lower()


def test_a_changed_trigger_is_said_key_by_key():
    text = """
language: 1
ruleset: page
version: 1.0.0
title: 示例
events: {called: 来电}
inputs: {n: {type: integer, minimum: 0}}
decisions: {many: {expression: n > 3, output: {type: boolean}, because: [c]}}
triggers:
  often: {of: called, where: {n: "> 3"}, reaches: 3, because: [c]}
"""
    changed = text.replace('> 3"}', '> 5"}').replace("reaches: 3", "exceeds: 3, rearm: every 2")
    said = changes_text(diff(load_text(text), load_text(changed)), "zh")

    assert diff(load_text(text), load_text(changed)).level is Level.MAJOR
    for line in ("触发条件", "often where：n: > 3 → n: > 5", "often beyond：否 → 是", "often rearm：below → every 2"):
        assert line in said


def test_what_follows_from_a_changed_decision_is_named():
    found = changes_of(("kind: a}, then: B", "kind: a}, then: A")).decision("grade")

    assert (found.affects, found.limits) == (("follows",), ("answer",))


def test_a_bound_that_nobody_has_set_differs_for_some_of_its_values():
    found = changes_of(('">= open_limit"', '"> open_limit"'), ('"< open_limit"', '"<= open_limit"')).decision("many")

    assert found.supposing
    assert found.ways[0] <= found.ways[1]
    assert [(r.old.value, r.new.value) for r in found.regions] == [(True, False)]


def test_decisions_of_another_kind_or_over_other_values_are_not_compared():
    kind = changes_of(
        (
            "doubled: {expression: n * 2, output: {type: integer}}",
            "doubled: {inputs: [n], output: {type: integer}, rules: [{id: x, then: 1}]}",
        )
    )
    values = diff(
        load_text(
            TEXT.replace(
                "n: {label: {zh: 次数, en: times}, type: integer, minimum: 0, maximum: 9}", "n: {type: integer}"
            )
        ),
        load_text(TEXT),
    )

    assert [p.key for p in kind.decision("doubled").parts] == ["kind"]
    assert kind.level is Level.MAJOR
    assert values.level is Level.MAJOR


def test_the_version_number_is_a_gate():
    changed = TEXT.replace("kind: a}, then: B", "kind: a}, then: A")
    enough = [
        is_enough(diff(load_text(TEXT), load_text(changed.replace("1.2.3", version))))
        for version in ("1.2.3", "1.3.0", "2.0.0", "10.0.0")
    ]

    assert enough == [False, False, True, True]


def test_the_command_says_what_differs_and_its_exit_code_whether(tmp_path: Path, capsys):
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(TEXT, "utf-8")
    new.write_text(TEXT.replace("value: 5", "value: 7").replace("1.2.3", "2.0.0"), "utf-8")

    assert main(["diff", str(old), str(old)]) == 0
    assert main(["diff", str(old), str(new), "--lang", "zh"]) == 1
    assert "次数：≥ 5且< 7" in capsys.readouterr().out
    assert main(["diff", str(old), str(new), "--gate"]) == 0
    capsys.readouterr()
    assert main(["diff", str(old), str(new), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["advised_version"] == "2.0.0"
    assert main(["diff", str(old), str(tmp_path / "none.yaml")]) == 2


@pytest.mark.parametrize("name", ["bank", "food", "auto_dealer", "web_services", "retail_food", "telecom"])
def test_a_shipped_ruleset_does_not_differ_from_itself(name: str):
    assert not diff(load(name), load(name))
