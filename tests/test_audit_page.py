"""The report of an audit: whole in itself, in two languages, and deaf to whatever stands in the data."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from zipfile import ZipFile

import pytest

import desk
from complaint_rules.audit_page import ECHARTS, allowed, in_script, page_html, vendored, write_page
from complaint_rules.audit_page_data import PageData
from complaint_rules.audit_sheet import write_sheet
from complaint_rules.cli import main

pytest.importorskip("jinja2")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
VENDORED = Path(__file__).parents[1] / "src" / "complaint_rules" / "vendored"
MADE = datetime(2024, 10, 14, tzinfo=UTC)
EVIL = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">'\"&=1+1"


def evil_page(folder: Path, lang: str = "en") -> str:
    """Return the report of complaints in which every free text would like to be markup."""
    cell = '"' + EVIL.replace('"', '""') + '"'
    row = desk.ROWS[1].replace("A2", cell).replace("法务部", cell)
    mapping = desk.FILES["desk.mapping.yaml"].replace(
        "  departments: {column: 部门, kind: department, compare: one_of}\n", ""
    )
    mapping += "parties: {service_desk: 部门}\ngroups: [部门]\n"
    run = desk.run(folder, f"{desk.HEADER}\n{row}\n", mapping)
    return page_html(PageData(run, {}, MADE).whole(), lang)


class Elements(HTMLParser):
    """What elements a page has, and the texts of its scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.in_script = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.in_script = tag == "script"
        self.scripts += [""] if self.in_script else []

    def handle_endtag(self, _tag: str) -> None:
        self.in_script = False

    def handle_data(self, data: str) -> None:
        if self.in_script:
            self.scripts[-1] += data


def test_whatever_stands_in_the_data_the_page_has_its_own_elements_only(tmp_path):
    page = Elements(evil_page(tmp_path))
    tags = [tag for tag, _ in page.found]

    assert tags.count("script") == 3
    assert "img" not in tags
    assert not [a for _, attributes in page.found for a in attributes if a.startswith("on")]
    assert json.loads(page.scripts[0])["findings"][0]["complaint"] == EVIL


def test_only_the_scripts_of_the_page_may_run(tmp_path):
    page = Elements(evil_page(tmp_path))
    policy = next(
        a["content"] for t, a in page.found if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    )

    assert [s for s in page.scripts[1:] if allowed(s) not in str(policy)] == []
    assert "default-src 'none'" in str(policy)
    assert "unsafe-inline" not in str(policy).partition("script-src")[2]


def test_the_page_asks_for_nothing_outside_itself(tmp_path):
    page = evil_page(tmp_path)
    elements = Elements(page).found
    addresses = [a[k] for _, a in elements for k in ("src", "href") if a.get(k)]

    assert [a for a in addresses if not str(a).startswith("#")] == []
    assert not re.search(r"@import|url\(", page.split("<body>")[0])


def test_a_text_cannot_end_the_element_that_holds_the_data():
    text = in_script({"a": EVIL + "<!--\u2028"})

    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"a": EVIL + "<!--\u2028"}


def test_every_text_of_the_page_is_in_both_languages(tmp_path):
    page = evil_page(tmp_path, "zh")

    assert page.count('class="zh"') == page.count('class="en"') > 50
    assert '<html lang="zh-CN" data-lang="zh">' in page


def test_what_is_vendored_is_what_the_list_says():
    rows = re.findall(
        r"\| `(\S+)` \| (.+?) \| (\S+) \| .+? \| (\S+) \((.+?)\) \| `([0-9a-f]{64})` \|",
        (VENDORED / "README.md").read_text("utf-8"),
    )
    names = {name for name, *_ in rows}

    assert names == {ECHARTS}
    for name, package, version, licence, texts, sha256 in rows:
        assert (package, version, licence) == ("Apache ECharts", "6.1.0", "Apache-2.0")
        assert hashlib.sha256((VENDORED / name).read_bytes()).hexdigest() == sha256
        assert [t for t in re.findall(r"`(\S+)`", texts) if not (VENDORED / t).is_file()] == []
    assert "</script" not in vendored(ECHARTS).lower()


def test_the_same_files_give_the_same_report(tmp_path):
    pytest.importorskip("xlsxwriter")
    written = []
    for name in ("one", "two"):
        run = desk.run(tmp_path, "\n".join((desk.HEADER, *desk.ROWS)))
        write_page(run, {}, tmp_path / f"{name}.html", "en", made=MADE)
        write_sheet(run, tmp_path / f"{name}.xlsx", "en", made=MADE)
        written.append([(tmp_path / f"{name}.{end}").read_bytes() for end in ("html", "xlsx")])

    assert written[0] == written[1]


def test_the_figures_of_the_page_are_those_of_the_audit(tmp_path):
    run = desk.run(tmp_path, "\n".join((desk.HEADER, *desk.ROWS)))
    data = PageData(run, {}, MADE).whole()

    assert data["counts"] | {"x": 0} == {
        "read": 4, "audited": 3, "quarantined": 1, "findings": 8, "with_findings": 2, "missed": 2, "judged": 3, "events": 0,
        "events_unused": 0, "events_quarantined": 0, "x": 0,
    }  # fmt: skip
    assert [(k["kind"], k["count"]) for k in data["kinds"]][:2] == [("late", 2), ("escalation", 2)]
    assert data["months"] == {"answer": [{"month": "2024-09", "kept": 1, "missed": 2}]}
    assert data["money"][0] | {"label": 0} == {
        "label": 0, "compared": 2, "unit": "CNY", "compare": "at_most", "recorded": "3,800.00", "owed": "3,400.00",
        "above": "500.00", "below": "100.00",
    }  # fmt: skip
    flow = next(f for f in data["flows"] if f["decision"] == "level")
    assert [(x["text"], x["owed"]["en"], x["agrees"]) for x in flow["links"]] == [
        ("一般", "general", True),
        ("一般", "serious", False),
    ]
    assert {r["id"]: r["count"] for d in data["coverage"] if d["decision"] == "level" for r in d["rules"]} == {
        "great_loss": 1,
        "small_loss": 2,
    }


def test_the_command_writes_a_page_and_a_workbook_without_formulas(tmp_path, capsys):
    pytest.importorskip("xlsxwriter")
    path, mapping = desk.write(tmp_path, "\n".join((desk.HEADER, *(r.replace("A2", "=1+1") for r in desk.ROWS))))
    (tmp_path / "desk.yaml").write_text(desk.FILES["desk.yaml"], "utf-8")
    report = tmp_path / "report.html"
    main(
        [
            "audit",
            str(tmp_path / "desk.yaml"),
            str(path),
            "--mapping",
            str(mapping),
            "--out",
            str(tmp_path / "run"),
            "--report",
            str(report),
        ]
    )
    with ZipFile(report.with_suffix(".xlsx")) as book:
        sheets = "".join(book.read(n).decode() for n in book.namelist() if n.startswith("xl/worksheets"))

    assert str(report) in capsys.readouterr().out
    assert "=1+1" in report.read_text("utf-8")
    assert "<t>=1+1</t>" in sheets
    assert "<f>" not in sheets


@pytest.mark.parametrize(
    ("package", "write"),
    [
        ("jinja2", lambda run, to: write_page(run, {}, to, "en", made=MADE)),
        ("xlsxwriter", lambda run, to: write_sheet(run, to, "en", made=MADE)),
    ],
)
def test_without_its_package_a_report_says_how_to_get_it(tmp_path, monkeypatch, package, write):
    run = desk.run(tmp_path, "\n".join((desk.HEADER, *desk.ROWS)))
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'complaint-rules\[report\]'"):
        write(run, tmp_path / "written")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed, so the page is not opened in one")
def test_a_browser_draws_the_page_and_runs_nothing_from_the_data(tmp_path):
    page = tmp_path / "report.html"
    page.write_text(evil_page(tmp_path), "utf-8")
    quiet = [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=3000",
    ]  # fmt: skip
    done = subprocess.run(
        [str(CHROMIUM), *quiet, "--dump-dom", page.as_uri()], capture_output=True, text=True, check=False, timeout=120
    )
    drawn = done.stdout

    assert "taken" not in drawn.partition("</title>")[0]
    assert drawn.count("<svg") == 2
    assert drawn.count('class="one"') == 6
    assert "late by" in drawn
