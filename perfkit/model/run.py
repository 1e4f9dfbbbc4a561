"""A run is one act of measuring: one tool, one label, one commit, one host, one set of parameters. It never changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from math import isfinite
from typing import Any, Self

RUN_ID_LENGTH = 12
MANIFEST_SUFFIX = ".manifest.json"
HIDDEN = "***"
"""Stands for a password in what a run tells."""
MOMENTS = ("started_at", "steady_from")

Fact = tuple[float, str]
"""A number and its unit."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is known about a run beside its artefact: a collector writes it, the command line may override it."""

    tool: str | None = None
    tool_version: str | None = None
    label: str | None = None
    scenario: str | None = None
    system: str | None = None
    investigation: str | None = None
    commit: str | None = None
    dirty: bool | None = None
    host: str | None = None
    """A description of the machine that must be equal for two runs to be compared."""
    started_at: datetime | None = None
    """UTC without a zone."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """What must be equal for two runs to be compared: users, duration, options of the tool."""
    load_model: str | None = None
    valid: bool = True
    invalid_because: str | None = None
    steady_from: datetime | None = None
    """What came before it is warm-up, as the measurements show."""
    answers_only: bool | None = None
    """True: the artefact leaves out requests without an answer, so more may have failed than it shows."""
    root: str | None = None
    """Folder of the measured code, as the artefact's paths name it."""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    """What the collector measured around the run, such as wall, cpu_user and peak_rss: rows of the table profile_facts."""

    def overridden_by(self, other: Self) -> Self:
        """This manifest with every field that the other one states; parameters, facts and doubts add up."""
        stated = {item.name: getattr(other, item.name) for item in fields(other) if getattr(other, item.name) != item.default}
        stated = {name: value for name, value in stated.items() if value not in (None, {})}
        reasons = "; ".join(dict.fromkeys(filter(None, (self.invalid_because, other.invalid_because))))
        added = {"parameters": {**self.parameters, **other.parameters}, "facts": {**self.facts, **other.facts}}
        return replace(self, **stated | added | {"invalid_because": reasons or None})

    def to_json(self) -> str:
        """Stable text: the same manifest always gives the same bytes."""
        values = {name: value for name, value in asdict(self).items() if value not in (None, {})}
        values |= {name: values[name].isoformat() for name in MOMENTS if name in values}
        return json.dumps(values, indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises ValueError or TypeError when the text is no manifest."""
        values = json.loads(text)
        if not isinstance(values, dict):
            raise TypeError("a manifest is one JSON object")
        values |= {name: datetime.fromisoformat(values[name]) for name in MOMENTS if name in values}
        values |= {"facts": {stat: _fact(stat, told) for stat, told in values["facts"].items()}} if "facts" in values else {}
        return cls(**values)

    def fingerprint(self, kind: str) -> str:
        """Equal for runs that may be compared, whatever their label and commit."""
        like = [kind, self.tool, self.host, self.scenario, self.load_model, sorted(self.parameters.items())]
        return hashlib.sha256(json.dumps(like, sort_keys=True, default=str).encode()).hexdigest()[:RUN_ID_LENGTH]


@dataclass(frozen=True, slots=True)
class Run:
    """A row of the table runs."""

    run_id: str
    kind: str
    tool: str | None
    tool_version: str | None
    label: str | None
    scenario: str | None
    system: str | None
    commit: str | None
    host: str | None
    started_at: datetime | None
    valid: bool
    invalid_because: str | None
    artefact_sha256: str
    format: str
    investigation: str | None
    dirty: bool | None
    parameters: str
    """JSON."""
    load_model: str | None
    fingerprint: str
    """Runs with different fingerprints are not compared."""
    steady_from: datetime | None = None
    answers_only: bool | None = None
    root: str | None = None

    def manifest(self, facts: Mapping[str, Fact]) -> Manifest:
        """What the store says of the run, as a manifest; facts are in a table of their own."""
        shared = {item.name: getattr(self, item.name) for item in fields(Manifest) if item.name not in ("parameters", "facts")}
        return Manifest(**shared, parameters=json.loads(self.parameters), facts=facts)

    def setting(self, name: str) -> float | None:
        """A number among the parameters."""
        value = json.loads(self.parameters).get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _fact(stat: str, told: Any) -> Fact:
    """Raises ValueError when it is no number with its unit."""
    match told:
        case [int() | float() as value, str() as unit] if isfinite(value):
            return float(value), unit
    raise ValueError(f"the fact {stat} is no number with its unit: {str(told)[:80]}")


def run_id_of(sha256: str) -> str:
    """A run is known by the content of its artefact, not by its path."""
    return sha256[:RUN_ID_LENGTH]


def run_from(manifest: Manifest, sha256: str, kind: str, format_name: str) -> Run:
    """The run of one artefact."""
    return Run(
        run_id=run_id_of(sha256),
        kind=kind,
        tool=manifest.tool,
        tool_version=manifest.tool_version,
        label=manifest.label,
        scenario=manifest.scenario,
        system=manifest.system,
        commit=manifest.commit,
        host=manifest.host,
        started_at=manifest.started_at,
        valid=manifest.valid,
        invalid_because=manifest.invalid_because,
        artefact_sha256=sha256,
        format=format_name,
        investigation=manifest.investigation,
        dirty=manifest.dirty,
        parameters=json.dumps(dict(manifest.parameters), sort_keys=True, default=str),
        load_model=manifest.load_model,
        fingerprint=manifest.fingerprint(kind),
        steady_from=manifest.steady_from,
        answers_only=manifest.answers_only,
        root=manifest.root,
    )
