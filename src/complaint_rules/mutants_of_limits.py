"""Mutants of limits: slips in time limits and their milestones: amounts, units, conventions, conditions, reminders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from complaint_rules.course import PROMPTLY, Deadline, Milestone
from complaint_rules.deadline import SPANS
from complaint_rules.domains import Ordered
from complaint_rules.mutant import DROPPED, Change, became, following, lost
from complaint_rules.ruleset import Ruleset

_UNITS = {
    "minute": "hour", "hour": "business_hour", "business_hour": "hour", "working_day": "calendar_day",
    "calendar_day": "working_day", "week": "calendar_day", "month": "week",
}  # fmt: skip
_IN_DAYS = ("working_day", "calendar_day", "week", "month")
_CONDITIONS = ("when", "met_when", "pause_while", "excused_when")


def _with(deadline: Deadline, part: str, how: Any, **keys: Any) -> Change:
    return Change("deadlines", deadline.name, part, how, replace(deadline, **keys))


def _with_term(deadline: Deadline, key: str, value: str) -> Change:
    return _with(deadline, "", became(key, value), reckoning={**deadline.reckoning, key: value})


def limits_moved(ruleset: Ruleset) -> Iterator[Change]:
    """Each amount of time that is written in a limit one more and one less."""
    for deadline in ruleset.deadlines.values():
        if isinstance(deadline.within, int):
            for amount in (deadline.within + 1, deadline.within - 1):
                if amount >= 0:
                    yield _with(deadline, "", became("within", amount), within=amount)


def units_changed(ruleset: Ruleset) -> Iterator[Change]:
    """Each unit taken for the one it is easily confused with; of a length of time only whose hours they are."""
    for deadline in ruleset.deadlines.values():
        unit = deadline.reckoning["unit"]
        of_time = {"minute": "business_hour", "hour": "business_hour", "business_hour": "hour"}
        other = (of_time if _is_duration(ruleset, deadline.within) else _UNITS).get(unit)
        if other is not None and deadline.within != PROMPTLY:
            yield _with_term(deadline, "unit", other)


def _is_duration(ruleset: Ruleset, within: int | str) -> bool:
    if isinstance(within, int) or within == PROMPTLY:
        return False
    domain = ruleset.column(within)[0]
    return isinstance(domain, Ordered) and domain.kind == "duration"


def conventions_changed(ruleset: Ruleset) -> Iterator[Change]:
    """Each convention of reckoning taken for another, where the unit reads it."""
    for deadline in ruleset.deadlines.values():
        if deadline.within == PROMPTLY:
            continue
        yield from (_with_term(deadline, key, value) for key, value in _conventions(deadline))


_OTHER: dict[str, dict[str, str]] = {
    "day_one": {"next_day": "same_day", "same_day": "next_day"},
    "due_at": {"end_of_day": "end_of_business", "end_of_business": "end_of_day", "same_time": "end_of_day"},
    "start_roll": {"none": "next_working_day", "next_working_day": "none", "previous_working_day": "none"},
    "end_roll": {"none": "next_working_day", "next_working_day": "none", "previous_working_day": "none"},
}


def _conventions(deadline: Deadline) -> Iterator[tuple[str, str]]:
    unit = deadline.reckoning["unit"]
    read = {
        "day_one": unit in ("working_day", "calendar_day", "week"),
        "due_at": unit in _IN_DAYS,
        "start_roll": unit in _IN_DAYS or unit in SPANS,
        "end_roll": unit in ("calendar_day", "week", "month"),
    }
    for key, is_read in read.items():
        if is_read and deadline.reckoning.get(key) in _OTHER[key]:
            yield key, _OTHER[key][deadline.reckoning[key]]


def clocks_changed(ruleset: Ruleset) -> Iterator[Change]:
    """Each condition of a limit dropped: when it applies, what meets, pauses and excuses it; another start; kept or begun anew."""
    starts = [d.reckoning["start"] for d in ruleset.deadlines.values() if d.reckoning["start"] in ruleset.inputs]
    for deadline in ruleset.deadlines.values():
        for key in _CONDITIONS:
            if getattr(deadline, key) is not None:
                yield _with(deadline, "", lost(key), **{key: None})
        other = following(deadline.reckoning["start"], tuple(dict.fromkeys(starts)))
        if other is not None:
            yield _with_term(deadline, "start", other)
        if _may_change(ruleset, deadline):
            retarget = {"from_start": "restart", "keep": "from_start", "restart": "from_start"}[deadline.retarget]
            yield _with(deadline, "", became("retarget", retarget), retarget=retarget)
        if deadline.met_when is not None and _may_start_again(ruleset, deadline):
            repeat = not deadline.repeat
            yield _with(deadline, "", became("repeat", repeat), repeat=repeat)


def _may_change(ruleset: Ruleset, deadline: Deadline) -> bool:
    """Report whether how much time there is, or how it is reckoned, can change in a life."""
    return any(str(n).partition(".")[0] in (*ruleset.decisions, *ruleset.inputs) for n in _terms(deadline))


def _terms(deadline: Deadline) -> tuple[int | str, ...]:
    return (deadline.within, *(v for k, v in deadline.reckoning.items() if k != "start"))


def _may_start_again(ruleset: Ruleset, deadline: Deadline) -> bool:
    fact = ruleset.inputs.get(deadline.reckoning["start"])
    return fact is None or fact.fold is None or fact.fold.kind != "first"


def owners_changed(ruleset: Ruleset) -> Iterator[Change]:
    """Each role that owes a limit, or brings or receives a milestone, taken for the next."""
    roles = tuple(ruleset.process.roles) if ruleset.process else ()
    for deadline in ruleset.deadlines.values():
        other = following(deadline.owner, roles)
        if other is not None:
            yield _with(deadline, "", became("owner", other), owner=other)


# --- milestones -----------------------------------------------------------------------------------------


def milestones_dropped(ruleset: Ruleset) -> Iterator[Change]:
    """Each reminder, escalation or consequence of a limit left out."""
    for deadline in ruleset.deadlines.values():
        for at, milestone in enumerate(deadline.milestones):
            left = (*deadline.milestones[:at], *deadline.milestones[at + 1 :])
            yield _with(deadline, milestone.name, DROPPED, milestones=left)


def milestones_moved(ruleset: Ruleset) -> Iterator[Change]:
    """Each milestone one unit earlier and later, in another unit, more or fewer times, without its condition."""
    for deadline in ruleset.deadlines.values():
        for at, milestone in enumerate(deadline.milestones):
            for key, value in _other_marks(milestone):
                made = replace(milestone, **{key: value})
                marks = (*deadline.milestones[:at], made, *deadline.milestones[at + 1 :])
                how = lost(key) if value is None else became(key, value)
                yield _with(deadline, milestone.name, how, milestones=marks)


def _other_marks(milestone: Milestone) -> Iterator[tuple[str, Any]]:
    least, most = (1, 100) if milestone.offset == "at" else (0, 1_000_000)
    yield from (("amount", n) for n in (milestone.amount + 1, milestone.amount - 1) if least <= n <= most)
    if milestone.offset != "at" and milestone.amount and milestone.unit in _UNITS:
        yield "unit", _UNITS[milestone.unit]
    for key in ("every", "times"):
        value = getattr(milestone, key)
        if value is not None:
            yield from ((key, n) for n in (value + 1, value - 1) if n >= 1)
    if milestone.when is not None:
        yield "when", None
