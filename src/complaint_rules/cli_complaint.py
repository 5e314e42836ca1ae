"""Commands about a complaint: decide, explain and ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter

from complaint_rules.answers import DecisionResult
from complaint_rules.compile import CompiledRuleset
from complaint_rules.contrast import why_not as find_why_not
from complaint_rules.contrast_words import explain_why_not
from complaint_rules.deciding import spoken_in
from complaint_rules.interview import begin, run
from complaint_rules.library import clause_index
from complaint_rules.printed import (
    FINDINGS,
    OK,
    answer_lines,
    exit_code,
    head_line,
    print_aside,
    print_json,
    print_lines,
)
from complaint_rules.prose import explain as explain_result
from complaint_rules.typed import (
    AS_WRITTEN,
    NO_CASE,
    Case,
    FactsFile,
    Json,
    Laid,
    Language,
    RulesetName,
    decided,
    facts_of,
    loaded,
)
from complaint_rules.values import to_json
from complaint_rules.words import Lang


def decide(
    ruleset: RulesetName,
    facts: FactsFile = None,
    /,
    *,
    case: Case = NO_CASE,
    laid: Laid = AS_WRITTEN,
    lang: Language = "en",
    json: Json = False,
) -> int:
    """Say what the procedure says about a complaint."""
    rules, result = decided(ruleset, facts, case, laid)
    if json:
        print(result.to_json())
    else:
        print_lines(*answer_lines(rules, result, lang))
    return exit_code(result)


def explain(
    ruleset: RulesetName,
    facts: FactsFile = None,
    /,
    *,
    case: Case = NO_CASE,
    laid: Laid = AS_WRITTEN,
    why_not: Annotated[
        tuple[str, ...],
        Parameter(
            name="--why-not",
            negative=(),
            help="DECISION=VALUE or DECISION=RULE: why it is not that, and the nearest change with which it would be",
        ),
    ] = (),
    lang: Language = "en",
    json: Json = False,
) -> int:
    """Say why, in prose: the rules that decided, their clauses, what the answer rests on."""
    rules, result = decided(ruleset, facts, case, laid)
    if why_not:
        return _explain_why_not(rules, result, [w.partition("=")[::2] for w in why_not], lang, json=json)
    prose = explain_result(
        result, rules, lang, case.only or None, {i: c.at for i, c in clause_index(ruleset, laid.overlay).items()}
    )
    if json:
        print_json({"prose": prose, **result.to_dict()})
    else:
        print_lines(head_line(spoken_in(result, rules).ruleset, lang), "", prose)
    return exit_code(result)


def _explain_why_not(
    rules: CompiledRuleset, result: DecisionResult, wanted: Sequence[tuple[str, str]], lang: Lang, *, json: bool
) -> int:
    given = to_json(result.facts)
    found = [find_why_not(rules, given, decision, value) for decision, value in wanted]
    if json:
        print_json([w.to_dict() for w in found])
    else:
        print_lines("\n\n".join(explain_why_not(w, rules, lang) for w in found))
    return FINDINGS if any(w.status == "undetermined" for w in found) else OK


def ask(
    ruleset: RulesetName,
    facts: FactsFile = None,
    /,
    *,
    case: Case = NO_CASE,
    laid: Laid = AS_WRITTEN,
    lang: Language = "en",
    json: Json = False,
) -> int:
    """Ask for the facts that still matter, best question first, until all is decided; each answer is a line of input."""
    rules = loaded(ruleset, case, laid)
    known = facts_of(rules.ruleset, facts, case.set_) if facts or case.set_ else {}
    asked = run(begin(rules, known, only=case.only or None), input, print_aside if json else print_lines, lang)
    if json:
        print_json({"given": asked.facts_json, **asked.result.to_dict()})
    else:
        print_lines("", *answer_lines(rules, asked.result, lang))
    return exit_code(asked.result)
