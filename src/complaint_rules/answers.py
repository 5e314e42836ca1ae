"""Answers: what a decision can say, why, and the result that holds them all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from complaint_rules.diagnostics import Diagnostic, NoDecisionError
from complaint_rules.ruleset import ALWAYS, Effective
from complaint_rules.values import to_json
from complaint_rules.words import Label


@dataclass(frozen=True, slots=True)
class Trace:
    """Why: the rules that decided (or still may), their cells and clauses, and what was read."""

    decision: str
    kind: str
    rules: tuple[str, ...] = ()
    possible_rules: tuple[str, ...] = ()
    cells: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    because: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    items: Mapping[str, str] = field(default_factory=dict)
    next: str | None = None
    origins: Mapping[str, str] = field(default_factory=dict)  # rule -> where it stands, if in an overlay


@dataclass(frozen=True, slots=True, eq=False)
class Missing:
    """A fact that was not given, or a parameter that is not set: it could have any value."""

    ask: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    possible: None = None
    silent: ClassVar[bool] = False
    is_unknown: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Decided:
    """The procedure's answer, and why."""

    value: Any
    trace: Trace
    status: ClassVar[str] = "decided"


@dataclass(frozen=True, slots=True, eq=False)
class Undetermined:
    """What is not known could change the answer: the facts to `ask`, the parameters `unset`.

    `possible` are the answers still open, or None where they were not counted; `silent` says that
    the procedure may also turn out not to regulate it.
    """

    possible: tuple[Any, ...] | None
    ask: tuple[str, ...]
    unset: tuple[str, ...]
    trace: Trace
    silent: bool = False
    status: ClassVar[str] = "undetermined"
    is_unknown: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class NotRegulated:
    """All is known and the procedure is silent; `refer_to` is whom to ask."""

    refer_to: Label | None
    trace: Trace
    status: ClassVar[str] = "not_regulated"


Answer = Decided | Undetermined | NotRegulated
# An answer and the values that it hands to later decisions, by name.
Settled = tuple[Answer, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """What a ruleset says about some facts: one answer a decision, and what they rest on."""

    ruleset: str
    version: str
    content_hash: str
    facts: Mapping[str, Any]
    decisions: Mapping[str, Answer]
    ask: tuple[str, ...]
    unset: tuple[str, ...]
    rests_on: tuple[str, ...]
    parties: Mapping[str, Mapping[str, str | None]]
    overlays: tuple[str, ...] = ()
    effective: Effective = ALWAYS

    def __getitem__(self, decision: str) -> Any:
        """Return the value of a decided decision.

        Raises:
            NoDecisionError: it is undetermined, not regulated, or was not asked for.
        """
        answer = self.decisions.get(decision)
        if isinstance(answer, Decided):
            return answer.value
        status = answer.status if answer else "unknown decision"
        raise NoDecisionError([Diagnostic("CR311", args={"decision": decision, "status": status})])

    def to_dict(self) -> dict[str, Any]:
        """Return the whole result as JSON-serialisable data; decimals and dates are text."""
        return {
            "ruleset": self.ruleset,
            "version": self.version,
            "content_hash": self.content_hash,
            **({"overlays": list(self.overlays)} if self.overlays else {}),
            **({"effective": _period(self.effective)} if self.effective != ALWAYS else {}),
            "facts": to_json(self.facts),
            "decisions": {n: _answer_json(a) for n, a in self.decisions.items()},
            "ask": list(self.ask),
            "unset": list(self.unset),
            "rests_on": list(self.rests_on),
            "parties": to_json(self.parties),
        }

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2)


def _period(effective: Effective) -> dict[str, str | None]:
    ends = {"from": effective.start, "to": effective.end}
    return {k: None if day is None else day.isoformat() for k, day in ends.items()}


def _answer_json(answer: Answer) -> dict[str, Any]:
    trace = answer.trace
    why = {
        "kind": trace.kind, "rules": list(trace.rules), "possible_rules": list(trace.possible_rules),
        "cells": {r: dict(c) for r, c in trace.cells.items()}, "because": list(trace.because),
        "parameters": list(trace.parameters), "used": list(trace.used), "items": dict(trace.items), "next": trace.next,
        "origins": dict(trace.origins),
    }  # fmt: skip
    match answer:
        case Decided(value):
            said: dict[str, Any] = {"value": to_json(value)}
        case Undetermined(possible, ask, unset):
            said = {"possible": None if possible is None else to_json(possible), "ask": list(ask), "unset": list(unset)}
        case NotRegulated(refer_to):
            said = {"refer_to": None if refer_to is None else {"zh": refer_to.zh, "en": refer_to.en}}
    return {"status": answer.status, **said, "trace": {k: v for k, v in why.items() if v}}
