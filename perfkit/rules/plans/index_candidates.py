"""Plans → indexes that are worth a trial. Wide on purpose: the trial decides, so a candidate is a question and no advice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from perfkit.model.index import Asker, IndexCandidate, IndexKey, IndexShape
from perfkit.model.plan import Node, Plan
from perfkit.rules.plans.bill import JOINS as JOINED
from perfkit.rules.plans.bill import SCANS, Bill
from perfkit.rules.plans.conditions import JOINS, KEEPS_ORDER, TRANSPARENT, alias_of, join_keys, order_of, wanted_columns, wanted_index
from perfkit.rules.plans.ordering import statement_order
from perfkit.rules.plans.parameters import with_parameters
from perfkit.rules.plans.predicates import predicates_of
from perfkit.rules.plans.wanted import Wanted

MOST = 4
"""Candidates of one statement."""
LEAST_ROWS = 1000.0
"""What reads fewer rows is not worth an index."""
LEAST_COST = 100.0
"""The same by the planner's cost, where nothing was executed."""
FEW = 0.10
"""A join or a limit that needs more of the rows reads them faster without an index."""
DISTANCE = re.compile(r"(?P<column>[\w.\"]+)\)?\s*(?P<operator><=>|<->|<#>|<\+>)")
OTHER_VECTORS = re.compile(r"::(halfvec|sparsevec)\b")
DISTANCES = {"<=>": "cosine", "<->": "l2", "<#>": "ip", "<+>": "l1"}

Shapes = tuple[IndexShape, ...]


def index_candidates(plans: Sequence[Plan]) -> list[IndexCandidate]:
    """Each index once, with all who ask for it; the statements that cost most come first."""
    found: dict[tuple[str | None, str, Shapes], IndexCandidate] = {}
    for plan in sorted(plans, key=lambda plan: -(plan.head.execution_ms or 0.0)):
        if plan.head.engine == "postgresql" and plan.head.statement:
            for candidate in _of_plan(plan, plan.head.statement):
                key = (candidate.schema, candidate.relation, candidate.shapes)
                found[key] = found[key].also_for(candidate.asked_by) if key in found else candidate
    return list(found.values())


def _of_plan(plan: Plan, statement: str) -> list[IndexCandidate]:
    bill, found = Bill(plan), dict[tuple[str, Shapes], IndexCandidate]()
    for node in sorted(plan.nodes, key=lambda node: (-_weight(node, bill), node.step.node_id)):
        relation, schema = node.step.relation, node.facts.get("Schema")
        if node.step.node_type in SCANS and relation and (node.executed or not bill.executed):
            asker = Asker(plan.head.run_id, plan.head.plan_id, node.step.node_id, with_parameters(plan, statement))
            for shapes in _shapes(node):
                found.setdefault((relation, shapes), IndexCandidate(schema, relation, shapes, (asker,)))
    return list(found.values())[:MOST]


def _weight(node: Node, bill: Bill) -> float:
    return bill.own(node) if bill.executed else node.number("Total Cost")


def _shapes(node: Node) -> Iterator[Shapes]:
    """What could serve the node, the likeliest first."""
    if (vector := _nearest(node)) is not None:
        yield (vector,)
        return
    conditions = [item for item in wanted_columns(node) if item.source in {"filter", "index"}] if _discards(node) else []
    plain = [item for item in conditions if item.arm is None and item.method == "btree"]
    order = _order_for_few(node)
    yield from _plain(plain, order)
    yield from _joined(node, [item for item in plain if item.kind == "equality"])
    yield from _partial(node, plain, order)
    yield from ((_shape([item]),) for item in conditions if item.arm is None and item.method == "gin")
    yield from _arms([item for item in conditions if item.arm is not None])


def _plain(plain: Sequence[Wanted], order: Sequence[Wanted]) -> Iterator[Shapes]:
    """Equality first, then one range or else the order; where both are asked for, either."""
    if plain or order:
        yield (_shape(wanted_index([*plain, *order])),)
    if order and any(item.kind in {"range", "prefix"} for item in plain):
        yield (_shape(wanted_index([*(item for item in plain if item.kind == "equality"), *order])),)


def _partial(node: Node, plain: Sequence[Wanted], order: Sequence[Wanted]) -> Iterator[Shapes]:
    """Conditions without a value, such as deleted_at is null, leave the index to the rows that are asked for."""
    predicates = predicates_of(str(node.facts.get("Filter") or "")) if plain else []
    columns = {column for predicate in predicates for column in predicate.columns}
    rest = [item for item in plain if item.column not in columns]
    if predicates and (rest or order):
        yield (_shape(wanted_index([*rest, *order]), " and ".join(predicate.text for predicate in predicates)),)


def _arms(items: Sequence[Wanted]) -> Iterator[Shapes]:
    """An OR is only served when each of its arms is."""
    arms = sorted({item.arm for item in items if item.arm is not None})
    if arms:
        yield tuple(_shape(wanted_index([item.without_arm() for item in items if item.arm == arm])) for arm in arms)


def _joined(node: Node, equal: Sequence[Wanted]) -> Iterator[Shapes]:
    """The key of a join that keeps few of the rows that the scan read for it."""
    below = node
    for parent in node.above():
        conditions = any(parent.facts.get(key) for key in JOINS)
        if conditions:
            read, keys = max(_rows(node), _rows(below)), join_keys(node, parent)
            if keys and read >= LEAST_ROWS and _rows(parent) <= FEW * read:
                yield (_shape(wanted_index([*keys, *equal])),)
        if conditions or parent.step.node_type not in TRANSPARENT:
            return
        below = parent


def _order_for_few(node: Node) -> list[Wanted]:
    """The order that a limit above the scan wants few rows in."""
    if _rows(node) + _discarded(node) < LEAST_ROWS:
        return []
    key, below = "", node
    for parent in node.above():
        if parent.step.sort_key and parent.step.node_type in {"Sort", "Incremental Sort"}:
            key = parent.step.sort_key
        elif parent.step.node_type == "Limit":
            few = _rows(parent) <= FEW * (_rows(node) + _discarded(node))
            return (order_of(key, alias_of(node) or "") if key else statement_order(node)) if few else []
        elif parent.step.node_type not in KEEPS_ORDER and not (parent.step.node_type in JOINED and below.step.relationship == "Outer"):
            return []
        below = parent
    return []


def _nearest(node: Node) -> IndexShape | None:
    """The index of a vector column, for a limit on the nearest rows of a scan that reads them all."""
    if node.step.node_type != "Seq Scan" or _rows(node) < LEAST_ROWS:
        return None
    above = [parent for parent in node.above() if parent.step.node_type in {"Sort", "Limit"}]
    sort = next((parent for parent in above if parent.step.sort_key), None)
    match = DISTANCE.search(sort.step.sort_key or "") if sort is not None and above[-1].step.node_type == "Limit" else None
    if match is None:
        return None
    kind = OTHER_VECTORS.search(match.string)
    operator_class = f"{kind[1] if kind else 'vector'}_{DISTANCES[match['operator']]}_ops"
    return IndexShape((IndexKey(match["column"].split(".")[-1], operator_class=operator_class),), "hnsw")


def _discards(node: Node) -> bool:
    """Whether the node reads rows, or may, that a condition throws away."""
    if node.step.loops is None:
        return bool(node.facts.get("Filter")) and node.number("Total Cost") >= LEAST_COST
    return _discarded(node) >= max(LEAST_ROWS, node.rows or 0.0)


def _discarded(node: Node) -> float:
    """rows_removed counts all loops already."""
    return node.step.rows_removed or 0.0


def _rows(node: Node) -> float:
    return (node.step.rows_estimated or 0.0) if node.rows is None else node.rows


def _shape(wanted: Sequence[Wanted], predicate: str | None = None) -> IndexShape:
    return IndexShape(tuple(_key(item) for item in wanted), wanted[0].method, predicate)


def _key(item: Wanted) -> IndexKey:
    text = f"({item.column})" if item.expression and " collate " not in item.column else item.column
    return IndexKey(text, item.kind == "equality", item.operator_class, item.descending, item.nulls)
