"""The probe beside a load test: started with the load, ended with it, in a process of its own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from perfkit.collectors.load_child import CHILDREN
from perfkit.collectors.load_options import LoadOptions
from perfkit.collectors.process import Child, beside

LOG = "watch.csv"
END_S = 5.0
"""Enough for the probe to note what was not answered."""


@contextmanager
def standing_by(options: LoadOptions, place: Path) -> Iterator[Callable[[], None]]:
    """Yields what starts the probe; called again it does nothing. The probe ends with the context, and its log is in the place."""
    to_start = [_child(options, place)] if options.bystander.paths else []
    with ExitStack() as running:

        def start() -> None:
            while to_start:
                running.enter_context(beside(to_start.pop(), END_S))

        yield start


def _child(options: LoadOptions, place: Path) -> Child:
    asked = place / "bystander.json"
    wanted = {"paths": options.bystander.paths, "per_second": options.bystander.per_second, "answer_s": options.answer_s}
    asked.write_text(json.dumps({"target": options.target, "file": str(place / LOG), "parent": os.getpid(), **wanted}), encoding="utf-8")
    return Child((sys.executable, str(CHILDREN / "bystander.py")), END_S, environment={"PERFKIT_BYSTANDER": str(asked)})
