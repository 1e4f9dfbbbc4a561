"""Pickles become plain values without running anything; hostile ones are refused quickly and cheaply."""

from __future__ import annotations

import gzip
import os
import pickle
import resource
import struct
import time
import tracemalloc
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.errors import ArtefactError
from perfkit.readers.parts import inert_pickle
from perfkit.readers.parts.inert_pickle import Inert, unpickled, unpickled_file

PLAIN = st.none() | st.booleans() | st.integers(-(2**900), 2**900) | st.floats(allow_nan=False) | st.text() | st.binary()
KEYS = st.text() | st.integers(-(2**60), 2**60) | st.tuples(st.text(), st.integers(0, 2**40), st.text())
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner) | st.tuples(inner, inner, inner, inner) | st.dictionaries(KEYS, inner) | st.sets(KEYS), max_leaves=20
)
HOSTILE = {
    "a length of 2^63": b"\x80\x04\x8e" + struct.pack("<Q", 2**63) + b"x.",
    "bytes longer than the file": b"\x80\x04B" + struct.pack("<I", 2**32 - 1) + b"x.",
    "a text longer than the file": b"\x80\x04\x8d" + struct.pack("<Q", 2**62) + b"x.",
    "a negative length": b"\x80\x02T" + struct.pack("<i", -4) + b"x.",
    "a number of two gigabytes": b"\x80\x02\x8b" + struct.pack("<i", 2**31 - 1) + b"x.",
    "a number of a negative size": b"\x80\x02\x8b" + struct.pack("<i", -1) + b"x.",
    "marks without end": b"\x80\x04" + b"(" * 3_000_000,
    "empty sets without end": b"\x80\x04" + b"\x8f" * 3_000_000,
    "a key that doubles": b"\x80\x04}" + b"K\x01" + b"2\x86" * 60 + b"Ns.",
    "a key nested a million times": b"\x80\x04}K\x01" + b"\x85" * 200_000 + b"Ns.",
    "a persistent name": b"\x80\x04\x8c\x01xQ.",
    "an extension": b"\x80\x02\x82\x01.",
    "a buffer of another file": b"\x80\x05\x97.",
    "a get of what was not put": b"\x80\x04h\x07.",
    "nothing on the stack": b"\x80\x04.",
    "two values": b"\x80\x04NN.",
    "a list that a number is": b"\x80\x04K\x01K\x02a.",
    "a call of a text": b"\x80\x04\x8c\x01x)R.",
    "a state for a number": b"\x80\x04K\x01}b.",
    "a mark taken for a value": b"\x80\x04(a.",
    "a text that is no text": b"\x80\x04U\x03\xff\xfe\xfdU.",
}


class Runs:
    """Would leave a file behind if anything of it ran."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.target}",)


@given(VALUES, st.integers(4, pickle.HIGHEST_PROTOCOL))
def test_plain_values_come_back_as_they_were(value: object, protocol: int) -> None:
    assert unpickled(pickle.dumps(value, protocol), ()) == value


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_objects_stay_records_of_what_the_file_says(protocol: int) -> None:
    found = unpickled(pickle.dumps(OrderedDict(a=1), protocol), ("collections.OrderedDict",))
    assert isinstance(found, Inert)
    assert (found.kind, found.entries) == ("collections.OrderedDict", {"a": 1})


def test_a_value_that_holds_itself_comes_back() -> None:
    loop: list[Any] = []
    loop.append(loop)
    found = unpickled(pickle.dumps(loop), ())
    assert found[0] is found


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_nothing_that_a_file_names_is_run(protocol: int, tmp_path: Path) -> None:
    content = pickle.dumps({"stats": Runs(tmp_path / "ran")}, protocol)
    with pytest.raises(ValueError, match=r"names 'posix.system', which has no place"):
        unpickled(content, ("line_profiler.LineStats",))
    assert isinstance(unpickled(content, ("posix.system",))["stats"], Inert)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bytes_are_refused_with_a_place(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inert_pickle, "MOST_MEMORY", 32 << 20)
    started, peak_kb = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError, match=r"[Bb]yte|simple key|bytes"):
        unpickled(content, ())
    assert time.process_time() - started < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak_kb < 64 << 10


def test_a_memo_place_far_away_costs_one_place() -> None:
    tracemalloc.start()
    assert unpickled(b"\x80\x02Nr" + struct.pack("<I", 2**32 - 1) + b".", ()) is None
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


def test_a_nest_a_hundred_thousand_deep_is_a_value() -> None:
    depth, found = 0, unpickled(b"\x80\x04N" + b"\x85" * 100_000 + b".", ())
    while found is not None:
        (found,), depth = found, depth + 1
    assert depth == 100_000


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_every_cut_is_refused(protocol: int) -> None:
    content = pickle.dumps({("app.py", 3, "run"): [(4, 10, 250), (5, 1, 2**40)], "unit": 1e-9}, protocol)
    for end in range(len(content)):
        with pytest.raises(ValueError, match="byte"):
            unpickled(content[:end], ())


@given(st.binary(max_size=80))
def test_noise_is_a_value_or_refused(noise: bytes) -> None:
    try:
        unpickled(b"\x80\x04" + noise + b".", ())
    except ValueError:
        return


def test_a_compressed_file_that_is_damaged_is_named(tmp_path: Path) -> None:
    path = tmp_path / "stats.lprof"
    path.write_bytes(gzip.compress(pickle.dumps(list(range(9999))))[:-20])
    with pytest.raises(ArtefactError, match=r"stats\.lprof: tried as line_profiler"):
        unpickled_file(path, "line_profiler", ())
