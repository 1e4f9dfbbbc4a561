"""The service's three heavier statements with real values in them, to be explained in each variant's database."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import make_url

from perfkit.demo.listing import page_of
from perfkit.demo.queries import sql
from perfkit.demo.settings import Backends
from perfkit.demo.traffic import QUERIES
from perfkit.demo.vectors import as_literal, embed


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as the database gets it."""

    name: str
    dsn: str
    text: str


def statements(backends: Backends, variant: str) -> list[Statement]:
    """Search (PostgreSQL only), dashboard and list of personas, with the address of the variant's database."""
    dsn = backends.settings(variant).dsn
    page = page_of(project_id=7, page=1).compile(dialect=make_url(dsn).get_dialect()(), compile_kwargs={"literal_binds": True})
    texts = {"dashboard": sql("dashboard"), "personas": str(page)}
    if not dsn.startswith("sqlite"):
        texts["search"] = sql("search").replace(":query", f"'{as_literal(embed(QUERIES[0]))}'")
    return [Statement(name, dsn, text) for name, text in texts.items()]
