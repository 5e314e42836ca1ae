"""How much of a space boxes leave out: by cutting boxes out of it, and by walking its cells axis by axis."""

from __future__ import annotations

from functools import reduce

from hypothesis import given, settings
from hypothesis import strategies as st

import sizes
from complaint_rules.joint import Joint, volume
from complaint_rules.regions import Budget, uncovered

SIZES = st.lists(st.integers(1, 4), min_size=1, max_size=5)


@st.composite
def boxes(draw: st.DrawFn) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    sizes_ = tuple(draw(SIZES))
    one = st.tuples(*(st.integers(1, (1 << size) - 1) for size in sizes_))
    return sizes_, draw(st.lists(one, max_size=8))


@settings(max_examples=sizes.of(90, 5000), deadline=None)
@given(boxes())
def test_both_ways_leave_out_the_same_volume(drawn: tuple[tuple[int, ...], list[tuple[int, ...]]]) -> None:
    sizes_, covering = drawn
    space = tuple((1 << size) - 1 for size in sizes_)
    whole = reduce(lambda n, size: n * size, sizes_, 1)
    cut = volume(uncovered(covering, space, Budget(100_000)))
    every = (1 << len(covering)) - 1
    masks = [
        [sum(1 << b for b, box in enumerate(covering) if box[axis] >> cell & 1) for cell in range(size)]
        for axis, size in enumerate(sizes_)
    ]
    walked = Joint(masks, space, lambda alive: "covered" if alive else None, every, every).boxes(Budget(100_000))
    assert volume(walked.get("covered", [])) == whole - cut
