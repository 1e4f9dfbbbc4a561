"""The command line in the tests' own process: the same streams and exit code, without the second that a start takes."""

from __future__ import annotations

import subprocess
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from perfkit.cli import program
from perfkit.cli.diagnostics import guarded


def perfkit(workspace: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What the command answers; tests/cli/test_command_line.py compares it with that of a process of its own."""
    asked = ["--workspace", str(workspace), *arguments]
    with redirect_stdout(StringIO()) as stdout, redirect_stderr(StringIO()) as stderr:
        code = guarded(program, asked)
    return subprocess.CompletedProcess(asked, code, stdout.getvalue(), stderr.getvalue())
