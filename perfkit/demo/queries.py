"""Name → the SQL text of the file beside this one."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def sql(name: str) -> str:
    """The statement, its explaining comments left out."""
    lines = files("perfkit.demo").joinpath(f"{name}.sql").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("--")).strip()
