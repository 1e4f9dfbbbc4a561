"""What a sweep can measure: a Python function, a command or a URL, each asked for one execution of one size."""

from __future__ import annotations

import http.client
import re
import shlex
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote_plus, urlsplit

from perfkit.collectors.caller import NO_ANSWER, Caller, Function
from perfkit.collectors.commands import time_command
from perfkit.collectors.process import Child, run_child, unwatched
from perfkit.collectors.profile import RUNNER, program_of
from perfkit.collectors.rounds import Call, Measured
from perfkit.collectors.sizes import LARGEST, PLACEHOLDER, filled, first_words, names_size
from perfkit.collectors.target import check_target
from perfkit.errors import CollectionFailed, UsageError

TRACE_VARIABLE = "PERFKIT_TRACE"
"""Names the file that a measured command should record its spans to."""
FLUSH_S = 1.1
"""After this pause a recorder writes all it has with its next span."""
PROFILE_FACTOR = 5.0
"""How much longer a profiled execution may take."""
ANSWER_READ = 1 << 16


class Workload(Protocol):
    """One thing that takes a size."""

    name: str
    form: str

    def one(self, call: Call, limit_s: float) -> Measured:
        """One execution, timed."""

    def traces(self) -> list[Path]:
        """What the measured program recorded."""

    def profile(self, size: int, outfile: Path, limit_s: float) -> bool:
        """One execution under cProfile; False where that cannot be."""

    def close(self) -> None:
        """Ends what still runs."""


class FunctionWorkload:
    """A function that takes the size, or arguments that are made from it."""

    form = "function"

    def __init__(self, function: Function, place: Path, cwd: Path | None) -> None:
        self.name = function.target
        sized = function if function.args or function.kwargs else replace(function, args=("{size}",))
        if not names_size(repr((sized.args, sized.kwargs))):
            raise UsageError("No argument depends on the size: put {size}, {text:size} or {rows:size} into one of --arg and --kwarg.")
        self._caller = Caller(sized, cwd, place / "trace.ndjson")

    def one(self, call: Call, limit_s: float) -> Measured:
        answer = self._caller.time(size=call.size, seed=call.seed, limit_s=limit_s)
        seconds = limit_s if answer.problem else answer.seconds[0]
        return Measured(call, seconds, answer.from_us, answer.to_us, answer.problem, answer.detail)

    def traces(self) -> list[Path]:
        return self._caller.traces

    def profile(self, size: int, outfile: Path, limit_s: float) -> bool:
        return self._caller.profile(outfile, size=size, seed=Call(size, 0).seed, limit_s=limit_s * PROFILE_FACTOR).problem is None

    def close(self) -> None:
        self._caller.close()


class CommandWorkload:
    """A command with {size} in it."""

    form = "command"

    def __init__(self, command: tuple[str, ...], place: Path, cwd: Path | None) -> None:
        if not names_size(*command):
            raise UsageError(f"Nothing in `{shlex.join(command)}` depends on the size: put {{size}} where it belongs.")
        self.name = first_words(command)
        self._command, self._place, self._cwd = command, place, cwd
        self._traces: list[Path] = []

    def one(self, call: Call, limit_s: float) -> Measured:
        trace = self._place / f"trace-{len(self._traces)}.ndjson"
        self._traces.append(trace)
        command = tuple(filled(word, call.size, call.seed) for word in self._command)
        timed = time_command(command, limit_s, self._cwd, {TRACE_VARIABLE: str(trace)})
        problem = NO_ANSWER if not timed.in_time else f"exit {timed.status}" if timed.status else None
        return Measured(call, timed.seconds, timed.from_us, timed.to_us, problem, timed.last_words if problem else "")

    def traces(self) -> list[Path]:
        return [trace for trace in self._traces if trace.exists()]

    def profile(self, size: int, outfile: Path, limit_s: float) -> bool:
        command = tuple(filled(word, size, Call(size, 0).seed) for word in self._command)
        try:
            program = program_of(command, self._cwd or Path.cwd())
        except UsageError:
            return False
        interpreter = shutil.which(command[0]) or program.interpreter
        runner = (interpreter, str(RUNNER), str(outfile), program.form, program.name, *program.arguments)
        with suppress(CollectionFailed):
            return run_child(Child(runner, limit_s * PROFILE_FACTOR + 10, cwd=self._cwd), unwatched).status == 0
        return False

    def close(self) -> None:
        """Every execution has ended by itself."""


@dataclass(frozen=True, slots=True)
class UrlTemplate:
    """A request with placeholders."""

    url: str
    method: str | None = None
    """None: POST with a body, else GET."""
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    trace: Path | None = None
    """The file that the server's recorder writes, where there is one."""
    allow_remote: bool = False


class UrlWorkload:
    """A URL over one kept connection."""

    form = "url"

    def __init__(self, template: UrlTemplate) -> None:
        if not names_size(template.url, template.body or "", *template.headers.values()):
            raise UsageError("Nothing in the request depends on the size: put {size}, {text:size} or {rows:size} into URL, headers or body.")
        self._template, self._method = template, template.method or ("GET" if template.body is None else "POST")
        self._connection: http.client.HTTPConnection | None = None
        address = urlsplit(PLACEHOLDER.sub("1", template.url))
        check_target(f"{address.scheme}://{address.netloc}", allow_remote=template.allow_remote)
        self._address = address
        self._smallest = LARGEST
        self.name = f"{self._method} {urlsplit(template.url).path or '/'}"

    def one(self, call: Call, limit_s: float) -> Measured:
        self._smallest = min(self._smallest, call.size)
        path, body, headers = self._request(call)
        from_us, began = time.time_ns() // 1000, time.perf_counter()
        try:
            status = self._answered(path, body, headers, limit_s)
            problem = None if 200 <= status < 300 else f"status {status}"
        except TimeoutError:
            problem = NO_ANSWER
        except (OSError, http.client.HTTPException) as error:
            problem = f"broken connection ({type(error).__name__})"
        seconds = time.perf_counter() - began
        if problem:
            self.close()
        return Measured(call, seconds, from_us, from_us + round(seconds * 1e6), problem, problem or "")

    def traces(self) -> list[Path]:
        if self._template.trace is None:
            return []
        time.sleep(FLUSH_S)
        self.one(Call(self._smallest, 0, "flush"), 10.0)
        if not self._template.trace.is_file():
            raise CollectionFailed(f"{self._template.trace}: the server left no trace there. Does it record to this file?")
        return [self._template.trace]

    def profile(self, size: int, outfile: Path, limit_s: float) -> bool:  # noqa: ARG002  a server's inside is its own
        return False

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _request(self, call: Call) -> tuple[str, bytes | None, dict[str, str]]:
        template = self._template
        address = urlsplit(PLACEHOLDER.sub(lambda match: quote_plus(filled(match[0], call.size, call.seed)), template.url))
        path = (address.path or "/") + (f"?{address.query}" if address.query else "")
        headers = {name: filled(text, call.size, call.seed) for name, text in template.headers.items()}
        if template.body is None:
            return path, None, headers
        kind = "application/json" if re.match(r"\s*[\[{]", PLACEHOLDER.sub("x", template.body)) else "text/plain; charset=utf-8"
        return path, filled(template.body, call.size, call.seed).encode(), {"Content-Type": kind} | headers

    def _answered(self, path: str, body: bytes | None, headers: Mapping[str, str], limit_s: float) -> int:
        connection = self._connected(limit_s)
        connection.request(self._method, path, body, dict(headers))
        answer = connection.getresponse()
        while answer.read(ANSWER_READ):
            pass
        return answer.status

    def _connected(self, limit_s: float) -> http.client.HTTPConnection:
        if self._connection is None:
            maker = http.client.HTTPSConnection if self._address.scheme == "https" else http.client.HTTPConnection
            self._connection = maker(self._address.hostname or "", self._address.port, timeout=limit_s)
            self._connection.connect()
        elif self._connection.sock is None:
            self._connection.connect()
        self._connection.timeout = limit_s
        if self._connection.sock is not None:
            self._connection.sock.settimeout(limit_s)
        return self._connection


def workload_parts(template: UrlTemplate) -> tuple[Any, ...]:
    """What makes two requests the same work."""
    return (urlsplit(template.url).path, urlsplit(template.url).query, template.method, template.body)
