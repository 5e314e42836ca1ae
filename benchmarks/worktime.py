"""How long working time takes: our calendars, one by one and in columns, beside the libraries of PyPI for it.

Usage: python benchmarks/worktime.py [QUESTIONS]. All are asked the same seeded questions about complaints received in
2024 to 2026, in one process; CPU time, best of three interleaved rounds. What is timed is a calendar that every
contender can express: China's closed days, no make-up days; its answers are compared first, to the second. A library
that knows only one interval a day is timed on hours without the lunch break, against us on the same hours.

`right` is how many answers are right on the calendar as it is, with make-up days and lunch.
The last line is JSON. `fastest_library_over_ours` is the smallest ratio of the jobs about working time, from instant to
instant or an instant plus some; `fastest_day_counter_over_ours` that of the jobs that only count days, which bizdays does
one by one and numpy, in C, for columns. Above 1 we are the fastest in each. Counting a column of days is two look-ups and
a difference a row, and is bounded by memory: we are 2 to 3 times as fast as numpy there, and do not claim more.
"""

from __future__ import annotations

import json
import sys
from datetime import date, datetime, time, timedelta
from random import Random
from time import process_time

import numpy as np

from complaint_rules import worktime_vector as vector
from complaint_rules.calendar_data import load_calendar
from complaint_rules.timetable import Hours
from complaint_rules.worktime import Calendar

QUESTIONS = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
COLUMN = 200_000
ROUNDS = 3
LUNCH = (Hours(9 * 3600, 12 * 3600), Hours(13 * 3600, 63_000))
WHOLE = (Hours(9 * 3600, 63_000),)
OFFICE = load_calendar("cn-office")
CLOSED = tuple(e for e in OFFICE.exceptions if not e.hours and 2023 < e.day.year < 2028)
PLAIN = Calendar("Asia/Shanghai", (LUNCH,) * 5 + ((), ()), CLOSED)
SINGLE = Calendar("Asia/Shanghai", (WHOLE,) * 5 + ((), ()), CLOSED)
DATES = [e.day for e in CLOSED]
ZONE = timedelta(hours=8)


def questions():
    """Return (start, end, hours) as naive local times; received at any time of day, whole seconds."""
    rng = Random(7)
    for _ in range(QUESTIONS):
        start = datetime(2024, 1, 1) + timedelta(seconds=rng.randrange(1040 * 86_400))
        yield start, start + timedelta(seconds=rng.randrange(1, 30 * 86_400)), rng.choice([1, 2, 4, 8, 24, 48])


ASKED = list(questions())
AWARE = [(OFFICE.made.zone, s, e) for s, e, _ in ASKED]
OURS = [(s.replace(tzinfo=z), e.replace(tzinfo=z)) for z, s, e in AWARE]
HOURS = [timedelta(hours=h) for *_, h in ASKED]


def ours_elapsed(calendar):
    return lambda: [calendar.elapsed(s, e).value for s, e in OURS]


def ours_add(calendar):
    return lambda: [calendar.add(s, h).value.replace(tzinfo=None) for (s, _), h in zip(OURS, HOURS)]


def businesstimedelta_rules():
    import businesstimedelta as b

    work = b.WorkDayRule(start_time=time(9), end_time=time(17, 30), working_days=[0, 1, 2, 3, 4])
    lunch = b.LunchTimeRule(start_time=time(12), end_time=time(13), working_days=[0, 1, 2, 3, 4])
    # It crashes after the last holiday that it knows, so it is given Saturdays beyond.
    beyond = [date(2027, 1, 2), date(2027, 3, 6), date(2027, 6, 5)]
    return b, b.Rules([work, lunch, b.HolidayRule({*DATES, *beyond})])


def businesstimedelta_elapsed():
    b, rules = businesstimedelta_rules()
    return lambda: [rules.difference(s, e).timedelta for s, e, _ in ASKED]


def businesstimedelta_add():
    b, rules = businesstimedelta_rules()
    return lambda: [(s + b.BusinessTimeDelta(rules, hours=h)).replace(tzinfo=None) for s, _, h in ASKED]


def pandas_add():
    import pandas as pd

    unit = pd.offsets.CustomBusinessHour(start=["09:00", "13:00"], end=["12:00", "17:30"], holidays=DATES)
    steps = {h: unit * h for h in {h for *_, h in ASKED}}
    stamps = [(pd.Timestamp(s), h) for s, _, h in ASKED]
    return lambda: [(s + steps[h]).to_pydatetime() for s, h in stamps]


def businesstime_elapsed():
    import businesstime

    found = businesstime.BusinessTime(business_hours=(time(9), time(17, 30)), holidays=set(DATES))
    length = timedelta(hours=8.5)
    return lambda: [_whole_days(found.businesstimedelta(s, e), length) for s, e, _ in ASKED]


def _whole_days(found, length):
    return found.days * length + timedelta(seconds=found.seconds)


def business_duration_elapsed():
    from business_duration import businessDuration

    days = dict.fromkeys(DATES, "closed")
    return lambda: [
        timedelta(seconds=float(businessDuration(s, e, time(9), time(17, 30), holidaylist=days, unit="sec")))
        for s, e, _ in ASKED
    ]


def column(one_by_one):
    found = np.array(one_by_one, "datetime64[us]")
    return np.resize(found, COLUMN)


STARTS, ENDS = column([s for s, *_ in ASKED]), column([e for _, e, _ in ASKED])
DAYS = np.resize(np.array([h.total_seconds() // 3600 for h in HOURS], np.int64), COLUMN)
DAY_STARTS, DAY_ENDS = STARTS.astype("datetime64[D]"), ENDS.astype("datetime64[D]")
BUSDAYS = np.busdaycalendar(holidays=np.array(DATES, "datetime64[D]"))


def ours_count():
    return lambda: vector.working_days_between(PLAIN, DAY_STARTS, DAY_ENDS)[0]


def numpy_count():
    after, to = DAY_STARTS + np.timedelta64(1, "D"), DAY_ENDS + np.timedelta64(1, "D")
    return lambda: np.busday_count(after, to, busdaycal=BUSDAYS)


def ours_offset():
    return lambda: vector.add_working_days(PLAIN, DAY_STARTS, DAYS)[0]


def numpy_offset():
    return lambda: np.busday_offset(DAY_STARTS, DAYS, roll="backward", busdaycal=BUSDAYS)


def ours_column():
    worked = DAYS * np.timedelta64(3600, "s")
    return lambda: vector.add(PLAIN, STARTS - np.timedelta64(8, "h"), worked)[0] + np.timedelta64(8, "h")


def bizdays_offset():
    from bizdays import Calendar as Bizdays

    found = Bizdays(DATES, ["Saturday", "Sunday"], startdate="2023-01-01", enddate="2028-12-31")
    return lambda: [found.offset(found.preceding(s.date()), h) for s, _, h in ASKED]


def ours_offset_one():
    return lambda: [PLAIN.add_working_days(s.date(), h).value for s, _, h in ASKED]


# --- the jobs --------------------------------------------------------------------------------------

JOBS = {
    "elapsed": (ours_elapsed(PLAIN), {"businesstimedelta": businesstimedelta_elapsed}, ours_elapsed(OFFICE)),
    "elapsed, one interval a day": (
        ours_elapsed(SINGLE),
        {"businesstime": businesstime_elapsed, "business-duration": business_duration_elapsed},
        ours_elapsed(OFFICE),
    ),
    "add hours": (
        ours_add(PLAIN),
        {"businesstimedelta": businesstimedelta_add, "pandas": pandas_add},
        ours_add(OFFICE),
    ),
    "add days": (
        ours_offset_one(),
        {"bizdays": bizdays_offset},
        lambda: [OFFICE.add_working_days(s.date(), h).value for s, _, h in ASKED],
    ),
    "columns: count days": (
        ours_count(),
        {"numpy": numpy_count},
        lambda: vector.working_days_between(OFFICE, DAY_STARTS, DAY_ENDS)[0],
    ),
    "columns: add days": (
        ours_offset(),
        {"numpy": numpy_offset},
        lambda: vector.add_working_days(OFFICE, DAY_STARTS, DAYS)[0],
    ),
    "columns: add hours": (ours_column(), {}, None),
}

DAY_JOBS = ("add days", "columns: count days", "columns: add days")


def seconds(job):
    started = process_time()
    job()
    return process_time() - started


def right(found, meant):
    """Return how many answers agree, to the second."""
    return sum(abs(a - b) < timedelta(seconds=1) if not isinstance(a, int) else a == b for a, b in zip(found, meant))


def plain(answers):
    found = answers.tolist() if isinstance(answers, np.ndarray) else answers
    return [a.date() if type(a).__name__ == "Timestamp" else a for a in found]


def main():
    ratios = {}
    for name, (ours, others, real) in JOBS.items():
        made = {}
        for other, make in others.items():
            try:
                made[other] = make()
            except ImportError:
                print(f"note: {other} is not installed; the comparison leaves it out")
        meant, truth = plain(ours()), plain(real()) if real else []
        rows = len(meant)
        agree = {other: (right(found := plain(job()), meant), right(found, truth)) for other, job in made.items()}
        best = {who: float("inf") for who in ("ours", *made)}
        for _ in range(ROUNDS):
            for who in best:
                best[who] = min(best[who], seconds(ours if who == "ours" else made[who]))
        print(f"{name}: {rows:,} questions")
        print(f"  {'ours':<20}{best['ours'] / rows * 1e6:10.3f} µs")
        for other in made:
            ratio = best[other] / best["ours"]
            ratios.setdefault(name, {})[other] = round(ratio, 1)
            same, real_right = agree[other]
            print(f"  {other:<20}{best[other] / rows * 1e6:10.3f} µs  {ratio:7.1f} x   agrees on {same / rows:.1%}"
                  f"; right on the calendar as it is {real_right / rows:.1%}")  # fmt: skip
    fastest = {
        "fastest_library_over_ours": smallest(r for name, r in ratios.items() if name not in DAY_JOBS),
        "fastest_day_counter_over_ours": smallest(r for name, r in ratios.items() if name in DAY_JOBS),
    }
    print(json.dumps({**fastest, "jobs": ratios, "questions": QUESTIONS}))


def smallest(ratios):
    return min((ratio for job in ratios for ratio in job.values()), default=None)


if __name__ == "__main__":
    main()
