"""Case map: each expected key of the worked cases in a folder, beside the decision that shows it.

    python tools/case_map.py FOLDER [RULESET …]

FOLDER holds RULESET.yaml files: a list of cases with `id` and `expected`. An example takes a case by
`case:` and its keys by `asserts:`. A key that no example asserts is printed as unmapped: exit code 1.
Cases and keys about elapsed time wait until deadlines and replay are there; they are printed as such.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from complaint_rules.example_file import examples_path, read_examples
from complaint_rules.library import find_ruleset, load
from complaint_rules.source import read

WAITING = {
    "food-g01", "food-g02", "food-g04", "bank-g11", "bank-g16", "bank-g56",
    "bank-g02:reply_deadline", "bank-g02:arithmetic", "bank-g02:tell_customer_deadline.value",
    "bank-g09:reply_deadline", "bank-g09:arithmetic", "bank-g09:tell_customer_deadline.value",
    "bank-g20:raised_at", "bank-g40:variant_B.reply_deadline", "bank-g40:arithmetic", "bank-g50",
    "auto-g12:closure_deadline", "auto-g12:arithmetic", "auto-g14", "auto-g27:closure_deadline",
    "auto-g27:monthly_fines", "auto-g27:arithmetic", "auto-g27:total_monthly_fines",
    "retail-g02", "retail-g24",
    *(f"retail-g33:{key}" for key in (
        "feedback_on_time", "three_workdays_end", "arithmetic", "progress_report_required", "progress_report_due",
        "result_feedback_due", "result_feedback_on_time", "follow_up_due",
    )),
}  # fmt: skip


def keys_of(expected: Any, prefix: str = "") -> Iterator[str]:
    """Yield the keys of an expectation, dotted; a variant's keys stand below the variant."""
    for key, value in expected.items():
        if isinstance(value, dict) and value:
            yield from keys_of(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def asserted(ruleset: str) -> dict[str, dict[str, str]]:
    """Return, for each case, its keys and the decision that shows each."""
    rules = load(ruleset)
    found: dict[str, dict[str, str]] = {}
    for example in read_examples(examples_path(find_ruleset(ruleset)), rules.ruleset):
        if example.case:
            found.setdefault(example.case, {}).update(example.asserts)
    return found


def shown_by(key: str, keys: Mapping[str, str]) -> str | None:
    """Return the decision that shows a key, or the key above it."""
    parts = key.split(".")
    return next((keys[k] for n in range(len(parts), 0, -1) if (k := ".".join(parts[:n])) in keys), None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("rulesets", nargs="*", default=["food", "bank"])
    options = parser.parse_args()
    mapped = unmapped = waiting = 0
    for ruleset in options.rulesets:
        known = asserted(ruleset)
        path = options.folder / f"{ruleset}.yaml"
        for case in read(path.read_bytes(), path.name).root or []:
            for key in keys_of(case["expected"]):
                decision = shown_by(key, known.get(case["id"], {}))
                waits = not decision and bool({case["id"], f"{case['id']}:{key}"} & WAITING)
                print(f"{case['id']:10} {key:45} {decision or ('(waits for time)' if waits else 'UNMAPPED')}")
                mapped += decision is not None
                unmapped += decision is None and not waits
                waiting += waits
    print(f"{mapped} keys shown, {waiting} wait for time, {unmapped} unmapped")
    return 1 if unmapped else 0


if __name__ == "__main__":
    sys.exit(main())
