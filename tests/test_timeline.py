"""The pictures of a complaint's life: everything that happened is there, legible, escaped, and always the same."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from itertools import combinations, pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

import sizes
from complaint_rules.answers import DecisionResult
from complaint_rules.library import load_text
from complaint_rules.library import replay as replayed
from complaint_rules.replayed import Entry, Next, NextStep, Obligation, Replay, Revision, Run, Violation
from complaint_rules.timeline import timeline_html, timeline_svg, timeline_text
from complaint_rules.timeline_scale import Scale, columns, cut, folded, scale_of, ticks
from complaint_rules.timeline_shapes import measure
from complaint_rules.words import Label, Lang

SHANGHAI = ZoneInfo("Asia/Shanghai")
DEALER = load_text("""
language: 1
ruleset: dealer
version: 1.0.0
title: {zh: 汽车经销商客户投诉处理办法, en: Dealer complaint procedure}
time_zone: Asia/Shanghai
calendar: cn-office
events:
  received: {label: {zh: 收到投诉, en: received}}
  transferred: {label: {zh: 移交, en: transferred}}
  parts_ordered: {label: {zh: 订购配件, en: parts ordered}}
  parts_arrived: {label: {zh: 配件到货, en: parts arrived}}
  closure_applied: {label: {zh: 申请关闭, en: closure applied for}}
  closure_refused: {label: {zh: 不同意关闭, en: closure refused}}
  closed: {label: {zh: 关闭, en: closed}}
inputs:
  received_at: {label: {zh: 收到时间, en: time received}, type: datetime, from: {first: received}}
  waiting: {label: {zh: 等待配件, en: waiting for parts}, type: boolean, from: {happened: parts_ordered, until: parts_arrived}}
  done: {label: {zh: 已申请关闭, en: closure applied for}, type: boolean, from: {happened: closure_applied, until: closure_refused}}
  months_late: {label: {zh: 逾期月数, en: months late}, type: integer, minimum: 0, from: {count: closure.fine}}
decisions:
  level:
    label: {zh: 投诉级别, en: level}
    hit_policy: unique
    inputs: [months_late]
    output: {values: {general: {zh: 一般投诉, en: general}, serious: {zh: 重大投诉, en: serious}}}
    rules:
      - {id: few, when: {months_late: "< 2"}, then: general}
      - {id: many, when: {months_late: ">= 2"}, then: serious}
  fine_amount:
    label: {zh: 罚款, en: fine}
    hit_policy: unique
    inputs: [months_late]
    output: {type: money, currency: CNY}
    rules:
      - {id: first, when: {months_late: "< 2"}, then: 200}
      - {id: later, when: {months_late: ">= 2"}, then: 500}
  handler:
    label: {zh: 责任部门, en: owner}
    hit_policy: unique
    inputs: [level]
    output: {values: {department: {zh: 执行部门, en: department}, leader: {zh: 主管领导, en: leader}}}
    rules:
      - {id: g, when: {level: general}, then: department}
      - {id: s, when: {level: serious}, then: leader}
  may_close:
    label: {zh: 关闭条件, en: conditions of closing}
    needs_all:
      - {id: settled, label: {zh: 客户已同意, en: the customer agrees}, needs: {done: yes}}
deadlines:
  transfer: {label: {zh: 移交, en: transfer}, start: received_at, within: 2, unit: hour}
  closure:
    label: {zh: 关闭投诉, en: close the complaint}
    start: received_at
    within: 240
    unit: hour
    met_when: done
    pause_while: waiting
    owner: handler
    milestones:
      half: {label: {zh: 过半提醒, en: half is over}, at: 50%, to: department}
      fine: {label: {zh: 每月罚款, en: monthly fine}, after_due: 1, unit: month, every: 1, value: fine_amount}
process:
  roles: {centre: {zh: 客服中心, en: centre}, department: {zh: 执行部门, en: department}, leader: {zh: 领导, en: leader}}
  states:
    received: {zh: 已受理, en: received}
    transferred: {zh: 已移交, en: transferred}
    closed: {zh: 已关闭, en: closed, final: yes}
  steps:
    transferred: {event: transferred, from: received, to: transferred, by: centre}
    close: {label: {zh: 关闭, en: close}, event: closed, from: transferred, to: closed, by: leader, when: may_close}
""")
RULES = DEALER.ruleset


# --- lives, written by hand ----------------------------------------------------------------------------


def on(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def label(zh: str, en: str) -> Label:
    return Label(zh, en)


def run(index: int = 0, start: str = "2024-05-09 09:00", due: str | None = None, **more: Any) -> Run:
    blank = {"last_day": None, "outcome": "running", "met_at": None, "breached_at": None, "ended_at": None}
    return Run(index, on(start), on(due) if due else None, **{**blank, "pauses": (), "owner": None, **more})


def owed(name: str, words: Label, status: str, *runs: Run, **more: Any) -> Obligation:
    blank = {"owner": None, "promptly": False, "used": None, "left": None, "ask": (), "unset": ()}
    return Obligation(
        name=name, label=words, status=status, runs=runs, **{**blank, "rests_on": {}, "because": (), **more}
    )


def life(now: str, *obligations: Obligation, **more: Any) -> Replay:
    result = DecisionResult("dealer", "1", "", {}, {}, (), (), (), {})
    blank: dict[str, Any] = {"state": None, "journal": (), "violations": (), "steps": (), "blocks": (), "next": None}
    blank |= {"revised": (), "ahead": (), "unknown_yet": ()}
    return Replay(
        on(now), result=result, obligations=MappingProxyType({o.name: o for o in obligations}), **{**blank, **more}
    )


def event(at: str, name: str, zh: str, **more: Any) -> Entry:
    return Entry(on(at), "event", name, label(zh, name.replace("_", " ")), **more)


def of_clock(at: str, kind: str, words: Label, **more: Any) -> Entry:
    return Entry(on(at), kind, "closure", words, run=0, **more)


def milestone(at: str, name: str, words: Label, **more: Any) -> Entry:
    return Entry(on(at), "milestone", name, words, run=more.pop("run", 0), **more)


CLOSE, TRANSFER = label("关闭投诉", "close the complaint"), label("移交", "transfer")
HALF, FINE = label("过半提醒", "half is over"), label("每月罚款", "monthly fine")
STEP = NextStep(
    "close", label("关闭", "close"), "closed", ("leader",), "closed", "blocked", ("settled",), ("waiting",), ()
)


def weekend() -> Replay:
    """A bank's complaint that comes in on a Thursday, with a limit in working days."""
    reply = owed(
        "reply", label("回复客户", "reply to the customer"), "running",
        run(start="2024-05-09 16:20", due="2024-05-15 00:00", last_day=date(2024, 5, 14)),
        used=timedelta(days=1), left=timedelta(days=2), because=("bank-4.2",),
    )  # fmt: skip
    contact = owed(
        "contact", label("首次联系客户", "first contact"), "met",
        run(start="2024-05-09 16:20", due="2024-05-10 16:20", outcome="met", met_at=on("2024-05-10 09:05")),
    )  # fmt: skip
    progress = owed("progress", label("告知处理进程", "tell the progress"), "not_due")
    journal = (
        event("2024-05-09 16:20", "received", "收到投诉", by="centre", id="e1"),
        event("2024-05-09 16:45", "transferred", "移交", by="centre", id="e2"),
        Entry(
            on("2024-05-09 16:45"), "state", "transferred", label("状态", "state"), was="received", now="transferred"
        ),
        event("2024-05-10 09:05", "contacted", "联系客户", by="department", id="e3"),
    )
    nearest = Next(on("2024-05-14 10:00"), ("reply.eve",))
    return life("2024-05-12 11:00", reply, contact, progress, state="transferred", journal=journal, next=nearest)


def dealer() -> Replay:
    """Three months: paused for parts, breached, fined every month, upgraded, an application refused, the leader's turn."""
    pauses = ((on("2024-03-07 10:00"), on("2024-03-12 15:00")),)
    closing = owed(
        "closure", CLOSE, "overdue",
        run(start="2024-03-04 09:30", due="2024-03-19 14:30", outcome="overdue", breached_at=on("2024-03-19 14:30"),
            pauses=pauses, owner="department"),
        used=timedelta(days=85), left=timedelta(days=-75), owner="leader", because=("auto-3.10",),
    )  # fmt: skip
    transfer = owed(
        "transfer", TRANSFER, "met_late",
        run(start="2024-03-04 09:30", due="2024-03-04 11:30", outcome="met_late", breached_at=on("2024-03-04 11:30"),
            met_at=on("2024-03-04 15:10")),
    )  # fmt: skip
    bulletin = owed(
        "bulletin", label("每周通报", "weekly bulletin"), "running",
        run(0, "2024-03-11 09:00", "2024-03-18 09:00", outcome="met", met_at=on("2024-03-18 08:30")),
        run(1, "2024-03-18 08:30", "2024-03-25 08:30", outcome="restarted", ended_at=on("2024-03-22 12:00")),
        run(2, "2024-05-24 09:00", "2024-05-31 09:00"),
    )  # fmt: skip
    callback = owed("callback", label("回访", "call-back"), "waiting")
    satisfy = owed(
        "satisfy", label("安抚客户", "calm the customer"), "running", run(start="2024-03-04 09:30"), promptly=True
    )
    journal = (
        event("2024-03-04 09:30", "received", "收到投诉", by="centre", id="e1"),
        of_clock("2024-03-04 09:30", "started", CLOSE),
        event("2024-03-04 15:10", "transferred", "移交", by="centre", id="e2"),
        Entry(
            on("2024-03-04 15:10"),
            "state",
            "transferred",
            label("已移交", "transferred"),
            was="received",
            now="transferred",
        ),
        event("2024-03-07 10:00", "parts_ordered", "订购配件", id="e3"),
        of_clock("2024-03-07 10:00", "paused", CLOSE),
        event("2024-03-12 15:00", "parts_arrived", "配件到货", id="e4"),
        of_clock("2024-03-12 15:00", "resumed", CLOSE),
        milestone("2024-03-13 00:30", "closure.half", HALF, to="department"),
        event("2024-03-16 10:00", "closure_applied", "申请关闭", id="e5"),
        of_clock("2024-03-16 10:00", "met", CLOSE),
        event("2024-03-16 17:00", "closure_refused", "不同意关闭", id="e6"),
        of_clock("2024-03-16 17:00", "unmet", CLOSE),
        of_clock("2024-03-19 14:30", "breached", CLOSE),
        milestone("2024-04-19 14:30", "closure.fine", FINE, nth=0, value=Decimal(200)),
        milestone("2024-05-19 14:30", "closure.fine", FINE, nth=1, value=Decimal(500)),
        Entry(on("2024-05-19 14:30"), "decision", "level", label("投诉级别", "level"), was="general", now="serious"),
        Entry(
            on("2024-05-19 14:30"), "decision", "handler", label("责任部门", "owner"), was="department", now="leader"
        ),
        Entry(on("2024-05-19 14:30"), "decision", "may_close", label("关闭条件", "conditions"), was=True, now=False),
    )
    violations = (Violation(on("2024-05-22 10:00"), "closed", "e9", "role", "close", (), (), ()),)
    return life(
        "2024-05-28 10:00", closing, transfer, bulletin, callback, satisfy, state="transferred", journal=journal,
        violations=violations, steps=(STEP,), blocks=(STEP,), next=Next(on("2024-06-19 14:30"), ("closure.fine",)),
        revised=(Revision(on("2024-05-22 10:00"), "closure", 0, "met", "overdue"),),
    )  # fmt: skip


def half_hour() -> Replay:
    """A web service's feedback that is answered within half an hour."""
    answer = owed(
        "answer", label("首次响应", "first answer"), "met",
        run(start="2024-05-09 23:50", due="2024-05-10 00:20", outcome="met", met_at=on("2024-05-10 00:08")),
    )  # fmt: skip
    solve = owed(
        "solve", label("解决问题", "solve it"), "excused",
        run(start="2024-05-09 23:55", due="2024-05-10 00:10", outcome="excused"), owner="客服",
    )  # fmt: skip
    journal = (
        event("2024-05-09 23:50", "received", "收到反馈"),
        event("2024-05-10 00:08", "answered", "答复"),
        event("2024-05-10 00:09", "contact_failed", "未联系上"),
    )
    return life("2024-05-10 00:17", answer, solve, journal=journal)


def nothing_owed() -> Replay:
    return life("2024-05-09 10:00")


def unknown() -> Replay:
    """Clocks of which not enough is known, one that has not started, and one whose owner is not known."""
    asked = owed("closure", CLOSE, "undetermined", ask=("received_at", "waiting"))
    later = owed("transfer", TRANSFER, "waiting", owner="department")
    held = owed(
        "held", label("保留", "held"), "paused", run(start="2024-05-08 09:00", pauses=((on("2024-05-08 12:00"), None),))
    )
    return life("2024-05-09 10:00", asked, later, held, journal=(event("2024-05-08 09:00", "received", "收到投诉"),))


def hostile() -> Replay:
    """Texts that would be markup, steer a terminal, or never end; events all at one moment; a limit of 7000 years."""
    bad = label('<script>alert("x")</script>&\x00\x1b[31m]]>', "</title><img src=x onerror=y>'\u202e")
    long = label("很长的名称" * 60, "a very long name " * 60)
    journal = [event("2024-05-09 10:00", f"e{i}", f"{bad.zh}{i}", by="<b>") for i in range(40)]
    journal += [Entry(on("2024-05-09 10:00"), "decision", "nobody_knows", bad, was="<a>", now="<b>")]
    journal += [milestone("2024-05-10 10:00", "closure.<i>", long, value="<u>", to="<s>")]
    journal += [milestone(f"2024-05-{11 + i // 24} {i % 24:02}:00", "closure.urge", bad, nth=i) for i in range(48)]
    closing = owed(
        "closure",
        long,
        "overdue",
        run(due="2024-05-10 09:00", outcome="overdue", breached_at=on("2024-05-10 09:00"), owner="<o>"),
    )
    far = owed("far", bad, "running", run(start="2024-05-09 10:00", due="9020-01-01 00:00"), because=("<c>",))
    violations = tuple(
        Violation(on("2024-05-09 10:00"), "<e>", None, k, "<s>", ("<m>",), ("<q>",), ()) for k in ("state", "condition")
    )
    step = NextStep("<s>", bad, "<e>", ("<r>",), "<t>", "undetermined", ("<m>",), ("<q>",), ())
    return life(
        "2024-05-20 10:00", closing, far, state="<z>", journal=tuple(journal), violations=violations, steps=(step,), blocks=(step,),
        next=Next(on("2024-05-21 10:00"), ("<n>.<m>",)), ahead=("<h>",), unknown_yet=("<y>",),
    )  # fmt: skip


def crowded() -> Replay:
    """A dozen limits, urged every two hours for five days, and an event every three hours."""
    limits = [
        owed(f"limit{i}", label(f"第{i}项时限", f"limit {i}"), "excused" if i % 3 else "overdue",
             run(start=f"2024-05-{1 + i:02} 09:00", due=f"2024-05-{6 + i:02} 09:00", owner="department",
                 **({"outcome": "excused"} if i % 3 else {"outcome": "overdue", "breached_at": on(f"2024-05-{6 + i:02} 09:00")})))
        for i in range(12)
    ]  # fmt: skip
    journal = [event(f"2024-05-{1 + i // 8:02} {i % 8 * 3:02}:00", f"e{i}", f"事件{i}") for i in range(80)]
    urge = label("催办", "urge")
    journal += [
        Entry(on(f"2024-05-{6 + i // 12:02} {i % 12 * 2:02}:00"), "milestone", "limit0.urge", urge, run=0, nth=i)
        for i in range(60)
    ]
    return life("2024-05-19 10:00", *limits, journal=tuple(sorted(journal, key=lambda e: e.at)))


LIVES = (weekend, dealer, half_hour, nothing_owed, unknown, hostile, crowded)

every_life = pytest.mark.parametrize("made", LIVES)
both = pytest.mark.parametrize("lang", ["zh", "en"])
SVG = "{http://www.w3.org/2000/svg}"


def titles(svg: str) -> list[str]:
    return [t.text or "" for t in ET.fromstring(svg).iter(f"{SVG}title")]


# --- the picture ---------------------------------------------------------------------------------------


@every_life
@both
def test_a_picture_is_xml_with_a_title_and_a_description(made: Callable[[], Replay], lang: Lang) -> None:
    root = ET.fromstring(timeline_svg(made(), RULES, lang))

    named = {e.get("id"): e.text for e in root}
    assert [bool(named[i]) for i in root.attrib["aria-labelledby"].split()] == [True, True]
    assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {
        "svg", "g", "path", "rect", "circle", "text", "title", "desc", "style", "defs", "pattern",
    }  # fmt: skip


@every_life
@both
def test_whatever_is_drawn_lies_in_the_picture(made: Callable[[], Replay], lang: Lang) -> None:
    root = ET.fromstring(timeline_svg(made(), RULES, lang))
    width, height = (float(root.attrib[k]) for k in ("width", "height"))

    assert "nan" not in timeline_svg(made(), RULES, lang).lower().replace("tenant", "")
    for group in root.findall(f"{SVG}g"):
        top = float(group.attrib["transform"].split()[1].rstrip(")"))
        for e in group.iter(f"{SVG}rect"):
            assert 0 <= float(e.attrib["x"]) <= float(e.attrib["x"]) + float(e.attrib["width"]) <= width
            assert float(e.attrib["width"]) > 0
        for e in group.iter(f"{SVG}text"):
            assert 0 <= float(e.attrib["x"]) <= width
            assert 0 < top + float(e.attrib["y"]) < height


@every_life
@both
def test_no_label_lies_on_another(made: Callable[[], Replay], lang: Lang) -> None:
    root = ET.fromstring(timeline_svg(made(), RULES, lang))

    for group in root.findall(f"{SVG}g"):
        for one, other in combinations(spans(group), 2):
            assert one[0] != other[0] or one[2] <= other[1] or other[2] <= one[1], (one, other)


def spans(group: ET.Element) -> Iterator[tuple[float, float, float, str]]:
    """Yield where the labels below a bar stand: how low, from where and to where."""
    for e in group.findall(f"{SVG}text"):
        x, y, wide = float(e.attrib["x"]), float(e.attrib["y"]), measure(e.text or "") - 10
        start = x - wide if e.get("text-anchor") == "end" else x
        yield (y, start, start + wide, e.text or "")


@every_life
@both
def test_every_clock_and_what_became_of_it_can_be_read(made: Callable[[], Replay], lang: Lang) -> None:
    life = made()
    svg = timeline_svg(life, RULES, lang)
    read = titles(svg)

    for owed_ in life.obligations.values():
        name = " ".join(owed_.label.in_lang(lang).split())[:9]
        assert any(t.startswith(name) for t in read)
        for r in owed_.runs:
            mine = [t for t in read if t.startswith(name)]
            known = [at for at in (r.due, r.breached_at, r.met_at, *(a for p in r.pauses for a in p)) if at]
            for at in known:
                assert any(f"{at:%Y-%m-%d %H:%M}" in t for t in mine)


@every_life
@both
def test_everything_in_the_log_has_its_point(made: Callable[[], Replay], lang: Lang) -> None:
    life = made()
    read = titles(timeline_svg(life, RULES, lang))

    points = [e.at for e in life.journal if e.kind in ("event", "milestone")] + [v.at for v in life.violations]
    for at in points:
        assert any(f"{at:%Y-%m-%d %H:%M}" in t for t in read)


def test_the_dealers_picture_says_what_happened() -> None:
    svg = timeline_svg(dealer(), RULES)

    for said in (
        ">逾期 3月19日 14:30<", ">暂停 3月7日 10:00 – 3月12日 15:00<", ">每月罚款 200 元<", ">每月罚款 500 元<", ">过半提醒<",
        ">投诉级别：一般投诉 → 重大投诉<", ">责任部门：执行部门 → 主管领导<", ">关闭（该角色无权）<", ">完成被撤销 3月16日 17:00<",
        ">下一时点 6月19日 14:30：关闭投诉：每月罚款<", ">现在 5月28日 10:00<", ">每周通报（第 2 次）<", ">终止 3月22日 12:00<",
        ">执行部门 · 逾期 69天19小时<", ">已移交<", ">已受理<",
    ):  # fmt: skip
        assert said in svg
    assert "关闭条件" not in svg


def test_a_day_that_ends_is_written_24_00() -> None:
    assert ">到期 5月14日 24:00<" in timeline_svg(weekend(), RULES)
    assert ">due 14 May 24:00<" in timeline_svg(weekend(), RULES, "en")
    assert "<td>2024-05-14 24:00</td>" in timeline_html(weekend(), RULES)
    assert "到期 5月14日 24:00" in timeline_text(weekend(), RULES)


def test_another_year_is_said() -> None:
    assert "到期 9020年1月1日 00:00" in timeline_svg(hostile(), RULES)


def test_a_reminder_that_comes_again_and_again_is_named_once() -> None:
    svg = timeline_svg(crowded(), RULES)

    assert svg.count(">催办 ×60<") == 1
    assert sum("催办" in t for t in titles(svg)) == 60


def test_stuff_is_told_apart_by_more_than_its_colour() -> None:
    svg = timeline_svg(dealer(), RULES)

    assert {"url(#tl-pause)", "url(#tl-over)"} <= set(re.findall(r'fill="([^"]+)"', svg))
    assert {">已用<", ">逾期时间<", ">暂停<", ">余下<"} <= set(re.findall(r">[^<]+<", svg))


# --- texts of others -------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """The elements of a page, each of which must be closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.named: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.named |= {n for n, _ in attrs}
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.named |= {n for n, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@every_life
@both
def test_a_page_is_whole_and_needs_nothing_else(made: Callable[[], Replay], lang: Lang) -> None:
    page = timeline_html(made(), RULES, lang)
    tags = Tags(page)

    assert tags.open == []
    assert not tags.seen & {"script", "link", "img", "iframe", "b", "u", "i", "s"}
    assert not tags.named & {"href", "src", "onerror", "onload"}
    assert page.count("http") == page.count("http://www.w3.org/2000/svg")


@both
def test_nobody_steers_the_page_or_the_terminal(lang: Lang) -> None:
    made = [f(hostile(), RULES, lang) for f in (timeline_svg, timeline_html, timeline_text)]

    assert all(not set(text) & set("\x00\x1b\u202e") for text in made)
    if lang == "zh":
        assert all("&lt;script&gt;" in text for text in made[:2])
        assert "<script>" in made[2]


@every_life
def test_the_page_lists_every_limit_and_every_entry(made: Callable[[], Replay]) -> None:
    life = made()
    page = timeline_html(life, RULES)

    assert page.count("<tr>") == sum(n + 1 for n in (len(life.obligations), len(life.journal)) if n)
    assert ("没有时限" in page) == (not life.obligations)


def test_the_page_says_what_may_follow_and_what_stands_in_the_way() -> None:
    page = timeline_html(dealer(), RULES)

    assert page.count("<li>✗ 不可以 · 关闭（领导） → 已关闭 · 缺：客户已同意 · 待查明：等待配件</li>") == 2
    assert "<li>2024-05-22 10:00  关闭投诉：按时完成 → 逾期</li>" in page
    assert "关闭条件：是 → 否" in page
    assert "<td>执行部门</td>" in page


# --- the terminal ----------------------------------------------------------------------------------------


@every_life
@both
@pytest.mark.parametrize("width", [60, 80, 100, 161])
def test_bars_stand_below_one_another(made: Callable[[], Replay], lang: Lang, width: int) -> None:
    life = made()
    lines = timeline_text(life, RULES, lang, width).split("\n")
    block = lines[lines.index("") + 1 :]
    block = block[: block.index("")]
    axis = next(i for i, line in enumerate(block) if "▼" in line)
    bars = [line for i, line in enumerate(block) if i <= axis or not line.startswith("    ")]

    assert {columns(line) for line in bars} == {width}
    assert len(bars) >= max(len(life.obligations), 1) + 2


def test_a_terminal_shows_the_bar_of_a_limit() -> None:
    lines = timeline_text(dealer(), RULES).split("\n")
    bar = next(line for line in lines if line.startswith("关闭投诉"))

    assert re.fullmatch(r"关闭投诉 +█+╱+█*◆█*[✓↺]+█*✗▓+◆▓+◆▓+┊ +╎ *", bar)
    assert "  2024-03-19 14:30  逾期        关闭投诉" in lines


# --- always the same ---------------------------------------------------------------------------------------


def test_pictures_are_the_same_in_every_process() -> None:
    program = (
        "import hashlib, test_timeline as t; print(hashlib.sha256(''.join(f(m(), t.RULES, g) for m in t.LIVES[: t.sizes.of(3, 99)] for g in"
        " ('zh', 'en') for f in (t.timeline_svg, t.timeline_html, t.timeline_text)).encode()).hexdigest())"
    )
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    told = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path, "TZ": zone},
        ).stdout.strip()
        for seed, zone in (("1", "UTC"), ("2", "America/New_York"))
    }  # fmt: skip
    here = "".join(
        f(m(), RULES, g)
        for m in LIVES[: sizes.of(3, 99)]
        for g in ("zh", "en")
        for f in (timeline_svg, timeline_html, timeline_text)
    )

    assert told == {hashlib.sha256(here.encode()).hexdigest()}


# --- the axis ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (timedelta(minutes=30), ["09:00", "09:05"]),
        (timedelta(hours=10), ["09:00", "10:00"]),
        (timedelta(days=2), ["12:00", "18:00"]),
        (timedelta(days=9), ["5月10日", "5月11日"]),
        (timedelta(days=60), ["5月13日", "5月20日"]),
        (timedelta(days=300), ["6月", "7月"]),
        (timedelta(days=3650), ["2025年", "2026年"]),
        (timedelta(days=365 * 7000), ["3000年", "4000年"]),
    ],
)
def test_ticks_fall_on_round_times(span: timedelta, expected: list[str]) -> None:
    start = on("2024-05-09 09:00")
    scale = Scale(start, start + span, 0, 1000)
    found = ticks(scale, SHANGHAI, "zh", 84)

    assert [t.label for t in found[:2]] == expected
    assert all(scale.at(b.at) - scale.at(a.at) >= 75 for a, b in pairwise(found))
    assert 3 <= len(found) <= 13


def test_ticks_and_places_follow_time_where_the_clock_is_turned_back() -> None:
    zone = ZoneInfo("America/New_York")
    start, end = (datetime(2024, 11, 3, h, tzinfo=zone) for h in (0, 6))
    scale = scale_of([end, start], 0, 700)

    assert scale.span == timedelta(hours=7)
    assert [scale.at(t.at) for t in ticks(scale, zone, "en", 90)] == [0, 100, 300, 400, 500, 600, 700]


def test_one_instant_has_an_axis() -> None:
    scale = scale_of([on("2024-05-09 10:00")], 10, 20)

    assert (scale.at(scale.start), scale.at(scale.end)) == (10, 20)


@pytest.mark.parametrize("text", ["", "短", "很长的名称" * 9, "a very long name " * 4, "ab混合text文字" * 5])
@pytest.mark.parametrize("width", [4, 11, 30])
def test_what_is_cut_or_folded_fits(text: str, width: int) -> None:
    assert columns(cut(text, width)) <= width
    assert all(columns(line) <= width for line in folded(text, width, 2))
    assert "".join(folded(text, width, 99)).replace(" ", "") == text.replace(" ", "")


# --- a life that was lived ---------------------------------------------------------------------------------


def test_a_replay_has_its_picture() -> None:
    told = [
        ("received", "03-04T09:30", "centre"), ("transferred", "03-04T15:10", "centre"), ("parts_ordered", "03-07T10:00", None),
        ("parts_arrived", "03-12T15:00", None), ("closure_applied", "03-16T10:00", None),
        ("closure_refused", "03-16T17:00", None), ("closed", "05-22T10:00", "centre"),
    ]  # fmt: skip
    log = [{"event": e, "at": f"2024-{at}:00+08:00", **({"by": by} if by else {})} for e, at, by in told]
    life = replayed(DEALER, {}, log, now=on("2024-05-28 10:00"))
    svg = timeline_svg(life, RULES)

    for said in (
        ">暂停 3月7日 10:00 – 3月12日 15:00<", ">逾期 3月19日 14:30<", ">每月罚款 500 元<", ">完成被撤销 3月16日 17:00<",
        ">投诉级别：一般投诉 → 重大投诉<", ">关闭（该角色无权 · 缺：客户已同意）<", ">已关闭<",
    ):  # fmt: skip
        assert said in svg
