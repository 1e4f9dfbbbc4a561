"""Runs a program with the lines of chosen functions timed by line_profiler; functions of the program's own file are marked in its source."""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import sys
from functools import partial
from operator import attrgetter
from types import FunctionType
from typing import Any

import program_start  # type: ignore[import-not-found]  # beside this file, which runs as a script
from line_profiler import LineProfiler

MARK = "profile"


def main() -> None:
    """Arguments: the file for the times, module:name of functions by comma, `-m` or `script`, the program, its own arguments."""
    outfile, chosen, form, name, *arguments = sys.argv[1:]
    program_start.prepare(form, name, arguments)
    profiler: Any = LineProfiler()
    setattr(builtins, MARK, profiler)
    wanted = [tuple(item.split(":")) for item in chosen.split(",") if item]
    own_names = {"__main__", name if form == "-m" else name.removesuffix(".py").replace("/", ".").rpartition(".")[2]}
    own = {function for module, function in wanted if module in own_names}
    for module, function in wanted:
        if module not in own_names:
            add(profiler, module, function)
    try:
        program_start.run(form, name, partial(marked, own))
    finally:
        if profiler.functions:
            profiler.dump_stats(outfile)
        else:
            say("No function was chosen: name some with --function module:name, or mark them with @profile.")


def add(profiler: Any, module: str, function: str) -> None:
    """A function, method or class of a module that the program imports."""
    try:
        found = attrgetter(function)(importlib.import_module(module))
    except (ImportError, AttributeError) as error:
        sys.exit(f"There is no {module}:{function}: {error}")
    members = vars(found).values() if isinstance(found, type) else (found,)
    written = [member for member in map(plain, members) if isinstance(member, FunctionType)]
    if not written:
        sys.exit(f"{module}:{function} has no lines to time: it is not written in Python")
    for member in written:
        profiler.add_function(member)
    profiler.enable_by_count()


def plain(member: Any) -> Any:
    """The function inside methods and decorators that say what they wrap."""
    return inspect.unwrap(getattr(member, "__func__", getattr(member, "fget", member)))


def marked(own: set[str], source: bytes, file: str) -> Any:
    """The program's code, its chosen functions decorated innermost."""
    tree = ast.parse(source, file)
    left = set(own)

    def mark(node: ast.AST, above: str) -> None:
        for child in ast.iter_child_nodes(node):
            below = above
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                below = f"{above}{child.name}."
                if not isinstance(child, ast.ClassDef) and (below[:-1] in own or above[:-1] in own):
                    child.decorator_list.append(ast.copy_location(ast.Name(MARK, ast.Load()), child))
                    left.difference_update((below[:-1], above[:-1]))
            mark(child, below)

    mark(tree, "")
    if left:
        sys.exit(f"There is no function {', '.join(sorted(left))} in {file}")
    return compile(tree, file, "exec")


def say(text: str) -> None:
    """Where the program complains, too."""
    print(text, file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
