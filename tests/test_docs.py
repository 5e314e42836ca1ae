"""What the pages show is what happens: files, Python sessions and commands are carried out."""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from fences import Fence, fences

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    *(ROOT / "docs" / f"{n}.md" for n in ("tutorial", "reports", "batch", "checking", "simulate", "audit")),
]
EVERY_PAGE = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

# A page shows a command and what it answers to; 1 is "findings" or "still unknown".
ANSWERED = (0, 1)


def write(fence: Fence, folder: Path) -> None:
    """A block `yaml NAME` or `json NAME` is a file; the same name again is its next edition."""
    for name in fence.words:
        (folder / name).write_text(fence.text, "utf-8")


def session(fence: Fence, names: dict[str, object], page: Path) -> None:
    test = doctest.DocTestParser().get_doctest(fence.text, names, page.name, str(page), fence.line - 1)
    runner = doctest.DebugRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    try:
        runner.run(test, clear_globs=False)
    except doctest.DocTestFailure as failure:
        place = f"{page.name}:{fence.line + failure.example.lineno}"
        pytest.fail(f"{place}: {failure.example.source.strip()} gives\n{failure.got}")
    except doctest.UnexpectedException as failure:
        place = f"{page.name}:{fence.line + failure.example.lineno}"
        pytest.fail(f"{place}: {failure.example.source.strip()} raises {failure.exc_info[1]!r}")
    names.update(test.globs)


def command(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program, *words = shlex.split(line)
    assert program == "complaint-rules"
    start = "import sys; from complaint_rules.cli import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", start, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def commands(fence: Fence, folder: Path, page: Path) -> None:
    """Run each `$` line; what is shown below it, line by line, occurs in what is printed."""
    for part in re.split(r"^\$ ", fence.text, flags=re.MULTILINE)[1:]:
        line, *shown = part.strip().split("\n")
        done = command(line.split("  #")[0], folder)
        printed = done.stdout + done.stderr

        assert done.returncode in ANSWERED, f"{page.name}:{fence.line}: {line}\n{printed}"
        missing = [text for text in shown if text.strip() not in printed]
        assert not missing, f"{page.name}:{fence.line}: {line}\n{missing}\n{printed}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_shows_what_happens(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for fence in fences(page.read_text("utf-8")):
        match fence.language:
            case "yaml" | "json" | "csv":
                write(fence, tmp_path)
            case "python":
                session(fence, names, page)
            case "console":
                commands(fence, tmp_path, page)


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text("utf-8"))

    assert [t for t in targets if not (page.parent / t).exists()] == []


def test_every_exported_name_is_documented() -> None:
    import complaint_rules

    silent = [
        name
        for name in complaint_rules.__all__
        if callable(getattr(complaint_rules, name)) and not getattr(complaint_rules, name).__doc__
    ]
    assert silent == []
