"""A block of code → one span; whatever is recorded inside it, also in tasks that it starts, stands below it."""

from __future__ import annotations

import time
from types import CodeType, TracebackType
from typing import Any

from perfkit.trace import recorder
from perfkit.trace.recorder import Kind, Span


class Block:
    """The context manager behind span(); one object serves one with statement."""

    __slots__ = ("_attributes", "_code", "_kind", "_name", "_outer", "_recorder", "_span")

    def __init__(self, kind: Kind, name: str, attributes: dict[str, Any] | None = None, code: CodeType | None = None) -> None:
        self._kind, self._name, self._attributes, self._code = kind, name, attributes, code

    def __enter__(self) -> Span:
        self._recorder = recorder.active
        if self._recorder is None:
            return Span(self._kind, self._name, "", "", None, 0, 0)
        sites = self._recorder.sites
        site = sites.here(1) if self._code is None else sites.of(self._code)
        self._span = self._recorder.begin(self._kind, self._name, site)
        if self._attributes:
            self._span.attributes.update(self._attributes)
        self._outer = recorder.enter(self._span)
        return self._span

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._recorder is None:
            return
        ended = time.perf_counter_ns()
        recorder.leave(self._outer)
        if kind is not None:
            self._span.status = "error"
            self._span.attributes.setdefault("error", kind.__name__)
        self._recorder.finish(self._span, (ended - self._span.started) / 1e6)


def span(kind: Kind, name: str, **attributes: Any) -> Block:
    """Records the block under it: with span("internal", "rank candidates", candidates=40): …"""
    return Block(kind, name, attributes)


def request(name: str, **attributes: Any) -> Block:
    """Records the block as a request of its own, outside of a web framework: with request("import job"): …"""
    return Block("server", name, attributes)
