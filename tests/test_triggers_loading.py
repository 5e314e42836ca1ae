"""Triggers as they are read: every error at its place, and no circle slips through."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

import sizes
from complaint_rules import check_text, load_text
from complaint_rules.monitor import Monitor

PAGE = """
language: 1
ruleset: page
version: 1.0.0
title: 示例
time_zone: Asia/Shanghai
parameters:
  often: {type: integer, value: 3, because: [t]}
  period: {type: duration, value: P1D, because: [t]}
  word: {type: text, value: a, because: [t]}
events:
  called: {label: 来电, carries: [unit, boxes, price, day]}
  warned: {label: 警示, carries: [people]}
inputs:
  unit: {type: text, optional: true}
  boxes: {type: integer, minimum: 0}
  price: {type: money, currency: CNY, minimum: 0.00}
  day: {type: datetime}
  people: {type: integer, minimum: 0}
  few: {type: integer, minimum: 0, maximum: 5}
  calls: {type: integer, minimum: 0, from: {count: called}}
decisions:
  many: {expression: people > few, output: {type: boolean}, because: [t]}
triggers:
  t: {TRIGGER}
"""
LINE = PAGE.splitlines().index("  t: {TRIGGER}") + 1
GOOD = "of: called, by: [unit], reaches: 3, because: [t]"


def page(trigger: str) -> str:
    return PAGE.replace("TRIGGER", trigger)


@pytest.mark.parametrize(
    ("trigger", "code", "shown"),
    [
        ("of: [], reaches: 3, because: [t]", "CR005", "of"),
        ("of: caled, reaches: 3, because: [t]", "CR101", "caled"),
        ("of: called, because: [t]", "CR119", "reaches"),
        (f"{GOOD}, exceeds: 3", "CR119", "exceeds"),
        (f"{GOOD}, distinct: unit, sum: boxes", "CR119", "distinct"),
        ("of: called, by: [unti], reaches: 3, because: [t]", "CR101", "unti"),
        (f"{GOOD}, distinct: unti", "CR101", "unti"),
        (f"{GOOD}, sum: unit", "CR103", "unit"),
        ("of: called, reaches: 5%, because: [t]", "CR005", "share_of"),
        (f"{GOOD}, share_of: boxes", "CR103", "5%"),
        ("of: called, reaches: offen, because: [t]", "CR101", "offen"),
        ("of: called, reaches: word, because: [t]", "CR103", "word"),
        (f"{GOOD}, within: 3 days", "CR101", "3 days"),
        (f"{GOOD}, within: often", "CR103", "duration"),
        (f"{GOOD}, within: PT0S", "CR103", "PT0S"),
        (f"{GOOD}, spacing: soon", "CR103", "soon"),
        (f"{GOOD}, rearm: sometimes", "CR103", "never"),
        (f"{GOOD}, rearm: every 0", "CR103", "every 1"),
        (f"{GOOD}, rearm: after a while", "CR103", "after P30D"),
        (f"{GOOD}, to: nobody", "CR101", "nobody"),
        (f"{GOOD}, where: {{boxes: many}}", "CR101", "many"),
        (f"{GOOD}, where: {{boxen: 3}}", "CR101", "boxen"),
        (f"{GOOD}, raises: {{on: all}}", "CR119", "event"),
        (f"{GOOD}, raises: {{event: worned}}", "CR101", "worned"),
        (f"{GOOD}, raises: {{event: warned, on: some}}", "CR103", "some"),
        (f"{GOOD}, raises: {{event: warned, facts: {{few: 1}}}}", "CR316", "few"),
        (f"{GOOD}, raises: {{facts: {{calls: 1}}}}", "CR120", "calls"),
        (f"{GOOD}, raises: {{facts: {{pepole: 1}}}}", "CR101", "pepole"),
        (f"{GOOD}, raises: {{facts: {{people: lots}}}}", "CR103", "lots"),
        (f"{GOOD}, raises: {{facts: {{few: measured}}}}", "CR103", "measured"),
        (f"{GOOD}, sum: price, raises: {{facts: {{people: measured}}}}", "CR103", "measured"),
        (f"{GOOD}, raises: {{facts: {{unit: measured}}}}", "CR121", "t"),
        ("of: called, reaches: 3", "CR117", "t"),
        (f"{GOOD}, where: {{boxes: '< 0'}}", "CR207", "where"),
        (f"{GOOD}, spacing: PT9H, within: PT10H", "CR207", "2"),
        (f"{GOOD}, every: 3", "CR004", "every"),
    ],
)
def test_what_is_wrong_with_a_trigger_is_said_at_its_place(trigger: str, code: str, shown: str) -> None:
    found = [d for d in check_text(page(trigger)) if d.code == code]

    assert found
    assert all(d.span is not None and d.span.line == LINE for d in found)
    assert shown in found[0].render("en")
    assert found[0].render("zh") != found[0].render("en")


@pytest.mark.parametrize(
    "trigger",
    [
        GOOD,
        f"{GOOD}, within: period, spacing: PT3H, rearm: after PT2H, to: unit",
        "of: called, exceeds: often, sum: price, by: [], because: [t]",
        "of: called, reaches: 12.5 %, sum: boxes, share_of: people, because: [t]",
        f"{GOOD}, where: [{{boxes: '>= often'}}, {{unit: known}}], raises: {{facts: {{people: measured}}, on: all}}",
    ],
)
def test_a_good_trigger_is_read_without_a_word(trigger: str) -> None:
    assert [d.code for d in check_text(page(trigger)) if d.code != "CR206"] == []
    assert load_text(page(trigger)).ruleset.triggers["t"].because == ("t",)


def test_an_absent_fact_has_no_value_on_which_complaints_could_agree() -> None:
    monitor = Monitor(load_text(page(GOOD.replace("3", "1"))))
    told = [{"complaint": f"c{n}", "event": "called", "at": "2024-05-06T09:00:00Z", "facts": {}} for n in range(3)]

    assert monitor.feed(told, now=datetime(2024, 5, 7, tzinfo=UTC)) == ()


def test_equal_values_are_one_key_however_they_are_written() -> None:
    monitor = Monitor(load_text(page("of: called, by: [price, day], reaches: 2, because: [t]")))
    written = (("1.50", "2024-05-06T09:00:00+08:00"), ("1.5", "2024-05-06T01:00:00+00:00"))
    told = [
        {"complaint": f"c{n}", "event": "called", "at": "2024-05-06T09:00:00Z", "facts": {"price": price, "day": day}}
        for n, (price, day) in enumerate(written)
    ]

    assert len(monitor.feed(told, now=datetime(2024, 5, 7, tzinfo=UTC))) == 1


def test_a_complaint_whose_day_is_not_known_is_open_with_the_reason() -> None:
    dated = page(GOOD).replace("version: 1.0.0", "version: 1.0.0\neffective: {by: day}").replace(
        "often: {type: integer, value: 3, because: [t]}",
        "often: {type: integer, dated: [{from: 2020-01-01, value: 3, because: t}, {from: 2024-01-01, value: 2, because: t}]}",
    )  # fmt: skip
    monitor = Monitor(load_text(dated))
    monitor.feed(
        [{"complaint": "c", "event": "called", "at": "2024-05-06T09:00:00Z", "facts": {"unit": "a"}}],
        now=datetime(2024, 5, 7, tzinfo=UTC),
    )

    assert [(o.complaint, o.problem[:5]) for o in monitor.open] == [("c", "CR005")]


# --- circles -----------------------------------------------------------------------------------------------

PARTS = [f"{kind}{n}" for kind in "efd" for n in range(3)]


def a_net(chance: random.Random) -> tuple[str, bool]:
    """Return a random ruleset of triggers, and whether one can bring about what it rests on, by trying every way."""
    counts = [chance.choice([None, *"012"]) for _ in range(3)]  # fact n counts event m
    uses = [chance.sample(range(3), chance.randint(1, 2)) for _ in range(3)]  # decision n uses facts
    triggers = [
        {"of": chance.randrange(3), "where": chance.choice([None, chance.randrange(3)]), "event": chance.randrange(3)}
        for _ in range(chance.randint(1, 3))
    ]
    ways = {(f"e{m}", f"f{n}") for n, m in enumerate(counts) if m is not None}
    ways |= {(f"f{m}", f"d{n}") for n, some in enumerate(uses) for m in some}
    for n, t in enumerate(triggers):
        ways |= {(f"e{t['of']}", f"t{n}"), (f"t{n}", f"e{t['event']}")}
        ways |= {(f"d{t['where']}", f"t{n}")} if t["where"] is not None else set()
    nodes = [*PARTS, *(f"t{n}" for n in range(len(triggers)))]
    for via in nodes:
        for a in nodes:
            for b in nodes:
                if (a, via) in ways and (via, b) in ways:
                    ways.add((a, b))
    lines = [
        "language: 1", "ruleset: net", "version: 1.0.0", "title: 网", "events: {e0: 零, e1: 一, e2: 二}", "inputs:",
        *(f"  f{n}: {{type: integer, minimum: 0{'' if m is None else f', from: {{count: e{m}}}'}}}" for n, m in enumerate(counts)),
        "decisions:",
        *(f"  d{n}: {{expression: {' + '.join(f'f{m}' for m in some)} > 1, output: {{type: boolean}}, because: [t]}}"
          for n, some in enumerate(uses)),
        "triggers:",
        *(f"  t{n}: {{of: e{t['of']}, reaches: 2, raises: {{event: e{t['event']}}}, because: [t]"
          + ("" if t["where"] is None else f", where: {{d{t['where']}: yes}}") + "}"
          for n, t in enumerate(triggers)),
    ]  # fmt: skip
    return "\n".join(lines), any((f"t{n}", f"t{n}") in ways for n in range(len(triggers)))


def test_exactly_the_triggers_that_can_bring_about_what_they_rest_on_are_refused() -> None:
    chance = random.Random(13)
    answers = set()
    for _ in range(sizes.of(36, 5_000)):
        text, in_circle = a_net(chance)
        found = [d.code for d in check_text(text) if d.severity.value == "error"]

        assert found == (["CR121"] if in_circle else [])
        answers.add(in_circle)

    assert answers == {True, False}
