"""Printed: answers, parameters and lists as lines for a terminal, or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from complaint_rules.answers import Answer, Decided, DecisionResult, NotRegulated, Undetermined
from complaint_rules.compile import CompiledRuleset
from complaint_rules.deciding import spoken_in
from complaint_rules.prose import party_words
from complaint_rules.render import answer_words, fact_line, name_words, value_words
from complaint_rules.ruleset import Parameter, ParameterKind, Ruleset
from complaint_rules.words import Label, Lang

OK, FINDINGS, BAD_INPUT = 0, 1, 2

_SHOWN = 4
_KINDS: Mapping[ParameterKind, Label] = {
    ParameterKind.VALUE: Label("原文数值", "value"),
    ParameterKind.READING: Label("解释", "reading"),
    ParameterKind.ASSUMED: Label("假定", "assumed"),
    ParameterKind.UNSET: Label("待定", "unset"),
}
HEADINGS: Mapping[str, Label] = {
    "decided": Label("已判定", "Decided"),
    "not_regulated": Label("未作规定", "Not regulated"),
    "undetermined": Label("未定", "Undetermined"),
    "rests_on": Label("所依据的取舍与假定", "Rests on readings and assumptions"),
    "unset": Label("尚未设定的参数", "Parameters that nobody has set"),
    "ask": Label("尚须查明（最有用的在前）", "To ask, most useful first"),
    "facts": Label("事实", "Facts"),
    "parameters": Label("参数", "Parameters"),
    "rule": Label("规则", "rule"),
    "unmet": Label("未满足", "not met"),
    "next": Label("下一步", "next"),
    "waits": Label("待查明", "waits for"),
    "refer_to": Label("转交", "refer to"),
    "is_unset": Label("未设定", "unset"),
    "clauses": Label(
        "{}：{} 条条款，已编码 {}，仅为行为准则 {}，尚未编码 {}", "{}: {} clauses, {} encoded, {} conduct, {} missing"
    ),
    "assumptions": Label("文件没有定明、结论所依据的", "What the text leaves open, and what rests on it"),
    "mended": Label("已修改", "mended"),
    "unreached": Label("没有示例的规则", "rules that no example reaches"),
    "not_in_ledger": Label("清单中没有", "not in the ledger"),
}


def print_lines(*lines: str) -> None:
    for line in lines:
        print(printable(line))


def print_aside(line: str) -> None:
    """Print a line to standard error, for what stands beside the result."""
    print(printable(line), file=sys.stderr, flush=True)


def printable(text: str) -> str:
    """Return the text without characters that could steer a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)


def day_words(day: date) -> str:
    """Return a day with its weekday."""
    return f"{day.isoformat()} {'一二三四五六日'[day.weekday()]}"


def exit_code(result: DecisionResult) -> int:
    return FINDINGS if any(isinstance(a, Undetermined) for a in result.decisions.values()) else OK


def print_json(data: object) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=2))


def answer_lines(rules: CompiledRuleset, result: DecisionResult, lang: Lang) -> Iterable[str]:
    rules = spoken_in(result, rules)
    ruleset = rules.ruleset
    yield head_line(ruleset, lang)
    for status in ("decided", "not_regulated", "undetermined"):
        found = [(n, a) for n, a in result.decisions.items() if a.status == status]
        yield from section(status, [x for n, a in found for x in _answer(rules, result, n, a, lang)], lang)
    rests_on = [parameter_line(ruleset.parameters[n], rules.parameters.get(n), lang) for n in result.rests_on]
    yield from section("rests_on", rests_on, lang)
    yield from section("unset", [f"{name_words(ruleset, n, lang)} ({n})" for n in result.unset], lang)
    yield from section("ask", [fact_line(ruleset, n, lang) for n in result.ask], lang)


def head_line(ruleset: Ruleset, lang: Lang) -> str:
    """Return which ruleset speaks: its version, what is laid over it, the days on which this was in force."""
    said = [f"{ruleset.id} {ruleset.version}", *(f"+ {o}" for o in ruleset.document.overlays)]
    if ruleset.effective.start or ruleset.effective.end:
        said.append(f"{ruleset.effective.start or '…'} – {ruleset.effective.end or '…'}")
    return f"{ruleset.title.in_lang(lang)} ({', '.join(said)})"


def section(heading: str, lines: Sequence[str], lang: Lang) -> Iterable[str]:
    return ["", HEADINGS[heading].in_lang(lang), *(f"  {line}" for line in lines)] if lines else []


def _answer(rules: CompiledRuleset, result: DecisionResult, name: str, answer: Answer, lang: Lang) -> Iterable[str]:
    """Yield the answer, and below it by which rule and clause, or what it waits for."""
    title, trace = _title(rules, name, lang), answer.trace
    match answer:
        case Decided(value):
            parties = party_words(result, rules, name, lang)
            yield f"{title}: {answer_words(rules.ruleset, name, value, lang, parties)}"
            unmet = [i for i, status in trace.items.items() if status == "unmet"]
            placed = [f"{r} ({trace.origins[r]})" if r in trace.origins else r for r in trace.rules]
            parts = {"rule": placed, "unmet": unmet, "next": [trace.next] if trace.next else [], "": trace.because}
            yield from _why(parts, lang)
        case NotRegulated(refer_to):
            yield f"{title}: {HEADINGS['refer_to'].in_lang(lang)} {refer_to.in_lang(lang)}" if refer_to else title
            yield from _why({"": trace.because}, lang)
        case Undetermined(possible, ask, unset):
            shown = [answer_words(rules.ruleset, name, v, lang) for v in (possible or ())[:_SHOWN]]
            more = [] if possible is None or len(possible) <= _SHOWN else ["…"]
            yield f"{title}: {' | '.join([*shown, *more])}" if shown else title
            yield from _why({"waits": (*ask, *unset)}, lang)


def _why(parts: Mapping[str, Sequence[str]], lang: Lang) -> Iterable[str]:
    said = [f"{HEADINGS[k].in_lang(lang)} {', '.join(v)}" if k else ", ".join(v) for k, v in parts.items() if v]
    return ["    " + " · ".join(said)] if said else []


def parameter_line(parameter: Parameter, value: Any, lang: Lang) -> str:
    shown = HEADINGS["is_unset"].in_lang(lang) if value is None else value_words(value, parameter.type, lang)
    reason = f": {parameter.reason.in_lang(lang)}" if parameter.reason else ""
    return f"{parameter.name} = {shown} [{_KINDS[parameter.kind].in_lang(lang)}{reason}]"


def _title(rules: CompiledRuleset, name: str, lang: Lang) -> str:
    label = rules.ruleset.decisions[name].label.in_lang(lang)
    return name if label in (name, name.replace("_", " ")) else f"{name} {label}"
