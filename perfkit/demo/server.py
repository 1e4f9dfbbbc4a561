"""python -m perfkit.demo.server: one variant of the service until SIGTERM; with --trace every request leaves its spans."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from perfkit.demo.app import create_app
from perfkit.demo.processes import child
from perfkit.demo.services import SERVICES_FILE
from perfkit.demo.serving import serve
from perfkit.demo.settings import BASELINE, VARIANTS, Backends
from perfkit.trace import record


@contextmanager
def serving(directory: Path, variant: str, trace: Path | None = None) -> Iterator[str]:
    """Runs one variant as a process of its own beside running services(directory); yields its address."""
    options = ["--services", str(directory / SERVICES_FILE), "--variant", variant, *(["--trace", str(trace)] if trace else [])]
    with child("perfkit.demo.server", options, directory / f"server-{variant}.log") as running:
        yield f"http://127.0.0.1:{running.announced['port']}"


@click.command()
@click.option("--services", "services_file", required=True, type=click.Path(path_type=Path, exists=True), help="The services.json of services().")
@click.option("--variant", default=BASELINE, type=click.Choice(VARIANTS))
@click.option("--port", default=0, help="0 takes a free one.")
@click.option("--trace", type=click.Path(path_type=Path), help="Record the spans of every request to this file.")
def main(services_file: Path, variant: str, port: int, trace: Path | None) -> None:
    """Serve, and print {"port": …} when ready."""
    settings = Backends.load(services_file).settings(variant)
    if trace is None:
        serve(create_app(settings), port, variant=variant)
        return
    with record(trace, attributes={"variant": variant}):
        serve(create_app(settings, traced=True), port, variant=variant)


if __name__ == "__main__":
    main()
