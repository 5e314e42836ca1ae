"""Timeline words: the words for states, clocks and whatever else a complaint's life knows, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from complaint_rules.words import Label, Lang

STATUS: Mapping[str, Label] = {
    "undetermined": Label("未定", "undetermined"),
    "not_due": Label("不适用", "not due"),
    "lapsed": Label("不再适用", "lapsed"),
    "waiting": Label("未开始", "not started"),
    "running": Label("进行中", "running"),
    "paused": Label("暂停", "paused"),
    "excused": Label("免责", "excused"),
    "overdue": Label("逾期", "overdue"),
    "met": Label("按时完成", "met"),
    "met_late": Label("逾期完成", "met late"),
    "restarted": Label("重新起算", "restarted"),
}
KIND: Mapping[str, Label] = {
    "event": Label("事件", "event"),
    "state": Label("状态", "state"),
    "decision": Label("判定变化", "decision"),
    "started": Label("开始计时", "clock started"),
    "restarted": Label("重新起算", "restarted"),
    "lapsed": Label("不再适用", "lapsed"),
    "paused": Label("暂停", "paused"),
    "resumed": Label("恢复计时", "resumed"),
    "met": Label("完成", "met"),
    "unmet": Label("完成被撤销", "no longer met"),
    "breached": Label("逾期", "breached"),
    "milestone": Label("节点", "milestone"),
}
VIOLATION: Mapping[str, Label] = {
    "state": Label("当时的状态不允许", "not from that state"),
    "role": Label("该角色无权", "not by that role"),
    "role_not_given": Label("未说明由谁", "nobody says by whom"),
    "condition": Label("条件未满足", "the condition was not met"),
    "undetermined": Label("条件不明", "the condition is not known"),
}
STEP: Mapping[str, Label] = {
    "allowed": Label("可以", "allowed"),
    "blocked": Label("不可以", "not allowed"),
    "undetermined": Label("待查明", "must be asked"),
}
WORDS: Mapping[str, Label] = {
    "now": Label("现在", "now"),
    "next": Label("下一时点", "next"),
    "state": Label("所处状态", "state"),
    "states": Label("状态", "states"),
    "events": Label("事件", "events"),
    "changes": Label("判定变化", "decisions changed"),
    "violations": Label("违反程序", "against the steps"),
    "round": Label("{}（第 {} 次）", "{} (no. {})"),
    "times": Label("{} ×{}", "{} ×{}"),
    "and_more": Label("{}等 {} 项", "{} and more, {} in all"),
    "from_to": Label("{}：{} → {}", "{}: {} → {}"),
    "of": Label("{}：{}", "{}: {}"),
    "at": Label("{} {}", "{} {}"),
    "brackets": Label("{}（{}）", "{} ({})"),
    "due": Label("到期", "due"),
    "start": Label("起算", "start"),
    "met": Label("完成", "met"),
    "breached": Label("逾期", "breached"),
    "used": Label("已用", "used"),
    "left": Label("余下", "left"),
    "remains": Label("{}，余 {}", "{}, {} left"),
    "over": Label("{} {}", "{} by {}"),
    "open": Label("及时，无确定期限", "promptly, no fixed end"),
    "promptly": Label("及时", "promptly"),
    "owner": Label("责任方", "owner"),
    "status": Label("状态", "status"),
    "limit": Label("时限", "time limit"),
    "ask": Label("待查明", "to ask"),
    "rests_on": Label("所依据的读法和假定", "rests on these readings and assumptions"),
    "provisional": Label("（暂定：日历尚未公布到此）", " (provisional: the calendar does not cover it)"),
    "waits": Label("待查明：{}", "to ask: {}"),
    "because": Label("依据", "because"),
    "time": Label("时间", "time"),
    "kind": Label("类别", "kind"),
    "what": Label("内容", "what"),
    "who": Label("由谁", "by"),
    "by": Label("由{}", "by {}"),
    "by_whom": Label("（由{}）", " (by {})"),
    "to": Label("致{}", "to {}"),
    "anyone": Label("任何人", "anyone"),
    "nth": Label("第 {} 次", "no. {}"),
    "unknown": Label("未知", "not known"),
    "obligations": Label("时限一览", "Time limits"),
    "picture": Label("经过", "The course"),
    "steps": Label("接下来可以做什么", "What may happen next"),
    "blocks": Label("什么妨碍办结", "What stands in the way of closing"),
    "journal": Label("记录", "Journal"),
    "legend": Label("图例", "Legend"),
    "other_state": Label("应有的状态", "the state for it"),
    "missing": Label("缺：{}", "missing: {}"),
    "leads_to": Label("→ {}", "→ {}"),
    "nothing_owed": Label("没有时限", "no time limits"),
    "nothing": Label("无", "none"),
    "ahead": Label("尚未发生", "still to happen"),
    "unknown_yet": Label("当时尚未获知", "not known at that time"),
    "revised": Label("后来改变的结论", "Verdicts revised"),
    "zone": Label("时区 {}", "times in {}"),
    "title": Label("{}：截至 {}", "{}: up to {}"),
    "desc": Label(
        "时间轴自 {} 至 {}；{} 项时限，其中 {} 次逾期；{} 项违反程序。",
        "From {} to {}; {} time limits, {} breaches; {} violations.",
    ),
    "excused": Label("免责", "excused"),
    "paused": Label("暂停", "paused"),
    "overdue": Label("逾期时间", "time overdue"),
    "spent": Label("已用（已完成）", "used, now met"),
    "event": Label("事件", "event"),
    "milestone": Label("节点", "milestone"),
    "unmet": Label("完成被撤销", "no longer met"),
    "ended": Label("终止", "ended"),
    "decision": Label("判定变化", "decision changed"),
    "violation": Label("违反程序", "against the steps"),
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def clean(text: object) -> str:
    """Return a text in one line, without characters that steer a terminal or may not stand in XML."""
    return "".join(c if c.isprintable() else "\ufffd" for c in " ".join(str(text).split()))


def date_words(day: date, lang: Lang) -> str:
    return f"{day.month}月{day.day}日" if lang == "zh" else f"{day.day} {MONTHS[day.month - 1]}"
