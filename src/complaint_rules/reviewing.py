"""Reviewing: what is needless, contradictory, never used or never comes about in a ruleset that can be decided."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from complaint_rules.clashing import clashes
from complaint_rules.compile import all_items, inlined
from complaint_rules.diagnostics import Diagnostic, Severity
from complaint_rules.handed import Received, Tables, handed_on
from complaint_rules.limits import DEFAULT_LIMITS, Limits
from complaint_rules.loading_trigger import where_table
from complaint_rules.occurring import Occurring
from complaint_rules.redundant import redundant_columns, redundant_rules
from complaint_rules.regions import Budget, BudgetSpentError
from complaint_rules.ruleset import ChecklistDecision, Decision, InvocationDecision, Ruleset, TableDecision
from complaint_rules.stuck import stuck
from complaint_rules.undocumented import uncited, unlabelled
from complaint_rules.unused import decisions_unused, values_alike, values_never_given
from complaint_rules.values import to_json
from complaint_rules.words import Label

# One question about one table.
_Question = Callable[[Ruleset, TableDecision, Sequence[Occurring], Budget], Iterator[Diagnostic]]


def review(ruleset: Ruleset, expected: Collection[str] = (), limits: Limits = DEFAULT_LIMITS) -> list[Diagnostic]:
    """Return what could be otherwise in a ruleset of which `check` finds no error, in the order of the file.

    `expected` are the decisions of which an example says the answer. The columns of a table are taken as independent,
    each with the values that can be handed on to it.
    """
    tables = Tables(ruleset, limits)
    received = handed_on(tables, {})
    found = [d for name in ruleset.order for d in _of_decision(tables, name, received)]
    found += _never_counted(tables, received)
    found += [*values_never_given(ruleset), *values_alike(tables), *decisions_unused(ruleset, expected)]
    found += [*stuck(tables), *unlabelled(ruleset), *uncited(ruleset)]
    found += [_too_large(inlined(ruleset, name)) for name in ruleset.order if name in tables.too_large]
    return sorted(found, key=lambda d: (d.span.line, d.span.column) if d.span else (0, 0))


def _of_decision(tables: Tables, name: str, received: Received) -> Iterator[Diagnostic]:
    decision = inlined(tables.ruleset, name)
    questions: tuple[_Question, ...] = (_never_received, _needless_rules, _needless_columns, clashes)
    if isinstance(decision, ChecklistDecision):
        decision, questions = all_items(decision), questions[:1]
    elif isinstance(tables.ruleset.decisions[name], InvocationDecision):
        questions = questions[:1]  # the rest is a matter of the table that it asks
    if not isinstance(decision, TableDecision):
        return
    parts = tables.parts(decision, received)
    for question in questions if parts else ():
        try:
            yield from question(tables.ruleset, decision, parts, Budget(tables.limits.analysis_steps // 4))
        except BudgetSpentError:
            yield _too_large(decision)


def _too_large(decision: Decision) -> Diagnostic:
    return Diagnostic("CR205", decision.span, {"decision": decision.name}, severity=Severity.WARNING)


def _never_received(
    _ruleset: Ruleset, decision: TableDecision, parts: Sequence[Occurring], _budget: Budget
) -> Iterator[Diagnostic]:
    """Yield the rules that match something, but nothing that earlier decisions hand on; of a checklist the items."""
    known = {r for p in parts for r in p.table.owner}
    left = known - {r for p in parts for r in p.owner}
    for rule in sorted(left):
        row = decision.rules[rule]
        columns = tuple(c for c in parts[0].told if any(c in when for when in row.when))
        given = tuple(dict.fromkeys(_plain(v) for c in columns for v in parts[0].told[c]))
        said = row.then if row.id in ("needs", "when") and not decision.outputs else (row.id,)
        words = {"decision": decision.name, "rules": tuple(map(str, said)), "columns": columns, "given": given}
        yield Diagnostic("CR220", row.span, words, severity=Severity.WARNING)


def _plain(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(to_json(value))


def _needless_rules(
    _ruleset: Ruleset, decision: TableDecision, parts: Sequence[Occurring], budget: Budget
) -> Iterator[Diagnostic]:
    for rule in redundant_rules(decision, parts, budget):
        words = {"decision": decision.name, "rules": (decision.rules[rule].id,)}
        yield Diagnostic("CR221", decision.rules[rule].span, words, severity=Severity.WARNING)


def _needless_columns(
    ruleset: Ruleset, decision: TableDecision, parts: Sequence[Occurring], budget: Budget
) -> Iterator[Diagnostic]:
    for column in redundant_columns(decision, parts, budget):
        place = ("decisions", decision.name, "inputs", decision.inputs.index(column))
        span = ruleset.document.span(place) if place in ruleset.document.values else decision.span
        words = {"decision": decision.name, "column": column}
        yield Diagnostic("CR222", span, words, severity=Severity.WARNING)


def _never_counted(tables: Tables, received: Received) -> Iterator[Diagnostic]:
    """Yield the triggers whose cells test what earlier decisions never give."""
    for trigger in (t for t in tables.ruleset.triggers.values() if t.where):
        parts = tables.parts(where_table(trigger), received)
        if parts and any(p.table.boxes for p in parts) and not any(p.boxes for p in parts):
            reason = Label("`where` 检验的值从不给出", "its `where` tests values that are never handed on")
            words = {"trigger": trigger.name, "reason": reason}
            yield Diagnostic("CR207", trigger.span, words, severity=Severity.WARNING)
