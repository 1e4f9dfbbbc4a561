"""A metric of perfkit → the PromQL expression that watches the same thing in production, where there is one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from perfkit.analyses.latency import ALL_REQUESTS
from perfkit.packs import Target

WINDOW, LONG_WINDOW = "[5m]", "[15m]"
"""Counters over requests; counters that a short lull would empty."""
REQUESTS, SPANS, MODEL_CALLS = (
    "http_server_request_duration_seconds",
    "traces_span_metrics_duration_milliseconds",
    "gen_ai_client_operation_duration_seconds",
)
BY_ENDPOINT = ("http_request_method", "http_route")
SPAN_KINDS = {"internal": "INTERNAL", "server": "SERVER"}
"""Of OpenTelemetry; every other kind of ours is a call to somebody, a client's."""
FAILED = 'http_response_status_code=~"5.."'
ANYTHING = re.compile(rf"\*|{ALL_REQUESTS}\*?|(target|machine)\.\S*\*?")
"""Subjects that mean whatever there is, of a process or of the machine."""
GLOB = re.compile(r"\*|\?|\[!?[^\]]+\]")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which series a rule looks at, and by which labels it keeps them apart."""

    matchers: tuple[str, ...] = ()
    by: tuple[str, ...] = ()

    def of(self, series: str, *further: str, window: str = WINDOW) -> str:
        """The rate of a counter within the scope."""
        matchers = ", ".join((*self.matchers, *further))
        return f"rate({series}{{{matchers}}}{window})" if matchers else f"rate({series}{window})"

    def total(self, inner: str, *further: str) -> str:
        """The sum over everything that the labels do not keep apart."""
        by = ", ".join((*further, *self.by))
        return f"sum by ({by}) ({inner})" if by else f"sum({inner})"


@dataclass(frozen=True, slots=True)
class Watch:
    """How a metric is watched."""

    expression: Callable[[Scope], str]
    scope: Callable[[str], Scope | None]
    """A target's subject → the series; None where the subject is nothing that a label names."""
    unit: str
    """What the expression's value is in: s, ms, bytes, ratio or count."""
    buckets: bool = False
    """It reads a histogram, which is exact only at the bounds of its buckets."""


def watch_of(target: Target) -> Watch | None:
    """None where no running service answers: builds, benchmarks, comparisons."""
    name = target.metric_name
    return MACHINE if name in ("cpu.peak", "cpu.mean") and target.subject.startswith("machine.") else WATCHED.get(name)


def limit_in(value: float, unit: str, wanted: str) -> float:
    """A limit in the unit of an expression."""
    return value / 1000 if (unit, wanted) == ("ms", "s") else value


def _endpoints(subject: str) -> Scope | None:
    """METHOD /route, either of them as a glob."""
    if subject.rstrip("*") == ALL_REQUESTS:
        return Scope()
    method, space, route = subject.partition(" ")
    if not space:
        # one glob over both: the method is open, or the glob says no more than that there is one
        method, route = ("*", subject) if subject.startswith("*") else ("*", "*")
        if not subject.startswith(("*", "[A-Z]")):
            return None
    elif not route.startswith(("/", "*")):
        return None
    matchers = (_matcher("http_request_method", method), _matcher("http_route", route))
    return Scope(tuple(filter(None, matchers)), BY_ENDPOINT)


def _spans(subject: str) -> Scope | None:
    kind, space, name = subject.partition(" ")
    if not space:
        return Scope(by=("span_name",)) if subject == "*" else None
    matchers = (f'span_kind="SPAN_KIND_{SPAN_KINDS.get(kind, "CLIENT")}"', _matcher("span_name", name))
    return Scope(tuple(filter(None, matchers)), ("span_name",))


def _apart(*labels: str) -> Callable[[str], Scope | None]:
    """Series that no subject of ours selects, kept apart by labels of theirs."""
    return lambda subject: Scope(by=labels) if ANYTHING.fullmatch(subject) else None


def _whole(subject: str) -> Scope | None:
    """The same requests as one series, where the other side of a ratio has no endpoint."""
    scope = _endpoints(subject)
    return None if scope is None else Scope(scope.matchers)


def _matcher(label: str, glob: str) -> str | None:
    """A selector; None where everything fits."""
    if not glob.strip("*"):
        return None
    return f'{label}=~"{_quoted(_pattern(glob))}"' if GLOB.search(glob) else f'{label}="{_quoted(glob)}"'


def _pattern(glob: str) -> str:
    """RE2 has the classes of globs, and neither the groups nor the anchors of Python's translation."""
    parts, place = [], 0
    for wild in GLOB.finditer(glob):
        parts += [re.escape(glob[place : wild.start()]), {"*": ".*", "?": "."}.get(wild[0]) or wild[0].replace("[!", "[^", 1)]
        place = wild.end()
    return "".join([*parts, re.escape(glob[place:])])


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _percentile(share: str, series: str, *further: str) -> Callable[[Scope], str]:
    return lambda scope: f"histogram_quantile({share}, {scope.total(scope.of(f'{series}_bucket', *further), 'le')})"


def _mean(series: str) -> Callable[[Scope], str]:
    return lambda scope: f"{scope.total(scope.of(f'{series}_sum'))} / {scope.total(scope.of(f'{series}_count'))}"


def _share(part: str, *others: str) -> Callable[[Scope], str]:
    """One counter of several."""

    def share(scope: Scope) -> str:
        all_of_them = " + ".join(scope.total(scope.of(name, window=LONG_WINDOW)) for name in (part, *others))
        return f"{scope.total(scope.of(part, window=LONG_WINDOW))} / ({all_of_them})"

    return share


def _failures(scope: Scope) -> str:
    return f"{scope.total(scope.of(f'{REQUESTS}_count', FAILED))} / {scope.total(scope.of(f'{REQUESTS}_count'))}"


def _reuse(scope: Scope) -> str:
    made, used = (f"db_client_connection_{name}_time_seconds_count" for name in ("create", "use"))
    return f"1 - {scope.total(scope.of(made, window=LONG_WINDOW))} / {scope.total(scope.of(used, window=LONG_WINDOW))}"


def _per_request(series: str, *further: str) -> Callable[[Scope], str]:
    """Model calls carry no route: their rate is set against that of the requests that make them."""
    return lambda scope: (
        f"sum(rate({series}{'{' + ', '.join(further) + '}' if further else ''}{WINDOW})) / {scope.total(scope.of(f'{REQUESTS}_count'))}"
    )


def _plain(expression: str) -> Callable[[Scope], str]:
    return lambda _: expression


def _latency(expression: Callable[[Scope], str], *, buckets: bool = True) -> Watch:
    return Watch(expression, _endpoints, "s", buckets)


def _span(expression: Callable[[Scope], str], *, buckets: bool = True) -> Watch:
    return Watch(expression, _spans, "ms", buckets)


MACHINE = Watch(_plain(f'1 - avg by (instance) (rate(node_cpu_seconds_total{{mode="idle"}}{WINDOW}))'), _apart("instance"), "ratio")
PROCESSOR = Watch(_plain(f"rate(process_cpu_seconds_total{WINDOW})"), _apart("instance"), "ratio")
STATEMENTS = "db_client_operation_duration_seconds"
BY_STATEMENT = _apart("db_operation_name", "db_collection_name")
WATCHED: Mapping[str, Watch] = {
    "latency.mean": _latency(_mean(REQUESTS), buckets=False),
    **{
        f"{kind}.{name}": _latency(_percentile(share, REQUESTS))
        for kind in ("latency", "response")
        for name, share in (("p50", "0.5"), ("p95", "0.95"), ("p99", "0.99"))
    },
    "latency.p95_ok": _latency(_percentile("0.95", REQUESTS, FAILED.replace("=~", "!~"))),
    "error.rate": Watch(_failures, _endpoints, "ratio"),
    "throughput": Watch(lambda scope: scope.total(scope.of(f"{REQUESTS}_count")), _endpoints, "count"),
    "span.mean": _span(_mean(SPANS), buckets=False),
    **{f"span.{name}": _span(_percentile(share, SPANS)) for name, share in (("p50", "0.5"), ("p95", "0.95"), ("warm.p95", "0.95"), ("p99", "0.99"))},
    "query.p95": Watch(_percentile("0.95", STATEMENTS), BY_STATEMENT, "s", buckets=True),
    "cache.hit_ratio": Watch(_share("redis_keyspace_hits_total", "redis_keyspace_misses_total"), _apart("instance"), "ratio"),
    "db.cache_hit": Watch(_share("pg_stat_database_blks_hit", "pg_stat_database_blks_read"), _apart("datname"), "ratio"),
    "db.connections": Watch(_plain("sum by (instance) (pg_stat_activity_count)"), _apart("instance"), "count"),
    "pool.most_held": Watch(
        _plain('sum by (instance, db_client_connection_pool_name) (db_client_connection_count{db_client_connection_state="used"})'),
        _apart("instance", "db_client_connection_pool_name"),
        "count",
    ),
    "pool.reuse": Watch(_reuse, _apart("instance", "db_client_connection_pool_name"), "ratio"),
    "pool.wait": Watch(_mean("db_client_connection_wait_time_seconds"), _apart("instance", "db_client_connection_pool_name"), "s"),
    "memory.peak": Watch(_plain("process_resident_memory_bytes"), _apart("instance"), "bytes"),
    "cpu.peak": PROCESSOR,
    "cpu.mean": PROCESSOR,
    "llm.calls": Watch(_per_request(f"{MODEL_CALLS}_count"), _whole, "count"),
    "llm.input_tokens": Watch(_per_request("gen_ai_client_token_usage_sum", 'gen_ai_token_type="input"'), _whole, "count"),
    "llm.output_tokens": Watch(_per_request("gen_ai_client_token_usage_sum", 'gen_ai_token_type="output"'), _whole, "count"),
}
