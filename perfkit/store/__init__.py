"""The only folder that imports duckdb: short connections, one writer at a time, whole runs or none."""

from perfkit.store.database import Asked, Store

__all__ = ["Asked", "Store"]
