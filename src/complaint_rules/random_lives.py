"""Random lives: complaints over time that a ruleset can meet, made from what its examples tell and from its process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from complaint_rules.compile import CompiledRuleset
from complaint_rules.course import Step
from complaint_rules.domains import Domain, Enumeration, Members, Ordered, Text, Truth
from complaint_rules.log import Happening
from complaint_rules.mutant import step_from
from complaint_rules.noticing import Seen
from complaint_rules.worktime import since

# A Friday afternoon, a Saturday worked for a holiday, the eve of one, a weekend, an early and a late hour, a month's end.
BEGINNINGS = (
    "2024-03-08 16:45", "2024-04-28 10:00", "2024-04-30 15:00", "2024-03-09 11:00", "2024-03-12 07:30",
    "2024-03-13 20:15", "2024-01-31 09:00", "2024-09-13 17:00", "2024-03-11 09:00",
)  # fmt: skip
_GAPS = tuple(
    timedelta(minutes=m) for m in (0, 10, 10, 60, 60, 300, 1_440, 1_440, 2_880, 4_320, 10_080, 20_160, 46_080)
)
_AFTER = tuple(timedelta(days=d) for d in (0, 1, 4, 20, 90, 400))
_LONGEST = 7


class ALife(NamedTuple):
    """A complaint's first facts, its log, what happened to related ones, and the instant at which it is looked at."""

    given: Mapping[str, Any]
    events: tuple[Happening, ...]
    related: tuple[Happening, ...]
    now: datetime


@dataclass(frozen=True)
class Lives:
    """What a ruleset and its examples say of lives: which facts occur, and which event follows which."""

    rules: CompiledRuleset
    seen: Sequence[Seen]
    rng: Random

    @cached_property
    def told(self) -> list[ALife]:
        """The lives of the examples, whole and with a longer look."""
        lives = [(s.example.given, s.example.life) for s in self.seen if s.example.life]
        return [
            ALife(given, life.events, life.related, now)
            for given, life in lives
            for now in (life.now, life.now + timedelta(days=60))
        ]

    @cached_property
    def facts(self) -> list[Mapping[str, Any]]:
        """The facts of the examples, without those that follow from events."""
        inputs = self.rules.ruleset.inputs
        every = [{n: v for n, v in s.facts.items() if inputs[n].fold is None} for s in self.seen]
        return [{}, *every]

    @cached_property
    def pool(self) -> Mapping[str, list[Any]]:
        """For each fact that does not follow from events the values it may have."""
        found: dict[str, dict[Any, None]] = {}
        for name, fact in self.rules.ruleset.inputs.items():
            if fact.fold is None:
                met = [s.facts[name] for s in self.seen if name in s.facts]
                found[name] = dict.fromkeys([*met, *_values(fact.type.domain, met)])
        return {n: list(v) for n, v in found.items() if v}

    def some(self, n: int, focus: Iterable[str] = (), about: Iterable[str] = ()) -> Iterator[ALife]:
        """Yield lives; half of their events are of the focus, and the facts that they are `about` vary most."""
        chosen = sorted({*focus} & self.rules.ruleset.events.keys())
        facts = sorted({*about} & self.pool.keys())
        for _ in range(n):
            yield self._varied(chosen) if self.told and self.rng.random() < 0.5 else self._made(chosen, facts)

    # --- from nothing -----------------------------------------------------------------------------------

    def _made(self, focus: Sequence[str], about: Sequence[str]) -> ALife:
        rng = self.rng
        given = dict(rng.choice(self.facts)) | dict(rng.choice(self.facts))
        for name in rng.sample(sorted(self.pool), min(len(self.pool), rng.randint(0, 6))):
            given[name] = rng.choice(self.pool[name])
        for name in about:
            if rng.random() < 0.5:
                given[name] = rng.choice(self.pool[name])
        at = self._local(rng.choice(BEGINNINGS))
        process = self.rules.ruleset.process
        state, log = process.start if process else None, []
        for _ in range(rng.randint(1, _LONGEST)):
            event, by, state = self._next(state, focus)
            log.append(Happening(event, since(at), since(at), None, by, {}, None))
            at += rng.choice(_GAPS)
        return ALife(given, tuple(log), (), at + rng.choice(_AFTER))

    def _local(self, text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(self.rules.ruleset.time_zone))

    def _next(self, state: str | None, focus: Sequence[str]) -> tuple[str, str | None, str | None]:
        """Return an event, by whom, and the state after it: mostly a step that is open."""
        rng, process = self.rng, self.rules.ruleset.process
        steps: list[Step] = [s for s in process.steps.values() if state in s.from_] if process else []
        steps = [s for s in steps if s.event in self.rules.ruleset.events]
        if steps and not (focus and rng.random() < 0.3):
            step = rng.choice(steps)
            by = rng.choice(step.by) if step.by and rng.random() < 0.9 else None
            return step.event, by, step.to or state
        event = rng.choice(focus) if focus and rng.random() < 0.8 else rng.choice(sorted(self.rules.ruleset.events))
        return event, self._by(event), state

    def _by(self, event: str) -> str | None:
        process = self.rules.ruleset.process
        roles = [r for s in process.steps.values() if s.event == event for r in s.by] if process else []
        if process and self.rng.random() < 0.1:
            roles = list(process.roles)
        return self.rng.choice(roles) if roles else None

    # --- from an example --------------------------------------------------------------------------------

    def _varied(self, focus: Sequence[str]) -> ALife:
        """Return a life of the examples with an event more or less, later ones moved, other facts."""
        rng = self.rng
        given, events, related, now = rng.choice(self.told)
        log = list(events)
        for _ in range(rng.randint(1, 3)):
            kind = rng.choice(("more", "more", "less", "later", "facts", "by"))
            at = rng.randrange(len(log)) if log else 0
            if kind == "less" and log:
                del log[at]
            elif kind == "more" and (focus or self.rules.ruleset.events):
                event = rng.choice(focus or sorted(self.rules.ruleset.events))
                start = log[at].at if log else since(now)
                when = start + rng.choice(_GAPS)
                log.append(Happening(event, when, when, None, self._by(event), {}, None))
            elif kind == "later" and log:
                gap = rng.choice(_GAPS)
                log = [
                    h._replace(at=h.at + gap, recorded_at=h.recorded_at + gap) if h.at >= log[at].at else h for h in log
                ]
            elif kind == "by" and log:
                log[at] = log[at]._replace(by=self._by(log[at].event or ""))
            elif kind == "facts" and self.pool:
                name = rng.choice(sorted(self.pool))
                given = {**given, name: rng.choice(self.pool[name])}
        log.sort(key=lambda h: h.order)
        return ALife(given, tuple(log), related, now + rng.choice(_AFTER))


def _values(domain: Domain, met: Sequence[Any]) -> Iterator[Any]:
    match domain:
        case Truth():
            yield from (True, False)
        case Enumeration(values):
            yield from values
        case Members(values) if values:
            yield from (frozenset({v}) for v in values)
            yield frozenset()
        case Ordered(minimum=minimum):
            if minimum is not None:
                yield minimum
            for value in met[:20]:
                yield value + step_from(value, domain)
        case _:
            return


def some_value(domain: Domain) -> Any:
    """Return a value that a parameter may have; None where none comes to mind."""
    match domain:
        case Truth():
            return True
        case Enumeration(values):
            return values[0] if values else None
        case Ordered(kind, minimum=low):
            usual = {"integer": 3, "decimal": Decimal(3), "money": Decimal(300), "duration": timedelta(days=3)}.get(
                kind
            )
            return usual if low is None or usual is None or usual >= low else low
        case Text():
            return "somebody"
    return None
