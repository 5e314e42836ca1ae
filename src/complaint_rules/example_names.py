"""Example names: a title for an example that nobody has written: what is so, and what follows from it."""

from __future__ import annotations

from collections.abc import Container, Iterator

from complaint_rules.example_file import Example, Expectation
from complaint_rules.example_life import ExampleLife
from complaint_rules.render import answer_words, name_words, value_words, word
from complaint_rules.ruleset import Ruleset
from complaint_rules.timeline_words import STATUS

_FACTS, _EVENTS, _LONG = 3, 2, 40


def title(ruleset: Ruleset, example: Example, used: Container[str]) -> str:
    """Return a Chinese title that is not used yet: the facts or what happened, then what is expected."""
    said = [*_led(ruleset, example), *_expected(ruleset, example)]
    name = "，".join(said[: _FACTS + 2])
    numbered = (name if n == 1 else f"{name}（{n}）" for n in range(1, 100_000))
    return next(n for n in numbered if n not in used)


def _led(ruleset: Ruleset, example: Example) -> Iterator[str]:
    life = example.life
    if example.many is not None:
        yield f"{len({e['complaint'] for e in example.many.entries})} 件投诉"
    if life is None or not life.events:
        facts = list(example.given.items())[:_FACTS]
        yield from (
            f"{name_words(ruleset, n, 'zh')}：{_short(value_words(v, ruleset.type_of(n), 'zh'))}" for n, v in facts
        )
        return
    labels = [ruleset.events[h.event].label.zh for h in life.events if h.event and h.event in ruleset.events]
    yield f"{'、'.join(_short(x) for x in labels[-_EVENTS:])}之后"


def _expected(ruleset: Ruleset, example: Example) -> Iterator[str]:
    for name, expected in example.expect.items():
        yield f"{ruleset.decisions[name].label.zh}为{_short(_value(ruleset, name, expected))}"
        return
    for name, due in example.due.items():
        yield f"{ruleset.deadlines[name].label.zh}至 {due}"
        return
    if example.life is not None:
        yield from _of_life(ruleset, example.life)
    for name, said in list(example.many.escalations.items())[:1] if example.many else ():
        words = f"{said['times']} 次" if "times" in said else f"报 {said.get('to')}"
        yield f"{ruleset.triggers[name].label.zh} {words}"


def _of_life(ruleset: Ruleset, life: ExampleLife) -> Iterator[str]:
    for name, said in life.obligations.items():
        status = said.get("status")
        others = _short("、".join(f"{k} {v}" for k, v in said.items()))
        words = STATUS[status].zh if status is not None else others
        yield f"{ruleset.deadlines[name].label.zh}：{words}"
        return
    if life.state is not None and ruleset.process:
        yield f"{ruleset.process.states[life.state].label.zh}"
    elif life.violations is not None:
        broken = [ruleset.events[v].label.zh if v in ruleset.events else v for v in life.violations]
        yield f"{'、'.join(broken)}不合步骤" if broken else "都合步骤"
    for name, times in list(life.happened.items())[:1]:
        yield f"{_event(ruleset, name)} {times} 次"


def _event(ruleset: Ruleset, name: str) -> str:
    if name in ruleset.events:
        return ruleset.events[name].label.zh
    head, _, tail = name.partition(".")
    deadline = ruleset.deadlines[head]
    milestone = next((m.label.zh for m in deadline.milestones if m.name == tail), None)
    return f"{deadline.label.zh}{milestone or {'met': '完成', 'breached': '逾期'}.get(tail, tail)}"


def _value(ruleset: Ruleset, name: str, expected: Expectation) -> str:
    match expected.status:
        case "decided":
            return answer_words(ruleset, name, expected.value, "zh")
        case "not_regulated":
            return word("not_regulated", "zh")
        case "undetermined" | "any":
            return "未定"


def _short(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"
