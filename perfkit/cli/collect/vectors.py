"""perfkit collect vectors: what every setting of a vector search finds, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfkit.cli.collect.common import collected, common, stated
from perfkit.cli.output import echo, print_json, workbench
from perfkit.errors import UsageError

if TYPE_CHECKING:
    from perfkit.collectors.vector_options import Grid
    from perfkit.workbench import Workbench

FILE = click.Path(path_type=Path)
Options = tuple[Callable[[Any], Any], ...]

WHAT: Options = (
    click.option("--dsn", envvar="PERFKIT_DSN", help="PostgreSQL with pgvector. PERFKIT_DSN keeps it out of the history."),
    click.option("--table", help="The table that holds the vectors."),
    click.option("--column", help="Its column of type vector or halfvec."),
    click.option("--metric", type=click.Choice(["cosine", "l2", "ip"]), help="Default: that of the index with --in-place, else cosine."),
    click.option("--in-place", is_flag=True, help="Only measure the indexes that are there, read-only; build nothing."),
    click.option("--faiss", type=FILE, help="A saved FAISS index."),
    click.option("--vectors", type=FILE, help="The .npy file that the FAISS index was built from, in its order."),
    click.option("--queries-file", type=FILE, help="Queries, .npy or .csv. Default: some of the vectors, never as answers of themselves."),
)
HOW: Options = (
    click.option("--queries", type=click.IntRange(min=1), default=50, show_default=True, help="Queries a setting."),
    click.option("-k", "--k", "k", type=click.IntRange(min=1), default=10, show_default=True, help="Neighbours asked for: the LIMIT."),
    click.option("--recall", type=click.FloatRange(min=0, max=1, min_open=True), help="The recall that is wanted. [default: 0.95]"),
    click.option("--method", "methods", multiple=True, type=click.Choice(["ivfflat", "hnsw"]), help="Only this index; may be repeated."),
    click.option("--lists", help="IVFFlat: lists to build with, such as 10,32,100. Default: rows/1000, √rows above a million."),
    click.option("--probes", help="IVFFlat: lists to search. Default: 1 and around √lists."),
    click.option("--m", help="HNSW: links a node. Default: 16."),
    click.option("--ef-construction", help="HNSW: candidates while building. Default: 64."),
    click.option("--ef-search", help="HNSW: candidates while searching. Default: 10 to 400, from k on."),
    click.option("--sizes", help="Numbers of rows such as 1k,2k,4k,8k,16k,32k: how the cost grows at equal recall."),
    click.option("--max-rows", default="20k", show_default=True, help="Rows of the copy; a larger table is sampled."),
    click.option("--repetitions", type=click.IntRange(min=1), default=3, show_default=True, help="Times each query is timed."),
    click.option("--timeout", "timeout_s", type=click.FloatRange(min=0.001), default=60.0, show_default=True, help="Seconds for one statement."),
    click.option("--max-time", "max_time_s", type=float, default=600.0, show_default=True, help="Seconds after which no further setting is tried."),
)


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed((*WHAT, *HOW)):
        function = option(function)
    return function


@click.command()
@_options
@common
def command(workspace: Path | None, as_json: bool, **given: Any) -> None:
    """Try vector indexes: perfkit collect vectors --table items --column embedding --recall 0.95.

    Indexes are built on a temporary copy of the vectors that is rolled back; the table is only read. Recall stands beside every latency.
    """
    from perfkit.collectors.sizes import size_from, sizes_from
    from perfkit.collectors.vector_options import VectorOptions

    same = ("table", "column", "metric", "in_place", "faiss", "vectors", "queries_file", "queries", "k", "repetitions", "recall")
    options = VectorOptions(
        dsn=None if given["faiss"] else given["dsn"],
        grid=_grid(given),
        sizes=sizes_from(given["sizes"]) if given["sizes"] else (),
        max_rows=size_from(given["max_rows"]),
        timeout_s=given["timeout_s"],
        max_time_s=given["max_time_s"],
        say=lambda text: echo(text, err=True),
        stated=stated(given),
        **{name: given[name] for name in same if given[name] is not None},
    )
    _run(workbench(workspace), options, as_json)


def _run(bench: Workbench, options: Any, as_json: bool) -> None:
    from perfkit.analyses.known_runs import Selection
    from perfkit.analyses.vector_choice import choices
    from perfkit.analyses.vector_growth import growths
    from perfkit.analyses.vector_trials import vector_trials
    from perfkit.cli.collect.vectors_text import print_vectors

    [stored] = collected(bench, [options])
    trials = vector_trials(bench.store, [stored.run_id])
    chosen, grown = choices(trials), growths(trials)
    findings = bench.diagnose(Selection(run_ids=(stored.run_id,)))
    if as_json:
        print_json({"run": stored.run_id, "trials": trials, "choices": chosen, "growth": grown, "findings": findings})
    else:
        print_vectors(trials, chosen, grown, findings)


def _grid(given: Mapping[str, Any]) -> Grid:
    from perfkit.collectors.vector_options import Grid

    usual = Grid()
    return Grid(
        lists=_numbers("lists", given["lists"]) or usual.lists,
        probes=_numbers("probes", given["probes"]) or usual.probes,
        m=_numbers("m", given["m"]) or usual.m,
        ef_construction=_numbers("ef_construction", given["ef_construction"]) or usual.ef_construction,
        ef_search=_numbers("ef_search", given["ef_search"]) or usual.ef_search,
        methods=given["methods"] or usual.methods,
    )


def _numbers(name: str, text: str | None) -> tuple[int, ...]:
    if text is None:
        return ()
    try:
        values = tuple(sorted({int(part) for part in text.split(",") if part.strip()}))
    except ValueError:
        values = ()
    if not values or values[0] < 1:
        raise UsageError(f"--{name.replace('_', '-')} {text!r} is no list of whole numbers from 1 on, such as 10,32,100.")
    return values
