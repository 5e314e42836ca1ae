"""Commands about time: due and reports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Annotated
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from complaint_rules.compile import CompiledRuleset
from complaint_rules.course import Deadline
from complaint_rules.deadline import DayStep, Due
from complaint_rules.deadlines import AnyDue, DueAnswer, NotDue, Promptly, due_json
from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.library import due as due_of
from complaint_rules.library import read_day, reports_due
from complaint_rules.printed import (
    FINDINGS,
    HEADINGS,
    OK,
    day_words,
    parameter_line,
    print_aside,
    print_json,
    print_lines,
)
from complaint_rules.render import joined, name_words, who_words
from complaint_rules.reporting import AnyReport, ReportDue, report_json
from complaint_rules.ruleset import Ruleset
from complaint_rules.typed import (
    AS_WRITTEN,
    NO_CASE,
    Case,
    FactsFile,
    Json,
    Laid,
    Language,
    RulesetName,
    facts_of,
    loaded,
)
from complaint_rules.words import Label, Lang

_UNITS = {
    "minute": Label("分钟", "minutes"),
    "hour": Label("小时", "hours"),
    "business_hour": Label("个工作小时", "business hours"),
    "working_day": Label("个工作日", "working days"),
    "calendar_day": Label("日", "days"),
    "week": Label("周", "weeks"),
    "month": Label("个月", "months"),
}
_WORDS = {
    "from": Label("自 {} 起 {} {}", "from {}: {} {}"),
    "start": Label("起算日，不计入", "the start, not counted"),
    "weekend": Label("休息日", "weekend"),
    "moved": Label("顺延至", "moved to"),
    "day": Label("第 {} 日", "day {}"),
    "not": Label("不计", "not counted"),
    "promptly": Label("立即（未规定具体时限）", "promptly; no number is laid down"),
    "none": Label("未规定期限", "no limit is laid down"),
    "not_needed": Label("不适用", "does not apply"),
    "provisional": Label("日历尚未公布到此，暂定", "provisional: the calendar does not cover it"),
    "beyond": Label("日历尚未公布到此", "the calendar does not cover it"),
    "no deadlines": Label("`{}` 没有时限（deadlines）", "`{}` has no deadlines"),
    "owner": Label("责任方", "owner"),
    "no reports": Label("`{}` 没有报告（reports）", "`{}` has no reports"),
    "about": Label("{}：{}（{} 至 {}）", "{}: {} ({} to {})"),
    "no recipient": Label("未写明报给谁", "nobody is named"),
    "nil": Label("无事项也须报送", "owed also where there is nothing to report"),
    "no nil": Label("无事项可不报送", "not owed where there is nothing to report"),
    "parts": Label("内容", "parts"),
}


CalendarInPlace = Annotated[str | None, Parameter(help="a shipped calendar or a file, in place of the ruleset's")]
StrictCalendar = Annotated[
    bool,
    Parameter(negative=(), help="what lies beyond the days that the calendar covers is undetermined, not provisional"),
]


def due(
    ruleset: RulesetName,
    facts: FactsFile = None,
    /,
    *,
    start: Annotated[
        str | None,
        Parameter(
            help="an instant, 2024-03-08T10:00, from which every limit is reckoned whose own start is not among the facts"
        ),
    ] = None,
    calendar: CalendarInPlace = None,
    strict_calendar: StrictCalendar = False,
    case: Case = NO_CASE,
    laid: Laid = AS_WRITTEN,
    lang: Language = "en",
    json: Json = False,
) -> int:
    """Say when each time limit of a complaint ends, day by day."""
    rules = loaded(ruleset, case, laid)
    if not rules.ruleset.deadlines:
        print_aside(_WORDS["no deadlines"].in_lang(lang).format(rules.ruleset.id))
        return FINDINGS
    given = facts_of(rules.ruleset, facts, case.set_) if facts or case.set_ else {}
    if start is not None and isinstance(given, dict):
        given = {**dict.fromkeys(_starts(rules), _instant(start, rules.ruleset)), **given}
    found = due_of(rules, given, only=case.only or None, calendar=calendar, strict=strict_calendar)
    if json:
        print_json({n: due_json(a) for n, a in found.items()})
    else:
        print_lines(*(line for n, a in found.items() for line in _lines(rules, n, a, lang)))
    return FINDINGS if any(a.status == "undetermined" for a in found.values()) else OK


def _starts(rules: CompiledRuleset) -> Iterable[str]:
    for deadline in rules.ruleset.deadlines.values():
        name = deadline.reckoning["start"]
        yield str(rules.parameters.get(name, name))


def _instant(text: str, ruleset: Ruleset) -> str:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        words = {"value": text, "expected": "2024-03-08T10:00"}
        raise FactsError([Diagnostic("CR302", args=words, where="--start")]) from None
    return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(ruleset.time_zone))).isoformat()


def _lines(rules: CompiledRuleset, name: str, answer: AnyDue, lang: Lang) -> Iterable[str]:
    ruleset = rules.ruleset
    deadline = ruleset.deadlines[name]
    title = f"{name} {deadline.label.in_lang(lang)}"
    match answer:
        case DueAnswer(found, start, terms, _, rests_on):
            yield f"{title}: {_until(found, lang)}"
            unit = _UNITS[terms.unit].in_lang(lang)
            yield f"    {_WORDS['from'].in_lang(lang).format(start.isoformat(' ', 'minutes'), terms.amount, unit)}"
            yield from (f"    {line}" for line in _arithmetic(found.steps, lang))
            yield f"    {' · '.join((*_owner(ruleset, deadline, answer, lang), *answer.because))}"
            yield from (f"    {parameter_line(ruleset.parameters[n], v, lang)}" for n, v in rests_on.items())
        case Promptly():
            yield f"{title}: {_WORDS['promptly'].in_lang(lang)}"
            yield f"    {' · '.join((*_owner(ruleset, deadline, answer, lang), *answer.because))}"
        case NotDue(applies):
            yield f"{title}: {_WORDS['none' if applies else 'not_needed'].in_lang(lang)}"
        case _:
            beyond = [_WORDS["beyond"].in_lang(lang)] if answer.beyond_calendar else []
            waits = joined([*(name_words(ruleset, n, lang) for n in answer.ask), *answer.unset, *beyond], lang)
            yield f"{title}: {HEADINGS['undetermined'].in_lang(lang)}; {HEADINGS['waits'].in_lang(lang)} {waits}"


def _until(found: Due, lang: Lang) -> str:
    """Return a due instant, and that it may change."""
    return f"{found}" + (f" ({_WORDS['provisional'].in_lang(lang)})" if found.provisional else "")


def _owner(ruleset: Ruleset, deadline: Deadline, answer: DueAnswer | Promptly, lang: Lang) -> Iterable[str]:
    """Yield who must keep the limit, or that it is not decided; nothing where nobody is named."""
    if deadline.owner is not None:
        known = answer.owner is not None
        who = (
            who_words(ruleset, deadline.owner, answer.owner, lang) if known else HEADINGS["undetermined"].in_lang(lang)
        )
        yield f"{_WORDS['owner'].in_lang(lang)} {who}"


def _arithmetic(steps: Iterable[DayStep], lang: Lang) -> Iterable[str]:
    """Yield the days, those that are skipped for the same reason as one stretch."""
    for why, group in groupby(steps, key=lambda s: (s.why, s.count)):
        days = list(group)
        first, last = day_words(days[0].day), day_words(days[-1].day)
        stretch = first if len(days) == 1 else f"{first} – {last}"
        yield f"{stretch}  {_said(*why, lang)}"


def _said(why: str, count: int | None, lang: Lang) -> str:
    if count is not None:
        return _WORDS["day"].in_lang(lang).format(count)
    reason = _WORDS[why].in_lang(lang) if why in _WORDS else why
    return reason if why in ("start", "moved") else f"{_WORDS['not'].in_lang(lang)}: {reason}"


# --- reports -----------------------------------------------------------------------------------------


def reports(
    ruleset: RulesetName,
    /,
    *,
    since: Annotated[str, Parameter(help="the first day, 2024-01-01")],
    until: Annotated[str, Parameter(help="the last day, included")],
    only: Annotated[tuple[str, ...], Parameter(negative=(), help="a report that is wanted; all by default")] = (),
    param: Annotated[tuple[str, ...], Parameter(negative=(), help="a parameter as name=value")] = (),
    calendar: CalendarInPlace = None,
    strict_calendar: StrictCalendar = False,
    laid: Laid = AS_WRITTEN,
    lang: Language = "en",
    json: Json = False,
) -> int:
    """List the reports that fall due between two days: on what, by whom, to whom, until when."""
    rules = loaded(ruleset, Case(param=param), laid)
    if not rules.ruleset.reports:
        print_aside(_WORDS["no reports"].in_lang(lang).format(rules.ruleset.id))
        return FINDINGS
    days = read_day(since, "--since"), read_day(until, "--until")
    found = reports_due(rules, *days, only=only or None, calendar=calendar, strict=strict_calendar)
    if json:
        print_json([report_json(a) for a in found])
    else:
        print_lines(*(line for a in found for line in _report(rules.ruleset, a, lang)))
    return FINDINGS if any(a.status == "undetermined" for a in found) else OK


def _report(ruleset: Ruleset, answer: AnyReport, lang: Lang) -> Iterable[str]:
    report, period = answer.report, answer.period
    title, words = f"{report.name} {report.label.in_lang(lang)}", _WORDS["about"].in_lang(lang)
    match answer:
        case ReportDue(due=found, rests_on=rests_on):
            yield words.format(_until(found, lang), title, period.start, period.end)
            steps = [s for s in found.steps if s.why and s.why != "start"]
            yield from (f"    {line}" for line in _arithmetic(steps, lang))
            yield from (f"    {parameter_line(ruleset.parameters[n], v, lang)}" for n, v in rests_on.items())
        case _:
            beyond = [_WORDS["beyond"].in_lang(lang)] if answer.beyond_calendar else []
            waits = joined([*answer.unset, *beyond], lang)
            yield words.format(HEADINGS["undetermined"].in_lang(lang), title, period.start, period.end)
            yield f"    {HEADINGS['waits'].in_lang(lang)} {waits}"
    by, *to = (report.parties[p].in_lang(lang) for p in (report.by, *report.to))
    recipients = joined(to, lang) if to else _WORDS["no recipient"].in_lang(lang)
    nil = {None: (), True: (_WORDS["nil"].in_lang(lang),), False: (_WORDS["no nil"].in_lang(lang),)}[report.nil_return]
    yield f"    {' · '.join((f'{by} → {recipients}', *nil, *report.because))}"
    if report.parts:
        yield f"    {_WORDS['parts'].in_lang(lang)}: {joined((p.in_lang(lang) for p in report.parts.values()), lang)}"
