"""A worker for the master of a load test on this or another machine: it gets everything from the master and gives its rows to it."""

from __future__ import annotations

import ipaddress
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from perfkit.collectors.base import Progress, nobody_watches, require
from perfkit.collectors.load_child import DAY_S, QUIET
from perfkit.collectors.load_options import LOOPBACK, MASTER_PORT
from perfkit.collectors.process import Child, run_child
from perfkit.errors import CollectionFailed, UsageError


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """One worker command; each of its processes is a worker."""

    host: str = LOOPBACK
    """Where the master is."""
    port: int = MASTER_PORT
    processes: int = 1
    log: Path | None = None
    """A copy of this worker's rows. With several processes each writes one, with its name before the suffix."""
    allow_remote: bool = False


def work(options: WorkerOptions, progress: Progress | None = None) -> None:
    """Takes part in one load test and returns when the master has ended it."""
    require("locust")
    _check(options)
    tell = progress or nobody_watches
    with TemporaryDirectory(prefix="perfkit-worker-") as place:
        ended = run_child(_child(options, Path(place)), lambda _, seconds: tell(f"worker of {options.host}:{options.port} for {seconds:.0f} s", 0.0))
    if ended.status:
        raise CollectionFailed(
            f"The worker of {options.host}:{options.port} ended with status {ended.status}. Is a master there? Its last lines:\n{ended.last_words}"
        )


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine's own."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise UsageError(f"There is no host {host!r}: {error.strerror or error}.") from error
    return all(ipaddress.ip_address(str(entry[4][0]).split("%")[0]).is_loopback for entry in found)


def _check(options: WorkerOptions) -> None:
    if options.processes < 1:
        raise UsageError("A worker needs at least one process.")
    if not options.allow_remote and not is_loopback(options.host):
        raise UsageError(
            f"The master {options.host} is another machine, and a worker runs the code that its master sends. "
            "If you trust it, say so with allow_remote (--allow-remote)."
        )
    if options.log is not None and not options.log.resolve().parent.is_dir():
        raise UsageError(f"There is no folder {options.log.resolve().parent} for the worker's log.")


def _child(options: WorkerOptions, place: Path) -> Child:
    several = ("--processes", str(options.processes)) if options.processes > 1 else ()
    master = ("--worker", "--master-host", options.host, "--master-port", str(options.port))
    command = (sys.executable, "-m", "locust", "-f", "-", "--headless", *master, *several, *QUIET)
    # Locust keeps the files that it gets from the master in the temporary folder, where two workers would overwrite each other's.
    return Child(command, DAY_S, environment={"TMPDIR": str(place), **_log(options)})


def _log(options: WorkerOptions) -> dict[str, str]:
    if options.log is None:
        return {}
    log = options.log.resolve()
    name = f"{log.stem}-{{worker}}{log.suffix}" if options.processes > 1 else log.name
    return {"PERFKIT_WORKER_LOG": str(log.with_name(name))}
