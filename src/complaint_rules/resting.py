"""Resting: what a procedure's answers rest on that its text does not say: readings, assumptions, what nobody has set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from complaint_rules.compile import compile_ruleset
from complaint_rules.loading import deadline_reads
from complaint_rules.ruleset import Parameter, ParameterKind, Ruleset
from complaint_rules.words import Lang


@dataclass(frozen=True, slots=True)
class Resting:
    """A parameter that the text does not settle, and the decisions, limits, triggers and reports that rest on it."""

    parameter: Parameter
    upon_it: tuple[str, ...]

    def to_dict(self, lang: Lang) -> dict[str, object]:
        """Return it as JSON-serialisable data."""
        reason = self.parameter.reason
        return {
            "parameter": self.parameter.name, "kind": self.parameter.kind.value,
            "reason": reason.in_lang(lang) if reason else "", "rests_on_it": list(self.upon_it),
        }  # fmt: skip


def resting(ruleset: Ruleset) -> tuple[Resting, ...]:
    """Return every parameter that is read, assumed or not set, in the order of the file."""
    reads = dict(_reads(ruleset))
    return tuple(
        Resting(p, tuple(n for n, names in reads.items() if p.name in names))
        for p in ruleset.parameters.values()
        if p.kind is not ParameterKind.VALUE
    )


def _reads(ruleset: Ruleset) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the parameters on which each part rests, through all that it uses."""
    decisions = compile_ruleset(ruleset).reads
    yield from ((n, decisions[n]) for n in ruleset.decisions)
    parts = {n: deadline_reads(ruleset, d) for n, d in ruleset.deadlines.items()}
    parts |= {n: t.reads for n, t in ruleset.triggers.items()}
    parts |= {n: r.parameters for n, r in ruleset.reports.items()}
    for name, names in parts.items():
        yield name, frozenset(names).union(*(decisions.get(n.partition(".")[0], frozenset()) for n in names))
