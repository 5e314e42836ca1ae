"""How long the exact analyses take: the check of a table of 1,500 rules over 7 columns, a comparison of 500 over 8.

Usage: python benchmarks/analysis.py. The tables are seeded: products of intervals and sets that cover a space without gaps or
overlaps (made by splitting it again and again), once as they are and once with one rule edited; and a table of 500 rules
that overlap heavily. CPU time, best of three. z3, where it is installed, is asked in the same process for one thing of each: a
gap in the large table, one point in which the two answers differ.

The last line is JSON: `check_1500x7_s` of checking, `review_1500x7_s` of looking for what is needless, `diff_500x8_s` of
comparing two loaded rulesets.
"""

from __future__ import annotations

import json
from random import Random
from time import process_time

from complaint_rules import diff, load_text
from complaint_rules.check import check
from complaint_rules.changes_words import changes_text
from complaint_rules.reviewing import review

ROUNDS = 3


def split(rng, rules, columns):
    """Return boxes (low, high a column) that cover [0, 100) in each column, each point once, cut at tens."""
    boxes = [[(0, 100)] * columns]
    while len(boxes) < rules:
        at = rng.randrange(len(boxes))
        wide = [axis for axis in range(columns) if boxes[at][axis][1] - boxes[at][axis][0] > 10]
        if wide:
            box, axis = boxes.pop(at), rng.choice(wide)
            low, high = box[axis]
            cut = rng.randrange(low + 10, high, 10)
            boxes += [[*box[:axis], part, *box[axis + 1 :]] for part in ((low, cut), (cut, high))]
    return boxes


def overlapping(rng, rules, columns):
    """Return boxes that meet one another often; the last one is everything."""
    found = []
    for _ in range(rules - 1):
        box = [(0, 100)] * columns
        for axis in rng.sample(range(columns), 3):
            low = rng.randrange(0, 90, 10)
            box[axis] = (low, rng.randrange(low + 10, 101, 10))
        found.append(box)
    return [*found, [(0, 100)] * columns]


def ruleset(boxes, answers, policy):
    """Return a ruleset with one table of these boxes, as text."""
    columns = len(boxes[0])
    inputs = "".join(f"  x{n}: {{type: integer, minimum: 0, maximum: 99}}\n" for n in range(columns))
    rows = []
    for n, (box, said) in enumerate(zip(boxes, answers, strict=True)):
        cells = ", ".join(f'x{a}: "[{low}..{high})"' for a, (low, high) in enumerate(box) if (low, high) != (0, 100))
        rows.append(f"      - {{id: r{n}, when: {{{cells}}}, then: v{said}}}\n")
    values = ", ".join(f"v{n}" for n in range(20))
    return (
        f"language: 1\nruleset: big\nversion: 1.0.0\ntitle: 大\ninputs:\n{inputs}decisions:\n  d:\n    hit_policy: {policy}\n"
        f"    inputs: [{', '.join(f'x{n}' for n in range(columns))}]\n    output: {{values: [{values}]}}\n    rules:\n{''.join(rows)}"
    )


def seconds(job):
    best = None
    for _ in range(ROUNDS):
        begun = process_time()
        job()
        took = process_time() - begun
        best = took if best is None else min(best, took)
    return best


def by_z3(boxes, other, answers, other_answers):
    """Return how long z3 takes to look for a gap, and for a point that two tables answer differently."""
    try:
        import z3
    except ModuleNotFoundError:
        print("note: z3-solver is not installed; the comparison leaves it out")
        return None, None
    xs = z3.Ints(" ".join(f"x{n}" for n in range(len(boxes[0]))))
    domain = z3.And(*(z3.And(x >= 0, x < 100) for x in xs))

    def inside(box):
        return z3.And(*(z3.And(x >= low, x < high) for x, (low, high) in zip(xs, box, strict=True)))

    def gap():
        solver = z3.Solver()
        solver.add(domain, *(z3.Not(inside(b)) for b in boxes))
        assert solver.check() == z3.unsat

    def value(table, said):
        found = z3.IntVal(-1)
        for box, answer in reversed(list(zip(table, said, strict=True))):
            found = z3.If(inside(box), answer, found)
        return found

    def difference():
        solver = z3.Solver()
        solver.add(domain, value(other, answers) != value(other, other_answers))
        assert solver.check() == z3.sat

    return seconds(gap), seconds(difference)


def main():
    rng = Random(7)
    large = split(rng, 1_500, 7)
    answers = [rng.randrange(20) for _ in large]
    big = load_text(ruleset(large, answers, "unique")).ruleset
    checked = seconds(lambda: check(big))
    assert not [d for d in check(big) if d.code in ("CR201", "CR202", "CR203", "CR204", "CR205")]

    reviewed = seconds(lambda: review(big))
    assert not [d for d in review(big) if d.code == "CR205"]

    small = split(rng, 500, 8)
    said = [rng.randrange(20) for _ in small]
    edited = [*said]
    edited[250] = (edited[250] + 1) % 20
    old, new = (load_text(ruleset(small, a, "unique")) for a in (said, edited))
    compared = seconds(lambda: diff(old, new))
    found = diff(old, new).decision("d")
    assert [r.old_rules for r in found.regions] == [("r250",)]

    heavy = overlapping(rng, 500, 8)
    first = [rng.randrange(20) for _ in heavy]
    second = [*first]
    second[250] = (second[250] + 1) % 20
    one, two = (load_text(ruleset(heavy, a, "collect")) for a in (first, second))
    meeting = seconds(lambda: diff(one, two))
    in_heavy = diff(one, two).decision("d")

    z3_gap, z3_difference = by_z3(large, small, said, edited)
    rows = [
        ("check 1,500 x 7", checked, z3_gap),
        ("review 1,500 x 7: needless, contradictory, unused", reviewed, None),
        ("diff 500 x 8, one edit", compared, z3_difference),
        (f"diff 500 x 8, overlapping: {in_heavy.search}, {len(in_heavy.regions)} regions", meeting, None),
    ]
    for name, ours, theirs in rows:
        other = "" if theirs is None else f"   z3, one question of it {theirs:8.2f} s  {theirs / ours:6.1f} x"
        print(f"  {name:<50}{ours:8.3f} s{other}")
    print(changes_text(diff(old, new), "en").splitlines()[5])
    print(json.dumps({
        "check_1500x7_s": round(checked, 3), "review_1500x7_s": round(reviewed, 3), "diff_500x8_s": round(compared, 3), "diff_500x8_overlapping_s": round(meeting, 3),
        "z3_gap_over_check": z3_gap and round(z3_gap / checked, 1), "z3_point_over_diff": z3_difference and round(z3_difference / compared, 1),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
