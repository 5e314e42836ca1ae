"""Typed: what is typed on a command line, as values: which ruleset is meant, its settings, the facts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from complaint_rules.answers import DecisionResult
from complaint_rules.compile import CompiledRuleset
from complaint_rules.diagnostics import Diagnostic, FactsError, RulesetError
from complaint_rules.domains import Domain
from complaint_rules.example_file import Example, examples_path, read_examples
from complaint_rules.facts import raw_of_text
from complaint_rules.library import decide as decide_facts
from complaint_rules.library import find_ruleset, load, read_day, read_ruleset
from complaint_rules.limits import DEFAULT_LIMITS
from complaint_rules.ruleset import Ruleset
from complaint_rules.words import Label, Lang, suggest

STDIN = "(standard input)"
RulesetName = Annotated[str, Parameter(help="name of a shipped ruleset, or a path")]
FactsFile = Annotated[str | None, Parameter(help="JSON file with the facts, or - for standard input")]
ExamplesFile = Annotated[str | None, Parameter(help="the file of examples; by default the one beside the ruleset")]
Language = Annotated[Lang, Parameter(help="language of labels and messages")]
Json = Annotated[bool, Parameter(name="--json", negative=(), help="print as JSON")]


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Laid:
    """Which ruleset is meant, besides its name."""

    overlay: Annotated[tuple[Path, ...], Parameter(negative=(), help="a file with what differs, laid over it")] = ()
    at: Annotated[str | None, Parameter(help="the day, 2024-05-06, whose version is meant; the newest by default")] = (
        None
    )

    @property
    def day(self) -> date | None:
        return None if self.at is None else read_day(self.at, "--at")

    def ruleset(self, name: str | Path) -> Ruleset:
        return read_ruleset(name, overlays=self.overlay, at=self.day)


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Case:
    """What is said about a complaint besides the file of its facts."""

    set_: Annotated[
        tuple[str, ...], Parameter(name="--set", negative=(), help="a fact as name=value (a set as name=a,b)")
    ] = ()
    param: Annotated[tuple[str, ...], Parameter(negative=(), help="a parameter as name=value")] = ()
    no_assumptions: Annotated[bool, Parameter(negative=(), help="leave assumed parameters unset")] = False
    only: Annotated[tuple[str, ...], Parameter(negative=(), help="a decision that is wanted; all by default")] = ()


NO_CASE, AS_WRITTEN = Case(), Laid()


def facts_of(ruleset: Ruleset, file: str | None, settings: Sequence[str]) -> Any:
    """Return the facts of the file with those of the line over them, not yet validated."""
    if file is None and not settings:
        problem = Label("请给出 JSON 文件、-（标准输入）或 --set 事实=值", "give a JSON file, - or --set fact=value")
        raise FactsError([Diagnostic("CR310", args={"problem": problem})])
    facts = json_of(file) if file is not None else {}
    given = settings_of(_by_id(settings, ruleset), {n: i.type.domain for n, i in ruleset.inputs.items()}, "CR301")
    return {**facts, **given} if isinstance(facts, dict) else facts


def _by_id(settings: Sequence[str], ruleset: Ruleset) -> Iterator[str]:
    """Yield `fact=value` with ids for the labels that people may have written instead."""
    names = {label: n for n, i in ruleset.inputs.items() for label in (i.label.zh, i.label.en)}
    for pair in settings:
        written, sign, text = pair.partition("=")
        name = written if written in ruleset.inputs else names.get(written, written)
        labels = ruleset.inputs[name].type.labels if name in ruleset.inputs else {}
        ids = {label: v for v, words in labels.items() for label in (words.zh, words.en)}
        yield f"{name}{sign}" + (",".join(ids.get(t.strip(), t) for t in text.split(",")) if ids else text)


def json_of(file: str) -> Any:
    """Return the JSON of a file or of standard input; numbers keep their digits, and no name is given twice.

    Raises:
        FactsError: it is none.
    """
    try:
        return json.loads(
            _content(file).decode("utf-8-sig"), parse_float=Decimal, parse_int=_whole,
            parse_constant=_no_number, object_pairs_hook=_no_duplicates,
        )  # fmt: skip
    except (ValueError, RecursionError, InvalidOperation) as error:
        raise FactsError([Diagnostic("CR310", args={"problem": str(error)}, where=file)]) from error


def _content(file: str) -> bytes:
    """Return what a file or standard input holds, if that is not too much."""
    most = DEFAULT_LIMITS.bytes
    try:
        with nullcontext(sys.stdin.buffer) if file == STDIN else Path(file).open("rb") as source:
            content = source.read(most + 1)
    except OSError as error:
        raise FactsError([Diagnostic("CR309", args={"name": file}, where=file)]) from error
    if len(content) > most:
        raise FactsError([Diagnostic("CR008", args={"what": Label("大小", "size"), "most": most}, where=file)])
    return content


def _whole(text: str) -> int | Decimal:
    """Return a JSON integer; one too long to be meant is left to the validation, which refuses it."""
    return int(text) if len(text) <= DEFAULT_LIMITS.number_length else Decimal(text)


def _no_number(text: str) -> Any:
    raise ValueError(f"`{text}` is no JSON number")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [n for n, _ in pairs]
        raise ValueError(f"`{next(n for n in names if names.count(n) > 1)}` is given twice")
    return found


def settings_of(pairs: Iterable[str], domains: Mapping[str, Domain], unknown: str) -> dict[str, Any]:
    """Return `name=value` pairs as JSON values: a set is `a,b`, and `null` is not given."""
    problems: list[Diagnostic] = []
    found: dict[str, Any] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not sign:
            problem = Label(f"`{pair}` 应写成 名称=值", f"`{pair}` is not name=value")
            problems.append(Diagnostic("CR310", args={"problem": problem}))
        elif name not in domains:
            problems.append(Diagnostic(unknown, args={"name": name, "suggestion": suggest(name, domains)}, where=pair))
        else:
            found[name] = None if text == "null" else raw_of_text(text, domains[name])
    if problems:
        raise FactsError(problems)
    return found


def decided(ruleset: str, facts: str | None, case: Case, laid: Laid) -> tuple[CompiledRuleset, DecisionResult]:
    rules = loaded(ruleset, case, laid)
    return rules, decide_facts(rules, facts_of(rules.ruleset, facts, case.set_), only=case.only or None)


def loaded(ruleset: str, case: Case, laid: Laid) -> CompiledRuleset:
    domains = {n: p.type.domain for n, p in laid.ruleset(ruleset).parameters.items()}
    parameters = settings_of(case.param, domains, "CR307")
    return load(ruleset, parameters=parameters, assumptions=not case.no_assumptions, overlays=laid.overlay, at=laid.day)


def examples_of(ruleset: str, file: str | None, laid: Laid) -> tuple[CompiledRuleset, Path, tuple[Example, ...]]:
    """Return a ruleset and its examples: those of a file, by default of the one beside it."""
    path = find_ruleset(ruleset)
    rules = load(path, overlays=laid.overlay, at=laid.day)
    beside = Path(file) if file else examples_path(path)
    if not beside.is_file():
        raise RulesetError([Diagnostic("CR309", args={"name": str(beside)})])
    return rules, beside, read_examples(beside, rules.ruleset)
