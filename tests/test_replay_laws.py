"""A replay says what the specification says, whatever the order in which things were told."""

from __future__ import annotations

import os
from datetime import datetime
from functools import cache
from pathlib import Path
from random import Random

import pytest

from complaint_rules import load_text, replay
from random_replays import CALENDARS, random_case, to_yaml
from reference_replay import replayed
from sizes import of

COUNT = of(60, 4_000)
KINDS = {"event", "met", "unmet", "breached", "milestone", "lapsed", "restarted"}


@pytest.fixture(scope="module", autouse=True)
def calendars(tmp_path_factory):
    folder = tmp_path_factory.mktemp("calendars")
    for name, (_, text) in CALENDARS.items():
        (folder / name).write_text(text, "utf-8")
    before = Path.cwd()
    os.chdir(folder)
    yield
    os.chdir(before)


@cache
def loaded(text):
    return load_text(text)


def plain(value):
    return value.isoformat() if isinstance(value, datetime) else value


def told(entry):
    """Return an entry of the oracle's log as the library reads it."""
    return {k: {n: plain(v) for n, v in e.items()} if isinstance(e, dict) else plain(e) for k, e in entry.items()}


def others(related):
    return [{**told(e), "facts": told({"facts": r["facts"]})["facts"]} for r in related for e in r["log"]]


def lived(case, now=None, log=None, related=None):
    ruleset, facts, first, others_, at = case
    return replay(
        loaded(to_yaml(ruleset)), {n: plain(v) for n, v in facts.items()}, list(map(told, first)) if log is None else log,
        related=others(others_) if related is None else related, now=now or at,
    )  # fmt: skip


def of_library(found):
    """Return what is compared: instants as instants, what is not settled left out."""
    runs = {
        n: [
            (r.start, r.met_at, r.breached_at, *(() if o.status in ("lapsed", "undetermined") else (r.outcome, r.due)))
            for r in o.runs
        ]
        for n, o in found.obligations.items()
    }
    return {
        "status": {n: o.status for n, o in found.obligations.items()}, "runs": runs, "state": found.state,
        "journal": [(e.at, e.kind, e.name, e.nth or 0) for e in found.journal if e.kind in KINDS],
        "violations": [(v.event, v.kind) for v in found.violations], "next": found.next.at if found.next else None,
    }  # fmt: skip


def of_oracle(found):
    runs = {
        n: [
            (r["start"], r["met_at"], r["breached_at"], *(() if o["state"] in ("lapsed", "undetermined") else (r["outcome"], r["due"])))
            for r in o["runs"]
        ]
        for n, o in found["obligations"].items()
    }  # fmt: skip
    journal = [(e["at"], e["kind"], e["name"], e.get("index", 0)) for e in found["journal"] if e["kind"] in KINDS]
    return {
        "status": {n: o["state"] for n, o in found["obligations"].items()}, "runs": runs, "state": found["state"],
        "journal": sorted(journal, key=lambda e: e[0]),
        "violations": [(v["event"], v["kind"]) for v in found["violations"]], "next": found["next"],
    }  # fmt: skip


def meant(case, now=None):
    ruleset, facts, log, related, at = case
    return replayed(ruleset, CALENDARS[ruleset["calendar"]][0], facts, log, related, now or at)


@pytest.mark.parametrize("seed", range(5))
def test_a_replay_is_what_the_specification_says(seed):
    rng = Random(seed)
    for n in range(COUNT):
        case = random_case(rng)

        assert of_library(lived(case)) == of_oracle(meant(case)), (seed, n)
