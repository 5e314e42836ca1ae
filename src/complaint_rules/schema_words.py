"""Schema words: what an editor says of each model and key of the language, and the choices that it offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from complaint_rules.course import Retarget
from complaint_rules.tables import Aggregate, HitPolicy
from complaint_rules.words import Label

WORDS: Mapping[str, Label] = {
    "LabelDoc": Label("中英文名称；只写文字即中文", "words in two languages; plain text is the Chinese"),
    "ValueDoc": Label("一个取值的名称", "the words of a listed value"),
    "TypeDoc": Label("取值的类型", "what values there are"),
    "InputDoc": Label("投诉的一项事实", "a fact of a complaint"),
    "ParameterDoc": Label(
        "参数：value、reading、assumed、unset 恰好一项",
        "a number or reading: exactly one of value, reading, assumed, unset",
    ),
    "RuleDoc": Label("判定表的一条规则", "a row of a decision table"),
    "ItemDoc": Label("清单的一项", "a line of a checklist"),
    "TableDoc": Label("判定表", "a decision table"),
    "ExpressionDoc": Label("公式", "an expression"),
    "ChecklistDoc": Label("清单", "a checklist"),
    "InvocationDoc": Label("以另一组事实引用某个判定", "another decision over other facts"),
    "RoundingDoc": Label("舍入方式", "how a quotient ends"),
    "EffectiveDoc": Label("施行期间", "the days on which the ruleset is in force"),
    "DeadlineDoc": Label(
        "一项时限：自何时、多久、如何计、由谁负责", "a time limit: from when, how much, reckoned how, whose"
    ),
    "FromDoc": Label("此项事实如何由经过记录得出", "how the input follows from the log"),
    "EventDoc": Label("可能发生的一件事", "what can happen to a complaint"),
    "MilestoneDoc": Label(
        "时限前后的一个节点：提醒、催办、升级、处罚", "a reminder, escalation or penalty around a time limit"
    ),
    "StateDoc": Label("投诉所处的状态", "where a complaint can stand"),
    "StepDoc": Label("下一步：谁、何时、从何状态到何状态", "what may happen next: from where, by whom, when, to where"),
    "TriggerDoc": Label(
        "触发条件：跨投诉计数什么、多少算多、告知谁", "a trigger: what is counted over complaints, how much is too much"
    ),
    "RaisesDoc": Label("随之发生的事件或事实", "the event or facts that follow"),
    "ReportDoc": Label(
        "报告：谁向谁、多久一次、何时前、报什么", "a duty to report: who, to whom, how often, by when, what"
    ),
    "DueOnDoc": Label(
        "下一期间内的最后报送日：day、working_day、weekday 恰好一项",
        "the last day to send it, in the period that follows: exactly one of day, working_day, weekday",
    ),
    "ProcessDoc": Label("处理流程：角色、状态、步骤", "roles, states and the steps between them"),
    "RulesetDoc": Label("一部投诉处理规则", "the rules of a complaint procedure"),
}

# Of a key wherever it stands; `Model.key` of one place comes before.
KEYS: Mapping[str, Label] = {
    "language": Label("语言版本，现为 1", "the version of the language: 1"),
    "ruleset": Label("规则集的标识", "the id of the ruleset"),
    "version": Label("规则集的版本", "the version of the ruleset"),
    "title": Label("标题", "the title"),
    "time_zone": Label("时区，如 Asia/Shanghai", "the time zone, as Asia/Shanghai"),
    "effective": Label("施行期间", "the days on which the ruleset is in force"),
    "from": Label("自何日起施行（含当日）", "the first day in force"),
    "to": Label("至何日止（含当日）", "the last day in force"),
    "calendar": Label("计算期限所用的日历", "the calendar that deadlines are reckoned by"),
    "deadlines": Label("时限", "time limits"),
    "DeadlineDoc.when": Label("何时适用：一个是非项的名称", "where it applies: the name of a yes or no"),
    "start": Label("自何时起算：一个日期时间事实", "from when: a datetime input"),
    "within": Label("多久：整数，或给出数目的名称", "how much: a whole number, or the name of one"),
    "profile": Label("未写明的计法按何惯例", "what is meant where a term is not said"),
    "day_one": Label("起算当日是否计入", "whether the day of the start counts"),
    "due_at": Label("在最后一日的何时届满", "where in the last day it ends"),
    "start_roll": Label("起算日非工作日时", "a start outside working days"),
    "end_roll": Label("届满日非工作日时", "a last day outside working days"),
    "owner": Label("由谁负责：给出责任方的名称", "whose: the name that says who must keep it"),
    "met_when": Label("何时算已履行：一个是非项的名称", "when it is kept: the name of a yes or no"),
    "pause_while": Label("何时暂停计时：一个是非项的名称", "when it stands still: the name of a yes or no"),
    "excused_when": Label("何时逾期可免责：一个是非项的名称", "when lateness is excused: the name of a yes or no"),
    "retarget": Label("期限改变时：自原起点重算、保持、重新起算", "where the limit changes: from_start, keep, restart"),
    "repeat": Label("每次重新起算即视为前一次已履行", "each new start ends the run before as met"),
    "milestones": Label("提醒、催办、升级、处罚等节点", "reminders, escalations and penalties"),
    "at": Label("时限过去的百分之几，如 75%", "a share of the time, as 75%"),
    "before_due": Label("届满前多久", "how much before it is due"),
    "after_due": Label("届满后多久", "how much after it was due"),
    "every": Label("其后每隔多久再次", "again after each so much"),
    "times": Label("至多几次", "at most so often"),
    "MilestoneDoc.when": Label("届时须成立的是非项", "the yes or no that must hold then"),
    "MilestoneDoc.value": Label("届时的金额等：一个判定的名称", "what it comes to: the name of a decision"),
    "MilestoneDoc.to": Label("通知谁：角色或名称", "to whom: a role, or a name that says who"),
    "MilestoneDoc.by": Label("由谁：角色或名称", "by whom: a role, or a name that says who"),
    "triggers": Label("触发条件", "triggers over complaints"),
    "TriggerDoc.of": Label("计数哪些事件", "the events that are counted"),
    "where": Label("只计满足这些条件的", "only those that these cells admit"),
    "TriggerDoc.by": Label("在哪些事实上一致才合并计数", "together where these facts agree"),
    "distinct": Label("按此事实的不同取值计数", "different values of this are counted"),
    "sum": Label("将此数相加", "these numbers are added up"),
    "reaches": Label("达到（含）：数、参数或百分比", "at least: a number, a parameter, or a share as 5%"),
    "exceeds": Label("超过：数、参数或百分比", "more than: a number, a parameter, or a share as 5%"),
    "share_of": Label("百分比的基数", "what the share is of"),
    "TriggerDoc.within": Label("在多长时间内，如 P30D", "in how long, as P30D"),
    "TriggerDoc.spacing": Label("与上一次计入的至少间隔", "at least so long after the last counted one"),
    "rearm": Label(
        "再次触发：never、below、every N、after P30D", "when it may fire again: never, below, every N, after P30D"
    ),
    "TriggerDoc.to": Label("告知谁：角色或名称", "who is told: a role, or a name that says who"),
    "raises": Label("随之发生什么", "what follows"),
    "RaisesDoc.event": Label("发生的事件", "the event that happens"),
    "RaisesDoc.facts": Label(
        "随之带来的事实；measured 即计得之数", "the facts that it brings; measured is the measure"
    ),
    "RaisesDoc.on": Label("在哪些投诉上：this、new、all", "on which complaints: this, new, all"),
    "reports": Label("定期报告", "the reports that are owed from time to time"),
    "ReportDoc.by": Label("由谁报：角色或已列出的值", "who owes it: a role, or a value of a type"),
    "ReportDoc.to": Label(
        "报给谁：角色或已列出的值；未写明则为 []", "to whom: roles, or values of a type; [] if the text names nobody"
    ),
    "ReportDoc.every": Label(
        "报哪种期间：week、month、quarter、half_year、year", "on each: week, month, quarter, half_year, year"
    ),
    "due": Label("何时前报送（含当日）", "the last day to send it, included"),
    "day": Label("下一期间首月的第几日；最后一日写 last", "the day of the month that follows; last for its last day"),
    "working_day": Label("期间结束后的第几个工作日", "so many working days after the period"),
    "weekday": Label("下一周的星期几：mon … sun", "the day of the week that follows: mon … sun"),
    "parts": Label("报告的各部分，按名称", "what the report holds, by name"),
    "nil_return": Label("无事项时是否也须报送", "whether it is owed where there is nothing to report"),
    "invariants": Label("在任何情形下都应成立的", "what the procedure intends in every case"),
    "never": Label("从不同时成立的条件", "what never holds together"),
    "always": Label("始终成立的条件", "what holds in every case"),
    "implies": Label("前者成立则后者成立", "where one condition holds, another does"),
    "if": Label("在此条件下", "where this holds"),
    "ImpliesDoc.then": Label("这也成立", "this does too"),
    "monotone": Label("一项上升时另一项不升或不降", "what does not go up, or down, while a fact goes up"),
    "raise": Label("上升的事实", "the fact that goes up"),
    "never_raises": Label("不得随之上升的", "what does not go up with it"),
    "never_lowers": Label("不得随之下降的", "what does not go down with it"),
    "ScaleDoc.name": Label("名称", "its name"),
    "through": Label("取值由低到高", "its values from low to high"),
    "events": Label("可能发生的事，按名称", "what can happen, by name"),
    "carries": Label("随之带来的事实", "the facts that it may bring along"),
    "InputDoc.from": Label("此项事实如何由经过记录得出", "how it follows from the log"),
    "first": Label("首次发生的时间", "when one of these first happened"),
    "last": Label("最近一次发生的时间", "when one of these last happened"),
    "happened": Label("是否已发生", "whether one of these has happened"),
    "count": Label("发生的次数", "how often these happened"),
    "latest": Label("以最近发生的一件为准", "the value of whichever happened last"),
    "initially": Label("尚未发生时的值", "the value before any of them"),
    "until": Label("此后又归于否", "what turns it back to no"),
    "since": Label("此后重新计数", "what begins the count anew"),
    "spacing": Label("两次计数至少相隔", "the least time between two that count"),
    "across": Label("其他投诉在这些事实上相同者一并计入", "events of other complaints count where these facts agree"),
    "process": Label("处理流程", "the process"),
    "roles": Label("角色，按名称", "who acts, by name"),
    "states": Label("状态，首个为起点", "the states, the first is where it begins"),
    "final": Label("是否终结", "whether nothing follows"),
    "steps": Label("步骤，按名称", "the steps, by name"),
    "event": Label("引起此步骤的事件", "the event that takes the step"),
    "StepDoc.from": Label("从哪些状态", "the states from which"),
    "StepDoc.to": Label("到哪个状态", "the state to which"),
    "StepDoc.by": Label("由哪些角色", "the roles that may"),
    "StepDoc.when": Label("须满足的条件：是非项或清单", "the yes or no, or the checklist, that must hold"),
    "ParameterDoc.by": Label("按哪一列的单元格分别取值", "the column whose cells have a value each"),
    "by": Label("以哪项事实的日期确定版本", "the fact whose date says which version holds"),
    "types": Label("共用的取值列表，按名称", "value lists that are shared, by name"),
    "parameters": Label("数字与文义取舍，按名称", "numbers and readings, by name"),
    "inputs": Label("投诉的事实，按名称", "the facts of a complaint, by name"),
    "TableDoc.inputs": Label("各列：输入、参数或其他判定", "the columns: inputs, parameters or other decisions"),
    "decisions": Label("判定，按名称", "what the procedure decides, by name"),
    "zh": Label("中文", "Chinese"),
    "en": Label("英文", "English"),
    "of": Label("集合的成员类型", "the type whose values are the members of the set"),
    "ValueDoc.of": Label("当事方取决于哪项事实", "the fact that says which party it is"),
    "type": Label("类型，或 types 中的名称", "a type, or a name from `types`"),
    "values": Label("取值，先写的优先", "the values, the gravest first"),
    "open": Label("原文列举以“等”结尾", "the source's list ends in 等"),
    "minimum": Label("最小值", "the least value"),
    "maximum": Label("最大值", "the greatest value"),
    "step": Label("步长", "the step between two values"),
    "unit": Label("单位", "the unit"),
    "currency": Label("币种，如 CNY", "the currency, as CNY"),
    "label": Label("名称", "what people read for the name"),
    "optional": Label("缺少此项事实本身就是回答", "its absence is itself an answer"),
    "value": Label("文件规定的数", "what the text says"),
    "reading": Label("所取的文义", "the meaning taken, one of `options`"),
    "assumed": Label("自行假定的数", "what we assume"),
    "unset": Label("尚未确定", "nobody has said it yet"),
    "options": Label("可取的各种文义", "the meanings that the text allows"),
    "reason": Label("理由", "why"),
    "dated": Label("按施行日期先后的各个值", "the values by the day from which they hold"),
    "because": Label("依据的条款", "the clauses it encodes"),
    "id": Label("标识", "the id"),
    "when": Label("条件：列名与单元格；列表为任一成立", "the condition: a cell by column; of a list any one"),
    "ItemDoc.when": Label("何时适用", "when the item applies"),
    "needs": Label("要求", "what the item asks for"),
    "then": Label("结论", "the output"),
    "note": Label("备注", "a note"),
    "hit_policy": Label("多条规则同时满足时如何取舍", "what holds where several rules match"),
    "aggregate": Label("collect 的汇总方式", "how `collect` joins what the rules say"),
    "output": Label("结论的类型", "the type of the output"),
    "outputs": Label("各个结论的类型", "the types of several outputs"),
    "rules": Label("规则", "the rules"),
    "default": Label("其余情形的结论（文件已有规定）", "the output where no rule matches, if the text says it"),
    "refer_to": Label("其余情形转交谁（文件未作规定）", "whom to ask where the text is silent"),
    "mode": Label("舍入方向", "which way to round"),
    "expression": Label("公式", "the formula"),
    "rounding": Label("舍入", "how a quotient ends"),
    "needs_all": Label("须全部满足的各项", "the items that must all be met"),
    "needs_any": Label("满足其一即可的各项", "the items of which one must be met"),
    "ordered": Label("各项有先后", "the items are a sequence"),
    "invoke": Label("引用哪个判定", "the decision to ask"),
    "with": Label("左边的名称换成右边的", "each name on the left is replaced by the one on the right"),
}

TYPES = ("set", "boolean", "integer", "decimal", "money", "date", "datetime", "duration", "text")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "hit_policy": tuple(p.value for p in HitPolicy),
    "aggregate": tuple(a.value for a in Aggregate),
    "mode": ("half_up", "half_even", "up", "down"),
    "retarget": get_args(Retarget),
}


def said(words: Label) -> str:
    """Return both languages, for an editor has no setting for ours."""
    return f"{words.zh}\n{words.en}"
