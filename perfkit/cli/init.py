"""perfkit init: a workspace for a system of your own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from perfkit.cli.output import echo, json_option, print_json
from perfkit.errors import UsageError


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--system", default="new", show_default=True, help="The pack that describes the system; new writes one to complete.")
@click.option("--name", help="The name of a new system. Default: the folder's.")
@json_option
@click.pass_obj
def command(workspace: Path | None, folder: Path | None, system: str, name: str | None, as_json: bool) -> None:
    """Begin a workspace: a perfkit.toml, investigation files, a copy of the notebooks, examples of schedules and, for a
    new system, a pack with comments to complete.

    What is there already stays as it is. DIR is the current folder when it is not given.
    """
    from perfkit.packs.scaffold import NEW, next_steps, scaffold
    from perfkit.workspace import Workspace

    if name is not None and system != NEW:
        raise UsageError(f"--name names a new system, but --system {system} has its name already. Leave one of the two out.")
    root = (folder or workspace or Path.cwd()).resolve()
    if root.exists() and not root.is_dir():
        raise UsageError(f"{root} is a file, so no workspace can begin there. Name a folder.")
    place = Workspace(root)
    written = scaffold(place, system, name)
    steps = [*([] if root == Path.cwd() else [f"cd {root}"]), *next_steps(place, system, written)]
    if as_json:
        print_json({"workspace": root, "written": written, "next": steps})
        return
    shown = _shown([path.relative_to(root) for path in written])
    echo(f"Wrote {', '.join(shown)} in {root}." if shown else f"Everything was there already in {root}.")
    echo("\n".join(["Next:", *(f"  {step}" for step in steps)]))


def _shown(written: Sequence[Path]) -> list[str]:
    """Files by name, the notebooks by their number."""
    notebooks = sum(path.suffix == ".ipynb" for path in written)
    return [*(str(path) for path in written if path.suffix != ".ipynb"), *([f"{notebooks} notebooks"] if notebooks else [])]
