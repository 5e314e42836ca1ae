"""Contrast words: why a decision did not say something else, in a few lines people can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from complaint_rules.answers import Decided, NotRegulated, Undetermined
from complaint_rules.compile import (
    CompiledRuleset,
    inlined,
)
from complaint_rules.contrast import Change, Contrast, FailedCell, LosingRule, WhyNot
from complaint_rules.domains import (
    ABSENT,
    NOT_REGULATED,
)
from complaint_rules.nearest import (
    is_open,
)
from complaint_rules.render import answer_words, joined, name_words, value_words, word
from complaint_rules.ruleset import (
    ChecklistDecision,
    ExpressionDecision,
    Item,
    Rule,
    Ruleset,
    TableDecision,
)
from complaint_rules.words import Label, Lang

_SHOWN = 6
_PLAIN = ("yes", "no", "not_regulated")
_SENTENCES: Mapping[str, Label] = {
    "given": Label("{0}：{1}，正是所问的“{2}”。", "{0}: {1}, which is what you asked for ({2})."),
    "lost": Label("{0}：{1}。为何不是“{2}”？", "{0}: {1}. Why not {2}?"),
    "undetermined": Label(
        "{0}：尚未确定，还不能说为何不是“{2}”。", "{0}: not decided yet, so nothing rules out {2} for good."
    ),
    "ask": Label("请先查明：{}。", "Ask first: {}."),
    "unset": Label("参数尚未确定：{}。", "Nobody has set: {}."),
    "rule": Label("规则 {}", "rule {}"),
    "failed": Label("- {} 未满足：{}{}。", "- {} did not match: {}{}."),
    "beaten": Label("- {} 满足，但以 {} 为准{}。", "- {} matched, but {} won{}."),
    "cell": Label("{}须为“{}”，现为“{}”", "{} would have to be {}, and is {}"),
    "waits": Label("- {} 是否满足尚待查明{}。", "- {} may still match{}."),
    "never": Label("- {} 永远不会满足{}。", "- {} can never match{}."),
    "more": Label("- 另有 {} 条规则。", "- and {} more rules."),
    "clauses": Label("（依据：{}）", " ({})"),
    "nearest": Label("最近的改变（任取一项）：", "The nearest change, any one of these:"),
    "change": Label("{}改为“{}”", "{} becomes {}"),
    "set": Label("{}{}", "{} {}"),
    "found": Label("查明{}为“{}”", "{} is found to be {}"),
    "through": Label("{}（办法：{}）", "{} (by this: {})"),
    "setting": Label("{}（属于设定）", "{} (a setting)"),
    "doubt": Label("；整件重新判定后仍不是所问的", "; yet decided again as a whole, it still says something else"),
    "then ask": Label("；之后还须查明：{}", "; then ask: {}"),
    "none": Label("改动本判定所看的各项，都得不到所问的结论。", "No change of what this decision looks at gives it."),
    "none tried": Label("改动其余各项，都得不到所问的结论。", "No change of the rest of what it looks at gives it."),
    "budget": Label(
        "组合过多，没有算完：最近的改变未知。", "Too many combinations to try: the nearest change is unknown."
    ),
    "untried": Label("因参数未定，未尝试改动：{}。", "Not tried, for a parameter is not set: {}."),
    "operands": Label("由公式“{}”得出：{}。", "It follows from the formula {}: {}."),
}


def explain_why_not(said: WhyNot, rules: CompiledRuleset, lang: Lang = "zh") -> str:
    """Return in a few lines why a decision did not say what was wanted, and what would change it."""
    speaker = _Speaker(said, rules, lang)
    return "\n".join(speaker.lines())


@dataclass(frozen=True)
class _Speaker:
    """What is said about one decision, in one language."""

    said: WhyNot
    compiled: CompiledRuleset
    lang: Lang

    @property
    def ruleset(self) -> Ruleset:
        return self.compiled.ruleset

    def say(self, name: str, *parts: object) -> str:
        return _SENTENCES[name].in_lang(self.lang).format(*parts)

    def name(self, name: str) -> str:
        return name_words(self.ruleset, name, self.lang)

    def names(self, names: Iterable[str]) -> str:
        return joined(map(self.name, names), self.lang)

    def lines(self) -> Iterator[str]:
        said = self.said
        yield self.say(said.status, self.name(said.decision), self.answer(), self.wanted())
        if said.ask:
            yield self.say("ask", self.names(said.ask))
        if said.operands is not None:
            yield self.operands()
        yield from map(self.loser, said.losing[:_SHOWN])
        if len(said.losing) > _SHOWN:
            yield self.say("more", len(said.losing) - _SHOWN)
        yield from self.search()

    def search(self) -> Iterator[str]:
        if self.said.untried:
            yield self.say("untried", self.names(self.said.untried))
        if self.said.unset:
            yield self.say("unset", self.names(self.said.unset))
        match self.said.search:
            case "found":
                yield self.say("nearest")
                yield from (f"- {self.contrast(c)}" for c in self.said.nearest[:_SHOWN])
            case "none":
                yield self.say("none tried" if self.said.untried else "none")
            case "unknown: budget":
                yield self.say("budget")
            case "not searched":
                pass

    def answer(self) -> str:
        match self.said.answer:
            case Decided(value):
                return answer_words(self.ruleset, self.said.decision, value, self.lang)
            case NotRegulated():
                return answer_words(self.ruleset, self.said.decision, NOT_REGULATED, self.lang)
            case Undetermined():
                return ""

    def wanted(self) -> str:
        """Return what was asked for: a rule by its label, a value by its own."""
        rule = self.rules.get(self.said.wanted)
        if rule is not None:
            return self.say("rule", self.rule(rule.id))
        output, _, text = self.said.wanted.rpartition("=")
        found = (t.labels.get(text) for o, t in self.ruleset.outputs[self.said.decision].items() if output in ("", o))
        label = next(filter(None, found), None)
        return label.in_lang(self.lang) if label else word(text, self.lang) if text in _PLAIN else self.said.wanted

    @cached_property
    def rules(self) -> Mapping[str, Rule | Item]:
        """The rules or items by id, those of every version."""
        found: dict[str, Rule | Item] = {}
        for version in (*self.compiled.earlier, self.compiled):
            match inlined(version.ruleset, self.said.decision):
                case TableDecision(rules=rules):
                    found |= {r.id: r for r in rules}
                case ChecklistDecision(items=items):
                    found |= {i.id: i for i in items}
                case _:
                    pass
        return found

    def rule(self, name: str) -> str:
        label = self.rules[name].label
        return f"{name} {label.in_lang(self.lang)}" if label else name

    def loser(self, loser: LosingRule) -> str:
        clauses = self.say("clauses", joined(loser.because, self.lang)) if loser.because else ""
        rule = self.say("rule", self.rule(loser.rule))
        if loser.beaten_by:
            return self.say("beaten", rule, joined(map(self.rule, loser.beaten_by), self.lang), clauses)
        cells_ = joined(map(self.cell, loser.failed), self.lang, "semicolon")
        if loser.failed:
            return self.say("failed", rule, cells_, clauses)
        return self.say("waits" if self.said.status == "undetermined" else "never", rule, clauses)

    def cell(self, failed: FailedCell) -> str:
        asked = failed.asks.in_lang(self.lang)
        return self.say("cell", self.name(failed.column), asked, self.value(failed.column, failed.value))

    def value(self, name: str, value: Any) -> str:
        if is_open(value):
            return value_words(ABSENT, self.ruleset.type_of(name), self.lang)
        return value_words(value, self.ruleset.type_of(name), self.lang)

    def contrast(self, contrast: Contrast) -> str:
        changes = joined(map(self.change, contrast.changes), self.lang, "semicolon")
        if contrast.ask:
            return changes + self.say("then ask", self.names(contrast.ask))
        return changes + (self.say("doubt") if contrast.holds is False else "")

    def change(self, change: Change) -> str:
        is_set = isinstance(change.example, frozenset)
        kind = "set" if is_set else "found" if is_open(change.was) else "change"
        said = self.say(kind, self.name(change.column), change.words.in_lang(self.lang))
        if change.kind == "setting":
            return self.say("setting", said)
        through = joined(map(self.change, change.through), self.lang, "semicolon")
        return self.say("through", said, through) if change.through else said

    def operands(self) -> str:
        decision = inlined(self.ruleset, self.said.decision)
        formula = decision.formula.text if isinstance(decision, ExpressionDecision) else ""
        operands = (self.said.operands or {}).items()
        return self.say(
            "operands", formula, joined((f"{self.name(n)} = {self.value(n, v)}" for n, v in operands), self.lang)
        )
