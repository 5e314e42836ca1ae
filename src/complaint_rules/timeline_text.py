"""Timeline text: a complaint's life for a terminal: bars of block characters, and the journal below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from complaint_rules.replayed import Entry, Replay
from complaint_rules.ruleset import Ruleset
from complaint_rules.timeline_marks import Piece, Row, Shape, Stuff, instants_of, rows_of
from complaint_rules.timeline_scale import Scale, columns, cut, scale_of, ticks, told
from complaint_rules.timeline_voice import Voice
from complaint_rules.timeline_words import KIND
from complaint_rules.words import Lang

_NARROWEST, _TICK_GAP, _MOST = 60, 13, 16
_NOW, _NEXT = "┊", "╎"
_STUFF: Mapping[Stuff, str] = {
    "used": "█", "spent": "█", "left": "░", "open": "▬", "overdue": "▓", "excused": "▒", "paused": "╱",
    "state": "─", "final": "═",
}  # fmt: skip
_SHAPES: Mapping[Shape, str] = {
    "event": "●", "due": "┃", "met": "✓", "unmet": "↺", "breached": "✗", "milestone": "◆", "ended": "■", "pause": "╱",
    "decision": "▲", "violation": "!",
}  # fmt: skip


def timeline_text(replay: Replay, ruleset: Ruleset, lang: Lang = "zh", width: int = 100) -> str:
    """Return a complaint's life for a terminal of so many columns; the lines with bars are all as wide."""
    voice, width = Voice.at(replay.now, ruleset, lang), max(width, _NARROWEST)
    rows = rows_of(replay, voice)
    front = min(max(columns(r.label) for r in rows) + 2, width * 3 // 10)
    scale = scale_of(instants_of(replay, rows), 0, width - front - 1)
    lines = [*_head(replay, voice), "", *_axis(replay, scale, voice, front)]
    for row in rows:
        lines += [_line(row.label, front, _bar(row, replay, scale)), *_below(row, width)]
    return "\n".join([*lines, "", _legend(rows, replay, voice), *after_lines(replay, voice)]) + "\n"


def _head(replay: Replay, voice: Voice) -> Iterator[str]:
    yield voice.word("title", voice.label(voice.ruleset.title), voice.stamp(replay.now))
    if replay.state is not None:
        yield voice.word("of", voice.word("state"), voice.state(replay.state))
    if replay.next:
        names = voice.listed(map(voice.happening, replay.next.names))
        yield voice.word("of", voice.word("at", voice.word("next"), voice.stamp(replay.next.at)), names)


# --- bars ------------------------------------------------------------------------------------------------


def _line(label: str, front: int, bar: str) -> str:
    kept = cut(label, front - 1)
    return kept + " " * (front - columns(kept)) + bar


def _blank(scale: Scale) -> list[str]:
    return [" "] * (int(scale.high) + 1)


def _place(scale: Scale, at: datetime) -> int:
    return int(scale.at(at))


def _write(cells: list[str], at: int, text: str) -> None:
    """Write a text over cells; a wide sign takes two, the second of which is empty."""
    for sign in filter(columns, text):
        cells[at] = sign
        cells[at + 1 : at + columns(sign)] = [""] * (columns(sign) - 1)
        at += columns(sign)


def _axis(replay: Replay, scale: Scale, voice: Voice, front: int) -> Iterator[str]:
    over, labels, rule = _blank(scale), _blank(scale), ["─"] * (int(scale.high) + 1)
    for tick in ticks(scale, voice.zone, voice.lang, _TICK_GAP):
        at = _place(scale, tick.at)
        rule[at] = "┬"
        for cells, text in ((over, tick.over), (labels, tick.label)):
            _write(cells, max(min(at, len(cells) - columns(text)), 0), text)
    rule[_place(scale, replay.now)] = "▼"
    yield from (_line("", front, "".join(cells)) for cells in (over, labels) if any(c.strip() for c in cells))
    yield _line("", front, "".join(rule))


def _bar(row: Row, replay: Replay, scale: Scale) -> str:
    """Paint the pieces, then now and the next instant where nothing is, then the points."""
    cells = _blank(scale)
    for piece in row.pieces:
        _paint(cells, piece, scale)
    for at, sign in _uprights(replay):
        place = _place(scale, at)
        cells[place] = sign if cells[place] == " " else cells[place]
    for mark in sorted(row.marks, key=lambda m: (m.shape != "due", m.loud)):
        if mark.shape != "pause":
            cells[_place(scale, mark.at)] = _SHAPES[mark.shape]
    return "".join(cells)


def _uprights(replay: Replay) -> Iterator[tuple[datetime, str]]:
    yield replay.now, _NOW
    yield from ((replay.next.at, _NEXT),) if replay.next else ()


def _paint(cells: list[str], piece: Piece, scale: Scale) -> None:
    start, end = _place(scale, piece.start), max(_place(scale, piece.end), _place(scale, piece.start) + 1)
    cells[start:end] = [_STUFF[piece.stuff]] * (end - start)
    if piece.is_named:
        cells[start] = "├"
        if columns(piece.text) < end - start:
            _write(cells, start + 1, piece.text)


def _below(row: Row, width: int) -> Iterator[str]:
    """Yield what a bar cannot say: the owner and status, and the texts of its points."""
    points = told([m.text for m in row.marks if m.text])
    more = [f"… +{len(points) - _MOST}"] if len(points) > _MOST else []
    bands = " → ".join(p.text for p in row.pieces if p.is_named)
    yield from _wrapped(filter(None, [bands, row.note, row.words, *points[:_MOST], *more]), width)


def _wrapped(parts: Iterable[str], width: int) -> Iterator[str]:
    """Yield the parts in indented lines, as many in each as fit."""
    line = ""
    for part in parts:
        longer = f"{line} · {part}" if line else part
        if line and columns(longer) > width - 4:
            yield f"    {line}"
            longer = part
        line = longer
    yield from (f"    {line}",) if line else ()


def _legend(rows: Iterable[Row], replay: Replay, voice: Voice) -> str:
    listed = list(rows)
    stuffs = dict.fromkeys(p.stuff for r in listed for p in r.pieces if not p.is_named)
    shapes = dict.fromkeys(m.shape for r in listed for m in r.marks if m.shape != "pause")
    signs: dict[str, str] = {_STUFF[s]: "used" if s == "spent" else s for s in stuffs}
    signs |= {_SHAPES[s]: s for s in shapes} | {_NOW: "now"}
    signs |= {_NEXT: "next"} if replay.next else {}
    return voice.word("of", voice.word("legend"), "  ".join(f"{sign} {voice.word(s)}" for sign, s in signs.items()))


# --- what stands below ---------------------------------------------------------------------------------


def after_lines(replay: Replay, voice: Voice) -> Iterator[str]:
    """Yield what may happen next, what stands in the way of closing, and the journal."""
    parts = {
        "steps": [f"{mark_of(s.status)} {voice.step(s)}" for s in replay.steps],
        "blocks": [f"{mark_of(s.status)} {voice.step(s)}" for s in replay.blocks],
        "revised": [voice.revision(r) for r in replay.revised],
        "ahead": list(map(voice.event, replay.ahead)),
        "unknown_yet": list(map(voice.event, replay.unknown_yet)),
        "journal": list(_journal(replay, voice)),
    }
    for name, lines in parts.items():
        if lines:
            yield from ("", voice.word(name), *(f"  {line}" for line in lines))


def mark_of(status: str) -> str:
    """Return the sign of what is allowed, blocked or not known."""
    return {"allowed": "✓", "blocked": "✗"}.get(status, "?")


def _journal(replay: Replay, voice: Voice) -> Iterator[str]:
    kinds = [KIND[e.kind].in_lang(voice.lang) for e in replay.journal]
    wide = max(map(columns, kinds), default=0)
    for entry, kind in zip(replay.journal, kinds, strict=True):
        yield f"{voice.stamp(entry.at)}  {kind}{' ' * (wide - columns(kind))}  {_told(entry, voice)}"


def _told(entry: Entry, voice: Voice) -> str:
    by = voice.by(entry)
    return f"{voice.entry(entry)}{voice.word('by_whom', by) if by else ''}"
