"""perfkit collect load: load on a web application, every request logged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfkit.cli.collect.common import collect_and_print, common, stated
from perfkit.cli.output import echo
from perfkit.cli.progress import stepping
from perfkit.errors import UsageError

if TYPE_CHECKING:
    from perfkit.collectors.load_options import Arrivals, Bystander, Generators, Ladder, RequestSpec

FILE = click.Path(path_type=Path)
Options = tuple[Callable[[Any], Any], ...]

WHAT: Options = (
    click.option("--path", "paths", multiple=True, help="A path to request with GET; may be repeated. Default: the URL itself."),
    click.option("--urls", "urls_file", type=FILE, help="A file with one path or URL of the target a line."),
    click.option("--requests", "requests_file", type=FILE, help="JSON list of {name, paths, method, body, weight}."),
    click.option("--openapi", metavar="FILE|URL", help="An OpenAPI document: requests what it gives values for, and says what it leaves out."),
    click.option("--include-writes", is_flag=True, help="With --openapi: also POST, PUT, PATCH and DELETE, with the document's example bodies."),
    click.option("--locustfile", type=FILE, help="Your own Locust file; it runs unchanged, with its load shape if it has one."),
)
HOW_MUCH: Options = (
    click.option("--users", type=click.IntRange(min=1), default=8, show_default=True, help="Users that each wait for their answer."),
    click.option("--spawn-rate", type=float, help="Users started a second. Default: all within one second."),
    click.option(
        "--duration", "duration_s", type=float, default=10.0, show_default=True, help="Measured seconds. Requests that run then get 30 s more."
    ),
    click.option("--warmup", "warmup_s", type=float, default=2.0, show_default=True, help="Seconds before them that do not count."),
    click.option("--rate", type=float, help="Open model: requests that begin each second, whether earlier ones were answered or not."),
    click.option("--poisson", is_flag=True, help="Open model: arrivals at random times, as of many independent people, instead of a constant pace."),
    click.option("--stages", metavar="N,N,…", help="A ladder within one run: users of each step, such as 10,50,100."),
    click.option("--open", "open_model", is_flag=True, help="The stages are requests a second (open model), not users."),
    click.option("--stage-duration", "hold_s", type=float, default=10.0, show_default=True, help="Seconds of a step once its users are there."),
    click.option("--stage-warmup", "stage_warmup_s", type=float, default=2.0, show_default=True, help="The first of them, which do not count."),
)
FROM_WHERE: Options = (
    click.option("--processes", type=click.IntRange(min=1), default=1, show_default=True, help="Processes that make the load; one uses one core."),
    click.option("--master", is_flag=True, help="Let workers make the load that you start with --worker, here or on other machines."),
    click.option("--expect-workers", type=click.IntRange(min=1), help="With --master: worker processes to wait for."),
    click.option("--expect-workers-max-wait", "max_wait_s", type=float, default=60.0, show_default=True, help="Seconds to wait for them at most."),
    click.option(
        "--master-bind-host", "bind_host", default="127.0.0.1", show_default=True, help="With --master: the address to listen at; * is all."
    ),
    click.option("--worker", is_flag=True, help="Make load for a master: it sends what to do, and gets every request's row. Takes no URL."),
    click.option("--master-host", default="127.0.0.1", show_default=True, help="With --worker: where the master is."),
    click.option("--master-port", "port", type=click.IntRange(1, 65535), default=5557, show_default=True, help="Where the master listens."),
    click.option("--log", "worker_log", type=FILE, help="With --worker: keep a copy of this worker's rows in a file."),
)
BESIDE: Options = (
    click.option("--watch", "watched", multiple=True, help="A path to probe lightly beside the load, such as /health; may be repeated."),
    click.option("--watch-rate", type=float, default=5.0, show_default=True, help="Probes of each such path a second."),
    click.option("--target-pid", type=int, help="The target's process, for its CPU and memory. Default: who listens at the URL's port here."),
    click.option("--repeat", type=click.IntRange(min=1), default=1, show_default=True, help="Runs; five and more can be compared."),
    click.option("--allow-remote", is_flag=True, help="Permit a target or a master on another machine. Only with its owner's consent."),
)


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed((*WHAT, *HOW_MUCH, *FROM_WHERE, *BESIDE)):
        function = option(function)
    return function


@click.command()
@click.argument("url", required=False)
@_options
@common
def command(workspace: Path | None, url: str | None, repeat: int, worker: bool, as_json: bool, **given: Any) -> None:
    """Put load on URL with Locust and keep the log of every request.

    Closed model (the default): users that each wait for their answer. Open model (--rate): requests begin by the clock,
    so that a target that stops answering does not slow the load down. A ladder (--stages) climbs within one run.
    """
    if worker:
        _work(url, given)
        return
    if url is None:
        raise UsageError("Name the URL to put load on, such as http://127.0.0.1:8000, or make load for a master with --worker.")
    from perfkit.collectors.load_options import LoadOptions

    if given["locustfile"] and any(given[name] for name in ("paths", "urls_file", "requests_file", "openapi")):
        raise UsageError("A locustfile says itself what to request: leave out --path, --urls, --requests and --openapi.")
    ladder = _ladder(given)
    options = LoadOptions(
        target=url.rstrip("/"),
        requests=None if given["locustfile"] else _requests(url.rstrip("/"), given),
        locustfile=given["locustfile"],
        users=given["users"],
        spawn_rate=given["spawn_rate"] or float(max(ladder.levels) if ladder else given["users"]),
        duration_s=given["duration_s"],
        warmup_s=given["warmup_s"],
        ladder=ladder,
        arrivals=_arrivals(given),
        generators=_generators(given),
        bystander=_bystander(given),
        target_pid=given["target_pid"],
        allow_remote=given["allow_remote"],
        stated=stated(given),
    )
    collect_and_print(workspace, [options] * repeat, as_json)


def _work(url: str | None, given: dict[str, Any]) -> None:
    from perfkit.collectors.load_worker import WorkerOptions, work

    if url is not None or given["master"]:
        raise UsageError("A worker gets its URL from the master. Give --worker without a URL and without --master.")
    options = WorkerOptions(given["master_host"], given["port"], given["processes"], given["worker_log"], given["allow_remote"])
    with stepping() as step:
        work(options, step)


def _requests(url: str, given: dict[str, Any]) -> tuple[RequestSpec, ...]:
    from perfkit.collectors.load_openapi import requests_from_openapi
    from perfkit.collectors.load_sources import requests_from, requests_listed

    sources = [name for name in ("urls_file", "requests_file", "openapi") if given[name]] + (["paths"] if given["paths"] else [])
    if len(sources) > 1:
        raise UsageError("Say in one way what to request: --path, --urls, --requests or --openapi.")
    if given["urls_file"]:
        return requests_listed(given["urls_file"], url)
    if given["openapi"]:
        specs, left_out = requests_from_openapi(given["openapi"], include_writes=given["include_writes"], allow_remote=given["allow_remote"])
        for item in left_out:
            echo(f"left out: {item.operation}: {item.because}", err=True)
        return specs
    return requests_from(given["requests_file"], given["paths"])


def _ladder(given: dict[str, Any]) -> Ladder | None:
    from perfkit.collectors.load_options import Ladder

    if given["stages"] is None:
        return None
    try:
        levels = tuple(int(level) for level in given["stages"].split(","))
    except ValueError as error:
        raise UsageError(f"The stages {given['stages']!r} are no whole numbers with commas between them, such as 10,50,100.") from error
    return Ladder(levels, given["hold_s"], given["stage_warmup_s"])


def _arrivals(given: dict[str, Any]) -> Arrivals | None:
    from perfkit.collectors.load_options import Arrivals

    if given["rate"] is None and not given["open_model"]:
        if given["poisson"]:
            raise UsageError("--poisson is about an open model: give --rate, or --stages with --open.")
        return None
    return Arrivals(given["rate"], "poisson" if given["poisson"] else "constant")


def _generators(given: dict[str, Any]) -> Generators:
    from perfkit.collectors.load_options import Generators
    from perfkit.collectors.load_worker import is_loopback

    if given["master"] != (given["expect_workers"] is not None):
        raise UsageError("--master and --expect-workers K belong together: the load begins when K workers are there.")
    host = given["bind_host"]
    if given["master"] and not given["allow_remote"] and (host == "*" or not is_loopback(host)):
        raise UsageError(f"At {host} other machines could reach the master, which hands out code to run. If that is meant, add --allow-remote.")
    return Generators(given["processes"], given["expect_workers"], given["max_wait_s"], host, given["port"])


def _bystander(given: dict[str, Any]) -> Bystander:
    from perfkit.collectors.load_options import Bystander

    wrong = [path for path in given["watched"] if not path.startswith("/")]
    if wrong:
        raise UsageError(f"--watch takes a path of the target such as /health, not {wrong[0]!r}.")
    return Bystander(given["watched"], given["watch_rate"])
