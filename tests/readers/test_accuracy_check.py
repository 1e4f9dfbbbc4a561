"""Outcomes of accuracy checks are read as they were written, and refused where they are damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from perfkit.model.run import Manifest
from perfkit.workbench import Workbench
from tests.readers.harm import artefacts, assert_every_cut_is_refused

[ARTEFACT] = artefacts("accuracy_check")


def test_the_outcome_comes_back_as_it_was_written(bench: Workbench) -> None:
    [stored] = bench.ingest([ARTEFACT])
    assert (stored.format, stored.rows, bench.runs()[0].kind) == ("perfkit-accuracy", {"accuracy_checks": 1}, "accuracy")
    _, rows = bench.store.query("select asked, passed, number, said from accuracy_checks")
    assert rows == [("python -m pytest -q tests/gold.py --variant '{label}'", True, 0.97, "40 of 40 documents agree: 0.97")]


@pytest.mark.parametrize(
    "damage", [{"passed": 1}, {"passed": None}, {"asked": 3}, {"said": None}, {"number": "1"}, {"number": True}, {"perfkit_accuracy": 2}]
)
def test_a_damaged_outcome_is_refused(damage: dict[str, Any], tmp_path: Path, bench: Workbench) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({**json.loads(ARTEFACT.read_text()), **damage}))
    with pytest.raises(ArtefactError, match=r"bad\.json: tried as perfkit-accuracy: "):
        bench.ingest([path])


def test_an_outcome_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    assert_every_cut_is_refused(ARTEFACT, "perfkit-accuracy", tmp_path)


@pytest.mark.parametrize(
    ("base", "candidate", "held", "said"),
    [
        ((True, 0.97), (True, 0.97), True, "passed for optimized"),
        ((True, 0.97), (True, 0.96), False, "fell from 0.97 to 0.96"),
        ((True, None), (False, None), False, "failed for optimized: last words"),
        ((False, None), (True, None), True, "passed for optimized"),
    ],
)
def test_two_sides_are_judged_together(
    base: tuple[bool, float | None], candidate: tuple[bool, float | None], held: bool, said: str, tmp_path: Path, bench: Workbench
) -> None:
    for label, (passed, number) in (("baseline", base), ("optimized", candidate)):
        path = tmp_path / f"{label}.json"
        path.write_text(
            json.dumps({"perfkit_accuracy": 1, "asked": "check", "passed": passed, "number": number, "said": "last words", "label": label})
        )
        bench.ingest([path], Manifest(label=label))
    accuracy = bench.known_accuracy("baseline", "optimized")
    assert accuracy is not None and accuracy.held is held and said in accuracy.said
    assert bench.known_accuracy("baseline", "nobody") is None
