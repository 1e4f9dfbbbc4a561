"""ASGI request → server span named by its route, "GET /personas/{persona_id}", that stands where its endpoint is defined."""

from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Callable, MutableMapping
from types import CodeType
from typing import Any

from perfkit.trace import recorder
from perfkit.trace.callsite import Site, site_at
from perfkit.trace.fingerprint import pattern
from perfkit.trace.recorder import Recorder, Span

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_SERVER_ERROR = 500
_MARK = "perfkit.trace"
"""In a request that is being recorded: where two of these stand around each other, the outer one does it."""


class TraceMiddleware:
    """Wraps an ASGI application: app.add_middleware(TraceMiddleware)."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes everything on; a request becomes a span while a recorder runs."""
        recording = recorder.active
        if recording is None or scope["type"] not in ("http", "lifespan") or _MARK in scope:
            await self.app(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self.app(scope, receive, _flushing(recording, send))
        else:
            await self._request(recording, scope, receive, send)

    async def _request(self, recording: Recorder, scope: Scope, receive: Receive, send: Send) -> None:
        scope[_MARK] = True
        span = recording.begin("server", scope["method"])
        outer = recorder.enter(span)
        answer = _Answer(send)
        try:
            await self.app(scope, receive, answer)
        except BaseException as error:
            span.status = "error"
            span.attributes["error"] = type(error).__name__
            raise
        finally:
            recorder.leave(outer)
            ended = answer.ended or time.perf_counter_ns()
            _describe(span, scope, answer.status, recording)
            recording.finish(span, (ended - span.started) / 1e6)


class _Answer:
    """Passes messages on and remembers the status and when the last byte left: background work comes after it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status: int | None = None
        self.ended: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self.ended = time.perf_counter_ns()


def _describe(span: Span, scope: Scope, status: int | None, recording: Recorder) -> None:
    route = getattr(scope.get("route"), "path", None)
    template = route if isinstance(route, str) else pattern(str(scope.get("path", "")))
    span.name = f"{scope['method']} {template}"
    span.site = _place(scope.get("endpoint"), recording)
    span.attributes.update(method=scope["method"], route=template, http_status=status)
    if status is None or status >= _SERVER_ERROR:
        span.status = "error"


def _place(endpoint: Any, recording: Recorder) -> Site:
    code = getattr(inspect.unwrap(endpoint), "__code__", None) if callable(endpoint) else None
    return recording.sites.of(code) if isinstance(code, CodeType) else site_at(None, None, ())


def _flushing(recording: Recorder, send: Send) -> Send:
    async def passed_on(message: Message) -> None:
        if message["type"].startswith("lifespan.shutdown"):
            # servers may end by the signal that stopped them: then nothing of ours runs any more
            recording.flush()
        await send(message)

    return passed_on
