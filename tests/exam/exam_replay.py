"""The exam of replay: many random procedures and lives, compared with the specification.

    python tests/exam/exam_replay.py --lives 20000 --seed 1

It prints how the lives went, and stops at the first difference with the seed that reproduces it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from multiprocessing import Pool
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1]))

from random_replays import CALENDARS, random_case
from test_replay_laws import lived, meant, of_library, of_oracle

CORES = 2
CHUNK = 50


def examine(seed: int) -> tuple[Counter[str], str]:
    """Compare some lives; return counts, and a difference or no text."""
    counts: Counter[str] = Counter()
    for number in range(seed, seed + CHUNK):
        case = random_case(Random(number))
        try:
            ours, theirs = of_library(lived(case)), of_oracle(meant(case))
        except Exception:  # noqa: BLE001 - whatever goes wrong is reported with what reproduces it
            return counts, f"seed {number}\n{traceback.format_exc()}"
        if ours != theirs:
            parts = [k for k in ours if ours[k] != theirs[k]]
            return counts, f"seed {number}: " + "\n".join(f"{k}\n  said  {ours[k]}\n  meant {theirs[k]}" for k in parts)
        counts["lives"] += 1
        counts.update(f"clocks: {status}" for status in ours["status"].values())
        counts.update(f"journal: {kind}" for _, kind, *_ in ours["journal"])
        counts["violations"] += len(ours["violations"])
        counts["lives that go on by themselves"] += ours["next"] is not None
    return counts, ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lives", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    begun = time.monotonic()
    first = options.seed * 10**9
    with tempfile.TemporaryDirectory() as folder:
        for name, (_, text) in CALENDARS.items():
            (Path(folder) / name).write_text(text, "utf-8")
        os.chdir(folder)
        with Pool(CORES) as pool:
            for found, difference in pool.imap_unordered(examine, range(first, first + options.lives, CHUNK)):
                counts += found
                if difference:
                    print(difference)
                    return 1
        os.chdir("/")
    for name, times in sorted(counts.items()):
        print(f"{times:10,}  {name}")
    print(f"no difference; {time.monotonic() - begun:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
