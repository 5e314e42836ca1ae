"""Facts: the input model of a ruleset, generated; everything wrong with a caller's facts said at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.domains import Domain, Enumeration, ListOf, Members, Ordered, Text, Truth
from complaint_rules.ruleset import Input, Ruleset
from complaint_rules.values import BadValueError, from_json
from complaint_rules.words import suggest

_PYTHON: Mapping[str, Any] = {
    "integer": int,
    "decimal": Decimal,
    "money": Decimal,
    "date": date,
    "datetime": datetime,
    "duration": timedelta,
}


def facts_model(ruleset: Ruleset) -> type[BaseModel]:
    """Return the pydantic model of the ruleset's facts: every field optional, null is not given."""
    return _model(_Key(ruleset))


class _Key:
    """A ruleset as a cache key, by what it says."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset

    def __hash__(self) -> int:
        return hash(self.ruleset.content_hash)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.ruleset.content_hash == self.ruleset.content_hash


@lru_cache(maxsize=64)
def _model(key: _Key) -> type[BaseModel]:
    fields: dict[str, Any] = {n: (_annotation(i) | None, _field(i)) for n, i in key.ruleset.inputs.items()}
    config = ConfigDict(extra="forbid", frozen=True, strict=True)
    return create_model(f"{key.ruleset.id.title().replace('_', '')}Facts", __config__=config, **fields)


def _field(fact: Input) -> Any:
    labels = fact.type.labels
    values = "；".join(f"{v} = {label.zh}" for v, label in labels.items())
    unit = fact.type.unit or fact.type.currency
    parts = [fact.label.zh, f"({unit})" if unit else "", f": {values}" if values else ""]
    return Field(default=None, title=fact.label.en, description="".join(parts))


def _annotation(fact: Input) -> Any:
    domain = fact.type.domain
    match domain:
        case Truth():
            return bool
        case Enumeration(values, open=False):
            return Literal[values]
        case Members(values, open=False):
            member: Any = Literal[values]
            return Annotated[frozenset[member], BeforeValidator(_checker(domain))]
        case Members():
            return Annotated[frozenset[str], BeforeValidator(_checker(domain))]
        case Ordered(kind, minimum, maximum):
            bounds = {k: v for k, v in (("ge", minimum), ("le", maximum)) if v is not None}
            return Annotated[_PYTHON[kind], Field(**bounds), BeforeValidator(_checker(domain))]
        case Enumeration() | Text() | ListOf():
            return str


def _checker(domain: Domain) -> Callable[[object], Any]:
    return lambda raw: None if raw is None else from_json(raw, domain)


def facts_schema(ruleset: Ruleset) -> dict[str, Any]:
    """Return the JSON Schema of the ruleset's facts."""
    return facts_model(ruleset).model_json_schema()


def read_facts(ruleset: Ruleset, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts as values; null and absent are the same.

    Raises:
        FactsError: with every unknown name and every wrong value, each by its path.
    """
    if not isinstance(facts, Mapping):
        raise FactsError([Diagnostic("CR310", args={"problem": type(facts).__name__})])
    try:
        model = facts_model(ruleset).model_validate(dict(facts))
    except ValidationError as error:
        raise FactsError(_problems(ruleset, facts, error)) from None
    return {n: v for n, v in model.__dict__.items() if v is not None}


def _problems(ruleset: Ruleset, facts: Mapping[str, Any], error: ValidationError) -> list[Diagnostic]:
    found = list(dict.fromkeys(str(e["loc"][0]) for e in error.errors(include_url=False, include_input=False)))
    return [_problem(ruleset, name, facts) for name in found]


def _problem(ruleset: Ruleset, name: str, facts: Mapping[str, Any]) -> Diagnostic:
    fact = ruleset.inputs.get(name)
    if fact is None:
        return Diagnostic("CR301", args={"name": name, "suggestion": suggest(name, ruleset.inputs)}, where=name)
    return _wrong(facts[name], fact.type.domain, name) or Diagnostic(
        "CR302", args={"value": facts[name], "expected": name}, where=name
    )


def _wrong(raw: Any, domain: Domain, where: str) -> Diagnostic | None:
    if isinstance(domain, Members) and isinstance(raw, (list, tuple)):
        for at, member in enumerate(raw):
            try:
                from_json([member], domain)
            except BadValueError as error:
                return Diagnostic(error.code, args=error.args_of, where=f"{where}[{at}]")
    try:
        from_json(raw, domain)
    except BadValueError as error:
        return Diagnostic(error.code, args=error.args_of, where=where)
    return None


def read_parameters(ruleset: Ruleset, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameter settings as values; null unsets.

    Raises:
        FactsError: with every unknown name and wrong value.
    """
    problems: list[Diagnostic] = []
    values: dict[str, Any] = {}
    for name, raw in given.items():
        parameter = ruleset.parameters.get(name)
        if parameter is None:
            words = {"name": name, "suggestion": suggest(name, ruleset.parameters)}
            problems.append(Diagnostic("CR307", args=words, where=name))
            continue
        wrong = None if raw is None else _wrong(raw, parameter.type.domain, name)
        if wrong:
            problems.append(wrong)
        else:
            values[name] = None if raw is None else from_json(raw, parameter.type.domain)
    if problems:
        raise FactsError(problems)
    return values
