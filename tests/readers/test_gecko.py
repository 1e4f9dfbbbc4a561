"""Firefox' profiles: every sample of every thread and process is kept, and CPU time beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from tests.readers.cutting import ARTEFACTS, files_of
from tests.readers.harm import assert_every_cut_is_refused, changed
from tests.readers.profile_rows import by_function, rows_of, totals

PYTHON, FIREFOX = (ARTEFACTS / "gecko" / name for name in ("cpython-sampler.json", "firefox-raw.json"))


def test_cpythons_samples_are_all_there_and_lines_are_executing_ones() -> None:
    rows = rows_of(PYTHON, "gecko")
    assert totals(rows) == {"samples": 10.0}
    assert by_function(rows, "samples") == {"<module>": 9.0, "main": 9.0, "hot": 6.0, "middle": 3.0, "(no stack)": 1.0}
    assert {row["line"] for row in rows["frames"]} == {0}
    assert {row["line"] for row in rows["profile_nodes"]} == {None, 40, 31, 10, 17}
    assert {row["thread"] for row in rows["profile_nodes"]} == {"Thread-7001", "Thread-7002"}


def test_firefox_threads_and_cpu_time_of_every_process() -> None:
    rows = rows_of(FIREFOX, "gecko")
    assert totals(rows) == {"samples": 8.0, "cpu_s": pytest.approx(4.6e-3)}
    assert {row["process"] for row in rows["profile_nodes"]} == {"11", "22"}
    assert [(row["file"], row["line"]) for row in rows["frames"] if row["function"] == "run"] == [("https://shop.example/app.js", 12)]


def test_tables_that_threads_share_and_weights_in_milliseconds(tmp_path: Path) -> None:
    def newer(document: dict[str, Any]) -> None:
        first, second = document["threads"]
        for table in ("stackTable", "frameTable", "funcTable"):
            document["shared"][table] = first[table]
            del first[table], second[table]
        document["shared"]["sources"] = {"filename": [2]}
        document["shared"]["funcTable"]["source"] = [0] * 4
        samples = first["samples"]
        samples["weight"], samples["weightType"], samples["timeDeltas"] = [1.5] * 6, "tracing-ms", [2.0] * 6
        del samples["time"]

    rows = rows_of(changed(PYTHON, tmp_path, newer), "gecko")
    assert totals(rows) == {"wall_s": pytest.approx(9e-3), "samples": 4.0}
    assert {row["file"] for row in rows["frames"]} == {"app.py", ""}


@pytest.mark.parametrize("path", files_of("gecko"), ids=lambda path: path.name)
def test_every_cut_is_refused(path: Path, tmp_path: Path) -> None:
    assert_every_cut_is_refused(path, "gecko", tmp_path)


HARMS: list[Callable[[dict[str, Any]], object]] = [
    lambda found: found["samples"]["stack"].append(99),
    lambda found: found["samples"].update(weight=[-1] * 6),
    lambda found: found["samples"].update(weight=["x"] * 6),
    lambda found: found["samples"].update(weightType="days"),
    lambda found: found["samples"].update(weightType=["days"]),
    lambda found: found["stackTable"].update(prefix=[1, 0, 1, 1]),
    lambda found: found["stackTable"].update(prefix=5),
    lambda found: found["frameTable"].update(func=[77] * 4),
    lambda found: found["funcTable"].update(name=[None, 3000, 4, 5]),
    lambda found: found.pop("samples"),
]


@pytest.mark.parametrize("harm", HARMS)
def test_tables_that_do_not_fit_together_are_refused(harm: Callable[[dict[str, Any]], object], tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match=r"changed.*gecko"):
        rows_of(changed(PYTHON, tmp_path, lambda document: harm(document["threads"][0])), "gecko")
