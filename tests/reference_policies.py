"""The specification of hit policies: what a table says when some of its rules match."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reference_cells import NOT_REGULATED, Tree, Value, read, type_of


def outcome(tree: Tree, matched: Sequence[Tree], shared: Tree) -> Value:
    """Return what a table says when these of its rules match."""
    if not matched:
        return NOT_REGULATED if "refer_to" in tree else default_value(tree, shared)
    policy, aggregate = tree.get("hit_policy", "unique"), tree.get("aggregate", "list")
    outputs = [output_value(tree, rule["then"], shared) for rule in matched]
    match policy, aggregate:
        case ("unique", _) if len(matched) > 1:
            raise ValueError(f"rules {[r['id'] for r in matched]} overlap")
        case ("any", _) if len(set(outputs)) > 1:
            raise ValueError(f"rules {[r['id'] for r in matched]} disagree")
        case ("unique" | "any" | "first", _):
            return outputs[0]
        case ("priority", _):
            return min(outputs, key=lambda value: rank(tree, value, shared))
        case ("output_order", _):
            return tuple(sorted(outputs, key=lambda value: rank(tree, value, shared)))
        case ("rule_order", _) | ("collect", "list"):
            return tuple(outputs)
        case (_, "union"):
            return frozenset().union(*outputs)
        case (_, "count"):
            return len(matched)
        case (_, "sum"):
            return sum(outputs)
    return min(outputs) if aggregate == "min" else max(outputs)


def default_value(tree: Tree, shared: Tree) -> Value:
    """Return the default; for policies that give a list it is a list."""
    if "default" not in tree:
        raise ValueError("no rule matches, and there is no default")
    policy = tree.get("hit_policy"), tree.get("aggregate", "list")
    if policy[0] in ("rule_order", "output_order") or policy == ("collect", "list"):
        return tuple(output_value(tree, value, shared) for value in tree["default"])
    return output_value(tree, tree["default"], shared)


def output_value(tree: Tree, then: Any, shared: Tree) -> Value:
    """Read an output; several outputs are pairs of name and value, in the table's order."""
    if "outputs" in tree:
        return tuple((n, read(then[n], type_of(t, shared))) for n, t in tree["outputs"].items())
    return read(then, type_of(tree["output"], shared))


def rank(tree: Tree, value: Value, shared: Tree) -> tuple[int, ...]:
    """Return where an output stands in the order of priority; the smallest is the gravest."""
    if "outputs" in tree:
        orders = [type_of(output, shared).values for output in tree["outputs"].values()]
        return tuple(order.index(v) for order, (_, v) in zip(orders, value, strict=True))
    return (type_of(tree["output"], shared).values.index(value),)
