"""The handbook as the procedure that an organisation starts from: a school's overlay says only what differs."""

from __future__ import annotations

from pathlib import Path

from complaint_rules import load, reports_due
from complaint_rules.check import check
from complaint_rules.example_file import examples_path, read_examples
from complaint_rules.examples import run_examples
from complaint_rules.library import read_ruleset

SCHOOL = Path(__file__).parents[1] / "rulesets" / "overlays" / "handbook.school.yaml"


def test_the_school_has_no_finding() -> None:
    assert [d.render() for d in check(read_ruleset(SCHOOL))] == []


def test_the_examples_of_the_school_hold() -> None:
    rules = load(SCHOOL)
    outcomes = run_examples(rules, read_examples(examples_path(SCHOOL), rules.ruleset))

    assert outcomes
    assert [f"{o.example.name}: {f.render()}" for o in outcomes for f in o.failures] == []


def test_the_office_of_the_school_owes_the_summaries_and_an_overlay_can_take_one_away(tmp_path: Path) -> None:
    monthly = tmp_path / "monthly.yaml"
    monthly.write_text(
        "language: 1\noverlay: monthly\nextends: handbook\nversion: 1.0.0\ntitle: 只按月\n"
        "parameters: {summary_period: {reading: monthly}}\nremove: {reports: [quarterly_summary]}\n",
        "utf-8",
    )
    owed = reports_due(load(SCHOOL), "2026-10-01", "2026-10-31")

    assert [(r.report.name, r.report.by, r.report.to) for r in owed] == [
        ("monthly_summary", "customer_service", ()),
        ("quarterly_summary", "customer_service", ()),
    ]
    assert list(load(monthly).ruleset.reports) == ["monthly_summary"]
