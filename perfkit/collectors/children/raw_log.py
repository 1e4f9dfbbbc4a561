"""Logs every request once: each process that makes requests hands its rows to the one that keeps the file, the master or itself."""

from __future__ import annotations

import csv
import io
import json
import logging
import math
import os
import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import gevent  # type: ignore[import-untyped]
import psutil
from locust import events
from locust.contrib.csv_request_logger import _status_code
from locust.env import Environment
from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner

HEADER = "timestamp,request_type,name,response_time_ms,response_length,status_code,exception,worker,stage,phase,intended\n"
SAMPLE = "#sample"
HANDED_ROWS = 500
"""Rows are handed over in batches of this many, and what there is once a second."""
REPORT_EVERY_S = 0.5
PACE_REPORTS = 6
LAST_ROWS_S = 15.0
"""How long the master waits for the last rows, beyond the time that running requests may take."""
LEAD_S = 1.0
"""The workers of an open model begin together, this long after the master has told them."""
END_SLACK_S = 0.3
BEGIN, MARK, ROWS, FINISH = "perfkit_begin", "perfkit_mark", "perfkit_rows", "perfkit_finish"
TOLD = ("requests", "missed_s", "paced_s", "paced_requests", "user_seconds", "sent")
"""What a recorder says of itself beside its rows."""
Mark = tuple[int | None, str, int]
"""Stage, phase and the number of the step."""


class Timeline:
    """Which step and phase of the test it was at a moment, by this process's own clock."""

    def __init__(self) -> None:
        self.moments: list[float] = []
        self.marks: list[Mark] = []

    def mark(self, moment: float, mark: Mark) -> None:
        """From that moment on; what was planned for later is off."""
        keep = bisect_right(self.moments, moment)
        self.moments[keep:], self.marks[keep:] = [moment], [mark]

    def at(self, moment: float) -> Mark:
        place = bisect_right(self.moments, moment)
        return self.marks[place - 1] if place else (None, "", -1)

    def first(self, phase: str) -> float | None:
        return next((moment for moment, mark in zip(self.moments, self.marks, strict=True) if mark[1] == phase), None)


class Recorder:
    """In a process that makes requests: its rows, what it used, and whether it kept up."""

    def __init__(self, environment: Environment, name: str, timeline: Timeline, hand_over: Callable[[dict[str, Any]], None]) -> None:
        self.environment, self.name, self.timeline, self.hand_over = environment, name, timeline, hand_over
        self.rows, self.samples = io.StringIO(), io.StringIO()
        self.write_row = csv.writer(self.rows, lineterminator="\n").writerow
        self.write_sample = csv.writer(self.samples, lineterminator="\n").writerow
        self.handed = self.waiting = self.requests = self.missed_s = 0
        self.heard = self.paced_requests = 0
        self.paced_s = self.user_seconds = 0.0
        self.sent: dict[str, int] = {}
        self.ticking: Any = None
        hooks: Any = environment.events
        hooks.request.add_listener(self.hear)
        hooks.test_start.add_listener(self.start)

    def start(self, **_: Any) -> None:
        config = config_of(self.environment)
        if config["arrivals"]:
            plan_steps(self.timeline, config, began_of(self.environment))
        self.ticking = gevent.spawn(self.tick)

    def hear(self, *, request_type: str, name: str, response_time: float | None = None, start_time: float | None = None, **told: Any) -> None:
        """One row; an event without a time is no timed request."""
        if response_time is None or not math.isfinite(response_time):
            return
        began = time.time() - response_time / 1000 if start_time is None else start_time
        intended = (told.get("context") or {}).get("perfkit_intended")
        stage, phase, step = self.timeline.at(began if intended is None else intended)
        exception = told.get("exception")
        answer = (told.get("response_length"), _status_code(told.get("response"), exception), "" if exception is None else str(exception))
        place = (self.name, stage, phase, None if intended is None else round(intended, 6))
        self.write_row((round(began, 6), request_type, name, round(response_time, 3), *answer, *place))
        self.waiting += 1
        self.heard += 1
        self.requests += phase == "steady"
        if intended is not None and self.timeline.at(began)[2] == step:
            self.sent[str(step)] = self.sent.get(str(step), 0) + 1
        if self.waiting >= HANDED_ROWS:
            self.pass_on()

    def tick(self) -> None:
        """Once a second: what this process used of its core. A second that goes by without it was missed."""
        process, due = psutil.Process(), time.monotonic() + 1
        seen, used, heard, mark_seen = time.monotonic(), cpu_s(process), self.heard, self.timeline.at(time.time())
        while True:
            gevent.sleep(max(due - time.monotonic(), 0))
            now, used_now, moment = time.monotonic(), cpu_s(process), time.time()
            stage, phase, _ = mark = self.timeline.at(moment)
            self.missed_s += int(now - due)
            if phase == "steady" and mark == mark_seen and self.environment.runner:
                self.paced_s += now - seen
                self.user_seconds += len(self.environment.runner.user_greenlets) * (now - seen)
                self.paced_requests += self.heard - heard
            busy = round(100 * (used_now - used) / (now - seen), 2)
            self.write_sample((round(moment, 6), SAMPLE, "generator.cpu", busy, None, None, "%", self.name, stage, phase, None))
            seen, used, due, heard, mark_seen = now, used_now, max(due + 1, now), self.heard, mark
            self.pass_on()

    def pass_on(self, *, last: bool = False) -> None:
        batch = {"worker": self.name, "first": self.handed, "rows": self.waiting, "text": taken(self.rows), "samples": taken(self.samples)}
        counts = {name: getattr(self, name) for name in TOLD}
        self.handed, self.waiting = self.handed + self.waiting, 0
        self.hand_over({**batch, **counts, "finished": last})

    def finish(self, **_: Any) -> None:
        if self.ticking is not None:
            self.ticking.kill()
        self.pass_on(last=True)


class Ledger:
    """In the process that keeps the file: writes each row once and knows which worker handed in how much."""

    def __init__(self, folder: Path) -> None:
        self.file = (folder / "load.csv").open("w", encoding="utf-8", newline="")
        self.samples = (folder / "samples.csv").open("w", encoding="utf-8", newline="")
        self.file.write(HEADER)
        self.workers: dict[str, dict[str, Any]] = {}

    def expect(self, name: str) -> dict[str, Any]:
        return self.workers.setdefault(name, {"rows": 0, "lost_rows": 0, "finished": False})

    def accept(self, batch: dict[str, Any]) -> None:
        worker = self.expect(batch["worker"])
        handed = worker["rows"] + worker["lost_rows"]
        if batch["first"] < handed or worker["finished"]:
            return
        self.file.write(batch["text"])
        self.samples.write(batch["samples"])
        counts = {name: batch[name] for name in (*TOLD, "finished")}
        worker.update(rows=worker["rows"] + batch["rows"], lost_rows=worker["lost_rows"] + batch["first"] - handed, **counts)

    def flush(self) -> None:
        self.file.flush()
        self.samples.flush()

    def requests(self) -> int:
        return sum(worker.get("requests", 0) for worker in self.workers.values())


class Conductor:
    """In the master, or in the only process: marks the phases, ends the test, waits for the last rows, and tells the parent."""

    def __init__(self, environment: Environment, config: dict[str, Any], timeline: Timeline, ledger: Ledger) -> None:
        self.environment, self.config, self.timeline, self.ledger = environment, config, timeline, ledger
        self.is_master = isinstance(environment.runner, MasterRunner)
        self.runner = cast(Any, environment.runner)
        self.own_shape = environment.shape_class is not None and not config["stages"]
        self.started: float | None = None
        self.stopped: float | None = None
        self.finishing = self.finished = False
        self.step = -1
        self.stage: int | None = None
        self.paces: deque[tuple[float, int]] = deque([(time.time(), 0)], maxlen=PACE_REPORTS)
        self.start_users = self.runner.start
        self.runner.start = self.start

    def listen(self) -> None:
        hooks: Any = self.environment.events
        hooks.test_start.add_listener(self.test_start)
        hooks.spawning_complete.add_listener(self.all_are_here)
        if self.is_master:
            self.runner.register_message(ROWS, lambda msg, **_: self.ledger.accept(msg.data))
            hooks.test_stopping.add_listener(self.gather)
        hooks.test_stop.add_listener(self.test_stop)
        hooks.quitting.add_listener(self.report)
        gevent.spawn(self.keep_reporting)

    def start(self, user_count: int, spawn_rate: float, *arguments: Any, **options: Any) -> None:
        """In the place of the runner's own method: what begins before all users are there is the ramp."""
        if not self.config["arrivals"]:
            self.step += 1
            self.stage = user_count if self.config["stages"] or self.own_shape else None
            judged_from_the_start = self.stage is None and not self.config["warmup_s"]
            self.mark("steady" if judged_from_the_start else "ramp", 0.0)
        self.start_users(user_count, spawn_rate, *arguments, **options)

    def test_start(self, **_: Any) -> None:
        self.started = time.time()
        length_s = self.config["planned_s"]
        for client in self.runner.clients.all if self.is_master else ():
            self.ledger.expect(worker_name(self.runner.get_worker_index(client.id)))
        if self.config["arrivals"]:
            lead_s = LEAD_S if self.is_master else 0.0
            length_s += lead_s + END_SLACK_S
            self.environment.perfkit_began = time.time() + lead_s  # type: ignore[attr-defined]
            plan_steps(self.timeline, self.config, began_of(self.environment))
            if self.is_master:
                self.runner.send_message(BEGIN, {"in_s": lead_s})
        if self.config["arrivals"] or self.environment.shape_class is None:
            gevent.spawn_later(length_s, self.runner.quit)

    def all_are_here(self, **_: Any) -> None:
        if self.config["arrivals"] or self.started is None:
            return
        now, warmup_s = time.time(), self.config["warmup_s"]
        warm = now + warmup_s if self.config["stages"] else max(now, self.started + warmup_s)
        if warm > now:
            self.mark("warmup", 0.0)
        self.mark("steady", warm - now)

    def mark(self, phase: str, in_s: float) -> None:
        mark: Mark = (self.stage, phase, self.step)
        self.timeline.mark(time.time() + in_s, mark)
        if self.is_master:
            self.runner.send_message(MARK, {"in_s": in_s, "mark": mark})

    def gather(self, **_: Any) -> None:
        """Before the master lets go of its workers: their last requests end, and their last rows arrive. A lost one is not waited for."""
        if not self.finishing:
            self.finishing = True
            self.runner.send_message(FINISH)
        limit = time.monotonic() + self.environment.stop_timeout + LAST_ROWS_S
        while time.monotonic() < limit and self.awaited():
            gevent.sleep(0.05)

    def awaited(self) -> bool:
        here = [client for client in self.runner.clients.all if client.state != STATE_MISSING]
        names = [worker_name(self.runner.get_worker_index(client.id)) for client in here]
        return any(not self.ledger.expect(name)["finished"] for name in names)

    def test_stop(self, **_: Any) -> None:
        self.stopped = self.stopped or time.time()
        if self.is_master:
            # When the last worker was lost, Locust stops the test and waits for others.
            gevent.spawn(self.runner.quit)

    def keep_reporting(self) -> None:
        while True:
            self.report()
            gevent.sleep(REPORT_EVERY_S)

    def report(self, **_: Any) -> None:
        self.ledger.flush()
        total = self.environment.stats.total
        state = {
            "started": self.started,
            "begins": self.timeline.first("steady"),
            "stopped": self.stopped,
            "users": self.runner.user_count,
            "requests": self.ledger.requests(),
            "stage": self.timeline.at(time.time())[0],
            "per_second": self.pace(),
            "p95_ms": total.get_current_response_time_percentile(0.95) if self.started else None,
            "errors": total.num_failures,
            "connected": len(self.runner.clients) if self.is_master else 0,
            "own_shape": self.own_shape,
            "workers": self.ledger.workers,
        }
        part = Path(self.config["folder"]) / "state.part"
        part.write_text(json.dumps(state), encoding="utf-8")
        part.replace(part.with_name("state.json"))

    def pace(self) -> float:
        """Requests a second lately, for the eye."""
        now, rows = time.time(), sum(worker["rows"] for worker in self.ledger.workers.values())
        earlier, rows_earlier = self.paces[0]
        self.paces.append((now, rows))
        return float(rows - rows_earlier) / max(now - earlier, REPORT_EVERY_S)


def plan_steps(timeline: Timeline, config: dict[str, Any], began: float) -> None:
    """An open model needs no users to come: its steps begin by the clock."""
    for number, level in enumerate(config["levels"]):
        stage, begin = (int(level) if config["stages"] else None), began + number * config["step_s"]
        if config["warmup_s"]:
            timeline.mark(begin, (stage, "warmup", number))
        timeline.mark(begin + config["warmup_s"], (stage, "steady", number))
    timeline.mark(began + len(config["levels"]) * config["step_s"], (None, "teardown", len(config["levels"])))


def taken(text: io.StringIO) -> str:
    """What was written since the last time."""
    content = text.getvalue()
    text.seek(0)
    text.truncate()
    return content


def cpu_s(process: psutil.Process) -> float:
    """CPU time that the process has used until now."""
    times = process.cpu_times()
    return float(times.user) + float(times.system)


def worker_name(index: int) -> str:
    return f"worker-{index + 1}"


def config_of(environment: Environment) -> dict[str, Any]:
    """What the collector asked for; Locust sends a master's options to its workers."""
    config: dict[str, Any] = vars(environment.parsed_options)["perfkit"]
    return config


def began_of(environment: Environment) -> float:
    """When the first step of an open model begins."""
    began: float = environment.perfkit_began  # type: ignore[attr-defined]
    return began


def attach_worker(environment: Environment, runner: Any) -> None:
    """A worker's rows go to the master, and to a file of its own where one is asked for."""
    copy_to, timeline = os.environ.get("PERFKIT_WORKER_LOG"), Timeline()
    name = worker_name(runner.worker_index)
    copy = Path(copy_to.replace("{worker}", name)).open("w", encoding="utf-8", newline="") if copy_to else None  # noqa: SIM115
    if copy:
        copy.write(HEADER)

    def hand_over(batch: dict[str, Any]) -> None:
        runner.send_message(ROWS, batch)
        if copy:
            copy.write(batch["text"])
            copy.flush()

    recorder = Recorder(environment, name, timeline, hand_over)

    def finish(**_: Any) -> None:
        runner.stop()
        recorder.finish()

    def begin(msg: Any, **_: Any) -> None:
        environment.perfkit_began = time.time() + msg.data["in_s"]  # type: ignore[attr-defined]

    runner.register_message(BEGIN, begin)
    runner.register_message(MARK, lambda msg, **_: timeline.mark(time.time() + msg.data["in_s"], tuple(msg.data["mark"])))
    runner.register_message(FINISH, finish, concurrent=True)


def attach(environment: Environment, **_: Any) -> None:
    """Locust calls this once its runner exists."""
    # Only errors are worth repeating to the parent: Locust's own summary is computed from rounded times.
    logging.getLogger("locust.stats_logger").disabled = True
    runner = environment.runner
    if isinstance(runner, WorkerRunner):
        attach_worker(environment, runner)
        return
    config = json.loads(Path(os.environ["PERFKIT_LOAD"]).read_text(encoding="utf-8"))
    vars(environment.parsed_options)["perfkit"] = config
    ledger, timeline = Ledger(Path(config["folder"])), Timeline()
    Conductor(environment, config, timeline, ledger).listen()
    if not isinstance(runner, MasterRunner):
        hooks: Any = environment.events
        hooks.test_stop.add_listener(Recorder(environment, worker_name(0), timeline, ledger.accept).finish)


events.init.add_listener(attach)  # type: ignore[no-untyped-call]
