"""What one running service holds: database, cache and language model, opened together and closed together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from sqlalchemy import Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session as BlockingSession

from perfkit.demo.llm import LanguageModel
from perfkit.demo.settings import Settings

_POOL = {"pool_size": 5, "max_overflow": 10, "isolation_level": "AUTOCOMMIT"}
"""The service only reads: a transaction a request would be two more round trips."""


class InlineSession:
    """AsyncSession's two methods over a plain session: SQLite has no asynchronous driver in the standard library."""

    def __init__(self, session: BlockingSession) -> None:
        self._session = session

    async def scalars(self, statement: Any) -> Any:
        """The first column of each row."""
        return self._session.scalars(statement)

    async def execute(self, statement: Any, parameters: dict[str, Any] | None = None) -> Any:
        """The rows."""
        return self._session.execute(statement, parameters)


Session = AsyncSession | InlineSession


@dataclass(frozen=True, slots=True)
class Backend:
    """One variant's resources; handlers take a session a request."""

    settings: Settings
    engine: Engine | AsyncEngine
    session: Callable[[], AbstractAsyncContextManager[Session]]
    cache: Redis
    llm: LanguageModel


@asynccontextmanager
async def open_backend(settings: Settings) -> AsyncIterator[Backend]:
    """Nothing connects before the first request needs it."""
    engine, session = _database(settings.dsn)
    cache = Redis(unix_socket_path=settings.redis_socket, decode_responses=True)
    llm = LanguageModel(settings.llm_url)
    try:
        yield Backend(settings, engine, session, cache, llm)
    finally:
        await llm.close()
        await cache.aclose()
        if isinstance(engine, AsyncEngine):
            await engine.dispose()
        else:
            engine.dispose()


def _database(dsn: str) -> tuple[Engine | AsyncEngine, Callable[[], AbstractAsyncContextManager[Session]]]:
    if dsn.startswith("sqlite"):
        plain = create_engine(dsn)
        return plain, lambda: _inline(plain)
    engine = create_async_engine(dsn.replace("postgresql://", "postgresql+psycopg://", 1), **_POOL)
    return engine, async_sessionmaker(engine, expire_on_commit=False)


@asynccontextmanager
async def _inline(engine: Engine) -> AsyncIterator[Session]:
    with BlockingSession(engine) as session:
        yield InlineSession(session)
