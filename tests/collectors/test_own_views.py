"""A stored profile opens in the tool that made it, without a net."""

from __future__ import annotations

import cProfile
import json
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

HOSTILE = "</script><script>window.ran=1</script>"


def test_a_cprofile_run_opens_in_snakeviz(bench: Workbench, tmp_path: Path) -> None:
    profile = cProfile.Profile()
    profile.runcall(sorted, range(1000))
    profile.dump_stats(tmp_path / "a.prof")
    [stored] = bench.ingest([tmp_path / "a.prof"])
    view = bench.own_view(stored.run_id)
    command, artefact = shlex.split(view.command)
    assert (Path(command).is_file(), Path(command).name, artefact) == (True, "snakeviz", str(view.artefact))
    assert pstats.Stats(str(view.artefact)).total_calls  # type: ignore[attr-defined]
    assert str(view.artefact) in view._repr_html_() and view.page is None


def test_scalenes_page_of_a_stored_run_loads_nothing(bench: Workbench, tmp_path: Path) -> None:
    program, profile = tmp_path / "work.py", tmp_path / "profile.json"
    program.write_text("total = 0\nfor number in range(4_000_000):\n    total += number * number\n")
    program.write_text(program.read_text() + f"text = {HOSTILE!r}\nlen(text)\n")
    command = [sys.executable, "-m", "scalene", "run", "--cpu-only", "-o", str(profile), str(program)]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    [stored] = bench.ingest([profile])
    view = bench.own_view(stored.run_id)
    assert view.page is not None
    page = view.page.read_text(encoding="utf-8")
    assert "work.py" in page
    assert "default-src 'none'" in page
    assert HOSTILE not in page
    assert len(re.findall("<script>window.ran", page)) == 0
    assert not re.findall(r"<(?:script|img|iframe)[^>]*\ssrc=[\"']?(?:https?:)?//|<link[^>]*\shref=[\"']?(?:https?:)?//", page)


def test_a_run_that_no_viewer_opens_says_so(bench: Workbench, locust_log: WriteLog) -> None:
    [stored] = bench.ingest([locust_log()])
    with pytest.raises(UsageError, match="no viewer here opens"):
        bench.own_view(stored.run_id)


def test_what_a_profile_says_is_no_markup_in_scalenes_page(tmp_path: Path) -> None:
    from perfkit.collectors.own_views import own_view

    lines = [{"lineno": 1, "line": HOSTILE, "n_cpu_percent_python": 50.0, "n_cpu_percent_c": 0.0, "n_sys_percent": 0.0}]
    profile = {
        "elapsed_time_sec": 1.0,
        "files": {f"/tmp/{HOSTILE}.py": {"functions": [], "lines": lines, "percent_cpu_time": 50.0}},
        "program": HOSTILE,
    }
    (tmp_path / "a.json").write_text(json.dumps(profile))
    page = own_view(tmp_path / "a.json", "scalene", tmp_path / "opened", "abc").page
    assert page is not None
    assert "window.ran" in page.read_text(encoding="utf-8")
    assert "<script>window.ran" not in page.read_text(encoding="utf-8")
