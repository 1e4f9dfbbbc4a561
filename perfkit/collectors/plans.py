"""PostgreSQL → EXPLAIN (ANALYZE, FORMAT JSON) of each statement, in a transaction that is always rolled back."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfkit.collectors.base import Progress, described, desk, leave, nobody_watches, require, utc_now
from perfkit.collectors.statements import explainable, shown
from perfkit.errors import CollectionFailed, MissingTool, UsageError
from perfkit.model.run import Manifest

if TYPE_CHECKING:
    import psycopg

CONNECT_S = 5
HIDDEN = "***"
DRIVER = re.compile(r"^postgres(ql)?\+\w+://")


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """Statements whose plans are wanted, and the server that has their data."""

    dsn: str = field(repr=False)
    """A PostgreSQL or SQLAlchemy URL, or key=value pairs. Its password appears nowhere else."""
    statements: tuple[str, ...]
    analyze: bool = True
    """False: the planner's estimates only, nothing is executed."""
    warm: bool = True
    """Executes each statement twice and keeps the second plan, which reads from memory what the first one read from disk."""
    timeout_s: float = 60.0
    """For one execution."""
    stated: Manifest = field(default_factory=Manifest)
    """What the caller knows: label, scenario, system, investigation."""
    project: Path | None = None
    """The code under investigation, for its commit. None means the current folder."""

    @property
    def executions(self) -> int:
        return 2 if self.warm and self.analyze else 1


def collect(options: PlanOptions, folder: Path, progress: Progress | None = None) -> Path:
    """Explains every statement and leaves their plans as one JSON array."""
    if not options.statements:
        raise UsageError("There is no statement to explain. Name one, or a file with some.")
    statements = [explainable(sql) for sql in options.statements]
    require("psycopg")
    tell, started = progress or nobody_watches, utc_now()
    with _connected(options.dsn) as connection, desk(folder) as place:
        plans = []
        for number, sql in enumerate(statements):
            tell(f"{number} of {len(statements)} statements", number / len(statements))
            plans.append(_plan(connection, sql, options))
        tell(f"{len(statements)} of {len(statements)} statements", 1.0)
        artefact = place / "plans.json"
        artefact.write_text(json.dumps(plans, indent=1), encoding="utf-8")
        version = connection.info.parameter_status("server_version")
        parameters = _parameters(options, statements, connection.info.dbname)
        manifest = Manifest(tool="postgresql", tool_version=version, started_at=started, parameters=parameters)
        return leave(artefact, folder, described(manifest, options.stated, options.project))


def conninfo_of(dsn: str) -> dict[str, Any]:
    """The DSN's parts as libpq understands them; the error never repeats the DSN, for it may hold a password."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        return conninfo_to_dict(DRIVER.sub("postgresql://", dsn), connect_timeout=CONNECT_S)
    except psycopg.Error:
        raise UsageError("The DSN cannot be read. Expected postgresql://user:password@host:5432/database.") from None


def _connected(dsn: str) -> psycopg.Connection[Any]:
    import psycopg

    parts = conninfo_of(dsn)
    try:
        return psycopg.connect(**parts)
    except psycopg.OperationalError as error:
        where = f"{parts.get('host') or 'the local socket'}, database {parts.get('dbname') or 'by default'}"
        reason = _without_password(str(error), parts)
        raise MissingTool(f"No PostgreSQL at {where}: {reason}. Start the server, or name another one with --dsn.") from None


def _plan(connection: psycopg.Connection[Any], sql: str, options: PlanOptions) -> dict[str, Any]:
    import psycopg

    try:
        plans = [_explained(connection, sql, options) for _ in range(options.executions)]
    except psycopg.errors.QueryCanceled as error:
        advice = "Allow more with --timeout, or ask for the plan without ANALYZE."
        raise CollectionFailed(f"Not done after {options.timeout_s:g} s: {shown(sql)}. {advice}") from error
    except psycopg.Error as error:
        reason = _without_password(str(error), conninfo_of(options.dsn))
        raise CollectionFailed(f"PostgreSQL cannot explain {shown(sql)}: {reason}") from None
    return {"Query Text": sql, **plans[-1]}


def _explained(connection: psycopg.Connection[Any], sql: str, options: PlanOptions) -> Mapping[str, Any]:
    """One plan; nothing of it stays in the database."""
    how = "analyze, buffers, verbose, settings, format json" if options.analyze else "verbose, settings, format json"
    try:
        connection.execute("select set_config('statement_timeout', %s, true)", [f"{round(options.timeout_s * 1000)}ms"])
        # Prepared: the server itself refuses a second statement in the text.
        row = connection.execute(f"explain ({how}) {sql}".encode(), prepare=True).fetchone()
    finally:
        connection.rollback()
    if row is None:
        raise CollectionFailed(f"PostgreSQL gave no plan for {shown(sql)}.")
    plan: Mapping[str, Any] = row[0][0]
    return plan


def _parameters(options: PlanOptions, statements: list[str], database: str) -> dict[str, Any]:
    return {
        "analyze": options.analyze,
        "warm": options.executions > 1,
        "database": database,
        "statements": len(statements),
        "workload": hashlib.sha256("\n;\n".join(statements).encode()).hexdigest()[:12],
    }


def _without_password(text: str, parts: Mapping[str, Any]) -> str:
    secret = str(parts.get("password") or "")
    return " ".join((text.replace(secret, HIDDEN) if secret else text).split()).rstrip(".")
