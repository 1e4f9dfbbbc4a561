"""DuckDB as it was compiled. The package around it, with its relations and its way to Arrow, costs a process a tenth of a second."""

import _duckdb as duckdb

__all__ = ["duckdb"]
