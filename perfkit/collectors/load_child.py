"""Options → Locust's command line, and the file in which its process finds the rest."""

from __future__ import annotations

import json
import math
import socket
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from perfkit.collectors.load_options import LOOPBACK, LoadOptions
from perfkit.collectors.load_state import OVERTIME_S
from perfkit.collectors.process import Child

CHILDREN = Path(__file__).with_name("children")
RAW_LOG = CHILDREN / "raw_log.py"
DAY_S = 86_400.0
QUIET = ("--exit-code-on-error", "0", "--only-summary", "--loglevel", "WARNING")


def locust_child(options: LoadOptions, place: Path) -> Child:
    """The process that makes the load, or the master of those that do. It leaves load.csv, samples.csv and state.json in the place."""
    asked = place / "asked.json"
    asked.write_text(json.dumps(_asked(options, place)), encoding="utf-8")
    users, spawn_rate = (options.generators.count, options.generators.count) if options.arrivals else (options.users, options.spawn_rate)
    command = (
        *(sys.executable, "-m", "locust", "-f", ",".join(str(script) for script in _scripts(options))),
        *("--headless", "--host", options.target, "--users", str(users), "--spawn-rate", f"{spawn_rate:g}"),
        *("--stop-timeout", f"{options.answer_s:g}", *_processes(options), *QUIET),
    )
    # A shape of the user's own may take long; any other test is ended by its watcher.
    return Child(command, 7 * DAY_S + OVERTIME_S, environment={"PERFKIT_LOAD": str(asked)})


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.create_server((LOOPBACK, 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _scripts(options: LoadOptions) -> list[Path]:
    """Locust takes the first load shape that it meets, so ours stands before a locustfile's own."""
    if options.arrivals:
        return [CHILDREN / "clocked_requests.py", RAW_LOG]
    ladder = [CHILDREN / "ladder_shape.py"] if options.ladder else []
    return [*ladder, options.locustfile.resolve() if options.locustfile else CHILDREN / "listed_requests.py", RAW_LOG]


def _processes(options: LoadOptions) -> tuple[str, ...]:
    generators = options.generators
    waiting = ("--expect-workers-max-wait", str(math.ceil(generators.max_wait_s)))
    if generators.expected is not None:
        place = ("--master-bind-host", generators.host, "--master-bind-port", str(generators.port))
        return ("--master", "--expect-workers", str(generators.expected), *waiting, *place)
    if generators.processes == 1:
        return ()
    port = str(free_port())
    master = ("--master-bind-host", LOOPBACK, "--master-bind-port", port, "--master-host", LOOPBACK, "--master-port", port)
    return ("--processes", str(generators.processes), *waiting, *master)


def _asked(options: LoadOptions, place: Path) -> dict[str, Any]:
    return {
        "folder": str(place),
        "requests": [asdict(spec) for spec in options.requests or ()],
        "wait_s": options.wait_s,
        "answer_s": options.answer_s,
        "planned_s": options.planned_s,
        "arrivals": options.arrivals.pace if options.arrivals else None,
        "stages": options.ladder is not None,
        "levels": options.levels,
        "step_s": options.step_s,
        "warmup_s": options.step_warmup_s,
        "processes": options.generators.count,
    }
