"""What the walk over marshalled statistics reads is what marshal loads, however often an object is referred to."""

from __future__ import annotations

import marshal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from perfkit.readers.parts.marshalled_calls import CallGraph, call_graph

Key = tuple[str, int, str]
Stats = dict[Key, tuple[Any, ...]]

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300)
keys = st.tuples(names, st.integers(-1, 2**31 - 1), names)
counts = st.integers(0, 2**59)
times = st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 2**59).map(float) | st.integers(-5, 5)


@st.composite
def statistics(draw: st.DrawFn) -> Stats:
    """Of few objects, so that many are used again."""
    known = draw(st.lists(keys, min_size=1, max_size=6, unique=True))
    a_time, a_count = (st.sampled_from(draw(st.lists(of, min_size=1, max_size=4))) for of in (times, counts))
    an_edge = st.sampled_from(draw(st.lists(st.tuples(a_count, a_count, a_time, a_time), min_size=1, max_size=4)))
    copied = st.sampled_from(known).map(lambda key: (key[0], key[1], key[2][:1] + key[2][1:]))
    callers = st.dictionaries(st.sampled_from(known) | copied, an_edge, max_size=6)
    entry = st.tuples(a_count, a_count, a_time, a_time, callers)
    return draw(st.dictionaries(copied, entry, min_size=1, max_size=6))


def read(graph: CallGraph) -> dict[Key, tuple[Any, ...]]:
    """As it was before."""
    names, files, lines = graph.frames
    known = list(zip(files, lines.tolist(), names, strict=True))
    callers: list[dict[Key, tuple[Any, ...]]] = [{} for _ in graph.functions.calls]
    edges = zip(*(column.tolist() for column in (graph.callees, graph.callers, *graph.edges)), strict=True)
    for callee, caller, *edge in edges:
        callers[callee][known[caller]] = tuple(edge)
    columns = (graph.functions.calls.tolist(), graph.primitive_calls.tolist(), graph.functions.own.tolist(), graph.functions.total.tolist())
    return {key: (*rest,) for key, *rest in zip(known, *columns, callers, strict=False)}


def expected(stats: Stats) -> dict[Key, tuple[Any, ...]]:
    return {
        key: (calls, primitive, own, total, {caller: (edge[0], *edge[2:]) for caller, edge in callers.items()})
        for key, (primitive, calls, own, total, callers) in stats.items()
    }


@given(statistics())
def test_what_is_read_is_what_marshal_loads(stats: Stats) -> None:
    assert read(call_graph(marshal.dumps(stats))) == expected(stats)


@given(statistics())
def test_whether_or_not_an_object_is_used_again(stats: Stats) -> None:
    """What version 2 writes has no object twice; older Pythons and other ones write that."""
    written = marshal.dumps(stats, 2)
    assert read(call_graph(written)) == expected(stats)
    assert read(call_graph(marshal.dumps(marshal.loads(written)))) == expected(stats)


@given(statistics(), st.data())
def test_damage_is_refused_or_read(stats: Stats, data: st.DataObject) -> None:
    content = bytearray(marshal.dumps(stats))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        graph = call_graph(bytes(content[: data.draw(st.integers(1, len(content)))]))
    except ValueError as error:
        assert "\n" not in str(error)
    else:
        assert len(graph.callers) == len(graph.callees) == len(graph.edges.own)
