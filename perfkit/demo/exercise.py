"""python -m perfkit.demo.exercise: the same requests in the same order, in this process and this thread, so that profilers see it all."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import click
import httpx

from perfkit.demo.app import create_app
from perfkit.demo.settings import BASELINE, VARIANTS, Backends, Settings
from perfkit.demo.traffic import REQUESTS, STUDIES
from perfkit.errors import CollectionFailed
from perfkit.trace import record, recorder


@dataclass(frozen=True, slots=True)
class Answer:
    """One request and how long its answer took."""

    name: str
    path: str
    duration_ms: float
    body: bytes


def exercise(settings: Settings, rounds: int = 5, trace: Path | None = None, names: Sequence[str] = (), studies: int = 0) -> list[Answer]:
    """Runs the requests of every endpoint, or of the named ones, once a round, and then the studies so many times."""
    recording = record(trace, attributes={"variant": settings.variant}) if trace else nullcontext()
    with recording:
        return asyncio.run(_rounds(settings, rounds, recorder.active is not None, names, studies))


async def _rounds(settings: Settings, rounds: int, traced: bool, names: Sequence[str], studies: int) -> list[Answer]:
    app = create_app(settings, traced)
    wanted = [request for request in REQUESTS if not names or request.name in names]
    asked = [(turn, request) for turn in range(rounds) for request in wanted] + [(turn, request) for turn in range(studies) for request in STUDIES]
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://demo") as client:
        return [await _ask(client, request.name, request.method, request.paths[turn % len(request.paths)], request.body) for turn, request in asked]


async def _ask(client: httpx.AsyncClient, name: str, method: str, path: str, body: str | None) -> Answer:
    started = time.perf_counter()
    response = await client.request(method, path, content=body)
    duration_ms = (time.perf_counter() - started) * 1000
    if response.is_error:
        raise CollectionFailed(f"The demo answered {method} {path} with {response.status_code}: {response.text[:200]}")
    return Answer(name, path, duration_ms, response.content)


@click.command()
@click.option("--services", "services_file", required=True, type=click.Path(path_type=Path, exists=True), help="The services.json of services().")
@click.option("--variant", default=BASELINE, type=click.Choice(VARIANTS))
@click.option("--rounds", default=5, show_default=True)
@click.option("--trace", type=click.Path(path_type=Path), help="Record the spans of every request to this file.")
@click.option("--studies", default=0, show_default=True, help="How often twenty personas are generated and a focus group of twenty discusses.")
def main(services_file: Path, variant: str, rounds: int, trace: Path | None, studies: int) -> None:
    """Exercise one variant and print the median of each endpoint in milliseconds."""
    answers = exercise(Backends.load(services_file).settings(variant), rounds, trace, studies=studies)
    sys.stdout.write(json.dumps({"variant": variant, "median_ms": medians(answers)}) + "\n")


def medians(answers: Sequence[Answer]) -> dict[str, float]:
    """The median duration of each endpoint."""
    names = dict.fromkeys(answer.name for answer in answers)
    return {name: median([answer.duration_ms for answer in answers if answer.name == name]) for name in names}


if __name__ == "__main__":
    main()
