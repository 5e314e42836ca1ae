"""Mutations: the kinds of slips that examples should notice, in one list, and all mutants of a ruleset."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from complaint_rules import mutants_of_course as course
from complaint_rules import mutants_of_limits as limits
from complaint_rules import mutants_of_tables as tables
from complaint_rules.mutant import Mutant, Operator
from complaint_rules.ruleset import Ruleset
from complaint_rules.words import Label

# A new operator is a function of a ruleset and a line here.
OPERATORS: tuple[Operator, ...] = (
    Operator("rule_dropped", Label("规则遗漏", "a rule is left out"), tables.rules_dropped),
    Operator("rules_swapped", Label("相邻规则对调", "neighbouring rules are swapped"), tables.rules_swapped),
    Operator("policy_changed", Label("命中策略写错", "another hit policy"), tables.policies_changed),
    Operator("output_changed", Label("结果写成相邻的值", "an output is its neighbour"), tables.outputs_changed),
    Operator("bound_moved", Label("界限差一步", "a bound is a step off"), tables.bounds_moved),
    Operator("bound_opened", Label("含与不含界限本身", "a bound is open, or closed"), tables.bounds_opened),
    Operator(
        "value_changed", Label("条件的值多、少或写错", "a value of a cell more, less or another"), tables.values_changed
    ),
    Operator("cell_dropped", Label("条件遗漏", "a condition is left out"), tables.cells_dropped),
    Operator("item_dropped", Label("清单项遗漏", "an item of a checklist is left out"), tables.items_dropped),
    Operator(
        "item_loosened", Label("清单放宽", "an item asks for nothing, or always; all is any"), tables.items_loosened
    ),
    Operator("parameter_moved", Label("参数差一步或取另一读法", "a parameter is a step off"), tables.parameters_moved),
    Operator("limit_moved", Label("时限差一", "a time limit is one off"), limits.limits_moved),
    Operator("unit_changed", Label("时限单位写错", "another unit of time"), limits.units_changed),
    Operator(
        "convention_changed", Label("起算、届满的算法写错", "another way to reckon days"), limits.conventions_changed
    ),
    Operator(
        "clock_changed",
        Label("时限的起止、暂停条件写错", "what starts, stops or pauses a clock"),
        limits.clocks_changed,
    ),
    Operator("owner_changed", Label("责任人写错", "another owner of a limit"), limits.owners_changed),
    Operator("milestone_dropped", Label("提醒或后果遗漏", "a reminder is left out"), limits.milestones_dropped),
    Operator("milestone_moved", Label("提醒时间或次数写错", "a reminder at another time"), limits.milestones_moved),
    Operator("event_dropped", Label("事件遗漏", "an event no longer makes a fact"), course.events_dropped),
    Operator("event_mistaken", Label("事件写错", "a fact follows from another event"), course.events_mistaken),
    Operator("step_dropped", Label("步骤遗漏", "a step of the process is left out"), course.steps_dropped),
    Operator(
        "step_changed",
        Label("步骤的条件、状态、角色写错", "a step by others, from or to elsewhere"),
        course.steps_changed,
    ),
    Operator("trigger_dropped", Label("触发器遗漏", "a trigger is left out"), course.triggers_dropped),
    Operator(
        "threshold_moved",
        Label("触发次数或时间窗差一步", "a trigger's count or window is a step off"),
        course.thresholds_moved,
    ),
    Operator("count_changed", Label("触发器计数对象写错", "a trigger counts something else"), course.counts_changed),
)


def mutants(ruleset: Ruleset, only: Collection[str] = ()) -> Iterator[Mutant]:
    """Yield a ruleset with one slip, for every slip of these operators; of all of them by default."""
    for operator in OPERATORS:
        if not only or operator.name in only:
            yield from (Mutant(operator.name, c) for c in operator.changes(ruleset))
