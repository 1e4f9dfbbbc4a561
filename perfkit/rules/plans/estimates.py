"""Rows that the planner expected wrongly: the first node that is wrong, and what it led to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from perfkit.model.finding import Level
from perfkit.model.plan import Node
from perfkit.rules.plans.advice import number
from perfkit.rules.plans.bill import JOINS, SCANS, Bill
from perfkit.rules.plans.causes import Suspicion
from perfkit.rules.plans.conditions import quoted, wanted_columns

WRONG, RIGHT, ROWS_AT_LEAST = 10.0, 3.0, 1000.0
FED_SHARE, FED_MS = 0.10, 5.0
HARMFUL_SHARE = 0.20
PASSES_ON = frozenset(
    {"Bitmap Index Scan", "BitmapAnd", "BitmapOr", "Hash", "Sort", "Incremental Sort", "Materialize", "Memoize", "Gather", "Gather Merge"}
)
"""Nodes that are as wrong as their input, or whose rows are no rows."""
READS_ALL = frozenset({"Sort", "Hash", "Aggregate", "WindowAgg", "ModifyTable"})
"""Nodes that read their input to the end whatever is asked of them; a sorted aggregate alone does not."""
ROW_MAKERS = (*SCANS, *JOINS, "Aggregate", "Function Scan", "CTE Scan", "Subquery Scan", "Table Function Scan", "ProjectSet", "SetOp", "Unique")


def misestimated(node: Node, bill: Bill) -> Suspicion | None:
    """The origin of a wrong estimate below a join."""
    wrong = factor(node)
    if wrong < WRONG or not is_origin(node):
        return None
    join = next((above for above in node.above() if above.step.node_type in JOINS), None)
    harm = harmed(node, bill)
    if join is None or (harm is None and not bill.heavy(bill.inside(join), FED_SHARE, FED_MS)):
        return None
    step = node.step
    loops = "" if step.loops == 1 else " a loop"
    repeated = harm.repeated if harm else None
    cost = bill.inside(repeated) if repeated else None
    return Suspicion(
        "rows-misestimated",
        node,
        rank=72,
        title=f"{number(step.rows_estimated or 0.0)} rows were expected{loops} of {what(node)}, {number(step.rows_actual or 0.0)} came"
        + (f", which led to {harm.told}" if harm else ""),
        remedy=remedy(node),
        cost_ms=None if cost is None else bill.ms(cost),
        saves_ms=None if cost is None else bill.ms(cost * (1 - 1 / wrong)),
        saving_basis="what another plan would cost is not known"
        if cost is None
        else "time of the repetitions that were not expected; an upper bound, as another plan has its own cost",
        effort="MEDIUM",
        covers=(repeated.parent or join, *repeated.below()) if repeated else (),
        impact=_impact(wrong, harmful=harm is not None),
    )


@dataclass(frozen=True, slots=True)
class Harm:
    """What too few expected rows led to."""

    told: str
    repeated: Node | None
    """The part of the plan that was executed more often than expected; None where it was memory that did not suffice."""


def factor(node: Node) -> float:
    """How many times too many or too few rows were expected; 1 where the estimate is right or nobody can say."""
    step = node.step
    if not step.loops or step.rows_actual is None or step.rows_estimated is None:
        return 1.0
    wrong = _factor(step.rows_actual, step.rows_estimated)
    if wrong >= RIGHT and is_partial(node):
        return _factor(step.rows_actual * (step.processes or 1.0), step.rows_estimated * divisor(node))
    return wrong


def _factor(rows_actual: float, rows_estimated: float) -> float:
    actual, expected = max(rows_actual, 1.0), max(rows_estimated, 1.0)
    return actual / expected if actual > expected else expected / actual


def is_partial(node: Node) -> bool:
    """Whether each process makes a part of the node's rows: it shares a scan with the others."""
    if gather_of(node) is None:
        return False
    waiting = [node]
    while waiting:
        below = waiting.pop()
        if below.facts.get("Parallel Aware"):
            return True
        waiting += [child for child in below.children if not child.step.subplan]
    return False


def divisor(node: Node) -> float:
    """By how much the planner divides the rows of a partial node: the leader helps the less the more workers it has."""
    gather = gather_of(node)
    workers = gather.number("Workers Planned") if gather is not None else 0.0
    return workers + max(0.0, 1.0 - 0.3 * workers)


def gather_of(node: Node) -> Node | None:
    """The Gather in whose processes the node ran."""
    return next((above for above in node.above() if above.step.node_type in {"Gather", "Gather Merge"}), None)


def is_origin(node: Node) -> bool:
    """Whether the error is made here: not passed on from below, of rows that matter, and of a node that ran to its end."""
    step = node.step
    if step.node_type in PASSES_ON or max(step.rows_actual or 0.0, step.rows_estimated or 0.0) * (step.loops or 0.0) < ROWS_AT_LEAST:
        return False
    if any(factor(child) >= RIGHT for child in _inputs(node)):
        return False
    too_many = (step.rows_estimated or 0.0) > (step.rows_actual or 0.0)
    return not (stopped_early(node) if too_many else _read_again(node))


def stopped_early(node: Node) -> bool:
    """Whether somebody above may have had enough before the node was done."""
    below = node
    for above in node.above():
        kind, side = above.step.node_type, below.step.relationship
        if kind == "Limit" or side in {"SubPlan", "InitPlan"}:
            return True
        if kind in READS_ALL and above.facts.get("Strategy") != "Sorted":
            return False
        if kind == "Merge Join" or (side == "Inner" and _one_match_is_enough(above)):
            return True
        below = above
    return False


def harmed(node: Node, bill: Bill) -> Harm | None:
    """What the node's error led to, where it was too few expected rows and somebody above paid for it."""
    if (node.step.rows_actual or 0.0) < (node.step.rows_estimated or 0.0):
        return None
    below = node
    for above in node.above():
        batches = above.number("Hash Batches") if above.step.node_type == "Hash" else 0.0
        if above.step.node_type == "Nested Loop" and below.step.relationship == "Outer":
            inner = next((child for child in above.children if child.step.relationship == "Inner"), None)
            if inner is not None and bill.heavy(bill.inside(inner), HARMFUL_SHARE):
                return Harm(f"{number(inner.step.loops or 0.0)} repetitions of {inner.place}", inner)
        if batches > max(above.number("Original Hash Batches"), 1.0):
            return Harm(f"a hash in {number(batches)} batches", None)
        below = above
    return None


def what(node: Node) -> str:
    """The node in a sentence."""
    return node.place if node.step.relation else f"a {node.step.node_type}"


def remedy(node: Node) -> str:
    """How the planner learns better."""
    step = node.step
    if step.node_type in {"Function Scan", "ProjectSet", "Table Function Scan"}:
        name = node.facts.get("Function Name") or "the function"
        return f"Tell the planner what to expect: alter function {name}(…) rows {number(step.rows_actual or 0.0)}; or analyze a temporary table."
    if step.relation:
        return _of_table(node)
    if step.node_type == "Aggregate":
        return f"create statistics (ndistinct) on what it groups by ({_texts(node, 'Group Key')}), expressions included, and analyze."
    if step.node_type in {"CTE Scan", "Subquery Scan"}:
        return "Write the query in its place (not materialized), so that its statistics are known, or keep it in a temporary table and analyze that."
    return (
        "Statistics do not tell how the values of two tables go together: analyze both, raise n_distinct's precision of the join columns "
        "(alter table … alter column … set statistics 1000), or join the most selective tables first in a materialized CTE."
    )


def _of_table(node: Node) -> str:
    table = quoted(str(node.step.relation))
    wanted = [item for item in wanted_columns(node) if item.source in {"filter", "index"}]
    columns = list(dict.fromkeys(item.column for item in wanted if not item.expression))
    expressions = list(dict.fromkeys(item.column for item in wanted if item.expression))
    first = f"analyze {table};"
    if len(columns) + len(expressions) > 1:
        listed = ", ".join([*columns, *(f"({text})" for text in expressions)])
        return f"{first} if that does not help, the columns depend on one another: create statistics on {listed} from {table}; and analyze again."
    if expressions:
        return f"{first} the expression has no statistics: create statistics on ({expressions[0]}) from {table}; and analyze again."
    if columns:
        return f"{first} if that does not help: alter table {table} alter column {columns[0]} set statistics 1000; and analyze again."
    return f"{first} and see that autovacuum analyzes it after bulk changes."


def _texts(node: Node, fact: str) -> str:
    value = node.facts.get(fact)
    return ", ".join(map(str, value)) if isinstance(value, list) else "not printed"


def _inputs(node: Node) -> Iterator[Node]:
    for child in node.children:
        if child.step.relationship in {"SubPlan", "InitPlan"} or child.step.node_type in {"Bitmap Index Scan", "BitmapAnd", "BitmapOr"}:
            continue
        yield child


def _read_again(node: Node) -> bool:
    """A merge join may go back over equal rows of its inner side, which are counted again."""
    return node.step.relationship == "Inner" and node.parent is not None and node.parent.step.node_type == "Merge Join"


def _one_match_is_enough(join: Node) -> bool:
    return join.facts.get("Join Type") in {"Semi", "Anti", "Right Semi", "Right Anti"} or bool(join.facts.get("Inner Unique"))


def _impact(wrong: float, *, harmful: bool) -> Level:
    levels: tuple[Level, ...] = ("LOW", "MEDIUM", "HIGH")
    if not harmful:
        return "LOW"
    return levels[min((wrong >= 100) + (wrong >= 1000) + 1, 2)]


RULES = dict.fromkeys(ROW_MAKERS, (misestimated,))
