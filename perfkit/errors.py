"""One family of errors: each says what was asked, why it failed and what to do, and carries its exit code."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import IntEnum
from typing import ClassVar

MOST_LISTED, CLOSEST = 8, 3
"""More names than a line holds are left to the command that lists them."""


class Exit(IntEnum):
    """What the process tells its caller."""

    DONE = 0
    MISSED = 1
    """A target is missed, a report does not verify, a document is too long."""
    USAGE = 2
    """Wrong usage or unreadable input."""
    UNDECIDED = 3
    MISSING_TOOL = 4
    BUSY = 5
    NOTEBOOK = 6
    INTERRUPTED = 130
    """As shells have it: Ctrl-C, or asked to end."""


class PerfkitError(Exception):
    """Base of everything that perfkit raises on purpose."""

    exit_code: ClassVar[Exit] = Exit.USAGE
    quoted: str = ""
    """What a program said, at the end of the message, in lines of its own."""


class UsageError(PerfkitError):
    """The question itself does not fit: a wrong option, an unknown name."""


class ArtefactError(PerfkitError):
    """A file claims a format but does not hold what the format promises."""


class UnknownFormat(ArtefactError):
    """No reader recognises the file."""


class DocumentError(PerfkitError):
    """A document cannot be read, written or updated as asked."""


class MissingTool(PerfkitError):
    """A tool or server that the work needs is not here."""

    exit_code = Exit.MISSING_TOOL


class CollectionFailed(PerfkitError):
    """A tool ran but left no usable artefact."""

    def __init__(self, sentence: str, *, quoted: str = "") -> None:
        super().__init__(f"{sentence} Its last lines:\n{quoted}" if quoted else sentence)
        self.quoted = quoted


class StoreBusy(PerfkitError):
    """Somebody else held the store for longer than we were willing to wait."""

    exit_code = Exit.BUSY


class NotebookFailed(PerfkitError):
    """A notebook raised, ran out of time, lost its kernel or left nothing behind."""

    exit_code = Exit.NOTEBOOK


class Interrupted(PerfkitError):
    """The user ended the work before its end."""

    exit_code = Exit.INTERRUPTED


def unknown(what: str, name: str, known: Iterable[str], *, listing: str | None = None) -> UsageError:
    """The error for a name that is not there: the ones that are, or of many the closest and the command that lists all."""
    available = sorted(known)
    if len(available) <= MOST_LISTED:
        return UsageError(f"There is no {what} {name!r}. Available: {', '.join(available) or 'none yet'}.")
    close = difflib.get_close_matches(name, available, CLOSEST, 0.4)
    said = f"Closest: {', '.join(close)}." if close else "None of them is close to it."
    return UsageError(f"There is no {what} {name!r} among {len(available)}. {said}" + (f" {listing} lists all." if listing else ""))
