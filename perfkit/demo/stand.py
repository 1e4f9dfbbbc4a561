"""python -m perfkit.demo.stand: servers that all commands of a workflow share; the first starts them, they outlive the last by seconds."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TextIO

import click

from perfkit.demo.app import create_app
from perfkit.demo.exercise import Answer, exercise, medians
from perfkit.demo.processes import announce, child_command, environment
from perfkit.demo.services import PERSONAS, SERVICES_FILE, services
from perfkit.demo.serving import serve
from perfkit.demo.settings import BASELINE, OPTIMIZED, VARIANTS, Backends
from perfkit.demo.statements import statements
from perfkit.demo.traffic import REQUESTS
from perfkit.errors import CollectionFailed
from perfkit.workspace import find_workspace

SEARCH = "GET /personas/search"
KEEPER, USERS, LOG = "keeper.lock", "users.lock", "keeper.log"
LOOKS_EVERY_S, OUTLIVES_BY_S = 0.5, 60.0
RECALL = 0.95
"""Of an approximate search against an exact one."""


@dataclass(frozen=True, slots=True)
class Size:
    """What whoever starts the servers says of them."""

    personas: int = PERSONAS
    """Rows of the largest table."""
    outlive_s: float = OUTLIVES_BY_S
    """How long they wait for somebody else."""


@contextmanager
def joined(folder: Path, size: Size) -> Iterator[Backends]:
    """The running servers, or new ones; as long as the block lasts, nobody ends them."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / USERS).open("a") as users, (folder / KEEPER).open("a") as keeper:
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while a keeper is ending
        with _locked(folder / "start.lock"):
            if _free(keeper):
                fcntl.flock(keeper, fcntl.LOCK_UN)
                _start(folder, size)
        yield Backends.load(folder / SERVICES_FILE)


def _start(folder: Path, size: Size) -> None:
    """A process of its own, for it must outlive whoever started it."""
    options = ("--folder", str(folder), "--personas", str(size.personas), "--outlive", str(size.outlive_s))
    command = child_command("perfkit.demo.stand", ("keep", *options))
    with (folder / LOG).open("w", encoding="utf-8") as talk:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=talk, text=True, env=environment(), start_new_session=True
        )
    if process.stdout is None or not process.stdout.readline():
        said = (folder / LOG).read_text(encoding="utf-8").strip().splitlines()[-1:]
        raise CollectionFailed(f"The demo's servers did not start: {said[0] if said else 'they said nothing'}. All they said is in {folder / LOG}.")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _free(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _keep(folder: Path, size: Size) -> None:
    with (folder / KEEPER).open("a") as keeper, (folder / USERS).open("a") as users:
        fcntl.flock(keeper, fcntl.LOCK_EX)
        with services(folder, personas=size.personas) as backends:
            for variant in (BASELINE, OPTIMIZED):
                _leave_statements(folder, backends, variant)
            _leave_requests(folder)
            announce(folder=str(folder))
            unused = 0.0
            while unused < size.outlive_s:
                time.sleep(LOOKS_EVERY_S)
                unused = unused + LOOKS_EVERY_S if _free(users) else 0.0
                if unused < size.outlive_s:
                    fcntl.flock(users, fcntl.LOCK_UN)


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
    @click.option("--outlive", "outlive_s", default=OUTLIVES_BY_S, show_default=True, help="Seconds that the servers wait for somebody else.")
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
    _keep(_at(folder), size)


if __name__ == "__main__":
    main()
