"""Neo4j's plans. Database hits are its unit of work: they decide what is worth a finding, and time is added where the runtime measured it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from perfkit.model.finding import Finding, Level
from perfkit.model.plan import Node, Plan
from perfkit.rules.plans.advice import number
from perfkit.rules.plans.drafts import Owners, node_finding

LEAST_SHARE, HITS_AT_LEAST = 0.10, 1000.0
ROWS_AT_LEAST, KEPT_AT_MOST, PAIRS_AT_LEAST = 1000.0, 0.10, 10_000.0
EAGER_ROWS, SORTED_ROWS = 100_000.0, 10_000.0
ESTIMATE_OFF, CHILD_OFF = 10.0, 3.0
HITS_PER_ROW = 100.0
MISSES_AT_LEAST, MISS_SHARE = 1000.0, 0.10
EAGER = ("Eager", "EagerAggregation")
APPLIES = ("Apply", "SemiApply", "AntiSemiApply", "RollUpApply", "LetSemiApply", "SelectOrSemiApply")
PROPERTY = re.compile(r"\b(?P<variable>\w+)\.(?P<property>\w+)\s*(?:=|<|>|<=|>=|IN\b|STARTS\b)|cache\[(?P<cached>\w+)\.(?P<cached_property>\w+)\]")
VARIABLE = re.compile(r"\(?(\w+):")


def judge(plans: Sequence[Plan], owners: Owners) -> list[Finding]:
    """Findings of operators, and of plans that read from disk."""
    ours = [plan for plan in plans if plan.head.engine == "neo4j"]
    rules: tuple[Callable[[Node, Owners], Finding | None], ...] = (_all_nodes, _label_scan, _product, _eager, _estimate, _hits, _sort, _apply)
    found = [rule(node, owners) for plan in ours for node in plan.nodes if node.executed for rule in rules]
    return [finding for finding in [*found, *(_page_cache(plan, owners) for plan in ours)] if finding]


def _all_nodes(node: Node, owners: Owners) -> Finding | None:
    if node.step.node_type not in ("AllNodesScan", "PartitionedAllNodesScan") or (node.rows or 0) < ROWS_AT_LEAST or _share(node) < LEAST_SHARE:
        return None
    title = f"Every node of the graph is read: {number(node.rows or 0)}"
    remedy = f"Give {node.step.condition or 'the variable'} a label in the MATCH, and an index on the property that it is found by."
    return _finding("neo4j-all-nodes-scan", node, owners, title, remedy, node.self_ms)


def _label_scan(node: Node, owners: Owners) -> Finding | None:
    """All nodes of a label, of which the filter right above keeps few."""
    above = node.parent
    if not node.step.node_type.endswith("NodeByLabelScan") or above is None or not above.step.node_type.startswith("Filter"):
        return None
    read, kept = node.rows or 0, above.rows or 0
    if read < ROWS_AT_LEAST or kept > KEPT_AT_MOST * read or _share(node) + _share(above) < LEAST_SHARE:
        return None
    label = node.step.relation or "the label"
    title = f"All {number(read)} nodes of {label} are read to keep {number(kept)}: {above.step.condition or 'a condition that is not printed'}"
    variable = VARIABLE.match(node.step.condition or "")
    properties = _properties(above.step.condition or "", variable[1] if variable else None)
    index = (
        f"CREATE INDEX FOR (n:{label}) ON ({', '.join(f'n.{name}' for name in properties)})"
        if properties
        else f"An index of {label} on what it compares"
    )
    return _finding("neo4j-label-scan", node, owners, title, f"{index}.", node.self_ms + above.self_ms)


def _properties(condition: str, variable: str | None) -> list[str]:
    """Properties of the variable that an index could look up, first those compared for equality."""
    found = [
        (match["variable"] or match["cached"], match["property"] or match["cached_property"], match[0]) for match in PROPERTY.finditer(condition)
    ]
    own = [(not text.rstrip().endswith(("=", "]")), name) for owner, name, text in found if variable is None or owner == variable]
    return list(dict.fromkeys(name for _, name in sorted(own, key=lambda item: item[0])))


def _product(node: Node, owners: Owners) -> Finding | None:
    rows = node.rows or 0
    if node.step.node_type != "CartesianProduct" or rows < PAIRS_AT_LEAST:
        return None
    sides = " and ".join(child.step.condition or child.step.node_type for child in node.children)
    title = f"A Cartesian product makes {number(rows)} pairs of {sides}"
    remedy = "Join the two patterns by a relationship or a property in one MATCH, or reduce one side to few rows with WITH before the other."
    return _finding("neo4j-cartesian-product", node, owners, title, remedy, node.self_ms)


def _eager(node: Node, owners: Owners) -> Finding | None:
    taken = max((child.rows or 0 for child in node.children), default=0.0)
    if node.step.node_type not in EAGER or taken < EAGER_ROWS:
        return None
    plain = node.step.node_type == "Eager"
    why = "because a later part changes what an earlier one reads" if plain else "before the first row leaves it"
    title = f"{node.step.node_type} holds {number(taken)} rows in memory {why}"
    remedy = (
        "Split reading and writing with CALL { … } IN TRANSACTIONS, or match what is written by other labels."
        if plain
        else "Aggregate earlier, over fewer rows, or by fewer keys."
    )
    return _finding("neo4j-eager", node, owners, title, remedy, node.self_ms, effort="MEDIUM")


def _estimate(node: Node, owners: Owners) -> Finding | None:
    """The deepest operator that is estimated wrong, where nothing above stops it early."""
    off = _off(node)
    cut_short = any(above.step.node_type in ("Limit", "Top", "PartialTop", *APPLIES) for above in node.above())
    if off < ESTIMATE_OFF or cut_short or any(_off(child) >= CHILD_OFF for child in node.children):
        return None
    title = f"{node.place} gives {number(node.rows or 0)} rows where {number(node.step.rows_estimated or 0)} were expected ({number(off)} times off)"
    remedy = (
        f"CALL db.resampleOutdatedIndexes(), and an index on what it compares ({node.step.condition or 'not printed'}): an index brings statistics."
    )
    return _finding("neo4j-estimate", node, owners, title, remedy, None, effort="MEDIUM")


def _off(node: Node) -> float:
    estimated, actual = node.step.rows_estimated, node.rows
    if estimated is None or actual is None or max(estimated, actual) < ROWS_AT_LEAST:
        return 1.0
    return max(estimated, actual, 1.0) / max(min(estimated, actual), 1.0)


def _hits(node: Node, owners: Owners) -> Finding | None:
    hits, rows = node.number("DbHits"), node.rows or 0
    scanned = any(child.step.node_type.endswith("NodeByLabelScan") for child in node.children)
    if not node.step.node_type.startswith(("Filter", "Expand", "VarLengthExpand")) or scanned or _share(node) < LEAST_SHARE:
        return None
    if hits < HITS_AT_LEAST or hits < HITS_PER_ROW * max(rows, 1):
        return None
    title = f"{node.step.node_type} takes {number(hits)} database hits for {number(rows)} rows: {node.step.condition or 'not printed'}"
    expands = "Expand" in node.step.node_type
    remedy = (
        "Begin at the end with fewer relationships, or name type and direction."
        if expands
        else "An index on what it compares, or fewer rows below it."
    )
    return _finding("neo4j-hits-per-row", node, owners, title, remedy, node.self_ms)


def _sort(node: Node, owners: Owners) -> Finding | None:
    limit = next((above for above in node.above() if above.step.node_type not in ("Projection", "ProduceResults", "CacheProperties")), None)
    if node.step.node_type != "Sort" or limit is None or limit.step.node_type != "Limit" or (node.rows or 0) < SORTED_ROWS:
        return None
    title = f"{number(node.rows or 0)} rows are sorted by {node.step.condition or 'a key'} and {number(limit.rows or 0)} are kept"
    remedy = (
        "Put ORDER BY and LIMIT into one WITH or RETURN, so that a Top keeps only the first rows, or index the property: an index is read in order."
    )
    return _finding("neo4j-sort-before-limit", node, owners, title, remedy, node.self_ms)


def _apply(node: Node, owners: Owners) -> Finding | None:
    """The right-hand side runs once for every row of the left-hand side."""
    left = next((child for child in node.children if child.step.relationship == "Outer"), None)
    right = next((child for child in node.children if child.step.relationship == "Inner"), None)
    if node.step.node_type not in APPLIES or left is None or right is None or (left.rows or 0) < ROWS_AT_LEAST:
        return None
    inside = list(right.below())
    if sum(map(_share, inside)) < 2 * LEAST_SHARE:
        return None
    title = f"{right.place} and what is below it run once for each of {number(left.rows or 0)} rows"
    remedy = "Match both parts in one pattern, or collect the rows and UNWIND them, so that the right-hand side runs once."
    return _finding("neo4j-apply", node, owners, title, remedy, sum(inner.self_ms for inner in inside), effort="MEDIUM")


def _page_cache(plan: Plan, owners: Owners) -> Finding | None:
    hits, misses = (sum(pages or 0 for pages in found) for found in zip(*((n.step.shared_hit, n.step.shared_read) for n in plan.nodes), strict=True))
    if misses < MISSES_AT_LEAST or misses < MISS_SHARE * (hits + misses):
        return None
    node = max(plan.nodes, key=lambda each: each.step.shared_read or 0)
    title = f"{number(misses)} of {number(hits + misses)} pages were not in the page cache"
    remedy = "Profile again: a first run reads from disk. If it stays, raise server.memory.pagecache.size or read fewer pages."
    return _finding("neo4j-page-cache", node, owners, title, remedy, None)


def _share(node: Node) -> float:
    total = node.plan.facts.get("db_hits") or 0
    return node.number("DbHits") / total if total else 0.0


def _finding(rule: str, node: Node, owners: Owners, title: str, remedy: str, saves_ms: float | None, *, effort: Level = "LOW") -> Finding:
    timed = node.plan.head.execution_ms is not None
    return node_finding(
        rule,
        node,
        owners,
        title=title,
        remedy=remedy,
        effort=effort,
        cost_ms=node.self_ms if timed else None,
        saves_ms=saves_ms if timed else None,
        saving_basis="own time of the operators" if timed and saves_ms is not None else f"{_share(node):.0%} of the database hits; time is not known",
    )
