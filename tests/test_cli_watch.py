"""The command watch: lines in, signals out, and on from where it stopped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from complaint_rules.cli import main
from reference_triggers import DESK


def lines(*hours: tuple[str, int, str]) -> str:
    return "".join(
        json.dumps({"complaint": c, "event": "received", "id": f"{c}{h}", "at": f"2024-05-06T{h:02}:00:00Z",
                    "facts": {"unit": "a", "customer": who}}) + "\n"
        for c, h, who in hours
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "desk.yaml").write_text(DESK, "utf-8")
    return tmp_path


def said(text: str) -> list[tuple[int, str, str]]:
    return [(s["number"], s["signal"], s["trigger"]) for s in map(json.loads, text.splitlines())]


def test_lines_go_in_and_signals_come_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "events.jsonl").write_text(lines(("c1", 1, "x"), ("c2", 2, "y"), ("c3", 3, "z")), "utf-8")

    assert main(["watch", "desk.yaml", "events.jsonl", "--now", "2024-05-06T12:00:00Z"]) == 0
    told = capsys.readouterr()
    assert said(told.out)[:3] == [(1, "escalation", "people"), (2, "escalation", "late"), (3, "escalation", "late")]
    assert "boxes" in told.err


def test_it_goes_on_where_it_stopped(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = folder / "events.jsonl"
    events.write_text(lines(("c1", 1, "x"), ("c2", 2, "y")), "utf-8")
    call = ["watch", "desk.yaml", "events.jsonl", "--state", "kept.json", "--lateness", "P1D"]
    assert main(call) == 0
    assert capsys.readouterr().out == ""
    events.write_text(events.read_text("utf-8") + lines(("c3", 3, "z")) + '{"now": "2024-05-06T04:30:00Z"}\n', "utf-8")
    assert main(call) == 0
    first = capsys.readouterr().out
    assert main(call) == 0

    assert said(first) == [(1, "escalation", "people"), (2, "escalation", "late")]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "bad", ["{", "[]", '{"event": "received"}', '{"now": "soon"}', '{"complaint": "c", "at": "x", "event": "received"}']
)
def test_a_bad_line_is_named(folder: Path, capsys: pytest.CaptureFixture[str], bad: str) -> None:
    (folder / "events.jsonl").write_text(lines(("c1", 1, "x")) + bad + "\n", "utf-8")

    assert main(["watch", "desk.yaml", "events.jsonl"]) == 2
    assert "events.jsonl:2" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--now", "soon"], ["--lateness", "long"], ["--state", "desk.yaml"]])
def test_a_wrong_call_is_refused(folder: Path, wrong: list[str]) -> None:
    (folder / "events.jsonl").write_text("", "utf-8")

    assert main(["watch", "desk.yaml", "events.jsonl", *wrong]) == 2
