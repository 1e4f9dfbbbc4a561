"""Sends the requests of the file that PERFKIT_REQUESTS names: picked by weight, one at a time for each user, always in the same order."""

from __future__ import annotations

import itertools
import json
import os
import random
from pathlib import Path
from typing import Any

from locust import FastHttpUser, constant, task

REQUESTS: list[dict[str, Any]] = json.loads(Path(os.environ["PERFKIT_REQUESTS"]).read_text(encoding="utf-8"))
WEIGHTS = [request["weight"] for request in REQUESTS]
PATHS = [itertools.cycle(request["paths"]) for request in REQUESTS]
ANSWER_S = float(os.environ["PERFKIT_ANSWER_S"])
PICKS = random.Random(0)


class ListedRequests(FastHttpUser):
    """One user: a request, its answer, a pause, the next request."""

    wait_time = constant(float(os.environ["PERFKIT_WAIT_S"]))
    connection_timeout = ANSWER_S
    network_timeout = ANSWER_S

    @task
    def send(self) -> None:
        number = PICKS.choices(range(len(REQUESTS)), WEIGHTS)[0]
        request = REQUESTS[number]
        body = {} if request["body"] is None else {"json": request["body"]}
        said = {"name": request["name"], "headers": request["headers"], **body}
        # A redirect is an answer: following it could lead the load away from the target.
        self.client.request(request["method"], next(PATHS[number]), allow_redirects=False, **said)
