"""perfkit verify: recompute every number of a report."""

from __future__ import annotations

from pathlib import Path

import click

from perfkit.cli.diagnostics import say
from perfkit.cli.output import json_option, print_json, print_table, workbench
from perfkit.errors import Exit

UNKNOWN = (
    "This store does not know in which words the report was written, so the words around its numbers were not compared: what it says of itself "
    "was edited, or it comes from elsewhere without its bundle. `perfkit report` writes it again."
)
COLUMNS = {"line": "right", "text": "left", "": "left"}


@click.command()
@click.argument("report", type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def command(workspace: Path | None, report: Path, as_json: bool) -> Exit:
    """Recompute every number of a REPORT from the runs that it names.

    Exit code 1 when a number differs from the store, or has no run behind it; each is named with its line.
    """
    from perfkit.report.verify import digests_in

    bench = workbench(workspace)
    with bench.store.sitting():
        checked, known = bench.verify(report), bench.knows_words_of(report)
    wrong = [item for item in checked if not item.agrees]
    if as_json:
        print_json({"report": str(report), "numbers": len(checked), "wrong": wrong, "words": "as written" if known else "unknown"})
    elif wrong:
        print_table(COLUMNS, [(str(item.line), item.text, item.message) for item in wrong], empty="")
    blocks = len(digests_in(report))
    where = f" in {blocks} block{'s' if blocks > 1 else ''} of the document; the rest of it is not verified" if blocks else ""
    say(f"{len(checked) - len(wrong)} of {len(checked)} numbers agree with the store{where}.")
    if not known:
        say(UNKNOWN)
    return Exit.MISSED if wrong else Exit.DONE
