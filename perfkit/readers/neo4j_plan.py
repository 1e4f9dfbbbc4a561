"""Neo4j's PROFILE or EXPLAIN as its drivers give it: a dictionary of operatorType, args and children, saved as JSON. Time is in nanoseconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, columns_of
from perfkit.readers.parts.neo4j_operators import Operator, node_rows, plan_row
from perfkit.readers.parts.parsing import json_of, refuse
from perfkit.readers.parts.plan_envelope import non_negative

NAME = "neo4j-plan"
KIND = "plans"
TOOL = "neo4j"
ABOUT = "Neo4j PROFILE of a driver as JSON: result.consume().profile, one or a list, alone or with its query"
BY_LINE = False

OTHER = ("Memory", "GlobalMemory", "Order", "PipelineInfo", "identifiers")
OF_PLAN = {"runtime": "runtime", "planner": "planner", "runtime-version": "version", "version": "cypher"}


def sniff(head: Head) -> bool:
    """JSON with operators of Neo4j."""
    text = head.text.lstrip("\ufeff \t\r\n")
    return text[:1] in ("{", "[") and '"operatorType"' in text and ('"args"' in text or '"arguments"' in text)


def read(path: Path) -> Iterator[Batch]:
    """Plans and their operators."""
    document = json_of(path, NAME)
    plans, nodes = [], []
    for plan_id, entry in enumerate(document if isinstance(document, list) else [document]):
        root, statement = _profile(path, plan_id, entry)
        operators = _operators(path, plan_id, root)
        known = _args(root)
        plans.append(plan_row(plan_id, operators, statement, {name: known.get(key) for key, name in OF_PLAN.items()}))
        nodes += node_rows(plan_id, operators)
    yield columns_of("plans", plans)
    yield columns_of("plan_nodes", nodes)


def _profile(path: Path, plan_id: int, entry: Any) -> tuple[Mapping[str, Any], str | None]:
    """The root operator, and the query's text where the whole summary was saved."""
    if not isinstance(entry, dict):
        raise refuse(path, NAME, f"plan {plan_id} is no object.")
    root = entry if "operatorType" in entry else entry.get("profile") or entry.get("plan")
    query = entry.get("query", entry.get("statement"))
    text = query.get("text") if isinstance(query, dict) else query
    if not isinstance(root, dict):
        raise refuse(path, NAME, f"plan {plan_id} has no operatorType.")
    return root, text if isinstance(text, str) else None


def _operators(path: Path, plan_id: int, root: Mapping[str, Any]) -> list[Operator]:
    found: list[Operator] = []
    waiting: list[tuple[Any, int | None, bool]] = [(root, None, False)]
    while waiting:
        node, parent, second = waiting.pop()
        number = len(found)
        where = f"plan {plan_id}, operator {number}"
        if not isinstance(node, dict) or not isinstance(node.get("operatorType"), str):
            raise refuse(path, NAME, f"{where} has no operatorType.")
        children = node.get("children") or []
        if not isinstance(children, list) or not isinstance(_args(node), dict):
            raise refuse(path, NAME, f"{where}: its children or its args are of the wrong type.")
        found.append(_operator(path, where, node, parent, second=second))
        waiting += [(child, number, place > 0) for place, child in reversed(list(enumerate(children)))]
    return found


def _args(node: Mapping[str, Any]) -> Any:
    return node.get("args", node.get("arguments", {}))


def _operator(path: Path, where: str, node: Mapping[str, Any], parent: int | None, *, second: bool) -> Operator:
    args = {**_args(node), "identifiers": node.get("identifiers")}

    def number(key: str, beside: str = "") -> float | None:
        return non_negative(path, NAME, _whole(args.get(key, node.get(beside))), f"{where}: its {key}")

    time_ns, details = number("Time", "time"), args.get("Details")
    return Operator(
        parent=parent,
        type=node["operatorType"].split("@")[0],
        second=second,
        estimated=number("EstimatedRows"),
        rows=number("Rows", "rows"),
        db_hits=number("DbHits", "dbHits"),
        page_hits=number("PageCacheHits", "pageCacheHits"),
        page_misses=number("PageCacheMisses", "pageCacheMisses"),
        time_ms=None if time_ns is None else time_ns / 1e6,
        details=str(details) if details is not None else None,
        other={key: args.get(key) for key in OTHER},
    )


def _whole(value: Any) -> Any:
    """JavaScript's driver writes a 64-bit integer in two halves."""
    if isinstance(value, dict) and type(value.get("low")) is int and type(value.get("high")) is int:
        return (value["low"] & 0xFFFFFFFF) + (value["high"] << 32)
    return value
