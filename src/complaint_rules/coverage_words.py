"""Coverage in words: how much the examples show, and each thing that none of them does; as JSON as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from complaint_rules.coverage import Coverage, Kind, Obligation, What
from complaint_rules.generating import Generated
from complaint_rules.render import name_words, word
from complaint_rules.ruleset import ChecklistDecision, Ruleset
from complaint_rules.words import Label, Lang

_KINDS: Mapping[Kind, Label] = {
    "rule": Label("规则曾决定结论", "rules that decide"),
    "cell": Label("单元格曾独自不符", "cells that alone keep a rule from matching"),
    "item": Label("清单事项的各种状态", "states of the items of checklists"),
    "silence": Label("未作规定", "silences"),
    "event": Label("事件", "events"),
    "limit": Label("时限完成、逾期", "limits met and breached"),
    "milestone": Label("节点", "milestones"),
}
_WHATS: Mapping[What, Label] = {
    "decides": Label("从未决定结论", "never decides"),
    "fails alone": Label("从未独自不符", "never fails alone"),
    "met": Label("从未完成", "is never met"),
    "unmet": Label("从未不满足", "is never unmet"),
    "not needed": Label("从未不适用", "is never not needed"),
    "silent": Label("从未未作规定", "is never silent"),
    "happens": Label("从未发生", "never happens"),
    "breached": Label("从未逾期", "is never breached"),
}
_GENERATED = Label(
    "{} 个例子，表现了 {} 项；{} 项已证明在现有参数下不可能；{} 项没有找到",
    "{} examples show {} things; {} are proved impossible under the settings as they stand; {} were not found",
)
_NEVER = Label("已证明不可能表现的", "What is proved never to be shown")
_LEFT = Label("没有找到例子的", "What no example was found for")
_MISSING = Label("没有例子表现的", "What no example shows")
_CANNOT = Label("{} 个单元格不可能不符，不计", "{} cells cannot fail and are left out")


def coverage_text(found: Coverage, ruleset: Ruleset, lang: Lang, *, missing: bool = True) -> str:
    """Return how much is shown, and with `missing` each thing that is not."""
    return "\n".join(_lines(found, ruleset, lang, missing=missing))


def _lines(found: Coverage, ruleset: Ruleset, lang: Lang, *, missing: bool) -> Iterator[str]:
    for kind, (there, every) in found.counts.items():
        yield f"{_KINDS[kind].in_lang(lang)}{word('colon', lang)}{there}/{every}"
    if found.cannot:
        yield _CANNOT.in_lang(lang).format(len(found.cannot))
    if missing and found.missing:
        yield from ("", _MISSING.in_lang(lang), *(f"  {_said(o, ruleset, lang)}" for o in found.missing))


def generated_lines(found: Generated, ruleset: Ruleset, lang: Lang) -> Iterator[str]:
    """Yield the examples as they stand in a file, then what cannot be shown, and what was not found."""
    yield "".join(found.examples).rstrip()
    counted = (len(found.examples), len(found.shown), len(found.never), len(found.left))
    yield _GENERATED.in_lang(lang).format(*counted)
    for heading, things in ((_NEVER, found.never), (_LEFT, found.left)):
        if things:
            yield from (heading.in_lang(lang), *(f"  {_line(o, ruleset, lang)}" for o in things))


def generated_json(found: Generated) -> dict[str, Any]:
    """Return what was generated as JSON-serialisable data."""
    lists = {"shown": found.shown, "never": found.never, "left": found.left}
    return {"examples": list(found.examples), **{k: [_plain(o) for o in v] for k, v in lists.items()}}


def _said(obligation: Obligation, ruleset: Ruleset, lang: Lang) -> str:
    """Return an obligation as a line: where it stands, its names, and what never happens."""
    return _line(obligation, ruleset, lang, _WHATS[obligation.what].in_lang(lang))


def _line(obligation: Obligation, ruleset: Ruleset, lang: Lang, said: str = "") -> str:
    """Return a line: where an obligation stands, its names, and what is said of it."""
    place = ".".join(filter(None, (obligation.name, obligation.part)))
    names = [_label(obligation, ruleset, lang)]
    if obligation.column:
        place = f"{place} {obligation.column}"
        names.append(name_words(ruleset, obligation.column, lang))
    label = " ".join(n for n in names if n and n not in place.replace("_", " "))
    words = " ".join(filter(None, (label, said)))
    return f"{place}{word('colon', lang)}{words}" if words else place


def _label(obligation: Obligation, ruleset: Ruleset, lang: Lang) -> str:
    match obligation.kind:
        case "event":
            return ruleset.events[obligation.name].label.in_lang(lang)
        case "limit":
            return ruleset.deadlines[obligation.name].label.in_lang(lang)
        case "milestone":
            milestones = ruleset.deadlines[obligation.name].milestones
            return next(m.label.in_lang(lang) for m in milestones if m.name == obligation.part)
        case "item":
            decision = ruleset.decisions[obligation.name]
            items = decision.items if isinstance(decision, ChecklistDecision) else ()
            label = next((i.label for i in items if i.id == obligation.part), None)
            return label.in_lang(lang) if label else ""
    return ruleset.decisions[obligation.name].label.in_lang(lang)


def coverage_json(found: Coverage) -> dict[str, Any]:
    """Return all of it as JSON-serialisable data."""
    return {
        "counts": {kind: {"shown": there, "of": every} for kind, (there, every) in found.counts.items()},
        "obligations": [{**_plain(o), "shown_by": by} for o, by in found.shown.items()],
        "cannot_fail": [_plain(o) for o in found.cannot],
    }


def _plain(obligation: Obligation) -> dict[str, str]:
    return {k: v for k, v in obligation._asdict().items() if v}
