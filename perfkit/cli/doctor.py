"""perfkit doctor: which tools and servers are here."""

from __future__ import annotations

from pathlib import Path

import click

from perfkit.cli.output import json_option, print_json, print_table, workbench
from perfkit.collectors.inventory import Tool
from perfkit.errors import Exit

COLUMNS = {"tool": "left", "here": "left", "version": "left", "needed for": "left", "install": "left"}


@click.command()
@json_option
@click.pass_obj
def command(workspace: Path | None, as_json: bool) -> Exit:
    """Say which tools and servers are here, what needs them, and the install line for what is missing.

    Exit code 4 when one is missing.
    """
    tools = workbench(workspace).tools()
    if as_json:
        print_json(tools)
    else:
        print_table(COLUMNS, [_cells(tool) for tool in tools], empty="")
    return Exit.DONE if all(tool.version for tool in tools) else Exit.MISSING_TOOL


def _cells(tool: Tool) -> tuple[str, ...]:
    if tool.version is None:
        return (tool.name, "no", "", tool.needed_for, tool.install)
    return (tool.name, "yes", tool.version, tool.needed_for, "")
