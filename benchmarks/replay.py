"""How long a whole life takes: complaints of ten events and four clocks, beside the same four clocks written by hand.

Usage: python benchmarks/replay.py [CASES]. Both get the same seeded logs in one process and must agree on every state,
due instant and breach (but those that the pause moves, which is not written by hand) before they are timed; CPU time, best
of nine rounds. `by hand` answers only that, for this one procedure; `replay` also reads and checks the log, pauses, decides,
and writes the journal. `with milestones` adds to the last clock a share of the time, and a fine every month.

The last line is JSON: `cases_per_second` of `replay`, `fastest_library_over_ours` of `benchmarks/worktime.py`, which it runs.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from time import process_time

from complaint_rules import load_text, replay
from complaint_rules.calendar_data import load_calendar
from complaint_rules.deadline import Terms, due

CASES = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
ROUNDS = 9
ZONE = timezone(timedelta(hours=8))
OFFICE = load_calendar("cn-office")
RULES = """
language: 1
ruleset: bench
version: 1.0.0
title: 基准
calendar: cn-office
events:
  received: {label: 收到, carries: [level, channel]}
  signed: 签收
  replied: 首次回复
  applied: 申请关闭
  ordered: 订购
  arrived: 到货
  urged: 催办
inputs:
  level: {values: {general: 一般, strong: 强烈}}
  channel: {values: [phone, shop]}
  received_at: {type: datetime, from: {first: received}}
  signed_at: {type: datetime, from: {first: signed}}
  first_reply_at: {type: datetime, from: {first: replied}}
  replied: {type: boolean, from: {happened: replied}}
  signed: {type: boolean, from: {happened: signed}}
  applied: {type: boolean, from: {happened: applied}}
  waiting: {type: boolean, from: {happened: ordered, until: arrived}}
  urgings: {type: integer, minimum: 0, from: {count: urged}}
decisions:
  limit:
    inputs: [level]
    output: {type: integer, minimum: 0}
    rules:
      - {id: general, when: {level: general}, then: 5}
      - {id: strong, when: {level: strong}, then: 3}
  pressing: {expression: urgings >= 2}
deadlines:
  transfer: {start: received_at, within: 2, unit: hour, met_when: signed}
  first_reply: {start: signed_at, within: 24, unit: business_hour, met_when: replied}
  closure: {start: received_at, within: limit, unit: working_day, met_when: applied, pause_while: waiting}
  visit: {start: first_reply_at, within: 48, unit: hour, met_when: applied}
"""
MARKED = RULES.rstrip()[:-1] + ", milestones: {half: {at: 50%}, fine: {after_due: 1, unit: month, every: 1}}}\n"
ORDER = "received signed urged ordered arrived replied urged applied urged urged".split()


def cases():
    """Yield (events, now) of seeded complaints of two years."""
    rng = Random(1)
    for _ in range(CASES):
        at = datetime(2024, 1, 1, tzinfo=ZONE) + timedelta(minutes=rng.randrange(700 * 24 * 60))
        events = []
        for event in ORDER:
            events.append({"event": event, "at": at.isoformat()})
            at += timedelta(minutes=rng.randrange(30, 20 * 60))
        events[0]["facts"] = {"level": rng.choice(["general", "strong"]), "channel": "phone"}
        yield events, at + timedelta(days=1)


def by_hand(events, now):
    """Return state, due instant and breach of these four clocks; the pause is left out."""
    at = {e["event"]: datetime.fromisoformat(e["at"]) for e in reversed(events)}
    days = {"general": 5, "strong": 3}[events[0]["facts"]["level"]]
    limits = {
        "transfer": (at["received"] + timedelta(hours=2), at["signed"]),
        "first_reply": (OFFICE.add(at["signed"], timedelta(hours=24)).value, at["replied"]),
        "closure": (due(Terms(days, "working_day"), at["received"], OFFICE).instant, at["applied"]),
        "visit": (at["replied"] + timedelta(hours=48), at["applied"]),
    }
    return {n: judged(limit, met, now, ends_with_day=n == "closure") for n, (limit, met) in limits.items()}


def judged(limit, met, now, *, ends_with_day):
    late = limit if ends_with_day else limit + timedelta(microseconds=1)
    return ("met" if met < late else "met_late", limit, late if late <= min(met, now) else None)


def told(found):
    return {n: (o.status, o.run.due, o.run.breached_at) for n, o in found.obligations.items()}


def seconds(job, logs):
    """Return the best CPU time of one case."""
    found = []
    for _ in range(ROUNDS):
        begun = process_time()
        for events, now in logs:
            job(events, now)
        found.append((process_time() - begun) / len(logs))
    return min(found)


def fastest_library():
    """Return what the benchmark of deadlines says of the fastest other library."""
    ran = subprocess.run(  # noqa: S603 - our own file
        [sys.executable, Path(__file__).with_name("worktime.py")], capture_output=True, text=True, check=True
    )
    return json.loads(ran.stdout.splitlines()[-1])["fastest_library_over_ours"]


def main():
    plain, marked = load_text(RULES), load_text(MARKED)
    logs = list(cases())
    same = 0
    for events, now in logs:
        found = replay(plain, {}, events, now=now)
        ours, theirs = told(found), by_hand(events, now)
        differing = {n for n in theirs if ours[n] != theirs[n]}
        assert differing <= {"closure"}, (events, ours, theirs)
        assert not differing or found.obligations["closure"].run.pauses, (events, ours, theirs)
        same += not differing
    print(f"{len(logs):,} complaints of {len(ORDER)} events and 4 clocks; {same:,} in which the pause moves nothing")
    jobs = {
        "by hand": by_hand,
        "replay": lambda events, now: replay(plain, {}, events, now=now),
        "with milestones": lambda events, now: replay(marked, {}, events, now=now),
    }
    took = {name: seconds(job, logs) for name, job in jobs.items()}
    for name, one in took.items():
        print(f"  {name:<16}{one * 1e6:9.1f} µs  {1 / one:9,.0f} a second  {one / took['by hand']:6.1f} x by hand")
    said = {
        "cases_per_second": round(1 / took["replay"]),
        "replay_over_by_hand": round(took["replay"] / took["by hand"], 1),
        "fastest_library_over_ours": fastest_library(),
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
