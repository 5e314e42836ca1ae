"""Audit tally: the figures of an audit, added up complaint by complaint; of their number no memory is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from complaint_rules.findings import KINDS, Audited, Comparison, Finding, Judgement
from complaint_rules.values import to_json

_NOTHING = timedelta(0)
# More owners, or more recorded texts, than this are counted together.
MOST = 5_000
OTHERS = "…"


@dataclass(slots=True)
class Share:
    """How often a limit was kept and missed; how late, and how long it took, where that is known."""

    kept: int = 0
    missed: int = 0
    timed: int = 0
    late: timedelta = _NOTHING
    met: int = 0
    took: timedelta = _NOTHING

    def add(self, judged: Judgement) -> None:
        self.kept += judged.judged == "kept"
        self.missed += judged.judged == "missed"
        if judged.late is not None:
            self.timed += 1
            self.late += judged.late
        if judged.took is not None:
            self.met += 1
            self.took += judged.took

    @property
    def all(self) -> int:
        return self.kept + self.missed

    @property
    def rate(self) -> float:
        """The share of the judged ones that were missed."""
        return self.missed / self.all if self.all else 0.0

    @property
    def mean_late(self) -> timedelta | None:
        return self.late / self.timed if self.timed else None

    @property
    def mean_took(self) -> timedelta | None:
        return self.took / self.met if self.met else None


@dataclass(slots=True)
class Money:
    """Amounts as they were recorded beside what is owed."""

    compared: int = 0
    recorded: Decimal = Decimal(0)
    owed: Decimal = Decimal(0)
    above: Decimal = Decimal(0)
    below: Decimal = Decimal(0)

    def add(self, done: Decimal, owed: Decimal) -> None:
        self.compared += 1
        self.recorded += done
        self.owed += owed
        self.above += max(done - owed, Decimal(0))
        self.below += max(owed - done, Decimal(0))


@dataclass(slots=True)
class Tally:
    """The figures of an audit."""

    read: int = 0
    audited: int = 0
    quarantined: int = 0
    events_read: int = 0
    events_taken: int = 0
    events_unused: int = 0
    events_quarantined: int = 0
    with_findings: int = 0
    unjudged_steps: int = 0
    findings: Counter[str] = field(default_factory=Counter)
    by_name: Counter[tuple[str, str]] = field(default_factory=Counter)
    judged: Counter[tuple[str, str]] = field(default_factory=Counter)
    months: dict[tuple[str, str], Share] = field(default_factory=dict)
    owners: dict[tuple[str, str], Share] = field(default_factory=dict)
    groups: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    flows: Counter[tuple[str, str, str, bool]] = field(default_factory=Counter)
    undecided: Counter[str] = field(default_factory=Counter)
    rules: Counter[tuple[str, str]] = field(default_factory=Counter)
    decided: Counter[tuple[str, bool]] = field(default_factory=Counter)
    money: dict[str, Money] = field(default_factory=dict)
    unknown_activities: Counter[str] = field(default_factory=Counter)

    def add(self, one: Audited) -> None:
        """Count one complaint."""
        self.audited += 1
        self.with_findings += bool(one.findings)
        self.unjudged_steps += one.unjudged_steps
        for judged in one.judgements:
            self.add_judged(judged)
        for compared in one.comparisons:
            self.add_compared(compared)
        for finding in one.findings:
            self.findings[finding.kind] += 1
            self.by_name[finding.kind, finding.name] += 1
        for column, value in one.groups.items():
            counted = _at(self.groups, (column, value), Counter)
            counted["all"] += 1
            counted["with findings"] += bool(one.findings)
        for decision, rules in one.rules.items():
            self.decided[decision, rules is not None] += 1
            for rule in rules or ():
                self.rules[decision, rule] += 1

    def add_across(self, finding: Finding) -> None:
        """Count a finding about several complaints."""
        self.findings[finding.kind] += 1
        self.by_name[finding.kind, finding.name] += 1

    def add_judged(self, judged: Judgement) -> None:
        self.judged[judged.deadline, judged.judged] += 1
        if judged.judged not in ("kept", "missed"):
            return
        if judged.start is not None:
            _at(self.months, (judged.deadline, f"{judged.start:%Y-%m}"), Share).add(judged)
        owner = judged.party or (str(to_json(judged.owner)) if judged.owner is not None else "")
        _at(self.owners, (judged.deadline, owner), Share).add(judged)

    def add_compared(self, compared: Comparison) -> None:
        if compared.agrees is None:
            self.undecided[compared.decision] += 1
            return
        key = compared.decision, compared.text, owed_text(compared.owed), compared.agrees
        full = len(self.flows) >= MOST and key not in self.flows
        self.flows[(key[0], OTHERS, *key[2:]) if full or isinstance(compared.owed, Decimal) else key] += 1
        if isinstance(compared.owed, Decimal) and isinstance(compared.done, Decimal):
            self.money.setdefault(compared.decision, Money()).add(compared.done, compared.owed)

    @property
    def total(self) -> int:
        """How many findings there are."""
        return self.findings.total()

    def kinds(self) -> Iterator[tuple[str, int]]:
        """Yield how many findings there are of each kind, of those that there are."""
        yield from ((k, self.findings[k]) for k in KINDS if self.findings[k])

    def share(self, deadline: str) -> Share:
        """Return how often a limit was kept and missed in all."""
        return Share(self.judged[deadline, "kept"], self.judged[deadline, "missed"])

    @property
    def adds_up(self) -> bool:
        """Whether every row that was read is audited or quarantined, and every event taken, unused or quarantined."""
        events = self.events_taken + self.events_unused + self.events_quarantined
        return self.read == self.audited + self.quarantined and self.events_read == events


def owed_text(owed: Any) -> str:
    """Return what is owed as one text by which it is counted; an amount only as one."""
    if isinstance(owed, Decimal):
        return OTHERS
    plain = to_json(owed)
    return ",".join(sorted(map(str, plain))) if isinstance(plain, list) else str(plain)


def _at(counted: dict[tuple[str, str], Any], key: tuple[str, str], new: Any) -> Any:
    """Return what is counted under a key; of too many keys those that come late are counted together."""
    if key not in counted and len(counted) >= MOST:
        key = (key[0], OTHERS)
    return counted.setdefault(key, new()) if key not in counted else counted[key]
