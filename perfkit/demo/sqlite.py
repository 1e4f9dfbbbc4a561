"""The same data in one SQLite file, for hosts where the PostgreSQL wheel cannot be installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from perfkit.demo.data import Table, embeddings, tables
from perfkit.demo.models import Base


def load(path: Path, personas: int) -> tuple[str, str]:
    """Fills a new file and returns its address twice: the fix of the search needs no second one."""
    dsn = f"sqlite:///{path}"
    engine = create_engine(dsn)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(text("alter table personas add column embedding blob"))
        for table in tables(personas):
            connection.exec_driver_sql(_insert(table), list(table.rows))
        vectors = [(vector.tobytes(), number) for number, vector in enumerate(embeddings(personas), start=1)]
        connection.exec_driver_sql("update personas set embedding = ? where id = ?", vectors)
        connection.execute(text("analyze"))
    engine.dispose()
    return dsn, dsn


def _insert(table: Table) -> Any:
    return f"insert into {table.name} ({', '.join(table.columns)}) values ({', '.join('?' * len(table.columns))})"
