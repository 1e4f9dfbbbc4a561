"""perfkit packs: descriptions of systems: which there are, what one says, and what is wrong in one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfkit.cli.output import echo, json_option, print_json, print_table
from perfkit.errors import Exit, UsageError, unknown

if TYPE_CHECKING:
    from perfkit.packs import Component, Pack, Target

LISTING = {"pack": "left", "targets": "right", "constraints": "right", "about": "left", "folder": "left"}
TARGETS = {"target": "left", "metric": "left", "subject": "left", "limit": "left", "scope": "left", "note": "left"}


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> Exit | None:
    """List the packs: those of perfkit, of installed distributions, and of the workspace's folder packs/.

    A pack describes a system: its targets, constraints, components, documents and reports. `perfkit check --system PACK` judges one.
    """
    if ctx.invoked_subcommand is not None:
        return None
    from perfkit.errors import PerfkitError
    from perfkit.packs import folders, read_pack
    from perfkit.workspace import find_workspace

    rows: list[dict[str, object]] = []
    for name, folder in sorted(folders(find_workspace(ctx.obj)).items()):
        try:
            pack = read_pack(folder)
        except PerfkitError:
            rows.append(
                {"pack": name, "targets": None, "constraints": None, "about": f"has mistakes: perfkit packs validate {folder}", "folder": folder}
            )
        else:
            counts = {"targets": len(pack.targets), "constraints": len(pack.constraints)}
            rows.append({"pack": name, **counts, "about": pack.title, "folder": folder})
    if as_json:
        print_json(rows)
    else:
        print_table(LISTING, [["–" if cell is None else str(cell) for cell in row.values()] for row in rows], empty="There is no pack.")
    return Exit.DONE


@command.command("show")
@click.argument("name")
@json_option
@click.pass_obj
def show_pack(workspace: Path | None, name: str, as_json: bool) -> None:
    """Print what a pack says."""
    from perfkit.packs import load_pack
    from perfkit.workspace import find_workspace

    pack = load_pack(name, find_workspace(workspace))
    if as_json:
        print_json(pack.model_dump(mode="json"))
        return
    echo(f"{pack.name}: {pack.title}" + (f"\nFrom: {pack.source}" if pack.source else "") + "\n")
    print_table(TARGETS, [_target(target) for target in pack.targets], empty="The pack has no targets.")
    echo("\n".join(_sections(pack)))


@command.command(short_help="Say everything that is wrong in a pack, line by line.")
@click.argument("path", type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def validate(workspace: Path | None, path: Path, as_json: bool) -> Exit:
    """Say everything that is wrong in a pack: a folder with a pack.yml, the file itself, or a pack's name.

    Exit code 0: nothing is wrong. 2: something is.
    """
    from perfkit.packs import read_pack
    from perfkit.packs.fitting import templates_missing
    from perfkit.packs.lined import WrongFileError

    folder = _folder_of(workspace, path)
    try:
        pack = read_pack(folder)
    except WrongFileError as error:
        if not as_json:
            echo("\n".join(f"{error.path}:{item.line}: {item.text}" for item in error.found))
            return Exit.USAGE
        print_json({"pack": folder, "mistakes": [{"file": error.path, "line": item.line, "text": item.text} for item in error.found], "notes": []})
        return Exit.USAGE
    notes = [f"the template of the report {missing} is not there yet" for missing in templates_missing(pack)]
    if pack.name != folder.resolve().name:
        notes.append(
            f"the folder is named {folder.resolve().name} and the pack {pack.name}: commands find it by the folder's name, runs carry the pack's"
        )
    if as_json:
        print_json({"pack": folder, "mistakes": [], "notes": notes})
    else:
        parts = {"target": pack.targets, "constraint": pack.constraints, "component": pack.components}
        counted = ", ".join(f"{len(items)} {name}{'' if len(items) == 1 else 's'}" for name, items in parts.items())
        echo("\n".join([f"{pack.name} is a pack: {counted}. Nothing is wrong in it.", *(f"note: {note}." for note in notes)]))
    return Exit.DONE


def _folder_of(workspace: Path | None, path: Path) -> Path:
    from perfkit.packs import FILE, folders
    from perfkit.workspace import find_workspace

    if path.is_file():
        if path.name != FILE:
            raise UsageError(f"{path} is not named {FILE}, so nothing would find it. Rename it.")
        return path.parent
    if path.is_dir():
        return path
    known = folders(find_workspace(workspace))
    if str(path) not in known:
        raise unknown("pack", str(path), known)
    return known[str(path)]


def _target(target: Target) -> tuple[str, ...]:
    limit = f"{target.must_be} {target.limit}" + (f", rejected beyond {target.reject}" if target.reject else "")
    how = {"reduction": "fall by ", "users": f"up to {target.users} users "}.get(target.form, "")
    within = f" ({target.scenario})" if target.scenario else ""
    return (target.name, target.metric_name, target.subject + within, how + limit, target.scope or "", target.note or "")


def _sections(pack: Pack) -> list[str]:
    """Everything but the targets, a paragraph each."""
    told = {
        "Constraints": [item.label + (f" ({item.look})" if item.look else "") for item in pack.constraints],
        "Checklists": [f"{item.title}: {', '.join(part.label for part in item.items)}" for item in pack.checklists],
        "Components": [_component(item) for item in pack.components],
        "Models": [f"{item.task}: {', '.join(item.models)} (“{item.label}”)" for item in pack.models],
        "Pools": [f"{item.smallest} to {item.largest} connections (“{item.label}”)" for item in pack.pools],
        "Parameters": [f"{item.name}: {item.value} (“{item.label}”)" for item in pack.parameters],
        "Review": [f"{area.label}: {'; '.join(check.label for check in area.checks)}" for area in pack.review],
        "Gates": [check.label + (f" ({', '.join(check.rules)})" if check.rules else "") for check in pack.gates],
        "Hierarchy": [f"{check.label} ({', '.join(check.rules)})" for check in pack.hierarchy],
        "Documents": [f"{kind}: {item.file}" + (f", section “{item.section}”" if item.section else "") for kind, item in pack.documents.items()],
        "Reports": [f"{name}: {file}" for name, file in pack.reports.items()],
        "Archive": [pack.archive] if pack.archive else [],
    }
    return [line for heading, lines in told.items() if lines for line in (f"{heading}:", *(f"  {text}" for text in lines))]


def _component(component: Component) -> str:
    kinds = ("endpoints", "gates", "stages", "spans", "code")
    shown = [f"{kind} {', '.join(getattr(component, kind))}" for kind in kinds if getattr(component, kind)]
    return f"{component.name}: {'; '.join(shown) or 'nothing yet shows it in evidence'}"
