"""perfkit collect bench: how long a Python function or a command takes, round by round."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import click

from perfkit.cli.collect.common import collected, common, stated
from perfkit.cli.output import echo, print_json, show, workbench
from perfkit.errors import UsageError

FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
TOO_FAST_MS = 0.005


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--arg", "args", multiple=True, help="An argument of the function as JSON, else as text; may be repeated.")
@click.option("--kwarg", "kwargs", multiple=True, metavar="NAME=VALUE", help="A named argument, as JSON, else as text; may be repeated.")
@click.option("--warmup", type=click.IntRange(min=0), default=3, show_default=True, help="Rounds that are kept but do not count.")
@click.option("--runs", "rounds", type=click.IntRange(min=1), default=30, show_default=True, help="Measured rounds.")
@click.option("--loops", type=click.IntRange(min=1), default=1, show_default=True, help="Calls that are timed together, for very fast functions.")
@click.option("--timeout", "timeout_s", type=float, default=60.0, show_default=True, help="Seconds for one round.")
@click.option("--name", help="What the benchmark is called. Default: the function or the command.")
@click.option("--repeat", type=click.IntRange(min=1), default=1, show_default=True, help="Whole runs; five and more can be compared.")
@click.option("--pytest", "suite", type=click.Path(path_type=Path), help="A suite of pytest-benchmark to run instead.")
@common
@click.argument("what", nargs=-1, type=click.UNPROCESSED)
def command(workspace: Path | None, what: tuple[str, ...], repeat: int, as_json: bool, **given: Any) -> None:
    """Time module:function or -- COMMAND: perfkit collect bench shop.prices:total --arg 1000."""
    from perfkit.collectors.bench import BenchOptions
    from perfkit.collectors.caller import Function

    is_function = len(what) == 1 and FUNCTION.fullmatch(what[0]) is not None
    function = Function(what[0], tuple(map(value, given["args"])), dict(map(pair, given["kwargs"]))) if is_function else None
    if len(what) == 1 and not is_function and shutil.which(what[0]) is None:
        raise UsageError(_neither(what[0]))
    if function is None and (given["args"] or given["kwargs"]):
        raise UsageError("--arg and --kwarg are for functions: write a command's arguments behind it.")
    options = BenchOptions(
        function=function,
        command=() if is_function else what,
        stated=stated(given),
        **{name: given[name] for name in ("suite", "name", "warmup", "rounds", "loops", "timeout_s")},
    )
    _run(workspace, options, repeat, as_json)


def _neither(word: str) -> str:
    module, _, name = word.partition(":")
    module = module.removesuffix(".py").strip("./").replace("/", ".")
    return (
        f"{word!r} is neither a program that can be started nor a function. Write a function as module:function, such as "
        f"{module}:{name or 'FUNCTION'}, seen from this folder; a program by a name on the PATH or by its path, such as ./{word.lstrip('./')}."
    )


def _run(workspace: Path | None, options: Any, repeat: int, as_json: bool) -> None:
    from perfkit.analyses.benchmarks import benchmarks

    bench = workbench(workspace)
    stored = collected(bench, [options] * repeat)
    rows = benchmarks(bench.store, [item.run_id for item in stored])
    if as_json:
        print_json(rows)
        return
    show(rows, False, empty="The suite holds no benchmark.")
    if options.loops == 1 and any(row.median_ms < TOO_FAST_MS for row in rows):
        echo("A round is so short that reading the clock is part of it: time many calls together with --loops 1000.", err=True)


def value(text: str) -> Any:
    """JSON where it is JSON, else the text itself."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def pair(text: str) -> tuple[str, Any]:
    name, equals, given = text.partition("=")
    if not equals or not name.isidentifier():
        raise UsageError(f"--kwarg {text!r} is no NAME=VALUE.")
    return name, value(given)
