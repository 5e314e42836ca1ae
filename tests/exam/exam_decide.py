"""The exam of deciding: many random rulesets and complaints, compared with the specification.

    python tests/exam/exam_decide.py --rulesets 10000 --pairs 1000000 --seed 1

It prints how the answers are distributed, and stops at the first difference with what reproduces it.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter
from itertools import product
from math import prod
from multiprocessing import Pool
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import library
from random_rulesets import (
    allows,
    choices,
    completed,
    missing_names,
    random_facts,
    random_parameters,
    random_ruleset,
    to_yaml,
)
from reference import Case, Reading, decide, settings_of

CORES = 2
EVERY_SETTING = 20  # complaints are decided under the same parameters
EVERY_RULES, EVERY_JOINT, MOST_JOINT = 10, 50, 300  # the dear questions are asked of a sample


def examine(task: tuple[int, int]) -> tuple[Counter[str], str]:
    """Compare one ruleset on some complaints; return counts, and a difference or no text."""
    try:
        return compare(*task)
    except Exception:  # noqa: BLE001 - whatever goes wrong is reported with what reproduces it
        return Counter(), f"seed {task[0]}\n{traceback.format_exc()}"


def compare(seed: int, pairs: int) -> tuple[Counter[str], str]:
    counts: Counter[str] = Counter()
    rng = Random(seed)
    ruleset = random_ruleset(rng)
    text = to_yaml(ruleset)
    rules = library.load(text)
    counts["rulesets"] += 1
    if rules is None:
        counts["rulesets not loaded: needless rules"] += 1
        return counts, ""
    known, reading = choices(ruleset), Reading(ruleset)
    hit: set[tuple[str, str]] = set()
    parameters: dict[str, Any] = {}
    assumptions = True
    for number in range(pairs):
        if number % EVERY_SETTING == 0:
            parameters, assumptions = random_parameters(rng, ruleset, known), rng.random() < 0.7
        facts = random_facts(rng, ruleset, known)
        said = library.answers(rules, facts, parameters, assumptions=assumptions)
        meant = decide(reading, facts, parameters, assumptions=assumptions)
        counts["pairs"] += 1
        counts.update(f"answers: {answer.status}" for answer in said.values())
        complete = completed(rng, ruleset, known, facts, parameters)
        after = decide(reading, *complete) if not assumptions else {}
        for name, answer in meant.items():
            if not library.same(said[name], answer):
                difference = f"decision {name}: said {said[name]}, meant {answer}"
            elif name in after and not allows(said[name], after[name]):
                difference = f"decision {name}: said {said[name]}, but {complete} is {after[name]}"
            else:
                continue
            given = f"seed {seed}\nfacts {facts}\nparameters {parameters}, {assumptions=}"
            return counts, f"{text}\n{given}\n{difference}"
        if number % EVERY_RULES == 0:
            hit |= rules_hit(reading, facts, parameters)
        if number % EVERY_JOINT == 0 and not assumptions:
            counts += over_asked(reading, known, facts, parameters, said)
    counts["rules"] += sum(len(t.get("rules", ())) for t in ruleset["decisions"].values())
    counts["rules hit"] += len(hit)
    return counts, ""


def rules_hit(reading: Reading, facts: Any, parameters: Any) -> set[tuple[str, str]]:
    """Return the rules that surely match."""
    case = Case(reading, facts, settings_of(reading.ruleset, parameters))
    hit = set()
    for name, tree in reading.ruleset["decisions"].items():
        if "rules" in tree:
            matching = [{r["id"] for r in rules} for rules in case.matching_rules(tree, {})]
            hit |= {(name, rule) for rule in set.intersection(*matching)}
    return hit


def over_asked(reading: Reading, known: Any, facts: Any, parameters: Any, said: Any) -> Counter[str]:
    """Count undetermined answers that all facts together would have decided.

    An estimate: long types are tried at and beside the bounds of cells only.
    """
    counts: Counter[str] = Counter()
    missing, unset = missing_names(reading.ruleset, facts, parameters)
    names = [*missing, *unset]
    undetermined = [name for name in said if said[name].status == "undetermined"]
    if not undetermined or prod(len(known[name]) for name in names) > MOST_JOINT:
        return counts
    after: dict[str, set[Any]] = {name: set() for name in undetermined}
    for values in product(*(known[name] for name in names)):
        chosen = dict(zip(names, values, strict=True))
        more_facts = {name: chosen[name] for name in missing}
        more_parameters = {name: chosen[name] for name in unset}
        full = decide(reading, facts | more_facts, parameters | more_parameters)
        for name in undetermined:
            after[name].add(full[name])
    counts["sample: undetermined"] += len(undetermined)
    constant = [found for found in after.values() if len(found) == 1]
    counts["sample: over-asked"] += sum(a.status != "undetermined" for (a,) in constant)
    return counts


def main() -> int:
    """Run the exam; return 1 at the first difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rulesets", type=int, default=10_000)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    each = -(-arguments.pairs // arguments.rulesets)
    first = arguments.seed * 1_000_000
    tasks = [(first + number, each) for number in range(arguments.rulesets)]
    counts: Counter[str] = Counter()
    started = time.monotonic()
    with Pool(CORES) as pool:
        for found, difference in pool.imap_unordered(examine, tasks, chunksize=4):
            counts += found
            if difference:
                print(difference)
                return 1
    for name, count in sorted(counts.items()):
        print(f"{name:40} {count:>12,}")
    took = time.monotonic() - started
    answers = sum(count for name, count in counts.items() if name.startswith("answers"))
    for status in ("decided", "undetermined", "not_regulated"):
        print(f"{status:40} {counts[f'answers: {status}'] / answers:>12.1%}")
    print(f"{'rules hit':40} {counts['rules hit'] / max(1, counts['rules']):>12.1%}")
    asked = counts["sample: over-asked"] / max(1, counts["sample: undetermined"])
    print(f"{'over-asking':40} {asked:>12.2%}")
    print(f"no difference; {took:.0f} s, {counts['pairs'] / took:.0f} pairs a second")
    return 0


if __name__ == "__main__":
    sys.exit(main())
