"""What of a label can a test measure again: its command, a function, or its URL?"""

from __future__ import annotations

from urllib.parse import urlsplit

from perfkit.collectors.rounds import workload_hash
from perfkit.errors import UsageError
from perfkit.packs.investigation import Investigation
from perfkit.report.baselines import Work

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def work_of(investigation: Investigation, command: tuple[str, ...] = (), call: str | None = None, url: str | None = None) -> Work:
    """The one that is given, else what the investigation says of its fixed label; benchmarks of it are known by their mark."""
    if url is not None and urlsplit(url.replace("{port}", "1")).hostname not in LOOPBACK:
        raise UsageError(f"{url!r} is not on this machine. A test loads only a service at http://127.0.0.1:PORT.")
    workload = workload_hash("function", (call, (), {})) if call else workload_hash("command", command) if command else None
    return Work(command=() if call else command, call=call, workload=workload, url=url)
