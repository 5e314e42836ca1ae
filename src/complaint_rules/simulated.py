"""Simulated: what a run came to, counted: how often each value, status and rule occurred, and the sums of numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from complaint_rules.column_buffers import nulls_in, numbers_in
from complaint_rules.column_writing import WORDS, note_column
from complaint_rules.domains import EXACT
from complaint_rules.record_mapping import ROW
from complaint_rules.ruleset import Ruleset
from complaint_rules.values import to_json

# Of texts that are no listed values so many are counted each; the others together.
_MOST_TEXTS = 500
_UNCOUNTED = (".ask", ".unset", ".unmet")


def noted(ruleset: Ruleset, decision: str, note: str) -> str:
    """Return the column in which a note on a decision stands."""
    return note_column(decision, note, [f"{decision}.{o}" for o in ruleset.outputs[decision]])


@dataclass
class Tally:
    """One column of outcomes: how often each text occurred, or how many numbers there were and what they come to."""

    texts: Counter[str] = field(default_factory=Counter)
    others: int = 0
    numbers: int = 0
    total: Decimal | None = None
    low: Any = None
    high: Any = None

    def add(self, other: Tally) -> None:
        """Take in what was counted elsewhere."""
        self.texts.update(other.texts)
        self.others += other.others
        if len(self.texts) > 2 * _MOST_TEXTS:
            kept = sorted(self.texts.items(), key=lambda item: (-item[1], item[0]))[:_MOST_TEXTS]
            self.others += self.texts.total() - sum(n for _, n in kept)
            self.texts = Counter(dict(kept))
        self.numbers += other.numbers
        if other.total is not None:
            with localcontext(EXACT):
                self.total = other.total + (self.total or 0)
        self.low = min((v for v in (self.low, other.low) if v is not None), default=None)
        self.high = max((v for v in (self.high, other.high) if v is not None), default=None)

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.texts:
            found["texts"] = dict(sorted(self.texts.items()))
        if self.others:
            found["others"] = self.others
        if self.numbers:
            found["numbers"] = self.numbers
            found["low"], found["high"] = to_json(self.low), to_json(self.high)
        if self.total is not None:
            found["total"] = to_json(self.total)
        return found


def tally_from(plain: Mapping[str, Any]) -> Tally:
    """Return what was written by `to_json`; ends that are days or times stay text, which sorts the same."""
    total = plain.get("total")
    ends = [plain.get("low"), plain.get("high")]
    if total is not None:
        ends = [None if e is None else Decimal(e) for e in ends]
    texts = Counter({str(k): int(n) for k, n in plain.get("texts", {}).items()})
    number = None if total is None else Decimal(total)
    return Tally(texts, plain.get("others", 0), plain.get("numbers", 0), number, *ends)


def together(each: Iterable[Mapping[str, Tally]]) -> dict[str, Tally]:
    """Return the tallies of several pieces as one."""
    found: dict[str, Tally] = {}
    for tallies in each:
        for name, tally in tallies.items():
            found.setdefault(name, Tally()).add(tally)
    return found


def tally_of(made: Any) -> dict[str, Tally]:
    """Return what is in the columns of some outcomes."""
    found = {f.name: _tally(c) for f, c in zip(made.schema, made.columns, strict=True) if _is_counted(f.name)}
    return {n: t for n, t in found.items() if t is not None}


def _is_counted(name: str) -> bool:
    return name != ROW and not name.endswith(_UNCOUNTED)


def _tally(array: Any) -> Tally | None:
    kind = array.type
    if kind == WORDS:
        return Tally(_counted(array))
    if pa.types.is_boolean(kind):
        yes, known = pc.sum(array).as_py() or 0, len(array) - array.null_count
        counts = {"yes": yes, "no": known - yes}
        return Tally(Counter({k: n for k, n in counts.items() if n}))
    if pa.types.is_list(kind) and pa.types.is_string(kind.value_type):
        return Tally(_counted(array.flatten().dictionary_encode()))
    if pa.types.is_decimal(kind) or pa.types.is_integer(kind):
        return _summed(array)
    if pa.types.is_temporal(kind) and not pa.types.is_duration(kind):
        return _ends(array)
    return None


def _counted(array: Any) -> Counter[str]:
    places, nulls = numbers_in(array.indices), nulls_in(array.indices)
    places = places if nulls is None else places[~nulls]
    counts = np.bincount(places, minlength=len(array.dictionary)).tolist()
    found: Counter[str] = Counter()
    for text, count in zip(array.dictionary.to_pylist(), counts, strict=True):
        if count and text is not None:
            found[text] += count
    return found


def _summed(array: Any) -> Tally:
    known = len(array) - array.null_count
    if not known:
        return Tally()
    low, high = pc.min_max(array).as_py().values()
    wide = array.cast(pa.decimal256(76, array.type.scale)) if pa.types.is_decimal(array.type) else array
    exact = wide if pa.types.is_decimal(wide.type) else array.cast(pa.decimal128(38, 0))
    return Tally(numbers=known, total=Decimal(pc.sum(exact).as_py()), low=Decimal(low), high=Decimal(high))


def _ends(array: Any) -> Tally:
    known = len(array) - array.null_count
    if not known:
        return Tally()
    ends = pc.min_max(array)
    return Tally(numbers=known, low=_text(ends["min"]), high=_text(ends["max"]))


def _text(scalar: Any) -> str:
    """Return a day or an instant, the latter in UTC, as text that sorts as it does."""
    plain = scalar if pa.types.is_date(scalar.type) else scalar.cast(pa.timestamp(scalar.type.unit, "UTC"))
    return str(plain.cast(pa.string()).as_py())
