"""Ruleset: what a procedure says, read and checked: types, parameters, inputs and decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from complaint_rules.accepted import Accepted
from complaint_rules.course import Deadline, EventKind, Fold, Process
from complaint_rules.diagnostics import Diagnostic, FactsError, Span
from complaint_rules.domains import ABSENT, NOT_REGULATED, Domain, Sign, Test
from complaint_rules.formula import Formula
from complaint_rules.invariant import Invariant
from complaint_rules.report import Report
from complaint_rules.source import Document
from complaint_rules.tables import Aggregate, HitPolicy
from complaint_rules.trigger import Trigger
from complaint_rules.words import Label


@dataclass(frozen=True, slots=True)
class Type:
    """A domain with what people read: labels of values, unit, currency, parties.

    `of` maps a value that is a party (`production_team`) to the fact that says which one.
    """

    domain: Domain
    labels: Mapping[str, Label] = field(default_factory=dict)
    unit: str = ""
    currency: str = ""
    of: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Input:
    """A fact of a complaint; the absence of an optional one is itself an answer."""

    name: str
    label: Label
    type: Type
    optional: bool
    span: Span
    fold: Fold | None = None  # how it follows from the log of what happened


class ParameterKind(Enum):
    """Where a parameter's value comes from."""

    VALUE = "value"
    READING = "reading"
    ASSUMED = "assumed"
    UNSET = "unset"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number or reading; `value` None where it is unset. `options` are a reading's other meanings."""

    name: str
    label: Label
    type: Type
    kind: ParameterKind
    value: Any
    options: Mapping[Any, Label]
    reason: Label | None
    because: tuple[str, ...]
    span: Span


# One alternative of a rule's condition: column name to test; a column left out admits anything.
When = Mapping[str, Test]


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of a decision table: any of the alternatives in `when` gives `then` (one value an output)."""

    id: str
    label: Label | None
    when: tuple[When, ...]
    then: tuple[Any, ...]
    because: tuple[str, ...]
    cells: Mapping[str, str]  # the cells of `when` as they were written, for people
    span: Span


@dataclass(frozen=True, slots=True)
class TableDecision:
    """Rules over columns. `default` has one value an output; `refer_to` names whom to ask instead."""

    name: str
    label: Label
    because: tuple[str, ...]
    span: Span
    inputs: tuple[str, ...]
    outputs: Mapping[str, Type]  # {"": type} where there is a single output
    rules: tuple[Rule, ...]
    policy: HitPolicy
    aggregate: Aggregate
    default: tuple[Any, ...] | None
    refer_to: Label | None

    @property
    def gives_list(self) -> bool:
        """Whether it answers with a list of what the matching rules say."""
        return self.policy in (HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER) or (
            self.policy is HitPolicy.COLLECT and self.aggregate is Aggregate.LIST
        )


@dataclass(frozen=True, slots=True)
class ExpressionDecision:
    """A formula over facts, parameters and decisions; `step` and `rounding` say how a quotient ends."""

    name: str
    label: Label
    because: tuple[str, ...]
    span: Span
    formula: Formula
    type: Type
    step: Decimal | None = None
    rounding: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a checklist: `when` says when it applies, `needs` what it asks for."""

    id: str
    label: Label | None
    when: tuple[When, ...]
    needs: tuple[When, ...]
    because: tuple[str, ...]
    cells: Mapping[str, str]
    span: Span


@dataclass(frozen=True, slots=True)
class ChecklistDecision:
    """Conditions that must all (or any) be met, perhaps in order."""

    name: str
    label: Label
    because: tuple[str, ...]
    span: Span
    items: tuple[Item, ...]
    all_needed: bool
    ordered: bool
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InvocationDecision:
    """Another decision over other facts: each name on the left is replaced by the one on the right."""

    name: str
    label: Label
    because: tuple[str, ...]
    span: Span
    invoke: str
    renamed: Mapping[str, str]


Decision = TableDecision | ExpressionDecision | ChecklistDecision | InvocationDecision


@dataclass(frozen=True, slots=True)
class Effective:
    """The days on which a version is in force, both included, None without end; `by` is the fact that says the day."""

    start: date | None = None
    end: date | None = None
    by: str | None = None

    def holds_on(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


ALWAYS = Effective()


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A ruleset as read: `order` lists the decisions so that each stands after what it uses.

    `outputs` are the types of each decision's outputs ("" where there is one); `silent` are the
    decisions that can be not regulated.
    """

    id: str
    version: str
    title: Label
    time_zone: str
    content_hash: str
    parameters: Mapping[str, Parameter]
    inputs: Mapping[str, Input]
    decisions: Mapping[str, Decision]
    order: tuple[str, ...]
    outputs: Mapping[str, Mapping[str, Type]]
    silent: frozenset[str]
    document: Document = field(repr=False, compare=False)
    effective: Effective = ALWAYS
    calendar: str | None = None
    deadlines: Mapping[str, Deadline] = field(default_factory=dict)
    events: Mapping[str, EventKind] = field(default_factory=dict)
    process: Process | None = None
    triggers: Mapping[str, Trigger] = field(default_factory=dict)
    invariants: Mapping[str, Invariant] = field(default_factory=dict)
    reports: Mapping[str, Report] = field(default_factory=dict)
    accepted: tuple[Accepted, ...] = ()

    def column(self, name: str) -> tuple[Domain, Sign | None]:
        """Return the domain of a name in scope, and the sign that may stand in its place."""
        if name in self.inputs:
            return self.inputs[name].type.domain, ABSENT if self.inputs[name].optional else None
        if name in self.parameters:
            return self.parameters[name].type.domain, None
        return self.type_of(name).domain, NOT_REGULATED if name.partition(".")[0] in self.silent else None

    def is_role(self, name: str) -> bool:
        """Return whether a name is a role of the process."""
        return self.process is not None and name in self.process.roles

    def type_of(self, name: str) -> Type:
        """Return the type of an input, a parameter, a decision or one of its outputs."""
        if name in self.inputs:
            return self.inputs[name].type
        if name in self.parameters:
            return self.parameters[name].type
        decision, _, output = name.partition(".")
        return self.outputs[decision][output]


def version_of(versions: Sequence[Ruleset], day: date) -> Ruleset:
    """Return the version in force on a day.

    Raises:
        FactsError: there is none.
    """
    for version in versions:
        if version.effective.holds_on(day):
            return version
    first, last = versions[0], versions[-1]
    words = {"ruleset": last.id, "low": first.effective.start or "…", "high": last.effective.end or "…", "day": day}
    raise FactsError([Diagnostic("CR313", args=words)])
