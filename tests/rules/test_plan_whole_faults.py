"""What plans say beyond their nodes: triggers, the result's way to the client, generic plans and plans without timing, on a real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rules.conftest import OPTIONS, Clinic

SCHEMA = """
create table owner (id int primary key, name text);
create table pet (id int primary key, owner_id int constraint pet_owner references owner, note text);
insert into owner select n, 'owner ' || n from generate_series(1, 1000) n;
insert into pet select n, 1 + n % 900, repeat(md5(n::text), 4) from generate_series(1, 150000) n;
vacuum analyze owner, pet
"""
LOOKUP = "select * from pet where owner_id = 17"


@pytest.fixture(scope="module")
def server(clinic: Clinic) -> Iterator[Clinic]:
    clinic.run(*SCHEMA.split(";"))
    yield clinic
    clinic.run("drop table pet, owner")


def test_a_foreign_key_without_an_index_makes_deleting_slow(server: Clinic) -> None:
    statement = "delete from owner where id > 980"
    [finding] = server.judge(statement)
    assert finding.rule == "trigger-dominates" and finding.priority == "P0"
    assert "Foreign key pet_owner on owner" in finding.title and "20 calls" in finding.title
    assert "create an index on the columns of pet_owner" in finding.remedy
    server.run("create index mend on pet (owner_id)")
    assert server.judge(statement) == []
    server.run("drop index mend")


def test_a_result_that_is_long_to_write(server: Clinic) -> None:
    found = {finding.rule for finding in server.judge("select * from pet", options=f"{OPTIONS}, serialize")}
    assert "result-serialization" in found
    assert server.judge("select count(*) from owner", options=f"{OPTIONS}, serialize") == []


def test_without_timing_the_same_scan_is_found(server: Clinic) -> None:
    [finding] = server.judge(LOOKUP, options=f"{OPTIONS}, timing off")
    assert finding.rule == "scan-discards-rows" and "create index on pet (owner_id);" in finding.remedy
    assert "buffers" in finding.saving_basis
    assert server.judge("select * from pet where id = 17", options=f"{OPTIONS}, timing off") == []


def test_a_generic_plan_gives_a_hint(server: Clinic) -> None:
    server.run("prepare lookup as select * from pet where owner_id = $1", "prepare found as select * from pet where id = $1")
    generic = "plan_cache_mode = force_generic_plan"
    [hint] = server.judge("execute lookup(17)", generic, options="verbose, format json")
    assert hint.title.endswith("(estimate)") and hint.remedy == "create index on pet (owner_id);"
    assert server.judge("execute found(17)", generic, options="verbose, format json") == []
    server.run("deallocate lookup", "deallocate found")
