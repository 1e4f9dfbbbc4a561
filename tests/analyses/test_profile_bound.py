"""What a program is bound by follows from what was counted and from where its functions spend their time; else it stays open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perfkit.analyses.functions import FunctionTime
from perfkit.analyses.profile_bound import Counted, judge
from perfkit.analyses.profile_owners import ProfileOwner
from perfkit.analyses.speed_up import function_gains
from perfkit.analyses.usual_functions import UsualFunction

WORK = FunctionTime("r", "work (app.py:1)", "work", "app", "app.py", 1, "application", 10, 10.0, 10.0, None, None, "wall_s")
NOTHING = Counted("r", *([None] * 9))
BUSY = replace(NOTHING, wall_s=10.0, cpu_s=9.8, system_s=0.2, switches=5.0)
WAITED = replace(NOTHING, wall_s=10.0, cpu_s=1.0, system_s=0.2, switches=900.0)


def outside(function: str, own: float) -> FunctionTime:
    return replace(WORK, function=function, origin="native", file="~", own=own)


THREADS = [ProfileOwner("r", name, "wall_s", 5.0, 0.5) for name in ("one", "two")]


@pytest.mark.parametrize(
    ("counted", "rows", "owners", "bound"),
    [
        (BUSY, [WORK], [], "cpu"),
        (BUSY, [WORK], THREADS, "gil"),
        (replace(BUSY, cpu_s=19.0), [WORK], THREADS, "cpu"),
        (replace(BUSY, python=1.0, native=9.0), [WORK], THREADS, "cpu"),
        (WAITED, [WORK, outside("<method 'recv_into' of '_socket.socket' objects>", 90.0)], [], "io"),
        (WAITED, [WORK, outside("<method 'acquire' of '_thread.lock' objects>", 90.0)], [], "lock"),
        (WAITED, [WORK, outside("<built-in method time.sleep>", 90.0)], [], "sleep"),
        (WAITED, [WORK, outside("<method 'poll' of 'select.epoll' objects>", 90.0)], [], "inconclusive"),
        (WAITED, [WORK], [], "inconclusive"),
        (BUSY, [WORK, outside("<built-in method gc.collect>", 9.0)], [], "allocation"),
        (BUSY, [WORK, outside("memcpy", 9.0)], [], "memory"),
        (NOTHING, [WORK], [], "inconclusive"),
        (NOTHING, [WORK, outside("<method 'recv' of '_socket.socket' objects>", 90.0)], [], "io"),
    ],
)
def test_the_bound_follows_from_the_evidence(counted: Counted, rows: list[FunctionTime], owners: list[ProfileOwner], bound: str) -> None:
    found = judge(counted, rows, owners)
    assert found.bound == bound
    assert found.evidence


def test_an_application_that_names_a_function_read_does_not_wait_by_that() -> None:
    assert judge(NOTHING, [replace(WORK, function="read")]).bound == "inconclusive"


def test_what_the_whole_gains_follows_amdahls_law() -> None:
    rows = [
        UsualFunction("f", "app", "app.py", 1, "application", 1, None, own, total, own / 10, total / 10, None, "wall_s")
        for own, total in ((3, 10), (7, 7))
    ]
    half, free = function_gains(rows, 2.0), function_gains(rows, float("inf"))
    assert [gain.own_saves for gain in half] == pytest.approx([1.5, 3.5])
    assert [gain.own_speed_up for gain in half] == pytest.approx([10 / 8.5, 10 / 6.5])
    assert [gain.total_speed_up for gain in free] == pytest.approx([float("inf"), 10 / 3])
    assert sum(gain.own_saves for gain in free) == pytest.approx(10.0)
