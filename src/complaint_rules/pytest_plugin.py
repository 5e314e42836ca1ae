"""Pytest plugin: files of examples as tests, each ruleset beside them checked, and what the examples leave uncovered.

Installed with complaint_rules; `*.examples.yaml` in the folders that pytest is given become tests. `--rules-coverage` adds
what they show of each ruleset, and `--no-rules` leaves the files alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_ENDING = ".examples.yaml"


class RulesError(Exception):
    """What is wrong, as it is shown."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("complaint_rules")
    group.addoption("--rules-coverage", action="store_true", help="say what examples show of their rulesets")
    group.addoption("--no-rules", action="store_true", help=f"do not collect *{_ENDING}")
    group.addoption("--rules-lang", choices=("en", "zh"), default="en", help="language of what is said about rulesets")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a file of examples that has a ruleset beside it."""
    beside = file_path.name.endswith(_ENDING) and file_path.with_name(f"{file_path.name.removesuffix(_ENDING)}.yaml")
    if not beside or not beside.is_file() or parent.config.getoption("--no-rules"):
        return None
    found: pytest.Collector = ExamplesFile.from_parent(parent, path=file_path)
    return found


class ExamplesFile(pytest.File):
    """The examples of a ruleset."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the check of the ruleset, then each of its examples."""
        from complaint_rules.diagnostics import ComplaintRulesError  # noqa: PLC0415
        from complaint_rules.example_file import read_examples  # noqa: PLC0415 - pytest starts without the library
        from complaint_rules.examples import settings_of  # noqa: PLC0415
        from complaint_rules.library import load  # noqa: PLC0415

        ruleset = self.path.with_name(f"{self.path.name.removesuffix(_ENDING)}.yaml")
        yield CheckItem.from_parent(self, name="check", ruleset=ruleset)
        try:
            rules = load(ruleset)
            examples = read_examples(self.path, rules.ruleset)
        except ComplaintRulesError as error:
            yield BrokenItem.from_parent(self, name="examples", error=error)
            return
        for number, (example, under) in enumerate(settings_of(rules, examples), start=1):
            yield ExampleItem.from_parent(self, name=f"{number} {example.name}", rules=under, example=example)
        if self.config.getoption("--rules-coverage"):
            yield CoverageItem.from_parent(self, name="coverage", rules=rules, examples=examples)


class _Item(pytest.Item):
    """A test that says what is wrong in our own words."""

    line = 0

    @property
    def lang(self) -> Any:
        """The language in which things are said."""
        return self.config.getoption("--rules-lang")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what is wrong; of an error of ours its message, without the way there."""
        from complaint_rules.diagnostics import ComplaintRulesError  # noqa: PLC0415

        if isinstance(excinfo.value, (RulesError, ComplaintRulesError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the test stands."""
        return self.path, self.line, self.name


class CheckItem(_Item):
    """A ruleset has no findings."""

    def __init__(self, *, ruleset: Path, **rest: Any) -> None:
        super().__init__(**rest)
        self.ruleset = ruleset

    def runtest(self) -> None:
        """Check the ruleset."""
        from complaint_rules.library import check_file  # noqa: PLC0415

        found = check_file(self.ruleset)
        if found:
            raise RulesError("\n".join(d.render(self.lang) for d in found))


class BrokenItem(_Item):
    """A ruleset or its examples cannot be read."""

    def __init__(self, *, error: Exception, **rest: Any) -> None:
        super().__init__(**rest)
        self.error = error

    def runtest(self) -> None:
        """Say why not."""
        raise self.error


class ExampleItem(_Item):
    """An example comes out as it says."""

    def __init__(self, *, rules: Any, example: Any, **rest: Any) -> None:
        super().__init__(**rest)
        self.rules, self.example = rules, example
        self.line = max(example.span.line - 1, 0)

    def runtest(self) -> None:
        """Run the example."""
        from complaint_rules.examples import run_examples  # noqa: PLC0415

        for outcome in run_examples(self.rules, [self.example]):
            if outcome.failures:
                raise RulesError(outcome.render(self.lang))


class CoverageItem(_Item):
    """What the examples of a ruleset show of it; it never fails."""

    def __init__(self, *, rules: Any, examples: Any, **rest: Any) -> None:
        super().__init__(**rest)
        self.rules, self.examples = rules, examples

    def runtest(self) -> None:
        """Reckon the coverage, to be shown in the end."""
        from complaint_rules.coverage import coverage  # noqa: PLC0415
        from complaint_rules.coverage_words import coverage_text  # noqa: PLC0415

        found = coverage(self.rules, self.examples)
        said = coverage_text(found, self.rules.ruleset, self.lang, missing=False)
        self.user_properties.append(("rules coverage", (self.rules.ruleset.id, said)))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show the coverage of each ruleset, whichever process has reckoned it."""
    said: dict[str, str] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            said |= {
                name: text for key, (name, text) in getattr(report, "user_properties", ()) if key == "rules coverage"
            }
    for name, text in sorted(said.items()):
        terminalreporter.section(f"rules of {name}")
        terminalreporter.write_line(text)
