"""How far a load test is: what Locust's process last told about itself, in words and as a share of the whole."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfkit.collectors.base import Progress
from perfkit.collectors.load_options import LoadOptions
from perfkit.errors import CollectionFailed

OVERTIME_S = 60.0
"""How much longer than planned a test may take to start and to stop."""
SILENT_S = 3.0
"""A target that answers nothing for so long is worth a word."""


@dataclass(frozen=True, slots=True)
class WorkerState:
    """What one generator process told of itself."""

    rows: int = 0
    """Requests that are in the log."""
    requests: int = 0
    """Those of them that count: neither ramp nor warm-up."""
    lost_rows: int = 0
    paced_s: float = 0.0
    """Whole seconds within a steady step: only there does its pace say something."""
    paced_requests: int = 0
    user_seconds: float = 0.0
    """Users times seconds, of the same seconds."""
    missed_s: int = 0
    """Whole seconds in which it did not get to look at its clock."""
    sent: Mapping[str, int] = field(default_factory=dict)
    """Requests of an open model that began within the step that meant them, by the step's number."""
    finished: bool = False
    """Its last row has arrived."""


@dataclass(frozen=True, slots=True)
class State:
    """What Locust's process last told about itself."""

    started: float | None = None
    """In seconds of the epoch, as all moments here. None while workers are awaited."""
    begins: float | None = None
    """When the measurement begins. None while it is not known."""
    stopped: float | None = None
    users: int = 0
    requests: int = 0
    """Those that count."""
    stage: int | None = None
    per_second: float = 0.0
    p95_ms: float | None = None
    """Of the last seconds, as Locust rounds it; for the eye only."""
    errors: int = 0
    connected: int = 0
    """Workers that reported to the master."""
    own_shape: bool = False
    """The locustfile decides itself how long the test takes."""
    workers: Mapping[str, WorkerState] = field(default_factory=dict)

    @property
    def ended(self) -> int:
        """Requests that are over, answered or failed, whether they count or not."""
        return sum(worker.rows for worker in self.workers.values())


def read_state(path: Path) -> State:
    """The state of a process that has not told anything yet is empty."""
    if not path.exists():
        return State()
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return State(**{**told, "workers": {name: WorkerState(**worker) for name, worker in told["workers"].items()}})


class Watcher:
    """Called with the seconds since Locust's start: tells how far the test is, and ends one that does not come to its end."""

    def __init__(self, options: LoadOptions, state_file: Path, progress: Progress) -> None:
        self.state = State()
        self._options = options
        self._state_file = state_file
        self._progress = progress
        self._ended, self._heard_s = 0, 0.0

    def __call__(self, seconds: float) -> None:
        self.state, planned_s = read_state(self._state_file), self._options.planned_s
        waited_s = self._options.generators.max_wait_s if self._options.generators.expected else 0.0
        if not self.state.own_shape and seconds > waited_s + planned_s + self._options.answer_s + OVERTIME_S:
            raise CollectionFailed(f"The load was to end after {planned_s:.0f} s; after {seconds:.0f} s Locust was still running and was ended.")
        if self.state.started is None:
            expected = self._options.generators.expected
            self._progress(f"{self.state.connected} of {expected} workers are here" if expected else "Locust starts", 0.0)
            return
        passed_s = time.time() - self.state.started
        if self.state.ended > self._ended:
            self._ended, self._heard_s = self.state.ended, passed_s
        length_s = None if self.state.own_shape else planned_s
        text = progress_text(self.state, passed_s, length_s, silent_s=passed_s - self._heard_s, grace_s=self._options.answer_s)
        self._progress(text, min(passed_s / length_s, 1.0) if length_s else 0.0)


def progress_text(state: State, passed_s: float, planned_s: float | None, *, silent_s: float = 0.0, grace_s: float = 0.0) -> str:
    """Like `7 of 10 s · 8 users · 41 requests/s · P95 120 ms · 0 errors · 3 s left`; after the end, how long requests are still waited for."""
    parts = [f"{passed_s:.0f} s" if planned_s is None else f"{min(passed_s, planned_s):.0f} of {planned_s:.0f} s"]
    parts += [f"nothing answered {'for' if state.ended else 'yet, for'} {silent_s:.0f} s"] if silent_s >= SILENT_S else []
    parts += [f"stage {state.stage}"] if state.stage is not None else []
    parts += [f"{state.users} users", f"{state.per_second:.0f} requests/s"]
    parts += [f"P95 {state.p95_ms:.0f} ms"] if state.p95_ms is not None and state.ended else []
    parts += [f"{state.errors} errors"]
    if state.begins is None or state.begins > (state.started or 0) + passed_s:
        parts += ["warming up"]
    if planned_s is not None:
        left_s, grace_left_s = planned_s - passed_s, max(planned_s + grace_s - passed_s, 0)
        parts += [f"{left_s:.0f} s left" if left_s > 0 else f"no new requests; running ones get {grace_left_s:.0f} s more"]
    return " · ".join(parts)
