"""Setting aside: findings named by what they are about, those that are accepted marked with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from complaint_rules.accepted import Accepted
from complaint_rules.diagnostics import Diagnostic, Severity, Span
from complaint_rules.source import Document, Path, Plain

# The keys of a file that say how it is built, and not what anything is called.
_STRUCTURE = {
    "rules", "needs_all", "needs_any", "inputs", "output", "outputs", "milestones", "value", "assumed", "dated", "values",
}  # fmt: skip


def named(document: Document, findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return the findings, each with the names of what stands at its place: `decision.rule`, `decision.column`, a name."""
    paths: dict[Span, Path] = {}
    for places in (document.values, document.keys):
        for path, span in places.items():
            paths.setdefault(span, path)
    return [_named(document.root, paths, d) for d in findings]


def _named(root: Plain, paths: Mapping[Span, Path], finding: Diagnostic) -> Diagnostic:
    path = paths.get(finding.span) if finding.span else None
    return finding if path is None or finding.where else replace(finding, where=".".join(_names(root, path)))


def _names(root: Plain, path: Path) -> Iterator[str]:
    """Yield what the parts of a path are called."""
    node, head = root, 2 if path[:1] == ("process",) else 1
    for at, key in enumerate(path):
        node = node[key] if isinstance(node, (dict, list)) else ""  # type: ignore[index]  # the path was made from the file
        if at < head and len(path) > head:
            continue
        if at == head or not (isinstance(key, int) or key in _STRUCTURE):
            yield str(key)
        elif isinstance(key, int) and isinstance(node, dict) and "id" in node:
            yield str(node["id"])
        elif isinstance(key, int) and isinstance(node, str):
            yield node


def set_aside(findings: Sequence[Diagnostic], accepted: Sequence[Accepted]) -> list[Diagnostic]:
    """Return the findings with the reason of each that is accepted; what accepts none is a finding too.

    An error is never accepted.
    """
    reasons = {(a.finding, a.at): a.reason for a in accepted}
    met: set[tuple[str, str]] = set()
    found: list[Diagnostic] = []
    for finding in findings:
        key = (finding.code, finding.where)
        if key in reasons and finding.severity is not Severity.ERROR:
            met.add(key)
            found.append(replace(finding, accepted=reasons[key]))
        else:
            found.append(finding)
    for one in {(a.finding, a.at): a for a in accepted if (a.finding, a.at) not in met}.values():
        words = {"finding": one.finding, "at": one.at}
        found.append(Diagnostic("CR235", one.span, words, where=f"accepted.{one.at}", severity=Severity.WARNING))
    return found
