"""Totals a segment. Fault: every visit adds up all tables again. Fix: the totals stay in Redis for some minutes."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import text

from perfkit.demo.backend import Backend
from perfkit.demo.queries import sql
from perfkit.trace import timed

KEY = "dashboard:segments"

Segments = list[dict[str, Any]]


@timed
async def dashboard_uncached(backend: Backend) -> Segments:
    """Asks the database."""
    async with backend.session() as session:
        rows = await session.execute(text(sql("dashboard")))
        return [_segment(dict(row)) for row in rows.mappings()]


@timed
async def dashboard_cached(backend: Backend) -> Segments:
    """Asks Redis, and the database only when Redis has forgotten."""
    kept = await backend.cache.get(KEY)
    if kept is not None:
        known: Segments = json.loads(kept)
        return known
    segments = await dashboard_uncached(backend)
    await backend.cache.set(KEY, json.dumps(segments), ex=backend.settings.dashboard_seconds)
    return segments


def _segment(totals: dict[str, Any]) -> dict[str, Any]:
    return totals | {"mean_age": round(totals["years"] / totals["personas"], 2)}
