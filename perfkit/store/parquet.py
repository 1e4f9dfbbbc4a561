"""The rows of some runs as Parquet, for other engines: TABLE/run_id=RUN/, as Hive, Spark, Polars and DuckDB read it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from perfkit.errors import UsageError
from perfkit.store.database import Store
from perfkit.store.migrations import run_tables
from perfkit.store.pending import GLOBAL_TABLES

FILE = "rows.parquet"
USED_FRAMES = """
    select frame_id from profile_nodes where run_id = $run_id union select frame_id from profile_functions where run_id = $run_id
    union select caller_id from profile_edges where run_id = $run_id union select callee_id from profile_edges where run_id = $run_id
"""


def write_parquet(store: Store, run_ids: Sequence[str], target: Path) -> dict[str, int]:
    """Rows a table; the folder is whole or not there."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"{target} is there already, and nothing in it is touched. Name a new folder with --to.")
    target.parent.mkdir(parents=True, exist_ok=True)
    rows: dict[str, int] = {}
    with TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as name:
        folder = Path(name) / "tables"
        for run_id in run_ids:
            for table, kept in _questions(store, run_id).items():
                rows[table] = rows.get(table, 0) + _write(store, kept, folder / table / f"run_id={run_id}", run_id)
        folder.replace(target)
    return dict(sorted(rows.items()))


def _questions(store: Store, run_id: str) -> dict[str, str]:
    """What is written of a run, by table; the run's id is in the folder's name."""
    there = store.rows_of(run_id)
    asked = {"runs": "runs", **{table: table for table in run_tables() if table in there}}
    questions = {table: f"select * exclude (run_id) from {name} where run_id = $run_id" for table, name in asked.items()}
    if there.keys() & {"profile_nodes", "profile_functions"}:
        questions |= {table: f"select * from {table} where {key} in ({USED_FRAMES})" for table, key in GLOBAL_TABLES.items()}
    return questions


def _write(store: Store, question: str, folder: Path, run_id: str) -> int:
    folder.mkdir(parents=True)
    place = str(folder / FILE).replace("'", "''")
    with store.reading() as connection:
        written = connection.execute(f"copy ({question}) to '{place}' (format parquet, compression zstd)", {"run_id": run_id}).fetchone()
    return int(written[0]) if written else 0
