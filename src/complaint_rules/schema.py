"""Schema: the language as a JSON Schema (draft-07) for editors, made from the models, in Chinese and English."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from complaint_rules.model import RulesetDoc
from complaint_rules.schema_words import CHOICES, KEYS, TYPES, WORDS, said
from complaint_rules.values import YES

# What an editor takes a scalar for; to us each of them is text.
_SCALAR = ["string", "number", "boolean"]
_TEXT: Mapping[str, Any] = {"type": _SCALAR}

_CELL: Mapping[str, Any] = {
    "description": "一个条件：值、一列值、范围、`-`，或对集合的检验。\nA test: a value, a list of values, a range, `-`, or a test of a set.",
    "type": [*_SCALAR, "array", "object"],
    "items": _TEXT,
    "properties": {
        key: {"type": [*_SCALAR, "array"], "items": _TEXT} for key in ("has", "any_of", "all_of", "none_of")
    },
    "additionalProperties": False,
}
_CELLS: Mapping[str, Any] = {"type": "object", "additionalProperties": {"$ref": "#/definitions/Cell"}}
# What `dated` takes away before the models look at a document.
_PERIOD: Mapping[str, Any] = {"from": _TEXT, "to": _TEXT}
_STEP: Mapping[str, Any] = {
    "type": "object",
    "properties": {"from": _TEXT, **{key: {} for key in ("value", "reading", "assumed", "unset", "reason", "because")}},
    "additionalProperties": False,
}
_DATED: Mapping[str, Mapping[str, Any]] = {
    "RuleDoc": _PERIOD,
    "ItemDoc": _PERIOD,
    "ParameterDoc": {"dated": {"type": "array", "items": _STEP}},
}
_MARKS = {
    "expression": {"required": ["expression"]},
    "checklist": {"anyOf": [{"required": ["needs_all"]}, {"required": ["needs_any"]}]},
    "invocation": {"required": ["invoke"]},
}


def language_schema() -> dict[str, Any]:
    """Return the JSON Schema of a ruleset file as an editor reads it."""
    made = RulesetDoc.model_json_schema(schema_generator=_Generated, ref_template="#/definitions/{model}")
    definitions = {name: _described(name, one) for name, one in sorted(made.pop("$defs").items())}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "complaint_rules",
        **_described("RulesetDoc", made),
        "definitions": {**definitions, "Cell": _CELL},
    }


def schema_text() -> str:
    """Return the text of schema/complaint_rules.schema.json."""
    return json.dumps(language_schema(), ensure_ascii=False, indent=2) + "\n"


class _Generated(GenerateJsonSchema):
    """Pydantic's schema, widened to what is read before a model looks at it, without what misleads an editor."""

    def function_before_schema(self, schema: Any) -> Any:
        name = getattr(schema["function"]["function"], "__name__", "")
        return _WIDER.get(name, _as_it_is)(super().function_before_schema(schema))

    def str_schema(self, schema: Any) -> Any:
        return {**super().str_schema(schema), "type": _SCALAR}

    def default_schema(self, schema: Any) -> Any:
        return self.generate_inner(schema["schema"])

    def nullable_schema(self, schema: Any) -> Any:
        return self.generate_inner(schema["schema"])

    def tagged_union_schema(self, schema: Any) -> Any:
        forms = {tag.strip("<>"): self.generate_inner(one) for tag, one in schema["choices"].items()}
        chosen: Any = forms["table"]
        for form, mark in reversed(_MARKS.items()):
            chosen = {"if": mark, "then": forms[form], "else": chosen}
        return {"type": "object", **chosen}


def _as_it_is(schema: Any) -> Any:
    return schema


def _one_or_list(schema: Any) -> Any:
    item = schema["items"].get("type", "object")
    return {**schema, "type": [*(item if isinstance(item, list) else [item]), "array"]}


def _listed(schema: Any) -> Any:
    return {**schema, "type": ["object", "array"], "items": _TEXT}


def _or_text(schema: Any) -> Any:
    return {"anyOf": [{"type": _SCALAR}, schema]}


def _flag(_schema: Any) -> Any:
    return {"enum": ["yes", "no", True, False, *(word for word in YES if word not in ("yes", "no"))]}


_WIDER: Mapping[str, Callable[[Any], Any]] = {
    "_as_list": _one_or_list,
    "_values": _listed,
    "_flag": _flag,
    "_event": _or_text,
    "_as_scale": _or_text,
}


def _described(model: str, schema: Any) -> Any:
    """Return a model's schema with the words of its keys, and the choices that the models leave to loading."""
    described = {k: v for k, v in schema.items() if k not in ("title", "description")}
    properties = {**schema["properties"], **_DATED.get(model, {})}
    described["properties"] = {key: _key(model, key, one) for key, one in properties.items()}
    if model in ("LabelDoc", "ValueDoc", "StateDoc"):
        described |= {"type": [*_SCALAR, "object"], "minLength": 1}
    return {"description": said(WORDS[model]), **described} if model in WORDS else described


def _key(model: str, key: str, schema: Any) -> Any:
    words = KEYS.get(f"{model}.{key}", KEYS.get(key))
    kept = {k: v for k, v in schema.items() if k != "title"}
    return {"description": said(words), **kept, **_narrowed(key)} if words else kept


def _narrowed(key: str) -> dict[str, Any]:
    match key:
        case "language":
            return {"type": ["string", "number"], "enum": [1, "1"]}
        case "type":
            return {"type": "string", "anyOf": [{"enum": list(TYPES)}, {"pattern": "^[a-z][a-z0-9_]*$"}]}
        case "when" | "needs" | "where" | "never" | "always" | "if":
            return {"items": _CELLS, "additionalProperties": _CELLS["additionalProperties"]}
        case "hit_policy" | "aggregate" | "mode" | "retarget":
            return {"type": "string", "enum": list(CHOICES[key])}
        case _:
            return {}
