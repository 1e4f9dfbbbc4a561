"""A command with what it cost: wall and CPU time, switches, peak memory, and what an observer beside it said."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from perfkit.collectors.process import Child, Watch, run_child
from perfkit.errors import CollectionFailed, MissingTool
from perfkit.model.run import Fact

LAUNCHER = Path(__file__).with_name("children") / "measured.py"
UNITS = {
    "wall": "wall_s",
    "cpu_user": "cpu_s",
    "cpu_system": "cpu_s",
    "voluntary_switches": "count",
    "involuntary_switches": "count",
    "peak_rss": "bytes",
}
"""Facts of every measured command, with its child processes as far as it waited for them."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A command that came to its end."""

    status: int
    """Negative: the signal that ended it."""
    interrupted: bool
    """True when it was asked to end."""
    last_words: str
    facts: Mapping[str, Fact]
    observer_gave_up: bool
    """True: the command was ended because its observer had failed."""
    observer_said: str
    stopped_after_s: float | None
    """When Ctrl-C asked it to end; None: nobody pressed it."""

    @property
    def failed(self) -> bool:
        """A command that was asked to end may say so with its status."""
        return self.status != 0 and not self.interrupted and not self.observer_gave_up

    @property
    def cpu_seconds(self) -> float:
        """User and system."""
        return self.facts["cpu_user"][0] + self.facts["cpu_system"][0]


def run_measured(child: Child, place: Path, watch: Watch, observer: tuple[str, ...] = ()) -> Measured:
    """Runs the command; the observer, whose {pid} becomes the command's process id, is started beside it and ends with it."""
    _require(child)
    report, said = place / "cost.json", place / "observer.txt"
    launch = (sys.executable, "-I", "-S", str(LAUNCHER), str(report), str(said), str(len(observer)), *observer, *child.command)
    ended = run_child(replace(child, command=launch, shown=child.command), watch)
    if not report.exists():
        raise CollectionFailed(f"`{shlex.join(child.command)}` was ended from outside.", quoted=ended.last_words)
    told = json.loads(report.read_text(encoding="ascii"))
    heard = said.read_text(encoding="utf-8", errors="replace").strip() if said.exists() else ""
    facts = {stat: (float(told[stat]), unit) for stat, unit in UNITS.items()}
    gave_up, stopped = told.get("observer_gave_up", False), ended.stopped_after_s
    return Measured(told["status"], ended.interrupted, ended.last_words, facts, gave_up, heard, stopped)


def _require(child: Child) -> None:
    name = child.command[0]
    place = str((child.cwd or Path.cwd()) / name) if "/" in name else name
    if shutil.which(place) is None:
        raise MissingTool(f"{name} cannot be started: it is not here or not executable.")
