"""Statements → the plans by which a database executes them. It ends as it was: nothing stays of what was tried."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from perfkit.collectors import plans_duckdb, plans_postgres, plans_sqlite
from perfkit.collectors.base import Progress, described, desk, leave, nobody_watches, utc_now
from perfkit.collectors.databases import engine_of, written_out
from perfkit.collectors.plan_options import Plan, PlanOptions, Session
from perfkit.collectors.statements import Statement, explainable
from perfkit.collectors.statements import described as as_statement
from perfkit.errors import CollectionFailed, PerfkitError, UsageError
from perfkit.model.run import Manifest

__all__ = ["PlanOptions", "collect"]

OPENED: dict[str, Callable[[PlanOptions], AbstractContextManager[Session]]] = {
    "postgresql": plans_postgres.opened,
    "sqlite": plans_sqlite.opened,
    "duckdb": plans_duckdb.opened,
}


def collect(options: PlanOptions, folder: Path, progress: Progress | None = None) -> Path:
    """Explains every statement and leaves their plans as one JSON document."""
    options = replace(options, dsn=written_out(options.dsn))
    given = [as_statement(item) for item in options.statements]
    if not given and not options.top:
        raise UsageError("There is no statement to explain. Name a file of SQL, or give --statement, --from-trace RUN or --top N.")
    if not options.keep_going:
        for statement in given:
            explainable(statement.text)
    started = utc_now()
    with OPENED[engine_of(options.dsn)](options) as session, desk(folder) as place:
        statements = given or session.top(options.top or 0)
        plans, failed = _explained(session, statements, options, progress or nobody_watches)
        artefact = place / "plans.json"
        artefact.write_text(json.dumps(session.document(plans), indent=1), encoding="utf-8")
        parameters = {**_parameters(options, session, statements), **({"failed": failed} if failed else {})}
        manifest = Manifest(tool=session.engine, tool_version=session.version, started_at=started, parameters=parameters)
        return leave(artefact, folder, described(manifest, options.stated, options.project))


def _explained(session: Session, statements: list[Statement], options: PlanOptions, tell: Progress) -> tuple[list[Plan], dict[str, str]]:
    """The plans, and why there is none for the other statements."""
    plans: list[Plan] = []
    failed: dict[str, str] = {}
    began = time.monotonic()
    for done, statement in enumerate(statements):
        tell(f"{done} of {len(statements)} statements · {statement.title} · {time.monotonic() - began:.0f} s", done / len(statements))
        try:
            plans += session.explain(Statement(explainable(statement.text), statement.name, statement.values), len(plans))
        except PerfkitError as error:
            if not options.keep_going:
                raise
            failed[statement.title] = str(error)
            options.say(f"left out: {error}")
    if not plans:
        raise CollectionFailed(f"None of the {len(statements)} statements could be explained. The last reason: {list(failed.values())[-1]}")
    tell(f"{len(statements)} of {len(statements)} statements · {time.monotonic() - began:.0f} s", 1.0)
    return plans, failed


def _parameters(options: PlanOptions, session: Session, statements: list[Statement]) -> dict[str, Any]:
    return {
        "engine": session.engine,
        "database": session.database,
        "analyze": options.analyze,
        "warm": options.warm,
        "statements": len(statements),
        "workload": hashlib.sha256("\n;\n".join(statement.text for statement in statements).encode()).hexdigest()[:12],
        **session.parameters(),
    }
