"""What a decided row costs over reading and writing it: Parquet to Parquet, beside DuckDB, Polars and zen-engine.

Usage: python benchmarks/batch.py [--rows N] [--zen N]. 54 rules in four tables, three of which read the one before; a
compensation with a ratio and a ceiling, rounded to the cent; a time limit in working days. The rules stand once, in
`RULES`; the SQL and the Polars expressions are made of them as one would write them by hand: one CASE a table. A due
instant is looked up by DuckDB and Polars in a small table of days, which we reckon for them. Everybody's answers to
10,000 cases are compared, with single deciding too, before anything is timed.

Each contender runs in a process of its own; CPU time of all its threads, from the first row to the last. The floor only
reads the same columns and writes the same outputs, which are read back from ours, not counted. `second_core` is how much faster,
by the clock, two processes are that share the row groups. zen-engine decides the four tables, row by row, and is
extrapolated. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import perf_counter, process_time
from zoneinfo import ZoneInfo

CASES = 10_000
GROUP = 1 << 18
BLOCK = 1 << 16
ZONE = "Asia/Shanghai"
FIRST, LAST = date(2023, 1, 1), date(2025, 9, 30)
DAYS = (1, 2, 3, 5, 7, 15)

CHANNELS = ["hotline", "email", "website", "app", "store", "letter", "regulator", "media"]
CATEGORIES = ["quality", "delivery", "billing", "service", "safety", "advertising"]
TIERS = ["ordinary", "gold", "platinum"]
PRODUCTS = ["fresh", "frozen", "dry", "drinks", "household", "electric"]

# Each rule: id, conditions, outputs. A tuple of texts is one of them, a text with a sign a bound, a truth itself.
SEVERITY = [
    ("injured_child", {"injury": True, "product": ("fresh", "drinks")}, "A"),
    ("injured", {"injury": True}, "A"),
    ("unsafe_electric", {"category": ("safety",), "product": ("electric",)}, "A"),
    ("unsafe_dear", {"category": ("safety",), "amount": ">= 5000"}, "A"),
    ("unsafe", {"category": ("safety",)}, "B"),
    ("spoilt_often", {"category": ("quality",), "product": ("fresh", "frozen"), "repeats": ">= 3"}, "A"),
    ("spoilt", {"category": ("quality",), "product": ("fresh", "frozen")}, "B"),
    ("quality_dear", {"category": ("quality",), "amount": ">= 2000"}, "B"),
    ("quality_often", {"category": ("quality",), "repeats": ">= 2"}, "B"),
    ("quality_cheap", {"category": ("quality",), "amount": "< 50"}, "D"),
    ("billing_dear", {"category": ("billing",), "amount": ">= 10000"}, "B"),
    ("billing_often", {"category": ("billing",), "repeats": ">= 4"}, "B"),
    ("misled", {"category": ("advertising",), "amount": ">= 1000"}, "B"),
    ("late_fresh", {"category": ("delivery",), "product": ("fresh", "frozen")}, "C"),
    ("cheap", {"amount": "< 20"}, "D"),
    ("any_other", {}, "C"),
]
PRIORITY = [
    ("regulator", {"channel": ("regulator",)}, "urgent"),
    ("media_grave", {"channel": ("media",), "severity": ("A", "B")}, "urgent"),
    ("media", {"channel": ("media",)}, "high"),
    ("grave", {"severity": ("A",)}, "urgent"),
    ("platinum_often", {"tier": ("platinum",), "repeats": ">= 3"}, "urgent"),
    ("platinum_b", {"tier": ("platinum",), "severity": ("B",)}, "high"),
    ("gold_b", {"tier": ("gold",), "severity": ("B",)}, "high"),
    ("b_often", {"severity": ("B",), "repeats": ">= 2"}, "high"),
    ("b", {"severity": ("B",)}, "normal"),
    ("platinum", {"tier": ("platinum",)}, "normal"),
    ("gold_spoken", {"tier": ("gold",), "channel": ("hotline", "store")}, "normal"),
    ("often", {"repeats": ">= 3"}, "normal"),
    ("c", {"severity": ("C",)}, "normal"),
    ("rest", {}, "low"),
]
REMEDY = [
    (
        "urgent_a_platinum",
        {"priority": ("urgent",), "severity": ("A",), "tier": ("platinum",)},
        ("1.50", "20000.00", 1),
    ),
    ("urgent_a", {"priority": ("urgent",), "severity": ("A",)}, ("1.25", "10000.00", 1)),
    ("urgent_b", {"priority": ("urgent",), "severity": ("B",)}, ("1.00", "5000.00", 2)),
    ("urgent", {"priority": ("urgent",)}, ("0.50", "2500.00", 2)),
    ("high_a", {"priority": ("high",), "severity": ("A",)}, ("1.00", "8000.00", 2)),
    ("high_platinum", {"priority": ("high",), "tier": ("platinum",)}, ("0.75", "4000.00", 3)),
    ("high", {"priority": ("high",)}, ("0.50", "2000.00", 3)),
    ("normal_b", {"priority": ("normal",), "severity": ("B",)}, ("0.35", "1500.00", 5)),
    ("normal_dear", {"priority": ("normal",), "amount": ">= 3000"}, ("0.15", "1000.00", 5)),
    ("normal", {"priority": ("normal",)}, ("0.25", "800.00", 7)),
    ("low_often", {"repeats": ">= 2"}, ("0.10", "200.00", 7)),
    ("low", {}, ("0.05", "100.00", 15)),
]
NOTIFY = [
    ("board", {"priority": ("urgent",), "severity": ("A",)}, ["board", "quality"]),
    ("legal_for_regulator", {"channel": ("regulator",)}, ["legal"]),
    ("press", {"channel": ("media",)}, ["press", "legal"]),
    ("quality", {"category": ("quality", "safety"), "severity": ("A", "B")}, ["quality"]),
    ("safety", {"category": ("safety",)}, ["safety"]),
    ("finance", {"category": ("billing",), "amount": ">= 1000"}, ["finance"]),
    ("logistics", {"category": ("delivery",)}, ["logistics"]),
    ("marketing", {"category": ("advertising",)}, ["marketing"]),
    ("key_account", {"tier": ("platinum",)}, ["key_account"]),
    ("doctor", {"injury": True}, ["doctor"]),
    ("store", {"channel": ("store",), "severity": ("A", "B")}, ["store"]),
    ("often", {"repeats": ">= 4"}, ["ombudsman"]),
]
RULES = {"severity": SEVERITY, "priority": PRIORITY, "remedy": REMEDY, "notify": NOTIFY}
INPUTS = ["channel", "category", "product", "tier", "injury", "amount", "loss", "repeats", "received_at"]
WORDS = {"channel": CHANNELS, "category": CATEGORIES, "product": PRODUCTS, "tier": TIERS}
LEVELS = {"severity": "ABCD", "priority": ["urgent", "high", "normal", "low"]}
DEPARTMENTS = sorted({d for *_, then in NOTIFY for d in then})


# --- our ruleset ------------------------------------------------------------------------------------------


def columns_of(rules):
    return list(dict.fromkeys(c for _, when, _ in rules for c in when))


def cell(test):
    return {True: "yes", False: "no"}.get(test) if isinstance(test, bool) else (
        f"[{', '.join(test)}]" if isinstance(test, tuple) else f'"{test}"'
    )  # fmt: skip


def table(name, output, policy, then, default=""):
    rows = [
        f"      - {{id: {i}, when: {{{', '.join(f'{c}: {cell(t)}' for c, t in when.items())}}}, then: {then(out)}, because: x}}"
        for i, when, out in RULES[name]
    ]
    head = [
        f"  {name}:",
        f"    hit_policy: {policy}",
        f"    inputs: [{', '.join(columns_of(RULES[name]))}]",
        f"    {output}",
    ]
    return [*head, "    rules:", *rows, *([f"    {default}"] if default else [])]


def ruleset_text():
    remedy = "outputs: {ratio: {type: decimal}, ceiling: {type: money, currency: CNY}, reply_days: {type: integer}}"
    lines = [
        "language: 1", "ruleset: benchmark", "version: 1.0.0", "title: 基准", f"time_zone: {ZONE}", "calendar: cn-office",
        "inputs:",
        *(f"  {n}: {{values: [{', '.join(v)}]}}" for n, v in WORDS.items()),
        "  injury: {type: boolean}", "  amount: {type: money, currency: CNY, minimum: 0}",
        "  loss: {type: money, currency: CNY, minimum: 0}", "  repeats: {type: integer, minimum: 0}",
        "  received_at: {type: datetime}", "decisions:",
        *table("severity", "output: {values: [A, B, C, D]}", "first", str),
        *table("priority", "output: {values: [urgent, high, normal, low]}", "first", str),
        *table("remedy", remedy, "first", lambda o: f"{{ratio: {o[0]}, ceiling: {o[1]}, reply_days: {o[2]}}}"),
        *table("notify", f"output: {{type: set, values: [{', '.join(DEPARTMENTS)}]}}", "collect\n    aggregate: union",
               lambda o: f"[{', '.join(o)}]", "default: []"),
        "  compensation:", "    expression: min(loss * remedy.ratio, remedy.ceiling)",
        "    output: {type: money, currency: CNY}", "    rounding: {step: 0.01, mode: half_up}",
        "deadlines:", "  reply: {start: received_at, within: remedy.reply_days, unit: working_day, profile: plain, because: x}",
    ]  # fmt: skip
    return "\n".join(lines)


# --- data ---------------------------------------------------------------------------------------------------


def some_rows(count, seed):
    """Return so many complaints as an Arrow table."""
    import numpy as np
    import pyarrow as pa

    rng = np.random.default_rng(seed)
    words = {n: pa.DictionaryArray.from_arrays(pa.array(rng.integers(0, len(v), count, np.int32)), pa.array(v)).cast(pa.string())
             for n, v in WORDS.items()}  # fmt: skip
    cents = np.round(10 ** rng.uniform(0, 6.3, count)).astype(np.int64)
    bound = rng.random(count) < 0.05
    cents[bound] = rng.choice([1999, 2000, 4999, 5000, 100000, 200000, 300000, 500000, 1000000], bound.sum())
    start, end = (int(datetime.combine(d, time(), UTC).timestamp()) * 1_000_000 for d in (FIRST, LAST))
    return pa.table({
        **words,
        "injury": pa.array(rng.random(count) < 0.03),
        "amount": cents_array(cents),
        "loss": cents_array(rng.integers(0, 3_000_000, count)),
        "repeats": pa.array(np.minimum(rng.geometric(0.6, count) - 1, 9).astype(np.int32)),
        "received_at": pa.array(rng.integers(start, end, count)).cast(pa.timestamp("us", "UTC")),
    })  # fmt: skip


def cents_array(cents):
    import numpy as np
    import pyarrow as pa

    parts = np.empty(2 * cents.size, np.int64)
    parts[0::2], parts[1::2] = cents, cents >> 63
    return pa.Array.from_buffers(pa.decimal128(12, 2), cents.size, [None, pa.py_buffer(parts)])


def write_rows(path, count):
    import pyarrow.parquet as pq

    writer = None
    for at in range(0, count, GROUP):
        part = some_rows(min(GROUP, count - at), at)
        writer = writer or pq.ParquetWriter(path, part.schema)
        writer.write_table(part, row_group_size=GROUP)
    writer.close()


def due_table():
    """Return, for each local day and number of working days, when that time is up."""
    import pyarrow as pa

    from complaint_rules.calendar_data import load_calendar
    from complaint_rules.deadline import Terms, due

    calendar, zone = load_calendar("cn-office"), ZoneInfo(ZONE)
    days = [FIRST + timedelta(d) for d in range(-1, (LAST - FIRST).days + 2)]
    rows = [
        (d, n, due(Terms(n, "working_day"), datetime.combine(d, time(), zone), calendar).instant)
        for d in days
        for n in DAYS
    ]
    day, n, at = zip(*rows)
    return pa.table(
        {
            "day": pa.array(day, pa.date32()),
            "n": pa.array(n, pa.int64()),
            "due": pa.array(at, pa.timestamp("us", "UTC")),
        }
    )


# --- the contenders ------------------------------------------------------------------------------------------

OUTPUTS = [
    "severity", "severity.rules", "priority", "priority.rules", "remedy.ratio", "remedy.ceiling", "remedy.reply_days",
    "remedy.rules", "notify", "notify.rules", "compensation", "due.reply",
]  # fmt: skip


def groups_of(path, share):
    import pyarrow.parquet as pq

    source = pq.ParquetFile(path, read_dictionary=list(WORDS))
    part, of = share
    return source, [g for g in range(source.num_row_groups) if g % of == part]


def blocks(source, groups):
    for group in groups:  # asked for all at once, they would all be held in memory
        yield from source.iter_batches(BLOCK, row_groups=[group], columns=INPUTS, use_threads=False)


class Sink:
    """Writes blocks as row groups of GROUP rows."""

    def __init__(self, path):
        self.path, self.writer, self.kept = path, None, []

    def write(self, batch):
        import pyarrow.parquet as pq

        self.writer = self.writer or pq.ParquetWriter(self.path, batch.schema)
        self.kept.append(batch)
        if len(self.kept) == GROUP // BLOCK:
            self.flush()

    def flush(self):
        import pyarrow as pa

        if self.kept:
            self.writer.write_table(pa.Table.from_batches(self.kept), row_group_size=GROUP)
        self.kept = []

    def close(self):
        self.flush()
        self.writer.close()


def our_plan(schema):
    from complaint_rules import load_text
    from complaint_rules.batch import plan_columns

    return plan_columns(load_text(ruleset_text()), schema, due=["reply"], notes=["rules"])


def ours(path, into, share=(0, 1)):
    source, groups = groups_of(path, share)
    first = next(blocks(source, groups[:1]))
    our_plan(first.schema).run(first.slice(0, 1))  # loads what is loaded once, and is forgotten
    plan = our_plan(first.schema)
    yield "start"
    sink = Sink(into)
    for batch in blocks(source, groups):
        sink.write(plan.run(batch).select(OUTPUTS))
    sink.close()
    yield "end"


def floor(path, into, share=(0, 1)):
    """Read what we read and write what we wrote; reading that back is not counted."""
    import pyarrow.parquet as pq

    source, groups = groups_of(path, share)
    words = [c for c in OUTPUTS if c.endswith(".rules") or c in LEVELS]
    written = pq.ParquetFile(Path(into).with_name("ours.parquet"), read_dictionary=words)
    sink, given, spent = Sink(into), blocks(source, groups), Spent()
    yield "start"
    for made in (b for g in range(written.num_row_groups) for b in written.iter_batches(BLOCK, row_groups=[g])):
        with spent:
            next(given)
            sink.write(made)
    with spent:
        sink.close()
    yield spent.seconds


class Spent:
    """The CPU seconds of some parts of a job."""

    seconds = 0.0

    def __enter__(self):
        self.begun = process_time()

    def __exit__(self, *_):
        self.seconds += process_time() - self.begun


def sql_test(column, test):
    if isinstance(test, bool):
        return column if test else f"NOT {column}"
    return f"{column} {test}" if isinstance(test, str) else f"{column} IN ({', '.join(repr(t) for t in test)})"


def sql_when(when):
    return " AND ".join(sql_test(c, t) for c, t in when.items()) or "true"


def sql_case(name):
    return f"CASE {' '.join(f'WHEN {sql_when(w)} THEN {i}' for i, (_, w, _) in enumerate(RULES[name], 1))} END"


def sql_pick(number, values):
    return f"[{', '.join(values)}][{number}]"


def sql_text(source):
    ids = {n: [repr(i) for i, _, _ in r] for n, r in RULES.items()}
    then = {n: [repr(t) for *_, t in r] for n, r in RULES.items()}
    remedy = {k: [str(t[i]) for *_, t in REMEDY] for i, k in enumerate(("ratio", "ceiling", "days"))}
    lists = ", ".join(f"CASE WHEN {sql_when(w)} THEN {t!r} ELSE [] END" for _, w, t in NOTIFY)
    told = ", ".join(f"CASE WHEN {sql_when(w)} THEN {i!r} END" for i, w, _ in NOTIFY)
    return f"""
WITH a AS (SELECT *, {sql_case("severity")} AS s FROM {source}),
b AS (SELECT *, {sql_pick("s", then["severity"])} AS severity FROM a),
c AS (SELECT *, {sql_case("priority")} AS p FROM b),
d AS (SELECT *, {sql_pick("p", then["priority"])} AS priority FROM c),
e AS (SELECT *, {sql_case("remedy")} AS r, list_sort(list_distinct(flatten([{lists}]))) AS notify,
  nullif(concat_ws(', ', {told}), '') AS told, CAST(received_at AT TIME ZONE '{ZONE}' AS DATE) AS day FROM d),
f AS (SELECT *, {sql_pick("r", remedy["ratio"])}::DECIMAL(3,2) AS ratio,
  {sql_pick("r", remedy["ceiling"])}::DECIMAL(12,2) AS ceiling, {sql_pick("r", remedy["days"])}::BIGINT AS days FROM e)
SELECT severity, {sql_pick("s", ids["severity"])} AS "severity.rules", priority,
  {sql_pick("p", ids["priority"])} AS "priority.rules", ratio AS "remedy.ratio", ceiling AS "remedy.ceiling",
  days AS "remedy.reply_days", {sql_pick("r", ids["remedy"])} AS "remedy.rules", notify, told AS "notify.rules",
  least(round(loss * ratio, 2), ceiling)::DECIMAL(12,2) AS compensation, due AS "due.reply"
FROM f LEFT JOIN dues ON f.day = dues.day AND f.days = dues.n"""


def duck(path, into, share=(0, 1)):
    import duckdb

    dues = due_table()
    base = duckdb.connect()
    base.execute(f"SET TimeZone = 'UTC'; SET preserve_insertion_order = {'true' if 'cases' in str(path) else 'false'}")
    base.register("dues_given", dues)
    base.execute("CREATE TABLE dues AS SELECT * FROM dues_given")
    yield "start"
    base.execute(
        f"COPY ({sql_text(f'read_parquet({str(path)!r})')}) TO '{into}' (FORMAT parquet, ROW_GROUP_SIZE {GROUP})"
    )
    yield "end"


def polars(path, into, share=(0, 1)):
    import polars as pl

    def test(column, t):
        if isinstance(t, bool):
            return pl.col(column) if t else ~pl.col(column)
        if isinstance(t, tuple):
            return pl.col(column).is_in(list(t))
        sign, bound = t.split()
        cents = int(bound) * 100 if column == "amount" else int(bound)
        return pl.col(column) >= cents if sign == ">=" else pl.col(column) < cents

    def holds(when):
        found = pl.lit(True)
        for at, (c, t) in enumerate(when.items()):
            found = test(c, t) if at == 0 else found & test(c, t)
        return found

    def number(name):
        (_, first, _), *rest = RULES[name]
        chain = pl.when(holds(first)).then(0)
        for at, (_, when, _) in enumerate(rest, 1):
            chain = chain.when(holds(when)).then(at)
        return chain.cast(pl.UInt32)

    def pick(number, values, kind=None):
        return pl.lit(pl.Series(values, dtype=kind)).gather(pl.col(number))

    rows = pl.scan_parquet(path)
    # Decimals of Polars round wrongly at some ties, so money is whole cents.
    cents = {c: (pl.col(c) * 100).cast(pl.Int64) for c in ("amount", "loss")}
    ids = {n: [i for i, _, _ in r] for n, r in RULES.items()}
    percent = [int(float(t[0]) * 100 + 0.5) for *_, t in REMEDY]
    ceiling = [int(float(t[1]) * 100 + 0.5) for *_, t in REMEDY]
    union = pl.concat_list(
        [pl.when(holds(w)).then(pl.lit(t)).otherwise(pl.lit([], pl.List(pl.String))) for _, w, t in NOTIFY]
    )
    told = pl.concat_str([pl.when(holds(w)).then(pl.lit(i)) for i, w, _ in NOTIFY], separator=", ", ignore_nulls=True)
    rows = (
        rows.with_columns(**cents)
        .with_columns(s=number("severity")).with_columns(severity=pick("s", [t for *_, t in SEVERITY]))
        .with_columns(p=number("priority")).with_columns(priority=pick("p", [t for *_, t in PRIORITY]))
        .with_columns(r=number("remedy"), notify=union.list.unique().list.sort(),
                      told=pl.when(told != "").then(told), day=pl.col("received_at").dt.convert_time_zone(ZONE).dt.date())
        .with_columns(percent=pick("r", percent), ceiling=pick("r", ceiling), n=pick("r", [t[2] for *_, t in REMEDY], pl.Int64))
        .with_columns(paid=pl.min_horizontal((pl.col("loss") * pl.col("percent") + 50) // 100, pl.col("ceiling")))
        .join(pl.from_arrow(due_table()).lazy(), on=["day", "n"], how="left", maintain_order="left" if "cases" in str(path) else "none")
    )  # fmt: skip
    money = lambda c: (pl.col(c).cast(pl.Decimal(38, 2)) / pl.lit(100).cast(pl.Decimal(38, 2))).cast(pl.Decimal(12, 2))
    out = rows.select(
        "severity", pick("s", ids["severity"]).alias("severity.rules"), "priority", pick("p", ids["priority"]).alias("priority.rules"),
        money("percent").alias("remedy.ratio"), money("ceiling").alias("remedy.ceiling"), pl.col("n").alias("remedy.reply_days"),
        pick("r", ids["remedy"]).alias("remedy.rules"), "notify", pl.col("told").alias("notify.rules"),
        money("paid").alias("compensation"), pl.col("due").alias("due.reply"),
    )  # fmt: skip
    yield "start"
    out.sink_parquet(into, row_group_size=GROUP)
    yield "end"


def zen_cell(test):
    if isinstance(test, bool):
        return str(test).lower()
    return ", ".join(json.dumps(t) for t in test) if isinstance(test, tuple) else test


def zen_graph():
    def node(name, kind, content=None):
        made = {"id": name, "name": name, "type": kind, "position": {"x": 0, "y": 0}}
        return made if content is None else {**made, "content": content}

    def table_node(name):
        rows = [
            {"_id": i, **{c: zen_cell(t) for c, t in w.items()}, "id_out": json.dumps(i)} for i, w, _ in RULES[name]
        ]
        if name in LEVELS:
            rows = [{**row, "out": json.dumps(then)} for row, (*_, then) in zip(rows, RULES[name])]
        outputs = [{"id": "id_out", "name": name, "field": f"{name}_rule"}]
        outputs += [{"id": "out", "name": name, "field": name}] if name in LEVELS else []
        inputs = [{"id": c, "name": c, "field": c} for c in columns_of(RULES[name])]
        policy = "collect" if name == "notify" else "first"
        content = {"hitPolicy": policy, "rules": rows, "inputs": inputs, "outputs": outputs, "passThrough": True}
        if policy == "collect":
            content |= {"outputPath": "told"}
        return node(name, "decisionTableNode", content)

    names = ["in", *RULES, "out"]
    nodes = [node("in", "inputNode"), *map(table_node, RULES), node("out", "outputNode")]
    edges = [{"id": f"{a}-{b}", "type": "edge", "sourceId": a, "targetId": b} for a, b in zip(names, names[1:])]
    return {"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges}


def zen_answers(cases):
    """Return the rules that zen finds for some cases, and the CPU seconds it took; None where it is not installed."""
    try:
        import zen
    except ImportError:
        return None
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"batch": zen_graph()}}})
    decision = engine.get_decision("batch")
    given = [
        {**c, "amount": float(c["amount"]), "loss": float(c["loss"]), "received_at": c["received_at"].isoformat()}
        for c in cases
    ]
    begun = process_time()
    found = [decision.evaluate(c)["result"] for c in given]
    return found, process_time() - begun


# --- running -----------------------------------------------------------------------------------------------

CONTENDERS = {"ours": ours, "floor": floor, "duckdb": duck, "polars": polars}


def run_here(name, path, into, share):
    """Run a contender in this process and print its seconds and its peak of memory."""
    job = CONTENDERS[name](path, into, share)
    next(job)
    cpu, clock = process_time(), perf_counter()
    counted = next(job)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    spent = counted if isinstance(counted, float) else process_time() - cpu
    print(json.dumps({"cpu": spent, "clock": perf_counter() - clock, "peak_mb": peak}))


def start(name, path, into, share=(0, 1)):
    words = [sys.executable, __file__, "--run", name, str(path), str(into), *map(str, share)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(job, name):
    out, errors = job.communicate()
    if job.returncode:
        absent = "ModuleNotFoundError" in errors
        print(f"{name}: {'not installed, left out' if absent else errors}")
        if absent:
            return None
        sys.exit(1)
    return json.loads(out.splitlines()[-1])


def answers_in(path):
    import pyarrow.parquet as pq

    found = pq.read_table(path).select(OUTPUTS).to_pylist()
    return [{**row, "due.reply": row["due.reply"].astimezone(UTC), "notify": sorted(row["notify"])} for row in found]


def agree(folder):
    """Stop unless all give the same answers to 10,000 cases, as single deciding does; return zen's seconds a case."""
    from complaint_rules import decide, due, load_text

    import pyarrow.parquet as pq

    path = folder / "cases.parquet"
    write_rows(path, CASES)
    found = {n: answers_in(folder / f"{n}.parquet") for n in ("ours", "duckdb", "polars")
             if ended(start(n, path, folder / f"{n}.parquet"), n) is not None}  # fmt: skip
    cases = pq.read_table(path).to_pylist()
    for name, answers in found.items():
        wrong = [(a, b) for a, b in zip(found["ours"], answers, strict=True) if a != b]
        if wrong:
            sys.exit(f"{name} differs in {len(wrong)} of {CASES} cases: {wrong[0]}")
    rules = load_text(ruleset_text())
    for case, row in zip(cases[:1000], found["ours"]):
        result = decide(rules, case)
        remedy, when = result["remedy"], due(rules, case)["reply"].due.instant.astimezone(UTC)
        said = [
            result["severity"],
            result["priority"],
            *remedy.values(),
            sorted(result["notify"]),
            result["compensation"],
            when,
        ]
        shown = [row[c] for c in ("severity", "priority", "remedy.ratio", "remedy.ceiling", "remedy.reply_days", "notify",
                                  "compensation", "due.reply")]  # fmt: skip
        if said != shown:
            sys.exit(f"single deciding differs: {case}: {said} and {shown}")
    zens = zen_answers(cases)
    if zens is None:
        print("zen-engine: not installed, left out")
        return None
    for row, answer in zip(found["ours"], zens[0]):
        told = ", ".join(t["notify_rule"] for t in answer.get("told", []) if t) or None
        shown = [answer["severity_rule"], answer["priority_rule"], answer["remedy_rule"], told]
        if shown != [row[f"{n}.rules"] for n in RULES]:
            sys.exit(f"zen differs: {shown} and {row}")
    return zens[1] / len(cases)


def main():
    if sys.argv[1:2] == ["--run"]:
        name, path, into, part, of = sys.argv[2:]
        run_here(name, path, into, (int(part), int(of)))
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", default=None)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as place:
        folder = Path(place)
        zen_each = agree(folder)
        path = folder / "rows.parquet"
        write_rows(path, asked.rows)
        measured = {}
        for name in CONTENDERS:
            found = ended(start(name, path, folder / f"{name}.parquet"), name)
            if found is not None:
                measured[name] = found
        clock = perf_counter()
        jobs = [start("ours", path, folder / f"part{i}.parquet", (i, 2)) for i in range(2)]
        both = [ended(j, "ours") for j in jobs]
        del clock
    base = measured["floor"]["cpu"]
    print(f"{asked.rows} rows, Parquet to Parquet")
    for name, found in measured.items():
        print(
            f"{name:8} {found['cpu']:8.2f} CPU s  {found['cpu'] / base:6.2f} x floor  {found['clock']:8.2f} s  {found['peak_mb']} MB"
        )
    if zen_each is not None:
        print(
            f"zen      {zen_each * asked.rows:8.2f} CPU s  {zen_each * asked.rows / base:6.2f} x floor (extrapolated; tables only)"
        )
    ours_cpu = measured["ours"]["cpu"]
    over = {f"{n}_over_ours": round(measured[n]["cpu"] / ours_cpu, 2) for n in ("duckdb", "polars") if n in measured}
    if zen_each is not None:
        over["zen_over_ours"] = round(zen_each * asked.rows / ours_cpu, 1)
    second = measured["ours"]["clock"] / max(f["clock"] for f in both)
    print(json.dumps({
        "rows": asked.rows, "over_floor": round(ours_cpu / base, 2), **over, "peak_mb": measured["ours"]["peak_mb"],
        "second_core": round(second, 2),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
