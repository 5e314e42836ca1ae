"""Column scales: how many decimal places the numbers of each name can have, so that a column can hold them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from complaint_rules.column_formula import MOST_PLACES
from complaint_rules.compile import ChecklistStep, CompiledRuleset, ExpressionStep, Step, TableStep, given
from complaint_rules.domains import Ordered
from complaint_rules.kinds import ARITHMETIC
from complaint_rules.trees import Apply, Constant, Name, Node


def scales_of(rules: CompiledRuleset, types: Mapping[str, Any]) -> dict[str, int]:
    """Return the most decimal places of every name, from the Arrow types of the facts that are given."""
    ruleset = rules.ruleset
    found = {n: _scale_of_fact(i.type.domain, types.get(n)) for n, i in ruleset.inputs.items()}
    found |= {n: decimal_places(rules.parameters.get(n)) for n in ruleset.parameters}
    for step in rules.steps:
        found |= _scales_of_step(step, found)
    return found


def _scale_of_fact(domain: Any, kind: Any) -> int:
    if not isinstance(domain, Ordered) or domain.kind not in ("decimal", "money"):
        return 0
    most = MOST_PLACES if domain.step is None else decimal_places(domain.step)
    if kind is None or pa.types.is_integer(kind):
        return 0
    return min(most, max(0, kind.scale)) if pa.types.is_decimal(kind) else most


def _scales_of_step(step: Step, known: Mapping[str, int]) -> dict[str, int]:
    match step:
        case ChecklistStep():
            return {step.name: 0}
        case ExpressionStep(decision=decision):
            places = _scale_of(decision.formula.root, known)
            return {step.name: min(MOST_PLACES, places if decision.step is None else decimal_places(decision.step))}
        case TableStep(decision=decision):
            rows = [given(r, step.parameters) for r in decision.rules]
            rows += [decision.default] if decision.default is not None else []
            outputs = list(decision.outputs) or [""]
            if decision.gives_list:
                most = max(map(decimal_places, rows), default=0)
                return {decision.name: most} | {f"{decision.name}.{o}": most for o in outputs if o}
            return {
                f"{decision.name}.{o}" if o else decision.name: max((decimal_places(r[i]) for r in rows), default=0)
                for i, o in enumerate(outputs)
            }


def decimal_places(value: Any) -> int:
    """Return how many decimal places a value has, or the values in it."""
    match value:
        case Decimal():
            exponent = value.as_tuple().exponent
            return max(0, -exponent) if isinstance(exponent, int) else 0
        case tuple() | frozenset():
            return max(map(decimal_places, value), default=0)
        case _:
            return 0


def _scale_of(node: Node, known: Mapping[str, int]) -> int:
    match node:
        case Constant(_, value, _):
            return decimal_places(value)
        case Name(_, name, _):
            return known[name]
        case Apply(_, function, parts):
            scales = [_scale_of(p, known) for p in parts]
            return sum(scales) if ARITHMETIC.get(function) == "*" else max(scales, default=0)
        case _:
            return 0
