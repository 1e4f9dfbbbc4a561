"""A pack describes a system: its targets, components, constraints and reports. Packs are folders with a pack.yml."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from perfkit.errors import UsageError, unknown
from perfkit.units import parse_quantity

FOLDER = Path(__file__).parent
FILE = "pack.yml"
ENTRY_POINTS = "perfkit.packs"

UNIT_OF = {"latency": "ms", "response": "ms", "time": "ms", "bench": "ms", "plan": "ms", "error": "ratio", "throughput": "per_second"}
"""Units of families of metrics."""
Comparator = Literal["<", "<=", ">", ">="]


class Part(BaseModel):
    """What every part of a pack has in common: no unknown keys, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Target(Part):
    """A limit on a metric, in the words of its source."""

    label: str
    metric: str
    subject: str = "*"
    """Glob over the metric's subjects."""
    must_be: Comparator
    limit: str
    """A quantity with its unit, such as 500 ms or 80 %."""

    @model_validator(mode="after")
    def _limit_is_of_the_metric(self) -> Self:
        known = UNIT_OF.get(self.metric.partition(".")[0])
        if known is not None and parse_quantity(self.limit).unit != known:
            raise ValueError(f"{self.limit!r} is no limit for {self.metric}: write it in {known}")
        return self

    @field_validator("limit")
    @classmethod
    def _is_quantity(cls, text: str) -> str:
        parse_quantity(text)
        return text


class Component(Part):
    """A part of the system and how it shows in evidence."""

    name: str
    endpoints: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    """Globs over files, matched at their end."""


class Pack(Part):
    """Everything that perfkit knows about one system."""

    name: str
    title: str
    targets: tuple[Target, ...]
    error_limit: Annotated[float, Field(gt=0, lt=1)] = 0.01
    """Share of failed requests from which a latency is not worth judging."""
    components: tuple[Component, ...] = ()
    reports: dict[str, str] = {}
    """Template name → file beside pack.yml."""
    constraints: tuple[str, ...] = ()
    folder: Path = FOLDER


def pack_names() -> list[str]:
    """Packs that come with perfkit or with installed distributions."""
    return sorted(_folders())


def load_pack(name: str) -> Pack:
    """A pack by name, or by the path of a folder with a pack.yml."""
    folder = _folders().get(name) or (Path(name) if (Path(name) / FILE).is_file() else None)
    if folder is None:
        raise unknown("system", name, _folders())
    source = folder / FILE
    try:
        content = yaml.safe_load(source.read_text(encoding="utf-8"))
        return Pack.model_validate({**content, "folder": folder})
    except (yaml.YAMLError, ValidationError, TypeError, UnicodeDecodeError) as error:
        raise UsageError(f"{source}: not a pack: {' '.join(str(error).split())}") from error


def _folders() -> dict[str, Path]:
    own = {path.parent.name: path.parent for path in FOLDER.glob(f"*/{FILE}")}
    installed = {point.name: Path(str(point.load())) for point in entry_points(group=ENTRY_POINTS)}
    return installed | own
