"""Who validates documents under load: each user hands in one document, waits for the verdict, and hands in the next. For `--locustfile`."""

from __future__ import annotations

from itertools import count

from locust import FastHttpUser, constant, task

_numbers = count(1000)


class Uploading(FastHttpUser):
    """No document comes twice."""

    wait_time = constant(0.02)

    @task
    def validate(self) -> None:
        """One validation."""
        self.client.post(f"/validate?number={next(_numbers)}", name="/validate")
