"""The exam of working time: many random calendars and questions, held against two oracles, the laws and the columns.

    python tests/exam/exam_worktime.py --answers 100000 --seed 1

At least that many answers are asked of the oracles, and as many of the laws and of the columns. It prints how many,
and stops at the first difference with what reproduces it.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter
from multiprocessing import Pool
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1]))

from test_worktime_vector import check_vector
from worktime_checks import check_cover, check_laws, check_ticks, check_walk

CORES = 2
# How often each is asked for one seed, so that no kind of question has all the time.
CHECKS = ((check_ticks, 8), (check_walk, 16), (check_laws, 4), (check_cover, 2), (check_vector, 1))
ORACLES = ("check_ticks", "check_walk")


def examine(seed: int) -> tuple[Counter[str], str]:
    """Ask the questions of one seed; return how many were asked, and a difference or no text."""
    counts: Counter[str] = Counter()
    for check, times in CHECKS:
        rng = Random(f"{seed} {check.__name__}")
        try:
            counts[check.__name__] += sum(check(rng) for _ in range(times))
        except AssertionError:
            return counts, f"seed {seed}, {check.__name__}\n{traceback.format_exc()}"
    return counts, ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    counts: Counter[str] = Counter()
    started = time.monotonic()
    with Pool(CORES) as pool:
        for found, difference in pool.imap_unordered(examine, range(wanted.seed, wanted.seed + 10**6)):
            counts += found
            if difference:
                print(difference)
                return 1
            if sum(counts[name] for name in ORACLES) >= wanted.answers:
                pool.terminate()
                break
    for name, count in sorted(counts.items()):
        print(f"{count:>10,} {name.removeprefix('check_')}")
    print(f"{sum(counts.values()):>10,} answers in {time.monotonic() - started:.0f} s, no difference")
    return 0


if __name__ == "__main__":
    sys.exit(main())
