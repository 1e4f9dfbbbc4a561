"""A Python function in a child process of its own, asked call by call; a call without end ends the child, not the measurement."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from perfkit.collectors.process import Listener, last_words
from perfkit.errors import CollectionFailed, UsageError

CHILD = Path(__file__).with_name("children") / "timed_calls.py"
LOADING_S = 60.0
NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True)
class Function:
    """Which function, with what."""

    target: str
    """module:function, seen from the working folder."""
    args: tuple[Any, ...] = ()
    """JSON values; in a sweep with placeholders."""
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        module, _, name = self.target.partition(":")
        if not all(part.isidentifier() for path in (module, name) for part in path.split(".")):
            raise UsageError(f"{self.target!r} names no function. Write module:function or package.module:function.")
        if module.endswith(".py"):
            raise UsageError(f"{self.target!r} names a file. Write the module as import does: {module.removesuffix('.py')}:{name}.")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the child said to one question."""

    seconds: tuple[float, ...] = ()
    from_us: int = 0
    to_us: int = 0
    problem: str | None = None
    detail: str = ""


class Caller:
    """The child; it starts with the first question, and again after one that it did not survive."""

    def __init__(self, function: Function, cwd: Path | None = None, trace: Path | None = None) -> None:
        self.function, self.cwd, self.trace = function, cwd, trace
        self._process: subprocess.Popen[bytes] | None = None
        self._listeners: list[Listener] = []
        self._asks = self._answers = -1
        self._traces = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def time(self, *, size: int | None = None, seed: str = "", rounds: int = 1, loops: int = 1, limit_s: float) -> Answer:
        """Seconds of so many rounds, or what went wrong."""
        if self._process is None:
            self._start()
        said = self._ask({"do": "time", "size": size, "seed": seed, "rounds": rounds, "loops": loops}, limit_s)
        return _answer(said)

    def profile(self, outfile: Path, *, size: int | None = None, seed: str = "", limit_s: float) -> Answer:
        """One call under cProfile, to a file."""
        if self._process is None:
            self._start()
        return _answer(self._ask({"do": "profile", "size": size, "seed": seed, "outfile": str(outfile)}, limit_s))

    @property
    def traces(self) -> list[Path]:
        """What the children recorded, one file each."""
        return [] if self.trace is None else [path for number in range(1, self._traces + 1) if (path := self._trace_file(number)).exists()]

    def close(self) -> None:
        """Ends the child and whatever it started."""
        process, self._process = self._process, None
        if process is None:
            return
        os.close(self._asks)
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(self._answers)

    def _start(self) -> None:
        self._traces += 1
        asks_out, self._asks = os.pipe()
        self._answers, answers_in = os.pipe()
        command = (sys.executable, str(CHILD), str(asks_out), str(answers_in))
        ends, pipe = (asks_out, answers_in), subprocess.PIPE
        self._process = subprocess.Popen(
            command, cwd=self.cwd, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, pass_fds=ends, start_new_session=True
        )
        for end in ends:
            os.close(end)
        self._listeners = [Listener(stream) for stream in (self._process.stderr, self._process.stdout) if stream]
        asked = {"target": self.function.target, "args": list(self.function.args), "kwargs": dict(self.function.kwargs)}
        trace = None if self.trace is None else str(self._trace_file(self._traces))
        said = self._ask({"do": "load", **asked, "trace": trace}, LOADING_S)
        if "error" in said:
            raise UsageError(
                f"{self.function.target} cannot be called from {self.cwd or Path.cwd()}: {said['detail']}. Modules are looked for there."
            )

    def _ask(self, question: Mapping[str, Any], limit_s: float) -> dict[str, Any]:
        with suppress(BrokenPipeError):
            os.write(self._asks, (json.dumps(question) + "\n").encode())
        content = b""
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._answers, selectors.EVENT_READ)
            while not content.endswith(b"\n"):
                if not waiting.select(limit_s):
                    self.close()
                    return {"error": NO_ANSWER, "detail": f"no answer within {limit_s:g} s"}
                piece = os.read(self._answers, 64 * 1024)
                if not piece:
                    return self._died()
                content += piece
        answer: dict[str, Any] = json.loads(content)
        return answer

    def _died(self) -> dict[str, Any]:
        process = self._process
        self.close()
        words = last_words(self._listeners)
        status = process.returncode if process else None
        return {"error": "ended", "detail": f"the process ended with status {status}. Its last lines:\n{words}"}

    def _trace_file(self, number: int) -> Path:
        if self.trace is None:
            raise CollectionFailed("No trace was asked for.")
        return self.trace.with_name(f"{self.trace.stem}-{number}{self.trace.suffix}")


def _answer(said: Mapping[str, Any]) -> Answer:
    if "error" in said:
        return Answer(problem=said["error"], detail=said["detail"])
    return Answer(tuple(said.get("seconds", ())), said.get("from_us", 0), said.get("to_us", 0))
