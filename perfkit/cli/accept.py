"""perfkit accept: findings that stay as they are, and why."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfkit.analyses.known_runs import Selection
from perfkit.cli.diagnostics import say
from perfkit.cli.output import json_option, print_json, print_table, workbench
from perfkit.errors import UsageError

if TYPE_CHECKING:
    from perfkit.rules.acceptance import Accepted


@click.command()
@click.argument("findings", nargs=-1, metavar="[FINDING]...")
@click.option("--label", help="Accept what the newest runs with this label show.")
@click.option("--system", help="The pack whose components say which endpoint a piece of code belongs to; with --label.")
@click.option("--reason", help="Why it may stay; kept in the file.")
@click.option("--list", "listing", is_flag=True, help="Show what is accepted.")
@click.option("--remove", is_flag=True, help="Take back: the named findings count as new again.")
@json_option
@click.pass_obj
def command(
    workspace: Path | None,
    findings: tuple[str, ...],
    label: str | None,
    system: str | None,
    reason: str | None,
    listing: bool,
    remove: bool,
    as_json: bool,
) -> None:
    """Accept findings, so that `perfkit check --new-only` fails on new ones only.

    FINDING is a finding_id or an identity, as `perfkit diagnose` prints them. The accepted ones stand in
    perfkit-accepted.yml in the workspace: commit it. They are known again at other lines, in other numbers and commits.
    """
    bench = workbench(workspace)
    if listing:
        _show(bench.accepted(), as_json, "Nothing is accepted.")
    elif remove:
        _show(bench.take_back(_needed(findings, "Name what to take back")), as_json, "Nothing was taken back.")
    else:
        if not (reason or "").strip():
            raise UsageError("Say with --reason why the findings may stay: whoever reads the file later will want to know.")
        chosen = bench.diagnose(Selection(label=label), system) if label else bench.findings(_needed(findings, "Name findings, or a label"))
        added = bench.accept(chosen, str(reason).strip())
        _show(added, as_json, "Nothing new to accept.")
        say(f"{len(added)} accepted in {bench.workspace.accepted}; {len({item.identity for item in chosen}) - len(added)} were accepted before.")


def _needed(findings: tuple[str, ...], what: str) -> tuple[str, ...]:
    if not findings:
        raise UsageError(f"{what}: `perfkit diagnose` prints findings, `perfkit accept --list` what is accepted.")
    return findings


def _show(entries: Sequence[Accepted], as_json: bool, empty: str) -> None:
    if as_json:
        print_json(entries)
        return
    columns = dict.fromkeys(("identity", "rule", "place", "problem", "reason", "accepted on"), "left")
    rows = [(item.identity, item.rule, item.place, item.title, item.reason, item.accepted_on.isoformat()) for item in entries]
    print_table(columns, rows, empty=empty)
