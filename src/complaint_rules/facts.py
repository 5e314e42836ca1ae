"""Facts: the input model of a ruleset, generated; everything wrong with a caller's facts said at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, Strict, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.domains import Domain, Enumeration, ListOf, Members, Ordered, Text, Truth
from complaint_rules.ruleset import Input, Parameter, Ruleset
from complaint_rules.values import YES, BadValueError, from_json, shown
from complaint_rules.words import suggest

_PYTHON: Mapping[str, Any] = {
    "integer": int,
    "decimal": Decimal,
    "money": Decimal,
    "date": date,
    "datetime": datetime,
    "duration": timedelta,
}
_KEPT = 64
_MODELS: dict[str, TypeAdapter[dict[str, Any]]] = {}


def facts_model(ruleset: Ruleset) -> TypeAdapter[dict[str, Any]]:
    """Return the pydantic model of the ruleset's facts: every one optional, null is not given."""
    found = _MODELS.get(ruleset.content_hash)
    if found is None:
        if len(_MODELS) >= _KEPT:
            _MODELS.clear()
        found = _MODELS[ruleset.content_hash] = _model(ruleset)
    return found


def _model(ruleset: Ruleset) -> TypeAdapter[dict[str, Any]]:
    fields: dict[str, Any] = {n: Annotated[_annotation(i) | None, _field(i)] for n, i in ruleset.inputs.items()}
    # A typed dict reads twice as fast as a model class, and has no names of its own that a fact could not have.
    make: Any = TypedDict
    model = make(f"{ruleset.id.title().replace('_', '')}Facts", fields, total=False)
    model.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)
    return TypeAdapter(model)


def _field(fact: Input) -> Any:
    labels = fact.type.labels
    values = "；".join(f"{v} = {label.zh}" for v, label in labels.items())
    unit = fact.type.unit or fact.type.currency
    parts = [fact.label.zh, f" ({unit})" if unit else "", f": {values}" if values else ""]
    return Field(title=fact.label.en, description="".join(parts))


def _annotation(fact: Input) -> Any:
    domain = fact.type.domain
    match domain:
        case Truth():
            return bool
        case Enumeration(values, open=False):
            return Literal[values]
        case Members(values, open=is_open):
            member: Any = Literal[values] if values and not is_open else str
            return Annotated[frozenset[member], Strict(False)]
        case Ordered("integer", minimum, maximum, step):
            return Annotated[int, Field(ge=minimum, le=maximum, multiple_of=step if step and step > 0 else None)]
        case Ordered(kind, minimum, maximum):
            return Annotated[_PYTHON[kind], Field(ge=minimum, le=maximum), BeforeValidator(_checker(domain))]
        case Enumeration() | Text() | ListOf():
            return str


def _checker(domain: Domain) -> Callable[[object], Any]:
    return lambda raw: None if raw is None else from_json(raw, domain)


def facts_schema(ruleset: Ruleset) -> dict[str, Any]:
    """Return the JSON Schema of the ruleset's facts."""
    return facts_model(ruleset).json_schema()


def read_facts(ruleset: Ruleset, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts as values; null and absent are the same.

    Raises:
        FactsError: with every unknown name and every wrong value, each by its path.
    """
    if not isinstance(facts, Mapping):
        raise FactsError([Diagnostic("CR310", args={"problem": _json_kind(facts)})])
    try:
        read = facts_model(ruleset).validator.validate_python(facts if type(facts) is dict else dict(facts))
    except ValidationError:
        return _read_one_by_one(ruleset, facts)
    return {n: v for n, v in read.items() if v is not None} if None in read.values() else read


def read_first_facts(ruleset: Ruleset, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts with which a life begins; those that follow from its log cannot be among them.

    Raises:
        FactsError: with everything that is wrong, each by its path.
    """
    problems: list[Diagnostic] = []
    try:
        read = read_facts(ruleset, facts)
    except FactsError as error:
        read, problems = {}, list(error.diagnostics)
    if isinstance(facts, Mapping):
        problems += (
            Diagnostic("CR315", args={"name": n, "events": i.fold.events}, where=n)
            for n, i in ruleset.inputs.items()
            if i.fold and facts.get(n) is not None
        )
    if problems:
        raise FactsError(problems)
    return read


def _json_kind(raw: object) -> str:
    kinds: Mapping[type, str] = {list: "[…]", str: '"…"', bool: "true / false", type(None): "null"}
    return kinds.get(type(raw)) or shown(raw)


def _read_one_by_one(ruleset: Ruleset, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts, or say in our own words what pydantic refused."""
    problems: list[Diagnostic] = []
    values: dict[str, Any] = {}
    for name, raw in facts.items():
        fact = ruleset.inputs.get(name)
        if fact is None:
            said = name_of(name)
            words = {"name": said, "suggestion": suggest(said, ruleset.inputs)}
            problems.append(Diagnostic("CR301", args=words, where=said))
        elif raw is not None:
            problems += wrong_value(raw, fact.type.domain, name) or _kept(values, name, raw, fact.type.domain)
    if problems:
        raise FactsError(problems)
    return values


def name_of(name: object) -> str:
    """Return a caller's name as text, whatever it is."""
    return name if isinstance(name, str) else shown(name)


def _kept(values: dict[str, Any], name: str, raw: object, domain: Domain) -> tuple[()]:
    values[name] = from_json(raw, domain)
    return ()


def wrong_value(raw: Any, domain: Domain, where: str) -> list[Diagnostic]:
    """Return what is wrong with a value; each wrong member of a set by its place."""
    if isinstance(domain, Members) and isinstance(raw, (Sequence, AbstractSet)) and not isinstance(raw, str):
        return [d for at, member in enumerate(raw) for d in _refused([member], domain, f"{where}[{at}]")]
    return list(_refused(raw, domain, where))


def _refused(raw: object, domain: Domain, where: str) -> Iterator[Diagnostic]:
    try:
        from_json(raw, domain)
    except BadValueError as error:
        yield Diagnostic(error.code, args=error.args_of, where=where)


def raw_of_text(text: str, domain: Domain) -> object:
    """Return the JSON value that a text on a command line stands for; a wrong text stays as it is."""
    plain = text.strip()
    match domain:
        case Truth():
            return YES.get(plain, plain)
        case Members():
            parts = (p.strip() for p in plain.removeprefix("[").removesuffix("]").split(","))
            return [p for p in parts if p]
        case Ordered("integer"):
            return int(plain) if plain.removeprefix("-").isdecimal() and len(plain) <= _KEPT else plain
        case _:
            return plain


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
            said = name_of(name)
            words = {"name": said, "suggestion": suggest(said, ruleset.parameters)}
            problems.append(Diagnostic("CR307", args=words, where=said))
        elif wrong := _wrong_setting(raw, parameter):
            problems += wrong
        else:
            values[name] = None if raw is None else from_json(raw, parameter.type.domain)
    if problems:
        raise FactsError(problems)
    return values


def _wrong_setting(raw: Any, parameter: Parameter) -> list[Diagnostic]:
    if raw is None:
        return []
    wrong = wrong_value(raw, parameter.type.domain, parameter.name)
    if wrong or not parameter.options or from_json(raw, parameter.type.domain) in parameter.options:
        return wrong
    words = {"value": raw, "options": tuple(parameter.options)}
    return [Diagnostic("CR114", args=words, where=parameter.name)]
