"""Limits: how large a ruleset, a file of facts or an analysis may be before we refuse it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds that keep an untrusted file from costing memory or time."""

    bytes: int = 2_000_000
    depth: int = 24
    nodes: int = 200_000
    scalar: int = 20_000
    id_length: int = 80
    number_length: int = 40
    formula: int = 500
    decisions: int = 1_000
    rules: int = 5_000
    boxes: int = 20_000
    errors: int = 100
    analysis_steps: int = 400_000
    completions: int = 1_000
    variants: int = 256


DEFAULT_LIMITS = Limits()
