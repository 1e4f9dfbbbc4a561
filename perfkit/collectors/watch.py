"""A bystander: small requests at a fixed pace while something else is measured. Waiting counts, for each has its planned start."""

from __future__ import annotations

import http.client
import time
from contextlib import suppress
from threading import Event, Thread
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from perfkit.collectors.rounds import Round
from perfkit.collectors.target import check_target

EVERY_S = 0.1
ANSWER_S = 30.0
IDLE_S = 1.0


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
        self._thread = Thread(target=self._ask_on, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        time.sleep(IDLE_S)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join(ANSWER_S)

    def _ask_on(self) -> None:
        planned, size_then = time.perf_counter(), self.size
        connection = self._connect()
        while not self._over.is_set():
            ok = self._ask(connection)
            waited_ms = (time.perf_counter() - planned) * 1000
            phase = "failed" if not ok else "idle" if size_then is None else None
            self.rounds.append(Round(len(self.rounds), waited_ms, "ms", phase, size_then, self.name))
            planned += EVERY_S
            if self._over.wait(max(planned - time.perf_counter(), 0)):
                break
            # one that is late belongs to what kept it waiting
            size_then = self.size if planned > time.perf_counter() - EVERY_S else size_then
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection) -> bool:
        address = self._address
        try:
            connection.request("GET", (address.path or "/") + (f"?{address.query}" if address.query else ""))
            answer = connection.getresponse()
            answer.read()
            return 200 <= answer.status < 300
        except (OSError, http.client.HTTPException):
            with suppress(OSError):
                connection.close()
            return False

    def _connect(self) -> http.client.HTTPConnection:
        maker = http.client.HTTPSConnection if self._address.scheme == "https" else http.client.HTTPConnection
        return maker(self._address.hostname or "", self._address.port, timeout=ANSWER_S)
