"""What a pack says about one system: targets, constraints, components, documents, rules for models and pools."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from perfkit.errors import UsageError
from perfkit.units import Quantity, parse_quantity

FOLDER = Path(__file__).parent
"""Of the packs that come along."""
Comparator = Literal["<", "<=", ">", ">="]
Form = Literal["limit", "reduction", "users"]


NAME = "[a-z0-9][a-z0-9_-]*"
"""Of a system: it stands in file names and on command lines."""


class Part(BaseModel):
    """What every part of a pack has in common: no unknown keys, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def as_text(value: Any) -> Any:
    """YAML reads 5 as a number; a count is written so."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _is_quantity(text: str) -> str:
    try:
        parse_quantity(text)
    except UsageError as error:
        raise ValueError(str(error)) from error
    return text


def _is_said(text: str) -> str:
    if not text.strip():
        raise ValueError("nothing is written there")
    return text


def _stays_inside(text: str) -> str:
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or not text.strip():
        raise ValueError(f"{text!r} is no path inside the repository: write it relative to the repository's root, without '..'")
    return text


Limit = Annotated[str, BeforeValidator(as_text), AfterValidator(_is_quantity)]
"""A quantity with its unit, such as 500 ms or 80 %; a count has none."""
Words = Annotated[str, AfterValidator(_is_said)]
Inside = Annotated[str, AfterValidator(_stays_inside)]
"""A path in the system's repository."""


class Target(Part):
    """A limit on a metric, in the words of its source."""

    label: Words
    """As the source says it. Targets with the same label are readings of one sentence."""
    variant: str | None = None
    """What tells this reading from the others: raw or gzip, cold or warm, each or on average."""
    metric: str
    statistic: str | None = None
    """The last part of the metric's name, where it is not written there."""
    subject: str = "*"
    """Glob over the metric's subjects."""
    must_be: Comparator
    limit: Limit
    reject: Limit | None = None
    """The second, harder limit: beyond it the work is not only late but refused."""
    reduction: bool = False
    """True: the limit is the share by which the metric must fall against an earlier label."""
    users: Annotated[int, Field(gt=0)] | None = None
    """The limit must hold on every step of a ladder up to so many users."""
    scope: str | None = None
    """What one measurement is about, in words: per gate, a typical document."""
    scenario: str | None = None
    """Glob over the runs' scenario; runs of other scenarios do not count."""
    source: str | None = None
    note: str | None = None
    """How words are read that leave something open."""

    @property
    def name(self) -> str:
        """The label, with the reading where there are several."""
        return f"{self.label} ({self.variant})" if self.variant else self.label

    @property
    def metric_name(self) -> str:
        """In full."""
        return f"{self.metric}.{self.statistic}" if self.statistic else self.metric

    @property
    def form(self) -> Form:
        """How it is judged."""
        return "reduction" if self.reduction else "users" if self.users else "limit"

    @property
    def quantity(self) -> Quantity:
        """The limit in its base unit."""
        return parse_quantity(self.limit)

    @property
    def rejected_from(self) -> float | None:
        """The harder limit in the same unit."""
        return parse_quantity(self.reject).value if self.reject else None


class Constraint(Part):
    """What must hold and no metric decides."""

    label: Words
    """As the source says it."""
    look: str | None = None
    """How a person, or a command, finds out."""
    source: str | None = None


class Parameter(Part):
    """A number that work on the system uses, and that is no limit: a time to live, the runs of a benchmark."""

    name: Words
    value: int | float | str
    label: Words
    source: str | None = None


class Component(Part):
    """A part of the system and how it shows in evidence: globs."""

    name: Words
    endpoints: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    spans: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    """Over files, matched at their end."""


class Document(Part):
    """Where one kind of content belongs."""

    file: Inside
    section: str | None = None
    """Its heading, without the marks; None is the whole document."""


class ModelRule(Part):
    """Which language model a kind of work may use."""

    task: Words
    models: tuple[str, ...]
    """Globs over the models' names."""
    label: Words
    source: str | None = None


class PoolRule(Part):
    """How many connections a pool may keep."""

    smallest: Annotated[int, Field(ge=0)]
    largest: Annotated[int, Field(gt=0)]
    label: Words
    source: str | None = None


class CheckItem(Part):
    """Something that the source wants done, and what shows that it was; nothing where no evidence can."""

    label: Words
    """As the source says it."""
    measured: str | None = None
    """A metric: that there is a number is what was asked for."""
    improved: str | None = None
    """A metric that is better than under the base."""
    fixed: str | None = None
    """A rule that found something in the base and finds nothing any more."""
    subject: str = "*"
    """Glob over the metric's subjects."""
    look: str | None = None
    """How a person finds out."""


class Checklist(Part):
    """A part of the source's list of things to do."""

    title: Words
    items: tuple[CheckItem, ...]


class Check(Part):
    """A question that a reviewer asks of the code; evidence answers it, or nobody here does."""

    label: Words
    """As the source says it."""
    rules: tuple[str, ...] = ()
    """Globs over the rules whose findings answer it with no."""
    evidence: tuple[str, ...] = ()
    """Kinds of runs that must be there before the absence of findings says anything."""
    targets: bool = False
    """True: the scorecard answers it."""
    because: str | None = None
    """Why it matters, said where findings answer it with no."""
    leaves_open: str | None = None
    """What nobody has looked at even when no finding stands against it."""
    look: str | None = None
    """What a person does to find out."""

    @property
    def words(self) -> tuple[str, ...]:
        """All that a report may quote."""
        return tuple(filter(None, (self.label, self.because, self.leaves_open, self.look)))


class Area(Part):
    """Questions of one kind."""

    label: Words
    checks: tuple[Check, ...]


class Pack(Part):
    """Everything that perfkit knows about one system."""

    name: Annotated[str, Field(pattern=f"^{NAME}$")]
    title: Words
    source: str | None = None
    """Where targets and constraints come from that do not say it themselves."""
    targets: tuple[Target, ...] = ()
    error_limit: Annotated[float, Field(gt=0, lt=1)] = 0.01
    """Share of failed requests from which a latency is not worth judging."""
    constraints: tuple[Constraint, ...] = ()
    checklists: tuple[Checklist, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    components: tuple[Component, ...] = ()
    models: tuple[ModelRule, ...] = ()
    pools: tuple[PoolRule, ...] = ()
    review: tuple[Area, ...] = ()
    """What a review of the code goes through."""
    gates: tuple[Check, ...] = ()
    """What must hold before code is approved."""
    hierarchy: tuple[Check, ...] = ()
    """In which order kinds of problems are taken up, by their rules."""
    documents: dict[str, Document] = {}
    """Kind of content → where it belongs."""
    archive: Inside | None = None
    """Pattern of the file that an investigation becomes."""
    reports: dict[str, str] = {}
    """Template name → file beside pack.yml, or one that comes along: sight/optimization.md.j2."""
    folder: Path = Path()

    @property
    def digest(self) -> str:
        """Equal for packs that judge alike: where they lie and how their files are laid out does not matter."""
        said = self.model_dump_json(exclude={"folder", "documents", "archive", "reports"}, exclude_defaults=True)
        return sha256(said.encode()).hexdigest()[:12]

    def template_of(self, name: str) -> Path:
        """Where a report's template is, or should be."""
        beside = (self.folder / self.reports[name]).resolve()
        along = FOLDER / self.reports[name]
        return along if along.is_file() and not beside.is_file() else beside

    @property
    def words(self) -> list[str]:
        """What a report quotes: numbers in it are those of the pack's source."""
        checks = (*self.gates, *self.hierarchy, *(check for area in self.review for check in area.checks))
        said = [*(target.name for target in self.targets), *(area.label for area in self.review), *(text for check in checks for text in check.words)]
        return [*said, *(text[:1].upper() + text[1:] for text in said)]

    def source_of(self, part: Target | Constraint | Parameter | ModelRule | PoolRule) -> str | None:
        """Its own, else the pack's."""
        return part.source or self.source

    def readings(self) -> dict[str, list[Target]]:
        """Sentences that are read in several ways, by label."""
        counted = Counter(target.label for target in self.targets)
        return {label: [target for target in self.targets if target.label == label] for label, many in counted.items() if many > 1}
