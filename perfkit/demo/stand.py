"""python -m perfkit.demo.stand: servers that all commands of a workflow share; the first starts them, they outlive the last by seconds."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from perfkit.demo import keeper
from perfkit.demo.app import create_app
from perfkit.demo.exercise import exercise, medians
from perfkit.demo.services import PERSONAS, SERVICES_FILE, services
from perfkit.demo.serving import serve
from perfkit.demo.settings import BASELINE, OPTIMIZED, VARIANTS, Backends
from perfkit.demo.statements import statements
from perfkit.workspace import find_workspace

@contextmanager
def joined(folder: Path, personas: int) -> Iterator[Backends]:
    """The running servers, or new ones."""
    with keeper.joined(folder, "perfkit.demo.stand", ("--personas", str(personas))):
        yield Backends.load(folder / SERVICES_FILE)


@contextmanager
def _servers(folder: Path, personas: int) -> Iterator[None]:
    with services(folder, personas=personas) as backends:
        for variant in (BASELINE, OPTIMIZED):
            _leave_statements(folder, backends, variant)
        yield


def _leave_statements(folder: Path, backends: Backends, variant: str) -> None:
    """What `perfkit collect plans` needs: the database's address and the heavier statements."""
    wanted = statements(backends, variant)
    (folder / f"{variant}.dsn").write_text(wanted[0].dsn + "\n", encoding="utf-8")
    (folder / f"{variant}.sql").write_text("".join(f"-- name: {one.name}\n{one.text};\n\n" for one in wanted), encoding="utf-8")


def _at(folder: Path | None) -> Path:
    return folder or find_workspace().scratch / "stand"


FOLDER = click.option("--folder", type=click.Path(path_type=Path), help="Where the servers are found. Default: data/scratch/stand of the workspace.")
SIZE = click.option("--personas", default=PERSONAS, show_default=True, help="Rows of the largest table, for whoever starts the servers.")
VARIANT = click.option("--variant", default=BASELINE, show_default=True, type=click.Choice(VARIANTS))


@click.group()
def main() -> None:
    """The sample application for workflows: database, cache and model server are started when somebody needs them."""


@main.command("serve")
@FOLDER
@SIZE
@VARIANT
@click.option("--port", default=0, help="0 takes a free one.")
def serve_variant(folder: Path | None, personas: int, variant: str, port: int) -> None:
    """Serve one variant until SIGTERM; prints {"port": …} when ready."""
    with joined(_at(folder), personas) as backends:
        serve(create_app(backends.settings(variant)), port, variant=variant)


@main.command("exercise")
@FOLDER
@SIZE
@VARIANT
@click.option("--rounds", default=5, show_default=True)
@click.option("--studies", default=1, show_default=True, help="How often twenty personas are generated and a focus group of twenty discusses.")
def exercise_variant(folder: Path | None, personas: int, variant: str, rounds: int, studies: int) -> None:
    """Send the same requests in the same order within this process, so that a profiler or the recorder sees it all."""
    with joined(_at(folder), personas) as backends:
        answers = exercise(backends.settings(variant), rounds, studies=studies)
    sys.stdout.write(json.dumps({"variant": variant, "median_ms": medians(answers)}) + "\n")


@main.command("keep", hidden=True)
@FOLDER
@SIZE
def keep(folder: Path | None, personas: int) -> None:
    """What the first command starts."""
    keeper.keep(_at(folder), _servers(_at(folder), personas))


if __name__ == "__main__":
    main()
