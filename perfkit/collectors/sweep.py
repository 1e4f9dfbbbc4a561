"""One workload at many sizes → how long each took and what its parts did; with a limit, where it breaks, measured there too."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfkit.collectors.base import Progress, described, desk, leave, nobody_watches, utc_now
from perfkit.collectors.blame import blamed
from perfkit.collectors.caller import NO_ANSWER, Function
from perfkit.collectors.components import components_of
from perfkit.collectors.rounds import Call, Measured, Round, write_rounds
from perfkit.collectors.watch import Bystander
from perfkit.collectors.workloads import CommandWorkload, FunctionWorkload, UrlTemplate, UrlWorkload, Workload, workload_parts
from perfkit.errors import CollectionFailed, UsageError
from perfkit.model.run import Manifest
from perfkit.model.workload import workload_hash

if TYPE_CHECKING:
    from perfkit.stats.growth import Break

TOOL = "perfkit.sweep"
AROUND = (0.8, 1.0, 1.25)
"""Of the predicted break point: where it is looked for."""
SEARCHES = 3
VERIFY_REPEATS = 3
LEAST_SIZES = 3
PROFILED_SIZES = 2
RECOVERY_S = 30.0
CALM_ANSWERS = 4
CALM_PAUSE_S = 0.05
MOST_FUNCTIONS = 20


@dataclass(frozen=True, slots=True)
class SweepOptions:
    """One sweep: exactly one of function, command and url."""

    sizes: tuple[int, ...]
    """Ascending, three or more."""
    function: Function | None = None
    command: tuple[str, ...] = ()
    url: UrlTemplate | None = None
    name: str | None = None
    """What the sweep is called. None: the function, the command or the method and path."""
    repeats: int = 5
    timeout_s: float = 30.0
    """For one execution; a size that takes longer is not tried again, nor is a larger one."""
    limit_ms: float | None = None
    """The time that an execution may take. Its break point is predicted and then measured."""
    max_size: int | None = None
    """Never grow beyond. None: a hundred times the largest size."""
    max_time_s: float = 300.0
    """For the whole sweep: after it no further execution begins."""
    components: tuple[str, ...] = ()
    """Parts to keep, as globs over their names. Empty keeps all."""
    profile: bool = True
    watch: str | None = None
    """A URL to ask at a fixed pace meanwhile."""
    cwd: Path | None = None
    stated: Manifest = field(default_factory=Manifest)
    """What the caller knows: label, system, investigation; the scenario is the sweep's name unless stated."""
    project: Path | None = None
    """The code under investigation, for its commit. None means the working folder."""

    def __post_init__(self) -> None:
        if (self.function is not None) + bool(self.command) + (self.url is not None) != 1:
            raise UsageError("Name one thing to measure: --call module:function, --url URL or -- COMMAND {size}.")
        if len(self.sizes) < LEAST_SIZES or list(self.sizes) != sorted(set(self.sizes)):
            raise UsageError(f"A sweep needs at least {LEAST_SIZES} sizes, ascending and each once.")
        if self.repeats < 1 or self.timeout_s <= 0 or self.max_time_s <= 0:
            raise UsageError("A sweep needs at least one repeat and time to run.")

    @property
    def largest(self) -> int:
        return self.max_size or self.sizes[-1] * 100


class Session:
    """The executions of one sweep, one after another."""

    def __init__(self, options: SweepOptions, workload: Workload, tell: Progress, bystander: Bystander | None) -> None:
        self.options, self.workload, self.tell, self.bystander = options, workload, tell, bystander
        self.measured: list[Measured] = []
        self._deadline = time.monotonic() + options.max_time_s
        self._hopeless = float("inf")

    @property
    def over(self) -> bool:
        """Whether the time for the sweep is used up."""
        return time.monotonic() >= self._deadline

    def execute(self, calls: Sequence[Call], words: str, limit_s: float | None = None) -> None:
        """Measures the calls in their order; sizes that took too long are left out from then on."""
        for number, call in enumerate(calls):
            if call.size >= self._hopeless or (self.over and call.round > 0):
                continue
            self.tell(f"{self.workload.name} · {words} {call.size} · {number + 1} of {len(calls)}", number / len(calls))
            self._keep(self._watched(call, limit_s or self.options.timeout_s))

    def points(self) -> tuple[list[float], list[float]]:
        """Sizes and milliseconds of everything that succeeded, and of what ran out of time, which took at least that long."""
        valid = [item for item in self.measured if item.call.phase in (None, "verify") and item.problem in (None, NO_ANSWER)]
        return [float(item.call.size) for item in valid], [item.seconds * 1000 for item in valid]

    def _watched(self, call: Call, limit_s: float) -> Measured:
        if self.bystander is None:
            return self.workload.one(call, limit_s)
        self.bystander.size = call.size
        item = self.workload.one(call, limit_s)
        self.bystander.size = None
        return item

    def _keep(self, item: Measured) -> None:
        worked = any(known.problem is None and known.call.size == item.call.size for known in self.measured)
        if item.problem and not worked and item.call.size == self.options.sizes[0]:
            raise CollectionFailed(f"{self.workload.name} failed at its smallest size, {item.call.size}, so nothing is stored: {item.detail}")
        self.measured.append(item)
        if item.problem == NO_ANSWER:
            self._hopeless = self._hopeless if worked else min(self._hopeless, item.call.size)
            self._recover()

    def _recover(self) -> None:
        """A server may still work on what nobody waits for any more: the next measurement must not pay for it."""
        smallest, usual = self.options.sizes[0], self._usual_s()
        waiting_until, calm = time.monotonic() + max(self.options.timeout_s * 2, RECOVERY_S), 0
        while self.workload.form == "url" and calm < CALM_ANSWERS and time.monotonic() < waiting_until:
            self.tell(f"{self.workload.name} · waiting until it answers as before", 0.0)
            answer = self.workload.one(Call(smallest, 0, "waiting"), self.options.timeout_s)
            calm = calm + 1 if answer.problem is None and answer.seconds <= usual else 0
            time.sleep(CALM_PAUSE_S)

    def _usual_s(self) -> float:
        """What the smallest size takes at most when nothing else runs."""
        took = [item.seconds for item in self.measured if item.problem is None and item.call.size == self.options.sizes[0]]
        return max(took, default=self.options.timeout_s) * 2 + CALM_PAUSE_S


def collect(options: SweepOptions, folder: Path, progress: Progress | None = None) -> Path:
    """Measures all sizes in turn, again and again, and leaves the rounds."""
    started = utc_now()
    with ExitStack() as closing:
        place = closing.enter_context(desk(folder))
        workload = _workload(options, place)
        closing.callback(workload.close)
        remote = options.url is not None and options.url.allow_remote
        bystander = closing.enter_context(Bystander(options.watch, allow_remote=remote)) if options.watch else None
        session = Session(options, workload, progress or nobody_watches, bystander)
        breaking = _measure(session)
        if bystander:
            bystander.close()
        rounds = [*_totals(session.measured), *breaking, *_parts(session, place), *(bystander.rounds if bystander else ())]
        name = options.name or workload.name
        artefact = write_rounds(place / "sweep.json", "sweep", name, rounds, {"sizes": list(options.sizes)})
        manifest = Manifest(TOOL, platform.python_version(), scenario=name, started_at=started, parameters=_parameters(options, workload.form))
        return leave(artefact, folder, described(manifest, options.stated, options.project or options.cwd))


def _workload(options: SweepOptions, place: Path) -> Workload:
    if options.function is not None:
        return FunctionWorkload(options.function, place, options.cwd)
    if options.url is not None:
        return UrlWorkload(options.url)
    return CommandWorkload(options.command, place, options.cwd)


def _measure(session: Session) -> list[Round]:
    """The sweep itself and, with a limit, the search for its break point."""
    options = session.options
    session.execute([Call(options.sizes[0], 0, "warmup")], "warming up at size")
    session.execute([Call(size, number) for number in range(options.repeats) for size in options.sizes], "size")
    sizes = {item.call.size for item in session.measured if item.problem is None and item.call.phase is None}
    if len(sizes) < LEAST_SIZES:
        problems = sorted({f"{item.detail or item.problem} at size {item.call.size}" for item in session.measured if item.problem})
        raise CollectionFailed(f"{session.workload.name} answered at {len(sizes)} sizes only, too few to see growth: {'; '.join(problems[:3])}.")
    return [] if options.limit_ms is None else _verified(session, options.limit_ms)


def _verified(session: Session, limit_ms: float) -> list[Round]:
    """Predicts the size that breaks the limit from the sweep alone, then grows to it; what was predicted is not changed any more."""
    from perfkit.stats.growth import break_size, crossing

    first = predicted = break_size(*session.points(), limit_ms)
    for attempt in range(SEARCHES):
        if predicted.size is None or (attempt and crossing(*session.points(), limit_ms)):
            break
        if not _grow_to(session, predicted.size, limit_ms, attempt):
            break
        predicted = break_size(*session.points(), limit_ms)
    return _break_rounds(first, crossing(*session.points(), limit_ms), limit_ms)


def _grow_to(session: Session, size: float, limit_ms: float, attempt: int) -> bool:
    """False when nothing new may be measured."""
    known = {item.call.size for item in session.measured if item.call.phase == "verify"}
    sizes = sorted({min(max(round(size * share), 1), session.options.largest) for share in AROUND} - known)
    if not sizes or session.over:
        return False
    first = attempt * VERIFY_REPEATS
    calls = [Call(size, number, "verify") for number in range(first, first + VERIFY_REPEATS) for size in sizes]
    session.execute(calls, "looking for the break at size", max(session.options.timeout_s, limit_ms * 4 / 1000))
    return True


def _break_rounds(predicted: Break, found: float | None, limit_ms: float) -> list[Round]:
    sizes = {"predicted": predicted.size, "predicted from": predicted.lo, "predicted to": predicted.hi, "found": found}
    known = [Round(0, size, "count", "break", None, name) for name, size in sizes.items() if size is not None]
    return [Round(0, limit_ms, "ms", "break", None, "limit"), *known]


def _totals(measured: Sequence[Measured]) -> list[Round]:
    rows = []
    for item in measured:
        call = item.call
        rows.append(Round(call.round, item.seconds * 1000, "ms", "failed" if item.problem else call.phase, call.size))
        if item.problem:
            rows.append(Round(call.round, 1, "count", "failed", call.size, item.problem))
    return rows


def _parts(session: Session, place: Path) -> list[Round]:
    """Components from the program's own trace, functions from profiles of the largest sizes."""
    options = session.options
    rows = components_of(session.workload.traces(), session.measured, options.components)
    worked = sorted({item.call.size for item in session.measured if item.problem is None and item.call.phase is None})
    profiles = _profiles(session, worked, place) if options.profile and options.url is None else {}
    most = sorted({name for seconds in profiles.values() for name in seconds}, key=_largest(profiles), reverse=True)[:MOST_FUNCTIONS]
    return rows + [Round(0, seconds.get(name, 0.0) * 1000, "ms", "profiled", size, name) for size, seconds in profiles.items() for name in most]


def _profiles(session: Session, worked: Sequence[int], place: Path) -> dict[int, dict[str, float]]:
    found: dict[int, dict[str, float]] = {}
    for size in worked[-PROFILED_SIZES:]:
        outfile = place / f"{size}.prof"
        session.tell(f"{session.workload.name} · profiling at size {size}", 0.99)
        if session.workload.profile(size, outfile, session.options.timeout_s) and outfile.exists():
            found[size] = blamed(outfile)
    return found


def _largest(profiles: Mapping[int, Mapping[str, float]]) -> Callable[[str], float]:
    return lambda name: max(seconds.get(name, 0.0) for seconds in profiles.values())


def _parameters(options: SweepOptions, form: str) -> dict[str, Any]:
    function, url = options.function, options.url
    work = (function.target, function.args, function.kwargs) if function else workload_parts(url) if url else options.command
    return {"form": form, "workload": workload_hash(form, work), "sizes": list(options.sizes), "repeats": options.repeats}
