"""Formula: an expression over named values, parsed, checked for kinds and ready to run exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from complaint_rules.domains import (
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
from complaint_rules.kinds import (
    COMPARE,
    FUNCTIONS,
    WORDS,
    FormulaError,
    Token,
    arithmetic,
    check_equal,
    common,
    contained,
    denied,
    is_one_of,
    kind_of,
    mismatch,
    negated,
    tokens_of,
    unreadable,
)
from complaint_rules.limits import DEFAULT_LIMITS
from complaint_rules.trees import (
    NUMBERS,
    TRUTH,
    Apply,
    Constant,
    FormulaType,
    Logic,
    Name,
    Node,
    Run,
    Waits,
    closed_run,
    divisors_of,
    exact_run,
    finisher,
    guarded,
    open_run,
    same,
    total_run,
)
from complaint_rules.words import Label, suggest

NESTING = 40


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
    root: Node = field(repr=False, compare=False)
    exact: Run = field(repr=False, compare=False)  # every operand is known, or it raises OpenOperandError
    run: Run = field(repr=False, compare=False)
    waits: Run = field(repr=False, compare=False)  # the same, but what is unknown lists its names
    finish: Callable[[Any], Any] = field(repr=False, compare=False)  # an exact tree's value into the domain
    divisors: tuple[Run, ...] = field(default=(), repr=False, compare=False)

    def may_divide_by_zero(self, values: Mapping[str, Any]) -> bool:
        """Report whether a divisor is zero, or could still be."""
        found = (d(values) for d in self.divisors)
        return any(isinstance(v, Waits) or v is NOT_REGULATED or v == 0 for v in found)


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
    return tuple(dict.fromkeys(found.names)) if isinstance(found, Waits) else ()


def rename(formula: Formula, mapping: Mapping[str, str]) -> Formula:
    """Return the same formula over other names."""
    tokens = tokens_of(formula.text)
    parts: list[str] = []
    at = 0
    for token in tokens:
        is_name = token.kind == "name" and token.text in formula.types
        parts += [formula.text[at : token.start], mapping.get(token.text, token.text) if is_name else token.text]
        at = token.start + len(token.text)
    types = {mapping.get(n, n): t for n, t in formula.types.items()}
    return _formula("".join(parts) + formula.text[at:], types)


def _formula(text: str, types: Mapping[str, FormulaType]) -> Formula:
    tokens = tokens_of(text)
    divides = any(t.kind == "sign" and t.text == "/" for t in tokens)
    parser = _Parser(tokens, types, in_fractions=divides)
    root = parser.whole()
    names = tuple(dict.fromkeys(parser.names))
    used = {n: types[n] for n in names}
    domain = root.type.domain
    waits = guarded(open_run(root), names)
    finish = finisher(domain, in_fractions=divides)
    exact = exact_run(names, closed_run(root), finish)
    is_number = isinstance(domain, Ordered) and domain.kind in NUMBERS
    divisors = tuple(guarded(open_run(d), names) for d in divisors_of(root))
    return Formula(
        text,
        names,
        domain,
        root.type.currency,
        divides and is_number,
        used,
        root,
        exact,
        total_run(exact, waits, finish),
        waits,
        finish,
        divisors,
    )


# --- parsing (Pratt): every node gets its type as it is built ----------------------------------------

_POWERS = {
    "or": 1, "and": 2, "=": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "in": 4, "+": 5, "-": 5, "*": 6, "/": 6,
}  # fmt: skip
_CHAINED = Label(zh="比较不能连写，请用 `and` 分开", en="comparisons do not chain; join two with `and`")
_NOT_POWER, _COMPARING, _MINUS_POWER = 3, 4, 7


@dataclass(slots=True)
class _Parser:
    tokens: Sequence[Token]
    types: Mapping[str, FormulaType]
    in_fractions: bool
    names: list[str] = field(default_factory=list)
    at: int = 0
    depth: int = 0

    def whole(self) -> Node:
        """Return the tree of all tokens."""
        root = self._expression(0)
        if self._next.kind != "end":
            raise self._unexpected(self._next)
        return root

    @property
    def _next(self) -> Token:
        return self.tokens[self.at]

    def _take(self) -> Token:
        token = self.tokens[self.at]
        self.at += token.kind != "end"
        return token

    def _is(self, text: str) -> bool:
        return self._next.kind in ("sign", "name") and self._next.text == text

    def _need(self, sign: str) -> None:
        if not self._is(sign):
            raise self._unexpected(self._next, sign)
        self._take()

    def _unexpected(self, token: Token, needed: str | None = None) -> FormulaError:
        shown = token.text
        if token.kind == "end":
            problem = Label(zh="公式没有写完", en="it ends too early")
        elif token.text == "not":
            problem = Label(zh="`not` 应写在整个条件之前", en="`not` goes before the whole condition: `not x in y`")
        else:
            problem = Label(zh=f"此处不应出现 `{shown}`", en=f"`{shown}` does not belong here")
        if needed:
            problem = Label(zh=f"{problem.zh}，应为 `{needed}`", en=f"{problem.en}; `{needed}` does")
        return unreadable(problem, token.column)

    def _expression(self, power: int) -> Node:
        self._go_deeper()
        left = self._prefix()
        while (binds := self._power()) > power:
            sign = self._take()
            if sign.text == "in":
                left = self._membership(left, sign)
            else:
                left = self._binary(sign, left, self._expression(binds))
            if binds == _COMPARING and self._power() == _COMPARING:
                raise unreadable(_CHAINED, self._next.column)
        self.depth -= 1
        return left

    def _go_deeper(self) -> None:
        self.depth += 1
        if self.depth > NESTING:
            raise unreadable(
                Label(zh=f"嵌套超过 {NESTING} 层", en=f"it nests more than {NESTING} levels deep"), self._next.column
            )

    def _power(self) -> int:
        return _POWERS.get(self._next.text, 0) if self._next.kind in ("sign", "name") else 0

    def _prefix(self) -> Node:
        token = self._take()
        match token.kind:
            case "number":
                return self._number(token)
            case "text":
                return Constant(FormulaType(Text()), token.text[1:-1], token.column)
            case "name":
                return self._word(token)
            case "sign" if token.text == "(":
                inner = self._expression(0)
                self._need(")")
                return inner
            case "sign" if token.text == "-":
                return negated(self._expression(_MINUS_POWER), token, in_fractions=self.in_fractions)
        raise self._unexpected(token)

    def _number(self, token: Token) -> Node:
        if len(token.text) > DEFAULT_LIMITS.number_length:
            raise unreadable(Label(zh="数字过长", en="a number is too long"), token.column)
        kind: OrderedKind = "decimal" if "." in token.text else "integer"
        value = Decimal(token.text) if kind == "decimal" else int(token.text)
        return Constant(FormulaType(Ordered(kind)), Fraction(value) if self.in_fractions else value)

    def _word(self, token: Token) -> Node:
        if token.text in ("yes", "no"):
            return Constant(TRUTH, token.text == "yes")
        if token.text == "not":
            return denied(self._expression(_NOT_POWER), token)
        if self._is("("):
            return self._call(token)
        if token.text in WORDS:
            raise self._unexpected(token)
        return self._name(token)

    def _name(self, token: Token) -> Node:
        name = token.text
        if name not in self.types:
            raise FormulaError("CR101", {"name": name, "suggestion": nearest(name, self.types)}, token.column)
        self.names.append(name)
        type_ = self.types[name]
        return Name(type_, name, self.in_fractions and kind_of(type_) in NUMBERS)

    def _call(self, token: Token) -> Node:
        if token.text not in FUNCTIONS:
            problem = Label(
                zh=f"没有函数 `{token.text}`，只有 `min` 和 `max`",
                en=f"there is no function `{token.text}`, only `min` and `max`",
            )
            raise unreadable(problem, token.column, suggest(token.text, FUNCTIONS))
        parts = self._listed(")")
        return Apply(common(token, parts), _least_or_greatest(token.text, len(parts)), tuple(parts))

    def _listed(self, closing: str) -> list[Node]:
        """Return the expressions between an opening sign and its closing one."""
        self._take()
        parts = [self._expression(0)]
        while self._is(","):
            self._take()
            parts.append(self._expression(0))
        self._need(closing)
        return parts

    def _membership(self, left: Node, sign: Token) -> Node:
        closing = {"(": ")", "[": "]"}.get(self._next.text) if self._next.kind == "sign" else None
        parts = self._listed(closing) if closing else [self._expression(_COMPARING)]
        if len(parts) == 1 and isinstance(parts[0].type.domain, (Members, ListOf)):
            return contained(sign, left, parts[0])
        if not closing:
            raise mismatch(sign, left.type, parts[0].type)
        for part in parts:
            check_equal(sign, left, part)
        return Apply(TRUTH, is_one_of, (left, *parts))

    def _binary(self, sign: Token, left: Node, right: Node) -> Node:
        match sign.text:
            case "and" | "or":
                for part in (left, right):
                    if not isinstance(part.type.domain, Truth):
                        raise mismatch(sign, left.type, right.type)
                return Logic(TRUTH, sign.text == "or", left, right)
            case "=" | "!=":
                check_equal(sign, left, right)
                return Apply(TRUTH, COMPARE[sign.text], (left, right))
            case "<" | "<=" | ">" | ">=":
                common(sign, (left, right))
                return Apply(TRUTH, COMPARE[sign.text], (left, right))
        return arithmetic(sign, left, right, in_fractions=self.in_fractions)


def _least_or_greatest(name: str, count: int) -> Callable[..., Any]:
    """Return `min` or `max`; of one value it is that value."""
    return FUNCTIONS[name] if count > 1 else same


def nearest(name: str, types: Mapping[str, FormulaType]) -> str | None:
    """Return the name that was probably meant; a listed value only lacks its quotes."""
    if any(isinstance(t.domain, (Enumeration, Members)) and name in (t.domain.values or ()) for t in types.values()):
        return f"'{name}'"
    return suggest(name, types)
