"""Who uses the service under load: people who ask in all tiers, and pages that hold a WebSocket open. For `perfkit collect load --locustfile`."""

from __future__ import annotations

import time
from itertools import count
from typing import Any

from locust import FastHttpUser, User, constant, task
from websocket import WebSocketException, create_connection

_numbers = count()


class Asking(FastHttpUser):
    """Asks, waits for the answer, asks again; half of the questions are simple ones."""

    weight = 3
    wait_time = constant(0.02)

    @task(3)
    def fast(self) -> None:
        """One retrieval and one model call."""
        self._ask("fast", "FAST query")

    @task(1)
    def balanced(self) -> None:
        """The best passages are condensed."""
        self._ask("balanced", "BALANCED query")

    @task(1)
    def two_stage(self) -> None:
        """Retrieval, a model call for each passage, and one for the answer."""
        self._ask("two_stage", "two-stage query")

    @task(1)
    def deep(self) -> None:
        """The passages are condensed twice."""
        self._ask("deep", "DEEP query")

    def _ask(self, tier: str, name: str) -> None:
        self.client.post(f"/query/{tier}", json={"question": f"What does chapter {next(_numbers)} say?"}, name=name)


class Watching(User):
    """A page that sends a message over its WebSocket and waits until it comes back."""

    weight = 1
    wait_time = constant(0.05)

    def on_start(self) -> None:
        """Connects once, as a page does."""
        self._socket = create_connection(f"{str(self.host).replace('http', 'ws', 1)}/events", timeout=5)

    def on_stop(self) -> None:
        """Closes the connection."""
        self._socket.close()

    @task
    def message(self) -> None:
        """There and back."""
        begun, sent = time.time(), time.perf_counter()
        failure: Exception | None = None
        try:
            self._socket.send("animate")
            self._socket.recv()
        except (OSError, WebSocketException) as error:
            failure = error
        told: dict[str, Any] = {"request_type": "WS", "name": "/events", "response_length": 7, "exception": failure, "start_time": begun}
        self.environment.events.request.fire(response_time=(time.perf_counter() - sent) * 1000, context={}, **told)
