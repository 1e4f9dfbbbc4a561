"""DuckDB's plans. It has no indexes to speak of: what helps is order within the table, conditions that a hash join can use, and memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from perfkit.model.finding import Finding
from perfkit.model.plan import Node, Plan
from perfkit.rules.plans.advice import number
from perfkit.rules.plans.drafts import Owners, node_finding

LEAST_MS, LEAST_SHARE = 5.0, 0.10
DISCARDED_PER_KEPT, SCANNED_AT_LEAST = 100.0, 100_000.0
ROW_GROUPS_AT_LEAST, KEPT_AT_MOST = 8.0, 0.1
PAIRS_AT_LEAST = 10_000.0
ESTIMATE_OFF, CHILD_OFF, ROWS_AT_LEAST = 10.0, 3.0, 1000.0
PAIRWISE = frozenset({"NESTED_LOOP_JOIN", "BLOCKWISE_NL_JOIN", "CROSS_PRODUCT"})
HOLDERS = ("HASH_GROUP_BY", "HASH_JOIN", "ORDER_BY", "WINDOW", "TOP_N")
"""Operators that hold rows in memory."""
MIB = 1024 * 1024


def judge(plans: Sequence[Plan], owners: Owners) -> list[Finding]:
    """Findings of operators, and of plans that ran out of memory."""
    ours = [plan for plan in plans if plan.head.engine == "duckdb" and plan.head.execution_ms]
    rules: tuple[Callable[[Node, Owners], Finding | None], ...] = (_scan, _pairs, _estimate)
    found = [rule(node, owners) for plan in ours for node in plan.nodes for rule in rules]
    return [finding for finding in [*found, *(_spill(plan, owners) for plan in ours)] if finding]


def _costly(node: Node) -> bool:
    return node.self_ms >= LEAST_MS and node.share >= LEAST_SHARE


def _scan(node: Node, owners: Owners) -> Finding | None:
    """Either far more is read than kept, or no part of the table could be left out."""
    scanned, kept, wanted = node.number("rows_scanned"), node.rows or 0.0, str(node.facts.get("Filters") or "")
    if node.step.node_type != "TABLE_SCAN" or not wanted or wanted.startswith("optional:") or not _costly(node):
        return None
    groups, all_groups = node.number("row_groups_scanned"), node.number("total_row_groups_to_scan")
    unpruned = all_groups >= ROW_GROUPS_AT_LEAST and groups >= all_groups
    discards = scanned >= SCANNED_AT_LEAST and scanned >= DISCARDED_PER_KEPT * max(kept, 1)
    if not discards and not (unpruned and kept <= KEPT_AT_MOST * scanned):
        return None
    left_out = f"; none of its {all_groups:.0f} row groups could be left out" if unpruned else ""
    return node_finding(
        "duckdb-scan-discards-rows" if discards else "duckdb-no-pruning",
        node,
        owners,
        title=f"The scan of {node.step.relation or 'a file'} reads {number(scanned)} rows to keep {number(kept)}{left_out}",
        remedy=f"Write {node.step.relation or 'the file'} sorted by the columns of {wanted}: then whole row groups are left out. "
        "For files, partition them by such a column.",
        effort="MEDIUM",
        cost_ms=node.self_ms,
        saves_ms=node.self_ms * (1 - kept / scanned),
        saving_basis="own time of the scan, for the share of rows that it discards",
    )


def _pairs(node: Node, owners: Owners) -> Finding | None:
    sides = [child.rows or 0.0 for child in node.children]
    if node.step.node_type not in PAIRWISE or len(sides) != 2 or min(sides) <= 1 or sides[0] * sides[1] < PAIRS_AT_LEAST or not _costly(node):
        return None
    crossed = node.step.node_type == "CROSS_PRODUCT"
    ways = "Is a join condition missing?" if crossed else f"{node.step.condition}: give the join an equality, as with two joins and UNION for an OR."
    return node_finding(
        "duckdb-nested-loop",
        node,
        owners,
        title=f"{node.step.node_type} compares each of {number(sides[0])} rows with each of {number(sides[1])}",
        remedy=f"{ways} Only an equality lets DuckDB hash one side; a join by range becomes a merge.",
        effort="MEDIUM",
        cost_ms=node.self_ms,
        saves_ms=node.self_ms,
        saving_basis="own time of the join; a hash join of the same rows costs a small part of it",
    )


def _estimate(node: Node, owners: Owners) -> Finding | None:
    """The deepest wrong estimate below a join that pays for it. What a join or a limit filters at run time is none."""
    above = list(node.above())
    join = next((other for other in above if "JOIN" in other.step.node_type), None)
    cut_short = any("LIMIT" in other.step.node_type or other.step.node_type == "TOP_N" for other in above)
    if join is None or cut_short or not _costly(join) or "Dynamic Filter" in (node.step.condition or ""):
        return None
    off = _off(node)
    if off < ESTIMATE_OFF or any(_off(child) >= CHILD_OFF for child in node.children):
        return None
    estimated, actual = node.step.rows_estimated or 0, node.rows or 0
    of_table = f"ANALYZE {node.step.relation}; " if node.step.relation else ""
    return node_finding(
        "duckdb-estimate",
        node,
        owners,
        title=f"{node.place} gives {number(actual)} rows where {number(estimated)} were expected ({number(off)} times off)",
        remedy=f"{of_table}or write this part into a temporary table first, whose size is known when the join order is chosen. "
        f"Condition: {node.step.condition or 'none'}.",
        effort="MEDIUM",
        cost_ms=join.self_ms,
        saves_ms=None,
        saving_basis=f"own time of the {join.step.node_type} above it; what another join order costs is not known before it is tried",
    )


def _off(node: Node) -> float:
    """How many times more or fewer rows than expected; 1 where that is not known or where both are few."""
    estimated, actual = node.step.rows_estimated, node.rows
    if estimated is None or actual is None or max(estimated, actual) < ROWS_AT_LEAST:
        return 1.0
    return max(estimated, actual, 1.0) / max(min(estimated, actual), 1.0)


def _spill(plan: Plan, owners: Owners) -> Finding | None:
    spilt = plan.facts.get("peak_temp_dir_size") or 0
    if spilt <= 0:
        return None
    node = max((node for node in plan.nodes if node.step.node_type in HOLDERS), key=lambda node: node.self_ms, default=plan.root)
    needed = (spilt + (plan.facts.get("peak_buffer_memory") or 0)) / MIB
    return node_finding(
        "duckdb-spill",
        node,
        owners,
        title=f"{number(spilt / MIB)} MiB did not fit into memory and went to disk",
        remedy=f"set memory_limit = '{needed:.0f} MiB'; or select fewer columns and rows before {node.place}.",
        effort="LOW",
        cost_ms=node.self_ms,
        saves_ms=None,
        saving_basis=f"own time of {node.place}; what writing and reading took of it is not measured",
    )
