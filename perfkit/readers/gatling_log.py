"""Gatling's simulation.log since 3.13, binary: one record a request, its times in whole ms after the run's start."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

from perfkit.model.artefact import Head, open_artefact
from perfkit.model.batch import Batch, columns_of
from perfkit.model.run import Manifest
from perfkit.readers.parts.measured import EPOCH
from perfkit.readers.parts.parsing import refuse

NAME = "gatling-log"
KIND = "load"
TOOL = "gatling"
ABOUT = "Gatling's binary simulation.log (3.13 and later); it holds no HTTP status: 0 unless the message of a failed check names it"
BY_LINE = False

RUN, REQUEST, USER, GROUP, ERROR = range(5)
STARTS, BYTE, INT32, INT64 = (struct.Struct(f">{layout}") for layout in ("Bi", "B", "i", "q"))
USER_CELLS, GROUP_CELLS, REQUEST_CELLS = (struct.Struct(f">{layout}") for layout in ("iBi", "iiiB", "iiB"))
NOT_WHOLE = "it is not whole; was the file cut off?"
LATIN1, UTF16 = 0, 1
"""How the Java machine that wrote a string kept it; two-byte characters are little-endian on the machines Gatling runs on."""
VERSION = re.compile(r"\d+\.\d+[\w.+-]*", re.ASCII)
STATUS = re.compile(r"status\.find\..*found (\d{3})\b", re.DOTALL)
PATH_SEPARATOR = " > "
CHUNK_ROWS = 100_000
DEEPEST = 1000
"""Groups within groups, scenarios and assertions beyond any real simulation are damage."""
LATEST_MS = 4_102_444_800_000
"""The year 2100."""


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A row of requests."""

    started_at: datetime
    duration_ms: float
    endpoint: str
    status: int
    ok: bool
    error: str | None


def sniff(head: Head) -> bool:
    """A run record whose first text is a version number."""
    if len(head.data) < STARTS.size + 1:
        return False
    kind, length = STARTS.unpack_from(head.data)
    if kind != RUN or not 3 <= length <= 40:
        return False
    version = head.data[STARTS.size : STARTS.size + length].decode("latin-1")
    return VERSION.fullmatch(version) is not None and head.data[STARTS.size + length : STARTS.size + length + 1] == bytes([LATIN1])


def read(path: Path) -> Iterator[Batch]:
    """What the run record says, then every request in the order in which they ended."""
    try:
        with open_artefact(path) as file:
            records = Records(path, file.read())
    except (EOFError, zlib.error) as error:
        raise refuse(path, NAME, f"the compressed data is damaged: {error}.") from error
    if records.byte() != RUN:
        records.refuse("it does not begin with a run record")
    yield _manifest(records)
    rows: list[RequestRow] = []
    while not records.ended():
        row = _record(records)
        if row is not None:
            rows.append(row)
        if len(rows) >= CHUNK_ROWS:
            yield columns_of("requests", rows)
            rows = []
    yield columns_of("requests", rows)


@dataclass(slots=True)
class Records:
    """A cursor over the file: big-endian numbers, and texts that are written once and then referred to."""

    path: Path
    data: bytes
    offset: int = 0
    record: int = 0
    """Where the record began that is being read."""
    start_ms: int = 0
    scenarios: int = 0
    texts: list[str] = field(default_factory=list)

    def ended(self) -> bool:
        self.record = self.offset
        return self.offset == len(self.data)

    def refuse(self, reason: str) -> NoReturn:
        raise refuse(self.path, NAME, f"the record at byte {self.record}: {reason}.")

    def take(self, length: int) -> bytes:
        if length < 0:
            self.refuse("a negative length")
        if self.offset + length > len(self.data):
            self.refuse(NOT_WHOLE)
        self.offset += length
        return self.data[self.offset - length : self.offset]

    def numbers(self, layout: struct.Struct) -> tuple[int, ...]:
        self.offset += layout.size
        if self.offset > len(self.data):
            self.refuse(NOT_WHOLE)
        return layout.unpack_from(self.data, self.offset - layout.size)

    def byte(self) -> int:
        return self.numbers(BYTE)[0]

    def int32(self) -> int:
        return self.numbers(INT32)[0]

    def flag(self, value: int) -> bool:
        if value > 1:
            self.refuse(f"{value} is neither true nor false")
        return value == 1

    def few(self, what: str) -> int:
        number = self.int32()
        if not 0 <= number <= DEEPEST:
            self.refuse(f"{number} {what}")
        return number

    def text(self) -> str:
        length = self.int32()
        if length == 0:
            return ""
        content, coder = self.take(length), self.byte()
        if coder not in (LATIN1, UTF16):
            self.refuse(f"a text in the unknown encoding {coder}")
        try:
            return content.decode("latin-1" if coder == LATIN1 else "utf-16-le")
        except UnicodeDecodeError:
            self.refuse("a text that is no UTF-16")

    def shared_text(self) -> str:
        """A positive number introduces the next text, a negative one refers to one that was introduced."""
        number = self.int32()
        if number == len(self.texts) + 1:
            self.texts.append(self.text())
            return self.texts[-1]
        if not 1 <= -number <= len(self.texts):
            self.refuse(f"text {number} where {len(self.texts)} are known")
        return self.texts[-number - 1]

    def path_of_groups(self) -> list[str]:
        return [self.shared_text() for _ in range(self.few("groups"))]


def _manifest(records: Records) -> Manifest:
    version, simulation, start_ms, description = records.text(), records.text(), records.numbers(INT64)[0], records.text()
    if not 0 <= start_ms <= LATEST_MS:
        records.refuse(f"it starts at {start_ms} ms after 1970")
    scenarios = [records.text() for _ in range(records.few("scenarios"))]
    for _ in range(records.few("assertions")):
        records.take(records.int32())
    records.start_ms, records.scenarios = start_ms, len(scenarios)
    parameters = {"simulation": simulation, "scenarios": scenarios} | ({"description": description} if description.strip() else {})
    return Manifest(tool_version=version, started_at=EPOCH + timedelta(milliseconds=start_ms), parameters=parameters)


def _record(records: Records) -> RequestRow | None:
    """The row of a request; other records are read past."""
    kind = records.byte()
    if kind == REQUEST:
        return _request(records)
    if kind == USER:
        scenario, starts, _ = records.numbers(USER_CELLS)
        records.flag(starts)
        if not 0 <= scenario < records.scenarios:
            records.refuse(f"a user of scenario {scenario} of {records.scenarios}")
    elif kind == GROUP:
        records.path_of_groups()
        records.flag(records.numbers(GROUP_CELLS)[-1])
    elif kind == ERROR:
        records.shared_text()
        records.int32()
    else:
        records.refuse(f"an unknown kind {kind}")
    return None


def _request(records: Records) -> RequestRow | None:
    names = [*records.path_of_groups(), records.shared_text()]
    start_ms, end_ms, judged = records.numbers(REQUEST_CELLS)
    ok, message = records.flag(judged), records.shared_text().strip()
    if end_ms == _never(records.start_ms):
        return None
    if end_ms < start_ms:
        records.refuse(f"a request that ends {start_ms - end_ms} ms before it starts")
    found = STATUS.search(message) if message else None
    return RequestRow(
        started_at=EPOCH + timedelta(milliseconds=records.start_ms + start_ms),
        duration_ms=float(end_ms - start_ms),
        endpoint=PATH_SEPARATOR.join(names),
        status=int(found[1]) if found else 0,
        ok=ok,
        error=None if ok else message or None,
    )


def _never(run_start_ms: int) -> int:
    """How a message that answers no request is marked: its end is the smallest time there is, less the run's start, in 32 bits."""
    return (-run_start_ms + 2**31) % 2**32 - 2**31
