"""The pytest plugin: files of examples become tests that say what is wrong in words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RULES = """
language: 1
ruleset: shop
version: 1.0.0
title: {zh: 店, en: shop}
inputs:
  late: {label: {zh: 迟到, en: late}, type: boolean}
decisions:
  paid: {label: {zh: 赔付, en: paid}, inputs: [late], output: {type: boolean}, rules: [
    {id: late, when: {late: yes}, then: yes, because: [c1]}, {id: in_time, when: {late: no}, then: no, because: [c1]}]}
"""
GOOD = "ruleset: shop\nexamples:\n  - {name: 迟到的, given: {late: yes}, expect: {paid: yes}}\n"
BAD = GOOD + "  - {name: 准时的, given: {late: no}, expect: {paid: yes}}\n"


def run(folder: Path, *options: str) -> str:
    command = [sys.executable, "-m", "pytest", "-p", "no:complaint_rules", "-p", "complaint_rules.pytest_plugin"]
    command += ["-p", "no:cacheprovider", "-q", "--rootdir", str(folder), *options, str(folder)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.yaml").write_text(RULES, "utf-8")
    return tmp_path


def test_examples_and_the_check_are_tests_and_coverage_is_told(folder: Path) -> None:
    (folder / "shop.examples.yaml").write_text(GOOD, "utf-8")
    said = run(folder, "--rules-coverage")
    assert "3 passed" in said
    assert "rules of shop" in said
    assert "rules that decide: 1/2" in said
    assert "no tests ran" in run(folder, "--no-rules")


def test_a_failure_says_where_and_what(folder: Path) -> None:
    (folder / "shop.examples.yaml").write_text(BAD, "utf-8")
    said = run(folder, "--rules-lang", "zh")
    assert "1 failed, 2 passed" in said
    assert "`paid`：应为 yes，实为 no" in said, said
    assert "Traceback" not in said


def test_what_cannot_be_read_fails_with_its_place(folder: Path) -> None:
    (folder / "shop.yaml").write_text(RULES.replace("type: boolean}", "type: bolean}", 1), "utf-8")
    (folder / "shop.examples.yaml").write_text(GOOD, "utf-8")
    said = run(folder)
    assert "2 failed" in said
    assert "shop.yaml:7" in said
    assert "CR1" in said
    assert "Traceback" not in said


def test_a_finding_fails_the_check(folder: Path) -> None:
    gap = RULES.replace(", {id: in_time, when: {late: no}, then: no, because: [c1]}", "")
    (folder / "shop.yaml").write_text(gap, "utf-8")
    (folder / "shop.examples.yaml").write_text(GOOD, "utf-8")
    assert "CR201" in run(folder)
