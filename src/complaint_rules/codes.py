"""Codes: what each finding says and how to mend it, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from complaint_rules.words import Label


@dataclass(frozen=True, slots=True)
class Code:
    """The sentence and the advice of one kind of finding; `{words}` come from the finding.

    A word that is a list is quoted where it is filled in, so its placeholder stands bare.
    """

    message: Label
    help: Label


def _code(*, en: str, zh: str, help_en: str = "", help_zh: str = "") -> Code:
    return Code(message=Label(zh=zh, en=en), help=Label(zh=help_zh, en=help_en))


# CR0xx: the file as YAML text, and its shape.
_TEXT: Mapping[str, Code] = {
    "CR001": _code(
        en="this is not valid YAML: {problem}",
        zh="YAML 语法错误：{problem}",
        help_en="look at this line and the one above it: indentation, a missing `:`, an unclosed quote or bracket",
        help_zh="请检查本行和上一行：缩进是否对齐，是否漏写英文冒号 `:`，引号、括号是否成对",
    ),
    "CR002": _code(
        en="duplicate key `{key}`, first used on line {first}",
        zh="`{key}` 重复，第 {first} 行已经写过",
        help_en="remove one of the two, or rename it",
        help_zh="请删去其中一处，或改用另一个名称",
    ),
    "CR003": _code(
        en="the file is not UTF-8 text; it looks like {guess}",
        zh="文件不是 UTF-8 编码，可能是 {guess}",
        help_en="save the file again with the encoding UTF-8",
        help_zh="请在编辑器中将文件另存为 UTF-8 编码",
    ),
    "CR004": _code(
        en="unknown key `{key}`",
        zh="此处没有 `{key}` 这一项",
        help_en="remove it, or see docs/language.md for the keys that may stand here",
        help_zh="请删去此项；此处可用的项见 docs/language.md",
    ),
    "CR005": _code(
        en="missing key `{key}`",
        zh="缺少 `{key}` 这一项",
        help_en="add `{key}:` here",
        help_zh="请在此处补上 `{key}:`",
    ),
    "CR006": _code(
        en="`{value}` stands where {expected} belongs",
        zh="此处应为 {expected}，现为 `{value}`",
        help_en="write {expected} here",
        help_zh="请改写为 {expected}",
    ),
    "CR007": _code(
        en="`{what}` is not allowed: anchors, aliases, tags and merge keys are refused",
        zh="不允许使用 `{what}`：不支持锚点、别名、标签和合并键",
        help_en="write the value out in full; put text that starts with `&`, `*` or `!` in quotes",
        help_zh="请将内容完整写出；以 `&`、`*`、`!` 开头的文字请加引号",
    ),
    "CR008": _code(
        en="too large: {what} may be at most {most}",
        zh="超出限制：{what}最多为 {most}",
        help_en="split or shorten it",
        help_zh="请拆分或精简",
    ),
    "CR009": _code(
        en="odd character {character}, which reads as something else than it is",
        zh="含有异常字符 {character}，容易看错或无法识别",
        help_en="replace it: spaces for indentation, the ASCII `:` followed by a space after a key",
        help_zh="请替换：缩进用普通空格，名称后用英文冒号 `:` 加一个空格",
    ),
    "CR010": _code(
        en="the file is empty",
        zh="文件是空的",
        help_en="start with `language: 1` and `ruleset: NAME`",
        help_zh="请从 `language: 1` 和 `ruleset: 名称` 写起",
    ),
    "CR011": _code(
        en="a key must be one plain text, and a file must hold one document",
        zh="名称必须是单一文本，且一个文件只能有一份文档",
        help_en="remove the extra `---`, or write the key as text (put `{{…}}` and `[…]` in quotes)",
        help_zh="请删去多余的 `---`，或把名称改为普通文本（`{{…}}`、`[…]` 需加引号）",
    ),
}

# CR1xx: what the ruleset says.
_MEANING: Mapping[str, Code] = {
    "CR101": _code(
        en="unknown name `{name}`",
        zh="没有名为 `{name}` 的项",
        help_en="define it, or correct the spelling; text in formulas needs quotes",
        help_zh="请在 inputs、parameters 或 decisions 中定义，或改正拼写（公式中的文字要加引号）",
    ),
    "CR102": _code(
        en="`{name}` is defined twice",
        zh="`{name}` 定义了两次",
        help_en="give one of the two another name; inputs, parameters and decisions share their names",
        help_zh="请为其中一个改名；inputs、parameters、decisions 之间也不得重名",
    ),
    "CR103": _code(
        en="`{value}` is not a value of this type; expected {expected}",
        zh="`{value}` 不是此类型的值，应为 {expected}",
        help_en="write it as {expected}",
        help_zh="请写成 {expected} 的形式",
    ),
    "CR104": _code(
        en="cannot read the cell `{cell}`: {problem}",
        zh="无法识别单元格 `{cell}`：{problem}",
        help_en="see `Cells` in docs/language.md for the forms of a cell",
        help_zh="单元格的写法见 docs/language.md 的 Cells 一节",
    ),
    "CR105": _code(
        en="the test `{cell}` does not fit this column: {kind}",
        zh="条件 `{cell}` 不适用于本列：{kind}",
        help_en="change the cell, or the type of the column",
        help_zh="请修改该单元格，或修改本列的类型",
    ),
    "CR106": _code(
        en="cannot read the formula: {problem}",
        zh="公式无法识别：{problem}",
        help_en="see `Expressions` in docs/language.md",
        help_zh="公式的写法见 docs/language.md 的 Expressions 一节",
    ),
    "CR107": _code(
        en="the formula does not fit together: {problem}",
        zh="公式中的类型不匹配：{problem}",
        help_en="combine values of the same kind, or change the type of an input or output",
        help_zh="请让同类的值参与运算，或修改输入、输出的类型",
    ),
    "CR108": _code(
        en="these decisions go round in a circle: {names}",
        zh="以下判定互相依赖，形成循环：{names}",
        help_en="remove one of the uses, or split a decision in two",
        help_zh="请去掉其中一处引用，或将某个判定拆成两个",
    ),
    "CR109": _code(
        en="unknown clause `{clause}`",
        zh="条款索引中没有 `{clause}`",
        help_en="correct the clause id, or add it to NAME.clauses.yaml",
        help_zh="请改正条款编号，或在 NAME.clauses.yaml 中补上该条款",
    ),
    "CR110": _code(
        en="the outputs of `{rule}` do not fit: `{output}` is missing or unknown",
        zh="`{rule}` 的结论不完整：输出 `{output}` 缺少或未定义",
        help_en="`then` gives every output listed in `outputs` exactly once, and no other",
        help_zh="`then` 须逐一给出 `outputs` 中的每个输出，不多不少",
    ),
    "CR111": _code(
        en="`{decision}` has both `default` and `refer_to`",
        zh="`{decision}` 同时写了 `default` 和 `refer_to`",
        help_en="keep `default` if the text settles the remaining cases, `refer_to` if it is silent about them",
        help_zh="其余情形文件已有规定的保留 `default`；文件未作规定的保留 `refer_to`",
    ),
    "CR112": _code(
        en="`{id}` is not a valid id",
        zh="`{id}` 不是合法的标识",
        help_en="use lower case letters, digits and `_`, starting with a letter; the words of the language are taken",
        help_zh="请用小写字母、数字和下划线 `_`，以字母开头，且不与语言的保留词相同；中文名称写在 label 中",
    ),
    "CR113": _code(
        en="parameter `{parameter}` needs exactly one of `value`, `reading`, `assumed`, `unset`",
        zh="参数 `{parameter}` 须在 `value`、`reading`、`assumed`、`unset` 中恰好写一项",
        help_en="`value`: the text says it, `reading`: it may mean it, `assumed`: we do, `unset: true`: nobody does",
        help_zh="文件有规定用 `value`，对文义的取舍用 `reading`，自行假定用 `assumed`，尚未确定用 `unset: true`",
    ),
    "CR114": _code(
        en="`{value}` is not an option of this reading; the options are {options}",
        zh="`{value}` 不是可选的解释，可选：{options}",
        help_en="choose one of the options, or add this one to `options`",
        help_zh="请从可选项中选择，或将其加入 `options`",
    ),
    "CR115": _code(
        en="hit policy `{policy}` does not fit this table: {problem}",
        zh="命中规则 `{policy}` 不适用于本表：{problem}",
        help_en="choose another `hit_policy` or change the outputs; see docs/language.md",
        help_zh="请更换 `hit_policy` 或调整输出，详见 docs/language.md",
    ),
    "CR116": _code(
        en="nothing lies between `{low}` and `{high}`",
        zh="`{low}` 与 `{high}` 之间没有任何值",
        help_en="write the smaller bound first; both ends belong to the range only with `[` and `]`",
        help_zh="请把较小的界限写在前面；含端点用 `[` `]`，不含端点用 `(` `)`",
    ),
    "CR117": _code(
        en="`{rule}` cites no clause",
        zh="`{rule}` 没有注明依据的条款",
        help_en="add `because: CLAUSE`, so that a reviewer can find the sentence it encodes",
        help_zh="请加上 `because: 条款编号`，以便核对原文",
    ),
    "CR118": _code(
        en="a set cannot be `optional`",
        zh="集合类型的输入不能设为 `optional`",
        help_en="remove `optional`; test the set with no members as `empty`",
        help_zh="请删去 `optional`；集合中没有任何项时用 `empty` 表示",
    ),
    "CR119": _code(
        en="exactly one of {known} must stand here",
        zh="此处应恰有一项：{known}",
        help_en="write one of them, and only one",
        help_zh="请写其中一项，且只写一项",
    ),
    "CR120": _code(
        en="`{name}` follows from the log, so no event can carry it",
        zh="`{name}` 由经过记录得出（from），事件不能另行携带",
        help_en="remove it from `carries`, or remove its `from`",
        help_zh="请从 `carries` 中删去，或删去它的 `from`",
    ),
    "CR121": _code(
        en="the triggers {names} can bring about what they wait for",
        zh="触发条件 {names} 会引起自身所等待的情形，形成循环",
        help_en="what a trigger raises must not change, over facts, decisions or deadlines, what it counts or reads",
        help_zh="触发条件引起的事件和事实，不得经由事实、判定或时限改变它所计数或读取的内容",
    ),
    "CR122": _code(
        en="the trigger `{trigger}` rests on {names}, which count over other complaints themselves",
        zh="触发条件 `{trigger}` 依据 {names}，而后者本身已跨投诉计数（across）",
        help_en="count the events themselves in the trigger, with `by`",
        help_zh="请在触发条件中用 `by` 直接对事件计数",
    ),
    "CR123": _code(
        en="`{id}` is a word of the language and cannot be an id",
        zh="`{id}` 是语言的保留词，不能用作标识",
        help_en="choose another one, such as `{id}_kind`; taken are {words}",
        help_zh="请换一个标识，例如 `{id}_kind`；保留词有 {words}",
    ),
    "CR124": _code(
        en="`{name}` says who by the facts; `by` of a step takes roles of the process",
        zh="`{name}` 由事实确定是谁；步骤的 `by` 只能写流程的角色",
        help_en="write a role here, and ask who it must be in `when`, for example by a decision that compares the two",
        help_zh="请在此处写角色，并在 `when` 中用判定（例如比较两者是否同一人）说明必须是谁",
    ),
    "CR125": _code(
        en="`{name}` is a parameter; `then` takes a value",
        zh="`{name}` 是参数；`then` 处应写具体的值",
        help_en="let the parameter have a value for each cell (`by:`) and read it alone, or write an expression instead of a table",
        help_zh="请让参数按列取值（`by:`）并直接使用该参数，或改用 expression",
    ),
    "CR126": _code(
        en="`{name}` is a role of the process and a fact, parameter or decision too",
        zh="`{name}` 既是流程的角色，又是事实、参数或判定的名称",
        help_en="rename one of the two: where a party is meant, it would not be clear which",
        help_zh="请改名其一：在写明由谁负责之处，无法分辨指的是哪一个",
    ),
}

# CR2xx: what the exact analysis of tables finds.
_ANALYSIS: Mapping[str, Code] = {
    "CR201": _code(
        en="gap: no rule of `{decision}` covers {region}, for example {example}",
        zh="缺漏：`{decision}` 没有规则涵盖 {region}，例如 {example}",
        help_en="add a rule, `default` if the text settles these cases, or `refer_to` if it is silent",
        help_zh="请补充规则；文件已有规定的写 `default`，文件未作规定的写 `refer_to`",
    ),
    "CR202": _code(
        en="overlap: the rules {rules} of `{decision}` meet in {region}, for example {example}",
        zh="重叠：`{decision}` 的规则 {rules} 在 {region} 同时适用，例如 {example}",
        help_en="narrow one rule, or say with `hit_policy` which of them wins",
        help_zh="请缩小其中一条规则的范围，或用 `hit_policy` 说明以哪条为准",
    ),
    "CR203": _code(
        en="the rules {rules} of `{decision}` never decide: other rules always win",
        zh="`{decision}` 的规则 {rules} 从不起作用，总被其他规则取代",
        help_en="move it before the rules that hide it, narrow those, or remove it",
        help_zh="请将其移到前面、缩小遮盖它的规则，或将其删去",
    ),
    "CR204": _code(
        en="the rules {rules} of `{decision}` can never match",
        zh="`{decision}` 的规则 {rules} 永远不会满足",
        help_en="its cells contradict the range of a column, or one another; correct or remove it",
        help_zh="其条件与列的取值范围矛盾，或条件之间互相矛盾，请改正或删去",
    ),
    "CR205": _code(
        en="`{decision}` is too large to be checked completely",
        zh="`{decision}` 过大，无法完整检查",
        help_en="split the table in two: decide a part of it first and use the answer as a column",
        help_zh="请拆分此表：先判定其中一部分，再将结果作为一列",
    ),
    "CR206": _code(
        en="`{name}` is never used",
        zh="`{name}` 没有被任何判定用到",
        help_en="use it in a decision, or remove it",
        help_zh="请在判定中使用，或将其删去",
    ),
    "CR207": _code(
        en="the trigger `{trigger}` can never fire: {reason}",
        zh="触发条件 `{trigger}` 永远不会触发：{reason}",
        help_en="lower the threshold, or correct what is counted",
        help_zh="请降低所需数目，或改正所计数的内容",
    ),
    "CR208": _code(
        en="the invariant `{name}` does not hold, for example {example}",
        zh="不变式 `{name}` 不成立，例如 {example}",
        help_en="change the rules, or what is said to hold in every case",
        help_zh="请修改规则，或修改所称在任何情形下都成立的内容",
    ),
    "CR209": _code(
        en="the invariant `{name}` is neither proved nor refuted: {reason}",
        zh="不变式 `{name}` 未能证明也未能否定：{reason}",
        help_en="state it over fewer facts, or over the decisions that a formula reads",
        help_zh="请改用较少的事实，或用公式所依据的判定来表述",
    ),
    "CR210": _code(
        en="the report `{report}` is due on day {day}, which not every month has in which it can be due",
        zh="报告 `{report}` 应在第 {day} 日前报送，但并非每个到期月份都有这一日",
        help_en="write `last` if the last day of the month is meant; it is taken so where the day is missing",
        help_zh="如指当月最后一日，请写 `last`；没有这一日的月份即按最后一日计",
    ),
}

# CR22x and CR23x: what is needless, contradictory, never used or never comes about, though it can be decided.
_REVIEW: Mapping[str, Code] = {
    "CR220": _code(
        en="{rules} of `{decision}` can never hold: what they test of {columns} is never handed on",
        zh="`{decision}` 的 {rules} 永远不会满足：{columns} 从不给出其所检验的值",
        help_en="remove it, or correct the earlier decision; it gives {given}",
        help_zh="请删去，或改正在前的判定；它只给出 {given}",
    ),
    "CR221": _code(
        en="the rule {rules} of `{decision}` is redundant: without it, other rules say the same in every case",
        zh="`{decision}` 的规则 {rules} 多余：删去后，其他规则在任何情形下结论相同",
        help_en="remove it and check again, or correct what it was meant to say; two may be redundant because of one another",
        help_zh="请删去后再检查，或改正其本应另有的结论；两条规则可能互为多余",
    ),
    "CR222": _code(
        en="`{decision}` does not depend on its column `{column}`",
        zh="`{decision}` 的结论与列 `{column}` 无关",
        help_en="remove the column, or let a rule say where it makes a difference",
        help_zh="请删去此列，或补写它起作用的规则",
    ),
    "CR223": _code(
        en="the rules {rules} of `{decision}` contradict one another in {region}, for example {example}; `{policy}` lets that pass",
        zh="`{decision}` 的规则 {rules} 在 {region} 互相矛盾，例如 {example}；`{policy}` 不会指出",
        help_en="narrow one rule, or write an order of the outputs in which one of them wins",
        help_zh="请缩小其中一条规则的范围，或写明输出的次序，使其中一条优先",
    ),
    "CR224": _code(
        en="no rule of `{decision}` gives {values}",
        zh="`{decision}` 没有规则给出 {values}",
        help_en="add the rule that gives it, or remove the value",
        help_zh="请补充给出此值的规则，或删去此值",
    ),
    "CR225": _code(
        en="no rule tells the values {values} of `{name}` apart, or names one of them",
        zh="没有规则区分 `{name}` 的取值 {values}，也没有规则提到它们",
        help_en="join them in one value, or say where they differ; an honest list may well have them",
        help_zh="可合并为一个取值，或写明其区别；如实列举时也可保留",
    ),
    "CR226": _code(
        en="no event gives `{name}` the values {values}",
        zh="没有事件使 `{name}` 成为 {values}",
        help_en="name the event from which it follows in `from`, or remove the value",
        help_zh="请在 `from` 中写明由哪个事件得出，或删去此值",
    ),
    "CR227": _code(
        en="`{decision}` is read by nothing and expected by no example, and has neither label nor clause",
        zh="`{decision}` 没有被任何处用到，没有示例验证，也没有名称和依据",
        help_en="remove it, or say what it is for: a `label`, a clause, an example",
        help_zh="请删去，或说明其用途：补写 `label`、条款或示例",
    ),
    "CR228": _code(
        en="no example gives `{name}`",
        zh="没有示例给出 `{name}`",
        help_en="add an example in which it makes a difference",
        help_zh="请补充一个由它决定结论的示例",
    ),
    "CR229": _code(
        en="`{name}` says nothing from {first} to {last}",
        zh="`{name}` 自 {first} 至 {last} 没有规定",
        help_en="let the periods follow one another without a gap, both days included",
        help_zh="请使各期间首尾相接（起止日均含在内）",
    ),
    "CR230": _code(
        en="`{name}` is never in force: {reason}",
        zh="`{name}` 从不施行：{reason}",
        help_en="correct the dates, here or under `effective`",
        help_zh="请改正此处或 `effective` 的日期",
    ),
    "CR231": _code(
        en="nothing can stop the limit `{deadline}`: {reason}",
        zh="时限 `{deadline}` 无从停止：{reason}",
        help_en="say in `met_when` what fulfils it",
        help_zh="请在 `met_when` 中写明何为完成",
    ),
    "CR232": _code(
        en="`{name}` can never come about: {reason}",
        zh="`{name}` 永远不会发生：{reason}",
        help_en="correct what it waits for, or remove it",
        help_zh="请改正它所等待的条件，或将其删去",
    ),
    "CR233": _code(
        en="`{name}` has no Chinese label",
        zh="`{name}` 没有中文名称",
        help_en="add `label: {{zh: …, en: …}}`",
        help_zh="请补写 `label: {{zh: …, en: …}}`",
    ),
    "CR234": _code(
        en="`{name}` cites no clause",
        zh="`{name}` 没有注明依据的条款",
        help_en="add `because: CLAUSE`; a number that the text does not give is `assumed`, with a reason",
        help_zh="请加上 `because: 条款编号`；文件没有的数字请改用 `assumed` 并写明理由",
    ),
    "CR235": _code(
        en="there is no finding {finding} at `{at}` to accept",
        zh="`{at}` 处没有可接受的 {finding}",
        help_en="remove this entry; what is found, and where, is shown by `check --all --json`",
        help_zh="请删去此项；现有的提示及其位置见 `check --all --json`",
    ),
}

# CR3xx: facts, parameters and what the caller asks for.
_FACTS: Mapping[str, Code] = {
    "CR301": _code(
        en="unknown fact `{name}`",
        zh="没有名为 `{name}` 的事实",
        help_en="remove it, or define it under `inputs`",
        help_zh="请删去，或在 `inputs` 中定义",
    ),
    "CR302": _code(
        en="`{value}` is of the wrong kind; expected {expected}",
        zh="`{value}` 的类型不对，应为 {expected}",
        help_en="give {expected}",
        help_zh="请改为 {expected}",
    ),
    "CR303": _code(
        en="`{value}` is not listed; the values are {known}",
        zh="`{value}` 不在取值范围内，可选：{known}",
        help_en="choose a listed value; if the source's list ends in 等, mark the type `open: true`",
        help_zh="请选用已列出的值；若原文列举以“等”结尾，可将类型设为 `open: true`",
    ),
    "CR304": _code(
        en="`{value}` is out of range: from {low} to {high}",
        zh="`{value}` 超出范围：应在 {low} 至 {high} 之间",
        help_en="give a value in the range, or widen `minimum` and `maximum`",
        help_zh="请填写范围内的值，或调整 `minimum`、`maximum`",
    ),
    "CR305": _code(
        en="the floating-point number `{value}` is refused, for it is not exact",
        zh="不接受浮点数 `{value}`，因其不精确",
        help_en='give text (`"{value}"`) or a Decimal',
        help_zh='请以文本（`"{value}"`）或 Decimal 给出',
    ),
    "CR306": _code(
        en="`{value}` is not a multiple of {step}",
        zh="`{value}` 不是 {step} 的整数倍",
        help_en="round it to a multiple of {step}, or change `step`",
        help_zh="请取 {step} 的整数倍，或修改 `step`",
    ),
    "CR307": _code(
        en="unknown parameter `{name}`",
        zh="没有名为 `{name}` 的参数",
        help_en="only what stands under `parameters` can be set",
        help_zh="只能设置 `parameters` 中列出的参数",
    ),
    "CR308": _code(
        en="unknown decision `{name}`",
        zh="没有名为 `{name}` 的判定",
        help_en="only what stands under `decisions` can be asked for",
        help_zh="只能查询 `decisions` 中列出的判定",
    ),
    "CR309": _code(
        en="cannot find the ruleset or file `{name}`",
        zh="找不到规则集或文件 `{name}`",
        help_en="give the name of a ruleset that comes with the library, or the path of a .yaml file",
        help_zh="请给出自带规则集的名称，或 .yaml 文件的路径",
    ),
    "CR310": _code(
        en="the facts are not a JSON object: {problem}",
        zh="事实不是 JSON 对象：{problem}",
        help_en='write `{{"name": value, …}}` with straight quotes',
        help_zh='请写成 `{{"名称": 值, …}}`，使用英文引号和逗号',
    ),
    "CR311": _code(
        en="`{decision}` has no value: it is {status}",
        zh="`{decision}` 没有结论，状态为 {status}",
        help_en="look at the answer itself: it says what to ask, or whom to refer the case to",
        help_zh="请查看该判定的结果：其中写明还需查明什么，或应转交谁处理",
    ),
    "CR312": _code(
        en="`{wanted}` is neither a rule of `{decision}` nor a value that it can give; it has {known}",
        zh="`{wanted}` 既不是 `{decision}` 的规则，也不是它能给出的值，可选：{known}",
        help_en="name one of its rules or items, or a value as it is written in the ruleset",
        help_zh="请写出其中一条规则或项目的标识，或按规则文件中的写法给出一个值",
    ),
    "CR313": _code(
        en="`{ruleset}` is in force from {low} to {high}; {day} is outside",
        zh="`{ruleset}` 自 {low} 至 {high} 施行，{day} 不在其中",
        help_en="take the ruleset that was in force on that day, or correct the date",
        help_zh="请改用该日施行的规则集，或改正日期",
    ),
    "CR314": _code(
        en="unknown event `{name}`",
        zh="没有名为 `{name}` 的事件",
        help_en="define it under `events`, or correct the spelling",
        help_zh="请在 `events` 中定义，或改正拼写",
    ),
    "CR315": _code(
        en="`{name}` follows from the log, so it cannot be given",
        zh="`{name}` 由经过记录得出，不能另行给出",
        help_en="remove it; what happened says it: {events}",
        help_zh="请删去；它由这些事件得出：{events}",
    ),
    "CR316": _code(
        en="the event `{event}` does not carry `{name}`",
        zh="事件 `{event}` 不携带 `{name}`",
        help_en="add it to the event's `carries`, or bring it by an event `facts`",
        help_zh="请写入该事件的 `carries`，或用事件 `facts` 带来",
    ),
    "CR317": _code(
        en="two different events have the id `{id}`",
        zh="两个不同的事件使用同一标识 `{id}`",
        help_en="give each its own id; a correction has an id of its own and says `corrects: {id}`",
        help_zh="请各用各的标识；更正应另有标识，并写明 `corrects: {id}`",
    ),
    "CR318": _code(
        en="there is no event `{id}` to take back or correct",
        zh="没有标识为 `{id}` 的事件可供撤回或更正",
        help_en="name the `id` of an event of this log",
        help_zh="请写出本记录中某个事件的 `id`",
    ),
    "CR319": _code(
        en="the limit `{name}` leads beyond the years that calendars reach ({first} to {last})",
        zh="时限 `{name}` 超出日历所及的年份（{first} 至 {last}）",
        help_en="look at the start and the length of this limit; one of them is probably mistyped",
        help_zh="请检查该时限的起点和长短，可能有一处写错",
    ),
    "CR320": _code(
        en="`{at}` is too long ago: what happened up to {horizon} stands as it was judged",
        zh="`{at}` 过早：{horizon} 及以前发生的事已有定论",
        help_en="take a longer `lateness` for the monitor",
        help_zh="请为监测（Monitor）设定更长的 `lateness`",
    ),
    "CR321": _code(
        en="this snapshot cannot be gone on with: {reason}",
        zh="无法由此快照继续：{reason}",
        help_en="restore it with the ruleset and settings with which it was made, or feed all entries anew",
        help_zh="请使用生成快照时的规则集和设置恢复，或重新输入全部记录",
    ),
    "CR322": _code(
        en="unknown report `{name}`",
        zh="没有名为 `{name}` 的报告",
        help_en="only what stands under `reports` can be asked for",
        help_zh="只能查询 `reports` 中列出的报告",
    ),
    "CR331": _code(
        en="the columns cannot be used: {problem}",
        zh="这些列无法使用：{problem}",
        help_en="give an Arrow table, a pandas or Polars data frame, or a dict of columns of the same length",
        help_zh="请给出 Arrow 表、pandas 或 Polars 数据框，或由等长列组成的字典",
    ),
}

# CR4xx: the files beside a ruleset.
_BESIDE: Mapping[str, Code] = {
    "CR401": _code(
        en="cannot use this example: {problem}",
        zh="示例无法使用：{problem}",
        help_en="see `Examples` in docs/language.md",
        help_zh="示例的写法见 docs/language.md 的 Examples 一节",
    ),
}

# CR5xx: files of past complaints, and what is made of them.
_RECORDS: Mapping[str, Code] = {
    "CR540": _code(
        en="the records cannot be read: {problem}",
        zh="无法读取记录文件：{problem}",
        help_en="give a CSV file in UTF-8 or GB18030 with the names of the columns in its first line, a Parquet or an Arrow file",
        help_zh="请给出首行为列名的 CSV 文件（UTF-8 或 GB18030 编码），或 Parquet、Arrow 文件",
    ),
    "CR541": _code(
        en="this record cannot be read: {problem}",
        zh="无法读取此条记录：{problem}",
        help_en="correct the record in the file",
        help_zh="请在文件中更正此条记录",
    ),
    "CR542": _code(
        en="the records have no column `{name}`",
        zh="记录文件中没有 `{name}` 这一列",
        help_en="name a column of the first line: {columns}",
        help_zh="请写出首行中的列名：{columns}",
    ),
    "CR543": _code(
        en="the mapping of `{name}` cannot be used: {problem}",
        zh="`{name}` 的对应关系无法使用：{problem}",
        help_en="see docs/simulate.md for what may stand here",
        help_zh="写法见 docs/simulate.md",
    ),
    "CR544": _code(
        en="`{folder}` cannot be gone on with: {problem}",
        zh="无法在 `{folder}` 中继续：{problem}",
        help_en="name another folder with `--out`",
        help_zh="请用 `--out` 另选一个文件夹",
    ),
    "CR545": _code(
        en="`{folder}` holds no evidence of a run: {problem}",
        zh="`{folder}` 中没有可用的模拟证据：{problem}",
        help_en="name the folder that was given to `simulate` with `--out`; go on with an unfinished run by `--resume`",
        help_zh="请给出 `simulate` 命令 `--out` 所用的文件夹；未完成的模拟可用 `--resume` 继续",
    ),
    # CR57x: past complaints with their events, one by one.
    "CR570": _code(
        en="this file of records cannot be read: {problem}",
        zh="记录文件无法读取：{problem}",
        help_en="CSV (UTF-8 or GB18030), Parquet and XES are read, by the end of the file's name",
        help_zh="可读取 CSV（UTF-8 或 GB18030）、Parquet 和 XES，以文件名结尾区分",
    ),
    "CR571": _code(
        en="`{file}` has no column `{name}`",
        zh="`{file}` 没有列 `{name}`",
        help_en="correct the mapping; names of columns are taken as they stand in the first row",
        help_zh="请改正对照表；列名以首行所写为准",
    ),
    "CR572": _code(
        en="this row cannot be used: {problem}",
        zh="此行无法使用：{problem}",
        help_en="mend the row in the file; the others are not touched by it",
        help_zh="请改正文件中的这一行；其他各行不受影响",
    ),
    "CR573": _code(
        en="the column `{column}` says `{value}`, which stands for nothing; known are {known}",
        zh="列 `{column}` 写的是 `{value}`，没有对应的含义；已知的有 {known}",
        help_en="add it to the `values` of the mapping, or to `missing` where it says nothing",
        help_zh="请在对照表的 `values` 中写明；若等于没有填写，请列入 `missing`",
    ),
    "CR574": _code(
        en="the complaint `{complaint}` stands in row {row} already",
        zh="投诉 `{complaint}` 已在第 {row} 行出现",
        help_en="one row is one complaint; give several events of one complaint as a log",
        help_zh="一行为一件投诉；同一投诉的多个事件请用事件记录给出",
    ),
    "CR575": _code(
        en="there is no record of the complaint `{complaint}` to which this event belongs",
        zh="此事件所属的投诉 `{complaint}` 没有记录",
        help_en="look whether both files name complaints in the same way",
        help_zh="请检查两个文件的投诉编号写法是否一致",
    ),
}

CODES: Mapping[str, Code] = MappingProxyType(
    {**_TEXT, **_MEANING, **_ANALYSIS, **_REVIEW, **_FACTS, **_BESIDE, **_RECORDS}
)
