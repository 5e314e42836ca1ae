"""The specification of `replay` itself: lives of complaints worked out by hand from the words of `docs/replay.md`.

In April and May 2024 of the calendar: Sunday 28 April is worked, 1 to 5 May are not, Saturday 11 May is. Instants are
written `month-day hour:minute` and all are Shanghai's but where another place is named.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
import yaml

from random_replays import CALENDARS, random_case
from reference_due import due_of
from reference_replay import TERMS, counted, replayed
from sizes import of

RULES = """
events:
  received: 收到
  answered: 答复
  refused: 不同意
  ordered: 订购配件
  arrived: 配件到货
  failed: 未联系上
  closed: 关闭
parameters:
  unsaid: {type: integer, unset: true, reason: no number}
inputs:
  limit: {type: integer, minimum: 0}
  applies: {type: boolean}
  unit: {values: [north, south]}
  received_at: {type: datetime, from: {first: received}}
  received_last: {type: datetime, from: {last: received}}
  waiting: {type: boolean, from: {happened: ordered, until: arrived}}
  is_answered: {type: boolean, from: {latest: {yes: answered, no: refused}, initially: no}}
  has_failed: {type: boolean, from: {happened: failed, until: answered}}
decisions: {}
"""
COMMON = {"start": "received_at", "met_when": "is_answered", "pause_while": "waiting"}


def at(text, zone="Asia/Shanghai"):
    moment = datetime.fromisoformat(f"2024-{text.replace(' ', 'T')}")
    return datetime.fromisoformat(moment.replace(tzinfo=ZoneInfo(zone)).isoformat())


def shown(instant, zone="Asia/Shanghai"):
    return instant and instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat(" ", "auto")[5:].removesuffix(":00")  # fmt: skip


def rules(deadlines, more=""):
    """Return a ruleset with these deadlines, each a text of YAML over what is common to them."""
    found = yaml.load(RULES, yaml.BaseLoader)
    for section, added in (yaml.load(more, yaml.BaseLoader) or {}).items():
        found[section] = {**found.get(section, {}), **added}
    read = {n: yaml.load(f"{{{text}}}", yaml.BaseLoader) for n, text in deadlines.items()}
    found["deadlines"] = {n: {k: v for k, v in {**COMMON, **tree}.items() if v != "none"} for n, tree in read.items()}
    return found


def events(lines, zone="Asia/Shanghai"):
    """Read `month-day hour:minute event key=value …`; any other key than `by` and the log's own is a fact."""
    log = []
    for line in filter(None, (part.strip() for part in lines.split(";"))):
        when, hour, name, *rest = line.split()
        event = {"at": at(f"{when} {hour}", zone)} | ({} if name == "-" else {"event": name})
        for key, _, value in (word.partition("=") for word in rest):
            if key in ("id", "by", "corrects", "retracts"):
                event[key] = value
            elif key == "recorded":
                event["recorded_at"] = at(value.replace("_", " "), zone)
            else:
                truths = {"yes": True, "no": False}
                event.setdefault("facts", {})[key] = int(value) if value.isdecimal() else truths.get(value, value)
        log.append(event)
    return log


def life(deadline, log, now, *, more="", facts=None, related=(), calendar="cn.yaml", zone="Asia/Shanghai", **others):
    """Replay with a deadline `a`, and others by their names."""
    plain = CALENDARS[calendar][0]
    deadlines = {} if deadline is None else {"a": deadline, **others}
    return replayed(rules(deadlines, more), plain, facts or {}, events(log, zone), list(related), at(now, zone))


def told(result, *, without=("event",)):
    return [
        " ".join(str(x) for x in (shown(j["at"]), j["kind"], j["name"], j.get("index", ""))).strip()
        for j in result["journal"]
        if j["kind"] not in ("started", *without)
    ]


def clock(result, name="a"):
    found = result["obligations"][name]
    return found["state"], shown(found["due"])


def runs(result, name="a"):
    return [(r["outcome"], shown(r["start"]), shown(r["due"])) for r in result["obligations"][name]["runs"]]


RECEIVED = "04-29 09:00 received;"
HOURS = "within: 4, unit: hour"


# --- where a limit ends -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "answered", "state"),
    [
        pytest.param(HOURS, "04-29 13:00", "met", id="a limit in hours holds at its instant"),
        pytest.param(HOURS, "04-29 13:00:00.000001", "met_late", id="the breach comes before an event of the log at its instant"),
        pytest.param(HOURS, "04-29 13:00:00.000002", "met_late", id="two microseconds later it is late"),
        pytest.param("within: 1, unit: working_day", "04-30 23:59:59.999999", "met", id="the last instant of the day"),
        pytest.param("within: 1, unit: working_day", "05-01 00:00", "met_late", id="24:00 is too late"),
        pytest.param("within: 1, unit: working_day", "05-01 00:00:00.000001", "met_late", id="after 24:00 it is late"),
    ],
)  # fmt: skip
def test_a_limit_is_met_or_met_late(terms, answered, state):
    assert clock(life(terms, f"{RECEIVED} {answered} answered", "05-20 00:00"))[0] == state


@pytest.mark.parametrize(
    ("terms", "breached"),
    [
        pytest.param("within: 4, unit: hour", "04-29 13:00:00.000001", id="hours: one microsecond after the instant"),
        pytest.param("within: 1, unit: working_day", "05-01 00:00", id="24:00: at the midnight"),
        pytest.param("within: 3, unit: working_day", "05-08 00:00", id="30 April, then 6 and 7 May are worked"),
        pytest.param("within: 2, unit: calendar_day, due_at: same_time", "05-01 09:00:00.000001", id="same_time holds at its instant"),
        pytest.param("within: 1, unit: working_day, due_at: end_of_business", "04-30 17:30:00.000001", id="the end of business holds"),
        pytest.param("within: 9, unit: business_hour", "04-30 10:30:00.000001", id="7.5 hours on the 29th, 1.5 on the 30th"),
        pytest.param("within: 1, unit: month, day_one: same_day", "05-30 00:00", id="the same day of the next month, whichever day is the first"),
        pytest.param("within: 15, unit: hour", "04-30 00:00:00.000001", id="hours that end at midnight do not end with a day"),
        pytest.param("within: 0, unit: hour", "04-29 09:00:00.000001", id="no time at all still holds at its instant"),
    ],
)  # fmt: skip
def test_a_limit_is_breached(terms, breached):
    before = shown(at(breached) - timedelta(microseconds=1))

    assert clock(life(terms, RECEIVED, before))[0] == "running"
    assert told(life(terms, RECEIVED, breached)) == [f"{breached} breached a"]


def test_the_breach_of_an_instant_comes_before_its_events():
    tick = "04-29 13:00:00.000001"
    found = life(HOURS, f"{RECEIVED} {tick} failed id=a; {tick} answered id=b", "04-30 00:00")

    assert [(j["kind"], j["name"]) for j in found["journal"]][2:] == [
        ("breached", "a"),
        ("event", "failed"),
        ("event", "answered"),
        ("met", "a"),
    ]


def test_a_start_outside_working_days_is_rolled_to_the_beginning_of_one():
    terms = HOURS + ", start_roll: next_working_day"

    assert clock(life(terms, "04-27 09:00 received", "04-27 10:00")) == ("running", "04-28 04:00")


@pytest.mark.parametrize(
    ("terms", "due"),
    [
        ({"amount": 1, "unit": "working_day", "due_at": "end_of_business"}, "05-08 06:00"),
        ({"amount": 4, "unit": "business_hour"}, "05-07 02:00"),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(terms, due):
    nights = {"zone": "Asia/Shanghai", "week": [[("22:00", "06:00")]] * 7, "days": {}}

    assert shown(due_of({**TERMS, **terms}, at("05-06 20:00"), [], nights).at) == due


def test_hours_pass_by_the_clock_that_does_not_stop_for_the_night_in_which_one_is_skipped():
    found = life(HOURS, "03-31 00:00 received", "03-31 01:00", calendar="berlin.yaml", zone="Europe/Berlin")

    assert shown(found["obligations"]["a"]["due"], "Europe/Berlin") == "03-31 05:00"


# --- pauses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "ordered", "arrived", "due"),
    [
        pytest.param("within: 4, unit: hour", "04-29 10:00", "04-29 12:30", "04-29 15:30", id="hours stop"),
        pytest.param("within: 90, unit: minute", "04-29 10:00", "04-29 10:10", "04-29 10:40", id="minutes stop"),
        pytest.param("within: 4, unit: business_hour", "04-29 10:00", "04-29 13:00", "04-29 16:00", id="working time stops; lunch is none"),
        pytest.param("within: 4, unit: business_hour", "04-29 12:00", "04-29 13:00", "04-29 14:00", id="a pause over lunch costs nothing"),
        pytest.param("within: 2, unit: calendar_day", "04-30 20:00", "05-01 08:00", "05-03 00:00", id="a day paused at its end is not counted"),
        pytest.param("within: 2, unit: calendar_day", "04-30 00:30", "04-30 23:30", "05-02 00:00", id="a pause within a day costs nothing"),
        pytest.param("within: 2, unit: calendar_day", "05-01 00:00", "05-01 01:00", "05-02 00:00", id="a pause that begins at 24:00 costs nothing"),
        pytest.param("within: 2, unit: calendar_day", "04-30 20:00", "05-01 00:00", "05-03 00:00", id="a pause that ends at 24:00 costs the day"),
        pytest.param("within: 2, unit: working_day", "05-06 12:00", "05-07 09:00", "05-08 00:00", id="Monday is not counted, Tuesday is the second"),
        pytest.param("within: 2, unit: working_day", "05-02 12:00", "05-04 09:00", "05-07 00:00", id="days off are not counted anyway"),
        pytest.param("within: 1, unit: week", "04-29 12:00", "05-01 09:00", "05-08 00:00", id="a week is seven other days"),
        pytest.param("within: 1, unit: month", "04-29 12:00", "05-02 09:00", "06-01 00:00", id="a month ends as many days later"),
        pytest.param("within: 1, unit: month", "05-28 12:00", "06-01 09:00", "06-03 00:00", id="also days after the one on which it would have ended"),
        pytest.param("within: 3, unit: calendar_day, end_roll: next_working_day", "04-29 20:00", "04-30 08:00", "05-07 00:00", id="the last day rolls after the count"),
    ],
)  # fmt: skip
def test_a_pause_moves_the_due_instant(terms, ordered, arrived, due):
    log = f"{RECEIVED} {ordered} ordered; {arrived} arrived"

    assert clock(life(terms, log, arrived)) == ("running", due)


def test_while_a_clock_is_paused_no_due_instant_is_reckoned_and_nothing_will_happen_by_itself():
    found = life(HOURS, f"{RECEIVED} 04-29 10:00 ordered", "05-20 00:00")

    assert clock(found) == ("paused", None)
    assert found["next"] is None
    assert told(found) == ["04-29 10:00 paused a"]
    assert found["obligations"]["a"]["runs"][0]["pauses"] == [[at("04-29 10:00"), None]]


def test_a_pause_at_the_instant_at_which_the_time_is_used_up_moves_it_to_its_end():
    found = life(HOURS, f"{RECEIVED} 04-29 13:00 ordered; 04-29 15:00 arrived", "05-20 00:00")

    assert told(found) == ["04-29 13:00 paused a", "04-29 15:00 resumed a", "04-29 15:00:00.000001 breached a"]


def test_the_last_day_is_counted_later_where_it_ends_in_a_pause():
    found = life("within: 1, unit: working_day", f"{RECEIVED} 04-30 12:00 ordered; 05-02 09:00 arrived", "05-20 00:00")

    assert told(found)[1:] == ["05-02 09:00 resumed a", "05-07 00:00 breached a"]


def test_what_is_overdue_is_not_paused():
    found = life(HOURS, f"{RECEIVED} 04-29 14:00 ordered; 04-29 15:00 arrived", "05-20 00:00")

    assert clock(found) == ("overdue", "04-29 13:00")
    assert found["obligations"]["a"]["runs"][0]["pauses"] == []


def test_a_pause_that_began_before_the_start_counts_from_the_start_on():
    found = life(HOURS, f"04-29 08:00 ordered; {RECEIVED} 04-29 10:00 arrived", "04-29 12:00")

    assert clock(found) == ("running", "04-29 14:00")
    assert found["obligations"]["a"]["runs"][0]["pauses"] == [[at("04-29 09:00"), at("04-29 10:00")]]


# --- changed targets ----------------------------------------------------------------------------


LIMIT = "04-29 09:00 received limit=4; 04-29 11:00 facts limit=6; 04-29 11:30 ordered; 04-29 12:00 arrived"


@pytest.mark.parametrize(
    ("way", "ends"),
    [
        ("from_start", [("running", "04-29 09:00", "04-29 15:30")]),
        ("keep", [("running", "04-29 09:00", "04-29 13:30")]),
        ("restart", [("restarted", "04-29 09:00", "04-29 13:00"), ("running", "04-29 11:00", "04-29 17:30")]),
    ],
)
def test_a_changed_target(way, ends):
    assert runs(life(f"within: limit, unit: hour, retarget: {way}", LIMIT, "04-29 12:30")) == ends


def test_a_target_that_shrinks_into_the_past_is_breached_when_it_does():
    log = "04-29 09:00 received limit=4; 04-29 12:00 facts limit=1"

    assert told(life("within: limit, unit: hour", log, "04-29 12:00")) == ["04-29 12:00 breached a"]


@pytest.mark.parametrize("way", ["from_start", "keep", "restart"])
def test_a_breach_that_has_happened_stays(way):
    log = "04-29 09:00 received limit=1; 04-29 12:00 facts limit=9"
    found = life(f"within: limit, unit: hour, retarget: {way}", log, "04-29 12:00")

    assert found["obligations"]["a"]["runs"][0]["outcome"] == "overdue"
    assert (
        clock(found)
        == {
            "from_start": ("overdue", "04-29 18:00"),
            "keep": ("overdue", "04-29 10:00"),
            "restart": ("running", "04-29 21:00"),
        }[way]
    )


# --- new starts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "log", "first"),
    [
        pytest.param("", "", "restarted", id="it was restarted"),
        pytest.param("repeat: yes", "", "met", id="a bulletin was issued again"),
        pytest.param("", "04-29 10:00 answered;", "met", id="met stays met"),
        pytest.param("within: 1, repeat: yes", "", "met_late", id="what was repeated late was met late"),
        pytest.param("excused_when: has_failed, within: 1, repeat: yes", "04-29 09:30 failed;", "met", id="what was excused is met by the repetition"),
        pytest.param("within: 1", "04-29 11:00 answered;", "met_late", id="met late stays so"),
    ],
)  # fmt: skip
def test_a_new_start_ends_the_run(terms, log, first):
    said = ", ".join(["start: received_last, unit: hour", *[t for t in [terms] if t], *(["within: 4"] * ("within" not in terms))])  # fmt: skip
    found = life(said, f"{RECEIVED} {log} 04-29 12:00 received", "04-29 12:00")

    assert runs(found)[0][0] == first
    assert [r[1] for r in runs(found)] == ["04-29 09:00", "04-29 12:00"]


def test_a_repeated_clock_says_that_it_was_met():
    more = "inputs: {bulletins: {type: integer, from: {count: a.met}}}"
    found = life(
        "start: received_last, met_when: none, within: 1, unit: week, repeat: yes",
        f"{RECEIVED} 05-03 09:00 received; 05-08 09:00 received",
        "05-09 00:00",
        more=more,
    )

    assert found["facts"]["bulletins"] == 2
    assert told(found) == [
        "05-03 09:00 met a",
        "05-03 09:00 restarted a",
        "05-08 09:00 met a",
        "05-08 09:00 restarted a",
    ]


# --- met, and not after all; excused ------------------------------------------------------------


def test_what_was_met_and_is_refused_runs_on_as_if_it_had_never_been_met():
    log = f"{RECEIVED} 04-29 10:00 answered; 04-29 11:00 refused"

    assert clock(life(HOURS, log, "04-29 12:00")) == ("running", "04-29 13:00")
    assert told(life(HOURS, log, "04-29 14:00")) == [
        "04-29 10:00 met a",
        "04-29 11:00 unmet a",
        "04-29 13:00:00.000001 breached a",
    ]


def test_what_is_refused_after_its_limit_is_breached_then():
    found = life(HOURS, f"{RECEIVED} 04-29 10:00 answered; 04-29 20:00 refused", "04-30 00:00")

    assert told(found)[1:] == ["04-29 20:00 unmet a", "04-29 20:00 breached a"]


def test_a_pause_while_it_was_thought_to_be_met_counts_when_it_is_not():
    log = f"{RECEIVED} 04-29 10:00 answered; 04-29 10:30 ordered; 04-29 11:00 arrived; 04-29 12:00 refused"

    assert clock(life(HOURS, log, "04-29 12:00")) == ("running", "04-29 13:30")


def test_an_excused_clock_passes_its_limit_without_a_breach():
    found = life(HOURS + ", excused_when: has_failed", f"{RECEIVED} 04-29 12:00 failed", "04-30 00:00")

    assert clock(found) == ("excused", "04-29 13:00")
    assert told(found) == []


def test_an_excuse_that_ends_after_the_limit_is_a_breach_then():
    log = f"{RECEIVED} 04-29 12:00 failed; 04-29 15:00 answered; 04-29 15:00 refused"
    found = life(HOURS + ", excused_when: has_failed, met_when: none", log, "04-30 00:00")

    assert told(found) == ["04-29 15:00 breached a"]


def test_an_excuse_that_comes_after_the_breach_changes_nothing():
    found = life(HOURS + ", excused_when: has_failed", f"{RECEIVED} 04-29 13:30 failed", "04-30 00:00")

    assert clock(found)[0] == "overdue"


# --- states -------------------------------------------------------------------------------------


def test_a_start_that_has_not_happened_is_waited_for_whatever_else_is_unknown():
    assert clock(life("within: unsaid, unit: hour, when: applies", "", "05-01 00:00")) == ("waiting", None)


def test_where_no_limit_applies_nothing_else_need_be_known():
    found = life("within: unsaid, unit: hour, when: applies", RECEIVED, "05-01 00:00", facts={"applies": False})

    assert clock(found) == ("not_due", None)


def test_where_a_limit_is_not_known_nothing_is_breached_until_it_is():
    log = f"{RECEIVED} 04-29 20:00 facts limit=4"

    assert clock(life("within: limit, unit: hour", log, "04-29 19:00"))[0] == "undetermined"
    assert told(life("within: limit, unit: hour", log, "04-29 20:00")) == ["04-29 20:00 breached a"]


def test_a_limit_that_no_longer_applies_has_lapsed_and_its_run_goes_on_when_it_applies_again():
    log = "04-29 09:00 received applies=yes; 04-29 10:00 facts applies=no; 04-29 12:00 facts applies=yes"

    assert clock(life(HOURS + ", when: applies", log, "04-29 11:00"))[0] == "lapsed"
    assert runs(life(HOURS + ", when: applies", log, "04-29 12:00")) == [("running", "04-29 09:00", "04-29 13:00")]


def test_promptly_is_owed_at_once_and_never_late():
    found = life("within: promptly", RECEIVED, "05-20 00:00")

    assert (clock(found), found["next"]) == (("running", None), None)
    assert clock(life("within: promptly", RECEIVED + "05-10 09:00 answered", "05-20 00:00"))[0] == "met"


def test_a_clock_that_is_known_from_the_start_is_breached_at_its_own_instant():
    more = "inputs: {began: {type: datetime}}"
    found = life("start: began, within: 4, unit: hour", "05-10 09:00 failed", "05-11 00:00", more=more, facts={"began": at("04-29 09:00")})  # fmt: skip

    assert told(found) == ["04-29 13:00:00.000001 breached a"]


# --- milestones ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "milestone", "happens"),
    [
        pytest.param("within: 4, unit: hour", "at: 50%", "04-29 11:00", id="half of the hours"),
        pytest.param("within: 2, unit: calendar_day", "at: 50%", "04-30 16:30", id="half of the time from 09:00 to the second 24:00"),
        pytest.param("within: 1, unit: working_day", "at: 50%", "04-29 17:30", id="half of 15 working hours ends with the first day"),
        pytest.param("within: 9, unit: business_hour", "at: 80%", "04-29 17:12", id="7.2 of 9 working hours"),
        pytest.param("within: 4, unit: hour", "before_due: 90, unit: minute", "04-29 11:30", id="minutes before"),
        pytest.param("within: 4, unit: working_day", "before_due: 1, unit: working_day", "05-08 00:00", id="the eve of 8 May 24:00 is 7 May 24:00"),
        pytest.param("within: 2, unit: working_day", "before_due: 1, unit: working_day", "05-01 00:00", id="the working day before 6 May is 30 April"),
        pytest.param("within: 10, unit: hour", "before_due: 2, unit: business_hour", "04-29 15:30", id="the last two working hours before 19:00"),
        pytest.param("within: 1, unit: week, due_at: same_time", "before_due: 3, unit: calendar_day", "05-03 09:00", id="days keep the time of day"),
    ],
)  # fmt: skip
def test_a_milestone_before_the_due_instant(terms, milestone, happens):
    found = life(f"{terms}, milestones: {{m: {{{milestone}}}}}", RECEIVED, happens)

    assert told(found) == [f"{happens} milestone a.m 0"]


@pytest.mark.parametrize(
    ("terms", "milestone", "happen"),
    [
        pytest.param(HOURS, "after_due: 0, unit: hour", ["04-29 13:00:00.000001"], id="once the breach has happened"),
        pytest.param(HOURS, "after_due: 0, unit: hour, every: 2, times: 3", ["04-29 13:00:00.000001", "04-29 15:00:00.000001", "04-29 17:00:00.000001"], id="three times, by the hour"),
        pytest.param("within: 1, unit: working_day", "after_due: 0, unit: working_day, every: 1, times: 2", ["05-01 00:00", "05-07 00:00"], id="24:00 of 30 April, 24:00 of 6 May"),
        pytest.param("within: 1, unit: working_day", "after_due: 1, unit: hour", ["05-01 01:00"], id="an hour after a midnight is no microsecond later"),
        pytest.param("within: 32, unit: calendar_day", "after_due: 1, unit: month, every: 1, times: 3", ["07-01 00:00", "08-01 00:00", "09-01 00:00"], id="31 May: 30 June, 31 July, 31 August, always from the due day"),
        pytest.param("within: 30, unit: hour", "after_due: 1, unit: working_day", ["05-06 15:00:00.000001"], id="the next working day at the same time"),
        pytest.param("within: 8, unit: hour", "after_due: 1, unit: business_hour", ["04-30 09:30:00.000001"], id="half an hour today, half an hour tomorrow"),
    ],
)  # fmt: skip
def test_a_milestone_after_the_due_instant(terms, milestone, happen):
    found = life(f"{terms}, milestones: {{m: {{{milestone}}}}}", RECEIVED, "12-01 00:00")

    assert told(found)[1:] == [f"{instant} milestone a.m {k}" for k, instant in enumerate(happen)]


def test_without_times_a_milestone_is_repeated_for_as_long_as_the_clock_is_overdue():
    milestone = HOURS + ", milestones: {urge: {after_due: 1, unit: hour, every: 1}}"
    found = life(milestone, f"{RECEIVED} 04-29 15:30 answered; 04-29 17:30 refused", "04-29 18:30")

    assert told(found) == [
        "04-29 13:00:00.000001 breached a",
        "04-29 14:00:00.000001 milestone a.urge 0",
        "04-29 15:00:00.000001 milestone a.urge 1",
        "04-29 15:30 met a",
        "04-29 17:30 unmet a",
        "04-29 17:30 milestone a.urge 2",
        "04-29 17:30 milestone a.urge 3",
        "04-29 18:00:00.000001 milestone a.urge 4",
    ]


def test_a_share_leaves_pauses_out_and_what_lay_in_a_pause_happens_when_it_ends():
    half = HOURS + ", milestones: {half: {at: 50%}, eve: {before_due: 3, unit: hour}}"
    found = life(half, f"{RECEIVED} 04-29 09:30 ordered; 04-29 11:00 arrived", "04-29 12:30")

    assert told(found)[1:] == [
        "04-29 11:00 resumed a",
        "04-29 11:30 milestone a.eve 0",
        "04-29 12:30 milestone a.half 0",
    ]


def test_a_milestone_that_has_passed_when_it_could_first_happen_happens_then():
    found = life("within: limit, unit: hour, milestones: {half: {at: 50%}}", f"{RECEIVED} 04-29 12:00 facts limit=4", "04-29 12:30")  # fmt: skip

    assert told(found) == ["04-29 12:00 milestone a.half 0"]


def test_a_milestone_before_the_due_instant_does_not_happen_once_it_is_overdue():
    found = life("within: limit, unit: hour, milestones: {half: {at: 50%}}", f"{RECEIVED} 04-29 14:00 facts limit=4", "04-29 15:00")  # fmt: skip

    assert told(found) == ["04-29 14:00 breached a"]


def test_a_milestone_that_does_not_apply_at_its_instant_passes_silently():
    asked = HOURS + ", milestones: {urge: {after_due: 1, unit: hour, every: 1, times: 3, when: applies}}"
    found = life(asked, f"{RECEIVED} 04-29 14:30 facts applies=yes; 04-29 15:30 facts applies=no", "04-30 00:00")

    assert told(found)[1:] == ["04-29 15:00:00.000001 milestone a.urge 1"]


def test_a_milestone_happens_once_in_each_run():
    half = HOURS + ", start: received_last, milestones: {half: {at: 50%}}"
    found = life(half, f"{RECEIVED} 04-29 12:00 received", "04-29 14:00")

    assert told(found) == [
        "04-29 11:00 milestone a.half 0",
        "04-29 12:00 restarted a",
        "04-29 14:00 milestone a.half 0",
    ]


def test_no_milestone_happens_while_the_clock_is_excused():
    asked = HOURS + ", excused_when: has_failed, milestones: {urge: {after_due: 1, unit: hour}}"

    assert told(life(asked, f"{RECEIVED} 04-29 12:00 failed", "04-30 00:00")) == []


# --- one thing after the other --------------------------------------------------------------------


def test_at_one_instant_breaches_come_before_milestones_and_both_in_the_order_of_the_file():
    fine = HOURS + ", milestones: {one: {after_due: 0, unit: hour}, two: {after_due: 0, unit: hour}}"
    found = life(fine, RECEIVED, "04-29 14:00", b=fine)
    tick = "04-29 13:00:00.000001"

    assert told(found) == [
        f"{tick} breached a",
        f"{tick} breached b",
        f"{tick} milestone a.one 0",
        f"{tick} milestone a.two 0",
        f"{tick} milestone b.one 0",
        f"{tick} milestone b.two 0",
    ]


def test_what_a_clock_does_is_a_fact_for_the_next_clock():
    more = """
inputs:
  late: {type: boolean, from: {happened: a.breached}}
  late_since: {type: datetime, from: {first: a.breached}}
  urged: {type: integer, from: {count: a.urge}}
"""
    found = life(
        HOURS + ", milestones: {urge: {after_due: 1, unit: hour, every: 1}}",
        RECEIVED,
        "04-29 15:30",
        more=more,
        b="start: late_since, within: 2, unit: hour, met_when: none",
        c="within: 1, unit: week, met_when: late",
    )

    assert (found["facts"]["late"], found["facts"]["urged"]) == (True, 2)
    assert clock(found, "b") == ("overdue", "04-29 15:00:00.000001")
    assert found["obligations"]["c"]["met_at"] == at("04-29 13:00:00.000001")


def test_events_of_one_instant_are_taken_by_recorded_at_then_id_then_name():
    log = "04-29 09:00 refused id=z; 04-29 09:00 answered id=y; 04-29 09:00 refused id=a recorded=04-29_10:00"
    names = [j["name"] for j in life(None, log, "04-30 00:00")["journal"]]

    assert names == ["answered", "refused", "refused"]
    assert [j["name"] for j in life(None, "04-29 09:00 refused; 04-29 09:00 answered", "04-30 00:00")["journal"]] == ["answered", "refused"]  # fmt: skip


def test_now_is_the_last_instant_at_which_anything_counts():
    before = life(HOURS, RECEIVED, "04-29 13:00")

    assert (clock(before)[0], shown(before["next"])) == ("running", "04-29 13:00:00.000001")
    assert clock(life(HOURS, RECEIVED, "04-29 13:00:00.000001"))[0] == "overdue"
    assert clock(life(HOURS, RECEIVED, "04-29 08:59:59.999999"))[0] == "waiting"


# --- the log ------------------------------------------------------------------------------------


def answered_at(log, now="05-20 00:00"):
    more = "inputs: {answers: {type: integer, from: {count: answered}}, last_answer: {type: datetime, from: {last: answered}}}"
    facts = life(None, log, now, more=more)["facts"]
    return facts["answers"], shown(facts.get("last_answer"))


@pytest.mark.parametrize(
    ("log", "answers", "last"),
    [
        pytest.param("04-29 10:00 answered id=a; 04-29 10:00 answered id=a", 1, "04-29 10:00", id="one id, one content: one event"),
        pytest.param("04-29 10:00 answered; 04-29 10:00 answered", 2, "04-29 10:00", id="without an id they are two"),
        pytest.param("04-29 10:00 answered id=a; 04-30 09:00 - retracts=a", 0, None, id="retracted"),
        pytest.param("04-29 10:00 answered id=a; 04-29 12:00 answered corrects=a recorded=04-30_09:00", 1, "04-29 12:00", id="corrected: it happened later"),
        pytest.param("04-29 10:00 answered id=a; 04-29 10:00 refused corrects=a recorded=04-30_09:00", 0, None, id="corrected: it was something else"),
        pytest.param("04-29 10:00 answered id=a; 04-29 12:00 answered corrects=a id=b recorded=04-30_09:00; 04-29 13:00 answered corrects=b recorded=04-30_10:00", 1, "04-29 13:00", id="a correction is corrected"),
        pytest.param("04-29 10:00 answered id=a; 04-29 12:00 answered corrects=a id=b recorded=04-30_09:00; 04-30 10:00 - retracts=b", 1, "04-29 10:00", id="a correction is taken back: what it corrected stands again"),
        pytest.param("04-29 10:00 answered id=a; 04-29 12:00 answered corrects=a recorded=04-30_09:00; 04-29 11:00 answered corrects=a recorded=04-30_08:00", 1, "04-29 12:00", id="of two corrections the one recorded last holds"),
        pytest.param("04-29 10:00 answered recorded=05-21_09:00", 0, None, id="not known yet"),
        pytest.param("05-21 10:00 answered", 0, None, id="still ahead"),
        pytest.param("04-29 10:00 answered recorded=05-20_00:00", 1, "04-29 10:00", id="known just now"),
    ],
)  # fmt: skip
def test_what_counts(log, answers, last):
    assert answered_at(log) == (answers, last)


def test_a_correction_and_a_retraction_count_from_their_own_recorded_at_on():
    log = "04-29 10:00 answered id=a; 04-29 12:00 answered corrects=a recorded=04-30_09:00"

    assert answered_at(log, "04-30 08:59") == (1, "04-29 10:00")
    assert answered_at(log, "04-30 09:00") == (1, "04-29 12:00")
    assert answered_at("04-29 10:00 answered id=a; 04-30 09:00 - retracts=a", "04-30 08:59") == (1, "04-29 10:00")


def test_an_event_known_only_later_changes_what_happened():
    log = f"{RECEIVED} 04-29 12:00 answered recorded=04-30_09:00"

    assert told(life(HOURS, log, "04-30 08:59")) == ["04-29 13:00:00.000001 breached a"]
    assert told(life(HOURS, log, "04-30 09:00")) == ["04-29 12:00 met a"]


# --- facts from the log -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "log", "count"),
    [
        pytest.param("count: failed, spacing: PT3H", "04-29 09:00 failed; 04-29 11:00 failed; 04-29 12:00 failed; 04-29 14:00 failed; 04-29 15:00 failed", 3, id="at least so long after the last that was counted"),
        pytest.param("count: failed, since: received", "04-29 08:00 failed; 04-29 09:00 received; 04-29 10:00 failed; 04-29 11:00 failed", 2, id="anew at each"),
        pytest.param("count: failed, since: received", "04-29 08:00 failed", 1, id="before the first, from the beginning"),
        pytest.param("count: failed, spacing: PT3H, since: received", "04-29 09:00 failed; 04-29 09:30 received; 04-29 10:00 failed", 1, id="the spacing begins anew as well"),
        pytest.param("count: [failed, refused]", "04-29 09:00 failed; 04-29 09:00 refused; 04-29 09:30 received", 2, id="any of a list"),
    ],
)  # fmt: skip
def test_a_count(source, log, count):
    found = life(None, log, "05-01 00:00", more=f"inputs: {{n: {{type: integer, from: {{{source}}}}}}}")

    assert found["facts"]["n"] == count


def test_until_wins_a_tie_only_if_it_is_later_in_the_log():
    def waits(log):
        return life(None, log, "05-01 00:00")["facts"]["waiting"]

    assert waits("04-29 09:00 ordered id=a; 04-29 09:00 arrived id=b") is False
    assert waits("04-29 09:00 ordered id=b; 04-29 09:00 arrived id=a") is True


def test_first_and_last_are_not_known_before_they_happened():
    log = f"{RECEIVED} 04-30 10:00 received"

    assert "received_at" not in life(None, log, "04-29 08:00")["facts"]
    facts = life(None, log, "05-01 00:00")["facts"]
    assert (shown(facts["received_at"]), shown(facts["received_last"])) == ("04-29 09:00", "04-30 10:00")


def test_events_of_related_complaints_count_where_the_facts_agree():
    more = "inputs: {overdue_here: {type: integer, from: {count: a.breached, across: [unit]}}, own: {type: integer, from: {count: a.breached}}}"
    north = {
        "facts": {"unit": "north"},
        "log": events("04-27 09:00 a.breached unit=south; 04-30 09:00 a.breached; 05-09 09:00 a.breached"),
    }
    others = [
        {"facts": {"unit": "south"}, "log": events("04-27 09:00 a.breached")},
        {"facts": {}, "log": events("04-27 09:00 a.breached")},
    ]
    found = life(HOURS, RECEIVED, "05-01 00:00", more=more, related=[north, *others], facts={"unit": "north"})

    assert (found["facts"]["overdue_here"], found["facts"]["own"]) == (3, 1)
    assert (
        life(HOURS, RECEIVED, "05-01 00:00", more=more, related=[north, *others])["facts"].get("overdue_here") is None
    )


# --- the process --------------------------------------------------------------------------------


PROCESS = """
process:
  roles: {centre: 客服中心, leader: 领导}
  states: {received: 已受理, transferred: 已移交, closed: {zh: 已关闭, final: yes}}
  steps:
    transfer: {event: ordered, from: received, to: transferred, by: centre}
    close: {event: closed, from: transferred, to: closed, by: leader, when: is_answered}
    answered: {by: [centre, leader]}
    received: {when: applies}
"""


@pytest.mark.parametrize(
    ("log", "state", "violations"),
    [
        ("04-29 10:00 ordered by=centre; 04-29 11:00 answered by=leader; 04-29 12:00 closed by=leader", "closed", []),
        ("04-29 10:00 ordered by=leader", "transferred", [("ordered", "role")]),
        ("04-29 10:00 ordered by=centre; 04-29 12:00 closed by=leader", "closed", [("closed", "condition")]),
        ("04-29 12:00 received applies=yes", "received", []),
        ("04-29 12:00 received applies=no", "received", [("received", "condition")]),
        ("04-29 12:00 received", "received", [("received", "undetermined")]),
        ("04-29 12:00 closed by=leader", "closed", [("closed", "state")]),
        (
            "04-29 10:00 ordered; 04-29 11:00 ordered",
            "transferred",
            [("ordered", "role_not_given"), ("ordered", "state")],
        ),
        ("04-29 10:00 closed; 04-29 11:00 answered", "closed", [("closed", "state"), ("answered", "state")]),
        ("04-29 10:00 failed by=anybody; 04-29 11:00 arrived", "received", []),
    ],
)
def test_the_process_follows_the_log_and_says_what_was_against_its_steps(log, state, violations):
    found = life(None, log, "05-01 00:00", more=PROCESS)

    assert found["state"] == state
    assert [(v["event"], v["kind"]) for v in found["violations"]] == violations


# --- for all lives ------------------------------------------------------------------------------


CASES = range(of(40, 300))


def replay_of(case, **changed):
    ruleset, facts, log, related, now = case
    known = {"facts": facts, "log": log, "related": related, "now": now} | changed
    return replayed(ruleset, CALENDARS[ruleset["calendar"]][0], **known)


def test_the_order_of_the_log_says_nothing():
    for seed in CASES:
        case = random_case(Random(seed))
        log = list(case[2])
        Random(seed).shuffle(log)

        assert replay_of(case, log=log) == replay_of(case), seed


def test_time_that_goes_on_does_not_change_what_happened():
    for seed in CASES:
        case = random_case(Random(seed))
        log = [{k: v for k, v in e.items() if k not in ("corrects", "recorded_at")} for e in counted(case[2], case[4])]
        late = replay_of(case, log=log)["journal"]
        for event in log:
            early = replay_of(case, log=log, now=event["at"])["journal"]

            assert early == late[: len(early)], seed


def test_next_is_the_next_instant_at_which_a_clock_changes_anything():
    surprises = 0
    for seed in CASES:
        _, _, log, related, now = case = random_case(Random(seed))
        # Of what is still ahead nothing is heard.
        known = {"log": counted(log, now), "related": [r | {"log": counted(r["log"], now)} for r in related]}
        found = replay_of(case, **known)
        if found["next"] is None:
            later = replay_of(case, **known, now=now + timedelta(days=90))
        else:
            later = replay_of(case, **known, now=found["next"] - timedelta(microseconds=1))
            surprises += replay_of(case, **known, now=found["next"]) != found

        assert later == found, seed
    assert surprises > len(CASES) // 30


def test_random_lives_come_to_everything_that_can_happen():
    kinds, states = set(), set()
    for seed in CASES:
        found = replay_of(random_case(Random(seed)))
        kinds |= {j["kind"] for j in found["journal"]} | {v["kind"] for v in found["violations"]}
        states |= {o["state"] for o in found["obligations"].values()}

    assert kinds >= {
        "event",
        "started",
        "restarted",
        "met",
        "unmet",
        "breached",
        "milestone",
        "paused",
        "resumed",
        "lapsed",
    }
    assert kinds >= {"state", "role", "condition"}
    assert states == {
        "undetermined",
        "not_due",
        "lapsed",
        "waiting",
        "met",
        "met_late",
        "paused",
        "overdue",
        "excused",
        "running",
    }
