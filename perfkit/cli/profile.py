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
    from perfkit.analyses.profiled import Profiled
    from perfkit.analyses.speed_up import FunctionGain
    from perfkit.analyses.usual_functions import UsualFunction

NONE = "There is no profile. `perfkit collect profile` makes one, `perfkit ingest` reads what a profiler left."
NO_LINES = "The profiler told no lines. scalene, line_profiler, py-spy and sessions of pyinstrument do."
NO_LINES_OF_MINE = "None of the lines is the application's. Without --mine all are listed."
NO_BOUND = "What bounds a program follows from a profile of its time, and this one is of its memory."
NO_THREADS = "The profiler did not tell threads apart."
NO_CALLS = "No path of calls matches. Patterns fit full names such as app.views.index, functions or files; * stands for anything."
ONLY_TREE = "The profiler counted who calls whom, not paths: what libraries did is divided among their callers by what each one's calls took."
MINE = "What libraries and built-in functions do is counted to the application's function that called them."
NO_FOLDERS = (
    "The profile names files without the folders that they are installed in, so packages count as the application: py-spy -f speedscope names them."
)
VIEWS = ("functions", "top-down", "bottom-up", "lines", "threads", "bound")
JOINED = {"functions": "the median of", "lines": "the median of", "threads": "each of", "path": "the sum of"}
"""What becomes of several runs in a table."""

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
@click.option("--tool", metavar="NAME", help="Of a label with several profilers: this one's. Default: the newest.")
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
    profiled = bench.profile(name, how["tool"])
    shown = SHOWN[how["view"]] if query is None else _calls
    shown(profiled, how | {"as_json": as_json, "query": query})
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
    unit, times, mine = how["unit"], how["times"], how["mine"]
    if not how["as_json"] and times is None and not profiled.units() and profiled.lines():
        _lines(profiled, how | {"view": "lines"})
        return
    chosen = profiled.unit(unit)
    rows: Sequence[UsualFunction | FunctionGain] = (
        profiled.functions(chosen.unit, mine=mine) if times is None else profiled.gains(times, chosen.unit, mine=mine)
    )
    notes = [MINE, *([] if chosen.tree else [ONLY_TREE]), *([] if profiled.tells_packages(chosen.unit) else [NO_FOLDERS])] if mine else []
    _table(profiled, rows, chosen.unit, how, notes)
    if not how["as_json"]:
        from perfkit.figures.profile_changes import bounds_text

        known = [bound for bound in profiled.bounds() if bound.bound != "inconclusive"]
        if known:
            echo(bounds_text(known))


def _lines(profiled: Profiled, how: dict[str, Any]) -> None:
    every = profiled.lines(how["unit"])
    rows = [row for row in every if not how["mine"] or row.origin == "application"]
    _table(profiled, rows, rows[0].unit if rows else "", how, empty=NO_LINES_OF_MINE if every else NO_LINES)


def _calls(profiled: Profiled, how: dict[str, Any]) -> None:
    chosen = profiled.unit(how["unit"])
    _table(profiled, profiled.calls(how["query"], chosen.unit), chosen.unit, how, empty=NO_CALLS)


def _threads(profiled: Profiled, how: dict[str, Any]) -> None:
    rows = profiled.threads(how["unit"])
    _table(profiled, rows, rows[0].unit if rows else "", how, empty=NO_THREADS)


def _table(profiled: Profiled, rows: Sequence[Any], unit: str, how: dict[str, Any], notes: Sequence[str] = (), empty: str = "") -> None:
    """One unit a table, which stands above it with its runs; what else there is stands below."""
    joined = JOINED["path" if how["query"] else how["view"]]
    if how["as_json"] or not rows:
        show(rows[: how["most"]] if how["query"] else rows, how["as_json"], empty=empty)
        return
    from perfkit.figures.profile_text import besides, table_heading

    echo(table_heading(profiled, unit, joined))
    show(rows[: how["most"]], False, empty=empty)
    more = [f"{len(rows) - how['most']} more weigh less. --most shows them."] if len(rows) > how["most"] else []
    for sentence in (*more, *notes, *besides(profiled, unit)):
        echo(sentence)


def _bound(profiled: Profiled, how: dict[str, Any]) -> None:
    show(profiled.bounds(), how["as_json"], empty=NO_BOUND)


def _top_down(profiled: Profiled, how: dict[str, Any]) -> None:
    _print_tree(profiled, profiled.tree(unit=how["unit"], mine=how["mine"], thread=how["thread"]), how)


def _bottom_up(profiled: Profiled, how: dict[str, Any]) -> None:
    _print_tree(profiled, profiled.bottom_up(unit=how["unit"], mine=how["mine"], thread=how["thread"]), how)


SHOWN: dict[str, Shown] = dict(zip(VIEWS, (_functions, _top_down, _bottom_up, _lines, _threads, _bound), strict=True))


def _print_tree(profiled: Profiled, tree: ProfileTree, how: dict[str, Any]) -> None:
    from perfkit.analyses.path_cut import heaviest
    from perfkit.figures.profile_text import besides, heading, profile_text

    if how["as_json"]:
        places = [asdict(place) for place in tree.places]
        rows = [asdict(row) | {"place": None if row.left_out else places[int(tree.place[row.path])]} for row in heaviest(tree, how["most"])]
        print_json({"unit": tree.unit, "estimated": tree.estimated, "whole": tree.whole, "runs": profiled.run_ids, "paths": rows})
        return
    echo(f"{heading(tree, profiled)}\n\n{profile_text(tree, most=how['most'])}")
    for sentence in besides(profiled, tree.unit):
        echo(sentence)
