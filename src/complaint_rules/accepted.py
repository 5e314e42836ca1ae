"""Accepted: a finding that the authors of a ruleset know of and leave as it is, and why."""

from __future__ import annotations

from dataclasses import dataclass

from complaint_rules.diagnostics import Span
from complaint_rules.words import Label


@dataclass(frozen=True, slots=True)
class Accepted:
    """One finding by its code and the names of what it is about (`decision.rule`), with the reason to leave it."""

    finding: str
    at: str
    reason: Label
    span: Span
