"""Render: values, cells and whole decisions in the words that people read, in English and Chinese."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from html import escape
from itertools import chain
from typing import Any

from complaint_rules.compile import inlined
from complaint_rules.domains import (
    ABSENT,
    Anything,
    Contains,
    Enumeration,
    Interval,
    Is,
    ListOf,
    Members,
    OneOf,
    Ordered,
    ParameterRef,
    Sign,
    Test,
    Text,
    Truth,
    Within,
)
from complaint_rules.ruleset import (
    ChecklistDecision,
    ExpressionDecision,
    InvocationDecision,
    Item,
    Rule,
    Ruleset,
    TableDecision,
    Type,
    When,
)
from complaint_rules.values import to_json
from complaint_rules.words import Label, Lang, label_of_id

_WIDE = 400  # columns of a table that goes to a file
_WORDS: Mapping[str, Label] = {
    "yes": Label("是", "yes"),
    "no": Label("否", "no"),
    "nothing": Label("无", "none"),
    "unknown": Label("未知", "not known"),
    "known": Label("已知", "known"),
    "other": Label("其他", "another one"),
    "not_regulated": Label("未作规定", "not regulated"),
    "regulated": Label("有规定", "regulated"),
    "comma": Label("、", ", "),
    "semicolon": Label("；", "; "),
    "colon": Label("：", ": "),
    "and": Label("且", " and "),
    "or": Label("或", " or "),
    "not": Label("非 {}", "not {}"),
    "any_of": Label("有其一：{}", "has any of {}"),
    "all_of": Label("全有：{}", "has all of {}"),
    "none_of": Label("均无：{}", "has none of {}"),
    "empty": Label("一项也没有", "is empty"),
    "party": Label("{}（{}）", "{} ({})"),
    "brackets": Label("（{}）", "({})"),
    "texts": Label("若干项文字", "any number of texts"),
    "rule": Label("规则", "rule"),
    "item": Label("项目", "item"),
    "when": Label("何时适用", "applies when"),
    "needs": Label("要求", "needs"),
    "result": Label("结论", "result"),
    "unset": Label("未设定", "unset"),
    "formula": Label("公式", "formula"),
    "because": Label("依据", "because"),
    "always": Label("一律", "always"),
    "otherwise": Label("其余情形：{}", "otherwise: {}"),
    "refer_to": Label("其余情形未作规定，由{}决定", "otherwise not regulated: refer to {}"),
    "policy": Label("命中策略：{}", "hit policy: {}"),
    "rounding": Label("舍入到 {}（{}）", "rounded to {} ({})"),
    "invokes": Label("同“{}”，适用于：{}", "the same as {}, over {}"),
    "all": Label("须全部满足", "all are needed"),
    "any": Label("满足一项即可", "any one is enough"),
    "listed": Label("{}中的一项", "one of {}"),
    "of these": Label("{}中的若干项", "any of {}"),
    "also": Label("，或其他", ", or another one"),
    "text": Label("文字", "text"),
}
_CURRENCY = {"CNY": Label("元", "CNY")}
_KINDS = {
    "integer": Label("整数", "whole number"), "decimal": Label("数", "number"), "money": Label("金额", "amount"),
    "date": Label("日期 2024-05-06", "date 2024-05-06"),
    "datetime": Label("时间 2024-05-06T09:00:00+08:00", "time 2024-05-06T09:00:00+08:00"),
    "duration": Label("时长 PT1H30M", "duration PT1H30M"),
}  # fmt: skip


def word(name: str, lang: Lang, *parts: object) -> str:
    """Return a fixed word of the language, its gaps filled."""
    return _WORDS[name].in_lang(lang).format(*parts)


def joined(parts: Iterable[str], lang: Lang, sign: str = "comma") -> str:
    """Return the parts as one enumeration; none is said to be none."""
    return word(sign, lang).join(parts) or word("nothing", lang)


# --- values ----------------------------------------------------------------------------------------


def value_words(value: Any, type_: Type, lang: Lang, parties: Mapping[str, str | None] | None = None) -> str:
    """Return a value as people say it; a party says of which fact's value it is."""
    match value:
        case bool():
            return word("yes" if value else "no", lang)
        case Sign():
            return word(value.value, lang)
        case str():
            return _named(value, type_, lang, parties)
        case int() | Decimal():
            return " ".join(filter(None, (str(to_json(value)), _unit(type_, lang))))
        case timedelta():
            return _duration_words(value, lang)
        case Mapping():
            parts = (
                f"{_spaced(k)}{word('colon', lang)}{value_words(v, type_, lang, parties)}" for k, v in value.items()
            )
            return joined(parts, lang, "semicolon")
        case frozenset() | tuple():
            members = _in_order(value, type_) if isinstance(value, frozenset) else value
            return joined((value_words(m, type_, lang, parties) for m in members), lang)
        case _:
            return str(to_json(value))


def who_words(ruleset: Ruleset, name: str, value: Any, lang: Lang) -> str:
    """Return what a name says, as people say it: a role by its label."""
    if ruleset.process and name in ruleset.process.roles:
        return ruleset.process.roles[name].in_lang(lang)
    return value_words(value, ruleset.type_of(name), lang)


def _named(value: str, type_: Type, lang: Lang, parties: Mapping[str, str | None] | None) -> str:
    label = type_.labels.get(value)
    name = label.in_lang(lang) if label else value
    if value not in type_.of:
        return name
    known = (parties or {}).get(value)
    return word("party", lang, name, known or _spaced(type_.of[value]))


def _unit(type_: Type, lang: Lang) -> str:
    currency = _CURRENCY.get(type_.currency)
    return currency.in_lang(lang) if currency else type_.currency or type_.unit


def _in_order(members: frozenset[Any], type_: Type) -> list[Any]:
    domain = type_.domain.of if isinstance(type_.domain, ListOf) else type_.domain
    listed = domain.values or () if isinstance(domain, (Members, Enumeration)) else ()
    places = {v: i for i, v in enumerate(listed)}
    return sorted(members, key=lambda m: (places.get(m, len(places)), str(m)))


def _duration_words(value: timedelta, lang: Lang) -> str:
    hours, rest = divmod(abs(value).seconds, 3600)
    counts = (abs(value).days, hours, rest // 60, rest % 60)
    units = ("天", "小时", "分钟", "秒") if lang == "zh" else (" d", " h", " min", " s")
    parts = [f"{n}{u}" for n, u in zip(counts, units, strict=True) if n]
    sign = "-" if value < timedelta(0) else ""
    return sign + ("" if lang == "zh" else " ").join(parts or [f"0{units[1]}"])


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def name_words(ruleset: Ruleset, name: str, lang: Lang) -> str:
    """Return the label of an input, parameter, decision or output."""
    head, _, output = name.partition(".")
    for scope in (ruleset.inputs, ruleset.parameters, ruleset.decisions):
        if head in scope:
            label: str = scope[head].label.in_lang(lang)
            return f"{label} / {_spaced(output)}" if output else label
    return _spaced(name)


def answer_words(
    ruleset: Ruleset, decision: str, value: Any, lang: Lang, parties: Mapping[str, str | None] | None = None
) -> str:
    """Return the value of a decision as people say it, several outputs by name."""
    if isinstance(value, Sign):
        return value_words(value, ruleset.type_of(_first_output(ruleset, decision)), lang)
    outputs = _own_outputs(ruleset, decision)
    if isinstance(value, tuple) and len(outputs) > 1:
        return joined((answer_words(ruleset, decision, v, lang, parties) for v in value), lang, "semicolon")
    if not isinstance(value, Mapping):
        return value_words(value, next(iter(outputs.values())), lang, parties)
    parts = (f"{_spaced(o)}{word('colon', lang)}{value_words(v, outputs[o], lang, parties)}" for o, v in value.items())
    return joined(parts, lang, "semicolon")


def _first_output(ruleset: Ruleset, decision: str) -> str:
    output = next(iter(ruleset.outputs[decision]))
    return f"{decision}.{output}" if output else decision


def _own_outputs(ruleset: Ruleset, decision: str) -> Mapping[str, Type]:
    """Return the types as the rules give them; lists of several outputs have lost theirs in `outputs`."""
    own = inlined(ruleset, decision)
    several = isinstance(own, TableDecision) and len(own.outputs) > 1
    return own.outputs if several and isinstance(own, TableDecision) else ruleset.outputs[decision]


def admissible_words(type_: Type, lang: Lang) -> str:
    """Return what may be answered when this is asked."""
    match type_.domain:
        case Truth():
            return word("listed", lang, f"{word('yes', lang)} / {word('no', lang)}")
        case Enumeration(values, open=is_open):
            return word("listed", lang, _choices(values, type_, lang)) + (word("also", lang) if is_open else "")
        case Members(None):
            return word("texts", lang)
        case Members(values, open=is_open):
            more = word("also", lang) if is_open else ""
            return word("of these", lang, _choices(values or (), type_, lang)) + more
        case Ordered(kind, minimum, maximum):
            bounds = (
                f"≥ {to_json(minimum)}" if minimum is not None else "",
                f"≤ {to_json(maximum)}" if maximum is not None else "",
            )
            return ", ".join(filter(None, (f"{_KINDS[kind].in_lang(lang)} {_unit(type_, lang)}".strip(), *bounds)))
        case Text() | ListOf():
            return word("text", lang)


def _choices(values: Sequence[str], type_: Type, lang: Lang) -> str:
    labels = {v: type_.labels[v].in_lang(lang) for v in values if v in type_.labels}
    return joined((f"{v} ({labels[v]})" if labels.get(v, v) not in (v, _spaced(v)) else v for v in values), lang)


# --- cells -----------------------------------------------------------------------------------------


def test_words(test: Test, type_: Type, ruleset: Ruleset, lang: Lang) -> str:
    """Return what a cell asks of its column."""
    match test:
        case Anything():
            return "-"
        case OneOf(values, negated):
            shown = joined((value_words(v, type_, lang) for v in _in_order(frozenset(values), type_)), lang, "or")
            return word("not", lang, shown) if negated else shown
        case Within(intervals, negated):
            shown = joined((_interval_words(i, type_, ruleset, lang) for i in intervals), lang, "or")
            return word("not", lang, shown) if negated else shown
        case Is(sign, negated):
            known = "known" if sign is ABSENT else "regulated"
            return word(known if negated else sign.value, lang)
        case Contains():
            return _contains_words(test, type_, lang)


def _contains_words(test: Contains, type_: Type, lang: Lang) -> str:
    parts = {"any_of": test.any_of, "all_of": test.all_of, "none_of": test.none_of}
    listed = type_.domain.values if isinstance(type_.domain, Members) else None
    if listed and not (test.any_of or test.all_of) and test.none_of >= set(listed):
        return word("empty", lang)
    said = [
        word(key, lang, joined((value_words(m, type_, lang) for m in _in_order(members, type_)), lang))
        for key, members in parts.items()
        if members
    ]
    return joined(said, lang, "semicolon") if said else "-"


def _interval_words(interval: Interval, type_: Type, ruleset: Ruleset, lang: Lang) -> str:
    def bound(value: Any) -> str:
        return (
            name_words(ruleset, value.name, lang)
            if isinstance(value, ParameterRef)
            else value_words(value, type_, lang)
        )

    if interval.low is not None and interval.low == interval.high:
        return bound(interval.low)
    if interval.low is None and interval.high is None:
        return "-"
    low = f"{'>' if interval.low_open else '≥'} {bound(interval.low)}" if interval.low is not None else ""
    high = f"{'<' if interval.high_open else '≤'} {bound(interval.high)}" if interval.high is not None else ""
    return word("and", lang).join(filter(None, (low, high)))


def when_words(when: When, ruleset: Ruleset, lang: Lang) -> str:
    """Return one alternative of a condition, column by column."""
    parts = (
        f"{name_words(ruleset, n, lang)}{word('colon', lang)}{test_words(t, ruleset.type_of(n), ruleset, lang)}"
        for n, t in when.items()
        if not isinstance(t, Anything)
    )
    return word("semicolon", lang).join(parts) or word("always", lang)


def condition_words(alternatives: Sequence[When], ruleset: Ruleset, lang: Lang) -> str:
    """Return a condition with all its alternatives."""
    return f" {word('or', lang).strip()} ".join(when_words(w, ruleset, lang) for w in alternatives)


# --- decisions as sheets -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sheet:
    """A decision as a table for people: a title, columns, rows of text, and notes below."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def decision_sheet(ruleset: Ruleset, name: str, lang: Lang) -> Sheet:
    """Return a decision as a sheet; an invocation as its target over its own names."""
    decision = inlined(ruleset, name)
    match decision:
        case TableDecision():
            sheet = _table_sheet(decision, ruleset, lang)
        case ExpressionDecision():
            sheet = _expression_sheet(decision, lang)
        case ChecklistDecision():
            sheet = _checklist_sheet(decision, ruleset, lang)
    original = ruleset.decisions[name]
    note = (_invokes(original, ruleset, lang),) if isinstance(original, InvocationDecision) else ()
    return replace(sheet, title=f"{decision.label.in_lang(lang)} ({name})", notes=(*note, *sheet.notes))


def table_rows(ruleset: Ruleset, name: str, lang: Lang) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return a decision's column titles and rows, as text."""
    sheet = decision_sheet(ruleset, name, lang)
    return sheet.columns, sheet.rows


def _invokes(decision: InvocationDecision, ruleset: Ruleset, lang: Lang) -> str:
    pairs = (f"{_spaced(a)} = {name_words(ruleset, b, lang)}" for a, b in decision.renamed.items())
    return word("invokes", lang, name_words(ruleset, decision.invoke, lang), joined(pairs, lang))


def _table_sheet(decision: TableDecision, ruleset: Ruleset, lang: Lang) -> Sheet:
    results = [_spaced(o) if o else word("result", lang) for o in decision.outputs]
    columns = (
        word("rule", lang),
        *(name_words(ruleset, c, lang) for c in decision.inputs),
        *results,
        word("because", lang),
    )
    rows = tuple(_rule_row(r, w, decision, ruleset, lang) for r in decision.rules for w in r.when)
    return Sheet("", columns, rows, tuple(_table_notes(decision, lang)))


def _rule_row(rule: Rule, when: When, decision: TableDecision, ruleset: Ruleset, lang: Lang) -> tuple[str, ...]:
    cells = (test_words(when.get(c, Anything()), ruleset.type_of(c), ruleset, lang) for c in decision.inputs)
    then = (_output_words(ruleset, v, t, lang) for v, t in zip(rule.then, decision.outputs.values(), strict=False))
    name = f"{rule.id} {rule.label.in_lang(lang)}" if rule.label else rule.id
    return (name, *cells, *then, ", ".join(rule.because or decision.because))


def _output_words(ruleset: Ruleset, value: Any, type_: Type, lang: Lang) -> str:
    """Return an output, one that is a parameter with the value that the ruleset gives it."""
    if not isinstance(value, ParameterRef):
        return value_words(value, type_, lang)
    set_to = ruleset.parameters[value.name].value
    return word("unset", lang) if set_to is None else value_words(set_to, type_, lang)


def _table_notes(decision: TableDecision, lang: Lang) -> Iterable[str]:
    yield word("policy", lang, decision.policy.value)
    if decision.default is not None:
        types = decision.outputs.values()
        yield word(
            "otherwise",
            lang,
            joined((value_words(v, t, lang) for v, t in zip(decision.default, types, strict=False)), lang),
        )
    if decision.refer_to is not None:
        yield word("refer_to", lang, decision.refer_to.in_lang(lang))


def _expression_sheet(decision: ExpressionDecision, lang: Lang) -> Sheet:
    rounded = (word("rounding", lang, decision.step, decision.rounding),) if decision.step is not None else ()
    columns = (word("formula", lang), word("because", lang))
    return Sheet("", columns, ((decision.formula.text, ", ".join(decision.because)),), rounded)


def _checklist_sheet(decision: ChecklistDecision, ruleset: Ruleset, lang: Lang) -> Sheet:
    columns = tuple(word(w, lang) for w in ("item", "when", "needs", "because"))
    rows = tuple(_item_row(i, decision, ruleset, lang) for i in decision.items)
    return Sheet("", columns, rows, (word("all" if decision.all_needed else "any", lang),))


def _item_row(item: Item, decision: ChecklistDecision, ruleset: Ruleset, lang: Lang) -> tuple[str, ...]:
    name = f"{item.id} {item.label.in_lang(lang)}" if item.label else item.id
    conditions = (condition_words(w, ruleset, lang) for w in (item.when, item.needs))
    return (name, *conditions, ", ".join(item.because or decision.because))


# --- sheets on paper, in a browser, in a terminal ------------------------------------------------------


def markdown(sheet: Sheet) -> str:
    """Return the sheet as a Markdown table."""
    lines = [f"### {_markdown_cell(sheet.title)}", ""]
    lines += [_markdown_row(sheet.columns), _markdown_row("---" for _ in sheet.columns)]
    lines += [_markdown_row(map(_markdown_cell, row)) for row in sheet.rows]
    return "\n".join([*lines, "", *(f"- {_markdown_cell(n)}" for n in sheet.notes)]).rstrip() + "\n"


def _markdown_row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _markdown_cell(text: str) -> str:
    flat = " ".join(escape(text, quote=False).split())
    return "".join(f"\\{c}" if c in "|\\`*_[]" else c for c in flat)


def html(sheet: Sheet) -> str:
    """Return the sheet as an HTML table, every text escaped."""
    head = "".join(f"<th>{escape(c)}</th>" for c in sheet.columns)
    body = "\n".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in sheet.rows)
    notes = "\n".join(f"<p>{escape(n)}</p>" for n in sheet.notes)
    table = f"<table>\n<caption>{escape(sheet.title)}</caption>\n<thead><tr>{head}</tr></thead>"
    return f"{table}\n<tbody>\n{body}\n</tbody>\n</table>\n{notes}\n"


def html_page(sheets: Iterable[Sheet], title: str, lang: Lang) -> str:
    """Return a whole page with these sheets."""
    style = "body{font-family:sans-serif}table{border-collapse:collapse}td,th{border:1px solid #999;padding:.2em .5em}"
    head = f'<head><meta charset="utf-8"><title>{escape(title)}</title><style>{style}</style></head>'
    return "\n".join(
        chain([f'<!doctype html>\n<html lang="{lang}">\n{head}\n<body>'], map(html, sheets), ["</body>\n</html>\n"])
    )


def terminal(sheets: Iterable[Sheet]) -> None:
    """Print the sheets as tables that fit the terminal; `NO_COLOR` is honoured."""
    from rich.console import Console  # noqa: PLC0415 - only who prints tables pays for rich
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text as Words  # noqa: PLC0415

    # Where nobody looks at a screen nothing may be cut off.
    console = Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=_WIDE)
    for sheet in sheets:
        table = Table(title=Words(sheet.title), title_justify="left", show_lines=True)
        for column in sheet.columns:
            table.add_column(Words(column))
        for row in sheet.rows:
            table.add_row(*(Words(c) for c in row))
        console.print(table)
        for note in sheet.notes:
            console.print(Words(note))
        console.print()


def fact_line(ruleset: Ruleset, name: str, lang: Lang) -> str:
    """Return a question: the fact's label, its name and what may be answered."""
    fact = ruleset.inputs[name]
    label = fact.label if fact.label.in_lang(lang) else label_of_id(name)
    return f"{label.in_lang(lang)} ({name}){word('colon', lang)}{admissible_words(fact.type, lang)}"
