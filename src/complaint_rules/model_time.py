"""Model of time: the shape of what a file says of a complaint's course, and of what is counted and reported over many."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from complaint_rules.shapes import CellsField, Doc, Flag, Ids, LabelDoc, LabelField, as_label


class FromDoc(Doc):
    """How an input follows from the log; exactly one of the first five."""

    first: Ids | None = None
    last: Ids | None = None
    happened: Ids | None = None
    count: Ids | None = None
    latest: dict[str, Ids] | None = None
    until: Ids = []
    since: Ids = []
    spacing: str | None = None
    initially: str | None = None
    across: Ids = []


class EventDoc(Doc):
    """What can happen to a complaint, and the facts that it may bring along."""

    label: LabelField | None = None
    carries: Ids = []


def _event(value: Any) -> Any:
    return {"label": value} if isinstance(value, str) and value else value


EventField = Annotated[EventDoc, BeforeValidator(_event)]


class MilestoneDoc(Doc):
    """Something due at an instant reckoned from a time limit."""

    label: LabelField | None = None
    at: str | None = None
    before_due: str | None = None
    after_due: str | None = None
    unit: str | None = None
    every: str | None = None
    times: str | None = None
    when: str | None = None
    value: str | None = None
    to: str | None = None
    by: str | None = None
    because: Ids = []


class DeadlineDoc(Doc):
    """A time limit: from when, how much, reckoned how, and who must keep it."""

    label: LabelField | None = None
    when: str | None = None
    start: str
    within: str
    unit: str
    profile: str = "plain"
    day_one: str | None = None
    due_at: str | None = None
    start_roll: str | None = None
    end_roll: str | None = None
    met_when: str | None = None
    pause_while: str | None = None
    excused_when: str | None = None
    retarget: str = "from_start"
    repeat: Flag = False
    owner: str | None = None
    milestones: dict[str, MilestoneDoc] = {}
    because: Ids = []


class StateDoc(LabelDoc):
    """Where a complaint can stand; nothing follows a final one."""

    final: Flag = False


class StepDoc(Doc):
    """What may happen next: from where, by whom, when, and where it leads."""

    label: LabelField | None = None
    event: str | None = None
    from_: Ids = Field(alias="from", default=[])
    to: str | None = None
    by: Ids = []
    when: str | None = None
    because: Ids = []


class ProcessDoc(Doc):
    """The states of a complaint and the steps between them."""

    roles: dict[str, LabelField] = {}
    states: dict[str, Annotated[StateDoc, BeforeValidator(as_label)]]
    steps: dict[str, StepDoc]


class DueOnDoc(Doc):
    """The last day on which a report may be sent; exactly one of these, in the period after the one it is about."""

    day: str | None = None
    working_day: str | None = None
    weekday: str | None = None


class ReportDoc(Doc):
    """A duty to report: who, to whom, how often, by when and what."""

    label: LabelField | None = None
    by: str
    to: Ids
    every: str
    due: DueOnDoc
    end_roll: str | None = None
    parts: dict[str, LabelField] = {}
    nil_return: Flag | None = None
    because: Ids = []


class RaisesDoc(Doc):
    """What follows from a trigger: an event or facts, on which of the complaints."""

    event: str | None = None
    facts: dict[str, Any] = {}
    on: str = "this"


class TriggerDoc(Doc):
    """What is counted over complaints, how much is too much, and who is told."""

    label: LabelField | None = None
    of: Ids
    where: CellsField = []
    by: Ids | None = None
    distinct: str | None = None
    sum: str | None = None
    reaches: str | None = None
    exceeds: str | None = None
    share_of: str | None = None
    within: str | None = None
    spacing: str | None = None
    rearm: str = "below"
    to: str | None = None
    raises: RaisesDoc | None = None
    because: Ids = []
