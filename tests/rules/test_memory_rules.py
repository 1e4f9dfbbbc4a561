"""Memory: what is named has its numbers, and what is small, steady or somebody else's is silent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from perfkit.analyses.large_copies import LargeCopy
from perfkit.analyses.memory_peak import MemoryPeak
from perfkit.analyses.site_growth import SiteGrowth
from perfkit.analyses.type_growth import TypeGrowth
from perfkit.model.run import Manifest
from perfkit.rules import memory
from perfkit.workbench import Workbench

ARTEFACTS = Path(__file__).parents[1] / "artefacts"

SITE = SiteGrowth(
    *("r", "shop/app.py:7", "shop/app.py", 7, "keep", "application", "json/decoder.py:353", 40, 900.0),
    *(1e6, 9e6, 10, 900, 4e6, 3.2e7, "leak", ""),
)
TYPE = TypeGrowth("r", "shop.app.Session", 40, 900.0, 10, 4010, 640, 256_640, 2000, 16_000, "leak", "")
PEAK = MemoryPeak("r", "shop/app.py", 7, "load", "application", 6e8, 12, 0.75, 8e8, "memray", ["main (shop/app.py:3)", "load (shop/app.py:7)"])
COPY = LargeCopy("r", "shop/app.py", 7, "load", "application", 512.0, None, None)


def test_a_leaking_place_is_named_with_its_growth() -> None:
    [finding] = memory.judge_sites([SITE])
    assert (finding.rule, finding.file, finding.line, finding.impact) == ("memory-leak-site", "shop/app.py", 7, "LOW")
    assert finding.title == "shop/app.py:7 in keep keeps more and more: 1.00 MB → 9.00 MB in 900 s, allocated in json/decoder.py:353"


@pytest.mark.parametrize(("per_hour", "seconds", "impact"), [(2e9, 900.0, "HIGH"), (2e9, 5.0, "MEDIUM"), (2e8, 900.0, "MEDIUM")])
def test_a_short_look_is_not_carried_on_to_hours(per_hour: float, seconds: float, impact: str) -> None:
    [finding] = memory.judge_sites([replace(SITE, per_hour=per_hour, seconds=seconds)])
    assert finding.impact == impact


def test_places_that_add_little_to_the_leak_are_not_named() -> None:
    assert len(memory.judge_sites([SITE, replace(SITE, line=9, subject="shop/app.py:9", late=1e5)])) == 1


def test_the_programs_own_types_come_first_and_name_what_fills_with_them() -> None:
    [finding] = memory.judge_types([TYPE, replace(TYPE, subject="dict")])
    assert finding.title == "Objects of shop.app.Session grow from 10 to 4\u202f010 in 900 s (+4\u202f000, 256 KB in their own size)"
    assert "with them grow dict (+4\u202f000)" in finding.saving_basis
    assert [found.place for found in memory.judge_types([replace(TYPE, subject="dict")])] == ["dict"]


def test_the_largest_line_of_a_high_peak_is_named() -> None:
    [finding] = memory.judge_peaks([PEAK, replace(PEAK, line=9, bytes=1e8, share=0.125)])
    assert finding.title == "load (shop/app.py:7) holds 75.0 % of the memory at the peak: 600 MB of 800 MB"
    assert "main (shop/app.py:3) → load (shop/app.py:7)" in finding.saving_basis


CHURN = replace(COPY, copied_mb=0.0, allocated_mb=2861.0, alive_mb=19.1)


def test_memory_that_one_line_makes_and_throws_away_is_named() -> None:
    [finding] = memory.judge_copies([CHURN])
    assert (finding.rule, finding.place) == ("short-lived-memory", "shop/app.py:7")
    assert "allocates 2.86 GB, of which never more than 19.1 MB are alive at once" in finding.title


@pytest.mark.parametrize(
    "trap", [replace(CHURN, allocated_mb=300.0), replace(CHURN, alive_mb=900.0), replace(CHURN, alive_mb=None), replace(CHURN, origin="library")]
)
def test_memory_that_is_kept_or_little_is_not_thrown_away(trap: LargeCopy) -> None:
    assert memory.judge_copies([trap]) == []


def test_large_copies_are_named() -> None:
    [finding] = memory.judge_copies([COPY])
    assert finding.title == "shop/app.py:7 in load copies 512 MB"


def test_what_is_steady_small_or_not_ours_is_silent() -> None:
    assert memory.judge_sites([replace(SITE, verdict="flat"), replace(SITE, verdict="undecided")]) == []
    assert memory.judge_types([replace(TYPE, verdict="flat")]) == []
    assert memory.judge_peaks([replace(PEAK, total_bytes=5e6)]) == [] == memory.judge_peaks([replace(PEAK, origin="library")])
    assert memory.judge_copies([replace(COPY, copied_mb=20.0), replace(COPY, origin="library")]) == []


def test_a_real_profile_of_copies_that_scalene_does_not_count_names_their_lines(bench: Workbench) -> None:
    """Made by scalene 2.4.0 of a program that copies 3 GB slice by slice; it counted none of the copies. The stacks are left out."""
    bench.ingest([ARTEFACTS / "scalene_copies" / "short-lived.json.gz"], Manifest(label="copies"))
    found = {finding.place: finding.title for finding in bench.diagnose() if finding.rule == "short-lived-memory"}
    assert set(found) == {"copying.py:12", "copying.py:17"}
    assert "in sliced allocates " in found["copying.py:12"]
