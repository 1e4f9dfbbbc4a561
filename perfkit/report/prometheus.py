"""Targets → alerting rules for Prometheus: the same limits in production, in the words of whoever asked for them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import yaml

from perfkit.model.verdict import Verdict
from perfkit.packs import Pack, Target
from perfkit.report.promql import Scope, Watch, limit_in, watch_of
from perfkit.units import format_quantity

WIDTH, ONE_LINE = 120, 10_000
BROKEN = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
"""What must be → what an alert asks for."""
REJECTED = {"<": ">", "<=": ">", ">": "<", ">=": "<"}
"""The same for the harder limit, which itself is not rejected yet."""
WARNING_AFTER, CRITICAL_AFTER = "10m", "5m"
HUMANIZED = {"s": "humanizeDuration", "ratio": "humanizePercentage"}
NO_WORD = re.compile(r"[^A-Za-z0-9]+")
LIMIT_BEGINS = re.compile(r"[<>≤≥]")
CONVENTIONS = (
    "Names follow OpenTelemetry (HTTP, database and GenAI metrics, the span metrics of the collector), prometheus_client,"
    " node_exporter, redis_exporter and postgres_exporter. Adapt them to yours: prometheus-fastapi-instrumentator has"
    " http_request_duration_seconds with `handler` and `method`. A selector that matches nothing never fires:"
    " ask Prometheus for each expression once."
)
URGENCY = ("missed", "inconclusive", "met", "no_data")
NOT_WATCHED = {
    "shortened": "Left out here, where `perfkit monitor` has a rule for each",
    "measured": "Not measured, so without a rule",
    "build": "No series of a running service answers it (a build, a benchmark, a profile, the slowest of all times)",
    "compared": "Decided by comparing two labels, or by a ladder of users",
    "scenario": "Asked only of a certain load, which no series names",
    "subject": "Their subjects are names that no label of a series carries",
}


@dataclass(frozen=True, slots=True)
class Watched:
    """A target with the series that it is about."""

    target: Target
    watch: Watch
    scope: Scope
    source: str | None


@dataclass(frozen=True, slots=True)
class Rules:
    """What becomes of a pack's targets."""

    system: str
    watched: Sequence[Watched]
    left_out: Mapping[str, Sequence[str]]
    """A key of NOT_WATCHED → targets."""

    def document(self) -> dict[str, Any]:
        """The rule file as data."""
        rules = list(_rules(self.system, self.watched))
        return {"groups": [{"name": f"{self.system}-performance", "rules": rules}] if rules else []}

    def text(self) -> str:
        """The rule file in YAML, with comments."""
        return "\n".join([*_comments(self), yaml.safe_dump(self.document(), sort_keys=False, allow_unicode=True, width=ONE_LINE)])


def rules_for(pack: Pack, verdicts: Sequence[Verdict] | None = None, most: int | None = None) -> str:
    """A rule file that `promtool check rules` accepts, for the targets that the verdicts measured; without verdicts for all.

    most is how many targets a report has room for: those that were missed come first.
    """
    rules = alert_rules(pack, verdicts)
    return (rules if most is None else _shortened(rules, verdicts or (), most)).text()


def _shortened(rules: Rules, verdicts: Sequence[Verdict], most: int) -> Rules:
    worst = {verdict.target: URGENCY.index(verdict.verdict) for verdict in sorted(verdicts, key=lambda item: -URGENCY.index(item.verdict))}
    first = sorted(rules.watched, key=lambda item: worst.get(item.target.name, len(URGENCY)))[:most]
    rest = [item.target.name for item in rules.watched if item not in first]
    return Rules(rules.system, [item for item in rules.watched if item in first], {**rules.left_out, "shortened": rest})


def alert_rules(pack: Pack, verdicts: Sequence[Verdict] | None = None) -> Rules:
    """The same before it is written down."""
    measured = None if verdicts is None else {verdict.target for verdict in verdicts if verdict.verdict != "no_data"}
    watched: list[Watched] = []
    left_out: dict[str, list[str]] = defaultdict(list)
    for target in pack.targets:
        found = _watched(target, pack.source_of(target)) if measured is None or target.name in measured else "measured"
        if isinstance(found, str):
            left_out[found].append(target.name)
        else:
            watched.append(found)
    return Rules(pack.name, watched, left_out)


def _watched(target: Target, source: str | None) -> Watched | str:
    """The target with its series, or the key of the reason why there is none."""
    if target.form != "limit":
        return "compared"
    watch = watch_of(target)
    if watch is None:
        return "build"
    if target.scenario is not None:
        return "scenario"
    scope = watch.scope(target.subject)
    return "subject" if scope is None else Watched(target, watch, scope, source)


def _rules(system: str, watched: Sequence[Watched]) -> Iterator[Mapping[str, Any]]:
    names: set[str] = set()
    for item in watched:
        name = _unused(_alert(system, item.target), names)
        yield _rule(name, item, system, "warning")
        if item.target.reject is not None:
            yield _rule(name, item, system, "critical")


def _rule(name: str, item: Watched, system: str, severity: str) -> Mapping[str, Any]:
    target, critical = item.target, severity == "critical"
    value = target.rejected_from if critical and target.rejected_from is not None else target.quantity.value
    limit = limit_in(value, target.quantity.unit, item.watch.unit)
    broken = (REJECTED if critical else BROKEN)[target.must_be]
    return {
        "alert": name,
        "expr": f"{item.watch.expression(item.scope)} {broken} {limit:.10g}",
        "for": CRITICAL_AFTER if critical else WARNING_AFTER,
        "labels": {"severity": severity, "system": system},
        "annotations": {
            "summary": _literal(target.label),
            "description": _description(item, value, "rejected beyond" if critical else "limit"),
            **({"source": _literal(item.source)} if item.source else {}),
        },
    }


def _description(item: Watched, value: float, limit: str) -> str:
    """What Prometheus fills in when the rule fires."""
    target, unit = item.target, item.watch.unit
    about = " ".join(f"{{{{ $labels.{label} }}}}" for label in item.scope.by)
    shown = f"{{{{ $value | {HUMANIZED[unit]} }}}}" if unit in HUMANIZED else "{{ $value | humanize }}"
    suffix = {"ms": " ms", "bytes": "B"}.get(unit, "")
    said = f"{about + ': ' if about else ''}{target.metric_name} is {shown}{suffix}, {limit} {format_quantity(value, target.quantity.unit)}"
    return f"{said} ({_literal(target.scope)})." if target.scope else f"{said}."


def _literal(text: str) -> str:
    """Words of others are no template, and stay on one line."""
    return " ".join(text.split()).replace("{{", '{{ "{{" }}')


def _alert(system: str, target: Target) -> str:
    """The sentence up to its limit, as one word."""
    words = f"{system} {LIMIT_BEGINS.split(target.label)[0]} {target.variant or ''}"
    return "".join(word[0].upper() + word[1:] for word in NO_WORD.split(words) if word)


def _unused(name: str, names: set[str]) -> str:
    number = next(number for number in range(1, len(names) + 2) if _numbered(name, number) not in names)
    names.add(_numbered(name, number))
    return _numbered(name, number)


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}{number}"


def _comments(rules: Rules) -> Iterator[str]:
    if rules.watched:
        yield from _comment(CONVENTIONS)
    bounds = sorted({bound for item in rules.watched if item.watch.buckets for bound in _bounds(item)})
    if bounds:
        listed = ", ".join(format_quantity(bound, "ms") for bound in bounds)
        yield from _comment(f"A histogram is exact only at the bounds of its buckets. Have one at each of: {listed}.")
    for reason, said in NOT_WATCHED.items():
        if rules.left_out.get(reason):
            yield from _comment(f"{said}: {'; '.join(rules.left_out[reason])}.")


def _bounds(item: Watched) -> Iterator[float]:
    for value in (item.target.quantity.value, item.target.rejected_from):
        if value is not None:
            yield value


def _comment(text: str) -> list[str]:
    """On as many lines as it takes; words of others begin none of their own."""
    flat = " ".join(text.split())
    return wrap(flat, WIDTH, initial_indent="# ", subsequent_indent="#   ", break_long_words=False, break_on_hyphens=False)
