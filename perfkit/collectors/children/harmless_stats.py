"""Copies cProfile statistics with names that are no markup; in a process of its own, since a crafted file can end the one that reads it."""

from __future__ import annotations

import gzip
import json
import marshal
import sys
from typing import Any

GZIP = b"\x1f\x8b"


def main() -> None:
    """Arguments: the statistics, the file for the copy, look-alikes of characters as JSON."""
    given, copy, table = sys.argv[1:]
    alike = str.maketrans(json.loads(table))
    with open(given, "rb") as file:
        content = file.read()
    stats: dict[Any, Any] = marshal.loads(gzip.decompress(content) if content.startswith(GZIP) else content)  # noqa: S302  a stored artefact, and nothing else is in this process
    renamed = {
        place(key, alike): (*costs, {place(caller, alike): edge for caller, edge in callers.items()}) for key, (*costs, callers) in stats.items()
    }
    with open(copy, "wb") as file:
        file.write(marshal.dumps(renamed))


def place(key: tuple[str, int, str], alike: dict[int, str]) -> tuple[str, int, str]:
    """File, line and name of a function."""
    file, line, name = key
    return (str(file).translate(alike), int(line), str(name).translate(alike))


if __name__ == "__main__":
    main()
