"""Rows → findings. One module a family, each with find() over the store and a judge() that needs none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from perfkit.analyses.request_time import request_time
from perfkit.model.finding import Finding
from perfkit.rules.drafts import weighed
from perfkit.store import Store

if TYPE_CHECKING:
    from perfkit.packs import Component

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "statements": ("spans.db",),
    "plans": ("plans",),
    "index_trials": ("index_trials",),
    "llm": ("spans.llm",),
    "cache": ("spans.db",),
    "functions": ("profile_functions", "profile_nodes", "profile_lines"),
    "calls": ("profile_functions", "profile_nodes"),
    "bound": ("profile_functions", "profile_nodes", "profile_lines", "profile_facts"),
    "stages": ("spans.internal", "spans.http", "spans.loop", "profile_samples"),
    "calls_in_turn": ("spans",),
    "growth": ("rounds",),
    "load": ("requests",),
    "memory": ("samples", "heap_sites", "heap_types", "profile_nodes", "profile_lines"),
    "pool": ("spans.pool",),
    "catalog": ("statement_stats", "table_stats", "index_stats", "foreign_keys", "database_stats", "samples"),
    "vectors": ("vector_trials",),
}
"""Modules, with their evidence: tables, or spans of a kind. Where there is none, a family has nothing to say and is not even imported."""

EVIDENCE = frozenset(name for names in FAMILIES.values() for name in names)


class Family(Protocol):
    """What such a module offers."""

    def find(self, store: Store, run_ids: Sequence[str]) -> list[Finding]:
        """What the evidence of these runs shows, not weighed yet."""


def diagnose(store: Store, run_ids: Sequence[str], components: Sequence[Component] = ()) -> list[Finding]:
    """What is wrong in the evidence of these runs, worst first."""
    run_ids = store.holding(run_ids, EVIDENCE)
    families = [family_named(name) for name, evidence in FAMILIES.items() if store.holding(run_ids, evidence)]
    found = [finding for family in families for finding in family.find(store, run_ids)]
    request_ms = _request_ms(store, run_ids) if found else {}
    return weighed([_attributed(finding, components, request_ms) for finding in found], request_ms)


def family_named(name: str) -> Family:
    """Imported when it is asked for."""
    return cast(Family, import_module(f"{__name__}.{name}"))


def _request_ms(store: Store, run_ids: Sequence[str]) -> dict[str, float]:
    """What a request takes as it was traced, else as a sweep measured it."""
    traced = {row.subject: row.total_ms for row in request_time(store, run_ids)}
    if not store.holding(run_ids, ("rounds",)):
        return traced
    from perfkit.rules import growth

    return growth.totals(store, run_ids) | traced


def _attributed(finding: Finding, components: Sequence[Component], request_ms: Mapping[str, float]) -> Finding:
    """A finding whose evidence names no endpoint belongs to the component that its code belongs to."""
    if finding.subject is not None or finding.file is None:
        return finding
    for component in components:
        if any(fnmatchcase(finding.file, f"*{glob}") for glob in component.code):
            for endpoint in component.endpoints:
                if not request_ms or endpoint in request_ms:
                    return replace(finding, subject=endpoint)
    return finding
