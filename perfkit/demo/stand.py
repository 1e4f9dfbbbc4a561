"""python -m perfkit.demo.stand: servers that all commands of a workflow share; the first starts them, they outlive the last by seconds."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from perfkit.demo import keeper
from perfkit.demo.app import create_app
from perfkit.demo.exercise import Answer, exercise, medians
from perfkit.demo.services import PERSONAS, SERVICES_FILE, services
from perfkit.demo.serving import serve
from perfkit.demo.settings import BASELINE, OPTIMIZED, VARIANTS, Backends
from perfkit.demo.statements import statements
from perfkit.demo.traffic import REQUESTS
from perfkit.workspace import find_workspace

SEARCH = "GET /personas/search"
RECALL = 0.95
"""Of an approximate search against an exact one."""


@dataclass(frozen=True, slots=True)
class Size:
    """What whoever starts the servers says of them."""

    personas: int = PERSONAS
    """Rows of the largest table."""
    outlive_s: float = keeper.OUTLIVES_BY_S
    """How long they wait for somebody else."""


@contextmanager
def joined(folder: Path, size: Size) -> Iterator[Backends]:
    """The running servers, or new ones; as long as the block lasts, nobody ends them."""
    with keeper.joined(folder, "perfkit.demo.stand", ("--personas", str(size.personas), "--outlive", str(size.outlive_s))):
        yield Backends.load(folder / SERVICES_FILE)


@contextmanager
def _servers(folder: Path, size: Size) -> Iterator[None]:
    with services(folder, personas=size.personas) as backends:
        for variant in (BASELINE, OPTIMIZED):
            _leave_statements(folder, backends, variant)
        _leave_requests(folder)
        yield


def _leave_statements(folder: Path, backends: Backends, variant: str) -> None:
    """What `perfkit collect plans` needs: the database's address and the heavier statements."""
    wanted = statements(backends, variant)
    (folder / f"{variant}.dsn").write_text(wanted[0].dsn + "\n", encoding="utf-8")
    (folder / f"{variant}.sql").write_text("".join(f"-- name: {one.name}\n{one.text};\n\n" for one in wanted), encoding="utf-8")


def _leave_requests(folder: Path) -> None:
    """What `perfkit collect load` sends."""
    listed = [asdict(request) | {"name": request.name.partition(" ")[2], "body": json.loads(request.body or "null")} for request in REQUESTS]
    (folder / "visitors.json").write_text(json.dumps(listed), encoding="utf-8")


def different(expected: Sequence[Answer], found: Sequence[Answer]) -> list[str]:
    """Requests that two variants answer differently; of a search, nearly all neighbours must be the same."""
    pairs = [(one, json.loads(one.body), json.loads(other.body)) for one, other in zip(expected, found, strict=True)]
    searches = [(one, two) for answer, one, two in pairs if answer.name == SEARCH]
    same = sum(len({hit["id"] for hit in one} & {hit["id"] for hit in two}) for one, two in searches)
    wrong = [answer.path for answer, one, two in pairs if answer.name != SEARCH and one != two]
    return wrong if same >= RECALL * sum(len(one) for one, _ in searches) else [*wrong, SEARCH]


def _at(folder: Path | None) -> Path:
    return folder or find_workspace().scratch / "stand"


FOLDER = click.option("--folder", type=click.Path(path_type=Path), help="Where the servers are found. Default: data/scratch/stand of the workspace.")
VARIANT = click.option("--variant", default=BASELINE, show_default=True, type=click.Choice(VARIANTS))


def sized(command: Callable[..., None]) -> Callable[..., None]:
    """The options of whoever starts the servers."""

    @click.option("--personas", default=PERSONAS, show_default=True, help="Rows of the largest table, for whoever starts the servers.")
    @click.option("--outlive", "outlive_s", default=keeper.OUTLIVES_BY_S, show_default=True, help="Seconds that the servers wait for somebody else.")
    @wraps(command)
    def with_size(personas: int, outlive_s: float, **given: Any) -> None:
        command(size=Size(personas, outlive_s), **given)

    return with_size


@click.group()
def main() -> None:
    """The sample application for workflows: database, cache and model server are started when somebody needs them."""


@main.command("serve")
@FOLDER
@sized
@VARIANT
@click.option("--port", default=0, help="0 takes a free one.")
def serve_variant(folder: Path | None, size: Size, variant: str, port: int) -> None:
    """Serve one variant until SIGTERM; prints {"port": …} when ready."""
    with joined(_at(folder), size) as backends:
        serve(create_app(backends.settings(variant)), port, variant=variant)


@main.command("exercise")
@FOLDER
@sized
@VARIANT
@click.option("--rounds", default=5, show_default=True)
@click.option("--studies", default=1, show_default=True, help="How often twenty personas are generated and a focus group of twenty discusses.")
def exercise_variant(folder: Path | None, size: Size, variant: str, rounds: int, studies: int) -> None:
    """Send the same requests in the same order within this process, so that a profiler or the recorder sees it all."""
    with joined(_at(folder), size) as backends:
        answers = exercise(backends.settings(variant), rounds, studies=studies)
    sys.stdout.write(json.dumps({"variant": variant, "median_ms": medians(answers)}) + "\n")


@main.command("same-answers")
@FOLDER
@sized
def same_answers(folder: Path | None, size: Size) -> None:
    """Exit with 1 when the two variants answer differently: what an investigation's accuracy check runs."""
    with joined(_at(folder), size) as backends:
        wrong = different(*(exercise(backends.settings(variant), 10) for variant in (BASELINE, OPTIMIZED)))
    echo = "\n".join(f"answered differently: {path}" for path in wrong) or "Both variants give the same answers."
    sys.stdout.write(echo + "\n")
    sys.exit(1 if wrong else 0)


@main.command("keep", hidden=True)
@FOLDER
@sized
def keep(folder: Path | None, size: Size) -> None:
    """What the first command starts."""
    keeper.keep(_at(folder), _servers(_at(folder), size), size.outlive_s)


if __name__ == "__main__":
    main()
