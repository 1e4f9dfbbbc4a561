"""perfkit capacity: how many users does the system carry?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfkit.analyses.known_runs import Selection
from perfkit.cli.output import json_option, print_json, show, workbench
from perfkit.errors import Exit
from perfkit.units import format_quantity, parse_quantity

if TYPE_CHECKING:
    from perfkit.analyses.capacity import Capacity
    from perfkit.stats.capacity import Usl

SCALINGS = {"linear": "linear", "sublinear": "less than linear", "superlinear": "more than linear", "undecided": "not decided whether linear"}


@click.command()
@click.option("--label", help="Only runs with this label.")
@click.option("--run", "runs", multiple=True, help="Only this run; may be repeated.")
@click.option("--limit", default="500 ms", show_default=True, help="What P95 must stay below on every step.")
@click.option("--errors", default="1 %", show_default=True, help="Share of failed requests that a step must stay below.")
@click.option("--users", type=click.IntRange(min=1), help="Decide whether the system is ready for so many.")
@json_option
@click.pass_obj
def command(workspace: Path | None, label: str | None, runs: tuple[str, ...], limit: str, errors: str, users: int | None, as_json: bool) -> Exit:
    """Judge every step of a ladder and name the highest one that passes.

    A step passes when P95 and errors are surely below their limits, latency is steady, and as many users were at work
    as were asked for. Nothing beyond the highest tested step is promised. With --users the exit code is the verdict:
    0 ready, 1 not ready, 3 not decided or not tested.
    """
    found = workbench(workspace).capacity(
        Selection(run_ids=runs or None, label=label), parse_quantity(limit).value, parse_quantity(errors).value, users
    )
    if as_json:
        print_json(found)
    else:
        show(found.steps, False, empty="")
        for line in _sentences(found):
            click.echo(line)
    if users is None:
        return Exit.DONE
    return {"met": Exit.DONE, "missed": Exit.MISSED}.get(found.verdict or "", Exit.UNDECIDED)


def _sentences(found: Capacity) -> list[str]:
    limit = f"P95 < {format_quantity(found.limit_ms, 'ms')}, errors < {format_quantity(found.error_limit, 'ratio')}"
    highest = f"{found.users} {found.step_is}" if found.users is not None else "none of the tested steps"
    lines = [f"Highest step that passes ({limit}): {highest}. {found.why[:1].upper()}{found.why[1:]}."]
    if found.scaling is not None:
        slope, interval = f"{found.scaling.slope:.2f}", f"{found.scaling.lo:.2f} … {found.scaling.hi:.2f}"
        lines.append(f"Throughput grows with the power {slope} of {found.step_is} (95 % interval {interval}): {SCALINGS[found.scaling.verdict]}.")
    if found.knee is not None:
        lines.append(found.knee.why or f"More {found.step_is} bring little beyond {_range(found.knee.users, found.knee.lo, found.knee.hi)}.")
    if found.law is not None:
        lines.append(_law(found.law))
    return lines


def _range(value: float | None, lo: float | None, hi: float | None) -> str:
    between = f" (95 % interval {lo:.0f} … {hi:.0f})" if lo is not None and hi is not None else ""
    return f"{value:.0f}{between}" if value is not None else "no tested step"


def _law(law: Usl) -> str:
    """A model, said to be one."""
    coefficients = f"contention {law.alpha:.3g}, coherency {law.beta:.3g}"
    if law.peak_users is None:
        return f"By the universal scalability law, a model ({coefficients}): {law.why or 'no peak within reach of the tested steps'}"
    reach = "" if law.peak_users <= law.highest_tested else ", which was not tested"
    return f"By the universal scalability law, a model ({coefficients}), throughput would peak at {law.peak_users:.0f}{reach}."
