"""Safe mends: a file without errors is left alone, a slip is mended, and what is in doubt is not."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

import sizes
from complaint_rules import check_text
from complaint_rules.diagnostics import Diagnostic, RulesetError, Severity, Span
from complaint_rules.fixes import _slipped, fixed, fixed_fully
from complaint_rules.scaffold import scaffold
from complaint_rules.source import read
from fences import fences, sections

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "diagnostics.md"
BLOCKS = [(code, f) for code, text in sections(PAGE).items() for f in fences(text) if f.language == "yaml"]
BAD = [pytest.param(c, f.text, id=c) for c, f in BLOCKS if f.words == ("bad",)]
GOOD = {c: f.text for c, f in BLOCKS if f.words == ("mended",)}
SHARED = next(f.text for f in fences(PAGE.read_text("utf-8")) if f.words == ("shared",))
MENDED = {"CR004", "CR009"}  # whose bad file becomes the mended one by itself


def errors(text: str) -> list[str]:
    return [d.code for d in check_text(text) if d.severity is Severity.ERROR]


@pytest.mark.parametrize(("code", "text"), BAD)
def test_a_bad_file_is_mended_or_left_alone(code: str, text: str) -> None:
    mended, of = fixed_fully(text, check_text)

    assert mended == (GOOD[code] if code in MENDED else text)
    assert {d.code for d in of} == ({code} if code in MENDED else set())


@pytest.mark.parametrize("code", GOOD)
def test_a_file_without_errors_is_left_alone(code: str) -> None:
    assert fixed_fully(GOOD[code], check_text) == (GOOD[code], [])


@pytest.mark.parametrize("name", ["bank", "food"])
def test_a_ruleset_is_left_alone(name: str) -> None:
    text = (ROOT / "rulesets" / f"{name}.yaml").read_text("utf-8")

    assert fixed_fully(text, check_text) == (text, [])


@pytest.mark.parametrize(
    ("right", "slip"),
    [
        ("version: 1.0.0", "verzion: 1.0.0"),
        ("version: 1.0.0", "version：1.0.0"),
        ("parameters:", "paramters:"),
        ("value: 5", "valeu: 5"),
        ("minimum: 0,", "minimun: 0,"),
        ("because: [c]}\n      - {id: high", "becuase: [c]}\n      - {id: high"),
        ('"< limit"', '"＜ limit"'),
        ('"< limit"', '"< limits"'),
        ("channel = 'shop'", "chanel = 'shop'"),
        ("channel = 'shop'", "channel = 'shhop'"),
        ("type: money", "type: mony"),
        ("minimum: 0,", "minimum: ０,"),
        ("maximum: 1000.00", "maximum: １０００.00"),
        ("output: {type: boolean}", "output: {type: booleen}"),
    ],
)
def test_a_slip_is_mended(right: str, slip: str) -> None:
    text = SHARED.replace(right, slip, 1)
    mended, of = fixed_fully(text, check_text)

    assert text != SHARED
    assert mended == SHARED
    assert of


@pytest.mark.parametrize(
    ("right", "slip"),
    [
        ("inputs:\n  n:", "inputs:\n  chanel: {type: text}\n  channek: {type: text}\n  n:"),
        ("'shop'", "'shipped'"),
        ("limit: {type: integer, value: 5", "limit: {type: integer, valeu: 4, value: 5"),
        ("value: 5, because: [c]}", "value: 5}"),
        ("inputs: [n]", "inputs: [m]"),
    ],
)
def test_what_is_in_doubt_is_left_alone(right: str, slip: str) -> None:
    text = SHARED.replace(right, slip, 1).replace("channel = ", "channe = " if "channek" in slip else "channel = ")

    assert text != SHARED
    assert fixed_fully(text, check_text) == (text, [])


@pytest.mark.parametrize("seed", range(sizes.of(48, 300)))
def test_a_file_with_a_random_slip_gets_no_worse(seed: int) -> None:
    rng = random.Random(seed)
    at = rng.randrange(len(SHARED) - 1)
    slip = rng.choice(("", SHARED[at] * 2, SHARED[at + 1] + SHARED[at], rng.choice("etaｅ：５＜, ")))
    text = SHARED[:at] + slip + SHARED[at + 1 + (len(slip) == 2 and slip[0] == SHARED[at + 1]) :]
    mended, of = fixed_fully(text, check_text)

    assert bool(of) == (mended != text)
    if not errors(text):
        assert mended == text
    if of:
        assert fixed_fully(mended, check_text) == (mended, [])
        assert len(errors(mended)) <= len(errors(text)) or "CR001" in errors(text) or "CR009" in errors(text)


def test_findings_of_elsewhere_and_warnings_are_passed_over() -> None:
    words = {"key": "verzion", "suggestion": "version"}
    text = "verzion: 1\n"
    span = Span("x", 1, 1, 0, 7)

    assert fixed(text, [Diagnostic("CR004", None, words)]) == (text, [])
    assert fixed(text, [Diagnostic("CR004", span, words, severity=Severity.WARNING)]) == (text, [])
    assert fixed(text, [Diagnostic("CR004", Span("x", 9, 9, 80, 87), words)]) == (text, [])
    assert fixed("\ufeff" + text, [Diagnostic("CR004", span, words)])[0] == "\ufeffversion: 1\n"


@pytest.mark.parametrize(
    ("word", "meant", "slipped"),
    [
        ("hotlien", "hotline", True),
        ("hotlin", "hotline", True),
        ("hotlines", "hotline", True),
        ("hotlibe", "hotline", True),
        ("Hotline", "hotline", True),
        ("hotel", "hotline", False),
        ("step_2", "step_1", False),
        ("step_", "step_1", False),
        ("hoeltin", "hotline", False),
    ],
)
def test_a_slip_is_one_letter(word: str, meant: str, slipped: bool) -> None:
    assert _slipped(word, meant) == slipped


# --- scaffold ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bank", "food"])
def test_a_scaffold_is_the_ruleset_under_a_new_id(name: str) -> None:
    text = (ROOT / "rulesets" / f"{name}.yaml").read_text("utf-8")
    made = scaffold(text, "branch")
    new, old = read(made, "x").root, read(text, "x").root

    assert errors(made) == []
    assert new == {**old, "ruleset": "branch", "version": "0.1.0", "title": {"zh": "待填写", "en": "to be written"}}
    assert re.findall("#.*", made) == re.findall("#.*", text)


def test_a_title_over_several_lines_is_replaced() -> None:
    made = scaffold("ruleset: a # id\ntitle:\n  zh: 甲\n  en: a # title\n\nversion: '1'\n", "b")

    assert made == "ruleset: b # id\ntitle:\n  {zh: 待填写, en: to be written} # title\n\nversion: 0.1.0\n"


def test_a_scaffold_needs_an_id() -> None:
    with pytest.raises(RulesetError, match="CR112"):
        scaffold("ruleset: a\n", "My Rules")
