"""Audit across: what many complaints together should have set off, and whether it was."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from complaint_rules.compile import CompiledRuleset
from complaint_rules.course import FACTS
from complaint_rules.findings import Finding
from complaint_rules.life_told import Told
from complaint_rules.monitor import Escalation, Monitor

_MOMENT = timedelta(microseconds=1)


class Across:
    """Complaints as a monitor counts them, and what was recorded of the triggers that are looked at.

    The monitor keeps what it was told: this memory grows with the complaints, so it is spent only where a mapping names triggers.
    """

    def __init__(self, rules: CompiledRuleset, triggers: Collection[str]) -> None:
        self.monitor = Monitor(rules)
        self.triggers = triggers
        self.standing: dict[str, Escalation] = {}
        self.raised: dict[tuple[str, str], datetime] = {}  # by trigger and complaint

    def add(self, told: Told, *, now: datetime) -> None:
        """Count a complaint."""
        events = [{**e, "complaint": told.complaint} for e in told.events]
        if not events:
            return
        first = min(datetime.fromisoformat(e["at"]) for e in events) - _MOMENT
        given = {"complaint": told.complaint, "event": FACTS, "at": first.isoformat(), "facts": dict(told.facts)}
        for signal in self.monitor.feed([given, *events] if told.facts else events, now=now):
            if isinstance(signal, Escalation):
                self.standing[signal.id] = signal
            else:
                self.standing.pop(signal.id, None)
        for name in self.triggers:
            at = told.milestones.get(name)
            if at is not None:
                self.raised[name, told.complaint] = at

    def findings(self, place: Callable[[str], tuple[int, str]], *, now: datetime) -> Iterator[Finding]:
        """Yield the escalations that were owed, and that no complaint among those counted says were raised in time.

        `place` is the row of a complaint, and its hash.
        """
        owed = (e for e in self.standing.values() if e.trigger in self.triggers)
        for found in sorted(owed, key=lambda e: (e.at, e.trigger, e.complaint)):
            counted = dict.fromkeys((found.complaint, *(c for c, _, _ in found.counted)))
            said = [self.raised[found.trigger, c] for c in counted if (found.trigger, c) in self.raised]
            at = min(said, default=None)
            if at is None or at > found.at:
                yield _finding(found, at, [place(c) for c in counted], now)


def _finding(found: Escalation, raised: datetime | None, places: list[tuple[int, str]], now: datetime) -> Finding:
    (row, sha256), *_ = places
    owner: Any = found.to
    return Finding(
        "escalation", found.trigger, found.complaint, row, sha256, owner, due=found.at, happened=raised,
        still_open=raised is None, late=(raised or now) - found.at, because=found.because, rests_on=found.rests_on,
        event_rows=tuple(sorted({r for r, _ in places})),
    )  # fmt: skip
