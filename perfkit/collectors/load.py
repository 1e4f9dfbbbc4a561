"""Locust → its per-request log, with what generators and target used beside it. Locust is a process of its own, never imported."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from perfkit.collectors.base import Progress, described, desk, leave, nobody_watches, require, utc_now
from perfkit.collectors.load_bystander import LOG, standing_by
from perfkit.collectors.load_child import locust_child
from perfkit.collectors.load_options import Ladder, LoadOptions, RequestSpec, check
from perfkit.collectors.load_samples import TargetSampler, append_samples, generator_cpu
from perfkit.collectors.load_sources import requested, requests_from
from perfkit.collectors.load_state import State, Watcher, read_state
from perfkit.collectors.load_validity import doubts, last_line
from perfkit.collectors.process import SILENCE, Ended, run_child
from perfkit.collectors.target import check_target
from perfkit.errors import CollectionFailed
from perfkit.model.run import Manifest

PLACE = re.compile(r'File "([^"]+)", line (\d+)')
"""Of a line of a traceback."""

__all__ = ["Ladder", "LoadOptions", "RequestSpec", "collect", "requested", "requests_from"]


def collect(options: LoadOptions, folder: Path, progress: Progress | None = None) -> Path:
    """Runs the load and leaves the log of its requests."""
    version = require("locust")
    check(options)
    check_target(options.target, allow_remote=options.allow_remote)
    sampler = TargetSampler(options.target, options.target_pid)
    with desk(folder) as place:
        watcher = Watcher(options, place / "state.json", progress or nobody_watches)
        ended = _run(options, place, watcher, sampler)
        state = read_state(place / "state.json")
        _refuse_nothing(options, ended, state)
        reasons = doubts(ended, state, options, generator_cpu(place / "samples.csv"))
        log = _put_together(place, sampler)
        return leave(log, folder, described(_manifest(options, version, state, reasons), options.stated, options.project))


def _run(options: LoadOptions, place: Path, watcher: Watcher, sampler: TargetSampler) -> Ended:
    with standing_by(options, place) as start_bystander:

        def watch(_: int, seconds: float) -> None:
            watcher(seconds)
            if watcher.state.started is not None and watcher.state.stopped is None:
                start_bystander()
                sampler.sample()

        return run_child(locust_child(options, place), watch)


def _refuse_nothing(options: LoadOptions, ended: Ended, state: State) -> None:
    """A log without a request is no evidence, whatever the reason."""
    asked = options.generators
    if state.started is None and asked.expected is not None and "workers" in ended.last_words:
        raise CollectionFailed(
            f"{state.connected} of {asked.expected} workers were there after {asked.max_wait_s:g} s, so no load was made. "
            f"Start each with: perfkit collect load --worker --master-host {_address(asked.host)} --master-port {asked.port}"
        )
    if state.started is None:
        raise CollectionFailed(_never_began(options, ended))
    if not state.ended:
        guess = (
            f"Either it takes connections but does not answer: try `curl --max-time 5 {options.target}`. "
            "Or the locustfile has no task that sends requests."
        )
        cause = guess if ended.last_words == SILENCE else f"Locust's last line: {last_line(ended)}"
        raise CollectionFailed(f"No request to {options.target} was over when the load ended, so there is nothing to keep. {cause}")


def _never_began(options: LoadOptions, ended: Ended) -> str:
    """A traceback is told by its last line and its place in the user's file: the rest is Locust's own."""
    places = [f"{file}:{line}" for file, line in PLACE.findall(ended.last_words)]
    if options.locustfile is None or not places:
        return f"Locust ended with status {ended.status} before the test began. Its last lines:\n{ended.last_words}"
    own = [place for place in places if place.startswith(f"{options.locustfile.resolve()}:")]
    return (
        f"The locustfile {options.locustfile} cannot be loaded: {last_line(ended)} ({(own or places)[-1]}). Mend that line, or install what it needs "
        f"beside perfkit: `{sys.executable} {options.locustfile}` shows the whole error."
    )


def _address(host: str) -> str:
    """How workers call the master."""
    return "THIS-MACHINE" if host in ("*", "0.0.0.0", "::") else host  # noqa: S104


def _put_together(place: Path, sampler: TargetSampler) -> Path:
    """One log: the load's requests, then the bystander's, then the samples of both ends."""
    log = place / "load.csv"
    with log.open("a", encoding="utf-8", newline="") as file:
        for part in (place / LOG, place / "samples.csv"):
            if part.exists():
                with part.open(encoding="utf-8", newline="") as rows:
                    shutil.copyfileobj(rows, file)
        append_samples(file, sampler.rows)
    return log


def _manifest(options: LoadOptions, version: str, state: State, reasons: Sequence[str]) -> Manifest:
    began = datetime.fromtimestamp(state.begins, UTC).replace(tzinfo=None) if state.begins else utc_now()
    return Manifest(
        tool="locust",
        tool_version=version,
        started_at=began,
        parameters={**_model(options), **_generators(options), **_workload(options)},
        load_model="open" if options.arrivals else "closed",
        valid=not reasons,
        invalid_because="; ".join(reasons) or None,
    )


def _model(options: LoadOptions) -> dict[str, Any]:
    """How much load, for how long."""
    ladder, arrivals = options.ladder, options.arrivals
    told: dict[str, Any] = {"warmup_in_artefact": True}
    if ladder is not None:
        told |= {"stages": list(ladder.levels), "stage_duration_s": ladder.hold_s, "stage_warmup_s": ladder.warmup_s}
    else:
        told |= {"duration_s": options.duration_s, "warmup_s": options.warmup_s}
    if arrivals is not None:
        return told | {"pace": arrivals.pace} | ({"rate": arrivals.rate} if arrivals.rate is not None else {})
    users = {} if ladder else {"users": options.users}
    pause = {} if options.locustfile else {"wait_s": options.wait_s}
    return told | users | {"spawn_rate": options.spawn_rate} | pause


def _generators(options: LoadOptions) -> dict[str, Any]:
    told: dict[str, Any] = {"processes": options.generators.count} if options.generators.count > 1 else {}
    if options.bystander.paths:
        told |= {"watch": list(options.bystander.paths), "watch_rate": options.bystander.per_second}
    return told


def _workload(options: LoadOptions) -> dict[str, Any]:
    """What is sent, so that runs of different requests are never compared."""
    if options.locustfile is not None:
        return {"locustfile": options.locustfile.name, "workload": _short_hash(options.locustfile.read_bytes())}
    specs = options.requests or ()
    listed = json.dumps([asdict(spec) for spec in specs], sort_keys=True)
    return {"request_names": len({spec.name for spec in specs}), "workload": _short_hash(listed.encode())}


def _short_hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
