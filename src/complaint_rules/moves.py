"""Moves: the ways in which a decision's answers move from one ruleset to another, each counted, with its money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from complaint_rules.coded import Codes, Flags
from complaint_rules.column_buffers import flags_in, nulls_in, numbers_in, wrapped
from complaint_rules.column_writing import WORDS, note_column
from complaint_rules.domains import EXACT
from complaint_rules.edits import Edits

_SAMPLES = 3


@dataclass
class Move:
    """Rows that a decision answers otherwise: what it said, what it says, how many, and the sums of its amounts."""

    decision: str
    old: Mapping[str, str | None]  # by column: value, status, rules; an amount that varies by row is left out
    new: Mapping[str, str | None]
    causes: tuple[str, ...]
    rows: int = 0
    money: dict[str, list[Decimal]] = field(default_factory=dict)  # column -> before and after
    samples: list[int] = field(default_factory=list)
    slices: dict[str, Counter[str]] = field(default_factory=dict)


class MoveCounter:
    """The moves of one decision: each way to move has a number from one up, and 0 is not to move."""

    def __init__(
        self, decision: str, edits: Edits, money: Sequence[str], *, by_cells: bool, values: Collection[str]
    ) -> None:
        self.decision, self.edits, self.money, self.by_cells = decision, edits, money, by_cells
        self.values = values
        self.moves: list[Move] = []
        self.known: dict[tuple[int, ...], int] = {}
        self.words: list[str | None] = [None]
        self.codes: dict[str | None, int] = {None: 0}

    def ids(self, old: Any, new: Any) -> Codes:
        """Return the way in which each row moves."""
        names = [n for n in dict.fromkeys((*old.schema.names, *new.schema.names)) if self._is_mine(n)]
        sides = [[self._coded(m, n) for n in names] for m in (old, new)]
        moved = np.zeros(old.num_rows, np.bool_)
        for before, after in zip(*sides, strict=True):
            moved |= before != after
        for name in names:
            if self._is_number(old, name) and self._is_number(new, name):
                moved |= _unequal(_column(old, name), _column(new, name))
        found = np.zeros(old.num_rows, np.int32)
        at = np.flatnonzero(moved)
        if at.size:
            keys = np.stack([c[at] for side in sides for c in side], axis=1)
            distinct, places = np.unique(keys, axis=0, return_inverse=True)
            found[at] = np.array([self._id(tuple(k), names) for k in distinct.tolist()], np.int32)[places.reshape(-1)]
        return found

    def _is_mine(self, name: str) -> bool:
        return name.partition(".")[0] == self.decision

    def _is_number(self, made: Any, name: str) -> bool:
        """Return whether a column has numbers or times that are no part of a way to move."""
        if self.by_cells or name not in made.schema.names:
            return False
        kind = _column(made, name).type
        return bool(pa.types.is_decimal(kind) or pa.types.is_integer(kind) or pa.types.is_temporal(kind))

    def _coded(self, made: Any, name: str) -> Codes:
        """Return a column's texts as numbers; what varies by row, as nothing."""
        if name not in made.schema.names or self._is_number(made, name):
            return np.zeros(made.num_rows, np.int32)
        column = _texts(_column(made, name))
        coded = column if column.type == WORDS else column.dictionary_encode()
        lookup = np.array([*(self._code(t) for t in coded.dictionary.to_pylist()), 0], np.int32)
        places, nulls = numbers_in(coded.indices), nulls_in(coded.indices)
        return lookup.take(places if nulls is None else np.where(nulls, len(lookup) - 1, places))

    def _code(self, text: str | None) -> int:
        if text not in self.codes:
            self.codes[text] = len(self.words)
            self.words.append(text)
        return self.codes[text]

    def _id(self, key: tuple[int, ...], names: Sequence[str]) -> int:
        found = self.known.get(key)
        if found is None:
            said = [self.words[k] for k in key]
            old = dict(zip(names, said[: len(names)], strict=True))
            new = dict(zip(names, said[len(names) :], strict=True))
            by = note_column(self.decision, "rules", self.values)
            rules = {r for s in (old, new) for r in (s.get(by) or "").split(", ") if r}
            self.moves.append(Move(self.decision, old, new, self.edits.causes(self.decision, rules)))
            found = self.known[key] = len(self.moves)
        return found

    def count(self, ids: Codes, rows: Any, slices: Sequence[tuple[str, Codes, list[str]]]) -> None:
        """Count rows by the way in which they move."""
        counts = np.bincount(ids, minlength=len(self.moves) + 1)
        for number in np.flatnonzero(counts[1:]) + 1:
            move = self.moves[number - 1]
            move.rows += int(counts[number])
            if len(move.samples) < _SAMPLES:
                move.samples += rows[np.flatnonzero(ids == number)[: _SAMPLES - len(move.samples)]].tolist()
        for name, codes, words in slices:
            joint = np.bincount(ids * np.int64(len(words)) + codes, minlength=(len(self.moves) + 1) * len(words))
            table = joint.reshape(-1, len(words))
            for number in np.flatnonzero(counts[1:]) + 1:
                told = {w: int(n) for w, n in zip(words, table[number].tolist(), strict=True) if n}
                self.moves[number - 1].slices.setdefault(name, Counter()).update(told)

    def add_money(self, ids: Codes, old: Any, new: Any) -> None:
        """Add the amounts of rows that move, before and after."""
        at = np.flatnonzero(ids)
        if not at.size or not self.money:
            return
        groups = wrapped(ids[at], pa.int32())
        for name in self.money:
            sums = [_sums(groups, _column(m, name).take(wrapped(at.astype(np.int64), pa.int64()))) for m in (old, new)]
            for number in {*sums[0], *sums[1]}:
                self._add(self.moves[number - 1], name, *(s.get(number) or Decimal(0) for s in sums))

    def _add(self, move: Move, name: str, before: Decimal, after: Decimal) -> None:
        with localcontext(EXACT):
            held = move.money.setdefault(name, [Decimal(0), Decimal(0)])
            held[0] += before
            held[1] += after

    def finished(self) -> list[Move]:
        """Return the moves that occurred; amounts that are part of a way to move are as often as its rows."""
        found = [m for m in self.moves if m.rows]
        for move in found if self.by_cells else ():
            for name in self.money:
                self._add(move, name, *(Decimal(s.get(name) or 0) * move.rows for s in (move.old, move.new)))
        return found


def _column(made: Any, name: str) -> Any:
    return made.column(made.schema.get_field_index(name))


def _texts(column: Any) -> Any:
    """Return a column as texts."""
    kind = column.type
    if kind == WORDS:
        return column
    if pa.types.is_list(kind):
        inner = kind.value_type
        if pa.types.is_string(inner):
            return pc.binary_join(column, ", ")
        return pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())
    if pa.types.is_boolean(kind):
        return pc.if_else(column, "yes", "no")
    return column.cast(pa.string())


def _unequal(one: Any, other: Any) -> Flags:
    """Return which rows differ, null being like null."""
    if one.type != other.type and pa.types.is_decimal(one.type) and pa.types.is_decimal(other.type):
        wide = pa.decimal256(76, max(one.type.scale, other.type.scale))
        one, other = one.cast(wide), other.cast(wide)
    elif one.type != other.type:
        one, other = one.cast(pa.string()), other.cast(pa.string())
    differ = pc.not_equal(one, other).fill_null(False)
    return flags_in(pc.or_(differ, pc.xor(pc.is_null(one), pc.is_null(other)))) if len(one) else np.zeros(0, np.bool_)


def _sums(groups: Any, amounts: Any) -> dict[int, Decimal]:
    found = pa.table({"move": groups, "amount": amounts.cast(pa.decimal256(76, amounts.type.scale))})
    sums = found.group_by("move", use_threads=False).aggregate([("amount", "sum")])
    return dict(zip(sums.column("move").to_pylist(), sums.column("amount_sum").to_pylist(), strict=True))
