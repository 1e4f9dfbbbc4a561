"""A person opens a notebook in JupyterLab, runs all cells, and reads the answer below the last one."""

from __future__ import annotations

import cProfile
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from perfkit.model.run import Manifest
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace, find_workspace
from tests.chromium import skipped_without_chromium
from tests.conftest import WriteLog

NO_NEWS = {"checkForUpdates": False, "fetchNews": "false", "doNotDisturbMode": True}
WAIT_S = 60

pytestmark = [pytest.mark.browser, skipped_without_chromium]


class Lab:
    """A JupyterLab of this test: its own settings, port and token."""

    def __init__(self, folder: Path, bench: Workbench) -> None:
        self.bench, self.notebooks = bench, folder / "notebooks"
        self.token = secrets.token_hex(16)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True)
        (settings / "notification.jupyterlab-settings").write_text(json.dumps(NO_NEWS))
        own = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")
        places = {name: str(folder / name.lower()) for name in own} | {"JUPYTERLAB_SETTINGS_DIR": str(folder / "settings")}
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={self.port}", "--ServerApp.port_retries=0"]
        command += [f"--IdentityProvider.token={self.token}", f"--ServerApp.root_dir={self.notebooks}", "--allow-root"]
        environment = os.environ | places | {"PERFKIT_WORKSPACE": str(bench.workspace.root)}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}?token={self.token}", timeout=5) as answer:
            return json.load(answer)

    def wait_for(self, path: str, ready: Any) -> None:
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            try:
                if ready(self.get(path)):
                    return
            except OSError:
                pass
            time.sleep(0.2)
        raise TimeoutError(f"JupyterLab did not answer {path} as hoped within {WAIT_S} s")

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(30)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, empty_store: Path) -> Iterator[Lab]:
    """One JupyterLab over one workspace for all tests: its start is the dearest part of each."""
    folder = tmp_path_factory.mktemp("lab")
    workspace = Workspace(folder / "workspace")
    workspace.data.mkdir(parents=True)
    shutil.copyfile(empty_store, workspace.database)
    shutil.copytree(find_workspace(start=Path(__file__)).notebooks, folder / "notebooks")
    server = Lab(folder, Workbench(workspace))
    try:
        server.wait_for("/api/status", bool)
        yield server
    finally:
        server.stop()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page in which no test leaves an error."""
    problems: list[str] = []
    page = browser.new_page(viewport={"width": 1400, "height": 2400})
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    page.close()
    assert problems == []


def opened(page: Any, lab: Lab, notebook: str) -> None:
    page.goto(f"http://127.0.0.1:{lab.port}/lab/tree/{notebook}?reset&token={lab.token}")
    page.wait_for_selector(".jp-NotebookPanel .jp-Notebook .jp-Cell", timeout=WAIT_S * 1000)


def run_all(page: Any, lab: Lab, notebook: str) -> None:
    # a click on Run before the kernel is ready is dropped without a word
    lab.wait_for(
        "/api/sessions",
        lambda found: any(
            session["path"] == notebook and session["kernel"]["execution_state"] == "idle" and session["kernel"]["connections"] >= 1
            for session in found
        ),
    )
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status='idle']", timeout=WAIT_S * 1000)
    page.click("li.lm-MenuBar-item:has-text('Run')")
    page.click("li.lm-Menu-item[data-command='runmenu:run-all']")


def notebook_of(code: str, outputs: list[dict[str, Any]]) -> str:
    cell: dict[str, Any] = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": None, "source": code, "outputs": outputs}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


def test_compare_two_labels_shows_its_picture_and_its_answer(page: Any, locust_log: WriteLog, lab: Lab) -> None:
    for label, median_ms in (("baseline", 100.0), ("optimized", 50.0)):
        for seed in range(5):
            lab.bench.ingest([locust_log(f"{label}{seed}.csv", median_ms=median_ms, seed=seed + int(median_ms))], Manifest(label=label))
    opened(page, lab, "compare_two_labels.ipynb")
    run_all(page, lab, "compare_two_labels.ipynb")
    answer = page.wait_for_selector(".jp-OutputArea-output:has-text('2 faster')", timeout=WAIT_S * 1000)
    assert answer is not None
    assert page.locator("img[src^='data:image/svg+xml']").count() == 1


def test_a_flame_graph_is_walked_through_in_its_cell_and_is_text_where_nobody_trusts_it(page: Any, tmp_path: Path, lab: Lab) -> None:
    profile = cProfile.Profile()
    profile.runcall(json.dumps, {str(number): [number] * 50 for number in range(2000)}, indent=1)
    profile.dump_stats(tmp_path / "a.prof")
    [stored] = lab.bench.ingest([tmp_path / "a.prof"])
    shown: Any = lab.bench.flame(stored.run_id)._repr_html_()
    output = {"output_type": "display_data", "metadata": {}, "data": {"text/html": shown, "text/plain": "FlameGraph"}}
    (lab.notebooks / "flame.ipynb").write_text(notebook_of(f"import perfkit\nperfkit.open_workbench().flame({stored.run_id!r})", []))
    (lab.notebooks / "foreign.ipynb").write_text(notebook_of("1", [output]))
    opened(page, lab, "foreign.ipynb")
    page.click(".jp-OutputArea-output summary", timeout=WAIT_S * 1000)
    assert "json/__init__.py" in page.inner_text(".jp-OutputArea-output pre")
    assert page.locator(".jp-OutputArea-output iframe").count() == 0
    opened(page, lab, "flame.ipynb")
    run_all(page, lab, "flame.ipynb")
    page.wait_for_selector(".jp-OutputArea-output iframe", timeout=WAIT_S * 1000)
    frame = page.frame_locator(".jp-OutputArea-output iframe")
    frame.locator("#search").fill("json", timeout=WAIT_S * 1000)
    assert "functions on" in frame.locator("#found").inner_text()
    assert "estimate" in frame.locator("#note").inner_text()
