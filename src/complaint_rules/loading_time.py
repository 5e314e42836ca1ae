"""Limits of time: the deadlines of a ruleset as they are read: each term a word, or a reading that chooses it."""

from __future__ import annotations

import re

from complaint_rules.deadline import PROFILES, TERMS
from complaint_rules.domains import Ordered
from complaint_rules.model import DeadlineDoc
from complaint_rules.names import Names, label_for
from complaint_rules.ruleset import Deadline
from complaint_rules.source import Path
from complaint_rules.words import suggest

_NAME = re.compile(r"[a-z][a-z0-9_.]*\Z", re.ASCII)


class DeadlineReader(Names):
    """Reads deadlines over the names."""

    def _deadline(self, name: str, doc: DeadlineDoc) -> Deadline:
        path: Path = ("deadlines", name)
        self._check_id(name, path, of_key=True)
        terms = dict(PROFILES.get(doc.profile, {}))
        if not terms:
            known = tuple(PROFILES)
            self._problem("CR103", (*path, "profile"), value=doc.profile, expected=", ".join(known))
        terms |= {k: v for k in TERMS if (v := getattr(doc, k)) is not None}
        for key, text in terms.items():
            if key in doc.model_fields_set:
                self._check_term(key, text, (*path, key))
        self._check_start(doc.start, (*path, "start"))
        for key in ("when", "owner"):
            self._check_name(getattr(doc, key), (*path, key))
        within: int | str = doc.within
        if doc.within.isdecimal():
            within = int(doc.within)
        else:
            self._check_amount(doc.within, (*path, "within"))
        return Deadline(
            name, label_for(name, doc.label), {**terms, "start": doc.start}, within, doc.when, doc.owner,
            self._cited(doc.because, path), self.document.span(path, of_key=True),
        )  # fmt: skip

    def _check_amount(self, name: str, path: Path) -> None:
        """An amount is a whole number, or the name of a number or duration that is never negative."""
        if not _NAME.match(name):
            self._problem("CR103", path, value=name, expected="3")
            return
        self._check_name(name, path)
        found = self._type_of(name)
        if found and not (
            isinstance(found.domain, Ordered) and found.domain.kind in ("integer", "decimal", "duration")
        ):
            self._problem("CR103", path, value=name, expected="integer, decimal, duration")

    def _check_term(self, key: str, text: str, path: Path) -> None:
        """A term is one of its words, or a parameter all of whose options are."""
        known = TERMS[key]
        parameter = self.parameters.get(text)
        if text in known:
            return
        if parameter is None:
            names = (*known, *self.parameters)
            self._problem("CR103", path, value=text, expected=", ".join(known), suggestion=suggest(text, names))
        elif not set(map(str, parameter.options)) <= set(known):
            self._problem("CR114", path, value=text, options=known)

    def _check_start(self, name: str, path: Path) -> None:
        parameter = self.parameters.get(name)
        for fact in (name,) if parameter is None else tuple(map(str, parameter.options)):
            given = self.inputs.get(fact)
            if given is None:
                self._problem("CR101", path, name=fact, suggestion=suggest(fact, (*self.inputs, *self.parameters)))
            elif not isinstance(given.type.domain, Ordered) or given.type.domain.kind != "datetime":
                self._problem("CR103", path, value=fact, expected="datetime")

    def _check_name(self, name: str | None, path: Path) -> None:
        if name is not None and name not in self._scope():
            self._problem("CR101", path, name=name, suggestion=suggest(name, self._scope()))
