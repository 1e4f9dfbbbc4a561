"""Which faults are fixed, and where the service finds its servers; a variant is nothing but a set of fixes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Self

from perfkit.errors import unknown

BASELINE, OPTIMIZED = "baseline", "optimized"


@dataclass(frozen=True, slots=True)
class Fixes:
    """One switch a fault; False leaves the fault in."""

    eager_relations: bool = False
    vector_index: bool = False
    parallel_llm: bool = False
    cached_dashboard: bool = False
    linear_matching: bool = False

    @classmethod
    def named(cls, name: str) -> Self:
        """The fixes of a variant: baseline has none, optimized all, and each fix's own name only that one."""
        switches = [field.name for field in fields(cls)]
        if name not in (BASELINE, OPTIMIZED, *switches):
            raise unknown("variant", name, (BASELINE, OPTIMIZED, *switches))
        return cls(**{switch: name in (OPTIMIZED, switch) for switch in switches})


VARIANTS = (BASELINE, OPTIMIZED, *(field.name for field in fields(Fixes)))


@dataclass(frozen=True, slots=True)
class Backends:
    """Where the servers that services() started can be reached."""

    plain_dsn: str
    """The database without the vector index."""
    indexed_dsn: str
    """The same data with the vector index; on SQLite the same file."""
    redis_socket: str
    llm_url: str

    def settings(self, variant: str) -> Settings:
        """What one variant of the service needs to start."""
        fixes = Fixes.named(variant)
        dsn = self.indexed_dsn if fixes.vector_index else self.plain_dsn
        return Settings(variant, fixes, dsn, self.redis_socket, self.llm_url)

    def save(self, path: Path) -> Path:
        """Written for processes that are given --services."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")
        return path

    @classmethod
    def load(cls, path: Path) -> Self:
        """The same again in another process."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True)
class Settings:
    """One variant of the service."""

    variant: str
    fixes: Fixes
    dsn: str
    """postgresql://… as libpq reads it, or sqlite:///…"""
    redis_socket: str
    llm_url: str
    dashboard_seconds: int = 300
