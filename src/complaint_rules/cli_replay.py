"""Commands about a complaint over time: replay and timeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from complaint_rules.compile import CompiledRuleset
from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.library import replay as replay_case
from complaint_rules.printed import FINDINGS, OK, head_line, parameter_line, print_json, print_lines
from complaint_rules.replayed import Obligation, Replay
from complaint_rules.ruleset import Ruleset
from complaint_rules.timeline import timeline_html, timeline_svg, timeline_text
from complaint_rules.timeline_text import after_lines
from complaint_rules.timeline_voice import Voice
from complaint_rules.timeline_words import STATUS
from complaint_rules.typed import (
    AS_WRITTEN,
    NO_CASE,
    Case,
    Json,
    Laid,
    Language,
    RulesetName,
    json_of,
    loaded,
    settings_of,
)
from complaint_rules.words import Label, Lang, suggest

_PARTS = ("facts", "events", "related")
CaseFile = Annotated[
    str,
    Parameter(help='JSON file {"facts": {…}, "events": [{"event", "at", …}], "related": […]}, or - for standard input'),
]


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class When:
    """The instant asked about, and the calendar by which time is reckoned."""

    now: Annotated[str, Parameter(help="the instant asked about, 2024-05-06T10:00; without offset it is local time")]
    calendar: Annotated[str | None, Parameter(help="a shipped calendar or a file, in place of the ruleset's")] = None

    def instant(self, ruleset: Ruleset) -> datetime:
        try:
            found = datetime.fromisoformat(self.now)
        except ValueError:
            words = {"value": self.now, "expected": "2024-05-06T10:00"}
            raise FactsError([Diagnostic("CR302", args=words, where="--now")]) from None
        return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(ruleset.time_zone))


def replay(
    ruleset: RulesetName,
    life: CaseFile,
    /,
    *,
    when: When,
    case: Case = NO_CASE,
    laid: Laid = AS_WRITTEN,
    lang: Language = "en",
    json: Json = False,
) -> int:
    """Say what a complaint's life has come to: what is owed, late, allowed, and next."""
    rules, found = _lived(ruleset, life, when, case, laid)
    if json:
        print_json(found.to_dict())
    else:
        print_lines(*_lines(rules.ruleset, found, lang))
    return FINDINGS if found.violations or any(_is_finding(o) for o in found.obligations.values()) else OK


def timeline(
    ruleset: RulesetName,
    life: CaseFile,
    /,
    *,
    when: When,
    to: Annotated[
        Path | None, Parameter(help="write the picture to a file, .html or .svg; the terminal by default")
    ] = None,
    width: Annotated[int, Parameter(help="how many columns the terminal has")] = 100,
    case: Case = NO_CASE,
    laid: Laid = AS_WRITTEN,
    lang: Language = "zh",
) -> int:
    """Draw a complaint's life: clocks as bars, pauses, breaches, reminders, upgrades."""
    rules, found = _lived(ruleset, life, when, case, laid)
    if to is None:
        print_lines(timeline_text(found, rules.ruleset, lang, width))
        return OK
    pictures = {".html": timeline_html, ".svg": timeline_svg}
    if to.suffix not in pictures:
        raise FactsError([Diagnostic("CR302", args={"value": str(to), "expected": ".html / .svg"}, where="--to")])
    to.write_text(pictures[to.suffix](found, rules.ruleset, lang), "utf-8")
    print_lines(str(to))
    return OK


def _lived(ruleset: str, life: str, when: When, case: Case, laid: Laid) -> tuple[CompiledRuleset, Replay]:
    rules = loaded(ruleset, case, laid)
    parts = _parts_of(json_of(life), life)
    facts = {**parts.get("facts", {}), **settings_of(
        case.set_, {n: i.type.domain for n, i in rules.ruleset.inputs.items()}, "CR301"
    )} if case.set_ else parts.get("facts", {})  # fmt: skip
    return rules, replay_case(
        rules, facts, parts.get("events", []), now=when.instant(rules.ruleset), related=parts.get("related", []),
        only=case.only or None, calendar=when.calendar,
    )  # fmt: skip


def _parts_of(life: Any, where: str) -> Mapping[str, Any]:
    """Return the parts of a case file; anything else in it is refused."""
    if not isinstance(life, dict):
        problem = Label('应为 {"facts": …, "events": …}', 'it should be {"facts": …, "events": …}')
        raise FactsError([Diagnostic("CR310", args={"problem": problem}, where=where)])
    unknown = [k for k in life if k not in _PARTS]
    if unknown:
        raise FactsError(
            [
                Diagnostic("CR004", args={"key": k, "known": _PARTS, "suggestion": suggest(k, _PARTS)}, where=k)
                for k in unknown
            ]
        )
    return life


def _is_finding(owed: Obligation) -> bool:
    return owed.status in ("overdue", "undetermined")


def _lines(ruleset: Ruleset, found: Replay, lang: Lang) -> Iterator[str]:
    voice = Voice.at(found.now, ruleset, lang)
    yield head_line(ruleset, lang)
    if found.state is not None:
        yield voice.word("of", voice.word("state"), voice.state(found.state))
    if found.next:
        names = voice.listed(map(voice.happening, found.next.names))
        yield voice.word("of", voice.word("at", voice.word("next"), voice.stamp(found.next.at)), names)
    yield from ("", voice.word("obligations"))
    for owed in found.obligations.values():
        yield from (f"  {line}" for line in _owed(owed, voice))
    if found.violations:
        yield from ("", voice.word("violations"))
        yield from (f"  {voice.stamp(v.at)}  {voice.violation(v)}" for v in found.violations)
    rests_on = {n: v for owed in found.obligations.values() if owed.runs for n, v in owed.rests_on.items()}
    if rests_on:
        yield from ("", voice.word("rests_on"))
        yield from (f"  {parameter_line(ruleset.parameters[n], v, lang)}" for n, v in rests_on.items())
    yield from after_lines(found, voice)


def _title(owed: Obligation, voice: Voice) -> str:
    label = voice.label(owed.label)
    return owed.name if label in (owed.name, owed.name.replace("_", " ")) else f"{owed.name} {label}"


def _owed(owed: Obligation, voice: Voice) -> Iterator[str]:
    """Yield what a time limit comes to, and below it whose it is and by which clause."""
    run = owed.run
    due = voice.word("promptly") if owed.promptly else voice.due(run) if run else ""
    due += voice.word("provisional") if run and run.provisional else ""
    yield "  ".join(filter(None, (f"{_title(owed, voice)}: {STATUS[owed.status].in_lang(voice.lang)}", due)))
    times = {"met": run.met_at, "breached": run.breached_at} if run else {}
    said = [voice.word("at", voice.word(k), voice.stamp(at)) for k, at in times.items() if at]
    left = [voice.word("at", voice.word("left"), voice.length(owed.left))] if owed.left is not None else []
    who = [voice.word("at", voice.word("owner"), voice.owner(owed.name, owed.owner))] if owed.owner is not None else []
    waits = (
        [voice.word("waits", voice.listed([*map(voice.name, owed.ask), *owed.unset]))] if owed.ask or owed.unset else []
    )
    parts = [*who, *said, *left, *waits, *owed.because]
    yield from ["    " + " · ".join(parts)] if parts else []
