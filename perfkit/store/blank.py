"""A new store is the copy of an empty one, which is made once and kept beside the compiled modules: copying costs a twentieth of making.

Tools for files are imported by the first command in a new workspace alone."""

from __future__ import annotations

import os
import sys
from hashlib import sha256
from importlib.util import cache_from_source
from pathlib import Path

from perfkit.store.engine import duckdb
from perfkit.store.migrations import MIGRATIONS, SCHEMA, migrate

OLDEST_READER = "v1.5.0"
"""Clients of this DuckDB version can still open the file."""
FOLDER = Path(cache_from_source(__file__)).parent
PATTERN = "empty-{}.duckdb"


def begin(path: Path) -> None:
    """An empty store where there is none yet. Where no copy can be kept there stays none, and whoever writes first makes its tables."""
    if path.exists():
        return
    from shutil import copyfile

    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        copyfile(_kept(), unfinished)
        path.with_name(f"{path.name}.wal").unlink(missing_ok=True)  # of a store that somebody deleted: DuckDB would replay it
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)


def _kept() -> Path:
    """The empty store of this schema and this DuckDB; raises OSError where it is not there and cannot be written."""
    made_of = (SCHEMA.read_text(encoding="utf-8"), *MIGRATIONS, duckdb.__version__, OLDEST_READER)
    kept = FOLDER / PATTERN.format(sha256("\n".join(made_of).encode()).hexdigest()[:16])
    if not kept.exists():
        if sys.dont_write_bytecode:
            raise PermissionError(f"{FOLDER}: Python was asked to write nothing here.")
        from tempfile import TemporaryDirectory

        with TemporaryDirectory(dir=FOLDER, prefix=".empty-") as folder:
            made = Path(folder) / kept.name
            with duckdb.connect(str(made), config={"storage_compatibility_version": OLDEST_READER}) as connection:
                migrate(connection)
            for outdated in FOLDER.glob(PATTERN.format("*")):
                outdated.unlink(missing_ok=True)
            made.replace(kept)
    return kept
