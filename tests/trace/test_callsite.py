"""Call sites: frames remember their callers, and nobody can tell that from what is found."""

from __future__ import annotations

import random
import sys
import traceback
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from perfkit.trace.callsite import CallSites, _Homes

ROOT = Path(__file__).parents[2]
LIBRARY = "def through(depth, function, *arguments):\n    return function(*arguments) if depth == 0 else through(depth - 1, function, *arguments)\n"


@pytest.fixture(scope="module")
def through() -> Callable[..., Any]:
    """Calls a function from so many frames of a library."""
    scope: dict[str, Any] = {}
    exec(compile(LIBRARY, "/usr/lib/python3/site-packages/library.py", "exec"), scope)  # nosec B102
    function: Callable[..., Any] = scope["through"]
    return function


class Program:
    """Calls by chance, and asks at every step for the call site and for what a plain walk finds."""

    def __init__(self, seed: int, through: Callable[..., Any]) -> None:
        self.sites, self.through, self.chance = CallSites(ROOT), through, random.Random(seed)
        self.asked = 0

    def step(self, depth: int) -> None:
        self.ask()
        for _ in range(self.chance.randrange(4) if depth else 0):
            self.chance.choice((self.step, self.other, self.library, self.generator, self.again))(depth - 1)
            if self.chance.random() < 0.5:
                self.ask()
            self.ask()

    def other(self, depth: int) -> None:
        self.step(depth)
        self.ask()

    def library(self, depth: int) -> None:
        self.through(self.chance.randrange(9), self.step, depth)

    def generator(self, depth: int) -> None:
        numbers = self.numbers(depth)
        next(numbers, None)
        self.through(3, self.other, min(depth, 1))
        for _ in numbers:
            self.ask()

    def numbers(self, depth: int) -> Iterator[int]:
        for number in range(3):
            self.step(min(depth, 1))
            yield number

    def again(self, depth: int) -> None:
        if depth > 0:
            self.again(depth - 1)
        self.step(min(depth, 1))

    def ask(self) -> None:
        self.asked += 1
        frame = sys._getframe(1)
        assert self.sites.at(frame).chain == plain_chain(frame)


def plain_chain(frame: FrameType) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for running, line in traceback.walk_stack(frame):
        path = Path(running.f_code.co_filename)
        if path.is_relative_to(ROOT) and "site-packages" not in path.parts:
            found[f"{path.relative_to(ROOT)}:{running.f_code.co_qualname}:{line}"] = None
    return tuple(found)[:5]


@pytest.mark.parametrize("seed", range(40))
def test_what_frames_remember_is_what_a_plain_walk_finds(through: Callable[..., Any], seed: int) -> None:
    program = Program(seed, through)
    while program.asked < 300:
        program.step(6)


def test_a_deep_stack_is_walked_once(through: Callable[..., Any]) -> None:
    seen: list[str] = []

    class Watched(_Homes):
        def __getitem__(self, name: str) -> str:
            seen.append(name)
            return super().__getitem__(name)

    sites = CallSites(ROOT)
    sites.here(0)
    sites._known = Watched(sites._home)

    def ask() -> None:
        sites.here(0)

    def loop() -> None:
        for _ in range(100):
            ask()

    through(200, loop)
    assert 200 < len(seen) < 200 * 5 + 100 * 5  # and not 200 * 100: four walks tell that ask() asks once and loop() often


def test_another_recording_learns_nothing_from_the_one_before() -> None:
    def ask(sites: CallSites) -> str | None:
        return sites.here(0).file

    inside, below = CallSites(ROOT), CallSites(ROOT / "tests")
    asked = [ask(sites) for sites in (inside, below, inside, below)]
    assert asked == ["tests/trace/test_callsite.py", "trace/test_callsite.py"] * 2
    assert all(step.startswith("trace/") for step in below.here(0).chain if "test_callsite" in step)


def test_a_debugger_keeps_its_frames() -> None:
    sites, events = CallSites(ROOT), []

    def debugger(frame: FrameType, event: str, argument: object) -> Any:
        events.append((frame.f_code.co_name, event))
        return debugger

    def ask() -> None:
        sites.here(0)

    def debugged() -> None:
        ask()
        ask()

    before = sys.gettrace()
    try:
        sys.settrace(debugger)
        debugged()
        sys._getframe().f_trace = debugger
    finally:
        sys.settrace(before)
        own, sys._getframe().f_trace = sys._getframe().f_trace, None
    assert own is debugger
    assert events.count(("debugged", "line")) == 2
    assert ("ask", "return") in events


def test_a_debugger_that_comes_later_steps_through_frames_that_remember() -> None:
    sites, lines = CallSites(ROOT), []

    def ask() -> None:
        sites.here(0)

    def debugger(frame: FrameType, event: str, argument: object) -> Any:
        lines.append(frame.f_code.co_name)
        return debugger

    def marked() -> None:
        ask()
        sys.settrace(debugger)
        ask()

    before = sys.gettrace()
    try:
        marked()
    finally:
        sys.settrace(before)
    assert "ask" in lines


def test_a_generator_that_others_resume_has_the_caller_of_the_moment() -> None:
    sites = CallSites(ROOT)

    def ask() -> tuple[str, ...]:
        return sites.here(0).chain

    def chains() -> Generator[tuple[str, ...]]:
        while True:
            yield ask()

    asking = chains()

    def first() -> tuple[str, ...]:
        return next(asking)

    def second() -> tuple[str, ...]:
        return next(asking)

    callers = [[step.split(":")[1].rsplit(".", 1)[-1] for step in chain][2] for chain in (first(), second(), first())]
    assert callers == ["first", "second", "first"]


def test_a_walk_that_ends_at_a_frame_does_not_begin_there_for_ever() -> None:
    sites = CallSites(ROOT)

    async def first() -> None:
        sites.here(0)

    async def second() -> None:
        await first()

    async def third() -> None:
        await second()

    async def fourth() -> None:
        await third()

    def program() -> str:
        with pytest.raises(StopIteration):  # the walk ends here, at the fifth function; the four below are coroutines, which nobody marks
            fourth().send(None)
        return sites.here(0).chain[0].split(":")[1]

    assert program().endswith("program")
