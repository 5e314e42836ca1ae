"""The desk: the ruleset, records and mapping of docs/audit.md, and what is made of them for tests."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import complaint_rules
from complaint_rules.audit_run import AuditRun, audit
from fences import fences

PAGE = Path(__file__).parents[1] / "docs" / "audit.md"
FILES = {name: f.text for f in fences(PAGE.read_text("utf-8")) for name in f.words}
RULES = complaint_rules.load_text(FILES["desk.yaml"])
HEADER, *ROWS = FILES["complaints.csv"].strip().split("\n")


def write(folder: Path, records: str, mapping: str | None = None, encoding: str = "utf-8") -> tuple[Path, Path]:
    """Write records and a mapping, by default that of the page; return their paths."""
    paths = folder / "complaints.csv", folder / "desk.mapping.yaml"
    paths[0].write_bytes(records.encode(encoding))
    paths[1].write_text(mapping or FILES["desk.mapping.yaml"], "utf-8")
    return paths


def run(folder: Path, records: str, mapping: str | None = None, encoding: str = "utf-8", **more: Any) -> AuditRun:
    """Return the audit of records, in a folder of its own."""
    path, mapped = write(folder, records, mapping, encoding)
    return audit(RULES, path, mapping=mapped, out=mkdtemp(dir=folder), **more)


def findings(found: AuditRun) -> list[dict[str, Any]]:
    return [json.loads(line) for line in found.findings.read_text("utf-8").splitlines()]


def told(found: AuditRun) -> list[tuple[str, str, str]]:
    """Return the findings by complaint, kind and what they are about."""
    return [(f["complaint"], f["kind"], f["name"]) for f in findings(found)]


def quarantine(found: AuditRun) -> list[dict[str, str]]:
    with (found.folder / "quarantine.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
