"""What is wrong in execution plans. One module a family, each with judge() over all plans; gated by their share of the execution."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from perfkit.analyses.index_trials import index_trials
from perfkit.analyses.plan_trees import plan_trees
from perfkit.analyses.statement_owners import StatementOwner, statement_owners
from perfkit.analyses.table_statistics import table_statistics
from perfkit.model.finding import Finding
from perfkit.model.plan import Plan
from perfkit.rules.plans import duckdb, neo4j, postgresql, proved, sqlite, vectors
from perfkit.store import Store

Owners = Mapping[str, StatementOwner]
Judge = Callable[[Sequence[Plan], Owners], list[Finding]]

FAMILIES: tuple[Judge, ...] = (vectors.judge, sqlite.judge, duckdb.judge, neo4j.judge)


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Findings of every plan; traced runs among the same ids say which endpoint pays."""
    owners = {owner.fingerprint: owner for owner in statement_owners(store, run_ids)}
    plans = plan_trees(store, run_ids)
    tables = postgresql.tables_of(table_statistics(store, run_ids))
    trials = proved.trials_of(index_trials(store, run_ids))
    others = (finding for judge in FAMILIES for finding in judge(plans, owners))
    return [*proved.beside(others, plans, trials), *postgresql.judge(plans, owners, tables, trials)]
