"""The audit: what it finds, what it does not judge, and that no row is lost."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import desk
import sizes
from complaint_rules import FactsError, RulesetError, load, load_text
from complaint_rules.audit_files import safe
from complaint_rules.audit_run import audit
from complaint_rules.audit_summary import summary_json, summary_lines
from complaint_rules.auditing import fits
from complaint_rules.cli import main
from complaint_rules.life_mapping import Recorded, read_mapping

SHANGHAI = ZoneInfo("Asia/Shanghai")
DEMO = Path(__file__).parents[1] / "demo" / "data"
PLAIN = "\n".join((desk.HEADER, *desk.ROWS)) + "\n"
# A complaint in which nothing is amiss.
GOOD = "B1,200.00,2024-09-27 10:00,2024-09-30 09:00,2024-10-08 09:00,服务台,是,一般,400.00,办事员,客服部,"


def one(row: str) -> str:
    return f"{desk.HEADER}\n{row}\n"


def test_every_kind_of_difference_is_found_with_its_evidence(tmp_path):
    found = desk.run(tmp_path, PLAIN)

    assert desk.told(found) == [
        ("A2", "late", "answer"),
        ("A2", "class", "level"),
        ("A2", "compensation", "most"),
        ("A2", "approval", "approver"),
        ("A2", "closing", "close"),
        ("A2", "escalation", "answer.urge"),
        ("A3", "late", "answer"),
        ("A3", "escalation", "answer.urge"),
    ]
    late, grade, paid, *_ = desk.findings(found)
    assert (late["row"], late["due"], late["happened"]) == (3, "2024-10-08 24:00", "2024-10-10 16:30")
    assert late["late_seconds"] == 40.5 * 3600
    # Of 9 October 7.5 hours, of the 10th from 9 to 12 and from 13 to 16:30.
    assert late["worked_seconds"] == 14 * 3600
    assert late["clauses"] == "desk-1"
    assert "2024-09-29" in late["arithmetic_en"]
    assert "2024-10-01 – 2024-10-07" in late["arithmetic_en"]
    assert (grade["done"], grade["owed"], grade["rules"], grade["clauses"]) == (
        "general",
        "serious",
        "great_loss",
        "desk-2",
    )
    assert (paid["done"], paid["owed"]) == ("3500.00", "3000.00")


def test_a_complaint_in_order_has_no_finding(tmp_path):
    found = desk.run(tmp_path, one(GOOD))

    assert desk.told(found) == []
    assert (found.tally.audited, found.tally.with_findings) == (1, 0)


@pytest.mark.parametrize(
    ("change", "kind", "name"),
    [
        (("2024-09-30 09:00", "2024-10-09 09:00"), "late", "answer"),
        (("一般", "重大"), "class", "level"),
        (("400.00", "400.01"), "compensation", "most"),
        (("办事员", "经理"), "approval", "approver"),
        (("客服部", "法务部"), "department", "departments"),
        (("服务台", "值班经理"), "order", "close"),
        (("是,", "否,"), "closing", "close"),
        (("2024-10-08 09:00", "2024-09-27 09:00"), "order", "close"),
    ],
)
def test_one_change_of_a_good_record_is_one_kind_of_finding(tmp_path, change, kind, name):
    found = desk.run(tmp_path, one(GOOD.replace(*change)))

    assert ("B1", kind, name) in desk.told(found)


def test_the_last_moment_of_the_last_day_is_in_time(tmp_path):
    in_time = desk.run(tmp_path, one(GOOD.replace("2024-09-30 09:00", "2024-10-08 23:59")))
    too_late = desk.run(tmp_path, one(GOOD.replace("2024-09-30 09:00", "2024-10-09 00:00")))

    assert "late" not in {k for _, k, _ in desk.told(in_time)}
    assert ("B1", "late", "answer") in desk.told(too_late)


def test_what_is_not_done_is_late_until_now(tmp_path):
    found = desk.run(tmp_path, one("B1,80.00,2024-09-27 10:00,,,,,,,,,"), now=datetime(2024, 10, 10, tzinfo=SHANGHAI))
    late = desk.findings(found)[0]

    assert (late["still_open"], late["late_seconds"], late["happened"]) == ("yes", 24 * 3600, "")


def test_an_escalation_in_time_is_none_that_was_not_raised(tmp_path):
    row = "B1,80.00,2024-09-27 10:00,,,,,,,,,{}"
    raised = desk.run(tmp_path, one(row.format("2024-10-08 23:00")))
    later = desk.run(tmp_path, one(row.format("2024-10-12 09:00")))

    assert ("B1", "escalation", "answer.urge") not in desk.told(raised)
    assert [f["late_seconds"] for f in desk.findings(later) if f["kind"] == "escalation"] == [81 * 3600]


def test_what_the_records_cannot_show_is_not_judged(tmp_path):
    mapping = "mapping: desk\nrecords: {complaint: 编号}\nas_of: 2024-10-14T09:00\nfacts: {loss: 损失}\nevents: {received: 受理}\n"
    found = desk.run(tmp_path, one(GOOD), mapping)

    assert desk.told(found) == []
    assert found.not_observable == ("answer",)
    assert summary_json(found)["deadlines"] == {"answer": {"not_recorded": 1}}


def test_what_counts_over_related_complaints_is_said_to_be_counted_alone(tmp_path):
    rules = load_text(
        CLUSTER.replace(
            "inputs: {", "inputs: {times: {type: integer, minimum: 0, from: {count: received, across: [batch]}}, "
        ).replace("batch = 'x'", "batch = 'x' or times > 9")
    )
    path, mapped = desk.write(
        tmp_path, BATCHES.format(""), "mapping: shop\nas_of: 2024-05-11T09:00\nfacts: {batch: batch}\n"
    )
    found = audit(rules, path, mapping=mapped, out=tmp_path / "run")

    assert found.alone == ("times",)
    assert any("times" in line for line in summary_lines(found, "en"))


def test_a_column_may_say_whether_a_limit_was_kept(tmp_path):
    mapping = (
        "mapping: desk\nrecords: {complaint: 编号}\nas_of: 2024-10-14T09:00\nfacts: {loss: 损失}\nevents: {received: 受理}\n"
        "deadlines: {answer: {column: 部门, kept: [及时], missed: [超时], open: [未答], unsaid: [不详]}}\n"
    )
    rows = [
        f"B{i},1.00,2024-09-27 10:00,,,,,,,,{word}," for i, word in enumerate(("及时", "超时", "未答", "不详"), start=1)
    ]
    found = desk.run(tmp_path, "\n".join((desk.HEADER, *rows)), mapping)

    assert [(f["complaint"], f["late_seconds"], f["still_open"]) for f in desk.findings(found)] == [
        ("B2", None, "no"), ("B3", 129.0 * 3600, "yes"),
    ]  # fmt: skip
    assert summary_json(found)["deadlines"] == {"answer": {"kept": 1, "missed": 2, "not_recorded": 1}}


def test_a_verdict_that_the_events_belie_is_a_finding(tmp_path):
    mapping = (
        desk.FILES["desk.mapping.yaml"]
        + "deadlines: {answer: {column: 备注, kept: [及时], missed: [超时], others: unsaid}}\n"
    )
    rows = [
        GOOD + ",超时",
        GOOD.replace("B1", "B2").replace("2024-09-30", "2024-10-11") + ",及时",
        GOOD.replace("B1", "B3") + ",及时",
    ]
    found = desk.run(tmp_path, "\n".join((desk.HEADER + ",备注", *rows)), mapping)

    assert [(f["complaint"], f["done"], f["owed"]) for f in desk.findings(found) if f["kind"] == "verdict"] == [
        ("B1", "missed", "kept"), ("B2", "kept", "missed"),
    ]  # fmt: skip


def test_of_days_without_a_time_lateness_reaches_to_the_end_of_the_day(tmp_path):
    days = GOOD.replace("2024-09-27 10:00", "2024-09-27").replace("2024-09-30 09:00", "{}")
    in_time = desk.run(tmp_path, one(days.format("2024-10-08")))
    late = desk.run(tmp_path, one(days.format("2024-10-09")))

    assert "late" not in {k for _, k, _ in desk.told(in_time)}
    assert [(f["happened"], f["late_seconds"]) for f in desk.findings(late) if f["kind"] == "late"] == [
        ("2024-10-09", 86_400)
    ]


HOURS = """
language: 1
ruleset: shop
version: 1.0.0
title: {zh: 店, en: shop}
calendar: cn-24h
events: {received: 收到, answered: 答复}
inputs:
  received_at: {label: {zh: 收到时刻, en: received at}, type: datetime, from: {first: received}}
  is_answered: {label: {zh: 已答复, en: answered}, type: boolean, from: {happened: answered}}
decisions: {settled: {expression: is_answered, output: {type: boolean}, because: c}}
deadlines: {answer: {start: received_at, within: 24, unit: hour, met_when: settled, because: c}}
"""


@pytest.mark.parametrize(
    ("received", "answered", "judged"),
    [
        ("2024-05-06 09:00", "2024-05-07 09:00", "kept"),
        ("2024-05-06 09:00", "2024-05-07 09:01", "missed"),
        ("2024-05-06", "2024-05-07", "not_recorded"),
        ("2024-05-06 09:00", "2024-05-07", "not_recorded"),
    ],
)
def test_a_limit_in_hours_is_not_judged_by_days(tmp_path, received, answered, judged):
    mapping = "mapping: shop\nas_of: 2024-06-01T00:00\nevents: {received: received, answered: answered}\n"
    path, mapped = desk.write(tmp_path, f"received,answered\n{received},{answered}\n", mapping)
    found = audit(load_text(HOURS), path, mapping=mapped, out=tmp_path / "run")

    assert summary_json(found)["deadlines"] == {"answer": {judged: 1}}
    assert len(desk.findings(found)) == (judged == "missed")


# --- files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_says_the_same_in_any_encoding(tmp_path, encoding):
    assert desk.told(desk.run(tmp_path, PLAIN, encoding=encoding)) == desk.told(desk.run(tmp_path, PLAIN))


def test_parquet_says_the_same_as_text(tmp_path):
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    columns = desk.HEADER.split(",")
    rows = [dict(zip(columns, r.split(","), strict=True)) for r in desk.ROWS[:3]]
    times = ("受理", "答复", "结案", "催办")
    typed = [{k: datetime.fromisoformat(v) if v and k in times else v or None for k, v in row.items()} for row in rows]
    pq.write_table(pa.Table.from_pylist(typed), tmp_path / "complaints.parquet")
    path, mapping = desk.write(tmp_path, "\n".join((desk.HEADER, *desk.ROWS[:3])))
    text = audit(desk.RULES, path, mapping=mapping, out=tmp_path / "text")
    parquet = audit(desk.RULES, tmp_path / "complaints.parquet", mapping=mapping, out=tmp_path / "parquet")
    said = [[{k: v for k, v in f.items() if k != "row_sha256"} for f in desk.findings(r)] for r in (text, parquet)]

    assert said[0] == said[1]
    assert pq.read_table(parquet.folder / "findings.parquet").to_pylist()[0]["name"] == "answer"


LOG = """case,活动,时刻,人
A2,受理,2024-09-27 10:00,
A2,答复,2024-10-10 16:30,
A2,喝茶,2024-10-10 16:31,
A2,催办了,2024-10-08 23:00,
A9,受理,2024-09-27 10:00,
A2,结案,2024-10-11 10:00,李四
A1,受理,2024-09-27 10:00,
A1,答复,昨天,
"""
LOG_MAPPING = """
mapping: desk
records: {complaint: 编号}
as_of: 2024-10-14T09:00
facts: {loss: 损失, consented: 同意}
log:
  complaint: case
  event: 活动
  at: 时刻
  by: 人
  roles: {李四: service_desk}
  events: {受理: received, 答复: answered, 结案: closed}
  milestones: {催办了: answer.urge}
"""


def test_a_log_of_events_is_joined_to_its_records(tmp_path):
    (tmp_path / "log.csv").write_text(LOG, "utf-8")
    found = desk.run(tmp_path, "\n".join((desk.HEADER, *desk.ROWS[:2])), LOG_MAPPING, events=tmp_path / "log.csv")
    tally = found.tally

    assert desk.told(found) == [
        ("A1", "late", "answer"),
        ("A1", "escalation", "answer.urge"),
        ("A2", "late", "answer"),
        ("A2", "closing", "close"),
    ]
    assert [f["event_rows"] for f in desk.findings(found) if f["kind"] == "closing"] == ["7"]
    assert (tally.events_read, tally.events_taken, tally.events_unused, tally.events_quarantined) == (8, 5, 1, 2)
    assert tally.adds_up
    assert [(q["row"], q["code"]) for q in desk.quarantine(found)] == [("9", "CR302"), ("6", "CR575")]
    assert dict(tally.unknown_activities) == {"喝茶": 1}


XES = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
  <trace><string key="concept:name" value="A2"/>
    <event><string key="concept:name" value="received"/><date key="time:timestamp" value="2024-09-27T10:00:00+08:00"/></event>
    <event><string key="concept:name" value="answered"/><date key="time:timestamp" value="2024-10-10T08:30:00.000Z"/></event>
    <event><string key="concept:name" value="closed"/><date key="time:timestamp" value="2024-10-11T10:00:00+08:00"/>
      <string key="org:resource" value="service_desk"/></event>
  </trace>
</log>
"""


def test_xes_needs_no_mapping_of_its_own(tmp_path):
    (tmp_path / "log.xes").write_text(XES, "utf-8")
    mapping = (
        "mapping: desk\nrecords: {complaint: 编号}\nas_of: 2024-10-14T09:00\nfacts: {loss: 损失, consented: 同意}\n"
    )
    found = desk.run(tmp_path, one(desk.ROWS[1]), mapping, events=tmp_path / "log.xes")

    assert desk.told(found) == [("A2", "late", "answer"), ("A2", "closing", "close")]
    assert desk.findings(found)[0]["event_rows"] == "2 3 4"


CLUSTER = """
language: 1
ruleset: shop
version: 1.0.0
title: {zh: 店, en: shop}
time_zone: Asia/Shanghai
events: {received: {label: 收到, carries: [batch]}}
inputs: {batch: {label: {zh: 批次, en: batch}, type: text}}
decisions: {is_x: {expression: batch = 'x', output: {type: boolean}, because: c}}
triggers:
  cluster: {label: {zh: 同批, en: one batch}, of: received, by: [batch], reaches: 2, within: P2D, because: c-9}
"""
BATCHES = """complaint,batch,received,raised
1,x,2024-05-06 09:00,
2,y,2024-05-06 10:00,
3,x,2024-05-07 09:00,{}
4,y,2024-05-09 10:00,
"""


@pytest.mark.parametrize(
    ("raised", "late"), [("", 4 * 24 * 3600), ("2024-05-07 12:00", 3 * 3600), ("2024-05-07 09:00", None)]
)
def test_what_several_complaints_together_should_have_set_off_is_missed(tmp_path, raised, late):
    mapping = "mapping: shop\nrecords: {complaint: complaint}\nas_of: 2024-05-11T09:00\nfacts: {batch: batch}\nevents: {received: received}\ntriggers: {cluster: raised}\n"
    path, mapped = desk.write(tmp_path, BATCHES.format(raised), mapping)
    found = desk.findings(audit(load_text(CLUSTER), path, mapping=mapped, out=tmp_path / "run"))

    assert [(f["complaint"], f["name"], f["late_seconds"]) for f in found] == ([("3", "cluster", late)] if late else [])
    assert [(f["event_rows"], f["clauses"]) for f in found] == ([("2 4", "c-9")] if late else [])


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("log.xes", '<!DOCTYPE a [<!ENTITY b "c">]><log/>', "CR570"),
        ("log.xes", "<log><trace>", "CR570"),
        ("log.xes", "<log/>", "CR570"),
        ("log.csv", "", "CR570"),
        ("log.csv", "a,a\n1,2\n", "CR570"),
        ("log.csv", "a,b\n1,2\n", "CR571"),
        ("log.parquet", "no", "CR570"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path, name, text, code):
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(FactsError) as caught:
        desk.run(tmp_path, PLAIN, events=tmp_path / name)

    assert code in {d.code for d in caught.value.diagnostics}


# --- rows ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("B1,200.00", "CR572"),
        (GOOD + ",,extra", "CR572"),
        (GOOD.replace("B1", ""), "CR572"),
        (GOOD.replace("200.00", '"200.00'), "CR572"),
        (GOOD.replace("200.00", "2\0"), "CR572"),
        (GOOD.replace("200.00", "二百"), "CR103"),
        (GOOD.replace("200.00", "-1.00"), "CR304"),
        (GOOD.replace("2024-09-27 10:00", "27.9.2024"), "CR302"),
        (GOOD.replace("一般", "很重"), "CR573"),
        (GOOD.replace("2024-10-08 09:00", "9999-12-31 09:00"), "CR304"),
    ],
)
def test_a_bad_row_is_put_aside_whole_with_its_number_and_reason(tmp_path, row, code):
    found = desk.run(tmp_path, "\n".join((desk.HEADER, desk.ROWS[0], row)) + "\n")
    aside = desk.quarantine(found)

    assert [(q["row"], q["code"]) for q in aside] == [("3", code)]
    assert aside[0]["reason_zh"]
    assert aside[0]["reason_en"]
    assert (found.tally.read, found.tally.audited, found.tally.quarantined) == (2, 1, 1)


def test_bytes_that_are_no_text_put_aside_only_their_row(tmp_path):
    path, mapping = desk.write(
        tmp_path,
        "\n".join((desk.HEADER, GOOD, GOOD.replace("B1", "B2"))),
        desk.FILES["desk.mapping.yaml"].replace("编号}", "编号, encoding: utf-8}"),
    )
    path.write_bytes(path.read_bytes().replace(b"B2", b"B\xff"))
    found = audit(desk.RULES, path, mapping=mapping, out=tmp_path / "run")

    assert [(q["row"], q["code"]) for q in desk.quarantine(found)] == [("3", "CR572")]
    assert found.tally.audited == 1


def test_a_complaint_that_comes_twice_is_audited_once(tmp_path):
    found = desk.run(tmp_path, "\n".join((desk.HEADER, GOOD, desk.ROWS[0], GOOD)))

    assert [(q["row"], q["code"]) for q in desk.quarantine(found)] == [("4", "CR574")]
    assert found.tally.adds_up


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@settings(max_examples=sizes.of(20, 200), deadline=None)
@given(st.lists(st.lists(CELLS | st.sampled_from(GOOD.split(",")), min_size=1, max_size=14), max_size=5))
def test_whatever_stands_in_a_file_every_row_is_audited_or_put_aside(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("rows")
    lines = [",".join('"' + c.replace('"', '""') + '"' for c in row) for row in rows]
    found = desk.run(folder, "\n".join((desk.HEADER, *lines)))

    assert found.tally.read == len(rows)
    assert found.tally.adds_up
    assert len({q["row"] for q in desk.quarantine(found)}) == found.tally.quarantined


def test_no_cell_of_a_written_table_is_a_formula(tmp_path):
    mapping = desk.FILES["desk.mapping.yaml"] + "parties: {service_desk: 部门}\n"
    bad = GOOD.replace("B1", "=1+1").replace("2024-09-30 09:00", "2024-10-11 09:00").replace("客服部", "@SUM(A1)")
    found = desk.run(
        tmp_path, one(bad), mapping.replace("  departments: {column: 部门, kind: department, compare: one_of}\n", "")
    )
    written = (found.folder / "findings.csv").read_text("utf-8-sig")

    assert "'=1+1" in written
    assert "'@SUM(A1)" in written
    assert desk.findings(found)[0]["complaint"] == "=1+1"


@given(st.text())
def test_a_safe_text_begins_with_nothing_that_makes_a_formula(text):
    assert not safe(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert safe(text) in (text, f"'{text}")


# --- mapping -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mapping", "code", "line"),
    [
        ("mapping: bank\n", "CR103", 1),
        ("mapping: desk\nrecord: {}\n", "CR004", 2),
        ("mapping: desk\nfacts: {los: 损失}\n", "CR101", 2),
        ("mapping: desk\nfacts: {is_answered: 答复}\n", "CR315", 2),
        ("mapping: desk\nevents: {answered: {at: 答复, facts: {loss: 损失}}}\n", "CR316", 2),
        ("mapping: desk\nevents: {answered: {by: clerk}}\n", "CR005", 2),
        ("mapping: desk\ndecisions: {level: {column: 级别, compare: like}}\n", "CR103", 2),
        ("mapping: desk\ndecisions: {level: {column: 级别, compare: at_most}}\n", "CR103", 2),
        ("mapping: desk\ndecisions: {level: {column: 级别, kind: closing}}\n", "CR103", 2),
        ("mapping: desk\nrecords: {encoding: latin-1}\n", "CR103", 2),
        ("mapping: desk\nrecords: {delimiter: '::'}\n", "CR103", 2),
        ("mapping: desk\nas_of: yesterday\n", "CR103", 2),
        ("mapping: desk\nmilestones: {answer.nudge: 催办}\n", "CR101", 2),
        ("mapping: desk\nfacts: [loss]\n", "CR006", 2),
        ("mapping: desk\nlog: {complaint: a, event: b}\n", "CR005", 2),
        ("mapping: desk\nlog: {complaint: a, event: b, at: c, events: {x: opened}}\n", "CR101", 2),
    ],
)
def test_what_is_wrong_with_a_mapping_is_said_with_its_place(tmp_path, mapping, code, line):
    (tmp_path / "m.yaml").write_text(mapping, "utf-8")
    with pytest.raises(RulesetError) as caught:
        read_mapping(tmp_path / "m.yaml", desk.RULES.ruleset)

    assert (code, line) in {(d.code, d.span.line if d.span else 0) for d in caught.value.diagnostics}


def test_a_column_that_is_not_there_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(FactsError) as caught:
        desk.run(tmp_path, PLAIN.replace("损失", "损 失"))

    assert [d.code for d in caught.value.diagnostics] == ["CR571"]


def test_without_an_instant_there_is_no_audit(tmp_path):
    with pytest.raises(FactsError) as caught:
        desk.run(tmp_path, PLAIN, desk.FILES["desk.mapping.yaml"].replace("as_of: 2024-10-14T09:00", ""))

    assert [d.code for d in caught.value.diagnostics] == ["CR005"]


@pytest.mark.parametrize(
    ("compare", "done", "owed", "agrees"),
    [
        ("equal", "a", "a", True), ("equal", "a", "b", False), ("equal", frozenset("ab"), ("b", "a"), True),
        ("one_of", frozenset("a"), ("b", "a"), True), ("one_of", frozenset("ac"), ("b", "a"), False),
        ("at_most", 3, 3, True), ("at_most", 4, 3, False), ("at_least", 3, 3, True), ("at_least", 2, 3, False),
        ("only_if", True, True, True), ("only_if", True, False, False), ("only_if", False, True, True),
    ],
)  # fmt: skip
def test_outcomes_are_compared_as_the_mapping_says(compare, done, owed, agrees):
    assert fits(Recorded("d", None, compare=compare), done, owed) is agrees


# --- the real complaints -------------------------------------------------------------------------------


def day_of(text: str) -> date:
    month, day, year = map(int, text.split("/"))
    return date(year, month, day)


def counted_by_hand(rows: int) -> dict[str, int]:
    """Return what can be counted in the real complaints without any rule engine."""
    with (DEMO / "cfpb_complaints.csv").open(encoding="utf-8", newline="") as file:
        read = [r for _, r in zip(range(rows), csv.DictReader(file), strict=False)]
    waited = [(day_of(r["Date sent to company"]) - day_of(r["Date received"])).days for r in read]
    closed = [r for r in read if r["Company response to consumer"].startswith("Closed")]
    return {
        "late": sum(d > 7 for d in waited) + sum(r["Timely response?"] == "No" for r in read),
        "order": 2 * sum(d < 0 for d in waited),
        "closing": sum(r["Company response to consumer"] == "Closed" for r in read),
        "class": sum(not r["Consumer disputed?"] for r in closed),
    }


def test_the_real_complaints_come_to_what_counting_by_hand_comes_to(tmp_path):
    rows = sizes.of(500, 3_186)
    with (DEMO / "cfpb_complaints.csv").open(encoding="utf-8") as file:
        (tmp_path / "some.csv").write_text(
            "".join(line for _, line in zip(range(rows + 1), file, strict=False)), "utf-8"
        )
    found = audit(load("cfpb"), tmp_path / "some.csv", mapping=DEMO / "cfpb.mapping.yaml", out=tmp_path / "run")

    assert found.tally.audited == rows
    assert dict(found.tally.findings) == {k: n for k, n in counted_by_hand(rows).items() if n}
    assert "\n".join(summary_lines(found, "zh")).count("逾期") > 1


def test_the_command_says_what_it_found_and_ends_with_one(tmp_path, capsys):
    path, mapping = desk.write(tmp_path, PLAIN)
    (tmp_path / "desk.yaml").write_text(desk.FILES["desk.yaml"], "utf-8")
    arguments = [
        "audit",
        str(tmp_path / "desk.yaml"),
        str(path),
        "--mapping",
        str(mapping),
        "--out",
        str(tmp_path / "run"),
    ]
    code = main([*arguments, "--json"])
    printed = json.loads(capsys.readouterr().out)

    assert code == 1
    assert printed["records"] == {"read": 4, "audited": 3, "quarantined": 1, "with_findings": 2}
    assert json.loads((tmp_path / "run" / "summary.json").read_text("utf-8")) == printed
    assert main([*arguments, "--report", "report.pdf"]) == 2
    assert "--report" in capsys.readouterr().err
