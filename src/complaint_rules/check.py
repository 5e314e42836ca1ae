"""Check: exact gaps, overlaps and hidden rules of every table, each with its region in words and an example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from complaint_rules.compile import inlined, references
from complaint_rules.diagnostics import Diagnostic, Severity
from complaint_rules.domains import (
    NOT_REGULATED,
    ParameterRef,
)
from complaint_rules.following import check_triggers
from complaint_rules.limits import DEFAULT_LIMITS, Limits
from complaint_rules.loading import deadline_reads, names_read
from complaint_rules.loading_trigger import where_table
from complaint_rules.occurring import Analysed, analysed, beats, first_inside, unmatched
from complaint_rules.region_words import in_words
from complaint_rules.regions import Box, Budget, BudgetSpentError, cells, meeting, uncovered
from complaint_rules.report import ALWAYS_THERE
from complaint_rules.ruleset import ChecklistDecision, Ruleset, TableDecision
from complaint_rules.source import Path
from complaint_rules.tables import HitPolicy, Table
from complaint_rules.words import Label

_ONE_RULE = (HitPolicy.UNIQUE, HitPolicy.ANY, HitPolicy.FIRST, HitPolicy.PRIORITY)
_GAPS_SHOWN = 5
_OVERLAPS_SHOWN = 10


def check(ruleset: Ruleset, limits: Limits = DEFAULT_LIMITS) -> list[Diagnostic]:
    """Return every finding about the ruleset's tables, in the order of the file.

    Columns are taken as independent: each holds what can reach it, but combinations that two decisions
    never give together still count.
    """
    found = [d for name in ruleset.order for d in check_decision(ruleset, name, limits)]
    found += [*check_triggers(ruleset), *_never_counted(ruleset, limits), *_reports(ruleset)]
    found += _unused(ruleset)
    return sorted(found, key=lambda d: (d.span.line, d.span.column) if d.span else (0, 0))


def check_decision(ruleset: Ruleset, name: str, limits: Limits = DEFAULT_LIMITS) -> Iterator[Diagnostic]:
    """Yield every finding about the table of one decision."""
    decision = inlined(ruleset, name)
    if not isinstance(decision, TableDecision):
        return
    yield from _uncited(decision)
    tables = analysed(ruleset, decision, limits)
    try:
        for part in (_never, _gaps, _overlaps, _hidden) if tables else ():
            yield from part(ruleset, decision, tables, Budget(limits.analysis_steps))
    except BudgetSpentError:
        tables = []
    if not tables:
        yield Diagnostic("CR205", decision.span, {"decision": decision.name}, severity=Severity.WARNING)


def _never(_ruleset: Ruleset, decision: TableDecision, tables: Sequence[Analysed], _: Budget) -> Iterator[Diagnostic]:
    never = unmatched(decision, tables)
    if never:
        yield _at_rule(decision, never[0], "CR204", rules=_ids(decision, never))


def _gaps(
    ruleset: Ruleset, decision: TableDecision, tables: Sequence[Analysed], budget: Budget
) -> Iterator[Diagnostic]:
    """Yield the gaps for the first way the bounds can lie that leaves one."""
    by_cell = any(isinstance(v, ParameterRef) for r in decision.rules for v in r.then)
    if decision.default is not None or (decision.refer_to is not None and not by_cell):
        return
    received = {c: _receivable(ruleset, c, budget) for c in decision.inputs}
    for part in tables:
        table = part.table
        space = _regulated(table, part.space) if by_cell else part.space
        gaps = uncovered(table.boxes, space, budget)
        real = list(islice((g for g in gaps if _can_occur(table, g, received)), _GAPS_SHOWN))
        for gap in real:
            args = {"decision": decision.name, **in_words(ruleset, table, gap, received)}
            yield Diagnostic("CR201", decision.span, args)
        if real:
            return


def _regulated(table: Table, space: Box) -> Box:
    """Return the space without silence: a parameter by cell is silent where its column is."""
    axes = [a for c in table.columns for a in c.axes]
    silent = (sum(1 << c for c in range(a.size) if a.witness(c) is NOT_REGULATED) for a in axes)
    return tuple(bits & ~cut for bits, cut in zip(space, silent, strict=True))


def _receivable(ruleset: Ruleset, name: str, budget: Budget) -> tuple[Any, ...] | None:
    """Return the values that a decision used as a column can hand on; None where they are not listed."""
    source, _, output = name.partition(".")
    decision = inlined(ruleset, source) if source in ruleset.decisions else None
    if not isinstance(decision, TableDecision) or decision.policy not in _ONE_RULE:
        return None
    at = list(decision.outputs).index(output)
    if any(isinstance(r.then[at], ParameterRef) for r in decision.rules):
        return None
    values = [r.then[at] for r in decision.rules] + ([decision.default[at]] if decision.default else [])
    if decision.refer_to and _leaves_gap(ruleset, decision, budget):
        values.append(NOT_REGULATED)
    return tuple(dict.fromkeys(values))


def _leaves_gap(ruleset: Ruleset, decision: TableDecision, budget: Budget) -> bool:
    tables = analysed(ruleset, decision, DEFAULT_LIMITS)
    return not tables or any(True for t in tables for _ in islice(uncovered(t.table.boxes, t.space, budget), 1))


def _can_occur(table: Table, box: Box, received: Mapping[str, tuple[Any, ...] | None]) -> bool:
    return all(received[c.name] is None or first_inside(c, box, received[c.name] or ()) for c in table.columns)


def _overlaps(
    ruleset: Ruleset, decision: TableDecision, tables: Sequence[Analysed], budget: Budget
) -> Iterator[Diagnostic]:
    if decision.policy not in (HitPolicy.UNIQUE, HitPolicy.ANY):
        return
    reported: set[tuple[int, int]] = set()
    for table in (t.table for t in tables):
        for first, second, box in meeting(table.boxes, table.sizes, budget):
            pair = (table.owner[first], table.owner[second])
            agree = decision.policy is HitPolicy.ANY and table.outputs[pair[0]] == table.outputs[pair[1]]
            if pair[0] == pair[1] or pair in reported or agree:
                continue
            reported.add(pair)
            args = {"rules": _ids(decision, pair), "policy": decision.policy.value, **in_words(ruleset, table, box)}
            yield _at_rule(decision, pair[1], "CR202", **args)
            if len(reported) >= _OVERLAPS_SHOWN:
                return


def _hidden(
    _ruleset: Ruleset, decision: TableDecision, tables: Sequence[Analysed], budget: Budget
) -> Iterator[Diagnostic]:
    """Yield the rules that match somewhere and decide nowhere, in whatever way the bounds lie."""
    if decision.policy not in (HitPolicy.FIRST, HitPolicy.PRIORITY):
        return
    never = unmatched(decision, tables)
    for rule in (r for r in range(len(decision.rules)) if r not in never):
        hiding: dict[int, None] = {}
        for table in (t.table for t in tables):
            stronger = [b for b, r in enumerate(table.owner) if beats(table, r, rule)]
            boxes = [table.boxes[b] for b in stronger]
            own = [table.boxes[b] for b in cells(table.boxes_of_rule[rule])]
            if any(True for box in own for _ in islice(uncovered(boxes, box, budget), 1)):
                break
            hiding |= dict.fromkeys(table.owner[b] for b in stronger)
        else:
            yield _at_rule(decision, rule, "CR203", rules=_ids(decision, [rule]), by=_ids(decision, list(hiding)))


def _ids(decision: TableDecision, rules: Sequence[int]) -> tuple[str, ...]:
    return tuple(decision.rules[r].id for r in rules)


def _at_rule(decision: TableDecision, rule: int, code: str, **args: object) -> Diagnostic:
    return Diagnostic(code, decision.rules[rule].span, {"decision": decision.name, **args})


def _uncited(decision: TableDecision) -> Iterator[Diagnostic]:
    for rule in decision.rules:
        if not rule.because and not decision.because:
            yield Diagnostic("CR117", rule.span, {"rule": rule.id}, severity=Severity.WARNING)


def _never_counted(ruleset: Ruleset, limits: Limits) -> Iterator[Diagnostic]:
    """Yield the triggers whose condition never holds."""
    for trigger in (t for t in ruleset.triggers.values() if t.where):
        table = where_table(trigger)
        tables = analysed(ruleset, table, limits)
        if tables and unmatched(table, tables):
            reason = Label("`where` 的条件永远不会满足", "the cells of `where` never hold")
            words = {"trigger": trigger.name, "reason": reason}
            yield Diagnostic("CR207", trigger.span, words, severity=Severity.WARNING)


def _reports(ruleset: Ruleset) -> Iterator[Diagnostic]:
    """Yield the reports that cite no clause, and those that are due on a day which not every month has."""
    for report in ruleset.reports.values():
        if not report.because:
            yield Diagnostic("CR117", report.span, {"rule": report.name}, severity=Severity.WARNING)
        named = ruleset.parameters.get(str(report.due))
        day = named.value if named and report.due in report.parameters else report.due
        if report.counted == "day" and isinstance(day, int) and day > ALWAYS_THERE[report.every]:
            words = {"report": report.name, "day": day}
            yield Diagnostic("CR210", report.span, words, severity=Severity.WARNING)


def _unused(ruleset: Ruleset) -> Iterator[Diagnostic]:
    read = {n for d in ruleset.decisions.values() for n in names_read(d)}
    read |= {
        p
        for d in ruleset.decisions.values()
        if isinstance(d, TableDecision)
        for r in d.rules
        for w in r.when
        for t in w.values()
        for p in references(t)
    }
    read |= {
        p
        for d in ruleset.decisions.values()
        if isinstance(d, ChecklistDecision)
        for i in d.items
        for w in (*i.when, *i.needs)
        for t in w.values()
        for p in references(t)
    }
    read |= {n for d in ruleset.deadlines.values() for n in deadline_reads(ruleset, d)}
    read |= {ruleset.effective.by or ""}
    read |= {n for i in ruleset.inputs.values() if i.fold for n in i.fold.across}
    read |= {
        n for t in ruleset.triggers.values() for n in (*t.reads, t.to or "", *(t.raises.facts if t.raises else ()))
    }
    read |= {p for t in ruleset.triggers.values() for w in t.where for c in w.values() for p in references(c)}
    read |= {n for r in ruleset.reports.values() for n in r.parameters}
    read |= {s.when or "" for s in (ruleset.process.steps.values() if ruleset.process else ())}
    read |= {t.of[v] for outputs in ruleset.outputs.values() for t in outputs.values() for v in t.of}
    for section in ("inputs", "parameters"):
        for name in getattr(ruleset, section):
            if name not in read:
                path: Path = (section, name)
                span = ruleset.document.span(path, of_key=True)
                yield Diagnostic("CR206", span, {"name": name}, severity=Severity.WARNING)
