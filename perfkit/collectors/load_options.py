"""What a load test is: which requests, in which model, by how many users or arrivals, from which processes; and which tests cannot be made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from perfkit.errors import UsageError
from perfkit.model.run import Manifest

LOOPBACK = "127.0.0.1"
MASTER_PORT = 5557


@dataclass(frozen=True, slots=True)
class RequestSpec:
    """One kind of request; it is one endpoint in every report."""

    name: str
    paths: tuple[str, ...]
    """Taken in turn."""
    method: str = "GET"
    body: Any = None
    """Sent as JSON. None sends no body."""
    weight: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ladder:
    """Steps of growing load within one run."""

    levels: tuple[int, ...]
    """Users of each step; arrivals a second in an open model."""
    hold_s: float = 10.0
    """Length of a step once all its users are there."""
    warmup_s: float = 0.0
    """The first part of it, which does not count."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """An open model: requests begin by the clock, whether earlier ones were answered or not."""

    rate: float | None = None
    """A second. None when a ladder says how many."""
    pace: Literal["constant", "poisson"] = "constant"


@dataclass(frozen=True, slots=True)
class Generators:
    """The processes that make the load."""

    processes: int = 1
    """On this machine; more than one are workers of a master."""
    expected: int | None = None
    """Workers that the user starts, here or on other machines. None when there are none."""
    max_wait_s: float = 60.0
    """How long the master waits for them."""
    host: str = LOOPBACK
    """The address at which the master listens to workers."""
    port: int = MASTER_PORT

    @property
    def count(self) -> int:
        return self.expected or self.processes


@dataclass(frozen=True, slots=True)
class Bystander:
    """A light probe beside the load: what somebody else notices of it."""

    paths: tuple[str, ...] = ()
    per_second: float = 5.0
    """For each path, by the clock."""


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """One load test."""

    target: str
    """The base URL."""
    requests: tuple[RequestSpec, ...] | None = None
    locustfile: Path | None = None
    """The caller's own; runs unchanged. Either this or requests."""
    users: int = 8
    spawn_rate: float = 8.0
    duration_s: float = 10.0
    """After the warm-up. Neither counts for a ladder, nor for a locustfile with a load shape of its own."""
    warmup_s: float = 0.0
    """Requests that begin in it, or before all users are there, are marked and not judged. 0 judges every request."""
    wait_s: float = 0.0
    """A user's pause between an answer and the next request."""
    answer_s: float = 30.0
    """When a request has failed for want of an answer; also how long running ones may take to end."""
    ladder: Ladder | None = None
    arrivals: Arrivals | None = None
    """None is the closed model: each user waits for its answer."""
    generators: Generators = field(default_factory=Generators)
    bystander: Bystander = field(default_factory=Bystander)
    target_pid: int | None = None
    """The process to watch beside the load. None: whoever listens at the target's port on this machine."""
    allow_remote: bool = False
    stated: Manifest = field(default_factory=Manifest)
    """What the caller knows: label, scenario, system, investigation."""
    project: Path | None = None
    """The code under investigation, for its commit. None means the current folder."""

    @property
    def planned_s(self) -> float:
        """From the first user to the end, as far as the options say."""
        if self.ladder is None:
            return self.warmup_s + self.duration_s
        climbs = pairwise((0, *self.ladder.levels))
        ramps = 0.0 if self.arrivals else sum(abs(to - start) / self.spawn_rate for start, to in climbs)
        return ramps + self.ladder.hold_s * len(self.ladder.levels)

    @property
    def levels(self) -> tuple[float, ...]:
        """Users or arrivals a second of each step; a test without a ladder has one."""
        if self.ladder is not None:
            return self.ladder.levels
        return (self.arrivals.rate or 0.0 if self.arrivals else float(self.users),)

    @property
    def step_s(self) -> float:
        """Length of a step, its warm-up included."""
        return self.ladder.hold_s if self.ladder else self.planned_s

    @property
    def step_warmup_s(self) -> float:
        return self.ladder.warmup_s if self.ladder else self.warmup_s


def check(options: LoadOptions) -> None:
    """Raises before anything starts when the load cannot be made as asked."""
    _check_requests(options)
    _check_numbers(options)
    if options.ladder is not None:
        _check_ladder(options.ladder)
    if options.arrivals is not None:
        _check_arrivals(options, options.arrivals)
    elif options.ladder is None and options.users / options.spawn_rate > options.planned_s:
        raise UsageError(
            f"{options.users} users at {options.spawn_rate:g} a second are not all there within {options.planned_s:g} s. "
            "Raise the spawn rate, the warm-up or the duration."
        )


def _check_requests(options: LoadOptions) -> None:
    if (options.requests is None) == (options.locustfile is None):
        raise UsageError("A load test takes either a list of requests or a locustfile, exactly one of them.")
    if options.locustfile is not None and not options.locustfile.is_file():
        raise UsageError(f"There is no locustfile {options.locustfile}.")
    if options.locustfile is not None and "," in str(options.locustfile.resolve()):
        raise UsageError(f"The path {options.locustfile} has a comma, which Locust takes for the end of the name. Rename it.")
    if options.requests is not None and not (options.requests and all(spec.paths and spec.weight > 0 for spec in options.requests)):
        raise UsageError("A load test needs at least one request, each with a path and a weight above 0.")
    wrong = [path for spec in options.requests or () for path in spec.paths if not path.startswith("/")]
    if wrong:
        raise UsageError(f"A path begins with /, such as /items, and is asked of the target alone; {wrong[0]!r} does not.")


def _check_numbers(options: LoadOptions) -> None:
    generators = options.generators
    if options.users < 1 or min(options.spawn_rate, options.duration_s) <= 0 or min(options.warmup_s, options.wait_s) < 0:
        raise UsageError("A load test needs at least one user, a spawn rate and a duration above 0, and no negative times.")
    if generators.count < 1 or generators.max_wait_s <= 0:
        raise UsageError("A load test needs at least one process, and more than 0 s to wait for workers.")
    if generators.expected is not None and generators.processes > 1:
        raise UsageError("A master makes no load itself: start more processes with the workers (--worker --processes N), not with --master.")
    if options.arrivals is None and min(options.levels) < generators.count:
        raise UsageError(f"{min(options.levels):g} users cannot be shared by {generators.count} processes. Ask for fewer processes or more users.")
    if options.bystander.paths and options.bystander.per_second <= 0:
        raise UsageError("The bystander needs a rate above 0.")


def _check_ladder(ladder: Ladder) -> None:
    if not ladder.levels or min(ladder.levels) < 1 or len(set(ladder.levels)) < len(ladder.levels):
        raise UsageError("The stages of a ladder are whole numbers above 0, and no two are equal: --stages 10,50,100.")
    if ladder.hold_s <= 0 or not 0 <= ladder.warmup_s < ladder.hold_s:
        raise UsageError(f"A stage of {ladder.hold_s:g} s with {ladder.warmup_s:g} s of warm-up leaves nothing to measure.")


def _check_arrivals(options: LoadOptions, arrivals: Arrivals) -> None:
    if options.locustfile is not None:
        raise UsageError("An open model needs a list of requests: a locustfile's users decide themselves when they send the next one.")
    if (arrivals.rate is None) == (options.ladder is None):
        raise UsageError("An open model takes either one rate or the stages of a ladder, exactly one of them.")
    if arrivals.rate is not None and arrivals.rate <= 0:
        raise UsageError("The rate of an open model is above 0 arrivals a second.")
