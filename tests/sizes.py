"""How much a law tries: a part of it in `make test`, and all of it in `make exam`, which sets EXAM."""

from __future__ import annotations

import os


def of(usual: int, exam: int) -> int:
    """Return the usual number, or the number of the exam."""
    return exam if os.environ.get("EXAM") else usual
