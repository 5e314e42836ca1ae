"""The house rules: imports go down, packages keep to their rooms, functions fit in the eye."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest

HOUSE = Path(__file__).parents[1] / "src" / "complaint_rules"
MODULES = {path.stem: ast.parse(path.read_text("utf-8")) for path in sorted(HOUSE.rglob("*.py"))}

FLOORS = (
    {"words", "limits", "codes", "diagnostics", "memory"},
    {"domains", "regions", "tables", "joint", "timetable", "worktime", "worktime_vector"},
    {
        "source",
        "values",
        "unary",
        "parts",
        "overlay",
        "dated",
        "trees",
        "kinds",
        "formula",
        "shapes",
        "course",
        "trigger",
        "report",
        "model_time",
        "model",
        "invariant",
        "ruleset",
        "schema_words",
        "calendar_days",
        "calendar_countries",
        "deadline",
        "running",
    },
    {
        "names",
        "loading_course",
        "loading_time",
        "loading_trigger",
        "loading_invariant",
        "loading_report",
        "loading",
        "calendar_data",
        "calendar_text",
        "compile",
        "facts",
        "answers",
        "coded",
        "record_mapping",
        "schema",
        "stubs",
        "fmt",
        "fixes",
        "scaffold",
        "random_ruleset",
        "mutant",
    },
    {
        "settle",
        "straight",
        "deciding",
        "deadlines",
        "reporting",
        "check",
        "proving",
        "proving_time",
        "nearest",
        "changes",
        "jointly",
        "comparing_parts",
        "comparing_tables",
        "comparing",
        "replayed",
        "log",
        "clocks",
        "folding",
        "process",
        "life",
        "replaying",
        "following",
        "watching",
        "correlate",
        "correlate_durable",
        "monitor",
        "column_buffers",
        "column_numbers",
        "column_reading",
        "column_cells",
        "column_exact",
        "column_formula",
        "column_settling",
        "column_scales",
        "column_due",
        "column_writing",
        "column_due_writing",
        "record_text",
        "record_texts",
        "record_files",
        "record_columns",
        "record_facts",
        "simulated",
        "edits",
        "sampling",
        "aiming",
        "mutants_of_tables",
        "mutants_of_limits",
        "mutants_of_course",
    },
    {
        "prose",
        "render",
        "contrast",
        "contrast_words",
        "changes_words",
        "example_life",
        "example_file",
        "examples",
        "clauses",
        "library",
        "column_plan",
        "column_recheck",
        "column_tables",
        "batch",
        "simulating",
        "simulation",
        "simulation_words",
        "verifying",
        "record_partition",
        "moves",
        "moving",
        "moving_words",
        "synthesising",
        "mapping_proposal",
        "interview",
        "example_writing",
        "example_names",
        "example_many",
        "distinguishing_many",
        "mutations",
        "noticing",
        "random_lives",
        "aimed_lives",
        "distinguishing",
        "distinguishing_lives",
        "mutate",
        "mutate_words",
        "coverage",
        "coverage_words",
        "generating",
        "timeline_words",
        "timeline_voice",
        "timeline_scale",
        "timeline_marks",
        "timeline_shapes",
        "timeline_svg",
        "timeline_text",
        "timeline",
        "calendar_writing",
    },
    {"typed", "printed", "progress"},
    {
        "__init__",
        "__main__",
        "cli",
        "cli_calendar",
        "cli_complaint",
        "cli_diff",
        "cli_each",
        "cli_replay",
        "cli_ruleset",
        "cli_simulate",
        "cli_time",
        "cli_watch",
        "cli_writing",
        "testing",
        "pytest_plugin",
    },
)
FLOOR_OF = {module: floor for floor, modules in enumerate(FLOORS) for module in modules}

# Neighbours that may use one another, each pair one way.
NEIGHBOURS = {
    ("codes", "words"),
    ("diagnostics", "codes"),
    ("diagnostics", "words"),
    ("regions", "domains"),
    ("joint", "regions"),
    ("tables", "domains"),
    ("tables", "regions"),
    ("worktime", "timetable"),
    ("worktime_vector", "timetable"),
    ("worktime_vector", "worktime"),
    ("calendar_days", "parts"),
    ("unary", "values"),
    ("ruleset", "source"),
    ("ruleset", "formula"),
    ("parts", "source"),
    ("overlay", "parts"),
    ("overlay", "source"),
    ("dated", "overlay"),
    ("dated", "parts"),
    ("dated", "source"),
    ("compile", "answers"),
    ("kinds", "trees"),
    ("formula", "kinds"),
    ("formula", "trees"),
    ("ruleset", "values"),
    ("model", "source"),
    ("compile", "loading"),
    ("loading", "names"),
    ("loading", "loading_trigger"),
    ("loading_trigger", "loading_time"),
    ("loading_trigger", "names"),
    ("loading_time", "loading_course"),
    ("loading_time", "names"),
    ("loading_course", "names"),
    ("model", "model_time"),
    ("model", "shapes"),
    ("model_time", "shapes"),
    ("shapes", "values"),
    ("ruleset", "course"),
    ("ruleset", "trigger"),
    ("proving", "proving_time"),
    ("proving_time", "deadlines"),
    ("generating", "coverage"),
    ("generating", "example_file"),
    ("generating", "example_life"),
    ("generating", "example_names"),
    ("generating", "example_writing"),
    ("coverage_words", "generating"),
    ("aiming", "deciding"),
    ("aiming", "sampling"),
    ("check", "following"),
    ("watching", "following"),
    ("watching", "clocks"),
    ("watching", "correlate"),
    ("watching", "deciding"),
    ("watching", "folding"),
    ("watching", "life"),
    ("watching", "log"),
    ("watching", "replaying"),
    ("monitor", "clocks"),
    ("monitor", "correlate"),
    ("monitor", "correlate_durable"),
    ("monitor", "following"),
    ("monitor", "log"),
    ("monitor", "watching"),
    ("correlate_durable", "correlate"),
    ("schema_words", "course"),
    ("deciding", "settle"),
    ("straight", "settle"),
    ("deadlines", "deciding"),
    ("running", "deadline"),
    ("clocks", "deadlines"),
    ("clocks", "replayed"),
    ("process", "replayed"),
    ("life", "clocks"),
    ("life", "deciding"),
    ("life", "folding"),
    ("life", "log"),
    ("life", "process"),
    ("life", "replayed"),
    ("life", "settle"),
    ("replaying", "clocks"),
    ("replaying", "deadlines"),
    ("replaying", "deciding"),
    ("replaying", "life"),
    ("replaying", "log"),
    ("replaying", "replayed"),
    ("deciding", "straight"),
    ("prose", "render"),
    ("contrast", "render"),
    ("contrast_words", "contrast"),
    ("contrast_words", "render"),
    ("examples", "example_file"),
    ("examples", "example_life"),
    ("example_file", "example_life"),
    ("library", "clauses"),
    ("example_names", "example_file"),
    ("example_names", "example_life"),
    ("example_names", "render"),
    ("example_names", "timeline_words"),
    ("example_many", "example_life"),
    ("example_file", "example_many"),
    ("examples", "example_many"),
    ("noticing", "example_many"),
    ("distinguishing_many", "aimed_lives"),
    ("distinguishing_many", "example_many"),
    ("distinguishing_many", "example_writing"),
    ("distinguishing_many", "noticing"),
    ("distinguishing_many", "random_lives"),
    ("mutate", "distinguishing_many"),
    ("noticing", "example_file"),
    ("noticing", "example_life"),
    ("noticing", "examples"),
    ("random_lives", "noticing"),
    ("aimed_lives", "example_writing"),
    ("aimed_lives", "random_lives"),
    ("distinguishing", "example_writing"),
    ("distinguishing", "noticing"),
    ("distinguishing_lives", "aimed_lives"),
    ("distinguishing_lives", "example_life"),
    ("distinguishing_lives", "example_writing"),
    ("distinguishing_lives", "noticing"),
    ("distinguishing_lives", "random_lives"),
    ("mutate", "distinguishing"),
    ("mutate", "distinguishing_lives"),
    ("mutate", "example_file"),
    ("mutate", "example_names"),
    ("mutate", "example_writing"),
    ("mutate", "mutations"),
    ("mutate", "noticing"),
    ("mutate", "random_lives"),
    ("mutate_words", "mutate"),
    ("mutate_words", "mutations"),
    ("comparing_parts", "changes"),
    ("comparing_tables", "changes"),
    ("comparing_tables", "jointly"),
    ("comparing_tables", "nearest"),
    ("comparing", "changes"),
    ("comparing", "comparing_parts"),
    ("comparing", "comparing_tables"),
    ("comparing", "jointly"),
    ("changes_words", "contrast"),
    ("changes_words", "render"),
    ("coverage", "example_file"),
    ("coverage", "example_life"),
    ("coverage", "examples"),
    ("coverage_words", "coverage"),
    ("coverage_words", "render"),
    ("ruleset", "invariant"),
    ("loading_invariant", "loading_trigger"),
    ("loading_invariant", "names"),
    ("ruleset", "report"),
    ("report", "calendar_days"),
    ("report", "deadline"),
    ("loading_report", "loading_invariant"),
    ("loading_report", "names"),
    ("loading", "loading_report"),
    ("reporting", "deadlines"),
    ("proving", "deciding"),
    ("proving", "settle"),
    ("timeline_voice", "render"),
    ("timeline_voice", "timeline_words"),
    ("timeline_scale", "timeline_words"),
    ("timeline_marks", "timeline_voice"),
    ("timeline_marks", "timeline_words"),
    ("timeline_shapes", "timeline_marks"),
    ("timeline_shapes", "timeline_scale"),
    ("timeline_svg", "timeline_marks"),
    ("timeline_svg", "timeline_scale"),
    ("timeline_svg", "timeline_shapes"),
    ("timeline_svg", "timeline_voice"),
    ("timeline_text", "timeline_marks"),
    ("timeline_text", "timeline_scale"),
    ("timeline_text", "timeline_voice"),
    ("timeline_text", "timeline_words"),
    ("timeline", "timeline_svg"),
    ("timeline", "timeline_text"),
    ("timeline", "timeline_voice"),
    ("timeline", "timeline_words"),
    ("interview", "library"),
    ("interview", "render"),
    ("batch", "column_plan"),
    ("batch", "column_recheck"),
    ("batch", "column_tables"),
    ("batch", "library"),
    ("record_columns", "column_buffers"),
    ("record_columns", "record_texts"),
    ("record_facts", "column_buffers"),
    ("record_facts", "column_reading"),
    ("record_facts", "record_columns"),
    ("record_facts", "record_files"),
    ("record_files", "record_text"),
    ("record_texts", "column_buffers"),
    ("record_texts", "column_numbers"),
    ("simulated", "column_buffers"),
    ("simulated", "column_writing"),
    ("simulating", "batch"),
    ("simulating", "column_plan"),
    ("simulating", "column_recheck"),
    ("moving", "batch"),
    ("moving", "column_plan"),
    ("moving", "moves"),
    ("moving", "record_partition"),
    ("moving_words", "library"),
    ("moving_words", "moves"),
    ("moving_words", "moving"),
    ("moving_words", "render"),
    ("record_partition", "column_plan"),
    ("verifying", "column_recheck"),
    ("verifying", "simulating"),
    ("verifying", "simulation"),
    ("simulating", "library"),
    ("simulation", "library"),
    ("simulation", "simulating"),
    ("simulation_words", "render"),
    ("simulation_words", "simulation"),
    ("coded", "answers"),
    ("column_due", "column_cells"),
    ("column_due", "column_settling"),
    ("column_due", "deadlines"),
    ("column_due_writing", "column_buffers"),
    ("column_due_writing", "column_due"),
    ("column_due_writing", "column_writing"),
    ("column_due_writing", "deadlines"),
    ("column_formula", "column_exact"),
    ("column_formula", "column_numbers"),
    ("column_numbers", "column_buffers"),
    ("column_reading", "column_buffers"),
    ("column_reading", "column_numbers"),
    ("column_recheck", "column_plan"),
    ("column_scales", "column_formula"),
    ("column_settling", "column_cells"),
    ("column_settling", "column_formula"),
    ("column_settling", "settle"),
    ("column_writing", "column_buffers"),
    ("cli", "__init__"),
    ("cli", "cli_calendar"),
    ("cli", "cli_complaint"),
    ("cli", "cli_diff"),
    ("cli", "cli_each"),
    ("cli_each", "cli_ruleset"),
    ("cli_each", "cli_writing"),
    ("cli", "cli_replay"),
    ("cli", "cli_ruleset"),
    ("cli", "cli_simulate"),
    ("cli", "cli_time"),
    ("cli", "cli_watch"),
    ("cli", "cli_writing"),
    ("__main__", "cli"),
}

ROOMS = {
    "yaml": {"source", "fmt"},
    "pydantic": {"shapes", "model", "model_time", "facts", "schema"},
    "pydantic_core": {"model", "facts"},
    "typing_extensions": {"facts"},
    "pendulum": {"values"},
    "numpy": {
        "worktime_vector",
        "coded",
        "column_buffers",
        "column_numbers",
        "column_reading",
        "column_cells",
        "column_exact",
        "column_formula",
        "column_settling",
        "column_due",
        "column_writing",
        "column_due_writing",
        "column_plan",
        "record_text",
        "record_texts",
        "record_files",
        "record_columns",
        "record_facts",
        "simulated",
        "simulating",
        "verifying",
        "record_partition",
        "moves",
        "moving",
        "synthesising",
    },
    "pyarrow": {
        "batch",
        "column_buffers",
        "column_numbers",
        "column_reading",
        "column_scales",
        "column_writing",
        "column_due_writing",
        "column_plan",
        "column_tables",
        "record_text",
        "record_texts",
        "record_files",
        "record_columns",
        "record_facts",
        "simulated",
        "simulating",
        "simulation",
        "verifying",
        "moves",
        "moving",
        "synthesising",
    },
    "holidays": {"calendar_countries"},
    "chinese_calendar": {"calendar_countries"},
    "rich": {"render", "progress"},
    "durable": {"correlate_durable"},
    "durable_rules_engine": {"correlate_durable"},
    "hypothesis": {"testing"},
    "pytest": {"pytest_plugin"},
    "cyclopts": {
        "cli",
        "cli_calendar",
        "cli_replay",
        "cli_time",
        "cli_complaint",
        "cli_diff",
        "cli_each",
        "cli_ruleset",
        "cli_simulate",
        "cli_watch",
        "cli_writing",
        "typed",
    },
}

HEAVY = ("pydantic", "yaml", "pendulum", "rich", "cyclopts", "numpy", "pyarrow", "holidays", "chinese_calendar")
VAGUE = {
    "utils",
    "util",
    "helpers",
    "helper",
    "manager",
    "handler",
    "engine",
    "base",
    "common",
    "misc",
}


def imports(tree: ast.Module) -> Iterator[str]:
    """Yield every module that is imported anywhere in the file, with its dots."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module="complaint_rules", level=0, names=names):
                yield from (f"complaint_rules.{alias.name}" for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module
            case ast.ImportFrom():
                yield "."  # relative


@cache
def own_imports(module: str) -> set[str]:
    parts = [name.split(".") for name in imports(MODULES[module])]
    own = [p for p in parts if p[0] == "complaint_rules"]
    return {p[1] if len(p) > 1 and p[1] in MODULES else "__init__" for p in own}


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def length(function: ast.FunctionDef) -> int:
    """Count the lines of a function's body without its docstring."""
    has_text = ast.get_docstring(function, clean=False) is not None
    body = function.body[1:] if has_text else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_a_floor(module: str) -> None:
    assert module in FLOOR_OF


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module: str) -> None:
    wrong = {
        other
        for other in own_imports(module)
        if FLOOR_OF[other] >= FLOOR_OF[module] and (module, other) not in NEIGHBOURS
    }

    assert not wrong


def test_neighbours_use_one_another_one_way_and_in_no_circle() -> None:
    left = set(MODULES)
    while free := {module for module in left if not own_imports(module) & left - {module}}:
        left -= free

    assert not left


@pytest.mark.parametrize("module", MODULES)
def test_imports_are_absolute(module: str) -> None:
    assert "." not in set(imports(MODULES[module]))


@pytest.mark.parametrize("module", MODULES)
def test_third_party_packages_keep_to_their_rooms(module: str) -> None:
    roots = {name.split(".")[0] for name in imports(MODULES[module])}
    third_party = roots - set(sys.stdlib_module_names) - {"complaint_rules", "__future__"}

    assert {package for package in third_party if module not in ROOMS.get(package, set())} == set()


@pytest.mark.parametrize("module", MODULES)
def test_a_module_opens_with_one_sentence(module: str) -> None:
    text = ast.get_docstring(MODULES[module]) or ""
    first = text.split("\n")[0]

    assert first
    assert first.endswith(".")


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_named_for_what_it_knows(module: str) -> None:
    classes = {node.name.lower() for node in ast.walk(MODULES[module]) if isinstance(node, ast.ClassDef)}

    assert module not in VAGUE
    assert not {name for name in classes if name.endswith(("manager", "handler", "helper"))}


def test_functions_fit_in_the_eye() -> None:
    lengths = [length(function) for tree in MODULES.values() for function in functions(tree)]

    assert median(lengths) <= 8


def test_opening_the_front_door_loads_nothing_heavy() -> None:
    if not (HOUSE / "__init__.py").exists():
        pytest.skip("the front door is not built yet")
    program = f"import sys, complaint_rules; print([p for p in {HEAVY!r} if p in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
