"""A .prof is untrusted: whatever its bytes are, the answer is what they say or an error that names the file."""

from __future__ import annotations

import cProfile
import gzip
import marshal
import pstats
from pathlib import Path

import pytest

from perfkit.errors import ArtefactError
from perfkit.model.batch import Columns
from perfkit.readers import cprofile
from perfkit.readers.parts.frames import frame_id_of
from perfkit.readers.parts.sandbox import taken_apart

KEY, OTHER = ("app.py", 1, "work"), ("app.py", 2, "rest")
SHARED = {KEY: (1, 1, 0.1, 0.1)}
ENTRY = marshal.dumps((1, 1, 0.1, 0.1, {}), 2).replace(b"(\x05\0\0\0", b")\x05")
ONE = marshal.dumps({KEY: (1, 1, 0.25, 0.25, {})}, 4)
HOSTILE = {
    "code": marshal.dumps({KEY: compile("import os; os.abort()", "x", "exec")}),
    "a list": marshal.dumps([KEY]),
    "nothing": marshal.dumps({}),
    "a huge tuple": b"\x7b\x29\x03" + b"(" + (2**31 - 1).to_bytes(4, "little"),
    "a deep tuple": b"\x7b" + b")\x01" * 1_000_000,
    "a negative count": marshal.dumps({KEY: (-2, 1, 0.1, 0.1, {})}),
    "a count beyond every integer": marshal.dumps({KEY: (2**70, 1, 0.1, 0.1, {})}),
    "a time that is a text": marshal.dumps({KEY: (1, 1, "0.1", 0.1, {})}),
    "a time that is infinite": marshal.dumps({KEY: (1, 1, float("inf"), 0.1, {})}),
    "a name that is a number": marshal.dumps({("app.py", 1, 7): (1, 1, 0.1, 0.1, {})}),
    "callers in a list": marshal.dumps({KEY: (1, 1, 0.1, 0.1, [KEY])}),
    "a caller of two": marshal.dumps({KEY: (1, 1, 0.1, 0.1, {("a", 1): (1, 1, 0.1, 0.1)})}),
    "an edge of three": marshal.dumps({KEY: (1, 1, 0.1, 0.1, {KEY: (1, 1, 0.1)})}),
    "an edge that is a text": marshal.dumps({KEY: (1, 1, 0.1, 0.1, {KEY: "often"})}),
    "edges with and without times": marshal.dumps({KEY: (1, 1, 0.1, 0.1, {KEY: 1, OTHER: (1, 1, 0.1, 0.1)})}),
    "callers of two functions": marshal.dumps({KEY: (1, 1, 0.1, 0.1, SHARED), OTHER: (1, 1, 0.1, 0.1, SHARED)}),
    "a function told of twice": ONE[:-1] + ONE[1:],
    "a reference to nothing": b"{r" + (7).to_bytes(4, "little") + ENTRY + b"0",
    "a reference to a number": b"{" + b"\xa9\x03\xda\x01a\xe9" + bytes(4) + b"r" + (2).to_bytes(4, "little") + ENTRY + b"0",
    "a text that is too long": b"{)\x03u" + (2**31).to_bytes(4, "little") + b"a" * 100,
    "a text that is none": marshal.dumps({("app.py", 1, "w\xf6rk"): (1, 1, 0.1, 0.1, {})}).replace("w\xf6".encode(), b"w\xf6\xf6"),
    "one name for everything": marshal.dumps({("a" * 100_000, line, "f"): (1, 1, 0.1, 0.1, {}) for line in range(2000)}),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_an_error_that_names_it(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "hostile.prof"
    path.write_bytes(content)
    with pytest.raises(ArtefactError, match=r"hostile\.prof: tried as cprofile: ") as raised:
        list(cprofile.read(path))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("deed", "said"), [("os.abort()", "SIGABRT"), ("sys.exit(9)", "status 9"), ("1 / 0", "ZeroDivisionError")])
def test_what_ends_the_process_apart_does_not_end_this_one(deed: str, said: str, tmp_path: Path) -> None:
    script, path = tmp_path / "script.py", tmp_path / "a.prof"
    script.write_text(f"import os, sys\n{deed}\n")
    path.write_bytes(b"{")
    with pytest.raises(ArtefactError, match=said):
        taken_apart(script, path, "cprofile")


def test_names_that_are_no_text_stay_visible(tmp_path: Path) -> None:
    path = tmp_path / "odd.prof"
    path.write_bytes(marshal.dumps({("a\udc80.py", 1, "one\0two\n"): (1, 1, 0.5, 0.5, {})}))
    frames = next(iter(cprofile.read(path)))
    assert (list(frames.columns["function"]), list(frames.columns["file"])) == (["one\\0two\n"], ["a\\udc80.py"])  # type: ignore[union-attr]


def test_a_caller_without_statistics_of_its_own_is_a_frame(tmp_path: Path) -> None:
    path, caller = tmp_path / "a.prof", ("b.py", 2, "caller")
    path.write_bytes(marshal.dumps({KEY: (1, 1, 0.5, 0.5, {caller: (1, 1, 0.2, 0.2)})}))
    frames, functions, edges = (batch.columns for batch in cprofile.read(path) if isinstance(batch, Columns))
    assert list(frames["function"]) == ["work", "caller"]
    assert list(functions["frame_id"]) == list(edges["callee_id"]) == list(frames["frame_id"])[:1]
    assert list(edges["caller_id"]) == list(frames["frame_id"])[1:]


def test_a_caller_is_found_by_its_name_where_the_file_repeats_it(tmp_path: Path) -> None:
    path, other = tmp_path / "a.prof", ("b.py", 2, "other")
    repeated = ("b.py", 2, "".join(["ot", "her"]))
    assert repeated is not other
    path.write_bytes(marshal.dumps({KEY: (1, 1, 0.5, 0.5, {repeated: (1, 1, 0.2, 0.2)}), other: (1, 1, 0.5, 0.5, {})}))
    frames, _, edges = (batch.columns for batch in cprofile.read(path) if isinstance(batch, Columns))
    assert list(edges["caller_id"]) == [frame_id_of(("other", "b.py", 2))] == list(frames["frame_id"])[1:]


def test_a_packed_profile_is_the_same_profile(tmp_path: Path) -> None:
    profile = cProfile.Profile()
    profile.runcall(sorted, range(1000))
    profile.dump_stats(tmp_path / "a.prof")
    (tmp_path / "b.prof.gz").write_bytes(gzip.compress((tmp_path / "a.prof").read_bytes()))
    plain, packed = (list(cprofile.read(tmp_path / name))[1].columns["self"] for name in ("a.prof", "b.prof.gz"))  # type: ignore[union-attr]
    assert list(plain) == list(packed)
    assert sum(plain) == pytest.approx(pstats.Stats(str(tmp_path / "a.prof")).total_tt, abs=1e-12)  # type: ignore[attr-defined]
