"""hyperfine: every run's wall time; commands that fail leave a run that is not judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from perfkit.readers import detect
from perfkit.workbench import Workbench
from tests.readers.harm import ARTEFACTS, artefacts, assert_every_cut_is_refused, changed, drained, manifest_of

SUCCESS, FAILURES = ARTEFACTS / "hyperfine" / "success.json", ARTEFACTS / "hyperfine" / "failures.json"


@pytest.mark.parametrize("path", artefacts("hyperfine"), ids=lambda path: path.name)
def test_the_content_tells_the_format(path: Path) -> None:
    assert detect(path).NAME == "hyperfine"


def test_every_run_is_a_round(bench: Workbench) -> None:
    bench.ingest([SUCCESS])
    truth = {item["command"]: item["times"] for item in json.loads(SUCCESS.read_text())["results"]}
    expected = [(command, number, time, "s", None) for command, times in truth.items() for number, time in enumerate(times)]
    assert sorted(bench.store.query("select benchmark, round, value, unit, phase from rounds")[1]) == sorted(expected)
    assert bench.store.query("select valid from runs")[1] == [(True,)]


def test_commands_that_fail_are_stored_and_not_judged(bench: Workbench) -> None:
    bench.ingest([FAILURES])
    [(valid, reason)] = bench.store.query("select valid, invalid_because from runs")[1]
    assert not valid
    assert "4 of 4 runs of exit 1 [n=1] failed with exit code 1" in reason
    assert bench.store.query("select distinct benchmark from rounds order by 1")[1] == [("exit 1 [n=1]",), ("exit 2 [n=2]",)]


def test_a_run_that_a_signal_ended_failed(tmp_path: Path) -> None:
    def kill(document: Any) -> None:
        document["results"][0]["exit_codes"][2] = None

    told = manifest_of(changed(SUCCESS, tmp_path, kill), "hyperfine")
    assert (told.valid, told.invalid_because) == (False, "1 of 5 runs of true failed with a signal")


def test_new_versions_tell_the_memory_and_old_ones_no_exit_codes(bench: Workbench, tmp_path: Path) -> None:
    def reshape(document: Any) -> None:
        document["results"][0]["memory_usage_byte"] = [1_000_000, 1_000_001, 1_000_002, 1_000_003, 1_000_004]
        del document["results"][1]["exit_codes"]

    bench.ingest([changed(SUCCESS, tmp_path, reshape)])
    memory = "select min(value), count(*), any_value(unit) from rounds where benchmark = 'true: peak memory'"
    assert bench.store.query(memory)[1] == [(1_000_000, 5, "bytes")]


def test_a_command_given_twice_is_two_benchmarks(bench: Workbench, tmp_path: Path) -> None:
    bench.ingest([changed(SUCCESS, tmp_path, lambda document: document["results"].append(document["results"][0]))])
    assert bench.store.query("select benchmark, count(*) from rounds group by all order by 1")[1] == [("sleep 0.01", 5), ("true", 5), ("true #2", 5)]


def test_cut_files_are_refused(tmp_path: Path) -> None:
    assert_every_cut_is_refused(SUCCESS, "hyperfine", tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        *({"times": times} for times in ("1.5", None, 3, [True] * 5, ["1"] * 5, [-1.0] * 5, [float("nan")] * 5, [])),
        *({"exit_codes": codes} for codes in ([0], 3, {"0": 0})),
        *({"command": ""}, {"command": 3}, {"parameters": [3]}, {"memory_usage_byte": [-5]}),
    ],
    ids=str,
)
def test_parts_of_another_shape_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ArtefactError, match="changed"):
        drained(changed(SUCCESS, tmp_path, lambda document: document["results"][0].update(wrong)), "hyperfine")
