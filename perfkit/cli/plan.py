"""perfkit plan: an execution plan as a tree, or two of them side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfkit.cli.output import echo, json_option, print_json, show, workbench

if TYPE_CHECKING:
    from perfkit.analyses.plan_changes import PlanPair
    from perfkit.model.plan import Plan

NONE = "There is no plan. `perfkit collect plans` makes some, `perfkit ingest` reads what EXPLAIN printed."
NONE_ALIKE = "The two have no statement in common. `perfkit plan` lists the plans with their statements."


@click.command()
@click.argument("plan", required=False)
@click.argument("against", required=False)
@click.option("--nodes", "most", type=click.IntRange(min=1), default=60, show_default=True, help="Of larger plans the weightiest nodes, so many.")
@json_option
@click.pass_obj
def command(workspace: Path | None, plan: str | None, against: str | None, most: int, as_json: bool) -> None:
    """Show execution plans: own time of every node, rows, and where the planner was wrong.

    PLAN is a run, RUN:NUMBER or a label; without it all plans are listed. With AGAINST, the plans of the same statements
    stand side by side: what changed, and what it cost. `perfkit figure plan` draws the tree.
    """
    bench = workbench(workspace)
    if plan is None:
        show([item.head for item in bench.plans()], as_json, empty=NONE)
    elif against is None:
        _print_trees(bench.plans(plan), most, as_json)
    else:
        _print_pairs(bench.plan_pairs(plan, against), as_json)


def _print_trees(plans: Sequence[Plan], most: int, as_json: bool) -> None:
    from perfkit.figures.plan_text import plan_text

    if as_json:
        print_json([{"plan": item.head, "nodes": [node.step for node in item.nodes]} for item in plans])
        return
    echo("\n\n".join(plan_text(item, most=most) for item in plans) or NONE)


def _print_pairs(pairs: Sequence[PlanPair], as_json: bool) -> None:
    if as_json:
        print_json([{"base": pair.base.head, "candidate": pair.candidate.head, "changes": pair.changes} for pair in pairs])
        return
    if not pairs:
        echo(NONE_ALIKE)
    for pair in pairs:
        echo(f"{pair.base.title}\n{'' if pair.changed else 'The same plan. '}{_ids(pair.base)} against {_ids(pair.candidate)}")
        show(pair.changes, as_json, empty="")


def _ids(plan: Plan) -> str:
    return f"{plan.head.run_id}:{plan.head.plan_id}"
