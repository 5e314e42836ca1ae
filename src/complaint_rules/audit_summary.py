"""Audit summary: what an audit came to, as lines of text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from complaint_rules.audit_run import AuditRun
from complaint_rules.audit_tally import Share
from complaint_rules.audit_words import JUDGED, KIND, Speaker
from complaint_rules.words import Label, Lang

_SLOWEST = 5
_WORDS = {
    "head": Label("{}：截至 {} 的审计", "{}: audit up to {}"),
    "rows": Label(
        "记录 {} 行：已审计 {}，隔离 {}；有问题的投诉 {} 件（{}）",
        "records {}: audited {}, quarantined {}; complaints with findings {} ({})",
    ),
    "events": Label(
        "事件 {} 行：已采用 {}，与规则无关 {}，隔离 {}", "events {}: taken {}, without meaning {}, quarantined {}"
    ),
    "findings": Label("问题共 {} 项", "findings: {}"),
    "deadlines": Label("时限", "time limits"),
    "slowest": Label("逾期最多的责任方", "owners who missed most"),
    "share": Label("{} / {} 件逾期（{}）", "{} of {} missed ({})"),
    "mean": Label("平均逾期 {}", "late by {} on average"),
    "silent": Label(
        "记录中看不出是否做到的时限：{}", "time limits of which the records cannot show whether they were kept: {}"
    ),
    "alone": Label(
        "本应连同相关投诉计数、此处只按各件自身计数的事实：{}",
        "facts that count over related complaints, here counted from each complaint alone: {}",
    ),
    "not adding": Label("行数不符，请报告此错误", "the counts do not add up; please report this"),
    "comma": Label("、", ", "),
}


def word(name: str, lang: Lang, *parts: object) -> str:
    return _WORDS[name].in_lang(lang).format(*parts)


def percent(share: float) -> str:
    """Return a share as people write it: with a decimal where it is near to nothing or to all."""
    return f"{share:.1%}" if 0 < share < 0.1 or 0.99 < share < 1 else f"{share:.0%}"


def summary_lines(run: AuditRun, lang: Lang) -> Iterator[str]:
    """Yield what an audit came to."""
    tally, speaker = run.tally, Speaker(run.ruleset, lang)
    yield word("head", lang, run.ruleset.title.in_lang(lang), run.now.isoformat(" ", "minutes")[:16])
    with_findings = percent(tally.with_findings / tally.audited) if tally.audited else "0%"
    yield word("rows", lang, tally.read, tally.audited, tally.quarantined, tally.with_findings, with_findings)
    if tally.events_read:
        taken = tally.events_taken, tally.events_unused, tally.events_quarantined
        yield word("events", lang, tally.events_read, *taken)
    if not tally.adds_up:
        yield word("not adding", lang)
    yield from ("", word("findings", lang, tally.total))
    for kind, count in tally.kinds():
        names = ((n, c) for (k, n), c in tally.by_name.items() if k == kind)
        parts = [f"{_name(speaker, kind, n)} {c}" for n, c in sorted(names, key=lambda p: -p[1])]
        yield f"  {KIND[kind].in_lang(lang)} {count}: {word('comma', lang).join(parts)}"
    yield from ("", word("deadlines", lang))
    for name, deadline in run.ruleset.deadlines.items():
        counts = [(j, tally.judged[name, j]) for j in JUDGED if tally.judged[name, j]]
        said = word("comma", lang).join(f"{JUDGED[j].in_lang(lang)} {n}" for j, n in counts)
        yield f"  {deadline.label.in_lang(lang)}: {said}"
    slow = slowest(run)[:_SLOWEST]
    if slow:
        yield from ("", word("slowest", lang))
        yield from (f"  {line}" for line in _slow_lines(slow, speaker))
    if run.not_observable:
        names_ = word("comma", lang).join(speaker.name(n) for n in run.not_observable)
        yield from ("", word("silent", lang, names_))
    if run.alone:
        labels = (run.ruleset.inputs[n].label.in_lang(lang) for n in run.alone)
        yield from ("", word("alone", lang, word("comma", lang).join(labels)))


def _name(speaker: Speaker, kind: str, name: str) -> str:
    steps = speaker.ruleset.process.steps if speaker.ruleset.process else {}
    return speaker.step(name) if kind in ("order", "closing") and name in steps else speaker.name(name)


def _slow_lines(slow: list[tuple[str, str, Share]], speaker: Speaker) -> Iterator[str]:
    for deadline, owner, share in slow:
        said = word("share", speaker.lang, share.missed, share.all, percent(share.rate))
        mean = share.mean_late
        late = "" if mean is None else word("comma", speaker.lang) + word("mean", speaker.lang, speaker.span(mean))
        yield f"{speaker.owner(owner)} · {speaker.name(deadline)}: {said}{late}"


def slowest(run: AuditRun) -> list[tuple[str, str, Share]]:
    """Return deadlines and owners by how many they missed, the worst first."""
    found = [(d, o, s) for (d, o), s in run.tally.owners.items() if s.missed]
    return sorted(found, key=lambda p: (-p[2].missed, -p[2].rate, p[0], p[1]))


def summary_json(run: AuditRun) -> dict[str, Any]:
    """Return the figures of an audit as JSON-serialisable data."""
    tally = run.tally
    deadlines = {n: {j: tally.judged[n, j] for j in JUDGED if tally.judged[n, j]} for n in run.ruleset.deadlines}
    return {
        "ruleset": run.ruleset.id, "version": run.ruleset.version, "ruleset_sha256": run.ruleset.content_hash,
        "up_to": run.now.isoformat(),
        "sources": [{"what": s.what, "file": s.file, "sha256": s.sha256} for s in run.sources],
        "records": {"read": tally.read, "audited": tally.audited, "quarantined": tally.quarantined, "with_findings": tally.with_findings},
        "events": {
            "read": tally.events_read, "taken": tally.events_taken, "without_meaning": tally.events_unused,
            "quarantined": tally.events_quarantined,
        },
        "activities_without_meaning": dict(tally.unknown_activities),
        "findings": dict(tally.kinds()),
        "deadlines": deadlines,
        "not_observable": list(run.not_observable),
        "counted_alone": list(run.alone),
        "undecided": dict(tally.undecided),
    }  # fmt: skip


def write_summary(run: AuditRun) -> None:
    """Write the figures beside the findings: `summary.json`, and as text in both languages."""
    text = json.dumps(summary_json(run), ensure_ascii=False, indent=2)
    (run.folder / "summary.json").write_text(text + "\n", "utf-8")
    languages: tuple[Lang, ...] = ("zh", "en")
    for lang in languages:
        lines = "\n".join(summary_lines(run, lang))
        (run.folder / f"summary.{lang}.txt").write_text(lines + "\n", "utf-8")
