"""The only folder that imports duckdb: short connections, one writer at a time, whole runs or none."""

from perfkit.store.database import Asked, Store, ask_run_by_run

__all__ = ["Asked", "Store", "ask_run_by_run"]
