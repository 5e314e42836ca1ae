"""Random complaints over their life: small rulesets with events, clocks and a process, and logs of what happened.

A ruleset is the nested dict, list and text of its YAML file and names its calendar as `NAME.yaml`; `CALENDARS` gives
each for the specification and as that file. What a clock reads never depends on what it or a later clock does, so that
nothing goes round in a circle; only the `when` of milestones and the steps of the process may ask for anything.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

Node = dict[str, Any]
GRID, DAY = timedelta(minutes=30), timedelta(days=1)
DAYS = 21  # that the events of a log are strewn over


def day(text):
    return date.fromisoformat(text)


SHUT, SHOP, ALL_DAY = [], [("08:00", "20:00")], [("00:00", "24:00")]
OFFICE = [("09:00", "12:00"), ("13:00", "17:30")]
PLAIN = {
    "cn": {
        "zone": "Asia/Shanghai",
        "week": [OFFICE] * 5 + [SHUT] * 2,
        "days": {
            day("2024-04-28"): OFFICE,  # worked before the Labour Day holiday, as is the Saturday after it
            **{day(f"2024-05-0{n}"): SHUT for n in range(1, 6)},
            day("2024-05-11"): OFFICE,
        },
    },
    "berlin": {
        "zone": "Europe/Berlin",
        "week": [ALL_DAY] * 5 + [SHUT] * 2,
        "days": {day("2024-03-29"): SHUT, day("2024-04-01"): SHUT},
    },
    "new_york": {
        "zone": "America/New_York",
        "week": [SHOP] * 5 + [[("10:00", "24:00")], SHUT],
        "days": {day("2024-11-03"): [("12:00", "18:00")], day("2024-11-11"): SHUT, day("2024-11-05"): OFFICE},
    },
}
FIRST_DAYS = {"cn": day("2024-04-25"), "berlin": day("2024-03-22"), "new_york": day("2024-10-25")}
KEYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def calendar_text(plain):
    """Return a calendar as the file that the library reads."""
    week = {k: [f"{s}-{e}" for s, e in hours] for k, hours in zip(KEYS, plain["week"]) if hours}
    days = [
        {"on": d.isoformat(), "is": "working" if hours else "closed"}
        | ({"hours": [f"{s}-{e}" for s, e in hours]} if hours else {})
        for d, hours in sorted(plain["days"].items())
    ]
    return json.dumps({"title": "random", "zone": plain["zone"], "week": week, "days": days}, indent=1)


CALENDARS = {f"{name}.yaml": (plain, calendar_text(plain)) for name, plain in PLAIN.items()}


def chance(rng, share):
    return rng.random() < share


def some(rng, items, least=1, most=None):
    """Return some of the items, in their order."""
    most = min(len(items), len(items) if most is None else most)
    chosen = set(rng.sample(range(len(items)), rng.randint(min(least, most), most)))
    return [item for n, item in enumerate(items) if n in chosen]


def one_or_more(rng, items):
    return some(rng, items, 2, 2) if chance(rng, 0.2) and len(items) > 1 else rng.choice(items)


# --- the ruleset --------------------------------------------------------------------------------


@dataclass
class Builder:
    """A ruleset in the making, with the names that its next part may read, by their types."""

    rng: Random
    ruleset: Node
    plain: Node = field(default_factory=dict)  # the inputs that events may carry: name -> type
    names: dict[str, list[str]] = field(default_factory=lambda: {"boolean": [], "enumeration": [], "integer": []})
    starts: list[str] = field(default_factory=list)
    happenings: list[str] = field(default_factory=list)  # events whose names a `from` may say
    count: int = 0

    def fresh(self, letter):
        self.count += 1
        return f"{letter}{self.count}"

    # --- events and inputs

    def add_events(self):
        rng = self.rng
        for n in range(rng.randint(2, 5)):
            carried = some(rng, list(self.plain), 0, 3)
            self.ruleset["events"][f"e{n}"] = {"label": f"事件{n}", "carries": carried} if carried else f"事件{n}"
            self.happenings.append(f"e{n}")

    def add_plain(self):
        rng = self.rng
        kinds = [
            "boolean",
            "boolean",
            "enumeration",
            "integer",
            *rng.choice([[], ["datetime"], ["integer", "boolean"]]),
        ]
        for kind in kinds:
            name = self.fresh("f")
            tree = {"values": ["va", "vb", "vc"]} if kind == "enumeration" else {"type": kind}
            self.ruleset["inputs"][name] = tree | ({"minimum": "0"} if kind == "integer" else {})
            self.plain[name] = kind
            self.starts += [name] if kind == "datetime" else []
            self.names.setdefault(kind, []).append(name)

    def add_folded(self, kind, events):
        """Add an input that follows from the log."""
        rng, name = self.rng, self.fresh("g")
        said = one_or_more(rng, events)
        others = [e for e in self.happenings if e not in said and said != e]
        across = {"across": some(rng, [n for n, k in self.plain.items() if k != "datetime"], 1, 2)}
        across = across if chance(rng, 0.25) else {}
        if kind in ("first", "last"):
            tree = {"type": "datetime", "from": {kind: said}}
            self.starts.append(name)
        elif kind == "happened":
            until = {"until": one_or_more(rng, others)} if others and chance(rng, 0.6) else {}
            tree = {"type": "boolean", "from": {"happened": said, **until, **across}}
            self.names["boolean"].append(name)
        elif kind == "count":
            source = {"count": said}
            source |= {"spacing": rng.choice(["PT30M", "PT3H", "PT12H", "P1D"])} if chance(rng, 0.5) else {}
            source |= {"since": one_or_more(rng, others)} if others and chance(rng, 0.4) else {}
            tree = {"type": "integer", "minimum": "0", "from": {**source, **across}}
            self.names["integer"].append(name)
        else:
            values = some(rng, ["wa", "wb", "wc"], 2) if chance(rng, 0.7) else ["yes", "no"]
            told = rng.sample(self.happenings, min(len(self.happenings), len(values)))
            latest = dict(zip(values, told))
            kind = "boolean" if "yes" in values else "enumeration"
            tree = {"type": "boolean"} if kind == "boolean" else {"values": values}
            tree |= {"from": {"latest": latest, "initially": rng.choice(values)}}
            self.names[kind].append(name)
        self.ruleset["inputs"][name] = tree

    def add_parameters(self):
        why = {"reason": "the text does not say"}
        self.ruleset["parameters"] |= {
            "unsaid": {"type": "integer", "unset": "true", **why},
            "few": {"type": "integer", "value": "3"},
            "span": {"type": "duration", "assumed": self.rng.choice(["PT4H30M", "PT26H"]), **why},
            "counted": {"reading": "same_day", "options": {"next_day": "次日", "same_day": "当日"}, **why},
        }
        if len(self.starts) > 1:
            options = {s: f"从{s}" for s in self.rng.sample(self.starts, 2)}
            self.ruleset["parameters"]["counted_from"] = {"reading": next(iter(options)), "options": options, **why}

    # --- decisions

    def cells(self, name, kind):
        """Return cells of which never two match."""
        if kind == "boolean":
            return ["yes", "no"]
        if kind == "integer":
            bound = self.rng.randint(1, 3)
            return [f"< {bound}", f">= {bound}"]
        return self.values_of(name)

    def values_of(self, name):
        tree = self.ruleset["inputs"].get(name) or self.ruleset["decisions"][name]["output"]
        return tree["values"]

    def add_table(self, kind):
        rng, name = self.rng, self.fresh("d")
        columns = [(n, k) for k in ("boolean", "enumeration", "integer") for n in self.names[k]]
        columns = rng.sample(columns, min(len(columns), rng.randint(1, 2)))
        rows: list[Node] = [{}]
        for column, of in columns:
            rows = [{**row, column: cell} for cell in self.cells(column, of) for row in rows]
        rows = some(rng, rows, 1, len(rows) - 1)
        output, values = {
            "boolean": ({"type": "boolean"}, ["yes", "no"]),
            "integer": ({"type": "integer"}, ["0", "1", "2", "3", "5"]),
            "enumeration": ({"values": ["za", "zb"]}, ["za", "zb"]),
        }[kind]
        rules = [{"id": f"r{n}", "when": row, "then": rng.choice(values)} for n, row in enumerate(rows)]
        rest = {"refer_to": "公司"} if chance(rng, 0.08) else {"default": rng.choice(values)}
        self.ruleset["decisions"][name] = {"inputs": [c for c, _ in columns], "output": output, "rules": rules, **rest}
        self.names[kind].append(name)

    def truth(self, depth):
        rng = self.rng
        if depth and chance(rng, 0.5):
            form = rng.choice(["({}) and ({})", "({}) or ({})", "not ({})"])
            return form.format(self.truth(depth - 1), self.truth(depth - 1))
        kind = rng.choice([k for k in ("boolean", "enumeration", "integer", "integer") if self.names[k]])
        name = rng.choice(self.names[kind])
        if kind == "boolean":
            return name
        if kind == "integer":
            return f"{name} {rng.choice(['>', '>=', '<'])} {rng.randint(1, 3)}"
        return f"{name} {rng.choice(['=', '!='])} '{rng.choice(self.values_of(name))}'"

    def add_decision(self):
        match self.rng.choice(["boolean", "boolean", "integer", "enumeration", "truth", "truth", "sum"]):
            case "truth":
                kind, text = "boolean", self.truth(2)
            case "sum" if len(self.names["integer"]) > 0:
                kind, text = "integer", f"{self.rng.choice(self.names['integer'])} + {self.rng.randint(1, 2)}"
            case kind:
                self.add_table(kind if kind != "sum" else "integer")
                return
        name = self.fresh("d")
        self.ruleset["decisions"][name] = {"expression": text, "output": {"type": kind}}
        self.names[kind].append(name)

    # --- deadlines

    def truth_name(self, *, key="when"):
        """Return a yes-or-no name, more often one that was added lately, or one that goes with the log."""
        names, inputs = self.names["boolean"], self.ruleset["inputs"]
        turning = {"pause_while": "until", "met_when": "latest", "excused_when": "happened"}.get(key, "")
        apt = [n for n in names if turning and turning in inputs.get(n, {}).get("from", {})]
        if apt and chance(self.rng, 0.5):
            return self.rng.choice(apt)
        return self.rng.choice(names[-4:] if chance(self.rng, 0.5) else names)

    def add_deadline(self, name):
        rng = self.rng
        parameters = self.ruleset["parameters"]
        starts = [s for s in self.starts if "from" in self.ruleset["inputs"][s]]
        start = rng.choice(self.starts if chance(rng, 0.3) or not starts else starts)
        if "counted_from" in parameters and chance(rng, 0.15):
            start = "counted_from"
        unit = rng.choice(
            "minute hour hour business_hour business_hour working_day working_day calendar_day week month".split()
        )
        integers = [n for n in self.names["integer"] if n in self.ruleset["decisions"]]
        within = {
            "minute": lambda: str(30 * rng.randint(0, 20)),
            "hour": lambda: str(rng.choice([0, 1, 2, 4, 12, 24, 48])),
            "business_hour": lambda: str(rng.choice([0, 1, 2, 4, 8, 16])),
            "working_day": lambda: str(rng.randint(0, 5)),
            "calendar_day": lambda: str(rng.randint(0, 7)),
            "week": lambda: str(rng.randint(1, 2)),
            "month": lambda: "1",
        }[unit]()
        if chance(rng, 0.35):
            within = rng.choice([*integers, *integers, *self.names["integer"], "few", "few", "unsaid"])
        elif chance(rng, 0.15) and unit in ("hour", "business_hour"):
            within = "span"
        elif chance(rng, 0.06):
            within = "promptly"
        tree: Node = {"start": start, "within": within, "unit": unit}
        if unit not in ("minute", "hour", "business_hour"):
            tree |= {"profile": "cn-civil-code"} if chance(rng, 0.15) else {}
            tree |= {"day_one": rng.choice(["same_day", "next_day", "counted"])} if chance(rng, 0.3) else {}
            tree |= {"due_at": rng.choice(["same_time", "end_of_business", "end_of_day"])} if chance(rng, 0.5) else {}
            tree |= {"end_roll": rng.choice(["next_working_day", "previous_working_day"])} if chance(rng, 0.2) else {}
        tree |= {"start_roll": rng.choice(["next_working_day", "previous_working_day"])} if chance(rng, 0.15) else {}
        for key, share in (("when", 0.35), ("met_when", 0.8), ("pause_while", 0.5), ("excused_when", 0.3)):
            tree |= {key: self.truth_name(key=key)} if chance(rng, share) else {}
        tree |= {"retarget": rng.choice(["from_start", "keep", "restart"])} if chance(rng, 0.7) else {}
        tree |= {"repeat": rng.choice(["yes", "yes", "no"])} if chance(rng, 0.25) else {}
        if within != "promptly" and chance(rng, 0.75):
            tree["milestones"] = {f"m{n}": self.milestone() for n in range(rng.randint(1, 3))}
        self.ruleset["deadlines"][name] = tree
        self.happenings += [f"{name}.{what}" for what in ("met", "breached", *tree.get("milestones", {}))]

    def milestone(self):
        rng = self.rng
        tree: Node = {"label": "提醒"} if chance(rng, 0.3) else {}
        kind = rng.choice(["at", "before_due", "after_due", "after_due"])
        if kind == "at":
            return tree | {"at": rng.choice(["25%", "50%", "75%", "80%", "100%", "33%"])}
        unit = rng.choice("minute hour business_hour working_day calendar_day week month".split())
        amounts = {"minute": [30, 90], "hour": [1, 5, 24], "business_hour": [1, 4, 9], "month": [1], "week": [1]}
        tree |= {
            kind: str(rng.choice([*amounts.get(unit, [1, 2]), *([0] if kind == "after_due" else [])])),
            "unit": unit,
        }
        if kind == "after_due" and chance(rng, 0.6):
            every = {"minute": [30, 600], "hour": [2, 30], "business_hour": [3, 10]}.get(unit, [1, 2])
            tree["every"] = str(rng.choice(every))
            if tree["every"] in ("2", "3", "30") and unit in ("minute", "hour", "business_hour"):
                tree["times"] = str(rng.randint(2, 5))
            elif chance(rng, 0.4):
                tree["times"] = str(rng.randint(1, 4))
        return tree

    # --- the process

    def add_process(self):
        rng = self.rng
        states = [f"s{n}" for n in range(rng.randint(3, 4))]
        events = list(self.ruleset["events"])
        roles = ["clerk", "unit", "leader"]
        steps: Node = {}
        for n in range(rng.randint(2, 5)):
            event = rng.choice(events)
            named = event not in steps and chance(rng, 0.4)
            step: Node = {} if named else {"event": event}
            step |= {"from": one_or_more(rng, states[:-1])} if chance(rng, 0.7) else {}
            step |= {"to": rng.choice(states)} if chance(rng, 0.7) else {}
            step |= {"by": one_or_more(rng, roles)} if chance(rng, 0.5) else {}
            step |= {"when": self.truth_name()} if chance(rng, 0.4) else {}
            steps[event if named else f"step{n}"] = step or {"to": states[-1]}
        named = {s: {"zh": f"状态{s}", **({"final": "yes"} if s == states[-1] else {})} for s in states}
        self.ruleset["process"] = {"roles": {r: f"角色{r}" for r in roles}, "states": named, "steps": steps}


def random_ruleset(rng, calendar):
    """Return a ruleset over one of the calendars, and what its events may carry."""
    ruleset: Node = {
        "language": "1",
        "ruleset": "random",
        "version": "1.0.0",
        "title": {"zh": "随机规则", "en": "random rules"},
        "time_zone": PLAIN[calendar]["zone"],
        "calendar": f"{calendar}.yaml",
        "parameters": {},
        "events": {},
        "inputs": {},
        "decisions": {},
        "deadlines": {},
    }
    builder = Builder(rng, ruleset)
    builder.add_plain()
    builder.add_events()
    events = list(builder.happenings)
    for kind in (
        "first",
        *rng.choices(["first", "last", "happened", "happened", "happened", "count", "latest"], k=rng.randint(3, 6)),
    ):
        builder.add_folded(kind, events)
    builder.add_parameters()
    for _ in range(rng.randint(1, 4)):
        builder.add_decision()
    for n in range(rng.randint(1, 4)):
        builder.add_deadline(f"c{n}")
        made = [e for e in builder.happenings if e.startswith(f"c{n}.")]
        for _ in range(rng.randint(0, 2)):
            builder.add_folded(rng.choice(["happened", "count", "count", "first", "last"]), made)
        for _ in range(rng.randint(0, 1)):
            builder.add_decision()
    for tree in ruleset["deadlines"].values():
        for milestone in tree.get("milestones", {}).values():
            milestone |= {"when": rng.choice(builder.names["boolean"])} if chance(rng, 0.3) else {}
    if chance(rng, 0.5):
        builder.add_process()
    return ruleset, builder.plain


# --- the log ------------------------------------------------------------------------------------


def to_yaml(ruleset):
    """Return the ruleset as a file: flow style, every scalar quoted."""
    return json.dumps(ruleset, ensure_ascii=False, indent=1)


def some_value(rng, kind, instants):
    return {
        "boolean": lambda: chance(rng, 0.5),
        "enumeration": lambda: rng.choice(["va", "vb", "vc"]),
        "integer": lambda: rng.randint(0, 4),
        "datetime": lambda: rng.choice(instants),
    }[kind]()


def random_event(rng, ruleset, plain, instants):
    events = ruleset["events"]
    name = rng.choice([*events, *events, *events, "facts"])
    event: Node = {"event": name, "at": rng.choice(instants)}
    carried = (
        list(plain) if name == "facts" else events[name].get("carries", []) if isinstance(events[name], dict) else []
    )
    if carried and (name == "facts" or chance(rng, 0.7)):
        event["facts"] = {n: some_value(rng, plain[n], instants) for n in some(rng, carried, 1, 3)}
    if chance(rng, 0.25):
        event["recorded_at"] = event["at"] + rng.choice([1, 3, 20, 100, 300]) * GRID
    if "process" in ruleset and chance(rng, 0.6):
        event["by"] = rng.choice(["clerk", "unit", "leader"])
    return event


def random_log(rng, ruleset, plain, instants):
    """Return up to a dozen events, and what corrects, retracts or repeats some of them."""
    log = [random_event(rng, ruleset, plain, instants) for _ in range(rng.choice([0, 1, 3, 5, 8, 12, 12]))]
    source = next(t["from"]["first"] for t in ruleset["inputs"].values() if "first" in t.get("from", {}))
    if log and chance(rng, 0.8):  # most complaints are received early
        log[0] |= {"event": source if isinstance(source, str) else source[0], "at": min(instants)}
        log[0].pop("recorded_at", None)
        log[0].pop("facts", None)
    for n, event in enumerate(log):
        event["id"] = f"x{n}"
    for event in list(log):
        later = event.get("recorded_at", event["at"]) + rng.randint(0, 200) * GRID
        if chance(rng, 0.08):
            log.append(dict(event))
        if chance(rng, 0.07):
            log.append({"retracts": event["id"], "at": later})
        elif chance(rng, 0.1):
            other = random_event(rng, ruleset, plain, instants)
            log.append(
                {**other, "recorded_at": max(later, other["at"]), "corrects": event["id"], "id": f"y{event['id']}"}
            )
    named = {e.get("corrects", e.get("retracts")) for e in log}
    places = [(e["at"], e.get("recorded_at", e["at"]), e.get("event")) for e in log]
    for event, place in zip(log, places):  # without an id nothing says which of two that tie comes first
        if event.get("id") not in named and "id" in event and places.count(place) == 1 and chance(rng, 0.4):
            del event["id"]
    rng.shuffle(log)
    return log


def random_related(rng, ruleset, plain, instants):
    """Return related complaints: what was known of each, and what happened there, its clocks included."""
    heard = {e for t in ruleset["inputs"].values() if "across" in t.get("from", {}) for e in said(t["from"])}
    related = []
    for number in range(rng.randint(1, 3) if heard else 0):
        facts = {n: some_value(rng, k, instants) for n, k in plain.items() if k != "datetime" and chance(rng, 0.85)}
        events = [{"event": rng.choice(sorted(heard)), "at": rng.choice(instants)} for _ in range(rng.randint(1, 6))]
        log = [e | {"id": f"z{number}_{n}"} for n, e in enumerate(events)]
        related.append({"facts": facts, "log": log})
    return related


def said(source):
    found = [source.get(key, []) for key in ("happened", "count", "until", "since")]
    return [e for names in found for e in ([names] if isinstance(names, str) else names)]


def random_instants(rng, calendar):
    """Return instants on the grid, with many that are midnights or close to one another."""
    zone = ZoneInfo(PLAIN[calendar]["zone"])
    first = datetime.combine(FIRST_DAYS[calendar], time(), zone)
    found = []
    for _ in range(16):
        at = first + rng.randrange(DAYS) * DAY  # on the clock of the place
        at = (
            at.replace(hour=rng.choice([0, 8, 9, 11, 12, 13, 17, 20]))
            if chance(rng, 0.4)
            else at + rng.randrange(48) * GRID
        )
        at = datetime.fromisoformat(at.isoformat())  # from here on an offset, not a place
        found += [at, at + rng.choice([0, 1, 2, 4, 24, 48]) * GRID] if chance(rng, 0.5) else [at]
    return found


def random_case(rng: Random) -> tuple[Node, Node, list[Node], list[Node], datetime]:
    """Return a ruleset, the facts at the start, a log, related complaints and now."""
    calendar = rng.choice(["cn", "cn", "cn", "berlin", "new_york"])
    ruleset, plain = random_ruleset(rng, calendar)
    instants = random_instants(rng, calendar)
    known = rng.choice([0.2, 0.8, 1.0, 1.0])
    facts = {n: some_value(rng, k, instants) for n, k in plain.items() if chance(rng, known)}
    log = random_log(rng, ruleset, plain, instants)
    now = rng.choice([rng.choice(instants), max(instants), max(instants) + rng.randrange(48 * 8) * GRID])
    return ruleset, facts, log, random_related(rng, ruleset, plain, instants), now
