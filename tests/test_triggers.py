"""Triggers: the native matcher and the monitor are what the slow reference says, in any order, stopped anywhere."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

import sizes
from complaint_rules import load_text
from complaint_rules.correlate import Correlation, Occurrence, Terms
from complaint_rules.diagnostics import FactsError, Span
from complaint_rules.monitor import Escalation, Monitor
from complaint_rules.trigger import Raises, Rearm, Trigger
from complaint_rules.words import Label
from fences import fences
from reference_triggers import DESK, escalations, firings

HOUR = timedelta(hours=1)
START = datetime(2024, 5, 6, tzinfo=UTC)


# --- the matcher alone ---------------------------------------------------------------------------------


def a_trigger(chance: random.Random, plain: dict) -> Trigger:
    word, _, amount = plain["rearm"].partition(" ")
    rearm = Rearm(word, every=int(amount or 0), after=int(amount or 0) * HOUR)
    return Trigger(
        "t", Label("t", "t"), ("e",), (), (), "v" if plain["kind"] == "distinct" else None,
        "v" if plain["kind"] == "sum" else None, plain["threshold"], plain["beyond"], "b" if plain["share"] else None,
        plain["within"], plain["spacing"], rearm, None, Raises("r", {}, "all") if chance.random() < 0.3 else None, (),
        Span("", 1, 1, 0, 0),
    )  # fmt: skip


def some_terms(chance: random.Random) -> dict:
    share = chance.random() < 0.2
    return {
        "kind": chance.choice(["count", "count", "distinct", "sum"]),
        "threshold": Fraction(chance.randint(1, 9), 20) if share else Fraction(chance.randint(1, 5)),
        "beyond": chance.random() < 0.3,
        "share": share,
        "within": chance.choice([None, HOUR * chance.randint(1, 12)]),
        "spacing": chance.choice([None, None, HOUR * chance.randint(1, 3)]),
        "rearm": chance.choice(["never", "below", "every 1", "every 3", "after 2", "after 6"]),
    }


def a_history(chance: random.Random, plain: dict) -> list[dict]:
    made, used = [], set()
    for _ in range(chance.randint(0, 14)):
        event = {
            "at": timedelta(days=19000) + HOUR * chance.randint(0, 30),
            "complaint": chance.choice("pqr"),
            "nth": chance.randint(0, 3),
            "value": chance.choice("xyzw") if plain["kind"] == "distinct" else str(chance.randint(0, 4)),
            "base": str(chance.randint(0, 20)),
        }
        place = event["at"], event["complaint"], event["nth"]
        if place not in used:
            used.add(place)
            made.append(event)
    return made


def counting(event: dict, kind: str, *, share: bool) -> Occurrence:
    value = None if kind == "count" else event["value"] if kind == "distinct" else Fraction(event["value"])
    base = Fraction(event["base"]) if share else None
    return Occurrence(event["at"], event["complaint"], event["nth"], "e", "k", value, base)


def told(found: list) -> list:
    return [
        ((by["at"], by["complaint"], by["nth"]), m, [(n["at"], n["complaint"], n["nth"]) for n in new])
        for by, m, new in found
    ]


def standing(correlation: Correlation) -> list:
    line = correlation.lines.get("k")
    return [(f.by.order, f.measure, [o.order for o in f.new]) for f in line.firings] if line else []


def test_the_matcher_is_the_reference_whatever_the_order_and_whatever_is_taken_away() -> None:
    chance = random.Random(6)
    fired = 0
    for _ in range(sizes.of(120, 20_000)):
        plain = some_terms(chance)
        history = a_history(chance, plain)
        share = plain["share"]
        correlation = Correlation(Terms(a_trigger(chance, plain), plain["threshold"], plain["within"]))
        left, present = chance.sample(history, len(history)), []
        while left:
            come = [left.pop() for _ in range(min(len(left), chance.randint(1, 4)))]
            gone = [e for e in present if chance.random() < 0.1]
            correlation.change(
                [counting(e, plain["kind"], share=share) for e in gone],
                [counting(e, plain["kind"], share=share) for e in come],
            )
            present = [e for e in present if e not in gone] + come

            assert standing(correlation) == told(firings(present, **plain))
        fired += len(standing(correlation))

    assert fired > 60


def test_what_is_settled_stored_and_forgotten_changes_nothing_that_comes_after() -> None:
    chance = random.Random(7)
    forgotten = 0
    for _ in range(sizes.of(100, 20_000)):
        plain = some_terms(chance)
        history = sorted(a_history(chance, plain), key=lambda e: e["at"])
        terms = Terms(a_trigger(chance, plain), plain["threshold"], plain["within"])
        correlation, horizon = Correlation(terms), timedelta(0)
        for number, event in enumerate(history, start=1):
            correlation.change([], [counting(event, plain["kind"], share=plain["share"])])
            horizon = max(horizon, event["at"] - HOUR * chance.randint(1, 5))
            correlation.settle(horizon)
            if chance.random() < 0.5:
                state = json.loads(json.dumps(correlation.state()))
                kept = [o for line in correlation.lines.values() for o in line.kept]
                correlation = Correlation(terms)
                correlation.resume(state)
                correlation.change([], kept)
            expected = told(firings(history[:number], **plain))

            assert standing(correlation) == [f for f in expected if f[0][0] > horizon]
        correlation.settle(timedelta(days=30000))
        forgotten += not correlation.lines

    assert forgotten > 25


# --- the monitor ----------------------------------------------------------------------------------------

RULES = load_text(DESK)


def some_entries(chance: random.Random) -> list[dict]:
    made = []
    for number in range(chance.randint(1, 16)):
        event = chance.choice(["received", "received", "received", "transferred", "answered"])
        at = START + HOUR * chance.randint(0, 24) + timedelta(minutes=30 * chance.randint(0, 1))
        facts = {
            "unit": chance.choice("ab"), "customer": chance.choice("xyzw"), "boxes": chance.randint(0, 6),
            "batch": chance.randint(1, 60),
        }  # fmt: skip
        carried = {"received": list(facts), "transferred": ["unit"], "answered": []}[event]
        entry = {
            "complaint": chance.choice(["c1", "c2", "c3", "c4"]), "id": f"e{number}", "event": event, "at": at,
            "facts": {n: facts[n] for n in carried if chance.random() < 0.9},
        }  # fmt: skip
        if chance.random() < 0.3:
            entry["recorded_at"] = at + HOUR * chance.randint(0, 30)
        made.append(entry)
    for _ in range(chance.choice([0, 0, 1, 2])):
        target = chance.choice(made)
        told_at = max(target.get("recorded_at", target["at"]), target["at"]) + HOUR * chance.randint(0, 20)
        word = {"id": f"w{target['id']}", "complaint": target["complaint"], "recorded_at": told_at}
        if any(e["id"] == word["id"] for e in made) or target["id"].startswith("w"):
            continue
        if chance.random() < 0.5:
            made.append({**word, "retracts": target["id"], "at": told_at})
        else:
            moved = target["at"] - HOUR * chance.randint(0, 3)
            made.append({**target, **word, "corrects": target["id"], "at": moved})
    return made


def plain(entry: dict) -> dict:
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in entry.items()}


def standing_of(signals: list) -> set:
    """Return the escalations that were not taken back."""
    left = {}
    for signal in signals:
        if isinstance(signal, Escalation):
            assert signal.id not in left
            left[signal.id] = signal
        else:
            del left[signal.id]
    return {
        (
            s.trigger, s.complaint if s.trigger == "again" else s.key.get("unit", ""), s.complaint, s.event,
            s.at, Fraction(s.measure), tuple((c, at) for c, _, at in s.counted),
        )
        for s in left.values()
    }  # fmt: skip


def portions(chance: random.Random, entries: list[dict]) -> list[tuple[list[dict], datetime]]:
    left, found, now = chance.sample(entries, len(entries)), [], START
    while left:
        now += HOUR * chance.randint(0, 12)
        found.append(([left.pop() for _ in range(min(len(left), chance.randint(1, 5)))], now))
    return [*found, ([], max(now, START + HOUR * chance.randint(10, 70)))]


def test_the_monitor_says_what_the_reference_says_in_any_order_and_stopped_anywhere() -> None:
    chance = random.Random(8)
    seen = set()
    for _ in range(sizes.of(30, 5_000)):
        entries = some_entries(chance)
        monitor, signals, told_so_far = Monitor(RULES), [], []
        stopped = Monitor(RULES)
        for come, now in portions(chance, entries):
            told_so_far += come
            said = monitor.feed(map(plain, come), now=now)
            signals += said
            stopped = Monitor.restore(RULES, json.loads(json.dumps(stopped.snapshot())))

            assert stopped.feed(map(plain, come), now=now) == said
            assert standing_of(signals) == escalations(told_so_far, now)
        seen |= {(type(s).__name__, s.trigger) for s in signals}
        assert [s.number for s in signals] == list(range(1, len(signals) + 1))

    assert len(seen) >= 9


# --- what it raises, what it refuses, what it forgets ---------------------------------------------------


def received(complaint: str, hour: float, **facts: object) -> dict:
    at = START + HOUR * hour
    return {
        "complaint": complaint,
        "event": "received",
        "id": f"{complaint}-{hour}",
        "at": at.isoformat(),
        "facts": facts,
    }


def test_an_escalation_brings_its_measure_to_every_complaint_that_counts() -> None:
    monitor = Monitor(RULES)
    come = [received(c, n, unit="a", customer=v) for n, (c, v) in enumerate([("c1", "x"), ("c2", "y"), ("c3", "z")])]
    said = [s for s in monitor.feed(come, now=START + HOUR * 3) if s.trigger == "people"]

    assert [(s.key, s.complaint, s.measure, s.to, s.because) for s in said] == [({"unit": "a"}, "c3", 3, None, ("t",))]
    assert {c: (e["event"], e["facts"], e["at"]) for c, e in said[0].raised} == {
        c: ("warned", {"people": 3}, "2024-05-06T02:00:00.000001+00:00") for c in ("c1", "c2", "c3")
    }


def test_what_cannot_count_is_open_with_what_to_ask() -> None:
    monitor = Monitor(RULES)
    monitor.feed([received("c1", 1, customer="x")], now=START + HOUR * 2)

    assert {(o.trigger, o.event, o.ask) for o in monitor.open} == {
        ("people", "received", ("unit",)), ("spoilt", "received", ("boxes", "batch")),
    }  # fmt: skip


def test_a_trigger_whose_threshold_nobody_has_set_is_silent_and_named() -> None:
    text = DESK.replace("{type: integer, value: 3, because: [t]}", "{type: integer, unset: true, reason: x}")

    assert Monitor(load_text(text)).silent == {"people": ("often",)}


def test_a_wrong_entry_refuses_the_whole_portion() -> None:
    monitor = Monitor(RULES)
    good = received("c1", 1, unit="a")
    for bad in (
        7,
        {},
        {**good, "complaint": 3},
        {**good, "event": "recieved"},
        {**good, "at": "soon"},
        {**good, "fact": 1},
    ):
        with pytest.raises(FactsError):
            monitor.feed([good, bad], now=START + HOUR * 2)
    for wrong in ({**good, "event": "transferred"}, {**good, "corrects": good["id"]}):
        with pytest.raises(FactsError):
            monitor.feed([good, wrong], now=START + HOUR * 2)

    assert (monitor.fed, monitor.size) == (0, (0, 0))
    with pytest.raises(FactsError):
        monitor.feed([], now=datetime(2024, 5, 6))  # noqa: DTZ001 - without an offset


JUNK = (
    None, True, 0, -1, 1.5, float("nan"), "", "x", "\ud800", "2024-05-06", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00",
    10**30, [], {}, [[]], {"unit": "\ud800"}, {"unit": ["a"]}, {"boxes": 10**40}, {"boxes": -1}, {1: 2}, b"x",
)  # fmt: skip


def test_whatever_is_fed_is_taken_or_refused_with_a_finding() -> None:
    chance = random.Random(14)
    monitor, taken, refused = Monitor(RULES), 0, 0
    for n in range(sizes.of(150, 2_000)):
        entry: dict = {**received(f"c{n // 10}", n % 20, unit="a", customer="x", boxes=3, batch=9), "id": f"e{n}"}
        for _ in range(chance.randint(0, 2)):
            entry[chance.choice([*entry, "recorded_at", "corrects", "retracts", "by", "other", ""])] = chance.choice(
                JUNK
            )
        try:
            monitor.feed([entry], now=START + HOUR * 30)
            taken += 1
        except FactsError:
            refused += 1
        if n % 100 == 99:
            monitor = Monitor.restore(RULES, json.loads(json.dumps(monitor.snapshot())))

    assert monitor.fed == taken
    assert min(taken, refused) > 50


def test_a_copy_of_an_entry_counts_once() -> None:
    monitor, again = Monitor(RULES), Monitor(RULES)
    come = [received("c1", n, unit="a", customer=v) for n, v in enumerate("xyz")]

    assert [*again.feed(come, now=START), *again.feed(come * 2, now=START + HOUR * 5)] == list(
        monitor.feed([], now=START) + monitor.feed(come, now=START + HOUR * 5)
    )


CLOSING = DESK.replace("triggers:", "process:\n  states: {open: 开, closed: {zh: 关, final: yes}}\n  steps:\n    answered: {to: closed}\ntriggers:").replace(
    "  again: {of: [received, transferred], reaches: 2, spacing: PT1H, rearm: never, because: [t]}\n", ""
).replace("reaches: 2, rearm: every 1, raises", "reaches: 2, within: PT6H, rearm: every 1, raises").replace(
    "by: [], reaches: 1, rearm: every 1", "by: [], reaches: 1, within: PT1H, rearm: every 1"
)  # fmt: skip


def test_with_lateness_the_memory_is_bounded_and_the_signals_are_the_same() -> None:
    rules = load_text(CLOSING)
    chance = random.Random(9)
    bounded, whole = Monitor(rules, lateness=HOUR * 6), Monitor(rules)
    most, said = 0, 0
    for hour in range(sizes.of(80, 2_000)):
        name, now = f"c{hour}", START + HOUR * (hour + 1)
        come = [
            received(
                name,
                hour + chance.random() / 2,
                unit=chance.choice("ab"),
                customer=chance.choice("xyzw"),
                boxes=9,
                batch=9,
            )
        ]
        if chance.random() < 0.6 and hour:
            at = START + HOUR * (hour - chance.random() * 4)
            come.append({"complaint": f"c{hour - 1}", "event": "answered", "id": "a", "at": at.isoformat()})
        for late in range(max(0, hour - 9), hour - 8):
            come.append({"complaint": f"c{late}", "event": "answered", "id": "b", "at": now.isoformat()})
        signals = bounded.feed(come, now=now)
        said += len(signals)
        most = max(most, sum(bounded.size))

        assert signals == whole.feed(come, now=now)
        if chance.random() < 0.1:
            bounded = Monitor.restore(rules, json.loads(json.dumps(bounded.snapshot())))

    assert said > 30
    assert most < 60
    assert whole.size[0] == sizes.of(80, 2_000)


def test_portions_from_many_threads_are_each_taken_whole() -> None:
    monitor, alone = Monitor(RULES), Monitor(RULES)
    come = [received(f"c{n}", n / 10, unit="a", customer="xyzw"[n % 4]) for n in range(40)]
    signals: list = []
    threads = [
        threading.Thread(target=lambda n=n: signals.extend(monitor.feed([come[n]], now=START + HOUR * 9)))
        for n in range(40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert standing_of(sorted(signals, key=lambda s: s.number)) == standing_of(alone.feed(come, now=START + HOUR * 9))


def test_milestones_count_at_their_instant_where_their_own_condition_holds() -> None:
    text = DESK.replace(
        "met_when: is_answered, because",
        "met_when: is_answered, milestones: {remind: {before_due: 1, when: big}}, because",
    ).replace("  late: {of: answer.breached, by: unit, reaches: 2", "  late: {of: answer.remind, by: unit, reaches: 2")
    monitor = Monitor(load_text(text))
    told = [received(f"c{n}", n, unit="a", boxes=boxes, batch=9) for n, boxes in enumerate((3, 1, 5, 4))]
    told += [{"complaint": "c3", "event": "answered", "at": (START + HOUR * 3.5).isoformat()}]
    found = [s for s in monitor.feed(told, now=START + HOUR * 9) if s.trigger == "late"]

    assert [(s.complaint, s.event, s.at, s.measure) for s in found] == [("c2", "answer.remind", START + HOUR * 3, 2)]


@pytest.mark.parametrize("share", ["5%", "least_share"])
def test_a_share_is_exact_on_its_bound(share: str) -> None:
    """The same fault in 5 % of a batch or more, from design or production, after completion."""
    text = """
language: 1
ruleset: works
version: 1.0.0
title: 工程
parameters: {least_share: {type: decimal, minimum: 0, maximum: 1, value: 0.05, because: [t]}}
events: {fault_found: {label: 发现问题, carries: [batch, problem, cause, affected, base]}}
inputs:
  batch: {type: text}
  problem: {type: text}
  cause: {values: [design, production, use]}
  affected: {type: decimal, minimum: 0.00}
  base: {type: integer, minimum: 0}
decisions: {faulty: {expression: "affected > 0", output: {type: boolean}, because: [t]}}
triggers:
  batch_fault:
    of: fault_found
    where: [{cause: design}, {cause: production}]
    by: [batch, problem]
    sum: affected
    reaches: SHARE
    share_of: base
    because: [t]
""".replace("SHARE", share)
    for parts, fires in ((["0.10"] * 20, 1), (["0.10"] * 19, 0), (["1.99"], 0), (["1", "0.9", "0.1"], 1)):
        monitor = Monitor(load_text(text))
        told = [
            {"complaint": f"c{n}", "event": "fault_found", "at": (START + HOUR * n).isoformat(),
             "facts": {"batch": "b", "problem": "p", "cause": "design", "affected": part, "base": 40}}
            for n, part in enumerate([*parts, "30"])
        ]  # fmt: skip
        told[-1]["facts"]["cause"] = "use"

        assert [s.measure for s in monitor.feed(told, now=START + HOUR * 99)] == [2] * fires


def test_the_page_shows_triggers_that_can_be_read() -> None:
    page = (Path(__file__).parents[1] / "docs" / "triggers.md").read_text("utf-8")
    shown = next(f.text for f in fences(page) if f.language == "yaml")
    text = (
        DESK.split("triggers:")[0]
        .replace("answer:", "reply:")
        .replace("  alarmed:", "  feedback_missing: 未反馈\n  alarmed:")
    )
    text = text.replace("  people:", "  liable: {type: boolean}\n  people:", 1)
    text += "process: {roles: {customer_service_center: 总中心}, states: {open: 开}, steps: {}}\n" + shown

    assert load_text(text).ruleset.triggers["criticism"].rearm == Rearm("every", every=1)


def test_a_snapshot_of_other_settings_is_refused_and_so_is_a_way_of_matching_that_there_is_not() -> None:
    kept = Monitor(RULES).snapshot()
    for wrong in ({**kept, "form": 0}, {**kept, "settings": {}}, {**kept, "ruleset": ""}):
        with pytest.raises(FactsError, match="CR321"):
            Monitor.restore(RULES, wrong)
    for wrong in ({"correlation": "quick"}, {"lateness": timedelta(0)}):
        with pytest.raises(FactsError, match="CR302"):
            Monitor(RULES, **wrong)


# --- a process that is killed -----------------------------------------------------------------------------

WORKER = """
import json, os, sys
from datetime import datetime
from pathlib import Path
from complaint_rules import load_text
from complaint_rules.monitor import Monitor

text, written, out, kept, dies = sys.argv[1:]
rules, kept, out = load_text(Path(text).read_text("utf-8")), Path(kept), Path(out)
said = out.read_bytes() if out.exists() else b""
said = said[: said.rfind(b"\\n") + 1]                       # a line that was only half written was not done
done = json.loads(said.splitlines()[-1])["number"] if said else 0
os.truncate(out, len(said)) if out.exists() else None
portions = [json.loads(line) for line in Path(written).read_text("utf-8").splitlines()]
monitor = Monitor.restore(rules, json.loads(kept.read_text("utf-8"))) if kept.exists() else Monitor(rules)
with out.open("ab", buffering=0) as stream:
    for number, portion in enumerate(portions[monitor.fed :], start=monitor.fed):
        for signal in monitor.feed(portion["entries"], now=datetime.fromisoformat(portion["now"])):
            if signal.number > done:
                line = json.dumps(signal.to_dict()).encode() + b"\\n"
                stream.write(line[: len(line) // 2])
                if signal.number == int(dies):
                    os.kill(os.getpid(), 9)
                stream.write(line[len(line) // 2 :])
        if number % 4 == 3:
            beside = kept.with_suffix(".new")
            beside.write_text(json.dumps(monitor.snapshot()), "utf-8")
            beside.replace(kept)
"""


def test_a_killed_process_loses_and_repeats_nothing(tmp_path: Path) -> None:
    chance = random.Random(10)
    killed = 0
    (tmp_path / "desk.yaml").write_text(DESK, "utf-8")
    for round_ in range(sizes.of(1, 40)):
        folder = tmp_path / str(round_)
        folder.mkdir()
        entries = [e for n in range(3) for e in some_entries(chance) for e in [{**e, "id": f"{n}{e['id']}"}]]
        entries = [
            {k: f"{e['id'][0]}{v}" if k in ("corrects", "retracts") else v for k, v in e.items()} for e in entries
        ]
        told = [
            {"now": now.isoformat(), "entries": [plain(e) for e in come]} for come, now in portions(chance, entries)
        ]
        (folder / "written").write_text("".join(json.dumps(t) + "\n" for t in told), "utf-8")
        alone = Monitor(RULES)
        expected = [s.to_dict() for t in told for s in alone.feed(t["entries"], now=datetime.fromisoformat(t["now"]))]
        for dies in (*sorted(chance.sample(range(1, len(expected) + 1), min(5, len(expected)))), 0):
            done = subprocess.run(
                [sys.executable, "-c", WORKER, str(tmp_path / "desk.yaml"), "written", "out", "kept", str(dies)],
                cwd=folder, check=False,
            )  # fmt: skip

            assert done.returncode == (-9 if dies else 0)
            killed += bool(dies)
        assert [json.loads(line) for line in (folder / "out").read_text("utf-8").splitlines()] == expected

    assert killed >= 3
