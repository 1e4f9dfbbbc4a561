"""What many tests need: a workbench of their own, and request logs with known contents."""

from __future__ import annotations

import csv
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from perfkit.model.run import MANIFEST_SUFFIX, Manifest
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace
from tests.chromium import CHROMIUM, QUIET

HERE = Path(__file__).parent
DEAR = ("notebooks", "test_notebook_runner.py", "workflow", "collectors", "demo", "report", "index_trials", "rules", "ingest", "trace", "figures")
"""Folders whose files start programs, browsers and servers, the dearest first."""
HEADER = ("timestamp", "request_type", "name", "response_time_ms", "response_length", "status_code", "exception")
WIDE_HEADER = (*HEADER, "worker", "stage", "phase", "intended")
START = 1_790_000_000.0

WriteLog = Callable[..., Path]

# an example takes as long as the machine is busy
hypothesis.settings.register_profile("perfkit", deadline=None)
hypothesis.settings.register_profile("fuzz", deadline=None, max_examples=2000)
hypothesis.settings.load_profile("perfkit")


def described(artefact: Path, manifest: Manifest) -> Path:
    """The artefact with its manifest beside it, so that many can be stored at once."""
    artefact.with_name(artefact.name + MANIFEST_SUFFIX).write_text(manifest.to_json(), encoding="utf-8")
    return artefact


def ladder_log(path: Path, levels: Sequence[int], *, median_ms: float = 20.0, seconds: int = 12, seed: int = 1) -> Path:
    """A log of the load collector: each step sends as many requests a second as its level says."""
    noise, start = random.Random(seed), START
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(WIDE_HEADER)
        for level in levels:
            for number in range(level * seconds):
                row = [start + number / level, "GET", "/items", round(median_ms * noise.lognormvariate(0, 0.2), 2), 128, 200, ""]
                rows.writerow([*row, "1", level, "steady", ""])
            start += seconds
    return path


def request_log(path: Path, *, median_ms: float = 100.0, requests: int = 400, seed: int = 1, failed: float = 0.0) -> Path:
    """A log as Locust writes it."""
    noise = random.Random(seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER)
        for number in range(requests):
            wrong = noise.random() < failed
            duration_ms = round(median_ms * noise.lognormvariate(0, 0.2), 2)
            status, error = (500, "HTTPError('500 Server Error')") if wrong else (200, "")
            rows.writerow([START + number * 0.02 + seed, "GET", "/items", duration_ms, 128, status, error])
    return path


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Write golden files anew; read their diff before it is committed.")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Dear files come first, so that the processes that share them out are done at about the same time."""
    places = {folder: place for place, folder in enumerate(DEAR)}
    items.sort(key=lambda item: places.get(item.path.relative_to(HERE).parts[0], len(DEAR)))


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are written anew."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with all tables and no run: to make one takes six times as long as to copy it."""
    workspace = Workspace(tmp_path_factory.mktemp("empty"))
    Workbench(workspace).runs()
    return workspace.database


@pytest.fixture
def bench(tmp_path: Path, empty_store: Path) -> Workbench:
    """A workbench over a workspace without a run."""
    workspace = Workspace(tmp_path / "workspace")
    workspace.data.mkdir(parents=True)
    shutil.copyfile(empty_store, workspace.database)
    return Workbench(workspace)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium for the tests of a file. Not for more: while it is there, no other test can run an event loop."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=QUIET)
        yield started
        started.close()


@pytest.fixture
def locust_log(tmp_path: Path) -> WriteLog:
    """Writes a request log as Locust does; the seed decides the noise."""
    return lambda name="load.csv", **how: request_log(tmp_path / name, **how)
