"""What is wanted of a database, and what a session with any engine offers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from perfkit.collectors.base import nobody_hears
from perfkit.collectors.statements import Statement
from perfkit.errors import UsageError
from perfkit.model.run import Manifest

NO_VALUES = "the values of its placeholders are not known; --params gives them"
Plan = dict[str, Any]
"""A plan as its artefact holds it."""


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """Statements whose plans are wanted, and the database that has their data."""

    dsn: str = field(repr=False)
    """A URL, key=value pairs for PostgreSQL, or a database file. Its password appears nowhere else."""
    statements: tuple[str | Statement, ...] = ()
    """A text may say its name and values itself, in comments."""
    top: int | None = None
    """Without statements: as many as pg_stat_statements holds, by the time that they took."""
    analyze: bool = True
    """False: the planner's estimates only, nothing is executed."""
    warm: bool = True
    """Does everything twice and keeps the second plan, which reads from memory what the first one read from disk."""
    timeout_s: float = 60.0
    """For one execution, and for the wait for a lock."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Of PostgreSQL, within the transaction."""
    nested: bool | None = None
    """The plans of statements that server functions run. None: where the statement calls such functions."""
    spend_sequences: bool = False
    """Executes also what takes numbers from a sequence, which no rollback gives back."""
    keep_going: bool = False
    """A statement that fails is left out and listed; otherwise it ends the work."""
    say: Callable[[str], None] = field(default=nobody_hears, repr=False, compare=False)
    """Told what the user should know of a statement."""
    stated: Manifest = field(default_factory=Manifest)
    """What the caller knows: label, scenario, system, investigation."""
    project: Path | None = None
    """The code under investigation, for its commit. None means the current folder."""


class Session(Protocol):
    """A database that explains. What it raises on purpose is an error of ours; only then may the next statement follow."""

    @property
    def engine(self) -> str:
        """As the table plans names it."""

    @property
    def version(self) -> str:
        """Of the server or library."""

    @property
    def database(self) -> str:
        """Its name, or that of its file."""

    def top(self, count: int) -> list[Statement]:
        """The statements that took the most time."""

    def explain(self, statement: Statement, number: int) -> list[Plan]:
        """The statement's plan, which has this number, and those of the statements within it."""

    def parameters(self) -> dict[str, Any]:
        """What runs must have in common to be compared, beyond what the options say."""

    def document(self, plans: list[Plan]) -> Any:
        """The artefact."""


def only_postgres(options: PlanOptions, engine: str) -> None:
    """Raises UsageError for what only PostgreSQL can do."""
    asked = {"--set": bool(options.settings), "--nested": bool(options.nested), "--spend-sequences": options.spend_sequences}
    wrong = [name for name, given in asked.items() if given]
    if wrong:
        raise UsageError(f"{' and '.join(wrong)} is about PostgreSQL; this database is one of {engine}. Leave it out.")
