"""The specification of what is needless: every case of a table is tried, with the values that earlier decisions give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from math import prod

from reference import Case, Reading, settings_of
from reference_cells import (
    NOT_REGULATED,
    STEPS,
    UNKNOWN,
    Tree,
    Value,
    bounds,
    everything,
    matches,
    read,
    rows_of,
    type_of,
)
from reference_policies import outcome

MOST = 1000
ONE_RULE = ("unique", "any", "first", "priority")
LISTS = (("collect", "list"), ("rule_order", "list"), ("output_order", "list"))


@dataclass
class Review:
    """What is found by trying everything; a table of too many cases is passed over, and so is what reads it."""

    ruleset: Tree
    given: dict[str, frozenset[Value] | None] = field(default_factory=dict)  # None: anything of its type
    passed: set[str] = field(default_factory=set)
    found: set[tuple[str, str, str]] = field(default_factory=set)  # code, decision, rule or column
    looked_at: list[str] = field(default_factory=list)


def review(ruleset: Tree, order: Sequence[str]) -> Review:
    """Return what is needless or contradictory; `order` lists decisions so that each stands after what it reads."""
    done = Review(ruleset)
    for name in order:
        tree, names = ruleset["decisions"][name], {}
        if "invoke" in tree:
            names, tree = tree["with"], ruleset["decisions"][tree["invoke"]]
        if "rules" in tree:
            look(done, name, tree, names)
    return done


def look(done: Review, name: str, tree: Tree, names: Mapping[str, str]) -> None:
    meant = {c: names.get(c, c) for c in tree["inputs"]}
    settings = {n: v for n, v in settings_of(done.ruleset, {}).items() if n not in meant.values()}
    cells = [(c, row[c]) for rule in tree["rules"] for row in rows_of(rule.get("when")) for c in row]
    case = Case(Reading(done.ruleset), {}, settings, is_analysis=True)
    known = {p for p in done.ruleset["parameters"] if p not in settings}
    numeric = {c for c in meant if case.type_of(meant[c]).kind in STEPS}
    loose = any(w in known for c, cell in cells if c in numeric and cell != "-" for w in bounds(cell))
    values = {c: possible(done, case, c, n, cells, settings) for c, n in meant.items()}
    all_values = {c: possible(Review(done.ruleset), case, c, n, cells, settings) for c, n in meant.items()}
    sources = {n.split(".")[0] for n in meant.values()}
    if (
        loose
        or sources & done.passed
        or prod(map(len, values.values())) > MOST
        or prod(map(len, all_values.values())) > MOST
    ):
        done.passed.add(name)
        return
    points = {
        p: matching(tree, dict(zip(meant, p, strict=True)), case, meant, settings) for p in product(*values.values())
    }
    everywhere = {
        r for p in product(*all_values.values())
        for r in matching(tree, dict(zip(meant, p, strict=True)), case, meant, settings)
    }  # fmt: skip
    done.looked_at.append(name)
    shared = done.ruleset["types"]
    rules = {r["id"]: r for r in tree["rules"]}

    def said(ids: Sequence[str]) -> Value:
        return outcome(tree, [rules[i] for i in ids], shared)

    seen = {r for m in points.values() for r in m}
    done.found |= {("CR220", name, r) for r in everywhere - seen}
    if not names and tree is done.ruleset["decisions"][name]:
        done.found |= {("CR221", name, r) for r in seen if is_needless(r, points.values(), said)}
        done.found |= {("CR222", name, c) for at, c in enumerate(meant) if never_matters(at, points, said)}
        done.found |= {("CR223", name, s) for _, s in clashing(tree, rules, points.values(), shared)}
    hand_on(done, name, tree, {said(m) for m in points.values()})


def possible(
    done: Review, case: Case, column: str, name: str, cells: Sequence[tuple[str, object]], settings: Mapping[str, Value]
) -> list[Value]:
    """Return all that a column can be, or of long types a value of each stretch that its cells tell apart."""
    handed = done.given.get(name)
    if handed is not None:
        return list(handed)
    type_ = case.type_of(name)
    marks: set[Value] = set()
    if type_.kind in STEPS:
        words = {w for c, cell in cells if c == column and cell != "-" for w in bounds(cell)}
        marks = {
            settings[w] if w in settings else read(w, type_)
            for w in words
            if w in settings or w not in case.part("parameters")
        }
        marks |= {type_.minimum, type_.maximum} - {None}
    marks -= {UNKNOWN, NOT_REGULATED}
    return list(everything(type_, frozenset(marks)) | case.outlook(name).also)


def matching(
    tree: Tree, point: Mapping[str, Value], case: Case, meant: Mapping[str, str], settings: Mapping[str, Value]
) -> tuple[str, ...]:
    """Return the rules that match in one case, in their order."""
    return tuple(
        rule["id"]
        for rule in tree["rules"]
        if any(
            all(matches(cell, point[c], case.type_of(meant[c]), settings) for c, cell in row.items())
            for row in rows_of(rule.get("when"))
        )
    )


def is_needless(rule: str, points, said) -> bool:  # type: ignore[no-untyped-def]
    """Tell whether, wherever a rule matches, the others match too and say the same without it."""
    for matched in points:
        rest = tuple(r for r in matched if r != rule)
        if rule in matched and not (rest and said(rest) == said(matched)):
            return False
    return True


def never_matters(at: int, points, said) -> bool:  # type: ignore[no-untyped-def]
    """Tell whether cases that differ in one column alone are all answered alike."""
    answers: dict[tuple[Value, ...], Value] = {}
    for point, matched in points.items():
        rest = (*point[:at], *point[at + 1 :])
        if answers.setdefault(rest, said(matched)) != said(matched):
            return False
    return True


def clashing(tree: Tree, rules: Mapping[str, Tree], points, shared: Tree) -> Iterator[tuple[str, str]]:  # type: ignore[no-untyped-def]
    """Yield the rules of a list that say yes and no in one case."""
    if (tree.get("hit_policy", "unique"), tree.get("aggregate", "list")) not in LISTS or "output" not in tree:
        return
    if type_of(tree["output"], shared).kind == "boolean":
        for matched in points:
            yield from (p for p in combinations(matched, 2) if rules[p[0]]["then"] != rules[p[1]]["then"])


def hand_on(done: Review, name: str, tree: Tree, values: set[Value]) -> None:
    if tree.get("hit_policy", "unique") not in ONE_RULE:
        return
    if "outputs" not in tree:
        done.given[name] = frozenset(values)
        return
    for output in tree["outputs"]:
        done.given[f"{name}.{output}"] = frozenset(v if v is NOT_REGULATED else dict(v)[output] for v in values)
