"""Where a run was made: the machine, and the state of the code under investigation."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

import psutil

GIT_LIMIT_S = 10.0
CPU_FILE = Path("/proc/cpuinfo")


def host() -> str:
    """The machine in words; equal for two runs that may be compared."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = round(psutil.virtual_memory().total / 2**30)
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return f"{_cpu()}, {cores} cores, {memory} GiB, {system}, {platform.python_implementation()} {platform.python_version()}"


def git_state(folder: Path) -> tuple[str | None, bool | None]:
    """Commit and whether tracked files differ from it; None and None outside a repository and before its first commit."""
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    if not commit:
        return None, None
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return commit, None if changes is None else bool(changes)


def commit_named(folder: Path, name: str) -> str | None:
    """A commit's full name in the folder's repository; None when there is no such commit, or no repository."""
    return _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}") or None


def _cpu() -> str:
    if CPU_FILE.exists():
        for line in CPU_FILE.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, text = line.partition(":")
            if name.strip() in ("model name", "Model", "Hardware"):
                return text.strip()
    return platform.processor() or platform.machine()


def _git(folder: Path, *arguments: str) -> str | None:
    """None when git is not here, refuses or takes too long: a run outside a repository is still a run."""
    command = ["git", "-C", str(folder), *arguments]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=GIT_LIMIT_S, env=environment, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
