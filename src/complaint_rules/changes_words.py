"""Changes in words: what a comparison found, for people to read and as JSON; and the version number it asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from complaint_rules.changes import Changes, DecisionChange, Level, Outcome, PartChange, Region, Unset
from complaint_rules.contrast import cell_words
from complaint_rules.domains import Domain, Enumeration, LineAxis, Members, Ordered, Sign
from complaint_rules.render import answer_words, joined, name_words, value_words, word
from complaint_rules.ruleset import Ruleset
from complaint_rules.tables import Column
from complaint_rules.values import to_json
from complaint_rules.words import Label, Lang

_LEVELS: Mapping[Level, Label] = {
    Level.NONE: Label("没有差别", "nothing differs"),
    Level.PATCH: Label("只改了措辞或出处", "only wording or citations differ"),
    Level.MINOR: Label("只有增补", "it only says more"),
    Level.MAJOR: Label("原有的结论、义务或许可变了", "what was decided, owed or allowed before is otherwise"),
}
_SECTIONS: Mapping[str, Label] = {
    "ruleset": Label("规则集", "ruleset"),
    "inputs": Label("事实", "facts"),
    "parameters": Label("参数", "parameters"),
    "events": Label("事件", "events"),
    "deadlines": Label("时限", "time limits"),
    "triggers": Label("触发条件", "triggers"),
    "reports": Label("报告", "reports"),
    "invariants": Label("不变式", "invariants"),
    "roles": Label("角色", "roles"),
    "states": Label("状态", "states"),
    "steps": Label("步骤", "steps"),
    "decisions": Label("判定", "decisions"),
}
_KINDS: Mapping[str, Label] = {
    "added": Label("新增", "added"),
    "removed": Label("删去", "removed"),
    "renamed": Label("改名", "renamed"),
    "changed": Label("改动", "changed"),
    "moved": Label("移动", "moved"),
    "wording": Label("措辞", "wording"),
}
_SAID: Mapping[str, Label] = {
    "not_regulated": Label("未作规定", "not regulated"),
    "not_covered": Label("没有规则涵盖", "no rule covers it"),
    "outside": Label("不会出现", "does not occur"),
}
_WORDS: Mapping[str, Label] = {
    "asks": Label("{}：版本号至少应为 {}", "{}: the version must be at least {}"),
    "waits": Label("待定参数 {} 所定", "what the unset parameter {} says"),
    "always": Label("一切情形", "in every case"),
    "where": Label("{}：{} → {}", "{}: {} → {}"),
    "by": Label("（规则 {} → {}）", " (rules {} → {})"),
    "none": Label("无", "none"),
    "example": Label("例：{}", "for example {}"),
    "affects": Label("随之可能改变：{}", "may follow: {}"),
    "rule": Label("规则 {}：{}", "rule {}: {}"),
    "from_to": Label("{} → {}", "{} → {}"),
    "supposing": Label("设 {}（{} 种可能中的 {} 种有差别）", "supposing {} (it differs in {} of {} ways)"),
    "unknown: budget": Label("区域太多，未能在限额内比完", "too many regions: not compared within the budget"),
    "not comparable": Label("两边的取值种类不同，无法逐点比较", "the two hold different kinds of values and cannot be laid side by side"),
    "no_change": Label("各种情形下结论相同", "every case is decided as before"),
}  # fmt: skip


def advised_version(changes: Changes) -> str | None:
    """Return the least version number that a change like this asks for; None where the old one is no x.y.z."""
    found = _numbers(changes.old.version)
    if found is None:
        return None
    major, minor, patch = found
    match changes.level:
        case Level.MAJOR:
            return f"{major + 1}.0.0"
        case Level.MINOR:
            return f"{major}.{minor + 1}.0"
        case Level.PATCH:
            return f"{major}.{minor}.{patch + 1}"
    return changes.old.version


def is_enough(changes: Changes) -> bool:
    """Report whether the new version number has gone up as much as the changes ask."""
    advised, given = advised_version(changes), _numbers(changes.new.version)
    return advised is None or given is None or given >= (_numbers(advised) or given)


def _numbers(version: str) -> tuple[int, int, int] | None:
    found = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", version, re.ASCII)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def changes_text(changes: Changes, lang: Lang) -> str:
    """Return everything that differs, as lines for people."""
    return "\n".join(_Speaker(changes, lang).lines())


class _Speaker:
    """Says what a comparison found in one language."""

    def __init__(self, changes: Changes, lang: Lang) -> None:
        self.changes = changes
        self.lang = lang
        self.joint = changes.joint

    def say(self, name: str, *parts: object) -> str:
        return _WORDS[name].in_lang(self.lang).format(*parts)

    def lines(self) -> Iterator[str]:
        old, new = self.changes.old, self.changes.new
        yield self.say("from_to", f"{old.id} {old.version}", f"{new.id} {new.version}")
        meaning, advised = _LEVELS[self.changes.level].in_lang(self.lang), advised_version(self.changes)
        yield self.say("asks", meaning, advised) if self.changes and advised else meaning
        if self.changes.decisions:
            yield from ("", _SECTIONS["decisions"].in_lang(self.lang))
            for decision in self.changes.decisions:
                yield from (f"  {line}" for line in self.decision(decision))
        for section, label in _SECTIONS.items():
            parts = [p for p in self.changes.parts if p.section == section]
            if parts:
                yield from ("", label.in_lang(self.lang), *(f"  {self.part(p)}" for p in parts))

    # --- decisions ---------------------------------------------------------------------------------

    def decision(self, found: DecisionChange) -> Iterator[str]:
        label = name_words(self.joint, found.name, self.lang)
        yield f"{found.name} {label}" if label not in (found.name, found.name.replace("_", " ")) else found.name
        if found.search != "exact":
            yield f"  {self.say(found.search)}"
        yield from (f"  {self.part(p, own=True)}" for p in found.parts)
        if found.supposing:
            settings = joined((f"{n} = {self.value(n, v)}" for n, v in found.supposing.items()), self.lang)
            yield f"  {self.say('supposing', settings, *(found.ways if self.lang == 'en' else found.ways[::-1]))}"
        for region in found.regions:
            yield f"  {self.region(found, region)}"
            yield f"    {self.say('example', self.example(region))}"
        for rule in found.rules:
            name = rule.old if rule.old == rule.new or rule.new is None else rule.new
            names = self.say("from_to", rule.old, rule.new) if rule.kind == "renamed" else name
            yield f"  {self.say('rule', names, _KINDS[rule.kind].in_lang(self.lang))}"
        if found.rules and not found.regions and found.search == "exact":
            yield f"  {self.say('no_change')}"
        after = (*found.affects, *found.limits)
        if after:
            yield f"  {self.say('affects', joined((name_words_of(self.joint, n, self.lang) for n in after), self.lang))}"

    def region(self, found: DecisionChange, region: Region) -> str:
        where = self.where(found, region) or self.say("always")
        old, new = (self.outcome(found.name, o) for o in (region.old, region.new))
        rules = [joined(r, self.lang) if r else self.say("none") for r in (region.old_rules, region.new_rules)]
        return self.say("where", where, old, new) + self.say("by", *rules)

    def where(self, found: DecisionChange, region: Region) -> str:
        """Return a region in words: the columns that it narrows."""
        parts: list[str] = []
        for column in found.columns:
            axes = range(column.first_axis, column.first_axis + len(column.axes))
            bits = [region.box[a] for a in axes]
            if any(b != found.space[a] for a, b in zip(axes, bits, strict=True)):
                name = name_words(self.joint, column.name, self.lang)
                parts.append(f"{name}{word('colon', self.lang)}{self.cells(column, bits, found.space)}")
        return joined(parts, self.lang, "semicolon") if parts else ""

    def cells(self, column: Column, bits: list[int], space: tuple[int, ...]) -> str:
        """Return what a column may be, the signs that stand in the place of a value as well."""
        axis = column.axes[0]
        if not isinstance(axis, LineAxis):
            narrowed = (
                [b if b != space[column.first_axis + n] else 0b11 for n, b in enumerate(bits)]
                if len(bits) > 1
                else bits
            )
            return cell_words(self.joint, column, narrowed, None, self.lang)
        signs = [c for n, c in enumerate(axis.cells) if isinstance(c, Sign) and bits[0] >> n & 1]
        values = any(not isinstance(c, Sign) and bits[0] >> n & 1 for n, c in enumerate(axis.cells))
        said = [cell_words(self.joint, column, bits, None, self.lang)] if values else []
        return joined((*said, *(word(s.value, self.lang) for s in signs)), self.lang, "or")

    def outcome(self, decision: str, outcome: Outcome) -> str:
        if outcome.said in _SAID:
            return _SAID[outcome.said].in_lang(self.lang)
        return self.answer(decision, outcome.value)

    def answer(self, decision: str, value: Any) -> str:
        if isinstance(value, Unset):
            return self.say("waits", value.parameter)
        if isinstance(value, tuple) and value and all(_is_output(v) for v in value):
            outputs = self.joint.outputs[decision]
            parts = (f"{o}{word('colon', self.lang)}{self.typed(v, outputs.get(o))}" for o, v in value)
            return joined(parts, self.lang, "semicolon")
        return answer_words(self.joint, decision, value, self.lang)

    def typed(self, value: Any, type_: Any) -> str:
        if isinstance(value, Unset):
            return self.say("waits", value.parameter)
        return value_words(value, type_, self.lang) if type_ else str(to_json(value))

    def example(self, region: Region) -> str:
        parts = (f"{name_words(self.joint, n, self.lang)} = {self.value(n, v)}" for n, v in region.example.items())
        return joined(parts, self.lang)

    def value(self, name: str, value: Any) -> str:
        """Return the value of a column."""
        return value_words(frozenset(value) if isinstance(value, tuple) else value, self.joint.type_of(name), self.lang)

    # --- parts -------------------------------------------------------------------------------------

    def part(self, found: PartChange, *, own: bool = False) -> str:
        kind = _KINDS[found.kind].in_lang(self.lang)
        head = "" if own else f"{found.name} "
        if found.kind in ("added", "removed"):
            return f"{head}{kind}"
        colon = word("colon", self.lang)
        return (
            f"{head}{found.key}{colon}{self.say('from_to', self.shown(found, found.old), self.shown(found, found.new))}"
        )

    def shown(self, found: PartChange, value: Any) -> str:
        if found.section == "parameters" and found.key == "value" and value is not None:
            return self.value(found.name, value)
        return _plain(value, self.lang) or self.say("none")


def name_words_of(ruleset: Ruleset, name: str, lang: Lang) -> str:
    """Return the label of a decision or a time limit, else its name."""
    if name in ruleset.deadlines and name not in ruleset.decisions:
        return ruleset.deadlines[name].label.in_lang(lang)
    return name_words(ruleset, name, lang)


def _is_output(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str)


def _plain(value: Any, lang: Lang) -> str:
    """Return a part of a ruleset as text."""
    match value:
        case None | () | "":
            return ""
        case Label():
            return value.in_lang(lang)
        case Enumeration() | Members() | Ordered():
            return _domain(value)
        case Mapping():
            return ", ".join(f"{k}: {_plain(v, lang)}" for k, v in value.items())
        case tuple() | frozenset() | list():
            return ", ".join(_plain(v, lang) for v in value)
        case bool():
            return word("yes" if value else "no", lang)
        case timedelta() | str() | int():
            return str(to_json(value))
    return str(getattr(value, "text", None) or getattr(value, "value", None) or to_json(value))


def _domain(domain: Domain) -> str:
    match domain:
        case Enumeration(values, open=more) | Members(values, open=more):
            return f"[{', '.join(values or ('…',))}{', …' if more and values else ''}]"
        case Ordered(kind, low, high, step):
            ends = f"{'' if low is None else to_json(low)}..{'' if high is None else to_json(high)}"
            return f"{kind} {ends}" + (f" / {to_json(step)}" if step is not None and kind != "integer" else "")
    return type(domain).__name__.lower()


# --- JSON -------------------------------------------------------------------------------------------------


def changes_json(changes: Changes) -> dict[str, Any]:
    """Return everything that differs as JSON-serialisable data; regions are in words of both languages."""
    return {
        "old": {"ruleset": changes.old.id, "version": changes.old.version, "hash": changes.old.content_hash},
        "new": {"ruleset": changes.new.id, "version": changes.new.version, "hash": changes.new.content_hash},
        "level": changes.level.name.lower(),
        "advised_version": advised_version(changes),
        "version_is_enough": is_enough(changes),
        "decisions": [_decision_json(d, changes) for d in changes.decisions],
        "parts": [_part_json(p) for p in changes.parts],
    }


def _decision_json(found: DecisionChange, changes: Changes) -> dict[str, Any]:
    return {
        "name": found.name, "level": found.level.name.lower(), "search": found.search,
        "regions": [_region_json(r, found, changes) for r in found.regions],
        "rules": [{"kind": r.kind, "old": r.old, "new": r.new} for r in found.rules],
        "parts": [_part_json(p) for p in found.parts],
        "supposing": _json(found.supposing or {}), "affects": list(found.affects), "limits": list(found.limits),
    }  # fmt: skip


def _region_json(region: Region, found: DecisionChange, changes: Changes) -> dict[str, Any]:
    return {
        "where": {lang: _Speaker(changes, lang).where(found, region) for lang in _LANGS},
        "old": {"said": region.old.said, "value": _json(region.old.value)},
        "new": {"said": region.new.said, "value": _json(region.new.value)},
        "old_rules": list(region.old_rules), "new_rules": list(region.new_rules), "example": _json(region.example),
    }  # fmt: skip


def _part_json(found: PartChange) -> dict[str, Any]:
    said = {"section": found.section, "name": found.name, "kind": found.kind, "level": found.level.name.lower()}
    return said | (
        {"key": found.key, "old": _plain(found.old, "en"), "new": _plain(found.new, "en")} if found.key else {}
    )


def _json(value: Any) -> Any:
    match value:
        case Unset(parameter):
            return {"unset": parameter}
        case Mapping():
            return {k: _json(v) for k, v in value.items()}
        case Sign():
            return value.value
        case tuple() if value and all(_is_output(v) for v in value):
            return {o: _json(v) for o, v in value}
        case tuple() | list():
            return [_json(v) for v in value]
    return to_json(value)


_LANGS: Iterable[Lang] = ("zh", "en")
