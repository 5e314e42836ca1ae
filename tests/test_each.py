"""Hooks before a commit: the rulesets of the files are checked, tested and laid out; other files are passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from complaint_rules.cli import main
from test_pytest_plugin import BAD, GOOD, RULES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.yaml").write_text(RULES, "utf-8")
    (tmp_path / "shop.examples.yaml").write_text(GOOD, "utf-8")
    (tmp_path / "other.yaml").write_text("a: 1\n", "utf-8")
    return tmp_path


def run(what: str, folder: Path, *names: str) -> int:
    return main(["each", what, *(str(folder / n) for n in names)])


def test_a_file_beside_a_ruleset_means_the_ruleset_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", folder, "shop.yaml", "shop.examples.yaml", "other.yaml") == 0
    assert capsys.readouterr().out.count("shop.yaml") == 1
    assert run("test", folder, "shop.examples.yaml") == 0
    assert "1 examples, 0 failed" in capsys.readouterr().out


def test_what_is_wrong_fails_the_hook(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "shop.examples.yaml").write_text(BAD, "utf-8")
    assert run("test", folder, "shop.yaml") == 1
    (folder / "shop.yaml").write_text(RULES + "  - [\n", "utf-8")
    assert run("check", folder, "shop.examples.yaml") == 1
    assert "CR001" in capsys.readouterr().out


def test_files_of_no_ruleset_are_passed_over(folder: Path) -> None:
    for what in ("check", "test", "fmt"):
        assert run(what, folder, "other.yaml") == 0


def test_fmt_lays_out_and_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("fmt", folder, "shop.yaml") == 1
    assert "shop.yaml" in capsys.readouterr().out
    assert run("fmt", folder, "shop.yaml") == 0
