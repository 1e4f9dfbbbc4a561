"""A process that runs already is looked at from outside for a while, and goes on."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from perfkit.collectors.base import Progress, described, desk, leave, utc_now
from perfkit.collectors.onlooker import stopped
from perfkit.collectors.process import Child, run_child
from perfkit.collectors.profile import py_spy
from perfkit.collectors.profile.options import ProfileOptions
from perfkit.collectors.profile.program import Program
from perfkit.collectors.versions import tool_version
from perfkit.errors import UsageError
from perfkit.model.run import Fact

NOBODY = Program("", "script", "", ())
START_S = 30.0
"""py-spy may take so long to start and to write."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a process had used at one moment."""

    cpu_user: float
    cpu_system: float
    voluntary_switches: float
    involuntary_switches: float


def collect(options: ProfileOptions, folder: Path, tell: Progress) -> Path:
    """Runs py-spy for the duration, or until the process ends."""
    process, started = _process(options.pid or 0), utc_now()
    version, cwd, command = tool_version(py_spy.NAME), _folder_of(process), _command_of(process)
    who, seconds_wanted = f"process {process.pid}", options.duration_s or 0.0
    with desk(folder) as place:
        artefact = place / py_spy.ARTEFACT
        observer = tuple(word.replace("{pid}", str(process.pid)) for word in py_spy.launch(NOBODY, options, artefact).observer)
        child = Child(observer, seconds_wanted + START_S, shown=(py_spy.NAME, "--pid", str(process.pid)), stoppable=options.stoppable)
        before, began = _spent(process), time.monotonic()
        ended = run_child(child, lambda _, seconds: tell(f"{seconds:.0f} s · {who}", min(seconds / seconds_wanted, 1.0)))
        after, wall = _spent(process), time.monotonic() - began
        if ended.status or not artefact.exists() or py_spy.took_nothing(ended.last_words):
            raise py_spy.failure(ended.last_words, who, process.pid)
        told = py_spy.told(ended.last_words)
        known = replace(told, tool=py_spy.NAME, tool_version=version, started_at=started, facts={**_facts(before, after, wall), **told.facts})
        known = replace(known, parameters={"command": command, **stopped(options, ended.stopped_after_s), **py_spy.settings(options)})
        return leave(artefact, folder, described(known, options.stated, options.project or cwd))


def _process(pid: int) -> psutil.Process:
    try:
        return psutil.Process(pid)
    except (psutil.NoSuchProcess, ValueError) as error:
        raise UsageError(f"--pid {pid}: there is no such process. `ps -ef` lists those that run.") from error


def _spent(process: psutil.Process) -> Spent | None:
    with suppress(psutil.Error):
        times, switches = process.cpu_times(), process.num_ctx_switches()
        return Spent(times.user, times.system, switches.voluntary, switches.involuntary)
    return None


def _facts(before: Spent | None, after: Spent | None, wall: float) -> Mapping[str, Fact]:
    """Of the process alone; what it spends after our last look is not known."""
    facts: dict[str, Fact] = {"wall": (wall, "wall_s")}
    if before is None or after is None:
        return facts
    facts |= {"cpu_user": (after.cpu_user - before.cpu_user, "cpu_s"), "cpu_system": (after.cpu_system - before.cpu_system, "cpu_s")}
    for stat in ("voluntary_switches", "involuntary_switches"):
        facts[stat] = (max(getattr(after, stat) - getattr(before, stat), 0.0), "count")
    return facts


def _folder_of(process: psutil.Process) -> Path | None:
    """Where its code is looked for, if the system tells."""
    with suppress(psutil.Error):
        return Path(process.cwd())
    return None


def _command_of(process: psutil.Process) -> str:
    """Without its arguments, which may hold secrets."""
    with suppress(psutil.Error):
        words = process.cmdline()
        return " ".join(words[:3] if words[1:2] == ["-m"] else words[:2])
    return process.name()
