"""Stubs: a ruleset's facts and decisions as Python types, so that an editor completes and mypy checks them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from keyword import iskeyword

from complaint_rules.domains import Domain, Enumeration, ListOf, Members, Ordered, Text, Truth
from complaint_rules.ruleset import Ruleset, TableDecision, Type
from complaint_rules.words import Label

_PYTHON: Mapping[str, str] = {
    "integer": "int",
    "decimal": "Decimal",
    "money": "Decimal",
    "date": "date",
    "datetime": "datetime",
    "duration": "timedelta",
}
# What may be given for a fact besides the value itself.
_GIVEN: Mapping[str, str] = {"integer": "", "decimal": " | int | str", "money": " | int | str"}
# Names that a key of a class would hide from the annotations below it.
_NEEDED = frozenset({"bool", "int", "str", "tuple", "frozenset", "date", "datetime", "timedelta"})
_IMPORTS: Mapping[str, Sequence[str]] = {
    "collections.abc": ("Sequence", "Set"),
    "datetime": ("date", "datetime", "timedelta"),
    "decimal": ("Decimal",),
    "typing": ("Literal", "TypedDict"),
}


@dataclass(frozen=True, slots=True)
class _Field:
    """A key of a typed dict, its annotation, and what people read for it."""

    name: str
    annotation: str
    words: str


def stub(ruleset: Ruleset) -> str:
    """Return the text of a Python module with the types of a ruleset's facts and of what it decides.

    Of the facts none is required; of the decisions those that are not decided are absent.
    """
    stem = _camel(ruleset.id)
    taken = {f"{stem}Facts", f"{stem}Decisions"}
    facts = [_Field(n, f"{_given(i.type.domain)} | None", _said(i.label, i.type)) for n, i in ruleset.inputs.items()]
    classes = [_typed_dict(f"{stem}Facts", f"事实 facts: {_title(ruleset)}", facts)]
    decided: list[_Field] = []
    for name, decision in ruleset.decisions.items():
        outputs = _written_outputs(ruleset, name)
        annotation = _value(outputs[""].domain) if "" in outputs else _free(f"{stem}{_camel(name)}", taken)
        if "" not in outputs:
            fields = [_Field(o, _value(t.domain), _said(None, t)) for o, t in outputs.items()]
            classes.append(_typed_dict(annotation, _words(decision.label), fields, total=True))
        if "" not in outputs and isinstance(decision, TableDecision) and decision.gives_list:
            annotation = f"tuple[{annotation}, ...]"
        decided.append(_Field(name, annotation, _said(decision.label, outputs.get(""))))
    classes.append(_typed_dict(f"{stem}Decisions", f"判定 decisions: {_title(ruleset)}", decided))
    body = "\n\n\n".join(classes)
    head = f"{_docstring(f'Types of the ruleset {ruleset.id} {ruleset.version}; made by complaint_rules.')}\n"
    return f"{head}\n{''.join(_imports(body))}\n\n{body}\n"


def _camel(name: str) -> str:
    return name.title().replace("_", "")


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _written_outputs(ruleset: Ruleset, name: str) -> Mapping[str, Type]:
    """Return the types of a decision's outputs; of a list of several, those of one entry."""
    decision = ruleset.decisions[name]
    listed = isinstance(decision, TableDecision) and decision.gives_list and "" not in decision.outputs
    return decision.outputs if listed and isinstance(decision, TableDecision) else ruleset.outputs[name]


def _value(domain: Domain) -> str:
    """Return the type of a value that is decided."""
    match domain:
        case Truth():
            return "bool"
        case Enumeration(values, open=False):
            return _literal(values)
        case Members(values, open=is_open):
            return f"frozenset[{_literal(values) if values and not is_open else 'str'}]"
        case Ordered(kind):
            return _PYTHON[kind]
        case ListOf(one):
            return f"tuple[{_value(one)}, ...]"
        case Enumeration() | Text():
            return "str"


def _given(domain: Domain) -> str:
    """Return the type of a value that may be given for a fact."""
    match domain:
        case Ordered(kind):
            return _PYTHON[kind] + _GIVEN.get(kind, " | str")
        case Members():
            member = _value(domain).removeprefix("frozenset")
            return f"Sequence{member} | Set{member}"
        case _:
            return _value(domain)


def _literal(values: Sequence[str]) -> str:
    return f"Literal[{', '.join(_quoted(v) for v in values)}]"


def _quoted(text: str) -> str:
    return f'"{text}"' if text.replace("_", "").isalnum() else repr(text)


def _title(ruleset: Ruleset) -> str:
    return _words(ruleset.title)


def _words(label: Label) -> str:
    return label.zh if label.zh == label.en else f"{label.zh} · {label.en}"


def _said(label: Label | None, type_: Type | None) -> str:
    """Return a label, the unit, and the words of each value."""
    unit = (type_.unit or type_.currency) if type_ else ""
    values = "；".join(f"{v} = {words.zh}" for v, words in type_.labels.items()) if type_ else ""
    head = " ".join(p for p in (_words(label) if label else "", f"({unit})" if unit else "") if p)
    return ": ".join(p for p in (head, values) if p)


def _typed_dict(name: str, words: str, fields: Sequence[_Field], *, total: bool = False) -> str:
    """Return the class; the call where a key is a word of Python or the name of a type."""
    if any(iskeyword(f.name) or f.name in _NEEDED for f in fields):
        pairs = (f"        # {_one_line(f.words)}\n        {_quoted(f.name)}: {f.annotation},\n" for f in fields)
        return f'{name} = TypedDict(\n    "{name}",\n    {{\n{"".join(pairs)}    }},\n    total={total},\n)'
    lines = (f"    {f.name}: {f.annotation}\n" + (f"    {_docstring(f.words)}\n" if f.words else "") for f in fields)
    head = f"class {name}(TypedDict{'' if total else ', total=False'}):\n    {_docstring(words)}\n\n"
    return (head + "".join(lines)).rstrip("\n")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _docstring(text: str) -> str:
    plain = _one_line(text)
    return repr(plain) if '"' in plain or "\\" in plain else f'"""{plain}"""'


def _imports(body: str) -> Iterator[str]:
    """Yield the imports that the annotations need."""
    annotations = re.sub(r'"""[^"]*"""|\'[^\n]*\'|# [^\n]*', "", body)
    for module, names in _IMPORTS.items():
        used = [n for n in names if re.search(rf"\b{n}\b", annotations)]
        if used:
            yield f"from {module} import {', '.join(used)}\n"
