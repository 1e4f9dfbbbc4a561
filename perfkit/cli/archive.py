"""perfkit archive: keep a report, in the document where its kind belongs and in the archive."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfkit.cli.diagnostics import say
from perfkit.cli.output import echo, json_option, print_json, workbench

if TYPE_CHECKING:
    from perfkit.report.archive import Archiving


@click.command()
@click.argument("report", type=click.Path(path_type=Path))
@click.option("--docs", type=click.Path(path_type=Path), metavar="DIR", help="Repository with the documents. Default: the workspace.")
@click.option("--document", "kind", metavar="KIND", help="Which of the pack's documents also gets a digest. Default: as the report says.")
@click.option("--feature", help="Names file and block. Default: the feature that the report is about.")
@click.option("--dry-run", is_flag=True, help="Print the difference and write nothing.")
@click.option("--remove", is_flag=True, help="Take the digest out of the document again, byte for byte.")
@json_option
@click.pass_obj
def command(
    workspace: Path | None, report: Path, docs: Path | None, kind: str | None, feature: str | None, dry_run: bool, remove: bool, as_json: bool
) -> None:
    """Keep a REPORT: a digest in the section of the document that the pack names, the whole in docs/archive/performance_FEATURE_DATE.md.

    The digest stands in a marked block, which the next report on the feature replaces; every other byte of the document stays.
    `perfkit verify DOCUMENT` verifies the blocks of a document. Either all files are written or none.
    """
    bench = workbench(workspace)
    archiving = (bench.unarchiving if remove else bench.archiving)(report, docs, feature, kind)
    if not dry_run:
        archiving.apply()
    if as_json:
        print_json(_document(archiving, written=not dry_run))
    elif dry_run:
        echo("\n".join(archiving.difference()) or "Nothing would change.")
    else:
        for path in (archiving.document, archiving.report):
            if path:
                echo(path)
    if archiving.document and not dry_run and not remove:
        undo = _undo(report, {"--docs": docs, "--document": kind, "--feature": feature})
        say(f"Undo: {undo}, or git checkout {archiving.document}.")


def _document(archiving: Archiving, *, written: bool) -> dict[str, Any]:
    return {
        "archived": archiving.report,
        "document": archiving.document,
        "index": archiving.index,
        "changed": [change.path for change in archiving.changes if not change.is_none],
        "written": written,
    }


def _undo(report: Path, given: dict[str, object]) -> str:
    stated = [str(word) for option, value in given.items() if value for word in (option, value)]
    return f"`{shlex.join(['perfkit', 'archive', str(report), *stated, '--remove'])}`"
