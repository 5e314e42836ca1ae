"""The exam of triggers: random histories, matched natively and by durable-rules.

    python tests/exam/exam_triggers.py --histories 50000 --seed 1

It prints how many were compared and how often they fired, and stops at the first difference with what reproduces it.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from itertools import islice
from multiprocessing import Pool
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1]))

from complaint_rules.correlate_durable import NOT_INSTALLED, Durable, is_installed
from test_triggers_durable import compared

CORES = 2
AT_ONCE = 250


def examine(seed: int) -> tuple[int, int, str]:
    """Compare the histories of one seed; return how often they fired, what was asked, and a difference or no text."""
    judge, fired = Durable(shadow=False), 0
    try:
        chance = Random(f"{seed} triggers")
        for _ in range(AT_ONCE):
            fired += compared(chance, judge)
    except Exception:  # noqa: BLE001 - shown with what reproduces it
        return fired, judge.asked, f"seed {seed}\n{traceback.format_exc()}"
    finally:
        judge.close()
    return fired, judge.asked, f"seed {seed}: durable-rules died: {judge.deaths}" if judge.deaths else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    if not is_installed():
        print(f"skipped: {NOT_INSTALLED.en}")
        return 0
    seeds = range(wanted.seed, wanted.seed + -(-wanted.histories // AT_ONCE))
    started, fired, asked = time.monotonic(), 0, 0
    with Pool(CORES) as pool:
        for more_fired, more_asked, difference in islice(pool.imap_unordered(examine, seeds), len(seeds)):
            fired, asked = fired + more_fired, asked + more_asked
            if difference:
                print(difference)
                return 1
    print(
        f"{len(seeds) * AT_ONCE:>10,} histories, {fired:,} firings, {asked:,} questions, {time.monotonic() - started:.0f} s"
    )
    print("no difference")
    return 0


if __name__ == "__main__":
    sys.exit(main())
