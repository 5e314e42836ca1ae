"""Audit sheet: the figures and all findings of an audit as a workbook for a spreadsheet program."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from complaint_rules.audit_files import COLUMNS, WHOLE, rows_of
from complaint_rules.audit_run import AuditRun
from complaint_rules.audit_summary import slowest, summary_lines
from complaint_rules.audit_words import JUDGED, KIND, Speaker
from complaint_rules.words import Label, Lang

_ABSENT = "the workbook needs the package xlsxwriter: pip install 'complaint-rules[report]'"
_MOST_ROWS = 1_048_575  # what a sheet can hold below its header
_LANGUAGES: tuple[Lang, ...] = ("zh", "en")
_NAMES = {
    "summary": Label("摘要", "summary"), "limits": Label("时限", "time limits"), "owners": Label("责任方", "owners"),
    "findings": Label("问题", "findings"), "quarantine": Label("隔离", "quarantine"),
}  # fmt: skip
_HEADS = {
    "complaint": Label("投诉", "complaint"), "row": Label("行", "row"), "kind": Label("类别", "kind"), "label": Label("事项", "what"),
    "owner": Label("责任方", "owner"), "says": Label("问题", "finding"), "due": Label("应于", "due"), "happened": Label("实际", "done"),
    "late_seconds": Label("逾期（秒）", "late (s)"), "worked_seconds": Label("其中工作时间（秒）", "of it worked (s)"),
    "recorded": Label("记录", "recorded"), "owed": Label("应为", "owed"), "arithmetic": Label("算法", "arithmetic"),
    "clauses": Label("条款", "clauses"), "rules": Label("规则", "rules"), "missing": Label("缺", "missing"),
    "rests_on": Label("依据的假定", "rests on"), "event_rows": Label("事件行", "event rows"), "row_sha256": Label("行的 SHA-256", "row SHA-256"),
    "deadline": Label("时限", "time limit"), "missed": Label("逾期", "missed"), "judged": Label("判断", "judged"), "share": Label("逾期率", "share missed"),
}  # fmt: skip
_FINDING = (
    "complaint", "row", "kind", "label", "owner", "says", "due", "happened", "late_seconds", "worked_seconds", "recorded",
    "owed", "arithmetic", "clauses", "rules", "missing", "rests_on", "event_rows", "row_sha256",
)  # fmt: skip
_WIDTHS = {"says": 60, "arithmetic": 50, "owner": 26, "label": 24, "kind": 22, "clauses": 24, "row_sha256": 20}


def write_sheet(run: AuditRun, path: Path, lang: Lang, *, made: datetime) -> None:
    """Write the workbook of an audit. Every text is a text in it, whatever it begins with."""
    try:
        import xlsxwriter  # noqa: PLC0415 - only who writes a workbook needs it
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(_ABSENT, name=error.name) from None
    path.parent.mkdir(parents=True, exist_ok=True)
    # Rows go to the disk as they are written; texts stay texts, and no formula or link is made of them.
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        # The format has no zone.
        book.set_properties({"created": made.astimezone(UTC).replace(tzinfo=None)})
        _Book(book, run, lang).write()


class _Book:
    """A workbook as it is written, sheet by sheet, from the top down."""

    def __init__(self, book: Any, run: AuditRun, lang: Lang) -> None:
        self.book = book
        self.run = run
        self.lang = lang
        self.speaker = Speaker(run.ruleset, lang)
        self.head = book.add_format({"bold": True, "bottom": 1, "font_color": "#5b6675", "valign": "top"})
        self.wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self.percent = book.add_format({"num_format": "0.0%", "valign": "top"})
        self.title = book.add_format({"bold": True, "font_size": 14})

    def write(self) -> None:
        self.summary()
        self.limits()
        self.owners()
        self.findings()
        self.quarantine()

    def sheet(self, name: str, heads: Sequence[str], widths: Iterable[int] = ()) -> Any:
        """Return a new sheet with its header, which stays in sight."""
        sheet = self.book.add_worksheet(_NAMES[name].in_lang(self.lang))
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        for column, head in enumerate(heads):
            sheet.write_string(0, column, head, self.head)
        if heads:
            sheet.freeze_panes(1, 0)
        return sheet

    def word(self, name: str) -> str:
        return _HEADS[name].in_lang(self.lang)

    def summary(self) -> None:
        sheet = self.sheet("summary", (), (100,))
        for number, line in enumerate(summary_lines(self.run, self.lang)):
            sheet.write_string(number, 0, line, self.title if number == 0 else None)
        for source in self.run.sources:
            number += 1
            sheet.write_string(number, 0, f"{source.what} {source.file} SHA-256 {source.sha256}")

    def limits(self) -> None:
        sheet = self.sheet(
            "limits",
            (self.word("deadline"), *(w.in_lang(self.lang) for w in JUDGED.values())),
            (34, *[13] * len(JUDGED)),
        )
        for number, (name, deadline) in enumerate(self.run.ruleset.deadlines.items(), start=1):
            sheet.write_string(number, 0, deadline.label.in_lang(self.lang))
            for column, judged in enumerate(JUDGED, start=1):
                sheet.write_number(number, column, self.run.tally.judged[name, judged])

    def owners(self) -> None:
        heads = tuple(map(self.word, ("owner", "deadline", "missed", "judged", "share")))
        sheet = self.sheet("owners", heads, (44, 34, 10, 10, 14))
        for number, (name, owner, share) in enumerate(slowest(self.run), start=1):
            sheet.write_string(number, 0, self.speaker.owner(owner))
            sheet.write_string(number, 1, self.speaker.name(name))
            sheet.write_number(number, 2, share.missed)
            sheet.write_number(number, 3, share.all)
            sheet.write_number(number, 4, share.rate, self.percent)

    def findings(self) -> None:
        sheet = self.sheet("findings", tuple(map(self.word, _FINDING)), (_WIDTHS.get(c, 14) for c in _FINDING))
        last = 0
        for number, row in enumerate(rows_of(self.run.findings), start=1):
            if number > _MOST_ROWS:
                break
            last = number
            for column, name in enumerate(_FINDING):
                value = row[name if name in COLUMNS else f"{name}_{self.lang}"]
                value = KIND[row["kind"]].in_lang(self.lang) if name == "kind" else value
                if name in WHOLE and value is not None:
                    sheet.write_number(number, column, value)
                elif value:
                    sheet.write_string(number, column, value, self.wrap if name in ("says", "arithmetic") else None)
        sheet.autofilter(0, 0, max(1, last), len(_FINDING) - 1)

    def quarantine(self) -> None:
        with (self.run.folder / "quarantine.csv").open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(csv.reader(file)):
                if number == 0:
                    sheet = self.sheet("quarantine", row, (24, 8, 10, 50, 50, 80))
                elif number <= _MOST_ROWS:
                    for column, text in enumerate(row):
                        sheet.write_string(number, column, text[:32_767])
