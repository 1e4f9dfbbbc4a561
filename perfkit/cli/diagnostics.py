"""stderr and exit codes: the only place that turns an error into words and a number."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

import click

from perfkit.cli.output import echo
from perfkit.errors import Exit, PerfkitError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says of a disk without naming a file."""


def guarded(program: click.Command, arguments: Sequence[str] | None = None) -> int:
    """Run a command, with this process's arguments unless others are given; its value is the exit code.

    Every error is one line on stderr; below it stands, indented, what a program said that failed.
    """
    try:
        returned = program.main(arguments, standalone_mode=False)
        sys.stdout.flush()
        return int(returned) if isinstance(returned, int) else int(Exit.DONE)
    except PerfkitError as error:
        say("\n".join((f"perfkit: {one_line(str(error).removesuffix(error.quoted))}", *map("  {}".format, error.quoted.splitlines()))))
        return int(error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return int(Exit.USAGE)
    except click.ClickException as error:
        say(f"perfkit: {one_line(error.format_message())} See `{_command_path(error)} --help`.")
        return int(Exit.USAGE)
    except (click.Abort, KeyboardInterrupt):
        say("perfkit: interrupted.")
        return int(Exit.INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.DONE)
    except OSError as error:
        if error.filename is None and error.errno not in NO_ROOM:
            raise
        say(f"perfkit: {_refused(error)}")
        return int(Exit.USAGE)


def say(text: str) -> None:
    """Talk goes to stderr."""
    echo(text, err=True)


def one_line(text: str) -> str:
    """A message without line breaks."""
    return " ".join(text.split())


def _refused(error: OSError) -> str:
    """What the system said of a place that somebody named; of a move both ends are known, and the second was asked for."""
    place = error.filename if error.filename2 is None else error.filename2
    if place is None:
        return f"nothing more can be written: {error.strerror}. Make room and try again."
    said = f"{os.fsdecode(place) if isinstance(place, bytes) else place} cannot be read or written: {error.strerror or error}."
    return one_line(f"{said} Name a place that is there and may be used, or change its permissions.")


def _command_path(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return context.command_path if context else "perfkit"
