"""Rows of small batches wait in Python's memory until there are enough of them to be written together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from perfkit.model.batch import Column


@dataclass(slots=True)
class Pending:
    """Column lists of one table that wait to be written together."""

    rows: int = 0
    columns: dict[str, list[Any]] = field(default_factory=dict)

    def extend(self, columns: Mapping[str, Column], constants: Mapping[str, Any]) -> None:
        added = len(next(iter(columns.values()), ()))
        for name, values in columns.items():
            self.columns.setdefault(name, [None] * self.rows).extend(values)
        for name, value in constants.items():
            self.columns.setdefault(name, [None] * self.rows).extend([value] * added)
        self.rows += added
        for values in self.columns.values():
            values.extend([None] * (self.rows - len(values)))
