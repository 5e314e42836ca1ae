"""What the library says, in the words of the specification: the only place that knows its names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import complaint_rules
from complaint_rules.deciding import plan_of, standing
from complaint_rules.facts import read_facts
from reference import Answer
from reference_cells import NOT_REGULATED, Value

NEEDLESS = {"CR203", "CR204"}  # a rule that is hidden by others; a rule that can never match


def load(text: str) -> Any | None:
    """Load a ruleset; None if all that is wrong with it are needless rules."""
    try:
        return complaint_rules.load_text(text)
    except complaint_rules.RulesetError as error:
        if {code(d) for d in error.diagnostics} <= NEEDLESS:
            return None
        raise


def answers(
    rules: Any, facts: Mapping[str, Value], parameters: Mapping[str, Value], *, assumptions: bool
) -> dict[str, Answer]:
    """Decide, and say each answer as the specification does."""
    result = complaint_rules.decide(rules, facts, parameters=parameters, assumptions=assumptions)
    return {name: translated(answer) for name, answer in result.decisions.items()}


def translated(answer: Any) -> Answer:
    match type(answer).__name__:
        case "Decided":
            return Answer("decided", frozen(answer.value))
        case "NotRegulated":
            return Answer("not_regulated")
    possible = answer.possible
    return Answer("undetermined", possible=None if possible is None else frozenset(map(frozen, possible)))


def frozen(value: Any) -> Value:
    """Return a value as the specification has it: hashable, several outputs as pairs."""
    if value is complaint_rules.NOT_REGULATED:
        return NOT_REGULATED
    if isinstance(value, Mapping):
        return tuple((name, frozen(output)) for name, output in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(frozen, value))
    return frozenset(value) if isinstance(value, set) else value


def same(one: Answer, other: Answer) -> bool:
    """Tell whether two answers are equal, and their values of the same types."""
    return one == other and (one.status == "not_regulated" or exact(one) == exact(other))


def exact(value: Any) -> Any:
    """Return a value with its types, for `True == 1` and `Decimal(1) == 1`."""
    if isinstance(value, Answer):
        return value.status, exact(value.value), exact(value.possible)
    if isinstance(value, tuple):
        return tuple(map(exact, value))
    if isinstance(value, frozenset):
        return frozenset(map(exact, value))
    return type(value).__name__, value


def findings(text: str) -> set[tuple[str, tuple[str, ...]]]:
    """Return the code and the rules of each finding in the table `d`."""
    diagnostics: list[Any] = complaint_rules.check_text(text)
    return {
        (code(found), tuple(found.args.get("rules", ()))) for found in diagnostics if found.args.get("decision") == "d"
    }


def code(diagnostic: Any) -> str:
    return str(getattr(diagnostic.code, "value", diagnostic.code))


def both_paths(rules: Any, facts: Mapping[str, Value]) -> tuple[str | None, str]:
    """Return all answers with their traces, as the generated function gives them and as the steps do."""
    plan, read = plan_of(rules, None), read_facts(rules.ruleset, facts)
    straight = plan.straight(read)
    return None if straight is None else repr(straight), repr(standing(plan, read).answers)
