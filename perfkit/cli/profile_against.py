"""perfkit profile NAME --against BASE: which functions and paths changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.cli.diagnostics import say
from perfkit.cli.output import echo, print_json, show
from perfkit.errors import Exit, UsageError

if TYPE_CHECKING:
    from perfkit.analyses.path_changes import PathChange
    from perfkit.analyses.profile_changes import Basis, FunctionChange
    from perfkit.analyses.profile_comparison import ProfileComparison
    from perfkit.workbench import Workbench

VIEWS = ("functions", "top-down")
NONE = "Neither side has functions of its own. Without --mine all functions are compared."


def compare(bench: Workbench, base: str, candidate: str, how: dict[str, Any]) -> Exit:
    """Print what changed; 3 where nothing could be decided."""
    if how["view"] not in VIEWS:
        raise UsageError(f"--view {how['view']} looks at one side only. With --against: {', '.join(VIEWS)}.")
    compared = bench.profile_change(base, candidate, tool=how["tool"], force=how["force"])
    if how["view"] == "top-down":
        basis, changes = compared.paths(unit=how["unit"], mine=how["mine"])
        _paths(basis, changes, how | {"tools": _tools(compared)})
    else:
        basis, functions = compared.functions(unit=how["unit"], by=how["by"])
        _functions(basis, functions, how | {"tools": _tools(compared)})
    if not how["as_json"]:
        from perfkit.figures.profile_text import others_text

        for sentence in others_text(compared.candidate, compared.others):
            echo(sentence)
    for note in basis.notes:
        say(f"note: {note}.")
    return Exit.UNDECIDED if len(basis.runs[0]) < 2 or len(basis.runs[1]) < 2 else Exit.DONE


def _tools(compared: ProfileComparison) -> str:
    from perfkit.analyses.chosen_profiles import tool_of

    return " and ".join(dict.fromkeys(tool_of(run) for run in (*compared.base, *compared.candidate)))


def _functions(basis: Basis, rows: list[FunctionChange], how: dict[str, Any]) -> None:
    from perfkit.figures.profile_changes import basis_text

    kept = [row for row in rows if not how["mine"] or row.origin == "application"]
    if how["as_json"]:
        print_json({"basis": basis, "functions": kept})
        return
    echo(f"By {how['tools']}: {basis_text(basis, 'functions')}")
    weighing = [row for row in kept if (weight := row.own if how["by"] == "own" else row.total).base or weight.candidate]
    show(weighing[: how["most"]], False, empty=NONE)
    if len(weighing) > how["most"]:
        echo(f"{len(weighing) - how['most']} more changed less. --most shows them.")


def _paths(basis: Basis, paths: list[PathChange], how: dict[str, Any]) -> None:
    from perfkit.analyses.path_changes import ranked_paths, shown_paths
    from perfkit.figures.profile_changes import basis_text, paths_text
    from perfkit.figures.profile_text import ESTIMATE

    if how["as_json"]:
        print_json({"basis": basis, "paths": ranked_paths(paths, by=how["by"])})
        return
    estimate = f" Paths are {ESTIMATE}." if any(item.estimated for item in paths) else ""
    echo(f"By {how['tools']}: {basis_text(basis, 'paths')}{estimate}\n\n{paths_text(paths, shown_paths(paths, how['most'], by=how['by']))}")
