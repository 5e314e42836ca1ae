"""Records shelf: the entries of a log put by until their complaints come, in a file, so that memory does not grow with them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from complaint_rules.diagnostics import Diagnostic, FactsError
from complaint_rules.life_told import LogEntry
from complaint_rules.values import to_json

_TABLES = """
    CREATE TABLE entry (complaint TEXT, row INTEGER, said TEXT);
    CREATE TABLE seen (complaint TEXT PRIMARY KEY, row INTEGER, sha256 TEXT) WITHOUT ROWID;
"""


class Shelf:
    """Entries by complaint, and the complaints that have come."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;" + _TABLES)

    def close(self) -> None:
        self.db.close()

    def put(self, entry: LogEntry) -> None:
        """Put an entry by."""
        said = json.dumps([entry.event, entry.milestone, entry.entry], ensure_ascii=False, default=to_json)
        self.db.execute("INSERT INTO entry VALUES (?, ?, ?)", (entry.complaint, entry.row, said))

    def ready(self) -> None:
        """All entries are there: now they can be found by complaint."""
        self.db.execute("CREATE INDEX by_complaint ON entry (complaint, row)")

    def claim(self, complaint: str, row: int, sha256: str = "") -> list[LogEntry]:
        """Return the entries of a complaint that has come with a row, which is remembered by its hash.

        Raises:
            FactsError: it has come before.
        """
        before = self.db.execute("SELECT row FROM seen WHERE complaint = ?", (complaint,)).fetchone()
        if before is not None:
            raise FactsError([Diagnostic("CR574", args={"complaint": complaint, "row": before[0]})])
        self.db.execute("INSERT INTO seen VALUES (?, ?, ?)", (complaint, row, sha256))
        return list(self._entries("WHERE complaint = ? ORDER BY row", (complaint,)))

    def place(self, complaint: str) -> tuple[int, str]:
        """Return the row of a complaint that has come, and its hash."""
        found: tuple[int, str] = self.db.execute(
            "SELECT row, sha256 FROM seen WHERE complaint = ?", (complaint,)
        ).fetchone()
        return found

    def unclaimed(self) -> Iterator[LogEntry]:
        """Yield the entries of complaints that never came."""
        yield from self._entries("WHERE complaint NOT IN (SELECT complaint FROM seen) ORDER BY row", ())

    def _entries(self, where: str, words: tuple[str, ...]) -> Iterator[LogEntry]:
        for complaint, row, said in self.db.execute(f"SELECT complaint, row, said FROM entry {where}", words):  # noqa: S608 - our own clauses
            event, milestone, entry = json.loads(said)
            yield LogEntry(complaint, row, event, milestone, entry)


def without_record(entry: LogEntry) -> Diagnostic:
    """Return what is wrong with an entry of which the complaint never came."""
    return Diagnostic("CR575", args={"complaint": entry.complaint})
