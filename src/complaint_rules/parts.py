"""Parts: pieces of documents copied into a new one, each keeping the place where it was written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from complaint_rules.diagnostics import Diagnostic, Span
from complaint_rules.source import Document, Path


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a document."""

    document: Document
    path: Path
    plain: Any

    def __getitem__(self, key: str | int) -> Part:
        return Part(self.document, (*self.path, key), self.plain[key])

    def __contains__(self, key: object) -> bool:
        return isinstance(self.plain, dict) and key in self.plain

    def get(self, key: str) -> Part | None:
        """Return the piece under a key, or None."""
        return self[key] if key in self else None  # noqa: SIM401 - this is that `get`

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self.plain) if isinstance(self.plain, dict) else ()

    @property
    def entries(self) -> list[Part]:
        return [self[i] for i in range(len(self.plain))] if isinstance(self.plain, list) else []

    def span(self, *, of_key: bool = False) -> Span:
        """Return where the piece stands."""
        return self.document.span(self.path, of_key=of_key)


def whole(document: Document) -> Part:
    """Return a document as one piece."""
    return Part(document, (), document.root)


@dataclass
class Copier:
    """A new document as it grows: the place of each piece by its new path, and what is wrong."""

    values: dict[Path, Span] = field(default_factory=dict)
    keys: dict[Path, Span] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)

    def mark(self, part: Part, at: Path) -> None:
        """Note that what stands at a path of the new document was written where the piece stands."""
        self.values[at] = part.span()
        if part.path in part.document.keys:
            self.keys[at] = part.document.keys[part.path]

    def take(self, part: Part, at: Path) -> Any:
        """Return a copy of a piece, all its places noted under its new path."""
        self.mark(part, at)
        if isinstance(part.plain, dict):
            return {k: self.take(part[k], (*at, k)) for k in part.plain}
        if isinstance(part.plain, list):
            return [self.take(p, (*at, i)) for i, p in enumerate(part.entries)]
        return part.plain

    def problem(self, code: str, part: Part, at: str, **words: object) -> None:
        """Note a problem at a key of a piece."""
        self.problems.append(Diagnostic(code, part.document.span((*part.path, at), of_key=True), words))
