"""What `check` says beyond gaps and overlaps: what is accepted, in which form it is printed, what it never claims."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("complaint_rules")
from complaint_rules import load_text
from complaint_rules.cli import main
from complaint_rules.library import check_file, check_text, find_ruleset
from complaint_rules.limits import Limits
from complaint_rules.reviewing import review

HEAD = "language: 1\nruleset: page\nversion: 1.0.0\ntitle: {zh: 页, en: page}\n"
INPUTS = "inputs:\n  n: {type: integer, minimum: 0, maximum: 9}\n"
TABLE = """decisions:
  d:
    inputs: [n]
    output: {values: {A: 甲, B: 乙, C: 丙}}
    rules:
      - {id: low, when: {n: "< 5"}, then: A, because: [c]}
      - {id: high, when: {n: ">= 5"}, then: B, because: [c]}
"""
PAGE = HEAD + INPUTS + TABLE
ACCEPTS = "accepted:\n  - {finding: CR224, at: d, reason: {zh: 留待下版, en: kept for later}}\n"
CLEAN = (
    "bank", "food", "auto_dealer", "web_services", "retail_food", "after_sales", "dairy", "insurance", "postal",
    "property", "vanke", "supermarket", "handbook", "manufacturer", "telecom",
)  # fmt: skip


def found(text: str, *, notes: bool = False) -> list[tuple[str, str]]:
    return [(d.code, d.where) for d in check_text(text, notes=notes)]


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(words)
    out = capsys.readouterr()
    return code, out.out + out.err


# --- what is accepted -----------------------------------------------------------------------------------


def test_a_finding_is_accepted_by_its_code_and_the_name_it_is_about() -> None:
    assert found(PAGE) == [("CR224", "d")]
    assert found(PAGE + ACCEPTS) == []

    (kept,) = (d for d in check_text(PAGE + ACCEPTS, notes=True) if d.code == "CR224")
    assert kept.accepted is not None
    assert "accepted: kept for later" in kept.render("en")
    assert "已接受: 留待下版" in kept.render("zh")
    assert kept.to_dict("zh")["accepted"] == "留待下版"


def test_only_that_finding_is_accepted_and_an_entry_without_one_is_a_finding() -> None:
    elsewhere = ACCEPTS.replace("at: d", "at: low")
    assert found(PAGE + elsewhere) == [("CR224", "d"), ("CR235", "accepted.low")]

    mended = PAGE.replace(", C: 丙", "")
    assert found(mended + ACCEPTS) == [("CR235", "accepted.d")]


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("{finding: CR224, at: d}", "CR005"),
        ("{finding: CR224, at: d, reason: {}}", "CR005"),
        ("{finding: CR999, at: d, reason: r}", "CR103"),
        ("{finding: CR224, reason: r}", "CR005"),
        ("{finding: CR224, at: d, reason: r, until: 2030-01-01}", "CR004"),
    ],
)
def test_an_entry_needs_a_code_that_there_is_a_name_and_a_reason(entry: str, code: str) -> None:
    assert [c for c, _ in found(f"{PAGE}accepted:\n  - {entry}\n")] == [code]


def test_an_error_is_never_accepted() -> None:
    gap = PAGE.replace(">= 5", "> 5").replace(", C: 丙", "")
    said = found(f"{gap}accepted:\n  - {{finding: CR201, at: d, reason: r}}\n")

    assert said == [("CR201", "d"), ("CR235", "accepted.d")]


def test_what_one_version_needs_may_be_accepted_for_all() -> None:
    dated = PAGE.replace("title:", "effective: {by: day}\ntitle:").replace(
        "inputs:\n", "inputs:\n  day: {type: date}\n", 1
    )
    row = "      - {id: third, from: 2024-01-01, when: {n: 9}, then: C, because: [c]}\n"
    later = dated.replace('when: {n: ">= 5"}', 'when: {n: "[5..9)"}') + row
    whole = later.replace("rules:\n", "default: B\n    rules:\n", 1)
    assert ("CR224", "d") in found(whole)
    assert found(whole + ACCEPTS) == []


def test_an_overlay_adds_to_what_is_accepted_below_it(tmp_path: Path) -> None:
    (tmp_path / "page.yaml").write_text(PAGE.replace("C: 丙", "C: 丙, D: 丁") + ACCEPTS, "utf-8")
    above = "extends: page\noverlay: branch\ninputs:\n  m: {type: integer}\naccepted:\n  - {finding: CR206, at: m, reason: r}\n"
    (tmp_path / "branch.yaml").write_text(above, "utf-8")

    assert [d.code for d in check_file(tmp_path / "page.yaml", overlays=[tmp_path / "branch.yaml"])] == []
    assert [d.code for d in check_file(tmp_path / "page.yaml")] == []


# --- in which form it is printed --------------------------------------------------------------------------


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("a,b 甲.yaml").write_text(PAGE, "utf-8")
    return "a,b 甲.yaml"


def test_github_annotations_stand_at_the_line_and_are_escaped(capsys: pytest.CaptureFixture[str], page: str) -> None:
    code, out = run(capsys, "check", page, "--format", "github", "--all")

    assert code == 1
    assert "::warning file=a%2Cb 甲.yaml,line=10,col=5,title=CR224::no rule of `d` gives `C`%0Aadd the rule" in out
    assert "::notice file=a%2Cb 甲.yaml,line=6,col=3,title=CR233::`n` has no Chinese label%0Aadd `label:" in out
    assert {line.split(" ")[0] for line in out.splitlines()} == {"::warning", "::notice"}


def test_sarif_has_what_the_standard_asks_for(capsys: pytest.CaptureFixture[str], page: str) -> None:
    Path(page).write_text(PAGE + ACCEPTS, "utf-8")
    code, out = run(capsys, "check", page, "--format", "sarif", "--all")
    log: dict[str, Any] = json.loads(out)

    assert code == 0
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (ran,) = log["runs"]
    driver = ran["tool"]["driver"]
    assert driver["name"] == "complaint-rules"
    assert ran["columnKind"] == "unicodeCodePoints"
    assert all(
        r["id"] and r["shortDescription"]["text"] and "{" not in r["shortDescription"]["text"] for r in driver["rules"]
    )
    for result in ran["results"]:
        place = result["locations"][0]["physicalLocation"]

        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        assert place["artifactLocation"]["uri"] == "a%2Cb%20%E7%94%B2.yaml"
        assert place["region"]["startLine"] >= 1
        assert place["region"]["startColumn"] >= 1
    (kept,) = (r for r in ran["results"] if r["ruleId"] == "CR224")
    assert kept["suppressions"] == [{"kind": "inSource", "justification": "kept for later"}]
    assert kept["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "d"}]


def test_sarif_of_a_file_that_cannot_be_read_says_where(capsys: pytest.CaptureFixture[str], page: str) -> None:
    Path(page).write_text("language: [\n", "utf-8")
    code, out = run(capsys, "check", page, "--format", "sarif")

    assert code == 1
    assert [r["level"] for r in json.loads(out)["runs"][0]["results"]] == ["error"]


def test_json_is_the_list_it_was_and_names_the_place(capsys: pytest.CaptureFixture[str], page: str) -> None:
    code, out = run(capsys, "check", page, "--json")

    assert code == 1
    assert [(d["code"], d["severity"], d["line"], d["where"]) for d in json.loads(out)] == [
        ("CR224", "warning", 10, "d")
    ]
    assert run(capsys, "check", page, "--format", "json")[1] == out


def test_notes_are_counted_and_shown_when_asked_for(capsys: pytest.CaptureFixture[str], page: str) -> None:
    Path(page).write_text(PAGE + ACCEPTS, "utf-8")
    code, out = run(capsys, "check", page)
    assert code == 0
    assert out.strip().endswith("1 decisions, 0 errors, 0 warnings (3 more with --all)")
    assert "（另有 3 条见 --all）" in run(capsys, "check", page, "--lang", "zh")[1]

    code, out = run(capsys, "check", page, "--all")
    assert code == 0
    assert "note[CR233]: `d` has no Chinese label" in out
    assert "accepted: kept for later" in out
    assert "提示[CR233]" in run(capsys, "check", page, "--all", "--lang", "zh")[1]


def test_what_the_text_leaves_open_is_listed_with_what_rests_on_it(
    capsys: pytest.CaptureFixture[str], page: str
) -> None:
    open_ = "parameters:\n  limit: {type: integer, assumed: 5, reason: {zh: 没有数字, en: no number}}\n  spare: {type: integer, unset: true, reason: r}\n"
    uses = PAGE.replace("< 5", "< limit").replace(">= 5", ">= limit").replace(", C: 丙", "")
    Path(page).write_text(uses + open_, "utf-8")
    out = run(capsys, "check", page, "--assumptions")[1]
    assert "limit = 5 [assumed: no number]  → d" in out
    assert "spare = unset [unset: r]  → nothing" in out

    said = json.loads(run(capsys, "check", page, "--assumptions", "--json")[1])
    assert said["assumptions"][0] == {
        "parameter": "limit",
        "kind": "assumed",
        "reason": "no number",
        "rests_on_it": ["d"],
    }
    assert [d["code"] for d in said["findings"]] == ["CR206"]
    assert run(capsys, "check", page, "--assumptions", "--format", "sarif")[0] == 2


# --- single findings ------------------------------------------------------------------------------------


def test_two_equally_grave_rules_that_differ_otherwise_contradict_one_another() -> None:
    text = (
        HEAD
        + INPUTS
        + """decisions:
  d:
    hit_policy: priority
    inputs: [n]
    outputs: {grade: {values: [A, B]}, hours: {type: integer}}
    default: {grade: B, hours: 9}
    rules:
      - {id: one, when: {n: "< 5"}, then: {grade: A, hours: 1}, because: [c]}
      - {id: two, when: {n: "> HIGH"}, then: {grade: A, hours: 2}, because: [c]}
"""
    )
    (clash,) = check_text(text.replace("HIGH", "3"))
    assert (clash.code, clash.where, clash.args["facts"]) == ("CR223", "d.two", {"n": 4})
    assert check_text(text.replace("HIGH", "4")) == []


def test_an_item_that_no_earlier_answer_can_meet_is_found() -> None:
    text = (
        PAGE.replace("{values: {A: 甲, B: 乙, C: 丙}}", "{type: grade}")
        + """  ready:
    needs_all:
      - {id: good, needs: {d: C}, because: [c]}
types:
  grade: {values: {A: 甲, B: 乙, C: 丙}}
"""
    )
    assert ("CR220", "ready.good") in found(text)
    assert ("CR220", "ready.good") not in found(text.replace("needs: {d: C}", "needs: {d: B}"))


def test_two_limits_cannot_vouch_for_one_another() -> None:
    """Each is met by what the other brings about, so neither ever is."""
    text = (
        HEAD
        + """calendar: cn-office
events: {received: 收到}
inputs:
  at: {type: datetime, optional: true, from: {first: received}}
  one_done: {type: boolean, from: {happened: one.met}}
  two_done: {type: boolean, from: {happened: [two.met, MORE]}}
decisions:
  d: {expression: one_done or two_done, output: {type: boolean}, because: c}
deadlines:
  one: {start: at, within: 3, unit: working_day, met_when: two_done, because: c}
  two: {start: at, within: 3, unit: working_day, met_when: one_done, because: c}
"""
    )
    assert found(text.replace(", MORE", "")) == [("CR231", "one"), ("CR231", "two")]
    assert found(text.replace("MORE", "received")) == []


def test_a_limit_whose_start_never_comes_never_runs_nor_reaches_a_milestone() -> None:
    text = (
        HEAD
        + """calendar: cn-office
events: {received: 收到, answered: 答复}
inputs:
  at: {type: datetime, optional: true, from: {first: received}}
  answered: {type: boolean, from: {happened: answered}}
  late_at: {type: datetime, optional: true, from: {first: one.urged}}
decisions:
  small: {inputs: [answered], output: {type: boolean}, rules: [{id: all, then: no, because: c}]}
deadlines:
  one:
    start: at
    within: 3
    unit: working_day
    met_when: answered
    because: c
    milestones: {urged: {after_due: 1, when: small}}
  two: {start: late_at, within: 3, unit: working_day, met_when: answered, because: c}
"""
    )
    said = [f for f in found(text) if f[0] == "CR232"]
    assert said == [("CR232", "one.urged"), ("CR232", "two")]
    assert [f for f in found(text.replace("then: no", "then: yes")) if f[0] == "CR232"] == []


@pytest.mark.parametrize(
    ("force", "first", "second", "expected"),
    [
        ("", "to: 2024-06-30", "from: 2024-08-01", [("CR229", "d.low", "2024-07-01", "2024-07-31")]),
        ("to: 2024-07-15, ", "to: 2024-06-30", "from: 2024-07-10", [("CR229", "d.low", "2024-07-01", "2024-07-09")]),
        ("from: 2024-07-15, ", "to: 2024-06-30", "from: 2024-07-01", [("CR230", "d.low", "None", "None")]),
        ("", "to: 2024-06-30", "from: 2024-07-01", []),
    ],
)
def test_dates_are_compared_with_the_days_in_force(
    force: str, first: str, second: str, expected: list[tuple[str, ...]]
) -> None:
    rows = "".join(
        f'      - {{id: low, {when}, when: {{n: "< {n}"}}, then: A, because: [c]}}\n'
        for when, n in ((first, 5), (second, 6))
    )
    head = HEAD + f"effective: {{{force}by: day}}\ninputs:\n  day: {{type: date}}\n  n: {{type: integer}}\n"
    text = (
        f"{head}decisions:\n  d:\n    inputs: [n]\n    output: {{values: [A, B]}}\n    default: B\n    rules:\n{rows}"
    )
    said = [(d.code, d.where, str(d.args.get("first")), str(d.args.get("last"))) for d in check_text(text)]

    assert [s for s in said if s[0] in ("CR229", "CR230")] == expected


def test_a_parameter_that_begins_after_its_ruleset_has_no_value_until_then() -> None:
    dated = "parameters:\n  limit: {type: integer, because: [c], dated: [{from: 2024-03-01, value: 5}, {from: 2025-01-01, value: 6}]}\n"
    text = PAGE.replace("inputs:\n", "effective: {from: FROM, by: day}\ninputs:\n  day: {type: date}\n", 1) + dated
    late = text.replace("< 5", "< limit").replace(">= 5", ">= limit").replace(", C: 丙", "")

    assert found(late.replace("FROM", "2024-02-01")) == [("CR229", "limit")]
    assert found(late.replace("FROM", "2024-03-01")) == []
    assert found(late.replace("FROM", "2025-02-01")) == [("CR230", "limit")]


def test_nothing_is_claimed_of_a_table_past_its_budget() -> None:
    text = PAGE.replace("inputs: [n]\n", "hit_policy: any\n    inputs: [n]\n").replace(", C: 丙", "")
    twice = text + '      - {id: again, when: {n: "< 5"}, then: A, because: [c]}\n'
    assert {c for c, _ in found(twice)} == {"CR221"}

    said = check_text(twice, limits=Limits(analysis_steps=2))
    assert {d.code for d in said} == {"CR205"}

    reader = "  e:\n    inputs: [d]\n    output: {type: boolean}\n    rules: [{id: all, when: {d: [A, B]}, then: yes, because: c}]\n"
    assert "CR205" in {d.code for d in review(load_text(PAGE + reader).ruleset, limits=Limits(analysis_steps=0))}


def test_examples_of_the_wrong_shape_are_for_test_to_say_and_broken_ones_are_found(tmp_path: Path) -> None:
    (tmp_path / "page.yaml").write_text(PAGE + ACCEPTS, "utf-8")
    beside = tmp_path / "page.examples.yaml"
    for text, code in [("examples: 1\n", "CR228"), ("examples: [{given: {n: 1}}]\n", None), ("examples: [\n", "CR001")]:
        beside.write_text(text, "utf-8")
        said = {d.code for d in check_file(tmp_path / "page.yaml", notes=True)} - {"CR224", "CR233"}

        assert said == ({code} if code else set())


@pytest.mark.parametrize("name", CLEAN)
def test_the_shipped_procedures_have_no_finding_but_honest_lists(name: str) -> None:
    said = check_file(find_ruleset(name), notes=True)

    assert [d.render() for d in said if d.code != "CR225" and d.accepted is None] == []
