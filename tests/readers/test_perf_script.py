"""perf script: every sample counts, the last one as well, and seconds are only what perf says are seconds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from perfkit.errors import ArtefactError
from perfkit.readers import detect
from tests.readers.harm import ARTEFACTS
from tests.readers.stacks import Rows, outcomes_of_cuts

FOLDER = ARTEFACTS / "perf_script"
PERIOD = re.compile(r"^\S.*: +(\d+) +(?:cpu|task)-clock", re.MULTILINE)


@pytest.mark.parametrize("name", ["python_threads", "node", "events", "python_trampolines"])
def test_seconds_are_the_sum_of_the_clocks_periods(name: str) -> None:
    path = FOLDER / f"{name}.txt"
    truth = sum(map(int, PERIOD.findall(path.read_text()))) / 1e9
    rows = Rows(path, "perf_script")
    assert rows.own()["cpu_s"] == pytest.approx(truth, rel=1e-12)
    assert sum(sample["weight"] for sample in rows.tables["profile_samples"] if sample["unit"] == "cpu_s") == pytest.approx(truth)


def test_the_last_sample_counts_without_a_blank_line_and_python_functions_have_files() -> None:
    rows = Rows(FOLDER / "python_trampolines.txt", "perf_script")
    assert rows.total_of("spin", "cpu_s") == pytest.approx(3 * 0.01010101)
    assert rows.total_of("descend", "cpu_s") == pytest.approx(0.01010101)
    assert ("price", "/srv/shop/shop.py", 0) in rows.frames.values()
    assert {(row["process"], row["thread"]) for row in rows.nodes} == {("4242", "python (4242)"), ("4242", "python (4250)")}
    assert [sample["at_ms"] for sample in rows.tables["profile_samples"]] == pytest.approx([0.0, 10.101, 20.202])


def test_inlined_functions_are_in_the_file_that_they_were_compiled_into(tmp_path: Path) -> None:
    rows = Rows(FOLDER / "inlined.txt", "perf_script")
    files = {function: file for function, file, _ in rows.frames.values()}
    assert {name: Path(files[name]).name for name in ("inner", "outer", "libc_feholdsetround_sse_ctx", "__GI___libc_read")} == {
        "inner": "w", "outer": "w", "libc_feholdsetround_sse_ctx": "libm.so.6", "__GI___libc_read": "",
    }  # fmt: skip
    sourced = tmp_path / "srcline.txt"
    sourced.write_text(
        "w 16220 84267.134568:    2004008 cpu-clock: \n\t  702df libc_x+0x1f\n  ./math/x.h:416 (inlined)\n\t  702df y+0x1f (/lib/libm.so.6)\n"
    )
    assert detect(sourced).NAME == "perf_script"


def test_other_events_keep_their_own_unit() -> None:
    assert set(Rows(FOLDER / "events.txt", "perf_script").own()) == {"page-faults", "context-switches", "cpu_s"}
    assert set(Rows(FOLDER / "no_stacks.txt", "perf_script").own()) == {"page-faults", "context-switches", "samples"}


def test_scripts_that_an_engine_compiled_have_files_and_lines() -> None:
    assert any(
        function == "spin" and file.endswith("shop.js") and line == 1
        for function, file, line in Rows(FOLDER / "node.txt", "perf_script").frames.values()
    )


@pytest.mark.parametrize(
    "header", ["java 12688 [002] 6544038.708352: cpu-clock: ", "java  1234/1235 1.5: cycles:pp: ", "my prog 7 1.5: 99 cpu_core/cycles/P: "]
)
def test_headers_of_other_versions_are_samples(header: str, tmp_path: Path) -> None:
    path = tmp_path / "script.txt"
    path.write_text(f"{header}\n\tffffffff8 sys_read+0x1 ([kernel.kallsyms])\n\t12 main (/bin/java)")
    rows = Rows(path, "perf_script")
    assert rows.own()["samples"] == 1
    assert rows.total_of("main", "samples") == 1


def test_what_was_cut_off_is_read_or_refused(tmp_path: Path) -> None:
    assert outcomes_of_cuts(FOLDER / "python_threads.txt", "perf_script", tmp_path) <= {"read", "refused"}


def test_a_foreign_line_is_refused_with_its_number(tmp_path: Path) -> None:
    (tmp_path / "script.txt").write_text((FOLDER / "python_trampolines.txt").read_text() + "\nhello there\n")
    with pytest.raises(ArtefactError, match="line 18"):
        Rows(tmp_path / "script.txt", "perf_script")


def test_a_sample_without_a_command_is_of_its_thread(tmp_path: Path) -> None:
    path = tmp_path / "perf.txt"
    path.write_text("41/42 47142.028265:    2004008 cpu-clock: \n\t    7f00 work (/srv/a.so)\n\n")
    rows = Rows(path, "perf_script")
    assert (rows.own(), rows.threads()) == ({"cpu_s": 0.002004008}, {"42"})


def test_samples_without_a_time_are_weighed_and_have_no_place_in_time(tmp_path: Path) -> None:
    """perf script -F comm,pid,tid,event,ip,sym,dso."""
    path = tmp_path / "perf.txt"
    path.write_text("java 41/42 cycles: \n\t    7f00 work (/srv/a.so)\n\njava 41/43 cycles: \n\t    7f00 work (/srv/a.so)\n")
    rows = Rows(path, "perf_script")
    assert detect(path).NAME == "perf_script"
    assert (rows.own(), rows.threads(), rows.tables["profile_samples"]) == ({"samples": 2}, {"java (42)", "java (43)"}, [])
