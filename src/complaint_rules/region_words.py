"""Region words: a part of a table's space, and one case in it, as words for a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from complaint_rules.domains import Interval, LineAxis, MemberAxis, Sign, SignAxis, ValueAxis
from complaint_rules.occurring import first_inside, possible_cells
from complaint_rules.regions import Box, cells, first_cells
from complaint_rules.ruleset import Ruleset, Type
from complaint_rules.tables import Column, Table
from complaint_rules.values import to_json
from complaint_rules.words import Label, Lang


def in_words(
    ruleset: Ruleset, table: Table, box: Box, received: Mapping[str, tuple[Any, ...] | None] | None = None
) -> dict[str, object]:
    """Return the region that a box is, and one example in it, as words for a message."""
    point = first_cells(box)
    known = {c.name: first_inside(c, box, (received or {}).get(c.name) or ()) for c in table.columns}
    examples = [(c.name, _plain(v[0])) if (v := known[c.name]) else _example(c, point) for c in table.columns]
    return {
        "region": Label(_region(ruleset, table, box, "zh"), _region(ruleset, table, box, "en")),
        "example": ", ".join(f"{n}: {v}" for n, v in examples),
        "facts": dict(examples),
    }


def _region(ruleset: Ruleset, table: Table, box: Box, lang: Lang) -> str:
    parts = [_column(ruleset, c, box, lang) for c in table.columns]
    return (", " if lang == "en" else "，").join(p for p in parts if p) or ("anything" if lang == "en" else "任何情况")


def _column(ruleset: Ruleset, column: Column, box: Box, lang: Lang) -> str:
    type_ = ruleset.type_of(column.name)
    parts: list[str] = []
    everything = possible_cells(ruleset, column, {})
    for at, (axis, whole) in enumerate(zip(column.axes, everything, strict=True), start=column.first_axis):
        bits = box[at]
        if bits & whole == whole:
            continue
        match axis:
            case ValueAxis():
                names = [_name(type_, axis.witness(c), lang) for c in cells(bits)]
                parts.append(f"{column.name}: {(' or ' if lang == 'en' else '或').join(names)}")
            case LineAxis():
                stretches = [_stretch(axis.cells[c], lang) for c in cells(bits)]
                parts.append(f"{column.name}: {(' or ' if lang == 'en' else '或').join(stretches)}")
            case MemberAxis():
                member = _name(type_, axis.member, lang)
                has = bits == 0b10
                verb = ("has" if has else "without") if lang == "en" else ("含" if has else "不含")
                parts.append(f"{column.name} {verb} {member}")
            case SignAxis():
                parts.append(f"{column.name}: {'regulated' if bits == 0b01 else axis.sign.value}")
    return (", " if lang == "en" else "，").join(parts)


def _name(type_: Type, value: Any, lang: Lang) -> str:
    if isinstance(value, bool):
        return ("yes" if value else "no") if lang == "en" else ("是" if value else "否")
    if isinstance(value, Sign):
        return value.value
    label = type_.labels.get(value)
    return f"{value}（{label.zh}）" if lang == "zh" and label else str(value)


def _stretch(part: Interval | Sign, lang: Lang) -> str:
    if isinstance(part, Sign):
        return part.value
    if part.low is not None and part.low == part.high:
        return str(to_json(part.low))
    low = "" if part.low is None else f"> {to_json(part.low)}"
    high = "" if part.high is None else f"< {to_json(part.high)}"
    joined = f"{low} {'and' if lang == 'en' else '且'} {high}" if low and high else low or high
    return joined or ("any" if lang == "en" else "任意")


def _example(column: Column, point: Sequence[int]) -> tuple[str, Any]:
    chosen = [(a, point[at]) for at, a in enumerate(column.axes, start=column.first_axis)]
    if len(chosen) == 1 and not isinstance(chosen[0][0], (MemberAxis, SignAxis)):
        return column.name, _plain(chosen[0][0].witness(chosen[0][1]))
    if any(isinstance(a, SignAxis) and c for a, c in chosen):
        return column.name, "not_regulated"
    return column.name, [_plain(a.member) for a, c in chosen if isinstance(a, MemberAxis) and c]


def _plain(value: object) -> Any:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else to_json(value)
