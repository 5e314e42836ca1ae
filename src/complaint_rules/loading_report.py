"""Loading of reports: who owes them to whom, and the last day on which they may be sent, each error located."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain
from typing import Any, get_args

from complaint_rules.calendar_days import DAY_KEYS
from complaint_rules.deadline import Roll
from complaint_rules.domains import Domain, Enumeration, Ordered
from complaint_rules.loading_invariant import InvariantReader
from complaint_rules.model_time import DueOnDoc, ReportDoc
from complaint_rules.names import label_for
from complaint_rules.report import EVERY, LAST, LONGEST, Counted, Every, Report
from complaint_rules.source import Path
from complaint_rules.words import Label, label_of_id, suggest

_ROLLS = get_args(Roll)
# The first days of these are counted by their place in a month.
_DAYS_OF_MONTH = 31


class ReportReader(InvariantReader):
    """Reads reports over the names."""

    def _report(self, name: str, doc: ReportDoc) -> Report | None:
        path: Path = ("reports", name)
        self._check_id(name, path, of_key=True)
        every = self._every(doc.every, (*path, "every"))
        known = dict(self._known_parties())
        for at, party in enumerate((doc.by, *doc.to)):
            self._check_known(party, known, (*path, "by") if at == 0 else self._there((*path, "to", at - 1)))
        for part in doc.parts:
            self._check_id(part, (*path, "parts", part), of_key=True)
        end_roll = "none" if doc.end_roll is None else doc.end_roll
        self._check_word(end_roll, _ROLLS, (*path, "end_roll"))
        because = self._cited(doc.because, path)
        counted = self._counted(doc.due, every, (*path, "due"))
        if counted is None or every is None:
            return None
        if self.doc.calendar is None and (counted == "working_day" or end_roll != "none"):
            self._problem("CR005", path, of_key=True, key="calendar")
        due = self._due(getattr(doc.due, counted), counted, every, (*path, "due", counted))
        return Report(
            name, label_for(name, doc.label), doc.by, tuple(doc.to), every, counted, due, end_roll,
            {p: label_for(p, label) for p, label in doc.parts.items()}, doc.nil_return, because,
            self.document.span(path, of_key=True), {p: known[p] for p in (doc.by, *doc.to) if p in known},
        )  # fmt: skip

    def _every(self, text: str, path: Path) -> Every | None:
        for every in EVERY:
            if text == every:
                return every
        self._problem("CR103", path, value=text, expected=", ".join(EVERY), suggestion=suggest(text, EVERY))
        return None

    def _known_parties(self) -> Iterator[tuple[str, Label]]:
        """Yield whom the ruleset names: the values of its types, and over them the roles of its process."""
        for type_ in self.types.values():
            if isinstance(type_.domain, Enumeration):
                yield from type_.labels.items()
        roles = self.doc.process.roles if self.doc.process else {}
        yield from ((n, label_of_id(n, zh=r.zh, en=r.en)) for n, r in roles.items())

    def _check_known(self, name: str, known: Collection[str], path: Path) -> None:
        if name not in known:
            self._problem("CR101", path, name=name, suggestion=suggest(name, known))

    def _counted(self, doc: DueOnDoc, every: Every | None, path: Path) -> Counted | None:
        """Return which kind of day it is due on; weekdays are those of a week, days those of a month."""
        kinds: tuple[Counted, ...] = ("day", "working_day", "weekday")
        given = self._only(doc, kinds, path)
        fits = [k for k in kinds if k != ("day" if every == "week" else "weekday")]
        if every is not None:
            self._refuse(doc, kinds, fits, path)
        return next((k for k in kinds if k == given), None)

    def _due(self, text: str, counted: Counted, every: Every, path: Path) -> int | str:
        if counted == "weekday":
            self._check_word(text, DAY_KEYS, path)
            return text
        most = LONGEST[every] if counted == "working_day" else _DAYS_OF_MONTH
        if text.isdecimal() and len(text) <= len(str(most)) and 1 <= int(text) <= most:
            return int(text)
        if text == LAST and counted == "day":
            return text
        if text in self.parameters:
            self._check_range(text, most, path)
        else:
            words = ("last",) if counted == "day" else ()
            near = suggest(text, (*words, *self.parameters))
            self._problem("CR103", path, value=text, expected=" / ".join((f"1 … {most}", *words)), suggestion=near)
        return text

    def _check_range(self, parameter: str, most: int, path: Path) -> None:
        """The number of a parameter must lie among the days that there are, whatever it is set to."""
        match self.parameters[parameter].type.domain:
            case Ordered("integer", low, high) if low is not None and high is not None and low >= 1 and high <= most:
                return
        expected = f"type: integer, minimum: 1, maximum: {most}"
        self._problem("CR103", path, value=parameter, expected=expected)

    def _check_word(self, text: str, known: Collection[str], path: Path) -> None:
        """A word, or a parameter that can only be such a word."""
        parameter = self.parameters.get(text)
        if text in known:
            return
        if parameter is None:
            near = suggest(text, chain(known, self.parameters))
            self._problem("CR103", path, value=text, expected=", ".join(known), suggestion=near)
        elif not _only_words(parameter.type.domain, known):
            self._problem("CR114", path, value=text, options=tuple(known))


def _only_words(domain: Domain, known: Collection[Any]) -> bool:
    return isinstance(domain, Enumeration) and not domain.open and set(domain.values) <= set(known)
