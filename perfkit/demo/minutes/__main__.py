"""python -m perfkit.demo.minutes: serve, search, work, check; each in a variant, all over one server of databases."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from perfkit.demo import keeper
from perfkit.demo.minutes.corpus import CHUNKS, chunks, queries
from perfkit.demo.minutes.database import databases
from perfkit.demo.minutes.embedding import EmbeddingEngine, weights_file
from perfkit.demo.settings import BASELINE, OPTIMIZED
from perfkit.workspace import find_workspace

MODULE = "perfkit.demo.minutes"
QUERIES = 24
LEAST_RECALL = 0.9
"""Of what the exact search finds, the approximate one has to find so much."""

variant = click.option("--variant", default=BASELINE, type=click.Choice((BASELINE, OPTIMIZED)), show_default=True)
size = click.option("--chunks", "count", default=CHUNKS, show_default=True, help="Rows, for whoever starts the servers.")


@click.group()
def main() -> None:
    """The stand-in for a search in minutes of meetings."""


@main.command()
@variant
@size
@click.option("--port", default=0, help="0 takes a free one.")
def serve(variant: str, count: int, port: int) -> None:
    """Serve one variant until SIGTERM."""
    from perfkit.demo.minutes.service import create_app
    from perfkit.demo.serving import serve as serve_app

    with _database(variant, count) as dsn:
        serve_app(create_app(dsn), port, variant=variant)


@main.command()
@variant
@size
@click.option("--rounds", default=1, show_default=True)
def search(variant: str, count: int, rounds: int) -> None:
    """Put the same queries to the service, within one process."""
    with _database(variant, count) as dsn:
        found = asyncio.run(_search(dsn, queries(QUERIES) * rounds))
    _say(variant=variant, searches=len(found))


@main.command()
@variant
@click.option("--chunks", "count", default=120, show_default=True, help="How many to embed.")
@click.option("--seconds", default=0.0, show_default=True, help="Go on for so long.")
def work(variant: str, count: int, seconds: float) -> None:
    """Embed chunks, as the worker does when minutes arrive."""
    engine, begun, done = EmbeddingEngine(variant, weights_file(_folder())), time.monotonic(), 0
    while done < count or time.monotonic() - begun < seconds:
        for chunk in chunks(count):
            engine.embed_chunk(chunk.content)
            done += 1
    _say(variant=variant, chunks=done)


@main.command()
@size
def check(count: int) -> None:
    """Ends with status 1 unless both variants embed alike and the index finds nearly what the exact search finds; prints that share."""
    engines = [EmbeddingEngine(which, weights_file(_folder())) for which in (BASELINE, OPTIMIZED)]
    alike = all(engines[0].embed_chunk(chunk.content) == engines[1].embed_chunk(chunk.content) for chunk in chunks(10))
    found = []
    for which in (BASELINE, OPTIMIZED):
        with _database(which, count) as dsn:
            found.append(asyncio.run(_search(dsn, queries(QUERIES))))
    recall = sum(len(exact & near) for exact, near in zip(*found, strict=True)) / sum(map(len, found[0]))
    sys.stdout.write(f"both variants embed alike: {'yes' if alike else 'no'}; recall of the indexed search: {recall:.4f}\n")
    sys.exit(0 if alike and recall >= LEAST_RECALL else 1)


@main.command("keep", hidden=True)
@click.option("--folder", type=click.Path(path_type=Path), required=True)
@size
def keep(folder: Path, count: int) -> None:
    """What the first command starts."""
    keeper.keep(folder, databases(folder, count))


@contextmanager
def _database(variant: str, count: int) -> Iterator[str]:
    folder = _folder()
    with keeper.joined(folder, MODULE, ("--chunks", str(count))):
        yield (folder / f"{variant}.dsn").read_text(encoding="utf-8").strip()


def _folder() -> Path:
    return find_workspace().scratch / "minutes"


async def _search(dsn: str, wanted: list[str]) -> list[set[int]]:
    import httpx

    from perfkit.demo.minutes.service import create_app

    app = create_app(dsn, traced=True)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://minutes") as client:
        answers = [await client.get("/search", params={"q": query}) for query in wanted]
    return [{hit["chunk_id"] for hit in answer.raise_for_status().json()} for answer in answers]


def _say(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")


if __name__ == "__main__":
    main()
