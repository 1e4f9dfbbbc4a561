"""A workspace of its own with a tiny system, tiny notebooks that say in a file that they ran, and an investigation that uses them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from perfkit.model.run import Manifest
from perfkit.workbench import Workbench
from tests.conftest import described, request_log

PACK = """\
name: tiny
title: A tiny system
source: the team
targets:
  - {label: Fast, metric: latency.p95, subject: all requests, must_be: "<", limit: 500 ms}
reports: {optimization: sight/optimization.md.j2}
documents:
  performance: {file: docs/performance.md}
"""
NOTE = 'with open("ran.txt", "a") as file:\n    file.write(f"WHAT\\n")'
HEAD = "name: question\nsystem: tiny\nfeature: Items\nquestion: Why?\n"
LABELS = "labels:\n  baseline: {command: [python, work.py]}\n  optimized: {command: [python, work.py, --fast]}\n"


@dataclass
class Place:
    """The workspace and what happens in it."""

    bench: Workbench

    @property
    def root(self) -> Path:
        return self.bench.workspace.root

    @property
    def file(self) -> Path:
        return self.root / "question.yml"

    def notebook(self, name: str, parameters: str, *cells: str) -> None:
        """A notebook of a parameters cell and code cells."""
        code = [{"cell_type": "code", "id": f"c{number}", "metadata": {}, "source": text} for number, text in enumerate(("", *cells))]
        code[0] |= {"source": parameters, "metadata": {"tags": ["parameters"]}}
        title = {"cell_type": "markdown", "id": "t", "metadata": {}, "source": f"# What does {name} do?"}
        content = {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {},
            "cells": [title, *({**cell, "outputs": [], "execution_count": None} for cell in code)],
        }
        path = self.root / "notebooks" / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")

    def ask(self, rest: str, labels: str = LABELS) -> Path:
        """The investigation file with these lines after its head."""
        self.file.write_text(HEAD + labels + dedent(rest), encoding="utf-8")
        return self.file

    def measured(self) -> Place:
        """With runs of both labels, so that there is something to judge."""
        logs = []
        for turn in range(3):
            for label, median in (("baseline", 100.0), ("optimized", 50.0)):
                log = request_log(self.root / f"{label}{turn}.csv", median_ms=median, seed=turn + int(median))
                logs.append(described(log, Manifest(label=label, system="tiny", scenario="s")))
        self.bench.ingest(logs)
        return self

    @property
    def ran(self) -> list[str]:
        """What the notebooks said, in order."""
        said = self.root / "ran.txt"
        return said.read_text().splitlines() if said.exists() else []


def place_of(bench: Workbench) -> Place:
    """Without a run."""
    place = Place(bench)
    (place.root / "perfkit.toml").touch()
    (place.root / "packs" / "tiny").mkdir(parents=True)
    (place.root / "packs" / "tiny" / "pack.yml").write_text(PACK, encoding="utf-8")
    place.notebook(
        "look", 'label: str = ""\ncommand: list[str] = []\nsize: int = 1', NOTE.replace("WHAT", "look {label} {size}"), "print(label, command)"
    )
    place.notebook("sum_up", 'base: str = ""\ncandidate: str = ""', NOTE.replace("WHAT", "sum up {base} {candidate}"), "print('done')")
    return place
