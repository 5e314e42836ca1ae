"""Calendars are written to: days of one's own, and the days of a further year; nothing that stood there is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from complaint_rules.calendar_countries import CountryDays
from complaint_rules.calendar_data import load_calendar, read_calendar
from complaint_rules.calendar_writing import with_entry, with_notices
from complaint_rules.cli import main
from complaint_rules.diagnostics import RulesetError
from complaint_rules.source import read

HEAD = "zone: Asia/Shanghai\nholidays: cn\nweek:\n  mon-fri: [09:00-12:00, 13:00-17:30]\n"
CLOSED = {"on": "2027-05-06", "is": "closed", "name": "盘点"}
OPTIONS = dict.fromkeys(("on", "from", "to", "is", "hours", "name", "source", "published"), "option")
NEXT_YEAR = CountryDays(
    "package 1", ((date(2026, 12, 31), "元旦"), (date(2027, 1, 1), "元旦"), (date(2027, 10, 1), "国庆节")),
    ((date(2027, 1, 3), "元旦"),), None,
)  # fmt: skip
# What `chinesecalendar` will look like when it knows 2027.
PACKAGE = """
from datetime import date
from enum import Enum

class Holiday(Enum):
    new_year = "New Year's Day", "元旦"
    national_day = "National Day", "国庆节"
    @property
    def value(self): return self._value_[0]
    @property
    def chinese(self): return self._value_[1]

holidays = {date(2027, 1, 1): "New Year's Day", **{date(2027, 10, n): "National Day" for n in range(1, 8)}}
workdays = {date(2027, 1, 2): "New Year's Day", date(2027, 10, 9): "National Day"}
"""
# The last entry of a list in each layout, the new one at its end, and what else stands there.
LAYOUTS = {
    "no list": (HEAD, HEAD + "days:\n  - {on: 2027-05-06, is: closed, name: 盘点}\n"),
    "no line break at the end": (HEAD.rstrip(), HEAD + "days:\n  - {on: 2027-05-06, is: closed, name: 盘点}\n"),
    "a comment at the end": (
        HEAD + "days:\n  - {on: 2027-01-04, is: closed}  # ours\n# the end\n",
        HEAD + "days:\n  - {on: 2027-01-04, is: closed}  # ours\n  - {on: 2027-05-06, is: closed, name: 盘点}\n# the end\n",
    ),
    "not indented, and more keys after it": (
        HEAD + "days:\n- on: 2027-01-04\n  is: closed # ours\n\ncovers: {to: 2027-12-28}\n",
        HEAD + "days:\n- on: 2027-01-04\n  is: closed # ours\n- {on: 2027-05-06, is: closed, name: 盘点}\n\ncovers: {to: 2027-12-28}\n",
    ),
    "a block of text last": (
        HEAD + "days:\n  - on: 2027-01-04\n    is: closed\n    name: |\n      ours\n",
        HEAD + "days:\n  - on: 2027-01-04\n    is: closed\n    name: |\n      ours\n  - {on: 2027-05-06, is: closed, name: 盘点}\n",
    ),
    "empty brackets": (HEAD + "days: []\n", HEAD + "days: [{on: 2027-05-06, is: closed, name: 盘点}]\n"),
    "brackets": (
        HEAD + "days: [{on: 2027-01-04, is: closed}] # ours\n",
        HEAD + "days: [{on: 2027-01-04, is: closed}, {on: 2027-05-06, is: closed, name: 盘点}] # ours\n",
    ),
    "brackets over lines": (
        HEAD + "days: [\n  {on: 2027-01-04, is: closed} # ours\n]\n",
        HEAD + "days: [\n  {on: 2027-01-04, is: closed}, # ours\n  {on: 2027-05-06, is: closed, name: 盘点}\n]\n",
    ),
    "brackets over lines, with a last comma": (
        HEAD + "days: [\n  {on: 2027-01-04, is: closed}, # ours\n]\n",
        HEAD + "days: [\n  {on: 2027-01-04, is: closed}, # ours\n  {on: 2027-05-06, is: closed, name: 盘点},\n]\n",
    ),
    "all in braces": (
        "{zone: UTC, week: {mon: [09:00-10:00]}}\n",
        "{zone: UTC, week: {mon: [09:00-10:00]}, days: [{on: 2027-05-06, is: closed, name: 盘点}]}\n",
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(argv)
    said = capsys.readouterr()
    return code, said.out, said.err


def wrote(text: str, name: str = "own.yaml") -> Path:
    Path(name).write_bytes(text.encode())
    return Path(name)


ADD = ("--closed", "--name", "盘点", "--source", "通知")


@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["unix", "windows"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_entry_is_added_in_the_layout_of_the_list(layout: str, ending: str) -> None:
    before, after = (t.replace("\n", ending) for t in LAYOUTS[layout])
    if layout.startswith("brackets over") or layout == "no line break at the end":
        before, after = LAYOUTS[layout]

    assert with_entry(read(before, "own.yaml"), CLOSED, OPTIONS)[0] == after


def test_what_would_not_be_read_as_meant_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    """After `...` a file holds no more."""
    file = wrote(HEAD + "...\n")
    before = file.read_bytes()
    code, _, err = run(capsys, "calendar", "add", str(file), "2027-05-06", *ADD)

    assert code == 2
    assert "own.yaml:" in err
    assert file.read_bytes() == before


def test_a_new_file_begins_as_a_shipped_calendar(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ("calendar", "add", "own.yaml", "2026-12-23", "--until", "2026-12-24", *ADD, "--published", "2026-11-20")
    assert run(capsys, *argv)[0] == 2
    assert not Path("own.yaml").exists()
    assert run(capsys, *argv, "--from", "no-such")[0] == 2

    code, out, _ = run(capsys, *argv, "--from", "cn-office", "--lang", "zh")
    found = load_calendar("own.yaml").exception_on(date(2026, 12, 24))

    assert code == 0
    assert "2026-12-23 三 休息 盘点" in out
    assert found
    assert (found.hours, found.source, found.published) == ((), "通知", date(2026, 11, 20))
    assert load_calendar("own.yaml").exception_on(date(2026, 10, 1))


def test_hours_are_added_and_the_mark_of_the_file_stays(capsys: pytest.CaptureFixture[str]) -> None:
    wrote("\ufeff" + HEAD)
    argv = ("--hours", "09:00-12:00，13:00-17:30", "--name", "yes: no", "--source", 'a "b", #c')
    code, out, _ = run(capsys, "calendar", "add", "own.yaml", "2026-11-28", *argv, "--json")
    found = load_calendar("own.yaml").exception_on(date(2026, 11, 28))

    assert code == 0
    assert json.loads(out)["added"][0]["hours"] == ["09:00-12:00", "13:00-17:30"]
    assert Path("own.yaml").read_bytes().startswith("\ufeff".encode())
    assert found
    assert (found.name, found.source) == ("yes: no", 'a "b", #c')


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("2026-05-06", *ADD), "own.yaml:6:5: error[CR102]"),
        (("2026-13-06", *ADD), "DAY: error[CR302]"),
        (("1066-01-01", *ADD), "DAY: error[CR103]"),
        (("2026-05-07", "--until", "2026-05-01", *ADD), "DAY, --until: error[CR116]"),
        (("2026-05-07", "--until", "2027-12-01", *ADD), "DAY, --until: error[CR008]"),
        (("2026-05-07", "--hours", "9-12", "--name", "n", "--source", "s"), "--hours: error[CR103]"),
        (("2026-05-07", "--hours", "09:00-12:00", *ADD), "error[CR119]"),
        (("2026-05-07", "--name", "n", "--source", "s"), "error[CR119]"),
        (("2026-05-07", "--closed", "--name", "n", "--source", "\u200b"), "--source: error[CR009]"),
        (("2026-05-07", *ADD, "--published", "soon"), "--published: error[CR302]"),
    ],
)
def test_what_is_wrong_is_said_where_it_was_given(
    argv: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = wrote(HEAD + "days:\n  - {from: 2026-05-05, to: 2026-05-06, is: closed}\n")
    before = file.read_bytes()
    code, _, err = run(capsys, "calendar", "add", "own.yaml", *argv)

    assert code == 2
    assert said in err
    assert file.read_bytes() == before


def test_a_shipped_calendar_is_not_written_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "calendar", "add", "cn-office", "2026-05-07", *ADD)[0] == 2
    assert run(capsys, "calendar", "update", "cn-office")[0] == 2
    assert run(capsys, "calendar", "update", "no-such")[0] == 2


# --- notices in a file, and a further year -------------------------------------------------------------


def test_notices_of_a_file_go_on_where_those_of_the_library_end() -> None:
    notice = """notices:
  - title: 通知
    covers: {from: 2026-12-29, to: 2027-12-28}
    published: 2026-11-10
    days: [{on: 2027-01-01, is: closed, name: 元旦}]
"""
    document = read(HEAD + notice, "own.yaml")
    found, early = read_calendar(document), read_calendar(document, known_at=date(2026, 11, 1))

    assert found.coverage.first == date(2004, 1, 1)
    assert found.coverage.last == date(2027, 12, 28)
    assert found.exception_on(date(2027, 1, 1)).source == "通知"
    assert early.exception_on(date(2027, 1, 1)) is None
    assert early.coverage.last == date(2026, 12, 28)


def test_days_after_a_gap_are_not_covered() -> None:
    notice = (
        "notices:\n  - {title: t, covers: {from: 2027-12-29, to: 2028-12-28}, days: [{on: 2028-01-03, is: closed}]}\n"
    )
    found = read_calendar(read(HEAD + notice, "own.yaml"))

    assert found.coverage.last == date(2026, 12, 28)
    assert found.is_working_day(date(2028, 1, 3)).provisional


@pytest.mark.parametrize(
    ("notice", "code"),
    [("notices: x", "CR103"), ("notices: [x]", "CR006"), ("notices: [{title: t, days: [], covers: {to: 2027-12-28}}]", "CR005")],
)  # fmt: skip
def test_a_notice_that_says_too_little_is_refused(notice: str, code: str) -> None:
    with pytest.raises(RulesetError) as caught:
        read_calendar(read(HEAD + notice, "own.yaml"))

    assert {d.code for d in caught.value.diagnostics} == {code}
    assert all(d.span for d in caught.value.diagnostics)


@pytest.mark.parametrize(
    "listed", ["", "notices:\n- {title: t, days: [{on: 2027-01-01, is: working}]}\n", "notices: []\n"]
)
def test_a_year_is_a_notice_and_what_stood_there_stays(listed: str) -> None:
    own = HEAD + "days:\n  - {on: 2027-10-01, is: working, name: 展会}  # ours\n" + listed
    before = read_calendar(read(own, "own.yaml"))
    text = with_notices(read(own, "own.yaml"), NEXT_YEAR, [2027])
    after = read_calendar(read(text, "own.yaml"))

    assert set(before.exceptions) <= set(after.exceptions)
    assert {e.day for e in after.exceptions} - {e.day for e in before.exceptions} >= {
        date(2026, 12, 31),
        date(2027, 1, 3),
    }
    assert after.is_working_day(date(2027, 10, 1)).value
    assert after.is_working_day(date(2027, 1, 1)).value == ("working}" in listed)
    assert after.coverage.last == date(2027, 12, 28)
    assert all(line in text for line in own.split("\n") if not line.startswith("notices"))


def in_future(*argv: str) -> subprocess.CompletedProcess[str]:
    """Run a command where a `chinesecalendar` is installed that knows 2027."""
    package = Path("site", "chinese_calendar")
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").touch()
    (package / "constants.py").write_text(PACKAGE, "utf-8")
    about = Path("site", "chinesecalendar-2.0.dist-info")
    about.mkdir(exist_ok=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: chinesecalendar\nVersion: 2.0\n", "utf-8")
    source = str(Path(load_calendar.__code__.co_filename).parents[1])
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path("site").resolve()), source]), "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "complaint_rules", "calendar", "update", *argv]
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=env, check=False)


def test_a_further_year_of_china_is_written_and_where_the_file_differs_it_stays() -> None:
    wrote(HEAD + "days:\n  - {on: 2027-10-01, is: working, name: 展会}\n")
    done = in_future("own.yaml", "--lang", "zh")
    found = load_calendar("own.yaml")

    assert done.returncode == 0, done.stderr
    assert "据 chinesecalendar 2.0 增加 9 天，现涵盖 2004-01-01 – 2027-12-28" in done.stdout
    assert "2027-10-01 五 保留为上班，chinesecalendar 2.0 为休息" in done.stdout
    assert found.is_working_day(date(2027, 10, 9)).required()
    assert not found.is_working_day(date(2027, 10, 4)).required()
    assert found.exception_on(date(2027, 10, 1)).name == "展会"

    written = Path("own.yaml").read_bytes()
    again = in_future("own.yaml", "--year", "2027")
    assert again.returncode == 0
    assert "nothing to add" in again.stdout
    assert Path("own.yaml").read_bytes() == written
    assert in_future("own.yaml").returncode == 1


def test_a_shipped_calendar_is_updated_into_another_file() -> None:
    done = in_future("cn-office", "--to", "own.yaml", "--json")
    said = json.loads(done.stdout)

    assert done.returncode == 0
    assert (said["written"], said["covers"]["to"], len(said["added"])) == (True, "2027-12-28", 10)
    assert load_calendar("own.yaml").coverage.last == date(2027, 12, 28)
    assert in_future("cn-office", "--to", "own.yaml").returncode == 2


def test_a_year_that_the_package_does_not_know_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("chinese_calendar", reason="chinesecalendar is not installed")
    file = wrote(HEAD)
    code, _, err = run(capsys, "calendar", "update", "own.yaml", "--year", "2190")

    assert code == 1
    assert "chinesecalendar" in err
    assert file.read_text("utf-8") == HEAD
    assert json.loads(run(capsys, "calendar", "update", "own.yaml", "--year", "2190", "--json")[1])["written"] is False
    assert run(capsys, "calendar", "update", "own.yaml", "--year", "2003")[0] == 2


def test_a_year_that_is_covered_is_compared(capsys: pytest.CaptureFixture[str]) -> None:
    """The notice for 2006 has a day that `chinesecalendar` lacks."""
    pytest.importorskip("chinese_calendar", reason="chinesecalendar is not installed")
    wrote(HEAD)
    code, out, _ = run(capsys, "calendar", "update", "own.yaml", "--year", "2006")

    assert code == 0
    assert "2005-12-31 六 stays working" in out
    assert len(out.splitlines()) == 2


def test_another_country_is_covered_for_longer(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("holidays", reason="holidays is not installed")
    text = """zone: Europe/Berlin
holidays: {country: DE, subdivision: BY, from: 2024-01-01, to: 2024-12-31}  # by law
week: {mon-fri: [09:00-17:00]}
days: [{on: 2025-11-01, is: working, hours: [09:00-12:00], name: Messe}]
covers: {to: 2025-06-30}
"""
    file = wrote(text)
    code, out, _ = run(capsys, "calendar", "update", "own.yaml")

    assert code == 0
    assert file.read_text("utf-8") == text.replace("to: 2024-12-31", "to: 2025-12-31")
    assert "2025-01-06 一 closed" in out
    assert "2025-11-01 六 stays working" in out
    assert "`covers` ends on 2025-06-30" in out
    assert run(capsys, "calendar", "update", "own.yaml", "--year", "2190")[0] == 1


def test_without_a_package_it_says_which_is_needed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "chinese_calendar.constants", None)
    wrote(HEAD)
    code, _, err = run(capsys, "calendar", "update", "own.yaml")

    assert code == 2
    assert "chinesecalendar" in err
    assert Path("own.yaml").read_text("utf-8") == HEAD


def test_whose_holidays_are_followed_must_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    wrote("zone: UTC\nweek: {mon: [09:00-10:00]}\n")

    assert "error[CR005]: missing key `holidays`" in run(capsys, "calendar", "update", "own.yaml")[2]
