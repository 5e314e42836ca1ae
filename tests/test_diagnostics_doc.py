"""Each code has a section with what is wrong, which gets the code, and what is right, which gets no error."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from complaint_rules.codes import CODES
from fences import Fence, fences, sections

PAGE = Path(__file__).parents[1] / "docs" / "diagnostics.md"
SECTIONS = sections(PAGE)
SHARED = next(f.text for f in fences(PAGE.read_text("utf-8")) if f.words == ("shared",))
LIFE = next(f for f in fences(PAGE.read_text("utf-8")) if f.words == ("life",))
BLOCKS = [(code, fence) for code, text in SECTIONS.items() for fence in fences(text)]


def blocks(kind: str, *languages: str) -> list[Any]:
    chosen = [(c, f) for c, f in BLOCKS if f.words == (kind,) and f.language in languages]
    return [pytest.param(c, f, id=c) for c, f in chosen]


def severities(fence: Fence) -> list[tuple[str, str]]:
    """Return the code and severity of each finding about a block."""
    import complaint_rules
    from complaint_rules.facts import read_facts

    if fence.language == "yaml":
        return [(d.code, d.severity.value) for d in complaint_rules.check_text(fence.text, notes=True)]
    ruleset = complaint_rules.load_text(SHARED).ruleset
    try:
        read_facts(ruleset, json.loads(fence.text, parse_float=Decimal))
    except complaint_rules.FactsError as error:
        return [(d.code, d.severity.value) for d in error.diagnostics]
    return []


def test_every_code_has_a_section_and_every_section_a_code() -> None:
    assert list(SECTIONS) == list(CODES)


@pytest.mark.parametrize("code", SECTIONS)
def test_every_section_shows_what_is_wrong(code: str) -> None:
    assert any(c == code and f.words == ("bad",) for c, f in BLOCKS)


@pytest.mark.parametrize(("code", "fence"), blocks("bad", "yaml", "json"))
def test_the_bad_one_gets_the_code(code: str, fence: Fence) -> None:
    assert code in {found for found, _ in severities(fence)}


@pytest.mark.parametrize(("code", "fence"), blocks("mended", "yaml", "json"))
def test_the_mended_one_has_no_error_and_not_the_code(code: str, fence: Fence) -> None:
    found = severities(fence)

    assert [c for c, severity in found if severity == "error"] == []
    assert code not in {c for c, _ in found}


@pytest.mark.parametrize(("code", "fence"), blocks("bad", "python"))
def test_the_bad_call_raises_the_code(code: str, fence: Fence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import complaint_rules
    from complaint_rules.diagnostics import ComplaintRulesError

    monkeypatch.chdir(tmp_path)
    Path("page.yaml").write_text(SHARED, "utf-8")
    names = {n: getattr(complaint_rules, n) for n in ("load", "load_text", "decide", "replay")} | {"Path": Path}
    with pytest.raises(ComplaintRulesError) as caught:
        exec(LIFE.text + fence.text, names)

    assert code in {d.code for d in caught.value.diagnostics}


@pytest.mark.parametrize("code", CODES)
def test_a_code_speaks_both_languages_in_one_line(code: str) -> None:
    words = CODES[code].message

    assert words.zh
    assert words.en
    assert "\n" not in words.zh + words.en
    assert not words.en.endswith(".")
