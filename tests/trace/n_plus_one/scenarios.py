"""A scenario is a request that runs on a real engine and the findings that are expected of it, each at the line that a mark names."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
N1, MN1, DUPLICATE, WRITES, CHUNKED = "N+1", "M·N+1", "duplicate-statement", "write-loop", "chunked-statement"

Act = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way to ask a database, and what is wrong with it."""

    name: str
    act: Act
    expected: frozenset[tuple[str, str]]
    """Class and mark, which is a comment at the end of the line; nothing for a trap."""
    engine: str
    requests: int
    needs_rows: bool
    """Whether the recorder must have counted the rows of reads on this engine."""
    advice: str
    """What the remedy must name."""

    @property
    def lines(self) -> set[tuple[str, str, int]]:
        """Class, file and line."""
        return {(kind, *place(mark)) for kind, mark in self.expected}


SCENARIOS: dict[str, Scenario] = {}


def scenario(
    *kinds: str, engine: str = "sqlite", mark: str = "", requests: int = 1, needs_rows: bool = False, advice: str = ""
) -> Callable[[Act], Act]:
    """Registers the function below it; its lines are marked with its name, a second one with its name and 2."""

    def register(act: Act) -> Act:
        words = act.__name__.replace("_", " ")
        marks = [mark or words, f"{words} 2"]
        expected = frozenset(zip(kinds, marks, strict=False))
        # the same act may run on several engines
        for where in engine.split():
            name = f"{act.__name__} on {where}"
            assert name not in SCENARIOS
            SCENARIOS[name] = Scenario(name, act, expected, where, requests, needs_rows, advice)
        return act

    return register


def place(mark: str) -> tuple[str, int]:
    """The one line of this folder that ends with the mark."""
    found = [
        (path.relative_to(FOLDER).as_posix(), number)
        for path in sorted([*FOLDER.glob("*.py"), *FOLDER.glob("templates/*.html")])
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if line.rstrip().endswith((f"# {mark}", f"{{# {mark} #}}"))
    ]
    assert len(found) == 1, (mark, found)
    return found[0]


def is_async(act: Act) -> bool:
    """Whether it takes an asynchronous session."""
    return inspect.iscoroutinefunction(act)


def use(*things: object) -> None:
    """What an application would do with what it read."""
