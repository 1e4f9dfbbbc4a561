"""The same on asynchronous engines, loops and traps."""

from __future__ import annotations

import asyncio
import itertools

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import selectinload

from tests.trace.n_plus_one.models import Author, Book, Setting
from tests.trace.n_plus_one.scenarios import DUPLICATE, MN1, N1, scenario, use

BOTH = "aiosqlite asyncpg"
SIZES = itertools.count()
"""Every request of a scenario takes the next one."""


@scenario(N1, engine=BOTH, advice="selectinload")
async def awaitable_attributes(session: AsyncSession) -> None:
    for author in (await session.scalars(select(Author))).all():
        use(len(await author.awaitable_attrs.books))  # awaitable attributes


@scenario(MN1, engine=BOTH)
async def awaitable_relations_in_turn(session: AsyncSession) -> None:
    for book in (await session.scalars(select(Book))).all():
        use(len(await book.awaitable_attrs.reviews), len(await book.awaitable_attrs.tags))  # awaitable relations in turn


@scenario(N1, engine=BOTH)
async def gathered_gets(session: AsyncSession) -> None:
    sessions = async_sessionmaker(session.bind)

    async def title(key: int) -> str:
        async with sessions() as own:
            book = await own.get_one(Book, key)  # gathered gets
            return book.title

    await asyncio.gather(*(title(key) for key in range(1, 9)))


@scenario(N1, engine=BOTH)
async def awaited_scalars(session: AsyncSession) -> None:
    for key in range(1, 9):
        await session.scalar(select(Author.name).where(Author.id == key))  # awaited scalars


@scenario(N1, engine=BOTH, advice="expire_on_commit=False")
async def refresh_after_awaited_commit(session: AsyncSession) -> None:
    books = (await session.scalars(select(Book).limit(10))).all()
    for book in books:
        book.pages += 1
    await session.commit()
    for book in books:
        await session.refresh(book)  # refresh after awaited commit


@scenario(N1, engine=BOTH, requests=20)
async def twenty_at_the_same_time(session: AsyncSession) -> None:
    books = (await session.scalars(select(Book).limit(next(SIZES) % 20 + 1))).all()
    for book in books:
        await asyncio.sleep(0.001)
        use(await book.awaitable_attrs.reviews)  # twenty at the same time


@scenario(DUPLICATE, engine="aiosqlite")
async def awaited_settings(session: AsyncSession) -> None:
    for _ in range(8):
        await session.scalar(select(Setting.value).where(Setting.name == "tax"))  # awaited settings


@scenario(engine=BOTH)
async def awaited_selectinload(session: AsyncSession) -> None:
    authors = (await session.scalars(select(Author).options(selectinload(Author.books).selectinload(Book.reviews)))).all()
    use(sum(len(book.reviews) for author in authors for book in author.books))


@scenario(engine="aiosqlite")
async def awaited_pages(session: AsyncSession) -> None:
    for page in range(8):
        (await session.scalars(select(Book).where(Book.pages == 100).order_by(Book.id).limit(4).offset(4 * page))).all()


@scenario(engine="aiosqlite")
async def awaited_stream(session: AsyncSession) -> None:
    async for book in await session.stream_scalars(select(Book).execution_options(yield_per=5)):
        use(book.title)


@scenario(engine="aiosqlite", requests=20)
async def once_in_each_of_twenty(session: AsyncSession) -> None:
    await asyncio.sleep(0.001)
    await session.get(Author, 1)
    await asyncio.sleep(0.001)
