"""perfkit collect trace on a real server: its requests, its stages, and the line that blocks its loop."""

from __future__ import annotations

import socket
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from perfkit.analyses.blocked_loops import blocked_loops
from perfkit.analyses.stages import stages
from perfkit.collectors.traced import TracedOptions
from perfkit.errors import CollectionFailed
from perfkit.rules import stages as rules
from perfkit.workbench import Workbench

SERVER = """\
import asyncio
import time
from fastapi import FastAPI
from perfkit.trace import timed

app = FastAPI()

@timed
def rank() -> None:
    time.sleep(0.12)

@app.get("/blocks/{number}")
async def blocks(number: int) -> int:
    rank()
    return number

@app.get("/waits")
async def waits() -> int:
    await asyncio.sleep(0.12)
    await asyncio.to_thread(time.sleep, 0.1)
    return 1
"""


def port_of_nobody() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def ask(port: int) -> None:
    """Requests side by side, as soon as the server answers."""
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/waits", timeout=5).read()
            break
        except OSError:
            time.sleep(0.1)
    with ThreadPoolExecutor(4) as clients:
        list(clients.map(lambda path: urllib.request.urlopen(address + path, timeout=10).read(), ["/blocks/1", "/waits", "/blocks/2", "/waits"]))


def test_a_server_shows_its_stages_and_what_blocks_its_loop(bench: Workbench, tmp_path: Path) -> None:
    pytest.importorskip("uvicorn")
    (tmp_path / "shop.py").write_text(SERVER)
    port = port_of_nobody()
    client = threading.Thread(target=ask, args=(port,))
    client.start()
    command = ("python", "-m", "uvicorn", "shop:app", "--port", str(port), "--loop", "asyncio", "--log-level", "warning")
    stored = bench.collect(TracedOptions(command, duration_s=6, cwd=tmp_path))
    client.join()
    found = {row.subject: row for row in stages(bench.store, [stored.run_id]) if row.stage == "rank"}
    assert list(found) == ["GET /blocks/{number}"] and found["GET /blocks/{number}"].share > 0.5
    [blocked] = blocked_loops(bench.store, [stored.run_id])
    assert (blocked.function, blocked.file, blocked.line, blocked.n) == ("rank", "shop.py", 10, 2)
    assert blocked.subject == "GET /blocks/{number}" and 110 < blocked.longest_ms < 1000
    named = [finding for finding in rules.find(bench.store, [stored.run_id]) if finding.rule == "blocked-event-loop"]
    assert [finding.place for finding in named] == ["shop.py:10"]


def test_a_program_without_spans_is_told_what_to_do(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text("print('hello')")
    with pytest.raises(CollectionFailed, match="recorded no span"):
        bench.collect(TracedOptions(("empty.py",), cwd=tmp_path))
