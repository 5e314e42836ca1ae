"""The law of hostile input: whatever the file or the facts, an answer or located findings, never another exception.

HOSTILE sets the number of mutations (default 300).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

import library
import sizes
from complaint_rules import FactsError, RulesetError, check_text, decide, load, load_text
from complaint_rules.diagnostics import Diagnostic
from complaint_rules.limits import Limits
from random_rulesets import choices, random_facts, random_ruleset
from reference import decide as slow_decide
from reference_cells import type_of

MUTATIONS = int(os.environ.get("HOSTILE", sizes.of(70, 300)))
CHUNKS = 10
PER_CHUNK = -(-MUTATIONS // CHUNKS)
POOL = max(10, min(100, MUTATIONS // 10))  # small rulesets that are mutated, for to make one is slow
MOST_POINTS = 400  # a mutation that leaves the reference more to try than this is not decided by it
RULESETS = Path(__file__).parents[1] / "rulesets"
SHIPPED = {name: (RULESETS / f"{name}.yaml").read_text("utf-8") for name in ("food", "bank")}

LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
SCALAR = re.compile(r"[^\s:,\[\]{}'\"#&*!|>%@`\-][^\s:,\[\]{}'\"#]*")
ODD_SCALARS = [
    "", "''", "~", "-", "?", "|", ">", "%", "@", "`", "：", "键：值", "9" * 5000, "-" + "9" * 5000, "0." + "1" * 5000, "1e400",
    "-0", "+1", "0x10", "0o17", "1_000", ".inf", ".nan", "NaN", "Infinity", "１２", "二十", "!!python/object:os.system ls",
    "!!python/object/apply:os.system ['true']", "!!binary aGk=", "!x y", "!!set {a, b}", "&a b", "*a", "&a [*a]",
    "<<: *a", "{<<: {a: b}}", "{a: 1, a: 2}", "? [a]\n: b", "[" * 100_000, "{a: " * 20_000, "[[[[]]]]", "(" * 5000, "not " * 200 + "yes",
    "\0", "\x07", "\x1b[31m", "\u202e", "\u2066", "\u200b", "\ufeff", "\u00a0", "\u3000", "\u2028", "\x85", "\ud800", "\U0010ffff",
    "\t", "a\tb", "\r", "a" * 19_999, "长" * 30_000, "{}", "[]", "{[}", "]", "'", '"', '"\\x00"', '"\\ud800"', '"\\U0010FFFF"',
    "---", "...", "--- a\n--- b", "# c", "not()", "not(", "[1..", "(..)", "[9..1]", "> ", ">> 1", "> unknown", "unknown", "known",
    "other", "empty", "{has: }", "{has: {has: a}}", "{any_of: []}", "0000-00-00", "9999-12-31", "9999-12-31T23:59:59+23:59",
    "0001-01-01T00:00:00+23:59", "2024-02-30", "P9999999999D", "P1Y", "PT0.0000001S", "P99999999999999999999W", "1 / 0",
    "a.b.c", "__class__", "constructor", "{0}", "{x.__class__}", "%s", "yes", "no", "true", "0", "-1", "integer", "set", "money",
]  # fmt: skip


# --- mutations


@dataclass(frozen=True)
class Mutant:
    """A ruleset's text after mutation, and what was done to it."""

    text: str
    done: str


def spot(rng: Random, text: str) -> tuple[int, int]:
    """Return the ends of a plain scalar of the text, or of nothing."""
    at = rng.randrange(len(text) + 1)
    found = SCALAR.search(text, at) or SCALAR.search(text)
    return found.span() if found else (at, at)


def replaced(text: str, ends: tuple[int, int], new: str) -> str:
    return text[: ends[0]] + new + text[ends[1] :]


def lines_changed(rng: Random, text: str, change: Callable[[list[str], int, int], None]) -> str:
    lines = text.split("\n")
    at = rng.randrange(max(1, len(lines) - 1))
    change(lines, at, rng.randrange(len(lines)))
    return "\n".join(lines)


def delete_line(rng: Random, text: str) -> str:
    return lines_changed(rng, text, lambda lines, at, _: lines.__delitem__(at))


def duplicate_line(rng: Random, text: str) -> str:
    return lines_changed(rng, text, lambda lines, at, _: lines.insert(at, lines[at]))


def swap_neighbours(rng: Random, text: str) -> str:
    return lines_changed(rng, text, lambda lines, at, _: lines.insert(at + 1, lines.pop(at)))


def move_line(rng: Random, text: str) -> str:
    return lines_changed(rng, text, lambda lines, at, to: lines.insert(to, lines.pop(at)))


def change_character(rng: Random, text: str) -> str:
    at = rng.randrange(len(text))
    return replaced(text, (at, at + 1), rng.choice("abdfps0123456789 -.:,_'\"[]{}()<>=#"))


def odd_character(rng: Random, text: str) -> str:
    at = rng.randrange(len(text))
    return replaced(
        text,
        (at, at + rng.randint(0, 1)),
        rng.choice("：，“”\0\t\r\x85\u202e\u200b\ufeff\u3000\ud800\U0001f600&*!%@`|>?~\\"),
    )


def change_digit(rng: Random, text: str) -> str:
    found = list(re.finditer(r"(?<![\w.])\d(?!\w)", text))
    return replaced(text, rng.choice(found).span(), rng.choice("0123456789")) if found else text


def exchange_scalar(rng: Random, text: str) -> str:
    """Put another scalar of the file in the place of one."""
    new = text[slice(*spot(rng, text))]
    return replaced(text, spot(rng, text), new)


TWINS = [
    ("yes", "no"), ("true", "false"), (" < ", " <= ", " > ", " >= "), ("< ", "<= ", "> ", ">= "), (" and ", " or "), ("any_of", "all_of", "none_of"),
    ("first", "priority", "any"), ("known", "unknown"), ("needs_all", "needs_any"), ("half_up", "half_even", "up", "down"), ("min", "max"), ("'='", "!="),
]  # fmt: skip


def exchange_word(rng: Random, text: str) -> str:
    """Put a word of the language in the place of its twin."""
    old, new = rng.sample(rng.choice([t for t in TWINS if any(word in text for word in t)] or TWINS), 2)
    found = list(re.finditer(rf"(?<![a-z]){re.escape(old)}(?![a-z])", text))
    return replaced(text, rng.choice(found).span(), new) if found else text


def odd_scalar(rng: Random, text: str) -> str:
    return replaced(text, spot(rng, text), rng.choice(ODD_SCALARS))


def cut(rng: Random, text: str) -> str:
    return text[: rng.randrange(len(text))]


def repeat_block(rng: Random, text: str) -> str:
    one, two = sorted(rng.randrange(len(text)) for _ in range(2))
    return text[:two] + text[one:two] * rng.randint(1, 2) + text[two:]


def indent(rng: Random, text: str) -> str:
    def change(lines: list[str], at: int, _: int) -> None:
        lines[at] = rng.choice(["  " + lines[at], "\t" + lines[at], lines[at].removeprefix("  "), "\u3000" + lines[at]])

    return lines_changed(rng, text, change)


MILD = [
    delete_line,
    swap_neighbours,
    change_digit,
    change_digit,
    exchange_word,
    exchange_word,
    change_character,
    exchange_scalar,
]
WILD = [
    *MILD,
    duplicate_line,
    move_line,
    odd_character,
    odd_scalar,
    odd_scalar,
    odd_scalar,
    odd_scalar,
    cut,
    repeat_block,
    indent,
]


def mutant(rng: Random, text: str, ways: Sequence[Callable[[Random, str], str]], most: int) -> Mutant:
    done = []
    for way in rng.choices(ways, k=rng.randint(1, most)):
        text = way(rng, text) if text else text
        done.append(way.__name__)
    return Mutant(text, " ".join(done))


@cache
def small(seed: int) -> str:
    """Return a small random ruleset that loads, as text."""
    rng = Random(f"small {seed}")
    while True:
        text = block_style(random_ruleset(rng))
        try:
            load_text(text)
        except RulesetError:
            continue  # a needless rule, which `tidy` does not find
        return text


def block_style(ruleset: Any) -> str:
    return yaml.safe_dump(ruleset, sort_keys=False, allow_unicode=True, width=1000)


# --- what must hold


def shown(mutated: Mutant) -> str:
    """Return what reproduces a failure."""
    return f"{mutated.done}\n{mutated.text[:20_000]!r}"


def assert_located(diagnostics: Sequence[Diagnostic], mutated: Mutant) -> None:
    most = len(LINE_END.findall(mutated.text)) + 1
    for found in diagnostics:
        assert found.span is not None, (found.render(), shown(mutated))
        assert 1 <= found.span.line <= most and found.span.column >= 1, (found.render(), shown(mutated))
        assert found.render("zh") and found.to_dict("en")["message"], shown(mutated)


def loaded(mutated: Mutant) -> Any | None:
    """Load, or None after well placed errors; anything else raised fails the test with the text."""
    try:
        rules = load_text(mutated.text)
    except RulesetError as error:
        assert error.diagnostics, shown(mutated)
        assert_located(error.diagnostics, mutated)
        return None
    except Exception as error:  # noqa: BLE001 - any other exception breaks the law
        pytest.fail(f"{type(error).__name__}: {str(error)[:200]}\n{shown(mutated)}")
    return rules


# --- the texts


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_mutated_ruleset_loads_or_says_where_it_is_wrong(chunk: int) -> None:
    for seed in range(chunk * PER_CHUNK, (chunk + 1) * PER_CHUNK):
        rng = Random(f"wild {seed}")
        text = small(seed % POOL) if seed % 20 else SHIPPED[rng.choice(["food", "bank"])]
        mutated = mutant(rng, text, WILD, 3)
        rules = loaded(mutated)
        findings = check_text(mutated.text)
        assert_located(findings, mutated)
        assert (rules is None) == any(f.severity.value == "error" for f in findings), shown(mutated)
        if rules is not None:
            decide(rules, {})


def is_in_the_reference(tree: Any) -> bool:
    """Tell whether the reference speaks of it: steps are counted from a minimum, and all ranked outputs are listed."""
    types = [t for place in ("inputs", "parameters") for t in tree[place].values() if "step" in t and "minimum" in t]
    ranked = [d for d in tree["decisions"].values() if d.get("hit_policy") in ("priority", "output_order")]
    outputs = [t for d in ranked for t in (d["outputs"].values() if "outputs" in d else [d["output"]])]
    on_grid = all(Decimal(t["minimum"]) % Decimal(t["step"]) == 0 for t in types)
    return on_grid and all(type_of(t, tree.get("types") or {}).values for t in outputs)


def meant_by_the_text(rng: Random, tree: Any) -> list[tuple[Any, Any]]:
    """Return some complaints and what the reference decides; none where it would take too long."""
    known = choices(tree)
    if any(len(values) > MOST_POINTS for values in known.values()) or not is_in_the_reference(tree):
        return []
    complaints = [random_facts(rng, tree, known) for _ in range(3)]
    return [(facts, slow_decide(tree, facts)) for facts in complaints]


def test_a_mildly_mutated_ruleset_that_loads_decides_as_its_text_says() -> None:
    still_load = compared = 0
    unread: list[str] = []
    for seed in range(MUTATIONS):
        rng = Random(f"mild {seed}")
        mutated = mutant(rng, small(seed % POOL), MILD, 1)
        rules = loaded(mutated)
        if rules is None:
            continue
        still_load += 1
        tree = yaml.load(mutated.text, Loader=yaml.BaseLoader)
        tree |= {part: tree.get(part) or {} for part in ("types", "parameters", "inputs")}
        try:
            complaints = meant_by_the_text(rng, tree)
        except (LookupError, ValueError, TypeError, AttributeError, AssertionError, InvalidOperation) as error:
            unread.append(f"{seed} {mutated.done}: {error!r}")  # what the reference has no words for
            continue
        for facts, meant in complaints:
            said = library.answers(rules, facts, {}, assumptions=True)
            different = {n: (said[n], meant[n]) for n in meant if library.exact(said[n]) != library.exact(meant[n])}
            assert not different, (seed, facts, different, shown(mutated))
            compared += 1
    print(
        f"{still_load} of {MUTATIONS} mild mutations load; {compared} complaints compared; unread:", *unread, sep="\n"
    )
    assert len(unread) <= 0.05 * still_load, unread
    assert still_load >= 0.3 * MUTATIONS, still_load


def bombs() -> Iterator[tuple[str, str]]:
    yield "100,000 lists", "[" * 100_000
    yield "100,000 lists in a value", "language: 1\ndecisions: " + "[" * 100_000
    yield "20,000 maps", "{a: " * 20_000
    yield "20,000 closed maps", "{a: " * 20_000 + "b" + "}" * 20_000
    yield "2,000 block maps", "\n".join(" " * n + "a:" for n in range(1_900))
    yield "20,000 list dashes", "- " * 20_000 + "a"


@pytest.mark.parametrize("text", [b[1] for b in bombs()], ids=[b[0] for b in bombs()])
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(RulesetError) as caught:
        load_text(text)

    assert {d.code for d in caught.value.diagnostics} <= {"CR008", "CR001"}
    assert_located(caught.value.diagnostics, Mutant(text, ""))


@pytest.mark.parametrize("name", sorted(SHIPPED))
@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-16", "utf-32", "big5"])
def test_other_encodings_are_refused_with_their_place(name: str, encoding: str) -> None:
    content: Any = SHIPPED[name].encode(encoding, "replace")
    with pytest.raises(RulesetError) as caught:
        load_text(content)

    assert_located(caught.value.diagnostics, Mutant(SHIPPED[name], encoding))


def test_too_much_text_is_refused() -> None:
    for text in ("a" * 2_000_001, "a: b\n" * 400_000, "#" * 1_999_999, "a: " + "b" * 1_900_000):
        assert loaded(Mutant(text, "too much")) is None
    with pytest.raises(RulesetError) as caught:
        load_text("- a\n" * 2_000, limits=Limits(nodes=1_000))

    assert [d.code for d in caught.value.diagnostics] == ["CR008"]


# --- the facts

FACTS = """
language: 1
ruleset: page
version: 1.0.0
title: {zh: 示例, en: example}
time_zone: Asia/Shanghai
inputs:
  n: {type: integer}
  boxes: {type: integer, step: 5, minimum: 0}
  amount: {type: money, currency: CNY}
  ratio: {type: decimal, step: 0.05}
  loose: {type: decimal}
  channel: {values: [hotline, shop], optional: true}
  place: {values: [north, south], open: true}
  defect: {type: set, values: [sour, mouldy]}
  also: {type: set, values: [sour, mouldy], open: true}
  names: {type: set, of: text}
  day: {type: date}
  at: {type: datetime}
  until: {type: datetime}
  span: {type: duration}
  harmed: {type: boolean}
  branch: {type: text}
decisions:
  product: {expression: n * boxes * n, output: {type: integer}, because: [c]}
  price: {expression: amount * n, output: {type: money, currency: CNY}, because: [c]}
  share: {expression: amount * ratio / n, output: {type: money, currency: CNY}, rounding: {step: 0.01, mode: half_up}, because: [c]}
  waited: {expression: until - at, output: {type: duration}, because: [c]}
  far: {expression: loose * loose * loose * loose > ratio, output: {type: boolean}, because: [c]}
  t:
    inputs: [n, defect, day, span, branch_known]
    output: {values: [A, B]}
    rules:
      - {id: r, when: {n: "> 5", defect: {has: sour}, day: "> 2024-01-01", span: "< PT5H"}, then: A, because: [c]}
    default: B
  branch_known: {expression: "branch = 'x'", output: {type: boolean}, because: [c]}
"""
PAGE = load_text(FACTS)
DEEP: Any = []
for _ in range(2_000):
    DEEP = [DEEP]
LOOP: Any = []
LOOP.append(LOOP)


class Odd:
    """An object that cannot be shown, compared or hashed by its value."""

    def __repr__(self) -> str:
        return "\ud800" * 1_000

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return 1


HOSTILE_VALUES: list[Any] = [
    None, True, False, 0, -1, 5, 10**39, 10**40, 10**4299, 10**5000, -(10**5000), 2**63, 0.1, -0.0, 1e308, float("nan"),
    float("inf"), float("-inf"), 1j, Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"), Decimal("1e400"), Decimal("1e-400"),
    Decimal("0E+99999"), Decimal("9" * 40), Decimal("9" * 5000), Decimal("0.05"), Decimal("-0"), "", " ", "0", "9" * 39, "9" * 5000,
    "1e400", "NaN", "\0", "\ud800", "\u202e", "１２", "12.50", "{0}", "{x}", "a" * 1_000_000, b"", b"bytes", bytearray(b"x"), memoryview(b"x"), [],
    [None], [[]], [["sour"]], ["sour", None], ["sour"] * 10_000, ["\ud800"], [b"sour"], [float("nan")], [10**5000], [{}], [set()], DEEP, LOOP, (),
    ("sour",), {"sour"}, frozenset({"sour", 1}), {}, {"a": 1}, {1: 2}, {"has": "sour"}, range(3), range(10**9, 10**9 + 5), iter([]), (x for x in "ab"),
    object(), object, len, Odd(), [Odd()], ..., NotImplemented, date.min, date.max, datetime.min, datetime(2024, 1, 1),  # noqa: DTZ001, DTZ901 - no zone is meant
    "0001-01-01", "9999-12-31", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2024-02-30", "2024-05-06T24:00:00Z",
    "2024-05-06T09:00:00+99:99", "P0D", "PT", "P1Y", "P999999999D", "P9999999999D", "PT" + "9" * 30 + "S", "PT0.1234567S", "2024-05-06", "PT1H",
    "sour", "shop", "hotline", "north", "other", "unknown", "yes",
]  # fmt: skip
HOSTILE_NAMES: list[Any] = [
    "brnach", "", "copy", "__class__", "model_config", "n.m", "\ud800", "\0", "a" * 100_000, "product", 1, None, 1.5, b"n", ("n",), True,
    frozenset(), 10**5000, Odd(), float("nan"),
]  # fmt: skip


@cache
def shipped(name: str) -> Any:
    return load(name)


def decided(rules: Any, facts: Any, **how: Any) -> str:
    """Decide, and return what was said; a FactsError must be readable."""
    try:
        result = decide(rules, facts, **how)
    except FactsError as error:
        assert error.diagnostics
        assert all(d.render("zh") and d.to_dict("en")["message"] for d in error.diagnostics)
        return "refused"
    assert set(result.decisions) <= set(rules.ruleset.decisions)
    return "answered"


def told(value: object) -> str:
    """Return a value for the message of a failure; some cannot be shown."""
    try:
        return ascii(value)[:100]
    except (ValueError, RecursionError):
        return f"a {type(value).__name__} that cannot be shown"


@pytest.mark.parametrize("where", range(16))
def test_any_value_of_a_fact_is_answered_or_refused(where: int) -> None:
    rules = PAGE
    name = list(rules.ruleset.inputs)[where]
    wrong = []
    for value in HOSTILE_VALUES:
        try:
            decided(rules, {name: value})
        except Exception as error:  # noqa: BLE001 - any other exception breaks the law
            wrong.append(f"{name} {told(value)}: {type(error).__name__}: {told(str(error))}")
    assert not wrong, "\n".join(wrong)


def test_any_name_of_a_fact_a_parameter_or_a_decision_is_answered_or_refused() -> None:
    rules = PAGE
    wrong = []
    for name in HOSTILE_NAMES:
        calls: list[tuple[Any, dict[str, Any]]] = [
            ({name: 1}, {}), ({name: 1, "n": "x"}, {}), ({}, {"parameters": {name: 1}}), ({}, {"only": [name]}),
        ]  # fmt: skip
        for facts, how in calls:
            try:
                decided(rules, facts, **how)
            except Exception as error:  # noqa: BLE001 - any other exception breaks the law
                wrong.append(f"{told(name)} {list(how)}: {type(error).__name__}: {told(str(error))}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("facts", HOSTILE_VALUES, ids=range(len(HOSTILE_VALUES)))
def test_facts_that_are_no_object_are_refused(facts: Any) -> None:
    assert decided(PAGE, facts) in ({"answered", "refused"} if isinstance(facts, dict) else {"refused"})


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_many_hostile_facts_at_once_are_answered_or_refused(chunk: int) -> None:
    for seed in range(chunk * PER_CHUNK, (chunk + 1) * PER_CHUNK):
        rng = Random(f"facts {seed}")
        rules = rng.choice([PAGE, shipped("food"), shipped("bank")])
        names = [*rules.ruleset.inputs, *rng.sample(HOSTILE_NAMES, rng.choice([0, 0, 0, 2]))]
        parameters = {n: rng.choice(HOSTILE_VALUES) for n in rules.ruleset.parameters if rng.random() < 0.1}
        chosen = rng.sample(range(len(names)), rng.randint(1, min(4, len(names))))
        facts = {names[i]: rng.choice(HOSTILE_VALUES) for i in chosen}
        try:
            decided(rules, facts, parameters=rng.choice([None, None, parameters]))
        except Exception as error:  # noqa: BLE001 - any other exception breaks the law
            pytest.fail(
                f"{seed} {rules.ruleset.id} { {told(n): told(v) for n, v in facts.items()} } {told(parameters)}: {error!r}"
            )
