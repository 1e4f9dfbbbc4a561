"""Functions of PostgreSQL whose work a rollback does not undo. Known by name: a function of the user's that calls one is not seen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from perfkit.collectors.statements import code_of

REASONS = {
    r"dblink\w*|pg_background_\w+": "works in a session of its own",
    r"lo_export|lo_import|pg_file_\w+|pg_read_(?:binary_)?file|pg_ls_\w+|pg_stat_file": "reaches the server's files",
    r"setval": "sets a sequence",
    r"pg_(?:terminate|cancel)_backend|pg_reload_conf|pg_rotate_logfile|pg_promote": "acts on the server",
    r"pg_switch_wal|pg_create_restore_point|pg_logical_emit_message|pg_backup_\w+|pg_wal_replay_\w+": "writes to the log of the server",
    r"pg_(?:create|drop|copy)_\w*replication_slot|pg_replication_\w+|pg_logical_slot_get_\w+": "acts on replication",
    r"pg_stat_(?:clear|reset|statements_reset)\w*": "resets counters of the server",
    r"http(?:_(?:get|post|put|patch|delete|head))?": "sends a request to another machine",
}
ESCAPING = re.compile(rf'(?<!\w)"?({"|".join(REASONS)})"?\s*\(', re.IGNORECASE)
SEQUENCE = re.compile(r"\bnextval\s*\(\s*'((?:[^']|'')+)'", re.IGNORECASE)
CALLED = re.compile(r'(?:(\w+)|"((?:[^"]|"")+)")\s*\(')
INTO_TABLE = re.compile(r"insert\s+into\s+[\w.\"]+$", re.IGNORECASE)


def escaping(sql: str) -> str | None:
    """What the statement calls, and what that does beyond the transaction; None when it is not known to call such a thing."""
    code = code_of(sql)
    for match in ESCAPING.finditer(code):
        if not INTO_TABLE.search(code[: match.end(1)]):
            return f"{match[1]} {next(why for names, why in REASONS.items() if re.fullmatch(names, match[1], re.IGNORECASE))}"
    return None


def escaping_in(plan: Mapping[str, Any]) -> str | None:
    """The same for what a verbose plan computes, so that a view or a default cannot hide it."""
    return next(filter(None, map(escaping, texts(plan))), None)


def sequences_in(plan: Mapping[str, Any]) -> list[str]:
    """Sequences that the plan takes numbers from."""
    return sorted({match[1] for text in texts(plan) for match in SEQUENCE.finditer(text)})


def called_in(plan: Mapping[str, Any]) -> list[str]:
    """Names before an opening bracket in what the plan computes: functions, among other things."""
    return sorted({match[1] or match[2] for text in texts(plan) for match in CALLED.finditer(code_of(text))})


def texts(plan: Any) -> Iterator[str]:
    """Every text in the plan."""
    waiting = [plan]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
