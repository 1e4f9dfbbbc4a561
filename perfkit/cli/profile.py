"""perfkit profile: where the time and the memory of a profiled program go."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfkit.cli.output import echo, json_option, print_json, show, workbench
from perfkit.errors import Exit, UsageError

if TYPE_CHECKING:
    from perfkit.analyses.call_paths import ProfileTree
    from perfkit.analyses.functions import FunctionTime
    from perfkit.analyses.profiled import Profiled
    from perfkit.analyses.speed_up import FunctionGain

NONE = "There is no profile. `perfkit collect profile` makes one, `perfkit ingest` reads what a profiler left."
NO_LINES = "The profiler told no lines. scalene, line_profiler and py-spy do."
NO_THREADS = "The profiler did not tell threads apart."
NO_CALLS = "No path of calls matches. Patterns fit full names such as app.views.index, functions or files; * stands for anything."
NO_FUNCTIONS = "The profile has no functions, only lines. --view lines shows them."
VIEWS = ("functions", "top-down", "bottom-up", "lines", "threads", "bound")

ONLY_WITH = {"times": ("--if-faster", ("--view functions",)), "thread": ("--thread", ("--view top-down", "--view bottom-up"))}
"""Options that not every question has an answer to: what they are called, and what they go with."""

Shown = Callable[["Profiled", dict[str, Any]], None]


class Times(click.ParamType[float]):
    """How many times faster: a number above 1, or free."""

    name = "times"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Raises what click shows for a wrong option."""
        try:
            times = math.inf if value == "free" else float(value)
        except ValueError:
            times = 0.0
        if not times > 1:
            self.fail(f"{value!r} is not how many times faster something becomes. Write a number above 1, such as 2, or free.", param, ctx)
        return times


@click.command()
@click.argument("name", metavar="RUN|LABEL", required=False)
@click.option("--view", type=click.Choice(VIEWS), default="functions", show_default=True, help="What is listed.")
@click.option(
    "--path", "query", metavar="QUERY", help="Functions that paths of calls end in: 'app.* > **/json.*'; > is a direct call, **/ one through others."
)
@click.option("--mine", is_flag=True, help="Only the application's code: what libraries do belongs to whoever called them.")
@click.option(
    "--by", "unit", metavar="UNIT", help="cpu_s, wall_s, samples, bytes, allocations or the tool's own. Default: time, then counts, then memory."
)
@click.option(
    "--against", metavar="BASE", help="Another label or run: what changed from it, with intervals from the runs. Views: functions, top-down."
)
@click.option("--rank", "by", type=click.Choice(("own", "total")), default="own", show_default=True, help="With --against: which weight's change.")
@click.option("--force", is_flag=True, help="With --against: judge runs although host, workload or tool settings differ.")
@click.option(
    "--if-faster",
    "times",
    metavar="K",
    type=Times(),
    help="What the whole would gain if a function became K times faster, or `free`: functions only.",
)
@click.option("--thread", metavar="NAME", help="Only this thread, process or task, as --view threads names it.")
@click.option("--most", type=click.IntRange(min=1), default=30, show_default=True, help="Rows at most; of paths the heaviest.")
@json_option
@click.pass_obj
def command(workspace: Path | None, /, name: str | None, query: str | None, against: str | None, as_json: bool, **how: Any) -> Exit:
    """Show where a profiled program spends its time or memory.

    Own weight is a function's without what it calls, total is with it. Without a name the profiles are listed.
    `perfkit figure flame` draws the same as a picture to walk through. With --against, a change is called slower or faster
    only where at least three runs a side leave no room for none; exit code 3 where a side has one run.
    """
    from perfkit.analyses.known_runs import Selection
    from perfkit.figures.profile_text import overhead_sentences

    _refuse_unused("--against" if against is not None else "--path" if query is not None else f"--view {how['view']}", how)
    bench = workbench(workspace)
    if name is None:
        show(bench.runs(Selection(kind="profile")), as_json, empty=NONE)
        return Exit.DONE
    if against is not None:
        from perfkit.cli.profile_against import compare

        return compare(bench, against, name, how | {"as_json": as_json})
    profiled = bench.profile(name)
    if query is not None:
        show(profiled.calls(query, how["unit"])[: how["most"]], as_json, empty=NO_CALLS)
    else:
        SHOWN[how["view"]](profiled, how | {"as_json": as_json})
    if not as_json:
        for sentence in overhead_sentences(profiled.facts()):
            echo(sentence)
    return Exit.DONE


def _refuse_unused(asked: str, how: dict[str, Any]) -> None:
    """An option that would change nothing is a misunderstanding."""
    for name, (option, fitting) in ONLY_WITH.items():
        if how[name] is not None and asked not in fitting:
            raise UsageError(f"{option} says nothing with {asked}. It goes with {' and '.join(fitting)}.")


def _functions(profiled: Profiled, how: dict[str, Any]) -> None:
    unit, times = how["unit"], how["times"]
    found: Sequence[FunctionTime | FunctionGain] = profiled.functions(unit) if times is None else profiled.gains(times, unit)
    rows = [row for row in found if not how["mine"] or row.origin == "application"]
    show(rows[: None if how["as_json"] else how["most"]], how["as_json"], empty=NO_FUNCTIONS)
    if not how["as_json"]:
        from perfkit.figures.profile_changes import bounds_text

        echo(bounds_text(profiled.bounds()))


def _lines(profiled: Profiled, how: dict[str, Any]) -> None:
    rows = [row for row in profiled.lines() if how["unit"] in (None, row.unit) and (not how["mine"] or row.origin == "application")]
    show(rows[: None if how["as_json"] else how["most"]], how["as_json"], empty=NO_LINES)


def _threads(profiled: Profiled, how: dict[str, Any]) -> None:
    show(profiled.threads(), how["as_json"], empty=NO_THREADS)


def _bound(profiled: Profiled, how: dict[str, Any]) -> None:
    show(profiled.bounds(), how["as_json"], empty=NONE)


def _top_down(profiled: Profiled, how: dict[str, Any]) -> None:
    _print_tree(profiled, profiled.tree(unit=how["unit"], mine=how["mine"], thread=how["thread"]), how)


def _bottom_up(profiled: Profiled, how: dict[str, Any]) -> None:
    _print_tree(profiled, profiled.bottom_up(unit=how["unit"], mine=how["mine"], thread=how["thread"]), how)


SHOWN: dict[str, Shown] = dict(zip(VIEWS, (_functions, _top_down, _bottom_up, _lines, _threads, _bound), strict=True))


def _print_tree(profiled: Profiled, tree: ProfileTree, how: dict[str, Any]) -> None:
    from perfkit.analyses.path_cut import heaviest
    from perfkit.figures.profile_text import heading, profile_text

    if how["as_json"]:
        places = [asdict(place) for place in tree.places]
        rows = [asdict(row) | {"place": None if row.left_out else places[int(tree.place[row.path])]} for row in heaviest(tree, how["most"])]
        print_json({"unit": tree.unit, "estimated": tree.estimated, "whole": tree.whole, "runs": profiled.run_ids, "paths": rows})
        return
    echo(f"{heading(tree, profiled.run_ids)}\n\n{profile_text(tree, most=how['most'])}")
