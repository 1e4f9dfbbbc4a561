"""What is read as columns says the same as what is read object by object."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfkit.errors import ArtefactError
from perfkit.readers import devtools_trace, folded, speedscope
from perfkit.readers.parts import arrow_rows, folded_lines, intervals, json_stream, number_lists
from perfkit.readers.parts.call_tree import NOBODY, Step
from perfkit.readers.parts.intervals import Intervals, stack_up
from perfkit.readers.parts.nesting import nested
from perfkit.readers.parts.number_lists import DistinctLists
from perfkit.readers.parts.timeline import Timeline
from tests.readers.profile_rows import Rows, rows_from, rows_of, written

LISTS = st.lists(st.lists(st.integers(0, 10**9) | st.integers(0, 9), max_size=4), max_size=5)
DAMAGE = st.lists(st.tuples(st.integers(0, 200), st.sampled_from(["", "[", "]", ",", "0", "7", " ", "\n", "-", ".", "e", '"'])), max_size=2)
SPANS = st.lists(st.tuples(st.integers(0, 20), st.sampled_from([0, 0, 1, 2, 3, 5, 8, 13]), st.integers(0, 3)), min_size=1, max_size=12)
NAMES = st.sampled_from(["a", "b (x.py:3)", "é\n", "", "NaN", "Inference", "]", "},{"])
EVENTS = st.lists(
    st.fixed_dictionaries(
        {"ph": st.sampled_from("XXXXXXXXBEMi"), "ts": st.integers(0, 50) | st.floats(0, 50)},
        optional={
            "name": NAMES, "dur": st.integers(0, 20) | st.none(), "pid": st.integers(0, 1), "tid": st.sampled_from([1, 1, 1, 2, "main", None, 3.0]),
            "args": st.sampled_from([{}, {"filename": "f.py", "line": 3}, {"name": "worker"}, {"line": 2.5}, [{"ph": "X"}, {"ph": "X"}], None]),
            "cat": st.sampled_from(["", [[{}], {"ts": 1}]]),
        },
    ),
    min_size=1,
    max_size=20,
)  # fmt: skip


def plain(text: bytes) -> list[list[int]] | None:
    """What Python's own parser makes of lists of numbers."""
    try:
        lists = json.loads(b"[" + text + b"]")
    except ValueError:
        return None
    whole = lists and all(type(one) is list and all(type(number) is int and number < 10**8 for number in one) for one in lists)
    return lists if whole and b"-" not in text else None


def damaged(text: str, changes: list[tuple[int, str]]) -> bytes:
    for place, put in changes:
        at = place % (len(text) + 1)
        text = text[:at] + put + text[at + (put == "" or place % 2) :]
    return text.encode()


@given(LISTS, DAMAGE, st.sampled_from([None, 1]))
def test_lists_of_numbers_are_those_of_the_parser_or_left_to_it(lists: list[list[int]], changes: list[tuple[int, str]], indent: int | None) -> None:
    text = damaged(json.dumps(lists, indent=indent)[1:-1], changes)
    found, told = number_lists.number_lists(text), plain(text)
    assert (found is None) == (told is None)
    if found is not None and told is not None:
        assert found.lengths.tolist() == list(map(len, told))
        assert found.numbers.tolist() == list(chain.from_iterable(told))


@given(st.lists(st.lists(st.lists(st.integers(0, 2), max_size=2), min_size=1, max_size=4), max_size=6), st.integers(0, 5))
def test_lists_that_come_again_are_looked_at_once(texts: list[list[list[int]]], few: int) -> None:
    reader, fresh, which = DistinctLists(), list[list[int]](), list[int]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(number_lists, "FEW", few)
        for lists in texts:
            found = reader.read(orjson.dumps(lists)[1:-1])
            assert found is not None
            fresh += [part.tolist() for part in np.split(found.fresh.numbers, np.cumsum(found.fresh.lengths))[:-1]]
            which += found.which.tolist()
    assert [fresh[number] for number in which] == [one for lists in texts for one in lists]


@given(SPANS)
def test_calls_that_nest_are_those_that_are_followed_one_by_one(spans: list[tuple[int, int, int]]) -> None:
    starts, lengths, whats = np.array(spans, np.float64).T
    at_once, one_by_one = (_moments(Intervals(starts, starts + lengths, whats.astype(np.int64)), quick=quick) for quick in (True, False))
    assert at_once == one_by_one


def _moments(given_spans: Intervals, *, quick: bool) -> Any:
    timeline = Timeline("wall_s")
    for number in range(4):
        timeline.tree.step_number(Step(number))
    with pytest.MonkeyPatch.context() as patch:
        if not quick:
            patch.setattr(intervals, "nested", lambda starts, ends: nested(starts, ends)._replace(crossing=np.ones(len(starts), bool)))
        stack_up(timeline, given_spans, NOBODY, 0.0)
    return _by_path(rows_from(timeline.batches()))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EVENTS, st.integers(20, 300), st.booleans())
def test_a_trace_says_the_same_as_columns_and_event_by_event(tmp_path: Path, events: list[dict[str, Any]], chunk: int, wrapped: bool) -> None:
    path = written(tmp_path, {"traceEvents": events, "other": [{"ph": "X"}] * 20} if wrapped else events)
    with _pieces_of(chunk) as patch:
        patch.setattr(arrow_rows, "FEW_BYTES", 0)
        quick = _rows(path, devtools_trace.NAME)
        patch.setattr(devtools_trace, "calls_in", lambda *_: None)
        assert quick == _rows(path, devtools_trace.NAME)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.integers(20, 200), st.sampled_from([None, 1]), st.booleans())
def test_samples_say_the_same_as_numbers_and_as_lists(tmp_path: Path, seed: int, chunk: int, indent: int | None, good: bool) -> None:
    noise = random.Random(seed)
    stacks: list[Any] = [[noise.randrange(4 if good else 6) for _ in range(noise.randrange(6))] for _ in range(noise.randrange(1, 30))]
    stacks[noise.randrange(len(stacks))] = stacks[0] if good or noise.random() < 0.5 else noise.choice([[-1], [1.0], [[1]], "0", None])
    profile = {"type": "sampled", "name": "run", "unit": "seconds", "startValue": 0, "endValue": 9, "samples": stacks, "weights": [1] * len(stacks)}
    document = {"profiles": [profile, {**profile, "name": "again"}], "shared": {"frames": [{"name": name} for name in "abcd"]}, "exporter": "x"}
    path = tmp_path / "made.json"
    path.write_text(json.dumps(document, indent=indent), encoding="utf-8")
    with _pieces_of(chunk) as patch:
        patch.setattr(speedscope, "FEW_STEPS", 2**15 * (seed % 2))
        quick = _rows(path, speedscope.NAME)
        patch.setattr(number_lists, "number_lists", lambda _: None)
        assert quick == _rows(path, speedscope.NAME)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.integers(30, 300), st.sampled_from(["seconds", "bytes"]), st.booleans())
def test_calls_that_open_and_close_are_those_that_are_followed_one_by_one(tmp_path: Path, seed: int, chunk: int, unit: str, columns: bool) -> None:
    events = list(_opened_and_closed(random.Random(seed)))
    profile = {"type": "evented", "name": "run", "unit": unit, "startValue": 0, "endValue": 40, "events": events}
    path = written(tmp_path, {"profiles": [profile], "shared": {"frames": [{"name": name} for name in "abc"]}})
    with _pieces_of(chunk) as patch:
        patch.setattr(arrow_rows, "FEW_BYTES", 0 if columns else 10**6)
        found = _rows(path, speedscope.NAME)
    followed = _followed(events)
    assert isinstance(found, str) == (not followed)
    if followed:
        assert {path[2:]: own for path, (_, own, _, _) in found[0].items()} == followed
        assert sum(weight for _, _, weight in found[1]) == (sum(followed.values()) if unit == "seconds" else 0)


def _opened_and_closed(noise: random.Random) -> Iterator[dict[str, Any]]:
    """Now and then one that does not fit."""
    running, at = list[int](), 0
    for _ in range(noise.randrange(30)):
        at += noise.choice([0, 0, 1, 2, -1 if noise.random() < 0.03 else 1])
        closes = (bool(running) and noise.random() < 0.5) or noise.random() < 0.02
        frame = running.pop() if closes and running and noise.random() < 0.98 else noise.randrange(3)
        if not closes:
            running.append(frame)
        yield {"type": "C" if closes else "O", "at": at, "frame": frame}


def _followed(events: list[dict[str, Any]]) -> dict[Any, float] | None:
    """Own times by path, by hand; None where an event does not fit."""
    own: dict[Any, float] = {}
    running, now = list[int](), 0
    for event in [*events, {"type": "", "at": max(40, *(event["at"] for event in events), 0), "frame": -1}]:
        if event["at"] < now:
            return None
        if running:
            own[_path(running)] += event["at"] - now
        now = event["at"]
        if event["type"] == "O":
            running.append(event["frame"])
            own.setdefault(_path(running), 0)
        elif event["type"] == "C" and (not running or running.pop() != event["frame"]):
            return None
    return own


def _path(frames: list[int]) -> tuple[Any, ...]:
    return tuple(("abc"[frame], "", 0) for frame in frames)


@contextmanager
def _pieces_of(size: int) -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "CHUNK", size)
        yield patch


def _rows(path: Path, name: str) -> Any:
    """What the file holds, or why it is refused."""
    try:
        return _by_path(rows_of(path, name))
    except ArtefactError as error:
        return str(error)


def _by_path(rows: Rows) -> Any:
    """Nodes and samples without numbers, which depend on the order in which siblings came."""
    frames = {row["frame_id"]: (row["function"], row["file"], row["line"]) for row in rows["frames"]}
    paths: dict[Any, tuple[Any, ...]] = {}
    for row in rows["profile_nodes"]:
        begin = (row.get("process"), row.get("thread")) if row["parent_id"] is None else paths[row["parent_id"]]
        paths[row["node_id"]] = (*begin, frames.get(row["frame_id"], row["frame_id"]))
    nodes = {paths[row["node_id"]]: (row["count"], round(row["self"], 12), round(row["total"], 12), row["depth"]) for row in rows["profile_nodes"]}
    return nodes, sorted(((paths[row["node_id"]], row["at_ms"], row["weight"]) for row in rows["profile_samples"]), key=str)


FRAMES = st.sampled_from(["main", "a b", "", "f (x.py:3)", "é", "g 7", " ", "[x tid=3]", 'process 1:"x"'])
FOLDED = st.lists(
    st.tuples(st.lists(FRAMES, min_size=1, max_size=4), st.sampled_from(["1", "23", "0", "12345678", "4.5", "123456789", "07", "-1", ""]))
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FOLDED, st.integers(0, 4), st.sampled_from(["", "# a remark 3\n", "\n", "a 1\r\n", "last 3"]))
def test_folded_lines_say_the_same_as_columns_and_line_by_line(tmp_path: Path, lines: list[tuple[list[str], str]], twice: int, more: str) -> None:
    path = tmp_path / "made.folded"
    path.write_text(
        "main;work 3\n" + "".join(f"{';'.join(stack)} {weight}\n" for stack, weight in lines) * twice + more, encoding="utf-8", newline=""
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folded_lines, "FEW_BYTES", 0)
        patch.setattr(folded, "BLOCK", 40)
        quick = _rows(path, folded.NAME)
        patch.setattr(folded, "folded_lines", lambda _: None)
        assert quick == _rows(path, folded.NAME)


def test_what_is_read_as_columns_needs_no_pandas(tmp_path: Path) -> None:
    stacks = [[number % 300, number // 300] for number in range(60_000)]
    calls = [{"ph": "X", "name": f"call {number % 9}", "ts": number, "pid": 1, "tid": 1, "dur": None if number == 7 else 1} for number in range(5000)]
    sampled = {"type": "sampled", "name": "run", "unit": "none", "samples": stacks}
    (tmp_path / "devtools_trace").write_text(json.dumps(calls), encoding="utf-8")
    (tmp_path / "folded").write_text("".join(f"{first};{second} 1\n" for first, second in stacks), encoding="utf-8")
    written(tmp_path, {"profiles": [sampled], "shared": {"frames": [{"name": str(number)} for number in range(300)]}}, "speedscope")
    script = f"""
import sys
from pathlib import Path
from perfkit.readers import reader_named
for name in ("devtools_trace", "folded", "speedscope"):
    assert {{batch.table for batch in reader_named(name).read(Path({str(tmp_path)!r}, name)) if hasattr(batch, "table")}}
assert "pyarrow" in sys.modules and "pandas" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
