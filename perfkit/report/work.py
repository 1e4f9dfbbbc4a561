"""What of a label can a test do again: its command, a function, or requests to its service?"""

from __future__ import annotations

from dataclasses import dataclass

from perfkit.model.workload import workload_hash
from perfkit.packs.addresses import is_here
from perfkit.packs.investigation import Investigation
from perfkit.packs.placeholders import Filling, filled

PORT = "{port}"


@dataclass(frozen=True, slots=True)
class Work:
    """What a test can start."""

    command: tuple[str, ...] = ()
    call: str | None = None
    """module:function, called without arguments."""
    url: str | None = None
    """On this machine, with {port} where serve starts the service."""
    serve: tuple[str, ...] = ()

    @property
    def marks(self) -> set[str]:
        """Of stored benchmarks that measured this."""
        command = {workload_hash("command", self.command)} if self.command else set()
        return command | ({workload_hash("function", (self.call, (), {}))} if self.call else set())


def work_of(investigation: Investigation) -> Work:
    """As the label of the fixed code says; what is on another machine is not loaded by a test."""
    name = investigation.judged
    label = investigation.label(name)
    known: dict[str, Filling] = {"label": name, "port": PORT, "commit": label.commit or ""}
    command = tuple(filled(label.command, known))
    url = filled(label.url, known) if label.url and is_here(label.url) else None
    return Work(command=command, url=url, serve=tuple(filled(label.serve, {**known, "command": command})) if url else ())
