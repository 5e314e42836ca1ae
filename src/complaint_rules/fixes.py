"""Fixes: the mends that are safe to make without asking, spliced into the text where the findings stand."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from complaint_rules.diagnostics import Diagnostic, RulesetError, Severity
from complaint_rules.source import Document, Plain, read

_WORD_OF: Mapping[str, str] = {
    "CR004": "key",
    "CR101": "name",
    "CR103": "value",
    "CR104": "cell",
    "CR105": "cell",
    "CR110": "output",
    "CR303": "value",
}
_WIDE = re.compile("[\uff01-\uff5e\u3000“”‘’≤≥≠。、《》〈〉]")
_WIDE_COLON = "："
_BARE = re.compile(r"[A-Za-z_][\w.]*\Z|[0-9][0-9.]*\Z", re.ASCII)
_SHORTEST = 4
_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class _Mend:
    """A finding and the text that takes the place of what stands there."""

    of: Diagnostic
    start: int
    end: int
    text: str


def fixed(text: str, diagnostics: Sequence[Diagnostic]) -> tuple[str, list[Diagnostic]]:
    """Return the text with what can safely be mended, and the findings that were; one round, of this file's findings.

    A word is replaced by the one known word that is a single slip away (a letter more, less, other or
    swapped), or that differs in full-width characters only. Warnings are left alone.
    """
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    plain = text.removeprefix(mark)
    document = _readable(plain)
    mends = list(_apart(m for d in diagnostics if (m := _mend(plain, d, document))))
    mended = plain
    for mend in reversed(mends):
        mended = mended[: mend.start] + mend.text + mended[mend.end :]
    if document and not _readable(mended):
        return text, []
    return mark + mended, [m.of for m in mends]


def fixed_fully(text: str, check: Callable[[str], Sequence[Diagnostic]]) -> tuple[str, list[Diagnostic]]:
    """Return the text mended until `check` finds nothing more to mend, and all the findings that were."""
    made: list[Diagnostic] = []
    for _ in range(_ROUNDS):
        mended, of = fixed(text, check(text))
        if mended == text:
            break
        text = mended
        made += of
    return text, made


def _readable(text: str) -> Document | None:
    try:
        return read(text, "<text>")
    except RulesetError:
        return None


def _apart(mends: Iterator[_Mend]) -> Iterator[_Mend]:
    """Yield the mends in order, without those that overlap an earlier one."""
    end = 0
    for mend in sorted(mends, key=lambda m: (m.start, m.end)):
        if mend.start >= end:
            yield mend
            end = mend.end


def _mend(text: str, finding: Diagnostic, document: Document | None) -> _Mend | None:
    span = finding.span
    if span is None or finding.severity is not Severity.ERROR:
        return None
    if finding.code == "CR009" and text[span.start : span.end] == _WIDE_COLON:
        after = text[span.end : span.end + 1]
        return _Mend(finding, span.start, span.end, ":" if after.isspace() or not after else ": ")
    suggestion = finding.args.get("suggestion")
    word = finding.args.get(_WORD_OF.get(finding.code, ""))
    if document is None or not isinstance(word, str) or not isinstance(suggestion, str) or not word:
        return None
    if not _WIDE.search(word) and not _is_one_slip(word, suggestion, _known(document, finding)):
        return None
    if _is_key_twice(document, span.start, suggestion):
        return None
    return _spliced(text, finding, word, suggestion)


def _is_key_twice(document: Document, start: int, suggestion: str) -> bool:
    return any(s.start == start and (*path[:-1], suggestion) in document.keys for path, s in document.keys.items())


# --- what may be meant ------------------------------------------------------------------------------


def _is_one_slip(word: str, suggestion: str, known: set[str]) -> bool:
    """Whether the suggestion, and no other known word, is one slip from a word that is not too short.

    A digit is no slip: `step_2` is not `step_1` misspelt.
    """
    if len(word) < _SHORTEST or not _slipped(word, suggestion):
        return False
    return not any(_slipped(word, other) for other in known - {suggestion, word})


def _slipped(word: str, meant: str) -> bool:
    """Whether one letter is added, left out, replaced, or swapped with its neighbour."""
    word, meant = _folded(word), _folded(meant)
    if word == meant:
        return True
    if abs(len(word) - len(meant)) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(word, meant, strict=False)) if a != b), min(len(word), len(meant)))
    rest, wanted = word[at:], meant[at:]
    if rest[:1].isdigit() or wanted[:1].isdigit():
        return False
    swapped = rest[1:2] + rest[:1] + rest[2:]
    return wanted in (rest[1:], swapped) or wanted[1:] in (rest, rest[1:])


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).strip().lower()


def _known(document: Document, finding: Diagnostic) -> set[str]:
    """Return every word that could have been meant: what the finding lists, and every name in the document."""
    listed = finding.args.get("known", ())
    choices = str(finding.args.get("expected", "")).split(", ")
    return {*choices, *(map(str, listed) if isinstance(listed, (tuple, list)) else ()), *_names(document.root)}


def _names(node: Plain) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from _names(value)
    elif isinstance(node, list):
        for value in node:
            yield from [value] if isinstance(value, str) else _names(value)


# --- where it stands --------------------------------------------------------------------------------


def _spliced(text: str, finding: Diagnostic, word: str, suggestion: str) -> _Mend | None:
    assert finding.span  # noqa: S101 - the caller looked
    start, end = finding.span.start, finding.span.end
    raw = text[start:end]
    if raw == word:
        bare = _BARE.match(suggestion)
        return _Mend(finding, start, end, suggestion if bare else json.dumps(suggestion, ensure_ascii=False))
    places = [m.start() for m in re.finditer(rf"(?<![\w.]){re.escape(word)}(?![\w.])", raw)]
    if len(places) != 1 or not (_BARE.match(suggestion) or _is_quoted(raw, word, suggestion)):
        return None
    at = start + places[0]
    return _Mend(finding, at, at + len(word), suggestion)


def _is_quoted(raw: str, word: str, suggestion: str) -> bool:
    quote = raw[:1]
    return quote in ("'", '"') and raw == f"{quote}{word}{quote}" and quote not in suggestion and "\\" not in suggestion
