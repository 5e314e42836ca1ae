"""The commands about time: a due instant with its days, open limits named, calendars shown day by day."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from complaint_rules.cli import main

TEXT = """
language: 1
ruleset: page
version: 1.0.0
title: 示例
calendar: cn-office
parameters:
  few: {type: integer, unset: true, reason: no number}
inputs:
  received: {type: datetime}
  confirmed: {type: datetime}
  urgent: {type: boolean}
  owner_named: {values: {shop: 门店, hq: 总部}}
decisions:
  slow: {expression: not urgent, because: c1}
deadlines:
  reply: {label: {zh: 答复, en: reply}, start: received, within: 2, unit: working_day, owner: owner_named, because: c1}
  study: {label: 研究, when: slow, start: confirmed, within: few, unit: month, because: c2}
"""


@pytest.fixture(autouse=True)
def _page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("page.yaml").write_text(TEXT, "utf-8")


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(argv)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_due_shows_the_days_and_the_owner(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(
        capsys, "due", "page.yaml", "--start", "2024-04-29T16:00", "--set", "urgent=yes",
        "--set", "owner_named=shop", "--lang", "zh",
    )  # fmt: skip

    assert code == 0
    assert "reply 答复: 2024-05-06 24:00" in out
    assert "2024-05-01 三 – 2024-05-05 日  不计: 劳动节" in out
    assert "责任方 门店" in out
    assert "study 研究: 不适用" in out


def test_due_names_what_is_open(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "due", "page.yaml", "--start", "2024-04-29T16:00", "--set", "urgent=no", "--lang", "zh")

    assert code == 1
    assert "study 研究: 未定; 待查明 few" in out


def test_due_is_json_too_and_a_fact_goes_before_the_start(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ("due", "page.yaml", "--start", "2024-04-29T16:00", "--set", "received=2024-05-08T09:00:00+08:00", "--json")
    code, out, _ = run(capsys, *argv, "--set", "urgent=yes", "--only", "reply")
    found = json.loads(out)

    assert code == 0
    assert list(found) == ["reply"]
    assert found["reply"]["due"] == "2024-05-11T00:00:00+08:00"
    assert found["reply"]["shown"] == "2024-05-10 24:00"
    assert [s["count"] for s in found["reply"]["steps"]] == [None, 1, 2]


def test_beyond_the_calendar_it_is_provisional_or_open(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ("due", "page.yaml", "--start", "2031-04-29T16:00", "--only", "reply", "--lang", "zh")

    assert "暂定" in run(capsys, *argv)[1]
    assert run(capsys, *argv, "--strict-calendar")[0] == 1


@pytest.mark.parametrize("argv", [("--start", "soon"), ("--start", "2024-04-29", "--only", "rply"), ("--set", "n=1")])
def test_what_cannot_be_reckoned_is_refused(argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "due", "page.yaml", *argv)[0] == 2


def test_calendars_are_listed_shown_and_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert "cn-office" in run(capsys, "calendar", "list")[1].split()
    shown = run(capsys, "calendar", "show", "cn-office", "--from", "2024-05-01", "--to", "2024-05-11")[1].splitlines()
    days = json.loads(
        run(capsys, "calendar", "show", "cn-office", "--from", "2024-05-11", "--to", "2024-05-11", "--json")[1]
    )

    assert len(shown) == 11
    assert "劳动节" in shown[0]
    assert days[0]["hours"] != "–"  # a Saturday that is worked
    assert run(capsys, "calendar", "check", "cn-office")[0] == 0
    assert run(capsys, "calendar", "check", "no-such")[0] == 2
    assert run(capsys, "calendar", "show", "cn-office", "--from", "x", "--to", "2024-05-11")[0] == 2


def test_examples_say_when_a_deadline_ends(capsys: pytest.CaptureFixture[str]) -> None:
    text = """
ruleset: page
examples:
  - name: 跨劳动节两个工作日
    given: {received: 2024-04-29T16:00:00+08:00, urgent: yes}
    due: {reply: 2024-05-06 24:00, study: not_due}
  - name: 不急的没有期限
    given: {received: 2024-04-29T16:00:00+08:00, urgent: no}
    due: {study: undetermined}
"""
    Path("page.examples.yaml").write_text(text, "utf-8")
    assert run(capsys, "test", "page.yaml")[0] == 0

    Path("page.examples.yaml").write_text(text.replace("05-06 24:00", "05-07 24:00"), "utf-8")
    code, out, _ = run(capsys, "test", "page.yaml")
    assert code == 1
    assert "expected due 2024-05-07 24:00, got due 2024-05-06 24:00" in out

    for old, new in (("2024-05-06 24:00", "soon"), ("reply:", "rply:")):
        Path("page.examples.yaml").write_text(text.replace(old, new), "utf-8")
        assert run(capsys, "test", "page.yaml")[0] == 2


def test_a_ruleset_without_time_limits_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    Path("page.yaml").write_text(TEXT[: TEXT.index("deadlines:")].replace("calendar: cn-office\n", ""), "utf-8")
    code, out, err = run(capsys, "due", "page.yaml", "--start", "2024-04-29T16:00", "--lang", "zh")

    assert (code, out) == (1, "")
    assert "没有时限" in err
