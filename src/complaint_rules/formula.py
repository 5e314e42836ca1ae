"""Formula: an expression over named values, checked for kinds and compiled to exact arithmetic."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from enum import Enum
from fractions import Fraction
from operator import itemgetter
from typing import Any

from complaint_rules.domains import (
    ABSENT,
    EXACT,
    NOT_REGULATED,
    Domain,
    Enumeration,
    ListOf,
    Members,
    Ordered,
    OrderedKind,
    Text,
    Truth,
)
from complaint_rules.limits import DEFAULT_LIMITS
from complaint_rules.words import Label, suggest

NESTING = 40
Run = Callable[[Mapping[str, Any]], Any]
# 250 operands of at most 200 digits: no sum or product inside one formula is ever rounded.
_WIDE = Context(prec=60_000, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[InvalidOperation, DivisionByZero, Overflow])
_WIDEST_INTEGER = 10**200


class Unknown(Enum):
    """The value of a formula that still waits for an operand."""

    UNKNOWN = "unknown"

    @property
    def is_unknown(self) -> bool:
        return True


UNKNOWN = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True)
class FormulaType:
    """What a name in a formula holds."""

    domain: Domain
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression and the domain of its value; `run` evaluates it over a mapping of names.

    `needs_rounding`: its value is a number that a division may leave without an end.
    """

    text: str
    names: tuple[str, ...]
    domain: Domain
    currency: str
    needs_rounding: bool
    types: Mapping[str, FormulaType] = field(repr=False, compare=False)
    exact: Run = field(repr=False, compare=False)  # every operand is known, or it raises OpenOperandError
    run: Run = field(repr=False, compare=False)
    waits: Run = field(repr=False, compare=False)  # the same, but what is unknown lists its names
    divisors: tuple[Run, ...] = field(default=(), repr=False, compare=False)

    def may_divide_by_zero(self, values: Mapping[str, Any]) -> bool:
        """Report whether a divisor is zero, or could still be."""
        found = (d(values) for d in self.divisors)
        return any(isinstance(v, _Waits) or v is NOT_REGULATED or v == 0 for v in found)


class OpenOperandError(Exception):
    """An operand is unknown, absent or not regulated."""


class FormulaError(ValueError):
    """A formula that cannot be used: a code, the words of its sentence, and the column from 1."""

    def __init__(self, code: str, args: Mapping[str, object], column: int) -> None:
        super().__init__(code)
        self.code = code
        self.args_of = args
        self.column = column


def parse_formula(text: str, types: Mapping[str, FormulaType]) -> Formula:
    """Return the formula that a text means, with names of these types.

    Raises:
        FormulaError: it is no formula, or its parts do not fit together.
    """
    if len(text) > DEFAULT_LIMITS.formula:
        most = DEFAULT_LIMITS.formula
        problem = Label(zh=f"超过 {most} 个字符", en=f"it has more than {most} characters")
        raise FormulaError("CR106", {"problem": problem}, 1)
    return _formula(text, types)


def evaluate(formula: Formula, lookup: Callable[[str], Any]) -> Any:
    """Return the value, NOT_REGULATED, or UNKNOWN where an operand that matters is unknown."""
    return formula.run({n: lookup(n) for n in formula.names})


def unknown_names(formula: Formula, lookup: Callable[[str], Any]) -> tuple[str, ...]:
    """Return the unknown operands that the value waits for, without those decided away."""
    found = formula.waits({n: lookup(n) for n in formula.names})
    return tuple(dict.fromkeys(found.names)) if isinstance(found, _Waits) else ()


def rename(formula: Formula, mapping: Mapping[str, str]) -> Formula:
    """Return the same formula over other names."""
    tokens = _tokens(formula.text)
    parts: list[str] = []
    at = 0
    for token in tokens:
        is_name = token.kind == "name" and token.text in formula.types
        parts += [formula.text[at : token.start], mapping.get(token.text, token.text) if is_name else token.text]
        at = token.start + len(token.text)
    types = {mapping.get(n, n): t for n, t in formula.types.items()}
    return _formula("".join(parts) + formula.text[at:], types)


def _formula(text: str, types: Mapping[str, FormulaType]) -> Formula:
    tokens = _tokens(text)
    divides = any(t.kind == "sign" and t.text == "/" for t in tokens)
    parser = _Parser(tokens, types, in_fractions=divides)
    root = parser.whole()
    names = tuple(dict.fromkeys(parser.names))
    used = {n: types[n] for n in names}
    domain = root.type.domain
    waits = _guarded(_open_run(root), names)
    finish = _finish(domain, in_fractions=divides)
    exact = _exact(names, _fast(root), finish)
    is_number = isinstance(domain, Ordered) and domain.kind in _NUMBERS
    divisors = tuple(_guarded(_open_run(d), names) for d in _divisors(root))
    return Formula(
        text,
        names,
        domain,
        root.type.currency,
        divides and is_number,
        used,
        exact,
        _runner(exact, waits, finish),
        waits,
        divisors,
    )


def _divisors(node: _Node) -> Iterator[_Node]:
    match node:
        case _Apply(_, function, parts):
            if function is operator.truediv:
                yield parts[1]
            for part in parts:
                yield from _divisors(part)
        case _Logic(_, _, left, right):
            yield from _divisors(left)
            yield from _divisors(right)
        case _:
            return


# --- trees ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Literal:
    type: FormulaType
    value: Any
    column: int = 0


@dataclass(frozen=True, slots=True)
class _Name:
    type: FormulaType
    name: str
    in_fractions: bool


@dataclass(frozen=True, slots=True)
class _Apply:
    """A function of the values of its parts."""

    type: FormulaType
    function: Callable[..., Any]
    parts: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Logic:
    """`and` (decided by no) or `or` (decided by yes)."""

    type: FormulaType
    decisive: bool
    left: _Node
    right: _Node


_Node = _Literal | _Name | _Apply | _Logic
_NUMBERS = ("integer", "decimal", "money")
_TRUTH = FormulaType(Truth())


# --- running ----------------------------------------------------------------------------------------


class _Waits:
    """An unknown value, and the names of the operands it waits for."""

    __slots__ = ("names",)

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names


_KNOWN_TYPES = frozenset((int, bool, str, Decimal, date, datetime, timedelta, frozenset, tuple, Fraction))


def _is_open(value: Any) -> bool:
    if type(value) in _KNOWN_TYPES:
        return False
    return value is UNKNOWN or value is ABSENT or bool(getattr(value, "is_unknown", False))


def _exact(names: tuple[str, ...], fast: Run, finish: Callable[[Any], Any]) -> Run:
    """Return the function of known operands; it raises OpenOperandError for any other."""
    known = _KNOWN_TYPES

    def run(values: Mapping[str, Any]) -> Any:
        for name in names:
            if type(values[name]) not in known:
                raise OpenOperandError
        return fast(values) if finish is _same else finish(fast(values))

    return run


def _runner(exact: Run, waits: Run, finish: Callable[[Any], Any]) -> Run:
    """Return the function that tries the two-valued closure first, and else the three-valued one."""

    def run(values: Mapping[str, Any]) -> Any:
        try:
            return exact(values)
        except OpenOperandError:
            found = waits(values)
            return UNKNOWN if type(found) is _Waits else found if found is NOT_REGULATED else finish(found)
        except ArithmeticError:
            # The procedure says nothing about a quotient by zero, or a date after the year 9999.
            return NOT_REGULATED

    return run


def _guarded(run: Run, names: tuple[str, ...]) -> Run:
    """Return the function that lets a silent operand win over everything."""

    def guarded(values: Mapping[str, Any]) -> Any:
        for name in names:
            if values[name] is NOT_REGULATED:
                return NOT_REGULATED
        try:
            return run(values)
        except ArithmeticError:
            return NOT_REGULATED

    return guarded


def _finish(domain: Domain, *, in_fractions: bool) -> Callable[[Any], Any]:
    """Return what brings the exact result of the tree into the domain's kind of value."""
    if not isinstance(domain, Ordered) or domain.kind not in _NUMBERS:
        return _same
    if domain.kind == "integer":
        return _whole
    return _quotient if in_fractions else EXACT.plus


def _same(value: Any) -> Any:
    return value


def _whole(value: Any) -> int:
    whole = int(value)
    if -_WIDEST_INTEGER < whole < _WIDEST_INTEGER:
        return whole
    raise OverflowError


def _quotient(value: Fraction) -> Decimal:
    return EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))


def _fast(node: _Node) -> Run:
    """Return the closure for known operands."""
    match node:
        case _Literal(_, value, _):
            return lambda _: value
        case _Name(_, name, in_fractions):
            return (lambda values: Fraction(values[name])) if in_fractions else itemgetter(name)
        case _Logic(_, decisive, left, right):
            return _either(decisive, _fast(left), _fast(right))
        case _Apply(_, function, (part,)):
            only = _fast(part)
            return lambda values: function(only(values))
        case _Apply(_, function, (left, right)):
            one, two = _fast(left), _fast(right)
            return lambda values: function(one(values), two(values))
        case _Apply(_, function, parts):
            runs = [_fast(p) for p in parts]
            return lambda values: function(*[r(values) for r in runs])


def _either(decisive: bool, left: Run, right: Run) -> Run:
    def run(values: Mapping[str, Any]) -> Any:
        try:
            if left(values) is decisive:
                return decisive
        except ArithmeticError:
            # A part without a value is as good as none where the other part decides.
            if right(values) is decisive:
                return decisive
            raise
        return right(values)

    return run


def _open_run(node: _Node) -> Run:
    """Return the closure for operands that may be unknown: Kleene's logic."""
    match node:
        case _Name(_, name, _):
            known = _fast(node)
            return lambda values: _Waits((name,)) if _is_open(values[name]) else known(values)
        case _Logic(_, decisive, left, right):
            return _open_either(decisive, _open_run(left), _open_run(right))
        case _Apply(_, function, parts):
            return _open_apply(function, [_open_run(p) for p in parts])
        case _:
            return _fast(node)


def _open_either(decisive: bool, left: Run, right: Run) -> Run:
    def run(values: Mapping[str, Any]) -> Any:
        one, two = _outcome(left, values), _outcome(right, values)
        if one is decisive or two is decisive:
            return decisive
        if isinstance(one, _Waits):
            return _join((one, two)) if isinstance(two, _Waits) else one
        if isinstance(two, _Waits):
            return two
        for failed in (one, two):
            if isinstance(failed, ArithmeticError):
                raise failed
        return not decisive

    return run


def _outcome(run: Run, values: Mapping[str, Any]) -> Any:
    try:
        return run(values)
    except ArithmeticError as error:
        return error


def _open_apply(function: Callable[..., Any], runs: Sequence[Run]) -> Run:
    def run(values: Mapping[str, Any]) -> Any:
        found = [r(values) for r in runs]
        waiting = [x for x in found if isinstance(x, _Waits)]
        return _join(waiting) if waiting else function(*found)

    return run


def _join(waiting: Sequence[_Waits]) -> _Waits:
    if len(waiting) == 1:
        return waiting[0]
    return _Waits(tuple(dict.fromkeys(n for w in waiting for n in w.names)))


# --- tokens -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # name, number, text, sign, end
    text: str
    start: int

    @property
    def column(self) -> int:
        return self.start + 1


_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?![\w.]))|(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)"
    r"|(?P<text>'[^'\n]*'|\"[^\"\n]*\")|(?P<sign>!=|<=|>=|==|<>|&&|\|\||[-+*/=<>(),\[\]]))",
    re.ASCII,
)
_MEANT = {
    "==": "=", "<>": "!=", "&&": "and", "||": "or", "（": "(", "）": ")", "，": ",", "＝": "=", "＞": ">", "＜": "<",
    "≥": ">=", "≤": "<=", "≠": "!=", "×": "*", "÷": "/", "＋": "+", "－": "-", "“": '"', "”": '"', "‘": "'", "’": "'",
    "＊": "*", "／": "/", "%": "/ 100", "!": "not", "、": ",", "&": "and", "|": "or",
}  # fmt: skip
_WORDS = frozenset({"and", "or", "not", "in", "yes", "no"})
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {"min": min, "max": max}


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        token = _TOKEN.match(text, at)
        if token is None or token.lastgroup is None or token[token.lastgroup] in _MEANT:
            raise _odd_sign(text, at)
        found.append(_Token(token.lastgroup, token[token.lastgroup], token.start(token.lastgroup)))
        at = token.end()
    return [*found, _Token("end", "", end)]


def _odd_sign(text: str, at: int) -> FormulaError:
    at += len(text[at:]) - len(text[at:].lstrip())
    double = text[at : at + 2]
    sign = double if double in _MEANT else text[at]
    if sign in ("'", '"'):
        return _unreadable(Label(zh=f"引号 `{sign}` 没有成对", en=f"the quote `{sign}` is not closed"), at + 1)
    if sign.isdigit():
        sign = text[at:].split(maxsplit=1)[0]
    return _unreadable(Label(zh=f"不认识 `{sign}`", en=f"`{sign}` has no meaning here"), at + 1, _MEANT.get(sign))


def _unreadable(problem: Label, column: int, suggestion: str | None = None) -> FormulaError:
    return FormulaError("CR106", {"problem": problem, "suggestion": suggestion}, column)


# --- parsing (Pratt): every node gets its type as it is built ----------------------------------------

_POWERS = {
    "or": 1, "and": 2, "=": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "in": 4, "+": 5, "-": 5, "*": 6, "/": 6,
}  # fmt: skip
_CHAINED = Label(zh="比较不能连写，请用 `and` 分开", en="comparisons do not chain; join two with `and`")
_NOT_POWER, _COMPARING, _MINUS_POWER = 3, 4, 7


@dataclass(slots=True)
class _Parser:
    tokens: Sequence[_Token]
    types: Mapping[str, FormulaType]
    in_fractions: bool
    names: list[str] = field(default_factory=list)
    at: int = 0
    depth: int = 0

    def whole(self) -> _Node:
        """Return the tree of all tokens."""
        root = self._expression(0)
        if self._next.kind != "end":
            raise self._unexpected(self._next)
        return root

    @property
    def _next(self) -> _Token:
        return self.tokens[self.at]

    def _take(self) -> _Token:
        token = self.tokens[self.at]
        self.at += token.kind != "end"
        return token

    def _is(self, text: str) -> bool:
        return self._next.kind in ("sign", "name") and self._next.text == text

    def _need(self, sign: str) -> None:
        if not self._is(sign):
            raise self._unexpected(self._next, sign)
        self._take()

    def _unexpected(self, token: _Token, needed: str | None = None) -> FormulaError:
        shown = token.text
        if token.kind == "end":
            problem = Label(zh="公式没有写完", en="it ends too early")
        elif token.text == "not":
            problem = Label(zh="`not` 应写在整个条件之前", en="`not` goes before the whole condition: `not x in y`")
        else:
            problem = Label(zh=f"此处不应出现 `{shown}`", en=f"`{shown}` does not belong here")
        if needed:
            problem = Label(zh=f"{problem.zh}，应为 `{needed}`", en=f"{problem.en}; `{needed}` does")
        return _unreadable(problem, token.column)

    def _expression(self, power: int) -> _Node:
        self._go_deeper()
        left = self._prefix()
        while (binds := self._power()) > power:
            sign = self._take()
            if sign.text == "in":
                left = self._membership(left, sign)
            else:
                left = self._binary(sign, left, self._expression(binds))
            if binds == _COMPARING and self._power() == _COMPARING:
                raise _unreadable(_CHAINED, self._next.column)
        self.depth -= 1
        return left

    def _go_deeper(self) -> None:
        self.depth += 1
        if self.depth > NESTING:
            raise _unreadable(
                Label(zh=f"嵌套超过 {NESTING} 层", en=f"it nests more than {NESTING} levels deep"), self._next.column
            )

    def _power(self) -> int:
        return _POWERS.get(self._next.text, 0) if self._next.kind in ("sign", "name") else 0

    def _prefix(self) -> _Node:
        token = self._take()
        match token.kind:
            case "number":
                return self._number(token)
            case "text":
                return _Literal(FormulaType(Text()), token.text[1:-1], token.column)
            case "name":
                return self._word(token)
            case "sign" if token.text == "(":
                inner = self._expression(0)
                self._need(")")
                return inner
            case "sign" if token.text == "-":
                return _negated(self._expression(_MINUS_POWER), token, in_fractions=self.in_fractions)
        raise self._unexpected(token)

    def _number(self, token: _Token) -> _Node:
        if len(token.text) > DEFAULT_LIMITS.number_length:
            raise _unreadable(Label(zh="数字过长", en="a number is too long"), token.column)
        kind: OrderedKind = "decimal" if "." in token.text else "integer"
        value = Decimal(token.text) if kind == "decimal" else int(token.text)
        return _Literal(FormulaType(Ordered(kind)), Fraction(value) if self.in_fractions else value)

    def _word(self, token: _Token) -> _Node:
        if token.text in ("yes", "no"):
            return _Literal(_TRUTH, token.text == "yes")
        if token.text == "not":
            return _denied(self._expression(_NOT_POWER), token)
        if self._is("("):
            return self._call(token)
        if token.text in _WORDS:
            raise self._unexpected(token)
        return self._name(token)

    def _name(self, token: _Token) -> _Node:
        name = token.text
        if name not in self.types:
            raise FormulaError("CR101", {"name": name, "suggestion": _nearest(name, self.types)}, token.column)
        self.names.append(name)
        type_ = self.types[name]
        return _Name(type_, name, self.in_fractions and _kind(type_) in _NUMBERS)

    def _call(self, token: _Token) -> _Node:
        if token.text not in _FUNCTIONS:
            problem = Label(
                zh=f"没有函数 `{token.text}`，只有 `min` 和 `max`",
                en=f"there is no function `{token.text}`, only `min` and `max`",
            )
            raise _unreadable(problem, token.column, suggest(token.text, _FUNCTIONS))
        parts = self._listed(")")
        return _Apply(_common(token, parts), _least_or_greatest(token.text, len(parts)), tuple(parts))

    def _listed(self, closing: str) -> list[_Node]:
        """Return the expressions between an opening sign and its closing one."""
        self._take()
        parts = [self._expression(0)]
        while self._is(","):
            self._take()
            parts.append(self._expression(0))
        self._need(closing)
        return parts

    def _membership(self, left: _Node, sign: _Token) -> _Node:
        closing = {"(": ")", "[": "]"}.get(self._next.text) if self._next.kind == "sign" else None
        parts = self._listed(closing) if closing else [self._expression(_COMPARING)]
        if len(parts) == 1 and isinstance(parts[0].type.domain, (Members, ListOf)):
            return _contained(sign, left, parts[0])
        if not closing:
            raise _mismatch(sign, left.type, parts[0].type)
        for part in parts:
            _check_equal(sign, left, part)
        return _Apply(_TRUTH, _is_one_of, (left, *parts))

    def _binary(self, sign: _Token, left: _Node, right: _Node) -> _Node:
        match sign.text:
            case "and" | "or":
                for part in (left, right):
                    if not isinstance(part.type.domain, Truth):
                        raise _mismatch(sign, left.type, right.type)
                return _Logic(_TRUTH, sign.text == "or", left, right)
            case "=" | "!=":
                _check_equal(sign, left, right)
                return _Apply(_TRUTH, _COMPARE[sign.text], (left, right))
            case "<" | "<=" | ">" | ">=":
                _common(sign, (left, right))
                return _Apply(_TRUTH, _COMPARE[sign.text], (left, right))
        return _arithmetic(sign, left, right, in_fractions=self.in_fractions)


def _least_or_greatest(name: str, count: int) -> Callable[..., Any]:
    """Return `min` or `max`; of one value it is that value."""
    return _FUNCTIONS[name] if count > 1 else _same


def _nearest(name: str, types: Mapping[str, FormulaType]) -> str | None:
    """Return the name that was probably meant; a listed value only lacks its quotes."""
    if any(isinstance(t.domain, (Enumeration, Members)) and name in (t.domain.values or ()) for t in types.values()):
        return f"'{name}'"
    return suggest(name, types)


# --- kinds ------------------------------------------------------------------------------------------

_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_KIND_WORDS: Mapping[str, Label] = {
    "integer": Label(zh="整数", en="an integer"),
    "decimal": Label(zh="小数", en="a decimal"),
    "money": Label(zh="金额", en="money"),
    "date": Label(zh="日期", en="a date"),
    "datetime": Label(zh="日期时间", en="a datetime"),
    "duration": Label(zh="时长", en="a duration"),
}


def _kind(type_: FormulaType) -> OrderedKind | str:
    """Return the kind of an ordered type, or an empty text."""
    return type_.domain.kind if isinstance(type_.domain, Ordered) else ""


def _words(type_: FormulaType) -> Label:
    match type_.domain:
        case Ordered(kind):
            words = _KIND_WORDS[kind]
            return Label(zh=words.zh + type_.currency, en=f"{words.en} {type_.currency}".strip())
        case Enumeration():
            return Label(zh="枚举值", en="a listed value")
        case Truth():
            return Label(zh="是否", en="yes or no")
        case Members():
            return Label(zh="集合", en="a set")
        case Text():
            return Label(zh="文字", en="text")
        case ListOf():
            return Label(zh="列表", en="a list")


def _mismatch(sign: _Token, left: FormulaType, right: FormulaType | None = None) -> FormulaError:
    one = _words(left)
    two = _words(right) if right else None
    zh = f"`{sign.text}` 不能用于{one.zh}" + (f"和{two.zh}" if two else "")
    en = f"`{sign.text}` does not take {one.en}" + (f" and {two.en}" if two else "")
    return FormulaError("CR107", {"problem": Label(zh=zh, en=en)}, sign.column)


def _common(sign: _Token, parts: Sequence[_Node]) -> FormulaType:
    """Return the type that holds all values: numbers mix, and a number written out may be money."""
    has_money = any(_kind(p.type) == "money" for p in parts)
    first, *rest = (p.type for p in parts if not (has_money and _is_number_literal(p)))
    for other in rest:
        kinds = {_kind(first), _kind(other)}
        if kinds == {"integer", "decimal"}:
            first = FormulaType(Ordered("decimal"))
        elif len(kinds) == 2 or first.currency != other.currency:
            raise _mismatch(sign, first, other)
    if not isinstance(first.domain, Ordered):
        raise _mismatch(sign, first, *rest[:1])
    return FormulaType(Ordered(first.domain.kind), first.currency)


def _is_number_literal(node: _Node) -> bool:
    match node:
        case _Literal(type_, _, _):
            return _kind(type_) in _NUMBERS
        case _Apply(_, function, (part,)):
            return function in (operator.neg, _WIDE.minus) and _is_number_literal(part)
        case _:
            return False


def _check_equal(sign: _Token, left: _Node, right: _Node) -> None:
    """Refuse to compare what is never equal: other kinds, or text that a list does not name."""
    one, two = left.type.domain, right.type.domain
    if isinstance(one, Ordered) and isinstance(two, Ordered):
        _common(sign, (left, right))
    elif isinstance(one, (Enumeration, Text)) and isinstance(two, (Enumeration, Text)):
        _check_listed(left, two)
        _check_listed(right, one)
    elif not any(isinstance(one, kind) and isinstance(two, kind) for kind in (Truth, Members)):
        raise _mismatch(sign, left.type, right.type)


def _check_listed(node: _Node, domain: Domain) -> None:
    if not isinstance(node, _Literal) or not isinstance(domain, (Enumeration, Members)):
        return
    if domain.open or domain.values is None or node.value in domain.values:
        return
    words = {"value": node.value, "known": domain.values, "suggestion": suggest(node.value, domain.values)}
    raise FormulaError("CR303", words, node.column)


def _contained(sign: _Token, left: _Node, right: _Node) -> _Node:
    match right.type.domain:
        case ListOf(of):
            _check_equal(sign, left, _Name(FormulaType(of, right.type.currency), "", in_fractions=False))
        case domain if isinstance(left.type.domain, (Enumeration, Text)):
            _check_listed(left, domain)
        case _:
            raise _mismatch(sign, left.type, right.type)
    return _Apply(_TRUTH, _is_in, (left, right))


def _is_in(member: Any, values: Any) -> bool:
    return member in values


def _is_one_of(member: Any, *values: Any) -> bool:
    return member in values


def _denied(part: _Node, sign: _Token) -> _Node:
    if not isinstance(part.type.domain, Truth):
        raise _mismatch(sign, part.type)
    return _Apply(_TRUTH, operator.not_, (part,))


# --- arithmetic -------------------------------------------------------------------------------------

_MOMENTS = ("date", "datetime")


def _negated(part: _Node, sign: _Token, *, in_fractions: bool) -> _Node:
    kind = _kind(part.type)
    if kind not in (*_NUMBERS, "duration"):
        raise _mismatch(sign, part.type)
    is_native = in_fractions or kind in ("integer", "duration")
    return _Apply(_common(sign, (part,)), operator.neg if is_native else _WIDE.minus, (part,))


def _arithmetic(sign: _Token, left: _Node, right: _Node, *, in_fractions: bool) -> _Node:
    one, two = _kind(left.type), _kind(right.type)
    if one in _NUMBERS and two in _NUMBERS:
        type_ = _number_type(sign, left, right)
        table = _NATIVE if in_fractions or one == two == "integer" else _DECIMAL
        return _Apply(type_, table[sign.text], (left, right))
    result = _TIMES.get((one, sign.text, two))
    if result is None:
        raise _mismatch(sign, left.type, right.type)
    function = _DATE_SHIFTS[one, sign.text] if result == "date" else _NATIVE[sign.text]
    return _Apply(FormulaType(Ordered(result)), function, (left, right))


def _number_type(sign: _Token, left: _Node, right: _Node) -> FormulaType:
    one, two = left.type, right.type
    moneys = [t for t in (one, two) if _kind(t) == "money"]
    match sign.text, len(moneys):
        case "*", 2:
            raise _mismatch(sign, one, two)
        case "*", 1:
            return FormulaType(Ordered("money"), moneys[0].currency)
        case "/", 2:
            _common(sign, (left, right))
            return FormulaType(Ordered("decimal"))
        case "/", 1:
            if _kind(two) == "money":
                raise _mismatch(sign, one, two)
            return FormulaType(Ordered("money"), one.currency)
        case "/", _:
            return FormulaType(Ordered("decimal"))
    return _common(sign, (left, right))


_NATIVE: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip
_DECIMAL: Mapping[str, Callable[[Any, Any], Any]] = {"+": _WIDE.add, "-": _WIDE.subtract, "*": _WIDE.multiply}
_TIMES: Mapping[tuple[str, str, str], OrderedKind] = {
    ("duration", "+", "duration"): "duration",
    ("duration", "-", "duration"): "duration",
    **{(moment, "-", moment): "duration" for moment in _MOMENTS},
    ("date", "+", "duration"): "date",
    ("date", "-", "duration"): "date",
    ("duration", "+", "date"): "date",
    ("datetime", "+", "duration"): "datetime",
    ("datetime", "-", "duration"): "datetime",
    ("duration", "+", "datetime"): "datetime",
}


def _later(day: date, by: timedelta) -> date:
    if by != timedelta(days=by.days):
        raise OverflowError  # a date has no hours
    return day + by


def _earlier(day: date, by: timedelta) -> date:
    return _later(day, -by)


def _later_by(by: timedelta, day: date) -> date:
    return _later(day, by)


_DATE_SHIFTS: Mapping[tuple[str, str], Callable[[Any, Any], Any]] = {
    ("date", "+"): _later, ("date", "-"): _earlier, ("duration", "+"): _later_by,
}  # fmt: skip
