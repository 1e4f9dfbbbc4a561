"""Writes tests/artefacts/neo4j_plan/* and neo4j_table/*: no Neo4j can be had here, so trees of operators are written as its drivers and as
cypher-shell are defined to write them. The numbers are invented."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LATE = ("Id", "Details", "Estimated Rows", "Rows", "DB Hits", "Memory (Bytes)", "Page Cache Hits/Misses", "Time (ms)", "Ordered by", "Pipeline")
LAYOUTS = {
    "late": LATE,
    "without_time": ("Id", "Details", "Estimated Rows", "Rows", "DB Hits", "Page Cache Hits/Misses"),
    "early": ("Estimated Rows", "Rows", "DB Hits", "Page Cache Hits", "Page Cache Misses", "Variables", "Other"),
    "explained": ("Id", "Details", "Estimated Rows"),
}
WIDEST = 34


@dataclass
class Op:
    """One operator; the second child is the right-hand side."""

    name: str
    details: str
    estimated: int
    rows: int
    hits: int
    ms: float = 0.0
    cache: tuple[int, int] = (0, 0)
    children: list[Op] = field(default_factory=list)

    def all(self) -> Iterator[Op]:
        yield self
        for child in self.children:
            yield from child.all()


def friends() -> Op:
    """A label's nodes are filtered one by one, joined with all of another label, and sorted for a limit."""
    people = Op("NodeByLabelScan", "person:Person", 50_000, 50_000, 50_001, 12.5, (1_200, 0))
    chosen = Op("Filter", "person.name STARTS WITH $prefix AND person.age > $age", 2_500, 40, 100_000, 31.25, (3_400, 800), [people])
    towns = Op("NodeByLabelScan", "town:Town", 700, 700, 701, 0.5, (12, 0))
    pairs = Op("CartesianProduct", "", 1_750_000, 28_000, 0, 2.5, (0, 0), [chosen, towns])
    kept = Op("Filter", "point.distance(person.home, town.place) < $most", 525_000, 900, 56_000, 21.0, (5, 5), [pairs])
    ordered = Op("Sort", "town.size DESC", 525_000, 900, 0, 0.75, (0, 0), [kept])
    return Op("ProduceResults", "person, town", 10, 10, 60, 0.25, (0, 0), [Op("Limit", "10", 10, 10, 0, 0.0, (0, 0), [ordered])])


def nested() -> Op:
    """A right-hand side that has a right-hand side, and a left-hand side that goes on below both."""
    inner = Op("Expand(All)", "(a)-[:KNOWS]->(b)", 3, 9, 24, 0.5, (4, 0), [Op("Argument", "a", 1, 5, 0)])
    outer = Op("SemiApply", "", 2, 5, 0, 0.0, (0, 0), [Op("Argument", "a", 1, 5, 0), inner])
    scan = Op("NodeIndexSeek", "RANGE INDEX a:Person(name) WHERE name = $name", 5, 5, 6, 0.1, (1, 0))
    return Op("ProduceResults", "a", 5, 5, 0, 0.0, (0, 0), [Op("Apply", "", 5, 5, 0, 0.0, (0, 0), [scan, outer])])


def as_dict(op: Op, depth: int = 0) -> dict[str, Any]:
    """As the Python driver gives it."""
    args: dict[str, Any] = {"Details": op.details, "EstimatedRows": float(op.estimated), "Rows": op.rows, "DbHits": op.hits}
    args |= {"PageCacheHits": op.cache[0], "PageCacheMisses": op.cache[1], "Time": int(op.ms * 1e6), "Memory": 312}
    if depth == 0:
        args |= {"runtime": "PIPELINED", "planner": "COST", "runtime-version": "5.26", "version": "5"}
    children = [as_dict(child, depth + 1) for child in op.children]
    return {"operatorType": f"{op.name}@neo4j", "identifiers": ["a"], "args": args, "dbHits": op.hits, "rows": op.rows, "children": children}


def cells(op: Op, number: int) -> dict[str, str]:
    """What every column says of it."""
    known = {
        "Id": str(number),
        "Details": op.details,
        "Variables": op.details,
        "Other": "",
        "Estimated Rows": f"{op.estimated}",
        "Rows": f"{op.rows}",
    }
    cache = {"Page Cache Hits/Misses": f"{op.cache[0]}/{op.cache[1]}", "Page Cache Hits": str(op.cache[0]), "Page Cache Misses": str(op.cache[1])}
    return {**known, **cache, "DB Hits": f"{op.hits}", "Memory (Bytes)": "312", "Time (ms)": f"{op.ms:.3f}", "Ordered by": "", "Pipeline": "0"}


def rows_of(op: Op, depth: int = 0) -> Iterator[tuple[int, Op, bool]]:
    """Depth, operator, and whether its right-hand side follows; that is drawn before the left-hand side goes on."""
    yield depth, op, len(op.children) > 1
    for place, child in reversed(list(enumerate(op.children))):
        yield from rows_of(child, depth + place)


def table(root: Op, columns: Sequence[str], *, thousands: bool) -> str:
    """The printed table."""
    numbers = {id(op): number for number, op in enumerate(root.all())}
    drawn = []
    for depth, op, branches in rows_of(root):
        text = cells(op, numbers[id(op)])
        if thousands:
            text |= {column: f"{int(text[column]):,}" for column in ("Estimated Rows", "Rows", "DB Hits")}
        drawn.append(("| " * depth + f"+{op.name}", "| " * depth + ("|\\" if branches else "|"), [wrapped(text[column]) for column in columns]))
    first = max(len(tree) for tree, _, _ in drawn)
    widths = [max([len(column), *(len(line) for _, _, row in drawn for line in row[place])]) for place, column in enumerate(columns)]
    border = "+" + "+".join("-" * (width + 2) for width in (first, *widths)) + "+"
    lines = [border, line_of(["Operator", *columns], [first, *widths]), border]
    for number, (tree, below, row) in enumerate(drawn):
        for part in range(max(len(lines_of) for lines_of in row)):
            shown = [lines_of[part] if part < len(lines_of) else "" for lines_of in row]
            lines.append(line_of([tree if part == 0 else below, *shown], [first, *widths]))
        if number + 1 < len(drawn):
            lines.append(f"| {below:<{first}} +" + border[first + 4 :])
    return "\n".join([*lines, border]) + "\n"


def wrapped(text: str) -> list[str]:
    """Long cells go on in the next line."""
    return textwrap.wrap(text, WIDEST) or [""]


def line_of(texts: Sequence[str], widths: Sequence[int]) -> str:
    return "|" + "|".join(f" {text:<{width}} " for text, width in zip(texts, widths, strict=True)) + "|"


def printed(root: Op, columns: Sequence[str], *, thousands: bool = False) -> str:
    """All that cypher-shell prints."""
    total = f"{sum(op.hits for op in root.all()):,}" if thousands else str(sum(op.hits for op in root.all()))
    below = f"\nTotal database accesses: {total}, total allocated memory: 312\n" if "DB Hits" in columns else ""
    return f"Planner COST\n\nRuntime PIPELINED\n\nRuntime version 5.26\n\n{table(root, columns, thousands=thousands)}{below}\n1 row\n"


def main() -> None:
    """Both trees, in every layout."""
    dicts, tables = HERE / "neo4j_plan", HERE / "neo4j_table"
    for folder in (dicts, tables):
        folder.mkdir(exist_ok=True)
    (dicts / "friends.json").write_text(json.dumps(as_dict(friends()), indent=1) + "\n", encoding="utf-8")
    summary = {"query": {"text": "match (a:Person) …", "parameters": {}}, "profile": as_dict(nested())}
    (dicts / "with_queries.json").write_text(json.dumps([summary, {"profile": as_dict(friends())}]) + "\n", encoding="utf-8")
    for name, columns in LAYOUTS.items():
        (tables / f"friends_{name}.txt").write_text(printed(friends(), columns, thousands=name == "late"), encoding="utf-8")
    (tables / "two_plans.txt").write_text(printed(nested(), LATE) + printed(friends(), LATE), encoding="utf-8")


if __name__ == "__main__":
    main()
