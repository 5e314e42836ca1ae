"""Formatting changes white space only: it says the same with the same comments, and is done after one time."""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path

import pytest

import sizes
from complaint_rules.diagnostics import RulesetError
from complaint_rules.fmt import _comments, format_text
from complaint_rules.source import read

RULESETS = sorted((Path(__file__).parents[1] / "rulesets").glob("*.yaml"))
TEXTS = {path.name: path.read_text("utf-8") for path in RULESETS}


def excerpt(text: str, rng: random.Random) -> str | None:
    """Return some of a file's decisions (or its first part), or None where what was cut out is no YAML."""
    parts = text.split("\n\n")
    at = rng.randrange(len(parts))
    cut = "\n\n".join(parts[at : at + rng.randint(1, 4)])[:2500].rpartition("\n")[0] + "\n"
    cut = f"decisions:\n{cut}" if cut.startswith("  ") else cut
    return cut if root_of(cut) is not None else None


def root_of(text: str) -> object:
    try:
        return read(text, "<text>").root
    except RulesetError:
        return None


def widened(text: str, rng: random.Random) -> str:
    """Another width of indentation, which dashes keep to."""
    width = rng.choice((1, 3, 4, 5, 8))

    def wide(line: str) -> str:
        said = line.lstrip(" ")
        lead = " " * ((len(line) - len(said)) * width // 2)
        return lead + re.sub(r"^(- )", "-" + " " * max(width - 1, 1), said)

    return "\n".join(map(wide, text.split("\n")))


def trailing(text: str, rng: random.Random) -> str:
    return "\n".join(line + rng.choice(("", "", " ", "   ", "\t")) for line in text.split("\n"))


def blank_lines(text: str, rng: random.Random) -> str:
    return re.sub(r"\n\n", lambda _: "\n" * rng.randint(2, 5), text) + "\n" * rng.randint(0, 3)


def more_blank_lines(text: str, rng: random.Random) -> str:
    return "\n".join(line + rng.choice(("", "", "", "\n", "\n   \n")) for line in text.split("\n"))


def braces(text: str, rng: random.Random) -> str:
    return re.sub(r"[{\[]|[}\],:] ?|  *#", lambda m: rng.choice((m[0], m[0], m[0] + " ", " " + m[0])), text)


def comments(text: str, rng: random.Random) -> str:
    def said(line: str) -> str:
        return line + rng.choice(("", "", "", "   # note", f"\n{' ' * rng.randint(0, 9)}# note", "\n#note"))

    return "\n".join(map(said, text.split("\n")))


def line_ends(text: str, rng: random.Random) -> str:
    return text.replace("\n", rng.choice(("\r\n", "\r"))) + rng.choice(("", "\r\n"))


LAYOUT = (trailing, blank_lines, line_ends)
MUTATIONS = (*LAYOUT, widened, more_blank_lines, braces, comments)


def comments_of(text: str) -> Counter[str]:
    return Counter(_comments(text.replace("\r\n", "\n").replace("\r", "\n")))


def check_laws(text: str) -> str:
    done = format_text(text)

    assert root_of(done) == root_of(text)
    assert comments_of(done) == comments_of(text)
    assert format_text(done) == done
    assert done.endswith("\n")
    assert not done.endswith("\n\n")
    assert "\t" not in done
    assert "\r" not in done
    assert not re.search(r"[ \t]+$|\n\n\n", done, re.MULTILINE)
    return done


@pytest.mark.parametrize("name", list(TEXTS)[:: sizes.of(9, 1)])
def test_a_ruleset_is_formatted_once(name: str) -> None:
    check_laws(TEXTS[name])


@pytest.mark.parametrize("seed", range(sizes.of(24, 250)))
def test_any_layout_is_formatted_once(seed: int) -> None:
    rng = random.Random(seed)
    text = excerpt(rng.choice(list(TEXTS.values())), rng)
    if text is None:
        return
    root = root_of(text)
    for mutation in rng.sample(MUTATIONS, rng.randint(1, 4)):
        mutated = mutation(text, rng)
        if root_of(mutated) == root:
            text = mutated
    check_laws(text)


@pytest.mark.parametrize("seed", range(40))
def test_line_ends_trailing_blanks_and_blank_lines_leave_no_trace(seed: int) -> None:
    rng = random.Random(seed)
    text = excerpt(rng.choice(list(TEXTS.values())), rng) or "a: 1\n"
    mutated = rng.choice(LAYOUT)(text, rng)
    if root_of(mutated) == root_of(text):
        assert format_text(mutated) == format_text(text)


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("a: {x : 1 ,y: [ 2,3 ], }", "a: {x: 1, y: [2, 3],}\n"),
        ("a:   1     # why\n\n\n\n# next   \nb: 2", "a: 1 # why\n\n# next\nb: 2\n"),
        ("a:\n- b: 1\n  c: 2\n-   d\n", "a:\n  - b: 1\n    c: 2\n  - d\n"),
        ("a:\n      b: 1\n      # of c\n      c:\n       {d: 1,\n        e: 2}\n", None),
        ("a:\n    b: |\n        x  \n\n\n          y\n    c: 1\n", "a:\n  b: |\n      x  \n\n\n        y\n  c: 1\n"),
        ("a: |+\n  x\n\n\n", "a: |+\n  x\n\n\n"),
        ('a: "x\n y"\n', 'a: "x\n  y"\n'),
        ("\ufeffa: 1\r\nb: 2\r\n", "a: 1\nb: 2\n"),
        (
            "decisions:\n  a: {b: 1}\n  c: {b: 1}\n  # of d\n  d:\n    b: 1\n  e:\n    b: 1\n",
            "decisions:\n  a: {b: 1}\n  c: {b: 1}\n\n  # of d\n  d:\n    b: 1\n\n  e:\n    b: 1\n",
        ),
    ],
)
def test_a_layout_becomes_the_usual_one(text: str, formatted: str | None) -> None:
    usual = formatted or "a:\n  b: 1\n  # of c\n  c:\n    {d: 1,\n     e: 2}\n"

    assert format_text(text) == usual
    assert format_text(usual) == usual
    assert root_of(usual) == root_of(text)


def test_what_cannot_be_read_is_not_formatted() -> None:
    with pytest.raises(RulesetError):
        format_text("a: {b: 1")


def test_most_excerpts_and_layouts_are_looked_at() -> None:
    rng = random.Random(7)
    texts = [excerpt(rng.choice(list(TEXTS.values())), rng) for _ in range(60)]
    found = [t for t in texts if t is not None]
    same = [root_of(m(t, rng)) == root_of(t) for t in found for m in MUTATIONS]

    assert len(found) > 40
    assert sum(same) > 0.6 * len(same)
