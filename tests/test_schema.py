"""The schema for editors: it is what the models say, takes every ruleset, and refuses wrong keys and kinds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from complaint_rules.library import names
from complaint_rules.schema import language_schema, schema_text
from complaint_rules.source import read
from fences import fences, sections
from language_server import VARIABLE, Editor, server

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "schema" / "complaint_rules.schema.json"
RULESETS = sorted(p for p in (ROOT / "rulesets").glob("*.yaml") if p.name.removesuffix(".yaml") in names())
PAGE = sections(ROOT / "docs" / "diagnostics.md")
FIRST_LINE = "# yaml-language-server: $schema=../schema/complaint_rules.schema.json\n"
VALIDATOR = Draft7Validator(language_schema())


class _Editor(yaml.SafeLoader):
    """Reads scalars as an editor does (YAML 1.2): `no` and dates are text, `5` and `true` are not."""


_Editor.yaml_implicit_resolvers = {}
for _tag, _form, _first in (
    ("bool", "true|false", "tf"),
    ("int", "[-+]?[0-9]+", "+-0123456789"),
    ("float", r"[-+]?[0-9]+\.[0-9]*", "+-0123456789"),
):
    _Editor.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_form})\Z"), list(_first))


def fenced(code: str, kind: str) -> str:
    return next(f.text for f in fences(PAGE[code]) if f.words == (kind,) and f.language == "yaml")


def faults(text: str) -> list[str]:
    plain = [read(text, "page.yaml").root, yaml.load(text, Loader=_Editor)]
    return [e.message for one in plain for e in VALIDATOR.iter_errors(one)]


def keys(schema: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(schema, dict):
        if "additionalProperties" in schema and "properties" in schema:
            yield from schema["properties"].items()
        for one in schema.values():
            yield from keys(one)


def test_the_shipped_file_is_what_the_models_say() -> None:
    assert SHIPPED.read_text("utf-8") == schema_text(), "run tools/write_schema.py"


def test_the_schema_is_a_schema() -> None:
    Draft7Validator.check_schema(language_schema())


def test_every_key_is_explained_in_both_languages() -> None:
    top = [(k, s) for k, s in keys(language_schema()) if k not in ("has", "any_of", "all_of", "none_of")]
    steps = {"from", "value", "reading", "assumed", "unset", "reason", "because"}

    assert [k for k, s in top if "\n" not in s.get("description", "") and k not in steps] == []


@pytest.mark.parametrize("path", RULESETS, ids=lambda path: path.stem)
def test_every_ruleset_is_taken(path: Path) -> None:
    assert faults(path.read_text("utf-8")) == []


@pytest.mark.parametrize("name", ["bank", "food"])
def test_a_ruleset_names_its_schema(name: str) -> None:
    text = (ROOT / "rulesets" / f"{name}.yaml").read_text("utf-8")

    assert text.startswith(FIRST_LINE)
    assert (ROOT / "rulesets" / FIRST_LINE.partition("=")[2].strip()).resolve() == SHIPPED


@pytest.mark.parametrize("code", ["CR004", "CR005", "CR006"])
def test_wrong_keys_and_kinds_are_refused(code: str) -> None:
    assert faults(fenced(code, "bad"))
    assert not faults(fenced(code, "mended"))


MENDED = fenced("CR004", "mended")


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("inputs: [n]", "hit_policy: unic\n    inputs: [n]"),
        ("inputs: [n]", "aggregate: total\n    inputs: [n]"),
        ('{n: "< 5"}', "{n: {hass: x}}"),
        ("values: {A: 甲, B: 乙}", "values: 甲"),
        ("type: integer, minimum: 0", "type: [integer], minimum: 0"),
        ("language: 1", "language: 2"),
        ("maximum: 9}", "maximum: 9, optional: maybe}"),
        ("title: {zh: 示例, en: example}", "title: {zh: 示例, fr: exemple}"),
        ("title: {zh: 示例, en: example}", 'title: ""'),
    ],
)
def test_choices_are_tight(was: str, now: str) -> None:
    assert faults(MENDED.replace(was, now))


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("{zh: 示例, en: example}", "示例"),
        ("values: {A: 甲, B: 乙}", "values: [A, B]"),
        ('when: {n: "< 5"}', 'when: [{n: "< 2"}, {n: [2, 3, 4]}]'),
        ("because: [c]", "because: c"),
        ("version: 1.0.0", "version: 1.0"),
        ("maximum: 9}", "maximum: 9, optional: no}"),
    ],
)
def test_short_forms_are_taken(was: str, now: str) -> None:
    assert not faults(MENDED.replace(was, now))


# --- the language server ---------------------------------------------------------------------------

needs_server = pytest.mark.skipif(
    server() is None, reason=f"npm install yaml-language-server, and name its program in {VARIABLE}"
)
LINE = f"# yaml-language-server: $schema={SHIPPED.as_uri()}\n"


@needs_server
@pytest.mark.parametrize("path", RULESETS, ids=lambda path: path.stem)
def test_an_editor_underlines_nothing_in_a_ruleset(path: Path, tmp_path: Path) -> None:
    with Editor(server() or "", tmp_path / "page.yaml") as editor:
        shown = editor.open(LINE + path.read_text("utf-8").removeprefix(FIRST_LINE))

    assert [d["message"] for d in shown] == []


@needs_server
@pytest.mark.parametrize("code", ["CR004", "CR005", "CR006"])
def test_an_editor_underlines_wrong_keys_and_kinds(code: str, tmp_path: Path) -> None:
    with Editor(server() or "", tmp_path / "page.yaml") as editor:
        assert editor.open(LINE + fenced(code, "bad"))


@needs_server
def test_an_editor_explains_and_completes(tmp_path: Path) -> None:
    text = LINE + MENDED.replace("    inputs: [n]", "    inputs: [n]\n    hit_policy: ")
    at = text.split("\n").index("    hit_policy: ")
    with Editor(server() or "", tmp_path / "page.yaml") as editor:
        editor.open(text)

        assert "先写的优先" in editor.hover(at + 1, 15)
        assert {"unique", "collect", "rule_order"} <= editor.completions(at, 16)
