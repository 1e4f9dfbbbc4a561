"""What a workspace holds: runs that were collected or ingested, and any question in SQL."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from perfkit.analyses.known_runs import Selection, known_runs, select_runs
from perfkit.errors import UsageError
from perfkit.model.run import MANIFEST_SUFFIX, Manifest, Run
from perfkit.store import Store
from perfkit.workspace import Workspace

if TYPE_CHECKING:
    import pandas

    from perfkit.bundle.opening import Opened
    from perfkit.collectors import Options
    from perfkit.collectors.base import Progress as Step
    from perfkit.collectors.inventory import Tool
    from perfkit.ingest import Ingested, Looked, Progress
    from perfkit.notebooks import Executed
    from perfkit.store.vault import Vault
    from perfkit.store.writer import Staging

STATED = "PERFKIT_STATED"
"""A manifest as JSON, for the kernels of an investigation: its name, and the commit of the label."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is in one workspace, and how it gets there."""

    workspace: Workspace

    @property
    def store(self) -> Store:
        return Store(self.workspace.database)

    @property
    def vault(self) -> Vault:
        from perfkit.store.vault import Vault

        return Vault(self.workspace.vault)

    def ingest(
        self,
        paths: Sequence[Path],
        stated: Manifest | None = None,
        as_format: str | None = None,
        progress: Progress | None = None,
        *,
        partial: bool = False,
        tell: Callable[[str], object] | None = None,
    ) -> list[Ingested]:
        """Store artefacts and bundles, all or none; tell hears what became of what a bundle brought beside its runs."""
        from perfkit.analyses.validity import examined
        from perfkit.ingest import Reading, ingest

        def settle(bundle: Opened) -> None:
            from perfkit.workbench.bundles import settle_in

            for settled in settle_in(bundle, self.workspace):
                (tell or str)(settled)

        told = {"stated": stated, "outside": from_outside()}
        return ingest(paths, self.store, self.vault, **told, reading=Reading(as_format, partial), examine=examined, progress=progress, settle=settle)

    @contextmanager
    def looking(
        self, paths: Sequence[Path], as_format: str | None = None, progress: Progress | None = None, query: str | None = None
    ) -> Iterator[tuple[Staging, list[Looked]]]:
        """The rows of files, asked without storing them; judged, too, unless one query is all that is asked."""
        from perfkit.analyses.validity import examined
        from perfkit.ingest import Reading, looking

        examine = None if query else examined
        with looking(paths, reading=Reading(as_format), examine=examine, query=query, progress=progress) as found:
            yield found

    def collect(self, options: Options, progress: Step | None = None) -> Ingested:
        """Run the tool that the options are for, and store what it left."""
        from perfkit.collectors import collect

        artefact = collect(options, self.workspace.collected, progress)
        [stored] = self.ingest([artefact])
        artefact.unlink()
        artefact.with_name(artefact.name + MANIFEST_SUFFIX).unlink()
        return stored

    def profile_call(
        self,
        call: Callable[[], object],
        stated: Manifest | None = None,
        *,
        tool: str = "cprofile",
        functions: Sequence[Callable[..., object]] = (),
    ) -> Ingested:
        """Call a function of this process under cprofile, pyinstrument, line, memray, tracemalloc or objects, and store what was measured."""
        from perfkit.collectors.profile.call import CallOptions

        return self.collect(CallOptions(call, tool, stated or Manifest(), functions=tuple(functions)))

    def run_notebooks(
        self, names: Sequence[str], given: Mapping[str, object], *, timeout_s: float = 1800.0, progress: Step | None = None
    ) -> list[Executed]:
        """Run notebooks, by name or path, one after another."""
        from perfkit.notebooks import Settings, find, run

        paths = [find(self.workspace.notebooks, name) for name in names]
        settings = Settings(self.workspace.executed_notebooks, self.workspace.root, timeout_s)
        return [run(path, given, settings, progress) for path in paths]

    def tools(self) -> list[Tool]:
        """Tools and servers that are here, and those that are not."""
        from perfkit.collectors.inventory import inventory

        return inventory()

    def runs(self, selection: Selection | None = None) -> list[Run]:
        """Runs that fit, newest first."""
        return select_runs(known_runs(self.store), selection or Selection())

    def sql(self, query: str, parameters: Mapping[str, object] | None = None) -> pandas.DataFrame:
        """Any question, as a pandas frame."""
        return self.store.frame(query, parameters)


def from_outside() -> Manifest:
    """What whoever started this process says of every run that it stores."""
    told = os.environ.get(STATED)
    try:
        return Manifest.from_json(told) if told else Manifest()
    except (ValueError, TypeError) as error:
        raise UsageError(f"{STATED} holds no manifest: {error}. Unset it.") from error


def now() -> datetime:
    """UTC without a zone, as the store has it."""
    return datetime.now(UTC).replace(tzinfo=None)
