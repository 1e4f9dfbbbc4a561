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
NOTHING = Counted("r", *([None] * 11))
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


CROWDED = replace(NOTHING, wall_s=10.0, cpu_s=4.0, switches=2.0, stopped=990.0, taken=1600.0)


def test_a_main_thread_that_waits_for_threads_that_work_is_said_to() -> None:
    found = judge(replace(BUSY, cpu_s=7.5), [WORK, outside("lock.acquire", 990.0)])
    assert found.bound == "inconclusive"
    assert found.evidence[-1].startswith("what the profiler watched waits")


def test_time_that_others_took_is_not_waiting() -> None:
    read = outside("<method 'recv_into' of '_socket.socket' objects>", 2.0)
    found = judge(CROWDED, [WORK, read])
    assert found.bound == "inconclusive"
    assert any("the machine was busy: others took the processor from it 400 times a second of its work" in said for said in found.evidence)
    assert any("0.200 times a second to wait, the profiler's own stops left out" in said for said in found.evidence)
    assert judge(replace(CROWDED, taken=20.0), [WORK, read]).bound == "io"
    assert judge(replace(CROWDED, cpu_s=9.8), [WORK]).bound == "cpu"


def test_waiting_that_functions_say_by_their_names_is_waiting_on_a_busy_machine_too() -> None:
    assert judge(CROWDED, [WORK, outside("<built-in method time.sleep>", 90.0)]).bound == "sleep"


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
