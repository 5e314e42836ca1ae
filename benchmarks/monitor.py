"""How many entries a second a monitor takes, natively and with durable-rules, and what 100,000 keys weigh.

    python benchmarks/monitor.py [--entries 20000] [--keys 100000]

CPU seconds of this process and its children; the last line is JSON.
"""

import argparse
import gc
import json
import os
import random
import time
import tracemalloc
from datetime import UTC, datetime, timedelta

from complaint_rules import Monitor, load, load_text
from complaint_rules.correlate import Correlation, Occurrence, Terms
from complaint_rules.correlate_durable import Durable, is_installed

DESK = """
language: 1
ruleset: desk
version: 1.0.0
title: 服务台
events: {received: {label: 收到, carries: [unit, customer]}, closed: 关闭}
inputs:
  unit: {type: text}
  customer: {type: text}
decisions: {known_unit: {expression: "unit = 'a'", output: {type: boolean}, because: [t]}}
process:
  states: {open: 开, done: {zh: 关, final: yes}}
  steps: {close: {event: closed, to: done}}
triggers:
  many: {of: received, by: [unit], distinct: customer, reaches: 3, within: P1D, because: [t]}
"""
START = datetime(2024, 5, 6, tzinfo=UTC)


def cpu():
    t = os.times()
    return t.user + t.system + t.children_user + t.children_system


def entries(number, units, seed=1):
    chance = random.Random(seed)
    for n in range(number):
        at = (START + timedelta(seconds=60 * n)).isoformat()
        yield {
            "complaint": f"c{n}",
            "id": "r",
            "event": "received",
            "at": at,
            "facts": {"unit": f"u{chance.randrange(units)}", "customer": f"k{chance.randrange(5)}"},
        }


def fed(rules, told, size, **how):
    monitor, said, begun = Monitor(rules, **how), 0, cpu()
    for i in range(0, len(told), size):
        portion = told[i : i + size]
        said += len(monitor.feed(portion, now=datetime.fromisoformat(portion[-1]["at"])))
    monitor.close()
    return monitor, len(told) / (cpu() - begun), said


def bank(number):
    chance = random.Random(2)
    for n in range(number // 2):
        at = (START + timedelta(minutes=20 * n)).isoformat()
        unit = f"u{chance.randrange(20)}"
        facts = {"opinion_type": "complaint", "customer_tier": "ordinary", "base_urgency": "medium"}
        yield {"complaint": f"t{n}", "id": "a", "event": "opinion_accepted", "at": at, "facts": facts}
        yield {"complaint": f"t{n}", "id": "b", "event": "ticket_sent", "at": at, "facts": {"accountable_unit": unit}}


def matcher(number, judge=None):
    """The matcher alone: what it takes to count."""
    terms = Terms(load_text(DESK).ruleset.triggers["many"], 3, timedelta(days=1))
    chance = random.Random(3)
    told = [
        Occurrence(
            timedelta(days=19000, seconds=60 * n),
            f"c{n}",
            0,
            "received",
            f"u{chance.randrange(500)}",
            f"k{chance.randrange(5)}",
        )
        for n in range(number)
    ]
    correlation, begun = Correlation(terms, judge), cpu()
    for occurrence in told:
        correlation.change((), (occurrence,))
    if judge:
        judge.close()
    return number / (cpu() - begun)


def memory(keys):
    rules = load_text(DESK)
    monitor = Monitor(rules, lateness=timedelta(days=400))
    tracemalloc.start()
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    chance = iter(range(keys))
    batch = []
    for entry in entries(keys, 1):
        entry["facts"]["unit"] = f"u{next(chance)}"
        batch.append(entry)
        if len(batch) == 1000:
            monitor.feed(batch, now=datetime.fromisoformat(entry["at"]))
            batch = []
    gc.collect()
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return used / 1e6, monitor.size


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--entries", type=int, default=20_000)
    parser.add_argument("--keys", type=int, default=100_000)
    wanted = parser.parse_args()
    rules, told = load_text(DESK), list(entries(wanted.entries, 500))
    found = {"matcher_native_per_s": matcher(wanted.entries)}
    _, found["native_per_s"], said = fed(rules, told, 1)
    _, found["native_portions_of_100_per_s"], again = fed(rules, told, 100)
    assert said == again
    bounded, found["native_bounded_per_s"], _ = fed(rules, told, 1, lateness=timedelta(days=1))
    _, found["bank_native_per_s"], _ = fed(load("bank"), list(bank(wanted.entries // 20)), 1)
    if is_installed():
        few = told[: wanted.entries // 10]
        found["matcher_durable_per_s"] = matcher(wanted.entries // 10, Durable(shadow=False))
        _, found["durable_per_s"], asked = fed(rules, few, 1, correlation="durable")
        assert asked == fed(rules, few, 1)[2]
    found["memory_mb"], (complaints, keys) = memory(wanted.keys)
    for name, value in found.items():
        print(f"{name:32} {value:12,.0f}")
    print(f"{said} escalations; remembered at the end: {complaints:,} complaints, {keys:,} keys")
    print(
        json.dumps(
            {"benchmark": "monitor", **{n: round(v, 1) for n, v in found.items()}, "keys": keys, "escalations": said}
        )
    )


if __name__ == "__main__":
    main()
