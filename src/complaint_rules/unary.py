"""Unary: one cell of a rule, as it was written, as a test of its column's values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from complaint_rules.domains import (
    ABSENT,
    NOT_REGULATED,
    OTHER,
    Anything,
    Contains,
    Domain,
    Enumeration,
    Interval,
    Is,
    ListOf,
    Members,
    OneOf,
    Ordered,
    ParameterRef,
    Sign,
    Test,
    Text,
    Truth,
    Within,
)
from complaint_rules.values import BadValueError, from_text, to_json
from complaint_rules.words import Label, suggest

_SIGN_CELLS: Mapping[str, Is] = {
    "unknown": Is(ABSENT),
    "known": Is(ABSENT, negated=True),
    "not_regulated": Is(NOT_REGULATED),
    "regulated": Is(NOT_REGULATED, negated=True),
}
_SET_TESTS = ("has", "any_of", "all_of", "none_of")
_COMPARISON = re.compile(r"(<=|>=|<|>)\s*(\S.*)\Z", re.DOTALL)
_ID = re.compile(r"[a-z_]\w*\Z", re.ASCII)

_EMPTY = Label(zh="此处为空；任何值都可以时写 `-`", en="there is nothing here; write `-` for any value")
_NO_VALUES = Label(zh="没有列出任何值", en="it lists no value")
_NESTED = Label(zh="列表中只能写单个的值或范围", en="a list holds single values or ranges")
_ALONE = Label(
    zh="它只能单独使用，不能放进列表；可在 `when` 中写成几种并列情形",
    en="it stands alone, not in a list; write the alternatives as a list of mappings in `when`",
)
_WIDE = Label(zh="用了全角或特殊符号", en="it has full-width or unusual signs")
_ONLY_SETS = Label(zh="`has`、`any_of` 等条件只用于集合列", en="`has`, `any_of` and the like are for sets")
_ONLY_SIGNS = Label(
    zh="本列是自由文本或列表，只能写 `-`、`known`、`unknown`；如需比较请用表达式",
    en="text and lists take only `-`, `known` and `unknown`; write an expression and test that",
)
_SET_NEEDS = Label(
    zh="集合列须写明 `has`、`any_of`、`all_of`、`none_of` 或 `empty`",
    en="a set needs `has`, `any_of`, `all_of`, `none_of` or `empty`",
)
_FREE_SET = Label(
    zh="本集合没有列出取值，只能在公式中使用", en="this set lists no values and can be used in formulas only"
)
_NEVER: Mapping[Sign, Label] = {
    ABSENT: Label(
        zh="`unknown` / `known` 只用于设为 `optional: true` 的输入",
        en="`unknown` and `known` are for inputs with `optional: true`, others are never absent",
    ),
    NOT_REGULATED: Label(
        zh="`not_regulated` / `regulated` 只用于可能不作规定（有 `refer_to`）的判定",
        en="`not_regulated` and `regulated` are for decisions that may be silent (`refer_to`)",
    ),
}


@dataclass(frozen=True, slots=True)
class _Column:
    """What a cell is read against: its domain, its sign, and the parameters that may bound it."""

    domain: Domain
    sign: Sign | None
    parameters: Mapping[str, Domain]


def parse_cell(plain: Any, domain: Domain, *, sign: Sign | None, parameters: Mapping[str, Domain]) -> Test:
    """Return what a cell (text, list or mapping of a file) asks of a value of the domain.

    `sign` is the answer without a value that can occur in this column; `parameters` may be bounds.

    Raises:
        BadValueError: the cell cannot be read, or does not fit the column.
    """
    column = _Column(domain, sign, parameters)
    match plain:
        case str():
            return _text_cell(plain.strip(), column)
        case Mapping():
            return _set_cell(plain, domain)
        case _:
            return _list_cell(plain, column)


def show_cell(plain: Any) -> str:
    """Return the cell on one line, much as it was written."""
    match plain:
        case str():
            return " ".join(plain.split())
        case Mapping():
            return "{" + ", ".join(f"{k}: {show_cell(v)}" for k, v in plain.items()) + "}"
        case _:
            return "[" + ", ".join(show_cell(part) for part in plain) + "]"


# --- texts ------------------------------------------------------------------------------------------


def _text_cell(text: str, column: _Column) -> Test:
    try:
        return _read_text(text, column)
    except BadValueError as error:
        mended = _mended(text, column)
        if mended is None:
            raise
        if error.code == "CR303":
            raise BadValueError(error.code, **{**error.args_of, "suggestion": mended}) from None
        raise BadValueError("CR104", cell=text, problem=_WIDE, suggestion=mended) from None


def _read_text(text: str, column: _Column) -> Test:
    if not text:
        raise BadValueError("CR104", cell=text, problem=_EMPTY)
    if text == "-":
        return Anything()
    if text in _SIGN_CELLS:
        return _sign_cell(text, column)
    if text.startswith("not(") and text.endswith(")") and not isinstance(column.domain, (Members, Text, ListOf)):
        return _union(text, _split(text[4:-1]), column, negated=True)
    return _value_cell(text, column)


def _sign_cell(text: str, column: _Column) -> Is:
    test = _SIGN_CELLS[text]
    if test.sign is not column.sign:
        raise BadValueError("CR105", cell=text, kind=_NEVER[test.sign])
    return test


def _value_cell(text: str, column: _Column) -> Test:
    match column.domain:
        case Enumeration() | Truth() | Ordered():
            return _union(text, [text], column, negated=False)
        case Members(values) as members:
            if text == "empty" and values is not None:
                return Contains(none_of=frozenset(_listed(members)))
            raise _not_a_set_test(text, [text], members)
        case Text() | ListOf():
            raise BadValueError("CR105", cell=text, kind=_ONLY_SIGNS)


def _list_cell(parts: Sequence[Any], column: _Column) -> Test:
    shown = show_cell(parts)
    match column.domain:
        case Members() as members:
            raise _not_a_set_test(shown, parts, members)
        case Text() | ListOf():
            raise BadValueError("CR105", cell=shown, kind=_ONLY_SIGNS)
        case Enumeration() | Truth() | Ordered():
            return _union(shown, [_part(p, shown, column) for p in parts], column, negated=False)


def _part(part: Any, shown: str, column: _Column) -> str:
    """Return a member of a list if it may stand there."""
    if not isinstance(part, str):
        raise BadValueError("CR104", cell=shown, problem=_NESTED)
    text = part.strip()
    if text == "-" or text in _SIGN_CELLS or text.startswith("not("):
        raise BadValueError("CR105", cell=text, kind=_ALONE)
    _text_cell(text, column)
    return text


def _union(cell: str, parts: Sequence[str], column: _Column, *, negated: bool) -> OneOf | Within:
    if not parts:
        raise BadValueError("CR104", cell=cell, problem=_NO_VALUES)
    match column.domain:
        case Ordered() as domain:
            return Within(tuple(_interval(p, domain, column.parameters) for p in parts), negated)
        case domain:
            return OneOf(frozenset(_value(p, domain) for p in parts), negated)


def _value(text: str, domain: Domain) -> object:
    """Return a listed value, or OTHER for those that an open list does not name."""
    if not isinstance(domain, Enumeration):
        return from_text(text, domain)
    if text == "other" and domain.open:
        return OTHER
    return from_text(text, replace(domain, open=False))


def _split(text: str) -> list[str]:
    """Return the parts between commas; an empty text has none."""
    return [p.strip() for p in text.split(",")] if text.strip() else []


# --- ranges -----------------------------------------------------------------------------------------


def _interval(text: str, domain: Ordered, parameters: Mapping[str, Domain]) -> Interval:
    if found := _COMPARISON.match(text):
        return _half_line(found[1], _bound(found[2], domain, parameters))
    if text[:1] in ("[", "(") and text[-1:] in ("]", ")") and ".." in text:
        low_text, _, high_text = text[1:-1].partition("..")
        low, high = (_bound(t.strip(), domain, parameters) for t in (low_text, high_text))
        return _checked(Interval(low, high, low_open=text[0] == "(", high_open=text[-1] == ")"))
    point = _bound(text, domain, parameters)
    return Interval(point, point)


def _half_line(sign: str, bound: object) -> Interval:
    is_open = len(sign) == 1
    return Interval(low=bound, low_open=is_open) if sign[0] == ">" else Interval(high=bound, high_open=is_open)


def _bound(text: str, domain: Ordered, parameters: Mapping[str, Domain]) -> object:
    if text in parameters:
        return _reference(text, domain, parameters[text])
    if _ID.match(text):
        known = [*(n for n, d in parameters.items() if _may_bound(d, domain)), *_SIGN_CELLS]
        raise BadValueError("CR101", name=text, suggestion=suggest(text, known))
    return from_text(text, Ordered(domain.kind))


def _reference(name: str, domain: Ordered, given: Domain) -> ParameterRef:
    if _may_bound(given, domain):
        return ParameterRef(name)
    kind = given.kind if isinstance(given, Ordered) else "-"
    problem = Label(
        zh=f"参数 `{name}` 的类型（{kind}）与本列（{domain.kind}）不同",
        en=f"the parameter `{name}` is of another type ({kind}) than the column ({domain.kind})",
    )
    raise BadValueError("CR105", cell=name, kind=problem)


def _may_bound(given: Domain, domain: Ordered) -> bool:
    if not isinstance(given, Ordered):
        return False
    return given.kind == domain.kind or (given.kind, domain.kind) == ("integer", "decimal")


def _checked(interval: Interval) -> Interval:
    low, high = interval.low, interval.high
    if low is None or high is None or isinstance(low, ParameterRef) or isinstance(high, ParameterRef):
        return interval
    if low > high or (low == high and (interval.low_open or interval.high_open)):
        raise BadValueError("CR116", low=to_json(low), high=to_json(high))
    return interval


# --- sets -------------------------------------------------------------------------------------------


def _set_cell(cell: Mapping[str, Any], domain: Domain) -> Contains:
    shown = show_cell(cell)
    if not isinstance(domain, Members):
        raise BadValueError("CR105", cell=shown, kind=_ONLY_SETS)
    if domain.values is None:
        raise BadValueError("CR105", cell=shown, kind=_FREE_SET)
    if not cell:
        raise BadValueError("CR104", cell=shown, problem=_SET_NEEDS)
    found = {key: _members(key, asked, domain) for key, asked in cell.items()}
    none: frozenset[object] = frozenset()
    return Contains(
        any_of=found.get("any_of", none),
        all_of=found.get("all_of", none) | found.get("has", none),
        none_of=found.get("none_of", none),
    )


def _members(key: str, asked: Any, domain: Members) -> frozenset[object]:
    if key not in _SET_TESTS:
        raise BadValueError("CR004", key=key, suggestion=suggest(key, _SET_TESTS))
    parts = [asked] if isinstance(asked, str) else asked
    if not parts:
        raise BadValueError("CR104", cell=show_cell({key: asked}), problem=_NO_VALUES)
    if isinstance(parts, Mapping) or not all(isinstance(p, str) for p in parts):
        raise BadValueError("CR104", cell=show_cell({key: asked}), problem=_NESTED)
    listed = Enumeration(domain.values or (), domain.open)
    return frozenset(_value(p.strip(), listed) for p in parts)


def _listed(domain: Members) -> Iterable[object]:
    return (*(domain.values or ()), *((OTHER,) if domain.open else ()))


def _not_a_set_test(cell: str, parts: Sequence[Any], domain: Members) -> BadValueError:
    problem = _FREE_SET if domain.values is None else _SET_NEEDS
    return BadValueError("CR105", cell=cell, kind=problem, suggestion=_as_set_test(parts, domain))


def _as_set_test(parts: Sequence[Any], domain: Members) -> str | None:
    """Return the set test that a bare value, a list or a negation was probably meant to be."""
    negated = len(parts) == 1 and isinstance(parts[0], str) and re.match(r"not\((.*)\)\Z", parts[0])
    texts = _split(negated[1]) if negated else parts
    known = {*map(str, domain.values or ()), *(("other",) if domain.open else ())}
    if not texts or not all(isinstance(t, str) and t in known for t in texts):
        return None
    key = "none_of" if negated else "has" if len(texts) == 1 else "any_of"
    return show_cell({key: texts[0] if key == "has" else list(texts)})


# --- what was probably meant -------------------------------------------------------------------------

_LONGEST_MENDED = 200
_SIGNS = {"≥": ">=", "≤": "<=", "≠": "!=", "、": ",", "=>": ">=", "=<": "<=", "~": "..", "。": "."}
_QUOTES = dict.fromkeys("“”‘’\"'")


def _mended(text: str, column: _Column) -> str | None:
    """Return the cell with plain signs and brackets, if that makes it one."""
    if len(text) > _LONGEST_MENDED:
        return None
    plain = unicodedata.normalize("NFKC", text).translate({ord(q): None for q in _QUOTES})
    for sign, ascii_sign in _SIGNS.items():
        plain = plain.replace(sign, ascii_sign)
    for candidate in _candidates(plain.strip()):
        parts = _split(candidate[1:-1]) if candidate.startswith("[") and "," in candidate else [candidate]
        if candidate != text and all(_fits(p, column) for p in parts):
            return candidate
    return None


def _candidates(plain: str) -> Iterable[str]:
    yield plain
    yield f"[{plain}]"
    yield plain.lower()
    if plain.startswith("!="):
        yield f"not({plain[2:].strip()})"
    yield plain.lstrip("=").strip()
    yield re.sub(r"\Anot\s+\(", "not(", plain)


def _fits(text: str, column: _Column) -> bool:
    try:
        _read_text(text, column)
    except BadValueError:
        return False
    return True
