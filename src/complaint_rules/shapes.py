"""Shapes: what every pydantic document of the language is made of: known keys, labels, lists and flags."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationInfo, model_validator

from complaint_rules.values import YES


def as_label(value: Any) -> Any:
    return {"zh": value} if isinstance(value, str) and value else value


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, dict) or (isinstance(value, str) and value) else value


def _values(value: Any) -> Any:
    return {v: {} for v in value} if isinstance(value, list) and all(isinstance(v, str) for v in value) else value


def _flag(value: Any) -> Any:
    return YES.get(value, value) if isinstance(value, str) else value


class Doc(BaseModel):
    """A mapping with known keys; unknown ones are noted in the context and set aside."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _set_unknown_keys_aside(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, dict):
            return value
        keys = {f.alias or n for n, f in cls.model_fields.items()}
        unknown = [k for k in value if k not in keys]
        if info.context is not None:
            info.context.extend((id(value), k, keys) for k in unknown)
        return {k: v for k, v in value.items() if k in keys}


class LabelDoc(Doc):
    """Words in two languages."""

    zh: str = ""
    en: str = ""


LabelField = Annotated[LabelDoc, BeforeValidator(as_label)]
Ids = Annotated[list[str], BeforeValidator(_as_list)]
CellsField = Annotated[list[dict[str, Any]], BeforeValidator(_as_list)]
Flag = Annotated[bool, BeforeValidator(_flag)]


class ValueDoc(LabelDoc):
    """A listed value; `of` names the fact that a party depends on."""

    of: str | None = None


ValuesField = Annotated[dict[str, Annotated[ValueDoc, BeforeValidator(as_label)]], BeforeValidator(_values)]
