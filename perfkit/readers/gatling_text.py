"""Gatling's simulation.log before 3.13, text: records of tab-separated cells, ever fewer of them from 2 to 3. DuckDB scans it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from perfkit.model.artefact import Head, open_artefact
from perfkit.model.batch import Batch, Scan
from perfkit.model.run import Manifest
from perfkit.readers.parts.measured import EPOCH
from perfkit.readers.parts.parsing import compression_of, number, refuse, refuse_cut_row

NAME = "gatling-text"
KIND = "load"
TOOL = "gatling"
ABOUT = "Gatling's simulation.log as text (2.0 to 3.12); it holds no HTTP status: 0 unless the message of a failed check names it"
BY_LINE = True

SCAN = Path(__file__).with_suffix(".sql")
WHO = (0, 1, 2)
"""Cells between the kind and the groups: none since 3.4, the user's number since 3.0, scenario and user before."""
LATEST_MS = 4_102_444_800_000
LONGEST_LINE = 1 << 20


def sniff(head: Head) -> bool:
    """A RUN record, perhaps behind assertions."""
    lines = head.text.lstrip("\ufeff").split("\n")
    first = next((line for line in lines if not line.startswith("ASSERTION\t")), "")
    return first.startswith("RUN\t") and len(first.split("\t")) in (6, 7)


def read(path: Path) -> Iterator[Batch]:
    """What the RUN record says, and every request."""
    refuse_cut_row(path, NAME)
    run, request = _first_records(path)
    yield _manifest(path, run)
    fitting = [who for who in WHO if _fits(request, who)]
    if not fitting:
        raise refuse(path, NAME, f"{' '.join(request)[:60]!r} is no request of a known version.")
    yield Scan("requests", SCAN, {"path": str(path), "compression": compression_of(path), "who": fitting[0]})


def _first_records(path: Path) -> tuple[list[str], list[str]]:
    try:
        return _searched(path)
    except (EOFError, zlib.error) as error:
        raise refuse(path, NAME, f"the compressed data is damaged: {error}.") from error


def _searched(path: Path) -> tuple[list[str], list[str]]:
    run: list[str] = []
    with open_artefact(path) as file:
        while line := file.readline(LONGEST_LINE):
            cells = line.decode("utf-8", errors="replace").strip("\ufeff\r\n").split("\t")
            if cells[0] == "RUN" and len(cells) in (6, 7):
                run = cells
            if cells[0] == "REQUEST":
                if not run:
                    raise refuse(path, NAME, "a request comes before any RUN record.")
                return run, cells
    raise refuse(path, NAME, "it holds no requests.")


def _fits(cells: list[str], who: int) -> bool:
    """Start and end are numbers, and the judgement follows them."""
    judged = cells[5 + who : 6 + who] in (["OK"], ["KO"])
    return judged and all(cell.lstrip("-").isdigit() for cell in cells[3 + who : 5 + who])


def _manifest(path: Path, run: list[str]) -> Manifest:
    """Seven cells are of Gatling 2, which writes the version of the format in place of its own."""
    start_ms = number(path, NAME, run[-3])
    if not 0 <= start_ms <= LATEST_MS:
        raise refuse(path, NAME, f"it starts at {run[-3]} ms after 1970.")
    description = {"description": run[-2]} if run[-2].strip() else {}
    return Manifest(
        tool_version=run[-1] if len(run) == 6 else None,
        started_at=EPOCH + timedelta(milliseconds=start_ms),
        parameters={"simulation": run[1]} | description,
    )
