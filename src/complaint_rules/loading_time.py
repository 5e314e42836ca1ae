"""Limits of time: the deadlines of a ruleset as they are read: each term a word, or a reading that chooses it."""

from __future__ import annotations

import re

from complaint_rules.course import PROMPTLY, Deadline
from complaint_rules.deadline import PROFILES, TERMS
from complaint_rules.domains import Ordered
from complaint_rules.loading_course import CourseReader
from complaint_rules.model_time import DeadlineDoc
from complaint_rules.names import label_for
from complaint_rules.source import Path
from complaint_rules.words import suggest

_NAME = re.compile(r"[a-z][a-z0-9_.]*\Z", re.ASCII)


class DeadlineReader(CourseReader):
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
        for key in ("when", "met_when", "pause_while", "excused_when"):
            self._check_condition(getattr(doc, key), (*path, key))
        self._check_party(doc.owner, (*path, "owner"))
        milestones = (self._milestone(n, d, doc.unit, (*path, "milestones", n)) for n, d in doc.milestones.items())
        return Deadline(
            name, label_for(name, doc.label), {**terms, "start": doc.start}, self._within(doc.within, (*path, "within")),
            doc.when, doc.owner, self._cited(doc.because, path), self.document.span(path, of_key=True), doc.met_when,
            doc.pause_while, doc.excused_when, self._check_retarget(doc, path), doc.repeat,
            tuple(m for m in milestones if m),
        )  # fmt: skip

    def _within(self, text: str, path: Path) -> int | str:
        if text.isdecimal():
            return int(text)
        if text != PROMPTLY:
            self._check_amount(text, path)
        return text

    def _check_amount(self, name: str, path: Path) -> None:
        """An amount is a whole number, or the name of a number or duration that is never negative."""
        if not _NAME.match(name):
            self._problem("CR103", path, value=name, expected="3")
            return
        found = self._type_of(name)
        if found is None:
            self._problem("CR101", path, name=name, suggestion=suggest(name, (*self._scope(), PROMPTLY)))
        elif not (isinstance(found.domain, Ordered) and found.domain.kind in ("integer", "decimal", "duration")):
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
