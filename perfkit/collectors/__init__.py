"""Tool → artefact and manifest. One file a tool, each with collect(options, folder, progress); the only subprocess calls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from perfkit.collectors import answered, bench, catalog, index_trials, load, memory, plans, profile, sweep, trace, traced, vectors
from perfkit.collectors.answered import AnsweredOptions
from perfkit.collectors.base import Progress
from perfkit.collectors.bench import BenchOptions
from perfkit.collectors.catalog import CatalogOptions
from perfkit.collectors.index_trials import IndexTrialOptions
from perfkit.collectors.load import LoadOptions
from perfkit.collectors.memory import MemoryOptions
from perfkit.collectors.plans import PlanOptions
from perfkit.collectors.profile import ProfileOptions
from perfkit.collectors.profile import call as profiled_call
from perfkit.collectors.profile.call import CallOptions
from perfkit.collectors.sweep import SweepOptions
from perfkit.collectors.trace import TraceOptions
from perfkit.collectors.traced import TracedOptions
from perfkit.collectors.vectors import VectorOptions

Options = (
    AnsweredOptions
    | BenchOptions
    | CallOptions
    | CatalogOptions
    | IndexTrialOptions
    | LoadOptions
    | MemoryOptions
    | PlanOptions
    | ProfileOptions
    | SweepOptions
    | TraceOptions
    | TracedOptions
    | VectorOptions
)

COLLECTORS: dict[type[Any], Callable[[Any, Path, Progress | None], Path]] = {
    AnsweredOptions: answered.collect,
    BenchOptions: bench.collect,
    CallOptions: profiled_call.collect,
    CatalogOptions: catalog.collect,
    IndexTrialOptions: index_trials.collect,
    LoadOptions: load.collect,
    MemoryOptions: memory.collect,
    PlanOptions: plans.collect,
    ProfileOptions: profile.collect,
    SweepOptions: sweep.collect,
    TraceOptions: trace.collect,
    TracedOptions: traced.collect,
    VectorOptions: vectors.collect,
}


def collect(options: Options, folder: Path, progress: Progress | None = None) -> Path:
    """Run the tool that the options are for and return the artefact that it left."""
    return COLLECTORS[type(options)](options, folder, progress)
