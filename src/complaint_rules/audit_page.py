"""Audit page: the report of an audit as one HTML file that needs no network and no other file."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from importlib import metadata
from importlib.resources import files
from pathlib import Path
from typing import Any

from complaint_rules.audit_page_data import PageData
from complaint_rules.audit_run import AuditRun
from complaint_rules.audit_summary import percent
from complaint_rules.audit_words import JUDGED
from complaint_rules.clauses import Clause
from complaint_rules.words import Label, Lang

ECHARTS = "echarts-6.1.0.min.js"
_ABSENT = "the report needs the package jinja2: pip install 'complaint-rules[report]'"
_SOURCE = {
    "records": Label("记录", "records"),
    "events": Label("事件记录", "events"),
    "mapping": Label("对照表", "mapping"),
}
_COMPARE = {
    "equal": Label("应相等", "should be equal"), "at_most": Label("不应高于", "at most"), "at_least": Label("不应低于", "at least"),
    "only_if": Label("", ""), "one_of": Label("", ""),
}  # fmt: skip
_PARAMETER = {
    "reading": Label("读法", "reading"), "assumed": Label("假定", "assumed"), "unset": Label("待定", "unset"),
}  # fmt: skip


def write_page(run: AuditRun, clauses: Mapping[str, Clause], path: Path, lang: Lang, *, made: datetime) -> None:
    """Write the report of an audit; `lang` is what it speaks until the reader switches."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page_html(PageData(run, clauses, made).whole(), lang), "utf-8")


def page_html(data: Mapping[str, Any], lang: Lang) -> str:
    """Return the page that shows these figures and findings."""
    try:
        from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - only who writes a report needs it
        from markupsafe import Markup  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(_ABSENT, name=error.name) from None
    scripts = {"echarts": vendored(ECHARTS), "js": _asset("audit.js")}
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["percent"] = percent
    # What is marked safe is ours: scripts and styles of this package, and JSON without a sign that could end its element.
    ours = {k: Markup(v) for k, v in {**scripts, "css": _asset("audit.css"), "json": in_script(data)}.items()}  # noqa: S704 - said above
    return environment.from_string(_asset("audit.html.j2")).render(
        **ours, data=data, lang=lang, judged=JUDGED, source=_SOURCE, compare=_COMPARE, parameter=_PARAMETER,
        version=metadata.version("complaint-rules"), script_hashes=" ".join(map(allowed, scripts.values())),
    ).lstrip()  # fmt: skip


def in_script(data: object) -> str:
    """Return JSON that can stand inside a script element, whatever the texts in it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def allowed(script: str) -> str:
    """Return the word by which a Content-Security-Policy lets this script run, and no other."""
    return f"'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def vendored(name: str) -> str:
    """Return a file of others that comes with this package."""
    return (files("complaint_rules") / "vendored" / name).read_text("utf-8")


def _asset(name: str) -> str:
    return (files("complaint_rules") / "pages" / name).read_text("utf-8")
