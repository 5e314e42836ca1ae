"""Column writing: answers as typed Arrow columns: the values, the status, the rules, and what is still to be asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from complaint_rules.answers import Answer, Decided, Undetermined
from complaint_rules.coded import NUMBER, Codes, Column, Flags, Numbers, Whole
from complaint_rules.column_buffers import Gathered, flags_array, wrapped
from complaint_rules.diagnostics import Diagnostic
from complaint_rules.domains import Domain, Enumeration, ListOf, Members, Ordered, Text, Truth
from complaint_rules.ruleset import ChecklistDecision, Decision, Ruleset, TableDecision, Type
from complaint_rules.values import to_json

WORDS = pa.dictionary(pa.int32(), pa.string())
# What is said of an answer besides its value; None is a number that was worked out.
Note = Callable[[Answer | None], str | None]
_MOST_DIGITS, _WIDEST, _FINE = 38, 76, 18


def type_of(domain: Domain, scale: int, zone: str) -> Any:
    """Return the Arrow type that holds a domain; `scale` is how many decimal places its numbers have at most."""
    match domain:
        case Enumeration() | Text():
            return WORDS
        case Truth():
            return pa.bool_()
        case Members():
            return pa.list_(pa.string())
        case ListOf(of):
            return pa.list_(_inside(type_of(of, scale, zone)))
        case Ordered("integer"):
            return pa.int64()
        case Ordered("date"):
            return pa.date32()
        case Ordered("datetime"):
            return pa.timestamp("us", zone)
        case Ordered("duration"):
            return pa.duration("us")
        case Ordered():
            return pa.decimal128(_MOST_DIGITS, scale) if scale <= _FINE else pa.decimal256(_WIDEST, _MOST_DIGITS)


def _inside(kind: Any) -> Any:
    """Return the type of a member of a list; text there is plain."""
    return pa.string() if kind == WORDS else kind


@dataclass
class ValueWriter:
    """One column of values: its name and type, and how to find its value in an answer's."""

    name: str
    type: Any
    pick: Callable[[Any], Any]

    def fitting(self, value: Any) -> Any:
        """Return a decided value as Arrow takes it.

        Raises:
            UnfitError: the column does not hold it.
        """
        plain = _plain(self.pick(value))
        try:
            pa.scalar(plain, self.type.value_type if self.type == WORDS else self.type)
        except (pa.ArrowInvalid, OverflowError):
            raise UnfitError(self.name, plain, self.type) from None
        return plain


class UnfitError(Exception):
    """A value that its column does not hold."""

    def __init__(self, name: str, value: Any, kind: Any) -> None:
        super().__init__(name)
        words = {"value": to_json(value), "low": "…", "high": str(kind)}
        self.diagnostic = Diagnostic("CR304", args=words, where=name)


def _plain(value: Any) -> Any:
    match value:
        case frozenset():
            return sorted(value)
        case tuple():
            return [_plain(v) for v in value]
        case Mapping():
            return {k: _plain(v) for k, v in value.items()}
        case _:
            return value


def value_writers(decision: Decision, ruleset: Ruleset, scales: Mapping[str, int]) -> Iterator[ValueWriter]:
    """Yield the columns of a decision's values: one an output, or one list."""
    name, outputs = decision.name, ruleset.outputs[decision.name]

    def kind(output: str, type_: Type) -> Any:
        return type_of(type_.domain, scales[f"{name}.{output}" if output else name], ruleset.time_zone)

    if isinstance(decision, TableDecision) and decision.gives_list and len(decision.outputs) > 1:
        parts = [(o, _inside(kind(o, Type(_member(t.domain))))) for o, t in decision.outputs.items()]
        yield ValueWriter(name, pa.list_(pa.struct(parts)), _itself)
        return
    for output, type_ in outputs.items():
        yield ValueWriter(f"{name}.{output}" if output else name, kind(output, type_), _picker(output))


def _member(domain: Domain) -> Domain:
    return domain.of if isinstance(domain, ListOf) else domain


def _itself(value: Any) -> Any:
    return value


def _picker(output: str) -> Callable[[Any], Any]:
    return (lambda value: value[output]) if output else _itself


def note_column(decision: str, note: str, values: Collection[str]) -> str:
    """Return the column of a note; where an output has that name already, with a `_` after it."""
    name = f"{decision}.{note}"
    return f"{name}_" if name in values else name


@dataclass
class AnswerWriter:
    """The columns of one decision; `kept` are those of the answers met so far, a null row last."""

    decision: Decision
    values: Sequence[ValueWriter]
    notes: Mapping[str, Note]
    said: list[list[Any]] = field(default_factory=list)  # of each column, for each answer met
    kept: list[Gathered] = field(default_factory=list)
    unfit: dict[int, Diagnostic] = field(default_factory=dict)
    met: int = 0

    def anew(self) -> AnswerWriter:
        """Return a writer of the same columns that has met no answers."""
        return AnswerWriter(self.decision, self.values, self.notes)

    @property
    def fields(self) -> list[tuple[str, Any]]:
        """The columns in order: values, then what else is said."""
        return [*((v.name, v.type) for v in self.values), *((n, WORDS) for n in self.note_columns)]

    @property
    def note_columns(self) -> dict[str, Note]:
        """What is said besides the values, by the name of its column."""
        taken = {v.name for v in self.values}
        return {note_column(self.decision.name, n, taken): note for n, note in self.notes.items()}

    def write(self, answers: Sequence[Answer | None], at: Codes, refused: Flags | None) -> list[Any]:
        """Return the columns of rows that have the answers of these numbers; nothing is said in the refused rows."""
        if self.met < len(answers) or not self.kept:
            self._keep(answers)
        places = at if refused is None else np.where(refused, np.int32(self.met), at)
        return [column.take(places, some_null=refused is not None) for column in self.kept]

    def unfit_rows(self, at: Codes) -> dict[int, Diagnostic]:
        """Return the rows whose value its column does not hold."""
        return {int(r): self.unfit[n] for n in self.unfit for r in np.flatnonzero(at == n)}

    def _keep(self, answers: Sequence[Answer | None]) -> None:
        """Note what the columns say of answers that were not met before."""
        self.said = self.said or [[] for _ in self.fields]
        new = list(enumerate(answers))[self.met :]
        self.met = len(answers)
        for said, writer in zip(self.said, self.values, strict=False):
            said += [self._value(i, a, writer) for i, a in new]
        for said, note in zip(self.said[len(self.values) :], self.notes.values(), strict=True):
            said += [note(a) for _, a in new]
        columns = zip(self.said, self.fields, strict=True)
        self.kept = [Gathered(array_of_list([*said, None], kind)) for said, (_, kind) in columns]

    def _value(self, number: int, answer: Answer | None, writer: ValueWriter) -> Any:
        if not isinstance(answer, Decided):
            return None
        try:
            return writer.fitting(answer.value)
        except UnfitError as error:
            self.unfit[number] = error.diagnostic
            return None


def array_of_list(values: list[Any], kind: Any) -> Any:
    """Return values as an Arrow array; words with a dictionary."""
    return pa.array(values, pa.string()).dictionary_encode() if kind == WORDS else pa.array(values, kind)


def answer_writer(
    decision: Decision, ruleset: Ruleset, scales: Mapping[str, int], wanted: Collection[str]
) -> AnswerWriter:
    """Return the writer of a decision's columns, with those notes that are wanted and that its kind has."""
    notes: dict[str, Note] = {"status": lambda answer: Decided.status if answer is None else answer.status}
    match decision:
        case TableDecision():
            notes["rules"] = lambda answer: _listed(answer.trace.rules if answer else ())
        case ChecklistDecision():
            notes["unmet"] = lambda answer: _listed(i for i, s in _items(answer) if s == "unmet")
        case _:
            pass
    notes["ask"] = lambda answer: _listed(answer.ask if isinstance(answer, Undetermined) else ())
    notes["unset"] = lambda answer: _listed(answer.unset if isinstance(answer, Undetermined) else ())
    chosen = {n: note for n, note in notes.items() if n in wanted}
    return AnswerWriter(decision, list(value_writers(decision, ruleset, scales)), chosen)


def _items(answer: Answer | None) -> Iterable[tuple[str, str]]:
    return answer.trace.items.items() if answer else ()


def _listed(names: Iterable[str]) -> str | None:
    return ", ".join(names) or None


# --- numbers worked out by columns -----------------------------------------------------------------------


def number_array(column: Column, listed: Any, answers: Codes, refused: Flags | None, kind: Any) -> Any:
    """Return a column of numbers: those that were worked out, and in other rows what was `listed` there."""
    assert column.numbers is not None  # noqa: S101 - only such columns come here
    is_number = answers == NUMBER if refused is None else (answers == NUMBER) & ~refused
    if is_number.all():
        return array_of(column.numbers, None, kind)
    worked = array_of(column.numbers, ~is_number, kind)
    return pc.if_else(flags_array(is_number), worked, listed)


def array_of(numbers: Numbers, nulls: Flags | None, kind: Any) -> Any:
    """Return exact numbers as an Arrow array."""
    whole, grid = numbers.whole, numbers.grid
    if nulls is not None:
        whole = np.where(nulls, 0, whole)
    if pa.types.is_decimal(kind):
        return _decimals(whole, kind, grid.scale, nulls)
    return wrapped(whole.astype(np.int32) if pa.types.is_date32(kind) else whole, kind, nulls)


def _decimals(whole: Whole, kind: Any, scale: int, nulls: Flags | None) -> Any:
    if scale > kind.scale:
        # What is finer than the column's places is 0 in every number, for their steps are wider than that.
        whole, scale = whole // 10 ** (scale - kind.scale), kind.scale
    factor = 10 ** (kind.scale - scale)
    most = max(-int(whole.min()), int(whole.max())) if whole.size else 0
    if kind.bit_width > 128 or most * factor >= 1 << 63:
        exact = [Decimal(w).scaleb(-scale) for w in whole.tolist()]
        return pa.array([None if nulls is not None and nulls[i] else d for i, d in enumerate(exact)], kind)
    low = whole * factor
    return wrapped(np.stack((low, low >> 63), axis=1), kind, nulls)
