"""Log: what happened to a complaint, read and put in order: known by now, corrected, each thing once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from complaint_rules.course import FACTS
from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.domains import Ordered
from complaint_rules.facts import name_of, wrong_value
from complaint_rules.ruleset import Ruleset
from complaint_rules.timetable import EPOCH
from complaint_rules.values import BadValueError, from_json, shown, to_json
from complaint_rules.words import suggest
from complaint_rules.worktime import since

KEYS = ("event", "at", "id", "recorded_at", "by", "facts", "corrects", "retracts")
_TEXTS = ("event", "id", "by", "corrects", "retracts")
_KNOWN = frozenset(KEYS)
_TEXT = frozenset({str, type(None)})
# The instants that every clock on earth can show.
TIME = Ordered("datetime", datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC))
_ANY_TIME = Ordered("datetime")
_FIRST, _LAST = since(datetime(1, 1, 3, tzinfo=UTC)), since(datetime(9999, 12, 29, tzinfo=UTC))
_NOTHING: Mapping[str, Any] = {}


class Happening(NamedTuple):
    """Something that happened, its times since 1970 UTC; with `event` None it takes back another."""

    event: str | None
    at: timedelta
    recorded_at: timedelta
    id: str | None
    by: str | None
    facts: Mapping[str, Any]
    stands_for: str | None  # the event that it corrects or takes back

    @property
    def order(self) -> tuple[timedelta, timedelta, str, str, str, str]:
        """What it comes after and before, whatever the order in which it was told."""
        return (
            self.at,
            self.recorded_at,
            self.id or "",
            self.event or "",
            self.by or "",
            repr(sorted(self.facts.items())),
        )

    @property
    def content(self) -> tuple[Any, ...]:
        return self.event, self.at, self.by, self.facts, self.stands_for


def read_log(
    ruleset: Ruleset, log: Iterable[Any], where: str = "events", *, of_others: bool = False
) -> list[Happening]:
    """Return what a log of JSON objects says; one `of_others` may also say what their clocks did, with any facts.

    Raises:
        FactsError: with everything that is wrong, each by its place.
    """
    if isinstance(log, (str, bytes, Mapping)) or not isinstance(log, Iterable):
        raise FactsError([Diagnostic("CR302", args={"value": name_of(log), "expected": "[…]"}, where=where)])
    log = list(log)
    if not log:
        return []
    reader = _Reader(ruleset, of_others=of_others)
    found = [h for i, raw in enumerate(log) if (h := reader.read(raw, f"{where}[{i}]"))]
    reader.check_ids(found, where)
    if reader.problems:
        raise FactsError(reader.problems)
    return found


def read_entry(ruleset: Ruleset, raw: Any, where: str) -> Happening:
    """Return one entry of a log that is told piece by piece; what it corrects may be told later.

    Raises:
        FactsError: with everything that is wrong, each by its place.
    """
    reader = _Reader(ruleset, of_others=False)
    found = reader.read(raw, where)
    if found is None:
        raise FactsError(reader.problems)
    return found


def check_entry(entry: Happening, log: Sequence[Happening], where: str) -> list[Diagnostic]:
    """Return what is wrong with one more entry of a log: its id stands for something else, or corrections go in a circle."""
    by_id = {h.id: h for h in (entry, *log) if h.id is not None}
    first = by_id.get(entry.id or "")
    if first is not None and first.content != entry.content:
        return [Diagnostic("CR317", args={"id": entry.id}, where=where)]
    if entry.id is not None and _Reader.in_circle(entry, by_id):
        return [Diagnostic("CR318", args={"id": entry.stands_for}, where=where)]
    return []


def entry_of(happening: Happening) -> dict[str, Any]:
    """Return an entry as JSON data, as it can be read again."""
    word = "retracts" if happening.event is None else "corrects"
    said = {
        "event": happening.event,
        "at": (EPOCH + happening.at).isoformat(),
        "recorded_at": (EPOCH + happening.recorded_at).isoformat(),
        "id": happening.id,
        "by": happening.by,
        "facts": {n: to_json(v) for n, v in happening.facts.items()} or None,
        word: happening.stands_for,
    }
    return {k: v for k, v in said.items() if v is not None}


class _Reader:
    """Reads one entry after the other, and keeps what is wrong."""

    def __init__(self, ruleset: Ruleset, *, of_others: bool) -> None:
        self.ruleset = ruleset
        self.of_others = of_others
        self.problems: list[Diagnostic] = []
        made = (e for d in ruleset.deadlines.values() for e in d.events)
        self.known = {*ruleset.events, *(made if of_others else (FACTS,))}

    def problem(self, code: str, where: str, **words: object) -> None:
        """Note a problem."""
        self.problems.append(Diagnostic(code, args=words, where=where))

    def read(self, raw: Any, where: str) -> Happening | None:
        """Return an entry of the log, or None where it cannot be read."""
        if type(raw) is not dict and not isinstance(raw, Mapping):
            self.problem("CR302", where, value=name_of(raw), expected="{…}")
            return None
        before = len(self.problems)
        for key in () if raw.keys() <= _KNOWN else raw:
            if key not in KEYS:
                said = name_of(key)
                self.problem("CR004", f"{where}.{said}", key=said, known=KEYS, suggestion=suggest(said, KEYS))
        texts = [raw.get(key) for key in _TEXTS]
        event, id_, by, corrects, retracts = texts if set(map(type, texts)) <= _TEXT else self.texts(texts, where)
        self.check_event(event, retracts, where)
        recorded_at, at = self.time(raw, "recorded_at", where), self.time(raw, "at", where)
        at = recorded_at if at is None and event is None else at
        if at is None and raw.get("at") is None:
            self.problem("CR005", where, key="at")
        facts = self.facts(event, raw.get("facts"), where)
        if len(self.problems) > before or at is None:
            return None
        return Happening(event, at, at if recorded_at is None else recorded_at, id_, by, facts, corrects or retracts)

    def texts(self, said: Sequence[Any], where: str) -> list[str | None]:
        """Return the texts of an entry, None for what is no text."""
        for key, text in zip(_TEXTS, said, strict=True):
            if text is not None and not isinstance(text, str):
                self.problem("CR302", f"{where}.{key}", value=shown(text), expected='"…"')
        return [text if isinstance(text, str) else None for text in said]

    def check_event(self, event: str | None, retracts: str | None, where: str) -> None:
        """An entry names an event, or takes one back."""
        if event is None and retracts is None:
            self.problem("CR005", where, key="event")
        elif event is not None and retracts is not None:
            self.problem("CR119", where, known=("event", "retracts"))
        elif event is not None and event not in self.known:
            self.problem("CR314", f"{where}.event", name=event, suggestion=suggest(event, self.known))

    def time(self, entry: Mapping[str, Any], key: str, where: str) -> timedelta | None:
        raw = entry.get(key)
        if raw is None:
            return None
        try:
            at = since(from_json(raw, _ANY_TIME))
            return at if _FIRST <= at <= _LAST else since(from_json(raw, TIME))
        except BadValueError as error:
            self.problem(error.code, f"{where}.{key}", **error.args_of)
            return None

    def facts(self, event: str | None, raw: Any, where: str) -> Mapping[str, Any]:
        """Return the facts that an entry brings; null is not given."""
        if raw is None:
            return _NOTHING
        where = f"{where}.facts"
        if not isinstance(raw, Mapping):
            self.problem("CR302", where, value=name_of(raw), expected="{…}")
            return _NOTHING
        return {n: v for n, plain in raw.items() if (v := self.fact(event, n, plain, where)) is not None}

    def fact(self, event: str | None, name: Any, raw: Any, where: str) -> Any:
        said, inputs = name_of(name), self.ruleset.inputs
        place = f"{where}.{said}"
        kind, fact = self.ruleset.events.get(event or ""), inputs.get(said)
        if fact is None:
            self.problem("CR301", place, name=said, suggestion=suggest(said, inputs))
        elif fact.fold and not self.of_others:
            self.problem("CR315", place, name=said, events=fact.fold.events)
        elif kind and name not in kind.carries and not self.of_others:
            self.problem("CR316", place, event=event, name=said)
        elif raw is not None:
            wrong = wrong_value(raw, fact.type.domain, place)
            self.problems += wrong
            return None if wrong else from_json(raw, fact.type.domain)
        return None

    def check_ids(self, found: Sequence[Happening], where: str) -> None:
        """Note two different events of one id, and corrections of what is not there."""
        by_id: dict[str, Happening] = {}
        for happening in found:
            if happening.id is not None:
                first = by_id.setdefault(happening.id, happening)
                if first.content != happening.content:
                    self.problem("CR317", where, id=happening.id)
        for happening in found:
            if happening.stands_for is not None and happening.stands_for not in by_id:
                self.problem("CR318", where, id=happening.stands_for, suggestion=suggest(happening.stands_for, by_id))
            elif happening.id is not None and self.in_circle(happening, by_id):
                self.problem("CR318", where, id=happening.stands_for)

    @staticmethod
    def in_circle(happening: Happening, by_id: Mapping[str, Happening]) -> bool:
        """Return whether corrections lead from it back to itself."""
        seen, at = {happening.id}, happening
        while at.stands_for is not None and at.stands_for in by_id:
            at = by_id[at.stands_for]
            if at.id in seen:
                return True
            seen.add(at.id)
        return False


def known_at(log: Sequence[Happening], now: timedelta) -> list[Happening]:
    """Return what is known to have happened by an instant, in order: each thing once, as it was last corrected."""
    told = [h for h in log if h.recorded_at <= now]
    if any(h.id is not None for h in told):
        told = list(_each_once(told))
    happened = [h for h in told if h.event is not None and h.at <= now]
    in_order = all(a.at < b.at for a, b in pairwise(happened))
    return happened if in_order else sorted(happened, key=lambda h: h.order)


def _each_once(told: Sequence[Happening]) -> Iterator[Happening]:
    """Yield what is not a copy, and not corrected or taken back by something else that still stands."""
    first: dict[str, Happening] = {}
    in_order = sorted(told, key=lambda h: (h.recorded_at, h.order))
    for happening in in_order:
        if happening.id is not None:
            first.setdefault(happening.id, happening)
    originals = [h for h in in_order if h.id is None or first[h.id] is h]
    words: dict[str, list[Happening]] = {}
    for happening in originals:
        if happening.stands_for is not None:
            words.setdefault(happening.stands_for, []).append(happening)
    for happening in originals:
        told_of = words.get(happening.stands_for or "", ())
        last = next((h for h in reversed(told_of) if _holds(h, words)), happening)
        if last is happening and not any(_holds(h, words) for h in words.get(happening.id or "", ())):
            yield happening


def _holds(happening: Happening, words: Mapping[str, Sequence[Happening]]) -> bool:
    """Return whether a word about another event has not been taken back."""
    about = words.get(happening.id or "", ())
    return not any(_holds(h, words) for h in about if h.event is None)
