"""Diagnostics: what is wrong, where it stands, and how to mend it, as values compared by `==`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from complaint_rules.codes import CODES
from complaint_rules.words import Label, Lang


class Severity(Enum):
    """How bad a finding is: an error stops loading, a warning does not, a note may be as it should be."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a file: 1-based line and column, and the offsets of the text it covers."""

    file: str
    line: int
    column: int
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: a code, the place, and the words that fill the code's sentence.

    `where` is a path of names: of what is found without a file (a fact, an argument), or of what stands at the place.
    `accepted` is why the authors leave a finding as it is.
    """

    code: str
    span: Span | None = None
    args: Mapping[str, object] = field(default_factory=dict)
    where: str = ""
    severity: Severity = Severity.ERROR
    accepted: Label | None = None

    def message(self, lang: Lang = "en") -> str:
        """Return the sentence, on one line."""
        return _fill(CODES[self.code].message.in_lang(lang), self.args, lang)

    def help(self, lang: Lang = "en") -> str:
        """Return the advice, or an empty text."""
        if self.args.get("suggestion"):
            sentence = "你是否想写 `{suggestion}`？" if lang == "zh" else "did you mean `{suggestion}`?"
        else:
            sentence = CODES[self.code].help.in_lang(lang)
        return _fill(sentence, self.args, lang)

    def render(self, lang: Lang = "en") -> str:
        """Return `file:line:col: error[CODE]: message`, and the advice below it."""
        place = str(self.span) if self.span else self.where
        kind = _KINDS[lang][self.severity]
        head = f"{place}: " if place else ""
        text = f"{head}{kind}[{self.code}]: {self.message(lang)}"
        if self.accepted is not None:
            return f"{text}\n  {'已接受' if lang == 'zh' else 'accepted'}: {self.accepted.in_lang(lang)}"
        advice = self.help(lang)
        return f"{text}\n  {'修改' if lang == 'zh' else 'help'}: {advice}" if advice else text

    def to_dict(self, lang: Lang = "en") -> dict[str, object]:
        """Return the finding as JSON-serialisable data."""
        place = {"file": self.span.file, "line": self.span.line, "column": self.span.column} if self.span else {}
        return {
            "code": self.code,
            "severity": self.severity.value,
            **place,
            **({"where": self.where} if self.where else {}),
            "message": self.message(lang),
            "help": self.help(lang),
            **({"accepted": self.accepted.in_lang(lang)} if self.accepted else {}),
        }


_KINDS: Mapping[str, Mapping[Severity, str]] = {
    "en": {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"},
    "zh": {Severity.ERROR: "错误", Severity.WARNING: "警告", Severity.NOTE: "提示"},
}


class ComplaintRulesError(Exception):
    """Any problem this library reports; `diagnostics` holds all of them at once."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(d.render() for d in self.diagnostics[:20]))

    def __reduce__(self) -> tuple[type[ComplaintRulesError], tuple[tuple[Diagnostic, ...]]]:
        return type(self), (self.diagnostics,)

    def render(self, lang: Lang = "en") -> str:
        return "\n".join(d.render(lang) for d in self.diagnostics)


class RulesetError(ComplaintRulesError):
    """A ruleset (or a file beside it) that cannot be used as it stands."""


class FactsError(ComplaintRulesError):
    """Facts or parameters that do not fit the ruleset."""


class NoDecisionError(ComplaintRulesError, KeyError):
    """A value was asked of a decision that is undetermined or not regulated."""

    def __str__(self) -> str:
        return Exception.__str__(self)


def _fill(sentence: str, args: Mapping[str, object], lang: Lang) -> str:
    words = {k: _word(v, lang) for k, v in args.items()}
    return sentence.format_map(_Words(words)).replace("\n", " ")


def _word(value: object, lang: Lang) -> str:
    if isinstance(value, Label):
        return value.in_lang(lang)
    if isinstance(value, (tuple, list)):
        return ", ".join(f"`{_word(v, lang)}`" for v in value)
    text = str(value)
    return text if len(text) <= 200 else text[:197] + "…"


class _Words(dict[str, str]):
    """The words of a sentence; one that is not there reads as a question mark."""

    def __missing__(self, key: str) -> str:
        return "?"
