"""Commands about calendars: list, show, check, add and update."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from complaint_rules.calendar_data import calendar_path, is_shipped, load_calendar, shipped_calendars
from complaint_rules.calendar_writing import NothingKnown, Update, updated, when, with_entry
from complaint_rules.diagnostics import Diagnostic, FactsError, RulesetError
from complaint_rules.library import read_day
from complaint_rules.printed import BAD_INPUT, FINDINGS, OK, day_words, print_aside, print_json, print_lines
from complaint_rules.source import Document, read
from complaint_rules.typed import Json, Language
from complaint_rules.words import Label, Lang
from complaint_rules.worktime import DayException

_BOM = "\ufeff"
_OPTIONS = {
    "on": "DAY", "from": "DAY", "to": "--until", "is": "--closed", "hours": "--hours", "name": "--name",
    "source": "--source", "published": "--published",
}  # fmt: skip
_OWN_FILE = Label("以 .yaml 结尾的文件", "a file that ends in .yaml")
_WORDS = {
    "made": Label("{} 已建立，以 {} 为基础", "{} was made from {}"),
    "closed": Label("休息", "closed"),
    "working": Label("上班", "working"),
    "nothing known": Label("{} 没有 {} 年的完整数据，未作改动", "{} does not know all days of {}; nothing was changed"),
    "covered": Label("{} 已涵盖该年，没有可添加的日期", "{} covers that year already; there is nothing to add"),
    "added": Label("{}：据 {} 增加 {} 天，现涵盖 {} – {}", "{}: {} adds {} days; it now covers {} – {}"),
    "kept": Label("{} 保留为{}，{} 为{}", "{} stays {}, {} has it {}"),
    "held back": Label(
        "文件自身的 covers 只到 {}，其后的结果仍为暂定；本单位的日期确定后请改写 covers",
        "the file's own `covers` ends on {}, so later results stay provisional; move it when your own days are known",
    ),
    "exists": Label("{} 已存在，未改动", "{} exists and was left alone"),
    "needs to": Label(
        "`{}` 随程序提供，不可改写；请用 --to 指明文件",
        "`{}` comes with the library; say with --to which file to write",
    ),
}

calendar = App(name="calendar", help="Show, check, and write the calendars that deadlines are reckoned by.")


@calendar.command(name="list")
def list_calendars() -> int:
    """Name the calendars that come with the library."""
    print_lines(*shipped_calendars())
    return OK


@calendar.command
def show(
    name: Annotated[str, Parameter(help="a shipped calendar, or a file")],
    /,
    *,
    from_: Annotated[str, Parameter(name="--from", help="the first day, 2024-10-01")],
    to: Annotated[str, Parameter(help="the last day")],
    known_at: Annotated[str | None, Parameter(help="a day; what was published later is left out")] = None,
    json: Json = False,
) -> int:
    """Show each day of a calendar: worked or not, why, and by which notice."""
    made = load_calendar(name, known_at=read_day(known_at, "--known-at") if known_at else None)
    first, last = read_day(from_, "--from"), read_day(to, "--to")
    days = [first + timedelta(n) for n in range((last - first).days + 1)]
    rows = [_row(made, d) for d in days]
    if json:
        print_json(rows)
    else:
        print_lines(
            *(
                " ".join(filter(None, (day_words(d), *map(str, list(r.values())[1:]))))
                for d, r in zip(days, rows, strict=True)
            )
        )
    return OK


def _row(made: Any, day: date) -> dict[str, str]:
    worked, why = made.is_working_day(day), made.exception_on(day)
    hours = "、".join(map(str, made.hours_on(day))) or "–"
    return {
        "day": day.isoformat(), "hours": hours, "name": why.name if why else "", "source": why.source if why else "",
        "coverage": "provisional" if worked.provisional else "",
    }  # fmt: skip


@calendar.command
def check(name: Annotated[str, Parameter(help="a shipped calendar, or a file")], /) -> int:
    """Read a calendar file and say what is wrong with it, or which days it covers."""
    covers = load_calendar(name).coverage
    print_lines(f"{name}: {covers.first or '…'} – {covers.last or '…'}")
    return OK


@calendar.command
def add(
    file: Annotated[str, Parameter(help="the organisation's own calendar, a .yaml file")],
    day: Annotated[str, Parameter(help="the day that differs, 2026-10-01, or the first of several")],
    /,
    *,
    until: Annotated[str | None, Parameter(help="the last of several days")] = None,
    closed: Annotated[bool, Parameter(negative=(), help="the days are not worked")] = False,
    hours: Annotated[str | None, Parameter(help="the days are worked at these hours, 09:00-12:00,13:00-17:30")] = None,
    name: Annotated[str, Parameter(help="what the day is called, 中秋节")],
    source: Annotated[str, Parameter(help="the notice that says so")],
    published: Annotated[str | None, Parameter(help="the day on which the notice was published")] = None,
    from_: Annotated[
        str | None, Parameter(name="--from", help="the shipped calendar that a FILE which does not exist begins as")
    ] = None,
    lang: Language = "en",
    json: Json = False,
) -> int:
    """Add days that differ to an organisation's own calendar; nothing is written unless the file is right with them."""
    if is_shipped(file):
        raise FactsError([Diagnostic("CR302", args={"value": file, "expected": _OWN_FILE}, where="FILE")])
    if closed == (hours is not None):
        raise FactsError([Diagnostic("CR119", args={"known": ("--closed", "--hours")}, where="calendar add")])
    first = read_day(day, "DAY")
    entry = {
        **when(first, read_day(until, "--until") if until else first),
        "is": "closed" if closed else "working",
        **({"hours": re.split(r"\s*[,，、]\s*", hours)} if hours is not None else {}),
        "name": name,
        "source": source,
        **({"published": str(read_day(published, "--published"))} if published else {}),
    }
    made = from_ if from_ and not Path(file).exists() else None
    text, added = with_entry(_document(made or file, file), entry, _OPTIONS)
    _write(file, text, marked=not made and _is_marked(file))
    if json:
        print_json({"file": file, "from": made, "added": [_added_json(d) for d in added]})
        return OK
    if made:
        print_lines(_WORDS["made"].in_lang(lang).format(file, made))
    print_lines(*(_added_line(d, lang) for d in added))
    return OK


@calendar.command
def update(
    name: Annotated[str, Parameter(help="a calendar file, or a shipped calendar")],
    /,
    *,
    year: Annotated[
        int | None, Parameter(help="the last year to add; by default the first that is not covered")
    ] = None,
    to: Annotated[str | None, Parameter(help="the file to write; by default the calendar file itself")] = None,
    lang: Language = "en",
    json: Json = False,
) -> int:
    """Add a further year's holidays and make-up days to a calendar, from the packages that are installed."""
    if to is None and is_shipped(name):
        calendar_path(name)
        print_aside(_WORDS["needs to"].in_lang(lang).format(name))
        return BAD_INPUT
    target = to or name
    if is_shipped(target):
        raise FactsError([Diagnostic("CR302", args={"value": target, "expected": _OWN_FILE}, where="--to")])
    if to and Path(to).exists() and (is_shipped(name) or not Path(to).samefile(name)):
        print_aside(_WORDS["exists"].in_lang(lang).format(to))
        return BAD_INPUT
    document = _document(name, name)
    found = updated(document, year)
    if isinstance(found, NothingKnown):
        return _say_nothing_known(found, target, lang, json=json)
    if found.is_more:
        _write(target, found.text, marked=not is_shipped(name) and _is_marked(name))
    if json:
        print_json(_update_json(found, target))
    else:
        print_lines(*_update_lines(found, target, lang))
    return OK


def _document(name: str, file: str) -> Document:
    """Return the calendar of a name or a file, its places told as those of a file."""
    path = calendar_path(name)
    if not path.is_file():
        raise RulesetError([Diagnostic("CR309", args={"name": name}, where=name)])
    return read(path.read_bytes(), file)


def _is_marked(file: str) -> bool:
    return Path(file).read_bytes().startswith(_BOM.encode())


def _write(file: str, text: str, *, marked: bool) -> None:
    Path(file).write_bytes(((_BOM if marked else "") + text).encode())


def _say_nothing_known(found: NothingKnown, file: str, lang: Lang, *, json: bool) -> int:
    if json:
        print_json({"file": file, "source": found.source, "written": False, "unknown": found.year})
    else:
        print_aside(_WORDS["nothing known"].in_lang(lang).format(found.source, found.year))
    return FINDINGS


def _update_lines(found: Update, file: str, lang: Lang) -> Iterable[str]:
    covers = found.coverage
    counted = (file, found.source, len(found.added), covers.first or "…", covers.last or "…")
    yield _WORDS["added" if found.is_more else "covered"].in_lang(lang).format(*counted)
    yield from (f"  {_added_line(d, lang)}" for d in found.added)
    for kept in found.kept:
        said = (day_words(kept.day), _kind(kept.worked, lang), found.source, _kind(kept.package_works, lang))
        yield f"  {_WORDS['kept'].in_lang(lang).format(*said)}"
    if found.added and covers.last and covers.last < found.added[-1].day:
        yield _WORDS["held back"].in_lang(lang).format(covers.last)


def _update_json(found: Update, file: str) -> dict[str, object]:
    kept = [
        {"day": str(k.day), "kept": _kind(k.worked), "package": _kind(k.package_works), "name": k.name}
        for k in found.kept
    ]
    covers = {"from": found.coverage.first, "to": found.coverage.last}
    return {
        "file": file, "source": found.source, "written": found.is_more, "added": [_added_json(d) for d in found.added],
        "kept": kept, "covers": {k: str(d) if d else None for k, d in covers.items()},
    }  # fmt: skip


def _kind(worked: bool, lang: Lang | None = None) -> str:
    kind = "working" if worked else "closed"
    return _WORDS[kind].in_lang(lang) if lang else kind


def _added_line(day: DayException, lang: Lang) -> str:
    said = "、".join(map(str, day.hours)) or _WORDS["closed"].in_lang(lang)
    return " ".join(filter(None, (day_words(day.day), said, day.name)))


def _added_json(day: DayException) -> dict[str, object]:
    return {
        "day": str(day.day), "hours": list(map(str, day.hours)), "name": day.name, "source": day.source,
        "published": str(day.published) if day.published else None,
    }  # fmt: skip
