"""A complaint followed step by step: whatever is told in whatever order, the library and the specification agree at every step."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import random_replays
from random_replays import CALENDARS, GRID, chance, random_event
from sizes import of
from test_replay_laws import lived, meant, of_library, of_oracle

SEEDS = st.integers(0, 2**32 - 1)


class Complaint(RuleBasedStateMachine):
    """One complaint under a random procedure: events come, are known later, corrected, taken back, told twice; time goes on."""

    @initialize(seed=SEEDS)
    def begin(self, seed):
        rng = Random(seed)
        self.ruleset, self.plain = random_replays.random_ruleset(rng, rng.choice(["cn", "berlin", "new_york"]))
        self.instants = random_replays.random_instants(rng, self.ruleset["calendar"].removesuffix(".yaml"))
        kinds = self.plain.items()
        self.facts = {n: random_replays.some_value(rng, k, self.instants) for n, k in kinds if chance(rng, 0.8)}
        self.related = random_replays.random_related(rng, self.ruleset, self.plain, self.instants)
        self.log = []
        self.now = min(self.instants)

    def tell(self, rng, **more):
        """Tell of an event, and let time be such that it may be known."""
        event = random_event(rng, self.ruleset, self.plain, self.instants)
        self.log.append(event | {"id": f"x{len(self.log)}"} | more)
        return self.log[-1]

    @rule(seed=SEEDS)
    def something_happens(self, seed):
        self.tell(Random(seed))

    @rule(seed=SEEDS, later=st.integers(1, 400))
    def something_becomes_known_late(self, seed, later):
        event = self.tell(Random(seed))
        event["recorded_at"] = event["at"] + later * GRID

    @precondition(lambda self: self.log)
    @rule(seed=SEEDS, later=st.integers(0, 200))
    def something_is_corrected(self, seed, later):
        rng = Random(seed)
        wrong = rng.choice(self.log)
        event = self.tell(rng, corrects=wrong["id"])
        event["recorded_at"] = max(event["at"], wrong.get("recorded_at", wrong["at"]) + later * GRID)

    @precondition(lambda self: self.log)
    @rule(seed=SEEDS, later=st.integers(0, 200))
    def something_is_taken_back(self, seed, later):
        wrong = Random(seed).choice(self.log)
        at = wrong.get("recorded_at", wrong["at"]) + later * GRID
        self.log.append({"retracts": wrong["id"], "at": at, "id": f"x{len(self.log)}"})

    @precondition(lambda self: self.log)
    @rule(seed=SEEDS)
    def something_is_told_again(self, seed):
        self.log.append(dict(Random(seed).choice(self.log)))

    @rule(steps=st.integers(1, 48 * 6))
    def time_goes_on(self, steps):
        self.now += steps * GRID

    @precondition(lambda self: self.log)
    @rule()
    def it_becomes_the_instant_of_the_next_change(self):
        after = lived(self.case).next
        if after is not None and after.at < max(self.instants) + timedelta(days=60):
            self.now = after.at

    @property
    def case(self):
        return self.ruleset, self.facts, self.log, self.related, self.now

    @invariant()
    def the_library_says_what_the_specification_says(self):
        if hasattr(self, "log"):
            assert of_library(lived(self.case)) == of_oracle(meant(self.case))


def test_a_complaint_followed_step_by_step(tmp_path):
    for name, (_, text) in CALENDARS.items():
        (tmp_path / name).write_text(text, "utf-8")
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        machine = Complaint.TestCase
        machine.settings = settings(
            max_examples=of(15, 2_000), stateful_step_count=of(15, 40), deadline=None, derandomize=not of(0, 1),
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        machine("runTest").runTest()
    finally:
        os.chdir(before)
