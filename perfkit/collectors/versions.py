"""Which version of a package an interpreter has; a profiled program need not run where perfkit is installed."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from pathlib import Path

from perfkit.collectors.base import EXTRAS, require
from perfkit.errors import MissingTool

PACKAGE_VERSION = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"
PYTHON_VERSION = "import platform; print(platform.python_version())"
LIMIT_S = 60.0


def version_in(interpreter: str, package: str | None) -> str:
    """The version of a package, or of Python itself; raises MissingTool with the line that installs it there."""
    if interpreter == sys.executable:
        return require(package) if package else platform.python_version()
    asked = _asked([interpreter, "-c", PACKAGE_VERSION if package else PYTHON_VERSION, package or ""])
    if asked.returncode:
        raise MissingTool(f"{interpreter} has no {package}. Install it with: {interpreter} -m pip install {package}.")
    return asked.stdout.strip()


def tool_here(name: str) -> str:
    """The file of a program, beside our interpreter or on the path."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        raise MissingTool(f"This needs {name}, which is not installed here. Install it with: pip install 'perfkit[{EXTRAS[name]}]'.")
    return found


def tool_version(name: str) -> str:
    """What a program says of its version."""
    return _asked([tool_here(name), "--version"]).stdout.strip().removeprefix(name).strip()


def _asked(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingTool(f"{command[0]} cannot be started: {error}.") from error
