"""Does a pack fit the metrics that there are? What pydantic cannot know, as sentences."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from fnmatch import translate

from perfkit.analyses.latency import ALL_REQUESTS
from perfkit.analyses.metrics import METRICS, Metric
from perfkit.packs.model import CheckItem, Pack, Target
from perfkit.packs.reading import Complaint, Places
from perfkit.units import parse_quantity

SPELT = {
    "ms": "500 ms",
    "bytes": "500 MB",
    "ratio": "80 %",
    "per_second": "60 /s",
    "factor": "1.2x",
    "count": "5",
    "tokens": "800 tokens",
}
"""How a limit in a unit is written."""
WILD = re.compile(r"[*?\[]")
NOTHING = "(?!)"
"""What a glob becomes that no name fits."""


def complaints(pack: Pack, places: Places) -> Iterator[Complaint]:
    """Everything about targets, components and templates that cannot be right."""
    for position, target in enumerate(pack.targets):
        yield from ((places.of("targets", position, key), text) for key, text in _of_target(target))
    yield from _alike(pack, places)
    for position, component in enumerate(pack.components):
        for kind in ("endpoints", "gates", "stages", "spans", "code"):
            for number, glob in enumerate(getattr(component, kind)):
                wrong = _of_glob(glob) or (_of_code(glob) if kind == "code" else None)
                if wrong:
                    yield places.of("components", position, kind, number), wrong
    for position, checklist in enumerate(pack.checklists):
        for number, item in enumerate(checklist.items):
            yield from ((places.of("checklists", position, "items", number, key), text) for key, text in _of_item(item))
    for position, pool in enumerate(pack.pools):
        if pool.smallest > pool.largest:
            yield places.of("pools", position, "smallest"), f"the smallest pool, {pool.smallest}, is larger than the largest, {pool.largest}."


def templates_missing(pack: Pack) -> list[str]:
    """Reports that the pack names and nobody has written yet."""
    return [f"{name} ({file})" for name, file in pack.reports.items() if not pack.template_of(name).is_file()]


def _of_target(target: Target) -> Iterator[tuple[str, str]]:
    metric = METRICS.get(target.metric_name)
    if metric is None:
        yield "metric", _no_metric(target)
    else:
        unit = "ratio" if target.reduction else metric.unit
        for key, text in (("limit", target.limit), ("reject", target.reject)):
            if text is not None and parse_quantity(text).unit != unit:
                yield key, _wrong_unit(text, metric.name, unit, reduction=target.reduction)
        yield from _of_form(target, metric)
    wrong = _of_glob(target.subject) or (metric and _of_subject(target.subject, metric)) or None
    if wrong:
        yield "subject", wrong
    if target.scenario is not None and (wrong := _of_glob(target.scenario)):
        yield "scenario", wrong


def _of_item(item: CheckItem) -> Iterator[tuple[str, str]]:
    told = [key for key in ("measured", "improved", "fixed") if getattr(item, key) is not None]
    if len(told) > 1:
        yield told[1], f"one thing shows that it is done, not {len(told)}: leave all but one of {', '.join(told)} out."
    for key in ("measured", "improved"):
        name = getattr(item, key)
        if name is not None and name not in METRICS:
            yield key, _unknown_metric(name)
    if wrong := _of_glob(item.subject):
        yield "subject", wrong


def _no_metric(target: Target) -> str:
    name = target.metric_name
    statistics = [known.removeprefix(f"{target.metric}.") for known in METRICS if known.startswith(f"{target.metric}.")]
    if statistics and target.statistic is None:
        return f"`{name}` needs a statistic: {', '.join(statistics)}."
    return _unknown_metric(name)


def _unknown_metric(name: str) -> str:
    close = difflib.get_close_matches(name, METRICS, 3, 0.4)
    said = f"Close to it: {', '.join(close)}. " if close else ""
    return f"there is no metric `{name}`. {said}`perfkit metric` lists all."


def _wrong_unit(text: str, metric: str, unit: str, *, reduction: bool) -> str:
    example, shown = SPELT.get(unit, unit), unit if unit != "ratio" else "%"
    what = "a reduction is a share" if reduction else f"{metric} is measured in {shown}"
    if parse_quantity(text).unit == "count":
        return f"the limit {text} has no unit; {what}: write it in {shown}, such as {example}."
    return f"{text!r} is no limit for {metric}; {what}: write it in {shown}, such as {example}."


def _of_form(target: Target, metric: Metric) -> Iterator[tuple[str, str]]:
    if target.reduction and metric.better == "higher":
        yield "reduction", f"more of {metric.name} is better, so nobody wants a reduction of it."
    if target.reduction and target.users:
        yield "users", "a reduction is judged between two labels, not on the steps of a ladder: leave one of the two out."
    if target.users and metric.name != "latency.p95":
        yield "users", f"the steps of a ladder are judged by latency.p95, not by {metric.name}."
    if target.users and target.subject not in ("*", ALL_REQUESTS):
        yield "subject", "the steps of a ladder are judged over all requests: leave `subject` out."
    upper = target.must_be in ("<", "<=")
    if target.reject is not None and (target.rejected_from or 0.0) <= target.quantity.value and upper:
        yield "reject", f"{target.reject} is not beyond the limit of {target.limit}: what is rejected is worse than what is late."
    if (metric.better == "lower") != upper and not target.reduction and target.note is None:
        how = "less" if metric.better == "lower" else "more"
        yield (
            "must_be",
            f"{how} of {metric.name} is better, but the target asks for {target.must_be} {target.limit}. Is that meant? Then say why in `note`.",
        )
    if target.reduction and upper:
        yield "must_be", f"a reduction is a share that must be reached: write '>' or '>=' instead of {target.must_be!r}."


def _of_glob(glob: str) -> str | None:
    """Why no name can ever fit it."""
    if not glob.strip():
        return "an empty glob fits nothing; '*' fits everything."
    if glob != glob.strip():
        return f"the glob {glob!r} begins or ends with a space, and no name does."
    if NOTHING in translate(glob):
        return f"the glob {glob!r} holds a range of characters that runs backwards, so nothing fits it."
    return None


def _of_code(glob: str) -> str | None:
    if glob.startswith(("./", "../", "/")) or "\\" in glob:
        return f"the glob {glob!r} fits nothing: files are named from the repository's root, such as app/search.py or app/**/gates/*.py."
    return None


def _of_subject(glob: str, metric: Metric) -> str | None:
    """Names of some kinds of subjects begin with one of a few words."""
    if not metric.subject_begins:
        return None
    literal = WILD.split(glob)[0]
    if any(literal.startswith(f"{word} ") or f"{word} ".startswith(literal) for word in metric.subject_begins):
        return None
    kinds = ", ".join(metric.subject_begins)
    return f"nothing fits {glob!r}: a {metric.subject} is named by its kind and its name, such as 'internal {glob}'; kinds are {kinds}."


def _alike(pack: Pack, places: Places) -> Iterator[Complaint]:
    """Two targets of one name cannot be told apart."""
    seen: dict[str, int] = {}
    for position, target in enumerate(pack.targets):
        if target.name in seen:
            told = f"the target {target.name!r} stands here a second time"
            yield places.of("targets", position, "label"), f"{told}. Two readings of one sentence each need a `variant` of their own."
        seen.setdefault(target.name, position)
    shared = {label for label, readings in pack.readings().items() if any(reading.variant for reading in readings)}
    for position, target in enumerate(pack.targets):
        if target.label in shared and target.variant is None:
            yield places.of("targets", position, "label"), f"{target.label!r} is read in several ways, so this reading needs a `variant`, too."
