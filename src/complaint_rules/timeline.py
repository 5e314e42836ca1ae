"""Timeline: a complaint's life as a picture: clocks as bars, pauses, breaches, reminders and upgrades."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from complaint_rules.replayed import NextStep, Obligation, Replay
from complaint_rules.ruleset import Ruleset
from complaint_rules.timeline_svg import timeline_svg
from complaint_rules.timeline_text import mark_of, timeline_text
from complaint_rules.timeline_voice import Voice
from complaint_rules.timeline_words import KIND, STATUS, STEP
from complaint_rules.words import Lang

__all__ = ["timeline_html", "timeline_svg", "timeline_text"]

_STYLE = """
body{font-family:"Noto Sans CJK SC","Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif;color:#1b2430;
background:#fff;line-height:1.5;margin:0 auto;max-width:1300px;padding:1.2rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:1.6rem 0 .5rem}h2::first-letter{text-transform:uppercase}p.m{color:#465160;margin:.2rem 0 0}
table{border-collapse:collapse;width:100%;font-size:.9rem}th{background:#eef3f9;text-align:left}
td,th{border:1px solid #c3ccd7;padding:.3rem .55rem;vertical-align:top}td{font-variant-numeric:tabular-nums}
.picture{overflow-x:auto;border:1px solid #c3ccd7}.picture svg{display:block;min-width:900px;width:100%;height:auto}
.s,.t{white-space:nowrap}.s{font-weight:600}.bad{color:#b3261e}.good{color:#1c5637}ul{margin:.3rem 0;padding-left:1.2rem;list-style:none}
@media print{.picture{overflow:visible}.picture svg{min-width:0}tr{break-inside:avoid}}
"""
_SIGNS = {
    "overdue": "✗",
    "met_late": "✗",
    "met": "✓",
    "paused": "⏸",
    "running": "▶",
    "undetermined": "?",
    "excused": "○",
}
_GOOD, _BAD = ("met",), ("overdue", "met_late", "breached")


def timeline_html(replay: Replay, ruleset: Ruleset, lang: Lang = "zh") -> str:
    """Return a page about a complaint's life that needs nothing else: limits, the picture, what may follow, the journal."""
    voice = Voice.at(replay.now, ruleset, lang)
    parts = [
        _header(replay, voice),
        _part("obligations", _obligations(replay, voice), voice),
        _part("picture", f'<div class="picture">{timeline_svg(replay, ruleset, lang)}</div>', voice),
        _part("steps", _steps(replay.steps, voice), voice),
        _part("blocks", _steps(replay.blocks, voice), voice),
        _part("violations", _list(f"{voice.stamp(v.at)}  {voice.violation(v)}" for v in replay.violations), voice),
        _part("revised", _list(voice.revision(r) for r in replay.revised), voice),
        _part("ahead", _list(map(voice.event, replay.ahead)), voice),
        _part("unknown_yet", _list(map(voice.event, replay.unknown_yet)), voice),
        _part("journal", _journal(replay, voice), voice),
    ]
    return _page(voice, "\n".join(filter(None, parts)))


def _page(voice: Voice, body: str) -> str:
    lang = "zh-CN" if voice.lang == "zh" else "en"
    head = '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">'
    title = f"<title>{escape(voice.label(voice.ruleset.title))}</title>\n<style>{_STYLE}</style>"
    return (
        f'<!doctype html>\n<html lang="{lang}">\n<head>\n{head}\n{title}\n</head>\n<body>\n{body}\n</body>\n</html>\n'
    )


def _header(replay: Replay, voice: Voice) -> str:
    parts = [voice.word("at", voice.word("now"), voice.stamp(replay.now)), voice.word("zone", voice.ruleset.time_zone)]
    if replay.state is not None:
        parts.append(voice.word("of", voice.word("state"), voice.state(replay.state)))
    if replay.next:
        names = voice.listed(map(voice.happening, replay.next.names))
        parts.append(voice.word("of", voice.word("at", voice.word("next"), voice.stamp(replay.next.at)), names))
    parts.append(f"{voice.ruleset.id} {voice.ruleset.version}")
    return f'<h1>{escape(voice.label(voice.ruleset.title))}</h1>\n<p class="m">{escape(" · ".join(parts))}</p>'


def _part(name: str, inside: str, voice: Voice) -> str:
    return f"<h2>{escape(voice.word(name))}</h2>\n{inside}" if inside else ""


def _list(lines: Iterable[str]) -> str:
    items = "\n".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>\n{items}\n</ul>" if items else ""


def _table(columns: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; its cells are ready, and a column without any word is left out."""
    listed = list(rows)
    used = [i for i, cells in enumerate(zip(*listed, strict=True)) if set(cells) != {_cell("")}]
    named = list(columns)
    head = "".join(f'<th scope="col">{escape(named[i])}</th>' for i in used)
    body = "\n".join(f"<tr>{''.join(row[i] for i in used)}</tr>" for row in listed)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>" if body else ""


def _cell(text: str, class_: str = "") -> str:
    return f'<td class="{class_}">{escape(text)}</td>' if class_ else f"<td>{escape(text)}</td>"


def _tone(status: str) -> str:
    return "s good" if status in _GOOD else "s bad" if status in _BAD else "s"


# --- what is owed ----------------------------------------------------------------------------------------


def _obligations(replay: Replay, voice: Voice) -> str:
    columns = ("limit", "owner", "status", "start", "due", "met", "breached", "used", "left", "ask", "because")
    table = _table(map(voice.word, columns), (_owed(o, voice) for o in replay.obligations.values()))
    return table or f"<p>{escape(voice.word('nothing_owed'))}</p>"


def _owed(owed: Obligation, voice: Voice) -> list[str]:
    """Return the cells of a time limit as it stands now, with every breach that it had."""
    run = owed.run
    spans = (voice.length(t) if t is not None else "" for t in (owed.used, owed.left))
    status = f"{_SIGNS.get(owed.status, '–')} {STATUS[owed.status].in_lang(voice.lang)}"
    return [
        _cell(voice.label(owed.label)),
        _cell(voice.owner(owed.name, run.owner if run else owed.owner)),
        _cell(status, _tone(owed.status)),
        _cell(voice.stamp(run.start) if run else ""),
        _cell(_due(owed, voice)),
        _cell(voice.stamp(run.met_at) if run and run.met_at else ""),
        _cell(
            voice.listed(voice.stamp(r.breached_at) for r in owed.breaches if r.breached_at) if owed.breaches else ""
        ),
        *map(_cell, spans),
        _cell(voice.listed(voice.name(n) for n in (*owed.ask, *owed.unset)) if owed.ask or owed.unset else ""),
        _cell(", ".join(owed.because)),
    ]


def _due(owed: Obligation, voice: Voice) -> str:
    if owed.promptly:
        return voice.word("promptly")
    return voice.due(owed.run) if owed.run else ""


# --- what may follow, and what happened --------------------------------------------------------------------


def _steps(steps: Iterable[NextStep], voice: Voice) -> str:
    return _list(f"{mark_of(s.status)} {STEP[s.status].in_lang(voice.lang)} · {voice.step(s)}" for s in steps)


def _journal(replay: Replay, voice: Voice) -> str:
    return _table(map(voice.word, ("time", "kind", "what", "who", "because")), _entries(replay, voice))


def _entries(replay: Replay, voice: Voice) -> Iterator[Sequence[str]]:
    for entry in replay.journal:
        cells = (voice.entry(entry), voice.by(entry), ", ".join(entry.because))
        kind = KIND[entry.kind].in_lang(voice.lang)
        yield _cell(voice.stamp(entry.at), "t"), _cell(kind, _tone(entry.kind)), *map(_cell, cells)
