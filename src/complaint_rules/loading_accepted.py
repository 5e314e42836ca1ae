"""Loading of what is accepted: each finding by its code and place, and the reason, without which there is none."""

from __future__ import annotations

from complaint_rules.accepted import Accepted
from complaint_rules.codes import CODES
from complaint_rules.loading_report import ReportReader
from complaint_rules.model import AcceptedDoc
from complaint_rules.names import label_for
from complaint_rules.source import Path
from complaint_rules.words import suggest


class AcceptedReader(ReportReader):
    """Reads what the authors of a ruleset leave as it is."""

    def _accepted(self, at: int, doc: AcceptedDoc) -> Accepted:
        path: Path = ("accepted", at)
        if doc.finding not in CODES:
            near = suggest(doc.finding, CODES)
            self._problem("CR103", (*path, "finding"), value=doc.finding, expected="CR117 … CR234", suggestion=near)
        if not (doc.reason.zh or doc.reason.en):
            self._problem("CR005", (*path, "reason"), of_key=True, key="reason")
        reason = label_for(doc.reason.zh or doc.reason.en, doc.reason)
        return Accepted(doc.finding, doc.at, reason, self.document.span(path))
