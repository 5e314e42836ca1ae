"""The command watch: entries of many complaints in, one JSON object a line; escalations and retractions out, likewise."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.domains import Ordered
from complaint_rules.monitor import Backend, Monitor
from complaint_rules.printed import OK, print_aside, printable
from complaint_rules.render import joined, name_words
from complaint_rules.typed import AS_WRITTEN, STDIN, Case, Laid, Language, RulesetName, loaded
from complaint_rules.values import BadValueError, from_text

_LONG_AGO = datetime.min.replace(tzinfo=UTC, year=1900)
EventsFile = Annotated[
    str, Parameter(help='file of lines {"complaint", "event", "at", …} or {"now": …}, or - for standard input')
]


def watch(
    ruleset: RulesetName,
    events: EventsFile,
    /,
    *,
    now: Annotated[str | None, Parameter(help="at the end let time pass up to this instant")] = None,
    correlation: Annotated[Backend, Parameter(help="native, durable (durable-rules), or shadow: both")] = "native",
    lateness: Annotated[str | None, Parameter(help="nothing comes later than this, as P7D; bounds the memory")] = None,
    state: Annotated[Path | None, Parameter(help="go on where this file stopped, and keep the state in it")] = None,
    param: Annotated[tuple[str, ...], Parameter(negative=(), help="a parameter as name=value")] = (),
    no_assumptions: Annotated[bool, Parameter(negative=(), help="leave assumed parameters unset")] = False,
    laid: Laid = AS_WRITTEN,
    lang: Language = "en",
) -> int:
    """Count over many complaints: say when a trigger fires, and when what became known later undoes it."""
    rules = loaded(ruleset, Case(param=param, no_assumptions=no_assumptions), laid)
    if state is not None and state.is_file():
        monitor = Monitor.restore(rules, _object(state.read_text("utf-8"), str(state)), correlation=correlation)
    else:
        monitor = Monitor(rules, correlation=correlation, lateness=_duration(lateness))
    with ExitStack() as stack:
        stack.callback(monitor.close)
        if state is not None:
            stack.callback(_save, monitor, state)
        for number, (where, line) in enumerate(_lines(events)):
            if number >= monitor.fed:
                _take(monitor, line, where)
        if now is not None:
            _say(monitor, [], _instant(now, "--now"))
    for trigger, unset in monitor.silent.items():
        print_aside(f"{trigger}: {', '.join(unset)} ?")
    for found in monitor.open:
        asked = joined([*(name_words(rules.ruleset, n, lang) for n in found.ask), *found.unset], lang)
        print_aside(f"{found.complaint} {found.trigger} {found.event}: {found.problem or asked} ?")
    return OK


def _lines(file: str) -> Iterator[tuple[str, str]]:
    """Yield each line that is not blank, with its place."""
    with ExitStack() as stack:
        stream = sys.stdin if file == STDIN else stack.enter_context(Path(file).open(encoding="utf-8-sig"))
        for number, line in enumerate(stream, start=1):
            if line.strip():
                yield f"{file}:{number}", line


def _take(monitor: Monitor, line: str, where: str) -> None:
    entry = _object(line, where)
    try:
        if entry.keys() == {"now"}:
            _say(monitor, [], _instant(entry["now"], "now"))
        else:
            _say(monitor, [entry], _known_at(entry))
    except FactsError as error:
        raise FactsError([replace(d, where=f"{where} {d.where}") for d in error.diagnostics]) from None


def _say(monitor: Monitor, entries: list[Mapping[str, Any]], now: datetime) -> None:
    for signal in monitor.feed(entries, now=now):
        print(printable(json.dumps(signal.to_dict(), ensure_ascii=False)), flush=True)


def _known_at(entry: Mapping[str, Any]) -> datetime:
    """Return when an entry became known; where it does not say so properly, feeding it will tell."""
    try:
        return _instant(entry.get("recorded_at") or entry.get("at"), "at")
    except FactsError:
        return _LONG_AGO


def _instant(text: Any, where: str) -> datetime:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        words = {"value": text, "expected": "2024-05-06T10:00:00+08:00"}
        raise FactsError([Diagnostic("CR302", args=words, where=where)])
    return found


def _duration(text: str | None) -> timedelta | None:
    try:
        found: timedelta | None = None if text is None else from_text(text, Ordered("duration"))
    except BadValueError as error:
        raise FactsError([Diagnostic(error.code, args=error.args_of, where="--lateness")]) from None
    return found


def _object(text: str, where: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FactsError([Diagnostic("CR310", args={"problem": str(error)}, where=where)]) from None
    if not isinstance(found, dict):
        raise FactsError([Diagnostic("CR310", args={"problem": text.strip()[:40]}, where=where)])
    return found


def _save(monitor: Monitor, file: Path) -> None:
    """Keep the state, whole or not at all."""
    beside = file.with_name(f"{file.name}.new")
    beside.write_text(json.dumps(monitor.snapshot()), "utf-8")
    beside.replace(file)
