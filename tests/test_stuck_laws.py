"""The law of what can come about: whatever happens in a life that is told is never called impossible."""

from __future__ import annotations

from random import Random

import pytest

pytest.importorskip("complaint_rules")
import sizes
from complaint_rules.answers import Decided
from complaint_rules.handed import Tables, possible_events
from complaint_rules.limits import DEFAULT_LIMITS
from random_replays import random_case, to_yaml
from test_replay_laws import calendars, lived, loaded

__all__ = ["calendars"]


def test_what_happens_in_a_life_is_never_called_impossible() -> None:
    impossible = happened = 0
    for seed in range(sizes.of(12, 2_000)):
        rng = Random(seed)
        case = random_case(rng)
        for deadline in case[0].get("deadlines", {}).values():
            if rng.random() < 0.5:
                deadline.pop("met_when", None)
        ruleset = loaded(to_yaml(case[0])).ruleset
        events, known = possible_events(Tables(ruleset, DEFAULT_LIMITS))
        made = {e for d in ruleset.deadlines.values() for e in d.events}
        impossible += len(made - events)
        life = lived(case)
        names = {e.name for e in life.journal}
        happened += len(names & made)

        assert not names & (made - events), seed
        for name, answer in life.result.decisions.items():
            if name in known and isinstance(answer, Decided):
                assert answer.value in known[name], (seed, name)
    assert impossible > 2
    assert happened > 2
