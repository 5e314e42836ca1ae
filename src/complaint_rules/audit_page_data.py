"""Audit page data: the figures and findings of an audit as the report shows them, every text in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from complaint_rules.audit_files import rows_of
from complaint_rules.audit_run import AuditRun
from complaint_rules.audit_summary import slowest
from complaint_rules.audit_tally import Share
from complaint_rules.audit_words import JUDGED, KIND, Speaker
from complaint_rules.clauses import Clause
from complaint_rules.render import value_words
from complaint_rules.ruleset import Parameter, ParameterKind, TableDecision, Type
from complaint_rules.words import Label

# What one page can hold and a browser still shows at once; the files have all of it.
MOST_FINDINGS = 4_000
_MOST_OWNERS = 40
_MOST_GROUPS = 30
_MOST_FLOWS = 60
_SHOWN = (
    "number", "kind", "complaint", "row", "event_rows", "name", "label_zh", "label_en", "owner_zh", "owner_en", "due",
    "happened", "late_seconds", "says_zh", "says_en", "arithmetic_zh", "arithmetic_en", "clauses", "rules", "rests_on",
    "row_sha256",
)  # fmt: skip
Both = dict[str, str]


def both(label: Label) -> Both:
    return {"zh": label.zh, "en": label.en}


class PageData:
    """What a report shows of an audit; `made` is when it was written."""

    def __init__(self, run: AuditRun, clauses: Mapping[str, Clause], made: datetime) -> None:
        self.run = run
        self.made = made
        self.tally = run.tally
        self.ruleset = run.ruleset
        self.clauses = clauses
        self.zh, self.en = Speaker(run.ruleset, "zh"), Speaker(run.ruleset, "en")

    def whole(self) -> dict[str, Any]:
        """Return everything that the page shows."""
        run, tally = self.run, self.tally
        missed = sum(self.tally.share(n).missed for n in self.ruleset.deadlines)
        judged = sum(self.tally.share(n).all for n in self.ruleset.deadlines)
        return {
            "title": both(self.ruleset.title), "ruleset": self.ruleset.id, "version": self.ruleset.version,
            "up_to": run.now.isoformat(" ", "minutes")[:16], "made": self.made.isoformat(" ", "minutes")[:16],
            "counts": {
                "read": tally.read, "audited": tally.audited, "quarantined": tally.quarantined, "findings": tally.total,
                "with_findings": tally.with_findings, "missed": missed, "judged": judged, "events": tally.events_read,
                "events_unused": tally.events_unused, "events_quarantined": tally.events_quarantined,
            },
            "kinds": [self.kind(k, n) for k, n in sorted(tally.kinds(), key=lambda p: -p[1])],
            "deadlines": [self.deadline(n) for n in self.ruleset.deadlines],
            "months": self.months(), "flows": list(self.flows()), "owners": list(self.owners()),
            "groups": list(self.groups()), "coverage": list(self.coverage()), "money": list(self.money()),
            "clauses": {i: {"at": c.at, **both(c.says)} for i, c in self.clauses.items()},
            "rests_on": [self.parameter(p) for p in self.soft()],
            "silent": [both(self.label(n)) for n in run.not_observable],
            "alone": [both(self.ruleset.inputs[n].label) for n in run.alone],
            "sources": [{"what": s.what, "file": s.file, "sha256": s.sha256} for s in run.sources],
            "ruleset_sha256": self.ruleset.content_hash,
            "findings": [{k: row[k] for k in _SHOWN} for row in islice(rows_of(run.findings), MOST_FINDINGS)],
            "more": max(0, tally.total - MOST_FINDINGS),
        }  # fmt: skip

    def label(self, name: str) -> Label:
        return Label(self.zh.name(name), self.en.name(name))

    def span(self, time: timedelta | None) -> Both | None:
        return None if time is None else {"zh": self.zh.span(time), "en": self.en.span(time)}

    def kind(self, kind: str, count: int) -> dict[str, Any]:
        names = sorted(((n, c) for (k, n), c in self.tally.by_name.items() if k == kind), key=lambda p: (-p[1], p[0]))
        parts = [{"name": n, "label": both(self._named(kind, n)), "count": c} for n, c in names]
        return {"kind": kind, "label": both(KIND[kind]), "count": count, "parts": parts}

    def _named(self, kind: str, name: str) -> Label:
        steps = self.ruleset.process.steps if self.ruleset.process else {}
        return steps[name].label if kind in ("order", "closing") and name in steps else self.label(name)

    # --- time ------------------------------------------------------------------------------------------

    def deadline(self, name: str) -> dict[str, Any]:
        deadline, whole = self.ruleset.deadlines[name], Share()
        for (deadline_name, _), share in self.tally.owners.items():
            if deadline_name == name:
                whole = _together(whole, share)
        standing = {j: self.tally.judged[name, j] for j in JUDGED if self.tally.judged[name, j]}
        return {
            "name": name, "label": both(deadline.label), "clauses": list(deadline.because), "standing": standing,
            "kept": whole.kept, "missed": whole.missed, "rate": whole.rate, "late": self.span(whole.mean_late),
            "took": self.span(whole.mean_took), "untimed": whole.missed - whole.timed,
        }  # fmt: skip

    def months(self) -> dict[str, list[dict[str, Any]]]:
        """Return the months in which any limit began to run, by deadline."""
        found: dict[str, list[dict[str, Any]]] = {}
        known = sorted({m for _, m in self.tally.months if len(m) == len("2024-05")})
        for name in {n: None for n, _ in self.tally.months}:
            shares = {m: s for (n, m), s in self.tally.months.items() if n == name}
            found[name] = [
                {
                    "month": m,
                    "kept": shares[m].kept if m in shares else 0,
                    "missed": shares[m].missed if m in shares else 0,
                }
                for m in known
            ]
        return found

    def owners(self) -> Iterator[dict[str, Any]]:
        """Yield the owners that missed most, of each deadline."""
        counted: dict[str, int] = {}
        for name, owner, share in slowest(self.run):
            counted[name] = counted.get(name, 0) + 1
            if counted[name] <= _MOST_OWNERS:
                yield {
                    "deadline": name, "owner": {"zh": self.zh.owner(owner), "en": self.en.owner(owner)},
                    "missed": share.missed, "judged": share.all, "rate": share.rate, "late": self.span(share.mean_late),
                }  # fmt: skip

    # --- outcomes --------------------------------------------------------------------------------------

    def flows(self) -> Iterator[dict[str, Any]]:
        """Yield for each recorded outcome, amounts left out, how often which text met which owed value."""
        for name in (n for n in self.run.mapping.decisions if n not in self.tally.money):
            counted = [(k[1], k[2], k[3], n) for k, n in self.tally.flows.most_common() if k[0] == name]
            links = [
                {"text": text, "owed": self.owed(name, owed), "agrees": agrees, "count": n}
                for text, owed, agrees, n in counted[:_MOST_FLOWS]
            ]
            if links:
                differs = sum(n for _, _, agrees, n in counted if not agrees)
                compared = sum(n for *_, n in counted)
                yield {
                    "decision": name, "label": both(self.label(name)), "links": links, "differs": differs,
                    "compared": compared, "undecided": self.tally.undecided[name],
                }  # fmt: skip

    def owed(self, decision: str, text: str) -> Both:
        """Return an owed value in words, from the text by which it was counted."""
        name, _, output = decision.partition(".")
        types = self.ruleset.outputs[name]
        type_: Type = types[output] if output in types else next(iter(types.values()))
        plain: Any = {"True": True, "False": False}.get(text, text)
        parts = text.split(",") if isinstance(plain, str) and type_.labels else [plain]
        said = ((value_words(p, type_, "zh"), value_words(p, type_, "en")) for p in parts)
        zh, en = zip(*said, strict=True)
        return {"zh": "、".join(zh), "en": ", ".join(en)}

    def money(self) -> Iterator[dict[str, Any]]:
        for name, money in self.tally.money.items():
            amounts = {k: f"{getattr(money, k):,f}" for k in ("recorded", "owed", "above", "below")}
            unit = next(iter(self.ruleset.outputs[name.partition(".")[0]].values())).currency
            compare = self.run.mapping.decisions[name].compare
            yield {
                "label": both(self.label(name)),
                "compared": money.compared,
                "unit": unit,
                "compare": compare,
                **amounts,
            }

    def groups(self) -> Iterator[dict[str, Any]]:
        for column in self.run.mapping.groups:
            values = [(v, c) for (col, v), c in self.tally.groups.items() if col == column]
            values.sort(key=lambda p: (-p[1]["all"], p[0]))
            rows = [{"value": v or "—", "all": c["all"], "found": c["with findings"]} for v, c in values[:_MOST_GROUPS]]
            yield {"column": column, "rows": rows, "more": max(0, len(values) - _MOST_GROUPS)}

    # --- rules -----------------------------------------------------------------------------------------

    def coverage(self) -> Iterator[dict[str, Any]]:
        """Yield each decision: how often each of its rules decided, and how often none could."""
        for name, decision in self.ruleset.decisions.items():
            parts = decision.rules if isinstance(decision, TableDecision) else ()
            rules = [{"id": r.id, "count": self.tally.rules[name, r.id], "clauses": list(r.because)} for r in parts]
            decided, open_ = self.tally.decided[name, True], self.tally.decided[name, False]
            yield {"decision": name, "label": both(decision.label), "decided": decided, "open": open_, "rules": rules}

    def soft(self) -> Iterator[Parameter]:
        kinds = (ParameterKind.READING, ParameterKind.ASSUMED, ParameterKind.UNSET)
        yield from (p for p in self.ruleset.parameters.values() if p.kind in kinds)

    def parameter(self, parameter: Parameter) -> dict[str, Any]:
        value = self.run.parameters.get(parameter.name)
        said = {lang: "—" if value is None else value_words(value, parameter.type, lang) for lang in ("zh", "en")}
        if value in parameter.options:
            said = both(parameter.options[value])
        reason = parameter.reason or Label("", "")
        return {
            "name": parameter.name,
            "label": both(parameter.label),
            "kind": parameter.kind.value,
            "value": said,
            "reason": both(reason),
        }


def _together(one: Share, other: Share) -> Share:
    return Share(
        one.kept + other.kept, one.missed + other.missed, one.timed + other.timed, one.late + other.late,
        one.met + other.met, one.took + other.took,
    )  # fmt: skip
