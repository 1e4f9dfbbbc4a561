"""perfkit figure: a picture in a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfkit.analyses.known_runs import Selection
from perfkit.cli.output import json_option, print_json, workbench
from perfkit.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from perfkit.workbench import Workbench

SUFFIXES = (".png", ".svg")
