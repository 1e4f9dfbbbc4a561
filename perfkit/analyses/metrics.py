"""Metrics are rows of a table: the one name by which commands, targets, figures, reports and verify speak of a number."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, cast

from perfkit.analyses.known_runs import ANY
from perfkit.errors import unknown
from perfkit.store import Store

Direction = Literal["lower", "higher"]
Analysis = str
"""A module of this package that answers by the function of its name, or one of its functions: `span_times.cold_times`."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A named question with a unit that yields one number a run and subject."""

    name: str
    about: str
    unit: str
    better: Direction
    kind: str
    """The kind of run that can answer it; any where many can."""
    subject: str
    """What a subject is: endpoint, function, statement."""
    analysis: Analysis
    column: str
    """The analysis' column that holds the number."""
    batches: Analysis | None = None
    """The same within one run, in time; None where a run is one sample."""
    rounds: Analysis | None = None
    """Every round of a run, where they bound a percentile without batches."""
    part: str | None = None
    """The column that counts successes where the number is a share of n."""
    printed: str | None = None
    """What tools that keep no request call it."""
    kinds: tuple[str, ...] = ()
    """Metrics that stand in its place where requests of two kinds share a name: one number would describe neither."""
    bounds: tuple[str, str] | None = None
    """The analysis' columns that bound the number of one run, where it comes from a fit."""
    sums: bool = False
    """True: its numbers are parts of others, so that runs are averaged by the mean that keeps sums."""
    closely: bool = False
    """True: it says something of every span or series, and is answered when somebody asks for it by name."""
    subject_begins: tuple[str, ...] = ()
    """Words, one of which begins every subject."""

    @property
    def share(self) -> float | None:
        """The percentile's, such as 0.95; None for everything else."""
        ranked = re.search(r"\.p(\d+)", self.name)
        return float(f"0.{ranked[1]}") if ranked else None


SPAN_KINDS = ("server", "internal", "llm", "db", "cache", "http")


def _time(name: str, about: str) -> Metric:
    """Of a request, in total or in one of its parts."""
    return Metric(f"time.{name}", about, "ms", "lower", "trace", "endpoint", "request_time", f"{name}_ms", sums=True)


def _span(name: str, about: str, column: str, rounds: Analysis | None = None, analysis: Analysis = "span_times") -> Metric:
    sums, begins = name == "mean", SPAN_KINDS
    return Metric(
        f"span.{name}", about, "ms", "lower", "trace", "span", analysis, column, rounds=rounds, sums=sums, closely=True, subject_begins=begins
    )


def _query(name: str, about: str, column: str, rounds: Analysis | None = None) -> Metric:
    return Metric(f"query.{name}", about, "ms", "lower", "trace", "statement", "span_times.query_times", column, rounds=rounds, closely=True)


def _series(name: str, about: str, unit: str, better: Direction, analysis: Analysis, column: str) -> Metric:
    return Metric(name, about, unit, better, ANY, "series", analysis, column, closely=True)


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "latency.mean",
            "mean response time",
            "ms",
            "lower",
            "load",
            "endpoint",
            "latency",
            "mean_ms",
            "latency_batches",
            printed="mean",
            kinds=("latency.fast_kind", "latency.slow_kind"),
        ),
        Metric("latency.fast_kind", "median of the faster of two kinds of requests", "ms", "lower", "load", "endpoint", "two_speeds", "fast_ms"),
        Metric("latency.slow_kind", "median of the slower of two kinds of requests", "ms", "lower", "load", "endpoint", "two_speeds", "slow_ms"),
        Metric(
            "latency.fast_share", "share of the faster of two kinds of requests", "ratio", "higher", "load", "endpoint", "two_speeds", "fast_share"
        ),
        Metric("latency.p50", "median response time", "ms", "lower", "load", "endpoint", "latency", "p50_ms", "latency_batches", printed="p50"),
        Metric(
            "latency.p95",
            "95th percentile of the response time",
            "ms",
            "lower",
            "load",
            "endpoint",
            "latency",
            "p95_ms",
            "latency_batches",
            printed="p95",
        ),
        Metric(
            "latency.p99",
            "99th percentile of the response time",
            "ms",
            "lower",
            "load",
            "endpoint",
            "latency",
            "p99_ms",
            "latency_batches",
            printed="p99",
        ),
        Metric("latency.max", "the slowest request", "ms", "lower", "load", "endpoint", "latency", "max_ms", printed="max", closely=True),
        Metric("latency.p95_ok", "P95 of successful requests", "ms", "lower", "load", "endpoint", "latency", "p95_ok_ms", "latency_batches"),
        Metric("response.p50", "median time since a request was meant to be sent", "ms", "lower", "load", "endpoint", "response", "response_p50_ms"),
        Metric(
            "response.p95",
            "95th percentile of the time since it was meant to be sent",
            "ms",
            "lower",
            "load",
            "endpoint",
            "response",
            "response_p95_ms",
        ),
        Metric(
            "response.p99",
            "99th percentile of the time since it was meant to be sent",
            "ms",
            "lower",
            "load",
            "endpoint",
            "response",
            "response_p99_ms",
        ),
        Metric("throughput", "requests answered a second", "per_second", "higher", "load", "endpoint", "latency", "per_second", printed="per_second"),
        Metric(
            "error.rate",
            "share of requests that failed",
            "ratio",
            "lower",
            "load",
            "endpoint",
            "latency",
            "error_rate",
            part="failed",
            printed="error_rate",
        ),
        _time("total", "mean length of a traced request"),
        _time("db", "database time of a request"),
        _time("cache", "cache time of a request"),
        _time("llm", "model time of a request"),
        _time("http", "time of a request in calls to other services"),
        _time("own", "time of a request with no call open"),
        Metric("statements.per_request", "SQL statements of a request", "count", "lower", "trace", "endpoint", "request_time", "db_calls"),
        Metric("llm.calls", "model calls of a request", "count", "lower", "trace", "endpoint", "llm_sequences", "calls"),
        Metric("llm.wall", "first model call's start to the last one's end", "ms", "lower", "trace", "endpoint", "llm_sequences", "wall_ms"),
        Metric("llm.concurrency", "model calls open together", "factor", "higher", "trace", "endpoint", "llm_sequences", "concurrency"),
        Metric("llm.input_tokens", "prompt tokens of a request", "tokens", "lower", "trace", "endpoint", "llm_sequences", "input_tokens"),
        Metric("llm.output_tokens", "answer tokens of a request", "tokens", "lower", "trace", "endpoint", "llm_sequences", "output_tokens"),
        Metric(
            "cache.hit_ratio",
            "share of look-ups that the cache answers",
            "ratio",
            "higher",
            "trace",
            "endpoint",
            "cache_hits",
            "hit_ratio",
            part="hits",
        ),
        Metric(
            "pool.reuse",
            "share of checkouts that need no new connection",
            "ratio",
            "higher",
            "trace",
            "endpoint",
            "pool_use",
            "reuse",
            part="reused",
        ),
        Metric("pool.wait", "wait of a request for a connection, connecting left out", "ms", "lower", "trace", "endpoint", "pool_use", "wait_ms"),
        Metric("pool.connect_cost", "time of a request spent on connecting", "ms", "lower", "trace", "endpoint", "pool_use", "connect_cost_ms"),
        Metric("pool.most_held", "connections held at once", "count", "lower", "trace", "endpoint", "pool_use", "most_held", closely=True),
        _span("mean", "mean time of a traced piece of work, such as a gate or a retrieval", "mean_ms"),
        _span("p50", "median time of a traced piece of work", "p50_ms", "span_times.span_rounds"),
        _span("p95", "95th percentile of a traced piece of work", "p95_ms", "span_times.span_rounds"),
        _span("p99", "99th percentile of a traced piece of work", "p99_ms", "span_times.span_rounds"),
        _span("max", "the slowest of a traced piece of work", "max_ms"),
        _span("cold", "its first time in a run, when nothing is loaded and no cache is filled", "first_ms", analysis="span_times.cold_times"),
        _span("warm.p95", "95th percentile of every time but the first", "warm_p95_ms", "span_times.warm_times", "span_times.warm_times"),
        _query("p95", "95th percentile of a statement as the application waits for it", "p95_ms", "span_times.query_rounds"),
        _query("max", "the slowest time of a statement as the application waits for it", "max_ms"),
        Metric(
            "memory.per_call",
            "memory that each call of a traced piece of work leaves behind",
            "bytes",
            "lower",
            "trace",
            "span",
            "kept_per_call",
            "kept_bytes",
            bounds=("lo", "hi"),
            closely=True,
            subject_begins=SPAN_KINDS,
        ),
        Metric(
            "memory.growth",
            "memory that a process gains in an hour and does not give back",
            "bytes",
            "lower",
            "memory",
            "series",
            "memory_growth",
            "per_hour",
            bounds=("lo", "hi"),
            closely=True,
        ),
        _series("memory.peak", "most resident memory of a process", "bytes", "lower", "series_levels.memory_levels", "highest"),
        _series(
            "cpu.peak", "highest use of processors in any sample; 100 % is one for a process", "ratio", "lower", "series_levels.cpu_levels", "highest"
        ),
        _series("cpu.mean", "mean use of processors", "ratio", "lower", "series_levels.cpu_levels", "mean"),
        _series("frames.median", "median of the frames drawn a second", "per_second", "higher", "series_levels.frame_levels", "middle"),
        _series("frames.p5", "frames a second that 95 % of the samples reach", "per_second", "higher", "series_levels.frame_levels", "p5"),
        Metric("bundle.size", "size of what a build delivers", "bytes", "lower", ANY, "bundle", "bundle_sizes", "size_bytes", closely=True),
        Metric("plan.execution", "execution time of a planned statement", "ms", "lower", "plans", "statement", "plan_times", "execution_ms"),
        Metric("plan.planning", "planning time of a statement", "ms", "lower", "plans", "statement", "plan_times", "planning_ms"),
        Metric("statement.mean", "mean time that the server took for a statement", "ms", "lower", "catalog", "statement", "statement_use", "mean_ms"),
        Metric("statement.calls", "executions of a statement", "count", "lower", "catalog", "statement", "statement_use", "calls"),
        Metric("statement.total", "time of all executions of a statement", "ms", "lower", "catalog", "statement", "statement_use", "total_ms"),
        Metric(
            "db.cache_hit",
            "share of buffers found in the cache",
            "ratio",
            "higher",
            "catalog",
            "database",
            "database_cache",
            "hit_ratio",
            part="hits",
        ),
        Metric("db.connections", "most clients seen at once", "count", "lower", "catalog", "database", "database_connections", "connections"),
        Metric("bench.mean", "mean time of a benchmark's rounds", "ms", "lower", "bench", "benchmark", "benchmarks", "mean_ms", "benchmark_batches"),
        Metric(
            "bench.median", "median time of a benchmark's rounds", "ms", "lower", "bench", "benchmark", "benchmarks", "median_ms", "benchmark_batches"
        ),
        Metric(
            "bench.p95",
            "95th percentile of a benchmark's rounds",
            "ms",
            "lower",
            "bench",
            "benchmark",
            "benchmarks",
            "p95_ms",
            rounds="benchmark_rounds",
        ),
        Metric(
            "bench.p99",
            "99th percentile of a benchmark's rounds",
            "ms",
            "lower",
            "bench",
            "benchmark",
            "benchmarks",
            "p99_ms",
            rounds="benchmark_rounds",
        ),
        Metric("bench.min", "fastest round of a benchmark", "ms", "lower", "bench", "benchmark", "benchmarks", "min_ms"),
        Metric("bench.max", "slowest round of a benchmark", "ms", "lower", "bench", "benchmark", "benchmarks", "max_ms"),
        Metric("bench.stddev", "standard deviation of a benchmark's rounds", "ms", "lower", "bench", "benchmark", "benchmarks", "stddev_ms"),
        Metric(
            "vector.recall",
            "share of the nearest neighbours that a vector search finds",
            "ratio",
            "higher",
            "vectors",
            "setting",
            "vector_trials",
            "recall",
        ),
        Metric("vector.p95", "95th percentile of a vector search", "ms", "lower", "vectors", "setting", "vector_trials", "p95_ms"),
        Metric(
            "vector.queries_per_s",
            "vector searches a second, one after another",
            "per_second",
            "higher",
            "vectors",
            "setting",
            "vector_trials",
            "queries_per_s",
        ),
        Metric(
            "vector.growth",
            "power of the rows by which the cost of a vector search grows, at equal recall",
            "count",
            "lower",
            "vectors",
            "method",
            "vector_growth",
            "exponent",
            bounds=("lo", "hi"),
            closely=True,
        ),
        Metric(
            "sweep.growth",
            "power of the size by which the time of a workload grows: 1 is linear",
            "count",
            "lower",
            "sweep",
            "sweep",
            "sweep_exponents",
            "exponent",
            bounds=("lo", "hi"),
            closely=True,
        ),
        Metric(
            "load.scaling",
            "power of the users by which throughput grows on a ladder: 1 is linear",
            "count",
            "higher",
            "load",
            "endpoint",
            "load_scaling",
            "exponent",
            bounds=("lo", "hi"),
            closely=True,
        ),
        Metric("function.own_share", "share of a profile in one function itself", "ratio", "lower", "profile", "function", "functions", "own_share"),
        Metric("function.per_call", "time of one call, callees included", "ms", "lower", "profile", "function", "functions", "per_call_ms"),
    )
}

BY_DEFAULT = tuple(metric for metric in METRICS.values() if not metric.closely)
"""What comparisons and noise floors are about when nobody names a metric."""


def analysis_named(name: Analysis) -> Callable[[Store, Sequence[str]], Sequence[Any]]:
    """Imported when it is asked for, as few ever are."""
    module, _, function = name.partition(".")
    return cast(Callable[[Store, Sequence[str]], Sequence[Any]], getattr(import_module(f"{__package__}.{module}"), function or module))


def metric_named(name: str) -> Metric:
    """The metric a user asked for."""
    if name not in METRICS:
        raise unknown("metric", name, METRICS, listing="`perfkit metric`")
    return METRICS[name]
