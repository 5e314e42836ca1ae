"""Loading of the course: events, the facts that follow from them, milestones and the process, each error located."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, get_args

from complaint_rules.course import FACTS, EventKind, Fold, Milestone, Process, Retarget, State, Step
from complaint_rules.deadline import TERMS
from complaint_rules.domains import Domain, Enumeration, Ordered, Truth
from complaint_rules.model import InputDoc
from complaint_rules.model_time import DeadlineDoc, EventDoc, FromDoc, MilestoneDoc, ProcessDoc, StepDoc
from complaint_rules.names import Names, label_for
from complaint_rules.source import Path
from complaint_rules.words import label_of_id, suggest

_FOLDS: Mapping[str, tuple[str, ...]] = {
    "first": (), "last": (), "happened": ("until", "across"), "count": ("spacing", "since", "across"),
    "latest": ("initially",),
}  # fmt: skip
_OFFSETS = ("at", "before_due", "after_due")
_RETARGETS = get_args(Retarget)
_MOST = 10_000


class CourseReader(Names):
    """Reads what happens over time, over the names."""

    # --- events and what follows from them ----------------------------------------------------

    def _events(self) -> dict[str, EventKind]:
        return {n: self._event(n, d) for n, d in self.doc.events.items()}

    def _event(self, name: str, doc: EventDoc) -> EventKind:
        path: Path = ("events", name)
        self._check_id(name, path, of_key=True)
        if name == FACTS:
            self._problem("CR112", path, of_key=True, id=name)
        for at, fact in enumerate(doc.carries):
            self._check_carried(fact, (*path, "carries", at))
        return EventKind(name, label_for(name, doc.label), tuple(doc.carries), self.document.span(path, of_key=True))

    def _check_carried(self, fact: str, path: Path) -> None:
        known = [n for n, i in self.doc.inputs.items() if i.from_ is None]
        if fact in self.doc.inputs and fact not in known:
            self._problem("CR120", path, name=fact)
        elif fact not in known:
            self._problem("CR101", path, name=fact, suggestion=suggest(fact, known))

    def _known_events(self) -> list[str]:
        """Return the events of the file, and those that its deadlines make."""
        made = [f"{n}.{e}" for n, d in self.doc.deadlines.items() for e in ("met", "breached", *d.milestones)]
        return [*self.doc.events, *made]

    def _fold(self, name: str, doc: InputDoc, domain: Domain) -> Fold | None:
        """Return how an input follows from the log, if it does."""
        if doc.from_ is None:
            return None
        path: Path = ("inputs", name, "from")
        kind = self._only(doc.from_, tuple(_FOLDS), path)
        if kind is None or not self._fits(kind, domain, path):
            return None
        self._refuse(doc.from_, ("until", "since", "spacing", "initially", "across"), _FOLDS[kind], path)
        return self._latest(doc.from_, domain, path) if kind == "latest" else self._listening(kind, doc.from_, path)

    def _only(self, doc: Any, choices: tuple[str, ...], path: Path) -> Any:
        """Return which of these keys is given; exactly one must be."""
        given = [k for k in choices if getattr(doc, k) is not None]
        if len(given) != 1:
            self._problem("CR119", path, of_key=True, known=choices)
            return None
        return given[0]

    def _refuse(self, doc: Any, keys: Iterable[str], known: Collection[str], path: Path) -> None:
        """Refuse the keys that would not be read here."""
        for key in keys:
            if key in doc.model_fields_set and key not in known:
                self._problem("CR004", (*path, key), of_key=True, key=key, known=tuple(known))

    def _fits(self, kind: str, domain: Domain, path: Path) -> bool:
        meant = {"happened": "boolean", "count": "integer", "latest": "values, boolean"}.get(kind, "datetime")
        fits = {
            "boolean": isinstance(domain, Truth),
            "integer": isinstance(domain, Ordered) and domain.kind == "integer",
            "datetime": isinstance(domain, Ordered) and domain.kind == "datetime",
            "values, boolean": isinstance(domain, (Truth, Enumeration)),
        }[meant]
        if not fits:
            self._problem("CR103", (*path, kind), of_key=True, value=kind, expected=f"type: {meant}")
        return fits

    def _listening(self, kind: Any, doc: FromDoc, path: Path) -> Fold:
        for key in (kind, "until", "since"):
            self._check_events(getattr(doc, key), (*path, key))
        for at, fact in enumerate(doc.across):
            if fact not in self.doc.inputs:
                self._problem("CR101", (*path, "across", at), name=fact, suggestion=suggest(fact, self.doc.inputs))
        spacing = doc.spacing and self._value(doc.spacing, Ordered("duration"), (*path, "spacing"))
        return Fold(
            kind, tuple(getattr(doc, kind)), tuple(doc.until), tuple(doc.since), spacing or None, across=tuple(doc.across)
        )  # fmt: skip

    def _latest(self, doc: FromDoc, domain: Domain, path: Path) -> Fold:
        found: dict[str, Any] = {}
        for plain, events in (doc.latest or {}).items():
            where: Path = (*path, "latest", plain)
            value = self._value(plain, domain, where)
            self._check_events(events, where)
            found |= dict.fromkeys(events, value)
        if doc.initially is None:
            self._problem("CR005", path, of_key=True, key="initially")
            return Fold("latest", tuple(found), values=found)
        initially = self._value(doc.initially, domain, (*path, "initially"))
        return Fold("latest", tuple(found), values=found, initially=initially)

    def _check_events(self, events: Iterable[str], path: Path) -> None:
        known = self._known_events()
        for at, event in enumerate(events):
            if event not in known:
                where = (*path, at) if (*path, at) in self.document.values else path
                self._problem("CR101", where, name=event, suggestion=suggest(event, known))

    # --- conditions and milestones of deadlines -------------------------------------------------

    def _check_condition(self, name: str | None, path: Path) -> None:
        """A condition is the name of a yes or no."""
        if name is None:
            return
        type_ = self._type_of(name)
        if type_ is None:
            self._problem("CR101", path, name=name, suggestion=suggest(name, self._scope()))
        elif not isinstance(type_.domain, Truth):
            self._problem("CR103", path, value=name, expected="boolean")

    def _check_party(self, name: str | None, path: Path) -> None:
        """A party is a role of the process, or a name that says who."""
        roles = self.doc.process.roles if self.doc.process else {}
        if name is not None and name not in roles and name not in self._scope():
            self._problem("CR101", path, name=name, suggestion=suggest(name, (*roles, *self._scope())))

    def _check_retarget(self, doc: DeadlineDoc, path: Path) -> Retarget:
        if doc.retarget not in _RETARGETS:
            near = suggest(doc.retarget, _RETARGETS)
            expected = ", ".join(_RETARGETS)
            self._problem("CR103", (*path, "retarget"), value=doc.retarget, expected=expected, suggestion=near)
        return doc.retarget  # type: ignore[return-value]  # another word is an error

    def _milestone(self, name: str, doc: MilestoneDoc, unit: str, path: Path) -> Milestone | None:
        self._check_id(name, path, of_key=True)
        if name in ("met", "breached"):
            self._problem("CR112", path, of_key=True, id=name)
        offset = self._only(doc, _OFFSETS, path)
        if offset is None:
            return None
        known = ("every", "times", "unit") if offset == "after_due" else () if offset == "at" else ("unit",)
        self._refuse(doc, ("every", "times", "unit"), known, path)
        given = doc.unit or (unit if unit in TERMS["unit"] else "calendar_day")
        if given not in TERMS["unit"]:
            self._problem("CR103", (*path, "unit"), value=given, expected=", ".join(TERMS["unit"]))
        self._check_condition(doc.when, (*path, "when"))
        for key in ("to", "by"):
            self._check_party(getattr(doc, key), (*path, key))
        if doc.value is not None and doc.value not in self._scope():
            self._problem("CR101", (*path, "value"), name=doc.value, suggestion=suggest(doc.value, self._scope()))
        return Milestone(
            name, label_for(name, doc.label), offset, self._offset(offset, getattr(doc, offset), (*path, offset)), given,
            self._whole(doc.every, (*path, "every"), 1), self._whole(doc.times, (*path, "times"), 1), doc.when, doc.value,
            doc.to, doc.by, self._cited(doc.because, path), self.document.span(path, of_key=True),
        )  # fmt: skip

    def _offset(self, offset: str, text: str, path: Path) -> int:
        if offset != "at":
            return self._whole(text, path, 0) or 0
        share = text.removesuffix("%").strip()
        if text.endswith("%") and share.isdecimal() and 0 < int(share) <= 100:
            return int(share)
        self._problem("CR103", path, value=text, expected="75%")
        return 50

    def _whole(self, text: str | None, path: Path, least: int) -> int | None:
        if text is None:
            return None
        if text.isdecimal() and least <= int(text) <= _MOST:
            return int(text)
        self._problem("CR103", path, value=text, expected=f"{least} … {_MOST}")
        return least

    # --- the process --------------------------------------------------------------------------------

    def _process(self, doc: ProcessDoc | None) -> Process | None:
        if doc is None:
            return None
        states = {n: State(n, label_of_id(n, zh=s.zh, en=s.en), s.final) for n, s in doc.states.items()}
        roles = {n: label_of_id(n, zh=r.zh, en=r.en) for n, r in doc.roles.items()}
        for section, names in (("roles", roles), ("states", states)):
            for name in names:
                self._check_id(name, ("process", section, name), of_key=True)
                if section == "roles" and name in self._scope():
                    self._problem("CR126", ("process", section, name), of_key=True, name=name)
        if not states:
            self._problem("CR005", ("process", "states"), of_key=True, key="states")
        steps = {n: self._step(n, d, states, roles) for n, d in doc.steps.items()}
        return Process(roles, states, steps)

    def _step(self, name: str, doc: StepDoc, states: Mapping[str, State], roles: Collection[str]) -> Step:
        path: Path = ("process", "steps", name)
        self._check_id(name, path, of_key=True)
        event = doc.event or name
        self._check_in(event, self._known_events(), (*path, "event") if doc.event else path)
        for key, given, known in (("from", doc.from_, states), ("by", doc.by, roles)):
            for at, one in enumerate(given):
                there: Path = (*path, key, at)
                where = there if there in self.document.values else (*path, key)
                if key == "by" and one not in roles and one in self._scope():
                    self._problem("CR124", where, name=one)
                else:
                    self._check_in(one, known, where)
        if doc.to is not None:
            self._check_in(doc.to, states, (*path, "to"))
        self._check_condition(doc.when, (*path, "when"))
        start = tuple(doc.from_) or tuple(n for n, s in states.items() if not s.final)
        heard = self.doc.events.get(event)
        label = label_for(name, doc.label) if doc.label or heard is None else label_for(event, heard.label)
        return Step(
            name, label, event, start, doc.to, tuple(doc.by), doc.when,
            self._cited(doc.because, path), self.document.span(path, of_key=True),
        )  # fmt: skip

    def _check_in(self, name: str, known: Collection[str], path: Path) -> None:
        if name not in known:
            self._problem("CR101", path, of_key=path[-1] == name, name=name, suggestion=suggest(name, known))
