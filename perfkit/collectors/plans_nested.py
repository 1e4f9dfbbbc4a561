"""Plans of the statements that server functions and triggers run: auto_explain tells them to the session, and to nobody else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfkit.collectors.escapes import called_in
from perfkit.collectors.plan_options import Plan
from perfkit.collectors.postgres_server import Asked, Server
from perfkit.errors import CollectionFailed
from perfkit.trace.fingerprint import describe

if TYPE_CHECKING:
    import psycopg

SETTINGS = {
    "log_min_duration": "0",
    "log_nested_statements": "on",
    "log_analyze": "on",
    "log_buffers": "on",
    "log_timing": "on",
    "log_triggers": "on",
    "log_verbose": "on",
    "log_format": "json",
    "log_level": "info",  # goes to the session whatever it asked for, and not to the server's log as it usually is
    "sample_rate": "1",
}
SINCE_16 = {"log_parameter_max_length": "0"}
"""Values of parameters are nobody's business."""
HEARD = re.compile(r"duration: ([\d.]+) ms\s+plan:\s*(\{.*)", re.DOTALL)
FRAME = re.compile(r"^(?:PL/\w+|SQL) function .*$", re.MULTILINE)
MOST = 200
"""Different statements within one."""
WRITTEN_HERE = """
    select /* perfkit */ distinct p.proname from pg_proc p join pg_language l on l.oid = p.prolang
    where p.proname = any($1) and l.lanname not in ('internal', 'c') and p.pronamespace <> 'pg_catalog'::regnamespace
"""


@dataclass(slots=True)
class Heard:
    """A statement that ran from one place, as often as it did."""

    text: str
    context: str
    """Which functions were running, the innermost first, as the server words it."""
    plan: Plan
    """Of its slowest execution."""
    slowest_ms: float
    total_ms: float
    calls: int = 1

    @property
    def frames(self) -> tuple[str, ...]:
        return tuple(FRAME.findall(self.context))

    @property
    def callers(self) -> tuple[str, ...]:
        """The functions that were running when the statement's own function was called; a constraint's statement has no function."""
        own = self.context.removeprefix(f'SQL statement "{self.text}"').lstrip("\n")
        return self.frames[1:] if FRAME.match(own) else self.frames


@dataclass(slots=True)
class Nested:
    """What a session hears of the statements inside statements."""

    refused: bool = False
    """The server said once that it will not tell."""
    heard: dict[tuple[str, tuple[str, ...]], Heard] = field(default_factory=dict)
    left_out: int = 0

    def plans_in(self, outer: Plan, number: int, asked: Asked, server: Server) -> list[Plan]:
        """One more execution, listened to, where the statement calls functions or triggers; the plans follow the outer one's number."""
        if self.refused or not _wanted(outer, server):
            return []
        with self._listening(server.connection):
            try:
                server.explained("watch", asked, lambda cursor: self._ask(cursor, server))
            except CollectionFailed as error:
                self.refused = not self.heard
                advice = "It takes a role that may LOAD 'auto_explain' and set its settings, such as a superuser. --no-nested leaves it out."
                server.options.say(f"{asked.title}: the statements that its functions run are not all seen: {error} {advice}")
        if self.left_out:
            server.options.say(f"{asked.title}: it runs more than {MOST} different statements; {self.left_out} executions of others are left out.")
        return _plans(sorted(self.heard.values(), key=lambda item: len(item.frames)), number, outer.get("Name"))

    def _ask(self, cursor: psycopg.RawCursor[Any], server: Server) -> None:
        cursor.execute("load 'auto_explain'")
        for name, value in {**SETTINGS, **(SINCE_16 if server.number >= 160000 else {})}.items():
            cursor.execute("select /* perfkit */ set_config($1, $2, true)", [f"auto_explain.{name}", value])

    @contextmanager
    def _listening(self, connection: psycopg.Connection[Any]) -> Iterator[None]:
        self.heard, self.left_out = {}, 0
        connection.add_notice_handler(self._listen)
        try:
            yield
        finally:
            connection.remove_notice_handler(self._listen)

    def _listen(self, notice: psycopg.errors.Diagnostic) -> None:
        told = HEARD.match(notice.message_primary or "")
        if not told or not notice.context:
            return
        plan = json.loads(told[2])
        text = plan.pop("Query Text", "")
        new = Heard(text, notice.context, plan, float(told[1]), float(told[1]))
        key = (describe(text)[1], new.frames)
        known = self.heard.get(key)
        if known is None and len(self.heard) < MOST:
            self.heard[key] = new
        elif known is None:
            self.left_out += 1
        else:
            known.calls, known.total_ms = known.calls + 1, known.total_ms + new.total_ms
            if new.slowest_ms > known.slowest_ms:
                known.plan, known.slowest_ms, known.text, known.context = plan, new.slowest_ms, text, notice.context


def _wanted(outer: Plan, server: Server) -> bool:
    """Asked for, or not decided and the plan calls functions that are not the server's own, or triggers."""
    if server.options.nested is not None:
        return server.options.nested
    if outer.get("Triggers"):
        return True
    names = called_in(outer)
    with server.transaction() as cursor:
        return bool(names) and cursor.execute(WRITTEN_HERE, [names]).fetchone() is not None


def _plans(found: list[Heard], number: int, outer_name: str | None) -> list[Plan]:
    return [_plan(item, _caller(item, found[:position]), number, outer_name) for position, item in enumerate(found)]


def _plan(item: Heard, caller: int | None, outer: int, outer_name: str | None) -> Plan:
    place = item.frames[0] if item.frames else "a constraint"
    return {
        "Query Text": item.text,
        "Name": f"{outer_name}: {place}" if outer_name else place,
        "Nested In": outer if caller is None else outer + 1 + caller,
        "Calls": item.calls,
        "Total Time": round(item.total_ms, 3),
        **item.plan,
        "Execution Time": item.slowest_ms,
    }


def _caller(item: Heard, before: list[Heard]) -> int | None:
    """Which of the statements called the function that runs this one; None when it was the outer one."""
    fitting = [number for number, other in enumerate(before) if other.frames == item.callers and other is not item]
    named = [number for number in fitting if f'SQL statement "{before[number].text}"' in item.context]
    return next(iter(named or fitting), None) if item.callers else None
