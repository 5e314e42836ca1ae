"""Library: rulesets found by name or path, loaded, checked, and asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from complaint_rules import deciding
from complaint_rules.answers import DecisionResult
from complaint_rules.check import check
from complaint_rules.clauses import clauses_path, read_clauses
from complaint_rules.compile import CompiledRuleset, compile_ruleset
from complaint_rules.diagnostics import Diagnostic, FactsError, RulesetError, Severity
from complaint_rules.facts import name_of, read_facts, read_parameters
from complaint_rules.limits import DEFAULT_LIMITS, Limits
from complaint_rules.loading import load_ruleset
from complaint_rules.ruleset import Ruleset
from complaint_rules.source import read
from complaint_rules.words import suggest

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


def read_ruleset(name_or_path: str | Path, limits: Limits = DEFAULT_LIMITS) -> Ruleset:
    """Return a ruleset, its citations held against the clause index beside it; tables unchecked."""
    path = find_ruleset(name_or_path)
    index = clauses_path(path)
    known = read_clauses(index).keys() if index.is_file() else None
    return load_ruleset(read(path.read_bytes(), str(path), limits), limits, known)


def references(name_or_path: str | Path) -> dict[str, str]:
    """Return the place in the source of each clause in the index beside a ruleset; none without an index."""
    index = clauses_path(find_ruleset(name_or_path))
    return {i: c.at for i, c in read_clauses(index).items()} if index.is_file() else {}


def load(
    name_or_path: str | Path, *, parameters: Mapping[str, Any] | None = None, assumptions: bool = True
) -> CompiledRuleset:
    """Return a ruleset ready to decide, by name (`"bank"`) or path.

    `parameters` sets some of its parameters; without `assumptions` those that are assumed are unset.

    Raises:
        RulesetError: with every error of the file at once, gaps and overlaps included.
        FactsError: a parameter that the ruleset does not have, or a value that it cannot take.
    """
    return _ready(read_ruleset(name_or_path), parameters, assumptions, DEFAULT_LIMITS)


def load_text(
    text: str,
    file: str = "<text>",
    *,
    parameters: Mapping[str, Any] | None = None,
    assumptions: bool = True,
    limits: Limits = DEFAULT_LIMITS,
) -> CompiledRuleset:
    """Return a ruleset given as text, ready to decide; errors as in `load`."""
    return _ready(load_ruleset(read(text, file, limits), limits), parameters, assumptions, limits)


def _ready(
    ruleset: Ruleset,
    parameters: Mapping[str, Any] | None,
    assumptions: bool,
    limits: Limits,
) -> CompiledRuleset:
    errors = [d for d in check(ruleset, limits) if d.severity is Severity.ERROR]
    if errors:
        raise RulesetError(errors)
    settings = read_parameters(ruleset, parameters or {})
    return compile_ruleset(ruleset, parameters=settings, assumptions=assumptions, limits=limits)


def check_text(text: str, file: str = "<text>", limits: Limits = DEFAULT_LIMITS) -> list[Diagnostic]:
    """Return every finding about a ruleset given as text, warnings too."""
    return _findings(lambda: load_ruleset(read(text, file, limits), limits), limits)


def check_file(path: Path, limits: Limits = DEFAULT_LIMITS) -> list[Diagnostic]:
    """Return every finding about a ruleset file and the clauses it cites, warnings too."""
    return _findings(lambda: read_ruleset(path, limits), limits)


def _findings(reading: Callable[[], Ruleset], limits: Limits) -> list[Diagnostic]:
    try:
        return check(reading(), limits)
    except RulesetError as error:
        return list(error.diagnostics)


_SETTINGS: dict[Any, CompiledRuleset] = {}
_KEPT = 256


def under(
    rules: CompiledRuleset, parameters: Mapping[str, Any] | None = None, *, assumptions: bool | None = None
) -> CompiledRuleset:
    """Return the ruleset under other settings; what is not named stays as it was.

    Raises:
        FactsError: a parameter that the ruleset does not have, or a value that it cannot take.
    """
    ruleset = rules.ruleset
    settings = {n: rules.parameters.get(n) for n in rules.overrides} | read_parameters(ruleset, parameters or {})
    kept = rules.assumptions if assumptions is None else assumptions
    key = (ruleset.content_hash, frozenset(settings.items()), kept, rules.limits)
    if key not in _SETTINGS:
        if len(_SETTINGS) >= _KEPT:
            _SETTINGS.clear()
        _SETTINGS[key] = compile_ruleset(ruleset, parameters=settings, assumptions=kept, limits=rules.limits)
    return _SETTINGS[key]


def known_decisions(ruleset: Ruleset, names: Iterable[str]) -> None:
    """Refuse names that are no decisions of the ruleset.

    Raises:
        FactsError: with every unknown name.
    """
    unknown = [n for n in names if n not in ruleset.decisions]
    if unknown:
        words = [{"name": name_of(n), "suggestion": suggest(name_of(n), ruleset.decisions)} for n in unknown]
        raise FactsError([Diagnostic("CR308", args=w) for w in words])


def decide(
    rules: CompiledRuleset,
    facts: Mapping[str, Any],
    *,
    parameters: Mapping[str, Any] | None = None,
    assumptions: bool | None = None,
    only: Collection[str] | None = None,
) -> DecisionResult:
    """Return what the ruleset says about a complaint's facts, with reasons and what is still unknown.

    `facts` are JSON-like values by input name (docs/language.md, Types); `only` names the decisions wanted.

    Raises:
        FactsError: with every wrong parameter, else every unknown decision, else every unknown or wrong fact.
    """
    if parameters is not None or assumptions is not None:
        rules = under(rules, parameters, assumptions=assumptions)
    if only is not None:
        known_decisions(rules.ruleset, only)
    return deciding.decide(rules, read_facts(rules.ruleset, facts), only=only)
