"""The service: FAST answers at once, the other tiers condense what was retrieved first. Faults: it loads late, blocks its loop, asks one by one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

from perfkit.demo.llm import LanguageModel
from perfkit.demo.retrieval.faiss_store import FaissStore, corpus
from perfkit.demo.settings import OPTIMIZED
from perfkit.trace import timed
from perfkit.trace.asgi import TraceMiddleware

ANSWER = "Question: {question}\nContext: {context}\nAnswer in one sentence."
CONDENSE = "Question: {question}\nCondense for it: {passage}"
BALANCED_PASSAGES = 2


class Asked(BaseModel):
    """What a user wants to know."""

    question: str


class Answered(BaseModel):
    """The answer, and the passages that it stands on."""

    answer: str
    passages: list[int]


@dataclass(frozen=True, slots=True)
class Engine:
    """What every tier works with."""

    store: FaissStore
    model: LanguageModel


Retrieve = Callable[[FaissStore, str], Awaitable[list[int]]]
Condense = Callable[[Engine, str, Sequence[str]], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True)
class Way:
    """How one variant works."""

    engine: Engine
    retrieve: Retrieve
    condense: Condense


async def retrieve_in_loop(store: FaissStore, question: str) -> list[int]:
    """Nobody else is served while the index is searched, or read for the first time."""
    return store.retrieve(question)


async def retrieve_in_thread(store: FaissStore, question: str) -> list[int]:
    """The loop serves others meanwhile."""
    return await asyncio.to_thread(store.retrieve, question)


async def condense_one_by_one(engine: Engine, question: str, texts: Sequence[str]) -> list[str]:
    """Waits for each text before it asks about the next."""
    return [await engine.model.ask(CONDENSE.format(question=question, passage=text), CONDENSE) for text in texts]


async def condense_together(engine: Engine, question: str, texts: Sequence[str]) -> list[str]:
    """Asks about all texts at once: there are never more than a search returns."""
    return await asyncio.gather(*(engine.model.ask(CONDENSE.format(question=question, passage=text), CONDENSE) for text in texts))


@timed("query_fast")
async def fast(way: Way, question: str) -> Answered:
    """One retrieval, one call of the model."""
    passages = await way.retrieve(way.engine.store, question)
    return await _answered(way, question, passages, _texts(way, passages))


@timed("query_balanced")
async def balanced(way: Way, question: str) -> Answered:
    """The passages that fit best are condensed by the model."""
    passages = (await way.retrieve(way.engine.store, question))[:BALANCED_PASSAGES]
    return await _answered(way, question, passages, await way.condense(way.engine, question, _texts(way, passages)))


@timed("two_stage")
async def two_stage(way: Way, question: str) -> Answered:
    """Every passage is condensed by the model, and the answer stands on that."""
    passages = await way.retrieve(way.engine.store, question)
    return await _answered(way, question, passages, await way.condense(way.engine, question, _texts(way, passages)))


@timed("query_deep")
async def deep(way: Way, question: str) -> Answered:
    """What was condensed is read and condensed once more."""
    passages = await way.retrieve(way.engine.store, question)
    once = await way.condense(way.engine, question, _texts(way, passages))
    return await _answered(way, question, passages, await way.condense(way.engine, question, once))


TIERS: Mapping[str, Callable[[Way, str], Awaitable[Answered]]] = MappingProxyType(
    {"fast": fast, "balanced": balanced, "two_stage": two_stage, "deep": deep}
)
"""The last part of a tier's address."""


def _texts(way: Way, passages: Sequence[int]) -> list[str]:
    return [way.engine.store.passage(number) for number in passages]


async def _answered(way: Way, question: str, passages: list[int], texts: Sequence[str]) -> Answered:
    prompt = ANSWER.format(question=question, context=" ".join(texts))
    return Answered(answer=await way.engine.model.ask(prompt, ANSWER), passages=passages)


@timed("websocket_message")
async def answer_message(socket: WebSocket, message: str) -> None:
    """What is done between a message and its answer."""
    await socket.send_text(message)


@asynccontextmanager
async def preloaded(engine: Engine) -> AsyncIterator[None]:
    """Loads before the first question, and asks one that warms all up."""
    await asyncio.to_thread(engine.store.load_index)
    await asyncio.to_thread(engine.store.warm_up)
    yield
    await engine.model.close()


@asynccontextmanager
async def loaded_late(engine: Engine) -> AsyncIterator[None]:
    """Whoever asks first waits for the index."""
    yield
    await engine.model.close()


def create_app(variant: str, folder: Path, llm_url: str, *, traced: bool = False) -> FastAPI:
    """One variant of the service."""
    fixed = variant == OPTIMIZED
    engine = Engine(FaissStore(corpus(folder)), LanguageModel(llm_url))
    way = Way(engine, retrieve_in_thread if fixed else retrieve_in_loop, condense_together if fixed else condense_one_by_one)
    app = FastAPI(lifespan=lambda _: preloaded(engine) if fixed else loaded_late(engine))
    if traced:
        app.add_middleware(TraceMiddleware)

    for tier in TIERS:
        app.add_api_route(f"/query/{tier}", _asking(way, tier), methods=["POST"])

    @app.websocket("/events")
    async def events(socket: WebSocket) -> None:
        await socket.accept()
        try:
            while True:
                await answer_message(socket, await socket.receive_text())
        except WebSocketDisconnect:
            return

    return app


def _asking(way: Way, tier: str) -> Callable[[Asked], Awaitable[Answered]]:
    async def query(asked: Asked) -> Answered:
        return await TIERS[tier](way, asked.question)

    return query
