"""Memory: the values of a function, kept by argument; all are forgotten when there are too many."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Argument = TypeVar("Argument")
Value = TypeVar("Value")

KEPT = 20_000


class Memory(dict[Argument, Value]):
    """What `work` returned for each argument asked for; at most `KEPT` of them.

    Equal arguments share one value, so `work` must not tell them apart. What it raises is not kept.
    """

    __slots__ = ("work",)

    def __init__(self, work: Callable[[Argument], Value]) -> None:
        super().__init__()
        self.work = work

    def __missing__(self, argument: Argument) -> Value:
        found = self.work(argument)
        if len(self) >= KEPT:
            self.clear()
        self[argument] = found
        return found
