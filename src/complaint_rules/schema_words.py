"""Schema words: what an editor says of each model and key of the language, and the choices that it offers."""

from __future__ import annotations

from collections.abc import Mapping

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
}


def said(words: Label) -> str:
    """Return both languages, for an editor has no setting for ours."""
    return f"{words.zh}\n{words.en}"
