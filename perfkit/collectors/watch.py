"""A bystander: small requests at a fixed pace while something else is measured. None waits for another, as with real callers."""

from __future__ import annotations

import http.client
import time
from threading import Event, Thread
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from perfkit.collectors.rounds import Round
from perfkit.collectors.target import check_target

EVERY_S = 0.1
ANSWER_S = 30.0
IDLE_S = 1.0
MOST_OPEN = 200
"""Requests without an answer; while there are so many, none is added."""


class Bystander:
    """Asks one URL ten times a second until it is closed."""

    def __init__(self, url: str, *, allow_remote: bool) -> None:
        check_target(url, allow_remote=allow_remote)
        self._address = urlsplit(url)
        self.name = f"watch GET {self._address.path or '/'}"
        self.size: int | None = None
        """What is being measured now; None while nothing is."""
        self.rounds: list[Round] = []
        self._over = Event()
        self._open: list[Thread] = []
        self._thread = Thread(target=self._keep_asking, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        time.sleep(IDLE_S)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Asks no more, and waits for the answers that are still due."""
        self._over.set()
        self._thread.join()
        deadline = time.monotonic() + ANSWER_S
        for asking in self._open:
            asking.join(max(deadline - time.monotonic(), 0))

    def _keep_asking(self) -> None:
        planned, number = time.perf_counter(), 0
        while not self._over.wait(max(planned - time.perf_counter(), 0)):
            self._open = [asking for asking in self._open if asking.is_alive()]
            if len(self._open) < MOST_OPEN:
                self._open.append(Thread(target=self._ask, args=(number, planned, self.size), daemon=True))
                self._open[-1].start()
            planned, number = planned + EVERY_S, number + 1

    def _ask(self, number: int, planned: float, size: int | None) -> None:
        """One request; its time counts from when it was planned."""
        ok = self._answered()
        phase = "failed" if not ok else "idle" if size is None else None
        self.rounds.append(Round(number, (time.perf_counter() - planned) * 1000, "ms", phase, size, self.name))

    def _answered(self) -> bool:
        address = self._address
        maker = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        connection = maker(address.hostname or "", address.port, timeout=ANSWER_S)
        try:
            connection.request("GET", (address.path or "/") + (f"?{address.query}" if address.query else ""))
            answer = connection.getresponse()
            answer.read()
            return 200 <= answer.status < 300
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
