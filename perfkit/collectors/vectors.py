"""A column of vectors or a saved index → trials: for every setting its recall, its latency and what it costs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from perfkit.collectors.base import Progress, described, desk, leave, nobody_watches, require_module, utc_now
from perfkit.collectors.vector_options import Grid, Row, Source, VectorOptions
from perfkit.model.run import Manifest

__all__ = ["Grid", "VectorOptions", "collect"]

FORMAT = 1


def collect(options: VectorOptions, folder: Path, progress: Progress | None = None) -> Path:
    """Makes every trial and leaves them as one JSON document."""
    started = utc_now()
    with desk(folder) as place:
        source, rows = _trials(options)(options, progress or nobody_watches)
        document = {
            "perfkit_vector_trials": FORMAT,
            "engine": source.engine,
            "source": source.name,
            "metric": source.metric,
            "dimensions": source.dimensions,
            "k": options.k,
            "wanted_recall": options.recall,
            "trials": rows,
        }
        artefact = place / "vectors.json"
        artefact.write_text(json.dumps(document, indent=1), encoding="utf-8")
        manifest = Manifest(source.engine, source.version, source.name, started_at=started, parameters=_parameters(options, source, rows))
        return leave(artefact, folder, described(manifest, options.stated, options.project))


def _trials(options: VectorOptions) -> Callable[[VectorOptions, Progress], tuple[Source, list[Row]]]:
    if options.faiss is not None:
        require_module("faiss")
        from perfkit.collectors import vectors_faiss

        return vectors_faiss.trials
    require_module("psycopg")
    from perfkit.collectors import vectors_postgres

    return vectors_postgres.trials


def _parameters(options: VectorOptions, source: Source, rows: Sequence[Row]) -> dict[str, Any]:
    return {
        "engine": source.engine,
        "metric": source.metric,
        "k": options.k,
        "queries": options.queries,
        "rows": sorted({row["row_count"] for row in rows}, key=str),
        "in_place": options.in_place,
        "grid": asdict(options.grid),
    }
