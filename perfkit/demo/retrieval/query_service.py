"""The service: FAST answers at once, two_stage condenses what it retrieved first. Faults: it loads late, blocks its loop, asks one by one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

from perfkit.demo.llm import LanguageModel
from perfkit.demo.retrieval.faiss_store import FaissStore, corpus
from perfkit.demo.settings import OPTIMIZED
from perfkit.trace import timed
from perfkit.trace.asgi import TraceMiddleware

ANSWER = "Question: {question}\nContext: {context}\nAnswer in one sentence."
CONDENSE = "Question: {question}\nCondense for it: {passage}"


class Asked(BaseModel):
    """What a user wants to know."""

    question: str


class Answered(BaseModel):
    """The answer, and the passages that it stands on."""

    answer: str
    passages: list[int]


@dataclass(frozen=True, slots=True)
class Engine:
    """What both tiers work with."""

    store: FaissStore
    model: LanguageModel


Retrieve = Callable[[FaissStore, str], Awaitable[list[int]]]
Condense = Callable[[Engine, str, Sequence[int]], Awaitable[list[str]]]


async def retrieve_in_loop(store: FaissStore, question: str) -> list[int]:
    """Nobody else is served while the index is searched, or read for the first time."""
    return store.retrieve(question)


async def retrieve_in_thread(store: FaissStore, question: str) -> list[int]:
    """The loop serves others meanwhile."""
    return await asyncio.to_thread(store.retrieve, question)


async def condense_one_by_one(engine: Engine, question: str, passages: Sequence[int]) -> list[str]:
    """Waits for each passage before it asks about the next."""
    return [await engine.model.ask(_condensing(engine, question, number), CONDENSE) for number in passages]


async def condense_together(engine: Engine, question: str, passages: Sequence[int]) -> list[str]:
    """Asks about all passages at once: there are never more than a search returns."""
    return await asyncio.gather(*(engine.model.ask(_condensing(engine, question, number), CONDENSE) for number in passages))


def _condensing(engine: Engine, question: str, number: int) -> str:
    return CONDENSE.format(question=question, passage=engine.store.passage(number))


@timed("query_fast")
async def fast(engine: Engine, retrieve: Retrieve, question: str) -> Answered:
    """One retrieval, one call of the model."""
    passages = await retrieve(engine.store, question)
    context = " ".join(map(engine.store.passage, passages))
    return Answered(answer=await engine.model.ask(ANSWER.format(question=question, context=context), ANSWER), passages=passages)


@timed("two_stage")
async def two_stage(engine: Engine, retrieve: Retrieve, condense: Condense, question: str) -> Answered:
    """Every passage is condensed by the model, and the answer stands on that."""
    passages = await retrieve(engine.store, question)
    context = " ".join(await condense(engine, question, passages))
    return Answered(answer=await engine.model.ask(ANSWER.format(question=question, context=context), ANSWER), passages=passages)


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
    retrieve = retrieve_in_thread if fixed else retrieve_in_loop
    condense = condense_together if fixed else condense_one_by_one
    app = FastAPI(lifespan=lambda _: preloaded(engine) if fixed else loaded_late(engine))
    if traced:
        app.add_middleware(TraceMiddleware)

    @app.post("/query/fast")
    async def query_fast(asked: Asked) -> Answered:
        return await fast(engine, retrieve, asked.question)

    @app.post("/query/two_stage")
    async def query_two_stage(asked: Asked) -> Answered:
        return await two_stage(engine, retrieve, condense, asked.question)

    @app.websocket("/events")
    async def events(socket: WebSocket) -> None:
        await socket.accept()
        try:
            while True:
                await answer_message(socket, await socket.receive_text())
        except WebSocketDisconnect:
            return

    return app
