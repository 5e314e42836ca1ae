"""Example of many: complaints that count together, as they are read from a file, and which escalations differ from what is expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from complaint_rules.compile import CompiledRuleset
from complaint_rules.diagnostics import FactsError
from complaint_rules.example_life import Difference, LifeReader
from complaint_rules.log import read_entry
from complaint_rules.monitor import Escalation, Monitor
from complaint_rules.source import Path as Place
from complaint_rules.source import Plain
from complaint_rules.timetable import EPOCH
from complaint_rules.values import to_json
from complaint_rules.words import suggest

MANY_KEYS = ("complaints", "escalations")
_SAID = ("times", "to")


@dataclass(frozen=True, slots=True)
class ExampleOfMany:
    """What was told of several complaints up to `now`, and how often each trigger must have fired by then, telling whom last."""

    entries: tuple[Mapping[str, Any], ...]
    now: datetime
    escalations: Mapping[str, Mapping[str, str]]


def read_many(reader: LifeReader, plain: Mapping[str, Plain], place: Place) -> ExampleOfMany | None:
    """Return what an example tells of many complaints, if it does."""
    if not any(k in plain for k in MANY_KEYS):
        return None
    now = reader.time(plain.get("now"), (*place, "now"))
    told = plain.get("complaints", [])
    if not isinstance(told, list):
        reader.problem("CR006", (*place, "complaints"), value=told, expected="- {complaint: …, at: …, event: …}")
        told = []
    entries = [e for n, t in enumerate(told) if (e := _entry(reader, t, (*place, "complaints", n))) is not None]
    return ExampleOfMany(tuple(entries), now or EPOCH, dict(_escalations(reader, plain, (*place, "escalations"))))


def _entry(reader: LifeReader, plain: Plain, place: Place) -> Mapping[str, Any] | None:
    """Return what was told of one complaint; anything wrong stands at its place."""
    entry = reader.entry(plain, place)
    if not isinstance(entry, dict):
        reader.problem("CR006", place, value=plain, expected="{complaint: …, at: …, event: …}")
        return None
    if not isinstance(entry.get("complaint"), str):
        reader.problem("CR005", place, key="complaint")
        return None
    try:
        read_entry(reader.ruleset, {k: v for k, v in entry.items() if k != "complaint"}, "entry")
    except FactsError as error:
        for found in error.diagnostics:
            reader.problem(found.code, place, **found.args)
        return None
    return entry


def _escalations(
    reader: LifeReader, plain: Mapping[str, Plain], place: Place
) -> Iterator[tuple[str, Mapping[str, str]]]:
    told = plain.get("escalations", {})
    for name, part in told.items() if isinstance(told, dict) else ():
        if name not in reader.ruleset.triggers:
            known = reader.ruleset.triggers
            reader.problem("CR101", (*place, name), of_key=True, name=name, suggestion=suggest(name, known))
        said = part if isinstance(part, dict) else {"times": part}
        for key in said:
            if key not in _SAID:
                reader.problem("CR004", (*place, name, key), of_key=True, key=key, known=_SAID)
        if not str(said.get("times", "0")).isdecimal():
            reader.problem("CR103", (*place, name), value=part, expected="0, 1, 2 …")
        yield name, {k: str(v) for k, v in said.items()}


def escalated(rules: CompiledRuleset, many: ExampleOfMany) -> dict[str, dict[str, str]]:
    """Return how often each trigger has fired, and whom it told last."""
    standing: dict[str, Escalation] = {}
    for signal in Monitor(rules).feed(many.entries, now=many.now):
        if isinstance(signal, Escalation):
            standing[signal.id] = signal
        else:
            standing.pop(signal.id, None)
    found = {n: {"times": "0", "to": "None"} for n in rules.ruleset.triggers}
    for signal in standing.values():
        times = int(found[signal.trigger]["times"])
        found[signal.trigger] = {"times": str(times + 1), "to": str(to_json(signal.to))}
    return found


def differences_of_many(rules: CompiledRuleset, many: ExampleOfMany) -> Iterator[Difference]:
    """Yield every difference between what an example of many expects and what has been escalated."""
    found = escalated(rules, many)
    for name, expected in many.escalations.items():
        for key, wanted in expected.items():
            if found[name][key] != wanted:
                yield name, f"{key} {wanted}", f"{key} {found[name][key]}"
