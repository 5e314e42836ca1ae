"""Commands for those who write rulesets: new, fmt, stubs, generate and mutate."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from complaint_rules.compile import CompiledRuleset
from complaint_rules.coverage_words import generated_json, generated_lines
from complaint_rules.diagnostics import Diagnostic, FactsError, RulesetError
from complaint_rules.example_file import examples_path, parse_examples, read_examples
from complaint_rules.example_writing import with_more
from complaint_rules.examples import run_examples
from complaint_rules.fmt import format_text
from complaint_rules.generating import Effort as GeneratingEffort
from complaint_rules.generating import generate as generate_examples
from complaint_rules.library import find_ruleset, load
from complaint_rules.mutate import Effort, sampled
from complaint_rules.mutate import mutate as try_all
from complaint_rules.mutate_words import mutation_json, mutation_lines
from complaint_rules.mutations import OPERATORS
from complaint_rules.printed import BAD_INPUT, FINDINGS, OK, print_aside, print_json, print_lines
from complaint_rules.scaffold import scaffold
from complaint_rules.stubs import stub
from complaint_rules.typed import AS_WRITTEN, ExamplesFile, Json, Laid, Language, RulesetName, examples_of
from complaint_rules.words import Label, suggest


def new(
    name: Annotated[str, Parameter(help="id of the new ruleset")],
    /,
    *,
    from_: Annotated[str, Parameter(name="--from", help="name or path of the ruleset to start from")],
    lang: Language = "en",
) -> int:
    """Write NAME.yaml, a copy of a ruleset under a new id; an existing file is left alone."""
    target = Path(f"{name}.yaml")
    text = scaffold(find_ruleset(from_).read_text("utf-8"), name)
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        print_aside(Label(f"{target} 已存在，未改动", f"{target} exists and was left alone").in_lang(lang))
        return BAD_INPUT
    print_lines(str(target))
    return OK


def fmt(
    files: Annotated[tuple[Path, ...], Parameter(help="YAML files; each is written back if its layout changes")],
    /,
    *,
    check: Annotated[bool, Parameter(negative=(), help="only name the files that would change")] = False,
) -> int:
    """Lay out ruleset files evenly; comments, order and quoting stay."""
    changed = [f for f in files if _formatted(f, write=not check)]
    print_lines(*map(str, changed))
    return FINDINGS if check and changed else OK


def _formatted(file: Path, *, write: bool) -> bool:
    if not file.is_file():
        raise RulesetError([Diagnostic("CR309", args={"name": str(file)})])
    content = file.read_bytes()
    laid_out = format_text(content.decode("utf-8-sig")).encode()
    if write and laid_out != content:
        file.write_bytes(laid_out)
    return laid_out != content


def stubs(ruleset: RulesetName, /, *, laid: Laid = AS_WRITTEN) -> int:
    """Print Python types of a ruleset's facts and decisions, for editors and type checkers."""
    print_lines(stub(laid.ruleset(ruleset)))
    return OK


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Slips:
    """Which slips are tried."""

    operator: Annotated[
        tuple[str, ...], Parameter(negative=(), help=f"a kind of slip: {', '.join(o.name for o in OPERATORS)}")
    ] = ()
    sample: Annotated[int | None, Parameter(help="so many slips, drawn by chance; all by default")] = None
    seed: Annotated[int, Parameter(help="what the draw begins with")] = 0
    cases: Annotated[int, Parameter(help="so many cases are split in a proof")] = 800
    lives: Annotated[int, Parameter(help="so many lives are made up")] = 200


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Tries:
    """How much is tried."""

    draws: Annotated[int, Parameter(help="so many complaints are drawn towards each thing")] = 3
    lives: Annotated[int, Parameter(help="so many lives are made up")] = 300
    cases: Annotated[int, Parameter(help="so many cases are split in a proof")] = 400
    seed: Annotated[int, Parameter(help="what the draw begins with")] = 0


def mutate(
    ruleset: RulesetName,
    examples: ExamplesFile = None,
    /,
    *,
    write: Annotated[bool, Parameter(negative=(), help="add the missing examples to the file of examples")] = False,
    slips: Slips = Slips(),
    laid: Laid = AS_WRITTEN,
    lang: Language = "en",
    json: Json = False,
) -> int:
    """Try every slip that the ruleset could have, and give the examples that would notice those that none notices."""
    rules, file, read = examples_of(ruleset, examples, laid)
    failed = [o for o in run_examples(rules, read) if o.failures]
    if failed:
        print_aside("\n".join(o.render(lang) for o in failed))
        return BAD_INPUT
    unknown = next((n for n in slips.operator if n not in {o.name for o in OPERATORS}), None)
    if unknown is not None:
        names = [o.name for o in OPERATORS]
        args = {"value": unknown, "expected": ", ".join(names), "suggestion": suggest(unknown, names)}
        raise FactsError([Diagnostic("CR302", args=args, where="--operator")])
    tried = sampled(rules, slips.operator, slips.sample, slips.seed)
    effort = Effort(slips.cases, slips.lives)
    found = try_all(rules, read, tried=tried, effort=effort, tell=None if json else _progress)
    if json:
        print_json(mutation_json(found, lang))
    else:
        print_lines(*mutation_lines(found, lang))
    if write and found.examples:
        _add(file, rules, found.examples)
        print_aside(
            Label(f"{file} 新增 {len(found.examples)} 例", f"{len(found.examples)} more in {file}").in_lang(lang)
        )
    return FINDINGS if found.left else OK


def generate(
    ruleset: RulesetName,
    examples: ExamplesFile = None,
    /,
    *,
    write: Annotated[bool, Parameter(negative=(), help="add the examples to the file of examples")] = False,
    effort: Tries = Tries(),
    laid: Laid = AS_WRITTEN,
    lang: Language = "en",
    json: Json = False,
) -> int:
    """Write few examples that show what none at hand does, and say of what is left whether any can.

    They expect what the ruleset says today: look whether that is what was meant.
    """
    path = find_ruleset(ruleset)
    file = Path(examples) if examples is not None else examples_path(path)
    rules = load(path, overlays=laid.overlay, at=laid.day)
    read = read_examples(file, rules.ruleset) if file.is_file() else ()
    found = generate_examples(
        rules,
        read,
        GeneratingEffort(effort.draws, effort.lives, effort.cases, effort.seed),
        None if json else _progress,
    )
    if json:
        print_json(generated_json(found))
    else:
        print_lines(*generated_lines(found, rules.ruleset, lang))
    if write and found.examples:
        _add(file, rules, found.examples)
        print_aside(
            Label(f"{file} 新增 {len(found.examples)} 例", f"{len(found.examples)} more in {file}").in_lang(lang)
        )
    return FINDINGS if found.left else OK


def _progress(done: int, of: int) -> None:
    """Say on a terminal how far it is."""
    if sys.stderr.isatty() and (done % 20 == 0 or done == of):
        print(f"\r{done}/{of}", end="\n" if done == of else "", file=sys.stderr, flush=True)


def _add(file: Path, rules: CompiledRuleset, examples: Sequence[str]) -> None:
    """Add examples at the end of a file, if it can then still be read."""
    before = file.read_bytes().decode() if file.is_file() else ""
    content = with_more(before, rules.ruleset.id, examples).encode()
    parse_examples(content, str(file), rules.ruleset)
    file.write_bytes(content)
