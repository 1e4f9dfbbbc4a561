"""A workspace with runs of real tools under two labels, and its report; how to take a bundle of it apart."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from perfkit.model.run import Manifest
from perfkit.packs.investigation import Investigation
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace
from tests.conftest import request_log

ARTEFACTS = Path(__file__).parent.parent / "artefacts"
PACK = """\
name: shop
title: A shop
reports: {optimization: sight/optimization.md.j2}
targets:
  - {label: "Items answer in time", metric: latency.p95, subject: "GET /items", must_be: "<", limit: 120 ms}
"""
SHOP = Investigation(name="shop-latency", system="shop", feature="Shop", question="Why is the shop slow?", base="baseline", candidate="optimized")


def workbench_in(folder: Path) -> Workbench:
    return Workbench(Workspace(folder))


def shop(folder: Path, runs_a_label: int = 3) -> Workbench:
    """Load runs under two labels, one of them with a doubt and one cut off; a profile, plans, and a trace under a forced format."""
    bench = workbench_in(folder / "shop")
    pack = bench.workspace.packs / "shop" / "pack.yml"
    pack.parent.mkdir(parents=True)
    pack.write_text(PACK, encoding="utf-8")
    for label, median_ms in (("baseline", 100.0), ("optimized", 60.0)):
        logs = [request_log(folder / f"{label} {seed}.csv", median_ms=median_ms, seed=seed) for seed in range(runs_a_label)]
        bench.ingest(logs, Manifest(label=label, system="shop", scenario="visitors", parameters={"users": 4, "shape": {"b": 1, "a": 2}}))
        starved = request_log(folder / f"{label} starved.csv", median_ms=median_ms, seed=77)
        bench.ingest([starved], Manifest(label=label, system="shop", scenario="starved", parameters={"rate": 500}))
        lines = (ARTEFACTS / "otlp_spans" / "lines.json").read_text(encoding="utf-8").splitlines()
        trace = folder / f"{label} trace.json"
        trace.write_text("\n".join(lines if label == "baseline" else lines[:1]), encoding="utf-8")
        bench.ingest([trace], Manifest(label=label, system="shop"), "otlp-spans")
    cut = request_log(folder / "cut.csv", seed=9)
    cut.write_bytes(cut.read_bytes()[:-9])
    bench.ingest([cut], Manifest(label="baseline", system="shop", scenario="cut"), partial=True)
    profile = Path(shutil.copy(ARTEFACTS / "k6_csv" / "shop.csv.gz", folder / "k6 run.csv.gz"))
    bench.ingest([profile], Manifest(label="baseline", system="shop", scenario="k6"))
    return bench


def runs_of(bench: Workbench) -> list[tuple[Any, ...]]:
    return bench.store.query("select * from runs order by run_id")[1]


def rewritten(bundle: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """The bundle with another list."""
    note = bundle / "bundle.json"
    said = json.loads(note.read_text(encoding="utf-8"))
    change(said)
    note.write_text(json.dumps(said), encoding="utf-8")
    return bundle
