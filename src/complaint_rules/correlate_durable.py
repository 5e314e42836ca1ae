"""Correlate by durable-rules: the triggers that its safe part can express, asked of it in a process of its own.

Only generated names, whole numbers and hexadecimal text reach it; no timers, no negation, one live key at a time.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from itertools import count
from math import ceil, floor, prod
from typing import Any

from complaint_rules.correlate import Occurrence, Terms
from complaint_rules.timetable import MICROSECOND
from complaint_rules.words import Label

_MOST_LEGS = 4
_MOST_EVENTS = 30
_MOST_COUNTED = 1_000
_MOST_MATCHES = 32  # of one event; from 65 on the engine crashes
_MOST_TIME = 2**53

NOT_INSTALLED = Label(
    "未安装 durable-rules，改用内置匹配；安装：pip install 'complaint-rules[durable]'",
    "durable-rules is not installed, so the native matcher is used; pip install 'complaint-rules[durable]'",
)


class DifferenceError(RuntimeError):
    """Two ways of matching disagree: one of them is wrong."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What durable-rules is asked of a trigger: how many, in how many microseconds, whether of different values."""

    legs: int
    within: int | None
    distinct: bool

    @property
    def is_counted(self) -> bool:
        """Whether its own count says it, rather than a join of as many events."""
        return self.within is None and not self.distinct


def expressible(terms: Terms) -> Shape | Label:
    """Return what is asked of durable-rules for a trigger, or why it cannot say it."""
    trigger = terms.trigger
    for name, zh in (("sum", "求和"), ("share_of", "比例"), ("spacing", "间隔")):
        if getattr(trigger, name) is not None:
            return Label(f"不能表达{zh}（{name}）", f"it cannot say `{name}`")
    legs = floor(terms.threshold) + 1 if trigger.beyond else ceil(terms.threshold)
    within = None if terms.within is None else terms.within // MICROSECOND
    shape = Shape(legs, within, trigger.distinct is not None)
    most = _MOST_COUNTED if shape.is_counted else _MOST_LEGS
    if not 1 <= legs <= most:
        return Label(f"数目须在 1 与 {most} 之间", f"the threshold must be from 1 to {most}")
    if within is not None and within >= _MOST_TIME:
        return Label("时间窗过长", "the window is too long")
    return shape


# --- on the side of the application ---------------------------------------------------------------------


class Durable:
    """Asks a process that runs durable-rules; where that dies, the native answer is taken and a new one started."""

    def __init__(self, *, shadow: bool) -> None:
        self.shadow = shadow
        self.asked = 0
        self.deaths: list[int] = []  # the exit codes of processes that died
        self._worker: subprocess.Popen[str] | None = None

    def __call__(self, terms: Terms, members: Sequence[Occurrence]) -> bool | None:
        """Return whether it is enough, None where durable-rules cannot say.

        Raises:
            DifferenceError: the native matcher says otherwise, and both were wanted.
        """
        shape = expressible(terms)
        if isinstance(shape, Label) or not _can_take(shape, members):
            return None
        said = self._ask(shape, members)
        if self.shadow and said is not None and said != _natively(terms, members):
            raise DifferenceError(f"{terms.trigger.name}: durable-rules says {said} of {list(members)}")
        return said

    def _ask(self, shape: Shape, members: Sequence[Occurrence]) -> bool | None:
        first = members[0].at
        events = [[(m.at - first) // MICROSECOND, m.value if shape.distinct else None] for m in members]
        self.asked += 1
        worker = self._worker or self._started()
        try:
            assert worker.stdin is not None and worker.stdout is not None  # noqa: S101, PT018 - both are pipes
            worker.stdin.write(json.dumps([asdict(shape), events]) + "\n")
            worker.stdin.flush()
            answer = worker.stdout.readline()
        except OSError:
            answer = ""
        if not answer:
            self.close()
            self.deaths.append(worker.returncode)
            return None
        said = json.loads(answer)
        if not isinstance(said, bool):
            raise DifferenceError(f"durable-rules failed: {said}")
        return said

    def _started(self) -> subprocess.Popen[str]:
        """Start the process; it shares nothing with this one but two pipes."""
        self._worker = subprocess.Popen(  # this very module, by this very Python
            [sys.executable, "-m", "complaint_rules.correlate_durable"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        )  # fmt: skip
        return self._worker

    def close(self) -> None:
        """End the process."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        for pipe in (worker.stdin, worker.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        worker.wait()


def _can_take(shape: Shape, members: Sequence[Occurrence]) -> bool:
    """Return whether a window is small enough: of joins, and of ways in which one event can complete them."""
    if shape.is_counted:
        return len(members) <= _MOST_COUNTED
    repeats = sorted(Counter(m.value for m in members).values(), reverse=True) if shape.distinct else ()
    return len(members) <= _MOST_EVENTS and prod(repeats[: shape.legs - 1]) <= _MOST_MATCHES


def _natively(terms: Terms, members: Sequence[Occurrence]) -> bool:
    distinct = terms.trigger.distinct is not None
    return terms.is_enough(len({m.value for m in members}) if distinct else len(members), None)


def is_installed() -> bool:
    return find_spec("durable") is not None


# --- on the side of the process ---------------------------------------------------------------------------


def rule_of(shape: Shape) -> dict[str, Any]:
    """Return what must match: one event counted, or as many in a row."""
    if shape.is_counted:
        return {"all": [{"m": {"k": "e"}}], "count": shape.legs}
    return {"all": [{f"m{i}": {"$and": [*_joins(shape, i), *_STATIC]}} for i in range(shape.legs)]}


def _joins(shape: Shape, leg: int) -> list[dict[str, Any]]:
    """Return how a leg lies to those before it; the last clause is said twice, or a false one crashes the engine."""
    if leg == 0:
        return []
    joins: list[dict[str, Any]] = [{"$gt": {"s": {f"m{leg - 1}": "s"}}}]
    if shape.within is not None:
        joins.append({"$lte": {"a": {"$add": {"$l": {"m0": "a"}, "$r": shape.within}}}})
    if shape.distinct:
        joins += [{"$neq": {"v": {f"m{i}": "v"}}} for i in range(leg)]
    return [*joins, joins[-1]]


_STATIC: Sequence[Mapping[str, Any]] = ({"k": "e"}, *({"$ex": {field: 1}} for field in ("s", "a", "v")))


class _Asked:
    """A host without threads or clock; each question is a key of its own, forgotten when it is answered."""

    def __init__(self) -> None:
        from durable import engine  # noqa: PLC0415 - only in this process, and only where it is installed

        class Still(engine.Host):  # type: ignore[misc]  # it has no types
            def _run(self) -> None:
                """Do not dispatch, do not time."""

        engine._unix_now = lambda: 0.0  # noqa: SLF001 - no wall clock
        self.not_handled: type[Exception] = engine.MessageNotHandledException
        self.host: Any = Still()
        self.names: dict[Shape, str] = {}
        self.sids = count(1)
        self.hits = 0

    def name_of(self, shape: Shape) -> str:
        """Return the ruleset of a shape."""
        if shape not in self.names:
            name = self.names[shape] = f"r{len(self.names)}"
            poke = {"all": [{"m": {"k": "p"}}], "run": _do_nothing}
            self.host.register_rulesets({name: {"hit": {**rule_of(shape), "run": self.hit()}, "poke": poke}})
        return self.names[shape]

    def hit(self) -> Callable[[Any], None]:
        def noted(_closure: Any) -> None:
            self.hits += 1

        return noted

    def answer(self, shape: Shape, events: Sequence[Sequence[Any]]) -> bool:
        """Return whether the events of one window match; what comes after the first match is not asked."""
        name, sid, self.hits = self.name_of(shape), f"s{next(self.sids)}", 0
        self.post(name, {"sid": sid, "id": "p", "k": "p"})
        for i, (at, value) in enumerate(events):
            text = "t" + str(value or "").encode().hex()
            self.post(name, {"sid": sid, "id": f"e{i}", "k": "e", "s": i, "a": at, "v": text})
            if self.hits:
                break
        failed = self.host.get_state(name, sid).get("exception")
        self.host.delete_state(name, sid)
        if failed:
            raise RuntimeError(failed)
        return self.hits > 0

    def post(self, name: str, message: Mapping[str, Any]) -> None:
        with suppress(self.not_handled):
            self.host.post(name, dict(message))


def _do_nothing(_closure: Any) -> None:
    """Let the engine make the key, so that it can be deleted."""


def main() -> None:
    """Answer questions, one a line, until there are no more."""
    asked = _Asked()
    for line in sys.stdin:
        shape, events = json.loads(line)
        try:
            said: bool | str = asked.answer(Shape(**shape), events)
        except Exception as error:  # noqa: BLE001 - the application is told
            said = repr(error)
        print(json.dumps(said), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
