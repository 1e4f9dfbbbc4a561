"""Two databases with the same chunks: one plain, one with an IVFFlat index over the embeddings and a GIN index over the words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from perfkit.demo.minutes.corpus import CHUNKS, chunks, embeddings
from perfkit.demo.postgres import copied, postgres, twins
from perfkit.demo.settings import BASELINE, OPTIMIZED
from perfkit.demo.vectors import DIMENSIONS, as_literal, embed

LISTS, PROBES = 141, 12
"""The square root of the rows, and of the lists."""
TABLE = f"""
create extension vector;
create table chunks (
    chunk_id int primary key,
    meeting_id int not null,
    content text not null,
    words tsvector generated always as (to_tsvector('simple', content)) stored,
    embedding vector({DIMENSIONS}) not null
);
alter table chunks alter column embedding set storage plain
"""
INDEXES = f"""
create index chunks_embedding on chunks using ivfflat (embedding vector_cosine_ops) with (lists = {LISTS});
create index chunks_words on chunks using gin (words)
"""


@contextmanager
def databases(folder: Path, count: int = CHUNKS) -> Iterator[None]:
    """A server with both, until the block ends; <variant>.dsn and <variant>.sql in the folder say how to ask them."""
    with TemporaryDirectory(prefix="perfkit-minutes-") as home:
        Path(home).chmod(0o755)
        with postgres(Path(home) / "pg") as address:
            _fill(address, count)
            for variant in (BASELINE, OPTIMIZED):
                (folder / f"{variant}.dsn").write_text(address.replace("{database}", variant) + "\n", encoding="utf-8")
                (folder / f"{variant}.sql").write_text(_example(), encoding="utf-8")
            yield


def hybrid_search() -> str:
    """The statement, with :embedding and :query to put in."""
    return (files(__package__) / "hybrid.sql").read_text(encoding="utf-8")


def _fill(address: str, count: int) -> None:
    import psycopg

    plain, indexed = twins(address, (BASELINE, OPTIMIZED), partial(_make, count=count), f"ivfflat.probes = {PROBES}")
    with psycopg.connect(indexed, autocommit=True) as connection:
        for statement in INDEXES.split(";"):
            connection.execute(statement.encode())
    for dsn in (plain, indexed):
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("vacuum (freeze, analyze)")


def _make(dsn: str, count: int) -> None:
    import psycopg

    with psycopg.connect(dsn) as connection:
        for statement in TABLE.split(";"):
            connection.execute(statement.encode())
        types = {"chunk_id": "int4", "meeting_id": "int4", "content": "text", "embedding": "vector"}
        pairs = zip(chunks(count), embeddings(count), strict=True)
        copied(connection, "chunks", types, ((chunk.chunk_id, chunk.meeting_id, chunk.content, vector) for chunk, vector in pairs))


def _example() -> str:
    """The search as a statement that can be explained."""
    values = {":embedding": f"'{as_literal(embed('budget'))}'", ":query": "'budget'"}
    text = hybrid_search()
    for name, value in values.items():
        text = text.replace(name, value)
    return f"-- name: hybrid search\n{text.strip()};\n"
