"""Timeline marks: what there is to draw of a complaint's life, row by row, whatever it is drawn with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Literal

from complaint_rules.replayed import Entry, Obligation, Outcome, Replay, Run, Status
from complaint_rules.timeline_voice import Voice
from complaint_rules.timeline_words import STATUS

Shape = Literal["event", "due", "met", "unmet", "breached", "milestone", "ended", "pause", "decision", "violation"]
Stuff = Literal["used", "spent", "left", "open", "overdue", "excused", "paused", "state", "final"]
_OF_CLOCK: dict[str, Shape] = {"unmet": "unmet", "met": "met"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a bar."""

    start: datetime
    end: datetime
    stuff: Stuff
    text: str

    @property
    def is_named(self) -> bool:
        """Whether its text is to be read in the picture, as that of a state."""
        return self.stuff in ("state", "final")


@dataclass(frozen=True, slots=True)
class Mark:
    """A point on a row: `text` is its label, `title` all that it says; a `loud` one must not be missed."""

    at: datetime
    shape: Shape
    text: str
    title: str
    loud: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the picture: a label and a note in front, then pieces with marks on them, or words."""

    label: str
    note: str
    pieces: tuple[Piece, ...] = ()
    marks: tuple[Mark, ...] = ()
    status: Status | Outcome | None = None
    words: str = ""

    @property
    def is_late(self) -> bool:
        return self.status in ("overdue", "met_late")


def rows_of(replay: Replay, voice: Voice) -> list[Row]:
    """Return the rows of the picture from top to bottom."""
    log = [
        _state_row(replay, voice),
        _event_row(replay, voice),
        _violation_row(replay, voice),
        _change_row(replay, voice),
    ]
    owed = [row for o in replay.obligations.values() for row in _obligation_rows(o, replay, voice)]
    return [row for row in log if row.pieces or row.marks] + (owed or [Row(voice.word("nothing_owed"), "")])


def instants_of(replay: Replay, rows: Iterable[Row]) -> Iterator[datetime]:
    """Yield every instant that the picture must hold."""
    yield replay.now
    yield from (replay.next.at,) if replay.next else ()
    for row in rows:
        yield from (m.at for m in row.marks)
        yield from (at for p in row.pieces for at in (p.start, p.end))


# --- what the log says -----------------------------------------------------------------------------------


def _state_row(replay: Replay, voice: Voice) -> Row:
    """Return the band of states: from the first thing that happened to now."""
    changes = [e for e in replay.journal if e.kind == "state"]
    begin = replay.journal[0].at if replay.journal else replay.now
    process = voice.ruleset.process
    if process is None or (replay.state is None and not changes):
        return Row("", "")
    names = [changes[0].was or process.start if changes else replay.state, *(e.now or e.name for e in changes)]
    bounds = [begin, *(e.at for e in changes), max(replay.now, begin)]
    final = {n for n, s in process.states.items() if s.final}
    pieces = (
        Piece(a, b, "final" if n in final else "state", voice.state(n))
        for n, (a, b) in zip(names, pairwise(bounds), strict=True)
    )
    return Row(voice.word("states"), "", tuple(pieces))


def _event_row(replay: Replay, voice: Voice) -> Row:
    entries = [e for e in replay.journal if e.kind == "event"]
    marks = (Mark(e.at, "event", voice.label(e.label), _event_title(e, voice)) for e in entries)
    return Row(voice.word("events"), "", marks=tuple(marks))


def _event_title(entry: Entry, voice: Voice) -> str:
    by = (voice.word("by", voice.by(entry)),) if entry.by is not None else ()
    return " · ".join((f"{voice.stamp(entry.at)} {voice.label(entry.label)}", *by))


def _violation_row(replay: Replay, voice: Voice) -> Row:
    said = [(v.at, voice.violation(v)) for v in replay.violations]
    marks = (Mark(at, "violation", text, f"{voice.stamp(at)} {text}", loud=True) for at, text in said)
    return Row(voice.word("violations"), "", marks=tuple(marks))


def _change_row(replay: Replay, voice: Voice) -> Row:
    """Return the decisions that turned from one answer to another; yes and no are conditions, and stay in the journal."""
    entries = [e for e in replay.journal if e.kind == "decision" and _is_shown(e)]
    marks = (Mark(e.at, "decision", t := voice.change(e), f"{voice.stamp(e.at)} {t}") for e in entries)
    return Row(voice.word("changes"), "", marks=tuple(marks))


def _is_shown(entry: Entry) -> bool:
    both = (entry.was, entry.now)
    return entry.was != entry.now and not any(v is None or isinstance(v, bool) for v in both)


# --- what is owed ------------------------------------------------------------------------------------------


def _obligation_rows(owed: Obligation, replay: Replay, voice: Voice) -> Iterator[Row]:
    if not owed.runs:
        note = _note(owed.name, owed.owner, _said(owed.status, voice), voice)
        yield Row(voice.label(owed.label), note, status=owed.status, words=_asked(owed, voice))
    for run in owed.runs:
        is_current = run is owed.run
        status = owed.status if is_current else run.outcome
        said = _at_length(owed, run, replay, voice) if is_current else _said(status, voice)
        pieces, marks = _pieces(owed, run, replay, voice), _marks(owed, run, replay, voice)
        note = _note(owed.name, run.owner, said, voice)
        words = "" if marks or not is_current else _asked(owed, voice)
        yield Row(voice.run(owed, run), note, tuple(pieces), tuple(marks), status, words)


def _asked(owed: Obligation, voice: Voice) -> str:
    asked = [voice.name(n) for n in (*owed.ask, *owed.unset)]
    return voice.word("waits", voice.listed(asked)) if asked else ""


def _note(deadline: str, owner: Any, said: str, voice: Voice) -> str:
    return " · ".join(filter(None, (voice.owner(deadline, owner), said)))


def _said(status: Status | Outcome, voice: Voice) -> str:
    return STATUS[status].in_lang(voice.lang)


def _at_length(owed: Obligation, run: Run, replay: Replay, voice: Voice) -> str:
    """Return how it stands, with how much is left of a limit that runs, or by how much time it is exceeded."""
    said = _said(owed.status, voice)
    if owed.status == "overdue" and run.due is not None:
        return voice.word("over", said, voice.length(_coarse(since(run.due, replay.now))))
    if owed.status == "running" and owed.left is not None:
        return voice.word("remains", said, voice.length(_coarse(owed.left)))
    return said


def _coarse(span: timedelta) -> timedelta:
    """Return a stretch of time, that of days in whole hours."""
    return span - span % timedelta(hours=1) if span > timedelta(days=1) else span


def since(start: datetime, end: datetime) -> timedelta:
    """Return the time that passes; instants of one zone would subtract as clocks on the wall do."""
    return end.astimezone(UTC) - start.astimezone(UTC)


def end_of(run: Run, now: datetime) -> datetime:
    """Return the instant up to which a run has run."""
    return max(run.start, run.met_at or run.ended_at or now)


def _pieces(owed: Obligation, run: Run, replay: Replay, voice: Voice) -> Iterator[Piece]:
    """Yield the parts of a bar: the time used, what is left, what is over, and the pauses on top."""
    stop = end_of(run, replay.now)
    due = max(run.start, run.due) if run.due else None
    over = min((at for at in (due, run.breached_at) if at), default=stop)
    main: Stuff = "spent" if run.outcome in ("met", "met_late") else "open" if owed.promptly else "used"
    title = voice.run(owed, run)
    parts: list[tuple[datetime, datetime, Stuff]] = [
        (run.start, min(stop, over), main),
        (stop, due or stop, "left"),
        (over, stop, "overdue" if run.breached_at else "excused"),
        *((max(a, run.start), b or stop, "paused") for a, b in run.pauses),
    ]
    for start, end, stuff in parts:
        if end > start:
            yield Piece(start, end, stuff, _span(title, voice.word(stuff), start, end, voice))


def _span(title: str, what: str, start: datetime, end: datetime, voice: Voice) -> str:
    length = voice.length(since(start, end))
    return " · ".join((voice.word("of", title, what), f"{voice.stamp(start)} – {voice.stamp(end)}", length))


def _marks(owed: Obligation, run: Run, replay: Replay, voice: Voice) -> list[Mark]:
    """Return the points on a bar in the order of time; what comes at once stays in the order of this list."""
    title = voice.run(owed, run)
    found = [*_of_run(run, voice), *(_of_entry(e, voice) for e in _entries(owed, run, replay))]
    return [
        Mark(
            at,
            shape,
            text,
            f"{voice.word('of', title, text or voice.word(shape))} · {voice.stamp(at)}",
            shape == "breached",
        )
        for at, shape, text in sorted(found, key=lambda m: m[0])
    ]


def _of_run(run: Run, voice: Voice) -> Iterator[tuple[datetime, Shape, str]]:
    missed = run.due and run.breached_at and abs(run.breached_at - run.due) < timedelta(seconds=1)
    if run.due:
        yield run.due, "due", "" if missed else voice.word("at", voice.word("due"), voice.due_moment(run))
    for start, end in run.pauses:
        until = f"{voice.moment(start)} – {voice.moment(end) if end else ''}".rstrip()
        yield max(start, run.start), "pause", voice.word("at", voice.word("paused"), until)
    if run.breached_at:
        moment = voice.due_moment(run) if missed else voice.moment(run.breached_at)
        yield run.breached_at, "breached", voice.word("at", voice.word("breached"), moment)
    if run.met_at:
        yield run.met_at, "met", voice.word("at", voice.word("met"), voice.moment(run.met_at))
    elif run.ended_at:
        yield run.ended_at, "ended", voice.word("at", voice.word("ended"), voice.moment(run.ended_at))


def _entries(owed: Obligation, run: Run, replay: Replay) -> Iterator[Entry]:
    """Yield what the journal says of this run, beyond what the run says itself."""
    for entry in replay.journal:
        if entry.run != run.number or entry.name.partition(".")[0] != owed.name:
            continue
        if entry.kind == "milestone" or (entry.kind in _OF_CLOCK and entry.at != run.met_at):
            yield entry


def _of_entry(entry: Entry, voice: Voice) -> tuple[datetime, Shape, str]:
    if entry.kind == "milestone":
        return entry.at, "milestone", voice.reached(entry)
    return entry.at, _OF_CLOCK[entry.kind], voice.word("at", voice.word(_OF_CLOCK[entry.kind]), voice.moment(entry.at))
