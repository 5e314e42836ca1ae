"""Mapping proposal: which column is probably which fact, by names, labels and the texts that stand there, for people to edit."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from complaint_rules.calendar_text import scalar
from complaint_rules.column_reading import raw_of
from complaint_rules.domains import Enumeration, Members, Ordered, Truth
from complaint_rules.record_files import Records, read_part
from complaint_rules.record_mapping import pattern_of
from complaint_rules.ruleset import Input, Ruleset
from complaint_rules.values import YES
from complaint_rules.words import Label, Lang

_LEAST, _NEAR, _MOST_TEXTS, _SAMPLE = 0.62, 0.75, 40, 20_000
_MISSING = ("-", "--", "—", "/", "无", "空", "不详", "未知", "N/A", "n/a", "NULL", "null", "None")
_FORMATS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日 %H时%M分", "%Y.%m.%d %H:%M", "%Y%m%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d", "%Y/%m/%d",
    "%Y年%m月%d日", "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%d.%m.%Y %H:%M",
)  # fmt: skip
_NUMBERS = {
    "1,234.50": r"-?\d{1,3}(,\d{3})*(\.\d+)?",
    "¥1,234.50": r"-?[¥￥]-?[\d,]+(\.\d+)?",
    "1,234.50元": r"-?[\d,]+(\.\d+)?元",
}
_TRUTHS = {**YES, "Y": True, "N": False, "y": True, "n": False, "1": True, "0": False, "有": True, "无": False, "True": True,
           "False": False, "TRUE": True, "FALSE": False, "Yes": True, "No": False, "√": True, "×": False}  # fmt: skip
_CUT = re.compile(r"[,;，；、|]")
_WORDS: Mapping[str, Label] = {
    "head": Label("由列名和前几行推测，请逐项核对后使用。", "Guessed from the names of the columns and the first rows: check each line before use."),
    "unsure": Label("不确定", "not sure"),
    "unknown": Label("未能对应：{}", "stands for nothing yet: {}"),
    "unused": Label("未对应的列：{}", "columns that are no fact yet: {}"),
    "unmapped": Label("没有列的事实：{}", "facts without a column: {}"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Guess:
    """A column that is probably a fact, and how well their names agree, 1 at most."""

    fact: Input
    column: str
    score: float


def guesses(names: Sequence[str], ruleset: Ruleset) -> list[Guess]:
    """Return which column is probably which fact, each at most once, in the order of the columns."""
    scored = [Guess(f, c, _likeness(c, f)) for c in names for f in ruleset.inputs.values()]
    taken: dict[str, Guess] = {}
    facts: set[str] = set()
    for guess in sorted(scored, key=lambda g: -g.score):
        if guess.score >= _LEAST and guess.column not in taken and guess.fact.name not in facts:
            taken[guess.column] = guess
            facts.add(guess.fact.name)
    return [taken[c] for c in names if c in taken]


def _likeness(column: str, fact: Input) -> float:
    """Return how well a column's name agrees with a fact's id or labels."""
    said = _plain(column)
    return max(_alike(said, _plain(n)) for n in (fact.name, fact.label.zh, fact.label.en))


def _plain(name: str) -> str:
    plain = re.sub(r"[\s_\-():/的]", "", unicodedata.normalize("NFKC", name)).lower()
    return re.sub("时刻|日期", "时间", plain)


def _alike(one: str, other: str) -> float:
    if not one or not other:
        return 0.0
    if one == other:
        return 1.0
    short, long = sorted((one, other), key=len)
    within = _NEAR + 0.2 * len(short) / len(long) if len(short) > 1 and short in long else 0.0
    return max(within, SequenceMatcher(None, one, other).ratio() * 0.95)


def proposed_mapping(records: Records, ruleset: Ruleset, lang: Lang) -> str:
    """Return a mapping file for these records, with what is doubtful said in comments."""
    found = guesses(records.schema.names, ruleset)
    texts = _texts(records, [g.column for g in found])
    used, facts = {g.column for g in found}, {g.fact.name for g in found}
    rest = [c for c in records.schema.names if c not in used]
    lines = [f"# {_WORDS['head'].in_lang(lang)}", f"mapping: {ruleset.id}"]
    if records.dialect is not None:
        lines.append(
            f"records: {{encoding: {records.dialect.encoding}, delimiter: {_quoted(records.dialect.delimiter)}}}"
        )
    if rest:
        lines.append(f"# {_WORDS['unused'].in_lang(lang).format('、'.join(rest) if lang == 'zh' else ', '.join(rest))}")
        lines.append(f"# keep: [{', '.join(scalar(c) for c in rest)}]")
    lines.append("facts:")
    for guess in found:
        marks = [t for t in sorted(texts[guess.column]) if t in _MISSING and not _means(t, guess.fact)]
        known = Counter({t: n for t, n in texts[guess.column].items() if t and t not in marks})
        unsure = f"  # {_WORDS['unsure'].in_lang(lang)}" if guess.score < _NEAR else ""
        kind = records.schema.field(guess.column).type
        parts = [f"column: {scalar(guess.column)}", *_ways(guess.fact, known, kind, ruleset)]
        parts += [f"missing: [{', '.join(map(_quoted, marks))}]"] if marks else []
        lines.append(f"  {guess.fact.name}: {{{', '.join(parts)}}}{unsure}")
        lines += [f"    # {_WORDS['unknown'].in_lang(lang).format(t)}" for t in _unknown(guess.fact, known)]
    left = [n for n in ruleset.inputs if n not in facts]
    if not found:
        lines[-1] = "facts: {}"
    return "\n".join([*lines, f"# {_WORDS['unmapped'].in_lang(lang).format(', '.join(left))}" if left else "", ""])


def _texts(records: Records, columns: Sequence[str]) -> dict[str, Counter[str]]:
    """Return the texts of the first rows, by column."""
    found: dict[str, Counter[str]] = {c: Counter() for c in columns}
    rows = 0
    for part in records.parts[:1]:
        for piece in read_part(records, part, columns):
            for name, counted in found.items():
                column = piece.batch.column(piece.batch.schema.get_field_index(name))
                counted.update(str(v).strip() for v in map(raw_of, column) if v is not None)
            rows += len(piece.rows)
            if rows >= _SAMPLE:
                break
    return found


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"'


def _ways(fact: Input, texts: Mapping[str, int], kind: Any, ruleset: Ruleset) -> Iterator[str]:
    """Yield how the texts of a column are to be read, besides its name."""
    match fact.type.domain:
        case Enumeration() | Members():
            found = {t: i for t in _members(fact, texts) if (i := _id_of(t, fact)) not in (None, t)}
            if found:
                yield f"values: {{{', '.join(f'{scalar(t)}: {i}' for t, i in found.items())}}}"
        case Truth():
            said = {t: "yes" if _TRUTHS[t] else "no" for t in sorted(texts) if t in _TRUTHS}
            if set(said) - set(YES):
                yield f"values: {{{', '.join(f'{_quoted(t)}: {v}' for t, v in said.items())}}}"
        case Ordered("date" | "datetime" as is_):
            form = next((f for f in _FORMATS if texts and all(re.match(pattern_of(f), t) for t in texts)), None)
            timed = form is not None and "%H" in form
            if (
                form is not None
                and (is_ == "date" or timed)
                and not (is_ == "date" and form == "%Y-%m-%d")
                and _is_text(kind)
            ):
                yield f"format: {_quoted(form)}"
            if is_ == "datetime" and (timed or "timestamp" in str(kind)) and "tz=" not in str(kind):
                yield f"zone: {ruleset.time_zone}"
        case Ordered("integer" | "decimal" | "money"):
            if "double" in str(kind) or "float" in str(kind):
                yield "places: 2"
            elif any(not re.fullmatch(r"[+-]?\d+(\.\d+)?", t) for t in texts):
                form = next((f for f, p in _NUMBERS.items() if all(re.fullmatch(p, t) for t in texts)), None)
                yield from [f"number: {_quoted(form)}"] if form else []
        case Ordered("duration") if all(re.fullmatch(r"\d+(\.\d+)?", t) for t in texts):
            yield "unit: hour"
        case _:
            pass


def _means(text: str, fact: Input) -> bool:
    """Return whether a text that often means nothing is a value of this fact."""
    return text in _TRUTHS if isinstance(fact.type.domain, Truth) else _id_of(text, fact) is not None


def _is_text(kind: Any) -> bool:
    return "string" in str(kind)


def _members(fact: Input, texts: Mapping[str, int]) -> list[str]:
    if not isinstance(fact.type.domain, Members):
        return sorted(texts)
    parts = (p.strip() for t in texts for p in _CUT.split(t))
    return sorted({p for p in parts if p})


def _id_of(text: str, fact: Input) -> str | None:
    """Return the listed value that a text stands for, by its id or label."""
    domain = fact.type.domain
    listed: Iterable[str] = (domain.values or ()) if isinstance(domain, (Enumeration, Members)) else ()
    said = _plain(text)
    named = [(v, [_plain(v)] + [_plain(w) for w in _words(fact, v)]) for v in listed]
    exact = [v for v, words in named if said in words]
    if exact:
        return exact[0]
    near = sorted(((max(_alike(said, w) for w in words), v) for v, words in named), reverse=True)
    return near[0][1] if near and near[0][0] >= _NEAR and (len(near) == 1 or near[1][0] < near[0][0]) else None


def _words(fact: Input, value: str) -> tuple[str, ...]:
    label = fact.type.labels.get(value)
    return () if label is None else (label.zh, label.en)


def _unknown(fact: Input, texts: Mapping[str, int]) -> list[str]:
    """Return the texts that stand for no listed value, if they are few enough to be listed."""
    domain = fact.type.domain
    if isinstance(domain, Truth):
        return [t for t in sorted(texts) if t not in _TRUTHS][:_MOST_TEXTS]
    if not isinstance(domain, (Enumeration, Members)) or domain.open:
        return []
    return [t for t in _members(fact, texts) if _id_of(t, fact) is None][:_MOST_TEXTS]
