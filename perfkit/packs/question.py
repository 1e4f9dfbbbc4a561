"""What an investigation file says: one question about one feature, what is measured and compared, and the prose that only a person can write."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from perfkit.packs.model import Part, Words, as_text

Word = Annotated[str, BeforeValidator(as_text)]
"""Of a command; YAML reads some as numbers."""
Command = tuple[Word, ...]


class Change(Part):
    """Code that was changed for one kind of finding; before and after are file::function or a file; without, git knows them."""

    rule: str | None = None
    """None: no finding asked for it."""
    technique: str
    subject: str = "*"
    """Glob over the endpoints that it is for, or over places such as app.py:7 where findings name none: one rule may be answered in several ways."""
    before: str | None = None
    after: str | None = None
    declined: bool = False
    """True: it was looked at and nothing is changed; technique says why."""


class Prose(Part):
    """What no measurement can say; a missing part is named in the report."""

    impact: str | None = None
    side_effects: str | None = None
    deployment: str | None = None
    monitoring: str | None = None
    rollback: str | None = None
    next_steps: str | None = None


class Label(Part):
    """One variant that is measured: its code, how it is run, and the service that it offers."""

    commit: Word | None = None
    """Stands in the manifests of its runs; nothing is checked out."""
    command: Command = ()
    serve: Command = ()
    """A service that is started for each step that asks for {url}, and ended after it. {port} is a free port."""
    url: str | None = None
    """Where the service answers; without `serve` somebody else has started it."""
    starts_within_s: Annotated[float, Field(gt=0)] = 60.0


class Step(Part):
    """One notebook, for each label and round, or once."""

    title: Words
    notebook: Words
    """A name, or a path from the workspace."""
    labels: tuple[str, ...] | None = None
    """None is base and candidate."""
    once: bool = False
    """Not for a label: what it looks at stands in its parameters."""
    rounds: Annotated[int, Field(gt=0)] = 1
    served: bool = False
    """True: the label's service runs meanwhile, though no parameter asks for its {url}."""
    parameters: dict[Word, Any] = Field(default_factory=dict)


class AccuracyCheck(Part):
    """What must still be right: a command whose exit code says so, or a metric with its bound."""

    command: Command = ()
    metric: str | None = None
    subject: str = "*"
    """Glob over the metric's subjects."""
    at_least: float | None = None


class ArchivePlace(Part):
    """Which kind of the pack's documents gets the section."""

    document: str
    feature: str | None = None
    """None is the investigation's."""


class Investigation(Part):
    """One question."""

    name: Words
    system: str
    feature: str
    question: str
    base: str = "baseline"
    candidate: str | None = "optimized"
    """None: one label only, and nothing is compared."""
    template: str = "optimization"
    labels: dict[Word, Label] = Field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    accuracy: AccuracyCheck | None = None
    changes: tuple[Change, ...] = ()
    prose: Prose = Prose()
    archive: ArchivePlace | None = None

    @property
    def compared(self) -> tuple[str, ...]:
        """Base and candidate, or the only label."""
        return tuple(label for label in (self.base, self.candidate) if label is not None)

    @property
    def judged(self) -> str:
        """The label whose targets decide."""
        return self.candidate or self.base

    def label(self, name: str) -> Label:
        """What a label is; nothing is known of one that is only named."""
        return self.labels.get(name, Label())

    def labels_of(self, step: Step) -> tuple[str, ...]:
        """The labels that a step is done for, in turns; none when it is done once."""
        return () if step.once else step.labels if step.labels is not None else self.compared
