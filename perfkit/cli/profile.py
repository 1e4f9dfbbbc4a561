"""perfkit profile: where the time and the memory of a profiled program go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfkit.cli.output import json_option, print_json, show, workbench

if TYPE_CHECKING:
    from perfkit.analyses.call_paths import ProfileTree
    from perfkit.analyses.profiled import Profiled

NONE = "There is no profile. `perfkit collect profile` makes one, `perfkit ingest` reads what a profiler left."
NO_LINES = "The profiler told no lines. scalene, line_profiler and py-spy do."
NO_THREADS = "The profiler did not tell threads apart."
NO_CALLS = "No path of calls matches. Patterns fit full names such as app.views.index, functions or files; * stands for anything."
NO_FUNCTIONS = "The profile has no functions, only lines. --lines shows them."
VIEWS = ("functions", "top-down", "bottom-up", "lines", "threads")

Shown = Callable[["Profiled", dict[str, Any]], None]


@click.command()
@click.argument("name", metavar="RUN|LABEL", required=False)
@click.option("--view", type=click.Choice(VIEWS), default="functions", show_default=True, help="What is listed.")
@click.option(
    "--path", "query", metavar="QUERY", help="Functions that paths of calls end in: 'app.* > **/json.*'; > is a direct call, **/ one through others."
)
@click.option("--mine", is_flag=True, help="Only the application's code: what libraries do belongs to whoever called them.")
@click.option("--by", "unit", metavar="UNIT", help="cpu_s, wall_s, samples, bytes or allocations. Default: time before counts before memory.")
@click.option("--thread", metavar="NAME", help="Only this thread, process or task, as --view threads names it.")
@click.option("--most", type=click.IntRange(min=1), default=30, show_default=True, help="Rows at most; of paths the heaviest.")
@json_option
@click.pass_obj
def command(workspace: Path | None, /, name: str | None, query: str | None, as_json: bool, **how: Any) -> None:
    """Show where a profiled program spends its time or memory.

    Own weight is a function's without what it calls, total is with it. Without a name the profiles are listed.
    `perfkit figure flame` draws the same as a picture to walk through.
    """
    from perfkit.analyses.known_runs import Selection

    bench = workbench(workspace)
    if name is None:
        show(bench.runs(Selection(kind="profile")), as_json, empty=NONE)
        return
    profiled = bench.profile(name)
    if query is not None:
        show(profiled.calls(query, how["unit"])[: how["most"]], as_json, empty=NO_CALLS)
    else:
        SHOWN[how["view"]](profiled, how | {"as_json": as_json})


def _functions(profiled: Profiled, how: dict[str, Any]) -> None:
    rows = [row for row in profiled.functions(how["unit"]) if not how["mine"] or row.origin == "application"]
    show(rows[: None if how["as_json"] else how["most"]], how["as_json"], empty=NO_FUNCTIONS)


def _lines(profiled: Profiled, how: dict[str, Any]) -> None:
    rows = [row for row in profiled.lines() if how["unit"] in (None, row.unit) and (not how["mine"] or row.origin == "application")]
    show(rows[: None if how["as_json"] else how["most"]], how["as_json"], empty=NO_LINES)


def _threads(profiled: Profiled, how: dict[str, Any]) -> None:
    show(profiled.threads(), how["as_json"], empty=NO_THREADS)


def _top_down(profiled: Profiled, how: dict[str, Any]) -> None:
    _print_tree(profiled, profiled.tree(unit=how["unit"], mine=how["mine"], thread=how["thread"]), how)


def _bottom_up(profiled: Profiled, how: dict[str, Any]) -> None:
    _print_tree(profiled, profiled.bottom_up(unit=how["unit"], mine=how["mine"], thread=how["thread"]), how)


SHOWN: dict[str, Shown] = dict(zip(VIEWS, (_functions, _top_down, _bottom_up, _lines, _threads), strict=True))


def _print_tree(profiled: Profiled, tree: ProfileTree, how: dict[str, Any]) -> None:
    from perfkit.analyses.path_cut import heaviest
    from perfkit.figures.profile_text import heading, profile_text

    if how["as_json"]:
        places = [asdict(place) for place in tree.places]
        rows = [asdict(row) | {"place": None if row.left_out else places[int(tree.place[row.path])]} for row in heaviest(tree, how["most"])]
        print_json({"unit": tree.unit, "estimated": tree.estimated, "whole": tree.whole, "runs": profiled.run_ids, "paths": rows})
        return
    click.echo(f"{heading(tree, profiled.run_ids)}\n\n{profile_text(tree, most=how['most'])}")
