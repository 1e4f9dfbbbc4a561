"""DuckDB: a process of its own opens the user's file, so that neither its locks nor its memory are the workbench's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any

from perfkit.collectors.databases import file_of
from perfkit.collectors.placeholders import numbered, values_of
from perfkit.collectors.plan_options import Plan, PlanOptions, only_postgres
from perfkit.collectors.statements import Statement, modifies
from perfkit.errors import CollectionFailed, UsageError

CHILD = "perfkit.collectors.children.duckdb_plans"
PATIENCE_S = 10.0
"""Beyond the statement's own time, for a process that does not answer."""
SECRETS = ("PERFKIT_DSN", "PGPASSWORD")


@contextmanager
def opened(options: PlanOptions) -> Iterator[Duckdb]:
    """The process ends with the block."""
    only_postgres(options, "DuckDB")
    path = file_of(options.dsn)
    environment = {name: value for name, value in os.environ.items() if name not in SECRETS}
    command = [sys.executable, "-m", CHILD]
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=environment, start_new_session=True
    )
    try:
        session = Duckdb(options, path, child)
        session.version = session.ask({"path": str(path)}, PATIENCE_S + options.timeout_s)["version"]
        yield session
    finally:
        child.kill()
        child.communicate()


@dataclass(slots=True)
class Duckdb:
    """A database file and the process that explains in it."""

    options: PlanOptions
    path: Path
    child: subprocess.Popen[str]
    engine: str = "duckdb"
    version: str = ""

    @property
    def database(self) -> str:
        return self.path.name

    def top(self, count: int) -> list[Statement]:
        """DuckDB counts no statements."""
        raise UsageError(f"DuckDB does not count statements: there is no top {count}. Name them in a file or with --from-trace.")

    def parameters(self) -> dict[str, Any]:
        return {}

    def document(self, plans: list[Plan]) -> dict[str, Any]:
        """In perfkit's envelope, several profiles in one file."""
        return {"perfkit_plans": 1, "engine": self.engine, "plans": plans}

    def explain(self, statement: Statement, number: int) -> list[Plan]:  # noqa: ARG002
        """Nothing in DuckDB runs statements of its own that could be seen."""
        if modifies(statement.text):
            raise UsageError(f"{statement.title} changes rows. A DuckDB file is opened read-only, and DuckDB does not even plan it so.")
        text = numbered(statement.text)
        values = values_of(statement, text.names)
        if values is None:
            raise UsageError(f"{statement.title} needs the values of its placeholders: DuckDB plans nothing without them. Give them with --params.")
        executions = (2 if self.options.warm else 1) if self.options.analyze else 0
        question = {"statement": text.text, "values": values, "executions": executions, "timeout_s": self.options.timeout_s}
        answer = self.ask(question, PATIENCE_S + self.options.timeout_s * max(executions, 1))
        if "late" in answer:
            advice = "Allow more with --timeout, or only plan with --no-analyze."
            raise CollectionFailed(f"Not done after {self.options.timeout_s:g} s: {statement.title}. {advice}")
        if "error" in answer:
            raise CollectionFailed(f"DuckDB cannot explain {statement.title}: {answer['error']}")
        known = {"name": statement.name, "statement": statement.text, **answer, "version": self.version}
        return [{key: value for key, value in known.items() if value is not None}]

    def ask(self, question: dict[str, Any], limit_s: float) -> dict[str, Any]:
        """One line to the process, one line back."""
        if self.child.stdin is None or self.child.stdout is None:
            raise CollectionFailed("The process that explains in DuckDB cannot be spoken to.")
        late = Timer(limit_s, self.child.kill)
        late.daemon = True
        late.start()
        try:
            print(json.dumps(question), file=self.child.stdin, flush=True)
            line = self.child.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            late.cancel()
        if not line:
            raise CollectionFailed(f"The process that explains {self.path.name} in DuckDB ended without an answer. Did it run out of memory?")
        answer: dict[str, Any] = json.loads(line)
        if "cannot_open" in answer:
            raise CollectionFailed(f"DuckDB cannot open {self.path}: {answer['cannot_open']} Who writes to the file must close it first.")
        return answer
