"""perfkit export: a report with its evidence as a bundle, or the rows of runs as Parquet."""

from __future__ import annotations

from pathlib import Path

import click

from perfkit.cli.diagnostics import say
from perfkit.cli.output import echo, json_option, print_json, print_table, workbench
from perfkit.cli.progress import stepping
from perfkit.errors import UsageError


@click.command()
@click.argument("runs", nargs=-1)
@click.option("--for", "report", type=click.Path(path_type=Path), metavar="REPORT", help="Export what this report needs to be verified elsewhere.")
@click.option("--to", "target", required=True, type=click.Path(path_type=Path), help="A new folder; a bundle may be a file that ends with .tar.zst.")
@click.option("--investigation", type=click.Path(path_type=Path), metavar="FILE", help="The report's investigation file, to take along.")
@json_option
@click.pass_obj
def command(workspace: Path | None, runs: tuple[str, ...], report: Path | None, target: Path, investigation: Path | None, as_json: bool) -> None:
    """Take evidence to another place.

    With --for, a bundle: the report, its runs as their tools left them, the system's pack and accepted findings.
    `perfkit ingest` of it gives the same runs in another workspace, and `perfkit verify` of the report holds there.

    With RUNS (ids or labels), the rows of these runs as Parquet, in TABLE/run_id=RUN/, for other engines.
    """
    if (report is None) == (not runs):
        raise UsageError("Name either runs, whose rows become Parquet, or a report with --for, which becomes a bundle.")
    if investigation is not None and report is None:
        raise UsageError("--investigation belongs to a report: name it with --for.")
    with stepping() as step:
        step(f"writing {target}", float("nan"))
        if report is not None:
            _bundle(workspace, report, target, investigation, as_json)
        else:
            _rows(workspace, runs, target, as_json)


def _bundle(workspace: Path | None, report: Path, target: Path, investigation: Path | None, as_json: bool) -> None:
    contents = workbench(workspace).export(report, target, investigation)
    if as_json:
        print_json({"bundle": str(target), "report": contents.report, "runs": contents.run_ids(), "files": contents.files})
        return
    echo(target)
    say(f"{len(contents.runs)} runs and {len(contents.files)} files. In another workspace: `perfkit ingest {target.name}`, then `perfkit verify`.")


def _rows(workspace: Path | None, runs: tuple[str, ...], target: Path, as_json: bool) -> None:
    rows = workbench(workspace).export_rows(runs, target)
    if as_json:
        print_json({"folder": str(target), "rows": rows})
        return
    print_table({"table": "left", "rows": "right"}, [(table, str(count)) for table, count in rows.items()], empty="No rows.")
    if rows:
        pattern = f"{target}/{next(iter(rows))}/*/*.parquet".replace("'", "''")
        say(f"In {target}; DuckDB reads a table with: from read_parquet('{pattern}', hive_partitioning = true)")
