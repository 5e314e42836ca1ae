"""Case map: each expected key of the worked cases in a folder, beside the decision that shows it.

    python tools/case_map.py FOLDER [RULESET …]

FOLDER holds RULESET.yaml files: a list of cases with `id` and `expected`, a mapping or a list of parts with a `type`
and a subject. An example takes a case by `case:` and its keys by `asserts:`. A key that no example asserts is printed
as unmapped: exit code 1.
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

SUBJECTS = ("field", "name", "action", "what", "clause", "to")


def keys_of(expected: Any, prefix: str = "") -> Iterator[str]:
    """Yield the keys of an expectation, dotted; a variant's keys stand below the variant, a part is TYPE.SUBJECT."""
    if isinstance(expected, list):
        for part in expected:
            subject = next((part[s] for s in SUBJECTS if s in part), None)
            yield f"{prefix}{part['type']}" + (f".{subject}" if subject else "")
        return
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
    """Return the decision or deadline that shows a key, or the key above it."""
    parts = key.split(".")
    return next((keys[k] for n in range(len(parts), 0, -1) if (k := ".".join(parts[:n])) in keys), None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("rulesets", nargs="*", default=["food", "bank"])
    options = parser.parse_args()
    mapped = unmapped = 0
    for ruleset in options.rulesets:
        known = asserted(ruleset)
        path = options.folder / f"{ruleset}.yaml"
        for case in read(path.read_bytes(), path.name).root or []:
            for key in keys_of(case["expected"]):
                decision = shown_by(key, known.get(case["id"], {}))
                print(f"{case['id']:10} {key:45} {decision or 'UNMAPPED'}")
                mapped += decision is not None
                unmapped += decision is None
    print(f"{mapped} keys shown, {unmapped} unmapped")
    return 1 if unmapped else 0


if __name__ == "__main__":
    sys.exit(main())
