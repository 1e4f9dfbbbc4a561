"""A saved FAISS index: a process of its own opens the file, which nobody can trust, within limits of memory and time."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from perfkit.collectors.base import Progress
from perfkit.collectors.process import Child, run_child
from perfkit.collectors.vector_options import Row, Source, VectorOptions
from perfkit.collectors.vector_queries import queries_from
from perfkit.errors import CollectionFailed, UsageError

CHILD = "perfkit.collectors.children.faiss_trials"
MEMORY_BYTES = 4 * 2**30
TIMES_FILE = 4
"""Memory for the process: so much, and so many times what the files hold."""
PATIENCE_S = 30.0
NAMELESS = "faiss"


def trials(options: VectorOptions, tell: Progress) -> tuple[Source, list[Row]]:
    """All settings of the index, beside exact search over the vectors."""
    index, vectors = options.faiss, options.vectors
    if index is None or vectors is None:
        raise UsageError("Name the FAISS index with --faiss and its vectors with --vectors.")
    for path in (index, vectors):
        if not path.is_file():
            raise UsageError(f"There is no file {path}.")
    if options.metric is not None:
        raise UsageError("A FAISS index has its metric: leave --metric out.")
    with tempfile.TemporaryDirectory(prefix="perfkit-") as folder:
        answer = _asked(options, index, vectors, Path(folder), tell)
    source = Source(NAMELESS, answer["version"], index.name, answer["metric"], answer["dimensions"])
    return source, answer["trials"]


def _asked(options: VectorOptions, index: Path, vectors: Path, folder: Path, tell: Progress) -> dict[str, Any]:
    given = queries_from(options.queries_file)[: options.queries] if options.queries_file else None
    question = {
        "index": str(index.resolve()),
        "vectors": str(vectors.resolve()),
        "given": None if given is None else given.tolist(),
        "queries": options.queries,
        "k": options.k,
        "repetitions": options.repetitions,
        "grid": asdict(options.grid),
        "memory": MEMORY_BYTES + TIMES_FILE * (index.stat().st_size + vectors.stat().st_size),
        "max_time_s": options.max_time_s,
    }
    asked, answered = folder / "asked.json", folder / "answered.json"
    asked.write_text(json.dumps(question), encoding="utf-8")
    child = Child((sys.executable, "-m", CHILD, str(asked), str(answered)), options.max_time_s + PATIENCE_S)
    ended = run_child(child, lambda _, seconds: tell(f"{index.name} · {seconds:.0f} s", min(seconds / options.max_time_s, 0.99)))
    if ended.status or not answered.exists():
        raise CollectionFailed(
            f"FAISS did not come to an end with {index} (status {ended.status}). Is it an index that this version of FAISS wrote, "
            f"and does it fit into memory? Its last lines:\n{ended.last_words}"
        )
    answer: dict[str, Any] = json.loads(answered.read_text(encoding="utf-8"))
    if "problem" in answer:
        raise CollectionFailed(answer["problem"])
    for remark in answer["remarks"]:
        options.say(remark)
    return answer
