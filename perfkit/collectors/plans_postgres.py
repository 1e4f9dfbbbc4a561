"""PostgreSQL: which statements are executed, which are only planned, and which are refused."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfkit.collectors.base import require
from perfkit.collectors.databases import connected
from perfkit.collectors.escapes import escaping, escaping_in, sequences_in
from perfkit.collectors.placeholders import numbered, values_of
from perfkit.collectors.plan_options import NO_VALUES, Plan, PlanOptions
from perfkit.collectors.plans_nested import Nested
from perfkit.collectors.plans_top import top_statements
from perfkit.collectors.postgres_server import Asked, Server, as_literal, settings_of
from perfkit.collectors.statements import Statement, modifies
from perfkit.errors import UsageError

SETTING = re.compile(r"[a-z_][\w$]*(?:\.[a-z_][\w$]*)*", re.IGNORECASE)
LIMITS = ("statement_timeout", "lock_timeout")
FOREIGN_KEYS = Path(__file__).parent / "catalog" / "foreign_keys.sql"
DECIDING = (
    *("shared_buffers", "effective_cache_size", "work_mem", "hash_mem_multiplier", "random_page_cost", "seq_page_cost", "jit"),
    *("effective_io_concurrency", "max_parallel_workers_per_gather", "default_statistics_target", "track_io_timing"),
)
"""Settings by which a plan is chosen, or that make it fast or slow."""


@contextmanager
def opened(options: PlanOptions) -> Iterator[Postgres]:
    """A session that ends with the block."""
    for name in options.settings:
        if not SETTING.fullmatch(name):
            raise UsageError(f"{name!r} is no name of a setting. Expected something like --set work_mem=64MB.")
        if name.lower() in LIMITS:
            raise UsageError(f"{name} is not set with --set: --timeout decides it.")
    require("psycopg")
    with closing(connected(options.dsn)) as connection:
        server = Server(connection, options)
        yield Postgres(server, Nested(), settings_of(server, DECIDING))


@dataclass(frozen=True, slots=True)
class Postgres:
    """One connection and what is asked of it."""

    server: Server
    nested: Nested
    deciding: Mapping[str, str]
    engine: str = "postgresql"

    @property
    def options(self) -> PlanOptions:
        return self.server.options

    @property
    def version(self) -> str:
        return self.server.connection.info.parameter_status("server_version") or ""

    @property
    def database(self) -> str:
        return self.server.connection.info.dbname

    def top(self, count: int) -> list[Statement]:
        """The statements of this database that took the most time, as the server counted them."""
        return top_statements(self.server, count)

    def document(self, plans: list[Plan]) -> list[Plan]:
        """As EXPLAIN itself writes several."""
        return plans

    def parameters(self) -> dict[str, Any]:
        """Settings that decide about plans. One that the server does not know may hold anything: only its hash is kept."""
        given = {name.lower(): value for name, value in self.options.settings.items()}
        hashed = {name: f"sha256:{hashlib.sha256(value.encode()).hexdigest()[:8]}" for name, value in given.items()}
        # Asked in the end: an extension's settings are known once a statement needed it.
        understood = settings_of(self.server, list(given)) if given and not self.server.connection.closed else {}
        return {**self.deciding, **hashed, **understood}

    def explain(self, statement: Statement, number: int) -> list[Plan]:
        """The statement's plan and those of the statements that functions run for it."""
        if self.options.analyze and (why := escaping(statement.text)):
            raise UsageError(_refusal(statement, why))
        text = numbered(statement.text)
        values = values_of(statement, text.names)
        if values is None:
            return [self._generic(statement, Asked(statement.title, text.text, placeholders=len(text.names)))]
        asked = Asked(statement.title, text.text, tuple(map(as_literal, values)), len(values))
        # Planned first: what the plan shows decides whether it may be executed.
        planned = self.server.explained("plan", asked)
        not_executed = self._held_back(statement, planned)
        if not_executed or not self.options.analyze:
            return [self._planned_again(statement, asked, planned, not_executed)]
        return self._executed(statement, asked, planned, number)

    def _generic(self, statement: Statement, asked: Asked) -> Plan:
        if self.options.analyze:
            self.options.say(f"{statement.title}: only its generic plan: {NO_VALUES}.")
        return _plan(statement, self.server.generic(asked), {"Generic Plan": True, "Not Executed": NO_VALUES if self.options.analyze else None})

    def _planned_again(self, statement: Statement, asked: Asked, planned: Plan, not_executed: str | None) -> Plan:
        again = self.server.explained("plan", asked) if self.options.warm else planned
        return _plan(statement, again, {"Not Executed": not_executed, **self._cold(planned, "Planning Time")})

    def _executed(self, statement: Statement, asked: Asked, planned: Plan, number: int) -> list[Plan]:
        if modifies(statement.text):
            self.options.say(f"{statement.title}: executed and rolled back, as it changes rows.")
        first = self.server.explained("execute", asked)
        plan = self.server.explained("execute", asked) if self.options.warm else first
        facts = {**self._cold(first, "Execution Time"), **self._cold(planned, "Planning Time"), "Foreign Keys": self._foreign_keys(plan)}
        outer = _plan(statement, plan, facts)
        return [outer, *self.nested.plans_in(outer, number, asked, self.server)]

    def _foreign_keys(self, plan: Plan) -> list[dict[str, Any]] | None:
        """What the catalog says of the constraints whose triggers ran: the plan tells their names alone."""
        names = [trigger["Constraint Name"] for trigger in plan.get("Triggers") or () if "Constraint Name" in trigger]
        return [key for [key] in self.server.rows(f"{FOREIGN_KEYS.read_text()} and own.conname = any($1)", [names])] if names else None

    def _cold(self, plan: Plan, key: str) -> dict[str, Any]:
        return {f"Cold {key}": plan.get(key)} if self.options.warm else {}

    def _held_back(self, statement: Statement, planned: Plan) -> str | None:
        """Why it is not executed; raises UsageError when the plan calls what the text did not show."""
        if not self.options.analyze:
            return None
        if why := escaping_in(planned):
            raise UsageError(_refusal(statement, why))
        sequences = sequences_in(planned)
        if not sequences or self.options.spend_sequences:
            return None
        reason = f"it takes numbers from {', '.join(sequences)}, which no rollback gives back; --spend-sequences executes it all the same"
        self.options.say(f"{statement.title}: only planned: {reason}.")
        return reason


def _plan(statement: Statement, plan: Plan, facts: Mapping[str, Any]) -> Plan:
    """The plan comes first, so that the beginning of the file says what it is, however long the statement."""
    known = {"Name": statement.name, **facts, "Query Text": statement.text}
    return {**plan, **{key: value for key, value in known.items() if value is not None}}


def _refusal(statement: Statement, why: str) -> str:
    return f"{statement.title} is not executed: {why}, and no rollback undoes that. --no-analyze asks for the plan alone."
