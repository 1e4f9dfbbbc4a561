"""A performance investigation workbench: evidence of every kind in one store, and no number without a run behind it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perfkit.analyses.known_runs import Selection
    from perfkit.errors import PerfkitError
    from perfkit.workbench import Workbench, open_workbench

__version__ = "0.1.0"

_HOMES = {
    "PerfkitError": "perfkit.errors",
    "Selection": "perfkit.analyses.known_runs",
    "Workbench": "perfkit.workbench",
    "open_workbench": "perfkit.workbench",
}

__all__ = ["PerfkitError", "Selection", "Workbench", "__version__", "open_workbench"]


def __getattr__(name: str) -> Any:
    """Nothing is imported before it is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'perfkit' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
