"""A stored profile opens in the tool that made it, without a net."""

from __future__ import annotations

import cProfile
import pstats
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from perfkit.errors import UsageError
from perfkit.workbench import Workbench
from tests.conftest import WriteLog


def test_a_cprofile_run_opens_in_snakeviz(bench: Workbench, tmp_path: Path) -> None:
    profile = cProfile.Profile()
    profile.runcall(sorted, range(1000))
    profile.dump_stats(tmp_path / "a.prof")
    [stored] = bench.ingest([tmp_path / "a.prof"])
    view = bench.own_view(stored.run_id)
    assert shlex.split(view.command) == ["snakeviz", str(view.artefact)]
    assert pstats.Stats(str(view.artefact)).total_calls  # type: ignore[attr-defined]
    assert str(view.artefact) in view._repr_html_() and view.page is None


def test_scalenes_page_of_a_stored_run_loads_nothing(bench: Workbench, tmp_path: Path) -> None:
    program, profile = tmp_path / "work.py", tmp_path / "profile.json"
    program.write_text("total = 0\nfor number in range(4_000_000):\n    total += number * number\n")
    command = [sys.executable, "-m", "scalene", "run", "--cpu-only", "-o", str(profile), str(program)]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    [stored] = bench.ingest([profile])
    view = bench.own_view(stored.run_id)
    assert view.page is not None
    page = view.page.read_text(encoding="utf-8")
    assert "work.py" in page
    assert not re.findall(r"<(?:script|img|iframe)[^>]*\ssrc=[\"']?(?:https?:)?//|<link[^>]*\shref=[\"']?(?:https?:)?//", page)


def test_a_run_that_no_viewer_opens_says_so(bench: Workbench, locust_log: WriteLog) -> None:
    [stored] = bench.ingest([locust_log()])
    with pytest.raises(UsageError, match="no viewer here opens"):
        bench.own_view(stored.run_id)
