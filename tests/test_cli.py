"""The command line: answers on stdout, problems on stderr, 0 well, 1 findings or open, 2 a wrong call or file."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest

from complaint_rules.cli import main

COMMANDS = ("decide", "explain", "facts", "show", "check", "test", "clauses")
RULESET = """
language: 1
ruleset: page
version: 1.0.0
title: {zh: 示例办法, en: Example procedure}
time_zone: Asia/Shanghai
parameters:
  limit: {type: integer, assumed: 5, reason: {zh: 没有数目, en: no number}}
inputs:
  n: {label: {zh: 数目, en: count}, type: integer, minimum: 0, maximum: 9}
  marks: {label: {zh: 标记, en: marks}, type: set, values: {red: {zh: 红, en: red}, blue: {zh: 蓝, en: blue}}}
decisions:
  grade:
    label: {zh: 等级, en: grade of it}
    inputs: [n]
    output: {values: {A: 甲, B: 乙}}
    rules:
      - {id: low, when: {n: "< limit"}, then: A, because: [page-1]}
      - {id: high, when: {n: ">= limit"}, then: B, because: [page-2]}
  flag:
    label: {zh: 标红, en: red flag}
    inputs: [marks]
    output: {type: boolean}
    rules: [{id: red, when: {marks: {has: red}}, then: yes, because: [page-2]}]
    refer_to: {zh: 经理, en: the manager}
"""
CLAUSES = """
ruleset: page
clauses:
  page-1: {at: 1 甲, says: {zh: 少的为甲, en: few is A}}
  page-2: {at: '2', says: {zh: 其余为乙, en: others are B}}
"""
EXAMPLES = """
ruleset: page
examples:
  - {name: 少, given: {n: 1}, expect: {grade: A}, rules: {grade: low}}
  - {name: 多, given: {n: 5}, expect: {grade: B}}
  - {name: 红, given: {marks: [red]}, expect: {flag: yes}}
"""


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a ruleset, its clauses and examples, in which the commands run."""
    files = {"page.yaml": RULESET, "page.clauses.yaml": CLAUSES, "page.examples.yaml": EXAMPLES}
    files |= {"facts.json": '{"n": 3, "marks": []}', "open.json": "{}"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(argv)
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_decide_shows_the_answers(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "decide", "page.yaml", "facts.json")

    assert (code, err) == (0, "")
    for said in ("grade of it: A", "low", "page-1", "refer to the manager", "limit = 5 [assumed: no number]"):
        assert said in out


def test_decide_asks_for_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "decide", "page.yaml", "open.json", "--lang", "zh", "--only", "grade")

    assert code == 1
    assert "等级: 甲 | 乙" in out
    assert "数目 (n)：整数, ≥ 0, ≤ 9" in out
    assert "marks" not in out


def test_facts_come_from_the_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(
        capsys, "decide", "page.yaml", "facts.json", "--set", "n=7", "--set", "marks=[red, blue]", "--json"
    )
    result = json.loads(out)

    assert code == 0
    assert result["facts"] == {"n": 7, "marks": ["blue", "red"]}
    assert result["decisions"]["grade"]["value"] == "B"


def test_facts_come_from_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'\xef\xbb\xbf{"n": 7}')))
    code, out, _ = run(capsys, "decide", "page.yaml", "-", "--only", "grade")

    assert code == 0
    assert "grade of it: B" in out


def test_parameters_can_be_set_and_assumptions_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    grade = ("decide", "page.yaml", "--set", "n=3", "--only", "grade", "--json")

    assert json.loads(run(capsys, *grade, "--param", "limit=2")[1])["decisions"]["grade"]["value"] == "B"
    code, out, _ = run(capsys, *grade, "--no-assumptions")
    assert code == 1
    assert json.loads(out)["unset"] == ["limit"]


def test_explain_cites_the_place_in_the_source(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "explain", "page.yaml", "facts.json")

    assert code == 0
    for said in (
        "Rule low applies: count: < limit",
        "page-1 (1 甲)",
        "It takes limit to be 5",
        "Refer it to: the manager",
    ):
        assert said in out
    assert "因为适用规则 low" in run(capsys, "explain", "page.yaml", "facts.json", "--lang", "zh")[1]


def test_facts_lists_the_questions_and_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert "count (n): whole number, ≥ 0, ≤ 9" in run(capsys, "facts", "page.yaml")[1]
    assert list(json.loads(run(capsys, "facts", "page.yaml", "--schema")[1])["properties"]) == ["n", "marks"]


@pytest.mark.parametrize("form", ["terminal", "markdown", "html"])
def test_show_gives_the_table(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "show", "page.yaml", "grade", "--format", form)

    assert code == 0
    assert "low" in out
    assert "< limit" in out.replace("&lt;", "<")


def test_what_a_file_says_cannot_become_html(capsys: pytest.CaptureFixture[str]) -> None:
    text = RULESET.replace("grade of it", "<script>alert(1)</script>")
    Path("page.yaml").write_text(text, "utf-8")

    assert "<script>" not in run(capsys, "show", "page.yaml", "--format", "html")[1]


def test_check_test_and_clauses_are_content(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("check", "test", "clauses"):
        code, out, err = run(capsys, command, "page.yaml")

        assert (code, err) == (0, "")
        assert "page" in out.splitlines()[-1]


def test_check_finds_a_gap(capsys: pytest.CaptureFixture[str]) -> None:
    Path("page.yaml").write_text(RULESET.replace('">= limit"', '"> limit"'), "utf-8")
    code, out, _ = run(capsys, "check", "page.yaml")

    assert code == 1
    assert "CR201" in out
    assert json.loads(run(capsys, "check", "page.yaml", "--json")[1])[0]["code"] == "CR201"


def test_a_failing_example_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    Path("page.examples.yaml").write_text(EXAMPLES.replace("grade: B", "grade: A"), "utf-8")
    code, out, _ = run(capsys, "test", "page.yaml")

    assert code == 1
    assert "page.examples.yaml:5:5: 多" in out
    assert "expected A, got B (`high`)" in out
    assert "rule `low` needs n: < limit; here it is 5" in out


def test_a_missing_clause_is_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    Path("page.clauses.yaml").write_text(CLAUSES + "  page-3: {at: '3', says: {zh: 无, en: nothing}}\n", "utf-8")
    code, out, _ = run(capsys, "clauses", "page.yaml", "--json")

    assert code == 1
    assert json.loads(out)["missing"] == ["page-3"]


def test_a_ledger_is_compared(capsys: pytest.CaptureFixture[str]) -> None:
    Path("ledger").mkdir()
    Path("ledger/page.yaml").write_text(
        "clauses:\n- {id: page-1, kind: [grade]}\n- {id: page-9, kind: [grade]}\n", "utf-8"
    )
    code, out, _ = run(capsys, "clauses", "page.yaml", "--ledger", "ledger", "--json")

    assert code == 1
    assert (json.loads(out)["not_in_index"], json.loads(out)["not_in_ledger"]) == (["page-9"], ["page-2"])


BAD_CALLS = [
    ((), 0), (("bogus",), 2), (("decide",), 2), (("decide", "page.yaml"), 2), (("decide", "page.yaml", "none.json"), 2),
    (("decide", "pgae.yaml", "facts.json"), 2), (("decide", "page.yaml", "facts.json", "--only", "grad"), 2),
    (("decide", "page.yaml", "--set", "n"), 2), (("decide", "page.yaml", "--set", "m=1"), 2),
    (("decide", "page.yaml", "--set", "n=x"), 2), (("decide", "page.yaml", "--set", "marks=green"), 2),
    (("decide", "page.yaml", "facts.json", "--param", "limti=1"), 2), (("decide", "page.yaml", "."), 2),
    (("decide", "page.yaml", "facts.json", "--param", "limit=x"), 2), (("show", "page.yaml", "grad"), 2),
    (("decide", "page.yaml", "facts.json", "--lang", "fr"), 2), (("decide", "page.yaml", "facts.json", "--typo"), 2),
    (("clauses", "page.yaml", "--ledger", "none"), 2), (("test", "facts.json"), 2), (("check", "."), 2),
]  # fmt: skip


@pytest.mark.parametrize(("argv", "expected"), BAD_CALLS)
def test_a_wrong_call_is_answered_not_thrown(
    argv: tuple[str, ...], expected: int, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, *argv)

    assert code == expected
    assert bool(out) == (expected == 0)
    assert bool(err) == (expected == 2)
    assert "Traceback" not in err


BAD_JSON = [
    b"", b"[1]", b'"x"', b"null", b'{"n": 1, "n": 2}', b'{"n": NaN}', b'{"n": 1e999999999}', b'{"n": 2.5}', b"\xff\xfe{",
    b"[" * 100_000, b'{"n": ' + b"9" * 5000 + b"}", "{“n”: 1}".encode(), b'{"marks": [1, [2]]}', b'{"n": "1"}', b'{"\\u001b[2J": 1}',
]  # fmt: skip


@pytest.mark.parametrize("content", BAD_JSON, ids=lambda c: repr(c[:20]))
def test_wrong_facts_are_refused(content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    Path("facts.json").write_bytes(content)
    code, out, err = run(capsys, "decide", "page.yaml", "facts.json")

    assert (code, out) == (2, "")
    assert "error[CR3" in err
    assert "\x1b" not in err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_refuses_a_broken_file(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("page.yaml").write_text("language: 1\nruleset: [", "utf-8")
    more = ["facts.json"] if command in ("decide", "explain") else []
    code, out, err = run(capsys, command, "page.yaml", *more)

    assert code == (1 if command == "check" else 2)
    assert "page.yaml:2:11: error[CR001]" in (out if command == "check" else err)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_speaks_json(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    more = ["facts.json"] if command in ("decide", "explain") else []
    code, out, _ = run(capsys, command, "page.yaml", *more, "--json")

    assert code == 0
    assert json.loads(out) is not None


def test_rulesets_are_found_in_a_folder_of_ones_own(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPLAINT_RULES_PATH", str(Path.cwd()))
    monkeypatch.chdir("/")

    assert run(capsys, "check", "page")[0] == 0
    assert run(capsys, "check", "food")[0] == 0


def test_help_and_version_are_no_findings(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--version") == (0, "0.1.0\n", "")
    assert run(capsys, "decide", "--help")[0] == 0


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("- a\n", ["CR005"]),
        ("clauses: {page-1: x}\n", ["CR005", "CR005"]),
        ("clauses: {page-1: {at: [1], says: [x], conduct: maybe}}\n", ["CR006", "CR006", "CR006"]),
        ("clause: x\nclauses: {page-1: {at: '1', sais: x}}\n", ["CR004", "CR005", "CR004"]),
    ],
)
def test_a_wrong_index_is_located(text: str, codes: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    Path("page.clauses.yaml").write_text(text, "utf-8")
    code, _, err = run(capsys, "clauses", "page.yaml")

    assert code == 2
    assert re.findall(r"^page\.clauses\.yaml:\d+:\d+: error\[(\w+)\]", err, re.MULTILINE) == codes


def test_why_not_names_the_failing_cell_and_the_nearest_change(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "explain", "page.yaml", "--set", "n=7", "--why-not", "grade=A", "--lang", "zh")
    found = json.loads(run(capsys, "explain", "page.yaml", "--set", "n=7", "--why-not", "grade=low", "--json")[1])

    assert code == 0
    assert "low" in out
    assert "数目" in out
    assert found[0]["losing"][0]["failed"][0]["column"] == "n"
    assert found[0]["nearest"][0]["changes"][0]["column"] == "n"


def test_why_not_of_an_unknown_decision_or_value_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "explain", "page.yaml", "--set", "n=7", "--why-not", "grad=A")[0] == 2
    assert run(capsys, "explain", "page.yaml", "--set", "n=7", "--why-not", "grade=Z")[0] == 2


def test_ask_asks_what_matters_and_decides(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("12\n7\n红\n"))
    code, out, err = run(capsys, "ask", "page.yaml", "--json", "--lang", "zh")

    assert code == 0
    assert json.loads(out)["given"] == {"n": 7, "marks": ["red"]}
    assert json.loads(out)["decisions"]["grade"]["value"] == "B"
    assert "数目" in err
    assert "CR304" in err


def test_an_overlay_changes_the_answer_and_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    Path("branch.yaml").write_text(
        "language: 1\noverlay: branch\nextends: page\nparameters: {limit: {assumed: 8, reason: ours}}\n"
    )
    found = json.loads(run(capsys, "decide", "page.yaml", "--overlay", "branch.yaml", "--set", "n=7", "--json")[1])
    direct = json.loads(run(capsys, "decide", "branch.yaml", "--set", "n=7", "--json")[1])

    assert found["decisions"]["grade"]["value"] == "A"
    assert found["overlays"] == ["branch"]
    assert direct["content_hash"] == found["content_hash"]


def test_a_day_that_is_no_day_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "decide", "page.yaml", "--set", "n=7", "--at", "soon")[0] == 2


def test_why_not_of_a_rule_that_waits_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "explain", "page.yaml", "--set", "marks=red", "--why-not", "grade=A", "--lang", "zh")[1]

    assert "尚待查明" in out
    assert "永远不会" not in out


def test_the_head_names_overlays_and_the_days_in_force(capsys: pytest.CaptureFixture[str]) -> None:
    Path("branch.yaml").write_text("language: 1\noverlay: branch\nextends: page\neffective: {from: 2024-01-01}\n")
    out = run(capsys, "decide", "page.yaml", "--overlay", "branch.yaml", "--set", "n=7", "--at", "2024-05-06")[1]

    assert out.startswith("Example procedure (page 1.0.0, + branch, 2024-01-01 – …)")


def test_a_rule_of_an_overlay_is_named_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    overlay = "language: 1\noverlay: branch\nextends: page\ndecisions: {grade: {rules: [{id: high, then: A}]}}\n"
    Path("branch.yaml").write_text(overlay, "utf-8")
    argv = ("page.yaml", "--overlay", "branch.yaml", "--set", "n=7", "--only", "grade")

    assert "rule high (branch.yaml:4" in run(capsys, "decide", *argv)[1]
    assert "+ branch" in run(capsys, "explain", *argv)[1].splitlines()[0]


def test_the_clause_map_counts_what_an_overlay_cites(capsys: pytest.CaptureFixture[str]) -> None:
    index = "ruleset: page\nclauses:\n  {}: {{at: '1', says: {{zh: 一, en: one}}}}\n"
    Path("page.clauses.yaml").write_text(
        index.format("page-1") + index.format("page-2").splitlines()[2] + "\n", "utf-8"
    )
    Path("branch.clauses.yaml").write_text(index.format("branch-1"), "utf-8")
    Path("branch.yaml").write_text(
        "language: 1\noverlay: branch\nextends: page\nparameters: {limit: {value: 8, because: branch-1}}\n", "utf-8"
    )
    found = json.loads(run(capsys, "clauses", "page.yaml", "--overlay", "branch.yaml", "--json")[1])

    assert found["encoded"]["branch-1"] == ["parameters.limit"]
    assert json.loads(run(capsys, "clauses", "page.yaml", "--json")[1])["missing"] == []


def test_tables_that_go_to_a_file_are_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert "…" not in run(capsys, "show", "bank", "--lang", "zh")[1]


def test_labels_may_be_typed_for_ids(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "decide", "page.yaml", "--set", "数目=7", "--set", "标记=红,蓝", "--json")

    assert code == 0
    assert json.loads(out)["facts"] == {"n": 7, "marks": ["blue", "red"]}


def test_a_label_in_a_cell_or_output_is_told_by_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    for old, new, meant in (("{has: red}", "{has: 红}", "red"), ("then: A,", "then: 甲,", "A")):
        Path("page.yaml").write_text(RULESET.replace(old, new), "utf-8")
        out = run(capsys, "check", "page.yaml", "--lang", "zh")[1]
        assert "CR303" in out
        assert f"`{meant}`" in out.splitlines()[1]


def test_every_option_of_every_command_says_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    silent = []
    for command in (*COMMANDS, "ask", "due", "new", "fmt", "stubs", "mutate", "calendar show", "calendar check"):
        shown = run(capsys, *command.split(), "--help")[1]
        for line in shown.splitlines():
            option = re.match(r"\u2502 (?:[* ] {0,2})?(--[a-z-]+|[A-Z]+)( [A-Z.]+)?(.*)\u2502", line)
            if option and not re.sub(r"\[.*", "", option[3]).strip():
                silent.append((command, option[1]))

    assert silent == []
