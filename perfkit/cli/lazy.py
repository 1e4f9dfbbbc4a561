"""A group of commands, one module a command: their names and one-line helps are known without importing any of them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

import click


class Text(click.types.StringParamType):
    """What a shell gives as bytes that are no UTF-8 is no name of anything; only files may be called so."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The value itself."""
        text: str = super().convert(value, param, ctx)
        try:
            text.encode()
        except UnicodeEncodeError:
            self.fail(f"{text!r} is no text in UTF-8.", param, ctx)
        return text


TEXT = Text()


class LazyGroup(click.Group):
    """Imports the one command that is asked for, from the module of its name inside the package."""

    def __init__(self, *arguments: Any, package: str, table: Mapping[str, str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.package = package
        self.table = table
        """Name to one-line help, in the order of work."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """None for a name that is not in the table."""
        if cmd_name not in self.table:
            return None
        module = import_module(f"{self.package}.{cmd_name.replace('-', '_')}")
        return _reading_text(cast(click.Command, module.command))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.table.items()))


def _reading_text(command: click.Command) -> click.Command:
    """The command, and those below it, with every text checked before it is used."""
    for parameter in command.params:
        if parameter.type is click.STRING:
            parameter.type = TEXT
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            _reading_text(inner)
    return command
