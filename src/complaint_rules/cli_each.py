"""Command for hooks before a commit: check, test or lay out the rulesets to which files belong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from complaint_rules.cli_check import check
from complaint_rules.cli_ruleset import run_beside
from complaint_rules.cli_writing import fmt
from complaint_rules.example_file import examples_path
from complaint_rules.library import ruleset_of
from complaint_rules.printed import OK
from complaint_rules.typed import Language


def each(
    what: Annotated[Literal["check", "test", "fmt"], Parameter(help="check, test or fmt")],
    files: Annotated[tuple[Path, ...], Parameter(help="files; those that belong to no ruleset are passed over")],
    /,
    *,
    lang: Language = "en",
) -> int:
    """Check, test or lay out the rulesets to which files belong, for hooks before a commit.

    A ruleset is meant by its own file, its examples and its clauses. `fmt` writes what it lays out, and says so.
    """
    rulesets = tuple(dict.fromkeys(r for f in files if (r := ruleset_of(f)) is not None))
    match what:
        case "check":
            return max((check(str(r), lang=lang) for r in rulesets), default=OK)
        case "test":
            tested = (r for r in rulesets if examples_path(r).is_file())
            return max((run_beside(str(r), lang=lang) for r in tested), default=OK)
        case "fmt":
            uneven = fmt(rulesets, check=True)
            return max(uneven, fmt(rulesets)) if uneven else OK
