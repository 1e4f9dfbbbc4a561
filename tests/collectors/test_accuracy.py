"""A command says whether answers are right; it leaves nothing behind, and what it prints is believed only where it is a number."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest

from perfkit.collectors.accuracy import accuracy_of, answer_of
from perfkit.errors import CollectionFailed, UsageError

STARTS_ANOTHER = "import subprocess, sys; other = subprocess.Popen(['sleep', '60']); open(sys.argv[1], 'w').write(str(other.pid)); other.wait()"


@pytest.mark.parametrize(
    ("printed", "number"), [("recall 0.95", 0.95), ("recall nan", None), ("recall inf", None), ("recall 1e999", None), ("all right", None)]
)
def test_only_a_finite_number_is_compared(printed: str, number: float | None) -> None:
    answer = answer_of([sys.executable, "-c", f"print('first'); print({printed!r}); import sys; print('a warning', file=sys.stderr)"])
    assert (answer.passed, answer.number, answer.last_line) == (True, number, printed)


def test_a_silent_command_is_told_by_its_exit_code() -> None:
    answer = answer_of([sys.executable, "-c", "raise SystemExit(3)"])
    assert (answer.passed, answer.number, answer.last_line) == (False, None, "exit code 3")


def test_what_a_late_command_started_ends_with_it(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    with pytest.raises(CollectionFailed, match="still ran after"):
        answer_of([sys.executable, "-c", STARTS_ANOTHER, str(noted)], limit_s=2)
    other = int(noted.read_text())
    assert not psutil.pid_exists(other) or psutil.Process(other).status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize(("command", "said"), [("it's", "No closing quotation"), ("  ", "is empty")])
def test_a_command_that_no_shell_reads_is_refused(command: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        accuracy_of(command, "baseline")
