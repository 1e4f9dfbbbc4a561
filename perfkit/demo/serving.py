"""ASGI application → a process on a free loopback port that announces itself and ends cleanly on SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from types import FrameType
from typing import Any, NoReturn

import uvicorn

from perfkit.demo.processes import announce


def serve(app: Any, port: int = 0, **facts: Any) -> None:
    """Serves until it is told to stop, and then returns by SystemExit so that every open block closes."""
    signal.signal(signal.SIGTERM, _leave)
    listener = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="auto", timeout_graceful_shutdown=5)
    asyncio.run(_run(uvicorn.Server(config), listener, facts))


async def _run(server: uvicorn.Server, listener: socket.socket, facts: dict[str, Any]) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.005)
    if server.started:
        announce(port=listener.getsockname()[1], pid=os.getpid(), **facts)
    await serving


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    # uvicorn shuts down on the signal and then raises it once more for whoever handled it before: that is here
    sys.exit(0)
