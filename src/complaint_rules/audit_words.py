"""Audit words: findings, verdicts and figures as people read them, in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from complaint_rules.deadline import DayStep
from complaint_rules.domains import Text
from complaint_rules.findings import Arithmetic, Finding
from complaint_rules.render import joined, value_words
from complaint_rules.ruleset import Ruleset, Type
from complaint_rules.words import Label, Lang, label_of_id

KIND: Mapping[str, Label] = {
    "late": Label("逾期", "time limit missed"),
    "verdict": Label("时限结论有误", "wrong verdict on a time limit"),
    "class": Label("分类有误", "wrong class"),
    "department": Label("部门有误", "wrong department"),
    "compensation": Label("赔偿越界", "compensation out of bounds"),
    "approval": Label("未经批准", "without the approval owed"),
    "closing": Label("不应结案而结案", "closed against the rules"),
    "order": Label("步骤有误", "step against the procedure"),
    "escalation": Label("应升级未升级", "escalation not raised"),
}
JUDGED: Mapping[str, Label] = {
    "kept": Label("按时", "kept"),
    "missed": Label("逾期", "missed"),
    "running": Label("进行中", "running"),
    "excused": Label("免责", "excused"),
    "not_owed": Label("不适用", "not owed"),
    "not_recorded": Label("未记录", "not recorded"),
    "undetermined": Label("未定", "undetermined"),
}
WHY: Mapping[str, Label] = {
    "state": Label("当时的状态不允许", "not from the state it was in"),
    "role": Label("该角色无权", "not by that role"),
    "role_not_given": Label("未说明由谁", "nobody says by whom"),
    "condition": Label("条件未满足", "its condition was not met"),
}
_UNIT: Mapping[str, Label] = {
    "minute": Label("分钟", "minutes"), "hour": Label("小时", "hours"), "business_hour": Label("工作小时", "working hours"),
    "working_day": Label("个工作日", "working days"), "calendar_day": Label("个自然日", "calendar days"),
    "week": Label("周", "weeks"), "month": Label("个月", "months"),
}  # fmt: skip
_DAYS: Mapping[str, Label] = {
    "start": Label("起算日", "day of the start"), "weekend": Label("周末", "weekend"), "paused": Label("暂停", "paused"),
    "moved": Label("顺延至", "moved to"),
}  # fmt: skip
WORDS: Mapping[str, Label] = {
    "unknown": Label("多久未记录", "by how much is not recorded"),
    "late": Label("{}：应于 {} 前完成，{}", "{}: due {}, {}"),
    "done": Label("{} 才完成，逾期 {}", "done {}, late by {}"),
    "open": Label("至今未完成，已逾期 {}", "still not done, late by {}"),
    "missed": Label("记录为逾期，逾期多久未记录", "recorded as missed; by how much is not recorded"),
    "verdict": Label("{}：记录为{}，按事件应为{}", "{}: recorded as {}, by its events {}"),
    "differs": Label("{}：记录为“{}”（{}），应为{}", '{}: recorded "{}" ({}), owed {}'),
    "blank": Label("空白", "blank"),
    "bounds": Label("{}：记录为 {}，应为 {}", "{}: recorded {}, owed {}"),
    "at_most": Label("{}：记录为 {}，最多为 {}", "{}: recorded {}, at most {}"),
    "at_least": Label("{}：记录为 {}，至少为 {}", "{}: recorded {}, at least {}"),
    "step": Label("{}：{}", "{}: {}"),
    "missing": Label("；缺 {}", "; missing {}"),
    "raised": Label("{}：应于 {} 提出，{} 才提出", "{}: owed {}, raised only {}"),
    "not raised": Label("{}：应于 {} 提出，没有记录", "{}: owed {}, not recorded"),
    "from": Label("自 {} 起", "from {}"),
    "pause": Label("暂停 {} 至 {}", "paused {} to {}"),
    "counted": Label("第 {}–{} 日 {}", "days {}–{} {}"),
    "counted one": Label("第 {} 日 {}", "day {} {}"),
    "skipped": Label("{} 不计（{}）", "{} not counted ({})"),
    "due": Label("到期 {}", "due {}"),
    "yet": Label("尚无", "not yet"),
    "days": Label("{} 天", "{}\u00a0d"),
    "hours": Label("{} 小时", "{}\u00a0h"),
    "minutes": Label("{} 分钟", "{}\u00a0min"),
    "working": Label("（其中工作时间 {}）", " ({} of it working time)"),
}


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says findings of one ruleset in one language."""

    ruleset: Ruleset
    lang: Lang

    def word(self, name: str, *parts: object) -> str:
        return WORDS[name].in_lang(self.lang).format(*parts)

    def kind(self, kind: str) -> str:
        return KIND[kind].in_lang(self.lang)

    def judged(self, judged: str) -> str:
        return JUDGED[judged].in_lang(self.lang)

    def name(self, name: str) -> str:
        """Return what a deadline, decision, step or milestone is called."""
        return self._label(name).in_lang(self.lang)

    def _label(self, name: str) -> Label:
        ruleset, (first, _, second) = self.ruleset, name.partition(".")
        steps = ruleset.process.steps if ruleset.process else {}
        if first in ruleset.deadlines:
            deadline = ruleset.deadlines[first]
            found = next((m.label for m in deadline.milestones if m.name == second), None)
            parts = (deadline.label, found) if found else (deadline.label,)
            return Label("·".join(p.zh for p in parts), ": ".join(p.en for p in parts))
        known = ruleset.decisions.get(first) or steps.get(first) or ruleset.triggers.get(first)
        return known.label if known else label_of_id(name)

    def step(self, name: str) -> str:
        steps = self.ruleset.process.steps if self.ruleset.process else {}
        return steps[name].label.in_lang(self.lang) if name in steps else name

    def owner(self, owner: Any, party: str = "") -> str:
        """Return who had to do it: by name where the records have one, else by the role or value."""
        if party:
            return party
        roles = self.ruleset.process.roles if self.ruleset.process else {}
        if isinstance(owner, str) and owner in roles:
            return roles[owner].in_lang(self.lang)
        known = next((t for t in self._types() if isinstance(owner, str) and owner in t.labels), None)
        return "" if owner is None else value_words(owner, known or Type(Text()), self.lang)

    def _types(self) -> Iterator[Type]:
        yield from (i.type for i in self.ruleset.inputs.values())
        yield from (t for types in self.ruleset.outputs.values() for t in types.values())

    def value(self, decision: str, value: Any) -> str:
        """Return a value of a decision in words."""
        if value is None:
            return ""
        name, _, output = decision.partition(".")
        types = self.ruleset.outputs[name]
        type_ = types[output] if output in types else next(iter(types.values()))
        return value_words(value, type_, self.lang)

    @staticmethod
    def stamp(at: datetime, *, by_day: bool = False) -> str:
        """Return an instant as the clock on the wall shows it; only the day where no more is recorded."""
        return at.date().isoformat() if by_day else at.isoformat(" ", "minutes")[:16]

    def span(self, time: timedelta) -> str:
        """Return how long, in the greatest unit that still says it well."""
        seconds = time.total_seconds()
        if seconds >= 86_400:
            return self.word("days", f"{seconds / 86_400:.1f}".removesuffix(".0"))
        if seconds >= 3_600:
            return self.word("hours", f"{seconds / 3_600:.1f}".removesuffix(".0"))
        return self.word("minutes", max(1, round(seconds / 60)) if seconds else 0)

    # --- findings --------------------------------------------------------------------------------------

    def says(self, finding: Finding) -> str:
        """Return a finding as one sentence."""
        match finding.kind:
            case "late":
                return self.word("late", self.name(finding.name), self.due_of(finding), self._how_late(finding))
            case "verdict":
                return self.word(
                    "verdict", self.name(finding.name), self.judged(finding.done), self.judged(finding.owed)
                )
            case "order":
                return self.word("step", self.step(finding.name), WHY[finding.text].in_lang(self.lang)) + self._missing(
                    finding
                )
            case "closing" if finding.done is None:
                return self.word("step", self.step(finding.name), WHY[finding.text].in_lang(self.lang)) + self._missing(
                    finding
                )
            case "escalation":
                return self._raised(finding)
            case "class" | "department" | "approval" | "closing" | "compensation":
                return self._differs(finding)

    def due_of(self, finding: Finding) -> str:
        if finding.arithmetic:
            return finding.arithmetic.shown[:16]
        return self.stamp(finding.due) if finding.due else ""

    def _how_late(self, finding: Finding) -> str:
        if finding.late is None:
            return self.word("missed")
        span = self.span(finding.late)
        if finding.worked is not None and finding.worked != finding.late:
            span += self.word("working", self.span(finding.worked))
        if finding.happened is None:
            return self.word("open", span)
        return self.word("done", self.stamp(finding.happened, by_day=finding.by_day), span)

    def _differs(self, finding: Finding) -> str:
        done, owed = self.value(finding.name, finding.done), self.value(finding.name, finding.owed)
        if finding.compare in ("at_most", "at_least"):
            said = self.word(finding.compare, self.name(finding.name), done, owed)
        elif done == finding.text or finding.kind == "compensation":
            said = self.word("bounds", self.name(finding.name), done, owed)
        else:
            said = self.word("differs", self.name(finding.name), finding.text or self.word("blank"), done, owed)
        return said + self._missing(finding)

    def _missing(self, finding: Finding) -> str:
        inputs = self.ruleset.inputs
        said = (inputs[n].label.in_lang(self.lang) if n in inputs else n for n in finding.missing)
        return self.word("missing", joined(said, self.lang)) if finding.missing else ""

    def _raised(self, finding: Finding) -> str:
        at = self.stamp(finding.due) if finding.due else ""
        if finding.happened is None:
            return self.word("not raised", self.name(finding.name), at)
        return self.word("raised", self.name(finding.name), at, self.stamp(finding.happened))

    def arithmetic(self, made: Arithmetic) -> str:
        """Return how a due instant was reckoned, on one line."""
        unit = _UNIT[made.unit].in_lang(self.lang) if made.unit else ""
        amount = "" if made.amount is None else f"+ {made.amount:g} {unit}"
        parts = [f"{self.word('from', self.stamp(made.start, by_day=made.by_day))} {amount}".strip()]
        parts += [self.word("pause", self.stamp(a), self.stamp(b) if b else self.word("yet")) for a, b in made.pauses]
        parts += self._days(made.due.steps) if made.due else ()
        return "; ".join([*parts, self.word("due", made.shown[:16])])

    def _days(self, steps: tuple[DayStep, ...]) -> Iterator[str]:
        """Yield the days in stretches: counted ones, and those that are not and why."""
        for why, group in groupby(steps, key=lambda s: s.why):
            days = list(group)
            stretch = f"{days[0].day}" if len(days) == 1 else f"{days[0].day} – {days[-1].day}"
            if why:
                yield self.word("skipped", stretch, _DAYS[why].in_lang(self.lang) if why in _DAYS else why)
            elif len(days) == 1:
                yield self.word("counted one", days[0].count, stretch)
            else:
                yield self.word("counted", days[0].count, days[-1].count, stretch)
