"""Timeline scale: instants become positions, ticks fall on round times, and labels find lanes without crossing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from unicodedata import category, east_asian_width
from zoneinfo import ZoneInfo

from complaint_rules.timeline_words import MONTHS, date_words
from complaint_rules.words import Lang

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONDAY = datetime(1, 1, 1)  # noqa: DTZ001 - on the wall
_DAY = timedelta(days=1)
_STEPS = (
    *(timedelta(minutes=n) for n in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720)),
    *(timedelta(days=n) for n in (1, 2, 7, 14)),
)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000, 24000)
_MONTH = timedelta(days=30)
_FEW = 60  # labels that may find room without being told as one
_GAPS = (4, 12, 32, 64, 128, 256, 512, 1024)  # how near labels are told as one


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(_columns(c) for c in text)


def _columns(sign: str) -> int:
    if category(sign) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(sign) in "WF" else 1


def cut(text: str, width: int) -> str:
    """Return the text, or as much of it as fits, with a sign that there is more."""
    if columns(text) <= width:
        return text
    kept = text
    while kept and columns(kept) > width - 1:
        kept = kept[:-1]
    return f"{kept}…"


def folded(text: str, width: int, lines: int) -> list[str]:
    """Return the text in at most so many lines, broken between words where it has any."""
    if lines == 1 or columns(text) <= width:
        return [cut(text, width)] if text else []
    fits = next(n for n in range(len(text), 0, -1) if columns(text[:n]) <= width)
    space = text.rfind(" ", fits // 2, fits + 1)
    end = space if space > 0 else fits
    return [text[:end].rstrip(), *folded(text[end:].lstrip(), width, lines - 1)]


# --- the axis ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scale:
    """Where the instants from `start` to `end` lie between the positions `low` and `high`."""

    start: datetime
    end: datetime
    low: float
    high: float

    @property
    def span(self) -> timedelta:
        return _since(self.end) - _since(self.start)

    def at(self, instant: datetime) -> float:
        share = (_since(instant) - _since(self.start)) / self.span
        return self.low + min(max(share, 0.0), 1.0) * (self.high - self.low)


def _since(at: datetime) -> timedelta:
    """Return the time since a fixed instant: datetimes of one zone would subtract as clocks on the wall do."""
    return at - _EPOCH


def scale_of(instants: Iterable[datetime], low: float, high: float) -> Scale:
    """Return the scale that holds all the instants; a single one gets an hour."""
    known = sorted(instants, key=_since)
    start, end = known[0], known[-1]
    return Scale(start, end if _since(end) > _since(start) else end + timedelta(hours=1), low, high)


@dataclass(frozen=True, slots=True)
class Tick:
    """A round time on the axis; `over` is the larger unit, where it changes."""

    at: datetime
    label: str
    over: str


def ticks(scale: Scale, zone: ZoneInfo, lang: Lang, gap: float) -> list[Tick]:
    """Return round times at least `gap` apart: minutes, hours, days, weeks, months or years."""
    step = _fitting(scale, gap)
    first, last = (at.astimezone(zone).replace(tzinfo=None) for at in (scale.start, scale.end))
    walls = list(_by_time(first, last, step) if isinstance(step, timedelta) else _by_month(first, last, step))
    found = [
        Tick(w.replace(tzinfo=zone), *_said(w, b, step, lang)) for w, b in zip(walls, [None, *walls], strict=False)
    ]
    return [t for t in found if _since(scale.start) <= _since(t.at) <= _since(scale.end)]


def _fitting(scale: Scale, gap: float) -> timedelta | int:
    room = max((scale.high - scale.low) / gap, 1.0)
    by_time = next((s for s in _STEPS if scale.span / s <= room), None)
    return by_time or next((m for m in _MONTHS if scale.span / (_MONTH * m) <= room), _MONTHS[-1])


def _by_time(first: datetime, last: datetime, step: timedelta) -> Iterator[datetime]:
    """Yield the multiples of a step; the first day of the calendar is a Monday, so weeks begin on one."""
    low, high = (first - _MONDAY) // step, (last - _MONDAY) // step
    yield from (_MONDAY + n * step for n in range(low, high + 1))


def _by_month(first: datetime, last: datetime, step: int) -> Iterator[datetime]:
    low, high = (w.year * 12 + w.month - 1 for w in (first, last))
    numbers = range(low // step * step, high + 1, step)
    yield from (datetime(n // 12, n % 12 + 1, 1) for n in numbers if n >= 12)  # noqa: DTZ001 - the zone follows


def _said(wall: datetime, before: datetime | None, step: timedelta | int, lang: Lang) -> tuple[str, str]:
    """Return the label of a tick, and that of the larger unit where it has changed."""
    year = f"{wall.year}年" if lang == "zh" else str(wall.year)
    if isinstance(step, int):
        month = f"{wall.month}月" if lang == "zh" else MONTHS[wall.month - 1]
        return (year, "") if step >= 12 else (month, "" if before and before.year == wall.year else year)
    if step < _DAY:
        same = before and before.date() == wall.date()
        return f"{wall:%H:%M}", "" if same else f"{date_words(wall, lang)} {weekday(wall, lang)}"
    changed = year if before and before.year != wall.year else ""
    return date_words(wall, lang), weekday(wall, lang) if step < 7 * _DAY else changed


def weekday(wall: datetime, lang: Lang) -> str:
    names = "周一 周二 周三 周四 周五 周六 周日" if lang == "zh" else "Mon Tue Wed Thu Fri Sat Sun"
    return names.split()[wall.weekday()]


# --- labels in lanes -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tag:
    """A label that belongs to a position: it lies in a lane below, and reads away from it to one side."""

    x: float
    text: str
    strong: bool = False
    lane: int = 0
    leftward: bool = False


def in_lanes(
    tags: Iterable[Tag],
    scale: Scale,
    *,
    lanes: int,
    apart: bool,
    measure: Callable[[str], float],
    joined: Callable[[list[str]], str],
) -> list[Tag]:
    """Return the tags in few lanes: those that lie near are told as one, the nearer the more room there is.

    Where they are to be told `apart`, even those at one place are, if there is room.
    """
    given = list(tags)
    if apart and len(given) <= _FEW:
        backward = given[::-1]
        backward.sort(key=lambda t: t.x)
        found = staggered(backward, scale, measure)
        if all(t.lane < lanes for t in found):
            return found
    for gap in _GAPS:
        found = staggered(_merged(sorted(given, key=lambda t: t.x), gap, joined), scale, measure)
        if all(t.lane < lanes for t in found):
            return found
    return found


def _merged(tags: Sequence[Tag], gap: float, joined: Callable[[list[str]], str]) -> list[Tag]:
    groups: list[list[Tag]] = []
    for tag in tags:
        if groups and tag.x - groups[-1][0].x <= gap:
            groups[-1].append(tag)
        else:
            groups.append([tag])
    return [Tag(g[0].x, joined([t.text for t in g]), any(t.strong for t in g)) for g in groups]


def told(texts: list[str]) -> list[str]:
    """Return each text once, with how often it was said."""
    return [t if n == 1 else f"{t} ×{n}" for t, n in Counter(texts).items()]


def staggered(tags: Sequence[Tag], scale: Scale, measure: Callable[[str], float]) -> list[Tag]:
    """Give each tag a lane so that no label lies on another or on the line that leads to one.

    A label reads to the right where there is room; left of one that had to read to the left it does so too.
    """
    sided: list[Tag] = []
    edge = scale.high
    for tag in reversed(tags):
        width = measure(tag.text)
        leftward = (tag.x + width > scale.high or tag.x >= edge) and tag.x - width >= scale.low
        edge = min(edge, tag.x - width) if leftward else edge
        sided.append(replace(tag, leftward=leftward))
    found: list[Tag] = []
    for tag in (*(t for t in reversed(sided) if t.leftward), *(t for t in sided if not t.leftward)):
        low, high = reach(tag, measure)
        under = [o.lane for o in found if _touch(reach(o, measure), (low, high))]
        found.append(replace(tag, lane=max(under, default=-1) + 1))
    return found


def reach(tag: Tag, measure: Callable[[str], float]) -> tuple[float, float]:
    """Return from where to where a label goes."""
    width = measure(tag.text)
    return (tag.x - width, tag.x) if tag.leftward else (tag.x, tag.x + width)


def _touch(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
