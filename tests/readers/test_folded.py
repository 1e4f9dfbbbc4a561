"""Folded stacks: every sample counts once, whoever wrote the lines."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from perfkit.errors import ArtefactError
from perfkit.model.artefact import read_head
from perfkit.readers import detect
from perfkit.readers.parts.frame_texts import frame_of
from tests.readers.harm import artefacts
from tests.readers.stacks import Rows


def rows_of(folder: Path, text: str) -> Rows:
    path = folder / "stacks.txt"
    path.write_text(text, encoding="utf-8")
    return Rows(path, "folded")


@pytest.mark.parametrize("path", artefacts("folded"), ids=lambda path: path.stem)
def test_own_samples_sum_to_the_files(path: Path) -> None:
    truth = sum(int(line.rsplit(" ", 1)[1]) for line in path.read_text().splitlines())
    assert Rows(path, "folded").own() == {"samples": truth}


def test_threads_and_processes_are_owners_not_frames() -> None:
    rows = Rows(artefacts("folded")[0], "folded")
    assert any("MainThread" in (thread or "") for thread in rows.threads())
    assert all(row["process"] for row in rows.nodes)
    assert not any(function.startswith(("thread (", "process ")) for function, _, _ in rows.frames.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("price (shop/app.py:12)", ("price", "shop/app.py", 12)),
        ("<module> (<frozen getpath>:356)", ("<module>", "<frozen getpath>", 356)),
        ("price (shop.py)", ("price", "shop.py", None)),
        ("malloc (libc.so.6)", ("malloc", "libc.so.6", None)),
        ("operator()(int) (x.cpp:3)", ("operator()(int)", "x.cpp", 3)),
        ("sys_read_[k]", ("sys_read", "[kernel]", None)),
        ("java.lang.String.hashCode_[j]", ("java.lang.String.hashCode", "", None)),
        ("inner_[i]", ("inner", "", None)),
        ("py::price:/srv/shop.py", ("price", "/srv/shop.py", None)),
        ("/srv/shop.py:Shop.price:29", ("Shop.price", "/srv/shop.py", 29)),
        ("libc.so.6`malloc+0x1f", ("malloc", "libc.so.6", None)),
        ("std::vector<int>::push_back", ("std::vector<int>::push_back", "", None)),
    ],
)
def test_a_frame_is_understood_whoever_wrote_it(text: str, expected: tuple[str, str, int | None]) -> None:
    assert tuple(frame_of(text)) == expected


def test_weights_may_be_fractions_and_lines_may_repeat(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "a;b 1.5\na;b 2\n# a remark of 12\n\na 1e1")
    assert rows.own() == {"samples": 13.5}
    assert rows.total_of("b", "samples") == 3.5


def test_recursion_counts_once(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "a;a;b;a 4\na 1\n").total_of("a", "samples") == 5


def test_a_command_with_semicolons_is_one_process(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, 'process 7:"python -c import x; run(1)";thread (7): MainThread;run (x.py:1) 3\n')
    assert [(row["process"], row["thread"], rows.frames[row["frame_id"]][0]) for row in rows.nodes] == [
        ('7:"python -c import x; run(1)"', "MainThread (7)", "run")
    ]


def test_the_difference_of_two_profiles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="difference of two profiles"):
        rows_of(tmp_path, "a;b 12 15\na;c 0 3\n")


@pytest.mark.parametrize("line", ["a;b", "a;b nan", "a;b inf", "a;b -3", "a;b 1x", "12"])
def test_a_line_without_a_weight_is_refused_with_its_number(tmp_path: Path, line: str) -> None:
    with pytest.raises(ArtefactError, match="line 2"):
        rows_of(tmp_path, f"a;b 1\n{line}\n")


def test_gzip_and_a_very_deep_stack_are_read(tmp_path: Path) -> None:
    path = tmp_path / "deep.gz"
    path.write_bytes(gzip.compress(("f (app.py:1);" * 10_000 + "g 2\n").encode()))
    assert detect(path, read_head(path)).NAME == "folded"
    rows = Rows(path, "folded")
    assert (len(rows.nodes), rows.total_of("f", "samples")) == (10_001, 2)


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("std::function<void (int)>::operator() (a.cpp:3)", ("std::function<void (int)>::operator()", "a.cpp", 3)),
        ("run (C:\\Program Files (x86)\\shop\\a.py:3)", ("run", "C:\\Program Files (x86)\\shop\\a.py", 3)),
        ("<lambda> (<frozen os>:7)", ("<lambda>", "<frozen os>", 7)),
        ("operator new(unsigned long) (libstdc++.so.6)", ("operator new(unsigned long)", "libstdc++.so.6", None)),
    ],
)
def test_parentheses_in_names_and_in_folders_are_kept_apart(text: str, frame: tuple[str, str, int | None]) -> None:
    assert frame_of(text) == frame
