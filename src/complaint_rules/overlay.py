"""Overlay: a ruleset and what differs from it, put together as one document that knows where each part stands.

An overlay has the shape of a ruleset, with only what differs. Sections are joined by name, the rules and
items of a decision by id; every other key that the overlay gives replaces the one below. `remove` takes parts away first.
Joining is associative: overlays can be joined with one another before the ruleset is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from complaint_rules.diagnostics import Diagnostic, RulesetError
from complaint_rules.parts import Copier, Part, whole
from complaint_rules.source import Document, Path
from complaint_rules.words import suggest

SECTIONS = ("types", "parameters", "inputs", "decisions", "deadlines", "events", "triggers", "reports", "invariants")
LISTS = ("rules", "needs_all", "needs_any")
KINDS = ("value", "reading", "assumed", "unset")
_ID = re.compile(r"[a-z][a-z0-9_]*\Z", re.ASCII)
_GIVES = (*KINDS, "dated")
_OWN = ("overlay", "extends", "remove")


def is_overlay(document: Document) -> bool:
    """Report whether a document says only how it differs from another."""
    return isinstance(document.root, dict) and "extends" in document.root


def join(below: Document, above: Document) -> Document:
    """Return `above` laid over `below`: a ruleset if that is one, else an overlay.

    Raises:
        RulesetError: it removes what is not there, or places a rule before one that is not there.
    """
    _check_head(above)
    joiner = _Joiner(below=below, above=above, onto_ruleset=not is_overlay(below))
    root = joiner.root()
    if joiner.problems:
        raise RulesetError(joiner.problems)
    names = (*_laid(below), *_laid(above))
    return Document(below.file, root, below.text, joiner.values, joiner.keys, names)


def _check_head(above: Document) -> None:
    """Refuse an overlay without an id of its own, or with the id of a ruleset in its place."""
    root = whole(above)
    if above.overlays:
        return
    if "ruleset" in root:
        known = ("overlay", "extends", "remove", "version", "title", *SECTIONS)
        words = {"key": "ruleset", "known": known, "suggestion": "overlay"}
        raise RulesetError([Diagnostic("CR004", above.span(("ruleset",), of_key=True), words)])
    if "overlay" not in root:
        raise RulesetError([Diagnostic("CR005", above.span(()), {"key": "overlay"})])
    if not _ID.match(str(root["overlay"].plain)):
        raise RulesetError([Diagnostic("CR112", above.span(("overlay",)), {"id": root["overlay"].plain})])


def _laid(document: Document) -> tuple[str, ...]:
    """Return the names of the overlays that a document is made of."""
    own = (str(document.root.get("overlay", document.file)),) if is_overlay(document) else ()
    return document.overlays or own


@dataclass
class _Joiner(Copier):
    below: Document = field(kw_only=True)
    above: Document = field(kw_only=True)
    onto_ruleset: bool = field(kw_only=True)

    @property
    def strict(self) -> bool:
        """Whether every part to remove must be there: in overlays that were joined, one may have added it."""
        return self.onto_ruleset and not self.above.overlays

    def root(self) -> Any:
        low, high = whole(self.below), whole(self.above)
        self.values[()] = low.span()
        found: dict[str, Any] = {}
        for key in dict.fromkeys((*low.keys, *high.keys)):
            if key in SECTIONS and all(_is_mapping(p, key, needed=False) for p in (low, high)):
                found[key] = self._section(low, high, key)
            elif key == "remove" and not self.onto_ruleset:
                found[key] = self._removals(low, high)
            elif key == "accepted" and all(key in p and isinstance(p[key].plain, list) for p in (low, high)):
                found[key] = self._both(low[key], high[key], (key,))
            elif key not in _OWN or (not self.onto_ruleset and key in low):
                source = low if key not in high or key in _OWN else high
                found[key] = self.take(source[key], (key,))
        self._removed_exists(low, high)
        return found

    def _both(self, low: Part, high: Part, at: Path) -> list[Any]:
        """Return the entries of both lists."""
        self.mark(high, at)
        return [self.take(entry, (*at, n)) for n, entry in enumerate((*low.entries, *high.entries))]

    def _section(self, low: Part, high: Part, section: str) -> dict[str, Any]:
        gone = _listed(high, section)
        lower, upper = _entries(low, section), _entries(high, section)
        found: dict[str, Any] = {}
        self.mark((low if section in low else high)[section], (section,))
        for name in dict.fromkeys((*(n for n in lower if n not in gone), *upper)):
            at: Path = (section, name)
            if name in lower and name in upper and name not in gone:
                found[name] = self._entry(lower[name], upper[name], at)
            elif name in upper:
                found[name] = self._new(upper[name], at)
            else:
                found[name] = self.take(lower[name], at)
        return found

    def _new(self, part: Part, at: Path) -> Any:
        """Take what only the overlay has; on a ruleset its own words have done their work."""
        if not self.onto_ruleset or not isinstance(part.plain, dict):
            return self.take(part, at)
        self.mark(part, at)
        return {k: self._inner(part[k], (*at, k)) for k in part.keys if k != "remove"}

    def _inner(self, part: Part, at: Path) -> Any:
        if at[-1] not in LISTS or not isinstance(part.plain, list):
            return self.take(part, at)
        self.mark(part, at)
        return self._ordered([], part.entries, at)

    def _entry(self, low: Part, high: Part, at: Path) -> Any:
        if not isinstance(low.plain, dict) or not isinstance(high.plain, dict):
            return self.take(high, at)
        self.mark(high, at)
        # A parameter is of one kind: giving one takes the other away.
        gone = _GIVES if at[0] == "parameters" and any(k in high for k in _GIVES) else ()
        found: dict[str, Any] = {}
        for key in dict.fromkeys((*(k for k in low.keys if k not in gone), *high.keys)):
            inner: Path = (*at, key)
            if key in LISTS and key in low and isinstance(low[key].plain, list):
                found[key] = self._list(low, high, key, inner)
            elif key == "remove":
                if not self.onto_ruleset:
                    found[key] = self._names([*_ids(low, key), *_ids(high, key)], low if key in low else high, inner)
            elif key in high:
                found[key] = self._inner(high[key], inner) if self.onto_ruleset else self.take(high[key], inner)
            else:
                found[key] = self.take(low[key], inner)
        return found

    # --- lists by id -----------------------------------------------------------------------------

    def _list(self, low: Part, high: Part, key: str, at: Path) -> Any:
        if key in high and not isinstance(high[key].plain, list):
            return self.take(high[key], at)
        gone = set(_ids(high, "remove"))
        lower = low[key].entries
        upper = high[key].entries if key in high else []
        if self.strict:
            self._known(_ids(high, "remove"), [str(_id(p)) for p in lower], high)
        self.mark(high[key] if key in high else low[key], at)
        return self._ordered([p for p in lower if _id(p) not in gone], upper, at)

    def _ordered(self, lower: list[Part], upper: list[Part], at: Path) -> list[Any]:
        """Return the entries in their places: a new one at the end, or before the one that it names."""
        pairs: list[tuple[Part | None, Part | None]] = [(p, None) for p in lower]
        for part in upper:
            ids = [_id(a or b) for a, b in pairs]
            before = part.plain.get("before") if isinstance(part.plain, dict) else None
            if _id(part) in ids and _id(part) is not None:
                place = ids.index(_id(part))
                if before is not None:
                    self.problem("CR004", part, "before", key="before", known=("id", "when", "then", "because"))
                pairs[place] = (pairs[place][0] or pairs[place][1], part)
            elif before is None or not self.onto_ruleset:
                pairs.append((None, part))
            elif before in ids:
                pairs.insert(ids.index(before), (None, part))
            else:
                known = [str(i) for i in ids]
                self.problem("CR101", part, "before", name=before, suggestion=suggest(str(before), known))
        return [self._one(low, high, (*at, i)) for i, (low, high) in enumerate(pairs)]

    def _one(self, low: Part | None, high: Part | None, at: Path) -> Any:
        if low is None or high is None:
            part = low or high
            assert part is not None  # noqa: S101 - one of a pair is there
            return self._without_place(part, at)
        self.mark(high, at)
        merged = dict.fromkeys((*low.keys, *high.keys))
        kept = [k for k in merged if k != "before" or not self.onto_ruleset]
        return {k: self.take(high[k] if k in high else low[k], (*at, k)) for k in kept}

    def _without_place(self, part: Part, at: Path) -> Any:
        if not self.onto_ruleset or "before" not in part:
            return self.take(part, at)
        self.mark(part, at)
        return {k: self.take(part[k], (*at, k)) for k in part.keys if k != "before"}

    # --- what is removed -------------------------------------------------------------------------

    def _removals(self, low: Part, high: Part) -> dict[str, Any]:
        found: dict[str, Any] = {}
        source = low if "remove" in low else high
        self.mark(source["remove"], ("remove",))
        for section in SECTIONS:
            names = [*_listed(low, section), *_listed(high, section)]
            if names:
                found[section] = self._names(names, source["remove"], ("remove", section))
        return found

    def _names(self, names: list[str], source: Part, at: Path) -> list[str]:
        once = list(dict.fromkeys(names))
        self.values[at] = source.span()
        self.values |= {(*at, i): source.span() for i in range(len(once))}
        return once

    def _removed_exists(self, low: Part, high: Part) -> None:
        if "remove" not in high:
            return
        if not _is_mapping(high, "remove"):
            self.problem("CR006", high, "remove", value="…", expected="decisions: [a, b]")
        elif self.strict:
            for section in high["remove"].keys:
                if section not in SECTIONS:
                    part = high["remove"]
                    self.problem("CR004", part, section, key=section, known=SECTIONS)
                else:
                    known = low[section].keys if section in low else ()
                    self._known(_listed(high, section), known, high["remove"][section])

    def _known(self, names: list[str], known: Any, where: Part) -> None:
        for name in names:
            if name not in known:
                words = {"name": name, "suggestion": suggest(name, known)}
                self.problems.append(Diagnostic("CR101", where.span(), words))


def _is_mapping(part: Part, key: str, *, needed: bool = True) -> bool:
    return isinstance(part.plain.get(key), dict) if key in part else not needed


def _entries(part: Part, section: str) -> dict[str, Part]:
    return {n: part[section][n] for n in part[section].keys} if section in part else {}


def _listed(part: Part, section: str) -> list[str]:
    """Return the names that an overlay removes from a section."""
    remove: Mapping[str, Any] = part["remove"].plain if _is_mapping(part, "remove") else {}
    return list(_texts(remove.get(section)))


def _ids(part: Part, key: str) -> list[str]:
    return list(_texts(part[key].plain)) if key in part else []


def _texts(plain: Any) -> Iterator[str]:
    if isinstance(plain, str):
        yield plain
    elif isinstance(plain, list):
        yield from (p for p in plain if isinstance(p, str))


def _id(part: Part | None) -> Any:
    return part.plain.get("id") if part and isinstance(part.plain, dict) else None
