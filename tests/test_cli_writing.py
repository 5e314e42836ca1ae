"""The commands of those who write rulesets: what they write can be loaded, and what is there is left alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from complaint_rules import load
from complaint_rules.cli import main

SLIP = """
language: 1
ruleset: page
version: 1.0.0
title: 示例
inputs:
  amount: {type: integer, minimum: 0, maximum: 9}


decisions:
  grade:
    inputs: [amuont]
    output: {values: {A: 甲, B: 乙}}
    rules:
      - {id: low,  when: {amount: "< 5"}, then: A, because: [c1]}   # small
      - {id: high, when: {amount: ">= 5"}, then: B, because: [c2]}
"""


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_new_ruleset_is_a_copy_that_loads() -> None:
    assert main(["new", "branch", "--from", "food"]) == 0
    assert load("branch.yaml").ruleset.id == "branch"
    assert main(["new", "branch", "--from", "bank"]) == 2
    assert load("branch.yaml").ruleset.decisions.keys() == load("food").ruleset.decisions.keys()


def test_a_slip_is_mended_where_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    Path("page.yaml").write_text(SLIP, "utf-8")

    assert main(["check", "page.yaml", "--lang", "zh"]) == 1
    assert main(["check", "page.yaml", "--fix", "--lang", "zh"]) == 0
    assert "已修改" in capsys.readouterr().err
    assert Path("page.yaml").read_text("utf-8") == SLIP.replace("amuont", "amount")


def test_layout_is_evened_once_and_comments_stay() -> None:
    Path("page.yaml").write_text(SLIP, "utf-8")

    assert main(["fmt", "page.yaml", "--check"]) == 1
    assert main(["fmt", "page.yaml"]) == 0
    assert main(["fmt", "page.yaml", "--check"]) == 0
    assert "# small" in Path("page.yaml").read_text("utf-8")


def test_types_for_editors_are_python(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stubs", "food"]) == 0

    compile(capsys.readouterr().out, "food", "exec")


ONE = "- name: 小   # mine\r\n  given: {amount: 1}\r\n  expect: {grade: A}"


def page(examples: str) -> Path:
    Path("page.yaml").write_text(SLIP.replace("amuont", "amount"), "utf-8")
    file = Path("page.examples.yaml")
    file.write_bytes(f"ruleset: page\r\nexamples:\r\n{examples}".encode())
    return file


def test_a_slip_that_no_example_notices_is_named_with_the_example_that_would(
    capsys: pytest.CaptureFixture[str],
) -> None:
    page(ONE)

    assert main(["mutate", "page.yaml", "--operator", "output_changed"]) == 1
    out = capsys.readouterr().out
    assert 'grade.high: then: "A"' in out
    assert "expect: {grade: B}" in out


def test_missing_examples_are_added_and_what_is_there_stays_byte_for_byte() -> None:
    file = page(ONE)
    before = file.read_bytes()

    assert main(["mutate", "page.yaml", "--write"]) == 1
    after = file.read_bytes()
    assert after.startswith(before) and len(after) > len(before)
    assert main(["test", "page.yaml"]) == 0
    assert main(["mutate", "page.yaml", "--write"]) == 0
    assert file.read_bytes() == after


def test_a_file_to_which_nothing_can_be_added_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    file = page("")
    file.write_bytes(b"ruleset: page\nexamples: [{name: x, given: {amount: 1}, expect: {grade: A}}]\n")
    before = file.read_bytes()

    assert main(["mutate", "page.yaml", "--write", "--lang", "zh"]) == 2
    assert file.read_bytes() == before
    assert "缺少的示例" in capsys.readouterr().out


def test_slips_are_drawn_and_counted_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    page(ONE)

    assert main(["mutate", "page.yaml", "--sample", "5", "--seed", "3", "--json"]) in (0, 1)
    assert json.loads(capsys.readouterr().out)["tried"] == 5
    assert main(["mutate", "page.yaml", "--operator", "rule_droped"]) == 2
    assert "rule_dropped" in capsys.readouterr().err


def test_examples_that_fail_are_shown_before_any_change_is_tried(capsys: pytest.CaptureFixture[str]) -> None:
    Path("page.yaml").write_text(SLIP.replace("amuont", "amount"), "utf-8")
    Path("page.examples.yaml").write_text(
        "ruleset: page\nexamples: [{name: 小, given: {amount: 1}, expect: {grade: B}}]\n", "utf-8"
    )

    assert main(["mutate", "page.yaml"]) == 2
    assert "小" in capsys.readouterr().err
