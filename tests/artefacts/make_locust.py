"""Writes tests/artefacts/locust_*: what the real Locust leaves of short tests. The argument is the locust command; a prefix marks another version."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.artefacts.known_server import known_server

FOLDER = Path(__file__).parent
HEAD = """from locust import HttpUser, between, task

class Visitor(HttpUser):
    wait_time = between(0.1, 0.3)

    @task(6)
    def fast(self):
        self.client.get("/fast")
"""
PLAIN = (
    HEAD
    + """
    @task(3)
    def medium(self):
        self.client.get("/medium", name="/medium, with a comma")

    @task(3)
    def slow(self):
        self.client.get("/slow")
"""
)
FAILING = (
    HEAD
    + """
    @task(2)
    def medium(self):
        self.client.post("/medium")

    @task(2)
    def broken(self):
        self.client.get("/broken")

    @task(1)
    def missing(self):
        with self.client.get("/missing", catch_response=True) as answer:
            answer.failure('not there,\\nsaid "the shop"')

    @task(1)
    def bug(self):
        raise ValueError('no "price",\\nnone at all')
"""
)
TESTS = {
    "plain": (PLAIN, "-u 8 -r 8 -t 12s --json-file plain"),
    "failing": (FAILING, "-u 6 -r 6 -t 12s --csv-full-history --json-file failing"),
    "two_processes": (PLAIN, "-u 6 -r 6 -t 8s --processes 2 --json"),
    "failing_in_two": (FAILING, "-u 4 -r 4 -t 5s --processes 2"),
}
KEPT = {"stats": "stats", "stats_history": "history", "failures": "failures", "exceptions": "exceptions"}


def main(locust: str, prefix: str = "") -> None:
    """Every test once; an older version, which has no --json-file, only the first two."""
    with tempfile.TemporaryDirectory() as place, known_server() as address:
        for name, (locustfile, options) in list(TESTS.items())[: 2 if prefix else None]:
            (Path(place) / f"{name}.py").write_text(locustfile)
            known = options.replace("--json-file", "-L ERROR --logfile") if prefix else options
            command = f"{locust} -f {name}.py --headless --host {address} --csv {name} {known}".split()
            printed = subprocess.run(command, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60).stdout
            if "--json" in command:
                (Path(place) / f"{name}.json").write_bytes(printed)
        keep(Path(place), prefix)


def keep(place: Path, prefix: str) -> None:
    """Copies each file into its format's folder, without this machine's names."""
    for file in (*place.glob("*.csv"), *place.glob("*.json")):
        test, kind = (file.stem, "json") if file.suffix == ".json" else parts(file.stem)
        target = FOLDER / f"locust_{kind}" / f"{prefix}{test}{file.suffix}"
        target.parent.mkdir(exist_ok=True)
        shutil.copy(file, target)
        text = target.read_bytes().decode().replace(socket.gethostname(), "host").replace(str(place), "/app")
        text = re.sub(r'"[^"]*/site-packages/', '"/app/site-packages/', text)
        target.write_bytes(text.encode())


def parts(stem: str) -> tuple[str, str]:
    """The test and the kind that a CSV's name consists of."""
    ending = max((ending for ending in KEPT if stem.endswith(f"_{ending}")), key=len)
    return stem.removesuffix(f"_{ending}"), KEPT[ending]


if __name__ == "__main__":
    main(*sys.argv[1:])
