"""Kinds: the tokens of a formula, which values each operator takes, and the kind that comes of it."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import MAX_EMAX, MIN_EMIN, Context, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from complaint_rules.domains import Domain, Enumeration, ListOf, Members, Ordered, OrderedKind, Text, Truth
from complaint_rules.trees import NUMBERS, TRUTH, Apply, Constant, FormulaType, Name, Node
from complaint_rules.words import Label, suggest

# 250 operands of at most 200 digits: no sum or product inside one formula is ever rounded.
_WIDE = Context(prec=60_000, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[InvalidOperation, DivisionByZero, Overflow])


class FormulaError(ValueError):
    """A formula that cannot be used: a code, the words of its sentence, and the column from 1."""

    def __init__(self, code: str, args: Mapping[str, object], column: int) -> None:
        super().__init__(code)
        self.code = code
        self.args_of = args
        self.column = column


# --- tokens -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number, text or sign of a formula, and where it stands."""

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
WORDS = frozenset({"and", "or", "not", "in", "yes", "no"})
FUNCTIONS: Mapping[str, Callable[..., Any]] = {"min": min, "max": max}


def tokens_of(text: str) -> list[Token]:
    found: list[Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        token = _TOKEN.match(text, at)
        if token is None or token.lastgroup is None or token[token.lastgroup] in _MEANT:
            raise _odd_sign(text, at)
        found.append(Token(token.lastgroup, token[token.lastgroup], token.start(token.lastgroup)))
        at = token.end()
    return [*found, Token("end", "", end)]


def _odd_sign(text: str, at: int) -> FormulaError:
    at += len(text[at:]) - len(text[at:].lstrip())
    double = text[at : at + 2]
    sign = double if double in _MEANT else text[at]
    if sign in ("'", '"'):
        return unreadable(Label(zh=f"引号 `{sign}` 没有成对", en=f"the quote `{sign}` is not closed"), at + 1)
    if sign.isdigit():
        sign = text[at:].split(maxsplit=1)[0]
    return unreadable(Label(zh=f"不认识 `{sign}`", en=f"`{sign}` has no meaning here"), at + 1, _MEANT.get(sign))


def unreadable(problem: Label, column: int, suggestion: str | None = None) -> FormulaError:
    return FormulaError("CR106", {"problem": problem, "suggestion": suggestion}, column)


# --- kinds ------------------------------------------------------------------------------------------

COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
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


def kind_of(type_: FormulaType) -> OrderedKind | str:
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


def mismatch(sign: Token, left: FormulaType, right: FormulaType | None = None) -> FormulaError:
    one = _words(left)
    two = _words(right) if right else None
    zh = f"`{sign.text}` 不能用于{one.zh}" + (f"和{two.zh}" if two else "")
    en = f"`{sign.text}` does not take {one.en}" + (f" and {two.en}" if two else "")
    return FormulaError("CR107", {"problem": Label(zh=zh, en=en)}, sign.column)


def common(sign: Token, parts: Sequence[Node]) -> FormulaType:
    """Return the type that holds all values: numbers mix, and a number written out may be money."""
    has_money = any(kind_of(p.type) == "money" for p in parts)
    first, *rest = (p.type for p in parts if not (has_money and _is_number_literal(p)))
    for other in rest:
        kinds = {kind_of(first), kind_of(other)}
        if kinds == {"integer", "decimal"}:
            first = FormulaType(Ordered("decimal"))
        elif len(kinds) == 2 or first.currency != other.currency:
            raise mismatch(sign, first, other)
    if not isinstance(first.domain, Ordered):
        raise mismatch(sign, first, *rest[:1])
    return FormulaType(Ordered(first.domain.kind), first.currency)


def _is_number_literal(node: Node) -> bool:
    match node:
        case Constant(type_, _, _):
            return kind_of(type_) in NUMBERS
        case Apply(_, function, (part,)):
            return function in (operator.neg, _WIDE.minus) and _is_number_literal(part)
        case _:
            return False


def check_equal(sign: Token, left: Node, right: Node) -> None:
    """Refuse to compare what is never equal: other kinds, or text that a list does not name."""
    one, two = left.type.domain, right.type.domain
    if isinstance(one, Ordered) and isinstance(two, Ordered):
        common(sign, (left, right))
    elif isinstance(one, (Enumeration, Text)) and isinstance(two, (Enumeration, Text)):
        check_listed(left, two)
        check_listed(right, one)
    elif not any(isinstance(one, kind) and isinstance(two, kind) for kind in (Truth, Members)):
        raise mismatch(sign, left.type, right.type)


def check_listed(node: Node, domain: Domain) -> None:
    if not isinstance(node, Constant) or not isinstance(domain, (Enumeration, Members)):
        return
    if domain.open or domain.values is None or node.value in domain.values:
        return
    words = {"value": node.value, "known": domain.values, "suggestion": suggest(node.value, domain.values)}
    raise FormulaError("CR303", words, node.column)


def contained(sign: Token, left: Node, right: Node) -> Node:
    match right.type.domain:
        case ListOf(of):
            check_equal(sign, left, Name(FormulaType(of, right.type.currency), "", in_fractions=False))
        case domain if isinstance(left.type.domain, (Enumeration, Text)):
            check_listed(left, domain)
        case _:
            raise mismatch(sign, left.type, right.type)
    return Apply(TRUTH, is_in, (left, right))


def is_in(member: Any, values: Any) -> bool:
    return member in values


def is_one_of(member: Any, *values: Any) -> bool:
    return member in values


def denied(part: Node, sign: Token) -> Node:
    if not isinstance(part.type.domain, Truth):
        raise mismatch(sign, part.type)
    return Apply(TRUTH, operator.not_, (part,))


# --- arithmetic -------------------------------------------------------------------------------------

_MOMENTS = ("date", "datetime")


def negated(part: Node, sign: Token, *, in_fractions: bool) -> Node:
    kind = kind_of(part.type)
    if kind not in (*NUMBERS, "duration"):
        raise mismatch(sign, part.type)
    is_native = in_fractions or kind in ("integer", "duration")
    return Apply(common(sign, (part,)), operator.neg if is_native else _WIDE.minus, (part,))


def arithmetic(sign: Token, left: Node, right: Node, *, in_fractions: bool) -> Node:
    one, two = kind_of(left.type), kind_of(right.type)
    if one in NUMBERS and two in NUMBERS:
        type_ = _number_type(sign, left, right)
        table = _NATIVE if in_fractions or one == two == "integer" else _DECIMAL
        return Apply(type_, table[sign.text], (left, right))
    result = _TIMES.get((one, sign.text, two))
    if result is None:
        raise mismatch(sign, left.type, right.type)
    function = _DATE_SHIFTS[one, sign.text] if result == "date" else _NATIVE[sign.text]
    return Apply(FormulaType(Ordered(result)), function, (left, right))


def _number_type(sign: Token, left: Node, right: Node) -> FormulaType:
    one, two = left.type, right.type
    moneys = [t for t in (one, two) if kind_of(t) == "money"]
    match sign.text, len(moneys):
        case "*", 2:
            raise mismatch(sign, one, two)
        case "*", 1:
            return FormulaType(Ordered("money"), moneys[0].currency)
        case "/", 2:
            common(sign, (left, right))
            return FormulaType(Ordered("decimal"))
        case "/", 1:
            if kind_of(two) == "money":
                raise mismatch(sign, one, two)
            return FormulaType(Ordered("money"), one.currency)
        case "/", _:
            return FormulaType(Ordered("decimal"))
    return common(sign, (left, right))


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

# What each function of a tree does, for those that work out whole columns of numbers.
ARITHMETIC: Mapping[Callable[..., Any], str] = {
    **{function: sign for table in (_NATIVE, _DECIMAL) for sign, function in table.items()},
    operator.neg: "neg", _WIDE.minus: "neg",
}  # fmt: skip
