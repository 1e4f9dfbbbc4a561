"""What is wrong in a server's catalog and counters. One module a topic, each with judge() over rows."""

from __future__ import annotations

from collections.abc import Sequence

from perfkit.analyses.database_cache import database_cache
from perfkit.analyses.database_connections import database_connections
from perfkit.analyses.index_use import index_use
from perfkit.analyses.statement_owners import statement_owners
from perfkit.analyses.statement_use import statement_use
from perfkit.analyses.table_use import table_use
from perfkit.analyses.unindexed_keys import unindexed_keys
from perfkit.model.finding import Finding
from perfkit.rules.catalog import connections, indexes, keys, statements, tables, unused
from perfkit.store import Store


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Findings of every catalog run; traced runs among the same ids say which endpoint pays for a statement."""
    index_rows = index_use(store, run_ids)
    owners = {owner.fingerprint: owner for owner in statement_owners(store, run_ids)}
    return [
        *indexes.judge(index_rows),
        *unused.judge(index_rows),
        *keys.judge(unindexed_keys(store, run_ids)),
        *tables.judge(table_use(store, run_ids), database_cache(store, run_ids)),
        *statements.judge(statement_use(store, run_ids), owners),
        *connections.judge(database_connections(store, run_ids)),
    ]
