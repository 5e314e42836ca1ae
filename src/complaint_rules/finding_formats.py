"""Finding formats: findings as a log of SARIF 2.1.0 for code scanners, and as annotations of GitHub."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from complaint_rules.codes import CODES
from complaint_rules.diagnostics import Diagnostic, Severity, Span
from complaint_rules.words import Lang

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Mapping[Severity, str] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_COMMANDS: Mapping[Severity, str] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_WORD = re.compile(r"\{\w+\}")


def sarif(findings: Sequence[Diagnostic], *, version: str, lang: Lang, folder: Path) -> dict[str, Any]:
    """Return findings as a SARIF log; files below the folder are named from there."""
    codes = list(dict.fromkeys(d.code for d in findings))
    driver = {"name": "complaint-rules", "version": version, "rules": [_kind(code, lang) for code in codes]}
    results = [_result(d, codes.index(d.code), lang, folder) for d in findings]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "language": _LANGUAGES[lang],
        "results": results,
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


_LANGUAGES: Mapping[Lang, str] = {"en": "en-US", "zh": "zh-CN"}


def _kind(code: str, lang: Lang) -> dict[str, Any]:
    """Return what is said of a code once, its words left open."""
    said, advice = (_WORD.sub("…", words.in_lang(lang)) for words in (CODES[code].message, CODES[code].help))
    help_ = {"help": {"text": advice.replace("{{", "{").replace("}}", "}")}} if advice else {}
    return {"id": code, "shortDescription": {"text": said.replace("{{", "{").replace("}}", "}")}, **help_}


def _result(finding: Diagnostic, rule: int, lang: Lang, folder: Path) -> dict[str, Any]:
    advice = finding.help(lang)
    text = f"{finding.message(lang)}\n{advice}" if advice and finding.accepted is None else finding.message(lang)
    kept = finding.accepted
    aside = {"suppressions": [{"kind": "inSource", "justification": kept.in_lang(lang)}]} if kept else {}
    return {
        "ruleId": finding.code, "ruleIndex": rule, "level": _LEVELS[finding.severity], "message": {"text": text},
        "locations": [_location(finding, folder)], **aside,
    }  # fmt: skip


def _location(finding: Diagnostic, folder: Path) -> dict[str, Any]:
    named = {"logicalLocations": [{"fullyQualifiedName": finding.where}]} if finding.where else {}
    if finding.span is None:
        return named
    place = {
        "artifactLocation": {"uri": _uri(finding.span, folder)},
        "region": {"startLine": finding.span.line, "startColumn": finding.span.column},
    }
    return {"physicalLocation": place, **named}


def _uri(span: Span, folder: Path) -> str:
    path = Path(span.file)
    if not path.is_absolute():
        return quote(path.as_posix())
    return quote(path.relative_to(folder).as_posix()) if path.is_relative_to(folder) else path.as_uri()


def github_lines(findings: Sequence[Diagnostic], *, lang: Lang, folder: Path) -> Iterator[str]:
    """Yield findings as workflow commands, each of which GitHub shows beside its line; accepted ones are not told."""
    for finding in (d for d in findings if d.accepted is None):
        properties = {"title": finding.code}
        if finding.span is not None:
            path = Path(finding.span.file)
            file = path.relative_to(folder) if path.is_absolute() and path.is_relative_to(folder) else path
            properties = {
                "file": file.as_posix(),
                "line": str(finding.span.line),
                "col": str(finding.span.column),
            } | properties
        said = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in properties.items())
        advice = finding.help(lang)
        text = f"{finding.message(lang)}\n{advice}" if advice else finding.message(lang)
        yield f"::{_COMMANDS[finding.severity]} {said}::{_escaped(text)}"


def _escaped(text: str, also: str = "") -> str:
    """Return text as a workflow command carries it."""
    escaped = {c: f"%{ord(c):02X}" for c in f"%\r\n{also}"}
    return "".join(escaped.get(c, c) for c in text)
