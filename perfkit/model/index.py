"""An index that a statement could use, before anybody built it."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class IndexKey:
    """One column or expression of an index."""

    text: str
    """As create index needs it: kind, (lower(name))."""
    equal: bool = False
    """Whether the statement tests it for equality: such columns may stand in any order."""
    operator_class: str | None = None
    """None: the type's usual one."""
    descending: bool = False
    nulls: str | None = None
    """first or last, where the order names it."""

    @property
    def written(self) -> str:
        """As it stands in create index."""
        operator_class = f" {self.operator_class}" if self.operator_class else ""
        return f"{self.text}{operator_class}{' desc' if self.descending else ''}{f' nulls {self.nulls}' if self.nulls else ''}"

    @property
    def is_expression(self) -> bool:
        return self.text.startswith("(")


@dataclass(frozen=True, slots=True)
class IndexShape:
    """An index without its name and table."""

    keys: tuple[IndexKey, ...]
    method: str = "btree"
    predicate: str | None = None
    """The condition of a partial index."""

    @property
    def written(self) -> str:
        """What follows the table in create index."""
        method = "" if self.method == "btree" else f"using {self.method} "
        where = f" where {self.predicate}" if self.predicate else ""
        return f"{method}({', '.join(key.written for key in self.keys)}){where}"


@dataclass(frozen=True, slots=True)
class Asker:
    """The node of a plan that an index would serve."""

    run_id: str
    plan_id: int
    node_id: int
    statement: str


@dataclass(frozen=True, slots=True)
class IndexCandidate:
    """Indexes that only help together, and who asks for them; usually it is one index."""

    schema: str | None
    """None where the plan does not name it."""
    relation: str
    shapes: tuple[IndexShape, ...]
    asked_by: tuple[Asker, ...]

    def also_for(self, asked_by: tuple[Asker, ...]) -> IndexCandidate:
        """The same, with more who ask."""
        return replace(self, asked_by=(*self.asked_by, *asked_by))
