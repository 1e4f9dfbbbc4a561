"""perfkit monitor: a system's limits as alerting rules for Prometheus."""

from __future__ import annotations

from pathlib import Path

import click

from perfkit.cli.diagnostics import say
from perfkit.cli.output import echo, json_option, print_json, workbench
from perfkit.errors import Exit


@click.command()
@click.option("--system", required=True, help="The pack that holds the targets: a name, or a folder with a pack.yml.")
@click.option("--label", help="Only targets that valid runs with this label measured. Default: all that Prometheus can watch.")
@json_option
@click.pass_obj
def command(workspace: Path | None, system: str, label: str | None, as_json: bool) -> Exit:
    """Print alerting rules for Prometheus: each limit of a system's targets, in the words of its source.

    A limit is a warning, the harder limit from which a source rejects work is critical. Names of metrics follow
    OpenTelemetry and the usual exporters: adapt them to yours. Comments say which targets have no rule, and why.
    Exit code 3 when no target has one.

    \b
    perfkit monitor --system sight > rules.yml
    promtool check rules rules.yml
    """
    rules = workbench(workspace).alert_rules(system, label)
    if as_json:
        print_json(rules.document())
    else:
        echo(rules.text().rstrip())
    left_out = sum(map(len, rules.left_out.values()))
    say(f"{len(rules.watched)} of {len(rules.watched) + left_out} targets have a rule. Check the file with `promtool check rules`.")
    return Exit.DONE if rules.watched else Exit.UNDECIDED
