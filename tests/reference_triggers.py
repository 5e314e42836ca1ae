"""When triggers fire, slowly: at each event the whole history is looked at again; the specification is docs/triggers.md."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction


def counted(history, spacing):
    """Return what counts: everything, or what is far enough from the last that counted."""
    found = []
    for event in sorted(history, key=lambda e: (e["at"], e["complaint"], e["nth"])):
        if spacing is None or not found or event["at"] - found[-1]["at"] >= spacing:
            found.append(event)
    return found


def measured(events, kind):
    if kind == "count":
        return Fraction(len(events))
    if kind == "distinct":
        return Fraction(len({e["value"] for e in events}))
    return sum((Fraction(e["value"]) for e in events), Fraction(0))


def firings(history, *, kind="count", threshold=1, beyond=False, share=False, within=None, spacing=None, rearm="below"):
    """Return each firing of one key as (by, measure, what is new in it)."""
    events = counted(history, spacing)

    def window(end, *, itself):
        inside = [i for i, e in enumerate(events[: end + 1]) if within is None or events[end]["at"] - e["at"] <= within]
        return inside if itself else [i for i in inside if i != end]

    def enough(indices, end):
        bound = Fraction(threshold) * (Fraction(events[end]["base"]) if share else 1)
        measure = measured([events[i] for i in indices], kind)
        return measure > bound if beyond else measure >= bound

    def weight(index):
        if kind == "sum":
            return Fraction(events[index]["value"])
        if kind == "count":
            return 1
        return 0 if events[index]["value"] in {events[i]["value"] for i in window(index, itself=False)} else 1

    def armed(end, last):
        if last is None:
            return True
        since = range(last + 1, end + 1)
        word, _, amount = rearm.partition(" ")
        if word in ("below", "every") and any(not enough(window(i, itself=False), i) for i in since):
            return True
        if word == "every":
            return any(sum(weight(k) for k in range(last + 1, i + 1)) >= int(amount) for i in since)
        return word == "after" and events[end]["at"] - events[last]["at"] >= timedelta(hours=int(amount))

    found, last, told = [], None, set()
    for end in range(len(events)):
        inside = window(end, itself=True)
        if armed(end, last) and enough(inside, end):
            found.append((end, measured([events[i] for i in inside], kind), [i for i in inside if i not in told]))
            told |= set(inside)
            last = end
    return [(events[e], m, [events[i] for i in new]) for e, m, new in found]


# --- whole logs of a small desk --------------------------------------------------------------------------

DESK = """
language: 1
ruleset: desk
version: 1.0.0
title: 服务台
calendar: cn-office
parameters:
  often: {type: integer, value: 3, because: [t]}
  period: {type: duration, value: PT6H, because: [t]}
events:
  received: {label: 收到, carries: [unit, customer, boxes, batch]}
  transferred: {label: 转交, carries: [unit]}
  answered: 答复
  alarmed: 报警
  warned: {label: 警示, carries: [people]}
inputs:
  unit: {values: [a, b]}
  customer: {values: [x, y, z, w]}
  boxes: {type: integer, minimum: 0}
  batch: {type: integer, minimum: 0}
  people: {type: integer, minimum: 0}
  received_at: {type: datetime, from: {first: received}}
  is_answered: {type: boolean, from: {happened: answered}}
  alarms: {type: integer, minimum: 0, from: {count: alarmed}}
decisions:
  big: {expression: boxes >= 3, output: {type: boolean}, because: [t]}
deadlines:
  answer: {start: received_at, within: 2, unit: hour, met_when: is_answered, because: [t]}
triggers:
  late: {of: answer.breached, by: unit, reaches: 2, rearm: every 1, raises: {event: alarmed, on: new}, because: [t]}
  people: {of: received, by: [unit], distinct: customer, reaches: often, within: period, because: [t],
    raises: {event: warned, facts: {people: measured}, on: all}}
  spoilt: {of: received, where: {big: yes}, by: [], sum: boxes, exceeds: 25%, share_of: batch, within: PT12H, rearm: after PT3H, because: [t]}
  again: {of: [received, transferred], reaches: 2, spacing: PT1H, rearm: never, because: [t]}
  alarms: {of: [received, transferred], where: {alarms: '>= 1'}, by: [], reaches: 1, rearm: every 1, because: [t]}
"""

RULES = {
    "late": {"threshold": 2, "rearm": "every 1"},
    "people": {"kind": "distinct", "threshold": 3, "within": timedelta(hours=6)},
    "spoilt": {
        "kind": "sum", "threshold": Fraction(1, 4), "beyond": True, "share": True, "within": timedelta(hours=12),
        "rearm": "after 3",
    },
    "again": {"threshold": 2, "spacing": timedelta(hours=1), "rearm": "never"},
    "alarms": {"threshold": 1, "rearm": "every 1"},
}  # fmt: skip


def standing(entries, now):
    """Return the entries that count at `now`: each id once, as last corrected, without what is taken back.

    A correction of what was not told stands by itself.
    """
    told, seen = [], set()
    for e in sorted(entries, key=lambda e: (e.get("recorded_at", e["at"]), e["at"], e.get("id", ""))):
        if e.get("recorded_at", e["at"]) <= now and e["id"] not in seen:
            seen.add(e["id"])
            told.append(e)
    stands = {e["id"]: e for e in told if "corrects" not in e and "retracts" not in e}
    for e in told:
        target = e.get("corrects") or e.get("retracts")
        if target in stands or "corrects" in e:
            stands[target] = e
    return [e for e in stands.values() if "retracts" not in e and e["at"] <= now]


def story(entries, raised, now):
    """Yield (event, at, facts) of one complaint as they happen, its breach among them."""
    log = [(e["at"], e.get("recorded_at", e["at"]), e["id"], e["event"], e.get("facts", {})) for e in entries]
    log += [(at, at, "~", event, {}) for at, event in raised]
    log.sort(key=lambda r: (r[0], r[1], r[2], r[3]))
    received = next((r[0] for r in log if r[3] == "received"), None)
    answered = next((r[0] for r in log if r[3] == "answered"), None)
    breach = None
    if received is not None:
        due = received + timedelta(hours=2)
        late = due + timedelta(microseconds=1)
        if late <= now and (answered is None or answered > due):
            breach = late
    facts, alarms = {}, 0
    told = False
    for at, _, _, event, brought in log:
        if breach is not None and not told and breach <= at:
            told = True
            yield "answer.breached", breach, {**facts, "alarms": alarms}
        facts |= brought
        alarms += event == "alarmed"
        yield event, at, {**facts, "alarms": alarms}
    if breach is not None and not told:
        yield "answer.breached", breach, {**facts, "alarms": alarms}


def escalations(entries, now):
    """Return every escalation of the desk that stands at `now`: trigger, key, complaint, event, instant, measure, what is new."""
    known = {}
    for complaint in sorted({e["complaint"] for e in entries}):
        known[complaint] = standing([e for e in entries if e["complaint"] == complaint], now)
    raised = {c: [] for c in known}
    found = set()
    for name in ("late", "people", "spoilt", "again", "alarms"):
        groups = {}
        for complaint, log in known.items():
            nth = {}
            for event, at, facts in story(log, raised[complaint], now):
                made = occurrence(name, complaint, event, at, facts)
                if event in OF[name]:
                    nth[at] = nth.get(at, 0) + 1
                if made:
                    groups.setdefault(made[0], []).append({**made[1], "nth": nth[at]})
        for key, history in groups.items():
            for by, measure, new in firings(history, **RULES[name]):
                found.add(
                    (
                        name,
                        key,
                        by["complaint"],
                        by["event"],
                        by["at"],
                        measure,
                        tuple((n["complaint"], n["at"]) for n in new),
                    )
                )
                if name == "late":
                    for complaint in {n["complaint"] for n in new}:
                        at = by["at"] + timedelta(microseconds=1)
                        if at <= now:
                            raised[complaint].append((at, "alarmed"))
    return found


OF = {
    "late": ["answer.breached"],
    "people": ["received"],
    "spoilt": ["received"],
    "again": ["received", "transferred"],
    "alarms": ["received", "transferred"],
}


def occurrence(name, complaint, event, at, facts):
    """Return the key and what counts, or None where it does not."""
    if event not in OF[name]:
        return None
    plain = {"complaint": complaint, "event": event, "at": at}
    if name == "late":
        return (facts["unit"], plain) if "unit" in facts else None
    if name == "people":
        return (facts["unit"], {**plain, "value": facts["customer"]}) if {"unit", "customer"} <= facts.keys() else None
    if name == "spoilt":
        known = {"boxes", "batch"} <= facts.keys()
        return (
            ("", {**plain, "value": facts["boxes"], "base": facts["batch"]}) if known and facts["boxes"] >= 3 else None
        )
    if name == "alarms":
        return ("", plain) if facts["alarms"] >= 1 else None
    return complaint, plain


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
