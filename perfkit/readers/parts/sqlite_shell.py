"""EXPLAIN QUERY PLAN as the sqlite3 shell prints it, as a tree or as a table in one of its modes → rows (id, parent, notused, detail)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from perfkit.readers.parts.parsing import refuse

Row = tuple[int, int, int, str]

TITLE = "QUERY PLAN"
TREE = re.compile(r"^QUERY PLAN[ \t]*\r?\n[|`]--", re.MULTILINE)
BRANCH = re.compile(r"(?P<indent>(?:\|  |   )*)(?P<mark>[|`])--(?P<detail>.+)")
HEADER = re.compile(r"[|│\s\"']*id[\"']?[|│,\t ]+[\"']?parent[\"']?[|│,\t ]+[\"']?notused[\"']?[|│,\t ]+[\"']?detail[\"'|│\s]*")
BARE = re.compile(r"\d+\|\d+\|\d+\|[A-Z].*")
OLD_HEADER = re.compile(r"selectid\W+order\W+from\W+detail")
BORDER = re.compile(r"[┌├└+|]?[─┬┼┴┐┤┘+|: -]*[─-][─┬┼┴┐┤┘+|: -]*")
EXPLAINED = re.compile(r"(?:sqlite> )?\s*explain\s+query\s+plan\s+(?P<statement>.+)", re.IGNORECASE)


@dataclass
class Printed:
    """One plan of the output."""

    rows: list[Row] = field(default_factory=list)
    statement: str | None = None
    """Where the shell echoed it."""


def recognises(text: str) -> bool:
    """A tree below its title, or a table with the four columns."""
    first = next((line for line in text.splitlines() if line.strip() and not BORDER.fullmatch(line.strip())), "")
    return bool(TREE.search(text) or HEADER.fullmatch(first) or BARE.fullmatch(first) or OLD_HEADER.search(first))


def printed_plans(path: Path, name: str, text: str) -> list[Printed]:
    """Every plan of the output."""
    if OLD_HEADER.search(text[:200]):
        raise refuse(path, name, "selectid, order and from are of SQLite before 3.24, which prints no tree. Explain with 3.24 or later.")
    if not text.endswith("\n"):
        raise refuse(path, name, "the last line has no end, so the file was cut off.", text.count("\n") + 1)
    lines = list(enumerate(text.splitlines(), 1))
    return list(_trees(path, name, lines)) if TREE.search(text) else list(_tables(path, name, lines))


def _trees(path: Path, name: str, lines: list[tuple[int, str]]) -> Iterator[Printed]:
    """A branch that begins with a bar has a sibling below it, so a tree that was cut off shows."""
    plan: Printed | None = None
    asked: str | None = None
    open_at: dict[int, int] = {}
    for number, line in lines:
        branch = BRANCH.fullmatch(line) if plan else None
        if branch and plan:
            depth = len(branch["indent"]) // 3
            _add_branch(path, name, plan, depth, branch["detail"].strip(), number)
            open_at = {level: at for level, at in open_at.items() if level < depth} | ({depth: number} if branch["mark"] == "|" else {})
            continue
        if plan:
            _refuse_open(path, name, open_at)
            yield plan
            plan = None
        if line.strip() == TITLE:
            plan, asked, open_at = Printed(statement=asked), None, {}
        elif explained := EXPLAINED.fullmatch(line):
            asked = explained["statement"].rstrip("; ")
    if plan:
        _refuse_open(path, name, open_at)
        yield plan


def _add_branch(path: Path, name: str, plan: Printed, depth: int, detail: str, number: int) -> None:
    parent = 0
    if depth:
        above = next((row for row in reversed(plan.rows) if row[2] == depth - 1), None)
        if above is None or plan.rows[-1][2] < depth - 1:
            raise refuse(path, name, "a branch hangs on nothing.", number)
        parent = above[0]
    plan.rows.append((len(plan.rows) + 1, parent, depth, detail))


def _refuse_open(path: Path, name: str, open_at: dict[int, int]) -> None:
    if open_at:
        raise refuse(path, name, "this branch announces another one that does not follow; was the file cut off?", min(open_at.values()))


def _tables(path: Path, name: str, lines: list[tuple[int, str]]) -> Iterator[Printed]:
    plan, separator, framed, closed = Printed(), "|", False, True
    for number, line in lines:
        bare = line.strip()
        if HEADER.fullmatch(line):
            if plan.rows:
                yield plan
                plan = Printed()
            separator, framed = _separator(line), bare[0] in "│|"
            closed = not (framed and any(known.strip()[:1] in ("┌", "+") for _, known in lines[:3]))
        elif not bare or BORDER.fullmatch(bare):
            closed = closed or bool(plan.rows)
        else:
            _add_row(path, name, plan, _cells(line, separator, framed=framed), number)
    if not closed:
        raise refuse(path, name, "the table has no lower edge, so the file was cut off.", len(lines))
    if plan.rows:
        yield plan


def _separator(header: str) -> str:
    return next((mark for mark in "│|,\t" if mark in header), " ")


def _cells(line: str, separator: str, *, framed: bool) -> list[str]:
    if separator == ",":
        return next(csv.reader([line.strip()], quotechar="'" if "'" in line and '"' not in line else '"'), [])
    if framed:
        line = line.strip()[1:].rstrip().rstrip(separator)
    return [cell.strip() for cell in (line.split(None, 3) if separator == " " else line.split(separator, 3))]


def _add_row(path: Path, name: str, plan: Printed, cells: list[str], number: int) -> None:
    if len(cells) == 4 and not any(cells[:3]) and plan.rows:
        *known, detail = plan.rows.pop()
        plan.rows.append((known[0], known[1], known[2], f"{detail} {cells[3]}"))
        return
    if len(cells) != 4 or not all(cell.isdecimal() and len(cell) < 10 for cell in cells[:3]) or not cells[3]:
        raise refuse(path, name, "the line is no row of id, parent, notused and detail; was the file cut off?", number)
    plan.rows.append((int(cells[0]), int(cells[1]), int(cells[2]), cells[3]))
