"""Joins and sub-queries that do the same work again and again."""

from __future__ import annotations

import re

from perfkit.model.plan import Node
from perfkit.rules.plans.advice import index_advice, kilobytes, memory, number, percent
from perfkit.rules.plans.bill import Bill, of_processes, removed
from perfkit.rules.plans.causes import Suspicion
from perfkit.rules.plans.conditions import alias_of

LOOPS, LOOPS_SHARE, LOOPS_MS, UNEXPECTED = 1000.0, 0.20, 5.0, 10.0
COMPARED, COMPARED_PER_MATCH = 1e6, 10.0
CROSSED_SIDE = 100.0
CALLED = frozenset({"Function Scan", "Table Function Scan", "ProjectSet"})
EQUALITY = re.compile(r" = ")
HITS, MEMO_SHARE = 0.50, 0.10


def repeated_inner(node: Node, bill: Bill) -> Suspicion | None:
    """The inner side of a nested loop, executed a thousand times and more."""
    outer, inner = sides(node)
    loops = inner.step.loops or 0.0 if inner is not None else 0.0
    if outer is None or inner is None or loops < LOOPS:
        return None
    cost = bill.inside(inner) + (bill.own(node) if inner.step.node_type == "Materialize" else 0.0)
    if not bill.heavy(cost, LOOPS_SHARE, LOOPS_MS):
        return None
    worst = max(inner.below(), key=bill.own)
    if worst.step.node_type == "Seq Scan" and (worst.step.loops or 0.0) >= LOOPS:
        return _scanned_again(
            worst, bill, (node, *inner.below()), f"Nested loop reads all of {worst.step.relation} {number(worst.step.loops or 0.0)} times"
        )
    expected = max((outer.step.rows_estimated or 0.0) * (outer.step.loops or 1.0), 1.0)
    unexpected = loops >= UNEXPECTED * expected
    return Suspicion(
        "nested-loop-repeats",
        node,
        rank=70 if unexpected else 30,
        title=f"Nested loop repeats {inner.place} {number(loops)} times" + (f", where {number(expected)} were expected" if unexpected else ""),
        remedy=_of_repetition(unexpected, str(node.facts.get("Join Filter") or ""), inner),
        cost_ms=bill.ms(cost),
        saves_ms=bill.ms(cost * (1 - expected / loops)) if unexpected else None,
        saving_basis="time of the repetitions that were not expected; an upper bound, as another join has its own cost"
        if unexpected
        else "the planner expected the repetitions; what another join would cost is not known",
        effort="MEDIUM",
        covers=tuple(inner.below()),
    )


def crossed(node: Node, bill: Bill) -> Suspicion | None:
    """Every row of one side compared with every row of the other."""
    outer, inner = sides(node)
    if outer is None or inner is None:
        return None
    compared, matched = removed(node, "Join Filter"), node.rows or 0.0
    discards = compared >= COMPARED and compared >= COMPARED_PER_MATCH * max(matched, 1.0)
    if not discards and not _cross_product(node, outer, inner):
        return None
    cost = bill.own(node) + bill.inside(inner)
    if not bill.heavy(cost, LOOPS_SHARE, LOOPS_MS):
        return None
    condition = str(node.facts.get("Join Filter") or "")
    return Suspicion(
        "nested-loop-compares-everything",
        node,
        rank=86,
        title=f"Nested loop compares {number(compared + matched)} pairs of rows to keep {number(matched)}"
        if discards
        else f"Nested loop without a condition makes {number(matched)} rows of {number(outer.rows or 0.0)} × {number(inner.step.rows_actual or 0.0)}",
        remedy=_of_cross(condition, inner),
        cost_ms=bill.ms(cost),
        saves_ms=bill.ms(cost * (compared / (compared + matched) if discards else 1.0)),
        saving_basis="time of the join and its inner side, by the share of the pairs that do not match"
        if discards
        else "time of the join and its inner side; what a join with a condition costs instead is not known",
        effort="MEDIUM",
        covers=tuple(inner.below()),
    )


def repeated_subplan(node: Node, bill: Bill) -> Suspicion | None:
    """A sub-query that is executed for every row."""
    loops = node.step.loops or 0.0
    if node.step.relationship != "SubPlan" or loops < LOOPS or "hashed" in (node.step.subplan or ""):
        return None
    if node.step.node_type == "Materialize" and node.parent is not None:
        return _list_compared(node, node.parent, bill)
    cost = bill.inside(node)
    if not bill.heavy(cost, LOOPS_SHARE, LOOPS_MS):
        return None
    worst = max(node.below(), key=bill.own)
    if worst.step.node_type == "Seq Scan" and (worst.step.loops or 0.0) >= LOOPS:
        return _scanned_again(
            worst, bill, tuple(node.below()), f"A sub-query reads all of {worst.step.relation} {number(worst.step.loops or 0.0)} times"
        )
    return Suspicion(
        "subplan-repeats",
        node,
        rank=74,
        title=f"{node.step.subplan or 'A sub-query'} is executed {number(loops)} times, once a row",
        remedy="Join the table instead, or aggregate it once by the correlated column and join that; where few rows are wanted of each, "
        "a lateral join on a limited outer side. Each execution is cheap only with an index on the correlated column.",
        cost_ms=bill.ms(cost),
        saves_ms=bill.ms(cost * (1 - 1 / loops)),
        saving_basis="time of all executions but one; an upper bound, as the join has its own cost",
        effort="MEDIUM",
        covers=tuple(node.below()),
    )


def _list_compared(rows: Node, asker: Node, bill: Bill) -> Suspicion | None:
    """A sub-query that does not depend on the row, kept and compared row by row as it is too long to be hashed."""
    loops, cost = rows.step.loops or 1.0, bill.inside(rows) + bill.own(asker)
    if not bill.heavy(cost, LOOPS_SHARE, LOOPS_MS):
        return None
    kept = max((below.rows or 0.0 for below in rows.children), default=0.0)
    return Suspicion(
        "subplan-repeats",
        asker,
        rank=84,
        title=f"{rows.step.subplan or 'A sub-query'} gives a list of {number(kept)} values, which is compared {number(loops)} times, value by value",
        remedy="Write not exists (select … where its column = the row's column) in place of NOT IN: that is a join, which compares by hash. "
        "A list is only hashed where work_mem is expected to hold it, and NOT IN finds nothing as soon as one value is null.",
        cost_ms=bill.ms(cost),
        saves_ms=bill.ms(cost * (1 - 1 / loops)),
        saving_basis="time of all comparisons but one; an upper bound, as the join has its own cost",
        covers=tuple(rows.below()),
    )


def useless_memo(node: Node, bill: Bill) -> Suspicion | None:
    """A cache of the inner side that is too small, or rarely asked for what it holds."""
    hits, misses, evictions = (sum(of_processes(node, f"Cache {what}")) for what in ("Hits", "Misses", "Evictions"))
    asked = hits + misses
    if asked < LOOPS or (not evictions and hits >= HITS * asked):
        return None
    cost = bill.inside(node)
    if not bill.heavy(cost, MEMO_SHARE):
        return None
    peak_kb = max(of_processes(node, "Peak Memory Usage"), default=0.0)
    needed = memory(peak_kb * misses / max(misses - evictions, 1.0) / 2)
    return Suspicion(
        "memoize-misses",
        node,
        rank=62,
        title=f"Memoize answers {percent(hits / asked)} of {number(asked)} look-ups"
        + (f" and evicts {number(evictions)} entries" if evictions else ""),
        remedy=f"set local work_mem = '{needed}', as its {kilobytes(peak_kb)} were full"
        if evictions
        else f"The planner expects more repeated keys than there are: analyze, or set n_distinct of {node.facts.get('Cache Key') or 'the key'}; "
        "set enable_memoize = off for this statement shows what it costs.",
        cost_ms=bill.ms(cost),
        saves_ms=bill.ms(cost * evictions / asked if evictions else bill.own(node)),
        saving_basis="time below, by the share of look-ups whose answer had been evicted" if evictions else "own time of the cache",
        covers=tuple(node.children),
    )


def sides(node: Node) -> tuple[Node | None, Node | None]:
    """Outer and inner side of a join."""
    inputs = [child for child in node.children if child.step.relationship not in {"SubPlan", "InitPlan"}]
    return (inputs[0], inputs[1]) if len(inputs) == 2 else (None, None)


def _scanned_again(scan: Node, bill: Bill, covers: tuple[Node, ...], title: str) -> Suspicion:
    own, loops = bill.own(scan), scan.step.loops or 1.0
    return Suspicion(
        "nested-loop-repeats" if covers[0].step.node_type == "Nested Loop" and covers[0].step.relationship != "SubPlan" else "subplan-repeats",
        scan,
        rank=92,
        title=title,
        remedy=f"An index for each repetition: {index_advice(scan, joins=True)}",
        cost_ms=bill.ms(own),
        saves_ms=bill.ms(own * (1 - 1 / loops)),
        saving_basis=f"{bill.basis} of all scans but one",
        covers=covers,
    )


def _of_repetition(unexpected: bool, condition: str, inner: Node) -> str:
    if condition and EQUALITY.search(condition) is None:
        return _of_cross(condition, inner)
    if any(below.step.node_type in CALLED for below in inner.below()):
        return (
            "The function is called for each row of the outer side: filter that side first; where the rows it makes are only looked through for a "
            "value, test the value itself instead (@>, ?, = any), which makes no rows and may use an index."
        )
    if unexpected:
        return (
            "Mend the estimate of the outer side (analyze; create statistics for columns that depend on one another); until then, "
            "set local enable_nestloop = off for this statement lets it join by hash."
        )
    return (
        "The planner chose this knowing the number. Compare with set local enable_nestloop = off; where the hash join wins, random_page_cost or "
        "effective_cache_size do not fit this server. An index that covers the columns read makes each repetition cheaper."
    )


def _of_cross(condition: str, inner: Node) -> str:
    if not condition:
        return "Is a join condition missing? Otherwise aggregate one side before the join."
    if " OR " in condition:
        return f"An OR over two tables leaves only comparing each pair: write one branch for each arm and join them by UNION. Condition: {condition}."
    scan = next((node for node in inner.below() if node.step.relation), None)
    advice = f" {index_advice(scan, joins=True)}" if scan is not None else ""
    return f"Only an equality of columns can be joined by hash or merge; for a range, an index on the inner side. Condition: {condition}.{advice}"


def _cross_product(node: Node, outer: Node, inner: Node) -> bool:
    if node.facts.get("Join Filter") or (node.rows or 0.0) < COMPARED:
        return False
    if min(outer.rows or 0.0, inner.step.rows_actual or 0.0) < CROSSED_SIDE:
        return False
    known = {alias_of(below) for below in outer.below() if below.step.relation}
    texts = [f"{below.step.condition or ''} {below.facts.get('Function Call') or ''} {below.facts.get('Cache Key') or ''}" for below in inner.below()]
    asks_outer = re.compile(r"\b(?:" + "|".join(re.escape(alias) for alias in known if alias) + r")\.") if known else None
    return not any("$" in text or (asks_outer is not None and asks_outer.search(text)) for text in texts)


RULES = {"Nested Loop": (repeated_inner, crossed), "Memoize": (useless_memo,)}
EVERY = (repeated_subplan,)
