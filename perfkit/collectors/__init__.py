"""Tool → artefact and manifest. One file a tool, each with collect(options, folder, progress); the only subprocess calls."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias, cast

if TYPE_CHECKING:
    from perfkit.collectors.answered import AnsweredOptions
    from perfkit.collectors.base import Progress
    from perfkit.collectors.bench import BenchOptions
    from perfkit.collectors.catalog import CatalogOptions
    from perfkit.collectors.index_trials import IndexTrialOptions
    from perfkit.collectors.load import LoadOptions
    from perfkit.collectors.memory import MemoryOptions
    from perfkit.collectors.plans import PlanOptions
    from perfkit.collectors.profile import ProfileOptions
    from perfkit.collectors.profile.call import CallOptions
    from perfkit.collectors.sweep import SweepOptions
    from perfkit.collectors.trace import TraceOptions
    from perfkit.collectors.traced import TracedOptions
    from perfkit.collectors.vectors import VectorOptions

    Options: TypeAlias = (
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

COLLECTORS: Mapping[str, str] = {
    "AnsweredOptions": "answered",
    "BenchOptions": "bench",
    "CallOptions": "profile.call",
    "CatalogOptions": "catalog",
    "IndexTrialOptions": "index_trials",
    "LoadOptions": "load",
    "MemoryOptions": "memory",
    "PlanOptions": "plans",
    "ProfileOptions": "profile",
    "SweepOptions": "sweep",
    "TraceOptions": "trace",
    "TracedOptions": "traced",
    "VectorOptions": "vectors",
}
"""Options → module: no tool's module is imported because another one is used, or because somebody asks git or the host something."""


class Collector(Protocol):
    """What such a module offers."""

    def collect(self, options: Options, folder: Path, progress: Progress | None) -> Path:
        """Run the tool and return the artefact that it left."""


def collect(options: Options, folder: Path, progress: Progress | None = None) -> Path:
    """Run the tool that the options are for and return the artefact that it left."""
    collector = cast(Collector, import_module(f"{__name__}.{COLLECTORS[type(options).__name__]}"))
    return collector.collect(options, folder, progress)
