"""Repeated statements → loops: what takes turns in one loop is one thing to mend, and what only follows another is none of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from perfkit.analyses.repeated_statements import RepeatedStatement
from perfkit.rules.statements.classes import Kind, kind_of
from perfkit.rules.statements.shapes import shape_of

Key = tuple[str, str, str]


@dataclass(slots=True)
class Loop:
    """Statements that are sent in turn, the one that began it first."""

    kind: Kind
    rows: list[RepeatedStatement]
    followers: list[RepeatedStatement] = field(default_factory=list)
    """Batches that one line of the application sends with each of them: an ORM reads what belongs to the rows that it has just read."""


def loops_of(rows: Sequence[RepeatedStatement]) -> list[Loop]:
    """N+1 in loops, every other repetition by itself; what follows a repetition that is none to mend is left out."""
    known = {_key(row): row for row in rows}
    leaders = {key: _leader(row, known) for key, row in known.items()}
    following = {key for key, row in known.items() if _follows(row, leaders[key])}
    loops: dict[tuple[Key, str | None], Loop] = {}
    others: list[Loop] = []
    for key, row in known.items():
        kind = None if key in following else kind_of(row)
        if kind == "n-plus-one":
            loops.setdefault((_key(leaders[key]), _parent(row, leaders[key])), Loop(kind, [])).rows.append(row)
        elif kind is not None:
            others.append(Loop(kind, [row]))
    for (leader, _), loop in loops.items():
        loop.rows.sort(key=lambda row: _key(row) != leader)
    found = [*loops.values(), *others]
    place = {_key(row): number for number, loop in enumerate(found) for row in loop.rows}
    for key, row in known.items():
        leader = _key(leaders[key])
        if key in following and leader in place:
            found[place[leader]].followers.append(row)
    return found


def _key(row: RepeatedStatement) -> Key:
    return row.run_id, row.subject, row.source


def _leader(row: RepeatedStatement, known: dict[Key, RepeatedStatement]) -> RepeatedStatement:
    """The statement that began the loop: the one with which that one takes turns may itself follow another."""
    passed = {row.source}
    while row.loop not in passed and (before := known.get((row.run_id, row.subject, row.loop))):
        passed.add(before.source)
        row = before
    return row


def _follows(row: RepeatedStatement, leader: RepeatedStatement) -> bool:
    return row is not leader and row.call_chain == leader.call_chain and row.batch is not None and shape_of(row.statement or "").reads


def _parent(row: RepeatedStatement, leader: RepeatedStatement) -> str | None:
    """Whose rows the loop goes over; on the loop's own line it is the loop's."""
    return leader.parent_statement if (row.file, row.line) == (leader.file, leader.line) else row.parent_statement
