"""Timeline SVG: the rows of a complaint's life drawn as one self-contained picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from complaint_rules.replayed import Replay
from complaint_rules.ruleset import Ruleset
from complaint_rules.timeline_marks import Mark, Piece, Row, Shape, instants_of, rows_of
from complaint_rules.timeline_scale import Scale, Tag, columns, cut, folded, in_lanes, scale_of, staggered, ticks, told
from complaint_rules.timeline_shapes import (
    BAR,
    DEFS,
    EM,
    LINE,
    NEXT,
    NOW,
    SMALL,
    STYLE,
    box,
    element,
    measure,
    number,
    point,
    titled,
    words_at,
)
from complaint_rules.timeline_voice import Voice
from complaint_rules.words import Lang

_WIDTH, _LOW, _HIGH = 1280, 240, 1250  # of the picture, and where its time begins and ends
_LANE, _PAD = 16, 9  # heights: a lane of labels, the room above and below
_TICK_GAP = 84
_APART: tuple[Shape, ...] = ("decision", "violation", "breached")
_POINT = 12  # how wide a point is
_LANES, _MANY, _CUT = 7, 4, 72


@dataclass(frozen=True, slots=True)
class Drawn:
    """A part of the picture and how high it is."""

    svg: str
    height: float


def timeline_svg(replay: Replay, ruleset: Ruleset, lang: Lang = "zh") -> str:
    """Return a complaint's life as a picture: clocks as bars along a time axis, with what happened to them."""
    voice = Voice.at(replay.now, ruleset, lang)
    rows = rows_of(replay, voice)
    scale = scale_of(instants_of(replay, rows), _LOW + 12, _HIGH - 12)
    head = _head(replay, scale, voice)
    body = list(_stacked((_row(row, scale, voice) for row in rows), head.height))
    bottom = head.height + sum(d.height for d in body)
    legend = _legend(rows, voice, bottom)
    lines = _grid(scale, voice, head.height, bottom) + _verticals(replay, scale, head.height, bottom)
    parts = (lines, head.svg, *(d.svg for d in body), legend.svg)
    return _page(replay, scale, voice, parts, height=bottom + legend.height)


def _stacked(parts: Iterable[Drawn], top: float) -> Iterator[Drawn]:
    """Yield the parts one below the other, with a line above each."""
    for part in parts:
        rule = element("path", d=f"M12 0H{_HIGH}", stroke=LINE)
        yield Drawn(element("g", rule, part.svg, transform=f"translate(0 {number(top)})"), part.height)
        top += part.height


def _page(replay: Replay, scale: Scale, voice: Voice, parts: Iterable[str], *, height: float) -> str:
    title = voice.word("title", voice.label(voice.ruleset.title), voice.stamp(replay.now))
    breaches = sum(len(o.breaches) for o in replay.obligations.values())
    ends = (voice.stamp(scale.start), voice.stamp(scale.end))
    desc = voice.word("desc", *ends, len(replay.obligations), breaches, len(replay.violations))
    inside = [
        element("title", escape(title), id="tl-title"),
        element("desc", escape(desc), id="tl-desc"),
        element("style", STYLE),
        DEFS,
        element("rect", width="100%", height="100%", fill="#fff"),
        *parts,
    ]
    return element(
        "svg", "\n".join(inside), xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {_WIDTH} {number(height)}",
        width=_WIDTH, height=height, role="img", class_="tl", aria_labelledby="tl-title tl-desc",
        lang="zh-CN" if voice.lang == "zh" else "en",
    )  # fmt: skip


# --- the axis ------------------------------------------------------------------------------------------


def _head(replay: Replay, scale: Scale, voice: Voice) -> Drawn:
    """Draw the title, now and the next instant, and the times on the axis."""
    tags = _head_tags(replay, scale, voice)
    lowest = 54.0 + _LANE * max(t.lane for t in tags)
    parts = [words_at(voice.word("title", voice.label(voice.ruleset.title), voice.stamp(replay.now)), 12, 27, "h")]
    for t in tags:
        y = lowest - t.lane * _LANE
        parts += [_pole(t.x, y - 10, lowest + 40, NOW if t.strong else NEXT)]
        parts += [_beside(t, y, "b l")]
    for tick in ticks(scale, voice.zone, voice.lang, _TICK_GAP):
        x = scale.at(tick.at)
        parts += [
            words_at(tick.over, x, lowest + 19, "m l", "middle"),
            words_at(tick.label, x, lowest + 34, "l", "middle"),
        ]
    return Drawn("".join(parts), lowest + 41)


def _head_tags(replay: Replay, scale: Scale, voice: Voice) -> list[Tag]:
    now = Tag(scale.at(replay.now), voice.word("at", voice.word("now"), voice.moment(replay.now)), strong=True)
    if replay.next is None:
        return staggered([now], scale, _wide)
    names = voice.listed(told([voice.happening(n) for n in replay.next.names]))
    said = voice.word("of", voice.word("at", voice.word("next"), voice.moment(replay.next.at)), names)
    both = sorted((now, Tag(scale.at(replay.next.at), cut(said, 64))), key=lambda t: t.x)
    return staggered(both, scale, _wide)


def _beside(tag: Tag, y: float, class_: str) -> str:
    """Write a label on its side of its line."""
    return words_at(tag.text, tag.x + (-4 if tag.leftward else 4), y, class_, "end" if tag.leftward else "")


def _wide(text: str) -> float:
    return measure(text) * EM / SMALL + 4


def _pole(x: float, top: float, bottom: float, colour: str) -> str:
    return element("path", d=f"M{number(x)} {number(top)}V{number(bottom)}", stroke=colour, stroke_width=1.5)


def _grid(scale: Scale, voice: Voice, top: float, bottom: float) -> str:
    places = (scale.at(t.at) for t in ticks(scale, voice.zone, voice.lang, _TICK_GAP))
    path = "".join(f"M{number(x)} {number(top - 4)}V{number(bottom)}" for x in places)
    return element("path", d=path, stroke=LINE) if path else ""


def _verticals(replay: Replay, scale: Scale, top: float, bottom: float) -> str:
    """Draw now, and the next instant, through all rows."""
    now = _pole(scale.at(replay.now), top, bottom, NOW)
    if replay.next is None:
        return now
    x = scale.at(replay.next.at)
    path = f"M{number(x)} {number(top)}V{number(bottom)}"
    return now + element("path", d=path, stroke=NEXT, stroke_width=1.5, stroke_dasharray="5 4")


# --- rows ------------------------------------------------------------------------------------------------


def _row(row: Row, scale: Scale, voice: Voice) -> Drawn:
    middle = _PAD + BAR / 2
    labels, front = _labels(row, scale, voice), _gutter(row, middle)
    bottom = middle + BAR / 2 + _LANE * (max((t.lane for t in labels), default=-1) + 1)
    parts = [
        front.svg,
        *(_piece(p, i, scale, middle) for i, p in enumerate(row.pieces)),
        _written(labels, middle),
        *(_mark(m, x, middle) for m, x in _abreast(row.marks, scale)),
        words_at(cut(row.words, 120), scale.low, middle + 4, "m l") if row.words else "",
    ]
    return Drawn("".join(parts), max(bottom, front.height) + _PAD)


def _gutter(row: Row, middle: float) -> Drawn:
    """Draw what stands in front of the bar; what does not fit is in the title."""
    title = " · ".join(filter(None, (row.label, row.note)))
    lines = [(line, "b") for line in folded(row.label, 31, 2)]
    lines += [(line, "a" if row.is_late else "m") for line in folded(row.note, 36, 2)]
    words = (words_at(line, 14, middle + 4 + _LANE * i, style) for i, (line, style) in enumerate(lines))
    return Drawn(element("g", titled(title), *words), middle + 8 + _LANE * (len(lines) - 1))


def _piece(piece: Piece, place: int, scale: Scale, middle: float) -> str:
    x = scale.at(piece.start)
    drawn = box(piece.stuff, x, max(scale.at(piece.end) - x, 1.0), middle, is_odd=place % 2 == 1)
    words = words_at(piece.text, x + 5, middle + 4) if _is_inside(piece, scale) else ""
    return element("g", titled(piece.text), drawn, words)


def _is_inside(piece: Piece, scale: Scale) -> bool:
    """Whether a band is wide enough for its name."""
    return piece.is_named and measure(piece.text) <= scale.at(piece.end) - scale.at(piece.start)


def _abreast(marks: Iterable[Mark], scale: Scale) -> list[tuple[Mark, float]]:
    """Return the points with their places, those of different shapes side by side; what is last lies on top."""
    last, shape, found = -1000.0, "", []
    for mark in marks:
        own = scale.at(mark.at)
        is_hidden = not mark.loud and mark.shape not in ("due", shape) and own <= last + _POINT < own + 3 * _POINT
        found.append((mark, last + _POINT if is_hidden else own))
        last, shape = (last, shape) if mark.shape == "due" else (found[-1][1], mark.shape)
    return sorted(found, key=lambda f: (f[0].shape != "due", f[0].loud))


def _mark(mark: Mark, x: float, middle: float) -> str:
    return element("g", titled(mark.title), point(mark.shape), transform=f"translate({number(x)} {number(middle)})")


def _labels(row: Row, scale: Scale, voice: Voice) -> list[Tag]:
    """Return the labels below a row: of its points, and of bands too narrow for their names."""
    names = [Tag(scale.at(p.start), cut(p.text, _CUT)) for p in row.pieces if p.is_named and not _is_inside(p, scale)]
    points = [Tag(scale.at(m.at), cut(text, _CUT), m.loud) for m, text in _said_once(row.marks, voice)]
    return in_lanes(
        [*names, *points], scale, lanes=_LANES, apart=any(m.shape in _APART for m in row.marks),
        measure=measure, joined=lambda texts: _joined(texts, voice),
    )  # fmt: skip


def _said_once(marks: Sequence[Mark], voice: Voice) -> Iterator[tuple[Mark, str]]:
    """Yield the points with their labels; what happens again and again is said where it began."""
    marks = [m for m in marks if m.text]
    counts = Counter(m.text for m in marks)
    seen: set[str] = set()
    for mark in marks:
        if counts[mark.text] <= _MANY:
            yield mark, mark.text
        elif mark.text not in seen:
            yield mark, voice.word("times", mark.text, counts[mark.text])
        seen.add(mark.text)


def _joined(texts: list[str], voice: Voice) -> str:
    said = told(texts)
    whole = voice.listed(said)
    if columns(whole) <= _CUT:
        return whole
    return voice.word("and_more", cut(said[0], _CUT - 12), len(texts)) if len(texts) > 1 else cut(whole, _CUT)


def _written(tags: list[Tag], middle: float) -> str:
    """Draw the labels below a bar, the lines that lead to them first."""
    top = middle + BAR / 2
    ends = [(t, top + _LANE * (t.lane + 1) - 3) for t in tags]
    path = "".join(f"M{number(t.x)} {number(top)}V{number(y)}" for t, y in ends)
    words = (_beside(t, y, "a l" if t.strong else "l") for t, y in ends)
    return element("path", d=path, stroke="#8b97a6") + "".join(words) if tags else ""


# --- legend ----------------------------------------------------------------------------------------------


def _legend(rows: Iterable[Row], voice: Voice, top: float) -> Drawn:
    """Draw what each stuff and point that occurs stands for."""
    x, y, parts = 14 + _wide(voice.word("legend")), 24.0, [words_at(voice.word("legend"), 14, 28, "b")]
    for key, sample in _samples(list(rows)).items():
        words = voice.word(key)
        if x + measure(words) + 30 > _HIGH:
            x, y = 14.0, y + 22
        parts += [element("g", sample, transform=f"translate({number(x)} {number(y)})"), words_at(words, x + 28, y + 4)]
        x += measure(words) + 34
    return Drawn(element("g", *parts, transform=f"translate(0 {number(top)})"), y + 20)


def _samples(rows: list[Row]) -> dict[str, str]:
    """Return an example of each stuff and each point that occurs, around the left end of its place."""
    stuffs = dict.fromkeys(p.stuff for r in rows for p in r.pieces if not p.is_named)
    shapes = dict.fromkeys(m.shape for r in rows for m in r.marks if m.shape != "pause")
    boxes = {k: box(k, 0, 22.0, 0.0) for k in stuffs}
    return boxes | {k: element("g", point(k), transform="translate(12 0)") for k in shapes}
