"""The command diff: what differs between two rulesets, or between one ruleset's versions of two days."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from complaint_rules.changes import Level
from complaint_rules.changes_words import changes_json, changes_text, is_enough
from complaint_rules.comparing import diff
from complaint_rules.library import load
from complaint_rules.printed import FINDINGS, OK, print_json, print_lines
from complaint_rules.typed import Json, Language, RulesetName


def compare_rulesets(
    old: RulesetName,
    new: Annotated[str | None, Parameter(help="name or path of the other one; by default the same")] = None,
    /,
    *,
    at: Annotated[str | None, Parameter(help="the day, 2024-05-06, whose version of the old one is meant")] = None,
    at_new: Annotated[str | None, Parameter(help="the day whose version of the new one is meant")] = None,
    gate: Annotated[
        bool, Parameter(negative=(), help="only ask whether the version number has gone up enough")
    ] = False,
    lang: Language = "en",
    json: Json = False,
) -> int:
    """Say where two rulesets part: the exact cases of each decision, and every other part that differs."""
    changes = diff(load(old, at=at), load(new or old, at=at_new))
    if json:
        print_json(changes_json(changes))
    else:
        print_lines(changes_text(changes, lang))
    if gate:
        return OK if is_enough(changes) else FINDINGS
    return FINDINGS if changes.level > Level.NONE else OK
