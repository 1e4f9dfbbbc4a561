"""One program, four profilers, one answer: the three hottest functions in the same order, with shares that differ by less than 15 points."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from perfkit.collectors.profile import PROFILERS, ProfileOptions
from perfkit.model.run import Manifest
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace

COUNTS = {"heavy": 5_000_000, "medium": 3_000_000, "light": 1_500_000}
FUNCTION = """\
def {name}(times):
    total = 0
    for number in range(times):
        total += number * number
    return total

"""
PROGRAM = (
    "".join(FUNCTION.format(name=name) for name in COUNTS)
    + "for _ in range(3):\n"
    + "".join(f"    {name}({times})\n" for name, times in COUNTS.items())
)
"""Few calls with long loops: what a profiler costs a call does not show."""
SHARES = """
    select module, function, sum(self) / sum(sum(self)) over () as share from function_times join run_frames([$run]) using (run_id, frame_id)
    where run_id = $run and unit = 'wall_s' group by all order by share desc
"""
TOOLS = ("cprofile", "py-spy", "scalene", "pyinstrument")


@pytest.fixture(scope="module")
def shares(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, float]]:
    """By profiler: the share of each function's own time, largest first."""
    folder = tmp_path_factory.mktemp("agree")
    (folder / "app").mkdir()
    (folder / "app" / "work.py").write_text(PROGRAM)
    bench, found = Workbench(Workspace(folder)), {}
    for tool in TOOLS:
        options = ProfileOptions(("python", "work.py"), tool=tool, cwd=folder / "app", stated=Manifest(label=tool))
        stored = bench.collect(options)
        rows = bench.store.query(SHARES, {"run": stored.run_id})[1]
        found[tool] = {f"{module}.{function}": share for module, function, share in rows}
    return found


def test_all_profilers_name_the_three_hottest_functions_in_the_same_order(shares: Mapping[str, Mapping[str, float]]) -> None:
    hottest = {tool: [*told][:3] for tool, told in shares.items()}
    assert all(found == [f"work.{name}" for name in COUNTS] for found in hottest.values()), hottest


def test_shares_of_all_profilers_are_within_15_points(shares: Mapping[str, Mapping[str, float]]) -> None:
    for name, times in COUNTS.items():
        told = [found[f"work.{name}"] for found in shares.values()]
        assert max(told) - min(told) < 0.15, (name, told)
        assert all(abs(share - times / sum(COUNTS.values())) < 0.15 for share in told), (name, told)


def test_every_profiler_of_the_table_has_the_form() -> None:
    for name, profiler in PROFILERS.items():
        assert profiler.NAME and profiler.ARTEFACT.startswith("profile.") and profiler.ABOUT, name
        assert dict(profiler.settings(ProfileOptions(()))) == dict(profiler.settings(ProfileOptions(("python", "other.py"))))
