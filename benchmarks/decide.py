"""How long a decision takes: by hand in if/elif, by us bare, by us validated and traced, by zen-engine traced.

Usage: python benchmarks/decide.py [CASES]. Every contender answers the same seeded cases, and its
answers are compared before anything is timed. CPU time, best of five interleaved rounds.

Deciding remembers answers by the boxes that match. A round over cases seen before would mostly read that memory,
so it is emptied before each round, the generated function with it; the figures for cases seen before are printed
beside, marked `repeated`.
`few_packages_max` is unset in the food ruleset; it is 3 here, because neither if/elif nor zen can say
"undetermined". All readings are the default ones.
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import replace
from datetime import date, timedelta
from time import process_time

from complaint_rules import decide, load
from complaint_rules.answers import Decided
from complaint_rules.compile import read_by
from complaint_rules.deciding import settle_all
from complaint_rules.domains import Contains, Enumeration, Members, OneOf, Ordered, ParameterRef, Truth, Within
from complaint_rules.facts import read_facts

try:
    import zen
except ImportError:
    zen = None

ROUNDS = 5
FEW = 3
FOOD = ("compensation_actions", "gift_packs", "responsible_departments")
BANK = (
    "in_scope", "ticket_form", "urge_for_repeated_contact", "reply_limit_days", "complex_matter", "query_right",
    "medium_compliant", "unit_bound", "outcome_acceptable",
)  # fmt: skip
GRADES = ("grade_by_9", "grade_of_rows")  # what zen answers too


# --- by hand ---------------------------------------------------------------------------------------

TEAM, COOKS, FACILITY = "production_team", "soymilk_cooking_staff", "facility_support_dept"
ROWS = {
    "fallen_part": ("A", {TEAM, FACILITY}),
    "same_symptom": ("A", {TEAM, COOKS, "qc_dept"}),
    "sour_or_mouldy": ("A", {COOKS, TEAM}),
    "severe_smell": ("A", {TEAM}),
    "foreign_matter_unopened": ("A", {TEAM}),
    "batch_too_light": ("A", {TEAM, "qc_dept"}),
    "equipment_batch": ("A", {TEAM, FACILITY, "qc_dept"}),
    "design_standard": ("A", {"design_center"}),
    "misaligned_or_leaking": ("B", {TEAM}),
    "faulty_seal_or_short": ("B", {TEAM}),
    "black_specks": ("B", {TEAM}),
    "misadjusted_seal": ("C", {TEAM}),
    "torn_at_corner": ("C", {TEAM}),
    "date_wrong_or_missing": ("C", {TEAM}),
    "in_transport": ("A", {"marketing_dept"}),
    "carton_replaced": ("A", {"marketing_dept"}),
    "bad_storage": ("A", {"marketing_dept"}),
    "carton_short": ("B", {"marketing_dept"}),
    "promotion": ("B", {"marketing_dept"}),
    "late_compensation": ("B", {"marketing_dept"}),
    "damaged_elsewhere": ("C", {"marketing_dept"}),
    "severely_broken": ("C", {"marketing_dept"}),
}
ROTTEN = frozenset(("fermented", "mouldy", "spoiled"))
RED = frozenset(("turned_red", "abnormal_colour"))
SHORT = frozenset(("empty_bag", "pack_short"))
DIRTY = frozenset(("surface_dirty", "incomplete_piece"))
LIGHT = frozenset(("light_weight", "broken", "watery", "miscut", "collapsed_corner"))
SOUR = frozenset(("sour", "mouldy", "spoiled", "turned_red"))
SMELLS = frozenset(("burnt_smell", "rancid_oil_smell"))
LEAKING = frozenset(("packaging_misaligned", "product_leaking"))
BAD_SEAL = frozenset(("seal_not_tight", "false_seal", "pack_short"))
UNSEALED = frozenset(("middle_seal_unsealed", "end_seal_unsealed", "seal_wrinkled"))
NO_DATE = frozenset(("date_wrong", "no_date_on_film_or_carton"))
FOULED = frozenset(("rain_wet", "mouldy", "foreign_matter"))
STORED = frozenset(("spoiled", "carton_deformed"))


def food_by_hand(f):
    """Return every decision of the food chain; None is not regulated."""
    consumer = f["stage"] == "consumption"
    opened, shown = f["package_opened"], f["physical_object_provided"]
    part = f.get("batch_number") is not None and shown and f["location_described"]
    symptom = f["people_same_symptom"] >= 2
    batch = f["affected_boxes"] > 20
    dates, batches = f["inner_date"] != f["outer_date"], f["inner_batch"] != f["outer_batch"]
    disturbed = f["carton_opened"] or batches
    rows = consumer_rows(f, part, symptom, batch) if consumer else channel_rows(f, dates, disturbed)
    by_rows = min(ROWS[r][0] for r in rows) if rows else None
    departments = frozenset().union(*(ROWS[r][1] for r in rows)) if rows else None
    by_9 = food_grade_by_9(f)
    harm = f["health_harm"] == "harmed"
    tier = ("serious" if f["judged_serious"] else "not_serious") if harm else "none"
    grade = "A" if harm else by_9 or by_rows
    ratio = food_gift_ratio(grade, harm)
    return {
        "grade_by_9": by_9, "harm_tier": tier, "counted_per_pack": 1, "stream": "consumer" if consumer else "channel",
        "fallen_part_evidence": part, "unopened_evidence": not opened, "object_evidence": shown,
        "same_symptom_in_batch": symptom, "is_batch": batch, "light_weight_batch": batch,
        "end_seal_row": "faulty_seal_or_short", "dates_differ": dates, "batches_differ": batches,
        "carton_disturbed": disturbed, "departments_of_rows": departments, "grade_of_rows": by_rows,
        "first_row": rows[0] if rows else None, "matching_rows": len(rows), "responsible_departments": departments,
        "responsibility_grade": by_rows, "compensation_grade": grade,
        "compensation_actions": food_actions(grade, tier, f["medical_exam_necessary"]), "gift_ratio": ratio,
        "gift_packs": None if ratio is None else ratio * f["defective_packs"],
    }  # fmt: skip


def food_grade_by_9(f):
    """Return the grade by 9.1."""
    defect = f["defect"]
    if defect & ROTTEN or "foreign_matter" in defect or defect & RED:
        return "A"
    if defect & SHORT:
        return "B"
    if defect & DIRTY and f["product_category"] == "dried_tofu":
        return "B"
    if "no_date_on_pack" in defect and f["packs_without_date"] <= FEW:
        return "B"
    if "packaging_damaged" in defect or defect & LIGHT or "colour_difference" in defect:
        return "C"
    return None


def consumer_rows(f, part, symptom, batch):
    """Return the matching rows of 10.1.1, in order."""
    defect, cause, rows = f["defect"], f["cause"], []
    if "foreign_matter" in defect and f["foreign_matter_source"] == "equipment_part" and part:
        rows.append("fallen_part")
    if symptom:
        rows.append("same_symptom")
    if defect & SOUR:
        rows.append("sour_or_mouldy")
    if defect & SMELLS and f["product_category"] == "fried" and f["smell_severe"]:
        rows.append("severe_smell")
    if "foreign_matter" in defect and not f["package_opened"]:
        rows.append("foreign_matter_unopened")
    if "light_weight" in defect and batch:
        rows.append("batch_too_light")
    if batch and cause in ("equipment", "equipment_misadjustment"):
        rows.append("equipment_batch")
    if cause == "design_standard":
        rows.append("design_standard")
    if defect & LEAKING and f["physical_object_provided"]:
        rows.append("misaligned_or_leaking")
    if defect & BAD_SEAL or "end_seal_open" in defect:
        rows.append("faulty_seal_or_short")
    if "black_specks" in defect:
        rows.append("black_specks")
    if defect & UNSEALED and cause == "equipment_misadjustment" and f["individual_bag"]:
        rows.append("misadjusted_seal")
    if "bag_torn_on_carton_opening" in defect:
        rows.append("torn_at_corner")
    if defect & NO_DATE:
        rows.append("date_wrong_or_missing")
    return rows


def channel_rows(f, dates, disturbed):
    """Return the matching rows of 10.1.2, in order."""
    defect, cause, rows = f["defect"], f["cause"], []
    if f["stage"] == "transport" and defect & FOULED:
        rows.append("in_transport")
    if cause == "carton_replaced" and dates:
        rows.append("carton_replaced")
    if cause == "distributor_storage" and defect & STORED:
        rows.append("bad_storage")
    if "carton_short" in defect and disturbed:
        rows.append("carton_short")
    if f["subject"] in ("promo_goods", "ad_material"):
        rows.append("promotion")
    if f["compensation_late"]:
        rows.append("late_compensation")
    if "packaging_damaged" in defect and cause not in ("equipment", "equipment_misadjustment", "manufacturing"):
        rows.append("damaged_elsewhere")
    if "broken" in defect and f["breakage_severe"]:
        rows.append("severely_broken")
    return rows


def food_actions(grade, tier, exam):
    """Return the actions of 9.2."""
    if grade is None:
        return None
    if grade != "A" or tier == "none":
        return frozenset(("apology_phone_or_letter", "gift_bean_products"))
    if tier == "serious":
        return frozenset(
            ("visit", "medical_exam_cost", "consolation_goods") if exam else ("visit", "consolation_goods")
        )
    return frozenset(("visit", "medical_exam_cost") if exam else ("visit",))


def food_gift_ratio(grade, harm):
    """Return how many packs are given for one."""
    if grade == "A":
        return 0 if harm else 10
    if grade == "B":
        return 2
    return 1 if grade == "C" else None


CHANNELS = frozenset(
    ("hotline_95559", "website_message_board", "netbank_live_chat", "contact_email", "other_department_handover")
)


def bank_by_hand(f):
    """Return every decision of the bank chain; None is not regulated."""
    accepted = True if f["channel"] in CHANNELS else None
    ticket = not f["solvable_by_csr"]
    urgency = bank_urgency(f["base_urgency"], f["customer_tier"])
    accounting = f["involves_accounting"] or f["needs_third_party"]
    certified = f["long_handling_certified_by"] == "unit_head"
    sent = f["ticket_sent_to_system"]
    branch, handler = f["own_branch"] in f["ticket_branches"], f["viewer"] in f["ticket_handlers"]
    department = f["own_department"] in f["ticket_departments"]
    return {
        "channel_is_extra": False, "channel_accepted": accepted, "in_scope": bank_in_scope(f, accepted),
        "ticket_required": ticket, "ticket_form": "annexed_form" if ticket else "no_form",
        "urge_for_repeated_contact": sent and not f["handling_finished"] and f["customer_contact_count"] >= 3,
        "urgency": urgency, "reply_limit_days": 2 if urgency == "high" else 3 if urgency == "medium" else 5,
        "accounting_or_third_party": accounting, "certified_as_foreseen": certified,
        "complex_matter": accounting and f["needs_long_time"] and certified, "in_own_branch": branch,
        "in_own_department": department, "handled_by_viewer": handler,
        "query_right": bank_query_right(f["role"], sent, branch, department, handler),
        "medium_compliant": f["circulation_medium"] == "ticket_system",
        "unit_bound": f["unit_level"] != "outside" and f["customer_contact"] != "none",
        "outcome_acceptable": bank_outcome(f["problem_solvable"], f["handling_outcome"]),
    }  # fmt: skip


def bank_in_scope(f, accepted):
    """Return whether it is an opinion under the procedure."""
    if f["accepted_by"] != "customer_service_center" or f["opinion_type"] == "something_else":
        return False
    return accepted


def bank_urgency(base, tier):
    """Return the urgency, one step up for customers of the middle and high end."""
    if base == "high" or tier == "ordinary":
        return base
    return "high" if base == "medium" else "medium"


def bank_query_right(role, sent, branch, department, handler):
    """Return whether the viewer may query the ticket."""
    if role == "hq_leader":
        return sent
    if role == "branch_leader":
        return branch
    if role in ("dept_general_manager", "dept_senior_manager"):
        return department
    return handler if role == "staff" else None


def bank_outcome(solvable, outcome):
    """Return whether the outcome is acceptable."""
    if outcome == "solved":
        return True
    return outcome == "reasonable_explanation" and solvable != "should_and_can"


# --- our chains and their cases ------------------------------------------------------------------------


def chain(rules, targets):
    """Return the ruleset with only the steps that the targets need."""
    steps = {s.name: s for s in rules.steps}
    found, todo = set(), list(targets)
    while todo:
        name = todo.pop().partition(".")[0]
        if name in steps and name not in found:
            found.add(name)
            todo += read_by(steps[name])
    return replace(rules, steps=tuple(s for s in rules.steps if s.name in found))


def inputs_of(rules):
    """Return the inputs that the steps read, in the file's order."""
    read = {n for s in rules.steps for n in read_by(s)}
    return {n: i for n, i in rules.ruleset.inputs.items() if n in read}


def some_case(rng, inputs):
    """Return complete raw facts; of the optional ones a fifth is absent."""
    return {n: some_value(rng, i.type.domain) for n, i in inputs.items() if not (i.optional and rng.random() < 0.2)}


def some_value(rng, domain):
    """Return a JSON-like value of the domain; texts and dates often agree with one another."""
    match domain:
        case Truth():
            return rng.random() < 0.5
        case Enumeration(values, open=is_open):
            return rng.choice((*values, "unlisted") if is_open else values)
        case Members(values):
            names = values or ("t1", "t2", "t3")
            return rng.sample(names, rng.choice((1, 1, 1, 2, 2, 3)))
        case Ordered("integer", minimum):
            return rng.choice((rng.randint(minimum or 0, 4), rng.randint(minimum or 0, 40)))
        case Ordered("date"):
            return (date(2024, 5, 6) + timedelta(rng.randint(0, 2))).isoformat()
        case Ordered("datetime"):
            return f"2024-05-{rng.randint(1, 28):02}T09:00:00+08:00"
        case Ordered():
            return f"{rng.randint(0, 100000) / 100:.2f}"
        case _:
            return rng.choice(("t1", "t2", "t3"))


def plain(answers):
    """Return our answers as the hand-written function gives them."""
    return {
        n: a.value if isinstance(a, Decided) else a.status == "undetermined" and a or None for n, a in answers.items()
    }


def forget(rules):
    """Empty what the steps remember of answers, not the tables that they made."""
    rules.plans.clear()
    rules.settlers.clear()


def agree(name, by_hand, rules, raw, facts):
    """Stop unless the function and both our paths give equal answers to every case."""
    only = {s.name for s in rules.steps}
    for given, read in zip(raw, facts, strict=True):
        expected = by_hand(read)
        bare, traced = plain(settle_all(rules, read)), plain(decide(rules, given, only=only).decisions)
        wrong = {n for n in only if not expected[n] == bare[n] == traced[n]} | expected.keys() ^ only
        if wrong:
            sys.exit(f"{name}: {[(n, expected.get(n), bare.get(n)) for n in sorted(wrong)]} for {given}")


# --- zen -------------------------------------------------------------------------------------------------

HELPERS = {
    "stream": "stage == 'consumption' ? 'consumer' : 'channel'",
    "fallen_part_evidence": "batch_number != null and physical_object_provided and location_described",
    "unopened_evidence": "not package_opened",
    "object_evidence": "physical_object_provided",
    "same_symptom_in_batch": "people_same_symptom >= 2",
    "is_batch": "affected_boxes > 20",
    "light_weight_batch": "affected_boxes > 20",
    "end_seal_row": "'faulty_seal_or_short'",
    "dates_differ": "inner_date != outer_date",
    "batches_differ": "inner_batch != outer_batch",
    "carton_disturbed": "carton_opened or inner_batch != outer_batch",
}


def zen_cell(test):
    """Return one of our tests in zen's words; the grade tables need no other kinds."""
    match test:
        case Contains(any_of, all_of, none_of) if not none_of:
            names = sorted(any_of | all_of)  # `has` is an all_of of one
            return f"some($, # in {json.dumps(names)})"
        case OneOf(values, negated=True):
            return f"not ($ in {json.dumps(sorted(values))})"
        case OneOf(values):
            return ", ".join(sorted(json.dumps(v) for v in values))
        case Within((interval,)) if isinstance(interval.high, ParameterRef):
            return f"<= {FEW}"
    raise AssertionError(test)


def zen_table(step):
    """Return a decision table node: our rules, one row for each of their ways to hold."""
    decision = step.decision
    rows = [
        {"_id": f"{r.id}{at}", **{c: zen_cell(t) for c, t in w.items()}, "out": json.dumps(r.then[0])}
        for r in decision.rules
        for at, w in enumerate(r.when)
    ]
    content = {
        "hitPolicy": "first", "rules": rows, "inputs": [{"id": c, "name": c, "field": c} for c in decision.inputs],
        "outputs": [{"id": "out", "name": decision.name, "field": decision.name}],
    }  # fmt: skip
    return node(decision.name, "decisionTableNode", content)


def node(name, kind, content=None):
    """Return a node of zen's graph."""
    made = {"id": name, "name": name, "type": kind, "position": {"x": 0, "y": 0}}
    return made if content is None else {**made, "content": content}


def zen_graph(rules):
    """Return the two grade tables behind one node that works out what they read; nothing else is in the way."""
    tables = [zen_table(s) for s in rules.steps if s.name in GRADES]
    expressions = [{"id": n, "key": n, "value": v} for n, v in HELPERS.items()]
    nodes = [
        node("in", "inputNode"), node("out", "outputNode"),
        node("helpers", "expressionNode", {"expressions": expressions, "passThrough": True}),
        *tables,
    ]  # fmt: skip
    pairs = [("in", "helpers"), *(("helpers", t["id"]) for t in tables), *((t["id"], "out") for t in tables)]
    edges = [{"id": f"{a}-{b}", "type": "edge", "sourceId": a, "targetId": b} for a, b in pairs]
    return {"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges}


def zen_ways(rules):
    """Return zen's ways to answer a list of cases with trace, over a static loader."""
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"grades": zen_graph(rules)}}})
    decision, traced = engine.get_decision("grades"), {"trace": True}
    return {
        "zen evaluate": lambda cases: [engine.evaluate("grades", c, traced) for c in cases],
        "zen decision": lambda cases: [decision.evaluate(c, traced) for c in cases],
        "zen batch": lambda cases: [
            r["data"] for r in engine.evaluate_batch([{"key": "grades", "context": c} for c in cases], traced)
        ],
    }


def zen_agrees(ways, by_hand, raw, facts):
    """Stop unless each of zen's ways gives the grades of the hand-written function."""
    for name, way in ways.items():
        for given, read, said in zip(raw, facts, way(raw), strict=True):
            expected = {n: by_hand(read)[n] for n in GRADES}
            if {n: said["result"].get(n) for n in GRADES} != expected or not said["trace"]:
                sys.exit(f"{name}: {said['result']} is not {expected} for {given}")


# --- timing ------------------------------------------------------------------------------------------------


def best(runs):
    """Return the best CPU seconds a case of each run: name -> (what to do before, what to time, its cases)."""
    found = dict.fromkeys(runs, float("inf"))
    for _ in range(ROUNDS):
        for name, (before, run, cases) in runs.items():
            before()
            start = process_time()
            run()
            found[name] = min(found[name], (process_time() - start) / len(cases))
    return found


def nothing():
    """Do nothing before a run."""


def our_runs(title, rules, raw, facts):
    """Return our bare and traced runs, with the memory emptied before each and with it kept."""
    only = None if len(rules.steps) == len(rules.ruleset.decisions) else {s.name for s in rules.steps}

    def bare():
        for read in facts:
            settle_all(rules, read)

    def traced():
        for given in raw:
            decide(rules, given, only=only)

    def empty():
        forget(rules)

    return {
        f"{title} bare": (empty, bare, raw), f"{title} bare, repeated": (nothing, bare, raw),
        f"{title} traced": (empty, traced, raw), f"{title} traced, repeated": (nothing, traced, raw),
    }  # fmt: skip


def prepared(name, targets, by_hand, count):
    """Return a chain with its raw and read cases, after its answers were compared with those by hand."""
    rules = chain(whole(name), targets)
    rng = random.Random(20240506)
    raw = [some_case(rng, inputs_of(rules)) for _ in range(count)]
    facts = [read_facts(rules.ruleset, r) for r in raw]
    if by_hand is not None:
        agree(name, by_hand, rules, raw, facts)
    return rules, raw, facts


def whole(name):
    """Return a ruleset with all its steps."""
    return load(name, parameters={"few_packages_max": FEW} if name == "food" else None)


def chain_runs(name, targets, by_hand, count):
    """Return the runs of a chain, and those of the whole ruleset on a tenth of the cases; how many decisions each."""
    rules, raw, facts = prepared(name, targets, by_hand, count)
    runs = {f"{name} by hand": (nothing, lambda: [by_hand(f) for f in facts], raw)}
    runs |= our_runs(name, rules, raw, facts)
    everything = prepared(name, whole(name).ruleset.decisions, None, max(count // 10, 1))
    runs |= our_runs(f"whole {name}", *everything)
    return runs, {name: len(rules.steps), f"whole {name}": len(everything[0].steps)}


def grade_runs(count):
    """Return the runs of the decisions that zen answers too, ours and zen's; how many decisions each."""
    rules, raw, facts = prepared("food", GRADES, None, count)
    runs, steps = our_runs("grades", rules, raw, facts), {"grades": len(rules.steps)}
    if zen is None:
        print("zen-engine is not installed (pip install zen-engine): its ratio is null")
        return runs, steps
    ways = zen_ways(rules)
    zen_agrees(ways, food_by_hand, raw, filled(rules, facts, count))
    runs |= {n: (nothing, lambda way=w: way(raw), raw) for n, w in ways.items()}
    return runs, {**steps, "zen": len(HELPERS) + len(GRADES)}


def filled(rules, facts, count):
    """Return the facts completed to cases of the food chain, which reads more."""
    food = prepared("food", FOOD, None, count)[2]
    read = inputs_of(rules)
    return [{**{n: v for n, v in f.items() if n not in read}, **g} for f, g in zip(food, facts, strict=True)]


def main(count):
    """Compare, time, print."""
    food, food_steps = chain_runs("food", FOOD, food_by_hand, count)
    bank, bank_steps = chain_runs("bank", BANK, bank_by_hand, count)
    grades, grade_steps = grade_runs(count)
    seconds = best(food | bank | grades)
    print(f"{count} cases (whole rulesets: a tenth), best of {ROUNDS} rounds, CPU time\n")
    report(seconds, food_steps | bank_steps | grade_steps)
    print(json.dumps(ratios(seconds)))


def report(seconds, steps):
    """Print microseconds a case and a decision."""
    print(f"{'':32}{'decisions':>10}{'us/case':>10}{'us/decision':>13}")
    for name, spent in seconds.items():
        many = next(n for s, n in steps.items() if name.startswith(f"{s} "))
        print(f"{name:32}{many:>10}{spent * 1e6:>10.1f}{spent / many * 1e6:>13.2f}")


def ratios(seconds):
    """Return the ratios over food and bank together; zen at its best way against us on the same decisions."""

    def over_hand(kind):
        ours, hand = (seconds[f"food {k}"] + seconds[f"bank {k}"] for k in (kind, "by hand"))
        return round(ours / hand, 2)

    zens = [s for n, s in seconds.items() if n.startswith("zen")]

    def zen_over(kind):
        return round(min(zens) / seconds[f"grades {kind}"], 2) if zens else None

    return {
        "bare_over_handwritten": over_hand("bare"),
        "traced_over_handwritten": over_hand("traced"),
        "zen_traced_over_traced": zen_over("traced"),
        "bare_over_handwritten_repeated": over_hand("bare, repeated"),
        "traced_over_handwritten_repeated": over_hand("traced, repeated"),
        "zen_traced_over_traced_repeated": zen_over("traced, repeated"),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
