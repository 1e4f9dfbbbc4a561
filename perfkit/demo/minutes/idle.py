"""Nobody searches; a monitor asks now and then whether the service lives. For `perfkit collect load --locustfile`."""

from __future__ import annotations

from locust import FastHttpUser, constant, task


class Monitor(FastHttpUser):
    """What a platform does with every service."""

    wait_time = constant(1.0)

    @task
    def alive(self) -> None:
        """One look."""
        self.client.get("/health", name="/health")
