"""Monitor: many complaints as they happen: entries in, in any order; escalations and what takes them back out."""

from __future__ import annotations

import hashlib
import heapq
import json
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from threading import RLock
from typing import Any, Literal, get_args

from complaint_rules.calendar_data import load_calendar
from complaint_rules.clocks import BEGINNING, NEVER
from complaint_rules.compile import CompiledRuleset
from complaint_rules.correlate import Correlation, Firing, Occurrence
from complaint_rules.correlate_durable import NOT_INSTALLED, Durable, is_installed
from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.domains import Ordered
from complaint_rules.facts import name_of
from complaint_rules.following import rests_upon
from complaint_rules.log import Happening, check_entry, entry_of, read_entry
from complaint_rules.ruleset import ParameterKind
from complaint_rules.timetable import MICROSECOND
from complaint_rules.trigger import MEASURED, Trigger
from complaint_rules.values import to_json
from complaint_rules.watching import Open, Watched, has_ended, terms_of, watch, watchable
from complaint_rules.words import Label
from complaint_rules.worktime import Calendar, since

Backend = Literal["native", "durable", "shadow"]
_FORM = 1


@dataclass(frozen=True, slots=True)
class Escalation:
    """A trigger has fired: with which key, by which event of which complaint, on what it rests, and what it raises."""

    number: int
    id: str
    trigger: str
    label: Label
    key: Mapping[str, Any]
    at: datetime
    complaint: str
    event: str
    measure: int | str
    counted: tuple[tuple[str, str, datetime], ...]  # complaint, event, when: what no earlier escalation had
    to: Any
    because: tuple[str, ...]
    rests_on: tuple[str, ...]
    raised: tuple[tuple[str, Mapping[str, Any]], ...]  # complaint, entry of its log

    def to_dict(self) -> dict[str, Any]:
        """Return the escalation as JSON-serialisable data."""
        return {
            "signal": "escalation", "number": self.number, "id": self.id, "trigger": self.trigger,
            "label": {"zh": self.label.zh, "en": self.label.en}, "key": dict(self.key), "at": self.at.isoformat(),
            "complaint": self.complaint, "event": self.event, "measure": self.measure,
            "counted": [{"complaint": c, "event": e, "at": at.isoformat()} for c, e, at in self.counted],
            "to": self.to, "because": list(self.because), "rests_on": list(self.rests_on),
            "raised": [{"complaint": c, **entry} for c, entry in self.raised],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Retraction:
    """An escalation that what became known later has undone."""

    number: int
    id: str
    trigger: str
    at: datetime
    complaint: str

    def to_dict(self) -> dict[str, Any]:
        """Return the retraction as JSON-serialisable data."""
        return {
            "signal": "retraction", "number": self.number, "id": self.id, "trigger": self.trigger,
            "at": self.at.isoformat(), "complaint": self.complaint,
        }  # fmt: skip


Signal = Escalation | Retraction


@dataclass(slots=True)
class _Told:
    """A complaint: what was told of it, what triggers raised on it, and what has been counted of it."""

    log: list[Happening] = field(default_factory=list)
    raised: dict[str, Happening] = field(default_factory=dict)  # by escalation
    counted: Mapping[str, Sequence[Occurrence]] = field(default_factory=dict)
    open: Sequence[Open] = ()
    wake: timedelta = NEVER
    touched: timedelta = BEGINNING  # when something was last told of it, or time last changed it


class Monitor:
    """Counts over many complaints; `docs/triggers.md` says what and when it speaks."""

    def __init__(
        self, rules: CompiledRuleset, *, correlation: Backend = "native", lateness: timedelta | None = None
    ) -> None:
        self._lock = RLock()
        self._rules, self._watchable = rules, watchable(rules)
        ruleset = rules.ruleset
        self._calendar = load_calendar(ruleset.calendar) if ruleset.calendar else Calendar(ruleset.time_zone, ((),) * 7)
        terms, silent = terms_of(rules)
        self.silent: Mapping[str, tuple[str, ...]] = silent
        self.lateness = lateness
        self._judge = _judge_of(correlation)
        self._correlations = {n: Correlation(t, self._judge) for n, t in terms.items()}
        self._rests_on = {n: _assumed(rules, t.trigger) for n, t in terms.items()}
        self._complaints: dict[str, _Told] = {}
        self._wakes: list[tuple[timedelta, str]] = []
        self._now = self._swept = BEGINNING
        self._number = self._fed = 0

    # --- what is asked ---------------------------------------------------------------------------------

    @property
    def fed(self) -> int:
        """How many portions it has taken."""
        return self._fed

    @property
    def now(self) -> datetime | None:
        """The latest instant that it was told; None before the first portion."""
        return None if self._now == BEGINNING else self._calendar.instant(self._now)

    @property
    def open(self) -> tuple[Open, ...]:
        """What cannot count because something is not known."""
        with self._lock:
            return tuple(o for _, told in sorted(self._complaints.items()) for o in told.open)

    @property
    def size(self) -> tuple[int, int]:
        """How many complaints and keys it remembers."""
        with self._lock:
            return len(self._complaints), sum(len(c.lines) for c in self._correlations.values())

    # --- feeding ----------------------------------------------------------------------------------------

    def feed(self, entries: Iterable[Mapping[str, Any]], *, now: datetime) -> tuple[Signal, ...]:
        """Take entries of logs, each with its `complaint`, and let time pass; return what follows, in order.

        Raises:
            FactsError: with everything that is wrong with the entries; nothing of the portion is taken then.
        """
        with self._lock:
            at = max(self._now, _instant(now))
            read = self._read(entries, at)
            for complaint, happening in read:
                self._complaints.setdefault(complaint, _Told()).log.append(happening)
            self._now = at
            self._fed += 1
            touched = dict.fromkeys([c for c, _ in read])
            touched |= dict.fromkeys(self._woken())
            signals = self._signals(list(touched))
            self._sweep()
            return signals

    @property
    def _horizon(self) -> timedelta:
        """Up to when nothing changes any more."""
        if self.lateness is None or self._now == BEGINNING:
            return BEGINNING
        return self._now - self.lateness

    def _read(self, entries: Iterable[Any], now: timedelta) -> list[tuple[str, Happening]]:
        """Return what the entries say, without those that were told before."""
        problems: list[Diagnostic] = []
        found: list[tuple[str, Happening]] = []
        beside: dict[str, list[Happening]] = {}
        for i, raw in enumerate(entries):
            where = f"entries[{i}]"
            try:
                complaint, happening = self._read_one(raw, where, now)
            except FactsError as error:
                problems += error.diagnostics
                continue
            told = self._complaints.get(complaint)
            log = [*(told.log if told else ()), *beside.get(complaint, ())]
            problems += check_entry(happening, log, where)
            if happening.id is None or happening.id not in {h.id for h in log}:
                found.append((complaint, happening))
                beside.setdefault(complaint, []).append(happening)
        if problems:
            raise FactsError(problems)
        return found

    def _read_one(self, raw: Any, where: str, now: timedelta) -> tuple[str, Happening]:
        complaint = raw.get("complaint") if isinstance(raw, Mapping) else None
        if not isinstance(raw, Mapping):
            raise FactsError([Diagnostic("CR302", args={"value": name_of(raw), "expected": "{…}"}, where=where)])
        if not isinstance(complaint, str) or not complaint:
            raise FactsError([Diagnostic("CR005", args={"key": "complaint"}, where=where)])
        happening = read_entry(self._rules.ruleset, {k: v for k, v in raw.items() if k != "complaint"}, where)
        horizon = BEGINNING if self.lateness is None else max(now - self.lateness, self._horizon)
        if happening.at <= horizon:
            words = {
                "at": raw.get("at", raw.get("recorded_at")),
                "horizon": self._calendar.instant(horizon).isoformat(),
            }
            raise FactsError([Diagnostic("CR320", args=words, where=where)])
        return complaint, happening

    def _woken(self) -> Iterator[str]:
        """Yield the complaints that time alone changes by now."""
        while self._wakes and self._wakes[0][0] <= self._now:
            wake, complaint = heapq.heappop(self._wakes)
            told = self._complaints.get(complaint)
            if told is not None and told.wake == wake:
                yield complaint

    # --- what follows -----------------------------------------------------------------------------------

    def _signals(self, touched: Sequence[str]) -> tuple[Signal, ...]:
        """Count anew in the complaints that were touched, trigger by trigger, and in those on which these raise something."""
        lives = {c: self._watched(c) for c in touched}
        signals: list[Signal] = []
        for name, correlation in self._correlations.items():
            gone, come = self._difference(name, lives)
            changed = correlation.change(gone, come)
            for key, (before, after) in sorted(changed.items()):
                undone, fired = self._compared(name, key, before, after)
                signals += [self._numbered(self._take_back(name, i, f, lives)) for i, f in undone]
                signals += [self._numbered(self._raise(name, key, i, f, lives)) for i, f in fired]
        for complaint, life in lives.items():
            self._keep(complaint, life)
            self._complaints[complaint].touched = self._now
        return tuple(signals)

    def _watched(self, complaint: str) -> Watched:
        told = self._complaints[complaint]
        log = [*told.log, *told.raised.values()]
        return watch(self._watchable, complaint, log, self._calendar, self._now)

    def _difference(self, trigger: str, lives: Mapping[str, Watched]) -> tuple[list[Occurrence], list[Occurrence]]:
        """Return what does not count any more, and what counts now; what is settled stands."""
        gone: list[Occurrence] = []
        come: list[Occurrence] = []
        horizon = self._horizon
        for complaint, life in lives.items():
            before = self._complaints[complaint].counted.get(trigger, ())
            after = life.counted.get(trigger, ())
            if before == after[: len(before)]:
                come += [o for o in after[len(before) :] if o.at > horizon]
                continue
            gone += [o for o in before if o.at > horizon and o not in after]
            come += [o for o in after if o.at > horizon and o not in before]
        return gone, come

    def _compared(
        self, trigger: str, key: str, before: Iterable[Firing], after: Iterable[Firing]
    ) -> tuple[list[tuple[str, Firing]], list[tuple[str, Firing]]]:
        """Return the firings that are undone and those that are new, each with its id."""
        was, is_now = ({_id(trigger, key, f): f for f in some} for some in (before, after))
        return [(i, f) for i, f in was.items() if i not in is_now], [(i, f) for i, f in is_now.items() if i not in was]

    def _numbered(self, signal: Signal) -> Signal:
        self._number += 1
        return replace(signal, number=self._number)

    def _take_back(self, trigger: str, id_: str, firing: Firing, lives: dict[str, Watched]) -> Retraction:
        for complaint in self._concerned(trigger, firing):
            told = self._complaints.get(complaint)
            if told is not None and told.raised.pop(id_, None) is not None:
                lives[complaint] = self._watched(complaint)
        return Retraction(0, id_, trigger, self._calendar.instant(firing.by.at), firing.by.complaint)

    def _raise(self, name: str, key: str, id_: str, firing: Firing, lives: dict[str, Watched]) -> Escalation:
        trigger, by = self._correlations[name].terms.trigger, firing.by
        raised = [
            (c, self._happening(trigger, id_, firing)) for c in self._concerned(name, firing) if c in self._complaints
        ]
        for complaint, happening in raised:
            self._complaints[complaint].raised[id_] = happening
            lives[complaint] = self._watched(complaint)
        names = ("complaint",) if trigger.by is None else trigger.by
        return Escalation(
            0, id_, name, trigger.label, dict(zip(names, json.loads(key), strict=True)), self._calendar.instant(by.at),
            by.complaint, by.event, _number(firing.measure),
            tuple((o.complaint, o.event, self._calendar.instant(o.at)) for o in firing.new), by.to, trigger.because,
            self._rests_on[name], tuple((c, entry_of(h)) for c, h in raised),
        )  # fmt: skip

    def _happening(self, trigger: Trigger, id_: str, firing: Firing) -> Happening:
        """Return what a firing raises on a complaint."""
        raises = trigger.raises
        assert raises is not None  # noqa: S101 - only what raises concerns a complaint
        at = firing.by.at + MICROSECOND
        facts = {n: self._measured(n, firing.measure) if v == MEASURED else v for n, v in raises.facts.items()}
        return Happening(raises.event, at, at, f"{trigger.name}:{id_}", None, facts, None)

    def _measured(self, fact: str, measure: Fraction | int) -> int | Decimal:
        domain, whole = self._rules.ruleset.inputs[fact].type.domain, Fraction(measure)
        if isinstance(domain, Ordered) and domain.kind == "integer":
            return int(whole)
        return Decimal(whole.numerator) / Decimal(whole.denominator)

    def _concerned(self, trigger: str, firing: Firing) -> Iterable[str]:
        """Return the complaints on which a firing raises something."""
        raises = self._correlations[trigger].terms.trigger.raises
        if raises is None:
            return ()
        match raises.on:
            case "this":
                return (firing.by.complaint,)
            case "new":
                return dict.fromkeys(o.complaint for o in firing.new)
            case "all":
                return firing.all

    def _keep(self, complaint: str, life: Watched) -> None:
        told = self._complaints[complaint]
        told.counted, told.open = life.counted, life.open
        if life.wake != told.wake:
            told.wake = life.wake
            if life.wake != NEVER:
                heapq.heappush(self._wakes, (life.wake, complaint))

    # --- forgetting --------------------------------------------------------------------------------------

    def _sweep(self) -> None:
        """Settle what is over, and forget it, from time to time."""
        before, horizon = self._swept, self._horizon
        if self.lateness is None or horizon < before + self.lateness:
            return
        self._swept = horizon
        self._settle()
        silent = [c for c, t in self._complaints.items() if before < t.touched <= horizon and t.wake == NEVER]
        for complaint in silent:
            told = self._complaints[complaint]
            if has_ended(self._rules, [*told.log, *told.raised.values()], self._calendar, self._now):
                del self._complaints[complaint]

    def _settle(self) -> None:
        for correlation in self._correlations.values():
            correlation.settle(self._horizon)

    # --- stopping and going on ----------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """Return all that it knows, as JSON-like data."""
        with self._lock:
            self._settle()
            return {
                "form": _FORM, "ruleset": self._rules.ruleset.content_hash, "settings": _settings(self._rules), "now": _plain(self._now), "swept": _plain(self._swept),
                "number": self._number, "fed": self._fed,
                "lateness": None if self.lateness is None else self.lateness // MICROSECOND,
                "settled": {n: c.state() for n, c in self._correlations.items()},
                "complaints": {
                    c: {
                        "log": [entry_of(h) for h in t.log], "touched": _plain(t.touched),
                        "raised": {i: entry_of(h) for i, h in t.raised.items()},
                    }
                    for c, t in self._complaints.items()
                },
            }  # fmt: skip

    @classmethod
    def restore(
        cls, rules: CompiledRuleset, snapshot: Mapping[str, Any], *, correlation: Backend = "native"
    ) -> Monitor:
        """Return a monitor that goes on where the one of the snapshot stood.

        Raises:
            FactsError: the snapshot is of another ruleset, or none.
        """
        if snapshot.get("form") != _FORM:
            reason = Label("不是本版本的快照", "it is no snapshot of this version")
            raise FactsError([Diagnostic("CR321", args={"reason": reason}, where="snapshot")])
        if snapshot["ruleset"] != rules.ruleset.content_hash:
            reason = Label("它属于另一个规则集", "it is of another ruleset")
            raise FactsError([Diagnostic("CR321", args={"reason": reason}, where="snapshot")])
        if snapshot["settings"] != _settings(rules):
            reason = Label("参数的设定不同", "the parameters are set otherwise")
            raise FactsError([Diagnostic("CR321", args={"reason": reason}, where="snapshot")])
        lateness = snapshot["lateness"]
        made = cls(
            rules, correlation=correlation, lateness=None if lateness is None else timedelta(microseconds=lateness)
        )
        made._resume(snapshot)
        return made

    def _resume(self, snapshot: Mapping[str, Any]) -> None:
        ruleset = self._rules.ruleset
        self._now, self._swept = _since(snapshot["now"]), _since(snapshot["swept"])
        self._number, self._fed = snapshot["number"], snapshot["fed"]
        for name, state in snapshot["settled"].items():
            if name in self._correlations:
                self._correlations[name].resume(state)
        for complaint, plain in snapshot["complaints"].items():
            self._complaints[complaint] = _Told(
                [read_entry(ruleset, e, complaint) for e in plain["log"]],
                {i: read_entry(ruleset, e, complaint) for i, e in plain["raised"].items()},
                touched=_since(plain["touched"]),
            )
        lives = {c: self._watched(c) for c in self._complaints}
        for name, known in self._correlations.items():
            known.change(*self._difference(name, lives))
        for complaint, life in lives.items():
            self._keep(complaint, life)

    def close(self) -> None:
        """End what works apart from the application, if anything does."""
        if self._judge is not None:
            self._judge.close()


def _judge_of(correlation: Backend) -> Durable | None:
    """Return who is asked besides; where durable-rules is missing, say so and stay native."""
    if correlation not in get_args(Backend):
        words = {"value": correlation, "expected": " / ".join(get_args(Backend))}
        raise FactsError([Diagnostic("CR302", args=words, where="correlation")])
    if correlation == "native":
        return None
    if not is_installed():
        warnings.warn(f"{NOT_INSTALLED.zh}\n{NOT_INSTALLED.en}", stacklevel=3)
        return None
    return Durable(shadow=correlation == "shadow")


def _settings(rules: CompiledRuleset) -> dict[str, Any]:
    return {n: to_json(v) for n, v in rules.parameters.items()}


def _assumed(rules: CompiledRuleset, trigger: Trigger) -> tuple[str, ...]:
    """Return the readings and assumptions on which a trigger rests, over all that it reads."""
    upon = rests_upon(rules.ruleset, trigger)
    parameters = rules.ruleset.parameters
    return tuple(n for n, p in parameters.items() if n in upon and p.kind is not ParameterKind.VALUE)


def _id(trigger: str, key: str, firing: Firing) -> str:
    """Return the id of an escalation: the same for the same trigger, key, events and measure."""
    by = (firing.by, *firing.new)
    said = [
        trigger,
        key,
        str(firing.measure),
        [[o.at // MICROSECOND, o.complaint, o.nth, o.event] for o in by],
        firing.all,
    ]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:20]


def _number(measure: Fraction | int) -> int | str:
    whole = Fraction(measure)
    return int(whole) if whole.denominator == 1 else str(whole)


def _instant(now: datetime) -> timedelta:
    if now.tzinfo is None:
        raise FactsError(
            [Diagnostic("CR302", args={"value": now, "expected": "2024-05-06T09:00:00+08:00"}, where="now")]
        )
    return since(now)


def _plain(at: timedelta) -> int | None:
    return None if at == BEGINNING else at // MICROSECOND


def _since(plain: int | None) -> timedelta:
    return BEGINNING if plain is None else timedelta(microseconds=plain)
