"""Command line: decide, explain, facts, show, check, test and clauses; results on stdout, problems on stderr."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, CycloptsError, Parameter

from complaint_rules import __version__
from complaint_rules.answers import Answer, Decided, DecisionResult, NotRegulated, Undetermined
from complaint_rules.clauses import clause_map, clauses_path, ledger_ids, read_clauses
from complaint_rules.compile import CompiledRuleset
from complaint_rules.diagnostics import ComplaintRulesError, Diagnostic, FactsError, RulesetError, Severity
from complaint_rules.domains import Domain
from complaint_rules.examples import examples_path, read_examples, run_examples, unreached_rules
from complaint_rules.facts import facts_schema, raw_of_text
from complaint_rules.library import check_file, find_ruleset, load, read_ruleset, references
from complaint_rules.library import decide as decide_facts
from complaint_rules.limits import DEFAULT_LIMITS
from complaint_rules.prose import explain as explain_result
from complaint_rules.prose import party_words
from complaint_rules.render import (
    answer_words,
    decision_sheet,
    fact_line,
    html_page,
    markdown,
    name_words,
    terminal,
    value_words,
)
from complaint_rules.ruleset import Parameter as RulesetParameter
from complaint_rules.ruleset import Ruleset
from complaint_rules.words import Label, Lang, suggest

OK, FINDINGS, BAD_INPUT = 0, 1, 2

_STDIN = "(standard input)"
_SHOWN = 4
_HEADINGS: Mapping[str, Label] = {
    "decided": Label("已判定", "Decided"),
    "not_regulated": Label("未作规定", "Not regulated"),
    "undetermined": Label("未定", "Undetermined"),
    "rests_on": Label("所依据的取舍与假定", "Rests on readings and assumptions"),
    "unset": Label("尚未设定的参数", "Parameters that nobody has set"),
    "ask": Label("尚须查明（最有用的在前）", "To ask, most useful first"),
    "facts": Label("事实", "Facts"),
    "parameters": Label("参数", "Parameters"),
    "rule": Label("规则", "rule"),
    "unmet": Label("未满足", "not met"),
    "next": Label("下一步", "next"),
    "waits": Label("待查明", "waits for"),
    "refer_to": Label("转交", "refer to"),
    "is_unset": Label("未设定", "unset"),
    "unreached": Label("没有示例的规则", "rules that no example reaches"),
    "not_in_ledger": Label("清单中没有", "not in the ledger"),
}

app = App(name="complaint-rules", version=__version__, help="Run complaint procedures written as rulesets.")

Json = Annotated[bool, Parameter(name="--json", negative=())]


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
        try:
            return None if self.at is None else date.fromisoformat(self.at)
        except ValueError:
            words = {"value": self.at, "expected": "2024-05-06"}
            raise FactsError([Diagnostic("CR302", args=words, where="--at")]) from None

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


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 ok, 1 findings or undetermined, 2 bad input."""
    _be_lenient(sys.stdout, sys.stderr)
    # A bare `-` looks like an option to the parser.
    arguments = [_STDIN if a == "-" else a for a in (sys.argv[1:] if argv is None else argv)]
    try:
        code = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
    except ComplaintRulesError as error:
        return _refuse(error.render(_lang_of(arguments)))
    except CycloptsError as error:
        return _refuse(f"error: {error}")
    except BrokenPipeError:
        # The reader has left; what Python still holds for it must go somewhere at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as error:
        return _refuse(f"error: {error.filename or ''}: {error.strerror or error}")
    return code if isinstance(code, int) else OK


def _be_lenient(*streams: object) -> None:
    """Let a terminal that lacks a character show an escape of it instead of failing."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _lang_of(arguments: Sequence[str]) -> Lang:
    return "zh" if "--lang=zh" in arguments or ("--lang", "zh") in pairwise(arguments) else "en"


def _refuse(text: str) -> int:
    print(_printable(text), file=sys.stderr)
    return BAD_INPUT


def _print(*lines: str) -> None:
    for line in lines:
        print(_printable(line))


def _printable(text: str) -> str:
    """Return the text without characters that could steer a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)


# --- what is typed -------------------------------------------------------------------------------------


def _facts(ruleset: Ruleset, file: str | None, settings: Sequence[str]) -> Any:
    """Return the facts of the file with those of the line over them, not yet validated."""
    if file is None and not settings:
        problem = Label("请给出 JSON 文件、-（标准输入）或 --set 事实=值", "give a JSON file, - or --set fact=value")
        raise FactsError([Diagnostic("CR310", args={"problem": problem})])
    facts = _read_json(file) if file is not None else {}
    given = _settings(settings, {n: i.type.domain for n, i in ruleset.inputs.items()}, "CR301")
    return {**facts, **given} if isinstance(facts, dict) else facts


def _read_json(file: str) -> Any:
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
        with nullcontext(sys.stdin.buffer) if file == _STDIN else Path(file).open("rb") as source:
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


def _settings(pairs: Iterable[str], domains: Mapping[str, Domain], unknown: str) -> dict[str, Any]:
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


def _decided(ruleset: str, facts: str | None, case: Case, laid: Laid) -> tuple[CompiledRuleset, DecisionResult]:
    rules = _loaded(ruleset, case, laid)
    return rules, decide_facts(rules, _facts(rules.ruleset, facts, case.set_), only=case.only or None)


def _loaded(ruleset: str, case: Case, laid: Laid) -> CompiledRuleset:
    domains = {n: p.type.domain for n, p in laid.ruleset(ruleset).parameters.items()}
    parameters = _settings(case.param, domains, "CR307")
    return load(ruleset, parameters=parameters, assumptions=not case.no_assumptions, overlays=laid.overlay, at=laid.day)


def _exit_code(result: DecisionResult) -> int:
    return FINDINGS if any(isinstance(a, Undetermined) for a in result.decisions.values()) else OK


def _print_json(data: object) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=2))


# --- commands ------------------------------------------------------------------------------------------


@app.command
def decide(
    ruleset: str,
    facts: str | None = None,
    /,
    *,
    case: Case = Case(),
    laid: Laid = Laid(),
    lang: Lang = "en",
    json: Json = False,
) -> int:
    """Say what the procedure says about a complaint.

    Parameters
    ----------
    ruleset: name of a shipped ruleset, or a path.
    facts: JSON file with the facts, or - for standard input.
    lang: language of labels and messages.
    json: print the whole result as JSON.
    """
    rules, result = _decided(ruleset, facts, case, laid)
    if json:
        print(result.to_json())
    else:
        _print(*_answer_lines(rules, result, lang))
    return _exit_code(result)


def _answer_lines(rules: CompiledRuleset, result: DecisionResult, lang: Lang) -> Iterable[str]:
    ruleset = rules.ruleset
    yield f"{ruleset.title.in_lang(lang)} ({ruleset.id} {ruleset.version})"
    for status in ("decided", "not_regulated", "undetermined"):
        found = [(n, a) for n, a in result.decisions.items() if a.status == status]
        yield from _section(status, [x for n, a in found for x in _answer(rules, result, n, a, lang)], lang)
    rests_on = [_parameter_line(ruleset.parameters[n], rules.parameters.get(n), lang) for n in result.rests_on]
    yield from _section("rests_on", rests_on, lang)
    yield from _section("unset", [f"{name_words(ruleset, n, lang)} ({n})" for n in result.unset], lang)
    yield from _section("ask", [fact_line(ruleset, n, lang) for n in result.ask], lang)


def _section(heading: str, lines: Sequence[str], lang: Lang) -> Iterable[str]:
    return ["", _HEADINGS[heading].in_lang(lang), *(f"  {line}" for line in lines)] if lines else []


def _answer(rules: CompiledRuleset, result: DecisionResult, name: str, answer: Answer, lang: Lang) -> Iterable[str]:
    """Yield the answer, and below it by which rule and clause, or what it waits for."""
    title, trace = _title(rules, name, lang), answer.trace
    match answer:
        case Decided(value):
            parties = party_words(result, rules, name, lang)
            yield f"{title}: {answer_words(rules.ruleset, name, value, lang, parties)}"
            unmet = [i for i, status in trace.items.items() if status == "unmet"]
            parts = {"rule": trace.rules, "unmet": unmet, "next": [trace.next] if trace.next else [], "": trace.because}
            yield from _why(parts, lang)
        case NotRegulated(refer_to):
            yield f"{title}: {_HEADINGS['refer_to'].in_lang(lang)} {refer_to.in_lang(lang)}" if refer_to else title
            yield from _why({"": trace.because}, lang)
        case Undetermined(possible, ask, unset):
            shown = [answer_words(rules.ruleset, name, v, lang) for v in (possible or ())[:_SHOWN]]
            more = [] if possible is None or len(possible) <= _SHOWN else ["…"]
            yield f"{title}: {' | '.join([*shown, *more])}" if shown else title
            yield from _why({"waits": (*ask, *unset)}, lang)


def _why(parts: Mapping[str, Sequence[str]], lang: Lang) -> Iterable[str]:
    said = [f"{_HEADINGS[k].in_lang(lang)} {', '.join(v)}" if k else ", ".join(v) for k, v in parts.items() if v]
    return ["    " + " · ".join(said)] if said else []


def _parameter_line(parameter: RulesetParameter, value: Any, lang: Lang) -> str:
    shown = _HEADINGS["is_unset"].in_lang(lang) if value is None else value_words(value, parameter.type, lang)
    reason = f": {parameter.reason.in_lang(lang)}" if parameter.reason else ""
    return f"{parameter.name} = {shown} [{parameter.kind.value}{reason}]"


def _title(rules: CompiledRuleset, name: str, lang: Lang) -> str:
    label = rules.ruleset.decisions[name].label.in_lang(lang)
    return name if label in (name, name.replace("_", " ")) else f"{name} {label}"


@app.command
def explain(
    ruleset: str,
    facts: str | None = None,
    /,
    *,
    case: Case = Case(),
    laid: Laid = Laid(),
    lang: Lang = "en",
    json: Json = False,
) -> int:
    """Say why, in prose: the rules that decided, their clauses, what the answer rests on.

    Parameters
    ----------
    ruleset: name of a shipped ruleset, or a path.
    facts: JSON file with the facts, or - for standard input.
    lang: language of the prose.
    json: print prose and result as JSON.
    """
    rules, result = _decided(ruleset, facts, case, laid)
    prose = explain_result(result, rules, lang, case.only or None, references(ruleset, laid.overlay))
    if json:
        _print_json({"prose": prose, **result.to_dict()})
    else:
        _print(prose)
    return _exit_code(result)


@app.command
def facts(
    ruleset: str,
    /,
    *,
    schema: Annotated[bool, Parameter(negative=())] = False,
    laid: Laid = Laid(),
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
    read = laid.ruleset(ruleset)
    if schema or json:
        _print_json(facts_schema(read))
    else:
        _print(f"{read.title.in_lang(lang)} ({read.id} {read.version})")
        _print(*_section("facts", [fact_line(read, n, lang) for n in read.inputs], lang))
        parameters = [_parameter_line(p, p.value, lang) for p in read.parameters.values()]
        _print(*_section("parameters", parameters, lang))
    return OK


@app.command
def show(
    ruleset: str,
    decision: str | None = None,
    /,
    *,
    format: Literal["terminal", "markdown", "html"] = "terminal",  # noqa: A002 - the option's name
    laid: Laid = Laid(),
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
    read = laid.ruleset(ruleset)
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
def check(ruleset: str, /, *, laid: Laid = Laid(), lang: Lang = "en", json: Json = False) -> int:
    """Find gaps, overlaps, hidden rules and every other fault of a ruleset.

    Parameters
    ----------
    ruleset: name of a shipped ruleset, or a path.
    lang: language of messages.
    json: print the findings as JSON.
    """
    path = find_ruleset(ruleset)
    found = check_file(path, overlays=laid.overlay)
    try:
        size = f"{len(laid.ruleset(path).decisions)} decisions"
    except RulesetError:
        size = "not loaded"
    if json:
        _print_json([d.to_dict(lang) for d in found])
    else:
        _print("\n".join([*(d.render(lang) for d in found), _summary(path.name, size, found, lang)]))
    return FINDINGS if found else OK


def _summary(name: str, size: str, found: Sequence[Diagnostic], lang: Lang) -> str:
    errors = sum(d.severity is Severity.ERROR for d in found)
    if lang == "zh":
        return f"{name}：{size}，{errors} 个错误，{len(found) - errors} 个警告"
    return f"{name}: {size}, {errors} errors, {len(found) - errors} warnings"


@app.command(name="test")
def run_beside(
    ruleset: str, examples: str | None = None, /, *, laid: Laid = Laid(), lang: Lang = "en", json: Json = False
) -> int:
    """Run a ruleset's examples and explain each failure cell by cell.

    Parameters
    ----------
    ruleset: name of a shipped ruleset, or a path.
    examples: the file of examples; by default the one beside the ruleset.
    lang: language of messages.
    json: print the failures as JSON.
    """
    path = find_ruleset(ruleset)
    rules = load(path, overlays=laid.overlay, at=laid.day)
    file = Path(examples) if examples else examples_path(path)
    if not file.is_file():
        raise RulesetError([Diagnostic("CR309", args={"name": str(file)})])
    outcomes = run_examples(rules, read_examples(file, rules.ruleset))
    failed = [o for o in outcomes if o.failures]
    unreached = unreached_rules(rules.ruleset, outcomes)
    if json:
        _print_json(
            [
                {"example": o.example.name, "at": str(o.example.span), "failures": [f.render(lang) for f in o.failures]}
                for o in failed
            ]
        )
    else:
        for outcome in failed:
            _print(outcome.render(lang))
        if unreached:
            _print(f"{_HEADINGS['unreached'].in_lang(lang)}: {', '.join(unreached)}")
        words = ("个例子", "个不符") if lang == "zh" else ("examples", "failed")
        print(f"{file.name}: {len(outcomes)} {words[0]}, {len(failed)} {words[1]}")
    return FINDINGS if failed else OK


@app.command
def clauses(ruleset: str, /, *, ledger: Path | None = None, lang: Lang = "en", json: Json = False) -> int:
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
    extra = [i for i in index if i not in listed] if ledger else []
    if json:
        _print_json({
            "encoded": found.encoded, "conduct": found.conduct, "missing": found.missing,
            "rules_without_clause": found.uncited, "not_in_index": absent, "not_in_ledger": extra,
        })  # fmt: skip
    else:
        for clause, places in found.encoded.items():
            _print(f"{clause}  {index[clause].at}  → {', '.join(places)}")
        _clause_list("conduct only" if lang == "en" else "仅为行为准则", found.conduct, index, lang)
        _clause_list("missing" if lang == "en" else "尚未编码", found.missing, index, lang)
        _plain_list("rules without a clause" if lang == "en" else "没有引用条款的规则", found.uncited)
        _plain_list("not in the index" if lang == "en" else "索引中没有", absent)
        _plain_list(_HEADINGS["not_in_ledger"].in_lang(lang), extra)
        print(
            f"{read.id}: {len(index)} clauses, {len(found.encoded)} encoded, {len(found.conduct)} conduct, {len(found.missing)} missing"
        )
    return FINDINGS if found.missing or found.uncited or absent or extra else OK


def _clause_list(title: str, ids: Sequence[str], index: Mapping[str, Any], lang: Lang) -> None:
    _plain_list(title, [f"{i}  {index[i].at}  {index[i].says.in_lang(lang)}" for i in ids])


def _plain_list(title: str, lines: Sequence[str]) -> None:
    if lines:
        _print(f"\n{title} ({len(lines)}):", *(f"  {line}" for line in lines))
