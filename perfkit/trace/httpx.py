"""httpx client → http spans: method, host and path pattern, status; never a query string, a header or a body."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import httpx

from perfkit.trace import recorder
from perfkit.trace.fingerprint import pattern
from perfkit.trace.spans import span

_ERROR = 400


def install() -> Callable[[], None]:
    """Records every request of httpx's clients until its headers are back; returns what takes the hooks out again."""
    blocking, waiting = httpx.Client.send, httpx.AsyncClient.send
    httpx.Client.send = _blocking(blocking)  # type: ignore[method-assign]
    httpx.AsyncClient.send = _waiting(waiting)  # type: ignore[method-assign]

    def uninstall() -> None:
        httpx.Client.send = blocking  # type: ignore[method-assign]
        httpx.AsyncClient.send = waiting  # type: ignore[method-assign]

    return uninstall


def _blocking(original: Any) -> Any:
    @wraps(original)
    def send(client: Any, request: httpx.Request, **options: Any) -> Any:
        if recorder.active is None:
            return original(client, request, **options)
        with span("http", _name(request), method=request.method, host=request.url.host) as current:
            response = original(client, request, **options)
            _note(current, response)
            return response

    return send


def _waiting(original: Any) -> Any:
    @wraps(original)
    async def send(client: Any, request: httpx.Request, **options: Any) -> Any:
        if recorder.active is None:
            return await original(client, request, **options)
        with span("http", _name(request), method=request.method, host=request.url.host) as current:
            response = await original(client, request, **options)
            _note(current, response)
            return response

    return send


def _name(request: httpx.Request) -> str:
    return f"{request.method} {request.url.host}{pattern(request.url.path)}"


def _note(current: recorder.Span, response: httpx.Response) -> None:
    current.set(http_status=response.status_code)
    if response.status_code >= _ERROR:
        current.status = "error"
