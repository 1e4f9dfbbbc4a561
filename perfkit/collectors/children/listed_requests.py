"""Sends the collector's requests in a closed model: picked by weight, one at a time for each user, each process in an order of its own."""

from __future__ import annotations

import itertools
import random
from typing import Any

from locust import FastHttpUser, task
from locust.env import Environment


class Plan:
    """What one process sends; its users share it."""

    def __init__(self, environment: Environment) -> None:
        config: dict[str, Any] = vars(environment.parsed_options)["perfkit"]
        self.requests: list[dict[str, Any]] = config["requests"]
        self.weights = [request["weight"] for request in self.requests]
        self.paths = [itertools.cycle(request["paths"]) for request in self.requests]
        self.picks = random.Random(getattr(environment.runner, "worker_index", 0))
        self.wait_s: float = config["wait_s"]
        self.answer_s: float = config["answer_s"]


class ListedRequests(FastHttpUser):
    """One user: a request, its answer, a pause, the next request."""

    plan: Plan | None = None

    def __init__(self, environment: Environment) -> None:
        ListedRequests.plan = ListedRequests.plan or Plan(environment)
        self.connection_timeout = self.network_timeout = ListedRequests.plan.answer_s
        super().__init__(environment)

    def wait_time(self) -> float:
        return self.plan.wait_s if self.plan else 0.0

    @task
    def send(self) -> None:
        plan = self.plan
        assert plan is not None
        number = plan.picks.choices(range(len(plan.requests)), plan.weights)[0]
        request = plan.requests[number]
        body = {} if request["body"] is None else {"json": request["body"]}
        said = {"name": request["name"], "headers": request["headers"], **body}
        # A redirect is an answer: following it could lead the load away from the target.
        self.client.request(request["method"], next(plan.paths[number]), allow_redirects=False, **said)
