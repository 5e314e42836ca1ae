"""Example life: a worked complaint over time as it is read from a file, and how a replay differs from what it expects."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

from complaint_rules.calendar_data import load_calendar
from complaint_rules.compile import CompiledRuleset
from complaint_rules.diagnostics import FactsError
from complaint_rules.log import Happening, read_log
from complaint_rules.replayed import Entry, Obligation, Replay, Run, Status
from complaint_rules.replaying import Told, facts_at, replay_told
from complaint_rules.ruleset import Ruleset
from complaint_rules.source import Path as Place
from complaint_rules.source import Plain
from complaint_rules.timetable import EPOCH

LIFE_KEYS = ("events", "related", "now", "obligations", "state", "happened", "violations")
_SAID = ("status", "due", "breached", "met", "owner", "runs")
_STATUSES = get_args(Status)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?\Z", re.ASCII)
_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)[ T]24:00(:00)?\Z", re.ASCII)
Problem = Callable[..., None]
Difference = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class ExampleLife:
    """What happened to a complaint up to `now`, and what must have come of it; what is left out is not compared."""

    events: tuple[Happening, ...]
    related: tuple[Happening, ...]
    now: datetime
    obligations: Mapping[str, Mapping[str, str]]
    state: str | None
    happened: Mapping[str, int]
    violations: tuple[str, ...] | None


class LifeReader:
    """Reads the parts of an example that speak of time; `value` reads a fact, `problem` notes what is wrong."""

    def __init__(self, ruleset: Ruleset, problem: Problem, value: Callable[..., Any]) -> None:
        self.ruleset = ruleset
        self.problem = problem
        self.value = value

    def read(self, plain: Mapping[str, Plain], place: Place) -> ExampleLife | None:
        """Return the life of an example, if it has one."""
        if not any(k in plain for k in LIFE_KEYS):
            return None
        if "now" not in plain:
            self.problem("CR005", place, key="now")
        now = self.time(plain.get("now"), (*place, "now"))
        logs = [self.log(plain.get(k, []), (*place, k), of_others=k == "related") for k in ("events", "related")]
        state = plain.get("state")
        known = self.ruleset.process.states if self.ruleset.process else {}
        if state is not None and state not in known:
            self.problem("CR101", (*place, "state"), name=state)
        return ExampleLife(
            logs[0], logs[1], now or EPOCH,
            dict(self.obligations(plain.get("obligations", {}), (*place, "obligations"))),
            None if state is None else str(state), dict(self.happened(plain.get("happened", {}), (*place, "happened"))),
            tuple(map(str, plain["violations"])) if isinstance(plain.get("violations"), list) else None,
        )  # fmt: skip

    def time(self, plain: Plain | None, place: Place) -> datetime | None:
        """Return an instant; without an offset it is the ruleset's local time, and a day may end at 24:00."""
        if plain is None:
            return None
        text = str(plain)
        midnight = _MIDNIGHT.match(text)
        try:
            found = datetime.fromisoformat(text[: midnight.end(1)] if midnight else text)
            found += timedelta(days=1) if midnight else timedelta(0)
        except (ValueError, OverflowError):
            found = None
        if found is not None and (midnight or _TIME.match(text)):
            return found.replace(tzinfo=ZoneInfo(self.ruleset.time_zone))
        if found is None or found.tzinfo is None:
            self.problem("CR103", place, value=plain, expected="2024-03-13 17:30")
            return None
        return found

    def log(self, plain: Plain, place: Place, *, of_others: bool) -> tuple[Happening, ...]:
        """Return what happened; anything wrong stands at its entry."""
        if not isinstance(plain, list):
            self.problem("CR006", place, value=plain, expected="- {at: …, event: …}")
            return ()
        entries = [self.entry(e, (*place, i)) for i, e in enumerate(plain)]
        try:
            return tuple(read_log(self.ruleset, entries, of_others=of_others))
        except FactsError as error:
            for found in error.diagnostics:
                at = re.match(r"events\[(\d+)\]", found.where or "")
                self.problem(found.code, (*place, int(at[1])) if at else place, **found.args)
            return ()

    def entry(self, plain: Plain, place: Place) -> Plain | dict[str, Any]:
        if not isinstance(plain, dict):
            return plain
        found: dict[str, Any] = dict(plain)
        for key in ("at", "recorded_at"):
            if key in plain:
                found[key] = self.time(plain[key], (*place, key)) or plain[key]
        facts = plain.get("facts")
        if isinstance(facts, dict):
            found["facts"] = {n: self.fact(n, v, (*place, "facts", n)) for n, v in facts.items()}
        return found

    def fact(self, name: str, plain: Plain, place: Place) -> Any:
        fact = self.ruleset.inputs.get(name)
        return self.value(plain, fact.type, place) if fact else plain

    def obligations(self, plain: Plain, place: Place) -> Iterator[tuple[str, Mapping[str, str]]]:
        for name, part in plain.items() if isinstance(plain, dict) else ():
            said = part if isinstance(part, dict) else {"status": part}
            if name not in self.ruleset.deadlines:
                self.problem("CR101", (*place, name), of_key=True, name=name)
            for key in said:
                if key not in _SAID:
                    self.problem("CR004", (*place, name, key), of_key=True, key=key, known=_SAID)
            if "status" in said and said["status"] not in _STATUSES:
                self.problem("CR103", (*place, name), value=said["status"], expected=", ".join(_STATUSES))
            yield name, {k: str(v) for k, v in said.items()}

    def happened(self, plain: Plain, place: Place) -> Iterator[tuple[str, int]]:
        made = [*self.ruleset.events, *(e for d in self.ruleset.deadlines.values() for e in d.events)]
        for name, part in plain.items() if isinstance(plain, dict) else ():
            if name not in made:
                self.problem("CR101", (*place, name), of_key=True, name=name)
            if not isinstance(part, str) or not part.isdecimal():
                self.problem("CR103", (*place, name), value=part, expected="0, 1, 2 …")
                continue
            yield name, int(part)


def lived(
    rules: CompiledRuleset, given: Mapping[str, Any], life: ExampleLife, only: Collection[str] | None = None
) -> Replay:
    """Return the replay of an example; `only` names the decisions wanted."""
    calendar = load_calendar(rules.ruleset.calendar or "cn-office")
    return replay_told(rules, Told(given, life.events, life.related), calendar, now=life.now, only=only)


def facts_in_the_end(rules: CompiledRuleset, given: Mapping[str, Any], life: ExampleLife) -> Mapping[str, Any]:
    """Return the facts to which the life of an example has come."""
    calendar = load_calendar(rules.ruleset.calendar or "cn-office")
    return facts_at(rules, Told(given, life.events, life.related), calendar, now=life.now)


def differences(life: ExampleLife, found: Replay) -> Iterator[Difference]:
    """Yield every difference between what an example expects of a life and what it has come to."""
    for name, expected in life.obligations.items():
        got = said_of(found.obligations[name])
        for key, wanted in expected.items():
            if got[key] != wanted:
                yield name, f"{key} {wanted}", f"{key} {got[key]}"
    counted = Counter(counted_as(e) for e in found.journal)
    for name, times in life.happened.items():
        if counted[name] != times:
            yield name, f"happened {times}", f"happened {counted[name]}"
    if life.state is not None and life.state != found.state:
        yield "state", life.state, str(found.state)
    broken = tuple(v.event for v in found.violations)
    if life.violations is not None and life.violations != broken:
        yield "violations", f"[{', '.join(life.violations)}]", f"[{', '.join(broken)}]"


def counted_as(entry: Entry) -> str:
    """Return by which name an example counts an entry of the journal; nothing where it does not."""
    if entry.kind in ("met", "breached"):
        return f"{entry.name}.{entry.kind}"
    return entry.name if entry.kind in ("event", "milestone") else ""


def said_of(found: Obligation) -> dict[str, str]:
    """Return what an obligation has come to, in the words of an example."""
    run = found.run
    return {
        "status": found.status, "due": _due(run), "breached": _minute(run.breached_at if run else None),
        "met": _minute(run.met_at if run else None), "owner": str(found.owner), "runs": str(len(found.runs)),
    }  # fmt: skip


def _due(run: Run | None) -> str:
    if run is None or run.due is None:
        return "no"
    return run.shown if run.last_day else _minute(run.due)


def _minute(at: datetime | None) -> str:
    return "no" if at is None else at.strftime("%Y-%m-%d %H:%M")
