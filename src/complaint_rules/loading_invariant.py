"""Loading of invariants: what must always, never, or in order hold, each error located."""

from __future__ import annotations

from collections.abc import Mapping

from complaint_rules.domains import Enumeration, Ordered
from complaint_rules.invariant import Invariant, Monotone, NoLater, Scale
from complaint_rules.loading_trigger import TriggerReader
from complaint_rules.model import InvariantDoc, MonotoneDoc, ScaleDoc
from complaint_rules.names import label_for
from complaint_rules.ruleset import When
from complaint_rules.source import Path
from complaint_rules.words import suggest

_KINDS = ("never", "always", "implies", "at_most", "at_least", "monotone", "no_later")
_PAST = {"at_most": ">", "at_least": "<"}  # what lies past a bound
_NUMBERS = ("integer", "decimal", "money", "duration", "date", "datetime")


class InvariantReader(TriggerReader):
    """Reads invariants over the names."""

    def _invariant(self, name: str, doc: InvariantDoc) -> Invariant | None:
        path: Path = ("invariants", name)
        self._check_id(name, path, of_key=True)
        kind = self._only(doc, _KINDS, path)
        head = (name, label_for(name, doc.label), self._cited(doc.because, path), self.document.span(path, of_key=True))
        match kind:
            case "never":
                return Invariant(*head, broken=self._when(doc.never or (), None, (*path, "never")))
            case "always":
                return Invariant(*head, kept=self._when(doc.always or (), None, (*path, "always")), broken=({},))
            case "implies" if doc.implies is not None:
                where: Path = (*path, "implies")
                broken = self._when(doc.implies.if_, None, (*where, "if"))
                return Invariant(*head, kept=self._when(doc.implies.then, None, (*where, "then")), broken=broken)
            case "at_most" | "at_least":
                past = tuple({n: f"{_PAST[kind]} {bound}"} for n, bound in (getattr(doc, kind) or {}).items())
                return Invariant(*head, broken=self._bounds(past, (*path, kind)))
            case "monotone" if doc.monotone is not None:
                found = self._monotone(doc.monotone, (*path, "monotone"))
                return Invariant(*head, monotone=found) if found else None
            case "no_later" if doc.no_later is not None:
                names = {k: getattr(doc.no_later, k) for k in ("deadline", "than")}
                known = [self._is_deadline(n, (*path, "no_later", k)) for k, n in names.items()]
                return Invariant(*head, no_later=NoLater(**names)) if all(known) else None
        return None

    def _is_deadline(self, name: str, path: Path) -> bool:
        if name not in self.doc.deadlines:
            self._problem("CR101", path, name=name, suggestion=suggest(name, self.doc.deadlines))
        return name in self.doc.deadlines

    def _bounds(self, past: tuple[Mapping[str, str], ...], path: Path) -> tuple[When, ...]:
        """Return the tests that a value lies past its bound, each read where the bound stands."""
        return tuple(w for cells in past for w in self._when((cells,), None, path))

    def _monotone(self, doc: MonotoneDoc, path: Path) -> Monotone | None:
        key = self._only(doc, ("never_raises", "never_lowers", "never_later"), path)
        if key is None:
            return None
        raised = self._scale(doc.raise_, (*path, "raise"))
        late = doc.never_later
        if late is not None and not self._is_deadline(late, (*path, key)):
            return None
        result = Scale(late) if late is not None else self._scale(getattr(doc, key), (*path, key))
        if raised is not None and raised.name not in self.inputs:
            self._problem("CR101", (*path, "raise"), name=raised.name, suggestion=suggest(raised.name, self.inputs))
            return None
        return Monotone(raised, result, key != "never_lowers", late is not None) if raised and result else None

    def _scale(self, doc: ScaleDoc, path: Path) -> Scale | None:
        """Return a name with an order: numbers have one, listed values need it said."""
        type_ = self._type_of(doc.name)
        if type_ is None:
            self._problem("CR101", self._there(path), name=doc.name, suggestion=suggest(doc.name, self._scope()))
            return None
        match type_.domain:
            case Ordered(kind) if kind in _NUMBERS and not doc.through:
                return Scale(doc.name)
            case Enumeration(values) if doc.through:
                for value in doc.through:
                    if value not in values:
                        self._problem("CR103", self._there(path), value=value, expected=", ".join(values))
                return Scale(doc.name, tuple(doc.through))
            case Enumeration():
                self._problem("CR005", self._there(path), key="through")
            case _:
                self._problem("CR103", self._there(path), value=doc.name, expected=", ".join(_NUMBERS))
        return None

    def _there(self, path: Path) -> Path:
        """Return a path of the file, or the one above it."""
        return path if path in self.document.values else path[:-1]
