"""Climbs the steps of a ladder in a closed model: each step is held for its length once all its users are there."""

from __future__ import annotations

import time
from typing import Any

import gevent  # type: ignore[import-untyped]
from locust import LoadTestShape, events

LOOK_EVERY_S = 0.02


class LadderShape(LoadTestShape):
    """Locust asks for the next step as often as it likes; the answer takes until the step is due."""

    use_common_options = True
    """The spawn rate is read from them; without this Locust warns that it is not."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.step = -1
        self.all_here: float | None = None
        events.spawning_complete.add_listener(self.note)  # type: ignore[no-untyped-call]

    def note(self, **_: Any) -> None:
        self.all_here = time.monotonic()

    def tick(self) -> tuple[int, float] | None:
        assert self.runner is not None
        options = vars(self.runner.environment.parsed_options)
        asked = options["perfkit"]
        if self.step >= 0:
            while self.all_here is None or time.monotonic() < self.all_here + asked["step_s"]:
                gevent.sleep(LOOK_EVERY_S)
        self.step, self.all_here = self.step + 1, None
        levels = asked["levels"]
        return (levels[self.step], options["spawn_rate"]) if self.step < len(levels) else None
