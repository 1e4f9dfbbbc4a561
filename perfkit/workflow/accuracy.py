"""An investigation's accuracy check, for each of its labels: a command's exit code, or a metric and its bound."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from perfkit.analyses.known_runs import Selection
from perfkit.analyses.metrics import METRICS
from perfkit.collectors.accuracy import Answered, answer_of
from perfkit.collectors.profile.program import interpreted
from perfkit.packs.investigation import AccuracyCheck
from perfkit.packs.placeholders import Filling, filled
from perfkit.units import format_quantity
from perfkit.workbench import Workbench

MOST_NAMED = 3


def asked_by(check: AccuracyCheck) -> str:
    """The check in one line, the same for all labels."""
    if check.metric is None or check.at_least is None:
        return shlex.join(check.command)
    about = "" if check.subject == "*" else f" of {check.subject}"
    return f"{check.metric}{about} >= {format_quantity(check.at_least, METRICS[check.metric].unit)}"


def answer_by_command(check: AccuracyCheck, known: Mapping[str, Filling], cwd: Path) -> Answered:
    """Exit code 0 is a pass."""
    return answer_of(interpreted(filled(check.command, known)), cwd=cwd)


def answer_by_metric(check: AccuracyCheck, bench: Workbench, label: str, system: str) -> Answered:
    """Every subject must reach the bound; what was not measured did not."""
    metric, bound = METRICS[check.metric or ""], check.at_least or 0.0
    known = any(run.label == label for run in bench.runs())
    measured = bench.measure(metric.name, Selection(label=label, system=system)) if known else []
    fitting = sorted((item for item in measured if fnmatchcase(item.subject, check.subject)), key=lambda item: item.value)
    if not fitting:
        return Answered(False, None, f"{metric.name} was not measured for {label}")
    low = [f"{item.subject}: {format_quantity(item.value, item.unit)}" for item in fitting if item.value < bound]
    more = f" and {len(low) - MOST_NAMED} more" if len(low) > MOST_NAMED else ""
    said = f"too low are {', '.join(low[:MOST_NAMED])}{more}" if low else f"the lowest is {format_quantity(fitting[0].value, fitting[0].unit)}"
    return Answered(not low, None, said)
