"""python -m perfkit.demo.gates: validates documents in one variant, and exits with 1 where it finds other violations than the gold standard."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from perfkit.demo.gates.audit import AuditLog, audit_log
from perfkit.demo.gates.documents import Document, document
from perfkit.demo.gates.engine import FAST, QUESTIONS, SLOW, Engine, Result
from perfkit.demo.gates.semantics import AllGatesTogether, EachGateAlone
from perfkit.demo.llm import LanguageModel
from perfkit.demo.processes import child
from perfkit.demo.settings import BASELINE, VARIANTS
from perfkit.workspace import find_workspace

LOG_FILE = "audit.db"


def engine_of(variant: str, llm: LanguageModel, log: AuditLog) -> Engine:
    """One variant: what it does, not what it finds, sets it apart from the other."""
    if variant == BASELINE:
        return Engine(SLOW, EachGateAlone(llm, QUESTIONS), log, parallel=False)
    return Engine(FAST, AllGatesTogether(llm, QUESTIONS), log, parallel=True)


def log_of(variant: str, folder: Path) -> AuditLog:
    """The variant's audit log, a file of its own: an index would serve both."""
    faulty = variant == BASELINE
    place = folder / variant
    place.mkdir(parents=True, exist_ok=True)
    return audit_log(place / LOG_FILE, indexed=not faulty, pooled=not faulty, together=not faulty)


async def validated(variant: str, documents: Sequence[Document], llm_url: str, folder: Path) -> list[Result]:
    """One document after another."""
    llm, log = LanguageModel(llm_url), log_of(variant, folder)
    try:
        engine = engine_of(variant, llm, log)
        await engine.analyst.start()
        return [await engine.validate(item) for item in documents]
    finally:
        await llm.close()
        log.close()


def differences(documents: Sequence[Document], results: Sequence[Result]) -> list[str]:
    """Where the violations are not those of the gold standard."""
    pairs = zip(documents, results, strict=True)
    return [f"{item.document_id}: {sorted({*item.expected} ^ {*found.violations})}" for item, found in pairs if item.expected != found.violations]


@click.command()
@click.option("--variant", default=BASELINE, type=click.Choice(VARIANTS), show_default=True)
@click.option("--documents", "count", default=2, type=click.IntRange(min=1), show_default=True)
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Where the log is. Default: data/scratch/gates of the workspace.")
def main(variant: str, count: int, folder: Path | None) -> None:
    """Validate documents and print what was found."""
    place = folder or find_workspace().scratch / "gates"
    place.mkdir(parents=True, exist_ok=True)
    documents = [document(number) for number in range(count)]
    with child("perfkit.demo.llm_server", (), place / "llm.log") as server:
        results = asyncio.run(validated(variant, documents, f"http://127.0.0.1:{server.announced['port']}", place))
    wrong = differences(documents, results)
    found = sum(len(item.violations) for item in results)
    sys.stdout.write("".join(f"{item}\n" for item in wrong))
    said = "not those of the gold standard" if wrong else "as in the gold standard"
    sys.stdout.write(f"{variant}: violations in {count} document{'s' if count > 1 else ''}, {said}: {found}\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
