"""PostgreSQL's own counters, twice → what a server did while the application worked, and how its tables and indexes are laid out."""

from __future__ import annotations

import hashlib
import json
import math
import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfkit.collectors.base import Progress, described, desk, leave, nobody_hears, nobody_watches, require, utc_now
from perfkit.collectors.catalog.snapshot import Catalog
from perfkit.collectors.discretion import discreet
from perfkit.collectors.process import Child, run_child
from perfkit.errors import CollectionFailed, UsageError
from perfkit.model.run import Manifest

TOOL = "postgresql"
FORMAT = 1
LOOK_EVERY_S = 0.5
LONGEST_COMMAND_S = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class CatalogOptions:
    """Two snapshots of one database's counters, and what happens between them."""

    dsn: str = field(repr=False)
    """A PostgreSQL or SQLAlchemy URL, or key=value pairs. Its password appears nowhere else."""
    during_s: float | None = None
    """How long to wait between the snapshots while others work. None: as long as the command runs."""
    command: tuple[str, ...] = ()
    """What to run between them."""
    exact_bloat: bool = False
    """Reads every b-tree whole, with the extension pgstattuple."""
    timeout_s: float = 60.0
    """For one query of a snapshot."""
    limit_s: float = LONGEST_COMMAND_S
    """For the command."""
    remark: Callable[[str], None] = nobody_hears
    """Told what could not be seen, and how to make it visible."""
    stated: Manifest = field(default_factory=Manifest)
    """What the caller knows: label, scenario, system, investigation."""
    project: Path | None = None
    """The code under investigation, for its commit. None means the current folder."""

    def __post_init__(self) -> None:
        if (self.during_s is None) == (not self.command):
            raise UsageError("Say what lies between the two snapshots: --during 60s or -- COMMAND, not both.")
        if self.during_s is not None and not (math.isfinite(self.during_s) and self.during_s > 0):
            raise UsageError("The time between the two snapshots must be more than nothing.")
        if self.timeout_s <= 0:
            raise UsageError("A query needs a time limit of more than nothing.")


def collect(options: CatalogOptions, folder: Path, progress: Progress | None = None) -> Path:
    """Reads the counters, waits or runs the command, reads them again, and leaves both snapshots as one JSON document."""
    require("psycopg")
    tell, started = progress or nobody_watches, utc_now()
    catalog = Catalog(options.dsn, options.timeout_s, options.exact_bloat)
    with desk(folder) as place:
        tell("first snapshot", 0.0)
        before = catalog.snapshot(first=True)
        looks = _between(options, catalog, tell)
        tell("second snapshot", 1.0)
        after = catalog.snapshot()
        if after.unseen:
            options.remark(after.unseen)
        document = {"perfkit_catalog": FORMAT, "server": after.server, "before": before.counters, "after": after.counters, "looks": looks}
        artefact = place / "catalog.json"
        artefact.write_text(json.dumps(document, indent=1), encoding="utf-8")
        known = Manifest(
            tool=TOOL, tool_version=after.server["version"], started_at=started, parameters=_parameters(options, after.server["database"])
        )
        return leave(artefact, folder, described(known, options.stated, options.project))


def _between(options: CatalogOptions, catalog: Catalog, tell: Progress) -> list[dict[str, Any]]:
    """What a look at the connections showed, twice a second."""
    with catalog.looking() as look:
        looks = [look()]

        def watch(seconds: float, words: str, done: float) -> None:
            if seconds >= len(looks) * LOOK_EVERY_S:
                looks.append(look())
            tell(words, done)

        if options.during_s is None:
            _run(options, lambda seconds: watch(seconds, f"{options.command[0]} runs · {seconds:.0f} s", 0.5))
        else:
            _wait(options.during_s, watch)
        return [*looks, look()]


def _wait(during_s: float, watch: Callable[[float, str, float], None]) -> None:
    began = time.monotonic()
    while (seconds := time.monotonic() - began) < during_s:
        watch(seconds, f"counting · {seconds:.0f} of {during_s:.0f} s", seconds / during_s)
        time.sleep(min(LOOK_EVERY_S / 4, max(during_s - seconds, 0.001)))


def _run(options: CatalogOptions, watch: Callable[[float], None]) -> None:
    ended = run_child(Child(options.command, options.limit_s), lambda _, seconds: watch(seconds))
    if ended.status:
        raise CollectionFailed(
            f"{options.command[0]} ended with status {ended.status}, so its statements say nothing. Its last lines:\n{ended.last_words}"
        )


def _parameters(options: CatalogOptions, database: str) -> dict[str, Any]:
    """What must be equal for two runs to be compared; settings may differ, for they are what one changes."""
    if options.during_s is not None:
        return {"database": database, "during_s": options.during_s}
    # without passwords: a command may hold a DSN, and what it is called is told to everybody who sees the run
    command = shlex.join(discreet(options.command))
    return {"database": database, "command": Path(options.command[0]).name, "workload": hashlib.sha256(command.encode()).hexdigest()[:12]}
