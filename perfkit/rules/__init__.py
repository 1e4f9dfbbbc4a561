"""Rows → findings. One module a family, each with find() over the store and a judge() that needs none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from perfkit.analyses.request_time import request_time
from perfkit.model.finding import Finding
from perfkit.packs import Component
from perfkit.rules import bound, cache, calls, catalog, functions, growth, index_trials, llm, load, memory, plans, pool, statements, vectors
from perfkit.rules.drafts import weighed
from perfkit.store import Store

FAMILIES = (statements, plans, index_trials, llm, cache, functions, calls, bound, growth, load, memory, pool, catalog, vectors)


def diagnose(store: Store, run_ids: Sequence[str], components: Sequence[Component] = ()) -> list[Finding]:
    """What is wrong in the evidence of these runs, worst first."""
    found = [finding for family in FAMILIES for finding in family.find(store, run_ids)]
    request_ms = {row.subject: row.total_ms for row in request_time(store, run_ids)}
    request_ms |= {subject: total_ms for subject, total_ms in growth.totals(store, run_ids).items() if subject not in request_ms}
    return weighed([_attributed(finding, components, request_ms) for finding in found], request_ms)


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
