"""Command line: decide, explain, facts, show, check, test and clauses; results on stdout, problems on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, CycloptsError, Parameter

from complaint_rules import __version__
from complaint_rules.check import check as check_ruleset
from complaint_rules.clauses import clause_map, clauses_path, ledger_ids, read_clauses
from complaint_rules.compile import CompiledRuleset
from complaint_rules.deciding import Decided, DecisionResult, NotRegulated, Undetermined
from complaint_rules.diagnostics import ComplaintRulesError, Diagnostic, FactsError, RulesetError, Severity
from complaint_rules.domains import Domain, Members
from complaint_rules.examples import examples_path, read_examples, run_examples
from complaint_rules.facts import facts_schema
from complaint_rules.library import decide as decide_facts
from complaint_rules.library import find_ruleset, load, read_ruleset
from complaint_rules.prose import explain as explain_result
from complaint_rules.prose import party_words
from complaint_rules.render import answer_words, decision_sheet, fact_line, html_page, markdown, terminal
from complaint_rules.ruleset import Ruleset
from complaint_rules.values import BadValueError, from_json, from_text
from complaint_rules.words import Lang, suggest

OK, FINDINGS, BAD_INPUT = 0, 1, 2

app = App(name="complaint-rules", version=__version__, help="Run complaint procedures written as rulesets.")

Pairs = Annotated[list[str], Parameter(negative=())]
Json = Annotated[bool, Parameter(name="--json", negative=())]
Only = Annotated[list[str], Parameter(negative=())]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 ok, 1 findings or undetermined, 2 bad input."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        code = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except ComplaintRulesError as error:
        print(error.render(_lang_of(arguments)), file=sys.stderr)
        return BAD_INPUT
    except CycloptsError as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        return OK
    return code if isinstance(code, int) else OK


def _lang_of(arguments: Sequence[str]) -> Lang:
    return "zh" if "zh" in arguments or "--lang=zh" in arguments else "en"


# --- what is typed -------------------------------------------------------------------------------------


def _facts(ruleset: Ruleset, file: str | None, settings: Sequence[str]) -> dict[str, Any]:
    facts = _read_json(file) if file is not None else {}
    return {**facts, **_settings(settings, {n: i.type.domain for n, i in ruleset.inputs.items()}, "CR301")}


def _read_json(file: str) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8-sig")
        found = json.loads(text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_no_duplicates)
    except OSError as error:
        raise FactsError([Diagnostic("CR309", args={"name": file}, where=file)]) from error
    except (ValueError, RecursionError, InvalidOperation) as error:
        raise FactsError([Diagnostic("CR310", args={"problem": str(error)}, where=file)]) from error
    if not isinstance(found, dict):
        raise FactsError([Diagnostic("CR310", args={"problem": type(found).__name__}, where=file)])
    return found


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [n for n, _ in pairs]
        raise ValueError("duplicate key " + next(n for n in names if names.count(n) > 1))
    return found


def _settings(pairs: Iterable[str], domains: Mapping[str, Domain], unknown: str) -> dict[str, Any]:
    """Return `name=value` pairs as values; a set is `a,b`."""
    problems: list[Diagnostic] = []
    found: dict[str, Any] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if name not in domains or not sign:
            problems.append(Diagnostic(unknown, args={"name": name, "suggestion": suggest(name, domains)}, where=pair))
            continue
        try:
            found[name] = _typed(text, domains[name])
        except BadValueError as error:
            problems.append(Diagnostic(error.code, args=error.args_of, where=pair))
    if problems:
        raise FactsError(problems)
    return found


def _typed(text: str, domain: Domain) -> Any:
    if isinstance(domain, Members):
        return from_json([m.strip() for m in text.split(",") if m.strip()], domain)
    return from_text(text, domain)


def _decided(
    ruleset: str, facts: str | None, settings: list[str], parameters: list[str], *, assumptions: bool, only: list[str]
) -> tuple[CompiledRuleset, DecisionResult]:
    read = read_ruleset(ruleset)
    domains = {n: p.type.domain for n, p in read.parameters.items()}
    rules = load(ruleset, parameters=_settings(parameters, domains, "CR307"), assumptions=assumptions)
    return rules, decide_facts(rules, _facts(read, facts, settings), only=only or None)


def _exit_code(result: DecisionResult) -> int:
    return FINDINGS if any(isinstance(a, Undetermined) for a in result.decisions.values()) else OK


def _print_json(data: object) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=2))


# --- commands ------------------------------------------------------------------------------------------


@app.command
def decide(
    ruleset: str,
    facts: str | None = None,
    *,
    set_: Annotated[list[str], Parameter(name="--set", negative=())] = [],  # noqa: B006 - cyclopts copies it
    param: Pairs = [],  # noqa: B006
    no_assumptions: Annotated[bool, Parameter(negative=())] = False,
    only: Only = [],  # noqa: B006
    lang: Lang = "en",
    json: Json = False,
) -> int:
    """Say what the procedure says about a complaint.

    Parameters
    ----------
    ruleset: name of a shipped ruleset, or a path.
    facts: JSON file with the facts, or - for standard input.
    set_: a fact as name=value (a set as name=a,b).
    param: a parameter as name=value.
    no_assumptions: leave assumed parameters unset.
    only: a decision that is wanted; all by default.
    lang: language of labels and messages.
    json: print the whole result as JSON.
    """
    rules, result = _decided(ruleset, facts, set_, param, assumptions=not no_assumptions, only=only)
    if json:
        print(result.to_json())
    else:
        print("\n".join(_answer_lines(rules, result, lang)))
    return _exit_code(result)


def _answer_lines(rules: CompiledRuleset, result: DecisionResult, lang: Lang) -> Iterable[str]:
    for name, answer in result.decisions.items():
        if not isinstance(answer, Undetermined):
            yield _answer_line(rules, result, name, answer, lang)
    waiting = [n for n, a in result.decisions.items() if isinstance(a, Undetermined)]
    if not waiting:
        return
    yield ""
    yield f"{'未定' if lang == 'zh' else 'undetermined'} ({len(waiting)}): {', '.join(waiting)}"
    if result.unset:
        yield f"{'未设定的参数' if lang == 'zh' else 'parameters not set'}: {', '.join(result.unset)}"
    if result.ask:
        yield "请补充（最有用的在前）：" if lang == "zh" else "to ask, most useful first:"
    for name in result.ask:
        yield f"  - {fact_line(rules.ruleset, name, lang)}"


def _answer_line(
    rules: CompiledRuleset, result: DecisionResult, name: str, answer: Decided | NotRegulated, lang: Lang
) -> str:
    if isinstance(answer, NotRegulated):
        silent = "未规定" if lang == "zh" else "not regulated"
        refer = f" → {answer.refer_to.in_lang(lang)}" if answer.refer_to else ""
        return f"{_title(rules, name, lang)}: {silent}{refer}"
    value = answer_words(rules.ruleset, name, answer.value, lang, party_words(result, rules, name, lang))
    why = ", ".join(answer.trace.rules)
    clauses = ", ".join(answer.trace.because)
    return (
        f"{_title(rules, name, lang)}: {value}" + (f"  ({why})" if why else "") + (f"  [{clauses}]" if clauses else "")
    )


def _title(rules: CompiledRuleset, name: str, lang: Lang) -> str:
    label = rules.ruleset.decisions[name].label.in_lang(lang)
    return name if label in (name, name.replace("_", " ")) else f"{name} {label}"


@app.command
def explain(
    ruleset: str,
    facts: str | None = None,
    *,
    set_: Annotated[list[str], Parameter(name="--set", negative=())] = [],  # noqa: B006 - cyclopts copies it
    param: Pairs = [],  # noqa: B006
    no_assumptions: Annotated[bool, Parameter(negative=())] = False,
    only: Only = [],  # noqa: B006
    lang: Lang = "en",
    json: Json = False,
) -> int:
    """Say why, in prose: the rules that decided, their clauses, what the answer rests on.

    Parameters
    ----------
    ruleset: name of a shipped ruleset, or a path.
    facts: JSON file with the facts, or - for standard input.
    set_: a fact as name=value (a set as name=a,b).
    param: a parameter as name=value.
    no_assumptions: leave assumed parameters unset.
    only: a decision that is wanted; all by default.
    lang: language of the prose.
    json: print prose and result as JSON.
    """
    rules, result = _decided(ruleset, facts, set_, param, assumptions=not no_assumptions, only=only)
    index = clauses_path(find_ruleset(ruleset))
    references = {c.id: c.at for c in read_clauses(index).values()} if index.is_file() else {}
    prose = explain_result(result, rules, lang, only or None, references)
    if json:
        _print_json({"prose": prose, **result.to_dict()})
    else:
        print(prose)
    return _exit_code(result)


@app.command
def facts(
    ruleset: str,
    *,
    schema: Annotated[bool, Parameter(negative=())] = False,
    lang: Lang = "en",
    json: Json = False,
) -> int:
    """List the facts that a ruleset needs, and what each may be.

    Parameters
    ----------
    ruleset: name of a shipped ruleset, or a path.
    schema: print the JSON Schema of the facts.
    lang: language of labels.
    json: the same as --schema.
    """
    read = read_ruleset(ruleset)
    if schema or json:
        _print_json(facts_schema(read))
    else:
        print("\n".join(fact_line(read, n, lang) for n in read.inputs))
    return OK


@app.command
def show(
    ruleset: str,
    decision: str | None = None,
    *,
    format: Literal["terminal", "markdown", "html"] = "terminal",  # noqa: A002 - the option's name
    lang: Lang = "en",
    json: Json = False,
) -> int:
    """Show decisions as tables for people.

    Parameters
    ----------
    ruleset: name of a shipped ruleset, or a path.
    decision: the decision wanted; all by default.
    format: terminal, markdown or html.
    lang: language of labels and words.
    json: print the tables as JSON.
    """
    read = read_ruleset(ruleset)
    if decision is not None and decision not in read.decisions:
        words = {"name": decision, "suggestion": suggest(decision, read.decisions)}
        raise FactsError([Diagnostic("CR308", args=words)])
    sheets = [decision_sheet(read, n, lang) for n in ([decision] if decision else read.decisions)]
    if json:
        _print_json([{"title": s.title, "columns": s.columns, "rows": s.rows, "notes": s.notes} for s in sheets])
    elif format == "html":
        print(html_page(sheets, read.title.in_lang(lang), lang))
    elif format == "markdown":
        print("\n\n".join(markdown(s) for s in sheets))
    else:
        terminal(sheets)
    return OK


@app.command
def check(ruleset: str, *, lang: Lang = "en", json: Json = False) -> int:
    """Find gaps, overlaps, hidden rules and every other fault of a ruleset.

    Parameters
    ----------
    ruleset: name of a shipped ruleset, or a path.
    lang: language of messages.
    json: print the findings as JSON.
    """
    path = find_ruleset(ruleset)
    try:
        read = read_ruleset(path)
        found, size = check_ruleset(read), f"{len(read.decisions)} decisions"
    except RulesetError as error:
        found, size = list(error.diagnostics), "not loaded"
    if json:
        _print_json([d.to_dict(lang) for d in found])
    else:
        print("\n".join([*(d.render(lang) for d in found), _summary(path.name, size, found, lang)]))
    return FINDINGS if found else OK


def _summary(name: str, size: str, found: Sequence[Diagnostic], lang: Lang) -> str:
    errors = sum(d.severity is Severity.ERROR for d in found)
    if lang == "zh":
        return f"{name}：{size}，{errors} 个错误，{len(found) - errors} 个警告"
    return f"{name}: {size}, {errors} errors, {len(found) - errors} warnings"


@app.command
def test(ruleset: str, examples: str | None = None, *, lang: Lang = "en", json: Json = False) -> int:
    """Run a ruleset's examples and explain each failure cell by cell.

    Parameters
    ----------
    ruleset: name of a shipped ruleset, or a path.
    examples: the file of examples; by default the one beside the ruleset.
    lang: language of messages.
    json: print the failures as JSON.
    """
    path = find_ruleset(ruleset)
    rules = load(path)
    file = Path(examples) if examples else examples_path(path)
    if not file.is_file():
        raise RulesetError([Diagnostic("CR309", args={"name": str(file)})])
    outcomes = run_examples(rules, read_examples(file, rules.ruleset))
    failed = [o for o in outcomes if o.failures]
    if json:
        _print_json(
            [
                {"example": o.example.name, "at": str(o.example.span), "failures": [f.render(lang) for f in o.failures]}
                for o in failed
            ]
        )
    else:
        for outcome in failed:
            print(f"{outcome.example.span}: {outcome.example.name}")
            print("\n".join(f"  {f.render(lang)}" for f in outcome.failures))
        words = ("个例子", "个不符") if lang == "zh" else ("examples", "failed")
        print(f"{file.name}: {len(outcomes)} {words[0]}, {len(failed)} {words[1]}")
    return FINDINGS if failed else OK


@app.command
def clauses(ruleset: str, *, ledger: Path | None = None, lang: Lang = "en", json: Json = False) -> int:
    """Show where each clause is encoded, which are advice to staff only, and which are missing.

    Parameters
    ----------
    ruleset: name of a shipped ruleset, or a path.
    ledger: a folder with an outside list of clauses, RULESET.yaml, to compare the index with.
    lang: language of the clauses' words.
    json: print the map as JSON.
    """
    path = find_ruleset(ruleset)
    if not clauses_path(path).is_file():
        raise RulesetError([Diagnostic("CR309", args={"name": clauses_path(path).name})])
    read, index = read_ruleset(path), read_clauses(clauses_path(path))
    found = clause_map(read, index)
    listed = ledger_ids(ledger, read.id) if ledger else {}
    absent = [i for i in listed if i not in index]
    if json:
        _print_json({
            "encoded": found.encoded, "conduct": found.conduct, "missing": found.missing,
            "rules_without_clause": found.uncited, "not_in_index": absent,
        })  # fmt: skip
    else:
        for clause, places in found.encoded.items():
            print(f"{clause}  {index[clause].at}  → {', '.join(places)}")
        _clause_list("conduct only" if lang == "en" else "仅为行为准则", found.conduct, index, lang)
        _clause_list("missing" if lang == "en" else "尚未编码", found.missing, index, lang)
        _plain_list("rules without a clause" if lang == "en" else "没有引用条款的规则", found.uncited)
        _plain_list("not in the index" if lang == "en" else "索引中没有", absent)
        print(
            f"{read.id}: {len(index)} clauses, {len(found.encoded)} encoded, {len(found.conduct)} conduct, {len(found.missing)} missing"
        )
    return FINDINGS if found.missing or found.uncited or absent else OK


def _clause_list(title: str, ids: Sequence[str], index: Mapping[str, Any], lang: Lang) -> None:
    _plain_list(title, [f"{i}  {index[i].at}  {index[i].says.in_lang(lang)}" for i in ids])


def _plain_list(title: str, lines: Sequence[str]) -> None:
    if lines:
        print(f"\n{title} ({len(lines)}):")
        print("\n".join(f"  {line}" for line in lines))
