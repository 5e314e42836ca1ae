"""Process: the step that an event takes, whether it was allowed, and which steps are open next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from complaint_rules.answers import Answer, Missing, NotRegulated, Undetermined
from complaint_rules.course import Process, Step
from complaint_rules.domains import ABSENT, Sign
from complaint_rules.replayed import NextStep

Why = Literal["state", "role", "role_not_given", "condition", "undetermined"]


class Condition(NamedTuple):
    """Whether a step's condition holds: yes, no with what is missing, or None with what must be asked."""

    holds: bool | None
    missing: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()


class Taken(NamedTuple):
    """The step that an event takes, and what was wrong about it."""

    step: Step
    why: Why | None = None
    condition: Condition = Condition(holds=True)


class Steps:
    """A process made ready: its steps by event."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.of: dict[str, list[Step]] = {}
        for step in process.steps.values():
            self.of.setdefault(step.event, []).append(step)

    def taken(
        self,
        event: str,
        state: str,
        by: str | None,
        values: Mapping[str, Any],
        answers: Mapping[str, Answer],
        *,
        made: bool,
    ) -> Taken | None:
        """Return what an event does here, None where no step is about it; `made` by a clock, it needs no role."""
        steps = self.of.get(event)
        if steps is None:
            return None
        here = [s for s in steps if state in s.from_]
        tried = [_tried(s, by, values, answers, made=made) for s in here]
        return next((t for t in tried if t.why is None), tried[0]) if tried else Taken(steps[0], "state")

    def open_from(self, state: str, values: Mapping[str, Any], answers: Mapping[str, Answer]) -> tuple[NextStep, ...]:
        """Return the steps from a state, each with what is in its way."""
        here = (s for s in self.process.steps.values() if state in s.from_)
        return tuple(_next_step(s, condition(s.when, values, answers)) for s in here)

    def blocks(self, state: str, values: Mapping[str, Any], answers: Mapping[str, Answer]) -> tuple[NextStep, ...]:
        """Return the steps to a final state that cannot be taken now, each with what is in its way."""
        return tuple(self._blocked(state, values, answers))

    def _blocked(self, state: str, values: Mapping[str, Any], answers: Mapping[str, Answer]) -> Iterator[NextStep]:
        states = self.process.states
        if states[state].final:
            return
        for step in self.process.steps.values():
            if step.to is not None and states[step.to].final:
                found = condition(step.when, values, answers)
                if state not in step.from_:
                    found = Condition(False, ("state", *found.missing), found.ask)
                if found.holds is not True:
                    yield _next_step(step, found)


def _tried(
    step: Step, by: str | None, values: Mapping[str, Any], answers: Mapping[str, Answer], *, made: bool
) -> Taken:
    found = condition(step.when, values, answers)
    if step.by and not made and by not in step.by:
        return Taken(step, "role_not_given" if by is None else "role", found)
    if found.holds is not True:
        return Taken(step, "condition" if found.holds is False else "undetermined", found)
    return Taken(step)


def _next_step(step: Step, found: Condition) -> NextStep:
    status: Any = {True: "allowed", False: "blocked", None: "undetermined"}[found.holds]
    return NextStep(
        step.name, step.label, step.event, step.by, step.to, status, found.missing, found.ask, step.because
    )  # fmt: skip


def condition(name: str | None, values: Mapping[str, Any], answers: Mapping[str, Answer]) -> Condition:
    """Return whether a condition holds; of a checklist, the items that are not met."""
    if name is None:
        return Condition(True)
    value = values.get(name)
    if isinstance(value, (Missing, Undetermined)):
        return Condition(None, _items(answers.get(name), ("unmet",)), value.ask)
    if isinstance(value, Sign) and value is not ABSENT:
        return Condition(None)
    if value is True:
        return Condition(True)
    return Condition(False, _items(answers.get(name), ("unmet", "open")) or (name,))


def _items(answer: Answer | None, states: Iterable[str]) -> tuple[str, ...]:
    if answer is None or isinstance(answer, NotRegulated):
        return ()
    return tuple(i for i, state in answer.trace.items.items() if state in states)
