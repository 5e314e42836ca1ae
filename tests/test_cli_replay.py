"""The commands replay and timeline: a case file in, a life out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from complaint_rules.cli import main

LIFE = {
    "facts": {"customer_tier": "ordinary"},
    "events": [{"event": "called", "at": "2024-05-06T09:00:00+08:00", "facts": {"urgent": True}}],
}
RULESET = """
language: 1
ruleset: desk
version: 1.0.0
title: 服务台
calendar: cn-office
events:
  called: {label: 来电, carries: [urgent]}
  answered: 答复
inputs:
  customer_tier: {values: {ordinary: 普通, high: 高端}}
  urgent: {type: boolean}
  called_at: {type: datetime, from: {first: called}}
  answered: {type: boolean, from: {happened: answered}}
decisions:
  hours:
    label: 时限
    inputs: [urgent]
    output: {type: integer, minimum: 0}
    rules:
      - {id: urgent, when: {urgent: yes}, then: 2, because: [d-1]}
      - {id: usual, when: {urgent: no}, then: 8, because: [d-1]}
deadlines:
  answer:
    label: 答复
    start: called_at
    within: hours
    unit: hour
    met_when: answered
    owner: agent
    milestones: {remind: {label: 提醒, at: 50%, to: agent}}
    because: [d-1]
process:
  roles: {agent: 客服}
  states: {open: 处理中, closed: {zh: 已关闭, final: yes}}
  steps:
    answered: {label: 答复并关闭, from: open, to: closed, by: agent}
"""


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("desk.yaml").write_text(RULESET, "utf-8")
    Path("life.json").write_text(json.dumps(LIFE), "utf-8")


def run(capsys, *arguments):
    code = main(arguments)
    return code, capsys.readouterr()


def test_replay_says_what_is_owed_in_chinese(capsys):
    code, said = run(capsys, "replay", "desk.yaml", "life.json", "--now", "2024-05-06T09:30", "--lang", "zh")

    assert code == 0
    assert "answer 答复: 进行中  2024-05-06 11:00" in said.out
    assert "责任方 客服" in said.out
    assert "✓ 答复并关闭（客服） → 已关闭" in said.out
    assert "下一时点 2024-05-06 10:00：答复：提醒" in said.out


def test_what_is_late_is_a_finding(capsys):
    code, said = run(capsys, "replay", "desk.yaml", "life.json", "--now", "2024-05-06T12:00")

    assert code == 1
    assert "answer: overdue  2024-05-06 11:00" in said.out


def test_replay_prints_json(capsys):
    code, said = run(capsys, "replay", "desk.yaml", "life.json", "--now", "2024-05-06T09:30:00+08:00", "--json")

    assert json.loads(said.out)["obligations"]["answer"]["status"] == "running"
    assert code == 0


def test_timeline_draws_in_the_terminal_and_into_files(capsys):
    code, said = run(capsys, "timeline", "desk.yaml", "life.json", "--now", "2024-05-06T12:00")
    assert code == 0
    assert "答复" in said.out

    for name, start in (("p.svg", "<svg"), ("p.html", "<!doctype html>")):
        code, _ = run(capsys, "timeline", "desk.yaml", "life.json", "--now", "2024-05-06T12:00", "--to", name)
        assert code == 0
        assert Path(name).read_text("utf-8").lower().startswith(start)


@pytest.mark.parametrize(
    ("life", "more", "said"),
    [
        ({"events": [{"event": "caled", "at": "2024-05-06T09:00:00+08:00"}]}, (), "events[0].event: error[CR314]"),
        ({"event": []}, (), "event: error[CR004]"),
        ([], (), "error[CR310]"),
        (LIFE, ("--now", "soon"), "--now: error[CR302]"),
        (LIFE, ("--set", "x=1"), "error[CR301]"),
    ],
)  # fmt: skip
def test_bad_input_is_located(capsys, life, more, said):
    Path("life.json").write_text(json.dumps(life), "utf-8")
    arguments = [
        "replay",
        "desk.yaml",
        "life.json",
        *(more if "--now" in more else ("--now", "2024-05-06T12:00", *more)),
    ]
    code, shown = run(capsys, *arguments)

    assert code == 2
    assert said in shown.err


def test_a_picture_of_another_kind_is_refused(capsys):
    code, said = run(capsys, "timeline", "desk.yaml", "life.json", "--now", "2024-05-06T12:00", "--to", "p.png")

    assert code == 2
    assert "error[CR302]" in said.err


@pytest.mark.parametrize("name", ["auto_dealer"])
def test_one_log_gives_the_same_bytes_in_every_process(name: str) -> None:
    root = Path(__file__).parents[1]
    call = [sys.executable, "-m", "complaint_rules", "replay", name, str(root / "demo" / "dealer.json"), "--json"]
    call += ["--overlay", str(root / "rulesets/overlays/auto_dealer.example.yaml"), "--now", "2024-05-20T10:00"]
    said = {
        subprocess.run(
            call, capture_output=True, check=False, env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone}
        ).stdout
        for seed, zone in [("0", "UTC"), ("1", "America/New_York"), ("12345", "Asia/Shanghai")]
    }

    assert len(said) == 1
    assert json.loads(said.pop())["state"] == "closed"
