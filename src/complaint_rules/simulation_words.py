"""Simulation words: what a run came to, for people and as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from complaint_rules.render import value_words
from complaint_rules.ruleset import Ruleset, Type
from complaint_rules.simulated import Tally, noted
from complaint_rules.simulation import RUN, Simulation
from complaint_rules.values import BadValueError, from_text
from complaint_rules.words import Label, Lang

_SHOWN = 12
_WORDS: Mapping[str, Label] = {
    "head": Label("{}（{} {}）：{} 行", "{} ({} {}): {} rows"),
    "decided": Label("已判定", "decided"),
    "undetermined": Label("未定", "undetermined"),
    "not_regulated": Label("未作规定", "not regulated"),
    "quarantined": Label("隔离", "quarantined"),
    "why": Label("隔离的原因", "Why rows are quarantined"),
    "record": Label("整条记录", "the record"),
    "unused": Label("未使用的列", "Columns that are not used"),
    "others": Label("另有 {} 项，共 {} 行", "{} more, {} rows together"),
    "rules": Label("规则", "rules"),
    "numbers": Label("{} 个数，合计 {}，最小 {}，最大 {}", "{} numbers, {} in all, from {} to {}"),
    "times": Label("{} 个，自 {} 至 {}", "{}, from {} to {}"),
    "due": Label("期限", "Time limits"),
    "evidence": Label("证据 {}（SHA-256 {}）", "Evidence {} (SHA-256 {})"),
}
_STATUSES = ("decided", "undetermined", "not_regulated")


def simulation_lines(run: Simulation, lang: Lang) -> Iterator[str]:
    """Yield what a run came to: how many rows, each decision with its values and rules, and what was refused."""
    ruleset, counts = run.rules.ruleset, run.counts
    rows = counts["rows"]
    yield _say("head", lang, ruleset.title.in_lang(lang), ruleset.id, ruleset.version, f"{rows:,}")
    parts = (f"{_say(n, lang)} {_share(counts[n], rows)}" for n in ("decided", "undetermined", "quarantined"))
    yield "  " + " · ".join(parts)
    tallies = run.tallies
    for name in ruleset.decisions:
        if noted(ruleset, name, "status") in tallies:
            yield from ("", *_decision_lines(ruleset, name, tallies, lang))
    limits = [n for n in ruleset.deadlines if f"due.{n}.status" in tallies]
    if limits:
        yield from ("", _say("due", lang))
        yield from (f"  {_limit_line(ruleset, n, tallies, lang)}" for n in limits)
    yield from _refused_lines(run, lang)
    yield from ("", _say("evidence", lang, run.folder / RUN, run.sha256))


def _say(word: str, lang: Lang, *parts: object) -> str:
    return _WORDS[word].in_lang(lang).format(*parts)


def _share(count: int, rows: int) -> str:
    return f"{count:,} ({100 * count / rows:.1f} %)" if rows else f"{count:,}"


def _decision_lines(ruleset: Ruleset, name: str, tallies: Mapping[str, Tally], lang: Lang) -> Iterator[str]:
    statuses = tallies[noted(ruleset, name, "status")].texts
    rows = statuses.total()
    label = ruleset.decisions[name].label.in_lang(lang)
    said = " · ".join(f"{_say(s, lang)} {_share(statuses[s], rows)}" for s in _STATUSES if statuses[s])
    yield f"{label} ({name}): {said}"
    for output, type_ in ruleset.outputs[name].items():
        column = f"{name}.{output}" if output else name
        yield from (f"  {line}" for line in _value_lines(output, tallies.get(column, Tally()), type_, lang))
    rules = tallies.get(noted(ruleset, name, "rules"), Tally())
    if rules.texts:
        most = sorted(rules.texts.items(), key=lambda item: (-item[1], item[0]))
        more = [] if len(most) <= _SHOWN else ["…"]
        yield f"  {_say('rules', lang)}: {', '.join([*(f'{r} {n:,}' for r, n in most[:_SHOWN]), *more])}"


def _value_lines(output: str, tally: Tally, type_: Type, lang: Lang) -> Iterator[str]:
    lead = f"{output}: " if output else ""
    most = sorted(tally.texts.items(), key=lambda item: (-item[1], item[0]))
    for text, count in most[:_SHOWN]:
        yield f"{lead}{_shown(text, type_, lang)}: {_share(count, tally.texts.total() + tally.others)}"
    if len(most) > _SHOWN or tally.others:
        yield lead + _say("others", lang, len(most) - _SHOWN, f"{sum(n for _, n in most[_SHOWN:]) + tally.others:,}")
    if tally.numbers and tally.total is not None:
        unit = f" {type_.currency or type_.unit}".rstrip()
        low, high = f"{tally.low:,f}", f"{tally.high:,f}"
        yield lead + _say("numbers", lang, f"{tally.numbers:,}", f"{tally.total:,f}{unit}", low, high)
    elif tally.numbers:
        yield lead + _say("times", lang, f"{tally.numbers:,}", tally.low, tally.high)


def _shown(text: str, type_: Type, lang: Lang) -> str:
    if text in type_.labels:
        return f"{text} {type_.labels[text].in_lang(lang)}"
    try:
        return value_words(from_text(text, type_.domain), type_, lang)
    except BadValueError:
        return text


def _limit_line(ruleset: Ruleset, name: str, tallies: Mapping[str, Tally], lang: Lang) -> str:
    statuses, ends = tallies[f"due.{name}.status"].texts, tallies.get(f"due.{name}", Tally())
    said = " · ".join(f"{s} {n:,}" for s, n in sorted(statuses.items()))
    when = f" · {_say('times', lang, f'{ends.numbers:,}', ends.low, ends.high)}" if ends.numbers else ""
    return f"{ruleset.deadlines[name].label.in_lang(lang)} ({name}): {said}{when}"


def _refused_lines(run: Simulation, lang: Lang) -> Iterator[str]:
    reasons = run.evidence["reasons"]
    if reasons:
        yield from ("", _say("why", lang))
        yield from (f"  {column or _say('record', lang)} [{code}]: {n:,}" for column, code, n in reasons[:_SHOWN])
    used = {*run.evidence["records"]["used"]}
    unused = [c for c in run.evidence["records"]["columns"] if c not in used]
    if unused:
        yield from ("", f"{_say('unused', lang)}: {', '.join(unused)}")


def simulation_json(run: Simulation) -> dict[str, Any]:
    """Return what a run came to as data: the evidence, without the parts."""
    return {k: v for k, v in run.evidence.items() if k != "parts"} | {"folder": str(run.folder), "sha256": run.sha256}
