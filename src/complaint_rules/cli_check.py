"""Command about what is wrong with a ruleset: check, in the words of a terminal, a program or a code scanner."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from complaint_rules import __version__
from complaint_rules.diagnostics import Diagnostic, FactsError, RulesetError, Severity
from complaint_rules.finding_formats import github_lines, sarif
from complaint_rules.fixes import fixed_fully
from complaint_rules.library import check_file, check_text, find_ruleset
from complaint_rules.printed import (
    FINDINGS,
    HEADINGS,
    OK,
    parameter_line,
    print_aside,
    print_json,
    print_lines,
    section,
)
from complaint_rules.resting import Resting, resting
from complaint_rules.ruleset import Ruleset
from complaint_rules.typed import AS_WRITTEN, Json, Laid, Language, RulesetName
from complaint_rules.words import Lang

_NAMED = 6
Format = Literal["text", "json", "sarif", "github"]


def check(
    ruleset: RulesetName,
    /,
    *,
    fix: Annotated[
        bool,
        Parameter(
            negative=(),
            help="first mend what is a slip of one letter or a full-width sign, where it stands in the file",
        ),
    ] = False,
    everything: Annotated[
        bool, Parameter(name="--all", negative=(), help="notes too, and what the ruleset accepts, with the reasons")
    ] = False,
    assumptions: Annotated[
        bool, Parameter(negative=(), help="also list what is read, assumed or not set, and what rests on it")
    ] = False,
    format: Annotated[  # noqa: A002 - the option's name
        Format, Parameter(help="text, json, sarif (SARIF 2.1.0) or github (annotations)")
    ] = "text",
    laid: Laid = AS_WRITTEN,
    lang: Language = "en",
    json: Json = False,
) -> int:
    """Find gaps, overlaps, hidden and needless rules, limits that nothing stops, and every other fault of a ruleset."""
    chosen: Format = "json" if json else format
    if assumptions and chosen in ("sarif", "github"):
        words = {"known": ("--assumptions", f"--format {chosen}")}
        raise FactsError([Diagnostic("CR119", args=words, where="--assumptions")])
    path = find_ruleset(ruleset)
    if fix:
        _fix(path, lang)
    found = check_file(path, overlays=laid.overlay, notes=True)
    shown = [d for d in found if everything or _counts(d)]
    read = _read(path, laid)
    rests = resting(read) if assumptions and read else ()
    match chosen:
        case "json":
            findings = [d.to_dict(lang) for d in shown]
            print_json(
                {"findings": findings, "assumptions": [r.to_dict(lang) for r in rests]} if assumptions else findings
            )
        case "sarif":
            print_json(sarif(shown, version=__version__, lang=lang, folder=Path.cwd()))
        case "github":
            print_lines(*github_lines(shown, lang=lang, folder=Path.cwd()))
        case "text":
            size = _size(read, lang) if read else "未能读入" if lang == "zh" else "not loaded"
            hidden = len(found) - len(shown)
            print_lines(*(d.render(lang) for d in shown), *_assumed(rests, lang))
            print_lines(_summary(path.name, size, shown, lang) + _and_hidden(hidden, lang))
    return FINDINGS if any(map(_counts, found)) else OK


def _counts(finding: Diagnostic) -> bool:
    """Report whether a finding asks for something to be done."""
    return finding.severity is not Severity.NOTE and finding.accepted is None


def _read(path: Path, laid: Laid) -> Ruleset | None:
    try:
        return laid.ruleset(path)
    except RulesetError:
        return None


def _assumed(rests: Sequence[Resting], lang: Lang) -> Sequence[str]:
    """Return each parameter that the text does not settle, and what rests on it, on a line."""
    nothing = "无" if lang == "zh" else "nothing"
    lines = [
        f"{parameter_line(r.parameter, r.parameter.value, lang)}  → {', '.join(_few(r)) or nothing}" for r in rests
    ]
    return list(section("assumptions", lines, lang))


def _few(rests: Resting) -> Sequence[str]:
    return rests.upon_it if len(rests.upon_it) <= _NAMED else (*rests.upon_it[:_NAMED], "…")


def _fix(path: Path, lang: Lang) -> None:
    """Mend the file, and say on standard error what was mended."""
    before = path.read_bytes().decode("utf-8-sig")
    after, mended = fixed_fully(before, lambda text: check_text(text, path.name))
    if after != before:
        path.write_bytes(after.encode())
    for finding in mended:
        print_aside(f"{HEADINGS['mended'].in_lang(lang)} {finding.render(lang)}")


def _size(ruleset: Ruleset, lang: Lang) -> str:
    """Return how many decisions there are, and how many invariants if any."""
    counts = [(len(ruleset.decisions), "个判定", "decisions"), (len(ruleset.invariants), "个不变式", "invariants")]
    parts = [f"{n} {zh if lang == 'zh' else en}" for n, zh, en in counts if n]
    return ("，" if lang == "zh" else ", ").join(parts)


def _summary(name: str, size: str, shown: Sequence[Diagnostic], lang: Lang) -> str:
    errors = sum(d.severity is Severity.ERROR for d in shown)
    warnings = sum(d.severity is Severity.WARNING and d.accepted is None for d in shown)
    if lang == "zh":
        return f"{name}：{size}，{errors} 个错误，{warnings} 个警告"
    return f"{name}: {size}, {errors} errors, {warnings} warnings"


def _and_hidden(count: int, lang: Lang) -> str:
    """Return how many notes and accepted findings are not shown, and how to see them."""
    if not count:
        return ""
    return f"（另有 {count} 条见 --all）" if lang == "zh" else f" ({count} more with --all)"
