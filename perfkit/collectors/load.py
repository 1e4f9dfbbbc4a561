"""Locust → its per-request log, in a closed model: each user waits for its answer. Locust is a process of its own, never imported."""

from __future__ import annotations

import hashlib
import json
import math
import sys
import time
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from perfkit.collectors.base import Progress, described, desk, leave, nobody_watches, require, utc_now
from perfkit.collectors.process import Child, Ended, run_child
from perfkit.collectors.target import check_target
from perfkit.errors import CollectionFailed, UsageError
from perfkit.model.run import Manifest

CHILDREN = Path(__file__).with_name("children")
BUSY_PERCENT = 90.0
BUSY_WINDOW_S = 5.0
START_AND_STOP_S = 60.0


@dataclass(frozen=True, slots=True)
class RequestSpec:
    """One kind of request; it is one endpoint in every report."""

    name: str
    paths: tuple[str, ...]
    """Taken in turn."""
    method: str = "GET"
    body: Any = None
    """Sent as JSON. None sends no body."""
    weight: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """One load test."""

    target: str
    """The base URL."""
    requests: tuple[RequestSpec, ...] | None = None
    locustfile: Path | None = None
    """The caller's own; runs unchanged. Either this or requests."""
    users: int = 8
    spawn_rate: float = 8.0
    duration_s: float = 10.0
    """After the warm-up."""
    warmup_s: float = 0.0
    """Requests that begin in it, or before all users are there, are not in the artefact. 0 keeps every request."""
    wait_s: float = 0.0
    """A user's pause between an answer and the next request."""
    answer_s: float = 30.0
    """When a request has failed for want of an answer; also how long running ones may take to end."""
    allow_remote: bool = False
    stated: Manifest = field(default_factory=Manifest)
    """What the caller knows: label, scenario, system, investigation."""
    project: Path | None = None
    """The code under investigation, for its commit. None means the current folder."""

    @property
    def planned_s(self) -> float:
        return self.warmup_s + self.duration_s


@dataclass(frozen=True, slots=True)
class State:
    """What Locust's process last told about itself."""

    started: float | None = None
    begins: float | None = None
    """When the measurement begins, in seconds of the epoch. None while it is not known."""
    users: int = 0
    requests: int = 0


def requests_from(file: Path | None, paths: Sequence[str] = ()) -> tuple[RequestSpec, ...]:
    """The requests that a JSON file lists, else one for each path."""
    if file is None:
        return tuple(RequestSpec(name=path, paths=(path,)) for path in paths or ("/",))
    try:
        listed = json.loads(file.read_text(encoding="utf-8"))
        return tuple(RequestSpec(**{**entry, "paths": tuple(entry["paths"])}) for entry in listed)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror or error}.") from error
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(f"{file}: not a list of requests with name, paths, method, body and weight: {error}") from error


def collect(options: LoadOptions, folder: Path, progress: Progress | None = None) -> Path:
    """Runs the load and leaves the log of its measured requests."""
    version = require("locust")
    _check(options)
    check_target(options.target, allow_remote=options.allow_remote)
    with desk(folder) as place:
        watcher = Watcher(options, place / "state.json", progress or nobody_watches)
        ended = run_child(_child(options, place), watcher)
        raw, state = place / "load.csv", read_state(place / "state.json")
        if not raw.exists() or state.started is None:
            raise CollectionFailed(f"Locust ended with status {ended.status} before the test began. Its last lines:\n{ended.last_words}")
        reasons = doubts(ended, state.requests, busiest_percent(watcher.cpu_seconds))
        return leave(raw, folder, described(_manifest(options, version, state, reasons), options.stated, options.project))


def doubts(ended: Ended, requests: int, busy_percent: float) -> list[str]:
    """Why this run must not be judged."""
    found = []
    last_line = ended.last_words.splitlines()[-1]
    if ended.status:
        found.append(f"Locust ended with status {ended.status}: {last_line}")
    if requests == 0:
        found.append(f"no request was made within the measured time; Locust's last line: {last_line}")
    if busy_percent > BUSY_PERCENT:
        found.append(f"the load generator used {busy_percent:.0f} % of its core, so it may have slowed the requests down itself")
    return found


def busiest_percent(cpu_seconds: Sequence[tuple[float, float]]) -> float:
    """The largest CPU share of any window, from pairs of time and CPU time used until then; of everything when that is shorter."""
    if len(cpu_seconds) < 2:
        return 0.0
    times = [moment for moment, _ in cpu_seconds]
    window = min(BUSY_WINDOW_S, times[-1] - times[0])
    shares = []
    for first, (moment, used) in enumerate(cpu_seconds):
        last = max(bisect_left(times, moment + window), first + 1)
        if last < len(times):
            shares.append((cpu_seconds[last][1] - used) / (times[last] - moment))
    return 100 * max(shares)


def read_state(path: Path) -> State:
    """The state of a process that has not told anything yet is empty."""
    return State(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else State()


class Watcher:
    """Tells how far the test is, and samples what the generator itself uses while requests are measured."""

    def __init__(self, options: LoadOptions, state_file: Path, progress: Progress) -> None:
        self.cpu_seconds: list[tuple[float, float]] = []
        self._options = options
        self._state_file = state_file
        self._progress = progress

    def __call__(self, pid: int, seconds: float) -> None:
        state, now = read_state(self._state_file), time.time()
        if state.started is None:
            self._progress("Locust starts", 0.0)
            return
        passed = min(now - state.started, self._options.planned_s)
        if state.begins is not None and state.begins <= now and passed < self._options.planned_s:
            self._sample(pid, seconds)
        self._progress(progress_text(state, passed, self._options.planned_s, now), passed / self._options.planned_s)

    def _sample(self, pid: int, seconds: float) -> None:
        try:
            used = psutil.Process(pid).cpu_times()
        except psutil.NoSuchProcess:
            return
        self.cpu_seconds.append((seconds, used.user + used.system))


def progress_text(state: State, passed_s: float, planned_s: float, now: float) -> str:
    """Like `7 of 10 s · 8 users · 412 requests`."""
    warm = state.begins is not None and state.begins <= now
    return f"{passed_s:.0f} of {planned_s:.0f} s · {state.users} users · " + (f"{state.requests} requests" if warm else "warming up")


def _check(options: LoadOptions) -> None:
    if (options.requests is None) == (options.locustfile is None):
        raise UsageError("A load test takes either a list of requests or a locustfile, exactly one of them.")
    if options.locustfile is not None and not options.locustfile.is_file():
        raise UsageError(f"There is no locustfile {options.locustfile}.")
    if options.locustfile is not None and "," in str(options.locustfile.resolve()):
        raise UsageError(f"The path {options.locustfile} has a comma, which Locust takes for the end of the name. Rename it.")
    if options.requests is not None and not (options.requests and all(spec.paths and spec.weight > 0 for spec in options.requests)):
        raise UsageError("A load test needs at least one request, each with a path and a weight above 0.")
    if options.users < 1 or min(options.spawn_rate, options.duration_s) <= 0 or min(options.warmup_s, options.wait_s) < 0:
        raise UsageError("A load test needs at least one user, a spawn rate and a duration above 0, and no negative times.")
    if options.users / options.spawn_rate > options.planned_s:
        raise UsageError(
            f"{options.users} users at {options.spawn_rate:g} a second are not all there within {options.planned_s:g} s. "
            "Raise the spawn rate, the warm-up or the duration."
        )


def _child(options: LoadOptions, place: Path) -> Child:
    specs = place / "requests.json"
    specs.write_text(json.dumps([asdict(spec) for spec in options.requests or ()]), encoding="utf-8")
    script = options.locustfile.resolve() if options.locustfile else CHILDREN / "listed_requests.py"
    command = (
        *(sys.executable, "-m", "locust", "-f", f"{script},{CHILDREN / 'raw_log.py'}"),
        *("--headless", "--host", options.target, "--users", str(options.users), "--spawn-rate", f"{options.spawn_rate:g}"),
        *("--run-time", f"{math.ceil(options.planned_s)}s", "--stop-timeout", f"{options.answer_s:g}"),
        *("--exit-code-on-error", "0", "--only-summary", "--loglevel", "WARNING"),
    )
    environment = {
        "PERFKIT_RAW_FILE": str(place / "load.csv"),
        "PERFKIT_STATE_FILE": str(place / "state.json"),
        "PERFKIT_REQUESTS": str(specs),
        "PERFKIT_WARMUP_S": repr(options.warmup_s),
        "PERFKIT_WAIT_S": repr(options.wait_s),
        "PERFKIT_ANSWER_S": repr(options.answer_s),
    }
    return Child(command, options.planned_s + options.answer_s + START_AND_STOP_S, environment=environment)


def _manifest(options: LoadOptions, version: str, state: State, reasons: Sequence[str]) -> Manifest:
    parameters: dict[str, Any] = {
        "users": options.users,
        "spawn_rate": options.spawn_rate,
        "duration_s": options.duration_s,
        "warmup_s": options.warmup_s,
        "warmup_in_artefact": False,
        "wait_s": options.wait_s,
        **_workload(options),
    }
    began = datetime.fromtimestamp(state.begins, UTC).replace(tzinfo=None) if state.begins else utc_now()
    return Manifest(
        tool="locust",
        tool_version=version,
        started_at=began,
        parameters=parameters,
        load_model="closed",
        valid=not reasons,
        invalid_because="; ".join(reasons) or None,
    )


def _workload(options: LoadOptions) -> dict[str, Any]:
    """What is sent, so that runs of different requests are never compared."""
    if options.locustfile is not None:
        return {"locustfile": options.locustfile.name, "workload": _short_hash(options.locustfile.read_bytes())}
    specs = options.requests or ()
    listed = json.dumps([asdict(spec) for spec in specs], sort_keys=True)
    return {"request_names": len({spec.name for spec in specs}), "workload": _short_hash(listed.encode())}


def _short_hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
