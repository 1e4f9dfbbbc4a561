"""Views of other tools, of a hostile profile, in a browser: whatever its names, lines and numbers say, nothing runs and nothing leaves."""

from __future__ import annotations

import json
import marshal
import shlex
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from perfkit.collectors.own_views import own_view

CHROMIUM = shutil.which("chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
MARKUP = (
    "</script><script>window.ran=1</script>",
    "<img src='http://127.0.0.1:9/a' onerror=window.ran=1>",
    "&lt;img src=x onerror=window.ran=1&gt;",
    "&#39;);window.ran=1;//",
    "\\');window.ran=1;//",
    "javascript:window.ran=1",
)
CODE = "1,window.ran=1"
"""No quote, no bracket: enough where a number is expected inside a script."""
EVERYTHING = """() => {
  for (const kind of ["mouseover", "mouseenter", "click"])
    for (const part of document.querySelectorAll("span, code, td, th, svg, a[href^='javascript']"))
      part.dispatchEvent(new MouseEvent(kind, { bubbles: false }));
}"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: `apt-get install chromium`, as .ci/run does"),
]


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
def test_nothing_in_a_profile_runs_in_scalenes_page(text: str, number: object, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    (tmp_path / "a.json").write_text(json.dumps(profile_of(text, number)))
    page = own_view(tmp_path / "a.json", "scalene", tmp_path / "opened", "abc").page
    assert page is not None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=QUIET)
        looking, asked = browser.new_page(), []
        looking.on("response", lambda response: asked.append(response.url))
        looking.goto(page.as_uri())
        looking.wait_for_selector("span[onclick^=vsNavigate]", state="attached", timeout=30_000)
        looking.evaluate(EVERYTHING)
        assert looking.evaluate("window.ran") is None
        assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
        browser.close()


def test_nothing_in_a_profile_runs_in_snakeviz(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    caller = ("/tmp/shop.py", 1, "main")
    stats: dict[Any, Any] = {caller: (1, 1, 0.5, 9.0, {})}
    stats |= {(f"/tmp/{text}.py", 2, f"pay{text}"): (5, 5, 2.0, 2.0, {caller: (5, 5, 2.0, 2.0)}) for text in MARKUP}
    (tmp_path / "a.prof").write_bytes(marshal.dumps(stats))
    view = own_view(tmp_path / "a.prof", "cprofile", tmp_path / "opened", "abc")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = shlex.split(view.command)
    with sync_playwright() as playwright, subprocess.Popen([*words, "--server", "--port", str(port)], stdout=subprocess.PIPE) as server:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=QUIET)
        looking = browser.new_page()
        assert server.stdout is not None and server.stdout.readline()
        looking.goto(f"http://127.0.0.1:{port}/snakeviz/{quote(words[-1], safe='')}")
        looking.wait_for_selector("rect", state="attached", timeout=30_000)
        looking.evaluate(EVERYTHING)
        assert looking.evaluate("window.ran") is None
        assert "pay" in looking.inner_text("body")
        browser.close()
        server.terminate()
