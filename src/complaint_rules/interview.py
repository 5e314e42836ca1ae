"""Interview: asks only what still matters, best question first, until the wanted decisions are settled."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any

from complaint_rules.answers import Decided, DecisionResult, Missing, Undetermined
from complaint_rules.compile import CompiledRuleset
from complaint_rules.deciding import Plan, Standing, Steps, decide, in_force, plan_of, resting_on
from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.domains import ABSENT, Enumeration, ListOf, Members, Ordered, Text, Truth
from complaint_rules.facts import raw_of_text, read_facts
from complaint_rules.library import known_decisions
from complaint_rules.render import admissible_words, value_words
from complaint_rules.ruleset import Input
from complaint_rules.values import YES, to_json
from complaint_rules.words import Label, Lang

_WORK = 250  # steps settled again to find the best question


@dataclass(frozen=True, slots=True)
class Choice:
    """A listed value of a fact: as JSON, and as people say it."""

    value: Any
    label: Label


@dataclass(frozen=True, slots=True)
class Question:
    """A fact to ask: what may be answered, and how many open decisions are `waiting` for it.

    `choices` are empty where no values are listed; `several` of them may hold at once for a set,
    and the answer to an `open` list may be another. Of an `optional` fact there may be none.
    """

    name: str
    label: Label
    kind: Label
    choices: tuple[Choice, ...]
    several: bool
    open: bool
    unit: str
    optional: bool
    waiting: int


@dataclass(frozen=True)
class Interview:
    """What is known of a complaint so far, and what to ask next.

    An optional fact that was neither given nor said to be `absent` is unknown here, although its
    absence is an answer in `decide`: nobody has said it yet. Facts in `unsure` stay unknown.
    """

    rules: CompiledRuleset
    wanted: tuple[str, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()

    @cached_property
    def question(self) -> Question | None:
        """The best question, or None where nothing that can be asked still matters.

        Where the ruleset has several versions, the day that chooses one comes first. Then
        a fact is asked only if an open wanted decision waits for it. The best is the one expected
        to settle most of them: each listed value is tried (of a set, none and each alone), all
        count as equally likely. A fact without listed values, or past the budget of work, settles
        what waits for nothing else. Ties go to the one that leaves fewest facts to ask, then to the
        one that most decisions wait for, then to the order of the file.
        """
        day = self.rules.ruleset.effective.by
        if len(self._versions) > 1 and day is not None and self.may_ask(day):
            return _question(self.rules.ruleset.inputs[day], len(self.wanted))
        waiting = Counter(n for a in self._open for n in a.ask if self.may_ask(n))
        if not waiting:
            return None
        best = _best(self, waiting)
        return _question(self.rules.ruleset.inputs[best], waiting[best])

    def answered(self, raw: object) -> Interview:
        """Return the interview with this answer to its question; None says that there is none.

        Raises:
            FactsError: the fact cannot have this value.
        """
        name = self._asked()
        if raw is not None:
            facts = {**self.facts, **read_facts(self.rules.ruleset, {name: raw})}
            in_force(self.rules, facts)  # a day on which nothing is in force is refused here
            return replace(self, facts=facts)
        fact = self.rules.ruleset.inputs[name]
        if not fact.optional:
            raise FactsError([Diagnostic("CR302", args={"value": "null", "expected": _kind(fact)}, where=name)])
        return replace(self, absent=self.absent | {name})

    def skipped(self) -> Interview:
        """Return the interview after a question that nobody can answer: it is not asked again."""
        return replace(self, unsure=self.unsure | {self._asked()})

    @property
    def result(self) -> DecisionResult:
        """What the ruleset says so far; an optional fact of which nothing was said could have any value."""
        result = decide(self.rules, self.facts, only=self._only)
        if len(self._versions) > 1:
            return result
        answers = {n: self.standing.answers[n] for n in self.plan.wanted}
        waiting = Counter(n for a in self._open for n in a.ask)
        return replace(
            result,
            decisions=MappingProxyType(answers),
            ask=tuple(sorted(waiting, key=lambda n: (-waiting[n], self._place(n)))),
            unset=tuple(dict.fromkeys(n for a in self._open for n in a.unset)),
            parties={n: p for n, p in result.parties.items() if isinstance(answers[n], Decided)},
        )

    @property
    def facts_json(self) -> dict[str, Any]:
        """The facts as `decide` and `begin` take them; null is a fact that there is none of."""
        given = {**self.facts, **dict.fromkeys(self.absent)}
        return {n: to_json(given[n]) for n in self.rules.ruleset.inputs if n in given}

    def _asked(self) -> str:
        if self.question is None:
            raise ValueError("there is nothing to ask")
        return self.question.name

    def may_ask(self, name: str) -> bool:
        """Report whether nothing was said of this fact yet."""
        return not (name in self.facts or name in self.absent or name in self.unsure)

    def _place(self, name: str) -> int:
        return list(self.rules.ruleset.inputs).index(name)

    @property
    def plan(self) -> Plan:
        """What deciding the wanted decisions takes."""
        return plan_of(self._versions[-1], self._only)

    @property
    def _versions(self) -> tuple[CompiledRuleset, ...]:
        """The versions that could be in force, the newest last."""
        return in_force(self.rules, self.facts)

    @property
    def _only(self) -> tuple[str, ...] | None:
        return None if len(self.wanted) == len(self.rules.ruleset.decisions) else self.wanted

    @cached_property
    def standing(self) -> Standing:
        """All values and answers so far."""
        inputs = self.rules.ruleset.inputs
        unsaid = {n: _unknown(n) for n, i in inputs.items() if i.optional and n not in self.absent}
        start = Standing({**self.plan.blank, **unsaid, **self.facts}, {})
        return start.after(self.plan.steps)

    @property
    def _open(self) -> list[Undetermined]:
        return self.standing.open(self.plan.wanted)


def begin(
    rules: CompiledRuleset, facts: Mapping[str, Any] | None = None, *, only: Collection[str] | None = None
) -> Interview:
    """Return the interview about a complaint of which these facts are known.

    null as an optional fact says that there is none; `only` names the decisions wanted.

    Raises:
        FactsError: with every unknown decision, else every unknown or wrong fact.
    """
    ruleset, raw = rules.ruleset, facts or {}
    known_decisions(ruleset, only or ())
    read = read_facts(ruleset, raw)
    absent = frozenset(n for n, value in raw.items() if value is None and ruleset.inputs[n].optional)
    return Interview(rules, tuple(n for n in ruleset.decisions if only is None or n in only), read, absent)


@lru_cache(maxsize=4096)
def _unknown(name: str) -> Missing:
    """Return the one Missing of this fact: settlers remember by identity."""
    return Missing(ask=(name,))


# --- the best question -----------------------------------------------------------------------------


def _best(interview: Interview, waiting: Mapping[str, int]) -> str:
    """Return the fact to ask; see `Interview.question`."""
    inputs, left = interview.rules.ruleset.inputs, _WORK
    place = {n: i for i, n in enumerate(inputs)}
    promises: list[tuple[tuple[float, float, int, int], str]] = []
    for name in sorted(waiting, key=lambda n: (-waiting[n], place[n])):
        values, steps = _values(inputs[name]), resting_on((name,), interview.plan.steps)
        work = len(values) * len(steps)
        tried = 0 < work <= left
        left -= work if tried else 0
        settles, rest = _expected(interview, steps, name, values) if tried else _sure(interview, name, waiting)
        promises.append(((-settles, rest, -waiting[name], place[name]), name))
    return min(promises)[1]


def _values(fact: Input) -> tuple[Any, ...]:
    """Return a value for each answer that a listed fact can have; none for the others."""
    absent = (ABSENT,) if fact.optional else ()
    match fact.type.domain:
        case Truth():
            return (True, False, *absent)
        case Enumeration(values, open=is_open):
            return (*values, *(("",) if is_open else ()), *absent)
        case Text():
            return ("", *absent)
        case Members(values):
            return (frozenset(), *(frozenset({v}) for v in values)) if values else ()
        case Ordered() | ListOf():
            return ()


def _expected(interview: Interview, steps: Steps, name: str, values: Sequence[Any]) -> tuple[float, float]:
    """Return how many open decisions an answer settles, and how many facts are left to ask, on average."""
    plan, now = interview.plan, interview.standing
    open_now = len(now.open(plan.wanted))
    opens = [now.after(steps, {name: v}).open(plan.wanted) for v in values]
    settled = sum(open_now - len(answers) for answers in opens)
    left = sum(len({n for a in answers for n in a.ask if interview.may_ask(n)}) for answers in opens)
    return settled / len(values), left / len(values)


def _sure(interview: Interview, name: str, waiting: Mapping[str, int]) -> tuple[float, float]:
    """Return the same where no value is tried."""
    open_now = interview.standing.open(interview.wanted)
    return float(sum(a.ask == (name,) and not a.unset for a in open_now)), float(len(waiting) - 1)


def _question(fact: Input, waiting: int) -> Question:
    domain = fact.type.domain
    listed: tuple[Any, ...] = ()
    match domain:
        case Truth():
            listed = (True, False)
        case Enumeration(values):
            listed = values
        case Members(values):
            listed = values or ()
        case _:
            pass
    choices = tuple(_choice(v, fact) for v in listed)
    unit = fact.type.unit or fact.type.currency
    several = isinstance(domain, Members)
    is_open = isinstance(domain, (Enumeration, Members)) and domain.open
    return Question(fact.name, fact.label, _kind(fact), choices, several, is_open, unit, fact.optional, waiting)


def _choice(value: Any, fact: Input) -> Choice:
    return Choice(value, _both(lambda lang: value_words(value, fact.type, lang)))


def _kind(fact: Input) -> Label:
    return _both(lambda lang: admissible_words(fact.type, lang))


def _both(say: Callable[[Lang], str]) -> Label:
    return Label(say("zh"), say("en"))


# --- in text ---------------------------------------------------------------------------------------

_SAYS: Mapping[str, Label] = {
    "question": Label("{}（{}）", "{} ({})"),
    "waiting": Label("，{} 项判定待此", ", {} decisions wait for this"),
    "kind": Label("  应答：{}", "  answer: {}"),
    "one": Label("  应答：编号、代码或名称；? 不知道", "  answer: number, id or label; ? not known"),
    "several": Label(
        "  应答：编号、代码或名称，可多项（1,3）；空行 一项也没有；? 不知道",
        "  answer: numbers, ids or labels (1,3); empty line: none of them; ? not known",
    ),
    "members": Label(
        "  应答：逐项写出，以逗号分隔；空行 一项也没有；? 不知道",
        "  answer: one after another, between commas; empty line: none; ? not known",
    ),
    "open": Label("；未列出的照写", "; or another one in your words"),
    "unsure": Label("；? 不知道", "; ? not known"),
    "absent": Label("；空行 没有", "; empty line: there is none"),
}
_SEPARATORS = re.compile(r"[,，、;；]")


def run(interview: Interview, read: Callable[[], str], write: Callable[[str], None], lang: Lang = "zh") -> Interview:
    """Ask until all is settled or `read` has no more lines, and return how far it came.

    `read` gives the next line, and raises EOFError (as `input` does) or StopIteration (as an iterator
    does) after the last one. A line is the number, the id or a label of a listed value, or the value;
    `?` is not known; an empty line is that there is none: of an optional fact, or of the members of a
    set. An answer that is refused is asked again.
    """
    while interview.question is not None:
        write("\n".join(question_lines(interview.question, lang)))
        try:
            interview = told(interview, read())
        except FactsError as error:
            write(error.render(lang))
        except (EOFError, StopIteration):
            break
    return interview


def question_lines(question: Question, lang: Lang) -> Iterator[str]:
    """Yield a question as people read it: the fact, its numbered values, how to answer."""
    title = _SAYS["question"].in_lang(lang).format(question.label.in_lang(lang), question.name)
    yield title + (_SAYS["waiting"].in_lang(lang).format(question.waiting) if question.waiting > 1 else "")
    for number, choice in enumerate(question.choices, 1):
        label = choice.label.in_lang(lang)
        yield f"  {number} {label}" if isinstance(choice.value, bool) else f"  {number} {label} ({choice.value})"
    yield "".join(_hints(question, lang))


def _hints(question: Question, lang: Lang) -> Iterator[str]:
    if question.several:
        yield _SAYS["several" if question.choices else "members"].in_lang(lang)
    elif question.choices:
        yield _SAYS["one"].in_lang(lang)
    else:
        yield _SAYS["kind"].in_lang(lang).format(question.kind.in_lang(lang)) + _SAYS["unsure"].in_lang(lang)
    if question.choices and question.open:
        yield _SAYS["open"].in_lang(lang)
    if question.optional:
        yield _SAYS["absent"].in_lang(lang)


def told(interview: Interview, line: str) -> Interview:
    """Return the interview after a line of text as the answer to its question.

    Raises:
        FactsError: the line is no answer.
    """
    question, plain = interview.question, unicodedata.normalize("NFKC", line).strip()
    if question is None or plain == "?":
        return interview.skipped()
    if question.several:
        return interview.answered(_members(question, line.strip()))
    if not plain:
        return interview.answered(None)
    return interview.answered(_raw(interview, question, line.strip()))


def _members(question: Question, line: str) -> list[Any]:
    """Return the members that a line names: a label that holds a comma, or a list."""
    whole = _chosen(question, line)
    if whole is not None:
        return [whole.value]
    parts = [p.strip() for p in _SEPARATORS.split(line.removeprefix("[").removesuffix("]"))]
    found = [(p, _chosen(question, p)) for p in parts if p]
    return [_unlisted(p, question) if choice is None else choice.value for p, choice in found]


def _raw(interview: Interview, question: Question, line: str) -> object:
    choice = _chosen(question, line)
    if choice is not None:
        return choice.value
    domain = interview.rules.ruleset.inputs[question.name].type.domain
    if isinstance(domain, Truth):
        raise _not_listed(line, question)
    if isinstance(domain, (Text, Enumeration)):
        return _unlisted(line, question)
    return raw_of_text(unicodedata.normalize("NFKC", line), domain)


def _chosen(question: Question, line: str) -> Choice | None:
    """Return the choice with this id, else with this label, else with this number."""
    plain = _folded(line)
    for said in (_ids, _labels):
        for choice in question.choices:
            if plain in said(choice):
                return choice
    number = int(plain) if plain.isdecimal() and len(plain) < 4 else 0
    return question.choices[number - 1] if 0 < number <= len(question.choices) else None


def _ids(choice: Choice) -> set[str]:
    if isinstance(choice.value, bool):
        return {text for text, value in YES.items() if value is choice.value}
    return {_folded(choice.value)}


def _labels(choice: Choice) -> set[str]:
    return {_folded(choice.label.zh), _folded(choice.label.en)}


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _unlisted(line: str, question: Question) -> str:
    """Return a line that names no choice; where there are choices, a mere number was meant as one.

    Raises:
        FactsError: there is no such choice.
    """
    if question.choices and _folded(line).isdecimal():
        raise _not_listed(line, question)
    return line


def _not_listed(line: str, question: Question) -> FactsError:
    known = tuple(c.label if isinstance(c.value, bool) else c.value for c in question.choices)
    return FactsError([Diagnostic("CR303", args={"value": line, "known": known}, where=question.name)])
