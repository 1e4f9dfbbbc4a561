"""What trials of a vector search are wanted, and what one trial found."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from perfkit.collectors.base import nobody_hears
from perfkit.errors import UsageError
from perfkit.model.run import Manifest

if TYPE_CHECKING:
    from perfkit.collectors.vector_recall import Metric

EF_SEARCH = (10, 20, 40, 80, 120, 200, 400)
USUAL_EF_SEARCH, MOST_EF_SEARCH = 40, 1000
"""What pgvector takes when nobody sets it, and the most that it takes."""
BOUNDS = {"lists": (1, 32768), "probes": (1, 32768), "m": (2, 100), "ef_construction": (4, 1000), "ef_search": (1, MOST_EF_SEARCH)}
"""What pgvector accepts; FAISS does with these values as well."""
PROBES_OF_ROOT = (0.25, 0.5, 1, 2, 4)
"""Parts of √lists."""
LEAST_LISTS = 10
MOST_ROWS = 20_000
LARGE = 1_000_000
"""From so many rows on, lists grow with the root."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How an index is built and searched; what does not belong to its method is None."""

    method: str
    lists: int | None = None
    probes: int | None = None
    m: int | None = None
    ef_construction: int | None = None
    ef_search: int | None = None

    @property
    def title(self) -> str:
        """Such as hnsw m 16, ef_search 40."""
        named = [f"{name} {value}" for name in ("lists", "probes", "m", "ef_construction", "ef_search") if (value := getattr(self, name)) is not None]
        return f"{self.method} {', '.join(named)}".strip()


@dataclass(frozen=True, slots=True)
class Grid:
    """What is tried. Empty: a few values around the usual ones, by the number of rows."""

    lists: tuple[int, ...] = ()
    probes: tuple[int, ...] = ()
    m: tuple[int, ...] = (16,)
    ef_construction: tuple[int, ...] = (64,)
    ef_search: tuple[int, ...] = ()
    methods: tuple[str, ...] = ("ivfflat", "hnsw")

    def __post_init__(self) -> None:
        for name, (least, most) in BOUNDS.items():
            wrong = [value for value in getattr(self, name) if not least <= value <= most]
            if wrong:
                raise UsageError(f"{name} = {wrong[0]} is refused by pgvector: it lies between {least} and {most}.")

    def lists_for(self, rows: int) -> tuple[int, ...]:
        """What pgvector's documentation advises: a thousandth of the rows, from a million on their root."""
        advised = round(math.sqrt(rows)) if rows > LARGE else max(rows // 1000, LEAST_LISTS)
        return self.lists or (advised,)

    def probes_for(self, lists: int) -> tuple[int, ...]:
        """From one list to all but all of them."""
        root = math.sqrt(lists)
        return self.probes or tuple(sorted({1, *(min(max(math.ceil(root * part), 1), max(lists - 1, 1)) for part in PROBES_OF_ROOT)}))

    def ef_for(self, k: int) -> tuple[int, ...]:
        """From k on, for an index returns no more than it looks at; and what an application has that sets nothing."""
        wanted = {*(ef for ef in EF_SEARCH if ef >= k), *(min(k * times, MOST_EF_SEARCH) for times in (1, 2, 4))}
        return self.ef_search or tuple(sorted({USUAL_EF_SEARCH} | wanted))

    def builds(self, rows: int) -> Iterator[Setting]:
        """Every index to build."""
        if "ivfflat" in self.methods:
            yield from (Setting("ivfflat", lists=lists) for lists in self.lists_for(rows))
        if "hnsw" in self.methods:
            pairs = ((m, max(ef, 2 * m)) for m in self.m for ef in self.ef_construction)  # less is refused
            yield from (Setting("hnsw", m=m, ef_construction=ef) for m, ef in dict.fromkeys(pairs))

    def searches(self, build: Setting, k: int) -> Iterator[Setting]:
        """Every way to search it."""
        if build.method == "ivfflat":
            yield from (Setting("ivfflat", lists=build.lists, probes=probes) for probes in self.probes_for(build.lists or 1))
        if build.method == "hnsw":
            yield from (Setting("hnsw", m=build.m, ef_construction=build.ef_construction, ef_search=ef) for ef in self.ef_for(k))


@dataclass(frozen=True, slots=True)
class VectorOptions:
    """One set of trials: of a column of PostgreSQL, or of a saved FAISS index."""

    dsn: str | None = field(default=None, repr=False)
    """Its password appears nowhere else."""
    table: str = ""
    column: str = ""
    metric: Metric | None = None
    """None: that of the index where one is measured in place, else cosine; a FAISS index has its own."""
    in_place: bool = False
    """Measures the index that is there, and builds nothing."""
    faiss: Path | None = None
    vectors: Path | None = None
    """.npy: what the FAISS index was built from, in its order."""
    queries_file: Path | None = None
    """.npy or .csv. None: some of the vectors, which are then no answers of themselves."""
    queries: int = 50
    k: int = 10
    sizes: tuple[int, ...] = ()
    """Numbers of rows to try, for the law of growth. Empty: the whole, up to max_rows."""
    max_rows: int = MOST_ROWS
    repetitions: int = 3
    grid: Grid = Grid()
    recall: float | None = None
    """The recall that is wanted."""
    timeout_s: float = 60.0
    """For one statement."""
    max_time_s: float = 600.0
    """For all trials: after it no further one begins."""
    say: Callable[[str], None] = field(default=nobody_hears, repr=False, compare=False)
    stated: Manifest = field(default_factory=Manifest)
    project: Path | None = None

    def __post_init__(self) -> None:
        if (self.dsn is not None) == (self.faiss is not None):
            raise UsageError("Name one thing to search: --dsn with --table and --column, or --faiss with --vectors.")
        if self.dsn is not None and not (self.table and self.column):
            raise UsageError("Say which vectors: --table and --column.")
        if self.faiss is not None and self.vectors is None:
            raise UsageError("Recall needs the vectors that the FAISS index was built from: name their .npy file with --vectors.")
        if self.faiss is not None and (self.table or self.column):
            raise UsageError("--faiss searches a saved index, --table and --column a table of PostgreSQL: leave one of them out.")
        if self.in_place and self.sizes:
            raise UsageError("--in-place measures the index as it is: leave --sizes out.")
        if self.queries < 1 or self.k < 1 or self.repetitions < 1:
            raise UsageError("At least one query, one neighbour and one repetition are needed.")
        if self.recall is not None and not 0 < self.recall <= 1:
            raise UsageError(f"A recall lies between 0 and 1, not at {self.recall:g}.")


@dataclass(frozen=True, slots=True)
class Source:
    """What was searched."""

    engine: str
    version: str
    name: str
    metric: str
    dimensions: int


Row = Mapping[str, object]
"""A trial as its artefact holds it."""
