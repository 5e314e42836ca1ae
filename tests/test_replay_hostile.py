"""The law of hostile logs: a life or located findings, never another exception, and nothing that was given is changed."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from complaint_rules import FactsError, load_text, replay
from complaint_rules.facts import read_facts

RULES = load_text("""
language: 1
ruleset: hostile
version: 1.0.0
title: 敌意
calendar: cn-office
events:
  received: {label: 收到, carries: [kind, yes_no, count, share, price, day, moment, span, marks, words]}
  answered: 答复
  closed: 关闭
inputs:
  kind: {values: [a, b]}
  yes_no: {type: boolean}
  count: {type: integer, minimum: 0, maximum: 99}
  share: {type: decimal, step: 0.01}
  price: {type: money, currency: CNY, minimum: 0.00}
  day: {type: date}
  moment: {type: datetime}
  span: {type: duration}
  marks: {type: set, values: [red, blue]}
  words: {type: text}
  received_at: {type: datetime, from: {first: received}}
  answered: {type: boolean, from: {happened: answered}}
  others: {type: integer, minimum: 0, from: {count: received, across: [kind]}}
decisions:
  grade:
    inputs: [kind, count]
    output: {values: [A, B]}
    rules:
      - {id: few, when: {kind: a, count: "< 5"}, then: A}
      - {id: many, when: {kind: a, count: ">= 5"}, then: B}
      - {id: kind_b, when: {kind: b}, then: B}
deadlines:
  answer: {start: received_at, within: 2, unit: working_day, met_when: answered, milestones: {urge: {after_due: 0, every: 1}}}
process:
  roles: {clerk: 处理员}
  states: {open: 处理中, done: {zh: 办结, final: yes}}
  steps: {close: {event: closed, from: open, to: done, by: clerk, when: answered}}
""")
NOW = datetime.fromisoformat("2024-05-20T10:00:00+08:00")
LOG = [
    {"event": "received", "at": "2024-05-06T09:00:00+08:00", "id": "e1", "facts": {"kind": "a", "count": 3}},
    {"event": "answered", "at": "2024-05-07T09:00:00+08:00", "id": "e2", "by": "clerk"},
    {"event": "answered", "at": "2024-05-07T10:00:00+08:00", "id": "e3", "corrects": "e2"},
    {"retracts": "e3", "recorded_at": "2024-05-08T09:00:00+08:00", "id": "e4"},
    {"event": "closed", "at": "2024-05-09T09:00:00+08:00", "by": "clerk", "recorded_at": "2024-05-09T10:00:00+08:00"},
]
RELATED = [{"event": "received", "at": "2024-05-05T09:00:00+08:00", "facts": {"kind": "a"}}]


class Evil:
    """Something that cannot be shown, compared or hashed."""

    def __repr__(self):
        raise RuntimeError("no")

    __eq__ = __str__ = __repr__
    __hash__ = None


class Text(str):
    """Text of a class of its own."""

    __slots__ = ()


def deep(made, times=20_000):
    found = made(None)
    for _ in range(times):
        found = made(found)
    return found


SHANGHAI = ZoneInfo("Asia/Shanghai")
VALUES = [
    None, True, False, 0, 1, -1, 7, 2**63, 10**400, 0.0, 1.5, float("nan"), float("inf"), float("-inf"), Decimal("1.50"), Decimal("NaN"),
    Decimal("sNaN"), Decimal("Infinity"), Decimal("1e999999"), Decimal("-0"), Fraction(1, 3), 1j,
    "", " ", "a", "b", "c", "yes", "e1", "received", "recieved", "answer.breached", "closed", "x" * 100_000, "长" * 20_000, "\0", "\ud800", "\u202e", "\x1b[31m",
    "1", "１", "1.50", "-3", "1e5", "9" * 5_000, "P1D", "PT1H30M", "P9999999999D", "P1Y",
    "2024", "2024-05-06", "2024-02-30", "2024-05-06T09:00", "2024-05-06T09:00:00", "2024-05-06T09:00:00+08:00", "2024-05-06T09:00:00Z",
    "2024-05-06 24:00", "2024-05-06T24:00:00+08:00", "2024-02-30T00:00:00+08:00", "0000-01-01T00:00:00+00:00", "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59", "9999-12-28T09:00:00+08:00", "0001-01-04T09:00:00+08:00",
    datetime(9999, 12, 28, tzinfo=SHANGHAI), datetime(1, 1, 4, tzinfo=SHANGHAI), "2024-05-06T09:00:00+99:00", "2024-05-06T09:00:60+08:00", "May 6", "now",
    datetime(2024, 5, 6, 9, tzinfo=SHANGHAI).replace(tzinfo=None), datetime(2024, 5, 6, 9, tzinfo=SHANGHAI),
    datetime.max.replace(tzinfo=SHANGHAI), datetime.min.replace(tzinfo=SHANGHAI), date(2024, 5, 6), time(9),
    timedelta(hours=1), timedelta.max, Text("a"), b"a", bytearray(b"a"), object(), Evil(), Evil, print, (x for x in ()), range(3),
    [], ["red"], ["red", "red"], ["green"], [None], [[]], [Evil()], (), ("red",), {"red"}, frozenset({"red"}), set(), {}, {"a": 1}, {1: 2}, {None: None},
    {"kind": "a"}, {"kind": {"kind": "a"}}, deep(lambda x: [x]), deep(lambda x: {"a": x}),
]  # fmt: skip
KEYS = ("event", "at", "id", "recorded_at", "by", "facts", "corrects", "retracts")
FACTS = (
    "kind",
    "yes_no",
    "count",
    "share",
    "price",
    "day",
    "moment",
    "span",
    "marks",
    "words",
    "received_at",
    "answered",
    "others",
    "unknown",
    "",
)
PLACES = [
    *product([0, 1, 3], KEYS),
    *((0, ("facts", f)) for f in FACTS),
    (0, None),
    (0, "colour"),
    ("related", "event"),
    ("related", "at"),
    ("related", "facts"),
    *(("related", ("facts", f)) for f in ("kind", "count", "others", "unknown")),
    ("log", None),
    ("now", None),
    ("facts", None),
]
KINDS = [(place, n) for place in PLACES for n in range(len(VALUES))]


def put(entry, key, value):
    """Return an entry with a value in the place of one key, or of all."""
    match key:
        case None:
            return value
        case ("facts", fact):
            return {**entry, "facts": {**entry.get("facts", {}), fact: value}}
    return {**entry, key: value}


def given(place, value):
    """Return what `replay` is given: facts, log, related, now."""
    where, key = place
    facts, log, related, now = {}, list(LOG), list(RELATED), NOW
    match where:
        case "related":
            related[0] = put(related[0], key, value)
        case "log":
            log = value
        case "now":
            now = value
        case "facts":
            facts = value
        case at:
            log[at] = put(log[at], key, value)
    return facts, log, related, now


def stands_at(place):
    """Return how the place of a finding about this place must begin."""
    where, _ = place
    if where in ("now", "facts"):
        return where
    return {"related": "related[0]", "log": "events"}.get(where, f"events[{where}]")


def test_there_are_a_thousand_kinds():
    assert len(KINDS) >= 1_000


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_hostile_log_is_a_life_or_a_located_finding(place):
    for value in VALUES:
        facts, log, related, now = given(place, value)
        before = [copy(x) if type(x) in (dict, list) else x for x in (facts, log, related)]
        try:
            found = replay(RULES, facts, log, related=related, now=now)
        except FactsError as error:
            for d in error.diagnostics:
                assert d.message("zh")
                assert d.message("en")
                assert spoken_of(place, d.where or ""), (place, type(value), d.where)
        else:
            found.to_json()
        for one, two in zip((facts, log, related), before, strict=True):
            if type(one) in (dict, list):
                assert len(one) == len(two)
                assert all(a is b for a, b in zip(one, two, strict=True))


def spoken_of(place, where):
    """Report whether a finding speaks of the place, or of what one entry can break for others: ids, and the limits it starts."""
    if place == ("facts", None):  # the facts as a whole, or one of them by its name
        return not where.startswith(("events", "related", "now"))
    others = ("related",) if place[0] == "related" else ("events", "deadlines.answer")
    return where.startswith((stands_at(place), *others))


@pytest.mark.parametrize("fact", [f for f in FACTS if f in RULES.ruleset.inputs and not RULES.ruleset.inputs[f].fold])
def test_an_event_brings_what_could_be_given_and_nothing_else(fact):
    for value in VALUES:
        if isinstance(value, type(x for x in ())):  # can be read only once
            continue
        given_at_first = accepted(lambda fact=fact, value=value: read_facts(RULES.ruleset, {fact: value}))
        brought = accepted(lambda value=value: replay(RULES, {}, given((0, ("facts", fact)), value)[1], now=NOW))

        assert given_at_first == brought, (fact, type(value))


def accepted(job):
    try:
        job()
    except FactsError:
        return False
    return True


STRUCTURES = {
    "an event corrects itself": [{**LOG[0], "corrects": "e1"}],
    "two correct one another": [{**LOG[0], "corrects": "e2"}, {**LOG[1], "corrects": "e1"}],
    "three correct one another": [{**LOG[1], "id": f"e{n}", "corrects": f"e{(n + 1) % 3}"} for n in range(3)],
    "a retraction of nothing": [{"retracts": "e9", "at": LOG[0]["at"]}],
    "a correction of nothing": [{**LOG[0], "corrects": "e9"}],
    "an event that retracts": [{**LOG[0], "retracts": "e1"}],
    "neither event nor retraction": [{"at": LOG[0]["at"]}],
    "two events with one id": [LOG[0], {**LOG[1], "id": "e1"}],
    "one id, other facts": [LOG[0], {**LOG[0], "facts": {"kind": "b"}}],
    "a breach told by hand": [{"event": "answer.breached", "at": LOG[0]["at"]}],
    "no instant": [{"event": "received"}],
    "a retraction without an instant": [LOG[0], {"retracts": "e1"}],
    "a fact of the log": [{**LOG[0], "facts": {"received_at": LOG[0]["at"]}}],
    "a fact that the event does not carry": [{**LOG[1], "facts": {"kind": "a"}}],
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_a_log_that_contradicts_itself_is_refused_at_its_place(name):
    with pytest.raises(FactsError) as caught:
        replay(RULES, {}, STRUCTURES[name], now=NOW)

    assert all((d.where or "").startswith("events") for d in caught.value.diagnostics)


@pytest.mark.parametrize(
    ("name", "value"), [("received_at", LOG[0]["at"]), ("answered", True), ("answered", False), ("others", 0)]
)
def test_what_follows_from_the_log_cannot_be_given_at_the_start(name, value):
    with pytest.raises(FactsError) as caught:
        replay(RULES, {"kind": "a", name: value}, LOG, now=NOW)

    assert [(d.code, d.where) for d in caught.value.diagnostics] == [("CR315", name)]
    assert read_facts(RULES.ruleset, {name: value})  # to decide it is an input like any other
    assert replay(RULES, {name: None}, LOG, now=NOW).to_json() == replay(RULES, {}, LOG, now=NOW).to_json()


def test_everything_that_is_wrong_is_said_at_once():
    wrong = [{**LOG[0], "at": "soon"}, {**LOG[1], "event": "answerd"}, {**LOG[4], "colour": 1}]
    with pytest.raises(FactsError) as caught:
        replay(RULES, {"kind": "z", "answered": True}, wrong, related=[{"event": "received"}], now=NOW)

    places = {d.where for d in caught.value.diagnostics}
    assert places >= {"kind", "answered", "events[0].at", "events[1].event", "events[2].colour", "related[0]"}


class Told(Mapping):
    """An entry of a class of its own."""

    def __init__(self, plain):
        self.plain = plain

    def __getitem__(self, key):
        return self.plain[key]

    def __iter__(self):
        return iter(self.plain)

    def __len__(self):
        return len(self.plain)


def test_any_mapping_and_any_iterable_will_do():
    assert replay(RULES, {}, (Told(e) for e in LOG), now=NOW).to_json() == replay(RULES, {}, LOG, now=NOW).to_json()
