"""The specification of `replay`: what the log of a complaint comes to by an instant, in the slowest and plainest way.

It reads `docs/replay.md` word by word and shares nothing with the library: after everything that happens all facts are
gathered again from the whole story, all decisions are asked again of `reference`, and every clock is looked at anew.
`reference_due` walks to the due instants. A ruleset is the nested data of its YAML file, a calendar as in
`reference_worktime`; a related complaint is `{"facts": {…}, "log": […]}`, its log also says what its clocks did.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from reference import Answer, Reading, decide, settings_of
from reference_cells import UNKNOWN, read_text
from reference_due import due_of, milestone_at

Node = dict[str, Any]
TERMS = {"day_one": "next_day", "due_at": "end_of_day", "start_roll": "none", "end_roll": "none"}
PROFILES = {"plain": TERMS, "cn-civil-code": TERMS | {"end_roll": "next_working_day"}}
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
MOST = 500  # things that happen at once: more is a circle


# --- the log ------------------------------------------------------------------------------------


def recorded(entry):
    return entry.get("recorded_at", entry["at"])


def place_in_log(entry):
    return (entry["at"], recorded(entry), entry.get("id", ""), entry.get("event", ""))


def counted(log, now):
    """Return the events that count at an instant, in their order."""
    once = [e for n, e in enumerate(log) if "id" not in e or e not in log[:n]]
    known = [e for e in once if recorded(e) <= now]

    def about(entry):
        return entry.get("corrects", entry.get("retracts"))

    def holds(entry):
        return not any(holds(e) for e in known if "retracts" in e and e["retracts"] == entry.get("id"))

    def replaced(entry):
        return any(holds(e) for e in known if about(e) is not None and about(e) == entry.get("id"))

    def has_last_word(entry):
        same = [e for e in known if about(e) is not None and about(e) == about(entry) and holds(e)]
        return about(entry) is None or max(same, key=lambda e: (recorded(e), *place_in_log(e))) is entry

    standing = [e for e in known if "event" in e and not replaced(e) and has_last_word(e)]
    return sorted((e for e in standing if e["at"] <= now), key=place_in_log)


# --- facts --------------------------------------------------------------------------------------


def listed(names):
    return [names] if isinstance(names, str) else names


def folded(tree, story, plain):
    """Return what an input follows from the story; None where it is not known."""
    source = tree["from"]
    across = source.get("across", [])

    heard = []
    for happening in story:
        of = happening.get("of")  # the facts of the related complaint in which it happened
        names = [*listed(source.get("happened", [])), *listed(source.get("count", [])), *listed(source.get("until", [])), *listed(source.get("since", []))]  # fmt: skip
        if of is None or (across and happening["name"] not in names):
            heard.append(happening) if of is None else None
        elif across and all(f in of and (f not in plain or of[f] == plain[f]) for f in across):
            if any(f not in plain for f in across):
                return None  # whether it counts is not known
            heard.append(happening)
    heard = [(h["name"], h["at"]) for h in heard]
    if "first" in source or "last" in source:
        times = [at for name, at in heard if name in listed(source.get("first", source.get("last")))]
        return (times[0] if "first" in source else times[-1]) if times else None
    if "happened" in source:
        value = False
        for name, _ in heard:
            value = True if name in listed(source["happened"]) else value
            value = False if name in listed(source.get("until", [])) else value
        return value
    if "count" in source:
        spacing = read_text(source.get("spacing", "PT0S"), "duration")
        value, last = 0, None
        for name, at in heard:
            if name in listed(source.get("since", [])):
                value, last = 0, None
            if name in listed(source["count"]) and (last is None or at - last >= spacing):
                value, last = value + 1, at
        return value
    value = source.get("initially")
    for name, _ in heard:
        value = next((v for v, events in source["latest"].items() if name in listed(events)), value)
    return read_text(value, "boolean") if value in ("yes", "no") else value


def gathered(case):
    """Return all facts from the whole story."""
    plain = dict(case.given)
    for happening in case.story:
        if "of" not in happening:
            plain |= happening.get("facts", {})
    found = dict(plain)
    for name, tree in case.part("inputs").items():
        if "from" in tree and (value := folded(tree, case.story, plain)) is not None:
            found[name] = value
    return found


# --- the state of affairs -------------------------------------------------------------------------


@dataclass
class Case:
    """A complaint up to an instant; `story` is everything that happened so far."""

    reading: Reading
    calendar: Node
    given: Node
    at: datetime | None = None
    story: list[Node] = field(default_factory=list)
    journal: list[Node] = field(default_factory=list)
    violations: list[Node] = field(default_factory=list)
    facts: Node = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    state: str | None = None

    def __post_init__(self):
        self.clocks = [
            {"name": n, "tree": t, "state": None, "runs": [], "paused": []} for n, t in self.part("deadlines").items()
        ]
        self.settings = settings_of(self.reading.ruleset, {})
        self.state = next(iter(self.part("process").get("states", {})), None)

    def part(self, name):
        return self.reading.part(name)

    def note(self, kind, name, **more):
        self.journal.append({"at": self.stamp(name), "kind": kind, "name": name, **more})

    def stamp(self, name):
        """Return the present instant; what is so from the beginning is told at the start of the run."""
        clock = next((c for c in self.clocks if c["name"] == name.partition(".")[0]), None)
        return clock["runs"][-1]["start"] if clock and clock["runs"] and self.at == BEGINNING else self.at

    def value(self, name):
        """Return the value of a fact, parameter or decision; UNKNOWN also where the procedure is silent."""
        if name in self.part("inputs"):
            return self.facts.get(name, UNKNOWN)
        if name in self.part("parameters"):
            return self.settings.get(name, UNKNOWN)
        decision, _, output = name.partition(".")
        found = self.answers[decision]
        if found.status != "decided":
            return UNKNOWN
        return dict(found.value)[output] if output else found.value

    def asked(self, name, otherwise):
        return otherwise if name is None else self.value(name)

    def gather(self):
        self.facts = gathered(self)
        self.answers = decide(self.reading, self.facts)


def target_of(case, tree):
    """Return how much time there is and by which terms; UNKNOWN where one is not known."""
    if tree["within"] == "promptly":
        return {"amount": None}
    amount = int(tree["within"]) if tree["within"].isdecimal() else case.value(tree["within"])
    words = PROFILES[tree.get("profile", "plain")]
    words = words | {k: v for k, v in tree.items() if k in words or k == "unit"}
    found = {k: case.value(w) if w in case.part("parameters") else w for k, w in words.items()}
    return UNKNOWN if UNKNOWN in (amount, *found.values()) else {"amount": amount, **found}


def pauses_of(clock, run):
    """Return the pauses of a run: from its start, until it was breached or ended; an open one ends with None."""
    ends = [e for e in (run["breached_at"], run["ended_at"]) if e is not None]
    clipped = [(max(low, run["start"]), min(ends + [high] * (high is not None), default=None)) for low, high in clock["paused"]]  # fmt: skip
    return [[low, high] for low, high in clipped if high is None or low < high]


def begin_run(case, clock, start, fact):
    run = {"start": start, "fact": fact, "target": None, "due": None, "state": None, "met_at": None}
    run |= {"breached_at": None, "ended_at": None, "done": {}}
    clock["runs"].append(run)
    case.note("restarted" if run is not clock["runs"][0] else "started", clock["name"])
    return run


def is_still_owed(run):
    return run["met_at"] is None and run["breached_at"] is None and run["state"] != "excused"


def end_run(case, run):
    run["ended_at"] = case.at
    run["state"] = "restarted" if is_still_owed(run) else outcome(run)


def outcome(run):
    if run["met_at"] is not None:
        return "met" if run["breached_at"] is None else "met_late"
    return "overdue" if run["breached_at"] is not None else run["state"]


def look(case, clock):
    """Bring a clock in line with the facts; return the event that it makes, if any."""
    event, state = look_closer(case, clock)
    name, before = clock["name"], clock["state"]
    if state == "lapsed" != before:
        case.note("lapsed", name)
    if state == "paused" != before:
        case.note("paused", name)
    if before == "paused" and state in ("running", "overdue", "excused"):
        case.note("resumed", name)
    clock["state"] = state
    if clock["runs"]:
        run = clock["runs"][-1]
        if state not in ("lapsed", "undetermined") or is_still_owed(run):
            run["state"] = state
    return event


def look_closer(case, clock):
    tree, runs, paused = clock["tree"], clock["runs"], clock["paused"]
    pausing = case.asked(tree.get("pause_while"), otherwise=False)
    is_open = bool(paused) and paused[-1][1] is None
    if pausing is True and not is_open:
        paused.append([case.at, None])
    if pausing is not True and is_open:
        paused[-1][1] = case.at
    run = runs[-1] if runs else None
    when = case.asked(tree.get("when"), otherwise=True)
    if when is False:
        return None, "lapsed" if runs else "not_due"
    start = case.settings.get(tree["start"], UNKNOWN) if tree["start"] in case.part("parameters") else tree["start"]
    fact = UNKNOWN if start is UNKNOWN else case.value(start)
    if fact is UNKNOWN and start is not UNKNOWN and "from" in case.part("inputs")[start]:
        return None, "waiting"
    if when is UNKNOWN or fact is UNKNOWN:
        return None, "undetermined"
    if run and run["fact"] != fact:
        if tree.get("repeat") == "yes" and run["met_at"] is None:
            run["met_at"] = case.at
            run["due"] = reckoned(case, clock, run, pausing)
            return "met", outcome(run)
        end_run(case, run)
    if not run or run["fact"] != fact:
        run = begin_run(case, clock, fact, fact)
    target, met = target_of(case, tree), case.asked(tree.get("met_when"), otherwise=False)
    if UNKNOWN in (pausing, met) or target is UNKNOWN:
        return None, "undetermined"
    if met and run["met_at"] is not None:
        return None, outcome(run)
    if run["target"] is None:
        run["target"] = target
    elif run["target"] != target and tree.get("retarget", "from_start") != "keep":
        if tree.get("retarget") == "restart":
            end_run(case, run)
            run = begin_run(case, clock, case.at, fact)
        run["target"] = target
    run["due"] = reckoned(case, clock, run, pausing)
    return judged(case, clock, run, met=met, pausing=pausing)


def reckoned(case, clock, run, pausing):
    """Return the due instant; None while it is paused, and where there is none."""
    if run["target"] is None or run["target"]["amount"] is None or (pausing and run["breached_at"] is None):
        return None
    return due_of(run["target"], run["start"], pauses_of(clock, run), case.calendar)


def judged(case, clock, run, *, met, pausing):
    """Return the event and the state of a clock about which all is known."""
    if met:
        event = "met" if run["met_at"] is None else None
        run["met_at"] = run["met_at"] or case.stamp(clock["name"])
        return event, outcome(run)
    if run["met_at"] is not None:
        run["met_at"] = None
        case.note("unmet", clock["name"])
    if run["breached_at"] is not None:
        return None, "overdue"
    if pausing:
        return None, "paused"
    if run["due"] is None or run["due"].breach > case.at:
        return None, "running"
    excused = case.asked(clock["tree"].get("excused_when"), otherwise=False)
    if excused is not False:
        return None, "excused" if excused is True else "undetermined"
    run["breached_at"] = case.at
    return "breached", "overdue"


def take_step(case, event):
    """Lead the process to its next state, and note what is against its steps."""
    process = case.part("process")
    steps = [s for n, s in process.get("steps", {}).items() if s.get("event", n) == event["event"]]
    final = [n for n, s in process.get("states", {}).items() if isinstance(s, dict) and s.get("final") == "yes"]

    def against(step):
        starts = listed(step["from"]) if "from" in step else [s for s in process["states"] if s not in final]
        if case.state not in starts:
            return "state"
        if "by" in step and not event.get("made") and event.get("by") not in listed(step["by"]):
            return "role" if event.get("by") else "role_not_given"
        holds = case.asked(step.get("when"), otherwise=True)
        return None if holds is True else "condition" if holds is False else "undetermined"

    if steps:
        step = min(steps, key=lambda s: {None: 0, "state": 2}.get(against(s), 1))
        if kind := against(step):
            case.violations.append({"event": event["event"], "kind": kind, "at": event["at"]})
        case.state = step.get("to", case.state)


# --- one thing after the other ----------------------------------------------------------------------


def happen(case, event, kind, name, **more):
    """Let an event of a clock happen."""
    case.story.append({"name": event, "at": case.stamp(name)})
    case.note(kind, name, **more)
    case.gather()
    take_step(case, {"event": event, "at": case.at, "made": True})


def settle(case):
    """Look at the clocks again and again, until nothing changes any more."""
    for _ in range(MOST):
        for clock in case.clocks:
            if event := look(case, clock):
                happen(case, f"{clock['name']}.{event}", event, clock["name"])
                break
        else:
            return
    raise RecursionError("the clocks go round in a circle")


def next_instant(case):
    """Return the next thing that a clock does by itself: when, a breach (0) or a milestone (1), and whose."""
    found = []
    for place, clock in enumerate(case.clocks):
        run = clock["runs"][-1] if clock["runs"] else None
        if clock["state"] not in ("running", "overdue") or run["due"] is None:
            continue
        if is_running := clock["state"] == "running":
            found.append((max(case.at, run["due"].breach), 0, place, 0, ""))
        for number, (name, milestone) in enumerate(clock["tree"].get("milestones", {}).items()):
            done = run["done"].get(name, 0)
            most = int(milestone["times"]) if "times" in milestone else done + 1 if "every" in milestone else 1
            if done < most and is_running != ("after_due" in milestone):
                at = milestone_at(milestone, done, run, pauses_of(clock, run), case.calendar)
                found.append((max(case.at, at), 1, place, number, name))
    return min(found, default=None)


def pass_by(case, clock, name):
    """Let the due instant of a clock pass, or a milestone of its run happen."""
    run, event = clock["runs"][-1], f"{clock['name']}.{name}"
    if name:
        count = run["done"].get(name, 0)
        run["done"][name] = count + 1
        if case.asked(clock["tree"]["milestones"][name].get("when"), otherwise=True) is True:
            happen(case, event, "milestone", event, index=count)
    settle(case)


def take(case, event):
    """Let an event of the log happen, of this complaint or of a related one."""
    case.at = event["at"]
    case.story.append({**event, "name": event["event"]})
    case.gather()
    if "of" not in event:  # the process is that of this complaint alone
        case.note("event", event["event"])
        take_step(case, event)
    settle(case)


def replayed(ruleset, calendar, facts, log, related, now):
    """Return what the log comes to by an instant."""
    case = Case(Reading(ruleset), calendar, facts)
    pending = counted(log, now) + [{**e, "of": r["facts"]} for r in related for e in counted(r["log"], now)]
    pending.sort(key=place_in_log)
    case.at = BEGINNING
    case.gather()
    settle(case)  # what is known at the start was never otherwise
    while True:
        following = next_instant(case)
        if pending and (following is None or pending[0]["at"] < following[0]):
            take(case, pending.pop(0))
        elif following and following[0] <= now:
            case.at, _, place, _, name = following
            pass_by(case, case.clocks[place], name)
        else:
            break
    return {
        "state": case.state,
        "facts": case.facts,
        "obligations": {clock["name"]: obligation(clock) for clock in case.clocks},
        "journal": case.journal,
        "violations": case.violations,
        "next": following[0] if following else None,
    }


def obligation(clock):
    runs = []
    for index, run in enumerate(clock["runs"]):
        shown = {k: run[k] for k in ("start", "met_at", "breached_at")}
        due = run["due"].at if run["due"] else None
        runs.append({"index": index, **shown, "due": due, "outcome": run["state"], "pauses": pauses_of(clock, run)})
    last = runs[-1] if runs else {}
    shown = {k: last.get(k) for k in ("start", "due", "met_at", "breached_at")}
    return {"state": clock["state"], **shown, "runs": runs}
