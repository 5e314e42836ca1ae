"""Unused: the values that a file lists and nothing gives or tells apart, and the decisions that nobody reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from complaint_rules.compile import all_items, inlined
from complaint_rules.diagnostics import Diagnostic, Severity
from complaint_rules.domains import OTHER, Domain, Enumeration, ListOf, Members, ParameterRef
from complaint_rules.handed import Tables
from complaint_rules.loading import deadline_reads, names_read
from complaint_rules.loading_trigger import where_table
from complaint_rules.ruleset import ChecklistDecision, ExpressionDecision, Ruleset, TableDecision
from complaint_rules.tables import Aggregate, HitPolicy, Table


def values_never_given(ruleset: Ruleset) -> Iterator[Diagnostic]:
    """Yield the listed values that no rule of a table and no default gives, and those that no event gives a fact.

    A list that several outputs share may be longer than each of them needs: it is not looked at.
    """
    for name, decision in ruleset.decisions.items():
        if not isinstance(decision, TableDecision) or (decision.policy, decision.aggregate) == (
            HitPolicy.COLLECT,
            Aggregate.COUNT,
        ):
            continue
        for at, (output, type_) in enumerate(decision.outputs.items()):
            given = _given(decision, at)
            listed = _listed(type_.domain) if given is not None and _is_own(ruleset, name, output) else ()
            missing = tuple(v for v in listed if v not in (given or ()))
            if missing:
                place = ("decisions", name, *(("outputs", output) if output else ("output",)))
                words = {"decision": f"{name}.{output}" if output else name, "values": _shown(missing)}
                yield _note("CR224", ruleset, place, words)
    for name, fact in ruleset.inputs.items():
        if fact.fold is not None and fact.fold.kind == "latest":
            brought = {fact.fold.initially, *fact.fold.values.values()}
            values: tuple[Any, ...] = _listed(fact.type.domain)
            missing = tuple(v for v in values or (True, False) if v not in brought)
            if missing:
                yield _note("CR226", ruleset, ("inputs", name), {"name": name, "values": _shown(missing)})


def _note(code: str, ruleset: Ruleset, place: tuple[str, ...], words: Mapping[str, object]) -> Diagnostic:
    return Diagnostic(code, ruleset.document.span(place, of_key=True), words, severity=Severity.WARNING)


def _shown(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple({True: "yes", False: "no"}[v] if isinstance(v, bool) else str(v) for v in values)


def _given(decision: TableDecision, at: int) -> set[Any] | None:
    """Return what rules and the default give for an output; None where a parameter says it."""
    values = [r.then[at] for r in decision.rules]
    if any(isinstance(v, ParameterRef) for v in values):
        return None
    given = {v for value in values for v in _single(value)}
    for value in decision.default or ():
        for one in _single(value):
            given |= {one[at]} if isinstance(one, tuple) and len(decision.outputs) > 1 else {one}
    return given


def _single(value: Any) -> Iterable[Any]:
    return value if isinstance(value, (frozenset, tuple)) else (value,)


def _listed(domain: Domain) -> tuple[str, ...]:
    inner = domain.of if isinstance(domain, ListOf) else domain
    return (inner.values or ()) if isinstance(inner, (Enumeration, Members)) else ()


def _is_own(ruleset: Ruleset, name: str, output: str) -> bool:
    """Report whether an output lists its values itself."""
    place = ("decisions", name, *(("outputs", output) if output else ("output",)), "values")
    return place in ruleset.document.values


# --- what no rule tells apart -------------------------------------------------------------------------


def values_alike(tables: Tables) -> Iterator[Diagnostic]:
    """Yield the facts of which some listed values make no difference anywhere, though no cell names one of these.

    Only facts that nothing but tables and checklists reads.
    """
    ruleset = tables.ruleset
    elsewhere = _read_elsewhere(ruleset)
    asked = _asked(tables)
    for name, fact in ruleset.inputs.items():
        domain = fact.type.domain
        if not isinstance(domain, Enumeration) or name in elsewhere or not asked.get(name):
            continue
        groups: dict[tuple[int, ...], list[Any]] = {}
        for value in (*domain.values, *((OTHER,) if domain.open else ())):
            key = tuple(mask for table in asked[name] for mask in _masks(table, name, value))
            groups.setdefault(key, []).append(value)
        named = _named(ruleset, name)
        for group in groups.values():
            alike = tuple(v for v in group if v is not OTHER)
            if len(group) > 1 and not named.intersection(alike):
                words = {"name": name, "values": _shown(alike)}
                span = ruleset.document.span(("inputs", name), of_key=True)
                yield Diagnostic("CR225", span, words, severity=Severity.NOTE)


def _masks(table: Table, name: str, value: Any) -> Iterator[int]:
    (column,) = (c for c in table.columns if c.name == name)
    for at, axis in enumerate(column.axes, start=column.first_axis):
        yield table.masks[at][axis.cell_of(value)]


def _asked(tables: Tables) -> dict[str, list[Table]]:
    """Return the tables in which each name is a column, those of checklists and triggers too."""
    ruleset = tables.ruleset
    whole = [inlined(ruleset, n) for n in ruleset.order]
    asking = [all_items(d) if isinstance(d, ChecklistDecision) else d for d in whole]
    asking += [where_table(t) for t in ruleset.triggers.values() if t.where]
    found: dict[str, list[Table]] = {}
    for decision in asking:
        if isinstance(decision, TableDecision):
            for part in tables.of(decision):
                for column in part.table.columns:
                    found.setdefault(column.name, []).append(part.table)
    return found


def _named(ruleset: Ruleset, name: str) -> set[Any]:
    """Return the values of a fact that some cell names."""
    found: set[Any] = set()
    for decision in (inlined(ruleset, n) for n in ruleset.order):
        rows = [w for r in getattr(decision, "rules", ()) for w in r.when]
        rows += [w for i in getattr(decision, "items", ()) for w in (*i.when, *i.needs)]
        for test in (w[name] for w in rows if name in w):
            found |= set(getattr(test, "values", ()))
    return found


def _read_elsewhere(ruleset: Ruleset) -> set[str]:
    """Return the names that something else than a table or a checklist reads."""
    found = {
        n
        for d in (inlined(ruleset, name) for name in ruleset.order)
        if isinstance(d, ExpressionDecision)
        for n in d.formula.names
    }
    found |= _read_of_lives(ruleset)
    return found


def _read_of_lives(ruleset: Ruleset) -> set[str]:
    """Return the names that time limits, steps, triggers, reports and parties read."""
    found = {ruleset.effective.by or ""}
    found |= {n for d in ruleset.deadlines.values() for n in deadline_reads(ruleset, d)}
    found |= {n for i in ruleset.inputs.values() if i.fold for n in i.fold.across}
    found |= {n for t in ruleset.triggers.values() for n in (*t.counted, t.to or "")}
    found |= {n for r in ruleset.reports.values() for n in (r.by, *r.to, *r.parameters)}
    found |= {s.when or "" for s in (ruleset.process.steps.values() if ruleset.process else ())}
    found |= {t.of[v] for outputs in ruleset.outputs.values() for t in outputs.values() for v in t.of}
    return found | {n for i in ruleset.invariants.values() for n in i.reads}


# --- what nobody reads --------------------------------------------------------------------------------


def decisions_unused(ruleset: Ruleset, expected: Collection[str]) -> Iterator[Diagnostic]:
    """Yield the decisions that nothing reads, no example expects, and no label or clause explains."""
    read = {n for d in ruleset.decisions.values() for n in names_read(d)} | _read_of_lives(ruleset)
    read |= {n for t in ruleset.triggers.values() for n in t.reads}
    read |= {str(getattr(d, "invoke", "")) for d in ruleset.decisions.values()}
    sources = {n.partition(".")[0] for n in read}
    for name, decision in ruleset.decisions.items():
        parts = [decision, *getattr(decision, "rules", ()), *getattr(decision, "items", ())]
        is_explained = any(p.because for p in parts) or ("decisions", name, "label") in ruleset.document.values
        if name not in sources and name not in expected and not is_explained:
            yield _note("CR227", ruleset, (_section(ruleset, name), name), {"decision": name})


def _section(ruleset: Ruleset, name: str) -> str:
    return "decisions" if ("decisions", name) in ruleset.document.keys else "parameters"
