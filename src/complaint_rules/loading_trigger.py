"""Loading of triggers: events, keys, thresholds and what follows, each error located."""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction
from typing import Any, get_args

from complaint_rules.course import FACTS
from complaint_rules.domains import Ordered, Truth
from complaint_rules.loading_time import DeadlineReader
from complaint_rules.model_time import RaisesDoc, TriggerDoc
from complaint_rules.names import label_for
from complaint_rules.ruleset import Rule, TableDecision, Type
from complaint_rules.source import Path
from complaint_rules.tables import Aggregate, HitPolicy
from complaint_rules.trigger import MEASURED, On, Raises, Rearm, Trigger
from complaint_rules.unary import show_cell
from complaint_rules.words import suggest

_NUMBER = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?) ?(%?)\Z", re.ASCII)
_REARM = re.compile(r"(every|after) (\S+)\Z")
_WORDS = ("never", "below", "every 1", "after P30D")
_NUMBERS = ("integer", "decimal", "money")


class TriggerReader(DeadlineReader):
    """Reads triggers over the names."""

    def _trigger(self, name: str, doc: TriggerDoc) -> Trigger | None:
        path: Path = ("triggers", name)
        self._check_id(name, path, of_key=True)
        if not doc.of:
            self._problem("CR005", path, of_key=True, key="of")
        self._check_events(doc.of, (*path, "of"))
        threshold = self._threshold(doc, path)
        if doc.distinct and doc.sum:
            self._problem("CR119", path, of_key=True, known=("distinct", "sum"))
        for at, one in enumerate(doc.by or ()):
            self._named(one, (*path, "by", at))
        self._named(doc.distinct, (*path, "distinct"))
        for key in ("sum", "share_of"):
            self._named(getattr(doc, key), (*path, key), _NUMBERS)
        self._check_party(doc.to, (*path, "to"))
        where = self._when(doc.where, None, (*path, "where")) if doc.where else ()
        if threshold is None:
            return None
        return Trigger(
            name, label_for(name, doc.label), tuple(doc.of), where, None if doc.by is None else tuple(doc.by), doc.distinct,
            doc.sum, threshold, doc.exceeds is not None, doc.share_of, self._window(doc.within, (*path, "within")),
            self._length(doc.spacing, (*path, "spacing")), self._rearm(doc.rearm, (*path, "rearm")), doc.to,
            self._raises(doc.raises, (*path, "raises"), doc.sum), self._cited(doc.because, path), self.document.span(path, of_key=True),
            tuple(", ".join(f"{n}: {show_cell(c)}" for n, c in cells.items()) for cells in doc.where),
        )  # fmt: skip

    def _named(self, name: str | None, path: Path, kinds: tuple[str, ...] = ()) -> None:
        """A name in scope; one of a number where `kinds` says so."""
        if name is None:
            return
        type_ = self._type_of(name)
        where = path if path in self.document.values else path[:-1]
        if type_ is None:
            self._problem("CR101", where, name=name, suggestion=suggest(name, self._scope()))
        elif kinds and not (isinstance(type_.domain, Ordered) and type_.domain.kind in kinds):
            self._problem("CR103", where, value=name, expected=", ".join(kinds))

    def _threshold(self, doc: TriggerDoc, path: Path) -> Fraction | str | None:
        """Return how much is too much: a number, a share of something, or a parameter."""
        key = self._only(doc, ("reaches", "exceeds"), path)
        if key is None:
            return None
        text: str = getattr(doc, key)
        number = _NUMBER.match(text)
        if number and bool(number[2]) and doc.share_of is None:
            self._problem("CR005", path, of_key=True, key="share_of")
        elif number and not number[2] and doc.share_of is not None:
            self._problem("CR103", (*path, key), value=text, expected="5%")
        if number:
            return Fraction(number[1]) / (100 if number[2] else 1)
        self._parameter_of(text, _NUMBERS, (*path, key))
        return text

    def _parameter_of(self, name: str, kinds: tuple[str, ...], path: Path) -> None:
        found = self.parameters.get(name)
        if found is None:
            self._problem("CR101", path, name=name, suggestion=suggest(name, self.parameters))
        elif not (isinstance(found.type.domain, Ordered) and found.type.domain.kind in kinds):
            self._problem("CR103", path, value=name, expected=", ".join(kinds))

    def _window(self, text: str | None, path: Path) -> timedelta | str | None:
        if text is None or text.startswith("P"):
            return self._length(text, path)
        self._parameter_of(text, ("duration",), path)
        return text

    def _length(self, text: str | None, path: Path) -> timedelta | None:
        """Return a duration that is longer than nothing."""
        found: timedelta | None = None if text is None else self._value(text, Ordered("duration"), path)
        if found is not None and found <= timedelta(0):
            self._problem("CR103", path, value=text, expected="P30D")
        return found

    def _rearm(self, text: str, path: Path) -> Rearm:
        parts = _REARM.match(text)
        if text in ("never", "below"):
            return Rearm("never" if text == "never" else "below")
        if parts and parts[1] == "every" and parts[2].isdecimal() and int(parts[2]) > 0:
            return Rearm("every", every=int(parts[2]))
        if parts and parts[1] == "after":
            return Rearm("after", after=self._length(parts[2], path) or timedelta(0))
        self._problem("CR103", path, value=text, expected=", ".join(_WORDS), suggestion=suggest(text, _WORDS))
        return Rearm()

    # --- what follows ---------------------------------------------------------------------------------

    def _raises(self, doc: RaisesDoc | None, path: Path, of: str | None) -> Raises | None:
        if doc is None:
            return None
        if doc.event is None and not doc.facts:
            self._problem("CR119", path, of_key=True, known=("event", "facts"))
        if doc.event is not None:
            self._check_in(doc.event, self.doc.events, (*path, "event"))
        on: Any = doc.on
        if on not in get_args(On):
            self._problem("CR103", (*path, "on"), value=on, expected=", ".join(get_args(On)))
        facts = {n: self._raised(n, v, doc.event, (*path, "facts", n), of) for n, v in doc.facts.items()}
        return Raises(doc.event or FACTS, facts, on)

    def _raised(self, name: str, plain: Any, event: str | None, path: Path, of: str | None) -> Any:
        """Return the value of a fact that follows: one that does not come from the log, and that the event carries."""
        fact, kind = self.inputs.get(name), self.doc.events.get(event or "")
        self._check_carried(name, path)
        if kind and name not in kind.carries:
            self._problem("CR316", path, of_key=True, event=event, name=name)
        if fact is None:
            return None
        domain = fact.type.domain
        if plain != MEASURED or not isinstance(domain, Ordered):
            return self._value(plain, domain, path)
        if not self._takes_any(domain, of):
            self._problem("CR103", path, value=plain, expected="integer / decimal, minimum: 0")
        return MEASURED

    def _takes_any(self, domain: Ordered, of: str | None) -> bool:
        """Return whether a fact can have whatever is measured: the number of something, or the sum `of` a name."""
        summed = self._type_of(of or "")
        added = summed.domain if summed and isinstance(summed.domain, Ordered) else Ordered("integer", minimum=0)
        is_wide = domain.maximum is None and (domain.minimum is None or domain.minimum <= 0)
        is_positive = added.minimum is not None and added.minimum >= 0
        kinds = _NUMBERS if added.kind == "integer" else ("decimal", "money")
        return domain.kind in kinds and is_wide and (is_positive or domain.minimum is None)


def where_name(trigger: str) -> str:
    """Return the name under which a trigger's condition is decided; no decision of a file can have it."""
    return f"{trigger}:where"


def where_table(trigger: Trigger) -> TableDecision:
    """Return a trigger's condition as a decision table: yes where any of its alternatives holds, else no."""
    rule = Rule("where", None, trigger.where, (True,), trigger.because, {}, trigger.span)
    return TableDecision(
        where_name(trigger.name), trigger.label, trigger.because, trigger.span, trigger.columns, {"": Type(Truth())},
        (rule,), HitPolicy.UNIQUE, Aggregate.LIST, (False,), None,
    )  # fmt: skip
