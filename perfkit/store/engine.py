"""DuckDB as it was compiled. The package around it, with its relations and its way to Arrow, costs a process a tenth of a second."""

import _duckdb as duckdb

__all__ = ["duckdb", "knows_arrow"]


def knows_arrow() -> None:
    """From here on the engine reads tables of Arrow: the package shows it how."""
    import duckdb as package  # noqa: F401  its import is what counts
