"""perfkit lab: JupyterLab on the notebooks."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from perfkit.cli.output import workbench
from perfkit.errors import MissingTool


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("jupyter_options", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def command(workspace: Path | None, jupyter_options: tuple[str, ...]) -> None:
    """Open JupyterLab on the workspace's notebooks. Further options go to JupyterLab, such as --no-browser."""
    if find_spec("jupyterlab") is None:
        raise MissingTool("JupyterLab is not installed. Install it with: pip install 'perfkit[notebooks]'.")
    places = workbench(workspace).workspace
    environment = {**os.environ, "PERFKIT_WORKSPACE": str(places.root)}
    os.execvpe(sys.executable, [sys.executable, "-m", "jupyterlab", str(places.notebooks), *jupyter_options], environment)  # noqa: S606  no shell is wanted
