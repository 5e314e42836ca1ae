"""The specification of formulas: exact numbers, and three truth values."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cache

from reference_cells import UNKNOWN, YES, Tree, Value


@cache
def parse(written: str) -> ast.expr:
    """Read a formula; but for `=` it is also Python, and only read as such, never run."""
    return ast.parse(re.sub(r"(?<![<>!=])=(?!=)", "==", written).strip(), mode="eval").body


NO_QUOTIENT = object()  # the procedure says nothing about a quotient by zero

OPERATORS: dict[type[ast.AST], Callable[[Value, Value], Value]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda member, members: member in members,
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def names_in(node: ast.AST) -> set[str]:
    """Return the facts, parameters and decisions that a formula names."""
    if isinstance(node, ast.Attribute) or (isinstance(node, ast.Name) and node.id not in YES):
        return {ast.unparse(node)}
    inner = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
    return {name for child in inner for name in names_in(child)}


def evaluate(node: ast.expr, known: Mapping[str, Value]) -> Value:
    """Evaluate a formula: numbers are exact, and UNKNOWN is the third truth value."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Constant(value=number):
            return Fraction(str(number))
        case ast.Name(id="yes" | "no"):
            return YES[node.id]
        case ast.Name() | ast.Attribute():
            value = known[ast.unparse(node)]
            is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
            return Fraction(value) if is_number else value
        case ast.BoolOp(op=op, values=parts):
            decisive = isinstance(op, ast.Or)
            truths = [evaluate(part, known) for part in parts]
            if decisive in truths:
                return decisive
            return next((t for t in (UNKNOWN, NO_QUOTIENT) if t in truths), not decisive)
    inner = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
    values = [evaluate(child, known) for child in inner if isinstance(child, ast.expr)]
    for part in (NO_QUOTIENT, UNKNOWN):
        if part in values:
            return part
    return calculate(node, values)


def divisors(node: ast.expr, known: Mapping[str, Value]) -> set[Value]:
    """Return the values of all that a formula divides by."""
    divisions = [n for n in ast.walk(node) if isinstance(n, ast.BinOp)]
    return {evaluate(n.right, known) for n in divisions if isinstance(n.op, ast.Div)}


def calculate(node: ast.expr, values: list[Value]) -> Value:
    match node:
        case ast.List() | ast.Tuple():
            return values
        case ast.UnaryOp(op=op):
            return not values[0] if isinstance(op, ast.Not) else -values[0]
        case ast.Call(func=ast.Name(id=name)):
            return min(values) if name == "min" else max(values)
        case ast.Compare(ops=[op]) | ast.BinOp(op=op):
            left, right = values
            if isinstance(op, ast.Div) and right == 0:
                return NO_QUOTIENT
            return OPERATORS[type(op)](left, right)
    raise ValueError(ast.unparse(node))


def rounded(number: Fraction, rounding: Tree) -> Fraction:
    """Round to a step; `up` and `half_up` go away from zero, as in bookkeeping."""
    step = Fraction(rounding["step"])
    steps, sign = abs(number) / step, -1 if number < 0 else 1
    whole = int(steps)
    rest = steps - whole
    away = {
        "down": False,
        "up": rest > 0,
        "half_up": rest >= Fraction(1, 2),
        "half_even": rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1),
    }
    return sign * (whole + away[rounding["mode"]]) * step


def converted(value: Value, kind: str) -> Value:
    """Return an exact number as the type of the output has it."""
    if kind == "integer":
        assert value.denominator == 1, value
        return int(value)
    if kind in ("decimal", "money"):
        return Decimal(value.numerator) / Decimal(value.denominator)
    return value
