"""What a label serves is there while it is asked, and no longer, however the work ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from perfkit.errors import CollectionFailed, Exit
from perfkit.packs.investigation import Label
from perfkit.workflow.serving import Service, serving
from tests.command_line import perfkit
from tests.workflow.place import Place

HERE = "serve: [python, -m, http.server, '{port}', --bind, 127.0.0.1], url: 'http://127.0.0.1:{port}/'"
LABELS = f"labels:\n  baseline: {{{HERE}}}\n  optimized: {{}}\n"
WRITE = "import json, os, urllib.request\nanswered = urllib.request.urlopen(url).status\njson.dump([url, os.getpid()], open('said.json', 'w'))"


def answers(url: str) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", int(url.rstrip("/").rsplit(":", 1)[1]))) == 0


def service(folder: Path, *command: str, limit_s: float = 20.0) -> Service:
    label = Label(serve=(sys.executable, *command), url="http://127.0.0.1:{port}/", starts_within_s=limit_s)
    return Service("baseline", label, folder / "service.log", folder)


def test_a_service_is_there_for_the_block_and_its_log_is_kept(tmp_path: Path) -> None:
    with serving(service(tmp_path, "-m", "http.server", "{port}", "--bind", "127.0.0.1")) as url, urlopen(url) as answer:
        assert answer.status == 200
    assert not answers(url)
    assert '"GET / HTTP/1.1" 200' in (tmp_path / "service.log").read_text()


@pytest.mark.parametrize(
    ("program", "limit_s", "said"),
    [
        ("raise SystemExit('no database')", 20.0, r"ended with status 1 before it answered at http://127\.0\.0\.1:\d+/\.(.|\n)*no database"),
        ("import time; time.sleep(60)", 1.0, r"did not answer at http://127\.0\.0\.1:\d+/ within 1 s"),
    ],
)
def test_a_service_that_does_not_come_is_told_and_ended(program: str, limit_s: float, said: str, tmp_path: Path) -> None:
    with pytest.raises(CollectionFailed, match=said), serving(service(tmp_path, "-c", program, limit_s=limit_s)):
        pytest.fail("it never answered")
    assert psutil.Process().children() == []


def test_a_step_that_asks_for_the_url_gets_a_service_of_its_own(measured: Place) -> None:
    measured.notebook("ask", 'label: str = ""\nurl: str = ""', WRITE, "print(answered)")
    measured.ask("steps:\n  - {title: Ask, notebook: ask, labels: [baseline], parameters: {url: '{url}'}}\n", LABELS)
    assert perfkit(measured.root, "run", str(measured.file)).returncode == Exit.DONE
    url, _ = json.loads((measured.root / "said.json").read_text())
    assert not answers(url)
    assert (measured.root / "reports" / "question" / "service-baseline.log").read_text().count('"GET / HTTP/1.1" 200') >= 2


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_whoever_interrupts_leaves_no_process_behind(how: signal.Signals, place: Place) -> None:
    place.notebook("ask", 'label: str = ""\nurl: str = ""', WRITE, "import time\ntime.sleep(120)", "print(answered)")
    place.ask("steps:\n  - {title: Ask, notebook: ask, labels: [baseline], parameters: {url: '{url}'}}\n", LABELS)
    command = [sys.executable, "-m", "perfkit", "--workspace", str(place.root), "run", str(place.file)]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    said, deadline = place.root / "said.json", time.monotonic() + 90
    while not (said.exists() and said.read_text().endswith("]")):
        assert running.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    url, kernel = json.loads(said.read_text())
    running.send_signal(how)
    _, told = running.communicate(timeout=60)
    assert running.returncode == Exit.INTERRUPTED and "0 of 1 executions are finished" in told and "Traceback" not in told
    assert not answers(url) and not psutil.pid_exists(kernel)
