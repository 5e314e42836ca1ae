"""Prose: why a result is what it is, in sentences: rules, facts, clauses, assumptions, and what is still to be asked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from complaint_rules.answers import Answer, Decided, DecisionResult, NotRegulated, Trace, Undetermined
from complaint_rules.compile import CompiledRuleset, inlined
from complaint_rules.deciding import spoken_in
from complaint_rules.render import (
    answer_words,
    condition_words,
    fact_line,
    joined,
    name_words,
    value_words,
    word,
)
from complaint_rules.ruleset import ChecklistDecision, ExpressionDecision, Parameter, ParameterKind, TableDecision
from complaint_rules.words import Label, Lang

_SHOWN = 6
_SENTENCES: Mapping[str, Label] = {
    "decided": Label("{}：{}。", "{}: {}."),
    "possible": Label("{}：未定，可能是{}。", "{}: not determined yet; it may be {}."),
    "undetermined": Label("{}：未定。", "{}: not determined yet."),
    "silent": Label("{}：本办法未作规定。", "{}: the procedure does not regulate this."),
    "refer_to": Label("请转交：{}。", "Refer it to: {}."),
    "rule": Label("因为适用规则 {}：{}。", "Rule {} applies: {}."),
    "default": Label("没有规则适用，按其余情形处理。", "No rule applies, so what holds for all other cases holds."),
    "may_apply": Label("仍可能适用的规则：{}。", "Rules that may still apply: {}."),
    "formula": Label("由公式得出：{}。", "It follows from {}."),
    "facts": Label("根据事实：{}。", "Given: {}."),
    "earlier": Label("根据其他判定：{}。", "From other decisions: {}."),
    "item": Label("{}：{}（{}）", "{}: {} ({})"),
    "because": Label("依据条款：{}。", "Clauses: {}."),
    "rests_on": Label("其中取 {} = {}（{}：{}）。", "It takes {} to be {} ({}: {})."),
    "ask": Label("尚须查明：{}。", "Still to be asked: {}."),
    "unset": Label("参数尚未确定：{}。", "Nobody has set: {}."),
    "met": Label("已满足", "met"),
    "unmet": Label("未满足", "not met"),
    "open": Label("尚未查明", "still open"),
    "not_needed": Label("不适用", "does not apply"),
    "next": Label("下一步：{}。", "Next: {}."),
    "value": Label("文件规定", "the text says so"),
    "reading": Label("对文义的取舍", "reading"),
    "assumed": Label("我方假定", "assumption"),
    "overridden": Label("由使用者设定", "set by the caller"),
    "questions": Label("请查明：", "Please find out:"),
}


def sentence(name: str, lang: Lang, *parts: object) -> str:
    """Return a sentence of the language, its gaps filled."""
    return _SENTENCES[name].in_lang(lang).format(*parts)


def explain(
    result: DecisionResult,
    rules: CompiledRuleset,
    lang: Lang = "en",
    only: Collection[str] | None = None,
    references: Mapping[str, str] | None = None,
) -> str:
    """Return in prose what was decided and why, in English or Chinese.

    `only` names the decisions wanted; without it what is still open is said in short.
    `references` gives the place in the source of each clause id.
    """
    rules = spoken_in(result, rules)
    speaker = _Speaker(result, rules, lang, references or {})
    wanted = {n: a for n, a in result.decisions.items() if only is None or n in only}
    paragraphs = ["\n  ".join(speaker.decision(n, a, in_short=only is None)) for n, a in wanted.items()]
    asked = set(questions(wanted.values()))
    lines = [f"- {fact_line(rules.ruleset, n, lang)}" for n in result.ask if n in asked]
    if lines:
        paragraphs.append("\n".join([sentence("questions", lang), *lines]))
    return "\n\n".join(paragraphs)


def questions(answers: Collection[Answer]) -> Iterator[str]:
    """Yield every fact that one of the answers waits for."""
    for answer in answers:
        if isinstance(answer, Undetermined):
            yield from answer.ask


class _Speaker:
    """A result with its ruleset, in one language."""

    def __init__(
        self, result: DecisionResult, rules: CompiledRuleset, lang: Lang, references: Mapping[str, str]
    ) -> None:
        self.result = result
        self.rules = rules
        self.ruleset = rules.ruleset
        self.lang = lang
        self.references = references

    def say(self, name: str, *parts: object) -> str:
        return sentence(name, self.lang, *parts)

    def decision(self, name: str, answer: Answer, *, in_short: bool) -> Iterator[str]:
        """Yield the sentences about one decision: the answer first."""
        yield self.headline(name, answer)
        if in_short and isinstance(answer, Undetermined):
            yield from self.waits(answer)
            return
        if isinstance(answer, NotRegulated) and answer.refer_to:
            yield self.say("refer_to", answer.refer_to.in_lang(self.lang))
        yield from self.reasons(name, answer)
        yield from self.read(answer.trace)
        if answer.trace.because:
            yield self.say("because", joined(map(self.clause, answer.trace.because), self.lang))
        yield from self.assumptions(name)
        if isinstance(answer, Undetermined):
            yield from self.waits(answer)

    def headline(self, name: str, answer: Answer) -> str:
        label = name_words(self.ruleset, name, self.lang)
        match answer:
            case Decided(value):
                return self.say("decided", label, self.value(name, value))
            case Undetermined(possible) if possible is not None:
                shown = joined((self.value(name, v) for v in possible[:_SHOWN]), self.lang, "or")
                return self.say("possible", label, shown + (f" … ({len(possible)})" if len(possible) > _SHOWN else ""))
            case Undetermined():
                return self.say("undetermined", label)
            case NotRegulated():
                return self.say("silent", label)

    def value(self, name: str, value: Any) -> str:
        shown = answer_words(
            self.ruleset, name, value, self.lang, party_words(self.result, self.rules, name, self.lang)
        )
        return word("brackets", self.lang, shown) if isinstance(value, Mapping) else shown

    def reasons(self, name: str, answer: Answer) -> Iterator[str]:
        match inlined(self.ruleset, name):
            case TableDecision() as table:
                yield from self.rules_of(table, answer)
            case ExpressionDecision(formula=formula):
                yield self.say("formula", formula.text)
            case ChecklistDecision() as checklist:
                yield from self.items(checklist, answer.trace)

    def rules_of(self, table: TableDecision, answer: Answer) -> Iterator[str]:
        trace = answer.trace
        for rule in table.rules:
            if rule.id in trace.rules:
                yield self.say("rule", rule.id, condition_words(rule.when, self.ruleset, self.lang))
        if isinstance(answer, Decided) and not trace.rules and not trace.possible_rules:
            yield self.say("default")
        if trace.possible_rules:
            yield self.say("may_apply", joined(trace.possible_rules, self.lang))

    def items(self, checklist: ChecklistDecision, trace: Trace) -> Iterator[str]:
        for item in checklist.items:
            status = trace.items.get(item.id, "open")
            clauses = joined(map(self.clause, item.because), self.lang)
            needs = condition_words(item.needs, self.ruleset, self.lang)
            shown = (
                f"{needs}{word('semicolon', self.lang)}{clauses}"
                if item.because and status in ("unmet", "open")
                else needs
            )
            label = item.label.in_lang(self.lang) if item.label else item.id.replace("_", " ")
            yield "- " + self.say("item", label, self.say(status), shown)
        if trace.next:
            yield self.say("next", trace.next.replace("_", " "))

    def read(self, trace: Trace) -> Iterator[str]:
        facts = [n for n in trace.used if n in self.result.facts]
        if facts:
            yield self.say("facts", joined(map(self.fact, facts), self.lang, "semicolon"))
        heads = dict.fromkeys(n.partition(".")[0] for n in trace.used)
        said = [self.earlier(n) for n in heads if isinstance(self.result.decisions.get(n), (Decided, NotRegulated))]
        if said:
            yield self.say("earlier", joined(said, self.lang, "semicolon"))

    def fact(self, name: str) -> str:
        shown = value_words(self.result.facts[name], self.ruleset.type_of(name), self.lang)
        return f"{name_words(self.ruleset, name, self.lang)} = {shown}"

    def earlier(self, name: str) -> str:
        answer = self.result.decisions[name]
        shown = self.value(name, answer.value) if isinstance(answer, Decided) else word("not_regulated", self.lang)
        return f"{name_words(self.ruleset, name, self.lang)} = {shown}"

    def clause(self, name: str) -> str:
        place = self.references.get(name)
        return word("party", self.lang, name, place) if place else name

    def assumptions(self, name: str) -> Iterator[str]:
        read = self.rules.reads.get(name, frozenset())
        for parameter in self.ruleset.parameters.values():
            if parameter.name in read and parameter.name in self.result.rests_on:
                yield self.assumption(parameter)

    def assumption(self, parameter: Parameter) -> str:
        overridden = parameter.name in self.rules.overrides
        kind = self.say("overridden" if overridden else parameter.kind.value)
        reason = parameter.reason.in_lang(self.lang) if parameter.reason else parameter.kind.value
        value = self.rules.parameters.get(parameter.name)
        option = parameter.options.get(value) if parameter.kind is ParameterKind.READING else None
        shown = option.in_lang(self.lang) if option else value_words(value, parameter.type, self.lang)
        return self.say("rests_on", name_words(self.ruleset, parameter.name, self.lang), shown, kind, reason)

    def waits(self, answer: Undetermined) -> Iterator[str]:
        if answer.ask:
            yield self.say("ask", joined((name_words(self.ruleset, n, self.lang) for n in answer.ask), self.lang))
        if answer.unset:
            yield self.say("unset", joined((name_words(self.ruleset, n, self.lang) for n in answer.unset), self.lang))


def party_words(result: DecisionResult, rules: CompiledRuleset, decision: str, lang: Lang) -> dict[str, str | None]:
    """Return who the parties of a decision are, each by the label of the fact's value where there is one."""
    found: dict[str, str | None] = {}
    facts = {p: f for t in rules.ruleset.outputs[decision].values() for p, f in t.of.items()}
    for party, value in result.parties.get(decision, {}).items():
        fact = rules.ruleset.inputs.get(facts.get(party, ""))
        found[party] = value_words(value, fact.type, lang) if fact and value is not None else value
    return found
