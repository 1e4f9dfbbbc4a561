"""The stand-in for compliance gates: its variants differ in what they do, and never in what they find."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

import httpx
import pytest

from perfkit.demo.gates.__main__ import differences, validated
from perfkit.demo.gates.audit import audit_log
from perfkit.demo.gates.documents import VIOLATIONS, Document, document
from perfkit.demo.gates.engine import FAST, SLOW, Result, gate_names
from perfkit.demo.llm_server import complete
from perfkit.demo.processes import child
from perfkit.demo.settings import OPTIMIZED, VARIANTS


def test_twenty_gates_stand_in_four_modules() -> None:
    assert len(gate_names()) == 20
    assert {gate.partition(".")[0] for gate in gate_names()} == {"fca_uk", "gdpr_uk", "hr_scottish", "tax_uk"}


@pytest.mark.parametrize("gate", sorted(SLOW))
@pytest.mark.parametrize("seed", range(5))
def test_the_fast_gate_finds_what_the_slow_one_finds(gate: str, seed: int) -> None:
    chance = Random(seed)
    clauses = [*VIOLATIONS.values(), *document(seed).clauses[-6:]]
    for _ in range(4):
        text = "\n\n".join(chance.choices(clauses, k=chance.randrange(1, 6)))
        assert FAST[gate](text) == SLOW[gate](text), text


def test_every_gate_can_find_something() -> None:
    found = {gate for number in range(4) for gate in document(number).expected}
    assert found == set(VIOLATIONS)


def test_the_stand_in_for_a_model_names_the_paragraphs() -> None:
    prompt = 'QUESTION a: as in "act now"?\nQUESTION b: as in "no reason", "at once"?\nTEXT\nAct NOW.\n\nNothing.\n\nAct now, for no reason.'
    reply, _ = complete({"model": "m", "messages": [{"role": "user", "content": prompt}]})
    assert reply["choices"][0]["message"]["content"] == "a: 1 3\nb: 3"


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_finds_the_gold_standard(variant: str, tmp_path: Path) -> None:
    documents = [document(0), document(3)]
    with child("perfkit.demo.llm_server", (), tmp_path / "llm.log") as server:
        results = asyncio.run(validated(variant, documents, f"http://127.0.0.1:{server.announced['port']}", tmp_path))
    assert differences(documents, results) == []
    assert [result.earlier > 0 for result in results] == [True, True]


def test_a_log_whose_making_was_cut_short_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "audit.db"
    make = "import sys; from pathlib import Path; from perfkit.demo.gates.audit import audit_log as log; "
    make += "log(Path(sys.argv[1]), indexed=False, pooled=False, together=False)"
    making = subprocess.Popen([sys.executable, "-c", make, str(path)])
    while making.poll() is None and not _has_table(path):
        time.sleep(0.001)
    making.kill()
    making.wait()
    log = audit_log(path, indexed=False, pooled=False, together=False)
    assert len(log.history("document 1")) == 40
    log.close()


def _has_table(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("select 1 from sqlite_schema where name = 'audit_log'").fetchone() is not None


def test_what_is_not_found_is_a_difference() -> None:
    asked = document(0)
    result = Result(asked.document_id, asked.expected[1:], 0)
    assert differences([asked], [result]) == [f"document 0: ['{asked.expected[0]}']"]
    assert differences([asked], [replace(result, violations=asked.expected)]) == []


def test_the_service_finds_the_gold_standard_for_many_at_once(tmp_path: Path) -> None:
    documents = [document(number) for number in range(4)]
    options = ("--variant", OPTIMIZED, "--folder", str(tmp_path))
    with child("perfkit.demo.gates.serve", options, tmp_path / "serve.log") as server:
        assert asyncio.run(_handed_in(documents, f"http://127.0.0.1:{server.announced['port']}")) == [[*item.expected] for item in documents]


async def _handed_in(documents: list[Document], url: str) -> list[list[str]]:
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        answers = await asyncio.gather(*(client.post("/validate", params={"number": number}) for number in range(len(documents))))
    return [answer.raise_for_status().json() for answer in answers]
