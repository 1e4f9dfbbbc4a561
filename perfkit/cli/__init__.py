"""The command line: one module a command, each a skin over one function; nothing is imported before it is asked for."""

from __future__ import annotations

import gc
import signal
import sys
from pathlib import Path

import click

from perfkit import __version__
from perfkit.cli.diagnostics import guarded
from perfkit.cli.lazy import LazyGroup

COMMANDS = {
    "init": "Begin a workspace for a system of your own.",
    "demo": "Measure the sample application, slow and fixed, and write a report.",
    "collect": "Run a tool, keep its artefact and store the evidence.",
    "ingest": "Read artefacts that exist already.",
    "look": "Say what files hold, without storing them.",
    "formats": "List the formats that can be read.",
    "doctor": "Say which tools and servers are here, and how to install the others.",
    "runs": "List the runs in the store.",
    "show": "Show one run.",
    "sql": "Ask the store anything in SQL.",
    "metric": "Print a metric's value, interval, n and unit.",
    "compare": "Compare two labels or runs, metric by metric.",
    "noise": "Compute how much runs of the same code differ.",
    "trend": "Find changes of level in a metric's history.",
    "capacity": "Name the highest number of users that was tested and passed.",
    "profile": "Show where a profiled program spends its time or memory.",
    "stages": "Show which stages of a traced request or pipeline take its time.",
    "plan": "Show execution plans as trees, or two side by side.",
    "memory": "Say what a program's memory is for, what grows, and whether it leaks.",
    "diagnose": "Name the problems that the evidence shows, worst first.",
    "accept": "Accept findings, so that only new ones fail a check.",
    "packs": "List the descriptions of systems, show one, or say what is wrong in one.",
    "check": "Judge all targets of a system, and find what is new.",
    "monitor": "Print alerting rules for Prometheus with the limits of a system's targets.",
    "figure": "Draw a picture of the evidence into a file.",
    "report": "Write the report of an investigation.",
    "verify": "Recompute every number of a report from the store.",
    "export": "Take a report with its evidence, or rows as Parquet, to another place.",
    "lint-docs": "Check documents: at most 700 lines, headings, footnotes.",
    "regression-test": "Write a test that fails when the fault comes back.",
    "archive": "Keep a report: in the document where it belongs, and in docs/archive.",
    "run": "Run an investigation, or notebooks, with papermill.",
    "lab": "Open JupyterLab on the notebooks.",
}

RARELY = (200_000, 20, 50)
"""A command's objects are nearly all rows that live until its end: the collector walks them in vain."""


@click.group(cls=LazyGroup, package=__name__, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--workspace",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder with data/ and reports/. Default: the nearest one with a perfkit.toml, else the repository.",
)
@click.version_option(__version__, "-V", "--version", prog_name="perfkit")
@click.pass_context
def program(ctx: click.Context, workspace: Path | None) -> None:
    """Collect performance evidence, analyse it, judge it, and write reports whose every number can be recomputed.

    Exit codes: 0 done, 1 a target is missed or a report does not verify, 2 wrong usage or unreadable input,
    3 undecided, 4 a tool or server is missing, 5 the store is busy, 6 a notebook failed, 130 interrupted.
    """
    ctx.obj = workspace


def main() -> None:
    """Entry point of the console script. To be asked to end is like Ctrl-C, so that no child process is left behind."""
    gc.set_threshold(*RARELY)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    status = guarded(program)
    gc.freeze()  # else Python's last act is to walk all rows once more
    sys.exit(status)
