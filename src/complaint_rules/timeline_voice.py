"""Timeline voice: one ruleset's names, values and instants, said in one language and one time zone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from complaint_rules.course import Deadline, Milestone
from complaint_rules.domains import Truth
from complaint_rules.render import answer_words, condition_words, joined, name_words, value_words
from complaint_rules.replayed import Entry, NextStep, Obligation, Revision, Run, Violation
from complaint_rules.ruleset import ChecklistDecision, Ruleset, Type
from complaint_rules.timeline_words import KIND, STATUS, VIOLATION, WORDS, clean, date_words
from complaint_rules.words import Label, Lang

_NO_TYPE = Type(Truth())


@dataclass(frozen=True, slots=True)
class Voice:
    """One ruleset's names and values, said in one language and one time zone."""

    ruleset: Ruleset
    lang: Lang
    year: int  # that goes without saying

    @classmethod
    def at(cls, now: datetime, ruleset: Ruleset, lang: Lang) -> Voice:
        return cls(ruleset, lang, now.astimezone(ZoneInfo(ruleset.time_zone)).year)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.ruleset.time_zone)

    def word(self, name: str, *parts: object) -> str:
        return WORDS[name].in_lang(self.lang).format(*parts)

    def label(self, label: Label) -> str:
        return clean(label.in_lang(self.lang))

    def listed(self, parts: Iterable[str]) -> str:
        return joined(parts, self.lang)

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)

    def moment(self, at: datetime) -> str:
        """Return an instant in short, as it stands in a picture."""
        local = self.local(at)
        return f"{self.day(local)} {local:%H:%M}"

    def day(self, day: date) -> str:
        said = date_words(day, self.lang)
        if day.year == self.year:
            return said
        return f"{day.year}年{said}" if self.lang == "zh" else f"{said} {day.year}"

    def stamp(self, at: datetime) -> str:
        """Return an instant in full, as it stands in a table."""
        return self.local(at).replace(tzinfo=None).isoformat(" ", "minutes")

    def length(self, span: timedelta) -> str:
        """Return a stretch of time, its seconds only where it is short."""
        unit = timedelta(minutes=1) if abs(span) >= timedelta(hours=1) else timedelta(seconds=1)
        sign = -1 if span < timedelta(0) else 1
        return value_words(abs(span) // unit * unit * sign, _NO_TYPE, self.lang)

    def name(self, name: str) -> str:
        return clean(name_words(self.ruleset, name, self.lang))

    def value(self, name: str | None, value: Any) -> str:
        """Return the value of a decision, fact or parameter; what has no such name is a role or speaks for itself."""
        if value is None or getattr(value, "is_unknown", False):
            return self.word("unknown")
        if isinstance(value, datetime):
            return self.moment(value)
        return clean(self._named(name, value))

    def _named(self, name: str | None, value: Any) -> str:
        known = self.ruleset
        if name and name in known.decisions:
            return answer_words(known, name, value, self.lang)
        if name and name.partition(".")[0] in (*known.inputs, *known.parameters, *known.decisions):
            return value_words(value, known.type_of(name), self.lang)
        return self._role(value) if isinstance(value, str) else value_words(value, _NO_TYPE, self.lang)

    def _role(self, name: str) -> str:
        roles = self.ruleset.process.roles if self.ruleset.process else {}
        return roles[name].in_lang(self.lang) if name in roles else name.replace("_", " ")

    def roles(self, names: Iterable[str]) -> str:
        return self.listed(clean(self._role(n)) for n in names) if names else self.word("anyone")

    def state(self, name: str | None) -> str:
        states = self.ruleset.process.states if self.ruleset.process else {}
        return self.label(states[name].label) if name and name in states else clean(name or self.word("unknown"))

    def owner(self, deadline: str, owner: Any) -> str:
        said = self.ruleset.deadlines.get(deadline)
        return self.value(said.owner if said else None, owner) if owner is not None else ""

    def due(self, run: Run) -> str:
        """Return the due instant as people write it, in full."""
        return run.shown if run.last_day or run.due is None else self.stamp(run.due)

    def due_moment(self, run: Run) -> str:
        """Return the due instant in short."""
        if run.last_day:
            return f"{self.day(run.last_day)} 24:00"
        return self.moment(run.due) if run.due else ""

    def run(self, obligation: Obligation, run: Run) -> str:
        """Return the name of a run: the obligation's, numbered where there are several."""
        place = obligation.runs.index(run) + 1
        label = self.label(obligation.label)
        return self.word("round", label, place) if len(obligation.runs) > 1 else label

    def deadline(self, name: str) -> Deadline | None:
        return self.ruleset.deadlines.get(name)

    def milestone(self, name: str) -> Milestone | None:
        """Return the milestone called `deadline.milestone`."""
        head, _, tail = name.partition(".")
        deadline = self.deadline(head)
        return next((m for m in deadline.milestones if m.name == tail), None) if deadline else None

    def happening(self, name: str) -> str:
        """Return what `deadline.breached` or `deadline.milestone` says."""
        head, _, tail = name.partition(".")
        deadline, milestone = self.deadline(head), self.milestone(name)
        known = STATUS["overdue"] if tail == "breached" else KIND.get(tail)
        said = milestone.label if milestone else known or Label(tail, tail)
        return self.word("of", self.label(deadline.label) if deadline else clean(head), self.label(said))

    def reached(self, entry: Entry) -> str:
        """Return a milestone with what it comes to."""
        said = self.milestone(entry.name)
        worth = (self.value(said.value if said else None, entry.value),) if entry.value is not None else ()
        return " ".join((self.label(entry.label), *worth))

    def entry(self, entry: Entry) -> str:
        """Return what an entry of the journal says, without its time and kind."""
        match entry.kind:
            case "event":
                return self.label(entry.label)
            case "state":
                return f"{self.state(entry.was)} → {self.state(entry.now or entry.name)}"
            case "decision":
                return self.change(entry)
            case "milestone":
                return self._milestone(entry)
            case "started" | "restarted" | "lapsed" | "paused" | "resumed" | "met" | "unmet" | "breached":
                return self.label(entry.label)

    def change(self, entry: Entry) -> str:
        """Return a decision that changed, with its values before and after."""
        was, now = (self.value(entry.name, v) for v in (entry.was, entry.now))
        return self.word("from_to", self.label(entry.label), was, now)

    def _milestone(self, entry: Entry) -> str:
        deadline, said = self.deadline(entry.name.partition(".")[0]), self.milestone(entry.name)
        parts = [self.word("of", self.label(deadline.label), self.reached(entry)) if deadline else self.reached(entry)]
        parts += [self.word("nth", entry.nth + 1)] if entry.nth is not None and said and said.every else []
        parts += [self.word("to", self.value(said.to if said else None, entry.to))] if entry.to is not None else []
        return " · ".join(parts)

    def by(self, entry: Entry) -> str:
        """Return who did it, or nothing."""
        if entry.kind == "breached":
            return self.owner(entry.name, entry.by)
        said = self.milestone(entry.name)
        return self.value(said.by if said else None, entry.by) if entry.by is not None else ""

    def event(self, name: str) -> str:
        event = self.ruleset.events.get(name)
        return self.label(event.label) if event else clean(name.replace("_", " "))

    def violation(self, found: Violation) -> str:
        why = (VIOLATION[found.kind].in_lang(self.lang), *self.lacks(found))
        return self.word("brackets", self.event(found.event), " · ".join(why))

    def revision(self, found: Revision) -> str:
        """Return a verdict that changed, and when that became known."""
        deadline = self.deadline(found.deadline)
        was, now = (STATUS[v].in_lang(self.lang) if v else self.word("nothing") for v in (found.was, found.now))
        name = self.label(deadline.label) if deadline else clean(found.deadline)
        return f"{self.stamp(found.at)}  {self.word('from_to', name, was, now)}"

    def lacks(self, found: Violation | NextStep) -> Iterable[str]:
        """Yield what is missing, and what must be asked."""
        if found.missing:
            yield self.word("missing", self.listed(self._item(found.step, m) for m in found.missing))
        if found.ask:
            yield self.word("waits", self.listed(self.name(a) for a in found.ask))

    def _item(self, step: str | None, item: str) -> str:
        """Return the label of an item of the checklist that a step asks for, or what it asks for."""
        if item == "state":
            return self.word("other_state")
        steps = self.ruleset.process.steps if self.ruleset.process else {}
        decision = self.ruleset.decisions.get(steps[step].when or "") if step and step in steps else None
        items = decision.items if isinstance(decision, ChecklistDecision) else ()
        found = next((i for i in items if i.id == item), None)
        if found is None or item in self.ruleset.inputs:
            return self.name(item)
        return self.label(found.label) if found.label else condition_words(found.needs, self.ruleset, self.lang)

    def step(self, step: NextStep) -> str:
        """Return a step: what, by whom, where it leads, and what it lacks."""
        to = (self.word("leads_to", self.state(step.to)),) if step.to else ()
        by = self.word("brackets", self.label(step.label), self.roles(step.roles))
        return " · ".join((" ".join((by, *to)), *self.lacks(step)))
