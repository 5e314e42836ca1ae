"""Clashing: rules that contradict one another where the hit policy of their table lets that pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, islice
from typing import Any

from complaint_rules.diagnostics import Diagnostic, Severity
from complaint_rules.domains import Truth
from complaint_rules.occurring import Occurring
from complaint_rules.region_words import in_words
from complaint_rules.regions import Box, Budget, intersect, uncovered
from complaint_rules.ruleset import Ruleset, TableDecision
from complaint_rules.tables import HitPolicy, Table

_SHOWN = 10


def clashes(
    ruleset: Ruleset, decision: TableDecision, parts: Sequence[Occurring], budget: Budget
) -> Iterator[Diagnostic]:
    """Yield each pair of rules that can match in one case and contradict one another there, with that case.

    Of a table that answers with a list: they say yes and no of the same thing. Of one by priority: they are equally
    grave and do not say the same, so that only their order in the file decides.

    Raises:
        BudgetSpentError: there are too many pairs.
    """
    found: set[tuple[int, int]] = set()
    for part in parts:
        for first, second in _opposed(decision, part.table):
            budget.spend()
            box = None if (first, second) in found else _met(decision, part, (first, second), budget)
            if box is None:
                continue
            found.add((first, second))
            words = {
                "decision": decision.name, "rules": (decision.rules[first].id, decision.rules[second].id),
                "policy": decision.policy.value, **in_words(ruleset, part.table, part.in_table(box)),
            }  # fmt: skip
            yield Diagnostic("CR223", decision.rules[second].span, words, severity=Severity.WARNING)
            if len(found) >= _SHOWN:
                return


def _opposed(decision: TableDecision, table: Table) -> Iterator[tuple[int, int]]:
    """Yield the pairs of rules that would contradict one another if they matched together."""
    then = [r.then for r in decision.rules]
    if decision.gives_list:
        about = [n for n, t in enumerate(decision.outputs.values()) if not isinstance(t.domain, Truth)]
        keys: list[Any] = [tuple(said[n] for n in about) for said in then] if len(about) < len(decision.outputs) else []
    else:
        keys = [table.rank(r) for r in range(len(then))] if decision.policy is HitPolicy.PRIORITY else []
    groups: dict[Any, list[int]] = {}
    for rule, key in enumerate(keys):
        groups.setdefault(key, []).append(rule)
    for rules in groups.values():
        yield from ((a, b) for a, b in combinations(rules, 2) if then[a] != then[b])


def _met(decision: TableDecision, part: Occurring, pair: tuple[int, int], budget: Budget) -> Box | None:
    """Return cases in which both rules have their say, None where there are none."""
    table = part.table
    graver = (r for r in range(len(decision.rules)) if table.rank(r) < table.rank(pair[0]))
    stronger = part.boxes_of(graver) if decision.policy is HitPolicy.PRIORITY else []
    for one in part.boxes_of(pair[:1]):
        for other in part.boxes_of(pair[1:]):
            common = intersect(one, other)
            left = islice(uncovered(stronger, common, budget), 1) if common else ()
            for box in left:
                return box
    return None
