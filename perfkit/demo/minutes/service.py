"""The service: GET /search answers with the ten chunks that fit best, GET /health that it lives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from perfkit.demo.minutes.database import hybrid_search
from perfkit.demo.vectors import as_literal, embed
from perfkit.trace import sqlalchemy, timed
from perfkit.trace.asgi import TraceMiddleware

CONNECTIONS = 5


def create_app(dsn: str, traced: bool = False) -> FastAPI:
    """Over the database of one variant; traced installs the recorder's hooks."""
    engine = create_async_engine(dsn.replace("postgresql://", "postgresql+psycopg://", 1), pool_size=CONNECTIONS, max_overflow=0)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        uninstall = sqlalchemy.install(engine) if traced else None
        yield
        if uninstall:
            uninstall()
        await engine.dispose()

    app = FastAPI(title="Minutes of meetings", lifespan=lifespan)
    if traced:
        app.add_middleware(TraceMiddleware)

    @app.get("/health")
    async def health() -> str:
        """Whether it lives."""
        return "ok"

    @app.get("/search")
    async def search(q: str) -> list[dict[str, Any]]:
        """By meaning and by words."""
        return await hybrid(engine, q)

    return app


@timed("hybrid_search")
async def hybrid(engine: AsyncEngine, query: str) -> list[dict[str, Any]]:
    """One statement for both variants: what serves it is decided by the database's indexes."""
    async with engine.connect() as connection:
        rows = await connection.execute(text(hybrid_search()), {"embedding": as_literal(embed(query)), "query": query})
        return [{"chunk_id": row.chunk_id, "meeting_id": row.meeting_id, "content": row.content} for row in rows]
