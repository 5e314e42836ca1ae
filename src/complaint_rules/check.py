"""Check: exact gaps, overlaps and hidden rules of every table, each with its region in words and an example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from complaint_rules.compile import TableStep, compile_ruleset, inlined, references, step_of, tables_of
from complaint_rules.diagnostics import Diagnostic, Severity
from complaint_rules.domains import (
    NOT_REGULATED,
    Interval,
    LineAxis,
    MemberAxis,
    ParameterRef,
    Sign,
    SignAxis,
    ValueAxis,
)
from complaint_rules.limits import DEFAULT_LIMITS, Limits
from complaint_rules.loading import names_read
from complaint_rules.regions import Box, Budget, BudgetSpentError, cells, first_cells, meeting, uncovered
from complaint_rules.ruleset import Ruleset, TableDecision, Type
from complaint_rules.source import Path
from complaint_rules.tables import Column, HitPolicy, Table
from complaint_rules.values import to_json
from complaint_rules.words import Label, Lang

_ONE_RULE = (HitPolicy.UNIQUE, HitPolicy.ANY, HitPolicy.FIRST, HitPolicy.PRIORITY)
_GAPS_SHOWN = 5
_OVERLAPS_SHOWN = 10


def check(ruleset: Ruleset, limits: Limits = DEFAULT_LIMITS) -> list[Diagnostic]:
    """Return every finding about the ruleset's tables, in the order of the file.

    Columns are taken as independent: each holds what can reach it, but combinations that two decisions
    never give together still count.
    """
    found = [d for name in ruleset.order for d in _check_decision(ruleset, name, limits)]
    found += _unused(ruleset)
    return sorted(found, key=lambda d: (d.span.line, d.span.column) if d.span else (0, 0))


def _check_decision(ruleset: Ruleset, name: str, limits: Limits) -> Iterator[Diagnostic]:
    decision = inlined(ruleset, name)
    if not isinstance(decision, TableDecision):
        return
    yield from _uncited(decision)
    env = compile_ruleset(ruleset, limits=limits).parameters if _has_bounds(decision) else {}
    step = step_of(decision, ruleset, env, limits)
    assert isinstance(step, TableStep)  # noqa: S101 - a table decision makes a table step
    seen: set[str] = set()
    tables = [table for _, table in tables_of(step, {}) or ()]
    never = _in_every([_never(decision, t) for t in tables])
    if never:
        yield _at_rule(decision, never[0], "CR204", rules=_ids(decision, never))
    for table in tables:
        for finding in _analyse(ruleset, decision, table, limits, never):
            key = f"{finding.code}{finding.args.get('rules')}{finding.args.get('region')}"
            if key not in seen:
                seen.add(key)
                yield finding


def _has_bounds(decision: TableDecision) -> bool:
    return any(True for r in decision.rules for w in r.when for t in w.values() for _ in references(t))


def _in_every(lists: Sequence[list[int]]) -> list[int]:
    return [r for r in lists[0] if all(r in other for other in lists)] if lists else []


def _never(decision: TableDecision, table: Table) -> list[int]:
    return [r for r in range(len(decision.rules)) if not table.boxes_of_rule[r]]


def _analyse(
    ruleset: Ruleset, decision: TableDecision, table: Table, limits: Limits, never: Sequence[int]
) -> Iterator[Diagnostic]:
    for part in (_gaps, _overlaps, _hidden):
        try:
            yield from part(ruleset, decision, table, Budget(limits.analysis_steps), never)
        except BudgetSpentError:
            yield Diagnostic("CR205", decision.span, {"decision": decision.name}, severity=Severity.WARNING)
            return


def _gaps(
    ruleset: Ruleset, decision: TableDecision, table: Table, budget: Budget, _: Sequence[int]
) -> Iterator[Diagnostic]:
    if decision.default is not None or decision.refer_to is not None:
        return
    received = {c.name: _receivable(ruleset, c.name, budget) for c in table.columns}
    real = (g for g in uncovered(table.boxes, table.space, budget) if _can_occur(table, g, received))
    for gap in islice(real, _GAPS_SHOWN):
        yield Diagnostic("CR201", decision.span, {"decision": decision.name, **in_words(ruleset, table, gap, received)})


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
    step = step_of(
        decision, ruleset, compile_ruleset(ruleset).parameters if _has_bounds(decision) else {}, DEFAULT_LIMITS
    )
    assert isinstance(step, TableStep)  # noqa: S101 - a table decision makes a table step
    ways = tables_of(step, {})
    return ways is None or any(True for _, t in ways for _ in islice(uncovered(t.boxes, t.space, budget), 1))


def _can_occur(table: Table, box: Box, received: Mapping[str, tuple[Any, ...] | None]) -> bool:
    return all(received[c.name] is None or _first_inside(c, box, received[c.name] or ()) for c in table.columns)


def _first_inside(column: Column, box: Box, values: Sequence[Any]) -> tuple[Any, ...] | None:
    """Return the first of the values that lies in the box, in a tuple; None where none does."""
    for value in values:
        at = enumerate(column.axes, start=column.first_axis)
        if all(box[number] >> axis.cell_of(value) & 1 for number, axis in at):
            return (value,)
    return None


def _overlaps(
    ruleset: Ruleset, decision: TableDecision, table: Table, budget: Budget, _: Sequence[int]
) -> Iterator[Diagnostic]:
    if decision.policy not in (HitPolicy.UNIQUE, HitPolicy.ANY):
        return
    reported: set[tuple[int, int]] = set()
    for first, second, box in meeting(table.boxes, table.sizes, budget):
        pair = (table.owner[first], table.owner[second])
        agree = decision.policy is HitPolicy.ANY and table.outputs[pair[0]] == table.outputs[pair[1]]
        if pair[0] == pair[1] or pair in reported or agree:
            continue
        reported.add(pair)
        yield _at_rule(
            decision,
            pair[1],
            "CR202",
            rules=_ids(decision, pair),
            policy=decision.policy.value,
            **in_words(ruleset, table, box),
        )
        if len(reported) >= _OVERLAPS_SHOWN:
            return


def _hidden(
    _ruleset: Ruleset, decision: TableDecision, table: Table, budget: Budget, never: Sequence[int]
) -> Iterator[Diagnostic]:
    if decision.policy not in (HitPolicy.FIRST, HitPolicy.PRIORITY):
        return
    for rule in range(len(decision.rules)):
        if rule in never or not table.boxes_of_rule[rule]:
            continue
        stronger = [b for b, r in enumerate(table.owner) if _beats(table, r, rule)]
        boxes = [table.boxes[b] for b in stronger]
        own = [table.boxes[b] for b in cells(table.boxes_of_rule[rule])]
        if not any(True for box in own for _ in islice(uncovered(boxes, box, budget), 1)):
            hiding = dict.fromkeys(table.owner[b] for b in stronger)
            yield _at_rule(decision, rule, "CR203", rules=_ids(decision, [rule]), by=_ids(decision, list(hiding)))


def _beats(table: Table, other: int, rule: int) -> bool:
    if table.policy is HitPolicy.FIRST:
        return other < rule
    return table.rank(other) < table.rank(rule)


def _ids(decision: TableDecision, rules: Sequence[int]) -> tuple[str, ...]:
    return tuple(decision.rules[r].id for r in rules)


def _at_rule(decision: TableDecision, rule: int, code: str, **args: object) -> Diagnostic:
    return Diagnostic(code, decision.rules[rule].span, {"decision": decision.name, **args})


def _uncited(decision: TableDecision) -> Iterator[Diagnostic]:
    for rule in decision.rules:
        if not rule.because and not decision.because:
            yield Diagnostic("CR117", rule.span, {"rule": rule.id}, severity=Severity.WARNING)


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
    read |= {t.of[v] for outputs in ruleset.outputs.values() for t in outputs.values() for v in t.of}
    for section in ("inputs", "parameters"):
        for name in getattr(ruleset, section):
            if name not in read:
                path: Path = (section, name)
                span = ruleset.document.span(path, of_key=True)
                yield Diagnostic("CR206", span, {"name": name}, severity=Severity.WARNING)


# --- regions in words --------------------------------------------------------------------------------


def in_words(
    ruleset: Ruleset, table: Table, box: Box, received: Mapping[str, tuple[Any, ...] | None] | None = None
) -> dict[str, object]:
    """Return the region that a box is, and one example in it, as words for a message."""
    point = first_cells(box)
    known = {c.name: _first_inside(c, box, (received or {}).get(c.name) or ()) for c in table.columns}
    examples = [(c.name, _plain(v[0])) if (v := known[c.name]) else _example(c, point) for c in table.columns]
    return {
        "region": Label(_region(ruleset, table, box, "zh"), _region(ruleset, table, box, "en")),
        "example": ", ".join(f"{n}: {v}" for n, v in examples),
        "facts": dict(examples),
    }


def _region(ruleset: Ruleset, table: Table, box: Box, lang: Lang) -> str:
    parts = [_column(ruleset.type_of(c.name), c, box, lang) for c in table.columns]
    return (", " if lang == "en" else "，").join(p for p in parts if p) or ("anything" if lang == "en" else "任何情况")


def _column(type_: Type, column: Column, box: Box, lang: Lang) -> str:
    parts: list[str] = []
    for at, axis in enumerate(column.axes, start=column.first_axis):
        bits = box[at]
        if bits == (1 << axis.size) - 1:
            continue
        match axis:
            case ValueAxis():
                names = [_name(type_, axis.witness(c), lang) for c in cells(bits)]
                parts.append(f"{column.name}: {(' or ' if lang == 'en' else '或').join(names)}")
            case LineAxis():
                stretches = [_stretch(axis.cells[c], lang) for c in cells(bits)]
                parts.append(f"{column.name}: {(' or ' if lang == 'en' else '或').join(stretches)}")
            case MemberAxis():
                member = _name(type_, axis.member, lang)
                has = bits == 0b10
                verb = ("has" if has else "without") if lang == "en" else ("含" if has else "不含")
                parts.append(f"{column.name} {verb} {member}")
            case SignAxis():
                parts.append(f"{column.name}: {'regulated' if bits == 0b01 else axis.sign.value}")
    return (", " if lang == "en" else "，").join(parts)


def _name(type_: Type, value: Any, lang: Lang) -> str:
    if isinstance(value, bool):
        return ("yes" if value else "no") if lang == "en" else ("是" if value else "否")
    if isinstance(value, Sign):
        return value.value
    label = type_.labels.get(value)
    return f"{value}（{label.zh}）" if lang == "zh" and label else str(value)


def _stretch(part: Interval | Sign, lang: Lang) -> str:
    if isinstance(part, Sign):
        return part.value
    if part.low is not None and part.low == part.high:
        return str(to_json(part.low))
    low = "" if part.low is None else f"> {to_json(part.low)}"
    high = "" if part.high is None else f"< {to_json(part.high)}"
    joined = f"{low} {'and' if lang == 'en' else '且'} {high}" if low and high else low or high
    return joined or ("any" if lang == "en" else "任意")


def _example(column: Column, point: Sequence[int]) -> tuple[str, Any]:
    chosen = [(a, point[at]) for at, a in enumerate(column.axes, start=column.first_axis)]
    if len(chosen) == 1 and not isinstance(chosen[0][0], (MemberAxis, SignAxis)):
        return column.name, _plain(chosen[0][0].witness(chosen[0][1]))
    if any(isinstance(a, SignAxis) and c for a, c in chosen):
        return column.name, "not_regulated"
    return column.name, [_plain(a.member) for a, c in chosen if isinstance(a, MemberAxis) and c]


def _plain(value: object) -> Any:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else to_json(value)
