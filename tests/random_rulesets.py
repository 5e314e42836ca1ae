"""Random rulesets: small ones in every part of the language, and facts and parameters for them.

A ruleset is the nested dict, list and text of its YAML file. It is valid by construction, as far
as that is easy: `tidy` then removes what the specification itself finds wrong with a table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any

from reference import Answer, Reading, findings
from reference_cells import (
    NOT_REGULATED,
    STEPS,
    Tree,
    Value,
    bounds,
    everything,
    read,
    rows_of,
    type_of,
)

Node = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """What a table may ask: an input, a parameter or a decision."""

    name: str
    kind: str
    values: tuple[str, ...] = ()
    open: bool = False
    optional: bool = False
    is_silent: bool = False  # a decision that may be not_regulated
    step: int = 1  # of integers


def some(rng: Random, items: Sequence[Any], least: int = 1, most: int | None = None) -> list[Any]:
    """Return some of the items, in their order."""
    most = len(items) if most is None else min(most, len(items))
    chosen = set(rng.sample(range(len(items)), rng.randint(min(least, most), most)))
    return [item for index, item in enumerate(items) if index in chosen]


def chance(rng: Random, share: float) -> bool:
    return rng.random() < share


def literal(column: Column, n: int) -> str:
    """Return the n-th point of an ordered type; all cells and limits lie on these points."""
    match column.kind:
        case "integer":
            return str(n * column.step)
        case "money":
            return str(Decimal("0.50") * n)
        case "decimal":
            return str(Decimal("0.05") * n)
        case "date":
            return (date(2024, 2, 24) + timedelta(days=n)).isoformat()
        case "datetime":
            zone = timezone(timedelta(hours=8))
            return datetime(2024, 5, 6, n, 0, tzinfo=zone).isoformat()
    return f"PT{n}H"


# --- inputs and parameters ----------------------------------------------------------------------


@dataclass
class Builder:
    """A ruleset in the making, with the columns that its next decision may ask."""

    rng: Random
    ruleset: Node
    columns: list[Column]
    tidies: bool = True

    def add_type(self) -> None:
        values = [f"s{letter}" for letter in "abcd"[: self.rng.randint(2, 4)]]
        self.ruleset["types"]["shared"] = {"values": labelled(self.rng, values)}
        if chance(self.rng, 0.2):
            self.ruleset["types"]["shared"]["open"] = "true"

    def add_input(self, name: str) -> None:
        kind = self.rng.choice(
            "enumeration enumeration enumeration set set boolean boolean integer integer integer"
            " step money decimal date datetime duration text shared shared_set".split()
        )
        column, tree = self.typed(name, kind)
        if kind == "text" or (column.kind != "set" and chance(self.rng, 0.3)):
            tree["optional"] = "true"
            column = replace(column, optional=True)
        if chance(self.rng, 0.2):
            tree["label"] = {"zh": f"事实{name}", "en": f"the fact {name}"}
        self.ruleset["inputs"][name] = tree
        self.columns.append(column)

    def typed(self, name: str, kind: str) -> tuple[Column, Node]:
        """Return a column of a kind, and how the file declares its type."""
        rng = self.rng
        if kind in ("shared", "shared_set"):
            shared = self.ruleset["types"]["shared"]
            is_set = kind == "shared_set"
            is_open = "open" in shared
            column = Column(name, "set" if is_set else "enumeration", tuple(shared["values"]), is_open)
            return column, {"type": "set", "of": "shared"} if is_set else {"type": "shared"}
        if kind in ("enumeration", "set"):
            values = [name + letter for letter in "abcd"[: rng.randint(2, 4)]]
            tree: Node = {"values": labelled(rng, values)}
            if kind == "set":
                tree["type"] = "set"
            if chance(rng, 0.25):
                tree["open"] = "true"
            return Column(name, kind, tuple(values), "open" in tree), tree
        column = Column(name, "integer" if kind == "step" else kind, step=5 if kind == "step" else 1)
        tree = {"type": column.kind}
        if kind == "step":
            tree |= {"step": "5", "minimum": "0", "maximum": "30"}
        elif kind == "integer":
            tree |= {"minimum": "0"} | ({"maximum": "12"} if chance(rng, 0.7) else {})
        elif kind == "decimal":
            tree |= {"minimum": "0", "maximum": literal(column, 12)}
            tree |= {"step": "0.05"} if chance(rng, 0.5) else {}
        elif kind == "money":
            tree |= {"currency": "CNY"} | ({"minimum": "0"} if chance(rng, 0.7) else {})
        elif kind in STEPS and chance(rng, 0.3):
            tree |= {"minimum": literal(column, 0), "maximum": literal(column, 12)}
        return column, tree

    def add_parameter(self, name: str) -> None:
        rng = self.rng
        ordered = [c for c in self.columns if c.kind in STEPS and c.name in self.ruleset["inputs"]]
        if ordered and chance(rng, 0.7):
            like = rng.choice(ordered)
            column = Column(name, like.kind, step=like.step)
            tree: Node = {"type": like.kind}
            tree |= {"step": "5"} if like.step == 5 else {}
            tree |= {"currency": "CNY"} if like.kind == "money" else {}
            if like.kind == "integer" and chance(rng, 0.4):
                tree |= {"minimum": "0", "maximum": literal(column, 12)}
            choices = sorted({literal(column, rng.randint(0, 6)) for _ in range(3)})
        elif chance(rng, 0.5):
            choices = ["yes", "no"]
            column, tree = Column(name, "boolean"), {"type": "boolean"}
        else:
            choices = [name + letter for letter in "abc"[: rng.randint(2, 3)]]
            column, tree = Column(name, "enumeration", tuple(choices)), {"values": choices}
        loose = [p for p in self.ruleset["parameters"].values() if set(p) & {"unset", "assumed"}]
        like_it = [p for p in loose if p.get("type") == column.kind]
        kind = rng.choice(["value", "reading", "assumed", "unset", "unset"])
        if column.kind in STEPS and len(like_it) >= (2 if column.kind == "integer" else 1):
            kind = "value"  # brute force over more such parameters takes seconds
        if kind == "reading" and len(choices) > 1:
            tree = {k: v for k, v in tree.items() if k not in ("values", "minimum", "maximum")}
            tree |= {"reading": rng.choice(choices), "options": {c: f"读作{c}" for c in choices}}
            if column.kind in ("boolean", "enumeration"):
                tree.pop("type", None)
        elif kind == "unset":
            tree["unset"] = "true"
        else:
            tree["assumed" if kind == "assumed" else "value"] = rng.choice(choices)
        if kind != "value":
            tree["reason"] = "the text does not say"
        self.ruleset["parameters"][name] = tree
        self.columns.append(column)

    # --- cells

    def cell(self, column: Column) -> Any:
        rng = self.rng
        if column.kind == "text" or (column.optional and chance(rng, 0.25)):
            return rng.choice(["unknown", "known"])
        if column.is_silent and chance(rng, 0.25):
            return rng.choice(["not_regulated", "regulated"])
        if column.kind == "boolean":
            return rng.choice(["yes", "no"])
        if column.kind == "enumeration":
            if column.open and chance(rng, 0.15):
                return "other"
            chosen = some(rng, column.values, 1, len(column.values) - 1)
            if chance(rng, 0.25):
                return f"not({', '.join(chosen)})"
            return chosen[0] if len(chosen) == 1 else chosen
        if column.kind == "set":
            return self.set_cell(column)
        return self.ordered_cell(column)

    def set_cell(self, column: Column) -> Any:
        rng = self.rng
        if chance(rng, 0.1):
            return "empty"
        members = [*column.values, *(["other"] if column.open else [])]
        tests = ["has", "any_of", "all_of", "none_of"]
        chosen = rng.sample(tests, 2) if chance(rng, 0.2) else [rng.choice(tests)]
        return {t: rng.choice(members) if t == "has" else some(rng, members, 1, 3) for t in chosen}

    def bound(self, column: Column, n: int) -> str:
        """Return a literal, or a parameter of the same type."""
        names = [
            c.name
            for c in self.columns
            if c.name in self.ruleset["parameters"] and (c.kind, c.step) == (column.kind, column.step)
        ]
        if names and column.name not in names and chance(self.rng, 0.5):
            return str(self.rng.choice(names))
        return literal(column, n)

    def ordered_cell(self, column: Column) -> Any:
        rng = self.rng
        low, high = sorted(rng.sample(range(7), 2))
        match rng.randint(0, 9):
            case 0 | 1 | 2 | 3 | 4:
                return f"{rng.choice(['>', '>=', '<', '<='])} {self.bound(column, rng.randint(1, 5))}"
            case 5:
                return self.bound(column, low)
            case 6:
                return [literal(column, low), f"> {literal(column, high)}"]
        ends = f"{self.bound(column, low)}..{self.bound(column, high)}"
        return f"{rng.choice('[(')}{ends}{rng.choice('])')}"

    def row(self, columns: Sequence[Column], most: int = 3) -> Node:
        return {column.name: self.cell(column) for column in some(self.rng, columns, 1, most)}

    def when(self, columns: Sequence[Column]) -> Any:
        if chance(self.rng, 0.15):
            return [self.row(columns, 2), self.row(columns, 2)]
        return self.row(columns)

    def parts(self, column: Column) -> list[Any]:
        """Cut a column into cells that do not overlap and leave nothing out."""
        rng = self.rng
        special = ["unknown"] if column.optional else []
        special += ["not_regulated"] if column.is_silent else []
        if column.kind == "text":
            return ["unknown", "known"]
        if special and len(special) == 1 and chance(rng, 0.2):
            return [*special, "known" if column.optional else "regulated"]
        if column.kind == "boolean":
            return ["yes", "no", *special]
        if column.kind == "enumeration":
            chosen = some(rng, column.values, 1, len(column.values) - 1)
            if chance(rng, 0.4):
                return [chosen, f"not({','.join(chosen)})", *special]
            rest = [v for v in column.values if v not in chosen]
            return [chosen, rest, *special, *(["other"] if column.open else [])]
        if column.kind == "set":
            members = [*column.values, *(["other"] if column.open else [])]
            if chance(rng, 0.3):
                return ["empty", {"any_of": members}, *special]
            member = rng.choice(members)
            return [{"has": member}, {"none_of": [member]}, *special]
        low, high = sorted(rng.sample(range(1, 7), 2))
        if chance(rng, 0.5):
            bound = self.bound(column, low)
            below, above = rng.choice([("<", ">="), ("<=", ">")])
            return [f"{below} {bound}", f"{above} {bound}", *special]
        first, last = literal(column, low), literal(column, high)
        return [f"< {first}", f"[{first}..{last}]", f"> {last}", *special]

    def leaves(self, columns: Sequence[Column], depth: int) -> list[Node]:
        """Cut the whole space, so that exactly one of these rows matches at each point."""
        if not columns or depth == 0:
            return [{}]
        column, *rest = columns
        return [
            {column.name: part, **leaf}
            for part in self.parts(column)
            for leaf in self.leaves(rest, depth - 1 - chance(self.rng, 0.4))
        ]

    # --- decisions

    def add_decision(self, name: str) -> None:
        kind = self.rng.choices(["table", "expression", "checklist", "invocation"], weights=[65, 15, 12, 8])[0]
        made = getattr(self, f"make_{kind}")(name) or self.make_table(name)
        if kind == "checklist" and chance(self.rng, 0.3):
            made["ordered"] = "true"
        self.ruleset["decisions"][name] = made

    def make_output(self, name: str, kind: str) -> tuple[Column, Node]:
        column, tree = self.typed(name, kind)
        tree = {k: v for k, v in tree.items() if k not in ("open", "minimum", "maximum", "step")}
        return replace(column, open=column.open and "values" not in tree), tree

    def then(self, column: Column) -> Any:
        if column.kind == "set":
            return some(self.rng, column.values, 0)
        if column.kind == "boolean":
            return self.rng.choice(["yes", "no"])
        if column.kind == "enumeration":
            return self.rng.choice(column.values)
        return literal(column, self.rng.randint(0, 6))

    def make_table(self, name: str) -> Node:
        rng = self.rng
        recent = [c for c in self.columns if c.name.split(".")[0] in self.ruleset["decisions"]]
        columns = rng.sample(self.columns, min(len(self.columns), rng.randint(1, 4)))
        if recent and chance(rng, 0.7):
            chosen = rng.choice(recent)
            columns = [chosen, *(c for c in columns if c.name != chosen.name)][:4]
        policy = rng.choice(
            "unique unique unique any first first priority priority collect collect collect"
            " rule_order output_order".split()
        )
        aggregate = rng.choice("list union sum min max count".split())
        kinds = {
            "collect": {
                "union": ["set", "shared_set"],
                "sum": ["integer", "money"],
                "min": ["integer", "money", "decimal"],
                "max": ["integer", "money", "decimal"],
                "count": ["integer"],
            }.get(aggregate, ["enumeration", "integer", "set", "boolean", "date"]),
            "priority": ["enumeration", "shared"],
            "output_order": ["enumeration", "shared"],
        }.get(policy, "enumeration enumeration shared boolean integer money set date".split())
        several = policy in ("unique", "any", "first", "priority") and chance(rng, 0.2)
        names = [f"{name}_{n}" for n in "xy"] if several else [name]
        outputs = [self.make_output(n, rng.choice(kinds)) for n in names]
        table: Node = {"hit_policy": policy} if policy != "unique" or chance(rng, 0.3) else {}
        if policy == "collect" and (aggregate != "list" or chance(rng, 0.5)):
            table["aggregate"] = aggregate
        table["inputs"] = [c.name for c in columns]
        if several:
            table["outputs"] = {c.name: tree for c, tree in outputs}
        else:
            table["output"] = outputs[0][1]
        table["rules"] = self.rules(policy, columns, [c for c, _ in outputs], several=several)
        is_list = policy in ("rule_order", "output_order") or (policy, aggregate) == (
            "collect",
            "list",
        )
        lists = [c.kind for c, _ in outputs] if not is_list else []
        otherwise = self.otherwise([c for c, _ in outputs], several=several, is_list=is_list)
        if self.tidies:
            tidy(self.ruleset, name, table, otherwise, keep=chance(rng, 0.5))
        elif chance(rng, 0.3):
            table |= otherwise
        for column in [c for c, _ in outputs] if lists else []:
            at = f"{name}.{column.name}" if several else name
            self.columns.append(replace(column, name=at, is_silent="refer_to" in table))
        return table

    def rules(self, policy: str, columns: Sequence[Column], outputs: Sequence[Column], *, several: bool) -> list[Node]:
        rng = self.rng
        whens: list[tuple[Any, Any]] = []
        if policy in ("unique", "any") and (self.tidies or chance(rng, 0.5)):
            leaves = self.leaves(columns, rng.randint(1, 3))
            if chance(rng, 0.5):
                leaves = some(rng, leaves, 1, 8)
            for leaf in leaves[:10]:
                then = self.then_all(outputs, several=several)
                whens.append((leaf, then))
                free = [c for c in columns if c.name not in leaf]
                if policy == "any" and free and chance(rng, 0.5):
                    whens.append(({**leaf, **self.row(free, 1)}, then))
            if policy == "unique" and chance(rng, 0.15) and len(whens) > 1:
                (one, _), (two, then), *rest = whens
                whens = [([one, two], then), *rest]
        else:
            count = rng.randint(1, 6)
            whens = [(self.when(columns), self.then_all(outputs, several=several)) for _ in range(count)]
            if chance(rng, 0.3):
                whens.append(({}, self.then_all(outputs, several=several)))
        rules = []
        for number, (when, then) in enumerate(whens):
            rule: Node = {"id": f"r{number}"}
            rule |= {"when": when} if when or chance(rng, 0.5) else {}
            rules.append(rule | {"then": then})
        return rules

    def then_all(self, outputs: Sequence[Column], *, several: bool) -> Any:
        if several:
            return {column.name: self.then(column) for column in outputs}
        return self.then(outputs[0])

    def otherwise(self, outputs: Sequence[Column], *, several: bool, is_list: bool) -> Node:
        """Return what to say where no rule matches."""
        if chance(self.rng, 0.5):
            return {"refer_to": {"zh": "公司人工判定", "en": "the company, by hand"}}
        if is_list:
            return {"default": [self.then(outputs[0])] if chance(self.rng, 0.3) else []}
        return {"default": self.then_all(outputs, several=several)}

    def make_checklist(self, name: str) -> Node:
        rng = self.rng
        items: list[Node] = []
        for number in range(rng.randint(1, 4)):
            item: Node = {"id": f"i{number}"}
            columns = rng.sample(self.columns, min(len(self.columns), 3))
            if len(columns) > 1 and chance(rng, 0.5):
                item["when"] = self.row(columns[1:], 2)
                columns = columns[:1]
            items.append(item | {"needs": self.row(columns, 2)})
        self.columns.append(Column(name, "boolean"))
        return {rng.choice(["needs_all", "needs_any"]): items}

    def make_invocation(self, name: str) -> Node | None:
        """Invoke a table with one of its inputs replaced by a new one of the same type."""
        tables = {n: t for n, t in self.ruleset["decisions"].items() if "rules" in t}
        if not tables:
            return None
        invoked = self.rng.choice(list(tables))
        table = tables[invoked]
        asked = table["inputs"]
        replaced = [c for c in self.columns if c.name in asked and c.name in self.ruleset["inputs"]]
        if not replaced:
            return None
        column = self.rng.choice(replaced)
        twin = f"{column.name}_of_{name}"
        self.ruleset["inputs"][twin] = self.ruleset["inputs"][column.name]
        self.columns.append(replace(column, name=twin))
        self.columns += [replace(c, name=name) for c in self.columns if c.name == invoked]
        return {"invoke": invoked, "with": {column.name: twin}}

    # --- formulas

    def make_expression(self, name: str) -> Node | None:
        rng = self.rng
        operands = [c for c in self.columns if c.kind in ("integer", "money", "datetime")]
        kind = rng.choice(["boolean", "boolean", *{c.kind for c in operands}])
        tree: Node = {}
        if kind == "boolean":
            text = self.truth(2)
            column, output = Column(name, "boolean"), {"type": "boolean"}
        elif kind == "datetime":
            one, two = (self.pick("datetime") for _ in range(2))
            text = f"{one} - {two}"
            column, output = Column(name, "duration"), {"type": "duration"}
        else:
            text = self.number(kind, 2)
            column, output = self.make_output(name, kind)
            if chance(rng, 0.3):
                integers = [c.name for c in self.columns if c.kind == "integer"][:2]
                text = f"({text}) / {rng.choice(['2', '3', '8', '-3', *integers])}"
                step = {"integer": ["1", "5"], "money": ["0.01", "0.10", "1"]}[kind]
                mode = rng.choice(["half_up", "half_even", "up", "down"])
                tree["rounding"] = {"step": rng.choice(step), "mode": mode}
        if not any(c.name in text for c in self.columns):
            return None
        silent = {c.name for c in self.columns if c.is_silent}
        words = set(text.replace("(", " ").replace(")", " ").replace(",", " ").split())
        self.columns.append(replace(column, is_silent=bool(silent & words) or "/" in words))
        return {"expression": text, "output": output, **tree}

    def pick(self, kind: str) -> str:
        return self.rng.choice([c.name for c in self.columns if c.kind == kind])

    def number(self, kind: str, depth: int) -> str:
        rng = self.rng
        if depth == 0 or chance(rng, 0.3):
            return self.pick(kind)
        one = self.number(kind, depth - 1)
        match rng.randint(0, 4):
            case 0:
                return f"{rng.choice(['min', 'max'])}({one}, {self.number(kind, depth - 1)})"
            case 1:
                integers = [c.name for c in self.columns if c.kind == "integer"]
                return f"({one}) * {rng.choice([*integers, '2', '10'])}"
            case 2 if kind == "integer":
                return f"{one} + {rng.randint(1, 9)}"
            case 3:
                return f"-({one})" if kind == "integer" else one
        return f"({one}) {rng.choice('+-')} ({self.number(kind, depth - 1)})"

    def truth(self, depth: int) -> str:
        rng = self.rng
        if depth and chance(rng, 0.65):
            parts = [self.truth(depth - 1) for _ in range(2)]
            return rng.choice(["({}) and ({})", "({}) or ({})", "not ({})"]).format(*parts)
        column = rng.choice(self.columns)
        sign = rng.choice(["=", "!=", "<", "<=", ">", ">="])
        match column.kind:
            case "boolean":
                return rng.choice([column.name, f"not {column.name}", f"{column.name} = yes"])
            case "enumeration":
                return f"{column.name} {rng.choice(['=', '!='])} '{rng.choice(column.values)}'"
            case "set":
                return f"'{rng.choice(column.values)}' in {column.name}"
            case "integer":
                return f"{column.name} {sign} {rng.randint(0, 6) * column.step}"
            case "decimal":
                return f"{column.name} {sign} {literal(column, rng.randint(0, 6))}"
            case "text":
                return f'{column.name} = "any text"'
        return f"{column.name} {sign} {self.pick(column.kind)}"


def labelled(rng: Random, values: Sequence[str]) -> Any:
    return list(values) if chance(rng, 0.5) else {v: {"zh": f"值{v}", "en": v} for v in values}


def tidy(ruleset: Tree, name: str, table: Node, otherwise: Node, *, keep: bool) -> None:
    """Remove rules that never decide, and say what holds where none matches if that happens."""
    whole = {**ruleset, "decisions": {**ruleset["decisions"], name: table | otherwise}}
    while True:
        found = findings(whole, name)
        if not (needless := found.hidden | found.unmatched):
            break
        table["rules"] = [rule for rule in table["rules"] if rule["id"] not in needless]
        whole["decisions"][name] = table | otherwise
    if not table["rules"]:
        table["rules"] = [{"id": "always", "then": first_output(table)}]
    whole["decisions"][name] = table
    whole["parameters"] = {n: without_value(tree) for n, tree in ruleset["parameters"].items()}
    if keep or findings(whole, name).has_gap:
        table |= otherwise


def without_value(parameter: Tree) -> Node:
    return {k: v for k, v in parameter.items() if k not in ("value", "reading", "assumed")}


def first_output(table: Tree) -> Any:
    def value(tree: Tree) -> Any:
        kind = tree.get("type", "enumeration")
        samples = {"integer": "1", "money": "1.00", "boolean": "yes", "date": "2024-02-24"}
        if kind == "shared":
            return "sa"
        return [] if kind == "set" else samples.get(kind) or next(iter(tree.get("values", ["0.05"])))

    if "outputs" in table:
        return {name: value(tree) for name, tree in table["outputs"].items()}
    return value(table["output"])


# --- what the laws ask for ----------------------------------------------------------------------


def random_ruleset(rng: Random) -> Node:
    """Return a ruleset with 2 to 6 inputs, up to 3 parameters and 1 to 5 decisions."""
    builder = random_builder(rng, rng.randint(2, 6))
    for number in range(rng.randint(0, 3)):
        builder.add_parameter(f"p{number}")
    for number in range(rng.randint(1, 5)):
        builder.add_decision(f"d{number}")
    decisions = list(builder.ruleset["decisions"].items())
    if chance(rng, 0.5):
        rng.shuffle(decisions)
    return builder.ruleset | {"decisions": dict(decisions)}


def random_table(rng: Random) -> Node:
    """Return a ruleset of one table `d` over inputs only; it may have any fault of a table."""
    builder = random_builder(rng, rng.randint(1, 4))
    builder.tidies = False
    builder.ruleset["decisions"]["d"] = builder.make_table("d")
    return builder.ruleset


def random_builder(rng: Random, inputs: int) -> Builder:
    ruleset: Node = {
        "language": "1",
        "ruleset": "random",
        "version": "1.0.0",
        "title": {"zh": "随机规则", "en": "random rules"},
        "time_zone": "Asia/Shanghai",
        "types": {},
        "parameters": {},
        "inputs": {},
        "decisions": {},
    }
    builder = Builder(rng, ruleset, [])
    builder.add_type()
    for number in range(inputs):
        builder.add_input(f"f{number}")
    return builder


def to_yaml(ruleset: Tree) -> str:
    """Return the ruleset as a file: flow style, every scalar quoted."""
    return json.dumps(ruleset, ensure_ascii=False, indent=1)


def choices(ruleset: Tree) -> dict[str, list[Value]]:
    """Return, for each input and parameter, values at and beside the bounds its cells name."""
    reading = Reading(ruleset)
    rows = [row for table in ruleset["decisions"].values() for row in table_rows(table)]
    found = {}
    for place in ("inputs", "parameters"):
        for name, tree in ruleset[place].items():
            type_ = type_of(tree, ruleset["types"])
            marks = {
                read(bound, reading.type_of(column))
                for row in rows
                for column, cell in row.items()
                if reading.type_of(column).kind == type_.kind and type_.kind in STEPS
                for bound in bounds(cell)
                if bound not in ruleset["parameters"]
            }
            # A decimal has no step: the specification's finest one must leave room beside each fact.
            coarse = type_.kind == "decimal" and type_.step == STEPS["decimal"]
            values = everything(replace(type_, step=100 * type_.step) if coarse else type_, frozenset(marks))
            if place == "parameters" and "options" in tree:
                values = frozenset(read(option, type_) for option in tree["options"])
            found[name] = sorted(values, key=lambda v: sorted(v) if type_.kind == "set" else v)
    return found


def table_rows(table: Tree) -> list[Tree]:
    whens = [rule.get("when") for rule in table.get("rules", [])]
    for item in table.get("needs_all") or table.get("needs_any") or []:
        whens += [item.get("when"), item["needs"]]
    return [row for when in whens for row in rows_of(when)]


def random_facts(rng: Random, ruleset: Tree, known: Mapping[str, list[Value]] | None = None) -> dict[str, Value]:
    """Return facts of a complaint; some, or none, are missing."""
    known = known or choices(ruleset)
    missing = rng.choice([0.0, 0.15, 0.4, 0.7])
    return {n: rng.choice(known[n]) for n in ruleset["inputs"] if not chance(rng, missing)}


def random_parameters(rng: Random, ruleset: Tree, known: Mapping[str, list[Value]] | None = None) -> dict[str, Value]:
    """Return settings that replace the ruleset's own; mostly none."""
    known = known or choices(ruleset)
    share = rng.choice([0.0, 0.0, 0.5])
    return {n: rng.choice(known[n]) for n in ruleset["parameters"] if chance(rng, share)}


def completed(
    rng: Random,
    ruleset: Tree,
    known: Mapping[str, list[Value]],
    facts: Mapping[str, Value],
    parameters: Mapping[str, Value],
) -> tuple[dict[str, Value], dict[str, Value]]:
    """Return the facts and parameters with all that is missing filled in at random."""
    missing, unset = missing_names(ruleset, facts, parameters)
    return (
        dict(facts) | {name: rng.choice(known[name]) for name in missing},
        dict(parameters) | {name: rng.choice(known[name]) for name in unset},
    )


def missing_names(
    ruleset: Tree, facts: Mapping[str, Value], parameters: Mapping[str, Value]
) -> tuple[list[str], list[str]]:
    """Return the facts and the parameters that could be anything, without assumptions."""
    missing = [n for n, t in ruleset["inputs"].items() if n not in facts and "optional" not in t]
    loose = [n for n, tree in ruleset["parameters"].items() if set(tree) & {"unset", "assumed"}]
    return missing, [name for name in loose if name not in parameters]


def allows(before: Answer, after: Answer) -> bool:
    """Tell whether the answer for an incomplete complaint allows for that of the complete one."""
    if before.status != "undetermined":
        return before == after
    now = NOT_REGULATED if after.status == "not_regulated" else after.value
    return before.possible is None or now in before.possible or after.status == "undetermined"
