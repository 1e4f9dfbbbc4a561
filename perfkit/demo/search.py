"""Personas nearest to a query. Fault: every distance is measured. Fix: PostgreSQL gets vector_index.sql, SQLite a kept matrix."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from sqlalchemy import text

from perfkit.demo.backend import Session
from perfkit.demo.queries import sql
from perfkit.demo.settings import Settings
from perfkit.demo.vectors import DIMENSIONS, Vectors, as_literal, embed
from perfkit.trace import timed

NEAREST = 10

Hits = list[dict[str, Any]]


@timed
async def hybrid_search(session: Session, query: str, settings: Settings) -> Hits:
    """The half of a hybrid search that goes by meaning; the sample's descriptions are too short for a half by words."""
    if not settings.dsn.startswith("sqlite"):
        return await search_postgres(session, query)
    return await (search_matrix if settings.fixes.vector_index else search_scanned)(session, query)


async def search_postgres(session: Session, query: str) -> Hits:
    """One statement for both variants: whether it scans or looks up is decided by the database's index."""
    rows = await session.execute(text(sql("search")), {"query": as_literal(embed(query))})
    return [_hit(*row) for row in rows]


async def search_scanned(session: Session, query: str) -> Hits:
    """SQLite, with the fault: reads every embedding for each query."""
    ids, matrix = await _all_embeddings(session)
    return await _nearest(session, ids, matrix @ embed(query))


async def search_matrix(session: Session, query: str) -> Hits:
    """SQLite, fixed: the embeddings stay in memory."""
    if not (kept := _kept()):
        kept.extend(await _all_embeddings(session))
    ids, matrix = kept
    return await _nearest(session, ids, matrix @ embed(query))


@cache
def _kept() -> list[Any]:
    return []


async def _all_embeddings(session: Session) -> tuple[list[int], Vectors]:
    rows = (await session.execute(text("select id, embedding from personas order by id"))).all()
    matrix = np.frombuffer(b"".join(row.embedding for row in rows), dtype=np.float32).reshape(-1, DIMENSIONS)
    return [row.id for row in rows], matrix


async def _nearest(session: Session, ids: list[int], similarities: Vectors) -> Hits:
    best = {ids[at]: float(similarities[at]) for at in np.argsort(-similarities)[:NEAREST]}
    numbers = ", ".join(str(number) for number in best)
    rows = (await session.execute(text(f"select id, name, occupation from personas where id in ({numbers})"))).all()
    return sorted((_hit(row.id, row.name, row.occupation, best[row.id]) for row in rows), key=lambda hit: -hit["similarity"])


def _hit(number: int, name: str, occupation: str, similarity: float) -> dict[str, Any]:
    return {"id": number, "name": name, "occupation": occupation, "similarity": round(similarity, 5)}
