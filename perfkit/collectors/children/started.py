"""Starts a program for a tool that takes nothing but a script: this one."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Arguments: `-m` or `script`, the program, its own arguments."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import program_start  # type: ignore[import-not-found]

    form, name, *arguments = sys.argv[1:]
    program_start.prepare(form, name, arguments)
    program_start.run(form, name)


if __name__ == "__main__":
    main()
