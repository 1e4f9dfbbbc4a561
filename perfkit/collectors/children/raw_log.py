"""Registers Locust's own per-request log once the warm-up is over, and tells the parent how far the test is."""

from __future__ import annotations

import json
import logging
import math
import os
import time
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any, cast

from locust import events
from locust.contrib.csv_request_logger import CsvRequestLogger
from locust.env import Environment
from locust.event import EventHook

FLUSH_EVERY = 200
REPORT_EVERY_S = 0.5
RAW_FILE = os.environ["PERFKIT_RAW_FILE"]
STATE_FILE = Path(os.environ["PERFKIT_STATE_FILE"])
WARMUP_S = float(os.environ["PERFKIT_WARMUP_S"])


class Measurement:
    """Passes on the requests that began when all users were there and the warm-up was over; without a warm-up all of them."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.judged: Any = EventHook()  # type: ignore[no-untyped-call]
        self.requests = 0
        self.started: float | None = None
        self.begins = math.inf if WARMUP_S else 0.0

    def listen(self) -> None:
        """Locust's logger hears only the judged requests."""
        hooks: Any = self.environment.events
        hooks.test_start.add_listener(self.start)
        hooks.spawning_complete.add_listener(self.all_are_here)
        hooks.request.add_listener(self.hear)
        heard = SimpleNamespace(events=SimpleNamespace(request=self.judged, quitting=hooks.quitting))
        CsvRequestLogger(RAW_FILE, flush_interval=FLUSH_EVERY).register(cast(Environment, heard))
        hooks.quitting.add_listener(self.report)

    def start(self, **_: Any) -> None:
        self.started = time.time()
        # Locust has patched threads into greenlets: this one waits for the event loop like every user.
        Thread(target=self.keep_reporting, daemon=True).start()

    def all_are_here(self, **_: Any) -> None:
        if self.started is not None and math.isinf(self.begins):
            self.begins = max(time.time(), self.started + WARMUP_S)

    def hear(self, *, response_time: float | None = None, start_time: float | None = None, **request: Any) -> None:
        began = time.time() - (response_time or 0) / 1000 if start_time is None else start_time
        if began >= self.begins:
            self.requests += 1
            self.judged.fire(response_time=response_time, start_time=began, **request)

    def keep_reporting(self) -> None:
        while True:
            self.report()
            time.sleep(REPORT_EVERY_S)

    def report(self, **_: Any) -> None:
        runner = self.environment.runner
        begins = None if math.isinf(self.begins) else max(self.begins, self.started or 0)
        state = {"started": self.started, "begins": begins, "users": runner.user_count if runner else 0, "requests": self.requests}
        part = STATE_FILE.with_suffix(".part")
        part.write_text(json.dumps(state), encoding="utf-8")
        part.replace(STATE_FILE)


def attach(environment: Environment, **_: Any) -> None:
    """Locust calls this once its runner exists."""
    # Only errors are worth repeating to the parent: Locust's own summary is computed from rounded times.
    logging.getLogger("locust.stats_logger").disabled = True
    Measurement(environment).listen()


events.init.add_listener(attach)  # type: ignore[no-untyped-call]
