"""python -m perfkit.demo.retrieval: ask, retrieve, start a model, switch models, serve; each in a variant, each in a process of its own."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click
import psutil

from perfkit.demo.processes import child
from perfkit.demo.retrieval import models
from perfkit.demo.retrieval.faiss_store import FaissStore, corpus, data_folder
from perfkit.demo.settings import BASELINE, OPTIMIZED

if TYPE_CHECKING:
    from fastapi import FastAPI

Message = MutableMapping[str, Any]

RETRIEVALS = 80
"""Enough of them to bound a P95: 59 warm ones do."""
QUERIES = 4
MESSAGES = 80
QUESTIONS = tuple(f"What does chapter {number} say about the router?" for number in range(RETRIEVALS))

variant = click.option("--variant", default=BASELINE, type=click.Choice((BASELINE, OPTIMIZED)), show_default=True)


@click.group()
def main() -> None:
    """The stand-in for an orchestrator of local models."""


@main.command()
@variant
def retrieve(variant: str) -> None:
    """Start, and retrieve for one question after another; the first finds the process as its start left it."""
    store = _started_store(variant)
    answers = [store.retrieve(question) for question in QUESTIONS]
    _say(variant=variant, first=answers[0], retrievals=len(answers))


@main.command()
@variant
def ask(variant: str) -> None:
    """Put questions of all tiers to the service, within one process."""
    with model_server() as llm_url:
        answers = asyncio.run(_ask(variant, llm_url, QUERIES))
    _say(variant=variant, answers=len(answers))


@main.command()
@variant
def watch(variant: str) -> None:
    """Send messages over a WebSocket and wait for each to come back, within one process."""
    from perfkit.demo.retrieval.query_service import create_app

    asyncio.run(_watch(create_app(variant, data_folder(), "http://127.0.0.1:9")))
    _say(variant=variant, messages=MESSAGES)


@main.command()
@variant
def start(variant: str) -> None:
    """Load the large model and compute its first token."""
    load = models.load_by_mapping if variant == OPTIMIZED else models.load_by_copy
    _say(variant=variant, token=models.first_token(load(models.large_model(data_folder()))))


@main.command()
@variant
@click.option("--seconds", default=12.0, show_default=True, help="How long.")
@click.option("--every", default=0.25, show_default=True, help="Seconds from one switch to the next.")
def switch(variant: str, seconds: float, every: float) -> None:
    """Switch between three models by the clock, and record what the process and its children hold after each switch."""
    how = models.switch_and_release if variant == OPTIMIZED else models.switch_and_keep
    running, switches, begun = models.Models(data_folder()), 0, time.monotonic()
    while time.monotonic() - begun < seconds:
        models.switch_measured(how, running, models.SMALL_MODELS[switches % len(models.SMALL_MODELS)], _held_bytes)
        switches += 1
        time.sleep(max(0.0, begun + switches * every - time.monotonic()))
    models.end_all(running)
    _say(variant=variant, switches=switches)


@main.command()
@variant
@click.option("--port", default=0, help="0 takes a free one.")
def serve(variant: str, port: int) -> None:
    """Serve one variant, with a model server of its own, until SIGTERM."""
    from perfkit.demo.retrieval.query_service import create_app
    from perfkit.demo.serving import serve as serve_app

    with model_server() as llm_url:
        serve_app(create_app(variant, data_folder(), llm_url), port, variant=variant)


@main.command()
def check() -> None:
    """Ends with status 1 unless both variants give the same passages, answers and first token."""
    with model_server() as llm_url:
        answered = [asyncio.run(_ask(which, llm_url, QUERIES)) for which in (BASELINE, OPTIMIZED)]
    stores = [_started_store(which) for which in (BASELINE, OPTIMIZED)]
    retrieved = [[store.retrieve(question) for question in QUESTIONS] for store in stores]
    large = models.large_model(data_folder())
    tokens = [models.first_token(load(large)) for load in (models.load_by_copy, models.load_by_mapping)]
    pairs: dict[str, Sequence[object]] = {"answers": answered, "passages": retrieved, "first token": tokens}
    differing = [name for name, (base, fixed) in pairs.items() if base != fixed]
    _say(same=not differing, differing=differing)
    sys.exit(1 if differing else 0)


async def _watch(app: FastAPI) -> None:
    """A page's connection, without a network between."""
    sent: asyncio.Queue[Message] = asyncio.Queue()
    answered: asyncio.Queue[Message] = asyncio.Queue()
    scope = {"type": "websocket", "path": "/events", "headers": [], "query_string": b"", "subprotocols": []}
    await sent.put({"type": "websocket.connect"})
    connection = asyncio.create_task(app(scope, sent.get, answered.put))
    await answered.get()
    for number in range(MESSAGES):
        await sent.put({"type": "websocket.receive", "text": f"message {number}"})
        await answered.get()
    await sent.put({"type": "websocket.disconnect", "code": 1000})
    await connection


async def _ask(variant: str, llm_url: str, queries: int) -> list[object]:
    import httpx

    from perfkit.demo.retrieval.query_service import TIERS, create_app

    app = create_app(variant, data_folder(), llm_url, traced=True)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://synapse") as client:
        answers = [await client.post(f"/query/{tier}", json={"question": text}) for text in QUESTIONS[:queries] for tier in TIERS]
    return [answer.raise_for_status().json() for answer in answers]


def _started_store(variant: str) -> FaissStore:
    store = FaissStore(corpus(data_folder()))
    if variant == OPTIMIZED:
        store.load_index()
        store.warm_up()
    return store


@contextmanager
def model_server() -> Iterator[str]:
    """The demo's model server, for as long as the block lasts."""
    with TemporaryDirectory(prefix="perfkit-") as folder, child("perfkit.demo.llm_server", [], Path(folder) / "llm.log") as running:
        yield f"http://127.0.0.1:{running.announced['port']}"


def _held_bytes() -> int:
    """Resident memory of this process and of those that it started."""
    this = psutil.Process()
    return sum(int(process.memory_info().rss) for process in (this, *this.children()))


def _say(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")


if __name__ == "__main__":
    main()
