"""Commands for those who write rulesets: new, fmt, stubs and mutate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from complaint_rules.diagnostics import Diagnostic, RulesetError
from complaint_rules.examples import run_examples
from complaint_rules.fmt import format_text
from complaint_rules.library import find_ruleset
from complaint_rules.mutate import mutants, survivors
from complaint_rules.printed import BAD_INPUT, FINDINGS, OK, print_aside, print_json, print_lines
from complaint_rules.scaffold import scaffold
from complaint_rules.stubs import stub
from complaint_rules.typed import AS_WRITTEN, ExamplesFile, Json, Laid, Language, RulesetName, examples_of
from complaint_rules.words import Label


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


def mutate(
    ruleset: RulesetName,
    examples: ExamplesFile = None,
    /,
    *,
    laid: Laid = AS_WRITTEN,
    lang: Language = "en",
    json: Json = False,
) -> int:
    """Leave out each rule, and change each of its outputs, and name the changes that no example notices."""
    rules, file, read = examples_of(ruleset, examples, laid)
    failed = [o for o in run_examples(rules, read) if o.failures]
    if failed:
        print_aside("\n".join(o.render(lang) for o in failed))
        return BAD_INPUT
    tried = list(mutants(rules))
    left = survivors(rules, read, tried)
    if json:
        print_json(
            {
                "tried": len(tried),
                "unnoticed": [{"decision": m.decision, "rule": m.rule, "change": m.change.in_lang(lang)} for m in left],
            }
        )
    else:
        print_lines(*(f"{m.decision}.{m.rule}: {m.change.in_lang(lang)}" for m in left))
        words = ("处改动", "处无示例发觉") if lang == "zh" else ("changes", "unnoticed by the examples")
        print_lines(f"{file.name}: {len(tried)} {words[0]}, {len(left)} {words[1]}")
    return FINDINGS if left else OK
