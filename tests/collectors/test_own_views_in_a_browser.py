"""Views of other tools, of a hostile profile, in a browser: whatever its names, lines and numbers say, nothing runs and nothing leaves."""

from __future__ import annotations

import json
import marshal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from perfkit.collectors.own_views import OwnView, own_view
from tests.chromium import skipped_without_chromium

MARKUP = (
    "</script><script>window.ran=1</script>",
    "<img src='http://127.0.0.1:9/a' onerror=window.ran=1>",
    "&lt;img src=x onerror=window.ran=1&gt;",
    "&#39;);window.ran=1;//",
    "\\');window.ran=1;//",
    "javascript:window.ran=1",
)
Opened = Callable[[OwnView], Iterator[Any]]
CODE = "1,window.ran=1"
"""No quote, no bracket: enough where a number is expected inside a script."""
EVERYTHING = """() => {
  for (const kind of ["mouseover", "mouseenter", "click"])
    for (const part of document.querySelectorAll("span, code, td, th, svg, a[href^='javascript']"))
      part.dispatchEvent(new MouseEvent(kind, { bubbles: false }));
}"""

pytestmark = [pytest.mark.browser, skipped_without_chromium]


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Opened:
    """A page as a file, then in the frame that a notebook's cell shows; nothing but the document itself is asked for."""

    def looked_at(view: OwnView) -> Iterator[Any]:
        cell = tmp_path / "cell.html"
        cell.write_text(view._repr_html_(), encoding="utf-8")
        for document in (view.page, cell):
            page, asked = browser.new_page(), list[str]()
            page.on("request", partial(note, asked))
            page.goto(document.as_uri())
            yield page.frames[-1]
            assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [document.as_uri()]
            page.close()

    return looked_at


def note(asked: list[str], request: Any) -> None:
    asked.append(request.url)


def profile_of(text: str, number: object) -> dict[str, Any]:
    name = f"/tmp/shop{text}.py"
    cost = dict.fromkeys(
        ("n_cpu_percent_python", "n_cpu_percent_c", "n_sys_percent", "n_malloc_mb", "n_peak_mb", "n_copy_mb_s", "n_usage_fraction"), 5.0
    )
    cost |= dict.fromkeys(("n_avg_mb", "n_growth_mb", "n_mallocs", "n_python_fraction", "n_gpu_percent", "n_core_utilization"), 0.0)
    line = {"lineno": number, "line": f"pay() # {text}", **cost, "memory_samples": [], "cpu_samples_list": []}
    line |= dict.fromkeys(("start_region_line", "end_region_line", "start_function_line", "end_function_line"), 1)
    frame = {"display_name": f"pay{text}", "filename_or_module": name, "kind": "py", "line": number, "code_line": text}
    return {
        "files": {name: {"functions": [line], "lines": [line], "imports": [text], "leaks": {}, "percent_cpu_time": 90.0}},
        "stacks": [[[f"{name} pay:{number}"], {"python_time": 1.0, "c_time": 0.1, "count": 3, "cpu_samples": 1.0}]],
        "combined_stacks": [[[frame], 3]],
        "elapsed_time_sec": 2.0,
        "alloc_samples": 0,
        "max_footprint_mb": 10.0,
        "max_footprint_fname": name,
        "max_footprint_lineno": number,
        "growth_rate": 0.0,
        "gpu": False,
        "gpu_device": text,
        "memory": True,
        "samples": [],
        "program": text,
        "args": [text],
        "entrypoint_dir": text,
    }


@pytest.mark.parametrize(("text", "number"), [("".join(MARKUP), 1), ("", CODE)], ids=["texts", "numbers"])
def test_nothing_in_a_profile_runs_in_scalenes_page(text: str, number: object, tmp_path: Path, opened: Opened) -> None:
    (tmp_path / "a.json").write_text(json.dumps(profile_of(text, number)))
    view = own_view(tmp_path / "a.json", "scalene", tmp_path / "opened", "abc")
    for looking in opened(view):
        looking.wait_for_selector("span[onclick^=vsNavigate]", state="attached", timeout=30_000)
        looking.evaluate(EVERYTHING)
        assert looking.evaluate("window.ran") is None


def test_nothing_in_a_profile_runs_in_snakevizs_page(tmp_path: Path, opened: Opened) -> None:
    view = own_view(hostile_statistics(tmp_path / "a.prof"), "cprofile", tmp_path / "opened", "abc")
    for looking in opened(view):
        for style, shape in (("icicle", "rect"), ("sunburst", "path[id^=path]")):
            looking.select_option("#sv-style-select", style)
            looking.wait_for_selector(shape, state="attached", timeout=30_000)
            looking.evaluate(EVERYTHING)
        assert looking.evaluate("window.ran") is None


def test_snakevizs_page_draws_what_was_measured(tmp_path: Path, opened: Opened) -> None:
    view = own_view(hostile_statistics(tmp_path / "a.prof"), "cprofile", tmp_path / "opened", "abc")
    for looking in opened(view):
        looking.wait_for_selector("rect", state="attached", timeout=30_000)
        assert looking.locator("rect").count() == 1 + len(MARKUP) + 1, "the caller, what it calls, and its own time"
        assert looking.locator("#pstats-table tbody tr").count() == 1 + len(MARKUP)
        assert looking.locator("#pstats-table tbody td").all_inner_texts()[:2] == ["5", "2"]
        assert f"pay{MARKUP[0]}" in looking.inner_text("#pstats-table"), "a name is what it was"
        looking.locator("rect").nth(1).dispatch_event("mouseover")
        assert "2.00 s (10.00 %)" in looking.inner_text("#sv-info-div")


def hostile_statistics(path: Path) -> Path:
    caller = ("/tmp/shop.py", 1, "main")
    stats: dict[Any, Any] = {caller: (1, 1, 0.5, 20.0, {})}
    stats |= {(f"/tmp/{text}.py", 2, f"pay{text}"): (5, 5, 2.0, 2.0, {caller: (5, 5, 2.0, 2.0)}) for text in MARKUP}
    path.write_bytes(marshal.dumps(stats))
    return path
