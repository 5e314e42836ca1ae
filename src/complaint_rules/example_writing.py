"""Example writing: an example as the text of the examples file, and a file with more examples at its end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from complaint_rules.answers import Answer, Decided, NotRegulated
from complaint_rules.domains import Domain, Members, Sign
from complaint_rules.log import Happening
from complaint_rules.ruleset import Ruleset
from complaint_rules.source import Plain
from complaint_rules.timetable import EPOCH
from complaint_rules.values import to_json

# The text of an example is what reads it: names and values as a file has them.
Tree = Mapping[str, Any]
UNLISTED = "something_else"
_BARE = re.compile(r"[\w][\w.\-+%:]*( [\w.\-+%:]+)*\Z")
_MEANT = frozenset({"null", "true", "false", "~", "yes", "no"})
_ITEM = re.compile(r"^( *)- ", re.MULTILINE)
_WIDE = 110
_EVEN_EMPTY = ("given", "violations")


def plain_value(value: Any, domain: Domain | None = None) -> Plain:
    """Return a value as a file has it; what a list does not name gets a name that no list has."""
    match value:
        case bool():
            return "yes" if value else "no"
        case Sign.OTHER:
            return UNLISTED
        case Sign():
            return value.value
        case frozenset():
            order = domain.values if isinstance(domain, Members) and domain.values else ()
            return [plain_value(v) for v in sorted(value, key=lambda v: (_place(v, order), str(v)))]
        case tuple():
            return [plain_value(v) for v in value]
        case Mapping():
            return {str(k): plain_value(v) for k, v in value.items()}
        case _:
            return str(to_json(value))


def _place(value: Any, order: Sequence[str]) -> int:
    return order.index(value) if value in order else len(order)


def real_value(value: Any, domain: Domain) -> Any:
    """Return a value that a complaint can have, for one that stands for what a list does not name."""
    if value is Sign.OTHER and not isinstance(domain, Members):
        return UNLISTED
    return frozenset(UNLISTED if v is Sign.OTHER else v for v in value) if isinstance(value, frozenset) else value


def plain_facts(ruleset: Ruleset, facts: Mapping[str, Any]) -> dict[str, Plain]:
    """Return facts as an example gives them, in the order of the ruleset."""
    return {n: plain_value(facts[n], i.type.domain) for n, i in ruleset.inputs.items() if n in facts}


def plain_answer(answer: Answer) -> Plain | None:
    """Return an answer as an example expects it; None where nothing is decided."""
    match answer:
        case Decided(value):
            return plain_value(value)
        case NotRegulated():
            return "not_regulated"
    return None


def plain_event(ruleset: Ruleset, happening: Happening) -> dict[str, Plain]:
    """Return an entry of a log as an example tells it."""
    found: dict[str, Plain] = {"at": plain_time(ruleset, happening.at)}
    if happening.recorded_at != happening.at:
        found["recorded_at"] = plain_time(ruleset, happening.recorded_at)
    found |= {"id": happening.id} if happening.id else {}
    word = "retracts" if happening.event is None else "corrects"
    found |= {"event": happening.event} if happening.event else {}
    found |= {"by": happening.by} if happening.by else {}
    found |= {word: happening.stands_for} if happening.stands_for else {}
    return found | ({"facts": plain_facts(ruleset, happening.facts)} if happening.facts else {})


def plain_time(ruleset: Ruleset, at: timedelta | datetime) -> str:
    """Return an instant in the ruleset's local time."""
    local = (at if isinstance(at, datetime) else EPOCH + at).astimezone(ZoneInfo(ruleset.time_zone))
    if local.microsecond:
        return local.isoformat()
    return local.strftime("%Y-%m-%d %H:%M" if local.second == 0 else "%Y-%m-%d %H:%M:%S")


# --- text -----------------------------------------------------------------------------------------------


def example_text(tree: Tree) -> str:
    """Return an example as lines of the examples file."""
    shown = ((k, v) for k, v in tree.items() if v not in ({}, []) or k in _EVEN_EMPTY)
    lines = [line for key, value in shown for line in _lines(key, value)]
    return "".join(f"{'  - ' if n == 0 else '    '}{line}\n" for n, line in enumerate(lines))


def _lines(key: str, value: Plain) -> Iterable[str]:
    if key in ("events", "related", "complaints") and isinstance(value, list):
        return [f"{key}:", *(f"  - {_flow(v)}" for v in value)]
    flow = f"{key}: {_flow(value)}"
    if len(flow) <= _WIDE or not isinstance(value, dict):
        return [flow]
    return [f"{key}:", *(f"  {_flow(k)}: {_flow(v)}" for k, v in value.items())]


def _flow(value: Plain) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{_flow(k)}: {_flow(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case _:
            return value if _is_bare(value) else json.dumps(value, ensure_ascii=False)


def _is_bare(text: str) -> bool:
    return text in ("yes", "no") or bool(
        _BARE.match(text) and text not in _MEANT and ": " not in text and text[-1] != ":"
    )


def with_more(text: str, ruleset: str, examples: Sequence[str]) -> str:
    """Return an examples file with these examples at its end, as deep as those before; what is there stays as it is."""
    begun = text if text.strip() else f"ruleset: {ruleset}\nexamples:\n"
    deep = _ITEM.search(begun)
    indent = deep[1] if deep else "  "
    more = "".join(f"{indent}{line.removeprefix('  ')}" for e in examples for line in e.splitlines(keepends=True))
    return (begun if begun.endswith("\n") else f"{begun}\n") + more


def file_of(ruleset: str, examples: Sequence[str]) -> str:
    """Return the text of a file with these examples alone."""
    return with_more("", ruleset, examples)
