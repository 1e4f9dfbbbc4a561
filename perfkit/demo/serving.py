"""ASGI application → a process on a free loopback port that announces itself and ends cleanly on SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from typing import Any

import uvicorn

from perfkit.demo.processes import announce, leave


def serve(app: Any, port: int = 0, **facts: Any) -> None:
    """Serves until it is told to stop, and then returns by SystemExit so that every open block closes."""
    # uvicorn shuts down on the signal and then raises it once more for whoever handled it before
    signal.signal(signal.SIGTERM, leave)
    # with its protocol named, asyncio switches Nagle's algorithm off; without, each answer would wait 40 ms for an acknowledgement
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="auto", timeout_graceful_shutdown=5)
    asyncio.run(_run(uvicorn.Server(config), listener, facts))


async def _run(server: uvicorn.Server, listener: socket.socket, facts: dict[str, Any]) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.005)
    if server.started:
        announce(port=listener.getsockname()[1], pid=os.getpid(), **facts)
    await serving
