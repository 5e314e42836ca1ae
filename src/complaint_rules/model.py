"""Model: the shape of a ruleset file, as pydantic documents; every wrong key or kind at once, located."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, Tag, ValidationError

from complaint_rules.diagnostics import Diagnostic
from complaint_rules.model_time import DeadlineDoc, EventField, FromDoc, ProcessDoc, ReportDoc, TriggerDoc
from complaint_rules.shapes import CellsField, Doc, Flag, Ids, LabelField, ValuesField
from complaint_rules.source import Document, Path
from complaint_rules.words import suggest


class TypeDoc(Doc):
    """What values an input, output or parameter has."""

    type: str | None = None
    values: ValuesField | None = None
    of: str | None = None
    open: Flag = False
    minimum: str | None = None
    maximum: str | None = None
    step: str | None = None
    unit: str = ""
    currency: str = ""


class InputDoc(TypeDoc):
    """A fact of a complaint."""

    label: LabelField | None = None
    optional: Flag = False
    from_: FromDoc | None = Field(alias="from", default=None)


class ParameterDoc(TypeDoc):
    """A number or reading, of exactly one of four kinds; with `by`, one for each cell of a column."""

    label: LabelField | None = None
    by: str | None = None
    value: Any = None
    reading: Any = None
    assumed: Any = None
    unset: Flag | None = None
    options: ValuesField | None = None
    reason: LabelField | None = None
    because: Ids = []


class RuleDoc(Doc):
    """A row of a decision table."""

    id: str
    label: LabelField | None = None
    when: CellsField = []
    then: Any = ...
    because: Ids = []
    note: LabelField | None = None


class ItemDoc(Doc):
    """A line of a checklist."""

    id: str
    label: LabelField | None = None
    when: CellsField = []
    needs: CellsField
    because: Ids = []


class DecisionDoc(Doc):
    """What all four kinds of decision have."""

    label: LabelField | None = None
    because: Ids = []


class TableDoc(DecisionDoc):
    """A decision table."""

    inputs: list[str]
    hit_policy: str = "unique"
    aggregate: str | None = None
    output: TypeDoc | None = None
    outputs: dict[str, TypeDoc] | None = None
    rules: list[RuleDoc]
    default: Any = None
    refer_to: LabelField | None = None


class RoundingDoc(Doc):
    """How a quotient ends."""

    step: str
    mode: str


class ExpressionDoc(DecisionDoc):
    """A literal expression."""

    expression: str
    output: TypeDoc | None = None
    rounding: RoundingDoc | None = None


class ChecklistDoc(DecisionDoc):
    """A checklist."""

    needs_all: list[ItemDoc] | None = None
    needs_any: list[ItemDoc] | None = None
    ordered: Flag = False


class InvocationDoc(DecisionDoc):
    """Another decision over other facts."""

    invoke: str
    with_: dict[str, str] = Field(alias="with", default={})


def _form(value: Any) -> str:
    keys = value if isinstance(value, Mapping) else {}
    if "expression" in keys:
        return "<expression>"
    if "needs_all" in keys or "needs_any" in keys:
        return "<checklist>"
    return "<invocation>" if "invoke" in keys else "<table>"


AnyDecisionDoc = Annotated[
    Annotated[TableDoc, Tag("<table>")]
    | Annotated[ExpressionDoc, Tag("<expression>")]
    | Annotated[ChecklistDoc, Tag("<checklist>")]
    | Annotated[InvocationDoc, Tag("<invocation>")],
    Discriminator(_form),
]


class EffectiveDoc(Doc):
    """When a ruleset is in force, and the fact whose date says which version holds."""

    from_: str | None = Field(alias="from", default=None)
    to: str | None = None
    by: str | None = None


def _as_scale(raw: Any) -> Any:
    return {"name": raw} if isinstance(raw, str) else raw


class ImpliesDoc(Doc):
    """Where one condition holds, another does."""

    if_: CellsField = Field(alias="if")
    then: CellsField


class ScaleDoc(Doc):
    """A name whose values go from low to high; listed ones in the order of `through`."""

    name: str
    through: list[str] = []


ScaleField = Annotated[ScaleDoc, BeforeValidator(_as_scale)]


class MonotoneDoc(Doc):
    """What must not go up, or down, while a fact goes up."""

    raise_: ScaleField = Field(alias="raise")
    never_raises: ScaleField | None = None
    never_lowers: ScaleField | None = None
    never_later: str | None = None


class NoLaterDoc(Doc):
    """A time limit, and the one that it never outlasts."""

    deadline: str
    than: str


class InvariantDoc(Doc):
    """What the procedure intends in every case."""

    label: LabelField | None = None
    never: CellsField | None = None
    always: CellsField | None = None
    implies: ImpliesDoc | None = None
    at_most: dict[str, str] | None = None
    at_least: dict[str, str] | None = None
    monotone: MonotoneDoc | None = None
    no_later: NoLaterDoc | None = None
    because: Ids = []


class AcceptedDoc(Doc):
    """A finding that the authors know of and leave as it is."""

    finding: str
    at: str
    reason: LabelField


class RulesetDoc(Doc):
    """A ruleset file."""

    language: str
    ruleset: str
    version: str
    title: LabelField
    time_zone: str = "Asia/Shanghai"
    effective: EffectiveDoc | None = None
    types: dict[str, TypeDoc] = {}
    parameters: dict[str, ParameterDoc] = {}
    inputs: dict[str, InputDoc]
    decisions: dict[str, AnyDecisionDoc]
    calendar: str | None = None
    deadlines: dict[str, DeadlineDoc] = {}
    events: dict[str, EventField] = {}
    process: ProcessDoc | None = None
    triggers: dict[str, TriggerDoc] = {}
    reports: dict[str, ReportDoc] = {}
    invariants: dict[str, InvariantDoc] = {}
    accepted: list[AcceptedDoc] = []


def check_shape(document: Document) -> tuple[RulesetDoc | None, list[Diagnostic]]:
    """Return the document in its shape (None where that failed) and every problem of keys and kinds."""
    unknown: list[tuple[int, str, set[str]]] = []
    try:
        doc, failed = RulesetDoc.model_validate(document.root, context=unknown), None
    except ValidationError as error:
        doc, failed = None, error
    problems = _unknown_keys(document, unknown)
    for fault in failed.errors(include_url=False) if failed else ():
        problems.append(_fault(document, fault["type"], fault["loc"], fault.get("input")))
    return doc, problems


def _unknown_keys(document: Document, unknown: list[tuple[int, str, set[str]]]) -> list[Diagnostic]:
    paths = dict(_paths(document.root, ()))
    found = dict.fromkeys((paths.get(node, ()), key, tuple(sorted(keys))) for node, key, keys in unknown)
    return [
        Diagnostic(
            "CR004",
            document.span((*path, key), of_key=True),
            {"key": key, "known": keys, "suggestion": suggest(key, keys)},
        )
        for path, key, keys in found
    ]


def _paths(node: Any, path: Path) -> Any:
    if isinstance(node, dict):
        yield id(node), path
        for key, value in node.items():
            yield from _paths(value, (*path, key))
    elif isinstance(node, list):
        for at, value in enumerate(node):
            yield from _paths(value, (*path, at))


_EXPECTED = {
    "list_type": "[a, b]",
    "dict_type": "key: value",
    "model_type": "key: value",
    "string_type": "text",
    "bool_type": "yes / no",
}


def _fault(document: Document, kind: str, loc: tuple[int | str, ...], value: Any) -> Diagnostic:
    path = tuple(p for p in loc if not (isinstance(p, str) and p.startswith("<") and p.endswith(">")))
    if kind == "missing":
        return Diagnostic("CR005", document.span(path[:-1], of_key=True), {"key": path[-1]})
    shown = value if isinstance(value, str) else "[…]" if isinstance(value, list) else "{…}"
    args = {"value": shown, "expected": _EXPECTED.get(kind, kind)}
    return Diagnostic("CR006", document.span(path), args)
