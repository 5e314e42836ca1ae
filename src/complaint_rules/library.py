"""Library: rulesets found by name or path, loaded, checked, and asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from complaint_rules import deciding
from complaint_rules.answers import DecisionResult
from complaint_rules.calendar_data import load_calendar, shipped_calendars
from complaint_rules.check import check
from complaint_rules.clauses import Clause, clauses_path, read_clauses
from complaint_rules.compile import CompiledRuleset, compile_ruleset
from complaint_rules.compile import under as compiled_under
from complaint_rules.dated import versions
from complaint_rules.dates_left import dates_left
from complaint_rules.deadlines import AnyDue, due_dates
from complaint_rules.diagnostics import Diagnostic, FactsError, RulesetError, Severity
from complaint_rules.facts import name_of, read_facts, read_first_facts, read_parameters, wrong_value
from complaint_rules.limits import DEFAULT_LIMITS, Limits
from complaint_rules.loading import load_ruleset
from complaint_rules.log import TIME, read_log
from complaint_rules.overlay import is_overlay, join
from complaint_rules.proving import unproved
from complaint_rules.replayed import Replay
from complaint_rules.replaying import Told, replay_told
from complaint_rules.reporting import FIRST_DAY, LAST_DAY, AnyReport, due_reports
from complaint_rules.reviewing import review
from complaint_rules.ruleset import Ruleset, version_of
from complaint_rules.setting_aside import named, set_aside
from complaint_rules.source import Document, read
from complaint_rules.untested import never_shown, shown_beside
from complaint_rules.values import shown
from complaint_rules.words import Label, suggest
from complaint_rules.worktime import Calendar

_LAYERS = 8
_BESIDE = (".clauses.yaml", ".examples.yaml")


def find_ruleset(name_or_path: str | Path) -> Path:
    """Return the file of a ruleset: a path, or a name in COMPLAINT_RULES_PATH or among the shipped ones.

    Raises:
        RulesetError: there is none.
    """
    given = Path(name_or_path)
    if given.suffix == ".yaml" and given.is_file():
        return given
    name = str(name_or_path)
    for folder in folders():
        if (folder / f"{name}.yaml").is_file() and "/" not in name:
            return folder / f"{name}.yaml"
    raise RulesetError([Diagnostic("CR309", args={"name": name, "suggestion": suggest(name, names())})])


def ruleset_of(file: Path) -> Path | None:
    """Return the ruleset to which a file belongs: itself, or the one it stands beside; None for any other file."""
    beside = next((b for b in _BESIDE if file.name.endswith(b)), None)
    found = file.with_name(f"{file.name.removesuffix(beside)}.yaml") if beside else file
    if found.suffix != ".yaml" or not found.is_file():
        return None
    content = found.read_bytes()
    # By its words, not by its parts: a file that cannot be read is to be said so, not passed over.
    return found if b"ruleset:" in content and b"decisions:" in content else None


def folders() -> Iterator[Path]:
    """Yield the folders in which a ruleset's name is looked up, first come first."""
    if "COMPLAINT_RULES_PATH" in os.environ:
        yield Path(os.environ["COMPLAINT_RULES_PATH"])
    shipped = Path(str(files("complaint_rules"))) / "rulesets"
    yield shipped if shipped.is_dir() else Path(__file__).parents[2] / "rulesets"


def names() -> tuple[str, ...]:
    """Return the names of the rulesets that can be loaded."""
    found = (p.name for f in folders() for p in sorted(f.glob("*.yaml")))
    return tuple(dict.fromkeys(n.removesuffix(".yaml") for n in found if not n.endswith(_BESIDE)))


def read_ruleset(
    name_or_path: str | Path,
    limits: Limits = DEFAULT_LIMITS,
    overlays: Iterable[str | Path] = (),
    at: date | str | None = None,
) -> Ruleset:
    """Return a ruleset, its citations held against the clause indexes beside it; tables unchecked.

    Where it changes over time, this is the version in force `at` a day, else the newest.
    """
    found = read_versions(name_or_path, limits, overlays)
    return found[-1] if at is None else version_of(found, read_day(at))


def read_day(at: object, where: str = "at") -> date:
    """Return a day given as a date or as ISO text; `where` it was given.

    Raises:
        FactsError: it is neither.
    """
    if isinstance(at, date) and not isinstance(at, datetime):
        return at
    try:
        return date.fromisoformat(str(at))
    except ValueError:
        raise FactsError([Diagnostic("CR302", args={"value": at, "expected": "2024-05-06"}, where=where)]) from None


def read_versions(
    name_or_path: str | Path, limits: Limits = DEFAULT_LIMITS, overlays: Iterable[str | Path] = ()
) -> list[Ruleset]:
    """Return the versions of a ruleset, oldest first, with overlays laid over it.

    Raises:
        RulesetError: with every problem of the first version that has any.
    """
    document, files = _document(find_ruleset(name_or_path), limits, overlays)
    return _versions(document, limits, _clauses_beside(files))


def _document(path: Path, limits: Limits, overlays: Iterable[str | Path]) -> tuple[Document, list[Path]]:
    """Return a ruleset file with all overlays laid over what is below it, and the files that it is made of."""
    laid = [overlays] if isinstance(overlays, (str, Path)) else overlays
    files = [*_chain(path, limits), *(_laid(o, limits) for o in laid)]
    document = files[0][1]
    for _, above in files[1:]:
        _check_extends(document, above)
        document = join(document, above)
    return document, [p for p, _ in files]


def _versions(document: Document, limits: Limits, known: Collection[str] | None = None) -> list[Ruleset]:
    found = [load_ruleset(v.document, limits, known, (v.start, v.end)) for v in versions(document)]
    calendar = found[-1].calendar
    if calendar is not None and calendar not in shipped_calendars() and not Path(calendar).is_file():
        words = {"name": calendar, "suggestion": suggest(calendar, shipped_calendars())}
        raise RulesetError([Diagnostic("CR101", document.span(("calendar",)), words)])
    if len(found) > 1 and found[-1].effective.by is None:
        raise RulesetError([Diagnostic("CR005", document.span(("effective",), of_key=True), {"key": "by"})])
    return found


def _chain(path: Path, limits: Limits) -> list[tuple[Path, Document]]:
    """Return a file and before it what it extends."""
    found: list[tuple[Path, Document]] = []
    while not found or is_overlay(found[0][1]):
        if len(found) > _LAYERS:
            span = found[0][1].span(("extends",))
            raise RulesetError([Diagnostic("CR008", span, {"what": Label("叠加层数", "overlays"), "most": _LAYERS})])
        if found:
            path = _below(*found[0])
        found.insert(0, (path, read(path.read_bytes(), str(path), limits)))
    return found


def _below(path: Path, document: Document) -> Path:
    name = str(document.root["extends"])
    beside = path.with_name(f"{name}.yaml")
    return beside if beside.is_file() and beside != path else find_ruleset(name)


def _laid(file: str | Path, limits: Limits) -> tuple[Path, Document]:
    named = (f / "overlays" / f"{file}.yaml" for f in folders() if "/" not in str(file))
    path = next((p for p in (Path(file), *named) if p.is_file()), None)
    if path is None:
        raise RulesetError([Diagnostic("CR309", args={"name": str(file)})])
    document = read(path.read_bytes(), str(path), limits)
    if not is_overlay(document):
        raise RulesetError([Diagnostic("CR005", document.span(()), {"key": "extends"})])
    return path, document


def _check_extends(below: Document, above: Document) -> None:
    known = (str(below.root.get("ruleset")), *below.overlays) if isinstance(below.root, dict) else ()
    if above.root["extends"] not in known:
        words = {"value": above.root["extends"], "expected": " / ".join(known)}
        raise RulesetError([Diagnostic("CR103", above.span(("extends",)), words)])


def clause_index(name_or_path: str | Path, overlays: Iterable[str | Path] = ()) -> dict[str, Clause]:
    """Return the clauses in the indexes beside a ruleset and what it is made of, by id; none without an index."""
    files = [p for p, _ in _chain(find_ruleset(name_or_path), DEFAULT_LIMITS)]
    return _clauses_beside([*files, *map(Path, overlays)]) or {}


def ruleset_files(name_or_path: str | Path, overlays: Iterable[str | Path] = ()) -> list[Path]:
    """Return the files of which a ruleset is made: what it extends, itself, and what is laid over it."""
    return [*(p for p, _ in _chain(find_ruleset(name_or_path), DEFAULT_LIMITS)), *map(Path, overlays)]


def _clauses_beside(paths: Iterable[Path]) -> dict[str, Clause] | None:
    indexes = [clauses_path(p) for p in paths if clauses_path(p).is_file()]
    return {i: clause for index in indexes for i, clause in read_clauses(index).items()} if indexes else None


def load(
    name_or_path: str | Path,
    *,
    parameters: Mapping[str, Any] | None = None,
    assumptions: bool = True,
    overlays: Iterable[str | Path] = (),
    at: date | str | None = None,
) -> CompiledRuleset:
    """Return a ruleset ready to decide, by name (`"bank"`) or path, with overlay files laid over it.

    `parameters` sets some of its parameters; without `assumptions` those that are assumed are unset. A ruleset that
    changes over time has all its versions, or the one in force `at` a day.

    Raises:
        RulesetError: with every error of the file at once, gaps and overlaps included.
        FactsError: a parameter that the ruleset does not have, a value that it cannot take, or a day outside.
    """
    found = read_versions(name_or_path, DEFAULT_LIMITS, overlays)
    if at is None:
        return _ready(found, parameters, assumptions, DEFAULT_LIMITS)
    return replace(_ready([version_of(found, read_day(at))], parameters, assumptions, DEFAULT_LIMITS), pinned=True)


def load_text(
    text: str,
    file: str = "<text>",
    *,
    parameters: Mapping[str, Any] | None = None,
    assumptions: bool = True,
    limits: Limits = DEFAULT_LIMITS,
) -> CompiledRuleset:
    """Return a ruleset given as text, ready to decide; errors as in `load`."""
    return _ready(_versions(read(text, file, limits), limits), parameters, assumptions, limits)


def _ready(
    rulesets: Sequence[Ruleset], parameters: Mapping[str, Any] | None, assumptions: bool, limits: Limits
) -> CompiledRuleset:
    errors = [d for r in rulesets for d in check(r, limits) if d.severity is Severity.ERROR]
    if errors:
        raise RulesetError(list({d.render("en"): d for d in errors}.values()))
    settings = read_parameters(rulesets[-1], parameters or {})
    made: tuple[CompiledRuleset, ...] = ()
    for ruleset in rulesets:
        newest = compile_ruleset(ruleset, parameters=settings, assumptions=assumptions, limits=limits, earlier=made)
        made = (*made, newest)
    return newest


def check_text(
    text: str, file: str = "<text>", limits: Limits = DEFAULT_LIMITS, *, notes: bool = False
) -> list[Diagnostic]:
    """Return every finding about a ruleset given as text, warnings too; with `notes` those as well, and what is accepted."""

    def reading() -> tuple[Document, list[Ruleset]]:
        document = read(text, file, limits)
        return document, _versions(document, limits)

    return _findings(reading, None, limits, notes=notes)


def check_file(
    path: str | Path, limits: Limits = DEFAULT_LIMITS, overlays: Iterable[str | Path] = (), *, notes: bool = False
) -> list[Diagnostic]:
    """Return every finding about a ruleset file, all its versions, and the clauses it cites, warnings too.

    With `notes` those as well, and what the ruleset accepts, each with its reason. Examples beside the file count where no
    overlay is laid over it.
    """

    def reading() -> tuple[Document, list[Ruleset]]:
        document, files = _document(find_ruleset(path), limits, overlays)
        return document, _versions(document, limits, _clauses_beside(files))

    return _findings(reading, None if list(overlays) else Path(path), limits, notes=notes)


def _findings(
    reading: Callable[[], tuple[Document, list[Ruleset]]], path: Path | None, limits: Limits, *, notes: bool
) -> list[Diagnostic]:
    try:
        document, rulesets = reading()
    except RulesetError as error:
        return list(error.diagnostics)
    found: list[Diagnostic] = []
    shown = None
    try:
        shown = shown_beside(path, limits) if path is not None else None
    except RulesetError as error:
        found += error.diagnostics
    for ruleset in rulesets:
        own = [*check(ruleset, limits), *unproved(ruleset, limits)]
        if not any(d.severity is Severity.ERROR for d in own):
            own += [*review(ruleset, shown.expected if shown else (), limits), *never_shown(ruleset, shown)]
        found += named(ruleset.document, own)
    found += named(document, dates_left(document))
    once = list({d.render("en"): d for d in found}.values())
    accepted = set_aside(once, rulesets[-1].accepted)
    return [d for d in accepted if notes or (d.severity is not Severity.NOTE and d.accepted is None)]


_KEPT = 256


def under(
    rules: CompiledRuleset, parameters: Mapping[str, Any] | None = None, *, assumptions: bool | None = None
) -> CompiledRuleset:
    """Return the ruleset under other settings, as they are written; what is not named stays as it was.

    Raises:
        FactsError: a parameter that the ruleset does not have, or a value that it cannot take.
    """
    settings = read_parameters(rules.ruleset, parameters or {})
    key = (frozenset(settings.items()), assumptions)
    if key not in rules.settings:
        if len(rules.settings) >= _KEPT:
            rules.settings.clear()
        rules.settings[key] = compiled_under(rules, settings, assumptions=assumptions)
    return rules.settings[key]


def known_decisions(ruleset: Ruleset, names: Iterable[str]) -> None:
    """Refuse names that are no decisions of the ruleset.

    Raises:
        FactsError: with every unknown name.
    """
    unknown = [n for n in names if n not in ruleset.decisions]
    if unknown:
        words = [{"name": name_of(n), "suggestion": suggest(name_of(n), ruleset.decisions)} for n in unknown]
        raise FactsError([Diagnostic("CR308", args=w) for w in words])


def known_deadlines(ruleset: Ruleset, names: Iterable[str]) -> None:
    """Refuse names that are no deadlines of the ruleset.

    Raises:
        FactsError: with every unknown name.
    """
    unknown = [n for n in names if n not in ruleset.deadlines]
    if unknown:
        words = [{"name": n, "suggestion": suggest(n, ruleset.deadlines)} for n in unknown]
        raise FactsError([Diagnostic("CR308", args=w) for w in words])


def decide(
    rules: CompiledRuleset,
    facts: Mapping[str, Any],
    *,
    parameters: Mapping[str, Any] | None = None,
    assumptions: bool | None = None,
    only: Collection[str] | None = None,
    at: date | str | None = None,
) -> DecisionResult:
    """Return what the ruleset says about a complaint's facts, with reasons and what is still unknown.

    `facts` are JSON-like values by input name (docs/language.md, Types); `only` names the decisions wanted.
    A ruleset that changes over time is taken as it was `at` a day, by default that of the fact it names.

    Raises:
        FactsError: with every wrong parameter, else every unknown decision, else every unknown or wrong fact.
    """
    if parameters is not None or assumptions is not None:
        rules = under(rules, parameters, assumptions=assumptions)
    if only is not None:
        known_decisions(rules.ruleset, only)
    return deciding.decide(rules, read_facts(rules.ruleset, facts), only=only, at=None if at is None else read_day(at))


def due(
    rules: CompiledRuleset,
    facts: Mapping[str, Any],
    *,
    only: Collection[str] | None = None,
    calendar: str | Path | None = None,
    strict: bool = False,
) -> dict[str, AnyDue]:
    """Return what the ruleset's deadlines come to for a complaint, each with its arithmetic day by day.

    `calendar` (a shipped one or a file) takes the place of the ruleset's; with `strict` a due instant beyond the days
    that it covers is undetermined instead of provisional.

    Raises:
        FactsError: with every unknown deadline, else every unknown or wrong fact.
        RulesetError: the calendar cannot be read.
    """
    ruleset = rules.ruleset
    known_deadlines(ruleset, only or ())
    read = read_facts(ruleset, facts)
    if not ruleset.deadlines:
        return {}
    return due_dates(rules, read, load_calendar(calendar or str(ruleset.calendar)), only=only, strict=strict)


def reports_due(
    rules: CompiledRuleset,
    since: date | str,
    until: date | str,
    *,
    only: Collection[str] | None = None,
    calendar: str | Path | None = None,
    strict: bool = False,
) -> tuple[AnyReport, ...]:
    """Return the ruleset's reports whose last day is one of these, both included, the earliest first.

    `calendar` (a shipped one or a file) takes the place of the ruleset's; with `strict` a due instant beyond the days
    that it covers is undetermined instead of provisional. Reports of which the last day is not known stand at the end.

    Raises:
        FactsError: an unknown report, a day that is none, or one outside what calendars reach.
        RulesetError: the calendar cannot be read.
    """
    ruleset = rules.ruleset
    unknown = [{"name": n, "suggestion": suggest(n, ruleset.reports)} for n in only or () if n not in ruleset.reports]
    if unknown:
        raise FactsError([Diagnostic("CR322", args=w) for w in unknown])
    first = _day_from(FIRST_DAY, since, "since")
    last = _day_from(first, until, "until")
    used = calendar or ruleset.calendar
    read = load_calendar(used) if used else _without_calendar(ruleset)
    return due_reports(rules, read, first, last, only=only, strict=strict)


def _day_from(low: date, at: object, where: str) -> date:
    """Return a day that is not before another, and that calendars reach."""
    day = read_day(at, where)
    if not low <= day <= LAST_DAY:
        raise FactsError([Diagnostic("CR304", args={"value": day, "low": low, "high": LAST_DAY}, where=where)])
    return day


def _without_calendar(ruleset: Ruleset) -> Calendar:
    """Return the days of the ruleset's time zone, of which none is known to be worked."""
    return Calendar(ruleset.time_zone, ((),) * 7)


def replay(
    rules: CompiledRuleset,
    facts: Mapping[str, Any],
    events: Iterable[Mapping[str, Any]],
    *,
    now: datetime,
    related: Iterable[Mapping[str, Any]] = (),
    only: Collection[str] | None = None,
    calendar: str | Path | None = None,
) -> Replay:
    """Return a complaint's life up to `now`: what is owed, was met or missed, followed, may happen next.

    `events` are entries `{event, at, id?, recorded_at?, by?, facts?, corrects?, retracts?}` in any order; `related` are events of
    other complaints with the facts by which they count. `only` names the decisions wanted in the result. See docs/replay.md.

    Raises:
        FactsError: with everything that is wrong with the facts and the logs, each by its place.
        RulesetError: the calendar cannot be read.
    """
    wrong = wrong_value(now, TIME, "now")
    if wrong or not isinstance(now, datetime):
        expected = {"value": shown(now), "expected": "2024-05-06T09:00:00+08:00"}
        raise FactsError(wrong or [Diagnostic("CR302", args=expected, where="now")])
    ruleset = rules.ruleset
    read, problems = _all_read(
        lambda: read_first_facts(ruleset, facts), lambda: read_log(ruleset, events),
        lambda: read_log(ruleset, related, "related", of_others=True),
    )  # fmt: skip
    if problems:
        raise FactsError(problems)
    first, log, others = read
    used = _without_calendar(ruleset) if ruleset.calendar is None else load_calendar(ruleset.calendar)
    return replay_told(
        rules, Told(first, log, others), load_calendar(calendar) if calendar else used, now=now, only=only
    )


def _all_read(*readers: Callable[[], Any]) -> tuple[list[Any], list[Diagnostic]]:
    """Return what each reader read, and everything that is wrong."""
    found: list[Any] = []
    problems: list[Diagnostic] = []
    for reader in readers:
        try:
            found.append(reader())
        except FactsError as error:
            problems += error.diagnostics
    return found, problems
