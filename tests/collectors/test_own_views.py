"""A stored profile opens in its tool's own view, without a net and without a server."""

from __future__ import annotations

import cProfile
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from perfkit.collectors.own_views import own_view
from perfkit.collectors.snakeviz_page import MOST_FUNCTIONS, Entry, Place, heaviest
from perfkit.errors import UsageError
from perfkit.workbench import Workbench
from tests.conftest import WriteLog

HOSTILE = "</script><script>window.ran=1</script>"


def test_a_cprofile_run_opens_as_one_page_of_snakeviz(bench: Workbench, tmp_path: Path) -> None:
    profile = cProfile.Profile()
    profile.runcall(sorted, range(1000))
    profile.dump_stats(tmp_path / "a.prof")
    [stored] = bench.ingest([tmp_path / "a.prof"])
    view = bench.own_view(stored.run_id)
    page = view.page.read_text(encoding="utf-8")
    assert r"\u003cbuilt-in method builtins.sorted\u003e" in page
    assert not re.search(r"(?:src|href)=[\"']?/", page)
    assert str(view.page) in str(view)


def test_functions_that_the_page_leaves_out_keep_their_time_and_calls() -> None:
    main: Place = ("/tmp/a.py", 1, "main")
    light: list[Place] = [("/tmp/a.py", number, f"light{number}") for number in range(2, MOST_FUNCTIONS + 50)]
    entries: dict[Place, Entry] = {main: (1, 1, 1.0, 90.0, {})}
    entries |= {place: (2, 3, 0.5, 1.0 / place[1], {main: (2, 3, 0.5, 1.0 / place[1])}) for place in light}
    entries[light[0]][-1][light[-1]] = (1, 1, 0.1, 0.2)
    shown = heaviest(entries)
    [other] = [place for place in shown if place not in entries]
    assert (len(shown), other[2]) == (MOST_FUNCTIONS + 1, "other: 49 functions, 2.4 % of the time")
    assert sum(entry[2] for entry in shown.values()) == pytest.approx(sum(entry[2] for entry in entries.values()))
    assert shown[other][-1] == {main: pytest.approx((2 * 49, 3 * 49, 0.5 * 49, sum(entries[place][3] for place in light[-49:])))}
    assert shown[light[0]][-1] == {main: (2, 3, 0.5, 0.5), other: (1, 1, 0.1, 0.2)}


def test_scalenes_page_of_a_stored_run_loads_nothing(bench: Workbench, tmp_path: Path) -> None:
    program, profile = tmp_path / "work.py", tmp_path / "profile.json"
    program.write_text("total = 0\nfor number in range(4_000_000):\n    total += number * number\n")
    program.write_text(program.read_text() + f"text = {HOSTILE!r}\nlen(text)\n")
    command = [sys.executable, "-m", "scalene", "run", "--cpu-only", "-o", str(profile), str(program)]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    [stored] = bench.ingest([profile])
    view = bench.own_view(stored.run_id)
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
    lines = [{"lineno": 1, "line": HOSTILE, "n_cpu_percent_python": 50.0, "n_cpu_percent_c": 0.0, "n_sys_percent": 0.0}]
    profile = {
        "elapsed_time_sec": 1.0,
        "files": {f"/tmp/{HOSTILE}.py": {"functions": [], "lines": lines, "percent_cpu_time": 50.0}},
        "program": HOSTILE,
    }
    (tmp_path / "a.json").write_text(json.dumps(profile))
    page = own_view(tmp_path / "a.json", "scalene", tmp_path / "opened", "abc").page
    assert "window.ran" in page.read_text(encoding="utf-8")
    assert "<script>window.ran" not in page.read_text(encoding="utf-8")
