"""Sends the collector's requests in an open model: each at its time, whether earlier ones were answered or not."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator
from typing import Any

from gevent.pool import Group  # type: ignore[import-untyped]
from locust import FastHttpUser, task
from locust.env import Environment

RUNNING_AT_MOST = 5_000
"""Requests under way in one process. Arrivals beyond it are left out, and the run misses its rate."""
REST_S = 0.5


class ClockedRequests(FastHttpUser):
    """The only user of its process: it does not wait for answers, but for the next arrival."""

    concurrency = RUNNING_AT_MOST

    def __init__(self, environment: Environment) -> None:
        config: dict[str, Any] = vars(environment.parsed_options)["perfkit"]
        self.connection_timeout = self.network_timeout = self.answer_s = config["answer_s"]
        super().__init__(environment)
        # A redirect is an answer: following it could lead the load away from the target.
        self.client.client.redirect_response_codes = frozenset()  # type: ignore[misc]
        self.requests: list[dict[str, Any]] = config["requests"]
        self.weights = [request["weight"] for request in self.requests]
        self.paths = [itertools.cycle(request["paths"]) for request in self.requests]
        self.under_way = Group()
        number = max(getattr(environment.runner, "worker_index", 0), 0) % config["processes"]
        self.picks = random.Random(number)
        self.times = due_times(config, environment.perfkit_began, number)  # type: ignore[attr-defined]
        self.next: float | None = next(self.times, None)

    def wait_time(self) -> float:
        return REST_S if self.next is None else max(self.next - time.time(), 0.0)

    @task
    def arrive(self) -> None:
        while self.next is not None and self.next <= time.time():
            if len(self.under_way) < RUNNING_AT_MOST:
                self.under_way.spawn(self.send, self.next)
            self.next = next(self.times, None)

    def on_stop(self) -> None:
        self.under_way.join(timeout=self.answer_s)

    def send(self, intended: float) -> None:
        number = self.picks.choices(range(len(self.requests)), self.weights)[0]
        request = self.requests[number]
        body = {} if request["body"] is None else {"json": request["body"]}
        said = {"name": request["name"], "headers": request["headers"], "context": {"perfkit_intended": intended}, **body}
        self.client.request(request["method"], next(self.paths[number]), **said)


def due_times(config: dict[str, Any], began: float, number: int) -> Iterator[float]:
    """When this process, the number-th of all, has to send; together they keep the rate of each step."""
    processes, picks = config["processes"], random.Random(1_000 + number)
    for step, rate in enumerate(config["levels"]):
        begin = began + step * config["step_s"]
        end = begin + config["step_s"]
        if config["arrivals"] == "poisson":
            moment = begin + picks.expovariate(rate / processes)
            while moment < end:
                yield moment
                moment += picks.expovariate(rate / processes)
        else:
            yield from itertools.takewhile(lambda due: due < end, (begin + place / rate for place in itertools.count(number, processes)))  # noqa: B023
