"""perfkit capacity: how many users does the system carry?"""

from __future__ import annotations

from pathlib import Path

import click

from perfkit.analyses.known_runs import Selection
from perfkit.cli.output import echo, json_option, print_json, show, workbench
from perfkit.errors import Exit, UsageError
from perfkit.units import parse_quantity


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
    selection = Selection(run_ids=runs or None, label=label)
    found = workbench(workspace).capacity(selection, _amount(limit, "ms", "500 ms"), _amount(errors, "ratio", "1 %"), users)
    if as_json:
        print_json(found)
    else:
        from perfkit.figures.sentences import capacity_sentences

        show(found.steps, False, empty="")
        echo("\n".join(capacity_sentences(found)))
    if users is None:
        return Exit.DONE
    return {"met": Exit.DONE, "missed": Exit.MISSED}.get(found.verdict or "", Exit.UNDECIDED)


def _amount(text: str, unit: str, example: str) -> float:
    """The quantity, if it is of the kind that is asked for."""
    quantity = parse_quantity(text)
    if quantity.unit != unit:
        raise UsageError(f"{text!r} is not what is asked for here. Write it like {example}.")
    return quantity.value
