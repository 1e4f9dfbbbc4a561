"""A flame graph of 50 000 paths: writing its page, and opening it in a real browser; and a million paths, cut to as many."""

from __future__ import annotations

import random
import shutil
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.jobs import held, save
from perfkit.analyses.call_paths import Merge, Place, ProfileTree
from perfkit.figures.flame import FlameGraph
from perfkit.figures.flame_data import Flame, Side

ROUNDS = 5
LIMIT_S = 2.0
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"]


def tree_of(paths: int) -> ProfileTree:
    """Callees of callers among the last few thousand: as deep as programs with frameworks are."""
    chance = random.Random(1)
    places = [Place(number, f"function_{number}", f"package{number % 20}.part", "part.py", number, "application") for number in range(2000)]
    parents = [-1, *(chance.randrange(max(0, number - paths // 12), number) for number in range(1, paths))]
    merge = Merge(places)
    merge.add(range(paths), parents, [chance.randrange(2000) for _ in range(paths)], [chance.expovariate(1) for _ in range(paths)])
    return merge.tree("wall_s", estimated=False, runs=1)


def run() -> None:
    """Measure and print."""
    lines = ["### Flame graphs", "", "| what | s |", "|---|---:|"]
    with TemporaryDirectory() as folder:
        page = Path(folder) / "flame.html"
        for paths in (50_000, 1_000_000):
            tree = tree_of(paths)
            graph = FlameGraph(Flame("benchmark", (Side("benchmark", ("run",), tree),)))
            began = time.process_time()
            graph.save(page)
            lines.append(f"| page of {len(tree)} paths, {page.stat().st_size / 1e6:.1f} MB, CPU | {time.process_time() - began:.2f} |")
            opened = statistics.median(_opened_s(page) for _ in range(ROUNDS))
            lines.append(f"| opening it, until it is drawn, wall | {opened:.2f} |")
            lines.append(f"| limit | {LIMIT_S:.2f}, {held(opened <= LIMIT_S)} |")
    save("flame_graph", "\n".join([*lines, ""]))


def _opened_s(page: Path) -> float:
    """In a new browser, without its own start."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), headless=True, args=QUIET)
        tab = browser.new_page(viewport={"width": 1400, "height": 900})
        began = time.perf_counter()
        tab.goto(page.as_uri())
        tab.wait_for_selector("html[data-boxes]", timeout=60_000)
        seconds = time.perf_counter() - began
        browser.close()
    return seconds
