"""Moving words: what moves between two rulesets over past complaints, for people and as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from complaint_rules.answers import Answer, Decided
from complaint_rules.column_reading import raw_of
from complaint_rules.library import decide
from complaint_rules.moves import Move
from complaint_rules.moving import Comparison
from complaint_rules.record_facts import FactColumns
from complaint_rules.record_files import Records, read_part
from complaint_rules.record_mapping import RecordMapping
from complaint_rules.render import value_words
from complaint_rules.ruleset import Ruleset
from complaint_rules.simulated import noted
from complaint_rules.values import from_json, to_json
from complaint_rules.words import Label, Lang

_SHOWN = 20
_WORDS: Mapping[str, Label] = {
    "head": Label("{} → {}：{} 行", "{} → {}: {} rows"),
    "moved": Label("{} 行有变动（{} %），{} 行未能比较", "{} rows move ({} %), {} could not be compared"),
    "causes": Label("按修改之处", "By edit"),
    "answers": Label("{} 个结论", "{} answers"),
    "money": Label("金额 {}", "money {}"),
    "nothing": Label("没有变动", "nothing moves"),
    "silent": Label("未作规定", "not regulated"),
    "open": Label("未定", "undetermined"),
    "varies": Label("随各行而定", "as each row says"),
    "by": Label("按 {}", "by {}"),
    "row": Label("第 {} 行", "row {}"),
    "more": Label("另有 {} 种变动", "{} more ways to move"),
    "unmoved": Label("不明", "not known"),
}
_STATUS = {"undetermined": "open", "not_regulated": "silent"}


def comparison_lines(
    found: Comparison, examples: Mapping[int, Mapping[str, Sequence[str]]], lang: Lang
) -> Iterator[str]:
    """Yield what moves, by edit and by decision, with rows as examples."""
    old, new = found.old.ruleset, found.new.ruleset
    yield _say("head", lang, f"{old.id} {old.version}", f"{new.id} {new.version}", f"{found.rows:,}")
    share = f"{100 * found.moved / found.rows:.1f}" if found.rows else "0"
    yield "  " + _say("moved", lang, f"{found.moved:,}", share, f"{found.refused:,}")
    if not found.moves:
        return
    yield from ("", _say("causes", lang))
    for cause, (rows, money) in found.by_cause().items():
        more = f" · {_say('money', lang, _signed(money))}" if money else ""
        yield f"  {cause}: {_say('answers', lang, f'{rows:,}')}{more}"
    for decision in found.decisions:
        moves = [m for m in found.moves if m.decision == decision]
        if moves:
            label = new.decisions[decision].label.in_lang(lang)
            yield from ("", f"{label} ({decision}): {sum(m.rows for m in moves):,}")
            yield from (f"  {line}" for m in moves[:_SHOWN] for line in _move_lines(m, found, examples, lang))
            if len(moves) > _SHOWN:
                yield f"  {_say('more', lang, len(moves) - _SHOWN)}"


def _say(word: str, lang: Lang, *parts: object) -> str:
    return _WORDS[word].in_lang(lang).format(*parts)


def _signed(money: Decimal) -> str:
    return f"{money:+,f}"


def _move_lines(
    move: Move, found: Comparison, examples: Mapping[int, Mapping[str, Sequence[str]]], lang: Lang
) -> Iterator[str]:
    old, new = found.old.ruleset, found.new.ruleset
    causes = ", ".join(move.causes) or _say("unmoved", lang)
    money = sum((after - before for before, after in move.money.values()), Decimal(0))
    paid = f" · {_say('money', lang, _signed(money))}" if money else ""
    yield f"{_side(move, old, move.old, lang)} → {_side(move, new, move.new, lang)}: {move.rows:,}{paid}  ← {causes}"
    for column, counts in move.slices.items():
        most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]
        told = ", ".join(f"{text or '-'} {n:,}/{found.totals[column][text]:,}" for text, n in most)
        yield f"  {_say('by', lang, column)}: {told}"
    for row in move.samples[:1]:
        yield from (f"  {line}" for line in examples.get(row, {}).get(move.decision, ()))


def _side(move: Move, ruleset: Ruleset, side: Mapping[str, str | None], lang: Lang) -> str:
    """Return what one side says: its values, or why it says none, and by which rules."""
    hidden = [noted(ruleset, move.decision, n) for n in ("status", "rules")]
    status, rules = side.get(hidden[0]) or "", side.get(hidden[1])
    by = f" [{rules}]" if rules else ""
    if status in _STATUS:
        return _say(_STATUS[status], lang) + by
    values = [v for n, v in side.items() if n not in hidden and v is not None]
    return (", ".join(values) or _say("varies", lang)) + by


# --- rows as examples -------------------------------------------------------------------------------------------


def examples_of(
    found: Comparison, records: Records, mapping: RecordMapping, lang: Lang
) -> dict[int, dict[str, list[str]]]:
    """Return for the first row of each move, by decision, what both rulesets decide singly, and by which cells."""
    wanted: dict[int, list[str]] = {}
    for move in found.moves:
        for row in move.samples[:1]:
            wanted.setdefault(row, []).append(move.decision)
    told: dict[int, dict[str, list[str]]] = {}
    known = mapping_for(mapping, found.new.ruleset.inputs)
    columns = FactColumns(known, records, found.new.ruleset)
    for part in records.parts:
        if any(part.first < row <= part.first + part.rows for row in wanted):
            for piece in read_part(records, part, columns.columns):
                batch, _ = columns.make(piece)
                for at, row in enumerate(batch.column(0).to_pylist()):
                    if row in wanted:
                        facts = {n: raw_of(batch.column(batch.schema.get_field_index(n))[at]) for n in columns.readings}
                        told[row] = dict(_explained(found, row, facts, wanted[row], lang))
    return told


def mapping_for(mapping: RecordMapping, inputs: Mapping[str, Any]) -> RecordMapping:
    """Return what a mapping says of these facts."""
    return RecordMapping(
        {n: s for n, s in mapping.facts.items() if n in inputs}, {}, mapping.encoding, mapping.delimiter
    )


def _explained(
    found: Comparison, row: int, facts: Mapping[str, Any], decisions: Sequence[str], lang: Lang
) -> Iterator[tuple[str, list[str]]]:
    before = {n: v for n, v in facts.items() if n in found.old.ruleset.inputs}
    results = [decide(r, f, only=decisions) for r, f in ((found.old, before), (found.new, facts))]
    for decision in decisions:
        answers = [r.decisions[decision] for r in results]
        traces = [a.trace for a in answers]
        used = dict.fromkeys(n for t in traces for n in t.used)
        inputs = found.new.ruleset.inputs
        known = [(n, facts[n], inputs[n].type) for n in used if facts.get(n) is not None]
        given = [f"{n} = {value_words(from_json(raw, type_.domain), type_, lang)}" for n, raw, type_ in known]
        lines = [f"{_say('row', lang, row)}: {', '.join(given)}"] if given else [_say("row", lang, row)]
        lines += [f"  {sign} {line}" for sign, a in zip("−+", answers, strict=True) for line in _cells(a)]
        yield decision, lines


def _cells(answer: Answer) -> Iterator[str]:
    """Yield the cells of the rules that decide, and what they say."""
    said = f" → {to_json(answer.value)}" if isinstance(answer, Decided) else ""
    for rule in answer.trace.rules:
        cells = ", ".join(f"{n}: {c}" for n, c in answer.trace.cells.get(rule, {}).items())
        yield f"{rule} {{{cells}}}{said}"


def comparison_json(found: Comparison, examples: Mapping[int, Mapping[str, Sequence[str]]]) -> dict[str, Any]:
    """Return the comparison as data."""
    return {
        "old": _named(found.old.ruleset), "new": _named(found.new.ruleset),
        "rows": found.rows, "moved": found.moved, "not_compared": found.refused, "combinations": found.combinations,
        "causes": [
            {"edit": c, "answers": rows, "money": to_json(money)} for c, (rows, money) in found.by_cause().items()
        ],
        "moves": [_move_json(m, examples) for m in found.moves],
        "slices": {c: dict(counts) for c, counts in found.totals.items()},
    }  # fmt: skip


def _named(ruleset: Any) -> dict[str, str]:
    return {"ruleset": ruleset.id, "version": ruleset.version, "hash": ruleset.content_hash}


def _move_json(move: Move, examples: Mapping[int, Mapping[str, Sequence[str]]]) -> dict[str, Any]:
    money = {c: {"old": to_json(a), "new": to_json(b)} for c, (a, b) in move.money.items()}
    told = [list(examples[r][move.decision]) for r in move.samples[:1] if move.decision in examples.get(r, {})]
    return {
        "decision": move.decision, "old": dict(move.old), "new": dict(move.new), "rows": move.rows, "money": money,
        "causes": list(move.causes), "sample_rows": list(move.samples), "example": told[0] if told else [],
        "slices": {c: dict(n) for c, n in move.slices.items()},
    }  # fmt: skip
