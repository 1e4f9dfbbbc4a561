"""Statement on its way → db span: what the hooks of every driver record of it; never a parameter's value."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence, Sized
from contextvars import ContextVar
from marshal import dumps
from time import perf_counter_ns
from typing import Any

from perfkit.trace.calls import Places, above, ids_of, numbers
from perfkit.trace.callsite import Site
from perfkit.trace.fingerprint import describe
from perfkit.trace.recorder import Recorder, Standing

MOST_SENT = 64
"""Statements that wait for their line, at most."""
_LONGEST_STATEMENT = 4_000
_END_KEPT = 2_500
"""Of a longer one: tables and conditions stand at the end, and in between is only more of the same."""
_HEADS_KEPT = 2_000
_BITS = (1 << 64) - 1
_NO_REFERENCES = 2
"""The version of marshal whose bytes depend on values alone."""

_KEY = os.urandom(16)
"""Of this process, and never written: nobody finds a parameter's value by hashing guesses."""
_LINE = (
    '{"perfkit_calls":{"prefix":"%s","clock_ns":%d,"timings":[%s],"above":%s,"timing":[%s],"below":[%s],"number":%s,"started":%s,"took":%s,'
    '"params_hash":%s,"rows":%s,"more":%s}}'
)
_encode = json.JSONEncoder(separators=(",", ":")).encode
_Kind = tuple[str, tuple[str, str, str], bool]
"""Statement, texts of the place, and whether it is sent with many sets of parameters."""
_heads: dict[_Kind, str] = {}
"""What executions of one kind have in common, in JSON: an application has few kinds and sends them often."""
_above: ContextVar[bool] = ContextVar("perfkit_trace_statement", default=False)
"""Whether a library above the driver is recording the statement that the driver now gets."""
_drivers = 0
"""How many drivers have hooks of their own: without any nobody asks what is above."""


class Sent:
    """One execution of a statement; rows may still be counted while open."""

    __slots__ = ("many", "more", "open", "params_hash", "rows", "site", "standing", "started", "statement", "took")

    statement: str
    site: Site
    many: bool
    params_hash: int
    standing: Standing
    rows: int | None
    more: dict[str, Any] | None
    """What few statements have: sets of parameters, an error."""
    open: bool
    started: int
    took: int
    """Both in ns of perf_counter."""


def send(statement: str, parameters: Any, many: bool, site: Site) -> Sent:
    """A statement goes to the database now."""
    sent = Sent()  # a constructor would cost as much again
    sent.statement, sent.many, sent.site = statement, many, site
    sent.standing = above()
    sent.rows, sent.open, sent.more = None, False, None
    if many:
        sent.more = {"parameter_sets": len(parameters)} if isinstance(parameters, Sized) else None
        parameters = _ends(parameters)
    try:
        content = dumps((_KEY, parameters), _NO_REFERENCES)
    except ValueError:
        content = _KEY + repr(parameters).encode("utf-8", "surrogatepass")
    sent.params_hash = hash(content) & _BITS
    sent.started = perf_counter_ns()  # last: what the recorder itself took is not the database's
    return sent


def line_of(statements: Sequence[Sent], prefix: str) -> str:
    """One line for all of them."""
    kinds, around = Places(), Places()
    timing = ",".join([kinds[sent.statement, sent.site.texts, sent.many] for sent in statements])
    below = ",".join([around[sent.standing] for sent in statements])
    ours = [next(numbers) for _ in statements], [sent.started for sent in statements], [sent.took for sent in statements]
    theirs = [sent.params_hash for sent in statements], _encode([sent.rows for sent in statements])
    more = [sent.more for sent in statements]
    heads = ",".join([_heads.get(kind) or _head(*kind) for kind in kinds])
    clock_ns = time.time_ns() - perf_counter_ns()
    return _LINE % (prefix, clock_ns, heads, _encode([*map(ids_of, around)]), timing, below, *ours, *theirs, _encode(more) if any(more) else "null")


def finish(recording: Recorder, sent: Sent, ended: int) -> None:
    """The database has answered; ended is perf_counter's."""
    sent.took = ended - sent.started
    statements = recording.statements
    statements.append(sent)  # needs no lock: flush() takes from the front of this same list
    if len(statements) >= MOST_SENT or ended > recording.due:
        recording.flush()


def fail(recording: Recorder, sent: Sent, error: BaseException) -> None:
    """The database has refused, or nobody waits for it any more."""
    sent.more = (sent.more or {}) | {"error": type(error).__name__}
    finish(recording, sent, perf_counter_ns())


def cover(covered: bool) -> None:
    """Says to the driver's hooks whether the statement is recorded above them."""
    if _drivers:
        _above.set(covered)


def covered() -> bool:
    """Whether it is."""
    return _above.get()


def watch_driver(change: int) -> None:
    """A driver's hooks come (1) or go (-1)."""
    global _drivers
    _drivers += change


def _head(statement: str, place: tuple[str, str, str], many: bool) -> str:
    name, fingerprint = describe(statement)
    text = json.dumps(statement)
    if len(statement) > _LONGEST_STATEMENT:
        text = f'{json.dumps(_cut(statement))},"cut":true'
    file, line, chain = place
    head = (
        f'{{"kind":"db","name":{json.dumps(name)},"fingerprint":{json.dumps(fingerprint)},"file":{file},"line":{line},'
        f'"attributes":{{"statement":{text},"executemany":{json.dumps(many)},"call_chain":{chain}}}}}'
    )
    if len(statement) <= _LONGEST_STATEMENT:
        if len(_heads) >= _HEADS_KEPT:
            _heads.clear()
        _heads[statement, place, many] = head
    return head


def _cut(statement: str) -> str:
    """Its beginning and its end; a text in quotes that the cut goes through is closed before it and opened after it."""
    begin, end = statement[: _LONGEST_STATEMENT - _END_KEPT], statement[-_END_KEPT:]
    open_before, open_after = begin.count("'") % 2, statement[:-_END_KEPT].count("'") % 2
    return begin + "'" * open_before + " … " + "'" * open_after + end


def _ends(parameter_sets: Any) -> Any:
    """A bulk insert may hold a million rows: its ends and its length tell it apart well enough."""
    if not isinstance(parameter_sets, Sized) or len(parameter_sets) < 2:
        return parameter_sets
    try:
        return len(parameter_sets), parameter_sets[0], parameter_sets[-1]  # type: ignore[index]
    except (LookupError, TypeError):
        return (len(parameter_sets),)
