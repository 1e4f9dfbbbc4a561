"""WSGI request → server span named by its route where the framework says it, until the last byte was handed to the server."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterable, Iterator
from types import CodeType
from typing import Any

from perfkit.trace import recorder
from perfkit.trace.fingerprint import pattern
from perfkit.trace.recorder import Recorder

Environ = dict[str, Any]
App = Callable[..., Iterable[bytes]]

_SERVER_ERROR = 500


class TraceMiddleware:
    """Wraps a WSGI application: app.wsgi_app = TraceMiddleware(app.wsgi_app)."""

    def __init__(self, app: App) -> None:
        self.app = app

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Passes everything on; a request becomes a span while a recorder runs."""
        recording = recorder.active
        if recording is None:
            return self.app(environ, start_response)
        request = _Request(recording, environ, self.app, start_response)
        outer = recorder.enter(request.span)
        try:
            request.body = self.app(environ, request.started)
        except BaseException as error:
            request.end(error)
            raise
        finally:
            recorder.leave(outer)
        return request


class _Request:
    """The answer's body; the application may still be at work while the server asks for it."""

    def __init__(self, recording: Recorder, environ: Environ, app: App, start_response: Callable[..., Any]) -> None:
        self._recording, self._environ, self._app, self._start_response = recording, environ, app, start_response
        self.span = recording.begin("server", str(environ.get("REQUEST_METHOD", "GET")))
        self.body: Iterable[bytes] = ()
        self._status: int | None = None
        self._rule: Any = None
        self._ended = False

    def started(self, status: str, headers: Any, error: Any = None) -> Any:
        """Notes the status and passes it on."""
        self._status = int(status.split(" ", 1)[0])
        self._rule = getattr(self._environ.get("werkzeug.request"), "url_rule", None)  # Flask lets go of it with the request
        return self._start_response(status, headers, error) if error else self._start_response(status, headers)

    def __iter__(self) -> Iterator[bytes]:
        chunks = iter(self.body)
        while True:
            outer = recorder.enter(self.span)
            try:
                chunk = next(chunks)
            except StopIteration:
                self.end()
                return
            except BaseException as error:
                self.end(error)
                raise
            finally:
                recorder.leave(outer)
            yield chunk

    def close(self) -> None:
        """Servers call it when the body is sent, or when nobody waits for it any more."""
        try:
            if hasattr(self.body, "close"):
                self.body.close()
        finally:
            self.end()

    def end(self, error: BaseException | None = None) -> None:
        """Writes the span, once."""
        if self._ended:
            return
        self._ended = True
        took_ms = (time.perf_counter_ns() - self.span.started) / 1e6
        method = str(self._environ.get("REQUEST_METHOD", "GET"))
        template = self._route()
        self.span.name = f"{method} {template}"
        self.span.attributes.update(method=method, route=template, http_status=self._status)
        if self._status is None or self._status >= _SERVER_ERROR:
            self.span.status = "error"
        if error is not None:
            self.span.status = "error"
            self.span.attributes["error"] = type(error).__name__
        self._recording.finish(self.span, took_ms)

    def _route(self) -> str:
        if self._rule is None:
            return pattern(str(self._environ.get("SCRIPT_NAME", "")) + str(self._environ.get("PATH_INFO", "/")))
        view = getattr(getattr(self._app, "__self__", self._app), "view_functions", {}).get(self._rule.endpoint)
        code = getattr(inspect.unwrap(view), "__code__", None) if callable(view) else None
        if isinstance(code, CodeType):
            self.span.site = self._recording.sites.of(code)
        return "".join(f"{{{part.rpartition(':')[2]}}}" if inside else part for inside, part in _parts(self._rule.rule))


def _parts(rule: str) -> Iterator[tuple[bool, str]]:
    """Pieces of one of Flask's rules, /users/<int:user_id>, each with whether it is a parameter."""
    for piece in rule.split("<"):
        name, closed, rest = piece.partition(">")
        if closed:
            yield True, name
        yield False, rest if closed else piece
