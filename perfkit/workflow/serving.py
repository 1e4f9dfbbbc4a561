"""A label's service, started on a free port of this machine, waited for, and ended by its process id, whatever happens meanwhile."""

from __future__ import annotations

import http.client
import os
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from perfkit.collectors.process import ending_of
from perfkit.collectors.profile.program import interpreted
from perfkit.errors import CollectionFailed, MissingTool
from perfkit.packs.investigation import Label
from perfkit.packs.placeholders import filled

TICK_S = 0.05
ANSWER_S = 2.0
GRACE_S = 10.0
SHOWN_LINES = 15
NOT_YET = 503
"""A service that is still loading says so."""


@dataclass(frozen=True, slots=True)
class Service:
    """What is to be started."""

    name: str
    label: Label
    log: Path
    cwd: Path
    commit: str | None = None


@contextmanager
def serving(service: Service) -> Iterator[str]:
    """The address at which the service answers, for as long as the block lasts; a service of somebody else is only named."""
    label = service.label
    if not label.serve:
        yield label.url or ""
        return
    known: dict[str, Any] = {"port": str(free_port()), "label": service.name, "command": label.command, "commit": service.commit or ""}
    url = str(filled(label.url, known))
    service.log.parent.mkdir(parents=True, exist_ok=True)
    with service.log.open("ab") as log:
        known["command"] = tuple(filled(label.command, known))
        process = _start(interpreted(filled(label.serve, known)), service, log)
        try:
            _wait_for(process, url, service)
            yield url
        finally:
            _end(process)


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(command: Sequence[str], service: Service, log: Any) -> subprocess.Popen[bytes]:
    log.write(f"--- {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC: {shlex.join(command)}\n".encode())
    log.flush()
    try:
        return subprocess.Popen(command, cwd=service.cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    except OSError as error:
        raise MissingTool(f"The service of {service.name} cannot be started: `{shlex.join(command)}`: {error.strerror or error}.") from error


def _wait_for(process: subprocess.Popen[bytes], url: str, service: Service) -> None:
    """Until it answers anything but that it is not ready."""
    deadline = time.monotonic() + service.label.starts_within_s
    while not _answers(url):
        if process.poll() is not None:
            how = f"{ending_of(process.returncode)} before it answered at {url}"
            raise CollectionFailed(f"The service of {service.name} {how}. All it said is in {service.log}.", quoted=_last_lines(service.log))
        if time.monotonic() > deadline:
            how = f"did not answer at {url} within {service.label.starts_within_s:g} s (`starts_within_s`)"
            raise CollectionFailed(f"The service of {service.name} {how}. All it said is in {service.log}.", quoted=_last_lines(service.log))
        time.sleep(TICK_S)


def _answers(url: str) -> bool:
    address = urlsplit(url)
    maker = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = maker(address.hostname or "", address.port, timeout=ANSWER_S)
    try:
        connection.request("GET", (address.path or "/") + (f"?{address.query}" if address.query else ""))
        return connection.getresponse().status != NOT_YET
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Asks it to end, then makes it and what it started; the group's number is the service's own."""
    try:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _last_lines(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-SHOWN_LINES:])
