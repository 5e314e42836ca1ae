"""Mutate words: what became of the mutants, as a table and lists for people, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from complaint_rules.mutate import STATUSES, Mutation, Status, Verdict
from complaint_rules.mutations import OPERATORS
from complaint_rules.words import Label, Lang

_STATUS: dict[Status, Label] = {
    "killed": Label("发觉", "killed"),
    "refused": Label("检查拒绝", "refused"),
    "equivalent": Label("无异", "equivalent"),
    "unproved": Label("未证", "unproved"),
    "unknown: budget": Label("超限", "budget"),
    "surviving": Label("未发觉", "surviving"),
}
_MADE, _ALL = Label("改动", "made"), Label("合计", "all")
_MISSING = Label("缺少的示例", "missing examples")


def mutation_lines(found: Mutation, lang: Lang) -> Iterator[str]:
    """Yield a table of operators, what is left open and why, and the examples that are missing."""
    yield from _table(found, lang)
    for verdict in found.left:
        yield _line(verdict, lang)
    if found.examples:
        yield f"# {_MISSING.in_lang(lang)}"
        yield from (text.rstrip("\n") for text in found.examples)


def _table(found: Mutation, lang: Lang) -> Iterator[str]:
    labels = {o.name: o.label for o in OPERATORS}
    head = [_MADE, *(_STATUS[s] for s in STATUSES)]
    yield " ".join(f"{h.in_lang(lang):>10}" for h in head)
    for name, counts in found.counts.items():
        yield f"{_row(counts)}  {name} {labels[name].in_lang(lang)}"
    every = {s: sum(c[s] for c in found.counts.values()) for s in STATUSES}
    yield f"{_row(every)}  {_ALL.in_lang(lang)}"


def _row(counts: Any) -> str:
    return " ".join(f"{n:>10}" for n in (sum(counts.values()), *(counts[s] for s in STATUSES)))


def _line(verdict: Verdict, lang: Lang) -> str:
    change = verdict.mutant.change
    why = f" ({verdict.why.in_lang(lang)})" if verdict.why else ""
    return f"{_STATUS[verdict.status].in_lang(lang)} {change.place}: {change.how.in_lang(lang)}{why}"


def mutation_json(found: Mutation, lang: Lang) -> dict[str, Any]:
    """Return what became of the mutants as JSON-serialisable data."""
    every = {s: sum(c[s] for c in found.counts.values()) for s in STATUSES}
    return {
        "tried": len(found.verdicts),
        "counts": every,
        "operators": {n: {"made": sum(c.values()), **c} for n, c in found.counts.items()},
        "left": [_verdict(v, lang) for v in found.left],
        "examples": list(found.examples),
    }


def _verdict(verdict: Verdict, lang: Lang) -> dict[str, Any]:
    change = verdict.mutant.change
    said = {
        "operator": verdict.mutant.operator, "section": change.section, "name": change.name, "part": change.part,
        "change": change.how.in_lang(lang), "status": verdict.status,
    }  # fmt: skip
    why = {"why": verdict.why.in_lang(lang)} if verdict.why else {}
    return said | why | ({"example": verdict.example} if verdict.example else {})
