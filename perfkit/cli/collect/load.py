"""perfkit collect load: load on a web application, every request logged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from perfkit.cli.collect.common import collect_and_print, common, stated


@click.command()
@click.argument("url")
@click.option("--path", "paths", multiple=True, help="A path to request with GET; may be repeated. Default: the URL itself.")
@click.option("--requests", "requests_file", type=click.Path(path_type=Path), help="JSON list of {name, paths, method, body, weight}.")
@click.option("--locustfile", type=click.Path(path_type=Path), help="Your own Locust file; it runs unchanged.")
@click.option("--users", type=click.IntRange(min=1), default=8, show_default=True, help="Users that each wait for their answer.")
@click.option("--spawn-rate", type=float, help="Users started a second. Default: all within one second.")
@click.option("--duration", "duration_s", type=float, default=10.0, show_default=True, help="Measured seconds.")
@click.option("--warmup", "warmup_s", type=float, default=2.0, show_default=True, help="Seconds before them that do not count.")
@click.option("--repeat", type=click.IntRange(min=1), default=1, show_default=True, help="Runs; five and more can be compared.")
@click.option("--allow-remote", is_flag=True, help="Permit a target that is not on this machine. Only with its owner's consent.")
@common
def command(workspace: Path | None, url: str, repeat: int, as_json: bool, **given: Any) -> None:
    """Put a closed load on URL with Locust and keep the log of every request."""
    from perfkit.collectors.load import LoadOptions, requests_from

    locustfile = given["locustfile"]
    options = LoadOptions(
        target=url,
        requests=None if locustfile else requests_from(given["requests_file"], given["paths"]),
        locustfile=locustfile,
        users=given["users"],
        spawn_rate=given["spawn_rate"] or float(given["users"]),
        duration_s=given["duration_s"],
        warmup_s=given["warmup_s"],
        allow_remote=given["allow_remote"],
        stated=stated(given),
    )
    collect_and_print(workspace, [options] * repeat, as_json)
