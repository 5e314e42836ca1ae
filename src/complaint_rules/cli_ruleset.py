"""Commands about a ruleset: facts, show, test, coverage and clauses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from complaint_rules.clauses import clause_map, clauses_path, ledger_ids
from complaint_rules.coverage import coverage
from complaint_rules.coverage_words import coverage_json, coverage_text
from complaint_rules.diagnostics import Diagnostic, FactsError, RulesetError
from complaint_rules.examples import run_examples, unreached_rules
from complaint_rules.facts import facts_schema
from complaint_rules.library import clause_index, find_ruleset
from complaint_rules.printed import (
    FINDINGS,
    HEADINGS,
    OK,
    head_line,
    parameter_line,
    print_json,
    print_lines,
    section,
)
from complaint_rules.render import decision_sheet, fact_line, html_page, markdown, terminal
from complaint_rules.typed import AS_WRITTEN, ExamplesFile, Json, Laid, Language, RulesetName, examples_of
from complaint_rules.words import Lang, suggest


def facts(
    ruleset: RulesetName,
    /,
    *,
    schema: Annotated[bool, Parameter(negative=(), help="print the JSON Schema of the facts")] = False,
    laid: Laid = AS_WRITTEN,
    lang: Language = "en",
    json: Json = False,
) -> int:
    """List the facts that a ruleset needs, and what each may be."""
    read = laid.ruleset(ruleset)
    if schema or json:
        print_json(facts_schema(read))
    else:
        print_lines(head_line(read, lang))
        print_lines(*section("facts", [fact_line(read, n, lang) for n in read.inputs], lang))
        parameters = [parameter_line(p, p.value, lang) for p in read.parameters.values()]
        print_lines(*section("parameters", parameters, lang))
    return OK


def show(
    ruleset: RulesetName,
    decision: Annotated[str | None, Parameter(help="the decision wanted; all by default")] = None,
    /,
    *,
    format: Annotated[  # noqa: A002 - the option's name
        Literal["terminal", "markdown", "html"], Parameter(help="terminal, markdown or html")
    ] = "terminal",
    laid: Laid = AS_WRITTEN,
    lang: Language = "en",
    json: Json = False,
) -> int:
    """Show decisions as tables for people."""
    read = laid.ruleset(ruleset)
    if decision is not None and decision not in read.decisions:
        words = {"name": decision, "suggestion": suggest(decision, read.decisions)}
        raise FactsError([Diagnostic("CR308", args=words)])
    sheets = [decision_sheet(read, n, lang) for n in ([decision] if decision else read.decisions)]
    if json:
        print_json([{"title": s.title, "columns": s.columns, "rows": s.rows, "notes": s.notes} for s in sheets])
    elif format == "html":
        print(html_page(sheets, read.title.in_lang(lang), lang))
    elif format == "markdown":
        print("\n\n".join(markdown(s) for s in sheets))
    else:
        terminal(sheets)
    return OK


def run_beside(
    ruleset: RulesetName,
    examples: ExamplesFile = None,
    /,
    *,
    laid: Laid = AS_WRITTEN,
    lang: Language = "en",
    json: Json = False,
) -> int:
    """Run a ruleset's examples and explain each failure cell by cell."""
    rules, file, read = examples_of(ruleset, examples, laid)
    outcomes = run_examples(rules, read)
    failed = [o for o in outcomes if o.failures]
    unreached = unreached_rules(rules.ruleset, outcomes)
    if json:
        print_json(
            [
                {"example": o.example.name, "at": str(o.example.span), "failures": [f.render(lang) for f in o.failures]}
                for o in failed
            ]
        )
    else:
        for outcome in failed:
            print_lines(outcome.render(lang))
        if unreached:
            print_lines(f"{HEADINGS['unreached'].in_lang(lang)}: {', '.join(unreached)}")
        words = ("个例子", "个不符") if lang == "zh" else ("examples", "failed")
        print(f"{file.name}: {len(outcomes)} {words[0]}, {len(failed)} {words[1]}")
    return FINDINGS if failed else OK


def covered(
    ruleset: RulesetName,
    examples: ExamplesFile = None,
    /,
    *,
    counts: Annotated[bool, Parameter(negative=(), help="only how much is shown, not what is missing")] = False,
    laid: Laid = AS_WRITTEN,
    lang: Language = "en",
    json: Json = False,
) -> int:
    """Say what a ruleset's examples show of its rules, cells, items, limits, milestones and events."""
    rules, _, read = examples_of(ruleset, examples, laid)
    found = coverage(rules, read)
    if json:
        print_json(coverage_json(found))
    else:
        print_lines(coverage_text(found, rules.ruleset, lang, missing=not counts))
    return FINDINGS if found.missing else OK


def clauses(
    ruleset: RulesetName,
    /,
    *,
    ledger: Annotated[
        Path | None, Parameter(help="a folder with an outside list of clauses, RULESET.yaml, to compare the index with")
    ] = None,
    laid: Laid = AS_WRITTEN,
    lang: Language = "en",
    json: Json = False,
) -> int:
    """Show where each clause is encoded, which are advice to staff only, and which are missing."""
    read, index = laid.ruleset(ruleset), clause_index(ruleset, laid.overlay)
    if not index:
        raise RulesetError([Diagnostic("CR309", args={"name": clauses_path(find_ruleset(ruleset)).name})])
    found = clause_map(read, index)
    listed = ledger_ids(ledger, read.id) if ledger else {}
    absent = [i for i in listed if i not in index]
    extra = [i for i in index if i not in listed] if ledger else []
    if json:
        print_json({
            "encoded": found.encoded, "conduct": found.conduct, "missing": found.missing,
            "rules_without_clause": found.uncited, "not_in_index": absent, "not_in_ledger": extra,
        })  # fmt: skip
    else:
        for clause, places in found.encoded.items():
            print_lines(f"{clause}  {index[clause].at}  → {', '.join(places)}")
        _clause_list("conduct only" if lang == "en" else "仅为行为准则", found.conduct, index, lang)
        _clause_list("missing" if lang == "en" else "尚未编码", found.missing, index, lang)
        _plain_list("rules without a clause" if lang == "en" else "没有引用条款的规则", found.uncited)
        _plain_list("not in the index" if lang == "en" else "索引中没有", absent)
        _plain_list(HEADINGS["not_in_ledger"].in_lang(lang), extra)
        counts = (read.id, len(index), len(found.encoded), len(found.conduct), len(found.missing))
        print(HEADINGS["clauses"].in_lang(lang).format(*counts))
    return FINDINGS if found.missing or found.uncited or absent or extra else OK


def _clause_list(title: str, ids: Sequence[str], index: Mapping[str, Any], lang: Lang) -> None:
    _plain_list(title, [f"{i}  {index[i].at}  {index[i].says.in_lang(lang)}" for i in ids])


def _plain_list(title: str, lines: Sequence[str]) -> None:
    if lines:
        print_lines(f"\n{title} ({len(lines)}):", *(f"  {line}" for line in lines))
