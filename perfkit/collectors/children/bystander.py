"""Probes a few paths by the clock, beside a load test and outside its users, until it is asked to end or alone; one row an answer."""

from __future__ import annotations

import csv
import json
import os
import signal
import threading
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

LAST_ANSWERS_S = 2.0
NO_ANSWER = "no answer until the load test ended"


class Bystander:
    """Each probe has a thread and a connection of its own, so that a slow answer delays no later one."""

    def __init__(self, asked: dict[str, object]) -> None:
        self.address = urlsplit(str(asked["target"]))
        self.answer_s = float(str(asked["answer_s"]))
        self.file = Path(str(asked["file"])).open("w", encoding="utf-8", newline="", buffering=1)  # noqa: SIM115
        self.write = csv.writer(self.file, lineterminator="\n").writerow
        self.lock = threading.Lock()
        self.waiting: dict[int, tuple[float, float, str]] = {}

    def probe(self, number: int, path: str, intended: float) -> None:
        began, clock = time.time(), time.perf_counter()
        with self.lock:
            self.waiting[number] = (began, intended, path)
        status, size, problem = 0, 0, ""
        try:
            status, size = self.ask(path)
            problem = f"status {status}" if status >= 400 else ""
        except (OSError, HTTPException) as error:
            problem = f"{type(error).__name__}: {error}"
        self.note(number, 1000 * (time.perf_counter() - clock), status, size, problem)

    def ask(self, path: str) -> tuple[int, int]:
        kind = HTTPSConnection if self.address.scheme == "https" else HTTPConnection
        connection = kind(self.address.hostname or "", self.address.port, timeout=self.answer_s)
        try:
            connection.request("GET", self.address.path.rstrip("/") + path)
            answer = connection.getresponse()
            return answer.status, len(answer.read())
        finally:
            connection.close()

    def note(self, number: int, duration_ms: float, status: int, size: int, problem: str) -> None:
        with self.lock:
            if number not in self.waiting:
                return
            began, intended, path = self.waiting.pop(number)
            named = (round(began, 6), None, f"watch GET {path}", round(duration_ms, 3))
            self.write((*named, size, status, problem, "watch", None, None, round(intended, 6)))

    def give_up(self) -> None:
        """What still waits after a short while has had no answer."""
        limit = time.monotonic() + LAST_ANSWERS_S
        while self.waiting and time.monotonic() < limit:
            time.sleep(0.02)
        for number, (began, _, _) in list(self.waiting.items()):
            self.note(number, 1000 * (time.time() - began), 0, 0, NO_ANSWER)
        self.file.flush()


def main() -> None:
    asked = json.loads(Path(os.environ["PERFKIT_BYSTANDER"]).read_text(encoding="utf-8"))
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    bystander, began, number = Bystander(asked), time.time(), 0
    rounds = 0
    while not over.wait(max(began + rounds / asked["per_second"] - time.time(), 0)) and os.getppid() == asked["parent"]:
        for path in asked["paths"]:
            intended = began + rounds / asked["per_second"]
            threading.Thread(target=bystander.probe, args=(number, path, intended), daemon=True).start()
            number += 1
        rounds += 1
    bystander.give_up()


main()
