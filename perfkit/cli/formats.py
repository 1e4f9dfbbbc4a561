"""perfkit formats: what can be read."""

from __future__ import annotations

import click

from perfkit.cli.output import json_option, print_json, print_table
from perfkit.readers import READERS


@click.command()
@json_option
def command(as_json: bool) -> None:
    """List the formats that can be read. The content decides, not the file name."""
    rows = [{"format": reader.NAME, "kind": reader.KIND, "tool": reader.TOOL, "about": reader.ABOUT} for reader in READERS.values()]
    if as_json:
        print_json(rows)
    else:
        print_table(dict.fromkeys(rows[0], "left"), [list(row.values()) for row in rows], empty="")
